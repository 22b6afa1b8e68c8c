"""cristae claims: what the literature says, checked by simulation."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

from .. import _native
from .._errors import (
    DeviceError,
    Error,
    FileError,
    InternalError,
    NetworkError,
    NumericalError,
    UsageError,
    VerificationError,
    usage_findings,
)
from .._network import networks
from . import _report, _robust
from ._ensemble import Settings
from ._file import Claims, read_claims
from ._verdict import FAILS, check

_EXIT: dict[type[Error], int] = {
    UsageError: 2,
    NetworkError: 3,
    NumericalError: 4,
    FileError: 5,
    DeviceError: 6,
    VerificationError: 7,
    InternalError: 1,
}
CLAIM_FAILS = 7


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cristae claims",
        description="Runs the claims of a network: each is an experiment against its control, with "
        "common random numbers. Exit code 7 if one fails. docs/biology.md says what the verdicts "
        "mean.",
        allow_abbrev=False,
    )
    parser.add_argument("network", nargs="?", default="all", help="its name, or all (default)")
    parser.add_argument("--file", metavar="TOML", help="claims from this file")
    parser.add_argument("--only", metavar="ID,ID", help="these claims only")
    parser.add_argument(
        "--trajectories", type=int, default=50, metavar="N", help="to begin with: 50"
    )
    parser.add_argument(
        "--limit", type=int, metavar="N", help="for claims that stay undecided: 8 times as many"
    )
    parser.add_argument("--confidence", type=float, default=0.95, metavar="C", help="0.95")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="1")
    parser.add_argument(
        "--max-events", type=int, default=20_000_000, metavar="N", help="with --robust: 20000000"
    )
    parser.add_argument("--engine", default="auto", metavar="ENGINE", help="auto")
    parser.add_argument("--threads", type=int, metavar="N", help="all cores")
    parser.add_argument(
        "--robust", type=int, metavar="M", help="vary the assumed constants, M sets"
    )
    parser.add_argument("--first-set", type=int, default=0, metavar="K", help="number of the first")
    parser.add_argument("--json", metavar="FILE", help="write everything; - is standard output")
    parser.add_argument("--markdown", metavar="FILE", help="write tables; - is standard output")
    parser.add_argument("--figure", metavar="FILE", help="with --robust: a picture, .svg or .png")
    parser.add_argument(
        "--from",
        dest="source",
        nargs="+",
        metavar="JSON",
        help="simulate nothing, show these",
    )
    parser.add_argument(
        "--robust-from", nargs="+", metavar="JSON", help="robustness, for --markdown and --figure"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress")
    return parser


def _claims_of(options: argparse.Namespace) -> list[Claims]:
    if options.file is not None:
        read = [read_claims(options.file)]
        if options.network not in ("all", read[0].network.name):
            name = read[0].network.name
            problem = f"'{options.file}' is about '{name}', not about '{options.network}'"
            raise UsageError(usage_findings([(problem, "", f"Leave out '{options.network}'")]))
    else:
        read = [read_claims(path) for path in _files(options.network)]
    if options.only:
        wanted = [one.strip() for one in options.only.split(",")]
        known = [claim.id for claims in read for claim in claims.claims]
        unknown = [one for one in wanted if one not in known]
        if unknown:
            problems = [(f"there is no claim '{one}'", "", "") for one in unknown]
            raise UsageError(usage_findings(problems))
        read = [_some(claims, wanted) for claims in read]
    return [claims for claims in read if claims.claims]


def _some(claims: Claims, wanted: Sequence[str]) -> Claims:
    kept = tuple(claim for claim in claims.claims if claim.id in wanted)
    return Claims(
        claims.network,
        claims.file,
        kept,
        claims.rest,
        claims.rest_time,
        claims.t_end,
        claims.sample_every,
    )


def _files(network: str) -> list[str]:
    if network == "all":
        found = [str(Path(one.path).with_name("claims.toml")) for one in networks()]
        return [path for path in found if os.path.exists(path)]
    if network.endswith(".toml") or os.sep in network:
        path = Path(network)
    else:
        known = {one.name: one.path for one in networks()}
        if network not in known:
            from ._expression import nearest

            problem = f"there is no network '{network}'"
            raise UsageError(usage_findings([(problem, "", nearest(network, list(known)))]))
        path = Path(known[network])
    beside = path.with_name("claims.toml")
    if not beside.exists():
        problem = f"'{network}' has no claims: '{beside}' is not there"
        raise UsageError(usage_findings([(problem, "", "Give --file")]))
    return [str(beside)]


class _Line:
    """One line on standard error that is written over, on terminals only."""

    def __init__(self, quiet: bool) -> None:
        self.shown = sys.stderr.isatty() and not quiet
        self.last = 0.0

    def __call__(self, text: str) -> None:
        if self.shown and time.monotonic() - self.last > 0.1:
            self.last = time.monotonic()
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        if self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _check_options(options: argparse.Namespace) -> None:
    found = []
    limit = options.limit if options.limit is not None else 8 * options.trajectories
    if options.trajectories < 1 or limit < options.trajectories:
        found.append((f"--trajectories is {options.trajectories}", f"1 to --limit ({limit})", ""))
    if not 0 < options.confidence < 1:
        found.append((f"--confidence is {options.confidence}", "a share between 0 and 1", ""))
    if options.robust is not None and options.robust < 2:
        found.append((f"--robust is {options.robust}", "2 sets are needed for a share", ""))
    if options.figure and options.robust is None and options.robust_from is None:
        found.append(("--figure is given without --robust", "", "Give both, or --robust-from"))
    options.limit = limit
    if found:
        raise UsageError(usage_findings(found))


def _settings(options: argparse.Namespace, claims: Claims) -> Settings:
    return Settings(
        options.seed,
        options.engine,
        options.threads,
        claims.t_end,
        claims.sample_every,
    )


def _verdicts(options: argparse.Namespace) -> dict[str, Any]:
    records: list[dict[str, Any]] = []
    ensembles: list[dict[str, Any]] = []
    settings = {
        "version": _native.version,
        "seed": options.seed,
        "confidence": options.confidence,
    }
    content = _report.document(settings, records, ensembles)
    line = _Line(options.quiet)
    for claims in _claims_of(options):
        verdicts, made = check(
            claims,
            _settings(options, claims),
            trajectories=options.trajectories,
            limit=options.limit,
            confidence=options.confidence,
            progress=line,
        )
        records += _report.verdict_records(claims, verdicts)
        ensembles += _report.ensembles_of(claims.network.name, made)
        content = _report.document(settings, records, ensembles)
        if options.json and options.json != "-":  # what is done is not lost with the rest
            _report.write_json(options.json, content)
    line.close()
    return content


def _run(options: argparse.Namespace) -> int:
    _check_options(options)
    if options.robust is not None:
        return _robust.command(options, _claims_of(options), _Line(options.quiet))
    if options.source:
        content = _report.merged(
            [_report.read_json(path) for path in options.source], options.network
        )
    else:
        content = _verdicts(options)
    if options.json:
        _report.write_json(options.json, content)
    robust = None
    if options.robust_from:
        files = [_report.read_json(path, _robust.FORMAT) for path in options.robust_from]
        robust = _robust.merged(files)
        if options.figure:
            _robust.figure(options.figure, robust)
    if options.markdown:
        _report.write_text(options.markdown, _report.markdown(content, robust))
    if "-" not in (options.json, options.markdown):
        print(_report.table(content["claims"]))
    failed = any(record["verdict"] == FAILS for record in content["claims"])
    return CLAIM_FAILS if failed else 0


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """The exit code of the command line: 0, or 7 if a claim fails, or that of an error."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except Error as error:
        print(error, file=sys.stderr)
        return next((code for kind, code in _EXIT.items() if isinstance(error, kind)), 1)
    except KeyboardInterrupt:
        return 130
