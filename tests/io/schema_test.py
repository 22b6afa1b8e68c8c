#!/usr/bin/env python3
"""Checks networks/network.schema.json: it takes what the reader takes and refuses what it refuses.

    CRISTAE_SOURCE=. CRISTAE_BIN=build/cristae python3 tests/io/schema_test.py

All bundled networks must pass. Every case below is read by `cristae inspect` too (where CRISTAE_BIN is
set), so that schema and reader cannot drift apart. Exit code 77, a skip, without python3-jsonschema.
"""

import copy
import json
import os
import subprocess
import sys
import tempfile
import tomllib
import unittest
from pathlib import Path

try:
    import jsonschema
except ImportError:
    jsonschema = None

SOURCE = Path(os.environ.get("CRISTAE_SOURCE", Path(__file__).resolve().parents[2]))
BINARY = os.environ.get("CRISTAE_BIN")

SOUND = """
[network]
name = "n"
time_unit = "s"
[compartments]
cell = { volume = 1.5, unit = "L" }
[parameters]
k = 1
b = { value = 0.5, bounds = [-inf, 1], grade = "assumed" }
[species]
A = 5
B = { initial = 4.0, compartment = "cell" }
[rules]
load = "A / (A + 10)"
[reactions]
r = { equation = "A + 2 B -> 0", mass_action = "k" }
"s 2" = { equation = "-> A", rate = "k * load" }
[observables]
total = { expression = "A + count(r)", unit = "1" }
[events]
fall = { trigger = "A >= 3 and time > 2", set = { A = 0, k = "2 * k" }, delay = "k", priority = 1 }
"at once" = { trigger = "t >= 1", set = { B = "B + 1" }, persistent = false, initial_value = true }
[conditions.c]
set = { k = 2 }
initial = { A = 0 }
at = [ { time = 0, set = { b = -1 } }, { time = 2.5, add = { A = -3 } } ]
[conditions.d]
signal = { k = "s.csv" }
[signals]
b = "s.csv"
[vary]
k = { factor = "lognormal", cv = 0.3 }
"a b" = { factor = "beta", cv = 0.3, most = 2, scales = ["A"], correlation = { k = 0.5 } }
c = { factor = "discrete", values = [0, 2], weights = [1, 1], scales = ["B"] }
[run]
t_end = 10
"""

# What is replaced in the sound network, and by what: refused by both.
BROKEN = [
    ("a distribution without its argument", 'factor = "beta", cv = 0.3, most = 2', 'factor = "beta", cv = 0.3'),
    ("an unknown distribution", 'factor = "lognormal"', 'factor = "lognormale"'),
    ("a negative factor", "values = [0, 2]", "values = [0, -2]"),
    ("a correlation above 1", "{ k = 0.5 }", "{ k = 1.5 }"),
    ("no time unit", 'time_unit = "s"', ""),
    ("an empty name", 'name = "n"', 'name = ""'),
    ("a name of two lines", 'name = "n"', 'name = "n\\nm"'),
    ("an unknown section", "[run]", "[runs]"),
    ("an unknown key", "t_end = 10", "t_stop = 10"),
    ("a key outside of sections", '[network]', 'x = 1\n[network]'),
    ("no species", 'A = 5\nB = { initial = 4.0, compartment = "cell" }', ""),
    ("a negative count", "A = 5", "A = -5"),
    ("half a copy", "A = 5", "A = 0.5"),
    ("a count beyond 2^53", "A = 5", "A = 9007199254740994"),
    ("a species without its count", "initial = 4.0, ", ""),
    ("a reserved word as an id", "load = \"A", "hill = \"A"),
    ("an id that laws cannot use", "load = \"A", "\"lo-ad\" = \"A"),
    ("an id that starts with a digit", "load = \"A", "2load = \"A"),
    ("a number in quotes", "k = 1\n", "k = \"1\"\n"),
    ("an infinite value", "k = 1\n", "k = inf\n"),
    ("a boolean", "k = 1\n", "k = true\n"),
    ("an unknown grade", '"assumed"', '"guessed"'),
    ("one bound", "[-inf, 1]", "[1]"),
    ("a volume of nothing", "volume = 1.5", "volume = 0"),
    ("a reversible arrow", "A + 2 B -> 0", "A <-> B"),
    ("an equation without an arrow", "A + 2 B -> 0", "A + B"),
    ("too high a stoichiometry", "A + 2 B -> 0", "A + 101 B -> 0"),
    ("a stoichiometry of 0", "A + 2 B -> 0", "A + 0 B -> 0"),
    ("0 beside a species", "A + 2 B -> 0", "A + 0 -> B"),
    ("both laws", 'mass_action = "k"', 'mass_action = "k", rate = "k"'),
    ("no law", ', mass_action = "k"', ""),
    ("a law that is a number", 'rate = "k * load"', "rate = 1"),
    ("an empty law", 'rate = "k * load"', 'rate = ""'),
    ("a foreign sign in a law", 'rate = "k * load"', 'rate = "k % load"'),
    ("a grade on an observable", 'unit = "1" }', 'grade = "assumed" }'),
    ("a resolution of 0", 'unit = "1" }', 'resolution = 0 }'),
    ("an infinite resolution", 'unit = "1" }', 'resolution = inf }'),
    ("a resolution in quotes", 'unit = "1" }', 'resolution = "1e-6" }'),
    ("a resolution of a rule", 'load = "A / (A + 10)"', 'load = { expression = "A", resolution = 1 }'),
    ("a change without its time", "time = 2.5, ", ""),
    ("a negative time", "time = 0,", "time = -1,"),
    ("half a copy added", "A = -3", "A = -0.5"),
    ("a signal of a number", 'b = "s.csv"', "b = 1"),
    ("a signal without a name", 'b = "s.csv"', 'b = ""'),
    ("a signal from the root", 'b = "s.csv"', 'b = "/s.csv"'),
    ("a signal from above", 'k = "s.csv"', 'k = "../s.csv"'),
    ("a negative cv", "cv = 0.3", "cv = -0.3"),
    ("nothing to scale", "cv = 0.3", "cv = 0.3, scales = []"),
    ("a parameter scaled twice", "cv = 0.3", 'cv = 0.3, scales = ["k", "k"]'),
    ("an end at 0", "t_end = 10", "t_end = 0"),
]

