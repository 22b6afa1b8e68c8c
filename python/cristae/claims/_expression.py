"""The language of claims: statistics of courses, and comparisons of them."""

from __future__ import annotations

import ast
import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Callable, Optional, Union

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

#: Of a course, along its last axis: rows are ensemble means, or single trajectories.
_Statistic = Callable[[Array, Array], Array]


def _half_rise(course: Array, times: Array) -> Array:
    """When a course has risen half the way from its start to its maximum; NaN if it never rises."""
    start, top = course[:, 0], course.max(axis=1)
    half = start + (top - start) / 2
    behind = np.argmax(course >= half[:, None], axis=1)
    before = np.maximum(behind - 1, 0)
    rows = np.arange(len(course))
    low, high = course[rows, before], course[rows, behind]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(high > low, (half - low) / (high - low), 0.0)
    return np.where(top > start, times[before] + share * (times[behind] - times[before]), np.nan)


def _peak_over_end(course: Array, times: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        quotient: Array = course.max(axis=1) / course[:, -1]
    return quotient


STATISTICS: Mapping[str, _Statistic] = {
    "start": lambda course, times: course[:, 0],
    "end": lambda course, times: course[:, -1],
    "max": lambda course, times: course.max(axis=1),
    "min": lambda course, times: course.min(axis=1),
    "mean": lambda course, times: course.mean(axis=1),
    "t50": _half_rise,
    "time_of_max": lambda course, times: times[np.argmax(course, axis=1)],
    "peak_over_end": _peak_over_end,
}
#: Of a course and a time.
_TIMED: Mapping[str, Callable[[Array, Array, float], Array]] = {
    "at": lambda course, times, when: course[:, int(np.argmin(np.abs(times - when)))],
    "max_after": lambda course, times, when: course[:, times >= when].max(axis=1),
    "min_after": lambda course, times, when: course[:, times >= when].min(axis=1),
    "mean_after": lambda course, times, when: course[:, times >= when].mean(axis=1),
}
#: Of one number per trajectory.
PER_TRAJECTORY = ("mean_of", "sd_of", "cv_of", "fraction")
#: Words of the key `statistic`, as text with the observable in place of {0}.
NAMED = {
    "mean of maxima": "mean_of(max({0}))",
    "mean of minima": "mean_of(min({0}))",
    **{name: name + "({0})" for name in STATISTICS},
}
_ELEMENTWISE: Mapping[str, Callable[..., Array]] = {
    "min": np.minimum,
    "max": np.maximum,
    "abs": np.abs,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "log": np.log,
    "pow": np.power,
}
_OPERATORS: Mapping[type[ast.operator], Callable[[Array, Array], Array]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}
_COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}


class Mistake(Exception):
    """What is wrong with an expression: problem, reason, fix and the column within it."""

    def __init__(self, problem: str, column: int, reason: str = "", fix: str = "") -> None:
        super().__init__(problem)
        self.problem, self.column, self.reason, self.fix = problem, column, reason, fix


def nearest(name: str, known: Sequence[str]) -> str:
    """The part of a message that names what was meant."""
    found = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean '{found[0]}'?" if found else ""


@dataclass(frozen=True)
class Sides:
    """What expressions are evaluated on.

    courses : of the perturbed ensemble, by name, [trajectory, time]
    control : of the control, where there is one
    weights : [resample, trajectory], rows that sum to 1; the first is the ensemble as it is
    """

    times: Array
    courses: Mapping[str, Array]
    control: Optional[Mapping[str, Array]]
    weights: Array


@dataclass(frozen=True)
class Comparison:
    """`left < right`, over all resamples of the trajectories."""

    text: str
    left: Array
    right: Array
    is_less: bool


