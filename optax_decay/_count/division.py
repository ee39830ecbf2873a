"""Stages: how often a length fits into a count, what is left of it, and horizons that move on."""

from fractions import Fraction

from optax_decay import _arithmetic
from optax_decay._arithmetic import ZERO, Real, is_host, where, zero_of
from optax_decay._count.count import (
    FEW,
    Count,
    differentiated_as,
    from_real,
    greatest,
    in_one_float,
    in_unit,
    last_count,
    normalised,
    scaled_part,
    shares_of,
)
from optax_decay._count.integers import divided
from optax_decay._count.lengths import Length, finer, in_finer_unit
from optax_decay._count.sums import difference, select


def divide_with_remainder(count: Count, by: Length) -> tuple[Real, Count]:
    """How many times `by` fits into the count, and what is left of it."""
    count = in_unit(count, by.counted.unit)
    if _is_counted_in_shares(count, by):
        turns, further, rest = _turned(count, by)
        return _stage(turns, further, by.denominator, greatest(count) // by.numerator), rest
    stage, remainder = divided(count.whole, by.denominator, by.numerator)
    if is_host(by.denominator) and by.denominator == 1:
        rest = count._replace(whole=remainder, most=None if by.known is None else by.numerator - 1)
    else:
        both = scaled_part(count.part, by.denominator, remainder, by.numerator, stage, count.unit, saturates=True)
        crossed = both.whole - stage
        whole, remainder = divided(remainder, 1, by.denominator)
        rest = scaled_part(ZERO, 1, remainder, by.denominator, whole, count.unit)
        if not count.is_whole:
            rest = normalised(rest.whole, _arithmetic.plus(rest.part, count.part), count.unit)
            crossed_rest = from_real(_arithmetic.product(both.part, by.real), count)
            rest = select(crossed > 0, crossed_rest, rest)
        stage = both.whole
    if by.known is not None:
        return stage, rest
    never = by.real.hi >= float(last_count())  # a traced real length whose numerator no longer fits
    stage, rest = where(never, zero_of(stage), stage), select(never, count, rest)
    return stage, differentiated_as(rest, in_one_float(count) - _arithmetic.to_float(stage) * by.real.hi)


def _is_counted_in_shares(count: Count, by: Length) -> bool:
    """Whether so few shares of a unit measure the count and a fraction of one that integers alone divide the two."""
    if by.known is None or by.denominator == 1:
        return False
    shares = shares_of(count)
    return shares is not None and shares * by.numerator * by.denominator <= last_count()


def _turned(count: Count, by: Length) -> tuple[Real, Real, Count]:
    """How often p units fit into the count, how often `by` fits into what they leave, and what that leaves.

    `by` is p/q units, so that it fits q times into p of them.
    """
    turns, left = divided(count.whole, 1, by.numerator)
    shares = shares_of(count) or 1
    left = in_finer_unit(count._replace(whole=left, most=None), shares)
    fine = by.numerator * shares
    further, rest = divided(left.whole * by.denominator, 1, fine)
    return turns, further, Count(rest, ZERO, finer(left.unit, by.denominator), fine - 1)


def _stage(turns: Real, further: Real, each: int, most: int) -> Real:
    """turns * each + further, at most the last count, for at most `most` turns and a `further` below `each`."""
    stage = turns * each + further
    if is_host(stage) or (most + 1) * each <= last_count():
        return stage
    # One count beyond the last is negative.
    return where((turns > last_count() // each) | (stage < 0), last_count(), stage)


def stairs(count: Count, of: Length) -> Count:
    """The count at which the length that it is in began."""
    count = in_unit(count, of.counted.unit)
    if _is_counted_in_shares(count, of):
        turns, further, _ = _turned(count, of)
        up, over = divided(further * of.numerator, 1, of.denominator)
        part = _arithmetic.times_integer(over, of.denominator - 1, _arithmetic.of_fraction(Fraction(1, of.denominator)))
        return Count(turns * of.numerator + up, part, count.unit, count.most, of.denominator)
    begun, rest = divide_with_remainder(count, of)
    if is_host(of.denominator) and of.denominator == 1:
        return count._replace(whole=count.whole - rest.whole, part=ZERO)
    # There may be more stairs than counts if a stair is shorter than a unit.
    if of.known is None or (greatest(count) / of.known > last_count() and not is_host(begun)):
        return difference(count, rest)
    most = None if is_host(begun) else int(greatest(count) / of.known)
    return Count(begun, ZERO, of.counted.unit * of.known, most)


def refined(count: Count, part: Length, whole: Length) -> Count:
    """A count up to `whole` in a unit so fine that `part` is a whole number of units, where that leaves room."""
    if not count.is_whole or part.known is None or whole.known is None or whole.known * part.denominator > FEW:
        return count
    return count if part.denominator == 1 else in_finer_unit(count, part.denominator)


def stage(count: Count, of: Length) -> tuple[Real, int]:
    """How many times a length fits into the count, and the most that it can."""
    count = in_unit(count, of.counted.unit)
    most = last_count() if of.known is None else min(int(greatest(count) / of.known), last_count())
    return divide_with_remainder(count, of)[0], most


def horizon(count: Count, steps: Length) -> Count:
    """The count that an expanding cycle's base sees: count / k, where k = max(1, ceil(count / steps)).

    The horizon, k * steps, moves on one step after it is reached.
    """
    count = in_unit(count, steps.counted.unit)
    stage, rest = divide_with_remainder(count, steps)
    started = rest.whole > 0 if rest.is_whole else (rest.whole > 0) | (rest.part.hi + rest.part.lo > 0)
    if not is_host(stage):
        started = started & (stage < last_count())
    cycles = _arithmetic.maximum(where(started, stage + 1, stage), 1)
    whole, remainder = divided(count.whole, 1, cycles)
    now = scaled_part(count.part, 1, remainder, cycles, whole, count.unit)
    if is_host(count.whole):
        return now
    # There are more cycles than an integer holds, so the count is next to its horizon.
    return select(cycles >= last_count(), steps.counted, now)
