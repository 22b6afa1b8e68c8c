#!/usr/bin/env python3
"""Cristae and other simulators side by side: the same models, time span and samples, one machine, one session.

    python3 benchmarks/compare.py [--out FOLDER] [--models NAME,...] [--peers TOOL,...] [--repeats 3]
        [--limit 30] [--offline] [--update EARLIER.json]

Every peer is one file, benchmarks/peers/<tool>/run.py (benchmarks/peers/peer.py says what is in it), and gets
a virtual environment of its own under build/compare, with the versions that the file pins. A peer that does
not install or cannot read a model keeps its place, with the reason. A job that would take longer than --limit
seconds, by the largest ensemble that ran, is not started; what it would take is kept beside the reason.
Only installing needs a network; --offline leaves it out. --update measures what --models and --peers name
and takes everything else from an earlier JSON of this machine, whose provenance it keeps.

Every job is a process that loads the model, runs an ensemble and writes mean and variance of all species at
all sample times to a file. Repeats are interleaved and have seeds of their own. One thread means one
processor, to which the process is held. Time per event is CPU time of the stage that simulates, which other
programs on the machine change little; of the whole job it is wall time, from the start of the process to its
end. Events of a tool that does not count them are Cristae's mean number for the model.

Mean and variance of every tool are compared with the exact answer (benchmarks/exact.py), or where there is
none with Cristae's reference engine, at half time and at the end; and the sums of copy numbers that no
reaction changes (benchmarks/conserved.py) with those of the start.

Writes compare.json, compare.md and compare.svg (benchmarks/compare_text.py) to --out. Exit code 1 where an
answer of Cristae is wrong."""

import argparse
import ast
import contextlib
import csv
import hashlib
import json
import math
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from fractions import Fraction
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))
import compare_text  # noqa: E402
from conserved import conserved_sums  # noqa: E402
from run import provenance  # noqa: E402

INTERVALS = 10
# One thread where nothing else is said.
USUAL = [*({"trajectories": n} for n in (1, 100, 10000)), {"trajectories": 10000, "threads": os.cpu_count()}]
MODELS = [
    {"name": "birth_death", "t_end": 50, "rows": USUAL},
    {"name": "dimerisation", "t_end": 1000, "rows": USUAL},
    {"name": "vilar", "t_end": 2, "rows": [*USUAL, {"trajectories": 100, "intervals": 1000}]},
    {"name": "chain", "t_end": 4, "rows": USUAL},
    {"name": "schloegl", "t_end": 1, "rows": USUAL, "what": "of order 0 to 3"},
    {"name": "isr", "condition": "mito", "t_end": 10, "rows": USUAL, "what": "Hill laws, rules"},
    {"name": "mitophagy", "condition": "cccp", "t_end": 20, "rows": USUAL, "what": "Hill laws, rules"},
    # With the size that BioNetGen must come to.
    {"name": "multistate", "generated_by": "bionetgen", "size": (9, 18), "t_end": 1, "rows": USUAL,
     "what": "from BioNetGen rules"},
    {"name": "egfr_simple", "generated_by": "pysb", "size": (22, 86), "t_end": 0.02, "rows": USUAL,
     "what": "from BioNetGen rules"},
    {"name": "multisite2", "generated_by": "bionetgen", "size": (66, 288), "t_end": 0.1, "rows": USUAL,
     "what": "from BioNetGen rules"},
    {"name": "egfr_net", "generated_by": "bionetgen", "size": (356, 3749), "t_end": 1.5, "rows": USUAL,
     "what": "from BioNetGen rules, at a hundredth of the volume"},
]
EXACT = {"birth_death", "dimerisation", "chain", "schloegl", "multistate"}  # benchmarks/exact.py; at least one species
CRISTAE = [
    {"variant": "", "what": "bundled networks: code compiled with Cristae; others: as their own file"},
    {"variant": "own file", "what": "the same network as a user's file, reactions in another order, an empty cache"},
]
MOST_Z = 5
FEWEST_FOR_VARIANCE = 1000  # a variance of fewer trajectories is far from normal
FEWEST_SEEN = 25  # variance times trajectories, of a Poisson law the molecules seen in all: fewer, and a mean is too
BIG_JOB = 2.5  # [s] a job is not repeated when its repeats have taken so long


