"""Counts by themselves: division and lengths on a million points, the edge of what may be traced, strict switches."""

from fractions import Fraction
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import optax_decay as od
from optax_decay import _arithmetic, _count, _cycle
from optax_decay._arithmetic import Twofold
from optax_decay._count import Count
from tests import oracle
from tests.examples import EXAMPLES
from tests.runs import mostly_slow, varied
from tests.ways import LAST

N = 10**6
RNG = np.random.default_rng(0)


def whole_counts(n=N):
    """On a linear and on a logarithmic scale, and the ends."""
    spread = RNG.integers(0, LAST, n // 2), (2 ** RNG.uniform(0, 31, n // 2)).astype(np.int64)
    return np.concatenate([*spread, [0, 1, LAST - 1, LAST]]).clip(0, LAST).astype(np.int32)


def value(count):
    """What a count is, in float64: exact to its 53 bits."""
    part = np.asarray(count.part.hi, np.float64) + np.asarray(count.part.lo, np.float64)
    return np.asarray(count.whole, np.float64) * float(count.unit) + part * float(count.unit)


def test_a_real_number_is_a_whole_number_and_a_part_below_1():
    wide = np.concatenate([RNG.uniform(0, LAST, N), 2 ** RNG.uniform(-40, 31, N), whole_counts().astype(np.float64)])
    hi = wide.astype(np.float32)
    lo = (wide - hi).astype(np.float32)
    inside = hi.astype(np.float64) < LAST
    count = jax.jit(lambda hi, lo: _count.from_real(Twofold(hi, lo), Count(jnp.zeros_like(hi, jnp.int32))))(hi, lo)
    exact = hi.astype(np.float64) + lo
    np.testing.assert_allclose(value(count)[inside], exact[inside], rtol=2.0**-32, atol=2.0**-32)
    np.testing.assert_array_equal(np.asarray(count.whole)[~inside], LAST)
    part = np.asarray(count.part.hi, np.float64) + np.asarray(count.part.lo, np.float64)
    assert part.min() >= 0
    assert part.max() < 1


class TestDivision:
    @pytest.mark.parametrize(("numerator", "denominator"), [
        (1, 1), (1, 7), (1, LAST), (3, 7), (7, 3), (10, 333), (LAST, LAST - 1), (2**30, 3),
        (999_999_937, 1_000_000_007),
    ])  # fmt: skip
    def test_a_quotient_and_its_remainder_are_exact(self, numerator, denominator):
        counts = whole_counts()
        quotient, remainder = jax.jit(lambda t: _count.divided(t, numerator, denominator))(counts)
        wide = counts.astype(object) * numerator
        want = np.minimum(wide // denominator, LAST)
        np.testing.assert_array_equal(quotient, want.astype(np.int64))
        inside = want < LAST
        np.testing.assert_array_equal(np.asarray(remainder)[inside], (wide % denominator).astype(np.int64)[inside])

    def test_it_is_exact_for_ratios_that_are_traced(self):
        counts, n = whole_counts(), whole_counts()[::-1]
        d = np.maximum(RNG.permutation(whole_counts()), 1)
        quotient, _ = jax.jit(_count.divided)(counts, n, d)
        want = np.minimum(counts.astype(object) * n // d, LAST)
        np.testing.assert_array_equal(quotient, want.astype(np.int64))

    @pytest.mark.parametrize("steps", [7, 100 / 3, 1000 / 7, 0.1, 12345.678, 10**9 + 7, 5 * 10**9])
    def test_a_length_fits_so_often_and_leaves_the_rest(self, steps):
        counts, exact = whole_counts(10**5), oracle.measured(steps)
        given = _arithmetic.given(steps, in_steps=True)

        @jax.jit
        def divided(whole):
            count = Count(whole)
            return _count.divide_with_remainder(count, _count.length(given, count))

        stage, rest = divided(counts)
        want = counts.astype(object) * exact.denominator // exact.numerator
        inside = want < LAST
        np.testing.assert_array_equal(np.asarray(stage)[inside], want[inside].astype(np.int64))
        left = np.array([float(t - s * exact) for t, s in zip(counts.tolist(), want.tolist(), strict=True)])
        np.testing.assert_allclose(value(rest)[inside], left[inside], rtol=0, atol=1e-9 * float(exact))


FRACTIONS = [Fraction(7), Fraction(21, 2), Fraction(37, 100), Fraction(1087, 100), Fraction(100, 3), Fraction(1, 50)]


def counts_with_parts(own):
    """Counts less a fraction: in JAX and as the host's fractions."""
    counts = whole_counts(10**4)
    given = _arithmetic.given(own)
    late = lambda t: _count.difference(Count(t), _count.steps_beside(given, Count(t)))  # noqa: E731
    return counts, late, [max(t - own, Fraction(0)) for t in counts.tolist()]


class TestCountsInShares:
    """Known fractions of steps: integers alone divide them, whatever stands in whatever."""

    @pytest.mark.parametrize(
        "own", mostly_slow([Fraction(n) for n in ("0", "1/2", "41/100", "2/7", "50/3")], Fraction(2, 7))
    )
    @pytest.mark.parametrize("steps", FRACTIONS)
    def test_stairs_and_what_remains_of_them_are_exact(self, own, steps):
        counts, late, exact = counts_with_parts(own)
        given = _arithmetic.given(steps, in_steps=True)

        @jax.jit
        def divided(whole):
            count = late(whole)
            length = _count.length(given, count)
            return *_count.divide_with_remainder(count, length), _count.stairs(count, length)

        stage, rest, stairs = divided(counts)
        want = [t // steps for t in exact]
        np.testing.assert_array_equal(stage, [min(s, LAST) for s in want])
        left = [float(t - s * steps) for t, s in zip(exact, want, strict=True)]
        np.testing.assert_allclose(value(rest), left, rtol=0, atol=1e-9)
        np.testing.assert_allclose(value(stairs), [float(s * steps) for s in want], rtol=1e-15, atol=1e-9)

    def test_stairs_of_stairs_are_where_they_are_on_the_host(self):
        counts = np.unique(np.concatenate([np.arange(500), whole_counts(200)]))
        nest = od.linear_decay(1.0, 2.0**31)
        for depth in range(24):
            nest = od.staircase(od.delay(nest, Fraction(depth % 3, 7)), FRACTIONS[depth % len(FRACTIONS)])
        want = np.array([float(nest(t)) for t in counts.tolist()])
        np.testing.assert_allclose(jax.jit(nest)(counts.astype(np.int32)), want, rtol=0, atol=1e-7)


class TestHorizons:
    """count / k, where k = max(1, ceil(count / steps)), of counts with and without a part."""

    @pytest.mark.parametrize("own", [Fraction(n) for n in ("0", "1/2", "41/100", "2/7")])
    @pytest.mark.parametrize("steps", [*FRACTIONS, Fraction(1), Fraction(LAST), Fraction(3 * 10**9)])
    def test_the_count_below_the_horizon_is_exact(self, own, steps):
        counts, late, exact = counts_with_parts(own)
        given = _arithmetic.given(steps, in_steps=True)

        @jax.jit
        def below(whole):
            count = late(whole)
            return _count.horizon(count, _count.length(given, count))

        cycles = [max(-(-t // steps), 1) for t in exact]
        want = np.array([float(t / k) for t, k in zip(exact, cycles, strict=True)])
        fits = np.array([k < LAST for k in cycles])
        found = below(counts)
        np.testing.assert_allclose(value(found)[fits], want[fits], rtol=2**-45, atol=1e-9)
        # Where there are more cycles than an integer holds, the count is next to its horizon.
        np.testing.assert_allclose(value(found)[~fits], float(steps), rtol=1e-7)

    def test_horizons_of_horizons_are_where_they_are_in_exact_arithmetic(self):
        counts = whole_counts(10**4)
        nest, exact = od.linear_decay(1.0, 10), counts.tolist()
        for steps in FRACTIONS[4::-1]:
            nest = od.expanding_cycle(nest, steps)
        for steps in FRACTIONS[:5]:
            exact = [t / max(-(-t // steps), 1) for t in map(Fraction, exact)]
        want = np.array([max(1 - float(t) / 10, 0) for t in exact])
        np.testing.assert_allclose(jax.jit(nest)(counts), want, rtol=0, atol=1e-6)


class TestClosedForm:
    @pytest.mark.parametrize("steps", [1, 3, 37, 1000, 12_345, 10**6 + 1])
    @pytest.mark.parametrize("t_mul", [2, 3, 4, 7, 10, 1000])
    def test_a_traced_whole_number_begins_each_cycle_where_it_should(self, t_mul, steps):
        begins = [0]
        while begins[-1] < LAST:
            begins.append(begins[-1] + steps * t_mul ** (len(begins) - 1))
        around = {min(max(begin + off, 0), LAST) for begin in begins for off in (-2, -1, 0, 1, 2)}
        counts = sorted(around | {(x + y) // 2 for x, y in pairwise(begins) if x + y < 2 * LAST})

        @jax.jit
        def found(counts, t_mul):
            given = [_arithmetic.given(number) for number in (steps, t_mul)]
            return _cycle.cycle(Count(counts), *given, None)

        index, local = found(np.array(counts, np.int32), t_mul)
        want = [sum(begin <= t for begin in begins) - 1 for t in counts]
        np.testing.assert_array_equal(index, want)
        exact = [(t - begins[i]) / t_mul**i for t, i in zip(counts, want, strict=True)]
        np.testing.assert_allclose(value(local), exact, rtol=2.0**-32, atol=2.0**-32)


class TestDoublingCycles:
    @pytest.mark.parametrize("steps", [1, 7, 1000, 2**20 + 1, LAST])
    def test_the_cycle_of_a_count_and_its_place_in_it_are_exact(self, steps):
        counts, first, twice = whole_counts(10**5), _arithmetic.given(steps), _arithmetic.given(2)
        index, local = jax.jit(lambda t: _cycle.cycle(Count(t), first, twice, None))(counts)
        want = np.array([(t // steps + 1).bit_length() - 1 for t in counts.tolist()])
        np.testing.assert_array_equal(index, want)
        begun = (2**want - 1) * steps
        np.testing.assert_array_equal(value(local), (counts - begun) / 2.0**want)


class TestUnits:
    def test_a_coarser_unit_is_exact(self):
        counts = whole_counts()
        for bits in (1, 5, 20):
            coarse = jax.jit(lambda t, n=bits: _count.coarser(Count(t, Twofold(jnp.float32(0.25), jnp.float32(0))), n))(
                counts
            )
            assert coarse.unit == 1 << bits
            np.testing.assert_array_equal(value(coarse), counts + 0.25)

    def test_counts_of_two_units_meet(self):
        x, y = Count(jnp.int32(1000), unit=Fraction(1, 4)), Count(jnp.int32(300))
        assert value(_count.difference(y, x)) == 50
        assert value(_count.select(True, x, y)) == 250
        assert not _count.reached(x, y)

    def test_a_count_goes_through_transformations_with_its_unit(self):
        count = Count(jnp.arange(4), unit=Fraction(1, 391))
        assert jax.jit(lambda c: c)(count).unit == Fraction(1, 391)
        assert jax.vmap(lambda c: c)(count).is_whole

    def test_a_foreign_callable_receives_an_integer_where_there_is_one(self):
        received = []
        base = lambda t: received.append(t) or 0.1  # noqa: E731
        od.stretch(base, 10)(30)
        od.per_step(base, 3)(2**40)
        od.stretch(base, 10)(35)
        assert received == [3, 3 * 2**40, 3.5]
        assert [type(t) for t in received] == [int, int, float]
        jax.jit(od.per_step(base, 2.5))(jnp.int32(2))
        assert received[-1].dtype == jnp.float32


class TestTheEdgeOfTheDomain:
    """A traced number at the edge of its domain behaves as the limit does."""

    @pytest.mark.parametrize("dtype", [jnp.int32, jnp.float32])
    def test_a_warm_up_that_is_all_there_is(self, dtype):
        whole = jax.jit(lambda w, t: od.warmup_cosine_decay(0.1, w, 100)(t))
        np.testing.assert_allclose([whole(dtype(100), t) for t in (0, 50, 99, 101)], [0, 0.05, 0.099, 0], atol=1e-8)
        nothing_left = jax.jit(lambda w, t: od.warmup(od.cosine_decay(0.1, 100 - w), w)(t))
        np.testing.assert_allclose([nothing_left(dtype(100), t) for t in (0, 50, 101)], [0, 0.05, 0], atol=1e-8)

    @pytest.mark.parametrize("dtype", [jnp.int32, jnp.float32])
    @pytest.mark.parametrize("make", [
        lambda n: od.cosine_decay(0.1, n), lambda n: od.linear_decay(0.1, n), lambda n: od.rex_decay(0.1, n),
        lambda n: od.polynomial_decay(0.1, n, 0.0, 0.5), lambda n: od.one_minus_sqrt_decay(0.1, n),
        lambda n: od.cooldown(0.1, 0, n), lambda n: od.sequence((0.1, n), (od.linear_decay(0.1, n), n), 0.0),
        lambda n: od.linear_decay(0.1, n) * od.warmup(1.0, n), lambda n: od.one_cycle(0.1, n, final_div_factor=1e9),
    ])  # fmt: skip
    def test_a_decay_of_no_steps_is_over_at_once_and_its_gradient_finite(self, make, dtype):
        values = jax.jit(lambda n: make(n)(np.arange(1, 5)))(dtype(0))
        np.testing.assert_allclose(values, 0, atol=1e-7)
        if dtype == jnp.float32:
            slopes = jax.jit(jax.jacfwd(lambda n: make(n)(np.arange(5))))(dtype(0))
            assert np.isfinite(slopes).all()

    @pytest.mark.parametrize("staircase", [False, True])
    def test_a_rate_of_zero_is_zero_after_the_first_step_or_stair(self, staircase):
        decay = jax.jit(lambda r, t: od.exponential_decay(0.1, 10, r, staircase=staircase)(t))
        first = 9 if staircase else 0
        np.testing.assert_array_equal([decay(0.0, t) for t in (0, first, 10, LAST)], np.float32([0.1, 0.1, 0, 0]))
        assert jax.grad(decay)(0.0, 25.0) == 0
        shrunk = jax.jit(lambda g, t: od.exp_range(0.0, 0.1, 10, gamma=g)(t))
        assert [shrunk(0.0, t) for t in (0, 5, 10, 20)] == [0, 0, 0, 0]

    @pytest.mark.parametrize("dtype", [jnp.int32, jnp.float32])
    def test_a_clock_of_no_steps_has_turned_at_once(self, dtype):
        base = od.linear_decay(0.1, 100)
        turned = jax.jit(lambda n, t: od.reverse(base, n)(t))
        np.testing.assert_array_equal([turned(dtype(0), t) for t in (0, 1, 50)], np.float32([0.1, 0.1, 0.1]))
        for bend in 2, 1.5:
            assert jax.jit(lambda n, k=bend: od.warp(base, n, k)(50))(dtype(0)) == np.float32(0.1)
        falling = jax.jit(lambda n, t: od.cyclic(base, 100, rise_steps=n)(t))
        np.testing.assert_allclose([falling(dtype(0), t) for t in (0, 1, 2, 100)], [0.1, 0.099, 0.098, 0.1], rtol=1e-6)


COUNTS = np.arange(64).reshape(8, 8)


def traced(name):
    """An example's setting as JAX scalars."""
    return jax.tree.map(lambda x: jnp.float32(x) if isinstance(x, float) else jnp.int32(x), EXAMPLES[name].setting(0))


class TestStrictSwitches:
    """What is promoted is promoted while a program is traced."""

    @pytest.mark.parametrize("name", EXAMPLES)
    def test_no_rank_is_promoted(self, name):
        schedule = EXAMPLES[name].make(od, **EXAMPLES[name].setting(0))
        with jax.numpy_rank_promotion("raise"):
            for counts in COUNTS, COUNTS.astype(np.float32) + 0.25:
                assert jax.eval_shape(schedule, counts).shape == COUNTS.shape
            jax.eval_shape(lambda given: EXAMPLES[name].make(od, **given)(COUNTS), traced(name))

    @varied
    def test_nor_is_one_in_a_sample_or_operation_by_operation(self, name):
        schedule = EXAMPLES[name].make(od, **EXAMPLES[name].setting(0))
        with jax.numpy_rank_promotion("raise"):
            np.testing.assert_allclose(od.sample(schedule, COUNTS), schedule(COUNTS), rtol=1e-5, atol=1e-7)

    # Of a user's own function of plain numbers the package knows nothing.
    @pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "schedule"])
    def test_no_dtype_is_promoted(self, name):
        with jax.numpy_dtype_promotion("strict"):
            jax.eval_shape(EXAMPLES[name].make(od, **EXAMPLES[name].setting(0)), COUNTS)
            jax.eval_shape(lambda given: EXAMPLES[name].make(od, **given)(COUNTS), traced(name))
