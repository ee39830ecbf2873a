"""The decays against their definitions: 4 units in the last place at every count, both ends bit for bit."""

import math
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import optax_decay as od
from tests import oracle
from tests.conftest import LAST, WAYS, around, eager, scanned

TINY = float(np.finfo(np.float32).tiny)
HUGE = float(np.finfo(np.float32).max)


def counts_for(steps: float, seed: int = 0) -> np.ndarray:
    """0, the end, boundaries, past 2**24, the last counts, and random ones on a linear and a logarithmic scale."""
    rng, steps = np.random.default_rng(seed), int(steps)
    special = around(0, steps // 2, *(k * steps for k in (1, 2, 3, 7)), 2**24, LAST - 1)
    spread = [rng.integers(0, LAST, 20), rng.integers(0, min(2 * steps, LAST) + 1, 30), 10 ** rng.uniform(0, 9.33, 30)]
    return np.unique(np.concatenate([special, *spread]).clip(0, LAST).astype(np.int32))


def as_float(exact) -> float:
    try:
        return float(exact)
    except OverflowError:
        return math.inf


def ulps(values: np.ndarray, name: str, counts: np.ndarray, *args, **kwargs) -> np.ndarray:
    """The distance to the oracle in units in the last place; where it meets zero, in eps of init_value."""
    exact = getattr(oracle, name)(*args, **kwargs)
    want = np.array([as_float(exact(int(t))) for t in counts])
    normal = (abs(want) >= TINY) & (abs(want) <= HUGE)
    with np.errstate(over="ignore", invalid="ignore"):
        unit = np.spacing(abs(want).astype(np.float32)).astype(np.float64)
    if kwargs.get("beta") == 0 or as_float(exact(0)) * as_float(exact(LAST)) < 0:
        unit = np.maximum(unit, abs(args[0]) * np.finfo(np.float32).eps)
    return abs(values[normal] - want[normal]) / unit[normal]


STEPS = [1, 2, 7, 41, 1000, 2**24 - 1, 2**24 + 1, 10**8, 3 * 10**8 + 1, LAST, 2**31 + 7, 5 * 10**9, 2.5]
CASES = [
    ("exponential_decay", (0.1,), (0.96,), {}),
    ("exponential_decay", (0.3,), (0.001,), {}),
    ("exponential_decay", (7.3,), (0.9,), {"staircase": True}),
    ("exponential_decay", (1e-3,), (1.01,), {}),
    ("natural_exp_decay", (0.1,), (0.5,), {}),
    ("natural_exp_decay", (9.7,), (17.3,), {"staircase": True}),
    ("inverse_time_decay", (0.1,), (0.5,), {}),
    ("inverse_time_decay", (0.7,), (30.0,), {"staircase": True}),
    ("linear_decay", (0.1,), (), {}),
    ("polynomial_decay", (0.1,), (), {}),
    ("polynomial_decay", (0.1,), (0.01, 2.0), {}),
    ("polynomial_decay", (0.1,), (0.0, 0.5), {}),
    ("polynomial_decay", (0.1,), (1e-3, 1.7), {}),
    ("polynomial_decay", (1e-4,), (0.3, 0.9), {}),
    ("polynomial_decay", (1e-4,), (3.0, 3.0), {}),
    ("polynomial_decay", (0.1,), (-0.05, 1.5), {}),
    ("cosine_decay", (0.1,), (), {}),
    ("cosine_decay", (0.3,), (0.1,), {}),
    ("cosine_decay", (1e-3,), (40.0,), {}),
    ("cosine_decay", (0.1,), (-0.5,), {}),
    ("inverse_sqrt_decay", (0.1,), (), {}),
    ("one_minus_sqrt_decay", (0.1,), (), {}),
    ("one_minus_sqrt_decay", (1e-3,), (0.7,), {}),
    ("tanh_decay", (0.1,), (), {}),
    ("tanh_decay", (1e-4,), (0.3,), {"lower": -3.0, "upper": 2.0}),
    ("rex_decay", (0.1,), (), {}),
    ("rex_decay", (1e-3,), (0.5,), {}),
    ("linear_cosine_decay", (0.1,), (), {}),
    ("linear_cosine_decay", (0.1,), (), {"num_periods": 2.0, "alpha": 0.1, "beta": 0.0}),
]


@pytest.mark.parametrize(("name", "before", "after", "flags"), CASES)
def test_a_traced_decay_is_within_4_ulp_of_its_definition(name, before, after, flags):
    # Traced numbers mean their binary values: the oracle gets those.
    binary = [float(np.float32(x)) for x in (*before, *after)]

    @jax.jit
    def run(counts, steps, numbers):
        return getattr(od, name)(numbers[0], steps, *numbers[1:], **flags)(counts)

    if name == "polynomial_decay" and not after:
        binary.append(float(np.float32(1e-4)))
    for steps in (s for s in STEPS if isinstance(s, int) and s <= LAST):
        counts = np.resize(counts_for(steps), 128)
        values = np.asarray(run(counts, steps, [jnp.float32(x) for x in binary]))
        numbers = [binary[0], steps, *binary[1:]]
        # The oracle reads floats as decimals: Fractions keep a binary value.
        exact = [Fraction(x) if isinstance(x, float) else x for x in numbers]
        assert ulps(values, name, counts, *exact, **flags).max(initial=0) <= 4, steps


@pytest.mark.parametrize(("name", "before", "after", "flags"), CASES)
@pytest.mark.parametrize("steps", [1000, 5 * 10**9])
def test_a_decay_is_within_4_ulp_of_its_definition(name, before, after, flags, steps):
    args = (*before, steps, *after)
    schedule, counts = getattr(od, name)(*args, **flags), counts_for(steps)
    for way in (eager, scanned, WAYS[2]):
        assert ulps(way(schedule, counts), name, counts, *args, **flags).max(initial=0) <= 4, way.__name__


@pytest.mark.slow
@pytest.mark.parametrize(("name", "before", "after", "flags"), CASES)
@pytest.mark.parametrize("steps", [1, 41, 2**24 + 1, 3 * 10**8 + 1, 2**31 + 7, 2.5])
def test_a_decay_is_within_4_ulp_of_its_definition_in_every_way(name, before, after, flags, steps):
    args = (*before, steps, *after)
    schedule, counts = getattr(od, name)(*args, **flags), counts_for(steps, seed=1)
    for way in WAYS:
        assert ulps(way(schedule, counts), name, counts, *args, **flags).max(initial=0) <= 4, way.__name__


@pytest.mark.parametrize(
    "steps", [1, 49, 2**24 + 1, *(pytest.param(n, marks=pytest.mark.slow) for n in (3, 1000, 3 * 10**8 + 1))]
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
def test_both_ends_are_bit_for_bit(make, first, last, steps):
    schedule = make(steps)
    counts = np.array([0, steps], np.int32)
    want = np.array([first, last], np.float32)
    for way in WAYS:
        values = way(schedule, counts)
        assert values.dtype == np.float32
        np.testing.assert_array_equal(values.view(np.int32), want.view(np.int32), err_msg=way.__name__)


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
    np.testing.assert_array_equal(jax.jit(schedule)(np.array([-7, -1])), np.full(2, schedule(0)))
    last = schedule(jnp.array([LAST]))[0]
    np.testing.assert_array_equal(schedule(jnp.array([2**31, 2**32 - 1], jnp.uint32)), np.full(2, last))


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
@settings(max_examples=200, deadline=None, derandomize=True)
def test_hypothesis_finds_no_decay_off_by_more_than_4_ulp(steps, numbers, counts):
    counts = np.array(counts, np.int32)
    exact = [Fraction(x) for x in numbers]
    for (name, pick), values in zip(FAMILY.items(), family(counts, steps, *map(np.float32, numbers)), strict=True):
        a, b, c = exact
        assert ulps(np.asarray(values), name, counts, *pick(a, steps, b, c)).max(initial=0) <= 4, name


def test_piecewise_constant_keeps_the_old_value_at_a_boundary():
    schedule = od.piecewise_constant([100, 200], [0.1, 0.01, 0.001])
    counts = around(100, 200)
    for way in WAYS:
        np.testing.assert_array_equal(
            way(schedule, counts), np.float32([0.1, 0.1, 0.01, 0.01, 0.01, 0.001]), err_msg=way.__name__
        )


@pytest.mark.parametrize("n", [0, 1, 5, 64, 65, 1000])
def test_piecewise_constant_of_any_number_of_boundaries_is_right_at_each(n):
    rng = np.random.default_rng(n)
    edges = np.unique(rng.integers(-5, LAST, n))
    values = np.arange(edges.size + 1) / 7.0
    counts = around(*edges[:: max(1, edges.size // 100)].tolist(), 0, LAST)
    want = values[np.searchsorted(edges, counts)].astype(np.float32)
    for boundaries, held in ((edges, values), (edges.tolist(), values.tolist())):
        schedule = od.piecewise_constant(boundaries, held)
        for way in WAYS:
            np.testing.assert_array_equal(way(schedule, counts), want, err_msg=way.__name__)
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

    def test_the_same_count_has_the_same_value_however_it_is_asked(self):
        counts = np.array([0, 1, 500, 999, 1000, 2**24 + 1, LAST], np.int32)
        first = WAYS[0](self.schedule, counts)
        for way in WAYS:
            np.testing.assert_allclose(way(self.schedule, counts), first, rtol=1e-6, atol=1e-9, err_msg=way.__name__)

    def test_counts_and_seeds_draw_independently(self):
        counts = np.arange(4000, 8000)
        noise = [np.asarray(od.noisy_linear_cosine_decay(1.0, 10**6, seed, num_periods=0.0)(counts)) for seed in (3, 4)]
        assert abs(np.corrcoef(*noise)[0, 1]) < 0.1
        assert abs(np.corrcoef(noise[0][1:], noise[0][:-1])[0, 1]) < 0.1

    def test_the_noise_has_the_variance_of_the_definition(self):
        flat = od.noisy_linear_cosine_decay(1.0, 10**6, 3, num_periods=0.0, beta=0.0)
        counts = np.arange(4000, 8000)
        deviation = np.asarray(flat(counts)) - (1 - counts / 1e6)
        scaled = deviation / (1.0 + counts) ** (-0.55 / 2)
        assert abs(scaled.mean()) < 0.08
        assert abs(scaled.std() - 1) < 0.05

    def test_a_fractional_count_draws_as_its_whole_part(self):
        quiet = od.linear_cosine_decay(0.1, 1000)
        assert abs((self.schedule(5.5) - quiet(5.5)) - (self.schedule(5) - quiet(5))) < 1e-3

    def test_no_variance_is_linear_cosine_decay(self):
        counts = np.arange(0, 1200, 7)
        silent = self.schedule.replace(initial_variance=0.0)
        np.testing.assert_allclose(silent(counts), od.linear_cosine_decay(0.1, 1000)(counts), rtol=1e-6)
