# tests/cli/cli_test.py - the command as its users meet it: exit codes, exact texts, files, signals.
"""Takes the program from CRISTAE_BIN and the source tree from CRISTAE_SOURCE."""
import contextlib
import csv
import json
import math
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
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def wait_until_it_handles_signals(process):
    """Before that, a signal ends the program at once, and on a busy machine that is long."""
    while process.poll() is None:
        with open(f"/proc/{process.pid}/status", encoding="utf-8") as file:
            handled = int(re.search(r"^SigCgt:\s*([0-9a-f]+)$", file.read(), re.MULTILINE)[1], 16)
        if handled >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.005)


# The header of the CSV.
COLUMNS = ("time kind name unit n undefined mean var sd se fano cv2 min max q05 q25 median q75 "
           "q95").split()
SPREADS = ("var", "sd", "se", "fano", "cv2")  # undefined for one trajectory


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

    def started(self, result, *arguments):
        """A run that has written the first part of its result file."""
        run = subprocess.Popen([PROGRAM, "run", *arguments, "--output", result],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               cwd=self.folder, env=environment(), preexec_fn=default_signals)
        parts = self.path(result) + ".parts"
        for _ in range(300):
            if os.path.isdir(parts) and any(name.endswith('.shard') for name in os.listdir(parts)):
                return run
            time.sleep(0.1)
        run.kill()
        self.fail(f"nothing in {parts}: {run.communicate()}")

    def results(self, *arguments, code=0):
        """The JSON of a run."""
        done = self.cristae("run", *arguments, "--quiet", "--json", "-")
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout)


