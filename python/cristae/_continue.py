"""Runs that go on, results that grow, and parts that become one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Literal, Optional

import xarray

from . import _native
from ._dataset import ResultLike, open
from ._errors import Finding, VerificationError, findings_of, usage_findings, warn
from ._progress import Progress, progress_for
from ._request import Checks, PathLike
from ._run import _CODES, _ISAS, Execution, check_output, interruption, with_notes
from ._sweep import carry_out

_ENGINES = ("auto", "cpu", "cuda", "all")


def _path_of(checks: Checks, name: str, result: ResultLike) -> str:
    """The file of a result."""
    if not isinstance(result, xarray.Dataset):
        return os.fspath(result)
    source = result.encoding.get("source")
    if source is None:
        checks.add(f"{name} has no file", "its exact sums are there", "Run it with output=")
    return str(source)


def _machine(
    checks: Checks,
    engines: Sequence[str],
    engine: Optional[str],
    threads: Optional[int],
    isa: Optional[str],
    code: Optional[str],
    checkpoint_every: Optional[float],
) -> None:
    """On what it runs."""
    checks.choice("engine", engine, engines)
    checks.count("threads", threads, 1, 65536)
    checks.choice("isa", isa, _ISAS)
    checks.choice("code", code, _CODES)
    checks.amount("checkpoint_every", checkpoint_every, zero=True)


class _Continued(Execution):
    """A run whose rows are on the disk, where those of before are."""

    def written(self) -> xarray.Dataset:
        self.session.write_result_file()
        assert self.output is not None
        return with_notes(open(self.output), self.notes)


def resume(
    result: PathLike,
    *,
    engine: Optional[Literal["auto", "cpu", "cuda", "all", "reference"]] = None,
    threads: Optional[int] = None,
    isa: Optional[Literal["baseline", "avx2", "avx512"]] = None,
    code: Optional[Literal["auto", "table", "generated"]] = None,
    checkpoint_every: Optional[float] = None,
    overwrite: bool = False,
    progress: Progress = None,
) -> xarray.Dataset:
    """Goes on with a run or a sweep that was interrupted or killed, from its last checkpoint.

    Those with an `output` write down where they are, every five minutes and where Ctrl-C ends them;
    so do those of the command line. Trajectories that were under way go on from the event they were
    at, and the result has the bits of one that was not interrupted.

    Parameters
    ----------
    result : path
        The result file that the run was to write.
    engine, threads, isa, code, checkpoint_every : optional
        As for `run`; without them, as before. They change no result.
    overwrite : bool
        Replace a result under that name that is neither the interrupted one nor the one that an
        extension began with.
    progress : bool or callable, optional
        As for `run`.

    Returns
    -------
    xarray.Dataset
        The result file, as `open` has it; of a sweep, as `sweep` returns it.

    Raises
    ------
    FileError
        If nothing was interrupted, or no checkpoint can be used.
    UsageError
        For arguments that do not fit, and for checkpoints of another version of Cristae.
    KeyboardInterrupt
        As for `run`; it can be resumed again.

    Examples
    --------
    >>> import cristae
    >>> def soon(trajectories, events, seconds):  # as if somebody pressed Ctrl-C
    ...     if trajectories > 500:
    ...         raise KeyboardInterrupt
    >>> long = {"trajectories": 9000, "t_end": 1000, "samples": 2}
    >>> output = {"output": "long.h5", "overwrite": True, "threads": 1}
    >>> try:
    ...     _ = cristae.run("telegraph", **long, **output, progress=soon)
    ... except KeyboardInterrupt as interruption:
    ...     print(interruption.result.attrs["status"])
    interrupted
    >>> result = cristae.resume("long.h5")
    >>> result.attrs["status"], int(result.attrs["trajectories"])
    ('complete', 9000)
    >>> result.attrs["contract_hash"] == cristae.run("telegraph", **long).attrs["contract_hash"]
    True
    """
    checks = Checks()
    path = os.fspath(result)
    _machine(checks, (*_ENGINES, "reference"), engine, threads, isa, code, checkpoint_every)
    checks.throw_if_any()
    fields = {**checks.fields, "result": path, "overwrite": bool(overwrite)}
    if _native.is_interrupted_sweep(path):
        return carry_out(_native.resume_sweep(fields), path, progress)
    return _Continued(_native.resume(fields), path, path).carry_out(progress)


def extend(
    result: ResultLike,
    *,
    trajectories: Optional[int] = None,
    t_end: Optional[float] = None,
    output: Optional[PathLike] = None,
    overwrite: bool = False,
    engine: Literal["auto", "cpu", "cuda", "all"] = "auto",
    threads: Optional[int] = None,
    isa: Optional[Literal["baseline", "avx2", "avx512"]] = None,
    code: Literal["auto", "table", "generated"] = "auto",
    certify: Optional[float] = None,
    checkpoint_every: Optional[float] = None,
    progress: Progress = None,
) -> xarray.Dataset:
    """Gives a result more trajectories, or a later end: the result that one run would have had.

    Parameters
    ----------
    result : path or Dataset
        A result file of `run`, or what `run` or `open` returned of one.
    trajectories : int, optional
        How many it shall have in all; without it, as many as its run was asked for. Those that it
        has are not simulated again.
    t_end : float, optional
        A later end, in the network's time unit: all trajectories are simulated anew, from time 0.
    output : path, optional
        Another file to write; without it, the result's own is replaced when all is done.
    overwrite : bool
        Replace `output`, and what an interrupted run left beside it.
    engine, threads, isa, code, certify, checkpoint_every, progress
        As for `run`.

    Returns
    -------
    xarray.Dataset
        The result file, as `open` has it. A data set that was there before keeps what it has.

    Raises
    ------
    UsageError
        If the result has so many trajectories, or so much time, already, or holds no exact sums.
    FileError
        If it cannot be read, or a run under its name can be resumed.
    VerificationError
        If another version of Cristae wrote it, or the certificate fails.
    KeyboardInterrupt
        After Ctrl-C: the file has what is finished, as its attribute ``result`` has it; `resume`
        goes on.

    Examples
    --------
    >>> import cristae
    >>> few = cristae.run("telegraph", trajectories=40, t_end=5, output="t.h5", overwrite=True)
    >>> more = cristae.extend(few, trajectories=100)
    >>> whole = cristae.run("telegraph", trajectories=100, t_end=5)
    >>> more.attrs["contract_hash"] == whole.attrs["contract_hash"]
    True
    """
    checks = Checks()
    path = _path_of(checks, "result", result)
    checks.count("trajectories", trajectories, 1)
    checks.amount("certify", certify, zero=True, high=1)
    _machine(checks, _ENGINES, engine, threads, isa, code, checkpoint_every)
    check_output(checks, output, overwrite)
    target = checks.fields.pop("result_file", path)
    if output is not None and os.path.abspath(target) == os.path.abspath(path):
        checks.add(f"output is {target!r}, the result itself", "", "Leave it out")
    if t_end is not None and checks.number(t_end) is None:
        checks.add(f"t_end is {t_end!r}", "a finite number is needed")
    checks.throw_if_any()
    fields = {**checks.fields, "result": path, "overwrite": bool(overwrite)}
    if output is not None:
        fields["output"] = target
    if t_end is not None:
        return _Continued(_native.longer(fields, float(t_end)), target, target).carry_out(progress)
    session = _native.Extension(fields)
    try:
        session.open()
        line = progress_for(progress, session.trajectories, True)
        try:
            is_interrupted = session.simulate(line)
        finally:
            if line is not None:
                line.close()
        if session.certify(f"cristae.open({path!r})"):
            is_interrupted = True
        session.write(is_interrupted)
        remarks = findings_of(session.remarks())
        notes = warn(finding for finding in remarks if finding.severity != "error")
        extended = with_notes(open(target), notes)
        if is_interrupted:
            goes_on = f"; cristae.resume({target!r}) goes on" if session.can_go_on else ""
            text = f"interrupted: '{target}' has {session.in_all} trajectories{goes_on}"
            raise interruption(text, extended)
        warn(findings_of(session.findings()))
        _raise_errors(remarks, extended)
        return extended
    finally:
        session.close()


def _raise_errors(findings: Sequence[Finding], result: xarray.Dataset) -> None:
    """A certificate that failed."""
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        error = VerificationError(errors)
        error.result = result
        raise error


def merge(
    results: Sequence[ResultLike],
    output: PathLike,
    *,
    overwrite: bool = False,
    partial: bool = False,
) -> xarray.Dataset:
    """Puts results of parts of one run together, in any order, to the bits of one run.

    Parts are runs that differ in `first` and `trajectories` only: made so, or by ``cristae run
    --shard``. See `Clusters <clusters.md>`_.

    Parameters
    ----------
    results : list of path or Dataset
        Result files, or what `run` or `open` returned of them.
    output : path
        The file to write: ``.h5``, ``.hdf5`` or ``.nc``.
    overwrite : bool
        Replace `output` where it exists.
    partial : bool
        Where trajectories are missing, take the longest stretch without a gap, marked as partial:
        the attribute ``missing`` names them, and a warning does.

    Returns
    -------
    xarray.Dataset
        The merged file, as `open` has it.

    Raises
    ------
    UsageError
        For results of other runs, that overlap, or with gaps between them; all findings in one go.
    FileError
        For files that cannot be read or written.
    VerificationError
        If the certificates of the parts do not hold together; its attribute ``result`` has the
        result.
    KeyboardInterrupt
        After Ctrl-C: nothing was written.

    Examples
    --------
    >>> import cristae
    >>> parts = []
    >>> for first in (0, 60):
    ...     part = {"first": first, "trajectories": 60, "output": f"{first}.h5", "overwrite": True}
    ...     parts.append(cristae.run("telegraph", t_end=5, **part))
    >>> merged = cristae.merge(parts, "all.h5", overwrite=True)
    >>> whole = cristae.run("telegraph", t_end=5, trajectories=120)
    >>> merged.attrs["statistics_hash"] == whole.attrs["statistics_hash"]
    True
    """
    checks = Checks()
    if isinstance(results, (str, os.PathLike, xarray.Dataset)) or len(results) == 0:
        checks.add(f"results is {_short(results)}", "a list of results is needed")
        results = []
    paths = [_path_of(checks, f"results[{i}]", one) for i, one in enumerate(results)]
    check_output(checks, output, overwrite)
    target = checks.fields["result_file"]
    if os.path.abspath(target) in map(os.path.abspath, paths):
        checks.add(f"output is {target!r}, one of the results", "", "Give another name")
    checks.throw_if_any()
    fields = {"results": paths, "output": target, "overwrite": bool(overwrite)}
    found, status = _native.merge({**fields, "partial": bool(partial)})
    notes = warn(findings_of(found))
    merged = with_notes(open(target), notes)
    if status == 7:
        problem = f"the certificates of {len(paths)} results do not hold together"
        reason = "a reaction contradicts its propensity"
        fix = "Look for the one that fails by itself, in their attributes"
        _raise_errors(usage_findings([(problem, reason, fix)]), merged)
    return merged


def _short(value: Any) -> str:
    return f"a {type(value).__name__}" if isinstance(value, xarray.Dataset) else repr(value)
