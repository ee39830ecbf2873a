"""The arithmetic by itself, on a million points each, against arithmetic of twice the precision."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from optax_decay import _arithmetic
from optax_decay._arithmetic import Twofold

N = 10**6
RNG = np.random.default_rng(0)


def numbers(n=N, least=-20.0, most=20.0):
    """Twofold numbers of any sign over many octaves, and the float64 each is: exact in 48 bits of its 53."""
    hi = (RNG.choice([-1, 1], n) * 2 ** RNG.uniform(least, most, n)).astype(np.float32)
    lo = (hi * RNG.uniform(-1, 1, n) * 2.0**-25).astype(np.float32)
    return Twofold(hi, lo), hi.astype(np.float64) + lo


def error(result, want):
    """The largest relative distance."""
    with np.errstate(invalid="ignore", divide="ignore"):
        distance = abs((np.asarray(result.hi, np.float64) - want) + np.asarray(result.lo, np.float64)) / abs(want)
    return np.nanmax(np.where(want == 0, np.nan, distance))


def ulps(values, want):
    """The largest distance in units in the last place, where the value is a normal number."""
    want = np.asarray(want, np.float64)
    normal = (abs(want) > np.finfo(np.float32).tiny) & (abs(want) < np.finfo(np.float32).max)
    with np.errstate(over="ignore"):
        unit = np.spacing(abs(want).astype(np.float32)).astype(np.float64)
    return (abs(np.asarray(values, np.float64) - want) / unit)[normal].max()


class TestTwofold:
    def test_a_product_is_good_to_33_bits(self):
        (x, exact_x), (y, exact_y) = numbers(), numbers()
        assert error(jax.jit(_arithmetic.product)(x, y), exact_x * exact_y) < 2.0**-33

    def test_a_quotient_is_good_to_43_bits(self):
        (x, exact_x), (y, exact_y) = numbers(), numbers()
        assert error(jax.jit(_arithmetic.quotient)(x, y), exact_x / exact_y) < 2.0**-43

    def test_a_sum_is_good_to_44_bits_of_its_larger_side(self):
        (x, exact_x), (y, exact_y) = numbers(), numbers()
        result = jax.jit(_arithmetic.plus)(x, y)
        distance = abs((np.asarray(result.hi, np.float64) - (exact_x + exact_y)) + np.asarray(result.lo, np.float64))
        assert (distance / np.maximum(abs(exact_x), abs(exact_y))).max() < 2.0**-44

    @pytest.mark.parametrize("most", [1, 100, 10_000, 2**14 - 1, 2**14, 2**20, 2**24, 2**31 - 1])
    def test_a_known_factor_times_an_integer_is_good_to_33_bits_or_as_many_as_are_wanted(self, most):
        n = RNG.integers(0, most, N, endpoint=True).astype(np.int32)
        for factor in (1 / 3, 0.04082199452025481, 1e-7 / 3, 12345.678):
            twofold = _arithmetic.of_fraction(Fraction(factor))
            for beyond, bound in ((None, 2.0**-33), (5, 2.0**-28.5), (2, 2.0**-25.5)):
                result = jax.jit(lambda n, b=beyond, f=twofold: _arithmetic.times_integer(n, most, f, b))(n)
                assert error(Twofold(*map(jnp.asarray, result)), n * factor) < bound, (factor, beyond)

    @pytest.mark.parametrize("most", [10, 3000, 2**16, 2_600_000, 2**28, 2**31 - 1])
    def test_an_exponent_is_good_to_half_a_unit_of_its_exponential(self, most):
        n = RNG.integers(0, most, N, endpoint=True).astype(np.int32)
        rate = -100.1 / most
        result = jax.jit(lambda n: _arithmetic.exponent(n, _arithmetic.of_fraction(Fraction(rate)), most))(n)
        distance = (np.asarray(result.hi, np.float64) - n * rate) + np.asarray(result.lo, np.float64)
        assert abs(distance).max() < 2.0**-25

    def test_an_integer_is_exact(self):
        n = np.concatenate([RNG.integers(-(2**31), 2**31, N), [2**31 - 1, -(2**31), 0]]).astype(np.int32)
        hi, lo = jax.jit(_arithmetic.of_integer)(n)
        np.testing.assert_array_equal(np.asarray(hi, np.float64) + np.asarray(lo, np.float64), n)


# Where a logarithm is hardest: next to 1, to the square root of 1/2 and of 2, and anywhere.
HARD = {
    "anywhere": lambda: 2 ** RNG.uniform(-126, 127.4, N),
    "next to 1": lambda: 1 + RNG.uniform(-1, 1, N) * 2 ** RNG.uniform(-22, -1, N),
    "next to sqrt(1/2)": lambda: np.sqrt(0.5) * (1 + RNG.uniform(-1, 1, N) * 2.0**-6),
    "next to sqrt(2)": lambda: np.sqrt(2) * (1 + RNG.uniform(-1, 1, N) * 2.0**-6),
}


class TestElementary:
    @pytest.mark.parametrize("name", HARD)
    def test_a_logarithm_is_good_to_33_bits(self, name):
        x = HARD[name]().astype(np.float32)
        x = x[x != 1]
        assert (
            error(jax.jit(lambda x: _arithmetic.log(Twofold(x, jnp.zeros_like(x))))(x), np.log(x.astype(float)))
            < 2.0**-33
        )

    @pytest.mark.parametrize("name", HARD)
    def test_the_power_of_a_rate_is_within_3_ulp(self, name):
        rate = HARD[name]().astype(np.float32)
        log = np.log(rate.astype(float))
        n = (RNG.uniform(0, 1, rate.size) * np.minimum(87 / np.maximum(abs(log), 1e-9), 2**31 - 1)).astype(np.int32)

        @jax.jit
        def power(rate, n):
            return _arithmetic.times_given_power(jnp.float32(1), _arithmetic.Traced(rate), n)

        assert ulps(power(rate, n), np.exp(n * log)) < 3

    def test_an_exponential_is_within_3_ulp(self):
        x, exact = numbers(least=-20, most=6.4)
        assert ulps(jax.jit(_arithmetic.exp)(x), np.exp(exact)) < 3
        assert (
            ulps(
                jax.jit(lambda x: _arithmetic.less_exp(x))(Twofold(-abs(x.hi), -np.sign(x.hi) * x.lo)),
                -np.expm1(-abs(exact)),
            )
            < 3
        )

    def test_a_scaled_exponential_is_within_4_ulp_where_the_exponential_alone_is_no_number(self):
        x, exact = numbers(least=4, most=6.9)
        scale = np.exp(-np.sign(exact) * 60).astype(np.float32)
        assert ulps(jax.jit(_arithmetic.times_exp)(scale, x), scale.astype(float) * np.exp(exact)) < 4

    @pytest.mark.parametrize("outer", [1.0, -1.0, 2.0, 1 / 3])
    @pytest.mark.parametrize("scale", [1.0, -1.0, 0.5, 0.3])
    def test_a_falling_exponential_is_within_4_ulp_whatever_it_is_multiplied_by(self, scale, outer):
        most = 2_600_000
        n = RNG.integers(0, most, N, endpoint=True).astype(np.int32)
        rate = _arithmetic.of_fraction(Fraction(-80, most))
        value = lambda n: outer * _arithmetic.times_exp(scale, _arithmetic.exponent(n, rate, most), falls=True)  # noqa: E731
        scales = float(np.float32(scale)) * float(np.float32(outer))
        assert ulps(jax.jit(value)(n), scales * np.exp(n * (-80 / most))) < 4

    def test_a_power_is_within_2_ulp(self):
        x, exact = numbers(least=-20, most=0)
        x, exact = Twofold(abs(x.hi), np.sign(x.hi) * x.lo), abs(exact)
        for power in (0.5, 0.9, 1.7, 5.5):
            exponent = _arithmetic.of_fraction(_arithmetic.decimal(power))
            assert ulps(jax.jit(lambda x, e=exponent: _arithmetic.raised(x, e))(x), exact**power) < 2, power


class TestGiven:
    @pytest.mark.parametrize(("number", "value", "steps"), [
        (1.1, "11/10", "11/10"), (100 / 3, "33.333333333333336", "100/3"), (0.57 * 100, "56.99999999999999", "57"),
        (3, "3", "3"), (1e16, "1e16", "1e16"), (Fraction(1, 3), "1/3", "1/3"), (-99.99, "-99.99", "-99.99"),
        (1 + 2**-52, "1.0000000000000002", "1"), (1e-12, "1e-12", "1e-12"),
    ])  # fmt: skip
    def test_a_float_means_a_decimal_or_in_steps_the_simplest_fraction(self, number, value, steps):
        assert _arithmetic.given(number).fraction == Fraction(value)
        assert _arithmetic.given(number, in_steps=True).fraction == Fraction(steps)

    def test_arithmetic_is_exact_where_the_numbers_are(self):
        third, tenth = _arithmetic.given(1 / 3, in_steps=True), _arithmetic.given(0.1)
        assert (3 * third).fraction == 1
        assert (third + tenth - third).fraction == Fraction(1, 10)
        assert (1 / tenth).known == 10
        assert (third * jnp_given(2)).as_float(None) == np.float32(2 / 3)

    def test_integers_stay_integers_where_one_is_traced(self):
        difference = 100 - jnp_given(7)
        assert difference.plain.dtype == jnp.int32
        assert difference.plain == 93

    def test_a_narrow_integer_is_widened_and_a_long_one_ends(self):
        assert (jnp_given(jnp.uint8(200)) + jnp_given(jnp.uint8(100))).plain == 300
        assert _arithmetic.given(jnp.uint32(2**32 - 1)).value == 2**31 - 1

    def test_numpy_scalars_belong_to_a_trace(self):
        assert not _arithmetic.is_host(np.float64(1))
        assert not _arithmetic.is_host(np.float32(1))
        assert _arithmetic.is_host(1, 1.0)


def jnp_given(number):
    return _arithmetic.given(jnp.asarray(number))
