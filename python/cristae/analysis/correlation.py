"""Memory and order: correlations over time, within one quantity and between two.

Deviations are those from the ensemble's mean at each time, so that a mean that still changes makes
no correlation; the covariance at a lag is the mean over trajectories and over all pairs of sample
times with that lag. It describes a window in which the fluctuations are stationary: leave the
start out with ``--from`` or ``--burn-in``. Order in time from the lag of the maximum: Dunlop, M. J.
et al. (2008) Nat. Genet. 40:1493-1498.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Optional, Union

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import fft, stats

from ._input import Ensemble, Results, ensembles_of, notes_of, refuse
from ._output import Tables
from .resampling import LEVEL, RESAMPLES, Array, Estimate, bootstrap, grouped

#: Groups of trajectories behind the standard errors of a run.
_JACKKNIFED = 16


class Correlation(NamedTuple):
    """A correlation function with point-wise intervals, and what follows from it."""

    lags: Array  #: in time units; the second quantity is that much later
    values: Estimate  #: (lags) from -1 to 1
    peak_lag: Estimate  #: lag of the largest absolute value; above 0: the second one follows
    peak: Estimate  #: the correlation there
    decay_time: Estimate  #: where it has fallen to 1/e of its value at lag 0; NaN: not within lags
    integral_time: Estimate  #: its integral from lag 0 to its first zero


def spacing(times: npt.ArrayLike) -> float:
    t = np.asarray(times, dtype=float)
    if len(t) < 3:
        raise refuse(f"{len(t)} sample times", "three or more are needed")
    steps = np.diff(t)
    if np.ptp(steps) > 1e-6 * steps.mean():
        raise refuse(
            "sample times are not equally far apart",
            f"steps are {steps.min():g} to {steps.max():g}",
            "Leave the uneven part out with --from and --to",
        )
    return float(steps.mean())


def whole_courses(courses: npt.ArrayLike) -> Array:
    """Courses without a NaN, (n, t); there must be two."""
    x = np.asarray(courses, dtype=float)
    x = np.asarray(x[np.isfinite(x).all(axis=1)])
    if len(x) < 2:
        raise refuse(f"{len(x)} trajectories reach the end of the window", "two are needed")
    return x


def first_below(lags: Array, curve: Array, height: float) -> Array:
    """Where curves (..., k) first fall below a height, linear between lags; NaN: nowhere."""
    below = curve < height
    at = np.argmax(below, axis=-1)
    none = ~below.any(axis=-1) | (at == 0)
    at = np.maximum(at, 1)
    after = np.take_along_axis(curve, at[..., None], -1)[..., 0]
    before = np.take_along_axis(curve, at[..., None] - 1, -1)[..., 0]
    share = (before - height) / (before - after)
    return np.asarray(np.where(none, np.nan, lags[at - 1] + share * (lags[at] - lags[at - 1])))


def integral(lags: Array, curve: Array) -> Array:
    """Integrals of curves (..., k) to their first zero; NaN where they have none."""
    zero = first_below(lags, curve, 0.0)
    inside = np.cumsum(curve < 0, axis=-1) == 0
    step = lags[1] - lags[0]
    held = np.where(inside, curve, 0.0)
    last = inside.sum(axis=-1) - 1
    end = np.take_along_axis(curve, last[..., None], -1)[..., 0]
    area = (held.sum(axis=-1) - 0.5 * curve[..., 0] - 0.5 * end) * step
    return np.asarray(area + 0.5 * end * (zero - lags[last]))


def lag_products(first: Array, second: Array, steps: npt.NDArray[np.int64]) -> Array:
    """Means of first(t) second(t + lag) over all pairs of times, (n, lags), of courses (n, t)."""
    n, length = first.shape
    padded = fft.next_fast_len(2 * length, real=True)
    pairs = length - np.abs(steps)
    parts = []
    chunk = max(1, (1 << 22) // padded)
    for begin in range(0, n, chunk):
        a = fft.rfft(first[begin : begin + chunk], padded, axis=1)
        b = fft.rfft(second[begin : begin + chunk], padded, axis=1)
        parts.append(fft.irfft(np.conj(a) * b, padded, axis=1)[:, steps] / pairs)
    return np.vstack(parts)


def correlate(
    times: npt.ArrayLike,
    first: npt.ArrayLike,
    second: Optional[npt.ArrayLike] = None,
    *,
    max_lag: Optional[float] = None,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> Correlation:
    """Correlation of first(t) with second(t + lag) across trajectories.

    Parameters
    ----------
    times : (t,)
        Equally far apart.
    first, second : (n, t)
        Courses of the same trajectories; those with a NaN are left out. Without the second one, the
        autocorrelation of the first, at lags from 0.
    max_lag : float, optional
        Half of the window without it. At long lags few pairs of times are left.

    Returns
    -------
    Correlation
        Intervals resample trajectories.

    Examples
    --------
    A process with the correlation exp(-lag / 5), and the same 3 later:

    >>> import numpy as np
    >>> from cristae.analysis import correlation
    >>> random, x = np.random.default_rng(1), np.zeros((400, 203))
    >>> x[:, 0] = random.normal(size=400)
    >>> keep = np.exp(-1 / 5)
    >>> for k in range(1, 203):
    ...     x[:, k] = keep * x[:, k - 1] + np.sqrt(1 - keep**2) * random.normal(size=400)
    >>> own = correlation.correlate(range(200), x[:, 3:], max_lag=40)
    >>> bool(own.decay_time.low < 5 < own.decay_time.high)
    True
    >>> float(correlation.correlate(range(200), x[:, 3:], x[:, :-3], max_lag=40).peak_lag.value)
    3.0
    """
    step = spacing(times)
    own = second is None
    x = np.asarray(first, dtype=float)
    y = x if second is None else np.asarray(second, dtype=float)
    if x.shape != y.shape or x.shape[1] != len(np.asarray(times)):
        raise refuse(f"courses have the shapes {x.shape} and {y.shape}", "they must be the same")
    both = np.isfinite(x).all(axis=1) & np.isfinite(y).all(axis=1)
    x, y = whole_courses(x[both]), whole_courses(y[both])
    n, length = x.shape
    most = length // 2 if max_lag is None else int(np.floor(max_lag / step + 1e-9))
    if not 1 <= most < length:
        raise refuse(
            f"the largest lag is {most * step:g}",
            f"from {step:g} to {(length - 1) * step:g} is possible",
        )
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    if not x.any() or not y.any():
        raise refuse("a quantity is the same in all trajectories", "it has no correlation")
    steps = np.arange(0 if own else -most, most + 1)
    lags = steps * step
    squares = np.stack([np.mean(z**2, axis=1) for z in (x, y)], axis=-1)
    terms, sizes = grouped(np.hstack([lag_products(x, y, steps), squares]), 1024)
    terms = terms / sizes[:, None]

    def measures(means: Array) -> Array:
        curve = means[..., :-2] / np.sqrt(means[..., -2] * means[..., -1])[..., None]
        at = np.argmax(np.abs(curve), axis=-1)
        top = np.take_along_axis(curve, at[..., None], -1)[..., 0]
        zero = 0 if own else most
        if own:
            decay = first_below(lags, curve / curve[..., :1], np.exp(-1))
            area = integral(lags, curve / curve[..., :1])
        else:
            decay = area = np.full(curve.shape[:-1], np.nan)
        assert lags[zero] == 0
        return np.concatenate([curve, np.stack([lags[at], top, decay, area], axis=-1)], axis=-1)

    found = bootstrap(terms, measures, resamples=resamples, level=level, seed=seed)
    tail = [Estimate(*(one[k] for one in found)) for k in range(-4, 0)]
    return Correlation(lags, Estimate(*(one[:-4] for one in found)), *tail)


def gathered(
    ensemble: Ensemble,
    first: str,
    second: str,
    *,
    max_lag: Optional[float] = None,
    level: float = LEVEL,
) -> Correlation:
    """The correlation that a run with ``--correlation`` gathered, over all its sample times.

    Parameters
    ----------
    first, second : str
        A pair of the result: one of ``A`` or ``A:B``.

    Returns
    -------
    Correlation
        Intervals of the curve from its standard errors, a jackknife over 16 groups of trajectories
        (Student's t); those of the times follow the ends of the curve's; ``peak_lag`` has none.
    """
    pairs = [f"{first}:{second}", f"{second}:{first}"]
    known = ensemble.result["lagged_pair"].values.tolist()
    missing = [pair for pair in pairs if pair not in known]
    if missing:
        raise refuse(
            f"'{ensemble.where}' has no correlation {missing[0]!r}",
            f"it has {', '.join(known)}",
            f"Run it again with --correlation {first if first == second else pairs[0]}",
        )
    lags = np.asarray(ensemble.result["lag"].values, dtype=float)
    kept = lags <= (np.inf if max_lag is None else max_lag * (1 + 1e-9))

    def of(name: str, pair: str) -> Array:
        values = ensemble.result[name].sel({"lagged_pair": pair}).values
        return np.asarray(values, dtype=float)[kept]

    curve, error = (of(f"lagged_correlation{end}", pairs[0]) for end in ("", "_se"))
    lags = lags[kept]
    if first != second:  # before 0 the second one leads
        back, back_error = (of(f"lagged_correlation{end}", pairs[1]) for end in ("", "_se"))
        curve = np.concatenate([back[:0:-1], curve])
        error = np.concatenate([back_error[:0:-1], error])
        lags = np.concatenate([-lags[:0:-1], lags])
    if not np.isfinite(curve).all():
        raise refuse("a quantity is the same in all trajectories", "it has no correlation")
    half = stats.t.ppf(0.5 + level / 2, _JACKKNIFED - 1) * error
    values = Estimate(curve, curve - half, curve + half)
    at = int(np.argmax(np.abs(curve)))
    none = np.asarray(np.nan)
    unknown = Estimate(none, none, none)
    peak = Estimate(*(np.asarray(one[at]) for one in values))
    peak_lag = Estimate(np.asarray(lags[at]), none, none)
    if first != second:
        return Correlation(lags, values, peak_lag, peak, unknown, unknown)
    decay = Estimate(*(first_below(lags, one, float(np.exp(-1))) for one in values))
    area = Estimate(*(integral(lags, one) for one in values))
    return Correlation(lags, values, peak_lag, peak, decay, area)


def table(
    results: Results,
    columns: Sequence[str],
    *,
    max_lag: Optional[float] = None,
    start: Optional[float] = None,
    end: Optional[float] = None,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> pd.DataFrame:
    """Times of memory of columns, and the order of every two of them.

    Parameters
    ----------
    columns : list of str
        Observables and species; the results need ``--raw``, or ``--correlation`` with them.
    start, end : float, optional
        The window of time.

    Returns
    -------
    pandas.DataFrame
        Columns ``result``, ``parameter_set``, ``first``, ``second`` (the same: autocorrelation),
        ``part`` (``decay_time``, ``integral_time``; ``peak_lag``, ``peak``), ``value``, ``low``,
        ``high``. ``attrs["tables"]`` has the functions, ``curves``: ``first``, ``second``,
        ``lag``, ``correlation``, ``low``, ``high``.

    Examples
    --------
    >>> import cristae
    >>> from cristae.analysis import correlation
    >>> cells = cristae.run("telegraph", trajectories=200, raw=True, t_end=60, sample_every=1)
    >>> made = correlation.table(cells, ["M"], start=20)
    >>> made.part.tolist(), len(made.attrs["tables"]["curves"]) > 10
    (['decay_time', 'integral_time'], True)
    """
    ensembles = ensembles_of(results)
    rows: list[dict[str, Union[str, int, float]]] = []
    curves = []
    units = set()
    for ensemble in ensembles:
        units.add(ensemble.time_unit)
        window = ensemble.window(start, end)
        times = ensemble.times[window]
        is_gathered = "lagged_correlation" in ensemble.result and start is None and end is None
        held = {} if is_gathered else {n: ensemble.course(n)[:, window] for n in columns}
        pairs = [(a, b) for i, a in enumerate(columns) for b in columns[i:]]
        for a, b in pairs:
            found = (
                gathered(ensemble, a, b, max_lag=max_lag, level=level)
                if is_gathered
                else correlate(
                    times,
                    held[a],
                    None if a == b else held[b],
                    max_lag=max_lag,
                    resamples=resamples,
                    level=level,
                    seed=seed,
                )
            )
            parts = (
                [("decay_time", found.decay_time), ("integral_time", found.integral_time)]
                if a == b
                else [("peak_lag", found.peak_lag), ("peak", found.peak)]
            )
            for part, estimate in parts:
                rows.append(
                    {
                        **ensemble.label(),
                        "first": a,
                        "second": b,
                        "part": part,
                        "value": float(estimate.value),
                        "low": float(estimate.low),
                        "high": float(estimate.high),
                    }
                )
            curve = pd.DataFrame(
                {
                    **ensemble.label(),
                    "first": a,
                    "second": b,
                    "lag": found.lags,
                    "correlation": found.values.value,
                    "low": found.values.low,
                    "high": found.values.high,
                }
            )
            curves.append(curve)
    made = pd.DataFrame(rows)
    made.attrs["tables"] = Tables(curves=pd.concat(curves, ignore_index=True))
    made.attrs["notes"] = [
        *notes_of(ensembles),
        f"times in {', '.join(sorted(units))}; peak_lag above 0: the second one follows the first",
    ]
    return made
