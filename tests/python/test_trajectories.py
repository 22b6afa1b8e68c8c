"""Single trajectories: raw samples on demand, events, queries, files."""

from __future__ import annotations

import csv
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import xarray

import cristae


def test_raw_samples_are_simulated_when_they_are_looked_at() -> None:
    result = cristae.run("telegraph", trajectories=200, raw=True)
    raw = result.species_raw
    assert raw.dims == ("realization", "species", "time")
    assert not raw.variable._in_memory
    one = raw.isel(realization=7)
    assert not raw.variable._in_memory
    end = one.sel(species="M").isel(time=-1)
    assert float(end) == float(result.end_state.sel(realization=7, network_species="M"))
    assert np.allclose(raw.mean("realization"), result.species_mean.T, atol=1e-9)


def test_any_selection_of_raw_samples_is_the_selection_of_all() -> None:
    result = cristae.run("telegraph", trajectories=40, t_end=3, raw=True, first=5)
    every = result.observable_raw.values
    raw = result.observable_raw
    assert raw.values.shape == every.shape == tuple(raw.sizes.values())
    picks = [31, 2, 2, 30]
    np.testing.assert_array_equal(raw.isel(realization=picks).values, every[picks])
    np.testing.assert_array_equal(raw.isel(realization=-1).values, every[-1])
    np.testing.assert_array_equal(
        raw.isel(realization=slice(30, 3, -7), time=[3, 0]).values,
        every[30:3:-7][:, :, [3, 0]],
    )
    np.testing.assert_array_equal(
        raw.isel(realization=[3, 4], observable=[1, 0], time=2).values,
        every[[3, 4]][:, [1, 0]][:, :, 2],
    )
    assert raw.isel(realization=slice(0, 0)).values.shape == (0, *every.shape[1:])
    np.testing.assert_array_equal(raw.sel(realization=12).values, every[7])


def test_raw_samples_in_memory_are_those_in_a_file() -> None:
    result = cristae.run("uprmt_cel", trajectories=30, t_end=5, raw=True, output="raw.h5")
    with xarray.open_dataset("raw.h5", engine="h5netcdf") as written:
        np.testing.assert_array_equal(result.species_raw.values, written.species_raw.values)
        np.testing.assert_array_equal(result.observable_raw.values, written.observable_raw.values)
    opened = cristae.open("raw.h5")
    assert not opened.species_raw.variable._in_memory
    np.testing.assert_array_equal(
        opened.species_raw.isel(realization=[9, 1]).values,
        result.species_raw.isel(realization=[9, 1]).values,
    )
    xarray.testing.assert_identical(opened.load(), cristae.open("raw.h5").load())


def test_a_changed_hash_is_noticed() -> None:
    result = cristae.run("telegraph", trajectories=20, t_end=3)
    result.trajectory_hash[4] += np.uint64(1)
    with pytest.raises(cristae.VerificationError, match="trajectory 4 comes out differently"):
        cristae.trajectories(result, [3, 4])
    with pytest.raises(cristae.VerificationError, match="trajectory 4 comes out differently"):
        cristae.replay(result, trajectory=4)
    assert cristae.trajectories(result, 3).sizes["realization"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"condition": "mito", "set": {"er_stress": 2.0}, "t_end": 60, "burn_in": 10},
        {"t_end": 30, "samples": 7, "select": ["CHOP", "eIF2P"], "first": 100},
        {"t_end": 30, "sample_every": 0.7, "engine": "reference"},
    ],
)
def test_trajectories_of_a_result_or_its_file_come_again(arguments: dict[str, object]) -> None:
    given = {"t_end": 40, **arguments}
    result = cristae.run("isr", trajectories=12, raw=True, output="isr.h5", **given)  # type: ignore[arg-type]
    first = int(result.attrs["first"])
    for source in (result, "isr.h5", cristae.open("isr.h5")):
        again = cristae.trajectories(source, [first + 5, first])
        np.testing.assert_array_equal(
            again.species_raw.values, result.species_raw.isel(realization=[5, 0]).values
        )
        assert again.realization.values.tolist() == [first + 5, first]
    assert "species_unit" in again.coords
    with pytest.raises(cristae.UsageError, match="is not in the result"):
        cristae.trajectories(result, first + 12)
    with pytest.raises(cristae.UsageError, match="a part of its trajectories only"):
        cristae.trajectories(result.isel(realization=[1, 2]), first)


