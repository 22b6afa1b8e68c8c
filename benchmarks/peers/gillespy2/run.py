# benchmarks/peers/gillespy2/run.py - GillesPy2's C++ solver of the direct method.
import os
import shutil
import tempfile

PEER = {
    "name": "GillesPy2", "requirements": ["gillespy2==1.8.3", "python-libsbml==5.21.2"], "license": "GPL-3.0",
    "reads": "sbml", "threads": False,
    "variants": {"": "as shipped: g++ without optimisation", "-O3": "the same with -O3 put before g++'s options"},
}


def with_flags(folder, flags):
    """A g++ with flags, ahead of the machine's in PATH: the solver's build has no place for them."""
    path = os.path.join(folder, "g++")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\nexec {shutil.which("g++")} {flags} "$@"\n')
    os.chmod(path, 0o755)
    os.environ["PATH"] = folder + os.pathsep + os.environ["PATH"]


def main():
    import gillespy2
    import numpy
    from peer import Job
    job = Job()
    with tempfile.TemporaryDirectory() as folder:
        if job.variant:
            with_flags(folder, job.variant)
        with job.stage("load"):
            model, errors = gillespy2.import_SBML(job.sbml)
            if errors:
                raise SystemExit(f"import_SBML: {errors[0]}")
            model.timespan(numpy.linspace(0, job.t_end, job.intervals + 1))
        with job.stage("compile"):
            solver = gillespy2.SSACSolver(model=model)
        with job.stage("run"):
            runs = solver.run(number_of_trajectories=job.trajectories, seed=job.seed)
    with job.stage("statistics"):
        species = [name for name in model.get_all_species()]
        samples = [numpy.column_stack([run[name] for name in species]) for run in runs]
    job.finish(gillespy2.__version__, species, samples)


if __name__ == "__main__":
    main()
