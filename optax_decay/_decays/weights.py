"""The weights of the start and of the end, for decays that go from one value to another."""

import math
from collections.abc import Callable

from optax_decay import _arithmetic, _count
from optax_decay._arithmetic import ONE, ZERO, Given, Real, Twofold, where
from optax_decay._count import Count, Length

Weights = tuple[Callable[[], Real], Callable[[], Real]]


def between(init_value: Given, end_value: Given, weight: Callable[[], Real], complement: Callable[[], Real]) -> Real:
    """init_value w + end_value (1 - w), with both ends bit for bit, and precise wherever it does not cross zero.

    Next to w = 1, 1 - w is not precise. So the larger end gets a weight that is computed for it.
    """
    if init_value.known is None or end_value.known is None:
        w, c = weight(), complement()
        return init_value.as_float(w) * w + end_value.as_float(c) * c
    a, e = init_value.as_float(0), end_value.as_float(0)
    if abs(a) >= abs(e):
        return _mixed(weight(), init_value, end_value)
    return _mixed(complement(), end_value, init_value)


def _mixed(weight: Real, larger: Given, smaller: Given) -> Real:
    """The larger value times its weight, and the smaller one times the rest."""
    a, e = larger.as_float(weight), smaller.as_float(weight)
    if e == 0 <= a:
        return a * weight
    # One product is enough where the sum is right at the end and nothing cancels.
    if (a > 0 < e or a < 0 > e) and (a - e) + e == a:
        return (a - e) * weight + e
    return a * weight + e * (1 - weight)


def line(count: Count, steps: Length) -> Weights:
    """1 - p and p, with p = min(count / steps, 1)."""
    return (
        lambda: _count.remaining(count, steps, beyond=2).hi,
        lambda: _count.elapsed(count, steps, beyond=2).hi,
    )


def one_minus_sqrt(count: Count, steps: Length) -> Weights:
    """1 - sqrt(p) = (1 - p) / (1 + sqrt(p)) and sqrt(p), with p = min(count / steps, 1)."""
    gone = _count.elapsed(count, steps, beyond=2).hi
    root = _arithmetic.sqrt(gone)
    return lambda: where(gone == 0, 1.0, _count.remaining(count, steps, beyond=2).hi / (1 + root)), lambda: root


def raised_cosine(count: Count, steps: Length) -> Weights:
    """(1 + cos(pi p)) / 2 and (1 - cos(pi p)) / 2, with p = min(count / steps, 1)."""
    return (
        lambda: squared_sine(_count.remaining(count, steps, _arithmetic.HALF_PI, beyond=2)),
        lambda: squared_sine(_count.elapsed(count, steps, _arithmetic.HALF_PI, beyond=2)),
    )


def squared_sine(angle: Twofold) -> Real:
    """sin(angle)**2 up to pi / 2: (1 - cos(2 angle)) / 2 without its cancellation."""
    s = _arithmetic.sin(angle.hi)
    # The rounding error of the angle counts times twice its cosine, and a line is near enough to that.
    return s * s if _arithmetic.is_zero(angle.lo) else s * s + s * (angle.lo * (2 - angle.hi))


def bits_for(*factors: Given, limit: int) -> int | None:
    """How many bits beyond a float's a share needs that known factors multiply, if none is above a limit."""
    return 5 if all(factor.known is not None and abs(factor.known) <= limit for factor in factors) else None


def power_of_what_remains(count: Count, steps: Length, power: Given) -> Weights:
    """x**power and 1 - x**power, where x = max(1 - count / steps, 0) is what remains."""
    if power.known == 1:
        return line(count, steps)
    known = math.inf if power.known is None else power.known
    # Above 1.5 the shorter way to a power that is no product would be off by four units in the last place.
    is_small, is_product = known <= 1.5, known in (2, 3, 4)
    x = _count.remaining(count, steps, beyond=2 if is_small or is_product else bits_for(power, limit=8))
    if is_product:
        n = int(known)
        powers = [x.hi]
        while len(powers) < n - 1:
            powers.append(powers[-1] * x.hi)
        return (
            lambda: powers[-1] * (x.hi + n * x.lo),
            lambda: _count.elapsed(count, steps, beyond=2).hi * sum(powers[: n - 1], start=1.0),
        )
    # Where nothing remains, 1 replaces x, so that its logarithm and the derivative of that are finite.
    ended, exponent = x.hi <= 0, power.twofold()
    some = _arithmetic.select_twofold(ended, ONE, x)

    def complement() -> Real:
        gone = _count.elapsed(count, steps)
        less_one = _arithmetic.select_twofold(ended, ZERO, _arithmetic.minus(gone))
        return where(ended, 1.0, _arithmetic.less_exp(_arithmetic.product(_arithmetic.log(some, less_one), exponent)))

    if count.is_whole and steps.known is not None and is_small:
        return lambda: _arithmetic.share_raised(x, exponent), complement
    return lambda: where(ended, 0.0, _arithmetic.raised(some, exponent)), complement
