#!/usr/bin/env python3
"""Times the CPU engines on bundled networks and writes JSON with everything needed to compare.

    python3 benchmarks/run.py [--program build/cristae] [--repeats 5] [--threads 1] [--out FILE.json]

Cases are interleaved, so that a slow moment of the machine falls on all of them; the table gives the
median of the repeats. Few sample times, so that it is events that are timed: the start of the
program is not in wall_seconds. Quote ratios from one file.
"""

import argparse
import datetime
import json
import os
import platform
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
ONE_LANE = ("vilar", "isr")


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


def run(program, network, condition, t_end, trajectories, engine, isa, code, threads):
    command = [program, "run", network, "--t-end", str(t_end), "--samples", "2", "--trajectories",
               str(trajectories), "--engine", engine, "--threads", str(threads), "--code", code,
               "--json", "-", "--quiet"]
    if condition:
        command += ["--condition", condition]
    if isa:
        command += ["--isa", isa]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 2 and "not on this machine" in done.stderr:
        return None
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", default=str(ROOT / "build" / "cristae"))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out")
    options = parser.parse_args()

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
    origin = provenance(options.program)
    results = [{"network": c[0], "condition": c[1], "engine": c[4], "code": c[6],
                "form": c[7], "runs": []} for c in cases]
    for _ in range(options.repeats):
        for case, result in zip(cases, results):
            report = run(options.program, *case[:7], options.threads)
            if report:
                result["isa"] = report["isa"]
                result["events"] = report["events"]
                result["trajectories"] = report["trajectories"]
                result["contract_hash"] = report["contract_hash"]
                result["runs"].append(report["nanoseconds_per_event_per_core"])
    print(f"{'network':<10} {'engine':<9} {'isa':<14} {'code':<10} {'ns per event and core':>22}  spread        form")
    for result in results:
        if result["runs"]:
            median = statistics.median(result["runs"])
            result["nanoseconds_per_event_per_core"] = median
            print(f"{result['network']:<10} {result['engine']:<9} {result['isa']:<14} {result['code']:<10} {median:>22.1f}  "
                  f"{min(result['runs']):.1f} - {max(result['runs']):.1f}  {result['form']}")
    origin["load_after"] = os.getloadavg()
    if options.out:
        Path(options.out).write_text(json.dumps({"provenance": origin, "threads": options.threads,
                                                 "results": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
