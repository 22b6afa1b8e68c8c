"""Confidence intervals by resampling whole trajectories or whole cells, never time points.

Most of what is estimated here is a function of means over trajectories: moments, products of two
reporters, sums over lags. A bootstrap of such a function needs no copies of the sample: a matrix of
weights times the matrix of terms gives all resampled means at once. Where there are more units than
`GROUPS`, neighbours are added up first, and groups are resampled, which is as good for such
functions and costs the same for any number of trajectories.

Intervals are bias-corrected and accelerated (BCa): Efron, B. (1987) Better bootstrap confidence
intervals. J. Am. Stat. Assoc. 82:171-185.
"""

from __future__ import annotations

from typing import Callable, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

Array = npt.NDArray[np.float64]
#: Means of terms (..., m) to values (..., k), for any leading dimensions.
Statistic = Callable[[Array], Array]

#: At most so many groups are resampled; above four times as many units they are added up.
GROUPS = 4096
RESAMPLES = 2000
LEVEL = 0.95


class Estimate(NamedTuple):
    """A value and its confidence interval; arrays of one shape, or numbers."""

    value: Array
    low: Array
    high: Array


def grouped(terms: Array, most: int = GROUPS) -> tuple[Array, Array]:
    """Sums of terms over at most `most` groups of units (g, m), and how many units each has (g)."""
    units = len(terms)
    if units <= 4 * most:
        return terms, np.ones(units)
    starts = np.linspace(0, units, most, endpoint=False).astype(np.int64)
    return np.add.reduceat(terms, starts, axis=0), np.diff(np.append(starts, units)).astype(float)


def resampled_means(sums: Array, sizes: Array, resamples: int = RESAMPLES, seed: int = 1) -> Array:
    """Means of terms in resampled ensembles, (resamples, m), of what `grouped` gives."""
    generator = np.random.default_rng(seed)
    groups = len(sums)
    chances = np.full(groups, 1 / groups)
    means = np.empty((resamples, sums.shape[1]))
    step = max(1, (1 << 22) // groups)
    for begin in range(0, resamples, step):
        count = min(step, resamples - begin)
        weights = generator.multinomial(groups, chances, size=count).astype(float)
        means[begin : begin + count] = (weights @ sums) / (weights @ sizes)[:, None]
    return means


def bca_interval(
    value: Array, resampled: Array, left_out: Array, level: float = LEVEL
) -> tuple[Array, Array]:
    """Ends of BCa intervals.

    Parameters
    ----------
    value : (k,) the estimates
    resampled : (resamples, k) the same of resampled ensembles
    left_out : (g, k) the same with one group left out each
    level : share of such intervals that hold the truth

    Returns
    -------
    low, high : (k,) NaN where the estimate or more than 5 % of the resampled ones are undefined
    """
    low, high = np.full(len(value), np.nan), np.full(len(value), np.nan)
    tails = special.ndtri(np.array([(1 - level) / 2, (1 + level) / 2]))
    for k in range(len(value)):
        drawn = resampled[:, k]
        drawn = drawn[np.isfinite(drawn)]
        if not np.isfinite(value[k]) or len(drawn) < 0.95 * len(resampled):
            continue
        below = (np.sum(drawn < value[k]) + 0.5 * np.sum(drawn == value[k])) / len(drawn)
        edge = 0.5 / len(drawn)
        bias = special.ndtri(np.clip(below, edge, 1 - edge))
        apart = left_out[:, k]
        apart = np.mean(apart[np.isfinite(apart)]) - apart[np.isfinite(apart)]
        spread = np.sum(apart**2) ** 1.5
        skew = np.sum(apart**3) / (6 * spread) if spread > 0 else 0.0
        shifted = special.ndtr(bias + (bias + tails) / (1 - skew * (bias + tails)))
        low[k], high[k] = np.quantile(drawn, shifted)
    return low, high


def bootstrap(
    terms: npt.ArrayLike,
    statistic: Statistic,
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> Estimate:
    """A function of means over units, with BCa intervals from resampled units.

    Parameters
    ----------
    terms : (n, m)
        What each unit (trajectory or cell) adds to the m means.
    statistic : callable
        From means (..., m) to values (..., k).
    resamples : int
        How many resampled ensembles.
    level : float
        Of the intervals.
    seed : int
        Of the resampling: the same gives the same interval.

    Returns
    -------
    Estimate
        With arrays of shape (k,).

    Examples
    --------
    The mean of 1, 2, ..., 100 is 50.5, with a standard error of 2.9:

    >>> import numpy as np
    >>> from cristae.analysis import resampling
    >>> mean = resampling.bootstrap(np.arange(1, 101)[:, None], lambda means: means)
    >>> float(mean.value[0]), bool(44 < mean.low[0] < 46), bool(55 < mean.high[0] < 57)
    (50.5, True, True)
    """
    sums, sizes = grouped(np.asarray(terms, dtype=float))
    total, units = sums.sum(axis=0), sizes.sum()
    with np.errstate(all="ignore"):
        value = statistic(total / units)
        if len(sums) < 2:
            nothing = np.full(value.shape, np.nan)
            return Estimate(value, nothing, nothing)
        drawn = statistic(resampled_means(sums, sizes, resamples, seed))
        left_out = statistic((total - sums) / (units - sizes)[:, None])
        low, high = bca_interval(value, drawn, left_out, level)
    return Estimate(value, low, high)


def percentile_interval(drawn: Array, level: float = LEVEL) -> tuple[Array, Array]:
    """Ends of percentile intervals of resampled values (resamples, ...); NaN are left out."""
    tails = [(1 - level) / 2, (1 + level) / 2]
    usable = np.mean(np.isfinite(drawn), axis=0) >= 0.95
    filled = np.where(np.isfinite(drawn), drawn, np.nan)
    with np.errstate(all="ignore"):
        ends = np.nanquantile(np.where(usable, filled, 0.0), tails, axis=0)
    low, high = np.where(usable, ends, np.nan)
    return low, high


def crossing(function: Callable[[float], float], start: float, step: float) -> float:
    """Where a function that is positive at `start` falls to 0 on the way that `step` points to;
    infinite, with its sign, where it does not within 60 steps that grow."""
    inside, outside = start, start + step
    for _ in range(60):
        if function(outside) < 0:
            return float(optimize.brentq(function, inside, outside))
        inside, outside = outside, outside + (outside - inside) * 1.2
    return float(np.copysign(np.inf, step))


def wilson(successes: npt.ArrayLike, trials: npt.ArrayLike, level: float = LEVEL) -> Estimate:
    """Shares with Wilson intervals, which hold for shares near 0 and 1, too.

    Wilson, E. B. (1927) Probable inference, the law of succession, and statistical inference.
    J. Am. Stat. Assoc. 22:209-212.

    >>> from cristae.analysis import resampling
    >>> share = resampling.wilson(0, 100)
    >>> float(share.value), float(share.low), round(float(share.high), 4)
    (0.0, 0.0, 0.037)
    """
    k, n = np.asarray(successes, dtype=float), np.asarray(trials, dtype=float)
    z = special.ndtri((1 + level) / 2)
    with np.errstate(all="ignore"):
        share = k / n
        middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    low = np.where(k == 0, 0.0, np.maximum(middle - half, 0.0))
    return Estimate(share, low, np.where(k == n, 1.0, np.minimum(middle + half, 1.0)))
