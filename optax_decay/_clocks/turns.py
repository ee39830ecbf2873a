"""Clocks that hold, bend or turn the count."""

# Arguments are annotated as users give them, and arrive bound, as given numbers.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportOperatorIssue=false

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from optax_decay import _count
from optax_decay._arithmetic import raised_nearly
from optax_decay._begins import Edge, PhaseOrCycle, edges, edges_backwards, edges_until, known_steps, tells_edges_of
from optax_decay._ends import roughly, seen_until, tells_end_of
from optax_decay._schedule import Curve, at, exact_schedule
from optax_decay._schedule.kinds import Base, NonNegativeSteps, Positive, Steps


@exact_schedule
def hold(base: Base, steps: NonNegativeSteps) -> Curve:
    r"""Follows any base until `steps`, and holds the value at `steps` from then on.

    .. math:: s(t) = \text{base}(\min(t, n))

    with :math:`n` = `steps`.

    Args:
      base: any callable of the count, or a number.
      steps: the update step at which the base stops, zero or more. May be traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if `steps` is negative, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> print(od.hold(od.exponential_decay(0.1, 100, 0.5), 200)(np.array([100, 200, 300])))
    [0.05  0.025 0.025]
    """
    return lambda count: at(base, _count.least(count, _count.steps_beside(steps, count)))


@tells_edges_of(hold)
def _edges_of_held(kind: PhaseOrCycle, base: Any, steps: Any) -> list[Edge]:
    return edges_until(Edge(known_steps(steps), after=True), base, kind)


@tells_end_of(hold)
def _end_of_held(begin: float, base: Any, steps: Any) -> float:
    return min(seen_until(base, begin), roughly(steps))


@exact_schedule
def warp(base: Base, steps: Steps, power: Positive) -> Curve:
    r"""Runs any base along a power of the time, slowly at first and then faster, or the other way round.

    .. math:: s(t) = \text{base}\left(n \min(t / n, 1)^k\right)

    with :math:`n` = `steps` and :math:`k` = `power`. This is k-decay for any base. Both ends stay where they are, and
    the base's value at `steps` is held. If the power is a small whole number, every boundary of the base is exact;
    otherwise it is as exact as floats allow.

    Args:
      base: any callable of the count, or a number.
      steps: update steps from start to end, positive. May be traced.
      power: positive. Above 1 the base starts slowly, below 1 it ends slowly. May be traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if `steps` or `power` is not positive, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> print(od.warp(od.linear_decay(0.1, 100), 100, 2)(np.array([0, 50, 100])))
    [0.1   0.075 0.   ]

    Source: Zhang and Li, "k-decay: A New Method For Learning Rate Schedule", 2020.
    """
    return lambda count: at(base, _count.up_to(_count.warped(count, _count.length(steps, count), power), steps))


@tells_edges_of(warp)
def _edges_of_warped(kind: PhaseOrCycle, base: Any, steps: Any, power: Any) -> Iterator[Edge]:
    length, inverse = known_steps(steps), 1 / known_steps(power)
    for edge in edges_until(Edge(length, after=True), base, kind):
        yield edge._replace(position=length * raised_nearly(edge.position / length, inverse))


@tells_end_of(warp)
def _end_of_warped(begin: float, base: Any, steps: Any, power: Any) -> float:
    length, exponent = roughly(steps), roughly(power)
    end = seen_until(base, length * min(begin / length, 1.0) ** exponent)
    return length * min(end / length, 1.0) ** (1 / exponent)


@exact_schedule
def staircase(base: Base, steps: Steps) -> Curve:
    r"""Holds any base's value for a number of steps at a time.

    .. math:: s(t) = \text{base}(n \lfloor t / n \rfloor)

    with :math:`n` = `steps`. A new stair begins at each multiple of :math:`n`.

    Args:
      base: any callable of the count, or a number.
      steps: update steps of a stair, positive. May be traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if `steps` is not positive, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> print(od.staircase(od.linear_decay(0.1, 100), 25)(np.array([24, 25, 49, 50])))
    [0.1   0.075 0.075 0.05 ]
    """

    return lambda count: at(base, _count.stairs(count, _count.length(steps, count)))


@tells_edges_of(staircase)
def _edges_of_stairs(kind: PhaseOrCycle, base: Any, steps: Any) -> Iterator[Edge]:
    stair = known_steps(steps)
    return (Edge(stair * edge.moved(Fraction(0), 1 / stair).step()) for edge in edges(base, kind))


@tells_end_of(staircase)
def _end_of_stairs(begin: float, base: Any, steps: Any) -> float:
    return seen_until(base, begin) + roughly(steps)


@exact_schedule
def reverse(base: Base, steps: Steps) -> Curve:
    r"""Runs any base backwards, from its value at `steps` to its value at 0, and holds that.

    .. math:: s(t) = \text{base}(n - \min(t, n))

    with :math:`n` = `steps`.

    Args:
      base: any callable of the count, or a number.
      steps: update steps from start to end, positive. May be traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if `steps` is not positive, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> print(od.reverse(od.linear_decay(0.1, 100), 100)(np.array([0, 50, 100, 200])))
    [0.   0.05 0.1  0.1 ]
    """
    return lambda count: at(base, _count.until(count, steps))


@tells_edges_of(reverse)
def _edges_of_reversed(kind: PhaseOrCycle, base: Any, steps: Any) -> list[Edge]:
    length = known_steps(steps)
    return edges_backwards(edges_until(Edge(length, after=True), base, kind), length)


@tells_end_of(reverse)
def _end_of_reversed(begin: float, base: Any, steps: Any) -> float:
    return roughly(steps)
