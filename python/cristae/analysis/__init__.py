"""Questions to ensembles: noise, modes, first passage, spectra, information, sensitivity.

One module per question; ``cristae analyze QUESTION`` is its ``table`` function with options. What
each estimates, from which paper, and what it answers is in `analysis <../../docs/analysis.md>`_.
Functions take arrays, ``table`` takes results (data sets or paths of files) and returns a pandas
data frame whose ``attrs["notes"]`` say what to keep in mind. ``pip install "cristae[analysis]"``
brings what they need; ``import cristae`` alone imports none of it.

>>> import cristae
>>> from cristae.analysis import noise
>>> cells = cristae.run("telegraph", trajectories=400, keep="M[end]")
>>> noise.table(cells)[["quantity", "n"]].values.tolist()
[['M[end]', 400]]
"""

from __future__ import annotations

import importlib
from types import ModuleType

__all__ = [
    "bias",
    "compare",
    "correlation",
    "decompose",
    "information",
    "memory",
    "modes",
    "noise",
    "passage",
    "resampling",
    "sensitivity",
    "sisters",
    "spectrum",
    "spikes",
    "transfer",
]


def __getattr__(name: str) -> ModuleType:
    """Modules are imported when they are asked for: SALib alone takes a second."""
    if name in __all__:
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
