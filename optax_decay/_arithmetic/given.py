"""Given numbers: a hyperparameter, bound once, as one of three kinds that answer the same questions.

It is *exact* where it is known before any program runs, *traced* where it is a JAX scalar, and *tabulated* where a
program takes it from the row of a table. What is measured in steps is read as `simplest` reads it, and a value as
`decimal`.
"""

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np

from optax_decay._arithmetic.elementary import log, times_power
from optax_decay._arithmetic.fractions import PlainNumber, Reading, decimal, fitting
from optax_decay._arithmetic.real import Real, float_dtype, int_dtype, is_host, maximum, minimum, rounded_constant
from optax_decay._arithmetic.twofold import ZERO, Twofold, of_fraction, rounded


class Measured(NamedTuple):
    """A positive number as the ratio of two integers, as a real number, its inverse, and a whole number and a part."""

    numerator: Real
    denominator: Real
    real: Twofold
    inverse: Twofold
    whole: Real
    part: Twofold


class Given:
    """A hyperparameter. Arithmetic with others and with Python numbers is exact where they are."""

    known: Any = None  # the plain number, where that is known before any program runs
    fraction: Any = None  # the fraction that it means, where that is known
    fractions: Any = None  # the fractions of all the numbers that it may be
    sign: int | None = None  # -1, 0 or 1, where that is known
    rank = 0  # of two numbers, the one of the higher rank combines them
    is_exact: bool = True  # whether arithmetic with it is exact
    plain: Any = None  # what a factory may be called with in its place
    memory: Any = None  # a place for what follows from the number alone

    def unit_beside(self, unit: Fraction) -> Fraction:
        """The unit that a count is brought to where it meets this number as a length."""
        return unit

    @property
    def is_integer(self) -> bool:
        """Whether JAX holds it as an integer."""
        return False

    @property
    def integer(self) -> Real:
        """The number as a JAX integer."""
        raise NotImplementedError

    def as_float(self, beside: Real) -> Real:
        """The number as one float: a Python float beside a host number `beside`, else of JAX's float dtype."""
        raise NotImplementedError

    def twofold(self) -> Twofold:
        """The number to twice a float's precision."""
        raise NotImplementedError

    def log(self) -> Twofold:
        """Its natural logarithm. For zero it is that of 1."""
        raise NotImplementedError

    def combined(self, x: "Given", y: "Given", combine: Callable[[Any, Any], Any]) -> "Given":
        """The result of an operation on two numbers, one of which it is."""
        raise NotImplementedError

    def sqrt(self) -> "Given":
        """Its square root, as a value."""
        raise NotImplementedError

    def counted(self, unit: Fraction, beside: Real) -> tuple[Real, Twofold]:
        """The number in units beside the whole count `beside`: a whole number and a part in [0, 1)."""
        raise NotImplementedError

    def ratio(self, unit: Fraction, beside: Real) -> Measured:
        """The number, which is positive, in units beside the whole count `beside`."""
        raise NotImplementedError

    def __add__(self, other: Any) -> "Given":
        return _combined(self, other, operator.add)

    def __radd__(self, other: Any) -> "Given":
        return _combined(other, self, operator.add)

    def __sub__(self, other: Any) -> "Given":
        return _combined(self, other, operator.sub)

    def __rsub__(self, other: Any) -> "Given":
        return _combined(other, self, operator.sub)

    def __mul__(self, other: Any) -> "Given":
        return _combined(self, other, operator.mul)

    def __rmul__(self, other: Any) -> "Given":
        return _combined(other, self, operator.mul)

    def __truediv__(self, other: Any) -> "Given":
        return _combined(self, other, operator.truediv)

    def __rtruediv__(self, other: Any) -> "Given":
        return _combined(other, self, operator.truediv)

    def __neg__(self) -> "Given":
        return _combined(0, self, operator.sub)


def _combined(x: Any, y: Any, combine: Callable[[Any, Any], Any]) -> Any:
    x = exact_number(x) if isinstance(x, PlainNumber) else x
    y = exact_number(y) if isinstance(y, PlainNumber) else y
    if not (isinstance(x, Given) and isinstance(y, Given)):
        return NotImplemented
    return (y if y.rank > x.rank else x).combined(x, y, combine)


@lru_cache(maxsize=4096)
def _computed(x: Given, y: Given, combine: Callable[[Any, Any], Any]) -> "Exact":
    return Exact(shortest(combine(x.fraction, y.fraction)))


