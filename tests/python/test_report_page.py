"""The report in a browser: figures, sliders, files, keys, colours, and names that would do harm."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, Optional

import numpy as np
import pytest
import xarray

import cristae
import report_datasets as data
from cristae.report import page

SVG = "{http://www.w3.org/2000/svg}"
Opener = Callable[..., Any]


def _without(reason: str) -> NoReturn:
    if os.environ.get("CRISTAE_REQUIRE_CHROMIUM"):
        pytest.fail(f"{reason}, and CRISTAE_REQUIRE_CHROMIUM is set")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _without("playwright is not installed")
    found = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    program = next((path for path in found if path), None)
    if program is None:
        _without("Chromium is not installed")
    with sync_playwright() as driver:
        running = driver.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        yield running
        running.close()


class Opened:
    """A page, and what it said and asked for."""

    def __init__(self, context: Any, file: Path) -> None:
        self.page = context.new_page()
        self.page.set_default_timeout(20000)
        self.problems: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda one: self._said(one.type, one.text))
        self.page.on("pageerror", lambda one: self.problems.append(str(one)))
        self.page.on("dialog", lambda one: self._dialog(one))
        self.page.on("request", lambda one: self.requests.append(one.url))
        self.page.add_init_script(
            "document.addEventListener('securitypolicyviolation', "
            "e => (window.violations = window.violations || []).push(e.violatedDirective))"
        )
        self.page.goto(file.as_uri())
        self.page.wait_for_selector("html[data-ready=true]", state="attached", timeout=20000)

    def _said(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.problems.append(f"{kind}: {text}")

    def _dialog(self, dialog: Any) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def download(self, selector: str) -> tuple[str, bytes]:
        with self.page.expect_download(timeout=20000) as waiting:
            self.page.locator(selector).first.click()
        return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


@pytest.fixture
def opener(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Opens the report of results in a window of its own, which is offline."""

    @contextmanager
    def opened(
        text: str, width: int = 1200, tampered: bool = False, **options: Any
    ) -> Iterator[Opened]:
        file = tmp_path / "report.html"
        file.write_text(text, encoding="utf-8")
        window = {"width": width, "height": 900}
        context = browser.new_context(viewport=window, accept_downloads=True, **options)
        context.set_offline(True)
        try:
            one = Opened(context, file)
            yield one
            if tampered:
                return
            assert one.problems == []
            # A picture is made of a blob: of the page's own; nothing else is asked for.
            asked = [url for url in one.requests if not url.startswith(("blob:", "data:"))]
            assert asked == [file.as_uri()]
            assert one.page.evaluate("window.violations || []") == []
        finally:
            context.close()

    yield opened


@pytest.fixture(scope="session")
def isr() -> list[xarray.Dataset]:
    common: dict[str, Any] = dict(trajectories=40, t_end=240, sample_every=10, certify=0.1)
    return [cristae.run("isr", condition=name, **common) for name in ("basal", "mito")]


@pytest.fixture(scope="session")
def isr_page(isr: list[xarray.Dataset]) -> str:
    return page(isr)


@pytest.fixture(scope="session")
def telegraph() -> xarray.Dataset:
    return cristae.run("telegraph", trajectories=300, t_end=10, keep=["M[end]", "max(M)"])


@pytest.fixture(scope="session")
def telegraph_page(telegraph: xarray.Dataset) -> str:
    return page([telegraph])


@pytest.fixture(scope="session")
def hostile_page() -> str:
    return page([data.hostile()])


def pixels(png: bytes) -> np.ndarray[Any, Any]:
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=float)


def numbers_in(text: str) -> list[float]:
    return [float(one.replace("−", "-")) for one in re.findall(r"[−-]?\d+\.?\d*", text)]


def rows_of(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.decode("utf-8"))))


