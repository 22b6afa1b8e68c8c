# benchmarks/peers/libroadrunner/run.py - libRoadRunner's integrator `gillespie`.
PEER = {
    "name": "libRoadRunner", "requirements": ["libroadrunner==2.10.0"], "license": "Apache-2.0", "reads": "sbml",
    "threads": False, "variants": {"": "compiled by LLVM at load"},
}


def main():
    import numpy
    import roadrunner
    from peer import Job
    job = Job()
    with job.stage("load"):
        model = roadrunner.RoadRunner(job.sbml)
        model.setIntegrator("gillespie")
        model.getIntegrator().variable_step_size = False
        species = list(model.model.getFloatingSpeciesIds())
        model.timeCourseSelections = species
    with job.stage("run"):
        model.getIntegrator().seed = job.seed
        samples = []
        for _ in range(job.trajectories):
            model.reset()
            samples.append(numpy.array(model.simulate(0, job.t_end, job.intervals + 1)))
    job.finish(roadrunner.__version__, species, samples)


if __name__ == "__main__":
    main()
