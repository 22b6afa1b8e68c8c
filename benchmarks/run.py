#!/usr/bin/env python3
"""Times the CPU engines on bundled networks and writes JSON with everything needed to compare.

    python3 benchmarks/run.py [--study forms] [--program build/cristae] [--repeats 5] [--threads 1]
        [--out FILE.json]

Studies: `forms`, all engines, instruction sets and codes on all networks; `threads`, one thread against
--threads of them with as many times the trajectories, by wall time, so on a quiet machine only;
`sampling`, more and more sample times; `sizes`, from one trajectory to many. The last two go by the CPU
time of the process. Cases are interleaved, so that a slow moment of the machine falls on all of them; the table gives the
median of the repeats. Few sample times, so that it is events that are timed: the start of the
program is not in the times. `forms` gives wall time per event and core and, for a machine that is
not quiet, the least CPU time. Quote ratios from one file.
"""

import argparse
import datetime
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# network, condition, t_end, trajectories per thread, what is timed
CASES = [
    ("vilar", None, 100, 512, "9 species, 16 reactions"),
    ("chain", None, 20, 512, "50 species, 100 reactions"),
    ("mitophagy", "cccp", 240, 2048, "18 species, 29 reactions, Hill laws"),
    ("isr", "mito", 240, 256, "35 species, 56 reactions, Hill laws"),
    ("mam_ca", "agonist", 0.5, 64, "calcium, large copy numbers"),
    ("uprmt_cel", "etc", 60, 256, "Hill laws"),
    ("uprmt", "misfold", 60, 256, "Hill laws"),
    ("coupled", "combo", 20, 128, "all of them in one cell"),
]
# engine, instruction set, code of the laws
ENGINES = [("cpu", "avx512", "generated"), ("cpu", "avx512", "table"), ("cpu", "avx2", "generated"),
           ("cpu", "avx2", "table"), ("cpu", "baseline", "table"), ("reference", None, "table")]
REFERENCE_SHARE = 32  # the textbook engine gets this part of the trajectories
ONE_LANE = ("vilar", "isr", "uprmt", "coupled")


def output_of(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def cpu_model():
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor()


def cached(build, name):
    cache = build / "CMakeCache.txt"
    if cache.exists():
        for line in cache.read_text().splitlines():
            if line.startswith(name + ":"):
                return line.split("=", 1)[1]
    return None


def provenance(program):
    build = Path(program).resolve().parent
    compiler = cached(build, "CMAKE_CXX_COMPILER")
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "command": " ".join(sys.argv),
        "commit": output_of("git", "rev-parse", "HEAD"),
        "dirty": bool(output_of("git", "status", "--porcelain")),
        "version": output_of(program, "--version"),
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "compiler": (output_of(compiler, "--version") or "").split("\n")[0] if compiler else None,
        "build_type": cached(build, "CMAKE_BUILD_TYPE"),
        "flags": " ".join(filter(None, (cached(build, "CMAKE_CXX_FLAGS"),
                                        cached(build, "CMAKE_CXX_FLAGS_RELEASE")))),
        "load_before": os.getloadavg(),
    }