@dataclass(frozen=True)
class Expression:
    """A relation, or a course, that was parsed and whose names were checked."""

    text: str
    tree: ast.expr
    names: frozenset[str]
    control_names: frozenset[str] = field(default=frozenset())

    def compare(self, sides: Sides) -> list[Comparison]:
        """Every comparison of the relation."""
        parts = self.tree.values if isinstance(self.tree, ast.BoolOp) else [self.tree]
        found = []
        for part in parts:
            assert isinstance(part, ast.Compare)
            terms = [part.left, *part.comparators]
            for operator, left, right in zip(part.ops, terms, terms[1:]):
                less = isinstance(operator, (ast.Lt, ast.LtE))
                values = [_estimate(term, sides) for term in (left, right)]
                text = f"{ast.unparse(left)} {_COMPARISONS[type(operator)]} {ast.unparse(right)}"
                found.append(Comparison(text, values[0], values[1], less))
        return found

    def estimate(self, sides: Sides) -> Array:
        """A number per resample: of a text without comparisons."""
        return _estimate(self.tree, sides)


def _with_rare_ones(values: Array, rows: Array, control: bool) -> Array:
    """Where every trajectory counts 0, or every one 1, resampling shows no error at all.

    What has not been seen in n trajectories may still happen: its share then lies within
    -ln(error rate) / n of what was seen (the rule of three). Resamples are drawn from that.
    """
    share_is_0, share_is_1 = (bool(np.all(np.abs(values - one) < 1e-9)) for one in (0, 1))
    if not (share_is_0 or share_is_1) or not bool(np.isin(rows, (0.0, 1.0)).all()):
        return values
    resamples = len(values) - 1
    share = (np.arange(resamples) + 0.5) / resamples
    order = np.random.default_rng([len(rows), int(control)]).permutation(resamples)
    unseen = np.minimum(-np.log1p(-share[order]) / len(rows), 1)
    spread = values.copy()
    spread[1:] += unseen if share_is_0 else -unseen
    return spread


def _apply(function: Callable[..., Array], values: Sequence[Array]) -> Array:
    with np.errstate(all="ignore"):
        return function(*values)


def _estimate(tree: ast.expr, sides: Sides) -> Array:
    """One number per resample."""
    size = len(sides.weights)

    def visit(node: ast.expr, control: bool) -> Array:
        if isinstance(node, ast.Constant):
            return np.full(size, float(_number(node)))
        if isinstance(node, ast.UnaryOp):
            return -visit(node.operand, control)
        if isinstance(node, ast.BinOp):
            both = (visit(node.left, control), visit(node.right, control))
            return _apply(_OPERATORS[type(node.op)], both)
        assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        name = node.func.id
        if name == "control":
            return visit(node.args[0], True)
        if name in PER_TRAJECTORY:
            single = _single(node.args[0], sides, control)
            return _with_rare_ones(_moments(name, single, sides.weights), single, control)
        if _is_statistic(node):
            courses = _course(node.args[0], sides, control)
            values = _statistic(node, sides.weights @ courses, sides.times)
            return _with_rare_ones(values, courses, control)
        return _apply(_ELEMENTWISE[name], [visit(one, control) for one in node.args])

    return visit(tree, False)


def _moments(name: str, single: Array, weights: Array) -> Array:
    mean = weights @ single
    if name in ("mean_of", "fraction"):
        return mean
    spread: Array = np.sqrt(np.maximum(weights @ single**2 - mean**2, 0))
    return spread if name == "sd_of" else _apply(np.divide, (spread, mean))


def _single(tree: ast.expr, sides: Sides, control: bool) -> Array:
    """One number per trajectory; conditions are 0 or 1."""
    size = len(next(iter(sides.courses.values())))

    def visit(node: ast.expr) -> Array:
        if isinstance(node, ast.Constant):
            return np.full(size, float(_number(node)))
        if isinstance(node, ast.UnaryOp):
            return -visit(node.operand)
        if isinstance(node, ast.BinOp):
            return _apply(_OPERATORS[type(node.op)], (visit(node.left), visit(node.right)))
        if isinstance(node, ast.BoolOp):
            return np.asarray(np.prod([visit(value) for value in node.values], axis=0), np.float64)
        if isinstance(node, ast.Compare):
            terms = [visit(term) for term in (node.left, *node.comparators)]
            holds = np.ones(size, bool)
            for operator, left, right in zip(node.ops, terms, terms[1:]):
                holds &= {
                    "<": np.less,
                    "<=": np.less_equal,
                    ">": np.greater,
                    ">=": np.greater_equal,
                }[_COMPARISONS[type(operator)]](left, right)
            return holds.astype(np.float64)
        assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if _is_statistic(node):
            return _statistic(node, _course(node.args[0], sides, control), sides.times)
        return _apply(_ELEMENTWISE[node.func.id], [visit(one) for one in node.args])

    return visit(tree)


