"""Values: combinators that change what a base gives."""

# Arguments are annotated as users give them, and arrive bound, as given numbers.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportOperatorIssue=false

import heapq
from collections.abc import Iterator
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.core import Tracer

from optax_decay import _arithmetic, _count
from optax_decay._arithmetic import Real, is_host, where
from optax_decay._begins import Edge, PhaseOrCycle, edges, leaves_count_alone, tells_edges_of
from optax_decay._count import Count
from optax_decay._decays import standard_normal
from optax_decay._ends import ends_with_its_parts, seen_until, tells_end_of
from optax_decay._schedule import Curve, Schedule, Typed, at, elementwise, exact_schedule
from optax_decay._schedule.kinds import Base, Factory, NonNegative, OptionalNumber, Seed
from optax_decay._schedule.record import Kind, record_of


def _dtype(name: str, value: Any) -> str:
    try:
        dtype = jnp.dtype(value) if _may_name_dtype(value) else None
    except TypeError:
        dtype = None
    if (
        dtype is None
        or not (jnp.issubdtype(dtype, jnp.floating) or jnp.issubdtype(dtype, jnp.integer))
        or dtype.itemsize > 8
        or "float6_" in dtype.name
    ):
        raise TypeError(f"`{name}` must be a float or integer dtype of JAX, such as 'bfloat16', got {value!r}.")
    if jax.dtypes.canonicalize_dtype(dtype) != dtype:
        raise ValueError(f"`{name}` may have 64 bits only under `jax_enable_x64`, got {value!r}.")
    return dtype.name


def _may_name_dtype(value: Any) -> bool:
    # NumPy also takes texts of records and literals, None for float64, and an array for its own dtype.
    if isinstance(value, str):
        return value.isidentifier()
    return value is not None and (isinstance(value, type) or not hasattr(value, "dtype"))


@exact_schedule
def clip(base: Base, *, min_value: OptionalNumber = None, max_value: OptionalNumber = None) -> Curve:
    r"""Keeps any base between two bounds.

    .. math:: s(t) = \min(\max(\text{base}(t), l), u)

    with :math:`l` = `min_value` and :math:`u` = `max_value`.

    Args:
      base: any callable of the count, or a number.
      min_value: the least value, or None. May be traced.
      max_value: the greatest value, or None. It wins where the two cross. May be traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if `min_value` exceeds `max_value`, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> print(od.clip(od.linear_decay(0.1, 100), min_value=0.05)(np.array([0, 25, 75])))
    [0.1   0.075 0.05 ]
    """
    least, most = (None if bound is None else bound.known for bound in (min_value, max_value))
    if least is not None and most is not None and least > most:
        raise ValueError(f"`min_value` must not exceed `max_value`, got {least!r} and {most!r}.")

    def value(count: Count) -> Real:
        result = at(base, count)
        if min_value is not None:
            result = _arithmetic.greatest_of(min_value, result)
        return result if max_value is None else _arithmetic.least_of(max_value, result)

    return value


