"""Exact arithmetic on counts.

A float32 cannot count past 2**24, and a floored float flips at stage boundaries, because XLA turns a division by a
constant into a product with its rounded reciprocal. So a count is a whole number, always an integer, and a part in
[0, 1), held to twice a float's precision, or None where it is known to be zero. Which stage, phase or cycle a count
is in follows from integers alone.
"""

import math
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.core import Tracer

from optax_decay import _real
from optax_decay._real import Real, Twofold, is_host, where


class Count(NamedTuple):
    """The non-negative number whole + part."""

    whole: Real
    part: Twofold | None = None


_NONE = Twofold(0.0, 0.0)

# What a twofold product may be off by, relatively. The parts that integers alone give stay at least 2**-31, or 2**-62,
# away from a whole number.
_ROUNDING = {np.dtype(np.float32): 2.0**-33, np.dtype(np.float64): 2.0**-75}


def int_dtype() -> np.dtype:
    """The dtype of whole counts: int32, or int64 under `jax_enable_x64`."""
    return jax.dtypes.canonicalize_dtype(np.int64)


def last_count() -> int:
    """Where optax's counters stop; beyond it every schedule holds its value."""
    return np.iinfo(int_dtype()).max


def as_count(count: Any, device: bool) -> Count:
    """Any count that a user may pass; on the host if it is a concrete scalar, unless `device`."""
    if isinstance(count, Count):
        return count
    if not isinstance(count, jax.Array) and hasattr(count, "__jax_array__"):
        count = count.__jax_array__()
    if isinstance(count, jax.Array):
        if not (jnp.issubdtype(count.dtype, jnp.integer) or jnp.issubdtype(count.dtype, jnp.floating)):
            raise TypeError(f"`count` must hold real numbers, got {count.dtype}.")
        if device or isinstance(count, Tracer) or count.ndim or count.devices() != _cpu():
            return _device_count(count)
        count = count.item()
    elif isinstance(count, (np.ndarray, np.generic)):
        if count.dtype.kind not in "iuf":
            count = np.asarray(count).astype(np.float32) if count.dtype == jnp.bfloat16 else count
        if count.dtype.kind not in "iuf":
            raise TypeError(f"`count` must hold real numbers, got {count.dtype}.")
        if count.ndim:
            return _host_array(count)
        count = count.item()
    if isinstance(count, bool) or not isinstance(count, (int, float)):
        raise TypeError(f"`count` must be a number or an array of them, got {count!r}.")
    limit = last_count()
    if isinstance(count, int):
        host = Count(min(max(count, 0), limit))
    elif math.isnan(count):
        return _device_count(jnp.asarray(count))
    elif count >= limit:
        host = Count(limit, Twofold(0.0, 0.0))
    else:
        whole = math.floor(max(count, 0.0))
        host = Count(whole, Twofold(max(count, 0.0) - whole, 0.0))
    return on_device(host) if device else host


@lru_cache(maxsize=1)
def _cpu() -> set[Any] | None:
    """The default device where that is a CPU: a scalar that lives there can be read without a transfer."""
    device = jax.devices()[0]
    return {device} if device.platform == "cpu" else None


def on_device(count: Count) -> Count:
    """A host count as JAX scalars."""
    dtype = _real.float_dtype()
    part = count.part and Twofold(*(jnp.asarray(x, dtype) for x in count.part))
    return Count(jnp.asarray(count.whole, int_dtype()), part)


def _host_array(count: Any) -> Count:
    """A NumPy array, clipped and taken apart before JAX could round it."""
    limit = last_count()
    if count.dtype.kind in "iu":
        return Count(jnp.asarray(np.clip(count, 0, min(limit, np.iinfo(count.dtype).max)), int_dtype()))
    count = np.maximum(count.astype(np.float64), 0)
    whole = np.floor(np.where(count < limit, count, 0)).astype(np.int64)
    part = np.where(count < limit, count - whole, np.where(np.isnan(count), np.nan, 0))
    part = jnp.asarray(part, _real.float_dtype())
    return Count(jnp.asarray(np.where(count >= limit, limit, whole), int_dtype()), Twofold(part, jnp.zeros_like(part)))


