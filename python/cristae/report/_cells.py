"""Single trajectories: their features, first passages, and where their noise comes from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Callable, Optional

import numpy as np
import numpy.typing as npt
import xarray

from .._errors import UsageError
from ._numbers import Array, Number, edges_of, evenly, number, numbers

Numbered = Sequence[tuple[int, xarray.Dataset]]
Scale = Callable[[xarray.Dataset], float]

#: So many numbers of single trajectories are put into the page, and dots into a figure.
_CELL_NUMBERS = 160_000
_MOST_DOTS = 3000
_CURVE_POINTS = 401
_STOPPED = 5
_PASSAGE = re.compile(r"first\((?P<condition>.*)\)", re.DOTALL)
#: Of cells, for intervals.
_RESAMPLES = 500


def _features(result: xarray.Dataset) -> dict[str, Array]:
    """Features of every trajectory, and the factors of its cell."""
    found: dict[str, Array] = {}
    if "feature_value" in result and result.sizes.get("feature", 0):
        values = result["feature_value"].values
        for position, name in enumerate(result["feature"].values.tolist()):
            found[name] = values[:, position]
    if "cell_factor" in result and "realization" in result.dims:
        replicates = int(result.attrs.get("replicates", 1))
        cell = result["realization"].values.astype(np.int64) // replicates
        numbered = result["cell"].values.astype(np.int64)
        where = np.searchsorted(numbered, cell)
        if np.all(where < len(numbered)) and np.array_equal(numbered[where], cell):
            for position, name in enumerate(result["varied"].values.tolist()):
                found[f"factor of {name}"] = result["cell_factor"].values[where, position]
    return found


def cells(results: Numbered) -> Optional[dict[str, Any]]:
    """Features for scatter plots, of the first trajectories, and histograms over all of them."""
    features = {at: _features(result) for at, result in results}
    features = {at: found for at, found in features.items() if found}
    if not features:
        return None
    names = list(dict.fromkeys(name for found in features.values() for name in found))
    total = sum(len(found) for found in features.values())
    dots = int(np.clip(_CELL_NUMBERS // total, 100, _MOST_DOTS))
    histograms = []
    for name in names:
        columns = [found[name] for found in features.values() if name in found]
        fewest = min(len(column) for column in columns)
        edges = edges_of(columns, int(np.clip(np.ceil(2 * np.cbrt(fewest)), 12, 40)))
        counts = {
            str(at): np.histogram(found[name][np.isfinite(found[name])], edges)[0].tolist()
            for at, found in features.items()
            if name in found and edges is not None
        }
        histograms.append({"edges": [] if edges is None else numbers(edges), "counts": counts})
    parts = []
    for at, result in results:
        if at not in features:
            continue
        ids = result["realization"].values[:dots]
        values = {name: numbers(column[:dots]) for name, column in features[at].items()}
        parts.append(
            {
                "result": at,
                "ids": [int(one) for one in ids],
                "total": int(result.sizes["realization"]),
                "values": [values.get(name) for name in names],
            }
        )
    return {"features": names, "histograms": histograms, "results": parts}


def _survival(time: Array, reached: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Share that has not yet reached it, in steps from time 0 to the last end."""
    from ..analysis import passage  # SciPy alone takes half a second, and few results need it

    curve = passage.kaplan_meier(time, reached)
    kept = evenly(len(curve.times), _CURVE_POINTS)
    end = float(time.max()) if len(time) else 0.0

    def steps(values: Array) -> list[Number]:
        return [1, *numbers(values[kept]), number(values[-1]) if len(values) else 1]

    return {
        "time": [0, *numbers(curve.times[kept]), number(end)],
        "share": steps(curve.survival),
        "low": steps(curve.low),
        "high": steps(curve.high),
        "reached": int(reached.sum()),
        "of": len(time),
    }


