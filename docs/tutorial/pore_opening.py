"""Calcium overload and the opening of the permeability transition pore.

When does the pore of a mitochondrion open for good, and what protects? One contact between ER and
mitochondrion, ion by ion, for 60 s: an agonist alone, an apoptotic stimulus (more agonist, and
reactive oxygen), and the same with something against it. A trajectory ends when `PTo >= 1`; one
that has not opened after 60 s is censored, which every estimate takes into account.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray
from study import BLUE, GREEN, GREY, ORANGE, RED, Study, plt

import cristae
from cristae.analysis import passage

SECONDS = 60
CONDITIONS = {
    "agonist": "agonist",
    "apoptotic": "apoptotic stimulus",
    "csa": "+ cyclosporin A",
    "apop_akt": "+ hyperactive AKT",
    "apop_bcl2": "+ BCL-2",
    "apop_mcu_ko": "+ loss of MCU",
}
COLOURS = dict(zip(CONDITIONS, (GREY, RED, BLUE, ORANGE, GREEN, "#CC79A7")))


def simulate(study: Study, trajectories: int) -> dict[str, xarray.Dataset]:
    found = {}
    for condition in ["apoptotic", "csa"] if study.small else CONDITIONS:
        found[condition] = cristae.run(
            "mam_ca",
            condition=condition,
            trajectories=trajectories,
            seed=study.seed,
            t_end=SECONDS,
            samples=60,
            stop_when="PTo >= 1",
            select=["c_mito", "Psi_frac"],
            keep=["c_mito[10]", "Psi_frac[10]"],
            histogram_times=0,
            certify=0,
            threads=study.threads,
        )
        study.note_run(condition, found[condition])
    return found


def times_of(result: xarray.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """When each trajectory ended, and whether it did because the pore opened."""
    return result.end_time.values, result.status.values == passage.STOPPED


def protection(found: dict[str, xarray.Dataset]) -> pd.DataFrame:
    """Hazard ratios against the apoptotic stimulus, passages over time lived, with exact ends."""
    rows = []
    base = times_of(found["apoptotic"])
    for condition, result in found.items():
        if condition in ("agonist", "apoptotic"):
            continue
        label, own = CONDITIONS[condition], times_of(result)
        d, lived, d0, lived0 = own[1].sum(), own[0].sum(), base[1].sum(), base[0].sum()
        # Of d + d0 passages, d are binomial with the share of the time lived (Clopper-Pearson).
        share = passage.stats.binomtest(int(d), int(d + d0)).proportion_ci(method="exact")
        low, high = (one / (1 - one) * lived0 / lived for one in (share.low, share.high))
        ratio = d / lived / (d0 / lived0)
        rows.append({"condition": label, "hazard_ratio": ratio, "low": low, "high": high})
    return pd.DataFrame(rows)


def predictors(study: Study, result: xarray.Dataset) -> pd.DataFrame:
    """What at 10 s tells which pores open later; those that opened before have no such value."""
    table = passage.table(
        result,
        "end_time",
        predictors=["c_mito[10]", "Psi_frac[10]"],
        resamples=study.of_size(2000, 100),
    )
    kept = table[table.part.str.startswith(("auc", "spearman"))]
    return kept[["part", "value", "low", "high"]]


def draw(
    study: Study, found: dict[str, xarray.Dataset], parts: pd.DataFrame, ratios: pd.DataFrame
) -> None:
    figure, ((left, right), (below, last)) = plt.subplots(2, 2, figsize=(8.5, 6.5))
    for condition, result in found.items():
        times, opened = times_of(result)
        curve = passage.kaplan_meier(times, opened)
        x = np.concatenate([[0], curve.times, [SECONDS]])
        colour, label = COLOURS[condition], CONDITIONS[condition]
        y = np.concatenate([[1], curve.survival, curve.survival[-1:] if len(curve.times) else [1]])
        left.step(x, y, where="post", color=colour, lw=1.3, label=label)
        band = {"step": "post", "color": colour, "alpha": 0.15, "lw": 0}
        left.fill_between(curve.times, curve.low, curve.high, **band)
        means = result.observable_mean.sel(observable="c_mito")
        last.plot(result.time, means, color=colour, lw=1.1)
    left.set(xlabel="seconds", ylabel="share of pores not yet open", ylim=(0, 1.02))
    left.legend(fontsize=7, loc="lower left")
    last.set(xlabel="seconds", ylabel="free matrix Ca of those not yet open (uM)", yscale="log")

    times, opened = times_of(found["apoptotic"])
    bins = passage.hazard(times, opened, np.linspace(0, SECONDS, 7 if not study.small else 4))
    middle = (bins.start + bins.end) / 2
    ends = [bins.hazard - bins.hazard_low, bins.hazard_high - bins.hazard]
    right.errorbar(middle, bins.hazard, ends, fmt="o", color=RED, ms=4, capsize=2, label="estimate")
    own = parts[parts.condition == "apoptotic"].set_index("part").value
    fine = np.linspace(0.5, SECONDS, 200)
    shape, scale = own.weibull_shape, own.weibull_scale
    law = shape / scale * (fine / scale) ** (shape - 1)
    right.plot(fine, law, color=RED, lw=1, label=f"Weibull, shape {shape:.2f}")
    right.axhline(own.rate, color=GREY, lw=0.8, ls="--", label="without memory")
    right.set(xlabel="seconds", ylabel="hazard under the apoptotic stimulus (1/s)", ylim=(0, None))
    right.legend(fontsize=7)

    places = np.arange(len(ratios))[::-1]
    ends = [ratios.hazard_ratio - ratios.low, ratios.high - ratios.hazard_ratio]
    below.errorbar(ratios.hazard_ratio, places, xerr=ends, fmt="o", color="black", ms=4, capsize=2)
    below.axvline(1, color=GREY, lw=0.8, ls="--")
    below.set_yticks(places, ratios.condition)
    below.set(xlabel="hazard over that of the stimulus alone", ylim=(-0.6, len(ratios) - 0.4))
    study.note_figure(figure)


def main() -> None:
    study = Study("pore_opening", __doc__)
    found = simulate(study, study.of_size(400, 20))
    kept = ["reached", "median", "mean_until_end", "rate", "weibull_shape", "weibull_scale"]
    kept += ["weibull_cv", "memoryless_p"]
    tables = []
    for condition, result in found.items():
        table = passage.table(result, "end_time", resamples=study.of_size(2000, 100))
        tables.append(table[table.part.isin(kept)].assign(condition=condition))
    parts = pd.concat(tables)[["condition", "part", "value", "low", "high"]]
    study.note_table("first opening of the pore (s)", parts)
    times, opened = times_of(found["apoptotic"])
    edges = np.linspace(0, SECONDS, 7)
    study.note_table("hazard, apoptotic", passage.hazard(times, opened, edges))
    ratios = protection(found)
    study.note_table("hazard ratio against the apoptotic stimulus", ratios)
    if not study.small:
        study.note_table("what 10 s tell, apoptotic", predictors(study, found["apoptotic"]))
    draw(study, found, parts, ratios)
    study.finish()


if __name__ == "__main__":
    main()
