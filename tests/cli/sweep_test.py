# tests/cli/sweep_test.py - cells that differ, and sweeps, as their users meet them.
"""Takes the program from CRISTAE_BIN and the source tree from CRISTAE_SOURCE."""
import csv
import json
import os
import signal
import subprocess
import time
import unittest

from cli_test import (PROGRAM, CliTest, default_signals, environment,
                      wait_until_it_handles_signals)


class Cells(CliTest):
    def json_of(self, *arguments):
        done = self.cristae("run", *arguments, "--quiet", "--json", "-")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_a_run_says_what_varies_and_a_result_replays_it(self):
        done = self.cristae(
            "run", "telegraph", "--vary", "on=lognormal(cv=0.5),off=gamma(cv=0.2)",
            "--correlate", "on,off=0.5", "--replicates", "2", "--trajectories", "40",
            "--t-end", "5", "--output", "cells.h5")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("on lognormal(cv=0.5), off gamma(cv=0.2), 2 of each cell", done.stdout)
        picked = self.cristae("pick", "cells.h5", "id < 4", "--replay", "again", "--events")
        self.assertEqual(picked.returncode, 0, picked.stderr)
        self.assertIn("4 of 4 run again, the same to the last bit", picked.stderr)

    def test_a_result_with_a_table_and_correlations_replays(self):
        done = self.cristae(
            "run", "telegraph", "--vary", "on=lognormal(cv=0.3),off=lognormal(cv=0.1)", "--vary",
            "s=table(values=2:1:3)", "--correlate", "on,off=0.5", "--trajectories", "20",
            "--t-end", "3", "--output", "mixed.h5", "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        picked = self.cristae("pick", "mixed.h5", "id < 3", "--replay", "again")
        self.assertIn("3 of 3 run again, the same to the last bit", picked.stderr)

    def test_replicates_and_a_precision_exclude_each_other(self):
        done = self.cristae("run", "telegraph", "--vary", "s=lognormal(cv=0.3)", "--replicates", "5",
                            "--until", "se(mean(M)) < 5 %")
        self.assertEqual(done.returncode, 2)
        self.assertIn("a precision is asked for together with replicates or sisters", done.stderr)

    def test_the_same_cells_are_met_with_other_chance(self):
        common = ("telegraph", "--vary", "s=lognormal(cv=1)", "--trajectories", "300")
        one = self.json_of(*common, "--seed", "1")
        other = self.json_of(*common, "--seed", "2", "--cell-seed", "1")
        self.assertNotEqual(one["contract_hash"], other["contract_hash"])
        self.assertEqual(other["cell_seed"], 1)
        self.assertEqual(self.json_of(*common)["contract_hash"], one["contract_hash"])

    def test_factors_come_from_a_table(self):
        self.put("cells.csv", "on,off\n1,1\n2,0.5\n")
        varied = self.json_of("telegraph", "--vary", "on=table(cells.csv)", "--vary",
                              "off=table(cells.csv)", "--trajectories", "20")
        self.assertEqual(varied["varied"], {"on": "table(values=1:2)", "off": "table(values=1:0.5)"})
        done = self.cristae("run", "telegraph", "--vary", "onn=table(cells.csv)")
        self.assertEqual(done.returncode, 2)
        self.assertIn("cells.csv:1:1: error: there is no column 'onn' (its factors are to come from "
                      "there). Did you mean 'on'?", done.stderr)
        self.put("bad.csv", "on\n1\nx,2\ninf\n")
        done = self.cristae("run", "telegraph", "--vary", "on=table(bad.csv)")
        self.assertEqual(done.returncode, 2)
        self.assertIn("bad.csv:3:1: error: the line has 2 fields, the first one 1", done.stderr)
        self.assertIn("bad.csv:4:1: error: 'inf' of column 'on' is no finite number", done.stderr)

    def test_options_of_cells_need_cells(self):
        done = self.cristae("run", "telegraph", "--replicates", "2")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--replicates is given without --vary (cells do not differ). Add --vary.",
                      done.stderr)

    def test_sisters_are_one_until_they_part(self):
        import csv
        done = self.cristae("run", "telegraph", "--sisters", "2", "--fork-at", "10", "--t-end", "20",
                            "--sample-every", "1", "--trajectories", "40", "--raw",
                            "--output", "sisters.h5")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("2 sisters from t = 10 on", done.stdout)
        self.assertIn("2 sisters share their past", done.stderr)
        done = self.cristae("export", "sisters.h5", "--what", "raw", "--output", "sisters.csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.path("sisters.csv")) as file:
            rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
        series = {}
        for row in rows:
            series.setdefault(int(row["id"]), []).append(row["M"])
        differ = 0
        for first in range(0, 40, 2):
            self.assertEqual(series[first][:11], series[first + 1][:11])
            differ += series[first][11:] != series[first + 1][11:]
        self.assertEqual(differ, 20)

    def test_sisters_need_a_time_to_part(self):
        done = self.cristae("run", "telegraph", "--sisters", "2")
        self.assertEqual(done.returncode, 2)
        self.assertIn("2 sisters have no time to part (trajectories of a family are one until then, "
                      "and go their own ways after it). Give both --sisters and --fork-at.",
                      done.stderr)
        done = self.cristae("run", "telegraph", "--sisters", "2", "--fork-at", "1e9")
        self.assertEqual(done.returncode, 2)
        self.assertIn("sisters part at t = 1000000000", done.stderr)

    def test_a_replay_of_a_sister_has_her_events(self):
        logs = []
        for sister in "15", "17":
            done = self.cristae("replay", "telegraph", "--sisters", "3", "--fork-at", "5", "--t-end",
                                "9", "--trajectory", sister, "--output", sister + ".csv")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            with open(self.path(sister + ".csv"), encoding="utf-8") as file:
                lines = [line for line in file if line[0].isdigit()]
            logs.append({before: [line for line in lines if (float(line.split(",")[1]) < 5) == before]
                         for before in (True, False)})
        self.assertGreater(len(logs[0][True]), 20)
        self.assertEqual(logs[0][True], logs[1][True])
        self.assertNotEqual(logs[0][False], logs[1][False])

    def test_verify_compares_all_forms_of_sisters(self):
        done = self.cristae("verify", "telegraph", "--sisters", "2", "--fork-at", "2", "--t-end", "5",
                            "--trajectories", "33")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"bits: (\d+) of \1 forms")

    def test_verify_compares_all_forms_of_cells_that_differ(self):
        done = self.cristae("verify", "telegraph", "--vary", "s=lognormal(cv=0.5)", "--t-end", "5",
                            "--trajectories", "33")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"bits: (\d+) of \1 forms")


