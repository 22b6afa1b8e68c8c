"""Single trajectories of an ensemble: their events, their samples, and those that did something."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Optional, Union

import numpy as np
import numpy.typing as npt
import xarray

from . import _native
from ._dataset import ResultLike, Simulator, dataset_of, raw_variables, result_of
from ._errors import FileError, Finding, UsageError, VerificationError, usage_findings, warn
from ._network import Network, NetworkLike, load
from ._request import Checks, PathLike, is_result_file

Ids = Union[int, "npt.ArrayLike"]


def _refuse(error: type[Any], problem: str, reason: str = "", fix: str = "") -> Any:
    return error(usage_findings([(problem, reason, fix)]))


def _start_file(result: xarray.Dataset) -> str:
    """The file that a run started from: where the run found it, or next to the result."""
    start = str(result.attrs["start_from"])
    beside = os.path.join(
        os.path.dirname(str(result.encoding.get("source", ""))), os.path.basename(start)
    )
    for path in (start, beside):
        if os.path.exists(path):
            found = str(_native.ResultFile(path).dataset()["attributes"]["contract_hash"])
            if found != result.attrs["start_contract_hash"]:
                raise _refuse(
                    VerificationError,
                    f"'{path}' is not the result that was started from",
                    f"its contract hash is {found}, that of the other was "
                    f"{result.attrs['start_contract_hash']}",
                    "Put the other one back",
                )
            return path
    raise _refuse(
        FileError,
        f"the trajectories start from the end states in '{start}'",
        "it is not there",
        "Put that file back, where it was or next to the result",
    )


def _request_of(result: xarray.Dataset) -> dict[str, Any]:
    """The request of a result, from what it holds; but for the sampling grid."""
    attrs = result.attrs
    names = [str(name) for name in result["set"].values] if "set" in result.dims else []
    values: Any = result["set_value"].values if names else []
    request: dict[str, Any] = {
        "condition": str(attrs["condition"]),
        "set": [(name, float(value)) for name, value in zip(names, values)],
        "t_end": float(attrs["t_end"]),
        "burn_in": float(attrs["burn_in"]),
        "seed": int(attrs["seed"]),
        "max_events": int(attrs["max_events"]),
    }
    if attrs["start_from"]:
        request["start_from"] = _start_file(result)
    return request


def _network_of(result: xarray.Dataset) -> Network:
    name = str(result.attrs["network"])
    return Network(_native.read_text(str(result["network_text"].values[()]), f"<{name}>"))


def _simulator_of(result: xarray.Dataset) -> Simulator:
    """What simulates trajectories of a result again. The result holds the sample times, but not how
    they were asked for: each way is tried."""
    network = _network_of(result)
    request = _request_of(result)
    if "select" not in request and "quantity" in result:
        quantities = [str(one).split(":", 1) for one in result["quantity"].values]
        observables = {name for kind, name in quantities if kind == "observable"}
        both = [name for kind, name in quantities if kind == "species" and name in observables]
        every = set(network.observables) | set(network.species)
        # A name that both kinds have selects the observable: such a result has all columns.
        if not both and {name for _, name in quantities} != every:
            request["select"] = [name for _, name in quantities]
    if result.attrs["engine"] == "reference":
        request["engine"] = "reference"
    times = result["time"].values
    grids: list[dict[str, Any]] = [{}]
    if len(times) > 1:
        grids = [{"sample_every": float(times[1])}, {"samples": len(times) - 1}]
    for grid in grids:
        simulator = Simulator(network.to_toml(), network.file, {**request, **grid})
        if np.array_equal(simulator.session.sample_times, times):
            return simulator
    raise _refuse(
        VerificationError,
        "the sample times come out differently",
        "the trajectories could not be the same ones",
        f"Use the version that made the result, {result.attrs['version']}",
    )


def _warn_other_version(result: xarray.Dataset) -> None:
    version = str(result.attrs["version"])
    if version != _native.version:
        text = f"the result was made by version {version}, and this is {_native.version}"
        reason = "trajectories are the same for one version only"
        warn([Finding("warning", "", 0, 0, text, reason, "")])


def _is_result(network: object) -> bool:
    if isinstance(network, xarray.Dataset):
        return True
    return isinstance(network, (str, os.PathLike)) and is_result_file(os.fspath(network))


def replay(
    network: Union[NetworkLike, xarray.Dataset],
    *,
    trajectory: int = 0,
    condition: Optional[str] = None,
    set: Optional[Mapping[str, float]] = None,
    seed: Optional[int] = None,
    t_end: Optional[float] = None,
    sample_every: Optional[float] = None,
    samples: Optional[int] = None,
    burn_in: Optional[float] = None,
    start_from: Union[PathLike, xarray.Dataset, None] = None,
    max_events: Optional[int] = None,
) -> xarray.Dataset:
    """Runs one trajectory again, with the bits it has in an ensemble, and keeps every event.

    Parameters
    ----------
    network : str, path or Network; or a result, or the path of one
        With a result, everything but `trajectory` is the result's, and the hash is compared with
        the one it keeps.
    trajectory : int
        Its number.
    condition, set, seed, t_end, sample_every, samples, burn_in, start_from, max_events
        As for `run`. The samples are part of what makes a trajectory, so give the same.

    Returns
    -------
    xarray.Dataset
        Along ``event``, from 0 (the start): ``event_time`` in the network's time unit;
        ``event_reaction``, text, empty for the start; ``count`` (event, species), the copy numbers
        after it. Attributes: ``status``, ``events``, ``t_end`` (where it ended), ``seed``,
        ``trajectory``, ``contract_hash`` (of this trajectory), ``network``, ``time_unit``.

    Raises
    ------
    UsageError, NetworkError, FileError
        As for `run`.
    VerificationError
        If the hash is not the one that the result keeps.

    Examples
    --------
    >>> import cristae
    >>> log = cristae.replay("telegraph", trajectory=41, seed=1, t_end=2)
    >>> log.attrs["status"], log.sizes["event"] - 1 == log.attrs["events"]
    ('completed', True)
    >>> log["count"].sel(species="M").dims
    ('event',)
    """
    checks = Checks()
    checks.count("trajectory", trajectory, 0)
    given = (condition, set, seed, t_end, sample_every, samples, burn_in, start_from, max_events)
    expected: Optional[int] = None
    if _is_result(network):
        if any(value is not None for value in given):
            checks.add(
                "a result and arguments of its run are given",
                "the result has them",
                "Give the result and the trajectory only",
            )
        checks.throw_if_any()
        result = result_of(network)  # type: ignore[arg-type]
        _warn_other_version(result)
        if result.attrs["engine"] == "reference":
            raise _refuse(
                UsageError,
                "a trajectory of the engine reference cannot be replayed event by event",
                "it follows no contract",
                "cristae.trajectories simulates its samples again",
            )
        simulator = _simulator_of(result)
        read = _network_of(result)
        fields = dict(simulator.request)
        fields.pop("select", None)
        place = _places(result, np.asarray([trajectory]))[0]
        if "trajectory_hash" in result:
            expected = int(result["trajectory_hash"].values[place])
    else:
        read = load(network)
        checks.experiment(condition, set, t_end, sample_every, samples, burn_in)
        checks.start(start_from)
        checks.count("seed", 1 if seed is None else seed, 0)
        checks.count("max_events", max_events, 1)
        checks.throw_if_any()
        fields = checks.fields
    fields.pop("trajectory", None)
    fields["first"] = int(trajectory)
    times, reactions, counts, end = _native.replay(read._native, fields)
    if expected is not None and end["hash"] != f"{expected:016x}":
        raise _refuse(
            VerificationError,
            f"trajectory {trajectory} comes out differently",
            f"its contract hash is {end['hash']} now and was {expected:016x}",
            "Use the version that made the result",
        )
    names = np.array([*read.reactions, ""], dtype=object)
    unit = {"units": read.time_unit} if read.time_unit in ("h", "min", "s", "d") else {}
    return xarray.Dataset(
        {
            "event_time": ("event", times, {"long_name": "time of the event", **unit}),
            "event_reaction": ("event", names[reactions], {"long_name": "reaction that fired"}),
            "count": (
                ("event", "species"),
                counts,
                {"long_name": "copy number after the event"},
            ),
        },
        {
            "event": np.arange(len(times), dtype=np.uint64),
            "species": np.array(list(read.species), dtype=object),
        },
        {
            "network": read.name,
            "time_unit": read.time_unit,
            "seed": fields["seed"],
            "trajectory": int(trajectory),
            "status": end["status"],
            "events": end["events"],
            "t_end": end["t_end"],
            "contract_hash": end["hash"],
        },
    )


def _places(result: xarray.Dataset, ids: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Where trajectories stand in a result."""
    first, count = int(result.attrs["first"]), int(result.attrs["trajectories"])
    if "realization" in result.coords and result.sizes["realization"] != count:
        raise _refuse(
            UsageError,
            "the result holds a part of its trajectories only",
            "it was selected from",
            "Give the whole result",
        )
    places = ids.astype(np.int64) - first
    outside = ids[(places < 0) | (places >= count)]
    if len(outside) > 0:
        raise _refuse(
            UsageError,
            f"trajectory {outside[0]} is not in the result",
            f"it holds {first} to {first + count - 1}",
        )
    return places


