"""Clocks that start a base again."""

# Arguments are annotated as users give them, and arrive bound, as given numbers.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportOperatorIssue=false

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import Any

from optax_decay import _arithmetic, _count, _cycle
from optax_decay._arithmetic import Given, Real, where
from optax_decay._begins import (
    FIRST_EDGE,
    MOST_EDGES,
    Edge,
    PhaseOrCycle,
    edges,
    edges_backwards,
    edges_until,
    horizon_edges,
    known_steps,
    tells_edges_of,
)
from optax_decay._count import Count
from optax_decay._ends import end_of_cycles, roughly, tells_end_of
from optax_decay._schedule import Curve, at, exact_schedule
from optax_decay._schedule.kinds import (
    Base,
    Cycles,
    Flag,
    Growth,
    NonNegative,
    Number,
    OptionalSteps,
    Steps,
)


@exact_schedule
def warm_restarts(
    base: Base,
    cycle_steps: Steps,
    *,
    t_mul: Growth = 1,
    m_mul: NonNegative = 1.0,
    cycles: Cycles = None,
    baseline: Number = 0.0,
    stretch: Flag = True,
) -> Curve:
    r"""Starts any base again in each cycle, `t_mul` times slower and scaled by `m_mul` each time.

    .. math::
        s(t) = b + \left(\text{base}\!\left(\frac{t - B_i}{k^i}\right) - b\right) m^i
        \quad \text{for} \quad B_i \le t < B_{i+1}, \qquad B_i = C (1 + k + \dots + k^{i-1})

    with :math:`C` = `cycle_steps`, :math:`k` = `t_mul`, :math:`m` = `m_mul` and :math:`b` = `baseline`. Step
    :math:`B_i` belongs to the cycle that begins there, so without `cycles` the base's value at `cycle_steps` is never
    shown. After `cycles` cycles the schedule holds the end of the last one, base(`cycle_steps`). With `stretch=False`
    the base is not slowed in longer cycles. It sees :math:`t - B_i`, and the end of the last of :math:`n` = `cycles`
    cycles is base(:math:`C k^{n-1}`).

    Args:
      base: any callable of the count, or a number.
      cycle_steps: update steps of the first cycle, positive. It may be longer or shorter than the base's own horizon.
        May be traced, and is at least 1 then.
      t_mul: each cycle's length divided by that of the one before, positive. Below 1 it needs `cycles`. May be traced:
        a whole number is then exact, and any other is as exact as floats allow.
      m_mul: the factor by which each cycle scales the distance to `baseline`, zero or positive. May be traced.
      cycles: how many cycles, or None for no end. May be traced.
      baseline: the value that `m_mul` shrinks towards. May be traced.
      stretch: whether a longer cycle runs the base slower. If not, it shows more of the base.

    Returns:
      A schedule.

    Raises:
      ValueError: if `cycle_steps`, `t_mul` or `cycles` is not positive, `m_mul` is negative, `t_mul` is below 1 without
        `cycles`, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> rate = od.warm_restarts(od.polynomial_decay(0.1, 100, 0.0), 100, t_mul=2, m_mul=0.5)
    >>> print(rate(np.array([50, 99, 100, 200])))
    [0.05  0.001 0.05  0.025]

    This one warms up for 50 steps at each restart, however long the cycle is:

    >>> decay, ramp = od.linear_decay(0.1, 1000), od.warmup(1, 50)
    >>> rate = od.warm_restarts(decay, 1000, t_mul=2) * od.warm_restarts(ramp, 1000, t_mul=2, stretch=False)
    >>> print(rate(np.array([0, 50, 1000, 1050, 3000, 3050])))
    [0.      0.095   0.      0.0975  0.      0.09875]

    Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017.
    """
    _check_ends(t_mul, cycles)

    def value(count: Count) -> Real:
        index, local = _cycle.cycle(count, cycle_steps, t_mul, cycles, stretch)
        return _scaled(at(base, local), index, m_mul, baseline)

    return value


