# benchmarks/peers/crn_jax/run.py - crn-jax: the direct method in JAX, all trajectories under vmap.
PEER = {
    "name": "crn-jax", "requirements": ["crn-jax==0.3.1", "jax==0.10.2"], "license": "MIT", "reads": "mass action",
    "threads": False, "variants": {"": "on the CPU, float32"},
}


def main():
    from importlib.metadata import version

    import jax
    import jax.numpy as jnp
    import numpy
    from crn_jax.gillespie import simulate_trajectory
    from crn_jax.types import State
    from peer import Job
    job = Job()
    with job.stage("load"):
        species = list(job.network["species"])
        reactions = job.network["reactions"]
        start = jnp.array([float(n) for n in job.network["species"].values()])
        change = numpy.zeros((len(reactions), len(species)), numpy.float32)
        most = max((len(reactants) for _, reactants, _ in reactions), default=0)
        # The k-th reactant of a reaction, and how many alike came before it; behind the last species is a 1.
        which = numpy.full((len(reactions), most), len(species))
        before = numpy.zeros((len(reactions), most), numpy.float32)
        constants = numpy.zeros(len(reactions), numpy.float32)
        for i, (constant, reactants, products) in enumerate(reactions):
            for k, name in enumerate(reactants):
                which[i, k], before[i, k] = species.index(name), reactants[:k].count(name)
                constant /= 1 + reactants[:k].count(name)
                change[i, species.index(name)] -= 1
            for name in products:
                change[i, species.index(name)] += 1
            constants[i] = constant
        which, before, constants, change = (jnp.array(a) for a in (which, before, constants, change))

    def propensities(state, _):
        copies = jnp.append(state.x, 1.0)
        return constants * jnp.prod(jnp.maximum(copies[which] - before, 0.0), axis=1)

    def fire(state, reaction):
        return state._replace(x=state.x + change[reaction])

    @jax.jit
    def run(keys):
        first = State(time=jnp.array(0.0), x=start, next_reaction_time=jnp.array(jnp.inf))
        return jax.vmap(lambda key: simulate_trajectory(
            key=key, initial_state=first, timestep=job.t_end / job.intervals, n_steps=job.intervals,
            compute_propensities_fn=propensities, apply_reaction_fn=fire, max_steps=2**30).x)(keys)

    keys = jax.random.split(jax.random.key(job.seed), job.trajectories)
    with job.stage("compile"):
        compiled = run.lower(keys).compile()
    with job.stage("run"):
        behind = numpy.asarray(compiled(keys))
    with job.stage("statistics"):
        first = numpy.broadcast_to(numpy.asarray(start), (job.trajectories, 1, len(species)))
        samples = numpy.concatenate([first, behind], axis=1)
    job.finish(version("crn-jax"), species, samples)


if __name__ == "__main__":
    main()
