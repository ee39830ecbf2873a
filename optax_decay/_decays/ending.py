"""Other decays that go from one value to another: square root, hyperbolic tangent, ratio of lines."""

# Arguments are annotated as users give them, and arrive bound, as given numbers.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportOperatorIssue=false

from optax_decay import _arithmetic, _count
from optax_decay._arithmetic import Real
from optax_decay._count import Count
from optax_decay._decays.weights import between, bits_for, one_minus_sqrt
from optax_decay._ends import ends_with_its_decay
from optax_decay._schedule import Curve, exact_schedule
from optax_decay._schedule.kinds import Number, Steps


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


@exact_schedule
def tanh_decay(
    init_value: Number, decay_steps: Steps, end_value: Number = 0.0, *, lower: Number = -7.0, upper: Number = 3.0
) -> Curve:
    r"""Goes from near `init_value` to near `end_value` along a hyperbolic tangent.

    .. math:: s(t) = E + (A - E) \frac{1 - \tanh(l (1 - p) + u p)}{2}, \qquad p = \min(t / D, 1)

    with :math:`A` = `init_value`, :math:`D` = `decay_steps`, :math:`E` = `end_value`, :math:`l` = `lower` and
    :math:`u` = `upper`.

    Args:
      init_value: the value near which it starts. May be traced.
      decay_steps: update steps until the end, positive. May be traced.
      end_value: the value near which it ends. May be traced.
      lower: the argument of the hyperbolic tangent at the start. May be traced.
      upper: the argument of the hyperbolic tangent at the end. May be traced.

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
    # An error of the argument is a relative one of the exponential.
    beyond = bits_for(at_start, at_end, limit=16)

    def value(count: Count) -> Real:
        steps = _count.length(decay_steps, count)
        from_lower = _count.remaining(count, steps, at_start.twofold(), beyond)
        argument = _arithmetic.plus(from_lower, _count.elapsed(count, steps, at_end.twofold(), beyond))
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
        rest = _count.remaining(count, steps, beyond=2).hi
        return between(
            init_value,
            end_value,
            lambda: 2 * rest / (1 + rest),
            lambda: _count.elapsed(count, steps, beyond=2).hi / (1 + rest),
        )

    return value


ends_with_its_decay(one_minus_sqrt_decay, tanh_decay, rex_decay)
