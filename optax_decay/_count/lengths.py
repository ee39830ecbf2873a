"""Lengths: numbers of steps beside a count, exact and in its unit; and what moves a count by them."""

import math
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from optax_decay import _arithmetic
from optax_decay._arithmetic import ZERO, Given, Measured, Real, Twofold, int_dtype, is_host
from optax_decay._count.count import (
    STEP,
    Count,
    bits_beyond,
    coarser,
    differentiated_as,
    from_real,
    greatest,
    in_one_float,
    in_shares,
    in_unit,
    real,
    scaled,
    shares_of,
    start,
)
from optax_decay._count.integers import last_count
from optax_decay._count.sums import difference, least, reached, select, sum_of


class Length(NamedTuple):
    """A positive number of units: the ratio of two integers, as a real number, its inverse, and as a count."""

    numerator: Real
    denominator: Real
    real: Twofold
    inverse: Twofold
    counted: Count
    known: Fraction | None


def length(steps: Given, count: Count) -> Length:
    """A hyperparameter in steps, for arithmetic with a count: exact, and differentiable if it is a traced float."""
    unit = steps.unit_beside(count.unit)
    if steps.memory is None:
        return _length_of(steps.ratio(unit, count.whole), unit, None)
    # For the one unit that most counts have, the hash is not worth the time.
    key = None if unit is STEP else unit, is_host(count.whole), int_dtype()
    known = steps.memory.get(key)
    if known is None:
        ratio = steps.ratio(unit, count.whole)
        known = steps.memory[key] = _length_of(ratio, unit, Fraction(ratio.numerator, ratio.denominator))
    return known


def _length_of(ratio: Measured, unit: Fraction, known: Fraction | None) -> Length:
    most, shares = (None, None) if known is None else (math.ceil(known), known.denominator)
    return Length(*ratio[:4], Count(ratio.whole, ratio.part, unit, most, shares), known)


def exact_length(number: Fraction, unit: Fraction, beside: Real) -> Length:
    """A known number of units, beside the whole count `beside`."""
    return _length_of(_arithmetic.exact_ratio(number, is_host(beside)), unit, number)


def steps_beside(steps: Given, beside: Count) -> Count:
    """A hyperparameter in steps, zero or more, as a count beside another: at most the last."""
    return length(steps, beside).counted if steps.sign == 1 else shifted(start(beside), steps)


def over(count: Count, steps: Given) -> Any:
    """Whether count >= steps."""
    if steps.sign is None:
        return reached(count, steps_beside(steps, count))
    end = length(steps, count)
    count = in_unit(count, end.counted.unit)
    if not is_host(count.whole) and end.known is not None and end.known > last_count():
        return count.whole < 0
    return reached(count, end.counted)


def until(count: Count, steps: Given) -> Count:
    """max(steps - count, 0)."""
    if steps.sign is None:
        return difference(steps_beside(steps, count), count)
    count, end = in_one_unit(count, length(steps, count))
    return difference(end.counted, count)


def up_to(count: Count, steps: Given) -> Count:
    """A count that is at most `steps`, of which a traced number may turn out to be none."""
    return count if steps.sign is not None else least(count, steps_beside(steps, count))


def in_one_unit(count: Count, steps: Length) -> tuple[Count, Length]:
    """The count and the length in one unit, so coarse that the length fits."""
    count = in_unit(count, steps.counted.unit)
    if steps.known is None or is_host(count.whole) or steps.known <= last_count():
        return count, steps
    return _coarser(count, steps.known, bits_beyond(steps.known))


@lru_cache(maxsize=4096)
def finer(unit: Fraction, times: int) -> Fraction:
    """A unit so many times as fine."""
    return unit / times


def in_finer_unit(count: Count, times: int) -> Count:
    """A count in a unit so many times as fine that it is whole, where it fits."""
    factor = times if is_host(count.whole) else count.whole.dtype.type(times)
    whole = count.whole * factor if count.is_whole else count.whole * factor + in_shares(count, times)
    return Count(whole, ZERO, finer(count.unit, times), count.most and (count.most + (not count.is_whole)) * times)


