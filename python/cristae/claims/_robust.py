"""Robustness: how many parameter sets keep what a claim says, and which constants decide it."""

from __future__ import annotations

import math
import multiprocessing
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any, Callable, Literal, Optional, Union

import numpy as np

from cristae._toml import loads

from .._errors import (
    CristaeWarning,
    InternalError,
    NumericalError,
    UsageError,
    usage_findings,
)
from .._network import Network, load
from .._run import run
from ._ensemble import Ensemble, Settings, conditioned, simulate
from ._expression import Array, Sides
from ._file import Claim, Claims, Experiment

FORMAT, FORMAT_VERSION = "cristae-claims-robustness", 1
#: Constants are varied between a third and the threefold.
FOLD = 3.0
#: Random numbers of the way to rest are not those of the experiments.
REST_SEED = 1_000_003
_SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Constant:
    """An assumed constant, and between what it is drawn."""

    id: str
    low: float
    high: float
    #: Hill exponents take whole numbers: powers of others cost ten times as much.
    is_whole: bool


def assumed_constants(network: Network) -> list[Constant]:
    """What robustness varies: constants of grade assumed.

    Not inputs, which conditions set or whose source calls them experimental; nor what is 0 or is
    held by its bounds.
    """
    tables = loads(network.to_toml()).get("conditions", {})
    inputs = set()
    for condition in tables.values():
        inputs.update(condition.get("set", {}))
        for change in condition.get("at", []):
            inputs.update(change.get("set", {}))
    found = []
    for one in network.parameters.values():
        is_input = one.id in inputs or one.source.startswith("experimental input")
        if one.grade != "assumed" or is_input or not one.value > 0:
            continue
        low, high = max(one.value / FOLD, one.bounds[0]), min(one.value * FOLD, one.bounds[1])
        if low < high:
            is_exponent = one.unit == "1" and one.value == int(one.value) and one.bounds[0] == 1
            found.append(Constant(one.id, low, high, is_exponent))
    return found


def drawn(constants: Sequence[Constant], seed: int, number: int) -> dict[str, float]:
    """Parameter set `number`: every constant log-uniform within its range."""
    random = np.random.default_rng([seed, number])
    shares = random.random(len(constants))
    values = {}
    for one, share in zip(constants, shares):
        value = float(one.low * (one.high / one.low) ** share)
        values[one.id] = float(round(value)) if one.is_whole else value
    return values


@dataclass(frozen=True)
class _Task:
    claims: Claims
    settings: Settings
    trajectories: int
    number: int
    cache: str


def code_for_set(events: float, reactions: int) -> Literal["auto", "generated"]:
    """Compiled where a compiler is to be had, and the events of all experiments pay for it.

    An event of a few trajectories on tables takes some 50 ns, of compiled code less than half of
    that; compiling takes a second and 0.04 s a reaction (docs/performance.md).
    """
    if 50e-9 * events < 2 * (1 + 0.04 * reactions):
        return "auto"
    compiler = os.environ.get("CRISTAE_CXX") or "c++"
    return "generated" if shutil.which(compiler) else "auto"


def state_at_rest(
    claims: Claims, settings: Settings, values: Mapping[str, float]
) -> tuple[dict[str, int], int]:
    """Where one trajectory of a parameter set is after `rest_time` at rest, and its events."""
    network, condition = conditioned(claims.network, claims.rest, None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CristaeWarning)
        result = run(
            network,
            condition=condition,
            set={**values, **dict(claims.rest.set)},
            trajectories=1,
            seed=settings.seed + REST_SEED,
            engine="cpu",
            threads=1,
            t_end=claims.rest_time,
            samples=1,
            max_events=settings.max_events,
            certify=0,
            histogram_times=0,
            progress=False,
        )
    if int(result["status"].values[0]) > 1:
        raise NumericalError(usage_findings([("the way to rest ended early", "", "")]))
    names = [str(name) for name in result["network_species"].values]
    state = dict(zip(names, (int(count) for count in result["end_state"].values[0])))
    return state, int(result.attrs["events"])


