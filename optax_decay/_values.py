"""Values: combinators that change what a base gives."""

# Arguments are annotated as users give them, and arrive bound, as given numbers.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportOperatorIssue=false

import heapq
from collections.abc import Iterator
from typing import Annotated, Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from optax_decay import _arithmetic
from optax_decay._arithmetic import Real, is_host
from optax_decay._begins import Edge, PhaseOrCycle, edges, leaves_count_alone, tells_edges_of
from optax_decay._count import Count
from optax_decay._decays import standard_normal
from optax_decay._ends import ends_with_its_parts, seen_until, tells_end_of
from optax_decay._schedule import Curve, Schedule, at, elementwise, exact_schedule
from optax_decay._schedule.kinds import Base, Factory, NonNegative, OptionalNumber, Seed
from optax_decay._schedule.record import Kind, record_of


def _float_dtype(name: str, value: Any) -> str:
    try:
        # NumPy reads records and literals in other texts, and float64 in None.
        dtype = jnp.dtype(value) if not isinstance(value, str) or value.isidentifier() else None
    except TypeError:
        dtype = None
    if (
        dtype is None
        or value is None
        or not jnp.issubdtype(dtype, jnp.floating)
        or dtype.itemsize > 8
        or "float6_" in dtype.name
    ):
        raise TypeError(f"`{name}` must be a float dtype of JAX's, such as 'bfloat16', got {value!r}.")
    return dtype.name


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
def cast(base: Base, dtype: Annotated[Any, Kind(_float_dtype)]) -> Curve:
    r"""Any base in another float dtype.

    .. math:: s(t) = \text{base}(t) \quad \text{rounded to} \quad d

    with :math:`d` = `dtype`. It is for what uses a rate without casting it: in a `lax.scan` over bfloat16 parameters, a
    float32 rate would make them float32.

    Args:
      base: any callable of the count, or a number.
      dtype: a float dtype, such as "bfloat16".

    Returns:
      A schedule with values of that dtype.

    Raises:
      ValueError: if a number is not finite.
      TypeError: if `dtype` is no float dtype, or `base` of the wrong kind.

    >>> import optax_decay as od
    >>> od.cast(od.constant(0.5), "bfloat16")(3).dtype
    dtype(bfloat16)
    """

    def value(count: Count) -> Real:
        result = at(base, count)
        shape = np.shape(count.whole)
        result = jnp.asarray(_arithmetic.rounded_constant(result) if is_host(result) else result)
        return jnp.broadcast_to(lax.convert_element_type(result, jnp.dtype(dtype)), result.shape or shape)

    return value


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
def scheduled(factory: Factory, **hyperparameters: Any) -> Curve:
    r"""A factory's schedule whose hyperparameters are schedules themselves.

    .. math:: s(t) = \text{factory}(h_1(t), h_2(t), \dots)(t)

    with :math:`h` = `hyperparameters`: schedules are evaluated at the count, anything else is passed on as it is. An
    argument that is a base, such as `warm_restarts`'s, stays a schedule.

    Args:
      factory: a schedule factory, one of this package's or made with `schedule`.
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

    def made(count: Count) -> Real:
        now = {name: at(schedule, count) for name, schedule in moving.items()}
        return at(factory(**{**hyperparameters, **now}), count)

    if not any(schedule._needs_device for schedule in moving.values()):
        made(Count(0))

    # One set of hyperparameters for each count.
    return lambda count: elementwise(made, count)


def moving_hyperparameters(factory: Any, hyperparameters: dict[str, Any]) -> dict[str, Schedule]:
    """Those that are evaluated at the count: schedules, but for a base."""
    record = record_of(factory)
    bases = {name for name, kind in record.kinds.items() if kind.is_base} if record else set()
    return {name: s for name, s in hyperparameters.items() if isinstance(s, Schedule) and name not in bases}


@tells_edges_of(scheduled)
def _edges_of_scheduled(kind: PhaseOrCycle, factory: Any, hyperparameters: dict[str, Any]) -> Iterator[Edge]:
    moving = moving_hyperparameters(factory, hyperparameters)
    told = [edges(schedule, kind) for schedule in moving.values()]
    # Where a length moves, or what might be one, nothing begins at a count of its own.
    record = record_of(factory)
    if record and record.takes_count and not any(record.kinds[name].is_length for name in moving):
        told.append(edges(_made_at_start(factory, hyperparameters, moving), kind))
    return heapq.merge(*told)


@tells_end_of(scheduled)
def _end_of_scheduled(begin: float, factory: Any, hyperparameters: dict[str, Any]) -> float:
    moving = moving_hyperparameters(factory, hyperparameters)
    parts = [_made_at_start(factory, hyperparameters, moving), *moving.values()]
    return max(seen_until(part, begin) for part in parts)


def _made_at_start(factory: Any, hyperparameters: dict[str, Any], moving: dict[str, Schedule]) -> Any:
    now = {name: at(schedule, Count(0)) for name, schedule in moving.items()}
    return factory(**{**hyperparameters, **now})
