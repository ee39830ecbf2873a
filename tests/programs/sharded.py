"""A train step sharded over 8 host devices by `jit` or `shard_map` (argv): each device's rates, and the collectives."""

import json
import re
import sys
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

import optax_decay as od
from tests.programs.digits import bits, loss, minibatches, network

RATES = {
    "constant": 0.01,
    "nest": od.warmup(od.warm_restarts(od.cosine_decay(0.01, 4), 4, t_mul=1.5, m_mul=0.9), 3),
    "table": od.piecewise_constant(range(1000), np.linspace(0.01, 0.0, 1001)),
    "cyclic": od.cyclic(od.polynomial_decay(0.01, 5, 0.0, 2.0), 5, rise_steps=3, t_mul=1.1, m_mul=0.9),
}
BEGINNINGS, UPDATES = (0, 10**8), 12
SPECS = {"w1": P(None, "model"), "b1": P("model"), "w2": P("model", None), "b2": P()}
COLLECTIVE = r"= (.*?) (all-reduce|all-gather|all-to-all|reduce-scatter|collective-[a-z]+|ragged-[a-z-]+)(?:-start)?\("

mesh = jax.make_mesh((4, 2), ("data", "model"), axis_types=(AxisType.Auto,) * 2)
images, labels = minibatches(UPDATES, 32)


def step(tx, weights, state, batch, over_data=lambda x: x, over_model=lambda x: x):
    value, gradient = jax.value_and_grad(lambda weights: over_data(loss(weights, *batch, over_model)))(weights)
    updates, state = tx.update(gradient, state, weights)
    return optax.apply_updates(weights, updates), state, value, state.hyperparams["learning_rate"][None]


def by_jit(tx, specs):
    placed = partial(jax.tree.map, partial(NamedSharding, mesh))
    ins, outs = placed((*specs, P("data"))), placed((*specs, P(), P()))
    return jax.jit(partial(step, tx), in_shardings=ins, out_shardings=outs)


def by_shard_map(tx, specs):
    local = partial(
        step, tx, over_data=partial(lax.pmean, axis_name="data"), over_model=partial(lax.psum, axis_name="model")
    )
    ins, outs = (*specs, P("data")), (*specs, P(), P(("data", "model")))
    return jax.jit(jax.shard_map(local, mesh=mesh, in_specs=ins, out_specs=outs))


def trained(lr, sharded):
    """Of a training from each beginning: the rates of all devices and of one alone, the losses, the collectives."""
    tx = optax.inject_hyperparams(optax.adamw)(learning_rate=lr)
    state = jax.tree.map(jnp.asarray, tx.init(network()))
    specs = SPECS, optax.tree_map_params(tx, lambda _, spec: spec, state, SPECS, transform_non_params=lambda _: P())
    compiled = sharded(tx, specs).lower(network(), state, (images[0], labels[0])).compile()
    alone = jax.jit(od.as_schedule(lr))
    rates, expected, losses = [], [], []
    for beginning in BEGINNINGS:
        # The state's only integers are counts.
        counted = jax.tree.map(lambda x, n=beginning: x + n if x.dtype == jnp.int32 else x, state)
        carry = jax.device_put((network(), counted), compiled.input_shardings[0][:2])
        for k in range(UPDATES):
            *carry, value, rate = compiled(*carry, (images[k], labels[k]))
            rates.append([bits(shard.data) for shard in rate.addressable_shards])
            expected.append(bits(alone(beginning + k)))
            losses.append(float(value))
    collectives = sorted(re.findall(COLLECTIVE, compiled.as_text()))
    return {"rates": rates, "alone": expected, "losses": losses, "collectives": collectives}


sharded = {"jit": by_jit, "shard_map": by_shard_map}[sys.argv[1]]
print(json.dumps({name: trained(lr, sharded) for name, lr in RATES.items()}))
