"""Events in the trace of open channels: puffs, and the intervals between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Puffs:
    """Puffs of one trace, in the order of time; those cut by an end of the trace are left out."""

    start: Array
    duration: Array
    peak: Array


def puffs(times: Array, open_channels: Array, gap: float = 0.02) -> Puffs:
    """Runs of samples with an open channel; what is less than `gap` apart is one puff."""
    is_open = open_channels > 0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_open, [False]]).astype(np.int8)))
    firsts, ends = edges[::2], edges[1::2]  # [first, end)
    if len(firsts) == 0:
        empty = np.zeros(0)
        return Puffs(empty, empty, empty)
    apart = times[firsts[1:]] - times[ends[:-1] - 1] >= gap
    firsts, ends = firsts[np.r_[True, apart]], ends[np.r_[apart, True]]
    whole = (firsts > 0) & (ends < len(times))
    firsts, ends = firsts[whole], ends[whole]
    peaks = [float(open_channels[first:end].max()) for first, end in zip(firsts, ends)]
    every = times[1] - times[0]
    return Puffs(times[firsts], times[ends - 1] - times[firsts] + every, np.array(peaks))


def serial_correlation(intervals: list[Array]) -> float:
    """Of consecutive intervals, over all trains, each about the mean of all."""
    everything = np.concatenate(intervals)
    centre = everything.mean()
    pairs = [(one[:-1] - centre) @ (one[1:] - centre) for one in intervals if len(one) > 1]
    count = sum(len(one) - 1 for one in intervals if len(one) > 1)
    return float(np.sum(pairs) / count / everything.var())