def _course(tree: ast.expr, sides: Sides, control: bool) -> Array:
    """[trajectory, time]"""
    courses = sides.control if control else sides.courses
    assert courses is not None
    shape = next(iter(courses.values())).shape

    def visit(node: ast.expr) -> Array:
        if isinstance(node, ast.Constant):
            return np.full(shape, float(_number(node)))
        if isinstance(node, ast.Name):
            return courses[node.id]
        if isinstance(node, ast.UnaryOp):
            return -visit(node.operand)
        if isinstance(node, ast.BinOp):
            return _apply(_OPERATORS[type(node.op)], (visit(node.left), visit(node.right)))
        assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        return _apply(_ELEMENTWISE[node.func.id], [visit(one) for one in node.args])

    return visit(tree)


def _statistic(node: ast.Call, course: Array, times: Array) -> Array:
    assert isinstance(node.func, ast.Name)
    if node.func.id in _TIMED:
        when = node.args[1]
        assert isinstance(when, ast.Constant)
        return _TIMED[node.func.id](course, times, _number(when))
    return STATISTICS[node.func.id](course, times)


def _number(node: ast.Constant) -> float:
    value: Union[int, float] = node.value  # type: ignore[assignment]
    return float(value)


def _is_statistic(node: ast.Call) -> bool:
    assert isinstance(node.func, ast.Name)
    name = node.func.id
    return name in _TIMED or (name in STATISTICS and len(node.args) == 1)