def test_every_section_has_figures_that_show_something(opener: Opener, isr_page: str) -> None:
    with opener(isr_page) as report:
        sections = report.page.eval_on_selector_all("section", "all => all.map(one => one.id)")
        assert sections == [
            *("time", "distributions", "noise", "cells", "network", "values", "certificate"),
            "provenance",
        ]
        for section, least in (("time", 4), ("distributions", 4), ("noise", 4), ("cells", 3)):
            figures = report.page.locator(f"#{section} figure:visible")
            assert figures.count() >= least, section
            for index in range(figures.count()):
                plot = figures.nth(index).locator(".plot")
                drawn = plot.locator("svg g[clip-path] path").evaluate_all(
                    "all => all.map(one => one.getTotalLength())"
                )
                assert max(drawn) > 20, (section, index)
                assert pixels(plot.screenshot()).std() > 4, (section, index)
        blank = report.page.evaluate(
            "[...document.querySelectorAll('section svg path')]"
            ".filter(one => /NaN|undefined/.test(one.getAttribute('d'))).length"
        )
        assert blank == 0


def test_what_is_read_off_is_what_the_result_has(
    opener: Opener, telegraph: xarray.Dataset, telegraph_page: str
) -> None:
    with opener(telegraph_page) as report:
        report.page.get_by_text("Quantities: 3 of 6").click()
        report.page.get_by_role("checkbox", name="M mRNA").check()
        report.page.keyboard.press("Escape")
        plot = report.page.locator("#time figure:has(.id:text-is('M')) .plot")
        plot.focus()
        report.page.keyboard.press("End")
        for _ in range(50):
            report.page.keyboard.press("ArrowLeft")
        said = plot.get_attribute("aria-valuetext")
        at = telegraph.sel(species="M").isel(time=50)
        quantile = at.species_quantile.values
        expected = [5, quantile[2], 5, 95, quantile[0], quantile[4], float(at.species_mean)]
        assert numbers_in(said.replace("–", " ")) == pytest.approx(expected, rel=1e-3)
        assert plot.locator("svg .cursor").count() == 1


def test_what_is_zero_or_one_is_shown_as_a_share(
    opener: Opener, telegraph: xarray.Dataset, telegraph_page: str
) -> None:
    with opener(telegraph_page) as report:
        figure = report.page.locator("#time figure:has(.id:text-is('active'))")
        assert figure.locator("svg g[clip-path] path").count() == 1
        assert "share of trajectories" in figure.locator("svg").text_content()
        said = numbers_in(figure.locator("output").text_content())
        mean = float(telegraph.observable_mean.sel(observable="active").isel(time=-1))
        assert said[-1] == pytest.approx(mean, rel=1e-3)


def test_the_slider_moves_the_distribution(
    opener: Opener, telegraph: xarray.Dataset, telegraph_page: str
) -> None:
    with opener(telegraph_page) as report:
        figure = report.page.locator("#distributions figure").nth(2)
        path = figure.locator("svg g[clip-path] path").first
        slider = report.page.locator("#distributions input[type=range]")
        seen = []
        slider.focus()
        for key in ("End", "ArrowLeft", "PageDown", "Home"):
            report.page.keyboard.press(key)
            if key != "Home":  # at the start all have the same value
                seen.append(path.get_attribute("d"))
        assert len(set(seen)) == len(seen)
        assert slider.get_attribute("aria-valuetext") == "0 h"
        for _ in range(24):
            report.page.keyboard.press("ArrowRight")
        time = numbers_in(slider.get_attribute("aria-valuetext"))[0]
        name, text = report.download("#distributions figure:nth-of-type(3) button:has-text('CSV')")
        assert name.endswith(".csv")
        rows = rows_of(text)
        counts = telegraph.observable_histogram.sel(observable="transcripts")
        counts = counts.sel(histogram_time=time, method="nearest")
        assert sum(int(row["trajectories"]) for row in rows) == int(counts.sum()) == 300
        start = telegraph.observable_bin_start.sel(observable="transcripts")
        lowest = float(start.sel(histogram_time=time, method="nearest"))
        width = telegraph.observable_bin_width.sel(observable="transcripts")
        lowest += int(np.flatnonzero(counts.values)[0]) * float(
            width.sel(histogram_time=time, method="nearest")
        )
        assert float(rows[0]["from"]) == lowest


