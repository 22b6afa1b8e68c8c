"""Numbers for the page: rounded, and none that JSON does not have."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Optional, Union

import numpy as np
import numpy.typing as npt

Number = Union[int, float, None]
Array = npt.NDArray[np.float64]

#: Significant digits in the page. A screen has four; the result file has all of them.
DIGITS = 7


def number(value: Any) -> Number:
    """With `DIGITS` digits; None for what is infinite or not a number."""
    value = float(value)
    if not math.isfinite(value):
        return None
    rounded = float(f"{value:.{DIGITS}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 2**53 else rounded


def numbers(values: Iterable[Any]) -> list[Number]:
    return [number(value) for value in np.asarray(values, dtype=np.float64).tolist()]


def exact(value: Any) -> str:
    """The fewest digits that read back to the same number, as a command line wants it."""
    value = float(value)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def evenly(count: int, most: int) -> npt.NDArray[np.int64]:
    """At most `most` of `count` positions, evenly spread, the first and the last among them."""
    if count <= most:
        return np.arange(count)
    return np.unique(np.round(np.linspace(0, count - 1, most)).astype(np.int64))


def edges_of(values: Iterable[Array], most: int) -> Optional[Array]:
    """Edges of one histogram for several sets of values; whole numbers get bins of whole width."""
    finite = [one[np.isfinite(one)] for one in values]
    finite = [one for one in finite if one.size]
    if not finite:
        return None
    low = min(float(one.min()) for one in finite)
    high = max(float(one.max()) for one in finite)
    if all(bool(np.all(one == np.round(one))) for one in finite) and high - low < 2**52:
        width = max(1, math.ceil((high - low + 1) / most))
        bins = math.ceil((high - low + 1) / width)
        return low - 0.5 + width * np.arange(bins + 1, dtype=np.float64)
    if high == low:
        half = abs(low) * 1e-3 or 1e-3
        return np.array([low - half, low + half])
    return np.linspace(low, high, most + 1)
