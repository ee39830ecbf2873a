"""Libraries around Optax, flax and equinox, take a schedule as it is: a small network learns handwritten digits."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import chex
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx
from jax.flatten_util import ravel_pytree
from sklearn.datasets import load_digits

import optax_decay as od

STEPS = 60
SCHEDULES = {
    "restarts": od.warmup(od.warm_restarts(od.cosine_decay(0.5, 10), 10, m_mul=0.8), 3),
    "expanding": od.polynomial_decay(0.5, 25, 0.01, cycle=True),
    "over optax's": 0.5 * od.cyclic(optax.exponential_decay(1.0, 6, 0.5), 6, rise_steps=3),
}

# Of each training step: the loss, what was taken off the parameters, their gradients, the optimizer's state.
Steps = Iterator[tuple[Any, Any, Any, Any]]


def cross_entropy(logits: jax.Array, labels: jax.Array) -> jax.Array:
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


def with_flax(tx: Any, images: jax.Array, labels: jax.Array) -> Steps:
    rngs = nnx.Rngs(0)
    model = nnx.Sequential(nnx.Linear(64, 32, rngs=rngs), jax.nn.relu, nnx.Linear(32, 10, rngs=rngs))
    optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)

    @nnx.jit
    @chex.assert_max_traces(n=1)
    def step(model, optimizer):
        before = jax.tree.leaves(nnx.state(model, nnx.Param))
        loss, gradients = nnx.value_and_grad(lambda model: cross_entropy(model(images), labels))(model)
        optimizer.update(model, gradients)
        after = jax.tree.leaves(nnx.state(model, nnx.Param))
        return loss, jax.tree.map(jnp.subtract, before, after), jax.tree.leaves(gradients)

    while True:
        yield *step(model, optimizer), optimizer.opt_state


def with_equinox(tx: Any, images: jax.Array, labels: jax.Array) -> Steps:
    model = eqx.nn.MLP(64, 10, 32, 1, key=jax.random.key(0))
    state = tx.init(eqx.filter(model, eqx.is_inexact_array))

    @eqx.filter_jit
    @chex.assert_max_traces(n=1)
    def step(model, state):
        loss, gradients = eqx.filter_value_and_grad(lambda m: cross_entropy(jax.vmap(m)(images), labels))(model)
        updates, state = tx.update(gradients, state, eqx.filter(model, eqx.is_inexact_array))
        before, model = model, eqx.apply_updates(model, updates)
        taken = jax.tree.map(jnp.subtract, *(eqx.filter(m, eqx.is_inexact_array) for m in (before, model)))
        return model, state, loss, taken, gradients

    while True:
        model, state, *seen = step(model, state)
        yield *seen, state


every_library = pytest.mark.parametrize("training", [with_flax, with_equinox], ids=["flax", "equinox"])


@pytest.fixture(autouse=True)
def no_traces_yet() -> None:
    chex.clear_trace_counter()


@pytest.fixture(scope="module")
def digits() -> tuple[jax.Array, jax.Array]:
    images, labels = load_digits(return_X_y=True)
    return jnp.asarray(images[:256] / 16, jnp.float32), jnp.asarray(labels[:256])


@every_library
@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_what_sgd_takes_off_is_the_schedule_at_the_step_times_the_gradient_and_the_loss_goes_down(
    training, schedule, digits
):
    losses, rates = [], []
    for loss, taken, gradients, _ in islice(training(optax.sgd(schedule), *digits), STEPS):
        losses.append(loss)
        (taken, _), (gradients, _) = ravel_pytree(taken), ravel_pytree(gradients)
        rates.append(taken @ gradients / (gradients @ gradients))
    # Taking off rounds the parameters.
    np.testing.assert_allclose(rates, [schedule(t) for t in range(STEPS)], rtol=1e-5, atol=1e-6)
    assert losses[-1] < losses[0] / 2


@every_library
def test_the_rate_of_adamw_is_read_back_for_logging_and_the_loss_goes_down(training, digits):
    losses, logged = [], []
    schedule = 0.02 * SCHEDULES["restarts"]
    for loss, _, _, state in islice(training(optax.inject_hyperparams(optax.adamw)(schedule), *digits), STEPS):
        losses.append(loss)
        logged.append(state.hyperparams["learning_rate"][...])
    # Within 2 ulp: another program contracts and reorders the same operations otherwise.
    np.testing.assert_array_max_ulp(np.array(logged), np.array([schedule(t) for t in range(STEPS)]), maxulp=2)
    assert losses[-1] < losses[0] / 2


def test_filter_jit_takes_a_schedule_for_an_argument_and_a_field_and_compiles_once_for_equal_ones():
    class Trainer(eqx.Module):
        schedule: od.Schedule

    @eqx.filter_jit
    @chex.assert_max_traces(n=1)
    def rates(trainer, schedule, count):
        return trainer.schedule(count), schedule(count)

    for _ in range(2):
        one, other = (od.warmup(od.cosine_decay(0.5, 10), steps) for steps in (2, 3))
        np.testing.assert_allclose(rates(Trainer(one), other, jnp.int32(5)), [one(5), other(5)], rtol=3e-7)