def test_figures_are_saved_as_svg_png_and_csv(
    opener: Opener, isr: list[xarray.Dataset], isr_page: str
) -> None:
    with opener(isr_page, color_scheme="dark") as report:
        name, svg = report.download("#time figure:nth-of-type(4) button:has-text('SVG')")
        assert name == "ATF4_over_time.svg"
        root = ElementTree.fromstring(svg)
        assert root.tag == f"{SVG}svg" and root.findtext(f"{SVG}title") == "ATF4"
        assert len(list(root.iter(f"{SVG}path"))) == 6  # two bands and a median, two results
        assert {"basal", "mito"} <= {one.text for one in root.iter(f"{SVG}text")}
        assert root.find(f"{SVG}rect").get("fill") == "#ffffff"  # type: ignore[union-attr]
        name, png = report.download("#time figure:nth-of-type(4) button:has-text('PNG')")
        assert png[:8] == b"\x89PNG\r\n\x1a\n"
        picture = pixels(png)
        assert picture.shape[1] == 1440 and picture.std() > 10
        assert picture.mean() > 200  # on white, whatever the page is on
        name, text = report.download("#time figure:nth-of-type(4) button:has-text('CSV')")
        rows = [row for row in rows_of(text) if row["result"] == "mito"]
        assert [float(row["time [min]"]) for row in rows] == isr[1].time.values.tolist()
        column = isr[1].sel(observable="ATF4")
        for key, values in (
            ("mean", column.observable_mean.values),
            ("q50", column.observable_quantile.sel(quantile=0.5).values),
            ("var", column.observable_var.values),
        ):
            saved = [float(row[key]) if row[key] else np.nan for row in rows]
            np.testing.assert_allclose(saved, values, rtol=1e-6)
        name, svg = report.download("#network .tools button:has-text('SVG')")
        texts = {one.text for one in ElementTree.fromstring(svg).iter(f"{SVG}text")}
        assert set(cristae.load("isr").species) <= texts


def test_tables_stand_behind_figures(opener: Opener, telegraph_page: str) -> None:
    with opener(telegraph_page) as report:
        figure = report.page.locator("#noise figure").first
        assert figure.locator("table").count() == 0
        figure.locator("summary").focus()
        report.page.keyboard.press("Enter")
        figure.locator("table").wait_for()
        assert figure.locator("tbody tr").count() > 50


def test_results_can_be_switched_off(opener: Opener, isr_page: str) -> None:
    with opener(isr_page) as report:
        paths = report.page.locator("#time figure").first.locator("svg g[clip-path] path")
        assert paths.count() == 6
        report.page.get_by_role("button", name="mito").click()
        assert paths.count() == 3
        assert (
            report.page.get_by_role("button", name="mito").get_attribute("aria-pressed") == "false"
        )


def test_hostile_names_are_text(opener: Opener, hostile_page: str) -> None:
    with opener(hostile_page) as report:
        for summary in report.page.locator("details.data > summary").all():
            summary.click()
        report.page.locator("#network input[type=search]").fill("A")
        report.page.keyboard.press("Enter")
        report.page.wait_for_timeout(200)
        assert report.page.evaluate("window.hit") is None
        assert report.page.locator("script").count() == 3
        assert report.page.locator("img, iframe, object, embed, link, base").count() == 0
        assert (
            report.page.evaluate(
                "[...document.querySelectorAll('*')].filter(one => [...one.attributes]"
                ".some(a => /^on/i.test(a.name) || /^javascript:/i.test(a.value))).length"
            )
            == 0
        )
        text = report.page.locator("h1").text_content()
        assert text == data.HOSTILE[0] + data.HOSTILE[1]
        assert report.page.title() == text
        listed = report.page.locator("nav").count()
        assert listed == 1
        _, svg = report.download("#time figure button:has-text('SVG')")
        tags = {one.tag for one in ElementTree.fromstring(svg).iter()}
        assert not {f"{SVG}script", f"{SVG}foreignObject", f"{SVG}image"} & tags


