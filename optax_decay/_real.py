"""Real arithmetic beyond one float, the same for Python floats and for JAX arrays.

A schedule called with a Python number computes in Python: exact integers, float64, a few microseconds. Called with an
array or a tracer it computes in JAX. The decays and the clocks do not know which: they are written with operators and
the functions here.

`Twofold` is an unevaluated sum of two floats, about twice as precise as one. XLA may contract `a * b + c` into one
rounding wherever it likes, so nothing here relies on a rounded product: factors are split by masking bits, products
of halves are exact with or without contraction, and the rounding of what remains is too small to matter.
"""

import itertools
import math
import operator
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

Real = Any  # a Python number, a NumPy scalar standing for a constant in a trace, or a JAX array


def is_host(*values: Real) -> bool:
    """Whether all of `values` are Python numbers, computed with in Python."""
    return all(isinstance(value, (int, float, Fraction)) for value in values)


def float_dtype() -> np.dtype:
    """JAX's default float dtype: float32, or float64 under `jax_enable_x64`."""
    return jax.dtypes.canonicalize_dtype(np.float64)


def is_differentiable(value: Real) -> bool:
    """Whether a derivative may flow through `value`."""
    return isinstance(value, jax.Array) and jnp.issubdtype(value.dtype, jnp.floating)


def with_gradient(value: Real, formula: Real) -> Real:
    """`value` bit for bit, differentiated as `formula`: exact arithmetic has no derivative of its own."""
    if not is_differentiable(formula):
        return value
    return lax.stop_gradient(value) + (formula - lax.stop_gradient(formula))


def as_float(value: Real, like: Real) -> Real:
    """`value` in working precision: a Python float beside a host number `like`, else of JAX's float dtype."""
    if is_host(value):
        if is_host(like):
            return float(value)
        with np.errstate(over="ignore"):
            return float_dtype().type(value)
    if isinstance(value, Column):
        return value.take(list(map(float, value.numbers)), float_dtype())
    return lax.convert_element_type(value, float_dtype())


def to_float(value: Real) -> Real:
    """`value` as a float: of the host if it is there, else of JAX's float dtype."""
    return as_float(value, value)


def times(x: Any, y: Any) -> Real:
    """The product of two hyperparameters, exactly where both are known."""
    return to_float(x) * to_float(y) if isinstance(x, jax.Array) or isinstance(y, jax.Array) else x * y


def where(condition: Any, x: Real, y: Real) -> Real:
    """`x` where `condition` holds, else `y`: one select, where `jnp.where` is a nested jit."""
    if isinstance(condition, (bool, np.bool_)):
        return x if condition else y
    dtype = next((v.dtype for v in (x, y) if not is_host(v)), float_dtype())
    return lax.select(*jnp.broadcast_arrays(condition, jnp.asarray(x, dtype), jnp.asarray(y, dtype)))


def floor(x: Real) -> Real:
    return float(math.floor(x)) if is_host(x) else lax.floor(x)


def sin(x: Real) -> Real:
    return math.sin(x) if is_host(x) else lax.sin(x)


def sqrt(x: Real) -> Real:
    """The square root; at 0, where it has no slope, 1 stands in for x, so that its derivative is finite."""
    return math.sqrt(x) if is_host(x) else where(x == 0, 0.0, lax.sqrt(where(x == 0, 1.0, x)))


def power(x: Real, y: Real) -> Real:
    """x**y for x > 0."""
    return x**y if is_host(x, y) else lax.pow(*jnp.broadcast_arrays(to_float(x), to_float(y)))


def minimum(x: Real, y: Real) -> Real:
    return min(x, y) if is_host(x, y) else jnp.minimum(x, y)


def maximum(x: Real, y: Real) -> Real:
    return max(x, y) if is_host(x, y) else jnp.maximum(x, y)


def divide(x: Real, y: Real) -> Real:
    """x / y with IEEE's infinities, on the host too."""
    if is_host(x, y) and y == 0:
        return math.nan if x == 0 or math.isnan(x) else math.copysign(math.inf, x) * math.copysign(1.0, y)
    with np.errstate(divide="ignore", invalid="ignore"):  # of constants in a trace
        return x / y


class Twofold(NamedTuple):
    """The number hi + lo, where abs(lo) is at most half a unit in the last place of hi."""

    hi: Real
    lo: Real


