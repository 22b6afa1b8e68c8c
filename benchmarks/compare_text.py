#!/usr/bin/env python3
"""The tables and the picture of a comparison, from its JSON; and the parts of the documents made of them.

    python3 benchmarks/compare_text.py [--check]

writes what stands between `<!-- NAME: begin -->` and `<!-- NAME: end -->` in docs/performance.md and README.md,
and docs/images/compare.svg, from the newest benchmarks/results/*-compare.json. With --check it writes nothing;
exit code 1 where they differ."""

import json
import math
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOST_Z = 5  # as in compare.py
MOST_LOST = 1e-6  # of a sum that no reaction changes: one molecule in a million trajectories


def is_wrong(cell):
    if cell.get("lost_of_sums") is not None and cell["lost_of_sums"] > MOST_LOST:
        return True
    return any(cell.get(key) is not None and cell[key] > MOST_Z for key in ("z_mean", "z_variance"))


def label(tool):
    return tool["name"] + (f", {tool['variant']}" if tool["variant"] else "")


def number(value):
    """Three digits, without an exponent."""
    if value >= 100:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}" if value >= 1e-3 else f"{value:.1g}"


def with_spread(values):
    """The median; with least and most where they lie more than a tenth apart."""
    median, least, most = values
    return number(median) + (f" ({number(least)}-{number(most)})" if most - least > 0.1 * median else "")


def row_name(row):
    text = f"{row['trajectories']:,}"
    if row["intervals"] != 10:
        text += f", {row['intervals']:,} samples"
    if row["threads"] != 1:
        text += f", {row['threads']} threads"
    return text


def key_of(cell):
    return cell["trajectories"], cell["intervals"], cell["threads"]


def rows_of(cells):
    """The rows of a model, in the order measured."""
    return list(dict.fromkeys(key_of(cell) for cell in cells))


def cell_at(cells, tool, row):
    for cell in cells:
        if (cell["tool"], cell["variant"]) == (tool["tool"], tool["variant"]) and key_of(cell) == row:
            return cell
    return None


def markdown(header, rows):
    if not rows:
        return ""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def ran(cell):
    return cell is not None and "reason" not in cell


def extrapolated(cell):
    return cell is not None and "extrapolated" in cell


def about(cell, figure):
    """What a cell would have come to that was not run for it would take too long."""
    return "~" + number(cell["extrapolated"][figure])


def fastest_peer(cells, row, figure):
    """The cell of the peer with the right answer that is first in a row."""
    there = [c for c in cells if c["tool"] != "cristae" and key_of(c) == row and ran(c) and not is_wrong(c)]
    return min(there, key=lambda c: c[figure][0], default=None)


def next_in_row(cells, row, figure):
    """Seconds or ns of the peer that comes next in a row, and how a table shows them. One that was only extrapolated,
    because it takes longer than the limit, counts where none ran."""
    peer = fastest_peer(cells, row, figure)
    if peer is not None:
        return peer[figure][0], f"{label(peer)}: {with_spread(peer[figure])}"
    there = [c for c in cells if c["tool"] != "cristae" and key_of(c) == row and extrapolated(c)]
    peer = min(there, key=lambda c: c["extrapolated"][figure], default=None)
    return None if peer is None else (peer["extrapolated"][figure], f"{label(peer)}: {about(peer, figure)}")


def summary(result):
    """A line for each row: Cristae, the peer that comes next, and how many times as long that takes."""
    lines = []
    for model in result["models"]:
        cells = [c for c in result["cells"] if c["model"] == model["name"]]
        for row in rows_of(cells):
            ours = [c for c in cells if c["tool"] == "cristae" and key_of(c) == row and ran(c)]
            line = [model["name"], row_name(dict(zip(("trajectories", "intervals", "threads"), row)))]
            if not ours:
                ours = [c for c in cells if c["tool"] == "cristae" and key_of(c) == row and extrapolated(c)]
            for figure in ("ns_per_event", "job_seconds"):
                peer = next_in_row(cells, row, figure)
                line.append(one_cell(ours[0], figure, None) if ours else "")
                if not ours or peer is None:
                    line += ["", ""]
                    continue
                ratio = peer[0] / (ours[0][figure][0] if ran(ours[0]) else ours[0]["extrapolated"][figure])
                line += [peer[1], number(ratio) if ratio >= 1 else f"**{number(ratio)}**"]
            lines.append(line)
    return markdown(["network", "trajectories", "ns per event", "fastest peer", "ratio", "whole job [s]", "fastest peer", "ratio"],
                    lines)