def _device_count(count: jax.Array) -> Count:
    dtype, limit = int_dtype(), last_count()
    if jnp.issubdtype(count.dtype, jnp.integer):
        if np.iinfo(count.dtype).max > limit:
            count = lax.min(count, jnp.asarray(limit, count.dtype))
        return Count(lax.max(lax.convert_element_type(count, dtype), jnp.asarray(0, dtype)))
    count = lax.convert_element_type(count, _real.float_dtype())
    count = where(count < 0, 0.0, count)
    whole = lax.floor(count)
    within = count < float(limit)
    return Count(
        where(within, lax.convert_element_type(whole, dtype), where(count == count, limit, 0)),
        Twofold(where(within | (count != count), count - whole, 0.0), jnp.zeros_like(count)),
    )


def number(count: Count) -> Real:
    """The count as one plain number, for a callable that knows no better: an integer unless it has a part."""
    if count.part is None:
        return count.whole
    return _real.as_float(count.whole, count.part.hi) + (count.part.hi + count.part.lo)


def as_real(count: Count) -> Real:
    """The count as one float."""
    return _real.to_float(number(count))


def real(count: Count, most: int | None = None) -> Twofold:
    """The count, known to be at most `most` perhaps, as a real number to twice a float's precision."""
    whole = _real.of_integer(count.whole, most)
    return whole if count.part is None else _real.plus(whole, count.part)


def _carried(whole: Real, part: Twofold) -> Count:
    """whole + part as a count, where part may be any number.

    A part that lies within rounding errors of a whole number is one: thirds and sevenths of a step, added up, meet it.
    """
    below = _real.floor(part.hi)
    # Above a tiny negative part's floor lies nearly 1: what that rounds off belongs to the low part.
    above, rounded = _real.total(part.hi, -below)
    low = part.lo + rounded
    zero = 0 * whole
    borrow = where(above + low < 0, 1, zero)
    above = above + _real.to_float(borrow)
    error = _ROUNDING[_real.float_dtype()] * _real.maximum(below, 1.0)
    full = (1 - above) - low < error
    near = full | (above + low < error)
    # The derivative goes on as if nothing had been rounded.
    offset = above if is_host(above) else lax.stop_gradient(above)
    part = Twofold(above - where(near, offset, 0 * offset), where(near, 0 * low, low))
    return Count(whole + as_int(below, whole) - borrow + where(full, 1, zero), part)


def as_int(x: Real, like: Real) -> Real:
    return int(x) if is_host(like) else lax.convert_element_type(x, int_dtype())


def floored(x: Real, like: Real) -> Real:
    """floor(x) as an integer."""
    return as_int(_real.floor(x), like)


def from_real(x: Twofold, like: Count) -> Count:
    """A real number as a count: zero where it is negative, the last count where it lies beyond."""
    within = (x.hi > 0) & (x.hi < float(last_count()))
    inside = _carried(0 * like.whole, Twofold(where(within, x.hi, 0.0), where(within, x.lo, 0.0)))
    return select(x.hi >= float(last_count()), Count(last_count() + 0 * like.whole), inside)


def select(condition: Any, x: Count, y: Count) -> Count:
    """x where `condition` holds, else y."""
    whole = where(condition, x.whole, y.whole)
    if x.part is None and y.part is None:
        return Count(whole)
    return Count(
        whole, Twofold(*(where(condition, a, b) for a, b in zip(x.part or _NONE, y.part or _NONE, strict=True)))
    )


def difference(x: Count, y: Count) -> Count:
    """x - y, or zero where that is negative."""
    if x.part is None and y.part is None:
        return Count(_real.maximum(x.whole - y.whole, 0))
    if x.part is None and y.part is not None and not is_host(y.whole):
        # A whole number less a part in [0, 1) borrows one, and no rounding could reach the next.
        borrows = y.part.hi > 0
        rest = _real.plus(_real.minus(y.part), Twofold(_real.to_float(where(borrows, 1, 0 * y.whole)), 0.0))
        rest = Count(x.whole - y.whole - where(borrows, 1, 0 * y.whole), rest)
    else:
        minuend, subtrahend = x.part or _NONE, y.part or _NONE
        rest = _carried(x.whole - y.whole, _real.plus(minuend, _real.minus(subtrahend)))
    return select(rest.whole < 0, Count(0 * rest.whole), rest)


