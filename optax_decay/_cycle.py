"""Which cycle a count is in, when cycles grow or shrink by a factor: exact, at any number of cycles.

Cycle i begins at B_i = cycle_steps * S_i, with S_i = 1 + t_mul + ... + t_mul**(i - 1), and runs t_mul**i times slower
than the first. For a concrete t_mul the beginnings are one table of integers and ratios of integers, made in Python's
long integers: it has as many rows as there are cycles before the last count, about log(2**31) / log(t_mul). For a
traced t_mul they follow from the closed form of S_i.
"""

import math
import sys
from fractions import Fraction
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax

from optax_decay import _count, _real, _table
from optax_decay._count import Count, Length
from optax_decay._real import Real, Twofold, is_host, where

# A longer table keeps every n-th cycle, and another one, of the first n, finds the cycle among those.
_MAX_ROWS = 1 << 14
# Fractional bits of S_i and t_mul**i while a table is made. Both are rounded down, by less than S_i units in all: a
# beginning that is a whole number is found a hair below it, and comes out right when it is rounded up.
_BITS = 192
_ONE = 1 << _BITS


class _Rows(NamedTuple):
    """Row j describes cycle index[j], which begins at ceiling[j] - lead[j] / scale[j] and has t_mul**i = slow / scale.

    For a traced cycle_steps the beginning is cycle_steps * (ceiling - lead / scale) instead, and `lead` and `share` are
    a ratio of their own, as close as two integers can be.
    """

    index: Any
    ceiling: Any
    lead: Any
    share: Any
    slow: Any
    scale: Any
    excess: Any
    stride: int