def columns_of(cells):
    return [row for row in rows_of(cells) if row[1] == 10 and row[2] == 1]


def one_cell(cell, figure, best):
    if not ran(cell):
        return about(cell, figure) if extrapolated(cell) else "-"
    text = with_spread(cell[figure])
    return f"**{text}**" if cell is best else text


def conserved(model):
    n = model.get("conserved_sums", 0)
    return f", and {n} sum{'s' if n > 1 else ''} of copy numbers that stay{'' if n > 1 else 's'} as at the start" if n else ""


def model_table(result, model):
    """All tools on one network, one thread."""
    cells = [c for c in result["cells"] if c["model"] == model["name"]]
    columns = columns_of(cells)
    names = [f"{row[0]:,}" for row in columns]
    best = {(figure, row): min((c for c in cells if key_of(c) == row and ran(c)), key=lambda c: c[figure][0], default=None)
            for row in columns for figure in ("ns_per_event", "job_seconds")}
    rows, reasons = [], {}
    for tool in result["tools"]:
        mine = [cell_at(cells, tool, row) for row in columns]
        if not any(ran(c) for c in mine):
            reasons.setdefault(mine[-1]["reason"] if mine[-1] else "not asked for", []).append(label(tool))
            continue
        for cell in mine:
            if not ran(cell) and not extrapolated(cell):
                reasons.setdefault(cell["reason"], []).append(f"{label(tool)}, {cell['trajectories']:,}")
        last = [c for c in mine if ran(c)][-1]
        z = [f"{last[k]:.1f}" for k in ("z_mean", "z_variance") if last.get(k) is not None]
        z += [f"{number(last['lost_of_sums'])} lost"] if (last.get("lost_of_sums") or 0) > MOST_LOST else []
        rows.append([label(tool), *(one_cell(c, "ns_per_event", best["ns_per_event", row]) for c, row in zip(mine, columns)),
                     *(one_cell(c, "job_seconds", best["job_seconds", row]) for c, row in zip(mine, columns)),
                     f"{last['peak_bytes'] / 2**20:.0f}", ", ".join(z) + (" WRONG" if is_wrong(last) else "")])
    text = (f"**{model['name']}** ({model['what']}), to {model['t_end']:g}{', ' + model['condition'] if model['condition'] else ''}; "
            f"{number(model['events'])} events a trajectory; answers against {model['answer']}"
            f"{conserved(model)}\n\n")
    text += markdown(["", *(f"ns, {n}" for n in names), *(f"job [s], {n}" for n in names), "memory [MiB]", "\\|z\\|"], rows)
    if reasons:
        text += "\nNot run: " + "; ".join(f"{', '.join(who)}: {why}" for why, who in reasons.items()) + ".\n"
    return text


def threads_table(result):
    """Events per second of the whole machine."""
    rows = []
    for model in result["models"]:
        cells = [c for c in result["cells"] if c["model"] == model["name"]]
        for row in (r for r in rows_of(cells) if r[2] > 1):
            for tool in result["tools"]:
                cell = cell_at(cells, tool, row)
                if ran(cell):
                    rows.append([model["name"], label(tool), f"{cell['events_per_second'][0] / 1e6:.3g}",
                                 "threads" if tool["threads"] else "processes", with_spread(cell["job_seconds"])])
    return markdown(["network", "", "events/us, whole machine", "by", "whole job [s]"], rows)