def run(program, network, condition, t_end, trajectories, engine, isa, code, threads, samples=2):
    """The report of a run, with the CPU seconds of its process; None where the machine lacks `isa`. The
    certificate, which takes up to 2 % behind the events, is left out."""
    command = [program, "run", network, "--t-end", str(t_end), "--samples", str(samples), "--trajectories",
               str(trajectories), "--engine", engine, "--threads", str(threads), "--code", code,
               "--certify", "0", "--json", "-", "--quiet"]
    if condition:
        command += ["--condition", condition]
    if isa:
        command += ["--isa", isa]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode == 2 and "not on this machine" in done.stderr:
        return None
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")
    report = json.loads(done.stdout)
    report["cpu_seconds"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return report


def event_nanoseconds(program, case, report):
    """CPU time per event, less that of a process that starts and has no time to simulate."""
    network, condition, t_end, _, *rest = case
    start = run(program, network, condition, 1e-6 * t_end, 1, *rest)
    return (report["cpu_seconds"] - start["cpu_seconds"]) / report["events"] * 1e9


def interleaved(options, cases, value):
    """For each case (the arguments of run behind the program), `value` of each repeat's report."""
    runs = [[] for _ in cases]
    for _ in range(options.repeats):
        for case, values in zip(cases, runs):
            values.append(value(case, run(options.program, *case)))
    return runs


def study_threads(options):
    """Events per second of wall time with --threads threads over those with one; and the same from CPU
    time per event, which tells on a busy machine what threads cost each other."""
    several = max(2, options.threads)
    results = []
    print(f"events per us; {several} threads over 1: median and best by wall time, and by CPU time")
    for network, condition, t_end, trajectories, _ in CASES:
        cases = [(network, condition, t_end, 2 * trajectories * n, "cpu", None, "generated", n) for n in (1, several)]
        one, many = interleaved(options, cases, lambda _, r: (r["events"] / r["wall_seconds"], r["cpu_seconds"] / r["events"]))
        wall = [[r[0] for r in runs] for runs in (one, many)]
        cpu = [min(r[1] for r in runs) for runs in (one, many)]
        ratio, best = statistics.median(wall[1]) / statistics.median(wall[0]), max(wall[1]) / max(wall[0])
        print(f"{network:<10} {max(wall[0]) / 1e6:>10.1f} {max(wall[1]) / 1e6:>10.1f}  "
              f"{ratio:.2f} {best:.2f} {several * cpu[0] / cpu[1]:.2f}")
        results.append({"network": network, "threads": several, "events_per_second": {"1": wall[0], str(several): wall[1]},
                        "ratio_of_medians": ratio, "ratio_of_best": best, "ratio_by_cpu_time": several * cpu[0] / cpu[1]})
    return results


def study_sampling(options):
    """CPU time per event, and what a sample of one trajectory adds to it."""
    results = []
    for network, condition, t_end, trajectories in (("vilar", None, 100, 512), ("isr", "mito", 240, 256)):
        densities = (2, 100, 1000, 10000)
        cases = [(network, condition, t_end, trajectories, "cpu", None, "generated", 1, n) for n in densities]
        events = []

        def seconds(_, report):
            events.append(report["events"])
            return report["cpu_seconds"]

        runs = interleaved(options, cases, seconds)
        base = min(runs[0])
        for n, values in zip(densities, runs):
            per_sample = (min(values) - base) / (trajectories * (n - 2)) * 1e9 if n > 2 else None
            print(f"{network:<10} {n:>6} samples {min(values) / events[0] * 1e9:>8.2f} CPU ns per event"
                  + (f" {per_sample:>8.1f} ns per sample of a trajectory" if per_sample else ""))
            results.append({"network": network, "samples": n, "trajectories": trajectories, "events": events[0],
                            "cpu_seconds": values, "nanoseconds_per_sample": per_sample})
    return results


def study_sizes(options):
    """CPU time per event of 1 to 512 trajectories on one thread."""
    results = []
    for network, condition, t_end, trajectories in (("vilar", None, 100, 512), ("isr", "mito", 240, 256)):
        sizes = (1, 2, 3, 4, 8, 16, 32, 64, 128, 512)
        # About as many events each, so that the start of the program weighs the same.
        cases = [(network, condition, t_end * max(1, trajectories / 2 / n), n, "cpu", None, "generated", 1)
                 for n in sizes]
        runs = interleaved(options, cases, lambda c, r: event_nanoseconds(options.program, c, r))
        for n, values in zip(sizes, runs):
            print(f"{network:<10} {n:>6} trajectories {min(values):>8.2f} CPU ns per event")
            results.append({"network": network, "trajectories": n, "cpu_nanoseconds_per_event": values})
    return results


def study_forms(options):
    cases = []
    for network, condition, t_end, trajectories, what in CASES:
        for engine, isa, code in ENGINES:
            n = trajectories * options.threads
            n = max(1, n // REFERENCE_SHARE) if engine == "reference" else n
            cases.append([network, condition, t_end, n, engine, isa, code, what])
        if network in ONE_LANE:
            for code in ("generated", "table"):
                cases.append([network, condition, 40 * t_end, 2 * options.threads, "cpu", None, code,
                              "one trajectory at a time"])
    results = [{"network": c[0], "condition": c[1], "engine": c[4], "code": c[6],
                "form": c[7], "runs": [], "cpu_runs": []} for c in cases]
    for _ in range(options.repeats):
        for case, result in zip(cases, results):
            arguments = (*case[:7], options.threads)
            report = run(options.program, *arguments)
            if report:
                result["cpu_runs"].append(event_nanoseconds(options.program, arguments, report))
                result["isa"] = report["isa"]
                result["events"] = report["events"]
                result["trajectories"] = report["trajectories"]
                result["contract_hash"] = report["contract_hash"]
                result["runs"].append(report["nanoseconds_per_event_per_core"])
    print(f"{'network':<10} {'engine':<9} {'isa':<14} {'code':<10} {'ns per event and core':>22}  spread        {'least CPU':>9}  form")
    for result in results:
        if result["runs"]:
            median = statistics.median(result["runs"])
            result["nanoseconds_per_event_per_core"] = median
            result["cpu_nanoseconds_per_event"] = least = min(result["cpu_runs"])
            print(f"{result['network']:<10} {result['engine']:<9} {result['isa']:<14} {result['code']:<10} {median:>22.1f}  "
                  f"{min(result['runs']):.1f} - {max(result['runs']):.1f}  {least:>9.2f}  {result['form']}")
    return results


STUDIES = {"forms": study_forms, "threads": study_threads, "sampling": study_sampling, "sizes": study_sizes}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--study", choices=STUDIES, default="forms")
    parser.add_argument("--program", default=str(ROOT / "build" / "cristae"))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out")
    options = parser.parse_args()
    origin = provenance(options.program)
    results = STUDIES[options.study](options)
    origin["load_after"] = os.getloadavg()
    if options.out:
        Path(options.out).write_text(json.dumps({"provenance": origin, "study": options.study,
                                                 "threads": options.threads, "results": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
