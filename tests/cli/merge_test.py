# tests/cli/merge_test.py - shards of a run and their merge, as users of clusters meet them.
"""Takes the program from CRISTAE_BIN and the source tree from CRISTAE_SOURCE."""
import json
import os
import random
import shutil
import subprocess
import time
import unittest

from cli_test import PROGRAM, CliTest, default_signals, environment

NETWORK = '''
[network]
name = "decay"
time_unit = "h"
[parameters]
k = 1.0
[species]
A = 20
B = 0
[reactions]
turn = { equation = "A -> B", mass_action = "k" }
[observables]
left = "A"
[run]
t_end = 3
sample_every = 0.5
'''
PARTS = ("statistics", "histograms", "features", "end-states")


class MergeTest(CliTest):
    def setUp(self):
        super().setUp()
        self.put("decay.toml", NETWORK)

    def succeeds(self, *arguments, **changes):
        done = self.cristae(*arguments, **changes)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def run_decay(self, output, *options, **changes):
        self.succeeds("run", "decay.toml", "--trajectories", "100", "--quiet", "--output", output,
                      *options, **changes)

    def make_shards(self, count, *options):
        names = [f"{i}.h5" for i in range(1, count + 1)]
        for i, name in enumerate(names, 1):
            self.run_decay(name, "--shard", f"{i}/{count}", *options)
        return names

    def exported(self, result, parts=PARTS):
        return [self.succeeds("export", result, "--what", part).stdout for part in parts]


