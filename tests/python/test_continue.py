"""Runs that go on after an interruption, results that grow, and parts that become one."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray

import cristae

SHORT: dict[str, Any] = {"t_end": 4.0, "sample_every": 0.5, "seed": 5, "histogram_times": 3}
# Seconds of one thread with tables, and less with what it is resumed on.
LONG: dict[str, Any] = {"t_end": 4000.0, "samples": 4, "trajectories": 1500, "seed": 3}
SLOWLY: dict[str, Any] = {"threads": 1, "code": "table"}


def cut(done: int, events: int, seconds: float) -> None:
    """As if somebody pressed Ctrl-C once something is finished."""
    if done > 0:
        raise KeyboardInterrupt


def cut_at_once(done: int, events: int, seconds: float) -> None:
    raise KeyboardInterrupt


def same(one: xarray.Dataset, other: xarray.Dataset) -> None:
    """All numbers, and what stands for the simulation; nothing of how it went."""

    def names(result: xarray.Dataset) -> list[str]:
        every = (str(name) for name in result.variables)
        return sorted(one for one in every if not one.startswith(("certificate", "reaction")))

    assert names(one) == names(other)
    for name in names(one):
        np.testing.assert_array_equal(one[name].values, other[name].values, err_msg=name)
    for name in ("contract_hash", "statistics_hash", "events", "trajectories", "status"):
        assert one.attrs[name] == other.attrs[name], name


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"keep": ["M[end]", "max(M)"], "first_passage": "M >= 20", "raw": True},
        {"vary": {"on": "lognormal(cv=0.2)"}, "covariance": True, "keep": "none"},
        {"signal": {"on": ([0.0, 100.0], [0.1, 0.2])}, "correlation": "M"},
    ],
    ids=["plain", "rows", "cells", "signal"],
)
def test_an_interrupted_run_is_resumed_to_the_bits_of_a_whole_one(more: dict[str, Any]) -> None:
    cristae.run("telegraph", output="whole.h5", **LONG, **more)
    with pytest.raises(KeyboardInterrupt, match=r"cristae.resume\('x.h5'\) goes on") as raised:
        cristae.run("telegraph", output="x.h5", progress=cut, **LONG, **SLOWLY, **more)
    part = raised.value.result  # type: ignore[attr-defined]
    assert part is None or int(part.attrs["trajectories"]) < LONG["trajectories"]
    assert Path("x.h5.parts").is_dir()
    resumed = cristae.resume("x.h5", threads=2, code="auto")
    same(resumed, cristae.open("whole.h5"))
    assert int(resumed.attrs["exit_status"]) == 0
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["whole.h5", "x.h5"]


def test_a_network_of_python_values_is_resumed_without_it() -> None:
    network = cristae.build(
        "decay",
        species={"A": 4000},
        parameters={"k": 1e-3},
        reactions={"d": {"equation": "A -> 0", "mass_action": "k"}},
    )
    arguments: dict[str, Any] = {"t_end": 1000.0, "samples": 2, "trajectories": 20_000}
    with pytest.raises(KeyboardInterrupt):
        cristae.run(network, output="x.h5", progress=cut, **arguments, **SLOWLY)
    resumed = cristae.resume("x.h5")
    whole = cristae.run(network, **arguments)
    assert resumed.attrs["statistics_hash"] == whole.attrs["statistics_hash"]


def test_a_killed_run_is_resumed() -> None:
    script = textwrap.dedent(f"""
        import cristae
        cristae.run("telegraph", output="x.h5", checkpoint_every=0.05, **{LONG!r}, **{SLOWLY!r})
    """)
    with subprocess.Popen([sys.executable, "-c", script]) as process:
        deadline = time.monotonic() + 60
        while not list(Path.cwd().glob("x.h5.parts/*.checkpoint")):
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.01)
        process.kill()
    assert process.returncode == -signal.SIGKILL and not Path("x.h5").exists()
    resumed = cristae.resume("x.h5")
    whole = cristae.run("telegraph", **LONG)
    assert resumed.attrs["contract_hash"] == whole.attrs["contract_hash"]
    assert resumed.attrs["statistics_hash"] == whole.attrs["statistics_hash"]


def test_a_resumed_run_can_be_interrupted_again() -> None:
    with pytest.raises(KeyboardInterrupt):
        cristae.run("telegraph", output="x.h5", progress=cut_at_once, **LONG, **SLOWLY)
    with pytest.raises(KeyboardInterrupt, match=r"cristae.resume\('x.h5'\) goes on"):
        cristae.resume("x.h5", progress=cut)
    resumed = cristae.resume("x.h5")
    assert resumed.attrs["contract_hash"] == cristae.run("telegraph", **LONG).attrs["contract_hash"]


def test_a_run_killed_beside_its_whole_result_is_resumed() -> None:
    with pytest.raises(KeyboardInterrupt):
        cristae.run("telegraph", output="x.h5", progress=cut_at_once, **LONG, **SLOWLY)
    shutil.copytree("x.h5.parts", "saved")
    whole = cristae.resume("x.h5")
    shutil.move("saved", "x.h5.parts")  # as if it had been killed before it removed them
    again = cristae.resume("x.h5")
    assert again.attrs["contract_hash"] == whole.attrs["contract_hash"]
    assert not Path("x.h5.parts").exists()


def test_nothing_to_resume_is_an_error_that_says_why() -> None:
    with pytest.raises(cristae.FileError, match="there is no checkpoint in 'x.h5.parts'"):
        cristae.resume("x.h5")
    with pytest.raises(KeyboardInterrupt, match="runs the rest|had not finished"):
        cristae.run("telegraph", output="x.h5", checkpoint_every=0, progress=cut, **LONG, **SLOWLY)
    assert not Path("x.h5.parts").exists()
    with pytest.raises(cristae.UsageError, match="checkpoint_every is given without output"):
        cristae.run("telegraph", checkpoint_every=5)
    with pytest.raises(cristae.UsageError) as raised:
        cristae.resume("x.h5", engine="ode", threads=0, checkpoint_every=-1)  # type: ignore[arg-type]
    assert len(raised.value.findings) == 3


def test_parts_are_merged_to_one_run_in_any_order() -> None:
    cristae.run("telegraph", trajectories=100, output="whole.h5", **SHORT)
    parts = [
        cristae.run("telegraph", first=a, trajectories=b - a, output=f"{a}.h5", **SHORT)
        for a, b in ((70, 100), (0, 33), (33, 70))
    ]
    merged = cristae.merge([parts[0], "0.h5", Path("33.h5")], "all.h5")
    same(merged, cristae.open("whole.h5"))
    with pytest.raises(cristae.FileError, match="'all.h5' exists. Use overwrite=True"):
        cristae.merge(parts, "all.h5")


def test_parts_that_do_not_fit_are_refused_all_at_once() -> None:
    differences: dict[str, dict[str, Any]] = {
        "a": {},
        "b": {"first": 5},
        "c": {"first": 20, "seed": 9},
        "d": {"first": 30},
    }
    for name, more in differences.items():
        arguments = {**SHORT, **more}
        cristae.run("telegraph", trajectories=10, output=f"{name}.h5", **arguments)
    with pytest.raises(cristae.UsageError) as raised:
        cristae.merge(["a.h5", "b.h5", "c.h5"], "all.h5")
    found = [finding.problem for finding in raised.value.findings]
    assert found == [
        "'c.h5' is not of the run of 'a.h5'",
        "'a.h5' and 'b.h5' both hold trajectories 5 to 9",
    ]
    with pytest.raises(cristae.UsageError, match="20 of 40 trajectories are missing: 10 to 29"):
        cristae.merge(["a.h5", "d.h5"], "all.h5")
    with pytest.warns(cristae.CristaeWarning) as warned:
        partial = cristae.merge(["a.h5", "d.h5"], "all.h5", partial=True)
    assert "the result is marked as partial" in str(warned[0].message)
    assert "1 result is left out" in str(warned[1].message)
    assert partial.attrs["status"] == "partial" and int(partial.attrs["trajectories"]) == 10
    with pytest.raises(cristae.UsageError, match="output is 'a.h5', one of the results"):
        cristae.merge(["a.h5"], "a.h5", overwrite=True)
    with pytest.raises(cristae.UsageError, match="a list of results is needed"):
        cristae.merge("a.h5", "all.h5")
    in_memory = cristae.run("telegraph", trajectories=10, **SHORT)
    with pytest.raises(cristae.UsageError, match=r"results\[1\] has no file"):
        cristae.merge(["a.h5", in_memory], "all.h5")


@pytest.mark.parametrize("checkpoint_every", [None, 0])
def test_a_result_gets_more_trajectories(checkpoint_every: float | None) -> None:
    keep: dict[str, Any] = {"keep": "M[end],max(M)", "raw": True, "first_passage": "M >= 9"}
    cristae.run("telegraph", trajectories=150, output="whole.h5", **SHORT, **keep)
    few = cristae.run("telegraph", trajectories=41, output="x.h5", **SHORT, **keep)
    other = cristae.extend(few, trajectories=90, output="y.h5", checkpoint_every=checkpoint_every)
    assert int(cristae.open("x.h5").attrs["trajectories"]) == 41
    more = cristae.extend(other, trajectories=150, checkpoint_every=checkpoint_every, threads=1)
    same(more, cristae.open("whole.h5"))
    assert more.encoding["source"] == str(Path("y.h5").resolve())
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["whole.h5", "x.h5", "y.h5"]


def test_a_result_gets_a_later_end() -> None:
    cristae.run("telegraph", trajectories=60, output="whole.h5", **{**SHORT, "t_end": 6.0})
    cristae.run("telegraph", trajectories=60, output="x.h5", **SHORT)
    same(cristae.extend("x.h5", t_end=6), cristae.open("whole.h5"))
    with pytest.raises(cristae.UsageError, match="'x.h5' goes to t = 6 already"):
        cristae.extend("x.h5", t_end=5)


def test_an_interrupted_extension_keeps_what_is_finished_and_is_resumed() -> None:
    cristae.run("telegraph", output="whole.h5", **LONG)
    cristae.run("telegraph", output="x.h5", **{**LONG, "trajectories": 10})
    with pytest.raises(KeyboardInterrupt, match=r"cristae.resume\('x.h5'\) goes on"):
        cristae.extend("x.h5", trajectories=LONG["trajectories"], progress=cut, **SLOWLY)
    part = cristae.interrupted()
    assert part is not None and part.attrs["status"] == "interrupted"
    assert 10 <= int(part.attrs["trajectories"]) < LONG["trajectories"]
    with pytest.raises(cristae.FileError, match="Use cristae.resume to go on with that run"):
        cristae.extend("x.h5", trajectories=LONG["trajectories"])
    resumed = cristae.resume("x.h5")
    same(resumed, cristae.open("whole.h5"))


def test_an_interrupted_sweep_is_resumed() -> None:
    over = {"on": np.geomspace(0.1, 1, 30).tolist()}
    arguments: dict[str, Any] = {"trajectories": 300, "t_end": 100.0, "samples": 5}
    arguments.update(keep="M[end],max(M)", first_passage="M >= 12", correlation="M")
    arguments.update(vary={"off": "lognormal(cv=0.2)"}, first=7)
    whole = cristae.sweep("telegraph", over, output="whole.h5", **arguments)
    with pytest.raises(KeyboardInterrupt, match=r"cristae.resume\('x.h5'\) goes on"):
        cristae.sweep("telegraph", over, output="x.h5", progress=cut, **arguments, **SLOWLY)
    resumed = cristae.resume("x.h5")
    same(resumed, whole)
    assert resumed.set_contract_hash.values.tolist() == whole.set_contract_hash.values.tolist()
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["whole.h5", "x.h5"]


def test_what_is_no_extension_is_refused() -> None:
    result = cristae.run("telegraph", trajectories=10, **SHORT)
    with pytest.raises(cristae.UsageError, match="result has no file"):
        cristae.extend(result, trajectories=20)
    cristae.run("telegraph", trajectories=10, output="x.h5", **SHORT)
    with pytest.raises(cristae.UsageError, match="'x.h5' holds 10 trajectories already"):
        cristae.extend("x.h5", trajectories=10)
    with pytest.raises(cristae.UsageError) as raised:
        cristae.extend("x.h5", trajectories=0, output="x.h5", certify=2, t_end=float("nan"))
    assert len(raised.value.findings) == 4
