"""Samples that are too small, constant, undefined or huge: an answer or a refusal, no warning."""

from __future__ import annotations

import warnings
from typing import Any, Callable

import numpy as np
import pandas as pd  # type: ignore[import-untyped,unused-ignore]
import pytest

import cristae
import made_results
from cristae.analysis import (
    bias,
    compare,
    correlation,
    decompose,
    information,
    modes,
    noise,
    passage,
    spectrum,
    spikes,
)

SAMPLES: dict[str, list[float]] = {
    "one": [3],
    "two": [3, 4],
    "constant": [5] * 30,
    "zeros": [0] * 30,
    "undefined": [np.nan] * 30,
    "two of thirty": [np.nan] * 28 + [1, 2],
    "negative": list(-np.arange(30.0)),
    "huge": list(1e15 + np.arange(30.0)),
}


def results(sample: list[float]) -> tuple[Any, Any]:
    x, times = np.array(sample), [float(k) for k in range(40)]
    flips = np.random.default_rng(1).random((len(x), 40)) > 0.5
    raw = {"X": x[:, None] * (flips if np.ptp(x) != 0 else np.ones_like(flips))}
    plain = made_results.result_of({"X[end]": x, "Y[end]": x[::-1]}, raw=raw, times=times)
    first = made_results.result_of({"first(X > 1)": np.abs(x), "X[0]": x}, times=times)
    return plain, first


def cells_of(plain: Any) -> Any:
    half = (plain.sizes["realization"] + 1) // 2
    return made_results.with_cells(plain, 2, k=np.arange(half))


DOSES = [1.0, 2, 3, 4, 5]
QUESTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "noise": lambda r, f: noise.table(r, ["X", "Y"], ratios=[("X", "Y")]),
    "reporters": lambda r, f: decompose.table(r, reporters=[("X", "Y")]),
    "cells": lambda r, f: decompose.table(cells_of(r), ["X"]),
    "modes": lambda r, f: modes.table(r),
    "linear modes": lambda r, f: modes.table(r, scale="linear"),
    "doses": lambda r, f: modes.doses_table([r] * 5, "X", doses=DOSES, resamples=20),
    "paired": lambda r, f: modes.doses_table([r] * 5, "X", doses=DOSES, resamples=20, paired=True),
    "passage": lambda r, f: passage.table(f, predictors=["X[0]"]),
    "hazard": lambda r, f: passage.hazard_table(f),
    "survival": lambda r, f: passage.curves_table(f),
    "spikes": lambda r, f: spikes.table(r, "X", 1.0, available=5),
    "correlation": lambda r, f: correlation.table(r, ["X"]),
    "spectrum": lambda r, f: spectrum.table(r, ["X"]),
    "pulses": lambda r, f: spectrum.pulses_table(r, "X", [0, 20], 10),
    "information": lambda r, f: information.table([r, r], ["X", "Y"], vector=True, resamples=20),
    "compare": lambda r, f: compare.table(
        r, pd.DataFrame({"a": np.arange(20.0)}), {"X": "a"}, resamples=20
    ),
}


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("question", QUESTIONS)
def test_awkward_samples_are_answered_or_refused(question: str, sample: str) -> None:
    plain, first = results(SAMPLES[sample])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            made = QUESTIONS[question](plain, first)
        except cristae.UsageError as error:
            assert all(finding.problem for finding in error.findings)
        else:
            assert len(made) > 0 or question in ("hazard", "survival")  # nobody got there


def test_a_reference_of_zero_has_no_bias() -> None:
    assert np.isnan(bias.relative_bias(1.0, 0.1, 0.0).value)