class Length(NamedTuple):
    """A positive number of steps: the ratio of two integers, as a real number, its inverse, and as a count."""

    numerator: Real
    denominator: Real
    real: Twofold
    inverse: Twofold
    counted: Count


def length(value: Real, like: Count) -> Length:
    """A hyperparameter in steps, for arithmetic with the count `like`: exact, and differentiable if it is a float."""
    if is_host(value) or isinstance(value, Fraction):
        return _concrete_length(value, None if is_host(like.whole) else int_dtype())
    if isinstance(value, _real.Column):
        return _length_in_row(value)
    if not jnp.issubdtype(value.dtype, jnp.floating):
        whole = _device_count(value).whole
        real = _real.of_integer(value)
        return Length(whole, 1, real, _real.quotient(_real.ONE, real), Count(whole))
    value = lax.convert_element_type(value, _real.float_dtype())
    real = _real.twofold(value)
    ratio = _dyadic(lax.stop_gradient(value))
    return Length(*ratio, real, _real.quotient(_real.ONE, real), _device_count(value))


def _length_in_row(value: _real.Column) -> Length:
    """The length that stands in the column's row."""
    exact, dtype = list(map(_real.decimal, value.numbers)), int_dtype()
    inverse = _real.Column((1 / steps for steps in exact), value.row).twofold()
    whole = value.take([math.floor(steps) for steps in exact], dtype)
    if all(steps.denominator == 1 for steps in exact):
        return Length(whole, 1, value.twofold(), inverse, Count(whole))
    lengths = [_concrete_length(steps, dtype) for steps in exact]
    numerator = value.take([steps.numerator for steps in lengths], dtype)
    denominator = value.take([steps.denominator for steps in lengths], dtype)
    part = _real.Column((steps % 1 for steps in exact), value.row).twofold()
    count = Count(whole, Twofold(part.hi, part.lo + 0 * part.hi))
    return Length(numerator, denominator, value.twofold(), inverse, count)


@lru_cache(maxsize=4096, typed=True)
def _concrete_length(value: int | float | Fraction, dtype: np.dtype | None) -> Length:
    exact = _real.decimal(value)
    whole = math.floor(exact)
    part = None if exact == whole else _real.exactly(exact - whole)
    if dtype is None:
        return Length(exact.numerator, exact.denominator, *_real_and_inverse(exact), Count(whole, part))
    limit = np.iinfo(dtype).max
    ratio = exact
    if exact.denominator > 1 and max(exact.numerator, exact.denominator) > limit:
        # The nearest ratio of two integers that fit is closer than two floats could tell.
        ratio = exact.limit_denominator(max(1, min(limit, int(limit / exact))))
    if part is not None:
        part = _real._rounded(*part, _real.float_dtype())
    count = Count(dtype.type(min(whole, limit)), part)
    return Length(ratio.numerator, ratio.denominator, *_real_and_inverse(exact), count)


def _real_and_inverse(steps: Fraction) -> tuple[Twofold, Twofold]:
    return _real.exactly(steps), _real.exactly(1 / steps)


def _dyadic(x: jax.Array) -> tuple[Real, Real]:
    """A float as the exact ratio of two integers, where they fit (from 2**-7 up in float32)."""
    info, dtype = np.finfo(x.dtype), int_dtype()
    integer = lambda n: jnp.full_like(x, n, dtype)  # noqa: E731
    bits = lax.bitcast_convert_type(x, dtype)
    exponent = lax.shift_right_arithmetic(bits, integer(info.nmant)) - (info.maxexp - 1 + info.nmant)
    mantissa = lax.bitwise_or(lax.bitwise_and(bits, integer((1 << info.nmant) - 1)), integer(1 << info.nmant))
    room, most = info.bits - 2 - info.nmant, info.bits - 2
    up = lax.clamp(integer(0), exponent, integer(room))
    down = lax.clamp(integer(0), -exponent, integer(most))
    lost = lax.clamp(integer(0), -exponent - down, integer(info.nmant))
    numerator = lax.shift_right_arithmetic(lax.shift_left(mantissa, up), lost)
    numerator = where(exponent > room, integer(last_count()), numerator)
    return numerator, lax.shift_left(integer(1), down)


