"""Given numbers that are traced."""

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from optax_decay._arithmetic.elementary import log
from optax_decay._arithmetic.given import Given, Measured, power_of_two
from optax_decay._arithmetic.real import Real, float_dtype, int_dtype, where, zero_of
from optax_decay._arithmetic.twofold import ONE, ZERO, Twofold, of_integer, quotient

# In place of the logarithm of 0, which is infinite: whatever it is multiplied by, its exponential is 0, or 1 at 0.
_LOG_ZERO = -1e20


class Traced(Given):
    """A JAX scalar: its own binary value, differentiable if it is a float."""

    is_exact = False
    rank = 2

    def __init__(self, array: jax.Array):
        self.plain = array

    def unit_beside(self, unit: Fraction) -> Fraction:
        return power_of_two(unit)

    @property
    def value(self) -> jax.Array:
        """The number in JAX's default dtype. An integer is at most the last count: a narrow one would overflow."""
        if jnp.issubdtype(self.plain.dtype, jnp.floating):
            return lax.convert_element_type(self.plain, float_dtype())
        limit = np.iinfo(int_dtype()).max
        fits = np.iinfo(self.plain.dtype).max <= limit
        kept = self.plain if fits else lax.min(self.plain, jnp.asarray(limit, self.plain.dtype))
        return lax.convert_element_type(kept, int_dtype())

    @property
    def is_integer(self) -> bool:
        return jnp.issubdtype(self.plain.dtype, jnp.integer)

    @property
    def integer(self) -> Real:
        return self.value

    def combined(self, x: Given, y: Given, combine: Callable[[Any, Any], Any]) -> Given:
        if combine is not operator.truediv and x.is_integer and y.is_integer:
            return Traced(combine(x.integer, y.integer))
        return Traced(combine(x.as_float(None), y.as_float(None)))

    def as_float(self, beside: Real) -> Real:
        return lax.convert_element_type(self.value, float_dtype())

    def twofold(self) -> Twofold:
        return of_integer(self.value) if self.is_integer else Twofold(self.value, 0.0)

    def log(self) -> Twofold:
        value = self.value
        logarithm = log(Traced(where(value > 0, value, jnp.ones_like(value))).twofold())
        return Twofold(where(value > 0, logarithm.hi, jnp.full_like(logarithm.hi, _LOG_ZERO)), logarithm.lo)

    def sqrt(self) -> Given:
        return Traced(lax.sqrt(self.as_float(None)))

    def counted(self, unit: Fraction, beside: Real) -> tuple[Real, Twofold]:
        value = self.value
        if self.is_integer:
            if unit == 1:
                return value, ZERO
            whole = lax.div(value, jnp.full_like(value, unit.numerator))
            rest = lax.convert_element_type(value - whole * unit.numerator, float_dtype())
            return whole, Twofold(rest * float_dtype().type(1 / unit), jnp.zeros_like(rest))
        value = value * float_dtype().type(1 / unit) if unit != 1 else value
        below = lax.floor(value)
        return lax.convert_element_type(below, int_dtype()), Twofold(value - below, jnp.zeros_like(value))

    def ratio(self, unit: Fraction, beside: Real) -> Measured:
        value, limit = self.value, np.iinfo(int_dtype()).max
        if self.is_integer:
            # A length of no steps becomes one step, which no whole count is inside of.
            value = lax.max(value, jnp.ones_like(value))
            real = of_integer(value)
            if unit != 1:
                real = Twofold(*(x * float_dtype().type(1 / unit) for x in real))
            whole, part = Traced(value).counted(unit, beside)
            return Measured(value, unit.numerator, real, quotient(ONE, real), whole, part)
        value = value * float_dtype().type(1 / unit) if unit != 1 else value
        value = where(value > 0, value, jnp.full_like(value, 2.0**-7))
        within = value < float(limit)
        whole, part = Traced(where(within, value, zero_of(value))).counted(Fraction(1), beside)
        real = Twofold(value, 0.0)
        whole = where(within, whole, jnp.full_like(whole, limit))
        return Measured(*_dyadic(lax.stop_gradient(value)), real, quotient(ONE, real), whole, part)


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
    numerator = where(exponent > room, integer(np.iinfo(dtype).max), lax.max(numerator, integer(1)))
    return numerator, lax.shift_left(integer(1), down)
