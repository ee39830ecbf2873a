"""Decays without an end: the constant, exponentials and inverses."""

# Arguments are annotated as users give them, and arrive bound, as given numbers.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportOperatorIssue=false

import math
from typing import Any

from optax_decay import _arithmetic, _count
from optax_decay._arithmetic import Given, Real, Twofold
from optax_decay._count import Count, Length
from optax_decay._ends import SEEN, ends_with_its_parts, roughly, tells_end_of
from optax_decay._schedule import Curve, exact_schedule
from optax_decay._schedule.kinds import Flag, NonNegative, Number, Positive, Steps


@exact_schedule
def constant(value: Number) -> Curve:
    r"""Gives the same value at every count.

    .. math:: s(t) = v

    with :math:`v` = `value`.

    Args:
      value: the value. May be traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if `value` is not finite.
      TypeError: if `value` is not a real number.

    >>> import optax_decay as od
    >>> print(od.constant(0.1)(7))
    0.1
    """
    return lambda count: value.as_float(count.whole)


ends_with_its_parts(constant)


@exact_schedule
def exponential_decay(
    init_value: Number, decay_steps: Steps, decay_rate: Positive, *, staircase: Flag = False
) -> Curve:
    r"""Multiplies the value by `decay_rate` every `decay_steps` steps, smoothly or in stairs.

    .. math:: s(t) = A\, r^{t / D}, \qquad \text{in stairs} \quad A\, r^{\lfloor t / D \rfloor}

    with :math:`A` = `init_value`, :math:`D` = `decay_steps` and :math:`r` = `decay_rate`. A new stair begins at each
    multiple of :math:`D`.

    Args:
      init_value: the value at 0 (TensorFlow: `learning_rate`). May be traced.
      decay_steps: update steps from one multiplication to the next, positive. May be traced.
      decay_rate: the factor, positive. May be traced.
      staircase: whether the value changes only at multiples of `decay_steps`.

    Returns:
      A schedule: TensorFlow's `tf.train.exponential_decay` (`global_step` is the count).

    Raises:
      ValueError: if `decay_steps` or `decay_rate` is not positive, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import optax_decay as od
    >>> print(od.exponential_decay(0.1, 1000, 0.5)(2000))
    0.025

    Source: TensorFlow, `tf.compat.v1.train.exponential_decay`.
    """

    falls = decay_rate.known is not None and decay_rate.known <= 1

    def value(count: Count) -> Real:
        exponent = _exponent(count, decay_steps, staircase, decay_rate.log())
        return _arithmetic.times_exp(init_value.as_float(count.whole), exponent, falls)

    return value


@exact_schedule
def natural_exp_decay(init_value: Number, decay_steps: Steps, decay_rate: Number, *, staircase: Flag = False) -> Curve:
    r"""Divides the value by e every `decay_steps / decay_rate` steps, smoothly or in stairs.

    .. math:: s(t) = A\, e^{-r t / D}, \qquad \text{in stairs} \quad A\, e^{-r \lfloor t / D \rfloor}

    with :math:`A` = `init_value`, :math:`D` = `decay_steps` and :math:`r` = `decay_rate`. A new stair begins at each
    multiple of :math:`D`.

    Args:
      init_value: the value at 0 (TensorFlow: `learning_rate`). May be traced.
      decay_steps: update steps of one stair, positive. May be traced.
      decay_rate: the factor in the exponent. If it is negative, the value grows. May be traced.
      staircase: whether the value changes only at multiples of `decay_steps`.

    Returns:
      A schedule: TensorFlow's `tf.train.natural_exp_decay`.

    Raises:
      ValueError: if `decay_steps` is not positive, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import optax_decay as od
    >>> print(od.natural_exp_decay(1.0, 1000, 0.5)(2000))
    0.36787945

    Source: TensorFlow, `tf.compat.v1.train.natural_exp_decay`.
    """

    falls = decay_rate.known is not None and decay_rate.known >= 0

    def value(count: Count) -> Real:
        exponent = _exponent(count, decay_steps, staircase, _arithmetic.minus(decay_rate.twofold()))
        return _arithmetic.times_exp(init_value.as_float(count.whole), exponent, falls)

    return value


