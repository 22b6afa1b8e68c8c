"""Arguments, errors, warnings, progress, interruption, arrays."""

from __future__ import annotations

import os
import pickle
import resource
import signal
import subprocess
import sys
import textwrap
import threading
import time
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray

import cristae

LONG: dict[str, Any] = {"t_end": 1e5, "sample_every": 10, "trajectories": 100_000}


def problems(**arguments: Any) -> list[str]:
    """What is wrong with the arguments of a run."""
    with pytest.raises(cristae.UsageError) as raised:
        cristae.run("telegraph", **arguments)
    return [f"{finding.problem} ({finding.reason})" for finding in raised.value.findings]


def test_all_wrong_arguments_are_told_at_once() -> None:
    found = problems(
        trajectories=0,
        seed=-1,
        threads=2.5,
        certify=2,
        engine="gpu",
        samples=3,
        sample_every=1,
        set={"off": float("nan")},
        output="table.csv",
        until=5,
    )
    assert found == [
        "set gives 'off' the value nan (a finite number is needed)",
        "samples and sample_every are both given ()",
        "seed is -1 (a whole number from 0 to 18446744073709551615 is needed)",
        "engine is 'gpu' (known: auto, cpu, cuda, all, reference, ode)",
        "threads is 2.5 (a whole number is needed)",
        "certify is 2 (a number from 0 to 1 is needed)",
        "trajectories is 0 (a whole number from 1 to 18446744073709551615 is needed)",
        "until is 5 (a text is needed)",
        "output is 'table.csv' (a name that ends in .h5, .hdf5 or .nc is needed)",
    ]


def test_names_that_the_network_does_not_have_are_told_at_once() -> None:
    found = problems(set={"of": 1}, select="N", condition="x")
    assert any("'of'" in one for one in found) and any("'N'" in one for one in found)


def test_counts_may_be_floats_and_numbers_of_numpy() -> None:
    result = cristae.run("telegraph", trajectories=2e1, seed=np.uint64(3))  # type: ignore[arg-type]
    assert int(result.attrs["trajectories"]) == 20 and int(result.attrs["seed"]) == 3


def test_messages_name_arguments_and_not_options() -> None:
    with pytest.raises(cristae.UsageError, match=r"\(asked for with select\)") as raised:
        cristae.run("telegraph", select="M,N")
    assert "--" not in str(raised.value)
    Path("there.h5").touch()
    with pytest.raises(cristae.FileError, match="Use overwrite=True to replace it"):
        cristae.run("telegraph", trajectories=2, output="there.h5")


def test_cells_differ_and_are_in_the_result() -> None:
    arguments: dict[str, Any] = {
        "trajectories": 60,
        "t_end": 5.0,
        "keep": ["M[end]"],
        "replicates": 3,
    }
    vary = {"on": "lognormal(cv=0.5)", "s": "gamma(cv=0.3)"}
    result = cristae.run("telegraph", vary=vary, correlate={("on", "s"): 0.4}, **arguments)
    assert result.cell_factor.dims == ("cell", "varied")
    assert result.varied.values.tolist() == ["on", "s"]
    assert result.sizes["cell"] == 20
    assert int(result.attrs["replicates"]) == 3
    again = cristae.run(
        "telegraph",
        vary=[f"{name}={factor}" for name, factor in vary.items()],
        correlate={("on", "s"): 0.4},
        **arguments,
    )
    assert again.attrs["contract_hash"] == result.attrs["contract_hash"]
    # What is simulated again has the cells of the run.
    courses = cristae.trajectories(result, [1, 59])
    assert courses.species_raw.sel(species="M").isel(time=-1).values.tolist() == (
        result.feature_value.sel(feature="M[end]", realization=[1, 59]).values.tolist()
    )
    log = cristae.replay(result, trajectory=59)
    assert log.attrs["contract_hash"] == f"{int(result.trajectory_hash[59]):016x}"


def test_a_sweep_has_the_hashes_of_its_sets(tmp_path: Path) -> None:
    path = tmp_path / "sweep.h5"
    swept = cristae.sweep(
        "telegraph",
        {"on": [0.5, 2.0], "off": "log(1, 10, 2)"},
        trajectories=20,
        t_end=3,
        keep=["M[end]"],
        output=path,
    )
    assert swept.species_mean.dims == ("parameter_set", "time", "species")
    assert swept.set_parameters.values.tolist() == [[0.5, 1], [0.5, 10], [2, 1], [2, 10]]
    alone = cristae.run(
        "telegraph", set={"on": 2.0, "off": 1.0}, trajectories=20, t_end=3, histogram_times=2
    )
    assert str(swept.set_contract_hash.values[2]) == alone.attrs["contract_hash"]
    assert str(swept.set_statistics_hash.values[2]) == alone.attrs["statistics_hash"]
    opened = cristae.open(path)
    assert opened.attrs["format"] == "cristae-sweep"
    np.testing.assert_array_equal(opened.feature_value.values, swept.feature_value.values)
    rows = cristae.sweep(
        "telegraph", sets={"on": [0.5, 2.0], "off": [1.0, 1.0]}, trajectories=20, t_end=3
    )
    assert str(rows.set_contract_hash.values[1]) == alone.attrs["contract_hash"]
    with pytest.raises(cristae.UsageError, match="there is nothing to sweep over"):
        cristae.sweep("telegraph")


