"""claims.toml: read, and checked to its end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from cristae._toml import TOMLDecodeError, loads

from .._errors import FileError, Finding, NetworkError
from .._network import Network, load
from ._expression import NAMED, Expression, Mistake, nearest, parse

DIRECTIONS = ("up", "down", "unchanged")
#: A change by less than this share of the control is none.
SMALLEST = 0.02

_KEYS = (
    "statement",
    "source",
    "perturbation",
    "control",
    "observable",
    "statistic",
    "expected",
    "strength",
    "tolerance",
    "kind",
    "tier",
    "group",
    "note",
)
_NEEDED = ("statement", "source", "perturbation", "expected", "kind", "tier")
_KINDS = ("emergent", "direct")
_TIERS = ("core", "extra", "range")
_TOP = ("network", "t_end", "sample_every", "rest", "claims")


@dataclass(frozen=True)
class Experiment:
    """What one ensemble is: a condition, and what changes on top of it."""

    condition: Optional[str]
    set: tuple[tuple[str, float], ...] = ()
    initial: tuple[tuple[str, int], ...] = ()

    def __str__(self) -> str:
        changes = [f"{name}={value:g}" for name, value in self.set]
        changes += [f"{name}(0)={value}" for name, value in self.initial]
        return ", ".join([self.condition or "as it stands", *changes])


@dataclass(frozen=True)
class Claim:
    """One statement of the literature, as an experiment."""

    id: str
    statement: str
    source: str
    perturbation: Experiment
    control: Optional[Experiment]
    observable: str
    statistic: str
    expected: str
    strength: float
    kind: str
    tier: str
    group: str
    note: str
    relation: Expression
    #: What the direction is about, of the perturbed ensemble and of the control.
    estimate: Optional[Expression]
    line: int

    def columns(self, of_control: bool) -> frozenset[str]:
        return self.relation.control_names if of_control else self.relation.names


@dataclass(frozen=True)
class Claims:
    """The claims about one network."""

    network: Network
    file: str
    claims: tuple[Claim, ...]
    #: Rest, to which a varied parameter set settles first, and for how long.
    rest: Experiment
    rest_time: float
    t_end: Optional[float]
    sample_every: Optional[float]


class _Places:
    """Line and column of tables and keys. Of values inside inline tables, those of the key."""

    _TABLE = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(#.*)?$")
    _KEY = re.compile(r"\s*(?P<key>[A-Za-z0-9_-]+|\"[^\"]*\")\s*=\s*")

    def __init__(self, text: str) -> None:
        self.lines: dict[tuple[str, str], tuple[int, int]] = {}
        table = ""
        for number, line in enumerate(text.splitlines(), 1):
            if (head := self._TABLE.match(line)) is not None:
                table = head[1].replace('"', "")
                self.lines[table, ""] = (number, line.index("[") + 1)
            elif (key := self._KEY.match(line)) is not None:
                self.lines.setdefault((table, key["key"].strip('"')), (number, key.end() + 1))

    def of(self, table: str, key: str = "") -> tuple[int, int]:
        return self.lines.get((table, key), self.lines.get((table, ""), (1, 1)))


class _Reader:
    def __init__(self, file: str, text: str) -> None:
        self.file, self.places = file, _Places(text)
        self.found: list[Finding] = []
        self.data: dict[str, Any] = {}
        try:
            self.data = loads(text)
        except TOMLDecodeError as error:
            place = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
            line, column = (int(place[1]), int(place[2])) if place else (1, 1)
            problem = re.sub(r" \(at .*\)$", "", str(error))
            self.found.append(Finding("error", file, line, column, problem, "", ""))
            raise NetworkError(self.found) from None

    def add(
        self,
        table: str,
        key: str,
        problem: str,
        reason: str = "",
        fix: str = "",
        offset: int = 0,
    ) -> None:
        line, column = self.places.of(table, key)
        self.found.append(Finding("error", self.file, line, column + offset, problem, reason, fix))

    def unknown(self, table: str, given: Mapping[str, Any], known: Sequence[str]) -> None:
        for key in given:
            if key not in known:
                self.add(table, key, f"unknown key '{key}'", "", nearest(key, known))

    def text(self, table: str, given: Mapping[str, Any], key: str) -> str:
        value = given.get(key, "")
        if not isinstance(value, str):
            self.add(table, key, f"'{key}' is not a text")
            return ""
        return value

    def number(self, table: str, given: Mapping[str, Any], key: str) -> Optional[float]:
        value = given.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
            self.add(table, key, f"'{key}' is {value!r}", "a number above 0 is needed")
            return None
        return float(value)

    def experiment(
        self, table: str, given: Mapping[str, Any], key: str, network: Network
    ) -> Optional[Experiment]:
        value = given.get(key)
        if value is None:
            return None
        if isinstance(value, str):
            value = {"condition": value}
        if not isinstance(value, dict):
            self.add(table, key, f"'{key}' is neither a condition nor a table")
            return None
        for name in value:
            if name not in ("condition", "set", "initial"):
                fix = "Known are condition, set and initial"
                self.add(table, key, f"unknown key '{name}' in '{key}'", "", fix)
        condition = value.get("condition")
        if condition is not None and condition not in network.conditions:
            self.add(
                table,
                key,
                f"'{condition}' is no condition of '{network.name}'",
                "",
                nearest(str(condition), list(network.conditions)),
            )
        parameters = self.changes(table, key, value.get("set", {}), list(network.parameters))
        counts = self.changes(table, key, value.get("initial", {}), list(network.species))
        for name, count in counts:
            if count < 0 or count != int(count):
                self.add(table, key, f"'{name}' starts with {count:g}", "a count is needed")
        return Experiment(condition, parameters, tuple((name, int(n)) for name, n in counts))

    def changes(
        self, table: str, key: str, given: Any, known: Sequence[str]
    ) -> tuple[tuple[str, float], ...]:
        pairs = []
        for name, value in given.items() if isinstance(given, dict) else ():
            if name not in known:
                problem = f"'{name}' in '{key}' is not in the network"
                self.add(table, key, problem, "", nearest(name, known))
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                self.add(table, key, f"'{name}' in '{key}' is {value!r}", "a number is needed")
            else:
                pairs.append((name, float(value)))
        return tuple(sorted(pairs))

    def claim(self, id: str, network: Network, times: Sequence[float]) -> Optional[Claim]:
        table = f"claims.{id}"
        given = self.data["claims"][id]
        before = len(self.found)
        if not isinstance(given, dict):
            self.add("claims", id, f"claim '{id}' is not a table")
            return None
        self.unknown(table, given, _KEYS)
        for key in _NEEDED:
            if not given.get(key):
                self.add(table, key, f"claim '{id}' has no '{key}'")
        for key, known in (("kind", _KINDS), ("tier", _TIERS)):
            if given.get(key) and given[key] not in known:
                self.add(table, key, f"'{key}' is {given[key]!r}", "known: " + ", ".join(known))
        perturbation = self.experiment(table, given, "perturbation", network)
        control = self.experiment(table, given, "control", network)
        texts = {key: self.text(table, given, key) for key in _KEYS if key not in _NOT_TEXT}
        strength, tolerance = (self.number(table, given, key) for key in ("strength", "tolerance"))
        if len(self.found) > before or perturbation is None:
            return None
        relation, estimate = self.relation(
            table, texts, strength, tolerance, control, network, times
        )
        if relation is None:
            return None
        return Claim(
            id,
            texts["statement"],
            texts["source"],
            perturbation,
            control,
            texts["observable"],
            texts["statistic"],
            texts["expected"],
            strength or 1.0,
            texts["kind"],
            texts["tier"],
            texts["group"] or id,
            texts["note"],
            relation,
            estimate,
            self.places.of(table)[0],
        )

    def relation(
        self,
        table: str,
        texts: Mapping[str, str],
        strength: Optional[float],
        tolerance: Optional[float],
        control: Optional[Experiment],
        network: Network,
        times: Sequence[float],
    ) -> tuple[Optional[Expression], Optional[Expression]]:
        known = [*network.observables, *network.species]
        expected = texts["expected"]

        def parsed(text: str, key: str, is_relation: bool) -> Optional[Expression]:
            try:
                return parse(
                    text, known, times, has_control=control is not None, is_relation=is_relation
                )
            except Mistake as mistake:
                # Inside the quotes of a text that is the expression itself.
                offset = mistake.column + 1 if text == texts[key] else 0
                self.add(table, key, mistake.problem, mistake.reason, mistake.fix, offset)
                return None

        if expected not in DIRECTIONS:
            if texts["observable"] or texts["statistic"] or strength or tolerance:
                self.add(
                    table,
                    "expected",
                    "a relation is given together with observable, statistic, strength or "
                    "tolerance",
                    "the relation says it all",
                    f"Leave them out, or expect one of {', '.join(DIRECTIONS)}",
                )
                return None, None
            return parsed(expected, "expected", True), None
        observable, statistic = texts["observable"], texts["statistic"]
        if not observable or not statistic or control is None:
            self.add(
                table,
                "expected",
                f"'{expected}' needs observable, statistic and control",
                "a direction is relative to something",
            )
            return None, None
        form = NAMED.get(statistic)
        if form is None and re.fullmatch(r"at [0-9.e+-]+", statistic):
            form = "at({0}, " + statistic[3:] + ")"
        if form is None:
            fix = nearest(statistic, list(NAMED))
            self.add(table, "statistic", f"'{statistic}' is no statistic", "", fix)
            return None, None
        term = form.format(observable)
        estimate = parsed(term, "observable", False)
        if estimate is None:
            return None, None
        if expected == "unchanged":
            if strength:
                self.add(table, "strength", "'unchanged' has a strength", "", "Give a tolerance")
                return None, None
            share = tolerance or 0.1
            text = f"{1 - share:g} * control({term}) < {term} < {1 + share:g} * control({term})"
        else:
            if tolerance:
                self.add(table, "tolerance", f"'{expected}' has a tolerance", "", "Give a strength")
                return None, None
            factor = max(strength or 1.0, 1 + SMALLEST)
            if expected == "up":
                text = f"{term} > {factor:g} * control({term})"
            else:
                text = f"{factor:g} * {term} < control({term})"
        return parsed(text, "observable", True), estimate


_NOT_TEXT = ("perturbation", "control", "strength", "tolerance")


def _times(t_end: float, every: float) -> list[float]:
    count = int(t_end / every + 1e-9) if every > 0 else 0
    return [every * k for k in range(count + 1)] if count <= 1_000_000 else []


def read_claims(path: str, network: Optional[Network] = None) -> Claims:
    """Reads a file of claims.

    Without `network`, the file names it, or it is the one in the same folder. Raises NetworkError
    with every finding, and FileError.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        problem = f"the file cannot be opened ({error.strerror})"
        raise FileError([Finding("error", path, 0, 0, problem, "", "")]) from None
    except UnicodeDecodeError:
        raise FileError([Finding("error", path, 0, 0, "it is not UTF-8 text", "", "")]) from None
    reader = _Reader(path, text)
    data = reader.data
    reader.unknown("", data, _TOP)
    if network is None:
        name = reader.text("", data, "network")
        beside = Path(path).with_name("network.toml")
        network = load(name if name else beside)
    t_end, every = (reader.number("", data, key) for key in ("t_end", "sample_every"))
    times = _times(t_end or network.t_end, every or network.sample_every)
    rest, rest_time = _rest(reader, network)
    claims = data.get("claims", {})
    if not isinstance(claims, dict) or not claims:
        reader.add("claims", "", "there is no claim", "", "Write one as [claims.ID]")
        claims = {}
    read = [reader.claim(id, network, times) for id in claims]
    if reader.found:
        raise NetworkError(sorted(reader.found, key=lambda one: (one.line, one.column)))
    return Claims(
        network,
        path,
        tuple(claim for claim in read if claim is not None),
        rest,
        rest_time,
        t_end,
        every,
    )


def _rest(reader: _Reader, network: Network) -> tuple[Experiment, float]:
    given = reader.data.get("rest", {})
    if not isinstance(given, dict):
        reader.add("", "rest", "'rest' is not a table", "", "Write it as [rest]")
        given = {}
    reader.unknown("rest", given, ("condition", "time"))
    experiment = reader.experiment("rest", given, "condition", network)
    fallback = Experiment("basal" if "basal" in network.conditions else None)
    return experiment or fallback, reader.number("rest", given, "time") or network.t_end
