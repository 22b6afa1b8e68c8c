"""cristae analyze and cristae compare as their users meet them: exact texts, files, exit codes."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped,unused-ignore]

import cristae
from cristae.analysis import command, compare_command


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    for name, rate in (("low", 0.5), ("mid", 2), ("high", 8)):
        cristae.run(
            "telegraph",
            set={"on": rate},
            trajectories=120,
            t_end=30,
            sample_every=0.5,
            raw=True,
            output=folder / f"{name}.h5",
        )
    return folder


def refused(capsys: pytest.CaptureFixture[str], code: int, text: str, *words: str) -> None:
    """Nothing on standard output, exactly this on standard error, and this exit code."""
    assert command.main(list(words)) == code
    said = capsys.readouterr()
    assert said.err == text + "\n" and said.out == ""


def test_errors_of_a_command_line_are_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys, 2, "error: a question is missing. See cristae analyze --help.")
    refused(capsys, 2, "error: unknown question 'nois'. Did you mean 'noise'?", "nois")
    refused(
        capsys,
        2,
        "error: unknown option '--quantiy'. Did you mean '--quantity'?",
        *("noise", "x.h5", "--quantiy", "X"),
    )
    refused(
        capsys,
        2,
        "error: RESULT.h5 is missing. Give a file that cristae run or cristae sweep wrote with "
        "--output FILE.h5.\n"
        "error: --threshold is 'x' (a number is needed).\n"
        "error: --available is '1' (a whole number, 2 or more, is needed).\n"
        "error: --level is '2' (a number from 0.5 to 0.9999 is needed).\n"
        "error: --seed is '1.5' (a whole number, 0 or more, is needed).",
        *("spikes", "--column", "X", "--threshold", "x", "--available", "1", "--level", "2"),
        *("--seed", "1.5"),
    )
    refused(
        capsys,
        2,
        "error: --scale is 'lgo' (known: log, linear). Did you mean 'log'?",
        *("modes", "x.h5", "--scale", "lgo"),
    )
    refused(
        capsys,
        2,
        "error: --column is missing. Give --column NAME: observables and species.",
        *("correlation", "x.h5"),
    )
    refused(
        capsys,
        2,
        "error: --quantity is without its value. See cristae analyze noise --help.",
        *("noise", "x.h5", "--quantity"),
    )
    refused(capsys, 5, "error: 'x.h5' cannot be read (No such file or directory).", "noise", "x.h5")


def test_what_a_result_does_not_hold_is_told_with_the_option_that_keeps_it(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(
        capsys,
        2,
        "error: 'first(M > 3)' is not in 'low.h5' (it keeps active[end], bursts[end], "
        "transcripts[end], G_off[end], G_on[end], M[end]). Run it again with --keep "
        "'first(M > 3)', or with --raw for every sample.",
        *("noise", str(files / "low.h5"), "--quantity", "first(M > 3)"),
    )
    refused(
        capsys,
        2,
        "error: 'low.h5' holds no first passage times. Run it again with --first-passage "
        "'CONDITION' or --stop-when 'CONDITION'.",
        *("passage", str(files / "low.h5")),
    )


def test_every_question_has_help_with_all_of_its_options(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command.main(["--help"]) == 0
    listed = capsys.readouterr().out
    for name, question in command._questions().items():
        assert f"\n  {name} " in listed
        assert command.main([name, "--help"]) == 0
        text = capsys.readouterr().out
        assert text.startswith(f"usage: cristae analyze {name} ")
        for option in question.options:
            assert f"--{option.name}" in text


COLUMNS = {
    "noise": "result parameter_set quantity n mean mean_low mean_high sd sd_low sd_high fano "
    "fano_low fano_high cv2 cv2_low cv2_high",
    "modes": "result parameter_set quantity n dip dip_p sarle ashman_d bic1_bic2 mean_1 mean_2 "
    "share_2 threshold above above_low above_high",
    "doses": "quantity of part value low high",
    "spikes": "result parameter_set part value low high",
    "correlation": "result parameter_set first second part value low high",
    "spectrum": "result parameter_set column part value low high",
    "pulses": "result parameter_set pulse start peak ratio ratio_low ratio_high median_ratio cells",
    "information": "quantity method doses n bins mutual mutual_low mutual_high capacity "
    "capacity_low capacity_high uncorrected",
    "decompose": "result parameter_set quantity method n part value low high",
    "bias": "result parameter_set column time n mean reference bias low high z",
}
OPTIONS = {
    "doses": ["--quantity", "M", "--dose", "on", "--resamples", "20"],
    "spikes": ["--column", "G_on", "--threshold", "0"],
    "correlation": ["--column", "M,G_on", "--from", "10"],
    "spectrum": ["--column", "M"],
    "pulses": ["--column", "M", "--starts", "0,15", "--length", "10"],
    "information": ["--quantity", "M[end],max(M)", "--resamples", "20"],
    "decompose": ["--reporters", "M,G_on"],
    "bias": ["--reference", "mid.h5"],
}


@pytest.mark.parametrize("question", COLUMNS)
def test_tables_have_their_columns_as_csv_json_and_text(
    question: str, files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(files)
    words = [question, "low.h5", "mid.h5", "high.h5", *OPTIONS.get(question, [])]
    assert command.main([*words, "--csv", "-"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert list(rows[0]) == COLUMNS[question].split()
    assert command.main([*words, "--json", "-"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["question"] == question and list(made["table"][0]) == list(rows[0])
    for row, own in zip(rows, made["table"]):  # the same digits in both
        for key, value in own.items():
            assert row[key] == ("" if value is None else str(value)) or float(row[key]) == value
    assert command.main(words) == 0
    text = capsys.readouterr().out
    assert len(text.splitlines()) >= len(rows) + 1 and "nan" not in text


def test_files_are_not_replaced_unless_asked_for(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["information", *(str(files / f"{one}.h5") for one in ("low", "high"))]
    words += ["--quantity", "M", "--resamples", "20", "--csv", str(tmp_path / "made.csv")]
    words += ["--json", str(tmp_path / "made.json"), "--quiet"]
    assert command.main(words) == 0
    assert capsys.readouterr().out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "made.csv",
        "made.inputs.csv",
        "made.json",
    ]
    problem = f"error: '{tmp_path / 'made.csv'}' exists. Use --overwrite to replace it."
    refused(capsys, 5, problem, *words)
    assert command.main([*words, "--overwrite"]) == 0


def test_a_design_is_written_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["design", "telegraph", "--vary", "on=3", "--vary", "d=0.5:2", "--size", "10"]
    assert command.main([*words, "--output", str(tmp_path / "sets.csv")]) == 0
    assert "30" in capsys.readouterr().out
    assert (tmp_path / "sets.csv").read_text().startswith("on,d\n")
    refused(
        capsys,
        2,
        "error: --vary is 'on' (NAME=LOW:HIGH is needed).",
        *("design", "telegraph", "--vary", "on", "--output", "x.csv"),
    )


def test_cells_are_compared(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "cells.csv").write_text("rna\n" + "\n".join(str(k % 30) for k in range(200)) + "\n")
    words = [str(files / "mid.h5"), str(files / "cells.csv")]
    options = ["--column", "M=rna", "--time", "10", "--capture", "0.5", "--resamples", "50"]
    assert compare_command.main([*words, *options, "--json", "-"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["table"][0]["quantity"] == "M[10]" and len(made["quantiles"]) == 7
    assert compare_command.main([words[0], "--capture", "x"]) == 2
    assert capsys.readouterr().err == (
        "error: CELLS.csv is missing. Give a file that cristae run wrote with --output FILE.h5, "
        "and a CSV of cells.\n"
        "error: --column is missing. Give --column QUANTITY=COLUMN: what to compare: an "
        "observable, species or feature and a column of the CSV; may be repeated.\n"
        "error: --capture is 'x' (a number is needed).\n"
    )
    assert compare_command.main([*words, "--column", "M=rna", "--capture", "2"]) == 2
    assert "error: capture is 2 (a number above 0, at most 1, is needed)" in capsys.readouterr().err


def run(program: Path, *words: str) -> subprocess.CompletedProcess[str]:
    scripts = Path(sys.executable).parent
    environment = dict(os.environ, PATH=f"{scripts}{os.pathsep}{os.environ['PATH']}")
    line: Sequence[str] = [str(program), *words]
    return subprocess.run(line, capture_output=True, text=True, env=environment, check=False)


def test_the_command_line_hands_over_to_the_package(program: Path, files: Path) -> None:
    done = run(program, "analyze", "noise", str(files / "low.h5"), "--quantity", "M")
    assert done.returncode == 0 and done.stdout.split()[0] == "quantity", done.stderr
    done = run(program, "analyze", "noise", "nowhere.h5")
    assert done.returncode == 5 and done.stderr.startswith("error: 'nowhere.h5' cannot be read")
    done = run(program, "compare", "--help")
    assert done.stdout.startswith("usage: cristae compare RESULT.h5 CELLS.csv [OPTION...]\n")


def test_a_design_is_swept_and_its_sweep_analysed(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The mean is s on / (on + off) / d: it falls with d and rises with on."""
    design = ["design", "telegraph", "--vary", "on=3", "--vary", "d=0.5:2", "--size", "8"]
    assert command.main([*design, "--output", "sets.csv", "--quiet"]) == 0
    line = ["sweep", "telegraph", "--sets", "sets.csv", "--trajectories", "100", "--t-end", "10"]
    done = run(program, *line, "--output", "sets.h5", "--quiet")
    assert done.returncode == 0, done.stderr
    capsys.readouterr()
    words = ["sensitivity", "sets.h5", "--design", "sets.csv", "--quantity", "M", "--json", "-"]
    assert command.main([*words, "--resamples", "50"]) == 0
    mean = {row["parameter"]: row["mu"] for row in json.loads(capsys.readouterr().out)["table"]}
    assert mean["on"] > 0 > mean["d"]


