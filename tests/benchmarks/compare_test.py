# tests/benchmarks/compare_test.py - a comparison with peers made here: right, wrong, absent, failing.
"""Takes the program from CRISTAE_BIN and the source tree from CRISTAE_SOURCE. Needs no network."""
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree
from pathlib import Path

PROGRAM = os.environ["CRISTAE_BIN"]
SOURCE = Path(os.environ["CRISTAE_SOURCE"])
sys.path.insert(0, str(SOURCE / "benchmarks"))
sys.dont_write_bytecode = True
import compare  # noqa: E402
import compare_text  # noqa: E402

# The direct method, with the rate constants times a factor: 1 is right.
SIMULATOR = '''
PEER = {"name": "made here", "requirements": [], "license": "MIT", "reads": "mass action", "threads": False,
        "variants": {"right": "as it should be", "wrong": "constants twice too large"}}


def main():
    import json, math, random, statistics, sys, time
    job = json.load(open(sys.argv[1]))
    chance = random.Random(job["seed"])
    factor = 2 if job["variant"] == "wrong" else 1
    names, events, runs = list(job["network"]["species"]), 0, []
    began, cpu = time.perf_counter(), time.process_time()
    for _ in range(job["trajectories"]):
        state, t, samples = dict(job["network"]["species"]), 0.0, []
        while True:
            laws = [factor * k * math.prod(state[s] for s in reactants) for k, reactants, _ in job["network"]["reactions"]]
            t += chance.expovariate(sum(laws)) if sum(laws) else math.inf
            while len(samples) <= job["intervals"] and t > job["t_end"] * len(samples) / job["intervals"]:
                samples.append([state[s] for s in names])
            if t > job["t_end"]:
                break
            events += 1
            (_, reactants, products), = chance.choices(job["network"]["reactions"], laws)
            for s in reactants:
                state[s] -= 1
            for s in products:
                state[s] += 1
        runs.append(samples)
    seconds = {"run": time.perf_counter() - began}, {"run": time.process_time() - cpu}
    answer = {}
    for step in (job["intervals"] // 2, job["intervals"]):
        columns = [[run[step][j] for run in runs] for j in range(len(names))]
        answer[step] = {name: [statistics.fmean(v), statistics.variance(v) if len(v) > 1 else None, 0]
                        for name, v in zip(names, columns)}
    print(json.dumps({"version": "1", "seconds": seconds[0], "cpu_seconds": seconds[1], "events": events,
                      "trajectories": len(runs), "answer": answer}))


main()
'''
FAILING = '''
PEER = {"name": "failing", "requirements": [], "license": "MIT", "reads": "sbml", "threads": False, "variants": {"": ""}}
raise ValueError("no such law")
'''
ABSENT = '''
PEER = {"name": "absent", "requirements": [], "license": "MIT", "reads": "sbml", "threads": False, "variants": {"": ""},
        "needs": "no-such-program"}
'''


class Comparison(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="cristae-compare-")
        cls.addClassCleanup(cls.scratch.cleanup)
        folder = Path(cls.scratch.name)
        for tool, text in (("made", SIMULATOR), ("failing", FAILING), ("absent", ABSENT)):
            (folder / "peers" / tool).mkdir(parents=True)
            (folder / "peers" / tool / "run.py").write_text(text)
        cls.done = subprocess.run(
            [sys.executable, SOURCE / "benchmarks" / "compare.py", "--program", PROGRAM, "--folder", folder / "work",
             "--peer-folder", folder / "peers", "--out", folder / "out", "--models", "birth_death", "--most", "100",
             "--repeats", "2", "--by-engine", "--offline"],
            capture_output=True, text=True, timeout=300, check=False)
        cls.out = folder / "out"
        cls.result = json.loads((cls.out / "compare.json").read_text()) if cls.done.returncode == 0 else None

    def setUp(self):
        self.assertEqual(self.done.returncode, 0, self.done.stderr[-2000:])

    def cell(self, tool, variant="", trajectories=100):
        found = [c for c in self.result["cells"]
                 if (c["tool"], c["variant"], c["trajectories"]) == (tool, variant, trajectories)]
        self.assertEqual(len(found), 1, (tool, variant))
        return found[0]

    def test_every_tool_has_a_cell_in_every_row(self):
        self.assertEqual(len(self.result["tools"]), 6)
        self.assertEqual(len(self.result["cells"]), 6 * 2)

    def test_right_answers_agree_and_wrong_ones_do_not(self):
        for tool, variant in (("cristae", ""), ("cristae", "own file"), ("made", "right")):
            self.assertFalse(compare_text.is_wrong(self.cell(tool, variant)), (tool, variant))
            self.assertIsNotNone(self.cell(tool, variant)["z_mean"])
        self.assertTrue(compare_text.is_wrong(self.cell("made", "wrong")))

    def test_a_wrong_peer_is_never_the_fastest_one(self):
        cells = self.result["cells"]
        row = compare_text.key_of(self.cell("made", "wrong"))
        self.assertEqual(compare_text.fastest_peer(cells, row, "ns_per_event")["variant"], "right")

    def test_events_and_times_are_those_of_the_runs(self):
        ours, theirs = self.cell("cristae"), self.cell("made", "right")
        self.assertEqual((ours["events_counted_by"], theirs["events_counted_by"]), ("the tool", "the tool"))
        self.assertLess(abs(ours["events"] / theirs["events"] - 1), 0.15)  # 5 standard errors
        self.assertEqual((ours["repeats"], theirs["repeats"]), (2, 2))
        for cell in (ours, theirs):
            median, least, most = cell["job_seconds"]
            self.assertTrue(0 < least <= median <= most)
            self.assertGreater(cell["job_seconds"][0], cell["stages"]["run"])
            self.assertGreater(cell["peak_bytes"], 2**20)
        self.assertGreater(theirs["ns_per_event"][0], 5 * ours["ns_per_event"][0])

    def test_what_does_not_run_keeps_its_place_with_the_reason(self):
        self.assertEqual(self.cell("absent")["reason"], "needs no-such-program, which is not on this machine")
        self.assertEqual(self.cell("failing")["reason"], "fails: ValueError: no such law")
        text = (self.out / "compare.md").read_text(encoding="utf-8")
        self.assertIn("failing: fails: ValueError: no such law", text)
        self.assertIn("absent: needs no-such-program", text)
        self.assertIn("WRONG", text)

    def test_the_picture_has_a_point_of_every_tool_that_ran(self):
        root = xml.etree.ElementTree.parse(self.out / "compare.svg").getroot()
        self.assertEqual(len(root.findall(".//{http://www.w3.org/2000/svg}circle")), 4)

    def test_provenance_says_where_and_of_what(self):
        origin = self.result["provenance"]
        for key in ("date", "command", "version", "cpu", "cores", "system", "load_before", "load_after", "python"):
            self.assertIn(key, origin)
        self.assertLess(self.result["start_milliseconds"][1], 1000)


