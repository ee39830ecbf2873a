"""One of two processes (argv: the coordinator's address, which one) that train together, each on half of a batch."""

import json
import sys

import jax
import numpy as np
import optax
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

import optax_decay as od
from tests.programs.digits import bits, loss, minibatches, network

UPDATES, BATCH = 40, 32

jax.distributed.initialize(sys.argv[1], num_processes=2, process_id=int(sys.argv[2]), initialization_timeout=60)
mesh = jax.make_mesh((2,), ("data",), axis_types=(AxisType.Auto,))
whole, halves = NamedSharding(mesh, P()), NamedSharding(mesh, P("data"))
mine = slice(BATCH // 2 * jax.process_index(), BATCH // 2 * (jax.process_index() + 1))

lr = od.warmup(od.warm_restarts(od.cosine_decay(0.01, 6), 6, t_mul=1.5, m_mul=0.9), 5)
tx = optax.inject_hyperparams(optax.adamw)(learning_rate=lr)


@jax.jit
def step(weights, state, batch):
    value, gradient = jax.value_and_grad(loss)(weights, *batch)
    updates, state = tx.update(gradient, state, weights)
    return optax.apply_updates(weights, updates), state, value


weights = jax.device_put(network(), whole)
state = jax.jit(tx.init, out_shardings=whole)(weights)
rates, losses = [], []
for images, labels in zip(*minibatches(UPDATES, BATCH), strict=True):
    batch = jax.make_array_from_process_local_data((halves, halves), (images[mine], labels[mine]))
    weights, state, value = step(weights, state, batch)
    rates.append(bits(state.hyperparams["learning_rate"]))
    losses.append(float(value))
jitted = jax.jit(lr)
facts = {
    "processes": jax.process_count(),
    "devices": jax.device_count(),
    "collectives": step.lower(weights, state, batch).compile().as_text().count(" all-reduce("),
    "last_batch": bits(batch[0].addressable_data(0)),
    "losses": losses,
    "rates": rates,
    "alone": [bits(jitted(np.int32(t))) for t in range(UPDATES)],
    "weights": {name: bits(array) for name, array in weights.items()},
}
print(json.dumps(facts))