def test_a_device_that_is_not_here_is_an_error_of_its_own() -> None:
    if any(device.engine == "cuda" and device.usable for device in cristae.devices()):
        pytest.skip("there is one")
    with pytest.raises(cristae.DeviceError, match='Use engine="cpu"'):
        cristae.run("telegraph", engine="cuda")


def test_trajectories_that_end_early_are_a_warning_with_the_call_that_replays_one() -> None:
    with pytest.warns(cristae.CristaeWarning, match="ended with status budget") as caught:
        result = cristae.run("telegraph", trajectories=30, max_events=300, set={"on": 0.3})
    assert int(result.attrs["exit_status"]) == 4
    text = str(caught[0].message)
    assert caught[0].filename == __file__
    call = text[text.index("cristae.replay(") :].rstrip(".")
    log = eval(call)
    assert log.attrs["status"] == "budget" and log.attrs["events"] == 300
    own = result.trajectory_hash.sel(realization=log.attrs["trajectory"])
    assert log.attrs["contract_hash"] == f"{int(own):016x}"


def test_what_is_to_be_kept_in_mind_of_cells_is_in_the_result_and_no_warning() -> None:
    vary = {"off": "uniform(cv=0.3)"}
    arguments: dict[str, Any] = {"vary": vary, "replicates": 2, "t_end": 1}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = cristae.run("telegraph", trajectories=6, **arguments)
        swept = cristae.sweep("telegraph", {"on": [1, 2]}, trajectories=6, **arguments)
        plain = cristae.run("telegraph", trajectories=6, t_end=1)
    assert result.attrs["notes"].startswith("standard errors count every trajectory (the 2 of a")
    assert swept.attrs["notes"] == result.attrs["notes"]
    assert "notes" not in plain.attrs


def test_trajectories_that_share_a_start_are_noted() -> None:
    cristae.run("birth_death", trajectories=2, t_end=1, output="before.h5")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = cristae.run("birth_death", start_from="before.h5", seed=2, trajectories=5, t_end=1)
    notes = result.attrs["notes"].splitlines()
    assert notes == ["5 trajectories start from 2 states; those that share one are not independent"]


def test_a_precision_that_is_not_reached_is_a_warning() -> None:
    with pytest.warns(cristae.CristaeWarning, match="Raise trajectories to about"):
        cristae.run("telegraph", until="se(mean(M)) < 0.1 %", trajectories=300)


def test_arrays_are_those_of_the_library() -> None:
    result = cristae.run("vilar", trajectories=20, t_end=5)
    for name in ("species_mean", "species_histogram", "end_state"):
        values = result[name].values
        base = values
        while isinstance(base, np.ndarray) and base.base is not None:
            base = base.base
        assert not isinstance(base, np.ndarray), name  # a capsule of the library, not a copy
        assert values.flags["C_CONTIGUOUS"] and values.flags["WRITEABLE"]
    mean = result.species_mean
    del result
    assert np.isfinite(mean.values).all()


def test_progress_is_told_to_a_callable() -> None:
    told: list[tuple[int, int, float]] = []
    cristae.run("isr", trajectories=400, t_end=400, progress=lambda *now: told.append(now))
    assert told and told == sorted(told)
    assert all(done <= 400 and events >= 0 for done, events, _ in told)


def test_what_a_progress_callable_raises_ends_the_run() -> None:
    def fail(done: int, events: int, seconds: float) -> None:
        raise ZeroDivisionError("from progress")

    began = time.monotonic()
    with pytest.raises(ZeroDivisionError, match="from progress"):
        cristae.run("isr", progress=fail, output="never.h5", **LONG)
    assert time.monotonic() - began < 30
    assert not Path("never.h5").exists()
    assert list(Path("never.h5.parts").glob("*.checkpoint"))  # hours may be in it


def test_other_threads_go_on_while_a_run_runs() -> None:
    counted = 0
    is_over = threading.Event()

    def count() -> None:
        nonlocal counted
        while not is_over.is_set():
            counted += 1
            time.sleep(0.001)

    other = threading.Thread(target=count)
    other.start()
    try:
        cristae.run("isr", trajectories=300, t_end=600, threads=1)
    finally:
        is_over.set()
        other.join()
    assert counted > 20


