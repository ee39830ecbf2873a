"""Cycles by the closed form of the sums of their lengths, for a factor that is traced."""

from typing import Any

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
    first = _arithmetic.maximum(_count.floored(estimate, count.whole) - 1, 0)

    power = _arithmetic.raised_twofold(Twofold(lax.stop_gradient(other), 0.0), _arithmetic.of_integer(first))
    sums = _arithmetic.quotient(_arithmetic.plus(power, Twofold(-1.0, 0.0)), Twofold(other - 1, 0.0))
    index, now = first, _count.real(count)
    for _ in range(2):
        following = _arithmetic.plus(sums, power)
        ahead = _arithmetic.plus(now, _arithmetic.minus(_arithmetic.product(steps.real, following)))
        step = ahead.hi >= 0
        index = where(step, index + 1, index)
        power = _arithmetic.select_twofold(step, _arithmetic.product(power, Twofold(other, 0.0)), power)
        sums = _arithmetic.select_twofold(step, following, sums)
    left = _arithmetic.plus(now, _arithmetic.minus(_arithmetic.product(steps.real, sums)))
    found = index, _count.from_real(_arithmetic.quotient(left, power) if stretch else left, count)

    whole = factor == _arithmetic.floor(factor)
    if not steps.counted.is_whole:
        whole = whole & (steps.counted.part.hi == 0)
    # Where t_mul is not whole, this result is not used. There it is computed for 2, which overflows nowhere.
    multiple, near = where(whole, _count.floored(other, count.whole), 2), where(whole, first, 0)
    found = _either(whole, _in_integers(count, steps, multiple, near, stretch), found)
    index, local = _either(one, _count.divide_with_remainder(count, steps), found)
    return index, _count.differentiated_as(local, _slowed(count, steps.real.hi, factor, index, stretch))


def _either(condition: Any, x: tuple[Real, Count], y: tuple[Real, Count]) -> tuple[Real, Count]:
    return where(condition, x[0], y[0]), _count.select(condition, x[1], y[1])


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


def _in_integers(count: Count, steps: Length, factor: Real, index: Real, stretch: bool) -> tuple[Real, Count]:
    """`closed_form` for whole numbers, from an index at most two below the true one."""
    power, base = jnp.ones_like(index), factor
    for bit in range(_arithmetic.int_dtype().itemsize.bit_length() + 2):
        odd = lax.bitwise_and(lax.shift_right_logical(index, jnp.full_like(index, bit)), jnp.ones_like(index)) == 1
        power, base = where(odd, power * base, power), base * base
    begun = _count.divided(power - 1, 1, factor - 1)[0] * steps.counted.whole
    slow, size = _arithmetic.of_integer(power).hi, _arithmetic.to_float(steps.counted.whole)
    last = float(_count.last_count())
    for _ in range(2):
        step = (size * slow < last) & (count.whole - begun >= steps.counted.whole * power)
        begun = where(step, begun + steps.counted.whole * power, begun)
        index, power, slow = (
            where(step, x, y)
            for x, y in ((index + 1, index), (power * factor, power), (slow * _arithmetic.to_float(factor), slow))
        )
    left = Count(count.whole - begun, count.part, count.unit)
    if not stretch:
        return index, left
    slowed = _count.scaled(left, 1, _arithmetic.maximum(power, 1))
    return index, _count.select(
        slow < last, slowed, _count.from_real(_arithmetic.quotient(_count.real(left), Twofold(slow, 0.0)), left)
    )
