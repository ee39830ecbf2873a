# pyright: strict, reportUnknownMemberType=false, reportMissingTypeStubs=false
"""The public interface as a strictly typed program sees it: pyright reads this in strict mode, and a test runs it.

What is switched off concerns the types of jax, optax and matplotlib.
"""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, assert_type

import jax
import jax.numpy as jnp
import numpy as np
import optax
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import optax_decay as od


@od.schedule
def sawtooth(peak: float, period: float, *, floor: float = 0.0) -> Callable[[jax.Array], jax.Array]:
    """One's own factory keeps its signature."""
    return lambda count: floor + peak * (1 - count % period / period)


def schedules() -> dict[str, od.Schedule]:
    """Every factory, with each kind of argument that it takes."""
    base = od.cosine_decay(0.1, 100, alpha=np.float32(0.5))
    return {
        "constant": od.constant(jnp.float32(0.1)),
        "exponential_decay": od.exponential_decay(0.1, 1000, 0.96, staircase=True),
        "natural_exp_decay": od.natural_exp_decay(0.1, 1000, 0.5),
        "inverse_time_decay": od.inverse_time_decay(0.1, np.int32(1000), 0.5),
        "polynomial_decay": od.polynomial_decay(0.1, 1000, power=2.0, cycle=True),
        "linear_decay": od.linear_decay(1, 10.5),
        "piecewise_constant": od.piecewise_constant([100, 200], (0.1, 0.01, 0.001)),
        "piecewise_linear": od.piecewise_linear(np.array([100, 200]), jnp.array([0.0, 0.1])),
        "cosine_decay": base,
        "linear_cosine_decay": od.linear_cosine_decay(0.1, 100),
        "noisy_linear_cosine_decay": od.noisy_linear_cosine_decay(0.1, 100, seed=3),
        "inverse_sqrt_decay": od.inverse_sqrt_decay(0.1, 100),
        "one_minus_sqrt_decay": od.one_minus_sqrt_decay(0.1, 100),
        "tanh_decay": od.tanh_decay(0.1, 100),
        "rex_decay": od.rex_decay(0.1, 100),
        "warm_restarts": od.warm_restarts(base, 100, t_mul=2, m_mul=0.8, cycles=3, stretch=False),
        "cyclic": od.cyclic(optax.linear_schedule(0.1, 0.0, 10), 10, rise_steps=5),
        "expanding_cycle": od.expanding_cycle(base, 100),
        "delay": od.delay(lambda count: 0.1, -5),
        "hold": od.hold(base, 10),
        "warp": od.warp(base, 10, power=2),
        "stretch": od.stretch(base, 2.5),
        "staircase": od.staircase(base, 10),
        "reverse": od.reverse(base, 10),
        "sequence": od.sequence((0.1, 10), (base, 20), base),
        "warmup": od.warmup(base, 10, init_value=0.01),
        "cooldown": od.cooldown(base, 10, 5, shape="cosine"),
        "clip": od.clip(base, min_value=0.01),
        "cast": od.cast(od.cast(base, jnp.int32), jnp.bfloat16),
        "jitter": od.jitter(base, seed=0, stddev=0.1),
        "scheduled": od.scheduled(od.cosine_decay, init_value=base, decay_steps=10),
        "cosine_decay_restarts": od.cosine_decay_restarts(0.1, 100),
        "triangular": od.triangular(0.0, 0.1, 100),
        "triangular2": od.triangular2(0.0, 0.1, 100),
        "exp_range": od.exp_range(0.0, 0.1, 100, 0.999),
        "one_cycle": od.one_cycle(0.1, 100),
        "warmup_cosine_decay": od.warmup_cosine_decay(0.1, 10, 100),
        "warmup_stable_decay": od.warmup_stable_decay(0.1, 10, 100, 20),
        "noam": od.noam(512, 4000),
        "as_schedule": od.as_schedule(0.1),
        "schedule": sawtooth(0.1, 10, floor=0.01),
        "parse": od.parse("2 * saw(0.1, 5)", {"saw": sawtooth}),
    }


def program(picture: Path) -> None:
    """What is done with schedules, each result of the type that it says."""
    made = schedules()
    lr = 0.5 * made["warmup"] + np.float32(1e-5) - made["cyclic"] / 2
    assert_type(lr, od.Schedule)
    assert_type(-lr, od.Schedule)
    assert_type(lr**0.5, od.Schedule)
    assert_type(2**lr, od.Schedule)
    assert_type(lr(3), jax.Array)
    assert_type(lr(np.arange(3)), jax.Array)
    assert_type(made["cosine_decay"].replace(decay_steps=200), od.Schedule)
    assert_type(od.parse("0.1 * share", [sawtooth], values={"share": 2, "third": Fraction(1, 3)}), od.Schedule)
    assert_type(od.sample(lr, 10), np.ndarray[Any, Any])
    assert_type(od.sample(optax.constant_schedule(0.1), [1, 2.5]), np.ndarray[Any, Any])
    figure = Figure()
    axes = od.plot(lr, 0.1, steps=range(10), ax=figure.subplots(), labels=["lr", "constant"])
    assert_type(axes, Axes)
    figure.savefig(picture)
    schedule: optax.Schedule = lr
    optimizer: optax.GradientTransformation = optax.adamw(learning_rate=lr)
    optimizer.update(jnp.ones(3), optimizer.init(jnp.ones(3)), jnp.ones(3))
    error: ValueError = od.ParseError("line 1: ...")
    assert schedule(0) == lr(0)
    assert str(error)