class Column:
    """Numbers of which a program takes the one in `row`: each as exact as if it stood there alone."""

    __slots__ = ("numbers", "row")

    def __init__(self, numbers: Iterable[int | float | Fraction], row: jax.Array):
        self.numbers, self.row = tuple(numbers), row

    def take(self, entries: Any, dtype: Any) -> jax.Array:
        """The entry that stands in the row."""
        return jnp.asarray(np.asarray(entries, dtype)).at[self.row].get(mode="promise_in_bounds")

    def twofold(self) -> Twofold:
        hi, lo = rounded_doubles(*doubles(self.numbers, exact=float_dtype() == np.float64))
        return Twofold(self.take(hi, hi.dtype), self.take(lo, hi.dtype) if lo.any() else 0.0)

    def _with(self, other: Any, combine: Callable[[Any, Any], Any]) -> Any:
        if isinstance(other, jax.Array):
            return combine(to_float(self), other)
        others = other.numbers if isinstance(other, Column) else itertools.repeat(other, len(self.numbers))
        pairs = zip(map(decimal, self.numbers), map(decimal, others), strict=True)
        results = itertools.starmap(combine, pairs)
        return Column((x.numerator if x.denominator == 1 else x for x in results), self.row)

    def __add__(self, other: Any) -> Any:
        return self._with(other, operator.add)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, operator.mul)

    def __neg__(self) -> "Column":
        return Column(map(operator.neg, self.numbers), self.row)

    __radd__, __rmul__ = __add__, __mul__


ONE = Twofold(1.0, 0.0)
HALF_PI = Twofold(1.5707963267948966, 6.123233995736766e-17)


@lru_cache(maxsize=4096)
def _rounded(hi: float, lo: float, dtype: np.dtype) -> Twofold:
    if dtype == np.float64:
        return Twofold(np.float64(hi), np.float64(lo))
    with np.errstate(over="ignore"):
        rounded = np.float32(hi)
        return Twofold(rounded, np.float32(hi - float(rounded) + lo) if np.isfinite(rounded) else np.float32(0))


def doubles(numbers: Sequence[int | float | Fraction], exact: bool = True) -> tuple[Any, Any]:
    """Python numbers as `exactly` has them, in two NumPy arrays; or the first of these alone."""
    if exact and not all(isinstance(number, int) and abs(number) < 2**53 for number in numbers):
        pairs = np.array([exactly(number) for number in numbers], np.float64)
        return pairs[:, 0], pairs[:, 1]
    double = np.array(list(map(float, numbers)))
    return double, np.zeros(len(double))


def rounded_doubles(double: Any, rest: Any) -> Twofold:
    """The same in JAX's default float dtype."""
    hi = double.astype(float_dtype())
    return Twofold(hi, (double - hi + rest).astype(hi.dtype))


def _together(*numbers: Twofold) -> tuple[Twofold, ...]:
    """The same numbers, those of the host rounded to two device floats where any is on the device."""
    if all(is_host(x.hi) for x in numbers):
        return numbers
    dtype = float_dtype()
    return tuple(_rounded(x.hi, x.lo, dtype) if is_host(x.hi) else x for x in numbers)


@lru_cache(maxsize=4096, typed=True)
def exactly(number: int | float | Fraction) -> Twofold:
    """A Python number's own value; of a float, the decimal that it prints as."""
    fraction = decimal(number)
    hi = float(fraction)
    return Twofold(hi, float(fraction - Fraction(hi)))


@lru_cache(maxsize=4096, typed=True)
def decimal(number: int | float | Fraction) -> Fraction:
    """The decimal that a Python float prints as, exactly: 1.1 is 11/10."""
    return Fraction(float.__repr__(number)) if isinstance(number, float) else Fraction(number)


def twofold(value: Real) -> Twofold:
    """A hyperparameter: a Python float is the decimal that it prints as, an array its own binary value."""
    if is_host(value):
        return exactly(value)
    if isinstance(value, Column):
        return value.twofold()
    if jnp.issubdtype(value.dtype, jnp.integer):
        return of_integer(value)
    return Twofold(lax.convert_element_type(value, float_dtype()), 0.0)