class Sweeps(CliTest):
    def test_each_set_has_the_hashes_and_numbers_of_a_run(self):
        done = self.cristae("sweep", "telegraph", "--over", "on=list(0.5,2)", "--over",
                            "off=log(1,10,2)", "--trajectories", "30", "--t-end", "4",
                            "--output", "sweep.csv", "--select", "M", "--seed", "5")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.path("sweep.csv"), newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(sorted({row["parameter_set"] for row in rows}), ["0", "1", "2", "3"])
        alone = self.cristae("run", "telegraph", "--set", "on=2,off=1", "--trajectories", "30",
                             "--t-end", "4", "--output", "run.csv", "--select", "M", "--seed", "5",
                             "--histogram-times", "2", "--quiet")
        self.assertEqual(alone.returncode, 0, alone.stderr)
        with open(self.path("run.csv"), newline="") as file:
            expected = list(csv.DictReader(file))
        of_set = [row for row in rows if row["on"] == "2" and row["off"] == "1"]
        self.assertEqual([{name: row[name] for name in expected[0]} for row in of_set], expected)

    def test_sisters_of_a_set_are_counted_one_by_one(self):
        common = ("telegraph", "--t-end", "5", "--trajectories", "60", "--sisters", "2",
                  "--fork-at", "2", "--histogram-times", "2", "--quiet")
        swept = self.cristae("sweep", *common, "--over", "on=list(0.5, 5)", "--output", "sweep.csv")
        self.assertEqual(swept.returncode, 0, swept.stderr)
        alone = self.cristae("run", *common, "--set", "on=5", "--output", "run.csv")
        self.assertEqual(alone.returncode, 0, alone.stderr)
        with open(self.path("sweep.csv"), newline="") as file:
            of_set = [row for row in csv.DictReader(file) if row["on"] == "5"]
        with open(self.path("run.csv"), newline="") as file:
            expected = list(csv.DictReader(file))
        self.assertEqual(expected[0]["n"], "60")
        self.assertEqual([{name: row[name] for name in expected[0]} for row in of_set], expected)

    def test_conditions_and_cells_are_swept_over(self):
        done = self.cristae("sweep", "isr", "--conditions", "basal,mito", "--trajectories", "5",
                            "--t-end", "20", "--vary", "all", "--output", "isr.h5")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("basal", done.stdout)
        self.assertIn("mito", done.stdout)
        refused = self.cristae("export", "isr.h5")
        self.assertEqual(refused.returncode, 5)
        self.assertIn("is a sweep over parameter sets (the result of one run is needed)",
                      refused.stderr)

    def test_a_set_without_budget_is_named_and_holds_up_nothing(self):
        done = self.cristae("sweep", "birth_death", "--over", "birth_rate=list(0.1,2)",
                            "--trajectories", "10", "--t-end", "40", "--max-events", "20000",
                            "--quiet")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("set 1 (birth_rate = 2): 10 of 10 trajectories ended with status budget",
                      done.stderr)
        self.assertNotIn("set 0", done.stderr)

    def test_sets_come_from_a_file_or_a_design(self):
        self.put("sets.csv", "on,off\n1,2\n3,4\n")
        done = self.cristae("sweep", "telegraph", "--sets", "sets.csv", "--trajectories", "3",
                            "--t-end", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 4, done.stdout)
        done = self.cristae("sweep", "telegraph", "--over", "on=log(0.1,10)", "--design", "sobol(8)",
                            "--trajectories", "3", "--t-end", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 10, done.stdout)

    def test_a_first_passage_is_an_option_of_its_own_and_a_stop_is_swept_over(self):
        done = self.cristae("sweep", "telegraph", "--over", "on=list(1,2)", "--keep",
                            "first(M >= 3)", "--output", "a.h5", "--trajectories", "20000")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("'first(M >= 3)' is not told by samples (the condition is looked at after "
                      "every event). Give it as --first-passage, or first_passage in Python.",
                      done.stderr)
        done = self.cristae("sweep", "telegraph", "--over", "on=list(1,2)", "--first-passage",
                            "M >= 3", "--correlation", "M", "--output", "a.h5", "--trajectories", "20")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.cristae("sweep", "telegraph", "--over", "on=list(1,2)", "--stop-when", "M >= 3",
                            "--output", "b.h5", "--trajectories", "20", "--keep", "none")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_errors_come_all_at_once(self):
        done = self.cristae("sweep", "telegraph", "--over", "onn=list(1)", "--over", "off=1:2",
                            "--select", "MM")
        self.assertEqual(done.returncode, 2)
        self.assertIn("'off=1:2' is no range", done.stderr)
        self.assertIn("'MM'", done.stderr)
        nothing = self.cristae("sweep", "telegraph", "--sets", "a.csv", "--design", "lhs(3)")
        self.assertEqual(nothing.returncode, 2)
        self.assertIn("--sets is given together with --over or --design", nothing.stderr)


