"""Nests of combinators against the exact oracle, with concrete and with traced arguments."""

import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import optax_decay as od
from tests import oracle
from tests.conftest import LAST, WAYS, around, eager, jitted

# Each takes the module, a peak, a length and an end.
DECAYS = {
    "constant": lambda m, a, d, e: m.constant(a),
    "exponential": lambda m, a, d, e: m.exponential_decay(a, d, 0.5),
    "stairs": lambda m, a, d, e: m.exponential_decay(a, d, 0.75, staircase=True),
    "natural": lambda m, a, d, e: m.natural_exp_decay(a, d, 0.5),
    "inverse": lambda m, a, d, e: m.inverse_time_decay(a, d, 0.5, staircase=True),
    "linear": lambda m, a, d, e: m.linear_decay(a, d, e),
    "square": lambda m, a, d, e: m.polynomial_decay(a, d, e, 2.0),
    "root": lambda m, a, d, e: m.polynomial_decay(a, d, e, 0.5),
    "cycle": lambda m, a, d, e: m.polynomial_decay(a, d, e, 1.5, cycle=True),
    "piecewise constant": lambda m, a, d, e: m.piecewise_constant([5, 70, 10**6], [a, e, a, e]),
    "piecewise linear": lambda m, a, d, e: m.piecewise_linear([5, 70, 10**6], [a, e, a]),
    "cosine": lambda m, a, d, e: m.cosine_decay(a, d, e),
    "waves": lambda m, a, d, e: m.linear_cosine_decay(a, d, num_periods=1.5),
    "inverse root": lambda m, a, d, e: m.inverse_sqrt_decay(a, d),
    "one minus root": lambda m, a, d, e: m.one_minus_sqrt_decay(a, d, e),
    "tanh": lambda m, a, d, e: m.tanh_decay(a, d, e),
    "rex": lambda m, a, d, e: m.rex_decay(a, d, e),
}
# Each takes the module, a base and two lengths.
COMBINATORS = {
    "restarts": lambda m, base, n, k: m.warm_restarts(base, n),
    "restarts 2": lambda m, base, n, k: m.warm_restarts(base, n, t_mul=2, m_mul=0.875),
    "restarts 1.5": lambda m, base, n, k: m.warm_restarts(base, n, t_mul=1.5, baseline=0.0625),
    "three restarts": lambda m, base, n, k: m.warm_restarts(base, n, cycles=3, m_mul=0.5),
    "cyclic": lambda m, base, n, k: m.cyclic(base, n),
    "cyclic uneven": lambda m, base, n, k: m.cyclic(base, n, rise_steps=k, m_mul=0.875),
    "expanding": lambda m, base, n, k: m.expanding_cycle(base, n),
    "delay": lambda m, base, n, k: m.delay(base, n),
    "look ahead": lambda m, base, n, k: m.delay(base, -n),
    "stretch": lambda m, base, n, k: m.stretch(base, n),
    "staircase": lambda m, base, n, k: m.staircase(base, n),
    "reverse": lambda m, base, n, k: m.reverse(base, n),
    "sequence": lambda m, base, n, k: m.sequence((base, n), (0.5, k), base),
    "warmup": lambda m, base, n, k: m.warmup(base, n, init_value=0.0625),
    "cooldown": lambda m, base, n, k: m.cooldown(base, n, k, end_value=0.0625),
    "cooldown cosine": lambda m, base, n, k: m.cooldown(base, n, k, shape="cosine"),
    "cooldown root": lambda m, base, n, k: m.cooldown(base, n, k, shape="one_minus_sqrt"),
    "clip": lambda m, base, n, k: m.clip(base, min_value=0.125, max_value=0.375),
}


def counts_for(*lengths: float, seed: int = 0, size: int = 128) -> np.ndarray:
    rng = np.random.default_rng(seed)
    ks = [0, 1, 2, 3, *rng.integers(0, 10**5, 3).tolist()]
    special = around(*(int(k * n) for n in lengths for k in ks if k * n < LAST), LAST - 1)
    spread = [np.arange(8), rng.integers(0, LAST, 16), 10 ** rng.uniform(0, 9.33, 24)]
    return np.resize(np.unique(np.concatenate([special, *spread]).clip(0, LAST)), size).astype(np.int32)


