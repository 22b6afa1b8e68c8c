"""One kind of cell or two? Bimodality, thresholds, responders, and how they depend on the dose.

A bimodal distribution does not prove bistability: thresholds that differ widely between cells make
one, too (Birtwistle, M. R. et al. (2012) BMC Syst. Biol. 6:109).

Copy numbers are whole, and the dip test takes ties for modes. So they are spread evenly over their
unit first (the same way for one seed), which makes no new mode. Modes are looked for on the log
scale, log(1 + x), unless ``scale="linear"``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Optional, Union

import diptest
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special, stats

from ._input import Ensemble, Results, end_quantities, ensembles_of, notes_of, refuse
from ._output import Tables
from .resampling import (
    LEVEL,
    Array,
    Estimate,
    grouped,
    percentile_interval,
    resampled_means,
    wilson,
)

Scale = Literal["log", "linear"]
#: The dip test's table of critical values ends there.
_DIP_AT_MOST = 72_000


class Mixture(NamedTuple):
    """Two normal laws against one, on the scale they were fitted on."""

    weights: Array  #: (2) shares, of the lower and the upper one
    means: Array
    sds: Array
    bic1_bic2: float  #: above 0: two describe it better than one
    ashman_d: float  #: distance of the means; above 2: apart (Ashman et al. 1994)


class Modes(NamedTuple):
    """What is known of the modes of one sample."""

    n: int
    dip: float  #: Hartigan's dip statistic
    dip_p: float  #: chance of such a dip where there is one mode
    sarle: float  #: Sarle's coefficient; above 5/9 hints at two
    mixture: Mixture
    valley: float  #: lowest point between the two modes, as a value; NaN where there is none


def _spread(values: npt.ArrayLike, resolution: float, seed: int) -> Array:
    """Whole multiples of a resolution, each spread evenly over the unit that it stands for."""
    x = np.asarray(values, dtype=float)
    x = x[np.isfinite(x)]
    if resolution > 0:
        x = x + np.random.default_rng(seed).uniform(0, resolution, size=len(x))
    return np.asarray(x)


def _scaled(x: Array, scale: Scale) -> Array:
    if scale == "linear":
        return x
    if np.any(x <= -1):
        raise refuse("values of -1 or less have no log(1 + x)", "", "Use --scale linear")
    return np.asarray(np.log1p(x))


def _binned(x: Array) -> tuple[Array, Array]:
    """Many values as the middles of narrow bins and how many are in each."""
    if len(x) <= 4096:
        return x, np.ones(len(x))
    width = min(np.ptp(x) / 2048, 0.002 * np.std(x))
    counts, edges = np.histogram(x, bins=int(min(np.ceil(np.ptp(x) / width), 1 << 16)))
    used = counts > 0
    return (edges[:-1] + edges[1:])[used] / 2, counts[used].astype(float)


def two_normals(values: npt.ArrayLike, *, iterations: int = 300) -> Mixture:
    """The most likely mixture of two normal laws, by expectation and maximisation.

    Starts at several cuts of the sample, and never lets a component get narrower than 1 % of the
    spread of all, because a component on one point has no finite likelihood. Dempster, A. P. et al.
    (1977) J. R. Stat. Soc. B 39:1-38; Schwarz, G. (1978) Ann. Stat. 6:461-464 for BIC; Ashman,
    K. M. et al. (1994) Astron. J. 108:2348-2361 for D = sqrt(2) |m1 - m2| / sqrt(s1^2 + s2^2).

    Parameters
    ----------
    values : (n,)
        Without NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from cristae.analysis import modes
    >>> random = np.random.default_rng(1)
    >>> two = np.concatenate([random.normal(0, 1, 700), random.normal(6, 1, 300)])
    >>> found = modes.two_normals(two)
    >>> found.weights.round(1).tolist(), found.bic1_bic2 > 0, found.ashman_d > 2
    ([0.7, 0.3], True, True)
    """
    x = np.asarray(values, dtype=float)
    n = len(x)
    spread = float(np.std(x)) if n else 0.0
    if n < 5 or spread == 0:
        nothing = np.full(2, np.nan)
        return Mixture(nothing, nothing, nothing, np.nan, np.nan)
    floor = (0.01 * spread) ** 2
    best_fit, best = -np.inf, None
    one = float(stats.norm.logpdf(x, x.mean(), spread).sum())
    x, count = _binned(x)
    for cut in (0.2, 0.5, 0.8):
        upper = x > np.quantile(x, cut)
        if upper.all() or not upper.any():
            continue
        share = np.where(upper, 0.9, 0.1)
        shares = count * np.stack([1 - share, share])
        last = -np.inf
        for _ in range(iterations):
            total = shares.sum(axis=1)
            weight = total / n
            mean = shares @ x / total
            variance = np.maximum((shares * (x - mean[:, None]) ** 2).sum(axis=1) / total, floor)
            logs = (
                np.log(weight[:, None])
                - 0.5 * np.log(2 * np.pi * variance[:, None])
                - (x - mean[:, None]) ** 2 / (2 * variance[:, None])
            )
            each = special.logsumexp(logs, axis=0)
            fit = float(count @ each)
            shares = count * np.maximum(np.exp(logs - each), 1e-300)
            if fit - last < 1e-7 * n:
                break
            last = fit
        if fit > best_fit:
            best_fit, best = fit, (weight, mean, np.sqrt(variance))
    assert best is not None
    order = np.argsort(best[1])
    weights, means, sds = (part[order] for part in best)
    bic = (2 * np.log(n) - 2 * one) - (5 * np.log(n) - 2 * best_fit)
    apart = np.sqrt(2) * (means[1] - means[0]) / np.sqrt(np.sum(sds**2))
    return Mixture(weights, means, sds, float(bic), float(apart))


def valley(mixture: Mixture) -> float:
    """Where the density of a mixture is lowest between its means; NaN where it has no valley.

    >>> import numpy as np
    >>> from cristae.analysis import modes
    >>> even = modes.Mixture(np.array([0.5, 0.5]), np.array([0.0, 8.0]), np.ones(2), 1.0, 8.0)
    >>> round(modes.valley(even), 2)
    4.0
    """
    weights, means, sds = mixture[:3]
    if not np.isfinite(means).all():
        return float("nan")
    grid = np.linspace(means[0], means[1], 2001)
    density = (weights * stats.norm.pdf(grid[:, None], means, sds)).sum(axis=1)
    lowest = int(np.argmin(density))
    return float(grid[lowest]) if 0 < lowest < len(grid) - 1 else float("nan")


def modes(
    values: npt.ArrayLike, *, scale: Scale = "log", resolution: float = 1, seed: int = 1
) -> Modes:
    """Dip test, Sarle's coefficient, and two normal laws against one.

    Hartigan, J. A. & Hartigan, P. M. (1985) Ann. Stat. 13:70-84. Sarle's coefficient is (skewness^2
    + 1) / kurtosis, 5/9 for a uniform law; a skewed law with one mode can have more.

    Parameters
    ----------
    values : (n,)
        NaN are left out.
    scale : {"log", "linear"}
    resolution : float
        What values are whole multiples of; 0: they are not.

    Examples
    --------
    >>> import numpy as np
    >>> from cristae.analysis import modes
    >>> random = np.random.default_rng(1)
    >>> one = modes.modes(random.poisson(3, size=2000))
    >>> two = modes.modes(np.concatenate([random.poisson(3, 1000), random.poisson(60, 1000)]))
    >>> one.dip_p > 0.05, two.dip_p < 0.01, 5 < two.valley < 50
    (True, True, True)
    """
    x = _scaled(_spread(values, resolution, seed), scale)
    n = len(x)
    if n < 5 or np.ptp(x) <= 1e-12 * np.max(np.abs(x)):
        nothing = np.full(2, np.nan)
        none = Mixture(nothing, nothing, nothing, np.nan, np.nan)
        return Modes(n, np.nan, np.nan, np.nan, none, np.nan)
    tested = x
    if n > _DIP_AT_MOST:
        tested = np.random.default_rng(seed).choice(x, _DIP_AT_MOST, replace=False)
    dip, chance = diptest.diptest(np.sort(tested))
    apart = x - x.mean()
    skewness, kurtosis = stats.skew(apart), stats.kurtosis(apart, fisher=False)
    mixture = two_normals(x)
    lowest = valley(mixture)
    back = np.expm1(lowest) if scale == "log" else lowest
    return Modes(
        n,
        float(dip),
        float(chance),
        float((skewness**2 + 1) / kurtosis),
        mixture,
        float(back),
    )


def hill(dose: npt.ArrayLike, ec50: npt.ArrayLike, slope: npt.ArrayLike) -> Array:
    """dose^slope / (ec50^slope + dose^slope), 0 at dose 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(special.expit(np.asarray(slope) * np.log(np.divide(dose, ec50))))


