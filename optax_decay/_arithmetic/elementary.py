"""Exponentials, logarithms and powers of twofold numbers."""

import math
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jax import lax

from optax_decay._arithmetic.real import (
    Real,
    as_float,
    float_dtype,
    int_dtype,
    is_host,
    is_zero,
    maximum,
    power,
    where,
    zero_of,
)
from optax_decay._arithmetic.twofold import (
    Twofold,
    _can_be_taken_apart,
    _constants,
    _products,
    _together,
    minus,
    of_integer,
    plus,
    plus_known,
    product,
    renormalised,
    select_twofold,
    split,
    times_known,
    total,
)


def exp(x: Twofold) -> Real:
    """e to the x, to about one unit in the last place."""
    if is_host(x.hi):
        return math.exp(x.hi) * (1.0 + x.lo) if x.hi < 709.0 else math.inf
    if is_zero(x.lo):
        return lax.exp(x.hi)
    # Where hi overflows or underflows, lo may be large. It must not turn an infinity into a NaN.
    small = x.hi.dtype.type(1e-3)
    return lax.exp(x.hi) * (1 + lax.clamp(-small, x.lo, small))


# The largest float times e to the minus this is zero, the smallest times e to this is infinite.
_ENDS = {np.dtype(np.float32): 210.0, np.dtype(np.float64): 1500.0}


def exponent(n: Real, rate: Twofold, most: int | None = None) -> Twofold:
    """n rate for an integer n >= 0, perhaps known to be at most `most`, as a sum whose second part may be large.

    Precise up to where the exponential of it vanishes or overflows, and beyond only about right.
    """
    if not _can_be_taken_apart(n, rate):
        return product(of_integer(n, most), rate)
    last = np.iinfo(int_dtype()).max if most is None else most
    digits = np.finfo(float_dtype()).nmant + 1
    half, bits = digits // 2, math.ceil(min(_ENDS[float_dtype()] / abs(rate.hi), last)).bit_length()
    if bits <= half + 2:
        return _products(n, digits - bits, rate)
    # Both parts of the integer are exact, and the product of the high ones is.
    high, low = _constants(rate, digits - half, float_dtype())
    below = (1 << bits - half) - 1
    n1, n2 = (
        lax.convert_element_type(lax.bitwise_and(n, jnp.full_like(n, mask)), float_dtype()) for mask in (~below, below)
    )
    return Twofold(n1 * high, n2 * float_dtype().type(rate.hi) + n1 * low)


# 64 log(2): with trailing zeros in the first part, so that adding it to an exponent near its size is exact.
_OCTAVES_64 = Twofold(44.361328125, 9.14308364998027e-05)


def times_exp(scale: Real, x: Twofold, falls: bool = False) -> Real:
    """scale e^x, also where it is a normal number but e^x alone is not, for a sum whose second part may be large.

    `falls` says that the first part of x is never positive, and the second at most 1.
    """
    if is_host(x.hi):
        return 0.0 if is_zero(scale) else scale * exp(x)
    if falls and isinstance(scale, (float, np.floating)) and abs(scale) <= 1:
        first = scale * lax.exp(x.hi)
        # XLA makes one exponential of a product of two, and a factor of 1 does not keep them apart.
        return first + first * lax.expm1(x.lo) if abs(scale) == 1 else first * lax.exp(x.lo)
    rests = scale == 0
    if not isinstance(rests, np.bool_) or rests:
        # A scale of 0 stays 0, but its slope grows as far as floats reach.
        x = select_twofold(rests & (x.hi > 88), Twofold(as_float(88.0, x.hi), 0.0), x)
    zero = zero_of(x.hi)
    shift = where(x.hi < -60, 1.0, where(x.hi > 60, -1.0, zero))
    shifted = exp(renormalised(x.hi + shift * _OCTAVES_64.hi, x.lo + shift * _OCTAVES_64.lo))
    return scale * shifted * where(shift > 0, 2.0**-64, where(shift < 0, 2.0**64, 1 + zero))


def _horner(x: Real, coefficients: Sequence[float]) -> Real:
    result = as_float(coefficients[-1], x)
    for coefficient in coefficients[-2::-1]:
        result = result * x + as_float(coefficient, x)
    return result


