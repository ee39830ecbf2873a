"""Every public factory under JAX's transforms: one program for a sweep, derivatives that are those of the oracle."""

import math

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import optax_decay as od
from tests.derivatives import Point
from tests.examples import EXAMPLES
from tests.runs import few, handful
from tests.ways import padded

COUNTS = np.array(
    [-1, 0, 1, 6, 7, 8, 20, 33, 63, 64, 65, 99, 100, 101, 150, 199, 200, 201, 250, 475, 1000, 2**24 + 1, 2**31 - 2],
    np.int32,
)
# At beginnings and ends of what the settings have, between them and past them.
TIMES = np.array([0, 0.5, 6, 7, 20, 33.25, 40, 99.5, 100, 101, 140, 200, 333.75, 1000.5], np.float32)
SMOOTH = np.array([0.5, 6.25, 20.5, 33.25, 99.5, 141.25, 333.75], np.float32)


SECOND = (
    "cosine_decay", "natural_exp_decay", "inverse_time_decay", "polynomial_decay", "inverse_sqrt_decay", "tanh_decay",
    "rex_decay", "warm_restarts", "cyclic", "expanding_cycle", "stretch", "sequence", "warmup", "cooldown",
    "triangular", "scheduled",
)  # fmt: skip
BRANCHING = (
    "natural_exp_decay", "polynomial_decay", "polynomial_decay in cycles", "piecewise_linear",
    "warm_restarts, t_mul real", "warm_restarts, cycles", "cyclic, t_mul whole", "sequence",
    "cooldown", "one_cycle", "noam",
)  # fmt: skip


@pytest.mark.parametrize(
    "lengths", [pytest.param(int, marks=pytest.mark.lowest), pytest.param(float, marks=pytest.mark.slow)]
)
@handful
def test_one_program_serves_a_sweep_with_the_values_of_those_built_one_by_one(name, lengths):
    example = EXAMPLES[name]
    chex.clear_trace_counter()

    @jax.jit
    @chex.assert_max_traces(n=1)
    def sweep(swept, counts):
        # An array of counts, or a count at a time.
        one = lambda h: example.make(od, **h)  # noqa: E731
        return jax.vmap(lambda h: one(h)(counts) if lengths is int else jax.vmap(lambda t: one(h)(t))(counts))(swept)

    swept = example.swept(lengths)
    values = sweep(swept, COUNTS)
    sweep(jax.tree.map(lambda x: x[::-1], swept), COUNTS[::-1])
    tolerance = 2e-4 if "real" in name else 2e-6
    for n, row in enumerate(np.asarray(values, np.float64)):
        schedule = example.make(od, **example.setting(n, lengths))
        one_by_one = np.array([float(schedule(int(t))) for t in COUNTS])
        finite = np.isfinite(one_by_one)
        np.testing.assert_array_equal(row[~finite], one_by_one[~finite])
        scale = abs(one_by_one[finite & (one_by_one < 1e3)]).max()
        np.testing.assert_allclose(row[finite], one_by_one[finite], rtol=1e-6, atol=tolerance * scale)


def bounded(point, t):
    """Whether the value there is a moderate number: what grows without end has no finite derivative far out."""
    return abs(point.exact(t)) < 1e6


def check_slope(got, below, above, scale):
    """`got` is the derivative; at a kink anything from one side's to the other's, at a jump either side's."""
    tolerance = 2e-6 * max(scale, abs(below))
    assert math.isfinite(got)
    sides = [side for side in (below, above) if abs(side) < 1e4 * scale]
    if len(sides) == 2:
        assert min(sides) - tolerance <= got <= max(sides) + tolerance
    elif sides:
        assert abs(got - sides[0]) <= tolerance


@few("exponential_decay", "polynomial_decay in cycles", "sequence", "warm_restarts of growing cycles")
def test_gradients_are_those_of_the_oracle_at_all_times_and_finite_at_kinks_and_jumps(name):
    point = Point(EXAMPLES[name], 0)
    differentiated = jax.jit(jax.vmap(jax.grad(point.ours), (0, None)))
    for n in range(3):
        point = Point(EXAMPLES[name], n)
        gradients = np.array(differentiated(point.columns(TIMES), point.others), np.float64)
        for t, gradient in zip(TIMES, gradients.T, strict=True):
            for k in range(gradient.size) if bounded(point, t) else ():
                below, above = point.slopes(k, t)
                check_slope(gradient[k] * float(point.unit(k, t)), below, above, max(abs(point.exact(t)), 0.1))


def restarted(m_mul=0.5, baseline=0.0, start=1.0):
    return od.warm_restarts(od.linear_decay(start, 10), 10, m_mul=m_mul, baseline=baseline)


