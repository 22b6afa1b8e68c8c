# tests/conformance/sbml_random.py - random SBML models with whole numbers of copies.
"""`random_model(seed)` draws a model: level and version, units, compartments, species, parameters,
functions, initial assignments, rules, reactions, in every spelling that has the same meaning.

Whatever can be read by a formula is read by a rule `read_ID`, too, so that all tools can be asked
for the same values. Laws are made of factors of the order of 1, so that no time course explodes.
One model in five has one of ODDITIES, which Cristae refuses; `facts` of the model say what it has
that may be refused, so that a refusal for any other reason shows.
"""
import ast
import random
import re
from dataclasses import dataclass, field
from decimal import Decimal

from sbml_model import (
    algebraic,
    compartment,
    document,
    function,
    initial,
    parameter,
    reaction,
    reference,
    rule,
    species,
)

LEVELS = ("2.1", "2.2", "2.3", "2.4", "2.4", "2.5", "3.1", "3.1", "3.1", "3.2", "3.2", "3.2", "3.2")
AVOGADRO = 6.02214179e23  # that of SBML Level 3
ITEM, TEN, DOZEN, ZEPTOMOLE, MOLE = 1, 10, 12, AVOGADRO * 1e-21, AVOGADRO
UNITS = {TEN: '<unit kind="item" exponent="1" scale="1" multiplier="1"/>',
         DOZEN: '<unit kind="item" exponent="1" scale="0" multiplier="12"/>',
         ZEPTOMOLE: '<unit kind="mole" exponent="1" scale="-21" multiplier="1"/>',
         ITEM: '<unit kind="item" exponent="1" scale="0" multiplier="1"/>',
         MOLE: '<unit kind="mole" exponent="1" scale="0" multiplier="1"/>'}
T_END, SAMPLES = 2, 8

SMOOTH = ["(-{})", "abs({})", "exp(-abs({}))", "ln(1 + abs({}))", "log(1 + abs({}))",
          "log(2, 1 + abs({}))", "root(1 + abs({}))", "root(3, 1 + abs({}))", "abs({}) ** 0.5",
          "({}) ** 2", "1 / (1 + ({}) ** 2)", "({} + {})", "({} - {})", "({} * {})",
          "({} - {} - {})", "{} / (1 + abs({}))", "plus({}, {}, {})", "times({}, {}, 0.25)",
          "plus({})"]
SMOOTH_3_2 = ["min({}, {})", "max({}, {}, 3)"]
JUMPING = ["floor({})", "ceiling({})"]
MODULATORS = ["1 / (1 + abs({}))", "exp(-abs({}))", "(1 + abs({}) / (1 + abs({})))",
              "(0.5 + abs({}) ** 0.5 / (1 + abs({})))"]
SIGNED_MODULATORS = ["({0}) ** 2 / (1 + ({0}) ** 2)", "ln(2 + abs({}))"]  # of a hidden sign
COMPARISONS = ("<", "<=", ">", ">=")


def names_of(formula):
    """Ids that it reads."""
    tree = ast.parse(formula, mode="eval")
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {node.id for node in ast.walk(tree)
            if isinstance(node, ast.Name) and id(node) not in called}


@dataclass
class RandomModel:
    name: str
    level: str
    attributes: str = " "
    units: str = ""
    lists: dict = field(default_factory=dict)
    copies_per_unit: dict = field(default_factory=dict)  # by species
    facts: set = field(default_factory=set)
    spelling: int = 0

    def text(self):
        return respelled(document(self.level, model=self.attributes, units=self.units,
                                  **self.lists), random.Random(self.spelling))


def respelled(text, draw):
    """The same numbers, written in other ways."""
    def number(match):
        digits = match[1]
        value = Decimal(digits)
        choice = draw.randrange(8)
        if choice == 0 and value == value.to_integral_value():
            return f'<cn type="integer"> {int(value)} </cn>'
        if choice == 1 and value * 8 == (value * 8).to_integral_value():
            return f'<cn type="rational">{int(value * 8)}<sep/>8</cn>'
        if choice == 2:
            shift = draw.randint(-3, 3)
            return f'<cn type="e-notation">{value.scaleb(-shift):f}<sep/>{shift}</cn>'
        return f"<cn>\n {digits} </cn>" if choice == 3 else match[0]
    # In stoichiometries libRoadRunner does not read fractions.
    parts = re.split("(<stoichiometryMath>.*?</stoichiometryMath>)", text)
    return "".join(part if i % 2 else re.sub(r"<cn>([0-9.]+)</cn>", number, part)
                   for i, part in enumerate(parts))


