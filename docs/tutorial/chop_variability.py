"""Why do cells under the same stress differ in CHOP, and how much does CHOP tell about the stress?

Mitochondrial stress for 8 h. The variance of CHOP is taken apart twice: by cells that run several
times (replicates), and by a second copy of the gene in the same cell (twins). Then: which
difference between cells explains it, which step would change it (Morris), and how many bits ATF4
and CHOP carry about the dose.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray
from study import BLUE, GREEN, GREY, ORANGE, Study, plt

import cristae
from cristae.analysis import decompose, information, noise, sensitivity

HOURS = 8
KEEP = ["eIF2P_frac[end]", "ATF4[end]", "CHOP[end]"]
NAMES = ["eIF2P_frac", "ATF4", "CHOP"]
REPORTER = ["Goff", "Gon", "mCHOP", "CHOP"]  #: promoter, messenger, protein: all there twice
STEPS = ["f_hri", "f_oma1", "f_dele1", "f_atf4", "f_chop", "f_gadd34"]


def experiment(study: Study) -> dict[str, object]:
    """What all runs share."""
    return {
        "seed": study.seed,
        "t_end": 60 * HOURS,
        "sample_every": 60,
        "threads": study.threads,
    }


def in_parts(study: Study) -> tuple[pd.DataFrame, xarray.Dataset]:
    """The variance by replicates, and by twins with and without differences between cells."""
    replicates, cells = 4, study.of_size(1500, 150)
    common = {**experiment(study), "condition": "mito", "histogram_times": 0, "certify": 0}
    resamples = study.of_size(2000, 200)
    several = cristae.run(
        "isr",
        vary="all",
        replicates=replicates,
        trajectories=replicates * cells,
        keep=KEEP,
        **common,
    )
    study.note_run("replicates", several)
    rows = [decompose.table(several, KEEP, resamples=resamples).assign(run="replicates")]
    for label, vary in (("twins, cells that differ", "all"), ("twins, one kind of cell", None)):
        twins = cristae.run(
            "isr",
            vary=vary,
            twin=REPORTER,
            keep=["CHOP[end]", "CHOP_twin[end]"],
            trajectories=2 * cells,
            **common,
        )
        study.note_run(label, twins)
        table = decompose.table(twins, ["CHOP[end]"], resamples=resamples)
        rows.append(table[table.method == "reporters"].assign(run=label))
        alone = noise.table(twins, resamples=resamples)
        study.note_table(
            f"each copy by itself: {label}", alone[["quantity", "n", "cv2", "cv2_low", "cv2_high"]]
        )
    made = pd.concat(rows)[["run", "quantity", "method", "n", "part", "value", "low", "high"]]
    return made, several


def by_step(study: Study) -> pd.DataFrame:
    """Morris effects of the activity of six steps on the mean of CHOP and on its spread."""
    design = sensitivity.design(
        "isr", dict.fromkeys(STEPS, 1.5), method="morris", size=study.of_size(40, 6)
    )
    swept = cristae.sweep(
        "isr",
        sets=design,
        set={"mito_stress": 0.5},
        trajectories=study.of_size(100, 16),
        keep="CHOP[end]",
        **experiment(study),
    )
    study.note_run("Morris", swept)
    tables = [
        sensitivity.table(
            swept, "CHOP[end]", design.attrs["design"], outcome=outcome, resamples=200
        ).assign(outcome=outcome)
        for outcome in ("mean", "cv")
    ]
    return pd.concat(tables)


def told(study: Study) -> tuple[pd.DataFrame, dict[str, xarray.Dataset]]:
    """Bits about the dose, with and without differences between cells."""
    doses = [0, 0.05, 0.1, 0.2, 0.4, 1] if not study.small else [0, 0.1, 1]
    found, rows = {}, []
    for kind, vary in (("one kind of cell", None), ("cells that differ", "all")):
        swept = cristae.sweep(
            "isr",
            {"mito_stress": doses},
            vary=vary,
            keep=KEEP,
            trajectories=study.of_size(1000, 150),
            **experiment(study),
        )
        study.note_run(f"doses, {kind}", swept)
        table = information.table(
            swept, KEEP, vector=True, bins=[16], resamples=study.of_size(100, 20)
        )
        rows.append(table.assign(kind=kind))
        found[kind] = swept
    return pd.concat(rows), found


def draw(
    study: Study,
    parts: pd.DataFrame,
    effects: pd.DataFrame,
    bits: pd.DataFrame,
    several: xarray.Dataset,
) -> None:
    figure, ((left, right), (below, last)) = plt.subplots(2, 2, figsize=(8.5, 6.5))
    bars = []
    for name in NAMES:
        own = parts[(parts.method == "replicates") & (parts.quantity == f"{name}[end]")]
        bars.append((f"{name}\nreplicates", own.set_index("part")))
    for run, short in (
        ("twins, cells that differ", "differ"),
        ("twins, one kind of cell", "equal"),
    ):
        bars.append((f"CHOP\ntwins, {short}", parts[parts.run == run].set_index("part")))
    for place, (_, own) in enumerate(bars):
        inside, outside = own.loc["eta2_int"], own.loc["eta2_ext"]
        left.bar(place, inside.value, color=BLUE, label="intrinsic" if place == 0 else None)
        left.bar(
            place,
            max(outside.value, 0),
            bottom=inside.value,
            color=ORANGE,
            label="extrinsic" if place == 0 else None,
        )
        ends = [[inside.value - inside.low], [inside.high - inside.value]]
        left.errorbar(place, inside.value, ends, color="black", capsize=2, lw=0.8)
    left.set_xticks(range(len(bars)), [name for name, _ in bars], fontsize=7.5)
    left.set_ylabel("squared coefficient of variation")
    left.legend()

    own = parts[(parts.method == "factor") & (parts.quantity == "CHOP[end]")].sort_values("value")
    ends = [own.value - own.low, own.high - own.value]
    right.barh(own.part, own.value.clip(lower=0), xerr=ends, color=ORANGE, error_kw={"lw": 0.8})
    right.set_xlabel("share of the variance of CHOP, by itself")

    for place, (outcome, colour) in enumerate((("mean", GREEN), ("cv", GREY))):
        own = effects[effects.outcome == outcome].set_index("parameter").loc[STEPS]
        size = own.mu_star / abs(own.mu_star).max()
        below.barh(np.arange(len(STEPS)) + 0.4 * place, size, 0.4, color=colour, label=outcome)
    below.set_yticks(np.arange(len(STEPS)) + 0.2, STEPS)
    below.set_xlabel("effect on CHOP over the largest one (Morris, mu*)")
    below.legend()

    kinds = {"one kind of cell": BLUE, "cells that differ": ORANGE}
    shown = [*[f"{name}[end]" for name in NAMES], "together"]
    for shift, (kind, colour) in zip((-0.2, 0.2), kinds.items()):
        own = bits[bits.kind == kind]
        values = [
            own[(own.quantity == one) if one != "together" else (own.method == "decoding")].iloc[0]
            for one in shown
        ]
        heights = np.array([one.mutual for one in values])
        ends = [
            heights - [one.mutual_low for one in values],
            [one.mutual_high for one in values] - heights,
        ]
        places = np.arange(len(shown)) + shift
        last.bar(places, heights, 0.4, yerr=ends, color=colour, label=kind, error_kw={"lw": 0.8})
    last.set_xticks(range(len(shown)), [*NAMES, "all, decoded"], fontsize=8)
    last.set_ylabel("information about the dose (bits)")
    last.legend()
    study.note_figure(figure)


def main() -> None:
    study = Study("chop_variability", __doc__)
    parts, several = in_parts(study)
    study.note_table("the variance in parts", parts)
    effects = by_step(study)
    study.note_table("steps that change CHOP", effects)
    bits, _ = told(study)
    study.note_table("bits about the dose", bits)
    draw(study, parts, effects, bits, several)
    study.finish()


if __name__ == "__main__":
    main()
