# tests/cli/stop_test.py - conditions that stop trajectories or note their time, as users meet them.
"""Takes the program from CRISTAE_BIN and the source tree from CRISTAE_SOURCE."""
import csv
import io
import json
import unittest

from cli_test import CliTest

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
[conditions.pulse]
at = [ { time = 2, add = { A = 50 } } ]
[run]
t_end = 3
sample_every = 0.5
'''


class StopTest(CliTest):
    def setUp(self):
        super().setUp()
        self.put("decay.toml", NETWORK)

    def text(self, *arguments):
        done = self.cristae(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def rows(self, file):
        return list(csv.DictReader(io.StringIO(self.text("export", file, "--what", "features"))))

    def run_to(self, file, *arguments):
        self.text("run", "decay.toml", "--trajectories", "50", "--output", file, "--quiet", *arguments)
        return self.rows(file)


class StopWhen(StopTest):
    def test_is_no_failure_and_is_counted(self):
        done = self.cristae("run", "decay.toml", "--trajectories", "50", "--stop-when", " A<=10 ",
                            "--json", "run.json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"\n50 of 50 trajectories stopped: A<=10\n")
        self.assertIn("decay, until A<=10, n = 50, seed 1", done.stdout)
        found = json.loads(self.read("run.json"))
        self.assertEqual((found["stop_when"], found["first_passages"]), ("A<=10", []))
        self.assertEqual((found["statuses"]["stopped"], found["exit_status"]), (50, 0))
        self.assertEqual(found["events"], 500)
        self.assertTrue(found["certificate"]["passed"])

    def test_gives_the_end_time_of_each_and_what_replays_and_picks_give(self):
        rows = self.run_to("a.h5", "--stop-when", "left <= 10")
        for row in rows:
            self.assertEqual((row["status"], row["events"]), ("stopped", "10"))
        last = self.text("replay", "decay.toml", "--stop-when", "left <= 10", "--trajectory", "7",
                         "--quiet").splitlines()[-1]
        self.assertEqual(float(last.split(",")[1]), float(rows[7]["end_time"]))
        done = self.cristae("pick", "a.h5", "id < 5", "--replay", "again", "--events")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("5 of 5 run again, the same to the last bit", done.stderr)

    def test_ends_at_a_scheduled_change_that_makes_it_true(self):
        for row in self.run_to("b.h5", "--condition", "pulse", "--stop-when", "A > 30"):
            self.assertEqual((row["status"], row["end_time"]), ("stopped", "2"))

    def test_has_states_from_which_a_run_goes_on(self):
        self.run_to("c.h5", "--stop-when", "A == 10")
        found = json.loads(self.text("run", "decay.toml", "--start-from", "c.h5", "--seed", "2",
                                     "--trajectories", "50", "--t-end", "0", "--json", "-"))
        row = next(row for row in found["table"] if row["name"] == "left")
        self.assertEqual((row["mean"], row["var"]), (10, 0))

    def test_is_in_the_command_that_verifies_and_in_the_verification(self):
        text = self.text("verify", "decay.toml", "--stop-when", "A <= 10", "--trajectories", "17")
        self.assertRegex(text, r"bits: (\d+) of \1 forms have every sample")

    def test_that_is_wrong_is_refused(self):
        for text, problem in (
                ("A*B > 3", "error: this is not a sum of copy numbers, each times a constant (in the "
                            "condition 'A*B > 3', at 'A*B'). Write comparisons such as A >= 10 or "
                            "A + 2*B < 5, joined by and, or, not."),
                ("C > 3", "error: name 'C' is not defined (in the condition 'C > 3', at 'C'). "
                          "'cristae inspect' lists the names.")):
            self.refuses(2, problem, "run", "decay.toml", "--stop-when", text)


class FirstPassage(StopTest):
    def test_is_the_time_at_which_the_other_run_stops(self):
        stopped = self.run_to("a.h5", "--stop-when", "A <= 10")
        passed = self.run_to("b.h5", "--first-passage", "A <= 10", "--first-passage", "B>=20")
        never = 0
        for one, other in zip(stopped, passed):
            self.assertEqual(one["end_time"], other["first(A <= 10)"])
            never += other["first(B>=20)"] == ""
            self.assertIn(other["status"], ("completed", "absorbed"))
            self.assertEqual(other["first(B>=20)"] == "", other["status"] == "completed")
        self.assertGreater(never, 0)

    def test_leaves_the_run_as_it_is(self):
        def hashes(*arguments):
            found = json.loads(self.text("run", "decay.toml", "--trajectories", "50", "--json", "-",
                                         "--output", "h.h5", "--overwrite", *arguments))
            return found["contract_hash"], found["statistics_hash"], found["events"]
        self.assertEqual(hashes(), hashes("--first-passage", "A < 3"))

    def test_is_not_reached_where_the_run_stops_before(self):
        for row in self.run_to("c.h5", "--stop-when", "A <= 10", "--first-passage", "A <= 10",
                               "--first-passage", "A <= 12", "--first-passage", "A <= 9"):
            self.assertEqual(row["first(A <= 10)"], row["end_time"])
            self.assertLess(float(row["first(A <= 12)"]), float(row["end_time"]))
            self.assertEqual(row["first(A <= 9)"], "")

    def test_is_0_where_it_holds_from_the_start(self):
        for row in self.run_to("d.h5", "--first-passage", "A == 20"):
            self.assertEqual(row["first(A == 20)"], "0")

    def test_can_be_picked_in_any_spelling(self):
        rows = self.run_to("e.h5", "--first-passage", "A + B >= 20 and B > 5", "--raw")
        wanted = [row["id"] for row in rows if float(row["first(A + B >= 20 and B > 5)"] or 9) < 0.4]
        text = self.text("pick", "e.h5", "first(A+B >= 20 and B>5) < 0.4 and B[end] > 0")
        self.assertEqual([line.split(",")[0] for line in text.splitlines()[1:]], wanted)
        done = self.cristae("pick", "e.h5", "first(B > 6) < 1")
        self.assertEqual(done.returncode, 2)
        self.assertIn("'first(B > 6)' was not kept", done.stderr)
        self.assertIn("Run it again with --first-passage 'B > 6'.", done.stderr)

    def test_is_kept_with_until_and_on_the_reference_engine(self):
        rows = self.run_to("f.h5", "--first-passage", "B >= 1", "--until", "se(mean(B)) < 5 %")
        self.assertTrue(all(float(row["first(B >= 1)"]) > 0 for row in rows))
        rows = self.run_to("g.h5", "--first-passage", "B >= 1", "--engine", "reference")
        self.assertTrue(all(float(row["first(B >= 1)"]) > 0 for row in rows))

    def test_needs_a_result_file(self):
        self.refuses(2, "error: --first-passage is given without a result file (only HDF5 holds what "
                        "it keeps). Add --output FILE.h5.",
                     "run", "decay.toml", "--first-passage", "A > 3")

    def test_is_no_feature_of_keep(self):
        self.refuses(2, "error: 'first(A > 3)' is not told by samples (the condition is looked at "
                        "after every event). Give it as --first-passage, or first_passage in Python.",
                     "run", "decay.toml", "--keep", "first(A > 3)", "--output", "k.h5")


if __name__ == "__main__":
    unittest.main()
