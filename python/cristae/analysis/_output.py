"""Tables as text, CSV and JSON."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Mapping
from typing import Any, Optional

import numpy as np
import pandas as pd

import cristae
from cristae._errors import FileError, Finding


class Tables(dict[str, pd.DataFrame]):
    """Further tables of an answer, in ``attrs["tables"]``. Pandas compares the attributes of tables
    that it joins, and of data frames it cannot, so two of these are equal where they are one."""

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = None


def _cell(value: Any) -> str:
    """Four digits; whole numbers as they are; what is undefined as a dash."""
    if isinstance(value, (int, np.integer)) or isinstance(value, str):
        return str(value)
    number = float(value)
    if math.isnan(number):
        return "-"
    if number == int(number) if math.isfinite(number) else False:
        return f"{number:.0f}" if abs(number) < 1e6 else f"{number:.4g}"
    return f"{number:.4g}"


def _ends(name: str) -> tuple[str, str]:
    """The columns that hold the interval of a column."""
    return ("low", "high") if name in _MAIN else (f"{name}_low", f"{name}_high")


#: Columns whose ends are called low and high.
_MAIN = ("value", "bias", "survival", "correlation", "density", "distance", "difference")


def text_of(table: pd.DataFrame) -> str:
    """A table for people: intervals in brackets behind their value, without constant columns."""
    shown = table.copy(deep=False)
    if "parameter_set" in shown and "parameters" not in shown:
        shown = shown.drop(columns="parameter_set")
    if "result" in shown and shown["result"].nunique() == 1:
        shown = shown.drop(columns="result")
    columns: list[list[str]] = []
    right: list[bool] = []
    folded = {
        end for name in shown.columns for end in _ends(name) if set(_ends(name)) <= set(shown)
    }
    for name in shown.columns:
        if name in folded and name not in _MAIN:
            continue
        cells = [_cell(one) for one in shown[name]]
        low, high = _ends(name)
        if low in shown and high in shown:
            pairs = zip(cells, shown[low], shown[high])
            cells = [
                cell
                if math.isnan(float(a)) and math.isnan(float(b))
                else f"{cell} [{_cell(a)}, {_cell(b)}]"
                for cell, a, b in pairs
            ]
        columns.append([name, *cells])
        right.append(pd.api.types.is_numeric_dtype(shown[name]) and low not in shown)
    widths = [max(map(len, column)) for column in columns]
    lines = []
    for row in zip(*columns):
        cells = [
            cell.rjust(width) if end else cell.ljust(width)
            for cell, width, end in zip(row, widths, right)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines) + "\n"


def _plain(value: Any) -> Any:
    """What JSON can hold; what is undefined is null."""
    if isinstance(value, (np.integer, int)):
        return int(value)
    if isinstance(value, (np.floating, float)):
        return float(value) if math.isfinite(value) else None
    return str(value)


def json_of(question: str, table: pd.DataFrame, others: Mapping[str, pd.DataFrame]) -> str:
    """The same as JSON: tables as lists of rows."""

    def rows(one: pd.DataFrame) -> list[dict[str, Any]]:
        return [
            {str(key): _plain(value) for key, value in row.items()}
            for row in one.to_dict(orient="records")
        ]

    made: dict[str, Any] = {
        "question": question,
        "version": cristae.__version__,
        "notes": list(table.attrs.get("notes", [])),
        "table": rows(table),
    }
    made.update({name: rows(one) for name, one in others.items()})
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def csv_of(table: pd.DataFrame) -> str:
    """The same as CSV: numbers with all digits, what is undefined empty."""
    return str(table.to_csv(index=False, lineterminator="\n"))


def write(path: str, text: str, overwrite: bool) -> None:
    """Writes a file, "-" to standard output; raises FileError."""
    if path == "-":
        sys.stdout.write(text)
        return
    try:
        with open(path, "w" if overwrite else "x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        raise _error(f"'{path}' exists", "", "Use --overwrite to replace it") from None
    except OSError as error:
        raise _error(f"'{path}' cannot be written", str(error.strerror), "") from None


def _error(problem: str, reason: str, fix: str) -> FileError:
    return FileError([Finding("error", "", 0, 0, problem, reason, fix)])


def beside(path: str, name: str) -> str:
    """``noise.csv`` and ``points``: ``noise.points.csv``."""
    stem, ending = os.path.splitext(path)
    return f"{stem}.{name}{ending}"


def deliver(
    question: str,
    table: pd.DataFrame,
    others: Mapping[str, pd.DataFrame],
    *,
    shown: Mapping[str, pd.DataFrame],
    json_path: Optional[str],
    csv_path: Optional[str],
    overwrite: bool,
    quiet: bool,
) -> None:
    """Writes what was asked for, and prints the rest: tables on standard output, notes beside."""
    if csv_path is not None:
        write(csv_path, csv_of(table), overwrite)
        for name, other in others.items():
            if csv_path != "-":
                write(beside(csv_path, name), csv_of(other), overwrite)
    if json_path is not None:
        write(json_path, json_of(question, table, others), overwrite)
    if "-" in (csv_path, json_path):
        return
    if not (quiet and (csv_path or json_path)):
        sys.stdout.write(text_of(table))
        for name, other in shown.items():
            sys.stdout.write(f"\n{name}:\n{text_of(other)}")
    sys.stdout.flush()
    if not quiet:
        for note in table.attrs.get("notes", []):
            sys.stderr.write(f"note: {note}\n")