def test_a_replay_has_the_events_of_the_command_line(program: Path) -> None:
    log = cristae.replay("telegraph", trajectory=41, seed=7, t_end=10)
    made = subprocess.run(
        [str(program), *"replay telegraph --seed 7 --trajectory 41 --t-end 10".split()],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = list(csv.DictReader(made.stdout.splitlines()))
    assert len(lines) == log.sizes["event"]
    assert [line["reaction"] for line in lines] == log.event_reaction.values.tolist()
    assert [float(line["time"]) for line in lines] == log.event_time.values.tolist()
    state = dict.fromkeys(log.species.values.tolist(), 0)
    for number, line in enumerate(lines):
        for change in line["state"].split():
            name, count = change.split("=")
            state[name] = int(count)
        assert log["count"].isel(event=number).values.tolist() == list(state.values())
    assert f"hash {log.attrs['contract_hash']}" in made.stderr


def test_a_replay_of_a_result_has_its_hash() -> None:
    result = cristae.run("birth_death", trajectories=30, seed=4, output="bd.h5")
    for source in (result, "bd.h5", Path("bd.h5")):
        log = cristae.replay(source, trajectory=17)
        assert log.attrs["contract_hash"] == f"{int(result.trajectory_hash[17]):016x}"
        assert log.attrs["events"] == int(result.events[17])
    with pytest.raises(cristae.UsageError, match="a result and arguments of its run"):
        cristae.replay(result, trajectory=17, seed=4)


def test_a_replay_starts_from_the_states_of_another_result() -> None:
    cristae.run("birth_death", trajectories=5, t_end=20, output="before.h5")
    result = cristae.run("birth_death", start_from="before.h5", seed=2, trajectories=5)
    log = cristae.replay(result, trajectory=3)
    assert log.attrs["contract_hash"] == f"{int(result.trajectory_hash[3]):016x}"
    before = cristae.open("before.h5").end_state.isel(realization=3)
    assert log["count"].isel(event=0).values.tolist() == before.values.tolist()
    cristae.run("birth_death", trajectories=6, t_end=20, output="before.h5", overwrite=True)
    with pytest.raises(cristae.VerificationError, match="is not the result that .* started from"):
        cristae.replay(result, trajectory=3)
    Path("before.h5").unlink()
    with pytest.raises(cristae.FileError, match="Put that file back"):
        cristae.trajectories(result, 3)


def test_pick_finds_what_the_command_line_finds(program: Path) -> None:
    query = "M[end] > 10 and max(M) < 30 and events > 100 and id != 5"
    result = cristae.run("telegraph", trajectories=300, keep="M[end],max(M)", output="telegraph.h5")
    made = subprocess.run(
        [str(program), "pick", "telegraph.h5", query], capture_output=True, text=True, check=True
    )
    theirs = [int(line["id"]) for line in csv.DictReader(made.stdout.splitlines())]
    assert theirs
    for source in (result, "telegraph.h5"):
        assert cristae.pick(source, query).tolist() == theirs
    few = result.sel(realization=cristae.pick(result, query))
    assert (few.feature_value.sel(feature="M[end]") > 10).all()
    with pytest.raises(cristae.UsageError, match=r"query:1:1: error: 'mean\(M\)' was not kept"):
        cristae.pick(result, "mean(M) > 3")
    with pytest.raises(cristae.UsageError, match='keep="none"'):
        cristae.pick(cristae.run("telegraph", trajectories=5, keep="none"), "id > 3")


def test_a_file_that_is_no_result_is_refused() -> None:
    with pytest.raises(cristae.FileError, match="absent.h5"):
        cristae.open("absent.h5")
    xarray.Dataset({"a": 1}).to_netcdf("other.nc", engine="h5netcdf")
    with pytest.raises(cristae.FileError, match="is no result of Cristae"):
        cristae.open("other.nc")


def test_a_damaged_file_is_noticed() -> None:
    cristae.run("telegraph", trajectories=500, output="whole.h5")
    content = bytearray(Path("whole.h5").read_bytes())
    for start in range(3000, len(content) - 64, 4096):
        content[start : start + 64] = bytes(64)
    Path("damaged.h5").write_bytes(content)
    with pytest.raises(cristae.FileError, match="damaged.h5"):
        cristae.open("damaged.h5").load()


def test_columns_that_share_a_name_are_kept_apart() -> None:
    network = cristae.build(
        "names",
        species={"A": 10, "B": 0},
        reactions={"r": ("A -> B", 1)},
        observables={"A": "A + 100 * B"},
        t_end=2,
        sample_every=1,
    )
    result = cristae.run(network, trajectories=5, select=["B", "A"], raw=True)
    assert result.quantity.values.tolist() == ["species:B", "observable:A"]
    again = cristae.trajectories(result, 2)
    np.testing.assert_array_equal(again.observable_raw[0], result.observable_raw[2])
    last = again.isel(realization=0, time=-1)
    b = float(last.species_raw.sel(species="B"))
    assert float(last.observable_raw.sel(observable="A")) == 10 - b + 100 * b


def test_files_are_written_and_read_by_many_threads_at_once() -> None:
    def work(number: int) -> str:
        name = f"{number}.h5"
        made = cristae.run("telegraph", trajectories=300, seed=number, output=name, threads=1)
        opened = cristae.open(name)
        assert opened.end_state.values.sum() == made.end_state.values.sum()
        xarray.testing.assert_identical(opened.drop_attrs().load(), made.drop_attrs())
        return str(opened.attrs["contract_hash"])

    with ThreadPoolExecutor(8) as pool:
        hashes = list(pool.map(work, range(24)))
    assert len(set(hashes)) == 24
