"""Cycles that are each twice as long as the one before. The bits of a quotient number them, without a table."""

import jax.numpy as jnp
import numpy as np
from jax import lax

from optax_decay import _arithmetic, _count
from optax_decay._arithmetic import Real, Twofold, float_dtype, is_host
from optax_decay._count import Count, Length


def doubled(count: Count, steps: Length, stretch: bool) -> tuple[Real, Count]:
    """The index of the cycle and the count in it, for a first cycle of a whole number of steps.

    Cycle i begins after 2**i - 1 of the first, so i is the highest bit of one more than those that have passed.
    """
    passed, _ = _count.divided(count.whole, 1, steps.numerator)
    index = _highest_bit(passed + 1)
    growth = _shifted_left(1, index)
    rest = count.whole - (growth - 1) * steps.counted.whole
    if not stretch:
        return index, count._replace(whole=rest)
    part = _arithmetic.plus(_arithmetic.of_integer(_low_bits(rest, growth)), count.part)
    share = _inverse(growth, index)
    return index, Count(_shifted_right(rest, index), Twofold(part.hi * share, part.lo * share), count.unit)


def _highest_bit(n: Real) -> Real:
    # JAX also sees the bits of the number one beyond the last integer.
    return n.bit_length() - 1 if is_host(n) else np.iinfo(n.dtype).bits - 1 - lax.clz(n)


def _shifted_left(n: int, bits: Real) -> Real:
    return n << bits if is_host(bits) else lax.shift_left(jnp.full_like(bits, n), bits)


def _shifted_right(n: Real, bits: Real) -> Real:
    return n >> bits if is_host(n) else lax.shift_right_logical(n, bits)


def _low_bits(n: Real, power: Real) -> Real:
    return n & (power - 1) if is_host(n) else lax.bitwise_and(n, power - 1)


def _inverse(power: Real, index: Real) -> Real:
    """1 / power, which is a power of two."""
    if is_host(power):
        return 1 / power
    dtype = float_dtype()
    one, bits = dtype.type(1).view(power.dtype), jnp.full_like(index, np.finfo(dtype).nmant)
    return lax.bitcast_convert_type(one - lax.shift_left(index, bits), dtype)