def divided(whole: Real, numerator: Real, denominator: Real, offset: Real = 0) -> tuple[Real, Real]:
    """q and r with whole * numerator + offset = q * denominator + r and 0 <= r < denominator, exactly.

    The product may take twice the bits of an integer. So q is estimated in twofold floats, to within one of the true
    one, and r comes from arithmetic modulo 2**32, which is enough because r itself fits.
    """
    if is_host(whole):
        quotient, remainder = divmod(whole * numerator + offset, denominator)
        return (quotient, remainder) if quotient < last_count() else (last_count(), 0)
    dtype = whole.dtype
    if is_host(denominator) and denominator > last_count():
        return jnp.zeros_like(whole), whole
    simple = is_host(numerator, offset) and (numerator, offset) == (1, 0)
    numerator, denominator, offset = (jnp.asarray(x, dtype) for x in (numerator, denominator, offset))
    if simple:
        quotient = lax.div(*jnp.broadcast_arrays(whole, denominator))
        return quotient, whole - quotient * denominator
    top, bottom = _real.of_integer(numerator), _real.of_integer(denominator)
    product = _real.product(_real.of_integer(whole), _real.quotient(top, bottom))
    floor = lax.floor(product.hi)
    above = (product.hi - floor) + (product.lo + _real.of_integer(offset).hi / bottom.hi) + 0.125
    quotient = lax.convert_element_type(floor, dtype) + lax.convert_element_type(lax.floor(above), dtype)
    remainder = whole * numerator + offset - quotient * denominator
    miss = where(remainder < 0, -1, where(remainder >= denominator, 1, jnp.zeros_like(remainder)))
    beyond = (product.hi - float(last_count())) + product.lo >= 0
    return where(beyond, last_count(), quotient + miss), where(beyond, 0, remainder - miss * denominator)


def scaled(count: Count, numerator: Real, denominator: Real, offset: Real = 0) -> Count:
    """(count * numerator + offset) / denominator."""
    whole, remainder = divided(count.whole, numerator, denominator, offset)
    return _scaled_part(count.part, numerator, remainder, denominator, whole)


def shifted(count: Count, steps: Real) -> Count:
    """count + steps for a hyperparameter of either sign, zero where that is negative and at most the last count."""
    if is_host(steps) or isinstance(steps, Fraction):
        exact = _real.decimal(steps)
        moved = abs(exact)
        if not moved:
            return count
        by = length(moved, count).counted
        return difference(count, by) if exact < 0 else _sum(count, by)
    if isinstance(steps, _real.Column):  # of one sign
        back = steps.numbers[0] < 0
        by = length(-steps if back else steps, count).counted
        return difference(count, by) if back else _sum(count, by)
    if jnp.issubdtype(steps.dtype, jnp.floating):
        steps = lax.convert_element_type(steps, _real.float_dtype())
        below = lax.floor(steps)
        by = Count(lax.convert_element_type(below, int_dtype()), Twofold(steps - below, 0 * steps))
    else:
        by = Count(lax.convert_element_type(steps, int_dtype()))
    return _sum(count, by)


def _sum(count: Count, by: Count) -> Count:
    """count + by, held between zero and the last count."""
    room = last_count() - count.whole
    whole = where(by.whole > room, last_count(), count.whole + _real.minimum(by.whole, room))
    if count.part is None and by.part is None:
        return Count(_real.maximum(whole, 0))
    both = _carried(whole, _real.plus(count.part or _NONE, by.part or _NONE))
    return select(both.whole < 0, Count(0 * whole), both)


def least(x: Count, y: Count) -> Count:
    """The smaller of two counts; the second where they are equal."""
    if x.part is None and y.part is None:
        return Count(_real.minimum(x.whole, y.whole))
    return select(reached(x, y), y, x)