def is_whole(copies):
    return abs(copies - round(copies)) <= 1e-9 * max(1, copies) and (copies == 0 or copies > 0.5)


class Drawing:
    def __init__(self, seed):
        self.draw = random.Random(f"sbml {seed}")
        self.level = self.draw.choice(LEVELS)
        self.is_3 = self.level[0] == "3"
        self.model = RandomModel(f"sbml_{seed}", self.level, spelling=seed)
        self.elements = {name: [] for name in (
            "functions", "compartments", "species", "parameters", "initial", "rules",
            "constraints", "reactions")}
        self.known = {}        # id: value at the start, where it is known
        self.constants = []    # parameters and sizes that never change
        self.readable = []     # whatever formulas can read, what is read before what reads it
        self.typical = {}      # of a species as formulas read it
        self.home = {}         # its compartment
        self.functions = {}    # id: number of arguments
        self.shapes = []       # functions x, typical -> of the order of 1
        self.conversions = {}  # factors by species
        self.floating, self.boundary, self.ruled = [], [], []
        self.copies = {}
        # libSBML takes the symbol of Avogadro's constant for a name there, and refuses it.
        self.is_in_function = False

    # ---- chances ----
    def chance(self, probability):
        return self.draw.random() < probability

    def default(self, value, is_default):
        """An attribute that Level 2 may leave out where it has its default."""
        return None if not self.is_3 and is_default and self.chance(0.6) else value

    def constant(self):
        """Of what is constant."""
        return self.default(True, True)

    def add(self, kind, element):
        self.elements[kind].append(element)

    def declare(self, id, value=None, is_constant=False):
        self.readable.append(id)
        if is_constant:
            self.constants.append(id)
        if value is not None:
            self.known[id] = value

    def worked_out(self, formula):
        """Of + - * / alone, with known values."""
        return eval(formula, {"__builtins__": {}}, self.known)  # noqa: S307

    def may_assign(self):
        return self.level != "2.1"

    # ---- formulas ----
    def number(self):
        draw = self.draw
        return repr(draw.choice([draw.randint(1, 9), round(draw.uniform(0.1, 9.9), 1),
                                 round(draw.uniform(0.01, 0.99), 2)]))

    def leaf(self, names):
        draw = self.draw
        choice = draw.randrange(12)
        if choice < 8 and names:
            name = draw.choice(names)
            is_scaled = name in self.typical and choice < 4
            return f"{name} / {self.typical[name]!r}" if is_scaled else name
        if choice == 8:
            return draw.choice(["pi", "exponentiale"])
        if choice == 9 and self.is_3 and not self.is_in_function:
            return "avogadro / 5e+23"
        return self.number()

    def formula(self, names, depth=3):
        """Of any sign, finite."""
        draw = self.draw
        if depth == 0 or self.chance(0.2):
            return self.leaf(names)
        choice = draw.randrange(10)
        if choice == 0 and self.functions:
            return self.call(draw.choice(list(self.functions)), names, depth)
        if choice == 1:
            # What jumps reads constants, as a rule: time courses that jump are hard to compare.
            names = names if self.chance(0.1) else [id for id in names if id in self.constants]
            return self.jump(names, depth - 1)
        forms = SMOOTH + (SMOOTH_3_2 if self.level == "3.2" else [])
        return self.filled(draw.choice(forms), names, depth - 1)

    def filled(self, form, names, depth):
        if "{0}" in form:
            return form.format(self.formula(names, depth))
        return form.format(*(self.formula(names, depth) for _ in range(form.count("{}"))))

    def call(self, id, names, depth):
        arguments = ", ".join(self.formula(names, depth - 1) for _ in range(self.functions[id]))
        return f"{id}({arguments})"

    def jump(self, names, depth):
        draw = self.draw
        choice = draw.randrange(4)
        if choice == 0:
            return self.filled(draw.choice(JUMPING), names, depth)
        if choice == 1 and self.level == "3.2":
            return f"(({self.condition(names, depth)}) + {self.number()})"
        pieces = ", ".join(f"{self.formula(names, depth)}, {self.condition(names, depth)}"
                           for _ in range(draw.randint(1, 2)))
        return f"piecewise({pieces}, {self.formula(names, depth)})"

    def condition(self, names, depth):
        draw = self.draw
        choice = draw.randrange(10 if depth > 0 else 4)
        a, b = self.formula(names, 1), self.formula(names, 1)
        if choice == 0:
            return f"{self.number()} {draw.choice(['==', '!='])} {self.number()}"
        if choice == 1:
            return draw.choice(["true", "false", f"{a} < {b} < {self.number()}"])
        if choice < 5:
            return f"{a} {draw.choice(COMPARISONS)} {b}"
        left, right = self.condition(names, depth - 1), self.condition(names, depth - 1)
        if choice == 9 and self.level == "3.2":
            return f"implies({left}, {right})"
        return draw.choice([f"({left}) and ({right})", f"({left}) or ({right})", f"not ({left})",
                            f"xor({left}, {right})", f"and_({left}, {right}, {a} < {b})",
                            f"or_({left}, {right}, true)"])

    # ---- units ----
    def draw_units(self):
        draw, model = self.draw, self.model
        usual = draw.choice([ITEM, ITEM, ITEM, TEN, DOZEN, ZEPTOMOLE])
        self.extent = self.substance = usual
        self.units = {ITEM: "item"}
        if not self.is_3:
            if self.chance(0.05):
                self.extent = self.substance = MOLE  # what is not defined
                model.units = f'<unitDefinition id="per"><listOfUnits>{UNITS[ITEM]}' \
                              "</listOfUnits></unitDefinition>"
                self.units = {}
                return
            model.units = self.defined("substance", usual)
            if self.chance(0.2):
                model.units += '<unitDefinition id="time"><listOfUnits><unit kind="second" ' \
                               'multiplier="60"/></listOfUnits></unitDefinition>'
            return
        if self.chance(0.05):
            self.extent = self.substance = MOLE
        elif usual in (TEN, DOZEN) and self.chance(0.6):
            self.extent = ITEM
        elif self.chance(0.03):  # reactions would change copies by parts
            self.extent = draw.choice([ITEM, TEN, MOLE])
        given = {"substanceUnits": self.unit(self.substance), "extentUnits": self.unit(self.extent)}
        if self.substance == ITEM and self.chance(0.3):
            del given["substanceUnits"]
        if self.extent == self.substance == ITEM and self.chance(0.3):
            given.pop("extentUnits")
        if self.chance(0.7):
            given["timeUnits"] = draw.choice(["second", "dimensionless"])
        model.attributes += " ".join(f'{key}="{value}"' for key, value in given.items())

    def defined(self, id, unit):
        return (f'<unitDefinition id="{id}"><listOfUnits>{UNITS[unit]}</listOfUnits>'
                "</unitDefinition>")

    def unit(self, unit):
        """Its id, defined where it needs to be."""
        if unit == MOLE:
            return "mole"
        if unit not in self.units:
            self.units[unit] = f"unit{len(self.units)}"
            self.model.units += self.defined(self.units[unit], unit)
        return self.units[unit]

    # ---- constants, functions, compartments ----
    def draw_constants(self):
        draw = self.draw
        ids = draw.sample(["k0", "k1", "k2", "J0_k", "t", "hill", "e"], draw.randint(2, 5))
        for id in ids:
            value = draw.choice([1, 2, 3, 0.5, round(draw.uniform(0.1, 5), 2)])
            if id != ids[0] and self.chance(0.05):
                value = -value
            is_constant = id == ids[0] or self.chance(0.8)
            self.add("parameters", parameter(id, value,
                                             constant=self.constant() if is_constant else False))
            self.declare(id, value, is_constant)

    def draw_functions(self):
        draw = self.draw
        for i in range(draw.randrange(4)):
            count = draw.randint(1, 3)
            arguments = draw.sample(["x", "y", "k0", "S0", "c0", "read_S0"], count)
            self.is_in_function = True
            body = self.formula(arguments, 2)
            self.is_in_function = False
            self.add("functions", function(f"f{i}", *arguments, body))
            self.functions[f"f{i}"] = count
        if self.chance(0.5):
            inner = draw.choice(["s / (s + K)", "s / K", "(s / K) ** 2", "1 / (1 + K / (s + K))"])
            self.add("functions", function("shape", "s", "K", inner))
            self.add("functions", function("law", "V", "K", "s", "V * shape(s, K)"))
            self.shapes.append("shape({s}, {K})")
            self.shapes.append("law(1, {K}, {s})")
        if self.chance(0.4):
            self.add("functions", function("net", "a", "b", "k", "k * (a - b)"))

    def draw_compartments(self):
        draw = self.draw
        self.compartments, self.sizes, self.sized_by_rules = [], {}, set()
        self.variable = None
        for i in range(draw.choice([1, 1, 2, 2, 3])):
            id = f"c{i}"
            self.compartments.append(id)
            if self.chance(0.06):  # a point, which has no size
                self.sizes[id] = None
                self.add("compartments", compartment(id, None, spatialDimensions=0,
                                                     constant=self.constant()))
                continue
            size = draw.choice([1, 2, 4, 0.5, 2.5, round(draw.uniform(0.2, 6), 2)])
            dimensions = draw.choice([3, 3, 3, 2, 1] + ([None, 2.5] if self.is_3 else [None]))
            given = {"spatialDimensions": dimensions, "constant": self.constant()}
            if dimensions in (3, None) and not self.is_3 and self.chance(0.2):
                given["units"] = draw.choice(["litre", "volume"])
            how = draw.choice(["size"] * 5 + ["initial", "rule", "variable"])
            simple = [name for name in self.constants if self.known.get(name, 0) > 0]
            formula = f"{draw.choice(simple)} * {size!r}" if simple else repr(size)
            if how == "initial" and self.may_assign():
                self.add("initial", initial(id, formula))
                size_there = size + 1 if self.chance(0.5) else None
                size = self.worked_out(formula)
            elif how == "rule":
                self.add("rules", rule(id, formula))
                self.sized_by_rules.add(id)
                given["constant"] = False
                size_there = size + 1 if self.chance(0.5) else None
                size = self.worked_out(formula)
            elif how == "variable" and self.variable is None:
                self.variable, size_there, given["constant"] = id, None, False
                self.sized_by_rules.add(id)
                self.base = size
            else:
                size_there = size
            self.sizes[id] = size
            self.add("compartments", compartment(id, size_there, **given))
            if id != self.variable:
                self.declare(id, size, is_constant=how != "rule")

    # ---- species ----
    def draw_species(self):
        draw = self.draw
        kinds = ["floating"] * draw.randint(2, 4) + ["boundary"] * draw.randrange(3)
        kinds += ["ruled"] * draw.choice([0, 0, 1])
        for i, kind in enumerate(kinds):
            self.draw_one_species(f"S{i}", kind)
            if i == 0 and self.variable:
                self.draw_variable_size()
        if self.chance(0.3) and self.is_3:
            self.declare_parameter("cf", draw.choice([1, 2, 3]))
            self.model.attributes += ' conversionFactor="cf"'
            for id in self.floating + self.boundary:
                self.conversions.setdefault(id, self.known["cf"])

    def declare_parameter(self, id, value):
        self.add("parameters", parameter(id, value, constant=self.constant()))
        self.declare(id, value, True)

    def draw_one_species(self, id, kind):
        draw = self.draw
        home = draw.choice(self.compartments)
        if not self.floating and home == self.variable:
            home = next((one for one in self.compartments if one != home), home)
        is_amount = self.chance(0.5) or (not self.floating and home == self.variable)
        size = self.sizes[home]
        unit = self.substance
        given = {"compartment": home, "initialAmount": None}
        if (self.is_3 and self.chance(0.2)) or (not self.is_3 and self.chance(0.15)):
            unit = self.drawn_unit()
            given["substanceUnits"] = self.unit(unit) if self.is_3 or unit == ITEM else "substance"
        elif self.is_3 and self.chance(0.3):
            given["substanceUnits"] = self.unit(unit)
        if not self.is_3 and unit not in (ITEM, self.substance):
            unit = self.substance
        if given.get("substanceUnits") == "item" and unit != ITEM:
            unit = ITEM
        self.model.copies_per_unit[id] = unit
        self.home[id] = home
        copies = draw.choice([0, 1, *(draw.randint(20, 900) for _ in range(10))])
        is_constant = kind == "boundary" and self.chance(0.5)
        if kind == "boundary" and self.chance(0.25):
            copies += 0.37  # it becomes a parameter
        amount = copies / unit
        reads_amount = is_amount or size is None
        given |= {"hasOnlySubstanceUnits": self.default(is_amount, not is_amount),
                  "boundaryCondition": self.default(kind != "floating", kind == "floating"),
                  "constant": self.default(is_constant, not is_constant)}
        if self.is_3 and kind != "ruled" and self.chance(0.15):
            factor = f"cf_{id}"
            self.declare_parameter(factor, draw.choice([1, 2, 3]))
            given["conversionFactor"] = factor
            self.conversions[id] = self.known[factor]
        value = amount if reads_amount else amount / size
        if kind == "ruled":
            self.add("species", species(id, **given))
            self.ruled.append(id)
            return
        self.draw_start(id, given, amount, size, value)
        self.copies[id] = copies
        self.typical[id] = value or 50 / unit
        (self.floating if kind == "floating" else self.boundary).append(id)
        self.declare(id, value)

    def drawn_unit(self):
        if self.extent == ITEM:
            return self.draw.choice([ITEM, TEN, DOZEN])
        return self.extent if self.chance(0.9) else ITEM

    def draw_start(self, id, given, amount, size, value):
        """By amount, concentration or initial assignment, or two of them."""
        draw = self.draw
        varies = self.home[id] == self.variable
        may_be_concentration = size is not None and not varies and (
            self.is_3 or given["hasOnlySubstanceUnits"] is not True)
        how = draw.choice(["amount", "amount", "concentration", "assignment"])
        may_be_assigned = self.may_assign() and (not varies or self.variable in self.known)
        if how == "assignment" and may_be_assigned:
            names = [name for name in self.known
                     if self.known[name] > 0 and (name in self.constants or name in self.typical)]
            name = draw.choice(names) if names else None
            self.add("initial", initial(id, f"{name} * {value / self.known[name]!r}" if name else
                                        repr(value)))
            if self.chance(0.5):
                given["initialAmount"] = 7  # which is of no account
        elif how == "concentration" and may_be_concentration:
            given["initialConcentration"] = repr(amount / size)
        else:
            given["initialAmount"] = repr(amount)
        self.add("species", species(id, **given))

    def draw_variable_size(self):
        """A size that a species of another compartment, or an amount, changes."""
        typical = self.typical["S0"]
        formula = f"{self.base!r} * (1 + S0 / (S0 + {typical!r}))"
        self.add("rules", rule(self.variable, formula))
        size = self.worked_out(formula)
        self.sizes[self.variable] = size
        self.declare(self.variable, size)

    # ---- what is assigned ----
    def draw_assigned(self):
        """Also r0, r1, ..., which rules decide, and a0, a1, ..."""
        draw = self.draw
        for i in range(draw.randrange(3)):
            if not self.may_assign():
                break
            id, is_constant = f"a{i}", self.chance(0.6)
            reads_constants = self.chance(0.5)
            formula = self.formula(self.constants if reads_constants else self.readable)
            if self.chance(0.1):
                formula = f"{formula} + time"
            self.add("initial", initial(id, formula))
            self.add("parameters", parameter(
                id, draw.choice([None, 4]), constant=self.constant() if is_constant else False))
            self.declare(id, None, is_constant)
        for id in self.ruled:
            self.add("rules", rule(id, self.formula(self.readable)))
            self.declare(id)
        for i in range(draw.randrange(4)):
            self.add("parameters", parameter(f"r{i}", draw.choice([None, 3]), constant=False))
            self.add("rules", rule(f"r{i}", self.formula(self.readable, 4)))
            self.declare(f"r{i}")

    # ---- reactions ----
    def stoichiometry(self):
        return self.draw.choice([1, 1, 1, 1, 2, 2, 3])

    def participant(self, id, reaction_id, side, is_on_both):
        """Its element; how much it counts."""
        draw = self.draw
        count = self.stoichiometry()
        if self.chance(0.01):
            count += 0.5
        if self.is_3:
            if self.chance(0.2):
                name = f"n_{reaction_id}_{side}_{id}_{draw.randrange(10**6)}"
                number = draw.choice([one for one in self.constants if one in self.known])
                if self.chance(0.5) and self.known[number]:
                    self.add("initial", initial(name, f"{number} * {count / self.known[number]!r}"))
                    written = None  # libRoadRunner takes what is written in place of the assignment
                else:
                    written = count
                self.references.append((name, count))
                return reference(id, written, id=name, constant=True), count
            return reference(id, count, constant=self.chance(0.7)), count
        # libRoadRunner takes the formula of one side for both.
        if self.chance(0.15) and not is_on_both:
            number = draw.choice([one for one in self.constants if one in self.known])
            if self.known[number] and self.chance(0.7):
                return reference(id, None, f"{number} * {count / self.known[number]!r}"), count
            return reference(id, None, repr(count)), count
        return reference(id, None if count == 1 and self.chance(0.7) else count), count

    def shape(self, id):
        typical = repr(self.typical[id])
        forms = ["{s} / {K}", "{s} / ({s} + {K})", "({s} / {K}) ** 2",
                 "{s} ** 2 / ({K} ** 2 + {s} ** 2)", "1.5 * {s} / ({K} * 1.5)", *self.shapes]
        return self.draw.choice(forms).format(s=id, K=typical)

    def modulator(self, names, shows_sign):
        forms = MODULATORS + ([] if shows_sign else SIGNED_MODULATORS)
        if self.chance(0.2):
            steady = [name for name in names if name in self.constants]
            return f"piecewise(0.5, {self.condition(steady, 1)}, 1.5)"
        return self.filled(self.draw.choice(forms), names, 2)

    def draw_reactions(self):
        self.references = []
        for i in range(self.draw.randint(1, 5)):
            self.draw_reaction(f"J{i}")
        for name, value in self.references:
            self.declare(name, value)

    def draw_reaction(self, id):
        draw, model = self.draw, self.model
        pool = self.floating * 3 + self.boundary
        sides = [[draw.choice(pool) for _ in range(draw.choice(sizes))]
                 for sizes in ((0, 1, 1, 1, 2), (0, 1, 1, 2))]
        if self.level != "3.2" and not any(sides):
            sides[0] = [draw.choice(pool)]
        elements, changes = [], {}
        for side, participants in enumerate(sides):
            text = ""
            for one in participants:
                element, count = self.participant(one, id, side, one in sides[1 - side])
                text += element
                changes.setdefault((one, side), []).append(count)
            elements.append(text)
        extent = self.copies_per_extent(sides)
        fewest, most = 200, 0
        for (one, _), counts in changes.items():
            if one in self.boundary:
                continue
            for count in counts:
                copies = count * self.conversions.get(one, 1) * model.copies_per_unit[one]
                most = max(most, copies)
                if not is_whole(copies / extent):
                    model.facts.add(("fraction", id, one))
                if copies * len(counts) > 100 * extent:
                    model.facts.add(("many", one))
            fewest = min(fewest, self.copies[one] or 50)
        law, local, is_reversible = self.law(id, sides, 0.5 * fewest / (most or 1))
        reads = names_of(law) - local.keys()
        taken = {one for side in sides for one in side}
        modifiers = sorted((reads & {*self.floating, *self.boundary, *self.ruled}) - taken)
        is_left_out = not self.is_3 and self.chance(0.5 if is_reversible else 0.15)
        given = {"reversible": None if is_left_out else is_reversible}
        if (is_left_out or is_reversible) and (
                "ln(" in law or "** 2 / (1 + (" in law or any(map(self.may_be_negative, reads))):
            model.facts.add(("unsplit", id))
        if self.level == "3.1" or (not self.is_3 and self.chance(0.3)):
            given["fast"] = False
        self.add("reactions", reaction(id, "->", law, local, tuple(elements), modifiers,
                                       is_3=self.is_3, **given))

    def may_be_negative(self, id):
        """For all that Cristae knows of it; or it is over such a size."""
        home = self.home.get(id)
        return (id in self.ruled or id in self.sized_by_rules or id[0] in "ra" or
                home in self.sized_by_rules or self.known.get(id, 0) < 0)

    def copies_per_extent(self, sides):
        """As docs/sbml.md has it: what the model says, else as its first species is counted."""
        if self.is_3 and "extentUnits" not in self.model.attributes:
            for side in sides:
                for one in side:
                    return self.model.copies_per_unit[one]
        return self.extent

    def law(self, id, sides, speed):
        draw = self.draw
        speed = float(f"{speed * draw.choice([0.1, 0.3, 1]):.4g}")
        is_reversible = self.chance(0.25) and sides[1] != []
        if any(self.may_be_negative(one) for side in sides for one in side) and self.chance(0.8):
            is_reversible = False
        local = {}
        constant = repr(speed)
        if self.chance(0.5):
            constant = "LOCAL"
        elif self.chance(0.3):
            constant = f"v_{id}"
            self.declare_parameter(constant, speed)
        forward = self.product(sides[0])
        if self.is_pairs(id, sides[0]):
            is_reversible = False
            one = sides[0][0]
            forward = f"{one} * ({one} - 1) / 2 / {self.typical[one]!r} ** 2"
        names = [name for name in self.readable if is_reversible or self.chance(0.6)]
        shows_sign = is_reversible or not self.is_3
        if self.chance(0.4):
            names_there = names if self.chance(0.7) else self.constants
            if shows_sign and self.chance(0.9):
                names_there = [one for one in names_there if not self.may_be_negative(one)]
            forward = f"{forward} * {self.modulator(names_there, shows_sign)}"
        if is_reversible:
            reverse = self.product(sides[1])
            law = draw.choice([f"{constant} * ({forward} - 0.5 * {reverse})",
                               f"{constant} * {forward} - {constant} * {reverse}",
                               f"({forward} - {reverse}) * {constant} / (1 + abs(k))"])
            law = law.replace("(1 + abs(k))", f"(1 + {draw.choice(self.constants)} ** 2)")
            if 'id="net"' in "".join(self.elements["functions"]) and self.chance(0.3):
                law = f"net({forward}, {reverse}, {constant})"
        else:
            law = draw.choice([f"{constant} * {forward}", f"{forward} * {constant}",
                               f"{forward} / (1 / {constant})"])
        if self.chance(0.2) and sides[0]:
            home = self.home[sides[0][0]]
            if self.sizes[home] is not None:
                law = f"({law}) * {home} / {self.sizes[home]!r}"
        if "LOCAL" in law:
            # Free to have any name that the law does not read, but those of its participants.
            taken = {one for side in sides for one in side}
            names = [*self.constants, *self.compartments, *self.floating, id, "kf"]
            names += ["shape"] if "shape(" not in law and "law(" not in law else []
            free = [name for name in names if name not in names_of(law) and name not in taken]
            name = draw.choice(free)
            law = re.sub(r"\bLOCAL\b", name, law)
            local[name] = repr(speed)
            if self.chance(0.2):
                local["unread"] = 1
        return law, local, is_reversible

    def is_pairs(self, id, reactants):
        """Whether the law shall count pairs, whose rate equation is another: see docs."""
        if len(reactants) != 1 or not self.chance(0.05) or reactants[0] not in self.floating:
            return False
        if self.model.copies_per_unit[reactants[0]] != ITEM:
            return False
        self.model.facts.add("pairs")
        return True

    def product(self, participants):
        shapes = [self.shape(one) for one in dict.fromkeys(participants)]
        if len(shapes) > 0 and self.chance(0.02):
            shapes[0] = "1"  # does not vanish with its reactant
        return " * ".join(f"({one})" for one in shapes) or "1"

    # ---- the whole ----
    def draw_readers(self):
        for id in self.readable:
            self.add("parameters", parameter(f"read_{id}", constant=False))
            self.add("rules", rule(f"read_{id}", id))

    def model_drawn(self):
        self.draw_units()
        self.draw_constants()
        self.draw_functions()
        self.draw_compartments()
        self.draw_species()
        self.draw_assigned()
        self.draw_reactions()
        if self.chance(0.85):
            self.draw_readers()
        if self.chance(0.2):
            fitting = [one for one in ODDITIES if one.fits(self.level)]
            self.draw.choice(fitting).plant(self)
        for kind, elements in self.elements.items():
            # Level 2 asks for functions before their calls; its first version has rules in order.
            if kind != "functions" and (kind, self.level) != ("rules", "2.1"):
                self.draw.shuffle(elements)
        self.model.lists = self.elements
        return self.model


