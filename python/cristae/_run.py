"""An ensemble: from arguments to a data set."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Optional, Union

import xarray

from . import _native
from ._dataset import Simulator, dataset_of, raw_variables
from ._errors import (
    Error,
    VerificationError,
    findings_of,
    warn,
)
from ._network import Network, NetworkLike, Text, load
from ._progress import Progress, progress_for
from ._request import Checks, Names, PathLike, Signal, Vary, is_result_file, names_of

_ENGINES = ("auto", "cpu", "cuda", "all", "reference", "ode")
_ISAS = ("baseline", "avx2", "avx512")
_CODES = ("auto", "table", "generated")
_UNTIL_AT_MOST = 1_000_000
_HISTOGRAM_TIMES = 513


def call_text(network: Network, fields: Mapping[str, Any], trajectory: int) -> str:
    """The call that replays a trajectory, for messages."""
    name = network.name if network.file.endswith("/network.toml") else network.file
    text = "cristae.replay(" + ("network" if name == "<text>" else repr(name))
    for key in (
        "condition",
        "t_end",
        "sample_every",
        "samples",
        "burn_in",
        "stop_when",
        "start_from",
    ):
        if fields.get(key):
            text += f", {key}={fields[key]!r}"
    for name, file, _, _ in fields.get("signals", []):
        text += f", signal={{{name!r}: {file!r}}}" if file else f", signal={{{name!r}: ...}}"
    if fields.get("twin"):
        text += f", twin={fields['twin']!r}"
    if fields.get("set"):
        text += f", set={dict(fields['set'])!r}"
    if "max_events" in fields:
        text += f", max_events={fields['max_events']}"
    return f"{text}, seed={fields['seed']}, trajectory={trajectory})"


def check_output(checks: Checks, output: Optional[PathLike], overwrite: bool) -> None:
    if output is None:
        return
    path = os.fspath(output)
    if not is_result_file(path):
        checks.add(
            f"output is {path!r}",
            "a name that ends in .h5, .hdf5 or .nc is needed",
            "For a table, call to_dataframe() of the result",
        )
    checks.fields["result_file"] = path
    checks.fields["overwrite"] = bool(overwrite)


def check_checkpoints(checks: Checks, output: object, checkpoint_every: Optional[float]) -> None:
    checks.amount("checkpoint_every", checkpoint_every, zero=True)
    if checkpoint_every is not None and output is None:
        checks.add(
            "checkpoint_every is given without output", "checkpoints lie beside it", "Give output"
        )


def _checked(
    trajectories: Optional[int],
    until: Optional[str],
    first: int,
    keep: Optional[Names],
    histogram_times: int,
    covariance: bool,
    checks: Checks,
) -> None:
    """What goes together, and what does not."""
    if trajectories is None:
        trajectories = 1000 if until is None else _UNTIL_AT_MOST
        if checks.fields.get("engine") == "ode":
            trajectories = 1
    count = checks.count("trajectories", trajectories, 1)
    start = checks.count("first", first, 0)
    if count is not None and start is not None and start > 2**64 - 1 - count:
        checks.add(f"first is {first!r}", "the last id would exceed 64 bits")
    checks.text("until", until)
    if keep is not None:
        kept = names_of(keep)
        checks.fields["keep"] = [] if kept in (["none"], [""], []) else kept
    times = checks.count("histogram_times", histogram_times, 0, 100_000_000)
    if covariance and times == 0:
        checks.add(
            "covariance is given with histogram_times=0",
            "covariances are kept at the times of the histograms",
            "Give 1 or more",
        )
    checks.fields["covariance"] = bool(covariance)


def run(
    network: NetworkLike,
    *,
    condition: Optional[str] = None,
    set: Optional[Mapping[str, float]] = None,
    signal: Optional[Mapping[str, Signal]] = None,
    twin: Optional[Names] = None,
    vary: Vary = None,
    correlate: Optional[Mapping[tuple[str, str], float]] = None,
    replicates: int = 1,
    cell_seed: Optional[int] = None,
    sisters: int = 1,
    fork_at: Optional[float] = None,
    trajectories: Optional[int] = None,
    seed: int = 1,
    engine: Literal["auto", "cpu", "cuda", "all", "reference", "ode"] = "auto",
    t_end: Optional[float] = None,
    sample_every: Optional[float] = None,
    samples: Optional[int] = None,
    burn_in: float = 0,
    stop_when: Optional[str] = None,
    start_from: Union[PathLike, xarray.Dataset, None] = None,
    until: Optional[str] = None,
    first: int = 0,
    max_events: Optional[int] = None,
    threads: Optional[int] = None,
    isa: Optional[Literal["baseline", "avx2", "avx512"]] = None,
    code: Literal["auto", "table", "generated"] = "auto",
    select: Optional[Names] = None,
    keep: Optional[Names] = None,
    first_passage: Union[str, Iterable[str], None] = None,
    raw: bool = False,
    covariance: bool = False,
    correlation: Optional[Names] = None,
    histogram_times: int = _HISTOGRAM_TIMES,
    certify: Optional[float] = None,
    output: Optional[PathLike] = None,
    overwrite: bool = False,
    checkpoint_every: Optional[float] = None,
    strict_units: bool = False,
    progress: Progress = None,
) -> xarray.Dataset:
    """Simulates an ensemble of exact stochastic trajectories.

    The result has the dimensions, labels, attributes and hashes of the file that ``cristae run
    --output`` writes for the same arguments; `the result file <result_format.md>`_ lists them.
    Arguments have the names of the command line's options.

    Parameters
    ----------
    network : str, path or Network
        As for `load`.
    condition : str, optional
        A condition of the network; without it, the network as it stands.
    set : dict, optional
        Parameters for all times, by id, in their units; applied after the condition.
    signal : dict, optional
        Parameters that follow a CSV of rows ``time,value``, by id: its path, or ``(times,
        values)``. Each value holds exactly from its time to the next; that of the last row at or
        before time 0 holds from the start.
    twin : list of str, or str with commas, optional
        Species that get a twin ``X_twin``, made by reactions of its own under the same upstream:
        dual reporters.
    vary : str, list or dict, optional
        In what cells differ: ``"all"`` that the network declares under ``[vary]``, names of such
        entries, or distributions of the factors, ``{"k": "lognormal(cv=0.3)"}``. The factors are
        in the result, ``cell_factor``. See ``cristae run --help`` and the format for distributions.
    correlate : dict, optional
        Correlations of two factors, ``{("a", "b"): 0.5}``.
    replicates : int
        Trajectories of each cell: ``M * c`` to ``M * c + M - 1`` are cell ``c``.
    cell_seed : int, optional
        The cells of another seed.
    sisters : int
        Trajectories of a family, which are one until `fork_at`, where each goes its own way:
        ``K * f`` to ``K * f + K - 1`` are family ``f``, and of one cell.
    fork_at : float, optional
        When sisters part.
    trajectories : int, optional
        How many: 1000, or with `until` at most 1000000.
    seed : int
        Trajectory i of a seed is always the same, on any machine.
    engine : {"auto", "cpu", "cuda", "all", "reference", "ode"}
        See `devices`. Changes no result, but for ``"reference"``, which is another implementation
        with other random numbers, and ``"ode"``, which solves the rate equations instead: the
        means are the solution, and there are no trajectories.
    t_end, sample_every : float, optional
        End, and time between samples, in the network's time unit; without them, the network's.
    samples : int, optional
        That many equal intervals instead of `sample_every`.
    burn_in : float
        Simulated before time 0, without samples, in the network's time unit.
    stop_when : str, optional
        A condition on copy numbers, ``"A >= 10 and B == 0"``: a trajectory ends at the event after
        which it holds, with status ``stopped``; ``end_time`` has the times.
    start_from : path or Dataset, optional
        Start from the end states of an earlier result's file.
    until : str, optional
        Run until means are so precise: ``"se(mean(CHOP)) < 1 %"``.
    first : int
        Number of the first trajectory: ``first=1000`` goes on where a run of 1000 ended.
    max_events : int, optional
        End a trajectory after so many events, with status ``budget``.
    threads : int, optional
        All cores without it. Changes no result; nor do the next two.
    isa : {"baseline", "avx2", "avx512"}, optional
        Instruction set: the best here without it.
    code : {"auto", "table", "generated"}
        How the cpu engine computes the laws.
    select : list of str, or str with commas, optional
        Report only these observables and species, in this order.
    keep : list of str, or str with commas, optional
        Features of every trajectory: ``"CHOP[end]"``, ``"CHOP[60]"``, ``"min(CHOP)"``,
        ``"max(CHOP)"``, ``"mean(CHOP)"``. Without it, ``NAME[end]`` of all; ``"none"``: neither
        features nor end states.
    first_passage : str or list of str, optional
        Conditions on copy numbers. Of each, the feature ``first(CONDITION)``: the time of the event
        after which it first holds, NaN where it never does. Nothing ends there.
    raw : bool
        Adds ``observable_raw`` and ``species_raw``, every sample of every trajectory. In memory
        they are lazy: what is looked at is simulated again, and its hashes are compared. In
        `output` they are kept.
    covariance : bool
        Of all pairs of columns, at the times of the histograms.
    correlation : list of str, or str with commas, optional
        Over lags: ``"M"`` with itself, ``"A:B"`` of two, with A and with B that leads. The result
        has ``lagged_correlation`` with standard errors, gathered while running.
    histogram_times : int
        Histograms and quantiles at so many sample times at most; 0: none.
    certify : float, optional
        Follow this share of the trajectories event by event; 0: nothing. Without it, so much that
        it takes less than 2 % of the run.
    output : path, optional
        Also write the result as HDF5: ``.h5``, ``.hdf5`` or ``.nc``.
    overwrite : bool
        Replace `output` where it exists.
    checkpoint_every : float, optional
        Seconds between checkpoints beside `output`, from which `resume` goes on: 300 without it; 0:
        none, not even where the run is interrupted.
    strict_units : bool
        Refuse a network whose laws contradict its units.
    progress : bool or callable, optional
        By itself it is shown in notebooks and on terminals. A callable is handed the finished
        trajectories, the simulated events and the seconds since the start, twenty times a second.

    Returns
    -------
    xarray.Dataset
        Over ``time`` and ``observable`` or ``species``: ``species_mean``, ``species_var``, ... Time
        is in the network's unit, values are counts or in the units that ``species_unit`` names.
        Arrays are those of the library; nothing is copied.

    Raises
    ------
    UsageError
        For arguments, names and times that do not fit, all of them in one go.
    NetworkError, FileError, DeviceError
        As their names say.
    VerificationError
        If the certificate fails; its attribute ``result`` has the result.
    KeyboardInterrupt
        After Ctrl-C, or *Interrupt* in a notebook: its attribute ``result`` has what was finished,
        and so has `interrupted`; `output` is written, too, and `resume` goes on from there.

    Warns
    -----
    CristaeWarning
        If trajectories ended early, a precision was not reached, or laws lose digits. The attribute
        ``exit_status`` of the result is that of the command line.

    Examples
    --------
    >>> import cristae
    >>> result = cristae.run("telegraph", set={"off": 2}, trajectories=500, seed=7)
    >>> result.species_mean.sel(species="M").dims
    ('time',)
    >>> result.attrs["status"], int(result.attrs["trajectories"])
    ('complete', 500)
    >>> again = cristae.run("telegraph", set={"off": 2}, trajectories=500, seed=7, threads=1)
    >>> again.attrs["contract_hash"] == result.attrs["contract_hash"]
    True
    """
    read = load(network)
    checks = Checks()
    checks.experiment(
        condition, set, t_end, sample_every, samples, burn_in, stop_when, signal, twin
    )
    checks.cells(vary, correlate, replicates, cell_seed)
    checks.sisters(sisters, fork_at)
    checks.texts("first_passage", first_passage)
    checks.start(start_from)
    checks.count("seed", seed, 0)
    checks.count("max_events", max_events, 1)
    checks.choice("engine", engine, _ENGINES)
    checks.count("threads", threads, 1, 65536)
    checks.choice("isa", isa, _ISAS)
    checks.choice("code", code, _CODES)
    checks.names("select", select)
    checks.names("correlation", correlation)
    checks.amount("certify", certify, zero=True, high=1)
    _checked(trajectories, until, first, keep, histogram_times, covariance, checks)
    check_output(checks, output, overwrite)
    check_checkpoints(checks, output, checkpoint_every)
    checks.throw_if_any()
    fields = checks.fields
    fields.update(in_memory=True, raw=bool(raw))
    if strict_units:
        read._native.require_units()
    session = _native.Run(read._native, fields)
    return _FreshRun(read, fields, session).carry_out(progress)


_last_interrupted: Optional[xarray.Dataset] = None


def interruption(text: str, result: Optional[xarray.Dataset]) -> KeyboardInterrupt:
    """No class of its own: Python ends a script as a signal would for this very type only."""
    global _last_interrupted
    _last_interrupted = result
    error = KeyboardInterrupt(text)
    error.result = result  # type: ignore[attr-defined]
    return error


def interrupted() -> Optional[xarray.Dataset]:
    """What the last run that Ctrl-C ended had finished.

    Returns
    -------
    xarray.Dataset or None
        The trajectories up to the first that had not finished; the ones behind it are left out,
        because those that finish first are a biased sample. Its attribute ``status`` is
        ``"interrupted"``. The KeyboardInterrupt itself has it as its attribute ``result``. None
        where no run was interrupted, or the very first trajectory had not finished.

    Examples
    --------
    >>> import cristae
    >>> def soon(trajectories, events, seconds):  # as if somebody pressed Ctrl-C
    ...     if trajectories > 500:
    ...         raise KeyboardInterrupt
    >>> try:
    ...     _ = cristae.run("telegraph", trajectories=9000, t_end=1000, threads=1, progress=soon)
    ... except KeyboardInterrupt:
    ...     print(cristae.interrupted().attrs["status"])
    interrupted
    """
    return _last_interrupted


def with_notes(result: xarray.Dataset, notes: Iterable[str]) -> xarray.Dataset:
    """What is to be kept in mind of a run, as the attribute ``notes``, a line each."""
    text = "\n".join(dict.fromkeys(notes))
    return result.assign_attrs(notes=text) if text else result


class Execution:
    """The steps of a run that was prepared; `network` names it in messages."""

    def __init__(self, session: _native.Run, output: Optional[str], network: str) -> None:
        self.session, self.output, self.network = session, output, network
        self.notes: list[str] = []
        self.raw = False

    def replay_text(self, trajectory: int) -> str:
        """The call that replays a trajectory."""
        return f"cristae.replay({self.output!r}, trajectory={trajectory})"

    def carry_out(self, progress: Progress) -> xarray.Dataset:
        self.notes = warn(findings_of(self.session.remarks()))
        try:
            self.notes += warn(findings_of(self.session.open()))
            return self._finished(progress)
        finally:
            self.session.close()

    def _finished(self, progress: Progress) -> xarray.Dataset:
        session = self.session
        line = progress_for(progress, session.asked, not session.has_precision)
        try:
            is_interrupted = session.simulate(line)
        finally:
            if line is not None:
                line.close()
        warn(findings_of(session.engine_remarks()))  # its notes are on this machine
        if session.certify(self.network):
            is_interrupted = True
        found = findings_of(session.findings(self.replay_text, is_interrupted))
        self.note_shared_states()
        self.notes += warn(finding for finding in found if finding.severity == "note")
        result = self.written() if session.trajectories > 0 else None
        certificate = findings_of(session.certificate_findings())
        if is_interrupted:
            raise interruption(self.interruption_text(result), result)
        if result is None:  # the disk or the memory failed before a trajectory was finished
            self.written()
            raise RuntimeError("the run ended without a trajectory")
        warn(found)
        if certificate:
            error = VerificationError(certificate)
            error.result = result
            raise error
        return result

    def written(self) -> xarray.Dataset:
        """The result in memory. What cannot be written does not take it with it."""
        made = self.session.dataset()
        result = with_notes(dataset_of(made["attributes"], made["variables"]), self.notes)
        if self.raw:
            lazy = raw_variables(result, Simulator.of(result))
            result = result.assign(dataset_of({}, list(lazy)).data_vars)
        try:
            self.session.write_result_file()
        except Error as error:
            error.result = result
            raise
        if self.output is not None:
            result.encoding["source"] = os.path.abspath(self.output)
        return result

    def note_shared_states(self) -> None:
        states, trajectories = self.session.start_states, self.session.trajectories
        if 0 < states < trajectories:
            note = f"{trajectories} trajectories start from {states} states; those that share one"
            self.notes.append(f"{note} are not independent")

    def interruption_text(self, result: Optional[xarray.Dataset]) -> str:
        session = self.session
        asked, first, n = session.asked, session.first, session.trajectories
        goes_on = f"; cristae.resume({self.output!r}) goes on" if session.can_go_on else ""
        if result is None:
            text = f"interrupted: trajectory {first} had not finished, so there is no result"
            return text + goes_on
        text = f"interrupted: {n} of {asked} trajectories are in the attribute 'result'"
        if self.output is not None:
            text += f" and in '{self.output}'"
        if goes_on or n == asked or session.has_precision:
            return text + goes_on
        return f"{text}; first={first + n}, trajectories={asked - n} runs the rest"


class _FreshRun(Execution):
    """A run as it was asked for."""

    def __init__(self, network: Network, fields: dict[str, Any], session: _native.Run) -> None:
        super().__init__(session, fields.get("result_file"), network.file)
        self.asked_for, self.fields, self.raw = network, fields, fields["raw"]

    def replay_text(self, trajectory: int) -> str:
        return call_text(self.asked_for, self.fields, trajectory)


def inspect(
    network: NetworkLike,
    *,
    condition: Optional[str] = None,
    set: Optional[Mapping[str, float]] = None,
    signal: Optional[Mapping[str, Signal]] = None,
    twin: Optional[Names] = None,
    t_end: Optional[float] = None,
    sample_every: Optional[float] = None,
    samples: Optional[int] = None,
    burn_in: float = 0,
    stop_when: Optional[str] = None,
    trajectories: int = 1000,
    estimate: bool = True,
    code: bool = False,
    strict_units: bool = False,
) -> Text:
    """How a network was read, and what a run of it costs.

    Species, parameters and their grades, every law, observables, conditions, conservation laws,
    units, what float32 loses, and events, time, memory and disk of a run, which it estimates by
    simulating for about a second.

    Parameters
    ----------
    network : str, path or Network
        As for `load`.
    condition, set, signal, twin, t_end, sample_every, samples, burn_in, stop_when, trajectories
        The run whose cost is estimated, as for `run`.
    estimate : bool
        Without it, nothing is simulated.
    code : bool
        The code that is generated for the laws under that condition, and nothing else.
    strict_units : bool
        Raise NetworkError if laws contradict the units.

    Returns
    -------
    str
        That notebooks show as it is.

    Raises
    ------
    UsageError, NetworkError, FileError
        As for `run`.

    Examples
    --------
    >>> import cristae
    >>> print(cristae.inspect("birth_death", estimate=False).splitlines()[0])
    birth_death: Linear birth-death process
    """
    read = load(network)
    checks = Checks()
    checks.experiment(
        condition, set, t_end, sample_every, samples, burn_in, stop_when, signal, twin
    )
    checks.count("trajectories", trajectories, 1)
    checks.throw_if_any()
    fields = checks.fields
    trajectories = fields.pop("trajectories")
    if code:
        return Text(read._native.code(fields))
    text = Text(read._native.inspection(fields, trajectories, bool(estimate)))
    if strict_units:
        read._native.require_units()
    return text
