"""Sums of two floats, for where one is not precise enough.

XLA may contract `a * b + c` into one rounding wherever it likes, so nothing here relies on a rounded product: factors
are split by masking bits, products of halves are exact with or without contraction, and the rounding of what remains
is too small to matter.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax

from optax_decay._arithmetic.real import Real, float_dtype, is_host, is_zero, where


class Twofold(NamedTuple):
    """The number hi + lo, where abs(lo) is at most half a unit in the last place of hi."""

    hi: Real
    lo: Real


ZERO = Twofold(0.0, 0.0)  # known to be zero: nothing is computed with it
ONE = Twofold(1.0, 0.0)
HALF_PI = Twofold(1.5707963267948966, 6.123233995736766e-17)


@lru_cache(maxsize=4096)
def of_fraction(fraction: Fraction | int) -> Twofold:
    """A fraction in two Python floats."""
    try:
        hi = float(fraction)
    except OverflowError:
        return Twofold(math.copysign(math.inf, fraction), 0.0)
    return Twofold(hi, float(fraction - Fraction(hi)))


def of_fractions(fractions: Sequence[Fraction | int]) -> tuple[Any, Any]:
    """Many fractions, in two NumPy arrays."""
    if all(isinstance(fraction, int) and abs(fraction) < 2**53 for fraction in fractions):
        double = np.array(fractions, np.float64)
        return double, np.zeros(len(double))
    pairs = np.array([of_fraction(fraction) for fraction in fractions], np.float64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def rounded_arrays(double: Any, rest: Any) -> Twofold:
    """Two NumPy arrays of float64 as two of JAX's default float dtype."""
    with np.errstate(over="ignore", invalid="ignore"):
        hi = double.astype(float_dtype())
        return Twofold(hi, np.where(np.isfinite(hi), double - hi + rest, 0).astype(hi.dtype))


@lru_cache(maxsize=4096)
def rounded(hi: float, lo: float, dtype: np.dtype) -> Twofold:
    """Two Python floats as two constants in a trace."""
    if dtype == np.float64:
        return Twofold(np.float64(hi), np.float64(lo))
    with np.errstate(over="ignore"):
        single = np.float32(hi)
        return Twofold(single, np.float32(hi - float(single) + lo) if np.isfinite(single) else np.float32(0))


def _together(*numbers: Twofold) -> tuple[Twofold, ...]:
    """The same numbers, those of the host rounded to constants where any is in a trace."""
    if all(is_host(x.hi) for x in numbers):
        return numbers
    dtype = float_dtype()
    return tuple(rounded(x.hi, x.lo, dtype) if is_host(x.hi) else x for x in numbers)


def of_float(x: Real) -> Twofold:
    """One float."""
    return Twofold(x, 0.0)


def of_integer(n: Real, most: int | None = None) -> Twofold:
    """An integer, known to be at most `most` perhaps, exact to twice a float's precision."""
    if is_host(n):
        if abs(n) < 1 << 53:
            return Twofold(float(n), 0.0)
        hi = float(n)
        return Twofold(hi, float(n - int(hi)))
    hi = lax.convert_element_type(n, float_dtype())
    if most is not None and most <= 2 << np.finfo(hi.dtype).nmant:
        return Twofold(hi, 0.0)
    if np.iinfo(n.dtype).bits >= 32:  # a float above the largest integer cannot go back
        hi = lax.min(hi, jnp.full_like(hi, np.nextafter(hi.dtype.type(np.iinfo(n.dtype).max), hi.dtype.type(0))))
    return Twofold(hi, lax.convert_element_type(n - lax.convert_element_type(hi, n.dtype), hi.dtype))


def is_zero_twofold(x: Twofold) -> bool:
    """Whether a twofold number is known to be zero."""
    return x is ZERO or (is_zero(x.hi) and is_zero(x.lo))


def select_twofold(condition: Any, x: Twofold, y: Twofold) -> Twofold:
    """x where `condition` holds, else y."""
    if is_zero_twofold(x) and is_zero_twofold(y):
        return ZERO
    lo = 0.0 if is_zero(x.lo) and is_zero(y.lo) else where(condition, x.lo, y.lo)
    return Twofold(where(condition, x.hi, y.hi), lo)


def split(x: Any) -> tuple[Any, Any]:
    """x as the upper half of its bits and the rest; a derivative flows through the rest."""
    if is_host(x):
        if not math.isfinite(x):
            return x, 0.0
        mantissa, exponent = math.frexp(x)
        upper = math.ldexp(float(int(mantissa * 2.0**26)), exponent - 26)
        return upper, x - upper
    integer, mask = (np.uint64, 0xFFFFFFFFF8000000) if x.dtype == np.float64 else (np.uint32, 0xFFFFF000)
    if isinstance(x, np.generic):
        upper: Any = (x.view(integer) & integer(mask)).view(x.dtype)
    else:
        bits = lax.bitcast_convert_type(lax.stop_gradient(x), integer)
        upper = lax.bitcast_convert_type(lax.bitwise_and(bits, jnp.full_like(bits, mask)), x.dtype)
    return upper, x - upper


