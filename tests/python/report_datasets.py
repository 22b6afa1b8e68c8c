"""Results that no engine of this version makes yet, and hostile ones, for tests of the report.

They have the layout of docs/result_format.md; numbers are drawn here, with fixed seeds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray

import cristae

NETWORK = """
[network]
name = "gene"
title = "One gene and its reporter"
time_unit = "h"
[parameters]
k = { value = 10, unit = "1/h", grade = "assumed", source = "round number" }
d = { value = 1, unit = "1/h", grade = "verified", source = "a public text" }
[species]
X = { initial = 0, label = "reporter" }
[reactions]
make = { equation = "0 -> X", mass_action = "k" }
lose = { equation = "X -> 0", mass_action = "d" }
[run]
t_end = 8
sample_every = 1
"""

#: What would run, load or break something where it is taken for markup or code.
HOSTILE = [
    "</script><script>window.hit=1</script>",
    "<img src=x onerror='window.hit=2'>",
    "\"'`><svg onload=window.hit=3>",
    "]]>--><!--{{7*7}}${window.hit=4}",
    "\u2028\u2029 \u202egnp.exe 名前 🧬 é",
    '=HYPERLINK("http://example.invalid")',
    "long " * 60,
]


def gene() -> cristae.Network:
    return cristae.load(NETWORK)


def mean_field() -> xarray.Dataset:
    """The layout of --engine ode: one trajectory, whose mean is the solution."""
    result = cristae.run(gene(), trajectories=2, keep="none", certify=0).copy()
    time = result["time"].values
    result["species_mean"] = (("time", "species"), 10 * (1 - np.exp(-time))[:, None])
    zero = "0" * 16
    result.attrs.update(engine="ode", trajectories=np.uint64(1), max_events=np.uint64(0))
    result.attrs.update(contract_hash=zero, statistics_hash=zero, certificate="none")
    return result


def sweep(two: bool = True, conditions: tuple[str, ...] = ("",)) -> xarray.Dataset:
    """Poisson counts of mean k / d in every parameter set of a grid."""
    rng = np.random.default_rng(7)
    k = np.array([1.0, 3.0, 10.0, 30.0, 100.0])
    d = np.array([0.5, 1.0, 2.0]) if two else np.array([1.0])
    grid = [(a, b) for _ in conditions for a in k for b in d]
    time = np.arange(0.0, 9.0)
    level = np.array([[a / b * (1 - np.exp(-b * t)) for t in time] for a, b in grid])
    counts = rng.poisson(level[:, None, :], size=(len(grid), 40, len(time))).astype(float)
    quantiles = [0.05, 0.25, 0.5, 0.75, 0.95]
    first = np.where(counts[:, :, -1] > 0, rng.exponential(1.0, counts.shape[:2]), np.nan)
    names = ["k", "d"] if two else ["k"]
    return xarray.Dataset(
        {
            "n": (("parameter_set", "time"), np.full(level.shape, 40, dtype=np.uint64)),
            "species_mean": (("parameter_set", "time", "species"), counts.mean(1)[..., None]),
            "species_var": (("parameter_set", "time", "species"), counts.var(1, ddof=1)[..., None]),
            "species_quantile": (
                ("parameter_set", "quantile", "time", "species"),
                np.moveaxis(np.quantile(counts, quantiles, axis=1), 0, 1)[..., None],
            ),
            "set_parameters": (
                ("parameter_set", "swept"),
                np.array([one[: len(names)] for one in grid]),
            ),
            "set_condition": (("parameter_set",), np.repeat(conditions, len(k) * len(d))),
            "feature_value": (
                ("parameter_set", "realization", "feature"),
                np.stack([counts[:, :, -1], first], axis=-1),
            ),
            "network_text": ((), np.asarray(NETWORK)),
        },
        {
            "parameter_set": np.arange(len(grid), dtype=np.uint64),
            "swept": names,
            "time": time,
            "species": ["X"],
            "quantile": quantiles,
            "realization": np.arange(40, dtype=np.uint64),
            "feature": ["X[end]", "first(X >= 1)"],
        },
        {
            "network": "gene",
            "title": "One gene and its reporter",
            "time_unit": "h",
            "condition": "",
            "engine": "cpu",
            "seed": np.uint64(1),
            "trajectories": np.uint64(40 * len(grid)),
            "t_end": 8.0,
            "version": "0.1.0",
            "status": "complete",
            "contract_hash": "00000000000000aa",
        },
    )


def single_cells() -> xarray.Dataset:
    """Cells that differ, replicates of each, a twin, first passages, and stopped trajectories."""
    rng = np.random.default_rng(11)
    cells, replicates = 120, 3
    n = cells * replicates
    factor = rng.lognormal(0, 0.4, cells)
    mean = np.repeat(20 * factor, replicates)
    counts, twin = rng.poisson(mean).astype(float), rng.poisson(mean).astype(float)
    passage = rng.exponential(3.0, n)
    reached = passage < 8
    time = np.arange(0.0, 9.0)
    both = np.stack([counts, twin], axis=1)
    scale = 1 - np.exp(-time)
    covariance = np.cov(both.T)[None] * (scale**2)[:, None, None]
    variance = both.var(0, ddof=1)[None] * (scale**2)[:, None]
    return xarray.Dataset(
        {
            "n": (("time",), np.full(9, n, dtype=np.uint64)),
            "species_mean": (("time", "species"), both.mean(0)[None] * scale[:, None]),
            "species_var": (("time", "species"), variance),
            "covariance": (("histogram_time", "quantity", "quantity_2"), covariance),
            "status": (("realization",), np.where(reached, 5, 0).astype(np.uint8)),
            "end_time": (("realization",), np.where(reached, passage, 8.0)),
            "feature_value": (
                ("realization", "feature"),
                np.stack([counts, twin, np.where(reached, passage, np.nan)], axis=1),
            ),
            "cell_factor": (("cell", "varied"), factor[:, None]),
            "network_text": ((), np.asarray(NETWORK)),
        },
        {
            "time": time,
            "histogram_time": time,
            "species": ["X", "X_twin"],
            "quantity": ["species:X", "species:X_twin"],
            "quantity_2": ["species:X", "species:X_twin"],
            "realization": np.arange(n, dtype=np.uint64),
            "feature": ["X[end]", "X_twin[end]", "first(X >= 40)"],
            "cell": np.arange(cells, dtype=np.uint64),
            "varied": ["k"],
        },
        {
            "network": "gene",
            "title": "One gene and its reporter",
            "time_unit": "h",
            "condition": "cells differ",
            "engine": "cpu",
            "seed": np.uint64(1),
            "trajectories": np.uint64(n),
            "replicates": np.uint64(replicates),
            "t_end": 8.0,
            "stop_when": "X >= 50",
            "version": "0.1.0",
            "status": "complete",
            "contract_hash": "00000000000000bb",
        },
    )


def hostile_network() -> cristae.Network:
    """A network whose every free text is hostile."""
    text = HOSTILE[0] + HOSTILE[1]
    return cristae.build(
        HOSTILE[2],
        title=text,
        description="".join(HOSTILE[:4]),
        time_unit="</script>",
        parameters={"k": {"value": 5, "label": HOSTILE[1], "source": text, "unit": HOSTILE[2]}},
        species={"A": {"initial": 0, "label": HOSTILE[1], "unit": HOSTILE[0], "source": text}},
        reactions={
            HOSTILE[0]: {"equation": "0 -> A", "mass_action": "k", "label": HOSTILE[1]},
            HOSTILE[2]: {"equation": "A -> 0", "mass_action": "1"},
        },
        observables={one: {"expression": "A", "label": one} for one in HOSTILE[:4] + HOSTILE[6:]},
        conditions={HOSTILE[0]: {"label": HOSTILE[1], "set": {"k": 7}}},
        t_end=5,
        sample_every=0.5,
    )


def hostile() -> xarray.Dataset:
    """A real run of it."""
    result = cristae.run(hostile_network(), condition=HOSTILE[0], trajectories=60, certify=1)
    return renamed(result, "observable", HOSTILE[3], HOSTILE[4])


def renamed(result: xarray.Dataset, dimension: str, old: str, new: str) -> xarray.Dataset:
    """With another name of one column: for texts that the reader of networks refuses."""
    names: list[Any] = [new if one == old else one for one in result[dimension].values.tolist()]
    return result.assign_coords({dimension: names})
