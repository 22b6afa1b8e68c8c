"""``cristae compare RESULT.h5 CELLS.csv``: a result against measured single cells."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Optional

from .command import common_options, missing_library


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """The program ``cristae-compare``; returns its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        from . import _options
    except ModuleNotFoundError as error:
        text = missing_library(error, "compare")
        if text is None:
            raise
        sys.stderr.write(text)
        return 2
    return _options.run_program(lambda: _compare(words))


def _program() -> Any:
    from ._options import Option, Program

    return Program(
        "compare",
        "A result against measured single cells, one per row of a CSV with a line of names.",
        "RESULT.h5 CELLS.csv",
        "Give a file that cristae run wrote with --output FILE.h5, and a CSV of cells",
        [
            Option("column", "QUANTITY=COLUMN", "What to compare: an observable, species or "
                   "feature and a column of the CSV; may be repeated", "pairs", needed=True),
            Option("time", "T", "Sample time of observables and species (default: the end)",
                   "number"),
            Option("capture", "P", "Chance that a molecule is seen (default: 1)", "number",
                   default=1.0),
            Option("background", "MEAN", "Mean of what is added to each cell (default: 0)",
                   "number", default=0.0),
            Option("background-cv", "CV", "Its coefficient of variation, of a gamma law "
                   "(default: Poisson)", "number"),
            Option("scale", "S", "What one molecule adds to the measured value (default: 1)",
                   "number", default=1.0),
            Option("resamples", "N", "Resampled and shuffled samples (default: 1000)", "whole",
                   default=1000, least=20, most=1e6),
            *common_options(),
        ],
    )  # fmt: skip


def _compare(words: list[str]) -> None:
    from . import _options, _output, compare

    values = _options.parse(_program(), words)
    if values is None:
        return
    given = values["positional"]
    measurement = compare.Measurement(
        values["capture"], values["background"], values["background_cv"], values["scale"]
    )
    made = compare.table(
        given[0],
        given[1],
        dict(values["column"]),
        time=values["time"],
        measurement=measurement,
        resamples=values["resamples"],
        level=values["level"],
        seed=values["seed"],
    )
    quantiles = {"quantiles": made.attrs["tables"]["quantiles"]}
    _output.deliver(
        "compare",
        made,
        quantiles,
        shown=quantiles,
        json_path=values["json"],
        csv_path=values["csv"],
        overwrite=values["overwrite"],
        quiet=values["quiet"],
    )
