"""Ensembles for many parameter sets and conditions."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Optional, Union

import numpy as np
import xarray

from . import _native
from ._dataset import dataset_of
from ._errors import findings_of, warn
from ._network import NetworkLike, load
from ._progress import Progress, progress_for
from ._request import Checks, Names, PathLike, Signal, Vary, names_of
from ._run import (
    _CODES,
    _ISAS,
    check_checkpoints,
    check_output,
    interruption,
    with_notes,
)

_ENGINES = ("auto", "cpu", "cuda", "all", "reference")

#: Values of each parameter, or a range as text: ``{"k": "log(0.1, 10, 5)", "d": [1, 2]}``.
Over = Mapping[str, Union[str, Sequence[float]]]


def _sets(checks: Checks, over: Optional[Over], design: Optional[str], sets: Any) -> None:
    if sets is not None:
        if over is not None or design is not None:
            checks.add("sets is given together with over or design", "", "Give one of them")
        if isinstance(sets, (str, os.PathLike)):
            checks.fields["sets_file"] = os.fspath(sets)
            return
        columns = {str(name): np.asarray(sets[name], dtype=float).ravel() for name in sets}
        lengths = {len(values) for values in columns.values()}
        if len(lengths) != 1 or lengths == {0}:
            checks.add("the columns of sets differ in length", "each row is a set", "")
            return
        checks.fields["set_names"] = list(columns)
        checks.fields["set_values"] = np.column_stack(list(columns.values())).tolist()
        return
    texts = []
    for name, values in (over or {}).items():
        if isinstance(values, str):
            texts.append(f"{name}={values}")
        else:
            numbers = ", ".join(repr(float(value)) for value in np.asarray(values).ravel())
            texts.append(f"{name}=list({numbers})")
    if design is not None and not texts:
        checks.add("design is given without over", "there are no ranges to fill", "Give over")
    checks.fields["over"] = texts
    checks.text("design", design)


def sweep(
    network: NetworkLike,
    over: Optional[Over] = None,
    *,
    sets: Any = None,
    design: Optional[str] = None,
    conditions: Optional[Names] = None,
    set: Optional[Mapping[str, float]] = None,
    signal: Optional[Mapping[str, Signal]] = None,
    twin: Optional[Names] = None,
    vary: Vary = None,
    correlate: Optional[Mapping[tuple[str, str], float]] = None,
    replicates: int = 1,
    cell_seed: Optional[int] = None,
    sisters: int = 1,
    fork_at: Optional[float] = None,
    trajectories: int = 100,
    seed: int = 1,
    engine: Literal["auto", "cpu", "cuda", "all", "reference"] = "auto",
    t_end: Optional[float] = None,
    sample_every: Optional[float] = None,
    samples: Optional[int] = None,
    burn_in: float = 0,
    stop_when: Optional[str] = None,
    start_from: Union[PathLike, xarray.Dataset, None] = None,
    first: int = 0,
    max_events: Optional[int] = None,
    threads: Optional[int] = None,
    isa: Optional[Literal["baseline", "avx2", "avx512"]] = None,
    code: Literal["auto", "table", "generated"] = "auto",
    select: Optional[Names] = None,
    keep: Optional[Names] = None,
    first_passage: Union[str, Iterable[str], None] = None,
    correlation: Optional[Names] = None,
    histogram_times: int = 2,
    output: Optional[PathLike] = None,
    overwrite: bool = False,
    checkpoint_every: Optional[float] = None,
    progress: Progress = None,
) -> xarray.Dataset:
    """Simulates an ensemble for each of many parameter sets, all in one go.

    Trajectory i of every set has the random numbers of trajectory i of `run`, so each set has the
    hashes of ``run(network, set=...)``.

    Parameters
    ----------
    network : str, path or Network
        As for `load`.
    over : dict, optional
        Values of each parameter, or a range as text as for ``cristae sweep --over``:
        ``{"k": [1, 2, 5], "d": "log(0.1, 10, 5)"}``. All combinations are run, the last name
        fastest; with a `design`, ranges ``log(a, b)`` and ``linear(a, b)`` are filled evenly.
    sets : DataFrame, dict of columns, or path of a CSV file, optional
        The sets themselves, a column for each parameter, in the place of `over`.
    design : str, optional
        ``"lhs(n)"`` or ``"sobol(n)"``: n sets.
    conditions : list of str, optional
        Each set under each of these, one after the other.
    trajectories : int
        Of each set.
    keep : list of str, optional
        Features of every trajectory of every set; nothing unless given.
    first_passage, correlation
        As for `run`, of every set.
    histogram_times : int
        Histograms and quantiles at so many sample times.
    set, signal, twin, vary, correlate, replicates, cell_seed, sisters, fork_at, seed, engine, \
