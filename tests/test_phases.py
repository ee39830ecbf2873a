"""Phases one after another: which owns a boundary, what each counts from, and those of no steps."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import optax_decay as od
from tests import oracle
from tests.runs import mostly_slow
from tests.ways import (
    WAYS,
    around,
    assert_near,
    eager,
    eager_array,
    exact_values,
    in_every_way,
    in_ways,
    jitted,
)  # fmt: skip

LINE = od.linear_decay(1.0, 10)
COUNTS = np.arange(64)


@in_every_way
def test_a_boundary_step_takes_the_new_phase_and_each_counts_from_its_own_start(way):
    schedule = od.sequence((LINE, 5), (LINE, 3), 0.25)
    values = way(schedule, np.array([4, 5, 7, 8, 100], np.int32))
    np.testing.assert_allclose(values, [0.6, 1, 0.8, 0.25, 0.25], rtol=1e-6)


def test_a_phase_of_zero_steps_is_skipped_concrete_or_traced():
    want = od.sequence((LINE, 5), 0.25)(COUNTS)
    concrete = od.sequence((0.5, 0), (LINE, 5), (0.75, 0), 0.25)
    np.testing.assert_array_equal(concrete(COUNTS), want)
    traced = jax.jit(lambda n: od.sequence((0.5, n), (LINE, 5), (0.75, n), 0.25)(COUNTS))
    np.testing.assert_allclose(traced(0), want, rtol=1e-6)


def test_a_warmup_of_zero_steps_is_the_base():
    np.testing.assert_array_equal(od.warmup(LINE, 0)(COUNTS), LINE(COUNTS))
    traced = jax.jit(lambda n: od.warmup(LINE, n)(COUNTS))
    np.testing.assert_allclose(traced(0), LINE(COUNTS), rtol=1e-6)
    np.testing.assert_allclose(traced(5), od.warmup(LINE, 5)(COUNTS), rtol=1e-6)


def test_a_warmup_longer_than_a_cycle_waits_for_the_first_to_begin():
    schedule = od.warmup(od.warm_restarts(LINE, 10), 25)
    np.testing.assert_allclose(eager_array(schedule, [0, 10, 24, 25, 34, 35]), [0, 0.4, 0.96, 1, 0.1, 1], rtol=1e-6)


def test_a_cooldown_starts_from_where_its_base_was():
    schedule = od.cooldown(LINE, 5, 5, end_value=0.1)
    np.testing.assert_allclose(eager_array(schedule, [4, 5, 7, 10, 99]), [0.6, 0.5, 0.34, 0.1, 0.1], rtol=1e-6)


def test_a_cooldown_of_zero_steps_falls_at_its_begin():
    np.testing.assert_allclose(eager_array(od.cooldown(1.0, 5, 0), [4, 5, 6]), [1, 0, 0])
    traced = jax.jit(lambda n: od.cooldown(1.0, 5, n)(COUNTS)[4:7])
    np.testing.assert_allclose(traced(0), [1, 0, 0])
    np.testing.assert_allclose(traced(2), [1, 1, 0.5])


def test_a_sequence_joins_ours_and_optaxs():
    schedule = od.sequence((optax.linear_schedule(0.0, 1.0, 10), 10), (od.cosine_decay(1.0, 90), 90), 0.0)
    twin = optax.warmup_cosine_decay_schedule(0.0, 1.0, 10, 100)
    counts = np.arange(120)
    np.testing.assert_allclose(eager_array(schedule, counts), jax.vmap(twin)(counts), atol=1e-6)


SHAPES = {
    "linear": lambda m: "linear",
    "cosine": lambda m: "cosine",
    "one_minus_sqrt": lambda m: "one_minus_sqrt",
    "a square": lambda m: m.polynomial_decay(1, 1, 0, 2),
    "a ratio": lambda m: m.rex_decay(1, 1),
    "one's own": lambda m: lambda share: 1 - share,
}


@pytest.mark.parametrize("steps", mostly_slow([10, 33.3, 2**24 + 1], 10))
@pytest.mark.parametrize("name", SHAPES)
@in_ways(jitted, eager, slow=[way for way in WAYS if way not in (jitted, eager)])
def test_a_shape_has_both_ends_bit_for_bit_and_the_definitions_values_between(way, name, steps):
    begin, counts = 7, around(0, 5, 7, 10, 20, int(steps / 2), int(steps), int(steps) + 7, int(steps) + 1000)
    climbed, fallen = (
        lambda m: m.warmup(m.linear_decay(0.1, 10**8), steps, init_value=0.3, shape=SHAPES[name](m)),
        lambda m: m.cooldown(0.1, begin, steps, end_value=0.3, shape=SHAPES[name](m)),
    )
    for make in (climbed, fallen):
        assert_near(way(make(od), counts), exact_values(make(oracle), counts), 0.3)
    if steps == int(steps):
        ends = way(climbed(od), np.array([0, steps], np.int32)), way(fallen(od), np.array([steps + 7, begin], np.int32))
        np.testing.assert_array_equal(ends, np.full((2, 2), [0.3, 0.1], np.float32))


def test_a_shape_that_ends_only_nearly_leaves_the_base_as_it_is():
    counts, shape = np.arange(64), od.tanh_decay(1, 1)
    base = od.exponential_decay(0.1, 7, 0.5)
    warm, cool = od.warmup(base, 10, shape=shape), od.cooldown(base, 40, 10, shape=shape)
    np.testing.assert_array_equal(warm(counts)[10:], od.delay(base, 10)(counts)[10:])
    np.testing.assert_array_equal(cool(counts)[:40], base(counts)[:40])


@pytest.mark.parametrize("name", mostly_slow(SHAPES, "one_minus_sqrt", "a square"))
def test_a_shape_over_traced_steps_is_that_over_known_ones_and_0_steps_are_over_at_once(name):
    shape = SHAPES[name](od)
    warm = lambda n: od.warmup(LINE, n, init_value=0.5, shape=shape)(COUNTS)  # noqa: E731
    cool = lambda n: od.cooldown(LINE, 3, n, end_value=0.5, shape=shape)(COUNTS)  # noqa: E731
    for make in (warm, cool):
        traced = jax.jit(make)
        for n in (0, 7, jnp.float32(0), jnp.float32(6.5)):
            np.testing.assert_allclose(traced(n), make(n if isinstance(n, int) else float(n)), rtol=0, atol=2e-6)


def test_the_numbers_of_a_shape_may_be_traced():
    def rate(module, power):
        shape = module.polynomial_decay(1, 1, 0, power)
        return module.cooldown(module.warmup(1.0, 10, shape=shape), 20, 10, shape=shape)

    counts = np.arange(64)
    values = jax.jit(lambda power: rate(od, power)(counts))(2.5)
    np.testing.assert_allclose(values, exact_values(rate(oracle, 2.5), counts), rtol=0, atol=2e-7)
    slope = jax.grad(lambda power: rate(od, power)(5))(2.0)
    np.testing.assert_allclose(slope, 0.25 * np.log(0.5), rtol=1e-6)


def test_a_shape_stays_a_schedule_where_hyperparameters_are_schedules():
    shape = od.polynomial_decay(1, 1, 0, 2)
    moving = od.scheduled(od.warmup, base=1.0, steps=10, init_value=LINE, shape=shape)
    np.testing.assert_allclose(moving(5), 0.5 + 0.5 * 0.25, rtol=1e-6)


def test_warmups_of_one_shape_are_evaluated_together():
    def phases(m):
        return m.sequence(
            *((m.warmup(0.1 * k, 5 + k, shape=m.polynomial_decay(1, 1, 0, k)), 12) for k in (1, 2, 3)), 0.5
        )

    counts = np.arange(48, dtype=np.int32)
    assert_near(eager_array(phases(od), counts), exact_values(phases(oracle), counts), 0.5)