def fit_shares(
    doses: npt.ArrayLike, shares: npt.ArrayLike, trials: npt.ArrayLike
) -> tuple[Array, Array]:
    """The Hill function that most likely gave shares of responders.

    It is a logistic regression on log dose, fitted by Newton's method for many resampled rows at
    once. Doses of 0 tell nothing, because the function is 0 there.

    Parameters
    ----------
    doses : (d,)
    shares : (..., d)
        Of responders, by dose.
    trials : (d,)
        Cells per dose.

    Returns
    -------
    ec50, slope : (...)
        NaN where no finite one is best: all shares 0 or 1, or a step between two doses.

    Examples
    --------
    >>> import numpy as np
    >>> from cristae.analysis import modes
    >>> doses = np.array([1, 2, 4, 8, 16])
    >>> ec50, slope = modes.fit_shares(doses, modes.hill(doses, 5, 2), np.full(5, 100))
    >>> round(float(ec50), 6), round(float(slope), 6)
    (5.0, 2.0)
    """
    dose = np.asarray(doses, dtype=float)
    y, n = np.asarray(shares, dtype=float), np.asarray(trials, dtype=float)
    positive = dose > 0
    x, y, n = np.log(dose[positive]), y[..., positive], n[positive]
    middle = x.mean() if len(x) else 0.0
    x = x - middle
    lead = y.shape[:-1]
    intercept, slope = np.zeros(lead), np.zeros(lead)
    if len(np.unique(x)) < 2:
        return np.full(lead, np.nan), np.full(lead, np.nan)
    with np.errstate(all="ignore"):
        for _ in range(60):
            expected = special.expit(intercept[..., None] + slope[..., None] * x)
            weight = n * expected * (1 - expected)
            left = n * (y - expected)
            g0, g1 = left.sum(axis=-1), (left * x).sum(axis=-1)
            h00, h01 = weight.sum(axis=-1), (weight * x).sum(axis=-1)
            h11 = (weight * x**2).sum(axis=-1)
            det = h00 * h11 - h01**2
            step0, step1 = (h11 * g0 - h01 * g1) / det, (h00 * g1 - h01 * g0) / det
            shorter = np.minimum(1.0, 4.0 / np.maximum(np.abs(step0), np.abs(step1)))
            intercept, slope = intercept + shorter * step0, slope + shorter * step1
        bad = ~np.isfinite(slope) | ~np.isfinite(step1) | (np.abs(step1) > 1e-3 * np.abs(slope))
        # A step between two doses sends the slope to infinity.
        inner = np.sum((expected > 1e-6) & (expected < 1 - 1e-6), axis=-1)
        bad |= (inner == 0) | (slope == 0)
        ec50 = np.exp(middle - intercept / slope)
    return np.where(bad, np.nan, ec50), np.where(bad, np.nan, slope)


