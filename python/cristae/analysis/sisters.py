"""How long do sisters stay alike? Families of trajectories that are one until they part.

A cell divides at a time `fork_at` into sisters with equal contents (``--sisters K --fork-at T``),
or is taken to: from then on each has chance of its own. What still agrees is what the cell had in
store, and how fast the agreement goes says how long a state lasts (Spencer, S. L. et al. (2009)
Nature 459:428-432; Sigal, A. et al. (2006) Nature 444:643-646). Correlations are those of any two
sisters of a family, Fisher's intraclass correlation; all of a family are resampled together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Optional, Union

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from ._input import (
    Ensemble,
    Results,
    end_quantities,
    ensembles_of,
    feature_time,
    notes_of,
    refuse,
)
from ._output import Tables
from .correlation import first_below
from .passage import Passages, passages_of
from .resampling import LEVEL, RESAMPLES, Array, Estimate, bootstrap

#: Groups of families by the time of their passages, in the table `differences`.
GROUPS = 4
#: A group has at least so many families.
LEAST = 10


class Alike(NamedTuple):
    """How alike sisters are over time."""

    times: Array  #: since they parted
    correlation: Estimate  #: (times)
    half_time: Estimate  #: when it has fallen to one half; NaN: not within the run
    decay_time: Estimate  #: when it has fallen to 1/e
    families: int


def in_families(values: npt.ArrayLike, sisters: int) -> Array:
    """(families, sisters, ...) of (trajectories, ...), without an incomplete last family."""
    x = np.asarray(values, dtype=float)
    if sisters < 2:
        raise refuse(
            "there are no sisters", "every trajectory is by itself", "Run with --sisters 2"
        )
    count = len(x) // sisters
    return np.asarray(x[: count * sisters].reshape(count, sisters, *x.shape[1:]))


def _pairs(x: Array) -> Array:
    """Terms (families, 3, ...) of the intraclass correlation of x (families, sisters, ...)."""
    k = x.shape[1]
    total, squares = x.sum(axis=1), (x**2).sum(axis=1)
    return np.stack([total / k, squares / k, (total**2 - squares) / (k * (k - 1))], axis=1)


def _intraclass(means: Array) -> Array:
    """Correlations from means (..., 3, times) of `_pairs` of deviations."""
    mean, square, product = means[..., 0, :], means[..., 1, :], means[..., 2, :]
    spread = square - mean**2
    return np.asarray((product - mean**2) / np.where(spread > 0, spread, np.nan))


def correlation(
    families: npt.ArrayLike,
    times: Optional[npt.ArrayLike] = None,
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> Alike:
    """Correlation between sisters, of one value each or at several times.

    Parameters
    ----------
    families : (f, k) or (f, k, t)
        Of k sisters each; families with a NaN are left out.
    times : (t,), optional
        Since they parted.

    Returns
    -------
    Alike
        Of one value, arrays of length 1, and times of NaN.

    Examples
    --------
    Sisters that share a part with variance 3, and have a part of variance 1 of their own:

    >>> import numpy as np
    >>> from cristae.analysis import sisters
    >>> random = np.random.default_rng(1)
    >>> shared = random.normal(0, 3**0.5, size=(2000, 1))
    >>> found = sisters.correlation(shared + random.normal(size=(2000, 2)))
    >>> bool(found.correlation.low[0] < 0.75 < found.correlation.high[0])
    True
    """
    x = np.asarray(families, dtype=float)
    x = x[..., None] if x.ndim == 2 else x
    x = x[np.isfinite(x).all(axis=(1, 2))]
    count, _, length = x.shape
    if count < 3:
        raise refuse(f"{count} families have a value for all sisters", "three or more are needed")
    at = np.full(length, np.nan) if times is None else np.asarray(times, dtype=float)
    terms = _pairs(x - x.mean(axis=(0, 1)))

    def measures(means: Array) -> Array:
        curve = _intraclass(means.reshape(*means.shape[:-1], 3, length))
        if length < 2:
            nothing = np.full((*curve.shape[:-1], 2), np.nan)
            return np.concatenate([curve, nothing], axis=-1)
        falls = [first_below(at, curve, height) for height in (0.5, np.exp(-1))]
        return np.concatenate([curve, np.stack(falls, axis=-1)], axis=-1)

    found = bootstrap(
        terms.reshape(count, -1), measures, resamples=resamples, level=level, seed=seed
    )
    tail = [Estimate(*(one[k] for one in found)) for k in (-2, -1)]
    return Alike(at, Estimate(*(one[:-2] for one in found)), tail[0], tail[1], count)


class Fates(NamedTuple):
    """How alike sisters are in whether and when something happens to them."""

    fate: (
        Estimate  #: correlation of whether it happens, of families to which it had not at the fork
    )
    time: Estimate  #: of when, of families in which it happened to all
    rank: Estimate  #: of the ranks of these times
    sd_within: Estimate  #: standard deviation of times between sisters
    sd_total: Estimate  #: of all these times
    since_fork: float  #: mean of these times
    families: int  #: that were left at the fork
    complete: int  #: in which it happened to all
    differences: pd.DataFrame  #: `sd_within` by the time since the fork


def fates(
    passages: Passages,
    sisters: int,
    fork_at: float,
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> Fates:
    """Whether a passage happens to sisters alike, and when.

    Parameters
    ----------
    passages : Passages
        Of all trajectories, the sisters of a family behind each other.
    fork_at : float
        Families with a passage before it are left out.

    Returns
    -------
    Fates
        All estimates of shape (). ``differences`` has families in groups by the mean time of their
        passages: ``since_fork``, ``families``, ``sd_within`` with its interval.
    """
    times = in_families(passages.times, sisters) - fork_at
    reached = in_families(passages.reached, sisters) > 0
    left = ~(reached & (times <= 0)).any(axis=1)
    times, reached = times[left], reached[left]
    options = {"resamples": resamples, "level": level, "seed": seed}
    nothing = Estimate(*(np.asarray(np.nan) for _ in range(3)))

    def one(x: Array) -> Estimate:
        if len(x) < 3 or np.ptp(x) == 0:
            return nothing
        found = correlation(x, **options).correlation  # type: ignore[arg-type]
        return Estimate(*(np.asarray(end[0]) for end in found))

    whole = times[reached.all(axis=1)]
    ranks = stats.rankdata(whole).reshape(whole.shape) if len(whole) else whole

    def spreads(x: Array) -> tuple[Estimate, Estimate]:
        """Between sisters, and of all."""
        if len(x) < 3:
            return nothing, nothing
        deviations = x - x.mean()
        terms = np.stack([x.var(axis=1, ddof=1), deviations.mean(axis=1),
                          (deviations**2).mean(axis=1)], axis=-1)  # fmt: skip

        def measures(means: Array) -> Array:
            total = means[..., 2] - means[..., 1] ** 2
            return np.sqrt(np.maximum(np.stack([means[..., 0], total], axis=-1), 0))

        found = bootstrap(terms, measures, resamples=resamples, level=level, seed=seed)
        return tuple(Estimate(*(np.asarray(end[k]) for end in found)) for k in (0, 1))  # type: ignore[return-value]

    within, total = spreads(whole)
    order = np.argsort(whole.mean(axis=1), kind="stable")
    groups = min(GROUPS, len(whole) // LEAST)
    rows = []
    for chosen in np.array_split(order, groups) if groups else []:
        own = spreads(whole[chosen])[0]
        rows.append(
            {
                "since_fork": float(whole[chosen].mean()),
                "families": len(chosen),
                "sd_within": float(own.value),
                "sd_within_low": float(own.low),
                "sd_within_high": float(own.high),
            }
        )
    names = ["since_fork", "families", "sd_within", "sd_within_low", "sd_within_high"]
    return Fates(
        one(reached.astype(float)),
        one(whole),
        one(ranks),
        within,
        total,
        float(whole.mean()) if len(whole) else np.nan,
        len(times),
        len(whole),
        pd.DataFrame(rows, columns=names),
    )


def _fork_of(ensemble: Ensemble) -> tuple[int, float]:
    """Sisters per family, and when they part; raises where there are none."""
    sisters = int(ensemble.result.attrs.get("sisters", 1))
    if sisters < 2:
        raise refuse(
            f"'{ensemble.where}' has no sisters",
            "every trajectory is by itself",
            "Run with --sisters 2 --fork-at T",
        )
    if len(ensemble.ids) and int(ensemble.ids[0]) % sisters:
        raise refuse(f"'{ensemble.where}' begins within a family", "", "Run with another --first")
    return sisters, float(ensemble.result.attrs.get("fork_at", 0.0))


def table(
    results: Results,
    quantities: Optional[Sequence[str]] = None,
    *,
    columns: Sequence[str] = (),
    passage: Optional[str] = None,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> pd.DataFrame:
    """How alike sisters are.

    Parameters
    ----------
    quantities : list of str, optional
        Features; ``first(...)`` and ``end_time`` count as passages. Without anything named, those
        at the end.
    columns : list of str
        Observables and species, at all sample times since the fork; the results need ``--raw``.
    passage : str, optional
        ``first(...)``, or ``end_time`` of a run with a stop condition.

    Returns
    -------
    pandas.DataFrame
        Columns ``result``, ``parameter_set``, ``quantity``, ``part``, ``since_fork``, ``families``,
        ``value``, ``low``, ``high``. Parts: ``correlation`` of a quantity; ``half_time`` and
        ``decay_time`` of a column; ``fate_correlation``, ``time_correlation``,
        ``rank_correlation``, ``sd_within`` and ``sd_total`` of a passage. ``attrs["tables"]`` has
        ``curves``: ``quantity``, ``since_fork``, ``correlation``, ``low``, ``high``; and
        ``differences``, the spread of passages between sisters by the time since the fork.

    Examples
    --------
    >>> import cristae
    >>> from cristae.analysis import sisters
    >>> cells = cristae.run("telegraph", trajectories=400, sisters=2, fork_at=10, t_end=12,
    ...     keep="M[10],M[12]")
    >>> sisters.table(cells, ["M[10]", "M[12]"]).value.round(1).tolist()[0]
    1.0
    """
    ensembles = ensembles_of(results)
    options = {"resamples": resamples, "level": level, "seed": seed}
    rows: list[dict[str, Union[str, int, float]]] = []
    curves, differences = [], []
    units = set()

    def add(ensemble: Ensemble, name: str, part: str, since: float, n: int, e: Estimate) -> None:
        value, low, high = (float(np.squeeze(one)) for one in e)
        rows.append({**ensemble.label(), "quantity": name, "part": part, "since_fork": since,
                     "families": n, "value": value, "low": low, "high": high})  # fmt: skip

    for ensemble in ensembles:
        count, fork = _fork_of(ensemble)
        units.add(ensemble.time_unit)
        names = list(quantities or [])
        if not names and not columns and passage is None:
            names = end_quantities(ensemble)
        happen = [name for name in names if name.startswith("first(") or name == "end_time"]
        happen += [passage] if passage is not None else []
        plain = ensemble.quantities([name for name in names if name not in happen])
        for feature, values in plain.values():
            at = feature_time(feature, ensemble)
            found = correlation(in_families(values, count), **options)  # type: ignore[arg-type]
            since = np.nan if at is None else at - fork
            add(ensemble, feature, "correlation", since, found.families, found.correlation)
        for name in columns:
            start = int(np.searchsorted(ensemble.times, fork - 1e-9 * (1 + abs(fork))))
            times = ensemble.times[start:] - fork
            if len(times) < 2:
                raise refuse(f"'{ensemble.where}' has no samples behind the fork at {fork:g}")
            found = correlation(
                in_families(ensemble.course(name)[:, start:], count),
                times,
                **options,  # type: ignore[arg-type]
            )
            add(ensemble, name, "half_time", np.nan, found.families, found.half_time)
            add(ensemble, name, "decay_time", np.nan, found.families, found.decay_time)
            curve = found.correlation
            curves.append(
                pd.DataFrame(
                    {
                        **ensemble.label(),
                        "quantity": name,
                        "since_fork": times,
                        "correlation": curve.value,
                        "low": curve.low,
                        "high": curve.high,
                    }
                )
            )
        for name in happen:
            own = fates(passages_of(ensemble, name), count, fork, **options)  # type: ignore[arg-type]
            for part, estimate, n in (
                ("fate_correlation", own.fate, own.families),
                ("time_correlation", own.time, own.complete),
                ("rank_correlation", own.rank, own.complete),
                ("sd_within", own.sd_within, own.complete),
                ("sd_total", own.sd_total, own.complete),
            ):
                add(ensemble, name, part, own.since_fork, n, estimate)
            differences.append(own.differences.assign(quantity=name, **ensemble.label()))
    made = pd.DataFrame(rows)
    further = Tables()
    if curves:
        further["curves"] = pd.concat(curves, ignore_index=True)
    if differences:
        joined = pd.concat(differences, ignore_index=True)
        first = [*ensembles[0].label(), "quantity"]
        further["differences"] = joined[[*first, *(n for n in joined if n not in first)]]
    made.attrs["tables"] = further
    made.attrs["notes"] = [
        *notes_of(ensembles, of_families=True),
        f"times in {', '.join(sorted(units))}, since_fork: since sisters part",
    ]
    if differences:
        made.attrs["notes"].append(
            "times of passages are compared in families in which it happened to all before the end"
        )
    return made
