#!/usr/bin/env python3
"""Puts what benchmarks/gpu.sh measured together, beside the issue-rate bound of each kernel.

    python3 benchmarks/gpu_report.py OUT_DIR BUDGETS_CSV

Writes OUT_DIR/result.json and prints a table. The bound: a multiprocessor issues four instructions of
32 threads in a clock, so events/s <= multiprocessors * 128 * clock / instructions per event. These are
counted in the kernel that ran, where nvdisasm is here, else taken from the table of budgets. The clock
is the median that nvidia-smi saw during the run.
"""

import csv
import datetime
import json
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import kernel_instructions  # noqa: E402

THREADS = {"sm_75": 1024, "sm_86": 1536, "sm_89": 1536, "sm_120": 1536}  # of a multiprocessor; else 2048


def clock_samples(path):
    """(seconds since the epoch, MHz, W)"""
    samples = []
    if not path.exists():
        return samples
    for row in csv.reader(path.open()):
        try:
            at = datetime.datetime.strptime(row[0].strip(), "%Y/%m/%d %H:%M:%S.%f").timestamp()
            samples.append((at, float(row[1]), float(row[2])))
        except (ValueError, IndexError):
            continue
    return samples


def budget_of(table, network, architecture):
    for line in table.read_text().splitlines():
        cells = line.split(",")
        if cells[:2] == [network, architecture] and cells[-1]:
            return float(cells[-1])
    return None


def counted(out, entry, nvdisasm):
    cubin = out / "kernels" / f"{entry['network']}.{entry['architecture']}.cubin"
    if nvdisasm is None or not cubin.exists():
        return None
    try:
        text = subprocess.run([nvdisasm, "-c", cubin], capture_output=True, text=True, check=True).stdout
        path, events = kernel_instructions.fast_path(kernel_instructions.Code(text))
        return len(path) / events
    except (subprocess.CalledProcessError, ValueError):
        return None


def main():
    out, table = Path(sys.argv[1]), Path(sys.argv[2])
    machine = json.loads((out / "machine.json").read_text())
    entries = json.loads((out / "speed.json").read_text())
    clocks = clock_samples(out / "clocks.csv")
    nvdisasm, counts = shutil.which("nvdisasm"), {}
    print(f"{'network':13} {'code':9} {'trajectories':>12} {'events/s':>10} {'bound':>7} {'of it':>6} "
          f"{'regs':>4} {'occ':>4} {'x CPU':>6} hash")
    for e in entries:
        during = [(mhz, watt) for at, mhz, watt in clocks if e["begin"] <= at <= e["end"]]
        mhz = statistics.median(m for m, _ in during) if during else e["clock_mhz"]
        e["clock_mhz"], e["clock_is_measured"] = mhz, bool(during)
        e["power_w"] = statistics.median(w for _, w in during) if during else None
        e["occupancy"] = e["threads"] / (e["multiprocessors"] * THREADS.get(e["architecture"], 2048))
        e["instructions_per_event"] = e["bound_events_per_second"] = e["share_of_bound"] = None
        if e["code"] == "generated":
            name = e["network"]
            if name not in counts:
                counts[name] = counted(out, e, nvdisasm) or budget_of(table, name, e["architecture"])
            if counts[name]:
                e["instructions_per_event"] = counts[name]
                e["bound_events_per_second"] = e["multiprocessors"] * 128 * mhz * 1e6 / counts[name]
                e["share_of_bound"] = e["events_per_second"] / e["bound_events_per_second"]
        bound, share = e["bound_events_per_second"], e["share_of_bound"]
        print(f"{e['network']:13} {e['code']:9} {e['trajectories']:12} {e['events_per_second']:10.3g} "
              f"{format(bound, '7.1e') if bound else '      -'} "
              f"{format(share, '6.1%') if share else '     -'} {e['registers']:4} {e['occupancy']:4.0%} "
              f"{e['events_per_second'] / e['cpu_events_per_second']:6.1f} "
              f"{'equal' if e['hash_equal'] else 'DIFFERENT'}")
    (out / "result.json").write_text(json.dumps({"machine": machine, "entries": entries}, indent=1) + "\n")


if __name__ == "__main__":
    main()