class _Checker:
    """Where what may stand; gathers the names."""

    def __init__(self, known: Sequence[str], times: Sequence[float], has_control: bool) -> None:
        self.known, self.times, self.has_control = known, times, has_control
        self.names: set[str] = set()
        self.control_names: set[str] = set()

    def relation(self, node: ast.expr) -> None:
        if isinstance(node, ast.BoolOp):
            if isinstance(node.op, ast.Or):
                raise Mistake("'or' stands in a relation", node.col_offset, "it has no interval")
            for value in node.values:
                self.relation(value)
        elif isinstance(node, ast.Compare):
            self.comparison(node, lambda term: self.estimate(term, False))
        else:
            raise Mistake(
                "a comparison is needed", node.col_offset, "", "Write it with <, <=, > or >="
            )

    def comparison(self, node: ast.Compare, term: Callable[[ast.expr], None]) -> None:
        for operator in node.ops:
            if type(operator) not in _COMPARISONS:
                raise Mistake("only <, <=, > and >= compare", node.col_offset)
        for one in (node.left, *node.comparators):
            term(one)

    def shared(self, node: ast.expr, visit: Callable[[ast.expr], None]) -> bool:
        """Numbers, signs and arithmetic."""
        if isinstance(node, ast.Constant):
            is_number = isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
            if not is_number or not math.isfinite(float(node.value)):  # type: ignore[arg-type]
                raise Mistake(f"{node.value!r} is not a number", node.col_offset)
            return True
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            visit(node.operand)
            return True
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            visit(node.left)
            visit(node.right)
            return True
        return False

    def call(self, node: ast.expr) -> ast.Call:
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.keywords:
            raise Mistake(f"'{ast.unparse(node)}' cannot stand here", node.col_offset)
        return node

    def elementwise(self, node: ast.Call, visit: Callable[[ast.expr], None]) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in _ELEMENTWISE:
            known = [*STATISTICS, *_TIMED, *PER_TRAJECTORY, "control", *_ELEMENTWISE]
            raise Mistake(f"'{name}' is no function", node.col_offset, "", nearest(name, known))
        if len(node.args) != (2 if name in ("min", "max", "pow") else 1):
            raise Mistake(f"'{name}' has the wrong number of arguments", node.col_offset)
        for one in node.args:
            visit(one)

    def statistic(self, node: ast.Call, control: bool) -> bool:
        if not _is_statistic(node):
            return False
        if isinstance(node.func, ast.Name) and node.func.id in _TIMED:
            self.sample_time(node)
        self.course(node.args[0], control)
        return True

    def sample_time(self, node: ast.Call) -> None:
        when = node.args[1] if len(node.args) == 2 else None
        if not isinstance(when, ast.Constant) or not isinstance(when.value, (int, float)):
            raise Mistake(f"'{ast.unparse(node.func)}' needs a course and a time", node.col_offset)
        if self.times and min(abs(time - when.value) for time in self.times) > 1e-9 * max(
            1.0, abs(when.value)
        ):
            raise Mistake(f"{when.value:g} is no sample time", when.col_offset)

    def estimate(self, node: ast.expr, control: bool) -> None:
        def visit(one: ast.expr) -> None:
            self.estimate(one, control)

        if self.shared(node, visit):
            return
        if isinstance(node, ast.Name):
            raise Mistake(
                f"'{node.id}' stands without a statistic",
                node.col_offset,
                "a course is not one number",
                f"Write end({node.id}), max({node.id}) or another",
            )
        call = self.call(node)
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if name == "control":
            if not self.has_control:
                raise Mistake("there is no control", node.col_offset, "", "Give the key 'control'")
            if control or len(call.args) != 1:
                raise Mistake("'control' has the wrong argument", node.col_offset)
            self.estimate(call.args[0], True)
        elif name in PER_TRAJECTORY:
            if len(call.args) != 1:
                raise Mistake(f"'{name}' has the wrong number of arguments", node.col_offset)
            self.single(call.args[0], control, is_condition=name == "fraction")
        elif not self.statistic(call, control):
            self.elementwise(call, visit)

    def single(self, node: ast.expr, control: bool, is_condition: bool) -> None:
        def number(one: ast.expr) -> None:
            self.single(one, control, False)

        if is_condition:
            if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
                for value in node.values:
                    self.single(value, control, True)
            elif isinstance(node, ast.Compare):
                self.comparison(node, number)
            else:
                raise Mistake("'fraction' needs a condition", node.col_offset)
        elif not self.shared(node, number):
            call = self.call(node)
            if not self.statistic(call, control):
                self.elementwise(call, number)

    def course(self, node: ast.expr, control: bool) -> None:
        def visit(one: ast.expr) -> None:
            self.course(one, control)

        if self.shared(node, visit):
            return
        if isinstance(node, ast.Name):
            if node.id not in self.known:
                raise Mistake(
                    f"'{node.id}' is neither an observable nor a species",
                    node.col_offset,
                    "",
                    nearest(node.id, self.known),
                )
            (self.control_names if control else self.names).add(node.id)
            return
        call = self.call(node)
        if _is_statistic(call):
            raise Mistake(f"'{ast.unparse(node)}' is a statistic in a course", node.col_offset)
        self.elementwise(call, visit)


def parse(
    text: str, known: Sequence[str], times: Sequence[float], *, has_control: bool, is_relation: bool
) -> Expression:
    """Raises Mistake. Without `is_relation`, an estimate such as ``max(CHOP)``."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):  # columns of syntax errors differ between versions of Python
        raise Mistake(f"'{text}' cannot be read", 0) from None
    checker = _Checker(known, times, has_control)
    if is_relation:
        checker.relation(tree)
    else:
        checker.estimate(tree, False)
    if not checker.names:
        raise Mistake("no observable of the perturbed ensemble stands in it", 0)
    return Expression(text, tree, frozenset(checker.names), frozenset(checker.control_names))
