# benchmarks/exact.py - exact moments of the models that are chains of one copy number, and of walkers.
"""The master equation of a chain: state n goes to n + 1 and n - 1. It is cut off where next to no probability
comes to, and solved by uniformisation. Walkers are copies that hop by themselves, without meeting: how many of
them are at a place is a sum of independent zeros and ones. The propensities are written here again, by hand, so
that a fault of a network file or of its export shows.

    python3 benchmarks/exact.py JOB.json

prints, as the runners of peers do, mean, variance and fourth central moment at half time and at the end."""
import json
import math
import sys

import numpy

# model: (largest state, start, rate of n -> n + 1, rate of n -> n - 1, {species: of the state})
CHAINS = {
    "birth_death": (1200, 100, lambda n: 0.1 * n, lambda n: 0.11 * n, {"X": lambda n: n}),
    "dimerisation": (50, 0, lambda n: 0.001 * (100 - 2 * n) * (99 - 2 * n) / 2, lambda n: 0.01 * n,
                     {"P": lambda n: 100 - 2 * n, "P2": lambda n: n}),
    "schloegl": (1000, 250, lambda n: 3e-7 * 1e5 * n * (n - 1) / 2 + 1e-3 * 2e5,
                 lambda n: 1e-4 * n * (n - 1) * (n - 2) / 6 + 3.5 * n, {"X": lambda n: n}),
    # Ligands bind to receptors whatever the adapter does; S2 is what BioNetGen calls the free ligand.
    "multistate": (1160, 0, lambda n: 0.01 * (1160 - n) * (5360 - n), lambda n: 0.1 * n, {"S2": lambda n: 1160 - n}),
}
# model: (places in a ring, walkers on each at the start, rate to the next place, rate to the one before, name)
WALKERS = {"chain": (50, 20, 1.0, 0.5, "S{}")}
LOST = 1e-9  # the most probability that may have left the states


def advance(p, up, down, seconds):
    """The distribution after some time. What would leave at the top is lost."""
    rate = (up + down).max()
    steps = max(1, math.ceil(rate * seconds / 300))  # exp(-300) is still a number
    x = rate * seconds / steps
    stay, up, down = 1 - (up + down) / rate, up / rate, down / rate
    for _ in range(steps):
        term, weight, total = p, math.exp(-x), 0.0
        p, k = term * weight, 0
        while total < 1 - 1e-15 and k < 2 * x + 100:
            total += weight
            k += 1
            weight *= x / k
            after = term * stay
            after[1:] += (term * up)[:-1]
            after[:-1] += (term * down)[1:]
            term = after
            p = p + weight * term
    return p


def moments_of_walkers(model, times):
    places, walkers, up, down, name = WALKERS[model]
    found = []
    for time in times:
        rate, p, term = up + down, numpy.zeros(places), numpy.zeros(places)
        term[0] = 1
        for k in range(math.ceil(rate * time + 50 + 10 * math.sqrt(rate * time))):  # k hops, a Poisson number of them
            p += math.exp(k * math.log(rate * time) - rate * time - math.lgamma(k + 1)) * term
            term = (up * numpy.roll(term, 1) + down * numpy.roll(term, -1)) / rate
        spread = walkers * p * (1 - p)  # of the walkers of one place, and by symmetry of all places at any
        fourth = (spread * (1 - 6 * p * (1 - p))).sum() + 3 * spread.sum() ** 2
        found.append({name.format(i): [float(walkers * p.sum()), float(spread.sum()), float(fourth)] for i in range(places)})
    return found


def moments(model, times):
    """{species: [mean, variance, fourth central moment]} at each of the times, which ascend from 0; of some species,
    where others are no chain."""
    if model in WALKERS:
        return moments_of_walkers(model, times)
    most, start, up, down, species = CHAINS[model]
    n = numpy.arange(most + 1.0)
    up, down = up(n), down(n)
    p = numpy.zeros(most + 1)
    p[start] = 1
    now, found = 0.0, []
    for time in times:
        p = advance(p, up, down, time - now)
        now = time
        if 1 - p.sum() > LOST:
            raise ValueError(f"{model}: {1 - p.sum():.1e} of the probability left the states up to {most}")
        values = {name: of(n) for name, of in species.items()}
        means = {name: float(p @ x) for name, x in values.items()}
        found.append({name: [means[name], float(p @ (x - means[name]) ** 2), float(p @ (x - means[name]) ** 4)]
                      for name, x in values.items()})
    return found


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    steps = (job["intervals"] // 2, job["intervals"])
    found = moments(job["model"], [job["t_end"] * i / job["intervals"] for i in steps])
    print(json.dumps({str(i): answer for i, answer in zip(steps, found)}))


if __name__ == "__main__":
    main()
