"""Powers of what remains, and the straight line."""

# Arguments are annotated as users give them, and arrive bound, as given numbers.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportOperatorIssue=false

from collections.abc import Iterable
from typing import Any

from optax_decay import _count
from optax_decay._arithmetic import Real
from optax_decay._begins import Edge, PhaseOrCycle, horizon_edges, known_steps, tells_edges_of
from optax_decay._count import Count
from optax_decay._decays.weights import between, power_of_what_remains
from optax_decay._ends import end_of_cycles, roughly, tells_end_of
from optax_decay._schedule import Curve, exact_schedule
from optax_decay._schedule.kinds import Flag, Number, Positive, Steps


class _NotGiven(float):
    """A number with a type of its own, which shows that the argument was not given."""


# TensorFlow's default end rate.
_DEFAULT_END: float = _NotGiven("1e-4")


@exact_schedule
def polynomial_decay(
    init_value: Number,
    decay_steps: Steps,
    end_value: Number = _DEFAULT_END,
    power: Positive = 1.0,
    *,
    cycle: Flag = False,
) -> Curve:
    r"""Goes from `init_value` to `end_value` as a power of the time that remains, once or in expanding cycles.

    .. math:: s(t) = (A - E) (1 - p)^q + E, \qquad p = \min(t / D, 1)

    with :math:`A` = `init_value`, :math:`D` = `decay_steps`, :math:`E` = `end_value` and :math:`q` = `power`. With
    `cycle=True` the horizon moves on each time it is reached: :math:`p = t / (k D)`, where
    :math:`k = \max(1, \lceil t / D \rceil)`. A multiple of :math:`D` is then the last step of the old cycle.

    Args:
      init_value: the value at 0 (TensorFlow: `learning_rate`). May be traced.
      decay_steps: update steps until the end, positive. May be traced.
      end_value: the value from then on (TensorFlow: `end_learning_rate`). May be traced.
      power: positive; 1 for a straight line, above 1 for a steep start, below 1 for a steep end. May be traced.
      cycle: whether to start again, as `expanding_cycle` does for any base.

    Returns:
      A schedule: TensorFlow's `tf.train.polynomial_decay`.

    Raises:
      ValueError: if `decay_steps` or `power` is not positive, a number is not finite, or `end_value` is left at its
        default and `init_value` lies below it, so that the rate would rise.
      TypeError: if an argument is of the wrong kind.

    >>> import optax_decay as od
    >>> print(od.polynomial_decay(0.1, 1000, 0.0, power=2.0)(500))
    0.025
    >>> print(od.polynomial_decay(0.1, 1000, 0.0, cycle=True)(1001))
    0.04995

    Source: TensorFlow, `tf.compat.v1.train.polynomial_decay`.
    """
    if isinstance(end_value.known, _NotGiven) and init_value.known is not None and abs(init_value.known) < _DEFAULT_END:
        raise ValueError(
            "`init_value` must not be below `end_value`, which is 1e-4 by default, "
            f"got {init_value.known!r}: the rate would rise. Give `end_value`, such as 0."
        )

    def value(count: Count) -> Real:
        steps = _count.length(decay_steps, count)
        now = _count.horizon(count, steps) if cycle else count
        return between(init_value, end_value, *power_of_what_remains(now, steps, power))

    return value


@tells_edges_of(polynomial_decay)
def _edges_of_polynomial(kind: PhaseOrCycle, decay_steps: Any, cycle: bool, **_: Any) -> Iterable[Edge]:
    return horizon_edges(known_steps(decay_steps)) if cycle and kind == "cycle" else ()


@tells_end_of(polynomial_decay)
def _end_of_polynomial(begin: float, decay_steps: Any, cycle: bool, **_: Any) -> float:
    steps = roughly(decay_steps)
    return end_of_cycles(begin, steps) if cycle else steps


@exact_schedule
def linear_decay(init_value: Number, decay_steps: Steps, end_value: Number = 0.0) -> Curve:
    r"""Goes in a straight line from `init_value` to `end_value` and stays there.

    .. math:: s(t) = (A - E) (1 - \min(t / D, 1)) + E

    with :math:`A` = `init_value`, :math:`D` = `decay_steps` and :math:`E` = `end_value`. It is `polynomial_decay` of
    power 1.

    Args:
      init_value: the value at 0. May be traced.
      decay_steps: update steps until the end, positive. May be traced.
      end_value: the value from then on. May be traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if `decay_steps` is not positive, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import optax_decay as od
    >>> print(od.linear_decay(0.1, 1000)(500))
    0.05
    """
    return polynomial_decay(init_value, decay_steps, end_value)
