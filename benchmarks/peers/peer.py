# benchmarks/peers/peer.py - what the runners of all peers share: the job, its stages, its answer.
"""A runner is peers/<tool>/run.py. benchmarks/compare.py reads its `PEER` without running it:

    name          as the tables show it
    requirements  what pip installs into the peer's own virtual environment, pinned
    license       of the tool
    reads         "sbml", or "mass action": job.network instead, of networks that are nothing else
    variants      {label: what it is}; job.variant is the label. One with the label "" has no name
    threads       True where the tool itself spreads trajectories over job.threads threads; else
                  several threads are that many processes
    reason        why it is only listed (optional)
    needs         a program without which the peer cannot run here (optional)
    pip           options of pip install (optional), first (optional): requirements that must be there
                  before the others are installed

and starts it with the path of a job. The runner simulates job.trajectories trajectories from time 0 to
job.t_end, sampled at the start and after each of job.intervals equal intervals, within the stages
`load`, `compile` and `run`, and calls job.finish. job.events is about how many events a trajectory has, for
tools that set memory aside for all of them."""
import csv
import json
import resource
import sys
import time
from contextlib import contextmanager

import numpy


def cpu_seconds():
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


class Job:
    def __init__(self):
        with open(sys.argv[1], encoding="utf-8") as file:
            self.__dict__.update(json.load(file))
        self.seconds, self.cpu_seconds = {}, {}

    @contextmanager
    def stage(self, name):
        """Wall seconds, and CPU seconds with those of child processes."""
        wall, cpu = time.perf_counter(), cpu_seconds()
        yield
        self.seconds[name] = self.seconds.get(name, 0) + time.perf_counter() - wall
        self.cpu_seconds[name] = self.cpu_seconds.get(name, 0) + cpu_seconds() - cpu

    def times(self):
        return numpy.linspace(0, self.t_end, self.intervals + 1)

    def finish(self, version, species, samples, events=None):
        """`samples`: copy numbers [trajectory][sample time][species]; `events`: of all trajectories,
        where the tool counts them. Writes the statistics of all sample times to a file, as a user
        would, and prints the answer at half time and at the end."""
        with self.stage("statistics"):
            samples = numpy.asarray(samples, float)
            n = len(samples)
            mean = samples.mean(axis=0)
            centred = samples - mean
            variance = (centred**2).sum(axis=0) / (n - 1) if n > 1 else numpy.full_like(mean, numpy.nan)
            with open(self.out, "w", encoding="utf-8", newline="") as file:
                rows = csv.writer(file)
                rows.writerow(["time", "name", "n", "mean", "var"])
                for j, name in enumerate(species):
                    rows.writerows([t, name, n, mean[i, j], variance[i, j]] for i, t in enumerate(self.times()))
        answer = {}
        for i in (self.intervals // 2, self.intervals):
            fourth = (centred[:, i] ** 4).mean(axis=0)
            answer[str(i)] = {name: [mean[i, j], variance[i, j] if n > 1 else None, fourth[j]]
                              for j, name in enumerate(species)}
        print("\n" + json.dumps({"version": version, "seconds": self.seconds, "cpu_seconds": self.cpu_seconds,
                                 "events": events, "trajectories": n, "answer": answer}))
