"""Networks: bundled, from files, from text, and built in Python."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Optional, Union

from . import _native
from ._errors import UsageError, findings_of, usage_findings, warn

#: What stands for a network: one that was loaded, a bundled name, a path, or TOML text.
NetworkLike = Union["Network", str, "os.PathLike[str]"]

_TEXT_FILE = "<text>"


@dataclass(frozen=True)
class _Entry:
    id: str
    label: str
    unit: str
    grade: str
    source: str
    note: str


@dataclass(frozen=True)
class Species(_Entry):
    """A species: copy number at time 0, and the compartment it is in (empty: none)."""

    initial: int
    compartment: str


@dataclass(frozen=True)
class Parameter(_Entry):
    """A parameter: its value, in `unit`, and the bounds within which it has a meaning."""

    value: float
    bounds: tuple[float, float]


@dataclass(frozen=True)
class Rule(_Entry):
    """A named expression."""

    expression: str


@dataclass(frozen=True)
class Reaction(_Entry):
    """A reaction.

    `kind` is ``"mass_action"``, where `law` is the stochastic rate constant, or ``"rate"``, where
    it is the whole propensity in events per time unit.
    """

    equation: str
    kind: str
    law: str


@dataclass(frozen=True)
class Observable(_Entry):
    """A quantity that is reported."""

    expression: str


@dataclass(frozen=True)
class Event(_Entry):
    """A change that the state or the time triggers: SBML's event.

    `set` has the values of species and parameters as expressions; `delay` and `priority` are empty
    where there is none.
    """

    trigger: str
    set: Mapping[str, str]
    delay: str
    priority: str
    persistent: bool
    initial_value: bool
    values_from_trigger_time: bool


@dataclass(frozen=True)
class Condition(_Entry):
    """A named experiment; the network's text says what it changes."""


