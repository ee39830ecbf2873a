"""Progress: what share of a length a count has gone, and what share of it remains."""

from optax_decay import _arithmetic
from optax_decay._arithmetic import ONE, Real, Twofold, is_host, where
from optax_decay._count.count import Count, greatest, in_unit, last_count, real
from optax_decay._count.lengths import Length, in_whole_units
from optax_decay._count.sums import difference, least


def fraction(count: Count, of: Length, times: Twofold = ONE, beyond: int | None = None) -> Twofold:
    """count / of * times as a real number; the constants among them become one. `beyond` as in `times_integer`."""
    count = in_unit(count, of.counted.unit)
    scale = of.inverse if times is ONE else _arithmetic.product(of.inverse, times)
    if count.is_whole:
        return _arithmetic.times_integer(count.whole, greatest(count), scale, beyond)
    return _arithmetic.product(real(count), scale)


def elapsed(count: Count, of: Length, times: Twofold = ONE, beyond: int | None = None) -> Twofold:
    """min(count / of, 1) * times, exact at both ends."""
    count, of = in_whole_units(count, of)
    return fraction(least(count, of.counted), of, times, beyond)


def remaining(count: Count, of: Length, times: Twofold = ONE, beyond: int | None = None) -> Twofold:
    """max(1 - count / of, 0) * times, from the steps that remain: exact at both ends and precise near the second."""
    count, of = in_whole_units(count, of)
    # At the end of a traced length the derivative is that of the value held there. Whole numbers take one clamp so.
    if of.known is None or (count.is_whole and of.counted.is_whole):
        count = least(count, of.counted)
    rest = fraction(difference(of.counted, count), of, times, beyond)
    unreached = _unreached(of)
    return rest if unreached is None else _arithmetic.plus(rest, _arithmetic.product(Twofold(unreached, 0.0), times))


def _unreached(of: Length) -> Real | None:
    """The fraction of a traced real length that lies after the last count."""
    if of.known is not None or is_host(of.denominator) or of.counted.is_whole:
        return None
    steps, last = of.real.hi, float(last_count())
    return where(steps >= last, (steps - last) / steps + 1 / steps, 0.0)
