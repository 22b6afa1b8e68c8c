"""Noise that goes on, pulses that are remembered, and sisters: against closed forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray

import cristae
import made_results
from cristae.analysis import command, memory, passage, sisters, spectrum, transfer
from cristae.analysis._input import ensembles_of, notes_of, pulses_of

SURE = 0.9999  #: intervals miss the truth once in 10,000; seeds are fixed


def cascade(base: float, gain: float, **arguments: Any) -> xarray.Dataset:
    """Messengers (mean 10, lifetime 1/2) and proteins (lifetime 1), made by `base` and by them."""
    network = cristae.build(
        "cascade",
        parameters={"k": 20, "d": 2, "b": base, "t": gain, "e": 1},
        species={"m": 10, "p": round(base + 10 * gain)},
        reactions={
            "make_m": ("0 -> m", "k"),
            "lose_m": ("m -> 0", "d"),
            "leak": ("0 -> p", "b"),
            "make_p": ("m -> m + p", "t"),
            "lose_p": ("p -> 0", "e"),
        },
        t_end=30,
        sample_every=0.05,
    )
    return cristae.run(network, burn_in=10, trajectories=400, raw=True, **arguments)


def parts_of(table: pd.DataFrame) -> pd.DataFrame:
    return table.set_index("part")


@pytest.mark.parametrize(("base", "gain"), [(0.0, 5.0), (40.0, 4.0)])
def test_noise_of_a_linear_cascade_goes_on_by_its_closed_form(base: float, gain: float) -> None:
    made = parts_of(transfer.table(cascade(base, gain), ["m", "p"], level=SURE, resamples=4000))
    mean = base + 10 * gain
    power = 10 * gain / mean
    passed = power**2 / 10 / 3  # eta_m^2 = 1 / 10, and 0.5 / (0.5 + 1)
    truth = {
        "eta2_x": 0.1,
        "tau_x": 0.5,
        "gain": power,
        "tau_y": 1.0,
        "averaging": 1 / 3,
        "transferred": passed,
        "transferred_paulsson": passed,
        "eta2_int": 1 / mean,
        "eta2_y": 1 / mean + passed,
        "share_transferred": passed / (1 / mean + passed),
    }
    assert set(made.index) == set(truth)
    for part, value in truth.items():
        assert made.low[part] < value < made.high[part], part
        assert made.high[part] - made.low[part] < 0.5 * value, part
    # A gain that is a third off would be seen.
    assert not made.low.gain < power * 4 / 3 < made.high.gain


def test_proteins_pass_nothing_on_to_their_messengers() -> None:
    made = parts_of(transfer.table(cascade(0, 5), ["p", "m"], level=SURE))
    truth = {"gain": 0.0, "transferred": 0.0, "tau_y": 0.5, "eta2_int": 0.1}
    for part, value in truth.items():
        assert made.low[part] < value < made.high[part], part
    assert made.high.share_transferred < 0.1
    found = transfer.table(cascade(0, 5), ["m", "p"])
    assert "no feedback" in found.attrs["notes"][-1]
    with pytest.raises(cristae.UsageError, match="noise goes from one to another"):
        transfer.table(cascade(0, 5), ["m"])


def pulsed(gap: float, trajectories: int = 200, **arguments: Any) -> xarray.Dataset:
    """A molecule of lifetime 10 that is made during two pulses of length 4: what is left of the
    first when the second one ends is e^(-(gap + 4) / 10)."""
    network = cristae.build(
        "pulsed",
        parameters={"on": 0, "d": 0.1},
        species={"X": 0},
        reactions={"make": ("0 -> X", "on"), "lose": ("X -> 0", "d")},
        t_end=12 + gap,
        sample_every=4,
    )
    rows = ([0.0, 4, 4 + gap, 8 + gap], [500.0, 0, 500, 0])
    return cristae.run(
        network, signal={"on": rows}, trajectories=trajectories, raw=True, **arguments
    )


def test_what_is_left_of_a_pulse_is_a_memory_with_the_lifetime_of_what_is_left() -> None:
    gaps = [4.0, 8, 16, 24]
    runs = [pulsed(gap, seed=k + 1) for k, gap in enumerate(gaps)]
    made = memory.table(runs[::-1], "X", length=4, level=SURE)
    parts = parts_of(made)
    assert parts.low.memory_time < 10 < parts.high.memory_time
    assert parts.low.effect < np.exp(-0.4) < parts.high.effect
    assert parts.high.memory_time - parts.low.memory_time < 2
    assert np.isnan(parts.value.equal_from)  # at a gap of 24, 6 % are left
    ratios = made.attrs["tables"]["ratios"]
    assert ratios.gap.tolist() == gaps
    truth = 1 + np.exp(-(np.array(gaps) + 4) / 10)
    assert ((ratios.ratio_low < truth) & (truth < ratios.ratio_high)).all()
    late = memory.table([pulsed(88)], "X", length=4, level=SURE)
    assert parts_of(late).value.equal_from == 88 and "three gaps" in late.attrs["notes"][-1]


def test_a_memory_time_is_not_made_up_where_nothing_fades() -> None:
    random = np.random.default_rng(1)
    peaks = [random.normal(100, 10, (200, 2)) * [1, 2] for _ in range(4)]
    found = memory.memory([1, 2, 4, 8], peaks)
    assert np.isnan(found.time.value) and np.isnan(found.equal_from)


def test_pulses_are_read_off_signals_and_conditions() -> None:
    def pulses(result: xarray.Dataset) -> list[tuple[float, float]]:
        return pulses_of(ensembles_of(result)[0])

    assert pulses(pulsed(8, 1)) == [(0.0, 4.0), (12.0, 16.0)]
    once = cristae.run("isr", condition="mito_pulse", trajectories=1, t_end=200)
    assert pulses(once) == [(60.0, 180.0)]
    assert pulses(cristae.run("isr", condition="mito", trajectories=1, t_end=10)) == []
    several = cristae.run(
        "isr", condition="er_pulses", trajectories=2, t_end=1440, raw=True, select="ATF4"
    )
    starts = [start for start, _ in pulses(several)]
    assert len(starts) > 2
    own = spectrum.pulses_table(several, "ATF4", None, 120)
    assert own.start.tolist() == starts
    with pytest.raises(cristae.UsageError, match="has no pulses in its schedule"):
        spectrum.pulses_table(
            cristae.run("telegraph", trajectories=2, t_end=1, raw=True), "M", None, 1
        )


def births_and_deaths(fork: float, **arguments: Any) -> xarray.Dataset:
    """X with the mean 50 and the lifetime 2: sisters have a correlation e^(-2 t / 2)."""
    network = cristae.build(
        "births",
        parameters={"k": 25, "d": 0.5},
        species={"X": 50},
        reactions={"birth": ("0 -> X", "k"), "death": ("X -> 0", "d")},
        t_end=fork + 6,
        sample_every=0.5,
    )
    return cristae.run(network, sisters=2, fork_at=fork, burn_in=15, **arguments)


def test_sisters_forget_each_other_twice_as_fast_as_they_forget_themselves() -> None:
    cells = births_and_deaths(2, trajectories=4000, raw=True, keep=["X[2]", "X[4]", "X[end]"])
    made = sisters.table(cells, ["X[2]", "X[4]"], columns=["X"], level=SURE)
    curve = made.attrs["tables"]["curves"]
    assert curve.since_fork.tolist() == np.arange(0, 6.1, 0.5).tolist()
    truth = np.exp(-curve.since_fork[1:])
    assert ((curve.low[1:] < truth) & (truth < curve.high[1:])).all()
    assert curve.correlation[0] == pytest.approx(1)
    times = made[made.quantity == "X"].set_index("part")
    assert times.low.half_time < np.log(2) < times.high.half_time
    assert times.low.decay_time < 1 < times.high.decay_time
    single = made[made.part == "correlation"].set_index("quantity")
    assert single.value["X[2]"] == pytest.approx(1) and single.since_fork["X[4]"] == 2
    assert single.low["X[4]"] < np.exp(-2) < single.high["X[4]"]
    # Trajectories that are no sisters agree in nothing.
    strangers = cells.isel(realization=np.random.default_rng(1).permutation(4000))
    plain = sisters.correlation(
        sisters.in_families(strangers.feature_value.sel(feature="X[4]").values, 2), level=SURE
    )
    assert plain.correlation.low[0] < 0 < plain.correlation.high[0]
    assert plain.correlation.high[0] < np.exp(-2)


def times_of_sisters(shared: float, own: float) -> passage.Passages:
    """Passages 10 after a fork at 5, give or take a shared and an own part."""
    random = np.random.default_rng(2)
    times = 15 + random.normal(0, shared, (1500, 1)) + random.normal(0, own, (1500, 2))
    reached = random.random((1500, 1)) < 0.7  # for the whole family
    return passage.Passages(
        np.where(reached, times, 40.0).ravel(), np.broadcast_to(reached, times.shape).ravel()
    )


def test_sisters_die_alike_by_what_they_share() -> None:
    found = sisters.fates(times_of_sisters(1.5, 0.5), 2, 5, level=SURE)
    assert found.fate.value == pytest.approx(1)
    assert found.time.low < 0.9 < found.time.high  # 1.5^2 / (1.5^2 + 0.5^2)
    assert found.sd_within.low < 0.5 < found.sd_within.high
    assert found.sd_total.low < np.sqrt(2.5) < found.sd_total.high
    assert found.since_fork == pytest.approx(10, abs=0.2)
    assert (found.families, len(found.differences)) == (1500, sisters.GROUPS)
    assert (found.differences.sd_within_low < 0.5).all()
    assert (found.differences.sd_within_high > 0.5).all()
    apart = sisters.fates(times_of_sisters(0, 1), 2, 5, level=SURE)
    assert apart.time.low < 0 < apart.time.high < 0.2
    # Families with a passage before they part say nothing of what sisters share.
    some = times_of_sisters(1.5, 0.5)
    before = (sisters.in_families(some.times, 2) <= 15).any(axis=1)
    assert sisters.fates(some, 2, 15).families == 1500 - before.sum() > 700


def test_a_result_without_sisters_is_refused_and_others_warn_of_them() -> None:
    with pytest.raises(cristae.UsageError, match="has no sisters"):
        sisters.table(cristae.run("telegraph", trajectories=4, t_end=1))
    cells = births_and_deaths(1, trajectories=8)
    assert "has sisters, which are alike" in notes_of(ensembles_of(cells))[0]


def test_a_predictor_is_held_against_what_comes_later() -> None:
    random = np.random.default_rng(3)
    times = random.exponential(10, 400)
    reached = times < 20
    leak = (times < 5).astype(float)  # who has got there by 5, and nothing else
    result = made_results.result_of(
        {"first(A > 1)": np.where(reached, times, np.nan), "B[5]": leak, "B[end]": leak},
        times=(0.0, 5.0, 20.0),
        end_time=np.full(400, 20.0),
    )
    noisy = result.assign(feature_value=result.feature_value + 0)
    noisy.feature_value.values[:, 1] += random.normal(0, 1e-3, 400)
    made = parts_of(passage.table(noisy, predictors=["B[5]", "B[end]"]))
    assert made.low["auc:B[5]"] < 0.5 < made.high["auc:B[5]"]
    assert made.value["auc:B[end]"] > 0.6
    again = passage.table(noisy, predictors=["B"], at=[5])
    assert parts_of(again).value["auc:B[5]"] == made.value["auc:B[5]"]
    assert "held against what happens after it" in again.attrs["notes"][-1]


def test_the_last_sample_time_is_the_end() -> None:
    cells = cristae.run("telegraph", trajectories=8, t_end=12, keep=["M[10]", "M[12]"])
    (one,) = ensembles_of(cells)
    assert one.features == ["M[10]", "M[end]"]
    feature, values = one.quantities(["M[12]"])["M[12]"]
    assert feature == "M[end]" and values.tolist() == one.quantity("M").tolist()
    with pytest.raises(cristae.UsageError, match=r"'M\[11\]' is not in"):
        one.quantities(["M[11]"])


def test_the_commands_of_cascades_write_their_tables(tmp_path: Path) -> None:
    cascade(0, 5, output="cascade.h5")
    for k, gap in enumerate((4, 8, 16)):
        pulsed(gap, 20, seed=k + 1, output=f"gap_{gap}.h5")
    births_and_deaths(2, trajectories=60, raw=True, first_passage="X >= 60", output="sisters.h5")
    few = ["--resamples", "50", "--quiet", "--json"]
    for words in (
        ["transfer", "cascade.h5", "--column", "m,p"],
        ["memory", "gap_4.h5", "gap_8.h5", "gap_16.h5", "--column", "X", "--length", "4"],
        ["sisters", "sisters.h5", "--column", "X", "--passage", "first(X >= 60)"],
        ["passage", "sisters.h5", "--predict", "X", "--at", "1,2"],
    ):
        assert command.main([*words, *few, f"{words[0]}.json"]) == 0
    said = {name: json.loads(Path(f"{name}.json").read_text()) for name in ("memory", "sisters")}
    assert [row["gap"] for row in said["memory"]["ratios"]] == [4, 8, 16]
    assert {"curves", "differences"} <= set(said["sisters"])