# ---- what is refused, or has to be treated with care --------------------------------------------
@dataclass
class Oddity:
    fact: str
    fits: object  # level -> bool
    plant_it: object

    def plant(self, drawing):
        self.plant_it(drawing)
        drawing.model.facts.add(self.fact)


def of_rule(formula):
    def plant(drawing):
        drawing.add("parameters", parameter("odd", constant=False))
        drawing.add("rules", rule("odd", formula))
    return plant


def in_a_law(change):
    """`change` of the text of a reaction."""
    def plant(drawing):
        reactions = drawing.elements["reactions"]
        reactions[0] = change(reactions[0])
    return plant


def parameter_and(kind, element, **given):
    def plant(drawing):
        drawing.add("parameters", parameter("odd", constant=False, **given))
        drawing.add(kind, element)
    return plant


def fast(text):
    text = re.sub(r' fast="\w+"', "", text, count=1)
    return text.replace("<reaction ", '<reaction fast="true" ', 1)


def without_start(drawing):
    drawing.add("species", species("odd", compartment=drawing.compartments[0], initialAmount=None))


def with_amount(amount):
    def plant(drawing):
        drawing.add("species", species("odd", compartment=drawing.compartments[0],
                                       initialAmount=amount, substanceUnits="item"))
        drawing.model.copies_per_unit["odd"] = ITEM
    return plant


