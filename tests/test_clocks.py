"""The clocks: who owns a boundary, how many cycles there are and how long, what a shifted or slowed base sees."""

import decimal

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import optax_decay as od
from tests import oracle
from tests.runs import mostly_slow_rows
from tests.ways import LAST, WAYS, around, counts_for, eager, eager_array, exact_values, in_every_way, in_ways, jitted

LINE = od.linear_decay(1.0, 10)


class TestBoundaries:
    def test_a_restart_belongs_to_the_cycle_that_begins_and_the_end_is_never_shown(self):
        values = eager_array(od.warm_restarts(LINE, 10), np.arange(9, 12))
        np.testing.assert_allclose(values, [0.1, 1.0, 0.9], rtol=1e-6)

    def test_after_the_last_cycle_its_end_is_held(self):
        schedule = od.warm_restarts(LINE + 1, 5, cycles=2, m_mul=0.5)
        np.testing.assert_allclose(eager_array(schedule, [9, 10, 11, LAST]), [0.8, 0.75, 0.75, 0.75], rtol=1e-6)

    def test_one_cycle_is_one_and_then_the_end(self):
        values = eager_array(od.warm_restarts(LINE + 1, 5, cycles=1), [0, 4, 5, LAST])
        np.testing.assert_allclose(values, [2, 1.6, 1.5, 1.5], rtol=1e-6)

    def test_a_cycle_longer_than_its_base_rests_at_the_end(self):
        values = eager_array(od.warm_restarts(LINE, 30), [9, 10, 29, 30])
        np.testing.assert_allclose(values, [0.1, 0, 0, 1], rtol=1e-5)

    def test_an_expanding_cycle_shows_the_end_at_its_horizon(self):
        values = eager_array(od.expanding_cycle(LINE, 10), [9, 10, 11, 20, 21])
        np.testing.assert_allclose(values, [0.1, 0, 0.45, 0, 0.3], rtol=1e-5, atol=1e-7)

    def test_a_cycle_starts_low_peaks_and_ends_low(self):
        values = eager_array(od.cyclic(LINE, 10, rise_steps=5), [0, 4, 5, 6, 14, 15, 20])
        np.testing.assert_allclose(values, [0, 0.8, 1, 0.9, 0.1, 0, 1], atol=1e-6)

    @pytest.mark.parametrize("baseline", [0.5, -1.0, 2.0])
    def test_a_baseline_holds_what_m_mul_shrinks_towards(self, baseline):
        schedule = od.warm_restarts(1.0, 10, m_mul=0.5, baseline=baseline)
        want = baseline + (1 - baseline) * np.array([1, 0.5, 0.25])
        np.testing.assert_allclose(eager_array(schedule, [0, 10, 20]), want, rtol=1e-6)

    @in_every_way
    def test_m_mul_of_zero_leaves_the_first_cycle_alone(self, way):
        schedule = od.warm_restarts(LINE, 10, m_mul=0, baseline=0.3)
        np.testing.assert_allclose(way(schedule, np.array([0, 5, 10, 25], np.int32)), [1, 0.5, 0.3, 0.3], rtol=1e-6)


@in_ways(jitted, eager)
@pytest.mark.parametrize("power", [0.5, 1.0, 2.0, 2.5])
def test_a_polynomial_with_cycle_is_its_expanding_cycle(power, way):
    decay, counts = od.polynomial_decay(0.1, 100, 0.01, power), counts_for(7, 100)
    cycled, expanding = decay.replace(cycle=True), od.expanding_cycle(decay, 100)
    np.testing.assert_allclose(way(cycled, counts), way(expanding, counts), rtol=0, atol=2e-7)


HARDLY_GROWING = [("1", "1.0002"), ("0.5", "1.00001"), ("100.3", "1.0000001"), ("7", "1.000000001")]


