#!/usr/bin/env python3
# tests/conformance/event_oracle_test.py - random models with events, against an oracle.
"""
    python3 tests/conformance/event_oracle_test.py [MODELS_PER_KIND] [SEED] [--keep FOLDER]

Takes the program from CRISTAE_BIN. Every model is read from its SBML and replayed; each moment at
which events change anything must be the oracle's, in time, copy numbers and what events set. Where
nothing depends on chance, the samples of both engines, `cpu` and `reference`, must be the oracle's,
too.

In exact numbers all must agree, unless two times coincide: then the oracle in double precision,
which rounds as docs/sbml.md says, must be met to the bit. Ends with how many models agreed in
which way, and with 1 where one differs (its file stays in FOLDER), or where one of TWINS, whose
models say something else than the oracle is told, does not differ.
"""
import argparse
import csv
import io
import os
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

from event_models import KINDS, random_model, sbml
from event_oracle import (
    DoubleNumbers,
    Exact,
    ExactNumbers,
    Fault,
    Simulation,
    time_comparisons,
)

PROGRAM = os.path.abspath(os.environ.get("CRISTAE_BIN", "build/cristae"))
OK, USAGE, MODEL, NUMERICAL = 0, 2, 3, 4
STILL = {"cpu": 33, "reference": 2, "ode": 1}  # trajectories
ENGINES = {"still": STILL, "decimal": STILL, "burst": {"cpu": 33, "reference": 2},
           "random": {"cpu": 1}}
FAULTS = {"delay": "has a delay", "too many": "one too many", "endless": "goes on and on",
          "no whole number": "not whole", "negative": "below 0"}


def cristae(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                          timeout=120)


# ---- planted faults: what a file says otherwise ------------------------------------------------
def of_events(change):
    def planted(model):
        for event in model.events.values():
            change(event)
    return planted


def flip(name):
    return of_events(lambda event: setattr(event, name, not getattr(event, name)))


def later(event):
    if event.delay is not None:
        event.delay = ("plus", event.delay, ("number", "0.125"))


def without_equality(event):
    if event.trigger[0] == "geq":
        event.trigger = ("gt", *event.trigger[1:])


def file_order(model):
    model.events = dict(reversed(model.events.items()))


TWINS = {"persistent": flip("persistent"), "initialValue": flip("initial_value"),
         "useValuesFromTriggerTime": flip("keeps_values"), "delay": of_events(later),
         "priority": of_events(lambda event: setattr(event, "priority", None)),
         "greater or equal": of_events(without_equality), "order of the file": file_order}
MOST_FOR_A_TWIN = 100


# ---- what the program did -----------------------------------------------------------------------
def replayed(text, model):
    """Firings, and rows as Simulation has them."""
    counts = {id: one.count for id, one in model.species.items()}
    values = {id: float(Fraction(text)) for id, text in
              [*model.compartments.items(), *model.parameters.items()] if id in model.targets()}
    values = dict(sorted(values.items()))
    firings, rows, is_start = [], [], True
    for line in csv.reader(io.StringIO(text)):
        if line[0] == "event":
            continue
        for change in line[3].split():
            id, value = change.split("=")
            if id in counts:
                counts[id] = int(value)
            else:
                values[id] = float(value)
        row = (float(line[1]), dict(counts), dict(values))
        if line[2]:
            firings.append((row[0], line[2]))
        elif is_start or row[0] == 0:
            rows = [row]  # the start, and what events make of it
        else:
            rows.append(row)
        is_start = False
    return firings, rows


def is_random(text):
    """Whether trajectories differ."""
    return any(line["min"] != line["max"] for line in csv.DictReader(io.StringIO(text)))


def sampled(text, model):
    """Counts at each sample time, and the times."""
    times, counts = {}, {}
    for line in csv.DictReader(io.StringIO(text)):
        if line["kind"] != "species":
            continue
        at = counts.setdefault(line["time"], {})
        if line["min"] != line["max"]:
            raise AssertionError(f"{line['name']} at {line['time']} differs between trajectories")
        at[line["name"]] = int(float(line["min"]))
        times[line["time"]] = float(line["time"])
    return [counts[time] for time in times], list(times.values())


