"""Progress: what share of a length a count has gone, and what share of it remains."""

import math
from functools import lru_cache

import numpy as np

from optax_decay import _arithmetic
from optax_decay._arithmetic import ONE, ZERO, Real, Twofold, is_host, where
from optax_decay._count.count import Count, in_unit, last_count, real
from optax_decay._count.lengths import Length, beside
from optax_decay._count.sums import difference, least


def fraction(count: Count, of: Length, times: Twofold = ONE, most: int | None = None) -> Twofold:
    """count / of * times as a real number; the constants among them become one."""
    count = in_unit(count, of.counted.unit)
    scale = of.inverse if times is ONE else _arithmetic.product(of.inverse, times)
    return _arithmetic.product(real(count, most), scale)


def elapsed(count: Count, of: Length, times: Twofold = ONE) -> Twofold:
    """min(count / of, 1) * times, exact at both ends."""
    return fraction(least(count, of.counted), of, times, _most(of))


def remaining(count: Count, of: Length, times: Twofold = ONE) -> Twofold:
    """max(1 - count / of, 0) * times, from the steps that remain: exact at both ends and precise near the second."""
    count, of = beside(count, of)
    rest = fraction(_left(count, of), of, times, _most(of))
    beyond = _beyond(of)
    return rest if beyond is None else _arithmetic.plus(rest, _arithmetic.product(Twofold(beyond, 0.0), times))


def _left(count: Count, of: Length) -> Count:
    """The steps that remain until the end of a length."""
    now = least(count, of.counted)
    if now.is_whole and of.counted.is_whole:
        return Count(of.counted.whole - now.whole, ZERO, now.unit)
    return difference(of.counted, now)


def elapsed_once(count: Count, of: Length) -> Real:
    """`elapsed` in one float, at the least cost."""
    inverse = _inverse_once(count, of)
    return elapsed(count, of).hi if inverse is None else _times_once(least(count, of.counted), inverse)


def remaining_once(count: Count, of: Length) -> Real:
    """`remaining` in one float, at the least cost."""
    inverse = _inverse_once(count, of)
    return remaining(count, of).hi if inverse is None else _times_once(_left(count, of), inverse)


def _times_once(count: Count, factor: Twofold) -> Real:
    whole = _arithmetic.to_float(count.whole)
    return whole * factor.hi + whole * factor.lo


def _inverse_once(count: Count, of: Length) -> Twofold | None:
    """1 / of for a product with one count, however a program rounds that: None where it could miss 1 at the end."""
    if is_host(count.whole) or not count.is_whole or of.known is None or of.known.denominator > 1:
        return None
    return _checked_inverse(of.known.numerator, _arithmetic.float_dtype())


@lru_cache(maxsize=4096)
def _checked_inverse(steps: int, dtype: np.dtype) -> Twofold | None:
    if steps > 1 << 24 or dtype != np.float32:
        return None
    inverse, one, n = 1 / steps, np.float32(1), np.float32(steps)
    # Rounded towards zero: what is then added only makes up for what was lost.
    hi = np.float32(inverse)
    hi = np.nextafter(hi, np.float32(0)) if hi > inverse else hi
    lo = np.float32(inverse - float(hi))
    # As written, and with either product contracted into a fused multiply-add.
    sums = n * hi + n * lo, float(n) * float(hi) + float(n * lo), float(n * hi) + float(n) * float(lo)
    return Twofold(hi, lo) if all(np.float32(total) == one for total in sums) else None


def _most(of: Length) -> int | None:
    """The greatest whole count within a length, where that is known."""
    return None if of.known is None else math.ceil(of.known)


def _beyond(of: Length) -> Real | None:
    """The fraction of a traced real length that lies after the last count."""
    if of.known is not None or is_host(of.denominator) or of.counted.is_whole:
        return None
    steps, last = of.real.hi, float(last_count())
    return where(steps >= last, (steps - last) / steps + 1 / steps, 0.0)
