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
    rounding,
    scaled_part,
    shares_of,
)
from optax_decay._count.integers import divided
from optax_decay._count.lengths import Length, finer, in_finer_unit
from optax_decay._count.sums import difference, select


def divide_with_remainder(count: Count, by: Length) -> tuple[Real, Count]:
    """How many times `by` fits into the count, and what is left of it."""
    count = in_unit(count, by.counted.unit)
    shares = _few_shares(count, by)
    if shares:
        turns, further, rest = _turned(count, by, shares)
        return _stage(turns, further, count, by), rest
    turns, left = divided(count.whole, 1, by.numerator)
    if is_host(by.denominator) and by.denominator == 1:
        stage, rest = turns, count._replace(whole=left, most=None if by.known is None else by.numerator - 1)
    else:
        further, remainder = divided(left, by.denominator, by.numerator)
        both = scaled_part(count.part, by.denominator, remainder, by.numerator, further, count.unit)
        crossed = both.whole - further
        whole, remainder = divided(remainder, 1, by.denominator)
        rest = scaled_part(ZERO, 1, remainder, by.denominator, whole, count.unit)
        if not count.is_whole:
            rest = normalised(rest.whole, _arithmetic.plus(rest.part, count.part), count.unit)
            crossed_rest = from_real(_arithmetic.product(both.part, by.real), count)
            rest = select(crossed > 0, crossed_rest, rest)
        stage = _stage(turns, both.whole, count, by)
    if by.known is not None:
        return stage, rest
    never = by.real.hi >= float(last_count())  # a traced real length whose numerator no longer fits
    stage, rest = where(never, zero_of(stage), stage), select(never, count, rest)
    return stage, differentiated_as(rest, in_one_float(count) - _arithmetic.to_float(stage) * by.real.hi)


def _few_shares(count: Count, by: Length) -> int | None:
    """The shares of a unit that measure the count, so few that integers alone divide it by a fraction of a unit."""
    if by.known is None or by.denominator == 1:
        return None
    shares = shares_of(count)
    return shares if shares and shares * by.numerator * by.denominator <= last_count() else None


def _turned(count: Count, by: Length, shares: int) -> tuple[Real, Real, Count]:
    """How often p units fit into the count, how often `by` fits into what they leave, and what that leaves.

    `by` is p/q units, so that it fits q times into p of them.
    """
    turns, left = divided(count.whole, 1, by.numerator)
    left = in_finer_unit(count._replace(whole=left, most=None), shares)
    fine = by.numerator * shares
    further, rest = divided(left.whole * by.denominator, 1, fine)
    return turns, further, Count(rest, ZERO, finer(left.unit, by.denominator), fine - 1)


def _stage(turns: Real, further: Real, count: Count, by: Length) -> Real:
    """How many times `by` fits into the count, at most the last count: q times into each turn of it, and further."""
    stage = turns * by.denominator + further
    if is_host(stage) or (by.known is not None and greatest(count) < (last_count() - by.denominator) * by.known):
        return stage
    # A sum that goes beyond the last count is negative.
    return where((turns > last_count() // by.denominator) | (stage < 0), last_count(), stage)


def stairs(count: Count, of: Length) -> Count:
    """The count at which the length that it is in began."""
    count = in_unit(count, of.counted.unit)
    shares = _few_shares(count, of)
    if shares:
        turns, further, _ = _turned(count, of, shares)
        up, over = divided(further * of.numerator, 1, of.denominator)
        part = _arithmetic.times_integer(over, of.denominator - 1, _arithmetic.of_fraction(Fraction(1, of.denominator)))
        return Count(turns * of.numerator + up, part, count.unit, count.most, of.denominator)
    begun, rest = divide_with_remainder(count, of)
    if is_host(of.denominator) and of.denominator == 1:
        return count._replace(whole=count.whole - rest.whole, part=ZERO)
    if of.known is None or not has_few_stages(count, of):
        return difference(count, rest)
    most = None if is_host(begun) else int(greatest(count) / of.known)
    return Count(begun, ZERO, of.counted.unit * of.known, most)


def has_few_stages(count: Count, of: Length) -> bool:
    """Whether the stages of a known length are no more than counts, as those within a unit may be."""
    if of.known is None or is_host(count.whole):
        return True
    return greatest(in_unit(count, of.counted.unit)) <= of.known * last_count()


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
    cycles = _arithmetic.maximum(_rounded_up(count, steps), 1)
    whole, left = divided(count.whole, 1, cycles)
    # At most cycles - 1 and a part are left, so that this is below 1.
    part = _arithmetic.plus(_arithmetic.of_integer(left), count.part)
    now = Count(whole, _arithmetic.quotient(part, _arithmetic.of_integer(cycles)), count.unit)
    if is_host(count.whole) or (steps.known is not None and steps.known >= 2):
        return now
    # There may be more cycles than an integer holds. Then the count is next to its horizon.
    return select(cycles >= last_count(), steps.counted, now)


def _rounded_up(count: Count, steps: Length) -> Real:
    """ceil(count / steps), at most the last count."""
    numerator, denominator = steps.numerator, steps.denominator
    stage, left = divided(count.whole, denominator, numerator)
    none = zero_of(stage)
    if count.is_whole:
        further = where(left > 0, 1, none)
    elif is_host(denominator) and denominator == 1:
        further = where((left > 0) | (count.part.hi > 0), 1, none)
    elif is_host(numerator, denominator) and denominator <= numerator:
        # What is left is below two lengths.
        gone = _arithmetic.product(count.part, _arithmetic.of_integer(denominator))
        gone, error = _arithmetic.plus(_arithmetic.of_integer(left), gone), rounding() * numerator
        after = _arithmetic.plus(gone, _arithmetic.of_integer(-numerator)).hi > error
        further = where(after, 2, where(gone.hi > error, 1, none))
    else:
        both = scaled_part(count.part, denominator, left, numerator, stage, count.unit, saturates=True)
        stage, further = both.whole, where(both.part.hi > 0, 1, none)
    if is_host(stage):
        return stage + further
    stage = stage + _arithmetic.minimum(further, last_count() - stage)
    # A traced real length whose numerator no longer fits is never reached.
    return stage if steps.known is not None else where(steps.real.hi >= float(last_count()), 1, stage)
