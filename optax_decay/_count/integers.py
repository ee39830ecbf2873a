"""Division of integers whose products take twice the bits of one."""

import jax.numpy as jnp
import numpy as np
from jax import lax

from optax_decay import _arithmetic
from optax_decay._arithmetic import Real, int_dtype, is_host, where


def last_count() -> int:
    """The last integer of JAX. A count that a clock moves beyond is held there. Python's integers have no end."""
    return np.iinfo(int_dtype()).max


def _divided_once(whole: Real, denominator: Real) -> tuple[Real, Real]:
    denominator = jnp.asarray(denominator, whole.dtype)
    quotient = lax.div(*jnp.broadcast_arrays(whole, denominator))
    return quotient, whole - quotient * denominator


def divided(whole: Real, numerator: Real, denominator: Real, offset: Real = 0) -> tuple[Real, Real]:
    """q and r with whole * numerator + offset = q * denominator + r and 0 <= r < denominator, exactly.

    The product may take twice the bits of an integer. So q is estimated in twofold floats, to within one of the true
    one, and r comes from arithmetic modulo 2**32, which is enough because r itself fits. A q beyond the last integer is
    held there, and r is 0.
    """
    if is_host(whole):
        return divmod(whole * numerator + offset, denominator)
    dtype = whole.dtype
    if is_host(denominator) and denominator > last_count():
        return jnp.zeros_like(whole), whole
    if is_host(numerator, offset) and (numerator, offset) == (1, 0):
        if is_host(denominator) and denominator == 1:
            return whole, jnp.zeros_like(whole)
        return _divided_once(whole, denominator)
    if is_host(numerator, denominator, offset) and not offset and numerator <= denominator <= last_count() // numerator:
        # The remainder is below the denominator, so that no product of it leaves the integers.
        quotient, remainder = _divided_once(whole, denominator)
        further, remainder = _divided_once(remainder * dtype.type(numerator), denominator)
        return quotient * dtype.type(numerator) + further, remainder
    numerator, denominator, offset = (jnp.asarray(x, dtype) for x in (numerator, denominator, offset))
    top, bottom = _arithmetic.of_integer(numerator), _arithmetic.of_integer(denominator)
    product = _arithmetic.product(_arithmetic.of_integer(whole), _arithmetic.quotient(top, bottom))
    floor = lax.floor(product.hi)
    above = (product.hi - floor) + (product.lo + _arithmetic.of_integer(offset).hi / bottom.hi) + 0.125
    quotient = lax.convert_element_type(floor, dtype) + lax.convert_element_type(lax.floor(above), dtype)
    remainder = whole * numerator + offset - quotient * denominator
    miss = where(remainder < 0, -1, where(remainder >= denominator, 1, jnp.zeros_like(remainder)))
    beyond = (product.hi - float(last_count())) + product.lo >= 0
    return where(beyond, last_count(), quotient + miss), where(beyond, 0, remainder - miss * denominator)
