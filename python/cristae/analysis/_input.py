"""What the questions read: ensembles of a result or of a sweep, their quantities and courses."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Callable, Optional, Union

import numpy as np
import xarray

import cristae
from cristae._errors import UsageError, python_spelling, usage_findings
from cristae._toml import loads

from .resampling import Array

Result = Union[xarray.Dataset, str, "os.PathLike[str]"]
Results = Union[Result, Sequence[Result]]
Found = list[tuple[str, str, str]]

KINDS = ("observable", "species")
_OVER_TIME = re.compile(r"(min|max|mean)\((.+)\)")
_AT_TIME = re.compile(r"(.+)\[([^\]]+)\]")


class _Spelling:
    """How messages name options: as keyword arguments, or as the command line has them."""

    of: Callable[[str], str] = staticmethod(python_spelling)


@contextmanager
def spelled_as_options() -> Iterator[None]:
    """Messages are for a command line inside."""
    before = _Spelling.of
    _Spelling.of = staticmethod(str)
    try:
        yield
    finally:
        _Spelling.of = staticmethod(before)


def refusal(found: Found) -> UsageError:
    """Findings (problem, reason, fix), with options spelled ``--name``, as the error to raise."""
    spelled = [(_Spelling.of(a), _Spelling.of(b), _Spelling.of(c)) for a, b, c in found]
    return UsageError(usage_findings(spelled))


def refuse(problem: str, reason: str = "", fix: str = "") -> UsageError:
    """One finding as the error to raise."""
    return refusal([(problem, reason, fix)])


class Part:
    """A result, or one set of a sweep, whose variables are selected when they are looked at: to
    select all variables of thousands of sets takes minutes."""

    def __init__(self, whole: xarray.Dataset, index: Optional[int] = None) -> None:
        self._whole, self._index = whole, index
        self.attrs = whole.attrs
        self.dims = frozenset(str(name) for name in whole.dims) - {"parameter_set"}

    def __contains__(self, name: str) -> bool:
        return name in self._whole

    def __getitem__(self, name: str) -> xarray.DataArray:
        found = self._whole[name]
        if self._index is None or "parameter_set" not in found.dims:
            return found
        return found.isel(parameter_set=self._index)


@dataclass(frozen=True)
class Ensemble:
    """Trajectories under one set of parameters: a plain result, or one set of a sweep."""

    name: str  #: of the file, or of the network where there is none
    result: Part
    set: Optional[int]  #: number of the parameter set; None: no sweep

    def label(self) -> dict[str, Union[str, int]]:
        """What rows of a table begin with; a plain result is set 0, a sweep adds its values."""
        if self.set is None:
            return {"result": self.name, "parameter_set": 0}
        return {"result": self.name, "parameter_set": self.set, "parameters": self.parameters}

    @property
    def parameters(self) -> str:
        """What is swept, as text: ``k=0.1 stress=0.5``."""
        parts = []
        if "swept" in self.result.dims:
            values = np.asarray(self.result["set_parameters"].values, dtype=float)
            parts = [f"{k}={v:.6g}" for k, v in zip(self.result["swept"].values, values)]
        condition = str(self.result["set_condition"].values) if self._has_condition else ""
        return " ".join([*parts, *([f"condition={condition}"] if condition else [])])

    @property
    def _has_condition(self) -> bool:
        return "set_condition" in self.result and self.result["set_condition"].ndim == 0

    @property
    def where(self) -> str:
        """For messages."""
        return self.name if self.set is None else f"{self.name}, parameter set {self.set}"

    @property
    def time_unit(self) -> str:
        return str(self.result.attrs.get("time_unit", "") or "time units")

    @property
    def times(self) -> Array:
        return np.asarray(self.result["time"].values, dtype=float)

    @property
    def ids(self) -> np.ndarray[Any, np.dtype[np.uint64]]:
        """Numbers of the trajectories."""
        if "realization" not in self.result.dims:
            raise refuse(
                f"'{self.where}' holds nothing of single trajectories",
                "it was written with --keep none",
                "Run it again without that",
            )
        return np.asarray(self.result["realization"].values, dtype=np.uint64)

    @property
    def replicates(self) -> int:
        """Trajectories per cell."""
        return int(self.result.attrs.get("replicates", 1))

    @property
    def cells(self) -> np.ndarray[Any, np.dtype[np.uint64]]:
        """Number of the cell of every trajectory: which shares its parameters."""
        return np.asarray(self.ids // np.uint64(self.replicates), dtype=np.uint64)

    @property
    def features(self) -> list[str]:
        if "feature" not in self.result.dims:
            return []
        return [str(one) for one in self.result["feature"].values]

    def _column(self, name: str) -> Optional[tuple[str, str]]:
        """Kind and id of a column; an observable comes before a species of its name."""
        for kind in KINDS:
            if kind in self.result.dims and name in self.result[kind].values:
                return kind, name
        return None

    def columns(self) -> list[str]:
        """Names of all columns, observables first."""
        return [
            str(name)
            for kind in KINDS
            if kind in self.result.dims
            for name in self.result[kind].values
        ]

    def has_raw(self, name: str) -> bool:
        column = self._column(name)
        return column is not None and f"{column[0]}_raw" in self.result

    def course(self, name: str) -> Array:
        """(trajectory, time) values of a column; NaN where a trajectory did not get there."""
        column = self._column(name)
        if column is None:
            raise refuse(
                f"'{self.where}' has no column '{name}'", f"known: {', '.join(self.columns())}"
            )
        if f"{column[0]}_raw" not in self.result:
            raise refuse(
                f"'{self.where}' holds no courses of single trajectories",
                f"'{name}' is needed at all sample times",
                "Run it again with --raw",
            )
        values = self.result[f"{column[0]}_raw"].sel({column[0]: name})
        return np.asarray(values.transpose("realization", "time").values, dtype=float)

    def _at(self, name: str, where: str) -> Optional[Array]:
        """A column at a sample time, from what holds it."""
        if (
            where == "end"
            and "network_species" in self.result.dims
            and self._column(name)
            == (
                "species",
                name,
            )
        ):
            if "end_state" in self.result:
                ended = self.result["end_state"].sel(network_species=name).values.astype(float)
                return np.where(ended < 0, np.nan, ended)
        if not self.has_raw(name):
            return None
        column = self.course(name)
        if where == "end":
            return column[:, -1]
        try:
            time = float(where)
        except ValueError:
            return None
        near = np.flatnonzero(np.isclose(self.times, time, rtol=1e-9, atol=1e-12))
        return column[:, near[0]] if len(near) else None

    def _value(self, name: str) -> Optional[tuple[str, Array]]:
        result = self.result
        spelled = [name, f"{name}[end]"]
        if (match := _AT_TIME.fullmatch(name)) and np.isclose(_time(match[2]), self.times[-1]):
            spelled.append(
                f"{match[1]}[end]"
            )  # a result keeps the last sample time under this name
        for feature in spelled:
            if feature in self.features:
                values = result["feature_value"].sel(feature=feature).values
                return feature, np.asarray(values, dtype=float)
        if name in ("events", "end_time") and name in result:
            return name, np.asarray(result[name].values, dtype=float)
        if "varied" in result.dims and name in result["varied"].values:
            factors = result["cell_factor"].sel(varied=name)
            return name, np.asarray(factors.sel(cell=self.cells).values, dtype=float)
        found: Optional[Array] = None
        if self._column(name) is not None:
            found, name = self._at(name, "end"), f"{name}[end]"
        elif match := _AT_TIME.fullmatch(name):
            found = self._at(match[1], match[2])
        elif match := _OVER_TIME.fullmatch(name):
            if self.has_raw(match[2]):
                course = self.course(match[2])
                found = np.asarray(getattr(course, match[1])(axis=1), dtype=float)
        return None if found is None else (name, found)

    def quantities(self, names: Sequence[str]) -> dict[str, tuple[str, Array]]:
        """The feature that each name stands for and its values, one per trajectory.

        A name is a feature (``CHOP[end]``, ``CHOP[240]``, ``max(CHOP)``, ``first(...)``), a column
        (its value at the end), ``events``, ``end_time``, or what varies between cells. Raises
        UsageError with all those that the result does not hold.
        """
        held = self.ids  # raises where nothing is held
        found: dict[str, tuple[str, Array]] = {}
        missing: Found = []
        for name in names:
            value = self._value(name)
            if value is None:
                feature = f"{name}[end]" if self._column(name) else name
                missing.append(
                    (
                        f"'{feature}' is not in '{self.where}'",
                        f"it keeps {', '.join(self.features[:12]) or 'no features'}"
                        + (", ..." if len(self.features) > 12 else ""),
                        f"Run it again with --keep '{feature}', or with --raw for every sample",
                    )
                )
            else:
                assert value[1].shape == held.shape
                found[name] = value
        if missing:
            raise refusal(missing)
        return found

    def quantity(self, name: str) -> Array:
        """Values of one quantity."""
        return self.quantities([name])[name][1]

    def mean(self, name: str) -> Optional[tuple[str, float]]:
        """The feature and the ensemble's mean of a column at the end or a sample time, from the
        statistics, which are there without anything kept of trajectories; None: of neither."""
        column, time = self._column(name), len(self.times) - 1
        feature = f"{name}[end]"
        if column is None and (match := _AT_TIME.fullmatch(name)):
            column, feature = self._column(match[1]), name
            if match[2] != "end":
                near = np.flatnonzero(np.isclose(self.times, _time(match[2]), rtol=1e-9))
                if not len(near):
                    return None
                time = int(near[0])
        if column is None:
            return None
        means = self.result[f"{column[0]}_mean"].sel({column[0]: column[1]})
        return feature, float(means.isel(time=time).values)

    def parameter(self, name: str) -> float:
        """The value of a parameter at the start. Raises UsageError where it is not known."""
        result = self.result
        if "swept" in result.dims and name in result["swept"].values:
            return float(result["set_parameters"].sel(swept=name).values)
        if "set" in result.dims and name in result["set"].values:
            return float(result["set_value"].sel(set=name).values)
        condition = str(result.attrs.get("condition", ""))
        if "set_condition" in result:
            condition = str(result["set_condition"].values)
        if "network_text" in result:
            text = str(result["network_text"].values[()])
            changed = _condition_sets(text, condition) if condition else {}
            if name in changed:
                return changed[name]
            network = cristae.load(text)
            if name in network.parameters:
                return network.parameters[name].value
        raise refuse(
            f"the value of '{name}' is not known for '{self.where}'",
            "it is neither swept nor set, and no parameter of the network",
            "Give the doses with --doses",
        )

    def parameter_values(self, names: Sequence[str]) -> Array:
        """`parameter` of several names."""
        swept = []
        if "swept" in self.result.dims:
            swept = [str(one) for one in self.result["swept"].values]
        if all(name in swept for name in names):
            values = np.asarray(self.result["set_parameters"].values, dtype=float)
            return values[[swept.index(name) for name in names]]
        return np.array([self.parameter(name) for name in names])

    def window(self, start: Optional[float], end: Optional[float]) -> slice:
        """Sample times from `start` to `end`, both included; all of them without."""
        times = self.times
        slack = 1e-9 * (1 + np.abs(times[-1]))
        first = 0 if start is None else int(np.searchsorted(times, start - slack))
        last = len(times) if end is None else int(np.searchsorted(times, end + slack))
        if last - first < 1:
            raise refuse(
                f"'{self.where}' has no sample from {start} to {end}",
                f"its sample times are {times[0]:g} to {times[-1]:g} {self.time_unit}",
            )
        return slice(first, last)


def _time(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _condition_sets(text: str, condition: str) -> dict[str, float]:
    """The parameters that a condition of a network sets at the start."""
    own = loads(text).get("conditions", {}).get(condition, {})
    return {name: float(value) for name, value in own.get("set", {}).items()}


def _rows_of(result: Part) -> list[tuple[float, str, float]]:
    """Scheduled values of parameters, (time, parameter, value): of signals and of the condition."""
    rows = []
    if "signal" in result.dims:
        sizes = [int(size) for size in result["signal_size"].values]
        names = np.repeat([str(name) for name in result["signal"].values], sizes)
        times, values = result["signal_time"].values, result["signal_value"].values
        rows += [(float(t), str(name), float(v)) for t, name, v in zip(times, names, values)]
    condition = str(result.attrs.get("condition", ""))
    if "set_condition" in result:
        condition = str(result["set_condition"].values)
    if condition and "network_text" in result:
        own = loads(str(result["network_text"].values[()])).get("conditions", {}).get(condition, {})
        for name, value in own.get("set", {}).items():
            rows.append((0.0, name, float(value)))
        for change in own.get("at", []):
            for name, value in change.get("set", {}).items():
                rows.append((float(change["time"]), name, float(value)))
    return sorted(rows, key=lambda row: row[0])


def pulses_of(ensemble: Ensemble) -> list[tuple[float, float]]:
    """Starts and ends of the stretches in which a parameter that signals or the condition schedule
    has another value than the network gives it; the last one may end with the run."""
    rows = _rows_of(ensemble.result)
    names = {name for _, name, _ in rows}
    if not names:
        return []
    network = cristae.load(str(ensemble.result["network_text"].values[()]))
    # What is set for all times is no pulse.
    moving = {one for one in names if len({value for _, name, value in rows if name == one}) > 1}
    moving |= {one for one in names if min(time for time, name, _ in rows if name == one) > 0}
    values = {name: network.parameters[name].value for name in moving}
    rest, pulses, begun = dict(values), [], None
    for time, name, value in rows:
        if name not in moving:
            continue
        values[name] = value
        if begun is None and values != rest:
            begun = time
        elif begun is not None and values == rest:
            if time > begun:
                pulses.append((begun, time))
            begun = None
    if begun is not None:
        pulses.append((begun, float(ensemble.times[-1])))
    return [(max(start, 0.0), end) for start, end in pulses if end > 0]


def _name_of(result: xarray.Dataset, given: Result) -> str:
    if isinstance(given, xarray.Dataset):
        source = given.encoding.get("source")
        if source is None:
            return str(given.attrs.get("network", "result"))
        return os.path.basename(str(source))
    return os.path.basename(os.fspath(given))


def ensembles_of(results: Results) -> list[Ensemble]:
    """All ensembles of one or more results, in their order; sweeps give one per parameter set."""
    given: Iterable[Result]
    if isinstance(results, (xarray.Dataset, str, os.PathLike)):
        given = [results]
    else:
        given = results
    found: list[Ensemble] = []
    for one in given:
        result = one if isinstance(one, xarray.Dataset) else cristae.open(one)
        name = _name_of(result, one)
        if "parameter_set" not in result.dims:
            found.append(Ensemble(name, Part(result), None))
            continue
        numbers = np.arange(result.sizes["parameter_set"])
        if "parameter_set" in result.coords:
            numbers = result["parameter_set"].values
        for index, number in enumerate(numbers.tolist()):
            found.append(Ensemble(name, Part(result, index), number))
    if not found:
        raise refuse("no result is given", "", "Give a data set or the path of a result file")
    return found


def selected(results: Sequence[Result], pairs: Sequence[tuple[str, str]]) -> list[xarray.Dataset]:
    """Results with only those sets of sweeps in which parameters, or ``condition``, are as asked.

    Raises UsageError for names that a sweep does not have, and where nothing is left of it.
    """
    chosen = []
    for given in results:
        result = given if isinstance(given, xarray.Dataset) else cristae.open(given)
        name = _name_of(result, given)
        if "parameter_set" not in result.dims:
            raise refuse(f"'{name}' is no sweep", "it has no parameter sets to choose from")
        swept = [str(one) for one in result["swept"].values] if "swept" in result.dims else []
        kept = np.ones(result.sizes["parameter_set"], dtype=bool)
        for parameter, text in pairs:
            if parameter == "condition" and "set_condition" in result:
                kept &= np.array([str(one) == text for one in result["set_condition"].values])
                continue
            if parameter not in swept:
                known = ", ".join([*swept, "condition"])
                raise refuse(f"'{name}' does not sweep '{parameter}'", f"it sweeps {known}")
            try:
                value = float(text)
            except ValueError:
                raise refuse(f"'{parameter}={text}' is no number") from None
            own = np.asarray(result["set_parameters"].transpose("parameter_set", "swept").values)
            kept &= np.isclose(own[:, swept.index(parameter)], value, rtol=1e-6, atol=0)
        if not kept.any():
            asked = ", ".join(f"{a}={b}" for a, b in pairs)
            raise refuse(f"no parameter set of '{name}' has {asked}")
        part = result.isel(parameter_set=np.flatnonzero(kept))
        part.encoding["source"] = result.encoding.get("source", name)
        chosen.append(part)
    return chosen


def end_quantities(ensemble: Ensemble) -> list[str]:
    """The features at the end, or else all features."""
    at_end = [feature for feature in ensemble.features if feature.endswith("[end]")]
    names = at_end or ensemble.features
    if not names:
        ids = ensemble.ids  # raises where there is nothing at all
        raise refuse(
            f"'{ensemble.where}' keeps no features of its {len(ids)} trajectories",
            "",
            "Name a quantity that it holds, or run it again with --keep",
        )
    return names


def feature_time(feature: str, ensemble: Ensemble) -> Optional[float]:
    """The time of ``CHOP[240]`` and ``CHOP[end]``; None for what is of no time."""
    match = _AT_TIME.fullmatch(feature)
    if match is None:
        return None
    return float(ensemble.times[-1]) if match[2] == "end" else _time(match[2])


def notes_of(ensembles: Sequence[Ensemble], *, of_families: bool = False) -> list[str]:
    """What is to be kept in mind of the results themselves; `of_families`: sisters are."""
    notes = []
    for ensemble in ensembles:
        if int(ensemble.result.attrs.get("sisters", 1)) > 1 and not of_families:
            notes.append(
                f"{ensemble.name} has sisters, which are alike: intervals that count every "
                "trajectory are too short"
            )
        status = ensemble.result.attrs.get("status")
        if status == "interrupted":
            notes.append(
                f"{ensemble.name} was interrupted: it holds the trajectories finished then"
            )
        if status == "partial":
            notes.append(
                f"{ensemble.name} is a merge with gaps: what is missing may be missing for a reason"
            )
    return sorted(set(notes))
