"""Phases: schedules one after another, each counting from its own start."""

from bisect import bisect_right
from collections.abc import Callable
from fractions import Fraction
from itertools import accumulate
from typing import Annotated, Any

import jax
import jax.numpy as jnp

from optax_decay import _count, _real, _table
from optax_decay._count import Count
from optax_decay._decays import between, line, one_minus_sqrt, raised_cosine
from optax_decay._groups import Places
from optax_decay._real import Real, is_host, where
from optax_decay._schedule import Curve, at, exact_schedule
from optax_decay._schedule.kinds import Base, NonNegativeSteps, Number, Phases, Scalar
from optax_decay._schedule.record import Kind


def _shape(name: str, value: Any) -> str:
    if value not in _SHAPES:
        raise ValueError(f"`{name}` must be one of {', '.join(_SHAPES)}, got {value!r}.")
    return value


_SHAPES = {"linear": line, "cosine": raised_cosine, "one_minus_sqrt": one_minus_sqrt}
Shape = Annotated[str, Kind(_shape)]


@exact_schedule
def sequence(*phases: Phases) -> Curve:
    r"""Phases one after another, each counting from its own start.

    .. math:: s(t) = s_i(t - B_i) \quad \text{for} \quad B_i \le t < B_{i+1}, \qquad B_i = n_0 + \dots + n_{i-1}

    with `phases` :math:`(s_0, n_0), (s_1, n_1), \dots, s_k`. A boundary step takes the new phase; a phase of 0 steps is
    skipped; the last one has no end. However many phases one factory made, a program evaluates it once, on the numbers
    of the phase that it is in.

    Args:
      *phases: pairs of a schedule and its update steps, zero or more, and a last schedule. A phase may be any callable
        of the count, or a number. Steps may be traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if there is no phase, steps are negative, or a number is not finite.
      TypeError: if a phase is not a pair, or of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> rate = od.sequence((0.01, 100), (od.linear_decay(0.1, 100), 50), 0.05)
    >>> print(rate(np.array([0, 99, 100, 149, 150])))
    [0.01  0.01  0.1   0.051 0.05 ]
    """
    if not phases:
        raise ValueError("`phases` must end in a schedule, got none.")
    *timed, last = phases
    timed = [(base, steps) for base, steps in timed if not is_host(steps) or steps]
    bases, lengths = [*(base for base, _ in timed), last], [steps for _, steps in timed]
    known = list(accumulate(map(_real.decimal, lengths), initial=Fraction(0))) if is_host(*lengths) else None
    places = Places(bases)

    def value(count: Count) -> Real:
        if known and is_host(count.whole):
            place = bisect_right(known, count.whole + 1) - 1
            while place and not _count.reached(count, _count.length(known[place], count).counted):
                place -= 1
            return at(bases[place], _count.shifted(count, -known[place]))
        begins = _table.counts(known) if known else _stacked_begins(lengths, count)
        place = _table.begun(begins, count) - 1
        local = _count.difference(count, _table.take_count(begins, place))
        return places.at(place, local)

    return value


def _stacked_begins(lengths: list[Any], like: Count) -> Count:
    """The counts at which phases begin, some of them traced."""
    begin: Any = Fraction(0)
    counts, nothing = [Count(jnp.asarray(0, _count.int_dtype()))], Count(jnp.asarray(0, _count.int_dtype()))
    for steps in lengths:
        if isinstance(begin, Count) or isinstance(steps, jax.Array):
            begin = _count.shifted(counts[-1], steps)
            counts.append(begin)
        else:  # an exact sum, as long as that lasts
            begin = begin + (_real.decimal(steps) if is_host(steps) else steps)
            counts.append(_count.shifted(nothing, begin))
    return _table.stacked(counts)


