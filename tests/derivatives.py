"""Exact derivatives of the oracle: differences in rational arithmetic, so small that nothing is left of their error."""

import math
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import jax
import numpy as np

import optax_decay as od
from tests import oracle
from tests.examples import Example

STEP = Fraction(1, 10**12)


def _noise(seed: Any, t: Fraction) -> Fraction:
    """The package's own draw, which is no definition."""
    return Fraction(float(od.jitter(1.0, int(seed), 1.0)(math.floor(t)))) - 1


@oracle.schedule
def _noisy_linear_cosine_decay(
    init_value, decay_steps, seed, *, initial_variance=1.0, variance_decay=0.55, num_periods=0.5, alpha=0.0, beta=0.001
):
    def value(t):
        now = min(t, decay_steps)
        noise = oracle.sqrt(initial_variance / oracle.raised(1 + now, variance_decay)) * _noise(seed, t)
        wave = (1 + oracle.cos_pi(2 * num_periods * now / decay_steps)) / 2
        return init_value * ((alpha + 1 - now / decay_steps + noise) * wave + beta)

    return value


@oracle.schedule
def _scheduled(factory, **hyperparameters):
    return lambda t: oracle.at(
        factory(**{k: oracle.at(v, t) if callable(v) else v for k, v in hyperparameters.items()}), t
    )


REFERENCE = SimpleNamespace(
    **{name: value for name, value in vars(oracle).items() if not name.startswith("_")},
    noisy_linear_cosine_decay=_noisy_linear_cosine_decay,
    jitter=lambda base, seed, stddev: lambda t: oracle.at(base, t) * (1 + stddev * _noise(seed, t)),
    as_schedule=oracle.constant,
    scheduled=_scheduled,
)


class Point:
    """One setting of an example's hyperparameters; its real ones, and the count after them, are what moves."""

    def __init__(self, example: Example, n: int):
        leaves, self.structure = jax.tree.flatten(example.setting(n, float))
        self.example, self.leaves = example, leaves
        self.real = [k for k, leaf in enumerate(leaves) if isinstance(leaf, float)]

    def numbers(self, t: float) -> list[np.float32]:
        return [np.float32(x) for x in (*(self.leaves[k] for k in self.real), t)]

    def columns(self, times: Any) -> list[np.ndarray]:
        """The numbers at many times, to map over."""
        return list(np.array([self.numbers(t) for t in times]).T)

    def ours(self, numbers: list[Any], others: Any) -> jax.Array:
        """The package's value, to differentiate."""
        return self._value(od, numbers, others)

    @property
    def others(self) -> list[Any]:
        return [leaf for leaf in self.leaves if not isinstance(leaf, float)]

    def _value(self, module: Any, numbers: Any, others: Any) -> Any:
        reals, rest = iter(numbers), iter(others)
        leaves = [next(reals) if isinstance(leaf, float) else next(rest) for leaf in self.leaves]
        return self.example.make(module, **jax.tree.unflatten(self.structure, leaves))(numbers[-1])

    def exact(self, t: float, moved: dict[int, Fraction] | None = None) -> float | Fraction:
        """The oracle's value, with some numbers moved by so many units."""
        numbers = [Fraction(float(x)) for x in self.numbers(t)]
        for k, by in (moved or {}).items():
            numbers[k] += by * self.unit(k, t)
        return self._value(REFERENCE, numbers, self.others)

    def unit(self, k: int, t: float) -> Fraction:
        """What a number is measured in: its own size."""
        return max(abs(Fraction(float(self.numbers(t)[k]))), Fraction(1, 16))

    def slopes(self, k: int, t: float) -> tuple[float, float]:
        """The exact derivatives from below and from above, per unit; the same where a side is undefined."""
        here, above = self.exact(t), (self.exact(t, {k: STEP}) - self.exact(t)) / STEP
        try:
            below = (here - self.exact(t, {k: -STEP})) / STEP
        except (ArithmeticError, IndexError, ValueError):  # beyond the definition's domain, steps below 0 say
            below = above
        return float(below), float(above)

    def second(self, j: int, k: int, t: float, step: Fraction = STEP) -> float:
        """The exact second derivative, per units, off the kinks."""

        def at(a: int, b: int) -> Any:
            return self.exact(t, {j: (a + b) * step} if j == k else {j: a * step, k: b * step})

        return float((at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / (4 * step * step))
