# tests/faults/preloaded_test.py - allocations that fail one by one, a time of day that jumps, an end while parts are removed.
"""Takes the program from CRISTAE_BIN, the source tree from CRISTAE_SOURCE, and from
CRISTAE_FAILING_ALLOCATION, CRISTAE_JUMPING_CLOCK and CRISTAE_ENDING_REMOVAL the libraries that are loaded before it.

CRISTAE_FAULT_ALLOCATIONS (60 where it is not set): how many allocations of each command fail, one in
each of so many runs, spread over all of them. Ends with a figure.

Where an allocation of HDF5's own fails, the library may end the process, and nothing can be done about
that from here: its hash table calls exit(-1), so the code is 255, and in other places it goes on without
what it asked for and crashes. (In practice it does not come to that: it is asked for something only
while there is memory, see test_of_memory_where_the_result_is_written in fault_test.py.) That may cost a
run, as a kill does, but nothing else: nothing wrong is under the name of the result, and what was there
is as it was. Every other failure has an error of its own.
"""
import json
import os
import random
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ["CRISTAE_SOURCE"], "tests", "cli"))
from cli_test import PROGRAM, CliTest, environment  # noqa: E402

RUN = ["telegraph", "--t-end", "2", "--trajectories", "30", "--seed", "4", "--threads", "2", "--code", "table",
       "--covariance", "--first-passage", "M >= 3"]
LONG = ["vilar", "--t-end", "200", "--trajectories", "300", "--seed", "11", "--threads", "2"]
COUNT = int(os.environ.get("CRISTAE_FAULT_ALLOCATIONS", "60"))
NAMED = (1, 2, 3, 5, 6)
ENDED = (-11, 255)  # by HDF5
tally = {"tried": 0, "same bits": 0, "named errors": 0, "ended by a library": 0}


class Preloaded(CliTest):
    def preloaded(self, library, *arguments, **variables):
        return subprocess.run([PROGRAM, *arguments], cwd=self.folder, capture_output=True, text=True,
                              timeout=120, env=environment() | {"LD_PRELOAD": os.environ[library], **variables})

    def exported(self, name):
        parts = [self.cristae("export", name, "--what", what) for what in ("statistics", "features")]
        self.assertEqual([part.returncode for part in parts], [0, 0], parts[0].stderr)
        return [part.stdout for part in parts]

    def remove(self, name):
        if os.path.exists(self.path(name)):
            os.remove(self.path(name))
        shutil.rmtree(self.path(name + ".parts"), ignore_errors=True)


class AnEndWhilePartsAreRemoved(Preloaded):
    def test_leaves_the_result_and_no_checkpoint_without_its_shards(self):
        run = ["run", *LONG, "--raw", "--checkpoint-every", "0.05", "--output", "x.h5", "--quiet"]
        for k in range(1, 100):
            self.remove("x.h5")
            done = self.preloaded("CRISTAE_ENDING_REMOVAL", *run, CRISTAE_END_AT_REMOVAL=str(k))
            removed = [path.endswith(".checkpoint") for path in done.stderr.split()]
            self.assertEqual(removed, sorted(removed, reverse=True), done.stderr)
            if done.returncode == 0:
                break
            tally["tried"] += 1
            self.assertEqual(done.returncode, 137, done.stderr)
            before = self.exported("x.h5")
            if any(name.endswith(".checkpoint") for name in os.listdir(self.path("x.h5.parts"))):
                again = self.cristae("resume", "x.h5", "--overwrite")
                self.assertEqual(again.returncode, 0, again.stderr)
                self.assertEqual(self.exported("x.h5"), before)
                tally["same bits"] += 1
        self.assertGreater(k, 4)  # checkpoints, shards, and who writes
        self.assertIn(True, removed)


