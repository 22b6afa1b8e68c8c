# tests/cli/cli_test.py - the command as its users meet it: exit codes, exact texts, files, signals.
"""Takes the program from CRISTAE_BIN and the source tree from CRISTAE_SOURCE."""
import csv
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import xml.etree.ElementTree

PROGRAM = os.environ["CRISTAE_BIN"]
SOURCE = os.environ["CRISTAE_SOURCE"]


def environment(**changes):
    variables = dict(os.environ, CRISTAE_NETWORKS=os.path.join(SOURCE, "networks"))
    variables.update(changes)
    return variables


def default_signals():
    """A shell that runs tests in the background leaves SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


class CliTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cristae-cli-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def put(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8", newline="") as file:
            return file.read()

    def cristae(self, *arguments, **changes):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120,
                              cwd=self.folder, env=environment(**changes))

    def refuses(self, code, text, *arguments):
        """Nothing on standard output, exactly this on standard error, and this exit code."""
        done = self.cristae(*arguments)
        self.assertEqual(done.stderr, text + "\n")
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.returncode, code)

    def results(self, *arguments, code=0):
        """The JSON of a run."""
        done = self.cristae("run", *arguments, "--quiet", "--json", "-")
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout)


class Help(CliTest):
    def test_every_command_has_help(self):
        for arguments in (["--help"], ["-h"], ["help"], ["run", "--help"], ["help", "run"],
                          ["replay", "--help"], ["inspect", "--help"], ["networks", "--help"], ["devices", "--help"]):
            done = self.cristae(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
            self.assertIn("cristae", done.stdout)

    def test_the_help_of_run_names_every_option(self):
        text = self.cristae("run", "--help").stdout
        for option in ("condition set trajectories first seed t-end sample-every samples engine "
                       "threads isa max-events select output overwrite plot json quiet").split():
            self.assertRegex(text, rf"--{option}\b")
        self.assertTrue(all(len(line) <= 100 for line in text.splitlines()))

    def test_the_version_is_one_line(self):
        done = self.cristae("--version")
        self.assertRegex(done.stdout, r"^cristae \d+\.\d+\.\d+\S*\n$")


class Replay(CliTest):
    def test_the_log_of_one_trajectory_has_the_hash_of_the_ensemble_and_ends_in_its_state(self):
        options = ["telegraph", "--seed", "9", "--t-end", "40", "--samples", "2"]
        run = self.cristae("run", *options, "--first", "17", "--trajectories", "1", "--select",
                           "G_off,G_on,M", "--json", "-", "--quiet")
        result = json.loads(run.stdout)
        done = self.cristae("replay", *options, "--trajectory", "17")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = list(csv.DictReader(done.stdout.splitlines()))
        self.assertEqual([int(row["event"]) for row in rows], list(range(result["events"] + 1)))
        times = [float(row["time"]) for row in rows]
        self.assertEqual(times, sorted(times))
        state = {}
        for row in rows:
            state.update(pair.split("=") for pair in row["state"].split())
        last = {point["observable"]: point["mean"] for point in result["table"]
                if point["time"] == 40}
        self.assertEqual({name: float(count) for name, count in state.items()}, last)
        self.assertRegex(done.stderr, r"^trajectory 17 of seed 9: completed after \d+ events at 40 ")

    def test_it_writes_a_file_once(self):
        done = self.cristae("replay", "telegraph", "--t-end", "5", "--output", "events.csv", "--quiet")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertTrue(self.read("events.csv").startswith("event,time,reaction,state\n0,0,,"))
        self.assertEqual(self.cristae("replay", "telegraph", "--output", "events.csv").returncode, 5)

    def test_a_faulty_law_is_exit_code_4(self):
        network = self.put("faulty.toml", '''
[network]
name = "faulty"
time_unit = "s"
[species]
A = 2
[parameters]
k = 1
[reactions]
loss = { equation = "A -> 0", mass_action = "k" }
odd = { equation = "0 -> A", rate = "A - 1" }
[run]
t_end = 1000
sample_every = 1000
''')
        done = self.cristae("replay", network, "--max-events", "100000")
        self.assertEqual(done.returncode, 4)
        self.assertIn("bad_propensity after", done.stderr)


class UsageErrors(CliTest):
    def test_no_command(self):
        self.refuses(2, "error: a command is missing. See cristae --help.")

    def test_a_misspelt_command(self):
        self.refuses(2, "error: unknown command 'rum'. Did you mean 'run'?", "rum", "isr")

    def test_an_unknown_option_names_its_nearest(self):
        self.refuses(2, "error: unknown option '--trajectorie'. Did you mean '--trajectories'?",
                     "run", "isr", "--trajectorie", "3")

    def test_a_missing_network(self):
        self.refuses(2, "error: NETWORK is missing. Give the name of a bundled network (cristae "
                        "networks lists them) or the path of a .toml file: cristae run NETWORK.",
                     "run")

    def test_all_errors_come_in_one_go(self):
        self.refuses(2, "\n".join([
            "error: --set is 'a' (NAME=VALUE with a number is needed).",
            "error: --seed is '1x' (a whole number, 0 or more, is needed).",
            "error: --t-end is '-3' (a number above 0 is needed).",
            "error: --trajectories is '0' (a whole number, 1 or more, is needed).",
            "error: --engine is 'cup' (known: auto, reference, cpu, cuda). Did you mean 'cpu'?",
            "error: --threads is '1.5' (a whole number from 1 to 65536 is needed).",
            "error: --samples and --sample-every are both given. Give one of them.",
            "error: --output is '-' (only --json takes '-').",
            "error: --plot is 'x.pdf' (a name that ends in .svg or .png is needed)."]),
            "run", "isr", "--set", "a", "--trajectories", "0", "--seed", "1x", "--t-end", "-3",
            "--engine", "cup", "--threads", "1.5", "--samples", "3", "--sample-every", "2",
            "--output", "-", "--plot", "x.pdf")

    def test_numbers_are_read_whole(self):
        for text in ("1.5", "1e-1", "0x10", "10 ", "", "nan", "1e30", "-1"):
            done = self.cristae("run", "birth_death", "--trajectories=" + text)
            self.assertEqual(done.returncode, 2, text)

    def test_a_value_that_is_an_option_is_refused(self):
        self.refuses(2, "error: --output is without its value ('--quiet' is an option). See "
                        "cristae run --help.", "run", "isr", "--output", "--quiet")

    def test_an_option_given_twice(self):
        self.refuses(2, "error: --seed is given 2 times. Give it once.", "run", "isr", "--seed",
                     "1", "--seed", "2")

    def test_an_unknown_column_names_its_nearest(self):
        self.refuses(2, "error: 'birth' is neither an observable nor a species of network "
                        "'birth_death' (asked for with --select). Did you mean 'births'?",
                     "run", "birth_death", "--select", "X,birth")

    def test_unknown_conditions_parameters_and_columns_come_together(self):
        done = self.cristae("run", "isr", "--condition", "mitoo", "--set", "k_phoss=1",
                            "--select", "ATF44")
        self.assertEqual(done.returncode, 2)
        self.assertIn("Did you mean 'mito'?", done.stderr)
        self.assertIn("'k_phoss'", done.stderr)
        self.assertIn("Did you mean 'ATF4'?", done.stderr)

    def test_two_outputs_of_one_name(self):
        done = self.cristae("run", "birth_death", "--output", "x.svg", "--plot", "./x.svg")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--output and --plot are the same file", done.stderr)

    def test_a_run_that_does_not_fit_is_refused_with_its_figures(self):
        done = self.cristae("run", "birth_death", "--trajectories", "1e9", "--samples", "1000")
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr,
                         r"^error: \d+\.\d GiB needed for 1000000000 trajectories x 1001 samples x "
                         r"3 columns, \d+\.\d [GMK]iB available \(every sampled value is kept "
                         r"until the end, for exact quantiles\)\. Use --select, fewer --samples, "
                         r"or fewer trajectories\.\n$")


class ModelErrors(CliTest):
    def test_an_unknown_bundled_network_names_its_nearest(self):
        done = self.cristae("run", "birth_deth")
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stderr, r"^error: there is no bundled network 'birth_deth' \(bundled:"
                                      r" .*birth_death.*isr.*vilar.*\)\. Did you mean "
                                      r"'birth_death'\?\n$")

    def test_a_wrong_file_is_a_model_error_with_its_place(self):
        path = self.put("bad.toml", '[network]\nname = "bad"\nnonsense = 1\n')
        done = self.cristae("run", path)
        self.assertEqual(done.returncode, 3)
        self.assertIn("bad.toml:3:", done.stderr)

    def test_a_missing_file_is_a_file_error(self):
        self.assertEqual(self.cristae("run", "./nothing.toml").returncode, 5)

    def test_a_network_runs_from_its_path(self):
        path = os.path.join(SOURCE, "networks", "birth_death", "network.toml")
        self.assertEqual(self.results(path, "--trajectories", "10")["network"], "birth_death")


class Runs(CliTest):
    def test_the_table_has_a_row_per_column_and_time(self):
        done = self.cristae("run", "birth_death", "--trajectories", "50", "--select", "X,births")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[:3], ["Linear birth-death process",
                                     "birth_death, n = 50, seed 1", ""])
        self.assertRegex(lines[3], r"^observable +unit +time \(s\) +mean +sd +median +5-95 %$")
        self.assertRegex(lines[4], r"^X +count +0 +100 +0 +100 +100 \.\. 100$")
        self.assertEqual(len(lines[4:lines.index("", 4)]), 10)
        self.assertRegex(done.stdout, r"\ncontract hash [0-9a-f]{16}\n$")

    def test_json_goes_alone_to_standard_output(self):
        done = self.cristae("run", "birth_death", "--trajectories", "20", "--seed", "7", "--json",
                            "-")
        found = json.loads(done.stdout)
        for key, value in {"network": "birth_death", "condition": None, "trajectories": 20,
                           "trajectories_requested": 20, "seed": 7, "first": 0, "exit_status": 0,
                           "t_end": 50.0, "sample_times": 51, "time_unit": "s"}.items():
            self.assertEqual(found[key], value, key)
        self.assertRegex(found["contract_hash"], r"^[0-9a-f]{16}$")
        self.assertEqual(set(found["statuses"]), {"completed", "absorbed", "budget", "overflow",
                                                  "bad_propensity"})
        self.assertEqual(sum(found["statuses"].values()), 20)
        for key in ("version", "engine", "isa", "threads", "events", "wall_seconds",
                    "events_per_second", "nanoseconds_per_event_per_core"):
            self.assertIn(key, found)
        self.assertGreater(found["events"], 20 * 100)
        self.assertEqual(set(found["table"][0]), {"observable", "unit", "time", "n", "mean", "sd",
                                                  "q05", "q25", "median", "q75", "q95"})

    def test_births_minus_deaths_is_the_population(self):
        table = self.results("birth_death", "--trajectories", "200", "--select",
                             "X,births,deaths")["table"]
        mean = {(row["observable"], row["time"]): row["mean"] for row in table}
        for (name, at), value in mean.items():
            if name == "X":
                self.assertAlmostEqual(value, 100 + mean["births", at] - mean["deaths", at],
                                       places=9)

    def test_the_same_run_gives_the_same_results_at_any_thread_count(self):
        one, two = (self.results("vilar", "--trajectories", "40", "--t-end", "5", "--threads", n)
                    for n in ("1", "2"))
        for key in ("contract_hash", "events", "table", "statuses"):
            self.assertEqual(one[key], two[key], key)

    def test_runs_add_up_from_their_parts(self):
        def run(first, count):
            return self.results("birth_death", "--first", first, "--trajectories", count)
        whole, front, back = run("0", "30"), run("0", "12"), run("12", "18")
        self.assertEqual(int(whole["contract_hash"], 16),
                         (int(front["contract_hash"], 16) + int(back["contract_hash"], 16))
                         % 2**64)
        self.assertEqual(whole["events"], front["events"] + back["events"])

    def test_set_changes_a_parameter(self):
        found = self.results("birth_death", "--set", "birth_rate=0", "--trajectories", "10",
                             "--select", "births")
        self.assertEqual(found["set"], {"birth_rate": 0})
        self.assertEqual([row["mean"] for row in found["table"]], [0] * 5)

    def test_quiet_says_nothing(self):
        done = self.cristae("run", "birth_death", "--trajectories", "5", "--quiet")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_one_trajectory_has_no_sd(self):
        found = self.results("birth_death", "--trajectories", "1")
        self.assertTrue(all(row["sd"] is None for row in found["table"]))

    def test_a_condition_runs_and_is_named(self):
        found = self.results("isr", "--condition", "mito", "--trajectories", "2", "--t-end", "20")
        self.assertEqual(found["condition"], "mito")

    def test_a_reader_that_goes_away_is_no_error(self):
        run = subprocess.Popen([PROGRAM, "run", "birth_death", "--trajectories", "50"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=environment())
        run.stdout.close()
        self.assertEqual(run.stderr.read(), b"")
        run.stderr.close()
        self.assertEqual(run.wait(), 0)

    def test_progress_appears_on_a_terminal_only(self):
        arguments = [PROGRAM, "run", "vilar", "--trajectories", "1000000"]
        ours, theirs = pty.openpty()
        run = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=theirs,
                               env=environment(), preexec_fn=default_signals)
        os.close(theirs)
        time.sleep(1.2)
        run.send_signal(signal.SIGINT)
        shown = b""
        try:
            while chunk := os.read(ours, 65536):
                shown += chunk
        except OSError:  # the end of a terminal
            pass
        os.close(ours)
        run.wait()
        self.assertRegex(shown, rb"\r\d+ of 1000000 trajectories, [\d.]+ [kMGT] events/s")
        plain = self.cristae("run", "vilar", "--trajectories", "20")
        self.assertEqual(plain.stderr, "")


class Budget(CliTest):
    def test_a_budget_that_runs_out_is_exit_4_with_the_rest_reported(self):
        done = self.cristae("run", "birth_death", "--trajectories", "20", "--max-events", "50",
                            "--json", "-")
        self.assertEqual(done.returncode, 4)
        found = json.loads(done.stdout)
        self.assertEqual((found["exit_status"], found["statuses"]["budget"]), (4, 20))
        self.assertRegex(done.stderr,
                         r"^error: 20 of 20 trajectories ended with status budget \(the first: "
                         r"trajectory 0, (reaction '\w+', )?t=[\d.]+ s, state X=\d+\)\. Raise "
                         r"--max-events, or replay it: --first 0 --trajectories 1 --seed 1\.\n$")
        start = found["table"][0]
        self.assertEqual((start["time"], start["n"]), (0, 20))


class Files(CliTest):
    def test_csv_holds_every_observable_and_time(self):
        done = self.cristae("run", "birth_death", "--trajectories", "30", "--output", "x.csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "wrote x.csv\n")
        text = self.read("x.csv")
        self.assertEqual(text.split("\n", 1)[0],
                         "time,observable,unit,n,mean,sd,q05,q25,median,q75,q95")
        rows = list(csv.DictReader(text.splitlines()))
        self.assertEqual(len(rows), 51 * 3)
        for row in rows:
            self.assertEqual(row["n"], "30")
            quantiles = [float(row[q]) for q in ("q05", "q25", "median", "q75", "q95")]
            self.assertEqual(quantiles, sorted(quantiles))
        self.assertEqual(os.listdir(self.folder), ["x.csv"])

    def test_csv_and_json_hold_the_same_numbers(self):
        found = self.results("birth_death", "--trajectories", "30", "--output", "x.csv")
        rows = {(row["observable"], float(row["time"])): row
                for row in csv.DictReader(self.read("x.csv").splitlines())}
        for row in found["table"]:
            for key in ("mean", "sd", "q05", "q25", "median", "q75", "q95"):
                self.assertEqual(float(rows[row["observable"], row["time"]][key]), row[key])

    def test_an_existing_file_is_refused_before_the_run(self):
        for name in ("x.csv", "x.svg", "x.json"):
            self.put(name, "old")
        started = time.monotonic()
        self.refuses(5, "\n".join(
            f"error: '{name}' exists. Use --overwrite to replace it, or give another name."
            for name in ("x.csv", "x.svg", "x.json")),
            "run", "vilar", "--trajectories", "1000000", "--output", "x.csv", "--plot", "x.svg",
            "--json", "x.json")
        self.assertLess(time.monotonic() - started, 5)
        self.assertEqual(self.read("x.csv"), "old")

    def test_overwrite_replaces(self):
        self.put("x.csv", "old")
        done = self.cristae("run", "birth_death", "--trajectories", "5", "--output", "x.csv",
                            "--overwrite", "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(self.read("x.csv").startswith("time,"))

    def test_a_missing_folder_is_refused_before_the_run(self):
        self.refuses(5, "error: 'no/x.csv' cannot be written (there is no folder 'no'). Make it "
                        "first.",
                     "run", "vilar", "--trajectories", "1000000", "--output", "no/x.csv")

    def test_a_full_standard_output_is_a_file_error(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([PROGRAM, "run", "birth_death", "--trajectories", "5"],
                                  stdout=full, stderr=subprocess.PIPE, text=True,
                                  env=environment())
        self.assertEqual(done.returncode, 5)
        self.assertEqual(done.stderr, "error: standard output cannot be written (No space left on "
                                      "device).\n")

    @unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not installed")
    def test_the_picture_is_well_formed_svg_with_paths_and_labels(self):
        done = self.cristae("run", "birth_death", "--trajectories", "50", "--select", "X,births",
                            "--plot", "x.svg", "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        root = xml.etree.ElementTree.fromstring(self.read("x.svg"))
        svg = "{http://www.w3.org/2000/svg}"
        self.assertEqual(root.tag, svg + "svg")
        self.assertGreater(len(list(root.iter(svg + "path"))), 4)
        texts = {"".join(node.itertext()).strip() for node in root.iter(svg + "text")}
        for text in ("Linear birth-death process", "birth_death, n = 50, seed 1", "individuals",
                     "births so far", "count", "time (s)", "5–95 %", "25–75 %", "median"):
            self.assertIn(text, texts)
        self.assertEqual(os.listdir(self.folder), ["x.svg"])

    @unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not installed")
    def test_the_picture_can_be_png(self):
        done = self.cristae("run", "birth_death", "--trajectories", "20", "--plot", "x.png")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.path("x.png"), "rb") as file:
            self.assertEqual(file.read(8), b"\x89PNG\r\n\x1a\n")

    def test_without_gnuplot_all_else_is_written(self):
        os.mkdir(self.path("bin"))
        done = self.cristae("run", "birth_death", "--trajectories", "20", "--plot", "x.svg",
                            "--output", "x.csv", "--json", "x.json", PATH=self.path("bin"))
        self.assertEqual(done.returncode, 5)
        self.assertEqual(done.stderr,
                         "wrote x.csv\nwrote x.json\nerror: gnuplot was not found (--plot draws "
                         "with it). Install it (Debian, Ubuntu: apt install gnuplot-nox) and run "
                         "again.\n")
        self.assertIn("5-95 %", done.stdout)
        self.assertEqual(json.loads(self.read("x.json"))["exit_status"], 5)
        self.assertEqual(sorted(os.listdir(self.folder)), ["bin", "x.csv", "x.json"])


class Interrupts(CliTest):
    def interrupted(self, number, code):
        arguments = ["vilar", "--t-end", "20", "--samples", "10", "--seed", "3"]
        run = subprocess.Popen(
            [PROGRAM, "run", *arguments, "--trajectories", "1000000", "--json", "-", "--output",
             "x.csv"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.folder,
            env=environment(), preexec_fn=default_signals)
        time.sleep(2)
        sent = time.monotonic()
        run.send_signal(number)
        out, err = run.communicate(timeout=60)
        self.assertLess(time.monotonic() - sent, 2)
        self.assertEqual(run.returncode, code)
        found = json.loads(out)
        n = found["trajectories"]
        self.assertEqual(found["exit_status"], code)
        self.assertGreater(n, 0)
        self.assertLess(n, 1000000)
        self.assertRegex(err, rf"interrupted: {n} of 1000000 trajectories are reported \(ids 0 to "
                              rf"{n - 1}, without a gap: those that finish first are a biased "
                              rf"sample\); --first {n} --trajectories {1000000 - n} runs the rest")
        rows = self.read("x.csv")
        again = self.results(*arguments, "--trajectories", str(n), "--output", "y.csv")
        for key in ("contract_hash", "events", "table"):
            self.assertEqual(found[key], again[key], key)
        self.assertEqual(rows, self.read("y.csv"))

    def test_ctrl_c_stops_within_2_s_and_reports_a_contiguous_prefix(self):
        self.interrupted(signal.SIGINT, 130)

    def test_sigterm_does_the_same_with_143(self):
        self.interrupted(signal.SIGTERM, 143)


class Lists(CliTest):
    def test_networks_lists_the_bundled_ones(self):
        done = self.cristae("networks")
        self.assertEqual(done.returncode, 0, done.stderr)
        names = [line.split()[0] for line in done.stdout.splitlines()]
        self.assertEqual(names[0], "network")
        self.assertEqual(names[1:], sorted(names[1:]))
        for name in ("birth_death", "isr", "vilar"):
            self.assertIn(name, names)

    def test_devices_lists_the_engines(self):
        done = self.cristae("devices")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^engine +device +usable +detail\n")
        self.assertRegex(done.stdout, r"\ncpu +\S.* +yes\b")

    def test_an_engine_that_is_not_here_is_exit_6(self):
        lines = [re.split(r"  +", line) for line in self.cristae("devices").stdout.splitlines()]
        if any(line[0] == "cuda" and "yes" in line for line in lines):
            self.skipTest("cuda is usable here")
        done = self.cristae("run", "birth_death", "--engine", "cuda", "--trajectories", "1")
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertTrue(done.stderr.startswith("error: "))

    def test_inspect_says_how_every_law_was_read(self):
        path = self.put("toy.toml", """
