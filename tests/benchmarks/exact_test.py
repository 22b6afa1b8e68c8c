# tests/benchmarks/exact_test.py - the exact answers of a comparison against closed forms; needs NumPy.
"""Takes the source tree from CRISTAE_SOURCE."""
import math
import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["CRISTAE_SOURCE"]) / "benchmarks"))
sys.dont_write_bytecode = True
try:
    import numpy  # noqa: F401
except ImportError:
    print("skipped: NumPy is not there")
    sys.exit(77)
import exact  # noqa: E402


class Exact(unittest.TestCase):
    def test_birth_and_death_have_the_moments_of_the_closed_form(self):
        birth, death, start = 0.1, 0.11, 100
        for time, found in zip((5, 50), exact.moments("birth_death", (5, 50))):
            growth = math.exp((birth - death) * time)
            spread = start * (birth + death) / (birth - death) * growth * (growth - 1)
            self.assertAlmostEqual(found["X"][0] / (start * growth), 1, delta=1e-9)
            self.assertAlmostEqual(found["X"][1] / spread, 1, delta=1e-9)

    def test_dimers_reach_the_stationary_distribution(self):
        # Detailed balance: p(d + 1) / p(d) is the rate up over the rate down.
        _, _, up, down, _ = exact.CHAINS["dimerisation"]
        weights = [1.0]
        for d in range(50):
            weights.append(weights[-1] * up(d) / down(d + 1))
        mean = sum(d * w for d, w in enumerate(weights)) / sum(weights)
        self.assertAlmostEqual(exact.moments("dimerisation", (5000,))[0]["P2"][0], mean, delta=1e-9)

    def test_walkers_are_spread_as_the_eigenvalues_of_the_ring_say(self):
        places, walkers, up, down, _ = exact.WALKERS["chain"]
        turns = [2 * math.pi * k / places for k in range(places)]
        for time, found in zip((0.5, 4), exact.moments("chain", (0.5, 4))):
            def share(i, time=time):  # of the walkers of place 0 at place i
                waves = (math.exp((up + down) * (math.cos(q) - 1) * time) * math.cos(q * i - (up - down) * math.sin(q) * time)
                         for q in turns)
                return sum(waves) / places
            spread = sum(walkers * share(i) * (1 - share(i)) for i in range(places))
            self.assertAlmostEqual(found["S7"][0], walkers, delta=1e-9)
            self.assertAlmostEqual(found["S7"][1], spread, delta=1e-9)
            self.assertGreater(found["S7"][2], spread**2)

    def test_ligands_reach_the_stationary_distribution(self):
        _, _, up, down, _ = exact.CHAINS["multistate"]
        logs = [0.0]
        for n in range(1160):
            logs.append(logs[-1] + math.log(up(n) / down(n + 1)))
        weights = [math.exp(x - max(logs)) for x in logs]
        mean = sum((1160 - n) * w for n, w in enumerate(weights)) / sum(weights)
        self.assertAlmostEqual(exact.moments("multistate", (1,))[0]["S2"][0], mean, delta=1e-6)

    def test_probability_that_leaves_the_states_is_an_error(self):
        start, most = 100, exact.CHAINS["birth_death"]
        exact.CHAINS["birth_death"] = (start + 1, *most[1:])
        try:
            with self.assertRaises(ValueError):
                exact.moments("birth_death", (50,))
        finally:
            exact.CHAINS["birth_death"] = most


if __name__ == "__main__":
    unittest.main()
