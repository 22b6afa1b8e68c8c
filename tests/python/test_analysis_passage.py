"""First passage against hand calculations and laws that are known.

Where a truth must lie in an interval of level 0.999, that is one false alarm in 1000 seeds; twins
that leave out or miscount what is censored must fail. Seeds are fixed.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped,unused-ignore]

import cristae
import made_results
from cristae.analysis import passage

SURE = 0.999


def test_a_survival_curve_by_hand() -> None:
    """Freireich's 6-MP arm (1963), as in Kaplan-Meier textbooks: 21 patients, 9 relapses."""
    relapsed = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    got = [True] * len(relapsed) + [False] * len(censored)
    curve = passage.kaplan_meier(relapsed + censored, got)
    assert curve.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    by_hand = np.cumprod([18 / 21, 16 / 17, 14 / 15, 11 / 12, 10 / 11, 6 / 7, 5 / 6])
    assert curve.survival == pytest.approx(by_hand, rel=1e-12)
    assert curve.survival == pytest.approx(
        [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=5e-4
    )
    assert float(passage.quantile(curve).value) == 23
    law = passage.laws(relapsed + censored, got)
    assert float(law.rate.value) == pytest.approx(9 / 359)
    rates = passage.hazard(relapsed + censored, got, [0, 10, 40])
    assert rates.passages.tolist() == [5, 4]
    assert rates.at_risk.sum() == 359
    assert rates.cumulative.iloc[-1] == pytest.approx(
        3 / 21 + 1 / 17 + 1 / 15 + 1 / 12 + 1 / 11 + 1 / 7 + 1 / 6
    )


@pytest.mark.parametrize("take", ["as it is", "left out", "at the end"])
def test_erlang_passages_are_found_through_censoring(take: str) -> None:
    """Three steps of rate 1/4; a third are behind the horizon. Censored for what they are, curve,
    median and restricted mean hold the truth; left out, or counted as passages at the end, not."""
    truth = stats.gamma(3, scale=4)
    horizon = float(truth.ppf(0.65))
    lived = truth.rvs(4000, random_state=np.random.default_rng(6))
    t, got = np.minimum(lived, horizon), lived < horizon
    if take == "left out":
        t, got = t[got], got[got]
    if take == "at the end":
        got = np.ones_like(got)
    curve = passage.kaplan_meier(t, got, level=SURE)
    at = np.searchsorted(curve.times, truth.ppf([0.1, 0.3, 0.5, 0.6])) - 1
    inside = (curve.low[at] < truth.sf(curve.times[at])) & (
        truth.sf(curve.times[at]) < curve.high[at]
    )
    median = passage.quantile(curve)
    inside = np.append(inside, median.low <= truth.median() <= median.high)
    # The integral of the survival function up to the horizon.
    grid = np.linspace(0, horizon, 20_001)
    area = float(np.sum((truth.sf(grid[1:]) + truth.sf(grid[:-1])) / 2 * np.diff(grid)))
    mean = passage.mean_until(t, got, horizon, level=SURE)
    inside = np.append(inside, mean.low < area < mean.high)
    if take == "as it is":
        assert inside.all()
    elif take == "left out":
        assert not inside.any()
    rate = float(passage.laws(t, got).rate.value)
    if take != "as it is":
        assert rate > float(passage.laws(*_erlang()).rate.value) * 1.2


def _erlang() -> tuple[
    np.ndarray[tuple[int], np.dtype[np.float64]], np.ndarray[tuple[int], np.dtype[np.bool_]]
]:
    truth = stats.gamma(3, scale=4)
    horizon = float(truth.ppf(0.65))
    lived = truth.rvs(4000, random_state=np.random.default_rng(6))
    return np.minimum(lived, horizon), lived < horizon


def test_the_cv_of_passages_in_k_steps_is_one_over_the_root_of_k() -> None:
    lived = stats.gamma(4, scale=2).rvs(5000, random_state=np.random.default_rng(1))
    found = passage.cv_of_reached(passage.Passages(lived, np.ones(5000, bool)), level=SURE)
    assert found.low[0] < 0.5 < found.high[0]
    assert found.high[0] - found.low[0] < 0.08


@pytest.mark.parametrize("shape", [0.6, 1.0, 2.5])
def test_weibull_laws_are_recovered_and_only_the_exponential_has_no_memory(shape: float) -> None:
    lived = 7 * np.random.default_rng(8).weibull(shape, size=1500)
    law = passage.laws(np.minimum(lived, 9), lived < 9, level=SURE)
    assert law.shape.low < shape < law.shape.high
    assert law.scale.low < 7 < law.scale.high
    assert (law.memoryless_p < 1e-6) == (shape != 1)
    fitted = stats.weibull_min.fit(
        stats.CensoredData(uncensored=lived[lived < 9], right=np.full((lived >= 9).sum(), 9.0)),
        floc=0,
    )
    assert (law.shape.value, law.scale.value) == pytest.approx((fitted[0], fitted[2]), rel=1e-3)


def test_intervals_of_the_rate_hold_it_as_often_as_they_say() -> None:
    """500 samples of 40 with a censored third: 475 expected of 95 %, 4.5 sd of chance allowed."""
    random = np.random.default_rng(9)
    held = 0
    for _ in range(500):
        lived = random.exponential(2, size=40)
        rate = passage.laws(np.minimum(lived, 2), lived < 2).rate
        held += bool(rate.low < 0.5 < rate.high)
    assert 453 <= held <= 499


def test_nobody_who_gets_there_is_an_upper_bound_of_the_rate() -> None:
    law = passage.laws([10.0] * 30, [False] * 30)
    assert float(law.rate.value) == 0 and float(law.rate.high) == pytest.approx(3.0 / 300, rel=0.01)
    assert len(passage.kaplan_meier([10.0] * 30, [False] * 30).times) == 0


def test_what_predicts_fate_is_measured_on_known_overlaps() -> None:
    """Normal predictors with means d apart: AUC = Phi(d / sqrt(2))."""
    random = np.random.default_rng(3)
    fate = random.random(3000) < 0.4
    x = random.normal(size=3000) + 1.0 * fate
    found = passage.auc(x, fate, level=SURE)
    assert found.low < stats.norm.cdf(1 / np.sqrt(2)) < found.high
    blind = passage.auc(random.permutation(x), fate, level=SURE)
    assert blind.low < 0.5 < blind.high
    assert float(passage.auc([1, 1, 1], [True, False, True]).value) == 0.5
    both = random.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], size=3000)
    rank = passage.spearman(*both.T, level=SURE)
    assert rank.low < 6 / np.pi * np.arcsin(0.25) < rank.high


