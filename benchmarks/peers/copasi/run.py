# benchmarks/peers/copasi/run.py - COPASI's direct method by its Python package.
PEER = {
    "name": "COPASI", "requirements": ["copasi-basico==0.92", "python-copasi==4.48.311"], "license": "Artistic-2.0",
    "reads": "sbml", "threads": False, "variants": {"": "method `directMethod`"},
}


def main():
    import random

    import basico
    import COPASI
    from peer import Job
    job = Job()
    with job.stage("load"):
        basico.load_model(job.sbml)
        seeds = random.Random(job.seed)  # numbers in a row would give trajectories that are alike
    with job.stage("run"):
        runs = [basico.run_time_course(duration=job.t_end, intervals=job.intervals, method="directMethod",
                                       use_seed=True, seed=seeds.randrange(2**31), update_model=False,
                                       use_sbml_id=True, max_steps=2**31 - 1)
                for _ in range(job.trajectories)]
    with job.stage("statistics"):
        species = [name for name in runs[0].columns if name in job.species]
        samples = [run[species].to_numpy() for run in runs]
    job.finish(COPASI.__version__, species, samples)


if __name__ == "__main__":
    main()