@exact_schedule
def inverse_time_decay(
    init_value: Number, decay_steps: Steps, decay_rate: NonNegative, *, staircase: Flag = False
) -> Curve:
    r"""Divides the value by a number that grows with the count, smoothly or in stairs.

    .. math:: s(t) = \frac{A}{1 + r t / D}, \qquad \text{in stairs} \quad \frac{A}{1 + r \lfloor t / D \rfloor}

    with :math:`A` = `init_value`, :math:`D` = `decay_steps` and :math:`r` = `decay_rate`. A new stair begins at each
    multiple of :math:`D`.

    Args:
      init_value: the value at 0 (TensorFlow: `learning_rate`). May be traced.
      decay_steps: update steps of one stair, positive. May be traced.
      decay_rate: how much the divisor grows in `decay_steps`, zero or positive. A negative one would have a pole. May
        be traced.
      staircase: whether the value changes only at multiples of `decay_steps`.

    Returns:
      A schedule: TensorFlow's `tf.train.inverse_time_decay`.

    Raises:
      ValueError: if `decay_steps` is not positive, `decay_rate` is negative, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import optax_decay as od
    >>> print(od.inverse_time_decay(0.1, 1000, 0.5)(2000))
    0.05

    Source: TensorFlow, `tf.compat.v1.train.inverse_time_decay`.
    """

    def value(count: Count) -> Real:
        growth = _progress(count, decay_steps, staircase, decay_rate.twofold())
        return init_value.as_float(count.whole) / (1 + growth.hi)

    return value


def _in_stages(count: Count, decay_steps: Given, staircase: bool) -> tuple[Count, Length, bool]:
    """The count, its length, and whether its stages are numbered. Too many to be, they are told by where they begin."""
    steps = _count.length(decay_steps, count)
    if not staircase or _count.has_few_stages(count, steps):
        return count, steps, staircase
    return _count.stairs(count, steps), steps, False


def _progress(count: Count, decay_steps: Given, staircase: bool, rate: Twofold) -> Twofold:
    """The rate times count / decay_steps, which is rounded down for a staircase."""
    count, steps, is_numbered = _in_stages(count, decay_steps, staircase)
    if is_numbered:
        return _arithmetic.times_integer(*_count.stage(count, steps), rate)
    return _count.fraction(count, steps, rate)


def _exponent(count: Count, decay_steps: Given, staircase: bool, rate: Twofold) -> Twofold:
    """`_progress` as an exponent, which matters only until the exponential overflows or vanishes."""
    count, steps, is_numbered = _in_stages(count, decay_steps, staircase)
    if is_numbered:
        stage, most = _count.stage(count, steps)
        return _arithmetic.exponent(stage, rate, most)
    if not count.is_whole:
        times = _count.fraction(count, steps, rate)
        # Where the first part is so low that its exponential is 0, that of the second must not be infinite.
        return Twofold(times.hi, _arithmetic.minimum(times.lo, 1.0))
    rate = _arithmetic.product(steps.inverse, rate)
    count = _count.in_unit(count, steps.counted.unit)
    return _arithmetic.exponent(count.whole, rate)


@exact_schedule
def inverse_sqrt_decay(init_value: Number, timescale: Steps) -> Curve:
    r"""Divides the value by the square root of a number that grows with the count.

    .. math:: s(t) = \frac{A}{\sqrt{1 + t / \tau}}

    with :math:`A` = `init_value` and :math:`\tau` = `timescale`.

    Args:
      init_value: the value at 0. May be traced.
      timescale: update steps until the divisor is :math:`\sqrt 2`, positive. May be traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if `timescale` is not positive, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import optax_decay as od
    >>> print(od.inverse_sqrt_decay(0.1, 100)(300))
    0.05

    Source: Zhai et al., "Scaling Vision Transformers", 2022.
    """

    def value(count: Count) -> Real:
        growth = _count.fraction(count, _count.length(timescale, count))
        return init_value.as_float(count.whole) / _arithmetic.sqrt(1 + growth.hi)

    return value


@tells_end_of(exponential_decay)
def _end_of_exponential(begin: float, decay_rate: Any, **given: Any) -> float:
    return begin + _some_times(0.0, rate=math.log(decay_rate), **given)


@tells_end_of(natural_exp_decay)
def _end_of_natural_exp(begin: float, decay_rate: Any, **given: Any) -> float:
    return begin + _some_times(0.0, rate=float(decay_rate), **given)


@tells_end_of(inverse_time_decay)
def _end_of_inverse_time(begin: float, decay_rate: Any, **given: Any) -> float:
    return begin + _some_times(begin, rate=float(decay_rate), **given)


@tells_end_of(inverse_sqrt_decay)
def _end_of_inverse_sqrt(begin: float, timescale: Any, **_: Any) -> float:
    return begin + SEEN * (begin + roughly(timescale))


def _some_times(begin: float, decay_steps: Any, rate: float, staircase: bool, **_: Any) -> float:
    """`SEEN` times the steps in which a decay falls at `begin`, and at least `SEEN` stairs."""
    steps = roughly(decay_steps)
    return SEEN * max(begin + steps / abs(rate) if rate else steps, steps if staircase else 0.0)
