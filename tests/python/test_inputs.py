"""Twins, signals and the rate equations, as keyword arguments."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import cristae

NETWORK = """
[network]
name = "decay"
time_unit = "h"
[parameters]
k = { value = 20, bounds = [0, 100] }
[species]
A = 100
B = 0
[reactions]
birth = { equation = "0 -> A", mass_action = "k" }
death = { equation = "A -> B", mass_action = "0.5" }
[observables]
A = "A / 3"
births = "count(birth)"
[run]
t_end = 10
sample_every = 1
"""

has_ode = any(one.engine == "ode" and one.usable for one in cristae.devices())


def test_a_twin_and_a_signal_are_there_again_in_a_replay(tmp_path: Path) -> None:
    rows = ([0.0, 2.0, 5.0], [20.0, 80.0, 0.0])
    file = tmp_path / "k.csv"
    file.write_text("time,value\n0,20\n2,80\n5,0\n")
    with pytest.warns(cristae.CristaeWarning, match="species without a twin"):
        result = cristae.run(
            NETWORK, twin="A", signal={"k": rows}, trajectories=20, output=tmp_path / "r.h5"
        )
    assert result.attrs["twin"] == "A"
    assert "A_twin" in result.species
    np.testing.assert_array_equal(result.signal_value, rows[1])
    np.testing.assert_array_equal(result.change, [2, 5])
    log = cristae.replay(result, trajectory=7)
    assert "birth_twin" in log.event_reaction
    again = cristae.replay(NETWORK, twin=["A"], signal={"k": file}, trajectory=7)
    assert again.attrs["contract_hash"] == log.attrs["contract_hash"]
    assert list(again.species.values) == list(result.network_species.values)
    opened = cristae.open(tmp_path / "r.h5")
    samples = cristae.trajectories(opened, [3]).species_raw.sel(species="A_twin")
    assert float(samples[0, -1]) == float(opened.end_state.sel(network_species="A_twin")[3])
    assert "birth_twin" in cristae.inspect(NETWORK, twin="A", signal={"k": file}, estimate=False)


def test_what_makes_no_signal_is_told() -> None:
    with pytest.raises(cristae.UsageError) as raised:
        cristae.run(NETWORK, signal={"k": ([0, 1, 1], [1, 200, 3])})
    assert [finding.problem for finding in raised.value.findings] == [
        "signal of 'k', row 1: 200 of parameter 'k' is outside its bounds [0, 100]",
        "signal of 'k', row 2: time 1 does not follow time 1",
    ]
    with pytest.raises(cristae.UsageError, match="times and values"):
        cristae.run(NETWORK, signal={"k": 3})  # type: ignore[dict-item]


@pytest.mark.skipif(not has_ode, reason="built without SUNDIALS")
def test_the_rate_equations_have_the_layout_of_a_run(tmp_path: Path) -> None:
    ode = cristae.run(NETWORK, engine="ode", output=tmp_path / "ode.h5", progress=False)
    ssa = cristae.run(NETWORK, trajectories=3000, seed=5)
    times = ode.time.values
    exact = 40 + 60 * np.exp(-0.5 * times)
    np.testing.assert_allclose(ode.species_mean.sel(species="A"), exact, rtol=1e-6)
    np.testing.assert_allclose(ode.observable_mean.sel(observable="A"), exact / 3, rtol=1e-6)
    np.testing.assert_allclose(ode.observable_mean.sel(observable="births"), 20 * times, rtol=1e-6)
    assert ode.species_mean.dims == ssa.species_mean.dims
    assert set(ssa.data_vars) - set(ode.data_vars) <= {
        name for name in ssa.data_vars if "histogram" in str(name) or "bin_" in str(name)
    } | {"end_state", "certificate_firings", "certificate_integral", "certificate_z"}
    assert np.isnan(ode.species_var).all()
    assert (ode.n == 1).all()
    assert ode.attrs["engine"] == "ode"
    assert ode.attrs["contract_hash"] == "0" * 16
    # Linear laws: both have the same mean. Bound 5.7 standard errors, false alarms below 1e-7.
    worst = abs((ssa.species_mean - ode.species_mean) / ssa.species_se).sel(species="A")[1:].max()
    assert float(worst) < 5.7
    opened = cristae.open(tmp_path / "ode.h5")
    np.testing.assert_array_equal(opened.species_mean, ode.species_mean)
    assert list(cristae.pick(opened, "A[end] > 13")) == [0]
    with pytest.raises(cristae.UsageError, match="has no trajectories"):
        cristae.replay(opened, trajectory=0)


@pytest.mark.skipif(not has_ode, reason="built without SUNDIALS")
def test_the_rate_equations_refuse_what_is_of_trajectories() -> None:
    with pytest.raises(cristae.UsageError) as raised:
        cristae.run(
            NETWORK,
            engine="ode",
            trajectories=5,
            covariance=True,
            raw=True,
            until="se(mean(A)) < 1",
        )
    assert [finding.problem for finding in raised.value.findings] == [
        "5 trajectories are asked of the engine 'ode'",
        "a precision of means is asked of the engine 'ode'",
        "a covariance is asked of the engine 'ode'",
        "every sample of single trajectories is asked of the engine 'ode'",
    ]
