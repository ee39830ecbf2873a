"""Tables of values and of points."""

# Arguments are annotated as users give them, and arrive bound, as given numbers.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportOperatorIssue=false

from typing import Any

import numpy as np
from jax import lax

from optax_decay import _arithmetic, _count
from optax_decay._arithmetic import Real, where
from optax_decay._count import Count, tables
from optax_decay._ends import roughly, tells_end_of
from optax_decay._schedule import Curve, exact_schedule
from optax_decay._schedule.kinds import Numbers, Ordered


@exact_schedule
def piecewise_constant(boundaries: Ordered, values: Numbers) -> Curve:
    r"""Gives one value up to and including each boundary, and the next value after it.

    .. math:: s(t) = v_i \quad \text{with} \quad i = \#\{ b \in \text{boundaries} : b < t \}

    with :math:`v` = `values`. A boundary step keeps the old value, as in TensorFlow.

    Args:
      boundaries: n update steps, none below the one before. Each is the last step of its value. The value between two
        equal ones never shows. May be traced, one by one or as an array; traced boundaries must not decrease.
      values: n + 1 values. May be traced in the same ways.

    Returns:
      A schedule: TensorFlow's `tf.train.piecewise_constant`.

    Raises:
      ValueError: if the lengths do not match, `boundaries` decrease, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> print(od.piecewise_constant([100, 200], [0.1, 0.01, 0.001])(np.array([100, 101, 201])))
    [0.1   0.01  0.001]

    Source: TensorFlow, `tf.compat.v1.train.piecewise_constant`.
    """
    if len(values) != len(boundaries) + 1:
        raise ValueError(
            f"`values` must have one entry more than `boundaries`, got {len(values)} for {len(boundaries)} boundaries."
        )

    def value(count: Count) -> Real:
        return tables.following(tables.boundaries(boundaries, count), values.as_floats(count.whole), count)

    return value


@exact_schedule
def piecewise_linear(boundaries: Ordered, values: Numbers) -> Curve:
    r"""Goes in straight lines from point to point, and is flat before the first and after the last.

    .. math:: s(t) = v_i + (v_{i+1} - v_i) \frac{t - b_i}{b_{i+1} - b_i} \quad \text{for} \quad b_i \le t < b_{i+1}

    with :math:`b` = `boundaries` and :math:`v` = `values`. Two points at one count make a jump, and that count has the
    second value.

    Args:
      boundaries: one or more counts of points, in update steps, none below the one before. May be traced,
        one by one or as an array; traced boundaries must not decrease.
      values: one value for each boundary. May be traced in the same ways.

    Returns:
      A schedule.

    Raises:
      ValueError: if the lengths do not match or are zero, `boundaries` decrease, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> print(od.piecewise_linear([100, 200, 200, 400], [0.0, 0.1, 0.2, 0.0])(np.array([0, 150, 200, 300, 500])))
    [0.   0.05 0.2  0.1  0.  ]
    """
    if not len(boundaries) or len(values) != len(boundaries):
        raise ValueError(
            f"`values` must have one entry for each of `boundaries`, got {len(values)} for {len(boundaries)}."
        )

    def value(count: Count) -> Real:
        table = tables.boundaries(boundaries, count)
        if isinstance(table, tables.Boundaries) and table.are_steps_of(count):
            return _lines(table.entries, values.as_floats(count.whole), count.whole)
        after = tables.met(table, count)
        before, after = _arithmetic.maximum(after - 1, 0), _arithmetic.minimum(after, len(values) - 1)
        start, end = table.position(before), table.position(after)
        here = _count.real(_count.in_unit(count, table.unit))
        # What two of them have in common cancels exactly, so that one float for each distance is enough.
        gone, rest = ((x.hi - y.hi) + (x.lo - y.lo) for x, y in ((here, start), (end, here)))
        flat = before == after
        gone, rest = where(flat, 1.0, gone), where(flat, 0.0, rest)
        ends, width = values.as_floats(count.whole), gone + rest
        return tables.take(ends, before) * (rest / width) + tables.take(ends, after) * (gone / width)

    return value


def _lines(points: list[int], values: Any, whole: Real) -> Real:
    """Straight lines between points at whole steps, flat before the first and after the last."""
    dtype = whole.dtype.type
    whole = lax.clamp(dtype(points[0]), whole, dtype(points[-1]))
    if len(points) == 2:  # of a width that it knows, XLA takes the inverse, and the ends were off
        points, values = [*points, points[-1] + 1], [*values, values[-1]]
    begins, ends = np.array(points[:-1], dtype), np.array(points[1:], dtype)
    start, end, before, after = tables.chosen(begins, whole, begins, ends, values[:-1], values[1:])
    gone, rest = whole - start, end - whole
    width = _arithmetic.to_float(gone + rest)
    return before * (_arithmetic.to_float(rest) / width) + after * (_arithmetic.to_float(gone) / width)


@tells_end_of(piecewise_constant)
@tells_end_of(piecewise_linear)
def _end_of_pieces(begin: float, boundaries: Any, **_: Any) -> float:
    return max((roughly(boundary) for boundary in boundaries), default=begin)
