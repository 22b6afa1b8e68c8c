"""Puts the page together: contents as inert data, style and scripts allowed by their hashes."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import tempfile
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Optional

from .._dataset import ResultLike, result_of
from .._errors import FileError, Finding, UsageError, usage_findings
from .._request import PathLike
from ._contents import contents
from ._library import Library, d3

_SCRIPTS = ("plot.js", "network.js", "page.js")


def _asset(name: str) -> str:
    return (files("cristae.report") / "assets" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _as_data(value: Any) -> str:
    """JSON in ASCII that cannot end the element it stands in, whatever its texts are.

    Line separators and all else beyond ASCII is escaped by `json`; `<`, `>` and `&` here.
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _document(values: dict[str, Any], library: Library) -> str:
    style = _asset("page.css")
    script = "\n".join(_asset(name) for name in _SCRIPTS)
    for inline in (library.text, script):
        if "</script" in inline.lower():
            raise AssertionError("a script that would end its own element")
    # The figures are turned into pictures through blob: addresses; nothing else is ever loaded.
    policy = (
        f"default-src 'none'; script-src {_hash(library.text)} {_hash(script)}; "
        f"style-src {_hash(style)}; img-src blob: data:; base-uri 'none'; form-action 'none'"
    )
    values = {**values, "d3": library.version}
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{html.escape(policy, quote=True)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{html.escape(values["title"])}</title>
<style>{style}</style>
</head>
<body>
<noscript><p class="noscript">The figures and tables of this report need JavaScript. It is part of
this file: nothing is loaded from elsewhere.</p></noscript>
<div id="page"></div>
<!--
The script below is D3 {library.version}, https://d3js.org, under this licence:

{_asset("d3-licence.txt")}-->
<script type="application/json" id="contents">{_as_data(values)}</script>
<script>{library.text}</script>
<script>{script}</script>
</body>
</html>
"""


def page(
    results: Sequence[ResultLike],
    *,
    title: Optional[str] = None,
    labels: Optional[Sequence[str]] = None,
) -> str:
    """The HTML text of a report.

    Parameters
    ----------
    results : list of Dataset, or of paths
        Of `cristae.run`, `cristae.open`, or their files.
    title : str, optional
        Instead of that of the network.
    labels : list of str, optional
        Names of the results in figures, one for each. Without it, their conditions.

    Raises
    ------
    UsageError
        If there is no result, nothing in them to show, or their times have no common unit.
    FileError
        If a file cannot be read or is no result, or D3 is not installed.
    """
    library = d3()
    opened = [result_of(result) for result in results]
    return _document(contents(opened, title, labels), library)


def write(
    results: Sequence[ResultLike],
    output: PathLike,
    *,
    overwrite: bool = False,
    title: Optional[str] = None,
    labels: Optional[Sequence[str]] = None,
) -> int:
    """Writes what `page` returns; the file appears whole or not at all. Returns its bytes."""
    path = Path(os.fspath(output))
    for result in results:
        source = getattr(result, "encoding", {}).get("source") or result
        if not hasattr(source, "dims") and path.exists() and _same_file(str(source), path):
            problem = f"'{path}' is a result and the output at once"
            raise UsageError(usage_findings([(problem, "it would be lost", "Give another name")]))
    if path.exists() and not overwrite:
        fix = "Give --overwrite, or another name"
        found = (f"'{path}' exists", "it would be replaced", fix)
        raise UsageError(usage_findings([found]))
    if not path.parent.is_dir():
        found = (f"'{path}' cannot be written", f"there is no folder '{path.parent}'", "Make it")
        raise FileError([Finding("error", "", 0, 0, *found)])
    data = page(results, title=title, labels=labels).encode("utf-8")
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".cristae-", delete=False) as file:
            temporary = file.name
            file.write(data)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        found = (f"'{path}' cannot be written", error.strerror or str(error), "")
        raise FileError([Finding("error", "", 0, 0, *found)]) from error
    return len(data)


def _same_file(one: str, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