def effect_of(claim: Claim, sides: Sides) -> tuple[bool, float]:
    """Whether the direction is the predicted one, and how large the effect is.

    The effect is the logarithm of the ratio, or the difference where one side is 0; of a relation,
    the smallest difference. Strengths do not count here.
    """
    if claim.estimate is not None and sides.control is not None and claim.expected != "unchanged":
        mine = float(claim.estimate.estimate(sides)[0])
        swapped = replace(sides, courses=sides.control, control=None)
        other = float(claim.estimate.estimate(swapped)[0])
        is_kept = mine > other if claim.expected == "up" else mine < other
        return is_kept, math.log(mine / other) if mine > 0 and other > 0 else mine - other
    differences = []
    for one in claim.relation.compare(sides):
        pair = (one.right, one.left) if one.is_less else (one.left, one.right)
        differences.append(float(pair[0][0] - pair[1][0]))
    return min(differences) > 0, min(differences)


#: Kept and effect, or why neither can be computed.
Outcome = Union[tuple[bool, float], str]


def _one_set(task: _Task) -> tuple[int, list[Outcome]]:
    """Of every claim. An experiment that cannot be computed takes only its own claims with it."""
    claims, settings = task.claims, task.settings
    os.environ["CRISTAE_CACHE"] = task.cache
    values = drawn(assumed_constants(claims.network), settings.seed, task.number)
    columns: dict[Experiment, set[str]] = {}
    for claim in claims.claims:
        columns.setdefault(claim.perturbation, set()).update(claim.columns(False))
        if claim.control is not None:
            names = claim.columns(True) | claim.columns(False)
            columns.setdefault(claim.control, set()).update(names)
    try:
        state, events = state_at_rest(claims, settings, values)
    except NumericalError as error:
        return task.number, [error.findings[0].problem] * len(claims.claims)
    share = len(columns) * task.trajectories * (claims.t_end or claims.network.t_end)
    code = code_for_set(events * share / claims.rest_time, len(claims.network.reactions))
    settings = replace(settings, code=code)
    made: dict[Experiment, Ensemble] = {}
    failed: dict[Experiment, str] = {}
    for experiment, wanted in columns.items():
        try:
            made[experiment] = simulate(
                claims.network,
                experiment,
                wanted,
                0,
                task.trajectories,
                settings,
                set=values,
                state=state,
            )
        except NumericalError as error:
            failed[experiment] = error.findings[0].problem
    found: list[Outcome] = []
    for claim in claims.claims:
        needed = [claim.perturbation] + ([] if claim.control is None else [claim.control])
        problems = [failed[one] for one in needed if one in failed]
        if problems:
            found.append(problems[0])
            continue
        mine = made[claim.perturbation]
        control = None if claim.control is None else made[claim.control].courses
        weights = np.full((1, task.trajectories), 1 / task.trajectories)
        found.append(effect_of(claim, Sides(mine.times, mine.courses, control, weights)))
    return task.number, found


def ranks(values: Array) -> Array:
    """From 0; equal values share the mean of their ranks."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    mean: Array = (last - (counts + 1) / 2)[inverse]
    return mean


def rank_correlation(one: Array, other: Array) -> float:
    """Spearman's; 0 where one of them is constant."""
    first, second = (ranks(values) - (len(values) - 1) / 2 for values in (one, other))
    scale = math.sqrt(float(first @ first) * float(second @ second))
    return float(first @ second) / scale if scale > 0 else 0.0


def deciding(effects: Array, values: Mapping[str, Array], most: int = 5) -> list[dict[str, Any]]:
    """Constants whose rank correlation with the effect is significant among all of them."""
    sets = len(effects)
    if sets < 5:
        return []
    # Fisher's z, with the error rate shared among all constants.
    least = math.tanh(
        NormalDist().inv_cdf(1 - _SIGNIFICANCE / 2 / len(values)) / math.sqrt(sets - 3)
    )
    found = [
        (name, rank_correlation(effects, drawn_values)) for name, drawn_values in values.items()
    ]
    found = sorted((one for one in found if abs(one[1]) > least), key=lambda one: -abs(one[1]))
    return [{"constant": name, "correlation": round(rho, 3)} for name, rho in found[:most]]


