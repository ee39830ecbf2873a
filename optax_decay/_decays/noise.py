"""Noise that is the same at the same count."""

import math
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.core import Tracer

from optax_decay import _arithmetic, _count
from optax_decay._arithmetic import Real, is_host
from optax_decay._count import Count


def standard_normal(seed: Any, count: Count) -> Real:
    """N(0, 1), drawn from the seed and the whole part of the count: the same in Python, a trace and an array."""
    whole = _whole_steps(count)
    if isinstance(whole, jax.Array):
        return _drawn(_parts(seed), lax.convert_element_type(whole, _arithmetic.int_dtype()))
    drawn = _drawn_at_once(_parts(seed), _arithmetic.int_dtype().type(whole))
    return drawn if isinstance(drawn, Tracer) else drawn.item()


def _drawn(parts: tuple[Any, ...], whole: jax.Array) -> jax.Array:
    def draw(whole: jax.Array) -> jax.Array:
        key = jax.random.key(parts[0])
        for word in (*parts[1:], *lax.bitcast_convert_type(whole, np.uint32).reshape(-1)):
            key = jax.random.fold_in(key, word)
        return jax.random.normal(key, (), _arithmetic.float_dtype())

    return _arithmetic.mapped(draw, np.ndim(whole))(whole)


# One program for every schedule: its operations one by one take a hundred times as long. Inside a trace it adds them.
_drawn_at_once = jax.jit(_drawn, inline=True)


def _parts(seed: Any) -> tuple[Any, ...]:
    """What a key is made of, different for every seed of 64 bits. JAX's keys keep only 32 unless x64 is enabled."""
    if not isinstance(seed, int) or seed.bit_length() < jnp.iinfo(_arithmetic.int_dtype()).bits:
        return (seed,)
    return np.uint32(seed & 0xFFFFFFFF), np.uint32(seed >> 32 & 0xFFFFFFFF)


def _whole_steps(count: Count) -> Real:
    """The whole part of the count in steps. A Python count has no end and is wrapped into JAX's integers."""
    if is_host(count.whole):
        whole = math.floor((count.whole + Fraction(count.part.hi)) * count.unit)
        return (whole + _count.last_count() + 1) % (2 * _count.last_count() + 2) - _count.last_count() - 1
    return _count.in_unit(count, _count.STEP).whole
