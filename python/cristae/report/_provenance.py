"""Where a result comes from, and the command line that makes it again."""

from __future__ import annotations

import re
import shlex
from typing import Any, Optional

import numpy as np
import xarray

from .. import _native
from .._errors import Error
from .._network import Network, _folders
from ._numbers import exact

_STATUS = "trajectories_"
#: The budget of a run that names none.
_MAX_EVENTS = 2**40
_FIRST = re.compile(r"first\((?P<condition>.*)\)", re.DOTALL)


def _values_set(result: xarray.Dataset) -> list[tuple[str, float]]:
    if "set" not in result.dims:
        return []
    return list(zip(result["set"].values.tolist(), result["set_value"].values.tolist()))


def _signals(result: xarray.Dataset) -> list[tuple[str, str]]:
    """Parameters that followed a file, and the file; none where the network names it."""
    if "signal" not in result.dims or "signal_file" not in result:
        return []
    return list(zip(result["signal"].values.tolist(), result["signal_file"].values.tolist()))


def label_of(result: xarray.Dataset) -> str:
    """A short name: the condition and what was set besides."""
    attrs = result.attrs
    parts = [str(attrs.get("condition", "")) or "as it stands"]
    parts += [f"{name} = {exact(value)}" for name, value in _values_set(result)]
    label = ", ".join(parts)
    if "parameter_set" in result.dims:
        return f"sweep of {', '.join(result['swept'].values.tolist())}"
    return f"{label}, mean field" if str(attrs.get("engine")) == "ode" else label


def _whole(value: Any) -> str:
    return f"{int(value):,}".replace(",", "\u202f")


def _statuses(result: xarray.Dataset) -> list[tuple[str, int]]:
    return [
        (name[len(_STATUS) :], int(value))
        for name, value in result.attrs.items()
        if name.startswith(_STATUS) and name != "trajectories_requested"
    ]


def facts_of(result: xarray.Dataset, network: Optional[Network]) -> list[list[str]]:
    """Name and value of everything that says what a result is."""
    attrs = result.attrs
    unit = str(attrs.get("time_unit", ""))
    condition = str(attrs.get("condition", ""))
    if network is not None and condition in network.conditions:
        label = network.conditions[condition].label
        condition += f" ({label})" if label else ""
    facts = [("Network", str(attrs["network"]))]
    facts += [("Condition", condition or "none: the network as it stands")]
    values = ", ".join(f"{name} = {exact(value)}" for name, value in _values_set(result))
    facts += [("Set", values)]
    signals = [f"{parameter} from {file}" for parameter, file in _signals(result)]
    facts += [("Signals", ", ".join(signals)), ("Twins of", str(attrs.get("twin", "")))]
    if "varied" in result.dims:
        facts += [("Differs between cells", ", ".join(result["varied"].values.tolist()))]
    if "swept" in result.dims:
        swept = ", ".join(result["swept"].values.tolist())
        facts += [("Swept", f"{swept}; {_whole(result.sizes['parameter_set'])} parameter sets")]
        if "set_condition" in result:
            names = dict.fromkeys(str(one) for one in result["set_condition"].values.tolist())
            facts += [("Conditions", ", ".join(one for one in names if one))]
    mean_field = str(attrs.get("engine")) == "ode"
    facts += [("Engine", "ode (mean field)" if mean_field else str(attrs.get("engine", "")))]
    if not mean_field:
        each = " in each set" if "swept" in result.dims else ""
        asked = int(attrs.get("trajectories_requested", attrs.get("trajectories", 0)))
        if asked != int(attrs.get("trajectories", 0)) and not attrs.get("until"):
            each += f", of {_whole(asked)} that were asked for"
        facts += [
            ("Trajectories", _whole(attrs.get("trajectories", 0)) + each),
            ("First trajectory", _whole(attrs.get("first", 0))),
            ("Replicates of a cell", _whole(attrs.get("replicates", 1))),
            ("Seed", str(int(attrs.get("seed", 0)))),
            ("Events", _whole(attrs["events"]) if "events" in attrs else ""),
        ]
        counts = [f"{_whole(count)} {name}" for name, count in _statuses(result) if count]
        facts += [("How they ended", ", ".join(counts))]
    facts += [("Time", f"0 to {exact(attrs['t_end'])} {unit}" if "t_end" in attrs else "")]
    if float(attrs.get("burn_in", 0)) > 0:
        facts += [("Burn-in", f"{exact(attrs['burn_in'])} {unit}")]
    facts += [
        ("Started from", str(attrs.get("start_from", ""))),
        ("Until", str(attrs.get("until", ""))),
        ("Certificate", "" if mean_field else str(attrs.get("certificate", ""))),
        ("Contract hash", "" if mean_field else str(attrs.get("contract_hash", ""))),
        ("Statistics hash", "" if mean_field else str(attrs.get("statistics_hash", ""))),
        ("Version", f"Cristae {attrs['version']}" if "version" in attrs else ""),
        ("Run", str(attrs.get("status", ""))),
    ]
    dull = {"Replicates of a cell": "1", "First trajectory": "0"}
    return [[name, value] for name, value in facts if value and dull.get(name) != value]