class Help(CliTest):
    def test_every_command_has_help(self):
        for arguments in (["--help"], ["-h"], ["help"], ["run", "--help"], ["help", "run"],
                          ["replay", "--help"], ["verify", "--help"], ["export", "--help"], ["plot", "--help"],
                          ["pick", "--help"], ["merge", "--help"], ["extend", "--help"], ["resume", "--help"],
                          ["inspect", "--help"], ["networks", "--help"], ["devices", "--help"], ["bench", "--help"]):
            done = self.cristae(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
            self.assertIn("cristae", done.stdout)

    def test_the_help_of_run_names_every_option(self):
        text = self.cristae("run", "--help").stdout
        for option in ("condition set trajectories until first shard seed t-end sample-every samples "
                       "burn-in stop-when first-passage start-from engine threads isa code max-events select output overwrite "
                       "plot json keep raw covariance certify histogram-times strict-units quiet").split():
            self.assertRegex(text, rf"--{option}\b")
        self.assertTrue(all(len(line) <= 100 for line in text.splitlines()))

    def test_the_help_names_every_command(self):
        text = self.cristae("--help").stdout
        for command in ("run resume sweep replay verify export plot pick merge extend networks inspect devices bench "
                        "analyze compare report claims").split():
            self.assertRegex(text, rf"\n  cristae {command}\b")
        self.assertTrue(all(len(line) <= 100 for line in text.splitlines()))

    def test_the_documentation_of_every_command_names_all_of_its_options(self):
        with open(os.path.join(SOURCE, "docs", "cli.md"), encoding="utf-8") as file:
            sections = dict(re.findall(r"^## cristae (\w+)\n(.*?)(?=^## )", file.read(),
                                       re.DOTALL | re.MULTILINE))
        text = self.cristae("--help").stdout.partition("Commands of the Python package")[0]
        listed = re.findall(r"^  cristae ([a-z]+) ", text, re.MULTILINE)
        self.assertEqual(sorted(sections), sorted(listed))
        for command, section in sections.items():
            text = self.cristae(command, "--help").stdout
            known = set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", text, re.MULTILINE)) - {"--help"}
            documented = set(re.findall(r"^\| .*?(?= \| )", section, re.MULTILINE))
            documented = set(re.findall(r"--[a-z-]+", " ".join(documented)))
            self.assertEqual(documented, known, command)

    def test_the_version_is_one_line(self):
        done = self.cristae("--version")
        self.assertRegex(done.stdout, r"^cristae \d+\.\d+\.\d+\S*\n$")


class Companion(CliTest):
    """Commands that are programs of the Python package."""

    def program(self, name, text):
        self.put(name, text)
        os.chmod(self.path(name), 0o755)

    def test_they_get_the_arguments_and_this_program_and_give_the_exit_code(self):
        self.program("cristae-analyze", '#!/bin/sh\nprintf "%s|" "$CRISTAE_BIN" "$@"\nexit 37\n')
        for before in (["analyze"], ["help", "analyze"]):
            rest = ["a b", "--x=1,2", ""] if len(before) == 1 else []
            done = self.cristae(*before, *rest, PATH=f"/nowhere:{self.folder}")
            expected = [os.path.realpath(PROGRAM), *(rest or ["--help"]), ""]
            self.assertEqual((done.returncode, done.stderr), (37, ""))
            self.assertEqual(done.stdout.split("|"), expected)

    def test_one_that_is_not_there_says_how_to_install_it(self):
        os.mkdir(self.path("cristae-report"))  # no program, though it may be searched
        self.put("cristae-compare", "not executable")
        for name in ("analyze", "compare", "report", "claims"):
            done = self.cristae(name, "x.h5", PATH=self.folder)
            self.assertEqual(
                done.stderr,
                f"error: {name} is part of the Python package, which is not installed (there is no "
                f"program cristae-{name} beside cristae or in PATH). Use pip install '.[analysis]' in "
                "the folder of the source, and put the environment's bin into PATH "
                "(docs/python.md).\n")
            self.assertEqual((done.returncode, done.stdout), (2, ""))

    def test_one_that_does_not_start_is_an_error_of_files(self):
        self.program("cristae-claims", "#!/nowhere/python\n")
        done = self.cristae("claims", PATH=self.folder)
        self.assertEqual(done.stderr, f"error: '{self.folder}/cristae-claims' cannot be started "
                                      "(No such file or directory).\n")
        self.assertEqual(done.returncode, 5)

    def test_a_slip_of_the_keyboard_finds_them(self):
        self.refuses(2, "error: unknown command 'analyse'. Did you mean 'analyze'?", "analyse")


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
        last = {point["name"]: point["mean"] for point in result["table"]
                if point["time"] == 40}
        self.assertEqual({name: float(count) for name, count in state.items()}, last)
        self.assertRegex(done.stderr, r"^trajectory 17 of seed 9: completed after \d+ events at 40 ")

    def test_what_triggered_events_change_has_rows_of_its_own(self):
        network = self.put("dividing.toml", '''
[network]
name = "dividing"
time_unit = "h"
[parameters]
k = 4
born = 0
[species]
size = 7
[reactions]
growth = { equation = "0 -> size", rate = "k" }
[events]
divide = { trigger = "size >= 9", set = { size = 5, born = "time" } }
stop = { trigger = "time >= 1.5", set = { k = 0 } }
[run]
t_end = 3
sample_every = 1
''')
        done = self.cristae("replay", network, "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = list(csv.DictReader(done.stdout.splitlines()))
        self.assertEqual([row["state"] for row in rows[:4]],
                         ["size=7", "k=4 born=0", "size=8", "size=9"])
        self.assertEqual((rows[1]["event"], rows[1]["time"], rows[1]["reaction"]), ("0", "0", ""))
        divided = rows[4]  # at the second firing, which made its trigger true
        self.assertEqual((divided["event"], divided["reaction"]), ("2", ""))
        self.assertEqual(divided["time"], rows[3]["time"])
        self.assertEqual(divided["state"], f"size=5 born={divided['time']}")
        self.assertEqual((rows[-1]["time"], rows[-1]["reaction"], rows[-1]["state"]),
                         ("1.5", "", "k=0"))

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
                        "networks lists them) or the path of a network file: cristae run NETWORK.",
                     "run")

    def test_all_errors_come_in_one_go(self):
        self.refuses(2, "\n".join([
            "error: --set is 'a' (NAME=VALUE with a number is needed).",
            "error: --t-end is '-3' (a number, 0 or more, is needed).",
            "error: --burn-in is '-1' (a number, 0 or more, is needed).",
            "error: --samples and --sample-every are both given. Give one of them.",
            "error: --seed is '1x' (a whole number, 0 or more, is needed).",
            "error: --trajectories is '0' (a whole number, 1 or more, is needed).",
            "error: --engine is 'cup' (known: auto, cpu, cuda, all, reference, ode). Did you mean 'cpu'?",
            "error: --threads is '1.5' (a whole number from 1 to 65536 is needed).",
            "error: --output is '-' (only --json takes '-').",
            "error: --plot is 'x.pdf' (a name that ends in .svg or .png is needed)."]),
            "run", "isr", "--set", "a", "--trajectories", "0", "--seed", "1x", "--t-end", "-3", "--burn-in", "-1",
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
        done = self.cristae("run", "birth_death", "--samples", "5e6", "--histogram-times", "5e6")
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"^error: \d+(\.\d)? GiB needed for the statistics of 4 "
                                      r"columns at 5000001 sample times, \d+\.\d [GMK]iB available")

    def test_an_output_of_another_kind_is_refused(self):
        for name in ("x.txt", "x", "x.h5.gz", "csv"):
            self.refuses(2, f"error: --output is '{name}' (a name that ends in .csv (statistics as "
                            "text), or in .h5, .hdf5 or .nc (the whole result as HDF5) is needed).",
                         "run", "birth_death", "--output", name)

    def test_what_only_a_result_file_holds_needs_one(self):
        self.refuses(2, "\n".join(
            f"error: --{option} is given without a result file (only HDF5 holds what it keeps). "
            "Add --output FILE.h5." for option in ("raw", "keep", "covariance")),
            "run", "birth_death", "--raw", "--keep", "X[end]", "--covariance", "--output", "x.csv")

    def test_without_histograms_there_is_nothing_to_draw(self):
        self.refuses(2, "error: --plot is given with --histogram-times 0 (it draws quantiles, which "
                        "come from histograms). Give 2 or more.\n"
                        "error: --covariance is given with --histogram-times 0 (covariances are "
                        "kept at the times of the histograms). Give 1 or more.",
                     "run", "birth_death", "--plot", "x.svg", "--covariance", "--output", "x.h5",
                     "--histogram-times", "0")

    def test_a_list_with_an_empty_name(self):
        self.refuses(2, "error: --select is 'X,,births' (a name in it is empty).\n"
                        "error: --keep is 'X[end],' (a name in it is empty).",
                     "run", "birth_death", "--select", "X,,births", "--keep", "X[end],", "--output",
                     "x.h5")

    def test_features_and_precisions_are_checked_before_the_run(self):
        self.refuses(2, "error: 'Y' is not reported (in 'Y[end]'). Reported are births, deaths, "
                        "extinct, X.\n"
                        "error: 7.5 is not a sample time (in 'X[7.5]'). The nearest one is 7.\n"
                        "error: 'se(X) < 1' is not a precision. Write se(mean(NAME)) < X, or < X % "
                        "of the mean, with NAME, NAME[T] for a sample time T or NAME[all]; join "
                        "several by 'and'.",
                     "run", "birth_death", "--keep", "Y[end],X[7.5],max(X)", "--until", "se(X) < 1",
                     "--output", "x.h5")
        self.assertEqual(os.listdir(self.folder), [])

    def test_the_commands_on_results_check_their_lines(self):
        missing = ("error: RESULT is missing. Give a file that cristae run wrote with --output "
                   "FILE.h5: cristae ")
        self.refuses(2, missing + "export RESULT.h5.", "export")
        self.refuses(2, missing + "plot RESULT.h5 --output FILE.svg.\n"
                        "error: --output is missing. Give a name that ends in .svg or .png.", "plot")
        self.refuses(2, "error: QUERY is missing. Give a condition on the kept features, in quotes: "
                        "cristae pick RESULT.h5 'CHOP[end] > 100'.", "pick", "x.h5")
        self.refuses(2, "error: --what is 'feature' (known: statistics, histograms, covariance, "
                        "features, end-states, raw). Did you mean 'features'?\n"
                        "error: --output is 'x.h5' (a name that ends in .csv is needed).",
                     "export", "x.h5", "--what", "feature", "--output", "x.h5")
        self.refuses(2, "error: --output is 'x.pdf' (a name that ends in .svg or .png is needed).",
                     "plot", "x.h5", "--output", "x.pdf")
        self.refuses(2, "error: --limit is '0' (a whole number, 1 or more, is needed).\n"
                        "error: --events is given without --replay (events are found by running "
                        "again). Add --replay FOLDER.\n"
                        "error: --json is 'x.json' (known: -).",
                     "pick", "x.h5", "X[end] > 3", "--limit", "0", "--events", "--json", "x.json")


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
        self.assertRegex(lines[3], r"^column +unit +time \(s\) +mean +sd +median +5-95 %$")
        self.assertRegex(lines[4], r"^X +count +0 +100 +0 +100 +100 \.\. 100$")
        self.assertEqual(len(lines[4:lines.index("", 4)]), 10)
        self.assertRegex(done.stdout, r"\ncontract hash [0-9a-f]{16}\n"
                                       r"statistics hash [0-9a-f]{16}\ncertified: .+\npropensities: .+\n$")

    def test_the_table_shows_observables_unless_others_are_selected(self):
        def shown(*arguments):
            done = self.cristae("run", "birth_death", "--trajectories", "5", "--t-end", "0",
                                *arguments)
            self.assertEqual(done.returncode, 0, done.stderr)
            lines = done.stdout.splitlines()[3:]
            return [line.split()[0] for line in lines[:lines.index("")]]
        self.assertEqual(shown(), ["observable", "births", "deaths", "extinct"])
        self.assertEqual(shown("--select", "X"), ["species", "X"])
        self.assertEqual(shown("--select", "X, births"), ["column", "X", "births"])

    def test_without_observables_the_table_shows_the_species(self):
        path = self.put("plain.toml", """
[network]
name = "plain"
time_unit = "s"
[species]
A = 7
[reactions]
loss = { equation = "A -> 0", mass_action = "1" }
[run]
t_end = 1
sample_every = 1
""")
        table = self.results(path)["table"]
        self.assertEqual([(row["kind"], row["name"], row["time"]) for row in table],
                         [("species", "A", 0), ("species", "A", 1)])

    def test_an_end_at_0_samples_the_start(self):
        found = self.results("birth_death", "--t-end", "0", "--trajectories", "4", "--select", "X")
        self.assertEqual([(row["time"], row["n"], row["mean"], row["var"])
                          for row in found["table"]], [(0, 4, 100, 0)])

    def test_ids_beyond_32_bits_are_other_trajectories(self):
        low, high = (self.results("birth_death", "--first", first, "--trajectories", "5")
                     for first in ("705032704", "5000000000"))  # equal in their lower 32 bits
        self.assertEqual(high["first"], 5000000000)
        self.assertNotEqual(low["contract_hash"], high["contract_hash"])
        last = self.results("birth_death", "--first", str(2**64 - 6), "--trajectories", "5")
        self.assertEqual(last["trajectories"], 5)
        self.refuses(2, f"error: --first is '{2**64 - 4}' (the last id would exceed 64 bits).",
                     "run", "birth_death", "--first", str(2**64 - 4), "--trajectories", "5")

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
                                                  "bad_propensity", "stopped", "bad_event"})
        self.assertEqual(sum(found["statuses"].values()), 20)
        for key in ("version", "engine", "isa", "code", "threads", "events", "wall_seconds",
                    "cpu_seconds", "events_per_second", "nanoseconds_per_event_per_core"):
            self.assertIn(key, found)
        self.assertGreater(found["events"], 20 * 100)
        self.assertRegex(found["statistics_hash"], r"^[0-9a-f]{16}$")
        self.assertEqual((found["columns"], found["start_from"], found["until"], found["burn_in"],
                          found["interrupted"]), (4, None, None, 0, False))
        self.assertEqual(list(found["table"][0]),
                         ["kind", "name", "unit", "time", *COLUMNS[4:]])

    def test_births_minus_deaths_is_the_population(self):
        table = self.results("birth_death", "--trajectories", "200", "--select",
                             "X,births,deaths")["table"]
        mean = {(row["name"], row["time"]): row["mean"] for row in table}
        for (name, at), value in mean.items():
            if name == "X":
                self.assertAlmostEqual(value, 100 + mean["births", at] - mean["deaths", at],
                                       places=9)

    def test_the_same_run_gives_the_same_results_at_any_thread_count(self):
        one, two = (self.results("vilar", "--trajectories", "40", "--t-end", "5", "--threads", n)
                    for n in ("1", "2"))
        for key in ("contract_hash", "statistics_hash", "events", "table", "statuses"):
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

    def test_one_trajectory_has_no_spread(self):
        found = self.results("birth_death", "--trajectories", "1", "--output", "x.csv")
        for row in found["table"]:
            self.assertEqual([row[key] for key in SPREADS], [None] * len(SPREADS))
            self.assertEqual(row["min"], row["max"])
        for row in csv.DictReader(self.read("x.csv").splitlines()):
            self.assertEqual([row[key] for key in SPREADS], [""] * len(SPREADS))
            self.assertEqual(float(row["mean"]), float(row["median"]))
        table = self.cristae("run", "birth_death", "--trajectories", "1", "--select", "X").stdout
        self.assertRegex(table, r"\nX +count +0 +100 +- +100 +100 \.\. 100\n")

    def test_undefined_values_are_counted_and_said(self):
        path = self.put("ratio.toml", """
[network]
name = "ratio"
time_unit = "s"
[species]
A = 1
[reactions]
loss = { equation = "A -> 0", mass_action = "1" }
[observables]
inverse = "1 / A"
[run]
t_end = 2
sample_every = 2
""")
        found = self.results(path, "--trajectories", "100", "--output", "x.csv")
        start, end = found["table"]
        self.assertEqual((start["undefined"], start["mean"]), (0, 1))
        self.assertEqual(end["n"], 100)
        self.assertGreater(end["undefined"], 50)
        self.assertLess(end["undefined"], 100)
        for key in COLUMNS[6:]:
            self.assertIsNone(end[key], key)
        rows = list(csv.DictReader(self.read("x.csv").splitlines()))
        self.assertEqual([row["mean"] for row in rows[:2]], ["1", ""])
        self.assertIn(f"\ninverse is undefined (infinite, not a number or too large for its resolution) in up to "
                      f"{end['undefined']} of 100 trajectories; its statistics at those times are "
                      "left out\n", self.cristae("run", path, "--trajectories", "100").stdout)

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
        wait_until_it_handles_signals(run)
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
                         r"--max-events, or replay it: cristae replay \S+.* --seed 1 --trajectory 0\.\n$")
        start = found["table"][0]
        self.assertEqual((start["time"], start["n"]), (0, 20))


