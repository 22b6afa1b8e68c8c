# tests/cli/extend_test.py - results that get more trajectories, or a later end.
"""Takes the program from CRISTAE_BIN and the source tree from CRISTAE_SOURCE."""
import json
import os
import shutil
import signal
import subprocess
import time
import unittest

from cli_test import PROGRAM, default_signals, environment, wait_until_it_handles_signals
from merge_test import MergeTest


class Extend(MergeTest):
    def grow(self, trajectories, *options):
        return self.succeeds("extend", "a.h5", "--trajectories", str(trajectories), *options)

    def whole(self, trajectories, *options):
        self.succeeds("run", "decay.toml", "--trajectories", str(trajectories), "--quiet", "--output",
                      "one.h5", "--json", "one.json", "--overwrite", *options)
        return json.loads(self.read("one.json"))

    def test_by_trajectories_is_one_run_of_all(self):
        for options in ((), ("--raw", "--first", "5", "--first-passage", "B >= 10"), ("--keep", "none"),
                        ("--sisters", "3", "--fork-at", "1", "--vary", "k=lognormal(cv=0.2)",
                         "--replicates", "6")):
            self.run_decay("a.h5", "--overwrite", "--threads", "1", *options)
            for trajectories, machine in ((101, ("--isa", "baseline")), (700, ("--threads", "2"))):
                done = self.grow(trajectories, *machine)
                one = self.whole(trajectories, *options)
                self.assertIn(f"\n{trajectories} of {trajectories} trajectories\n"
                              f"contract hash {one['contract_hash']}\n"
                              f"statistics hash {one['statistics_hash']}\n", done.stdout)
                self.assertEqual(done.stderr, "wrote a.h5\n")
                parts = ["statistics", "histograms"] + ["raw"] * ("--raw" in options)
                if "none" not in options:
                    parts += ["features", "end-states"]
                self.assertEqual(self.exported("a.h5", parts), self.exported("one.h5", parts))

    def test_of_a_run_until_it_was_precise_needs_a_number(self):
        self.succeeds("run", "decay.toml", "--until", "se(mean(A)) < 0.2", "--output", "a.h5", "--quiet",
                      "--json", "a.json")
        found = json.loads(self.read("a.json"))
        self.assertEqual(found["until"], "se(mean(A[end])) < 0.2")
        count = found["trajectories"]
        self.refuses(2, f"error: 'a.h5' holds {count} trajectories already (it was to run until "
                        "se(mean(A[end])) < 0.2). Give more with --trajectories.", "extend", "a.h5")
        self.run_decay("b.h5", "--first", str(count))
        self.succeeds("merge", "a.h5", "b.h5", "-o", "all.h5", "--json", "all.json")
        self.grow(count + 100)
        self.whole(count + 100)
        one = self.exported("one.h5")
        self.assertEqual((self.exported("a.h5"), self.exported("all.h5")), (one, one))
        self.assertIsNone(json.loads(self.read("all.json"))["until"])

    def test_may_go_to_another_file(self):
        self.run_decay("a.h5")
        before = self.exported("a.h5")
        self.assertEqual(self.grow(150, "-o", "b.h5", "--quiet").stderr, "")
        self.assertEqual(self.exported("a.h5"), before)
        self.whole(150)
        self.assertEqual(self.exported("b.h5"), self.exported("one.h5"))
        self.refuses(5, "error: 'b.h5' exists. Use --overwrite to replace it, or give another name.",
                     "extend", "a.h5", "--trajectories", "150", "-o", "b.h5")

    def test_to_a_later_end_is_one_run_to_it(self):
        self.run_decay("a.h5", "--set", "k=0.3", "--histogram-times", "4")
        done = self.succeeds("extend", "a.h5", "--t-end", "5")
        self.assertEqual(done.stderr.splitlines()[0],
                         "note: all 100 trajectories are simulated anew, from time 0 to 5 (results do not "
                         "hold what a trajectory needs to go on)")
        self.whole(100, "--set", "k=0.3", "--histogram-times", "4", "--t-end", "5")
        self.assertEqual(self.exported("a.h5"), self.exported("one.h5"))
        self.refuses(2, "error: 'a.h5' goes to t = 5 already (--t-end is 4). Give a later one.",
                     "extend", "a.h5", "--t-end", "4", "--quiet")

    def test_that_is_no_extension_is_refused(self):
        self.run_decay("a.h5")
        self.refuses(2, "error: 'a.h5' holds 100 trajectories already (so many were asked for). Give more "
                        "with --trajectories.", "extend", "a.h5")
        self.refuses(2, "error: 'a.h5' holds 100 trajectories already (--trajectories is 100). Give more "
                        "with --trajectories.", "extend", "a.h5", "--trajectories", "100")
        self.refuses(2, "error: --output is 'a.h5', the result itself (without --output, it is replaced "
                        "when all is done). Leave --output out.",
                     "extend", "a.h5", "--trajectories", "200", "-o", "a.h5")
        self.run_decay("reference.h5", "--engine", "reference")
        self.refuses(2, "error: 'reference.h5' holds no exact sums (the engine 'reference' follows no "
                        "contract). Run it again with --output FILE.h5 on another engine.",
                     "extend", "reference.h5", "--trajectories", "200")
        self.refuses(5, "error: 'none.h5' cannot be read (No such file or directory).",
                     "extend", "none.h5", "--trajectories", "200")

    def test_killed_leaves_the_result_as_it_was(self):
        self.run_decay("a.h5")
        shutil.copy(self.path("a.h5"), self.path("before.h5"))
        before = self.exported("a.h5")
        for wait in (0.05, 0.2, 0.5):
            extend = subprocess.Popen([PROGRAM, "extend", "a.h5", "--trajectories", "50000000", "--quiet"],
                                      cwd=self.folder, env=environment(), preexec_fn=default_signals)
            time.sleep(wait)
            extend.kill()
            extend.wait()
            self.assertEqual(self.exported("a.h5"), before)
            shutil.rmtree(self.path("a.h5.parts"), ignore_errors=True)
        os.mkdir(self.path("a.h5.parts"))
        self.refuses(5, "error: 'a.h5.parts' exists (a run that was interrupted left it, or one is still "
                        "under way). Use cristae resume to go on with that run, --overwrite to remove "
                        "what it left, or give another name.", "extend", "a.h5", "--trajectories", "150")
        self.grow(150, "--overwrite")
        self.whole(150)
        self.assertEqual(self.exported("a.h5"), self.exported("one.h5"))
        self.assertFalse(os.path.exists(self.path("a.h5.parts")))

    def test_interrupted_keeps_what_is_finished(self):
        self.run_decay("a.h5")
        extend = subprocess.Popen([PROGRAM, "extend", "a.h5", "--trajectories", "50000000", "--quiet",
                                   "--json", "a.json"], cwd=self.folder, env=environment(),
                                  preexec_fn=default_signals)
        wait_until_it_handles_signals(extend)
        time.sleep(1)
        extend.send_signal(signal.SIGINT)
        self.assertEqual(extend.wait(timeout=60), 130)
        found = json.loads(self.read("a.json"))
        self.assertTrue(found["interrupted"])
        self.assertEqual(found["trajectories_requested"], 50000000)
        one = self.whole(found["trajectories"])
        self.assertEqual((found["contract_hash"], found["statistics_hash"]),
                         (one["contract_hash"], one["statistics_hash"]))

    LONG = ("--t-end", "40", "--set", "k=3")  # so that one run takes seconds, and is resumed in as many

    def starts_extending(self, *options):
        return subprocess.Popen([PROGRAM, "extend", "a.h5", "--trajectories", "60000", "--quiet", "--code",
                                 "table", "--threads", "1", *options], cwd=self.folder, env=environment(),
                                preexec_fn=default_signals, stderr=subprocess.PIPE, text=True)

    def waits_for_a_checkpoint(self, process, result):
        deadline = time.monotonic() + 60
        while not any(name.endswith(".checkpoint") for name in self.parts_of(result)):
            self.assertTrue(time.monotonic() < deadline and process.poll() is None)
            time.sleep(0.005)

    def parts_of(self, result):
        folder = self.path(result + ".parts")
        return os.listdir(folder) if os.path.isdir(folder) else []

    def is_the_whole_run(self, result, *options):
        self.whole(60000, *self.LONG, *options)
        parts = ["statistics", "histograms", "features", "end-states"]
        self.assertEqual(self.exported(result, parts), self.exported("one.h5", parts))
        self.assertEqual(self.parts_of(result), [])

    def test_killed_or_interrupted_is_resumed_to_one_run_of_all(self):
        cells = ("--sisters", "3", "--fork-at", "1", "--vary", "k=lognormal(cv=0.2)", "--replicates", "6",
                 "--cell-seed", "4", "--correlation", "A", "--covariance")
        for how, code, options in ((signal.SIGKILL, -9, ("--first-passage", "B >= 10", "--samples", "7")),
                                   (signal.SIGTERM, 143, cells)):
            self.run_decay("a.h5", "--overwrite", *self.LONG, *options)
            extend = self.starts_extending("--checkpoint-every", "0.02")
            self.waits_for_a_checkpoint(extend, "a.h5")
            extend.send_signal(how)
            said = extend.communicate(timeout=60)[1]
            self.assertEqual(extend.returncode, code)
            if how == signal.SIGTERM:
                self.assertEqual(said, "interrupted: cristae resume a.h5 goes on\n")
            self.refuses(5, "error: 'a.h5.parts' exists (a run that was interrupted left it, or one is "
                            "still under way). Use cristae resume to go on with that run, --overwrite to "
                            "remove what it left, or give another name.",
                         "extend", "a.h5", "--t-end", "50", "--quiet")
            self.succeeds("resume", "a.h5", "--quiet")
            self.is_the_whole_run("a.h5", *options)

    def test_to_another_file_is_resumed_without_the_first(self):
        self.run_decay("a.h5", *self.LONG)
        extend = self.starts_extending("--checkpoint-every", "0.02", "-o", "b.h5")
        self.waits_for_a_checkpoint(extend, "b.h5")
        extend.kill()
        extend.communicate()
        os.remove(self.path("a.h5"))
        self.succeeds("resume", "b.h5", "--quiet")
        self.is_the_whole_run("b.h5")

    def test_resumed_does_not_replace_another_result(self):
        self.run_decay("a.h5", *self.LONG)
        extend = self.starts_extending("--checkpoint-every", "0.02")
        self.waits_for_a_checkpoint(extend, "a.h5")
        extend.kill()
        extend.communicate()
        self.run_decay("other.h5", "--seed", "9")
        shutil.move(self.path("other.h5"), self.path("a.h5"))
        self.refuses(5, "error: 'a.h5' exists. Use --overwrite to replace it, or give another name.",
                     "resume", "a.h5", "--quiet")
        self.succeeds("resume", "a.h5", "--quiet", "--overwrite")
        self.is_the_whole_run("a.h5")


if __name__ == "__main__":
    unittest.main()
