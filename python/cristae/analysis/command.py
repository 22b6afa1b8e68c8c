"""``cristae analyze QUESTION RESULT.h5 ...``: the questions as a command."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Callable, Optional

if TYPE_CHECKING:
    import pandas as pd

#: The libraries of the extra `analysis`.
_NEEDED = ("scipy", "diptest", "SALib", "pandas")


def missing_library(error: ModuleNotFoundError, command: str) -> Optional[str]:
    """The message where a library of the extra is not installed."""
    name = (error.name or "").partition(".")[0]
    if name not in _NEEDED:
        return None
    return (
        f"error: {command} needs {name}, which is not installed. "
        "Use pip install '.[analysis]' in the folder of the source.\n"
    )


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """The program ``cristae-analyze``; returns its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        from . import _options
    except ModuleNotFoundError as error:
        text = missing_library(error, "analyze")
        if text is None:
            raise
        sys.stderr.write(text)
        return 2

    def work() -> None:
        try:
            _answer(words)
        except ModuleNotFoundError as error:
            text = missing_library(error, "analyze")
            if text is None:
                raise
            from ._input import refuse

            raise refuse(*_parts(text)) from None

    return _options.run_program(work)


def _parts(text: str) -> tuple[str, str, str]:
    problem, _, fix = text.removeprefix("error: ").rstrip(".\n").partition(". ")
    return problem, "", fix


def help_text() -> str:
    """The text of ``cristae analyze --help``."""
    lines = "".join(f"  {name:<12} {question.purpose}\n" for name, question in _questions().items())
    return (
        "Answers a question about the trajectories of results, with confidence intervals.\n\n"
        f"usage: cristae analyze QUESTION RESULT.h5... [OPTION...]\n\nQuestions:\n{lines}\n"
        "cristae analyze QUESTION --help lists its options; docs/analysis.md says what each\n"
        "estimates, and from which paper.\n"
    )


def _answer(words: list[str]) -> None:
    from . import _options, _output
    from ._input import refuse

    questions = _questions()
    if not words:
        raise refuse("a question is missing", "", "See cristae analyze --help")
    name, rest = words[0], words[1:]
    if name in ("--help", "-h", "help"):
        if not rest or name != "help":
            sys.stdout.write(help_text())
            return
        name, rest = rest[0], ["--help"]
    if name not in questions:
        near = difflib.get_close_matches(name, questions, 1)
        fix = f"Did you mean '{near[0]}'?" if near else "See cristae analyze --help"
        kind = "option" if name.startswith("-") else "question"
        raise refuse(f"unknown {kind} '{name}'", "", fix)
    question = questions[name]
    values = _options.parse(question.program(name), rest)
    if values is None:
        return
    deliver = {key: values.pop(key) for key in ("json", "csv", "overwrite", "quiet")}
    if deliver["json"] == "-" and deliver["csv"] == "-":
        raise refuse("--json and --csv are both '-'", "standard output holds one of them")
    table, others, shown = question.ask(values)
    _output.deliver(
        name,
        table,
        others,
        shown=shown,
        json_path=deliver["json"],
        csv_path=deliver["csv"],
        overwrite=deliver["overwrite"],
        quiet=deliver["quiet"],
    )


Tables = Mapping[str, "pd.DataFrame"]
Answer = tuple["pd.DataFrame", Tables, Tables]


class Question:
    """A question: what it takes, and how it is asked."""

    def __init__(
        self,
        purpose: str,
        options: Sequence[Any],
        ask: Callable[[dict[str, Any]], Answer],
        positional: str = "RESULT.h5...",
    ) -> None:
        self.purpose, self.options, self.ask, self.positional = purpose, options, ask, positional

    def program(self, name: str) -> Any:
        """Its command line."""
        from ._options import Option, Program

        options = list(self.options)
        if self.positional.startswith("RESULT") and name != "sensitivity":
            where = "Of sweeps, only the sets with this value of a parameter, or condition=NAME"
            options.insert(-6, Option("where", "NAME=VALUE", where, "pairs"))
        fix = "Give a file that cristae run or cristae sweep wrote with --output FILE.h5"
        if not self.positional.startswith("RESULT"):
            fix = "Give the name of a bundled network or the path of a network file"
        return Program(f"analyze {name}", self.purpose, self.positional, fix, options)


