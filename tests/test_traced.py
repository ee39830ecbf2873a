"""Hyperparameters that are traced: one program for a sweep, and gradients that are finite and right."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import optax_decay as od

# Each takes a peak, a length and one more number: what a user would sweep.
FAMILIES = {
    "exponential": (lambda a, d, r: od.exponential_decay(a, d, r), 0.9),
    "stairs": (lambda a, d, r: od.exponential_decay(a, d, r, staircase=True), 0.9),
    "natural": (lambda a, d, r: od.natural_exp_decay(a, d, r), 0.9),
    "inverse": (lambda a, d, r: od.inverse_time_decay(a, d, r), 0.9),
    "polynomial": (lambda a, d, r: od.polynomial_decay(a, d, 0.01, r), 1.7),
    "root": (lambda a, d, r: od.polynomial_decay(a, d, 0.0, r), 0.5),
    "cycle": (lambda a, d, r: od.polynomial_decay(a, d, 0.01, r, cycle=True), 1.7),
    "cosine": (lambda a, d, r: od.cosine_decay(a, d, r), 0.1),
    "linear cosine": (lambda a, d, r: od.linear_cosine_decay(a, d, num_periods=2.0, alpha=r), 0.1),
    "piecewise": (lambda a, d, r: od.piecewise_constant([d, d + 100], [a, r, a / 2]), 0.05),
    "restarts": (lambda a, d, r: od.cosine_decay_restarts(a, d, m_mul=r), 0.9),
    "restarts 1.5": (lambda a, d, r: od.cosine_decay_restarts(a, d, t_mul=1.5, m_mul=r), 0.9),
    "t_mul": (lambda a, d, r: od.warm_restarts(od.linear_decay(a, d), d, t_mul=r), 1.5),
    "cyclic": (lambda a, d, r: od.cyclic(od.polynomial_decay(a, d, 0.0, 2.0), d, rise_steps=37, m_mul=r), 0.9),
    "expanding": (lambda a, d, r: od.expanding_cycle(od.exponential_decay(a, d, r), d), 0.9),
}
COUNTS = np.array([0, 1, 33, 99, 100, 101, 150, 250, 475, 1000, 2**24 + 1, 2**31 - 2], np.int32)


@pytest.mark.parametrize("family", FAMILIES)
def test_one_program_serves_a_sweep_with_the_values_of_those_built_one_by_one(family):
    make, extra = FAMILIES[family]
    peaks, lengths = np.array([0.1, 0.25, 0.5], np.float32), np.array([100, 64, 7], np.int32)
    extras = np.full(3, extra, np.float32)

    chex.clear_trace_counter()

    @jax.jit
    @chex.assert_max_traces(n=1)
    def sweep(peaks, lengths, extras):
        return jax.vmap(lambda a, d, r: make(a, d, r)(COUNTS))(peaks, lengths, extras)

    swept = sweep(peaks, lengths, extras)
    sweep(peaks * 2, lengths + 3, extras)
    for row, peak, length in zip(swept, peaks, lengths, strict=True):
        # Traced floats mean their binary values, so the concrete ones are those too.
        one = make(float(peak), int(length), float(np.float32(extra)))
        np.testing.assert_allclose(row, one(COUNTS), rtol=0, atol=2e-6 * float(peak))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_length_traced_as_a_float_means_the_same(family):
    make, extra = FAMILIES[family]
    traced = jax.jit(lambda d: make(0.1, d, extra)(COUNTS))(jnp.float32(100))
    np.testing.assert_allclose(traced, make(0.1, 100, extra)(COUNTS), rtol=0, atol=2e-7)


TIMES = np.array([0.0, 33.0, 99.5, 100.0, 140.0, 333.0])


def smooth_times(family: str) -> np.ndarray:
    """Where the derivative is finite: the square root's slope at its end is not."""
    return TIMES < 99 if family == "root" else np.full(TIMES.size, True)


@pytest.mark.parametrize(
    "family",
    [
        pytest.param(name, marks=[] if name in ("exponential", "polynomial", "cosine") else [pytest.mark.slow])
        for name in FAMILIES
    ],
)
def test_second_derivatives_are_finite(family):
    make, extra = FAMILIES[family]
    hessian = jax.hessian(lambda a, d, r, t: make(a, d, r)(t), (0, 1, 2))
    with jax.debug_nans(True):
        second = jax.jit(jax.vmap(hessian, (None, None, None, 0)))(0.1, 100.0, extra, jnp.float32(TIMES))
    assert np.isfinite(np.asarray(second)[..., smooth_times(family)]).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_gradients_are_finite_and_off_the_kinks_those_of_differences(family):
    make, extra = FAMILIES[family]
    at = (0.1, 100.0, extra)

    def value(a, d, r, t):
        return make(a, d, r)(t)

    with jax.debug_nans(True):
        times = jnp.float32(TIMES)
        numbers = [jnp.float32(x) for x in at]
        gradients = jax.jit(jax.vmap(jax.grad(value, (0, 1, 2, 3)), (None, None, None, 0)))(*numbers, times)
    smooth = smooth_times(family)
    assert np.isfinite(np.asarray(gradients)[:, smooth]).all()
    if family in ("stairs", "piecewise"):
        return
    smooth &= (TIMES != 0) & (TIMES != 100) & ((family != "t_mul") | (TIMES != 333))
    with jax.enable_x64(True):
        run = jax.jit(jax.vmap(value, (None, None, None, 0)))
        for k, gradient in enumerate(gradients):
            points = [[np.float64(x) for x in at] + [TIMES] for _ in range(2)]
            steps = 1e-5 * np.asarray(points[0][k])
            points[0][k], points[1][k] = points[0][k] + steps, points[1][k] - steps
            up, down = (np.asarray(run(*point)) for point in points)
            slope = ((up - down) / (2 * np.maximum(steps, 1e-30)))[smooth]
            np.testing.assert_allclose(
                np.asarray(gradient)[smooth], slope, rtol=2e-3, atol=2e-6, err_msg=f"argument {k}"
            )


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


