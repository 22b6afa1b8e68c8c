# benchmarks/peers/bioscrape/run.py - bioscrape's SSASimulator.
PEER = {
    "name": "bioscrape", "requirements": ["bioscrape==1.4.1"], "license": "MIT", "reads": "sbml", "threads": False,
    "variants": {"": "laws as trees that are walked at run time"},
}


def main():
    from importlib.metadata import version

    from bioscrape.random import py_seed_random
    from bioscrape.simulator import ModelCSimInterface, SSASimulator
    from bioscrape.types import Model
    from peer import Job
    job = Job()
    with job.stage("load"):
        model = Model(sbml_filename=job.sbml, sbml_warnings=False)
        interface = ModelCSimInterface(model)
        interface.py_set_initial_time(0)
        simulator = SSASimulator()
        times = job.times()
    with job.stage("run"):
        py_seed_random(job.seed)
        samples = [simulator.py_simulate(interface, times).py_get_result() for _ in range(job.trajectories)]
    job.finish(version("bioscrape"), list(model.get_species_list()), samples)


if __name__ == "__main__":
    main()
