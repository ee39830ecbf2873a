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
        raise TypeError(f"`{name}` must be a float or integer dtype of JAX's, such as 'bfloat16', got {value!r}.")
    if jax.dtypes.canonicalize_dtype(dtype) != dtype:
        raise ValueError(f"`{name}` may have 64 bits under `jax_enable_x64` only, got {value!r}.")
    return dtype.name


def _may_name_dtype(value: Any) -> bool:
    # NumPy reads records and literals in other texts, float64 in None, and an array's own.
    if isinstance(value, str):
        return value.isidentifier()
    return value is not None and (isinstance(value, type) or not hasattr(value, "dtype"))


@exact_schedule
def clip(base: Base, *, min_value: OptionalNumber = None, max_value: OptionalNumber = None) -> Curve:
    r"""Any base, held between two bounds.

    .. math:: s(t) = \min(\max(\text{base}(t), l), u)

    with :math:`l` = `min_value` and :math:`u` = `max_value`.

    Args:
      base: any callable of the count, or a number.
      min_value: the least value, or None. May be traced.
      max_value: the greatest value, or None; it wins where the two cross. May be traced.

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
    r"""Any base in another float dtype, or as whole numbers.

    .. math:: s(t) = \text{base}(t) \quad \text{rounded to} \quad d

    with :math:`d` = `dtype`. A float dtype is for what uses a rate without casting it: in a `lax.scan` over bfloat16
    parameters, a float32 rate would make them float32. An integer one is for batch sizes, context lengths and the
    accumulation of `optax.MultiSteps`: the nearest whole number, :math:`\lfloor \text{base}(t) + 1/2 \rfloor`, held
    within the dtype's range; NaN becomes 0. What is at most 4 units in the last place below a half rounds up as the
    half does, so that it is the same in every program. What combines whole numbers gives floats: cast last.

    What combines casts is computed in JAX's default precision and rounded once: to the cast's dtype beside numbers, and
    to the one that JAX promotes to beside other schedules, float32 for a bfloat16 schedule times one that is not cast.
    It follows from the expression alone, so it is the same called, jitted and scanned. A `shape` and what `scheduled`
    evaluates are only numbers in that.

    Args:
      base: any callable of the count, or a number.
      dtype: a float or integer dtype, such as "bfloat16" or "int32".

    Returns:
      A schedule with values of that dtype.

    Raises:
      ValueError: if a number is not finite, or `dtype` has 64 bits without `jax_enable_x64`; where casts are combined,
        if their dtypes promote to none, as of an 8-bit float beside any other dtype.
      TypeError: if `dtype` is neither, or `base` of the wrong kind.

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
    """The whole number nearest to a float, of two the greater, as an integer of JAX's."""
    first, last = int(jnp.iinfo(dtype).min), int(jnp.iinfo(dtype).max)
    least, most = (_arithmetic.as_float(float(end), x) for end in (first, last))
    x = where(x == x, x, 0.0)
    inside = _arithmetic.minimum(_arithmetic.maximum(x, least), most)
    below = _arithmetic.floor(inside)
    error = _arithmetic.minimum(abs(inside) * 2.0**-21, 0.125)
    nearest = below + where(inside - below >= 0.5 - error, 1.0, 0.0)
    whole = int(nearest) if is_host(nearest) else lax.convert_element_type(nearest, dtype)
    # The last integer may have no float of its own.
    return jnp.asarray(where(x >= most, last, where(x <= least, first, whole)), dtype)


@exact_schedule
def jitter(base: Base, seed: Seed, stddev: NonNegative) -> Curve:
    r"""Any base with multiplicative noise.

    .. math:: s(t) = \text{base}(t)\, (1 + \sigma z_t), \qquad z_t \sim N(0, 1)

    with :math:`\sigma` = `stddev` and :math:`z_t` drawn from `seed` and the whole part of the count: the same count
    always has the same value, and counts between two whole ones share a draw.

    The noise has no bound: where :math:`z_t < -1 / \sigma` the value has the other sign. A `stddev` of 0.1 or 0.2 makes
    none of 100,000 rates negative, 0.3 about 40 and 0.5 about 2,250; `clip` with a `min_value` keeps them positive.

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
    r"""A factory's schedule whose hyperparameters are schedules themselves.

    .. math:: s(t) = \text{factory}(h_1(t), h_2(t), \dots)(t)

    with :math:`h` = `hyperparameters`: schedules and other callables of the count are evaluated at it where a number
    belongs, anything else is passed on as it is. What takes a schedule, such as `warm_restarts`'s base, gets it.

    Args:
      factory: a schedule factory, one of this package's or made with `schedule`, of which every callable argument is
        evaluated.
      **hyperparameters: its arguments by name. May be traced, as the factory allows.

    Returns:
      A schedule.

    Raises:
      ValueError: as the factory does, once for the count 0 when the schedule is built.
      TypeError: if `factory` makes no schedules, or as the factory does.

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
            # In an array they are traced: a concrete one that is NaN, as at a count of NaN, would be refused.
            return value(jax.tree.map(lambda x: jnp.reshape(x, 1), count))[0]
        return elementwise(lambda one: at(made(one), one), count)

    return Typed(value, dtype)


def moving_hyperparameters(factory: Any, hyperparameters: dict[str, Any]) -> dict[str, Any]:
    """Those that are evaluated at the count: callables where the factory takes none."""
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
    # Where a length moves, or what might be one, nothing begins at a count of its own.
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