def _terms(x: Real, single: int, double: int) -> int:
    """How many terms of a series a float's precision needs."""
    return single if not is_host(x) and x.dtype == np.float32 else double


def _octave(x: Twofold) -> tuple[Real, Twofold]:
    """k and m with x = 2^k m and m in [sqrt(1/2), sqrt(2))."""
    if is_host(x.hi):
        m, k = math.frexp(x.hi)
        if m < math.sqrt(0.5):
            m, k = 2 * m, k - 1
        return float(k), Twofold(m, math.ldexp(x.lo, -k))
    dtype, integer = x.hi.dtype, np.int64 if x.hi.dtype == np.float64 else np.int32
    bits = np.finfo(dtype).nmant
    root = integer(np.sqrt(dtype.type(0.5)).view(integer))
    k = lax.shift_right_arithmetic(
        lax.bitcast_convert_type(lax.stop_gradient(x.hi), integer) - root, jnp.full_like(x.hi, bits, integer)
    )
    one = dtype.type(1).view(integer)
    # 2^-k may be no normal number, so it is two factors.
    scale = lax.bitcast_convert_type(one - lax.shift_left(k - 1, jnp.full_like(k, bits)), dtype)
    half = dtype.type(0.5)
    return lax.convert_element_type(k, dtype), Twofold(x.hi * scale * half, times_known(x.lo, scale * half))


# The first part has trailing zeros, so that its product with an exponent is exact.
_LN2 = {
    np.dtype(np.float32): (0.693145751953125, 1.428606820309417e-06),
    np.dtype(np.float64): (0.693147180369123816490, 1.90821492927058770002e-10),
}
_TWO_THIRDS = Twofold(0.6666666666666666, 3.700743415417188e-17)


def log(x: Twofold, less_one: Twofold | None = None) -> Twofold:
    """The natural logarithm of x > 0, to about twice a float's precision.

    `less_one` is x - 1 where that is known better than x is: it keeps the relative precision next to 1.
    """
    if is_host(x.hi) and less_one is None and float_dtype() == np.float32:
        return Twofold(math.log(x.hi), 0.0)
    (x,) = _together(x)
    k, m = _octave(x)
    f = renormalised(m.hi - 1, m.lo)
    if less_one is not None:
        _, less_one = _together(x, less_one)
        f = select_twofold(k == 0, less_one, f)
    # log(1 + f) = 2 atanh(s) with s = f / (2 + f), at most 0.172. The remainder of the quotient is taken apart without
    # the rounding error of 2 + f: XLA merges constants, and would make (2 + f) - 2 into f.
    estimate = f.hi / (2 + f.hi)
    (s1, s2), (f1, f2) = split(estimate), split(f.hi)
    remainder = ((f.hi - 2 * s1) - s1 * f1) - s1 * f2 - s2 * (2 + f.hi) + times_known(f.lo, 1 - estimate)
    s = renormalised(estimate, remainder / (2 + f.hi))
    # The cubic term needs two floats too. For the rest one is enough.
    z = product(s, s)
    cubic = product(product(s, z), _TWO_THIRDS)
    tail = s.hi * z.hi * z.hi * _horner(z.hi, [2.0 / (2 * n + 5) for n in range(_terms(z.hi, 5, 12))])
    ln2_hi, ln2_lo = (as_float(part, k) for part in _LN2[np.dtype(np.float64) if is_host(k) else k.dtype])
    head = total(k * ln2_hi, 2 * s.hi)
    rest = plus_known(plus_known(2 * s.lo, cubic.lo), k * ln2_lo) + tail
    series = total(head.hi, cubic.hi)
    return renormalised(series.hi, series.lo + (head.lo + rest))


def times_power(scale: Real, x: Real, log_x: Twofold, n: Real) -> Real:
    """scale x**n for x >= 0 and an integer n >= 0, 0**0 being 1; bit for bit scale at n = 0.

    `log_x` is the logarithm of x, of 1 where x is zero.
    """
    if is_host(x, n):
        return scale * (math.inf if x > 1 and n * math.log(x) > 709 else float(x) ** n) if n and scale else scale
    some, value = x > 0, zero_of(scale)
    if not isinstance(some, np.bool_):  # at 0 the first power has a slope
        value = where(n == 1, scale * x, value)
    if not isinstance(some, np.bool_) or some:
        value = where(some, times_exp(scale, product(of_integer(n), log_x)), value)
    return where(n == 0, scale, value)