def common_options() -> list[Any]:
    """What all questions take."""
    from ._options import Option

    return [
        Option("level", "L", "Of confidence intervals (default: 0.95)", "number",
               default=0.95, least=0.5, most=0.9999),
        Option("seed", "S", "Of the resampling (default: 1)", "whole", default=1, least=0),
        Option("json", "FILE", "Also write all tables as JSON; '-': to standard output instead"),
        Option("csv", "FILE", "Also write the table as CSV, further tables beside it; '-': to "
               "standard output instead"),
        Option("overwrite", "", "Replace files that exist", "flag"),
        Option("quiet", "", "No notes, and no table where a file is written", "flag"),
    ]  # fmt: skip


def _resamples(default: int) -> Any:
    from ._options import Option

    return Option("resamples", "N", f"Resampled ensembles (default: {default})", "whole",
                  default=default, least=20, most=1e6)  # fmt: skip


def _questions() -> dict[str, Question]:
    from ._options import Option

    quantity = Option(
        "quantity", "NAME", "Features such as CHOP[end] or max(CHOP), or columns for their value "
        "at the end; commas between them (default: all at the end)", "names",
    )  # fmt: skip
    column = Option("column", "NAME", "Observables and species", "names", needed=True)
    one_column = Option("column", "NAME", "An observable or a species", needed=True)
    start = Option("from", "T", "First sample time to look at", "number")
    end = Option("to", "T", "Last sample time to look at", "number")
    window, common, resamples = [start, end], common_options(), _resamples(2000)
    starts = Option("starts", "T,T,...", "Starts of the pulses (default: from the schedule)",
                    "numbers")  # fmt: skip
    threshold = Option("threshold", "X", "Responders are above it", "number")
    percentile = Option("percentile", "P", "Of the control, as the threshold (default: 99)",
                        "number", default=99.0, least=0, most=100)  # fmt: skip
    return {
        "noise": Question(
            "mean, sd, Fano factor and CV^2 across trajectories (N1, N8)",
            [quantity, Option("ratio", "A/B", "Also the ratio of the means of two quantities",
                              "names"), resamples, *common],
            _noise,
        ),
        "decompose": Question(
            "sources of variance: replicates, two reporters, varied factors (N2, N7)",
            [quantity, Option("reporters", "X,Y", "Two equal reporters in each cell", "names"),
             resamples, *common],
            _decompose,
        ),
        "modes": Question(
            "one kind of cell or two, and the share of responders (N3, N4)",
            [quantity, threshold,
             Option("control", "FILE.h5", "A result whose percentile is the threshold"), percentile,
             Option("scale", "SCALE", "log (of 1 + x) or linear (default: log)", "choice",
                    ("log", "linear"), "log"), *common],
            _modes,
        ),
        "doses": Question(
            "EC50 and Hill slope of responders, of the mean, of single cells (N3, N14)",
            [Option("quantity", "NAME", "A feature or a column", needed=True),
             Option("dose", "PARAMETER", "The parameter that is the dose"),
             Option("doses", "X,X,...", "The dose of each result or set", "numbers"),
             threshold, percentile,
             Option("paired", "", "Trajectory i is the same cell at all doses", "flag"),
             Option("unpaired", "", "It is not", "flag"), _resamples(300), *common],
            _doses,
        ),
        "passage": Question(
            "first passage: survival, hazard, laws, what predicts it (N9, N10, N11)",
            [Option("passage", "FEATURE", "first(...), or end_time of a run with --stop-when"),
             Option("predict", "NAME", "Quantities that may predict it", "names"),
             Option("at", "T,T,...", "Of these sample times; what is predicted is columns then",
                    "numbers"),
             resamples, *common],
            _passage,
        ),
        "spikes": Question(
            "puffs and spikes: peak, duration, interval, memory (N5, N6)",
            [one_column,
             Option("threshold", "X", "A spike is above it", "number", needed=True),
             Option("merge-gap", "T", "Spikes with a shorter gap are one (default: 0)", "number",
                    default=0.0, least=0),
             Option("available", "N", "Channels there are: adds the chance of recruitment",
                    "whole", least=2), *window, resamples, *common],
            _spikes,
        ),
        "correlation": Question(
            "memory of columns, and their order in time (N12, N15)",
            [column, Option("max-lag", "T", "Largest lag (default: half of the window)", "number",
                            least=0), *window, resamples, *common],
            _correlation,
        ),
        "spectrum": Question(
            "power spectra and dominant periods (N15, N16)",
            [column, Option("segments", "N", "Welch's method over so many (default: 1, none)",
                            "whole", default=1, least=1),
             Option("smoothing", "N", "Mean over neighbouring frequencies, odd (default: 1)",
                    "whole", default=1, least=1), *window, resamples, *common],
            _spectrum,
        ),
        "pulses": Question(
            "each pulse's response over the first one's, in the same cell (N12)",
            [one_column, starts,
             Option("length", "T", "The peak is looked for so long behind a start", "number",
                    least=0, needed=True), resamples, *common],
            _pulses,
        ),
        "memory": Question(
            "the response to a later pulse over the gap before it, and the memory time (N12)",
            [one_column, starts,
             Option("width", "T", "Of the pulses of --starts (default: 0)", "number",
                    default=0.0, least=0),
             Option("pulse", "N", "The pulse that is compared with the first (default: 2)",
                    "whole", default=2, least=2),
             Option("length", "T", "The peak is looked for so long behind a start (default: up to "
                    "the next pulse)", "number", least=0), resamples, *common],
            _memory,
        ),
        "transfer": Question(
            "how much noise goes on from one column to the next (N15)",
            [Option("column", "NAME", "Observables and species in the order of the cascade",
                    "names", needed=True),
             Option("max-lag", "T", "Largest lag (default: until the downstream one has forgotten)",
                    "number", least=0), *window, resamples, *common],
            _transfer,
        ),
        "sisters": Question(
            "how long sisters stay alike after they part (N10)",
            [quantity,
             Option("column", "NAME", "Observables and species, over time since the fork", "names"),
             Option("passage", "FEATURE", "first(...), or end_time of a run with --stop-when"),
             resamples, *common],
            _sisters,
        ),
        "information": Question(
            "mutual information and channel capacity between doses and responses (N13)",
            [Option("quantity", "NAME", "Features or columns", "names", needed=True),
             Option("vector", "", "Also what all of them tell together", "flag"),
             Option("bins", "N,N,...", "At most so many bins; a row for each", "wholes", least=2,
                    most=1000), _resamples(100), *common],
            _information,
        ),
        "bias": Question(
            "the ensemble's mean against the rate equations (N18)",
            [Option("reference", "FILE.h5", "A result of --engine ode", needed=True),
             Option("column", "NAME", "Observables and species (default: all)", "names"),
             Option("time", "T,T,...", "Sample times (default: the last)", "numbers"), *common],
            _bias,
        ),
        "design": Question(
            "parameter sets for cristae sweep --sets, for sensitivity (N20)",
            [Option("vary", "NAME=LOW:HIGH", "A parameter and its bounds, or a factor around its "
                    "value: k=0.1:10, k=3; may be repeated", "pairs", needed=True),
             Option("method", "METHOD", "morris or sobol (default: morris)", "choice",
                    ("morris", "sobol"), "morris"),
             Option("size", "N", "Starting points of morris (50), or n of sobol (256)", "whole",
                    least=2),
             Option("scale", "SCALE", "auto, log or linear (default: auto, log above 0)", "choice",
                    ("auto", "log", "linear"), "auto"),
             Option("output", "FILE.csv", "The sets; FILE.design.json says how they were drawn",
                    needed=True), *common],
            _design,
            "NETWORK",
        ),
        "sensitivity": Question(
            "which parameters matter: Morris and Sobol indices of a sweep (N20)",
            [Option("design", "FILE.csv", "The design that was swept", needed=True),
             Option("quantity", "NAME", "A feature or a column", needed=True),
             Option("outcome", "WHAT", "Of the trajectories of a set: mean, median, cv, or share "
                    "of those that have a value (default: mean)", "choice",
                    ("mean", "median", "cv", "share"), "mean"),
             Option("above", "X", "Also in how many of the sets the outcome is above it", "number"),
             resamples, *common],
            _sensitivity,
            "RESULT.h5",
        ),
    }  # fmt: skip


