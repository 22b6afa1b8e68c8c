#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets: what the bundled networks, the documents and the tests hold.

    python3 tests/fuzz/seeds.py FOLDER    makes FOLDER/network, /law, /query and /formats
"""

import hashlib
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 6000  # bytes; longer networks would only slow the fuzzer down


def read(pattern):
    return [path.read_text() for path in sorted(ROOT.glob(pattern))]


def cut(network):
    """A network of at most LARGEST bytes, whole lines."""
    return network if len(network) <= LARGEST else network[:network.rindex("\n", 0, LARGEST)] + "\n"


def networks():
    yield from map(cut, read("networks/*/network.toml"))
    for text in read("docs/*.md") + read("README.md"):
        yield from re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    for text in read("tests/**/*.cpp"):
        for body in re.findall(r'R"toml\((.*?)\)toml"', text, re.DOTALL):
            yield body if "[network]" in body else '[network]\nname = "n"\ntime_unit = "s"\n' + body


def laws():
    for text in read("networks/*/network.toml"):
        names = re.compile(r"\b(?!(?:and|or|not|min|max|exp|ln|log10|sqrt|abs|floor|ceil|pow|hill|"
                           r"piecewise|count)\b)[A-Za-z_]\w*")
        for law in re.findall(r'(?:rate|mass_action|expression) = "([^"\n]+)"', text):
            yield law
            known = iter(["A", "B", "C", "k", "K", "n"] * 50)
            yield names.sub(lambda _: next(known), law)
    for text in read("tests/model/law_parser_test.cpp") + read("tests/conformance/laws_test.cpp"):
        yield from re.findall(r'"([^"\\\n]{1,200})"', text)


def queries():
    for text in read("tests/stats/feature_test.cpp"):
        yield from ("0" + word for word in re.findall(r'"([^"\\\n]{1,80})"', text))
    for text in read("tests/stats/precision_test.cpp"):
        yield from ("1" + word for word in re.findall(r'"([^"\\\n]{1,80})"', text))
    for text in read("tests/stats/query_test.cpp"):
        for word in re.findall(r'"([^"\\\n]{1,200})"', text):
            yield "2" + word
            yield "3" + word


def formats():
    """Models with their letter in front; documents and tests hold them, tests/fuzz/models whole ones."""
    for text in read("docs/*.md"):
        for kind, letter in (("xml", "x"), ("net", "n"), ("ant", "a")):
            yield from (letter + body
                        for body in re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL))
    for path in sorted((ROOT / "tests/fuzz/models").iterdir()):
        yield {".xml": "x", ".net": "n", ".ant": "a"}[path.suffix] + path.read_text()


def main():
    folder = Path(sys.argv[1])
    for name, seeds in (("network", networks()), ("law", laws()), ("query", queries()),
                        ("formats", formats())):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for seed in seeds:
            content = seed.encode()
            (folder / name / hashlib.sha1(content).hexdigest()[:16]).write_bytes(content)


if __name__ == "__main__":
    main()
