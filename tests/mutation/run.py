#!/usr/bin/env python3
"""Plants faults in the product's sources, one at a time, and expects the named tests to fail.

    python3 tests/mutation/run.py              all faults of faults.py
    python3 tests/mutation/run.py --short      the few that CI plants
    python3 tests/mutation/run.py --only NAME  those whose name holds NAME
    python3 tests/mutation/run.py --list       prints the table without building

A copy of the working tree (what git knows, and new files it does not ignore) is built in the folder
--scratch and kept there, so that a second run compiles what has changed since. It is built as the
preset `cpu` builds, in a folder as deep, so that ccache has what was compiled for that. Exit code 1
where a fault survives, where it cannot be planted or compiled, or where the tests are not green
without it.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
from faults import FAULTS  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
TEST_SECONDS = 300  # a test that hangs has seen the fault, too

# Files of cristae_base that no test here needs: half of what there is to compile.
NOT_NEEDED = re.compile(
    r"^  io/(?:(?:result|hdf5|trajectory)_\w+|(?:csv|event_log|json|pick|plot)_writer|(?:mathml|sbml)_writer|"
    r"cell_factors|checkpoint|dataset|ensemble_csv|factor_table|memory_result|network_library|number_table|"
    r"numbered_files|run_report|shared_folder|shards|speed_report|stacked_sets)\.cpp\n",
    re.MULTILINE)


class Failed(Exception):
    pass


def replace_once(text, old, new, where):
    if text.count(old) != 1:
        raise Failed(f"{where}: expected once, found {text.count(old)} times:\n{old}")
    return text.replace(old, new)


def for_mutation(path, text):
    """The file as the copy has it: without bundled kernels and what else would only cost time."""
    if path != "host/CMakeLists.txt":
        return text
    text, count = re.subn(r"set\(bundled_networks [^)]*\)", 'set(bundled_networks "")', text)
    if count != 1:
        raise Failed("host/CMakeLists.txt: the list of bundled networks is not where it was")
    return NOT_NEEDED.sub("", text)


class Copy:
    """The tree under test: synchronised with the working tree, then changed file by file."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.tree = scratch / "tree"
        self.build = self.tree / "build"
        self.originals = {}

    def synchronise(self):
        listed = subprocess.run(["git", "ls-files", "-coz", "--exclude-standard"], cwd=ROOT, check=True,
                                capture_output=True).stdout.decode().split("\0")
        files = {f for f in listed if f and (ROOT / f).is_file()}
        for folder, folders, names in os.walk(self.tree):
            if folder == str(self.tree) and "build" in folders:
                folders.remove("build")
            for known in [Path(folder) / name for name in names]:
                if str(known.relative_to(self.tree)) not in files:
                    known.unlink()
        for file in files:
            content = (ROOT / file).read_bytes()
            if file.endswith("CMakeLists.txt"):
                content = for_mutation(file, content.decode()).encode()
            target = self.tree / file
            if not target.exists() or target.read_bytes() != content:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)

    def patched(self, fault):
        """Path to text, of the files that the fault changes."""
        texts = {}
        for path, old, new in fault.patches:
            if path not in self.originals:
                self.originals[path] = (self.tree / path).read_text()
            texts[path] = replace_once(texts.get(path, self.originals[path]), old, new,
                                       f"fault '{fault.name}': {path}")
        return texts

    def show(self, texts):
        """Makes the tree hold these texts, and the originals elsewhere."""
        for path, original in self.originals.items():
            wanted = texts.get(path, original)
            if (self.tree / path).read_text() != wanted:
                (self.tree / path).write_text(wanted)

    def configure(self):
        if (self.build / "build.ninja").exists():
            return
        run(["cmake", "-S", self.tree, "-B", self.build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
             "-DCRISTAE_CUDA=OFF"], self.scratch / "configure.log")

    def compile(self, programs, jobs):
        run(["cmake", "--build", self.build, "-j", str(jobs), "--target", *sorted(programs)],
            self.scratch / "build.log")


