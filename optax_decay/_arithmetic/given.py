"""Given numbers: a hyperparameter, bound once, as one of three kinds that answer the same questions.

It is *exact* where it is known before any program runs, *traced* where it is a JAX scalar, and *tabulated* where a
program takes it from the row of a table. What is measured in steps is read as `simplest` reads it, and a value as
`decimal`.
"""

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from optax_decay._arithmetic.elementary import log, times_power
from optax_decay._arithmetic.fractions import Number, decimal, fitting, simplest
from optax_decay._arithmetic.real import (
    Real,
    float_dtype,
    int_dtype,
    is_host,
    maximum,
    minimum,
    rounded_constant,
    where,
    zero_of,
)
from optax_decay._arithmetic.twofold import (
    ONE,
    ZERO,
    Twofold,
    exactly,
    fractions_exactly,
    of_integer,
    quotient,
    rounded,
    rounded_arrays,
)


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
    fraction: Fraction | None = None  # and the fraction that it means
    sign: int | None = None  # -1, 0 or 1, where that is known
    is_exact: bool = True  # whether arithmetic with it is
    plain: Any = None  # what a factory may be called with in its place
    memory: dict[Any, Any] | None = None  # what follows from the number alone, where that may be kept

    def unit_beside(self, unit: Fraction) -> Fraction:
        """The unit that a count is brought to where it meets this number as a length."""
        return unit

    def as_float(self, like: Real) -> Real:
        """It as one float: a Python float beside a host number `like`, else of JAX's float dtype."""
        raise NotImplementedError

    def twofold(self) -> Twofold:
        """It to twice a float's precision."""
        raise NotImplementedError

    def log(self) -> Twofold:
        """Its natural logarithm; of zero, that of 1 stands in."""
        raise NotImplementedError

    def sqrt(self) -> "Given":
        """Its square root, as a value."""
        raise NotImplementedError

    def counted(self, unit: Fraction, like: Real) -> tuple[Real, Twofold]:
        """It in units beside the whole count `like`: a whole number and a part in [0, 1)."""
        raise NotImplementedError

    def ratio(self, unit: Fraction, like: Real) -> Measured:
        """It in units, positive, beside the whole count `like`."""
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


class Exact(Given):
    """A number that is known before any program runs, as the fraction that it means."""

    def __init__(self, number: Number, read: Callable[[Number], Fraction] = decimal):
        self.known = self.plain = number
        self.read = read
        self.sign = (number > 0) - (number < 0)
        self.memory: dict[Any, Any] = {}

    @cached_property
    def fraction(self) -> Fraction:  # type: ignore[override]
        return self.read(self.known)

    def __neg__(self) -> Given:
        if "negative" not in self.memory:
            self.memory["negative"] = Exact(_shortest(-self.fraction))
        return self.memory["negative"]

    def as_float(self, like: Real) -> Real:
        key = None if is_host(like) else float_dtype()
        if key not in self.memory:
            try:
                host = float(self.fraction)
            except OverflowError:
                host = math.copysign(math.inf, self.sign or 0)
            self.memory[key] = host if key is None else rounded_constant(host)
        return self.memory[key]

    def twofold(self) -> Twofold:
        if "twofold" not in self.memory:
            self.memory["twofold"] = exactly(self.fraction)
        return self.memory["twofold"]

    def log(self) -> Twofold:
        key = "log", float_dtype()
        if key not in self.memory:
            self.memory[key] = log(self.twofold()) if self.sign else ZERO
        return self.memory[key]

    def sqrt(self) -> Given:
        return Exact(Fraction(math.sqrt(self.fraction)))

    def counted(self, unit: Fraction, like: Real) -> tuple[Real, Twofold]:
        ratio = self.ratio(unit, like)
        return ratio.whole, ratio.part

    def ratio(self, unit: Fraction, like: Real) -> Measured:
        key = unit, is_host(like), int_dtype()
        if key not in self.memory:
            self.memory[key] = exact_ratio(self.fraction / unit, is_host(like))
        return self.memory[key]


def power_of_two(unit: Fraction) -> Fraction:
    """The least power of two, from 1 up, that is no less than a unit: floats are divided by it exactly."""
    return Fraction(1 << (math.ceil(unit) - 1).bit_length())


