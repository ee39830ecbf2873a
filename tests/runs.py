"""Which parameters the default run tries, and which the slow one alone."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from tests.examples import EXAMPLES


def mostly_slow(parameters: Iterable[Any], *quick: Any) -> list[Any]:
    """All parameters; those not among the quick ones are left to the slow run."""
    return [pytest.param(p, marks=[] if p in quick else [pytest.mark.slow]) for p in parameters]


def mostly_slow_rows(rows: Sequence[tuple[Any, ...]], every: int) -> list[Any]:
    """All rows of parameters; the first of every so many is quick."""
    return [pytest.param(*row, marks=[pytest.mark.slow] if n % every else []) for n, row in enumerate(rows)]


def few(*names: str) -> Any:
    """All examples; those not named are left to the slow run."""
    return pytest.mark.parametrize("name", mostly_slow(EXAMPLES, *names))


# One example of every way in which a value comes about.
VARIED = (
    "constant", "exponential_decay", "exponential_decay in stairs", "inverse_time_decay", "polynomial_decay",
    "polynomial_decay in cycles", "piecewise_constant", "piecewise_linear", "cosine_decay",
    "noisy_linear_cosine_decay", "one_minus_sqrt_decay", "warm_restarts", "warm_restarts of growing cycles",
    "cyclic, t_mul real", "stretch", "reverse", "sequence", "warmup", "cooldown", "cast", "jitter", "scheduled",
    "as_schedule",
)  # fmt: skip
varied = few(*VARIED)
# One of every kind, where an example takes a second or more.
handful = few(
    "exponential_decay", "polynomial_decay in cycles", "piecewise_constant", "cosine_decay",
    "warm_restarts of growing cycles", "sequence", "warmup", "scheduled",
)  # fmt: skip
