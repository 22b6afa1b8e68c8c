"""Results as xarray data sets: from a run in memory, and from a file."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Callable, Optional, Union, cast

import numpy as np
import xarray
from xarray.backends import BackendArray
from xarray.core import indexing

from . import _native
from ._errors import VerificationError, usage_findings
from ._request import PathLike

#: name, dimensions, values, attributes
NativeVariable = tuple[str, tuple[str, ...], Any, dict[str, Any]]

_ALONG = "realization"
#: About so much is read or simulated at once.
_FETCHED_BYTES = 1 << 26
#: Attributes of a result that say what a trajectory is.
_RECORDED = (
    "version condition engine t_end burn_in stop_when seed max_events start_from "
    "start_contract_hash replicates cell_seed sisters fork_at"
).split()


class _Rows(BackendArray):  # type: ignore[misc,unused-ignore]
    """A variable over trajectories whose rows are fetched when they are looked at."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.shape = shape
        self.dtype = dtype

    def fetch(self, begin: int, end: int) -> np.ndarray[Any, Any]:
        """Rows [begin, end), with all other dimensions."""
        raise NotImplementedError

    def __getitem__(self, key: Any) -> Any:
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.OUTER, self._outer
        )

    def _outer(self, key: tuple[Any, ...]) -> np.ndarray[Any, Any]:
        index = np.arange(self.shape[0])[key[0]]
        wanted = np.atleast_1d(index)
        order = np.argsort(wanted, kind="stable")
        ordered = wanted[order]
        none = self._rest(np.empty((0, *self.shape[1:]), self.dtype), key)
        chosen = np.empty((len(wanted), *none.shape[1:]), self.dtype)
        for begin, end in self._parts(np.unique(wanted)):
            fetched = self._rest(self.fetch(begin, end), key)
            into = order[slice(*np.searchsorted(ordered, [begin, end]))]
            chosen[into] = fetched[wanted[into] - begin]
        return chosen[0] if np.ndim(index) == 0 else chosen

    def _parts(self, distinct: np.ndarray[Any, Any]) -> Iterator[tuple[int, int]]:
        """Ranges of rows without a gap, so short that what is fetched at once stays small."""
        most = max(1, _FETCHED_BYTES // max(1, int(np.prod(self.shape[1:])) * 8))
        for run in np.split(distinct, np.flatnonzero(np.diff(distinct) != 1) + 1):
            for start in range(0, len(run), most):
                part = run[start : start + most]
                yield int(part[0]), int(part[-1]) + 1

    @staticmethod
    def _rest(rows: np.ndarray[Any, Any], key: tuple[Any, ...]) -> np.ndarray[Any, Any]:
        """All axes but the first, one after the other: lists of positions do not pair up."""
        axis = 1
        for one in key[1:]:
            rows = rows[(slice(None),) * axis + (one,)]
            axis += 0 if isinstance(one, (int, np.integer)) else 1
        return rows

    def __deepcopy__(self, memo: object) -> _Rows:
        return self  # nothing in it ever changes


def _varied_of(result: xarray.Dataset) -> list[tuple[str, str]]:
    if "varied" not in result.dims:
        return []
    return list(zip(result["varied"].values.tolist(), result["varied_factor"].values.tolist()))


def _correlation_of(result: xarray.Dataset) -> list[float]:
    if "varied_correlation" not in result:
        return []
    return [float(r) for r in result["varied_correlation"].values.ravel()]


class Simulator:
    """Simulates trajectories of a result again, from what it holds; it can be pickled."""

    def __init__(self, *record: Any) -> None:
        self._record = record  # of _native.Recorded
        self._lock = threading.Lock()
        self._native: Optional[_native.Recorded] = None

    @classmethod
    def of(cls, result: xarray.Dataset) -> Simulator:
        attrs = result.attrs
        names = result["set"].values.tolist() if "set" in result.dims else []
        values = result["set_value"].values.tolist() if names else []
        return cls(
            str(result.encoding.get("source", f"<result of {attrs['network']}>")),
            str(result["network_text"].values[()]),
            {
                name: getattr(attrs[name], "item", lambda n=name: attrs[n])()
                for name in _RECORDED
                if name in attrs
            },
            list(zip(names, values)),
            signals_of(result),
            twin_of(result),
            result["time"].values.tolist(),
            columns_of(result),
            _varied_of(result),
            _correlation_of(result),
        )

    @property
    def columns(self) -> list[tuple[str, str]]:
        return list(self._record[7])

    def _recorded(self) -> _native.Recorded:
        if self._native is None:
            self._native = _native.Recorded(*self._record)
        return self._native

    def check(self) -> None:
        """Raises what is wrong with the record, before anything is simulated."""
        with self._lock:
            self._recorded()

    def values(
        self, first: int, count: int, hashes: Optional[np.ndarray[Any, Any]]
    ) -> np.ndarray[Any, Any]:
        """[trajectory][column][time]. Raises VerificationError where `hashes` are others."""
        with self._lock:
            values, again = self._recorded().values(first, count)
        if hashes is not None and not np.array_equal(hashes, again):
            differ = int(np.flatnonzero(hashes != again)[0])
            raise different(first + differ, f"{int(again[differ]):016x}", int(hashes[differ]))
        return values

    def replay(self, trajectory: int) -> tuple[Any, Any, Any, dict[str, Any]]:
        """Times, reactions, states and the end of a trajectory."""
        with self._lock:
            return self._recorded().replay(trajectory)

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return Simulator, self._record


def twin_of(result: xarray.Dataset) -> list[str]:
    """The species that a result's network had twice."""
    text = str(result["twin"].values[()] if "twin" in result else result.attrs.get("twin", ""))
    return text.split(",") if text else []


def signals_of(result: xarray.Dataset) -> list[tuple[str, str, list[float], list[float]]]:
    """The rows of every signal of a result: parameter, file, times, values."""
    if "signal" not in result.dims:
        return []
    ends = np.cumsum(result["signal_size"].values).tolist()
    parts = []
    for name, file, begin, end in zip(
        result["signal"].values.tolist(),
        result["signal_file"].values.tolist(),
        [0, *ends],
        ends,
    ):
        rows = slice(int(begin), int(end))
        times = result["signal_time"].values[rows].tolist()
        parts.append((str(name), str(file), times, result["signal_value"].values[rows].tolist()))
    return parts


def different(trajectory: int, now: str, was: int) -> VerificationError:
    """A trajectory that has other bits than the result says."""
    problem = f"trajectory {trajectory} comes out differently"
    reason = f"its contract hash is {now} now and was {was:016x}"
    fix = "Use the version that made the result"
    return VerificationError(usage_findings([(problem, reason, fix)]))


def columns_of(result: xarray.Dataset) -> list[tuple[str, str]]:
    """Kind and name of every column of a result, in the order of its run."""
    labels = (str(label).partition(":") for label in result["quantity"].values)
    return [(kind, name) for kind, _, name in labels]


class _SimulatedRows(_Rows):
    """Values of single trajectories that were not kept: they are simulated again."""

    def __init__(
        self,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        simulator: Simulator,
        first: int,
        columns: list[int],
        hashes: Optional[np.ndarray[Any, Any]],
    ) -> None:
        super().__init__(shape, dtype)
        self.simulator, self.first, self.columns = simulator, first, columns
        self.hashes = hashes

    def fetch(self, begin: int, end: int) -> np.ndarray[Any, Any]:
        hashes = None if self.hashes is None else self.hashes[begin:end]
        values = self.simulator.values(self.first + begin, end - begin, hashes)
        return values[:, self.columns, :]


class _ResultFile:
    """A result file; it can be pickled."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.native = _native.ResultFile(path)

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return _ResultFile, (self.path,)


class _FileRows(_Rows):
    """Numbers of single trajectories in a file."""

    def __init__(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], file: _ResultFile, name: str
    ) -> None:
        super().__init__(shape, dtype)
        self.file, self.name = file, name

    def fetch(self, begin: int, end: int) -> np.ndarray[Any, Any]:
        rows = self.file.native.rows(self.name, begin, end)
        return cast("np.ndarray[Any, Any]", rows).reshape((end - begin, *self.shape[1:]))


class _FileRawRows(_FileRows):
    """All values of one kind of columns in a file."""

    def __init__(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], file: _ResultFile, columns: list[int]
    ) -> None:
        super().__init__(shape, dtype, file, "raw")
        self.columns = columns

    def fetch(self, begin: int, end: int) -> np.ndarray[Any, Any]:
        rows = cast("np.ndarray[Any, Any]", self.file.native.rows("raw", begin, end))
        every = rows.reshape((end - begin, -1, self.shape[2]))
        return every[:, self.columns, :]


def _lazy(rows: _Rows) -> Any:
    return indexing.LazilyIndexedArray(rows)


def dataset_of(attributes: Mapping[str, Any], variables: list[NativeVariable]) -> xarray.Dataset:
    """What the library describes, as xarray has it after opening a file."""
    data: dict[str, xarray.Variable] = {}
    coordinates: dict[str, xarray.Variable] = {}
    named: set[str] = set()
    for name, dimensions, values, attrs in variables:
        attrs = dict(attrs)
        named.update(attrs.pop("coordinates", "").split())
        if isinstance(values, list):
            shape = [len(coordinates[one]) if one in coordinates else -1 for one in dimensions]
            values = np.array(values, dtype=str).reshape(shape) if shape else np.asarray(values[0])
        variable = xarray.Variable(dimensions, values, attrs, fastpath=True)
        (coordinates if dimensions == (name,) else data)[name] = variable
    for name in named & data.keys():
        coordinates[name] = data.pop(name)
    return xarray.Dataset(data, coordinates, dict(attributes))


def columns_of_kind(columns: list[tuple[str, str]], kind: str) -> list[int]:
    """Which of the columns of a run are of a kind."""
    return [index for index, (own, _) in enumerate(columns) if own == kind]


def row_variables(
    columns: list[tuple[str, str]],
    times: int,
    species: int,
    trajectories: int,
    features: list[str],
    end_states: bool,
    raw: bool,
    end_times: bool,
    make: Callable[[str, tuple[int, ...], np.dtype[Any]], Any],
) -> Iterator[NativeVariable]:
    """The variables over trajectories, as the library describes them, with values of `make`."""
    layout = _native.row_layout(columns, times, species, features, end_states, raw, end_times)
    for name, dimensions, values, attrs in layout["variables"]:
        if dimensions[:1] == (_ALONG,):
            shape = (trajectories, *values.shape[1:])
            yield name, dimensions, make(name, shape, values.dtype), attrs


def raw_variables(result: xarray.Dataset, simulator: Simulator) -> Iterator[NativeVariable]:
    """``K_raw`` of a result that does not keep them: simulated when they are looked at."""
    columns = simulator.columns
    trajectories = int(result.attrs["trajectories"])
    first = int(result.attrs["first"])
    hashes = result["trajectory_hash"].values if "trajectory_hash" in result else None
    if result.attrs["engine"] == "reference":
        hashes = None

    def make(name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
        chosen = columns_of_kind(columns, name[: -len("_raw")])
        return _lazy(_SimulatedRows(shape, dtype, simulator, first, chosen, hashes))

    for variable in row_variables(
        columns, result.sizes["time"], 1, trajectories, [], False, True, False, make
    ):
        if variable[0].endswith("_raw"):
            yield variable


def _open_sweep(path: str) -> xarray.Dataset:
    """The result of a sweep, whose variables are read when they are looked at."""
    result: xarray.Dataset = xarray.open_dataset(path, engine="h5netcdf")
    result.encoding["source"] = os.path.abspath(path)
    return result


def open(path: PathLike) -> xarray.Dataset:
    """Opens a result file.

    What a result has is listed in `the result file <result_format.md>`_. Statistics are read at
    once; numbers of single trajectories are read when they are looked at. Every checksum is
    checked. Neither h5netcdf nor netCDF4 is needed; ``xarray.open_dataset`` opens the same file
    with either.

    Parameters
    ----------
    path : str or path
        What ``cristae.run(..., output=...)`` or ``cristae run --output`` wrote.

    Returns
    -------
    xarray.Dataset

    Raises
    ------
    FileError
        If it cannot be read, is no result of Cristae, is of a newer format, or is damaged.

    Examples
    --------
    >>> import cristae
    >>> _ = cristae.run("telegraph", trajectories=50, output="telegraph.h5", overwrite=True)
    >>> result = cristae.open("telegraph.h5")
    >>> result.attrs["contract_hash"] == _.attrs["contract_hash"]
    True
    >>> result.end_state.dims
    ('realization', 'network_species')
    """
    if _native.is_sweep(os.fspath(path)):
        return _open_sweep(os.fspath(path))
    file = _ResultFile(os.fspath(path))
    native = file.native
    read = native.dataset()
    variables = list(read["variables"])
    columns, trajectories = native.columns, native.trajectories
    sizes = {name: len(values) for name, dims, values, _ in variables if dims == (name,)}
    if native.features or native.has_end_states or native.has_raw or native.has_end_times:

        def make(name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
            if name == _ALONG:
                return np.arange(native.first, native.first + trajectories, dtype=np.uint64)
            if name.endswith("_raw"):
                chosen = columns_of_kind(columns, name[: -len("_raw")])
                return _lazy(_FileRawRows(shape, dtype, file, chosen))
            return _lazy(_FileRows(shape, dtype, file, name))

        variables += row_variables(
            columns,
            sizes["time"],
            sizes["network_species"],
            trajectories,
            native.features,
            native.has_end_states,
            native.has_raw,
            native.has_end_times,
            make,
        )
    result = dataset_of(read["attributes"], variables)
    result.encoding["source"] = os.path.abspath(file.path)
    return result


ResultLike = Union[xarray.Dataset, str, "os.PathLike[str]"]


def result_of(result: ResultLike) -> xarray.Dataset:
    """A result, or the file of one."""
    return result if isinstance(result, xarray.Dataset) else open(result)
