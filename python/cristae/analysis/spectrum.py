"""Is there a rhythm? Power spectra averaged over trajectories, and pulse against pulse.

A spectrum is the variance per frequency: its integral over frequencies from 0 is the variance.
Averaging spectra of trajectories keeps rhythms that start at different times in every cell, which
averaging the courses destroys. Welch, P. D. (1967) IEEE Trans. Audio Electroacoust. 15:70-73.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Optional, Union

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import signal

from ._input import Results, ensembles_of, notes_of, pulses_of, refuse
from ._output import Tables
from .correlation import spacing, whole_courses
from .resampling import LEVEL, RESAMPLES, Array, Estimate, bootstrap, grouped


class Spectrum(NamedTuple):
    """Variance per frequency, one-sided, and its highest peak away from frequency 0."""

    frequencies: Array  #: per time unit, without 0
    density: Estimate  #: (frequencies) in the column's unit squared times time
    period: Estimate  #: of the highest local maximum; NaN: the spectrum only falls
    sharpness: Estimate  #: frequency of the peak over its width at half its height
    above_neighbours: Estimate  #: height of the peak over the lowest density at lower frequencies


def _peak(frequencies: Array, density: Array) -> Array:
    """(..., 3) period, sharpness and height over what lies below, of densities (..., f)."""
    lead = density.shape[:-1]
    flat = density.reshape(-1, density.shape[-1])
    found = np.full((len(flat), 3), np.nan)
    inner = (flat[:, 1:-1] > flat[:, :-2]) & (flat[:, 1:-1] >= flat[:, 2:])
    height = np.where(inner, flat[:, 1:-1], -np.inf)
    at = np.argmax(height, axis=1) + 1
    step = frequencies[1] - frequencies[0]
    for row in np.flatnonzero(inner.any(axis=1)):
        k, own = at[row], flat[row]
        left, top, right = own[k - 1 : k + 2]
        curve = left - 2 * top + right
        shift = 0.5 * (left - right) / curve if curve != 0 else 0.0
        place = frequencies[k] + shift * step
        below = own < top / 2
        lower = np.flatnonzero(below[:k])
        upper = np.flatnonzero(below[k:])
        width = np.nan
        if len(lower) and len(upper):
            i, j = lower[-1], k + upper[0]
            start = np.interp(top / 2, [own[i], own[i + 1]], frequencies[i : i + 2])
            end = np.interp(-top / 2, [-own[j - 1], -own[j]], frequencies[j - 1 : j + 1])
            width = place / (end - start)
        found[row] = 1 / place, width, top / np.min(own[:k])
    return found.reshape(*lead, 3)


def spectrum(
    times: npt.ArrayLike,
    courses: npt.ArrayLike,
    *,
    segments: int = 1,
    smoothing: int = 1,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> Spectrum:
    """Power spectrum, averaged over trajectories.

    Parameters
    ----------
    times : (t,)
        Equally far apart. Nothing is known of frequencies above 1 / (2 * distance).
    courses : (n, t)
        Those with a NaN are left out. The ensemble's mean at each time is subtracted first.
    segments : int
        1: one periodogram of each course, without a window; above: Welch's method with Hann windows
        over that many segments, which overlap by half. It is smoother and resolves less.
    smoothing : int
        Mean over so many neighbouring frequencies, an odd number.

    Returns
    -------
    Spectrum
        Intervals resample trajectories.

    Examples
    --------
    A rhythm of 20 time units that begins anywhere:

    >>> import numpy as np
    >>> from cristae.analysis import spectrum
    >>> random, t = np.random.default_rng(1), np.arange(400)
    >>> courses = np.cos(2 * np.pi * (t / 20 + random.random((100, 1))))
    >>> found = spectrum.spectrum(t, courses + random.normal(size=(100, 400)))
    >>> round(float(found.period.value), 1)
    20.0
    """
    step = spacing(times)
    x = whole_courses(courses)
    x = x - x.mean(axis=0)
    n, length = x.shape
    if segments < 1 or length // segments < 8:
        raise refuse(
            f"{segments} segments of {length} samples", "a segment needs 8 samples or more"
        )
    if smoothing < 1 or smoothing % 2 == 0:
        raise refuse(f"smoothing is {smoothing}", "an odd number is needed")
    if segments == 1:
        frequencies, each = signal.periodogram(x, 1 / step, detrend=False, axis=1)
    else:
        size = 2 * (length // (segments + 1))
        frequencies, each = signal.welch(x, 1 / step, nperseg=size, detrend=False, axis=1)
    each = np.asarray(each[:, 1:], dtype=float) * n / (n - 1)  # the mean was estimated
    frequencies = np.asarray(frequencies[1:], dtype=float)
    if smoothing > 1:
        kernel = np.ones(smoothing) / smoothing
        each = np.apply_along_axis(np.convolve, 1, each, kernel, "valid")
        frequencies = np.convolve(frequencies, kernel, "valid")
    terms, sizes = grouped(each, 1024)
    terms = terms / sizes[:, None]

    def measures(means: Array) -> Array:
        return np.concatenate([means, _peak(frequencies, means)], axis=-1)

    found = bootstrap(terms, measures, resamples=resamples, level=level, seed=seed)
    tail = [Estimate(*(one[k] for one in found)) for k in range(-3, 0)]
    return Spectrum(frequencies, Estimate(*(one[:-3] for one in found)), *tail)


def pulse_ratios(
    times: npt.ArrayLike,
    courses: npt.ArrayLike,
    starts: Sequence[float],
    length: float,
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> pd.DataFrame:
    """The peak after each pulse over the peak after the first one, in the same cell.

    Parameters
    ----------
    times, courses : (t,), (n, t)
    starts : list of float
        Starts of the pulses.
    length : float
        A peak is the largest value from a start to so much later.

    Returns
    -------
    pandas.DataFrame
        A row per pulse: ``pulse`` (from 1), ``start``, ``peak`` (mean), ``ratio`` (mean peak over
        mean first peak) with ``ratio_low`` and ``ratio_high``, ``median_ratio`` (of the ratios of
        single cells), ``cells`` (that have both).

    Examples
    --------
    >>> from cristae.analysis import spectrum
    >>> courses = [[0, 4, 0, 2, 0], [0, 6, 0, 3, 0]]
    >>> spectrum.pulse_ratios(range(5), courses, [0, 2], 2).ratio.tolist()
    [1.0, 0.5]
    """
    t, x = np.asarray(times, dtype=float), np.asarray(courses, dtype=float)
    peaks = []
    for start in starts:
        inside = (t >= start - 1e-9) & (t <= start + length + 1e-9)
        if not inside.any():
            raise refuse(f"no sample lies from {start:g} to {start + length:g}")
        peaks.append(np.max(x[:, inside], axis=1))
    rows = []
    for k, peak in enumerate(peaks):
        both = np.isfinite(peak) & np.isfinite(peaks[0])
        if not both.any():
            raise refuse(f"no trajectory reaches the end of pulse {k + 1}")
        pairs = np.stack([peak[both], peaks[0][both]], axis=-1)
        found = bootstrap(
            pairs,
            lambda means: means[..., :1] / means[..., 1:],
            resamples=resamples,
            level=level,
            seed=seed,
        )
        with np.errstate(all="ignore"):
            single = pairs[:, 0] / pairs[:, 1]
        single = single[np.isfinite(single)]
        rows.append(
            {
                "pulse": k + 1,
                "start": float(starts[k]),
                "peak": float(pairs[:, 0].mean()),
                "ratio": float(found.value[0]),
                "ratio_low": float(found.low[0]),
                "ratio_high": float(found.high[0]),
                "median_ratio": float(np.median(single)) if len(single) else np.nan,
                "cells": int(both.sum()),
            }
        )
    return pd.DataFrame(rows)


def table(
    results: Results,
    columns: Sequence[str],
    *,
    segments: int = 1,
    smoothing: int = 1,
    start: Optional[float] = None,
    end: Optional[float] = None,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> pd.DataFrame:
    """Dominant periods of columns.

    Returns
    -------
    pandas.DataFrame
        Columns ``result``, ``parameter_set``, ``column``, ``part`` (``period``, ``sharpness``,
        ``above_neighbours``), ``value``, ``low``, ``high``. ``attrs["tables"]`` has the spectra,
        ``curves``: ``column``, ``frequency``, ``density``, ``low``, ``high``.

    Examples
    --------
    >>> import cristae
    >>> from cristae.analysis import spectrum
    >>> cells = cristae.run("vilar", trajectories=20, raw=True, t_end=200, sample_every=1)
    >>> period = spectrum.table(cells, ["R"], start=50, smoothing=3).value[0]
    >>> bool(15 < period < 40)
    True
    """
    ensembles = ensembles_of(results)
    rows: list[dict[str, Union[str, int, float]]] = []
    curves = []
    units = set()
    for ensemble in ensembles:
        units.add(ensemble.time_unit)
        window = ensemble.window(start, end)
        for name in columns:
            found = spectrum(
                ensemble.times[window],
                ensemble.course(name)[:, window],
                segments=segments,
                smoothing=smoothing,
                resamples=resamples,
                level=level,
                seed=seed,
            )
            for part in ("period", "sharpness", "above_neighbours"):
                estimate = getattr(found, part)
                rows.append(
                    {
                        **ensemble.label(),
                        "column": name,
                        "part": part,
                        "value": float(estimate.value),
                        "low": float(estimate.low),
                        "high": float(estimate.high),
                    }
                )
            curve = pd.DataFrame(
                {
                    **ensemble.label(),
                    "column": name,
                    "frequency": found.frequencies,
                    "density": found.density.value,
                    "low": found.density.low,
                    "high": found.density.high,
                }
            )
            curves.append(curve)
    made = pd.DataFrame(rows)
    made.attrs["tables"] = Tables(curves=pd.concat(curves, ignore_index=True))
    made.attrs["notes"] = [
        *notes_of(ensembles),
        f"periods in {', '.join(sorted(units))}; a peak that is hardly above its neighbours is no "
        "rhythm",
    ]
    return made


def pulses_table(
    results: Results,
    column: str,
    starts: Optional[Sequence[float]],
    length: float,
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> pd.DataFrame:
    """`pulse_ratios` of every ensemble, behind columns ``result`` and ``parameter_set``.

    Without `starts`, pulses are where signals or the condition give a parameter another value than
    the network does.
    """
    parts = []
    for ensemble in ensembles_of(results):
        begun = list(starts or [start for start, _ in pulses_of(ensemble)])
        if not begun:
            raise refuse(f"'{ensemble.where}' has no pulses in its schedule", "", "Give --starts")
        part = pulse_ratios(
            ensemble.times,
            ensemble.course(column),
            begun,
            length,
            resamples=resamples,
            level=level,
            seed=seed,
        )
        for key, value in reversed(ensemble.label().items()):
            part.insert(0, key, value)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
