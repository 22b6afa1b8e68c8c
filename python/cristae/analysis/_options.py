"""Command lines of the package's programs: read whole and strictly, all errors in one go."""

from __future__ import annotations

import argparse
import difflib
import math
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Callable, Literal, NoReturn, Optional

from cristae._errors import Error

from ._input import Found, refusal, spelled_as_options

Kind = Literal["flag", "text", "names", "pairs", "number", "numbers", "whole", "wholes", "choice"]


@dataclass(frozen=True)
class Option:
    """``--name VALUE``."""

    name: str
    placeholder: str
    help: str
    kind: Kind = "text"
    known: tuple[str, ...] = ()  #: of a choice
    default: Any = None
    least: float = -math.inf  #: of numbers
    most: float = math.inf
    needed: bool = False

    @property
    def key(self) -> str:
        return {"from": "start", "to": "end"}.get(self.name, self.name.replace("-", "_"))


@dataclass(frozen=True)
class Program:
    """A command line: ``cristae WORDS POSITIONAL... [OPTION...]``."""

    words: str
    purpose: str
    positional: str  #: placeholder; more than one may be given where it ends in "..."
    fix: str  #: what to give where it is missing
    options: Sequence[Option] = field(default_factory=tuple)

    @property
    def arguments(self) -> list[str]:
        """Names of the positional arguments."""
        return self.positional.removesuffix("...").split()

    @property
    def many(self) -> bool:
        """Whether there may be more."""
        return self.positional.endswith("...")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        text = message
        if message.startswith("argument ") and ": expected one argument" in message:
            option = message[len("argument ") :].partition(":")[0]
            text = f"{option} is without its value"
        raise refusal([(text, "", f"See {self.prog} --help")])


def split_names(text: str) -> list[str]:
    """Names between commas; commas in brackets belong to a name.

    >>> from cristae.analysis._options import split_names
    >>> split_names("CHOP[end], first(max(A, B) > 1)")
    ['CHOP[end]', 'first(max(A, B) > 1)']
    """
    names, depth, name = [], 0, ""
    for letter in text:
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            names.append(name.strip())
            name = ""
        else:
            name += letter
    return [*names, name.strip()]


def _number(text: str) -> Optional[float]:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _read(option: Option, given: list[str], found: Found) -> Any:
    """The value of an option, or None and what is wrong with it."""
    listed = option.kind in ("names", "pairs", "numbers", "wholes")
    if len(given) > 1 and not listed:
        found.append((f"--{option.name} is given {len(given)} times", "", "Give it once"))
        return None
    if option.kind == "text":
        return given[0]
    if option.kind == "choice":
        if given[0] in option.known:
            return given[0]
        near = difflib.get_close_matches(given[0], option.known, 1)
        fix = f"Did you mean '{near[0]}'?" if near else ""
        known = f"known: {', '.join(option.known)}"
        found.append((f"--{option.name} is '{given[0]}'", known, fix))
        return None
    names = [name for text in given for name in split_names(text)]
    if option.kind == "names":
        if "" in names:
            found.append((f"--{option.name} is '{given[0]}'", "a name in it is empty", ""))
        return names
    if option.kind == "pairs":
        pairs = []
        for name in names:
            left, equals, right = name.rpartition("=")
            if not equals or not left.strip() or not right.strip():
                needed = f"{option.placeholder} is needed"
                found.append((f"--{option.name} is '{name}'", needed, ""))
            else:
                pairs.append((left.strip(), right.strip()))
        return pairs
    numbers = []
    for name in names if listed else given:
        number = _number(name)
        whole = option.kind in ("whole", "wholes")
        good = number is not None and option.least <= number <= option.most
        if number is None or not good or (whole and number != math.floor(number)):
            needed = "a whole number" if whole else "a number"
            if option.least > -math.inf and option.most < math.inf:
                needed += f" from {option.least:g} to {option.most:g}"
            elif option.least > -math.inf:
                needed += f", {option.least:g} or more,"
            found.append((f"--{option.name} is '{name}'", f"{needed} is needed", ""))
        else:
            numbers.append(int(number) if whole else number)
    if listed:
        return numbers
    return numbers[0] if numbers else None


def parse(program: Program, arguments: Sequence[str]) -> Optional[dict[str, Any]]:
    """Values by option, with ``positional``; None where help was asked for and printed.

    Raises UsageError with every finding.
    """
    parser = _Parser(
        prog=f"cristae {program.words}",
        description=program.purpose,
        add_help=False,
        allow_abbrev=False,
    )
    parser.add_argument("positional", nargs="*", metavar=program.positional)
    parser.add_argument("-h", "--help", action="store_true", help="Print this help")
    for option in program.options:
        if option.kind == "flag":
            parser.add_argument(
                f"--{option.name}", dest=option.key, action="store_true", help=option.help
            )
        else:
            parser.add_argument(
                f"--{option.name}",
                dest=option.key,
                action="append",
                metavar=option.placeholder,
                help=option.help.replace("%", "%%"),
            )
    parsed, rest = parser.parse_known_intermixed_args(list(arguments))
    if parsed.help:
        usage = f"usage: cristae {program.words} {program.positional} [OPTION...]\n"
        text = parser.format_help()
        sys.stdout.write(usage + text[text.index("\n\n") + 1 :])
        return None
    found: Found = []
    positional = list(parsed.positional)
    names = [f"--{option.name}" for option in program.options] + ["--help"]
    for word in rest:
        if word.startswith("-"):
            name = word.partition("=")[0]
            near = difflib.get_close_matches(name, names, 1)
            fix = f"Did you mean '{near[0]}'?" if near else f"See cristae {program.words} --help"
            found.append((f"unknown option '{name}'", "", fix))
    if found:
        raise refusal(found)  # the value of an unknown option would only confuse
    for word in rest:
        found.append((f"unexpected argument '{word}'", "", ""))
    expected = program.arguments
    for name in expected[len(positional) :]:
        found.append((f"{name} is missing", "", program.fix))
    for word in positional[len(expected) :] if not program.many else ():
        found.append((f"unexpected argument '{word}'", "", f"See cristae {program.words} --help"))
    values: dict[str, Any] = {"positional": positional}
    for option in program.options:
        given = getattr(parsed, option.key)
        if option.kind == "flag":
            values[option.key] = bool(given)
        elif given is None:
            values[option.key] = option.default
            if option.needed:
                meaning = option.help[0].lower() + option.help[1:]
                usage = f"Give --{option.name} {option.placeholder}: {meaning}"
                found.append((f"--{option.name} is missing", "", usage))
        else:
            values[option.key] = _read(option, given, found)
    if found:
        raise refusal(found)
    return values


def run_program(work: Callable[[], None]) -> int:
    """Runs a program's work; turns exceptions into messages and exit codes."""
    codes = {2: "UsageError", 3: "NetworkError", 4: "NumericalError", 5: "FileError"}
    codes.update({6: "DeviceError", 7: "VerificationError"})
    try:
        with spelled_as_options():
            work()
        sys.stdout.flush()
    except Error as error:
        sys.stderr.write(f"{error}\n")
        names = [one.__name__ for one in type(error).__mro__]
        return next((code for code, name in codes.items() if name in names), 1)
    except BrokenPipeError:
        sys.stderr.close()  # a reader that has read enough is no error
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        traceback.print_exc()  # for a report
        sys.stderr.write(f"error: internal: {type(error).__name__}: {error}\n")
        return 1
    return 0
