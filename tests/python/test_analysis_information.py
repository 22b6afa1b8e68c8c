"""Information against channels whose capacity is known. Seeds are fixed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats  # type: ignore[import-untyped,unused-ignore]

import cristae
import made_results
from cristae.analysis import information


def entropy(p: float) -> float:
    return float(-p * np.log2(p) - (1 - p) * np.log2(1 - p))


@pytest.mark.parametrize("p", [0.01, 0.11, 0.3])
def test_capacity_of_a_bit_that_is_flipped(p: float) -> None:
    found = information.capacity([[1 - p, p], [p, 1 - p]])
    assert found.bits == pytest.approx(1 - entropy(p), abs=1e-6)
    assert found.inputs == pytest.approx([0.5, 0.5], abs=1e-3)


def test_capacity_of_channels_that_lose_bits() -> None:
    erased = information.capacity([[0.7, 0.3, 0.0], [0.0, 0.3, 0.7]])
    assert erased.bits == pytest.approx(0.7, abs=1e-6)
    # The Z channel with p = 1/2: log2(5/4), with the noiseless input used 3/5 of the time.
    z = information.capacity([[1.0, 0.0], [0.5, 0.5]])
    assert z.bits == pytest.approx(np.log2(1.25), abs=1e-6)
    assert z.inputs == pytest.approx([0.6, 0.4], abs=1e-3) and z.gap < 1e-5
    assert information.mutual_information([[1.0, 0.0], [0.5, 0.5]]) < z.bits
    assert information.capacity([[0.4, 0.6]] * 3).bits == pytest.approx(0, abs=1e-9)


def two_level(distance: float) -> float:
    """Capacity of two levels a distance apart with normal noise of 1, by quadrature."""

    def inside(x: float) -> float:
        a, b = stats.norm.pdf(x, 0), stats.norm.pdf(x, distance)
        return float(a * np.log2(2 * a / (a + b)))

    return float(integrate.quad(inside, -8, 8 + distance)[0])


@pytest.mark.parametrize("distance", [0.0, 1.0, 2.0, 4.0])
def test_capacity_of_two_levels_in_normal_noise(distance: float) -> None:
    """The estimate's spread over 20 seeds is the error; 4 standard errors of their mean, and 0.005
    bit for what bins lose, are allowed. Without the correction, independent levels show more."""
    truth = two_level(distance)
    found, before = [], []
    for seed in range(20):
        random = np.random.default_rng(seed)
        levels = [random.normal(m, 1, size=1500) for m in (0, distance)]
        one = information.information(levels, bins=16, repeats=2, resamples=20, seed=seed)
        found.append(float(one.capacity.value))
        before.append(one.uncorrected)
    error = np.std(found, ddof=1) / np.sqrt(20)
    # What is below 0 is cut off: half a standard deviation for independent levels.
    slack = 0.5 * np.std(found) if distance == 0 else 0.0
    assert abs(np.mean(found) - truth) < 4 * error + 0.005 + slack
    if distance == 0:
        assert np.mean(before) > 0.002 and np.mean(found) < np.mean(before)


def test_intervals_of_capacity_hold_it() -> None:
    """Of 40 intervals of 95 %, 38 are expected; 32 are demanded (4 sd)."""
    truth, held = two_level(2.0), 0
    for seed in range(40):
        random = np.random.default_rng(100 + seed)
        levels = [random.normal(m, 1, size=800) for m in (0, 2.0)]
        one = information.information(levels, bins=10, repeats=2, resamples=60, seed=seed)
        held += bool(one.capacity.low < truth + 0.01 and truth - 0.01 < one.capacity.high)
    assert 32 <= held


def test_doses_that_cannot_be_confused_carry_all_their_bits() -> None:
    random = np.random.default_rng(1)
    apart = [random.normal(100 * k, 1, size=300) for k in range(4)]
    found = information.information(apart, repeats=2, resamples=20)
    assert float(found.capacity.value) == pytest.approx(2, abs=0.02)
    assert found.inputs == pytest.approx([0.25] * 4, abs=0.02)


def test_bins_hold_equal_values_together_and_equal_shares() -> None:
    edges = information.bin_edges([np.repeat([0, 1, 2], 100)], 10)
    assert edges.tolist() == [0.5, 1.5]
    random = np.random.default_rng(2)
    values = random.normal(size=1000)
    counts = np.histogram(values, np.concatenate([[-9], information.bin_edges([values], 8), [9]]))[
        0
    ]
    assert counts.min() >= 124 and counts.max() <= 126


def test_decoding_of_vectors_knows_more_than_each_value_and_not_more_than_there_is() -> None:
    """Two values, each with noise of 1, are one with noise 1/sqrt(2): the capacity of 1.5 sqrt(2)
    bounds what guesses tell; guesses of two equal normal laws tell that of a flipped bit."""
    random = np.random.default_rng(3)
    two = [random.normal(m, 1, size=(4000, 2)) for m in (0, 1.5)]
    found = information.decoding(two, level=0.999)
    flipped = float(stats.norm.cdf(-1.5 * np.sqrt(2) / 2))
    assert found.low - 0.005 < 1 - entropy(flipped) < found.high + 0.005
    assert float(found.value) < two_level(1.5 * np.sqrt(2))
    single = information.decoding([one[:, :1] for one in two])
    assert float(single.high) < float(found.low)
    blind = information.decoding([random.normal(size=(400, 3)) for _ in range(4)])
    assert float(blind.value) < 0.01


def test_the_table_over_a_sweep_has_rows_for_bins_and_for_vectors() -> None:
    random = np.random.default_rng(4)
    doses = [0.0, 1.0, 2.0]
    sets = [
        made_results.result_of(
            {"X[end]": random.poisson(10 + 20 * k, 200), "Y[end]": random.poisson(10 + 9 * k, 200)}
        )
        for k in doses
    ]
    made = information.table(
        made_results.sweep_of(sets, k=doses), ["X", "Y"], vector=True, bins=[3, 6], resamples=20
    )
    assert made.method.tolist() == ["bins"] * 4 + ["decoding"]
    assert made.quantity.tolist()[-1] == "X[end] Y[end]"
    assert (made.mutual[:4] <= made.capacity[:4] + 0.01).all()
    shares = made.attrs["tables"]["inputs"].groupby(["quantity", "bins"]).share.sum()
    assert shares.values == pytest.approx(1)
    with pytest.raises(cristae.UsageError, match="one ensemble tells nothing about doses"):
        information.table(sets[0], ["X"])
    with pytest.raises(cristae.UsageError, match="20 trajectories or more each, are needed"):
        information.information([[1.0] * 5, [2.0] * 5])