def _entries(kind: type[Any], listed: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    names = [field.name for field in fields(kind)]
    return {one["id"]: kind(**{name: one[name] for name in names}) for one in listed}


class Network:
    """A reaction network, read and checked. `load` and `build` make one.

    Attributes
    ----------
    name, title, description, time_unit : str
    species, parameters, rules, reactions, observables, events, conditions : dict
        By id, in the order of the file.
    varied : tuple of str
        Entries of its section ``[vary]``, which `run` applies with ``vary="all"`` or their names.
    t_end, sample_every : float
        Defaults of a run, in time units; 0 where the network has none.
    file : str
        Where it came from; ``<text>`` for TOML text.

    Examples
    --------
    >>> import cristae
    >>> network = cristae.load("telegraph")
    >>> network
    <cristae.Network 'telegraph': 3 species, 4 reactions, 4 parameters, 3 observables>
    >>> network.parameters["off"].value
    5.0
    >>> network.reactions["transcription"].equation
    'G_on -> G_on + M'
    """

    def __init__(self, native: _native.Network) -> None:
        self._native = native
        read = native.describe()
        self.name: str = read["name"]
        self.title: str = read["title"]
        self.description: str = read["description"]
        self.time_unit: str = read["time_unit"]
        self.file: str = read["file"]
        self._text: str = read["text"]
        self.t_end: float = read["t_end"]
        self.sample_every: float = read["sample_every"]
        self.species: dict[str, Species] = _entries(Species, read["species"])
        self.parameters: dict[str, Parameter] = _entries(Parameter, read["parameters"])
        self.rules: dict[str, Rule] = _entries(Rule, read["rules"])
        self.reactions: dict[str, Reaction] = _entries(Reaction, read["reactions"])
        self.observables: dict[str, Observable] = _entries(Observable, read["observables"])
        self.events: dict[str, Event] = _entries(Event, read["events"])
        self.conditions: dict[str, Condition] = _entries(Condition, read["conditions"])
        self.varied: tuple[str, ...] = tuple(one["id"] for one in read["varied"])

    def to_toml(self) -> str:
        """The network as TOML text: the file as it was read, or what `build` made.

        ``load(network.to_toml())`` is the same network.

        Examples
        --------
        >>> import cristae
        >>> text = cristae.load("telegraph").to_toml()
        >>> cristae.load(text).to_toml() == text
        True
        """
        return self._text

    def to_sbml(self, condition: str = "") -> str:
        """The network as SBML Level 3 Version 2, under one of its conditions or none.

        Amounts are in items, and kinetic laws are the propensities.

        Warns
        -----
        CristaeWarning
            What SBML has no place for: observables that count firings, the variation of cells,
            other conditions.

        Examples
        --------
        >>> import cristae
        >>> cristae.load("dimerisation").to_sbml().count("<reaction ")
        2
        """
        text, left_out = self._native.sbml(condition)
        warn(findings_of(left_out))
        return text

    def __repr__(self) -> str:
        counts = (
            (len(self.species), "species", "species"),
            (len(self.reactions), "reaction", "reactions"),
            (len(self.parameters), "parameter", "parameters"),
            (len(self.rules), "rule", "rules"),
            (len(self.observables), "observable", "observables"),
            (len(self.events), "event", "events"),
            (len(self.conditions), "condition", "conditions"),
        )
        words = ", ".join(
            f"{count} {one if count == 1 else several}" for count, one, several in counts if count
        )
        return f"<cristae.Network {self.name!r}: {words}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Network) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return _from_text, (self._text, self.file)


def _from_text(text: str, file: str) -> Network:
    return Network(_native.read_text(text, file))


def _folders() -> list[str]:
    """Where bundled networks are: the folder of CRISTAE_NETWORKS, and those of the package."""
    own = [os.environ["CRISTAE_NETWORKS"]] if os.environ.get("CRISTAE_NETWORKS") else []
    return [*own, str(Path(__file__).parent / "networks")]


def load(network: NetworkLike) -> Network:
    """Reads a network.

    Parameters
    ----------
    network : str, path or Network
        The name of a bundled network; the path of a network file (a `Path`, or a text with a
        slash or an ending such as ``.toml``, ``.xml``, ``.net`` or ``.ant``); or text of more than
        one line: TOML, SBML or a network of BioNetGen. A Network is handed back.

    Returns
    -------
    Network

    Raises
    ------
    NetworkError
        With every finding of the file and its ``file:line:column``, or if no bundled network has
        that name.
    FileError
        If the file cannot be read.

    Warns
    -----
    CristaeWarning
        What a reader of the file should know, such as a reaction that changes nothing.

    Examples
    --------
    >>> import cristae
    >>> cristae.load("birth_death").title
    'Linear birth-death process'
    >>> cristae.load('''
    ... [network]
    ... name = "decay"
    ... time_unit = "h"
    ... [species]
    ... A = 100
    ... [reactions]
    ... decay = { equation = "A -> 0", mass_action = "0.5" }
    ... ''')
    <cristae.Network 'decay': 1 species, 1 reaction>
    """
    if isinstance(network, Network):
        return network
    if isinstance(network, str) and "\n" in network:
        native = _native.read_text(network, _TEXT_FILE)
    elif isinstance(network, str):
        native = _native.read_file(_native.find(network, _folders()))
    else:
        native = _native.read_file(os.fspath(network))
    warn(finding for finding in findings_of(native.notes()) if finding.severity == "warning")
    return Network(native)


@dataclass(frozen=True)
class BundledNetwork:
    """A network that comes with Cristae."""

    name: str
    title: str
    species: int
    reactions: int
    path: str


def networks() -> list[BundledNetwork]:
    """The bundled networks, by name.

    They are looked for in the folder that the environment variable ``CRISTAE_NETWORKS`` names, and
    in the package.

    Examples
    --------
    >>> import cristae
    >>> [network.name for network in cristae.networks()][:3]
    ['birth_death', 'chain', 'coupled']
    """
    found = []
    for name, path in _native.bundled(_folders()):
        network = Network(_native.read_file(path))
        found.append(
            BundledNetwork(name, network.title, len(network.species), len(network.reactions), path)
        )
    return found


_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _text(name)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    """A value as TOML; tables are inline."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(str(name))} = {_value(one)}" for name, one in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if hasattr(value, "item"):  # a number of NumPy
        value = value.item()
    if isinstance(value, (int, float)):
        return repr(value)
    raise UsageError(
        usage_findings(
            [
                (
                    f"{value!r} has no form in TOML",
                    f"it is a {type(value).__name__}",
                    "Give numbers, texts, lists and dictionaries",
                )
            ]
        )
    )


def _section(name: str, entries: Optional[Mapping[str, Any]]) -> str:
    if not entries:
        return ""
    lines = "".join(f"{_key(id)} = {_value(entry)}\n" for id, entry in entries.items())
    return f"\n[{name}]\n{lines}"


def _reaction(entry: Any) -> Any:
    """("A -> B", "k") is short for mass action."""
    if isinstance(entry, tuple) and len(entry) == 2:
        constant = entry[1]
        return {
            "equation": entry[0],
            "mass_action": constant if isinstance(constant, str) else repr(float(constant)),
        }
    return entry


def build(
    name: str,
    *,
    species: Mapping[str, Any],
    reactions: Mapping[str, Any],
    parameters: Optional[Mapping[str, Any]] = None,
    rules: Optional[Mapping[str, Any]] = None,
    observables: Optional[Mapping[str, Any]] = None,
    events: Optional[Mapping[str, Mapping[str, Any]]] = None,
    conditions: Optional[Mapping[str, Mapping[str, Any]]] = None,
    compartments: Optional[Mapping[str, Any]] = None,
    time_unit: str = "s",
    title: Optional[str] = None,
    description: Optional[str] = None,
    t_end: Optional[float] = None,
    sample_every: Optional[float] = None,
) -> Network:
    """Makes a network of Python values; `Network.to_toml` prints it.

    The arguments are the sections of a network file, and what stands in an entry is what the
    `network format <network_format.md>`_ allows there: a number or a text for the short form, or a
    dictionary with all keys. The order of species and of reactions is part of the result.

    Parameters
    ----------
    name : str
    species : dict
        Copies at time 0 by id, or dictionaries with ``initial``, ``unit``, ``label``, ...
    reactions : dict
        ``("A + B -> C", "k")`` for mass action, or a dictionary with ``equation`` and one of
        ``mass_action`` (the stochastic rate constant) and ``rate`` (the whole propensity, in events
        per time unit).
    parameters : dict, optional
        Values by id, or dictionaries with ``value``, ``unit``, ``bounds``, ...
    rules, observables : dict, optional
        Expressions by id, or dictionaries with ``expression``.
    events : dict, optional
        Dictionaries with ``trigger`` and ``set``, and ``delay``, ``priority``, ...
    conditions : dict, optional
        Dictionaries with ``set``, ``initial`` and ``at``, a list of ``{"time": ..., "set": ...,
        "add": ...}``.
    compartments : dict, optional
    time_unit : str
        Of all times and rates. Nothing is converted.
    title, description : str, optional
    t_end, sample_every : float, optional
        Defaults of a run, in time units.

    Returns
    -------
    Network

    Raises
    ------
    NetworkError
        With every finding; line and column are those of the TOML text, which the exception's
        attribute ``toml`` holds.

    Examples
    --------
    >>> import cristae
    >>> network = cristae.build(
    ...     "dimers",
    ...     species={"A": 100, "A2": 0},
    ...     parameters={"k": {"value": 0.01, "unit": "1/min"}, "d": 0.5},
    ...     reactions={
    ...         "dimerise": ("2 A -> A2", "k"),
    ...         "decay": {"equation": "A2 -> 0", "rate": "d * A2 / (1 + A2)"},
    ...     },
    ...     observables={"all A": "A + 2 * A2"},
    ...     time_unit="min",
    ...     t_end=10,
    ...     sample_every=1,
    ... )
    >>> print(network.to_toml())
    [network]
    name = "dimers"
    time_unit = "min"
    <BLANKLINE>
    [parameters]
    k = { value = 0.01, unit = "1/min" }
    d = 0.5
    <BLANKLINE>
    [species]
    A = 100
    A2 = 0
    <BLANKLINE>
    [reactions]
    dimerise = { equation = "2 A -> A2", mass_action = "k" }
    decay = { equation = "A2 -> 0", rate = "d * A2 / (1 + A2)" }
    <BLANKLINE>
    [observables]
    "all A" = "A + 2 * A2"
    <BLANKLINE>
    [run]
    t_end = 10
    sample_every = 1
    <BLANKLINE>
    """
    head = {"name": name, "title": title, "time_unit": time_unit, "description": description}
    defaults = {"t_end": t_end, "sample_every": sample_every}
    text = _section("network", _given(head)).lstrip("\n")
    text += _section("compartments", compartments)
    text += _section("parameters", parameters)
    text += _section("species", species)
    text += _section("rules", rules)
    text += _section("reactions", {id: _reaction(one) for id, one in reactions.items()})
    text += _section("observables", observables)
    text += _section("events", events)
    for id, condition in (conditions or {}).items():
        text += _section(f"conditions.{_key(id)}", condition) or f"\n[conditions.{_key(id)}]\n"
    text += _section("run", _given(defaults))
    try:
        return load(text)
    except Exception as error:
        error.toml = text  # type: ignore[attr-defined]
        raise


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


class Text(str):
    """A text that a notebook and the interactive interpreter show as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self).rstrip("\n")


@dataclass(frozen=True)
class Device:
    """An engine and what it runs on; `reason` says why it is not usable, where it is not."""

    engine: str
    name: str
    detail: str
    usable: bool
    reason: str


def devices() -> list[Device]:
    """Engines and devices of this build and machine, usable or not.

    Examples
    --------
    >>> import cristae
    >>> [device.engine for device in cristae.devices() if device.usable][:2]
    ['cpu', 'reference']
    """
    return [Device(*fields) for fields in _native.devices()]
