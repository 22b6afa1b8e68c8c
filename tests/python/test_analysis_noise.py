"""Noise and its sources against closed forms; intervals against what they promise.

Where a truth must lie in an interval, its ends are the outermost of 2000 resampled values: about
one false alarm in 1000 seeds. A twin with a planted fault must lie outside. Seeds are fixed.
"""

from __future__ import annotations

import numpy as np
import pytest

import cristae
import made_results
from cristae.analysis import decompose, noise, resampling

SURE = 0.9999  # of 2000 resampled values, the outermost


def telegraph(on: float, off: float, s: float, d: float) -> cristae.Network:
    return cristae.build(
        "gene",
        parameters={"on": on, "off": off, "s": s, "d": d},
        species={"off_gene": 1, "on_gene": 0, "M": 0},
        reactions={
            "switch_on": ("off_gene -> on_gene", "on"),
            "switch_off": ("on_gene -> off_gene", "off"),
            "transcribe": ("on_gene -> on_gene + M", "s"),
            "decay": ("M -> 0", "d"),
        },
        t_end=15,
        sample_every=15,
    )


@pytest.mark.parametrize("fault", [1.0, 1.3])
def test_a_gene_that_switches_has_the_fano_factor_of_peccoud_and_ycart(fault: float) -> None:
    on, off, s, d = 1.0, 3.0, 40.0, 1.0
    result = cristae.run(telegraph(on, off * fault, s, d), trajectories=12_000)
    row = noise.table(result, ["M"], level=SURE).iloc[0]
    fano = 1 + s * off / ((on + off) * (on + off + d))
    mean = s / d * on / (on + off)
    inside = row.fano_low < fano < row.fano_high, row.mean_low < mean < row.mean_high
    assert inside == ((True, True) if fault == 1 else (inside[0], False))


@pytest.mark.parametrize("fault", [1.0, 1.5])
def test_expression_in_two_stages_has_the_fano_factor_of_thattai_and_van_oudenaarden(
    fault: float,
) -> None:
    burst, eta = 5.0, 0.2  # proteins per messenger's life; decay of protein over messenger
    network = cristae.build(
        "two_stage",
        parameters={"k": 2, "dm": 1, "kp": burst * fault, "dp": eta},
        species={"m": 0, "p": 0},
        reactions={
            "transcribe": ("0 -> m", "k"),
            "decay_m": ("m -> 0", "dm"),
            "translate": ("m -> m + p", "kp"),
            "decay_p": ("p -> 0", "dp"),
        },
        t_end=60,
        sample_every=60,
    )
    row = noise.table(cristae.run(network, trajectories=8000), ["p"], level=SURE).iloc[0]
    assert (row.fano_low < 1 + burst / (1 + eta) < row.fano_high) == (fault == 1)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Of 400 intervals of 95 %, 380 are expected and at least 358 demanded: 5 sd of chance, and
    BCa's own shortfall for a variance of 200 values."""
    random = np.random.default_rng(7)
    held = np.zeros(2)
    for _ in range(400):
        found = noise.moments(random.poisson(20, size=200), resamples=400)
        held += [found.low[0] < 20 < found.high[0], found.low[2] < 1 < found.high[2]]
    assert (held >= 358).all() and (held <= 398).all(), held


def test_adding_up_groups_of_many_trajectories_changes_no_interval() -> None:
    """Widths from 4096 groups scatter by 1/sqrt(2 * 4096) and from 2000 resamples by about 3 %."""
    values = np.random.default_rng(1).gamma(2, 5, size=20_000)
    many = noise.moments(values)
    terms = np.stack([values, values**2], axis=-1)
    assert len(resampling.grouped(terms)[0]) == resampling.GROUPS
    se = values.std() / np.sqrt(len(values))
    assert many.high[0] - many.low[0] == pytest.approx(2 * 1.96 * se, rel=0.12)
    grouped, sizes = resampling.grouped(terms)
    assert grouped.sum(axis=0) == pytest.approx(terms.sum(axis=0), rel=1e-12)
    assert sizes.sum() == len(values)


