"""Decays: curves over the count."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.core import Tracer

from optax_decay import _arithmetic, _count
from optax_decay._arithmetic import ONE, ZERO, Given, Real, Twofold, is_host, where
from optax_decay._count import Count, Length, tables
from optax_decay._schedule import Curve, Schedule, exact_schedule
from optax_decay._schedule.kinds import Flag, Increasing, NonNegative, Number, Numbers, Periods, Positive, Seed, Steps

# TensorFlow's default end rate, an object of its own so that one can tell whether it was given.
_DEFAULT_END: float = float("1e-4")


@exact_schedule
def constant(value: Number) -> Curve:
    r"""The same value at every count.

    .. math:: s(t) = v

    with :math:`v` = `value`.

    Args:
      value: the value. May be traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if `value` is not finite.
      TypeError: if it is not a real number.

    >>> import optax_decay as od
    >>> print(od.constant(0.1)(7))
    0.1
    """
    return lambda count: value.as_float(count.whole)


@exact_schedule
def exponential_decay(
    init_value: Number, decay_steps: Steps, decay_rate: Positive, *, staircase: Flag = False
) -> Curve:
    r"""Multiplies the value by `decay_rate` every `decay_steps` steps, smoothly or in stairs.

    .. math:: s(t) = A\, r^{t / D}, \qquad \text{in stairs} \quad A\, r^{\lfloor t / D \rfloor}

    with :math:`A` = `init_value`, :math:`D` = `decay_steps` and :math:`r` = `decay_rate`. A boundary step, a multiple
    of :math:`D`, takes the new stair.

    Args:
      init_value: the value at 0 (TensorFlow: `learning_rate`). May be traced.
      decay_steps: update steps from one multiplication to the next, positive. May be traced.
      decay_rate: the factor, positive. May be traced.
      staircase: whether the value changes at whole multiples of `decay_steps` alone.

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
        exponent = _progress(count, decay_steps, staircase, decay_rate.log())
        return _arithmetic.times_exp(init_value.as_float(count.whole), exponent, falls)

    return value


@exact_schedule
def natural_exp_decay(init_value: Number, decay_steps: Steps, decay_rate: Number, *, staircase: Flag = False) -> Curve:
    r"""Decays by a factor of e every `decay_steps / decay_rate` steps, smoothly or in stairs.

    .. math:: s(t) = A\, e^{-r t / D}, \qquad \text{in stairs} \quad A\, e^{-r \lfloor t / D \rfloor}

    with :math:`A` = `init_value`, :math:`D` = `decay_steps` and :math:`r` = `decay_rate`. A boundary step, a multiple
    of :math:`D`, takes the new stair.

    Args:
      init_value: the value at 0 (TensorFlow: `learning_rate`). May be traced.
      decay_steps: update steps of one stair, positive. May be traced.
      decay_rate: the exponent's factor; below zero the value grows. May be traced.
      staircase: whether the value changes at whole multiples of `decay_steps` alone.

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
        exponent = _progress(count, decay_steps, staircase, _arithmetic.minus(decay_rate.twofold()))
        return _arithmetic.times_exp(init_value.as_float(count.whole), exponent, falls)

    return value


@exact_schedule
def inverse_time_decay(
    init_value: Number, decay_steps: Steps, decay_rate: NonNegative, *, staircase: Flag = False
) -> Curve:
    r"""Divides the value by a number that grows with the count, smoothly or in stairs.

    .. math:: s(t) = \frac{A}{1 + r t / D}, \qquad \text{in stairs} \quad \frac{A}{1 + r \lfloor t / D \rfloor}

    with :math:`A` = `init_value`, :math:`D` = `decay_steps` and :math:`r` = `decay_rate`. A boundary step, a multiple
    of :math:`D`, takes the new stair.

    Args:
      init_value: the value at 0 (TensorFlow: `learning_rate`). May be traced.
      decay_steps: update steps of one stair, positive. May be traced.
      decay_rate: how much the divisor grows in `decay_steps`, zero or positive, since below zero there would be a
        pole. May be traced.
      staircase: whether the value changes at whole multiples of `decay_steps` alone.

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


def _progress(count: Count, decay_steps: Given, staircase: bool, rate: Twofold) -> Twofold:
    """The rate times how often `decay_steps` fits into the count, in whole numbers for a staircase."""
    steps = _count.length(decay_steps, count)
    if staircase:
        return _arithmetic.product(_arithmetic.of_integer(*_count.stage(count, steps)), rate)
    return _count.fraction(count, steps, rate)


