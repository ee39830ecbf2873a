"""The contenders, one list for all questions: ours, optax's, and the formula that a competent user writes.

All three are made of numbers by name, the peak first: `numbers` are those of a usual run; of a short run they are the
first of each entry of `sweeps`, followed by what a sweep puts in their place. The formula is written once: with `jnp`
it is the one by hand, with NumPy the definition in float64. None stands where there is no such thing. In `range(STEPS)`
all agree to `AGREEMENT` of the peak; optax has no restarts without end, so its twins have the cycles that these counts
need and no more. Ours are those of tests/examples.py.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import optax

import optax_decay as od
from benchmarks import formulas
from tests.examples import EXAMPLES, PEAKS

PEAK, AGREEMENT = 0.1, 1e-5
CYCLE, CYCLES = 1_000, 256
STEPS = CYCLE * CYCLES

Function = Callable[[Any], Any]
Made = Callable[..., Function]


class Contender(NamedTuple):
    """A schedule of ours and optax's, its formula, its numbers, and counts where much happens in a short run."""

    ours: Made
    optax: Made | None
    formula: Callable[..., Any] | None
    numbers: dict[str, Any]
    sweeps: dict[str, tuple[Any, ...]] = {}  # noqa: RUF012
    times: tuple[float, ...] = (0, 33, 50, 100, 101, 250)

    def makers(self) -> dict[str, Made]:
        makers: dict[str, Made] = {"ours": self.ours}
        if self.optax is not None:
            makers["optax"] = self.optax
        if (formula := self.formula) is not None:
            makers["by hand"] = lambda **numbers: lambda t: formula(jnp, t, **numbers)
        return makers

    def made(self, **changes: Any) -> dict[str, Function]:
        return {who: make(**self.numbers | changes) for who, make in self.makers().items()}

    def exact(self, t: Any, **changes: Any) -> Any:
        """The definition's value in float64; there is a formula."""
        assert self.formula is not None
        return self.formula(np, t, **self.numbers | changes)

    def with_(self, **numbers: Any) -> "Contender":
        """With other numbers, and none to sweep over."""
        return self._replace(numbers=self.numbers | numbers, sweeps={})

    def short(self) -> "Contender":
        return self._replace(numbers=self.numbers | {name: column[0] for name, column in self.sweeps.items()})


def ours(example: str) -> Made:
    return partial(EXAMPLES[example].make, od)


def optax_restarts(init_value: Any, first_decay_steps: Any, t_mul: Any) -> Function:
    """As many cosine cycles as are needed."""
    same = {"init_value": init_value, "peak_value": init_value, "warmup_steps": 0}
    cycles = CYCLES if isinstance(t_mul, int) and t_mul == 1 else CYCLES.bit_length()
    return optax.sgdr_schedule(same | {"decay_steps": first_decay_steps * t_mul**i} for i in range(cycles))


def our_polynomials(peak: Any, warmup_steps: Any, steps: Any, end: Any, t_mul: Any, m_mul: Any) -> Function:
    base = od.polynomial_decay(peak, steps, end, power=2.0)
    return od.warmup(od.warm_restarts(base, steps, t_mul=t_mul, m_mul=m_mul), warmup_steps)


def optax_polynomials(peak: Any, warmup_steps: Any, steps: Any, end: Any, t_mul: Any, m_mul: Any) -> Function:
    cycles = range(CYCLES.bit_length())
    parts = [optax.polynomial_schedule(peak * m_mul**i, end * m_mul**i, 2.0, steps * t_mul**i) for i in cycles]
    begins = [warmup_steps + steps * (t_mul**i - 1) for i in cycles]
    return optax.join_schedules([optax.linear_schedule(0.0, peak, warmup_steps), *parts], begins)


def optax_stable(peak_value: Any, warmup_steps: Any, total_steps: Any, cooldown_steps: Any) -> Function:
    lines = (0.0, peak_value, warmup_steps), (peak_value, 0.0, cooldown_steps)
    up, down = (optax.linear_schedule(*line) for line in lines)
    return optax.join_schedules([up, lambda _: peak_value, down], [warmup_steps, total_steps - cooldown_steps])


