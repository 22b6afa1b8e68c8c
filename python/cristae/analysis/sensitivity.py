"""Which parameters matter? Designs of parameter sets, and indices from the sweep that ran them.

A design is a table of parameter sets for ``cristae sweep --sets FILE.csv``, with a column per
parameter, and a file beside it that says how the sets were drawn. Parameters are drawn between
bounds, on the log scale where both are above 0 and nothing else is said.

- ``morris``: steps of one parameter at a time from r starting points; mu* is the mean size of their
  effects, sigma their spread (interactions, curvature). r (k + 1) sets for k parameters. Morris,
  M. D. (1991) Technometrics 33:161-174; Campolongo, F. et al. (2007) Environ. Model. Softw.
  22:1509-1518.
- ``sobol``: shares of the variance, S1 by a parameter alone and ST with all that it takes part in.
  n (k + 2) sets, n a power of 2. Saltelli, A. et al. (2010) Comput. Phys. Commun. 181:259-270.

Designs and indices are those of SALib (Herman, J. & Usher, W. (2017) J. Open Source Softw. 2:97).
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping
from typing import Any, Callable, Literal, Optional, Union

import numpy as np
import numpy.typing as npt
import pandas as pd

import cristae
from cristae._errors import FileError, Finding

from ._input import Ensemble, Results, ensembles_of, notes_of, refusal, refuse
from .resampling import LEVEL, RESAMPLES, Array, wilson

Method = Literal["morris", "sobol"]
PathLike = Union[str, "os.PathLike[str]"]
_LEVELS = 4  # of Morris's grid


def _beside(path: PathLike) -> str:
    """The file that says how a design was drawn."""
    stem = os.path.splitext(os.fspath(path))[0]
    return f"{stem}.design.json"


def _values(unit: Array, bounds: list[list[float]], logs: list[bool]) -> Array:
    """From the unit cube to parameters."""
    low, high = np.array(bounds).T
    with np.errstate(all="ignore"):
        grown = low * (high / low) ** unit
    return np.asarray(np.where(logs, grown, low + (high - low) * unit))


def _unit(values: Array, bounds: list[list[float]], logs: list[bool]) -> Array:
    """From parameters to the unit cube."""
    low, high = np.array(bounds).T
    with np.errstate(all="ignore"):
        grown = np.log(values / low) / np.log(high / low)
    return np.asarray(np.where(logs, grown, (values - low) / (high - low)))


def _is_drawn(unit: Array, described: Mapping[str, Any]) -> bool:
    """Whether parameter sets stand as the method puts them."""
    k = unit.shape[1]
    length = k + 1 if described["method"] == "morris" else k + 2
    if not np.isfinite(unit).all() or len(unit) != length * int(described["size"]):
        return False
    if np.any(unit < -1e-6) or np.any(unit > 1 + 1e-6):
        return False
    groups = unit.reshape(-1, length, k)
    if described["method"] == "morris":
        return bool(np.all(np.sum(np.abs(np.diff(groups, axis=1)) > 1e-6, axis=2) == 1))
    mixed = np.repeat(groups[:, :1], k, axis=1)  # the first of each group, a parameter of the last
    mixed[:, np.arange(k), np.arange(k)] = groups[:, -1]
    return bool(np.allclose(groups[:, 1:-1], mixed, atol=1e-6))


def design(
    network: Any,
    bounds: Mapping[str, Union[float, tuple[float, float], None]],
    path: Optional[PathLike] = None,
    *,
    method: Method = "morris",
    size: Optional[int] = None,
    factor: float = 3,
    scale: Literal["auto", "log", "linear"] = "auto",
    seed: int = 1,
) -> pd.DataFrame:
    """Parameter sets to be swept.

    Parameters
    ----------
    network : as for `cristae.load`
        Names are checked against its parameters.
    bounds : dict
        For each parameter its lowest and highest value, or a factor around its value in the
        network, or None: `factor`.
    path : optional
        Also write ``FILE.csv`` and, beside it, ``FILE.design.json``. Neither must exist.
    method : {"morris", "sobol"}
    size : int, optional
        Starting points of Morris's method (50), or n of Sobol's (256, a power of 2).
    factor : float
        From value / factor to value * factor.
    scale : {"auto", "log", "linear"}
    seed : int

    Returns
    -------
    pandas.DataFrame
        A row per set, a column per parameter; ``attrs["design"]`` says how they were drawn.

    Raises
    ------
    UsageError
        For names and bounds that do not fit, all of them in one go.
    FileError
        If a file exists or cannot be written.

    Examples
    --------
    >>> from cristae.analysis import sensitivity
    >>> sets = sensitivity.design("telegraph", {"on": None, "d": (0.5, 2)}, size=10)
    >>> sets.shape, bool(sets.d.between(0.5, 2).all())
    ((30, 2), True)
    """
    parameters = cristae.load(network).parameters
    found: list[tuple[str, str, str]] = []
    ends: list[list[float]] = []
    logs: list[bool] = []
    if method not in ("morris", "sobol"):
        found.append((f"method is '{method}'", "known: morris, sobol", ""))
    count = size if size is not None else (50 if method == "morris" else 256)
    if count < 2 or (method == "sobol" and count & (count - 1)):
        found.append((f"size is {count}", "two or more are needed, for sobol a power of 2", ""))
    if not bounds:
        found.append(("no parameter is given", "nothing would differ between sets", ""))
    for name, given in bounds.items():
        if name not in parameters:
            near = _nearest(name, list(parameters))
            fix = f"Did you mean '{near}'?" if near else ""
            found.append((f"the network has no parameter '{name}'", "", fix))
            continue
        value = parameters[name].value
        if given is None or isinstance(given, (int, float)):
            times = factor if given is None else float(given)
            if value == 0 or not times > 1:
                reason = f"its value is {value:g} and the factor {times:g}"
                found.append((f"'{name}' has no bounds", reason, "Give a lowest and a highest"))
                continue
            pair = sorted([value / times, value * times])
        else:
            pair = [float(given[0]), float(given[1])]
        low, high = parameters[name].bounds
        if not pair[0] < pair[1] or pair[0] < low or pair[1] > high:
            reason = f"the network allows {low:g} to {high:g}"
            if not pair[0] < pair[1]:
                reason = "the lowest value comes first"
            found.append((f"'{name}' runs from {pair[0]:g} to {pair[1]:g}", reason, ""))
            continue
        log = scale == "log" or (scale == "auto" and pair[0] > 0)
        if log and pair[0] <= 0:
            found.append((f"'{name}' runs from {pair[0]:g}", "it has no log scale", ""))
            continue
        ends.append(pair)
        logs.append(log)
    if found:
        raise refusal(found)
    problem = {"num_vars": len(ends), "names": list(bounds), "bounds": [[0.0, 1.0]] * len(ends)}
    if method == "morris":
        from SALib.sample import morris

        unit = morris.sample(problem, count, num_levels=_LEVELS, seed=seed)
    else:
        from SALib.sample import sobol

        unit = sobol.sample(problem, count, calc_second_order=False, seed=seed)
    made = pd.DataFrame(_values(np.asarray(unit), ends, logs), columns=list(bounds))
    described = {
        "format": "cristae-design",
        "format_version": 1,
        "method": method,
        "size": count,
        "seed": seed,
        "parameters": list(bounds),
        "bounds": ends,
        "log": logs,
    }
    made.attrs["design"] = described
    if path is not None:
        _write(made, described, path)
    return made


def _nearest(word: str, known: list[str]) -> str:
    import difflib

    near = difflib.get_close_matches(word, known, 1)
    return near[0] if near else ""


def _write(made: pd.DataFrame, described: Mapping[str, Any], path: PathLike) -> None:
    try:
        with open(_beside(path), "x", encoding="utf-8") as file:
            json.dump(described, file, indent=1)
            file.write("\n")
        with open(path, "x", encoding="utf-8", newline="") as file:
            made.to_csv(file, index=False, lineterminator="\n")
    except FileExistsError as error:
        raise _file_error(str(error.filename), "it exists", "Give another name") from None
    except OSError as error:
        raise _file_error(str(error.filename), str(error.strerror), "") from None


def _file_error(path: str, reason: str, fix: str) -> FileError:
    problem = f"'{path}' cannot be written or read"
    return FileError([Finding("error", "", 0, 0, problem, reason, fix)])


def read_design(path: PathLike) -> dict[str, Any]:
    """What `design` wrote beside ``FILE.csv``; takes either name."""
    name = os.fspath(path)
    name = name if name.endswith(".json") else _beside(name)
    try:
        with open(name, encoding="utf-8") as file:
            described = json.load(file)
    except OSError as error:
        raise _file_error(name, str(error.strerror), "") from None
    except ValueError:
        described = None
    if not isinstance(described, dict) or described.get("format") != "cristae-design":
        raise _file_error(name, "it is no design of parameter sets", "")
    return described


def indices(
    described: Mapping[str, Any],
    sets: npt.ArrayLike,
    outcomes: npt.ArrayLike,
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> pd.DataFrame:
    """Sensitivity indices of one outcome per parameter set.

    Parameters
    ----------
    described : dict
        ``attrs["design"]`` of a design, or what `read_design` read.
    sets : (n, parameters)
        The values that were run, in the order of the design.
    outcomes : (n,)
        None missing.

    Returns
    -------
    pandas.DataFrame
        For Morris's method ``parameter``, ``mu_star``, ``mu_star_low``, ``mu_star_high``, ``mu``,
        ``sigma``; effects of going from the lower bound to the upper one. For Sobol's
        ``parameter``, ``S1``, ``S1_low``, ``S1_high``, ``ST``, ``ST_low``, ``ST_high``. Largest
        first.

    Examples
    --------
    >>> from cristae.analysis import sensitivity
    >>> sets = sensitivity.design("telegraph", {"on": (1, 2), "d": (1, 2)}, size=20, scale="linear")
    >>> found = sensitivity.indices(sets.attrs["design"], sets, 3 * sets.on + sets.d)
    >>> found.parameter.tolist(), found.mu_star.round(6).tolist()
    (['on', 'd'], [3.0, 1.0])
    """
    names = list(described["parameters"])
    logs, ends = list(described["log"]), [list(pair) for pair in described["bounds"]]
    y = np.asarray(outcomes, dtype=float)
    given = np.asarray(sets, dtype=float)
    if given.ndim != 2 or given.shape[1] != len(names) or len(given) != len(y):
        raise refuse(f"{len(y)} outcomes are given for {given.shape} parameter values")
    unit = _unit(given, ends, logs)
    if not _is_drawn(unit, described):
        raise refuse(
            "the sweep's parameter sets are not those of the design",
            "indices need its sets in its order, all of them",
            "Run cristae sweep --sets with the design's file",
        )
    if not np.isfinite(y).all():
        missing = np.flatnonzero(~np.isfinite(y))
        raise refuse(
            f"parameter set {missing[0]} has no outcome" + f" ({len(missing)} in all)",
            "indices need every set",
            "Choose an outcome that all trajectories have",
        )
    problem = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    options = {"num_resamples": resamples, "conf_level": level, "seed": seed}
    if np.ptp(y) == 0:
        raise refuse("the outcome is the same for all parameter sets", "no parameter matters")
    if described["method"] == "morris":
        from SALib.analyze import morris

        found = morris.analyze(problem, unit, y, num_levels=_LEVELS, **options)
        conf = np.asarray(found["mu_star_conf"], dtype=float)
        star = np.asarray(found["mu_star"], dtype=float)
        made = pd.DataFrame(
            {
                "parameter": names,
                "mu_star": star,
                "mu_star_low": star - conf,
                "mu_star_high": star + conf,
                "mu": np.asarray(found["mu"], dtype=float),
                "sigma": np.asarray(found["sigma"], dtype=float),
            }
        )
        return made.sort_values("mu_star", ascending=False, ignore_index=True)
    from SALib.analyze import sobol

    found = sobol.analyze(problem, y, calc_second_order=False, **options)
    columns: dict[str, Any] = {"parameter": names}
    for index in ("S1", "ST"):
        value = np.asarray(found[index], dtype=float)
        conf = np.asarray(found[f"{index}_conf"], dtype=float)
        columns.update({index: value, f"{index}_low": value - conf, f"{index}_high": value + conf})
    return pd.DataFrame(columns).sort_values("ST", ascending=False, ignore_index=True)


#: What a set's trajectories are summed up to.
OUTCOMES: dict[str, Callable[[Array], float]] = {
    "mean": lambda x: float(np.nanmean(x)),
    "median": lambda x: float(np.nanmedian(x)),
    "cv": lambda x: float(np.nanstd(x, ddof=1) / np.nanmean(x)),
    "share": lambda x: float(np.mean(np.isfinite(x))),
}


def outcomes_of(
    ensembles: list[Ensemble], quantity: str, outcome: str = "mean"
) -> tuple[str, Array]:
    """The feature that a quantity stands for, and one number per ensemble.

    Means of columns are those of the statistics, which need nothing kept of single trajectories.
    """
    if outcome not in OUTCOMES:
        raise refuse(f"the outcome is '{outcome}'", f"known: {', '.join(OUTCOMES)}")
    if outcome == "mean":
        means = [one.mean(quantity) for one in ensembles]
        known = [one for one in means if one is not None]
        if len(known) == len(ensembles):
            return known[0][0], np.array([value for _, value in known])
    feature = ensembles[0].quantities([quantity])[quantity][0]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # of a set in which nobody has a value
        values = [OUTCOMES[outcome](one.quantity(quantity)) for one in ensembles]
    return feature, np.array(values)


def table(
    results: Results,
    quantity: str,
    design: Union[PathLike, Mapping[str, Any]],
    *,
    outcome: str = "mean",
    above: Optional[float] = None,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> pd.DataFrame:
    """Indices of an outcome over the sets of a sweep.

    Parameters
    ----------
    results : a sweep over the sets of a design
    quantity : str
    design : path of the design's file, or its description
    outcome : {"mean", "median", "cv", "share"}
        Of the set's trajectories; ``share``: of those that have a value, such as those that got
        there by first passage.
    above : float, optional
        Also note the share of parameter sets whose outcome is above this, with a Wilson interval:
        how robust a claim is, whatever the constants are.

    Returns
    -------
    pandas.DataFrame
        As `indices`, behind ``quantity`` and ``outcome``.
    """
    described = design if isinstance(design, Mapping) else read_design(design)
    ensembles = ensembles_of(results)
    names = list(described["parameters"])
    sets = np.array([one.parameter_values(names) for one in ensembles])
    feature, values = outcomes_of(ensembles, quantity, outcome)
    made = indices(described, sets, values, resamples=resamples, level=level, seed=seed)
    made.insert(0, "outcome", outcome)
    made.insert(0, "quantity", feature)
    made.attrs["notes"] = notes_of(ensembles)
    if above is not None:
        share = wilson(np.sum(values > above), len(values), level)
        made.attrs["notes"].append(
            f"{outcome} above {above:g} in {float(share.value):.4g} of the parameter sets "
            f"({float(share.low):.4g} to {float(share.high):.4g})"
        )
    return made
