"""The decays against their definitions: 4 units in the last place at every count, both ends bit for bit."""

from fractions import Fraction
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import optax_decay as od
from tests.derivatives import REFERENCE
from tests.examples import DECAYS, EXAMPLES
from tests.ways import (
    HUGE,
    LAST,
    around,
    as_float,
    counts_for,
    eager,
    eager_array,
    exact_values,
    in_every_way,
    in_ways,
    jitted,
    padded,
    scanned,
)  # fmt: skip

TINY = float(np.finfo(np.float32).tiny)
LENGTH_NAMES = ("decay_steps", "timescale")

# Each decay's hard numbers, for which a test adds the length.
CASES = {f"{name}-{n}": (EXAMPLES[name], hard) for name in DECAYS for n, hard in enumerate(EXAMPLES[name].hard)}
each_case = pytest.mark.parametrize("case", CASES)


def with_length(example, hard, steps):
    """All hyperparameters of a case; a table of boundaries has no length."""
    return {**hard, **{name: steps for name in LENGTH_NAMES if name in example.settings}}


@lru_cache(maxsize=4)
def definition(case, steps, seed=0):
    """What a case is given, counts, and the exact values there: the same for every way."""
    example, hard = CASES[case]
    given, counts = with_length(example, hard, steps), counts_for(steps, seed=seed, many=16)
    reference = example.make(REFERENCE, **given)
    return given, counts, reference, exact_values(reference, counts)


def ulps(values, reference, want, given):
    """The distance to the oracle in units in the last place; where it meets zero, in eps of its first value."""
    normal = (abs(want) >= TINY) & (abs(want) <= HUGE)
    with np.errstate(over="ignore", invalid="ignore"):
        unit = np.spacing(abs(want).astype(np.float32)).astype(np.float64)
    if given.get("beta") == 0 or as_float(reference(0)) * as_float(reference(LAST)) < 0:
        unit = np.maximum(unit, abs(given["init_value"]) * np.finfo(np.float32).eps)
    return abs(np.asarray(values)[normal] - want[normal]) / unit[normal]


STEPS = [1, 2, 7, 41, 1000, 2**24 - 1, 2**24 + 1, 10**8, 3 * 10**8 + 1, LAST]


@each_case
def test_a_traced_decay_is_within_4_ulp_of_its_definition(case, subtests):
    example, hard = CASES[case]
    static = {name: value for name, value in hard.items() if isinstance(value, bool)}
    traced = {name: value for name, value in hard.items() if name not in static}
    # Traced numbers mean their binary values: the oracle, which reads floats as decimals, gets those as Fractions.
    traced = jax.tree.map(lambda x: np.float32(x) if isinstance(x, float) else x, traced)
    binary = jax.tree.map(lambda x: Fraction(float(x)) if isinstance(x, np.float32) else x, traced)
    run = jax.jit(lambda counts, given: example.make(od, **given, **static)(counts))
    for steps in STEPS:
        counts = counts_for(steps, many=12)
        values = run(padded(counts), with_length(example, traced, steps))[: counts.size]
        reference = example.make(REFERENCE, **with_length(example, binary, steps), **static)
        with subtests.test(steps=steps):
            assert ulps(values, reference, exact_values(reference, counts), hard).max(initial=0) <= 4


@each_case
@pytest.mark.parametrize("steps", [1000, 5 * 10**9])
@in_ways(eager, scanned, jitted)
def test_a_decay_is_within_4_ulp_of_its_definition(case, steps, way):
    check(case, steps, way)


@pytest.mark.slow
@each_case
@pytest.mark.parametrize("steps", [1, 41, 2**24 + 1, 3 * 10**8 + 1, 2**31 + 7, 2.5])
@in_every_way
def test_a_decay_is_within_4_ulp_of_its_definition_in_every_way(case, steps, way):
    check(case, steps, way, seed=1)


def check(case, steps, way, seed=0):
    given, counts, reference, want = definition(case, steps, seed)
    values = way(CASES[case][0].make(od, **given), counts)
    assert ulps(values, reference, want, given).max(initial=0) <= 4