class Files(CliTest):
    def test_csv_holds_every_column_and_time(self):
        done = self.cristae("run", "birth_death", "--trajectories", "30", "--output", "x.csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "wrote x.csv\n")
        text = self.read("x.csv")
        self.assertEqual(text.split("\n", 1)[0], ",".join(COLUMNS))
        rows = list(csv.DictReader(text.splitlines()))
        self.assertEqual([(row["kind"], row["name"]) for row in rows[::51]],
                         [("observable", "births"), ("observable", "deaths"),
                          ("observable", "extinct"), ("species", "X")])
        self.assertEqual(len(rows), 51 * 4)
        for row in rows:
            self.assertEqual((row["n"], row["undefined"]), ("30", "0"))
            order = [float(row[q]) for q in ("min", "q05", "q25", "median", "q75", "q95", "max")]
            self.assertEqual(order, sorted(order))
            mean, var = float(row["mean"]), float(row["var"])
            self.assertAlmostEqual(float(row["sd"]), var**0.5, delta=1e-12 * (1 + var))
            self.assertAlmostEqual(float(row["se"]), (var / 30)**0.5, delta=1e-12 * (1 + var))
            if mean == 0:
                self.assertEqual((row["fano"], row["cv2"]), ("", ""))
            else:
                self.assertAlmostEqual(float(row["fano"]), var / mean, delta=1e-12 * (1 + var))
                self.assertAlmostEqual(float(row["cv2"]), var / mean**2, delta=1e-12 * (1 + var))
        self.assertEqual(os.listdir(self.folder), ["x.csv"])

    def test_csv_and_json_hold_the_same_numbers(self):
        found = self.results("birth_death", "--trajectories", "30", "--output", "x.csv")
        rows = {(row["name"], float(row["time"])): row
                for row in csv.DictReader(self.read("x.csv").splitlines())}
        for row in found["table"]:
            for key in COLUMNS[4:]:
                text = rows[row["name"], row["time"]][key]
                self.assertEqual(float(text) if text else None, row[key])

    def test_any_name_of_a_file_works(self):
        for number, name in enumerate(["with blank", "it's \"quoted\"", "µ→ü", "two\nlines",
                                       "$(a);b|c&", "-dash"]):
            outputs = {ending: os.path.join(self.folder, name + ending)
                       for ending in (".csv", ".json")}
            found = self.results("birth_death", "--trajectories", "3", "--seed", str(number),
                                 "--output", outputs[".csv"])
            self.assertEqual(len(self.read(name + ".csv").splitlines()), 1 + 51 * 4)
            done = self.cristae("run", "birth_death", "--trajectories", "3", "--seed", str(number),
                                "--output", outputs[".csv"], "--json", outputs[".json"],
                                "--overwrite")
            self.assertEqual((done.returncode, done.stderr),
                             (0, f"wrote {outputs['.csv']}\nwrote {outputs['.json']}\n"))
            self.assertEqual(json.loads(self.read(name + ".json"))["statistics_hash"],
                             found["statistics_hash"])

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
                         "wrote x.csv\nwrote x.json\nerror: gnuplot was not found (it draws "
                         "the picture). Install it (Debian, Ubuntu: apt install gnuplot-nox) and "
                         "run again.\n")
        self.assertIn("5-95 %", done.stdout)
        self.assertEqual(json.loads(self.read("x.json"))["exit_status"], 5)
        self.assertEqual(sorted(os.listdir(self.folder)), ["bin", "x.csv", "x.json"])