@pytest.mark.parametrize("slope", [-1.0, -2.0])
def test_a_delay_inversely_proportional_has_slope_minus_one(slope: float) -> None:
    random = np.random.default_rng(4)
    x = random.lognormal(2, 0.5, size=800)
    y = 50 * x**slope * random.lognormal(0, 0.2, size=800)
    found = passage.log_slope(x, y, level=SURE)
    assert (found.low[0] < -1 < found.high[0]) == (slope == -1)


def test_passages_are_read_from_features_and_from_stopped_trajectories() -> None:
    """NaN is censored at the end of its trajectory: of the run, or where it ended early."""
    times = [3.0, np.nan, 0.0, np.nan]
    feature = made_results.result_of({"first(X > 5)": times}, status=[0, 0, 0, 2])
    from cristae.analysis._input import ensembles_of

    found = passage.passages_of(ensembles_of(feature)[0])
    assert found.times.tolist() == [3, 10, 0, 0]  # how long the last one lived is not known
    assert found.reached.tolist() == [True, False, True, False]
    stopped = made_results.result_of(
        {"X[end]": [1, 2, 3]}, status=[5, 0, 2], end_time=[4.0, 10.0, 6.0]
    )
    found = passage.passages_of(ensembles_of(stopped)[0])
    assert found.times.tolist() == [4, 10, 6] and found.reached.tolist() == [True, False, False]
    both = made_results.result_of(
        {"first(X > 5)": [3.0, np.nan]}, status=[0, 2], end_time=[10.0, 6.0]
    )
    assert passage.passages_of(ensembles_of(both)[0]).times.tolist() == [3, 6]


def test_the_table_tells_those_that_were_there_at_the_start_apart() -> None:
    random = np.random.default_rng(5)
    lived = np.where(random.random(500) < 0.2, 0.0, random.exponential(5, 500))
    times = np.where(lived < 10, lived, np.nan)
    result = made_results.result_of({"first(X > 5)": times, "X[0]": -lived})
    parts = passage.table(result, predictors=["X[0]"]).set_index("part")
    assert parts.value["at_start"] == pytest.approx(np.mean(lived == 0))
    assert parts.low["rate"] < 1 / 5 < parts.high["rate"]
    assert parts.value["auc:X[0]"] == 1 and parts.value["spearman:X[0]"] == pytest.approx(-1)


def test_several_features_are_to_be_chosen_from() -> None:
    two = made_results.result_of({"first(X > 5)": [1.0], "first(X > 9)": [2.0]})
    with pytest.raises(cristae.UsageError, match=r"holds 2 first passage times: first\(X > 5\), "):
        passage.table(two)
    assert passage.table(two, "first(X > 9)").quantity[0] == "first(X > 9)"