def test_what_is_undefined_is_nan() -> None:
    one = noise.moments([3.0])
    assert one.value[0] == 3 and np.isnan(one.value[1:]).all() and np.isnan(one.low).all()
    assert np.isnan(noise.moments([0.0, 0.0]).value[2:]).all()
    assert np.isnan(noise.moments([np.nan]).value).all()


def test_a_large_mean_loses_no_digits_of_the_variance() -> None:
    values = 1e9 + np.array([0.0, 1.0, 2.0, 3.0])
    assert noise.moments(values).value[1] ** 2 == pytest.approx(np.var([0, 1, 2, 3], ddof=1))


def test_analysis_of_variance_by_hand() -> None:
    """Three cells of two: means 2, 4, 9; within (1 + 1 + 1) * 2 / 3, between 2 * 26 / 2."""
    found = decompose.nested([1, 3, 3, 5, 8, 10], [0, 0, 1, 1, 2, 2])
    within, between = 2.0, 2 * ((2 - 5) ** 2 + (4 - 5) ** 2 + (9 - 5) ** 2) / 2
    assert found.value[0] == pytest.approx(within)
    assert found.value[1] == pytest.approx((between - within) / 2)
    assert found.value[3] == pytest.approx(within / 25)


@pytest.mark.parametrize("extrinsic", [0.0, 9.0])
def test_nested_cells_give_back_both_variances(extrinsic: float) -> None:
    random = np.random.default_rng(3)
    sizes = random.integers(1, 6, size=1500)  # unequal on purpose
    cells = np.repeat(np.arange(1500), sizes)
    own = random.normal(50, np.sqrt(extrinsic), size=1500)
    values = own[cells] + random.normal(0, 2, size=len(cells))
    found = decompose.nested(values, cells, level=SURE)
    assert found.low[0] < 4 < found.high[0]
    assert found.low[1] < extrinsic < found.high[1]
    shuffled = decompose.nested(random.permutation(values), cells, level=SURE)
    assert (shuffled.low[1] < extrinsic < shuffled.high[1]) == (extrinsic == 0)


@pytest.mark.parametrize("shared", [True, False])
def test_two_reporters_behind_one_source_have_the_noise_of_linear_theory(shared: bool) -> None:
    """cov(x, y) / <x><y> = d / (z (d + dz)) for reporters with decay d of a source with mean z and
    decay dz; the rest is 1 / <x>. The twin has two sources."""
    k, z, dz, d = 5.0, 10.0, 0.5, 1.0
    own = {"Z": 10} if shared else {"Z": 10, "W": 10}
    reactions = {}
    for name in own:
        reactions[f"make_{name}"] = (f"0 -> {name}", "z * dz")
        reactions[f"lose_{name}"] = (f"{name} -> 0", "dz")
    for reporter, source in (("X", "Z"), ("X_twin", list(own)[-1])):
        reactions[f"make_{reporter}"] = (f"{source} -> {source} + {reporter}", "k")
        reactions[f"lose_{reporter}"] = (f"{reporter} -> 0", "d")
    network = cristae.build(
        "reporters",
        parameters={"k": k, "z": z, "dz": dz, "d": d},
        species={**own, "X": 50, "X_twin": 50},
        reactions=reactions,
        t_end=20,
        sample_every=20,
    )
    cells = cristae.run(network, trajectories=6000)
    parts = decompose.table(cells, ["X"], level=SURE).set_index("part")
    truth = {"eta2_int": 1 / (k * z / d), "eta2_ext": d / (z * (d + dz))}
    for part, value in truth.items():
        inside = parts.low[part] < value < parts.high[part]
        assert inside == shared, part
    if not shared:
        assert parts.low["eta2_ext"] < 0 < parts.high["eta2_ext"]
    assert decompose.CAVEAT in decompose.table(cells, ["X"]).attrs["notes"]


