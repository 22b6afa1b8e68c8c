"""How much noise goes on from one species to the next, and how much it averages out.

A species y that is made in proportion to some power s of x, and lives for tau_y, follows slow
fluctuations of x and averages over fast ones. For small fluctuations around a steady state, with
eta^2 the squared coefficient of variation,

    eta_y^2 = eta_int^2 + s^2 eta_x^2 tau_x / (tau_x + tau_y)

(Paulsson, J. (2004) Nature 427:415-418). s and tau_y are not assumed but follow from covariances:
because d<y>/dt = (s x - y) / tau_y for the relative deviations, and chance in the making of y is
independent of x before it, the covariance C_yx(lag) of y with x a lag earlier obeys, integrated,

    int_0^l C_yx = s int_0^l C_xx + tau_y (C_yx(0) - C_yx(l))

for every lag l: a straight line in s and tau_y, whatever the correlation of x. What is transferred
is s C_yx(0), which is the term above where C_xx falls as an exponential.

This wants a window in which the fluctuations are stationary, x that does not depend on y
(feedback), and nothing that acts on both. Differences between cells that last are a part of x with
an infinite time; where they also act on y itself, s takes that in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Optional, Union

import numpy as np
import numpy.typing as npt
import pandas as pd

from ._input import Results, ensembles_of, notes_of, refuse
from .correlation import integral, lag_products, spacing, whole_courses
from .resampling import LEVEL, RESAMPLES, Array, Estimate, bootstrap, grouped

PARTS = (
    "eta2_x",
    "tau_x",
    "gain",
    "tau_y",
    "averaging",
    "transferred",
    "transferred_paulsson",
    "eta2_int",
    "eta2_y",
    "share_transferred",
)
#: Lags go on to where the autocorrelation of y has fallen to this.
ENOUGH = 0.1


class Transfer(NamedTuple):
    """`PARTS` and their intervals, and how many trajectories and lags went in."""

    parts: Estimate
    n: int
    max_lag: float


def _running(curve: Array, step: float) -> Array:
    """Integrals from lag 0 to every lag behind it, (..., k - 1) of (..., k), by Simpson's rule on
    parabolas through neighbours (the trapezium rule where there are two points)."""
    inner = 0.5 * step * (curve[..., 1:] + curve[..., :-1])
    if curve.shape[-1] > 2:
        bend = curve[..., 2:] - 2 * curve[..., 1:-1] + curve[..., :-2]
        before = np.concatenate([bend[..., :1], bend], axis=-1)
        after = np.concatenate([bend, bend[..., -1:]], axis=-1)
        inner = inner - step * (before + after) / 24
    return np.asarray(np.cumsum(inner, axis=-1))


def transfer(
    times: npt.ArrayLike,
    upstream: npt.ArrayLike,
    downstream: npt.ArrayLike,
    *,
    max_lag: Optional[float] = None,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> Transfer:
    """The noise that goes from x on to y.

    Parameters
    ----------
    times : (t,)
        Equally far apart, and close against the times of the fluctuations.
    upstream, downstream : (n, t)
        x and y of the same trajectories; those with a NaN are left out.
    max_lag : float, optional
        Without it, where the autocorrelation of y has fallen to a tenth, or half of the window.

    Returns
    -------
    Transfer
        In the order of `PARTS`: eta_x^2; tau_x, the integral of the autocorrelation of x to its
        first zero; s; tau_y; tau_x / (tau_x + tau_y); what is transferred, from the covariance, and
        by Paulsson's formula; eta_int^2, which is the rest; eta_y^2; and the transferred share of
        it. Intervals resample trajectories.

    Examples
    --------
    Messengers that live 1 / 2, proteins that live 1: the messengers' noise counts by a third.

    >>> import cristae
    >>> from cristae.analysis import transfer
    >>> gene = cristae.build("gene", parameters={"k": 20, "d": 2, "t": 5, "e": 1},
    ...     species={"m": 10, "p": 50},
    ...     reactions={"a": ("0 -> m", "k"), "b": ("m -> 0", "d"), "c": ("m -> m + p", "t"),
    ...                "f": ("p -> 0", "e")}, t_end=30, sample_every=0.05)
    >>> cells = cristae.run(gene, trajectories=300, burn_in=8, raw=True)
    >>> made = transfer.table(cells, ["m", "p"]).set_index("part")
    >>> bool(made.low.averaging < 1 / 3 < made.high.averaging)
    True
    """
    step = spacing(times)
    x, y = np.asarray(upstream, dtype=float), np.asarray(downstream, dtype=float)
    if x.shape != y.shape or x.shape[1] != len(np.asarray(times)):
        raise refuse(f"courses have the shapes {x.shape} and {y.shape}", "they must be the same")
    both = np.isfinite(x).all(axis=1) & np.isfinite(y).all(axis=1)
    x, y = whole_courses(x[both]), whole_courses(y[both])
    n, length = x.shape
    mean_x, mean_y = float(x.mean()), float(y.mean())
    dx, dy = x - x.mean(axis=0), y - y.mean(axis=0)
    if not dx.any() or not dy.any() or mean_x == 0 or mean_y == 0:
        raise refuse("a quantity is 0, or the same in all trajectories", "it has no noise to pass")
    most = length // 2
    if max_lag is None:
        own = lag_products(dy, dy, np.arange(most + 1)).mean(axis=0)
        below = np.flatnonzero(own < ENOUGH * own[0])
        most = max(3, int(below[0])) if len(below) else most
    else:
        most = int(np.floor(max_lag / step + 1e-9))
    if not 3 <= most < length:
        raise refuse(
            f"the largest lag is {most * step:g}",
            f"from {3 * step:g} to {(length - 1) * step:g} is possible",
        )
    steps = np.arange(most + 1)
    lags = steps * step
    # The autocorrelation of x is integrated to its zero, which may lie behind these lags.
    far = np.arange(min(length - 1, max(2 * most, length // 2)) + 1)
    terms, sizes = grouped(
        np.hstack(
            [
                lag_products(dx, dx, far),
                lag_products(dx, dy, steps),
                np.mean(dy**2, axis=1)[:, None],
                (x.mean(axis=1) - mean_x)[:, None],
                (y.mean(axis=1) - mean_y)[:, None],
            ]
        ),
        1024,
    )
    terms = terms / sizes[:, None]
    unbiased = n / (n - 1)  # the mean at each time was estimated

    def measures(means: Array) -> Array:
        at_x, at_y = mean_x + means[..., -2, None], mean_y + means[..., -1, None]
        xx = unbiased * means[..., : len(far)] / at_x**2
        yx = unbiased * means[..., len(far) : len(far) + most + 1] / (at_x * at_y)
        total = unbiased * means[..., -3] / at_y[..., 0] ** 2
        left, right = _running(yx, step), _running(xx[..., : most + 1], step)
        fall = yx[..., :1] - yx[..., 1:]
        a, b, c = ((u * v).sum(axis=-1) for u, v in ((right, right), (right, fall), (fall, fall)))
        u, v = (left * right).sum(axis=-1), (left * fall).sum(axis=-1)
        det = a * c - b**2
        gain, tau_y = (c * u - b * v) / det, (a * v - b * u) / det
        tau_x = integral(far * step, xx / xx[..., :1])
        averaging = tau_x / (tau_x + tau_y)
        passed = gain * yx[..., 0]
        return np.stack(
            [
                xx[..., 0],
                tau_x,
                gain,
                tau_y,
                averaging,
                passed,
                gain**2 * xx[..., 0] * averaging,
                total - passed,
                total,
                passed / total,
            ],
            axis=-1,
        )

    found = bootstrap(terms, measures, resamples=resamples, level=level, seed=seed)
    return Transfer(found, n, float(lags[-1]))


def table(
    results: Results,
    columns: Sequence[str],
    *,
    max_lag: Optional[float] = None,
    start: Optional[float] = None,
    end: Optional[float] = None,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 1,
) -> pd.DataFrame:
    """`transfer` from each of the columns to the next.

    Parameters
    ----------
    columns : list of str
        Observables and species in the order of the cascade; the results need ``--raw``.
    start, end : float, optional
        The window of time.

    Returns
    -------
    pandas.DataFrame
        Columns ``result``, ``parameter_set``, ``upstream``, ``downstream``, ``part`` (of `PARTS`),
        ``n``, ``value``, ``low``, ``high``.
    """
    if len(columns) < 2:
        raise refuse(
            f"{len(columns)} column is given", "noise goes from one to another", "Name two or more"
        )
    ensembles = ensembles_of(results)
    rows: list[dict[str, Union[str, int, float]]] = []
    units, used = set(), []
    for ensemble in ensembles:
        units.add(ensemble.time_unit)
        window = ensemble.window(start, end)
        held = {name: ensemble.course(name)[:, window] for name in columns}
        for x, y in zip(columns, columns[1:]):
            found = transfer(
                ensemble.times[window],
                held[x],
                held[y],
                max_lag=max_lag,
                resamples=resamples,
                level=level,
                seed=seed,
            )
            used.append(f"{x} to {y}: {found.max_lag:g}")
            for k, part in enumerate(PARTS):
                value, low, high = (float(one[k]) for one in found.parts)
                rows.append({**ensemble.label(), "upstream": x, "downstream": y, "part": part,
                             "n": found.n, "value": value, "low": low, "high": high})  # fmt: skip
    made = pd.DataFrame(rows)
    made.attrs["notes"] = [
        *notes_of(ensembles),
        f"times in {', '.join(sorted(units))}; largest lags: {'; '.join(dict.fromkeys(used))}",
        "small fluctuations around a steady state, no feedback from downstream, and nothing else "
        "that acts on both are taken for granted (Paulsson 2004)",
    ]
    return made
