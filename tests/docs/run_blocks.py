#!/usr/bin/env python3
"""Runs the code blocks of README.md and docs/ and checks their links.

    python3 tests/docs/run_blocks.py SOURCE_DIR BUILD_DIR [FILE.md ...]
    python3 tests/docs/run_blocks.py --test-command SOURCE_DIR   prints the README's test command
    python3 tests/docs/run_blocks.py --python SOURCE_DIR FILE.md ...   what needs the Python package

Every file gets an empty folder, in which its blocks run in order, beside those of other files: much
of what they do takes one core. `cristae` of BUILD_DIR is on the path, and reachable as ./build/cristae.

- ```sh blocks run under bash -euo pipefail. The set-up commands of the README that install, configure
  and build are left out of their line, and what is left of the test command is not run again: CI runs
  it by itself.
- ```toml blocks with a [network] section are read with `cristae inspect`. A first line `# name.toml`
  also keeps the block under that name for the blocks behind it. Other toml blocks are fragments.
- ```python blocks of a file run as one script, in order, by the interpreter that runs this.
- <!-- with the Python package --> anywhere in a file: its ```sh blocks run with --python, before its
  ```python blocks and in the same folder, with the programs beside the interpreter in the path; without
  --python, only its links are checked.
- <!-- not run: reason --> before a block leaves it out.
- <!-- lines agree --> before a sh block: all lines of its output must be the same.
"""

import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SET_UP = ["./install-deps.sh", "cmake --preset cpu", "cmake --build --preset cpu"]
TEST = "ctest --preset cpu"
SECONDS_PER_BLOCK = 900
WITH_PACKAGE = "<!-- with the Python package -->"


def blocks_of(text):
    """(line, language, text, remark before it) of every fenced block."""
    found, fence, remark = [], None, ""
    for number, line in enumerate(text.splitlines(), 1):
        if fence is None and (match := re.match(r"^(```+)(\S*)\s*$", line)):
            fence, language, start, body = match.group(1), match.group(2), number, []
        elif fence is not None and line.rstrip() == fence:
            found.append((start, language, "\n".join(body) + "\n", remark))
            fence, remark = None, ""
        elif fence is not None:
            body.append(line)
        elif match := re.match(r"^\s*<!--\s*(.*?)\s*-->\s*$", line):
            remark = match.group(1)
        elif line.strip():
            remark = ""
    return found


def outside_blocks(text):
    return re.sub(r"^(```+)\S*\s*$.*?^\1\s*$", lambda m: "\n" * m.group(0).count("\n"), text,
                  flags=re.DOTALL | re.MULTILINE)


def without_set_up(script):
    """The script without install, configure, build and test; the rest of such a line is kept."""
    lines = []
    for line in script.splitlines():
        steps = [step.strip() for step in line.split("&&")]
        if steps[:1] == SET_UP[:1] or steps[0] in SET_UP + [TEST]:
            steps = [step for step in steps if step not in SET_UP + [TEST]]
            line = " && ".join(steps)
        lines.append(line)
    return "\n".join(lines).strip()


def test_command(source):
    """The one line of the README that sets up and runs the tests."""
    lines = [line.strip() for _, language, text, _ in blocks_of(read(source / "README.md"))
             if language == "sh" for line in text.splitlines() if line.strip().endswith(TEST)]
    if len(lines) != 1:
        raise SystemExit(f"README.md: {len(lines)} lines end in '{TEST}', 1 expected")
    return lines[0]


def read(path):
    return path.read_text(encoding="utf-8")


