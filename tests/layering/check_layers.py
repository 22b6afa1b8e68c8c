#!/usr/bin/env python3
"""Checks the directions in which host/, cuda/ and python/ may include, print and open files.

    python3 tests/layering/check_layers.py SOURCE_DIR   lists every violation as file:line: ...
    python3 tests/layering/check_layers.py --self-test  plants violations and expects to find them

Exit code 1 where something is found. docs/architecture.md gives the reasons.
"""

import re
import sys
import tempfile
from pathlib import Path

# Which layers of host/ a layer may include.
LAYERS = {
    "core": {"core"},
    "base": {"base"},
    "model": {"base", "model"},
    "engine": {"base", "core", "model", "engine"},
    "codegen": {"base", "core", "model", "engine", "codegen"},
    "jit": {"base", "core", "jit"},
    "cpu": {"base", "core", "model", "engine", "codegen", "jit", "cpu"},
    "stats": {"base", "core", "model", "engine", "stats"},
    "io": {"base", "model", "engine", "stats", "io"},
    "ode": {"base", "model", "engine", "ode"},
    "backends": {"base", "model", "engine", "codegen", "cpu", "backends"},
    "text": {"base", "model", "engine", "stats", "io", "text"},
    "run": {"base", "model", "engine", "stats", "io", "ode", "backends", "text", "run"},
    "cli": {"base", "model", "engine", "stats", "io", "backends", "text", "run", "cli"},
    # Tools of the build.
    "bundled": {"base", "core", "model", "engine", "codegen", "jit", "cpu", "stats", "io", "bundled"},
}
# And what python/bindings may: the command line's place is taken by Python.
BINDINGS = {"base", "model", "engine", "stats", "io", "backends", "text", "run"}
# Libraries beside the standard one, and the layers of host/ that may use them.
LIBRARIES = {
    "fmt/": set(LAYERS) - {"core"},
    "toml++/": {"io"},
    "nlohmann/": {"io"},
    "sbml/": {"io"},
    "cxxopts": {"cli"},
    # SUNDIALS
    "cvode/": {"ode"},
    "nvector/": {"ode"},
    "sundials/": {"ode"},
    "sunlinsol/": {"ode"},
    "sunmatrix/": {"ode"},
}
PRINTING = re.compile(
    r"\bfmt::print\b|\bstd::(?:cout|cerr|clog|puts|putchar)\b|"
    r"(?<![\w.>])(?:std::)?(?:f|v|vf)?printf\s*\(|(?<![\w.>:])(?:puts|putchar|perror)\s*\(")
ENDING = re.compile(r"(?<![\w.>:])(?:std::|::)?(?:exit|_exit|_Exit|quick_exit|abort|terminate)\s*\(")
FILES = re.compile(
    r"#\s*include\s*<(?:fstream|filesystem)>|"
    r"\bstd::(?:[io]?fstream|filesystem)\b|(?<![\w.>])(?:std::)?(?:fopen|freopen|tmpfile)\s*\(|"
    r"\bmk[sd]?temp\s*\(")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
SUFFIXES = {".hpp", ".h", ".cpp", ".cu", ".cuh"}


