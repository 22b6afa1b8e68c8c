"""Where does the variability come from? Cells that differ, chance within a cell, single factors.

Three ways to take a variance apart:

- `nested`: cells with the same parameters that run several times (``replicates``). The law of total
  variance, var = E[var(x|cell)] + var(E[x|cell]), by a one-way analysis of variance.
- `dual_reporter`: two equal reporters in one cell (Elowitz, M. B. et al. (2002) Science
  297:1183-1186; Swain, P. S. et al. (2002) PNAS 99:12795-12800).
- `first_order`: the share of the variance that one varied factor explains, var(E[x|z]) / var(x)
  (Sobol, I. M. (1993) Math. Model. Comput. Exp. 1:407-414).

What two reporters call intrinsic is the noise of a cell without outer fluctuations only under
special conditions (Hilfinger, A. & Paulsson, J. (2011) PNAS 108:12167-12172): fluctuations of the
surroundings act on both through the same reactions, and how they act changes with time. `CAVEAT`
says so, and tables carry it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional, Union

import numpy as np
import numpy.typing as npt
import pandas as pd

from cristae._errors import UsageError

from ._input import Ensemble, Results, end_quantities, ensembles_of, notes_of, refuse
from .resampling import LEVEL, RESAMPLES, Array, Estimate, bootstrap

CAVEAT = (
    "intrinsic and extrinsic noise of two reporters are those of cells without and with outer "
    "fluctuations only under special conditions (Hilfinger & Paulsson 2011)"
)
NESTED = ("var_intrinsic", "var_extrinsic", "share_extrinsic", "eta2_int", "eta2_ext", "eta2_tot")
DUAL = ("eta2_int", "eta2_ext", "eta2_tot", "share_extrinsic", "correlation")
#: Straight pieces of the curve that `first_order` fits.
PIECES = 12


def nested(
    values: npt.ArrayLike,
    cells: npt.ArrayLike,
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> Estimate:
    """Variance within cells and between them, by one-way analysis of variance.

    Parameters
    ----------
    values : (n,)
        One per trajectory; NaN are left out.
    cells : (n,)
        The cell of each; cells may have different numbers of trajectories.

    Returns
    -------
    Estimate
        In the order of `NESTED`: E[var(x|cell)]; var(E[x|cell]), which can come out below 0 where
        it is 0; its share of the sum; both and their sum over the squared mean. Intervals resample
        cells.

    Raises
    ------
    UsageError
        If no cell has two trajectories, or there is only one cell.

    Examples
    --------
    Cells with an own mean (variance 4) and chance within (variance 1):

    >>> import numpy as np
    >>> from cristae.analysis import decompose
    >>> random = np.random.default_rng(3)
    >>> own = np.repeat(random.normal(10, 2, size=2000), 3)
    >>> found = decompose.nested(own + random.normal(size=6000), np.repeat(np.arange(2000), 3))
    >>> share = dict(zip(decompose.NESTED, zip(*found)))["share_extrinsic"]
    >>> bool(share[1] < 0.8 < share[2])
    True
    """
    x, where = np.asarray(values, dtype=float), np.asarray(cells)
    x, where = x[np.isfinite(x)], where[np.isfinite(x)]
    _, index, counts = np.unique(where, return_inverse=True, return_counts=True)
    groups, n = len(counts), len(x)
    if groups < 2 or n == groups:
        raise refuse(
            f"{n} trajectories of {groups} cells cannot be taken apart",
            "two cells or more, and several trajectories in a cell, are needed",
            "Run with --replicates 2 or more, and with something that varies between cells",
        )
    middle = x.mean()
    sums = np.bincount(index, x - middle)
    squares = np.bincount(index, (x - middle) ** 2)
    size = counts.astype(float)

    def parts(means: Array) -> Array:
        number, total, square, own, size2 = (means[..., k] * groups for k in range(5))
        within = (square - own) / (number - groups)
        between = (own - total**2 / number) / (groups - 1)
        each = (number - size2 / number) / (groups - 1)
        extrinsic = (between - within) / each
        mean = middle + total / number
        scale = np.where(mean != 0, mean, np.nan) ** 2
        return np.stack(
            [
                within,
                extrinsic,
                extrinsic / (within + extrinsic),
                within / scale,
                extrinsic / scale,
                (within + extrinsic) / scale,
            ],
            axis=-1,
        )

    terms = np.stack([size, sums, squares, sums**2 / size, size**2], axis=-1)
    return bootstrap(terms, parts, resamples=resamples, level=level, seed=seed)


def dual_reporter(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> Estimate:
    """Intrinsic and extrinsic noise from two equal reporters x and y in the same cells.

    eta2_int = <(x - y)^2> / (2 <x><y>), eta2_ext = (<xy> - <x><y>) / (<x><y>), and their sum.

    Parameters
    ----------
    first, second : (n,)
        Pairs with a NaN are left out.

    Returns
    -------
    Estimate
        In the order of `DUAL`; squares of the coefficients of variation. See `CAVEAT`.

    Examples
    --------
    >>> import numpy as np
    >>> from cristae.analysis import decompose
    >>> random = np.random.default_rng(5)
    >>> shared = random.gamma(10, 2, size=20000)          # CV^2 of 0.1, mean 20
    >>> x, y = random.poisson(shared), random.poisson(shared)
    >>> found = decompose.dual_reporter(x, y)
    >>> bool(found.low[0] < 1 / 20 < found.high[0]), bool(found.low[1] < 0.1 < found.high[1])
    (True, True)
    """
    pairs = np.stack([np.asarray(first, dtype=float), np.asarray(second, dtype=float)])
    x, y = pairs[:, np.isfinite(pairs).all(axis=0)]
    if len(x) < 2:
        raise refuse(f"{len(x)} pairs of reporters cannot be taken apart", "two or more are needed")
    a, b = x.mean(), y.mean()
    dx, dy = x - a, y - b
    unbiased = len(x) / (len(x) - 1)

    def parts(means: Array) -> Array:
        sx, sy, sxy, sxx, syy = (means[..., k] for k in range(5))
        product = (a + sx) * (b + sy)
        product = np.where(product != 0, product, np.nan)
        apart = (sxx - 2 * sxy + syy) + 2 * (a - b) * (sx - sy) + (a - b) ** 2
        together = (sxy - sx * sy) * unbiased
        intrinsic, extrinsic = apart / (2 * product), together / product
        total = intrinsic + extrinsic
        spread = np.sqrt((sxx - sx**2) * (syy - sy**2)) * unbiased
        return np.stack(
            [intrinsic, extrinsic, total, extrinsic / total, together / spread], axis=-1
        )

    terms = np.stack([dx, dy, dx * dy, dx**2, dy**2], axis=-1)
    return bootstrap(terms, parts, resamples=resamples, level=level, seed=seed)


def _hats(z: Array, pieces: int) -> Array:
    """(n, k) weights of the knots of a broken line through quantiles of z."""
    knots = np.unique(np.quantile(z, np.linspace(0, 1, pieces + 1)))
    if len(knots) == 1:
        return np.ones((len(z), 1))
    return np.stack([np.interp(z, knots, row) for row in np.eye(len(knots))], axis=-1)


def first_order(
    values: npt.ArrayLike,
    factor: npt.ArrayLike,
    cells: Optional[npt.ArrayLike] = None,
    *,
    pieces: int = PIECES,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> Estimate:
    """The share of the variance of `values` that one factor explains by itself.

    E[x|z] is fitted as a broken line with knots at quantiles of the factor, by least squares over
    the means of cells; its variance, corrected for the number of knots as in an adjusted R^2, over
    the variance of all values. Any shape of response is followed, and other factors count as noise.

    Parameters
    ----------
    values, factor : (n,)
        One per trajectory.
    cells : (n,), optional
        The cell of each, where cells have several trajectories; without them, each is its own.
    pieces : int
        Pieces of the line.

    Returns
    -------
    Estimate
        Of shape (1,); below 0 by chance where nothing is explained. Intervals resample cells.

    Examples
    --------
    >>> import numpy as np
    >>> from cristae.analysis import decompose
    >>> random = np.random.default_rng(2)
    >>> z, other = random.normal(size=(2, 4000))
    >>> found = decompose.first_order(2 * z + other, z)       # 4 of 5
    >>> bool(found.low[0] < 0.8 < found.high[0])
    True
    """
    x, z = np.asarray(values, dtype=float), np.asarray(factor, dtype=float)
    where = np.arange(len(x)) if cells is None else np.asarray(cells)
    usable = np.isfinite(x) & np.isfinite(z)
    x, z, where = x[usable], z[usable], where[usable]
    _, first, index, counts = np.unique(
        where, return_index=True, return_inverse=True, return_counts=True
    )
    groups, n = len(counts), len(x)
    weights = _hats(z[first], pieces) if groups else np.ones((0, 1))
    k = weights.shape[1]
    if groups < 3 * k or k < 2:
        raise refuse(
            f"{groups} cells are too few for the share of a factor",
            f"{3 * k if k > 1 else 2} with different values of it are needed",
        )
    middle = x.mean()
    own = np.bincount(index, x - middle) / counts
    square = np.bincount(index, (x - middle) ** 2) / counts
    upper = np.triu_indices(k)

    def share(means: Array) -> Array:
        leading = means.shape[:-1]
        gram = np.zeros((*leading, k, k))
        gram[..., upper[0], upper[1]] = means[..., : len(upper[0])]
        gram = np.maximum(gram, np.swapaxes(gram, -1, -2))
        # A knot that a resampled ensemble never touches must not make the matrix singular.
        gram = gram + 1e-12 * np.eye(k)
        moments = means[..., len(upper[0]) : -3]
        mean, cells2, all2 = means[..., -3], means[..., -2], means[..., -1]
        line = np.linalg.solve(gram, moments[..., None])[..., 0]
        spread = cells2 - mean**2
        left = cells2 - np.sum(line * moments, axis=-1)
        explained = spread - left * (groups - 1) / (groups - k)
        # Of all values: n - 1, as for the cells groups - 1.
        return np.asarray(
            (explained * groups / (groups - 1) / ((all2 - mean**2) * n / (n - 1)))[..., None]
        )

    products = weights[:, upper[0]] * weights[:, upper[1]]
    terms = np.concatenate(
        [products, weights * own[:, None], own[:, None], own[:, None] ** 2, square[:, None]], axis=1
    )
    return bootstrap(terms, share, resamples=resamples, level=level, seed=seed)


def _row(
    ensemble: Ensemble, quantity: str, method: str, n: int, names: Sequence[str], found: Estimate
) -> list[dict[str, Union[str, int, float]]]:
    return [
        {
            **ensemble.label(),
            "quantity": quantity,
            "method": method,
            "n": n,
            "part": name,
            "value": float(found.value[k]),
            "low": float(found.low[k]),
            "high": float(found.high[k]),
        }
        for k, name in enumerate(names)
    ]


def _twin_of(name: str) -> str:
    """``CHOP[end]`` -> ``CHOP_twin[end]``, ``max(CHOP)`` -> ``max(CHOP_twin)``."""
    for ending in ("[", ")"):
        if ending in name:
            at = name.index(ending)
            return f"{name[:at]}_twin{name[at:]}"
    return f"{name}_twin"


def table(
    results: Results,
    quantities: Optional[Sequence[str]] = None,
    *,
    reporters: Sequence[tuple[str, str]] = (),
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> pd.DataFrame:
    """All that a result allows to say about where the variance of quantities comes from.

    Replicates are taken apart by `nested`, ``NAME`` and ``NAME_twin`` (or what `reporters` names)
    by `dual_reporter`, and each factor that varies between cells gets its `first_order` share.

    Returns
    -------
    pandas.DataFrame
        Columns ``result``, ``parameter_set``, ``quantity``, ``method`` (``replicates``,
        ``reporters``, ``factor``), ``n``, ``part`` (names of `NESTED` and `DUAL`, ``NAME`` of a
        factor), ``value``, ``low``, ``high``.

    Raises
    ------
    UsageError
        If a result has none of replicates, twins and varied factors.

    Examples
    --------
    Two genes of one kind in the same cells, by networks without anything in common but chance:

    >>> import cristae
    >>> from cristae.analysis import decompose
    >>> two = cristae.build("two", parameters={"k": 20, "d": 1}, species={"A": 0, "B": 0},
    ...     reactions={"a": ("0 -> A", "k"), "b": ("0 -> B", "k"), "c": ("A -> 0", "d"),
    ...                "e": ("B -> 0", "d")}, t_end=10, sample_every=1)
    >>> cells = cristae.run(two, trajectories=500)
    >>> parts = decompose.table(cells, reporters=[("A", "B")])
    >>> parts.part.tolist()
    ['eta2_int', 'eta2_ext', 'eta2_tot', 'share_extrinsic', 'correlation']
    """
    ensembles = ensembles_of(results)
    options = {"resamples": resamples, "level": level, "seed": seed}
    rows: list[dict[str, Union[str, int, float]]] = []
    notes = notes_of(ensembles)
    for ensemble in ensembles:
        names = list(quantities) if quantities else [] if reporters else end_quantities(ensemble)
        pairs = list(reporters)
        known = set(ensemble.features) | set(ensemble.columns())
        for name in names:
            if _twin_of(name) in known:
                pairs.append((name, _twin_of(name)))
        sides = [side for pair in pairs for side in pair]
        every = ensemble.quantities([*names, *sides])
        varied = (
            [str(one) for one in ensemble.result["varied"].values]
            if "varied" in ensemble.result.dims
            else []
        )
        for first, second in pairs:
            x, y = every[first][1], every[second][1]
            found = dual_reporter(x, y, **options)  # type: ignore[arg-type]
            n = int(np.isfinite(x + y).sum())
            rows += _row(
                ensemble, f"{every[first][0]}, {every[second][0]}", "reporters", n, DUAL, found
            )
            notes.append(CAVEAT)
        if not pairs and not varied and ensemble.replicates == 1:
            raise refuse(
                f"'{ensemble.where}' has neither replicates nor twins nor varied factors",
                "nothing tells its sources of variance apart",
                "Run with --vary and --replicates 2, or with --twin, or name two reporters",
            )
        for name in names:
            feature, values = every[name]
            n = int(np.isfinite(values).sum())
            if ensemble.replicates > 1:
                found = nested(values, ensemble.cells, **options)  # type: ignore[arg-type]
                rows += _row(ensemble, feature, "replicates", n, NESTED, found)
            for factor in varied:
                pieces = min(PIECES, len(np.unique(ensemble.cells)) // 6)
                try:
                    found = first_order(
                        values,
                        ensemble.quantity(factor),
                        ensemble.cells,
                        pieces=max(pieces, 2),
                        **options,  # type: ignore[arg-type]
                    )
                except UsageError as error:
                    notes.append(f"{feature}, {factor}: {error.findings[0].problem}")
                    continue
                rows += _row(ensemble, feature, "factor", n, [factor], found)
    made = pd.DataFrame(rows)
    made.attrs["notes"] = sorted(set(notes))
    return made
