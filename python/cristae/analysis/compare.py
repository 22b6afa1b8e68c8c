"""A result against measured single cells, through what a measurement does to counts.

A measurement sees a share of the molecules, with a background, on a scale of its own. So simulated
counts are measured first: each molecule is caught with probability `capture` (binomial thinning),
background is added (Poisson for counts; gamma, with its own spread, for intensities), and the sum
is multiplied by `scale`. Only then are distributions compared: Kolmogorov-Smirnov, the largest
distance of the cumulative distributions, and Wasserstein, the mean distance of quantiles in the
units of the data. What distances chance makes where both are of one law is found by shuffling which
value belongs to which sample: a two-sample permutation test, Pitman, E. J. G. (1937) Suppl. J. R.
Stat. Soc. 4:119-130.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional, Union

import numpy as np
import numpy.typing as npt
import pandas as pd

from cristae._errors import FileError, Finding

from ._input import Results, ensembles_of, notes_of, refusal, refuse
from ._output import Tables
from .resampling import LEVEL, Array, Estimate, percentile_interval

QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
#: More values than these of one sample are thinned out for the resampling.
_MOST = 20_000


@dataclass(frozen=True)
class Measurement:
    """What a measurement does to counts.

    Attributes
    ----------
    capture : float
        Chance that a molecule is seen, above 0 and at most 1.
    background : float
        Mean of what is added to each cell.
    background_cv : float, optional
        Its coefficient of variation: it is gamma distributed then, and otherwise Poisson.
    scale : float
        What one molecule adds to the measured value.

    Examples
    --------
    >>> import numpy as np
    >>> from cristae.analysis import compare
    >>> seen = compare.Measurement(capture=0.1, background=2).of(np.full(100_000, 500.0), seed=1)
    >>> round(float(seen.mean())), round(float(seen.var()))     # 50 + 2; 45 + 2
    (52, 47)
    """

    capture: float = 1.0
    background: float = 0.0
    background_cv: Optional[float] = None
    scale: float = 1.0

    def __post_init__(self) -> None:
        found = []
        if not 0 < self.capture <= 1:
            needed = "a number above 0, at most 1, is needed"
            found.append((f"capture is {self.capture:g}", needed, ""))
        if not 0 <= self.background < np.inf:
            found.append((f"background is {self.background:g}", "0 or more is needed", ""))
        if self.background_cv is not None and not 0 < self.background_cv < np.inf:
            needed = "a number above 0 is needed"
            found.append((f"background_cv is {self.background_cv:g}", needed, ""))
        if not 0 < self.scale < np.inf:
            found.append((f"scale is {self.scale:g}", "a number above 0 is needed", ""))
        if found:
            raise refusal(found)

    def of(self, counts: npt.ArrayLike, seed: int = 1) -> Array:
        """Measured values of counts; a NaN stays one.

        Raises UsageError where molecules that are no whole number are to be caught.
        """
        x = np.asarray(counts, dtype=float)
        generator = np.random.default_rng(seed)
        known = np.isfinite(x)
        seen = x.copy()
        if self.capture < 1:
            whole = x[known]
            if np.any(whole < 0) or np.any(whole != np.floor(whole)):
                raise refuse(
                    "a capture below 1 is given for values that are no copy numbers",
                    "molecules are caught one by one",
                    "Use scale for a quantity such as a concentration",
                )
            seen[known] = generator.binomial(whole.astype(np.int64), self.capture)
        if self.background > 0:
            if self.background_cv is None:
                added = generator.poisson(self.background, size=x.shape).astype(float)
            else:
                shape = self.background_cv**-2
                added = generator.gamma(shape, self.background / shape, size=x.shape)
            seen = seen + added
        return np.asarray(self.scale * seen)


def _sorted(values: npt.ArrayLike) -> Array:
    x = np.asarray(values, dtype=float)
    return np.sort(x[np.isfinite(x)])


def _distances(first: Array, second: Array) -> tuple[float, float]:
    """Kolmogorov-Smirnov and Wasserstein of two sorted samples."""
    every = np.concatenate([first, second])
    every.sort(kind="stable")
    a = np.searchsorted(first, every, side="right") / len(first)
    b = np.searchsorted(second, every, side="right") / len(second)
    apart = np.abs(a - b)
    return float(np.max(apart)), float(np.sum(apart[:-1] * np.diff(every)))


def distances(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    resamples: int = 1000,
    level: float = LEVEL,
    seed: int = 1,
) -> pd.DataFrame:
    """Kolmogorov-Smirnov and Wasserstein distances of two samples.

    Parameters
    ----------
    first, second : (n,), (m,)
        NaN are left out; ten values or more are needed.
    resamples : int
        For the interval and for what chance makes.

    Returns
    -------
    pandas.DataFrame
        Rows ``ks`` and ``wasserstein``; columns ``distance``, ``low``, ``high`` (percentiles of
        resampled samples; resampling makes distances larger, so where the samples are of one law
        the interval lies above the distance), ``by_chance`` (the `level` quantile of shuffled
        samples) and ``p``, the chance of such a distance where both are of one law.

    Examples
    --------
    >>> import numpy as np
    >>> from cristae.analysis import compare
    >>> random = np.random.default_rng(1)
    >>> same = compare.distances(random.poisson(20, 500), random.poisson(20, 500), resamples=200)
    >>> other = compare.distances(random.poisson(20, 500), random.poisson(23, 500), resamples=200)
    >>> bool(same.p["ks"] > 0.01), bool(other.p["wasserstein"] < 0.01)
    (True, True)
    """
    a, b = _sorted(first), _sorted(second)
    if min(len(a), len(b)) < 10:
        raise refuse(f"samples have {len(a)} and {len(b)} values", "10 or more are needed")
    found = np.array(_distances(a, b))
    generator = np.random.default_rng(seed)
    a, b = (
        np.sort(generator.choice(x, _MOST, replace=False)) if len(x) > _MOST else x for x in (a, b)
    )
    at_hand = np.array(_distances(a, b))
    both = np.concatenate([a, b])
    shuffled, resampled = np.empty((resamples, 2)), np.empty((resamples, 2))
    for k in range(resamples):
        mixed = generator.permutation(both)
        shuffled[k] = _distances(np.sort(mixed[: len(a)]), np.sort(mixed[len(a) :]))
        again = (np.sort(x[generator.integers(len(x), size=len(x))]) for x in (a, b))
        resampled[k] = _distances(*again)
    low, high = percentile_interval(resampled, level)
    return pd.DataFrame(
        {
            "distance": found,
            "low": low,
            "high": high,
            "by_chance": np.quantile(shuffled, level, axis=0),
            "p": (1 + np.sum(shuffled >= at_hand - 1e-12, axis=0)) / (1 + resamples),
        },
        index=["ks", "wasserstein"],
    )


def quantiles(
    simulated: npt.ArrayLike,
    measured: npt.ArrayLike,
    shares: Sequence[float] = QUANTILES,
    *,
    resamples: int = 1000,
    level: float = LEVEL,
    seed: int = 1,
) -> pd.DataFrame:
    """Quantile against quantile.

    Returns
    -------
    pandas.DataFrame
        Columns ``quantile``, ``simulated``, ``measured``, ``difference`` (simulated - measured),
        ``low``, ``high`` (of the difference, by resampling both).

    >>> from cristae.analysis import compare
    >>> compare.quantiles(range(2, 103), range(101), [0.5], resamples=50).difference.tolist()
    [2.0]
    """
    a, b = _sorted(simulated), _sorted(measured)
    generator = np.random.default_rng(seed)
    own = np.quantile(a, shares), np.quantile(b, shares)
    drawn = np.empty((resamples, len(shares)))
    for k in range(resamples):
        again = [x[generator.integers(len(x), size=min(len(x), _MOST))] for x in (a, b)]
        drawn[k] = np.quantile(again[0], shares) - np.quantile(again[1], shares)
    found = Estimate(own[0] - own[1], *percentile_interval(drawn, level))
    return pd.DataFrame(
        {
            "quantile": list(shares),
            "simulated": own[0],
            "measured": own[1],
            "difference": found.value,
            "low": found.low,
            "high": found.high,
        }
    )


def read_cells(path: Union[str, "os.PathLike[str]"]) -> pd.DataFrame:
    """A CSV with a row per cell and a line of names; raises FileError."""
    try:
        return pd.read_csv(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error).strip().splitlines()[0]
        problem = f"'{os.fspath(path)}' cannot be read"
        raise FileError([Finding("error", "", 0, 0, problem, reason, "")]) from None


def table(
    results: Results,
    cells: Any,
    columns: Mapping[str, str],
    *,
    time: Optional[float] = None,
    measurement: Measurement = Measurement(),  # noqa: B008 (it is frozen)
    resamples: int = 1000,
    level: float = LEVEL,
    seed: int = 1,
) -> pd.DataFrame:
    """Quantities of a result against columns of measured cells.

    Parameters
    ----------
    results : result, path, or list of them; every ensemble is compared
    cells : DataFrame, or path of a CSV with a row per cell
    columns : dict
        From an observable, species or feature to the name of the CSV's column.
    time : float, optional
        A sample time for observables and species; the end without it.
    measurement : Measurement
        Of all columns.

    Returns
    -------
    pandas.DataFrame
        Columns ``result``, ``parameter_set``, ``quantity``, ``column``, ``n_simulated``,
        ``n_measured``, ``mean_simulated``, ``mean_measured``, ``cv_simulated``, ``cv_measured``,
        and ``ks`` and ``wasserstein`` with ``_low``, ``_high``, ``_by_chance`` and ``_p``; see
        `distances`. ``attrs["tables"]`` has ``quantiles``, the table of `quantiles`.

    Examples
    --------
    >>> import cristae
    >>> from cristae.analysis import compare
    >>> one, two = (cristae.run("telegraph", trajectories=300, seed=s) for s in (1, 2))
    >>> cells = two.feature_value.sel(feature=["M[end]"]).to_pandas()
    >>> found = compare.table(one, cells, {"M": "M[end]"}, resamples=200)
    >>> bool(found.ks_p[0] > 0.001)
    True
    """
    ensembles = ensembles_of(results)
    data = cells if isinstance(cells, pd.DataFrame) else read_cells(cells)
    wrong = []
    known = ", ".join(str(name) for name in list(data.columns)[:12])
    for column in columns.values():
        if column not in data.columns:
            wrong.append((f"the cells have no column '{column}'", f"they have {known}", ""))
        elif not pd.api.types.is_numeric_dtype(data[column]):
            wrong.append((f"the column '{column}' holds more than numbers", "", ""))
        elif int(data[column].notna().sum()) < 10:
            wrong.append((f"the column '{column}' has fewer than 10 numbers", "", ""))
    if not columns:
        wrong.append(("no column is named", "nothing is to be compared", "Give OBSERVABLE=COLUMN"))
    if wrong:
        raise refusal(wrong)
    rows: list[dict[str, Union[str, int, float]]] = []
    parts = []
    for ensemble in ensembles:
        bare = ensemble.columns()
        names = {
            name: f"{name}[{time:.15g}]" if time is not None and name in bare else name
            for name in columns
        }
        every = ensemble.quantities(list(names.values()))
        for name, column in columns.items():
            feature, counts = every[names[name]]
            simulated = measurement.of(counts, seed)
            measured = data[column].to_numpy(dtype=float)
            found = distances(simulated, measured, resamples=resamples, level=level, seed=seed)
            a, b = _sorted(simulated), _sorted(measured)
            row: dict[str, Union[str, int, float]] = dict(ensemble.label())
            row.update(quantity=feature, column=column, n_simulated=len(a), n_measured=len(b))
            row.update(mean_simulated=float(a.mean()), mean_measured=float(b.mean()))
            with np.errstate(all="ignore"):
                row.update(
                    cv_simulated=float(a.std(ddof=1) / a.mean()),
                    cv_measured=float(b.std(ddof=1) / b.mean()),
                )
            for kind in ("ks", "wasserstein"):
                row[kind] = float(found.distance[kind])
                for part in ("low", "high", "by_chance", "p"):
                    row[f"{kind}_{part}"] = float(found[part][kind])
            rows.append(row)
            part = quantiles(simulated, measured, resamples=resamples, level=level, seed=seed)
            part.insert(0, "column", column)
            part.insert(0, "quantity", feature)
            for key, value in reversed(ensemble.label().items()):
                part.insert(0, key, value)
            parts.append(part)
    made = pd.DataFrame(rows)
    made.attrs["tables"] = Tables(quantiles=pd.concat(parts, ignore_index=True))
    made.attrs["notes"] = [
        *notes_of(ensembles),
        "p: chance of such a distance where both samples are of one law",
        "values are compared after the measurement model: capture "
        f"{measurement.capture:g}, background {measurement.background:g}, scale "
        f"{measurement.scale:g}",
    ]
    return made
