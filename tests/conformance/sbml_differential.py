#!/usr/bin/env python3
# tests/conformance/sbml_differential.py - random SBML models, here and in two other simulators.
"""
    python3 tests/conformance/sbml_differential.py [MODELS] [SEED] [--keep FOLDER] [--shrink]

Takes the program from CRISTAE_BIN. Each of the random models of sbml_random.py either
- agrees: the rate equations that `--engine ode` solves have the time courses that libRoadRunner
  integrates, amounts against amounts, and every quantity as formulas read it. Then the way back
  must, too: `cristae convert` to the network format gives the same values to the bit, and to SBML
  what libRoadRunner makes of the original;
- is refused with exit code 3, for something that the model has (`facts` of the model);
- ends with exit code 4, because a rate becomes negative or undefined in libRoadRunner, too.
Where libRoadRunner says otherwise or fails, COPASI is asked. Whatever is left is a finding: it is
printed, its file stays in FOLDER, `--shrink` takes away what it does not need, and the exit code is
1. It is 1 too where one of TWINS, files for the judges in which something is changed, is not seen.

The other simulators are no part of CI. Each runs in a Python of its own, which
CRISTAE_ROADRUNNER and CRISTAE_COPASI name, or else those of benchmarks/compare.py:

    python3 -m venv rr && rr/bin/pip install libroadrunner==2.10.0
    python3 -m venv co && co/bin/pip install copasi-basico==0.92 python-copasi==4.48.311
    CRISTAE_ROADRUNNER=rr/bin/python CRISTAE_COPASI=co/bin/python python3 ...
"""
import argparse
import csv
import json
import math
import os
import re
import select
import subprocess
import sys
import tempfile
from collections import Counter

import tomllib
from sbml_random import SAMPLES, T_END, random_model

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.abspath(os.environ.get("CRISTAE_BIN", "build/cristae"))
OK, MODEL, NUMERICAL = 0, 3, 4
SECONDS = 60  # for a judge

# Both solvers keep errors of a step far below; a time course is judged by its largest value.
RELATIVE, COPIES = 1e-5, 1e-4
TIGHT, LOOSE, MARGIN = 1e-10, 1e-7, 30

# What a refusal says, and the fact that it has to rest on; numbers are groups.
REASONS = [
    ("the time stands in the formula", "time"), ("the rate rule of", "rate rule"),
    ("an algebraic rule is not supported", "algebraic"), (r"reaction '\w+' is fast", "fast"),
    ("has no kinetic law", "no law"), (r"delay\(\) stands in", "delay"),
    ("rateOf stands in", "rateOf"),
    (r"(function|'\w+'|an element of MathML).* stands in a formula", "function"),
    ("has no 'otherwise'", "otherwise"), ("an infinite or undefined number", "infinite"),
    ("has no initial amount", "no start"), ("no whole number of copies", "part"),
    (r"the initial amount of species '\w+' is -", "negative"),
    (r"the initial amount of species .*\(2\^53 can be counted", "many copies"),
    ("the unit of substance 'gram'", "gram"), ("compartment 'oddc' has no size", "no size"),
    ("parameter 'odd_' has no value", "no value"),
    ("the value of parameter 'odd' is (inf|nan)", "not finite"),
    ("the value of parameter 'odd' is nan", "no value"),
    ("the value of parameter 'odd' is nan", "no size"),
    ("constraint is not supported", "constraint"),
    ("the stoichiometry .* (varies|changes by a rule)", "stoichiometry"),
    (r"an event of reaction '(\w+)' would change species '(\w+)' by", ("fraction", 1, 2)),
    (r"more than 100 copies of species '(\w+)'", ("many", 1)),
    (r"the reversible reaction '(\w+)' cannot be split", ("unsplit", 1))]

# Changes of the judges' file that have to be seen.
TWINS = {
    "amounts for concentrations": ('hasOnlySubstanceUnits="true"', 'hasOnlySubstanceUnits="false"'),
    "no conversion factors": (r' conversionFactor="\w+"', ""),
    "no initial assignments": ("<initialAssignment.*?</initialAssignment>", ""),
    "no local parameters": ("<localParameter [^>]*/>", ""),
    "1 for 2 in stoichiometries": (r'stoichiometry="2"', 'stoichiometry="1"'),
    "another size": (r' size="2"', ' size="2.1"'),
    "reactions change boundaries": ('boundaryCondition="true"', 'boundaryCondition="false"'),
    "rounding down": ("<ceiling/>", "<floor/>"),
    "exclusive or": ("<or/>", "<xor/>"),
    "another Avogadro constant": (r"5<sep/>\+23", "5.01<sep/>+23")}
MOST_FOR_A_TWIN = 400


def cristae(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                          timeout=120)


