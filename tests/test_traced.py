"""Hyperparameters that are traced or in JAX arrays mean what Python numbers mean."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import optax_decay as od

COUNTS = np.array([0, 1, 33, 99, 100, 101, 150, 250, 475, 1000, 2**24 + 1, 2**31 - 2], np.int32)


@pytest.mark.lowest
def test_a_traced_number_of_cycles_ends_where_a_concrete_one_does():
    base = od.linear_decay(0.1, 10)
    counts = np.arange(100)
    run = jax.jit(lambda n, t_mul: od.warm_restarts(base, 10, t_mul=t_mul, cycles=n)(counts))
    for n in (1, 2, 5):
        for t_mul in (1, 2):
            concrete = od.warm_restarts(base, 10, t_mul=t_mul, cycles=n)(counts)
            np.testing.assert_allclose(run(n, t_mul), concrete, rtol=0, atol=2e-7)
            traced = jax.jit(lambda n, t=t_mul: od.warm_restarts(base, 10, t_mul=t, cycles=n)(counts))(n)
            np.testing.assert_allclose(traced, concrete, rtol=0, atol=2e-7)


def test_a_concrete_jax_array_is_as_good_as_a_tracer():
    schedule = od.warm_restarts(od.cosine_decay(jnp.float32(0.1), jnp.int32(10)), jnp.int32(10), t_mul=jnp.float32(2))
    plain = od.warm_restarts(od.cosine_decay(0.1, 10), 10, t_mul=2)
    np.testing.assert_allclose(schedule(np.arange(40)), plain(np.arange(40)), rtol=0, atol=2e-8)
    np.testing.assert_allclose(schedule(15), plain(15), rtol=1e-6)


def test_float64_is_right_in_proportion_and_int64_counts_are_exact():
    schedules = [
        od.exponential_decay(0.1, 1000, 0.96),
        od.polynomial_decay(0.1, 10**7, 0.0, 2.5),
        od.cosine_decay(0.1, 10**7),
        od.warm_restarts(od.cosine_decay(0.1, 1000), 1000, t_mul=1.5),
    ]
    single = [np.asarray(s(COUNTS)) for s in schedules]
    with jax.enable_x64(True):
        for schedule, narrow in zip(schedules, single, strict=True):
            wide = schedule(COUNTS)
            assert wide.dtype == jnp.float64
            np.testing.assert_allclose(narrow, wide, rtol=0, atol=3e-8)
            np.testing.assert_allclose(jax.jit(schedule)(COUNTS), [schedule(int(t)) for t in COUNTS], rtol=1e-14)
        stairs = od.inverse_time_decay(1.0, 10**12, 1.0, staircase=True)
        for count in (10**12 - 1, np.int64(10**12 - 1), jnp.asarray(10**12 - 1)):
            assert stairs(count) == 1.0
            assert stairs(count + 1) == 0.5
    assert schedules[0](5).dtype == jnp.float32


def test_a_bfloat16_hyperparameter_is_computed_with_in_float32():
    value = jax.jit(lambda a: od.cosine_decay(a, 10)(5))(jnp.bfloat16(0.5))
    assert value.dtype == jnp.float32
    np.testing.assert_allclose(value, 0.25, rtol=1e-6)
