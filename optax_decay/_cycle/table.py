"""Cycles by a search in a table of their beginnings, for a factor that is known."""

import math
import sys
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax

from optax_decay import _arithmetic, _count
from optax_decay._arithmetic import ZERO, Real, Twofold, is_host, where
from optax_decay._count import Count, Length, tables

# A longer table keeps every n-th cycle. Another table, of the first n, finds the cycle among those.
_MAX_ROWS = 1 << 14
# Fractional bits of S_i and t_mul**i while a table is made. Both are rounded down, by less than S_i units in all: a
# beginning that is a whole number is found a hair below it, and comes out right when it is rounded up.
_BITS = 192
ONE_IN_BITS = 1 << _BITS


class _CycleTable(NamedTuple):
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
    begins: tuple[Fraction, ...]
    stride: int


@lru_cache(maxsize=64)
def _cycle_table(
    factor: Fraction,
    cycle_steps: Fraction | None,
    cycles: int | None,
    limit: int,
    fine: bool,
    among: int | None,
    stretch: bool,
) -> _CycleTable:
    steps = Fraction(1) if cycle_steps is None else cycle_steps
    n = cycles if factor < 1 and cycles is not None else cycles_within(float(limit / steps), float(factor))
    n = n if among is None else min(n, among - 1)
    stride = max(1, -(-n // _MAX_ROWS)) if factor > 1 else 1
    # After a table that leaves out cycles the search goes on in another one, in steps of the first cycle.
    is_slow = stretch or stride > 1
    rows = []
    for i, power, total in powers(factor, stride):
        if total * steps > limit * ONE_IN_BITS or (among is not None and i > n):
            break
        if i > n or len(rows) > _MAX_ROWS or power * limit < ONE_IN_BITS:  # what is left is too short to tell apart
            i, power = n, ONE_IN_BITS
        ceiling = -(-total * steps.numerator // (steps.denominator << _BITS))
        lead = ceiling - Fraction(total, ONE_IN_BITS) * steps
        begin = ceiling - lead
        if is_slow:
            slow = factor**i if stride == 1 and i * factor.numerator.bit_length() < 64 else Fraction(power, ONE_IN_BITS)
            slow = slow.limit_denominator(max(1, min(limit, int(limit / slow)))) or Fraction(1, limit)
            parts = steps.denominator
        else:
            slow, parts = Fraction(1), lead.limit_denominator(limit).denominator
        numerator, scale = slow.numerator, slow.denominator
        # A finer scale, where there is room, for the lead of a beginning that is no whole number.
        room = max(1, limit // max(numerator, scale))
        finer = 1 << room.bit_length() - 1 if fine else min(parts, room)
        numerator, scale = numerator * finer, scale * finer
        if cycle_steps is None:
            lead = lead.limit_denominator(limit)
            share = lead.denominator
            lead = lead.numerator
        else:
            share, lead = 1, round(lead * scale)
            begin = ceiling - Fraction(lead, scale)
        rows.append((i, ceiling, lead, share, min(numerator, limit), scale, max(1.0, float(slow / limit)), begin))
        if i == n:
            break
    columns: list[Any] = list(zip(*rows, strict=True))
    integers = [np.array(column, np.int64) for column in columns[:-2]]
    return _CycleTable(*integers, excess=np.array(columns[-2]), begins=columns[-1], stride=stride)


def cycles_within(steps: float, factor: float) -> int:
    """An upper bound on the number of cycles, in units of the first, that begin within `steps`."""
    growth = min(steps * (factor - 1), sys.float_info.max)
    return 2 + math.ceil(math.log1p(growth) / math.log(factor)) if factor > 1 else 1 << 62


def powers(factor: Fraction, stride: int) -> Iterator[tuple[int, int, int]]:
    """(i, t_mul**i, S_i) for every stride-th i, in units of 2**-192."""
    jump, reach = ONE_IN_BITS, 0
    for _ in range(stride):
        jump, reach = jump * factor.numerator // factor.denominator, reach + jump
    i, power, total = 0, ONE_IN_BITS, 0
    while True:
        yield i, power, total
        total += power * reach >> _BITS
        power = power * factor.numerator // factor.denominator if stride == 1 else power * jump >> _BITS
        i += stride


def search(count: Count, steps: Length, factor: Fraction, cycles: int | None, stretch: bool) -> tuple[Real, Count]:
    """The index of the cycle and the count in it, slowed if its base is to `stretch`."""
    fine = not steps.counted.is_whole and steps.known is None
    index, local, among, begun = 0, count, None, None
    while among != 1:
        begun = None if among is None else index
        table = _cycle_table(factor, steps.known, cycles, _count.last_count(), fine, among, stretch)
        more, local = _in_table(local, table, steps)
        index, among = index + more, table.stride
    if stretch or begun is None:
        return index, local
    # Tables before the last have slowed the count.
    slow = _arithmetic.raised_twofold(_arithmetic.of_fraction(factor), _arithmetic.of_integer(begun))
    return index, _count.from_real(_arithmetic.product(_count.real(local), slow), local)


def search_on_host(
    count: Count, steps: Length, factor: Fraction, cycles: int | None, stretch: bool
) -> tuple[int, Count]:
    """`search` beyond the last count, where a table does not reach, in fractions of any size."""
    assert steps.known is not None
    now = (count.whole + Fraction(count.part.hi)) / steps.known
    # B_i <= t says factor**i <= grown for a factor above 1.
    grown = 1 + now * (factor - 1)
    if grown <= 0:
        return cycles or 0, steps.counted
    index = max(0, int(_log(grown) / math.log(factor)) - 2)
    power = factor**index
    begin = (power - 1) / (factor - 1)
    while begin + power <= now and (cycles is None or index < cycles):
        index, begin, power = index + 1, begin + power, power * factor
    local = (now - begin) * steps.known / (power if stretch else 1)
    whole = math.floor(local)
    return index, Count(whole, _arithmetic.of_fraction(local - whole), count.unit)


def _log(number: Fraction) -> float:
    return math.log(number.numerator) - math.log(number.denominator)


def _in_table(count: Count, table: _CycleTable, steps: Length) -> tuple[Real, Count]:
    """The row's cycle, and the count in it."""
    index, slow, scale, begin, lead = (
        tables.constants(column, count) for column in (table.index, table.slow, table.scale, table.ceiling, table.lead)
    )
    if steps.known is None:
        begin, lead, within = _beginnings(table, steps)
        row = _last_begun_of_traced(count, begin, lead, within, scale)
    else:
        row = _last_begun(count, table, begin)
    since = count._replace(whole=count.whole - tables.take(begin, row))
    slow = tables.take(slow, row)
    if (table.lead == 0).all() and (table.scale == 1).all():
        local = since if (table.slow == 1).all() else _count.scaled(since, 1, slow)
    else:
        local = _count.scaled(since, tables.take(scale, row), slow, tables.take(lead, row))

    if table.excess[-1] > 1:  # the last cycles are too slow for an integer
        excess = tables.take(table.excess, row)
        slower = _arithmetic.product(_arithmetic.of_integer(slow), Twofold(excess, 0.0))
        fraction = _arithmetic.quotient(_count.real(since), slower)
        local = _count.select(excess > 1, _count.from_real(fraction, count), local)
    if steps.known is None:
        sums, power = (
            tables.take(jnp.asarray(column, steps.real.hi.dtype), row)
            for column in (table.ceiling - table.lead / table.share, table.slow / table.scale)
        )
        local = _count.differentiated_as(local, (_count.in_one_float(count) - steps.real.hi * sums) / power)
    return tables.take(index, row), local


def _last_begun(count: Count, table: _CycleTable, ceilings: Any) -> Real:
    """The last row that has begun, for known lengths."""
    if count.is_whole or not (table.lead > 0).any():
        return tables.at_most(ceilings, count.whole) - 1
    if is_host(count.whole):
        return tables.begun_on_host(table.begins, count) - 1
    return tables.begun(tables.counts(list(table.begins), count.unit), count) - 1


def _last_begun_of_traced(count: Count, begin: Real, lead: Real, within: Any, scale: Any) -> Real:
    """The last row that has begun, where `within` says which rows counts reach."""
    dimensions = range(count.whole.ndim)
    below = lax.expand_dims(begin, dimensions) <= lax.expand_dims(count.whole, (count.whole.ndim,))
    row = tables.number_of(lax.expand_dims(within, dimensions) & below) - 1
    if count.is_whole:
        return row
    # The next cycle may have begun within the step.
    following = _arithmetic.minimum(row + 1, begin.shape[0] - 1)
    ahead = _arithmetic.of_integer(tables.take(lead, following) - tables.take(scale, following))
    scaled = _arithmetic.product(count.part, _arithmetic.of_integer(tables.take(scale, following)))
    begun = (tables.take(begin, following) - count.whole == 1) & (_arithmetic.plus(scaled, ahead).hi >= 0)
    return where(begun, following, row)


def _beginnings(table: _CycleTable, steps: Length) -> tuple[Real, Real, Any]:
    """For a traced cycle_steps: ceil(B_i), its lead over B_i in units of 1 / scale, and whether counts reach it."""
    ceiling, lead, share, scale = (
        tables.constants(column, steps.counted) for column in (table.ceiling, table.lead, table.share, table.scale)
    )
    whole, rest = steps.counted.whole, steps.counted.part
    short, over = _count.divided(jnp.broadcast_to(whole, ceiling.shape), lead, share)
    sums = jnp.asarray(table.ceiling - table.lead / table.share, steps.real.hi.dtype)
    begin, over = whole * ceiling - short, _count.divided(over, scale, share)[0]
    if rest is not ZERO:
        # What a fractional length adds is known to a float's precision.
        more = rest.hi * sums + (1 - _arithmetic.of_integer(over).hi / _arithmetic.of_integer(scale).hi)
        up = lax.ceil(more) - 1
        begin = begin + lax.convert_element_type(up, begin.dtype)
        refined = lax.convert_element_type(lax.round((up + 1 - more) * _arithmetic.of_integer(scale).hi), begin.dtype)
        over = where(rest.hi > 0, refined, over)
    return begin, over, (begin >= 0) & (steps.real.hi * sums < 1.5 * _count.last_count())
