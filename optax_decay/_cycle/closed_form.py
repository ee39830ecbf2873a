"""Cycles by the closed form of the sums of their lengths, for a factor that is traced."""

import jax.numpy as jnp
from jax import lax

from optax_decay import _arithmetic, _count
from optax_decay._arithmetic import Given, Real, Twofold, where
from optax_decay._count import Count, Length


def closed_form(count: Count, steps: Length, t_mul: Given, stretch: bool) -> tuple[Real, Count]:
    """The index of the cycle and the count in it, slowed if its base is to `stretch`.

    It is exact where `t_mul` and `steps` are whole numbers.
    """
    factor = t_mul.as_float(count.whole)
    one = factor == 1
    other = where(one, 2.0, factor)  # cycles of one length need no closed form, but its derivative must be finite
    growth = _arithmetic.maximum(_count.fraction(count, steps).hi * (other - 1), -0.9999999)
    estimate = lax.log1p(growth) / lax.log1p(other - 1)
    # The estimate is within one of the true index, so this is at most two below it.
    index = _arithmetic.maximum(_count.floored(estimate, count.whole) - 1, 0)
    power = _arithmetic.raised_twofold(Twofold(lax.stop_gradient(other), 0.0), _arithmetic.of_integer(index))
    # Where t_mul is not whole, the integers are not used, and 0 overflows nowhere.
    whole = other == _arithmetic.floor(other)
    in_integers = _power_of_integers(_count.floored(other, count.whole), where(whole, index, 0))
    power = _arithmetic.select_twofold(whole, _arithmetic.of_integer(in_integers), power)
    sums = _arithmetic.quotient(_arithmetic.plus(power, Twofold(-1.0, 0.0)), Twofold(other - 1, 0.0))
    begun = _count.from_real(_arithmetic.product(steps.real, sums), count)
    for _ in range(2):
        sums = _arithmetic.plus(sums, power)
        end = _arithmetic.product(steps.real, sums)
        following = _count.from_real(end, count)
        over = _count.reached(count, following) & ((end.hi - float(_count.last_count())) + end.lo < 0)
        index, begun = where(over, index + 1, index), _count.select(over, following, begun)
        longer = _arithmetic.product(power, Twofold(other, 0.0))
        power = _arithmetic.select_twofold(over, longer, power)
    local = _count.difference(count, begun)
    if stretch:
        local = _count.from_real(_arithmetic.quotient(_count.real(local), power), count)
    turns, rest = _count.divide_with_remainder(count, steps)
    index, local = where(one, turns, index), _count.select(one, rest, local)
    return index, _count.differentiated_as(local, _slowed(count, steps.real.hi, factor, index, stretch))


def _slowed(count: Count, steps: Real, factor: Real, index: Real, stretch: bool) -> Real:
    """(t - B_i) / t_mul**i, or t - B_i, in floats: what `closed_form` differentiates, at t_mul = 1 too."""
    one, i = factor == 1, _arithmetic.of_integer(index).hi
    other, above = where(one, 2.0, factor), factor - 1
    power = _arithmetic.power(other, where(one, 0.0, i))
    sums = (power - 1) / (other - 1)
    # At 1 three terms of each are enough for a second derivative.
    power = where(one, 1 + i * above * (1 + (i - 1) / 2 * above), power)
    sums = where(one, i * (1 + (i - 1) / 2 * above * (1 + (i - 2) / 3 * above)), sums)
    left = _count.in_one_float(count) - steps * sums
    return left / power if stretch else left


def _power_of_integers(base: Real, exponent: Real) -> Real:
    """base**exponent for integers, where it fits into one."""
    power = jnp.ones_like(exponent)
    for bit in range(_arithmetic.int_dtype().itemsize.bit_length() + 2):
        odd = lax.bitwise_and(lax.shift_right_logical(exponent, jnp.full_like(exponent, bit)), jnp.ones_like(exponent))
        power, base = where(odd == 1, power * base, power), base * base
    return power