def without_comments_and_strings(text):
    """The same text with comments and the insides of literals blanked, line by line."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"([^(\n]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'',
        re.DOTALL)

    def blank(match):
        word = match.group(0)
        if word.startswith("'") and match.start() > 0 and text[match.start() - 1].isalnum():
            return word  # 100'000: a separator of digits
        return re.sub(r"[^\n]", " ", word)

    return pattern.sub(blank, text)


class Checker:
    def __init__(self, root):
        self.root = root
        self.found = []

    def add(self, path, line, text):
        self.found.append((path.relative_to(self.root).as_posix(), line, text))

    def check(self):
        for top in ("host", "cuda", "python"):
            for path in sorted((self.root / top).rglob("*")):
                if path.suffix in SUFFIXES and path.is_file():
                    self.check_file(path, top)
        return self.found

    def check_file(self, path, top):
        text = path.read_text(encoding="utf-8")
        parts = path.relative_to(self.root).parts
        layer = parts[1] if len(parts) > 2 else ""
        if top == "host" and layer not in LAYERS:
            self.add(path, 1, f"unknown layer '{layer}' of host/: say in check_layers.py what it may include")
            return
        for number, line in enumerate(text.splitlines(), 1):
            if match := INCLUDE.match(line):
                self.check_include(path, number, top, layer, match.group(1), match.group(2))
        may_open = layer in ("io", "jit") if top == "host" else layer == "jit"
        may_print = top == "host" and layer in ("cli", "bundled")
        for number, line in enumerate(without_comments_and_strings(text).splitlines(), 1):
            if not may_print and (match := PRINTING.search(line)):
                self.add(path, number, f"'{match.group(0).strip()}': only host/cli prints")
            if not may_print and (match := ENDING.search(line)):
                self.add(path, number, f"'{match.group(0).strip()}': only host/cli ends the program")
            if not may_open and (match := FILES.search(line)):
                self.add(path, number, f"'{match.group(0).strip()}': only host/io and host/jit touch files")

    def check_include(self, path, number, top, layer, quoted, angled):
        if quoted is None:
            self.check_library(path, number, top, layer, angled)
            return
        target = quoted.split("/")
        if len(target) < 2 or target[0] not in ("host", "cuda", "python"):
            self.add(path, number, f"\"{quoted}\" is not relative to the root (host/... or cuda/...)")
        elif target[0] == "python" and top != "python":
            self.add(path, number, f"{top}/ must not include python/ (\"{quoted}\")")
        elif top == "python" and target[0] != "python":
            if target[0] != "host" or target[1] not in BINDINGS:
                self.add(path, number, f"python/ must not include {'/'.join(target[:2])} (\"{quoted}\")")
        elif top == "host" and target[0] == "cuda":
            self.add(path, number, f"host/ must not include cuda/ (\"{quoted}\")")
        elif top == "host" and target[1] not in LAYERS[layer]:
            self.add(path, number, f"host/{layer} must not include host/{target[1]} (\"{quoted}\")")

    def check_library(self, path, number, top, layer, name):
        if layer == "core" and top == "host":
            self.add(path, number, f"host/core includes nothing but itself (<{name}>)")
            return
        for library, users in LIBRARIES.items():
            if name.startswith(library) and (top != "host" or layer not in users):
                if top != "host" and library == "fmt/":
                    continue
                allowed = ", ".join(f"host/{user}" for user in sorted(users))
                self.add(path, number, f"<{name}> is for {allowed} only")


def self_test():
    clean = {
        "host/core/lane.hpp": '#include "host/core/other.hpp"\n',
        "host/base/error.cpp": "#include <fmt/format.h>\n#include <string>\n",
        "host/engine/a.cpp": '#include "host/core/lane.hpp"\n// fmt::print(x); std::ifstream f;\n'
                             'auto t = "printf(";\nint n = snprintf(b, 1\'000, "x");\n',
        "host/io/a.cpp": "#include <fstream>\n#include <toml++/toml.h>\nstd::ofstream f;\n",
        "host/cli/a.cpp": '#include <cxxopts.hpp>\nfmt::print("x");\nstd::fprintf(stderr, "x");\n',
        "host/ode/b.cpp": '#include <cvode/cvode.h>\n#include <sunmatrix/sunmatrix_dense.h>\n',
        "cuda/a.cu": '#include "host/core/lane.hpp"\n#include "cuda/b.cuh"\n',
        "cuda/jit/a.cpp": "std::ofstream f;\n",
        "python/bindings/a.cpp": '#include "host/run/run.hpp"\n#include "python/bindings/b.hpp"\n',
    }
    planted = {
        "host/core/a.hpp": ("#pragma once\n#include <cmath>\n", 2, "nothing but itself"),
        "host/core/b.hpp": ('#include "host/base/types.hpp"\n', 1, "must not include host/base"),
        "host/model/a.cpp": ('\n\n#include "host/io/x.hpp"\n', 3, "must not include host/io"),
        "host/stats/a.cpp": ('#include "host/cpu/x.hpp"\n', 1, "must not include host/cpu"),
        "host/stats/b.cpp": ("int x;\nstd::ifstream file(path);\n", 2, "touch files"),
        "host/backends/a.cpp": ('#include "cuda/engine.hpp"\n', 1, "host/ must not include cuda/"),
        "host/engine/b.cpp": ('#include "tables.hpp"\n', 1, "not relative to the root"),
        "host/engine/c.cpp": ('fmt::print("x");\n', 1, "only host/cli prints"),
        "host/cpu/a.cpp": ("std::cerr << 1;\n", 1, "only host/cli prints"),
        "host/cpu/b.cpp": ("/* */ std::exit(1);\n", 1, "only host/cli ends"),
        "host/io/b.cpp": ("#include <cxxopts.hpp>\n", 1, "is for host/cli only"),
        "host/run/a.cpp": ('#include "host/cli/options.hpp"\n', 1, "must not include host/cli"),
        "host/text/a.cpp": ('fmt::print("x");\n', 1, "only host/cli prints"),
        "host/ode/a.cpp": ('#include "host/stats/x.hpp"\n', 1, "must not include host/stats"),
    "host/cpu/c.cpp": ("#include <cvode/cvode.h>\n", 1, "is for host/ode only"),
    "host/cli/b.cpp": ('#include "host/ode/x.hpp"\n', 1, "must not include host/ode"),
    "host/model/b.cpp": ("#include <nlohmann/json.hpp>\n", 1, "is for host/io only"),
        "host/extra/a.cpp": ("\n", 1, "unknown layer"),
        "cuda/b.cu": ('printf("x");\n', 1, "only host/cli prints"),
        "python/bindings/c.cpp": ('#include "host/cli/options.hpp"\n', 1, "must not include host/cli"),
        "python/bindings/d.cpp": ("std::ifstream f;\n", 1, "touch files"),
        "host/run/b.cpp": ('#include "python/bindings/a.hpp"\n', 1, "must not include python/"),
    }
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)

        def write(files):
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text, encoding="utf-8")

        write(clean)
        wrong = [f"a clean tree was not: {v}" for v in Checker(root).check()]
        write({name: text for name, (text, _, _) in planted.items()})
        found = Checker(root).check()
        for name, (_, line, part) in planted.items():
            hits = [v for v in found if v[0] == name]
            if not (len(hits) == 1 and hits[0][1] == line and part in hits[0][2]):
                wrong.append(f"{name}:{line}: expected '{part}', found {hits}")
        for violation in found:
            if violation[0] not in planted:
                wrong.append(f"false alarm: {violation}")
    for text in wrong:
        print(text, file=sys.stderr)
    print(f"self-test: {len(planted)} planted violations, {len(wrong)} problems")
    return 1 if wrong else 0


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    if len(arguments) != 1 or not (Path(arguments[0]) / "host").is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    found = Checker(Path(arguments[0]).resolve()).check()
    for path, line, text in found:
        print(f"{path}:{line}: {text}")
    print(f"layers: {len(found)} violations" if found else "layers: no violation")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