def of_grams(drawing):
    drawing.add("species", species("odd", compartment=drawing.compartments[0], initialAmount=1,
                                   substanceUnits="gram"))


def without_size(drawing):
    drawing.add("compartments", compartment("oddc", None))
    drawing.add("species", species("oddS", compartment="oddc",
                                   initialAmount=12 / drawing.substance,
                                   hasOnlySubstanceUnits=False))
    drawing.model.copies_per_unit["oddS"] = drawing.substance
    of_rule("oddS")(drawing)


def with_varying_stoichiometry(drawing):
    home = drawing.compartments[0]
    drawing.add("species", species("oddS", compartment=home, initialAmount=12 / drawing.substance))
    drawing.model.copies_per_unit["oddS"] = drawing.substance
    if drawing.is_3:
        drawing.add("rules", rule("oddn", "1 + oddS"))
        element = reference("oddS", 1, id="oddn", constant=False)
    else:
        element = reference("oddS", None, "1 + oddS")
    given = {"fast": False} if drawing.level == "3.1" else {}
    drawing.add("reactions", reaction("oddJ", "->", "0.1", None, (element, ""), (),
                                      is_3=drawing.is_3, **given))


def any_level(level):
    return True


def level_3(level):
    return level[0] == "3"


def of(*levels):
    return lambda level: level in levels


MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML">{}</math>'
ODDITIES = [
    Oddity("time", any_level, of_rule("1 + time")),
    Oddity("time", any_level, in_a_law(lambda text: re.sub(
        r"(<kineticLaw><math[^>]*>)(.*?)(</math>)",
        r'\1<apply><times/>\2<csymbol encoding="text" definitionURL='
        r'"http://www.sbml.org/sbml/symbols/time">t</csymbol></apply>\3', text, flags=re.S))),
    Oddity("rate rule", any_level, parameter_and("rules", rule("odd", "0.5", "rateRule"), value=1)),
    Oddity("algebraic", any_level, parameter_and("rules", algebraic("odd - 3"), value=3)),
    Oddity("fast", lambda level: level != "3.2", in_a_law(fast)),
    Oddity("no law", any_level, in_a_law(
        lambda text: re.sub(r"<kineticLaw>.*</kineticLaw>", "", text, flags=re.S))),
    Oddity("delay", any_level, of_rule("delay(S0, 1)")),
    Oddity("rateOf", of("3.2"), of_rule("rateOf(S0)")),
    Oddity("reaction rate", lambda level: level != "2.1", of_rule("J0 + 1")),
    Oddity("function", of("3.2"), of_rule("rem(S0, 4)")),
    Oddity("function", of("3.2"), of_rule("quotient(S0, 4)")),
    Oddity("function", any_level, of_rule("factorial(S0)")),
    Oddity("function", any_level, of_rule("sin(S0)")),
    Oddity("elementary", any_level, of_rule("sin(0.5) + cos(pi / 3) + tanh(2) + factorial(4)")),
    Oddity("elementary", of("3.2"), of_rule("rem(-7, 4) + quotient(-7, 4)")),
    Oddity("otherwise", any_level, of_rule("piecewise(2, S0 >= 0)")),
    Oddity("infinite", any_level, of_rule("3 / infinity")),
    Oddity("no start", any_level, without_start),
    Oddity("part", any_level, with_amount(0.37)),
    Oddity("part", any_level, with_amount(3e-10)),  # in moles, without saying so
    Oddity("negative", any_level, with_amount(-3)),
    Oddity("many copies", any_level, with_amount(1e20)),
    Oddity("gram", level_3, of_grams),
    Oddity("no size", any_level, without_size),
    Oddity("no value", any_level, lambda drawing: (
        drawing.add("parameters", parameter("odd_", constant=False)), of_rule("odd_")(drawing))),
    Oddity("not finite", any_level, lambda drawing: drawing.add(
        "parameters", parameter("odd", "INF"))),
    Oddity("not finite", any_level, lambda drawing: drawing.add(
        "parameters", parameter("odd", "NaN"))),
    Oddity("constraint", lambda level: level != "2.1", lambda drawing: drawing.add(
        "constraints", f"<constraint>{MATH.format('<true/>')}</constraint>")),
    Oddity("stoichiometry", any_level, with_varying_stoichiometry),
    Oddity("single logic", of("3.2"), of_rule("and_(5) + 2 * or_(4) + 4 * xor(3)")),
    Oddity("truth", of("3.2"), of_rule("piecewise(1, 5, 0) + (not 7) + (true == 1) + xor(2, 3)")),
    Oddity("nothing", any_level, of_rule("plus() + 2 * times()")),
]


def random_model(seed):
    return Drawing(seed).model_drawn()
