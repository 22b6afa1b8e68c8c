#!/usr/bin/env python3
"""Counts the instructions per event in the fast path of GPU kernels, with nvdisasm.

    CRISTAE_KERNELS=DIR build-cuda/tests/cuda/kernel_budget_test --gtest_filter='*vilar'
    python3 benchmarks/kernel_instructions.py [--nvdisasm PATH] [--list] [--update] DIR/*.cubin

The fast path is the shortest way around the loop over pairs of draws without a call, so also without
the slow path of a division. One round is two events. --list prints its instructions, --update writes
the counts into tests/cuda/budgets.csv. No GPU is needed. nvdisasm comes with the CUDA toolkit, or in
the Python package nvidia-cuda-nvdisasm.
"""

import argparse
import collections
import re
import shutil
import subprocess
import sys
from pathlib import Path

TABLE = Path(__file__).resolve().parent.parent / "tests/cuda/budgets.csv"
KERNEL = "cristae_slice"
PREDICATE = re.compile(r"^@!?U?P\w+\s+")


class Code:
    """The kernel's instructions in order, and where labels and functions begin."""

    def __init__(self, text):
        self.instructions, self.labels = [], {}
        inside = False
        for line in text.splitlines():
            if re.match(r"\s*\.section\s", line):
                inside = f".text.{KERNEL}" in line
            if not inside:
                continue
            label = re.match(r"^(\S+):", line)
            if label:
                self.labels[label.group(1)] = len(self.instructions)
            found = re.match(r"^\s+/\*[0-9a-f]{4,}\*/\s+(.*?)\s*;?\s*$", line)
            if found:
                self.instructions.append(found.group(1))

    def target(self, i):
        name = re.search(r"`\((\S+)\)", self.instructions[i])
        return self.labels.get(name.group(1)) if name else None

    def is_branch(self, i):
        # The assembler also jumps by a call of a label within the function.
        return re.search(r"\bBRA\b|\bCALL\b.*`\(\.L_", self.instructions[i]) is not None

    def successors(self, i):
        text = self.instructions[i]
        conditional = PREDICATE.match(text) is not None
        if re.search(r"\b(EXIT|RET)\b", text):
            return [i + 1] if conditional else []
        if self.is_branch(i):
            # BRA.DIV and uniform branches have their condition as an operand.
            conditional = conditional or ".DIV" in text or re.search(r"\bBRA\S*\s+!?U?P\d", text)
            return [n for n in (self.target(i),) if n is not None] + ([i + 1] if conditional else [])
        return [i + 1]

    def shortest(self, begin, end, avoided):
        """Of the ways from one instruction to another, the one of fewest; None without one."""
        before, queue = {begin: None}, collections.deque([begin])
        while queue:
            i = queue.popleft()
            if i == end:
                path = []
                while i is not None:
                    path.append(i)
                    i = before[i]
                return path[::-1]
            for n in self.successors(i):
                if n not in before and n not in avoided and n < len(self.instructions):
                    before[n] = i
                    queue.append(n)
        return None


def fast_path(code):
    """Its instructions, and of how many events they are."""
    calls = {i for i, text in enumerate(code.instructions)
             if "CALL" in text and not code.is_branch(i)}
    slow = sorted(i for i in calls if "step_thread" in code.instructions[i])
    if not slow:
        raise ValueError("no call of step_thread: was it inlined?")
    ways = []
    for end in range(len(code.instructions)):
        # From the head of the loop over pairs every call can be reached within a round.
        head = code.target(end) if code.is_branch(end) else None
        if head is None or head > end or code.shortest(head, end, calls) is None:
            continue
        if any(code.shortest(head, call, calls - {call} | {end}) is None for call in slow):
            continue
        # A second half is taken only where there is need of it: the way leads past each branch that
        # decides on a call.
        stops = sorted(decision(code, head, end, call, calls) for call in slow)
        path = [head]
        for begin, stop in zip([head, *stops], [*stops, end]):
            part = code.shortest(begin, stop, calls)
            if part is None:
                break
            path += part[1:]
        else:
            ways.append(path)
    if not ways:
        raise ValueError("no loop around the calls of step_thread")
    if len(slow) > 1:
        return min(ways, key=len), len(slow)
    # The halves of a pair share their code: once around both loops, and once more around the inner one.
    around_both = [way for way in ways if random_products(code, way) > 0]
    if not around_both:
        raise ValueError("no loop that makes random words")
    return min(around_both, key=len) + min(ways, key=len), 2


def random_products(code, path):
    """Of Philox, by their factor."""
    return sum("-0x2daee0ad" in code.instructions[i] or "0xd2511f53" in code.instructions[i].lower()
               for i in path)


def decision(code, head, end, call, calls):
    """The last branch that every way to the call takes and that can still avoid it."""
    others = calls - {call}
    last = head
    for i in code.shortest(head, call, others) or []:
        if len(code.successors(i)) > 1 and i != end and code.shortest(i, end, calls) and \
                code.shortest(head, call, others | {i}) is None:
            last = i
    return last


def operation(text):
    return PREDICATE.sub("", text).split()[0].split(".")[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nvdisasm", default=shutil.which("nvdisasm"))
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("cubins", nargs="+", type=Path)
    options = parser.parse_args()
    if options.nvdisasm is None:
        sys.exit("nvdisasm is not here; give its path with --nvdisasm")
    counts = {}
    for cubin in options.cubins:
        text = subprocess.run([options.nvdisasm, "-c", cubin], capture_output=True, text=True,
                              check=True).stdout
        code = Code(text)
        try:
            path, events = fast_path(code)
        except ValueError as error:
            sys.exit(f"{cubin}: {error}")
        operations = collections.Counter(operation(code.instructions[i]) for i in path)
        name = tuple(cubin.name.removesuffix(".cubin").rsplit(".", 1))
        counts[name] = len(path) / events
        print(f"{cubin.name}: {len(path) / events:.1f} instructions per event "
              f"({len(path)} in a round of {events}), of these "
              f"{sum(operations[o] for o in ('LDL', 'STL')) / events:.1f} of local memory")
        print("   ", " ".join(f"{o} {n}" for o, n in operations.most_common()))
        if options.list:
            for i in path:
                print(f"{i:6} {code.instructions[i]}")
    if options.update:
        lines = TABLE.read_text().splitlines()
        for i, line in enumerate(lines):
            cells = line.split(",")
            if (cells[0], cells[1] if len(cells) > 1 else "") in counts:
                cells[-1] = f"{counts[cells[0], cells[1]]:.1f}"
                lines[i] = ",".join(cells)
        TABLE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