def test_runs_on_several_threads_at_once_have_the_same_bits() -> None:
    hashes: list[str] = []

    def work() -> None:
        result = cristae.run("telegraph", trajectories=200, seed=5, output=None)
        hashes.append(str(result.attrs["contract_hash"]))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(hashes) == 4 and len(set(hashes)) == 1


def interrupted_soon() -> threading.Timer:
    timer = threading.Timer(0.7, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    return timer


def interrupt_after(trajectories: int) -> Callable[[int, int, float], None]:
    """Progress that ends in a signal, however fast the machine is."""

    def progress(done: int, events: int, seconds: float) -> None:
        if done > trajectories:
            os.kill(os.getpid(), signal.SIGINT)

    return progress


def test_ctrl_c_leaves_a_valid_partial_result_in_memory_and_on_the_disk() -> None:
    with pytest.raises(KeyboardInterrupt) as raised:
        cristae.run("telegraph", output="part.h5", progress=interrupt_after(500), **LONG)
    part = cristae.interrupted()
    assert part is not None
    assert part is raised.value.result  # type: ignore[attr-defined]
    n = int(part.attrs["trajectories"])
    assert 0 < n < LONG["trajectories"]
    assert part.attrs["status"] == "interrupted" and int(part.attrs["exit_status"]) == 130
    assert str(raised.value).endswith("'part.h5'; cristae.resume('part.h5') goes on")
    with xarray.open_dataset("part.h5", engine="h5netcdf") as written:
        assert written.attrs["contract_hash"] == part.attrs["contract_hash"]
    whole = cristae.run("telegraph", **{**LONG, "trajectories": n})
    assert whole.attrs["contract_hash"] == part.attrs["contract_hash"]
    assert whole.attrs["statistics_hash"] == part.attrs["statistics_hash"]
    assert list(Path("part.h5.parts").glob("*.checkpoint"))
    with pytest.raises(KeyboardInterrupt) as raised:
        cristae.run("telegraph", progress=interrupt_after(500), **LONG)
    n = int(raised.value.result.attrs["trajectories"])  # type: ignore[attr-defined]
    assert f"first={n}, trajectories={LONG['trajectories'] - n} runs the rest" in str(raised.value)


def test_ctrl_c_of_a_sweep_leaves_the_sets_that_are_complete() -> None:
    on = np.linspace(0.1, 10, 100_000).tolist()
    arguments: dict[str, Any] = {"trajectories": 20, "t_end": 5.0, "samples": 2, "seed": 3}
    with pytest.raises(KeyboardInterrupt, match="parameter sets are complete") as raised:
        progress = interrupt_after(2000)
        cristae.sweep("telegraph", {"on": on}, output="part.h5", progress=progress, **arguments)
    part = raised.value.result  # type: ignore[attr-defined]
    assert 0 < part.sizes["parameter_set"] < len(on)
    assert part.attrs["status"] == "interrupted" and int(part.attrs["exit_status"]) == 130
    last = int(part.parameter_set[-1])
    alone = cristae.run("telegraph", set={"on": on[last]}, **arguments)
    assert str(part.set_contract_hash.values[-1]) == alone.attrs["contract_hash"]
    with cristae.open("part.h5") as written:
        assert written.set_contract_hash.values.tolist() == part.set_contract_hash.values.tolist()


def test_ctrl_c_before_the_first_trajectory_leaves_a_checkpoint() -> None:
    interrupted_soon()
    arguments = {"t_end": 1e9, "sample_every": 1e8, "trajectories": 2}
    with pytest.raises(KeyboardInterrupt, match="trajectory 0 had not finished") as raised:
        cristae.run("isr", output="none.h5", progress=False, **arguments)  # type: ignore[arg-type]
    assert raised.value.result is None  # type: ignore[attr-defined]
    assert cristae.interrupted() is None
    assert [path.name for path in Path.cwd().iterdir()] == ["none.h5.parts"]


def test_ctrl_c_of_a_script_ends_it_as_python_does() -> None:
    script = textwrap.dedent("""
        import cristae
        print("go", flush=True)
        cristae.run("telegraph", t_end=1e5, sample_every=10, trajectories=100000)
    """)
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "go\n"
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert "KeyboardInterrupt: interrupted: " in errors


def test_a_signal_handler_of_the_user_is_obeyed() -> None:
    class Alarm(Exception):
        pass

    def ring(*_: object) -> None:
        raise Alarm

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(Alarm):
            cristae.run("telegraph", progress=False, **LONG)
    finally:
        signal.signal(signal.SIGALRM, before)


def test_progress_on_a_terminal_is_a_line_that_is_gone_in_the_end() -> None:
    import pty

    script = "import cristae; cristae.run('isr', trajectories=400, t_end=1440)"
    ours, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", script], stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    assert process.wait(timeout=60) == 0
    if b" of 400 trajectories, " in shown:  # a fast machine has nothing to show
        assert shown.endswith(b"\r\x1b[K")
    else:
        assert shown == b""


def test_progress_in_a_notebook_is_one_output_that_is_empty_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[str] = []

    class Handle:
        def update(self, data: dict[str, str], raw: bool) -> None:
            assert raw
            shown.append(data["text/plain"])

    def display(data: dict[str, str], raw: bool, display_id: bool) -> Handle:
        assert raw and display_id and not shown
        shown.append(data["text/plain"])
        return Handle()

    notebook = types.ModuleType("IPython")
    notebook.get_ipython = lambda: types.SimpleNamespace(kernel=object())  # type: ignore[attr-defined]
    displays = types.ModuleType("IPython.display")
    displays.display = display  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    monkeypatch.setitem(sys.modules, "IPython.display", displays)
    line = cristae._progress.progress_for(None, 1000, True)
    assert line is not None
    line(10, 5_000_000, 0.4)
    assert shown == []
    line(412, 15_300_000, 1.0)
    line(413, 15_300_000, 1.1)
    line(800, 31_000_000, 2.0)
    line.close()
    assert shown == [
        "412 of 1000 trajectories, 15.3 M events/s, 1.4 s left",
        "800 of 1000 trajectories, 15.5 M events/s, 0.5 s left",
        "",
    ]


def test_a_disk_that_fails_does_not_take_the_result_with_it() -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(cristae.FileError, match="full.h5") as raised:
            cristae.run("isr", trajectories=50, t_end=60, output="full.h5")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    result = raised.value.result
    assert result is not None and int(result.attrs["trajectories"]) == 50
    assert list(Path.cwd().iterdir()) == []


def test_a_result_can_be_pickled_and_saved_by_xarray() -> None:
    result = cristae.run("telegraph", trajectories=20, raw=True, t_end=5)
    again = pickle.loads(pickle.dumps(result))
    xarray.testing.assert_identical(again.load(), result.load())
    result.drop_vars("network_text").to_netcdf("saved.nc", engine="h5netcdf")
    with xarray.open_dataset("saved.nc", engine="h5netcdf") as saved:
        assert saved.attrs["contract_hash"] == result.attrs["contract_hash"]


def test_a_large_selection_that_does_not_fit_is_refused_with_figures() -> None:
    with pytest.raises(cristae.UsageError, match="needed for numbers of .* keep") as raised:
        cristae.run("isr", trajectories=10**13, histogram_times=2, samples=2)
    assert "free" in str(raised.value)


def test_a_set_of_a_sweep_has_the_first_passages_and_correlations_of_a_run() -> None:
    arguments: dict[str, Any] = {"trajectories": 40, "t_end": 6.0, "seed": 3}
    asked: dict[str, Any] = {"first_passage": "M >= 8", "correlation": ["M", "G_on:M"]}
    swept = cristae.sweep("telegraph", {"on": [0.5, 2]}, **asked, **arguments)
    for number, on in enumerate([0.5, 2]):
        one = swept.isel(parameter_set=number)
        run = cristae.run("telegraph", set={"on": on}, keep="none", **asked, **arguments)
        for name in ("feature_value", "passed", "lagged_correlation", "lagged_correlation_se"):
            assert one[name].values.tobytes() == run[name].values.tobytes(), name
        first = run.feature_value.sel(feature="first(M >= 8)").values
        times = run.time.values
        assert run.passed.sel(passage="M >= 8").values.tolist() == [
            int((first <= time).sum()) for time in times
        ]


def test_families_part_where_they_are_told_to() -> None:
    arguments: dict[str, Any] = {"trajectories": 60, "t_end": 20.0, "samples": 20, "raw": True}
    families = cristae.run("telegraph", sisters=2, fork_at=10, **arguments)
    assert int(families.attrs["sisters"]) == 2 and float(families.attrs["fork_at"]) == 10
    m = families.species_raw.sel(species="M").values
    assert (m[0::2, :11] == m[1::2, :11]).all() and (m[0::2, 11:] != m[1::2, 11:]).any(axis=1).all()
    log = cristae.replay(families, trajectory=7)
    assert log.attrs["trajectory"] == 7
    with pytest.raises(cristae.UsageError, match="Give both sisters and fork_at"):
        cristae.run("telegraph", sisters=2)
