"""Where a result comes from, and the command line that makes it again."""

from __future__ import annotations

import itertools
import re
import shlex
from typing import Any, NamedTuple, Optional

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


def _varied(result: xarray.Dataset) -> list[tuple[str, str]]:
    """What differs between cells, and the distribution of its factor."""
    if "varied" not in result.dims:
        return []
    names = result["varied"].values.tolist()
    known = "varied_factor" in result
    factors = result["varied_factor"].values.tolist() if known else [""] * len(names)
    return list(zip(names, factors))


def _of_each_set(result: xarray.Dataset) -> int:
    return int(result.attrs.get("trajectories", 0)) // max(1, int(result.sizes["parameter_set"]))


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
    if "parameter_set" not in result.dims:
        facts += [("Condition", condition or "none: the network as it stands")]
    values = ", ".join(f"{name} = {exact(value)}" for name, value in _values_set(result))
    facts += [("Set", values)]
    signals = [f"{parameter} from {file}" for parameter, file in _signals(result)]
    facts += [("Signals", ", ".join(signals)), ("Twins of", str(attrs.get("twin", "")))]
    varied = ", ".join(f"{name}: {factor}" for name, factor in _varied(result))
    facts += [("Differs between cells", varied)]
    if "swept" in result.dims:
        swept = ", ".join(result["swept"].values.tolist())
        facts += [("Swept", f"{swept}; {_whole(result.sizes['parameter_set'])} parameter sets")]
        if "set_condition" in result:
            names = dict.fromkeys(str(one) for one in result["set_condition"].values.tolist())
            facts += [("Conditions", ", ".join(one for one in names if one))]
    mean_field = str(attrs.get("engine")) == "ode"
    facts += [("Engine", "ode (mean field)" if mean_field else str(attrs.get("engine", "")))]
    if not mean_field:
        each = ""
        if "parameter_set" in result.dims:
            each = f", {_whole(_of_each_set(result))} of each parameter set"
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
    is_sweep = "parameter_set" in result.dims
    if "realization" not in result.dims:
        return [] if is_sweep else ["--keep", "none"]
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
    if plain and (is_sweep or sorted(set(plain)) != sorted(set(columns))):
        options += ["--keep", ",".join(plain)]
    return options


def _cells(result: xarray.Dataset) -> list[str]:
    """The options that give the same cells."""
    attrs = result.attrs
    words = [
        part
        for name, factor in _varied(result)
        for part in ("--vary", f"{name}={factor}" if factor else name)
    ]
    if "varied_correlation" in result:
        names, matrix = result["varied"].values.tolist(), result["varied_correlation"].values
        for i, first in enumerate(names):
            for j in range(i + 1, len(names)):
                if matrix[i, j] != 0:
                    words += ["--correlate", f"{first},{names[j]}={exact(matrix[i, j])}"]
    if int(attrs.get("replicates", 1)) > 1:
        words += ["--replicates", str(int(attrs["replicates"]))]
    if int(attrs.get("sisters", 1)) > 1:
        words += ["--sisters", str(int(attrs["sisters"])), "--fork-at", exact(attrs["fork_at"])]
    if words and int(attrs.get("cell_seed", attrs.get("seed", 1))) != int(attrs.get("seed", 1)):
        words += ["--cell-seed", str(int(attrs["cell_seed"]))]
    return words


