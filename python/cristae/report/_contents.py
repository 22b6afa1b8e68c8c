"""What the page shows, as plain values, from one or several results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

import numpy as np
import xarray

from .._errors import NetworkError, UsageError, usage_findings
from .._network import Network, _from_text
from ._cells import cells, decompositions, survivals
from ._graph import graph_of
from ._numbers import Array, Number, evenly, exact, number, numbers
from ._provenance import command_of, facts_of, label_of, sets_of
from ._sweeps import is_sweep, sweep_of

KINDS = ("observable", "species")
#: So many colours and dashes can be told apart.
MOST_RESULTS = 16
#: About so many numbers of each kind are put into the page: some MB of it.
_COURSE_NUMBERS = 500_000
_HISTOGRAM_NUMBERS = 300_000
_HISTOGRAM_TIMES, _HISTOGRAM_BINS = 61, 64
_QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
#: What a unit of time is in seconds, where it can be converted.
_SECONDS = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "day": 86400.0}


def _refused(problem: str, reason: str = "", fix: str = "") -> UsageError:
    return UsageError(usage_findings([(problem, reason, fix)]))


def is_mean_field(result: xarray.Dataset) -> bool:
    return str(result.attrs.get("engine", "")) == "ode"


def _attribute(result: xarray.Dataset, name: str) -> str:
    """A text of the file; long ones are variables."""
    if name in result.attrs:
        return str(result.attrs[name])
    return str(result[name].values[()]) if name in result and not result[name].dims else ""


def _source(result: xarray.Dataset) -> str:
    return Path(str(result.encoding.get("source", ""))).name


class _Columns:
    """The columns of all results, each once, in the order in which they come."""

    def __init__(self) -> None:
        self.keys: dict[tuple[str, str], int] = {}
        self.entries: list[dict[str, Any]] = []

    def add(self, kind: str, name: str, label: str, unit: str, whole: bool) -> int:
        if (kind, name) not in self.keys:
            self.keys[kind, name] = len(self.entries)
            entry = {"kind": kind, "id": name, "label": label, "unit": unit, "whole": whole}
            self.entries.append(entry)
        index = self.keys[kind, name]
        self.entries[index]["whole"] |= whole  # the mean field has no resolution
        return index

    def of(self, result: xarray.Dataset) -> list[tuple[int, str, int]]:
        """(index on the page, kind, position in the result) of every column of a result."""
        found = []
        for kind in KINDS:
            names = result[kind].values.tolist() if kind in result.dims else []
            for position, name in enumerate(names):
                label, unit = (
                    str(result[f"{kind}_{what}"].values[position])
                    if f"{kind}_{what}" in result.variables
                    else ""
                    for what in ("label", "unit")
                )
                # Copy numbers, and observables that are counted in ones.
                whole = f"{kind}_resolution" not in result.variables or (
                    bool((result[f"{kind}_resolution"].isel({kind: position}) == 1).all())
                )
                found.append((self.add(kind, str(name), label, unit, whole), kind, position))
        return found


def _scale(result: xarray.Dataset, unit: str) -> float:
    """What turns times of a result into the unit of the page."""
    own = _attribute(result, "time_unit")
    return 1.0 if own == unit else _SECONDS[own] / _SECONDS[unit]


def _check_units(results: Sequence[xarray.Dataset]) -> str:
    units = [_attribute(result, "time_unit") for result in results]
    for unit in units[1:]:
        if unit != units[0] and not {unit, units[0]} <= _SECONDS.keys():
            raise _refused(
                f"the results have the time units '{units[0]}' and '{unit}'",
                "figures have one axis of time, and these cannot be converted",
                "Make a report of each",
            )
    return units[0]


def _kept_times(result: xarray.Dataset, most: int) -> Any:
    """Positions of the sample times that are shown: those with quantiles, thinned if need be."""
    times = result["time"].values
    if len(times) <= most:
        return np.arange(len(times))
    if "histogram_time" not in result.dims:
        return evenly(len(times), most)
    with_quantiles = np.flatnonzero(np.isin(times, result["histogram_time"].values))
    return with_quantiles[evenly(len(with_quantiles), most)]


def _course(result: xarray.Dataset, columns: _Columns, most: int, scale: float) -> dict[str, Any]:
    """Statistics over time; those that would be NaN throughout are left out."""
    kept = _kept_times(result, most)
    shown: dict[str, Any] = {}
    for index, kind, position in columns.of(result):
        series: dict[str, list[Number]] = {}
        for name in ("mean", "var", "min", "max"):
            if f"{kind}_{name}" in result:
                series[name] = numbers(result[f"{kind}_{name}"].values[kept, position])
        if f"{kind}_quantile" in result and not is_mean_field(result):
            for name, quantile in _QUANTILES.items():
                at = np.flatnonzero(np.isclose(result["quantile"].values, quantile))
                if len(at):
                    values = result[f"{kind}_quantile"].values[at[0]][kept, position]
                    series[name] = numbers(values)
        if is_mean_field(result):
            series = {name: values for name, values in series.items() if name == "mean"}
        shown[str(index)] = {
            name: values for name, values in series.items() if any(v is not None for v in values)
        }
    return {
        "time": numbers(result["time"].values[kept] * scale),
        "n": numbers(result["n"].values[kept]) if "n" in result else None,
        "all": int(result.sizes["time"]),
        "columns": shown,
    }


def _merged(counts: Any, most: int) -> tuple[Any, int, int]:
    """Counts without empty ends, neighbours added up: (counts, first bin, bins in one)."""
    filled = np.flatnonzero(counts)
    if not len(filled):
        return counts[:0], 0, 1
    first, last = int(filled[0]), int(filled[-1]) + 1
    together = -(-(last - first) // most)
    padded = np.zeros(-(-(last - first) // together) * together, counts.dtype)
    padded[: last - first] = counts[first:last]
    return padded.reshape(-1, together).sum(axis=1), first, together


def _histograms(
    result: xarray.Dataset, columns: _Columns, most: int, scale: float
) -> Optional[dict[str, Any]]:
    if "histogram_time" not in result.dims or is_mean_field(result):
        return None
    kept = evenly(result.sizes["histogram_time"], most)
    # 2 n^(1/3) bins for n trajectories, 20 for a thousand (Rice's rule), but not too few.
    n = int(result.attrs.get("trajectories", 1000))
    bins = int(np.clip(np.ceil(2 * np.cbrt(n)), 12, _HISTOGRAM_BINS))
    shown: dict[str, Any] = {}
    for index, kind, position in columns.of(result):
        if f"{kind}_histogram" not in result:
            continue
        counts = result[f"{kind}_histogram"].values
        start = result[f"{kind}_bin_start"].values
        width = result[f"{kind}_bin_width"].values
        entries: list[Any] = []
        for at in kept.tolist():
            merged, first, together = _merged(counts[at, position], bins)
            begin = float(start[at, position]) + first * float(width[at, position])
            wide = float(width[at, position]) * together
            entries.append([begin, wide, merged.tolist()] if len(merged) else None)
        shown[str(index)] = entries
    return {
        "time": numbers(result["histogram_time"].values[kept] * scale),
        "all": int(result.sizes["histogram_time"]),
        "columns": shown,
    }


def _certificate(result: xarray.Dataset, position: int) -> Optional[dict[str, Any]]:
    if "certificate_z" not in result:
        return None
    attrs = result.attrs
    rows = zip(
        result["reaction"].values.tolist(),
        result["certificate_firings"].values.tolist(),
        numbers(result["certificate_integral"].values),
        numbers(result["certificate_z"].values),
    )
    return {
        "result": position,
        "verdict": str(attrs.get("certificate", "")),
        "p": number(attrs.get("certificate_p", float("nan"))),
        "followed": int(attrs.get("certificate_trajectories", 0)),
        "whole": int(attrs.get("certificate_whole", 0)),
        "events": int(attrs.get("certificate_events", 0)),
        "rows": [list(row) for row in rows],
    }


def _entry(one: Any, *more: str) -> dict[str, Any]:
    names = ("id", "label", "unit", "grade", "source", "note", *more)
    return {name: getattr(one, name) for name in names}


def _network(network: Network, text: str, shown: list[int]) -> dict[str, Any]:
    parameters = []
    for one in network.parameters.values():
        bounds = [exact(value) if np.isfinite(value) else "" for value in one.bounds]
        parameters.append({**_entry(one), "value": exact(one.value), "bounds": bounds})
    return {
        "name": network.name,
        "title": network.title,
        "description": network.description,
        "time_unit": network.time_unit,
        "text": text,
        "results": shown,
        "parameters": parameters,
        "species": [_entry(one, "initial", "compartment") for one in network.species.values()],
        "rules": [_entry(one, "expression") for one in network.rules.values()],
        "reactions": [_entry(one, "equation", "kind", "law") for one in network.reactions.values()],
        "graph": graph_of(network),
    }


def _text(result: xarray.Dataset) -> str:
    return str(result["network_text"].values[()]) if "network_text" in result else ""


def _read(result: xarray.Dataset) -> tuple[str, Optional[Network]]:
    """The text of the network, and what was read; none where this version cannot read it."""
    text = _text(result)
    if not text:
        return text, None
    try:
        return text, _from_text(text, _source(result) or "network_text")
    except NetworkError:
        return text, None


def _labels(results: Sequence[xarray.Dataset], given: Optional[Sequence[str]]) -> list[str]:
    if given is not None:
        if len(given) != len(results):
            problem = f"{len(given)} labels are given for {len(results)} results"
            raise _refused(problem, "", "Give one for each, in their order, or none")
        return list(given)
    labels = [label_of(result) for result in results]
    if len({str(result.attrs.get("network")) for result in results}) > 1:
        labels = [f"{result.attrs.get('network')}: {one}" for result, one in zip(results, labels)]
    for candidates in ([_source(result) for result in results], [str(i + 1) for i in range(99)]):
        labels = [
            f"{label} ({candidate})" if labels.count(label) > 1 and candidate else label
            for label, candidate in zip(labels, candidates)
        ]
    return labels


def _but(result: xarray.Dataset, kind: str) -> list[Any]:
    return [one for one in result[f"{kind}_undefined"].dims if one != kind]


def _remarks(results: Sequence[xarray.Dataset], labels: Sequence[str]) -> list[str]:
    """What a reader must know before looking at figures."""
    remarks = []
    names = list(dict.fromkeys(str(result.attrs.get("network")) for result in results))
    if len(names) > 1:
        remarks.append(
            f"These results are of different networks: {', '.join(names)}. Columns of the same "
            "name are drawn over each other, whether or not they mean the same."
        )
    elif len({_text(result) for result in results}) > 1:
        remarks.append(
            f"The results are of different texts of the network {names[0]}. Each text is below."
        )
    versions = {str(result.attrs.get("version")) for result in results}
    if len(versions) > 1:
        remarks.append(
            f"They were made by different versions of Cristae: {', '.join(sorted(versions))}."
        )
    if len({_attribute(result, "time_unit") for result in results}) > 1:
        remarks.append("The networks have different time units; times are converted to the first.")
    for result, label in zip(results, labels):
        ended = [
            f"{int(result.attrs[name])} {name[len('trajectories_') :]}"
            for name in (
                "trajectories_budget",
                "trajectories_overflow",
                "trajectories_bad_propensity",
            )
            if int(result.attrs.get(name, 0))
        ]
        if ended:
            remarks.append(
                f"{label}: trajectories ended early ({', '.join(ended)}). Statistics behind their "
                "ends are over the others, which may be a biased sample."
            )
        stopped = int(result.attrs.get("trajectories_stopped", 0))
        if stopped:
            remarks.append(
                f"{label}: {stopped} trajectories were stopped when they met "
                f"'{result.attrs.get('stop_when', 'a condition')}'. Statistics over time are of "
                "those that had not met it yet."
            )
        if str(result.attrs.get("status")) == "interrupted":
            remarks.append(f"{label}: the run was interrupted; what was finished is shown.")
        if str(result.attrs.get("status")) == "partial":
            remarks.append(
                f"{label}: a merge with gaps; trajectories {result.attrs.get('missing')} of its "
                "run are missing."
            )
        undefined = [
            str(name)
            for kind in KINDS
            if f"{kind}_undefined" in result
            for name in result[kind].values[
                (result[f"{kind}_undefined"] > 0).any(_but(result, kind))
            ]
        ]
        if undefined:
            remarks.append(
                f"{label}: {', '.join(undefined)}: some values are infinite, not a number or too "
                "large, so that the statistics have gaps."
            )
        if _text(result) and _read(result)[1] is None:
            remarks.append(
                f"{label}: this version of Cristae cannot read the network in the result, so its "
                "graph and its values are not shown."
            )
        if str(result.attrs.get("certificate")) == "failed":
            remarks.append(f"{label}: the certificate failed. Do not use these numbers.")
    return remarks


def contents(
    results: Sequence[xarray.Dataset],
    title: Optional[str] = None,
    labels: Optional[Sequence[str]] = None,
) -> dict[str, Any]:
    """Everything the page is made of."""
    if not results:
        raise _refused("no result is given", "there is nothing to show", "Give one or more")
    if len(results) > MOST_RESULTS:
        problem = f"{len(results)} results are given"
        fix = "Give fewer, or make several reports"
        raise _refused(problem, f"more than {MOST_RESULTS} lines cannot be told apart", fix)
    for result in results:
        columns_there = any(result.sizes.get(kind, 0) for kind in KINDS)
        if "network" not in result.attrs or not ("time" in result.dims and columns_there):
            name = _source(result) or "the data set"
            raise _refused(
                f"'{name}' has nothing to show", "it has neither observables nor species over time"
            )
    names = _labels(results, labels)
    unit = _check_units(results)
    columns = _Columns()
    for result in results:
        columns.of(result)

    plain = [not is_sweep(result) for result in results]
    series = max(1, 9 * len(columns.entries) * max(1, sum(plain)))
    most_times = int(np.clip(_COURSE_NUMBERS // series, 51, 1001))
    binned = max(1, (_HISTOGRAM_BINS // 2) * len(columns.entries) * max(1, sum(plain)))
    most_histograms = int(np.clip(_HISTOGRAM_NUMBERS // binned, 11, _HISTOGRAM_TIMES))

    shown, certificates, sweeps = [], [], []
    courses: list[Optional[dict[str, Any]]] = []
    histograms: list[Optional[dict[str, Any]]] = []
    texts: dict[str, list[int]] = {}
    networks: dict[str, Network] = {}
    for position, (result, name) in enumerate(zip(results, names)):
        scale = _scale(result, unit)
        text, network = _read(result)
        texts.setdefault(text, []).append(position)
        if network is not None:
            networks[text] = network
        changes: Array = result["change"].values if "change" in result.dims else np.empty(0)
        listed = sets_of(result)
        within = changes[changes <= float(result.attrs.get("t_end", np.inf))]
        shown.append(
            {
                "label": name,
                "source": _source(result),
                "meanField": is_mean_field(result),
                "sweep": not plain[position],
                "facts": facts_of(result, network),
                "command": command_of(result, network),
                "sets": {"name": listed.name, "text": listed.text} if listed else None,
                "changes": numbers(within * scale),
                "trajectories": int(result.attrs.get("trajectories", 0)),
                "hash": "" if is_mean_field(result) else str(result.attrs.get("contract_hash", "")),
            }
        )
        if plain[position]:
            courses.append(_course(result, columns, most_times, scale))
            histograms.append(_histograms(result, columns, most_histograms, scale))
        else:
            courses.append(None)
            histograms.append(None)
            sweeps.append(sweep_of(result, columns.of(result), position, scale))
        certificate = _certificate(result, position)
        if certificate is not None:
            certificates.append(certificate)

    single = [
        (at, result) for at, result in enumerate(results) if plain[at] and not is_mean_field(result)
    ]
    first = results[0]
    heading = title or _attribute(first, "title") or str(first.attrs["network"])
    return {
        "title": heading,
        "timeUnit": unit,
        "remarks": _remarks(results, names),
        "results": shown,
        "columns": columns.entries,
        "courses": courses,
        "histograms": histograms,
        "cells": cells(single),
        "survival": survivals(single, unit, lambda result: _scale(result, unit)),
        "decomposition": decompositions(single, lambda result: _scale(result, unit)),
        "sweeps": sweeps,
        "networks": [
            _network(networks[text], text, at) for text, at in texts.items() if text in networks
        ],
        "certificates": certificates,
    }