def of_integer(n: Real, most: int | None = None) -> Twofold:
    """An integer, known to be at most `most` perhaps, exact to twice a float's precision."""
    if is_host(n):
        return Twofold(float(n), float(n - int(float(n))))
    hi = lax.convert_element_type(n, float_dtype())
    if most is not None and most <= 2 << np.finfo(hi.dtype).nmant:
        return Twofold(hi, 0.0)
    if np.iinfo(n.dtype).bits >= 32:  # a float above the largest integer cannot go back
        hi = lax.min(hi, jnp.full_like(hi, np.nextafter(hi.dtype.type(np.iinfo(n.dtype).max), hi.dtype.type(0))))
    return Twofold(hi, lax.convert_element_type(n - lax.convert_element_type(hi, n.dtype), hi.dtype))


def _split(x: Any) -> tuple[Any, Any]:
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


def is_zero(x: Real) -> bool:
    """Whether x is known to be zero before any program runs, so that none need compute with it."""
    return isinstance(x, (float, np.floating)) and x == 0


def _times(x: Real, y: Real) -> Real:
    return 0.0 if is_zero(x) or is_zero(y) else x * y


def _add(x: Real, y: Real) -> Real:
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
    y_seen = hi - x
    return Twofold(hi, (x - (hi - y_seen)) + (y - y_seen))


def _is_enough(*numbers: Twofold) -> bool:
    """Whether one float each is precise enough: Python's floats are, for a result in float32."""
    return all(is_host(x.hi) for x in numbers) and float_dtype() == np.float32


def plus(x: Twofold, y: Twofold) -> Twofold:
    """x + y, to about twice a float's precision."""
    if _is_enough(x, y):
        return Twofold(x.hi + y.hi, 0.0)
    x, y = _together(x, y)
    hi, lo = total(x.hi, y.hi)
    return renormalised(hi, _add(lo, _add(x.lo, y.lo)))


def minus(x: Twofold) -> Twofold:
    return Twofold(-x.hi, -x.lo)


def product(x: Twofold, y: Twofold) -> Twofold:
    """x y, to about twice a float's precision."""
    if _is_enough(x, y):
        return Twofold(x.hi * y.hi, 0.0)
    x, y = _together(x, y)
    (x1, x2), (y1, y2) = _split(x.hi), _split(y.hi)
    return renormalised(x1 * y1, _add(_times(x1, _add(y2, y.lo)), _times(_add(x2, x.lo), y.hi)))


def quotient(x: Twofold, y: Twofold) -> Twofold:
    """x / y, to about twice a float's precision."""
    if _is_enough(x, y):
        return Twofold(x.hi / y.hi, 0.0)
    x, y = _together(x, y)
    estimate = x.hi / y.hi
    (q1, q2), (y1, y2) = _split(estimate), _split(y.hi)
    remainder = _add((x.hi - q1 * y1) - _times(q1, y2) - q2 * y.hi, _add(x.lo, _times(-estimate, y.lo)))
    return renormalised(estimate, remainder / y.hi)


def exp(x: Twofold, falls: bool = False) -> Real:
    """e to the x, to about one unit in the last place; `falls` says that x is known not to be positive."""
    if is_host(x.hi):
        return math.exp(x.hi) * (1.0 + x.lo) if x.hi < 709.0 else math.inf
    if falls or is_zero(x.lo):
        return lax.exp(x.hi) * (1 + x.lo)
    # Where hi overflows or underflows lo may be large, and must not turn an infinity into a NaN.
    return lax.exp(x.hi) * (1 + lax.clamp(x.hi.dtype.type(-1e-3), x.lo, x.hi.dtype.type(1e-3)))


# 64 log(2): with trailing zeros in the first part, so that adding it to an exponent near its size is exact.
_OCTAVES_64 = Twofold(44.361328125, 9.14308364998027e-05)


def times_exp(scale: Real, x: Twofold, falls: bool = False) -> Real:
    """scale e^x, also where it is a normal number but e^x alone is not; `falls` as in `exp`."""
    if is_host(x.hi):
        return scale * exp(x)
    if falls and is_host(scale) and abs(scale) <= 1:
        return scale * exp(x, falls)
    shift = where(x.hi < -60, 1.0, where(x.hi > 60, -1.0, 0 * x.hi))
    shifted = exp(renormalised(x.hi + shift * _OCTAVES_64.hi, x.lo + shift * _OCTAVES_64.lo))
    return scale * shifted * where(shift > 0, 2.0**-64, where(shift < 0, 2.0**64, 1 + 0 * x.hi))


def _horner(x: Real, coefficients: list[float]) -> Real:
    result = as_float(coefficients[-1], x)
    for coefficient in coefficients[-2::-1]:
        result = result * x + as_float(coefficient, x)
    return result


