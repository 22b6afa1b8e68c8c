#!/usr/bin/env python3
"""Makes the pictures of docs/report.md: a report of real runs, as Chromium shows it.

    python3 docs/images/make.py [FOLDER]        (default: the folder of this file)

Needs the package with its extras `report` and `test`, the command line of the same source (in the
path, or named by CRISTAE_BIN), Chromium, Graphviz, and the fonts of Debian's
package fonts-noto-core; with other fonts the pictures look different. Takes about a minute.
"""

import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

import cristae
from cristae.report import write

MOST_BYTES = 200_000
CONDITIONS = ["basal", "mito_low", "mito_high"]
SWEEP = [
    *("sweep", "isr", "--over", "er_stress=0:90:15", "--over", "mito_stress=0:0.6:0.1"),
    *("--trajectories", "40", "--t-end", "300", "--histogram-times", "13"),
    *("--select", "CHOP,ATF4", "--quiet"),
]


def save(png, path):
    """As it is, or with 256 colours where that is too large."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.save(path, optimize=True)
    if path.stat().st_size > MOST_BYTES:
        picture.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path.name}: {picture.width} x {picture.height}, {size / 1000:.0f} kB")
    if size > MOST_BYTES:
        raise SystemExit(f"{path}: {size} bytes, at most {MOST_BYTES} are allowed")


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    program = shutil.which("chromium")
    if program is None:
        raise SystemExit(
            "chromium is not installed (it takes the pictures). Run ./install-deps.sh."
        )
    with tempfile.TemporaryDirectory() as scratch:
        files = []
        for name in CONDITIONS:
            files.append(f"{scratch}/{name}.h5")
            cristae.run("isr", condition=name, trajectories=300, output=files[-1], progress=False)
        report = Path(scratch) / "report.html"
        write(files, report)
        command = os.environ.get("CRISTAE_BIN", "cristae")
        subprocess.run([command, *SWEEP, "--output", f"{scratch}/sweep.h5"], check=True)
        write([f"{scratch}/sweep.h5"], Path(scratch) / "sweep.html", title="Two stresses at once")
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])

            def shot(name, scheme, width, height, prepare=None, file="report.html"):
                page = browser.new_page(
                    viewport={"width": width, "height": height},
                    color_scheme=scheme,
                    reduced_motion="reduce",
                )
                page.goto((Path(scratch) / file).as_uri())
                page.wait_for_selector("html[data-ready=true]", state="attached")
                if prepare is not None:
                    prepare(page)
                page.wait_for_timeout(500)
                save(page.screenshot(), folder / name)
                page.close()

            def read_off(page):
                page.evaluate("document.querySelector('#time').scrollIntoView()")
                page.locator("#time .plot").nth(0).hover(position={"x": 170, "y": 120})

            def distributions(page):
                page.evaluate("document.querySelector('#distributions').scrollIntoView()")
                slider = page.locator("#distributions input[type=range]")
                slider.focus()
                for _ in range(6):
                    page.keyboard.press("PageDown")

            def sweep(page):
                page.evaluate("document.querySelector('#sweep').scrollIntoView()")

            def network(page):
                page.evaluate("document.querySelector('#network').scrollIntoView()")
                page.locator("#network input[type=search]").fill("ATF4")
                page.keyboard.press("Enter")
                page.locator("#network h2").focus()

            shot("report-light.png", "light", 1200, 1000)
            shot("report-dark.png", "dark", 1200, 1000, read_off)
            shot("report-distributions.png", "light", 1200, 900, distributions)
            shot("report-network.png", "dark", 1200, 900, network)
            shot("report-sweep.png", "light", 1200, 560, sweep, "sweep.html")
            shot("report-phone.png", "light", 375, 812, read_off)
            browser.close()


main()