class ResultFiles(CliTest):
    """What `run` does with a result file; tests/io looks into it."""

    def exported(self, name, what="statistics"):
        done = self.cristae("export", name, "--what", what)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_it_holds_the_statistics_of_the_csv(self):
        for ending in ("h5", "hdf5", "nc"):
            done = self.cristae("run", "birth_death", "--trajectories", "40", "--output",
                                "x." + ending)
            self.assertEqual((done.returncode, done.stderr), (0, f"wrote x.{ending}\n"))
        self.results("birth_death", "--trajectories", "40", "--output", "x.csv")
        self.assertEqual(sorted(os.listdir(self.folder)), ["x.csv", "x.h5", "x.hdf5", "x.nc"])
        for ending in ("h5", "hdf5", "nc"):
            self.assertEqual(self.exported("x." + ending), self.read("x.csv"))

    def test_it_keeps_the_end_of_every_column_and_the_states_by_itself(self):
        self.results("birth_death", "--trajectories", "3", "--first", "5000000000", "--output",
                     "x.h5")
        rows = list(csv.DictReader(self.exported("x.h5", "features").splitlines()))
        self.assertEqual(list(rows[0])[-4:], ["births[end]", "deaths[end]", "extinct[end]",
                                              "X[end]"])
        self.assertEqual(len(rows), 3)
        states = list(csv.DictReader(self.exported("x.h5", "end-states").splitlines()))
        for row, state in zip(rows, states):
            self.assertEqual(float(row["X[end]"]), float(state["X"]))
            self.assertEqual(float(row["X[end]"]),
                             100 + float(row["births[end]"]) - float(row["deaths[end]"]))

    def test_keep_chooses_the_features_once_each(self):
        self.results("birth_death", "--trajectories", "3", "--output", "x.h5", "--keep",
                     "max(X), X[50],X[end],X[10]")
        header = self.exported("x.h5", "features").splitlines()[0]
        self.assertTrue(header.endswith(",max(X),X[end],X[10]"), header)

    def test_keep_none_keeps_no_end_states(self):
        self.results("birth_death", "--trajectories", "3", "--output", "x.h5", "--keep", "none")
        self.refuses(2, "error: 'x.h5' holds no end states (it was written with --keep none). Make "
                        "it again without that option.",
                     "run", "birth_death", "--start-from", "x.h5", "--seed", "2")

    def test_options_of_the_result_file_do_not_change_the_statistics(self):
        plain = self.results("birth_death", "--trajectories", "300")
        rich = self.results("birth_death", "--trajectories", "300", "--raw", "--output", "x.h5")
        for key in ("contract_hash", "statistics_hash", "table"):
            self.assertEqual(plain[key], rich[key], key)

    def test_an_existing_result_is_refused_and_kept(self):
        self.put("x.h5", "old")
        self.refuses(5, "error: 'x.h5' exists. Use --overwrite to replace it, or give another name.",
                     "run", "birth_death", "--output", "x.h5")
        self.assertEqual(self.read("x.h5"), "old")
        self.results("birth_death", "--trajectories", "3", "--output", "x.h5", "--overwrite")
        self.assertIn("births", self.exported("x.h5"))

    def test_a_disk_that_fails_ends_the_run_and_leaves_the_other_outputs(self):
        os.mkdir(self.path("sub"))
        run = self.started("sub/x.h5", "birth_death", "--trajectories", "50000000", "--raw",
                           "--json", "x.json")
        while os.path.isdir(self.path("sub")):
            shutil.rmtree(self.path("sub"), ignore_errors=True)
        out, err = run.communicate(timeout=100)
        self.assertEqual(run.returncode, 5, err)
        found = json.loads(self.read("x.json"))
        n = found["trajectories"]
        self.assertEqual((found["exit_status"], found["interrupted"]), (5, False))
        self.assertLess(n, 50000000)
        self.assertIn(f"stopped: {n} of 50000000 trajectories are reported (ids 0 to {n - 1}", err)
        self.assertRegex(err, r"\nerror: 'sub/x\.h5\S*' cannot be written")
        self.assertIn("5-95 %", out)


