"""What the three studies share: their options, the time they take, and how results are written."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

import matplotlib
import pandas as pd
import xarray

import cristae

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#777777"

plt.rcParams.update(
    {
        "svg.fonttype": "none",  # text stays text
        "svg.hashsalt": "cristae",  # the same figure gives the same file
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "legend.frameon": False,
        "figure.constrained_layout.use": True,
    }
)


class Study:
    """One study: what it was asked to do, and what it found."""

    def __init__(self, name: str, description: str) -> None:
        parser = argparse.ArgumentParser(description=description.strip().splitlines()[0])
        parser.add_argument("--small", action="store_true", help="A look in seconds, not a study")
        parser.add_argument("--threads", type=int, help="All cores without it; changes no number")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--output", type=Path, default=Path("."), help="Folder of the results")
        given = parser.parse_args()
        self.name, self.folder = name, given.output
        self.small, self.threads, self.seed = given.small, given.threads, given.seed
        self._tables: dict[str, pd.DataFrame] = {}
        self._hashes: dict[str, str] = {}
        self.folder.mkdir(parents=True, exist_ok=True)

    def of_size(self, full: int, small: int) -> int:
        """How many of something."""
        return small if self.small else full

    def note_run(self, label: str, result: xarray.Dataset) -> None:
        """Keeps the hash by which anyone can check a rerun."""
        if "set_contract_hash" in result:
            hashes = [str(one) for one in result["set_contract_hash"].values]
        else:
            hashes = [str(result.attrs["contract_hash"])]
        self._hashes[label] = " ".join(hashes)

    def note_table(self, label: str, table: pd.DataFrame) -> None:
        """Keeps a table for the file of numbers, and prints it."""
        self._tables[label] = table
        with pd.option_context("display.width", 160, "display.max_columns", 20):
            print(f"\n{label}\n{table.to_string(index=False, float_format='{:.4g}'.format)}")

    def note_figure(self, figure: plt.Figure) -> None:
        """Writes the figure; what made it stands in the file."""
        path = self.folder / f"{self.name}.svg"
        about = f"{self.command}; cristae {cristae.__version__}"
        figure.savefig(path, dpi=150, metadata={"Date": None, "Description": about})
        plt.close(figure)

    @property
    def command(self) -> str:
        size = " --small" if self.small else ""
        return f"python3 {os.path.basename(sys.argv[0])}{size} --seed {self.seed}"

    def finish(self) -> None:
        """Writes NAME.json: the command, what it cost, hashes, and every table."""
        made = {
            "command": self.command,
            "version": cristae.__version__,
            "core_minutes": round(time.process_time() / 60, 2),
            "contract_hashes": self._hashes,
        }
        rows = {name: json.loads(one.to_json(orient="records", double_precision=6))
                for name, one in self._tables.items()}  # fmt: skip
        text = json.dumps({**made, "tables": rows}, indent=1, ensure_ascii=False)
        (self.folder / f"{self.name}.json").write_text(text + "\n", encoding="utf-8")
        print(
            f"\n{self.folder / self.name}.svg and .json, {made['core_minutes']} minutes of one core"
        )