class InterruptedSweeps(CliTest):
    """Killed or told to end, and resumed: every value is that of a sweep that ran through."""

    SWEEP = ("sweep", "net.toml", "--over", "k=log(0.5,5,12)", "--conditions", "slow,fast",
             "--trajectories", "700", "--t-end", "1500", "--samples", "10", "--seed", "8", "--keep", "M[end],max(M)",
             "--first-passage", "M >= 9", "--correlation", "M", "--vary", "d=lognormal(cv=0.2)",
             "--histogram-times", "3")
    NETWORK = """
[network]
name = "burst"
time_unit = "min"
[parameters]
k = 1
d = 0.2
s = 2
[species]
G = 0
M = 0
[reactions]
on = { equation = "0 -> G", mass_action = "k" }
off = { equation = "G -> 0", mass_action = "k" }
make = { equation = "G -> G + M", mass_action = "s" }
lose = { equation = "M -> 0", mass_action = "d" }
[conditions.slow]
set = { s = 1 }
[conditions.fast]
signal = { s = "s.csv" }
[run]
t_end = 60
sample_every = 5
"""

    def setUp(self):
        super().setUp()
        self.put("net.toml", self.NETWORK)
        self.put("s.csv", "time,value\n0,2\n20,4\n40,1\n")

    def starts(self, *options):
        return subprocess.Popen([PROGRAM, *self.SWEEP, "--output", "x.h5", "--threads", "1", "--code",
                                 "table", "--quiet", *options], cwd=self.folder, env=environment(),
                                preexec_fn=default_signals, stderr=subprocess.PIPE, text=True)

    def parts(self):
        folder = os.path.join(self.folder, "x.h5.parts")
        return os.listdir(folder) if os.path.isdir(folder) else []

    def waits_for_checkpoints(self, process, count):
        deadline = time.monotonic() + 60
        while not any(int(name.split(".")[0]) >= count for name in self.parts()
                      if name.endswith(".checkpoint")):
            self.assertTrue(time.monotonic() < deadline and process.poll() is None)
            time.sleep(0.005)

    def is_the_whole_sweep(self, resumed):
        """By what is printed of every set; tests/python compares every number of the files."""
        done = self.cristae(*self.SWEEP, "--output", "whole.h5", "--overwrite")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.parts(), [])
        tables = [text.stdout.splitlines()[:25] for text in (done, resumed)]
        self.assertEqual(len(tables[0]), 25)
        self.assertEqual(*tables)

    def test_killed_again_and_again_are_resumed(self):
        sweep = self.starts("--checkpoint-every", "0.02")
        self.waits_for_checkpoints(sweep, 3)
        sweep.kill()
        sweep.communicate()
        os.remove(os.path.join(self.folder, "s.csv"))
        os.remove(os.path.join(self.folder, "net.toml"))
        resume = subprocess.Popen([PROGRAM, "resume", "x.h5", "--checkpoint-every", "0.02", "--quiet"],
                                  cwd=self.folder, env=environment(), preexec_fn=default_signals)
        self.waits_for_checkpoints(resume, 12)
        resume.kill()
        resume.wait()
        done = self.cristae("resume", "x.h5", "--threads", "2", "--code", "auto")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"^\d+ of 16800 trajectories of 24 parameter sets are finished, ")
        self.put("net.toml", self.NETWORK)
        self.put("s.csv", "time,value\n0,2\n20,4\n40,1\n")
        self.is_the_whole_sweep(done)

    def test_told_to_end_say_how_to_go_on(self):
        sweep = self.starts("--checkpoint-every", "0.05")
        self.waits_for_checkpoints(sweep, 2)
        sweep.send_signal(signal.SIGTERM)
        said = sweep.communicate(timeout=60)[1]
        self.assertEqual(sweep.returncode, 143)
        self.assertRegex(said, r"^interrupted: \d+ of 24 parameter sets are complete and reported; "
                               r"cristae resume x.h5 goes on\n$")
        again = self.cristae(*self.SWEEP, "--output", "x.h5")
        self.assertEqual(again.returncode, 5)
        done = self.cristae("resume", "x.h5")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.is_the_whole_sweep(done)

    def test_leave_nothing_where_nothing_was_asked_for(self):
        sweep = self.starts("--checkpoint-every", "0")
        wait_until_it_handles_signals(sweep)
        sweep.send_signal(signal.SIGINT)
        said = sweep.communicate(timeout=60)[1]
        self.assertNotIn("goes on", said)
        self.assertEqual(self.parts(), [])
        done = self.cristae(*self.SWEEP, "--checkpoint-every", "5", "--output", "x.csv")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--checkpoint-every", done.stderr)

    def test_that_are_damaged_change_nothing(self):
        sweep = self.starts("--checkpoint-every", "0.02")
        self.waits_for_checkpoints(sweep, 5)
        sweep.kill()
        sweep.communicate()
        shards = [name for name in self.parts() if name.endswith(".shard")]
        if not shards:
            self.skipTest("no set was complete")
        path = os.path.join(self.folder, "x.h5.parts", min(shards, key=lambda name: int(name.split(".")[0])))
        with open(path, "r+b") as file:
            file.seek(100)
            file.write(b"\0\1\2\3\4\5\6\7")
        done = self.cristae("resume", "x.h5", "--quiet")
        self.assertEqual(done.returncode, 5)
        self.assertIn("is damaged", done.stderr)
        self.assertTrue(self.parts())
        done = self.cristae("resume", "x.h5", "--plot", "x.svg")
        self.assertEqual(done.returncode, 2)
        self.assertIn("error: 'x.h5' is a sweep (there is no picture and no JSON of many parameter sets). "
                      "Leave --plot and --json out.", done.stderr)


if __name__ == "__main__":
    unittest.main()
