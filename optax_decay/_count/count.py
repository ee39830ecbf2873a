"""What a count is, and how counts are compared, added and taken apart.

A float32 cannot count past 2**24, and a floored float flips at stage boundaries, because XLA turns a division by a
constant into a product with its rounded reciprocal. So a count is a whole number, always an integer, and a part in
[0, 1), held to twice a float's precision, in a unit that is an exact ratio. Which stage, phase or cycle a count is in
follows from integers alone.
"""

import math
from fractions import Fraction
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from optax_decay import _arithmetic
from optax_decay._arithmetic import ZERO, Real, Twofold, int_dtype, is_host, is_zero_twofold, where, zero_of
from optax_decay._count.integers import divided, last_count

STEP = Fraction(1)  # the unit of the counts that users pass

# A part is taken for a whole number of shares of a unit up to so many, because products of them fit.
FEW = 1 << 16


class Count(NamedTuple):
    """The non-negative number (whole + part) unit; the part is `ZERO` where it is known to be zero.

    Where it is known, `most` is the greatest number that `whole` may be, since what is short takes fewer operations;
    and the part is a whole number of 1 / `shares`, so that it can be taken back for one. `taken` has `whole` as it was
    taken in, and the number that it was before it was held at 0: to hold it at an end too takes one clamp of that.
    """

    whole: Real
    part: Twofold = ZERO
    unit: Fraction = STEP
    most: int | None = None
    shares: int | None = None
    taken: tuple[Real, Real] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the part is known to be zero."""
        return is_zero_twofold(self.part)


# The relative error of a twofold product. The parts that integers alone give stay at least 2**-31, or 2**-62,
# away from a whole number.
_ROUNDING = {np.dtype(np.float32): 2.0**-33, np.dtype(np.float64): 2.0**-75}


def rounding() -> float:
    """A number so near to a whole number counts as it."""
    return _ROUNDING[_arithmetic.float_dtype()]


def _flattened(count: Count) -> tuple[tuple[Any, ...], Any]:
    """The numbers that transformations map over, and what is known when a program is built."""
    known = count.unit, count.is_whole, _arithmetic.is_zero(count.part.lo), count.most, count.shares
    return (count.whole, *(() if known[1] else count.part[:1] if known[2] else count.part)), known


def _unflattened(known: Any, children: Any) -> Count:
    whole, *part = children
    unit, is_whole, is_single, *rest = known
    return Count(whole, ZERO if is_whole else Twofold(part[0], 0.0) if is_single else Twofold(*part), unit, *rest)


jax.tree_util.register_pytree_node(Count, _flattened, _unflattened)


def start(beside: Count) -> Count:
    """The count 0, of the kind and shape of another."""
    return Count(zero_of(beside.whole), ZERO, beside.unit)


def held(beside: Count) -> Count:
    """The last count, of the kind and shape of another."""
    return Count(zero_of(beside.whole) + beside.whole.dtype.type(last_count()), ZERO, beside.unit)


def greatest(count: Count) -> int:
    """The greatest whole number that a count of a program's may have."""
    return last_count() if count.most is None else min(count.most, last_count())


def shares_of(*counts: Count) -> int | None:
    """The shares of a unit that all parts are whole numbers of, if few are enough."""
    shares = [1 if count.is_whole else count.shares or FEW + 1 for count in counts]
    common = math.lcm(*shares)
    return common if common <= FEW else None


def in_shares(count: Count, shares: int) -> Real:
    """The part as a whole number of shares."""
    if count.is_whole:
        return zero_of(count.whole)
    nearest = count.part.hi * shares + 0.5
    return int(nearest) if is_host(nearest) else lax.convert_element_type(nearest, int_dtype())


def plain_number(count: Count) -> Real:
    """The count as one plain number for a foreign callable: an integer where it is known to be one."""
    if count.unit == 1 and count.is_whole:
        return count.whole
    if is_host(count.whole):
        value = count.whole * count.unit
        if count.is_whole and value.denominator == 1:
            return value.numerator
        return float(value) + (count.part.hi + count.part.lo) * float(count.unit)
    return as_real(count)


def as_real(count: Count) -> Real:
    """The count in update steps, as one float."""
    if count.unit == 1:
        return in_one_float(count)
    return _arithmetic.product(real(count), _arithmetic.of_fraction(count.unit)).hi


def in_one_float(count: Count) -> Real:
    """The count in its units, as one float."""
    whole = _arithmetic.to_float(count.whole)
    return whole if count.is_whole else whole + (count.part.hi + count.part.lo)


def real(count: Count) -> Twofold:
    """The count in its units, to twice a float's precision."""
    whole = _arithmetic.of_integer(count.whole)
    return whole if count.part is ZERO else _arithmetic.plus(whole, count.part)


def as_int(x: Real, beside: Real) -> Real:
    """A float without a fraction as an integer, or the last integer of JAX if it lies beyond."""
    if is_host(beside):
        return int(x)
    end = x.dtype.type(last_count())
    within = lax.convert_element_type(lax.min(x, jnp.full_like(x, np.nextafter(end, 0))), int_dtype())
    return where(x >= end, last_count(), within)