def _terms(x: Real, single: int, double: int) -> int:
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
    scale = lax.bitcast_convert_type(one - lax.shift_left(k, jnp.full_like(k, bits)), dtype)
    return lax.convert_element_type(k, dtype), Twofold(x.hi * scale, _times(x.lo, scale))


# The first part has trailing zeros, so that its product with an exponent is exact.
_LN2 = {
    np.dtype(np.float32): (0.693145751953125, 1.428606820309417e-06),
    np.dtype(np.float64): (0.693147180369123816490, 1.90821492927058770002e-10),
}


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
        f = Twofold(where(k == 0, less_one.hi, f.hi), where(k == 0, less_one.lo, f.lo))
    # log(1 + f) = 2 atanh(s) with s = f / (2 + f), at most 0.172. The remainder of the quotient is taken apart without
    # the rounding error of 2 + f: XLA merges constants, and would make (2 + f) - 2 into f.
    estimate = f.hi / (2 + f.hi)
    (s1, s2), (f1, f2) = _split(estimate), _split(f.hi)
    remainder = ((f.hi - 2 * s1) - s1 * f1) - s1 * f2 - s2 * (2 + f.hi) + _times(f.lo, 1 - estimate)
    s = renormalised(estimate, remainder / (2 + f.hi))
    z = s.hi * s.hi
    tail = s.hi * z * _horner(z, [2.0 / (2 * n + 3) for n in range(_terms(z, 6, 13))])
    ln2_hi, ln2_lo = (as_float(part, k) for part in _LN2[np.dtype(np.float64) if is_host(k) else k.dtype])
    head = total(k * ln2_hi, 2 * s.hi)
    return renormalised(head.hi, head.lo + (2 * s.lo + k * ln2_lo + tail))


def log_of(x: Any) -> Twofold:
    """The natural logarithm of a hyperparameter."""
    return _log_of_number(x, float_dtype()) if is_host(x) else log(twofold(x))


@lru_cache(maxsize=4096, typed=True)
def _log_of_number(x: int | float, dtype: np.dtype) -> Twofold:
    return log(exactly(x))


def times_power(scale: Real, x: Real, n: Real) -> Real:
    """scale x**n for a hyperparameter x >= 0 and an integer n >= 0, 0**0 being 1; bit for bit scale at n = 0."""
    if is_host(x, n):
        return scale * (math.inf if x > 1 and n * math.log(x) > 709 else float(x) ** n) if n else scale
    if is_host(x):
        log_x = log_of(x) if x > 0 else Twofold(0.0, 0.0)
        some: Any = x > 0
    elif isinstance(x, Column):
        log_x, some = log_of(x), True
    else:
        some = x > 0
        log_x = log(twofold(where(some, x, 1)))
    return where(n == 0, scale, where(some, times_exp(scale, product(of_integer(n), log_x)), 0 * scale))


def raised(x: Twofold, y: Twofold) -> Real:
    """x**y for x > 0, to about one unit in the last place."""
    if is_host(x.hi, y.hi):
        return x.hi**y.hi
    (x, y), dtype = _together(x, y), float_dtype()
    y_lo = y.lo
    relative = _times(y.hi, _times(x.lo, 1 / x.hi))
    if not is_zero(y_lo):
        # What the exponent was rounded by counts times a logarithm, and the bits of x are near enough to its base 2.
        integer, info = np.int64 if dtype == np.float64 else np.int32, np.finfo(dtype)
        bits = lax.convert_element_type(lax.bitcast_convert_type(lax.stop_gradient(x.hi), integer), dtype)
        octaves = bits * dtype.type(2.0**-info.nmant) - dtype.type(info.maxexp - 1)
        relative = _add(relative, y_lo * dtype.type(math.log(2)) * octaves)
    plain = power(x.hi, y.hi)
    return plain * (1 + relative) if not is_zero(relative) else plain


def less_exp(x: Twofold) -> Real:
    """1 - e^x for x <= 0, to about two units in the last place next to 0 too."""
    y = maximum(x.hi, as_float(-0.7, x.hi))
    # e^y - 1 by its series: XLA's own expm1 is off by 5 units in the last place on CPU.
    series = _horner(y, [1.0 / math.factorial(n + 2) for n in range(_terms(y, 9, 17))])
    return where(x.hi < y, 1 - exp(x), -(y + (y * y * series + x.lo * (1 + y))))
