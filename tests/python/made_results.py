"""Results without a simulation, for what is tested with values that are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional

import numpy as np
import numpy.typing as npt
import xarray


def result_of(
    features: Mapping[str, npt.ArrayLike],
    *,
    raw: Optional[Mapping[str, npt.ArrayLike]] = None,
    times: Sequence[float] = (0.0, 10.0),
    status: Optional[npt.ArrayLike] = None,
    end_time: Optional[npt.ArrayLike] = None,
    **attributes: Any,
) -> xarray.Dataset:
    """A plain result of trajectories with these features and, as species, these courses."""
    count = len(np.asarray(next(iter(features.values()))))
    values = np.stack([np.asarray(one, dtype=float) for one in features.values()], axis=-1)
    data: dict[str, Any] = {"feature_value": (("realization", "feature"), values)}
    coordinates: dict[str, Any] = {
        "realization": np.arange(count, dtype=np.uint64),
        "feature": list(features),
        "time": np.asarray(times, dtype=float),
    }
    if raw:
        courses = np.stack([np.asarray(one, dtype=float) for one in raw.values()], axis=1)
        data["species_raw"] = (("realization", "species", "time"), courses)
        coordinates["species"] = list(raw)
    given = np.zeros(count) if status is None else np.asarray(status)
    data["status"] = ("realization", given.astype(np.uint8))
    if end_time is not None:
        data["end_time"] = ("realization", np.asarray(end_time, dtype=float))
    known = {"network": "made", "time_unit": "min", "seed": 1, "t_end": float(times[-1])}
    return xarray.Dataset(data, coordinates, {**known, "condition": "", **attributes})


def with_cells(result: xarray.Dataset, replicates: int, **factors: npt.ArrayLike) -> xarray.Dataset:
    """The same with several trajectories per cell, and factors that differ between cells."""
    result = result.assign_attrs(replicates=np.uint64(replicates))
    if not factors:
        return result
    values = np.stack([np.asarray(one, dtype=float) for one in factors.values()], axis=-1)
    cells = np.arange(len(values), dtype=np.uint64)
    return result.assign_coords(cell=cells, varied=list(factors)).assign(
        cell_factor=(("cell", "varied"), values)
    )


def sweep_of(results: Sequence[xarray.Dataset], **parameters: Sequence[float]) -> xarray.Dataset:
    """Results of the same trajectories along parameter_set."""
    count = len(results)
    number = xarray.DataArray(
        np.arange(count, dtype=np.uint64), dims="parameter_set", name="parameter_set"
    )
    made = xarray.concat(results, number)
    values = np.stack([np.asarray(one, dtype=float) for one in parameters.values()], axis=-1)
    return made.assign_coords(swept=list(parameters)).assign(
        set_parameters=(("parameter_set", "swept"), values),
        set_condition=("parameter_set", np.array([""] * count)),
    )