@exact_schedule
def polynomial_decay(
    init_value: Number,
    decay_steps: Steps,
    end_value: Number = _DEFAULT_END,
    power: Positive = 1.0,
    *,
    cycle: Flag = False,
) -> Curve:
    r"""Goes from `init_value` to `end_value` as a power of what remains, once or in cycles that expand.

    .. math:: s(t) = (A - E) (1 - p)^q + E, \qquad p = \min(t / D, 1)

    with :math:`A` = `init_value`, :math:`D` = `decay_steps`, :math:`E` = `end_value` and :math:`q` = `power`. With
    `cycle=True` the horizon moves on each time it is reached: :math:`p = t / (k D)`, where
    :math:`k = \max(1, \lceil t / D \rceil)`. A boundary step, a multiple of :math:`D`, is then still the old cycle's
    end.

    Args:
      init_value: the value at 0 (TensorFlow: `learning_rate`). May be traced.
      decay_steps: update steps until the end, positive. May be traced.
      end_value: the value from then on (TensorFlow: `end_learning_rate`). May be traced.
      power: 1 for a straight line, above for a steep start, below for a steep end; positive. May be traced.
      cycle: whether to start again, as `expanding_cycle` does for any base.

    Returns:
      A schedule: TensorFlow's `tf.train.polynomial_decay`.

    Raises:
      ValueError: if `decay_steps` or `power` is not positive, a number is not finite, or `end_value` is left at its
        default and `init_value` lies below it: the rate would rise.
      TypeError: if an argument is of the wrong kind.

    >>> import optax_decay as od
    >>> print(od.polynomial_decay(0.1, 1000, 0.0, power=2.0)(500))
    0.025
    >>> print(od.polynomial_decay(0.1, 1000, 0.0, cycle=True)(1001))
    0.04995

    Source: TensorFlow, `tf.compat.v1.train.polynomial_decay`.
    """
    if end_value.known is _DEFAULT_END and init_value.known is not None and abs(init_value.known) < _DEFAULT_END:
        raise ValueError(
            "`init_value` must not be below `end_value`, 1e-4 unless given, "
            f"got {init_value.known!r}: the rate would rise."
        )

    def value(count: Count) -> Real:
        steps = _count.length(decay_steps, count)
        now = _count.horizon(count, steps) if cycle else count
        return between(init_value, end_value, *_power_of_the_rest(now, steps, power))

    return value


@exact_schedule
def linear_decay(init_value: Number, decay_steps: Steps, end_value: Number = 0.0) -> Curve:
    r"""A straight line from `init_value` to `end_value`, then `end_value`.

    .. math:: s(t) = (A - E) (1 - \min(t / D, 1)) + E

    with :math:`A` = `init_value`, :math:`D` = `decay_steps` and :math:`E` = `end_value`: `polynomial_decay` of power 1.

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


Weights = tuple[Callable[[], Real], Callable[[], Real]]


def between(init_value: Given, end_value: Given, weight: Callable[[], Real], complement: Callable[[], Real]) -> Real:
    """init_value w + end_value (1 - w): both ends bit for bit, and precise wherever it does not cross zero.

    A weight next to 1 says little about its distance from 1, so the larger end gets the one that is computed for it.
    """
    a, e = init_value.known, end_value.known
    if a is None or e is None:
        w, c = weight(), complement()
        return init_value.as_float(w) * w + end_value.as_float(c) * c
    if abs(a) >= abs(e):
        w = weight()
        start = init_value.as_float(w) * w
        return start if e == 0 <= a else start + end_value.as_float(w) * (1 - w)
    c = complement()
    return init_value.as_float(c) * (1 - c) + end_value.as_float(c) * c


def _power_of_the_rest(count: Count, steps: Length, power: Given) -> Weights:
    """x**power and 1 - x**power, where x = max(1 - count / steps, 0) is what remains."""
    if power.known == 1:
        return line(count, steps)
    x = _count.remaining(count, steps)
    if power.known in (2, 3, 4):
        n = int(power.known)
        powers = [x.hi]
        while len(powers) < n - 1:
            powers.append(powers[-1] * x.hi)
        return (
            lambda: powers[-1] * (x.hi + n * x.lo),
            lambda: _count.elapsed(count, steps).hi * sum(powers[: n - 1], start=1.0),
        )
    # Where nothing remains 1 stands in for x, so that its logarithm and the derivative of that are finite.
    ended, exponent = x.hi <= 0, power.twofold()
    some = _arithmetic.select_twofold(ended, ONE, x)

    def complement() -> Real:
        gone = _count.elapsed(count, steps)
        less_one = _arithmetic.select_twofold(ended, ZERO, _arithmetic.minus(gone))
        return where(ended, 1.0, _arithmetic.less_exp(_arithmetic.product(_arithmetic.log(some, less_one), exponent)))

    return lambda: where(ended, 0.0, _arithmetic.raised(some, exponent)), complement


@exact_schedule
def piecewise_constant(boundaries: Increasing, values: Numbers) -> Curve:
    r"""One value up to and including each boundary, the next after it.

    .. math:: s(t) = v_i \quad \text{with} \quad i = \#\{ b \in \text{boundaries} : b < t \}

    with :math:`v` = `values`. A boundary step keeps the old value, as in TensorFlow.

    Args:
      boundaries: the last step of each value but the last, increasing: n of them. May be traced, one by one or as an
        array; traced boundaries must increase.
      values: n + 1 values. May be traced likewise.

    Returns:
      A schedule: TensorFlow's `tf.train.piecewise_constant`.

    Raises:
      ValueError: if the lengths do not match, `boundaries` do not increase, or a number is not finite.
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
        passed = tables.passed(tables.boundaries(boundaries, count), count)
        return tables.take(values.as_floats(count.whole), passed)

    return value


