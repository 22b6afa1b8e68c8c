"""Claims: statements of the literature as experiments that are run and judged.

``cristae claims`` and ``python -m cristae.claims`` are its command line.
"""

from __future__ import annotations

from ._ensemble import Settings
from ._file import Claim, Claims, Experiment, read_claims
from ._verdict import Interval, Verdict, check

__all__ = [
    "Claim",
    "Claims",
    "Experiment",
    "Interval",
    "Settings",
    "Verdict",
    "check",
    "read_claims",
]
