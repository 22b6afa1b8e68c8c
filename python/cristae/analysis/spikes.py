"""Puffs and spikes in courses: how high, how long, how far apart, and whether they remember.

A spike begins where a course rises above a threshold and ends where it falls back to it; spikes
with a gap of less than `merge_gap` between them are one. Courses are known at sample times only:
what is shorter than their distance can be missed, and durations are whole multiples of it.

Cells whose spikes are set off by chance have intervals with a standard deviation that grows with
the mean behind a refractory time, sd = a * (mean - T0), and without memory (Skupin, A. et al.
(2008) Biophys. J. 94:2404-2411). For puffs that recover with the rate xi and are set off with the
rate lambda then, the density of an interval t is lambda (1 - exp(-xi t)) exp(-lambda t + lambda
(1 - exp(-xi t)) / xi) (Thurley, K. et al. (2011) Biophys. J. 101:2638-2644).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Optional, Union

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, stats

from ._input import Results, ensembles_of, notes_of, refuse
from .resampling import LEVEL, RESAMPLES, Array, Estimate, bootstrap, crossing, wilson


class Spikes(NamedTuple):
    """Spikes of all trajectories, ordered by trajectory and start; arrays of one length."""

    trajectory: npt.NDArray[np.int64]  #: place of the trajectory
    start: Array  #: the first sample time above the threshold; NaN: it began before the samples
    end: Array  #: the first one not above it any more
    peak: Array
    whole: npt.NDArray[np.bool_]  #: neither cut off by the first nor by the last sample


class Memory(NamedTuple):
    """The most likely rates of the density of intervals, with profile likelihood ends."""

    rate: Estimate  #: lambda, of being set off once recovered, per time unit
    recovery: Estimate  #: xi, of recovering; an infinite end: no refractory time is seen
    no_recovery_p: float  #: chance of such a difference where intervals are exponential


def find_spikes(
    times: npt.ArrayLike, courses: npt.ArrayLike, threshold: float, merge_gap: float = 0
) -> Spikes:
    """All stretches above a threshold.

    Parameters
    ----------
    times : (t,)
        Sample times, rising.
    courses : (n, t)
        A NaN, behind the end of a trajectory, ends its spike there.
    threshold : float
    merge_gap : float
        Stretches with a shorter gap between them are one spike.

    Examples
    --------
    >>> from cristae.analysis import spikes
    >>> found = spikes.find_spikes(range(10), [[0, 2, 5, 0, 3, 0, 0, 0, 4, 4]], 1, merge_gap=2)
    >>> found.start.tolist(), found.end.tolist(), found.peak.tolist(), found.whole.tolist()
    ([1.0, 8.0], [5.0, 9.0], [5.0, 4.0], [True, False])
    """
    t, x = np.asarray(times, dtype=float), np.atleast_2d(np.asarray(courses, dtype=float))
    if x.shape[1] != len(t):
        raise refuse(f"courses have {x.shape[1]} samples and {len(t)} times are given")
    with np.errstate(invalid="ignore"):
        above = x > threshold
    alive = np.isfinite(x)
    edge = np.zeros((len(x), 1), dtype=bool)
    change = np.diff(np.hstack([edge, above, edge]).astype(np.int8), axis=1)
    rows, begin = np.nonzero(change == 1)
    _, stop = np.nonzero(change == -1)
    if len(rows) == 0:
        none = np.empty(0)
        return Spikes(np.empty(0, np.int64), none, none, none, np.empty(0, bool))
    last = alive.shape[1] - 1 - np.argmax(alive[:, ::-1], axis=1)  # last sample of each
    inside = np.minimum(stop, last[rows])
    gap = t[begin[1:]] - t[inside[:-1]]
    new = np.concatenate([[True], (rows[1:] != rows[:-1]) | (gap >= merge_gap)])
    first = np.flatnonzero(new)
    final = np.append(first[1:], len(rows)) - 1
    filled = np.where(above, x, -np.inf)
    flat = filled.ravel()
    # Peaks of stretches, then of spikes.
    offset = rows * x.shape[1]
    ends = np.stack([offset + begin, offset + stop], axis=1).ravel()
    peaks = np.maximum.reduceat(np.append(flat, -np.inf), ends)[::2]
    peak = np.maximum.reduceat(peaks, first)
    cut = (begin[first] == 0) | (stop[final] > last[rows[final]])
    start = np.where(begin[first] == 0, np.nan, t[begin[first]])
    return Spikes(rows[first].astype(np.int64), start, t[inside[final]], peak, ~cut)


def intervals(spikes: Spikes) -> tuple[npt.NDArray[np.int64], Array]:
    """From start to start of spikes of one trajectory: its place, and the interval.

    >>> from cristae.analysis import spikes
    >>> found = spikes.find_spikes(range(6), [[0, 2, 0, 0, 2, 0]], 1)
    >>> spikes.intervals(found)[1].tolist()
    [3.0]
    """
    same = spikes.trajectory[1:] == spikes.trajectory[:-1]
    same &= np.isfinite(spikes.start[:-1])
    return spikes.trajectory[1:][same], np.diff(spikes.start)[same]


def serial_correlation(
    trajectory: npt.ArrayLike,
    interval: npt.ArrayLike,
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> Estimate:
    """Correlation of an interval with the next one of its trajectory, (1,).

    Intervals resample trajectories. Trajectories that differ in their mean interval make it
    positive by themselves, and few intervals in a trajectory make it slightly negative.

    >>> import numpy as np
    >>> from cristae.analysis import spikes
    >>> waits = np.random.default_rng(1).exponential(size=20000)
    >>> found = spikes.serial_correlation(np.arange(20000) // 100, waits)
    >>> bool(found.low[0] < 0 < found.high[0])
    True
    """
    where, t = np.asarray(trajectory), np.asarray(interval, dtype=float)
    same = where[1:] == where[:-1]
    nothing = np.full(1, np.nan)
    if same.sum() < 3:
        return Estimate(nothing, nothing, nothing)
    a, b = t[:-1][same] - t.mean(), t[1:][same] - t.mean()
    _, index = np.unique(where[1:][same], return_inverse=True)
    each = np.stack([np.ones(len(a)), a, b, a * b, a**2, b**2], axis=-1)
    summed = np.zeros((index.max() + 1, 6))
    np.add.at(summed, index, each)

    def correlation(means: Array) -> Array:
        n = means[..., 0]
        ma, mb, ab, aa, bb = (means[..., k] / n for k in range(1, 6))
        return np.asarray(((ab - ma * mb) / np.sqrt((aa - ma**2) * (bb - mb**2)))[..., None])

    return bootstrap(summed, correlation, resamples=resamples, level=level, seed=seed)


def interval_law(
    interval: npt.ArrayLike, unfinished: npt.ArrayLike = (), *, level: float = LEVEL
) -> Memory:
    """The most likely lambda and xi of intervals.

    The hazard is lambda (1 - exp(-xi t)): nothing right after a spike, lambda when recovered.

    Parameters
    ----------
    interval : (n,)
        Above 0.
    unfinished : (m,)
        Times from a last spike to the end of its trajectory: intervals at least as long as these.
        Leaving them out makes long intervals rarer than they are.

    Examples
    --------
    >>> import numpy as np
    >>> from cristae.analysis import spikes
    >>> random = np.random.default_rng(1)
    >>> law = spikes.interval_law(random.exponential(2, 2000))      # no refractory time
    >>> bool(law.rate.low < 0.5 < law.rate.high), law.no_recovery_p > 0.01
    (True, True)
    """
    t, later = np.asarray(interval, dtype=float), np.asarray(unfinished, dtype=float)
    n = len(t)
    if n < 3 or np.any(t <= 0):
        raise refuse(f"{n} intervals", "three or more, all above 0, are needed")
    every = np.concatenate([t, later])

    def lived(xi: float) -> float:
        """The integral of the hazard over lambda."""
        return float(np.sum(every + np.expm1(-xi * every) / xi))

    def likelihood(log_xi: float) -> float:
        xi = float(np.exp(log_xi))
        with np.errstate(divide="ignore"):
            return float(np.sum(np.log(-np.expm1(-xi * t))) + n * np.log(n / lived(xi)) - n)

    low, high = np.log(1e-4 / every.max()), np.log(1e4 / t.min())
    grid = np.linspace(low, high, 400)
    held = np.array([lived(float(np.exp(one))) for one in grid])
    with np.errstate(divide="ignore"):
        logs = np.array([np.sum(np.log(-np.expm1(-np.exp(one) * t))) for one in grid])
    best = int(np.argmax(logs - n * np.log(held)))
    around = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = optimize.minimize_scalar(
        lambda one: -likelihood(one), bounds=around, method="bounded", options={"xatol": 1e-9}
    )
    at, top = float(found.x), -float(found.fun)
    exponential = float(n * np.log(n / every.sum()) - n)
    drop = float(stats.chi2.ppf(level, 1)) / 2

    def below(one: float) -> float:
        return likelihood(one) - top + drop

    left = float(np.exp(optimize.brentq(below, low, at))) if below(low) < 0 else 0.0
    right = float(np.exp(optimize.brentq(below, at, high))) if below(high) < 0 else np.inf
    xi = float(np.exp(at)) if top > exponential + 1e-9 else np.inf
    rate = n / (lived(xi) if np.isfinite(xi) else every.sum())

    def profile(log_rate: float) -> float:
        """The likelihood of a rate with the most likely recovery, by a parabola over the grid."""
        own = float(np.exp(log_rate))
        values = logs + n * log_rate - own * held
        k = int(np.argmax(values))
        most = float(values[k])
        if 0 < k < len(grid) - 1:
            before, after = values[k - 1], values[k + 1]
            curve = before - 2 * most + after
            if np.isfinite(before) and curve < 0:
                most -= float((before - after) ** 2 / (8 * curve))
        limit = n * log_rate - own * every.sum()
        return float(max(most, limit) - max(top, exponential) + drop)

    middle = float(np.log(rate))
    ends = np.exp(crossing(profile, middle, -0.1)), np.exp(crossing(profile, middle, 0.1))
    chance = float(stats.chi2.sf(2 * max(top - exponential, 0.0), 1) / 2)  # xi on its boundary
    if top <= exponential + 1e-9:
        chance = 1.0
    return Memory(
        Estimate(np.asarray(rate), *(np.asarray(one) for one in ends)),
        Estimate(np.asarray(xi), np.asarray(left), np.asarray(right)),
        chance,
    )


def regression(
    means: npt.ArrayLike, sds: npt.ArrayLike, counts: npt.ArrayLike, *, level: float = LEVEL
) -> tuple[Estimate, Estimate]:
    """Slope a and refractory time T0 of sd = a (mean - T0) over trains of spikes.

    Least squares with the numbers of intervals as weights; ends of the slope by Student's t, of T0
    by the delta method.

    >>> from cristae.analysis import spikes
    >>> slope, refractory = spikes.regression([2, 3, 5, 9], [0.5, 1, 2, 4], [10, 10, 10, 10])
    >>> round(float(slope.value), 6), round(float(refractory.value), 6)
    (0.5, 1.0)
    """
    x, y, w = (np.asarray(one, dtype=float) for one in (means, sds, counts))
    usable = np.isfinite(x) & np.isfinite(y) & (w > 0)
    x, y, w = x[usable], y[usable], w[usable]
    if len(x) < 3 or np.ptp(x) == 0:
        nothing = Estimate(*(np.asarray(np.nan) for _ in range(3)))
        return nothing, nothing
    w = w / w.mean()
    design = np.stack([np.ones(len(x)), x], axis=-1)
    gram = np.linalg.inv((design * w[:, None]).T @ design)
    line = gram @ (design * w[:, None]).T @ y
    left = np.sum(w * (y - design @ line) ** 2) / (len(x) - 2)
    cover = gram * left
    z = stats.t.ppf((1 + level) / 2, len(x) - 2)
    zero = -line[0] / line[1]
    gradient = np.array([-1 / line[1], line[0] / line[1] ** 2])
    half = z * np.sqrt(cover[1, 1]), z * np.sqrt(gradient @ cover @ gradient)
    return (
        Estimate(*(np.asarray(line[1] + one) for one in (0, -half[0], half[0]))),
        Estimate(*(np.asarray(zero + one) for one in (0, -half[1], half[1]))),
    )


def trains(trajectory: npt.ArrayLike, interval: npt.ArrayLike, least: int = 5) -> pd.DataFrame:
    """Mean and sd of the intervals of every trajectory with at least `least`: ``n``, ``mean``,
    ``sd``."""
    where, t = np.asarray(trajectory), np.asarray(interval, dtype=float)
    grouped = pd.DataFrame({"trajectory": where, "t": t}).groupby("trajectory")["t"]
    made = pd.DataFrame({"n": grouped.size(), "mean": grouped.mean(), "sd": grouped.std()})
    return made[made["n"] >= least]


def _over_trajectories(
    found: Spikes, values: Array, count: int, resamples: int, level: float, seed: int
) -> Estimate:
    """Mean over spikes and its CV, (2), with whole trajectories resampled."""
    usable = np.isfinite(values)
    nothing = np.full(2, np.nan)
    if usable.sum() < 2:
        return Estimate(nothing, nothing, nothing)
    x = np.where(usable, values, 0.0)
    sums = np.zeros((count, 3))
    np.add.at(sums, found.trajectory, np.stack([usable, x, x**2], axis=-1).astype(float))

    def parts(means: Array) -> Array:
        mean = means[..., 1] / means[..., 0]
        variance = np.maximum(means[..., 2] / means[..., 0] - mean**2, 0)
        return np.stack([mean, np.sqrt(variance) / mean], axis=-1)

    return bootstrap(sums, parts, resamples=resamples, level=level, seed=seed)


def table(
    results: Results,
    column: str,
    threshold: float,
    *,
    merge_gap: float = 0,
    available: Optional[int] = None,
    start: Optional[float] = None,
    end: Optional[float] = None,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> pd.DataFrame:
    """Spikes of a column of one or more results.

    Parameters
    ----------
    column : str
        An observable or species; the results need ``--raw``.
    threshold : float
        A spike is above it: 0 for open channels.
    merge_gap : float
        In time units.
    available : int, optional
        How many channels there are: adds the chance that an open one recruits another,
        ``recruitment`` = (mean peak - 1) / (available - 1).
    start, end : float, optional
        The samples to look at.

    Returns
    -------
    pandas.DataFrame
        Columns ``result``, ``parameter_set``, ``part``, ``value``, ``low``, ``high``. Parts:
        ``spikes`` (number), ``per_time`` (per trajectory and time unit), ``peak``, ``peak_cv``,
        ``duration``, ``duration_cv`` (of whole spikes), ``blips`` (share with peak 1),
        ``recruitment``, ``interval``, ``interval_cv``, ``serial_correlation``, ``rate``,
        ``recovery``, ``no_recovery_p`` (see `interval_law`); over the trains of all results
        ``slope`` and ``refractory`` (see `regression`), with an empty ``result``.

    Examples
    --------
    >>> import cristae
    >>> from cristae.analysis import spikes
    >>> cells = cristae.run("telegraph", trajectories=50, raw=True, t_end=100, sample_every=0.5)
    >>> puffs = spikes.table(cells, "G_on", 0).set_index("part").value
    >>> bool(puffs["blips"] == 1), bool(0 < puffs["per_time"] < 5)
    (True, True)
    """
    ensembles = ensembles_of(results)
    rows: list[dict[str, Union[str, int, float]]] = []
    every: list[pd.DataFrame] = []
    options = {"resamples": resamples, "level": level, "seed": seed}
    units = set()
    for ensemble in ensembles:
        units.add(ensemble.time_unit)
        window = ensemble.window(start, end)
        times, courses = ensemble.times[window], ensemble.course(column)[:, window]
        found = find_spikes(times, courses, threshold, merge_gap)
        count = len(courses)
        lived = np.maximum(np.isfinite(courses).sum(axis=1) - 1, 0) * np.mean(np.diff(times))
        per = np.bincount(found.trajectory, minlength=count).astype(float)
        rate = bootstrap(
            np.stack([per, lived], axis=-1),
            lambda means: means[..., :1] / means[..., 1:],
            **options,  # type: ignore[arg-type]
        )
        peak = _over_trajectories(found, found.peak, count, **options)  # type: ignore[arg-type]
        width = np.where(found.whole, found.end - found.start, np.nan)
        duration = _over_trajectories(found, width, count, **options)  # type: ignore[arg-type]
        where, between = intervals(found)
        paired = found._replace(trajectory=where)
        interval = _over_trajectories(paired, between, count, **options)  # type: ignore[arg-type]
        parts: list[tuple[str, Estimate]] = [
            ("spikes", Estimate(*(np.asarray(one) for one in (len(found.start), np.nan, np.nan)))),
            ("per_time", rate),
            *_both("peak", peak),
            *_both("duration", duration),
            ("blips", wilson(np.sum(found.peak == 1), len(found.peak), level)),
        ]
        if available is not None and available > 1:
            share = (peak.value[:1] - 1) / (available - 1)
            ends = ((one[:1] - 1) / (available - 1) for one in (peak.low, peak.high))
            parts.append(("recruitment", Estimate(share, *ends)))
        parts += [
            *_both("interval", interval),
            ("serial_correlation", serial_correlation(where, between, **options)),  # type: ignore[arg-type]
        ]
        if len(between) >= 3:
            last = np.flatnonzero(np.append(np.diff(found.trajectory) != 0, len(found.start) > 0))
            until = np.where(np.isfinite(courses), times, -np.inf).max(axis=1)
            open_end = until[found.trajectory[last]] - found.start[last]
            law = interval_law(between, open_end[np.isfinite(open_end)], level=level)
            p = np.asarray(law.no_recovery_p)
            parts += [
                ("rate", law.rate),
                ("recovery", law.recovery),
                ("no_recovery_p", Estimate(p, np.asarray(np.nan), np.asarray(np.nan))),
            ]
        for part, estimate in parts:
            value, low, high = (float(np.squeeze(one)) for one in estimate)
            row: dict[str, Union[str, int, float]] = dict(ensemble.label())
            row.update(part=part, value=value, low=low, high=high)
            rows.append(row)
        every.append(trains(where, between))
    together = pd.concat(every)
    if len(together) >= 3:
        slope, refractory = regression(together["mean"], together["sd"], together["n"], level=level)
        for part, estimate in (("slope", slope), ("refractory", refractory)):
            value, low, high = (float(one) for one in estimate)
            rows.append(
                {
                    "result": "",
                    "parameter_set": 0,
                    "part": part,
                    "value": value,
                    "low": low,
                    "high": high,
                }
            )
    made = pd.DataFrame(rows)
    made.attrs["notes"] = [
        *notes_of(ensembles),
        f"times in {', '.join(sorted(units))}; courses are known at sample times only",
    ]
    return made


def _both(name: str, estimate: Estimate) -> Sequence[tuple[str, Estimate]]:
    return [
        (name, Estimate(*(one[:1] for one in estimate))),
        (f"{name}_cv", Estimate(*(one[1:] for one in estimate))),
    ]
