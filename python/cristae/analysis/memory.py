"""How long does a cell remember a pulse? Responses to a later pulse against the gap before it.

A response to the second of two equal pulses that differs from the first is memory: below 1 the
cell is protected, above 1 it is primed, or still full. With longer gaps it is lost. Ratios are of
peaks in the same cell, as in `spectrum.pulse_ratios`; ratio - 1 against the gap is fitted by
effect e^(-gap / time).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Optional, Union

import numpy as np
import numpy.typing as npt
import pandas as pd

from ._input import Ensemble, Results, ensembles_of, notes_of, pulses_of, refuse
from ._output import Tables
from .resampling import (
    LEVEL,
    RESAMPLES,
    Array,
    Estimate,
    bootstrap,
    grouped,
    percentile_interval,
    resampled_means,
)


class Memory(NamedTuple):
    """What is left of a pulse, over the gap behind it."""

    ratios: Estimate  #: (gaps) mean peak over mean first peak
    effect: Estimate  #: ratio - 1 for no gap, of the fitted exponential
    time: Estimate  #: in which the effect falls to 1/e; NaN: it does not fall within the gaps
    equal_from: float  #: shortest gap from which on all intervals hold 1; NaN: none


def fit_decay(gaps: npt.ArrayLike, effects: npt.ArrayLike, weights: npt.ArrayLike) -> Array:
    """The exponentials that are nearest to effects (..., g): (..., 2) effect at gap 0, and time.

    By weighted least squares; the effect follows from the time, which is looked for on the log
    scale from a tenth of the shortest gap (or step between gaps) to ten times the longest. NaN
    where one of these ends is best.

    >>> import numpy as np
    >>> from cristae.analysis import memory
    >>> gaps = np.array([1, 2, 4, 8])
    >>> memory.fit_decay(gaps, -0.8 * np.exp(-gaps / 3), np.ones(4)).round(3).tolist()
    [-0.8, 3.0]
    """
    g, y, w = (np.asarray(one, dtype=float) for one in (gaps, effects, weights))
    least = np.min(np.concatenate([g[g > 0], np.diff(np.unique(g))]))
    logs = np.linspace(np.log(least / 10), np.log(10 * g.max()), 400)
    shapes = np.exp(-g / np.exp(logs)[:, None])  # (times, gaps)

    def left(shape: Array) -> tuple[Array, Array]:
        square = (w * shape**2).sum(axis=-1)
        size = (w * shape * y[..., None, :]).sum(axis=-1) / np.where(square > 0, square, np.nan)
        rest = (w * (y[..., None, :] - size[..., None] * shape) ** 2).sum(axis=-1)
        return np.where(np.isfinite(rest), rest, np.inf), size

    at = np.argmin(left(shapes)[0], axis=-1)
    bad = (at == 0) | (at == len(logs) - 1)
    place, step = logs[at], logs[1] - logs[0]
    for _ in range(40):  # around the best one, ever closer
        around = place[..., None] + step * np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
        cost, size = left(np.exp(-g / np.exp(around)[..., None]))
        best = np.argmin(cost, axis=-1)[..., None]
        place = np.take_along_axis(around, best, -1)[..., 0]
        size = np.take_along_axis(size, best, -1)[..., 0]
        step = step / 2
    made = np.stack([size, np.exp(place)], axis=-1)
    return np.where(bad[..., None], np.nan, made)


def memory(
    gaps: npt.ArrayLike,
    peaks: Sequence[npt.ArrayLike],
    *,
    paired: bool = False,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> Memory:
    """The ratio of a later peak to the first one over gaps, and how fast it goes to 1.

    Parameters
    ----------
    gaps : (g,)
        Rising.
    peaks : list of g arrays (n, 2)
        The first and the later peak in each cell.
    paired : bool
        Row i is the same cell at all gaps: cells are resampled together.

    Returns
    -------
    Memory
        Effect and time need three gaps.
    """
    gap = np.asarray(gaps, dtype=float)
    ratios, drawn = [], []
    for k, own in enumerate(peaks):
        pairs = np.asarray(own, dtype=float)
        ratios.append(
            bootstrap(
                pairs,
                lambda means: means[..., 1:] / means[..., :1],
                resamples=resamples,
                level=level,
                seed=seed,
            )
        )
        sums, sizes = grouped(pairs)
        means = resampled_means(sums, sizes, resamples, seed if paired else seed + k)
        drawn.append(means[:, 1] / means[:, 0])
    every = Estimate(*(np.array([float(one[k][0]) for one in ratios]) for k in range(3)))
    holds = (every.low <= 1) & (1 <= every.high)
    last = np.flatnonzero(~holds)
    equal = gap[0] if not len(last) else gap[last[-1] + 1] if last[-1] + 1 < len(gap) else np.nan
    nothing = Estimate(*(np.asarray(np.nan) for _ in range(3)))
    if len(gap) < 3 or len(np.unique(gap)) < 3:
        return Memory(every, nothing, nothing, float(equal))
    spread = np.stack(drawn, axis=-1)
    error = np.maximum(spread.std(axis=0), 1e-12)
    value = fit_decay(gap, every.value - 1, error**-2)
    ends = percentile_interval(fit_decay(gap, spread - 1, error**-2), level)
    parts = [Estimate(value[k], ends[0][k], ends[1][k]) for k in (0, 1)]
    return Memory(every, parts[0], parts[1], float(equal))


def _peaks(
    ensemble: Ensemble, column: str, pulses: Sequence[tuple[float, float]], pulse: int,
    length: Optional[float],
) -> tuple[float, Array]:  # fmt: skip
    """The gap before a pulse, and the peaks behind the first one and behind it, (n, 2)."""
    if len(pulses) < max(2, pulse):
        raise refuse(
            f"'{ensemble.where}' has {len(pulses)} pulses",
            f"pulse {max(2, pulse)} is needed",
            "Give --starts, or run with a signal or a condition that has them",
        )
    (first, _), (_, before), (start, _) = pulses[0], pulses[pulse - 2], pulses[pulse - 1]
    end = float(ensemble.times[-1])
    span = length if length is not None else min(pulses[1][0] - first, end - start)
    times, course = ensemble.times, ensemble.course(column)
    found = []
    for begin in (first, start):
        inside = (times >= begin - 1e-9) & (times <= begin + span + 1e-9)
        if not inside.any() or begin + span > end * (1 + 1e-9):
            raise refuse(
                f"'{ensemble.where}' ends at {end:g}",
                f"the response from {begin:g} is looked for until {begin + span:g}",
                "Run longer, or give a shorter --length",
            )
        found.append(np.max(course[:, inside], axis=1))
    pairs = np.stack(found, axis=-1)
    pairs = pairs[np.isfinite(pairs).all(axis=1)]
    if len(pairs) < 2 or not pairs[:, 0].any():
        raise refuse(f"'{ensemble.where}' has no response of '{column}' to the first pulse")
    return start - before, pairs


def table(
    results: Results,
    column: str,
    *,
    starts: Optional[Sequence[float]] = None,
    width: float = 0.0,
    pulse: int = 2,
    length: Optional[float] = None,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> pd.DataFrame:
    """The response to a later pulse over the first one, result by result, and what that says.

    Parameters
    ----------
    results : list
        Of runs with pulses that are unlike in their gaps only.
    column : str
        An observable or a species; the results need ``--raw``.
    starts, width : list of float, float
        Of the pulses, in all results. Without them, pulses are where signals or the condition give
        a parameter another value than the network does.
    pulse : int
        Which one is compared with the first.
    length : float, optional
        A response is the largest value within it behind a start. Without it, up to the next pulse.

    Returns
    -------
    pandas.DataFrame
        Columns ``part``, ``value``, ``low``, ``high``: ``effect`` (ratio - 1 for no gap) and
        ``memory_time`` of the exponential, and ``equal_from``, the shortest gap from which on all
        intervals hold 1. ``attrs["tables"]`` has ``ratios``: ``result``, ``parameter_set``,
        ``gap``, ``cells``, ``first_peak``, ``peak``, ``ratio`` and its interval.
    """
    ensembles = ensembles_of(results)
    found = []
    for one in ensembles:
        pulses = [(start, start + width) for start in starts] if starts else pulses_of(one)
        found.append(_peaks(one, column, pulses, pulse, length))
    order = sorted(range(len(found)), key=lambda k: found[k][0])
    gaps, peaks = [found[k][0] for k in order], [found[k][1] for k in order]
    keys = {(one.result.attrs.get("seed"), one.ids.tobytes()) for one in ensembles}
    paired = len(keys) == 1 and len({len(one) for one in peaks}) == 1
    made = memory(gaps, peaks, paired=paired, resamples=resamples, level=level, seed=seed)
    rows: list[dict[str, Union[str, int, float]]] = []
    for place, k in enumerate(order):
        rows.append(
            {
                **ensembles[k].label(),
                "gap": gaps[place],
                "cells": len(peaks[place]),
                "first_peak": float(peaks[place][:, 0].mean()),
                "peak": float(peaks[place][:, 1].mean()),
                "ratio": float(made.ratios.value[place]),
                "ratio_low": float(made.ratios.low[place]),
                "ratio_high": float(made.ratios.high[place]),
            }
        )
    parts = [("effect", made.effect), ("memory_time", made.time)]
    answer = pd.DataFrame(
        [
            *({"part": part, "value": float(one.value), "low": float(one.low),
               "high": float(one.high)} for part, one in parts),
            {"part": "equal_from", "value": made.equal_from, "low": np.nan, "high": np.nan},
        ]
    )  # fmt: skip
    answer.attrs["tables"] = Tables(ratios=pd.DataFrame(rows))
    units = ", ".join(sorted({one.time_unit for one in ensembles}))
    answer.attrs["notes"] = [
        *notes_of(ensembles),
        f"gaps and times in {units}; peak {pulse} of '{column}' over the first one",
    ]
    if len(gaps) < 3:
        answer.attrs["notes"].append("a memory time needs three gaps or more")
    return answer
