# tests/conformance/event_oracle.py - what SBML says that events do, worked out on its own.
"""A simulator of events alone, written from the text of SBML Level 3 (sections on events), that
shares nothing with the engines: the firings of reactions are given to it.

It computes in one of two kinds of numbers. `Exact` are rationals with an infinitesimal: 'behind 3'
is 3 + e, and two times are equal or they are not. `Double` are those of docs/sbml.md, rounded as
the program says it rounds. A model on which both differ has two times that are equal in truth and a
rounding apart; `Simulation.first_coincidence` is the first such time.
"""
import math
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from functools import total_ordering

MOST_AT_ONCE = 10_000
TOLERANCE = 2.0**-50  # relative, of a time to a sample time


# ---- models -------------------------------------------------------------------------------------
# A formula is a tuple: ("number", text), ("name", id), ("time",), or an operator and formulas.

@dataclass
class Species:
    count: int
    compartment: str = "cell"
    is_amount: bool = True  # formulas read copies, not copies over the size of the compartment
    factor: int = 1  # copies that one of its unit in reactions is


@dataclass
class Event:
    trigger: tuple
    sets: list  # of (target, formula)
    delay: tuple = None
    priority: tuple = None
    initial_value: bool = True
    persistent: bool = True
    keeps_values: bool = True  # of the trigger's time


@dataclass
class Reaction:
    reactants: dict
    products: dict
    law: tuple


@dataclass
class Model:
    name: str
    level: str  # "2.4", "3.1" or "3.2"
    step: str  # between samples
    samples: int
    compartments: dict = field(default_factory=dict)  # id: text of the size
    species: dict = field(default_factory=dict)
    parameters: dict = field(default_factory=dict)  # id: text of the value
    rules: dict = field(default_factory=dict)
    reactions: dict = field(default_factory=dict)
    events: dict = field(default_factory=dict)

    def targets(self):
        """Parameters and sizes that events set."""
        return {name for event in self.events.values() for name, _ in event.sets
                if name not in self.species}


# ---- numbers ------------------------------------------------------------------------------------
@total_ordering
class Exact:
    """a + b e, where e is smaller than any number above 0; products of e are 0."""
    __slots__ = ("a", "b")

    def __init__(self, a, b=0):
        self.a, self.b = Fraction(a), b

    def __add__(self, other):
        return Exact(self.a + other.a, self.b + other.b)

    def __sub__(self, other):
        return Exact(self.a - other.a, self.b - other.b)

    def __neg__(self):
        return Exact(-self.a, -self.b)

    def __mul__(self, other):
        return Exact(self.a * other.a, self.a * other.b + self.b * other.a)

    def __truediv__(self, other):
        return Exact(self.a / other.a, (self.b - self.a / other.a * other.b) / other.a)

    def __eq__(self, other):
        return self.a == other.a and self.b == other.b

    def __lt__(self, other):
        return (self.a, self.b) < (other.a, other.b)

    def __float__(self):
        return float(self.a)

    def __floor__(self):
        whole = math.floor(self.a)
        return whole - 1 if self.a == whole and self.b < 0 else whole

    def __hash__(self):
        return hash((self.a, self.b))

    def __repr__(self):
        return f"{float(self.a)!r}{'+' if self.b > 0 else '-' if self.b < 0 else ''}"


class ExactNumbers:
    infinity = None

    def of(self, text):
        return Exact(Fraction(text))

    def behind(self, time):
        return Exact(time.a, time.b + 1)

    def snapped(self, time):
        return time


class DoubleNumbers:
    """`stops` are the sample times, sorted."""

    def __init__(self, stops):
        self.stops = stops

    def of(self, text):
        return float(Fraction(text))

    def behind(self, time):
        return math.nextafter(time, math.inf)

    def snapped(self, time):
        near = [stop for stop in self.stops if abs(stop - time) <= TOLERANCE * abs(time)]
        return min(near, key=lambda stop: abs(stop - time)) if near else time


# ---- formulas -----------------------------------------------------------------------------------
COMPARISONS = {
    "lt": lambda a, b: a < b, "leq": lambda a, b: a <= b, "gt": lambda a, b: a > b,
    "geq": lambda a, b: a >= b, "eq": lambda a, b: a == b, "neq": lambda a, b: not a == b}


def reads_time(formula):
    if formula[0] == "time":
        return True
    if formula[0] in ("number", "name") or formula[0] in COMPARISONS:
        return False
    return any(reads_time(part) for part in formula[1:])