@pytest.mark.parametrize(
    "steps", [49, 2**24 + 1, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 3, 1000, 3 * 10**8 + 1))]
)
@pytest.mark.parametrize(
    ("make", "first", "last"),
    [
        (lambda d: od.linear_decay(0.1, d), 0.1, 0.0),
        (lambda d: od.linear_decay(-0.1, d), -0.1, 0.0),
        (lambda d: od.polynomial_decay(0.1, d), 0.1, 1e-4),
        (lambda d: od.polynomial_decay(0.1, d, 0.03, power=2.0), 0.1, 0.03),
        (lambda d: od.polynomial_decay(0.1, d, 0.7, power=0.5), 0.1, 0.7),
        (lambda d: od.polynomial_decay(0.1, d, 0.03, power=2.5, cycle=True), 0.1, 0.03),
        (lambda d: od.cosine_decay(0.1, d), 0.1, 0.0),
        (lambda d: od.one_minus_sqrt_decay(0.1, d, 0.03), 0.1, 0.03),
        (lambda d: od.rex_decay(0.1, d, 0.3), 0.1, 0.3),
        (lambda d: od.piecewise_linear([0, d], [0.1, 0.3]), 0.1, 0.3),
        (lambda d: od.cosine_decay(0.1, d, 0.3), 0.1, 0.1 * 0.3),
        (lambda d: od.cosine_decay(0.1, d, 30.0), 0.1, 0.1 * 30.0),
    ],
)
@in_every_way
def test_both_ends_are_bit_for_bit(make, first, last, steps, way):
    values, want = way(make(steps), np.array([0, steps], np.int32)), np.array([first, last], np.float32)
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values.view(np.int32), want.view(np.int32))


@pytest.mark.parametrize(
    "schedule",
    [
        od.exponential_decay(0.1, 10, 0.9),
        od.polynomial_decay(0.1, 10),
        od.cosine_decay(0.1, 10),
        od.piecewise_constant([0, 5], [0.3, 0.2, 0.1]),
        od.cosine_decay_restarts(0.1, 10, t_mul=1.5),
        od.cyclic(od.linear_decay(0.1, 10), 10),
        od.noisy_linear_cosine_decay(0.1, 10, 0),
    ],
)
def test_a_value_is_held_below_0_and_past_the_last_count(schedule):
    assert schedule(-5) == schedule(np.int8(-1)) == schedule(-0.5) == schedule(0)
    np.testing.assert_array_equal(jitted(schedule, [-7, -1]), np.full(2, schedule(0)))
    beyond = schedule(jnp.asarray(padded(np.array([2**31, 2**32 - 1], np.uint32))))
    np.testing.assert_array_equal(beyond, np.full(beyond.shape, eager_array(schedule, [LAST])[0]))


FAMILY = {
    "exponential_decay": lambda a, steps, b, c: (a, steps, b),
    "natural_exp_decay": lambda a, steps, b, c: (a, steps, b),
    "inverse_time_decay": lambda a, steps, b, c: (a, steps, b),
    "polynomial_decay": lambda a, steps, b, c: (a, steps, b, c),
    "cosine_decay": lambda a, steps, b, c: (a, steps, b),
}


@jax.jit
def family(counts, steps, a, b, c):
    return [getattr(od, name)(*pick(a, steps, b, c))(counts) for name, pick in FAMILY.items()]


@given(
    steps=st.integers(1, LAST),
    numbers=st.tuples(*[st.floats(2**-10, 8, width=32)] * 3),
    counts=st.lists(st.integers(0, LAST), min_size=8, max_size=8),
)
@settings(max_examples=200, derandomize=True)
def test_hypothesis_finds_no_decay_off_by_more_than_4_ulp(steps, numbers, counts):
    counts = np.array(counts, np.int32)
    a, b, c = map(Fraction, numbers)
    for (name, pick), values in zip(FAMILY.items(), family(counts, steps, *map(np.float32, numbers)), strict=True):
        reference = getattr(REFERENCE, name)(*pick(a, steps, b, c))
        assert ulps(values, reference, exact_values(reference, counts), {"init_value": a}).max(initial=0) <= 4, name


@in_every_way
def test_piecewise_constant_keeps_the_old_value_at_a_boundary(way):
    values = way(od.piecewise_constant([100, 200], [0.1, 0.01, 0.001]), around(100, 200))
    np.testing.assert_array_equal(values, np.float32([0.1, 0.1, 0.01, 0.01, 0.01, 0.001]))


@pytest.mark.parametrize("first", [0, 20, 2**24 + 1, LAST - 9])
@in_every_way
def test_piecewise_linear_takes_the_second_value_at_a_jump(first, way):
    schedule = od.piecewise_linear([first, first + 4, first + 4, first + 8], [0.0, 1.0, 5.0, 6.0])
    values = way(schedule, around(first + 4))
    np.testing.assert_array_equal(values, np.float32([0.75, 5.0, 5.25]))