def trajectories(result: ResultLike, ids: Ids) -> xarray.Dataset:
    """Every sample of some trajectories of a result, from simulating them again.

    It needs nothing but what every result holds, and is compared with the hashes that it keeps.

    Parameters
    ----------
    result : Dataset, or path of a result file
        The whole result, not a selection from it.
    ids : int or array of int
        Their numbers: values of ``realization``.

    Returns
    -------
    xarray.Dataset
        ``observable_raw`` and ``species_raw`` (realization, observable or species, time), in the
        columns' units; NaN where a trajectory did not get there.

    Raises
    ------
    UsageError
        If a trajectory is not in the result.
    VerificationError
        If a trajectory comes out differently.

    Examples
    --------
    >>> import cristae
    >>> result = cristae.run("telegraph", trajectories=100)
    >>> three = cristae.trajectories(result, [3, 17, 99])
    >>> three.species_raw.sel(species="M").dims
    ('realization', 'time')
    """
    whole = result_of(result)
    wanted = np.atleast_1d(np.asarray(ids))
    places = _places(whole, wanted)
    _warn_other_version(whole)
    simulator = _simulator_of(whole)
    lazy = list(raw_variables(simulator, simulator.session.columns, whole))
    coordinates = whole.drop_vars(list(whole.data_vars)).coords
    made = dataset_of({}, lazy)
    chosen = made.isel(realization=places).load()
    chosen = chosen.assign_coords(realization=wanted.astype(np.uint64))
    kept = {
        name: coordinates[name]
        for name in coordinates
        if set(coordinates[name].dims) <= set(chosen.dims) - {"realization"}
        and coordinates[name].dims
    }
    return chosen.assign_coords(kept)


