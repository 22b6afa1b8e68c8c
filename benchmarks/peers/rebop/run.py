# benchmarks/peers/rebop/run.py - rebop by its Python package.
from math import factorial

PEER = {
    "name": "rebop", "requirements": ["rebop==0.9.2"], "license": "MIT", "reads": "mass action", "threads": False,
    "variants": {"dense": "sparse=False; its compiled loop, without the packing into xarray",
                 "sparse": "sparse=True, otherwise the same"},
}


def main():
    import numpy
    import rebop
    from peer import Job
    job = Job()
    with job.stage("load"):
        system = rebop.Gillespie()
        for constant, reactants, products in job.network["reactions"]:
            for name in set(reactants):  # rebop multiplies by n (n - 1), not by the number of pairs
                constant /= factorial(reactants.count(name))
            system.add_reaction(constant, reactants, products)
        start = {name: int(n) for name, n in job.network["species"].items()}
        inner = system.gillespie  # `system.run` packs every trajectory into a data set of its own
        inner.set_init(start)
    with job.stage("run"):
        runs = [inner.run(job.t_end, job.intervals, params={}, seed=job.seed * 1000003 + i,
                          sparse=job.variant == "sparse")[1] for i in range(job.trajectories)]
    with job.stage("statistics"):
        species = list(runs[0])
        samples = [numpy.column_stack([run[name] for name in species]) for run in runs]
    job.finish(rebop.__version__, species, samples)


if __name__ == "__main__":
    main()
