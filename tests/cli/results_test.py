# tests/cli/results_test.py - result files as their users meet them: keep, export, plot, pick, replay.
"""Takes the program from CRISTAE_BIN and the source tree from CRISTAE_SOURCE."""
import csv
import json
import math
import os
import shutil
import signal
import struct
import subprocess
import time
import unittest

from cli_test import PROGRAM, CliTest, default_signals, environment

NETWORK = '''
[network]
name = "clock"
title = "Birth and death of two kinds"
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
[observables]
A = "A / 4"
total = { expression = "A + B", unit = "count" }
"births, all" = "count(birth)"
"A-Kontakte α" = "2 * A"
[conditions.pulse]
at = [ { time = 3, set = { make = 60 }, add = { B = 5 } } ]
[run]
t_end = 10
sample_every = 1
'''


def bits(text):
    """Of a number in a CSV field; an undefined one is an empty field."""
    return struct.pack("d", float(text)) if text else None


class ResultTest(CliTest):
    def setUp(self):
        super().setUp()
        self.put("clock.toml", NETWORK)

    def succeeds(self, *arguments):
        done = self.cristae(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def run_clock(self, *options, output="clock.h5"):
        self.succeeds("run", "clock.toml", "--quiet", "--output", output, *options)

    def table(self, *arguments):
        """The rows of a CSV on standard output."""
        return list(csv.DictReader(self.succeeds(*arguments).stdout.splitlines()))

    def rows_of(self, name):
        return list(csv.DictReader(self.read(name).splitlines()))


class Export(ResultTest):
    def test_statistics_are_those_that_a_run_writes_as_csv(self):
        options = ["--trajectories", "150", "--condition", "pulse"]
        self.run_clock(*options)
        self.run_clock(*options, output="clock.csv")
        self.assertEqual(self.succeeds("export", "clock.h5").stdout, self.read("clock.csv"))
        done = self.succeeds("export", "clock.h5", "--output", "again.csv")
        self.assertEqual((done.stdout, done.stderr), ("", "wrote again.csv\n"))
        self.assertEqual(self.read("again.csv"), self.read("clock.csv"))

    def test_statistics_of_selected_columns_are_their_lines(self):
        self.run_clock("--trajectories", "20")
        whole = self.table("export", "clock.h5")
        part = self.table("export", "clock.h5", "--select", "B,A")
        self.assertEqual(part, [row for row in whole if row["name"] == "B"] +
                         [row for row in whole if (row["kind"], row["name"]) == ("observable", "A")])

    def test_histograms_hold_every_trajectory_once(self):
        self.run_clock("--trajectories", "300", "--raw")
        raw = self.table("export", "clock.h5", "--what", "raw", "--select", "total")
        counted = self.table("export", "clock.h5", "--what", "histograms", "--select", "total")
        self.assertEqual(list(counted[0]), ["time", "kind", "name", "unit", "lower", "upper", "count"])
        for when in map(str, range(11)):
            bins = [row for row in counted if row["time"] == when]
            values = [float(row["total"]) for row in raw if row["time"] == when]
            self.assertEqual(sum(int(row["count"]) for row in bins), 300)
            for row in bins:
                inside = sum(float(row["lower"]) <= value < float(row["upper"]) for value in values)
                self.assertEqual(inside, int(row["count"]))

    def test_covariances_are_those_of_the_raw_values(self):
        self.run_clock("--trajectories", "100", "--raw", "--covariance")
        raw = self.table("export", "clock.h5", "--what", "raw", "--select", "A,total")
        found = self.table("export", "clock.h5", "--what", "covariance", "--select", "A,total")
        self.assertEqual(len(found), 11 * 4)
        for row in found:
            values = [(float(line[row["name_1"]]), float(line[row["name_2"]])) for line in raw
                      if line["time"] == row["time"]]
            means = [math.fsum(pair[i] for pair in values) / 100 for i in (0, 1)]
            expected = math.fsum((a - means[0]) * (b - means[1]) for a, b in values) / 99
            self.assertAlmostEqual(float(row["covariance"]), expected, delta=1e-9 * (1 + abs(expected)))

    def test_features_and_end_states_are_a_line_per_trajectory(self):
        self.run_clock("--trajectories", "40", "--first", "7", "--raw", "--keep",
                       "A[end],max(total),mean(A-Kontakte α),min(B),B[3]")
        features = self.table("export", "clock.h5", "--what", "features")
        self.assertEqual(list(features[0]), ["id", "status", "events", "A[end]", "max(total)",
                                             "mean(A-Kontakte α)", "min(B)", "B[3]"])
        raw = self.table("export", "clock.h5", "--what", "raw")
        states = self.table("export", "clock.h5", "--what", "end-states")
        self.assertEqual([row["id"] for row in features], [str(i) for i in range(7, 47)])
        for row, state in zip(features, states):
            own = [line for line in raw if line["id"] == row["id"]]
            self.assertEqual(bits(row["A[end]"]), bits(own[-1]["A"]))
            self.assertEqual(float(row["max(total)"]), max(float(line["total"]) for line in own))
            self.assertEqual(float(row["min(B)"]), min(float(line["B"]) for line in own))
            self.assertEqual(row["B[3]"], own[3]["B"])
            self.assertAlmostEqual(float(row["mean(A-Kontakte α)"]),
                                   sum(float(line["A-Kontakte α"]) for line in own) / 11)
            self.assertEqual(state["A"], own[-1]["A (species)"])
            self.assertEqual(state["B"], own[-1]["B"])
            self.assertEqual((row["status"], state["events"]), ("completed", row["events"]))
        only = self.table("export", "clock.h5", "--what", "features", "--select", "B")
        self.assertEqual(list(only[0]), ["id", "status", "events", "min(B)", "B[3]"])
        only = self.table("export", "clock.h5", "--what", "end-states", "--select", "B")
        self.assertEqual(list(only[0]), ["id", "status", "events", "B"])

    def test_what_was_not_reached_is_an_empty_field(self):
        done = self.cristae("run", "clock.toml", "--quiet", "--output", "clock.h5", "--raw",
                            "--trajectories", "20", "--max-events", "150")
        self.assertEqual(done.returncode, 4)
        features = self.table("export", "clock.h5", "--what", "features")
        self.assertTrue(any(row["status"] == "budget" for row in features))
        for row in features:
            self.assertEqual(row["B[end]"] == "", row["status"] == "budget")
        for row in self.table("export", "clock.h5", "--what", "end-states"):
            self.assertEqual(row["B"] == "", row["status"] == "budget")
        raw = self.table("export", "clock.h5", "--what", "raw")
        self.assertEqual(len(raw), 20 * 11)
        self.assertTrue(any(row["total"] == "" for row in raw))

    def test_parts_that_were_not_kept_are_refused_with_the_option_that_keeps_them(self):
        self.run_clock("--trajectories", "5", "--keep", "none", "--histogram-times", "0")
        for part, problem in {
                "raw": "raw trajectories (they are kept on request). Run it again with --raw",
                "covariance": "covariances (they are kept on request). Run it again with "
                              "--covariance",
                "features": "features of single trajectories (the run kept none). Run it again "
                            "with --keep LIST",
                "end-states": "end states (the run had --keep none). Run it again without that",
                "histograms": "histograms (the run had --histogram-times 0). Run it again without "
                              "that"}.items():
            self.refuses(2, f"error: 'clock.h5' holds no {problem}.", "export", "clock.h5", "--what",
                         part)

    def test_unknown_columns_name_their_nearest(self):
        self.run_clock("--trajectories", "5")
        self.refuses(2, "error: 'totl' is not in the result (asked for with --select). Did you mean "
                        "'total'?", "export", "clock.h5", "--select", "A,totl")

    def test_a_file_that_is_no_result_is_exit_5(self):
        for command in (["export"], ["pick", "id < 3"], ["plot", "--output", "x.svg"]):
            done = self.cristae(command[0], "clock.toml", *command[1:])
            self.assertEqual(done.returncode, 5, command)
            self.assertTrue(done.stderr.startswith("error: 'clock.toml'"), done.stderr)


class OtherFormats(ResultTest):
    def test_statistics_have_the_columns_of_the_sbml_suite(self):
        self.run_clock("--trajectories", "50")
        rows = list(csv.reader(self.succeeds("export", "clock.h5", "--sbml-suite").stdout.splitlines()))
        self.assertEqual(rows[0], ["time", "A-mean", "A-sd", "total-mean", "total-sd", "births, all-mean",
                                   "births, all-sd", "A-Kontakte α-mean", "A-Kontakte α-sd", "A-mean",
                                   "A-sd", "B-mean", "B-sd"])
        self.assertEqual(len(rows), 12)
        self.succeeds("export", "clock.h5", "--sbml-suite", "--select", "B", "-o", "b.csv", "--quiet")
        with open(self.path("b.csv"), encoding="utf-8") as file:
            self.assertEqual([row[1] for row in csv.reader(file)], [row[11] for row in rows])
        done = self.cristae("export", "clock.h5", "--sbml-suite", "--what", "raw")
        self.assertEqual((done.returncode, done.stderr),
                         (2, "error: --sbml-suite and --what are both given. Give one of them.\n"))

    def test_a_network_of_generated_reactions_has_the_same_bits_as_what_it_is_converted_to(self):
        self.put("dimer.net", "begin parameters\n1 k 0.01\nend parameters\nbegin species\n1 A 100\n2 D 0\n"
                              "end species\nbegin reactions\n1 1,1 2 0.5*k\n2 2 1,1 k\nend reactions\n")
        self.succeeds("convert", "dimer.net", "-o", "dimer.toml", "--quiet")
        options = ["--t-end", "5", "--samples", "2", "--trajectories", "20", "--quiet", "--json", "-"]
        results = [json.loads(self.succeeds("run", name, *options).stdout) for name in ("dimer.net", "dimer.toml")]
        self.assertEqual(results[0]["contract_hash"], results[1]["contract_hash"])
        # A result needs nothing but its own text.
        self.succeeds("run", "dimer.net", *options[:-2], "--output", "dimer.h5")
        self.succeeds("pick", "dimer.h5", "S1[end] > 0", "--limit", "1")

    def test_what_cannot_be_converted_is_said(self):
        done = self.cristae("convert", "clock.toml", "-o", "clock.xml")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("warning: observable 'births, all' is left out (how often reactions fired is no quantity "
                      "of SBML).", done.stderr)
        for arguments, text in (
                (["clock.toml"], "--output is missing. Give a name that ends in .toml, .xml or .sbml."),
                (["clock.toml", "-o", "x.ant"], "--output is 'x.ant' (a name that ends in .toml, .xml or "
                                                ".sbml is needed)."),
                (["clock.toml", "-o", "x.xml", "--condition", "puls"],
                 "there is no condition 'puls' (conditions are pulse). Did you mean 'pulse'?"),
                (["clock.toml", "-o", "clock.xml"], "--overwrite")):
            done = self.cristae("convert", *arguments)
            self.assertIn(done.returncode, (2, 5), done.stderr)
            self.assertIn(text, done.stderr)


class Plot(ResultTest):
    @unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not here")
    def test_the_picture_is_that_of_the_run(self):
        for number, options in enumerate([[], ["--select", "B,total"]]):
            run, again = f"run{number}.svg", f"again{number}.svg"
            self.succeeds("run", "clock.toml", "--condition", "pulse", "--trajectories", "60",
                          "--output", f"{number}.h5", "--plot", run, "--quiet", *options)
            done = self.succeeds("plot", f"{number}.h5", "--output", again)
            self.assertEqual(done.stderr, f"wrote {again}\n")
            self.assertEqual(self.read(again), self.read(run))

    @unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not here")
    def test_selected_columns_are_drawn(self):
        self.run_clock("--trajectories", "60")
        self.succeeds("plot", "clock.h5", "--output", "one.svg", "--select", "B")
        self.succeeds("run", "clock.toml", "--trajectories", "60", "--select", "B", "--plot",
                      "run.svg", "--quiet")
        self.assertEqual(self.read("one.svg"), self.read("run.svg"))


class Pick(ResultTest):
    def test_it_lists_the_trajectories_that_the_query_describes(self):
        self.run_clock("--trajectories", "200", "--first", "5", "--keep",
                       "A[end],max(total),B[3],total[end]")
        done = self.succeeds("pick", "clock.h5",
                             "A[10] > 9 and (max(total) >= 95 or B[3] < 20) and events > 100")
        found = list(csv.DictReader(done.stdout.splitlines()))
        self.assertEqual(list(found[0]), ["id", "events", "A[end]", "max(total)", "B[3]"])
        expected = [
            {key: row[key] for key in found[0]}
            for row in self.table("export", "clock.h5", "--what", "features")
            if float(row["A[end]"]) > 9 and (float(row["max(total)"]) >= 95 or float(row["B[3]"]) < 20)
            and int(row["events"]) > 100]
        self.assertEqual(found, expected)
        self.assertTrue(0 < len(found) < 200)
        self.assertEqual(done.stderr, f"{len(found)} of 200 trajectories match\n")

    def test_a_limit_is_said(self):
        self.run_clock("--trajectories", "30")
        done = self.succeeds("pick", "clock.h5", "id >= 10", "--limit", "3")
        self.assertEqual(done.stdout, "id\n10\n11\n12\n")
        self.assertEqual(done.stderr,
                         "20 of 30 trajectories match; the first 3 are listed (--limit)\n")
        self.assertEqual(len(self.table("pick", "clock.h5", "id >= 0")), 30)

    def test_json_holds_the_same(self):
        self.run_clock("--trajectories", "30")
        rows = self.table("pick", "clock.h5", "total[end] > 75")
        done = self.succeeds("pick", "clock.h5", "total[end] > 75", "--json", "-")
        found = json.loads(done.stdout)
        self.assertEqual((found["query"], found["trajectories"], found["matches"],
                          found["undefined"]), ("total[end] > 75", 30, len(rows), 0))
        self.assertEqual([(row["id"], row["total[end]"]) for row in found["picked"]],
                         [(int(row["id"]), float(row["total[end]"])) for row in rows])

    def test_names_of_any_script_can_be_asked_for(self):
        self.run_clock("--trajectories", "30", "--keep", "max(A-Kontakte α),A[end]")
        rows = self.table("pick", "clock.h5", "max(A-Kontakte α)/8 > A[end]")
        self.assertEqual(list(rows[0]), ["id", "max(A-Kontakte α)", "A[end]"])

    def test_names_with_a_comma_can_be_asked_for(self):
        self.run_clock("--trajectories", "30")
        rows = self.table("pick", "clock.h5", "births, all[end] > 190")
        self.assertEqual(list(rows[0]), ["id", "births, all[end]"])

    def test_after_keep_none_only_ids_can_be_asked_for(self):
        self.run_clock("--trajectories", "9", "--keep", "none")
        self.assertEqual(len(self.table("pick", "clock.h5", "id > 3")), 5)
        self.refuses(2, "error: 'clock.h5' holds no numbers of events (it was written with --keep "
                        "none). Run it again without that.", "pick", "clock.h5", "events > 3")
        self.refuses(2, "error: 'clock.h5' holds nothing that a replay could be compared with (it "
                        "was written with --keep none). Run it again without that.",
                     "pick", "clock.h5", "id > 3", "--replay", "out")

    def test_raw_trajectories_answer_any_question(self):
        self.run_clock("--trajectories", "50", "--raw", "--keep", "A[end]")
        self.run_clock("--trajectories", "50", "--keep", "max(B),total[4]", output="kept.h5")
        query = "max(B) > 38 and total[4] > 50"
        self.assertEqual(self.table("pick", "clock.h5", query), self.table("pick", "kept.h5", query))

    def test_undefined_values_never_match_and_are_counted(self):
        self.cristae("run", "clock.toml", "--quiet", "--output", "clock.h5", "--trajectories", "50",
                     "--max-events", "450")
        missing = sum(row["status"] == "budget"
                      for row in self.table("export", "clock.h5", "--what", "features"))
        self.assertTrue(0 < missing < 50)
        done = self.succeeds("pick", "clock.h5", "not B[end] > 1e9")
        self.assertEqual(done.stderr,
                         f"{50 - missing} of 50 trajectories match; {missing} left out, because a "
                         "value that the query needs is undefined\n")

    def test_errors_are_marked_in_the_query(self):
        self.run_clock("--trajectories", "5", "--keep", "A[end],max(B)")
        self.refuses(2, "\n".join([
            "  A[end] > 1 and B[3] > max(BB) && max(A) > 1",
            "                 ^      ^       ^  ^",
            "query:1:16: error: 'B[3]' was not kept (the result keeps A[end], max(B)). Run it again "
            "with --keep 'B[3]'.",
            "query:1:23: error: 'BB' is not reported (in 'max(BB)'). Did you mean 'B'?",
            "query:1:31: error: '&&' is not an operator of queries. Use and.",
            "query:1:34: error: 'max(A)' was not kept (the result keeps A[end], max(B)). Run it "
            "again with --keep 'max(A)'."]),
            "pick", "clock.h5", "A[end] > 1 and B[3] > max(BB) && max(A) > 1")


class Replay(ResultTest):
    def replayed(self, result, query, *options, folder="out"):
        done = self.succeeds("pick", result, query, "--replay", folder, *options)
        return [row["id"] for row in csv.DictReader(done.stdout.splitlines())]

    def assert_equals_raw(self, result, ids, folder="out"):
        """The samples of replayed trajectories, bit for bit."""
        raw = self.table("export", result, "--what", "raw")
        for number in ids:
            again = self.rows_of(f"{folder}/trajectory-{number}.csv")
            reached = [{key: value for key, value in row.items() if key != "id"} for row in raw
                       if row["id"] == number and row["total"] != ""]
            self.assertEqual(again, reached)

    def test_trajectories_come_out_as_they_were(self):
        for number, options in enumerate([
                [], ["--condition", "pulse", "--seed", "9", "--first", "100"],
                ["--set", "make=33.3", "--set", "drop=0.25"], ["--samples", "7", "--t-end", "9"],
                ["--sample-every", "0.3"], ["--burn-in", "12.5"], ["--t-end", "0"],
                ["--select", "total,B"]]):
            result, folder = f"{number}.h5", f"out{number}"
            self.run_clock("--trajectories", "40", "--raw", *options, output=result)
            ids = self.replayed(result, "total[end] >= 60 or total[end] < 30", folder=folder)
            self.assertTrue(ids, options)
            self.assertEqual(len(os.listdir(self.path(folder))), len(ids))
            self.assert_equals_raw(result, ids, folder)

    def test_events_lead_to_the_kept_state(self):
        self.run_clock("--trajectories", "20", "--burn-in", "2", "--condition", "pulse")
        ids = self.replayed("clock.h5", "id < 4", "--events")
        self.assertEqual(ids, ["0", "1", "2", "3"])
        states = self.table("export", "clock.h5", "--what", "end-states")
        for number in ids:
            state, events = {}, 0
            for row in self.rows_of(f"out/events-{number}.csv"):
                state.update(pair.split("=") for pair in row["state"].split())
                events = row["event"]
            kept = states[int(number)]
            self.assertEqual((state["A"], state["B"], events),
                             (kept["A"], kept["B"], kept["events"]))

    def test_trajectories_that_ended_early_end_there_again(self):
        self.cristae("run", "clock.toml", "--quiet", "--output", "clock.h5", "--trajectories", "20",
                     "--max-events", "150", "--raw")
        ids = self.replayed("clock.h5", "events >= 150", "--limit", "5")
        self.assertEqual(len(ids), 5)
        self.assert_equals_raw("clock.h5", ids)
        self.assertLess(len(self.rows_of(f"out/trajectory-{ids[0]}.csv")), 11)

    def test_the_reference_engine_repeats_itself_but_not_event_by_event(self):
        self.run_clock("--trajectories", "20", "--engine", "reference", "--raw")
        self.assert_equals_raw("clock.h5", self.replayed("clock.h5", "id < 3"))
        done = self.cristae("pick", "clock.h5", "id < 3", "--replay", "other", "--events")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr.splitlines()[-1],
                         "error: --events is given for a result of the engine reference (its "
                         "trajectories can be run again, but not event by event). Leave it out.")

    def test_a_few_are_replayed_unless_more_are_asked_for(self):
        self.run_clock("--trajectories", "50")
        self.assertEqual(len(self.replayed("clock.h5", "id >= 0")), 20)
        self.assertEqual(len(self.replayed("clock.h5", "id >= 0", "--limit", "30", folder="b")), 30)

    def test_twins_and_signals_are_there_again_without_the_file(self):
        self.put("make.csv", "time,value\n0,20\n2.5,90\n6,1\n")
        self.run_clock("--trajectories", "30", "--twin", "A", "--signal", "make=make.csv",
                       "--certify", "1", "--raw")
        run = self.cristae("run", "clock.toml", "--trajectories", "30", "--twin", "A", "--signal",
                           "make=make.csv", "--json", "-")
        shown = json.loads(run.stdout)
        self.assertEqual(shown["twin"], ["A"])
        self.assertEqual(shown["signals"], [{"parameter": "make", "file": "make.csv", "rows": 3,
                                             "first_time": 0.0, "last_time": 6.0}])
        self.assertIn("warning: species without a twin change with what has one: 'B'", run.stderr)
        os.remove(self.path("make.csv"))
        self.assertEqual(len(self.replayed("clock.h5", "id >= 0", "--limit", "30")), 30)
        done = self.cristae("run", "clock.toml", "--signal", "make=make.csv")
        self.assertEqual(done.returncode, 5)
        self.assertIn("make.csv: error: the file cannot be opened", done.stderr)

    def test_a_replay_with_twins_and_signals_has_the_hash_of_the_ensemble(self):
        self.put("make.csv", "0,20\n2.5,90\n")
        given = ("--twin", "A,B", "--signal", "make=make.csv")
        shown = json.loads(self.succeeds("run", "clock.toml", "--trajectories", "1", "--json", "-",
                                         "--keep", "none", "--output", "one.h5", *given).stdout)
        done = self.succeeds("replay", "clock.toml", *given)
        self.assertIn("birth", done.stdout)
        self.assertIn("turn_twin", done.stdout)
        events = int(done.stderr.split(" after ")[1].split()[0])
        self.assertEqual(shown["events"], events)
        self.succeeds("verify", "clock.toml", "--trajectories", "3", "--quiet", *given)
        self.assertIn("turn_twin", self.succeeds("inspect", "clock.toml", "--no-estimate", *given)
                      .stdout)

    def test_the_rate_equations_are_a_result_without_trajectories(self):
        if "ode        rate equations          no" in self.succeeds("devices").stdout:
            self.skipTest("built without SUNDIALS")
        done = self.succeeds("run", "clock.toml", "--engine", "ode", "--condition", "pulse",
                             "--output", "ode.h5", "--plot", "ode.svg", "--json", "ode.json")
        self.assertRegex(done.stdout, r"clock, condition pulse, rate equations\n")
        self.assertRegex(done.stdout, r"the reaction rate equations, solved by CVODE \S+, BDF with a "
                                      r"dense matrix, tolerances 1e-08 and 1e-06 copies \(\d+ steps")
        self.assertNotIn("hash", done.stdout)
        rows = list(csv.DictReader(self.succeeds("export", "ode.h5").stdout.splitlines()))
        births = [float(row["mean"]) for row in rows if row["name"] == "births, all"]
        exact = [20 * t if t < 3 else 60 + 60 * (t - 3) for t in range(11)]
        for found, expected in zip(births, exact, strict=True):
            self.assertAlmostEqual(found, expected, delta=1e-6 * expected + 1e-6)
        shown = json.loads(self.read("ode.json"))
        self.assertEqual((shown["engine"], shown["trajectories"], shown["seed"]), ("ode", 1, 1))
        self.assertIsNone(shown["table"][0]["var"])
        self.assertIn("<svg", self.read("ode.svg"))
        self.succeeds("plot", "ode.h5", "--output", "again.svg")
        self.assertEqual(self.succeeds("pick", "ode.h5", "total[end] > 100").stdout.count("\n"), 2)
        self.assertIn("error: --replay is given for a result of the engine ode",
                      self.cristae("pick", "ode.h5", "id >= 0", "--replay", "o").stderr)
        refused = self.cristae("run", "clock.toml", "--engine", "ode", "--trajectories", "2")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("error: 2 trajectories are asked of the engine 'ode'", refused.stderr)
        self.put("sqrt.toml", NETWORK.replace('equation = "B -> 0", mass_action = "drop"',
                                              'equation = "B -> 0", rate = "ln(0 - B)"'))
        failed = self.cristae("run", "sqrt.toml", "--engine", "ode", "--output", "none.h5")
        self.assertEqual(failed.returncode, 4)
        self.assertIn("error: the rate of 'death' is", failed.stderr)
        self.assertFalse(os.path.exists(self.path("none.h5")))

    def test_files_that_exist_are_kept_and_all_named(self):
        self.run_clock("--trajectories", "5")
        self.replayed("clock.h5", "id < 2")
        self.put("out/trajectory-1.csv", "mine\n")
        done = self.cristae("pick", "clock.h5", "id < 3", "--replay", "out")
        self.assertEqual(done.returncode, 5)
        self.assertIn("error: 'out/trajectory-0.csv' exists.", done.stderr)
        self.assertIn("error: 'out/trajectory-1.csv' exists.", done.stderr)
        self.assertEqual(self.read("out/trajectory-1.csv"), "mine\n")
        self.assertFalse(os.path.exists(self.path("out/trajectory-2.csv")))
        self.replayed("clock.h5", "id < 3", "--overwrite")
        self.assertNotEqual(self.read("out/trajectory-1.csv"), "mine\n")

    def test_a_folder_that_cannot_be_made_is_exit_5(self):
        self.run_clock("--trajectories", "5")
        done = self.cristae("pick", "clock.h5", "id < 3", "--replay", "clock.toml")
        self.assertEqual(done.returncode, 5)
        self.assertIn("error: the folder 'clock.toml' cannot be made", done.stderr)

    def test_the_start_of_a_run_must_be_there_and_be_the_same(self):
        self.run_clock("--trajectories", "8", output="start.h5")
        self.run_clock("--trajectories", "8", "--seed", "3", output="other.h5")
        self.run_clock("--trajectories", "20", "--seed", "2", "--start-from", "start.h5", "--raw")
        self.assert_equals_raw("clock.h5", self.replayed("clock.h5", "id > 5 and id < 12"))

        os.mkdir(self.path("apart"))
        os.rename(self.path("start.h5"), self.path("apart/start.h5"))
        done = self.cristae("pick", "clock.h5", "id < 2", "--replay", "gone")
        self.assertEqual(done.returncode, 5)
        self.assertRegex(done.stderr.splitlines()[-1],
                         r"^error: the trajectories of 'clock.h5' start from the end states in "
                         r"'start.h5' \(.*\)\. Put that file back, where it was or next to the "
                         r"result\.$")
        self.assertFalse(os.path.exists(self.path("gone")))

        os.rename(self.path("clock.h5"), self.path("apart/clock.h5"))
        self.assert_equals_raw("apart/clock.h5", self.replayed("apart/clock.h5", "id < 2", folder="n"),
                               folder="n")

        shutil.copy(self.path("other.h5"), self.path("apart/start.h5"))
        done = self.cristae("pick", "apart/clock.h5", "id < 2", "--replay", "gone")
        self.assertEqual(done.returncode, 7)
        self.assertRegex(done.stderr.splitlines()[-1],
                         r"^error: 'apart/start.h5' is not the result that 'apart/clock.h5' started "
                         r"from \(its contract hash is [0-9a-f]{16}, that of the other was "
                         r"[0-9a-f]{16}\)\. Put the other one back\.$")


    def test_ctrl_c_ends_it_between_two_trajectories(self):
        self.succeeds("run", "isr", "--condition", "mito", "--trajectories", "200", "--quiet",
                      "--output", "isr.h5")
        pick = subprocess.Popen(
            [PROGRAM, "pick", "isr.h5", "id >= 0", "--limit", "200", "--replay", "out", "--events"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=self.folder,
            env=environment(), preexec_fn=default_signals)
        events = self.path("out/events-1.csv")
        while not os.path.exists(events) and pick.poll() is None:
            time.sleep(0.02)
        pick.send_signal(signal.SIGINT)
        self.assertEqual(pick.wait(timeout=10), 130)
        pick.stderr.close()
        written = os.listdir(self.path("out"))
        self.assertLess(len(written), 400)
        self.assertEqual(sorted(name.split("-")[1] for name in written if name.startswith("events")),
                         sorted(name.split("-")[1] for name in written if not name.startswith("e")))


class Differences(ResultTest):
    """What must come out the same is changed in the file."""

    def changed(self, name, change):
        import h5py
        with h5py.File(self.path("clock.h5"), "r+") as file:
            change(file[name])

    def setUp(self):
        super().setUp()
        try:
            import h5py  # noqa: F401
        except ImportError:
            self.skipTest("h5py is not here")
        self.run_clock("--trajectories", "10")

    def assert_differs(self, reason):
        done = self.cristae("pick", "clock.h5", "id < 5", "--replay", "out", "--events")
        self.assertEqual(done.returncode, 7, done.stderr)
        self.assertRegex(done.stderr.splitlines()[-1],
                         rf"^error: trajectory 3 comes out differently \({reason}\)\. ")
        self.assertEqual(sum("comes out differently" in line for line in done.stderr.splitlines()), 1)
        self.assertEqual(sorted(os.listdir(self.path("out"))),
                         [f"{kind}-{i}.csv" for kind in ("events", "trajectory") for i in (0, 1, 2, 4)])

    def test_of_a_feature_by_one_bit_are_found(self):
        def change(values):
            values[3, 0] = math.nextafter(values[3, 0], math.inf)
        self.changed("feature_value", change)
        self.assert_differs(r"A\[end\] is \S+ now and was \S+")

    def test_of_an_end_state_are_found(self):
        def change(states):
            states[3, 1] += 1
        self.changed("end_state", change)
        self.assert_differs(r"B is \d+ in the end and was \d+")

    def test_of_the_number_of_events_are_found(self):
        def change(events):
            events[3] += 1
        self.changed("events", change)
        self.assert_differs(r"it has \d+ events now and had \d+")

    def test_of_the_hash_are_found(self):
        def change(hashes):
            hashes[3] += 1
        self.changed("trajectory_hash", change)
        self.assert_differs(r"its contract hash is [0-9a-f]{16} now and was [0-9a-f]{16}")

    def test_of_a_sample_are_found(self):
        self.run_clock("--trajectories", "10", "--raw", "--keep", "none", "--overwrite")

        def change(values):
            values[3, 0, 5] += 1
        self.changed("species_raw", change)
        self.assert_differs("its samples are others now")

    def test_of_the_seed_are_found_in_every_trajectory(self):
        import h5py
        with h5py.File(self.path("clock.h5"), "r+") as file:
            file.attrs.modify("seed", 2)
        done = self.cristae("pick", "clock.h5", "id < 5", "--replay", "out")
        self.assertEqual(done.returncode, 7)
        self.assertEqual(done.stderr.count("comes out differently"), 5)
        self.assertEqual(os.listdir(self.path("out")), [])

    def test_of_the_version_are_a_warning(self):
        import h5py
        with h5py.File(self.path("clock.h5"), "r+") as file:
            file.attrs.modify("version", b"0.0.7")
        done = self.succeeds("pick", "clock.h5", "id < 2", "--replay", "out")
        self.assertRegex(done.stderr, r"warning: 'clock.h5' was written by version 0\.0\.7, and this "
                                      r"is \S+ \(trajectories are the same for one version only\)\. "
                                      r"What it keeps of them is compared\.\n")


if __name__ == "__main__":
    unittest.main(verbosity=1)
