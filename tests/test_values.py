"""Combinators that change a value: its bounds, its dtype, its noise, the hyperparameters it is made of."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import optax_decay as od
from tests.ways import eager, eager_array, in_every_way

COUNTS = np.array([0, 1, 250, 499, 500, 999], np.int32)
PEAK = od.cosine_decay(0.1, 1000)
SCHEDULED = od.scheduled(od.polynomial_decay, init_value=PEAK, decay_steps=500, end_value=0.0)


def test_cast_gives_its_dtype_and_nothing_else_does():
    half = od.cast(od.linear_decay(0.1, 10), jnp.bfloat16)
    for value in (half(3), jax.jit(half)(3), half(np.arange(3)), (0.5 * half)(3), od.as_schedule(half)(3)):
        assert value.dtype == jnp.bfloat16
    assert half(np.arange(3)).shape == (3,)
    assert od.as_schedule(lambda t: jnp.bfloat16(0.1))(3).dtype == jnp.float32
    assert repr(half) == "cast(linear_decay(0.1, 10), 'bfloat16')"


@in_every_way
def test_clip_holds_the_value_between_its_bounds(way):
    schedule = od.clip(od.linear_decay(1.0, 10), min_value=0.25, max_value=0.75)
    np.testing.assert_allclose(way(schedule, np.array([0, 5, 10], np.int32)), [0.75, 0.5, 0.25])


def test_jitter_draws_the_same_for_a_count_and_its_fractions():
    schedule = od.jitter(1.0, 7, 0.1)
    assert schedule(5) == schedule(5.75) != schedule(6)
    counts = np.arange(4000)
    values = eager_array(schedule, counts)
    np.testing.assert_allclose(eager(schedule, counts[:5]), values[:5], rtol=3e-7)
    assert abs(values.mean() - 1) < 0.01
    assert abs(values.std() - 0.1) < 0.005


class TestScheduled:
    @in_every_way
    def test_hyperparameters_are_evaluated_at_the_count(self, way):
        want = [float(PEAK(int(t))) * max(1 - t / 500, 0) for t in COUNTS]
        np.testing.assert_allclose(way(SCHEDULED, COUNTS), want, rtol=1e-5, atol=1e-9)

    def test_it_prints_and_is_made_again_as_a_call_of_its_own(self):
        assert repr(SCHEDULED).startswith(
            "scheduled(polynomial_decay, init_value=cosine_decay(0.1, 1000), decay_steps=500"
        )
        assert SCHEDULED.replace(decay_steps=100) == od.scheduled(
            od.polynomial_decay, init_value=PEAK, decay_steps=100, end_value=0.0
        )

    @in_every_way
    def test_any_callable_is_evaluated_where_a_number_belongs(self, way):
        @od.schedule
        def line(start, slope):
            return lambda count: start + slope * count

        rates = {"init_value": optax.linear_schedule(1.0, 0.5, 1000), "decay_steps": lambda t: 1000 + t}
        schedule = od.scheduled(od.linear_decay, **rates) + od.scheduled(line, start=lambda t: 0.5 * t, slope=1)
        want = [(1 - t / 2000) * (1 - t / (1000 + t)) + 1.5 * t for t in COUNTS.astype(float)]
        np.testing.assert_allclose(way(schedule, COUNTS), want, rtol=1e-6)

    def test_what_a_factory_takes_for_itself_is_passed_on(self):
        assert od.scheduled(od.cast, base=PEAK, dtype=jnp.bfloat16)(5).dtype == jnp.bfloat16
        assert od.scheduled(od.delay, base=lambda t: 2 * t, steps=lambda t: 3)(5) == 4

    @pytest.mark.parametrize("count", [0, 5, 10])
    def test_a_base_stays_a_schedule(self, count):
        schedule = od.scheduled(od.warm_restarts, base=od.linear_decay(1.0, 10), cycle_steps=10, m_mul=0.5)
        np.testing.assert_allclose(eager_array(schedule, [count]), [[1, 0.5, 0.5][count // 5]])