class Shard(MergeTest):
    def test_is_a_part_of_the_trajectories(self):
        self.run_decay("b.h5", "--shard", "2/3", "--first", "10", "--json", "b.json")
        found = json.loads(self.read("b.json"))
        self.assertEqual((found["first"], found["trajectories"], found["trajectories_requested"]),
                         (44, 33, 33))
        self.assertEqual((found["shard"], found["part_of"]),
                         ("2/3", {"first": 10, "trajectories": 100}))
        done = self.succeeds("run", "decay.toml", "--first", "44", "--trajectories", "33", "--json", "-")
        self.assertEqual(json.loads(done.stdout)["contract_hash"], found["contract_hash"])

    def test_is_told_by_the_task_of_a_job_array(self):
        arrays = [(i, 0, 4, 5, i + 1) for i in range(5)] + [(7, 3, 11, 3, 2), (9, 9, 9, 1, 1)]
        for task, least, most, count, number in arrays:
            self.run_decay("a.h5", "--shard", "slurm", "--json", "a.json", "--overwrite",
                           SLURM_ARRAY_TASK_ID=str(task), SLURM_ARRAY_TASK_MIN=str(least),
                           SLURM_ARRAY_TASK_MAX=str(most), SLURM_ARRAY_TASK_COUNT=str(count))
            self.assertEqual(json.loads(self.read("a.json"))["shard"], f"{number}/{count}")

    def test_is_told_by_the_rank_of_a_process_of_mpi(self):
        for prefix in ("OMPI_COMM_WORLD_", "PMI_"):
            for rank in range(3):
                ranks = {prefix + "RANK": str(rank), prefix + "SIZE": "3"}
                self.run_decay("rank-{shard}.h5", "--shard", "mpi", "--json", "{shard}-{shard}.json",
                               "--overwrite", **ranks)
                found = json.loads(self.read(f"{rank + 1}-{rank + 1}.json"))
                self.assertEqual(found["shard"], f"{rank + 1}/3")
            self.succeeds("merge", "rank-1.h5", "rank-2.h5", "rank-3.h5", "-o", "all.h5", "--overwrite")
            self.run_decay("one.h5", "--overwrite")
            self.assertEqual(self.exported("all.h5"), self.exported("one.h5"))

    def test_of_no_process_of_mpi_is_refused(self):
        run = ("run", "decay.toml", "--output", "{shard}.h5", "--shard", "mpi")
        fix = "Start it with mpirun, or give I/N.\n"
        for variables, problem in (
                ({}, "neither OMPI_COMM_WORLD_RANK nor PMI_RANK is set"),
                ({"PMI_RANK": "0"}, "PMI_SIZE is not set"),
                ({"OMPI_COMM_WORLD_RANK": "x", "OMPI_COMM_WORLD_SIZE": "2"},
                 "OMPI_COMM_WORLD_RANK is 'x', which is no whole number"),
                ({"OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_SIZE": "2"}, "rank 2 is not one of 2")):
            done = self.cristae(*run, **variables)
            self.assertEqual((done.returncode, done.stderr),
                             (2, f"error: --shard is 'mpi' ({problem}). {fix}"))

    @unittest.skipUnless(shutil.which("mpirun"), "no mpirun on this machine")
    def test_is_told_by_mpirun(self):
        ranks = subprocess.run(["mpirun", "--oversubscribe", "--allow-run-as-root", "-n", "3", PROGRAM, "run",
                                "decay.toml", "--quiet", "--threads", "1", "--shard", "mpi", "--output",
                                "r{shard}.h5"], cwd=self.folder, env=environment(), capture_output=True)
        self.assertEqual(ranks.returncode, 0, ranks.stderr)
        self.succeeds("merge", "r1.h5", "r2.h5", "r3.h5", "-o", "all.h5")
        self.succeeds("run", "decay.toml", "--quiet", "--output", "one.h5")
        self.assertEqual(self.exported("all.h5"), self.exported("one.h5"))

    def test_is_not_told_by_variables_that_nobody_asks_for(self):
        self.run_decay("a.h5", "--json", "a.json", SLURM_ARRAY_TASK_ID="3", SLURM_ARRAY_TASK_MIN="1",
                       SLURM_ARRAY_TASK_MAX="9", SLURM_ARRAY_TASK_COUNT="9")
        self.assertNotIn("shard", json.loads(self.read("a.json")))

    def test_of_no_array_or_of_a_list_is_refused(self):
        run = ("run", "decay.toml", "--output", "a.h5", "--shard", "slurm")
        self.refuses(2, "error: --shard is 'slurm' (SLURM_ARRAY_TASK_ID is not set). Start it in a job "
                        "array (sbatch --array), or give I/N.", *run)
        done = self.cristae(*run, SLURM_ARRAY_TASK_ID="7", SLURM_ARRAY_TASK_MIN="1",
                            SLURM_ARRAY_TASK_MAX="8", SLURM_ARRAY_TASK_COUNT="3")
        self.assertEqual((done.returncode, done.stderr),
                         (2, "error: --shard is 'slurm' (the 3 tasks from 1 to 8 are not evenly "
                             "spaced). Give the shard itself, as --shard $SLURM_ARRAY_TASK_ID/N.\n"))

    def test_that_means_nothing_is_refused(self):
        run = ("run", "decay.toml", "--trajectories", "4")
        for text in ("0/3", "4/3", "x", "1/", "/2", "1/2/3", "-1/2"):
            self.refuses(2, f"error: --shard is '{text}' (I/N is needed, with I from 1 to N, or any/N, or "
                            "slurm, or mpi).",
                         *run, "--output", "a.h5", "--shard", text)
        self.refuses(2, "error: --shard is 1/5 (a run of 4 trajectories has no more shards than that). "
                        "Give fewer shards.", *run, "--output", "a.h5", "--shard", "1/5")
        self.refuses(2, "error: --shard is given without a result file (only HDF5 holds what it keeps). "
                        "Add --output FILE.h5.", *run, "--shard", "1/2")
        self.refuses(2, "error: --shard is given with --engine reference (its results cannot be "
                        "merged). Use another engine.",
                     *run, "--output", "a.h5", "--shard", "1/2", "--engine", "reference")
        self.refuses(2, "error: --shard is given with --until (how precise a run is, no shard of it can "
                        "tell). Give --trajectories.", "run", "decay.toml", "--output", "a.h5",
                     "--shard", "1/2", "--until", "se(mean(A)) < 1")


