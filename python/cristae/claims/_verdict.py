"""Verdicts: differences of paired ensembles, with intervals over resampled trajectories."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Callable, Optional

import numpy as np

from ._ensemble import Ensembles, Settings
from ._expression import Array, Comparison, Sides
from ._file import Claim, Claims

RESAMPLES = 2000
HOLDS, FAILS, UNDECIDED = "holds", "fails", "undecided"


@dataclass(frozen=True)
class Interval:
    """An estimate, and where it lies."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Compared:
    """One comparison of a relation: right minus left, or left minus right, above 0 if it holds."""

    text: str
    difference: Interval
    verdict: str


@dataclass(frozen=True)
class Verdict:
    """What the simulations say about a claim."""

    claim: Claim
    verdict: str
    trajectories: int
    perturbed: Optional[Interval]
    control: Optional[Interval]
    ratio: Optional[Interval]
    compared: tuple[Compared, ...]


def looks(trajectories: int, limit: int) -> list[int]:
    """The sizes at which claims are judged: each is the double of the one before."""
    sizes = [min(trajectories, limit)]
    while sizes[-1] < limit:
        sizes.append(min(2 * sizes[-1], limit))
    return sizes


def resampling(trajectories: int, seed: int) -> Array:
    """[resample, trajectory] weights; the first row is the ensemble as it is."""
    random = np.random.default_rng([seed, trajectories])
    share = np.full(trajectories, 1 / trajectories)
    drawn = random.multinomial(trajectories, share, size=RESAMPLES)
    return np.vstack([share, drawn / trajectories])


def interval(values: Array, error_rate: float) -> Interval:
    """The first value, and the quantiles of the others."""
    resampled = values[1:]
    if not np.all(np.isfinite(resampled)):
        finite = resampled[np.isfinite(resampled)]
        if len(finite) < len(resampled) * (1 - error_rate / 4):
            return Interval(float(values[0]), -math.inf, math.inf)
        resampled = finite
    low, high = np.quantile(resampled, [error_rate / 2, 1 - error_rate / 2])
    return Interval(float(values[0]), float(low), float(high))


def compare(one: Comparison, error_rate: float) -> Compared:
    """Holds where the whole interval of the difference does."""
    with np.errstate(invalid="ignore"):
        above = one.right - one.left if one.is_less else one.left - one.right
    found = interval(above, error_rate)
    verdict = HOLDS if found.low > 0 else FAILS if found.high <= 0 else UNDECIDED
    return Compared(one.text, found, verdict)


def judge(claim: Claim, sides: Sides, error_rate: float) -> Verdict:
    """The verdict on given ensembles."""
    trajectories = sides.weights.shape[1]
    compared = tuple(compare(one, error_rate) for one in claim.relation.compare(sides))
    verdicts = {one.verdict for one in compared}
    verdict = FAILS if FAILS in verdicts else UNDECIDED if UNDECIDED in verdicts else HOLDS
    perturbed = control = ratio = None
    if claim.estimate is not None and sides.control is not None:
        mine = claim.estimate.estimate(sides)
        other = claim.estimate.estimate(Sides(sides.times, sides.control, None, sides.weights))
        perturbed, control = interval(mine, error_rate), interval(other, error_rate)
        with np.errstate(all="ignore"):
            ratio = interval(mine / other, error_rate) if other[0] != 0 else None
    return Verdict(claim, verdict, trajectories, perturbed, control, ratio, compared)


def sides_of(claim: Claim, ensembles: Ensembles, trajectories: int, weights: Array) -> Sides:
    mine = ensembles.get(claim.perturbation, trajectories)
    courses = {name: mine.courses[name][:trajectories] for name in claim.columns(False)}
    control = None
    if claim.control is not None:
        other = ensembles.get(claim.control, trajectories)
        control = {
            name: other.courses[name][:trajectories]
            for name in claim.columns(False) | claim.columns(True)
            if name in other.courses
        }
    return Sides(mine.times, courses, control, weights)


def declare(claims: Sequence[Claim], ensembles: Ensembles) -> None:
    """Tells ensembles what will be asked of them."""
    for claim in claims:
        ensembles.need(claim.perturbation, claim.columns(False))
        if claim.control is not None:
            ensembles.need(claim.control, claim.columns(True) | claim.columns(False))


def check(
    claims: Claims,
    settings: Settings,
    *,
    trajectories: int = 50,
    limit: int = 400,
    confidence: float = 0.95,
    progress: Optional[Callable[[str], None]] = None,
) -> tuple[list[Verdict], Ensembles]:
    """Judges every claim; the undecided ones get twice the trajectories, up to `limit`."""
    ensembles = Ensembles(claims.network, settings)
    declare(claims.claims, ensembles)
    sizes = looks(trajectories, limit)
    # All looks at a claim together err with probability 1 - confidence at most.
    error_rate = (1 - confidence) / len(sizes)
    verdicts: dict[str, Verdict] = {}
    waiting = list(claims.claims)
    for size in sizes:
        weights = resampling(size, settings.seed)
        for number, claim in enumerate(waiting):
            if progress is not None:
                where = f"{claims.network.name}: {size} trajectories"
                progress(f"{where}, claim {number + 1} of {len(waiting)}")
            sides = sides_of(claim, ensembles, size, weights)
            verdicts[claim.id] = judge(claim, sides, error_rate)
        waiting = [claim for claim in waiting if verdicts[claim.id].verdict == UNDECIDED]
        if not waiting:
            break
    return [verdicts[claim.id] for claim in claims.claims], ensembles