def test_what_is_not_of_the_page_is_refused(opener: Opener, telegraph_page: str) -> None:
    # The planted fault: scripts, styles and addresses that were not there when it was made.
    with opener(telegraph_page, tampered=True) as report:
        violated = report.page.evaluate(
            """async () => {
              const add = (tag, set) =>
                document.body.append(Object.assign(document.createElement(tag), set));
              add('script', { textContent: 'window.hit = 1' });
              add('style', { textContent: 'body { color: red }' });
              add('img', { src: 'http://example.invalid/x.png' });
              await fetch('http://example.invalid/').catch(() => 0);
              await new Promise((done) => setTimeout(done, 200));
              return window.violations;
            }"""
        )
        assert {"script-src-elem", "style-src-elem", "img-src", "connect-src"} <= set(violated)
        assert report.page.evaluate("window.hit") is None
        assert report.problems != []  # so the other tests would have seen it


def test_all_is_reached_by_keys_and_the_focus_is_seen(opener: Opener, isr_page: str) -> None:
    with opener(isr_page) as report:
        report.page.keyboard.press("Tab")
        skip = report.page.evaluate("document.activeElement.className")
        assert skip == "skip"
        assert report.page.locator(".skip").bounding_box()["x"] >= 0
        report.page.keyboard.press("Enter")
        assert report.page.evaluate("document.activeElement.id") == "main"
        seen: list[str] = []
        for _ in range(45):
            report.page.keyboard.press("Tab")
            seen.append(
                report.page.evaluate(
                    """() => {
                      const one = document.activeElement, style = getComputedStyle(one);
                      const seen = style.outlineStyle !== 'none' &&
                        parseFloat(style.outlineWidth) >= 2;
                      return `${one.getAttribute('role') || one.tagName.toLowerCase()} ${seen}`;
                    }"""
                )
            )
        assert {one.split()[1] for one in seen} == {"true"}
        kinds = {one.split()[0] for one in seen}
        assert {"button", "summary", "slider", "input"} <= kinds
        # Every control has a name that is read out.
        nameless = report.page.evaluate(
            """[...document.querySelectorAll('button, input, select, [role=slider], [role=img]')]
              .filter(one => !(one.textContent.trim() || one.getAttribute('aria-label') ||
                               (one.labels && one.labels.length))).length"""
        )
        assert nameless == 0
        levels = report.page.eval_on_selector_all(
            "h1, h2, h3", "all => all.map(one => Number(one.tagName[1]))"
        )
        assert levels[0] == 1 and levels.count(1) == 1
        assert all(after - before <= 1 for before, after in zip(levels, levels[1:]))


