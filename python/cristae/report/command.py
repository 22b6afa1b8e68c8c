"""The command ``cristae-report``, which ``cristae report`` calls."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence
from typing import NoReturn, Optional

from .. import _native
from .._errors import (
    DeviceError,
    Error,
    FileError,
    NetworkError,
    NumericalError,
    UsageError,
    VerificationError,
    usage_findings,
)
from ._html import write

_EXIT_CODES: list[tuple[type[Error], int]] = [
    (UsageError, 2),
    (NetworkError, 3),
    (NumericalError, 4),
    (FileError, 5),
    (DeviceError, 6),
    (VerificationError, 7),
]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        fix = "cristae report --help lists the options"
        raise UsageError(usage_findings([(message, "", fix)]))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="cristae report",
        description="Makes one HTML file of results: figures, tables, and how to reproduce them. "
        "It needs no network and no server.",
        epilog="Exit codes: 0 done, 2 usage, 3 a network that cannot be read, 5 a file that "
        "cannot be read or written, or D3 is missing.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "results",
        nargs="+",
        metavar="RESULT.h5",
        help="what cristae run, sweep or run --engine ode wrote; several are drawn over each other",
    )
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE.html", help="the file that is written"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace it where it exists")
    parser.add_argument("--title", metavar="TEXT", help="instead of that of the network")
    parser.add_argument(
        "--label",
        action="append",
        metavar="TEXT",
        help="the name of a result in the figures; once for each, in their order",
    )
    parser.add_argument("--quiet", action="store_true", help="no line about what was written")
    parser.add_argument("--version", action="version", version=f"cristae {_native.version}")
    return parser


def _exit_code(error: Error) -> int:
    return next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), 1)


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Runs the command; the exit codes are those of ``cristae``."""
    try:
        options = _parser().parse_args(arguments)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a run had to say was said when it ran
            size = write(
                options.results,
                options.output,
                overwrite=options.overwrite,
                title=options.title,
                labels=options.label,
            )
        if not options.quiet:
            print(f"{options.output}: {size / 1e6:.1f} MB", file=sys.stderr)
    except Error as error:
        print(str(error), file=sys.stderr)
        return _exit_code(error)
    except KeyboardInterrupt:
        return 130
    return 0
