"""Phases: schedules one after another, each counting from its own start."""

from collections.abc import Callable
from typing import Annotated, Any

from optax_decay import _check, _count, _real
from optax_decay._check import Base, NonNegative, Number, Scalar
from optax_decay._count import Count
from optax_decay._decays import one_minus_sqrt, raised_cosine
from optax_decay._real import Real, is_host, where
from optax_decay._schedule import at, exact_schedule

Curve = Callable[[Count], Real]


def _phases(name: str, value: Any) -> Any:
    """(schedule, steps) pairs and a last schedule."""
    *timed, last = value
    checked = []
    for i, phase in enumerate(timed):
        if not isinstance(phase, (tuple, list)) or len(phase) != 2:
            raise TypeError(f"`{name}[{i}]` must be a pair of a schedule and its steps, got {phase!r}.")
        base, steps = phase
        checked.append((_check.base(f"{name}[{i}][0]", base), _check.non_negative(f"{name}[{i}][1]", steps)))
    return (*checked, _check.base(f"{name}[{len(timed)}]", last))


def _shape(name: str, value: Any) -> str:
    if value not in _SHAPES:
        raise ValueError(f"`{name}` must be one of {', '.join(_SHAPES)}, got {value!r}.")
    return value


def _linear(count: Count, steps: _count.Length) -> tuple[Callable[[], Real], Callable[[], Real]]:
    return lambda: _count.remaining(count, steps).hi, lambda: _count.elapsed(count, steps).hi


_SHAPES = {"linear": _linear, "cosine": raised_cosine, "one_minus_sqrt": one_minus_sqrt}
Shape = Annotated[str, _shape]


@exact_schedule
def sequence(*phases: Annotated[Any, _phases]) -> Curve:
    r"""Phases one after another, each counting from its own start.

    .. math:: s(t) = s_i(t - B_i) \quad \text{for} \quad B_i \le t < B_{i+1}, \qquad B_i = n_0 + \dots + n_{i-1}

    with `phases` :math:`(s_0, n_0), (s_1, n_1), \dots, s_k`. A boundary step takes the new phase; a phase of 0 steps is
    skipped; the last one has no end.

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

    def value(count: Count) -> Real:
        result, local = None, count
        later = []
        for base, steps in timed:
            if is_host(steps) and steps == 0:
                continue
            length = _count.length(steps if is_host(steps) else where(steps < 0, 0, steps), count)
            # A phase that is over sees its end: what it would give beyond is never computed.
            later.append((_count.over(local, length), at(base, _count.least(local, length.counted))))
            local = _count.difference(local, length.counted)
        result = at(last, local)
        for over, phase in reversed(later):
            result = where(over, result, phase)
        return result

    return value


@exact_schedule
def warmup(base: Base, steps: NonNegative, *, init_value: Number = 0.0) -> Curve:
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
        rest, gone = _count.remaining(count, length).hi, _count.elapsed(count, length).hi
        return _unless(steps, _real.to_float(init_value) * rest + then * gone, then)

    return value


@exact_schedule
def cooldown(
    base: Base, begin: NonNegative, steps: NonNegative, *, end_value: Number = 0.0, shape: Shape = "linear"
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
        weight, complement = _SHAPES[shape](start, length)
        return _unless(steps, left * weight() + end * complement(), where(begun, end, left))

    return value


def _lengths(steps: Scalar, count: Count) -> _count.Length | None:
    """A length that may be zero: None where that is known, 1 in its place where it is traced."""
    if is_host(steps):
        return _count.length(steps, count) if steps else None
    return _count.length(where(steps > 0, steps, 1), count)


def _unless(steps: Scalar, value: Real, without: Real) -> Real:
    """`value`, or `without` where a traced number of steps is zero."""
    return value if is_host(steps) else where(steps > 0, value, without)