def shortest(fraction: Fraction) -> int | Fraction:
    """A fraction, or the integer that it is."""
    return fraction.numerator if fraction.denominator == 1 else fraction


def exact_number(number: PlainNumber, read: Reading = decimal) -> "Exact":
    """One object for all equal numbers but zero, which has a sign. It keeps what follows from the number."""
    return _kept(number, read) if number else Exact(number, read)


@lru_cache(maxsize=4096, typed=True)
def _kept(number: PlainNumber, read: Reading) -> "Exact":
    return Exact(number, read)


class Exact(Given):
    """A number that is known before any program runs, as the fraction that it means."""

    def __init__(self, number: PlainNumber, read: Reading = decimal):
        self.known = self.plain = number
        self.read = read
        self.sign = (number > 0) - (number < 0)
        self.memory = {}

    @cached_property
    def fraction(self) -> Any:
        return self.read(self.known)

    @property
    def is_integer(self) -> bool:
        """Whether it fits into a JAX integer."""
        return self.fraction.denominator == 1 and abs(self.fraction) <= np.iinfo(int_dtype()).max

    @property
    def integer(self) -> Real:
        return int_dtype().type(self.fraction.numerator)

    def combined(self, x: Given, y: Given, combine: Callable[[Any, Any], Any]) -> Given:
        return _computed(x, y, combine)

    def __neg__(self) -> Given:
        if "negative" not in self.memory:
            self.memory["negative"] = Exact(shortest(-self.fraction))
        return self.memory["negative"]

    def as_float(self, beside: Real) -> Real:
        key = float if type(beside) is int or type(beside) is float else float_dtype()
        if key not in self.memory:
            is_own = self.read is decimal and isinstance(self.known, float)
            host = float(self.known) if is_own else self.twofold().hi
            self.memory[key] = host if key is float else rounded_constant(host)
        return self.memory[key]

    def twofold(self) -> Twofold:
        if "twofold" not in self.memory:
            self.memory["twofold"] = of_fraction(self.fraction)
        return self.memory["twofold"]

    def log(self) -> Twofold:
        key = "log", float_dtype()
        if key not in self.memory:
            self.memory[key] = log(self.twofold()) if self.sign else ZERO
        return self.memory[key]

    def sqrt(self) -> Given:
        return Exact(Fraction(math.sqrt(self.fraction)))

    def counted(self, unit: Fraction, beside: Real) -> tuple[Real, Twofold]:
        ratio = self.ratio(unit, beside)
        return ratio.whole, ratio.part

    def ratio(self, unit: Fraction, beside: Real) -> Measured:
        return exact_ratio(self.fraction / unit, is_host(beside))


def power_of_two(unit: Fraction) -> Fraction:
    """The least power of two, from 1 up, that is no less than a unit: floats are divided by it exactly."""
    return Fraction(1 << (math.ceil(unit) - 1).bit_length())


def exact_ratio(number: Fraction, on_host: bool) -> Measured:
    """A positive fraction, rounded to one of two integers that fit: everything counts with that one."""
    number = fitting(number, np.iinfo(int_dtype()).max)
    whole, part = whole_and_part(number, on_host)
    return Measured(number.numerator, number.denominator, of_fraction(number), of_fraction(1 / number), whole, part)


def whole_and_part(number: Fraction, on_host: bool) -> tuple[Real, Twofold]:
    """A fraction as a whole number, at most the last that fits, and a part in [0, 1)."""
    whole = number.numerator // number.denominator
    part = of_fraction(number - whole) if number.denominator > 1 else ZERO
    if on_host:
        return whole, part
    dtype = int_dtype()
    whole = dtype.type(min(whole, np.iinfo(dtype).max))
    return whole, part if part is ZERO else rounded(*part, float_dtype())


def times_given_power(scale: Real, x: Given, n: Real) -> Real:
    """scale x**n for x >= 0 and an integer n >= 0, 0**0 being 1; bit for bit scale at n = 0."""
    return times_power(scale, x.as_float(n), x.log(), n)


def least_of(x: Given, value: Real) -> Real:
    """The smaller of a given number and a value."""
    return minimum(value, x.as_float(value))


def greatest_of(x: Given, value: Real) -> Real:
    """The greater of a given number and a value."""
    return maximum(value, x.as_float(value))
