"""Does chance move the mean? The ensemble's mean against the deterministic rate equations.

Where laws are curved, the mean of a law is not the law of the mean, and rate equations are off by a
share that does not vanish with more trajectories (Grima, R. (2010) J. Chem. Phys. 133:035101).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional, Union

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from ._input import KINDS, Part, Result, Results, ensembles_of, notes_of, refuse
from .resampling import LEVEL, Array, Estimate


def relative_bias(
    mean: npt.ArrayLike, se: npt.ArrayLike, reference: npt.ArrayLike, *, level: float = LEVEL
) -> Estimate:
    """mean / reference - 1, with normal ends; NaN for a reference below 1e-9, which is 0 to what a
    solver of rate equations knows.

    >>> from cristae.analysis import bias
    >>> found = bias.relative_bias([110.0], [2.0], [100.0])
    >>> found.value.round(3).tolist(), found.low.round(3).tolist()
    ([0.1], [0.061])
    """
    m, s, r = (np.asarray(one, dtype=float) for one in (mean, se, reference))
    with np.errstate(all="ignore"):
        scale = np.where(np.abs(r) > 1e-9, r, np.nan)
        value = m / scale - 1
        half = special.ndtri((1 + level) / 2) * s / np.abs(scale)
    return Estimate(value, value - half, value + half)


def table(
    results: Results,
    reference: Result,
    columns: Optional[Sequence[str]] = None,
    *,
    times: Optional[Sequence[float]] = None,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Bias of the means of columns.

    Parameters
    ----------
    results : result, path, or list of them
    reference : result or path
        Of ``--engine ode`` for the same network and times; a sweep is compared set by set.
    columns : list of str, optional
        All columns that both have.
    times : list of float, optional
        Sample times; without it, the last one.

    Returns
    -------
    pandas.DataFrame
        Columns ``result``, ``parameter_set``, ``column``, ``time``, ``n``, ``mean``,
        ``reference``, ``bias``, ``low``, ``high``, ``z`` (of the difference, in standard errors).
    """
    ensembles, references = ensembles_of(results), ensembles_of(reference)
    if len(references) not in (1, len(ensembles)):
        raise refuse(
            f"the reference has {len(references)} sets and the results have {len(ensembles)}",
            "they are compared one by one",
        )
    rows: list[dict[str, Union[str, int, float]]] = []
    notes = notes_of(ensembles)
    for k, ensemble in enumerate(ensembles):
        other = references[k if len(references) > 1 else 0]
        if other.result.attrs.get("engine") != "ode":
            notes.append(f"{other.name} is of the engine {other.result.attrs.get('engine')}")
        for attribute in ("network", "condition"):
            own, its = (one.result.attrs.get(attribute, "") for one in (ensemble, other))
            if own != its:
                raise refuse(
                    f"'{ensemble.where}' has the {attribute} '{own}' and '{other.where}' '{its}'",
                    "a bias is that of one and the same model",
                )
        shared = [name for name in ensemble.columns() if name in other.columns()]
        names = list(columns) if columns else list(dict.fromkeys(shared))
        unknown = [name for name in names if name not in shared]
        if unknown:
            raise refuse(
                f"columns {', '.join(unknown)} are not in both results",
                f"both have {', '.join(shared)}",
            )
        wanted = [float(ensemble.times[-1])] if times is None else list(times)
        for name in names:
            for time in wanted:
                at, its_at = (_place(one.times, time) for one in (ensemble, other))
                if at is None or its_at is None:
                    raise refuse(f"time {time:g} is no sample time of both results")
                mean, se = (_statistic(ensemble.result, name, one, at) for one in ("mean", "se"))
                expected = _statistic(other.result, name, "mean", its_at)
                found = relative_bias(mean, se, expected, level=level)
                rows.append(
                    {
                        **ensemble.label(),
                        "column": name,
                        "time": time,
                        "n": int(ensemble.result["n"].values[at]),
                        "mean": mean,
                        "reference": expected,
                        "bias": float(found.value),
                        "low": float(found.low),
                        "high": float(found.high),
                        "z": (mean - expected) / se if se > 0 else np.nan,
                    }
                )
    made = pd.DataFrame(rows)
    made.attrs["notes"] = [*notes, "bias is mean / reference - 1"]
    return made


def _place(times: Array, time: float) -> Optional[int]:
    near = np.flatnonzero(np.isclose(times, time, rtol=1e-9, atol=1e-12))
    return int(near[0]) if len(near) else None


def _statistic(result: Part, name: str, statistic: str, at: int) -> float:
    for kind in KINDS:
        if kind in result.dims and name in result[kind].values:
            found = result[f"{kind}_{statistic}"].sel({kind: name})
            return float(found.isel(time=at).values)
    raise AssertionError(name)
