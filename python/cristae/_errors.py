"""Exceptions with everything that was found, and where."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Optional

if TYPE_CHECKING:
    import xarray

# severity, file, line, column, problem, reason, fix, text: as the extension module gives it.
FindingFields = tuple[str, str, int, int, str, str, str, str]

_WORD_VALUES = ("engine", "code", "isa", "keep")
_OPTION = re.compile(r"--(?P<name>[a-z][a-z-]*)(?P<value> (?:'[^']*'|[\w.+-]+))?")
_CALL = re.compile(r"\bcristae (resume|extend|merge)\b(?! [A-Z])")
_COMMAND = re.compile(r"`?cristae (?:run|replay|verify|inspect|export|pick|plot)\b")


def python_spelling(text: str) -> str:
    """The library's messages name options of the command line; here they are keyword arguments.

    A command line that stands in the text, from its ``cristae verify`` on, is left as it is.
    """
    command = _COMMAND.search(text)
    end = command.start() if command else len(text)

    def keyword(match: re.Match[str]) -> str:
        name = match["name"].replace("-", "_")
        value = (match["value"] or "").strip()
        if name == "overwrite":
            return f"overwrite=True{match['value'] or ''}"
        if value.startswith("'"):
            return f'{name}="{value[1:-1]}"'
        if value and name in _WORD_VALUES and value not in ("or",):
            return f'{name}="{value}"'
        if value and re.fullmatch(r"\d[\d.e+]*", value):
            return f"{name}={value}"
        return name + (match["value"] or "")

    return _CALL.sub(r"cristae.\1", _OPTION.sub(keyword, text[:end])) + text[end:]


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes
    ----------
    severity : ``"error"``, ``"warning"`` or ``"note"``
    file : the file it is in; empty where it is in none
    line, column : its place, counted from 1; 0: the whole file
    problem, reason, fix : what it is, why it matters, and what to do; the last two may be empty
    """

    severity: str
    file: str
    line: int
    column: int
    problem: str
    reason: str
    fix: str

    def __str__(self) -> str:
        """``file:line:column: error: problem (reason). fix.``"""
        where = f"{self.file}:{self.line}:{self.column}: " if self.line else ""
        if self.file and not self.line:
            where = f"{self.file}: "
        reason = f" ({self.reason})" if self.reason else ""
        fix = f" {self.fix}{'' if self.fix.endswith('?') else '.'}" if self.fix else ""
        return f"{where}{self.severity}: {self.problem}{reason}.{fix}"


def findings_of(fields: Iterable[FindingFields]) -> tuple[Finding, ...]:
    """Findings of the library, in the words of this package."""
    return tuple(
        Finding(
            severity,
            file,
            line,
            column,
            python_spelling(problem),
            python_spelling(reason),
            python_spelling(fix),
        )
        for severity, file, line, column, problem, reason, fix, _ in fields
    )


class CristaeWarning(UserWarning):
    """A run or a network that deserves a second look; the text says why."""


def warn(findings: Iterable[Finding]) -> list[str]:
    """Each finding as a CristaeWarning, at the place that called the package.

    Of notes, nothing is wrong: they are returned, for the attribute ``notes`` of the result.
    """
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_globals.get("__package__") == __package__:
        frame, level = frame.f_back, level + 1
    notes = []
    for finding in findings:
        if finding.severity == "note":
            notes.append(str(finding).removeprefix("note: "))
        else:
            warnings.warn(str(finding), CristaeWarning, stacklevel=level)
    return notes


class Error(Exception):
    """What all errors of Cristae are.

    The text has one line per finding, ``file:line:column: error: problem (reason). fix.``

    Attributes
    ----------
    findings : tuple of Finding
        All of them: a network file is checked to its end, and so are the arguments of a run.
    result : xarray.Dataset or None
        What there is nevertheless: the result of a run whose file could not be written, or that
        is not certified.

    Examples
    --------
    >>> import cristae
    >>> try:
    ...     cristae.load("isr2")
    ... except cristae.Error as error:
    ...     print(error.findings[0].fix)
    Did you mean 'isr'?
    """

    findings: tuple[Finding, ...]
    result: Optional[xarray.Dataset]

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        self.findings = tuple(findings)
        self.result = None
        super().__init__("\n".join(str(finding) for finding in self.findings))

    def __reduce__(self) -> tuple[type[Error], tuple[tuple[Finding, ...]]]:
        return type(self), (self.findings,)


class InternalError(Error, RuntimeError):
    """An internal error of Cristae: please report it."""


class UsageError(Error, ValueError):
    """Arguments that do not fit together, or that the network or the result does not have."""


class NetworkError(Error, ValueError):
    """The network is wrong; every finding has file, line and column."""


class NumericalError(Error, ArithmeticError):
    """A run that cannot be computed as asked for."""


class FileError(Error, OSError):
    """A file that cannot be read or written."""

    def __str__(self) -> str:
        return "\n".join(str(finding) for finding in self.findings)


class DeviceError(Error, RuntimeError):
    """An engine or a device that is not usable here."""


class VerificationError(Error, RuntimeError):
    """Bits that differ where they must agree, or a reaction that contradicts its propensity."""


_BY_CODE: dict[int, type[Error]] = {
    1: InternalError,
    2: UsageError,
    3: NetworkError,
    4: NumericalError,
    5: FileError,
    6: DeviceError,
    7: VerificationError,
}


def from_native(code: int, fields: Iterable[FindingFields]) -> Error:
    """What the extension module raises for an error of the library."""
    return _BY_CODE.get(code, InternalError)(findings_of(fields))


def usage_findings(
    found: Iterable[tuple[str, str, str]], severity: Literal["error", "warning"] = "error"
) -> tuple[Finding, ...]:
    """Findings of arguments: (problem, reason, fix)."""
    return tuple(
        Finding(severity, "", 0, 0, problem, reason, fix) for problem, reason, fix in found
    )