def sample_table(result):
    """What a sample of a trajectory costs beside its events."""
    rows = []
    for model in result["models"]:
        cells = [c for c in result["cells"] if c["model"] == model["name"]]
        for row in (r for r in rows_of(cells) if r[1] != 10):
            for tool in result["tools"]:
                many, few = cell_at(cells, tool, row), cell_at(cells, tool, (row[0], 10, row[2]))
                if ran(many) and ran(few):
                    seconds = (many["ns_per_event"][0] * many["events"] - few["ns_per_event"][0] * few["events"]) / 1e3
                    rows.append([model["name"], label(tool), f"{max(0, seconds) / row[0] / (row[1] - 10):.2f}",
                                 with_spread(few["job_seconds"]), with_spread(many["job_seconds"])])
    return markdown(["network", "", "us per sample", "job of 10 samples [s]", "of 1,000 [s]"], rows)


def tools_table(result):
    rows = []
    for tool in result["tools"]:
        cells = [c for c in result["cells"] if (c["tool"], c["variant"]) == (tool["tool"], tool["variant"]) and ran(c)]
        state = cells[0]["version"] if cells else tool.get("reason") or next(
            (c["reason"] for c in result["cells"] if (c["tool"], c["variant"]) == (tool["tool"], tool["variant"])), "not run")
        rows.append([label(tool), state, tool["license"], tool["what"]])
    return markdown(["tool", "version", "licence", "how"], rows)


def tables(result):
    origin = result["provenance"]
    load = " to ".join(f"{origin[k][0]:.1f}" for k in ("load_before", "load_after"))
    least, most = result["start_milliseconds"][1:]
    text = (f"Measured {origin['date'][:10]} on {origin['cpu']}, {origin['cores']} cores, {origin['system']}; {origin['version']} "
            f"({(origin['commit'] or 'no commit')[:10]}), {origin['compiler']}; Python {origin['python']}; load {load}; medians of up to "
            f"{result['repeats']} interleaved repeats, in brackets least and most where they lie more than a tenth apart. "
            f"`cristae run birth_death --trajectories 1` takes {result['start_milliseconds'][0]:.1f} ms ({least:.1f}-{most:.1f}).\n\n")
    for update in result.get("updates", []):
        text += (f"Measured again in a session of its own, with {update['limit_seconds']:g} s for a job: "
                 f"{', '.join(update['cells'])}.\n\n")
    text += "Cristae against the peer that comes next, one thread each unless said; a ratio below 1, in bold, is a row that Cristae loses:\n\n"
    text += summary(result) + "\nOf each network, all tools; the best in bold"
    if any(map(extrapolated, result["cells"])):
        text += (f"; ~ marks what was not run, for a job would take longer than {result['limit_seconds']:g} s, and stands for "
                 "what it would take by the largest ensemble that the tool did run")
    text += ":\n\n"
    text += "\n".join(model_table(result, m) for m in result["models"] if "reason" not in m)
    for title, rows in (("All cores", threads_table(result)), ("More samples, 100 trajectories", sample_table(result))):
        text += f"\n{title}:\n\n{rows}" if rows else ""
    text += "\n" + tools_table(result)
    absent = [m for m in result["models"] if "reason" in m]
    if absent:
        text += "\nNetworks left out: " + "; ".join(f"{m['name']}: {m['reason']}" for m in absent) + ".\n"
    return text


def short_table(result):
    """For the README: ns per event of the largest ensembles, one thread, of whoever ran one of them."""
    models = [m["name"] for m in result["models"] if "reason" not in m]
    columns = {m: columns_of([c for c in result["cells"] if c["model"] == m])[-1] for m in models}
    rows = []
    for tool in result["tools"]:
        cells = [cell_at([c for c in result["cells"] if c["model"] == m], tool, columns[m]) for m in models]
        if any(ran(c) or extrapolated(c) for c in cells):
            rows.append([label(tool), *(number(c["ns_per_event"][0]) if ran(c) else one_cell(c, "ns_per_event", None) for c in cells)])
    return markdown(["ns per event", *(f"{m}, {columns[m][0]:,}" for m in models)], rows)


