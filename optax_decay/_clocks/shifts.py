"""Clocks that move or scale the count."""

# Arguments are annotated as users give them, and arrive bound, as given numbers.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportOperatorIssue=false

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from optax_decay import _count
from optax_decay._begins import FIRST_EDGE, Edge, PhaseOrCycle, edges, known_steps, tells_edges_of
from optax_decay._ends import roughly, seen_later, seen_until, tells_end_of
from optax_decay._schedule import Curve, at, exact_schedule
from optax_decay._schedule.kinds import Base, Ratio, SignedSteps


@exact_schedule
def delay(base: Base, steps: SignedSteps) -> Curve:
    r"""Starts any base later, or looks ahead with negative steps.

    .. math:: s(t) = \text{base}(\max(t - n, 0))

    with :math:`n` = `steps`. The base's value at 0 is held until it starts.

    Args:
      base: any callable of the count, or a number.
      steps: update steps to wait, of either sign. May be traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> print(od.delay(od.linear_decay(0.1, 100), 50)(np.array([0, 50, 100])))
    [0.1  0.1  0.05]
    """
    back = -steps
    return lambda count: at(base, _count.shifted(count, back))


@tells_edges_of(delay)
def _edges_of_delayed(kind: PhaseOrCycle, base: Any, steps: Any) -> Iterator[Edge]:
    return (max(edge.moved(known_steps(steps)), FIRST_EDGE) for edge in edges(base, kind))


@tells_end_of(delay)
def _end_of_delayed(begin: float, base: Any, steps: Any) -> float:
    return seen_later(base, roughly(steps), begin)


@exact_schedule
def stretch(base: Base, factor: Ratio) -> Curve:
    r"""Runs any base slower by a factor, to turn epochs into steps or to fit another batch size.

    .. math:: s(t) = \text{base}(t / f)

    with :math:`f` = `factor`.

    Args:
      base: any callable of the count, or a number. A foreign callable gets a float where t / f is not whole.
      factor: how many times slower, positive, such as the steps per epoch for a base that counts epochs. May be traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if `factor` is not positive, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import optax_decay as od
    >>> epochs = od.piecewise_constant([30, 60], [0.1, 0.01, 0.001])
    >>> print(od.stretch(epochs, 391)(30 * 391 + 1))
    0.01
    """
    return lambda count: at(base, _count.slowed(count, factor))


@tells_edges_of(stretch)
def _edges_of_stretched(kind: PhaseOrCycle, base: Any, factor: Any) -> Iterator[Edge]:
    return (edge.moved(Fraction(0), known_steps(factor)) for edge in edges(base, kind))


@tells_end_of(stretch)
def _end_of_stretched(begin: float, base: Any, factor: Any) -> float:
    slower = roughly(factor)
    return seen_until(base, begin / slower) * slower


@exact_schedule
def per_step(base: Base, amount: Ratio) -> Curve:
    r"""Runs any base on a count of tokens, samples or seconds instead of update steps.

    .. math:: s(t) = \text{base}(a\, t)

    with :math:`a` = `amount`.

    Args:
      base: any callable of that count, or a number. A foreign callable gets a float where the count may not fit into an
        integer.
      amount: how much each update step adds to the count, positive, such as the tokens of a batch. May be
        traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if `amount` is not positive, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import optax_decay as od
    >>> by_tokens = od.warmup_cosine_decay(3e-4, 2e10, 2e12, end_value=3e-5)
    >>> print(od.per_step(by_tokens, 4_000_000)(2_500))
    0.00015
    """
    return lambda count: at(base, _count.quickened(count, amount))


@tells_edges_of(per_step)
def _edges_per_step(kind: PhaseOrCycle, base: Any, amount: Any) -> Iterator[Edge]:
    return (edge.moved(Fraction(0), 1 / known_steps(amount)) for edge in edges(base, kind))


@tells_end_of(per_step)
def _end_per_step(begin: float, base: Any, amount: Any) -> float:
    faster = roughly(amount)
    return seen_until(base, begin * faster) / faster