class BurnIn(CliTest):
    def test_time_0_is_after_the_burn_in(self):
        birth, death, time_before = 0.1, 0.11, 20
        found = self.results("birth_death", "--burn-in", str(time_before), "--trajectories", "4000",
                             "--select", "X", "--t-end", "0")
        self.assertEqual((found["burn_in"], found["t_end"]), (time_before, 0))
        row, = found["table"]
        decay = math.exp((birth - death) * time_before)
        mean = 100 * decay
        var = 100 * (birth + death) / (birth - death) * decay * (decay - 1)
        # 5 sigma: one false alarm in 1.7 million; the seed is fixed.
        self.assertLess(abs(row["mean"] - mean), 5 * (var / 4000)**0.5)
        self.assertLess(abs(row["var"] / var - 1), 5 * (2.2 / 4000)**0.5)
        done = self.cristae("run", "birth_death", "--burn-in", "20", "--trajectories", "5")
        self.assertIn("\nbirth_death, burn-in 20 s, n = 5, seed 1\n", done.stdout)

    def test_no_burn_in_is_the_run_as_it_was(self):
        plain = self.results("birth_death", "--trajectories", "20")
        zero = self.results("birth_death", "--trajectories", "20", "--burn-in", "0")
        self.assertEqual(plain["contract_hash"], zero["contract_hash"])

    def test_replay_follows_it(self):
        found = self.results("birth_death", "--burn-in", "3", "--t-end", "5", "--first", "2",
                             "--trajectories", "1", "--select", "X")
        done = self.cristae("replay", "birth_death", "--burn-in", "3", "--t-end", "5",
                            "--trajectory", "2")
        rows = list(csv.DictReader(done.stdout.splitlines()))
        self.assertEqual(float(rows[0]["time"]), -3)
        self.assertEqual(len(rows), found["events"] + 1)
        self.assertEqual(int(rows[-1]["state"].split("=")[1]), found["table"][-1]["mean"])


