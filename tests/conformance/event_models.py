# tests/conformance/event_models.py - random models with events, and their SBML.
"""What is drawn: triggers by time, by state and by both, all attributes and parts of events, and
what formulas can read. Models are of four kinds:

still    nothing happens but events; all times are whole numbers of eighths, which doubles have
decimal  the same with times in tenths, which doubles round
burst    events switch a reaction on and off that fires at once, in one order
random   reactions at random times
"""
import random

from event_oracle import COMPARISONS, Event, Model, Reaction, Species

KINDS = ("still", "decimal", "burst", "random")
LARGEST_TRACE = 2**40
BURST_SPEED = "1e9"


def n(value):
    return ("number", str(value))


def name(id):
    return ("name", id)


TIME = ("time",)


class Drawing:
    def __init__(self, kind, seed):
        self.kind, self.draw = kind, random.Random(f"{kind} {seed}")
        draw = self.draw
        self.unit = 10 if kind == "decimal" else 8
        self.model = Model(f"{kind}_{seed}", draw.choice(["2.4", "3.1", "3.2", "3.2"]),
                           self.step(), draw.choice([8, 16]))
        self.t_end = float(self.model.step) * self.model.samples

    def step(self):
        steps = ("0.1", "0.3", "0.7", "1") if self.kind == "decimal" else ("0.125", "0.5", "1")
        return self.draw.choice(steps)

    def text_of_time(self, most):
        """A number of units, as it is written."""
        units = self.draw.randint(0, max(1, int(most * self.unit)))
        return str(units / self.unit)

    def chance(self, probability):
        return self.draw.random() < probability

    # ---- what there is ----
    def declare(self):
        model, draw = self.model, self.draw
        model.compartments = {"cell": draw.choice(["1", "1", "2", "4", "0.5"])}
        for id in ("A", "B", "C"):
            model.species[id] = Species(draw.randint(0, 6), is_amount=self.chance(0.7))
        model.species["trace"] = Species(0)
        model.parameters = {"p": self.text_of_time(self.t_end / 2), "q": str(draw.randint(0, 5)),
                            "last": "0"}
        if self.chance(0.3):
            model.compartments["bag"] = draw.choice(["1", "2", "4"])
            model.species["C"].compartment = "bag"
        self.changes_bag = "bag" in model.compartments and self.chance(0.6)
        if self.chance(0.5):
            model.rules["sum"] = ("plus", name("A"), ("times", n(2), name("B")))
        if self.kind == "burst":
            model.parameters["speed"] = draw.choice(["0", BURST_SPEED])
            model.species["A"].is_amount = True
            model.reactions["turn"] = Reaction({"A": 1}, {"B": 1},
                                               ("times", name("speed"), name("A")))
        elif self.kind == "random":
            model.parameters |= {"make": "2", "lose": "0.5"}
            model.reactions = {
                "birth": Reaction({}, {"A": 1}, name("make")),
                "turn": Reaction({"A": 1}, {"B": 1}, ("times", name("lose"), self.copies("A"))),
                "death": Reaction({"B": 1}, {}, ("times", name("lose"), self.copies("B"))),
                "pair": Reaction({"A": 1, "B": 1}, {"C": 1},
                                 ("times", n("0.1"), self.copies("A"), self.copies("B"))),
                "empty": Reaction({"C": 1}, {}, ("times", n("0.3"), self.copies("C")))}
        else:
            model.reactions["never"] = Reaction({"C": 1}, {}, ("times", n(0), self.copies("C")))

    def copies(self, id):
        species = self.model.species[id]
        return name(id) if species.is_amount else ("times", name(id), name(species.compartment))

    # ---- formulas ----
    def count(self, depth=2):
        """A formula whose value is a number of copies, or near it."""
        draw = self.draw
        choice = draw.randrange(9 if depth else 3)
        if choice == 0:
            return n(draw.randint(0, 9))
        if choice in (1, 2):
            return self.copies(draw.choice("ABC"))
        if choice == 3:
            return ("plus", self.count(depth - 1), n(draw.randint(1, 3)))
        if choice == 4:
            return ("minus", self.count(depth - 1), self.count(depth - 1))
        if choice == 5:
            return ("floor", ("divide", self.count(depth - 1), n(draw.choice([2, 4]))))
        if choice == 6:
            return (draw.choice(["min", "max"]), self.count(depth - 1), self.count(depth - 1))
        if choice == 7:
            return name("q")
        return ("plus", self.count(depth - 1), self.count(depth - 1))

    def new_count(self):
        """At least 0 and not many, or once in a while what cannot be."""
        if self.chance(0.004):
            return ("minus", self.count(), n(3))
        return ("max", n(0), ("min", n(self.draw.choice([7, 30])), ("floor", self.count())))

    def comparison(self):
        return self.draw.choice(["lt", "leq", "gt", "geq", "geq"])

    def about_state(self):
        draw = self.draw
        if self.chance(0.2) and self.model.rules:
            return (self.comparison(), name("sum"), n(draw.randint(1, 12)))
        if self.chance(0.15):
            return ("eq", self.copies(draw.choice("ABC")), n(draw.randint(0, 4)))
        if self.chance(0.1):
            return (draw.choice(["eq", "neq"]), name("q"), n(draw.randint(0, 4)))
        if self.chance(0.1):
            return ("lt", n(0), self.copies("A"), self.count(1))
        if self.chance(0.2):
            return (self.comparison(), name(draw.choice("ABC")), n(draw.randint(1, 5)))
        return (self.comparison(), self.count(1), self.count(1))

    def about_time(self):
        draw = self.draw
        choice = draw.randrange(10)
        when = n(self.text_of_time(self.t_end))
        if choice < 3:
            return ("geq", TIME, when)
        if choice == 3:
            return (self.comparison(), TIME, when)
        if choice == 4:
            return ("leq", when, TIME)
        if choice == 5:
            since = ("minus", TIME, name("last"))
            if self.chance(0.3):  # above 0, or it could happen at every double
                return ("gt", since, n(draw.randint(1, 3 * self.unit) / self.unit))
            period = name("p") if self.chance(0.5) else n(self.text_of_time(self.t_end / 2))
            return ("geq", since, period)
        if choice == 6:
            return (self.comparison(), TIME, name("p"))
        if choice == 7:
            return (self.comparison(), ("times", TIME, self.copies(draw.choice("AB"))),
                    n(draw.randint(1, 12)))
        if choice == 8:
            return ("and", ("geq", TIME, when), ("lt", TIME, n(self.text_of_time(self.t_end))))
        if self.chance(0.3):
            return (draw.choice(["eq", "neq"]), TIME, when)
        return ("leq", when, TIME, n(self.text_of_time(self.t_end)))

    def trigger(self):
        choice = self.draw.randrange(11)
        if choice == 10:  # again and again
            period = 1 / self.unit + self.draw.randint(0, 2)
            return ("geq", ("minus", TIME, name("last")), n(period))
        if choice < 4:
            return self.about_time()
        if choice < 7:
            return self.about_state()
        if choice == 7:
            return ("not", self.trigger())
        if choice == 8 and self.model.level == "3.2" and self.chance(0.3):
            return ("implies", self.about_state(), self.about_time())
        return (self.draw.choice(["and", "and", "or", "or", "xor"]), self.about_time(),
                self.about_state())

    def time_span(self):
        """A delay."""
        choice = self.draw.randrange(6)
        if choice < 3:
            return n(self.text_of_time(self.t_end / 2))
        if choice == 3:
            return name("p")
        if choice == 4:
            return ("divide", self.copies("A"), n(self.unit))
        return ("max", n(0), ("minus", n(self.text_of_time(self.t_end)), TIME))

    # ---- events ----
    def targets(self):
        chosen = ["A", "B", "p", "q", "last"]
        if not self.changes_bag:
            chosen.append("C")
        else:
            chosen.append("bag")
        if self.kind == "burst":
            chosen += ["speed", "speed", "A"]
        return self.draw.sample(chosen, self.draw.randint(1, 3))

    def assignment(self, target):
        draw = self.draw
        if target in self.model.species:
            value = self.new_count()
            species = self.model.species[target]
            return value if species.is_amount else ("divide", value, name(species.compartment))
        if target == "last":
            return TIME if self.chance(0.7) else ("plus", name("last"), name("p"))
        if target == "p":
            return n(self.text_of_time(self.t_end / 2))
        if target == "bag":
            return n(draw.choice([1, 2, 4]))
        if target == "speed":
            return n(draw.choice(["0", BURST_SPEED]))
        return ("max", n(-50), ("min", n(50), self.count()))  # or it could double without end

    def event(self, number):
        draw, is_3 = self.draw, self.model.level != "2.4"
        event = Event(self.trigger(), [])
        event.keeps_values = self.chance(0.6)
        if is_3:
            event.initial_value = self.chance(0.6)
            event.persistent = self.chance(0.6)
            if self.chance(0.6):
                choice = draw.randrange(3)
                event.priority = (n(draw.randint(-3, 9)) if choice == 0 else
                                  ("minus", self.count(1), n(draw.randint(0, 5))) if choice == 1
                                  else ("times", n(number), self.count(1)))
        if self.chance(0.5) or not (is_3 or event.keeps_values):
            event.delay = self.time_span()
        targets = list(dict.fromkeys(self.targets()))
        if event.trigger[0] == "geq" and event.trigger[1] == ("minus", TIME, name("last")):
            targets = [*(one for one in targets if one != "last"), "last"]
        event.sets = [(target, self.assignment(target)) for target in targets]
        # Which events happened, in which order, as far as the number reaches.
        grown = ("plus", ("times", name("trace"), n(8)), n(number))
        rest = ("times", n(LARGEST_TRACE), ("floor", ("divide", grown, n(LARGEST_TRACE))))
        event.sets.append(("trace", ("minus", grown, rest)))
        draw.shuffle(event.sets)
        return event

    def drawn(self):
        self.declare()
        for number in range(1, self.draw.randint(2, 7) + 1):
            self.model.events[f"E{number}"] = self.event(number)
        return self.model