def check_robustness(
    claims: Claims,
    settings: Settings,
    numbers: Sequence[int],
    trajectories: int,
    workers: int = 1,
    progress: Optional[Callable[[str], None]] = None,
    keep: Optional[Callable[[list[dict[str, Any]]], None]] = None,
) -> list[dict[str, Any]]:
    """A record per claim. `keep` gets those of the sets so far, after each."""
    constants = assumed_constants(claims.network)
    done: dict[int, list[Outcome]] = {}

    def gather(results: Iterable[tuple[int, list[Outcome]]]) -> None:
        for number, found in results:
            done[number] = found
            if keep is not None:
                keep(_records(claims, settings, constants, done))
            if progress is not None:
                progress(f"{claims.network.name}: {len(done)} of {len(numbers)} parameter sets")

    before = os.environ.get("CRISTAE_CACHE")
    # Each set has exponents, and so code, of its own: nobody needs it again.
    with tempfile.TemporaryDirectory(prefix="cristae-code-") as cache:
        tasks = [_Task(claims, settings, trajectories, number, cache) for number in numbers]
        if workers > 1:
            context = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(workers, mp_context=context) as pool:
                gather(pool.map(_one_set, tasks))
        else:
            gather(map(_one_set, tasks))
    if before is None:
        os.environ.pop("CRISTAE_CACHE", None)
    else:
        os.environ["CRISTAE_CACHE"] = before
    return _records(claims, settings, constants, done)


def _records(
    claims: Claims,
    settings: Settings,
    constants: Sequence[Constant],
    done: Mapping[int, list[Outcome]],
) -> list[dict[str, Any]]:
    draws = {number: drawn(constants, settings.seed, number) for number in sorted(done)}
    records = []
    for index, claim in enumerate(claims.claims):
        kept, listed, computed, refused = [], [], [], []
        for number in draws:
            outcome = done[number][index]
            if isinstance(outcome, str):
                refused.append([number, outcome])
            else:
                kept.append(outcome[0])
                listed.append(outcome[1])
                computed.append(number)
        effects = np.array(listed, np.float64)
        records.append(
            {
                "network": claims.network.name,
                "id": claim.id,
                "statement": claim.statement,
                "kind": claim.kind,
                "tier": claim.tier,
                "kept": sum(kept),
                "sets": len(kept),
                "not_computed": refused,
                "decided_by": _decided_by(effects, [draws[n] for n in computed]),
                "effects": [float(f"{one:.4g}") if math.isfinite(one) else None for one in effects],
            }
        )
    return records


def _decided_by(effects: Array, draws: Sequence[Mapping[str, float]]) -> list[dict[str, Any]]:
    """By the sets whose effect is finite."""
    finite = np.isfinite(effects)
    names = draws[0] if draws else {}
    return deciding(
        effects[finite],
        {name: np.array([one[name] for one in draws])[finite] for name in names},
    )


def command(options: Any, listed: Sequence[Claims], line: Any) -> int:
    """`cristae claims --robust M`."""
    from . import _report

    numbers = range(options.first_set, options.first_set + options.robust)
    records: list[dict[str, Any]] = []
    content: dict[str, Any] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "seed": options.seed,
        "first_set": options.first_set,
        "trajectories": options.trajectories,
        "fold": FOLD,
        "claims": records,
    }
    for claims in listed:
        before = list(records)

        def keep(found: list[dict[str, Any]], before: Any = before) -> None:
            records[:] = before + found
            if options.json and options.json != "-":  # what is done is not lost with the rest
                _report.write_json(options.json, content)

        settings = Settings(
            options.seed,
            "cpu",
            1,
            claims.t_end,
            claims.sample_every,
            options.max_events,
        )
        check_robustness(
            claims, settings, numbers, options.trajectories, options.threads or 1, line, keep
        )
    line.close()
    if options.json == "-":
        _report.write_json("-", content)
    else:
        print(table(records))
    if options.figure:
        figure(options.figure, content)
    return 0