@lru_cache(maxsize=64, typed=True)
def _rows(
    t_mul: Real, cycle_steps: Fraction | None, cycles: int | None, limit: int, fine: bool, among: int | None
) -> _Rows:
    factor, steps = _real.decimal(t_mul), Fraction(1) if cycle_steps is None else cycle_steps
    n = int(cycles) if factor < 1 and cycles is not None else _cycles_within(float(limit / steps), float(factor))
    n = n if among is None else min(n, among - 1)
    stride = max(1, -(-n // _MAX_ROWS)) if factor > 1 else 1
    powers = _powers(factor, stride)
    rows = []
    for i, power, total in powers:
        if total * steps > limit * _ONE or (among is not None and i > n):
            break
        if i > n or len(rows) > _MAX_ROWS or power * limit < _ONE:  # what is left is too short to tell apart
            i, power = n, _ONE
        slow = factor**i if stride == 1 and i * factor.numerator.bit_length() < 64 else Fraction(power, _ONE)
        slow = slow.limit_denominator(max(1, min(limit, int(limit / slow))))
        numerator, scale = slow.numerator, slow.denominator
        # A finer scale, where there is room, for the lead of a cycle_steps that is no whole number.
        finer = 1 << max(1, limit // max(numerator, scale)).bit_length() - 1 if fine else steps.denominator
        if max(numerator, scale) * finer <= limit:
            numerator, scale = numerator * finer, scale * finer
        ceiling = -(-total * steps.numerator // (steps.denominator << _BITS))
        lead = ceiling - Fraction(total, _ONE) * steps
        if cycle_steps is None:
            lead = lead.limit_denominator(limit)
            share = lead.denominator
            lead = lead.numerator
        else:
            share, lead = 1, round(lead * scale)
        rows.append((i, ceiling, lead, share, min(numerator, limit), scale, max(1.0, float(slow / limit))))
        if i == n:
            break
    columns: list[Any] = list(zip(*rows, strict=True))
    integers = [np.array(column, np.int64) for column in columns[:-1]]
    return _Rows(*integers, excess=np.array(columns[-1]), stride=stride)


def _cycles_within(steps: float, factor: float) -> int:
    """An upper bound on the number of cycles, in units of the first, that begin within `steps`."""
    growth = min(steps * (factor - 1), sys.float_info.max)
    return 2 + math.ceil(math.log1p(growth) / math.log(factor)) if factor > 1 else 1 << 62


def _powers(factor: Fraction, stride: int) -> Any:
    """(i, t_mul**i, S_i) for every stride-th i, in units of 2**-192."""
    jump, reach = _ONE, 0
    for _ in range(stride):
        jump, reach = jump * factor.numerator // factor.denominator, reach + jump
    i, power, total = 0, _ONE, 0
    while True:
        yield i, power, total
        total += power * reach >> _BITS
        power = power * factor.numerator // factor.denominator if stride == 1 else power * jump >> _BITS
        i += stride


def cycle(count: Count, cycle_steps: Real, t_mul: Real, cycles: Real | None) -> tuple[Real, Count]:
    """The index of the count's cycle, and the count that a base sees in it: t - B_i, slowed by t_mul**i.

    A beginning belongs to the cycle that begins. After `cycles` cycles the last one's end, cycle_steps, is held.
    """
    if is_host(count.whole) and count == (0, None):  # the first step is in the first cycle, without a table
        return 0, count
    steps = _count.length(cycle_steps, count)
    if is_host(t_mul) and t_mul == 1:
        index, local = _count.divide_with_remainder(count, steps)
    elif is_host(t_mul):
        concrete = _real.decimal(cycle_steps) if isinstance(cycle_steps, (int, float, Fraction)) else None
        static = cycles if is_host(cycles) else None
        fine = steps.counted.part is not None and concrete is None
        index, local, among = 0, count, None
        while among != 1:
            table = _rows(t_mul, concrete, static, _count.last_count(), fine, among)
            more, local = _looked_up(local, table, steps)
            index, among = index + more, table.stride
    else:
        index, local = _solved(count, steps, t_mul)
    if cycles is None:
        return index, local
    last = (cycles if is_host(cycles) else lax.convert_element_type(cycles, _count.int_dtype())) - 1
    over = index > last
    return where(over, last, index), _count.select(over, steps.counted, local)


def _looked_up(count: Count, table: _Rows, steps: Length) -> tuple[Real, Count]:
    """The cycle by a search in the table, for a concrete t_mul."""
    index, slow, scale, begin, lead = (
        _table.constants(column, count) for column in (table.index, table.slow, table.scale, table.ceiling, table.lead)
    )
    if is_host(steps.numerator):
        row = _table.at_most(begin, count.whole) - 1
    else:
        begin, lead, within = _beginnings(table, steps)
        begun = within & (begin <= jnp.expand_dims(count.whole, -1))
        row = lax.reduce_sum(lax.convert_element_type(begun, begin.dtype), (begun.ndim - 1,)) - 1
    if count.part is not None and (table.lead > 0).any():
        # Cycles that begin between two whole counts may have begun as well: as many as share a ceiling.
        shared = min(int(np.unique(table.ceiling, return_counts=True)[1].max()), 64)
        for _ in range(shared):
            following = _real.minimum(row + 1, len(table.index) - 1)
            ahead = _real.of_integer(_table.take(lead, following) - _table.take(scale, following))
            reach = _real.plus(_real.product(count.part, _real.of_integer(_table.take(scale, following))), ahead)
            begun = (_table.take(begin, following) - count.whole == 1) & (reach.hi >= 0)
            row = where(begun, following, row)
    whole, slow = count.whole - _table.take(begin, row), _table.take(slow, row)
    if (table.lead == 0).all() and (table.scale == 1).all():
        local = _count.scaled(Count(whole, count.part), 1, slow)
    else:
        local = _count.scaled(Count(whole, count.part), _table.take(scale, row), slow, _table.take(lead, row))

    if table.excess[-1] > 1:  # the last cycles are too slow for an integer
        excess = _table.take(_table.values(table.excess)(count), row)
        slower = _real.product(_real.of_integer(slow), Twofold(excess, 0 * excess))
        fraction = _real.quotient(_count.real(Count(whole, count.part)), slower)
        local = _count.select(excess > 1, _count.from_real(fraction, count), local)
    if not is_host(steps.denominator):
        sums, power = (
            _table.take(jnp.asarray(column, steps.real.hi.dtype), row)
            for column in (table.ceiling - table.lead / table.share, table.slow / table.scale)
        )
        local = _count.with_gradient(local, (_count.as_real(count) - steps.real.hi * sums) / power)
    return _table.take(index, row), local


def _beginnings(table: _Rows, steps: Length) -> tuple[Real, Real, Any]:
    """For a traced cycle_steps: ceil(B_i), its lead over B_i in units of 1 / scale, and whether counts reach it."""
    ceiling, lead, share, scale = (
        _table.constants(column, steps.counted) for column in (table.ceiling, table.lead, table.share, table.scale)
    )
    whole, rest = steps.counted
    short, over = _count.divided(jnp.broadcast_to(whole, ceiling.shape), lead, share)
    sums = jnp.asarray(table.ceiling - table.lead / table.share, steps.real.hi.dtype)
    begin, over = whole * ceiling - short, _count.divided(over, scale, share)[0]
    if rest is not None:
        # What a fractional length adds is known to a float's precision.
        more = rest.hi * sums + (1 - _real.of_integer(over).hi / _real.of_integer(scale).hi)
        up = lax.ceil(more) - 1
        begin = begin + lax.convert_element_type(up, begin.dtype)
        refined = lax.convert_element_type(lax.round((up + 1 - more) * _real.of_integer(scale).hi), begin.dtype)
        over = where(rest.hi > 0, refined, over)
    return begin, over, (begin >= 0) & (steps.real.hi * sums < 1.5 * _count.last_count())


def _solved(count: Count, steps: Length, t_mul: Real) -> tuple[Real, Count]:
    """The cycle by the closed form of S_i, for a traced t_mul: exact where it and cycle_steps are whole numbers."""
    factor = _real.to_float(t_mul)
    one = factor == 1
    other = where(one, 2.0, factor)  # cycles of one length need no closed form, but its derivative must be finite
    growth = _real.maximum(_count.fraction(count, steps).hi * (other - 1), -0.9999999)
    log_factor = _real.log(_real.twofold(other))
    estimate = _real.log(_real.twofold(1 + growth)).hi / log_factor.hi
    # Within one of the true index, so at most two below it.
    first = _real.maximum(_count.floored(estimate, count.whole) - 1, 0)

    power = _power(other, log_factor, first)
    sums = _real.quotient(_real.plus(power, Twofold(-1.0, 0.0)), _real.twofold(other - 1))
    index, now = first, _count.real(count)
    for _ in range(2):
        following = _real.plus(sums, power)
        ahead = _real.plus(now, _real.minus(_real.product(steps.real, following)))
        step = ahead.hi >= 0
        index = where(step, index + 1, index)
        power = Twofold(*map(partial(where, step), _real.product(power, _real.twofold(other)), power))
        sums = Twofold(*map(partial(where, step), following, sums))
    left = _real.plus(now, _real.minus(_real.product(steps.real, sums)))
    found = index, _count.from_real(_real.quotient(left, power), count)

    whole = factor == _real.floor(factor)
    if steps.counted.part is not None:
        whole = whole & (steps.counted.part.hi == 0)
    # Where t_mul is no whole number this is not used, and 2 from the first cycle on stands in: it overflows nowhere.
    multiple, near = where(whole, _count.floored(other, count.whole), 2), where(whole, first, 0)
    found = _either(whole, _solved_in_integers(count, steps, multiple, near), found)
    index, local = _either(one, _count.divide_with_remainder(count, steps), found)
    return index, _count.with_gradient(local, _slowed(count, steps.real.hi, factor, index))


def _either(condition: Any, x: tuple[Real, Count], y: tuple[Real, Count]) -> tuple[Real, Count]:
    return where(condition, x[0], y[0]), _count.select(condition, x[1], y[1])


def _power(base: Real, log: Twofold, exponent: Real) -> Twofold:
    """base**exponent: to twice a float's precision up to 255, to a float's beyond."""
    square, result = _real.twofold(lax.stop_gradient(base)), _real.twofold(jnp.ones_like(base))
    for bit in range(8):
        odd = (exponent >> bit) & 1 == 1
        result = Twofold(*map(partial(where, odd), _real.product(result, square), result))
        more = exponent >> (bit + 1) > 0  # a power that is not asked for may overflow
        square = Twofold(*map(partial(where, more), _real.product(square, square), square))
    beyond = _real.exp(_real.product(_real.of_integer(exponent & ~255), log))
    return _real.product(result, _real.twofold(lax.stop_gradient(beyond)))


def _slowed(count: Count, steps: Real, factor: Real, index: Real) -> Real:
    """(t - B_i) / t_mul**i in floats: what `_solved` differentiates, at t_mul = 1 too."""
    one, i = factor == 1, _real.of_integer(index).hi
    other, above = where(one, 2.0, factor), factor - 1
    power = _real.exp(_real.product(_real.of_integer(where(one, 0, index)), _real.log(_real.twofold(other))))
    sums = (power - 1) / (other - 1)
    # Three terms of each at 1: enough for a second derivative.
    power = where(one, 1 + i * above * (1 + (i - 1) / 2 * above), power)
    sums = where(one, i * (1 + (i - 1) / 2 * above * (1 + (i - 2) / 3 * above)), sums)
    return (_count.as_real(count) - steps * sums) / power


def _solved_in_integers(count: Count, steps: Length, factor: Real, index: Real) -> tuple[Real, Count]:
    """`_solved` for whole numbers, from an index at most two below the true one."""
    power, base = jnp.ones_like(index), factor
    for bit in range(_count.int_dtype().itemsize.bit_length() + 2):
        odd = lax.bitwise_and(lax.shift_right_logical(index, jnp.full_like(index, bit)), jnp.ones_like(index)) == 1
        power, base = where(odd, power * base, power), base * base
    begun = _count.divided(power - 1, 1, factor - 1)[0] * steps.counted.whole
    slow, size = _real.of_integer(power).hi, _real.to_float(steps.counted.whole)
    last = float(_count.last_count())
    for _ in range(2):
        step = (size * slow < last) & (count.whole - begun >= steps.counted.whole * power)
        begun = where(step, begun + steps.counted.whole * power, begun)
        index, power, slow = (
            where(step, x, y)
            for x, y in ((index + 1, index), (power * factor, power), (slow * _real.to_float(factor), slow))
        )
    left = Count(count.whole - begun, count.part)
    slowed = _count.scaled(left, 1, _real.maximum(power, 1))
    return index, _count.select(
        slow < last, slowed, _count.from_real(_real.quotient(_count.real(left), _real.twofold(slow)), left)
    )
