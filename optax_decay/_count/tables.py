"""Tables of boundaries and values, and the search in them: one search, whatever the number of entries."""

import bisect
import math
from fractions import Fraction
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from optax_decay import _arithmetic
from optax_decay._arithmetic import ZERO, Real, Twofold, int_dtype, is_host, where
from optax_decay._count.count import Count, in_unit, rounding
from optax_decay._count.integers import last_count
from optax_decay._count.sums import reached

# So many selects run within other kernels, where compilers make of a search one of its own: on a CPU and a TPU up to 8,
# on a GPU up to 4. A search that compares with all is faster than one by halves up to 64 entries on a CPU.
FEW, COMPARED = 8, 64


class Boundaries(NamedTuple):
    """Increasing counts in a unit: Python numbers for the host, and whole numbers, parts and real numbers for JAX."""

    unit: Fraction
    entries: list[Any]
    whole: Any
    part: Twofold
    real: Any = None


def boundaries(given: Any, count: Count) -> Boundaries:
    """A sequence of boundaries as a table beside a count."""
    if given.known is None:
        unit = _arithmetic.power_of_two(count.unit)
        return Boundaries(unit, [], *given.counted(unit))
    if count.unit not in given.memory:
        given.memory[count.unit] = _known_boundaries(given.known, count.unit)
    return given.memory[count.unit]


def _known_boundaries(numbers: list[Any], unit: Fraction) -> Boundaries:
    limit = np.iinfo(np.int64).max
    entries = numbers if unit == 1 else [number / unit for number in map(Fraction, numbers)]
    floors = [math.floor(entry) for entry in entries]
    whole = np.array([min(max(floor, -limit), limit) for floor in floors], np.int64)
    real = _arithmetic.of_fractions(entries)
    if floors == entries:
        return Boundaries(unit, floors, whole, ZERO, real)
    parts = [entry - floor for entry, floor in zip(entries, floors, strict=True)]
    return Boundaries(unit, entries, whole, Twofold(*_arithmetic.of_fractions(parts)), real)


def _on_device(table: Boundaries) -> Count:
    whole = table.whole
    if not isinstance(whole, jax.Array):
        whole = jnp.asarray(whole.clip(-last_count(), last_count()), int_dtype())
    if table.part is ZERO or isinstance(table.part.hi, jax.Array):
        return Count(whole, table.part, table.unit)
    return Count(whole, Twofold(*map(jnp.asarray, _arithmetic.rounded_arrays(*table.part))), table.unit)


def position(table: Boundaries, index: Real) -> Twofold:
    """A boundary as a real number of its units."""
    if is_host(index):
        return _arithmetic.of_fraction(table.entries[index])
    if table.real is not None:
        hi, lo = _arithmetic.rounded_arrays(*table.real)
        return Twofold(take(jnp.asarray(hi), index), take(jnp.asarray(lo), index) if lo.any() else 0.0)
    whole = _arithmetic.of_integer(take(table.whole, index))
    return whole if table.part is ZERO else _arithmetic.plus(whole, Twofold(*(take(x, index) for x in table.part)))


def passed(table: Boundaries, count: Count) -> Real:
    """How many boundaries lie before the count: a boundary step itself has not passed."""
    count = in_unit(count, table.unit)
    if is_host(count.whole):
        before = bisect.bisect_left(table.entries, count.whole + (Fraction(count.part.hi) if count.part.hi else 0))
        # What lies within rounding errors of the count is the count.
        near = before and not count.is_whole and count.whole - table.entries[before - 1] + count.part.hi <= rounding()
        return before - 1 if near else before
    device = _on_device(table)
    if count.is_whole:
        return at_most(device.whole, count.whole - 1)
    part = count.part.hi + count.part.lo
    if device.is_whole:
        return at_most(device.whole, count.whole - where(part > rounding(), 0, jnp.ones_like(count.whole)))
    whole, boundary, (t, hi, lo) = _side_by_side(device, count)
    ahead = (hi - boundary.hi) + (lo - boundary.lo) > rounding()
    return number_of((whole < t) | ((whole == t) & ahead))


