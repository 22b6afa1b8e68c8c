"""When does it happen? First passage times, of which some lie behind the end of the simulation.

A trajectory that has not got there by its end is *censored*: its time is later than that. Leaving
it out, or counting it at the end, makes every mean too short; all estimates here take it for what
it is. Survival S(t) is the share that has not got there: Kaplan, E. L. & Meier, P. (1958) J. Am.
Stat. Assoc. 53:457-481. The hazard is the rate at which those get there that have not: Nelson, W.
(1972) Technometrics 14:945-966; Aalen, O. (1978) Ann. Stat. 6:701-726.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple, Optional, Union

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, special, stats

from ._input import Ensemble, Results, ensembles_of, feature_time, notes_of, refuse
from .resampling import LEVEL, RESAMPLES, Array, Estimate, bootstrap, crossing, wilson

#: The code of the status of a trajectory that ended because its condition came true.
STOPPED = 5


class Passages(NamedTuple):
    """First passage times, one per trajectory."""

    times: Array  #: of the passage, or where it ended without one
    reached: npt.NDArray[np.bool_]  #: whether it got there


class Survival(NamedTuple):
    """A curve that falls in steps at times of passages, with a point-wise interval."""

    times: Array
    survival: Array  #: behind the step
    low: Array
    high: Array


class Law(NamedTuple):
    """The most likely exponential and Weibull laws; see `laws`."""

    rate: Estimate  #: of the exponential, per time unit
    shape: Estimate  #: k of the Weibull; 1: no memory, above 1: it wears out
    scale: Estimate  #: of the Weibull, in time units
    mean: float  #: of the Weibull
    cv: float  #: of the Weibull
    memoryless_p: float  #: chance of such a difference where the law is exponential


def kaplan_meier(times: npt.ArrayLike, reached: npt.ArrayLike, *, level: float = LEVEL) -> Survival:
    """The share that has not got there, with log-log intervals (Greenwood's variance).

    Parameters
    ----------
    times : (n,)
        Of the passage, or of the end where there was none.
    reached : (n,) of bool

    Examples
    --------
    Passages at 1, 3 and 4; two trajectories ended at 2 and 5 without one:

    >>> from cristae.analysis import passage
    >>> curve = passage.kaplan_meier([1, 2, 3, 4, 5], [True, False, True, True, False])
    >>> curve.times.tolist(), curve.survival.round(4).tolist()
    ([1.0, 3.0, 4.0], [0.8, 0.5333, 0.2667])
    """
    t, got = _checked(times, reached)
    if not got.any():
        nothing = np.empty(0)
        return Survival(nothing, nothing, nothing, nothing)
    data = stats.CensoredData(uncensored=t[got], right=t[~got])
    curve = stats.ecdf(data).sf
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a curve that falls to 0
        ends = curve.confidence_interval(level, method="log-log")
    steps = np.isin(curve.quantiles, t[got])
    low = np.asarray(ends.low.probabilities, dtype=float)[steps]
    high = np.asarray(ends.high.probabilities, dtype=float)[steps]
    share = np.asarray(curve.probabilities, dtype=float)[steps]
    low = np.where(share == 0, 0.0, low)  # the variance of ln(-ln 0) does not exist
    return Survival(np.asarray(curve.quantiles, dtype=float)[steps], share, low, high)


def quantile(curve: Survival, share: float = 0.5) -> Estimate:
    """The time by which a share has got there; NaN or infinite ends where it is not reached.

    Brookmeyer, R. & Crowley, J. (1982) Biometrics 38:29-41.

    >>> from cristae.analysis import passage
    >>> curve = passage.kaplan_meier([1, 2, 3, 4, 5], [True, False, True, True, False])
    >>> float(passage.quantile(curve).value)
    4.0
    """

    def first(below: Array) -> float:
        where = np.flatnonzero(below <= 1 - share + 1e-12)
        return float(curve.times[where[0]]) if len(where) else float("inf")

    if len(curve.times) == 0:
        nothing = np.asarray(np.nan)
        return Estimate(nothing, nothing, nothing)
    value = first(curve.survival)
    return Estimate(
        np.asarray(value if np.isfinite(value) else np.nan),
        np.asarray(first(curve.low)),
        np.asarray(first(curve.high)),
    )


def mean_until(
    times: npt.ArrayLike, reached: npt.ArrayLike, horizon: float, *, level: float = LEVEL
) -> Estimate:
    """Mean of min(time of passage, horizon), the area under the survival curve up to there.

    It is what can be said about a mean without a law for what comes later (Irwin, J. O. (1949) J.
    Hyg. 47:188-189).

    >>> from cristae.analysis import passage
    >>> round(float(passage.mean_until([1, 3], [True, True], 2).value), 3)
    1.5
    """
    curve = kaplan_meier(times, reached, level=level)
    inside = curve.times < horizon
    knots = np.concatenate([[0.0], curve.times[inside], [horizon]])
    height = np.concatenate([[1.0], curve.survival[inside]])
    area = height * np.diff(knots)
    t, got = _checked(times, reached)
    at_risk = np.array([np.sum(t >= one) for one in curve.times[inside]])
    events = np.array([np.sum((t == one) & got) for one in curve.times[inside]])
    later = np.cumsum(area[::-1])[::-1][1:]
    left = at_risk - events
    with np.errstate(all="ignore"):
        variance = np.nansum(np.where(left > 0, later**2 * events / (at_risk * left), 0.0))
    half = special.ndtri((1 + level) / 2) * np.sqrt(variance)
    mean = float(np.sum(area))
    return Estimate(np.asarray(mean), np.asarray(mean - half), np.asarray(mean + half))


def hazard(
    times: npt.ArrayLike,
    reached: npt.ArrayLike,
    edges: Optional[npt.ArrayLike] = None,
    *,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Passages per time and trajectory at risk, in intervals.

    Parameters
    ----------
    edges : (k + 1,), optional
        Of the intervals; without them, ten with equal numbers of passages.

    Returns
    -------
    pandas.DataFrame
        Columns ``start``, ``end``, ``passages``, ``at_risk`` (time lived in it by all), ``hazard``
        with ``hazard_low`` and ``hazard_high`` (exact for Poisson counts), and ``cumulative``, the
        Nelson-Aalen estimate at the end.

    Examples
    --------
    >>> import numpy as np
    >>> from cristae.analysis import passage
    >>> lived = np.random.default_rng(1).exponential(2, size=5000)
    >>> rates = passage.hazard(np.minimum(lived, 4), lived < 4, [0, 1, 2, 4])
    >>> bool(((rates.hazard_low < 0.55) & (0.45 < rates.hazard_high)).all())
    True
    """
    t, got = _checked(times, reached)
    if edges is None:
        inner = np.quantile(t[got], np.linspace(0, 1, 11)[1:-1]) if got.any() else np.empty(0)
        edges = np.unique(np.concatenate([[0.0], inner, [t.max(initial=0.0)]]))
    at = np.asarray(edges, dtype=float)
    order = np.sort(t)
    unique, counts = np.unique(t[got], return_counts=True)
    steps = counts / (len(t) - np.searchsorted(order, unique, side="left"))
    cumulative = np.concatenate([[0.0], np.cumsum(steps)])
    rows = []
    for start, end in zip(at[:-1], at[1:]):
        inside = got & (t > start) & (t <= end)
        if start == at[0]:
            inside |= got & (t == start)
        lived = float(np.sum(np.clip(t, start, end) - start))
        d = int(inside.sum())
        low = stats.chi2.ppf((1 - level) / 2, 2 * d) / 2 if d else 0.0
        high = stats.chi2.ppf((1 + level) / 2, 2 * (d + 1)) / 2
        rows.append(
            {
                "start": start,
                "end": end,
                "passages": d,
                "at_risk": lived,
                "hazard": d / lived if lived else np.nan,
                "hazard_low": low / lived if lived else np.nan,
                "hazard_high": high / lived if lived else np.nan,
                "cumulative": cumulative[np.searchsorted(unique, end, side="right")],
            }
        )
    return pd.DataFrame(rows)


def _weibull_likelihood(shape: float, logs: Array, got: npt.NDArray[np.bool_]) -> float:
    """Log likelihood of a shape with the most likely scale; `logs` are ln(t / largest t)."""
    d = got.sum()
    total = np.log(np.sum(np.exp(shape * logs)) / d)  # ln scale^shape
    return float(d * np.log(shape) + (shape - 1) * logs[got].sum() - d * total - d)


def laws(times: npt.ArrayLike, reached: npt.ArrayLike, *, level: float = LEVEL) -> Law:
    """The most likely exponential and Weibull laws of censored times above 0.

    The rate of the exponential law is passages over time lived, with chi-square ends; ends of the
    Weibull law's shape are those of its profile likelihood, ends of its scale follow from the
    exponential law of t^shape. Weibull, W. (1951) J. Appl. Mech. 18:293-297.

    Raises
    ------
    UsageError
        For times of 0, which have no likelihood: say with `table` how many were there at the start.

    Examples
    --------
    >>> import numpy as np
    >>> from cristae.analysis import passage
    >>> lived = 5 * np.random.default_rng(1).weibull(2, size=3000)
    >>> law = passage.laws(np.minimum(lived, 6), lived < 6)
    >>> bool(law.shape.low < 2 < law.shape.high), law.memoryless_p < 0.001
    (True, True)
    """
    t, got = _checked(times, reached)
    if np.any(t[got] <= 0):
        raise refuse("a first passage at time 0 has no likelihood", "it was there at the start")
    t, got = t[t > 0], got[t > 0]
    d = int(got.sum())
    nothing = Estimate(*(np.asarray(np.nan) for _ in range(3)))
    if d == 0:
        none = Estimate(np.asarray(0.0), np.asarray(0.0), np.asarray(np.nan))
        if len(t):
            most = stats.chi2.ppf(level, 2) / 2 / t.sum()
            none = Estimate(np.asarray(0.0), np.asarray(0.0), np.asarray(most))
        return Law(none, nothing, nothing, np.nan, np.nan, np.nan)
    lived = t.sum()
    ends = (
        stats.chi2.ppf((1 - level) / 2, 2 * d) / 2,
        stats.chi2.ppf((1 + level) / 2, 2 * d + 2) / 2,
    )
    rate = Estimate(*(np.asarray(one / lived) for one in (d, *ends)))
    largest = t.max()
    logs = np.log(t / largest)
    if d < 3 or np.ptp(t[got]) == 0:
        return Law(rate, nothing, nothing, np.nan, np.nan, np.nan)

    def slope(log_shape: float) -> float:
        shape = np.exp(log_shape)
        weight = np.exp(shape * logs)
        return float(d / shape + logs[got].sum() - d * np.sum(weight * logs) / np.sum(weight))

    if slope(np.log(1e-3)) <= 0 or slope(np.log(1e4)) >= 0:  # all but at one time
        return Law(rate, nothing, nothing, np.nan, np.nan, np.nan)
    best = float(np.exp(optimize.brentq(slope, np.log(1e-3), np.log(1e4))))
    top = _weibull_likelihood(best, logs, got)
    drop = stats.chi2.ppf(level, 1) / 2

    def below(log_shape: float) -> float:
        return float(_weibull_likelihood(float(np.exp(log_shape)), logs, got) - top + drop)

    middle = float(np.log(best))
    low, high = np.exp(crossing(below, middle, -0.2)), np.exp(crossing(below, middle, 0.2))
    shape = Estimate(np.asarray(best), np.asarray(low), np.asarray(high))
    total = np.sum(np.exp(best * logs))
    scale = Estimate(
        *(
            np.asarray(largest * (total / one) ** (1 / best))
            for one in (d, ends[1], ends[0] if ends[0] > 0 else np.nan)
        )
    )
    mean = float(scale.value * special.gamma(1 + 1 / best))
    cv = float(np.sqrt(special.gamma(1 + 2 / best) / special.gamma(1 + 1 / best) ** 2 - 1))
    chance = float(stats.chi2.sf(2 * (top - _weibull_likelihood(1.0, logs, got)), 1))
    return Law(rate, shape, scale, mean, cv, chance)


def cv_of_reached(
    passages: Passages, *, resamples: int = RESAMPLES, level: float = LEVEL, seed: int = 1
) -> Estimate:
    """Coefficient of variation of the times of those that got there, (1,).

    Where some did not, it is that of the early ones; `laws` has the one of a law for all.
    """
    t = passages.times[passages.reached]
    n = len(t)
    if n < 2:
        nothing = np.full(1, np.nan)
        return Estimate(nothing, nothing, nothing)
    middle = t.mean()

    def cv(means: Array) -> Array:
        variance = np.maximum(means[..., 1] - means[..., 0] ** 2, 0) * n / (n - 1)
        return np.asarray((np.sqrt(variance) / (middle + means[..., 0]))[..., None])

    terms = np.stack([t - middle, (t - middle) ** 2], axis=-1)
    return bootstrap(terms, cv, resamples=resamples, level=level, seed=seed)


def auc(predictor: npt.ArrayLike, fate: npt.ArrayLike, *, level: float = LEVEL) -> Estimate:
    """Chance that a trajectory with the fate has a larger predictor than one without.

    0.5: it predicts nothing; 1 or 0: it decides. Ends by DeLong, E. R. et al. (1988) Biometrics
    44:837-845, on the logit scale.

    Parameters
    ----------
    predictor : (n,)
    fate : (n,) of bool

    Examples
    --------
    >>> from cristae.analysis import passage
    >>> float(passage.auc([1, 2, 3, 4], [False, True, False, True]).value)
    0.75
    """
    x, has = np.asarray(predictor, dtype=float), np.asarray(fate, dtype=bool)
    x, has = x[np.isfinite(x)], has[np.isfinite(x)]
    m, n = int(has.sum()), int((~has).sum())
    if m == 0 or n == 0:
        return Estimate(*(np.asarray(np.nan) for _ in range(3)))
    ranks = stats.rankdata(x)
    value = float((ranks[has].sum() - m * (m + 1) / 2) / (m * n))
    # Placements: how each one stands among the others.
    place_has = (ranks[has] - stats.rankdata(x[has])) / n
    place_not = 1 - (ranks[~has] - stats.rankdata(x[~has])) / m
    variance = 0.0
    if m > 1 and n > 1:
        variance = float(np.var(place_has, ddof=1) / m + np.var(place_not, ddof=1) / n)
    if variance == 0 or value in (0.0, 1.0):
        # No overlap: as if one pair of each side were misplaced.
        far = wilson(round(value * min(m, n)), min(m, n), level)
        return Estimate(np.asarray(value), far.low, far.high)
    logit = np.log(value / (1 - value))
    half = special.ndtri((1 + level) / 2) * np.sqrt(variance) / (value * (1 - value))
    ends = special.expit([logit - half, logit + half])
    return Estimate(np.asarray(value), np.asarray(ends[0]), np.asarray(ends[1]))


def spearman(x: npt.ArrayLike, y: npt.ArrayLike, *, level: float = LEVEL) -> Estimate:
    """Rank correlation, with ends by Fisher's z and the variance of Bonett & Wright (2000).

    >>> from cristae.analysis import passage
    >>> round(float(passage.spearman([1, 2, 3, 4], [1, 8, 27, 64]).value), 6)
    1.0
    """
    pairs = np.stack([np.asarray(x, dtype=float), np.asarray(y, dtype=float)])
    a, b = pairs[:, np.isfinite(pairs).all(axis=0)]
    if len(a) < 4 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return Estimate(*(np.asarray(np.nan) for _ in range(3)))
    value = float(np.corrcoef(stats.rankdata(a), stats.rankdata(b))[0, 1])
    inside = np.clip(value, -1 + 1e-12, 1 - 1e-12)
    half = special.ndtri((1 + level) / 2) * np.sqrt((1 + inside**2 / 2) / (len(a) - 3))
    return Estimate(
        np.asarray(value),
        np.asarray(np.tanh(np.arctanh(inside) - half)),
        np.asarray(np.tanh(np.arctanh(inside) + half)),
    )


def log_slope(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> Estimate:
    """Slope of ln y over ln x by least squares, (1,); pairs with a value of 0 or less are left out.

    A delay that is inversely proportional to x has the slope -1. Noise of x makes it flatter.

    >>> import numpy as np
    >>> from cristae.analysis import passage
    >>> x = np.array([1.0, 2, 4, 8])
    >>> float(passage.log_slope(x, 3 / x).value[0].round(9))
    -1.0
    """
    pairs = np.stack([np.asarray(x, dtype=float), np.asarray(y, dtype=float)])
    a, b = pairs[:, (np.isfinite(pairs) & (pairs > 0)).all(axis=0)]
    if len(a) < 3 or np.ptp(a) == 0:
        nothing = np.full(1, np.nan)
        return Estimate(nothing, nothing, nothing)
    u, v = np.log(a) - np.log(a).mean(), np.log(b) - np.log(b).mean()

    def slope(means: Array) -> Array:
        mu, mv, uu, uv = (means[..., k] for k in range(4))
        return np.asarray(((uv - mu * mv) / (uu - mu**2))[..., None])

    terms = np.stack([u, v, u * u, u * v], axis=-1)
    return bootstrap(terms, slope, resamples=resamples, level=level, seed=seed)


def _checked(times: npt.ArrayLike, reached: npt.ArrayLike) -> tuple[Array, npt.NDArray[np.bool_]]:
    t, got = np.asarray(times, dtype=float), np.asarray(reached, dtype=bool)
    if t.shape != got.shape or t.ndim != 1:
        raise refuse(
            f"times have the shape {t.shape} and reached {got.shape}", "one each is needed"
        )
    if not np.all(t >= 0):
        raise refuse("a time is negative or NaN", "times run from 0")
    return t, got


def passages_of(ensemble: Ensemble, name: Optional[str] = None) -> Passages:
    """First passage times of an ensemble.

    `name` is a feature ``first(...)``, whose NaN are censored at the end of their trajectory;
    without it, ``end_time`` and the status ``stopped`` of a run with a stop condition.
    """
    result = ensemble.result
    end = float(result.attrs.get("t_end", ensemble.times[-1]))
    ended = np.full(len(ensemble.ids), end)
    if "end_time" in result:
        ended = np.asarray(result["end_time"].values, dtype=float)
    if name is None:
        features = [one for one in ensemble.features if one.startswith("first(")]
        stopped = "end_time" in result and np.any(result["status"].values == STOPPED)
        if len(features) == 1 and not stopped:
            name = features[0]
        elif "end_time" in result and not features:
            return Passages(ended, np.asarray(result["status"].values == STOPPED))
        else:
            raise refuse(
                f"'{ensemble.where}' holds {len(features) or 'no'} first passage times"
                + (f": {', '.join(features)}" if features else ""),
                "",
                "Name one with --passage"
                if features
                else "Run it again with --first-passage 'CONDITION' or --stop-when 'CONDITION'",
            )
    if name == "end_time":
        if "end_time" not in result:
            raise refuse(
                f"'{ensemble.where}' holds no end_time", "", "Run it again with --stop-when"
            )
        return Passages(ended, np.asarray(result["status"].values == STOPPED))
    values = ensemble.quantity(name)
    reached = np.isfinite(values)
    if "end_time" not in result and "status" in result:
        # Without the time at which it ended early, a trajectory is known to have lived 0.
        early = np.asarray(result["status"].values > 1)
        ended = np.where(early, 0.0, ended)
    return Passages(np.where(reached, values, ended), reached)


def table(
    results: Results,
    passage: Optional[str] = None,
    *,
    predictors: Sequence[str] = (),
    at: Sequence[float] = (),
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> pd.DataFrame:
    """Estimates of first passage, in rows.

    Parameters
    ----------
    passage : str, optional
        ``first(...)``, or ``end_time`` of a run with a stop condition.
    predictors : list of str
        Quantities. One of a sample time, ``CHOP[360]``, is held against what happens later: those
        that had got there by then are left out.
    at : list of float
        Sample times for all predictors, which are columns then.

    Returns
    -------
    pandas.DataFrame
        Columns ``result``, ``parameter_set``, ``quantity``, ``part``, ``value``, ``low``, ``high``.
        Parts: ``reached`` (share by the end), ``at_start`` (share at time 0), ``median``,
        ``mean_until_end``, ``cv_of_reached``, ``rate`` (exponential), ``weibull_shape``,
        ``weibull_scale``, ``weibull_mean``, ``weibull_cv``, ``memoryless_p``; for every predictor
        ``auc:NAME``, ``spearman:NAME`` and ``log_slope:NAME`` (time of passage over predictor).
    """
    ensembles = ensembles_of(results)
    rows: list[dict[str, Union[str, int, float]]] = []
    options = {"resamples": resamples, "level": level, "seed": seed}
    units = set()
    notes = notes_of(ensembles)
    if at:
        predictors = [f"{name}[{time:.15g}]" for name in predictors for time in at]
    for ensemble in ensembles:
        found = passages_of(ensemble, passage)
        units.add(ensemble.time_unit)
        features = [one for one in ensemble.features if one.startswith("first(")]
        label = passage or (features[0] if len(features) == 1 else "end_time")
        t, got = found
        n = len(t)
        later = t > 0
        law = laws(t[later], got[later], level=level)
        horizon = float(np.max(t, initial=0.0))
        every = ensemble.quantities(list(predictors)) if predictors else {}
        plain: list[tuple[str, Union[Estimate, float]]] = [
            ("reached", wilson(got.sum(), n, level)),
            ("at_start", wilson((got & (t == 0)).sum(), n, level)),
            ("median", quantile(kaplan_meier(t, got, level=level))),
            ("mean_until_end", mean_until(t, got, horizon, level=level)),
            ("cv_of_reached", cv_of_reached(found, **options)),  # type: ignore[arg-type]
            ("rate", law.rate),
            ("weibull_shape", law.shape),
            ("weibull_scale", law.scale),
            ("weibull_mean", law.mean),
            ("weibull_cv", law.cv),
            ("memoryless_p", law.memoryless_p),
        ]
        for feature, values in every.values():
            time = None if feature.endswith("[end]") else feature_time(feature, ensemble)
            later = np.full(n, True) if time is None else t > time
            x, y = values[later], np.where(got, t, np.nan)[later]
            plain += [
                (f"auc:{feature}", auc(x, got[later], level=level)),
                (f"spearman:{feature}", spearman(x, y, level=level)),
                (f"log_slope:{feature}", log_slope(x, y, **options)),  # type: ignore[arg-type]
            ]
        for part, estimate in plain:
            ends = estimate if isinstance(estimate, Estimate) else (estimate, np.nan, np.nan)
            value, low, high = (float(np.squeeze(one)) for one in ends)
            rows.append(
                {
                    **ensemble.label(),
                    "quantity": label,
                    "part": part,
                    "value": value,
                    "low": low,
                    "high": high,
                }
            )
    made = pd.DataFrame(rows)
    made.attrs["notes"] = [
        *notes,
        f"times in {', '.join(sorted(units))}; trajectories that did not get there are censored",
        "laws, from weibull on, are of those that were not there at the start",
    ]
    if any("[" in name and not name.endswith("[end]") for name in predictors):
        made.attrs["notes"].append(
            "a predictor of a sample time is held against what happens after it, in those that had "
            "not got there"
        )
    return made


def curves_table(
    results: Results, passage: Optional[str] = None, *, level: float = LEVEL
) -> pd.DataFrame:
    """Survival curves: columns ``result``, ``parameter_set``, ``time``, ``survival``, ``low``,
    ``high``."""
    parts = []
    for ensemble in ensembles_of(results):
        curve = kaplan_meier(*passages_of(ensemble, passage), level=level)
        part = pd.DataFrame(
            {"time": curve.times, "survival": curve.survival, "low": curve.low, "high": curve.high}
        )
        for key, value in reversed(ensemble.label().items()):
            part.insert(0, key, value)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def hazard_table(
    results: Results, passage: Optional[str] = None, *, level: float = LEVEL
) -> pd.DataFrame:
    """`hazard` of every ensemble, behind columns ``result`` and ``parameter_set``."""
    parts = []
    for ensemble in ensembles_of(results):
        part = hazard(*passages_of(ensemble, passage), level=level)
        for key, value in reversed(ensemble.label().items()):
            part.insert(0, key, value)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
