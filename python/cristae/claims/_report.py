"""Verdicts as text, JSON and Markdown."""

from __future__ import annotations

import json
import math
import shutil
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Optional

from .._errors import FileError, Finding, UsageError, usage_findings
from ._ensemble import Ensembles
from ._file import Claims
from ._verdict import FAILS, HOLDS, UNDECIDED, Interval, Verdict

FORMAT, FORMAT_VERSION = "cristae-claims", 1
Record = dict[str, Any]


def _number(value: float) -> Optional[float]:
    """JSON has no infinity and no NaN."""
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _interval(found: Optional[Interval]) -> Optional[list[Optional[float]]]:
    if found is None:
        return None
    return [_number(found.value), _number(found.low), _number(found.high)]


def record_of(network: str, verdict: Verdict) -> Record:
    """Everything about a claim and its verdict; intervals are [estimate, low, high]."""
    claim = verdict.claim
    record: Record = {
        "network": network,
        "id": claim.id,
        "statement": claim.statement,
        "source": claim.source,
        "perturbation": str(claim.perturbation),
        "control": str(claim.control) if claim.control else None,
        "relation": claim.relation.text,
        "expected": claim.expected if claim.estimate else "relation",
        "observable": claim.observable or None,
        "statistic": claim.statistic or None,
        "strength": claim.strength,
        "kind": claim.kind,
        "tier": claim.tier,
        "group": claim.group,
        "note": claim.note or None,
        "verdict": verdict.verdict,
        "trajectories": verdict.trajectories,
        "perturbed": _interval(verdict.perturbed),
        "control_value": _interval(verdict.control),
        "ratio": _interval(verdict.ratio),
        "comparisons": [
            {"text": one.text, "difference": _interval(one.difference), "verdict": one.verdict}
            for one in verdict.compared
        ],
    }
    return record


def ensembles_of(network: str, ensembles: Ensembles) -> list[Record]:
    return [
        {
            "network": network,
            "experiment": str(experiment),
            "trajectories": made.trajectories,
            "events": made.events,
            "contract_hashes": made.contract_hashes,
        }
        for experiment, made in ensembles.made.items()
    ]


def document(
    settings: Mapping[str, Any], verdicts: Iterable[Record], ensembles: Iterable[Record]
) -> Record:
    listed = list(verdicts)
    counts = {name: 0 for name in (HOLDS, FAILS, UNDECIDED)}
    for one in listed:
        counts[one["verdict"]] += 1
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        **settings,
        "counts": counts,
        "claims": listed,
        "ensembles": list(ensembles),
    }


def merged(contents: Sequence[Record], network: str = "all") -> Record:
    """Several files as one, which has the settings of the first; all networks or one.

    Of a claim in several files the last one counts, and of ensembles those that such claims read.
    """
    settings = {key: contents[0][key] for key in ("version", "seed", "confidence")}
    last = {_key(claim): (content, claim) for content in contents for claim in content["claims"]}
    kept = [(*part, name) for (name, _), part in last.items() if network in ("all", name)]
    if not kept:
        raise UsageError(usage_findings([(f"there is no claim about '{network}'", "", "")]))
    ensembles = []
    for content in contents:
        read = {
            (name, claim[side])
            for source, claim, name in kept
            for side in ("perturbation", "control")
            if source is content
        }
        ensembles += [e for e in content["ensembles"] if (e["network"], e["experiment"]) in read]
    return document(settings, [claim for _, claim, _ in kept], ensembles)


def _key(claim: Record) -> tuple[str, str]:
    return claim["network"], claim["id"]


def write_json(path: str, content: Any) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    write_text(path, text)


def write_text(path: str, text: str) -> None:
    if path == "-":
        print(text, end="")
        return
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        problem = f"the file cannot be written ({error.strerror})"
        raise FileError([Finding("error", path, 0, 0, problem, "", "")]) from None


def read_json(path: str, kind: str = FORMAT) -> Record:
    def refuse(problem: str) -> FileError:
        return FileError([Finding("error", path, 0, 0, problem, "", "")])

    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except OSError as error:
        raise refuse(f"the file cannot be opened ({error.strerror})") from None
    except ValueError as error:
        raise refuse(f"it is no JSON ({error})") from None
    if not isinstance(content, dict) or content.get("format") != kind:
        raise refuse(f"it is no file of format '{kind}'")
    read: Record = content
    return read


