"""A count that runs to a length along a power: exactly for a small whole power, else as exactly as floats can."""

from optax_decay import _arithmetic
from optax_decay._arithmetic import ONE, ZERO, Given, is_host, where
from optax_decay._count.count import Count, differentiated_as, from_real, in_one_float, real, scaled
from optax_decay._count.integers import last_count
from optax_decay._count.lengths import Length, in_one_unit
from optax_decay._count.sums import least, reached, select

# Each is a multiplication of its own.
_LARGEST_WHOLE_POWER = 8


def warped(count: Count, steps: Length, power: Given) -> Count:
    """steps * min(count / steps, 1)**power."""
    count, steps = in_one_unit(count, steps)
    is_whole = count.is_whole and (steps.known is not None or (is_host(steps.denominator) and steps.denominator == 1))
    if is_whole and power.known in range(1, _LARGEST_WHOLE_POWER + 1):
        return _of_whole(count, steps, int(power.known))
    now = least(count, steps.counted)
    share = _arithmetic.product(real(now), steps.inverse)
    started = share.hi > 0
    risen = _arithmetic.raised_twofold(_arithmetic.select_twofold(started, share, ONE), power.twofold())
    inside = from_real(_arithmetic.product(_arithmetic.select_twofold(started, risen, ZERO), steps.real), count)
    part_gone = _arithmetic.of_float(in_one_float(now) / steps.real.hi)
    inside = differentiated_as(inside, steps.real.hi * _arithmetic.raised_any(part_gone, power.twofold()))
    ended = reached(count, steps.counted)
    if steps.known is None:  # one that lies beyond the last count is never reached
        ended = ended & (steps.real.hi < float(last_count()))
    return select(ended, steps.counted, inside)


def _of_whole(count: Count, steps: Length, power: int) -> Count:
    """`warped` for a whole count, in a unit of which the length is a whole number."""
    end, parts = steps.numerator, steps.denominator if steps.known is not None else 1
    now = _arithmetic.minimum(count.whole, steps.counted.whole) * parts
    if parts > 1:
        now = where(count.whole > steps.counted.whole, end, now)
    result = Count(now, ZERO, count.unit / parts)
    for _ in range(power - 1):
        result = scaled(result, now, end)
    return result
