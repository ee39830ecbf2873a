"""Tables of boundaries and values, and the search in them: one search, whatever the number of entries."""

import bisect
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from optax_decay import _count, _real
from optax_decay._count import Count
from optax_decay._real import Real, Twofold, is_host, where


class Boundaries(NamedTuple):
    """Increasing counts: Python numbers for the host, and for the device their parts, and they as real numbers."""

    entries: list[Any]
    whole: Any
    part: Any
    real: Any = None


def boundaries(given: Any) -> Boundaries:
    """A sequence of boundaries, concrete or traced, as a table."""
    values: Any = given
    if isinstance(given, tuple) and not is_host(*given):
        values = jnp.stack([jnp.asarray(entry) for entry in given])
    if isinstance(values, jax.Array):
        if jnp.issubdtype(values.dtype, jnp.integer):
            return Boundaries([], values, None)
        values = lax.convert_element_type(values, _real.float_dtype())
        whole = lax.floor(values)
        return Boundaries([], lax.convert_element_type(whole, _count.int_dtype()), values - whole)
    entries: list[Any] = values.tolist() if isinstance(values, np.ndarray) else list(values)
    if set(map(type, entries)) == {int}:
        limit = np.iinfo(np.int64).max
        whole = np.array([min(max(entry, -limit), limit) for entry in entries], np.int64)
        return Boundaries(entries, whole, None, _real.doubles(entries))
    entries = list(map(_real.decimal, entries))
    whole = [math.floor(entry) for entry in entries]
    part = [float(entry - floor) for entry, floor in zip(entries, whole, strict=True)]
    limit = np.iinfo(np.int64).max
    clipped = np.array([min(max(floor, -limit), limit) for floor in whole], np.int64)
    if not any(part):
        return Boundaries(whole, clipped, None, _real.doubles(whole))
    return Boundaries(entries, clipped, np.array(part), _real.doubles(entries))


def _clipped(table: Boundaries) -> jax.Array:
    last = _count.last_count()
    return jnp.asarray(
        table.whole.clip(max=last) if isinstance(table.whole, jax.Array) else table.whole.clip(-last, last)
    )


def position(table: Boundaries, index: Real, like: Count) -> Twofold:
    """A boundary as a real number."""
    if is_host(index):
        return _real.exactly(table.entries[index])
    if table.entries:
        hi, lo = _real.rounded_doubles(*table.real)
        return Twofold(take(jnp.asarray(hi), index), take(jnp.asarray(lo), index) if lo.any() else 0.0)
    whole = _real.of_integer(take(lax.convert_element_type(table.whole, _count.int_dtype()), index))
    if table.part is None:
        return whole
    part = take(table.part, index)
    return _real.plus(whole, Twofold(part, 0 * part))


def passed(table: Boundaries, count: Count) -> Real:
    """How many boundaries lie before the count: a boundary step itself has not passed."""
    if is_host(count.whole):
        return bisect.bisect_left(table.entries, _count.number(count))
    whole = lax.convert_element_type(_clipped(table), _count.int_dtype())
    if count.part is None:
        return at_most(whole, count.whole - 1)
    part = count.part.hi + count.part.lo
    if table.part is None:
        return at_most(whole, count.whole - where(part > 0, 0, jnp.ones_like(count.whole)))
    t, p = jnp.expand_dims(count.whole, -1), jnp.expand_dims(part, -1)
    below = (whole < t) | ((whole == t) & (jnp.asarray(table.part, p.dtype) < p))
    return lax.reduce_sum(lax.convert_element_type(below, count.whole.dtype), (count.whole.ndim,))


def counts(exact: list[Fraction]) -> Count:
    """Counts as a table of them, less those that no count reaches."""
    exact = [count for count in exact if count <= _count.last_count()]
    whole = [math.floor(count) for count in exact]
    table = jnp.asarray(np.array(whole), _count.int_dtype())
    if all(count.denominator == 1 for count in exact):
        return Count(table)
    parts = _real.rounded_doubles(*_real.doubles([count - floor for count, floor in zip(exact, whole, strict=True)]))
    return Count(table, Twofold(*map(jnp.asarray, parts)))


def stacked(counts: list[Count]) -> Count:
    """Scalar counts as a table of them."""
    whole = jnp.stack([count.whole for count in counts])
    if all(count.part is None for count in counts):
        return Count(whole)
    zero = jnp.asarray(0, _real.float_dtype())
    parts = zip(*(count.part or (zero, zero) for count in counts), strict=True)
    return Count(whole, Twofold(*(jnp.stack([zero + x for x in column]) for column in parts)))


def begun(table: Count, count: Count) -> Real:
    """How many of increasing counts lie at or before the count."""
    if table.part is None:
        return at_most(table.whole, count.whole)
    whole, part = jax.tree.map(lambda x: jnp.expand_dims(x, -1), (count.whole, count.part))
    reached = _count.reached(Count(whole, part), table)
    return lax.reduce_sum(lax.convert_element_type(reached, count.whole.dtype), (reached.ndim - 1,))


def take_count(table: Count, index: Real) -> Count:
    return Count(take(table.whole, index), table.part and Twofold(*(take(x, index) for x in table.part)))


def values(entries: Any) -> Callable[[Count], Any]:
    """A table of values, concrete or traced, for `take` with the count that it is called with."""
    if isinstance(entries, jax.Array) or (isinstance(entries, tuple) and not is_host(*entries)):
        stacked = entries if isinstance(entries, jax.Array) else None

        def traced(like: Count) -> jax.Array:
            if stacked is not None:
                return lax.convert_element_type(stacked, _real.float_dtype())
            return jnp.stack([jnp.asarray(_real.as_float(entry, like.whole)) for entry in entries])

        return traced
    concrete = np.asarray(entries, np.float64)
    return lambda like: concrete if is_host(like.whole) else jnp.asarray(concrete, _real.float_dtype())


def constants(values: np.ndarray, like: Count) -> Any:
    """A table of integers, for `take` and `at_most` with the count `like`."""
    return values if is_host(like.whole) else jnp.asarray(values, _count.int_dtype())


def take(table: Any, index: Real) -> Real:
    """table[index], for an index known to be inside."""
    return table[index].item() if is_host(index) else table.at[index].get(mode="promise_in_bounds")


def at_most(table: Any, whole: Real) -> Real:
    """How many entries of an increasing table are at most `whole`."""
    if is_host(whole):
        return int(np.searchsorted(table, whole, side="right"))
    if table.size > 64:
        return lax.convert_element_type(jnp.searchsorted(table, whole, side="right"), whole.dtype)
    below = lax.convert_element_type(table <= jnp.expand_dims(whole, -1), whole.dtype)
    return lax.reduce_sum(below, (below.ndim - 1,))