class Failed(Exception):
    """A reason for people, in a line."""


def last_words(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "rror" in line] or lines or ["no message"]
    return errors[-1][:200]


# --- peers

def peer_of(path):
    """The PEER of a runner, which is not imported: it may need what is not here."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "PEER":
            return {"tool": path.parent.name, "runner": path, **ast.literal_eval(node.value)}
    raise ValueError(f"{path}: no PEER")


def peers_in(folder, wanted):
    peers = [peer_of(path) for path in sorted(folder.glob("*/run.py"))]
    return [peer for peer in peers if not wanted or peer["tool"] in wanted]


def environment(folder, tool, requirements, options=(), first=(), offline=False):
    """The Python of a virtual environment with these packages; made where it is not there."""
    home = folder / "environments" / tool
    python = home / "bin" / "python"
    wanted = hashlib.sha256(repr((list(requirements), list(options), list(first))).encode()).hexdigest()
    stamp = home / "installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    if offline:
        raise Failed("not installed, and --offline was given")
    print(f"installing {tool}", file=sys.stderr, flush=True)
    shutil.rmtree(home, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    for packages, more in ((first, ()), (requirements, options)):
        if packages:
            done = subprocess.run([python, "-m", "pip", "install", "--quiet", *more, *packages],
                                  capture_output=True, text=True, cwd=home)
            if done.returncode != 0:
                raise Failed(f"does not install: {last_words(done.stderr)}")
    stamp.write_text(wanted)
    return python


def prepare(peer, folder, offline):
    """The peer with its `python`, or with the `reason` why it cannot run here."""
    if "reason" in peer:
        return peer
    try:
        if "needs" in peer and shutil.which(peer["needs"]) is None:
            raise Failed(f"needs {peer['needs']}, which is not on this machine")
        if peer.get("requirements"):
            peer["python"] = environment(folder, peer["tool"], peer["requirements"], peer.get("pip", ()),
                                         peer.get("first", ()), offline)
        else:
            peer["python"] = sys.executable
        listed = subprocess.run([peer["python"], "-m", "pip", "freeze"], capture_output=True, text=True)
        peer["packages"] = listed.stdout.split("\n")[:-1] if peer.get("requirements") else []
    except Failed as failed:
        peer["reason"] = str(failed)
    return peer


# --- models

def side(text):
    """The species of one side of an equation, each as often as it takes part."""
    species = []
    for part in text.split("+"):
        words = part.split()
        if words != ["0"]:
            species += [words[-1]] * (int(words[0]) if len(words) == 2 else 1)
    return species


def number_of(entry, key):
    return entry[key] if isinstance(entry, dict) else entry


def value_of(expression, values):
    """A constant expression, by the values of parameters; None where it has other names."""
    try:
        return float(eval(str(expression).replace("^", "**"), {"__builtins__": {}}, values))
    except (NameError, TypeError, SyntaxError):
        return None


def simplified(network):
    """The network without what no peer needs: constant rules become parameters, and species leave their
    compartments, in which some tools would report concentrations."""
    network = {**network, "parameters": dict(network["parameters"]), "rules": dict(network.get("rules", {}))}
    network.pop("compartments", None)
    values = {name: number_of(p, "value") for name, p in network["parameters"].items()}
    changed = {name for c in network["conditions"].values() for name in c.get("set", {})}
    for name, rule in list(network["rules"].items()):
        expression = number_of(rule, "expression")
        value = value_of(expression, {k: v for k, v in values.items() if k not in changed})
        if value is not None:
            network["parameters"][name] = values[name] = value
            del network["rules"][name]
    network["species"] = {name: number_of(s, "initial") for name, s in network["species"].items()}
    return network


def mass_action(network):
    """Species and reactions [constant, reactants, products], constants per way to choose the reactants; None
    where there are other laws."""
    if network.get("rules") or not all("mass_action" in r for r in network["reactions"].values()):
        return None
    values = {name: number_of(p, "value") for name, p in network["parameters"].items()}
    reactions = []
    for reaction in network["reactions"].values():
        constant = value_of(reaction["mass_action"], values)
        if constant is None:
            return None
        reactions.append([constant, *(side(text) for text in reaction["equation"].split("->"))])
    return {"species": {name: number_of(s, "initial") for name, s in network["species"].items()},
            "reactions": reactions}


def toml_of(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {toml_of(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_of, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def write_network(network, path):
    """What a simulation needs of a network, without observables, which some peers would work out at
    every event."""
    lines = []
    for name in ("network", "parameters", "species", "rules", "reactions"):
        if network.get(name):
            lines.append(f"[{name}]")
            lines += [f"{json.dumps(k)} = {toml_of(v)}" for k, v in network[name].items()]
    for name, condition in network.get("conditions", {}).items():
        lines.append(f"[conditions.{name}]")
        lines += [f"{k} = {toml_of(v)}" for k, v in condition.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def run_cristae(program, *arguments, **more):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise Failed(last_words(done.stderr))
    return done.stdout


def prepare_model(model, folder, program, offline):
    """The model's files: as Cristae reads it, as a user's own file, as SBML, and as mass action."""
    folder.mkdir(parents=True, exist_ok=True)
    source = model["name"]
    if "generated_by" in model:
        tool = model["generated_by"]
        script = ROOT / "benchmarks" / "peers" / f"networks_of_{tool}.py"
        python = environment(folder.parent, tool, peer_of_networks(script), offline=offline)
        source = folder / f"{model['name']}.net"
        done = subprocess.run([python, script, model["name"], source], capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(last_words(done.stderr))
    full, plain, own, sbml = (folder / f"{model['name']}{ending}" for ending in ("_full.toml", ".toml", "_own.toml", ".xml"))
    run_cristae(program, "convert", source, "-o", full, "--overwrite", "--quiet")
    network = tomllib.loads(full.read_text(encoding="utf-8"))
    condition = model.get("condition")
    network["conditions"] = {condition: network["conditions"][condition]} if condition else {}
    network = simplified(network)
    write_network(network, plain)
    size = (len(network["species"]), len(network["reactions"]))
    what = f"{size[0]} species, {size[1]:,} reactions"
    if model.get("size", size) != size:
        raise Failed(f"BioNetGen made {what}, not {model['size']}")
    if "what" in model:
        what += f", {model['what']}"
    first, *others = network["reactions"].items()
    sides = [tuple(side(text) for text in r["equation"].split("->")) for r in network["reactions"].values()]
    write_network({**network, "reactions": dict([*others, first])}, own)
    chosen = ["--condition", condition] if condition else []
    run_cristae(program, "convert", plain, "-o", sbml, "--overwrite", "--quiet", *chosen)
    events = json.loads(run_cristae(program, "run", plain, *chosen, "--t-end", model["t_end"], "--samples", 1,
                                    "--trajectories", 2000, "--seed", 99, "--json", "-", "--quiet"))["events"] / 2000
    return {**model, "what": what, "files": {"": plain, "own file": own}, "sbml": str(sbml), "chosen": chosen,
            "species": list(network["species"]), "reactions": len(network["reactions"]),
            "network": mass_action(network), "events": events,
            "conserved": sums_at_start(network, conserved_sums(list(network["species"]), sides))}


def sums_at_start(network, sums):
    """[weights, value] of the sums of copy numbers that no reaction changes. A condition must leave them alone."""
    if any(key in c for c in network["conditions"].values() for key in ("initial", "at")):
        return []
    return [[weights, sum(w * Fraction(network["species"][name]) for name, w in weights.items())] for weights in sums]


def peer_of_networks(script):
    for node in ast.parse(script.read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "REQUIREMENTS":
            return ast.literal_eval(node.value)
    raise ValueError(f"{script}: no REQUIREMENTS")


# --- answers

def steps_of(intervals):
    return (intervals // 2, intervals)


def exact_answer(model, folder, program, offline, by_engine):
    """{step: {species: [mean, variance, fourth central moment, n]}}, n the trajectories that it comes from: 0 for an
    exact one, else those of the reference engine, some 10 s of them."""
    exact = {}
    if model["name"] in EXACT and not by_engine:
        python = environment(folder, "exact", ["numpy==2.4.6"], offline=offline)
        job = folder / "exact.json"
        job.write_text(json.dumps({"model": model["name"], "t_end": model["t_end"], "intervals": INTERVALS}))
        done = subprocess.run([python, ROOT / "benchmarks" / "exact.py", job], capture_output=True, text=True, check=True)
        exact = {step: {name: [*moments, 0] for name, moments in species.items()}
                 for step, species in json.loads(done.stdout).items()}
    left = [name for name in model["species"] if not exact or name not in exact[str(INTERVALS)]]
    if not left:
        return exact
    event = 100 + 20 * model["reactions"]  # [ns], roughly
    n = int(min(20000, max(300, 2e10 / (event * model["events"]))))
    features = {(name, step): f"{name}[{model['t_end'] * step / INTERVALS!r}]" for step in steps_of(INTERVALS)
                for name in left}
    with tempfile.TemporaryDirectory() as scratch:
        result = Path(scratch) / "reference.h5"
        run_cristae(program, "run", model["files"][""], *model["chosen"], "--engine", "reference", "--t-end", model["t_end"],
                    "--samples", INTERVALS, "--trajectories", n, "--seed", 77, "--output", result, "--quiet",
                    "--keep", ",".join(features.values()))
        rows = csv.reader(run_cristae(program, "export", result, "--what", "features").splitlines())
    header = next(rows)
    columns = list(zip(*rows))[-len(features):]
    names = header[-len(features):]
    answer = {str(step): dict(exact.get(str(step), {})) for step in steps_of(INTERVALS)}
    for (name, step), feature in features.items():
        values = [float(v) for v in columns[names.index(feature) if feature in names else list(features.values()).index(feature)]]
        mean = statistics.fmean(values)
        squares = [(v - mean) ** 2 for v in values]
        answer[str(step)][name] = [mean, sum(squares) / (n - 1), statistics.fmean(s * s for s in squares), n]
    return answer


def where_from(answer):
    """The sources of an answer in words."""
    species = answer[str(INTERVALS)]
    exact = [name for name, (*_, n) in species.items() if n == 0]
    engine = f"the reference engine, {max(n for *_, n in species.values()):,} trajectories"
    if not exact:
        return engine
    return "exact" if len(exact) == len(species) else f"exact ({', '.join(exact)}) and {engine}"


def pooled(parts):
    """Mean and variance of all trajectories of several (n, mean, variance)."""
    n = sum(p[0] for p in parts)
    mean = sum(p[0] * p[1] for p in parts) / n
    squares = sum((p[0] - 1) * (p[2] or 0) + p[0] * (p[1] - mean) ** 2 for p in parts)
    return n, mean, squares / (n - 1) if n > 1 else 0


def z_of(difference, square_error):
    if square_error > 0:
        return difference / math.sqrt(square_error)
    return 0.0 if abs(difference) < 1e-9 else math.inf


def compare_answers(runs, exact, conserved):
    """The largest |z| of a mean, and of a variance where there are enough trajectories; and the largest error of the
    mean of a sum that no reaction changes. Against an answer that is an ensemble itself, the variance is that of
    both together, as if they were of one law. A species of which so few were seen that its mean is not nearly normal
    has no z."""
    worst, lost, n = {"mean": 0.0, "variance": 0.0}, 0.0, sum(run["trajectories"] for run in runs)
    for step, species in exact.items():
        means = {}
        for name, (mean, variance, fourth, exact_n) in species.items():
            _, means[name], spread = pooled([(run["trajectories"], *run["answer"][step][name][:2]) for run in runs])
            both = (n * spread + exact_n * variance) / (n + exact_n) if exact_n else variance
            if 0 < both * min(n, exact_n or n) < FEWEST_SEEN:
                continue
            each = 1 / n + (1 / exact_n if exact_n else 0)
            worst["mean"] = max(worst["mean"], abs(z_of(means[name] - mean, both * each)))
            if min(n, exact_n or n) >= FEWEST_FOR_VARIANCE:
                worst["variance"] = max(worst["variance"], abs(z_of(spread - variance, (fourth - variance**2) * each)))
        for weights, value in conserved:
            lost = max(lost, abs(math.fsum(float(w) * means[name] for name, w in weights.items()) - float(value)))
    enough = n >= FEWEST_FOR_VARIANCE and any(not 0 < of[3] < FEWEST_FOR_VARIANCE for of in exact[str(INTERVALS)].values())
    return {"z_mean": worst["mean"] if n >= 100 else None, "z_variance": worst["variance"] if enough else None,
            "conserved_sums": len(conserved), "lost_of_sums": lost}


# --- jobs

def start(command, environment, folder, processor):
    def hold():
        if processor is not None:
            os.sched_setaffinity(0, {processor})
    out, errors = open(folder / "stdout", "w+"), open(folder / "stderr", "w+")
    process = subprocess.Popen(list(map(str, command)), stdout=out, stderr=errors, env=environment, cwd=folder,
                               preexec_fn=hold)
    return process, time.perf_counter(), out, errors


def kill_with_children(pid):
    """Also what a tool has started, a compiler or a program it made, which would run on beside the others."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for one in found:  # grows
        found += [child for child, parent in parents.items() if parent == one]
    for one in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