def times_known(x: Real, y: Real) -> Real:
    """x y, which costs nothing where one is known to be zero."""
    return 0.0 if is_zero(x) or is_zero(y) else x * y


def plus_known(x: Real, y: Real) -> Real:
    """x + y, or one of them where the other is known to be zero."""
    return y if is_zero(x) else x if is_zero(y) else x + y


def renormalised(large: Real, small: Real) -> Twofold:
    """large + small, where large is the larger, or zero."""
    if is_zero(small):
        return Twofold(large, 0.0)
    hi = large + small
    return Twofold(hi, small - (hi - large))


def total(x: Real, y: Real) -> Twofold:
    """x + y exactly, whichever is larger."""
    hi = x + y
    y_added = hi - x
    return Twofold(hi, (x - (hi - y_added)) + (y - y_added))


def _is_enough(x: Twofold, y: Twofold) -> bool:
    """Whether one float each is precise enough: Python's floats are, for a result in float32."""
    return type(x.hi) is float and type(y.hi) is float and float_dtype() == np.float32


def plus(x: Twofold, y: Twofold) -> Twofold:
    """x + y, to about twice a float's precision."""
    if _is_enough(x, y):
        return Twofold(x.hi + y.hi, 0.0)
    if is_zero_twofold(y):
        return x
    if is_zero_twofold(x):
        return y
    x, y = _together(x, y)
    hi, lo = total(x.hi, y.hi)
    return renormalised(hi, plus_known(lo, plus_known(x.lo, y.lo)))


def minus(x: Twofold) -> Twofold:
    """-x."""
    return x if is_zero_twofold(x) else Twofold(-x.hi, x.lo if is_zero(x.lo) else -x.lo)


def product(x: Twofold, y: Twofold) -> Twofold:
    """x y, to about twice a float's precision."""
    if _is_enough(x, y):
        return Twofold(x.hi * y.hi, 0.0)
    if is_zero_twofold(x) or is_zero_twofold(y):
        return ZERO
    x, y = _together(x, y)
    (x1, x2), (y1, y2) = split(x.hi), split(y.hi)
    return renormalised(
        x1 * y1, plus_known(times_known(x1, plus_known(y2, y.lo)), times_known(plus_known(x2, x.lo), y.hi))
    )


def times_integer(n: Real, most: int, factor: Twofold, beyond: int | None = None) -> Twofold:
    """n factor, for an integer n from 0 to `most`, good to as many bits `beyond` a float's, or to half as many again.

    It takes few operations where the integer is short, as its product with a high part of the factor is exact.
    """
    digits = np.finfo(float_dtype()).nmant + 1
    spare, wanted = digits - most.bit_length(), digits // 2 - 2 if beyond is None else beyond
    if spare < wanted or not _can_be_taken_apart(n, factor):
        return product(of_integer(n, most), factor)
    return renormalised(*_products(n, spare, factor))


def _can_be_taken_apart(n: Real, factor: Twofold) -> bool:
    """Whether a factor is known beside an integer of a program's, and no part of it vanishes or overflows."""
    return not is_host(n) and is_host(factor.hi) and 2.0**-90 < abs(factor.hi) < 2.0**90


def _products(n: Real, digits: int, factor: Twofold) -> Twofold:
    """n factor as a sum: n times a high part of so many digits, and n times the rest."""
    high, low = _constants(factor, digits, float_dtype())
    n = lax.convert_element_type(n, float_dtype())
    return Twofold(n * high, n * low)


@lru_cache(maxsize=4096)
def _constants(factor: Twofold, digits: int, dtype: np.dtype) -> Twofold:
    """A known factor as a constant of so many binary digits, and the rest, which has its sign."""
    mantissa, exponent = math.frexp(factor.hi)
    high = math.ldexp(math.trunc(math.ldexp(mantissa, digits)), exponent - digits)
    return Twofold(dtype.type(high), dtype.type(factor.hi - high + factor.lo))


def quotient(x: Twofold, y: Twofold) -> Twofold:
    """x / y, to about twice a float's precision."""
    if _is_enough(x, y):
        return Twofold(x.hi / y.hi, 0.0)
    if is_zero_twofold(x):
        return ZERO
    x, y = _together(x, y)
    estimate = x.hi / y.hi
    (q1, q2), (y1, y2) = split(estimate), split(y.hi)
    remainder = plus_known(
        (x.hi - q1 * y1) - times_known(q1, y2) - q2 * y.hi, plus_known(x.lo, times_known(-estimate, y.lo))
    )
    return renormalised(estimate, remainder / y.hi)