class Merge(MergeTest):
    def test_of_all_shards_is_the_result_of_one_run(self):
        shards = self.make_shards(7, "--raw", "--covariance")
        self.run_decay("one.h5", "--raw", "--covariance", "--json", "one.json")
        one = json.loads(self.read("one.json"))
        random.Random(1).shuffle(shards)
        done = self.succeeds("merge", *shards, "-o", "all.h5")
        self.assertEqual(done.stderr, "wrote all.h5\n")
        self.assertRegex(done.stdout, "^decay, n = 100, seed 1\n100 of 100 trajectories, from 7 results\n"
                         f"contract hash {one['contract_hash']}\nstatistics hash {one['statistics_hash']}\n"
                         "certified: 7 trajectories, ")
        parts = (*PARTS, "covariance", "raw")
        self.assertEqual(self.exported("all.h5", parts), self.exported("one.h5", parts))
        merged = json.loads(self.succeeds("merge", *shards, "-o", "b.h5", "--json", "-").stdout)
        for name in ("contract_hash", "statistics_hash", "events", "trajectories", "first", "statuses",
                     "trajectories_requested", "exit_status", "interrupted", "table"):
            self.assertEqual(merged[name], one[name], name)
        self.assertEqual(sorted(os.listdir(self.folder)),
                         sorted([*shards, "all.h5", "b.h5", "decay.toml", "one.h5", "one.json"]))

    def test_of_runs_that_go_on_needs_no_shards(self):
        self.run_decay("a.h5")
        self.run_decay("b.h5", "--first", "100")
        self.succeeds("merge", "b.h5", "a.h5", "-o", "all.h5")
        self.succeeds("run", "decay.toml", "--trajectories", "200", "--quiet", "--output", "one.h5")
        self.assertEqual(self.exported("all.h5"), self.exported("one.h5"))

    def test_names_what_is_missing_doubled_or_foreign(self):
        shards = self.make_shards(5)

        def refuse(text, *results):
            self.refuses(2, text, "merge", *results, "-o", "all.h5")

        refuse("error: 40 of 100 trajectories are missing: 20 to 39, 80 to 99 (what is there may be a "
               "biased sample). Run them, as --first 20 --trajectories 20, or merge what is there with "
               "--partial.", shards[0], shards[3], shards[2])
        refuse("error: '2.h5' and '2.h5' both hold trajectories 20 to 39 (every trajectory must be there "
               "once). Leave one of them out.", *shards, "2.h5")
        self.run_decay("seed.h5", "--seed", "2", "--shard", "2/5")
        refuse("error: 'seed.h5' is not of the run of '1.h5' (seed: 2, not 1). Leave it out, or run it "
               "again as the others.", *shards, "seed.h5")
        self.put("decay.toml", NETWORK.replace("k = 1.0", "k = 1.1"))
        self.run_decay("network.h5", "--shard", "2/5")
        refuse("error: 'network.h5' is not of the run of '1.h5' (network differs). Leave it out, or run "
               "it again as the others.", *shards, "network.h5")
        self.assertFalse(os.path.exists(self.path("all.h5")))

    def test_with_gaps_is_marked_as_partial(self):
        shards = self.make_shards(5)
        done = self.succeeds("merge", shards[4], shards[3], shards[0], "-o", "some.h5", "--partial",
                             "--json", "some.json")
        self.assertEqual(done.stderr,
                         "warning: 40 of 100 trajectories are missing: 20 to 59 (the result is marked as "
                         "partial).\nwarning: 1 result is left out (a result has no gaps, and the others "
                         "are the longest stretch without one).\nwrote some.h5\nwrote some.json\n")
        self.assertIn("\n40 of 100 trajectories, from 2 results, partial\n", done.stdout)
        found = json.loads(self.read("some.json"))
        self.assertEqual((found["first"], found["trajectories"], found["missing"], found["part_of"]),
                         (60, 40, "20 to 59", {"first": 0, "trajectories": 100}))
        done = self.cristae("run", "decay.toml", "--start-from", "some.h5", "--seed", "2", "--quiet")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        done = self.cristae("run", "decay.toml", "--start-from", "some.h5", "--seed", "2")
        self.assertIn("note: 'some.h5' is a merge with gaps (trajectories 20 to 59 of its run are "
                      "missing).\n", done.stderr)
        # What was left out and what was missing complete it.
        self.succeeds("merge", "some.h5", *shards[:3], "-o", "all.h5")
        self.run_decay("one.h5")
        self.assertEqual(self.exported("all.h5"), self.exported("one.h5"))

    def test_says_what_a_line_lacks(self):
        self.refuses(2, "error: RESULTS is missing. Give the files that cristae run --shard wrote: cristae "
                        "merge A.h5 B.h5 -o ALL.h5.\nerror: --output is missing. Give a name that ends in "
                        ".h5.", "merge")
        self.run_decay("a.h5")
        self.refuses(2, "error: --output is 'a.h5', one of the results (it would be replaced). Give "
                        "another name.", "merge", "a.h5", "-o", "a.h5")
        self.refuses(5, "error: 'none.h5' cannot be read (No such file or directory).",
                     "merge", "a.h5", "none.h5", "-o", "b.h5")
        self.put("b.h5", "mine")
        self.refuses(5, "error: 'b.h5' exists. Use --overwrite to replace it, or give another name.",
                     "merge", "a.h5", "-o", "b.h5")
        self.assertEqual(self.read("b.h5"), "mine")

    def test_finds_damage(self):
        shards = self.make_shards(2)
        with open(self.path("2.h5"), "rb") as file:
            whole = file.read()
        noticed = 0
        for place in range(4096, len(whole), len(whole) // 40):
            damaged = bytearray(whole)
            damaged[place] ^= 0x10
            with open(self.path("2.h5"), "wb") as file:
                file.write(damaged)
            done = self.cristae("merge", *shards, "-o", "all.h5", "--overwrite", "--quiet")
            if done.returncode == 0:  # a byte that means nothing
                self.assertEqual(self.exported("all.h5"), self.whole())
                os.remove(self.path("all.h5"))
            else:
                noticed += 1
                self.assertEqual(done.returncode, 5, done.stderr)
                self.assertIn("'2.h5'", done.stderr)
            self.assertFalse(os.path.exists(self.path("all.h5")))
        self.assertGreater(noticed, 5)

    def whole(self):
        if not os.path.exists(self.path("one.h5")):
            self.run_decay("one.h5")
        return self.exported("one.h5")

    def test_killed_at_any_moment_leaves_nothing_or_all(self):
        shards = self.make_shards(25)
        start = time.monotonic()
        self.succeeds("merge", *shards, "-o", "first.h5")
        usual = time.monotonic() - start
        expected = self.exported("first.h5")
        moments = random.Random(3)
        died = 0
        for _ in range(25):
            merge = subprocess.Popen([PROGRAM, "merge", *shards, "-o", "all.h5", "--quiet"],
                                     cwd=self.folder, env=environment(), preexec_fn=default_signals)
            time.sleep(moments.uniform(0, 1.2 * usual))
            merge.kill()
            died += merge.wait() != 0
            if os.path.exists(self.path("all.h5")):
                self.assertEqual(self.exported("all.h5"), expected)
                os.remove(self.path("all.h5"))
        self.assertGreater(died, 3)
        self.succeeds("merge", *shards, "-o", "all.h5")
        self.assertEqual(self.exported("all.h5"), expected)


if __name__ == "__main__":
    unittest.main()