def _results(values: dict[str, Any]) -> list[Any]:
    from ._input import selected

    given, pairs = list(values.pop("positional")), values.pop("where", None)
    return selected(given, pairs) if pairs else given


def _noise(values: dict[str, Any]) -> Answer:
    from . import noise
    from ._input import refuse

    pairs = []
    for text in values.pop("ratio") or ():
        above, slash, below = text.partition("/")
        if not slash or not above.strip() or not below.strip():
            raise refuse(f"--ratio is '{text}'", "two quantities with a / between them are needed")
        pairs.append((above.strip(), below.strip()))
    quantities = values.pop("quantity")
    return noise.table(_results(values), quantities, ratios=pairs, **values), {}, {}


def _decompose(values: dict[str, Any]) -> Answer:
    from . import decompose
    from ._input import refuse

    names = values.pop("reporters") or []
    if len(names) % 2:
        raise refuse(f"--reporters is '{','.join(names)}'", "names in pairs are needed")
    pairs = list(zip(names[::2], names[1::2]))
    quantities = values.pop("quantity")
    return decompose.table(_results(values), quantities, reporters=pairs, **values), {}, {}


def _modes(values: dict[str, Any]) -> Answer:
    from . import modes

    quantities = values.pop("quantity")
    return modes.table(_results(values), quantities, **values), {}, {}


