"""Counts in units, lengths that people compute, counts beyond JAX's integers: the definition's value in every way."""

import functools
import random
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import optax_decay as od
from tests import oracle
from tests.runs import mostly_slow, mostly_slow_rows
from tests.ways import LAST, WAYS, eager, eager_array, jitted, padded, together

TOKENS = 4_194_304


def exact(reference, counts):
    return np.array([float(reference(Fraction(t))) for t in counts])


def by_tokens(m):
    return m.per_step(m.warmup_cosine_decay(3e-4, 2e10, 2e12, end_value=3e-5), TOKENS)


@pytest.mark.parametrize("way", WAYS)
def test_a_base_may_count_more_than_an_integer_holds(way):
    counts = np.array([0, 1, 1000, 4768, 4769, 5000, 10**5, 4 * 10**5, 476_836, 476_838, 10**6, LAST], np.int32)
    want = exact(by_tokens(oracle), counts.tolist())
    np.testing.assert_allclose(way(by_tokens(od), counts), want, rtol=2e-6)


@pytest.mark.parametrize("way", [eager, jitted])
def test_each_stair_of_a_base_that_counts_faster_is_in_its_place(way):
    schedule, reference = (
        m.stretch(m.exponential_decay(0.01, 25_000_000, 0.95, staircase=True), 1 / 16384) for m in (od, oracle)
    )
    edges = [-(-k * 25_000_000 // 16384) for k in range(1, 121)]
    counts = np.array([t + beside for t in edges for beside in (-1, 0)], np.int32)
    np.testing.assert_allclose(way(schedule, counts), exact(reference, counts.tolist()), rtol=1e-6)


# Each of these was wrong once.
POINTS = [
    (lambda m: m.cosine_decay(0.1, 1e10), [5 * 10**9]),
    (
        lambda m: m.delay(m.stretch(m.warmup_cosine_decay(0.0, 4, 128, init_value=0.1, end_value=-0.2), 0.1), -99.99),
        [289431540],
    ),
    (lambda m: m.stretch(m.linear_decay(1e-8, 97), 0.001), [8388607.5]),
    (lambda m: m.exponential_decay(0.0, 30, 1.5, staircase=True), [14232]),
    (
        lambda m: m.sequence(
            (m.delay(m.cyclic(m.cosine_decay(1.0, 97.3, alpha=0.1), 5 * 10**9, rise_steps=1.1, cycles=3), 1), 100), 0.0
        ),
        [0],
    ),
    (
        lambda m: m.cyclic(m.warmup(m.cosine_decay(1.0, 0.7, alpha=0.1), 0.001), 10**12, rise_steps=10**6, cycles=3),
        [0.5],
    ),
    (lambda m: m.warm_restarts(m.linear_decay(1.0, 97), 0.001, m_mul=0.5), [4000000.25]),
    (lambda m: m.cyclic(m.linear_decay(1.0, 50), 5, rise_steps=3_000_000_000, cycles=2), [0, 1, 5, 10**9, LAST]),
    (lambda m: m.warm_restarts(m.linear_decay(0.1, 100), 100, t_mul=0.5, cycles=40), [0, 100, 150, 199, 200, 250]),
    (lambda m: m.triangular(0.0, 0.1, 3 * 10**9), [0, 1, 10**9, LAST]),
    (lambda m: m.reverse(m.linear_decay(0.1, 3e9), 3e9), [0, 1, 10**9, LAST]),
    (lambda m: m.delay(m.linear_decay(0.1, 6e9), -5e9), [0, 1, 10**9 - 1, 10**9, LAST]),
    (lambda m: m.delay(m.linear_decay(0.1, 6e9), 5e9), [0, 1, LAST]),
    (lambda m: m.one_cycle(0.1, 8 * 10**9), [0, 1, 10**9, LAST]),
    (lambda m: m.cyclic(m.rex_decay(1.0, 97.8), 0.0055, rise_steps=3 * 10**11, cycles=5), [0, 1, LAST]),
    (
        lambda m: m.cyclic(m.per_step(m.inverse_sqrt_decay(1.0, 12.5), 0.01), 6 * 10**11, rise_steps=136505, cycles=2),
        [0, 1, 10**5, 136505, LAST],
    ),
    (lambda m: m.cyclic(m.expanding_cycle(m.linear_decay(1.0, 7), 2), 44 * 10**9), [0, 1, 10**9, LAST]),
    (lambda m: m.warm_restarts(m.linear_decay(0.1, 1), 1, cycles=2**31 + 1), [0, 7, LAST]),
    (lambda m: m.linear_decay(0.1, 1e-12), [0, 1, LAST]),
    (lambda m: m.warm_restarts(m.linear_decay(0.1, 1e-12), 1e-12, cycles=5), [0, 1]),
    (lambda m: m.warmup(0.1, 0.57 * 100), [0, 1, 56, 57, 58, 100]),
    (lambda m: m.warmup(0.1, 0.9999999999999999), [0, 1, 2]),
    (lambda m: m.warmup_cosine_decay(0.1, 0.57 * 100, 100), [0, 1, 56, 57, 58, 100]),
    (lambda m: m.warmup_stable_decay(0.1, 0.57 * 100, 100, 20), [0, 1, 56, 57, 58, 100]),
    (lambda m: m.noam(512, 0.57 * 100), [0, 1, 55, 56, 57, 58, 100]),
    (lambda m: m.warm_restarts(m.linear_decay(1.0, 100 / 3), 100 / 3), range(0, 1000, 20)),
    (lambda m: m.exponential_decay(1.0, 100 / 3, 0.5, staircase=True), range(0, 700, 20)),
    (lambda m: m.polynomial_decay(1.0, 10 / 3, cycle=True), range(0, 100)),
    (lambda m: m.warm_restarts(m.linear_decay(1.0, 0.1 * 3), 0.1 * 3), range(0, 100)),
    (lambda m: m.warm_restarts(m.linear_decay(1.0, 50000 / 96), 50000 / 96), [0, 520, 521, 3125, 6250]),
    (lambda m: m.warm_restarts(m.linear_decay(1.0, 10 / 3), 10 / 3, t_mul=2), range(0, 100)),
    (lambda m: m.cosine_decay_restarts(0.1, 1000 / 3), [0, 333, 334, 1000, 2333, 2334, 4999, 5000]),
    (lambda m: m.stretch(m.piecewise_constant([0.1, 0.3, 0.7], [0.1, 0.2, 0.3, 0.4]), 10), range(10)),
]  # fmt: skip


@pytest.mark.parametrize(("make", "counts"), POINTS)
def test_a_point_that_was_wrong_is_right(make, counts):
    counts = list(counts)
    schedule, want = make(od), exact(make(oracle), counts)
    largest = max(abs(want).max(), 1e-3 * abs(exact(make(oracle), [0, 1, 7])).max())
    ways = {"eager": [schedule(t) for t in counts]}
    if max(counts) <= LAST:
        kind = np.int32 if all(isinstance(t, int) for t in counts) else np.float32
        compiled = jax.jit(schedule)
        ways["array"] = eager_array(schedule, np.array(counts, kind))
        ways["jitted"] = compiled(padded(np.array(counts, kind)))[: len(counts)]
        ways["scalars"] = [compiled(kind(t)) for t in counts[:5]]
    for way, values in ways.items():
        np.testing.assert_allclose(values, want[: len(values)], rtol=2e-6, atol=2e-6 * largest, err_msg=way)


def test_no_value_next_to_the_last_count_is_infinite():
    schedule = od.warmup(-od.triangular2(0.1, 0.0, 0.3333), 97.3)
    np.testing.assert_allclose(jax.jit(schedule)(2147483633), -0.1, rtol=1e-6)


def test_a_numpy_array_beyond_the_integers_is_computed_without_x64():
    schedule = od.cosine_decay(0.1, 2 * 10**12)
    np.testing.assert_allclose(schedule(np.array([0, 10**12, 2 * 10**12])), [0.1, 0.05, 0.0], atol=1e-9)
    np.testing.assert_allclose(od.sample(schedule, np.array([[0, 10**12]])), [[0.1, 0.05]], rtol=1e-6)


def equations(schedule):
    """Equations of the traced program, those of inner programs too."""
    return str(jax.make_jaxpr(schedule)(jnp.int32(3))).count(" = ")


BASES = {
    "exponential": od.exponential_decay(0.1, 30, 0.96),
    "stairs": od.exponential_decay(0.1, 30, 0.96, staircase=True),
    "polynomial": od.polynomial_decay(0.1, 90, power=2.0),
    "linear": od.linear_decay(0.1, 90),
    "cosine": od.cosine_decay(0.1, 90),
    "table": od.piecewise_constant([30, 60], [0.1, 0.01, 0.001]),
    "rex": od.rex_decay(0.1, 90),
    "restarts": od.warm_restarts(od.linear_decay(0.1, 90), 90),
    "warmup": od.warmup(od.cosine_decay(0.1, 90), 10),
    "cooldown": od.cooldown(od.cosine_decay(0.1, 90), 50, 10),
    "warmup_stable_decay": od.warmup_stable_decay(0.1, 10, 100, 20),
    "sequence": od.sequence((od.linear_decay(0.1, 90), 10), (0.1, 10), 0.2),
}


@pytest.mark.parametrize("name", BASES)
def test_a_stretch_by_a_known_factor_adds_no_equation(name):
    base = BASES[name]
    assert equations(od.stretch(base, 391)) <= equations(base)
    assert equations(od.per_step(base, Fraction(1, 391))) <= equations(base)


def test_counts_that_leave_room_are_moved_on_by_one_addition():
    few = equations(od.delay(od.delay(od.linear_decay(0.1, 90), -1), 2))
    assert equations(od.delay(od.delay(od.linear_decay(0.1, 90), -99_999), 100_000)) == few
    assert equations(od.stretch(od.noam(512, 100), 391)) <= equations(od.noam(512, 100)) + 2


NARROW = [
    (lambda n: od.delay(od.linear_decay(0.1, 100), n), jnp.uint8(7), 7),
    (lambda n: od.triangular(0.0, 0.1, n), jnp.int8(100), 100),
    (lambda n: od.cosine_decay(0.1, n), jnp.bfloat16(1000), 1000),
    (lambda n: od.cyclic(od.linear_decay(0.1, 100), n, rise_steps=n), jnp.int8(100), 100),
    (lambda n: od.warmup_cosine_decay(0.1, n, 1000), jnp.uint8(200), 200),
    (lambda n: od.warm_restarts(od.linear_decay(0.1, 100), n, t_mul=2), jnp.int8(100), 100),
    (lambda n: od.piecewise_constant([n, 200], [0.3, 0.2, 0.1]), jnp.int8(100), 100),
    (lambda n: od.piecewise_linear([n, n + 1], [0.3, 0.2]), jnp.int16(100), 100),
    (lambda n: od.sequence((0.3, n), (0.2, n), 0.1), jnp.int8(100), 100),
    (lambda n: od.stretch(od.linear_decay(0.1, 100), n), jnp.int8(100), 100),
]  # fmt: skip


@pytest.mark.parametrize(("make", "narrow", "plain"), mostly_slow_rows(NARROW, every=2))
def test_a_narrow_hyperparameter_means_what_its_number_means(make, narrow, plain):
    counts = np.array([0, 5, 99, 100, 101, 150, 199, 200, 201, 250, 399, 1000])
    want = make(plain)(counts)
    np.testing.assert_allclose(make(narrow)(counts), want, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(jax.jit(lambda n: make(n)(counts))(narrow), want, rtol=1e-6, atol=1e-8)


def test_int32_boundaries_are_right_under_x64():
    with jax.enable_x64(True):
        schedule = od.piecewise_constant(jnp.array([100, 200], jnp.int32), [0.3, 0.2, 0.1])
        np.testing.assert_allclose(schedule(np.array([100, 101, 201])), [0.3, 0.2, 0.1])


@pytest.mark.parametrize(("schedule", "count"), [
    (od.per_step(od.warm_restarts(od.linear_decay(1.0, 751), 751), 4_194_304), 400_001),
    (od.per_step(od.warm_restarts(od.linear_decay(1.0, 75.1), 75.1), 798_000), 400_000),
    (od.per_step(od.warm_restarts(od.linear_decay(1.0, 75.1), 75.1), 4_194_304), 50_001),
    (od.per_step(od.exponential_decay(1.0, 751, 0.999999999, staircase=True), 4_194_304), 400_001),
    (od.per_step(od.inverse_time_decay(1.0, 751, 1e-9, staircase=True), 4_194_304), 400_001),
    (od.triangular(0.0, 1.0, 0.43983582386221104), 2_099_716_500),
])  # fmt: skip
def test_cycles_and_stages_go_on_where_there_are_more_of_them_than_counts(schedule, count):
    for at in count, count + 1, LAST:
        assert abs(jax.jit(schedule)(jnp.int32(at)) - schedule(at)) < 1e-6


@pytest.mark.parametrize("staircase", [False, True])
def test_an_exponential_that_fell_long_ago_is_zero_at_any_count(staircase):
    falling = od.exponential_decay(1.0, 0.001, 0.5, staircase=staircase)
    counts = np.concatenate([np.geomspace(1, 2e9, 500), [LAST - 128]])
    for schedule in falling, od.per_step(od.exponential_decay(1.0, 7, 0.5, staircase=staircase), 29410.077561687267):
        for values in jitted(schedule, counts.astype(np.int32)), jitted(schedule, counts.astype(np.float32)):
            assert (np.asarray(values) == 0).all()


def test_a_value_beyond_the_largest_float_is_infinite_without_a_warning():
    for make in od.linear_decay, od.cosine_decay, lambda a, n: od.polynomial_decay(a, n, -1.0, 2.0):
        for value in 1e300, -1e39:
            schedule = make(value, 100)
            assert jax.jit(schedule)(3) == schedule(3) == np.copysign(np.inf, value)


FORMS = [
    *(n / 3 for n in (1, 2, 10, 100, 1000)),
    *(n / 7 for n in (1, 5, 10, 1000)),
    *(x * 100 for x in (0.57, 0.29, 0.07, 1.1)),
    *(0.1 * n for n in (3, 7, 6)),
    *(n * 1.1 for n in (3, 30, 10)),
    *(float(x) for x in np.random.default_rng(0).uniform(0.5, 300, 4)),
]
MADE = {
    "stairs": lambda m, n: m.exponential_decay(1.0, n, 0.5, staircase=True),
    "cycle": lambda m, n: m.polynomial_decay(1.0, n, 0.0, cycle=True),
    "restarts": lambda m, n: m.warm_restarts(m.linear_decay(1.0, n), n),
    "growing restarts": lambda m, n: m.warm_restarts(m.linear_decay(1.0, n), n, t_mul=1.1),
    "doubling restarts": lambda m, n: m.warm_restarts(m.linear_decay(1.0, n), n, t_mul=2),
    "cyclic": lambda m, n: m.cyclic(m.linear_decay(1.0, n), n),
    "warmup": lambda m, n: m.warmup(m.linear_decay(1.0, n), n),
    "cooldown": lambda m, n: m.cooldown(1.0, n, n),
    "sequence": lambda m, n: m.sequence((1.0, n), (m.linear_decay(1.0, n), n), 0.25),
    "boundaries": lambda m, n: m.piecewise_constant([n, 2 * n, 3 * n], [0.4, 0.3, 0.2, 0.1]),
    "delay": lambda m, n: m.delay(m.exponential_decay(1.0, 1, 0.5, staircase=True), n),
    "stretch": lambda m, n: m.stretch(m.exponential_decay(1.0, 3, 0.5, staircase=True), n),
    "staircase": lambda m, n: m.staircase(m.linear_decay(1.0, 100 * n), n),
    "one cycle": lambda m, n: m.one_cycle(1.0, 10 * n, rise_fraction=0.3),
}


@functools.cache
def _counts(n):
    edges = {round(k * n) + beside for k in (1, 2, 3, 4, 7, 10, 21, 30) for beside in (-1, 0, 1)}
    return np.array(sorted({0, *(t for t in edges if t >= 0)}), np.int32)


@pytest.mark.parametrize("name", mostly_slow(MADE, "stairs", "cycle", "doubling restarts", "warmup", "boundaries"))
def test_a_length_that_people_compute_means_one_thing_in_every_way(name, subtests):
    counts = np.unique(np.concatenate([_counts(n) for n in FORMS]))
    schedules = [MADE[name](od, n) for n in FORMS]
    for n, schedule, values in zip(FORMS, schedules, jitted(together(schedules), counts).T, strict=True):
        want = exact(MADE[name](oracle, n), _counts(n).tolist())
        own = values[np.searchsorted(counts, _counts(n))]
        for way, got in ("eager", eager(schedule, _counts(n))), ("jitted", own):
            with subtests.test(f"{way}, {n}"):
                np.testing.assert_allclose(got, want, rtol=2e-6, atol=2e-6)


def random_length(rng):
    return rng.choice(
        [
            rng.choice([1, 2, 7, 50, 1000, 10**5]),
            round(10 ** rng.uniform(-3, 12), 3) or 1,
            rng.randint(1, 10 ** rng.randint(1, 12)),
            rng.randint(1, 1000) / rng.choice([3, 7, 9]),
            10 ** rng.uniform(-3, 9),
        ]
    )


def random_decay(rng):
    n = random_length(rng)
    return rng.choice(
        [
            lambda m: m.linear_decay(1.0, n, 0.1),
            lambda m: m.cosine_decay(1.0, n, 0.1),
            lambda m: m.polynomial_decay(1.0, n, 0.1, 2.0, cycle=True),
            lambda m: m.exponential_decay(1.0, n, 0.5, staircase=True),
            lambda m: m.inverse_time_decay(1.0, n, 0.5, staircase=True),
            lambda m: m.inverse_sqrt_decay(1.0, n),
            lambda m: m.piecewise_constant([n, 3 * n], [0.1, 0.5, 1.0]),
        ]
    )


def random_nest(rng, depth):
    """A nest of clocks and phases of any lengths, with values from 0 to 1."""
    if not depth:
        return random_decay(rng)
    base, n, k = random_nest(rng, depth - 1), random_length(rng), random_length(rng)
    t_mul, cycles = rng.choice([1, 2, 1.5, 1.1]), rng.choice([None, None, 1, 2, 5])
    return rng.choice(
        [
            lambda m: m.warm_restarts(base(m), n, t_mul=t_mul, cycles=cycles, m_mul=0.9),
            lambda m: m.cyclic(base(m), n, t_mul=t_mul, cycles=cycles),
            lambda m: m.cyclic(base(m), n, rise_steps=k, cycles=cycles),
            lambda m: m.expanding_cycle(base(m), n),
            lambda m: m.delay(base(m), n),
            lambda m: m.delay(base(m), -n),
            lambda m: m.stretch(base(m), n),
            lambda m: m.per_step(base(m), n),
            lambda m: m.staircase(base(m), n),
            lambda m: m.reverse(base(m), n),
            lambda m: m.warmup(base(m), n),
            lambda m: m.cooldown(base(m), n, k),
            lambda m: m.sequence((base(m), n), (0.5, k), base(m)),
        ]
    )


@pytest.mark.parametrize("seed", [*range(8), *(pytest.param(n, marks=pytest.mark.slow) for n in range(8, 130))])
def test_a_random_nest_stays_within_what_its_parts_give_and_agrees_in_every_way(seed):
    rng = random.Random(seed)
    make = random_nest(rng, rng.choice([1, 1, 2, 2, 3]))
    schedule = make(od)
    counts = [0, 1, 2, 5, 97, 1000, *(int(10 ** rng.uniform(0, 9.33)) for _ in range(20)), LAST - 1, LAST]
    want = exact(make(oracle), counts)
    np.testing.assert_allclose(eager(schedule, counts), want, rtol=0, atol=5e-6, err_msg=str(schedule))
    np.testing.assert_allclose(jitted(schedule, np.int32(counts)), want, rtol=0, atol=5e-6, err_msg=str(schedule))
    for values in (jitted(schedule, np.float32(counts) + np.float32(0.25)), schedule(1e12), schedule(10**12 + 0.25)):
        assert (np.asarray(values) >= -1e-6).all(), str(schedule)
        assert (np.asarray(values) <= 1.0001).all(), str(schedule)