# ---- what the oracle says -----------------------------------------------------------------------
class Replay:
    """Reactions when the replay had them."""

    def __init__(self, firings, number):
        self.firings = [(number(time), id) for time, id in firings]
        self.at = 0

    def __call__(self, simulation):
        while self.at < len(self.firings) and not self.firings[self.at][0] > simulation.now:
            self.at += 1
        return self.firings[self.at] if self.at < len(self.firings) else None


def burst(simulation):
    """The reaction that fires at once: 2^-30 after what comes before it."""
    model = simulation.model
    if "turn" not in model.reactions:
        return None
    speed = simulation.values["speed"]
    if not speed > simulation.number(0) or simulation.counts["A"] == 0:
        return None
    return simulation.now + simulation.numbers.of(str(2.0**-30)), "turn"


def worked_out(model, numbers, firings):
    """Simulation, fault or None."""
    simulation = Simulation(model, numbers)
    try:
        simulation.run(firings)
    except Fault as fault:
        return simulation, fault.args
    return simulation, None


def plain(rows):
    return [(float(time), counts, {id: float(value) for id, value in values.items()})
            for time, counts, values in rows]


def is_near(a, b):
    return abs(a - b) <= 1e-9 * max(1, abs(a), abs(b))


def same_row(a, b, is_exact):
    """Up to rounding of times and values where the oracle is exact."""
    def same(one, other):
        return is_near(one, other) if is_exact else one == other
    return same(a[0], b[0]) and a[1] == b[1] and all(same(a[2][id], b[2][id]) for id in a[2])


def reads(formula, model):
    """Whether it reads copy numbers."""
    if formula[0] == "name":
        rule = model.rules.get(formula[1])
        return formula[1] in model.species or (rule is not None and reads(rule, model))
    return any(reads(part, model) for part in formula[1:] if isinstance(part, tuple))