def _swept(result: xarray.Dataset) -> Optional[list[str]]:
    """The options that give the same parameter sets; None where they are no grid."""
    sets = result["set_parameters"].transpose("parameter_set", "swept").values
    conditions = [str(one) for one in result["set_condition"].values.tolist()]
    names = list(dict.fromkeys(conditions))
    ranges = [list(dict.fromkeys(column.tolist())) for column in sets.T]
    grid = [[*values] for _ in names for values in itertools.product(*ranges)]
    order = [name for name in names for _ in range(len(conditions) // len(names))]
    if conditions != order or not np.array_equal(np.array(grid).reshape(sets.shape), sets):
        return None
    words: list[str] = []
    for name, values in zip(result["swept"].values.tolist(), ranges):
        words += ["--over", f"{name}=list({','.join(map(exact, values))})"]
    return [*words, *_under(names)]


def _under(conditions: list[str]) -> list[str]:
    """The options that sweep under these conditions."""
    if len(conditions) > 1:
        return ["--conditions", ",".join(conditions)]
    return ["--condition", conditions[0]] if conditions[0] else []


def _is_grid(result: xarray.Dataset) -> bool:
    return {"set_parameters", "set_condition"} <= set(result.variables) and (
        np.prod([len(np.unique(one)) for one in result["set_parameters"].values.T])
        * len(np.unique(result["set_condition"].values))
        == result.sizes["parameter_set"]
    )


class SetsFile(NamedTuple):
    """The parameter sets of a sweep as the file that ``--sets`` reads."""

    name: str
    text: str
    conditions: list[str]


def sets_of(result: xarray.Dataset) -> Optional[SetsFile]:
    """The sets of a design or a file; None for a grid, and where conditions have sets of their own,
    which one command does not give."""
    if not {"set_parameters", "set_condition"} <= set(result.variables):
        return None
    if _is_grid(result) and _swept(result) is not None:
        return None
    sets = result["set_parameters"].transpose("parameter_set", "swept").values
    conditions = [str(one) for one in result["set_condition"].values.tolist()]
    names = list(dict.fromkeys(conditions))
    size = len(conditions) // len(names)
    own = sets[:size]
    if sets.shape[1] == 0 or conditions != [name for name in names for _ in range(size)]:
        return None
    if not np.array_equal(np.tile(own, (len(names), 1)), sets):
        return None
    rows = [",".join(str(name) for name in result["swept"].values.tolist())]
    rows += [",".join(exact(value) for value in row) for row in own]
    stem = _output_name(result).rpartition(".")[0]
    return SetsFile(f"{stem}.sets.csv", "\n".join(rows) + "\n", names)


def _output_name(result: xarray.Dataset) -> str:
    """The file that the result came from, without its folder."""
    source = str(result.encoding.get("source", "")).replace("\\", "/").rpartition("/")[2]
    return source or "result.h5"


def command_of(result: xarray.Dataset, network: Optional[Network]) -> str:
    """The command that makes this result again; empty for a part of a sweep that is neither a grid
    nor the same sets under every condition."""
    attrs = result.attrs
    name = str(attrs["network"])
    is_sweep = "parameter_set" in result.dims
    words = ["cristae", "sweep" if is_sweep else "run"]
    words += [name if _is_bundled(result, network) else network_file(name)]
    if is_sweep:
        swept = _swept(result) if _is_grid(result) else None
        if swept is None:
            listed = sets_of(result)
            if listed is None:
                return ""
            swept = ["--sets", listed.name, *_under(listed.conditions)]
        words += swept
    elif attrs.get("condition"):
        words += ["--condition", str(attrs["condition"])]
    for parameter, value in _values_set(result):
        words += ["--set", f"{parameter}={exact(value)}"]
    for parameter, file in _signals(result):
        words += ["--signal", f"{parameter}={file}"]
    twins = str(attrs.get("twin", ""))
    words += ["--twin", twins] if twins else []
    words += _cells(result)
    mean_field = str(attrs.get("engine")) == "ode"
    if str(attrs.get("engine")) in ("ode", "reference"):
        words += ["--engine", str(attrs["engine"])]
    if not mean_field:
        count = _of_each_set(result) if is_sweep else int(attrs.get("trajectories", 0))
        words += ["--trajectories", str(count), "--seed", str(int(attrs.get("seed", 1)))]
        if int(attrs.get("first", 0)):
            words += ["--first", str(int(attrs["first"]))]
        if int(attrs.get("max_events", _MAX_EVENTS)) != _MAX_EVENTS:
            words += ["--max-events", str(int(attrs["max_events"]))]
    words += _grid(result, network)
    if float(attrs.get("burn_in", 0)) > 0:
        words += ["--burn-in", exact(attrs["burn_in"])]
    if attrs.get("start_from"):
        words += ["--start-from", str(attrs["start_from"])]
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
    words += ["--output", _output_name(result)]
    return shlex.join(words)