def time_comparisons(formula):
    """All pairs of sides that are compared, one of which reads the time."""
    if formula[0] in ("number", "name", "time"):
        return
    if formula[0] in COMPARISONS:
        for left, right in zip(formula[1:], formula[2:]):
            if reads_time(left) or reads_time(right):
                yield formula[0], left, right
    for part in formula[1:]:
        yield from time_comparisons(part)


class Fault(Exception):
    """The trajectory ends: why, and which event it is."""


@dataclass
class Pending:
    event: int
    due: object
    values: list = None


class Simulation:
    """Of `model`. rows: (time, counts, values of what events set) of each moment that changed any
    of them; samples: counts at each sample time."""

    def __init__(self, model, numbers):
        self.model, self.numbers = model, numbers
        self.events = list(model.events.values())
        self.names = list(model.events)
        self.counts = {name: one.count for name, one in model.species.items()}
        self.values = {name: numbers.of(text)
                       for name, text in [*model.compartments.items(), *model.parameters.items()]}
        self.latches = [event.initial_value for event in self.events]
        self.pending = []
        self.now = numbers.of("0")
        self.rows, self.samples, self.executions = [], [], []
        self.first_coincidence = math.inf
        self.stops = {Fraction(model.step) * i for i in range(model.samples + 1)}

    # formulas
    def number(self, value):
        return self.numbers.of(str(value))

    def value(self, formula):
        kind = formula[0]
        if kind == "number":
            return self.numbers.of(formula[1])
        if kind == "time":
            return self.now
        if kind == "name":
            return self.quantity(formula[1])
        if kind in COMPARISONS:
            return self.number(int(all(self.compares(kind, left, right)
                                       for left, right in zip(formula[1:], formula[2:]))))
        if kind == "if":
            return self.value(formula[2] if self.holds(formula[1]) else formula[3])
        if kind in ("and", "or", "xor", "not", "implies"):
            parts = [self.holds(part) for part in formula[1:]]
            truth = {"and": lambda: all(parts), "or": lambda: any(parts),
                     "xor": lambda: sum(parts) % 2 == 1, "not": lambda: not parts[0],
                     "implies": lambda: not parts[0] or parts[1]}[kind]()
            return self.number(int(truth))
        parts = [self.value(part) for part in formula[1:]]
        if kind == "floor":
            return self.number(math.floor(parts[0]))
        if kind in ("min", "max"):
            return min(parts) if kind == "min" else max(parts)
        if kind == "minus" and len(parts) == 1:
            return -parts[0]
        result = parts[0]
        for part in parts[1:]:
            if kind == "plus":
                result = result + part
            elif kind == "minus":
                result = result - part
            elif kind == "times":
                result = result * part
            else:
                result = result / part
        return result

    def holds(self, formula):
        return not self.value(formula) == self.number(0)

    def quantity(self, name):
        if name in self.model.rules:
            return self.value(self.model.rules[name])
        if name in self.values:
            return self.values[name]
        species = self.model.species[name]
        count = self.number(self.counts[name])
        return count if species.is_amount else count / self.values[species.compartment]

    def line(self, formula):
        """(a, b) of a + b time."""
        if not reads_time(formula):
            return self.value(formula), self.number(0)
        if formula[0] == "time":
            return self.number(0), self.number(1)
        parts = [self.line(part) for part in formula[1:]]
        if formula[0] == "minus" and len(parts) == 1:
            return -parts[0][0], -parts[0][1]
        (a, b), (c, d) = parts
        if formula[0] == "plus":
            return a + c, b + d
        if formula[0] == "minus":
            return a - c, b - d
        if formula[0] == "times":
            return a * c, a * d + b * c
        return a / c, b / c

    def crossing(self, left, right):
        """The time at which two lines meet, and whether the first is greater behind it; None."""
        (a, b), (c, d) = self.line(left), self.line(right)
        zero, slope = self.number(0), b - d
        if slope == zero:
            return None
        return self.numbers.snapped(-(a - c) / slope), slope > zero

    def compares(self, kind, left, right):
        if not (reads_time(left) or reads_time(right)):
            return COMPARISONS[kind](self.value(left), self.value(right))
        crossing = self.crossing(left, right)
        if crossing is None:
            return COMPARISONS[kind](self.line(left)[0], self.line(right)[0])
        time, rises = crossing
        sign = 0 if self.now == time else 1 if (self.now > time) == rises else -1
        return COMPARISONS[kind](sign, 0)

    # a moment
    def moment(self):
        """Everything that events do at this time."""
        before = (dict(self.counts), self.event_values())
        for done in range(MOST_AT_ONCE + 2):
            self.look()
            due = self.first_due()
            if due is None:
                break
            if done == MOST_AT_ONCE:
                raise Fault("endless", self.names[due.event])
            self.execute(due)
        if before != (self.counts, self.event_values()) or not self.rows:
            self.rows.append((self.now, dict(self.counts), self.event_values()))

    def event_values(self):
        return {name: self.values[name] for name in sorted(self.model.targets())}

    def look(self):
        for i, event in enumerate(self.events):
            holds = self.holds(event.trigger)
            was, self.latches[i] = self.latches[i], holds
            if holds and not was:
                self.trigger(i)
            elif was and not holds and not event.persistent:
                self.pending = [one for one in self.pending if one.event != i]

    def trigger(self, i):
        event = self.events[i]
        due = self.now
        if event.delay is not None:
            delay = self.value(event.delay)
            if delay < self.number(0):
                raise Fault("delay", self.names[i])
            due = self.numbers.snapped(self.now + delay)
        if len(self.pending) == max(64, 2 * len(self.events)):
            raise Fault("too many", self.names[i])
        values = [self.value(formula) for _, formula in event.sets] if event.keeps_values else None
        self.pending.append(Pending(i, due, values))

    def first_due(self):
        """The highest priority; none is below all. Where SBML lets chance decide, the order of the
        file does, then the time of the trigger."""
        due = [one for one in self.pending if not one.due > self.now]

        def order(one):
            priority = self.events[one.event].priority
            if priority is None:
                return (1, 0, one.event)
            return (0, -self.value(priority), one.event)
        return min(due, key=order, default=None)

    def execute(self, pending):
        event = self.events[pending.event]
        values = pending.values
        if values is None:
            values = [self.value(formula) for _, formula in event.sets]
        counts = {}
        for (target, _), value in zip(event.sets, values):
            if target not in self.counts:
                continue
            species = self.model.species[target]
            if not species.is_amount:
                value = value * self.values[species.compartment]
            if not value == self.number(math.floor(value)):
                raise Fault("no whole number", self.names[pending.event])
            if value < self.number(0):
                raise Fault("negative", self.names[pending.event])
            counts[target] = math.floor(value)
        for (target, _), value in zip(event.sets, values):
            if target in counts:
                self.counts[target] = counts[target]
            else:
                self.values[target] = value
        self.pending.remove(pending)
        self.executions.append((self.now, self.names[pending.event]))

    # times
    def next_time(self):
        """After now: of a comparison with the time, or of what is due. None where there is none."""
        dues = [one.due for one in self.pending]
        crossings = [crossing[0] for event in self.events
                     for _, left, right in time_comparisons(event.trigger)
                     if (crossing := self.crossing(left, right))]
        self.note_coincidences(dues, crossings)
        times = [*dues, *crossings, *map(self.numbers.behind, crossings)]
        return min((time for time in times if time > self.now), default=None)

    def note_coincidences(self, dues, crossings):
        """What double precision cannot be trusted to keep apart or together: two times to come that
        differ by the infinitesimal at most, or one that is so little behind a sample."""
        if not isinstance(self.now, Exact):
            return
        to_come = Counter(time.a for time in [*dues, *crossings] if not time.a < self.now.a)
        found = [a for a, n in to_come.items() if n > 1]
        found += [time.a for time in [*dues, *map(self.numbers.behind, crossings)]
                  if time.b != 0 and time.a in self.stops]
        self.first_coincidence = min([self.first_coincidence, *found])

    def run(self, firings):
        """`firings(simulation)` gives the time and id of the next reaction, or None."""
        stops = [self.sample_time(i) for i in range(self.model.samples + 1)]
        self.moment()
        sampled = 0
        while sampled < len(stops):
            firing = firings(self)
            time = self.next_time()
            upto = min([stops[sampled]] + ([] if time is None else [time])
                       + ([] if firing is None else [firing[0]]))
            self.now = upto
            if firing is not None and firing[0] == upto:
                reaction = self.model.reactions[firing[1]]
                for name, count in reaction.reactants.items():
                    self.counts[name] -= count
                for name, count in reaction.products.items():
                    self.counts[name] += count
                self.moment()
            elif time is not None and time == upto:
                self.moment()
            if stops[sampled] == upto:
                self.samples.append(dict(self.counts))
                sampled += 1
        return self

    def sample_time(self, i):
        if isinstance(self.numbers, DoubleNumbers):
            return self.numbers.stops[i]
        return Exact(Fraction(self.model.step) * i)