@exact_schedule
def cast(base: Base, dtype: Annotated[Any, Kind(_dtype)]) -> Curve | Typed:
    r"""Gives any base in another float dtype, or as whole numbers.

    .. math:: s(t) = \text{base}(t) \quad \text{rounded to} \quad d

    with :math:`d` = `dtype`. Use a float dtype where nothing else casts the rate: in a `lax.scan` over bfloat16
    parameters, a float32 rate would make them float32. Use an integer dtype for batch sizes, context lengths and the
    accumulation of `optax.MultiSteps`. It gives the nearest whole number, :math:`\lfloor \text{base}(t) + 1/2 \rfloor`,
    held within the dtype's range, and 0 for NaN. A value at most 4 units in the last place below a half rounds up as
    the half does, so that every program gives the same number. Arithmetic on whole numbers gives floats, so cast last.

    A combination of casts is computed in JAX's default precision and rounded once. Beside numbers its dtype is the
    cast's. Beside other schedules it is the one that JAX promotes to: float32 for a bfloat16 schedule times one that is
    not cast. The dtype follows from the expression alone, so it is the same called, jitted and scanned. A `shape` and
    the schedules that `scheduled` evaluates count as numbers here.

    Args:
      base: any callable of the count, or a number.
      dtype: a float or integer dtype, such as "bfloat16" or "int32".

    Returns:
      A schedule with values of that dtype.

    Raises:
      ValueError: if a number is not finite, or `dtype` has 64 bits without `jax_enable_x64`. Also if combined casts
        have no dtype in common, such as an 8-bit float and any other dtype.
      TypeError: if `dtype` is neither a float nor an integer dtype, or `base` is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> rate = od.cast(od.constant(0.5), "bfloat16")
    >>> (0.1 * rate)(3).dtype, (od.constant(0.1) * rate)(3).dtype
    (dtype(bfloat16), dtype('float32'))
    >>> print(od.cast(od.linear_decay(8.0, 16, 1.0), "int32")(np.array([0, 8, 16])))
    [8 5 1]
    """
    known = jnp.dtype(dtype)
    if jnp.issubdtype(known, jnp.floating):
        return Typed(lambda count: _arithmetic.rounded_to(at(base, count), known), known)
    return lambda count: _nearest_whole(_arithmetic.to_float(at(base, count)), jax.dtypes.canonicalize_dtype(known))


def _nearest_whole(x: Real, dtype: np.dtype) -> jax.Array:
    """The whole number nearest to a float, or the greater of two, as a JAX integer."""
    first, last = int(jnp.iinfo(dtype).min), int(jnp.iinfo(dtype).max)
    least, most = (_arithmetic.as_float(float(end), x) for end in (first, last))
    x = where(x == x, x, 0.0)
    inside = _arithmetic.minimum(_arithmetic.maximum(x, least), most)
    below = _arithmetic.floor(inside)
    error = _arithmetic.minimum(abs(inside) * 2.0**-21, 0.125)
    nearest = below + where(inside - below >= 0.5 - error, 1.0, 0.0)
    whole = int(nearest) if is_host(nearest) else lax.convert_element_type(nearest, dtype)
    # No float may be equal to the last integer.
    return jnp.asarray(where(x >= most, last, where(x <= least, first, whole)), dtype)


@exact_schedule
def jitter(base: Base, seed: Seed, stddev: NonNegative) -> Curve:
    r"""Multiplies any base by noise.

    .. math:: s(t) = \text{base}(t)\, (1 + \sigma z_t), \qquad z_t \sim N(0, 1)

    with :math:`\sigma` = `stddev` and :math:`z_t` drawn from `seed` and the whole part of the count, so the same count
    always has the same value. Counts between two whole numbers share a draw.

    The noise has no bound. Where :math:`z_t < -1 / \sigma`, the value changes its sign. A `stddev` of 0.1 or 0.2 makes
    none of 100,000 rates negative, 0.3 about 40 and 0.5 about 2,250. `clip` with a `min_value` keeps them positive.

    Args:
      base: any callable of the count, or a number.
      seed: an integer. May be traced.
      stddev: the noise's standard deviation as a share of the value, zero or positive. May be traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if `stddev` is negative, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import optax_decay as od
    >>> rate = od.jitter(0.1, seed=0, stddev=0.1)
    >>> bool(rate(5) == rate(5) != rate(6))
    True
    >>> print(od.sample(od.clip(od.jitter(0.1, seed=0, stddev=0.5), min_value=0.001), 100_000).min())
    0.001
    """

    def value(count: Count) -> Real:
        return at(base, count) * (1 + stddev.as_float(count.whole) * standard_normal(seed, count))

    return value


leaves_count_alone(clip, cast, jitter)
ends_with_its_parts(clip, cast, jitter)


