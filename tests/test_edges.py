"""Points that once came out wrong: each was found by a search against the oracle, and stays."""

import jax
import numpy as np
import pytest

import optax_decay as od
from tests import oracle
from tests.ways import LAST, eager_array

POINTS = [
    (lambda m: m.cyclic(m.linear_decay(1.0, 155), 3 * 10**9), [LAST]),
    (lambda m: m.warm_restarts(m.constant(1.0), 10, m_mul=1.1, baseline=1.0), [3000, 10_000]),
    (lambda m: m.warm_restarts(m.linear_decay(1.0, 10, 0.5), 10, m_mul=1.1, baseline=1.0), [10_000]),
    (lambda m: m.cyclic(m.cosine_decay(0.00444, 114, 0.01), 330_508, m_mul=1.1), [650_882_587]),
    (lambda m: m.linear_cosine_decay(0.1, 7, num_periods=0.5, alpha=0.01, beta=0.001), [6]),
    (lambda m: m.linear_cosine_decay(1.0, 124, beta=0), [123]),
    (lambda m: m.linear_cosine_decay(1.0, 3 * 10**8 + 1, beta=0), [3 * 10**8]),
    (lambda m: m.piecewise_linear([10, 5 * 10**9], [0.1, 0.3]), [0, 10, 10**9, LAST]),
    (lambda m: m.piecewise_linear([-100, 100], [0.1, 0.3]), [0, 50, 100]),
    (lambda m: m.stretch(m.cyclic(m.linear_decay(0.5, 1), 7, rise_steps=1), 7), [1, 2, 6, 7]),
    (lambda m: m.stretch(m.cyclic(m.polynomial_decay(0.5, 1, 0.1, cycle=True), 7, rise_steps=1), 7), [1, 2, 3, 6, 7]),
    (lambda m: m.stretch(m.cyclic(m.polynomial_decay(0.5, 1, 0.1, cycle=True), 50, rise_steps=1), 50), [1, 2, 33, 49]),
    (lambda m: m.warm_restarts(m.linear_decay(1.0, 0.1), 0.1), [0.45]),
    pytest.param(
        lambda m: m.warm_restarts(m.linear_decay(1.0, 33.3), 33.3, t_mul=0.5, cycles=30), [66.5], marks=pytest.mark.slow
    ),
    (lambda m: m.warm_restarts(m.linear_decay(1.0, 0.1), 0.1, t_mul=2), [5 * 10**8, 10**9]),
    (lambda m: m.expanding_cycle(m.linear_decay(1.0, 1), 0.1), [3 * 10**8, 2 * 10**9]),
    (lambda m: m.cyclic(m.exponential_decay(1.0, 33, 0.5, staircase=True), 33, t_mul=2, rise_steps=19), [1744830413]),
]


@pytest.mark.parametrize(("make", "counts"), POINTS)
def test_a_point_that_was_wrong_is_right(make, counts):
    schedule, reference = make(od), make(oracle)
    for count in counts:
        want = float(reference(count))
        for value in (schedule(count), jax.jit(schedule)(count), eager_array(schedule, [count])[0]):
            np.testing.assert_allclose(value, want, rtol=2e-6, err_msg=str(count))


def test_a_schedule_beyond_the_last_count_has_an_end_to_climb_from():
    for schedule in (
        od.cyclic(od.linear_decay(1.0, 3 * 10**9), 3 * 10**9),
        od.reverse(od.linear_decay(1.0, 3 * 10**9), 3 * 10**9),
    ):
        host = [schedule(t) for t in (0, 10**9, LAST)]
        np.testing.assert_allclose(jax.jit(schedule)(np.array([0, 10**9, LAST], np.int32)), host, rtol=2e-6)


@pytest.mark.parametrize("schedule", [od.constant(0.1), -od.constant(0.1), 0.1 * od.as_schedule(1.0)])
def test_a_constant_is_an_array_in_a_trace(schedule):
    for value in (jax.jit(schedule)(3), jax.jit(schedule)(np.arange(3))):
        assert value.dtype == np.float32
        assert not value.weak_type
