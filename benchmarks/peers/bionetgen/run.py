# benchmarks/peers/bionetgen/run.py - run_network of the BioNetGen package, a process per trajectory.
import os
import subprocess
import tempfile
from math import factorial

PEER = {
    "name": "run_network", "requirements": ["bionetgen==0.8.7"], "license": "MIT (package), GPL-3.0 (run_network)",
    "reads": "mass action", "threads": False, "variants": {"": "BioNetGen's program, -p ssa; a process per trajectory"},
}


def net_text(network):
    """The network as a .net file. Its constants multiply n (n - 1), not the number of pairs."""
    number = {name: i + 1 for i, name in enumerate(network["species"])}
    lines = ["begin parameters"]
    for i, (constant, reactants, _) in enumerate(network["reactions"]):
        for name in set(reactants):
            constant /= factorial(reactants.count(name))
        lines.append(f"{i + 1} k{i + 1} {constant!r}")
    lines += ["end parameters", "begin species"]
    lines += [f"{number[name]} {name}() {initial}" for name, initial in network["species"].items()]
    lines += ["end species", "begin reactions"]
    for i, (_, reactants, products) in enumerate(network["reactions"]):
        sides = (",".join(str(number[name]) for name in side) or "0" for side in (reactants, products))
        lines.append(f"{i + 1} {' '.join(sides)} k{i + 1}")
    return "\n".join(lines + ["end reactions", ""])


def main():
    from importlib.metadata import version

    import bionetgen
    import numpy
    from peer import Job
    job = Job()
    program = os.path.join(os.path.dirname(bionetgen.__file__), "bng-linux", "bin", "run_network")
    with tempfile.TemporaryDirectory() as folder:
        prefix = os.path.join(folder, "run")
        with job.stage("load"):
            with open(prefix + ".net", "w", encoding="utf-8") as file:
                file.write(net_text(job.network))
        with job.stage("run"):
            samples = []
            for i in range(job.trajectories):
                seed = (job.seed * 1000003 + i) % 2**31
                subprocess.run([program, "-o", prefix, "-p", "ssa", "-h", str(seed), "--cdat", "1", prefix + ".net",
                                repr(job.t_end / job.intervals), str(job.intervals)],
                               check=True, stdout=subprocess.DEVNULL)
                samples.append(numpy.loadtxt(prefix + ".cdat")[:, 1:])
    job.finish(version("bionetgen"), list(job.network["species"]), samples)


if __name__ == "__main__":
    main()