def in_whole_units(count: Count, steps: Length) -> tuple[Count, Length]:
    """min(count, steps) or a little more, and a length, as whole numbers of one unit where they fit."""
    count, steps = in_one_unit(count, steps)
    fine = shares_of(count, steps.counted)
    if is_host(count.whole) or steps.known is None or fine is None or (count.is_whole and fine == 1):
        return count, steps
    most = math.ceil(steps.known)
    if (most + 1) * fine > last_count():
        return count, steps
    count = in_finer_unit(least(count, Count(most, ZERO, count.unit, most)), fine)
    return count, exact_length(steps.known * fine, count.unit, count.whole)


def _coarser(count: Count, known: Fraction, bits: int) -> tuple[Count, Length]:
    count, steps = coarser(count, bits), known / (1 << bits)
    # An odd length is a whole number and a half, since it is no ratio of two integers that fit.
    counted = Count(*_arithmetic.whole_and_part(steps, is_host(count.whole)), count.unit, math.ceil(steps))
    return count, exact_length(steps, count.unit, count.whole)._replace(counted=counted)


def shifted(count: Count, steps: Given) -> Count:
    """count + steps for a hyperparameter of either sign, zero where that is negative."""
    if steps.sign == 0:
        return count
    if steps.sign is None:
        count = in_unit(count, steps.unit_beside(count.unit))
        return sum_of(count, Count(*steps.counted(count.unit, count.whole), count.unit))
    by = length(steps if steps.sign > 0 else -steps, count)
    if steps.sign < 0:
        return difference(count, by.counted)
    most = greatest(count) + math.ceil(by.known or last_count())
    if not is_host(count.whole) and count.is_whole and by.counted.is_whole and most <= last_count():
        return Count(count.whole + by.counted.whole, ZERO, count.unit, most)
    if by.known is not None and not is_host(count.whole) and by.known > 1 << 10:
        # A few counts next to the last are held there; more than that take a coarser unit.
        count, by = _coarser(count, by.known, bits_beyond(by.known + last_count()))
    return sum_of(count, by.counted)


def slowed(count: Count, factor: Given) -> Count:
    """count / factor: in another unit where the factor is known."""
    if factor.fraction is not None:
        return count._replace(unit=_unit_times(factor, count.unit, faster=False))
    by = factor.ratio(STEP, count.whole)
    return _multiplied(count, by.denominator, by.numerator, by.inverse, by.real.hi >= float(last_count()))


def quickened(count: Count, factor: Given) -> Count:
    """count * factor: in another unit where the factor is known."""
    if factor.fraction is not None:
        return count._replace(unit=_unit_times(factor, count.unit, faster=True))
    by = factor.ratio(STEP, count.whole)
    return _multiplied(count, by.numerator, by.denominator, by.real, by.real.hi >= float(last_count()))


def _unit_times(factor: Given, unit: Fraction, faster: bool) -> Fraction:
    memory, key = factor.memory, (unit, faster)
    assert memory is not None
    assert factor.fraction is not None
    if key not in memory:
        memory[key] = unit * factor.fraction if faster else unit / factor.fraction
    return memory[key]


def _multiplied(count: Count, numerator: Real, denominator: Real, factor: Twofold, inexact: Any) -> Count:
    """count * factor, where that is a traced ratio of two integers, or too long for one."""
    product = from_real(_arithmetic.product(real(count), factor), count)
    result = select(inexact, product, scaled(count, numerator, denominator))
    return differentiated_as(result, in_one_float(count) * factor.hi)


def rescaled(count: Count, by: Length, of: Length) -> Count:
    """count * by / of, for two lengths in its unit."""
    count = in_unit(count, of.counted.unit)
    if by.known is not None and of.known is not None:
        ratio = by.known / of.known
        if is_host(count.whole):
            return scaled(count, ratio.numerator, ratio.denominator)
        count = coarser(count, bits_beyond(by.known))
        if max(ratio.numerator, ratio.denominator) <= last_count():
            return scaled(count, ratio.numerator, ratio.denominator)
        return from_real(_arithmetic.product(real(count), _arithmetic.of_fraction(ratio)), count)
    if is_host(by.denominator, of.denominator) and (by.denominator, of.denominator) == (1, 1):
        return scaled(count, by.numerator, of.numerator)
    return from_real(_arithmetic.product(_arithmetic.product(real(count), of.inverse), by.real), count)
