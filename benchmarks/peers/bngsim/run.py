# benchmarks/peers/bngsim/run.py - BNGsim, BioNetGen's simulation engine as a library.
PEER = {
    "name": "BNGsim", "requirements": ["bngsim==0.16.0"], "license": "MIT", "reads": "sbml", "threads": True,
    "variants": {"": "method `ssa`"},
}


def main():
    import bngsim
    from peer import Job
    job = Job()
    with job.stage("load"):
        model = bngsim.Model.from_sbml(job.sbml)
        simulator = bngsim.Simulator(model, method="ssa")
    with job.stage("run"):
        runs = simulator.run_replicates(job.trajectories, t_span=(0, job.t_end), n_points=job.intervals + 1,
                                        seed=job.seed * 1000003, num_processors=job.threads)
    with job.stage("statistics"):
        samples = [run.species for run in runs]
        events = sum(run.solver_stats["n_steps"] for run in runs)
    job.finish(bngsim.__version__, list(model.species_names), samples, events)


if __name__ == "__main__":
    main()