def fit_hill(
    doses: npt.ArrayLike, responses: npt.ArrayLike, errors: Optional[npt.ArrayLike] = None
) -> Array:
    """The Hill functions that are nearest to responses: base + (top - base) * hill(dose).

    Weighted least squares over base, top, log ec50 and a slope from 0.05 to 50. Base and top are
    solved for exactly at every ec50 and slope, and these two are searched for, on a grid first and
    around its best point then, for all rows at once: nothing has to be guessed to begin with.

    Parameters
    ----------
    doses : (d,)
        Five or more, not negative.
    responses : (..., d)
        NaN are left out.
    errors : (d,), optional
        Standard errors of the responses.

    Returns
    -------
    (..., 4) base, top, ec50, slope; NaN where nothing can be fitted, and for top and ec50 where the
    responses do not bend within the doses, so that any large ones will do.

    Examples
    --------
    >>> import numpy as np
    >>> from cristae.analysis import modes
    >>> doses = np.array([0, 1, 2, 4, 8, 16, 32])
    >>> modes.fit_hill(doses, 10 + 90 * modes.hill(doses, 5, 2)).round(3).tolist()
    [10.0, 100.0, 5.0, 2.0]
    """
    x, every = np.asarray(doses, dtype=float), np.asarray(responses, dtype=float)
    rows = every.reshape(-1, len(x))
    weight = np.ones(len(x))
    if errors is not None:
        error = np.asarray(errors, dtype=float)
        least = np.min(error[error > 0], initial=np.inf)
        if np.isfinite(least):  # a response without spread is not known without error
            weight = 1 / np.maximum(np.where(np.isfinite(error), error, least), least) ** 2
    usable = np.isfinite(rows)
    fitted = np.full((len(rows), 4), np.nan)
    with np.errstate(invalid="ignore"):
        enough = usable.sum(axis=1) >= 5
        enough &= np.where(usable, rows, -np.inf).max(axis=1) > np.where(usable, rows, np.inf).min(
            axis=1
        )
    enough &= [len(np.unique(x[own & (x > 0)])) >= 3 for own in usable]
    chosen = np.flatnonzero(enough)
    for begin in range(0, len(chosen), 128):
        some = chosen[begin : begin + 128]
        y = np.where(usable[some], rows[some], 0.0)
        fitted[some] = _nearest_hills(x, y, weight * usable[some])
    return fitted.reshape(*every.shape[:-1], 4)