class Runner:
    """Runs the blocks of one file."""

    def __init__(self, source, build, programs=()):
        self.source, self.build = source, build
        self.problems, self.ran, self.left_out = [], 0, 0
        self.programs = programs  # folders of programs beside cristae

    def problem(self, path, line, text):
        self.problems.append(f"{path.relative_to(self.source)}:{line}: {text}")

    def run_file(self, path):
        text = read(path)
        self.check_links(path, outside_blocks(text))
        if WITH_PACKAGE in text:
            return
        with tempfile.TemporaryDirectory() as folder:
            scratch = Path(folder)
            (scratch / "build").symlink_to(self.build)
            (scratch / "networks").symlink_to(self.source / "networks")
            for line, language, body, remark in blocks_of(text):
                if language not in ("sh", "toml"):
                    continue
                if remark.startswith("not run:"):
                    self.left_out += 1
                elif language == "sh":
                    self.run_shell(path, line, body, remark, scratch)
                elif re.search(r"^\[network\]", body, re.MULTILINE):
                    self.read_network(path, line, body, scratch)

    def run_python(self, path):
        """What of a file needs the package: python blocks as one script, whose lines have the
        numbers of the file, behind the sh blocks of a file that is marked."""
        text = read(path)
        with tempfile.TemporaryDirectory() as folder:
            count = self.run_python_in(path, text, Path(folder))
        if count == 0:
            self.problem(path, 1, "no python block to run")

    def run_python_in(self, path, text, scratch):
        script, count, shell = "", 0, 0
        for line, language, body, remark in blocks_of(text):
            if language == "sh" and WITH_PACKAGE in text:
                if remark.startswith("not run:"):
                    self.left_out += 1
                else:
                    self.run_shell(path, line, body, remark, scratch)
                    shell += 1
                continue
            if language != "python":
                continue
            if remark.startswith("not run:"):
                self.left_out += 1
                continue
            script += "\n" * (line - script.count("\n")) + body
            count += 1
        if count > 0:
            self.ran += count
            print(f"{path.relative_to(self.source)}: {count} python", flush=True)
            file = scratch / "blocks.py"
            file.write_text(script, encoding="utf-8")
            result = self.call([sys.executable, "-W", "error", file.name], scratch)
            if result.returncode != 0:
                self.problem(path, 1,
                             f"python: exit code {result.returncode}\n{result.stderr[-4000:]}")
        return count + shell

    def call(self, command, scratch):
        folders = [str(self.build), *self.programs, os.environ["PATH"]]
        environment = dict(os.environ, PATH=os.pathsep.join(folders))
        try:
            return subprocess.run(command, cwd=scratch, env=environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                  timeout=SECONDS_PER_BLOCK, check=False)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, 124, "",
                                               f"longer than {SECONDS_PER_BLOCK} s\n")

    def run_shell(self, path, line, body, remark, scratch):
        script = without_set_up(body)
        if not script:
            self.left_out += 1
            return
        self.ran += 1
        print(f"{path.relative_to(self.source)}:{line}: sh", flush=True)
        result = self.call(["bash", "-euo", "pipefail", "-c", script], scratch)
        if result.returncode != 0:
            self.problem(path, line, f"exit code {result.returncode}\n{result.stdout[-2000:]}"
                                     f"{result.stderr[-4000:]}")
        elif remark == "lines agree":
            lines = result.stdout.splitlines()
            if len(lines) < 2 or len(set(lines)) != 1:
                self.problem(path, line, f"the lines of the output differ:\n{result.stdout}")

    def read_network(self, path, line, body, scratch):
        self.ran += 1
        print(f"{path.relative_to(self.source)}:{line}: toml", flush=True)
        named = re.match(r"#\s*([\w.-]+\.toml)\s*\n", body)
        file = scratch / (named.group(1) if named else f"block_{line}.toml")
        file.write_text(body, encoding="utf-8")
        result = self.call(["cristae", "inspect", file.name], scratch)
        if result.returncode != 0:
            self.problem(path, line, f"not a network:\n{result.stderr[-4000:]}")

    def check_links(self, path, text):
        for number, line in enumerate(text.splitlines(), 1):
            for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
                if re.match(r"[a-z]+:|#", target):
                    continue
                if not (path.parent / target.split("#")[0]).exists():
                    self.problem(path, number, f"the link '{target}' leads nowhere")


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "--test-command":
        print(test_command(Path(arguments[1])))
        return 0
    if len(arguments) > 2 and arguments[0] == "--python":
        source = Path(arguments[1]).resolve()
        files = [Path(name).resolve() for name in arguments[2:]]
        return run_all(files, source, source / "build", Runner.run_python,
                       [str(Path(sys.executable).parent)])
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    source, build = Path(arguments[0]).resolve(), Path(arguments[1]).resolve()
    if not (build / "cristae").exists():
        print(f"{build}/cristae is not there: build it first", file=sys.stderr)
        return 2
    files = [Path(name).resolve() for name in arguments[2:]]
    if not files:
        files = [source / "README.md", *sorted((source / "docs").rglob("*.md"))]
    return run_all(files, source, build, Runner.run_file)


def run_all(files, source, build, run, programs=()):
    runners = [Runner(source, build, programs) for _ in files]
    files_by_blocks = sorted(zip(runners, files), key=lambda each: -read(each[1]).count("\n```sh"))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda each: run(*each), files_by_blocks))
    problems = [text for runner in runners for text in runner.problems]
    for text in problems:
        print(text)
    print(f"docs: {sum(runner.ran for runner in runners)} blocks ran, "
          f"{sum(runner.left_out for runner in runners)} left out, "
          f"{len(problems)} problems in {len(files)} files")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
