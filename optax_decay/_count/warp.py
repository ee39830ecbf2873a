"""A count that runs to a length along a power: exactly for a small whole power, else as exactly as floats can."""

from optax_decay import _arithmetic
from optax_decay._arithmetic import ONE, ZERO, Given, is_host
from optax_decay._count.count import Count, differentiated_as, from_real, in_one_float, real, scaled
from optax_decay._count.integers import last_count
from optax_decay._count.lengths import Length, in_whole_units
from optax_decay._count.sums import least, reached, select

# Each power takes one more multiplication.
_LARGEST_WHOLE_POWER = 8


def warped(count: Count, steps: Length, power: Given) -> Count:
    """steps * min(count / steps, 1)**power."""
    count, steps = in_whole_units(count, steps)
    now = least(count, steps.counted)
    if now.is_whole and power.known in range(1, _LARGEST_WHOLE_POWER + 1):
        # In Python the length need not be a whole number of units.
        result, times = now, now.whole * steps.denominator if is_host(now.whole) else now.whole
        for _ in range(int(power.known) - 1):
            result = scaled(result, times, steps.numerator)
        return result
    share = _arithmetic.product(real(now), steps.inverse)
    started = share.hi > 0
    risen = _arithmetic.raised_twofold(_arithmetic.select_twofold(started, share, ONE), power.twofold())
    inside = from_real(_arithmetic.product(_arithmetic.select_twofold(started, risen, ZERO), steps.real), count)
    gone = _arithmetic.of_float(in_one_float(now) / steps.real.hi)
    inside = differentiated_as(inside, steps.real.hi * _arithmetic.raised_any(gone, power.twofold()))
    ended = reached(count, steps.counted)
    if steps.known is None:  # one that lies beyond the last count is never reached
        ended = ended & (steps.real.hi < float(last_count()))
    return select(ended, steps.counted, inside)