def merged(contents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Several files as one: of different networks, or of different sets of the same."""
    parts: dict[tuple[str, str], list[_Part]] = {}
    for content in contents:
        for record in content["claims"]:
            parts.setdefault((record["network"], record["id"]), []).append((content, record))
    problems = []
    for (network, id), listed in parts.items():
        numbers = [number for part in listed for number in _numbers_of(*part)]
        kinds = {(content["seed"], content["trajectories"]) for content, _ in listed}
        if len(set(numbers)) < len(numbers) or len(kinds) > 1:
            problems.append(
                (
                    f"files of --robust-from do not belong together in claim {id} of '{network}'",
                    "a share is one of different sets, with one seed and number of trajectories",
                    "Give each set once (--first-set)",
                )
            )
    if problems:
        raise UsageError(usage_findings(problems))
    claims = [one[0][1] if len(one) == 1 else _joined(one) for one in parts.values()]
    return {**contents[0], "claims": claims}


#: A file, and a record in it.
_Part = tuple[dict[str, Any], dict[str, Any]]


def _numbers_of(content: Mapping[str, Any], record: Mapping[str, Any]) -> list[int]:
    """The sets of a record, also those that could not be computed."""
    first = content["first_set"]
    return list(range(first, first + record["sets"] + len(record["not_computed"])))


def _joined(parts: list[_Part]) -> dict[str, Any]:
    """A claim of several ranges of sets; draws are those of the bundled network."""
    parts = sorted(parts, key=lambda part: part[0]["first_set"])
    record = dict(parts[0][1])
    for name in ("kept", "sets", "not_computed", "effects"):
        record[name] = sum((one[name] for _, one in parts[1:]), record[name])
    refused = {number for number, _ in record["not_computed"]}
    numbers = [number for part in parts for number in _numbers_of(*part) if number not in refused]
    constants = assumed_constants(load(record["network"]))
    seed = parts[0][0]["seed"]
    effects = np.array([math.nan if one is None else one for one in record["effects"]])
    record["decided_by"] = _decided_by(effects, [drawn(constants, seed, n) for n in numbers])
    return record


def table(records: Sequence[Mapping[str, Any]]) -> str:
    """The least robust first."""
    lines = []
    for one in sorted(records, key=lambda one: one["kept"] / max(one["sets"], 1)):
        share = one["kept"] / one["sets"] if one["sets"] else math.nan
        by = ", ".join(
            f"{each['constant']} {each['correlation']:+.2f}" for each in one["decided_by"]
        )
        lines.append(
            f"{share:5.0%} of {one['sets']:>4}  {one['network']:<9} {one['id']:<5} "
            f"{by or '-':<40}  {one['statement']}"
        )
    return "\n".join(lines)


def figure(path: str, content: Mapping[str, Any]) -> None:
    """A bar per claim, a panel per network."""
    try:
        import matplotlib
    except ImportError:
        problem = "a figure needs matplotlib, which is not installed"
        fix = "pip install matplotlib"
        raise UsageError(usage_findings([(problem, "", fix)])) from None
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.fonttype"] = "none"
    matplotlib.rcParams["svg.hashsalt"] = "cristae"
    from matplotlib import pyplot

    records = content["claims"]
    if not records:
        raise InternalError()
    networks = list(dict.fromkeys(one["network"] for one in records))
    groups = [[one for one in records if one["network"] == name] for name in networks]
    # Panels as high as their bars, large ones first, each under those of the column with most room.
    gap, used = 4, [0] * min(len(groups), 4)
    places = []
    for name, group in sorted(zip(networks, groups), key=lambda one: -len(one[1])):
        column = used.index(min(used))
        places.append((name, group, column, used[column]))
        used[column] += len(group) + gap
    rows = max(used) - gap
    width, height = 2.1 * len(used) + 0.4, 0.16 * rows + 1.1
    drawing = pyplot.figure(figsize=(width, height))
    margins = {"left": 0.6 / width, "right": 1 - 0.2 / width}
    margins.update({"bottom": 0.75 / height, "top": 1 - 0.35 / height})
    grid = drawing.add_gridspec(rows, len(used), hspace=0, wspace=0.4, **margins)
    for name, group, column, row in places:
        panel = drawing.add_subplot(grid[row : row + len(group), column])
        ordered = sorted(group, key=lambda one: (one["kept"] / max(one["sets"], 1), one["id"]))
        shares = [100 * one["kept"] / max(one["sets"], 1) for one in ordered]
        colours = ["#3b6ea5" if one["kind"] == "emergent" else "#b9c7d6" for one in ordered]
        panel.barh(range(len(ordered)), shares, color=colours, height=0.75)
        panel.set_yticks(range(len(ordered)), [one["id"] for one in ordered], fontsize=6)
        panel.set_xlim(0, 100)
        panel.set_ylim(-0.6, len(group) - 0.4)
        panel.axvline(50, color="0.6", linewidth=0.6)
        panel.tick_params(axis="x", labelsize=6)
        sets = max(one["sets"] for one in group)
        panel.set_title(f"{name}, {sets} sets", fontsize=8)
        for side in ("top", "right"):
            panel.spines[side].set_visible(False)
    text = "% of parameter sets that keep\nthe predicted direction\n(dark: emergent, light: direct)"
    drawing.supxlabel(text if len(used) < 3 else text.replace("\n", " "), fontsize=7)
    drawing.savefig(path, metadata={"Date": None} if path.endswith(".svg") else None)
    pyplot.close(drawing)
