"""What courses tell: spikes, correlation, spectra; against processes that are solved.

Where a truth must lie in an interval, its ends are the outermost of 2000 resampled values: about
one false alarm in 1000 seeds. Seeds are fixed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import cristae
import made_results
from cristae.analysis import correlation, spectrum, spikes

SURE = 0.9999


@pytest.fixture(scope="module")
def births_and_deaths() -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float64]], float, float]:
    """Courses at steps of 0.25 in the stationary state: mean 20, decay 0.5."""
    network = cristae.build(
        "birth_death",
        parameters={"k": 10, "d": 0.5},
        species={"X": 20},
        reactions={"birth": ("0 -> X", "k"), "death": ("X -> 0", "d")},
        t_end=63.75,
        sample_every=0.25,
    )
    result = cristae.run(network, trajectories=1500, burn_in=20, raw=True)
    return result.species_raw.sel(species="X").values, 20.0, 0.5


def test_the_spectrum_of_births_and_deaths_is_a_lorentzian(
    births_and_deaths: tuple[np.ndarray[tuple[int, int], np.dtype[np.float64]], float, float],
) -> None:
    """Sampled every h, with rho = exp(-d h): 2 h mean (1 - rho^2) / (1 - 2 rho cos(2 pi f h) +
    rho^2). The periodogram of 256 samples is its mean over a Fejer kernel, computed exactly from
    the covariances; so is the check that h -> 0 gives the Lorentzian 4 mean d / (d^2 + (2 pi f)^2).
    """
    courses, mean, decay = births_and_deaths
    step = 0.25
    times = np.arange(courses.shape[1]) * step
    found = spectrum.spectrum(times, courses, level=SURE)
    size = len(times)
    lags = np.arange(1, size)
    rho = np.exp(-decay * step)
    weight = (1 - lags / size) * rho**lags
    f = found.frequencies[:-1]  # the last one, of Nyquist, is not doubled
    truth = (
        2 * step * mean * (1 + 2 * (weight * np.cos(2 * np.pi * f[:, None] * step * lags)).sum(1))
    )
    outside = (truth < found.density.low[:-1]) | (truth > found.density.high[:-1])
    assert outside.sum() <= 2  # of 127 frequencies, 0.13 are expected
    lorentzian = 4 * mean * decay / (decay**2 + (2 * np.pi * f) ** 2)
    low = (f > 0.05) & (f < 0.3)  # between leakage and aliasing
    assert found.density.value[:-1][low] == pytest.approx(lorentzian[low], rel=0.25)
    wrong = 4 * mean * (1.5 * decay) / ((1.5 * decay) ** 2 + (2 * np.pi * f) ** 2)
    assert np.abs(found.density.value[:-1][low] / wrong[low] - 1).max() > 0.25
    area = float(np.sum(found.density.value) * found.frequencies[0])
    within = mean * (1 - 2 * np.sum((1 - lags / size) * rho**lags) / size - 1 / size)
    assert area == pytest.approx(within, rel=0.03)  # the variance around each course's own mean


def test_memory_of_births_and_deaths_is_the_lifetime(
    births_and_deaths: tuple[np.ndarray[tuple[int, int], np.dtype[np.float64]], float, float],
) -> None:
    courses, _, decay = births_and_deaths
    times = np.arange(courses.shape[1]) * 0.25
    found = correlation.correlate(times, courses, max_lag=12, level=SURE)
    truth = np.exp(-decay * found.lags)
    assert ((found.values.low <= truth) & (truth <= found.values.high)).all()
    assert found.decay_time.low < 1 / decay < found.decay_time.high
    assert found.decay_time.high - found.decay_time.low < 0.5
    assert float(found.values.value[0]) == pytest.approx(1)


def test_a_mean_that_changes_makes_no_correlation() -> None:
    random = np.random.default_rng(1)
    rising = 100 * np.linspace(0, 1, 100) + random.normal(size=(300, 100))
    found = correlation.correlate(range(100), rising, max_lag=20, level=SURE)
    assert ((found.values.low[1:] < 0) & (0 < found.values.high[1:])).mean() >= 0.95


@pytest.mark.parametrize("lag", [-4.0, 0.0, 7.0])
def test_what_follows_is_behind_by_its_delay(lag: float) -> None:
    random = np.random.default_rng(2)
    source = random.normal(size=(200, 140))
    for k in range(1, 140):
        source[:, k] += 0.8 * source[:, k - 1]
    shift = int(lag)
    first = source[:, 20:120]
    second = 3 * source[:, 20 - shift : 120 - shift] + random.normal(size=(200, 100))
    found = correlation.correlate(range(100), first, second, max_lag=15)
    assert found.peak_lag.value == found.peak_lag.low == found.peak_lag.high == lag
    assert float(found.peak.value) > 0.9


def test_rhythms_out_of_step_have_a_period_though_their_mean_is_flat() -> None:
    random = np.random.default_rng(3)
    t = np.arange(0, 300, 0.5)
    phase = random.random((60, 1))
    rhythm = 5 * np.sin(2 * np.pi * (t / 24 + phase)) + random.normal(0, 3, (60, 600))
    found = spectrum.spectrum(t, rhythm)
    # Frequencies are 1/300 apart: the peak is known to a third of that at least.
    assert float(found.period.value) == pytest.approx(24, abs=24**2 / 300 / 3)
    assert float(found.above_neighbours.value) > 50
    welch = spectrum.spectrum(t, rhythm, segments=4)
    assert float(welch.period.value) == pytest.approx(24, abs=3)


def test_a_spectrum_that_only_falls_has_no_period() -> None:
    density = 1 / (1 + np.arange(1, 100.0) ** 2)
    assert np.isnan(spectrum._peak(np.arange(1, 100.0), density)).all()


def test_uneven_times_and_windows_without_samples_are_refused() -> None:
    with pytest.raises(cristae.UsageError, match="not equally far apart"):
        correlation.correlate([0, 1, 3, 4], np.ones((3, 4)))
    result = made_results.result_of(
        {"X[end]": [1, 2]}, raw={"X": np.ones((2, 5))}, times=[0, 1, 2, 3, 4]
    )
    with pytest.raises(cristae.UsageError, match="no sample from 7 to None"):
        correlation.table(result, ["X"], start=7)
    with pytest.raises(cristae.UsageError, match="the same in all trajectories"):
        correlation.table(result, ["X"])
    with pytest.raises(cristae.UsageError, match="has no column 'Y'"):
        spectrum.table(result, ["Y"])


def test_pulses_are_compared_within_cells() -> None:
    """Cells differ tenfold in strength, which drops out of paired ratios."""
    random = np.random.default_rng(4)
    strength = random.lognormal(3, 1, size=(200, 1))
    t = np.arange(0, 60.0)
    shape = np.where(t < 30, 1.0, 0.6) * (np.mod(t, 30) < 10)
    made = spectrum.pulse_ratios(t, strength * shape, [0, 30], 20)
    assert made.ratio.tolist() == pytest.approx([1, 0.6])
    assert made.ratio_high[1] - made.ratio_low[1] < 1e-9


def test_spikes_are_found_merged_and_cut_by_hand() -> None:
    courses = np.zeros((3, 10))
    courses[0, [1, 4, 5]] = 3, 2, 4
    courses[1, [0, 6, 8, 9]] = 1, 1, 2, 2
    courses[2, 3:5], courses[2, 5:] = 5, np.nan
    apart = spikes.find_spikes(np.arange(10) * 2, courses, 0)
    assert apart.trajectory.tolist() == [0, 0, 1, 1, 1, 2]
    assert apart.start.tolist()[:2] == [2, 8] and np.isnan(apart.start[2])
    assert apart.end.tolist() == [4, 12, 2, 14, 18, 8]
    assert apart.peak.tolist() == [3, 4, 1, 1, 2, 5]
    assert apart.whole.tolist() == [True, True, False, True, False, False]
    assert spikes.intervals(apart)[1].tolist() == [6, 4]  # not from the one that began before
    merged = spikes.find_spikes(np.arange(10) * 2, courses, 0, merge_gap=5)
    assert merged.trajectory.tolist() == [0, 1, 1, 2] and merged.peak.tolist() == [4, 1, 2, 5]
    assert len(spikes.find_spikes([0, 1], [[0, 0]], 0).start) == 0


@pytest.mark.parametrize("recovery", [0.5, 3.0])
def test_rates_of_being_set_off_and_of_recovering_are_found(recovery: float) -> None:
    """Intervals drawn by inverting the integral of the hazard; about a third are cut off."""
    random = np.random.default_rng(5)
    rate = 0.4
    wanted = random.exponential(size=3000)
    low, high = np.zeros(3000), np.full(3000, 200.0)
    for _ in range(60):
        middle = (low + high) / 2
        lived = rate * (middle + np.expm1(-recovery * middle) / recovery)
        low, high = np.where(lived < wanted, middle, low), np.where(lived < wanted, high, middle)
    until = random.exponential(8, size=3000)
    whole = low < until
    law = spikes.interval_law(low[whole], until[~whole], level=0.999)
    assert law.rate.low < rate < law.rate.high
    assert law.recovery.low < recovery < law.recovery.high
    assert law.no_recovery_p < 1e-6
    careless = spikes.interval_law(low[whole], level=0.999)  # those cut off are left out
    assert careless.rate.low > rate or careless.recovery.low > recovery


def test_intervals_without_memory_have_no_refractory_time() -> None:
    waits = np.random.default_rng(6).exponential(3, 1000)
    law = spikes.interval_law(waits)
    assert law.no_recovery_p > 0.01 and law.recovery.high == np.inf
    correlated = spikes.serial_correlation(np.arange(1000) // 50, np.repeat(waits[:500], 2))
    assert correlated.low[0] > 0.2


def test_spikes_of_a_switching_gene_have_its_rates() -> None:
    """A gene on at rate 0.2 and off at 1, sampled every 0.05: stretches shorter than that are
    missed or lengthened, 5 % at most, which is allowed on top of the interval."""
    network = cristae.build(
        "gene",
        parameters={"on": 0.2, "off": 1},
        species={"shut": 1, "open": 0},
        reactions={"a": ("shut -> open", "on"), "b": ("open -> shut", "off")},
        t_end=200,
        sample_every=0.05,
    )
    result = cristae.run(network, trajectories=60, raw=True)
    parts = spikes.table(result, "open", 0, level=SURE).set_index("part")
    truth = {"per_time": 1 / (5 + 1), "duration": 1.0, "interval": 6.0}
    for part, value in truth.items():
        assert parts.low[part] * 0.95 < value < parts.high[part] * 1.05, part
    assert parts.value["blips"] == 1
    assert parts.low["serial_correlation"] < 0 < parts.high["serial_correlation"]


def test_what_a_run_gathers_is_what_its_courses_say() -> None:
    asked: dict[str, Any] = {"trajectories": 300, "t_end": 30, "samples": 60, "burn_in": 20}
    pairs: dict[str, Any] = {"correlation": ["M", "G_on", "G_on:M"]}
    run = cristae.run("telegraph", raw=True, **asked, **pairs)
    gathered = correlation.table(run, ["G_on", "M"])
    courses = correlation.table(run.drop_vars("lagged_correlation"), ["G_on", "M"])
    keys = ["first", "second", "part"]
    assert gathered[keys].values.tolist() == courses[keys].values.tolist()
    np.testing.assert_allclose(gathered.value, courses.value, rtol=1e-9)
    ours, theirs = gathered.attrs["tables"]["curves"], courses.attrs["tables"]["curves"]
    merged = ours.merge(theirs, on=["first", "second", "lag"], suffixes=("", "_courses"))
    assert len(merged) == len(ours) > 100
    np.testing.assert_allclose(merged.correlation, merged.correlation_courses, atol=1e-9)
    # Two estimates of one width, by a jackknife of 16 groups and by a bootstrap.
    ratio = (merged.high - merged.low) / (merged.high_courses - merged.low_courses)
    assert 0.7 < ratio[merged.lag > 0].median() < 1.4
    with pytest.raises(cristae.UsageError, match="has no correlation 'M:active'"):
        correlation.table(run, ["M", "active"])
