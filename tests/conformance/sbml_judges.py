# tests/conformance/sbml_judges.py - what other simulators make of an SBML model, line by line.
"""Runs under a Python that has libRoadRunner or COPASI's basico:

    python sbml_judges.py roadrunner|copasi

and answers each line of JSON with one: time courses by integration, or what went wrong.
"""
import json
import os
import sys


class RoadRunner:
    def __init__(self):
        import roadrunner
        roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
        self.tool = roadrunner
        self.version = f"libRoadRunner {roadrunner.__version__}"

    def run(self, job):
        """Species by their amounts."""
        model = self.tool.RoadRunner(job["path"])
        settings = model.getIntegrator()
        settings.setValue("relative_tolerance", job["relative"])
        settings.setValue("absolute_tolerance", job["absolute"])
        settings.setValue("maximum_num_steps", 200000)
        names = [*job["names"], *job["reactions"]]
        model.timeCourseSelections = ["time", *names]
        rows = model.simulate(0, job["t_end"], job["samples"] + 1)
        values = {name: [float(row[i + 1]) for row in rows] for i, name in enumerate(names)}
        return {"values": {name: values[name] for name in job["names"]},
                "rates": {name: values[name] for name in job["reactions"]}}


class Copasi:
    def __init__(self):
        import basico
        import COPASI
        self.tool, self.messages = basico, COPASI.CCopasiMessage
        self.version = f"COPASI {COPASI.__version__}"

    def run(self, job):
        """Parameters alone, which is what all rules `read_...` assign to."""
        self.messages.clearDeque()
        model = self.tool.load_model(job["path"], remove_user_defined_functions=True)
        if model is None:
            raise RuntimeError(f"not read: {self.messages.getAllMessageText()[:200]}")
        try:
            names = [name for name in job["names"] if name not in job["species"]]
            table = self.tool.run_time_course_with_output(
                ["Time", *(f"Values[{name}]" for name in names)], model=model,
                duration=job["t_end"], intervals=job["samples"], method="deterministic",
                r_tol=job["relative"], a_tol=job["absolute"], max_steps=200000)
            columns = {name: f"Values[{name}]" for name in names}
            values = {name: [float(one) for one in table[column]]
                      for name, column in columns.items() if column in table}
            if not values or any(len(one) != job["samples"] + 1 for one in values.values()):
                raise RuntimeError("no time course")
            return {"values": values, "rates": {}}
        finally:
            self.tool.remove_datamodel(model)


JUDGES = {"roadrunner": RoadRunner, "copasi": Copasi}


def main():
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    judge = JUDGES[sys.argv[1]]()
    print(json.dumps({"version": judge.version}), file=answers, flush=True)
    for line in sys.stdin:
        try:
            answer = judge.run(json.loads(line))
        except Exception as problem:  # noqa: BLE001 - whatever a library throws
            answer = {"error": f"{type(problem).__name__}: {problem}"[:500]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
