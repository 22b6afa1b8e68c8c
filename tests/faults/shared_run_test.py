# tests/faults/shared_run_test.py - processes that take the shards of one run: the bits of one process.
"""Takes the program from CRISTAE_BIN and the source tree from CRISTAE_SOURCE."""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.environ["CRISTAE_SOURCE"], "tests", "cli"))
from cli_test import (  # noqa: E402
    PROGRAM, CliTest, default_signals, environment, wait_until_it_handles_signals)

VILAR = ["vilar", "--t-end", "100", "--trajectories", "400", "--raw", "--first-passage", "R > 1500",
         "--correlation", "A,R:A", "--covariance"]
RUN = [*VILAR, "--seed", "11", "--threads", "1"]
OTHER = [*VILAR, "--seed", "12", "--threads", "1"]
PARTS = ("statistics", "histograms", "covariance", "features", "end-states", "raw")
SHORT = ["telegraph", "--trajectories", "60", "--threads", "1"]


class SharedRun(CliTest):
    whole = None  # what one process gives

    def start(self, *arguments, before=default_signals, **changes):
        return subprocess.Popen([PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, cwd=self.folder, env=environment(**changes), preexec_fn=before)

    def start_run(self, *options, run=RUN, shard="any/12", **changes):
        return self.start("run", *run, "--shard", shard, "--output", "x.h5", *options, **changes)

    def ends(self, process, code=0):
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, code, err)
        return out, err

    def exported(self, name, parts=PARTS):
        found = {}
        for part in parts:
            done = self.cristae("export", name, "--what", part)
            self.assertEqual(done.returncode, 0, done.stderr)
            found[part] = done.stdout
        return found

    def names(self):
        folder = self.path("x.h5.shared")
        return os.listdir(folder) if os.path.isdir(folder) else []

    def wait_for(self, suffix, count=1):
        for _ in range(6000):
            if sum(name.endswith(suffix) for name in self.names()) >= count:
                return
            time.sleep(0.005)
        self.fail(f"no {count} {suffix}: {self.names()}")

    def is_whole(self):
        """Number by number what one process gives, and nothing is left over."""
        if SharedRun.whole is None:
            done = self.cristae("run", *RUN, "--output", "one.h5", "--quiet")
            self.assertEqual(done.returncode, 0, done.stderr)
            SharedRun.whole = self.exported("one.h5")
        for part, text in self.exported("x.h5").items():
            self.assertTrue(text == SharedRun.whole[part], f"{part} differ")
        # Who is killed while it writes a result may leave a file .cristae-*.tmp.
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("x")], ["x.h5"])

    def fails(self, code, pattern, *arguments):
        done = self.cristae(*arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertRegex(done.stderr, pattern)


class Taken(SharedRun):
    def test_by_several_processes(self):
        processes = [self.start_run() for _ in range(4)]
        told = [self.ends(process) for process in processes]
        self.is_whole()
        finished = [line.split()[1] for _, err in told for line in err.splitlines()
                    if line.startswith("shard ")]
        self.assertEqual(sorted(finished), sorted(f"{i}/12" for i in range(1, 13)))
        self.assertEqual(sum("wrote x.h5" in err for _, err in told), 1)
        self.assertEqual(sum("contract hash" in out for out, _ in told), 1)

    def test_by_one_process_with_all_that_a_run_writes(self):
        out, _ = self.ends(self.start_run("--plot", "p.svg", "--json", "j.json"))
        self.is_whole()
        self.assertIn("400 trajectories, from 12 shards", out)
        self.assertRegex(out, r"time \(h\) +mean +sd")
        self.assertIn("<svg", self.read("p.svg"))
        one = json.loads(self.cristae("run", *RUN, "--json", "-", "--output", "y.h5").stdout)
        found = json.loads(self.read("j.json"))
        for key in ("contract_hash", "statistics_hash", "trajectories", "first", "events"):
            self.assertEqual(found[key], one[key])
        self.assertNotIn("shard", found)
        self.assertNotIn("part_of", found)

    def test_by_ranks_of_mpi(self):
        ranks = [self.start_run(shard="mpi", OMPI_COMM_WORLD_RANK=str(i), OMPI_COMM_WORLD_SIZE="3")
                 for i in range(3)]
        told = "".join(self.ends(rank)[1] for rank in ranks)
        self.is_whole()
        self.assertIn("shard 6/6 is finished", told)  # of 64 trajectories at least

    @unittest.skipUnless(shutil.which("mpirun"), "no mpirun on this machine")
    def test_by_mpirun(self):
        done = subprocess.run(["mpirun", "--oversubscribe", "--allow-run-as-root", "-n", "3", PROGRAM, "run",
                               *RUN, "--quiet", "--shard", "mpi", "--output", "x.h5"], cwd=self.folder,
                              env=environment(), capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.is_whole()

    def test_with_other_threads_and_code(self):
        machines = (["--threads", "2"], ["--code", "table"], ["--engine", "cpu", "--isa", "baseline"])
        processes = [self.start_run("--quiet", *machine, run=[*VILAR, "--seed", "11"]) for machine in machines]
        for process in processes:
            self.ends(process)
        self.is_whole()

    def test_also_where_somebody_comes_late(self):
        first = self.start_run("--quiet", run=SHORT, shard="any/6")
        self.ends(first)
        out, err = self.ends(self.start_run("--overwrite", run=SHORT, shard="any/6"))
        self.assertEqual((out, err), ("", "x.h5 holds this run already: nothing is left to do\n"))
        self.assertEqual(sorted(os.listdir(self.folder)), ["x.h5"])

    def test_where_trajectories_fail_with_the_exit_code_of_the_run(self):
        run = [*SHORT, "--max-events", "20"]
        one = self.cristae("run", *run, "--output", "one.h5", "--quiet")
        self.assertEqual(one.returncode, 4)
        self.ends(self.start_run("--quiet", run=run, shard="any/3"), 4)
        self.assertEqual(self.exported("x.h5", ["statistics"]), self.exported("one.h5", ["statistics"]))


class Refused(SharedRun):
    def test_another_run_under_the_same_name(self):
        process = self.start_run("--quiet")
        self.wait_for(".part.h5.parts")
        other = ["run", *OTHER, "--shard", "any/12", "--output", "x.h5"]
        self.fails(5, r"'x\.h5\.shared' holds shards of another run \(it was interrupted, or is still under "
                      r"way\)\. Use cristae resume to go on with that run, --overwrite to remove what it "
                      r"left, or give another name\.", *other)
        self.fails(5, r"'x\.h5\.shared' is in use \(processes are at another run of this name\)\. Wait for "
                      r"them, or give another name\.", *other, "--overwrite")
        self.ends(process)
        self.is_whole()

    def test_what_another_run_left_is_removed_on_demand(self):
        process = self.start_run("--quiet", run=OTHER)
        self.wait_for(".part.h5.parts")
        process.kill()
        process.communicate()
        self.ends(self.start_run("--quiet", "--overwrite"))
        self.is_whole()

    def test_a_result_that_is_there(self):
        self.put("x.h5", "mine")
        self.fails(5, r"'x\.h5' exists\. Use --overwrite to replace it, or give another name\.",
                   "run", *SHORT, "--shard", "any/6", "--output", "x.h5")
        self.assertEqual((os.listdir(self.folder), self.read("x.h5")), (["x.h5"], "mine"))
        self.ends(self.start_run("--quiet", "--overwrite", run=SHORT, shard="any/6"))

    def test_a_folder_that_is_no_folder(self):
        elsewhere = self.path("elsewhere")
        os.mkdir(elsewhere)
        os.symlink(elsewhere, self.path("x.h5.shared"))
        self.fails(5, r"'x\.h5\.shared' cannot be used for shards", "run", *SHORT, "--shard", "any/6",
                   "--output", "x.h5")
        self.assertEqual(os.listdir(elsewhere), [])

    def test_a_folder_with_something_else_in_it(self):
        os.mkdir(self.path("x.h5.shared"))
        self.put("x.h5.shared/notes.txt", "mine")
        self.fails(5, r"'x\.h5\.shared' cannot be emptied \('notes\.txt' in it is no part of a run\)", "run",
                   *SHORT, "--shard", "any/6", "--output", "x.h5")
        self.assertEqual(self.read("x.h5.shared/notes.txt"), "mine")

    def test_what_makes_no_shards(self):
        run = ("run", "telegraph", "--trajectories", "4", "--output", "x.h5")
        self.refuses(2, "error: --shard is any/5 (a run of 4 trajectories has no more shards than that). "
                        "Give fewer shards.", *run, "--shard", "any/5")
        for text in ("any/", "any/0", "any/x"):
            self.refuses(2, f"error: --shard is '{text}' (any/N is needed, with N from 1).", *run, "--shard",
                         text)
        self.refuses(2, "error: 'x-{shard}.h5' is given with --shard any/N (all processes together write one "
                        "result). Leave {shard} out.", "run", "telegraph", "--output", "x-{shard}.h5",
                     "--shard", "any/5")


class Interrupted(SharedRun):
    def test_by_the_end_of_its_time_and_gone_on_with(self):
        processes = [self.start_run("--quiet") for _ in range(2)]
        for process in processes:
            wait_until_it_handles_signals(process)
        self.wait_for(".part.h5.parts", 2)
        time.sleep(0.2)
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            self.assertIn("cristae resume x.h5 goes on", self.ends(process, 143)[1])
        self.assertFalse(os.path.exists(self.path("x.h5")))
        resumed = [self.start("resume", "x.h5", "--threads", "2") for _ in range(2)]
        for process in resumed:
            self.ends(process)
        self.is_whole()

    def test_of_one_of_them_what_it_had_is_taken_by_the_others(self):
        loser = self.start_run("--quiet", "--checkpoint-every", "0.05")
        self.wait_for(".part.h5.parts")
        others = [self.start_run() for _ in range(2)]
        self.wait_for(".part.h5.parts", 3)
        loser.kill()
        loser.communicate()
        for process in others:
            self.ends(process)
        self.is_whole()

    def test_of_all_at_random_moments(self):
        for seed in range(int(os.environ.get("CRISTAE_FAULT_KILLS", "20")) // 4):
            with self.subTest(seed=seed):
                self.at_random(random.Random(seed))

    def at_random(self, draw):
        if os.path.exists(self.path("x.h5")):
            os.remove(self.path("x.h5"))
        often = ["--quiet", "--checkpoint-every", "0.05"]
        for _ in range(100):
            # Whoever comes first has left the run behind; until then there is nothing to go on with.
            started = any(name.endswith(".checkpoint") for name in self.names())
            command = ["resume", "x.h5"] if started else ["run", *RUN, "--shard", "any/12", "--output", "x.h5"]
            processes = [self.start(*command, *often) for _ in range(draw.choice((1, 2, 3)))]
            time.sleep(draw.uniform(0.1, 1.5))
            ended = [process.poll() for process in processes]
            for process in processes:
                process.kill()
                process.communicate()
            if os.path.exists(self.path("x.h5")) and 0 in ended:
                break
        else:
            self.fail("it never ended")
        # One that was killed after the result was there has left the folder, which the next one removes.
        if self.names():
            self.ends(self.start_run("--quiet"))
        self.is_whole()

    def test_at_the_very_end(self):
        """All shards are whole, and nobody has put them together."""
        process = self.start_run("--quiet")
        self.wait_for(".h5", 1)
        while process.poll() is None and len([n for n in self.names() if n[:-3].isdigit()]) < 12:
            time.sleep(0.001)
        process.kill()
        process.communicate()
        if not os.path.exists(self.path("x.h5")):
            self.ends(self.start("resume", "x.h5", "--quiet"))
        elif self.names():
            self.ends(self.start_run("--quiet"))
        self.is_whole()


if __name__ == "__main__":
    unittest.main()