def rescaled(count: Count, by: Length, of: Length) -> Count:
    """count * by / of."""
    if is_host(by.numerator, of.numerator):
        ratio = Fraction(of.numerator * by.denominator, of.denominator * by.numerator)
        return divide(count, length(ratio, count))
    if is_host(by.denominator, of.denominator) and (by.denominator, of.denominator) == (1, 1):
        return scaled(count, by.numerator, of.numerator)
    return from_real(_real.product(fraction(count, of), by.real), count)


def _scaled_part(part: Twofold | None, numerator: Real, remainder: Real, denominator: Real, whole: Real) -> Count:
    """whole + (remainder + part * numerator) / denominator."""
    rest, divisor = _real.of_integer(remainder), _real.of_integer(denominator)
    if part is None:
        return Count(whole, _real.quotient(rest, divisor))
    rest = _real.plus(rest, _real.product(part, _real.of_integer(numerator)))
    return _carried(whole, _real.quotient(rest, divisor))


def _never(steps: Length) -> Any:
    """Whether a traced real length lies beyond every count, where its numerator no longer fits."""
    return steps.real.hi >= float(last_count())


def divide(count: Count, by: Length) -> Count:
    """count / by."""
    whole, remainder = divided(count.whole, by.denominator, by.numerator)
    if count.part is None and is_host(by.numerator) and by.numerator == 1:
        return Count(whole)
    result = _scaled_part(count.part, by.denominator, remainder, by.numerator, whole)
    if is_host(by.denominator):
        return result
    result = select(_never(by), Count(0 * whole, _real.quotient(real(count), by.real)), result)
    return with_gradient(result, as_real(count) / by.real.hi)


def divide_with_remainder(count: Count, by: Length) -> tuple[Real, Count]:
    """How many times `by` fits into the count, and what is left of it."""
    stage, remainder = divided(count.whole, by.denominator, by.numerator)
    if is_host(by.denominator) and by.denominator == 1:
        rest = Count(remainder, count.part)
    else:
        both = _scaled_part(count.part, by.denominator, remainder, by.numerator, stage)
        crossed = both.whole - stage
        whole, remainder = divided(remainder, 1, by.denominator)
        rest = _scaled_part(None, 1, remainder, by.denominator, whole)
        if count.part is not None:
            rest = _carried(rest.whole, _real.plus(rest.part or _NONE, count.part))
        rest = select(crossed > 0, from_real(_real.product(both.part or _NONE, by.real), count), rest)
        stage = both.whole
    if is_host(by.denominator):
        return stage, rest
    stage, rest = where(_never(by), 0 * stage, stage), select(_never(by), count, rest)
    return stage, with_gradient(rest, as_real(count) - _real.to_float(stage) * by.real.hi)


def stage(count: Count, of: Length) -> tuple[Real, int | None]:
    """How many times a length fits into the count, and at most, where that is known."""
    known = is_host(of.numerator, of.denominator)
    most = last_count() * of.denominator // of.numerator if known else None
    return divide_with_remainder(count, of)[0], most


def with_gradient(count: Count, formula: Real) -> Count:
    """The count, differentiated as `formula`."""
    if count.part is None or not _real.is_differentiable(formula):
        return count
    return Count(count.whole, Twofold(_real.with_gradient(count.part.hi, formula), lax.stop_gradient(count.part.lo)))


def fraction(count: Count, of: Length, times: Twofold = _real.ONE, most: int | None = None) -> Twofold:
    """count / of * times as a real number; the constants among them become one."""
    scale = of.inverse if times is _real.ONE else _real.product(of.inverse, times)
    return _real.product(real(count, most), scale)


def reached(count: Count, other: Count) -> Any:
    """Whether count >= other; what lies within rounding errors of it has reached it."""
    if count.part is None and other.part is None:
        return count.whole >= other.whole
    x, y = count.part or _NONE, other.part or _NONE
    ahead = (x.hi - y.hi) + (x.lo - y.lo) >= -_ROUNDING[_real.float_dtype()]
    return (count.whole > other.whole) | ((count.whole == other.whole) & ahead)