@pytest.mark.parametrize(
    ("value", "at", "slope"),
    [
        # Halfway down the second cycle the base is 0.5, and its amplitude m_mul's first power.
        (lambda m: restarted(m, baseline=0.2)(15.0), 0.0, 0.3),
        (lambda m: restarted(m)(15.0), 0.0, 0.5),
        (lambda m: restarted(m)(25.0), 0.0, 0.0),
        (lambda low: restarted(baseline=low)(15.0), 0.5, 0.5),
        (lambda start: restarted(baseline=0.2, start=start)(15.0), 0.4, 0.25),
        (lambda low: od.triangular2(low, 0.1, 10)(25.0), 0.1, 0.75),
        (lambda high: od.triangular2(0.1, high, 10)(25.0), 0.1, 0.25),
        (od.triangular2(0.0, 1.0, 10), 40.0, 0.025),
        (od.triangular2(0.5, 1.0, 10), 20.0, 0.025),
        (lambda start: od.natural_exp_decay(start, 10, 1.0)(10), 0.0, math.exp(-1)),
    ],
)
def test_a_gradient_is_one_sides_where_a_factor_or_a_distance_is_0(value, at, slope):
    for gradient in (jax.grad(value), jax.jit(jax.grad(value)), jax.jacfwd(value)):
        np.testing.assert_allclose(gradient(at), slope, rtol=1e-5)


def test_a_gradient_is_finite_where_what_lies_on_the_baseline_would_grow_beyond_floats():
    def value(m_mul, count):
        return od.cyclic(od.linear_decay(1.0, 10, 0.1), 10, m_mul=m_mul, baseline=0.1)(count)

    for m_mul, count in (1e3, 800.0), (1e30, 60.0):
        assert value(m_mul, count) == jax.jit(value)(m_mul, count) == np.float32(0.1)
        assert np.isfinite(jax.grad(value, (0, 1))(m_mul, count)).all()


@pytest.mark.lowest
@few("exponential_decay", "linear_decay", "piecewise_linear", "clip", "warmup")
def test_forward_mode_agrees_with_reverse_mode(name):
    point = Point(EXAMPLES[name], 0)
    numbers = point.columns(SMOOTH)
    gradient, tangent = jax.jit(
        lambda numbers: (
            jax.vmap(jax.grad(point.ours), (0, None))(numbers, point.others),
            jax.jvp(lambda x: jax.vmap(point.ours, (0, None))(x, point.others), (numbers,), (numbers,))[1],
        )
    )(numbers)
    shares = np.array(gradient) * np.array(numbers)
    np.testing.assert_array_less(np.abs(shares.sum(0) - tangent), 1e-6 * (np.abs(shares).sum(0) + 0.1))


@pytest.mark.parametrize(
    "name",
    ["exponential_decay", "piecewise_linear"]
    # Some compile for half a minute; these are of all kinds.
    + [pytest.param(name, marks=pytest.mark.slow) for name in SECOND],
)
def test_second_derivatives_are_those_of_the_oracle_off_the_kinks(name):
    point = Point(EXAMPLES[name], 0)
    hessians = jax.jit(jax.vmap(jax.hessian(point.ours), (0, None)))(point.columns(SMOOTH), point.others)
    for t, hessian in zip(SMOOTH, np.moveaxis(np.array(hessians, np.float64), -1, 0), strict=True):
        scale = max(abs(point.exact(t)), 0.1)
        for j, row in enumerate(hessian):
            for k in range(j + 1):
                want = point.second(j, k, t)
                got = row[k] * float(point.unit(j, t) * point.unit(k, t))
                assert abs(got - want) <= 5e-6 * max(scale, abs(want)), (t, j, k)


@pytest.mark.parametrize(
    "name",
    ["one_minus_sqrt_decay"]
    # Operation by operation takes long; these have branches that are not taken, powers and roots at 0.
    + [pytest.param(name, marks=pytest.mark.slow) for name in BRANCHING],
)
def test_no_operation_gives_a_nan_forward_or_backward(name):
    for n in range(3):
        point = Point(EXAMPLES[name], n)
        times = padded([t for t in (*TIMES, 2.0**24, 2.0**31) if bounded(point, t)])
        numbers = list(map(jnp.asarray, point.columns(times)))
        run = lambda x, others=point.others, ours=point.ours: jax.vmap(ours, (0, None))(x, others)  # noqa: E731
        # Operation by operation: inside a jit only results would be looked at.
        with jax.debug_nans(True):
            values, pull = jax.vjp(run, numbers)
            pull(jnp.ones_like(values))
            jax.jvp(run, (numbers,), (numbers,))


@pytest.mark.parametrize(("baseline", "slope"), [(0.0, 0.06), (0.01, 0.05)])
def test_a_factor_of_0_has_the_slope_of_its_first_power_in_the_second_cycle_alone(baseline, slope):
    base = od.polynomial_decay(0.1, 100, 0.02)
    value = lambda m_mul, t: od.warm_restarts(base, 100, m_mul=m_mul, baseline=baseline)(t)  # noqa: E731
    for differentiated in (jax.grad(value), jax.jit(jax.grad(value)), jax.jit(jax.jacfwd(value))):
        got = [float(differentiated(0.0, np.int32(t))) for t in (50, 150, 250)]
        np.testing.assert_allclose(got, [0.0, slope, 0.0], rtol=1e-6)


def test_a_value_on_the_baseline_has_the_slopes_of_those_beside_it():
    differentiated = jax.jit(jax.grad(lambda low, high, t: od.triangular2(low, high, 100)(t), (0, 1)))
    for t, share in ((0, 0.0), (50, 0.5), (100, 1.0), (250, 0.25), (300, 0.5), (400, 0.0)):
        np.testing.assert_allclose(differentiated(0.1, 0.1, t), [1 - share, share], atol=1e-6)
