#!/usr/bin/env python3
"""Executes the notebooks of docs/notebooks, which are kept without outputs.

    python tests/python/run_notebooks.py OUTPUT_FOLDER [NOTEBOOK ...]

Every cell must run without an error, and figures must come out. The executed copies go to the
output folder. Needs nbclient and ipykernel (`pip install ".[notebooks]"`).
"""

import sys
import time
from pathlib import Path

import nbclient
import nbformat

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "notebooks"
FIGURES = {"first_ensemble": 3, "dose_response": 3}


def problems_of(path, folder):
    """Runs one notebook; what is wrong with it."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if any(cell.outputs or cell.execution_count for cell in cells):
        yield "has outputs: clear them before they are committed"
    began = time.monotonic()
    client = nbclient.NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--log-level=ERROR"],
    )
    try:
        client.execute()
    except nbclient.exceptions.CellExecutionError as error:
        yield str(error)
        return
    finally:
        nbformat.write(notebook, folder / path.name)
    outputs = [output for cell in cells for output in cell.outputs]
    figures = sum("image/png" in output.get("data", {}) for output in outputs)
    print(f"{path.name}: {time.monotonic() - began:.1f} s, {figures} figures", flush=True)
    if figures < FIGURES.get(path.stem, 1):
        yield f"has {figures} figures"
    for output in outputs:
        if output.get("name") == "stderr" and "Warning" in output.text:
            yield f"warns: {output.text}"


def main(arguments):
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(arguments[0]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    paths = [Path(name) for name in arguments[1:]] or sorted(FOLDER.glob("*.ipynb"))
    found = [f"{path.name}: {text}" for path in paths for text in problems_of(path, folder)]
    for text in found:
        print(text)
    print(f"notebooks: {len(paths)} run, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
