"""The studies of the tutorial: their small forms run, and say what the full ones say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

pytest.importorskip("matplotlib")

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "tutorial"
STUDIES = ("fractional_activation", "pore_opening", "chop_variability")


def run(name: str, *options: str) -> dict[str, Any]:
    """What a study wrote; warnings are errors in it."""
    made = subprocess.run(
        [sys.executable, "-W", "error", str(FOLDER / f"{name}.py"), *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert made.returncode == 0, made.stderr
    figure = ElementTree.parse(f"{name}.svg").getroot()
    drawn = [one for one in figure.iter() if one.tag.endswith(("path", "use", "text"))]
    assert len(drawn) > 100, "the figure is all but empty"
    found: dict[str, Any] = json.loads(Path(f"{name}.json").read_text(encoding="utf-8"))
    assert found["contract_hashes"] and all(len(rows) for rows in found["tables"].values())
    return found


def table(found: dict[str, Any], name: str, **where: Any) -> pd.DataFrame:
    rows = pd.DataFrame(found["tables"][name])
    for column, value in where.items():
        rows = rows[rows[column] == value]
    assert len(rows), f"no row of '{name}' has {where}"
    return rows


def one(found: dict[str, Any], name: str, **where: Any) -> Any:
    rows = table(found, name, **where)
    assert len(rows) == 1
    return rows.iloc[0]


def test_cells_that_differ_switch_on_over_a_wide_range_of_doses() -> None:
    found = run("fractional_activation", "--small")
    name = "share of cells that are on: "
    equal, differ = (
        table(found, name + kind).set_index("dose")
        for kind in ("one kind of cell", "cells that differ")
    )
    assert equal.above_high[20] < differ.above_low[20]
    assert differ.above_high[30] < equal.above_low[30]
    times = {"dose": 30, "part": "weibull_shape"}
    sharp = one(found, "switching times (min)", kind="one kind of cell", **times)
    wide = one(found, "switching times (min)", kind="cells that differ", **times)
    assert wide.high < 1 < sharp.low


def test_cyclosporin_keeps_the_pore_closed() -> None:
    found = run("pore_opening", "--small")
    name = "first opening of the pore (s)"
    stimulus = one(found, name, condition="apoptotic", part="reached")
    protected = one(found, name, condition="csa", part="reached")
    assert protected.high < stimulus.low
    assert one(found, "hazard ratio against the apoptotic stimulus").high < 1


def test_chop_is_noisy_by_chance_and_its_upstream_by_differences_between_cells() -> None:
    found = run("chop_variability", "--small")
    parts = {"run": "replicates", "part": "share_extrinsic"}
    eif2, chop = (
        one(found, "the variance in parts", quantity=name, **parts)
        for name in ("eIF2P_frac[end]", "CHOP[end]")
    )
    assert chop.high < eif2.low
    differ, equal = (
        one(found, "the variance in parts", run=f"twins, {kind}", part="eta2_ext")
        for kind in ("cells that differ", "one kind of cell")
    )
    assert equal.high < differ.low
    pools = table(found, "the variance in parts", quantity="CHOP[end]", method="factor")
    assert pools.set_index("part").value.idxmax() == "HRI_pool"
    bits = table(found, "bits about the dose", method="bins").set_index(["quantity", "kind"])
    for name in ("eIF2P_frac[end]", "ATF4[end]", "CHOP[end]"):
        told = bits.loc[name]
        assert told.mutual_high["cells that differ"] < told.mutual_low["one kind of cell"]


@pytest.mark.parametrize("name", STUDIES)
def test_figures_and_numbers_of_the_page_are_of_one_run(name: str) -> None:
    kept = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    figure = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert f"{kept['command']}; cristae {kept['version']}" in figure
    assert "--small" not in kept["command"]
    assert kept["command"] in (FOLDER.parent / "tutorial.md").read_text(encoding="utf-8")


@pytest.mark.skipif(not os.environ.get("CRISTAE_LONG"), reason="takes minutes: CRISTAE_LONG=1")
@pytest.mark.parametrize("name", STUDIES)
def test_the_full_study_has_the_hashes_of_the_page(name: str) -> None:
    kept = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert run(name)["contract_hashes"] == kept["contract_hashes"]