@exact_schedule
def piecewise_linear(boundaries: Increasing, values: Numbers) -> Curve:
    r"""Straight lines from point to point, flat before the first and after the last.

    .. math:: s(t) = v_i + (v_{i+1} - v_i) \frac{t - b_i}{b_{i+1} - b_i} \quad \text{for} \quad b_i \le t \le b_{i+1}

    with :math:`b` = `boundaries` and :math:`v` = `values`.

    Args:
      boundaries: the counts of the points, in update steps, increasing: at least one. May be traced, one by one or as
        an array; traced boundaries must increase.
      values: as many values. May be traced likewise.

    Returns:
      A schedule.

    Raises:
      ValueError: if the lengths do not match or are zero, `boundaries` do not increase, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> print(od.piecewise_linear([100, 200, 400], [0.0, 0.1, 0.0])(np.array([0, 150, 200, 300, 500])))
    [0.   0.05 0.1  0.05 0.  ]
    """
    if not len(boundaries) or len(values) != len(boundaries):
        raise ValueError(
            f"`values` must have one entry for each of `boundaries`, got {len(values)} for {len(boundaries)}."
        )

    def value(count: Count) -> Real:
        table = tables.boundaries(boundaries, count)
        after = tables.passed(table, count)
        before, after = _arithmetic.maximum(after - 1, 0), _arithmetic.minimum(after, len(values) - 1)
        start, end = tables.position(table, before), tables.position(table, after)
        here = _count.real(_count.in_unit(count, table.unit))
        width, gone, rest = (
            _arithmetic.plus(x, _arithmetic.minus(y)).hi for x, y in ((end, start), (here, start), (end, here))
        )
        flat = before == after
        width, gone, rest = (where(flat, 1.0, width), where(flat, 1.0, gone), where(flat, 0.0, rest))
        ends = values.as_floats(count.whole)
        return tables.take(ends, before) * (rest / width) + tables.take(ends, after) * (gone / width)

    return value


@exact_schedule
def cosine_decay(init_value: Number, decay_steps: Steps, alpha: Number = 0.0) -> Schedule:
    r"""Half a cosine from `init_value` down to the share `alpha` of it.

    .. math:: s(t) = A \left((1 - \alpha) \frac{1 + \cos(\pi p)}{2} + \alpha\right), \qquad p = \min(t / D, 1)

    with :math:`A` = `init_value`, :math:`D` = `decay_steps` and :math:`\alpha` = `alpha`.

    Args:
      init_value: the value at 0 (TensorFlow: `learning_rate`). May be traced.
      decay_steps: update steps until the end, positive. May be traced.
      alpha: the end value as a share of `init_value`. May be traced.

    Returns:
      A schedule: TensorFlow's `tf.train.cosine_decay`.

    Raises:
      ValueError: if `decay_steps` is not positive, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import optax_decay as od
    >>> print(od.cosine_decay(0.1, 1000)(500))
    0.05

    Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017; TensorFlow,
    `tf.compat.v1.train.cosine_decay`.
    """

    return cosine_between(init_value, decay_steps, init_value * alpha)


