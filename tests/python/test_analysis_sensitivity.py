"""Designs of parameter sets and the indices of their sweeps, against the Ishigami function.

Ishigami, T. & Homma, T. (1990): sin(x1) + 7 sin(x2)^2 + 0.1 x3^4 sin(x1) on [-pi, pi]^3, whose
indices are known in closed form.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd  # type: ignore[import-untyped,unused-ignore]
import pytest

import cristae
import made_results
from cristae.analysis import sensitivity
from cristae.analysis._input import ensembles_of

OFFSET = 4.0  # parameters above 0


def three_parameters() -> cristae.Network:
    return cristae.build(
        "three",
        parameters={"x1": OFFSET, "x2": OFFSET, "x3": OFFSET},
        species={"X": 0},
        reactions={"make": ("0 -> X", "x1 + x2 + x3")},
        t_end=1,
        sample_every=1,
    )


def ishigami(sets: pd.DataFrame) -> npt.NDArray[np.float64]:
    x = sets[["x1", "x2", "x3"]].to_numpy() - OFFSET
    return np.asarray(
        np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    )


BOUNDS = {name: (OFFSET - np.pi, OFFSET + np.pi) for name in ("x1", "x2", "x3")}
TOTAL = 1 / 2 + 49 / 8 + 0.1 * np.pi**4 / 5 + 0.01 * np.pi**8 / 18
FIRST = {"x1": (1 + 0.1 * np.pi**4 / 5) ** 2 / 2 / TOTAL, "x2": 49 / 8 / TOTAL, "x3": 0.0}
WITH_1_3 = 0.01 * np.pi**8 * (1 / 18 - 1 / 50) / TOTAL
WHOLE = {"x1": FIRST["x1"] + WITH_1_3, "x2": FIRST["x2"], "x3": WITH_1_3}


def test_sobol_indices_of_the_ishigami_function() -> None:
    """Truths must lie in intervals of 99.9 %: 6 of them, a false alarm in 170 seeds."""
    sets = sensitivity.design(three_parameters(), BOUNDS, method="sobol", size=1024, scale="linear")
    assert len(sets) == 1024 * 5
    found = sensitivity.indices(
        sets.attrs["design"], sets, ishigami(sets), resamples=200, level=0.999
    ).set_index("parameter")
    for name in BOUNDS:
        assert found.S1_low[name] < FIRST[name] < found.S1_high[name], name
        assert found.ST_low[name] < WHOLE[name] < found.ST_high[name], name
    assert found.index.tolist() == ["x1", "x2", "x3"]
    assert found.ST_low["x3"] > 0.1  # not FIRST["x3"]: all of it is interaction


def test_morris_effects_of_a_plane_are_its_slopes_and_of_a_product_spread() -> None:
    sets = sensitivity.design(three_parameters(), BOUNDS, size=40, scale="linear")
    width = 2 * np.pi
    plane = 3 * sets.x1 - 2 * sets.x2
    found = sensitivity.indices(sets.attrs["design"], sets, plane, resamples=50)
    assert found.parameter.tolist() == ["x1", "x2", "x3"]
    assert found.mu_star.tolist() == pytest.approx([3 * width, 2 * width, 0], abs=1e-9)
    assert found.mu.tolist() == pytest.approx([3 * width, -2 * width, 0], abs=1e-9)
    assert found.sigma.tolist() == pytest.approx([0, 0, 0], abs=1e-9)
    product = sensitivity.indices(sets.attrs["design"], sets, sets.x1 * sets.x3, resamples=50)
    assert (product.sigma[:2] > 1).all() and product.parameter[2] == "x2"


def test_a_design_runs_between_its_bounds_on_the_log_scale() -> None:
    sets = sensitivity.design("telegraph", {"on": 10, "d": (0.5, 2), "s": None}, size=20)
    own = cristae.load("telegraph").parameters
    assert sets.on.min() == pytest.approx(own["on"].value / 10)
    assert sets.on.max() == pytest.approx(own["on"].value * 10)
    assert sets.s.max() / sets.s.min() == pytest.approx(9)
    steps = np.unique(np.log(sets.d.to_numpy() / 0.5).round(9))
    assert steps == pytest.approx(np.log(4) * np.arange(4) / 3)


@pytest.mark.parametrize("method", ["morris", "sobol"])
def test_a_design_goes_through_its_file_and_a_sweep(
    method: sensitivity.Method, tmp_path: Path
) -> None:
    network, path = three_parameters(), tmp_path / "sets.csv"
    drawn = sensitivity.design(network, BOUNDS, path, method=method, size=16, seed=3)
    sets = pd.read_csv(path)
    assert sets.equals(drawn)
    again = sensitivity.design(network, BOUNDS, method=method, size=16, seed=3)
    assert sets.equals(again)
    described = json.loads((tmp_path / "sets.design.json").read_text())
    assert described["method"] == method and described["log"] == [True] * 3
    results = [made_results.result_of({"X[end]": [one - 1, one + 1]}) for one in sets.x1 + sets.x2]
    sweep = made_results.sweep_of(results, **{name: sets[name].tolist() for name in sets})
    made = sensitivity.table(sweep, "X", path, above=float("-inf"), resamples=50)
    direct = sensitivity.indices(described, sets, sets.x1 + sets.x2, resamples=50)
    assert made.quantity.tolist() == ["X[end]"] * 3
    index = "mu_star" if method == "morris" else "ST"
    assert made[index].tolist() == pytest.approx(direct[index].tolist())
    assert "in 1 of the parameter sets" in made.attrs["notes"][-1]
    turned = sweep.isel(parameter_set=np.roll(np.arange(len(sets)), 1))
    with pytest.raises(cristae.UsageError, match="are not those of the design"):
        sensitivity.table(turned, "X", path)
    with pytest.raises(cristae.UsageError, match="are not those of the design"):
        sensitivity.table(sweep.isel(parameter_set=slice(0, -1)), "X", path)
    with pytest.raises(cristae.FileError, match="it exists"):
        sensitivity.design(network, BOUNDS, path, method=method, size=16)


def test_means_need_nothing_kept_of_trajectories() -> None:
    kept = cristae.run("telegraph", trajectories=50, keep="M[end],M[1]", t_end=4, sample_every=1)
    none = cristae.run("telegraph", trajectories=50, keep="none", t_end=4, sample_every=1)
    for name in ("M", "M[end]", "M[1]"):
        (feature, mean), (_, again) = (
            sensitivity.outcomes_of(ensembles_of(one), name) for one in (kept, none)
        )
        values = kept.feature_value.sel(feature=feature).values
        assert mean[0] == again[0] == pytest.approx(values.mean())
    with pytest.raises(cristae.UsageError, match="holds nothing of single trajectories"):
        sensitivity.outcomes_of(ensembles_of(none), "M", "cv")
    with pytest.raises(cristae.UsageError, match=r"'M\[1.5\]' is not in"):
        sensitivity.outcomes_of(ensembles_of(kept), "M[1.5]")


def test_sets_without_an_outcome_are_told() -> None:
    sets = sensitivity.design(three_parameters(), BOUNDS, size=4)
    outcomes = ishigami(sets)
    outcomes[[5, 9]] = np.nan
    with pytest.raises(cristae.UsageError, match=r"parameter set 5 has no outcome \(2 in all\)"):
        sensitivity.indices(sets.attrs["design"], sets, outcomes)


def test_all_that_is_wrong_with_a_design_is_told_at_once() -> None:
    with pytest.raises(cristae.UsageError) as raised:
        sensitivity.design(
            "telegraph",
            {"onn": 3, "off": (5, 2), "s": 0.5, "d": (-1, 1)},
            size=100,
            method="sobol",
        )
    found = [str(finding) for finding in raised.value.findings]
    assert found[0] == "error: size is 100 (two or more are needed, for sobol a power of 2)."
    assert found[1] == "error: the network has no parameter 'onn'. Did you mean 'on'?"
    assert found[2] == "error: 'off' runs from 5 to 2 (the lowest value comes first)."
    assert found[3].startswith("error: 's' has no bounds (its value is 100 and the factor 0.5).")
    assert len(found) == 4


def test_a_file_that_is_no_design_is_refused(tmp_path: Path) -> None:
    with pytest.raises(cristae.FileError, match="No such file"):
        sensitivity.read_design(tmp_path / "none.csv")
    (tmp_path / "other.design.json").write_text("{}")
    with pytest.raises(cristae.FileError, match="it is no design of parameter sets"):
        sensitivity.read_design(tmp_path / "other.csv")
