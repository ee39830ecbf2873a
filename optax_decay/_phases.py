"""Phases: schedules one after another, each counting from its own start."""

# Arguments are annotated as users give them, and arrive bound, as given numbers.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportOperatorIssue=false

import heapq
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import cache
from itertools import accumulate
from typing import Any

import jax.numpy as jnp

from optax_decay import _arithmetic, _count
from optax_decay._arithmetic import ZERO, Given, Real, given, is_host, where
from optax_decay._begins import Edge, PhaseOrCycle, edges, edges_until, known_steps, tells_edges_of
from optax_decay._count import Count, tables
from optax_decay._decays import Weights
from optax_decay._ends import roughly, seen_later, tells_end_of
from optax_decay._groups import GroupedPhases
from optax_decay._schedule import Curve, at, exact_schedule
from optax_decay._schedule.kinds import Base, NonNegativeSteps, Number, Phases
from optax_decay._shapes import Shape, climbing, falling


@exact_schedule
def sequence(*phases: Phases) -> Curve:
    r"""Runs phases one after another, each counting from its own start.

    .. math:: s(t) = s_i(t - B_i) \quad \text{for} \quad B_i \le t < B_{i+1}, \qquad B_i = n_0 + \dots + n_{i-1}

    with `phases` :math:`(s_0, n_0), (s_1, n_1), \dots, s_k`. A boundary step belongs to the new phase. A phase of 0
    steps is skipped. The last phase has no end. A program evaluates all phases of one factory once, with the numbers of
    the current phase.

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
    timed = [(base, steps) for base, steps in timed if steps.sign != 0]
    lengths = [steps for _, steps in timed]
    phases_by_place = GroupedPhases([*(base for base, _ in timed), last])
    begins = list(accumulate(lengths, initial=given(0))) if all(n.fraction is not None for n in lengths) else None
    in_unit = cache(lambda unit: [begin.fraction / unit for begin in begins or ()])

    def value(count: Count) -> Real:
        if begins and is_host(count.whole):
            place = tables.begun_on_host(in_unit(count.unit), count) - 1
            return at(phases_by_place.bases[place], _count.shifted(count, -begins[place]))
        if begins:
            begun = tables.since_known(in_unit(count.unit), count, *phases_by_place.table)
        else:
            begun = tables.since(_traced_begins(lengths, count), count, *phases_by_place.table)
        return phases_by_place.value(*begun)

    return value


def _traced_begins(lengths: list[Given], beside: Count) -> Count:
    """The counts at which phases begin, some of them traced, as a table."""
    nothing = Count(jnp.asarray(0, _arithmetic.int_dtype()), ZERO, _arithmetic.power_of_two(beside.unit))
    counts, known = [nothing], given(0)
    for steps in lengths:
        if known is None or not steps.is_exact:
            known = None
            counts.append(_count.shifted(counts[-1], steps))
        else:  # the sum is exact, as all lengths before are
            known = known + steps
            counts.append(_count.shifted(nothing, known))
    return tables.stacked(counts)


@tells_edges_of(sequence)
def _edges_of_sequence(kind: PhaseOrCycle, phases: tuple[Any, ...]) -> Iterator[Edge]:
    *timed, last = phases
    begin = Fraction(0)
    for base, steps in timed:
        if steps := known_steps(steps):
            yield from _edges_of_phase(kind, begin, edges_until(Edge(steps), base, kind))
            begin += steps
    yield from _edges_of_phase(kind, begin, edges(last, kind))


@tells_end_of(sequence)
def _end_of_sequence(begin: float, phases: tuple[Any, ...]) -> float:
    *timed, last = phases
    return seen_later(last, sum(roughly(steps) for _, steps in timed), begin)


def _edges_of_phase(kind: PhaseOrCycle, begin: Fraction, inner: Iterable[Edge]) -> Iterator[Edge]:
    """The edges of a phase that begins at `begin`, and those within it."""
    if kind == "phase":
        yield Edge(begin)
    yield from (edge.moved(begin) for edge in inner)


@exact_schedule
def warmup(base: Base, steps: NonNegativeSteps, *, init_value: Number = 0.0, shape: Shape = "linear") -> Curve:
    r"""Goes from `init_value` up to any base's start, then follows the base from its start.

    .. math::
        s(t) = \begin{cases}
        v_0 + (\text{base}(0) - v_0)\, w(1 - t / n) & t < n \\ \text{base}(t - n) & \text{else}
        \end{cases}

    with :math:`n` = `steps`, :math:`v_0` = `init_value` and the shapes :math:`w` of `cooldown`, run backwards. Step
    :math:`n` is the base's first. With 0 steps the schedule is the base itself. The base waits for the warm-up, which
    may be longer than its cycles.

    Args:
      base: any callable of the count, or a number.
      steps: update steps until the base begins, zero or more. May be traced.
      init_value: the value at 0. May be traced.
      shape: "linear", "cosine" or "one_minus_sqrt", or any schedule of the share of `steps` gone, from 1 at 0 to 0 at
        1.

    Returns:
      A schedule.

    Raises:
      ValueError: if `steps` is negative, `shape` is another name or has other ends, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> print(od.warmup(od.cosine_decay(0.1, 100), 10)(np.array([0, 5, 10, 110])))
    [0.   0.05 0.1  0.  ]
    >>> print(od.warmup(0.1, 10, shape=od.polynomial_decay(1, 1, 0, 2))(np.array([0, 5, 10])))
    [0.    0.025 0.1  ]

    Source: Goyal et al., "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour", 2017.
    """

    if steps.sign == 0:
        return lambda count: at(base, count)
    back = -steps

    def value(count: Count) -> Real:
        # The base waits at its start, so that one evaluation is enough for both.
        then = at(base, _count.shifted(count, back))
        risen = _from_to(init_value.as_float(then), then, climbing(shape, count, steps))
        if not isinstance(shape, str):  # a user's shape may be only nearly 1
            risen = where(_count.over(count, steps), then, risen)
        return _or_at_once(steps, risen, then)

    return value


@tells_edges_of(warmup)
def _edges_of_warmup(kind: PhaseOrCycle, base: Any, steps: Any, **_: Any) -> Iterator[Edge]:
    length = known_steps(steps)
    if not length:
        return edges(base, kind)
    line_edges, base_edges = _edges_of_phase(kind, Fraction(0), ()), _edges_of_phase(kind, length, edges(base, kind))
    return heapq.merge(line_edges, base_edges)


@tells_end_of(warmup)
def _end_of_warmup(begin: float, base: Any, steps: Any, **_: Any) -> float:
    return seen_later(base, roughly(steps), begin)


@exact_schedule
def cooldown(
    base: Base, begin: NonNegativeSteps, steps: NonNegativeSteps, *, end_value: Number = 0.0, shape: Shape = "linear"
) -> Curve:
    r"""Follows any base until `begin`, then goes from its value there to `end_value`.

    .. math::
        s(t) = E + (\text{base}(\min(t, b)) - E)\, w(p), \qquad p = \min(\max(t - b, 0) / n, 1)

    with :math:`b` = `begin`, :math:`n` = `steps`, :math:`E` = `end_value` and, by `shape`, :math:`w(p) = 1 - p`
    ("linear"), :math:`(1 + \cos \pi p) / 2` ("cosine"), :math:`1 - \sqrt p` ("one_minus_sqrt"), or a schedule of
    :math:`p`. With 0 steps the value jumps to `end_value` at `begin`.

    Args:
      base: any callable of the count, or a number.
      begin: the update step at which the cooldown begins, zero or more. May be traced.
      steps: update steps until the end, zero or more. May be traced.
      end_value: the value from then on. May be traced.
      shape: "linear", "cosine" or "one_minus_sqrt", or any schedule of the share of `steps` gone, from 1 at 0 to 0 at
        1.

    Returns:
      A schedule.

    Raises:
      ValueError: if `begin` or `steps` is negative, `shape` is another name or has other ends, or a number is not
        finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> print(od.cooldown(0.1, 100, 100)(np.array([0, 100, 150, 200])))
    [0.1  0.1  0.05 0.  ]

    Source: Hägele et al., "Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations", 2024.
    """

    back = -begin

    def value(count: Count) -> Real:
        since, end = _count.shifted(count, back), end_value.as_float(count.whole)
        # The base stops where it was left, so that one evaluation is enough for both.
        beginning = _count.steps_beside(begin, count)
        left = at(base, _count.least(count, beginning))
        begun = _count.reached(count, beginning) if begin.sign == 0 else _count.over(count, begin)
        if steps.sign == 0:
            return where(begun, end, left)
        fallen = _from_to(left, end, falling(shape, since, steps))
        if not isinstance(shape, str):
            fallen = where(begun, fallen, left)
        return _or_at_once(steps, fallen, where(begun, end, left))

    return value


@tells_edges_of(cooldown)
def _edges_of_cooldown(kind: PhaseOrCycle, base: Any, begin: Any, **_: Any) -> Iterator[Edge]:
    end = known_steps(begin)
    left = _edges_of_phase(kind, Fraction(0), edges_until(Edge(end, after=True), base, kind))
    return heapq.merge(left, _edges_of_phase(kind, end, ()))


@tells_end_of(cooldown)
def _end_of_cooldown(seen_from: float, base: Any, begin: Any, steps: Any, **_: Any) -> float:
    return roughly(begin) + roughly(steps)


def _from_to(start: Real, end: Real, weights: Weights) -> Real:
    """start w + end (1 - w), where one side is a base's value and the other is often known to be zero."""
    weight, complement = weights
    if _arithmetic.is_zero(end):
        return start * weight()
    if _arithmetic.is_zero(start):
        return end * complement()
    return start * weight() + end * complement()


def _or_at_once(steps: Given, value: Real, without: Real) -> Real:
    """`value`, or `without` where `steps` is zero. A traced zero is seen only when the program runs."""
    return where(steps.as_float(value) > 0, value, without) if steps.sign is None else value
