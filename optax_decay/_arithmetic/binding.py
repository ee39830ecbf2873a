"""The one door for hyperparameters. Each is bound here to its kind of given number, or to a sequence of them."""

from collections.abc import Hashable, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from optax_decay._arithmetic.fractions import PlainNumber, Reading, decimal, simplest
from optax_decay._arithmetic.given import Given, exact_number, shortest
from optax_decay._arithmetic.real import Real, entry, float_dtype, is_host
from optax_decay._arithmetic.tabulated import Tabulated
from optax_decay._arithmetic.traced import Traced
from optax_decay._arithmetic.twofold import Twofold


def given(value: Any, in_steps: bool = False) -> Given:
    """A number as a given number. One that is given already is returned as it is."""
    if isinstance(value, PlainNumber):
        return exact_number(value, simplest if in_steps else decimal)
    if isinstance(value, Tabulated):
        return Tabulated(value.numbers, value.row, simplest) if in_steps else value
    return value if isinstance(value, Given) else Traced(value)


def kind_in_table(value: Any) -> Hashable | None:
    """What the numbers of one table have in common with this one, or None for what stands in no table."""
    if type(value) in (int, float, Fraction):
        return value > 0 if 0 < abs(value) < 2**31 else None
    return value.dtype if isinstance(value, jax.Array) and not value.ndim else None


def in_row(numbers: tuple[Any, ...], row: jax.Array) -> Any:
    """The number that stands in a row, of several numbers of one kind."""
    return entry(jnp.stack(numbers), row) if isinstance(numbers[0], jax.Array) else Tabulated(numbers, row)


class ExactList:
    """A sequence of numbers that are all known."""

    def __init__(self, numbers: Sequence[PlainNumber] | np.ndarray[Any, Any], read: Reading = decimal):
        self.numbers: list[PlainNumber] = numbers.tolist() if isinstance(numbers, np.ndarray) else list(numbers)
        self.read = read
        self.memory: dict[Any, Any] = {}

    def __len__(self) -> int:
        return len(self.numbers)

    @cached_property
    def known(self) -> list[Any]:
        """The numbers that they mean, in steps."""
        if set(map(type, self.numbers)) <= {int}:
            return self.numbers
        return list(map(shortest, map(self.read, self.numbers)))

    @cached_property
    def floats(self) -> np.ndarray[Any, Any]:
        return np.array(self.numbers, np.float64)

    def as_floats(self, beside: Real) -> Any:
        """A NumPy table: in float64 beside a host number `beside`, else in JAX's float dtype."""
        if is_host(beside):
            return self.floats
        with np.errstate(over="ignore"):
            return self.floats.astype(float_dtype())


class TracedList:
    """A sequence of numbers of which some are traced, as one array."""

    known = None

    def __init__(self, array: jax.Array):
        self.array = array

    def __len__(self) -> int:
        return len(self.array)

    def as_floats(self, beside: Real) -> jax.Array:
        return lax.convert_element_type(self.array, float_dtype())

    def counted(self, unit: Fraction) -> tuple[jax.Array, Twofold]:
        """The numbers in units: whole numbers and parts in [0, 1)."""
        return Traced(self.array).counted(unit, None)


def given_list(values: Any, in_steps: bool = False) -> ExactList | TracedList:
    """A sequence of numbers as a given one."""
    if isinstance(values, jax.Array):
        return TracedList(values)
    if isinstance(values, tuple) and any(isinstance(value, jax.Array) for value in values):
        numbers = [given(value) for value in values]
        if all(number.is_integer for number in numbers):
            return TracedList(jnp.stack([jnp.asarray(number.integer) for number in numbers]))
        return TracedList(jnp.stack([jnp.asarray(number.as_float(None)) for number in numbers]))
    return ExactList(values, simplest if in_steps else decimal)