def random_model(kind, seed):
    return Drawing(kind, seed).drawn()


# ---- SBML ---------------------------------------------------------------------------------------
NAMESPACES = {"2.4": "http://www.sbml.org/sbml/level2/version4",
              "3.1": "http://www.sbml.org/sbml/level3/version1/core",
              "3.2": "http://www.sbml.org/sbml/level3/version2/core"}


def mathml(formula):
    kind = formula[0]
    if kind == "number":
        if "e" in formula[1]:
            mantissa, exponent = formula[1].split("e")
            return f'<cn type="e-notation">{mantissa}<sep/>{exponent}</cn>'
        return f"<cn>{formula[1]}</cn>"
    if kind == "name":
        return f"<ci>{formula[1]}</ci>"
    if kind == "time":
        return ('<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">'
                "t</csymbol>")
    if kind in ("min", "max"):  # of two, as all levels can say it
        first, second = map(mathml, formula[1:])
        below = "leq" if kind == "min" else "geq"
        return (f"<piecewise><piece>{first}<apply><{below}/>{first}{second}</apply></piece>"
                f"<otherwise>{second}</otherwise></piecewise>")
    parts = "".join(map(mathml, formula[1:]))
    assert kind in COMPARISONS or kind in ("plus", "minus", "times", "divide", "floor", "and", "or",
                                           "xor", "not", "implies")
    return f"<apply><{kind}/>{parts}</apply>"


