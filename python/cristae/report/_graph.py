"""The network as a graph of species and reactions, laid out by Graphviz where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any, Optional

from .._network import Network

_NAME = re.compile(r"(?<![0-9A-Za-z_.])[A-Za-z_][A-Za-z0-9_]*")
_TERM = re.compile(r"(?P<number>[0-9]*)\s*(?P<name>[A-Za-z_][A-Za-z0-9_]*)")
_SECONDS = 30
#: Points, as Graphviz has them; 72 to an inch.
_INCH, _CHARACTER = 72.0, 7.2


def side_of(text: str) -> dict[str, int]:
    """Species and copies of one side of an equation: ``A + 2 B``."""
    copies: dict[str, int] = {}
    for term in text.split("+"):
        match = _TERM.fullmatch(term.strip())
        if match is not None:
            name = match["name"]
            copies[name] = copies.get(name, 0) + int(match["number"] or 1)
    return copies


def _species_in(law: str, network: Network, seen: Optional[set[str]] = None) -> set[str]:
    """Species that a law reads, through rules as well."""
    seen = set() if seen is None else seen
    found: set[str] = set()
    for name in _NAME.findall(law):
        if name in network.species:
            found.add(name)
        elif name in network.rules and name not in seen:
            seen.add(name)
            found |= _species_in(network.rules[name].expression, network, seen)
    return found


def _layout(
    widths: list[float], heights: list[float], edges: list[tuple[int, int, str]]
) -> Optional[dict[str, Any]]:
    """Places of nodes and edges by ``dot``; None where it is missing or takes too long.

    It is given numbers in place of names, so that no name can be read as a part of its language.
    """
    program = shutil.which("dot")
    if program is None or not widths:
        return None
    lines = ["digraph {", "graph [rankdir=TB, nodesep=0.22, ranksep=0.42, splines=true];"]
    lines += ['node [shape=box, fixedsize=true, label=""];', "edge [arrowhead=none];"]
    for node, (width, height) in enumerate(zip(widths, heights)):
        lines.append(f"n{node} [width={width / _INCH:.3f}, height={height / _INCH:.3f}];")
    for tail, head, kind in edges:
        weight = "weight=1, minlen=1" if kind == "modifies" else "weight=3"
        lines.append(f"n{tail} -> n{head} [{weight}];")
    lines.append("}")
    try:
        done = subprocess.run(
            [program, "-Tplain"],
            input="\n".join(lines),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return _placed(done.stdout, len(widths), edges)


def _placed(text: str, nodes: int, edges: list[tuple[int, int, str]]) -> dict[str, Any]:
    """Reads Graphviz's plain format: inches, y upwards."""
    size = (0.0, 0.0)
    places: list[list[float]] = [[0.0, 0.0] for _ in range(nodes)]
    ends: dict[tuple[int, int], list[list[float]]] = {}
    for line in text.splitlines():
        fields = line.split()
        if fields[0] == "graph":
            size = (float(fields[2]) * _INCH, float(fields[3]) * _INCH)
        elif fields[0] == "node":
            x, y = float(fields[2]) * _INCH, size[1] - float(fields[3]) * _INCH
            places[int(fields[1][1:])] = [round(x, 1), round(y, 1)]
        elif fields[0] == "edge":
            count = int(fields[3])
            raw = [float(one) * _INCH for one in fields[4 : 4 + 2 * count]]
            points = [
                round(one if axis % 2 == 0 else size[1] - one, 1) for axis, one in enumerate(raw)
            ]
            ends.setdefault((int(fields[1][1:]), int(fields[2][1:])), []).append(points)
    curves = [ends.get((tail, head), [[]]) for tail, head, _ in edges]
    return {
        "size": [round(size[0], 1), round(size[1], 1)],
        "places": places,
        # Two edges between the same nodes come in the order in which they were given.
        "curves": [one.pop(0) if len(one) > 1 else one[0] for one in curves],
    }


def graph_of(network: Network) -> dict[str, Any]:
    """Species and reactions as nodes; what is consumed, produced and read as edges."""
    species = {name: at for at, name in enumerate(network.species)}
    widths = [max(34.0, 18 + _CHARACTER * min(len(name), 24)) for name in species]
    heights = [24.0] * len(species)
    edges: list[tuple[int, int, str]] = []
    copies: list[int] = []
    for at, reaction in enumerate(network.reactions.values(), len(species)):
        widths.append(12.0)
        heights.append(12.0)
        left, _, right = reaction.equation.partition("->")
        reactants, products = side_of(left), side_of(right)
        for name, count in reactants.items():
            if products.get(name) == count:
                edges.append((species[name], at, "modifies"))
                copies.append(count)
            else:
                edges.append((species[name], at, "consumes"))
                copies.append(count)
        for name, count in products.items():
            if reactants.get(name) != count:
                edges.append((at, species[name], "produces"))
                copies.append(count)
        for name in sorted(_species_in(reaction.law, network) - reactants.keys()):
            edges.append((species[name], at, "modifies"))
            copies.append(1)
    return {
        "species": len(species),
        "widths": widths,
        "edges": [list(edge) for edge in edges],
        "copies": copies,
        "layout": _layout(widths, heights, edges),
    }