def end(started, seconds):
    """Waits, at most so long. Seconds, CPU seconds, peak memory [bytes] of the process and its children, and
    its output."""
    process, began, out, errors = started
    with out, errors:
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.perf_counter() - began > seconds:
                kill_with_children(process.pid)
                process.returncode = os.waitstatus_to_exitcode(os.wait4(process.pid, 0)[1])
                raise Failed(f"stopped after {seconds:.0f} s")
            time.sleep(0.0005)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), errors.seek(0)
        if process.returncode != 0:
            raise Failed(f"fails: {last_words(errors.read())}")
        return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss * 1024}, out.read()


def cristae_job(program, tool, model, row, seed, folder):
    command = [program, "run", model["files"][tool["variant"]], *model["chosen"], "--t-end", model["t_end"],
               "--samples", row["intervals"], "--trajectories", row["trajectories"], "--threads", row["threads"],
               "--engine", "cpu", "--seed", seed, "--select", ",".join(model["species"]), "--output", "out.csv",
               "--overwrite", "--json", "-", "--quiet"]
    if "own" in tool["variant"]:
        command = ["env", f"CRISTAE_CACHE={folder / 'cache'}", *command]
    return command


def cristae_report(text, row, folder):
    report = json.loads(text)
    answer = {str(step): {} for step in steps_of(row["intervals"])}
    with open(folder / "out.csv", encoding="utf-8", newline="") as file:
        seen = {}
        for line in csv.DictReader(file):
            step = seen[line["name"]] = seen.get(line["name"], -1) + 1
            if str(step) in answer:
                answer[str(step)][line["name"]] = [float(line["mean"]), float(line["var"] or 0)]
    return {"version": report["version"], "seconds": {"run": report["wall_seconds"]},
            "cpu_seconds": {"run": report["cpu_seconds"]}, "events": report["events"],
            "trajectories": row["trajectories"], "answer": answer, "code": report["code"], "isa": report["isa"]}