@tells_edges_of(warm_restarts)
def _edges_of_restarts(
    kind: PhaseOrCycle, base: Any, cycle_steps: Any, t_mul: Any, cycles: Any, stretch: bool, **_: Any
) -> Iterator[Edge]:
    steps = known_steps(cycle_steps)
    if stretch:
        yield from _edges_of_cycles(kind, edges_until(Edge(steps), base, kind), steps, t_mul, cycles)
    elif kind == "cycle" or any(True for _ in edges(base, kind)):
        for begin, growth in _cycles(steps, t_mul, cycles):
            if kind == "cycle":
                yield Edge(begin)
            yield from (edge.moved(begin) for edge in edges_until(Edge(steps * growth), base, kind))


def _edges_of_cycles(kind: PhaseOrCycle, inner: list[Edge], steps: Fraction, t_mul: Any, cycles: Any) -> Iterator[Edge]:
    """The edges of cycles, of which the first takes `steps`, and the edges within each cycle."""
    inner = [FIRST_EDGE, *inner] if kind == "cycle" else inner
    for begin, slow in _cycles(steps, t_mul, cycles) if inner else ():
        yield from (edge.moved(begin, slow) for edge in inner)


def _cycles(steps: Fraction, t_mul: Any, cycles: Any) -> Iterator[tuple[Fraction, Fraction]]:
    """Each cycle's beginning, and its length divided by that of the first."""
    most = 16 * MOST_EDGES if cycles is None else min(int(cycles), 16 * MOST_EDGES)
    for _, power, total in islice(_cycle.powers(known_steps(t_mul), 1), most):
        # Both are rounded down by so little that a simple ratio is still found.
        begin, growth = (Fraction(x, _cycle.ONE_IN_BITS).limit_denominator(1 << 64) for x in (total * steps, power))
        yield begin, growth


@tells_end_of(warm_restarts)
def _end_of_restarts(begin: float, cycle_steps: Any, t_mul: Any, cycles: Any, **_: Any) -> float:
    return end_of_cycles(begin, roughly(cycle_steps), t_mul, cycles)


@exact_schedule
def cyclic(
    base: Base,
    fall_steps: Steps,
    *,
    rise_steps: OptionalSteps = None,
    t_mul: Growth = 1,
    m_mul: NonNegative = 1.0,
    cycles: Cycles = None,
    baseline: Number = 0.0,
) -> Curve:
    r"""Runs any base backwards and then forwards, in each cycle.

    .. math::
        s(t) = b + (\text{base}(c) - b)\, m^i, \qquad
        c = \begin{cases} F (R - u) / R & u < R \\ u - R & \text{else} \end{cases}, \qquad
        u = \frac{t - B_i}{k^i}

    with :math:`F` = `fall_steps`, :math:`R` = `rise_steps`, :math:`k` = `t_mul`, :math:`m` = `m_mul`, :math:`b` =
    `baseline`, and the beginnings :math:`B_i` of `warm_restarts` for a first cycle of :math:`R + F` steps. So each
    cycle goes from base(`fall_steps`) up to base(0) and back. After `cycles` cycles base(`fall_steps`) is held.

    Args:
      base: any callable of the count, or a number.
      fall_steps: update steps down in the first cycle, positive. May be traced.
      rise_steps: update steps up in the first cycle, positive. None means as many as `fall_steps`. May be traced.
      t_mul: each cycle's length divided by that of the one before, positive. Below 1 it needs `cycles`. May be traced.
      m_mul: the factor by which each cycle scales the distance to `baseline`, zero or positive. May be traced.
      cycles: how many cycles, or None for no end. May be traced.
      baseline: the value that `m_mul` shrinks towards. May be traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if a length, `t_mul` or `cycles` is not positive, `m_mul` is negative, `t_mul` is below 1 without
        `cycles`, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> print(od.cyclic(od.linear_decay(0.1, 100), 100)(np.array([0, 50, 100, 150, 200])))
    [0.   0.05 0.1  0.05 0.  ]

    Source: Smith, "Cyclical Learning Rates for Training Neural Networks", 2017.
    """
    _check_ends(t_mul, cycles)
    rise = fall_steps if rise_steps is None else rise_steps
    both = rise + fall_steps

    def value(count: Count) -> Real:
        index, local = _cycle.cycle(count, both, t_mul, cycles)
        local = _count.refined(local, _count.length(rise, local), _count.length(both, local))
        climbing = _count.until(local, rise)
        if rise_steps is not None:
            climbing = _count.rescaled(climbing, _count.length(fall_steps, climbing), _count.length(rise, climbing))
        fallen = _count.difference(local, _count.steps_beside(rise, local))
        now = _count.select(_count.over(local, rise), fallen, climbing)
        return _scaled(at(base, now), index, m_mul, baseline)

    return value