def effect_text(record: Record) -> str:
    """``x 3.2 [2.9, 3.6]``, or the values where there is no ratio."""

    def shown(values: Sequence[Optional[float]], unit: str = "") -> str:
        texts = ["inf" if value is None else f"{value:.3g}" for value in values]
        return f"{unit}{texts[0]} [{texts[1]}, {texts[2]}]"

    ratio = record["ratio"]
    if ratio is not None and ratio[0] is not None:
        return shown(ratio, "x ")
    if record["perturbed"] is not None:
        control = record["control_value"]
        return f"{shown(record['perturbed'])} against {0 if control is None else control[0]:.3g}"
    least = min(record["comparisons"], key=lambda one: one["difference"][1] or -math.inf)
    return "by " + shown(least["difference"])


def table(records: Sequence[Record]) -> str:
    """For terminals: what fails first, then what is undecided."""
    width = max(80, min(shutil.get_terminal_size((120, 24)).columns, 160))
    order = {FAILS: 0, UNDECIDED: 1, HOLDS: 2}
    lines = []
    for record in sorted(records, key=lambda one: order[one["verdict"]]):
        effect, n = effect_text(record), record["trajectories"]
        head = (
            f"{record['verdict']:<9}  {record['network']:<9} {record['id']:<5} {effect:<26} n={n}"
        )
        statement = textwrap.shorten(record["statement"], max(20, width - len(head) - 2))
        lines.append(f"{head}  {statement}")
    counts = {name: sum(one["verdict"] == name for one in records) for name in order}
    total = ", ".join(
        f"{count} {'hold' if name == HOLDS else name}" for name, count in counts.items()
    )
    lines.append(f"{len(records)} claims: {total}")
    return "\n".join(lines)


def markdown(content: Record, robust: Optional[Record] = None) -> str:
    """One table per network, and one of the networks where there are several."""
    shares = {(one["network"], one["id"]): one for one in (robust or {}).get("claims", [])}
    networks = list(dict.fromkeys(record["network"] for record in content["claims"]))
    blocks = [summary(content, networks)] if len(networks) > 1 else []
    for network in networks:
        records = [one for one in content["claims"] if one["network"] == network]
        held = sum(one["verdict"] == HOLDS for one in records)
        head = "| claim | statement | perturbation / control | expected | effect | verdict |"
        rule = "|---|---|---|---|---|---|"
        if shares:
            head, rule = head + " sets that keep it |", rule + "---|"
        lines = [f"### {network}: {held} of {len(records)} hold", "", head, rule]
        for one in records:
            against = f"`{one['perturbation']}`"
            if one["control"]:
                against += f" / `{one['control']}`"
            expected = one["expected"]
            if expected == "relation":
                expected = f"`{one['relation']}`"
            else:
                expected = f"{one['statistic']} of `{one['observable']}` {expected}"
                if one["strength"] > 1:
                    expected += f", x{one['strength']:g}"
            verdict = one["verdict"] if one["verdict"] == HOLDS else f"**{one['verdict']}**"
            cells = [one["id"], one["statement"], against, expected, effect_text(one), verdict]
            if shares:
                found = shares.get((network, one["id"]))
                cells.append("" if found is None else share_text(found))
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def summary(content: Record, networks: Sequence[str]) -> str:
    """How many claims hold, and which do not."""
    lines = ["| network | claims | hold | fail | undecided |", "|---|---|---|---|---|"]
    for network in networks:
        records = [one for one in content["claims"] if one["network"] == network]
        ids = {
            verdict: [one["id"] for one in records if one["verdict"] == verdict]
            for verdict in (HOLDS, FAILS, UNDECIDED)
        }
        others = [
            f"{len(ids[verdict])}: {', '.join(ids[verdict])}" if ids[verdict] else "0"
            for verdict in (FAILS, UNDECIDED)
        ]
        cells = [network, str(len(records)), str(len(ids[HOLDS])), *others]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def share_text(found: Record) -> str:
    return f"{found['kept']} of {found['sets']}"


def verdict_records(claims: Claims, verdicts: Sequence[Verdict]) -> list[Record]:
    return [record_of(claims.network.name, one) for one in verdicts]