@exact_schedule
def cosine_between(init_value: Number, decay_steps: Steps, end_value: Number) -> Curve:
    """`cosine_decay` to an end value of its own."""
    return lambda count: between(init_value, end_value, *raised_cosine(count, _count.length(decay_steps, count)))


def raised_cosine(count: Count, steps: Length) -> Weights:
    """(1 + cos(pi p)) / 2 and (1 - cos(pi p)) / 2, with p = min(count / steps, 1)."""
    return (
        lambda: _squared_sine(_count.remaining(count, steps, _arithmetic.HALF_PI)),
        lambda: _squared_sine(_count.elapsed(count, steps, _arithmetic.HALF_PI)),
    )


def _squared_sine(angle: Twofold) -> Real:
    """sin(angle)**2 up to pi / 2: (1 - cos(2 angle)) / 2 without its cancellation."""
    s = _arithmetic.sin(angle.hi)
    # The angle's low part counts times its cosine, and 1 - (2 angle / pi)**2 is near enough to that.
    return s * (s + 2 * angle.lo * (1 - 0.4 * angle.hi * angle.hi))


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


@exact_schedule
def one_minus_sqrt_decay(init_value: Number, decay_steps: Steps, end_value: Number = 0.0) -> Curve:
    r"""Goes from `init_value` to `end_value` steeply at first, as one minus a square root.

    .. math:: s(t) = E + (A - E) (1 - \sqrt p), \qquad p = \min(t / D, 1)

    with :math:`A` = `init_value`, :math:`D` = `decay_steps` and :math:`E` = `end_value`.

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
    >>> print(od.one_minus_sqrt_decay(0.1, 100)(25))
    0.05

    Source: Hägele et al., "Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations", 2024.
    """
    return lambda count: between(init_value, end_value, *one_minus_sqrt(count, _count.length(decay_steps, count)))


def line(count: Count, steps: Length) -> Weights:
    """1 - p and p, with p = min(count / steps, 1)."""
    return lambda: _count.remaining_once(count, steps), lambda: _count.elapsed_once(count, steps)


def one_minus_sqrt(count: Count, steps: Length) -> Weights:
    """1 - sqrt(p) = (1 - p) / (1 + sqrt(p)) and sqrt(p), with p = min(count / steps, 1)."""
    gone = _count.elapsed(count, steps).hi
    root = _arithmetic.sqrt(gone)
    return lambda: where(gone == 0, 1.0, _count.remaining(count, steps).hi / (1 + root)), lambda: root


@exact_schedule
def tanh_decay(
    init_value: Number, decay_steps: Steps, end_value: Number = 0.0, *, lower: Number = -7.0, upper: Number = 3.0
) -> Curve:
    r"""Goes from near `init_value` to near `end_value` along a hyperbolic tangent.

    .. math:: s(t) = E + (A - E) \frac{1 - \tanh(l (1 - p) + u p)}{2}, \qquad p = \min(t / D, 1)

    with :math:`A` = `init_value`, :math:`D` = `decay_steps`, :math:`E` = `end_value`, :math:`l` = `lower` and
    :math:`u` = `upper`.

    Args:
      init_value: the value that the start is near. May be traced.
      decay_steps: update steps until the end, positive. May be traced.
      end_value: the value that the end is near. May be traced.
      lower: the tangent's argument at the start. May be traced.
      upper: the tangent's argument at the end. May be traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if `decay_steps` is not positive, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import optax_decay as od
    >>> print(od.tanh_decay(0.1, 100)(70))
    0.05

    Source: Hsueh et al., "Stochastic Gradient Descent with Hyperbolic-Tangent Decay on Classification", 2019.
    """

    at_start, at_end = 2 * lower, 2 * upper

    def value(count: Count) -> Real:
        steps = _count.length(decay_steps, count)
        from_lower = _count.remaining(count, steps, at_start.twofold())
        argument = _arithmetic.plus(from_lower, _count.elapsed(count, steps, at_end.twofold()))
        # (1 - tanh z) / 2 = 1 / (1 + e^2z), without the cancellation.
        return between(
            init_value,
            end_value,
            lambda: 1 / (1 + _arithmetic.exp(argument)),
            lambda: 1 / (1 + _arithmetic.exp(_arithmetic.minus(argument))),
        )

    return value


