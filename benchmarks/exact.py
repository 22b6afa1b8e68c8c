# benchmarks/exact.py - exact moments of the models that are chains of one copy number.
"""The master equation of such a model is a chain: state n goes to n + 1 and n - 1. It is cut off where
next to no probability comes to, and solved by uniformisation. The propensities are written here again, by
hand, so that a fault of a network file or of its export shows.

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
}
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


def moments(model, times):
    """{species: [mean, variance, fourth central moment]} at each of the times, which ascend from 0."""
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