@pytest.mark.parametrize("boundaries", [[9, 9, 20], [20, 29, 29], [20, 20, 20], [9, 9, 29, 29, 29], [20.5, 20.5, 29]])
def test_a_jump_is_where_the_definition_has_it_traced_too(boundaries):
    values, counts = [0.5, 0.25, 0.75, 1.0, 0.125][: len(boundaries)], around(9, 20, 29)
    want = exact_values(REFERENCE.piecewise_linear(boundaries, values), counts)
    traced = jax.jit(lambda b, t: od.piecewise_linear(b, values)(t))
    for dtype in (np.float32, np.int32)[: 2 - (20.5 in boundaries)]:
        np.testing.assert_allclose(traced(np.array(boundaries, dtype), padded(counts))[: counts.size], want, rtol=2e-7)
    slopes = jax.vmap(jax.grad(traced), (None, 0))(np.float32(boundaries), np.float32(padded(counts)))
    assert np.isfinite(slopes).all()


class TestTables:
    @staticmethod
    def of(n):
        """Boundaries and values of a table, counts around them, and what is wanted there."""
        rng = np.random.default_rng(n)
        edges = np.unique(rng.integers(-5, LAST, n))
        values = np.arange(edges.size + 1) / 7.0
        counts = around(*edges[:: max(1, edges.size // 100)].tolist(), 0, LAST)
        return edges, values, counts, values[np.searchsorted(edges, counts)].astype(np.float32)

    @in_every_way
    @pytest.mark.parametrize("held", [np.asarray, np.ndarray.tolist], ids=["arrays", "lists"])
    @pytest.mark.parametrize("n", [0, 1, 5, 64, 65, 1000])
    def test_piecewise_constant_of_any_number_of_boundaries_is_right_at_each(self, n, held, way):
        edges, values, counts, want = self.of(n)
        np.testing.assert_array_equal(way(od.piecewise_constant(held(edges), held(values)), counts), want)

    @pytest.mark.parametrize("n", [0, 1, 5, 64, 65, 1000])
    def test_so_is_one_that_is_traced(self, n):
        edges, values, counts, want = self.of(n)
        traced = jax.jit(lambda b, v, t: od.piecewise_constant(b, v)(t))(edges.astype(np.int32), values, counts)
        np.testing.assert_array_equal(traced, want)


def test_fractional_boundaries_and_counts_meet_exactly():
    schedule = od.piecewise_constant([0.5, 2, 2.25], [4.0, 3.0, 2.0, 1.0])
    epochs = np.array([0, 0.5, 0.50001, 1, 2, 2.125, 2.25, 2.375, 3])
    want = [4, 4, 3, 3, 3, 2, 2, 1, 1]
    np.testing.assert_array_equal(schedule(epochs), want)
    np.testing.assert_array_equal(jax.jit(schedule)(jnp.float32(epochs)), want)
    np.testing.assert_array_equal([schedule(float(t)) for t in epochs], want)
    np.testing.assert_array_equal([schedule(t) for t in range(4)], [4, 3, 3, 1])


class TestNoise:
    schedule = od.noisy_linear_cosine_decay(0.1, 1000, seed=7)

    @in_every_way
    def test_the_same_count_has_the_same_value_however_it_is_asked(self, way):
        counts = np.array([0, 1, 500, 999, 1000, 2**24 + 1, LAST], np.int32)
        np.testing.assert_allclose(way(self.schedule, counts), eager(self.schedule, counts), rtol=1e-6, atol=1e-9)

    def test_counts_and_seeds_draw_independently(self):
        counts = np.arange(4000, 8000)
        noise = [
            eager_array(od.noisy_linear_cosine_decay(1.0, 10**6, seed, num_periods=0.0), counts) for seed in (3, 4)
        ]
        assert abs(np.corrcoef(*noise)[0, 1]) < 0.1
        assert abs(np.corrcoef(noise[0][1:], noise[0][:-1])[0, 1]) < 0.1

    def test_the_noise_has_the_variance_of_the_definition(self):
        flat = od.noisy_linear_cosine_decay(1.0, 10**6, 3, num_periods=0.0, beta=0.0)
        counts = np.arange(4000, 8000)
        deviation = eager_array(flat, counts) - (1 - counts / 1e6)
        scaled = deviation / (1.0 + counts) ** (-0.55 / 2)
        assert abs(scaled.mean()) < 0.08
        assert abs(scaled.std() - 1) < 0.05

    def test_a_fractional_count_draws_as_its_whole_part(self):
        quiet = od.linear_cosine_decay(0.1, 1000)
        assert abs((self.schedule(5.5) - quiet(5.5)) - (self.schedule(5) - quiet(5))) < 1e-3

    def test_no_variance_is_linear_cosine_decay(self):
        counts = np.arange(0, 1200, 7)
        silent = self.schedule.replace(initial_variance=0.0)
        quiet = od.linear_cosine_decay(0.1, 1000)
        np.testing.assert_allclose(eager_array(silent, counts), eager_array(quiet, counts), rtol=1e-6)
