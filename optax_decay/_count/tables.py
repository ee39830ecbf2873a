"""Tables of boundaries and values, and the search in them: one search, whatever the number of entries."""

import bisect
import math
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from optax_decay import _arithmetic
from optax_decay._arithmetic import ZERO, Real, Twofold, int_dtype, is_host, shortest, where
from optax_decay._count.count import Count, in_unit, real, rounding
from optax_decay._count.integers import last_count
from optax_decay._count.sums import difference, reached

# A few selects run within other kernels, while a search becomes a kernel of its own: up to 8 on a CPU and a TPU, up to
# 4 on a GPU. A search that compares with all is faster than one by halves up to 64 entries on a CPU.
FEW, COMPARED = 8, 64


class Boundaries:
    """Increasing counts in a unit, all of them known."""

    def __init__(self, numbers: list[Any], unit: Fraction):
        self.unit = unit
        self.entries = numbers if unit == 1 else [shortest(number / unit) for number in map(Fraction, numbers)]

    @cached_property
    def is_whole(self) -> bool:
        """Whether all are Python integers."""
        return set(map(type, self.entries)) <= {int}

    @cached_property
    def _whole_and_parts(self) -> tuple[np.ndarray[Any, Any], Any]:
        limit = np.iinfo(np.int64).max
        floors = [math.floor(entry) for entry in self.entries]
        whole = np.array([min(max(floor, -limit), limit) for floor in floors], np.int64)
        parts = [entry - floor for entry, floor in zip(self.entries, floors, strict=True)]
        return whole, _arithmetic.of_fractions(parts) if any(parts) else ZERO

    @property
    def floors(self) -> np.ndarray[Any, Any]:
        """The counts without their parts, as far as JAX's integers go."""
        return self._whole_and_parts[0].clip(-last_count(), last_count())

    def are_steps_of(self, count: Count) -> bool:
        """Whether a program's count and these are whole numbers of one unit, with room and no jump at either end."""
        if is_host(count.whole) or count.unit != self.unit or not (count.is_whole and self.is_whole):
            return False
        entries, end = self.entries, last_count() // 2
        return len(entries) > 1 and -end < entries[0] < entries[1] and entries[-2] < entries[-1] < end

    def count(self) -> Count:
        """The counts as a table in JAX."""
        whole, part = jnp.asarray(self.floors, int_dtype()), self._whole_and_parts[1]
        if part is not ZERO:
            part = Twofold(*map(jnp.asarray, _arithmetic.rounded_arrays(*part)))
        return Count(whole, part, self.unit)

    @cached_property
    def _real(self) -> Any:
        return _arithmetic.of_fractions(self.entries)

    def position(self, index: Real) -> Twofold:
        """One of them as a real number of units."""
        if is_host(index):
            return _arithmetic.of_fraction(self.entries[index])
        hi, lo = _arithmetic.rounded_arrays(*self._real)
        return Twofold(take(jnp.asarray(hi), index), take(jnp.asarray(lo), index) if lo.any() else 0.0)


class TracedBoundaries:
    """Increasing counts in a unit, of which some are traced."""

    def __init__(self, given: Any, unit: Fraction):
        whole, part = given.counted(unit)
        self.unit, self._count = unit, Count(whole, part, unit)

    def count(self) -> Count:
        """The counts as a table in JAX."""
        return self._count

    def position(self, index: Real) -> Twofold:
        """One of them as a real number of units."""
        return real(take_count(self._count, index))


def boundaries(given: Any, count: Count) -> Boundaries | TracedBoundaries:
    """A sequence of boundaries as a table beside a count."""
    if given.known is None:
        return TracedBoundaries(given, _arithmetic.power_of_two(count.unit))
    if count.unit not in given.memory:
        given.memory[count.unit] = Boundaries(given.known, count.unit)
    return given.memory[count.unit]


def passed(table: Boundaries | TracedBoundaries, count: Count) -> Real:
    """How many boundaries lie before the count: a boundary step itself has not passed."""
    count = in_unit(count, table.unit)
    if isinstance(table, Boundaries) and is_host(count.whole):
        before = bisect.bisect_left(table.entries, count.whole + (Fraction(count.part.hi) if count.part.hi else 0))
        # A boundary within rounding errors of the count is at the count.
        near = before and not count.is_whole and count.whole - table.entries[before - 1] + count.part.hi <= rounding()
        return before - 1 if near else before
    device = table.count()
    if count.is_whole:
        return at_most(device.whole, count.whole - 1)
    part = count.part.hi + count.part.lo
    if device.is_whole:
        return at_most(device.whole, count.whole - where(part > rounding(), 0, jnp.ones_like(count.whole)))
    whole, boundary, (t, hi, lo) = _side_by_side(device, count)
    ahead = (hi - boundary.hi) + (lo - boundary.lo) > rounding()
    return number_of((whole < t) | ((whole == t) & ahead))