@exact_schedule
def rex_decay(init_value: Number, decay_steps: Steps, end_value: Number = 0.0) -> Curve:
    r"""Goes from `init_value` to `end_value` slowly at first, as a ratio of lines.

    .. math:: s(t) = E + (A - E) \frac{1 - p}{1 - p / 2}, \qquad p = \min(t / D, 1)

    with :math:`A` = `init_value`, :math:`D` = `decay_steps` and :math:`E` = `end_value`.

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
    >>> print(od.rex_decay(0.1, 100)(50))
    0.06666667

    Source: Chen et al., "REX: Revisiting Budgeted Training with an Improved Schedule", 2022.
    """

    def value(count: Count) -> Real:
        steps = _count.length(decay_steps, count)
        rest = _count.remaining(count, steps).hi
        return between(
            init_value, end_value, lambda: 2 * rest / (1 + rest), lambda: _count.elapsed(count, steps).hi / (1 + rest)
        )

    return value


@exact_schedule
def linear_cosine_decay(
    init_value: Number,
    decay_steps: Steps,
    *,
    num_periods: Periods = 0.5,
    alpha: Number = 0.0,
    beta: Number = 0.001,
) -> Curve:
    r"""A cosine of `num_periods` periods under a falling line.

    .. math::
        s(t) = A \left((\alpha + 1 - p) \frac{1 + \cos(2 \pi n p)}{2} + \beta\right), \qquad p = \min(t / D, 1)

    with :math:`A` = `init_value`, :math:`D` = `decay_steps`, :math:`n` = `num_periods`, :math:`\alpha` = `alpha` and
    :math:`\beta` = `beta`.

    Args:
      init_value: the scale (TensorFlow: `learning_rate`). May be traced.
      decay_steps: update steps until the end, positive. May be traced.
      num_periods: periods of the cosine in `decay_steps`. May be traced.
      alpha: what the line is raised by. May be traced.
      beta: what the whole is raised by. May be traced.

    Returns:
      A schedule: TensorFlow's `tf.train.linear_cosine_decay`.

    Raises:
      ValueError: if `decay_steps` is not positive, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import optax_decay as od
    >>> print(od.linear_cosine_decay(0.1, 1000)(500))
    0.0251

    Source: Bello et al., "Neural Optimizer Search with Reinforcement Learning", 2017; TensorFlow,
    `tf.compat.v1.train.linear_cosine_decay`.
    """

    def value(count: Count) -> Real:
        line = _arithmetic.plus(_count.remaining(count, _count.length(decay_steps, count)), alpha.twofold())
        return _waved(line, _raised_cosine(count, decay_steps, num_periods), beta, init_value)

    return value


@exact_schedule
def noisy_linear_cosine_decay(
    init_value: Number,
    decay_steps: Steps,
    seed: Seed,
    *,
    initial_variance: NonNegative = 1.0,
    variance_decay: Number = 0.55,
    num_periods: Periods = 0.5,
    alpha: Number = 0.0,
    beta: Number = 0.001,
) -> Curve:
    r"""`linear_cosine_decay` with noise on its line that fades as training goes on.

    .. math::
        s(t) = A \left((\alpha + 1 - p + \varepsilon_t) \frac{1 + \cos(2 \pi n p)}{2} + \beta\right), \qquad
        \varepsilon_t \sim N\!\left(0, \frac{v_0}{(1 + \min(t, D))^{d}}\right)

    with :math:`p = \min(t / D, 1)`, :math:`A` = `init_value`, :math:`D` = `decay_steps`, :math:`v_0` =
    `initial_variance`, :math:`d` = `variance_decay`, :math:`n` = `num_periods`, :math:`\alpha` = `alpha` and
    :math:`\beta` = `beta`. The noise is drawn from `seed` and the whole part of the count: the same count always has
    the same value, and counts between two whole ones share a draw.

    Args:
      init_value: the scale (TensorFlow: `learning_rate`). May be traced.
      decay_steps: update steps until the end, positive. May be traced.
      seed: an integer; TensorFlow draws afresh at each call instead. May be traced.
      initial_variance: the variance of the noise at 0, zero or positive. May be traced.
      variance_decay: how fast the variance falls. May be traced.
      num_periods: periods of the cosine in `decay_steps`. May be traced.
      alpha: what the line is raised by. May be traced.
      beta: what the whole is raised by. May be traced.

    Returns:
      A schedule: TensorFlow's `tf.train.noisy_linear_cosine_decay`, its noise reproducible.

    Raises:
      ValueError: if `decay_steps` is not positive, `initial_variance` is negative, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import optax_decay as od
    >>> rate = od.noisy_linear_cosine_decay(0.1, 1000, seed=0)
    >>> bool(rate(500) == rate(500))
    True

    Source: Bello et al., "Neural Optimizer Search with Reinforcement Learning", 2017; TensorFlow,
    `tf.compat.v1.train.noisy_linear_cosine_decay`.
    """

    def value(count: Count) -> Real:
        steps = _count.length(decay_steps, count)
        rest = _count.remaining(count, steps)
        now = _count.as_real(_count.least(count, steps.counted))
        deviation = _arithmetic.sqrt(initial_variance.as_float(now)) * _arithmetic.power(
            1 + now, -variance_decay.as_float(now) / 2
        )
        noise = deviation * standard_normal(seed, count)
        line = _arithmetic.plus(_arithmetic.plus(rest, alpha.twofold()), Twofold(noise, 0.0))
        return _waved(line, _raised_cosine(count, decay_steps, num_periods), beta, init_value)

    return value