@tells_edges_of(cyclic)
def _edges_of_cyclic(
    kind: PhaseOrCycle, base: Any, fall_steps: Any, rise_steps: Any, t_mul: Any, cycles: Any, **_: Any
) -> Iterator[Edge]:
    fall = known_steps(fall_steps)
    rise = fall if rise_steps is None else known_steps(rise_steps)
    edges = edges_until(Edge(fall, after=True), base, kind)
    # At the top the base turns round within its first phase, so no phase begins there.
    fallen = [edge.moved(rise) for edge in edges if FIRST_EDGE < edge < Edge(fall)]
    climbed = edges_backwards(edges, fall, rise / fall)
    return _edges_of_cycles(kind, climbed + fallen, rise + fall, t_mul, cycles)


@tells_end_of(cyclic)
def _end_of_cyclic(begin: float, fall_steps: Any, rise_steps: Any, t_mul: Any, cycles: Any, **_: Any) -> float:
    both = roughly(fall_steps) + roughly(fall_steps if rise_steps is None else rise_steps)
    return end_of_cycles(begin, both, t_mul, cycles)


@exact_schedule
def expanding_cycle(base: Base, decay_steps: Steps) -> Curve:
    r"""Stretches any base to a horizon that moves on each time it is reached, as TensorFlow's `cycle=True` does.

    .. math:: s(t) = \text{base}(t / k), \qquad k = \max(1, \lceil t / D \rceil)

    with :math:`D` = `decay_steps`. A multiple of :math:`D` is the last step of the old cycle and shows the base's value
    at :math:`D`.

    Args:
      base: any callable of the count, or a number.
      decay_steps: the first horizon in update steps, positive. May be traced.

    Returns:
      A schedule. For a `polynomial_decay` over the same steps it is that decay with `cycle=True`.

    Raises:
      ValueError: if `decay_steps` is not positive, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> print(od.expanding_cycle(od.cosine_decay(0.1, 100), 100)(np.array([0, 100, 150, 200])))
    [0.1        0.         0.01464466 0.        ]

    Source: TensorFlow, `tf.compat.v1.train.polynomial_decay`.
    """
    return lambda count: at(base, _count.horizon(count, _count.length(decay_steps, count)))


@tells_edges_of(expanding_cycle)
def _edges_of_expanding_cycles(kind: PhaseOrCycle, base: Any, decay_steps: Any) -> Iterator[Edge]:
    steps = known_steps(decay_steps)
    inner = edges_until(Edge(steps, after=True), base, kind)
    if not inner and kind == "phase":
        return
    for k, horizon in enumerate(horizon_edges(steps), 1):
        yield horizon
        yield from (edge.moved(Fraction(0), k) for edge in inner if edge.position * k > (k - 1) * steps)


@tells_end_of(expanding_cycle)
def _end_of_expanding_cycles(begin: float, base: Any, decay_steps: Any) -> float:
    return end_of_cycles(begin, roughly(decay_steps))


def _check_ends(t_mul: Given, cycles: Given | None) -> None:
    if t_mul.known is not None and t_mul.known < 1 and cycles is None:
        raise ValueError(f"`t_mul` below 1 needs `cycles`, got {t_mul.known!r} without it: endless cycles pile up.")


def _scaled(value: Real, index: Real, m_mul: Given, baseline: Given) -> Real:
    """baseline + (value - baseline) m_mul**index."""
    if m_mul.known == 1:
        return value
    if baseline.known == 0:
        return _arithmetic.times_given_power(value, m_mul, index)
    low = baseline.as_float(value)
    # The first cycle is the base bit for bit.
    return where(index == 0, value, low + _arithmetic.times_given_power(value - low, m_mul, index))