def assert_matches(values, reference, counts, tolerance=2e-6, label=""):
    want = np.array([float(reference(int(t))) for t in counts])
    scale = max(abs(want).max(), 0.5)  # the peaks of all these bases
    np.testing.assert_allclose(np.asarray(values), want, rtol=0, atol=tolerance * scale, err_msg=label)


MATRIX = list(itertools.product(DECAYS, COMBINATORS))


@pytest.mark.parametrize(
    "combinator",
    [
        pytest.param(
            name,
            marks=[]
            if name in ("restarts", "cyclic uneven", "expanding", "stretch", "sequence")
            else [pytest.mark.slow],
        )
        for name in COMBINATORS
    ],
)
def test_every_decay_under_every_combinator_traced_is_within_2e_6_of_scale(combinator):
    bases = [(lambda m, a, d, e, make=make: make(m, a, d, e)) for make in DECAYS.values()]

    @jax.jit
    def run(counts, peak, steps, end, n, k):
        return [COMBINATORS[combinator](od, base(od, peak, steps, end), n, k)(counts) for base in bases]

    for steps, n, k in [(100, 40, 7), (7, 1000, 12_345), (10**8, 3, 10**6)]:
        counts = counts_for(steps, n, k)
        for name, base, values in zip(DECAYS, bases, run(counts, 0.5, steps, 0.125, n, k), strict=True):
            reference = COMBINATORS[combinator](oracle, base(oracle, 0.5, steps, 0.125), n, k)
            assert_matches(values, reference, counts, label=f"{name}, {steps}, {n}, {k}")


@pytest.mark.slow
@pytest.mark.parametrize(("decay", "combinator"), MATRIX)
def test_every_decay_under_every_combinator_concrete_is_within_2e_6_of_scale(decay, combinator):
    for steps, n, k in [(100, 40, 7), (7, 2.5, 12_345)]:
        schedule, reference = (
            COMBINATORS[combinator](m, DECAYS[decay](m, 0.5, steps, 0.125), n, k) for m in (od, oracle)
        )
        counts = counts_for(steps, n, k)
        assert_matches(jitted(schedule, counts), reference, counts)
        assert_matches(eager(schedule, counts[::9]), reference, counts[::9])


LENGTHS = st.sampled_from([1, 2, 3, 7, 10, 50, 100, 1000, 12_345, 2**20 + 1, 10**8, 2.5, 0.5])


@st.composite
def nests(draw, depth):
    """A function from a module to a schedule, of at most `depth` combinators, and the lengths in it."""
    if depth == 0 or not draw(st.integers(0, 4)):
        make, steps = DECAYS[draw(st.sampled_from(sorted(DECAYS)))], draw(LENGTHS)
        return (lambda m: make(m, 0.5, steps, 0.125)), [steps]
    make, n, k = COMBINATORS[draw(st.sampled_from(sorted(COMBINATORS)))], draw(LENGTHS), draw(LENGTHS)
    base, lengths = draw(nests(depth - 1))
    return (lambda m: make(m, base(m), n, k)), [n, k, *lengths]


def check_nest(nest, seed):
    make, lengths = nest
    schedule, reference = make(od), make(oracle)
    counts = counts_for(*lengths, seed=seed)
    assert_matches(jitted(schedule, counts), reference, counts, label=repr(schedule))
    assert_matches(eager(schedule, counts[::11]), reference, counts[::11], label=repr(schedule))


@given(nest=nests(3), seed=st.integers(0, 2**16))
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_hypothesis_finds_no_nest_that_is_off(nest, seed):
    check_nest(nest, seed)


@pytest.mark.slow
@given(nest=nests(4), seed=st.integers(0, 2**16))
@settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_hypothesis_finds_no_deep_nest_that_is_off(nest, seed):
    check_nest(nest, seed)


PRESETS = {
    "triangular": lambda m: m.triangular(0.01, 0.1, 100),
    "triangular2": lambda m: m.triangular2(0.01, 0.1, 100),
    "exp_range": lambda m: m.exp_range(0.01, 0.1, 100, 0.999),
    "one_cycle": lambda m: m.one_cycle(0.1, 1000),
    "one_cycle uneven": lambda m: m.one_cycle(0.1, 333, rise_fraction=0.25, div_factor=10, final_div_factor=100),
    "warmup_cosine_decay": lambda m: m.warmup_cosine_decay(0.1, 100, 1000, init_value=0.01, end_value=0.001),
    "warmup_stable_decay": lambda m: m.warmup_stable_decay(0.1, 100, 1000, 200),
    "warmup_stable_decay linear": lambda m: m.warmup_stable_decay(0.1, 0, 1000, 200, end_value=0.01, shape="linear"),
    "noam": lambda m: m.noam(512, 4000),
    "cosine_decay_restarts": lambda m: m.cosine_decay_restarts(0.1, 100, t_mul=1.5, m_mul=0.9, alpha=0.1),
}