def over(count: Count, steps: Length) -> Any:
    """Whether count >= steps."""
    if is_host(steps.numerator) and steps.numerator > last_count() * steps.denominator:
        return count.whole < 0
    return reached(count, steps.counted)


def until(count: Count, steps: Length) -> Count:
    """max(steps - count, 0), at most the last count."""
    rest = difference(steps.counted, count)
    if is_host(steps.numerator) and steps.numerator > last_count() * steps.denominator:
        beyond = 0 if is_host(count.whole) else steps.numerator // steps.denominator - last_count()
        rest = shifted(rest, min(beyond, last_count()))
    return select(rest.whole >= last_count(), Count(last_count() + 0 * rest.whole), rest)


def elapsed(count: Count, of: Length, times: Twofold = _real.ONE) -> Twofold:
    """min(count / of, 1) * times, exact at both ends."""
    return fraction(least(count, of.counted), of, times, _most(of))


def remaining(count: Count, of: Length, times: Twofold = _real.ONE) -> Twofold:
    """max(1 - count / of, 0) * times, from the steps that remain: exact at both ends and precise near the second."""
    rest = fraction(_left(count, of), of, times, _most(of))
    beyond = _beyond(of)
    return rest if beyond is None else _real.plus(rest, _real.product(Twofold(beyond, 0.0), times))


def _left(count: Count, of: Length) -> Count:
    """The steps that remain until the end of a length."""
    seen = least(count, of.counted)
    if seen.part is None and of.counted.part is None:
        return Count(of.counted.whole - seen.whole)
    return difference(of.counted, seen)


def elapsed_once(count: Count, of: Length) -> Real:
    """`elapsed` in one float, at the least cost."""
    inverse = _inverse_once(count, of)
    return elapsed(count, of).hi if inverse is None else _times_once(least(count, of.counted), inverse)


def remaining_once(count: Count, of: Length) -> Real:
    """`remaining` in one float, at the least cost."""
    inverse = _inverse_once(count, of)
    if inverse is None:
        return remaining(count, of).hi
    return _times_once(_left(count, of), inverse)


def _times_once(count: Count, factor: Twofold) -> Real:
    whole = _real.to_float(count.whole)
    return whole * factor.hi + whole * factor.lo


def _inverse_once(count: Count, of: Length) -> Twofold | None:
    """1 / of for a product with one count, however a program rounds that: None where it could miss 1 at the end."""
    if is_host(count.whole) or count.part is not None or not is_host(of.numerator, of.denominator):
        return None
    return _checked_inverse(of.numerator, _real.float_dtype()) if of.denominator == 1 else None


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
    return math.ceil(Fraction(of.numerator, of.denominator)) if is_host(of.numerator, of.denominator) else None


def _beyond(of: Length) -> Real | None:
    """The fraction of a length that lies after the last count."""
    if is_host(of.counted.whole):
        return None
    if is_host(of.denominator) and not is_host(of.numerator):
        return None
    if is_host(of.numerator):
        steps = Fraction(of.numerator, of.denominator)
        return _real.as_float(float(1 - last_count() / steps), of.real.hi) if steps > last_count() else None
    steps, last = of.real.hi, float(last_count())
    return where(steps >= last, (steps - last) / steps + 1 / steps, 0.0)


def horizon(count: Count, steps: Length) -> Count:
    """The count that an expanding cycle's base sees: count / k, where k = max(1, ceil(count / steps)).

    The horizon, k * steps, moves on each time it is reached, one step after.
    """
    stage, rest = divide_with_remainder(count, steps)
    started = rest.whole > 0 if rest.part is None else (rest.whole > 0) | (rest.part.hi + rest.part.lo > 0)
    cycles = _real.maximum(where(started, stage + 1, stage), 1)
    whole, remainder = divided(count.whole, 1, cycles)
    seen = _scaled_part(count.part, 1, remainder, cycles, whole)
    # So many cycles that their number stops short: the count is next to its horizon.
    return select(cycles >= last_count(), steps.counted, seen)