def _is_bundled(result: xarray.Dataset, network: Optional[Network]) -> bool:
    name = str(result.attrs["network"])
    if network is None or not re.fullmatch(r"[A-Za-z0-9_]+", name):
        return False
    try:
        found = Network(_native.read_file(_native.find(name, _folders())))
    except Error:
        return False
    return found == network


def network_file(name: str) -> str:
    """A file name for a network, whatever its name is."""
    return (re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:60] or "network") + ".toml"


def _grid(result: xarray.Dataset, network: Optional[Network]) -> list[str]:
    """The options that give the same end and the same sample times."""
    times = result["time"].values
    end = float(result.attrs.get("t_end", times[-1]))
    options = []
    if network is None or network.t_end != end:
        options += ["--t-end", exact(end)]
    if len(times) < 2:
        return options
    step = float(times[1])
    by_step = np.append(np.arange(len(times) - 1) * step, end)
    if network is not None and network.sample_every == step and np.array_equal(times, by_step):
        return options
    if np.allclose(np.diff(times), end / (len(times) - 1), rtol=1e-9):
        return [*options, "--samples", str(len(times) - 1)]
    return [*options, "--sample-every", exact(step)]


def _kept(result: xarray.Dataset) -> list[str]:
    """The options that keep the same of single trajectories."""
    if "realization" not in result.dims:
        return ["--keep", "none"] if "parameter_set" not in result.dims else []
    features = result["feature"].values.tolist() if "feature" in result.dims else []
    passages = [match["condition"] for one in features if (match := _FIRST.fullmatch(one))]
    plain = [one for one in features if not _FIRST.fullmatch(one)]
    columns = [
        f"{name}[end]"
        for kind in ("observable", "species")
        if kind in result.dims
        for name in result[kind].values.tolist()
    ]
    options = [part for condition in passages for part in ("--first-passage", condition)]
    if plain and sorted(set(plain)) != sorted(set(columns)):
        options += ["--keep", ",".join(plain)]
    return options


def command_of(result: xarray.Dataset, network: Optional[Network]) -> str:
    """The command that makes this result again; for a sweep only where the file says how."""
    attrs = result.attrs
    if attrs.get("command"):
        return str(attrs["command"])
    if "parameter_set" in result.dims:
        return ""
    name = str(attrs["network"])
    words = ["cristae", "run", name if _is_bundled(result, network) else network_file(name)]
    if attrs.get("condition"):
        words += ["--condition", str(attrs["condition"])]
    for parameter, value in _values_set(result):
        words += ["--set", f"{parameter}={exact(value)}"]
    for parameter, file in _signals(result):
        words += ["--signal", f"{parameter}={file}"]
    twins = str(attrs.get("twin", ""))
    words += ["--twin", twins] if twins else []
    mean_field = str(attrs.get("engine")) == "ode"
    if str(attrs.get("engine")) in ("ode", "reference"):
        words += ["--engine", str(attrs["engine"])]
    if not mean_field:
        words += ["--trajectories", str(int(attrs.get("trajectories", 0)))]
        words += ["--seed", str(int(attrs.get("seed", 1)))]
        if int(attrs.get("first", 0)):
            words += ["--first", str(int(attrs["first"]))]
        if int(attrs.get("replicates", 1)) > 1:
            words += ["--replicates", str(int(attrs["replicates"]))]
    words += _grid(result, network)
    if float(attrs.get("burn_in", 0)) > 0:
        words += ["--burn-in", exact(attrs["burn_in"])]
    if attrs.get("start_from"):
        words += ["--start-from", str(attrs["start_from"])]
    if not mean_field and int(attrs.get("max_events", _MAX_EVENTS)) != _MAX_EVENTS:
        words += ["--max-events", str(int(attrs["max_events"]))]
    if attrs.get("stop_when"):
        words += ["--stop-when", str(attrs["stop_when"])]
    if network is not None:
        every = [*network.observables, *network.species]
        columns = [
            one
            for kind in ("observable", "species")
            if kind in result.dims
            for one in result[kind].values.tolist()
            if not (twins and one.endswith("_twin"))
        ]
        if columns != every:
            words += ["--select", ",".join(columns)]
    words += _kept(result) if not mean_field else []
    words += ["--covariance"] if "covariance" in result else []
    source = str(result.encoding.get("source", "")).replace("\\", "/").rpartition("/")[2]
    words += ["--output", source or "result.h5"]
    return shlex.join(words)