def test_first_order_shares_of_the_ishigami_function_are_found() -> None:
    random = np.random.default_rng(5)
    x = random.uniform(-np.pi, np.pi, size=(20_000, 3))
    y = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    total = 1 / 2 + 49 / 8 + 0.1 * np.pi**4 / 5 + 0.01 * np.pi**8 / 18
    truth = [(1 + 0.1 * np.pi**4 / 5) ** 2 / 2 / total, 49 / 8 / total, 0.0]
    for factor, share in zip(x.T, truth):  # 300 resampled values: 3 false alarms in 1000
        found = decompose.first_order(y, factor, pieces=32, resamples=300, level=SURE)
        # 32 straight pieces of a squared sine miss 0.2 % of its variance.
        assert found.low[0] - 0.005 < share < found.high[0] + 0.005
        other = decompose.first_order(y, random.permutation(factor), resamples=50)
        assert other.high[0] < 0.05


def test_a_result_with_cells_and_factors_is_taken_apart_by_both() -> None:
    random = np.random.default_rng(9)
    factor = random.lognormal(0, 0.3, size=800)
    values = np.repeat(10 * factor, 3) + random.normal(0, 2, size=2400)
    result = made_results.with_cells(made_results.result_of({"X[end]": values}), 3, k=factor)
    parts = decompose.table(result, level=SURE)
    assert parts.method.tolist() == ["replicates"] * 6 + ["factor"]
    extrinsic = parts.set_index("part").loc["var_extrinsic"]
    assert extrinsic.low < np.var(10 * factor, ddof=1) < extrinsic.high
    share, factor_row = parts.set_index("part").loc["share_extrinsic"], parts.iloc[-1]
    assert factor_row.part == "k" and factor_row.value == pytest.approx(share.value, abs=0.03)


def test_a_result_that_cannot_be_taken_apart_says_what_it_lacks() -> None:
    with pytest.raises(cristae.UsageError, match="neither replicates nor twins nor varied"):
        decompose.table(made_results.result_of({"X[end]": [1, 2, 3]}))
    with pytest.raises(cristae.UsageError, match="3 trajectories of 3 cells"):
        decompose.nested([1, 2, 3], [0, 1, 2])


def test_quantities_that_are_not_held_are_told_at_once_with_what_keeps_them() -> None:
    result = made_results.result_of({"X[end]": [1, 2, 3]})
    with pytest.raises(cristae.UsageError) as raised:
        noise.table(result, ["Y[5]", "X", "max(X)"])
    problems = [finding.problem for finding in raised.value.findings]
    assert problems == ["'Y[5]' is not in 'made'", "'max(X)' is not in 'made'"]
    assert raised.value.findings[0].reason == "it keeps X[end]"
    assert "keep=" in raised.value.findings[0].fix  # and not --keep


def test_quantities_come_from_features_raw_values_and_end_states_alike() -> None:
    kept = cristae.run("telegraph", trajectories=40, keep="M[end],max(M),mean(M)", samples=5)
    raw = cristae.run("telegraph", trajectories=40, keep="none", raw=True, samples=5)
    names = ["M[end]", "max(M)", "mean(M)"]
    own, again = (noise.table(one, names)["mean"].tolist() for one in (kept, raw))
    assert own == pytest.approx(again, rel=1e-14)


def test_a_sweep_gives_a_row_per_set_with_its_values() -> None:
    sets = [made_results.result_of({"X[end]": [k, k + 1, k + 2]}) for k in (1, 5)]
    made = noise.table(made_results.sweep_of(sets, k=[0.1, 10]))
    assert made["mean"].tolist() == [2, 6]
    assert made.parameter_set.tolist() == [0, 1]
    assert made.parameters.tolist() == ["k=0.1", "k=10"]
