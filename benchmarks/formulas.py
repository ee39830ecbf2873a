"""The formulas that a competent user writes by hand in `jnp`, which with NumPy are the definitions in float64.

Each takes the module first, then the count, then numbers by name.
"""

from fractions import Fraction
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax


def left(xp: Any, t: Any, steps: Any) -> Any:
    """From 1 to 0 in a line."""
    return 1 - t / steps if xp is jnp else (steps - t) / steps


def wave(xp: Any, t: Any, steps: Any) -> Any:
    """From 1 to 0 as a cosine does; in float64 without cancellation."""
    return 0.5 * (1 + jnp.cos(jnp.pi * t / steps)) if xp is jnp else np.sin(np.pi / 2 * left(np, t, steps)) ** 2


def cycle(xp: Any, t: Any, steps: Any, t_mul: Any) -> tuple[Any, Any, Any]:
    """Which cycle a count is in, the count within it, and its length; by hand `t_mul` is 1 or 2."""
    if t_mul == 1:
        return t // steps, t % steps, steps
    if xp is jnp:  # Which power of two it has is the highest bit of a whole number; a logarithm would miss some.
        index = 31 - lax.clz(jnp.asarray(t, jnp.int32) // steps + 1)
        grown = lax.shift_left(jnp.int32(1), index)
        return index, t - steps * (grown - 1), steps * grown
    begins, begin, length = [], Fraction(0), Fraction(steps)
    while float(begin) <= np.max(t):
        begins.append(float(begin))
        begin, length = begin + length, length * Fraction(t_mul)
    index = np.searchsorted(begins, t, side="right") - 1
    return index, t - np.array(begins)[index], steps * float(t_mul) ** index


def constant(xp: Any, t: Any, value: Any) -> Any:
    return xp.full_like(t, value, xp.float32 if xp is jnp else xp.float64)


def exponential(_: Any, t: Any, init_value: Any, decay_steps: Any, decay_rate: Any) -> Any:
    return init_value * decay_rate ** (t / decay_steps)


def stairs(_: Any, t: Any, init_value: Any, decay_steps: Any, decay_rate: Any) -> Any:
    return init_value * decay_rate ** (t // decay_steps)


def line(xp: Any, t: Any, init_value: Any, decay_steps: Any, end_value: Any) -> Any:
    return (init_value - end_value) * left(xp, xp.minimum(t, decay_steps), decay_steps) + end_value


def polynomial(xp: Any, t: Any, init_value: Any, decay_steps: Any, end_value: Any, power: Any) -> Any:
    return (init_value - end_value) * left(xp, xp.minimum(t, decay_steps), decay_steps) ** power + end_value


def cosine(xp: Any, t: Any, init_value: Any, decay_steps: Any, alpha: Any) -> Any:
    return init_value * ((1 - alpha) * wave(xp, xp.minimum(t, decay_steps), decay_steps) + alpha)


def edges(first: Any, second: Any) -> list[Any]:
    """optax's boundaries, which have the new value there; with us, as in TensorFlow, they have the old one."""
    return [first + k * (second - first) for k in range(8)]


def levels(peak: Any, scale: Any) -> list[Any]:
    return [peak * scale**k for k in range(9)]


def steps_down(xp: Any, t: Any, peak: Any, first: Any, second: Any, scale: Any) -> Any:
    return xp.asarray(levels(peak, scale))[xp.searchsorted(xp.asarray(edges(first, second)), t, side="right")]


def warmup_stable(xp: Any, t: Any, peak_value: Any, warmup_steps: Any, total_steps: Any, cooldown_steps: Any) -> Any:
    return peak_value * xp.clip(xp.minimum(t / warmup_steps, (total_steps - t) / cooldown_steps), 0, 1)


def restarts(xp: Any, t: Any, init_value: Any, first_decay_steps: Any, t_mul: Any) -> Any:
    _, within, length = cycle(xp, t, first_decay_steps, t_mul)
    return init_value * wave(xp, within, length)


def polynomials(xp: Any, t: Any, peak: Any, warmup_steps: Any, steps: Any, end: Any, t_mul: Any, m_mul: Any) -> Any:
    index, within, length = cycle(xp, xp.maximum(t - warmup_steps, 0), steps, t_mul)
    fallen = (peak - end) * left(xp, within, length) ** 2 + end
    return xp.where(t < warmup_steps, peak * t / warmup_steps, fallen if m_mul == 1 else fallen * m_mul**index)


def warmup_cosine(
    xp: Any, t: Any, peak_value: Any, warmup_steps: Any, total_steps: Any, init_value: Any = 0.0, end_value: Any = 0.0
) -> Any:
    risen, steps = init_value + (peak_value - init_value) * t / warmup_steps, total_steps - warmup_steps
    fallen = end_value + (peak_value - end_value) * wave(xp, xp.minimum(t - warmup_steps, steps), steps)
    return xp.where(t < warmup_steps, risen, fallen)


def up_and_down(xp: Any, t: Any, peak: Any, steps: Any, low: Any) -> Any:
    return low + (peak - low) * (1 - xp.abs(t % (2 * steps) / steps - 1))