def run(command, log):
    with open(log, "wb") as out:
        done = subprocess.run([str(c) for c in command], stdout=out, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        errors = [line for line in log.read_text(errors="replace").splitlines()
                  if re.search(r"error:|undefined reference", line)]
        raise Failed(f"{command[0]} failed, see {log}\n" + "\n".join(errors[:5]))


def outcome(copy, test, number):
    """green, red or a reason why it is neither; of one pattern of one program."""
    report = copy.scratch / f"report_{number}.json"
    report.unlink(missing_ok=True)
    environment = {**os.environ, "XDG_CACHE_HOME": str(copy.scratch / "cache")}
    try:
        done = subprocess.run(
            [copy.build / "tests" / test.program, f"--gtest_filter={test.pattern}", "--gtest_brief=1",
             f"--gtest_output=json:{report}"],
            env=environment, timeout=TEST_SECONDS, capture_output=True, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return "red (hangs)"
    if done.returncode < 0 or not report.exists():
        return "red (crashes)"
    suites = json.loads(report.read_text())["testsuites"]
    cases = [case for suite in suites for case in suite["testsuite"]]
    if not cases:
        return "no such test"
    if any(case.get("result") == "SKIPPED" for case in cases):
        return "skipped"
    return "red" if done.returncode != 0 else "green"


def outcomes(copy, tests, jobs):
    """(test, outcome, seconds) of each, in order; as many at a time as told."""
    def timed(number, test):
        began = time.monotonic()
        return test, outcome(copy, test, number), time.monotonic() - began

    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(timed, range(len(tests)), tests)


def print_row(fault, test, found, seconds):
    shown = {"green": "GREEN"}.get(found, found)
    print(f"{fault:44.44} {shown:14} {seconds:6.1f}  {test}", flush=True)


def check(copy, faults, jobs):
    """The number of faults that survive, and of anything else that is wrong."""
    wrong = 0
    tests = sorted({test for fault in faults for test in fault.tests})
    began = time.monotonic()
    copy.show({})
    copy.compile({test.program for test in tests}, jobs)
    print_row("(none: compiled)", "", "", time.monotonic() - began)
    for test, found, seconds in outcomes(copy, tests, jobs):
        print_row("(none)", test, found, seconds)
        wrong += found != "green"
    if wrong:
        raise Failed("the tests are not green without a fault")
    for fault in faults:
        began = time.monotonic()
        copy.show(copy.patched(fault))
        copy.compile({test.program for test in fault.tests}, jobs)
        print_row(fault.name, "", "compiled", time.monotonic() - began)
        for test, found, seconds in outcomes(copy, fault.tests, jobs):
            print_row(fault.name, test, found, seconds)
            wrong += not found.startswith("red")
    copy.show({})
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--short", action="store_true", help="the few faults that CI plants")
    parser.add_argument("--only", default="", help="faults whose name holds this text")
    parser.add_argument("--list", action="store_true", help="print faults and tests, build nothing")
    parser.add_argument("--scratch", type=Path, default=ROOT / "build-mutation")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    faults = [f for f in FAULTS if (f.short or not options.short) and options.only in f.name]
    if not faults:
        raise Failed(f"no fault has '{options.only}' in its name")
    if options.list:
        for fault in faults:
            print(fault.name, *(f"    {test}" for test in fault.tests), sep="\n")
        return 0
    began = time.monotonic()
    scratch = options.scratch.resolve()
    copy = Copy(scratch)
    copy.tree.mkdir(parents=True, exist_ok=True)
    copy.synchronise()
    for fault in faults:  # before anything is built
        copy.patched(fault)
    copy.configure()
    wrong = check(copy, faults, options.jobs)
    print(f"{len(faults)} faults, {wrong} tests did not see theirs, {time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        sys.exit(f"tests/mutation/run.py: {failure}")