def picture(result):
    """ns per event of the largest ensembles, one thread, on a logarithmic axis; a panel a network. A hollow point is
    extrapolated."""
    panels = []
    for model in (m for m in result["models"] if "reason" not in m):
        cells = [c for c in result["cells"] if c["model"] == model["name"] and c["threads"] == 1 and c["intervals"] == 10]
        row = columns_of(cells)[-1]
        points = [(label(t), cell_at(cells, t, row)) for t in result["tools"]]
        points = [(name, cell, cell["ns_per_event"] if ran(cell) else [cell["extrapolated"]["ns_per_event"]] * 3)
                  for name, cell in points if ran(cell) or extrapolated(cell)]
        panels.append((model, row, sorted(points, key=lambda p: p[2][0])))
    values = [ns[0] for _, _, points in panels for *_, ns in points]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    left, width, line = 150, 560, 16
    x = lambda v: left + width * (math.log10(v) - low) / (high - low)  # noqa: E731
    y, parts = 24, []
    for model, row, points in panels:
        parts.append(f'<text x="8" y="{y}" font-weight="bold">{model["name"]}: {row[0]:,} trajectories</text>')
        top = y + 8
        for decade in range(low, high + 1):
            parts.append(f'<line x1="{x(10**decade):.1f}" y1="{top}" x2="{x(10**decade):.1f}" y2="{top + line * len(points)}" '
                         'stroke="#ccc"/>')
        for i, (name, cell, (median, least, most)) in enumerate(points):
            at, colour = top + line * (i + 0.5), "#0a6ebd" if cell["tool"] == "cristae" else "#777"
            fill, text = (colour, number(median)) if ran(cell) else ("white", about(cell, "ns_per_event"))
            parts.append(f'<text x="{left - 8}" y="{at + 4}" text-anchor="end">{name}</text>'
                         f'<line x1="{x(least):.1f}" y1="{at}" x2="{x(most):.1f}" y2="{at}" stroke="{colour}" stroke-width="2"/>'
                         f'<circle cx="{x(median):.1f}" cy="{at}" r="4" fill="{fill}" stroke="{colour}"/>'
                         f'<text x="{x(most) + 8:.1f}" y="{at + 4}" fill="{colour}">{text}</text>')
        y = top + line * len(points) + 28
    axis = "".join(f'<text x="{x(10**d):.1f}" y="{y - 8}" text-anchor="middle">{10**d:g}</text>' for d in range(low, high + 1))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 90}" height="{y + 22}" font-family="sans-serif" '
            f'font-size="12"><rect width="100%" height="100%" fill="white"/>\n' + "\n".join(parts) + "\n" + axis +
            f'<text x="{left + width / 2}" y="{y + 12}" text-anchor="middle">CPU ns per event, one thread</text></svg>\n')


def replaced(text, name, part, path):
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
    if text.count(begin) != 1 or text.count(end) != 1:
        raise SystemExit(f"{path}: the marks of '{name}' are not there once each")
    before, rest = text.split(begin)
    return before + begin + "\n" + part + "\n" + end + rest.split(end)[1]


def main(arguments):
    found = sorted((ROOT / "benchmarks" / "results").glob("*-compare.json"))
    if not found:
        raise SystemExit("benchmarks/results: no *-compare.json")
    result = json.loads(found[-1].read_text())
    link = f"From [the JSON](../benchmarks/results/{found[-1].name}).\n\n"
    wanted = {ROOT / "docs" / "images" / "compare.svg": picture(result)}
    for path, name, part in ((ROOT / "docs" / "performance.md", "comparison", link + tables(result)),
                             (ROOT / "README.md", "comparison", short_table(result))):
        wanted[path] = replaced(path.read_text(encoding="utf-8"), name, part, path)
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if "--check" in arguments:
            print(f"{path.relative_to(ROOT)} is not what {found[-1].name} says: run benchmarks/compare_text.py")
        else:
            path.write_text(wanted[path], encoding="utf-8")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