def math_element(formula):
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{mathml(formula)}</math>'


def truth(value):
    return "true" if value else "false"


def sbml(model):
    level, version = model.level.split(".")
    is_3 = level == "3"
    targets = model.targets()
    out = ['<?xml version="1.0" encoding="UTF-8"?>',
           f'<sbml xmlns="{NAMESPACES[model.level]}" level="{level}" version="{version}">',
           f'<model id="{model.name}"' +
           (' substanceUnits="item" timeUnits="second" extentUnits="item">' if is_3 else ">")]
    if not is_3:
        out.append('<listOfUnitDefinitions><unitDefinition id="substance"><listOfUnits>'
                   '<unit kind="item"/></listOfUnits></unitDefinition></listOfUnitDefinitions>')
    out.append("<listOfCompartments>")
    for id, size in model.compartments.items():
        out.append(f'<compartment id="{id}" spatialDimensions="3" size="{size}" '
                   f'constant="{truth(id not in targets)}"/>')
    out.append("</listOfCompartments><listOfSpecies>")
    for id, species in model.species.items():
        out.append(f'<species id="{id}" compartment="{species.compartment}" '
                   f'initialAmount="{species.count}" '
                   f'hasOnlySubstanceUnits="{truth(species.is_amount)}" '
                   'boundaryCondition="false" constant="false"/>')
    out.append("</listOfSpecies><listOfParameters>")
    for id, value in model.parameters.items():
        out.append(f'<parameter id="{id}" value="{value}" constant="{truth(id not in targets)}"/>')
    for id in model.rules:
        out.append(f'<parameter id="{id}" constant="false"/>')
    out.append("</listOfParameters>")
    if model.rules:
        out.append("<listOfRules>")
        for id, formula in model.rules.items():
            out.append(f'<assignmentRule variable="{id}">{math_element(formula)}</assignmentRule>')
        out.append("</listOfRules>")
    out.append("<listOfReactions>")
    fast = ' fast="false"' if model.level == "3.1" else ""
    constant = ' constant="true"' if is_3 else ""
    for id, reaction in model.reactions.items():
        out.append(f'<reaction id="{id}" reversible="false"{fast}>')
        for element, side in (("Reactants", reaction.reactants), ("Products", reaction.products)):
            if side:
                out.append(f"<listOf{element}>" + "".join(
                    f'<speciesReference species="{species}" stoichiometry="{count}"{constant}/>'
                    for species, count in side.items()) + f"</listOf{element}>")
        out.append(f"<kineticLaw>{math_element(reaction.law)}</kineticLaw></reaction>")
    out.append("</listOfReactions><listOfEvents>")
    for id, event in model.events.items():
        out.append(f'<event id="{id}" useValuesFromTriggerTime="{truth(event.keeps_values)}">')
        attributes = (f' initialValue="{truth(event.initial_value)}" '
                      f'persistent="{truth(event.persistent)}"' if is_3 else "")
        out.append(f"<trigger{attributes}>{math_element(event.trigger)}</trigger>")
        if event.priority is not None:
            out.append(f"<priority>{math_element(event.priority)}</priority>")
        if event.delay is not None:
            out.append(f"<delay>{math_element(event.delay)}</delay>")
        out.append("<listOfEventAssignments>" + "".join(
            f'<eventAssignment variable="{target}">{math_element(formula)}</eventAssignment>'
            for target, formula in event.sets) + "</listOfEventAssignments></event>")
    out.append("</listOfEvents></model></sbml>\n")
    return "\n".join(out)