def _ends_of_hills(shape: Array, y: Array, weight: Array) -> tuple[Array, Array, Array]:
    """The best base and top for given shapes (..., d) between 0 and 1, and what is left (...)."""
    rest = 1 - shape
    a, b, c = (np.sum(weight * one, axis=-1) for one in (rest**2, rest * shape, shape**2))
    u, v = (np.sum(weight * one * y, axis=-1) for one in (rest, shape))
    with np.errstate(all="ignore"):
        det = a * c - b**2
        det = np.where(det > 1e-12 * a * c, det, np.nan)  # else the same at all doses
        base, top = (c * u - b * v) / det, (a * v - b * u) / det
    model = base[..., None] * rest + top[..., None] * shape
    left = np.sum(weight * (y - model) ** 2, axis=-1)
    return base, top, np.where(np.isfinite(left), left, np.inf)


def _nearest_hills(x: Array, y: Array, weight: Array) -> Array:
    """`fit_hill` of rows (r, d) with weights (r, d): the best place of a grid, and from there
    Levenberg's and Marquardt's steps."""
    with np.errstate(divide="ignore"):
        logs = np.log(x)
    first, last = logs[x > 0].min(), logs[x > 0].max()
    low, high = np.array([first - 5, np.log(0.05)]), np.array([last + 5, np.log(50)])
    # Steep functions are narrow, so the grid is dense where there are doses.
    middles = [np.linspace(low[0], first, 10), np.linspace(first, last, 80)]
    middles.append(np.linspace(last, high[0], 10))
    slopes = np.linspace(low[1], high[1], 24)
    grid = np.stack(np.meshgrid(np.concatenate(middles), slopes, indexing="ij"), -1).reshape(-1, 2)
    shapes = hill(x, np.exp(grid[:, :1]), np.exp(grid[:, 1:]))
    left = _ends_of_hills(shapes, y[:, None], weight[:, None])[2]
    at = np.argmin(left, axis=1)
    place, cost = grid[at], left[np.arange(len(y)), at]
    damping, root = np.full(len(y), 1e-3), np.sqrt(weight)
    for _ in range(200):
        shape = hill(x, np.exp(place[:, :1]), np.exp(place[:, 1:]))
        base, top, _ = _ends_of_hills(shape, y, weight)
        slope = np.exp(place[:, 1:])
        bent = (top - base)[:, None] * shape * (1 - shape)
        away = np.where(bent == 0, 0.0, np.where(x > 0, logs, 0.0) - place[:, :1])
        columns = root[..., None] * np.stack([-slope * bent, slope * away * bent], axis=-1)
        ends = np.linalg.qr(root[..., None] * np.stack([1 - shape, shape], axis=-1))[0]
        columns -= ends @ (ends.swapaxes(1, 2) @ columns)  # base and top follow each step
        model = base[:, None] * (1 - shape) + top[:, None] * shape
        normal = columns.swapaxes(1, 2) @ columns
        pull = columns.swapaxes(1, 2) @ (root * (y - model))[..., None]
        scale = np.einsum("rii->ri", normal)
        floor = 1e-14 * scale.max(axis=1, keepdims=True) + 1e-300
        normal = normal + (damping[:, None] * scale + floor)[..., None] * np.eye(2)
        step = np.linalg.solve(normal, pull)[..., 0]
        tried = np.clip(place + np.clip(step, -1, 1), low, high)
        shape = hill(x, np.exp(tried[:, :1]), np.exp(tried[:, 1:]))
        reached = _ends_of_hills(shape, y, weight)[2]
        better = reached < cost
        done = np.all(np.abs(tried - place) < 1e-9, axis=1) | (damping > 1e12)
        place = np.where(better[:, None], tried, place)
        cost = np.where(better, reached, cost)
        damping = np.where(better, damping / 5, damping * 4)
        if np.all(done):
            break
    base, top, left = _ends_of_hills(hill(x, np.exp(place[:, :1]), np.exp(place[:, 1:])), y, weight)
    made = np.stack([base, top, *np.exp(place.T)], axis=-1)
    far = (place[:, 0] <= low[0] + 1e-6) | (place[:, 0] >= high[0] - 1e-6)
    made[far, 1:3] = np.nan
    return np.where(np.isfinite(left)[:, None], made, np.nan)