def exact_ratio(number: Fraction, on_host: bool) -> Measured:
    """A positive fraction, rounded to one of two integers that fit: everything counts with that one."""
    dtype = int_dtype()
    limit = np.iinfo(dtype).max
    number = fitting(number, limit)
    whole = number.numerator // number.denominator
    part = exactly(number - whole) if number.denominator > 1 else ZERO
    if not on_host:
        whole = dtype.type(min(whole, limit))
        part = part if part is ZERO else rounded(*part, float_dtype())
    return Measured(number.numerator, number.denominator, exactly(number), exactly(1 / number), whole, part)


class Traced(Given):
    """A JAX scalar: its own binary value, differentiable if it is a float."""

    is_exact = False

    def __init__(self, array: jax.Array):
        self.plain = array

    def unit_beside(self, unit: Fraction) -> Fraction:
        return power_of_two(unit)

    @property
    def value(self) -> jax.Array:
        """It in JAX's default dtype: an integer at most the last count, for a narrow one would overflow."""
        if jnp.issubdtype(self.plain.dtype, jnp.floating):
            return lax.convert_element_type(self.plain, float_dtype())
        limit = np.iinfo(int_dtype()).max
        fits = np.iinfo(self.plain.dtype).max <= limit
        kept = self.plain if fits else lax.min(self.plain, jnp.asarray(limit, self.plain.dtype))
        return lax.convert_element_type(kept, int_dtype())

    @property
    def is_whole(self) -> bool:
        return jnp.issubdtype(self.plain.dtype, jnp.integer)

    def as_float(self, like: Real) -> Real:
        return lax.convert_element_type(self.value, float_dtype())

    def twofold(self) -> Twofold:
        return of_integer(self.value) if self.is_whole else Twofold(self.value, 0.0)

    def log(self) -> Twofold:
        value = self.value
        positive = Traced(where(value > 0, value, jnp.ones_like(value))).twofold()
        return log(positive)

    def sqrt(self) -> Given:
        return Traced(lax.sqrt(self.as_float(None)))

    def counted(self, unit: Fraction, like: Real) -> tuple[Real, Twofold]:
        value = self.value
        if self.is_whole:
            if unit == 1:
                return value, ZERO
            whole = lax.div(value, jnp.full_like(value, unit.numerator))
            rest = lax.convert_element_type(value - whole * unit.numerator, float_dtype())
            return whole, Twofold(rest * float_dtype().type(1 / unit), jnp.zeros_like(rest))
        value = value * float_dtype().type(1 / unit) if unit != 1 else value
        below = lax.floor(value)
        return lax.convert_element_type(below, int_dtype()), Twofold(value - below, jnp.zeros_like(value))

    def ratio(self, unit: Fraction, like: Real) -> Measured:
        value, limit = self.value, np.iinfo(int_dtype()).max
        if self.is_whole:
            # Of no steps one is left, which no whole count is inside of.
            value = lax.max(value, jnp.ones_like(value))
            real = of_integer(value)
            if unit != 1:
                real = Twofold(*(x * float_dtype().type(1 / unit) for x in real))
            whole, part = Traced(value).counted(unit, like)
            return Measured(value, unit.numerator, real, quotient(ONE, real), whole, part)
        value = value * float_dtype().type(1 / unit) if unit != 1 else value
        value = where(value > 0, value, jnp.full_like(value, 2.0**-7))
        within = value < float(limit)
        whole, part = Traced(where(within, value, zero_of(value))).counted(Fraction(1), like)
        real = Twofold(value, 0.0)
        whole = where(within, whole, jnp.full_like(whole, limit))
        return Measured(*_dyadic(lax.stop_gradient(value)), real, quotient(ONE, real), whole, part)