class AFailedAllocation(Preloaded):
    def allocations(self, *arguments, **variables):
        self.preloaded("CRISTAE_FAILING_ALLOCATION", *arguments,
                       CRISTAE_COUNT_ALLOCATIONS=self.path("count"), **variables)
        return int(self.read("count"))

    def fail(self, k, *arguments, **variables):
        tally["tried"] += 1
        return self.preloaded("CRISTAE_FAILING_ALLOCATION", *arguments, CRISTAE_FAIL_ALLOCATION=str(k),
                              **variables)

    def some_of(self, first, last):
        every = range(first, last + 1)
        return sorted(random.Random(5).sample(every, min(COUNT, len(every))))

    def is_a_named_error_or(self, done, k, libraries):
        """Whether it went through nevertheless."""
        if done.returncode == 0:
            tally["same bits"] += 1
            return True
        if done.returncode in NAMED:
            self.assertRegex(done.stderr, "error: ", k)
            tally["named errors"] += 1
        else:
            self.assertTrue(libraries, (k, done.returncode, done.stderr))
            self.assertIn(done.returncode, ENDED, (k, done.stderr))
            tally["ended by a library"] += 1
        return False

    def test_of_a_run_has_an_error_of_its_own_or_changes_nothing(self):
        run = ("run", *RUN, "--quiet", "--checkpoint-every", "0.02", "--output", "x.h5")
        spared = {"CRISTAE_SPARE_ALLOCATIONS": "libhdf5"}
        last = self.allocations(*run, **spared)
        whole = self.exported("x.h5")
        for k in self.some_of(1, last):
            self.remove("x.h5")
            done = self.fail(k, *run, **spared)
            if self.is_a_named_error_or(done, k, libraries=False):
                self.assertEqual(self.exported("x.h5"), whole, k)
            elif os.path.exists(self.path("x.h5")):
                self.assertEqual(self.exported("x.h5"), whole, k)

    def test_anywhere_in_a_run_leaves_nothing_wrong(self):
        self.cristae("run", *RUN, "--quiet", "--first", "90", "--output", "before.h5")
        before = self.exported("before.h5")
        run = ("run", *RUN, "--quiet", "--checkpoint-every", "0.02", "--overwrite", "--output", "x.h5")
        last = self.allocations(*run)
        whole = self.exported("x.h5")
        for k in self.some_of(1, last):
            self.remove("x.h5")
            shutil.copy(self.path("before.h5"), self.path("x.h5"))
            went_through = self.is_a_named_error_or(self.fail(k, *run), k, libraries=True)
            self.assertIn(self.exported("x.h5"), [whole] if went_through else [before, whole], k)

    def test_of_a_run_that_goes_on_leaves_it_able_to(self):
        self.cristae("run", *LONG, "--quiet", "--output", "whole.h5")
        whole = self.exported("whole.h5")
        process = subprocess.Popen([PROGRAM, "run", *LONG, "--quiet", "--checkpoint-every", "0.02", "--code",
                                    "table", "--output", "x.h5"], cwd=self.folder, env=environment())
        while process.poll() is None and not any(
                name.endswith(".checkpoint") for name in self.listed("x.h5.parts")):
            pass
        process.kill()
        process.wait()
        self.assertTrue(self.listed("x.h5.parts"), "it was over before it could be killed")
        shutil.copytree(self.path("x.h5.parts"), self.path("saved"))
        resume = ("resume", "x.h5", "--quiet", "--checkpoint-every", "0")
        last = self.allocations(*resume)
        self.assertEqual(self.exported("x.h5"), whole)
        for k in self.some_of(1, last)[::5]:
            self.remove("x.h5")
            shutil.copytree(self.path("saved"), self.path("x.h5.parts"))
            if not self.is_a_named_error_or(self.fail(k, *resume), k, libraries=True):
                again = self.cristae(*resume)
                self.assertEqual(again.returncode, 0, (k, again.stderr))
            self.assertEqual(self.exported("x.h5"), whole, k)

    def listed(self, folder):
        return os.listdir(self.path(folder)) if os.path.isdir(self.path(folder)) else []

    def test_of_a_merge_writes_nothing_or_the_whole(self):
        for i in (1, 2, 3):
            self.cristae("run", *RUN, "--quiet", "--shard", f"{i}/3", "--output", f"{i}.h5")
        merge = ("merge", "1.h5", "2.h5", "3.h5", "-o", "x.h5", "--quiet")
        last = self.allocations(*merge)
        whole = self.exported("x.h5")
        for k in self.some_of(1, last):
            self.remove("x.h5")
            if self.is_a_named_error_or(self.fail(k, *merge), k, libraries=True):
                self.assertEqual(self.exported("x.h5"), whole, k)
            elif os.path.exists(self.path("x.h5")):
                self.assertEqual(self.exported("x.h5"), whole, k)


class AJumpingClock(Preloaded):
    def test_changes_no_run_no_checkpoint_and_no_figure(self):
        whole = self.cristae("run", *LONG, "--quiet", "--output", "whole.h5")
        self.assertEqual(whole.returncode, 0, whole.stderr)
        run = ("run", *LONG, "--checkpoint-every", "0.05", "--until", "se(mean(A)) < 1e-9", "--code", "table")
        done = self.preloaded("CRISTAE_JUMPING_CLOCK", *run, "--output", "x.h5", "--json", "x.json")
        self.assertEqual(done.returncode, 4, done.stderr)  # so precise it does not get
        self.assertEqual(self.exported("x.h5"), self.exported("whole.h5"))
        seconds = json.loads(self.read("x.json"))["wall_seconds"]
        self.assertTrue(0 <= seconds < 600, seconds)
        self.assertFalse(os.path.exists(self.path("x.h5.parts")))


def tearDownModule():
    print("allocations that failed:", json.dumps(tally), file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
