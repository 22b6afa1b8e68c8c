# benchmarks/peers/cayenne/run.py - cayenne's direct method, in Cython.
PEER = {
    "name": "cayenne", "requirements": ["cayenne==1.0.3"], "license": "Apache-2.0", "reads": "mass action",
    "threads": False, "variants": {"": "algorithm `direct`, which keeps every event"},
    # Its set-up fetches Cython by a way that pip has no more, and its code needs an older NumPy.
    "first": ["numpy==1.23.5", "cython==0.29.37", "setuptools==65.5.0", "wheel==0.48.0", "matplotlib==3.7.5"],
    "pip": ["--no-build-isolation"],
}


def antimony_text(network):
    """The network as cayenne reads it: constants, which multiply the number of ways to choose the
    reactants after a factor of (reactants alike)! / V that cayenne puts to constants of the rate equation."""
    from math import factorial
    lines = ["const compartment comp1; comp1 = 1.0;"]
    for i, (constant, reactants, products) in enumerate(network["reactions"]):
        for name in set(reactants):
            constant /= factorial(reactants.count(name))
        sides = (" + ".join(f"{side.count(n)} {n}" for n in dict.fromkeys(side)) for side in (reactants, products))
        lines += [f"r{i}: {' => '.join(sides)}; k{i};", f"k{i} = {constant!r};"]
    lines += [f"{name} in comp1; {name} = {int(n)};" for name, n in network["species"].items()]
    return "\n".join([*lines, "chem_flag = false;"])


def main():
    import cayenne
    import numpy
    from cayenne.simulation import Simulation
    from peer import Job
    job = Job()
    species = list(job.network["species"])
    with job.stage("load"):
        model = Simulation.load_model(antimony_text(job.network), "ModelString")
        order = [model.species_names.index(name) for name in species]
    samples, events = [], 0
    with job.stage("run"):
        model.simulate(max_t=job.t_end, max_iter=int(10**4 + 10 * job.events), n_rep=job.trajectories, algorithm="direct", n_procs=1,
                       seed=job.seed)
        for times, path in zip(model.results.t_list, model.results.x_list):
            events += len(times) - 1
            samples.append(path[numpy.searchsorted(times, job.times(), side="right") - 1][:, order])
    job.finish(cayenne.__version__, species, samples, events)


if __name__ == "__main__":
    main()
