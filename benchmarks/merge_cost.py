#!/usr/bin/env python3
"""What merging costs: shards of one run, then `cristae merge`, by their number and size.

    python3 benchmarks/merge_cost.py BUILD_DIR [--shards 10,100,1000] [--network NAME] [--json FILE]

Every shard has TRAJECTORIES trajectories. Prints, for each number of shards: seconds of the merge
on the clock and of a core, memory at most, and bytes. The hashes of the merge are compared with
those of one run. Exit code 1 where they differ.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TRAJECTORIES = 4


def run(program, arguments):
    done = subprocess.run([program, *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(arguments)}: {done.stderr}")
    return done.stdout


def measure(program, network, shards, more):
    """A row of the table, for one number of shards."""
    whole = ["run", network, "--trajectories", str(TRAJECTORIES * shards), "--quiet", *more]
    with tempfile.TemporaryDirectory(prefix="cristae-merge-") as folder:
        names = [str(Path(folder) / f"{i}.h5") for i in range(1, shards + 1)]

        def make(i):
            run(program, [*whole, "--threads", "1", "--shard", f"{i}/{shards}",
                          "--output", names[i - 1]])

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(make, range(1, shards + 1)))
        read = sum(os.path.getsize(name) for name in names)
        output = str(Path(folder) / "all.h5")
        start = time.perf_counter()
        merge = subprocess.Popen([program, "merge", *names, "-o", output, "--quiet", "--json", "-"],
                                 stdout=subprocess.PIPE)
        text = merge.stdout.read()
        _, status, usage = os.wait4(merge.pid, 0)
        seconds = time.perf_counter() - start
        if status != 0:
            sys.exit("the merge failed")
        merged, one = json.loads(text), json.loads(run(program, [*whole, "--json", "-"]))
        for name in ("contract_hash", "statistics_hash", "trajectories", "events"):
            if merged[name] != one[name]:
                sys.exit(f"{name} is {merged[name]}, and {one[name]} in one run")
        cpu = usage.ru_utime + usage.ru_stime
        return {"shards": shards, "seconds": seconds, "cpu_seconds": cpu,
                "cpu_milliseconds_per_shard": 1e3 * cpu / shards,
                "peak_mib": usage.ru_maxrss / 1024, "mib_read": read / 2**20,
                "mib_written": os.path.getsize(output) / 2**20}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", type=Path)
    parser.add_argument("--shards", default="10,100,1000")
    parser.add_argument("--network", default="telegraph")
    parser.add_argument("--t-end")
    parser.add_argument("--histogram-times")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    # A shard opens a handful of files, the merge one at a time.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 256), hard))
    program = str((options.build / "cristae").resolve())
    more = [word for name in ("t_end", "histogram_times") if getattr(options, name)
            for word in ("--" + name.replace("_", "-"), getattr(options, name))]
    rows = []
    for shards in map(int, options.shards.split(",")):
        rows.append(measure(program, options.network, shards, more))
        print("{shards} shards: {seconds:.2f} s, {cpu_seconds:.2f} s of a core, "
              "{cpu_milliseconds_per_shard:.2f} ms of it each, "
              "{peak_mib:.0f} MiB of memory, {mib_read:.1f} MiB read, {mib_written:.1f} MiB "
              "written".format(**rows[-1]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(
            {"network": options.network, "options": more, "trajectories_per_shard": TRAJECTORIES,
             "machine": platform.machine(), "cores": os.cpu_count(), "rows": rows},
            indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
