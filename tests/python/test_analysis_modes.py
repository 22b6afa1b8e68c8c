"""Modes, responders and dose responses against known cases. Seeds are fixed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import (
    optimize,
    stats,  # type: ignore[import-untyped,unused-ignore]
)

import cristae
import made_results
from cristae.analysis import modes, resampling
from cristae.analysis._input import ensembles_of, selected


@pytest.mark.parametrize(
    "hits, n, low, high",
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_intervals_are_those_of_newcombe_1998(
    hits: int, n: int, low: float, high: float
) -> None:
    found = resampling.wilson(hits, n)
    assert (float(found.low), float(found.high)) == pytest.approx((low, high), abs=5e-5)


def test_the_dip_of_two_points_and_of_even_steps_is_known() -> None:
    """The largest dip is 1/4, of two points with half of the values each; of even steps it is at
    most 1/(2 n) (Hartigan & Hartigan 1985)."""
    two = modes.modes([0.0] * 50 + [1.0] * 50, scale="linear", resolution=0)
    even = modes.modes(np.arange(100.0), scale="linear", resolution=0)
    assert two.dip == pytest.approx(0.25, abs=0.006) and two.dip_p < 1e-3
    assert even.dip <= 0.005 + 1e-9 and even.dip_p > 0.99


def test_whole_copy_numbers_are_no_modes() -> None:
    """Of 10 samples with one mode, p < 0.05 is expected for fewer than one: the dip test's null is
    the uniform law, which is the worst case. Without spreading, ties are taken for modes."""
    random = np.random.default_rng(2)
    samples = [random.poisson(2, size=1000) for _ in range(10)]
    assert sum(modes.modes(one).dip_p < 0.05 for one in samples) <= 1
    assert all(modes.modes(one, resolution=0).dip_p < 0.01 for one in samples)


def test_two_kinds_of_cells_are_found_and_their_threshold_lies_between() -> None:
    random = np.random.default_rng(3)
    two = np.concatenate([random.poisson(20, 4200), random.poisson(400, 1800)])
    found = modes.modes(two)
    assert found.dip_p < 1e-3 and found.mixture.bic1_bic2 > 100 and found.mixture.ashman_d > 2
    # 4 standard errors of a share of 0.3 of 6000 cells.
    assert found.mixture.weights[1] == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / 6000))
    assert 60 < found.valley < 250
    one = modes.modes(random.poisson(200, 2000))
    assert one.dip_p > 0.05 and one.mixture.bic1_bic2 < 10


def test_sarles_coefficient_of_an_even_spread_is_five_ninths() -> None:
    even = modes.modes(np.arange(10_000.0), scale="linear", resolution=0)
    assert even.sarle == pytest.approx(5 / 9, abs=1e-4)


def test_a_sample_without_spread_has_no_modes() -> None:
    same = modes.modes(np.full(50, 3.0), resolution=0)
    assert np.isnan(same.dip) and np.isnan(same.valley)


def test_the_fit_of_shares_is_the_most_likely_one() -> None:
    """Against a general optimiser on the same likelihood."""
    doses, n = np.array([0.5, 1, 2, 4, 8.0]), np.array([50, 60, 70, 80, 90])
    hits = np.array([3, 9, 31, 62, 84])
    ec50, slope = modes.fit_shares(doses, hits / n, n)

    def likelihood(k: float, h: float) -> float:
        return float(stats.binom.logpmf(hits, n, modes.hill(doses, k, h)).sum())

    top = likelihood(float(ec50), float(slope))
    for k, h in ((1.01, 1), (0.99, 1), (1, 1.01), (1, 0.99)):
        assert likelihood(float(ec50) * k, float(slope) * h) < top


def test_shares_that_step_between_two_doses_have_no_finite_slope() -> None:
    ec50, slope = modes.fit_shares([1, 2, 4, 8], [0, 0, 1, 1], [50] * 4)
    assert np.isnan(ec50) and np.isnan(slope)


@pytest.mark.parametrize("base, top, slope", [(0, 1, 1.0), (5, 80, 4.0), (80, 5, 2.5)])
def test_hill_functions_are_recovered_exactly_without_noise(
    base: float, top: float, slope: float
) -> None:
    doses = np.geomspace(0.1, 100, 9)
    found = modes.fit_hill(doses, base + (top - base) * modes.hill(doses, 3, slope))
    if base > top:  # a falling curve is a rising one from top to base with a negative slope
        assert found[:2] == pytest.approx([base, top], rel=1e-4)
    assert found[2:] == pytest.approx([3, slope], rel=1e-4)


def test_cells_that_differ_in_ec50_flatten_the_population_but_not_their_own_curves() -> None:
    """Cells of slope 4 whose ln EC50 has a logistic law of scale s: the share of responders is the
    Hill function of slope 1/s, and single cells keep 4. Ends are 95 % of 100 resampled values."""
    random = np.random.default_rng(11)
    spread = 0.5
    ec50 = 8 * np.exp(random.logistic(0, spread, size=400))
    doses = np.geomspace(0.5, 128, 11)
    cells = [100 * modes.hill(dose, ec50, 4) + random.normal(0, 0.5, 400) for dose in doses]
    found = modes.dose_response(doses, cells, 50, cells=np.arange(400), resamples=100)
    assert found.cell is not None
    assert found.share.low[0] < 8 < found.share.high[0]
    assert found.share.low[1] < 1 / spread < found.share.high[1]
    assert found.cell.value[1] == pytest.approx(4, rel=0.05)
    assert found.mean.high[3] < 3 < found.cell.low[1]
    wide = spread * np.pi / np.sqrt(3)  # the outermost cells lie behind the doses: up to 10 % less
    assert 0.85 * wide < found.cell.value[2] < 1.05 * wide


def test_no_hill_function_is_nearer_than_the_one_that_is_fitted() -> None:
    random = np.random.default_rng(1)
    doses = np.array([0, 5, 10, 15, 20, 25, 30, 40, 50, 60.0])
    ec50, slope = np.exp(random.uniform([[1.7], [-0.7]], [[4.0], [2.5]], (2, 40)))
    size = random.choice([-9, 90], 40)
    rows = 10 + size[:, None] * modes.hill(doses, ec50[:, None], slope[:, None])
    rows += random.normal(size=rows.shape)
    fits = modes.fit_hill(doses, rows)
    known = np.isfinite(fits).all(axis=1)
    assert known.sum() > 30
    for row, fit in zip(rows[known], fits[known]):

        def left(p: Any, row: Any = row) -> Any:
            return p[0] + (p[1] - p[0]) * modes.hill(doses, np.exp(p[2]), p[3]) - row

        bounds = [-np.inf, -np.inf, np.log(5) - 5, 0.05], [np.inf, np.inf, np.log(60) + 5, 50]
        own = np.sum(left([*fit[:2], np.log(fit[2]), fit[3]]) ** 2)
        for middle, steep in ((10, 1), (20, 2), (20, 6), (30, 6)):
            start = [row[0], row[-1], np.log(middle), steep]
            other = optimize.least_squares(left, start, bounds=bounds, max_nfev=2000)
            assert own < 2 * other.cost * (1 + 1e-4)


def test_a_mean_that_rises_a_thousandfold_has_a_hill_function() -> None:
    doses = np.array([0, 5, 10, 15, 20, 25, 30, 40, 50, 60.0])
    means = 7 + 1e5 * modes.hill(doses, 90, 5)
    found = modes.fit_hill(doses, means, 0.02 * means)
    np.testing.assert_allclose(found, [7, 100_007, 90, 5], rtol=1e-4)


def test_responses_that_do_not_bend_have_a_slope_but_no_ec50() -> None:
    doses = np.array([1, 2, 4, 8, 16, 32.0])
    base, top, ec50, slope = modes.fit_hill(doses, 3 + doses**1.5)
    assert np.isnan(top) and np.isnan(ec50)
    assert (base, slope) == pytest.approx((3, 1.5), rel=0.05)


def test_a_sweep_is_paired_and_results_with_other_seeds_are_not() -> None:
    random = np.random.default_rng(1)
    doses = [0.0, 1, 2, 4, 8, 16]
    sets = [
        made_results.result_of({"X[end]": random.poisson(5 + 50 * modes.hill(d, 3, 2), 200)})
        for d in doses
    ]
    swept = made_results.sweep_of(sets, k=doses)
    varied = made_results.with_cells(swept, 1, k=np.ones(200))
    assert set(modes.doses_table(varied, "X", dose="k", resamples=20).of) == {
        "share",
        "mean",
        "cell",
    }
    paired = modes.doses_table(swept, "X", dose="k", resamples=40)
    assert set(paired.of) == {"share", "mean"}  # one cell's chance is no cell's curve
    ec50 = paired[(paired.of == "mean") & (paired.part == "ec50")].iloc[0]
    assert ec50.value == pytest.approx(3, rel=0.15)
    assert paired.attrs["tables"]["points"].dose.tolist() == doses
    both = pd.concat([paired, paired.assign(quantity="again")])  # pandas compares the attributes
    assert len(both) == 2 * len(paired)
    others = [one.assign_attrs(seed=k) for k, one in enumerate(sets)]
    twice = [
        made_results.with_cells(one, 1, k=np.ones(200)).assign_attrs(cell_seed=np.uint64(5))
        for one in others
    ]
    assert "cell" in set(modes.doses_table(twice, "X", doses=doses, resamples=20)["of"])
    twice[0] = twice[0].assign_attrs(cell_seed=np.uint64(6))  # these are other cells
    assert "cell" not in set(modes.doses_table(twice, "X", doses=doses, resamples=20)["of"])
    plain = modes.doses_table(others, "X", doses=doses, resamples=40)
    assert set(plain.of) == {"share", "mean"}
    with pytest.raises(cristae.UsageError, match="do not hold the same trajectories"):
        modes.doses_table(others, "X", doses=doses, paired=True)


def test_a_sweep_of_two_parameters_has_a_response_for_each_value_of_the_other() -> None:
    random = np.random.default_rng(2)
    doses, halves = [1.0, 2, 4, 8, 16], [3.0, 6.0]
    pairs = [(dose, half) for half in halves for dose in doses]
    sets = [
        made_results.result_of({"X[end]": random.poisson(200 * modes.hill(d, half, 2), 200)})
        for d, half in pairs
    ]
    sweep = made_results.sweep_of(sets, k=[d for d, _ in pairs], half=[h for _, h in pairs])
    made = modes.doses_table(sweep, "X", dose="k", resamples=20)
    assert sorted(set(made.others)) == ["half=3", "half=6"]
    own = made[(made.of == "mean") & (made.part == "ec50")]
    assert own.value.tolist() == pytest.approx(halves, rel=0.1)
    part = selected([sweep], [("half", "6")])[0]
    assert part.sizes["parameter_set"] == 5 and part.parameter_set.values[0] == 5
    same = modes.doses_table(part, "X", dose="k", resamples=20)
    again = same[(same.of == "mean") & (same.part == "ec50")].value
    assert again.tolist() == pytest.approx([6], rel=0.1)
    for pair, problem in (
        (("half", "7"), "no parameter set of 'made' has half=7"),
        (("x", "7"), r"'made' does not sweep 'x' \(it sweeps k, half, condition\)"),
        (("half", "x"), "'half=x' is no number"),
    ):
        with pytest.raises(cristae.UsageError, match=problem):
            selected([sweep], [pair])
    with pytest.raises(cristae.UsageError, match="'made' is no sweep"):
        selected([sets[0]], [("half", "6")])


def test_doses_are_read_from_set_from_the_condition_and_from_the_network() -> None:
    plain = cristae.run("isr", trajectories=2, t_end=1, sample_every=1)
    under = cristae.run("isr", condition="mito", trajectories=2, t_end=1, sample_every=1)
    given = cristae.run(
        "isr", condition="mito", set={"mito_stress": 0.7}, trajectories=2, t_end=1, sample_every=1
    )
    own = [one.parameter("mito_stress") for one in ensembles_of([plain, under, given])]
    assert own == [0, 0.5, 0.7]
    with pytest.raises(cristae.UsageError, match="value of 'nothing' is not known"):
        ensembles_of(plain)[0].parameter("nothing")


def test_responders_lie_above_the_percentile_of_the_control() -> None:
    random = np.random.default_rng(4)
    control = made_results.result_of({"X[end]": np.arange(1001.0)})
    stressed = made_results.result_of({"X[end]": random.uniform(500, 1500, 400)})
    row = modes.table(stressed, ["X"], control=control, percentile=90).iloc[0]
    assert row.threshold == 900
    assert row.above == np.mean(stressed.feature_value.values > 900)
