#!/usr/bin/env python3
"""Cristae against rebop's Python package: CPU time per event, one thread each, the same ensembles.

    python3 -m venv VENV && VENV/bin/pip install -r benchmarks/peers/rebop/requirements.txt
    VENV/bin/python benchmarks/peers/rebop/measure.py [--program build/cristae] [--repeats 5]
        [--trajectories 256] [--require 8] [--out FILE.json]

Both simulate the bundled network files over the same time, and both record copy numbers at the end
only. rebop's time is that of its compiled loop, called without the packing into xarray; Cristae's is
that of its whole process, with the contract, statistics, reading and start-up. Repeats are interleaved
and have seeds of their own; a ratio is one of medians. rebop does not count events: both are divided
by Cristae's mean number of events, with which a few trajectories of rebop that return every reaction
must agree. So must the means of all species at the end, over all repeats. Exit code 1 where one of
these differs by more than 4.5 standard errors, or where a ratio is below --require.
"""

import argparse
import json
import math
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import rebop

ROOT = Path(__file__).resolve().parents[3]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "benchmarks"))
from run import provenance  # noqa: E402

CASES = [("vilar", 100.0, "9 species, 16 reactions"), ("chain", 20.0, "50 species, 100 reactions")]
FORMS = [("sparse", True), ("dense", False)]
COUNTED = 24  # trajectories of rebop whose reactions are counted
MOST_Z = 4.5  # some 250 comparisons: a false alarm in 600 runs


def side(text):
    """The species of one side of an equation, each as often as it takes part."""
    species = []
    for part in text.split("+"):
        words = part.split()
        if words == ["0"]:
            continue
        species += [words[-1]] * (int(words[0]) if len(words) == 2 else 1)
    return species


def peer_of(network):
    """The network file in rebop's terms: mass action only, and no two reactants alike."""
    values = {name: p["value"] for name, p in network["parameters"].items()}
    system = rebop.Gillespie()
    for reaction in network["reactions"].values():
        reactants, products = (side(text) for text in reaction["equation"].split("->"))
        if len(set(reactants)) != len(reactants):
            sys.exit("two reactants alike: the constants of rebop and Cristae differ by a factor")
        system.add_reaction(float(values[reaction["mass_action"]]), reactants, products)
    system.gillespie.set_init({name: s["initial"] for name, s in network["species"].items()})
    return system.gillespie


def run_rebop(system, t_end, trajectories, is_sparse, first_seed):
    """CPU seconds, and the copy numbers at the end: a list for each species."""
    ends = []
    begin = time.process_time()
    for seed in range(first_seed, first_seed + trajectories):
        ends.append(system.run(t_end, 1, params={}, seed=seed, sparse=is_sparse))
    seconds = time.process_time() - begin
    return seconds, {name: [end[1][name][-1] for end in ends] for name in ends[0][1]}