[network]
name = "toy"
title = "Toy"
time_unit = "min"
[parameters]
k = { value = 2.5, unit = "1/min", grade = "assumed", source = "test" }
[species]
A = { initial = 3 }
B = { initial = 0 }
[rules]
load = { expression = "A / (A + 10)" }
[reactions]
source = { equation = "0 -> A", mass_action = "k" }
dimer  = { equation = "2 A -> B", mass_action = "k / 10" }
meet   = { equation = "A + B -> B", mass_action = "k" }
decay  = { equation = "B -> 0", rate = "k * load * B" }
[observables]
total = "A + 2 * B"
[conditions.pulse]
set = { k = 1.0 }
at = [ { time = 5, set = { k = 4.0 }, add = { A = 10 } } ]
[run]
t_end = 10
sample_every = 1
""")
        done = self.cristae("inspect", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        for line in ("toy: Toy",
                     "2 species, 4 reactions, 1 parameter, 1 rule, 1 observable, 1 condition",
                     "  k     2.5  1/min  assumed",
                     "  Grades of 1 parameter: 1 assumed.",
                     "      mass action: k  (whatever the state)",
                     "      mass action: (k / 10) * A*(A-1)/2  (pairs of A)",
                     "      mass action: k * A * B  (each A with each B)",
                     "  decay: B -> 0",
                     "      propensity:  k * load * B",
                     "      at 5 min: set k = 4; add A = 10"):
            self.assertIn(line + "\n", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=1)
