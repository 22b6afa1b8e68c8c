"""D3, which draws the figures, from where it is installed."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from .._errors import FileError, Finding

#: In a module that the extra `report` installs, and in Debian's package node-d3.
_MODULE, _IN_MODULE = "mpld3", "js/d3.v5.min.js"
_DEBIAN = Path("/usr/share/nodejs/d3/dist/d3.min.js")
#: d3.version of what is known to draw every figure: 5.x has d3.event, 6 has it no more.
_VERSION = re.compile(r"https://d3js\.org v(?P<version>5\.[0-9.]+)")


@dataclass(frozen=True)
class Library:
    """The text of a JavaScript library, and what has to be said about it."""

    text: str
    version: str
    place: str


def _candidates() -> list[Path]:
    """Where D3 may be. A package is found without being imported: mpld3 would load matplotlib."""
    spec = importlib.util.find_spec(_MODULE)
    folders = list(spec.submodule_search_locations or []) if spec is not None else []
    return [*(Path(folder) / _IN_MODULE for folder in folders), _DEBIAN]


def _read(path: Path) -> Optional[Library]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return None
    found = _VERSION.search(text[:300])
    return Library(text, found["version"], str(path)) if found else None


def d3() -> Library:
    """The first that is there; FileError says how to get it where none is."""
    for path in _candidates():
        library = _read(path)
        if library is not None:
            return library
    problem = "D3 5 is not installed"
    reason = "the figures of a report are drawn by it"
    fix = "Install it with: pip install 'cristae[report]'; or with Debian's package node-d3"
    raise FileError([Finding("error", "", 0, 0, problem, reason, fix)])