def run_cristae(program, name, species, t_end, trajectories, seed):
    """CPU seconds of the process, and its report."""
    command = [program, "run", name, "--t-end", str(t_end), "--samples", "1", "--trajectories",
               str(trajectories), "--threads", "1", "--engine", "cpu", "--seed", str(seed),
               "--select", ",".join(species), "--json", "-", "--quiet"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, json.loads(done.stdout)


class Sums:
    def __init__(self):
        self.n, self.total, self.squares = 0, 0.0, 0.0

    def add(self, n, mean, var):
        self.n += n
        self.total += n * mean
        self.squares += (n - 1) * var + n * mean * mean

    def add_values(self, values):
        self.add(len(values), statistics.fmean(values), statistics.variance(values))

    def mean(self):
        return self.total / self.n

    def square_error(self):
        return (self.squares - self.total**2 / self.n) / (self.n - 1) / self.n


def z_of(a, b):
    error = math.sqrt(a.square_error() + b.square_error())
    return (a.mean() - b.mean()) / error if error > 0 else 0.0 if a.mean() == b.mean() else math.inf


def measure(program, name, t_end, trajectories, repeats):
    network = tomllib.loads((ROOT / "networks" / name / "network.toml").read_text())
    system = peer_of(network)
    ours, theirs = {}, {form: {} for form, _ in FORMS}
    seconds = {"cristae": [], **{form: [] for form, _ in FORMS}}
    events = Sums()
    for repeat in range(repeats):
        cpu, report = run_cristae(program, name, network["species"], t_end, trajectories, 1 + repeat)
        seconds["cristae"].append(cpu / report["events"] * 1e9)
        events.add(trajectories, report["events"] / trajectories, 0)
        for row in report["table"]:
            if row["kind"] == "species" and row["time"] == t_end:
                ours.setdefault(row["name"], Sums()).add(row["n"], row["mean"], row["var"])
        for form, is_sparse in FORMS:
            cpu, ends = run_rebop(system, t_end, trajectories, is_sparse, 1000000 * (repeat + 1) + 500000 * is_sparse)
            seconds[form].append(cpu / trajectories)
            for species, values in ends.items():
                theirs[form].setdefault(species, Sums()).add_values(values)
    per_trajectory = events.mean()
    counted = Sums()
    # The last reaction comes after the end.
    counted.add_values([len(system.run(t_end, 0, params={}, seed=seed, var_names=[next(iter(ours))])[0]) - 2
                        for seed in range(COUNTED)])
    z = {form: {s: z_of(ours[s], theirs[form][s]) for s in ours} for form, _ in FORMS}
    result = {
        "network": name, "t_end": t_end, "trajectories": trajectories,
        "events_per_trajectory": per_trajectory,
        "events_per_trajectory_of_rebop": counted.mean(),
        "events_z": (per_trajectory - counted.mean()) / math.sqrt(counted.square_error()),
        "largest_z_of_a_mean": max((z[f][s] for f in z for s in z[f]), key=abs),
        "code": report["code"], "isa": report["isa"],
        "cpu_nanoseconds_per_event": {"cristae": seconds["cristae"]},
    }
    for form, _ in FORMS:
        result["cpu_nanoseconds_per_event"][form] = [s / per_trajectory * 1e9 for s in seconds[form]]
    median = {k: statistics.median(v) for k, v in result["cpu_nanoseconds_per_event"].items()}
    result["median"] = median
    result["ratio"] = {form: median[form] / median["cristae"] for form, _ in FORMS}
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", default=str(ROOT / "build" / "cristae"))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--trajectories", type=int, default=256)
    parser.add_argument("--require", type=float, default=8.0)
    parser.add_argument("--out")
    options = parser.parse_args()

    origin = provenance(options.program)
    origin["peer"] = f"rebop {rebop.__version__}, Python {platform.python_version()}"
    results, failed = [], False
    print(f"{'network':<8} {'what':<26} {'Cristae':>8} {'sparse':>8} {'dense':>8}  CPU ns per event; ratios")
    for name, t_end, what in CASES:
        r = measure(options.program, name, t_end, options.trajectories, options.repeats)
        results.append(r)
        m, ratio = r["median"], r["ratio"]
        agrees = abs(r["events_z"]) < MOST_Z and abs(r["largest_z_of_a_mean"]) < MOST_Z
        failed = failed or not agrees or min(ratio.values()) < options.require
        print(f"{name:<8} {what:<26} {m['cristae']:>8.2f} {m['sparse']:>8.1f} {m['dense']:>8.1f}  "
              f"{ratio['sparse']:.1f} {ratio['dense']:.1f}; z of events {r['events_z']:.1f}, "
              f"largest of a mean {r['largest_z_of_a_mean']:.1f}{'' if agrees else ': THEY DIFFER'}")
    origin["load_after"] = os.getloadavg()
    if options.out:
        Path(options.out).write_text(json.dumps({"provenance": origin, "results": results}, indent=1) + "\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