t_end, sample_every, samples, burn_in, stop_when, start_from, first, max_events, threads, isa, \
code, select, output, overwrite, checkpoint_every, progress
        As for `run`.

    Returns
    -------
    xarray.Dataset
        As `run` has it, with the dimension ``parameter_set`` in front; ``set_parameters``
        (parameter_set, swept) and ``set_condition`` tell the sets apart.

    Raises
    ------
    UsageError, NetworkError, FileError, DeviceError
        As for `run`.
    KeyboardInterrupt
        After Ctrl-C; its attribute ``result`` has the sets that were complete, as `output` has.
        `resume` goes on with all of them.

    Examples
    --------
    >>> import cristae
    >>> swept = cristae.sweep("telegraph", {"on": [0.5, 2]}, trajectories=50, t_end=5)
    >>> swept.species_mean.dims, swept.set_parameters.values.ravel().tolist()
    (('parameter_set', 'time', 'species'), [0.5, 2.0])
    >>> alone = cristae.run("telegraph", set={"on": 2}, trajectories=50, t_end=5)
    >>> str(swept.set_contract_hash.values[1]) == alone.attrs["contract_hash"]
    True
    """
    read = load(network)
    checks = Checks()
    checks.experiment(None, set, t_end, sample_every, samples, burn_in, stop_when, signal, twin)
    checks.fields.pop("condition", None)
    checks.cells(vary, correlate, replicates, cell_seed)
    checks.sisters(sisters, fork_at)
    checks.start(start_from)
    _sets(checks, over, design, sets)
    if over is None and sets is None and conditions is None:
        checks.add("there is nothing to sweep over", "", "Give over, sets or conditions")
    if conditions is not None:
        checks.fields["conditions"] = names_of(conditions)
    checks.count("trajectories", trajectories, 1)
    checks.count("first", first, 0)
    checks.count("seed", seed, 0)
    checks.count("max_events", max_events, 1)
    checks.choice("engine", engine, _ENGINES)
    checks.count("threads", threads, 1, 65536)
    checks.choice("isa", isa, _ISAS)
    checks.choice("code", code, _CODES)
    checks.names("select", select)
    checks.names("keep", keep)
    checks.texts("first_passage", first_passage)
    checks.names("correlation", correlation)
    checks.count("histogram_times", histogram_times, 0, 100_000_000)
    check_output(checks, output, overwrite)
    check_checkpoints(checks, output, checkpoint_every)
    checks.throw_if_any()
    return carry_out(_native.Sweep(read._native, checks.fields), output, progress)


def carry_out(
    session: _native.Sweep, output: Optional[PathLike], progress: Progress
) -> xarray.Dataset:
    """The steps of a sweep that was prepared."""
    try:
        notes = warn(findings_of(session.remarks()))
        notes += warn(findings_of(session.open()))
        line = progress_for(progress, session.trajectories, True)
        try:
            is_interrupted = session.simulate(line)
        finally:
            if line is not None:
                line.close()
        warn(findings_of(session.engine_remarks()))
        found = findings_of(session.findings(is_interrupted))
        notes += warn(finding for finding in found if finding.severity == "note")
        result = None
        if session.complete > 0:
            if output is not None:
                session.write_result_file()
            result = with_notes(dataset_of(*_parts(session.dataset())), notes)
            if output is not None:
                result.encoding["source"] = os.path.abspath(os.fspath(output))
        if is_interrupted:
            text = f"interrupted: {session.complete} parameter sets are complete"
            if session.can_go_on and output is not None:
                text += f"; cristae.resume({os.fspath(output)!r}) goes on"
            raise interruption(text, result)
        warn(found)
        assert result is not None
        return result
    finally:
        session.close()


def _parts(read: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    return read["attributes"], list(read["variables"])
