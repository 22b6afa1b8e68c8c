"""Ensembles of experiments: simulated once, extended on demand, shared by claims."""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

import numpy as np

from cristae._toml import loads

from .. import _dataset
from .._errors import CristaeWarning, NumericalError, usage_findings
from .._network import Network, load
from .._run import run
from ._expression import Array
from ._file import Experiment


@dataclass(frozen=True)
class Settings:
    """How ensembles are simulated."""

    seed: int = 1
    engine: str = "auto"
    threads: Optional[int] = None
    t_end: Optional[float] = None
    sample_every: Optional[float] = None
    max_events: Optional[int] = None
    code: Optional[str] = None

    def arguments(self) -> dict[str, Any]:
        given = {
            "engine": self.engine,
            "threads": self.threads,
            "t_end": self.t_end,
            "sample_every": self.sample_every,
            "max_events": self.max_events,
            "code": self.code,
        }
        return {key: value for key, value in given.items() if value is not None}


@dataclass
class Ensemble:
    """Courses of all trajectories of one experiment, by name: [trajectory, time]."""

    times: Array
    courses: dict[str, Array]
    events: int = 0
    contract_hashes: list[str] = field(default_factory=list)

    @property
    def trajectories(self) -> int:
        return len(next(iter(self.courses.values()))) if self.courses else 0


def conditioned(
    network: Network, experiment: Experiment, state: Optional[Mapping[str, int]]
) -> tuple[Network, Optional[str]]:
    """The network with a condition of its own, where initial counts differ from the condition's.

    With `state`, every species starts there, but those that the condition and the experiment set.
    """
    if not experiment.initial and state is None:
        return network, experiment.condition
    tables = _toml_condition(network, experiment.condition)
    initial = {**(state or {}), **tables.get("initial", {}), **dict(experiment.initial)}
    name = "the experiment of a claim"
    lines = ["", f'[conditions."{name}"]', f'label = "{name}"']
    for key, values in (("set", tables.get("set", {})), ("initial", initial)):
        if values:
            pairs = ", ".join(f"{json.dumps(one)} = {value!r}" for one, value in values.items())
            lines.append(f"{key} = {{ {pairs} }}")
    if tables.get("at"):
        lines.append("at = [")
        for change in tables["at"]:
            parts = [f"time = {change['time']!r}"]
            for key in ("set", "add"):
                if change.get(key):
                    pairs = ", ".join(f"{json.dumps(k)} = {v!r}" for k, v in change[key].items())
                    parts.append(f"{key} = {{ {pairs} }}")
            lines.append("  { " + ", ".join(parts) + " },")
        lines.append("]")
    return load(network.to_toml() + "\n".join(lines) + "\n"), name


def _toml_condition(network: Network, condition: Optional[str]) -> dict[str, Any]:
    conditions = loads(network.to_toml()).get("conditions", {})
    found: dict[str, Any] = conditions.get(condition, {}) if condition else {}
    return found


def simulate(
    network: Network,
    experiment: Experiment,
    columns: Iterable[str],
    first: int,
    count: int,
    settings: Settings,
    *,
    set: Optional[Mapping[str, float]] = None,
    state: Optional[Mapping[str, int]] = None,
) -> Ensemble:
    """Trajectories `first` to `first + count - 1` of an experiment.

    The same seed and numbers give the same random numbers in every experiment: trajectory i of one
    ensemble and trajectory i of another are a pair.
    """
    names = sorted(columns)
    own, condition = conditioned(network, experiment, state)
    with tempfile.TemporaryDirectory(prefix="cristae-claims-") as folder:
        path = os.path.join(folder, "raw.h5")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CristaeWarning)
            result = run(
                own,
                condition=condition,
                set={**(set or {}), **dict(experiment.set)},
                trajectories=count,
                first=first,
                seed=settings.seed,
                select=names,
                keep="none",
                histogram_times=0,
                certify=0,
                raw=True,
                output=path,
                progress=False,
                **settings.arguments(),
            )
        read = _dataset.open(path)
        status = np.asarray(read["status"].values)
        if np.any(status > 1):
            early = int(np.count_nonzero(status > 1))
            problem = f"{early} of {count} trajectories of '{experiment}' ended early"
            reason = "their courses have no value behind that time"
            raise NumericalError(usage_findings([(problem, reason, "")]))
        courses = {}
        for name in names:
            kind = "observable" if name in network.observables else "species"
            raw = read[f"{kind}_raw"].sel({kind: name})
            courses[name] = np.array(raw.values, dtype=np.float64)
        times = np.array(read["time"].values, dtype=np.float64)
    attributes = result.attrs
    return Ensemble(times, courses, int(attributes["events"]), [str(attributes["contract_hash"])])


class Ensembles:
    """The ensembles of one network: each experiment is simulated once, for all claims."""

    def __init__(self, network: Network, settings: Settings) -> None:
        self.network, self.settings = network, settings
        self.columns: dict[Experiment, set[str]] = {}
        self.made: dict[Experiment, Ensemble] = {}

    def need(self, experiment: Experiment, columns: Iterable[str]) -> None:
        """Names that somebody will ask for."""
        self.columns.setdefault(experiment, set()).update(columns)

    def get(self, experiment: Experiment, trajectories: int) -> Ensemble:
        """At least so many trajectories; those there are go on."""
        have = self.made.get(experiment)
        done = 0 if have is None else have.trajectories
        if have is not None and done >= trajectories:
            return have
        more = simulate(
            self.network,
            experiment,
            self.columns[experiment],
            done,
            trajectories - done,
            self.settings,
        )
        if have is None:
            self.made[experiment] = more
        else:
            for name, course in more.courses.items():
                have.courses[name] = np.concatenate([have.courses[name], course])
            have.events += more.events
            have.contract_hashes += more.contract_hashes
        return self.made[experiment]