CONTRAST = """() => {
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const hex = (text) => text.startsWith('#')
    ? [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16)) : parts(text);
  const light = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const one of document.querySelectorAll('body *')) {
    const own = [...one.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !one.getClientRects().length || one.closest('script, noscript, .skip')) continue;
    const inside = one instanceof SVGElement;
    const ink = inside
      ? hex(one.getAttribute('fill') || '#000000') : parts(getComputedStyle(one).color);
    const what = `${one.tagName} ${one.getAttribute('class')}: ${one.textContent.slice(0, 30)}`;
    found.push({ what, ratio: contrast(ink, behind(one)), least: 4.5 });
  }
  for (const line of document.querySelectorAll('#time svg g[clip-path] path[stroke]')) {
    const ratio = contrast(hex(line.getAttribute('stroke')), behind(line));
    found.push({ what: 'line', ratio, least: 3 });
  }
  return { all: found.length, low: found.filter((one) => one.ratio < one.least) };
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_lines_stand_out(opener: Opener, isr_page: str, scheme: str) -> None:
    with opener(isr_page, color_scheme=scheme) as report:
        paper = report.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(numbers_in(paper)) < 200) == (scheme == "dark")
        found = report.page.evaluate(CONTRAST)
        assert found["all"] > 300 and found["low"] == []


def test_all_colours_of_results_stand_out(opener: Opener, telegraph: xarray.Dataset) -> None:
    many = [telegraph[["n", "observable_mean", "network_text"]] for _ in range(8)]
    for scheme in ("light", "dark"):
        with opener(page(many), color_scheme=scheme) as report:
            assert report.page.locator("#time figure").first.locator("path[stroke]").count() == 8
            assert report.page.evaluate(CONTRAST)["low"] == []


def test_the_colours_can_be_chosen(opener: Opener, telegraph_page: str) -> None:
    with opener(telegraph_page, color_scheme="light") as report:
        paper = "getComputedStyle(document.body).backgroundColor"
        line = "document.querySelector('#time svg g[clip-path] path').getAttribute('stroke')"
        light = report.page.evaluate(paper), report.page.evaluate(line)
        report.page.get_by_role("button", name="Colours").focus()
        report.page.keyboard.press("Enter")
        assert report.page.evaluate(paper) == light[0]  # auto, and now light by choice
        report.page.keyboard.press("Enter")
        report.page.wait_for_function(f"{line} !== '{light[1]}'")
        dark = report.page.evaluate(paper), report.page.evaluate(line)
        assert dark[0] != light[0] and dark[1] != light[1]


@pytest.mark.parametrize("width", [375, 720, 1200])
@pytest.mark.parametrize("which", ["isr_page", "hostile_page"])
def test_nothing_is_wider_than_the_window(
    opener: Opener, request: pytest.FixtureRequest, which: str, width: int
) -> None:
    with opener(request.getfixturevalue(which), width=width, has_touch=width == 375) as report:
        assert report.page.evaluate("document.documentElement.scrollWidth") == width
        small = report.page.evaluate(
            """[...document.querySelectorAll('button, select, summary, input')]
              .filter(one => one.getClientRects().length)
              .map(one => one.closest('label') || one)
              .filter(one => one.getBoundingClientRect().height < 24)
              .map(one => one.textContent)"""
        )
        assert small == []
        plot = report.page.locator("#time .plot svg").first.bounding_box()
        assert 300 < plot["width"] < width


def test_print_has_figures_and_no_controls(opener: Opener, telegraph_page: str) -> None:
    with opener(telegraph_page, color_scheme="dark") as report:
        report.page.emulate_media(media="print")
        assert report.page.locator(".tools:visible, nav:visible, .controls:visible").count() == 0
        assert report.page.locator("#time .plot svg:visible").count() == 3
        paper = report.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert paper == "rgb(255, 255, 255)"


def test_the_network_is_searched_and_walked_through(opener: Opener, isr_page: str) -> None:
    with opener(isr_page) as report:
        section = report.page.locator("#network")
        shape = section.locator(".map svg > g")
        before = shape.get_attribute("transform")
        section.locator(".map svg").focus()
        report.page.keyboard.press("ArrowLeft")
        report.page.keyboard.press("+")
        moved = shape.get_attribute("transform")
        assert moved != before
        report.page.keyboard.press("0")
        assert shape.get_attribute("transform") == before
        section.locator("input[type=search]").fill("chop")
        report.page.keyboard.press("Enter")
        about = section.locator(".about")
        assert about.locator("h3").text_content() == "CHOP"
        assert section.locator(".node.faded").count() > 50
        about.locator("button").first.focus()
        report.page.keyboard.press("Enter")
        assert "CHOP" in about.locator("pre").text_content()
        section.locator("input[type=search]").fill("nothing like it")
        report.page.keyboard.press("Enter")
        assert "has 'nothing like it'" in about.text_content()


def test_without_graphviz_the_network_is_laid_out_in_the_page(
    opener: Opener, telegraph: xarray.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    text = page([telegraph])
    monkeypatch.undo()
    assert '"layout":null' in text
    with opener(text) as report:
        boxes = [one.bounding_box() for one in report.page.locator("#network .node").all()]
        assert len(boxes) == 7
        middles = [(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in boxes]
        nearest = min(
            np.hypot(a[0] - b[0], a[1] - b[1]) for a in middles for b in middles if a != b
        )
        assert nearest > 12


def test_sweeps_are_dose_responses_and_heat_maps(opener: Opener) -> None:
    with opener(page([data.sweep()])) as report:
        figures = report.page.locator("#sweep figure:visible")
        assert figures.count() == 2
        assert figures.nth(0).locator("svg g[clip-path] path").count() == 6
        cells = figures.nth(1).locator("svg rect[fill]")
        shades = cells.evaluate_all("all => all.slice(0, 15).map(one => one.getAttribute('fill'))")
        assert len(set(shades)) > 8
        report.page.get_by_label("Statistic").select_option("Fano factor")
        again = cells.evaluate_all("all => all.slice(0, 15).map(one => one.getAttribute('fill'))")
        assert again != shades
        slider = report.page.locator("#sweep input[type=range]")
        slider.focus()
        report.page.keyboard.press("Home")
        assert "at 0 h" in figures.nth(0).locator("h3").text_content()
        report.page.get_by_label("Quantity").select_option("first(X >= 1)")
        report.page.get_by_label("Statistic").select_option("share that has a value")
        _, text = report.download("#sweep button:has-text('CSV')")
        rows = rows_of(text)
        expected = np.isfinite(data.sweep().feature_value.values[:, :, 1]).mean(axis=1)
        saved = [float(row["share that has a value"]) for row in rows]
        np.testing.assert_allclose(saved, expected, rtol=1e-6)
        assert [float(row["k"]) for row in rows] == [1.0] * 3 + [3.0] * 3 + [10.0] * 3 + [
            30.0
        ] * 3 + [100.0] * 3
    with opener(page([data.sweep(two=False)])) as report:
        assert report.page.locator("#sweep figure:visible").count() == 1


def test_conditions_of_a_sweep_are_lines_and_a_choice(opener: Opener) -> None:
    with opener(page([data.sweep(two=False, conditions=("rest", "stress"))])) as report:
        dose = report.page.locator("#sweep figure").first
        assert dose.locator("svg g[clip-path] path[stroke]").count() == 2
        said = dose.locator("output").text_content()
        assert "rest: " in said and "stress: " in said
    with opener(page([data.sweep(conditions=("rest", "stress"))])) as report:
        heat = report.page.locator("#sweep figure").nth(1)
        shades = "all => all.slice(0, 15).map(one => one.getAttribute('fill'))"
        rest = heat.locator("svg rect[fill]").evaluate_all(shades)
        report.page.get_by_label("Condition of the heat map").select_option("stress")
        assert heat.locator("svg rect[fill]").evaluate_all(shades) != rest
        report.page.get_by_label("Across").select_option("d")
        choices = report.page.locator("#sweep .controls select")
        assert [one.input_value() for one in choices.all()[2:4]] == ["1", "0"]  # changed places
        lines = report.page.locator("#sweep figure").first.locator("path[stroke]")
        assert lines.count() == 2
        before = lines.first.get_attribute("d")
        choices.nth(4).select_option("100")  # of k, which is neither across nor a line
        assert lines.first.get_attribute("d") != before


def test_passages_cells_twins_and_the_mean_field_are_shown(opener: Opener) -> None:
    results = [data.single_cells(), data.mean_field()]
    with opener(page(results)) as report:
        links = report.page.locator("nav a").all_text_contents()
        assert {"First passage", "Where the noise comes from", "Single cells"} <= set(links)
        survival = report.page.locator("#survival figure")
        assert survival.count() == 2
        assert "reached by" in survival.nth(0).locator("output").text_content()
        parts = report.page.locator("#decomposition figure")
        assert parts.count() == 2
        assert parts.nth(0).locator("svg g[clip-path] path").count() == 8  # dots and intervals
        time = report.page.locator("#time figure").first
        dashes = time.locator("path[stroke]").evaluate_all(
            "all => all.map(one => one.getAttribute('stroke-dasharray'))"
        )
        assert "0.1 4.5" in dashes
        assert report.page.locator("#certificate, #sweep").count() == 0


def _section_ids(opener: Opener, result: xarray.Dataset, **options: Any) -> Optional[list[str]]:
    with opener(page([result]), **options) as report:
        found = report.page.eval_on_selector_all("section", "all => all.map(one => one.id)")
        return list(found)


def test_sections_without_data_are_absent(opener: Opener) -> None:
    bare = cristae.run(
        "birth_death",
        trajectories=20,
        t_end=2,
        samples=4,
        keep="none",
        certify=0,
        histogram_times=0,
    )
    assert _section_ids(opener, bare) == ["time", "noise", "network", "values", "provenance"]
