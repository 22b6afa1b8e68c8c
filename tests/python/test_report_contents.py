"""What a report is made of: numbers, names, commands, and refusals. No browser is needed."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray

import cristae
import report_datasets as data
from cristae.report import _cells, _graph, _html, _library, page, write
from cristae.report._contents import contents
from cristae.report.command import main

#: A normal deviate is beyond this with a chance of 6e-5, so a test of 5 such values fails by
#: chance less than once in 3000 seeds; the seeds are fixed.
Z = 4.0


def contents_of(text: str) -> Any:
    """What stands in the data element of a page."""
    found = re.search(r'<script type="application/json" id="contents">(.*?)</script>', text, re.S)
    assert found is not None
    return json.loads(found[1])


def test_equal_results_give_equal_pages() -> None:
    one, two = (cristae.run("telegraph", trajectories=50, t_end=2) for _ in range(2))
    assert page([one]) == page([two])


def test_data_cannot_end_its_element() -> None:
    text = page([data.hostile()])
    begin = text.index('id="contents">') + len('id="contents">')
    inside = text[begin : text.index("</script>", begin)]
    assert inside.isascii() and not set("<>&") & set(inside)
    read = json.loads(inside)
    assert read["title"] == data.HOSTILE[0] + data.HOSTILE[1]
    assert {one["id"] for one in read["columns"]} >= set(data.HOSTILE[:3] + data.HOSTILE[4:5])
    # Outside of data, a name stands only in the title of the document.
    head = text[: text.index("<style>")]
    assert "<script>window" not in head and "&lt;script&gt;window" in head


def test_scripts_and_style_are_allowed_by_their_hashes_alone() -> None:
    text = page([cristae.run("birth_death", trajectories=5, t_end=1, samples=2)])
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    rules = policy[1].replace("&#x27;", "'")
    assert rules.startswith("default-src 'none'; ") and "unsafe" not in rules
    scripts = re.findall(r"<script>(.*?)</script>", text, re.S)
    styles = re.findall(r"<style>(.*?)</style>", text, re.S)
    assert (len(scripts), len(styles)) == (2, 1)
    for inline in (*scripts, *styles):
        assert _html._hash(inline) in rules
    assert _html._hash(scripts[1] + " ") not in rules
    sources = [(_html._asset(name)) for name in ("plot.js", "network.js", "page.js")]
    used = re.findall(
        r"innerHTML|outerHTML|insertAdjacent|\beval\b|document\.write|\.html\(", "".join(sources)
    )
    assert used == []


def test_statistics_are_those_of_the_result() -> None:
    result = cristae.run("telegraph", trajectories=200, t_end=5)
    shown = contents([result])
    column = next(at for at, one in enumerate(shown["columns"]) if one["id"] == "M")
    series = shown["courses"][0]["columns"][str(column)]
    at = result.sel(species="M")
    np.testing.assert_allclose(series["mean"], at.species_mean, rtol=1e-6)
    np.testing.assert_allclose(series["q95"], at.species_quantile.sel(quantile=0.95), rtol=1e-6)
    for position, entry in enumerate(shown["histograms"][0]["columns"][str(column)]):
        start, width, counts = entry
        time = shown["histograms"][0]["time"][position]
        fine = at.sel(histogram_time=time, method="nearest")
        assert sum(counts) == 200
        low, high = (
            float(fine.species_min.sel(time=time, method="nearest")),
            start + width * len(counts),
        )
        assert (
            start <= low < high and float(fine.species_max.sel(time=time, method="nearest")) < high
        )


def test_long_runs_are_thinned_to_times_that_have_quantiles() -> None:
    result = cristae.run(
        "birth_death", trajectories=10, t_end=10, samples=4000, histogram_times=300
    )
    course = contents([result])["courses"][0]
    assert course["all"] == 4001 and len(course["time"]) <= 1001
    assert course["time"][0] == 0 and course["time"][-1] == 10
    assert None not in course["columns"]["0"]["q50"]


def test_survival_is_that_of_kaplan_and_meier() -> None:
    # By hand: events at 1, 3, 3 and 6, one censored at 2 and one at 6.
    time = np.array([1.0, 2.0, 3.0, 3.0, 6.0, 6.0])
    reached = np.array([True, False, True, True, True, False])
    curve = _cells._survival(time, reached)
    assert curve["time"] == [0, 1, 3, 6, 6]
    expected = [1, 5 / 6, 5 / 6 * 2 / 4, 5 / 6 * 2 / 4 / 2]
    np.testing.assert_allclose(curve["share"][:4], expected, rtol=1e-6)
    assert (curve["reached"], curve["of"]) == (4, 6)
    assert all(
        low <= s <= high for low, s, high in zip(curve["low"], curve["share"], curve["high"])
    )


def test_bounds_of_survival_hold_as_often_as_they_say() -> None:
    # 95 % bounds at the median of an exponential law, 400 times: a binomial count.
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        time = rng.exponential(1.0, 80)
        curve = _cells._survival(np.minimum(time, 3.0), time < 3.0)
        at = int(np.searchsorted(curve["time"], np.log(2), side="right")) - 1
        held += curve["low"][at] <= 0.5 <= curve["high"][at]
    assert abs(held - 380) < Z * np.sqrt(400 * 0.95 * 0.05)


def test_trajectories_that_ended_early_are_left_out_of_survival_unless_their_end_is_known() -> None:
    result = data.single_cells().copy()
    values = result["feature_value"].values.copy()
    values[:10, 2] = np.nan
    status = np.zeros(360, dtype=np.uint8)
    status[:10] = 2
    early = result.assign(
        feature_value=(("realization", "feature"), values), status=(("realization",), status)
    )
    known = contents([early])["survival"][0]["curves"][0]
    assert (known["of"], known["leftOut"]) == (360, 0)
    unknown = contents([early.drop_vars("end_time")])["survival"][0]["curves"][0]
    assert (unknown["of"], unknown["leftOut"]) == (350, 10)


@pytest.mark.parametrize("planted", [0.0, 0.3])
def test_noise_within_and_between_cells_is_told_apart(planted: float) -> None:
    rng = np.random.default_rng(5)
    cells, replicates, mean = 4000, 3, 50.0
    factor = rng.lognormal(-0.5 * planted**2, planted, cells) if planted else np.ones(cells)
    values = rng.poisson(np.repeat(mean * factor, replicates)).astype(float)
    parts = _cells._within_and_between(values, np.repeat(np.arange(cells), replicates))
    assert parts is not None
    between = np.expm1(planted**2)
    # Standard errors from the intervals, which are those of 95 %.
    error = [(parts[name][2] - parts[name][1]) / 3.92 for name in ("intrinsic", "extrinsic")]
    assert abs(parts["intrinsic"][0] - 1 / mean) < Z * error[0]
    assert abs(parts["extrinsic"][0] - between) < Z * error[1]
    # The planted fault: a quarter of the noise between cells forgotten.
    if planted:
        assert abs(parts["extrinsic"][0] - 0.75 * between) > Z * error[1]


def test_twins_have_the_noise_that_was_planted() -> None:
    pairs = contents([data.single_cells()])["decomposition"][0]["twins"]
    result = data.single_cells()
    x, twin = (result.feature_value.values[:, at] for at in (0, 1))
    intrinsic = np.mean((x - twin) ** 2) - (x.mean() - twin.mean()) ** 2
    expected = intrinsic * 360 / 359 / (2 * x.mean() * twin.mean())
    assert pairs[0]["name"] == "X"
    assert pairs[0]["intrinsic"][-1] == pytest.approx(expected, rel=1e-5)
    assert pairs[0]["extrinsic"][-1] == pytest.approx(
        np.cov(x, twin)[0, 1] / (x.mean() * twin.mean()), rel=1e-5
    )


COMMANDS: list[dict[str, Any]] = [
    dict(network="telegraph", trajectories=20, t_end=3),
    dict(network="telegraph", trajectories=20, samples=7, t_end=3, set={"off": 2.5}, seed=9),
    dict(network="telegraph", trajectories=20, t_end=3, sample_every=0.7, burn_in=1.5, first=5),
    dict(network="telegraph", trajectories=20, t_end=3, select=["M"], keep=["max(M)"]),
    dict(network="birth_death", trajectories=20, t_end=3, samples=3, max_events=20),
    dict(network="isr", condition="mito", trajectories=3, t_end=20, keep="none"),
]


@pytest.mark.parametrize("number", range(len(COMMANDS)))
def test_the_command_of_a_report_makes_the_result_again(number: int, program: Path) -> None:
    arguments = COMMANDS[number]
    with pytest.warns() if "max_events" in arguments else _nothing():
        result = cristae.run(**arguments)
    words = shlex.split(contents([result])["results"][0]["command"])
    assert words[0] == "cristae"
    subprocess.run([program, *words[1:], "--quiet"], capture_output=True, check=False)
    again = cristae.open("result.h5")
    assert again.attrs["contract_hash"] == result.attrs["contract_hash"]
    assert again.attrs["statistics_hash"] == result.attrs["statistics_hash"]
    np.testing.assert_array_equal(again.time, result.time)
    if "feature" in result.dims:
        assert again.feature.values.tolist() == result.feature.values.tolist()
    else:
        assert "realization" not in again.dims


class _nothing:
    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        pass


def test_the_command_of_a_network_that_is_not_bundled_names_its_file(program: Path) -> None:
    result = cristae.run(data.hostile_network(), trajectories=5, condition=data.HOSTILE[0])
    shown = contents([result])
    words = shlex.split(shown["results"][0]["command"])
    Path(words[2]).write_text(shown["networks"][0]["text"], encoding="utf-8")
    subprocess.run([program, *words[1:], "--quiet"], capture_output=True, check=True)
    assert cristae.open("result.h5").attrs["contract_hash"] == result.attrs["contract_hash"]


SWEEPS = [
    [
        "sweep",
        "telegraph",
        "--over",
        "on=log(0.1,10,3)",
        "--over",
        "off=2:6:2",
        "--trajectories",
        "9",
    ],
    [
        "sweep",
        "isr",
        "--over",
        "er_stress=list(0,20)",
        "--conditions",
        "basal,mito",
        "--t-end",
        "9",
    ],
    ["run", "telegraph", "--vary", "on=lognormal(cv=0.5)", "--vary", "s", "--replicates", "3"],
]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_command_of_a_sweep_or_of_cells_that_differ_makes_it_again(
    number: int, program: Path
) -> None:
    common = ["--seed", "4", "--samples", "3", "--quiet"]
    words = [one for one in SWEEPS[number]]
    if number == 2:
        words[words.index("s")] = "s=gamma(cv=0.2)"
        words += ["--correlate", "on,s=0.5", "--cell-seed", "8", "--trajectories", "12"]
    done = subprocess.run(
        [program, *words, *common, "--output", "first.h5"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    first = xarray.open_dataset("first.h5", engine="h5netcdf", decode_times=False)
    again = shlex.split(contents([first])["results"][0]["command"])
    again[again.index("--output") + 1] = "again.h5"
    subprocess.run([program, *again[1:], "--quiet"], check=True)
    second = xarray.open_dataset("again.h5", engine="h5netcdf", decode_times=False)
    assert second.attrs["contract_hash"] == first.attrs["contract_hash"]
    assert second.attrs["statistics_hash"] == first.attrs["statistics_hash"]
    shown = contents([first])
    if number == 2:
        assert "factor of on" in shown["cells"]["features"]
        assert shown["decomposition"][0]["cells"][0]["cells"] == 4
        return
    assert main(["first.h5", "-o", "sweep.html", "--quiet"]) == 0
    read = contents_of(Path("sweep.html").read_text(encoding="utf-8"))
    assert read["results"][0]["sweep"] and read["sweeps"] == shown["sweeps"]
    (sweep,) = shown["sweeps"]
    column = shown["columns"].index(next(o for o in shown["columns"] if o["kind"] == "species"))
    series = sweep["columns"][str(column)]["mean"]
    name = shown["columns"][column]["id"]
    np.testing.assert_allclose(series[-1], first.species_mean.sel(species=name)[:, -1], rtol=1e-6)


def test_the_page_holds_the_licence_of_the_library_that_it_carries() -> None:
    text = page([data.single_cells()])
    licence, library = text.index("Copyright 2010-2017 Mike Bostock"), text.index("d3js.org v5")
    assert licence < library
    assert "Redistributions in binary form" in text[licence:library]
    assert text[:licence].rindex("<!--") > text[:licence].rfind("-->")  # in a comment


DESIGNS = [
    ["telegraph", "--over", "on=log(0.1,10)", "--over", "off=linear(2,9)", "--design", "lhs(7)"],
    [
        "isr",
        "--over",
        "er_stress=linear(0,20)",
        "--over",
        "f_hri=log(0.5,2)",
        "--design",
        "sobol(4)",
        "--conditions",
    ]
    + ["basal,mito", "--t-end", "9"],
    ["telegraph", "--sets", "made.csv", "--set", "s=50"],
]


@pytest.mark.parametrize("number", range(len(DESIGNS)))
def test_the_command_of_a_design_reads_its_sets_from_the_file_that_the_report_saves(
    number: int, program: Path
) -> None:
    Path("made.csv").write_text("off,on\n5,0.30000000000000004\n2.5,1e-3\n", encoding="utf-8")
    words = [*DESIGNS[number], "--trajectories", "9", "--samples", "3", "--seed", "4", "--quiet"]
    subprocess.run([program, "sweep", *words, "--output", "first.h5"], check=True)
    shown = contents([cristae.open("first.h5")])["results"][0]
    assert shown["sets"]["name"] == "first.sets.csv" and "--over" not in shown["command"]
    Path(shown["sets"]["name"]).write_text(shown["sets"]["text"], encoding="utf-8")
    again = shlex.split(shown["command"])
    again[again.index("--output") + 1] = "again.h5"
    subprocess.run([program, *again[1:], "--quiet"], check=True)
    first, second = cristae.open("first.h5"), cristae.open("again.h5")
    assert second.attrs["contract_hash"] == first.attrs["contract_hash"]
    np.testing.assert_array_equal(first.set_parameters, second.set_parameters)


def test_the_command_of_sisters_makes_them_again(program: Path) -> None:
    result = cristae.run("telegraph", trajectories=8, sisters=2, fork_at=1.5, t_end=3)
    words = shlex.split(contents([result])["results"][0]["command"])
    assert words[words.index("--fork-at") + 1] == "1.5"
    subprocess.run([program, *words[1:], "--quiet"], check=True)
    assert cristae.open("result.h5").attrs["contract_hash"] == result.attrs["contract_hash"]


def test_a_part_of_a_sweep_has_the_command_of_its_sets() -> None:
    whole = data.sweep()
    assert contents([whole])["results"][0]["command"].startswith(
        "cristae sweep gene.toml --over 'k=list(1,3,10,30,100)' --over 'd=list(0.5,1,2)' "
    )
    assert contents([whole])["results"][0]["sets"] is None
    part = contents([whole.isel(parameter_set=slice(0, 14))])["results"][0]
    assert part["command"].startswith("cristae sweep gene.toml --sets result.sets.csv ")
    assert len(part["sets"]["text"].splitlines()) == 15
    names = np.array(["a"] * 7 + ["b"] * 7)
    uneven = whole.isel(parameter_set=slice(0, 14)).assign(set_condition=("parameter_set", names))
    assert contents([uneven])["results"][0]["command"] == ""  # other sets under b than under a


def test_commands_of_what_other_options_made() -> None:
    (ode,) = contents([data.mean_field()])["results"]
    assert ode["command"] == "cristae run gene.toml --engine ode --output result.h5"
    assert ode["label"] == "as it stands, mean field"
    assert not {"Contract hash", "Seed", "Certificate"} & {name for name, _ in ode["facts"]}
    twins = cristae.run(
        cristae.build(
            "pair",
            species={"X": 0, "X_twin": 0},
            reactions={"a": ("0 -> X", "9"), "b": ("0 -> X_twin", "9")},
            t_end=1,
            sample_every=1,
        ),
        trajectories=3,
    ).assign_attrs(twin="X", stop_when="X >= 4")
    text = contents([twins.assign(network_text=((), data.NETWORK))])["results"][0]["command"]
    assert text == (
        "cristae run pair.toml --twin X --trajectories 3 --seed 1 --t-end 1 "
        "--stop-when 'X >= 4' --output result.h5"
    )
    signals = twins.assign(signal_file=("signal", ["dose 1.csv"])).assign_coords(signal=["k"])
    assert "--signal 'k=dose 1.csv' " in contents([signals])["results"][0]["command"]


def test_a_graph_has_what_is_taken_made_and_read() -> None:
    network = cristae.build(
        "g",
        species={"A": 1, "B": 0, "C": 0, "D": 0},
        rules={"load": "C / (1 + C)"},
        reactions={"r": {"equation": "2 A + B -> B + 3 D", "rate": "A * 1e-3 * load"}},
    )
    graph = _graph.graph_of(network)
    edges = dict(zip(map(tuple, graph["edges"]), graph["copies"]))
    assert edges == {
        (0, 4, "consumes"): 2,
        (1, 4, "modifies"): 1,
        (4, 3, "produces"): 3,
        (2, 4, "modifies"): 1,
    }


def test_every_bundled_network_is_laid_out_without_overlap() -> None:
    if shutil.which("dot") is None:
        if os.environ.get("CI"):
            pytest.fail("Graphviz is not installed: ./install-deps.sh does it")
        pytest.skip("Graphviz is not installed")
    for one in cristae.networks():
        graph = _graph.graph_of(cristae.load(one.name))
        places = np.array(graph["layout"]["places"])
        wide = np.array(graph["widths"])
        high = np.where(np.arange(len(wide)) < graph["species"], 24.0, 12.0)
        x = np.abs(places[:, None, 0] - places[None, :, 0]) - (wide[:, None] + wide[None]) / 2
        y = np.abs(places[:, None, 1] - places[None, :, 1]) - (high[:, None] + high[None]) / 2
        overlap = np.maximum(x, y)
        np.fill_diagonal(overlap, 1)
        assert overlap.min() > 0, one.name
        ends = [curve for curve in graph["layout"]["curves"] if len(curve) < 8]
        assert ends == [], one.name


def test_different_networks_and_time_units_are_stated() -> None:
    hours = cristae.run("telegraph", trajectories=5, t_end=2)
    minutes = cristae.run("isr", trajectories=2, t_end=30, select=["CHOP"])
    shown = contents([hours, minutes])
    assert [one["label"] for one in shown["results"]] == [
        "telegraph: as it stands",
        "isr: as it stands",
    ]
    assert shown["timeUnit"] == "h" and shown["courses"][1]["time"][-1] == 0.5
    remarks = " ".join(shown["remarks"])
    assert "different networks: telegraph, isr" in remarks and "different time units" in remarks


def test_results_that_ended_early_are_remarked_on() -> None:
    with pytest.warns(cristae.CristaeWarning):
        result = cristae.run("birth_death", trajectories=9, t_end=3, samples=3, max_events=20)
    assert "ended early (9 budget)" in contents([result])["remarks"][0]


def test_stopped_trajectories_are_remarked_on() -> None:
    result = data.single_cells().assign_attrs(trajectories_stopped=np.uint64(325))
    assert contents([result])["remarks"] == [
        "cells differ: 325 trajectories were stopped when they met 'X >= 50'. Statistics over time "
        "are of those that had not met it yet."
    ]


def test_gaps_and_networks_of_another_version_are_remarked_on() -> None:
    network = cristae.build(
        "gap",
        species={"A": 3},
        reactions={"lose": ("A -> 0", "1")},
        observables={"per A": "1 / A", "A2": "A * 2"},
        t_end=9,
        sample_every=1,
    )
    result = cristae.run(network, trajectories=30)
    assert contents([result])["remarks"] == [
        "as it stands: per A: some values are infinite, not a number or too large, so that the "
        "statistics have gaps."
    ]
    strange = result.assign(network_text=((), "[network]\nnew = 1\n"))
    shown = contents([strange.drop_vars("observable_undefined")])
    assert shown["networks"] == [] and "cannot read the network" in shown["remarks"][0]


def test_a_result_is_not_replaced_by_its_report(capsys: pytest.CaptureFixture[str]) -> None:
    result = _result()
    before = Path("result.h5").read_bytes()
    os.link("result.h5", "link.h5")
    for output in ("result.h5", "./result.h5", "link.h5"):
        assert main(["result.h5", "-o", output, "--overwrite"]) == 2
        assert "is a result and the output at once (it would be lost)" in capsys.readouterr().err
        with pytest.raises(cristae.UsageError, match="at once"):
            write([result], output, overwrite=True)
    assert Path("result.h5").read_bytes() == before


def test_refusals_say_what_to_do() -> None:
    result = cristae.run("telegraph", trajectories=5, t_end=2)
    strange = result.assign_attrs(time_unit="generation")
    with pytest.raises(cristae.UsageError) as raised:
        contents([result, strange])
    assert str(raised.value) == (
        "error: the results have the time units 'h' and 'generation' (figures have one axis of "
        "time, and these cannot be converted). Make a report of each."
    )
    with pytest.raises(cristae.UsageError, match="no result is given"):
        contents([])
    with pytest.raises(cristae.UsageError, match="'the data set' has nothing to show"):
        contents([result.drop_dims(["observable", "species"])])
    with pytest.raises(cristae.UsageError, match="2 labels are given for 1 results"):
        contents([result], labels=["a", "b"])
    with pytest.raises(cristae.UsageError, match="17 results are given"):
        contents([result] * 17)


def _result(name: str = "result.h5", **options: Any) -> xarray.Dataset:
    return cristae.run("telegraph", trajectories=5, t_end=1, output=name, **options)


def test_the_command_writes_a_file_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    _result()
    _result("other.h5", set={"off": 2})
    assert main(["result.h5", "other.h5", "-o", "report.html", "--label", "a", "--label", "b"]) == 0
    assert re.fullmatch(r"report\.html: [0-9.]+ MB\n", capsys.readouterr().err)
    read = contents_of(Path("report.html").read_text(encoding="utf-8"))
    assert [one["label"] for one in read["results"]] == ["a", "b"]
    assert [one["source"] for one in read["results"]] == ["result.h5", "other.h5"]
    assert sorted(os.listdir()) == ["other.h5", "report.html", "result.h5"]
    assert os.stat("report.html").st_size < 1_000_000
    done = subprocess.run(
        [sys.executable, "-m", "cristae.report", "result.h5", "-o", "b.html", "--quiet"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("", "") and Path("b.html").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["absent.h5", "-o", "r.html"], 5, r"error: 'absent\.h5' cannot be read \(.*\)\."),
        (
            ["text.h5", "-o", "r.html"],
            5,
            r"error: 'text\.h5' cannot be read \(it is no HDF5 file\)\.",
        ),
        (
            ["result.h5", "-o", "text.h5"],
            2,
            r"error: 'text\.h5' exists \(it would be replaced\)\. Give --overwrite, or .* name\.",
        ),
        (
            ["result.h5", "-o", "no/r.html"],
            5,
            r"error: 'no/r\.html' cannot be written \(there is no folder 'no'\)\. Make it\.",
        ),
        (
            ["result.h5"],
            2,
            r"error: the following arguments are required: -o/--output\. .*--help.*",
        ),
        (["result.h5", "-o", "r.html", "--overwite"], 2, r"error: unrecognized arguments: .*"),
        (["result.h5", "-o", "r.html", "--label", "a", "--label", "b"], 2, r"error: 2 labels .*"),
    ],
)
def test_errors_of_the_command(
    arguments: list[str], code: int, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _result()
    Path("text.h5").write_text("no result", encoding="utf-8")
    assert main(arguments) == code
    assert re.fullmatch(text, capsys.readouterr().err.strip())
    assert not Path("r.html").exists()


def test_without_d3_the_command_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _result()
    monkeypatch.setattr(_library, "_candidates", lambda: [Path("absent.js")])
    assert main(["result.h5", "-o", "r.html"]) == 5
    assert capsys.readouterr().err == (
        "error: D3 5 is not installed (the figures of a report are drawn by it). Install it with: "
        "pip install 'cristae[report]'; or with Debian's package node-d3.\n"
    )
    Path("d3.js").write_text("// https://d3js.org v7.9.0 Copyright", encoding="utf-8")
    monkeypatch.setattr(_library, "_candidates", lambda: [Path("d3.js")])
    with pytest.raises(cristae.FileError):
        _library.d3()


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    result = _result()
    Path("folder.html").mkdir()
    with pytest.raises(cristae.FileError, match=r"'folder\.html' cannot be written"):
        write([result], "folder.html", overwrite=True)
    assert sorted(os.listdir()) == ["folder.html", "result.h5"]