class StartFrom(CliTest):
    def first(self, *arguments):
        return self.results("birth_death", "--trajectories", "300", "--seed", "7", "--output",
                            "a.h5", *arguments, code=4 if "--max-events" in arguments else 0)

    def test_a_run_starts_where_the_other_ended(self):
        before = self.first("--select", "X")
        after = self.results("birth_death", "--start-from", "a.h5", "--seed", "8", "--trajectories",
                             "300", "--select", "X", "--output", "b.h5")
        self.assertEqual(after["start_from"], {"result": "a.h5", "seeds": [7],
                                               "contract_hash": before["contract_hash"]})
        end, start = before["table"][-1], after["table"][0]
        for key in COLUMNS[4:]:
            self.assertEqual(end[key], start[key], key)
        third = self.results("birth_death", "--start-from", "b.h5", "--seed", "9", "--trajectories",
                             "2")
        self.assertEqual(third["start_from"]["seeds"], [7, 8])

    def test_a_seed_that_led_to_the_states_is_refused(self):
        self.first()
        self.results("birth_death", "--start-from", "a.h5", "--seed", "8", "--trajectories", "300",
                     "--output", "b.h5")
        for seed in ("7", "8"):
            self.refuses(2, f"error: --seed {seed} has already led to the states of 'b.h5' (the "
                            "same random numbers would be used again, so that what comes would "
                            "depend on what has been). Give another one: --seed 9.",
                         "run", "birth_death", "--start-from", "b.h5", "--seed", seed)

    def test_trajectory_i_starts_from_state_i_and_replays(self):
        self.first()
        states = list(csv.DictReader(
            self.cristae("export", "a.h5", "--what", "end-states").stdout.splitlines()))
        done = self.cristae("replay", "birth_death", "--start-from", "a.h5", "--seed", "8",
                            "--trajectory", "305", "--t-end", "1")
        rows = list(csv.DictReader(done.stdout.splitlines()))
        self.assertEqual(rows[0]["state"], "X=" + states[5]["X"])
        found = self.results("birth_death", "--start-from", "a.h5", "--seed", "8", "--first", "305",
                             "--trajectories", "1", "--t-end", "1")
        self.assertEqual(len(rows), found["events"] + 1)

    def test_shared_states_are_said(self):
        self.first()
        done = self.cristae("run", "birth_death", "--start-from", "a.h5", "--seed", "8",
                            "--trajectories", "301", "--t-end", "1")
        self.assertEqual(done.stderr, "note: 301 trajectories start from 300 states; those that "
                                      "share one are not independent\n")
        self.assertIn("\nbirth_death, from the end of a.h5, n = 301, seed 8\n", done.stdout)

    def test_trajectories_that_did_not_get_to_the_end_are_left_out(self):
        n = self.first("--max-events", "800")["statuses"]["budget"]
        self.assertGreater(n, 10)
        self.assertLess(n, 290)
        done = self.cristae("run", "birth_death", "--start-from", "a.h5", "--seed", "8",
                            "--trajectories", str(300 - n), "--select", "X", "--t-end", "0")
        self.assertEqual(done.stderr, f"note: {n} of 300 trajectories of 'a.h5' did not get to the "
                                      "end and are left out (the others may differ from them).\n")

    def test_a_result_in_which_none_got_to_the_end_is_refused(self):
        self.first("--max-events", "1")
        self.refuses(2, "error: 'a.h5' holds no state to start from (none of its 300 trajectories "
                        "got to the end).",
                     "run", "birth_death", "--start-from", "a.h5", "--seed", "8")

    def test_initial_counts_of_the_condition_are_not_used_and_that_is_said(self):
        self.put("decay.toml", """
[network]
name = "decay"
time_unit = "s"
[parameters]
k = 1
[species]
P = 10
[reactions]
death = { equation = "P -> 0", mass_action = "k" }
[conditions.many]
initial = { P = 1000 }
at = [ { time = 0, add = { P = 7 } } ]
[run]
t_end = 1
sample_every = 1
""")
        self.results("decay.toml", "--t-end", "0", "--trajectories", "5", "--output", "a.h5")
        start = ["--start-from", "a.h5", "--seed", "2", "--trajectories", "5", "--t-end", "0"]
        done = self.cristae("run", "decay.toml", "--condition", "many", *start)
        self.assertEqual(done.stderr, "note: the initial counts of condition 'many' are not used "
                                      "(trajectories start from the states of 'a.h5').\n")
        found = self.results("decay.toml", "--condition", "many", *start)
        self.assertEqual(found["table"][0]["mean"], 17)  # what a schedule adds, it adds
        self.assertEqual(self.cristae("run", "decay.toml", *start).stderr, "")

    def test_another_network_is_refused_with_every_missing_species(self):
        self.first()
        self.refuses(2, "\n".join(
            f"error: species '{name}' is not in the states to start from (its copy number would be "
            "unknown). Start from a run of the same network." for name in ("G_off", "G_on", "M")),
            "run", "telegraph", "--start-from", "a.h5", "--seed", "8")

    def test_what_is_no_result_is_a_file_error(self):
        self.put("x.h5", "text")
        for name in ("x.h5", "missing.h5"):
            done = self.cristae("run", "birth_death", "--start-from", name)
            self.assertEqual(done.returncode, 5)
            self.assertIn(f"'{name}'", done.stderr)

    def test_the_result_is_not_overwritten_by_its_successor(self):
        self.first()
        self.refuses(2, "error: --output and --start-from are the same file 'a.h5' (one would "
                        "replace the other). Give two names.",
                     "run", "birth_death", "--start-from", "a.h5", "--output", "a.h5", "--overwrite")


class Until(CliTest):
    TARGET = "se(mean(X)) < 1.5 %"

    def test_it_ends_after_the_same_trajectories_on_any_threads(self):
        one, two = (self.results("birth_death", "--until", self.TARGET, "--threads", threads)
                    for threads in ("1", "2"))
        n = one["trajectories"]
        self.assertIn(n, (256, 512, 640, 768, 896, 1024))
        self.assertEqual(one["until"], "se(mean(X[end])) < 1.5 %")
        self.assertEqual(one["trajectories_requested"], 1000000)
        plain = self.results("birth_death", "--trajectories", str(n))
        for key in ("trajectories", "events", "contract_hash", "statistics_hash", "table"):
            self.assertEqual(one[key], two[key], key)
            self.assertEqual(one[key], plain[key], key)

    def test_the_precision_holds_where_it_ends_and_not_a_check_before(self):
        found = self.results("birth_death", "--until", self.TARGET, "--select", "X")
        last = found["table"][-1]
        self.assertLess(last["se"], 0.015 * last["mean"])
        checks = [256, 512, 640, 768, 896, 1024]
        n = checks[checks.index(found["trajectories"]) - 1]
        before = self.results("birth_death", "--until", self.TARGET, "--select", "X",
                              "--trajectories", str(n), code=4)
        self.assertEqual(before["trajectories"], n)
        self.assertGreaterEqual(before["table"][-1]["se"], 0.015 * before["table"][-1]["mean"])

    def test_a_precision_that_is_not_reached_is_exit_4_with_everything_written(self):
        done = self.cristae("run", "birth_death", "--until", "se(mean(X[50])) < 0.1", "--select",
                            "X", "--trajectories", "400", "--output", "x.csv", "--json", "x.json")
        self.assertEqual(done.returncode, 4)
        found = json.loads(self.read("x.json"))
        self.assertEqual((found["trajectories"], found["exit_status"]), (400, 4))
        self.assertEqual(len(self.read("x.csv").splitlines()), 52)
        se = found["table"][-1]["se"]
        needed = re.search(r"about (\d+)", done.stderr)
        self.assertEqual(done.stderr, "wrote x.csv\nwrote x.json\nerror: se(mean(X[end])) < 0.1 is "
                                      f"not reached after 400 trajectories (it is {se:.3g} at 50 "
                                      f"s). Raise --trajectories to about {needed[1]}, or ask for "
                                      "less.\n")
        self.assertGreaterEqual(int(needed[1]), 400 * (se / 0.1)**2)
        self.assertLess(int(needed[1]), 1.1 * 400 * (se / 0.1)**2)

    def test_several_demands_are_reported_each(self):
        done = self.cristae("run", "birth_death", "--until",
                            "se(mean(X[0])) < 1 % and se(mean(X[10])) < 0.1 % and "
                            "se(mean(births)) < 0.1", "--trajectories", "256", "--quiet")
        self.assertEqual(done.returncode, 4)
        self.assertRegex(done.stderr, r"^error: se\(mean\(X\[10\]\)\) < 0\.1 % is not reached after "
                                      r"256 trajectories \(it is [\d.]+ % at 10 s\)\. .*\n"
                                      r"error: se\(mean\(births\[end\]\)\) < 0\.1 is not .*\n$")

    def test_a_result_file_holds_all_of_its_steps(self):
        found = self.results("birth_death", "--until", self.TARGET, "--output", "x.h5")
        rows = self.cristae("export", "x.h5", "--what", "features").stdout.splitlines()
        self.assertEqual(len(rows), found["trajectories"] + 1)


