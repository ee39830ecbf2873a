"""Phases one after another: which owns a boundary, what each counts from, and those of no steps."""

import jax
import numpy as np
import optax

import optax_decay as od
from tests.ways import eager_array, in_every_way

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