def run_job(program, tool, model, row, seed, folder, limit, processor):
    """One job of one process."""
    environment = dict(os.environ, PYTHONPATH=str(ROOT / "benchmarks" / "peers"), PYTHONDONTWRITEBYTECODE="1")
    if row["threads"] == 1:
        environment.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    if tool["tool"] == "cristae":
        command = cristae_job(program, tool, model, row, seed, folder)
    else:
        job = {key: model[key] for key in ("sbml", "network", "species", "t_end", "events")}
        job.update(row, seed=seed, variant=tool["variant"], out=str(folder / "out.csv"))
        (folder / "job.json").write_text(json.dumps(job))
        environment["PATH"] = f"{Path(tool['python']).parent}{os.pathsep}{environment['PATH']}"
        command = [tool["python"], tool["runner"], folder / "job.json"]
    started = start(command, environment, folder, processor)

    def finish():
        used, text = end(started, 2 * limit + 30)
        report = cristae_report(text, row, folder) if tool["tool"] == "cristae" else json.loads(text.splitlines()[-1])
        return {**report, **used}
    return finish


def measure(program, tool, model, row, seed, limit, processor):
    """A job; of a tool without threads, on several threads as many processes at a time."""
    split = row["threads"] > 1 and not tool["threads"]
    with contextlib.ExitStack() as stack:
        pending = []
        for i in range(row["threads"] if split else 1):
            part = {**row, "threads": 1, "trajectories": row["trajectories"] // row["threads"]} if split else row
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="compare-")))
            pinned = i if split else processor if row["threads"] == 1 else None
            pending.append(run_job(program, tool, model, part, seed + 7919 * i, folder, limit, pinned))
        parts = [finish() for finish in pending]
    if len(parts) == 1:
        return parts[0]
    whole = parts[0]
    counted = all(part["events"] is not None for part in parts)
    answer = {step: {name: pooled([(p["trajectories"], *p["answer"][step][name][:2]) for p in parts])[1:]
                     for name in names} for step, names in whole["answer"].items()}
    return {**whole, "answer": answer, "trajectories": sum(p["trajectories"] for p in parts),
            "events": sum(p["events"] for p in parts) if counted else None,
            "seconds": {"run": max(p["seconds"]["run"] for p in parts)},
            "cpu_seconds": {"run": sum(p["cpu_seconds"]["run"] for p in parts)},
            "wall": max(p["wall"] for p in parts), "cpu": sum(p["cpu"] for p in parts), "peak": sum(p["peak"] for p in parts)}


