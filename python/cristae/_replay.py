"""Single trajectories of an ensemble: their events, their samples, and those that did something."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Optional, Union

import numpy as np
import numpy.typing as npt
import xarray

from . import _native
from ._dataset import (
    ResultLike,
    Simulator,
    columns_of,
    dataset_of,
    different,
    raw_variables,
    result_of,
    twin_of,
)
from ._errors import Finding, UsageError, usage_findings, warn
from ._network import Network, NetworkLike, load
from ._request import Checks, Names, PathLike, Signal, Vary, is_result_file

Ids = Union[int, "npt.ArrayLike"]


def _refuse(error: type[Any], problem: str, reason: str = "", fix: str = "") -> Any:
    return error(usage_findings([(problem, reason, fix)]))


def _warn_other_version(result: xarray.Dataset) -> None:
    version = str(result.attrs["version"])
    if version != _native.version:
        text = f"the result was made by version {version}, and this is {_native.version}"
        reason = "trajectories are the same for one version only"
        warn([Finding("warning", "", 0, 0, text, reason, "")])


def _refuse_ode(result: xarray.Dataset) -> None:
    if result.attrs["engine"] == "ode":
        raise _refuse(
            UsageError,
            "the result of the engine ode has no trajectories",
            "its means are the whole solution of the rate equations",
        )


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
    vary: Vary = None,
    correlate: Optional[Mapping[tuple[str, str], float]] = None,
    replicates: int = 1,
    cell_seed: Optional[int] = None,
    sisters: int = 1,
    fork_at: Optional[float] = None,
    signal: Optional[Mapping[str, Signal]] = None,
    twin: Optional[Names] = None,
    seed: Optional[int] = None,
    t_end: Optional[float] = None,
    sample_every: Optional[float] = None,
    samples: Optional[int] = None,
    burn_in: Optional[float] = None,
    stop_when: Optional[str] = None,
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
    condition, set, vary, correlate, replicates, cell_seed, sisters, fork_at, signal, twin, t_end, \
sample_every, samples, burn_in, stop_when, start_from
        As for `run`.
    seed, max_events
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
    given = (
        *(condition, set, vary, correlate, cell_seed, signal, twin, seed, t_end, sample_every),
        *(fork_at, samples, burn_in, stop_when, start_from, max_events),
    )
    if _is_result(network):
        if any(value is not None for value in given):
            checks.add(
                "a result and arguments of its run are given",
                "the result has them",
                "Give the result and the trajectory only",
            )
        checks.throw_if_any()
        result = result_of(network)  # type: ignore[arg-type]
        return _replay_of(result, int(trajectory))
    read = load(network)
    checks.experiment(
        condition, set, t_end, sample_every, samples, burn_in, stop_when, signal, twin
    )
    checks.cells(vary, correlate, replicates, cell_seed)
    checks.sisters(sisters, fork_at)
    checks.start(start_from)
    checks.count("seed", 1 if seed is None else seed, 0)
    checks.count("max_events", max_events, 1)
    checks.throw_if_any()
    fields = checks.fields
    fields.pop("trajectory", None)
    fields["first"] = int(trajectory)
    events = _native.replay(read._native, fields)
    if "twin" in fields:
        read = Network(read._native.with_twins(fields["twin"]))
    return _event_log(read, fields["seed"], int(trajectory), events)


def _replay_of(result: xarray.Dataset, trajectory: int) -> xarray.Dataset:
    """The replay of a trajectory of a result, with the hash that the result has."""
    _refuse_ode(result)
    _warn_other_version(result)
    if result.attrs["engine"] == "reference":
        raise _refuse(
            UsageError,
            "a trajectory of the engine reference cannot be replayed event by event",
            "it follows no contract",
            "cristae.trajectories simulates its samples again",
        )
    place = _places(result, np.asarray([trajectory]))[0]
    events = Simulator.of(result).replay(trajectory)
    if "trajectory_hash" in result:
        expected = int(result["trajectory_hash"].values[place])
        if events[3]["hash"] != f"{expected:016x}":
            raise different(trajectory, events[3]["hash"], expected)
    text = str(result["network_text"].values[()])
    network = Network(_native.read_recorded(text, twin_of(result)))
    return _event_log(network, int(result.attrs["seed"]), trajectory, events)


def _event_log(
    read: Network, seed: int, trajectory: int, events: tuple[Any, Any, Any, dict[str, Any]]
) -> xarray.Dataset:
    times, reactions, counts, end = events
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
            "seed": seed,
            "trajectory": trajectory,
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
    _refuse_ode(whole)
    wanted = np.atleast_1d(np.asarray(ids))
    places = _places(whole, wanted)
    _warn_other_version(whole)
    simulator = Simulator.of(whole)
    simulator.check()
    lazy = list(raw_variables(whole, simulator))
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
    columns = columns_of(whole)
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