def _waved(line: Twofold, wave: Real, beta: Given, scale: Given) -> Real:
    """scale (line wave + beta), with one rounding where four would add up."""
    raised = _arithmetic.plus(_arithmetic.product(line, Twofold(wave, 0.0)), beta.twofold())
    return _arithmetic.product(raised, scale.twofold()).hi


def standard_normal(seed: Any, count: Count) -> Real:
    """N(0, 1) drawn from (seed, the whole part of the count), the same on the host, in a trace and in an array."""

    def draw(words: jax.Array) -> jax.Array:
        key = jax.random.key(seed)
        for word in words:
            key = jax.random.fold_in(key, word)
        return jax.random.normal(key, (), _arithmetic.float_dtype())

    whole = jnp.asarray(_whole_steps(count), _arithmetic.int_dtype())
    words = lax.bitcast_convert_type(whole, np.uint32).reshape((-1, whole.dtype.itemsize // 4))
    drawn = jax.vmap(draw)(words).reshape(whole.shape)
    return drawn.item() if is_host(count.whole) and not isinstance(drawn, Tracer) else drawn


def _whole_steps(count: Count) -> Real:
    """The whole part of the count in steps; of the host's, which has no end, what an integer holds."""
    if is_host(count.whole):
        whole = math.floor((count.whole + Fraction(count.part.hi)) * count.unit)
        return (whole + _count.last_count() + 1) % (2 * _count.last_count() + 2) - _count.last_count() - 1
    return _count.in_unit(count, _count.STEP).whole


def _raised_cosine(count: Count, decay_steps: Given, num_periods: Given) -> Real:
    """(1 + cos(2 pi n p)) / 2 = cos(pi n p)**2, from the nearer end of [0, decay_steps]."""
    steps, n = _count.length(decay_steps, count), num_periods.twofold()
    gone, rest = _count.elapsed(count, steps), _count.remaining(count, steps)
    late = gone.hi > rest.hi
    from_start, from_end = _arithmetic.product(gone, n), _arithmetic.product(rest, n)
    # cos(pi z)**2 = sin(pi y / 2)**2 with y = 1 - 2 abs(z), z being n p less whole turns, or n - n (1 - p).
    early = _from_zero(from_start)
    if num_periods.known is not None and num_periods.known % 1 == 0.5:
        # It ends in a zero, which the steps that remain are the distance from.
        ending = _folded(from_end)
    else:
        ending = _from_zero(_arithmetic.plus(_off_whole(n), _arithmetic.minus(from_end)))
    turns = _arithmetic.select_twofold(late, ending, early)
    return _squared_sine(_arithmetic.product(turns, _arithmetic.HALF_PI))


def _from_zero(turns: Twofold) -> Twofold:
    """1 - 2 abs(z) for z, the turns less the nearest whole number."""
    return _arithmetic.plus(Twofold(1.0, 0.0), _arithmetic.minus(_folded(turns)))


def _folded(turns: Twofold) -> Twofold:
    """2 abs(z)."""
    z = _off_whole(turns)
    sign = where(z.hi < 0, -2.0, 2.0)
    return Twofold(sign * z.hi, z.lo if _arithmetic.is_zero(z.lo) else sign * z.lo)


def _off_whole(x: Twofold) -> Twofold:
    """x less the nearest whole number."""
    return _arithmetic.renormalised(x.hi - _arithmetic.floor(x.hi + 0.5), x.lo)