def cell_of(tool, model, row, runs, exact):
    """What a tool did in a row: medians, each with its least and most."""
    def spread(values):
        values = sorted(values)
        return [statistics.median(values), values[0], values[-1]]
    events = [run["events"] if run["events"] is not None else model["events"] * row["trajectories"] for run in runs]
    cell = {
        "repeats": len(runs), "version": runs[0]["version"], "events": sum(events) / len(events),
        "events_counted_by": "the tool" if runs[0]["events"] is not None else "Cristae",
        "ns_per_event": spread([r["cpu_seconds"]["run"] / e * 1e9 for r, e in zip(runs, events)]),
        "events_per_second": spread([e / r["seconds"]["run"] for r, e in zip(runs, events)]),
        "job_seconds": spread([r["wall"] for r in runs]), "job_cpu_seconds": spread([r["cpu"] for r in runs]),
        "stages": {name: statistics.median(r["seconds"][name] for r in runs) for name in runs[0]["seconds"]},
        "peak_bytes": max(r["peak"] for r in runs),
        **{key: runs[0][key] for key in ("code", "isa") if key in runs[0]},
    }
    if exact and row["intervals"] == INTERVALS:
        cell.update(compare_answers(runs, exact, model["conserved"]))
    return cell


def why_not(tool, model, row, cells, limit):
    """{} where a tool can run a row; else the `reason` why not and, where it would only take too long, what it would
    take: `extrapolated`, by the largest ensemble that ran."""
    if "reason" in tool:
        return {"reason": tool["reason"]}
    if tool["tool"] != "cristae" and tool["reads"] == "mass action" and model["network"] is None:
        return {"reason": "not expressed: the runner writes mass action only"}
    for cell in reversed(cells):
        if any(cell[key] != of for key, of in (("tool", tool["tool"]), ("variant", tool["variant"]), ("model", model["name"]))):
            continue
        if "extrapolated" in cell:
            continue
        if "reason" in cell:
            return {"reason": cell["reason"]}
        run = cell["stages"]["run"]
        job = cell["job_seconds"][0] + run * (row["trajectories"] / cell["trajectories"] * cell["threads"] / row["threads"] - 1)
        if job <= limit:
            return {}
        reason = {"reason": f"would take about {job:.0f} s, by its {cell['trajectories']} trajectories"}
        if (cell["intervals"], cell["threads"]) == (row["intervals"], row["threads"]):
            reason["extrapolated"] = {"by_trajectories": cell["trajectories"], "ns_per_event": cell["ns_per_event"][0],
                                      "job_seconds": job}
        return reason
    return {}