class TestManyCycles:
    def test_cycles_far_apart_and_many_are_scaled_precisely(self):
        schedule = od.warm_restarts(1.0, 1, m_mul=0.9999999)
        counts = np.array([0, 1, 10**6, 10**8, 5 * 10**8], np.int32)
        np.testing.assert_allclose(jitted(schedule, counts), 0.9999999 ** counts.astype(float), rtol=1e-6)

    counts = np.array([0, 5, 100, 1000, 50_000, 10**6, 123_456_789, LAST - 1], np.int32)

    def seen(self, steps, t_mul):
        """What a base sees of cycles that hardly grow, in lengths of the first: not slowed, and slowed."""
        first, since, slowed = decimal.Decimal(steps), [], []
        with decimal.localcontext() as context:
            context.prec = 60
            meant = oracle.measured(float(t_mul))
            factor = decimal.Decimal(meant.numerator) / meant.denominator
            for count in map(int, self.counts):
                index = int((1 + count * (factor - 1) / first).ln() / factor.ln() + decimal.Decimal(1).scaleb(-40))
                since.append((count - first * (factor**index - 1) / (factor - 1)) / first)
                slowed.append(since[-1] / factor**index)
        return np.float64(since), np.float64(slowed)

    @in_ways(eager, jitted)
    @pytest.mark.parametrize(("steps", "t_mul"), mostly_slow_rows(HARDLY_GROWING, every=2))
    def test_cycles_that_hardly_grow_are_told_apart_however_many_they_are(self, t_mul, steps, way):
        schedule = od.warm_restarts(od.linear_decay(1, float(steps)), float(steps), t_mul=float(t_mul))
        want = 1 - self.seen(steps, t_mul)[1]
        np.testing.assert_allclose(way(schedule, self.counts), want, rtol=0, atol=1e-6)

    @in_ways(eager, slow=[jitted])
    @pytest.mark.parametrize(("steps", "t_mul"), mostly_slow_rows(HARDLY_GROWING, every=4))
    def test_so_are_those_whose_base_is_not_slowed(self, t_mul, steps, way):
        decay = od.inverse_time_decay(1, 100 * float(steps), 1)
        schedule = od.warm_restarts(decay, float(steps), t_mul=float(t_mul), stretch=False)
        want = 1 / (1 + self.seen(steps, t_mul)[0] / 100)
        np.testing.assert_allclose(way(schedule, self.counts), want, rtol=0, atol=1e-6)

    @pytest.mark.lowest
    @pytest.mark.parametrize("t_mul", [1, 2])
    @pytest.mark.parametrize("cycles", [1, 2, 5])
    def test_a_traced_number_of_them_ends_where_a_concrete_one_does(self, cycles, t_mul):
        def values(cycles, t_mul):
            return od.warm_restarts(od.linear_decay(0.1, 10), 10, t_mul=t_mul, cycles=cycles)(np.arange(64))

        want = values(cycles, t_mul)
        np.testing.assert_allclose(jax.jit(values)(cycles, t_mul), want, rtol=0, atol=2e-7)
        np.testing.assert_allclose(jax.jit(values, static_argnums=1)(cycles, t_mul), want, rtol=0, atol=2e-7)


