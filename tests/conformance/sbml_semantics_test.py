#!/usr/bin/env python3
# tests/conformance/sbml_semantics_test.py - corners of SBML: what comes out, or how it is refused.
"""Small models of our own with the semantics that cases of the SBML semantic test suite ask for;
`cases` are the numbers of those that were read for them (`--count`: how many). Expected values are
worked out by hand or in closed form.

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
    rule,
    species,
    submodel,
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


AT = "time >= 1"

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
    "initial_value_of_triggers": events([928, 995], document(
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
    "values_of_the_trigger_s_time": events([1327, 1000], document(
        species=[A], parameters=[variable("x", 1), variable("y", 0), variable("z", 0)],
        events=[event("E1", "time >= 3", {"y": "x"}, delay="2"),
                event("E2", "time >= 3", {"z": "x"}, delay="2", keeps=False),
                event("E3", "time >= 4", {"x": "5"})]),
        (0, {}), (4, {"x": 5}), (5, {"y": 1, "z": 5})),
    "assignments_are_made_at_once": events([404], document(
        species=[A, species("B", initialAmount=7), species("D", initialAmount=1)],
        events=[event("E1", AT, {"A": "D", "B": "A", "D": "B"})]),
        (1, {"A": 1, "B": 5, "D": 7})),
    "time_in_assignments": events([885], document(
        species=[A, B], parameters=[parameter("k", 4)],
        events=[event("E1", "time >= 2", {"A": "k * time", "B": "k * A * time"})]),
        (2, {"A": 8, "B": 40})),
    "windows_of_time": events([1000], document(
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
    "the_same_the_other_way_round": events([1780], document(
        compartments=[compartment(size=0.5, constant=False)],
        species=[concentration("S", initialConcentration=2)],
        events=[event("E1", "time >= 0.5", {"S": "4", "C": "0.25"})]),
        (0, {}), (0.5, {"C": 0.25, "S": 2})),
    "an_assignment_without_a_formula": events([1237, 1600], document(
        species=[A], parameters=[variable("p", 3)],
        events=[event("E1", "time >= 1", {"p": "", "A": "2"}, delay="1")]),
        (2, {"A": 2}), note="has no formula (it is left out)"),
    "equal_priorities_that_do_not_matter": events([978], document(
        species=[A, B], events=[event("E1", AT, {"A": "1"}, priority="1"),
                                event("E2", AT, {"B": "1"}, priority="1")]),
        (1, {"A": 1, "B": 1})),
    "truth_as_a_value": events([1285], document(
        species=[A], parameters=[variable("p", 5)],
        events=[event("E1", "time >= 5.5", {"p": "true", "A": "time > 7"})]),
        (0, {}), (5.5, {"p": 1, "A": 0})),
    "a_delay_and_a_priority_without_a_formula": events([1241, 1243], document(
        species=[A], events=[event("E1", "time >= 2", {"A": "7"}).replace(
            "</trigger>", "</trigger><priority/><delay/>")]),
        (2, {"A": 7}), note="the delay of event 'E1' has no formula (it is left out)"),
    "a_trigger_without_a_formula": events([1243], document(
        species=[A], events=[event("E1", "time >= 2", {"A": "7"}),
                             '<event id="E2" useValuesFromTriggerTime="true"><trigger '
                             'initialValue="true" persistent="true"/></event>']),
        (2, {"A": 7}), note="the trigger of event 'E2' has no formula (it is left out)"),
    "conversion_factors_leave_events_alone": events([1677, 1689], document(
        model='substanceUnits="item" timeUnits="second" extentUnits="item" conversionFactor="f"',
        species=[species("S", initialAmount=2, conversionFactor="g"),
                 species("T", initialAmount=3)],
        parameters=[parameter("f", 3), parameter("g", 5)],
        events=[event("E1", "S <= 2 and time >= 1", {"S": "T", "T": "2 * S"}, delay="2")]),
        (3, {"S": 3, "T": 4})),
    "a_delay_by_three_in_a_row": events([1213], document(
        species=[A], events=[event("E1", "time >= 1", {"A": "7"},
                                   delay="piecewise(0.5, 1 <= 2 <= 1, 0.25)")]),
        (1.25, {"A": 7})),
    "old_values_whenever_they_are_taken": events([980], document(
        species=[A], parameters=[variable(id, 0) for id in "xypq"],
        events=[event("E1", "time >= 1", {"y": "y + x", "x": "2"}, delay="0.5", keeps=False),
                event("E2", "time >= 2", {"p": "3", "q": "p + 1"}, delay="0.5", keeps=False)]),
        (0, {}), (1.5, {"x": 2}), (2.5, {"p": 3, "q": 1})),
    "an_initial_assignment_before_time_0": events([1700, 1332], document(
        species=[A, B], parameters=[variable("p", 1), variable("q", 0)],
        initial=[initial("p", "0"), initial("q", "3 / 2")],
        events=[event("E1", "p > 0.9", {"A": "p + 2"}, initial_value=False),
                event("E2", "q > 0.9", {"B": "2"}, initial_value=False)]),
        (0, {"B": 2})),
    "delays_from_time_0": events([1754], document(
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
    "a_stoichiometry_in_an_event": events([1769], document(
        species=[A, B], reactions=[reaction(
            "r", "->", "0 * n", {"n": 4}, references=(
                reference("A", 2, id="n", constant=True), ""))],
        events=[event("E1", AT, {"B": "3 * n"})]), (1, {"B": 6})),
    "an_event_without_a_trigger": events([1239], document(
        species=[A], events=[event("E1", "", {"A": "2"}), event("E2", "time >= 2", {"A": "7"})]),
        (2, {"A": 7}), note="the trigger of event 'E1' has no formula (it is left out)"),
    # -- rates ------------------------------------------------------------------------------------
    "a_concentration_in_a_law": rates([41, 348, 405, 776], document(
        compartments=[compartment(size=2)],
        species=[concentration("S", initialConcentration=50), B],
        parameters=[parameter("k", 0.5)],
        reactions=[reaction("r", "S -> B", "k * S * C")]),
        {"S": lambda t: 100 * exp(-0.5 * t), "B": lambda t: 100 - 100 * exp(-0.5 * t)}),
    "from_one_compartment_to_another": rates([1000], document(
        compartments=[compartment(size=2), compartment("D", size=5)],
        species=[concentration("S", initialAmount=100),
                 concentration("T", initialAmount=0, compartment="D")],
        reactions=[reaction("r", "S -> T", "S - T", reversible=True)]),
        {"S": lambda t: 100 * (0.2 + 0.5 * exp(-0.7 * t)) / 0.7,
         "T": lambda t: 100 - 100 * (0.2 + 0.5 * exp(-0.7 * t)) / 0.7}),
    "only_units_of_substance": rates([989], document(
        compartments=[compartment(size=4)],
        species=[species("S", initialConcentration=25)], parameters=[parameter("k", 0.5)],
        reactions=[reaction("r", "S ->", "k * S")]),
        {"S": lambda t: 100 * exp(-0.5 * t)}),
    "initial_assignments": rates([519, 1077], document(
        species=[species("S"), species("T", initialAmount=80)],
        parameters=[parameter("k", 0.75), parameter("p", 0.5)], initial=[initial("S", "k * T")],
        reactions=[reaction("r", "S ->", "p * S")]),
        {"S": lambda t: 60 * exp(-0.5 * t), "T": lambda t: 80}),
    "a_stoichiometry_by_an_initial_assignment": rates([1077], document(
        "3.1", species=[species("S", initialAmount=60), species("T", initialAmount=0)],
        parameters=[parameter("p", 0.5)], initial=[initial("n", "4 * p")],
        reactions=[reaction("r", "S ->", "p * S", fast=False, references=(
            "", reference("T", None, id="n", constant=True)))]),
        {"S": lambda t: 60 * exp(-0.5 * t), "T": lambda t: 120 - 120 * exp(-0.5 * t)}),
    "stoichiometry_math_of_level_2": rates([519, 900], document(
        "2.4", species=[species("S", initialAmount=60), species("T", initialAmount=0)],
        parameters=[parameter("p", 0.5)],
        reactions=[reaction("r", "S ->", "p * S", is_3=False,
                            references=("", reference("T", None, "4 * p")))]),
        {"S": lambda t: 60 * exp(-0.5 * t), "T": lambda t: 120 - 120 * exp(-0.5 * t)}),
    "the_same_species_twice": rates([1437], document(
        species=[species("S", initialAmount=50)],
        reactions=[reaction("r", "S + S -> S", "0.5 * S")]),
        {"S": lambda t: 50 * exp(-0.5 * t)}, note="only 1 of 2 S is there"),
    "an_assignment_rule": rates([137, 1395], document(
        species=[species("S", initialAmount=60), species("T")],
        parameters=[variable("a"), variable("b"), parameter("p", 0.5)],
        rules=[rule("T", "b + 2 * a"), rule("b", "3 * a"), rule("a", "S / 2")],
        reactions=[reaction("r", "S ->", "p * S")]),
        {"S": lambda t: 60 * exp(-0.5 * t), "T": lambda t: 150 * exp(-0.5 * t)}),
    "local_parameters": rates([736, 900], document(
        species=[species("S", initialAmount=60), species("T", initialAmount=10)],
        parameters=[parameter("k", 100)],
        reactions=[reaction("r", "S ->", "k * S", {"k": 0.5}),
                   reaction("q", "T ->", "k * T", {"k": 0.25})]),
        {"S": lambda t: 60 * exp(-0.5 * t), "T": lambda t: 10 * exp(-0.25 * t)}),
    "a_conversion_factor_of_the_model": rates([1735, 1500], document(
        model='substanceUnits="item" timeUnits="second" extentUnits="item" conversionFactor="f"',
        species=[species("S", initialAmount=90), species("T", initialAmount=0),
                 species("U", initialAmount=3, boundaryCondition=True)],
        parameters=[parameter("f", 2)],
        reactions=[reaction("r", "S + 1.5 U -> 1.5 T", "0.25 * S")]),
        {"S": lambda t: 90 * exp(-0.5 * t), "T": lambda t: 135 - 135 * exp(-0.5 * t),
         "U": lambda t: 3}, note="only 1 of 2 S is there"),
    "a_conversion_factor_of_a_species": rates([1500], document(
        species=[species("S", initialAmount=90, conversionFactor="f"),
                 species("T", initialAmount=0)], parameters=[parameter("f", 2)],
        reactions=[reaction("r", "S -> T", "0.25 * S")]),
        {"S": lambda t: 90 * exp(-0.5 * t), "T": lambda t: 45 - 45 * exp(-0.5 * t)},
        note="only 1 of 2 S is there"),
    "a_reversible_reaction": rates([844], document(
        species=[species("S", initialAmount=90), species("T", initialAmount=0)],
        parameters=[parameter("f", 0.75), parameter("b", 0.25)],
        reactions=[reaction("r", "S -> T", "(f * S - b * T) * C", reversible=True)]),
        {"S": lambda t: 90 * (0.25 + 0.75 * exp(-t)), "T": lambda t: 67.5 - 67.5 * exp(-t)}),
    "boundary_species": rates([1122], document(
        species=[species("S", initialAmount=8, boundaryCondition=True, constant=True),
                 species("T", initialAmount=0),
                 species("U", initialAmount=2.5, boundaryCondition=True)],
        reactions=[reaction("r", "S -> T", "S * U", modifiers=["U"])]),
        {"S": lambda t: 8, "T": lambda t: 20 * t}),
    "functions_of_functions": rates([1488, 1000], document(
        functions=[function("half", "x", "x / 2"), function("law", "k", "s", "k * half(half(s))")],
        species=[species("S", initialAmount=64)],
        reactions=[reaction("r", "S ->", "law(2, S)")]),
        {"S": lambda t: 64 * exp(-0.5 * t)}),
    "a_function_without_a_formula": rates([1271], document(
        functions=['<functionDefinition id="nothing"/>'], species=[species("S", initialAmount=0)],
        reactions=[reaction("r", "-> S", "3")]), {"S": lambda t: 3 * t}),
    "a_reaction_of_nothing": rates([1246], document(
        species=[species("S", initialAmount=2)],
        reactions=[reaction("r", "->", "2"), reaction("q", "-> S", "1")]), {"S": lambda t: 2 + t}),
    "no_reactions": rates([1341], document(species=[species("S", initialAmount=2)]),
                          {"S": lambda t: 2}),
    "ids_that_look_like_numbers": rates([1811], document(
        species=[species("S", initialAmount=0)],
        parameters=[parameter("INF", 10), parameter("Inf", 2), parameter("inf", 0.5),
                    parameter("nan", 3), parameter("NaN", 4), parameter("a")],
        initial=[initial("a", "INF")],
        reactions=[reaction("r", "-> S", "a * INF * Inf * inf + nan * NaN")]),
        {"S": lambda t: 112 * t}),
    "ids_of_laws": rates([1811], document(
        species=[species("S", initialAmount=0)],
        parameters=[parameter("time", 2), parameter("t", 3), parameter("min", 5),
                    parameter("hill", 7), parameter("count", 1), parameter("pi", 2)],
        reactions=[reaction("r", "-> S", "plus(t, min, hill, count)")]),
        {"S": lambda t: 16 * t}),
    "a_symbol_that_has_the_id_of_a_parameter": events([1318], document(
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
    "seven_dimensions": rates([1197], document(
        compartments=[compartment(size=4, spatialDimensions=7)],
        species=[concentration("S", initialConcentration=25)],
        reactions=[reaction("r", "S ->", "0.5 * S * C")]),
        {"S": lambda t: 100 * exp(-0.5 * t)}),
    "no_dimensions": rates([1197], document(
        compartments=[compartment(size=None, spatialDimensions=0)],
        species=[concentration("S", initialAmount=100)],
        reactions=[reaction("r", "S ->", "0.5 * S")]),
        {"S": lambda t: 100 * exp(-0.5 * t)}),
    "a_rule_without_a_formula": rates([1464, 1553, 1630], document(
        species=[species("S", initialAmount=100)],
        parameters=[variable("k", 0.5), variable("j", 1)],
        rules=['<assignmentRule variable="k"/>', '<rateRule variable="j"/>'],
        initial=['<initialAssignment symbol="S"/>'],
        reactions=[reaction("r", "S ->", "k * S")]),
        {"S": lambda t: 100 * exp(-0.5 * t)}, note="has no formula (it is left out)"),
    "a_stoichiometry_in_formulas": rates([974], document(
        "3.1", species=[species("S", initialAmount=0)], parameters=[variable("z"), parameter("q")],
        rules=[rule("z", "3 * n")], initial=[initial("q", "5 * n")],
        reactions=[reaction("r", "->", "z + q", fast=False, references=(
            "", reference("S", 2, id="n", constant=True)))]),
        {"S": lambda t: 32 * t, "z": lambda t: 6}),
    "conversion_factors_by_stoichiometries": rates([1651], document(
        "3.1",
        model='substanceUnits="item" timeUnits="second" extentUnits="item" conversionFactor="f"',
        species=[species("S", initialAmount=0, conversionFactor="g"),
                 species("T", initialAmount=0)],
        parameters=[parameter("f"), parameter("g")],
        initial=[initial("f", "n * 3"), initial("g", "n * 5")],
        reactions=[reaction("r", "-> T", "0.5", fast=False, references=(
            "", reference("S", 2, id="n", constant=True)))]),
        {"S": lambda t: 10 * t, "T": lambda t: 3 * t}),
    "a_local_parameter_hides_a_stoichiometry": rates([1715, 1800], document(
        "3.1", species=[species("S", initialAmount=0)],
        reactions=[reaction("r", "->", "n * 20", {"n": 0.25}, fast=False, references=(
            "", reference("S", 2, id="n", constant=True)))]),
        {"S": lambda t: 10 * t}),
    "the_avogadro_of_sbml": rates([1323], document(
        species=[species("S", initialAmount=0)], parameters=[parameter("a"), parameter("b")],
        initial=[initial("a", "6.02214179e23 - avogadro"),
                 initial("b", "avogadro / 6.02214179e23")],
        reactions=[reaction("r", "-> S", "a + b")]), {"S": lambda t: t}),
    "functions_of_numbers_in_rules": rates([957], document(
        species=[species("S", initialAmount=0)], parameters=[variable("k"), variable("j")],
        rules=[rule("k", "cos(0) + floor(-4.6) + abs(-9)"), rule("j", "sin(pi / 2) + ln(exp(2))")],
        reactions=[reaction("r", "-> S", "k * j")]),
        {"S": lambda t: 15 * t, "k": lambda t: 5}),
    "ids_named_time": rates([1820], document(
        species=[species("S", initialAmount=0)],
        parameters=[parameter("Time", 11), parameter("TIME", 12), parameter("avogadro_", 2)],
        reactions=[reaction("r", "-> S", "Time + TIME + avogadro_")]), {"S": lambda t: 25 * t}),
    "two_conversion_factors": rates([976], document(
        model='substanceUnits="item" timeUnits="second" extentUnits="item" conversionFactor="f"',
        species=[species("S", initialAmount=600, conversionFactor="g"),
                 species("T", initialAmount=0)],
        parameters=[parameter("f", 4), parameter("g", 3)],
        reactions=[reaction("r", "2 S -> 3 T", "10")]),
        {"S": lambda t: 600 - 60 * t, "T": lambda t: 120 * t},
        note="only 5 of 6 S are there"),
    "a_reversible_reaction_written_backwards": rates([1045], document(
        species=[species("S", initialAmount=90), species("T", initialAmount=0)],
        parameters=[parameter("f", 0.75), parameter("b", 0.25)],
        reactions=[reaction("r", "T -> S", "-(f * S - b * T) * C", reversible=True)]),
        {"S": lambda t: 90 * (0.25 + 0.75 * exp(-t)), "T": lambda t: 67.5 - 67.5 * exp(-t)}),
    "a_concentration_of_a_species_with_amounts": rates([998], document(
        compartments=[compartment(size=5)], species=[species("S", initialConcentration=2)],
        reactions=[reaction("r", "-> S", "3 * S")]), {"S": lambda t: 10 * exp(3 * t)}),
    "a_local_parameter_hides_a_species": rates([1640], document(
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
    "avogadro_by_other_names": rates([961], document(
        species=[species("S", initialAmount=0)], parameters=[parameter("a")],
        initial=[initial("a", "avogadro / 3.01107089500e23")],
        reactions=[reaction("r", "-> S", "a")]).replace(">s</csymbol>", ">time</csymbol>"),
        {"S": lambda t: 2 * t}),
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
    "more_uncommon_functions_of_numbers": rates([1486, 1562, 1565], document(
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
    # -- refused ----------------------------------------------------------------------------------
    "only_parameters": refused([949, 995], document(parameters=[parameter("P", 3.7)]),
                               "the network has no species"),
    "equal_priorities": refused([952, 966, 1588, 1590], document(
        species=[A, B], parameters=[variable("last", 0)],
        events=[event("E1", "time - last >= 4", {"last": "time", "A": "A + 1"}, priority="1",
                      persistent=False),
                event("E2", "time - last >= 4", {"last": "time", "B": "B + 1"}, priority="1",
                      persistent=False)]),
        "event 'E1' and event 'E2' have the same priority (of such events due at one time SBML lets "
        "chance choose"),
    "amounts_that_are_no_copies": refused([137], document(
        species=[species("S", initialAmount=1.5)], reactions=[reaction("r", "S ->", "S")]),
        "is 1.5, no whole number of copies"),
    "an_algebraic_rule": refused([664, 844, 876, 1500, 1577, 1785, 1790], document(
        species=[A], parameters=[variable("k")], rules=[algebraic("k - 0.75")],
        reactions=[reaction("r", "A ->", "k * A")]), "an algebraic rule is not supported"),
    "values_that_are_not_finite": refused([950, 951], document(
        species=[A], parameters=[parameter("P", "INF"), parameter("Q", "NaN")],
        reactions=[reaction("r", "A ->", "P * A")]), "the value of parameter 'P' is inf"),
    "values_that_become_infinite": refused([950], document(
        species=[A], parameters=[parameter("P", 1)], initial=[initial("P", "infinity")],
        reactions=[reaction("r", "A ->", "P * A")]),
        "an infinite or undefined number stands in a formula"),
    "a_rate_rule": refused([404, 905, 912, 996, 1198, 1208, 1290, 1498, 1511], document(
        species=[A], parameters=[variable("k", 1)], rules=[rule("k", "0.25 * k", "rateRule")],
        reactions=[NEVER]), "the rate rule of 'k' is not supported"),
    "time_in_a_law": refused([858, 900], document(
        species=[A], reactions=[reaction("r", "A ->", "A * time")]),
        "the time stands in the formula of reaction 'r'"),
    "time_in_a_rule": refused([1279, 983], document(
        species=[A], parameters=[variable("k")], rules=[rule("k", "implies(time > 5, time > 2)")],
        reactions=[NEVER]), "the time stands in the formula of the rule of 'k'"),
    "a_fast_reaction": refused([870, 1567], document(
        "3.1", species=[A], reactions=[reaction("r", "A ->", "A", fast=True)]),
        "reaction 'r' is fast"),
    "delay_of_a_value": refused([943, 981, 983, 1318, 1400, 1519, 1592], document(
        species=[A], parameters=[variable("k")], rules=[rule("k", "2 + delay(A, 0.5)")],
        reactions=[NEVER]), "delay() stands in a formula"),
    "the_rate_of_a_species": refused([1250, 1252, 1296, 1527], document(
        species=[A, B], reactions=[reaction("r", "A ->", "A"), reaction("q", "-> B", "rateOf(A)")]),
        "rateOf stands in a formula"),
    "the_rate_of_a_reaction": refused([1230, 1303, 1306], document(
        species=[A], parameters=[variable("k", 1)], reactions=[reaction("r", "A ->", "A")],
        events=[event("E1", "time > 4.5", {"k": "2"}, delay="1 * r")]),
        "the rate of reaction 'r' stands in a formula"),
    "a_stoichiometry_by_a_rule": refused([971, 989, 993, 1106, 1109, 1450, 1584, 1744], document(
        "3.1", species=[A], rules=[rule("n", "3")],
        reactions=[reaction("r", "->", "1", fast=False, references=(
            "", reference("A", 1, id="n", constant=False)))]),
        "the stoichiometry 'n' changes by a rule"),
    "a_stoichiometry_by_an_event": refused([1106], document(
        "3.1", species=[A], events=[event("E1", AT, {"n": "2"})],
        reactions=[reaction("r", "->", "1", fast=False, references=(
            "", reference("A", 1, id="n", constant=False)))]),
        "the stoichiometry 'n' changes by an event"),
    "a_stoichiometry_that_varies": refused([989, 993, 1581, 1751], document(
        "2.4", species=[species("A", initialAmount=1)], reactions=[reaction(
            "r", "->", "1", is_3=False, references=("", reference("A", None, "A")))]),
        "the stoichiometry of species 'A' varies"),
    "no_whole_stoichiometry": refused([1735], document(
        species=[A, B], reactions=[reaction("r", "1.5 A -> B", "A")]),
        "would change species 'A' by 1.5 copies"),
    "a_law_that_is_missing": refused([1630], document(
        species=[A], reactions=[reaction("r", "A ->", None)]), "reaction 'r' has no kinetic law"),
    "trigonometry_of_the_time": refused([1488, 1595, 1597], document(
        species=[A], parameters=[variable("k", 1)],
        events=[event("E1", "time > 4.5", {"k": "cosh(time)"}, delay="1")]),
        "function cosh stands in a formula"),
    "quotient": refused([1531], document(
        species=[A], reactions=[reaction("r", "A ->", "quotient(A, 2)")]),
        "'quotient' stands in a formula"),
    "remainder": refused([1531], document(
        species=[A], reactions=[reaction("r", "A ->", "rem(A, 2)")]), "'rem' stands in a formula"),
    "factorial": refused([1531], document(
        species=[A], reactions=[reaction("r", "A ->", "factorial(A)")]),
        "stands in a formula"),
    "infinity": refused([1630], document(
        species=[A], reactions=[reaction("r", "A ->", "min(A, infinity)")]),
        "an infinite or undefined number stands in a formula"),
    "piecewise_without_otherwise": refused([1488], document(
        species=[A], reactions=[reaction("r", "A ->", "piecewise(1, A > 2)")]),
        "a piecewise function has no 'otherwise'"),
    "a_trigger_of_curved_time": refused([1531], document(
        species=[A], events=[event("E1", "time * time > 4", {"A": "1"})]),
        "does not compare time in a line"),
    "flux_balances": refused([1630], document(
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
    "a_negative_law": fails([1437], document(
        species=[A], reactions=[reaction("r", "A ->", "-1")]), "bad_propensity"),
    "a_law_that_becomes_negative": fails([1338], document(
        species=[A], parameters=[variable("k", 5)],
        reactions=[reaction("r", "-> A", "k", reversible=True)],
        events=[event("E1", AT, {"k": "-1"})]), "bad_propensity"),
    "half_a_copy": fails([71, 405], document(
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