def test_a_sweep_and_cells_that_differ_go_through_the_command_line(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["sweep", "telegraph", "--over", "on=list(0.5,2,8)", "--trajectories", "60"]
    vary = ["--vary", "d=lognormal(cv=0.3)", "--replicates", "2", "--keep", "M[end]"]
    done = run(program, *line, *vary, "--output", "sweep.h5", "--quiet")
    assert done.returncode == 0, done.stderr
    assert command.main(["noise", "sweep.h5", "--where", "on=2", "--json", "-"]) == 0
    rows = json.loads(capsys.readouterr().out)["table"]
    assert [row["parameters"] for row in rows] == ["on=2"] and rows[0]["parameter_set"] == 1
    assert command.main(["decompose", "sweep.h5", "--json", "-"]) == 0
    rows = json.loads(capsys.readouterr().out)["table"]
    assert {row["method"] for row in rows} == {"replicates", "factor"} and len(rows) == 3 * 7
    assert command.main(["information", "sweep.h5", "--quantity", "M", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["table"][0]["doses"] == 3


@pytest.mark.parametrize("option", ["--first-passage", "--stop-when"])
def test_passages_of_a_run_have_the_law_of_their_steps(
    option: str, program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The fifth birth at rate 2: an Erlang law with mean 2.5 and CV 1/sqrt(5), of which the end at
    3 leaves out a third. Its median and its mean up to there lie in intervals of 99.9 %."""
    network = cristae.build(
        "births",
        parameters={"k": 2},
        species={"X": 0},
        reactions={"birth": ("0 -> X", "k")},
        t_end=3,
        sample_every=1,
    )
    (tmp_path / "births.toml").write_text(network.to_toml())
    line = ["run", "births.toml", "--trajectories", "2000", option, "X >= 5"]
    done = run(program, *line, "--output", "births.h5", "--quiet")
    assert done.returncode == 0, done.stderr
    words = ["passage", "births.h5", "--level", "0.999", "--json", "-"]
    assert command.main(words) == 0
    parts = {row["part"]: row for row in json.loads(capsys.readouterr().out)["table"]}
    law = stats.gamma(5, scale=0.5)
    grid = np.linspace(0, 3, 3001)
    survival = law.sf(grid)
    area = float(np.sum((survival[1:] + survival[:-1]) / 2 * np.diff(grid)))
    truth = {"reached": law.cdf(3), "median": law.median(), "mean_until_end": area}
    for part, value in truth.items():
        assert parts[part]["low"] < value < parts[part]["high"], part
    assert parts["weibull_shape"]["low"] > 1.5 and parts["at_start"]["value"] == 0


def test_the_package_itself_imports_none_of_the_libraries_of_analysis() -> None:
    code = (
        "import sys, cristae\n"
        "heavy = {'scipy', 'SALib', 'diptest', 'matplotlib', 'cristae.analysis'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    code = (
        "import sys\n"
        "sys.modules['scipy'] = None\n"
        "from cristae.analysis import command\n"
        "sys.exit(command.main(['noise', 'x.h5']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == (
        "error: analyze needs scipy, which is not installed. "
        "Use pip install '.[analysis]' in the folder of the source.\n"
    )
