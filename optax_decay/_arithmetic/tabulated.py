"""Given numbers that a program takes from a table."""

import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from optax_decay._arithmetic.elementary import log
from optax_decay._arithmetic.fractions import PlainNumber, Reading, decimal, fitting
from optax_decay._arithmetic.given import Given, Measured, shortest
from optax_decay._arithmetic.real import Real, entry, float_dtype, int_dtype, rounded_constant, zero_of
from optax_decay._arithmetic.twofold import ZERO, Twofold, of_fractions, rounded_arrays


class Tabulated(Given):
    """Numbers of which a program takes the one in `row`. Each is as exact as if it stood there alone."""

    rank = 1

    def __init__(self, numbers: Iterable[PlainNumber], row: jax.Array, read: Reading = decimal):
        self.numbers, self.row = tuple(numbers), row
        self.fractions = tuple(map(read, self.numbers))
        signs = {(number > 0) - (number < 0) for number in self.numbers}
        self.sign = signs.pop() if len(signs) == 1 else None
        self.plain = self

    def combined(self, x: Given, y: Given, combine: Callable[[Any, Any], Any]) -> Given:
        pairs = zip(*(number.fractions or (number.fraction,) * len(self.fractions) for number in (x, y)), strict=True)
        return Tabulated((shortest(combine(a, b)) for a, b in pairs), self.row)

    def _taken(self, entries: Any, dtype: Any) -> jax.Array:
        """The entry that stands in the row."""
        return entry(jnp.asarray(np.asarray(entries, dtype)), self.row)

    def _twofold(self, fractions: Iterable[Fraction]) -> Twofold:
        hi, lo = rounded_arrays(*of_fractions(tuple(fractions)))
        return Twofold(self._taken(hi, hi.dtype), self._taken(lo, hi.dtype) if lo.any() else 0.0)

    def as_float(self, beside: Real) -> Real:
        return self._taken([rounded_constant(float(number)) for number in self.numbers], float_dtype())

    def twofold(self) -> Twofold:
        return self._twofold(self.fractions)

    def log(self) -> Twofold:
        return log(self.twofold())

    def sqrt(self) -> Given:
        return Tabulated((Fraction(math.sqrt(fraction)) for fraction in self.fractions), self.row)

    def counted(self, unit: Fraction, beside: Real) -> tuple[Real, Twofold]:
        limit = np.iinfo(int_dtype()).max
        numbers = [fraction / unit for fraction in self.fractions]
        floors = [math.floor(number) for number in numbers]
        part = self._twofold(number - floor for number, floor in zip(numbers, floors, strict=True))
        whole = self._taken([max(min(floor, limit), -limit) for floor in floors], int_dtype())
        if all(number.denominator == 1 for number in numbers):
            return whole, ZERO
        return whole, Twofold(part.hi, part.lo + zero_of(part.hi))

    def ratio(self, unit: Fraction, beside: Real) -> Measured:
        dtype = int_dtype()
        limit = np.iinfo(dtype).max
        numbers = [fitting(fraction / unit, limit) for fraction in self.fractions]
        whole, part = Tabulated(numbers, self.row).counted(Fraction(1), beside)
        numerator = self._taken([min(number.numerator, limit) for number in numbers], dtype)
        denominator = 1 if part is ZERO else self._taken([number.denominator for number in numbers], dtype)
        inverse = self._twofold(1 / number for number in numbers)
        return Measured(numerator, denominator, self._twofold(numbers), inverse, whole, part)