# Taken by both.
SOUND_CHANGES = [
    ("as it stands", "", ""),
    ("nothing on both sides", "-> A", "->"),
    ("no blank", "A + 2 B -> 0", "A+2B->0"),
    ("leading zeros", "A + 2 B -> 0", "A + 03 B -> 0"),
    ("many lines of description", 'name = "n"', 'name = "n"\ndescription = """a\nb"""'),
    ("a law of several lines", 'rate = "k * load"', 'rate = """k\n* load"""'),
    ("the largest count", "A = 5", "A = 9007199254740992"),
    ("an added count in exponent form", "A = -3", "A = -3e2"),
    ("several scaled", "cv = 0.3", 'cv = 0, scales = ["A", "k"], note = "n"'),
    ("an id with signs", '"s 2"', '"s→2"'),
    ("a resolution", 'unit = "1" }', 'resolution = 1e-6 }'),
    ("an empty compartment", '{ volume = 1.5, unit = "L" }', "{}"),
]


class SchemaTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(SOURCE / "networks" / "network.schema.json", encoding="utf-8") as file:
            cls.schema = json.load(file)
        jsonschema.Draft202012Validator.check_schema(cls.schema)
        cls.validator = jsonschema.Draft202012Validator(cls.schema)

    def problems(self, text):
        return [error.message[:200] for error in self.validator.iter_errors(tomllib.loads(text))]

    def reader_takes(self, text):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "s.csv").write_text("0,0.5\n")
            file = Path(folder) / "n.toml"
            file.write_text(text, encoding="utf-8")
            done = subprocess.run([BINARY, "inspect", str(file)], capture_output=True, text=True,
                                  timeout=60, check=False)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        return done.returncode == 0, done.stderr

    def changed(self, old, new):
        self.assertIn(old, SOUND)
        return SOUND.replace(old, new, 1) if old else SOUND

    def test_bundled_networks_validate(self):
        files = sorted((SOURCE / "networks").glob("*/network.toml"))
        self.assertGreaterEqual(len(files), 8)
        for file in files:
            with self.subTest(file.parent.name):
                self.assertEqual(self.problems(file.read_text(encoding="utf-8")), [])

    def test_what_the_reader_refuses_does_not_validate(self):
        self.assertGreaterEqual(len(BROKEN), 12)
        for what, old, new in BROKEN:
            with self.subTest(what):
                text = self.changed(old, new)
                self.assertNotEqual(self.problems(text), [])
                if BINARY:
                    self.assertFalse(self.reader_takes(text)[0], "the reader takes it")

    def test_what_the_reader_takes_validates(self):
        for what, old, new in SOUND_CHANGES:
            with self.subTest(what):
                text = self.changed(old, new)
                self.assertEqual(self.problems(text), [])
                if BINARY:
                    taken, errors = self.reader_takes(text)
                    self.assertTrue(taken, errors)

    def test_every_key_of_the_schema_is_described_in_the_document(self):
        text = (SOURCE / "docs" / "network_format.md").read_text(encoding="utf-8")
        keys, left = set(), [copy.deepcopy(self.schema)]
        while left:
            node = left.pop()
            if isinstance(node, list):
                left += node
            elif isinstance(node, dict):
                keys |= set(node.get("properties", {}))
                left += node.values()
        self.assertEqual([key for key in sorted(keys) if f"`{key}`" not in text
                          and f"`[{key}]`" not in text], [])


if __name__ == "__main__":
    if jsonschema is None:
        print("skipped: python3-jsonschema is not installed")
        sys.exit(77)
    unittest.main(verbosity=1)