def _dyadic(x: jax.Array) -> tuple[Real, Real]:
    """A float as the exact ratio of two integers, where they fit (from 2**-7 up in float32)."""
    info, dtype = np.finfo(x.dtype), int_dtype()
    integer = lambda n: jnp.full_like(x, n, dtype)  # noqa: E731
    bits = lax.bitcast_convert_type(x, dtype)
    exponent = lax.shift_right_arithmetic(bits, integer(info.nmant)) - (info.maxexp - 1 + info.nmant)
    mantissa = lax.bitwise_or(lax.bitwise_and(bits, integer((1 << info.nmant) - 1)), integer(1 << info.nmant))
    room, most = info.bits - 2 - info.nmant, info.bits - 2
    up = lax.clamp(integer(0), exponent, integer(room))
    down = lax.clamp(integer(0), -exponent, integer(most))
    lost = lax.clamp(integer(0), -exponent - down, integer(info.nmant))
    numerator = lax.shift_right_arithmetic(lax.shift_left(mantissa, up), lost)
    numerator = where(exponent > room, integer(np.iinfo(dtype).max), lax.max(numerator, integer(1)))
    return numerator, lax.shift_left(integer(1), down)


class Tabulated(Given):
    """Numbers of which a program takes the one in `row`: each as exact as if it stood there alone."""

    def __init__(self, numbers: Iterable[Number], row: jax.Array, read: Callable[[Number], Fraction] = decimal):
        self.numbers, self.row = tuple(numbers), row
        self.fractions = tuple(map(read, self.numbers))
        signs = {(number > 0) - (number < 0) for number in self.numbers}
        self.sign = signs.pop() if len(signs) == 1 else None
        self.plain = self

    def _taken(self, entries: Any, dtype: Any) -> jax.Array:
        """The entry that stands in the row."""
        return jnp.asarray(np.asarray(entries, dtype)).at[self.row].get(mode="promise_in_bounds")

    def _twofold(self, fractions: Iterable[Fraction]) -> Twofold:
        hi, lo = rounded_arrays(*fractions_exactly(tuple(fractions)))
        return Twofold(self._taken(hi, hi.dtype), self._taken(lo, hi.dtype) if lo.any() else 0.0)

    def as_float(self, like: Real) -> Real:
        return self._taken([rounded_constant(float(number)) for number in self.numbers], float_dtype())

    def twofold(self) -> Twofold:
        return self._twofold(self.fractions)

    def log(self) -> Twofold:
        return log(self.twofold())

    def sqrt(self) -> Given:
        return Tabulated((Fraction(math.sqrt(fraction)) for fraction in self.fractions), self.row)

    def counted(self, unit: Fraction, like: Real) -> tuple[Real, Twofold]:
        limit = np.iinfo(int_dtype()).max
        numbers = [fraction / unit for fraction in self.fractions]
        floors = [math.floor(number) for number in numbers]
        part = self._twofold(number - floor for number, floor in zip(numbers, floors, strict=True))
        whole = self._taken([max(min(floor, limit), -limit) for floor in floors], int_dtype())
        if all(number.denominator == 1 for number in numbers):
            return whole, ZERO
        return whole, Twofold(part.hi, part.lo + zero_of(part.hi))

    def ratio(self, unit: Fraction, like: Real) -> Measured:
        dtype = int_dtype()
        limit = np.iinfo(dtype).max
        numbers = [fitting(fraction / unit, limit) for fraction in self.fractions]
        whole, part = Tabulated(numbers, self.row).counted(Fraction(1), like)
        numerator = self._taken([min(number.numerator, limit) for number in numbers], dtype)
        denominator = 1 if part is ZERO else self._taken([number.denominator for number in numbers], dtype)
        inverse = self._twofold(1 / number for number in numbers)
        return Measured(numerator, denominator, self._twofold(numbers), inverse, whole, part)


def given(value: Any, in_steps: bool = False) -> Given:
    """A number as a given one; of those that are, as it is."""
    if isinstance(value, Tabulated):
        return Tabulated(value.numbers, value.row, simplest) if in_steps else value
    if isinstance(value, Given):
        return value
    return Traced(value) if isinstance(value, jax.Array) else Exact(value, simplest if in_steps else decimal)


