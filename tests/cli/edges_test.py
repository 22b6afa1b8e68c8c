# tests/cli/edges_test.py - very long names, very many samples, and file names of every kind.
"""Takes the program from CRISTAE_BIN and the source tree from CRISTAE_SOURCE."""
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree

PROGRAM = os.environ["CRISTAE_BIN"]
SOURCE = os.environ["CRISTAE_SOURCE"]
SECONDS = 2  # for anything here, in processor time, which others on the machine do not change

NETWORK = """
[network]
name = "expression"
time_unit = "s"
[parameters]
k = 2
[species]
G = 1
M = 0
[reactions]
make = { equation = "G -> G + M", mass_action = "k" }
fade = { equation = "M -> 0", mass_action = "1" }
[observables]
mRNA = { expression = "M", label = "messenger" }
half = "M / 2"
[run]
t_end = 10
sample_every = 1
"""


class EdgeTest(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cristae-edges-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def put(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return name

    def read(self, name):
        with open(self.path(name), encoding="utf-8", newline="") as file:
            return file.read()

    def rows(self, name):
        csv.field_size_limit(sys.maxsize)
        with open(self.path(name), encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def cristae(self, *arguments):
        """A command that must succeed, quickly; its standard output."""
        before = os.times()
        start = time.monotonic()
        done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60,
                              cwd=self.folder, check=False,
                              env=dict(os.environ, CRISTAE_NETWORKS=os.path.join(SOURCE, "networks")))
        wall = time.monotonic() - start
        after = os.times()
        used = after.children_user - before.children_user + after.children_system - before.children_system
        self.assertEqual(done.returncode, 0, (arguments[:2], done.stderr[:2000]))
        self.assertLess(min(wall, used), SECONDS, arguments[:2])
        return done.stdout


class LongNames(EdgeTest):
    """Ids, labels and units of 100,000 characters."""
    LENGTH = 100_000

    def setUp(self):
        super().setUp()
        self.names = {kind: kind[0] * self.LENGTH + "_" + kind
                      for kind in ("species", "parameter", "reaction", "observable", "condition",
                                   "label", "unit", "variation")}
        text = NETWORK.replace("M = 0", f"M = 0\n{self.names['species']} = 3")
        text = text.replace("k = 2", f"k = 2\n{self.names['parameter']} = 1")
        text = text.replace("fade = {", f'"{self.names["reaction"]}" = {{')
        text = text.replace('half = "M / 2"', f'"{self.names["observable"]}" = {{ expression = "M / 2", '
                            f'label = "{self.names["label"]}", unit = "{self.names["unit"]}" }}')
        text = text.replace("[run]", f"[conditions.{self.names['condition']}]\n"
                            f"initial = {{ {self.names['species']} = 5 }}\n[vary]\n"
                            f'{self.names["variation"]} = {{ factor = "lognormal", cv = 0.1, '
                            f'scales = ["M"] }}\n[run]')
        self.put("net.toml", text)

    def test_inspect_prints_them_whole_and_once_or_twice(self):
        text = self.cristae("inspect", "net.toml")
        for kind, name in self.names.items():
            self.assertIn(name, text, kind)
        self.assertLess(len(text), 2.5 * len(self.names) * self.LENGTH)  # no other line is padded

    def test_tables_show_them_shortened(self):
        text = self.cristae("run", "net.toml", "--trajectories", "20")
        lines = text.splitlines()
        self.assertTrue(all(len(line) <= 160 for line in lines), max(map(len, lines)))
        self.assertIn("\n" + "o" * 24 + "..." + "oo_observable", text)
        self.assertIn("  " + "u" * 24 + "..." + "uuuuuuuu_unit", text)

    def test_files_hold_them_whole(self):
        self.cristae("run", "net.toml", "--trajectories", "20", "--quiet", "--condition",
                     self.names["condition"], "--output", "o.csv", "--json", "o.json", "--plot", "o.svg")
        self.assertEqual({row["name"] for row in self.rows("o.csv")} & set(self.names.values()),
                         {self.names["observable"], self.names["species"]})
        result = json.loads(self.read("o.json"))
        self.assertEqual(result["condition"], self.names["condition"])
        self.assertIn(self.names["observable"], {point["name"] for point in result["table"]})
        xml.etree.ElementTree.parse(self.path("o.svg"))

    def test_result_files_hold_them_whole(self):
        self.cristae("run", "net.toml", "--trajectories", "20", "--quiet", "--condition",
                     self.names["condition"], "--output", "o.h5")
        self.cristae("export", "o.h5", "--quiet", "--output", "o.csv")
        self.assertEqual({row["name"] for row in self.rows("o.csv")} & set(self.names.values()),
                         {self.names["observable"], self.names["species"]})
        picked = self.cristae("pick", "o.h5", "M[end] >= 0", "--limit", "1")
        self.assertTrue(picked.startswith("id,M[end]\n0,"), picked)

    def test_replay_names_reactions_and_species_whole(self):
        self.cristae("replay", "net.toml", "--quiet", "--output", "o.csv")
        rows = self.rows("o.csv")
        self.assertEqual({row["reaction"] for row in rows}, {"", "make", self.names["reaction"]})
        self.assertIn(f"{self.names['species']}=3", rows[0]["state"])


class ManySamples(EdgeTest):
    def test_ten_thousand_of_them(self):
        self.put("net.toml", NETWORK)
        options = ["net.toml", "--samples", "10000", "--trajectories", "100"]
        text = self.cristae("run", *options, "--output", "o.csv", "--json", "o.json", "--plot", "o.svg")
        self.assertLess(len(text.splitlines()), 40)
        rows = self.rows("o.csv")
        times = [float(row["time"]) for row in rows if row["name"] == "M"]
        self.assertEqual(len(times), 10001)
        self.assertEqual(times, sorted(set(times)))
        self.assertEqual((times[0], times[-1]), (0, 10))
        xml.etree.ElementTree.parse(self.path("o.svg"))
        self.assertLess(os.path.getsize(self.path("o.svg")), 2_000_000)
        self.cristae("run", *options, "--quiet", "--output", "o.h5", "--raw")
        self.cristae("export", "o.h5", "--quiet", "--output", "p.csv")
        self.assertEqual(self.read("p.csv"), self.read("o.csv"))
        self.assertIn("10001 sample times", self.cristae("inspect", *options))
        self.cristae("replay", "net.toml", "--samples", "10000", "--quiet", "--output", "e.csv")


class FileNames(EdgeTest):
    NAMES = ("two words", "it's", 'quo"te', "dollar$HOME `x`", "na\u00efve \u2192 \u03a8", "new\nline",
             "-dash", "back\\slash", "semi;colon", "%s{}{{", "#hash", "tab\there", "*?[a]")

    def test_any_name_of_files_and_folders_will_do(self):
        for name in self.NAMES:
            with self.subTest(name):
                os.mkdir(self.path(name))
                at = os.path.join(".", name, name)
                self.put(at + ".toml", NETWORK)
                inspected = self.cristae("inspect", at + ".toml")
                self.assertIn(f"expression\n{at}.toml\n", inspected)
                self.cristae("run", at + ".toml", "--trajectories", "20", "--quiet", "--output",
                             at + ".csv", "--json", at + ".json", "--plot", at + ".svg")
                self.cristae("run", at + ".toml", "--trajectories", "20", "--quiet", "--output",
                             at + ".h5", "--raw")
                self.cristae("export", at + ".h5", "--quiet", "--output", at + ".x.csv")
                self.assertEqual(self.read(at + ".x.csv"), self.read(at + ".csv"))
                self.cristae("plot", at + ".h5", "--quiet", "--output", at + ".png")
                self.cristae("pick", at + ".h5", "max(mRNA) >= 0")
                self.cristae("run", at + ".toml", "--trajectories", "20", "--seed", "2",
                             "--start-from", at + ".h5", "--quiet")
                self.cristae("replay", at + ".toml", "--quiet", "--output", at + ".events.csv")
                self.assertEqual(len(self.rows(at + ".events.csv")[0]), 4)
                xml.etree.ElementTree.parse(self.path(at + ".svg"))
                left = sorted(os.listdir(self.path(name)))
                self.assertEqual(left, sorted(name + end for end in (
                    ".toml", ".csv", ".json", ".svg", ".h5", ".x.csv", ".png", ".events.csv")))


if __name__ == "__main__":
    unittest.main(verbosity=1)
