"""Results against cells, biases against rate equations. Seeds are fixed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd  # type: ignore[import-untyped,unused-ignore]
import pytest
import xarray
from scipy import stats  # type: ignore[import-untyped,unused-ignore]

import cristae
import made_results
from cristae.analysis import bias, compare


def test_distances_are_those_of_scipy() -> None:
    random = np.random.default_rng(1)
    a, b = random.poisson(5, 300), random.gamma(3, 2, 200)
    found = compare.distances(a, b, resamples=20).distance
    assert found["ks"] == pytest.approx(stats.ks_2samp(a, b).statistic, rel=1e-12)
    assert found["wasserstein"] == pytest.approx(stats.wasserstein_distance(a, b), rel=1e-12)
    assert compare.distances(np.arange(50), np.arange(50) + 3, resamples=20).distance[
        "wasserstein"
    ] == pytest.approx(3)


def test_p_values_of_one_law_are_even_and_of_two_are_small() -> None:
    """150 pairs of one law: p < 0.1 for 15 of them, 4 sd of chance allowed."""
    random = np.random.default_rng(2)
    small = np.zeros(2)
    for _ in range(150):
        found = compare.distances(random.poisson(9, 60), random.poisson(9, 80), resamples=99)
        small += found.p.to_numpy() < 0.1
    assert (small <= 15 + 4 * np.sqrt(13.5)).all() and (small >= 1).all()
    other = compare.distances(random.poisson(9, 300), random.poisson(11, 300), resamples=200)
    assert (other.p < 0.02).all() and (other.distance > other.by_chance).all()


def test_the_measurement_model_has_its_mean_and_variance() -> None:
    """Thinning, background, scale: 4 standard errors of 200,000 values."""
    random = np.random.default_rng(3)
    counts = random.poisson(40, 200_000)
    model = compare.Measurement(capture=0.2, background=3, scale=2.5)
    seen = model.of(counts)
    # A thinned Poisson law is one, and so is its sum with another.
    mean = 40 * 0.2 + 3
    assert seen.mean() == pytest.approx(2.5 * mean, abs=4 * 2.5 * np.sqrt(mean / 200_000))
    assert seen.var() / 2.5**2 == pytest.approx(mean, rel=4 * np.sqrt(2 / 200_000) * 1.1)
    spread = compare.Measurement(background=5, background_cv=0.5).of(np.zeros(200_000))
    assert spread.mean() == pytest.approx(5, abs=4 * 2.5 / np.sqrt(200_000))
    assert spread.std() / spread.mean() == pytest.approx(0.5, rel=0.02)
    assert np.isnan(model.of([1, np.nan])).tolist() == [False, True]
    with pytest.raises(cristae.UsageError, match="no copy numbers"):
        model.of([1.5])


def test_cells_measured_from_the_result_fit_it_only_through_the_measurement(
    tmp_path: Path,
) -> None:
    simulated = cristae.run("telegraph", trajectories=600, seed=1)
    other = cristae.run("telegraph", trajectories=500, seed=2)
    model = compare.Measurement(capture=0.4, background=1)
    counts = other.feature_value.sel(feature="M[end]").values
    pd.DataFrame({"rna": model.of(counts, seed=9), "cell": "a"}).to_csv(tmp_path / "cells.csv")
    fits = compare.table(
        simulated, tmp_path / "cells.csv", {"M": "rna"}, measurement=model, resamples=200
    ).iloc[0]
    assert fits.ks_p > 0.001 and fits.wasserstein_p > 0.001  # each a false alarm in 1000 seeds
    raw = compare.table(simulated, tmp_path / "cells.csv", {"M": "rna"}, resamples=200)
    assert raw.ks_p[0] < 0.01 and raw.wasserstein_p[0] < 0.01
    quantiles = raw.attrs["tables"]["quantiles"]
    assert quantiles["quantile"].tolist() == list(compare.QUANTILES)
    assert quantiles.low.iloc[4] > 0  # the upper quartile is seen to be too large


def test_all_that_is_wrong_with_the_cells_is_told_at_once(tmp_path: Path) -> None:
    result = made_results.result_of({"X[end]": np.arange(20)})
    cells = pd.DataFrame({"few": [1.0] * 5 + [np.nan] * 10, "text": ["a"] * 15})
    with pytest.raises(cristae.UsageError) as raised:
        compare.table(result, cells, {"X": "few", "Y": "text", "Z": "none"})
    assert [finding.problem for finding in raised.value.findings] == [
        "the column 'few' has fewer than 10 numbers",
        "the column 'text' holds more than numbers",
        "the cells have no column 'none'",
    ]
    with pytest.raises(cristae.FileError, match="No such file"):
        compare.read_cells(tmp_path / "nowhere.csv")
    with pytest.raises(cristae.UsageError) as raised:
        compare.Measurement(capture=1.5, background=-1, background_cv=0, scale=0)
    assert len(raised.value.findings) == 4


def deterministic(result: xarray.Dataset, **means: float) -> xarray.Dataset:
    """A result of rate equations: one trajectory, no spread."""
    made = result.copy(deep=True).assign_attrs(engine="ode")
    for name, value in means.items():
        made["species_mean"].loc[{"species": name}] = value
    return made


def test_a_curved_law_moves_the_mean_by_what_its_variance_says() -> None:
    """X is Poisson with mean 10 and Y is made at X (X - 1) / 20: <X (X - 1)> is 100, so rate
    equations with X^2 / 20 are right, and with X (X - 1) / 20, 10 % too small. Intervals are of
    99.99 %."""
    network = cristae.build(
        "pairs",
        parameters={"k": 10, "d": 1, "c": 0.05},
        species={"X": 10, "Y": 5},
        reactions={
            "make": ("0 -> X", "k"),
            "lose": ("X -> 0", "d"),
            "pair": {"equation": "X -> X + Y", "rate": "c * X * (X - 1)"},
            "end": ("Y -> 0", "d"),
        },
        t_end=15,
        sample_every=15,
    )
    result = cristae.run(network, trajectories=8000)
    row = bias.table(result, deterministic(result, X=10, Y=4.5), ["Y"], level=0.9999).iloc[0]
    assert row.low < 5 / 4.5 - 1 < row.high and row.low > 0
    assert row.z > 4
    unbiased = bias.table(result, deterministic(result, X=10, Y=4.5), ["X"], level=0.9999).iloc[0]
    assert unbiased.low < 0 < unbiased.high


def test_biases_are_of_one_model_at_common_times() -> None:
    result = cristae.run("telegraph", trajectories=20)
    reference = deterministic(result)
    everything = bias.table(result, reference)
    assert len(everything) == result.sizes["observable"] + result.sizes["species"]
    assert (everything.bias.dropna() == 0).all()
    with pytest.raises(cristae.UsageError, match="has the condition ''"):
        bias.table(result, reference.assign_attrs(condition="other"))
    with pytest.raises(cristae.UsageError, match="time 0.123 is no sample time"):
        bias.table(result, reference, times=[0.123])
    with pytest.raises(cristae.UsageError, match="columns Q are not in both"):
        bias.table(result, reference, ["Q"])
    assert "is of the engine cpu" in bias.table(result, result).attrs["notes"][0]