def _combined(x: Any, y: Any, combine: Callable[[Any, Any], Any]) -> Any:
    if not (_is_number(x) and _is_number(y)):
        return NotImplemented
    x, y = given(x), given(y)
    if isinstance(x, Exact) and isinstance(y, Exact):
        return Exact(_shortest(combine(x.fraction, y.fraction)))
    if isinstance(x, Traced) or isinstance(y, Traced):
        if combine is not operator.truediv and _is_integral(x) and _is_integral(y):
            return Traced(combine(_as_integer(x), _as_integer(y)))
        return Traced(combine(x.as_float(None), y.as_float(None)))
    rows = x if isinstance(x, Tabulated) else y
    assert isinstance(rows, Tabulated)
    pairs = zip(*(_entries(side, len(rows.numbers)) for side in (x, y)), strict=True)
    return Tabulated((_shortest(combine(a, b)) for a, b in pairs), rows.row)


def _is_number(x: Any) -> bool:
    return isinstance(x, (Given, int, float, Fraction, jax.Array))


def _entries(x: Any, n: int) -> tuple[Fraction, ...]:
    return x.fractions if isinstance(x, Tabulated) else (x.fraction,) * n


def _shortest(fraction: Fraction) -> int | Fraction:
    return fraction.numerator if fraction.denominator == 1 else fraction


def _is_integral(x: Given) -> bool:
    if isinstance(x, Traced):
        return x.is_whole
    limit = np.iinfo(int_dtype()).max
    return isinstance(x, Exact) and x.fraction.denominator == 1 and abs(x.fraction) <= limit


def _as_integer(x: Given) -> Real:
    return x.value if isinstance(x, Traced) else int_dtype().type(int(x.fraction or 0))


def times_given_power(scale: Real, x: Given, n: Real) -> Real:
    """scale x**n for x >= 0 and an integer n >= 0, 0**0 being 1; bit for bit scale at n = 0."""
    return times_power(scale, x.as_float(n), x.log(), n)


def least_of(x: Given, value: Real) -> Real:
    """The smaller of a given number and a value."""
    return minimum(value, x.as_float(value))


def greatest_of(x: Given, value: Real) -> Real:
    """The greater of a given number and a value."""
    return maximum(value, x.as_float(value))


class ExactList:
    """A sequence of numbers that are all known."""

    def __init__(self, numbers: Sequence[Number] | np.ndarray[Any, Any], read: Callable[[Number], Fraction] = decimal):
        self.numbers: list[Number] = numbers.tolist() if isinstance(numbers, np.ndarray) else list(numbers)
        self.read = read
        self.memory: dict[Any, Any] = {}

    def __len__(self) -> int:
        return len(self.numbers)

    @cached_property
    def known(self) -> list[int | Fraction]:
        """What they mean, in steps."""
        if set(map(type, self.numbers)) <= {int}:
            return self.numbers  # type: ignore[return-value]
        return list(map(_shortest, map(self.read, self.numbers)))

    @cached_property
    def floats(self) -> np.ndarray[Any, Any]:
        return np.array(self.numbers, np.float64)

    def as_floats(self, like: Real) -> Any:
        """A table of floats, of the host beside a host number `like`."""
        if is_host(like):
            return self.floats
        with np.errstate(over="ignore"):
            return jnp.asarray(self.floats.astype(float_dtype()))


class TracedList:
    """A sequence of numbers of which some are traced, as one array."""

    known = None

    def __init__(self, array: jax.Array):
        self.array = array

    def __len__(self) -> int:
        return len(self.array)

    def as_floats(self, like: Real) -> jax.Array:
        return lax.convert_element_type(self.array, float_dtype())

    def counted(self, unit: Fraction) -> tuple[jax.Array, Twofold]:
        """They in units: whole numbers and parts in [0, 1)."""
        return Traced(self.array).counted(unit, None)


def given_list(values: Any, in_steps: bool = False) -> ExactList | TracedList:
    """A sequence of numbers as a given one."""
    if isinstance(values, jax.Array):
        return TracedList(values)
    if isinstance(values, tuple) and any(isinstance(value, jax.Array) for value in values):
        numbers = [given(value) for value in values]
        if all(map(_is_integral, numbers)):
            return TracedList(jnp.stack([jnp.asarray(_as_integer(number)) for number in numbers]))
        return TracedList(jnp.stack([jnp.asarray(number.as_float(None)) for number in numbers]))
    return ExactList(values, simplest if in_steps else decimal)
