"""A peak and a decay rate tuned by their gradient through 200 training steps on handwritten digits."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from sklearn.datasets import load_digits

import optax_decay as od
from tests.programs.digits import loss, minibatches, network

STEPS = 200


@pytest.mark.slow
def test_a_peak_and_a_decay_rate_tuned_by_hypergradient_through_200_steps_end_better_than_they_started():
    batches = minibatches(STEPS, 16)
    images, labels = load_digits(return_X_y=True)
    unseen = np.float32(images[::3] / 16), np.int32(labels[::3])

    def trained(numbers, schedule):
        tx = optax.sgd(schedule(jnp.exp(numbers["log_peak"]), 50, jax.nn.sigmoid(numbers["logit_rate"])))

        def step(carry, batch):
            weights, state = carry
            updates, state = tx.update(jax.grad(loss)(weights, *batch), state)
            return (optax.apply_updates(weights, updates), state), None

        weights = network()
        (weights, _), _ = jax.lax.scan(jax.checkpoint(step), (weights, tx.init(weights)), batches)
        return loss(weights, *unseen)

    start = {"log_peak": jnp.log(0.02), "logit_rate": jnp.float32(0.0)}
    value_and_grad = jax.jit(jax.value_and_grad(trained), static_argnums=1)
    losses, slopes = [], []
    numbers, tuner = start, optax.adam(0.2)
    state = tuner.init(numbers)
    for _ in range(20):
        value, gradient = value_and_grad(numbers, od.exponential_decay)
        losses.append(float(value))
        slopes.append(gradient)
        updates, state = tuner.update(gradient, state)
        numbers = optax.apply_updates(numbers, updates)

    by_hand = value_and_grad(start, lambda peak, steps, rate: lambda t: peak * rate ** (t / steps))[1]
    for name, slope in slopes[0].items():
        np.testing.assert_allclose(slope, by_hand[name], rtol=1e-3)
    assert losses[-1] < losses[0] / 2
    assert all(abs(float(numbers[name] - start[name])) > 0.5 for name in start)