class Parts(unittest.TestCase):
    def test_constants_are_worked_out_and_other_laws_are_refused(self):
        network = {"parameters": {"a": {"value": 2}, "b": 3}, "species": {"X": {"initial": 5}, "Y": 0},
                   "reactions": {"r": {"equation": "2 X -> Y + X", "mass_action": "a * b^2"}}}
        self.assertEqual(compare.mass_action(network), {"species": {"X": 5, "Y": 0},
                                                        "reactions": [[18.0, ["X", "X"], ["Y", "X"]]]})
        network["reactions"]["r"] = {"equation": "X -> 0", "rate": "X / (1 + X)"}
        self.assertIsNone(compare.mass_action(network))

    def test_constant_rules_become_parameters_unless_a_condition_changes_them(self):
        network = {"parameters": {"a": 2, "b": 3}, "species": {"X": {"initial": 5, "compartment": "c"}},
                   "compartments": {"c": {"volume": 1e-12}}, "conditions": {"high": {"set": {"b": 4}}},
                   "rules": {"twice": {"expression": "2 * a"}, "sum": "twice + a", "load": "X / a", "shift": "b + 1"}}
        self.assertEqual(compare.simplified(network), {
            "parameters": {"a": 2, "b": 3, "twice": 4.0, "sum": 6.0}, "species": {"X": 5},
            "conditions": {"high": {"set": {"b": 4}}}, "rules": {"load": "X / a", "shift": "b + 1"}})

    def test_a_job_that_is_stopped_takes_what_it_started_with_it(self):
        with tempfile.TemporaryDirectory() as folder:
            command = "sleep 1000 & echo $! > child; wait"
            started = compare.start(["sh", "-c", command], dict(os.environ), Path(folder), None)
            child = Path(folder) / "child"
            while not (child.exists() and child.read_text().strip()):
                time.sleep(0.01)
            with self.assertRaises(compare.Failed):
                compare.end(started, 0)
            while self.runs(int(child.read_text())):  # else the test does not end
                time.sleep(0.01)

    @staticmethod
    def runs(pid):
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
        except OSError:
            return False

    def test_pooled_moments_are_those_of_all_values(self):
        n, mean, variance = compare.pooled([(2, 1.5, 0.5), (3, 4.0, 1.0)])  # 1, 2 and 3, 4, 5
        self.assertEqual((n, mean), (5, 3.0))
        self.assertAlmostEqual(variance, 2.5)

    def test_every_peer_of_the_source_says_what_it_is(self):
        peers = compare.peers_in(SOURCE / "benchmarks" / "peers", None)
        self.assertGreater(len(peers), 8)
        for peer in peers:
            self.assertIn(peer["reads"], ("sbml", "mass action"))
            for requirement in peer["requirements"]:
                self.assertIn("==", requirement, "pinned")
            self.assertTrue(peer["license"] and peer["variants"])

    def test_numbers_have_three_digits(self):
        self.assertEqual([compare_text.number(v) for v in (1234.5, 123.4, 3.149, 0.01234)],
                         ["1,230", "123", "3.15", "0.0123"])


if __name__ == "__main__":
    unittest.main()