class TestShiftedAndSlowed:
    @in_every_way
    def test_a_staircase_under_a_stretch_by_3_is_right_near_2_to_the_31(self, way):
        steps = 7
        schedule = od.stretch(od.inverse_time_decay(1.0, steps, 1e-9, staircase=True) - 0.75, 3)
        ks = np.array([1, 2, 1000, 10**6, LAST // 21])
        counts = around(*(ks * 21).tolist())
        stage = counts.astype(np.int64) // 3 // steps
        np.testing.assert_allclose(way(schedule, counts), 1 / (1 + stage * 1e-9) - 0.75, atol=1e-7)

    @in_every_way
    def test_a_negative_delay_looks_ahead_and_stops_at_the_last_count(self, way):
        schedule = od.delay(od.piecewise_constant([100], [1.0, 2.0]), -100)
        np.testing.assert_array_equal(way(schedule, np.array([0, 1, LAST], np.int32)), [1, 2, 2])

    @pytest.mark.parametrize(
        ("steps", "dtype"),
        [(5, "int32"), (-5, "int32"), (0, "int32"), *((n, "float32") for n in (5, -5, 2.5, -2.5, 0))],
    )
    def test_a_traced_delay_is_as_a_concrete_one(self, steps, dtype):
        base, counts = od.exponential_decay(1.0, 1, 0.75, staircase=True), np.arange(64)
        want = od.delay(base, steps)(counts)
        traced = jax.jit(lambda n: od.delay(base, n)(counts))(jnp.asarray(steps, dtype))
        np.testing.assert_allclose(traced, want, rtol=1e-6)

    @in_every_way
    def test_epochs_become_steps_exactly(self, way):
        schedule, reference = (m.stretch(m.piecewise_constant([30, 60.5], [3.0, 2.0, 1.0]), 391) for m in (od, oracle))
        counts = around(30 * 391, 23655)
        np.testing.assert_array_equal(way(schedule, counts), exact_values(reference, counts))


class TestHeld:
    @in_ways(jitted, eager, slow=[way for way in WAYS if way not in (jitted, eager)])
    @pytest.mark.parametrize("steps", [0, 1, 7, 7.5, 100 / 3, 2**24 + 1, LAST, 3 * 10**9, 2.5e12])
    def test_a_clock_stops_at_its_step_whatever_that_is(self, steps, way):
        counts = around(0, 7, 33, 2**24 + 1, 10**9, LAST - 1)
        schedule, reference = (m.hold(m.inverse_time_decay(1, 7, 1), steps) for m in (od, oracle))
        np.testing.assert_allclose(way(schedule, counts), exact_values(reference, counts), rtol=3e-7)
        stairs = od.hold(od.inverse_time_decay(1, 2.5, 1, staircase=True), steps)
        want = exact_values(oracle.hold(oracle.inverse_time_decay(1, 2.5, 1, staircase=True), steps), counts)
        np.testing.assert_allclose(way(stairs, counts), want, rtol=3e-7)

    def test_it_adds_no_operation(self):
        assert len(jax.make_jaxpr(od.hold(LINE, 5))(3).eqns) == len(jax.make_jaxpr(LINE)(3).eqns)


STAIRS_OF_WARP = [
    *((1000, 10, power) for power in (1, 2, 3, 8, 0.5, 1.5)),
    *((12_345, 15, power) for power in (2, 0.75)),
    *((3330, 3.7, power) for power in (2, 0.5)),
    *((10**9, 10**6, power) for power in (2, 3)),
]


@pytest.mark.parametrize(("steps", "stair", "power"), mostly_slow_rows(STAIRS_OF_WARP, every=5))
@in_ways(jitted, eager)
def test_every_stair_of_a_warped_base_is_where_the_definition_has_it(steps, stair, power, way):
    stairs = range(0, int(steps / stair), max(1, int(steps / stair) // 400))
    counts = around(*(round(steps * (k * stair / steps) ** (1 / power)) for k in stairs), steps)
    schedule, reference = (
        m.warp(m.inverse_time_decay(1, stair, 1e-3, staircase=True), steps, power) for m in (od, oracle)
    )
    want = exact_values(reference, counts)
    np.testing.assert_allclose(way(schedule, counts), want, rtol=3e-7)
    traced = jax.jit(lambda n, k: od.warp(od.inverse_time_decay(1, stair, 1e-3, staircase=True), n, k)(counts))
    if steps < 10**9 and isinstance(stair, int):  # a float meets others as nearly as it can
        np.testing.assert_allclose(traced(np.int32(steps), np.float32(power)), want, rtol=3e-7)


class TestWarmupAtEachRestart:
    @pytest.mark.parametrize(
        ("steps", "t_mul", "cycles"), [(100, 2, None), (33.3, 1.1, None), (100, 1.3, 5), (100, 0.9, 20)]
    )
    @in_ways(jitted, eager)
    def test_it_takes_as_many_steps_in_every_cycle(self, steps, t_mul, cycles, way):
        def rates(m):
            given = {"t_mul": t_mul, "cycles": cycles}
            decay = m.warm_restarts(m.cosine_decay(0.1, steps), steps, m_mul=0.9, **given)
            return decay, m.warm_restarts(m.warmup(1, 9), steps, stretch=False, **given)

        counts = counts_for(steps, 9, t_muls=[t_mul] if t_mul > 1 else [], many=30)
        (decay, ramp), references = rates(od), rates(oracle)
        want = np.prod([exact_values(reference, counts) for reference in references], axis=0)
        np.testing.assert_allclose(way(decay * ramp, counts), want, rtol=0, atol=4e-8)

    @pytest.mark.parametrize(
        ("t_mul", "cycles"), mostly_slow_rows([(1.5, 4), *((k, n) for k in (1, 2, 1.5) for n in (None, 1, 4))], 10)
    )
    def test_every_number_may_be_traced(self, t_mul, cycles):
        def rate(m, steps, t_mul, cycles):
            return m.warm_restarts(m.inverse_time_decay(1, 10, 1), steps, t_mul=t_mul, cycles=cycles, stretch=False)

        counts = np.arange(64)
        want = exact_values(rate(oracle, 10, t_mul, cycles), counts)
        values = [rate(od, np.int32(10), t_mul, cycles)(counts)]
        if cycles is None:
            values += [jax.jit(lambda n, k: rate(od, n, k, None)(counts))(n, t_mul) for n in (10, 10.0)]
        else:
            values += [jax.jit(lambda n, k, c: rate(od, n, k, c)(counts))(n, t_mul, cycles) for n in (10, 10.0)]
            values += [jax.jit(lambda c: rate(od, 10, t_mul, c)(counts))(cycles)]
        for got in values:
            np.testing.assert_allclose(got, want, rtol=0, atol=2e-6)


def test_the_program_does_not_grow_with_the_number_of_cycles():
    def operations(cycles, t_mul):
        schedule = od.warm_restarts(od.cosine_decay(0.1, 10), 10, t_mul=t_mul, cycles=cycles)
        return len(jax.make_jaxpr(schedule)(jnp.int32(3)).eqns)

    assert operations(2, 1) == operations(10**6, 1)
    assert operations(5, 2) == operations(20, 2)
