"""A result, or several, as one HTML file with interactive figures that opens without a network.

``cristae report RESULT.h5 -o report.html`` is the command; `page` is the same in Python. The
figures are drawn by D3, which is taken from an installed package and put into the file.

>>> import cristae
>>> from cristae.report import page
>>> text = page([cristae.run("telegraph", trajectories=20)])
>>> text.startswith("<!doctype html>")
True
"""

from __future__ import annotations

from ._html import page, write

__all__ = ["page", "write"]