def test_strict_dtype_promotion_is_enough():
    with jax.numpy_dtype_promotion("strict"):
        for make, extra in FAMILIES.values():
            jax.eval_shape(
                lambda t, a, d, r, make=make: make(a, d, r)(t), jnp.int32(3), 0.1, jnp.int32(100), jnp.float32(extra)
            )
            jax.eval_shape(make(0.1, 100, extra), jnp.int32(3))


def test_a_bfloat16_hyperparameter_is_computed_with_in_float32():
    value = jax.jit(lambda a: od.cosine_decay(a, 10)(5))(jnp.bfloat16(0.5))
    assert value.dtype == jnp.float32
    np.testing.assert_allclose(value, 0.25, rtol=1e-6)


# The rest of the algebra, likewise: a peak, a length and one more number.
REST = {
    "piecewise linear": (lambda a, n, r: od.piecewise_linear([n, n + 100, 1000], [a, r, a]), 0.5),
    "inverse root": (lambda a, n, r: od.inverse_sqrt_decay(a, n) * r, 0.5),
    "one minus root": (lambda a, n, r: od.one_minus_sqrt_decay(a, n, r), 0.01),
    "tanh": (lambda a, n, r: od.tanh_decay(a, n, 0.01, lower=-r, upper=r), 3.0),
    "rex": (lambda a, n, r: od.rex_decay(a, n, r), 0.01),
    "delay": (lambda a, n, r: od.delay(od.linear_decay(a, n, r), n), 0.01),
    "stretch": (lambda a, n, r: od.stretch(od.cosine_decay(a, n), r), 2.5),
    "staircase": (lambda a, n, r: od.staircase(od.cosine_decay(a, 100), n) * r, 0.5),
    "reverse": (lambda a, n, r: od.reverse(od.cosine_decay(a, n), n) + r, 0.5),
    "sequence": (lambda a, n, r: od.sequence((a, n), (od.linear_decay(a, n), n), r), 0.5),
    "warmup": (lambda a, n, r: od.warmup(od.cosine_decay(a, 100), n, init_value=r), 0.01),
    "cooldown": (lambda a, n, r: od.cooldown(od.linear_decay(a, 1000), n, n, end_value=r, shape="cosine"), 0.01),
    "clip": (lambda a, n, r: od.clip(od.linear_decay(a, n), min_value=r), 0.05),
    "jitter": (lambda a, n, r: od.jitter(od.linear_decay(a, n), 3, r), 0.05),
    "exp_range": (lambda a, n, r: od.exp_range(0.01, a, n, r), 0.999),
    "one_cycle": (lambda a, n, r: od.one_cycle(a, n, rise_fraction=r), 0.25),
    "warmup_cosine_decay": (lambda a, n, r: od.warmup_cosine_decay(a, n, n + 200, end_value=r), 0.01),
    "warmup_stable_decay": (lambda a, n, r: od.warmup_stable_decay(a, n, 3 * n, n, end_value=r), 0.01),
    "noam": (lambda a, n, r: od.noam(512, n, factor=a * r), 1.0),
    "scheduled": (
        lambda a, n, r: od.scheduled(
            od.polynomial_decay, init_value=od.linear_decay(a, 1000), decay_steps=n, end_value=r
        ),
        0.01,
    ),
}


@pytest.mark.parametrize("family", REST)
def test_the_rest_of_the_algebra_may_be_traced_and_has_finite_gradients(family):
    make, extra = REST[family]
    counts = np.array([0, 1, 33, 99, 100, 101, 150, 199, 200, 201, 333, 1000], np.int32)
    want = np.array([make(0.125, 100, extra)(int(t)) for t in counts])
    traced = jax.jit(lambda a, n, r: make(a, n, r)(counts))
    for length in (np.int32(100), np.float32(100)):
        np.testing.assert_allclose(traced(0.125, length, extra), want, rtol=0, atol=2.5e-7)
    with jax.debug_nans(True):
        gradients = jax.vmap(
            jax.grad(lambda t, a, n, r: make(a, n, r)(t), argnums=(0, 1, 2, 3)), in_axes=(0, None, None, None)
        )(jnp.array([33.0, 99.5, 100.0, 150.0, 777.0]), 0.125, 100.0, extra)
    assert np.isfinite(np.asarray(gradients)).all()