class Judgement:
    """Of one model: exact, rounding, refused, left out or differs; what is said about it."""

    def __init__(self, kind, seed, folder, plant=None):
        self.kind, self.seed = kind, seed
        self.model = random_model(kind, seed)
        written = random_model(kind, seed)
        if plant:
            written.level = self.model.level = "3.2"
            plant(written)
        self.path = os.path.join(folder, self.model.name + ".xml")
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(sbml(written))
        self.t_end = str(float(Fraction(self.model.step) * self.model.samples))
        self.times = ("--t-end", self.t_end, "--sample-every", self.model.step, "--seed", seed)
        self.executions = 0
        self.remarks = []
        self.outcome = self.judged()

    def differs(self, remark):
        self.remarks.append(remark)
        return "differs"

    def judged(self):
        done = cristae("replay", self.path, *self.times, "--max-events", 5000)
        if done.returncode == MODEL:
            self.remarks.append(done.stderr.strip().splitlines()[0])
            return "refused"
        if ": budget after" in done.stderr:  # what reactions and events do to each other has no end
            return "left out"
        if done.returncode not in (OK, NUMERICAL):
            return self.differs(f"exit code {done.returncode}: {done.stderr}")
        try:
            return self.compared(done)
        except (AssertionError, subprocess.TimeoutExpired) as problem:
            return self.differs(str(problem))

    def compared(self, done):
        model = self.model
        firings, rows = replayed(done.stdout, model)
        runs = {}
        for engine, trajectories in ENGINES[self.kind].items():
            if engine == "ode" and self.has_curves():
                continue  # the solver finds the time to its own rounding
            n = () if engine == "ode" else ("--max-events", 5000, "--trajectories", trajectories)
            run = cristae("run", self.path, *self.times, "--engine", engine, *n, "--quiet",
                          "--output", f"{self.path}.{engine}.csv", "--overwrite")
            if engine == "ode" and (run.returncode == USAGE or done.returncode != OK):
                continue  # it sets what is no whole number, and does not find all crossings
            if run.returncode not in (OK, NUMERICAL):
                return self.differs(f"{engine}: exit code {run.returncode}: {run.stderr}")
            if (run.returncode == OK) != (done.returncode == OK):
                return self.differs(f"{engine}: exit code {run.returncode}, not {done.returncode}")
            if run.returncode == OK:
                with open(f"{self.path}.{engine}.csv", encoding="utf-8") as file:
                    text = file.read()
                if self.kind == "burst" and is_random(text):
                    runs.clear()  # a delay ends while the reaction fires: the replay alone tells
                    break
                runs[engine] = sampled(text, model)
        stops = next(iter(runs.values()))[1] if runs else [
            float(model.step) * i for i in range(model.samples + 1)]

        def agrees(numbers, is_exact):
            """What differs, from which time on; None where nothing does."""
            def number(time):
                return Exact(Fraction(time)) if is_exact else time
            simulation, fault = worked_out(model, numbers, Replay(firings, number))
            self.executions = len(simulation.executions)
            if is_exact:
                self.first_coincidence = simulation.first_coincidence
            if (fault is None) != (done.returncode == OK):
                return f"the oracle has {fault or 'no fault'}; {done.stderr}", rows[-1][0]
            if fault and (f"'{fault[1]}'" not in self.failure() or
                          FAULTS[fault[0]] not in self.failure()):
                return f"the oracle has {fault}; {self.failure()}", rows[-1][0]
            seen = plain(simulation.rows)
            for i, (a, b) in enumerate(zip(seen, rows)):
                if not same_row(a, b, is_exact):
                    return f"row {i}: {b}, expected {a}", min(a[0], b[0])
            if len(seen) != len(rows) and not (fault and not seen):
                more = (seen if len(seen) > len(rows) else rows)[min(len(seen), len(rows))]
                return f"{len(rows)} rows, expected {len(seen)}: {more}", more[0]
            if fault:
                return None
            for engine, (counts, times) in runs.items():
                expected = simulation
                if self.kind == "burst" and engine == "reference":
                    expected, fault = worked_out(model, numbers, burst)
                    if fault:
                        return f"{engine}: {fault}", 0
                if len(expected.samples) != len(counts):
                    return f"{engine}: {len(counts)} samples, expected {len(expected.samples)}", 0
                for time, a, b in zip(times, expected.samples, counts):
                    if a != b:
                        return f"{engine}, sample at {time}: {b}, expected {a}", time
            return None

        exactly = agrees(ExactNumbers(), True)
        doubly = agrees(DoubleNumbers(stops), False)
        if doubly:
            return self.differs(f"in double: {doubly[0]}" +
                                (f"\n  exactly: {exactly[0]}" if exactly else ""))
        if exactly is None:
            return "exact"
        if self.first_coincidence > exactly[1] + 1e-9:
            return self.differs(f"no two times coincide, but exactly: {exactly[0]}")
        self.remarks.append(exactly[0])
        return "rounding"

    def has_curves(self):
        """Whether a comparison has both the time and copy numbers."""
        return any(reads(side, self.model) for event in self.model.events.values()
                   for pair in time_comparisons(event.trigger) for side in pair[1:])

    def failure(self):
        """The message of a run, which names what could not be carried out."""
        return cristae("run", self.path, *self.times, "--trajectories", 1, "--quiet").stderr


def is_seen(twin, folder):
    """Whether a planted fault makes a model differ."""
    return any(Judgement("still", seed, folder, TWINS[twin]).outcome == "differs"
               for seed in range(1, MOST_FOR_A_TWIN + 1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="?", type=int, default=60, help="of each kind")
    parser.add_argument("seed", nargs="?", type=int, default=1, help="of the first")
    parser.add_argument("--keep", help="a folder for all models")
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--talk", action="store_true", help="a line for each that is not exact")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or scratch
        os.makedirs(folder, exist_ok=True)
        jobs = [(kind, seed, folder) for kind in options.kind or KINDS
                for seed in range(options.seed, options.seed + options.models)]
        with ThreadPoolExecutor(2) as pool:
            judgements = list(pool.map(lambda job: Judgement(*job), jobs))
        missed = [] if options.kind else [name for name in TWINS if not is_seen(name, folder)]
    outcomes = Counter((one.kind, one.outcome) for one in judgements)
    for one in judgements:
        if one.outcome == "differs" or (options.talk and one.outcome != "exact"):
            print(f"{one.model.name}: {one.outcome}: " + "\n  ".join(one.remarks))
    for kind in options.kind or KINDS:
        print(f"{kind}: " + ", ".join(f"{n} {outcome}" for (of, outcome), n in
                                      sorted(outcomes.items()) if of == kind) +
              f", {sum(one.executions for one in judgements if one.kind == kind)} executions")
    for name in missed:
        print(f"a fault is not seen: {name}")
    return 1 if missed or any(one.outcome == "differs" for one in judgements) else 0


if __name__ == "__main__":
    sys.exit(main())
