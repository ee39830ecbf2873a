"""A training run that keeps checkpoints in a folder (argv) and resumes from the latest; it logs its rates as JSON."""

import json
import sys

import jax
import jax.numpy as jnp
import optax
import orbax.checkpoint as ocp

import optax_decay as od
from tests.programs.digits import bits, loss, minibatches, network

UPDATES, EVERY = 60, 5

lr = od.warmup(od.jitter(od.warm_restarts(od.cosine_decay(0.01, 8), 8, t_mul=1.5, m_mul=0.9), 3, 0.1), 6)
# `seen` has a gradient of 1 that passes Adam by, so its update is minus the rate that was applied.
adam = optax.masked(optax.scale_by_adam(), {"network": True, "seen": False})
tx = optax.chain(adam, optax.scale_by_schedule(-lr))


@jax.jit
def step(weights, state, images, labels):
    gradient = {"network": jax.grad(loss)(weights["network"], images, labels), "seen": jnp.float32(1)}
    updates, state = tx.update(gradient, state)
    return optax.apply_updates(weights, updates), state, -updates["seen"]


def log(**facts):
    print(json.dumps(facts), flush=True)


options = ocp.CheckpointManagerOptions(save_interval_steps=EVERY, max_to_keep=2)
with ocp.CheckpointManager(sys.argv[1], options=options) as checkpoints:
    weights = jax.tree.map(jnp.asarray, {"network": network(), "seen": 0.0})
    carry, begin = (weights, tx.init(weights)), 0
    if (latest := checkpoints.latest_step()) is not None:
        carry, begin = checkpoints.restore(latest, args=ocp.args.StandardRestore(carry)), latest + 1
    images, labels = minibatches(UPDATES, 32)
    for update in range(begin, UPDATES):
        if update == UPDATES - 1:
            sys.stdin.read()  # a run that is to be killed waits for that here
        *carry, rate = step(*carry, images[update], labels[update])
        log(update=update, rate=bits(rate))
        checkpoints.save(update, args=ocp.args.StandardSave(tuple(carry)))
log(end=[bits(leaf) for leaf in jax.tree.leaves(carry)])
