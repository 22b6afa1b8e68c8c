"""Fractional activation of the mitochondrial unfolded protein response.

Which share of the cells turns the response on, and does that come from chance within cells or from
differences between them? A dose of misfolded protein (`k_dotc`) is given to one kind of cell, and
to cells whose chaperones, proteases and mitochondria differ (`vary="all"`), the same cells at every
dose. A cell is on where it has more than 100 copies of nuclear ATF5, some fifteen times what it has
at rest.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from study import BLUE, GREY, ORANGE, Study, plt

import cristae
from cristae.analysis import modes, passage

ON = 100
HOURS = 8
KINDS = {"one kind of cell": None, "cells that differ": "all"}
COLOURS = {"one kind of cell": BLUE, "cells that differ": ORANGE}


def answers(study: Study, doses: list[float], cells: int) -> dict[str, object]:
    """Nuclear ATF5 after 8 h at every dose, with and without differences between cells."""
    found = {}
    for kind, vary in KINDS.items():
        found[kind] = cristae.sweep(
            "uprmt",
            {"k_dotc": doses},
            vary=vary,
            trajectories=cells,
            seed=study.seed,
            t_end=60 * HOURS,
            sample_every=60,
            keep="ATF5n[end]",
            threads=study.threads,
        )
        study.note_run(f"dose response, {kind}", found[kind])
    return found


def fits(study: Study, found: dict[str, object]) -> pd.DataFrame:
    """Share of cells that are on against the dose, as a Hill function."""
    rows = []
    for kind, swept in found.items():
        made = modes.doses_table(
            swept,
            "ATF5n[end]",
            dose="k_dotc",
            threshold=ON,
            resamples=study.of_size(300, 50),
        )
        rows.append(made[made["of"] == "share"].assign(kind=kind))
        study.note_table(f"share of cells that are on: {kind}", made.attrs["tables"]["points"])
    table = pd.concat(rows)[["kind", "part", "value", "low", "high"]]
    study.note_table("Hill function of the share", table)
    return table


def own_thresholds(swept: object, doses: list[float]) -> np.ndarray:
    """The dose at which each cell crosses the threshold, on a straight line between two doses."""
    courses = np.log(1 + swept.feature_value.sel(feature="ATF5n[end]").values.T)  # (cell, dose)
    height, found = np.log(1 + ON), np.full(len(courses), np.nan)
    for cell, course in enumerate(courses):
        above = np.flatnonzero(course >= height)
        if len(above) and above[0] > 0:
            k = above[0]
            share = (height - course[k - 1]) / (course[k] - course[k - 1])
            found[cell] = doses[k - 1] + share * (doses[k] - doses[k - 1])
    return found


def switching(study: Study, doses: list[float], cells: int) -> dict[tuple[str, float], object]:
    """When cells switch on."""
    found, rows = {}, []
    for kind, vary in KINDS.items():
        for dose in doses:
            run = cristae.run(
                "uprmt",
                set={"k_dotc": dose},
                vary=vary,
                trajectories=cells,
                seed=study.seed,
                t_end=60 * 2 * HOURS,
                sample_every=120,
                stop_when=f"ATF5n >= {ON}",
                select="ATF5n",
                certify=0,
                histogram_times=0,
                threads=study.threads,
            )
            study.note_run(f"switching at {dose:g}, {kind}", run)
            found[kind, dose] = run
            parts = passage.table(run, "end_time", resamples=study.of_size(2000, 100))
            rows.append(parts.assign(kind=kind, dose=dose))
    table = pd.concat(rows)
    table = table[table.part.isin(["reached", "at_start", "median", "weibull_shape", "weibull_cv"])]
    study.note_table(
        "switching times (min)", table[["kind", "dose", "part", "value", "low", "high"]]
    )
    return found


def draw(study: Study, found: dict[str, object], table: pd.DataFrame, times: dict) -> None:
    figure, ((dots, shares), (shapes, curves)) = plt.subplots(2, 2, figsize=(8.5, 6.5))
    random = np.random.default_rng(1)
    width = 1.2
    for shift, (kind, swept) in zip((-1, 1), found.items()):
        doses = swept.set_parameters.values.ravel()
        values = swept.feature_value.sel(feature="ATF5n[end]").values
        for dose, cells in zip(doses, values):
            shown = cells[:250]
            places = dose + shift * width / 2 + random.uniform(-0.4, 0.4, len(shown))
            label = kind if dose == doses[0] else None
            dots.plot(
                places,
                1 + shown,
                ".",
                ms=1.5,
                color=COLOURS[kind],
                alpha=0.5,
                label=label,
                rasterized=True,
            )
        share = modes.wilson((values > ON).sum(axis=1), values.shape[1])
        ends = [share.value - share.low, share.high - share.value]
        shares.errorbar(
            doses, share.value, ends, fmt="o", ms=4, color=COLOURS[kind], label=kind, capsize=2
        )
        fit = table[table.kind == kind].set_index("part").value
        fine = np.linspace(0.5, doses.max(), 300)
        hill = 1 / (1 + (fit.ec50 / fine) ** fit.slope)
        shares.plot(fine, hill, color=COLOURS[kind], lw=1)
    dots.set(yscale="log", ylabel="1 + nuclear ATF5 after 8 h (copies)")
    dots.axhline(ON, color=GREY, lw=0.8, ls="--")
    shares.set(ylabel="share of cells that are on")
    for axis in (dots, shares):
        axis.set_xlabel("misfolding client, k_dotc (tokens/min)")
    shares.legend(loc="lower right")

    middle = half_dose(table, found)
    for kind, swept in found.items():
        doses = swept.set_parameters.values.ravel()
        values = swept.feature_value.sel(feature="ATF5n[end]").values[list(doses).index(middle)]
        bins = np.linspace(0, 4.5, 37 if not study.small else 13)
        shapes.hist(
            np.log10(1 + values), bins, density=True, alpha=0.6, color=COLOURS[kind], label=kind
        )
    shapes.axvline(np.log10(1 + ON), color=GREY, lw=0.8, ls="--")
    shapes.set(xlabel=f"log10(1 + nuclear ATF5) at k_dotc = {middle:g}", ylabel="density of cells")
    shapes.legend()

    dashes = dict(zip(sorted({dose for _, dose in times}), ("-", "--", ":")))
    for (kind, dose), run in times.items():
        curve = passage.kaplan_meier(run.end_time.values, run.status.values == passage.STOPPED)
        x = np.concatenate([[0], curve.times, [2 * HOURS * 60]]) / 60
        y = 1 - np.concatenate([[1], curve.survival, curve.survival[-1:]])
        curves.step(x, y, where="post", color=COLOURS[kind], ls=dashes[dose], lw=1)
    for dose, dash in dashes.items():
        curves.plot([], [], color=GREY, ls=dash, lw=1, label=f"{dose:g} tokens/min")
    curves.set(xlabel="hours", ylabel="share that has switched on", ylim=(0, 1.02))
    curves.legend(fontsize=7, loc="lower right")
    study.note_figure(figure)


def half_dose(table: pd.DataFrame, found: dict[str, object]) -> float:
    """The dose that is nearest to turning on half of the cells that differ."""
    doses = found["cells that differ"].set_parameters.values.ravel()
    fit = table[table.kind == "cells that differ"].set_index("part").value
    return float(doses[np.argmin(np.abs(doses - fit.ec50))])


def main() -> None:
    study = Study("fractional_activation", __doc__)
    full = [0, 5, 10, 15, 20, 22.5, 25, 27.5, 30, 40, 50, 60]
    doses = [0, 10, 20, 25, 30, 50] if study.small else full
    found = answers(study, doses, study.of_size(1000, 60))
    table = fits(study, found)
    shapes = [
        modes.table(swept, ["ATF5n[end]"], threshold=ON).assign(kind=kind)
        for kind, swept in found.items()
    ]
    kept = ["kind", "parameters", "n", "dip", "dip_p", "bic1_bic2", "ashman_d", "above"]
    study.note_table("one kind of cell or two", pd.concat(shapes)[kept])
    own = own_thresholds(found["cells that differ"], doses)
    own = own[np.isfinite(own)]
    slope = table[(table.kind == "cells that differ") & (table.part == "slope")].value.iloc[0]
    spread = {
        "cells with a dose of their own": len(own),
        "median dose": np.median(own),
        "sd of ln dose": np.std(np.log(own), ddof=1),
        "sd of ln dose that the slope of the share says": np.pi / np.sqrt(3) / slope,
    }
    study.note_table("own thresholds of cells", pd.DataFrame([spread]))
    times = switching(study, [20, 30, 50], study.of_size(500, 40))
    draw(study, found, table, times)
    study.finish()


if __name__ == "__main__":
    main()
