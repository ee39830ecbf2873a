"""A bad argument ends at once in an error that names it and its value."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import optax_decay as od
from tests.ways import eager, eager_array

NAN, INF = float("nan"), float("inf")
BASE = od.linear_decay(0.1, 10)


class Nameless:
    def __call__(self, peak):
        return lambda count: peak


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: od.exponential_decay(0.1, 0, 0.9), ValueError, "`decay_steps` must be positive, got 0"),
        (lambda: od.natural_exp_decay(0.1, -5, 0.9), ValueError, "`decay_steps` must be positive, got -5"),
        (lambda: od.cosine_decay(0.1, NAN), ValueError, "`decay_steps` must be finite, got nan"),
        (lambda: od.cosine_decay(INF, 10), ValueError, "`init_value` must be finite, got inf"),
        (lambda: od.cosine_decay(np.float32(NAN), 10), ValueError, "`init_value` must be finite, got nan"),
        (lambda: od.cosine_decay(0.1, jnp.int32(0)), ValueError, "`decay_steps` must be positive, got Array"),
        (lambda: od.constant(10**400), ValueError, "`value` must be finite, got 1000"),
        (lambda: od.constant(True), TypeError, "`value` must be a number, got True"),
        (lambda: od.constant(jnp.bool_(True)), TypeError, "`value` must be a real number, got bool"),
        (lambda: od.constant("0.1"), TypeError, "`value` must be a number, got '0.1'"),
        (lambda: od.constant(None), TypeError, "`value` must be a number, got None"),
        (lambda: od.constant(1j), TypeError, "`value` must be a number, got 1j"),
        (lambda: od.constant(jnp.ones(2)), ValueError, r"`value` must be a scalar, got an array of shape \(2,\)"),
        (lambda: od.linear_decay(0.1, np.bool_(True)), TypeError, "`decay_steps` must be a number, got True"),
        (lambda: od.exponential_decay(0.1, 10, 0.0), ValueError, "`decay_rate` must be positive, got 0.0"),
        (lambda: od.inverse_time_decay(0.1, 10, -0.5), ValueError, "`decay_rate` must be zero or positive, got -0.5"),
        (
            lambda: od.exponential_decay(0.1, 10, 0.9, staircase=1),
            TypeError,
            "`staircase` must be True or False",
        ),
        (lambda: od.polynomial_decay(0.1, 10, power=0), ValueError, "`power` must be positive, got 0"),
        (lambda: od.polynomial_decay(2e-5, 1000), ValueError, "`init_value` must not be below `end_value`.*got 2e-05"),
        (lambda: od.polynomial_decay(0.1, 10, cycle=None), TypeError, "`cycle` must be True or False, got None"),
        (lambda: od.noisy_linear_cosine_decay(0.1, 10, 0.5), TypeError, "`seed` must be a whole number, got 0.5"),
        (
            lambda: od.noisy_linear_cosine_decay(0.1, 10, 0, initial_variance=-1),
            ValueError,
            "`initial_variance` must be zero or positive, got -1",
        ),
        (lambda: od.piecewise_constant([2, 1], [1, 2, 3]), ValueError, "`boundaries` must not decrease, got 2 before"),
        (lambda: od.piecewise_linear([2, 1], [1, 2]), ValueError, "`boundaries` must not decrease, got 2 before 1"),
        (
            lambda: od.piecewise_constant([1, 2], [1, 2]),
            ValueError,
            "`values` must have one entry more",
        ),
        (lambda: od.piecewise_constant([1, NAN], [1, 2, 3]), ValueError, r"`boundaries\[1\]` must be finite, got nan"),
        (lambda: od.piecewise_constant([1], [1, INF]), ValueError, r"`values\[1\]` must be finite, got inf"),
        (lambda: od.piecewise_constant([True], [1, 2]), TypeError, r"`boundaries\[0\]` must be a number, got True"),
        (lambda: od.piecewise_constant(5, [1, 2]), TypeError, "`boundaries` must be a sequence of numbers, got 5"),
        (
            lambda: od.piecewise_constant("ab", [1, 2, 3]),
            TypeError,
            "`boundaries` must be a sequence.*got 'ab'",
        ),
        (lambda: od.piecewise_constant(np.array([2, 1]), [1, 2, 3]), ValueError, "`boundaries` must not decrease"),
        (lambda: od.piecewise_constant(np.ones((1, 1)), [1, 2]), TypeError, r"`boundaries\[0\]` must be a number"),
        (lambda: od.piecewise_constant(jnp.array([1.0, NAN]), [1, 2, 3]), ValueError, "`boundaries` must be finite"),
        (lambda: od.warm_restarts(BASE, 0), ValueError, "`cycle_steps` must be positive, got 0"),
        (lambda: od.warm_restarts(BASE, 10, t_mul=0), ValueError, "`t_mul` must be positive, got 0"),
        (lambda: od.warm_restarts(BASE, 10, t_mul=0.5), ValueError, "`t_mul` below 1 needs `cycles`.*got 0.5"),
        (lambda: od.warm_restarts(BASE, 10, m_mul=-1), ValueError, "`m_mul` must be zero or positive, got -1"),
        (lambda: od.warm_restarts(BASE, 10, cycles=0), ValueError, "`cycles` must be positive, got 0"),
        (lambda: od.warm_restarts(BASE, 10, cycles=2.5), TypeError, "`cycles` must be a whole number, got 2.5"),
        (lambda: od.warm_restarts(BASE, 10, cycles=True), TypeError, "`cycles` must be a number, got True"),
        (lambda: od.warm_restarts(BASE, 10, baseline=NAN), ValueError, "`baseline` must be finite, got nan"),
        (lambda: od.warm_restarts("cosine", 10), TypeError, "`base` must be a schedule.*got 'cosine'"),
        (lambda: od.warm_restarts(True, 10), TypeError, "`base` must be a schedule.*got True"),
        (lambda: od.warm_restarts(NAN, 10), ValueError, "`base` must be finite, got nan"),
        (lambda: od.cyclic(None, 10), TypeError, "`base` must be a schedule.*got None"),
        (lambda: od.cyclic(BASE, 10, rise_steps=0), ValueError, "`rise_steps` must be positive, got 0"),
        (lambda: od.cyclic(BASE, -1), ValueError, "`fall_steps` must be positive, got -1"),
        (lambda: od.expanding_cycle(BASE, 0), ValueError, "`decay_steps` must be positive, got 0"),
        (lambda: od.expanding_cycle([1], 10), TypeError, r"`base` must be a schedule.*got \(1,\)"),
        (lambda: od.cosine_decay_restarts(0.1, 0), ValueError, "`first_decay_steps` must be positive, got 0"),
        (lambda: od.sequence(), ValueError, "`phases` must end in a schedule"),
        (lambda: od.sequence(1.0, 2.0), TypeError, r"`phases\[0\]` must be a pair.*got 1.0"),
        (lambda: od.sequence((1.0, -5), 2.0), ValueError, r"`phases\[0\]\[1\]` must be zero or positive, got -5"),
        (lambda: od.sequence((None, 5), 2.0), TypeError, r"`phases\[0\]\[0\]` must be a schedule.*got None"),
        (lambda: od.warmup(1.0, -1), ValueError, "`steps` must be zero or positive, got -1"),
        (lambda: od.cooldown(1.0, 0, 5, shape="round"), ValueError, "`shape` must be one of.*got 'round'"),
        (lambda: od.warmup(1.0, 5, shape=3), TypeError, "`shape` must be one of.*or a schedule.*got 3"),
        (lambda: od.warmup(1.0, 5, shape=od.rex_decay), TypeError, "`shape` must be one of.*or a schedule"),
        (
            lambda: od.warmup(1.0, 5, shape=od.linear_decay(1, 1000)),
            ValueError,
            r"`shape` must go from 1 at 0 to 0 at 1, got linear_decay\(1, 1000\), which is 0.999 at 1",
        ),
        (lambda: od.cooldown(1.0, 0, 5, shape=lambda x: x), ValueError, "`shape` must go from 1 at 0.*is 0.0 at 0"),
        (lambda: od.warp(1.0, 0, 2), ValueError, "`steps` must be positive, got 0"),
        (lambda: od.warp(1.0, 10, 0), ValueError, "`power` must be positive, got 0"),
        (lambda: od.hold(1.0, -1), ValueError, "`steps` must be zero or positive, got -1"),
        (lambda: od.warm_restarts(BASE, 10, stretch=1), TypeError, "`stretch` must be True or False, got 1"),
        (lambda: od.cooldown(1.0, -1, 5), ValueError, "`begin` must be zero or positive, got -1"),
        (lambda: od.stretch(1.0, 0), ValueError, "`factor` must be positive, got 0"),
        (lambda: od.staircase(1.0, -2), ValueError, "`steps` must be positive, got -2"),
        (lambda: od.delay(1.0, float("nan")), ValueError, "`steps` must be finite, got nan"),
        (lambda: od.clip(1.0, min_value=2, max_value=1), ValueError, "`min_value` must not exceed `max_value`"),
        (lambda: od.cast(1.0, "bool"), TypeError, "`dtype` must be a float or integer dtype.*got 'bool'"),
        (lambda: od.cast(1.0, "complex64"), TypeError, "`dtype` must be a float or integer dtype.*got 'complex64'"),
        (lambda: od.cast(1.0, "nonsense"), TypeError, "`dtype` must be a float or integer dtype.*got 'nonsense'"),
        (lambda: od.jitter(1.0, 0, -1), ValueError, "`stddev` must be zero or positive, got -1"),
        (lambda: od.scheduled(len), TypeError, "`factory` must be a schedule factory"),
        (lambda: od.scheduled(od.warm_restarts, base=od.cosine_decay, cycle_steps=5), TypeError, "call it to make one"),
        (lambda: od.scheduled(od.cosine_decay, init_value=od.rex_decay, decay_steps=5), TypeError, "`init_value` must"),
        (lambda: od.scheduled(od.cosine_decay, init_value=0.1, decay_steps=0), ValueError, "`decay_steps` must be"),
        (lambda: od.piecewise_linear([1, 2], [1]), ValueError, "`values` must have one entry for each"),
        (lambda: od.piecewise_linear([], []), ValueError, "`values` must have one entry for each"),
        (lambda: od.one_cycle(0.1, 10, rise_fraction=1.0), ValueError, "`rise_fraction` must be below 1, got 1.0"),
        (lambda: od.one_cycle(0.1, 10, rise_fraction=-0.1), ValueError, "`rise_fraction` must be zero or positive"),
        (
            lambda: od.warmup_cosine_decay(0.1, 10, 10),
            ValueError,
            "`total_steps` must exceed `warmup_steps`",
        ),
        (lambda: od.warmup_stable_decay(0.1, 50, 100, 60), ValueError, "must not exceed `total_steps`"),
        (lambda: od.as_schedule("x"), TypeError, "`base` must be a schedule.*got 'x'"),
        (lambda: od.schedule(3), TypeError, "`build` must be callable, got 3"),
        (lambda: od.schedule(Nameless()), TypeError, "`build` must have a `__name__`.*got <.*Nameless"),
    ],
)
def test_a_bad_argument_is_named_with_its_value(make, error, words):
    with pytest.raises(error, match=words):
        make()


HUGE = 10**5000  # Python writes no such number


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: od.constant(HUGE), ValueError, "`value` must be finite, got a number of thousands of digits"),
        (lambda: od.linear_decay(0.1, -HUGE), ValueError, "`decay_steps` must be finite, got a number of thousands"),
        (
            lambda: od.linear_decay(0.1, Fraction(1, HUGE)),
            ValueError,
            "`decay_steps` must be positive, got a number of",
        ),
        (lambda: od.linear_decay(0.1, [HUGE]), TypeError, "`decay_steps` must be a number, got a number of thousands"),
        (lambda: od.jitter(0.1, Fraction(HUGE + 1, HUGE), 0.1), TypeError, "`seed` must be a whole number, got a num"),
        (lambda: od.sample(0.1, HUGE), ValueError, "`steps` must be zero or positive, .*, got a number of thousands"),
    ],
)
def test_a_number_too_long_to_be_written_is_refused_by_name(make, error, words):
    with pytest.raises(error, match=words):
        make()


@pytest.mark.parametrize("two", [jnp.bfloat16(2), jnp.float32(2), np.float32(2), np.asarray(jnp.bfloat16(2))[()], 2.0])
def test_a_whole_float_of_any_library_is_a_whole_number(two):
    assert od.warm_restarts(BASE, 10, cycles=two) == od.warm_restarts(BASE, 10, cycles=2)
    assert od.jitter(0.1, two, 0.1) == od.jitter(0.1, 2, 0.1)
    with pytest.raises(TypeError, match=r"`cycles` must be a whole number, got .*2\.5"):
        od.warm_restarts(BASE, 10, cycles=two + two / 4)
    with pytest.raises(ValueError, match="`cycles` must be positive, got -2"):
        od.warm_restarts(BASE, 10, cycles=-two)


def test_a_schedule_nested_too_deep_for_the_stack_says_so():
    def nested(depth):
        made = BASE
        for _ in range(depth):
            made = od.delay(made, 1)
        return made

    one, other = nested(1000), nested(1000)
    assert hash(one) == hash(other)
    for use in (lambda: repr(one), lambda: str(one), lambda: one == other):
        with pytest.raises(RecursionError, match=r"nested deeper than .* `sys\.setrecursionlimit`"):
            use()


@pytest.mark.parametrize("use", [float, np.float32, jnp.float32, "{:.4f}".format, lambda rate: f"{rate:.1e}"])
def test_a_schedule_taken_for_its_value_says_to_call_it(use):
    with pytest.raises(TypeError, match=r"linear_decay\(0\.1, 10\) is a function .*: call it with the count"):
        use(BASE)
    assert f"{BASE}" == "linear_decay(0.1, 10)"


def test_a_good_argument_at_the_edge_is_taken():
    for schedule in (
        od.polynomial_decay(2e-5, 1000, 1e-4),
        od.polynomial_decay(1e-4, 1000),
        od.polynomial_decay(-0.1, 1000),
        od.piecewise_constant([], [0.1]),
        od.piecewise_constant([3, 3], [0.1, 0.2, 0.3]),
        od.warm_restarts(0.1, 10, cycles=2.0),
        od.warm_restarts(0.1, 10, t_mul=0.5, cycles=3),
        od.warm_restarts(BASE, 0.5, m_mul=0, cycles=1),
        od.cosine_decay(0, 5_000_000_000),
        od.natural_exp_decay(0.1, 10, -0.1),
        od.inverse_time_decay(0.1, 10, 0),
    ):
        assert np.isfinite(schedule(5))
        assert np.isfinite(jax.jit(schedule)(5))


class TestArraysOfJax:
    counts = np.array([0, 1, 9, 10, 15, 29, 30, 39], np.int32)

    def test_a_concrete_one_is_as_good_as_a_tracer(self):
        steps = jnp.int32(10)
        schedule = od.warm_restarts(od.cosine_decay(jnp.float32(0.1), steps), steps, t_mul=jnp.float32(2))
        plain = od.warm_restarts(od.cosine_decay(0.1, 10), 10, t_mul=2)
        want = eager(plain, self.counts)
        np.testing.assert_allclose(eager_array(schedule, self.counts), want, rtol=0, atol=2e-8)
        np.testing.assert_allclose(schedule(15), plain(15), rtol=1e-6)

    def test_one_in_bfloat16_is_computed_with_in_float32(self):
        value = jax.jit(lambda a: od.cosine_decay(a, 10)(5))(jnp.bfloat16(0.5))
        assert value.dtype == jnp.float32
        np.testing.assert_allclose(value, 0.25, rtol=1e-6)


def test_a_traced_argument_is_not_checked():
    assert np.isfinite(jax.jit(lambda n: od.cosine_decay(0.1, n)(3))(10))
    jax.jit(lambda n: od.cosine_decay(0.1, n)(3))(-10)
