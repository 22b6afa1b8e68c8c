# tests/cli/inspect_test.py - what `cristae inspect` says a run will cost, against what runs cost.
"""Takes the program from CRISTAE_BIN and the source tree from CRISTAE_SOURCE."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest

try:
    import h5py
except ImportError:
    h5py = None

PROGRAM = os.environ["CRISTAE_BIN"]
SOURCE = os.environ["CRISTAE_SOURCE"]

BIRTHS = """
[network]
name = "births"
time_unit = "s"
[parameters]
k = 1e6
[species]
A = 0
[reactions]
birth = { equation = "0 -> A", mass_action = "k" }
[conditions.slow]
set = { k = 2 }
"""
RUN = "[run]\nt_end = 1000\nsample_every = 500\n"


def number(text):
    """12.3 k, 2 min 5 s, 1.5 GiB: as a plain number (seconds, bytes)."""
    match = re.match(r"([\d.e+-]+) ?([kMGT](?!i)|[KMG]iB)?", text)
    scale = {None: 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
             "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}[match[2]]
    return float(match[1]) * scale


class CostTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cristae-inspect-")
        self.addCleanup(shutil.rmtree, self.folder)

    def put(self, text):
        path = os.path.join(self.folder, "net.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def cristae(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120,
                              cwd=self.folder, check=False,
                              env=dict(os.environ, CRISTAE_NETWORKS=os.path.join(SOURCE, "networks")))

    def cost(self, *arguments):
        """The heading of the section, and its lines by their names."""
        done = self.cristae("inspect", *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        heading, *lines = done.stdout[done.stdout.index("\nCost of a run") + 1:].splitlines()
        return heading, dict(re.split(r" {2,}", line.strip(), maxsplit=1) for line in lines)

    def test_the_events_are_those_of_a_run_where_the_pilot_is_the_run(self):
        heading, cost = self.cost("birth_death", "--trajectories", "200", "--t-end", "30")
        self.assertEqual(heading, "Cost of a run: 200 trajectories, to 30 s, 31 sample times")
        self.assertEqual(list(cost), ["events", "speed", "time", "memory", "result file"])
        run = self.cristae("run", "birth_death", "--trajectories", "200", "--t-end", "30", "--quiet",
                           "--json", "-")
        mean = json.loads(run.stdout)["events"] / 200
        match = re.fullmatch(r"([\d.]+), sd ([\d.]+) \(200 pilot trajectories\)", cost["events"])
        self.assertEqual(float(match[1]), float(f"{mean:.3g}"))
        self.assertGreater(float(match[2]), 0)
        self.assertRegex(cost["speed"], r"^[\d.]+ ns per event and core \(\w+, \d+ threads?\)$")
        self.assertRegex(cost["time"], r"^about .* s for [\d.]+ k events on \d+ threads?$")
        self.assertRegex(cost["memory"], r"^at most [\d.]+ [KMG]iB, with a result file [\d.]+ [KMG]iB$")

    def peak(self, *arguments):
        """The most memory that the program took."""
        process = subprocess.Popen([PROGRAM, *arguments], cwd=self.folder)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0, arguments)
        return usage.ru_maxrss * 1024

    def test_a_run_takes_no_more_memory_than_it_says(self):
        # Histograms with as many bins as there can be, so that the bound is close. On several threads,
        # blocks that end out of order are summed up apart.
        wide = "".join(f'o{i} = {{ expression = "{100 + i} * A" }}\n' for i in range(20))
        network = self.put(BIRTHS.replace("1e6", "1e2") + "[observables]\n" + wide)
        run = (network, "--t-end", "10", "--samples", "512", "--trajectories", "20000")
        _, cost = self.cost(*run)
        run = (*run, "--threads", "1", "--quiet")
        most, with_file = map(number, re.findall(r"[\d.]+ [KMG]iB", cost["memory"]))
        program = self.peak("run", network, "--t-end", "1", "--samples", "1", "--trajectories", "1", "--quiet")
        alone = self.peak("run", *run) - program
        with_checkpoints = self.peak("run", *run, "--output", "x.h5", "--checkpoint-every", "0.05") - program
        self.assertLess(alone, most)
        self.assertLess(with_checkpoints, with_file)
        self.assertLess(with_file, 3 * with_checkpoints)

    def test_trajectories_that_are_cut_off_are_extrapolated_and_it_says_so(self):
        _, cost = self.cost(self.put(BIRTHS + RUN))
        match = re.fullmatch(r"more than (.+): (\d+) of (\d+) pilot trajectories were cut off, "
                             r"([\d.e-]+) % of the time simulated; (.+) if they go on at this rate",
                             cost["events"])
        self.assertEqual(match[2], match[3])
        self.assertLess(number(match[1]), 1e8)
        self.assertAlmostEqual(number(match[1]) / (float(match[4]) / 100) / 1e9, 1, delta=0.05)
        self.assertAlmostEqual(number(match[5]) / 1e9, 1, delta=0.05)
        self.assertRegex(cost["time"], r"for (1|0\.99\d|1\.0\d) T events")

    def test_the_condition_and_the_times_are_those_asked_for(self):
        heading, cost = self.cost(self.put(BIRTHS + RUN), "--condition", "slow", "--t-end", "100",
                                  "--samples", "4", "--trajectories", "50")
        self.assertEqual(heading, "Cost of a run: 50 trajectories, condition slow, to 100 s, "
                                  "5 sample times")
        self.assertAlmostEqual(number(cost["events"]), 200, delta=4 * (200 / 50) ** 0.5)
        _, faster = self.cost(self.put(BIRTHS + RUN), "--set", "k=4", "--t-end", "100",
                              "--trajectories", "50")
        self.assertAlmostEqual(number(faster["events"]), 400, delta=4 * (400 / 50) ** 0.5)

    def test_it_takes_about_a_second(self):
        for network in ("mam_ca", "coupled"):
            start = time.monotonic()
            self.cost(network, "--trajectories", "1000000")
            self.assertLess(time.monotonic() - start, 10)  # on a machine that does other things too

    def test_it_can_be_left_out(self):
        done = self.cristae("inspect", "birth_death", "--no-estimate")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertNotIn("Cost of a run", done.stdout)
        self.assertIn("Numerics", done.stdout)

    def test_wrong_names_are_refused_with_and_without_it(self):
        for extra in ([], ["--no-estimate"]):
            done = self.cristae("inspect", "isr", "--condition", "mitto", *extra)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertEqual(done.stderr,
                             "error: unknown condition 'mitto'. Did you mean 'mito'?\n")

    def test_without_an_end_or_samples_it_asks_for_them(self):
        done = self.cristae("inspect", self.put(BIRTHS))
        self.assertTrue(done.stdout.endswith(
            "\nCost of a run\n  not known without an end: give --t-end\n"), done.stdout)
        done = self.cristae("inspect", self.put(BIRTHS), "--t-end", "1")
        self.assertTrue(done.stdout.endswith(
            "\nCost of a run\n  not known without sample times: give --samples or --sample-every\n"),
            done.stdout)
        _, cost = self.cost(self.put(BIRTHS), "--t-end", "1e-3", "--samples", "2")
        self.assertAlmostEqual(number(cost["events"]), 1000, delta=10)

    def test_a_run_that_would_be_refused_is_not_tried(self):
        done = self.cristae("inspect", "coupled", "--samples", "9999999")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"\n  not here: [\d.]+ GiB needed for the statistics of \d+ "
                                      r"columns at 10000000 sample times, [\d.]+ GiB available\n$")

    def test_failing_trajectories_are_counted(self):
        path = self.put(BIRTHS.replace('mass_action = "k"', 'rate = "10 - A"') + RUN)
        _, cost = self.cost(path, "--trajectories", "20", "--set", "k=1")
        self.assertNotIn("failures", cost)  # it stays at 10
        path = self.put(BIRTHS.replace('mass_action = "k"', 'rate = "10.5 - A"') + RUN)
        _, cost = self.cost(path, "--trajectories", "20")
        self.assertEqual(cost["failures"],
                         "20 of 20 pilot trajectories ended with status bad_propensity")
        self.assertEqual(cost["events"], "11, sd 0 (20 pilot trajectories)")

    def test_a_network_in_which_nothing_happens_costs_no_events(self):
        path = self.put(BIRTHS.replace("k = 1e6", "k = 0") + RUN)
        _, cost = self.cost(path, "--trajectories", "20")
        self.assertEqual(cost["events"], "0, sd 0 (20 pilot trajectories)")
        self.assertNotIn("time", cost)

    @unittest.skipIf(h5py is None, "python3-h5py is not installed")
    def test_the_size_of_the_result_file_is_that_of_its_contents(self):
        options = ["telegraph", "--trajectories", "500", "--t-end", "50", "--samples", "40"]
        _, cost = self.cost(*options)
        match = re.fullmatch(r"(.+), with --raw (.+), before compression", cost["result file"])
        for name, predicted, extra in (("plain.h5", match[1], []), ("raw.h5", match[2], ["--raw"])):
            done = self.cristae("run", *options, "--quiet", "--output", name, *extra)
            self.assertEqual(done.returncode, 0, done.stderr)
            sizes = []
            with h5py.File(os.path.join(self.folder, name)) as file:
                file.visititems(lambda _, item: sizes.append(item.size * item.dtype.itemsize)
                                if isinstance(item, h5py.Dataset) else None)
            self.assertAlmostEqual(number(predicted) / sum(sizes), 1, delta=0.1, msg=name)


if __name__ == "__main__":
    unittest.main(verbosity=1)