@pytest.mark.parametrize("name", PRESETS)
def test_a_named_composition_is_its_definition(name):
    schedule, reference = PRESETS[name](od), PRESETS[name](oracle)
    counts = counts_for(83.25, 100, 300, 1000, 4000)
    want = np.array([float(reference(int(t))) for t in counts])
    for way in WAYS[2:4]:
        np.testing.assert_allclose(way(schedule, counts), want, rtol=0, atol=2e-6 * want.max(), err_msg=way.__name__)
    np.testing.assert_allclose(eager(schedule, counts), want, rtol=0, atol=2e-6 * want.max())


class TestPhases:
    line = od.linear_decay(1.0, 10)

    def test_a_boundary_step_takes_the_new_phase_and_each_counts_from_its_own_start(self):
        schedule = od.sequence((self.line, 5), (self.line, 3), 0.25)
        for way in WAYS:
            values = way(schedule, np.array([4, 5, 7, 8, 100], np.int32))
            np.testing.assert_allclose(values, [0.6, 1, 0.8, 0.25, 0.25], rtol=1e-6, err_msg=way.__name__)

    def test_a_phase_of_zero_steps_is_skipped_concrete_or_traced(self):
        counts = np.arange(8)
        want = od.sequence((self.line, 5), 0.25)(counts)
        concrete = od.sequence((0.5, 0), (self.line, 5), (0.75, 0), 0.25)
        np.testing.assert_array_equal(concrete(counts), want)
        traced = jax.jit(lambda n: od.sequence((0.5, n), (self.line, 5), (0.75, n), 0.25)(counts))
        np.testing.assert_allclose(traced(0), want, rtol=1e-6)

    def test_a_warmup_of_zero_steps_is_the_base(self):
        counts = np.arange(20)
        np.testing.assert_array_equal(od.warmup(self.line, 0)(counts), self.line(counts))
        traced = jax.jit(lambda n: od.warmup(self.line, n)(counts))
        np.testing.assert_allclose(traced(0), self.line(counts), rtol=1e-6)
        np.testing.assert_allclose(traced(5), od.warmup(self.line, 5)(counts), rtol=1e-6)

    def test_a_warmup_longer_than_a_cycle_waits_for_the_first_to_begin(self):
        schedule = od.warmup(od.warm_restarts(self.line, 10), 25)
        np.testing.assert_allclose(schedule(np.array([0, 10, 24, 25, 34, 35])), [0, 0.4, 0.96, 1, 0.1, 1], rtol=1e-6)

    def test_a_cycle_longer_than_its_base_rests_at_the_end(self):
        values = od.warm_restarts(self.line, 30)(np.array([9, 10, 29, 30]))
        np.testing.assert_allclose(values, [0.1, 0, 0, 1], rtol=1e-5)

    def test_one_cycle_is_one_and_then_the_end(self):
        values = od.warm_restarts(self.line + 1, 5, cycles=1)(np.array([0, 4, 5, LAST]))
        np.testing.assert_allclose(values, [2, 1.6, 1.5, 1.5], rtol=1e-6)

    def test_a_cooldown_starts_from_where_its_base_was(self):
        schedule = od.cooldown(self.line, 5, 5, end_value=0.1)
        np.testing.assert_allclose(schedule(np.array([4, 5, 7, 10, 99])), [0.6, 0.5, 0.34, 0.1, 0.1], rtol=1e-6)

    def test_a_cooldown_of_zero_steps_falls_at_its_begin(self):
        counts = np.array([4, 5, 6])
        np.testing.assert_allclose(od.cooldown(1.0, 5, 0)(counts), [1, 0, 0])
        traced = jax.jit(lambda n: od.cooldown(1.0, 5, n)(counts))
        np.testing.assert_allclose(traced(0), [1, 0, 0])
        np.testing.assert_allclose(traced(2), [1, 1, 0.5])

    @pytest.mark.parametrize(
        ("make", "error", "words"),
        [
            (lambda: od.sequence(), ValueError, "`phases` must end in a schedule"),
            (lambda: od.sequence(1.0, 2.0), TypeError, r"`phases\[0\]` must be a pair.*got 1.0"),
            (lambda: od.sequence((1.0, -5), 2.0), ValueError, r"`phases\[0\]\[1\]` must be zero or positive, got -5"),
            (lambda: od.sequence((None, 5), 2.0), TypeError, r"`phases\[0\]\[0\]` must be a schedule.*got None"),
            (lambda: od.warmup(1.0, -1), ValueError, "`steps` must be zero or positive, got -1"),
            (lambda: od.cooldown(1.0, 0, 5, shape="round"), ValueError, "`shape` must be one of.*got 'round'"),
            (lambda: od.cooldown(1.0, -1, 5), ValueError, "`begin` must be zero or positive, got -1"),
            (lambda: od.stretch(1.0, 0), ValueError, "`factor` must be positive, got 0"),
            (lambda: od.staircase(1.0, -2), ValueError, "`steps` must be positive, got -2"),
            (lambda: od.delay(1.0, float("nan")), ValueError, "`steps` must be finite, got nan"),
            (lambda: od.clip(1.0, min_value=2, max_value=1), ValueError, "`min_value` must not exceed `max_value`"),
            (
                lambda: od.cast(1.0, "int32"),
                TypeError,
                "`dtype` must be a float dtype.*got 'int32'",
            ),
            (
                lambda: od.cast(1.0, "nonsense"),
                TypeError,
                "`dtype` must be a float dtype.*got 'nonsense'",
            ),
            (lambda: od.jitter(1.0, 0, -1), ValueError, "`stddev` must be zero or positive, got -1"),
            (lambda: od.scheduled(len), TypeError, "`factory` must be a schedule factory"),
            (lambda: od.scheduled(od.cosine_decay, init_value=0.1, decay_steps=0), ValueError, "`decay_steps` must be"),
            (lambda: od.piecewise_linear([1, 2], [1]), ValueError, "`values` must have one entry for each"),
            (lambda: od.piecewise_linear([], []), ValueError, "`values` must have one entry for each"),
            (lambda: od.one_cycle(0.1, 10, rise_fraction=1.0), ValueError, "`rise_fraction` must be below 1, got 1.0"),
            (
                lambda: od.warmup_cosine_decay(0.1, 10, 10),
                ValueError,
                "`total_steps` must exceed `warmup_steps`",
            ),
            (lambda: od.warmup_stable_decay(0.1, 50, 100, 60), ValueError, "must not exceed `total_steps`"),
        ],
    )
    def test_a_bad_argument_is_named_with_its_value(self, make, error, words):
        with pytest.raises(error, match=words):
            make()