SHORT = (100, 64, 200)  # A length whose reciprocal is exact, and others: compilers multiply by it.
DECAY = {"init_value": PEAKS[:3], "decay_steps": SHORT}
ENDS, WARMUPS = (0.125, 0.0625, 0.25), (20, 50, 7)
EXPONENTIAL = Contender(
    ours("exponential_decay"),
    lambda init_value, decay_steps, decay_rate: optax.exponential_decay(init_value, decay_steps, decay_rate),
    formulas.exponential,
    {"init_value": PEAK, "decay_steps": 1000, "decay_rate": 0.96},
    DECAY | {"decay_rate": (0.75, 0.5, 1.25)},
)
POLYNOMIAL = Contender(
    ours("polynomial_decay"),
    lambda init_value, decay_steps, end_value, power: optax.polynomial_schedule(
        init_value, end_value, power, decay_steps
    ),
    formulas.polynomial,
    {"init_value": PEAK, "decay_steps": 10_000, "end_value": 0.001, "power": 2.0},
    DECAY | {"end_value": ENDS, "power": (2.5, 1.0, 3.0)},
)
RESTARTS = Contender(
    ours("cosine_decay_restarts"),
    optax_restarts,
    formulas.restarts,
    {"init_value": PEAK, "first_decay_steps": CYCLE, "t_mul": 1},
)
POLYNOMIALS = Contender(
    our_polynomials,
    optax_polynomials,
    formulas.polynomials,
    {"peak": PEAK, "warmup_steps": 100, "steps": CYCLE, "end": 1e-4, "t_mul": 2, "m_mul": 1.0},
)
CONTENDERS = {
    "constant": Contender(
        ours("constant"),
        optax.constant_schedule,
        formulas.constant,
        {"value": PEAK},
    ),
    "exponential": EXPONENTIAL,
    "stairs": EXPONENTIAL._replace(
        ours=ours("exponential_decay in stairs"),
        optax=lambda init_value, decay_steps, decay_rate: optax.exponential_decay(
            init_value, decay_steps, decay_rate, staircase=True
        ),
        formula=formulas.stairs,
        times=(0, 33, 50, 99, 100, 101, 200, 250, 300),
    ),
    "linear": Contender(
        ours("linear_decay"),
        lambda init_value, decay_steps, end_value: optax.linear_schedule(init_value, end_value, decay_steps),
        formulas.line,
        {"init_value": PEAK, "decay_steps": 10_000, "end_value": 0.0},
        DECAY | {"end_value": ENDS},
    ),
    "polynomial": POLYNOMIAL,
    "cosine": Contender(
        ours("cosine_decay"),
        lambda init_value, decay_steps, alpha: optax.cosine_decay_schedule(init_value, decay_steps, alpha),
        formulas.cosine,
        {"init_value": PEAK, "decay_steps": 10_000, "alpha": 0.01},
        DECAY | {"alpha": ENDS},
    ),
    "piecewise constant": Contender(
        lambda peak, first, second, scale: od.piecewise_constant(
            formulas.edges(first - 1, second - 1), formulas.levels(peak, scale)
        ),
        lambda peak, first, second, scale: optax.piecewise_constant_schedule(
            peak,
            {edge: scale for edge in formulas.edges(first, second)},
        ),
        formulas.steps_down,
        {"peak": PEAK, "first": 1001, "second": 2001, "scale": 0.5},
        {"peak": PEAKS[:3], "first": (40, 50, 10), "second": (100, 75, 200), "scale": (0.5, 0.25, 0.75)},
        (0, 20, 38, 39, 40, 41, 70, 98, 99, 100, 101, 250),
    ),
    "warmup cosine": Contender(
        ours("warmup_cosine_decay"),
        lambda peak_value, warmup_steps, total_steps, init_value=0.0, end_value=0.0: optax.warmup_cosine_decay_schedule(
            init_value, peak_value, warmup_steps, total_steps, end_value
        ),
        formulas.warmup_cosine,
        {"peak_value": PEAK, "warmup_steps": 1000, "total_steps": 10_000},
        {"peak_value": PEAKS[:3], "warmup_steps": WARMUPS, "total_steps": SHORT}
        | {"init_value": (0.0625, 0.0, 0.25), "end_value": ENDS},
        (0, 7, 20, 21, 33, 50, 100, 101, 250),
    ),
    "warmup, stable, cooldown": Contender(
        ours("warmup_stable_decay"),
        optax_stable,
        formulas.warmup_stable,
        {"peak_value": PEAK, "warmup_steps": 1000, "total_steps": 10_000, "cooldown_steps": 2000},
        {"peak_value": PEAKS[:3], "warmup_steps": WARMUPS, "total_steps": (100, 120, 200)}
        | {"cooldown_steps": (30, 40, 25)},
        (0, 7, 20, 21, 33, 50, 69, 70, 71, 100, 101, 250),
    ),
    "restarts": RESTARTS,
    "restarts, t_mul=2": RESTARTS.with_(t_mul=2)._replace(
        sweeps={"init_value": PEAKS[:3], "first_decay_steps": SHORT, "t_mul": (2.0, 3.0, 1.5)},
        times=(0, 33, 50, 99, 100, 101, 250, 299, 300, 700, 1499, 1500, 2000),
    ),
    "warmup, polynomial restarts": POLYNOMIALS.with_(t_mul=1)._replace(optax=None),
    "the same, t_mul=2": POLYNOMIALS,
    "the same, t_mul=2, m_mul=0.8": POLYNOMIALS.with_(m_mul=0.8),
    "up and down in lines": Contender(
        lambda peak, steps, low: od.cyclic(od.linear_decay(peak, steps, low), steps),
        None,
        formulas.up_and_down,
        {"peak": PEAK, "steps": 1000, "low": 0.001},
    ),
    "up and down in cosines, t_mul=1.5": Contender(
        lambda peak, steps: od.cyclic(od.cosine_decay(peak, steps), steps, t_mul=1.5),
        None,
        None,
        {"peak": PEAK, "steps": 1000},
    ),
    "clipped, shrinking triangles": Contender(
        lambda peak, steps: od.clip(
            od.triangular2(0.001, peak, steps) * od.inverse_time_decay(1.0, 1000, 0.1), min_value=0.002
        ),
        None,
        None,
        {"peak": PEAK, "steps": 700},
    ),
}
TWINS = {name: contender.made() for name, contender in CONTENDERS.items()}