def pick(result: ResultLike, query: str) -> npt.NDArray[np.uint64]:
    """Which trajectories did what.

    Parameters
    ----------
    result : Dataset, or path of a result file
    query : str
        An expression of features that were kept, ``id`` and ``events``, as for ``cristae pick``:
        ``"CHOP[end] > 9000 and max(ATF4) < 50"``. See `working with results <results.md>`_.

    Returns
    -------
    numpy.ndarray of uint64
        Numbers of the trajectories that satisfy it: values of ``realization``. Those for which the
        query is undefined, because they did not get so far, are not among them.

    Raises
    ------
    UsageError
        With the column of the query, ``query:1:22``, if it cannot be read or asks for a feature
        that was not kept.

    Examples
    --------
    >>> import cristae
    >>> result = cristae.run("telegraph", trajectories=200, keep="M[end], max(M)")
    >>> many = cristae.pick(result, "M[end] > 30 and max(M) < 50")
    >>> bool((result.feature_value.sel(realization=many, feature="M[end]") > 30).all())
    True
    """
    whole = result_of(result)
    columns = [
        (kind, name) for kind, name in (str(one).split(":", 1) for one in whole["quantity"].values)
    ]
    kept = [str(one) for one in whole["feature"].values] if "feature" in whole.dims else []
    asked = _native.Query(query, columns, whole["time"].values.tolist(), kept)
    if "realization" not in whole.dims:
        raise _refuse(
            UsageError,
            "the result holds nothing of single trajectories",
            'it was made with keep="none"',
            "Run it again without that",
        )
    ids = whole["realization"].values
    events = whole["events"].values if asked.uses_events else np.zeros(len(ids), np.uint64)
    values = np.empty((len(ids), 0))
    if asked.features:
        values = whole["feature_value"].sel(feature=asked.features).values
    matches = asked.match(
        np.ascontiguousarray(ids),
        np.ascontiguousarray(events),
        np.ascontiguousarray(values, dtype=np.float64),
    )
    found: npt.NDArray[np.uint64] = ids[matches == 1]
    return found