@exact_schedule
def scheduled(factory: Factory, **hyperparameters: Any) -> Typed:
    r"""Makes a factory's schedule with hyperparameters that are schedules themselves.

    .. math:: s(t) = \text{factory}(h_1(t), h_2(t), \dots)(t)

    with :math:`h` = `hyperparameters`. A schedule or another callable of the count is evaluated at the count where the
    factory takes a number. An argument that takes a schedule, such as the base of `warm_restarts`, gets the schedule.
    Anything else is passed on as it is.

    Args:
      factory: a schedule factory of this package, or one made with `schedule`. Every callable argument of the latter is
        evaluated.
      **hyperparameters: its arguments by name. May be traced, as the factory allows.

    Returns:
      A schedule.

    Raises:
      ValueError: if the factory raises it, already for the count 0 when the schedule is built.
      TypeError: if `factory` is no schedule factory, or if the factory raises it.

    >>> import numpy as np, optax_decay as od
    >>> rate = od.scheduled(od.polynomial_decay, init_value=od.linear_decay(0.1, 1000), decay_steps=500, end_value=0.0)
    >>> print(rate(np.array([0, 250, 500])))
    [0.1    0.0375 0.    ]
    """
    moving = moving_hyperparameters(factory, hyperparameters)

    def made(count: Count) -> Schedule:
        return _made_at(count, factory, hyperparameters, moving)

    if any(isinstance(h, Schedule) and h._needs_device for h in moving.values()):
        start = _count.on_device(Count(0))
        dtype = jax.eval_shape(lambda: made(start)(start)).dtype
        dtype = dtype if jnp.issubdtype(dtype, jnp.floating) and dtype != _arithmetic.float_dtype() else None
    else:
        dtype = made(Count(0))._dtype

    def value(count: Count) -> Real:
        """One set of hyperparameters for each count."""
        if isinstance(count.whole, jax.Array) and not isinstance(count.whole, Tracer) and not count.whole.ndim:
            # In an array the hyperparameters are traced. A concrete NaN, as at a count of NaN, would be refused.
            return value(jax.tree.map(lambda x: jnp.reshape(x, 1), count))[0]
        return elementwise(lambda one: at(made(one), one), count)

    return Typed(value, dtype)


def moving_hyperparameters(factory: Any, hyperparameters: dict[str, Any]) -> dict[str, Any]:
    """The hyperparameters that are evaluated at the count: callables where the factory takes none."""
    record = record_of(factory)
    kinds = record.kinds if record else {}
    moving = {name: h for name, h in hyperparameters.items() if callable(h) and not record_of(h)}
    return {name: h for name, h in moving.items() if name not in kinds or not _takes(kinds[name], name, h)}


def _takes(kind: Kind, name: str, value: Any) -> bool:
    try:
        kind.check(name, value)
    except (TypeError, ValueError):
        return False
    return True


@tells_edges_of(scheduled)
def _edges_of_scheduled(kind: PhaseOrCycle, factory: Any, hyperparameters: dict[str, Any]) -> Iterator[Edge]:
    moving = moving_hyperparameters(factory, hyperparameters)
    told = [edges(schedule, kind) for schedule in moving.values()]
    # Where a length moves, or an argument that may be a length, nothing begins at a fixed count.
    record = record_of(factory)
    if record and record.takes_count and not any(record.kinds[name].is_length for name in moving):
        told.append(edges(_made_at(Count(0), factory, hyperparameters, moving), kind))
    return heapq.merge(*told)


@tells_end_of(scheduled)
def _end_of_scheduled(begin: float, factory: Any, hyperparameters: dict[str, Any]) -> float:
    moving = moving_hyperparameters(factory, hyperparameters)
    parts = [_made_at(Count(0), factory, hyperparameters, moving), *moving.values()]
    return max(seen_until(part, begin) for part in parts)


def _made_at(count: Count, factory: Any, hyperparameters: dict[str, Any], moving: dict[str, Any]) -> Schedule:
    now = {name: at(schedule, count) for name, schedule in moving.items()}
    return factory(**{**hyperparameters, **now})