def measure_row(options, program, tools, model, row, exact, cells):
    runs, reasons, used = {}, {}, {}
    for repeat in range(options.repeats):
        for i, tool in enumerate(tools):
            if repeat == 0:
                reason = why_not(tool, model, row, cells, options.limit)
                if reason:
                    reasons[i] = reason
            if i in reasons or used.get(i, 0) > BIG_JOB:
                continue
            try:
                run = measure(program, tool, model, row, 1 + repeat + 10 * row["trajectories"], options.limit, repeat % os.cpu_count())
                runs.setdefault(i, []).append(run)
                used[i] = used.get(i, 0) + run["wall"]
            except Failed as failed:
                reasons[i] = {"reason": str(failed)}
    for i, tool in enumerate(tools):
        cell = {"model": model["name"], **row, "tool": tool["tool"], "name": tool["name"], "variant": tool["variant"]}
        cell.update(reasons[i] if i in reasons else cell_of(tool, model, row, runs[i], exact))
        cells.append(cell)


def updated(earlier, result):
    """The earlier result with the cells of the models and tools measured now; the models in the order of MODELS."""
    now = {(c["model"], c["tool"]): None for c in result["cells"]}
    described = {m["name"]: m for m in [*result["models"], *earlier["models"]] if "reason" in m}
    described.update({m["name"]: m for m in [*earlier["models"], *result["models"]] if "reason" not in m})
    models = [m["name"] for m in MODELS if m["name"] in described]
    earlier = {**earlier, "models": [described[name] for name in models]}
    cells = [c for c in earlier["cells"] if (c["model"], c["tool"]) not in now] + result["cells"]
    tools = [t["tool"] for t in earlier["tools"]]
    cells.sort(key=lambda c: (models.index(c["model"]), c["threads"], c["intervals"], c["trajectories"], tools.index(c["tool"])))
    limits = {key: result[key] for key in ("repeats", "limit_seconds")}
    update = {**result["provenance"], **limits, "cells": sorted({f"{m} {t}" for m, t in now})}
    return {**earlier, "cells": cells, "updates": [*earlier.get("updates", []), update]}


