#!/usr/bin/env python3
# tests/conformance/sbml_semantics_test.py - corners of SBML: what comes out, or how it is refused.
"""Small models of our own with the semantics that cases of the SBML semantic test suite ask for;
`cases` are the numbers of those that were read for them (`--count`: how many): their descriptions,
which list the parts of a model, and the model itself where that left something open. A case that
asks for several things stands with several models. Expected values are worked out by hand or in
closed form.

    python3 tests/conformance/sbml_semantics_test.py [NAME]...

Takes the program from CRISTAE_BIN. Each model either runs right (events: the moments of `cristae
replay`, and the samples of both engines; rates: `--engine ode`), is refused with exit code 3 and
the text that is given, or ends with exit code 4.
"""
import csv
import io
import math
import os
import subprocess
import sys
import tempfile
import unittest
from math import exp, log

from sbml_model import (
    algebraic,
    compartment,
    composed,
    document,
    event,
    function,
    initial,
    parameter,
    reaction,
    reference,
    replaced_by,
    replacing,
    rule,
    species,
    submodel,
    with_ports,
)

PROGRAM = os.path.abspath(os.environ.get("CRISTAE_BIN", "build/cristae"))
MODEL, NUMERICAL = 3, 4

A = species("A", initialAmount=5)
B = species("B", initialAmount=0)
NEVER = reaction("never", "A ->", "0 * A")


def variable(id, value=None):
    return parameter(id, value, constant=False)


def concentration(id, **given):
    return species(id, hasOnlySubstanceUnits=False, **given)


# ---- events: (time, changes) of each moment that changes anything -------------------------------
def events(cases, text, *moments, note=""):
    return "events", cases, text, moments, note


# ---- rates: values at times by the rate equations ----------------------------------------------
def rates(cases, text, expected, note=""):
    """`expected`: {column: function of the time}."""
    return "rates", cases, text, expected, note


def refused(cases, text, message):
    return "refused", cases, text, message, ""


def fails(cases, text, message):
    return "fails", cases, text, message, ""


def behind(time):
    return math.nextafter(time, math.inf)


def towards(t, x, a, b, c):
    """x at t of dx/dt = -(a x^2 + b x + c)"""
    speed = math.sqrt(b * b - 4 * a * c)
    root, other = (-b + speed) / (2 * a), (-b - speed) / (2 * a)
    left = (x - root) / (x - other) * exp(-speed * t)
    return (root - other * left) / (1 - left)


AT = "time >= 1"

# As arguments of events; none below 0.
FUNCTIONS = {
    "exponentiale": math.e, "abs(-0.75)": 0.75, "arccos(0.5)": math.acos(0.5),
    "arcsin(0.5)": math.asin(0.5), "arctan(2.8)": math.atan(2.8), "ceiling(0.4)": 1, "cos(0.9)":
    math.cos(0.9), "exp(0.5)": exp(0.5), "floor(1.8)": 1, "ln(1.4)": log(1.4), "log(10, 20)":
    math.log10(20), "1.4 ** 2.1": 1.4**2.1, "root(2, 3)": 3**0.5, "sin(2.1)": math.sin(2.1),
    "tan(0.6)": math.tan(0.6), "sec(0.5)": 1 / math.cos(0.5), "csc(2)": 1 / math.sin(2),
    "cot(0.7)": 1 / math.tan(0.7), "sinh(0.3)": math.sinh(0.3), "cosh(0.7)": math.cosh(0.7),
    "tanh(0.7)": math.tanh(0.7), "arcsec(2.3)": math.acos(1 / 2.3), "arccsc(1.1)":
    math.asin(1 / 1.1), "arccot(0.9)": math.atan(1 / 0.9), "arcsinh(2)": math.asinh(2),
    "arccosh(1.34)": math.acosh(1.34), "arctanh(0.7)": math.atanh(0.7), "arcsech(0.42)":
    math.acosh(1 / 0.42), "arccsch(0.5)": math.asinh(2), "arccoth(2)": math.atanh(0.5),
    "plus()": 0, "times()": 1}
WHOLE = {"avogadro / 3.01107089500e23": 2, "ceiling(3.55)": 4, "floor(9.1)": 9, "exp(0)": 1,
         "ln(1)": 0, "log(10, 1000)": 3, "2 ** 3": 8, "root(2, 4)": 2, "2 * arcsin(1) / pi": 1,
         "3 * arccos(-1) / pi": 3, "2 * sec(0) + tan(0) + tanh(0)": 2, "2 * tanh(arctanh(0.5))": 1,
         "times()": 1, "plus()": 0}

