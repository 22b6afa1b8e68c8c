# benchmarks/peers/stochpy/run.py - StochPy's direct method, in Python.
import os
import tempfile

PEER = {
    "name": "StochPy", "requirements": ["stochpy==2.5"], "license": "BSD-3-Clause", "reads": "mass action",
    "threads": False, "variants": {"": "method `Direct`, which keeps every event"},
    # Its set-up imports numpy, which an isolated build does not have.
    "first": ["numpy==2.4.6", "scipy==1.17.1", "matplotlib==3.11.2", "setuptools==65.5.0", "wheel==0.48.0"],
    "pip": ["--no-build-isolation"],
}


def psc_text(network):
    """The network as StochPy's model file; laws with the number of ways to choose the reactants."""
    lines = []
    for i, (constant, reactants, products) in enumerate(network["reactions"]):
        def text(side):
            return " + ".join(f"{{{side.count(name)}}} {name}" for name in dict.fromkeys(side)) or "$pool"
        law = repr(constant)
        for k, name in enumerate(reactants):
            taken = reactants[:k].count(name)
            law += f"*({name}-{taken})/{taken + 1}" if taken else f"*{name}"
        lines += [f"R{i + 1}:", f"    {text(reactants)} > {text(products)}", f"    {law}", ""]
    return "\n".join(lines + [f"{name} = {float(n)}" for name, n in network["species"].items()] + [""])


def main():
    folder = tempfile.mkdtemp()
    os.environ["HOME"] = folder  # where it writes its example models when it is imported
    from importlib.metadata import version

    import numpy
    import stochpy
    from peer import Job
    job = Job()
    species = list(job.network["species"])
    with job.stage("load"):
        with open(os.path.join(folder, "model.psc"), "w", encoding="utf-8") as file:
            file.write(psc_text(job.network))
        model = stochpy.SSA(model_file="model.psc", dir=folder, IsInteractive=False)
        numpy.random.seed(job.seed)
    samples, events = [], 0
    with job.stage("run"):
        for _ in range(job.trajectories):
            model.DoStochSim(end=job.t_end, mode="time", trajectories=1, method="Direct", quiet=True)
            path = model.data_stochsim.getSpecies()
            events += len(path) - 2  # the start, and the end
            labels = list(model.data_stochsim.species_labels)
            rows = numpy.searchsorted(path[:, 0], job.times(), side="right") - 1
            samples.append(path[rows][:, [1 + labels.index(name) for name in species]])
    job.finish(version("stochpy"), species, samples, events)


if __name__ == "__main__":
    main()