def start_of_cristae(program, launches=60):
    """Wall milliseconds of a run of one trajectory of the smallest network: median, least, most."""
    seconds = []
    for _ in range(launches):
        began = time.perf_counter()
        subprocess.run([program, "run", "birth_death", "--trajectories", "1"], check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - began)
    return [1e3 * v for v in (statistics.median(seconds), min(seconds), max(seconds))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", default=str(ROOT / "build" / "cristae"))
    parser.add_argument("--folder", default=str(ROOT / "build" / "compare"), help="of environments and models")
    parser.add_argument("--peer-folder", default=str(ROOT / "benchmarks" / "peers"))
    parser.add_argument("--out", help="default: result in --folder")
    parser.add_argument("--models", help="names, separated by commas; default: all")
    parser.add_argument("--peers", help="tools, separated by commas; default: all")
    parser.add_argument("--most", type=int, default=10**9, help="leave out rows of more trajectories")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--limit", type=float, default=30, help="seconds of a job at most")
    parser.add_argument("--update", metavar="EARLIER.json", help="keep what is not measured now")
    parser.add_argument("--by-engine", action="store_true", help="compare all answers with the reference engine's")
    parser.add_argument("--offline", action="store_true", help="install nothing")
    options = parser.parse_args()
    program, folder = str(Path(options.program).resolve()), Path(options.folder).resolve()
    origin = provenance(program)
    began = time.time()
    wanted = options.peers.split(",") if options.peers else None
    peers = [prepare(peer, folder, options.offline) for peer in peers_in(Path(options.peer_folder), wanted)]
    tools = [{"tool": "cristae", "name": "Cristae", "threads": True, "license": "MIT", **variant} for variant in CRISTAE]
    tools += [{**peer, "variant": label, "what": what} for peer in peers for label, what in peer["variants"].items()]
    models, cells = [], []
    names = options.models.split(",") if options.models else [m["name"] for m in MODELS]
    for model in (m for m in MODELS if m["name"] in names):
        try:
            model = prepare_model(model, folder / "models", program, options.offline)
            exact = exact_answer(model, folder, program, options.offline, options.by_engine)
        except Failed as failed:
            models.append({"name": model["name"], "what": model.get("what", ""), "reason": str(failed)})
            continue
        models.append({**{key: model[key] for key in ("name", "what", "t_end", "reactions", "events")},
                       "condition": model.get("condition"), "species": len(model["species"]),
                       "answer": where_from(exact), "conserved_sums": len(model["conserved"])})
        for row in model["rows"]:
            if row["trajectories"] <= options.most:
                row = {"intervals": INTERVALS, "threads": 1, **row}
                print(f"{time.time() - began:6.0f} s  {model['name']} {row}", file=sys.stderr, flush=True)
                measure_row(options, program, tools, model, row, exact, cells)
    origin.update(load_after=os.getloadavg(), python=sys.version.split()[0], seconds=round(time.time() - began))
    kept = ("tool", "name", "variant", "what", "license", "requirements", "packages", "threads", "reason")
    result = {"provenance": origin, "repeats": options.repeats, "limit_seconds": options.limit, "intervals": INTERVALS,
              "start_milliseconds": start_of_cristae(program), "models": models,
              "tools": [{key: tool[key] for key in kept if key in tool} for tool in tools], "cells": cells}
    if options.update:
        result = updated(json.loads(Path(options.update).read_text()), result)
    out = Path(options.out or folder / "result")
    out.mkdir(parents=True, exist_ok=True)
    (out / "compare.json").write_text(json.dumps(result, indent=1) + "\n")
    (out / "compare.md").write_text(compare_text.tables(result), encoding="utf-8")
    (out / "compare.svg").write_text(compare_text.picture(result), encoding="utf-8")
    print(compare_text.tables(result))
    wrong = [cell for cell in cells if cell["tool"] == "cristae" and compare_text.is_wrong(cell)]
    for cell in wrong:
        print(f"{cell['model']}, {cell['trajectories']} trajectories: Cristae's answer is wrong", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