@exact_schedule
def warmup(base: Base, steps: NonNegativeSteps, *, init_value: Number = 0.0) -> Curve:
    r"""A line from `init_value` up to any base's start, then the base from its start.

    .. math::
        s(t) = \begin{cases}
        v_0 + (\text{base}(0) - v_0)\, t / n & t < n \\ \text{base}(t - n) & \text{else}
        \end{cases}

    with :math:`n` = `steps` and :math:`v_0` = `init_value`. Step :math:`n` is the base's first; 0 steps are the base
    itself. It may be longer than a cycle of the base, which waits for it.

    Args:
      base: any callable of the count, or a number.
      steps: update steps of the line, zero or more. May be traced.
      init_value: the value at 0. May be traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if `steps` is negative, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> print(od.warmup(od.cosine_decay(0.1, 100), 10)(np.array([0, 5, 10, 110])))
    [0.   0.05 0.1  0.  ]

    Source: Goyal et al., "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour", 2017.
    """

    def value(count: Count) -> Real:
        length = _lengths(steps, count)
        if length is None:
            return at(base, count)
        # The base rests at its start until then, so that one evaluation serves both.
        then = at(base, _count.shifted(count, -steps))
        return _unless(steps, _from_to(init_value, then, *line(count, length)), then)

    return value


@exact_schedule
def cooldown(
    base: Base, begin: NonNegativeSteps, steps: NonNegativeSteps, *, end_value: Number = 0.0, shape: Shape = "linear"
) -> Curve:
    r"""Any base until `begin`, then from its value there to `end_value`.

    .. math::
        s(t) = E + (\text{base}(\min(t, b)) - E)\, w(p), \qquad p = \min(\max(t - b, 0) / n, 1)

    with :math:`b` = `begin`, :math:`n` = `steps`, :math:`E` = `end_value` and, by `shape`, :math:`w(p) = 1 - p`
    ("linear"), :math:`(1 + \cos \pi p) / 2` ("cosine") or :math:`1 - \sqrt p` ("one_minus_sqrt"). With 0 steps the
    value falls at `begin`.

    Args:
      base: any callable of the count, or a number.
      begin: the update step at which it begins, zero or more. May be traced.
      steps: update steps until the end, zero or more. May be traced.
      end_value: the value from then on. May be traced.
      shape: "linear", "cosine" or "one_minus_sqrt".

    Returns:
      A schedule.

    Raises:
      ValueError: if `begin` or `steps` is negative, `shape` is none of the three, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> print(od.cooldown(0.1, 100, 100)(np.array([0, 100, 150, 200])))
    [0.1  0.1  0.05 0.  ]

    Source: Hägele et al., "Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations", 2024.
    """

    def value(count: Count) -> Real:
        start = _count.shifted(count, -begin)
        length, end = _lengths(steps, count), _real.to_float(end_value)
        # The base rests where it was left, so that one evaluation serves both.
        beginning = _count.shifted(Count(0 * count.whole), begin)
        left, begun = at(base, _count.least(count, beginning)), _count.reached(count, beginning)
        if length is None:
            return where(begun, end, left)
        return _unless(steps, _from_to(left, end, *_SHAPES[shape](start, length)), where(begun, end, left))

    return value


def _from_to(start: Real, end: Real, weight: Callable[[], Real], complement: Callable[[], Real]) -> Real:
    """`between`, where one side is a base's value and the other is often known to be zero."""
    if _real.is_zero(end):
        return start * weight()
    return end * complement() if _real.is_zero(start) else between(start, end, weight, complement)


def _lengths(steps: Scalar, count: Count) -> _count.Length | None:
    """A length that may be zero: None where that is known, 1 in its place where it is traced."""
    if not isinstance(steps, jax.Array):
        return _count.length(steps, count) if steps else None
    return _count.length(where(steps > 0, steps, 1), count)


def _unless(steps: Scalar, value: Real, without: Real) -> Real:
    """`value`, or `without` where a traced number of steps is zero."""
    return where(steps > 0, value, without) if isinstance(steps, jax.Array) else value