class TestClocks:
    def test_a_staircase_under_a_stretch_by_3_is_right_near_2_to_the_31(self):
        steps = 7
        schedule = od.stretch(od.inverse_time_decay(1.0, steps, 1e-9, staircase=True) - 0.75, 3)
        ks = np.array([1, 2, 1000, 10**6, LAST // 21])
        counts = around(*(ks * 21).tolist())
        stage = counts.astype(np.int64) // 3 // steps
        for way in WAYS:
            np.testing.assert_allclose(way(schedule, counts), 1 / (1 + stage * 1e-9) - 0.75, atol=1e-7)

    def test_a_negative_delay_looks_ahead_and_stops_at_the_last_count(self):
        schedule = od.delay(od.piecewise_constant([100], [1.0, 2.0]), -100)
        for way in WAYS:
            np.testing.assert_array_equal(way(schedule, np.array([0, 1, LAST], np.int32)), [1, 2, 2])

    @pytest.mark.parametrize("steps", [5, -5, 2.5, -2.5, 0])
    def test_a_traced_delay_is_as_a_concrete_one(self, steps):
        base, counts = od.exponential_decay(1.0, 1, 0.75, staircase=True), np.arange(20)
        want = od.delay(base, steps)(counts)
        for dtype in ("float32", *(["int32"] if steps == int(steps) else [])):
            traced = jax.jit(lambda n: od.delay(base, n)(counts))(jnp.asarray(steps, dtype))
            np.testing.assert_allclose(traced, want, rtol=1e-6)

    def test_epochs_become_steps_exactly(self):
        epochs = od.piecewise_constant([30, 60.5], [3.0, 2.0, 1.0])
        schedule = od.stretch(epochs, 391)
        counts = around(30 * 391, 23655)
        want = [
            float(oracle.stretch(oracle.piecewise_constant([30, 60.5], [3.0, 2.0, 1.0]), 391)(int(t))) for t in counts
        ]
        for way in WAYS:
            np.testing.assert_array_equal(way(schedule, counts), want, err_msg=way.__name__)


class TestValues:
    def test_cast_gives_its_dtype_and_nothing_else_does(self):
        half = od.cast(od.linear_decay(0.1, 10), jnp.bfloat16)
        for value in (half(3), jax.jit(half)(3), half(np.arange(3)), (0.5 * half)(3), od.as_schedule(half)(3)):
            assert value.dtype == jnp.bfloat16
        assert half(np.arange(3)).shape == (3,)
        assert od.as_schedule(lambda t: jnp.bfloat16(0.1))(3).dtype == jnp.float32
        assert repr(half) == "cast(linear_decay(0.1, 10), 'bfloat16')"

    def test_clip_holds_the_value_between_its_bounds(self):
        schedule = od.clip(od.linear_decay(1.0, 10), min_value=0.25, max_value=0.75)
        for way in WAYS:
            np.testing.assert_allclose(way(schedule, np.array([0, 5, 10], np.int32)), [0.75, 0.5, 0.25])

    def test_jitter_draws_the_same_for_a_count_and_its_fractions(self):
        schedule = od.jitter(1.0, 7, 0.1)
        assert schedule(5) == schedule(5.75) != schedule(6)
        counts = np.arange(4000)
        values = np.asarray(schedule(counts))
        np.testing.assert_allclose(eager(schedule, counts[:5]), values[:5], rtol=3e-7)
        assert abs(values.mean() - 1) < 0.01
        assert abs(values.std() - 0.1) < 0.005

    def test_scheduled_hyperparameters_are_evaluated_at_the_count(self):
        peak = od.cosine_decay(0.1, 1000)
        schedule = od.scheduled(od.polynomial_decay, init_value=peak, decay_steps=500, end_value=0.0)
        counts = np.array([0, 1, 250, 499, 500, 999], np.int32)
        want = [float(peak(int(t))) * max(1 - t / 500, 0) for t in counts]
        for way in WAYS:
            np.testing.assert_allclose(way(schedule, counts), want, rtol=1e-5, atol=1e-9, err_msg=way.__name__)
        assert repr(schedule).startswith(
            "scheduled(polynomial_decay, init_value=cosine_decay(0.1, 1000), decay_steps=500"
        )
        assert schedule.replace(decay_steps=100) == od.scheduled(
            od.polynomial_decay, init_value=peak, decay_steps=100, end_value=0.0
        )

    def test_a_scheduled_base_stays_a_schedule(self):
        schedule = od.scheduled(od.warm_restarts, base=od.linear_decay(1.0, 10), cycle_steps=10, m_mul=0.5)
        np.testing.assert_allclose(schedule(np.array([0, 5, 10])), [1, 0.5, 0.5])


def test_a_sequence_joins_ours_and_optaxs():
    schedule = od.sequence((optax.linear_schedule(0.0, 1.0, 10), 10), (od.cosine_decay(1.0, 90), 90), 0.0)
    twin = optax.warmup_cosine_decay_schedule(0.0, 1.0, 10, 100)
    counts = np.arange(120)
    np.testing.assert_allclose(schedule(counts), [twin(t) for t in counts], atol=1e-6)


@pytest.mark.parametrize(
    "nest",
    [
        lambda m: m.warmup(m.warm_restarts(m.sequence((m.linear_decay(0.5, 70), 50), 0.1), 100, t_mul=1.5), 33),
        lambda m: m.stretch(m.exponential_decay(0.5, 11, 0.5, staircase=True), 3),
        lambda m: m.expanding_cycle(m.sequence((m.cosine_decay(0.5, 60), 60), m.rex_decay(0.3, 40)), 100),
        lambda m: m.stretch(m.stretch(m.staircase(m.linear_decay(0.5, 10**6), 7), 3), 7),
    ],
)
def test_exactness_composes(nest):
    schedule, reference = nest(od), nest(oracle)
    ends = [math.ceil(b) for b in itertools.takewhile(lambda b: b < LAST, oracle.beginnings(100, 1.5))]
    counts = around(*(33 + b for b in ends), *(100 * k for k in (1, 2, 3, 10**7)), *(33 * k for k in (1, 5, 6 * 10**7)))
    for way in (jitted, eager):
        assert_matches(way(schedule, counts), reference, counts)