def met(table: Boundaries | TracedBoundaries, count: Count) -> Real:
    """How many boundaries lie at or before the count: a boundary step itself has been met."""
    count = in_unit(count, table.unit)
    if isinstance(table, Boundaries) and is_host(count.whole):
        if table.is_whole:
            return bisect.bisect_right(table.entries, count.whole + (count.part.hi + rounding() >= 1))
        return begun_on_host(table.entries, count)
    if isinstance(table, TracedBoundaries) or table.entries[-1] >= last_count():
        # Boundaries beyond the last count are kept at it, and no count meets them.
        count = count._replace(whole=_arithmetic.minimum(count.whole, last_count() - 1))
    return begun(table.count(), count)


def following(table: Boundaries | TracedBoundaries, values: Any, count: Count) -> Real:
    """The value after the boundaries that lie before the count."""
    here = in_unit(count, table.unit)
    if not isinstance(table, Boundaries) or is_host(here.whole) or not here.is_whole:
        return take(values, passed(table, count))
    if not 0 < len(table.entries) <= FEW:
        return take(values, passed(table, count))
    # A whole count is beyond a boundary if it is beyond the whole number below that.
    return _of_the_last([here.whole > floor for floor in table.floors.tolist()], values)


def _of_the_last(conditions: list[Any], column: Any) -> Real:
    """The entry that stands one after the place of the last condition that holds, or the first if none does."""
    entry = column[0]
    for condition, next_entry in zip(conditions, column[1:], strict=True):
        entry = where(condition, next_entry, entry)
    return entry


def _side_by_side(table: Count, count: Count) -> tuple[Real, Twofold, tuple[Real, Real, Real]]:
    """A table's wholes and parts in a last dimension of their own, and the count's beside them."""
    row = lambda x: lax.expand_dims(x, range(count.whole.ndim))  # noqa: E731
    column = lambda x: lax.expand_dims(x, (count.whole.ndim,)) if isinstance(x, jax.Array) else x  # noqa: E731
    part = Twofold(*(row(x) if isinstance(x, jax.Array) else x for x in table.part))
    return row(table.whole), part, (column(count.whole), column(count.part.hi), column(count.part.lo))


def number_of(conditions: Any) -> Real:
    """How many of the conditions in the last dimension hold."""
    return lax.reduce_sum(lax.convert_element_type(conditions, int_dtype()), (conditions.ndim - 1,))


def counts(numbers: list[Fraction], unit: Fraction) -> Count:
    """A table of known counts, in units, without those that no count reaches."""
    numbers = [number for number in numbers if number <= last_count()]
    floors = [math.floor(number) for number in numbers]
    table = jnp.asarray(np.array(floors), int_dtype())
    if floors == numbers:
        return Count(table, ZERO, unit)
    parts = [number - floor for number, floor in zip(numbers, floors, strict=True)]
    hi, lo = _arithmetic.rounded_arrays(*_arithmetic.of_fractions(parts))
    return Count(table, Twofold(jnp.asarray(hi), jnp.asarray(lo)), unit)


def since_known(begins: list[Fraction], count: Count, *columns: np.ndarray[Any, Any]) -> tuple[Any, ...]:
    """`since` for begins that are known, in units of a program's count."""
    if not count.is_whole or any(begin.denominator > 1 or begin > last_count() for begin in begins):
        return since(counts(begins, count.unit), count, *columns)
    whole, *rest = (np.asarray(column, int_dtype()) for column in (begins, *columns))
    begin, *entries = chosen(whole, count.whole, whole, *rest)
    return count._replace(whole=count.whole - begin), *entries


def since(table: Count, count: Count, *columns: np.ndarray[Any, Any]) -> tuple[Any, ...]:
    """What of a program's count is since the last of increasing counts at or before it, and that one's entries."""
    place = begun(table, count) - 1
    entries = (take(column, place) for column in columns)
    return difference(count, take_count(table, place)), *entries


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
    return table[index].item() if is_host(index) else _arithmetic.entry(jnp.asarray(table), index)


def chosen(begins: np.ndarray[Any, Any], whole: Real, *columns: Any) -> list[Real]:
    """The entry of each column that belongs to the last of increasing numbers at or before a program's whole count."""
    if len(begins) > FEW:
        index = at_most(jnp.asarray(begins[1:]), whole)
        return [take(column, index) for column in columns]
    met = [whole >= begin for begin in begins[1:]]
    return [_of_the_last(met, column) for column in columns]


def at_most(table: Any, whole: Real) -> Real:
    """How many entries of an increasing table are at most `whole`."""
    if is_host(whole):
        return int(np.searchsorted(table, whole, side="right"))
    if table.size > COMPARED:
        return lax.convert_element_type(jnp.searchsorted(table, whole, side="right"), whole.dtype)
    return number_of(lax.expand_dims(table, range(whole.ndim)) <= lax.expand_dims(whole, (whole.ndim,)))


def begun_on_host(begins: Sequence[Fraction | int], count: Count) -> int:
    """How many of known, increasing counts lie at or before a host count, within rounding errors."""
    return bisect.bisect_right(begins, count.whole + Fraction(count.part.hi + rounding()))
