"""Sweeps: statistics of many parameter sets in one file."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import xarray

from ._numbers import evenly, numbers

ALONG = "parameter_set"
#: About so many numbers of a sweep are put into the page: fewer times first, then fewer columns.
_NUMBERS, _MOST_NUMBERS = 400_000, 800_000
_MOST_TIMES = 41


def _values(result: xarray.Dataset, name: str, *dimensions: str) -> Any:
    """Of every parameter set; what all sets share is in the file once."""
    variable = result[name]
    if ALONG not in variable.dims:
        variable = variable.expand_dims({ALONG: int(result.sizes[ALONG])})
    return variable.transpose(ALONG, *dimensions).values


def is_sweep(result: xarray.Dataset) -> bool:
    return ALONG in result.dims


def _features(result: xarray.Dataset) -> list[dict[str, Any]]:
    """Statistics of features over trajectories, for every parameter set."""
    if "feature_value" not in result or not result.sizes.get("feature", 0):
        return []
    ordered = _values(result, "feature_value", "realization", "feature")
    found = []
    for position, name in enumerate(result["feature"].values.tolist()):
        values = ordered[:, :, position]
        there = np.isfinite(values)
        with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
            warnings.simplefilter("ignore")  # sets in which no trajectory has a value
            mean = np.nanmean(values, axis=1)
            var = np.where(there.sum(axis=1) > 1, np.nanvar(values, axis=1, ddof=1), np.nan)
            low, median, high = np.nanquantile(values, [0.05, 0.5, 0.95], axis=1)
        statistics = {"mean": mean, "var": var, "q05": low, "q50": median, "q95": high}
        series = {key: [numbers(column)] for key, column in statistics.items()}
        found.append({"name": name, "share": numbers(there.mean(axis=1)), **series})
    return found


def sweep_of(
    result: xarray.Dataset, columns: list[tuple[int, str, int]], position: int, scale: float
) -> dict[str, Any]:
    """What was swept, and of every column [time][set] of each statistic."""
    sets = int(result.sizes[ALONG])
    swept = result["swept"].values.tolist() if "swept" in result.dims else []
    most = int(np.clip(_NUMBERS // max(1, 5 * sets * len(columns)), 2, _MOST_TIMES))
    everything, columns = len(columns), columns[: max(1, _MOST_NUMBERS // (5 * sets * most))]
    times = result["time"].values
    chosen = set(evenly(len(times), most).tolist())
    if "histogram_time" in result.dims:  # which have quantiles
        with_quantiles = np.flatnonzero(np.isin(times, result["histogram_time"].values))
        chosen |= set(with_quantiles[evenly(len(with_quantiles), most)].tolist())
    kept = np.array(sorted(chosen))
    parameters = (
        result["set_parameters"].transpose(ALONG, "swept").values if swept else np.empty((sets, 0))
    )
    conditions = (
        [str(one) for one in result["set_condition"].values.tolist()]
        if "set_condition" in result
        else [""] * sets
    )
    shown: dict[str, Any] = {}
    for index, kind, at in columns:
        series: dict[str, Any] = {}
        for name in ("mean", "var"):
            if f"{kind}_{name}" in result:
                values = _values(result, f"{kind}_{name}", "time", kind)
                series[name] = [numbers(values[:, time, at]) for time in kept.tolist()]
        if f"{kind}_quantile" in result:
            ordered = _values(result, f"{kind}_quantile", "quantile", "time", kind)
            for name, quantile in (("q05", 0.05), ("q50", 0.5), ("q95", 0.95)):
                where = np.flatnonzero(np.isclose(result["quantile"].values, quantile))
                if len(where):
                    values = ordered[:, int(where[0]), :, at]
                    series[name] = [numbers(values[:, time]) for time in kept.tolist()]
        shown[str(index)] = series
    return {
        "result": position,
        "all": everything,
        "swept": [str(name) for name in swept],
        "values": [numbers(parameters[:, at]) for at in range(len(swept))],
        "conditions": conditions,
        "time": numbers(times[kept] * scale),
        "columns": shown,
        "features": _features(result),
    }