class Interrupts(CliTest):
    def interrupted(self, number, code):
        arguments = ["vilar", "--t-end", "20", "--samples", "10", "--seed", "3"]
        run = subprocess.Popen(
            [PROGRAM, "run", *arguments, "--trajectories", "1000000", "--json", "-", "--output",
             "x.csv"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.folder,
            env=environment(), preexec_fn=default_signals)
        wait_until_it_handles_signals(run)
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
        self.assertTrue(found["interrupted"])
        for key in ("contract_hash", "statistics_hash", "events", "table"):
            self.assertEqual(found[key], again[key], key)
        self.assertEqual(rows, self.read("y.csv"))

    def test_an_interrupted_result_file_holds_the_prefix_and_says_so(self):
        run = self.started("x.h5", "birth_death", "--trajectories", "100000000", "--json", "-",
                           "--seed", "3", "--raw")
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 130, err)
        n = json.loads(out)["trajectories"]
        self.assertEqual(sorted(os.listdir(self.folder)), ["x.h5", "x.h5.parts"])
        self.results("birth_death", "--trajectories", str(n), "--seed", "3", "--output", "y.h5")
        for what in ("statistics", "features", "end-states"):
            one, two = (self.cristae("export", name, "--what", what) for name in ("x.h5", "y.h5"))
            self.assertEqual((one.returncode, one.stdout == two.stdout), (0, True), what)
        done = self.cristae("run", "birth_death", "--start-from", "x.h5", "--trajectories", "1")
        self.assertEqual(done.stderr, "note: the run of 'x.h5' was interrupted (it holds "
                                      f"{n} of 100000000 trajectories).\n")

    def test_a_run_until_a_precision_can_be_interrupted(self):
        run = self.started("x.h5", "birth_death", "--until", "se(mean(X)) < 1e-9",
                           "--trajectories", "100000000", "--json", "-", "--raw")
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 130, err)
        found = json.loads(out)
        n = found["trajectories"]
        self.assertEqual(err, f"interrupted: {n} of at most 100000000 trajectories are reported "
                              f"(ids 0 to {n - 1}, without a gap: those that finish first are a "
                              "biased sample); cristae resume x.h5 goes on\nwrote x.h5\n")
        plain = self.results("birth_death", "--trajectories", str(n))
        for key in ("contract_hash", "statistics_hash"):
            self.assertEqual(found[key], plain[key], key)

    def test_ctrl_c_stops_within_2_s_and_reports_a_contiguous_prefix(self):
        self.interrupted(signal.SIGINT, 130)

    def test_sigterm_does_the_same_with_143(self):
        self.interrupted(signal.SIGTERM, 143)

    def test_a_terminal_that_hangs_up_does_the_same_with_129(self):
        self.interrupted(signal.SIGHUP, 129)

    def test_a_signal_after_the_last_trajectory_cuts_nothing(self):
        read, write = os.pipe()
        os.set_blocking(write, False)
        filled = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                filled += os.write(write, b"." * 4096)
        os.set_blocking(write, True)
        run = subprocess.Popen([PROGRAM, "run", "birth_death", "--trajectories", "100", "--output", "x.h5"],
                               cwd=self.folder, env=environment(), stdout=write, stderr=subprocess.PIPE,
                               text=True, preexec_fn=default_signals)
        os.close(write)
        wait_until_it_handles_signals(run)
        time.sleep(2)
        self.assertIsNone(run.poll())  # its table waits for a reader
        run.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        with os.fdopen(read, "rb") as table:
            shown = table.read()[filled:].decode()
        err = run.communicate(timeout=60)[1]
        self.assertEqual(run.returncode, 0, err)
        self.assertIn("statistics hash", shown)
        self.assertNotIn("interrupted", err)
        self.assertEqual(os.listdir(self.folder), ["x.h5"])
        self.assertEqual(self.cristae("extend", "x.h5", "--trajectories", "120").returncode, 0)

    def test_nohup_keeps_a_run_going(self):
        def without_hangup():
            default_signals()
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

        run = subprocess.Popen([PROGRAM, "run", "birth_death", "--trajectories", "200000",
                                "--threads", "1", "--quiet", "--json", "x.json"], cwd=self.folder,
                               env=environment(), preexec_fn=without_hangup)
        time.sleep(0.2)
        run.send_signal(signal.SIGHUP)
        self.assertEqual(run.wait(timeout=60), 0)

    def test_a_terminal_that_went_away_does_not_end_the_run(self):
        master, slave = os.openpty()
        run = subprocess.Popen([PROGRAM, "run", "birth_death", "--trajectories", "400000",
                                "--threads", "1", "--output", "x.h5"], cwd=self.folder,
                               env=environment(), stdout=subprocess.DEVNULL, stderr=slave,
                               preexec_fn=default_signals)
        os.close(slave)
        os.read(master, 1)  # the first sign of progress
        os.close(master)
        run.wait(timeout=60)
        self.assertEqual(os.listdir(self.folder), ["x.h5"])


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

    def test_inspect_draws_what_becomes_what_and_what_acts_on_it(self):
        path = self.put("toy.toml", """
[network]
name = "toy"
time_unit = "min"
[parameters]
k = 2.5
s = 0
[compartments]
in = { volume = 1 }
out = { volume = 1, label = "the \\"outside\\"" }
[species]
A = { initial = 3, compartment = "in" }
B = { initial = 0, compartment = "out" }
E = 1
F = 1
[rules]
load = "k / (F + 10)"
[reactions]
make  = { equation = "0 -> A", rate = "k * load" }
turn  = { equation = "A -> B", mass_action = "k" }
helped = { equation = "B + E -> A + E", mass_action = "k" }
pair  = { equation = "2 A -> B", rate = "k * A * A * (1 + s * E)" }
hump  = { equation = "0 -> F", rate = "k * E * exp(-E)" }
lost  = { equation = "A -> 0", rate = "A * B" }
[events]
flip = { trigger = "B > 3", set = { E = "2", s = "1" } }
[run]
t_end = 10
sample_every = 1
""")
        done = self.cristae("inspect", path, "--graph")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        raises, lowers = ('style=dashed, color="#2e7d4f", arrowhead=normal',
                          'style=dashed, color="#b23b3b", arrowhead=tee')
        for line in ('digraph "toy" {', '"A" -> "B"', '"B" -> "reaction helped" [arrowhead=none]',
                     '"reaction helped" -> "A"', f'"E" -> "reaction helped" [{raises}]',
                     f'"E" -> "reaction pair" [{raises}]', f'"F" -> "A" [{lowers}]',
                     f'"B" -> "A" [{lowers}]',
                     '"E" -> "F" [style=dashed, color="#777777", arrowhead=odiamond]',
                     '"B" -> "event flip" [style=dotted]', '"event flip" -> "E" [style=dotted]'):
            self.assertIn(f"\n  {line}\n", done.stdout.replace("digraph", "\n  digraph", 1))
        self.assertIn('label="the \\"outside\\""', done.stdout)
        done = self.cristae("inspect", path, "--graph", "--code")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--code and --graph are both given", done.stderr)

    def test_drawings_and_list_of_the_networks_have_all_there_is(self):
        with open(os.path.join(SOURCE, "networks", "README.md"), encoding="utf-8") as file:
            listed = file.read()
        for line in self.cristae("networks").stdout.splitlines()[1:]:
            name, species, reactions = line.split()[:3]
            self.assertIn(f"| [{name}]({name}/README.md) | {species} | {reactions} |", listed)
            folder = os.path.join(SOURCE, "networks", name)
            with self.subTest(network=name):
                with open(os.path.join(folder, "network.svg"), encoding="utf-8") as file:
                    picture = file.read()
                drawn = self.cristae("inspect", name, "--graph").stdout
                for species in re.findall(r'^  "(\w+)" \[fillcolor', drawn, re.MULTILINE):
                    self.assertIn(f"<title>{species}</title>", picture)

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


