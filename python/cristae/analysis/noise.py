"""How noisy is it? Mean, Fano factor and squared coefficient of variation across trajectories.

The Fano factor F = var / mean is 1 for a Poisson law, and CV^2 = var / mean^2 is the noise relative
to the level. For proteins made in bursts of b from short-lived messengers F = 1 + b / (1 + eta),
with eta the ratio of the decay rates of protein and messenger (Thattai, M. & van Oudenaarden, A.
(2001) PNAS 98:8614-8619); for messengers of a gene that switches, F = 1 + s * off / ((on + off) *
(on + off + d)) (Peccoud, J. & Ycart, B. (1995) Theor. Popul. Biol. 48:222-234).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional, Union

import numpy as np
import numpy.typing as npt
import pandas as pd

from ._input import Results, end_quantities, ensembles_of, notes_of
from .resampling import LEVEL, RESAMPLES, Array, Estimate, bootstrap

MEASURES = ("mean", "sd", "fano", "cv2")


def moments(
    values: npt.ArrayLike, *, resamples: int = RESAMPLES, level: float = LEVEL, seed: int = 1
) -> Estimate:
    """Mean, standard deviation, Fano factor and CV^2 of a sample.

    Parameters
    ----------
    values : (n,)
        One value per trajectory; NaN, of those that did not get there, are left out.
    resamples, level, seed
        As for `resampling.bootstrap`.

    Returns
    -------
    Estimate
        Arrays of shape (4,) in the order of `MEASURES`; with n - 1 in the variance. NaN where
        undefined: all but the mean for one trajectory, Fano and CV^2 for a mean of 0.

    Examples
    --------
    >>> import numpy as np
    >>> from cristae.analysis import noise
    >>> copies = np.random.default_rng(1).poisson(20, size=4000)
    >>> fano = noise.moments(copies)
    >>> bool(fano.low[2] < 1 < fano.high[2])
    True
    """
    sample = np.asarray(values, dtype=float)
    sample = sample[np.isfinite(sample)]
    n = len(sample)
    if n == 0:
        nothing = np.full(len(MEASURES), np.nan)
        return Estimate(nothing, nothing, nothing)
    middle = sample.mean()  # moments around it keep their digits
    apart = sample - middle

    def measures(means: Array) -> Array:
        shift = means[..., 0]
        variance = np.maximum(means[..., 1] - shift**2, 0) * (n / (n - 1) if n > 1 else np.nan)
        mean = middle + shift
        level = np.where(mean != 0, mean, np.nan)
        return np.stack([mean, np.sqrt(variance), variance / level, variance / level**2], axis=-1)

    terms = np.stack([apart, apart**2], axis=-1)
    return bootstrap(terms, measures, resamples=resamples, level=level, seed=seed)


def ratio(
    above: npt.ArrayLike,
    below: npt.ArrayLike,
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> Estimate:
    """Ratio of two means over the same trajectories, such as ions taken up over ions released.

    Parameters
    ----------
    above, below : (n,)
        Pairs with a NaN are left out.

    Returns
    -------
    Estimate
        Of shape (1,).

    Examples
    --------
    >>> from cristae.analysis import noise
    >>> float(noise.ratio([1, 2, 3], [2, 4, 6]).value[0])
    0.5
    """
    pairs = np.stack([np.asarray(above, dtype=float), np.asarray(below, dtype=float)], axis=-1)
    pairs = pairs[np.isfinite(pairs).all(axis=-1)]
    if len(pairs) == 0:
        nothing = np.full(1, np.nan)
        return Estimate(nothing, nothing, nothing)
    return bootstrap(
        pairs,
        lambda means: means[..., :1] / means[..., 1:],
        resamples=resamples,
        level=level,
        seed=seed,
    )


def table(
    results: Results,
    quantities: Optional[Sequence[str]] = None,
    *,
    ratios: Sequence[tuple[str, str]] = (),
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> pd.DataFrame:
    """Noise of quantities in one or more results.

    Parameters
    ----------
    results : result, path of one, or a list of them
        Plain runs and sweeps.
    quantities : list of str, optional
        Features, or names for their value at the end; without them, all ``NAME[end]`` there are.
    ratios : list of (above, below)
        Ratios of means to add; their measure columns but the mean are NaN.

    Returns
    -------
    pandas.DataFrame
        Columns ``result``, ``parameter_set``, ``quantity``, ``n`` and, for each of mean, sd, fano
        and cv2, the value and ``_low`` and ``_high``.

    Raises
    ------
    UsageError
        With every quantity that a result does not hold.

    Examples
    --------
    >>> import cristae
    >>> from cristae.analysis import noise
    >>> cells = cristae.run("telegraph", trajectories=300)
    >>> one = noise.table(cells, ["M"]).iloc[0]
    >>> bool(one.fano_low > 1), one.quantity
    (True, 'M[end]')
    """
    ensembles = ensembles_of(results)
    rows = []
    options = {"resamples": resamples, "level": level, "seed": seed}
    for ensemble in ensembles:
        wanted = list(quantities) if quantities else [] if ratios else end_quantities(ensemble)
        sides = [side for pair in ratios for side in pair]
        every = ensemble.quantities([*wanted, *sides])
        for name in wanted:
            feature, values = every[name]
            found = moments(values, **options)  # type: ignore[arg-type]
            row: dict[str, Union[str, int, float]] = {
                **ensemble.label(),
                "quantity": feature,
                "n": int(np.isfinite(values).sum()),
            }
            for k, measure in enumerate(MEASURES):
                row[measure] = found.value[k]
                row[f"{measure}_low"], row[f"{measure}_high"] = found.low[k], found.high[k]
            rows.append(row)
        for above, below in ratios:
            (first, numerator), (second, denominator) = every[above], every[below]
            found = ratio(numerator, denominator, **options)  # type: ignore[arg-type]
            rows.append(
                {
                    **ensemble.label(),
                    "quantity": f"{first} / {second}",
                    "n": int(np.isfinite(np.asarray(numerator) + denominator).sum()),
                    "mean": found.value[0],
                    "mean_low": found.low[0],
                    "mean_high": found.high[0],
                }
            )
    made = pd.DataFrame(rows)
    made.attrs["notes"] = notes_of(ensembles)
    return made