class Judge:
    """A simulator in a Python of its own, started again where it dies."""

    def __init__(self, name):
        environment = {"roadrunner": "libroadrunner"}.get(name, name)
        self.name = name
        self.python = os.environ.get(
            f"CRISTAE_{name.upper()}",
            os.path.join(HERE, f"../../build/compare/environments/{environment}/bin/python"))
        self.process = None
        self.version = None
        if os.path.exists(self.python):
            self.start()

    def start(self):
        self.process = subprocess.Popen(
            [self.python, os.path.join(HERE, "sbml_judges.py"), self.name], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.version = self.answer().get("version", self.version)

    def answer(self):
        if not select.select([self.process.stdout], [], [], SECONDS)[0]:
            self.stop()
            return {"error": f"no answer in {SECONDS} s"}
        line = self.process.stdout.readline()
        if not line:
            self.stop()
            return {"error": "it died"}
        return json.loads(line)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None

    def ask(self, path, names, species, smallest, tolerance=TIGHT, reactions=(), upto=SAMPLES + 1):
        """The first `upto` samples."""
        if self.process is None:
            self.start()
        samples = max(1, upto - 1)
        t_end = T_END / SAMPLES * samples if upto > 1 else 1e-9
        job = {"path": path, "names": names, "species": species, "reactions": list(reactions),
               "t_end": t_end, "samples": samples, "relative": tolerance,
               "absolute": tolerance * smallest}
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return self.answer()


def differing(ours, theirs, copies=(), upto=SAMPLES + 1, doubt=None, floor=0.0):
    """Names whose time courses differ, with both values where they differ most. `copies` of a name:
    counts in a unit, whose absolute errors count."""
    found = {}
    for name, values in theirs.items():
        if name not in ours:
            continue
        finite = [abs(one) for one in values if math.isfinite(one)]
        allowed = floor + RELATIVE * max(finite, default=0)
        if name in copies:
            allowed += COPIES
        for i, (a, b) in enumerate(zip(ours[name][:upto], values)):
            if not math.isfinite(a) and not math.isfinite(b):
                continue
            unsure = MARGIN * abs(doubt[name][i] - b) if doubt and name in doubt else 0
            if not abs(a - b) <= allowed + unsure:
                found.setdefault(name, (i, a, b))
    return found


def sides_of(equation):
    """Reactants and products of a network's reaction: [{id: count}]."""
    sides = []
    for text in equation.split("->"):
        side = {}
        for term in filter(lambda one: one not in ("", "0"), map(str.strip, text.split("+"))):
            count, _, id = term.rpartition(" ")
            side[id] = int(count or 1)
        sides.append(side)
    return sides


class Judgement:
    """Of one model: outcome, and what is said about it."""

    def __init__(self, model, judges, folder, plant=None):
        self.model, self.judges = model, judges
        self.path = os.path.join(folder, model.name + ".xml")
        self.text = model.text()
        self.write(self.path, self.text)
        self.seen_path = self.path
        if plant:
            self.seen_path = os.path.join(folder, model.name + ".planted.xml")
            self.write(self.seen_path, re.sub(*plant, self.text, flags=re.S))
        self.remarks = []
        self.is_reported = True
        try:
            self.outcome = self.judged()
        except subprocess.TimeoutExpired as problem:
            self.outcome = self.finding(f"no end: {problem}")

    @staticmethod
    def write(path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def finding(self, remark):
        self.remarks.append(remark)
        return "finding"

    def judged(self):
        done, self.ours, self.species = self.solved(self.path)
        if done.returncode == MODEL:
            return self.refused(done.stderr)
        if done.returncode == NUMERICAL:
            return self.failed(done.stderr)
        if done.returncode != OK:
            return self.finding(f"exit code {done.returncode}: {done.stderr}")
        self.network = self.converted()
        return self.compared(self.fading(done.stderr + done.stdout))

    def solved(self, path):
        table = f"{self.path}.csv"
        done = cristae("run", path, "--engine", "ode", "--t-end", T_END, "--samples", SAMPLES,
                       "--output", table, "--overwrite")
        values, species = {}, set()
        if done.returncode == OK:
            with open(table, encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    values.setdefault(row["name"], []).append(float(row["mean"] or "nan"))
                    if row["kind"] == "species":
                        species.add(row["name"])
        return done, values, species

    # ---- refusals and failures ----
    def refused(self, text):
        reasons = set()
        for line in text.splitlines():
            if ": error: " not in line:
                continue
            problem = line.partition(": error: ")[2]
            if rule := re.search(r"\(rule (\d+) of SBML\)", problem):
                reasons.add(f"rule {rule[1]} of SBML")
                continue
            reason = self.reason(problem)
            if reason is None:
                return self.finding(f"refused without a cause: {problem}")
            reasons.add(reason)
        self.remarks.append(text.strip())
        return "refused: " + ", ".join(sorted(reasons)) if reasons else self.finding(text)

    def reason(self, problem):
        for pattern, fact in REASONS:
            if not (match := re.search(pattern, problem)):
                continue
            word, *groups = [fact] if isinstance(fact, str) else fact
            if ((word, *(match[i] for i in groups)) if groups else word) in self.model.facts:
                return word
        return None

    def failed(self, text):
        """A rate below 0, or none."""
        reactions = [id for id in re.findall(r'<reaction [^>]*\bid="(\w+)"', self.text)]
        answer = self.judges[0].ask(self.path, [], [], 1e-6, reactions=reactions)
        if "error" in answer:
            self.remarks.append(f"{text}\n{answer['error']}")
            return "failed, everywhere"
        if any(not value >= 0 for rates in answer["rates"].values() for value in rates):
            return "failed: negative or undefined rate"
        return self.finding(f"exit code 4, but no rate is negative: {text}")

    # ---- values ----
    def amounts(self, values):
        """Species in copies."""
        return {name: [one * self.model.copies_per_unit[name] for one in course]
                if name in self.model.copies_per_unit else course
                for name, course in values.items()}

    def asked(self, judge, path, tolerance=TIGHT):
        species = list(self.model.copies_per_unit)
        smallest = 1 / max(self.model.copies_per_unit.values())
        answer = judge.ask(path, list(self.ours), species, smallest, tolerance)
        return answer if "error" in answer else self.amounts(answer["values"])

    def floor(self):
        """What sums of numbers of the order of 1, or of amounts, lose by rounding."""
        return 1e-12 / max(self.model.copies_per_unit.values())

    def fading(self, text):
        """Reactants of rates that are made to vanish with them, which others do not do."""
        named = re.search("rates do not vanish with their reactants: (.*)", text)
        if not named:
            return {}
        return {id: 0.01 for reaction in re.findall(r"'(\w+)'", named[1])
                for id in sides_of(self.network["reactions"][reaction]["equation"])[0]}

    @staticmethod
    def first_below(courses, bounds):
        """The number of samples before any of the species gets below its bound; the start has not
        seen it."""
        for i in range(SAMPLES + 1):
            if any(courses[id][i] < bound for id, bound in bounds.items() if id in courses):
                return max(1, i)
        return SAMPLES + 1

    def compared(self, fading):
        roadrunner, copasi = self.judges
        theirs = self.asked(roadrunner, self.seen_path)
        upto = 1 if "pairs" in self.model.facts else SAMPLES + 1
        if "error" in theirs:
            return self.asked_again(theirs["error"], upto, fading)
        upto = min(upto, self.first_below(theirs, fading))
        found = differing(self.ours, theirs, self.model.copies_per_unit, upto, None, self.floor())
        if found:
            doubt = self.asked(roadrunner, self.seen_path, LOOSE)
            if "error" not in doubt:
                found = differing(self.ours, theirs, self.model.copies_per_unit, upto, doubt,
                                  self.floor())
        if found:
            return self.asked_again(found, upto, fading)
        return self.returned(theirs, upto)

    def asked_again(self, found, upto, fading):
        """Of COPASI, which has only what rules read."""
        self.remarks.append(f"libRoadRunner: {self.listed(found)}")
        copasi = self.judges[1]
        if not copasi.version:
            return self.finding("COPASI is not there")
        theirs = self.asked(copasi, self.seen_path)
        if "error" in theirs:
            self.remarks.append(f"COPASI: {theirs['error']}")
            return "judged by nobody" if isinstance(found, str) else self.finding("")
        if fading:
            upto = min(upto, self.first_below(self.ours, fading))
        differs = differing(self.ours, theirs, (), upto)
        if differs:
            self.remarks.append(f"COPASI: {self.listed(differs)}")
            both = isinstance(found, dict) and any(
                name in differs and abs(differs[name][2] - found[name][2]) <=
                1e-4 * abs(found[name][2]) for name in found)
            return self.finding("both say so" if both else "all say otherwise")
        unread = isinstance(found, dict) and not any(
            name in theirs and theirs[name] for name in found)
        if unread:
            return self.finding("COPASI has no word on that")
        return "agreed with COPASI alone"

    @staticmethod
    def listed(found):
        if isinstance(found, str):
            return found
        return "; ".join(f"{name} at {i * T_END / SAMPLES:g}: {a!r}, there {b!r}"
                         for name, (i, a, b) in sorted(found.items())[:6])

    # ---- the way back ----
    def converted(self):
        self.toml, self.again = f"{self.path}.toml", f"{self.path}.again.xml"
        for source, target in ((self.path, self.toml), (self.toml, self.again)):
            done = cristae("convert", source, "-o", target, "--overwrite")
            if done.returncode != OK:
                self.remarks.append(f"convert {os.path.basename(target)}: {done.stderr}")
                self.toml = None
                return {"reactions": {}}
        with open(self.toml, "rb") as file:
            network = tomllib.load(file)
        network.setdefault("reactions", {})
        return network

    def returned(self, theirs, upto):
        if self.toml is None:
            return self.finding("")
        done, values, _ = self.solved(self.toml)
        if done.returncode != OK or repr(values) != repr(self.ours):
            return self.finding(f"otherwise from the network format: {done.stderr}")
        names = [name for name in self.ours if name in self.species or
                 name not in self.model.copies_per_unit]
        # Written laws say that the reactants are there; without that rates go on below.
        bounds = {}
        for one in self.network["reactions"].values():
            if "rate" in one:
                for id, count in sides_of(one["equation"])[0].items():
                    bounds[id] = max(bounds.get(id, 0), count + 1e-3)
        upto = self.first_below(theirs, bounds)
        answer = self.judges[0].ask(self.again, names, [], 1, upto=upto)
        if "error" in answer:
            return self.finding(f"libRoadRunner on the SBML written: {answer['error']}")
        found = differing(theirs, answer["values"], self.species, upto, None, self.floor())
        if found:
            loose = self.judges[0].ask(self.again, names, [], 1, LOOSE, upto=upto)
            if "error" not in loose:
                found = differing(theirs, answer["values"], self.species, upto, loose["values"],
                                  self.floor())
        if found:
            return self.finding(f"otherwise from the SBML written: {self.listed(found)}")
        return "agreed" if "pairs" not in self.model.facts else "agreed, pairs at the start"


# ---- findings -----------------------------------------------------------------------------------
def shrunk(model, judges, folder, kind):
    """Without the elements that the finding does not need."""
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for elements in model.lists.values():
            for element in list(elements):
                place = elements.index(element)
                del elements[place]
                one = Judgement(model, judges, folder)
                if one.outcome == "finding" and kind_of(one) == kind:
                    is_smaller = True
                else:
                    elements.insert(place, element)
    return Judgement(model, judges, folder)


def kind_of(judgement):
    """What is said, without numbers and names."""
    return re.sub(r"'\w+'|\d\S*|\w+ at .*", "", "".join(judgement.remarks[-1:]))[:60]


def is_seen(twin, judges, folder):
    for seed in range(1, MOST_FOR_A_TWIN + 1):
        model = random_model(seed)
        text = model.text()
        if re.sub(*TWINS[twin], text, flags=re.S) == text:
            continue
        if Judgement(model, judges, folder, TWINS[twin]).outcome == "finding":
            return True
    return False


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="?", type=int, default=200)
    parser.add_argument("seed", nargs="?", type=int, default=1, help="of the first")
    parser.add_argument("--keep", help="a folder for all models")
    parser.add_argument("--shrink", action="store_true", help="findings to what they need")
    parser.add_argument("--talk", action="store_true", help="a line for each that did not agree")
    parser.add_argument("--no-twins", action="store_true")
    options = parser.parse_args()
    judges = [Judge("roadrunner"), Judge("copasi")]
    if not judges[0].version:
        print(f"skipped: no libRoadRunner at {judges[0].python}; the head of this file says more")
        return 0
    print(", ".join(one.version or f"no {one.name}" for one in judges), flush=True)
    outcomes, reasons = Counter(), Counter()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or scratch
        os.makedirs(folder, exist_ok=True)
        for seed in range(options.seed, options.seed + options.models):
            one = Judgement(random_model(seed), judges, folder)
            outcome, _, reason = one.outcome.partition(": ")
            outcomes[outcome] += 1
            if reason:
                reasons[reason] += 1
            if outcome == "finding" and options.shrink:
                one = shrunk(one.model, judges, folder, kind_of(one))
            if outcome == "finding" or (options.talk and outcome != "agreed"):
                print(f"{one.model.name} ({one.model.level}): {one.outcome}: " +
                      "\n  ".join(one.remarks), flush=True)
                if outcome == "finding" and options.shrink:
                    print(one.text, flush=True)
        missed = [] if options.no_twins else [
            twin for twin in TWINS if not is_seen(twin, judges, folder)]
    for one in judges:
        one.stop()
    print(", ".join(f"{n} {outcome}" for outcome, n in outcomes.most_common()))
    for reason, n in reasons.most_common():
        print(f"  {n} {reason}")
    for twin in missed:
        print(f"a change is not seen: {twin}")
    return 1 if missed or outcomes["finding"] else 0


if __name__ == "__main__":
    sys.exit(main())
