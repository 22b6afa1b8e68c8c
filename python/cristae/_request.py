"""Arguments of a run, checked before anything is simulated, all findings in one go."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Optional, Union

import xarray

from ._errors import UsageError, usage_findings

#: A list of names, or one text with commas between them.
Names = Union[str, Sequence[str]]
PathLike = Union[str, "os.PathLike[str]"]
#: Quantities that differ between cells: "all", names of those that the network declares, or names
#: with their distributions, ``{"k": "lognormal(cv=0.3)"}``.
Vary = Union[str, Sequence[str], Mapping[str, str], None]

#: Of a parameter: a CSV of rows time,value, or its two columns.
Signal = Union[PathLike, tuple[Sequence[float], Sequence[float]]]

_LARGEST = 2**64 - 1
_RESULT_ENDINGS = (".h5", ".hdf5", ".nc")


class Checks:
    """Gathers what is wrong with the arguments of a call, and the fields of a request."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        self.found: list[tuple[str, str, str]] = []

    def add(self, problem: str, reason: str = "", fix: str = "") -> None:
        self.found.append((problem, reason, fix))

    def throw_if_any(self) -> None:
        if self.found:
            raise UsageError(usage_findings(self.found))

    def count(self, name: str, value: Any, low: int, high: int = _LARGEST) -> Optional[int]:
        """A whole number; None is left out. 1e6 is one."""
        if value is None:
            return None
        try:
            whole = int(value) if isinstance(value, float) else operator.index(value)
        except (TypeError, ValueError, OverflowError):
            whole = None
        if whole is None or whole != value or isinstance(value, bool):
            self.add(f"{name} is {value!r}", "a whole number is needed")
        elif not low <= whole <= high:
            self.add(f"{name} is {value!r}", f"a whole number from {low} to {high} is needed")
        else:
            self.fields[name] = whole
            return whole
        return None

    def amount(self, name: str, value: Any, *, zero: bool, high: float = math.inf) -> None:
        """A finite number, not below 0; None is left out."""
        if value is None:
            return
        needed = "a finite number of 0 or more" if zero else "a finite number above 0"
        if high < math.inf:
            needed = f"a number from 0 to {high:g}"
        number = self.number(value)
        if number is None or number < 0 or (number == 0 and not zero) or number > high:
            self.add(f"{name} is {value!r}", f"{needed} is needed")
        else:
            self.fields[name] = number

    def choice(self, name: str, value: Optional[str], known: Iterable[str]) -> None:
        if value is None:
            return
        names = list(known)
        if value not in names:
            self.add(f"{name} is {value!r}", "known: " + ", ".join(names))
        self.fields[name] = value

    def text(self, name: str, value: Optional[str]) -> None:
        if value is None:
            return
        if not isinstance(value, str):
            self.add(f"{name} is {value!r}", "a text is needed")
        else:
            self.fields[name] = value

    def texts(self, name: str, value: Union[str, Iterable[str], None]) -> None:
        """One text or several; unlike names, they may hold commas."""
        if value is None:
            return
        texts = [value] if isinstance(value, str) else list(value)
        if not all(isinstance(text, str) for text in texts):
            self.add(f"{name} is {value!r}", "texts are needed")
        else:
            self.fields[name] = texts

    def names(self, name: str, value: Optional[Names]) -> None:
        if value is not None:
            self.fields[name] = names_of(value)

    @staticmethod
    def number(value: Any) -> Optional[float]:
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            return None
        return number if math.isfinite(number) else None

    def experiment(
        self,
        condition: Optional[str],
        set: Optional[Mapping[str, float]],
        t_end: Optional[float],
        sample_every: Optional[float],
        samples: Optional[int],
        burn_in: Optional[float],
        stop_when: Optional[str],
        signal: Optional[Mapping[str, Signal]] = None,
        twin: Optional[Names] = None,
    ) -> None:
        """What `run`, `replay` and `inspect` share."""
        self.text("condition", condition)
        pairs = []
        for name, value in (set or {}).items():
            number = self.number(value)
            if number is None:
                self.add(f"set gives {name!r} the value {value!r}", "a finite number is needed")
            else:
                pairs.append((name, number))
        self.fields["set"] = pairs
        self.fields["signals"] = [self._signal(*item) for item in (signal or {}).items()]
        self.names("twin", twin)
        self.amount("t_end", t_end, zero=True)
        self.amount("sample_every", sample_every, zero=False)
        self.count("samples", samples, 1, 100_000_000)
        self.amount("burn_in", burn_in, zero=True)
        self.text("stop_when", stop_when)
        if samples is not None and sample_every is not None:
            self.add("samples and sample_every are both given", "", "Give one of them")

    def cells(
        self,
        vary: Vary,
        correlate: Optional[Mapping[tuple[str, str], float]],
        replicates: int,
        cell_seed: Optional[int],
    ) -> None:
        """In what cells differ."""
        if vary is None:
            texts: list[str] = []
        elif isinstance(vary, str):
            texts = [vary]
        elif isinstance(vary, Mapping):
            texts = [f"{name}={factor}" for name, factor in vary.items()]
        else:
            texts = [str(one) for one in vary]
        if not texts and (correlate or replicates != 1 or cell_seed is not None):
            self.add(
                "correlate, replicates or cell_seed is given without vary",
                "cells do not differ",
                "Give vary",
            )
        self.fields["vary"] = texts
        self.fields["correlate"] = [
            f"{first},{second}={number}" for (first, second), number in (correlate or {}).items()
        ]
        self.count("replicates", replicates, 1)
        self.count("cell_seed", cell_seed, 0)

    def sisters(self, sisters: int, fork_at: Optional[float]) -> None:
        """Families of trajectories that share their past."""
        self.count("sisters", sisters, 1)
        self.amount("fork_at", fork_at, zero=True)

    def _signal(self, name: str, signal: Signal) -> tuple[str, str, list[float], list[float]]:
        """A file, or two columns of numbers."""
        if isinstance(signal, (str, os.PathLike)):
            return name, os.fspath(signal), [], []
        try:
            times, values = ([float(one) for one in column] for column in signal)
        except (TypeError, ValueError, OverflowError):
            needed = "the path of a CSV, or times and values, are needed"
            self.add(f"signal gives {name!r} {type(signal).__name__!r}", needed)
            return name, "", [], []
        return name, "", times, values

    def start(self, start_from: Union[PathLike, xarray.Dataset, None]) -> None:
        if start_from is None:
            return
        if isinstance(start_from, xarray.Dataset):
            source = start_from.encoding.get("source")
            if source is None:
                self.add(
                    "start_from is a result that has no file",
                    "its end states are read from there",
                    "Run it with output=, or write the path",
                )
                return
            start_from = str(source)
        self.fields["start_from"] = os.fspath(start_from)


def names_of(names: Names) -> list[str]:
    """A text with commas, or a list, as a list."""
    if isinstance(names, str):
        return [name.strip() for name in names.split(",")]
    return [str(name) for name in names]


def is_result_file(path: str) -> bool:
    """Whether a path has the ending of a result file."""
    return path.endswith(_RESULT_ENDINGS)