def _doses(values: dict[str, Any]) -> Answer:
    from . import modes
    from ._input import refuse

    paired, unpaired = values.pop("paired"), values.pop("unpaired")
    if paired and unpaired:
        raise refuse("--paired and --unpaired are both given", "", "Give one of them")
    values["paired"] = True if paired else False if unpaired else None
    made = modes.doses_table(_results(values), values.pop("quantity"), **values)
    points = {"points": made.attrs["tables"]["points"]}
    return made, points, points


def _passage(values: dict[str, Any]) -> Answer:
    from . import passage
    from ._input import refuse

    name, results = values.pop("passage"), _results(values)
    at, predictors = values.pop("at") or (), values.pop("predict") or ()
    if at and not predictors:
        raise refuse("--at is given without --predict", "", "Name what may predict the passage")
    made = passage.table(results, name, predictors=predictors, at=at, **values)
    hazard = passage.hazard_table(results, name, level=values["level"])
    curves = passage.curves_table(results, name, level=values["level"])
    return made, {"hazard": hazard, "survival": curves}, {"hazard": hazard}


def _spikes(values: dict[str, Any]) -> Answer:
    from . import spikes

    results, column, threshold = _results(values), values.pop("column"), values.pop("threshold")
    return spikes.table(results, column, threshold, **values), {}, {}


def _correlation(values: dict[str, Any]) -> Answer:
    from . import correlation

    made = correlation.table(_results(values), values.pop("column"), **values)
    return made, {"curves": made.attrs["tables"]["curves"]}, {}


def _spectrum(values: dict[str, Any]) -> Answer:
    from . import spectrum

    made = spectrum.table(_results(values), values.pop("column"), **values)
    return made, {"curves": made.attrs["tables"]["curves"]}, {}


def _pulses(values: dict[str, Any]) -> Answer:
    from . import spectrum

    results, column, starts = _results(values), values.pop("column"), values.pop("starts")
    return spectrum.pulses_table(results, column, starts, values.pop("length"), **values), {}, {}


def _memory(values: dict[str, Any]) -> Answer:
    from . import memory

    made = memory.table(_results(values), values.pop("column"), **values)
    ratios = {"ratios": made.attrs["tables"]["ratios"]}
    return made, ratios, ratios


def _transfer(values: dict[str, Any]) -> Answer:
    from . import transfer

    return transfer.table(_results(values), values.pop("column"), **values), {}, {}


def _sisters(values: dict[str, Any]) -> Answer:
    from . import sisters

    results, quantities = _results(values), values.pop("quantity")
    made = sisters.table(results, quantities, columns=values.pop("column") or (), **values)
    further = dict(made.attrs["tables"])
    shown = {name: one for name, one in further.items() if name == "differences"}
    return made, further, shown


def _information(values: dict[str, Any]) -> Answer:
    from . import information

    made = information.table(_results(values), values.pop("quantity"), **values)
    inputs = {"inputs": made.attrs["tables"]["inputs"]}
    return made, inputs, inputs


def _bias(values: dict[str, Any]) -> Answer:
    from . import bias

    results, reference = _results(values), values.pop("reference")
    values.pop("seed")
    made = bias.table(results, reference, values.pop("column"), times=values.pop("time"), **values)
    return made, {}, {}


def _design(values: dict[str, Any]) -> Answer:
    from . import sensitivity
    from ._input import refusal

    bounds: dict[str, Any] = {}
    found = []
    for name, text in values.pop("vary"):
        parts = text.split(":")
        try:
            numbers = [float(part) for part in parts]
        except ValueError:
            numbers = []
        if len(numbers) not in (1, 2):
            found.append((f"--vary is '{name}={text}'", "LOW:HIGH or a factor is needed", ""))
        elif name in bounds:
            found.append((f"--vary gives '{name}' twice", "", "Give it once"))
        else:
            bounds[name] = numbers[0] if len(numbers) == 1 else (numbers[0], numbers[1])
    if found:
        raise refusal(found)
    network = _results(values)[0]
    values.pop("level")
    made = sensitivity.design(network, bounds, values.pop("output"), **values)
    summary = made.agg(["min", "max"]).T.reset_index(names="parameter")
    summary["sets"] = len(made)
    return summary, {}, {}


def _sensitivity(values: dict[str, Any]) -> Answer:
    from . import sensitivity

    results, quantity, design = _results(values), values.pop("quantity"), values.pop("design")
    return sensitivity.table(results, quantity, design, **values), {}, {}