def normalised(whole: Real, part: Twofold, unit: Fraction = STEP, saturates: bool = False) -> Count:
    """whole + part as a count, where part may be any number; `saturates` says that it may be beyond the last count.

    A part within rounding errors of a whole number becomes it, so thirds and sevenths of a step add up to whole steps.
    """
    if is_zero_twofold(part):
        return Count(whole, ZERO, unit)
    below = _arithmetic.floor(part.hi)
    # A tiny negative part is nearly 1 above its floor. What that rounds off belongs to the low part.
    above, rounded = _arithmetic.total(part.hi, -below)
    low = part.lo + rounded
    zero = zero_of(whole)
    borrow = where(above + low < 0, 1, zero)
    above = above + _arithmetic.to_float(borrow)
    error = rounding() * _arithmetic.maximum(below, 1.0)
    full = (1 - above) - low < error
    near = full | (above + low < error)
    # The derivative goes on as if nothing had been rounded.
    offset = above if is_host(above) else lax.stop_gradient(above)
    rest = Twofold(above - where(near, offset, zero_of(offset)), where(near, zero_of(low), low))
    if saturates and not is_host(whole):
        sum_of_wholes = whole + as_int(below, whole) - borrow
        over = (sum_of_wholes < 0) & (whole >= 0) & (below > 0)
        rest = Twofold(*(where(over, zero_of(x), x) for x in rest))
        return Count(where(over, last_count(), sum_of_wholes + where(full & ~over, 1, zero)), rest, unit)
    below = int(below) if is_host(whole) else lax.convert_element_type(below, int_dtype())
    return Count(whole + below - borrow + where(full, 1, zero), rest, unit)


def floored(x: Real, beside: Real) -> Real:
    """floor(x) as an integer."""
    return as_int(_arithmetic.floor(x), beside)


def from_real(x: Twofold, beside: Count) -> Count:
    """A real number of units as a count: zero where it is negative, the last count where it lies beyond."""
    if is_host(beside.whole):
        return normalised(0, x, beside.unit) if x.hi > 0 else start(beside)
    within = (x.hi > 0) & (x.hi < float(last_count()))
    hi, lo = (where(within, part, zero_of(x.hi)) for part in x)
    # Of a large number, the low part may hold whole numbers too.
    low_steps = _arithmetic.floor(lo + 0.5)
    inside = normalised(lax.convert_element_type(low_steps, int_dtype()), Twofold(hi, lo - low_steps), beside.unit)
    part = _arithmetic.renormalised(*inside.part)
    return Count(where(x.hi >= float(last_count()), last_count(), inside.whole), part, beside.unit)


def scaled_part(
    part: Twofold,
    numerator: Real,
    remainder: Real,
    denominator: Real,
    whole: Real,
    unit: Fraction,
    saturates: bool = False,
) -> Count:
    """whole + (remainder + part * numerator) / denominator."""
    rest, divisor = _arithmetic.of_integer(remainder), _arithmetic.of_integer(denominator)
    if is_zero_twofold(part):
        return Count(whole, _arithmetic.quotient(rest, divisor), unit)
    rest = _arithmetic.plus(rest, _arithmetic.product(part, _arithmetic.of_integer(numerator)))
    return normalised(whole, _arithmetic.quotient(rest, divisor), unit, saturates)


def scaled(count: Count, numerator: Real, denominator: Real, offset: Real = 0) -> Count:
    """(count * numerator + offset) / denominator."""
    whole, remainder = divided(count.whole, numerator, denominator, offset)
    if is_host(denominator) and denominator == 1 and count.is_whole:
        return Count(whole, ZERO, count.unit)
    return scaled_part(count.part, numerator, remainder, denominator, whole, count.unit, saturates=True)


def differentiated_as(count: Count, formula: Real) -> Count:
    """The count, differentiated as `formula`, a number of its units."""
    if count.is_whole or not _arithmetic.is_differentiable(formula):
        return count
    hi, lo = count.part
    lo = lo if _arithmetic.is_zero(lo) else lax.stop_gradient(lo)
    return count._replace(part=Twofold(_arithmetic.with_gradient(hi, formula), lo))


def coarser(count: Count, bits: int) -> Count:
    """The same count in a unit 2**bits times as large. It is exact, and so much further from the last count."""
    if not bits:
        return count
    mask = (1 << bits) - 1
    if is_host(count.whole):
        whole, low = count.whole >> bits, count.whole & mask
    else:
        whole = lax.shift_right_logical(count.whole, jnp.full_like(count.whole, min(bits, 62)))
        low = lax.bitwise_and(count.whole, jnp.full_like(count.whole, min(mask, last_count())))
    part, scale = _arithmetic.plus(_arithmetic.of_integer(low, mask), count.part), 2.0**-bits
    part = Twofold(part.hi * scale, part.lo if _arithmetic.is_zero(part.lo) else part.lo * scale)
    shares = shares_of(count) if bits <= FEW.bit_length() else None
    most = None if count.most is None else count.most >> bits
    return Count(whole, part, count.unit * (1 << bits), most, shares and shares << bits)


def bits_beyond(number: Fraction) -> int:
    """How many times a unit must be doubled for so many units to fit."""
    return (int(number) // (last_count() + 1)).bit_length()


def in_unit(count: Count, unit: Fraction) -> Count:
    """The same count in another unit, as far as that reaches."""
    if count.unit is unit or count.unit == unit:
        return count
    ratio = unit / count.unit
    if ratio.denominator == 1 and ratio.numerator.bit_count() == 1:
        return coarser(count, ratio.numerator.bit_length() - 1)
    ratio = _arithmetic.fitting(1 / ratio, last_count())
    return scaled(count, ratio.numerator, ratio.denominator)._replace(unit=unit)