def following(table: Boundaries, values: Any, count: Count) -> Real:
    """The value after the boundaries that lie before the count."""
    here = in_unit(count, table.unit)
    if is_host(here.whole) or not here.is_whole or table.part is not ZERO or not 0 < len(table.entries) <= FEW:
        return take(values, passed(table, count))
    result = values[0]
    for entry, value in zip(table.whole.clip(-last_count(), last_count()).tolist(), values[1:], strict=True):
        result = where(here.whole > entry, value, result)
    return result


def _side_by_side(table: Count, count: Count) -> tuple[Real, Twofold, tuple[Real, Real, Real]]:
    """A table's wholes and parts in a last dimension of their own, and the count's beside them."""
    row = lambda x: lax.expand_dims(x, range(count.whole.ndim))  # noqa: E731
    column = lambda x: lax.expand_dims(x, (count.whole.ndim,)) if isinstance(x, jax.Array) else x  # noqa: E731
    part = Twofold(*(row(x) if isinstance(x, jax.Array) else x for x in table.part))
    return row(table.whole), part, (column(count.whole), column(count.part.hi), column(count.part.lo))


def number_of(conditions: Any) -> Real:
    """How many of those in the last dimension hold."""
    return lax.reduce_sum(lax.convert_element_type(conditions, int_dtype()), (conditions.ndim - 1,))


def counts(numbers: list[Fraction], unit: Fraction) -> Count:
    """Known counts, in units, as a table of them, less those that no count reaches."""
    numbers = [number for number in numbers if number <= last_count()]
    floors = [math.floor(number) for number in numbers]
    table = jnp.asarray(np.array(floors), int_dtype())
    if floors == numbers:
        return Count(table, ZERO, unit)
    parts = [number - floor for number, floor in zip(numbers, floors, strict=True)]
    hi, lo = _arithmetic.rounded_arrays(*_arithmetic.of_fractions(parts))
    return Count(table, Twofold(jnp.asarray(hi), jnp.asarray(lo)), unit)


def stacked(counts: list[Count]) -> Count:
    """Scalar counts of one unit as a table of them."""
    whole = jnp.stack([count.whole for count in counts])
    if all(count.is_whole for count in counts):
        return Count(whole, ZERO, counts[0].unit)
    dtype = _arithmetic.float_dtype()
    part = Twofold(
        *(jnp.stack([jnp.asarray(x, dtype) for x in column]) for column in zip(*(c.part for c in counts), strict=True))
    )
    return Count(whole, part, counts[0].unit)


def begun(table: Count, count: Count) -> Real:
    """How many of increasing counts lie at or before the count."""
    count = in_unit(count, table.unit)
    if table.is_whole:
        return at_most(table.whole, count.whole)
    whole, part, (t, hi, lo) = _side_by_side(table, count)
    return number_of(reached(Count(t, Twofold(hi, lo)), Count(whole, part)))


def take_count(table: Count, index: Real) -> Count:
    if table.is_whole:
        return Count(take(table.whole, index), ZERO, table.unit)
    return Count(take(table.whole, index), Twofold(*(take(x, index) for x in table.part)), table.unit)


def constants(values: np.ndarray[Any, Any], beside: Count) -> Any:
    """A table of integers, for `take` and `at_most` with the count `beside`."""
    return values if is_host(beside.whole) else jnp.asarray(values, int_dtype())


def take(table: Any, index: Real) -> Real:
    """table[index], for an index known to be inside."""
    return table[index].item() if is_host(index) else _arithmetic.entry(table, index)


def at_most(table: Any, whole: Real) -> Real:
    """How many entries of an increasing table are at most `whole`."""
    if is_host(whole):
        return int(np.searchsorted(table, whole, side="right"))
    if table.size > COMPARED:
        return lax.convert_element_type(jnp.searchsorted(table, whole, side="right"), whole.dtype)
    return number_of(lax.expand_dims(table, range(whole.ndim)) <= lax.expand_dims(whole, (whole.ndim,)))


def begun_on_host(begins: tuple[Fraction, ...], count: Count) -> int:
    """How many of known, increasing counts lie at or before a host count, within rounding errors."""
    return bisect.bisect_right(begins, count.whole + Fraction(count.part.hi + rounding()))


def floats(values: np.ndarray[Any, Any], beside: Count) -> Any:
    """A table of floats, for `take` with the count `beside`."""
    return values if is_host(beside.whole) else jnp.asarray(values, _arithmetic.float_dtype())
