# tests/benchmarks/compare_test.py - a comparison with peers made here: right, wrong, absent, failing.
"""Takes the program from CRISTAE_BIN and the source tree from CRISTAE_SOURCE. Needs no network."""
import json
import math
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
from conserved import conserved_sums  # noqa: E402

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

    def test_sums_that_no_reaction_changes_are_found(self):
        # A + B <-> C, C -> B + D, D made and lost; E takes no part.
        reactions = [(["A", "B"], ["C"]), (["C"], ["A", "B"]), (["C"], ["B", "D"]), (["D"], []), ([], ["D"])]
        self.assertEqual(conserved_sums(["A", "B", "C", "D", "E"], reactions), [{"B": 1, "C": 1}, {"E": 1}])
        # 2 A <-> B: weights of 1 and 2.
        found, = conserved_sums(["A", "B"], [(["A", "A"], ["B"]), (["B"], ["A", "A"])])
        self.assertEqual(found["B"], 2 * found["A"])

    def test_sums_at_the_start_are_those_of_the_initial_counts(self):
        network = {"species": {"A": 3, "B": 4}, "conditions": {}}
        self.assertEqual(compare.sums_at_start(network, [{"A": 2, "B": 1}]), [[{"A": 2, "B": 1}, 10]])
        network["conditions"] = {"more": {"initial": {"A": 5}}}
        self.assertEqual(compare.sums_at_start(network, [{"A": 2, "B": 1}]), [])

    def answers_of(self, a, b, n=100, exact_n=0):
        """Of a tool with means a and b, against 3 and 7 with variances 100 and 0.01."""
        moments = {"A": [3.0, 100.0, 3e4, exact_n], "B": [7.0, 0.01, 1e-3, exact_n]}
        run = {"trajectories": n, "answer": {"10": {"A": [a, 100.0], "B": [b, 0.01]}}}
        return compare.compare_answers([run], {"10": moments}, [[{"A": 1, "B": 1}, 10]])

    def test_a_molecule_that_is_lost_is_wrong_however_wide_the_spread(self):
        self.assertFalse(compare_text.is_wrong(self.answers_of(3.5, 6.5)))
        lost = self.answers_of(3.5, 6.49)
        self.assertAlmostEqual(lost["lost_of_sums"], 0.01)
        self.assertTrue(compare_text.is_wrong(lost))

    def test_means_are_compared_where_enough_was_seen(self):
        self.assertAlmostEqual(self.answers_of(5, 5)["z_mean"], 2)  # of B only 1 was seen in all
        self.assertAlmostEqual(self.answers_of(3, 7.01, n=10000)["z_mean"], 10)
        self.assertIsNone(self.answers_of(5, 5, n=99)["z_mean"])

    def test_against_an_ensemble_both_have_an_error(self):
        self.assertAlmostEqual(self.answers_of(5, 5, n=100, exact_n=100)["z_mean"], math.sqrt(2))
        self.assertIsNone(self.answers_of(3, 7, n=10000, exact_n=999)["z_variance"])
        self.assertIsNotNone(self.answers_of(3, 7, n=10000, exact_n=1000)["z_variance"])

    def test_answers_say_where_they_are_from(self):
        exact, engine = [0, 0, 0, 0], [0, 0, 0, 1500]
        self.assertEqual(compare.where_from({"10": {"A": exact}}), "exact")
        self.assertEqual(compare.where_from({"10": {"A": engine}}), "the reference engine, 1,500 trajectories")
        self.assertEqual(compare.where_from({"10": {"A": exact, "B": engine}}),
                         "exact (A) and the reference engine, 1,500 trajectories")

    TOOL = {"tool": "slow", "variant": "", "name": "Slow", "reads": "sbml"}
    MODEL = {"name": "m", "network": None, "what": "", "t_end": 1, "condition": None, "events": 50, "answer": "exact"}

    def row(self, trajectories, **more):
        return {"trajectories": trajectories, "intervals": 10, "threads": 1, **more}

    def cell(self, trajectories, **more):
        return {"model": "m", **self.row(trajectories), **self.TOOL, **more}

    def measured(self, trajectories):
        return self.cell(trajectories, stages={"run": 2.0}, job_seconds=[3.0, 3.0, 3.0], ns_per_event=[7.0, 7.0, 7.0],
                         version="1", peak_bytes=1)

    def test_what_would_take_too_long_is_extrapolated_from_the_largest_ensemble_that_ran(self):
        cells = [self.measured(1), self.measured(100)]
        self.assertEqual(compare.why_not(self.TOOL, self.MODEL, self.row(1000), cells, 21), {})  # 1 s and 10 x 2 s
        found = compare.why_not(self.TOOL, self.MODEL, self.row(10000), cells, 21)
        self.assertEqual(found, {"reason": "would take about 201 s, by its 100 trajectories",
                                 "extrapolated": {"by_trajectories": 100, "ns_per_event": 7.0, "job_seconds": 201.0}})
        cells.append(self.cell(10000, **found))
        self.assertEqual(compare.why_not(self.TOOL, self.MODEL, self.row(20000), cells, 21)["extrapolated"]["job_seconds"], 401)
        # More samples or threads cost what nobody knows.
        for more in ({"intervals": 1000}, {"threads": 2}):
            self.assertNotIn("extrapolated", compare.why_not(self.TOOL, self.MODEL, self.row(20000, **more), cells, 21))

    def test_what_failed_once_is_not_tried_again(self):
        cells = [self.cell(1, reason="fails: so")]
        self.assertEqual(compare.why_not(self.TOOL, self.MODEL, self.row(100), cells, 21), {"reason": "fails: so"})

    def test_what_is_extrapolated_is_marked(self):
        row = (10000, 10, 1)
        cells = [self.measured(100), self.cell(10000, reason="would take about 201 s", extrapolated={
            "by_trajectories": 100, "ns_per_event": 7.0, "job_seconds": 201.0})]
        self.assertEqual(compare_text.next_in_row(cells, row, "ns_per_event"), (7.0, "Slow: ~7"))
        self.assertEqual(compare_text.next_in_row(cells, row, "job_seconds"), (201.0, "Slow: ~201"))
        tool = {**self.TOOL, "threads": False, "license": "MIT", "what": ""}
        result = {"models": [self.MODEL], "tools": [tool], "cells": cells}
        self.assertIn("| Slow | **7** | ~7 | **3** | ~201 | 0 |", compare_text.model_table(result, self.MODEL))
        self.assertIn("| Slow | ~7 |", compare_text.short_table(result))
        self.assertIn('fill="white"', compare_text.picture(result).split("<circle")[1])

    def test_an_update_keeps_what_was_not_measured_and_adds_networks(self):
        def of(model, tool, ns, **more):
            return {"models": [{"name": model, **more}], "tools": [{"tool": "a"}, {"tool": "b"}], "repeats": 1,
                    "limit_seconds": 1, "provenance": {},
                    "cells": [{"model": model, "tool": tool, "ns": ns, **self.row(1)}]}
        first = of("vilar", "a", 1)
        first["models"].append({"name": "multistate", "reason": "not there"})
        found = compare.updated(compare.updated(first, of("multistate", "b", 2)), of("vilar", "b", 3))
        self.assertEqual([(c["model"], c["tool"], c["ns"]) for c in found["cells"]],
                         [("vilar", "a", 1), ("vilar", "b", 3), ("multistate", "b", 2)])
        self.assertEqual(found["models"], [{"name": "vilar"}, {"name": "multistate"}])
        kept = compare.updated(first, {**of("vilar", "a", 1, reason="not now"), "cells": []})
        self.assertEqual(kept["models"][0], {"name": "vilar"})

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