def raised(x: Twofold, y: Twofold) -> Real:
    """x**y for x > 0, to about one unit in the last place."""
    if is_host(x.hi, y.hi):
        return x.hi**y.hi
    x, y = _together(x, y)
    relative = 0.0 if is_zero(x.lo) else y.hi * (x.lo / x.hi)
    if not is_zero(y.lo):
        relative = plus_known(relative, _rough_log(x.hi, y.lo))
    plain = power(x.hi, y.hi)
    return plain * (1 + relative) if not is_zero(relative) else plain


def _rough_log(x: Real, times: Real) -> Real:
    """times log(x) by the bits of x, near enough for the rounding error of an exponent."""
    dtype = x.dtype
    integer, info = np.int64 if dtype == np.float64 else np.int32, np.finfo(dtype)
    bits = lax.convert_element_type(lax.bitcast_convert_type(lax.stop_gradient(x), integer), dtype)
    octave = times * dtype.type(math.log(2))
    return bits * (octave * dtype.type(2.0**-info.nmant)) - octave * dtype.type(info.maxexp - 1)


def share_raised(x: Twofold, y: Twofold) -> Real:
    """x**y for a known y > 0, and for x that is 0, 1 or what an integer leaves of 1. It gives no derivative at 0."""
    if is_host(x.hi):
        return x.hi**y.hi
    # The power of one less, so that no x divides the low part of x.
    less, _ = _together(plus(y, Twofold(-1.0, 0.0)), x)
    near = x.hi + as_float(y.hi, x.hi) * x.lo
    if abs(less.lo) * math.log(np.iinfo(int_dtype()).max) > np.finfo(less.lo.dtype).eps / 2:
        near = near + x.hi * _rough_log(x.hi, less.lo)
    base = x.hi if y.hi >= 1 else maximum(x.hi, as_float(1e-30, x.hi))
    return power(base, less.hi) * near


def raised_twofold(x: Twofold, y: Twofold) -> Twofold:
    """x**y for x > 0, to about twice a float's precision of its logarithm."""
    estimate = raised(x, y)
    if is_host(estimate) and float_dtype() == np.float32:
        return Twofold(estimate, 0.0)
    # Where the estimate vanishes, any logarithm will do, because its error is multiplied by zero.
    of_estimate = log(Twofold(maximum(estimate, as_float(1e-37, estimate)), 0.0))
    off = maximum(plus(product(log(x), y), minus(of_estimate)).hi, as_float(-1.0, estimate))
    return renormalised(estimate, estimate * (off + 0.5 * off * off))


def raised_any(x: Twofold, y: Twofold) -> Real:
    """x**y for any x, as IEEE's pow. At 0 it has the derivative 0 where the exact one is infinite."""
    if is_host(x.hi, y.hi):
        with np.errstate(all="ignore"):  # Python's own raises, or gives a complex number
            return float(np.float_power(x.hi, y.hi))
    x, y = _together(x, y)
    at_zero, steep = x.hi == 0, y.hi < 1
    if any(isinstance(condition, np.bool_) and not condition for condition in (at_zero, steep)):
        return raised(x, y)
    # 1 replaces 0, because an infinite slope would make a NaN of the zeros behind it.
    rests = at_zero & steep
    there = where(y.hi > 0, zero_of(y.hi), where(y.hi == 0, 1 + zero_of(y.hi), math.inf))
    return where(rests, there, raised(Twofold(where(rests, 1.0, x.hi), x.lo), y))


def less_exp(x: Twofold) -> Real:
    """1 - e^x for x <= 0, to about two units in the last place next to 0 too."""
    y = maximum(x.hi, as_float(-0.7, x.hi))
    # e^y - 1 by its series: XLA's own expm1 is off by 5 units in the last place on CPU.
    series = _horner(y, [1.0 / math.factorial(n + 2) for n in range(_terms(y, 9, 17))])
    return where(x.hi < y, 1 - exp(x), -(y + (y * y * series + x.lo * (1 + y))))
