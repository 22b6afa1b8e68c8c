"""How much does a response tell about the dose? Mutual information and channel capacity, in bits.

Responses are put into bins; the capacity of the channel from doses to bins is the largest mutual
information that any use of the doses can have: Blahut, R. E. (1972) IEEE Trans. Inf. Theory
18:460-473; Arimoto, S. (1972) ibid. 18:14-20. Bins of a finite sample look more different than
they are, and the estimate is too large by about (bins - 1) (doses - 1) / (2 N ln 2); so it is taken
at N, N/2 and N/3 trajectories and extrapolated to 1/N = 0: Strong, S. P. et al. (1998) Phys. Rev.
Lett. 80:197-200; Cheong, R. et al. (2011) Science 334:354-358.

Vectors of responses have too many bins. `decoding` guesses the dose of each trajectory from normal
laws fitted to others; what the guesses tell is a lower bound of what the vectors tell (Selimkhanov,
J. et al. (2014) Science 346:1370-1373, with the same kind of fit).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Optional, Union

import numpy as np
import numpy.typing as npt
import pandas as pd

from ._input import Results, ensembles_of, notes_of, refuse
from ._output import Tables
from .resampling import LEVEL, Array, Estimate, percentile_interval


class Capacity(NamedTuple):
    """The best use of a channel."""

    bits: float
    inputs: Array  #: (s) how often each input is used then
    gap: float  #: the true capacity is at most so much larger


class Information(NamedTuple):
    """What a response tells about the dose, in bits."""

    mutual: Estimate  #: with all doses equally often
    capacity: Estimate  #: with the best use of the doses
    uncorrected: float  #: the capacity before the extrapolation
    inputs: Array  #: the best use
    bins: int


def mutual_information(channel: npt.ArrayLike, inputs: Optional[npt.ArrayLike] = None) -> float:
    """Of a channel p(response | input), in bits.

    Parameters
    ----------
    channel : (s, r)
        Rows sum to 1.
    inputs : (s,), optional
        Probabilities of the inputs; equal ones without it.

    Examples
    --------
    >>> from cristae.analysis import information
    >>> information.mutual_information([[1, 0], [0, 1]])
    1.0
    """
    p = np.asarray(channel, dtype=float)
    weight = np.full(len(p), 1 / len(p)) if inputs is None else np.asarray(inputs, dtype=float)
    return float(np.sum(weight * _divergences(p, weight)))


def _divergences(p: Array, weight: Array) -> Array:
    """Of each row from the mean row, in bits."""
    mean = weight @ p
    with np.errstate(all="ignore"):
        logs = np.where(p > 0, np.log2(p / mean), 0.0)
    return np.asarray(np.sum(p * logs, axis=1))


def capacity(
    channel: npt.ArrayLike, *, tolerance: float = 1e-6, iterations: int = 100_000
) -> Capacity:
    """Of a channel p(response | input), by Blahut's and Arimoto's algorithm.

    Parameters
    ----------
    channel : (s, r)
        Rows sum to 1.
    tolerance : float
        In bits; the algorithm knows a lower and an upper bound, and stops when they are so close.

    Examples
    --------
    A bit that is flipped with probability 0.11 carries half a bit:

    >>> from cristae.analysis import information
    >>> round(information.capacity([[0.89, 0.11], [0.11, 0.89]]).bits, 4)
    0.5001
    """
    p = np.asarray(channel, dtype=float)
    if p.ndim != 2 or np.any(p < 0) or not np.allclose(p.sum(axis=1), 1, atol=1e-9):
        raise refuse("the rows of a channel do not sum to 1")
    weight = np.full(len(p), 1 / len(p))
    low, high = 0.0, np.inf
    for _ in range(iterations):
        gains = np.exp2(_divergences(p, weight))
        total = float(weight @ gains)
        low, high = np.log2(total), np.log2(np.max(gains))
        weight = weight * gains / total
        if high - low < tolerance:
            break
    return Capacity(float(low), weight, float(high - low))


def bin_edges(responses: Sequence[npt.ArrayLike], bins: int) -> Array:
    """Inner edges of bins that hold equal shares of all responses; ties make them fewer.

    All doses count alike. Edges lie between values, so that equal values share a bin.

    >>> from cristae.analysis import information
    >>> information.bin_edges([[0, 1], [2, 3]], 2).tolist()
    [1.5]
    """
    every = [np.sort(np.asarray(one, dtype=float)) for one in responses]
    values = np.concatenate(every)
    weights = np.concatenate([np.full(len(one), 1 / len(one)) for one in every])
    order = np.argsort(values, kind="stable")
    values, weights = values[order], weights[order]
    distinct, at = np.unique(values, return_index=True)
    if len(distinct) <= bins:
        return np.asarray((distinct[1:] + distinct[:-1]) / 2)
    below = np.cumsum(np.add.reduceat(weights, at)) / len(every)
    wanted = np.arange(1, bins) / bins
    cut = np.unique(np.searchsorted(below, wanted - 1e-12))
    cut = cut[cut < len(distinct) - 1]
    return np.asarray((distinct[cut] + distinct[cut + 1]) / 2)


def _counts(responses: Sequence[Array], edges: Array) -> Array:
    return np.stack(
        [
            np.bincount(np.searchsorted(edges, one, side="right"), minlength=len(edges) + 1)
            for one in responses
        ]
    ).astype(float)


def _both(counts: Array) -> Array:
    """Mutual information with equal doses, and capacity, of counts (s, r)."""
    p = counts / counts.sum(axis=1, keepdims=True)
    return np.array([mutual_information(p), capacity(p, tolerance=1e-4, iterations=3000).bits])


def _extrapolated(
    counts: Array, generator: np.random.Generator, parts: Sequence[int], repeats: int
) -> Array:
    """Values at 1/N = 0 of a straight line through those of all and of parts of the sample."""
    x, y, weight = [1.0], [_both(counts)], [1.0]
    totals = counts.sum(axis=1).astype(np.int64)
    for part in parts:
        drawn = []
        for _ in range(repeats):
            smaller = np.stack(
                [
                    generator.multivariate_hypergeometric(row.astype(np.int64), total // part)
                    for row, total in zip(counts, totals)
                ]
            ).astype(float)
            drawn.append(_both(smaller))
        x.append(float(part))
        y.append(np.mean(drawn, axis=0))
        weight.append(1.0)
    line = np.polyfit(x, np.array(y), 1, w=weight)
    return np.asarray(line[1])


def information(
    responses: Sequence[npt.ArrayLike],
    *,
    bins: Optional[int] = None,
    parts: Sequence[int] = (2, 3),
    repeats: int = 8,
    resamples: int = 100,
    level: float = LEVEL,
    seed: int = 1,
) -> Information:
    """Mutual information and capacity between doses and one response.

    Parameters
    ----------
    responses : list of arrays
        Values of the trajectories at each dose; NaN are left out. A thousand or more per dose are
        wanted, and 20 are needed.
    bins : int, optional
        At most so many; fewer where values are few. Without it, about the square root of the
        smallest number per dose, at most 50, and a multiple of the number of doses, so that doses
        without overlap are told apart: more bins see more and cost more bias.
    parts, repeats
        The estimate is extrapolated from these parts of the sample, each drawn so often.
    resamples : int
        Of the interval; the spread around the resampled mean is taken, because resampling makes
        bins look more different once more.

    Returns
    -------
    Information
        Not below 0.

    Examples
    --------
    >>> import numpy as np
    >>> from cristae.analysis import information
    >>> random = np.random.default_rng(1)
    >>> far = information.information([random.poisson(5, 1000), random.poisson(100, 1000)])
    >>> round(float(far.capacity.value), 2)
    1.0
    """
    samples = [np.asarray(one, dtype=float) for one in responses]
    samples = [one[np.isfinite(one)] for one in samples]
    least = min((len(one) for one in samples), default=0)
    if len(samples) < 2 or least < 20:
        raise refuse(
            f"{len(samples)} doses with {least} trajectories or more",
            "two doses or more, with 20 trajectories or more each, are needed",
        )
    count = min(50, int(np.sqrt(least))) if bins is None else bins
    if bins is None:
        count = max(1, count // len(samples)) * len(samples)
    if count < 2:
        raise refuse(f"{count} bins", "two or more are needed")
    edges = bin_edges(samples, count)
    counts = _counts(samples, edges)
    generator = np.random.default_rng(seed)
    value = _extrapolated(counts, generator, parts, repeats)
    shares = counts / counts.sum(axis=1, keepdims=True)
    drawn = np.empty((resamples, 2))
    for k in range(resamples):
        again = np.stack(
            [generator.multinomial(int(n), p) for n, p in zip(counts.sum(axis=1), shares)]
        ).astype(float)
        drawn[k] = _both(again)
    low, high = percentile_interval(drawn - drawn.mean(axis=0), level)
    most = np.log2(len(samples))
    ends = [np.clip(one, 0, most) for one in (value, value + low, value + high)]
    best = capacity(shares)
    return Information(
        Estimate(ends[0][0], ends[1][0], ends[2][0]),
        Estimate(ends[0][1], ends[1][1], ends[2][1]),
        best.bits,
        best.inputs,
        counts.shape[1],
    )


def decoding(
    responses: Sequence[npt.ArrayLike],
    *,
    folds: int = 5,
    resamples: int = 1000,
    level: float = LEVEL,
    seed: int = 1,
) -> Estimate:
    """A lower bound of the mutual information between equally frequent doses and vectors, in bits.

    Each trajectory's dose is guessed from normal laws, one per dose, fitted to the other folds; the
    information between doses and guesses is corrected for the finite sample by (doses - 1)^2 /
    (2 N ln 2) (Panzeri, S. & Treves, A. (1996) Network 7:87-107).

    Parameters
    ----------
    responses : list of (n, v) arrays
        Vectors of v values at each dose; those with a NaN are left out. Counts are best given as
        log(1 + x). A dose needs 5 (v + 1) trajectories.

    Examples
    --------
    >>> import numpy as np
    >>> from cristae.analysis import information
    >>> random = np.random.default_rng(1)
    >>> two = [random.normal(m, 1, size=(500, 3)) for m in (0, 5)]
    >>> round(float(information.decoding(two).value), 1)
    1.0
    """
    samples = []
    for one in responses:
        x = np.asarray(one, dtype=float)
        x = x[:, None] if x.ndim == 1 else x
        samples.append(x[np.isfinite(x).all(axis=1)])
    doses, width = len(samples), samples[0].shape[1] if samples else 0
    least = min((len(one) for one in samples), default=0)
    if doses < 2 or least < folds * (width + 1):
        raise refuse(
            f"{doses} doses with {least} trajectories or more",
            f"two doses or more, with {folds * (width + 1)} trajectories each, are needed for "
            f"vectors of {width} values",
        )
    generator = np.random.default_rng(seed)
    every = np.concatenate(samples)
    center, scale = every.mean(axis=0), every.std(axis=0)
    samples = [(one - center) / np.where(scale > 0, scale, 1) for one in samples]
    places = [generator.permutation(len(one)) % folds for one in samples]
    confusion = np.zeros((doses, doses))
    for fold in range(folds):
        laws = []
        for x, place in zip(samples, places):
            known = x[place != fold]
            cover = np.atleast_2d(np.cov(known, rowvar=False)) + 1e-6 * np.eye(width)
            laws.append((known.mean(axis=0), np.linalg.inv(cover), np.linalg.slogdet(cover)[1]))
        for dose, (x, place) in enumerate(zip(samples, places)):
            asked = x[place == fold]
            fit = np.stack(
                [
                    -0.5 * np.einsum("ni,ij,nj->n", asked - m, inverse, asked - m) - 0.5 * logdet
                    for m, inverse, logdet in laws
                ]
            )
            confusion[dose] += np.bincount(np.argmax(fit, axis=0), minlength=doses)
    totals = confusion.sum(axis=1)
    shares = confusion / totals[:, None]
    # Guesses that never occur have no bias.
    seen = (confusion > 0).sum()
    bias = (seen - doses - (confusion.sum(axis=0) > 0).sum() + 1) / (2 * totals.sum() * np.log(2))
    value = mutual_information(shares) - bias
    drawn = np.empty(resamples)
    for k in range(resamples):
        again = np.stack([generator.multinomial(int(n), p) for n, p in zip(totals, shares)])
        drawn[k] = mutual_information(again / totals[:, None])
    low, high = percentile_interval(drawn - drawn.mean(), level)
    ends = (np.clip(one, 0, np.log2(doses)) for one in (value, value + low, value + high))
    return Estimate(*(np.asarray(one) for one in ends))


def table(
    results: Results,
    quantities: Sequence[str],
    *,
    vector: bool = False,
    bins: Optional[Sequence[int]] = None,
    resamples: int = 100,
    level: float = LEVEL,
    seed: int = 1,
) -> pd.DataFrame:
    """What quantities tell about which of the ensembles a trajectory is of.

    Parameters
    ----------
    results
        One ensemble per dose: plain results, or a sweep.
    quantities : list of str
    vector : bool
        Also what all quantities together tell, by `decoding` of log(1 + x).
    bins : list of int, optional
        A row for each.

    Returns
    -------
    pandas.DataFrame
        Columns ``quantity``, ``method`` (``bins``, ``decoding``), ``doses``, ``n`` (smallest per
        dose), ``bins``, ``mutual``, ``mutual_low``, ``mutual_high``, ``capacity``,
        ``capacity_low``, ``capacity_high``, ``uncorrected``; bits. ``attrs["tables"]`` has
        ``inputs``, the best use of the doses, a row per quantity and ensemble.
    """
    ensembles = ensembles_of(results)
    if len(ensembles) < 2:
        raise refuse("one ensemble tells nothing about doses", "", "Give two results, or a sweep")
    every = [one.quantities(list(quantities)) for one in ensembles]
    rows: list[dict[str, Union[str, int, float]]] = []
    inputs = []
    for name in quantities:
        responses = [one[name][1] for one in every]
        for count in bins or (None,):
            found = information(responses, bins=count, resamples=resamples, level=level, seed=seed)
            row: dict[str, Union[str, int, float]] = {
                "quantity": every[0][name][0],
                "method": "bins",
                "doses": len(ensembles),
                "n": min(int(np.isfinite(one).sum()) for one in responses),
                "bins": found.bins,
            }
            for part, estimate in (("mutual", found.mutual), ("capacity", found.capacity)):
                row[part] = float(estimate.value)
                row[f"{part}_low"] = float(estimate.low)
                row[f"{part}_high"] = float(estimate.high)
            row["uncorrected"] = found.uncorrected
            rows.append(row)
            for ensemble, share in zip(ensembles, found.inputs):
                own: dict[str, Union[str, int, float]] = {"quantity": every[0][name][0]}
                own.update(bins=found.bins, share=float(share), **ensemble.label())
                inputs.append(own)
    if vector:
        stacked = [np.stack([one[name][1] for name in quantities], axis=-1) for one in every]
        smallest = min(float(np.nanmin(one)) for one in stacked)
        if smallest >= 0:
            stacked = [np.log1p(one) for one in stacked]
        bound = decoding(stacked, level=level, seed=seed)
        rows.append(
            {
                "quantity": " ".join(every[0][name][0] for name in quantities),
                "method": "decoding",
                "doses": len(ensembles),
                "n": min(len(one) for one in stacked),
                "bins": len(ensembles),
                "mutual": float(bound.value),
                "mutual_low": float(bound.low),
                "mutual_high": float(bound.high),
            }
        )
    made = pd.DataFrame(rows)
    made.attrs["tables"] = Tables(inputs=pd.DataFrame(inputs))
    made.attrs["notes"] = [
        *notes_of(ensembles),
        f"bits; {len(ensembles)} doses can tell at most {np.log2(len(ensembles)):.4g}",
        *(["decoding is a lower bound"] if vector else []),
    ]
    return made
