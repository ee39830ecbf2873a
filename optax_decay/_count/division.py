"""Stages: how often a length fits into a count, what is left of it, and horizons that move on."""

from optax_decay import _arithmetic
from optax_decay._arithmetic import ZERO, Real, is_host, where, zero_of
from optax_decay._count.count import (
    Count,
    differentiated_as,
    from_real,
    in_one_float,
    in_unit,
    last_count,
    normalised,
    scaled_part,
)
from optax_decay._count.integers import divided
from optax_decay._count.lengths import Length, finer, in_finer_unit
from optax_decay._count.sums import select

# Up to this numerator, a remainder is kept as a whole number of a finer unit, which leaves room for later lengths.
_FEW = 1 << 16


def divide_with_remainder(count: Count, by: Length) -> tuple[Real, Count]:
    """How many times `by` fits into the count, and what is left of it."""
    count = in_unit(count, by.counted.unit)
    stage, remainder = divided(count.whole, by.denominator, by.numerator)
    if is_host(by.denominator) and by.denominator == 1:
        rest = count._replace(whole=remainder)
    elif by.known is not None and count.is_whole and by.numerator <= _FEW:
        rest = Count(remainder, ZERO, finer(count.unit, by.denominator))
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


def refined(count: Count, part: Length, whole: Length) -> Count:
    """A count up to `whole` in a unit so fine that `part` is a whole number of units, where that leaves room."""
    if not count.is_whole or part.known is None or whole.known is None or whole.known * part.denominator > _FEW:
        return count
    return count if part.denominator == 1 else in_finer_unit(count, part.denominator)


def stage(count: Count, of: Length) -> tuple[Real, int]:
    """How many times a length fits into the count, and the most that it can."""
    most = last_count() if of.known is None or is_host(count.whole) else min(int(last_count() / of.known), last_count())
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