class Bench(CliTest):
    def test_every_form_is_measured_and_none_is_beyond_the_bound(self):
        done = self.cristae("bench", "vilar", "birth_death", "--seconds", "0.1", "--threads", "1", "--json", "-")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        found = json.loads(done.stdout)
        self.assertGreaterEqual(found["cores"], 1)
        self.assertEqual(found["seconds"], 0.1)
        isas = self.cristae("devices").stdout.split("instruction sets ")[1].splitlines()[0].split(", ")
        for network, reactions in (("vilar", 16), ("birth_death", 2)):
            mine = [s for s in found["speeds"] if s["network"] == network and s["engine"] != "cuda"]
            self.assertEqual({(s["engine"], s["isa"], s["code"]) for s in mine},
                             {("cpu", isa, code) for isa in isas for code in ("generated", "table")}
                             | {("reference", "scalar double", "")})
            for speed in mine:
                self.assertEqual((speed["threads"], speed["reactions"]), (1, reactions))
                self.assertGreater(speed["events"], 1000)
                self.assertAlmostEqual(speed["events_per_second"], speed["events"] / speed["wall_seconds"], delta=1)
                # The clock of the process may tick in 10 ms.
                self.assertLess(speed["cpu_seconds"], speed["wall_seconds"] + 0.03)
                bounded = speed["isa"] == "avx512" and speed["code"] == "generated"
                self.assertEqual(speed["share_of_bound"] is not None, bounded)
                if bounded:
                    # Below 1 where nobody else is at work: a neighbour on the same core may come while the
                    # bound is measured.
                    self.assertTrue(0.1 < speed["share_of_bound"] < 2, speed)

    def test_the_table_and_the_file_have_the_same_lines(self):
        done = self.cristae("bench", "birth_death", "--seconds", "0.02", "--json", "speed.json")
        self.assertEqual((done.returncode, done.stderr), (0, "wrote speed.json\n"))
        lines = [re.split(r"  +", line) for line in done.stdout.splitlines()[3:]]
        speeds = json.loads(self.read("speed.json"))["speeds"]
        self.assertEqual(len(lines), len(speeds))
        for line, speed in zip(lines, speeds):
            self.assertEqual(line[:3], ["birth_death", speed["engine"], speed["isa"]])
        self.refuses(5, "error: 'speed.json' exists. Use --overwrite to replace it, or give another name.",
                     "bench", "birth_death", "--json", "speed.json")

    def test_errors_come_in_one_go(self):
        self.refuses(2, "error: --seconds is '0' (a number above 0 is needed).\n"
                        "error: --threads is 'x' (a whole number from 1 to 65536 is needed).",
                     "bench", "vilar", "--seconds", "0", "--threads", "x")
        self.refuses(2, "error: unknown option '--second'. Did you mean '--seconds'?", "bench", "vilar", "--second", "1")


if __name__ == "__main__":
    unittest.main(verbosity=1)
