"""The same schedule three times: ours, optax's, and a closed form that a competent user writes by hand in `jnp`.

`MAKERS` makes each of them from a peak rate, `TWINS` holds them made with `PEAK`. All are callables of the count, and
agree to `AGREEMENT` of the peak at every count in `range(STEPS)`; optax has no restarts without end, so its twins have
the cycles that these counts need and no more. None stands where there is no such thing.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

import optax_decay as od
from tests.examples import EXAMPLES

PEAK = 0.1
CYCLE, CYCLES = 1_000, 256
STEPS = CYCLE * CYCLES

Function = Callable[[Any], Any]
Made = Callable[[Any], Function]


class Twin(NamedTuple):
    """Ours, optax's and the closed form by hand: what is called with a count, or what makes that from a peak."""

    ours: Callable[[Any], Any]
    optax: Callable[[Any], Any] | None
    by_hand: Callable[[Any], Any] | None


def constant(peak: Any) -> Function:
    return lambda t: jnp.full_like(t, peak, jnp.float32)


def exponential(peak: Any) -> Function:
    return lambda t: peak * 0.96 ** (t / 1000)


def stairs(peak: Any) -> Function:
    return lambda t: peak * 0.96 ** (t // 1000)


def linear(peak: Any) -> Function:
    return lambda t: peak * (1 - jnp.minimum(t, 10_000) / 10_000)


def polynomial(peak: Any) -> Function:
    return lambda t: (peak - 0.001) * (1 - jnp.minimum(t, 10_000) / 10_000) ** 2 + 0.001


def cosine(peak: Any) -> Function:
    return lambda t: peak * (0.99 * 0.5 * (1 + jnp.cos(jnp.pi * jnp.minimum(t, 10_000) / 10_000)) + 0.01)


def warmup_cosine(peak: Any) -> Function:
    def value(t: Any) -> Any:
        decayed = 0.5 * peak * (1 + jnp.cos(jnp.pi * jnp.minimum(t - 1000, 9000) / 9000))
        return jnp.where(t < 1000, peak * t / 1000, decayed)

    return value


def restarts(peak: Any) -> Function:
    """The modulo formula."""
    return lambda t: 0.5 * peak * (1 + jnp.cos(jnp.pi * (t % CYCLE) / CYCLE))


def growing_restarts(peak: Any) -> Function:
    """Which power of two the cycle has is the highest bit of a whole number; a logarithm would miss some restarts."""

    def value(t: Any) -> Any:
        grown = lax.shift_left(jnp.int32(1), 31 - lax.clz(jnp.asarray(t, jnp.int32) // CYCLE + 1))
        return 0.5 * peak * (1 + jnp.cos(jnp.pi * (t - CYCLE * (grown - 1)) / (CYCLE * grown)))

    return value


BOUNDARIES = tuple(range(1000, 9000, 1000))


def steps_down(peak: Any) -> Function:
    boundaries, values = np.array(BOUNDARIES, np.int32), np.float32(peak) * np.float32(0.5) ** np.arange(9)
    return lambda t: jnp.asarray(values, jnp.float32)[jnp.searchsorted(boundaries, t)]


def optax_restarts(peak: Any, cycles: int = CYCLES, t_mul: int = 1) -> Function:
    """As many cosine cycles as optax is told to have."""
    return optax.sgdr_schedule(
        {"init_value": peak, "peak_value": peak, "warmup_steps": 0, "decay_steps": CYCLE * t_mul**i}
        for i in range(cycles)
    )


def ours(example: str, **numbers: Any) -> Made:
    """What makes ours from a peak: the factory of an example of the tests, with numbers of a run of this size."""
    return partial(getattr(od, EXAMPLES[example].factory), **numbers)


MAKERS = {
    "constant": Twin(ours("constant"), optax.constant_schedule, constant),
    "exponential": Twin(
        ours("exponential_decay", decay_steps=1000, decay_rate=0.96),
        lambda peak: optax.exponential_decay(peak, 1000, 0.96),
        exponential,
    ),
    "stairs": Twin(
        ours("exponential_decay", decay_steps=1000, decay_rate=0.96, staircase=True),
        lambda peak: optax.exponential_decay(peak, 1000, 0.96, staircase=True),
        stairs,
    ),
    "linear": Twin(
        ours("linear_decay", decay_steps=10_000), lambda peak: optax.linear_schedule(peak, 0.0, 10_000), linear
    ),
    "polynomial": Twin(
        ours("polynomial_decay", decay_steps=10_000, end_value=0.001, power=2.0),
        lambda peak: optax.polynomial_schedule(peak, 0.001, 2.0, 10_000),
        polynomial,
    ),
    "cosine": Twin(
        ours("cosine_decay", decay_steps=10_000, alpha=0.01),
        lambda peak: optax.cosine_decay_schedule(peak, 10_000, 0.01),
        cosine,
    ),
    "piecewise constant": Twin(
        lambda peak: od.piecewise_constant(BOUNDARIES, [peak * 0.5**k for k in range(9)]),
        # A boundary itself has the old value with us, as in TensorFlow, and the new one with optax.
        lambda peak: optax.piecewise_constant_schedule(peak, {b + 1: 0.5 for b in BOUNDARIES}),
        steps_down,
    ),
    "warmup cosine": Twin(
        ours("warmup_cosine_decay", warmup_steps=1000, total_steps=10_000),
        lambda peak: optax.warmup_cosine_decay_schedule(0.0, peak, 1000, 10_000),
        warmup_cosine,
    ),
    "restarts": Twin(ours("cosine_decay_restarts", first_decay_steps=CYCLE, t_mul=1), optax_restarts, restarts),
    "restarts, t_mul=2": Twin(
        ours("cosine_decay_restarts", first_decay_steps=CYCLE, t_mul=2),
        lambda peak: optax_restarts(peak, CYCLES.bit_length(), t_mul=2),
        growing_restarts,
    ),
}
TWINS = {
    name: Twin(make.ours(PEAK), make.optax and make.optax(PEAK), make.by_hand and make.by_hand(PEAK))
    for name, make in MAKERS.items()
}
# Of the peak: room for any backend's exponentials and cosines, none for a wrong stage.
AGREEMENT = dict.fromkeys(TWINS, 1e-5)
