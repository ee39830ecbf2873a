"""Recipes: what a run changes about its rate on the way, through optax as it is."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib
import pytest

import optax_decay as od

RATE = od.warmup(od.cosine_decay(0.1, 1_000), 5)
GRADIENTS = jnp.ones(3)


def applied(optimizer, state, **more):
    """The rate that the next update applies, and the state after it."""
    updates, state = jax.jit(optimizer.update)(GRADIENTS, state, GRADIENTS, **more)
    return -float(updates[0]), state


def test_a_factor_in_the_state_changes_the_rate_in_mid_run_where_optax_overwrites_the_rate():
    overwritten = optax.inject_hyperparams(optax.sgd)(learning_rate=RATE)
    state = overwritten.init(GRADIENTS)
    for _ in range(10):
        _, state = applied(overwritten, state)
    state.hyperparams["learning_rate"] = jnp.float32(7.0)
    assert applied(overwritten, state)[0] == pytest.approx(float(RATE(10)), rel=1e-6)

    kept = optax.inject_hyperparams(lambda factor, rate: optax.sgd(factor * rate))(factor=1.0, rate=RATE)
    state = kept.init(GRADIENTS)
    for _ in range(10):
        _, state = applied(kept, state)
    state.hyperparams["factor"] = jnp.float32(0.5)
    for step in range(10, 13):
        rate, state = applied(kept, state)
        assert rate == pytest.approx(float(0.5 * RATE(step)), rel=1e-6)


def test_a_plateau_scales_a_warmed_up_rate():
    optimizer = optax.chain(optax.sgd(RATE), optax.contrib.reduce_on_plateau(factor=0.5, patience=3))
    state, scales = optimizer.init(GRADIENTS), []
    for step in range(12):
        rate, state = applied(optimizer, state, value=jnp.float32(1.0))  # a loss that does not fall
        scales.append(float(state[1].scale))
        assert rate == pytest.approx(scales[-1] * float(RATE(step)), rel=1e-6)
    assert scales[0] == 1
    assert scales[-1] < 0.5


def test_a_schedule_of_tokens_is_per_step_of_them():
    tokens = od.warmup(od.linear_decay(0.1, 2 * 10**12), 10**10)
    rate = od.per_step(tokens, 4_194_304)
    for step in (0, 1_000, 10**10 // 4_194_304, 400_000):
        assert rate(step) == pytest.approx(float(tokens(step * 4_194_304)), rel=1e-6)
        assert jax.jit(rate)(step) == pytest.approx(float(tokens(step * 4_194_304)), rel=1e-6)


def test_shares_of_the_run_are_stretched_over_it():
    total = 12_345
    rate = od.stretch(od.warmup_cosine_decay(0.1, 0.1, 1.0), total)
    np.testing.assert_allclose(
        od.sample(rate, total + 1), od.sample(od.warmup_cosine_decay(0.1, total / 10, total), total + 1), atol=1e-7
    )


def test_what_a_train_step_applies_is_what_was_sampled_to_a_few_ulp():
    optimizer = optax.inject_hyperparams(optax.adamw)(learning_rate=RATE)

    def step(state, _):
        _, state = optimizer.update(GRADIENTS, state, GRADIENTS)
        return state, state.hyperparams["learning_rate"]

    rates = jax.lax.scan(step, optimizer.init(GRADIENTS), None, 500)[1]
    np.testing.assert_array_almost_equal_nulp(np.asarray(rates), od.sample(RATE, 500), nulp=4)