MODELS = {
    # -- events -----------------------------------------------------------------------------------
    "priorities_decide": events([930], document(
        species=[A, B], events=[event("E1", AT, {"A": "4", "B": "5"}, priority="1"),
                                event("E2", AT, {"A": "1", "B": "2"}, priority="0")]),
        (1, {"A": 1, "B": 2})),
    "priorities_are_worked_out_again": events([934], document(
        species=[species("A", initialAmount=0), species("B", initialAmount=1)],
        events=[event("E1", AT, {"A": "1", "B": "0"}, priority="10"),
                event("E2", AT, {"A": "2", "B": "1"}, priority="2 * B"),
                event("E3", AT, {"A": "3", "B": "2"}, priority="2 * A")]),
        (1, {"A": 2}), note="can have the same priority"),
    "what_does_not_persist_is_given_up": events([932, 935], document(
        species=[species("A", initialAmount=0), B],
        events=[event("E1", "time >= 1 and A < 0.5", {"A": "1", "B": "1"}, priority="10"),
                event("E2", "time >= 1 and A < 0.5", {"A": "2", "B": "7"}, priority="8",
                      persistent=False),
                event("E3", "time >= 1 and A < 0.5", {"A": "3", "B": "2"}, priority="9")]),
        (1, {"A": 3, "B": 2})),
    "triggered_many_times_at_once": events([978], document(
        species=[A], parameters=[variable(id, 0) for id in "mxyz"],
        events=[event(f"E{i}", "time >= 1", {"m": "2" if i % 2 == 0 else "0"}, priority=str(10 - i))
                for i in range(9)] + [
            event("x_", "m > 1", {"x": "x + 1"}, priority="1", keeps=False),
            event("y_", "m > 1", {"y": "y + 1"}, priority="1"),
            event("z_", "m > 1", {"z": "z + 3"}, priority="1", keeps=False, persistent=False)]),
        (0, {}), (1, {"m": 2, "x": 5, "y": 1, "z": 3})),
    "initial_value_of_triggers": events([928, 995, 1663], document(
        species=[A, B], parameters=[parameter("p", 1)],
        events=[event("E1", "p > 0", {"A": "1"}, initial_value=False),
                event("E2", "p > 0", {"B": "1"}, initial_value=True)]),
        (0, {"A": 1})),
    "time_0_is_a_time": events([928], document(
        species=[A], events=[event("E1", "time >= 0", {"A": "2"}, initial_value=False)]),
        (0, {"A": 2})),
    "priorities_at_time_0": events([1334], document(
        species=[A], parameters=[variable("x", 3), variable("y", 0)],
        events=[event("E1", "x > 2", {"x": "7"}, priority="10", initial_value=False),
                event("E2", "x > 2", {"y": "x"}, priority="5", initial_value=False, keeps=False)]),
        (0, {"x": 7, "y": 7})),
    "priorities_of_delayed_events": events([1119], document(
        species=[A, B], events=[event("E1", "time >= 3", {"A": "3"}, priority="10", delay="1.5"),
                                event("E2", "time >= 3", {"A": "2"}, priority="5", delay="1.5"),
                                event("E3", "time >= 3", {"B": "3"}, priority="4", delay="1.5"),
                                event("E4", "time >= 3", {"B": "2"}, priority="9", delay="1.5")]),
        (4.5, {"A": 2, "B": 3})),
    "truth_as_a_delay": events([1287], document(
        species=[A], events=[event("E1", "time > 5.5", {"A": "10"}, delay="true"),
                             event("E2", "time > 5.5", {"A": "20"}, delay="false")]),
        (behind(5.5), {"A": 20}), (behind(5.5) + 1, {"A": 10})),
    "trigger_again_and_again": events([1759], document(
        species=[A], parameters=[variable("p", 0.5)],
        events=[event("E1", "p > 1", {"p": "3"}, delay="2"),
                event("E2", "p > 1", {"p": "0"}, delay="1"),
                event("E3", "time >= 0.5", {"p": "2"}, delay="0")]),
        (0, {}), (0.5, {"p": 2}), *((1.5 + i, {"p": 3 * (i % 2)}) for i in range(9))),
    "values_of_the_trigger_s_time": events([
        459, 460, 461, 849, 1000, 1049, 1326, 1327, 1328, 1329, 1687, 1688, 1690, 1692], document(
        species=[A], parameters=[variable("x", 1), variable("y", 0), variable("z", 0)],
        events=[event("E1", "time >= 3", {"y": "x"}, delay="2"),
                event("E2", "time >= 3", {"z": "x"}, delay="2", keeps=False),
                event("E3", "time >= 4", {"x": "5"})]),
        (0, {}), (4, {"x": 5}), (5, {"y": 1, "z": 5})),
    "assignments_are_made_at_once": events([
        399, 400, 401, 402, 403, 404, 745, 748, 765, 768, 846, 849, 979, 1046, 1049], document(
        species=[A, species("B", initialAmount=7), species("D", initialAmount=1)],
        events=[event("E1", AT, {"A": "D", "B": "A", "D": "B"})]),
        (1, {"A": 1, "B": 5, "D": 7})),
    "time_in_assignments": events([883, 884, 885], document(
        species=[A, B], parameters=[parameter("k", 4)],
        events=[event("E1", "time >= 2", {"A": "k * time", "B": "k * A * time"})]),
        (2, {"A": 8, "B": 40})),
    "windows_of_time": events([
        413, 414, 421, 422, 427, 450, 454, 757, 759, 764, 850, 933, 1000], document(
        species=[A, B], events=[event("E1", "time >= 1 and time <= 4", {"A": "1"}, delay="5"),
                                event("E2", "time >= 1 and time <= 4", {"B": "1"}, delay="5",
                                      persistent=False)]),
        (6, {"A": 1})),
    "avogadro_in_an_event": events([1664], document(
        species=[A], parameters=[variable("p", 1)],
        events=[event("E1", "time >= 1.5", {"p": "avogadro"})]),
        (0, {}), (1.5, {"p": 6.02214179e23})),
    "a_compartment_that_events_change": events([1511, 1122], document(
        compartments=[compartment(size=2, constant=False)],
        species=[concentration("S", initialConcentration=3), B],
        events=[event("E1", AT, {"C": "0.5"}), event("E2", "S > 4", {"B": "S"})]),
        (0, {}), (1, {"C": 0.5, "B": 12})),
    "a_concentration_and_its_compartment_at_once": events([1780], document(
        compartments=[compartment(size=0.5, constant=False)],
        species=[concentration("S", initialConcentration=2)], parameters=[variable("x", 0)],
        events=[event("E1", "time >= 0.5", {"C": "0.25", "S": "4"}),
                event("E2", "time >= 2", {"x": "S"})]),
        (0, {}), (0.5, {"C": 0.25, "S": 2}), (2, {"x": 8})),
    "the_same_the_other_way_round": events([1779, 1780], document(
        compartments=[compartment(size=0.5, constant=False)],
        species=[concentration("S", initialConcentration=2)],
        events=[event("E1", "time >= 0.5", {"S": "4", "C": "0.25"})]),
        (0, {}), (0.5, {"C": 0.25, "S": 2})),
    "an_assignment_without_a_formula": events([1237, 1600, 1601, 1602, 1603], document(
        species=[A], parameters=[variable("p", 3)],
        events=[event("E1", "time >= 1", {"p": "", "A": "2"}, delay="1")]),
        (2, {"A": 2}), note="has no formula (it is left out)"),
    "equal_priorities_that_do_not_matter": events([978], document(
        species=[A, B], events=[event("E1", AT, {"A": "1"}, priority="1"),
                                event("E2", AT, {"B": "1"}, priority="1")]),
        (1, {"A": 1, "B": 1})),
    "equal_priorities_of_a_size_and_a_concentration": refused([], document(
        compartments=[compartment(size=2, constant=False)],
        species=[concentration("S", initialConcentration=3)],
        events=[event("E1", AT, {"C": "0.5"}, priority="1"),
                event("E2", AT, {"S": "4"}, priority="1")]), "have the same priority"),
    "truth_as_a_value": events([1285], document(
        species=[A], parameters=[variable("p", 5)],
        events=[event("E1", "time >= 5.5", {"p": "true", "A": "time > 7"})]),
        (0, {}), (5.5, {"p": 1, "A": 0})),
    "a_delay_and_a_priority_without_a_formula": events([1241, 1242, 1243], document(
        species=[A], events=[event("E1", "time >= 2", {"A": "7"}).replace(
            "</trigger>", "</trigger><priority/><delay/>")]),
        (2, {"A": 7}), note="the delay of event 'E1' has no formula (it is left out)"),
    "a_trigger_without_a_formula": events([1238, 1243], document(
        species=[A], events=[event("E1", "time >= 2", {"A": "7"}),
                             '<event id="E2" useValuesFromTriggerTime="true"><trigger '
                             'initialValue="true" persistent="true"/></event>']),
        (2, {"A": 7}), note="the trigger of event 'E2' has no formula (it is left out)"),
    "conversion_factors_leave_events_alone": events([
        1669, 1670, 1671, 1672, 1673, 1674, 1675, 1676, 1677, 1678, 1679, 1680, 1687, 1688, 1689,
        1690, 1691, 1692], document(
        model='substanceUnits="item" timeUnits="second" extentUnits="item" conversionFactor="f"',
        species=[species("S", initialAmount=2, conversionFactor="g"),
                 species("T", initialAmount=3)],
        parameters=[parameter("f", 3), parameter("g", 5)],
        events=[event("E1", "S <= 2 and time >= 1", {"S": "T", "T": "2 * S"}, delay="2")]),
        (3, {"S": 3, "T": 4})),
    "a_delay_by_a_species_with_a_conversion_factor": events([1672, 1674], document(
        model='substanceUnits="item" timeUnits="second" extentUnits="item" conversionFactor="f"',
        species=[species("S", initialAmount=2, conversionFactor="g"),
                 species("T", initialAmount=3)],
        parameters=[parameter("f", 3), parameter("g", 5)],
        reactions=[reaction("r", "S -> T", "0 * S")],
        events=[event("E1", "time >= 1", {"S": "7"}, delay="S"),
                event("E2", "time >= 1", {"T": "8"}, delay="T")]),
        (3, {"S": 7}), (4, {"T": 8})),
    "a_delay_by_three_in_a_row": events([1213], document(
        species=[A], events=[event("E1", "time >= 1", {"A": "7"},
                                   delay="piecewise(0.5, 1 <= 2 <= 1, 0.25)")]),
        (1.25, {"A": 7})),
    "priorities_by_three_in_a_row": events([1212], document(
        species=[A], events=[
            event("E1", AT, {"A": "7"}, priority="piecewise(1, 1 <= 2 <= 1, 10)"),
            event("E2", AT, {"A": "9"}, priority="piecewise(10, 1 <= 2 <= 1, 1)")]),
        (1, {"A": 9})),
    "old_values_whenever_they_are_taken": events([980], document(
        species=[A], parameters=[variable(id, 0) for id in "xypq"],
        events=[event("E1", "time >= 1", {"y": "y + x", "x": "2"}, delay="0.5", keeps=False),
                event("E2", "time >= 2", {"p": "3", "q": "p + 1"}, delay="0.5", keeps=False)]),
        (0, {}), (1.5, {"x": 2}), (2.5, {"p": 3, "q": 1})),
    "an_initial_assignment_before_time_0": events([1332, 1699, 1700], document(
        species=[A, B], parameters=[variable("p", 1), variable("q", 0)],
        initial=[initial("p", "0"), initial("q", "3 / 2")],
        events=[event("E1", "p > 0.9", {"A": "p + 2"}, initial_value=False),
                event("E2", "q > 0.9", {"B": "2"}, initial_value=False)]),
        (0, {"B": 2})),
    "delays_from_time_0": events([1335, 1754, 1758], document(
        species=[A], parameters=[variable("p", 0)], initial=[initial("p", "3 / 2")],
        events=[event("E1", "p > 1", {"p": "3"}, delay="2.25", initial_value=False),
                event("E2", "p > 1", {"p": "0"}, delay="1.5", initial_value=False)]),
        (0, {}), *((t, {"p": v}) for t, v in (
            (1.5, 0), (2.25, 3), (3.75, 0), (4.5, 3), (6, 0), (6.75, 3), (8.25, 0), (9, 3)))),
    "amounts_stay_where_sizes_change": events([1117, 1222], document(
        compartments=[compartment(size=2, constant=False)],
        species=[concentration("S", initialAmount=6), species("T", initialAmount=5), B],
        events=[event("E1", AT, {"C": "4"}), event("E2", "time >= 2", {"B": "2 * S + T"})]),
        (0, {}), (1, {"C": 4}), (2, {"B": 8})),
    "a_stoichiometry_in_an_event": events([1717, 1719, 1721, 1769, 1770], document(
        species=[A, B], reactions=[reaction(
            "r", "->", "0 * n", {"n": 4}, references=(
                reference("A", 2, id="n", constant=True), ""))],
        events=[event("E1", AT, {"B": "3 * n"})]), (1, {"B": 6})),
    "time_0_is_no_change_of_what_was_true": events([929], document(
        species=[A], parameters=[variable("p", 1)],
        events=[event("E1", "time >= 0", {"p": "2", "A": "1"})]), (0, {})),
    "priorities_below_zero": events([931], document(
        species=[A, B], events=[event("E1", AT, {"A": "4", "B": "5"}, priority="-1"),
                                event("E2", AT, {"A": "1", "B": "2"}, priority="0")]),
        (1, {"A": 4, "B": 5})),
    "without_priorities_any_order_is_right": events([953], document(
        species=[A, B], parameters=[variable("last", 0)],
        events=[event("E1", "time - last >= 4", {"last": "time", "A": "A + 1"}, persistent=False),
                event("E2", "time - last >= 4", {"last": "time", "B": "B + 1"},
                      persistent=False)]),
        (0, {}), (4, {"A": 6, "last": 4}), (8, {"A": 7, "last": 8})),
    "the_priority_says_which_of_two_goes_on": events([963], document(
        species=[species(id, initialAmount=0) for id in "PQRS"],
        parameters=[variable("t1", 0), variable("t2", 0)],
        events=[event("E1", "time - t1 >= 4", {"t1": "time", "P": "P + 1"}, priority="1",
                      persistent=False),
                event("E2", "time - t1 >= 4", {"t1": "time", "Q": "Q + 1"}, priority="-1",
                      persistent=False),
                event("E3", "time - t2 >= 4", {"t2": "time", "R": "R + 1"}, priority="-1",
                      persistent=False),
                event("E4", "time - t2 >= 4", {"t2": "time", "S": "S + 1"}, priority="1",
                      persistent=False)]),
        (0, {}), (4, {"P": 1, "S": 1, "t1": 4, "t2": 4}),
        (8, {"P": 2, "S": 2, "t1": 8, "t2": 8})),
    "what_is_undone_behind_it_still_fires": events([997], document(
        species=[A], parameters=[variable("p", 1), variable("q", 0), variable("r", 0)],
        events=[event("E1", "p >= 1", {"q": "1"}, priority="2", initial_value=False),
                event("E2", "p >= 1", {"r": "1"}, priority="2", initial_value=True),
                event("E3", "p >= 1", {"p": "0"}, priority="1", initial_value=False)]),
        (0, {"p": 0, "q": 1, "r": 0})),
    "values_before_and_behind_what_goes_first": events([1330, 1331], document(
        species=[A], parameters=[variable("x", 3), variable("y", 0), variable("z", 0)],
        events=[event("E1", "time > 3.5", {"x": "7"}, priority="10"),
                event("E2", "time > 3.5", {"y": "x"}, priority="5"),
                event("E3", "time > 3.5", {"z": "x"}, priority="4", keeps=False)]),
        (0, {}), (behind(3.5), {"x": 7, "y": 3, "z": 7})),
    "given_up_at_time_0_if_it_does_not_persist": events([1336, 1337], document(
        species=[A], parameters=[variable("x", 3), variable("y", 6), variable("z", 6)],
        events=[event("E1", "x > 2", {"x": "0"}, priority="10", initial_value=False),
                event("E2", "x > 2", {"y": "7"}, priority="5", initial_value=False,
                      persistent=False),
                event("E3", "x > 2", {"z": "7"}, priority="4", initial_value=False)]),
        (0, {"x": 0, "y": 6, "z": 7})),
    "an_event_at_time_0_reads_what_it_sets": events([1696, 1697, 1698, 1699], document(
        species=[A], parameters=[variable("p", 1)],
        events=[event("E1", "p > 0.9", {"p": "p + 2", "A": "A + p"}, initial_value=False)]),
        (0, {"p": 3, "A": 6})),
    "functions_in_an_event_at_time_0": events([1693, 1694, 1695, 1696], document(
        functions=[function("three", "3"), function("is_much", "x", "x > 0.9")],
        species=[A], parameters=[variable("p", 1)],
        events=[event("E1", "is_much(p)", {"p": "three()"}, initial_value=False)]),
        (0, {"p": 3})),
    "conversion_factors_and_events_at_time_0": events([
        1681, 1682, 1683, 1684, 1685, 1686], document(
        model='substanceUnits="item" timeUnits="second" extentUnits="item" conversionFactor="f"',
        species=[species("S", initialAmount=2, conversionFactor="g"), B],
        parameters=[parameter("f", 3), parameter("g", 5)],
        reactions=[reaction("r", "S -> B", "0 * S")],
        events=[event("E1", "S > 1", {"B": "3", "S": "4"}, priority="S", initial_value=False),
                event("E2", "S > 1", {"B": "7"}, priority="2.5", initial_value=False)]),
        (0, {"B": 3, "S": 4}), note="can have the same priority"),
    "values_of_the_trigger_at_time_0": events([1756], document(
        species=[A], parameters=[variable("p")], initial=[initial("p", "3 / 2")],
        events=[event("E1", "p > 1", {"p": "p ** 2"}, delay="2.5", initial_value=False),
                event("E2", "p > 1", {"p": "5"}, delay="1.25", initial_value=False)]),
        (0, {}), (1.25, {"p": 5}), (2.5, {"p": 2.25})),
    "values_of_the_assignment_from_time_0": events([1757], document(
        species=[A], parameters=[variable("p")], initial=[initial("p", "3 / 2")],
        events=[event("E1", "p > 1", {"p": "p ** 2"}, delay="2.5", initial_value=False,
                      keeps=False),
                event("E2", "p > 1", {"p": "5"}, delay="1.25", initial_value=False)]),
        (0, {}), (1.25, {"p": 5}), (2.5, {"p": 25})),
    "a_delay_from_time_0_that_does_not_persist": events([1755], document(
        species=[A], parameters=[variable("p", 0)], initial=[initial("p", "3 / 2")],
        events=[event("E1", "p > 1", {"p": "3"}, delay="2.5", initial_value=False,
                      persistent=False),
                event("E2", "p > 1", {"p": "0"}, delay="1.5", initial_value=False)]),
        (0, {}), (1.5, {"p": 0})),
    "values_before_what_goes_first_at_time_0": events([1333], document(
        species=[A], parameters=[variable("x", 3), variable("y", 0)],
        events=[event("E1", "x > 2", {"x": "7"}, priority="10", initial_value=False),
                event("E2", "x > 2", {"y": "x"}, priority="5", initial_value=False)]),
        (0, {"x": 7, "y": 3})),
    "functions_in_triggers_and_delays": events([
        355, 356, 357, 358, 359, 412, 413, 414, 415, 416, 757, 758, 759], document(
        "2.3", functions=[function("reaches", "x", "y", "x >= y"),
                          function("ratio", "x", "y", "x / y")],
        species=[A, B], parameters=[parameter("k", 4)],
        events=[event("E1", "reaches(time, 2)", {"A": "k * ratio(k, 2)"}, delay="ratio(6, k)",
                      keeps=None, is_3=False),
                event("E2", "reaches(A, 8)", {"B": "1"}, keeps=None, is_3=False)]),
        (3.5, {"A": 8, "B": 1})),
    "time_in_concentrations_that_events_set": events([883, 884], document(
        compartments=[compartment(size=2)], species=[concentration("S", initialAmount=2)],
        parameters=[parameter("k", 3), variable("p", 0), variable("q", 0)],
        events=[event("E1", "time >= 0.3", {"q": "piecewise(7, 3 * time >= 0.9, 2)"}),
                event("E2", "S < 2 and time >= 2", {
                    "S": "k * time", "p": "piecewise(time ** 2, time * time > 3, 1)"})]),
        (0, {}), (0.3, {"q": 2}), (2, {"S": 12, "p": 4})),
    "the_time_as_a_delay": events([886, 887], document(
        species=[A, B], parameters=[parameter("k", 1.5)],
        events=[event("E1", "time >= 2", {"A": "1"}, delay="time"),
                event("E2", "time >= 2", {"B": "1"}, delay="k * time")]),
        (4, {"A": 1}), (5, {"B": 1})),
    "the_time_of_the_assignment": events([1603, 1604], document(
        species=[A], parameters=[variable("p", 1), variable("q", 1)],
        events=[event("E1", "time >= 4.5", {"p": "time"}, delay="1", keeps=False),
                event("E2", "time >= 4.5", {"q": "time"}, delay="1")]),
        (0, {}), (5.5, {"p": 5.5, "q": 4.5})),
    "defaults_of_events_of_level_2": events([1798], document(
        "2.4", species=[A], parameters=[variable("x", 1)] + [variable(id, 0) for id in "pqr"],
        events=[event("E1", "time >= 1", {"p": "x"}, delay="2", keeps=None, is_3=False),
                event("E2", "time >= 1", {"q": "x"}, delay="2", keeps=False, is_3=False),
                event("E3", "time >= 1", {"r": "x"}, delay="2", keeps=True, is_3=False),
                event("E4", "time >= 2", {"x": "5"}, is_3=False)]),
        (0, {}), (2, {"x": 5}), (3, {"p": 1, "q": 5, "r": 1})),
    "an_event_that_sets_nothing": events([1240], document(
        species=[A], events=[event("E1", "time > 1", {}), event("E2", "time >= 2", {"A": "7"})]),
        (2, {"A": 7}), note="event 'E1' sets nothing (it is left out)"),
    "an_event_without_a_trigger": events([1239], document(
        species=[A], events=[event("E1", "", {"A": "2"}), event("E2", "time >= 2", {"A": "7"})]),
        (2, {"A": 7}), note="the trigger of event 'E1' has no formula (it is left out)"),
    "a_number_as_a_trigger": events([1284], document(
        species=[A, B], parameters=[variable("p", 5)],
        events=[event("E1", "3", {"p": "2"}, initial_value=False),
                event("E2", "A - 5", {"B": "9"}),
                event("E3", "time >= 1", {"A": "6"})]),
        (0, {"p": 2}), (1, {"A": 6, "B": 9})),
    "truth_as_a_priority": events([1286], document(
        species=[A], events=[event("E1", "time >= 5.5", {"A": "10"}, priority="false"),
                             event("E2", "time >= 5.5", {"A": "20"}, priority="true")]),
        (5.5, {"A": 10})),
    "a_trigger_of_three_in_a_row": events([1211, 1214], document(
        species=[A, B], events=[event("E1", "time > 0.25 and 5 <= 5 <= 2", {"A": "7"}),
                                event("E2", "time >= 1", {"B": "piecewise(5, 1 == 1 == 2, 8)"})]),
        (1, {"B": 8})),
    "a_trigger_by_what_follows_from_what": events([1497], document(
        species=[A, B], events=[event("E1", "implies(time >= 1, time >= 2)", {"A": "7"}),
                                event("E2", "implies(time < 3, time < 1)", {"B": "7"})]),
        (2, {"A": 7}), (3, {"B": 7})),
    "avogadro_in_triggers_and_priorities": events([1658, 1660, 1661, 1662], document(
        species=[A, B, species("D", initialAmount=0)],
        events=[event("E1", "time >= avogadro / 3.01107089500e23", {"A": "1"}),
                event("E2", "time >= 0.5 and time <= avogadro / 6.02214179e23", {"B": "3"},
                      delay="1"),
                event("E3", "time >= 0.5 and time <= avogadro / 6.02214179e23", {"D": "3"},
                      delay="1", persistent=False),
                event("E4", "time >= 4", {"A": "3"}, priority="1"),
                event("E5", "time >= 4", {"A": "8"}, priority="avogadro / 3e23")]),
        (1.5, {"B": 3}), (2, {"A": 1}), (4, {"A": 3})),
    "avogadro_in_a_delay_and_at_time_0": events([1659, 1663], document(
        species=[A, B], events=[
            event("E1", "time >= 1", {"A": "3"}, delay="avogadro / 3.01107089500e23"),
            event("E2", "avogadro > 6.022e23", {"B": "2"}, initial_value=False),
            event("E3", "avogadro > 6.022e23", {"B": "4"})]),
        (0, {"B": 2}), (3, {"A": 3})),
    "events_see_no_local_parameters": events([
        1710, 1711, 1712, 1713, 1714, 1770, 1771, 1772], document(
        species=[A, B], parameters=[variable("k", 2)],
        reactions=[reaction("r", "-> B", "0 * k", {"k": 3}), reaction(
            "q", "->", "0", references=(reference("B", 2, id="n", constant=True), "")),
            reaction("s", "B ->", "0 * n", {"n": 5})],
        events=[event("E1", "k > 2.5", {"A": "9"}, initial_value=False),
                event("E2", "time >= 2", {"k": "1"}, priority="k"),
                event("E3", "time >= 2", {"k": "0.5"}, priority="2.5"),
                event("E4", "time >= 3", {"A": "4"}, priority="n"),
                event("E5", "time >= 3", {"A": "6"}, priority="3"),
                event("E6", "time >= 4", {"A": "7"}, delay="n")]),
        (0, {}), (2, {"k": 1}), (3, {"A": 4}), (6, {"A": 7}), note="can have the same priority"),
    "a_submodel_s_event_without_its_delay": events([1155, 1158], composed(
        document(species=[A]), [submodel("sub", "part", deleted=["m1", "m2", "m3"])],
        {"part": document(
            parameters=[variable("p", 1), variable("q", 1)], species=[B],
            events=[event("E1", "time >= 3", {"p": "3.5", "q": "4", "B": "2"}, delay="2",
                          priority="3").replace("<delay>", '<delay metaid="m1">').replace(
                "<priority>", '<priority metaid="m2">').replace(
                '<eventAssignment variable="q">',
                '<eventAssignment metaid="m3" variable="q">')])}),
        (0, {}), (3, {"sub__p": 3.5, "sub__B": 2})),
    "the_time_of_a_submodel": events([1177], composed(
        document(species=[A], parameters=[parameter("slower", 2), replacing(
            variable("p", 1), "sub", "p")]),
        [submodel("sub", "part", timeConversionFactor="slower")],
        {"part": document(species=[B], parameters=[variable("p", 1)], events=[
            event("E1", "time >= 2", {"p": "time", "B": "3"}, delay="1.5 / time")])}),
        (0, {}), (5.5, {"p": 2, "sub__B": 3})),
    "a_conversion_factor_of_what_an_event_of_a_submodel_sets": events([1152], composed(
        document(species=[A], parameters=[
            parameter("factor", 0.5), replacing(variable("p", 8), "sub", "q",
                                                conversionFactor="factor")]),
        [submodel("sub", "part")], {"part": document(
            parameters=[variable("q", 5)], events=[event("E1", "time >= 3", {"q": "800 + q"})])}),
        (0, {}), (3, {"p": 408})),
    "a_delay_of_the_time_in_a_submodel": events([1156, 1157], composed(
        document(species=[A]), [submodel("sub", "part", deleted=["m1", "m2"])],
        {"part": document(
            parameters=[variable("p", 1), variable("q", 1)],
            events=[event("E1", "time >= 4", {"p": "3.5", "q": "4"}, delay="1 / time",
                          priority="10").replace("<priority>", '<priority metaid="m1">').replace(
                '<eventAssignment variable="q">',
                '<eventAssignment metaid="m2" variable="q">')])}),
        (0, {}), (4.25, {"sub__p": 3.5})),
    "a_replaced_species_in_an_event_of_a_submodel": events([1375], composed(
        document(species=[replacing(species("S", initialAmount=5), "sub", "J")]),
        [submodel("sub", "part")],
        {"part": document(species=[species("J", initialAmount=3)], parameters=[variable("x", 1)],
                          events=[event("E1", "time >= 5.5", {"x": "J"})])}),
        (0, {}), (5.5, {"sub__x": 5})),
    "what_is_replaced_in_events_of_a_submodel": events(
        [1355, 1356, 1357, 1358, 1364, 1365, 1366, 1367, 1373, 1374, 1376, 1382, 1383, 1384, 1385],
        composed(
            document(compartments=[compartment(), replacing(compartment("D", 3), "sub", "D")],
                     species=[replacing(species("T", initialAmount=4), "sub", "T"), A],
                     parameters=[replacing(parameter("p", 2), "sub", "p")],
                     reactions=[replacing(reaction("r", "->", "0", references=("", replacing(
                         reference("A", 1, id="n", constant=True), "sub", "n"))), "sub", "r")]),
            [submodel("sub", "part")], {"part": document(
                compartments=[compartment(), compartment("D", 30)],
                species=[species("T", initialAmount=40), B],
                parameters=[parameter("p", 20)] + [
                    variable(f"{of}{id}", 0) for of in "xyzw" for id in "pDTn"],
                reactions=[reaction("r", "->", "0", references=(
                    "", reference("B", 10, id="n", constant=True)))],
                events=[one for id in "pDTn" for one in (
                    event(f"E{id}", f"time >= {id} + 0.25", {f"x{id}": "1"}),
                    event(f"F{id}", "time >= 6", {f"y{id}": "1"}, priority=id),
                    event(f"G{id}", "time >= 6", {f"y{id}": "2"}, priority="5"),
                    event(f"H{id}", "time >= 7", {f"z{id}": id}),
                    event(f"I{id}", "time >= 0.5", {f"w{id}": "1"}, delay=id))])}),
        (0, {}), (1.25, {"sub__xn": 1}), (1.5, {"sub__wn": 1}), (2.25, {"sub__xp": 1}),
        (2.5, {"sub__wp": 1}), (3.25, {"sub__xD": 1}), (3.5, {"sub__wD": 1}),
        (4.25, {"sub__xT": 1}), (4.5, {"sub__wT": 1}),
        (6, {f"sub__y{id}": 1 for id in "pDTn"}),
        (7, {"sub__zp": 2, "sub__zD": 3, "sub__zT": 4, "sub__zn": 1}),
        note="can have the same priority"),
    # Once in 17 years: 1073741824 is 2^30, and the formulas are exact.
    "the_rate_of_a_reaction_in_events": events([1227, 1228, 1303, 1304], document(
        species=[A], parameters=[variable("k", 2)] + [variable(id, 0) for id in "xyzw"],
        reactions=[reaction("r", "A ->", "k / 1073741824")],
        events=[event("E1", "time >= 1.25 + r * 1073741824", {"x": "1"}),
                event("E2", "time >= 4", {"k": "3"}),
                event("E3", "time >= 5", {"y": "1"}, priority="r * 1073741824"),
                event("E4", "time >= 5", {"y": "2"}, priority="2.5"),
                event("E5", "time >= 6", {"z": "r * 1073741824 + 1"}),
                event("E6", "time >= 6.5", {"w": "1"}, delay="1073741824 * r")]),
        (0, {}), (3.25, {"x": 1}), (4, {"k": 3}), (5, {"y": 2}), (6, {"z": 4}), (9.5, {"w": 1}),
        note="can have the same priority"),
    "the_rate_of_a_replaced_reaction_in_events": events([1346, 1347, 1349], composed(
        document(species=[A], reactions=[replacing(
            reaction("q", "A ->", "3 / 1073741824"), "sub", "r")]),
        [submodel("sub", "part")], {"part": document(
            species=[B], parameters=[variable(id, 0) for id in "xyzw"],
            reactions=[reaction("r", "-> B", "7")],
            events=[event("E1", "time >= 0.25 + r * 1073741824", {"x": "1"}),
                    event("E2", "time >= 5", {"y": "1"}, priority="r * 1073741824"),
                    event("E3", "time >= 5", {"y": "2"}, priority="2.5"),
                    event("E4", "time >= 6", {"z": "r * 1073741824 + 1"}),
                    event("E5", "time >= 6.5", {"w": "1"}, delay="1073741824 * r")])}),
        (0, {}), (3.25, {"sub__x": 1}), (5, {"sub__y": 2}), (6, {"sub__z": 4}),
        (9.5, {"sub__w": 1}), note="can have the same priority"),
    # -- rates ------------------------------------------------------------------------------------
    "a_concentration_in_a_law": rates([
        36, 38, 41, 75, 87, 88, 135, 136, 348, 405, 462, 463, 464, 585, 586, 601, 776,
        803], document(
        compartments=[compartment(size=2)],
        species=[concentration("S", initialConcentration=50), B],
        parameters=[parameter("k", 0.5)],
        reactions=[reaction("r", "S -> B", "k * S * C")]),
        {"S": lambda t: 100 * exp(-0.5 * t), "B": lambda t: 100 - 100 * exp(-0.5 * t)}),
    "from_one_compartment_to_another": rates([56, 112, 288, 293, 294, 1000], document(
        compartments=[compartment(size=2), compartment("D", size=5)],
        species=[concentration("S", initialAmount=100),
                 concentration("T", initialAmount=0, compartment="D")],
        reactions=[reaction("r", "S -> T", "S - T", reversible=True)]),
        {"S": lambda t: 100 * (0.2 + 0.5 * exp(-0.7 * t)) / 0.7,
         "T": lambda t: 100 - 100 * (0.2 + 0.5 * exp(-0.7 * t)) / 0.7}),
    "two_become_two_and_back": rates([
        15, 16, 17, 35, 44, 62, 65, 77, 102, 109, 121, 128, 188, 189, 204, 207, 210, 225, 235, 237,
        243, 244, 245, 246, 247, 250, 253, 256, 259, 266, 267, 268, 284, 285, 351, 353, 373, 374,
        390, 391, 408, 409, 410, 429, 430, 431, 447, 448, 449, 466, 581, 588, 591, 594, 603,
        606], document(
        compartments=[compartment(size=2)], functions=[function("mul", "x", "y", "x * y")],
        species=[concentration(id, initialConcentration=value)
                 for id, value in zip("PQRS", (50, 50, 0, 0))], parameters=[parameter("k", 0.01)],
        reactions=[reaction("r", "P + Q -> R + S", "mul(k, mul(P, Q)) * C"),
                   reaction("s", "R + S -> P + Q", "k * R * S * C")]),
        {"P": lambda t: 50 + 50 * exp(-t), "S": lambda t: 50 - 50 * exp(-t)}),
    "two_become_one_and_back": rates([
        10, 18, 19, 23, 24, 34, 43, 46, 61, 64, 69, 70, 79, 90, 91, 98, 99, 108, 114, 120, 127, 130,
        131, 157, 159, 186, 209, 214, 215, 224, 229, 230, 240, 241, 242, 249, 252, 255, 282, 283,
        299, 300, 301, 302, 306, 307, 308, 349, 350, 354, 355, 356, 357, 358, 359, 360, 361, 362,
        363, 364, 365, 366, 367, 368, 369, 370, 371, 375, 376, 377, 378, 379, 380, 381, 382, 383,
        384, 385, 386, 387, 388, 389, 393, 394, 395, 399, 406, 407, 411, 412, 413, 414, 415, 416,
        417, 418, 419, 421, 422, 423, 424, 425, 426, 427, 428, 432, 433, 434, 435, 436, 437, 438,
        439, 440, 442, 443, 444, 445, 446, 450, 451, 452, 456, 465, 467, 480, 481, 522, 524, 577,
        582, 584, 587, 589, 590, 593, 602, 605, 607, 612, 668], document(
        compartments=[compartment(size=2)], functions=[function("mul", "x", "y", "z", "x * y * z")],
        species=[concentration(id, initialConcentration=value)
                 for id, value in zip("PQR", (50, 50, 0))],
        reactions=[reaction("r", "P + Q -> R", "mul(k, P, Q) * C", {"k": 0.02}),
                   reaction("s", "R -> P + Q", "k * R * C", {"k": 0.5})]),
        {"P": lambda t: (50 + 25 * exp(-1.5 * t)) / (1 - 0.25 * exp(-1.5 * t)),
         "R": lambda t: 100 - (50 + 25 * exp(-1.5 * t)) / (1 - 0.25 * exp(-1.5 * t))}),
    "two_of_one_and_one_of_another": rates([127, 263, 264, 265, 580, 583], document(
        species=[species("S", initialAmount=200), species("T", initialAmount=100),
                 species("U", initialAmount=0)],
        reactions=[reaction("r", "2 S + T -> 3 U", "0.0000125 * S * S * T")]),
        {"T": lambda t: 100 / (1 + t) ** 0.5, "U": lambda t: 300 - 300 / (1 + t) ** 0.5},
        note="only 1 of 2 S is there"),
    "a_chain_with_local_parameters": rates([
        19, 20, 25, 57, 58, 59, 96, 107, 116, 117, 118, 133, 134, 400, 401, 457, 458, 462, 464, 468,
        586, 589, 592, 595, 596, 597, 601, 604], document(
        compartments=[compartment(size=1.5)], functions=[function("mul", "x", "y", "x * y")],
        species=[concentration("S", initialConcentration=40), concentration("T", initialAmount=0),
                 concentration("U", initialAmount=0), concentration("V", initialAmount=0)],
        parameters=[parameter("k", 1)],
        reactions=[reaction("r", "S -> T", "C * mul(k, S)"),
                   reaction("q", "T -> U", "k * T * C", {"k": 2}),
                   reaction("s", "U -> V", "U * S * C", {"S": 3})]),
        {"S": lambda t: 60 * exp(-t), "T": lambda t: 60 * (exp(-t) - exp(-2 * t)),
         "U": lambda t: 60 * (exp(-t) - 2 * exp(-2 * t) + exp(-3 * t)),
         "V": lambda t: 60 * (1 - exp(-t)) ** 3}),
    "only_units_of_substance": rates([
        60, 61, 62, 113, 114, 989, 1001, 1004, 1307, 1704, 1706, 1707], document(
        compartments=[compartment(size=4)],
        species=[species("S", initialConcentration=25)], parameters=[parameter("k", 0.5)],
        reactions=[reaction("r", "S ->", "k * S")]),
        {"S": lambda t: 100 * exp(-0.5 * t)}),
    "only_amounts_in_two_dimensions_and_one": rates([
        208, 209, 210, 223, 224, 225, 1002, 1003, 1005, 1006, 1007, 1009, 1011, 1012,
        1013], document(
        functions=[function("mul", "x", "y", "x * y")],
        compartments=[compartment(size=10, spatialDimensions=2),
                      compartment("D", size=10, spatialDimensions=1)],
        species=[species("S", initialAmount=100), species("T", initialAmount=100),
                 species("U", initialAmount=0), species("V", initialAmount=60, compartment="D"),
                 species("W", initialAmount=4, compartment="D", boundaryCondition=True)],
        parameters=[parameter("k", 0.005)],
        reactions=[reaction("r", "S + T -> U", "k * mul(S, T)"),
                   reaction("q", "V + W ->", "0.125 * V * W")]),
        {"S": lambda t: 100 / (1 + 0.5 * t), "U": lambda t: 100 - 100 / (1 + 0.5 * t),
         "V": lambda t: 60 * exp(-0.5 * t)}),
    "initial_assignments": rates([
        36, 37, 135, 503, 519, 771, 772, 773, 789, 790, 791, 835, 836, 837, 1035, 1036, 1037, 1077,
        1078, 1079], document(
        species=[species("S"), species("T", initialAmount=80)],
        parameters=[parameter("k", 0.75), parameter("p", 0.5)], initial=[initial("S", "k * T")],
        reactions=[reaction("r", "S ->", "p * S")]),
        {"S": lambda t: 60 * exp(-0.5 * t), "T": lambda t: 80}),
    "initial_assignments_instead_of_declared_values": rates([
        135, 136, 469, 470, 471, 472, 473, 474, 475, 476, 477, 478, 479, 480, 481, 482, 492, 493,
        494, 495, 496, 497, 510, 511, 512, 513, 514, 515, 516, 517, 518, 520, 521, 522, 523, 524,
        527], document(
        "3.1", compartments=[compartment(size=None, constant=False),
                             compartment("D", size=5.4, constant=False)],
        species=[concentration("S", initialAmount=0.5), concentration("T", compartment="D"),
                 species("U", initialAmount=0)],
        parameters=[variable("k", 100), variable("m"), parameter("j", 50)],
        initial=[initial("k", "j / 100"), initial("m", "j / 200"), initial("C", "j / 12.5"),
                 initial("D", "j / 25"), initial("S", "j / 2"), initial("T", "4 * S")],
        reactions=[reaction("r", "S -> 2 U", "C * k * S", fast=False),
                   reaction("q", "T ->", "D * m * T", fast=False)]),
        {"S": lambda t: 100 * exp(-0.5 * t), "U": lambda t: 200 - 200 * exp(-0.5 * t),
         "T": lambda t: 200 * exp(-0.25 * t)}),
    "functions_and_rules_in_initial_assignments": rates([
        528, 529, 530, 616, 617, 618, 631, 632, 633], document(
        "2.4", functions=[function("ratio", "x", "y", "x / y"), function("mul", "x", "y", "x * y")],
        compartments=[compartment(size=7, constant=False)],
        species=[concentration("S"), concentration("T", initialAmount=3)],
        parameters=[variable("k"), variable("m"), parameter("j", 50), parameter("p", 0.01)],
        initial=[initial("C", "ratio(j, 25)"), initial("k", "ratio(j, 100)"),
                 initial("S", "mul(m, 100)"), initial("T", "mul(2, S)")],
        rules=[rule("m", "mul(j, p)")],
        reactions=[reaction("r", "S ->", "C * m * S", is_3=False),
                   reaction("q", "T ->", "C * k * T", is_3=False)]),
        {"S": lambda t: 100 * exp(-0.5 * t), "T": lambda t: 200 * exp(-0.5 * t)}),
    "initial_assignments_of_fixed_species": rates([
        498, 499, 500, 501, 502, 504, 505, 506, 507, 508, 509], document(
        species=[species("S", initialAmount=100), species("T", initialAmount=0),
                 species("B", boundaryCondition=True),
                 species("D", initialAmount=30, boundaryCondition=True),
                 species("K", constant=True, initialAmount=5.7), species("L", constant=True)],
        parameters=[parameter("k", 0.0075)],
        initial=[initial("B", "k * S"), initial("D", "S / 25"), initial("K", "S / 200"),
                 initial("L", "2 * D")],
        reactions=[reaction("r", "S ->", "K * S", modifiers=["K"]),
                   reaction("q", "B + D -> T", "B * D + L", modifiers=["L"])]),
        {"S": lambda t: 100 * exp(-0.5 * t), "T": lambda t: 11 * t, "D": lambda t: 4,
         "L": lambda t: 8}),
    "initial_assignments_of_few_dimensions": rates([
        483, 484, 485, 486, 488, 489, 490, 491], document(
        "2.4", compartments=[compartment(size=None, spatialDimensions=2, constant=False),
                             compartment("D", size=3.5, spatialDimensions=1, constant=False),
                             compartment("P", size=None, spatialDimensions=0)],
        species=[concentration("S", initialAmount=100),
                 concentration("T", initialAmount=80, compartment="D"),
                 concentration("U", compartment="P"),
                 concentration("V", initialAmount=3, compartment="P")],
        parameters=[parameter("p", 2)],
        initial=[initial("C", "2 * p"), initial("D", "p / 4"), initial("U", "p * 10"),
                 initial("V", "U * 3")],
        reactions=[reaction("r", "S ->", "S", is_3=False), reaction("q", "T ->", "T", is_3=False),
                   reaction("s", "U ->", "U", is_3=False), reaction("t", "V ->", "V", is_3=False)]),
        {"S": lambda t: 100 * exp(-0.25 * t), "T": lambda t: 80 * exp(-2 * t),
         "U": lambda t: 20 * exp(-t), "V": lambda t: 60 * exp(-t)}),
    "initial_assignments_by_a_rule": rates([
        676, 677, 678, 688, 697, 698, 706, 787, 788, 797, 798, 799], document(
        "2.4", compartments=[compartment(size=2.5)],
        species=[concentration("S"), concentration("T", initialAmount=77),
                 concentration("W", initialConcentration=9, boundaryCondition=True),
                 concentration("X", initialAmount=0)],
        parameters=[variable("k")], rules=[rule("k", "0.5")],
        initial=[initial(id, "80 * k") for id in "STW"],
        reactions=[reaction("r", "S ->", "C * k * S", is_3=False),
                   reaction("q", "T ->", "C * k * T", {"k": 0.25}, is_3=False),
                   reaction("p", "W -> X", "C * k * W", is_3=False)]),
        {"S": lambda t: 100 * exp(-0.5 * t), "T": lambda t: 100 * exp(-0.25 * t),
         "W": lambda t: 100, "X": lambda t: 50 * t}),
    "a_stoichiometry_by_an_initial_assignment": rates([
        1064, 1065, 1066, 1077, 1078, 1079, 1087, 1088, 1096, 1097, 1102, 1110, 1516], document(
        "3.1", species=[species("S", initialAmount=60), species("T", initialAmount=0)],
        parameters=[parameter("p", 0.5)], initial=[initial("n", "4 * p")],
        reactions=[reaction("r", "S ->", "p * S", fast=False, references=(
            "", reference("T", None, id="n", constant=True)))]),
        {"S": lambda t: 60 * exp(-0.5 * t), "T": lambda t: 120 - 120 * exp(-0.5 * t)}),
    "a_stoichiometry_by_a_rule_of_constants": rates([
        388, 391, 394, 445, 448, 451, 518, 970, 971, 1574], document(
        "3.1", species=[species("S", initialAmount=60), species("T", initialAmount=0)],
        parameters=[parameter("p", 0.5), variable("z")],
        rules=[rule("z", "n + 1"), rule("n", "4 * p")],
        reactions=[reaction("r", "S ->", "p * S", fast=False, references=(
            "", reference("T", 1, id="n", constant=False)))]),
        {"S": lambda t: 60 * exp(-0.5 * t), "T": lambda t: 120 - 120 * exp(-0.5 * t),
         "z": lambda t: 3}),
    "initial_assignments_of_what_is_not_constant": rates([
        781, 782, 783, 785, 786, 792, 793, 794, 795, 796, 800], document(
        compartments=[compartment(size=7, constant=False),
                      compartment("D", size=None, constant=False)],
        species=[concentration("S", initialConcentration=25),
                 concentration("T", initialConcentration=50, compartment="D")],
        parameters=[parameter("k", 2), variable("j", 100), variable("i")],
        initial=[initial("C", "2 * k"), initial("D", "k"), initial("j", "k / 4"),
                 initial("i", "k / 8")],
        reactions=[reaction("r", "S ->", "C * j * S"), reaction("q", "T ->", "D * i * T")]),
        {"S": lambda t: 100 * exp(-0.5 * t), "T": lambda t: 100 * exp(-0.25 * t)}),
    "stoichiometries_by_functions": rates([1067, 1068, 1069, 1070], document(
        "3.1", functions=[function("mul", "x", "y", "x * y")],
        species=[species("S", initialAmount=90), species("T", initialAmount=0),
                 species("U", initialAmount=0)],
        parameters=[parameter("p", 1)],
        initial=[initial("l", "mul(2, p)"), initial("m", "mul(p, 1 / 0.5)"),
                 initial("n", "p / 0.25")],
        reactions=[reaction("r", "->", "5", fast=False, references=(
            reference("S", None, id="l", constant=True),
            reference("T", None, id="m", constant=True) +
            reference("U", None, id="n", constant=True)))]),
        {"S": lambda t: 90 - 10 * t, "T": lambda t: 10 * t, "U": lambda t: 20 * t},
        note="only 1 of 2 S is there"),
    "events_beside_assigned_stoichiometries": rates([1071, 1072, 1073, 1074, 1075, 1076], document(
        "3.1", species=[concentration("S", initialAmount=60), concentration("T", initialAmount=0),
                        species("U", initialAmount=0)],
        parameters=[parameter("p", 0.5)], initial=[initial("n", "4 * p")],
        reactions=[reaction("r", "S ->", "p * S * C", fast=False, references=(
            "", reference("T", None, id="n", constant=True)))],
        events=[event("E1", "S < 30", {"T": "40"}, delay="1"), event("E2", "T > S", {"U": "7"})]),
        {"T": lambda t: 120 - 120 * exp(-0.5 * t) if t < 1 + 2 * log(2)
         else 40 + 60 * exp(-0.5) - 120 * exp(-0.5 * t),
         "U": lambda t: 0 if t < 2 * log(1.5) else 7}),
    "stoichiometries_by_rules_that_a_law_reads": rates([970], document(
        "3.1", species=[species("S", initialAmount=0)], parameters=[parameter("p", 3)],
        rules=[rule("n", "p - 1"), rule("m", "4")],
        reactions=[reaction("r", "->", "5 * m", fast=False, references=(
            "", reference("S", None, id="n", constant=False) +
            reference("S", 7, id="m", constant=False)))]),
        {"S": lambda t: 120 * t}),
    "a_law_by_an_initial_assignment": rates([1185], document(
        species=[concentration("S", initialAmount=1)],
        parameters=[parameter("k", 50), parameter("j", 3)], initial=[initial("k", "j")],
        reactions=[reaction("r", "-> S", "k")]), {"S": lambda t: 1 + 3 * t}),
    "stoichiometry_math_of_level_2": rates([
        68, 70, 129, 131, 391, 448, 516, 517, 518, 519, 520, 521, 561, 563, 564, 609, 610, 900, 968,
        1517, 1573, 1747], document(
        "2.4", species=[species("S", initialAmount=60), species("T", initialAmount=0)],
        parameters=[parameter("p", 0.5)],
        reactions=[reaction("r", "S ->", "p * S", is_3=False,
                            references=("", reference("T", None, "4 * p")))]),
        {"S": lambda t: 60 * exp(-0.5 * t), "T": lambda t: 120 - 120 * exp(-0.5 * t)}),
    "stoichiometry_math_of_a_reactant": rates([69, 130, 388, 394, 445, 451, 828], document(
        "2.4", species=[species("S", initialAmount=60), species("T", initialAmount=200),
                        species("U", initialAmount=0)],
        parameters=[parameter("p", 0.5)],
        reactions=[reaction("r", "S -> U", "0.75 * S - 0.25 * U", reversible=True, is_3=False,
                            references=(reference("T", None, "4 * p"), ""))]),
        {"S": lambda t: 15 + 45 * exp(-t), "T": lambda t: 110 + 90 * exp(-t)},
        note="are there"),
    "the_same_species_twice": rates([1428, 1437], document(
        species=[species("S", initialAmount=50)],
        reactions=[reaction("r", "S + S -> S", "0.5 * S")]),
        {"S": lambda t: 50 * exp(-0.5 * t)}, note="only 1 of 2 S is there"),
    "the_same_species_twice_on_either_side": rates([1421, 1423, 1424, 1425, 1429, 1430], document(
        species=[species(id, initialAmount=start) for id, start in zip("STUVWXY", (
            1, 1, 1, 1, 1, 20, 1))],
        reactions=[reaction("s", "S + 2 S ->", "-1", reversible=True),
                   reaction("t", "T -> T", "-1", reversible=True), reaction("u", "U -> 2 U", "1"),
                   reaction("v", "2 V -> V", "-1", reversible=True),
                   reaction("w", "-> W + 2 W", "1"), reaction("x", "X + X -> Y + Y", "1")]),
        {"S": lambda t: 1 + 3 * t, "T": lambda t: 1, "U": lambda t: 1 + t, "V": lambda t: 1 + t,
         "W": lambda t: 1 + 3 * t, "X": lambda t: 20 - 2 * t, "Y": lambda t: 1 + 2 * t},
        note="only 1 of 2 X is there"),
    "an_assignment_rule": rates([
        38, 87, 88, 89, 90, 91, 137, 138, 148, 295, 296, 303, 839, 840, 923, 1039, 1040, 1087, 1088,
        1395], document(
        species=[species("S", initialAmount=60), species("T")],
        parameters=[variable("a"), variable("b"), parameter("p", 0.5)],
        rules=[rule("T", "b + 2 * a"), rule("b", "3 * a"), rule("a", "S / 2")],
        reactions=[reaction("r", "S ->", "p * S")]),
        {"S": lambda t: 60 * exp(-0.5 * t), "T": lambda t: 150 * exp(-0.5 * t)}),
    "a_law_reads_species_of_rules": rates([80, 300, 301, 607, 608, 609, 667, 668, 669], document(
        "2.4", compartments=[compartment(size=2.5)],
        functions=[function("mul", "x", "y", "x * y"), function("part", "x", "y", "x / (1 + y)")],
        species=[concentration("S", initialAmount=100), concentration("T", initialAmount=0),
                 concentration("U", initialAmount=0), concentration("V", initialAmount=0.5),
                 concentration("W")],
        parameters=[parameter("p", 3)],
        rules=[rule("V", "part(T, p)"), rule("W", "mul(V, 2)")],
        reactions=[reaction("r", "S -> T", "S * C", is_3=False),
                   reaction("q", "T -> U", "W * C", modifiers=["W"], is_3=False)]),
        {"S": lambda t: 100 * exp(-t), "T": lambda t: 200 * (exp(-0.5 * t) - exp(-t)),
         "V": lambda t: 50 * (exp(-0.5 * t) - exp(-t)),
         "W": lambda t: 100 * (exp(-0.5 * t) - exp(-t))}),
    "a_rule_reads_what_a_local_parameter_hides": rates([138, 611, 612], document(
        "2.4", species=[concentration("S", initialAmount=60), concentration("T", initialAmount=0),
                        concentration("U", initialAmount=1)],
        parameters=[parameter("k", 0.75)], rules=[rule("U", "k * T")],
        reactions=[reaction("r", "S -> T", "C * k * S", {"k": 0.5}, is_3=False)]),
        {"S": lambda t: 60 * exp(-0.5 * t), "U": lambda t: 45 - 45 * exp(-0.5 * t)}),
    "local_parameters": rates([
        57, 389, 395, 446, 449, 452, 522, 523, 524, 595, 706, 707, 708, 736, 900, 1030,
        1031], document(
        species=[species("S", initialAmount=60), species("T", initialAmount=10)],
        parameters=[parameter("k", 100)],
        reactions=[reaction("r", "S ->", "k * S", {"k": 0.5}),
                   reaction("q", "T ->", "k * T", {"k": 0.25})]),
        {"S": lambda t: 60 * exp(-0.5 * t), "T": lambda t: 10 * exp(-0.25 * t)}),
    "a_conversion_factor_of_the_model": rates([975, 1500, 1647, 1671, 1674, 1732, 1735], document(
        model='substanceUnits="item" timeUnits="second" extentUnits="item" conversionFactor="f"',
        species=[species("S", initialAmount=90), species("T", initialAmount=0),
                 species("U", initialAmount=3, boundaryCondition=True)],
        parameters=[parameter("f", 2)],
        reactions=[reaction("r", "S + 1.5 U -> 1.5 T", "0.25 * S")]),
        {"S": lambda t: 90 * exp(-0.5 * t), "T": lambda t: 135 - 135 * exp(-0.5 * t),
         "U": lambda t: 3}, note="only 1 of 2 S is there"),
    "a_conversion_factor_of_a_species": rates([
        977, 1500, 1646, 1670, 1679, 1682, 1685, 1688, 1731], document(
        species=[species("S", initialAmount=90, conversionFactor="f"),
                 species("T", initialAmount=0)], parameters=[parameter("f", 2)],
        reactions=[reaction("r", "S -> T", "0.25 * S")]),
        {"S": lambda t: 90 * exp(-0.5 * t), "T": lambda t: 45 - 45 * exp(-0.5 * t)},
        note="only 1 of 2 S is there"),
    "a_reversible_reaction": rates([809, 812, 815, 844, 1096, 1097], document(
        species=[species("S", initialAmount=90), species("T", initialAmount=0)],
        parameters=[parameter("f", 0.75), parameter("b", 0.25)],
        reactions=[reaction("r", "S -> T", "(f * S - b * T) * C", reversible=True)]),
        {"S": lambda t: 90 * (0.25 + 0.75 * exp(-t)), "T": lambda t: 67.5 - 67.5 * exp(-t)}),
    "boundary_species": rates([304, 691, 1122, 1573, 1574, 1639, 1730, 1731, 1732], document(
        species=[species("S", initialAmount=8, boundaryCondition=True, constant=True),
                 species("T", initialAmount=0),
                 species("U", initialAmount=2.5, boundaryCondition=True)],
        reactions=[reaction("r", "S -> T", "S * U", modifiers=["U"])]),
        {"S": lambda t: 8, "T": lambda t: 20 * t}),
    "boundaries_on_both_sides": rates([
        7, 8, 9, 11, 12, 13, 16, 116, 117, 118, 216, 220, 231, 235, 237, 240, 241, 242, 243, 244,
        245, 246, 247, 300, 301, 302, 376, 377, 379, 380, 382, 383, 433, 434, 436, 437, 439, 440,
        577, 578, 579, 582], document(
        species=[concentration(id, initialConcentration=value, boundaryCondition=id not in "QRUX")
                 for id, value in zip("PQRSTUVWX", (25, 100, 0, 4, 5, 0, 6, 7, 30))],
        reactions=[reaction("a", "P + Q -> R", "0.02 * P * Q * C"),
                   reaction("b", "R -> P + Q", "0.5 * R * C"),
                   reaction("c", "S + T -> U", "S * T"), reaction("d", "U -> S + T", "0.5 * U"),
                   reaction("e", "V + W -> V", "V * W"), reaction("f", "X -> W", "0.5 * X")]),
        {"Q": lambda t: 50 + 50 * exp(-t), "R": lambda t: 50 - 50 * exp(-t),
         "U": lambda t: 40 - 40 * exp(-0.5 * t), "X": lambda t: 30 * exp(-0.5 * t),
         "P": lambda t: 25, "T": lambda t: 5, "W": lambda t: 7}),
    "constant_species_multiply_and_divide": rates([
        63, 64, 65, 119, 120, 121, 384, 385, 386, 442, 443, 598, 599, 600], document(
        species=[concentration("S", initialConcentration=60),
                 concentration("T", initialConcentration=20),
                 concentration("K", initialConcentration=2, constant=True),
                 concentration("L", initialConcentration=2.5, constant=True)],
        reactions=[reaction("r", "S ->", "0.25 * S * K * C", modifiers=["K"]),
                   reaction("q", "T ->", "2 * T * C / L / K", modifiers=["K", "L"])]),
        {"S": lambda t: 60 * exp(-0.5 * t), "T": lambda t: 20 * exp(-0.4 * t)}),
    "functions_of_functions": rates([113, 114, 115, 119, 1000, 1488, 1654, 1701, 1702], document(
        functions=[function("half", "x", "x / 2"), function("law", "k", "s", "k * half(half(s))")],
        species=[species("S", initialAmount=64)],
        reactions=[reaction("r", "S ->", "law(2, S)")]),
        {"S": lambda t: 64 * exp(-0.5 * t)}),
    "rules_by_functions": rates([78, 79, 685, 691, 692, 703, 707, 708, 738, 739], document(
        functions=[function("mul", "x", "y", "x * y"), function("part", "x", "y", "x / (1 + y)")],
        compartments=[compartment(size=2.5)],
        species=[concentration("S", initialConcentration=40),
                 concentration("T", initialConcentration=0), concentration("X", initialAmount=0),
                 concentration("U", initialConcentration=7), concentration("V"),
                 concentration("Y", initialAmount=0)],
        parameters=[parameter("k", 3), parameter("p", 1)],
        rules=[rule("V", "mul(U, p)"), rule("U", "part(T, p)"), rule("Y", "mul(k, X)")],
        reactions=[reaction("r", "S -> T", "k * S * C", {"k": 1}),
                   reaction("q", "T -> X", "k * V * C", {"k": 1}, modifiers=["V"])]),
        {"T": lambda t: 200 * (exp(-0.5 * t) - exp(-t)),
         "V": lambda t: 100 * (exp(-0.5 * t) - exp(-t)),
         "Y": lambda t: 300 * (1 + exp(-t) - 2 * exp(-0.5 * t))}),
    "a_function_without_a_formula": rates([1271], document(
        functions=['<functionDefinition id="nothing"/>'], species=[species("S", initialAmount=0)],
        reactions=[reaction("r", "-> S", "3")]), {"S": lambda t: 3 * t}),
    "a_reaction_of_nothing": rates([1245, 1246], document(
        species=[species("S", initialAmount=2)],
        reactions=[reaction("r", "->", "2"), reaction("q", "-> S", "1")]), {"S": lambda t: 2 + t}),
    "no_reactions": rates([1341, 1342, 1804], document(species=[species("S", initialAmount=2)]),
                          {"S": lambda t: 2}),
    "ids_that_look_like_numbers": rates([1810, 1811, 1812, 1813], document(
        species=[species("S", initialAmount=0)],
        parameters=[parameter("INF", 10), parameter("Inf", 2), parameter("inf", 0.5),
                    parameter("nan", 3), parameter("NaN", 4), parameter("a")],
        initial=[initial("a", "INF")],
        reactions=[reaction("r", "-> S", "a * INF * Inf * inf + nan * NaN")]),
        {"S": lambda t: 112 * t}),
    "ids_of_laws": rates([1811, 1818], document(
        species=[species("S", initialAmount=0)],
        parameters=[parameter("time", 2), parameter("t", 3), parameter("min", 5),
                    parameter("hill", 7), parameter("count", 1), parameter("pi", 2)],
        reactions=[reaction("r", "-> S", "plus(t, min, hill, count)")]),
        {"S": lambda t: 16 * t}),
    "a_symbol_that_has_the_id_of_a_parameter": events([1316, 1317, 1318], document(
        species=[A], parameters=[parameter("s", 5)],
        events=[event("E1", "time >= 1", {"A": "2 * time"})]), (1, {"A": 2})),
    "nothing_added_up": rates([1112, 1531], document(
        species=[species("S", initialAmount=0)], parameters=[parameter(id) for id in "abcde"],
        initial=[initial("a", "plus()"), initial("b", "times()"),
                 initial("c", "piecewise(1, and_(), 0)"), initial("d", "piecewise(1, or_(), 0)"),
                 initial("e", "piecewise(1, xor(), 0)")],
        reactions=[reaction("r", "-> S", "a + 2*b + 4*c + 8*d + 16*e")]),
        {"S": lambda t: 6 * t}),
    "truth_as_a_number": rates([1274], document(
        species=[species("S", initialAmount=0)], parameters=[parameter(id) for id in "abcd"],
        initial=[initial("a", "implies(true, true)"), initial("b", "implies(true, false)"),
                 initial("c", "implies(false, true)"), initial("d", "implies(false, false)")],
        reactions=[reaction("r", "-> S", "a + 2*b + 4*c + 8*d")]),
        {"S": lambda t: 13 * t}),
    "uncommon_functions_of_numbers": rates([1531], document(
        species=[species("S", initialAmount=0)],
        parameters=[parameter("a"), parameter("b")],
        initial=[initial("a", "ceiling(-4.6) + 10 + cosh(0)"), initial("b", "root(3, 27)")],
        reactions=[reaction("r", "-> S", "a * b * max(1, 2) * min(a, 1, 3)")]),
        {"S": lambda t: 42 * t}),
    "seven_dimensions": rates([1197, 1310], document(
        compartments=[compartment(size=4, spatialDimensions=7)],
        species=[concentration("S", initialConcentration=25)],
        reactions=[reaction("r", "S ->", "0.5 * S * C")]),
        {"S": lambda t: 100 * exp(-0.5 * t)}),
    "no_dimensions": rates([48, 1197], document(
        compartments=[compartment(size=None, spatialDimensions=0)],
        species=[concentration("S", initialAmount=100)],
        reactions=[reaction("r", "S ->", "0.5 * S")]),
        {"S": lambda t: 100 * exp(-0.5 * t)}),
    "a_size_without_dimensions": rates([1809], document(
        compartments=[compartment(size=4, spatialDimensions=0),
                      compartment("D", size=None, spatialDimensions=0)],
        species=[concentration("S", initialConcentration=25), species("T", initialAmount=0),
                 concentration("U", initialAmount=50, compartment="D")],
        initial=[initial("D", "2")],
        reactions=[reaction("r", "S ->", "2 * S"), reaction("q", "-> T", "C * S", modifiers=["S"]),
                   reaction("s", "U ->", "U")]),
        {"S": lambda t: 100 * exp(-0.5 * t), "T": lambda t: 200 - 200 * exp(-0.5 * t),
         "U": lambda t: 50 * exp(-0.5 * t)}),
    "a_rule_without_a_formula": rates([
        1234, 1235, 1236, 1461, 1464, 1553, 1555, 1556, 1557, 1630], document(
        species=[species("S", initialAmount=100)],
        parameters=[variable("k", 0.5), variable("j", 1)],
        rules=['<assignmentRule variable="k"/>', '<rateRule variable="j"/>'],
        initial=['<initialAssignment symbol="S"/>'],
        reactions=[reaction("r", "S ->", "k * S")]),
        {"S": lambda t: 100 * exp(-0.5 * t)}, note="has no formula (it is left out)"),
    "a_stoichiometry_in_formulas": rates([
        974, 1559, 1566, 1654, 1655, 1656, 1657, 1764, 1767], document(
        "3.1", species=[species("S", initialAmount=0)], parameters=[variable("z"), parameter("q")],
        rules=[rule("z", "3 * n")], initial=[initial("q", "5 * n")],
        reactions=[reaction("r", "->", "z + q", fast=False, references=(
            "", reference("S", 2, id="n", constant=True)))]),
        {"S": lambda t: 32 * t, "z": lambda t: 6}),
    "a_stoichiometry_below_zero": rates([1516, 1517, 1561], document(
        species=[species("S", initialAmount=0), species("T", initialAmount=90),
                 species("V", initialAmount=60), species("W", initialAmount=0)],
        initial=[initial("n", "ceiling(-2.6)")],
        reactions=[reaction("r", "-1 S ->", "0.25 * T", references=(
            "", reference("T", None, id="n", constant=True))),
            reaction("q", "-> -1 V + 1 W", "0.5 * V - 0.5 * W", reversible=True)]),
        {"S": lambda t: 45 - 45 * exp(-0.5 * t), "T": lambda t: 90 * exp(-0.5 * t),
         "V": lambda t: 30 + 30 * exp(-t), "W": lambda t: 30 - 30 * exp(-t)},
        note="only 1 of 2 T is there"),
    "stoichiometries_below_zero_of_one_species": rates([1422, 1426, 1427, 1432, 1433], document(
        species=[species("S", initialAmount=0), species("T", initialAmount=0),
                 species("U", initialAmount=1), species("V", initialAmount=0),
                 species("A", initialAmount=30), species("B", initialAmount=1)],
        reactions=[reaction("s", "S + -1 S ->", "7"), reaction("t", "-2 T -> 3 T", "1"),
                   reaction("u", "2 U -> -3 U", "-1", reversible=True),
                   reaction("v", "V + 2 V + -4 V -> 5 V + -2 V + V + -1 V", "1"),
                   reaction("r", "2 A + -1 B -> -1 A + 2 B", "1")]),
        {"S": lambda t: 0, "T": lambda t: 5 * t, "U": lambda t: 1 + 5 * t, "V": lambda t: 4 * t,
         "A": lambda t: 30 - 3 * t, "B": lambda t: 1 + 3 * t}, note="only 2 of 3 A are there"),
    "functions_of_numbers_in_stoichiometries": rates([1516, 1517, 1561, 1722], document(
        species=[species(f"S{i}", initialAmount=0) for i in range(len(WHOLE))],
        initial=[initial(f"n{i}", formula) for i, formula in enumerate(WHOLE)],
        reactions=[reaction(f"r{i}", "->", "5", references=(
            "", reference(f"S{i}", None, id=f"n{i}", constant=True)))
            for i in range(len(WHOLE))]),
        {f"S{i}": lambda t, n=n: 5 * n * t for i, n in enumerate(WHOLE.values())}),
    "functions_of_numbers_in_stoichiometry_math": rates([1517], document(
        "2.4", species=[species(f"S{i}", initialAmount=0) for i in range(len(WHOLE) - 1)],
        reactions=[reaction(f"r{i}", "->", "5", is_3=False, references=(
            "", reference(f"S{i}", None, formula)))
            for i, formula in enumerate(list(WHOLE)[1:])]),
        {f"S{i}": lambda t, n=n: 5 * n * t for i, n in enumerate(list(WHOLE.values())[1:])}),
    "functions_of_numbers_in_events": rates([1530, 1532, 1533], document(
        species=[species(f"{kind}{i}", initialAmount=0) for i in range(len(FUNCTIONS))
                 for kind in "STU"],
        parameters=[variable(f"{kind}{i}", 0) for i in range(len(FUNCTIONS)) for kind in "pqr"],
        reactions=[reaction(f"{law}_{i}", f"-> {kind}{i}", f"{law}{i}")
                   for i in range(len(FUNCTIONS)) for kind, law in zip("STU", "pqr")],
        events=[one for i, formula in enumerate(FUNCTIONS) for one in (
            event(f"value{i}", "time >= 1", {f"p{i}": formula}),
            event(f"delay{i}", "time >= 0.25", {f"q{i}": "1"}, delay=formula),
            event(f"priority{i}", "time >= 1", {f"r{i}": "1"}, priority=formula),
            event(f"other{i}", "time >= 1", {f"r{i}": "2"}, priority="0.55"))]),
        {f"S{i}": lambda t, n=n: n * max(0, t - 1) for i, n in enumerate(FUNCTIONS.values())} |
        {f"T{i}": lambda t, n=n: max(0, t - 0.25 - n) for i, n in enumerate(FUNCTIONS.values())} |
        {f"U{i}": lambda t, n=n: (1 + (n > 0.55)) * max(0, t - 1)
         for i, n in enumerate(FUNCTIONS.values())}),
    "delays_that_end_within_a_step": rates([
        1675, 1678, 1679, 1680, 1687, 1688, 1690, 1692], document(
        model='substanceUnits="item" timeUnits="second" extentUnits="item" conversionFactor="f"',
        species=[species("S", initialAmount=8000, conversionFactor="g"),
                 species("T", initialAmount=0), species("U", initialAmount=0),
                 species("V", initialAmount=0)],
        parameters=[parameter("f", 3), parameter("g", 5), variable("p", 0), variable("q", 0)],
        reactions=[reaction("r", "S -> T", "20")],
        events=[event("E1", "S <= 7840 and S > 7830", {"p": "S"}, delay="0.3"),
                event("E2", "S <= 7840 and S > 7830", {"p": "5"}, delay="0.35", persistent=False),
                event("E3", "T >= 96", {"U": "S", "V": "T"}, delay="0.3", keeps=False),
                event("E4", "p > 7000", {"q": "T"})]),
        {"S": lambda t: 8000 - 100 * t, "T": lambda t: 60 * t,
         "U": lambda t: 0 if t < 1.9 else 7810, "V": lambda t: 0 if t < 1.9 else 114},
        note="only 4 of 5 S are there"),
    "conversion_factors_by_stoichiometries": rates([1651, 1652, 1653], document(
        "3.1",
        model='substanceUnits="item" timeUnits="second" extentUnits="item" conversionFactor="f"',
        species=[species("S", initialAmount=0, conversionFactor="g"),
                 species("T", initialAmount=0)],
        parameters=[parameter("f"), parameter("g")],
        initial=[initial("f", "n * 3"), initial("g", "n * 5")],
        reactions=[reaction("r", "-> T", "0.5", fast=False, references=(
            "", reference("S", 2, id="n", constant=True)))]),
        {"S": lambda t: 10 * t, "T": lambda t: 3 * t}),
    "a_local_parameter_hides_a_stoichiometry": rates([
        1638, 1639, 1656, 1715, 1750, 1764, 1800, 1801], document(
        "3.1", species=[species("S", initialAmount=0)],
        reactions=[reaction("r", "->", "n * 20", {"n": 0.25}, fast=False, references=(
            "", reference("S", 2, id="n", constant=True)))]),
        {"S": lambda t: 10 * t}),
    "the_avogadro_of_sbml": rates([1323], document(
        species=[species("S", initialAmount=0)], parameters=[parameter("a"), parameter("b")],
        initial=[initial("a", "6.02214179e23 - avogadro"),
                 initial("b", "avogadro / 6.02214179e23")],
        reactions=[reaction("r", "-> S", "a + b")]), {"S": lambda t: t}),
    "functions_of_numbers_in_rules": rates([174, 957], document(
        species=[species("S", initialAmount=0)], parameters=[variable("k"), variable("j")],
        rules=[rule("k", "cos(0) + floor(-4.6) + abs(-9)"), rule("j", "sin(pi / 2) + ln(exp(2))")],
        reactions=[reaction("r", "-> S", "k * j")]),
        {"S": lambda t: 15 * t, "k": lambda t: 5}),
    "more_functions_of_numbers_in_rules": rates([954, 956], document(
        species=[species("S", initialAmount=0)],
        parameters=[variable(id) for id in "abcdefghijklm"],
        rules=[rule(id, formula) for id, formula in zip("abcdefghijklm", (
            "arccos(-1)", "arcsin(-0.5)", "arctan(-7)", "ceiling(-4.6)", "ceiling(0.5)",
            "log(0.2)", "log(10, 0.2)", "log(2, 8)", "1.5 ** 3", "root(7)", "tan(-6)",
            "sin(-5.5)", "5 / 2 - 8 * 3"))],
        reactions=[reaction("r", "-> S", "a")]),
        {"S": lambda t: math.pi * t} | {
            id: lambda t, value=value: value for id, value in zip("abcdefghijklm", (
                math.pi, -math.pi / 6, math.atan(-7), -4, 1, math.log10(0.2), math.log10(0.2), 3,
                3.375, math.sqrt(7), math.tan(-6), math.sin(-5.5), -21.5))}),
    "all_functions_of_numbers": rates([956, 958], document(
        "2.4", species=[species("S", initialAmount=0)],
        parameters=[parameter(id) for id in "abcdefghijklm"],
        initial=[initial(id, formula) for id, formula in zip("abcdefghijklm", (
            "sec(0.5)", "-csc(4.5)", "cot(0.25)", "sinh(0.25)", "arcsec(2.5)", "arccsc(1.25)",
            "-arccot(-0.125)", "arcsinh(99)", "arccosh(1.5)", "-arctanh(-0.5)", "arcsech(0.5)",
            "arccoth(8)", "ln(exponentiale)"))],
        reactions=[reaction("r", "-> S", " + ".join("abcdefghijklm"), is_3=False)]),
        {"S": lambda t: t * (
            1 / math.cos(0.5) - 1 / math.sin(4.5) + 1 / math.tan(0.25) + math.sinh(0.25) +
            math.acos(1 / 2.5) + math.asin(1 / 1.25) - math.atan(-8) + math.asinh(99) +
            math.acosh(1.5) + math.atanh(0.5) + math.acosh(2) + math.atanh(1 / 8) + 1)}),
    "factorials_and_remainders_of_numbers": rates([957, 958], document(
        species=[species("S", initialAmount=0)], parameters=[parameter(id) for id in "abcdef"],
        initial=[initial("a", "factorial(4)"), initial("b", "factorial(0)"),
                 initial("c", "rem(7, -4)"), initial("d", "rem(-7, 4)"),
                 initial("e", "quotient(7, 4)"), initial("f", "quotient(-7, 4)")],
        reactions=[reaction("r", "-> S", "a + 100*b + 1000*c + 2000*d + 10000*e + 5000*f")]),
        {"S": lambda t: 2124 * t}),
    "functions_of_functions_of_numbers_in_rules": rates([1485], document(
        functions=[function(f"my_{id}", "x", f"{id}(x)") for id in (
            "abs", "arccos", "arcsin", "arctan", "ceiling", "cos", "exp", "floor", "ln", "log",
            "root", "sin", "tan", "tanh")] + [function("my_pow", "x", "y", "x ** y")],
        species=[A], parameters=[variable(id) for id in "abcdefghijklmnopqrstuvw"],
        rules=[rule(*one) for one in (
            ("a", "my_abs(-1)"), ("b", "my_arccos(-1)"), ("c", "my_arccos(0.5)"),
            ("d", "my_arcsin(-0.5)"), ("e", "my_arctan(-7.09)"), ("f", "my_ceiling(3.55)"),
            ("g", "my_ceiling(-4.6)"), ("h", "my_cos(9.1)"), ("i", "my_exp(0.77)"),
            ("j", "my_floor(-4.6)"), ("k", "my_floor(9.1)"), ("l", "my_ln(0.2)"),
            ("m", "my_log(0.2)"), ("n", "my_pow(1.4, 5.1)"), ("o", "my_pow(3.1, 2)"),
            ("p", "my_root(7.4)"), ("q", "my_sin(-5.9)"), ("r", "my_tan(1.11)"),
            ("s", "my_tan(-6)"), ("t", "my_tanh(-0.4)"), ("u", "my_log(1)"),
            ("v", "my_arcsin(1)"), ("w", "my_sin(0)"))]),
        {id: lambda t, value=value: value for id, value in zip("abcdefghijklmnopqrstuvw", (
            1, math.pi, math.pi / 3, -math.pi / 6, math.atan(-7.09), 4, -4, math.cos(9.1),
            exp(0.77), -5, 9, log(0.2), math.log10(0.2), 1.4 ** 5.1, 9.61, math.sqrt(7.4),
            math.sin(-5.9), math.tan(1.11), math.tan(-6), math.tanh(-0.4), 0, math.pi / 2, 0))}),
    "ids_named_time": rates([1820, 1821], document(
        species=[species("S", initialAmount=0)],
        parameters=[parameter("Time", 11), parameter("TIME", 12), parameter("avogadro_", 2)],
        reactions=[reaction("r", "-> S", "Time + TIME + avogadro_")]), {"S": lambda t: 25 * t}),
    "two_conversion_factors": rates([
        976, 1642, 1645, 1669, 1672, 1675, 1678, 1680, 1683, 1687, 1690, 1692, 1730,
        1739], document(
        model='substanceUnits="item" timeUnits="second" extentUnits="item" conversionFactor="f"',
        species=[species("S", initialAmount=600, conversionFactor="g"),
                 species("T", initialAmount=0)],
        parameters=[parameter("f", 4), parameter("g", 3)],
        reactions=[reaction("r", "2 S -> 3 T", "10")]),
        {"S": lambda t: 600 - 60 * t, "T": lambda t: 120 * t},
        note="only 5 of 6 S are there"),
    "a_reversible_reaction_written_backwards": rates([
        1018, 1019, 1020, 1021, 1023, 1024, 1025, 1026, 1027, 1029, 1030, 1031, 1032, 1034, 1035,
        1036, 1037, 1038, 1040, 1045, 1046, 1047, 1048, 1049, 1055, 1056, 1057, 1058, 1059, 1060,
        1061, 1062, 1063, 1064, 1110], document(
        species=[species("S", initialAmount=90), species("T", initialAmount=0)],
        parameters=[parameter("f", 0.75), parameter("b", 0.25)],
        reactions=[reaction("r", "T -> S", "-(f * S - b * T) * C", reversible=True)]),
        {"S": lambda t: 90 * (0.25 + 0.75 * exp(-t)), "T": lambda t: 67.5 - 67.5 * exp(-t)}),
    "a_concentration_of_a_species_with_amounts": rates([998], document(
        compartments=[compartment(size=5)], species=[species("S", initialConcentration=2)],
        reactions=[reaction("r", "-> S", "3 * S")]), {"S": lambda t: 10 * exp(3 * t)}),
    "a_local_parameter_hides_a_species": rates([597, 1640, 1752], document(
        "3.1", species=[species("S", initialAmount=2, boundaryCondition=True),
                        species("T", initialAmount=0)],
        reactions=[reaction("r", "S -> T", "6 / S", {"S": 3}, fast=False)]),
        {"T": lambda t: 2 * t}),
    "defaults_of_level_2": rates([1795], document(
        "2.4", species=[species("S", initialAmount=2, boundaryCondition=None, constant=None,
                                hasOnlySubstanceUnits=None),
                        species("T", initialAmount=2, boundaryCondition=True)],
        reactions=[reaction("r", "-> S", "1", is_3=False),
                   reaction("q", "-> T", "1", is_3=False)]),
        {"S": lambda t: 2 + t, "T": lambda t: 2}),
    "avogadro_by_other_names": rates([960, 961, 1641], document(
        species=[species("S", initialAmount=0)], parameters=[parameter("a")],
        initial=[initial("a", "avogadro / 3.01107089500e23")],
        reactions=[reaction("r", "-> S", "a")]).replace(">s</csymbol>", ">time</csymbol>"),
        {"S": lambda t: 2 * t}),
    "an_event_that_changes_a_rate": rates([352, 372, 392, 441, 944], document(
        species=[species("S", initialAmount=10)], parameters=[variable("k", 5)],
        reactions=[reaction("r", "-> S", "k * j", {"j": 2})],
        events=[event("E1", "S > 20", {"k": "10"})]),
        {"S": lambda t: 10 + 10 * t if t < 1 else 20 + 20 * (t - 1)}),
    "an_event_that_changes_a_size": rates([945], document(
        compartments=[compartment(size=1, constant=False)],
        species=[concentration("S", initialAmount=10)], parameters=[parameter("k", 10)],
        reactions=[reaction("r", "-> S", "k * C")], events=[event("E1", "S > 20", {"C": "2"})]),
        {"S": lambda t: 10 + 10 * t if t < 1 else 20 + 20 * (t - 1)}),
    "an_event_that_changes_a_size_by_a_rule": rates([946, 948], document(
        compartments=[compartment(size=1, constant=False)],
        species=[concentration("S", initialAmount=10)],
        parameters=[parameter("k", 10), variable("v", 1)], rules=[rule("C", "v")],
        reactions=[reaction("r", "-> S", "k * C")], events=[event("E1", "S > 20", {"v": "2"})]),
        {"S": lambda t: 10 + 10 * t if t < 1 else 20 + 20 * (t - 1)},
        note="'C' is not reported"),
    "an_event_that_changes_a_size_and_with_it_a_concentration": rates([947], document(
        compartments=[compartment(size=1, constant=False)],
        species=[concentration("S", initialAmount=10)], parameters=[parameter("k", 150)],
        reactions=[reaction("r", "-> S", "C * k / S")], events=[event("E1", "S > 20", {"C": "2"})]),
        {"S": lambda t: math.sqrt(100 + 300 * t) if t < 1 else math.sqrt(400 + 1200 * (t - 1))}),
    "a_reversible_reaction_whose_law_reads_a_rule": rates([838, 1038], document(
        compartments=[compartment(size=2)],
        species=[concentration("S", initialAmount=60), species("T", initialAmount=0)],
        parameters=[variable("a"), variable("b"), parameter("p", 0.25)],
        rules=[rule("a", "p + p"), rule("b", "a * C")],
        reactions=[reaction("r", "S -> T", "b * S - 0 * T", reversible=True)]),
        {"S": lambda t: 60 * exp(-0.5 * t), "T": lambda t: 60 - 60 * exp(-0.5 * t)}),
    "a_reversible_reaction_whose_rule_may_be_negative": refused([], document(
        species=[species("S", initialAmount=60), species("T", initialAmount=0)],
        parameters=[variable("a"), parameter("p", 0.25)], rules=[rule("a", "p * S - p * T")],
        reactions=[reaction("r", "S -> T", "a", reversible=True)]),
        "the law of the reversible reaction 'r' cannot be split in two directions"),
    "reversible_reactions_of_two": rates([
        810, 811, 813, 814, 816, 817, 819, 820, 822, 823, 825, 826, 829, 830, 831, 833, 834, 835,
        836, 837, 838, 839, 840], document(
        functions=[function("mul", "x", "y", "x * y"), function("minus", "x", "y", "x - y")],
        compartments=[compartment(size=2)],
        species=[concentration(id, initialAmount=n) for id, n in (
            ("S", 100), ("T", 150), ("U", 0), ("V", 100), ("W", 0), ("X", 20))],
        parameters=[parameter("f", 0.01), parameter("b", 0.25)],
        reactions=[reaction("r", "S + T -> U", "(f * S * T - b * U) * C", reversible=True),
                   reaction("q", "V -> W + X", "minus(mul(f, V), b * W * X) * C",
                            {"f": 0.5, "b": 0.004}, reversible=True)]),
        {"S": lambda t: towards(t, 100, 0.005, 0.5, -25),
         "U": lambda t: 100 - towards(t, 100, 0.005, 0.5, -25),
         "W": lambda t: towards(t, 0, 0.002, 0.54, -50),
         "X": lambda t: 20 + towards(t, 0, 0.002, 0.54, -50)}),
    "an_event_of_a_reversible_reaction": rates([
        26, 684, 845, 846, 847, 848, 849, 850, 1046, 1047, 1048, 1049], document(
        species=[species("S", initialAmount=90), species("T", initialAmount=0)],
        reactions=[reaction("r", "S -> T", "0.75 * S - 0.25 * T", reversible=True)],
        events=[event("E1", "S < 45", {"S": "90"})]),
        {"S": lambda t: 90 * (0.25 + 0.75 * exp(-t)) if t < log(3)
         else 33.75 + 56.25 * exp(-(t - log(3))) if t < log(15)
         else 45 + 45 * exp(-(t - log(15)))}),
    "an_event_that_ends_in_equilibrium": rates([
        296, 354, 356, 359, 411, 413, 416, 754, 755, 756], document(
        functions=[function("add", "x", "y", "x + y")],
        species=[species("S"), species("T", initialAmount=2000), species("U", initialAmount=1000)],
        parameters=[parameter("p", 500)], initial=[initial("S", "add(p, p)")],
        reactions=[reaction("r", "S + T -> U", "0.00075 * S * T"),
                   reaction("q", "U -> S + T", "0.25 * U")],
        events=[event("E1", "S < 500", {"T": "add(p, p)"})]),
        {"S": lambda t: towards(t, 1000, 0.00075, 1, -500) if t < 0.9 else 500,
         "T": lambda t: 1000 + towards(t, 1000, 0.00075, 1, -500) if t < 0.9 else 1000}),
    "an_event_of_what_rules_read": rates([
        297, 298, 299, 302, 349, 350, 355, 356, 357, 369, 370, 371, 373, 376, 378, 379, 380, 382,
        385, 387, 388, 389, 390, 391, 395, 399, 400, 401, 679, 680, 681, 689, 699, 700, 701, 702,
        707, 743, 744, 745, 749, 774, 789, 790, 791], document(
        functions=[function("mul", "x", "y", "x * y")], compartments=[compartment(size=2)],
        species=[concentration("S", initialConcentration=50),
                 concentration("T", initialConcentration=0), concentration("U"),
                 concentration("V", initialAmount=77, boundaryCondition=True),
                 concentration("W", initialConcentration=40, boundaryCondition=True),
                 concentration("X", initialAmount=0)],
        rules=[rule("U", "mul(0.75, T)"), rule("V", "T / 2")],
        reactions=[reaction("r", "S -> T", "C * S"), reaction("q", "W -> X", "C * W / 2")],
        events=[event("E1", "S < 25", {"T": "30"}), event("E2", "W < 25", {"S": "0"})]),
        {"S": lambda t: 100 * exp(-t),
         "U": lambda t: 0.75 * ((100 if t < log(2) else 110) - 100 * exp(-t)),
         "V": lambda t: 0.5 * ((100 if t < log(2) else 110) - 100 * exp(-t)),
         "W": lambda t: 80, "X": lambda t: 40 * t}),
    "a_trigger_that_compares_two_species": rates([
        350, 351, 353, 358, 359, 371, 373, 374, 381, 382, 383, 386, 390, 391, 395, 408, 409, 410,
        429, 430, 431, 447, 448, 449, 746, 747, 748, 766, 767, 768, 775], document(
        compartments=[compartment(size=0.5)],
        species=[concentration("S", initialConcentration=200),
                 concentration("T", initialConcentration=0)],
        reactions=[reaction("r", "S -> T", "C * S")],
        events=[event("E1", "T > S", {"S": "2 * T", "T": "0"})]),
        {"S": lambda t: 100 * exp(-(t % log(2))), "T": lambda t: 100 - 100 * exp(-(t % log(2)))}),
    "a_delayed_event_of_concentrations": rates([
        406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 420, 426, 427, 428, 429, 430, 431,
        432, 433, 434, 435, 436, 437, 438, 439, 440, 442, 443, 444, 445, 446, 447, 448, 449, 450,
        451, 452, 456, 457, 622, 623, 624, 637, 638, 639, 682, 683, 684, 690, 701, 702, 708, 750,
        763, 764, 765, 766, 767, 768, 769, 770, 771, 772, 773, 774, 775, 848, 849, 850, 1048, 1049,
        1050], document(
        compartments=[compartment(size=2)],
        species=[concentration("S", initialConcentration=50),
                 concentration("T", initialConcentration=0), concentration("U")],
        rules=[rule("U", "0.75 * T")], reactions=[reaction("r", "S -> T", "C * S")],
        events=[event("E1", "S < 25", {"T": "30"}, delay="1")]),
        {"S": lambda t: 100 * exp(-t),
         "T": lambda t: 100 - 100 * exp(-t) if t < 1 + log(2)
         else 60 + 50 * exp(-1) - 100 * exp(-t),
         "U": lambda t: 0.75 * (100 - 100 * exp(-t) if t < 1 + log(2)
                                else 60 + 50 * exp(-1) - 100 * exp(-t))}),
    "events_set_what_a_rule_reads": rates([
        406, 409, 413, 414, 427, 430, 435, 436, 437, 442, 447, 448, 449, 619, 620, 621, 622, 623,
        624, 634, 635, 636, 637, 638, 639], document(
        "2.4", functions=[function("mul", "x", "y", "x * y")],
        species=[concentration("S", initialAmount=100), concentration("T", initialAmount=50),
                 concentration("U", initialAmount=3.75)],
        parameters=[parameter("k", 0.75)], rules=[rule("U", "mul(k, T)")],
        reactions=[reaction("r", "S -> T", "C * S", is_3=False)],
        events=[event("E1", "S < 50", {"T": "10"}, keeps=None, is_3=False),
                event("E2", "S < 25", {"T": "0"}, delay="0.5", keeps=None, is_3=False)]),
        {"S": lambda t: 100 * exp(-t),
         "U": lambda t: 0.75 * (150 - 100 * exp(-t) if t < log(2)
                                else 60 - 100 * exp(-t) if t < log(4) + 0.5
                                else 25 * exp(-0.5) - 100 * exp(-t))}),
    "a_law_that_jumps": rates([191, 192, 193, 194, 198, 199, 200, 201, 277], document(
        species=[species("S", initialAmount=80), species("T", initialAmount=0),
                 species("U", initialAmount=0)],
        parameters=[parameter("p", 7), parameter("q", 2)],
        reactions=[reaction("r", "S -> T", "S"),
                   reaction("s", "-> U", "piecewise(p, not (T < 40), q)", modifiers=["T"])]),
        {"U": lambda t: 2 * t if t < log(2) else 2 * log(2) + 7 * (t - log(2))}),
    "orders_of_laws": rates([801, 802, 804, 805, 806, 807, 808], document(
        compartments=[compartment(size=2)],
        species=[concentration(id, initialConcentration=50) for id in "ABDEGHIJK"] + [
            concentration("F", initialConcentration=25)],
        parameters=[parameter("k0", 3), parameter("k2", 0.02), parameter("k3", 0.0002)],
        reactions=[reaction("a", "A ->", "k0 * C"), reaction("b", "B ->", "k2 * B * B * C"),
                   reaction("d", "D ->", "k3 * D * D * D * C"),
                   reaction("e", "E + F ->", "k2 * E * F * C"),
                   reaction("g", "G + H ->", "k3 * G * G * H * C"),
                   reaction("i", "I + J + K ->", "k3 * I * J * K * C")]),
        {"A": lambda t: 100 - 6 * t, "B": lambda t: 100 / (1 + t),
         "D": lambda t: 100 / math.sqrt(1 + t), "F": lambda t: towards(t, 50, 0.01, 0.5, 0),
         "E": lambda t: 50 + towards(t, 50, 0.01, 0.5, 0),
         "G": lambda t: 100 / math.sqrt(1 + t), "K": lambda t: 100 / math.sqrt(1 + t)},
        note="only 0 of 1 A are there"),
    "a_rate_of_nothing": rates([2, 186, 187, 188, 189], document(
        species=[species("S", initialAmount=60), species("T", initialAmount=10)],
        parameters=[parameter("k", 0), parameter("p", 0.5)],
        reactions=[reaction("r", "S + T ->", "k * S * T"), reaction("q", "S ->", "p * S")]),
        {"S": lambda t: 60 * exp(-0.5 * t), "T": lambda t: 10}),
    "an_initial_assignment_comes_before_a_stoichiometry": rates([969], document(
        species=[species("S", initialAmount=0)], initial=[initial("n", "3")],
        reactions=[reaction("r", "->", "5", references=(
            "", reference("S", 1, id="n", constant=True)))]), {"S": lambda t: 15 * t}),
    "stoichiometries_without_a_formula": rates([1465, 1552, 1554, 1657], document(
        species=[species("S", initialAmount=0)], initial=['<initialAssignment symbol="m"/>'],
        rules=['<assignmentRule variable="n"/>'],
        reactions=[reaction("r", "->", "5", references=(
            "", reference("S", 2, id="n", constant=False) +
            reference("S", 3, id="m", constant=True)))]),
        {"S": lambda t: 25 * t}, note="has no formula (it is left out)"),
    "assigned_stoichiometries_of_the_same_species": rates([1440], document(
        species=[species("S", initialAmount=90), species("T", initialAmount=0)],
        initial=[initial(id, value) for id, value in zip("abcd", "2134")],
        reactions=[reaction("r", "->", "5", references=(
            reference("S", 1, id="a", constant=True) + reference("S", 1, id="b", constant=True),
            reference("T", 1, id="c", constant=True) + reference("T", 1, id="d", constant=True)))]),
        {"S": lambda t: 90 - 15 * t, "T": lambda t: 35 * t}, note="only 2 of 3 S are there"),
    "assigned_stoichiometries_on_both_sides": rates([1436, 1438, 1442], document(
        species=[species(id, initialAmount=1) for id in "STU"],
        initial=[initial(id, value) for id, value in zip("abcdef", "231221")],
        reactions=[reaction("r", "->", "-1", reversible=True, references=(
            reference("S", 1, id="a", constant=True) + reference("T", 1, id="b", constant=True),
            reference("S", 1, id="c", constant=True) + reference("T", 1, id="d", constant=True))),
            reaction("q", "->", "1", references=("", reference(
                "U", 1, id="e", constant=True) + reference("U", 1, id="f", constant=True)))]),
        {"S": lambda t: 1 + t, "T": lambda t: 1 + t, "U": lambda t: 1 + 3 * t},
        note="only 0 of 1 S are there"),
    "stoichiometry_math_of_the_same_species": rates([1435, 1439, 1441, 1443], document(
        "2.4", species=[species(id, initialAmount=start) for id, start in zip(
            "STUVW", (1, 1, 1, 90, 1))],
        reactions=[
            reaction("s", "->", "-1", reversible=True, is_3=False, references=(
                reference("S", None, "2") + reference("S", None, "1"), "")),
            reaction("t", "->", "-1", reversible=True, is_3=False, references=(
                reference("T", None, "2") + reference("U", None, "3"),
                reference("T", None, "1") + reference("U", None, "1"))),
            reaction("v", "->", "1", is_3=False, references=(
                reference("V", None, "2") + reference("V", None, "1"),
                reference("W", None, "2") + reference("W", None, "1")))]),
        {"S": lambda t: 1 + 3 * t, "T": lambda t: 1 + t, "U": lambda t: 1 + 2 * t,
         "V": lambda t: 90 - 3 * t, "W": lambda t: 1 + 3 * t}, note="only 2 of 3 V are there"),
    "a_negative_law_of_a_reversible_reaction": rates([1420, 1421, 1423, 1425, 1434], document(
        species=[species("S", initialAmount=1)], initial=[initial("n", "2")],
        reactions=[reaction("r", "S ->", "-5", reversible=True, references=(
            reference("S", 4, id="n", constant=True), ""))]), {"S": lambda t: 1 + 15 * t}),
    "a_reversible_reaction_with_a_boundary": rates([
        818, 819, 820, 821, 822, 823, 1018, 1019, 1020, 1021, 1022, 1023], document(
        species=[species("S", initialAmount=90),
                 species("T", initialAmount=8, boundaryCondition=True)],
        reactions=[reaction("r", "S -> T", "0.5 * S - 2.5 * T", reversible=True)]),
        {"S": lambda t: 40 + 50 * exp(-0.5 * t), "T": lambda t: 8}),
    "stoichiometries_of_a_reversible_reaction": rates([
        824, 825, 826, 827, 829, 1024, 1025, 1026, 1027, 1028, 1029, 1098, 1111], document(
        "2.4", species=[species("S", initialAmount=90), species("T", initialAmount=0)],
        parameters=[parameter("p", 0.5)],
        reactions=[reaction("r", "S ->", "0.75 * S - 0.125 * T", reversible=True, is_3=False,
                            references=("", reference("T", None, "4 * p")))]),
        {"S": lambda t: 90 * (0.25 + 0.75 * exp(-t)), "T": lambda t: 135 - 135 * exp(-t)},
        note="only 1 of 2 T is there"),
    "a_reversible_reaction_by_functions": rates([832, 833, 834, 1032, 1033, 1034], document(
        functions=[function("mul", "x", "y", "x * y")],
        species=[species("S", initialAmount=90), species("T", initialAmount=0)],
        parameters=[parameter("f", 0.75), parameter("b", 0.25)],
        reactions=[reaction("r", "S -> T", "(mul(mul(f, S), C) - b * T * C)", reversible=True)]),
        {"S": lambda t: 90 * (0.25 + 0.75 * exp(-t)), "T": lambda t: 67.5 - 67.5 * exp(-t)}),
    "a_reversible_reaction_times_a_negative_number": rates([
        1018, 1019, 1020, 1021, 1023, 1024, 1025, 1026, 1030, 1031, 1032, 1034, 1056, 1057,
        1058, 1059, 1061, 1062, 1063], document(
        "2.4", compartments=[compartment(size=2)],
        species=[concentration(id, initialAmount=v) for id, v in zip("STUVWX", (
            90, 0, 90, 0, 0, 8))] + [concentration("Y", initialAmount=8, boundaryCondition=True)],
        parameters=[parameter("f", 0.75), parameter("b", 0.25)],
        reactions=[reaction("r", "T -> S", "-times(C, plus(times(f, S), times(NEG, b, T)))",
                            reversible=True, is_3=False),
                   reaction("q", "V -> U", "times(NEG, C, u * U - f * V)", {"u": 0.75, "f": 0.25},
                            reversible=True, is_3=False),
                   reaction("s", "X -> W", "(W - 0.5 * Y) * C * NEG", reversible=True, is_3=False,
                            modifiers=["Y"])]
        ).replace("<ci>NEG</ci>", '<cn type="integer"> -1 </cn>'),
        {"S": lambda t: 90 * (0.25 + 0.75 * exp(-t)), "T": lambda t: 67.5 - 67.5 * exp(-t),
         "U": lambda t: 90 * (0.25 + 0.75 * exp(-t)), "V": lambda t: 67.5 - 67.5 * exp(-t),
         "W": lambda t: 4 - 4 * exp(-t), "X": lambda t: 4 + 4 * exp(-t)},
        note="the law of reaction 's'"),
    "defaults_of_reactions_of_level_2": rates([1784, 1797], document(
        "2.4", species=[species("S", initialAmount=0), species("T", initialAmount=0)],
        reactions=[reaction("r", "-> S", "1 * (20 - S)", reversible=None, is_3=False),
                   reaction("q", "->", "3", is_3=False, references=("", reference("T", None)))]),
        {"S": lambda t: 20 - 20 * exp(-t), "T": lambda t: 3 * t}),
    "defaults_of_species_of_level_2": rates([1796], document(
        "2.4", compartments=[compartment(size=4)],
        species=[species("S", initialAmount=8, hasOnlySubstanceUnits=None),
                 species("T", initialAmount=8, hasOnlySubstanceUnits=False),
                 species("U", initialAmount=8)],
        parameters=[variable(id) for id in "xyz"],
        rules=[rule("x", "S"), rule("y", "T"), rule("z", "U")]),
        {"x": lambda t: 2, "y": lambda t: 2, "z": lambda t: 8}),
    "amounts_in_moles": rates([1, 14, 462, 465, 767, 786, 877], document(
        "2.4", units='<unitDefinition id="other"><listOfUnits><unit kind="litre"/></listOfUnits>'
        "</unitDefinition>",
        species=[concentration("S", initialAmount=1e-15), concentration("T", initialAmount=0),
                 concentration("U", initialAmount=1e-15)],
        parameters=[parameter("k", 0.5), parameter("j", 5e14)],
        reactions=[reaction("r", "S -> T", "k * S * C", is_3=False),
                   reaction("q", "2 U ->", "j * U * U * C", is_3=False)]),
        {"S": lambda t: 602214179 * exp(-0.5 * t),
         "T": lambda t: 602214179 - 602214179 * exp(-0.5 * t),
         "U": lambda t: 602214179 / (1 + t)}, note="only 1 of 2 U is there"),
    "amounts_and_concentrations": rates([999], document(
        compartments=[compartment(size=10)],
        species=[concentration("P", initialConcentration=1), species("Q", initialConcentration=2),
                 concentration("R", initialAmount=3), species("S", initialAmount=4)],
        parameters=[variable(id) for id in "pqrs"],
        rules=[rule(id, id.upper()) for id in "pqrs"]),
        {"P": lambda t: 10, "Q": lambda t: 20, "R": lambda t: 3, "S": lambda t: 4,
         "p": lambda t: 1, "q": lambda t: 20, "r": lambda t: 0.3, "s": lambda t: 4}),
    "amounts_by_a_rule": rates([295, 296, 1014, 1015], document(
        compartments=[compartment(size=10)],
        species=[species("S", initialAmount=60), species("T"), concentration("U")],
        rules=[rule("T", "1.5 * S"), rule("U", "0.5 * S")],
        reactions=[reaction("r", "S ->", "0.5 * S")]),
        {"T": lambda t: 90 * exp(-0.5 * t), "U": lambda t: 300 * exp(-0.5 * t)}),
    "values_that_rules_and_initial_assignments_override": rates([
        87, 88, 296, 921, 924, 1036, 1040, 1078, 1087], document(
        compartments=[compartment(size=3)],
        species=[species("S", initialAmount=2.5), species("T", initialAmount=7.5),
                 concentration("U", initialConcentration=0.1)],
        parameters=[parameter("k", 9), variable("j", 8), parameter("p", 0.25)],
        initial=[initial("k", "p + p"), initial("S", "240 * p"), initial("U", "2 * S")],
        rules=[rule("T", "j * S"), rule("j", "8 * p")],
        reactions=[reaction("r", "S ->", "k * S")]),
        {"S": lambda t: 60 * exp(-0.5 * t), "T": lambda t: 120 * exp(-0.5 * t),
         "U": lambda t: 360}),
    "a_fixed_amount_in_a_size_that_changes": rates([1118, 1123, 1206], document(
        compartments=[compartment(size=2, constant=False)],
        species=[concentration("U", initialAmount=2.5, boundaryCondition=True),
                 species("V", initialAmount=1.5, boundaryCondition=True, constant=True),
                 species("T", initialAmount=0)],
        reactions=[reaction("r", "U -> T", "4 * U + 2 * V", modifiers=["V"])],
        events=[event("E1", "time >= 1", {"C": "0.5"})]),
        {"U": lambda t: 2.5, "V": lambda t: 1.5,
         "T": lambda t: 8 * t if t < 1 else 8 + 23 * (t - 1)}),
    "a_fixed_concentration_in_a_size_by_a_rule": rates([1118, 1206, 1207], document(
        compartments=[compartment(constant=False)],
        species=[concentration("U", initialConcentration=2.5, boundaryCondition=True),
                 species("B", initialAmount=0), species("T", initialAmount=0)],
        rules=[rule("C", "1 + B")],
        reactions=[reaction("r", "-> B", "1"), reaction("q", "-> T", "4 * U", modifiers=["U"])]),
        {"U": lambda t: 2.5, "B": lambda t: t, "T": lambda t: 10 * log(1 + t)}),
    "what_reads_a_size_that_events_change_is_not_reported": rates([1779], document(
        compartments=[compartment(size=2, constant=False)],
        species=[concentration("S", initialAmount=6)], parameters=[variable("x")],
        rules=[rule("x", "S")], events=[event("E1", "time >= 1", {"C": "4"})]),
        {"S": lambda t: 6}, note="'x' is not reported"),
    "two_dimensions": rates([
        42, 43, 44, 95, 98, 101, 202, 219, 280, 282, 284, 360, 363, 366, 417, 423, 589, 590, 591,
        1010], document(
        functions=[function("mul", "x", "y", "x * y")],
        compartments=[compartment(size=4, spatialDimensions=2)],
        species=[concentration("S", initialAmount=100),
                 concentration("U", initialAmount=8, boundaryCondition=True)],
        reactions=[reaction("r", "S ->", "mul(0.25, mul(S, U)) * C", modifiers=["U"])]),
        {"S": lambda t: 100 * exp(-0.5 * t)}),
    "one_dimension": rates([
        45, 46, 47, 76, 96, 99, 102, 205, 235, 236, 237, 281, 283, 285, 361, 364, 367, 418, 421,
        424, 592, 593, 594], document(
        compartments=[compartment(size=4, spatialDimensions=1)],
        species=[concentration("S", initialConcentration=25),
                 concentration("T", initialConcentration=2, boundaryCondition=True)],
        reactions=[reaction("r", "S + T ->", "0.25 * S * T * C")]),
        {"S": lambda t: 100 * exp(-0.5 * t), "T": lambda t: 8}),
    "amounts_without_dimensions": rates([155, 156, 258, 362, 365, 368, 419, 422, 425], document(
        compartments=[compartment(size=None, spatialDimensions=0)],
        species=[concentration("S", initialAmount=100),
                 concentration("U", initialAmount=4, constant=True), concentration("V")],
        rules=[rule("V", "1.5 * S")],
        reactions=[reaction("r", "S ->", "0.125 * S * U", modifiers=["U"])]),
        {"S": lambda t: 100 * exp(-0.5 * t), "U": lambda t: 4,
         "V": lambda t: 150 * exp(-0.5 * t)}),
    "a_size_by_an_initial_assignment": rates([27, 487, 525, 526, 527, 784], document(
        compartments=[compartment(size=7)],
        species=[concentration("S", initialConcentration=25),
                 concentration("T", initialAmount=20)],
        parameters=[parameter("k", 2)], initial=[initial("C", "2 * k")],
        reactions=[reaction("r", "S ->", "C * k * S", {"k": 0.5}),
                   reaction("q", "T ->", "k * T")]),
        {"S": lambda t: 100 * exp(-0.5 * t), "T": lambda t: 20 * exp(-0.5 * t)}),
    "the_time_in_an_initial_assignment": rates([879, 1569], document(
        species=[species("S", initialAmount=60)], parameters=[parameter("j", 0.25), parameter("k")],
        initial=[initial("k", "0.25 + j * exp(time)")], reactions=[reaction("r", "S ->", "k * S")]),
        {"S": lambda t: 60 * exp(-0.5 * t)}),
    "a_species_by_the_time_before_it_starts": rates([877, 878], document(
        "2.3", species=[species("S", initialAmount=100), species("T"),
                        species("U", initialAmount=7)],
        parameters=[parameter("p", -0.5)],
        initial=[initial("T", "p * S * time"), initial("U", "p * S * time")],
        reactions=[reaction("r", "S -> T", "S", is_3=False)]),
        {"T": lambda t: 100 - 100 * exp(-t), "U": lambda t: 0}),
    "rules_and_initial_assignments_in_turn": rates([
        616, 617, 618, 631, 632, 633, 920, 921, 922, 1184, 1217, 1218], document(
        species=[species("S", initialAmount=0)],
        parameters=[parameter("a"), parameter("c"), parameter("e"), variable("b"), variable("d"),
                    variable("f")],
        initial=[initial("e", "d + 1"), initial("c", "b + 1"), initial("a", "4 / 2")],
        rules=[rule("f", "e + 1"), rule("d", "c + 1"), rule("b", "a + 1")],
        reactions=[reaction("r", "-> S", "f")]),
        {"S": lambda t: 7 * t, "b": lambda t: 3, "d": lambda t: 5, "f": lambda t: 7}),
    "one_argument": rates([1113, 1490], document(
        functions=[function("my_and", "x", "and_(x)"), function("my_plus", "x", "plus(x)")],
        species=[species("S", initialAmount=0)], parameters=[parameter(id) for id in "abcde"],
        initial=[initial("a", "my_plus(3)"), initial("b", "times(2)"),
                 initial("c", "piecewise(1, my_and(true), 0)"),
                 initial("d", "piecewise(1, or_(true), 0)"),
                 initial("e", "piecewise(1, xor(true), 0)")],
        reactions=[reaction("r", "-> S", "a + 10*b + 100*c + 1000*d + 10000*e")]),
        {"S": lambda t: 11123 * t}),
    "one_argument_in_one_another": rates([1115], document(
        species=[species("S", initialAmount=0)], parameters=[parameter(id) for id in "abcde"],
        initial=[initial("a", "plus(1, plus(1, plus(1)))"),
                 initial("b", "times(2, times(2, times(2)))"),
                 initial("c", "piecewise(1, and_(and_(and_(true), true), true), 0)"),
                 initial("d", "piecewise(1, or_(or_(or_(true), true), true), 0)"),
                 initial("e", "piecewise(1, xor(xor(xor(true), true), true), 0)")],
        reactions=[reaction("r", "-> S", "a + 10*b + 100*c + 1000*d + 10000*e")]),
        {"S": lambda t: 11183 * t}),
    "no_arguments_in_one_another": rates([1114, 1489], document(
        functions=[function("my_and", "and_()"), function("my_xor", "xor()")],
        species=[species("S", initialAmount=0)], parameters=[parameter(id) for id in "abcde"],
        initial=[initial("a", "plus(1, plus(1, plus()))"),
                 initial("b", "times(2, times(2, times()))"),
                 initial("c", "piecewise(1, and_(and_(my_and(), true), true), 0)"),
                 initial("d", "piecewise(1, or_(or_(or_(), true), true), 0)"),
                 initial("e", "piecewise(1, xor(xor(my_xor(), true), true), 0)")],
        reactions=[reaction("r", "-> S", "a + 10*b + 100*c + 1000*d + 10000*e")]),
        {"S": lambda t: 1142 * t}),
    "no_arguments_in_functions_of_functions": rates([1311, 1313, 1491], document(
        functions=[function("three", "3"), function("get_three", "three()"),
                   function("still_three", "get_three()"), function("one_more", "x", "x + 1"),
                   function("two_more", "x", "one_more(x) + 1"),
                   function("three_more", "x", "two_more(x) + 1"),
                   function("sum0", "plus()"), function("product0", "times()"),
                   function("all0", "and_()"), function("any0", "or_()"),
                   function("sum2", "x", "y", "x + y"), function("product2", "x", "y", "x * y"),
                   function("all2", "x", "y", "x and y"), function("any2", "x", "y", "x or y"),
                   function("odd2", "x", "y", "xor(x, y)"), function("odd0", "xor()")],
        species=[species("S", initialAmount=0)],
        parameters=[variable(id) for id in "abcde"] + [parameter("f"), parameter("g")],
        rules=[rule("a", "sum2(1, sum2(1, sum0()))"),
               rule("b", "product2(2, product2(2, product0()))"),
               rule("c", "piecewise(1, all2(all2(all0(), true), true), 0)"),
               rule("d", "piecewise(1, any2(any2(any0(), true), true), 0)"),
               rule("e", "piecewise(1, odd2(odd2(odd0(), true), true), 0)")],
        initial=[initial("f", "still_three()"), initial("g", "three_more(3)")],
        reactions=[reaction("r", "-> S", "a + 10*b + 100*c + 1000*d + 10000*e + "
                            "100000*f + 1000000*g")]),
        {"S": lambda t: 6301142 * t}),
    "numbers_as_truth": rates([1282, 1283], document(
        species=[species("S", initialAmount=0)], parameters=[parameter(id) for id in "abcdefgh"],
        initial=[initial("a", "piecewise(0, 5, 1)"), initial("b", "true and (0 or 0.0)"),
                 initial("c", "0 or (1 - 1) or (3 - 1)"), initial("d", "true + 3"),
                 initial("e", "(2 * true) ** 2 - false / 5"),
                 initial("f", "piecewise(false, true, true)"), initial("g", "and_(5)"),
                 initial("h", "or_(7) + (not 0)")],
        reactions=[reaction("r", "-> S", "a + 10*b + 100*c + 1000*d + 10000*e + 1000000*f + "
                            "2000000*g + 4000000*h")]),
        {"S": lambda t: 10044100 * t}),
    "truth_as_a_law": rates([1288], document(
        species=[species("S", initialAmount=9), species("T", initialAmount=0)],
        reactions=[reaction("r", "S ->", "false"), reaction("q", "-> T", "true"),
                   reaction("s", "-> T", "S > 8", modifiers=["S"])]),
        {"S": lambda t: 9, "T": lambda t: 2 * t}),
    "truth_in_rules_and_by_functions": rates([1289, 1291], document(
        functions=[function("is_much", "x", "x > 5")], species=[species("S", initialAmount=0)],
        parameters=[parameter("a"), parameter("b"), variable("c"), variable("d")],
        initial=[initial("a", "is_much(3)"), initial("b", "is_much(8)")],
        rules=[rule("c", "true"), rule("d", "false")],
        reactions=[reaction("r", "-> S", "1 + 10*a + 100*b + 1000*c + 10000*d")]),
        {"S": lambda t: 1101 * t, "c": lambda t: 1, "d": lambda t: 0}),
    "comparisons_of_three": rates([1209, 1210, 1216, 1494, 1781, 1782], document(
        functions=[function("less", "x", "y", "z", "x < y < z"),
                   function("same", "x", "y", "z", "x == y == z")],
        species=[species("S", initialAmount=0)],
        parameters=[variable("a"), parameter("b"), parameter("c"), variable("d"), parameter("e"),
                    variable("f")],
        initial=[initial("b", "piecewise(1, 1 < 3 < 2, 3)"),
                 initial("c", "piecewise(1, less(1, 2, 1), 4)"),
                 initial("e", "piecewise(1, same(1, 1, 2), 5)")],
        rules=[rule("a", "piecewise(1, 2 > 1 > 2, 3)"), rule("d", "piecewise(1, 2 > 0 > 1, 6)"),
               rule("f", "piecewise(1, 1 < 2 < 3 < 3 < 4, 7)")],
        reactions=[reaction("r", "-> S", "a + 10*b + 100*c + 1000*d + 10000*e + 100000*f")]),
        {"S": lambda t: 756433 * t}),
    "pieces_in_pieces": rates([1199, 1200, 1201, 1202, 1203, 1204, 1492, 1493], document(
        functions=[function("choose", "x", "y", "z", "piecewise(x, y, z)")],
        species=[species("S", initialAmount=0), species("T", initialAmount=0),
                 species("X", initialAmount=0)],
        reactions=[reaction("x", "-> X", "100"),
                   reaction("r", "-> S", "piecewise(piecewise(2, X < 75, 4), "
                            "piecewise(true, X <= 150, false), piecewise(8, X < 250, 16))",
                            modifiers=["X"]),
                   reaction("q", "-> T", "choose(choose(2, X < 75, 4), X <= 150, "
                            "choose(8, X < 250, 16))", modifiers=["X"])]),
        {id: lambda t: (2 * min(t, 0.75) + 4 * max(0, min(t, 1.5) - 0.75) +
                        8 * max(0, min(t, 2.5) - 1.5) + 16 * max(0, t - 2.5)) for id in "ST"}),
    "the_least_and_the_most": rates([1276, 1280, 1281], document(
        species=[species("S", initialAmount=0), species("X", initialAmount=0)],
        parameters=[parameter("a"), parameter("b"), parameter("c"), variable("d"), variable("e")],
        initial=[initial("a", "min(20, 200, 2, 2000)"), initial("b", "min(30)"),
                 initial("c", "-min(-1, -10)")],
        rules=[rule("d", "max(-150, -X)"), rule("e", "min(150, X, 700)")],
        reactions=[reaction("x", "-> X", "100"), reaction("r", "-> S", "a + b + c")]),
        {"S": lambda t: 42 * t, "d": lambda t: -min(150, 100 * t),
         "e": lambda t: min(150, 100 * t)}),
    "the_most_of_one_two_and_three": rates([1275], document(
        species=[species("S", initialAmount=0)], parameters=[parameter(id) for id in "abc"],
        initial=[initial("a", "max(-1, -10)"), initial("b", "max(30)"),
                 initial("c", "max(2, 200, 20)")],
        reactions=[reaction("r", "-> S", "a + b + c")]), {"S": lambda t: 229 * t}),
    "functions_of_functions_of_functions": rates([1312, 1314, 1315, 1478], document(
        functions=[function("one", "1"), function("more", "x", "x + one()"),
                   function("twice", "x", "more(x) + more(x) + 1"),
                   function("much", "y", "twice(y) + twice(more(y)) + more(y) + 1")],
        species=[species("S", initialAmount=0)], parameters=[parameter("x", 1000), parameter("p")],
        initial=[initial("p", "much(3)")], reactions=[reaction("r", "-> S", "p")]),
        {"S": lambda t: 25 * t}),
    "arguments_hide_what_is_outside": rates([1312, 1492], document(
        functions=[function("f", "S", "k", "S - k"), function("g", "k", "S", "f(k, S)")],
        species=[species("S", initialAmount=100)], parameters=[parameter("k", 40)],
        reactions=[reaction("r", "->", "0 * g(S, k)", modifiers=["S"]),
                   reaction("q", "S ->", "g(S, k)")]),
        {"S": lambda t: 40 + 60 * exp(-t)}, note="is not 0 where only"),
    "avogadro_without_a_name": rates([960], document(
        species=[species("S", initialAmount=0)], parameters=[parameter("a")],
        initial=[initial("a", "avogadro / 3.01107089500e23")],
        reactions=[reaction("r", "-> S", "a")]).replace(">s</csymbol>", "> </csymbol>"),
        {"S": lambda t: 2 * t}),
    "a_symbol_called_as_what_it_is_assigned_to": rates([], document(
        species=[species("S", initialAmount=0)], parameters=[parameter("s")],
        initial=[initial("s", "avogadro / 3.01107089500e23")],
        reactions=[reaction("r", "-> S", "s")]), {"S": lambda t: 2 * t}),
    "avogadro_that_has_the_id_of_a_parameter": rates([1316], document(
        species=[species("S", initialAmount=0)], parameters=[parameter("a"), parameter("s", 5)],
        initial=[initial("a", "s * avogadro / 3.01107089500e23")],
        reactions=[reaction("r", "-> S", "a")]), {"S": lambda t: 10 * t}),
    "ids_named_avogadro": rates([1760, 1761, 1762, 1763], document(
        species=[species("S", initialAmount=0), species("T", initialAmount=0)],
        parameters=[parameter("AVO", 1.204428358e24)],
        reactions=[reaction("r", "-> S", "AVO / avogadro"),
                   reaction("q", "-> T", "AVO * avogadro / 6.02214179e23", {"AVO": 3})]
        ).replace("AVO", "avogadro"), {"S": lambda t: 2 * t, "T": lambda t: 3 * t}),
    "ids_named_pi": rates([1819], document(
        species=[species("S", initialAmount=0), species("T", initialAmount=0)],
        parameters=[parameter("OWN", 7), parameter("Pi", 8), parameter("PI", 9), parameter("a"),
                    parameter("b")],
        initial=[initial("a", "OWN + 10 * Pi + 100 * PI"), initial("b", "OWN + 2 * pi")],
        reactions=[reaction("r", "-> S", "a + OWN"), reaction("q", "-> T", "b + pi")]
        ).replace("OWN", "pi"),
        {"S": lambda t: 994 * t, "T": lambda t: (7 + 3 * math.pi) * t}),
    "ids_that_look_like_truth": rates([1814, 1815, 1816, 1817], document(
        species=[species("S", initialAmount=0)],
        parameters=[parameter("TRU", 10), parameter("True_", 20), parameter("TRUE", 30),
                    parameter("FAL", 5), parameter("a")],
        initial=[initial("a", "TRU")],
        reactions=[reaction("r", "-> S", "a + TRU * True_ + TRUE + FAL + true")]
        ).replace("TRUE", "t").replace("TRU", "true").replace("FAL", "false"),
        {"S": lambda t: 246 * t}),
    "capital_letters": rates([1803, 1804, 1805, 1806, 1807, 1808], document(
        compartments=[compartment(size=2), compartment("c", size=4)],
        species=[concentration("s", initialConcentration=3),
                 concentration("S", initialConcentration=4, compartment="c")],
        parameters=[parameter("k", 3), parameter("K", 5)],
        reactions=[reaction("r", "-> s", "k * C"), reaction("R", "-> 2 S", "K * c")]),
        {"s": lambda t: 6 + 6 * t, "S": lambda t: 16 + 40 * t}),
    "a_local_parameter_hides_a_conversion_factor": rates([
        1648, 1649, 1650, 1739, 1740, 1741], document(
        model='substanceUnits="item" timeUnits="second" extentUnits="item" conversionFactor="f"',
        species=[species("S", initialAmount=0)], parameters=[parameter("f", 3)],
        reactions=[reaction("r", "-> S", "f + g", {"f": 2, "g": 5})]), {"S": lambda t: 21 * t}),
    "a_local_parameter_hides_a_reaction": rates([1232, 1799, 1802], document(
        species=[species("S", initialAmount=0), species("T", initialAmount=0)],
        reactions=[reaction("r", "-> S", "2 * r", {"r": 3}),
                   reaction("q", "-> T", "r", {"r": 4})]),
        {"S": lambda t: 6 * t, "T": lambda t: 4 * t}),
    "the_rate_of_a_reaction": rates(
        [1178, 1180, 1224, 1225, 1229, 1230, 1231, 1233, 1300, 1301, 1305, 1306], document(
            functions=[function("more", "x", "x + 1")],
            species=[species("S", initialAmount=60)] + [
                species(id, initialAmount=0) for id in "TUV"],
            parameters=[variable("a"), parameter("b"), parameter("r_rate", 5)],
            rules=[rule("a", "2 * r")], initial=[initial("b", "more(r)")],
            reactions=[reaction("r", "S ->", "k * S", {"k": 0.5}), reaction("q", "-> T", "a + r"),
                       reaction("s", "-> U", "b + r_rate"), reaction("p", "-> V", "q / 2")]),
        {"S": lambda t: 60 * exp(-0.5 * t), "T": lambda t: 180 - 180 * exp(-0.5 * t),
         "U": lambda t: 36 * t, "V": lambda t: 90 - 90 * exp(-0.5 * t),
         "a": lambda t: 60 * exp(-0.5 * t)}),
    "the_rate_of_a_reversible_reaction": rates([], document(
        compartments=[compartment(size=2)],
        species=[concentration("S", initialAmount=90), concentration("T", initialAmount=0)],
        parameters=[variable("a")], rules=[rule("a", "r")],
        reactions=[reaction("r", "T -> S", "-(0.75 * S - 0.25 * T) * C", reversible=True)]),
        {"S": lambda t: 90 * (0.25 + 0.75 * exp(-t)), "a": lambda t: -67.5 * exp(-t)}),
    "catalysts": rates([1431], document(
        species=[species("S", initialAmount=5), species("T", initialAmount=5)],
        reactions=[reaction("r", "S + T -> S + T", "1")]),
        {"S": lambda t: 5, "T": lambda t: 5}, note="only 0 of 1 S are there"),
    "a_local_parameter_beside_a_stoichiometry": rates([1753], document(
        "3.1", species=[species("S", initialAmount=90), species("T", initialAmount=0)],
        reactions=[reaction("r", "->", "n * m", {"m": 5}, fast=False, references=(
            reference("S", 2, id="n", constant=True),
            reference("T", 3, id="m", constant=True)))]),
        {"S": lambda t: 90 - 20 * t, "T": lambda t: 30 * t}, note="only 1 of 2 S is there"),
    "a_local_parameter_hides_nothing_elsewhere": rates([1766, 1767, 1773, 1774], document(
        species=[species("S", initialAmount=0), species("T", initialAmount=0),
                 species("U", initialAmount=0)],
        parameters=[parameter("p")], initial=[initial("p", "n * 2")],
        reactions=[reaction("r", "->", "p", references=(
            "", reference("S", 2, id="n", constant=True))),
            reaction("q", "-> T", "n", {"n": 7}), reaction("s", "-> U", "n / 2")]),
        {"S": lambda t: 8 * t, "T": lambda t: 7 * t, "U": lambda t: t}),
    "conversion_factors_of_assigned_stoichiometries": rates([
        1724, 1725, 1726, 1730, 1731, 1733, 1734], document(
        model='substanceUnits="item" timeUnits="second" extentUnits="item" conversionFactor="f"',
        species=[species("S", initialAmount=900, conversionFactor="g"),
                 species("T", initialAmount=0),
                 species("U", initialAmount=2.5, boundaryCondition=True, conversionFactor="g")],
        parameters=[parameter("f", 2), parameter("g", 4)],
        initial=[initial(id, "3 / 2") for id in "abc"],
        reactions=[reaction("r", "->", "5", references=(
            reference("S", None, id="a", constant=True) +
            reference("U", None, id="c", constant=True),
            reference("T", None, id="b", constant=True)))]),
        {"S": lambda t: 900 - 30 * t, "T": lambda t: 15 * t, "U": lambda t: 2.5},
        note="only 5 of 6 S are there"),
    "conversion_factors_by_functions_and_avogadro": rates([
        1642, 1643, 1644, 1775, 1776, 1777], document(
        model='substanceUnits="item" timeUnits="second" extentUnits="item" conversionFactor="f"',
        functions=[function("five", "5")],
        species=[species("S", initialAmount=0, conversionFactor="g"),
                 species("T", initialAmount=0)],
        parameters=[parameter("f"), parameter("g")],
        initial=[initial("f", "avogadro / 3.01107089500e23"), initial("g", "five()")],
        reactions=[reaction("r", "-> S + T", "3")]),
        {"S": lambda t: 15 * t, "T": lambda t: 6 * t}),
    "more_uncommon_functions_of_numbers": rates([1486, 1516, 1561, 1562, 1564, 1565], document(
        functions=[function("my_arccoth", "x", "arccoth(x)")],
        species=[species("S", initialAmount=0)], parameters=[parameter(id) for id in "abc"],
        initial=[initial("a", "cosh(arcsech(0.5))"), initial("b", "sinh(arccsch(0.25))"),
                 initial("c", "tanh(my_arccoth(-2)) + arccot(-1) * 4 / pi")],
        reactions=[reaction("r", "-> S", "a * 100 + b * 10 - c * 2")]),
        {"S": lambda t: 243 * t}),
    "an_algebraic_rule_and_a_constraint_without_formulas": rates([1244, 1247], document(
        species=[species("S", initialAmount=60)], rules=["<algebraicRule/>"],
        constraints=["<constraint/>"], reactions=[reaction("r", "S ->", "0.5 * S")]),
        {"S": lambda t: 60 * exp(-0.5 * t)}, note="a constraint has no formula (it is left out)"),
    "a_replaced_parameter": rates([1124, 1360], composed(
        document(species=[species("S", initialAmount=0)],
                 parameters=[replacing(parameter("p", 10), "sub", "q")],
                 reactions=[reaction("r", "-> S", "p")]),
        [submodel("sub", "part")], {"part": document(
            species=[species("T", initialAmount=0)], parameters=[parameter("q", 5)],
            reactions=[reaction("r", "-> T", "2 * q")])}),
        {"S": lambda t: 10 * t, "sub__T": lambda t: 20 * t}),
    "a_parameter_replaced_by_its_port": rates([1125, 1126], composed(
        document(species=[species("S", initialAmount=0)],
                 parameters=[replacing(parameter("p", 10), "sub", portRef="door")],
                 reactions=[reaction("r", "-> S", "p")]),
        [submodel("sub", "part")], {"part": with_ports(document(
            species=[species("T", initialAmount=0)], parameters=[parameter("q", 5)],
            reactions=[reaction("r", "-> T", "2 * q")]), door="q")}),
        {"S": lambda t: 10 * t, "sub__T": lambda t: 20 * t}),
    "a_parameter_of_a_submodel_s_submodel_instead": rates([1128, 1135], composed(
        document(species=[species("S", initialAmount=0)],
                 parameters=[replaced_by(parameter("p", 2), "sub", "in", deep="r")],
                 reactions=[reaction("r", "-> S", "p")]),
        [submodel("sub", "outer")],
        {"inner": document(parameters=[parameter("r", 8)]),
         "outer": (document(parameters=[replaced_by(parameter("q", 4), "in", "r")]),
                   [submodel("in", "inner")])}),
        {"S": lambda t: 8 * t}),
    "a_replaced_compartment_of_a_submodel_s_submodel": rates([
        1130, 1362, 1369, 1469, 1474], composed(
        document(compartments=[replacing(compartment("D", size=10), "sub", "in", deep="C")],
                 species=[concentration("S", initialAmount=5, compartment="D")]),
        [submodel("sub", "outer")],
        {"inner": document(
            compartments=[compartment(size=1)], parameters=[variable("x")], rules=[rule("x", "C")],
            species=[concentration("U", initialAmount=70), species("T", initialAmount=0)],
            reactions=[reaction("r", "-> T", "U + x + C", modifiers=["U"])]),
         "outer": (document(), [submodel("in", "inner")])}),
        {"sub__in__T": lambda t: 27 * t, "sub__in__x": lambda t: 10}),
    "a_model_at_many_places": rates([1129, 1131, 1132, 1164], composed(
        document("3.1", compartments=[replacing(compartment(size=10), "b", "a", deep="C")],
                 species=[replacing(concentration("S", initialAmount=5, constant=True), "c", "b",
                                    deep=("a", "S"))]),
        [submodel("a", "one"), submodel("b", "two"), submodel("c", "three")],
        {"one": document("3.1", species=[concentration("S", initialAmount=7, constant=True),
                                         species("X", initialAmount=0)],
                         reactions=[reaction("r", "-> X", "S", fast=False, modifiers=["S"])]),
         "two": (document("3.1"), [submodel("a", "one")]),
         "three": (document("3.1"), [submodel("a", "one"), submodel("b", "two")])}),
        {"S": lambda t: 5, "a__S": lambda t: 7, "b__a__S": lambda t: 7, "c__a__S": lambda t: 7,
         "a__X": lambda t: 7 * t, "b__a__X": lambda t: 0.7 * t, "c__a__X": lambda t: 7 * t,
         "c__b__a__X": lambda t: 0.5 * t}),
    "a_species_that_replaces_and_is_replaced": rates([1133, 1134, 1136], composed(
        with_ports(document("3.1", compartments=[replacing(
            compartment(size=10, constant=False), "b", "a", deep="C")], species=[replaced_by(
                replacing(concentration("S", initialAmount=5, constant=True), "a", "S"),
                "b", "a", deep="S")]), unused="C"),
        [submodel("a", "one"), submodel("b", "two")],
        {"one": document("3.1", species=[
            concentration("S", initialConcentration=2.5, constant=True),
            species("X", initialAmount=0)],
                         reactions=[reaction("r", "-> X", "S", fast=False, modifiers=["S"])]),
         "two": (document("3.1"), [submodel("a", "one")])}),
        {"S": lambda t: 25, "a__X": lambda t: 2.5 * t, "b__a__X": lambda t: 2.5 * t}),
    "a_replaced_local_parameter": rates([1160], composed(
        document(parameters=[replacing(parameter("p", 10, metaid="new"), "sub",
                                       metaIdRef="local")]),
        [submodel("sub", "part")], {"part": document(
            species=[species("S", initialAmount=0)],
            reactions=[reaction("r", "-> S", "q", {"q": 100}).replace(
                "<localParameter ", '<localParameter metaid="local" ')])}),
        {"sub__S": lambda t: 10 * t}),
    "a_conversion_factor_of_a_replacement": rates([1137, 1467], composed(
        document(species=[species("S", initialAmount=0)],
                 parameters=[parameter("factor", 0.5),
                             replacing(variable("p"), "sub", "q", conversionFactor="factor")],
                 reactions=[reaction("r", "-> S", "p")]),
        [submodel("sub", "part")], {"part": document(
            species=[species("T", initialAmount=0)], parameters=[variable("q")],
            rules=[rule("q", "80")], reactions=[reaction("r", "-> T", "q")])}),
        {"S": lambda t: 40 * t, "p": lambda t: 40, "sub__T": lambda t: 80 * t}),
    "a_conversion_factor_of_what_a_submodel_reads": rates([1138], composed(
        document(species=[species("S", initialAmount=0)],
                 parameters=[parameter("factor", 0.125),
                             replacing(variable("p", 8), "sub", "q", conversionFactor="factor")],
                 reactions=[reaction("r", "-> S", "p")]),
        [submodel("sub", "part")], {"part": document(
            species=[species("T", initialAmount=0)], parameters=[variable("q", 5), variable("x")],
            rules=[rule("x", "q / 2")], reactions=[reaction("r", "-> T", "x")])}),
        {"S": lambda t: 8 * t, "sub__x": lambda t: 32, "sub__T": lambda t: 32 * t}),
    "a_rate_rule_of_a_submodel_that_is_deleted": rates([1153, 1162], composed(
        document(), [submodel("sub", "part", deleted=["gone"])],
        {"part": document(
            species=[species("S", initialAmount=0)], parameters=[variable("q", 8)],
            rules=[rule("q", "3", "rateRule").replace("<rateRule ", '<rateRule metaid="gone" ')],
            reactions=[reaction("r", "-> S", "q")])}),
        {"sub__S": lambda t: 8 * t}),
    "a_rate_rule_that_is_deleted_of_a_parameter_that_is_replaced": rates([1149, 1154], composed(
        document(species=[species("S", initialAmount=0)],
                 parameters=[replacing(variable("p", 8), "sub", "q")],
                 reactions=[reaction("r", "-> S", "p")]),
        [submodel("sub", "part", deleted=["gone", {"idRef": "E1"}])],
        {"part": document(
            parameters=[variable("q", 5)], events=[event("E1", "time > 1", {"q": "100"})],
            rules=[rule("q", "3", "rateRule").replace("<rateRule ", '<rateRule metaid="gone" ')])}),
        {"S": lambda t: 8 * t}),
    "a_local_parameter_of_a_submodel_and_its_deletion": rates([1159, 1161], composed(
        document(), [submodel("a", "part"), submodel("b", "part", deleted=["gone"])],
        {"part": document(
            species=[species("S", initialAmount=10)], parameters=[parameter("p", 0.5)],
            reactions=[reaction("r", "-> S", "p * S", {"p": 0.25}).replace(
                "<localParameter ", '<localParameter metaid="gone" ')])}),
        {"a__S": lambda t: 10 * exp(0.25 * t), "b__S": lambda t: 10 * exp(0.5 * t)}),
    "what_replaces_a_deletion": rates([1166], composed(
        document("3.1", species=[replacing(species("S", initialAmount=60), "sub", portRef="s")],
                 reactions=[replacing(reaction("q", "S ->", "0.5 * S", fast=False), "sub",
                                      deletion="old")]),
        [submodel("sub", "part", deleted=[{"id": "old", "portRef": "j"}])],
        {"part": with_ports(document(
            "3.1", species=[species("S", initialAmount=20), species("T", initialAmount=0)],
            reactions=[reaction("r", "S -> T", "100", fast=False),
                       reaction("k", "-> T", "S", fast=False, modifiers=["S"])]), s="S", j="r")}),
        {"S": lambda t: 60 * exp(-0.5 * t), "sub__T": lambda t: 120 - 120 * exp(-0.5 * t)}),
    "a_replaced_stoichiometry": rates([1381, 1389], composed(
        document(species=[species("S", initialAmount=3)],
                 reactions=[replacing(reaction("J", "->", "1", references=("", replacing(
                     reference("S", 5, id="m", constant=True), "sub", "n"))), "sub", "r")]),
        [submodel("sub", "part")], {"part": document(
            species=[B, species("T", initialAmount=0)], parameters=[variable("x")],
            initial=[initial("x", "n + 2")],
            reactions=[reaction("r", "->", "1", references=(
                "", reference("B", 4, id="n", constant=True))), reaction("q", "-> T", "x")])}),
        {"S": lambda t: 3 + 5 * t, "sub__T": lambda t: 7 * t}),
    "what_is_replaced_in_rules_and_laws_of_a_submodel": rates(
        [1353, 1354, 1360, 1363, 1371, 1372, 1378, 1380, 1387, 1389], composed(
            document(compartments=[compartment(), replacing(compartment("D", 3), "sub", "D")],
                     species=[replacing(concentration("T", initialConcentration=4,
                                                      boundaryCondition=True), "sub", "T"),
                              species("S", initialAmount=3)],
                     parameters=[replacing(parameter("p", 2), "sub", "p")],
                     reactions=[replacing(reaction("r", "->", "1", references=("", replacing(
                         reference("S", 5, id="n", constant=True), "sub", "n"))), "sub", "r")]),
            [submodel("sub", "part")], {"part": document(
                compartments=[compartment(), compartment("D", 30)],
                species=[concentration("T", initialConcentration=40, boundaryCondition=True), B] +
                [species(f"{of}{id}", initialAmount=0) for of in "XYZ" for id in "pDTn"],
                parameters=[parameter("p", 20)] + [
                    variable(f"x{id}") for id in "pDTn"] + [parameter(f"y{id}") for id in "pDTn"],
                rules=[rule(f"x{id}", id) for id in "pDTn"],
                initial=[initial(f"y{id}", f"{id} + 2") for id in "pDTn"],
                reactions=[reaction("r", "->", "10", references=(
                    "", reference("B", 10, id="n", constant=True)))] + [
                    one for id in "pDTn" for one in (
                        reaction(f"x_{id}", f"-> X{id}", f"x{id}"),
                        reaction(f"y_{id}", f"-> Y{id}", f"y{id}"),
                        reaction(f"z_{id}", f"-> Z{id}", id, modifiers=["T"]))])}),
        {"S": lambda t: 3 + 5 * t} | {
            f"sub__{of}{id}": lambda t, rate=value + more: rate * t
            for of, more in zip("XYZ", (0, 2, 0)) for id, value in zip("pDTn", (2, 3, 4, 5))}),
    "time_and_extent_of_a_submodel": rates([1144, 1468], composed(
        document(parameters=[parameter("slower", 2), parameter("more", 6)]),
        [submodel("sub", "outer", timeConversionFactor="slower", extentConversionFactor="more")],
        {"inner": document(species=[species("S", initialAmount=0)],
                           reactions=[reaction("r", "-> S", "10")]),
         "outer": (document(), [submodel("in", "inner")])}),
        {"sub__in__S": lambda t: 30 * t}),
    "times_and_extents_of_submodels_in_one_another": rates([1143, 1145, 1148], composed(
        document(compartments=[compartment(size=None)],
                 parameters=[parameter("slower", 2), parameter("more", 3)]),
        [submodel("sub", "outer", timeConversionFactor="slower", extentConversionFactor="more")],
        {"inner": document(compartments=[compartment(size=None)],
                           species=[species("S", initialAmount=10)],
                           reactions=[reaction("r", "-> S", "0.5 * S")]),
         "outer": (document(parameters=[parameter("slower", 6), parameter("more", 2)]),
                   [submodel("in", "inner", timeConversionFactor="slower",
                             extentConversionFactor="more")])}),
        {"sub__in__S": lambda t: 10 * exp(0.25 * t)}),
    "time_and_extent_of_a_replaced_species": rates([1469, 1474], composed(
        document(compartments=[replacing(compartment(), "sub", "in", deep="C")],
                 species=[replacing(concentration("S", initialAmount=1), "sub", "in", deep="T")],
                 parameters=[parameter("slower", 2), parameter("more", 6)]),
        [submodel("sub", "outer", timeConversionFactor="slower", extentConversionFactor="more")],
        {"inner": document(species=[concentration("T", initialAmount=7)],
                           reactions=[reaction("r", "-> T", "10")]),
         "outer": (document(), [submodel("in", "inner")])}),
        {"S": lambda t: 1 + 30 * t}),
    "the_rate_of_a_reaction_of_a_submodel": rates([1181], composed(
        document(parameters=[parameter("slower", 2), parameter("more", 6)]),
        [submodel("sub", "part", timeConversionFactor="slower", extentConversionFactor="more")],
        {"part": document(species=[species("S", initialAmount=0)], parameters=[variable("x")],
                          rules=[rule("x", "r + 6")], reactions=[reaction("r", "-> S", "10")])}),
        {"sub__S": lambda t: 30 * t, "sub__x": lambda t: 16}),
    "the_rate_of_a_replaced_reaction": rates([1182, 1344, 1345, 1348, 1351], composed(
        document(species=[species("S", initialAmount=0)],
                 parameters=[parameter("slower", 2), parameter("more", 6)],
                 reactions=[replacing(reaction("q", "-> S", "10"), "sub", "r")]),
        [submodel("sub", "part", timeConversionFactor="slower", extentConversionFactor="more")],
        {"part": document(
            species=[B, species("T", initialAmount=0)], parameters=[variable("x"), parameter("y")],
            rules=[rule("x", "r + 6")], initial=[initial("y", "r + 2")],
            reactions=[reaction("r", "-> B", "70"), reaction("s", "-> T", "r + x + y")])}),
        {"S": lambda t: 10 * t, "sub__T": lambda t: 114 * t, "sub__x": lambda t: 16}),
    "a_conversion_factor_of_a_replaced_reaction": rates([1183], composed(
        document(species=[species("S", initialAmount=0)], parameters=[parameter("f", 4)],
                 reactions=[replacing(reaction("q", "-> S", "10"), "sub", "r",
                                      conversionFactor="f")]),
        [submodel("sub", "part")], {"part": document(
            species=[B], parameters=[variable("x")], rules=[rule("x", "r + 6")],
            reactions=[reaction("r", "-> B", "70")])}),
        {"S": lambda t: 10 * t, "sub__x": lambda t: 8.5}),
    "a_species_of_a_submodel_s_instead": rates([1470], composed(
        document(species=[replaced_by(species("S", initialAmount=1), "sub", "S")],
                 reactions=[reaction("q", "-> S", "5")]),
        [submodel("sub", "part")], {"part": document(
            species=[species("S", initialAmount=7)], reactions=[reaction("r", "-> S", "10")])}),
        {"S": lambda t: 7 + 15 * t}),
    "initial_assignments_across_models": rates([1390], composed(
        document(species=[species("S", initialAmount=0)],
                 parameters=[replacing(parameter(id, value), "sub", id)
                             for id, value in (("a", 2), ("b", None), ("c", None), ("d", None))],
                 initial=[initial("b", "a + 1"), initial("d", "c + 1")],
                 reactions=[reaction("r", "-> S", "d")]),
        [submodel("sub", "part")], {"part": document(
            parameters=[parameter("b"), parameter("c"), parameter("a"), parameter("d")],
            initial=[initial("c", "2 * b")])}),
        {"S": lambda t: 7 * t}),
    "rules_across_models_by_ports": rates([1391], composed(
        document(species=[species("S", initialAmount=0)],
                 parameters=[replacing(variable(id, 1 if id == "a" else None), "sub",
                                       portRef=f"{id}_") for id in "abcdefg"],
                 rules=[rule("c", "b + 1"), rule("e", "d + 1"), rule("g", "f + 1")],
                 reactions=[reaction("r", "-> S", "g")]),
        [submodel("sub", "part")], {"part": with_ports(document(
            parameters=[variable("a", 9)] + [variable(id) for id in "bcdefg"],
            rules=[rule("f", "e + 1"), rule("d", "c + 1"), rule("b", "a + 1")]),
            **{f"{id}_": id for id in "abcdefg"})}),
        {"S": lambda t: 7 * t}),
    "rules_and_initial_assignments_across_models": rates([1392, 1394], composed(
        document(species=[species("S", initialAmount=0)],
                 parameters=[replacing(variable(id, 1 if id == "a" else None), "sub",
                                       portRef=f"{id}_") for id in "abcdefg"],
                 rules=[rule("e", "d + 1")],
                 initial=[initial("g", "f + 1"), initial("c", "b + 1")],
                 reactions=[reaction("r", "-> S", "g")]),
        [submodel("sub", "part")], {"part": with_ports(document(
            parameters=[variable("a", 9)] + [variable(id) for id in "bcdefg"],
            rules=[rule("f", "e + 1"), rule("b", "a + 1")],
            initial=[initial("d", "c + 1")]), **{f"{id}_": id for id in "abcdefg"})}),
        {"S": lambda t: 7 * t}),
    "there_and_back_by_two_reactions": rates([2, 5, 6, 7, 8, 18, 116, 117], document(
        compartments=[compartment(size=2)],
        species=[concentration(id, initialAmount=n) for id, n in zip("STUVXY", (
            60, 20, 30, 30, 40, 10))], parameters=[parameter("o", 0), parameter("k", 0.5)],
        reactions=[reaction("s", "S -> T", "0.75 * S * C"), reaction("t", "T -> S", "0.25 * T * C"),
                   reaction("u", "U -> V", "k * U * C"), reaction("v", "V -> U", "k * V * C"),
                   reaction("x", "X -> Y", "k * X * C"), reaction("y", "Y -> X", "o * Y * C")]),
        {"S": lambda t: 20 + 40 * exp(-t), "T": lambda t: 60 - 40 * exp(-t),
         "U": lambda t: 30, "V": lambda t: 30, "X": lambda t: 40 * exp(-0.5 * t),
         "Y": lambda t: 50 - 40 * exp(-0.5 * t)}),
    "one_becomes_two_and_back": rates([3, 4, 17, 21], document(
        compartments=[compartment(size=0.5)],
        species=[concentration("S", initialAmount=100), concentration("T", initialAmount=0)],
        parameters=[parameter("f", 0.75), parameter("b", 0.00125)],
        reactions=[reaction("r", "S -> 2 T", "f * S * C"),
                   reaction("q", "2 T -> S", "b * T * T * C")]),
        {"S": lambda t: 100 - towards(t, 0, 0.01, 0.75, -75),
         "T": lambda t: 2 * towards(t, 0, 0.01, 0.75, -75)}, note="only 1 of 2 T is there"),
    "fixed_species_on_both_sides": rates([23, 24], document(
        "2.4", compartments=[compartment(size=2)],
        species=[concentration("S", initialAmount=60),
                 concentration("K", initialAmount=40, constant=True, boundaryCondition=True),
                 concentration("Z", initialAmount=0, constant=True, boundaryCondition=True),
                 concentration("T", initialAmount=0), concentration("X", initialAmount=0)],
        reactions=[reaction("r", "S -> K", "0.75 * S * C", is_3=False),
                   reaction("q", "K -> S", "0.25 * K * C", is_3=False),
                   reaction("s", "K -> T + Z", "0.5 * K * C", is_3=False),
                   reaction("t", "T + Z -> K", "3 * T * Z * C", is_3=False),
                   reaction("x", "Z -> X", "5", is_3=False)]),
        {"S": lambda t: (40 + 140 * exp(-0.75 * t)) / 3, "T": lambda t: 20 * t,
         "X": lambda t: 5 * t, "K": lambda t: 40, "Z": lambda t: 0}),
    "two_and_two_without_dimensions": rates([49, 50, 97, 100, 103], document(
        "2.4", functions=[function("mul", "x", "y", "x * y"),
                          function("mul3", "x", "y", "z", "x * y * z")],
        compartments=[compartment(size=None, spatialDimensions=0)],
        species=[concentration(id, initialAmount=n) for id, n in zip("PQRSUVWX", (
            100, 100, 0, 0, 60, 100, 100, 0))],
        parameters=[parameter("k", 0.005), parameter("j", 0.5)],
        reactions=[reaction("r", "P + Q -> R + S", "mul(k, mul(P, Q))", is_3=False),
                   reaction("s", "R + S -> P + Q", "k * R * S", is_3=False),
                   reaction("u", "U ->", "mul(j, U)", is_3=False),
                   reaction("v", "V + W -> X", "mul3(k, 2 * V, W)", is_3=False),
                   reaction("x", "X -> V + W", "j * X", is_3=False)]),
        {"P": lambda t: 50 + 50 * exp(-t), "S": lambda t: 50 - 50 * exp(-t),
         "U": lambda t: 60 * exp(-0.5 * t), "V": lambda t: towards(t, 100, 0.01, 0.5, -50),
         "X": lambda t: 100 - towards(t, 100, 0.01, 0.5, -50)}),
    "what_makes_itself_and_what_flows_down": rates([54, 55, 56, 110, 111, 112], document(
        functions=[function("mul", "x", "y", "x * y")],
        compartments=[compartment(size=2), compartment("D", size=5)],
        species=[concentration(id, initialAmount=n, compartment=where) for id, n, where in (
            ("S", 90, "C"), ("T", 10, "C"), ("V", 100, "C"), ("W", 0, "D"), ("X", 90, "D"),
            ("Y", 10, "D"))], parameters=[parameter("k", 0.02), parameter("j", 0.2)],
        reactions=[reaction("t", "S + T -> T + T", "mul(k, S) * T * C"),
                   reaction("v", "V -> W", "j * (V - W) * D"),
                   reaction("y", "X + Y -> Y + Y", "0.125 * mul(X, Y) * C")]),
        {"S": lambda t: 100 - 100 / (1 + 9 * exp(-t)), "T": lambda t: 100 / (1 + 9 * exp(-t)),
         "V": lambda t: (20 + 50 * exp(-0.7 * t)) / 0.7,
         "W": lambda t: 100 - (20 + 50 * exp(-0.7 * t)) / 0.7,
         "X": lambda t: 100 - 100 / (1 + 9 * exp(-t)), "Y": lambda t: 100 / (1 + 9 * exp(-t))},
        note="the law of reaction 'v'"),
    "events_begin_it_anew": rates([72, 73, 74], document(
        "2.3", compartments=[compartment(size=2)],
        species=[concentration(id, initialAmount=n) for id, n in zip("STUVXY", (
            100, 0, 100, 0, 100, 0))],
        reactions=[reaction("s", "S -> T", "S * C", is_3=False),
                   reaction("u", "U -> V", "U * C", is_3=False),
                   reaction("x", "X -> Y", "X * C", is_3=False)],
        events=[event("E1", "S < 25", {"S": "50", "T": "0"}, delay="1", keeps=None, is_3=False),
                event("E2", "U < 25", {"U": "50"}, delay="1", keeps=None, is_3=False),
                event("E3", "V > 30", {"V": "0"}, delay="0.5", keeps=None, is_3=False),
                event("E4", "X < 25", {"X": "50", "Y": "0"}, keeps=None, is_3=False)]),
        {"S": lambda t: 100 * exp(-(t % (1 + log(2)))),
         "T": lambda t: 100 - 100 * exp(-(t % (1 + log(2)))),
         "U": lambda t: 100 * exp(-(t % (1 + log(2)))),
         "V": lambda t, again=-log(0.4 + 0.4 * exp(-0.5) - 0.5 * exp(-1)): (
            100 - 100 * exp(-t) if t < 0.5 + log(2.5)
            else 40 * exp(-0.5) - 100 * exp(-t) if t < 1 + log(2)
            else 100 + 40 * exp(-0.5) - 50 * exp(-1) - 100 * exp(-(t - 1 - log(2)))
            if t < 1.5 + log(2) + again
            else 100 * exp(-again - 0.5) - 100 * exp(-(t - 1 - log(2)))),
         "X": lambda t: 100 * exp(-(t % log(2))), "Y": lambda t: 100 - 100 * exp(-(t % log(2)))}),
    "species_by_rules_of_numbers": rates([29, 30, 90, 91], document(
        compartments=[compartment(size=2)],
        species=[concentration("S", initialAmount=5), concentration("T", initialAmount=14),
                 concentration("U"), concentration("V", initialAmount=1000)],
        rules=[rule(id, "3 + 4") for id in "TUV"]),
        {"S": lambda t: 5, "T": lambda t: 14, "U": lambda t: 14, "V": lambda t: 14}),
    "one_becomes_two_and_back_by_a_function": rates([125, 126, 128, 157, 158, 159, 160], document(
        compartments=[compartment(size=2)], functions=[function("mul", "x", "y", "x * y")],
        species=[concentration("S", initialAmount=100), concentration("T", initialAmount=0),
                 concentration("U")],
        parameters=[parameter("k", 0.5), parameter("j", 0.005)], rules=[rule("U", "1.5 * T")],
        reactions=[reaction("r", "S -> 2 T", "mul(k, S) * C"),
                   reaction("q", "2 T -> S", "j * T * T * C")]),
        {"S": lambda t: 100 - towards(t, 0, 0.005, 0.5, -100) / 2,
         "T": lambda t: towards(t, 0, 0.005, 0.5, -100),
         "U": lambda t: 1.5 * towards(t, 0, 0.005, 0.5, -100)}, note="only 1 of 2 T is there"),
    "stoichiometry_math_by_functions": rates([130, 131], document(
        "2.4", functions=[function("mul", "x", "y", "x * y")],
        species=[species("S", initialAmount=90), species("T", initialAmount=0),
                 species("U", initialAmount=0)],
        parameters=[parameter("p", 2)],
        reactions=[reaction("r", "->", "0.1 * S", is_3=False, references=(
            reference("S", None, "mul(1.5, p)"),
            reference("T", None, "2 * p") + reference("U", None, "mul(p, 1 / 0.4)")))]),
        {"S": lambda t: 90 * exp(-0.3 * t), "T": lambda t: 120 - 120 * exp(-0.3 * t),
         "U": lambda t: 150 - 150 * exp(-0.3 * t)}, note="only 2 of 3 S are there"),
    "local_parameters_as_arguments": rates([132, 133, 134], document(
        "2.4", compartments=[compartment(size=1.5)], functions=[function("mul", "x", "y", "x * y")],
        species=[concentration("S", initialAmount=60), concentration("W", initialAmount=40)] + [
            concentration(id, initialAmount=0) for id in "TUV"],
        parameters=[parameter("k", 1)],
        reactions=[reaction("r", "S -> T", "k * S * C", is_3=False),
                   reaction("q", "T -> U", "mul(k, T) * C", {"k": 2}, is_3=False),
                   reaction("s", "U -> V", "mul(S, U) * C", {"S": 3}, is_3=False),
                   reaction("w", "W ->", "mul(h, W) * C", {"h": 0.5}, is_3=False)]),
        {"S": lambda t: 60 * exp(-t), "T": lambda t: 60 * (exp(-t) - exp(-2 * t)),
         "U": lambda t: 60 * (exp(-t) - 2 * exp(-2 * t) + exp(-3 * t)),
         "V": lambda t: 60 * (1 - exp(-t)) ** 3, "W": lambda t: 40 * exp(-0.5 * t)}),
    "sizes_and_parameters_by_rules": rates([
        139, 140, 141, 142, 143, 144, 145, 146, 147, 149, 150, 174], document(
            "2.4", compartments=[compartment(size=2, constant=False),
                                 compartment("D", size=7, constant=False),
                                 compartment("E", size=None, constant=False)],
            species=[concentration("S", initialAmount=60), concentration("T", initialAmount=0)] + [
                concentration(id, initialAmount=value, compartment="D")
                for id, value in zip("PQR", (100, 100, 0))] + [
                concentration("V", initialConcentration=80, compartment="E"),
                concentration("W", initialConcentration=10, compartment="D")],
            parameters=[parameter("p", 0.75), variable("k", 750), variable("j"),
                        variable("h", 0.25)],
            rules=[rule("C", "2"), rule("D", "4 * p / p"), rule("E", "0.5"), rule("k", "0.5"),
                   rule("j", "0.02"), rule("h", "0.25")],
            reactions=[reaction("s", "S -> T", "C * k * S", is_3=False),
                       reaction("r", "P + Q -> R", "j * P * Q * D", is_3=False),
                       reaction("q", "R -> P + Q", "h * R * D", is_3=False),
                       reaction("v", "V ->", "E * k * V", is_3=False)]),
        {"S": lambda t: 60 * exp(-0.5 * t), "T": lambda t: 60 - 60 * exp(-0.5 * t),
         "P": lambda t: towards(t, 100, 0.005, 0.25, -25),
         "R": lambda t: 100 - towards(t, 100, 0.005, 0.25, -25),
         "V": lambda t: 40 * exp(-0.5 * t), "W": lambda t: 40, "k": lambda t: 0.5,
         "j": lambda t: 0.02, "h": lambda t: 0.25, "C": lambda t: 2, "D": lambda t: 4,
         "E": lambda t: 0.5}),
    "rules_in_two_dimensions_and_one": rates([151, 152, 153, 154, 203, 206], document(
        compartments=[compartment(size=4, spatialDimensions=2),
                      compartment("D", size=0.5, spatialDimensions=1)],
        species=[concentration(id, initialAmount=value) for id, value in zip("PQR", (100, 100, 0))
                 ] + [concentration("W"), concentration("S", initialAmount=60, compartment="D"),
                      concentration("T", initialAmount=0, compartment="D"),
                      concentration("V", compartment="D")],
        parameters=[parameter("k", 0.02), parameter("h", 0.25), parameter("j", 0.5)],
        rules=[rule("W", "1.5 * Q"), rule("V", "j * T")],
        reactions=[reaction("r", "P + Q -> R", "k * P * Q * C"),
                   reaction("q", "R -> P + Q", "h * R * C"),
                   reaction("s", "S -> T", "D * j * S")]),
        {"P": lambda t: towards(t, 100, 0.005, 0.25, -25),
         "W": lambda t: 1.5 * towards(t, 100, 0.005, 0.25, -25),
         "R": lambda t: 100 - towards(t, 100, 0.005, 0.25, -25),
         "S": lambda t: 60 * exp(-0.5 * t), "T": lambda t: 60 - 60 * exp(-0.5 * t),
         "V": lambda t: 30 - 30 * exp(-0.5 * t)}),
    # Boundaries on the one side, the other, and both; in C, of two dimensions, or D, of one.
    "boundaries_in_two_dimensions_and_one": rates([
        204, 207, 211, 212, 213, 214, 215, 216, 217, 218, 220, 221, 222, 226, 227, 228, 229, 230,
        231, 232, 233, 234], document(
            compartments=[compartment(size=4, spatialDimensions=2),
                          compartment("D", size=0.5, spatialDimensions=1)],
            species=[concentration(id, initialAmount=value, boundaryCondition=id in "AFGHRSUVJKMN",
                                   compartment="D" if id in "PQRSTUIJKL" else "C")
                     for id, value in dict(
                         A=20, B=10, E=60, F=10, G=15, H=10, P=100, Q=100, R=50, S=20, T=60, U=50,
                         V=20, W=100, X=100, Y=0, I=100, J=20, K=20, L=0, M=20, N=30, O=100,
                         Z=100).items()],
            reactions=[reaction("a", "A -> B", "0.5 * A * C"), reaction("b", "E -> F", "E * C / 2"),
                       reaction("c", "G -> H", "0.5 * G * C"),
                       reaction("d", "P + Q -> R", "0.0025 * P * Q * D"),
                       reaction("e", "R -> P + Q", "0.25 * R * D"),
                       reaction("f", "S + T -> U", "0.0125 * S * T * D"),
                       reaction("g", "U -> S + T", "0.25 * U * D"),
                       reaction("h", "V + W -> X + Y", "0.1 * V * W * C"),
                       reaction("i", "X + Y -> V + W", "0.02 * X * Y * C"),
                       reaction("j", "I + J -> K + L", "0.0125 * I * J * D"),
                       reaction("k", "K + L -> I + J", "0.0125 * K * L * D"),
                       reaction("l", "M + N -> O + Z", "0.1 * M * N * C"),
                       reaction("m", "O + Z -> M + N", "0.02 * O * Z * C")]),
        {"B": lambda t: 10 + 10 * t, "E": lambda t: 60 * exp(-0.5 * t),
         "P": lambda t: towards(t, 100, 0.005, 0, -12.5), "T": lambda t: 25 + 35 * exp(-0.5 * t),
         "W": lambda t: 100 - towards(t, 0, 0.005, 1, -50),
         "X": lambda t: 100 + towards(t, 0, 0.005, 1, -50),
         "I": lambda t: 50 + 50 * exp(-t), "L": lambda t: 50 - 50 * exp(-t),
         "O": lambda t: towards(t, 100, 0.005, 0, -15)} | {
             id: lambda t, value=value: value for id, value in dict(
                 A=20, F=10, G=15, H=10, R=50, S=20, U=50, V=20, J=20, K=20, M=20, N=30).items()}),
    # X is 100 t, Y 300 - 100 t.
    "laws_that_jump_at_several_bounds": rates([
        190, 191, 192, 193, 194, 195, 198, 200, 201], document(
        species=[species("X", initialAmount=0), species("Y", initialAmount=300),
                 species("S", initialAmount=60)] + [
            species(id, initialAmount=0) for id in "ABDEFGHIJK"],
        reactions=[reaction("y", "Y -> X", "100")] + [
            reaction(f"to{id}", f"-> {id}", law, modifiers=["X", "Y"]) for id, law in (
                ("A", "piecewise(2, X >= 75, 4)"), ("B", "piecewise(2, X > 75, 4)"),
                ("D", "piecewise(2, X <= 75, 4)"), ("E", "piecewise(2, X < 75, 4)"),
                ("F", "piecewise(7, and_(X > 50, Y < 175, X < 220), 2)"),
                ("G", "piecewise(7, or_(X < 60, X > 220, X < 30), 2)"),
                ("H", "piecewise(7, xor(X < 130, X > 220, X < 60), 2)"),
                ("I", "floor(X / 70) / 0.25"), ("J", "ceiling(X / 70) / 0.25"),
                ("K", "piecewise(3, false, 5)"))] + [
            reaction("s", "S ->", "C * S * piecewise(0.5, true, 3)")]),
        {"A": lambda t: 4 * min(t, 0.75) + 2 * max(0, t - 0.75),
         "B": lambda t: 4 * min(t, 0.75) + 2 * max(0, t - 0.75),
         "D": lambda t: 2 * min(t, 0.75) + 4 * max(0, t - 0.75),
         "E": lambda t: 2 * min(t, 0.75) + 4 * max(0, t - 0.75),
         "F": lambda t: 2 * t + 5 * max(0, min(t, 2.2) - 1.25),
         "G": lambda t: 2 * t + 5 * min(t, 0.6) + 5 * max(0, t - 2.2),
         "H": lambda t: 2 * t + 5 * max(0, min(t, 1.3) - 0.6) + 5 * max(0, t - 2.2),
         "I": lambda t: sum(4 * max(0, t - 0.7 * i) for i in (1, 2, 3, 4)),
         "J": lambda t: 4 * t + sum(4 * max(0, t - 0.7 * i) for i in (1, 2, 3, 4)),
         "K": lambda t: 5 * t, "S": lambda t: 60 * exp(-0.5 * t)}, note="only 0 of 1 Y are there"),
    "a_law_that_steps_down": rates([196, 197], document(
        species=[species("S", initialAmount=25), species("T", initialAmount=15),
                 species("U", initialAmount=0)],
        parameters=[parameter("p", 0.1), parameter("q", 0.4)],
        reactions=[reaction("r", "S -> U", "floor(S * p) / q"),
                   reaction("s", "T -> U", "ceiling(T * p) / q")]),
        {"S": lambda t: 25 - 5 * t if t < 1 else 20 - 2.5 * (t - 1),
         "T": lambda t: 15 - 5 * t if t < 1 else 10 - 2.5 * (t - 1)}),
    "a_law_that_steps_down_to_nothing": rates([197], document(
        species=[species("S", initialAmount=25)],
        reactions=[reaction("r", "S ->", "10 * ceiling(S / 10)")]),
        {"S": lambda t: 25 - 30 * t if t < 1 / 6 else 20 - 20 * (t - 1 / 6) if t < 2 / 3
         else max(0, 10 - 10 * (t - 2 / 3))}),
    "boundaries_without_dimensions": rates([
        238, 239, 240, 241, 242, 243, 244, 245, 246, 247], document(
        "2.3", compartments=[compartment(size=None, spatialDimensions=0)],
        species=[concentration("P", initialAmount=0.5, boundaryCondition=True),
                 concentration("Q", initialAmount=90), concentration("R", initialAmount=0),
                 concentration("W", initialAmount=6, boundaryCondition=True),
                 concentration("T", initialAmount=0)],
        parameters=[parameter("k", 1.5), parameter("j", 24)],
        reactions=[reaction("r", "P + Q -> R + W", "k * P * Q", is_3=False),
                   reaction("s", "R + W -> P + Q", "R * W / j", is_3=False),
                   reaction("q", "W + P -> T", "k * P * W", is_3=False)]),
        {"Q": lambda t: 90 * (0.25 + 0.75 * exp(-t)), "R": lambda t: 67.5 - 67.5 * exp(-t),
         "P": lambda t: 0.5, "W": lambda t: 6, "T": lambda t: 4.5 * t}),
    "constant_amounts_in_sizes_of_all_dimensions": rates([
        248, 249, 250, 251, 252, 253, 254, 255, 256, 257, 259], document(
        "2.4", compartments=[compartment(size=4), compartment("D", size=2, spatialDimensions=2),
                             compartment("E", size=5, spatialDimensions=1),
                             compartment("F", size=None, spatialDimensions=0)],
        species=[concentration(id, initialAmount=amount, compartment=place, constant=id in "KLMN")
                 for id, amount, place in (
                     ("S", 100, "C"), ("K", 8, "C"), ("T", 60, "D"), ("L", 5, "D"),
                     ("U", 40, "E"), ("M", 0.5, "E"), ("V", 50, "F"), ("N", 4, "F"))],
        reactions=[reaction("r", "S ->", "0.25 * S * K * C", modifiers=["K"], is_3=False),
                   reaction("q", "T ->", "T * D / L", modifiers=["L"], is_3=False),
                   reaction("s", "U ->", "2.5 * U * M * E", modifiers=["M"], is_3=False),
                   reaction("p", "V ->", "V / N", modifiers=["N"], is_3=False)]),
        {"S": lambda t: 100 * exp(-0.5 * t), "T": lambda t: 60 * exp(-0.4 * t),
         "U": lambda t: 40 * exp(-0.25 * t), "V": lambda t: 50 * exp(-0.25 * t),
         "M": lambda t: 0.5, "L": lambda t: 5}),
    "one_becomes_two_and_back_in_few_dimensions": rates([
        260, 261, 262, 263, 264, 265, 266, 267, 268], document(
        "2.3", compartments=[compartment(size=2, spatialDimensions=2),
                             compartment("D", size=4, spatialDimensions=1),
                             compartment("E", size=None, spatialDimensions=0)],
        species=[concentration(id, initialAmount=start, compartment=place)
                 for id, start, place in zip("STUVWX", (100, 0, 100, 0, 100, 0), "CCDDEE")],
        parameters=[parameter("a", 0.5), parameter("b", 0.005)],
        reactions=[reaction("r", "S -> 2 T", "a * S * C", is_3=False),
                   reaction("s", "2 T -> S", "b * T * T * C", is_3=False),
                   reaction("p", "U -> 2 V", "a * U * D", is_3=False),
                   reaction("q", "2 V -> U", "b * V * V * D", is_3=False),
                   reaction("m", "W -> 2 X", "a * W", is_3=False),
                   reaction("n", "2 X -> W", "b * X * X", is_3=False)]),
        {id: lambda t, a=0.02 / size: towards(t, 100, -a, 200 * a + 0.5, -10000 * a)
         for id, size in zip("SUW", (2, 4, 1))} | {
             id: lambda t, a=0.02 / size: 200 - 2 * towards(
                 t, 100, -a, 200 * a + 0.5, -10000 * a)
             for id, size in zip("TVX", (2, 4, 1))},
        note="only 1 of 2 T is there"),
    "comparisons_of_three_kinds_in_functions_of_laws": rates([
        270, 271, 272, 273, 274, 275, 276, 277, 278, 279], document(
        "2.3", functions=[
            function("all", "x", "y", "z", "piecewise(y, and_(x > 50, x <= 150, x < 120), z)"),
            function("any", "w", "x", "y", "z", "piecewise(y, or_(w < 50, x >= 150, x < 20), z)"),
            function("odd", "x", "y", "z", "piecewise(y, xor(x < 50, x > 150, x < 20), z)"),
            function("less", "x", "y", "z", "piecewise(y, not (x >= 125), z)"),
            function("never", "x", "y", "piecewise(x, false, y)"),
            function("ever", "x", "y", "piecewise(x, true, y)")],
        species=[concentration("X", initialAmount=0)] + [
            concentration(id, initialAmount=0) for id in "STUVWY"],
        parameters=[parameter("p", 7), parameter("q", 2)],
        reactions=[reaction("x", "-> X", "100", is_3=False)] + [
            reaction(f"r{id}", f"-> {id}", law, modifiers=["X"] if "X" in law else [], is_3=False)
            for id, law in zip("STUVWY", ("all(X, p, q)", "any(X, X, p, q)", "odd(X, p, q)",
                                          "less(X, p, q)", "never(p, q)", "ever(p, q)"))]),
        {"S": lambda t: 2 * t + 5 * max(0, min(t, 1.2) - 0.5),
         "T": lambda t: 2 * t + 5 * (min(t, 0.5) + max(0, t - 1.5)),
         "U": lambda t: 2 * t + 5 * (max(0, min(t, 0.5) - 0.2) + max(0, t - 1.5)),
         "V": lambda t: 2 * t + 5 * min(t, 1.25),
         "W": lambda t: 2 * t, "Y": lambda t: 7 * t}),
    "what_makes_more_of_itself_and_what_goes_to_another_compartment": rates([
        286, 287, 288, 289, 290, 291, 292, 293, 294], document(
        "3.1", compartments=[compartment(size=2), compartment("D", size=4)],
        species=[concentration("S", initialAmount=90), concentration("T", initialAmount=10),
                 concentration("P", initialAmount=90),
                 concentration("Q", initialAmount=0, compartment="D"),
                 concentration("V", initialAmount=100, compartment="D"),
                 concentration("W", compartment="D")],
        parameters=[parameter("a", 0.02), parameter("b", 0.25), parameter("k", 0.5)],
        rules=[rule("V", "k * Q"), rule("W", "k * T")],
        reactions=[reaction("r", "S + T -> T + T", "a * S * T * C", fast=False),
                   reaction("q", "P -> Q", "b * (P - Q) * D", fast=False)]),
        {"T": lambda t: 100 / (1 + 9 * exp(-t)), "S": lambda t: 100 - 100 / (1 + 9 * exp(-t)),
         "W": lambda t: 100 / (1 + 9 * exp(-t)),
         "P": lambda t: 30 + 60 * exp(-0.75 * t), "Q": lambda t: 60 - 60 * exp(-0.75 * t),
         "V": lambda t: 30 - 30 * exp(-0.75 * t)},
        note="the law of reaction 'q' is not 0 where only 0 of 1 P are there"),
    "constant_species_that_reactions_make_and_rules_read": rates([
        304, 305, 306, 307, 308, 309], document(
        "2.4", compartments=[compartment(size=2)],
        species=[concentration("P", initialAmount=90), concentration("Q", initialAmount=0),
                 concentration("K", initialAmount=5, constant=True, boundaryCondition=True),
                 concentration("S", initialAmount=60),
                 concentration("L", initialAmount=3, constant=True),
                 concentration("T", initialAmount=70), concentration("U", initialAmount=0),
                 concentration("V", initialAmount=77), concentration("X")],
        parameters=[parameter("k", 4)], rules=[rule("V", "k * K"), rule("X", "2 * L")],
        reactions=[reaction("r", "P + K -> Q", "0.3 * P * K * C", is_3=False),
                   reaction("s", "Q -> P + K", "0.25 * Q * C", is_3=False),
                   reaction("q", "S -> K", "0.5 * S * C", is_3=False),
                   reaction("p", "S + T -> U + S", "L * S * C / 3", modifiers=["L"], is_3=False)]),
        {"P": lambda t: 90 * (0.25 + 0.75 * exp(-t)), "Q": lambda t: 67.5 - 67.5 * exp(-t),
         "S": lambda t: 60 * exp(-0.5 * t), "K": lambda t: 5, "L": lambda t: 3,
         "V": lambda t: 20, "X": lambda t: 6, "U": lambda t: 60 - 60 * exp(-0.5 * t),
         "T": lambda t: 10 + 60 * exp(-0.5 * t)},
        note="the law of reaction 'p' is not 0 where only 0 of 1 T are there"),
    "events_in_few_dimensions": rates([
        360, 361, 362, 363, 364, 365, 366, 367, 368, 417, 418, 419, 421, 422, 423, 424,
        425], document(
        "2.4", compartments=[compartment(size=4, spatialDimensions=2),
                             compartment("D", size=0.5, spatialDimensions=1),
                             compartment("P", size=None, spatialDimensions=0)],
        species=[concentration(id, initialAmount=n, compartment=c) for id, n, c in (
            ("S", 100, "C"), ("T", 0, "C"), ("Z", 0, "C"), ("U", 80, "D"), ("V", 0, "D"),
            ("W", 60, "P"), ("X", 0, "P"), ("Y", 0, "P"))],
        reactions=[reaction("r", "S ->", "0.5 * S * C", is_3=False),
                   reaction("q", "U ->", "U * D", is_3=False),
                   reaction("p", "W ->", "W", is_3=False)],
        events=[event("E1", "S < 12.5", {"S": "25", "T": "5"}, keeps=None, is_3=False),
                event("E2", "T > 4", {"Z": "2.5"}, delay="0.7", keeps=None, is_3=False),
                event("E3", "U < 80", {"U": "40", "V": "30"}, delay="0.5", keeps=None, is_3=False),
                event("E4", "V > 20", {"V": "18"}, keeps=None, is_3=False),
                event("E5", "W < 30", {"W": "100", "X": "X + 7"}, keeps=None, is_3=False),
                event("E6", "X > 13", {"Y": "X", "X": "1"}, delay="0.25", keeps=None,
                      is_3=False)]),
        {"S": lambda t: 100 * exp(-0.5 * (t % (2 * log(2)))),
         "T": lambda t: 0 if t < 2 * log(2) else 20,
         "Z": lambda t: 0 if t < 2 * log(2) + 0.7 else 10,
         "U": lambda t: 80 * exp(-t) if t < log(2) + 0.5 else 20 * exp(-(t - log(2) - 0.5)),
         "V": lambda t: 0 if t < log(2) + 0.5 else 9,
         "W": lambda t: 60 * exp(-t) if t < log(2)
         else 100 * exp(-((t - log(2)) % log(10 / 3))),
         "X": lambda t: 0 if t < log(2) else 7 if t < log(20 / 3)
         else 14 if t < log(20 / 3) + 0.25 else 1,
         "Y": lambda t: 0 if t < log(20 / 3) + 0.25 else 14}),
    "events_set_boundary_species": rates([
        375, 377, 378, 380, 381, 383, 432, 434, 435, 437, 438, 440], document(
        compartments=[compartment(size=2)],
        species=[concentration("S", initialAmount=100),
                 concentration("B", initialAmount=4, boundaryCondition=True),
                 concentration("T", initialAmount=10, boundaryCondition=True),
                 concentration("U", initialAmount=2, boundaryCondition=True),
                 concentration("X", initialAmount=0)],
        reactions=[reaction("r", "S + B -> T", "0.25 * S * B * C"),
                   reaction("q", "T + U -> X", "T * U * C")],
        events=[event("E1", "S < 25", {"B": "4"}),
                event("E2", "S < 25", {"S": "50", "T": "3"}, delay="0.5"),
                event("E3", "B > 3", {"U": "3"}, delay="0.25")]),
        {"S": lambda t: 100 * exp(-0.5 * t) if t < log(4)
         else 50 * exp(-(t - log(4))) if t < log(4) + 0.5 else 100 * exp(-(t - log(4) - 0.5)),
         "B": lambda t: 4 if t < log(4) else 8,
         "T": lambda t: 10 if t < log(4) + 0.5 else 6,
         "X": lambda t: 10 * t if t < log(4) + 0.25
         else 10 * (log(4) + 0.25) + 30 * (t - log(4) - 0.25) if t < log(4) + 0.5
         else 10 * (log(4) + 0.25) + 7.5 + 18 * (t - log(4) - 0.5)}),
    "a_constant_species_in_a_trigger": rates([384, 385, 386, 442, 443], document(
        compartments=[compartment(size=2)],
        species=[concentration("S", initialAmount=100), concentration("T", initialAmount=0),
                 concentration("U", initialAmount=0),
                 concentration("K", initialConcentration=25, constant=True)],
        reactions=[reaction("r", "S -> T", "0.02 * S * K * C", modifiers=["K"])],
        events=[event("E1", "K > S", {"T": "10"}),
                event("E2", "S < K", {"T": "0", "U": "2 * K"}, delay="1")]),
        {"S": lambda t: 100 * exp(-0.5 * t), "K": lambda t: 50,
         "T": lambda t: 100 - 100 * exp(-0.5 * t) if t < log(4)
         else 70 - 100 * exp(-0.5 * t) if t < log(4) + 1
         else 50 * exp(-0.5) - 100 * exp(-0.5 * t),
         "U": lambda t: 0 if t < log(4) + 1 else 100}),
    "concentrations_of_the_trigger_s_time": rates([
        407, 410, 415, 416, 423, 428, 431, 439, 450, 451, 452, 456, 457, 458], document(
        "2.4", compartments=[compartment(size=0.5)],
        species=[concentration("S", initialAmount=100), concentration("T", initialAmount=0),
                 concentration("V", initialAmount=30)],
        reactions=[reaction("r", "S -> T", "S * C", is_3=False)],
        events=[event("E1", "S < 80", {"S": "T", "T": "V", "V": "S"}, delay="1", keeps=None,
                      is_3=False)]),
        {"S": lambda t: 100 * exp(-t) if t < log(2.5) + 1 else 60 * exp(-(t - log(2.5) - 1)),
         "T": lambda t: 100 - 100 * exp(-t) if t < log(2.5) + 1
         else 90 - 60 * exp(-(t - log(2.5) - 1)),
         "V": lambda t: 30 if t < log(2.5) + 1 else 40}),
    "a_law_that_counts_one_of_two": rates([
        387, 388, 390, 391, 393, 394, 444, 445, 447, 448, 450, 451], document(
        compartments=[compartment(size=2)],
        species=[concentration("S", initialAmount=100), concentration("T", initialAmount=200),
                 concentration("U", initialAmount=0)], parameters=[parameter("k", 0.01)],
        reactions=[reaction("r", "S + 2 T -> 2 U", "k * S * T * C")],
        events=[event("E1", "S < 22.5", {"S": "50", "T": "100"})]),
        {"S": lambda t: 100 / (1 + t % (11 / 9)), "T": lambda t: 200 / (1 + t % (11 / 9)),
         "U": lambda t: 200 - 200 / (1 + t % (11 / 9)) + 110 * (t // (11 / 9))},
        note="only 1 of 2 T is there"),
    # -- refused ----------------------------------------------------------------------------------
    "only_parameters": refused([
        161, 162, 163, 164, 165, 166, 167, 168, 169, 171, 172, 173, 174, 175, 176, 177, 178, 179,
        180, 181, 182, 183, 184, 185, 920, 921, 922, 923, 924, 925, 949, 954, 956, 958, 995, 1115,
        1125, 1126, 1128, 1135, 1138, 1149, 1152, 1154, 1156, 1157, 1209, 1212, 1217, 1235, 1275,
        1289, 1291, 1300, 1301, 1303, 1304, 1311, 1313, 1353, 1354, 1355, 1356, 1357, 1358, 1363,
        1364, 1365, 1366, 1367, 1391, 1392, 1394, 1485, 1491, 1530, 1533, 1601, 1603, 1659, 1663,
        1694, 1696, 1699, 1812, 1814, 1816, 1819], document(
        parameters=[parameter("P", 3.7)]),
        "the network has no species (a trajectory is one of their copies)"),
    "only_species_by_rules": refused([29, 30], document(
        species=[species("S"), species("T", initialAmount=0.5, constant=True)],
        parameters=[variable("p", 1)], rules=[rule("S", "2 * p")],
        events=[event("E1", AT, {"p": "3"})]),
        "the network has no species to count (all are set by rules, or fixed at no whole number of "
        "copies). Add one, if only one that nothing changes."),
    "equal_priorities": refused([
        952, 962, 964, 965, 966, 967, 1466, 1588, 1589, 1590, 1591, 1593, 1599, 1605,
        1626, 1627], document(
        species=[A, B], parameters=[variable("last", 0)],
        events=[event("E1", "time - last >= 4", {"last": "time", "A": "A + 1"}, priority="1",
                      persistent=False),
                event("E2", "time - last >= 4", {"last": "time", "B": "B + 1"}, priority="1",
                      persistent=False)]),
        "event 'E1' and event 'E2' have the same priority (of such events due at one time SBML "
        "lets chance choose"),
    "amounts_that_are_no_copies": refused([137, 1134, 1145, 1148, 1159, 1161, 1166], document(
        species=[species("S", initialAmount=1.5)], reactions=[reaction("r", "S ->", "S")]),
        "is 1.5, no whole number of copies"),
    "little_is_not_nothing": refused([], document(
        species=[species("S", initialAmount=1e-12)], reactions=[reaction("r", "S ->", "S")]),
        "is 1e-12, no whole number of copies"),
    "a_reaction_of_moles_that_changes_items": refused([], document(
        model='substanceUnits="item" timeUnits="second" extentUnits="mole"',
        species=[A], reactions=[reaction("r", "A ->", "A")]),
        "would change species 'A' by 1.66053"),
    "a_degree_behind_its_argument": refused([], document(
        species=[A], reactions=[reaction("r", "A ->", "root(3, A)")]).replace(
            "<degree><cn>3</cn></degree><ci>A</ci>", "<ci>A</ci><degree><cn>3</cn></degree>"),
        "element 'degree' stands behind an argument (libSBML would take that for it)"),
    "an_algebraic_rule": refused([
        39, 40, 182, 184, 531, 532, 533, 534, 535, 536, 537, 538, 539, 540, 541, 542, 543, 544, 545,
        546, 547, 548, 549, 550, 551, 552, 553, 554, 555, 556, 557, 558, 559, 560, 561, 562, 563,
        564, 565, 566, 567, 568, 569, 570, 571, 572, 613, 614, 615, 628, 629, 630, 658, 659, 660,
        661, 662, 663, 664, 665, 666, 673, 674, 675, 687, 695, 696, 705, 760, 761, 762, 777, 778,
        779, 780, 844, 876, 1044, 1054, 1083, 1084, 1085, 1086, 1108, 1174, 1292, 1350, 1359, 1368,
        1377, 1386, 1479, 1482, 1483, 1484, 1499, 1500, 1501, 1502, 1503, 1575, 1576, 1577, 1578,
        1579, 1589, 1785, 1786, 1787, 1788, 1789, 1790, 1791, 1792, 1793, 1794], document(
        species=[A], parameters=[variable("k")], rules=[algebraic("k - 0.75")],
        reactions=[reaction("r", "A ->", "k * A")]), "an algebraic rule is not supported"),
    "values_that_are_not_finite": refused([950, 951], document(
        species=[A], parameters=[parameter("P", "INF"), parameter("Q", "NaN")],
        reactions=[reaction("r", "A ->", "P * A")]), "the value of parameter 'P' is inf"),
    "values_that_become_infinite": refused([950], document(
        species=[A], parameters=[parameter("P", 1)], initial=[initial("P", "infinity")],
        reactions=[reaction("r", "A ->", "P * A")]),
        "an infinite or undefined number stands in a formula"),
    "a_reaction_whose_law_reads_its_own_rate": refused([], document(
        species=[A], reactions=[reaction("r", "A ->", "A + q"), reaction("q", "A ->", "r")]),
        "the value of 'q_rate' at the start depends on itself"),
    "a_rate_rule": refused([
        31, 32, 33, 40, 51, 52, 53, 66, 67, 81, 82, 83, 84, 85, 86, 92, 93, 94, 104, 105, 106, 122,
        123, 124, 161, 162, 163, 164, 165, 166, 167, 168, 169, 170, 171, 172, 173, 175, 176, 177,
        178, 179, 180, 181, 182, 183, 184, 185, 310, 311, 312, 313, 314, 315, 316, 317, 318, 319,
        320, 321, 322, 323, 324, 325, 326, 327, 328, 329, 330, 331, 332, 333, 334, 335, 336, 337,
        338, 339, 340, 341, 342, 343, 344, 345, 346, 347, 396, 397, 398, 402, 403, 404, 453, 454,
        455, 459, 460, 461, 573, 574, 575, 576, 625, 626, 627, 640, 641, 642, 643, 644, 645, 646,
        647, 648, 649, 650, 651, 652, 653, 654, 655, 656, 657, 670, 671, 672, 686, 693, 694, 704,
        709, 710, 711, 712, 713, 714, 715, 716, 717, 718, 719, 720, 721, 722, 723, 724, 725, 726,
        727, 728, 729, 730, 731, 732, 733, 734, 735, 737, 740, 741, 742, 751, 752, 753, 841, 842,
        843, 888, 889, 890, 891, 892, 893, 901, 902, 903, 904, 905, 906, 907, 908, 909, 910, 911,
        912, 913, 914, 915, 916, 917, 918, 919, 926, 927, 973, 990, 996, 999, 1008, 1016, 1017,
        1041, 1042, 1043, 1089, 1090, 1091, 1092, 1093, 1094, 1095, 1103, 1105, 1118, 1120, 1121,
        1123, 1127, 1139, 1140, 1141, 1150, 1151, 1163, 1169, 1172, 1179, 1198, 1199, 1200, 1201,
        1202, 1203, 1204, 1205, 1206, 1207, 1208, 1215, 1219, 1220, 1221, 1223, 1226, 1255, 1257,
        1258, 1259, 1260, 1261, 1262, 1263, 1265, 1266, 1267, 1268, 1269, 1290, 1302, 1308, 1309,
        1321, 1324, 1325, 1339, 1352, 1361, 1370, 1379, 1388, 1401, 1413, 1414, 1415, 1419, 1449,
        1451, 1452, 1453, 1454, 1457, 1458, 1462, 1463, 1478, 1482, 1493, 1498, 1504, 1505, 1506,
        1507, 1508, 1509, 1510, 1511, 1512, 1513, 1514, 1515, 1518, 1520, 1521, 1524, 1525, 1526,
        1528, 1529, 1532, 1536, 1538, 1543, 1560, 1563, 1570, 1576, 1580, 1582, 1583, 1585, 1586,
        1587, 1593, 1626, 1627, 1631, 1632, 1633, 1634, 1635, 1636, 1637, 1665, 1666, 1667, 1668,
        1701, 1702, 1703, 1704, 1705, 1706, 1707, 1708, 1709, 1710, 1711, 1716, 1717, 1718, 1719,
        1720, 1721, 1723, 1727, 1728, 1729, 1736, 1737, 1738, 1742, 1743, 1765, 1768, 1783,
        1798, 1822, 1823], document(
        species=[A], parameters=[variable("k", 1)], rules=[rule("k", "0.25 * k", "rateRule")],
        reactions=[NEVER]), "the rate rule of 'k' is not supported"),
    "time_in_a_law": refused([
        851, 852, 853, 854, 855, 856, 857, 858, 859, 860, 861, 862, 863, 864, 865, 866,
        867, 868, 869, 882, 894, 895, 896, 897, 898, 899, 900, 1099, 1100, 1101, 1144,
        1148, 1170, 1175], document(
        species=[A], reactions=[reaction("r", "A ->", "A * time")]),
        "the time stands in the formula of reaction 'r'"),
    "time_in_a_law_by_a_function": refused([854, 855, 856], document(
        functions=[function("mul", "x", "y", "x * y")],
        species=[A], reactions=[reaction("r", "A ->", "mul(A, time)")]),
        "the time stands in the formula of reaction 'r'"),
    "time_in_a_rule": refused([
        880, 881, 936, 937, 955, 983, 1146, 1147, 1171, 1277, 1278, 1279, 1280, 1281, 1317, 1393,
        1487, 1495, 1496, 1497, 1522, 1568, 1598], document(
        species=[A], parameters=[variable("k")], rules=[rule("k", "implies(time > 5, time > 2)")],
        reactions=[NEVER]), "the time stands in the formula of the rule of 'k'"),
    "a_fast_reaction": refused([
        870, 871, 872, 873, 874, 875, 986, 987, 988, 1051, 1052, 1053, 1396, 1397, 1398, 1399,
        1539, 1544, 1545, 1546, 1547, 1548, 1549, 1550, 1551, 1558, 1559, 1560, 1565, 1567, 1568,
        1569, 1570, 1571, 1572], document(
        "3.1", species=[A], reactions=[reaction("r", "A ->", "A", fast=True)]),
        "reaction 'r' is fast"),
    "delay_of_a_value": refused([
        937, 938, 939, 940, 941, 942, 943, 981, 982, 983, 984, 985, 1142, 1173, 1174, 1176, 1318,
        1319, 1320, 1400, 1401, 1403, 1404, 1406, 1407, 1409, 1410, 1411, 1412, 1413, 1414, 1415,
        1416, 1417, 1418, 1419, 1454, 1480, 1481, 1518, 1519, 1520, 1521, 1522, 1523, 1524, 1534,
        1535, 1536, 1537, 1538, 1539, 1592, 1593], document(
        species=[A], parameters=[variable("k")], rules=[rule("k", "2 + delay(A, 0.5)")],
        reactions=[NEVER]), "delay() stands in a formula"),
    "the_rate_of_a_species": refused([
        1248, 1249, 1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258, 1259, 1260,
        1261, 1262, 1263, 1264, 1265, 1266, 1267, 1268, 1269, 1270, 1293, 1294, 1295,
        1296, 1297, 1298, 1299, 1321, 1322, 1401, 1402, 1403, 1405, 1406, 1408, 1409,
        1455, 1456, 1457, 1458, 1459, 1460, 1461, 1462, 1463, 1482, 1483, 1525, 1526,
        1527, 1528, 1529, 1540, 1541, 1542, 1543, 1822, 1823], document(
        species=[A, B], reactions=[reaction("r", "A ->", "A"), reaction("q", "-> B", "rateOf(A)")]),
        "rateOf stands in a formula"),
    "a_stoichiometry_by_a_rule_that_varies": refused([
        989, 993, 1104, 1105, 1106, 1107, 1108, 1109, 1450, 1580, 1584, 1744, 1748, 1750], document(
        "3.1", species=[A], rules=[rule("n", "A + 3")],
        reactions=[reaction("r", "->", "1", fast=False, references=(
            "", reference("A", 1, id="n", constant=False)))]),
        "the stoichiometry 'n' changes by a rule"),
    "a_stoichiometry_by_an_event": refused([
        972, 1106, 1444, 1445, 1446, 1447, 1448, 1536, 1583, 1626], document(
        "3.1", species=[A], events=[event("E1", AT, {"n": "2"})],
        reactions=[reaction("r", "->", "1", fast=False, references=(
            "", reference("A", 1, id="n", constant=False)))]),
        "the stoichiometry 'n' changes by an event"),
    "a_stoichiometry_that_varies": refused([989, 992, 993, 1581, 1743, 1751], document(
        "2.4", species=[species("A", initialAmount=1)], reactions=[reaction(
            "r", "->", "1", is_3=False, references=("", reference("A", None, "A")))]),
        "the stoichiometry of species 'A' varies"),
    "no_whole_stoichiometry": refused([
        22, 1080, 1081, 1082, 1516, 1517, 1534, 1542, 1561, 1562, 1722, 1724, 1725, 1726, 1734,
        1735, 1746, 1747, 1775, 1776, 1777], document(
        species=[A, B], reactions=[reaction("r", "1.5 A -> B", "A")]),
        "would change species 'A' by 1.5 copies"),
    "a_law_that_is_missing": refused([1630], document(
        species=[A], reactions=[reaction("r", "A ->", None)]), "reaction 'r' has no kinetic law"),
    "trigonometry_of_the_time": refused([
        959, 1343, 1487, 1488, 1566, 1594, 1595, 1596, 1597, 1598], document(
        species=[A], parameters=[variable("k", 1)],
        events=[event("E1", "time > 4.5", {"k": "cosh(time)"}, delay="1")]),
        "function cosh stands in a formula"),
    "quotient": refused([1272, 1277, 1495, 1531], document(
        species=[A], reactions=[reaction("r", "A ->", "quotient(A, 2)")]),
        "function quotient stands in a formula"),
    "remainder": refused([1273, 1278, 1496, 1531], document(
        species=[A], reactions=[reaction("r", "A ->", "rem(A, 2)")]),
        "function rem stands in a formula"),
    "factorial": refused([28, 269, 1486, 1531], document(
        species=[A], reactions=[reaction("r", "A ->", "factorial(A)")]),
        "stands in a formula"),
    "infinity": refused([1630], document(
        species=[A], reactions=[reaction("r", "A ->", "min(A, infinity)")]),
        "an infinite or undefined number stands in a formula"),
    "piecewise_without_otherwise": refused([1116, 1488], document(
        species=[A], reactions=[reaction("r", "A ->", "piecewise(1, A > 2)")]),
        "a piecewise function has no 'otherwise'"),
    "a_trigger_of_curved_time": refused([1531], document(
        species=[A], events=[event("E1", "time * time > 4", {"A": "1"})]),
        "does not compare time in a line"),
    "flux_balances": refused([
        1186, 1187, 1188, 1189, 1190, 1191, 1192, 1193, 1194, 1195, 1196, 1606, 1607, 1608, 1609,
        1610, 1611, 1612, 1613, 1614, 1615, 1616, 1617, 1618, 1619, 1620, 1621, 1622, 1623, 1624,
        1625, 1628, 1629, 1630], document(
        species=[A], reactions=[NEVER]).replace(
            'level="3"', 'xmlns:fbc="http://www.sbml.org/sbml/level3/version1/fbc/version2" '
            'fbc:required="false" level="3"'), "package 'fbc' is not supported"),
    "a_constraint": refused([], document(
        species=[A], reactions=[NEVER], constraints=[
            '<constraint><math xmlns="http://www.w3.org/1998/Math/MathML"><true/></math>'
            "</constraint>"]),
        "constraint is not supported"),
    "a_concentration_after_its_compartment_changed": refused([1511, 1780], document(
        compartments=[compartment(size=1, constant=False)],
        species=[concentration("S", initialConcentration=2)],
        events=[event("E1", AT, {"S": "4"}, delay="1"), event("E2", "time >= 1.5", {"C": "2"})]),
        "can change between its trigger and the assignment"),
    "amounts_in_moles_that_cannot_be_counted": refused([1, 76], document(
        "2.4", units='<unitDefinition id="other"><listOfUnits><unit kind="litre"/></listOfUnits>'
        "</unitDefinition>", species=[concentration("S", initialAmount=0.01)],
        reactions=[reaction("r", "S ->", "S", is_3=False)]), "2^53 can be counted"),
    "a_stoichiometry_math_that_an_event_changes": refused([991, 1585, 1587], document(
        "2.4", species=[A], parameters=[variable("p", 1)],
        events=[event("E1", AT, {"p": "2"}, is_3=False)],
        reactions=[reaction("r", "->", "1", is_3=False,
                            references=("", reference("A", None, "p")))]),
        "the stoichiometry of species 'A' varies"),
    "a_stoichiometry_of_the_time": refused([994, 1745, 1749], document(
        "2.4", species=[A],
        reactions=[reaction("r", "->", "1", is_3=False,
                            references=("", reference("A", None, "time")))]),
        "the stoichiometry of species 'A' varies"),
    "a_stoichiometry_that_is_not_given": refused([1160], document(
        species=[A], reactions=[reaction("r", "->", "1", references=(
            "", reference("A", None, constant=True)))]),
        "the stoichiometry of species 'A' is not given"),
    "the_least_of_nothing": refused([1275, 1276], document(
        species=[A], parameters=[parameter("p")], initial=[initial("p", "min()")],
        reactions=[NEVER]), "0 arguments where 2 are needed"),
    "a_model_of_another_file": refused([
        1165, 1167, 1168, 1471, 1472, 1473, 1475, 1476, 1477, 1778], composed(
        document(species=[A]), [submodel("sub", "part")], {"part": document()}).replace(
            "<comp:listOfModelDefinitions>", "<comp:listOfExternalModelDefinitions>"
            '<comp:externalModelDefinition comp:id="far" comp:source="far.xml"/>'
            "</comp:listOfExternalModelDefinitions><comp:listOfModelDefinitions>"),
        "a model of another file is used"),
    "a_conversion_factor_of_a_submodel": refused([], composed(
        document(species=[A]), [submodel("sub", "part")], {"part": document(
            model='substanceUnits="item" timeUnits="second" extentUnits="item" '
            'conversionFactor="f"', species=[B], parameters=[parameter("f", 2)])}),
        "modelDefinition 'part' has a conversion factor for all species"),
    "a_submodel_in_moles": refused([], composed(
        document(species=[A]), [submodel("sub", "part")], {"part": document(
            model='substanceUnits="mole" timeUnits="second" extentUnits="mole"', species=[B])}),
        "modelDefinition 'part' has other units of substance or extent"),
    # -- ends with exit code 4 --------------------------------------------------------------------
    "a_negative_law": fails([56, 112, 288, 293, 294, 1437, 1564], document(
        species=[A], reactions=[reaction("r", "A ->", "-1")]), "bad_propensity"),
    "a_law_that_becomes_negative": fails([1338, 1340], document(
        species=[A], parameters=[variable("k", 5)],
        reactions=[reaction("r", "-> A", "k", reversible=True)],
        events=[event("E1", AT, {"k": "-1"})]), "bad_propensity"),
    "half_a_copy": fails([71, 405, 883, 884], document(
        species=[A], events=[event("E1", AT, {"A": "A / 2"})]),
        "sets a copy number that is not whole"),
}


class Semantics(unittest.TestCase):
    def run_on(self, text, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "m.xml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            done = subprocess.run([PROGRAM, arguments[0], path, *arguments[1:]], text=True,
                                  capture_output=True, cwd=folder, timeout=120)
            output = os.path.join(folder, "out.csv")
            if not os.path.exists(output):
                return done, ""
            with open(output, encoding="utf-8") as file:
                return done, file.read()

    def check(self, kind, text, expected, note):
        if kind == "refused":
            done, _ = self.run_on(text, "replay", "--t-end", "10", "--sample-every", "1")
            self.assertEqual(done.returncode, MODEL, done.stderr)
            self.assertIn(expected, done.stderr)
            return
        if kind == "fails":
            done, _ = self.run_on(text, "run", "--t-end", "10", "--sample-every", "1", "--quiet",
                                  "--trajectories", "5")
            self.assertEqual(done.returncode, NUMERICAL, done.stderr)
            self.assertIn(expected, done.stderr)
            return
        seen = (self.moments if kind == "events" else self.solution)(text, expected)
        if not note:
            self.assertNotIn("note: ", seen)
        self.assertIn(note, seen)

    def moments(self, text, expected):
        done, _ = self.run_on(text, "replay", "--t-end", "10", "--sample-every", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = list(csv.reader(io.StringIO(done.stdout)))[2:]
        self.assertEqual([row[2] for row in rows], [""] * len(rows))
        if expected[0] == (0, {}):  # what events set, as it starts
            expected, rows = expected[1:], rows[1:]
        self.assertEqual([float(row[1]) for row in rows], [time for time, _ in expected])
        for row, (_, changes) in zip(rows, expected):
            self.assertEqual({id: float(value) for id, value in
                              (change.split("=") for change in row[3].split())}, changes)
        for engine in ("cpu", "reference"):
            done, table = self.run_on(text, "run", "--t-end", "10", "--sample-every", "1",
                                      "--engine", engine, "--trajectories", "5", "--quiet",
                                      "--output", "out.csv")
            self.assertEqual(done.returncode, 0, done.stderr)
            last = {row["name"]: row["mean"] for row in csv.DictReader(io.StringIO(table))
                    if row["time"] == "10" and row["kind"] == "species"}
            last_set = {id: value for _, changes in expected for id, value in changes.items()}
            for id, value in last_set.items():
                if id in last:
                    self.assertEqual(float(last[id]), value, (engine, id))
        return self.notes(text)

    def solution(self, text, expected):
        done, table = self.run_on(text, "run", "--t-end", "3", "--samples", "6", "--engine", "ode",
                                  "--quiet", "--output", "out.csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [row for row in csv.DictReader(io.StringIO(table))]
        for column, value in expected.items():
            of_it = [row for row in rows if row["name"] == column]
            self.assertEqual(len(of_it), 7, f"{column}: {table[:300]}")
            for row in of_it:
                at = value(float(row["time"]))
                self.assertAlmostEqual(float(row["mean"]), at, delta=1e-5 * max(1, abs(at)))
        return self.notes(text)

    def notes(self, text):
        done, _ = self.run_on(text, "inspect", "--t-end", "0.001", "--samples", "1")
        return done.stdout.partition("\nNotes of reading\n")[2]


def add_tests():
    for name, (kind, _, text, expected, note) in MODELS.items():
        def test(self, kind=kind, text=text, expected=expected, note=note):
            self.check(kind, text, expected, note)
        setattr(Semantics, f"test_{name}", test)


add_tests()

if __name__ == "__main__":
    if sys.argv[1:] == ["--count"]:
        for kind in ("events", "rates", "refused", "fails"):
            of_kind = [one for one in MODELS.values() if one[0] == kind]
            cases = {case for one in of_kind for case in one[1]}
            print(f"{kind}: {len(of_kind)} models of {len(cases)} cases")
        print(len({case for one in MODELS.values() for case in one[1]}), "cases")
    else:
        unittest.main()
