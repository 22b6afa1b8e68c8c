#!/usr/bin/env python3
# tests/faults/memory_curve.py - the memory of a run over time, with checkpoints and without.
"""
    python3 tests/faults/memory_curve.py [SECONDS] [--json FILE]    (default: 60 seconds each)

Takes the program from CRISTAE_BIN (default: build/cristae). Runs more trajectories than end in that
time, once with a checkpoint every 0.1 s and once with none, and looks at the resident memory four times
a second. Prints the curve in ten steps, and the slope behind the first fifth as a least-squares line.
Exit code 1 where memory with checkpoints grows by more than 1 % of itself per 100,000 trajectories: it
should not grow with them at all, and what an allocator keeps moves it to and fro.
"""
import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(os.environ.get("CRISTAE_BIN", "build/cristae"))
RUN = ["run", "telegraph", "--trajectories", "1e9", "--t-end", "200", "--samples", "200", "--threads", "2",
       "--covariance", "--keep", "none", "--quiet"]


def resident_mib(process):
    with open(f"/proc/{process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def curve(seconds, every):
    """[(seconds, MiB)], and how many trajectories had ended."""
    with tempfile.TemporaryDirectory(prefix="cristae-memory-") as folder:
        json_file = os.path.join(folder, "x.json")
        process = subprocess.Popen([PROGRAM, *RUN, "--output", "x.h5", "--json", json_file,
                                    "--checkpoint-every", every], cwd=folder, stderr=subprocess.DEVNULL)
        start = time.monotonic()
        points = []
        while time.monotonic() - start < seconds:
            time.sleep(0.25)
            if process.poll() is not None:
                sys.exit("the run was over before its time")
            points.append((time.monotonic() - start, resident_mib(process)))
        process.send_signal(signal.SIGTERM)
        process.wait()
        with open(json_file, encoding="utf-8") as file:
            return points, json.load(file)["trajectories"]


def row(seconds, every):
    points, trajectories = curve(seconds, every)
    late = [point for point in points if point[0] > seconds / 2]
    times, memory = zip(*late)
    slope = statistics.linear_regression(times, memory).slope * seconds  # MiB in as long as the run
    step = max(1, len(points) // 10)
    return {"checkpoint_every": float(every), "seconds": seconds, "trajectories": trajectories,
            "mib": [round(max(mib for _, mib in points[i:i + step]), 1)
                    for i in range(0, len(points), step)][:10],
            "mean_mib": round(statistics.mean(memory), 1), "most_mib": round(max(memory), 1),
            "growth_mib": round(slope, 2),
            "growth_percent_per_100000": round(100 * slope / statistics.mean(memory) / trajectories * 1e5, 3)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("seconds", type=float, nargs="?", default=60)
    parser.add_argument("--json")
    options = parser.parse_args()
    rows = [row(options.seconds, every) for every in ("0.1", "0")]
    for one in rows:
        print("checkpoints every {checkpoint_every} s, {trajectories} trajectories: MiB {mib}; mean "
              "{mean_mib}, most {most_mib}, growth {growth_mib} MiB".format(**one), flush=True)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"command": ["cristae", *RUN], "rows": rows}, file, indent=2)
            file.write("\n")
    return 1 if rows[0]["growth_percent_per_100000"] > 1 else 0


if __name__ == "__main__":
    sys.exit(main())
