"""Counts beside each other: compared, added, subtracted, chosen, in one unit."""

from typing import Any

import numpy as np
from jax import lax

from optax_decay import _arithmetic
from optax_decay._arithmetic import ZERO, is_host, where, zero_of
from optax_decay._count.count import Count, coarser, greatest, held, in_unit, normalised, rounding, shares_of, start
from optax_decay._count.integers import last_count


def together(x: Count, y: Count) -> tuple[Count, Count]:
    """Two counts in one unit."""
    if x.unit is y.unit or x.unit == y.unit:
        return x, y
    ratio = x.unit / y.unit
    if ratio.denominator == 1 and ratio.numerator.bit_count() == 1:
        return x, coarser(y, ratio.numerator.bit_length() - 1)
    if ratio.numerator == 1 and ratio.denominator.bit_count() == 1:
        return coarser(x, ratio.denominator.bit_length() - 1), y
    unit = _arithmetic.power_of_two(max(x.unit, y.unit))
    return in_unit(x, unit), in_unit(y, unit)


def select(condition: Any, x: Count, y: Count) -> Count:
    """x where `condition` holds, else y."""
    x, y = together(x, y)
    part = _arithmetic.select_twofold(condition, x.part, y.part)
    return Count(where(condition, x.whole, y.whole), part, x.unit, shares=shares_of(x, y))


def difference(x: Count, y: Count) -> Count:
    """x - y, or zero where that is negative."""
    x, y = together(x, y)
    if x.is_whole and y.is_whole:
        most = max(greatest(x) - int(y.whole), 0) if _is_known(y) and not is_host(y.whole) else x.most
        left = x._replace(whole=x.whole - y.whole, most=most)
        return left if _is_below(y, x) else left._replace(whole=_arithmetic.maximum(left.whole, 0))
    if y.is_whole:
        left = Count(x.whole - y.whole, x.part, x.unit, x.most)
    elif x.is_whole and not is_host(y.whole):
        # A whole number less a part in [0, 1) borrows one, and no rounding could reach the next.
        borrows = y.part.hi > 0
        one = where(borrows, 1, zero_of(y.whole))
        rest = _arithmetic.plus(_arithmetic.minus(y.part), _arithmetic.of_float(_arithmetic.to_float(one)))
        left = Count(x.whole - y.whole - one, rest, x.unit)
    else:
        left = normalised(x.whole - y.whole, _arithmetic.plus(x.part, _arithmetic.minus(y.part)), x.unit)
    return select(left.whole < 0, start(left), left)._replace(shares=shares_of(x, y))


def sum_of(x: Count, y: Count) -> Count:
    """x + y, held between zero and the last count; y may be negative."""
    x, y = together(x, y)
    if is_host(x.whole):
        both = normalised(x.whole + y.whole, _arithmetic.plus(x.part, y.part), x.unit)
        return both if both.whole >= 0 else start(both)
    room = last_count() - x.whole
    whole = where(y.whole > room, last_count(), x.whole + _arithmetic.minimum(y.whole, room))
    if x.is_whole and y.is_whole:
        return Count(_arithmetic.maximum(whole, 0), ZERO, x.unit)
    both = normalised(whole, _arithmetic.plus(x.part, y.part), x.unit)
    # The last count and one more wraps to the least integer.
    end = (both.whole < 0) & (whole > 0)
    return select(end, held(both), select(both.whole < 0, start(both), both))._replace(shares=shares_of(x, y))


def reached(x: Count, y: Count) -> Any:
    """Whether x >= y. A count within rounding errors of y has reached it."""
    x, y = together(x, y)
    if x.is_whole and y.is_whole:
        return x.whole >= y.whole
    ahead = (x.part.hi - y.part.hi) + (x.part.lo - y.part.lo) >= -rounding()
    return (x.whole > y.whole) | ((x.whole == y.whole) & ahead)


def least(x: Count, y: Count) -> Count:
    """The smaller of two counts; the second where they are equal."""
    x, y = together(x, y)
    most = min((z.most for z in (x, y) if z.most is not None), default=None)
    if not (x.is_whole and y.is_whole):
        return select(reached(x, y), y, x)._replace(most=most)
    if _is_below(x, y):
        return x
    if x.taken and x.taken[0] is x.whole and _is_known(y):
        return Count(lax.clamp(zero_of(y.whole), x.taken[1], y.whole), ZERO, x.unit, most)
    return Count(_arithmetic.minimum(x.whole, y.whole), ZERO, x.unit, most)


def _is_below(x: Count, y: Count) -> bool:
    """Whether the whole number x is known to be at most y."""
    return x.most is not None and _is_known(y) and x.most <= y.whole


def _is_known(count: Count) -> bool:
    """Whether the whole number of a count is a constant."""
    return isinstance(count.whole, (int, np.integer))
