# tests/cli/verify_test.py - certificates of runs, and `cristae verify`, as their users meet them.
"""Takes the program from CRISTAE_BIN and the source tree from CRISTAE_SOURCE."""
import json
import re
import signal
import subprocess
import unittest

from cli_test import PROGRAM, CliTest, default_signals, environment

NETWORK = '''
[network]
name = "clock"
time_unit = "h"
[parameters]
make = 20
drop = 0.5
[species]
A = 10
B = 0
[reactions]
birth = { equation = "0 -> A", mass_action = "make" }
turn = { equation = "A -> B", mass_action = "drop" }
death = { equation = "B -> 0", mass_action = "drop" }
[conditions.pulse]
at = [ { time = 3, set = { make = 60 }, add = { B = 5 } } ]
[run]
t_end = 10
sample_every = 1
'''


class VerificationTest(CliTest):
    def setUp(self):
        super().setUp()
        self.put("clock.toml", NETWORK)

    def text(self, *arguments, **changes):
        """What a command that succeeds prints on standard output."""
        done = self.cristae(*arguments, **changes)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout


class Certificate(VerificationTest):
    def test_a_run_ends_with_what_was_followed(self):
        last = self.text("run", "clock.toml", "--condition", "pulse").splitlines()[-2:]
        self.assertRegex(last[0], r"^certified: 1 trajectory, [\d.]+ k events, bits as the run "
                         r"delivered them, 1 of 1 to the end$")
        self.assertRegex(last[1], r"^propensities: 3 reactions followed with independent code: "
                         r"worst \|z\| \d\.\d \(reaction '(birth|turn|death)'\), p = 1$")

    def test_the_json_holds_it(self):
        found = self.results("clock.toml", "--trajectories", "5000")["certificate"]
        self.assertEqual(list(found), ["passed", "p", "worst_reaction", "worst_z", "trajectories",
                                       "whole_trajectories", "events", "reactions"])
        self.assertIs(found["passed"], True)
        self.assertEqual(found["p"], 1)
        self.assertIn(found["worst_reaction"], ("birth", "turn", "death"))
        self.assertLess(abs(found["worst_z"]), 5.8)  # false alarms: below 1e-6
        self.assertEqual((found["trajectories"], found["whole_trajectories"]), (3, 3))
        self.assertEqual(found["reactions"], 3)

    def test_the_result_file_holds_it(self):
        self.text("run", "clock.toml", "--trajectories", "20", "--output", "r.h5")
        with open(self.path("r.h5"), "rb") as file:
            data = file.read()
        for name in (b"certificate_firings", b"certificate_integral", b"certificate_z",
                     b"certificate_trajectories"):
            self.assertIn(name, data)

    def test_the_share_that_is_asked_for_is_followed_to_the_end(self):
        for share, count in (("0.1", 10), ("0.5", 50), ("1", 100)):
            found = self.results("clock.toml", "--trajectories", "100", "--certify", share)
            self.assertEqual(found["certificate"]["trajectories"], count)
            self.assertEqual(found["certificate"]["whole_trajectories"], count)
        self.assertEqual(found["certificate"]["events"], found["events"])

    def test_it_changes_no_result(self):
        runs = [self.results("clock.toml", "--trajectories", "300", *options)
                for options in (["--certify", "0"], [], ["--certify", "1"])]
        self.assertIsNone(runs[0]["certificate"])
        for key in ("contract_hash", "statistics_hash", "table", "events", "statuses"):
            self.assertEqual(runs[0][key], runs[1][key])
            self.assertEqual(runs[0][key], runs[2][key])
        self.assertNotIn("certified", self.text("run", "clock.toml", "--certify", "0"))

    def test_the_reference_engine_cannot_have_one(self):
        text = self.text("run", "clock.toml", "--trajectories", "20", "--engine", "reference")
        self.assertEqual(text.splitlines()[-1],
                         "not certified: the reference engine follows no contract")
        found = self.results("clock.toml", "--trajectories", "20", "--engine", "reference")
        self.assertIsNone(found["certificate"])

    def test_runs_in_steps_and_from_a_later_trajectory_have_one(self):
        found = self.results("clock.toml", "--first", "777", "--until", "se(mean(A)) < 0.5 %",
                             "--certify", "0.01")
        self.assertGreater(found["trajectories"], 256)
        self.assertEqual(found["certificate"]["trajectories"], -(-found["trajectories"] // 100))

    def test_trajectories_that_end_early_are_followed_as_far_as_they_went(self):
        found = self.results("clock.toml", "--trajectories", "40", "--max-events", "25",
                             "--certify", "1", code=4)
        self.assertIs(found["certificate"]["passed"], True)
        self.assertEqual(found["certificate"]["events"], 40 * 25)

    def test_an_interrupted_run_has_one_of_what_it_reports(self):
        for seconds in 2, 10, 40:  # a busy machine may still be compiling the network
            run = subprocess.Popen([PROGRAM, "run", "clock.toml", "--trajectories", "1e8", "--json",
                                    "r.json", "--quiet", "--overwrite"], cwd=self.folder,
                                   env=environment(), stderr=subprocess.DEVNULL,
                                   preexec_fn=default_signals)
            try:
                run.wait(seconds)
                self.fail("it was to be interrupted")
            except subprocess.TimeoutExpired:
                run.send_signal(signal.SIGINT)
            self.assertEqual(run.wait(60), 130)
            found = json.loads(self.read("r.json"))
            if found["trajectories"] > 0:
                break
        self.assertGreater(found["trajectories"], 0)
        self.assertIs(found["certificate"]["passed"], True)
        self.assertLessEqual(found["certificate"]["events"], 20_000)

    def test_a_share_is_at_most_one(self):
        self.refuses(2, "error: --certify is '1.5' (a share from 0 to 1 is needed).",
                     "run", "clock.toml", "--certify", "1.5")


class Verify(VerificationTest):
    def rows(self, text):
        """Rows of the table, split at two blanks or more."""
        lines = text.splitlines()
        header = next(i for i, line in enumerate(lines) if line.startswith("form "))
        return [re.split(r"\s{2,}", line) for line in lines[header + 1:lines.index(
            "(ns per event and core)")]]

    def isas(self):
        return re.search(r"instruction sets (.*)", self.text("devices")).group(1).split(", ")

    def test_every_form_has_the_bits_of_the_replay(self):
        options = ["clock.toml", "--condition", "pulse", "--trajectories", "33", "--seed", "5"]
        text = self.text("verify", *options, CRISTAE_CACHE=self.folder)
        rows = self.rows(text)
        self.assertEqual(rows[0][0], "replay")
        self.assertEqual(rows[-1][0], "reference")
        self.assertEqual(rows[-1][-1], "in distribution")
        forms = rows[1:-1]
        isas = [isa.split()[0] for isa in self.isas()]
        for isa in isas:
            for ending in ("", ", one at a time"):
                mine = [row for row in forms if row[0] == f"cpu {isa}{ending}"]
                self.assertTrue(any(row[1].startswith("tables") for row in mine), (isa, ending))
        for row in forms:
            self.assertEqual((row[3], row[-1]), ("33", "yes"), row)
        run = self.results(*options)
        self.assertEqual({row[5] for row in [rows[0], *forms]}, {run["contract_hash"]})
        self.assertIn("\nbits: {0} of {0} forms have ".format(len(forms)), text)
        self.assertRegex(text, r"\nreference: .* means of 2 species .* worst \|z\| \d\.\d ")
        self.assertRegex(text, r"\npropensities: 3 reactions followed with .* p = 1\n$")
        generated = [row for row in forms if row[1].startswith("generated code")]
        missing = re.findall(r"^not compared: .*generated code", text, re.MULTILINE)
        self.assertEqual(len(generated), 3 * (len(isas) - len(missing)))

    def test_forms_that_are_not_here_are_named(self):
        text = self.text("verify", "clock.toml", "--trajectories", "3", "--t-end", "2",
                         CRISTAE_CXX="/nowhere/c++", CRISTAE_CACHE=self.folder)
        for isa in self.isas():
            self.assertRegex(
                text, rf"\nnot compared: cpu {isa.split()[0]}, generated code \(.+\)\n")
        self.assertIn(", which so few trajectories cannot exceed\n", text)

    def test_trajectories_that_end_early_are_compared_and_counted(self):
        text = self.text("verify", "clock.toml", "--trajectories", "7", "--first", "100",
                         "--max-events", "30", CRISTAE_CXX="/nowhere/c++",
                         CRISTAE_CACHE=self.folder)
        self.assertTrue(text.startswith(
            "clock, trajectories 100 to 106 of seed 1, 7 of which end early\n\n"), text)
        self.assertEqual({row[4] for row in self.rows(text)}, {"210"})

    def test_it_starts_from_end_states_like_a_run(self):
        self.text("run", "clock.toml", "--trajectories", "10", "--output", "r.h5")
        options = ["clock.toml", "--start-from", "r.h5", "--seed", "2", "--trajectories", "12"]
        text = self.text("verify", *options, CRISTAE_CXX="/nowhere/c++", CRISTAE_CACHE=self.folder)
        self.assertEqual(self.rows(text)[0][5], self.results(*options)["contract_hash"])

    def test_quiet_prints_nothing_where_all_is_well(self):
        done = self.cristae("verify", "clock.toml", "--trajectories", "3", "--quiet",
                            CRISTAE_CXX="/nowhere/c++", CRISTAE_CACHE=self.folder)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_what_does_not_fit_into_memory_is_refused(self):
        done = self.cristae("verify", "clock.toml", "--trajectories", "1e10")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(
            done.stderr,
            r"^error: \d+\.\d GiB needed for every sample of 10000000000 trajectories, "
            r"\d+\.\d [GM]iB available \(they are compared one by one\)\. Use fewer --trajectories "
            r"or fewer --samples\.\n$")

    def test_names_that_the_network_does_not_have_are_refused(self):
        self.refuses(2, "error: unknown condition 'puls'. Did you mean 'pulse'?",
                     "verify", "clock.toml", "--condition", "puls")

    def test_an_interrupted_one_says_that_nothing_is_verified(self):
        run = subprocess.Popen([PROGRAM, "verify", "clock.toml", "--trajectories", "20000",
                                "--t-end", "1000"], cwd=self.folder, env=environment(),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               preexec_fn=default_signals)
        try:
            run.wait(1)
            self.fail("it was to be interrupted")
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
        self.assertEqual((run.returncode, out), (130, ""))
        self.assertTrue(err.endswith("interrupted: nothing is verified\n"), err)


if __name__ == "__main__":
    unittest.main()