class DoseResponse(NamedTuple):
    """EC50 and Hill slope of the share of responders, of the mean, and of single cells."""

    share: Estimate  #: (2) ec50 and slope of the share of cells above the threshold
    mean: Estimate  #: (4) base, top, ec50, slope of the mean
    cell: Optional[Estimate]  #: (3) median ec50, median slope, spread of ln ec50 of cells; paired


def dose_response(
    doses: npt.ArrayLike,
    responses: Sequence[npt.ArrayLike],
    threshold: float,
    *,
    cells: Optional[npt.ArrayLike] = None,
    curves: bool = True,
    resamples: int = 300,
    most_cells: int = 500,
    level: float = LEVEL,
    seed: int = 1,
) -> DoseResponse:
    """Dose responses of the population and, where the same cells saw all doses, of single cells.

    Cells whose own curves are steep but lie apart make a flat curve of the population: for cells
    with equal slopes and log-logistic spread of EC50, about 1/h_pop^2 = 1/h_cell^2 + spread^2 * 3 /
    pi^2.

    Parameters
    ----------
    doses : (d,)
    responses : list of d arrays
        Values of the trajectories at each dose.
    threshold : float
        Responders lie above it.
    cells : (n,), optional
        The cell of every trajectory, the same for all doses: the doses are paired, and whole cells
        are resampled.
    curves : bool
        Whether each cell's own curve, of the mean of its trajectories, is fitted then.
    resamples : int
        Fewer than elsewhere: each is a fit.
    most_cells : int
        So many of the cells get curves of their own.

    Returns
    -------
    DoseResponse

    Examples
    --------
    >>> import numpy as np
    >>> from cristae.analysis import modes
    >>> random, doses = np.random.default_rng(4), np.array([1.0, 2, 4, 8, 16, 32])
    >>> cells = [random.poisson(100 * modes.hill(d, 6, 2), size=300) for d in doses]
    >>> found = modes.dose_response(doses, cells, threshold=50, resamples=50)
    >>> bool(abs(found.mean.value[2] - 6) < 0.5), found.cell is None
    (True, True)
    """
    dose = np.asarray(doses, dtype=float)
    values = [np.asarray(one, dtype=float) for one in responses]
    shares = np.array([np.mean(one[np.isfinite(one)] > threshold) for one in values])
    means = np.array([np.nanmean(one) for one in values])
    trials = np.array([np.isfinite(one).sum() for one in values])
    errors = np.array([np.nanstd(one) / np.sqrt(max(1, np.isfinite(one).sum())) for one in values])
    paired = cells is not None
    if paired:
        where = np.asarray(cells)
        every = np.stack(values, axis=-1)
        kept = np.isfinite(every).all(axis=1)
        _, index = np.unique(where[kept], return_inverse=True)
        every = every[kept]
        units = int(index.max()) + 1 if len(index) else 0
        summed = np.zeros((units, 2 * len(dose) + 1))
        np.add.at(summed, index, np.hstack([every > threshold, every, np.ones((len(every), 1))]))
        sums, sizes = grouped(summed)
        drawn = resampled_means(sums, sizes, resamples, seed)
        drawn = drawn[:, :-1] / drawn[:, -1:]
    else:
        parts = []
        for k, one in enumerate(values):
            one = one[np.isfinite(one)]
            sums, sizes = grouped(np.stack([one > threshold, one], axis=-1).astype(float))
            parts.append(resampled_means(sums, sizes, resamples, seed + k))
        drawn = np.concatenate([np.stack(parts, axis=1)[:, :, k] for k in (0, 1)], axis=1)
    drawn_shares, drawn_means = drawn[:, : len(dose)], drawn[:, len(dose) :]
    ec50, slope = fit_shares(dose, shares, trials)
    again = np.stack(fit_shares(dose, drawn_shares, trials), axis=-1)
    share = Estimate(np.array([ec50, slope]), *percentile_interval(again, level))
    fits = fit_hill(dose, drawn_means, errors)
    mean = Estimate(fit_hill(dose, means, errors), *percentile_interval(fits, level))
    if not paired or not curves:
        return DoseResponse(share, mean, None)
    own = np.zeros((units, len(dose)))
    np.add.at(own, index, every)
    own /= np.bincount(index)[:, None]
    step = max(1, units // most_cells)
    single = fit_hill(dose, own[::step][:most_cells])
    # A curve whose middle lies outside of the doses is not known.
    inside = (single[:, 2] >= dose[dose > 0].min()) & (single[:, 2] <= dose.max())
    single = single[inside]

    def middle(some: Array) -> Array:
        return np.array(
            [np.median(some[:, 2]), np.median(some[:, 3]), np.std(np.log(some[:, 2]), ddof=1)]
        )

    if len(single) < 5:
        nothing = np.full(3, np.nan)
        return DoseResponse(share, mean, Estimate(nothing, nothing, nothing))
    generator = np.random.default_rng(seed)
    picks = generator.integers(len(single), size=(resamples, len(single)))
    ends = percentile_interval(np.stack([middle(single[pick]) for pick in picks]), level)
    return DoseResponse(share, mean, Estimate(middle(single), *ends))


def _resolution(ensemble: Ensemble, feature: str) -> float:
    """The resolution of a feature's column; 0 where values are no multiples of it."""
    for kind in ("observable", "species"):
        if kind in ensemble.result.dims and f"{kind}_resolution" in ensemble.result:
            for name in sorted(map(str, ensemble.result[kind].values), key=len, reverse=True):
                if feature == f"{name}[end]" or feature.startswith(f"{name}["):
                    return float(ensemble.result[f"{kind}_resolution"].sel({kind: name}).values)
                if feature in (f"max({name})", f"min({name})"):
                    return float(ensemble.result[f"{kind}_resolution"].sel({kind: name}).values)
    return 0.0


def table(
    results: Results,
    quantities: Optional[Sequence[str]] = None,
    *,
    threshold: Optional[float] = None,
    control: Optional[Results] = None,
    percentile: float = 99,
    scale: Scale = "log",
    level: float = LEVEL,
    seed: int = 1,
) -> pd.DataFrame:
    """Modes of quantities, and the share of responders.

    The threshold is the one given, or the percentile of a control, or the valley between the modes
    of this sample, if it has one.

    Returns
    -------
    pandas.DataFrame
        Columns ``result``, ``parameter_set``, ``quantity``, ``n``, ``dip``, ``dip_p``, ``sarle``,
        ``ashman_d``, ``bic1_bic2``, ``mean_1``, ``mean_2``, ``share_2`` (of the upper mode; means
        as values, not logs), ``threshold``, ``above``, ``above_low``, ``above_high``.

    Examples
    --------
    >>> import cristae
    >>> from cristae.analysis import modes
    >>> cells = cristae.run("telegraph", trajectories=300)
    >>> modes.table(cells, ["M"], threshold=5).above.between(0, 1).tolist()
    [True]
    """
    ensembles = ensembles_of(results)
    controls = ensembles_of(control) if control is not None else []
    if len(controls) > 1:
        raise refuse("the control is a sweep", "one ensemble is needed", "Give one plain result")
    rows: list[dict[str, Union[str, int, float]]] = []
    for ensemble in ensembles:
        names = list(quantities) if quantities else end_quantities(ensemble)
        for name, (feature, values) in ensemble.quantities(names).items():
            found = modes(values, scale=scale, resolution=_resolution(ensemble, feature), seed=seed)
            cut = found.valley if threshold is None else threshold
            if controls:
                cut = float(np.nanpercentile(controls[0].quantity(name), percentile))
            above = wilson(np.sum(values > cut), np.isfinite(values).sum(), level)
            known = np.isfinite(cut)
            means = np.expm1(found.mixture.means) if scale == "log" else found.mixture.means
            rows.append(
                {
                    **ensemble.label(),
                    "quantity": feature,
                    "n": found.n,
                    "dip": found.dip,
                    "dip_p": found.dip_p,
                    "sarle": found.sarle,
                    "ashman_d": found.mixture.ashman_d,
                    "bic1_bic2": found.mixture.bic1_bic2,
                    "mean_1": float(means[0]),
                    "mean_2": float(means[1]),
                    "share_2": float(found.mixture.weights[1]),
                    "threshold": cut,
                    "above": float(above.value) if known else np.nan,
                    "above_low": float(above.low) if known else np.nan,
                    "above_high": float(above.high) if known else np.nan,
                }
            )
    made = pd.DataFrame(rows)
    made.attrs["notes"] = [
        *notes_of(ensembles),
        "two modes prove no bistability: thresholds that differ between cells make them, too "
        "(Birtwistle et al. 2012)",
    ]
    return made


def doses_table(
    results: Results,
    quantity: str,
    *,
    dose: Optional[str] = None,
    doses: Optional[Sequence[float]] = None,
    threshold: Optional[float] = None,
    percentile: float = 99,
    paired: Optional[bool] = None,
    resamples: int = 300,
    level: float = LEVEL,
    seed: int = 1,
) -> pd.DataFrame:
    """EC50 and Hill slope of a quantity over several results or the sets of a sweep.

    Parameters
    ----------
    dose : str
        The parameter that is the dose; or give `doses`, one per ensemble.
    threshold : float, optional
        Responders lie above it; without it, above the `percentile` of the lowest dose.
    paired : bool, optional
        Whether trajectory i is the same cell at all doses. Without it, trajectories are resampled
        together in a sweep and where something varies between cells, with one seed (of the cells,
        where they have one of their own); and single cells get curves where something varies.

    Returns
    -------
    pandas.DataFrame
        Columns ``others`` (where a sweep has several responses: what else is swept),
        ``quantity``, ``of`` (``share``, ``mean``, ``cell``), ``part`` (``ec50``, ``slope``,
        ``base``, ``top``, ``sd_ln_ec50``), ``value``, ``low``, ``high``. Its
        ``attrs["tables"]`` has ``points``: ``dose``, ``n``, ``mean``, ``above`` and its interval.
    """
    ensembles = ensembles_of(results)
    if (dose is None) == (doses is None):
        raise refuse(
            "the dose is not known" if dose is None else "a dose and doses are both given",
            "",
            "Give the name of a parameter, or one number per ensemble",
        )
    at = np.array([one.parameter(dose) for one in ensembles]) if dose else np.asarray(doses, float)
    if len(at) != len(ensembles):
        raise refuse(f"{len(at)} doses are given for {len(ensembles)} ensembles")
    groups: dict[str, list[int]] = {}
    for k, one in enumerate(ensembles):
        words = one.parameters.split(" ") if one.set is not None and dose else []
        others = " ".join(word for word in words if not word.startswith(f"{dose}="))
        groups.setdefault(others, []).append(k)
    rows: list[dict[str, Union[str, float]]] = []
    points: list[dict[str, Union[str, int, float]]] = []
    notes = notes_of(ensembles)
    for others, members in groups.items():
        order = sorted(members, key=lambda k: at[k])
        own, remarks, dots = _doses_of(
            [ensembles[k] for k in order],
            at[order],
            quantity,
            threshold,
            percentile,
            paired,
            resamples,
            level,
            seed,
        )
        many: dict[str, Union[str, float]] = {"others": others} if len(groups) > 1 else {}
        rows += [{**many, **row} for row in own]
        points += [{**({"others": others} if many else {}), **dot} for dot in dots]
        notes += [f"{others}: {remark}" if many else remark for remark in remarks]
    made = pd.DataFrame(rows)
    made.attrs["tables"] = Tables(points=pd.DataFrame(points))
    made.attrs["notes"] = [
        *notes,
        "share: a Hill function from 0 to 1; mean: one from base to top"
        + ("; cell: medians of the curves of single cells" if "cell" in set(made["of"]) else ""),
    ]
    return made


def _family(ensemble: Ensemble) -> tuple[int, bool]:
    """What its cells were drawn from: their own seed, or that of the run; and whether they vary."""
    attrs, varied = ensemble.result.attrs, "varied" in ensemble.result.dims
    seed = attrs.get("cell_seed", attrs.get("seed", 0)) if varied else attrs.get("seed", 0)
    return int(seed), varied


def _doses_of(
    ensembles: Sequence[Ensemble],
    at: Array,
    quantity: str,
    threshold: Optional[float],
    percentile: float,
    paired: Optional[bool],
    resamples: int,
    level: float,
    seed: int,
) -> tuple[list[dict[str, Union[str, float]]], list[str], list[dict[str, Union[str, int, float]]]]:
    """Rows of estimates, notes and points of one dose response, by rising dose."""
    if np.any(at < 0) or len(np.unique(at[at > 0])) < 3:
        raise refuse(
            f"doses are {', '.join(f'{one:g}' for one in at)}",
            "a Hill function needs three different ones above 0, and none below",
        )
    feature = ensembles[0].quantities([quantity])[quantity][0]
    values = [one.quantity(quantity) for one in ensembles]
    for x, sample in zip(at, values):
        if not np.isfinite(sample).any():
            raise refuse(f"no trajectory has '{feature}' at dose {x:g}", "it cannot be fitted")
    if threshold is None:
        threshold = float(np.nanpercentile(values[0], percentile))
    varied = "varied" in ensembles[0].result.dims
    same = all(np.array_equal(one.ids, ensembles[0].ids) for one in ensembles)
    same = same and len({_family(one) for one in ensembles}) == 1
    if paired and not same:
        raise refuse("the results do not hold the same trajectories", "", "Leave --paired out")
    together = same and (ensembles[0].set is not None or varied) if paired is None else paired
    found = dose_response(
        at,
        values,
        threshold,
        cells=ensembles[0].cells if together else None,
        curves=varied or bool(paired),
        resamples=resamples,
        level=level,
        seed=seed,
    )
    rows: list[dict[str, Union[str, float]]] = []
    listed: list[tuple[str, Optional[Estimate], tuple[str, ...]]] = [
        ("share", found.share, ("ec50", "slope")),
        ("mean", found.mean, ("base", "top", "ec50", "slope")),
        ("cell", found.cell, ("ec50", "slope", "sd_ln_ec50")),
    ]
    for of, estimate, parts in listed:
        for k, part in enumerate(parts if estimate is not None else ()):
            assert estimate is not None
            rows.append(
                {
                    "quantity": feature,
                    "of": of,
                    "part": part,
                    "value": float(estimate.value[k]),
                    "low": float(estimate.low[k]),
                    "high": float(estimate.high[k]),
                }
            )
    points: list[dict[str, Union[str, int, float]]] = []
    for one, x, sample in zip(ensembles, at, values):
        n = int(np.isfinite(sample).sum())
        above = wilson(np.sum(sample > threshold), n, level)
        points.append(
            {
                **one.label(),
                "dose": float(x),
                "n": n,
                "mean": float(np.nanmean(sample)),
                "above": float(above.value),
                "above_low": float(above.low),
                "above_high": float(above.high),
            }
        )
    return rows, [f"responders are above {threshold:.6g}"], points
