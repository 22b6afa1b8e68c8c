"""A run in Python is the run of the command line, to the last bit and the last attribute."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray

import cristae

# Arguments of run() and of `cristae run` that mean the same.
CASES: dict[str, tuple[str, dict[str, Any], Sequence[str]]] = {
    "as it stands": ("birth_death", {"trajectories": 300}, ["--trajectories", "300"]),
    "a condition": (
        "isr",
        {"condition": "mito", "trajectories": 40, "t_end": 120, "seed": 3},
        "--condition mito --trajectories 40 --t-end 120 --seed 3".split(),
    ),
    "changed parameters, tables, one thread": (
        "telegraph",
        {"set": {"off": 2.5, "on": 0.1}, "code": "table", "threads": 1, "isa": "baseline"},
        "--set off=2.5,on=0.1 --code table --threads 1 --isa baseline".split(),
    ),
    "features, covariances, another grid": (
        "vilar",
        {
            "trajectories": 70,
            "t_end": 20,
            "samples": 7,
            "first": 100,
            "keep": ["A[end]", "max(R)", "mean(A)"],
            "select": ["R", "A"],
            "covariance": True,
            "histogram_times": 3,
        },
        "--trajectories 70 --t-end 20 --samples 7 --first 100 --keep A[end],max(R),mean(A) "
        "--select R,A --covariance --histogram-times 3".split(),
    ),
    "every sample": (
        "uprmt_cel",
        {"condition": None, "trajectories": 20, "t_end": 10, "sample_every": 2, "raw": True},
        "--trajectories 20 --t-end 10 --sample-every 2 --raw".split(),
    ),
    "nothing of single trajectories": (
        "dimerisation",
        {"trajectories": 50, "keep": "none", "histogram_times": 0, "certify": 0},
        "--trajectories 50 --keep none --histogram-times 0 --certify 0".split(),
    ),
    "until it is precise, after a burn-in": (
        "telegraph",
        {"until": "se(mean(M)) < 3 %", "burn_in": 5, "certify": 0.01},
        ["--until", "se(mean(M)) < 3 %", "--burn-in", "5", "--certify", "0.01"],
    ),
    "trajectories without budget": (
        "telegraph",
        {"trajectories": 30, "max_events": 400},
        "--trajectories 30 --max-events 400".split(),
    ),
    "cells that differ": (
        "telegraph",
        {
            "trajectories": 60,
            "t_end": 5,
            "vary": {"on": "lognormal(cv=0.5)", "s": "gamma(cv=0.3)"},
            "correlate": {("on", "s"): 0.4},
            "replicates": 3,
            "cell_seed": 9,
        },
        "--trajectories 60 --t-end 5 --vary on=lognormal(cv=0.5),s=gamma(cv=0.3) "
        "--correlate on,s=0.4 --replicates 3 --cell-seed 9".split(),
    ),
    "what the network declares, and twins": (
        "isr",
        {"trajectories": 12, "t_end": 20, "vary": "all", "twin": ["CHOP", "mCHOP"]},
        "--trajectories 12 --t-end 20 --vary all --twin CHOP,mCHOP".split(),
    ),
    "a stop and first passages": (
        "telegraph",
        {"trajectories": 40, "t_end": 5, "stop_when": "M >= 30", "first_passage": "M >= 10"},
        ["--trajectories", "40", "--t-end", "5", "--stop-when", "M >= 30"]
        + ["--first-passage", "M >= 10"],
    ),
    "the rate equations": (
        "isr",
        {"engine": "ode", "t_end": 60},
        "--engine ode --t-end 60".split(),
    ),
    "another implementation": (
        "dimerisation",
        {"trajectories": 20, "engine": "reference", "raw": True},
        "--trajectories 20 --engine reference --raw".split(),
    ),
}
# How long it took, and what single trajectories had to do again on the way.
OF_THE_MACHINE = {"wall_seconds", "simulated_events"}
# What guards texts on the disk.
OF_THE_FILE = {"checksum"}
# What the command line says on standard error.
OF_THE_SCREEN = {"notes"}


def command_line(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(program), *arguments], capture_output=True, text=True, check=False, timeout=300
    )


def assert_same(ours: xarray.Dataset, theirs: xarray.Dataset) -> None:
    """Equal names, dimensions, types, values, order of labels and attributes."""
    assert set(ours.variables) == set(theirs.variables)
    assert set(ours.coords) == set(theirs.coords)
    assert dict(ours.sizes) == dict(theirs.sizes)
    for name in theirs.variables:
        a, b = ours[name], theirs[name]
        assert a.dims == b.dims, name
        assert a.dtype == b.dtype or {a.dtype.kind, b.dtype.kind} <= set("OU"), name
        if a.dtype.kind in "biuf":
            assert a.values.tobytes() == b.values.tobytes() or np.array_equal(
                a.values, b.values, equal_nan=a.dtype.kind == "f"
            ), name
        else:
            assert a.values.tolist() == b.values.tolist(), name
        assert set(a.attrs) == set(b.attrs) - OF_THE_FILE, name
        for attribute in a.attrs:
            value = b.attrs[attribute]
            assert np.array_equal(a.attrs[attribute], value), (name, attribute)
    assert [one for one in ours.attrs if one not in OF_THE_SCREEN] == list(theirs.attrs)
    for attribute in set(theirs.attrs) - OF_THE_MACHINE:
        a, b = ours.attrs[attribute], theirs.attrs[attribute]
        assert type(a) is type(b), (attribute, type(a), type(b))
        assert a == b, attribute


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore::cristae.CristaeWarning")
def test_a_run_has_every_variable_and_attribute_of_the_file(name: str, program: Path) -> None:
    network, arguments, options = CASES[name]
    made = command_line(program, "run", network, *options, "--output", "theirs.h5", "--quiet")
    assert made.returncode in (0, 4), made.stderr
    ours = cristae.run(network, **arguments)
    for opened in (xarray.open_dataset("theirs.h5", engine="h5netcdf"), cristae.open("theirs.h5")):
        with opened as theirs:
            assert ours.attrs["contract_hash"] == theirs.attrs["contract_hash"]
            assert ours.attrs["statistics_hash"] == theirs.attrs["statistics_hash"]
            assert int(ours.attrs["exit_status"]) == made.returncode
            assert_same(ours, theirs)


def test_a_sweep_has_every_variable_and_attribute_of_the_file(program: Path) -> None:
    options = "--over on=list(0.5,2) --over off=log(1,10,2) --trajectories 20 --t-end 3".split()
    options += ["--first-passage", "M >= 5", "--correlation", "M,G_on:M"]
    more = ["--vary", "s=lognormal(cv=0.3)", "--keep", "M[end]", "--output", "theirs.h5", "--quiet"]
    made = command_line(program, "sweep", "telegraph", *options, *more)
    assert made.returncode == 0, made.stderr
    ours = cristae.sweep(
        "telegraph",
        {"on": [0.5, 2], "off": "log(1,10,2)"},
        trajectories=20,
        t_end=3,
        vary={"s": "lognormal(cv=0.3)"},
        keep="M[end]",
        first_passage="M >= 5",
        correlation=["M", "G_on:M"],
    )
    with cristae.open("theirs.h5") as theirs:
        assert_same(ours, theirs)


def test_a_file_that_a_run_writes_has_the_bytes_of_the_command_line(program: Path) -> None:
    options = "--trajectories 100 --keep M[end],max(M)".split()
    made = command_line(program, "run", "telegraph", *options, "--output", "theirs.h5")
    assert made.returncode == 0, made.stderr
    ours = cristae.run("telegraph", trajectories=100, keep="M[end],max(M)", output="ours.h5")
    with xarray.open_dataset("theirs.h5", engine="h5netcdf") as theirs:
        assert_same(ours, theirs)
    with xarray.open_dataset("ours.h5", engine="h5netcdf") as theirs:
        assert_same(ours, theirs)
    assert Path("ours.h5").stat().st_size == Path("theirs.h5").stat().st_size
    assert not Path("ours.h5.parts").exists()


def test_a_run_starts_from_the_states_of_another(program: Path) -> None:
    before = cristae.run("birth_death", trajectories=60, t_end=20, output="before.h5")
    options = "--set death_rate=0.2 --start-from before.h5 --seed 2 --trajectories 60".split()
    made = command_line(program, "run", "birth_death", *options, "--output", "theirs.h5")
    assert made.returncode == 0, made.stderr
    arguments: dict[str, Any] = {"set": {"death_rate": 0.2}, "seed": 2, "trajectories": 60}
    ours = cristae.run("birth_death", start_from="before.h5", **arguments)
    with xarray.open_dataset("theirs.h5", engine="h5netcdf") as theirs:
        assert_same(ours, theirs)
    again = cristae.run("birth_death", start_from=before, **arguments)
    assert again.attrs["contract_hash"] == ours.attrs["contract_hash"]
    with pytest.raises(cristae.UsageError, match="seed=1 has already led to the states"):
        cristae.run("birth_death", start_from="before.h5", seed=1)


def test_a_network_from_text_and_from_a_path_is_the_bundled_one() -> None:
    named = cristae.load("telegraph")
    hashes = {
        cristae.run(network, trajectories=20).attrs["contract_hash"]
        for network in ("telegraph", named, named.to_toml(), Path(named.file), named.file)
    }
    assert len(hashes) == 1


def test_threads_and_instruction_sets_change_no_bit() -> None:
    plain = cristae.run("vilar", trajectories=33, t_end=10)
    others: list[dict[str, Any]] = [{"threads": 1}, {"isa": "baseline", "code": "table"}]
    for other in others:
        made = cristae.run("vilar", trajectories=33, t_end=10, **other)
        assert made.attrs["contract_hash"] == plain.attrs["contract_hash"]
        assert made.attrs["statistics_hash"] == plain.attrs["statistics_hash"]