def _passages(result: xarray.Dataset, scale: float) -> dict[str, dict[str, Any]]:
    """Curves by name: of every `first(...)`, and of the times at which trajectories stopped."""
    if "realization" not in result.dims:
        return {}
    status = result["status"].values if "status" in result else None
    end = float(result.attrs.get("t_end", result["time"].values[-1]))
    ends = result["end_time"].values if "end_time" in result else None
    curves: dict[str, dict[str, Any]] = {}
    for name, values in _features(result).items():
        match = _PASSAGE.fullmatch(name)
        if match is None:
            continue
        reached = np.isfinite(values)
        # One that did not reach it was watched to its own end, if that is known.
        watched = np.full(len(values), end) if ends is None else ends
        unknown = np.zeros(len(values), dtype=bool)
        if ends is None and status is not None:
            unknown = ~reached & (status > 1)
        time = np.where(reached, values, watched)[~unknown]
        curve = _survival(time * scale, reached[~unknown])
        curves[match["condition"]] = {**curve, "leftOut": int(unknown.sum())}
    if ends is not None and status is not None and np.any(status == _STOPPED):
        condition = str(result.attrs.get("stop_when", "")) or "the condition that stops it"
        curve = _survival(ends * scale, status == _STOPPED)
        curves.setdefault(condition, {**curve, "leftOut": 0})
    return curves


def survivals(results: Numbered, unit: str, scale: Scale) -> list[dict[str, Any]]:
    """One entry for each condition, with a curve for each result that has it."""
    found: dict[str, list[dict[str, Any]]] = {}
    for at, result in results:
        for name, curve in _passages(result, scale(result)).items():
            found.setdefault(name, []).append({"result": at, **curve})
    return [{"condition": name, "unit": unit, "curves": curves} for name, curves in found.items()]


def _within_and_between(values: Array, cell: npt.NDArray[np.int64]) -> Optional[dict[str, Any]]:
    """Squared coefficients of variation within and between cells, with 95 % intervals."""
    from ..analysis import decompose

    try:
        found = decompose.nested(values, cell, resamples=_RESAMPLES)
    except UsageError:  # too few cells, or trajectories in a cell
        return None
    parts = {name: numbers(one) for name, one in zip(decompose.NESTED, zip(*found))}
    if parts["eta2_tot"][0] is None:
        return None
    there = np.isfinite(values)
    return {
        "cells": int(len(np.unique(cell[there]))),
        "trajectories": int(there.sum()),
        "mean": number(values[there].mean()),
        "intrinsic": parts["eta2_int"],
        "extrinsic": parts["eta2_ext"],
        "share": parts["share_extrinsic"],
    }


def _of_cells(result: xarray.Dataset) -> list[dict[str, Any]]:
    replicates = int(result.attrs.get("replicates", 1))
    if replicates < 2 or "realization" not in result.dims:
        return []
    cell = result["realization"].values.astype(np.int64) // replicates
    rows = []
    for name, values in _features(result).items():
        if name.startswith("factor of ") or _PASSAGE.fullmatch(name):
            continue
        parts = _within_and_between(values, cell)
        if parts is not None:
            rows.append({"name": name, **parts})
    return rows


def _of_twins(result: xarray.Dataset, scale: float) -> list[dict[str, Any]]:
    """Elowitz et al. 2002 (doi 10.1126/science.1070919) with sample covariances, over time."""
    if "covariance" not in result:
        return []
    labels = result["quantity"].values.tolist()
    covariance = result["covariance"].values
    times = result["time"].values
    at = np.searchsorted(times, result["histogram_time"].values)
    kept = evenly(len(at), 301)
    pairs = []
    for first, label in enumerate(labels):
        if f"{label}_twin" not in labels:
            continue
        second = labels.index(f"{label}_twin")
        kind, _, name = label.partition(":")
        mean = result[f"{kind}_mean"]
        one = mean.sel({kind: name}).values[at][kept]
        two = mean.sel({kind: f"{name}_twin"}).values[at][kept]
        shared = covariance[kept, first, second]
        own = covariance[kept, first, first] + covariance[kept, second, second] - 2 * shared
        with np.errstate(divide="ignore", invalid="ignore"):
            intrinsic, extrinsic = own / (2 * one * two), shared / (one * two)
        pairs.append(
            {
                "name": name,
                "time": numbers(times[at][kept] * scale),
                "intrinsic": numbers(intrinsic),
                "extrinsic": numbers(extrinsic),
            }
        )
    return pairs


def decompositions(results: Numbered, scale: Scale) -> list[dict[str, Any]]:
    """Intrinsic and extrinsic noise, as squared coefficients of variation, where it is known."""
    found = []
    for at, result in results:
        by_cells, by_twins = _of_cells(result), _of_twins(result, scale(result))
        if by_cells or by_twins:
            found.append({"result": at, "cells": by_cells, "twins": by_twins})
    return found
