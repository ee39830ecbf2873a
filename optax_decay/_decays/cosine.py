"""Half a cosine."""

# Arguments are annotated as users give them, and arrive bound, as given numbers.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportOperatorIssue=false

from optax_decay import _count
from optax_decay._decays.weights import between, raised_cosine
from optax_decay._ends import ends_with_its_decay
from optax_decay._schedule import Curve, exact_schedule
from optax_decay._schedule.kinds import Number, Steps


@exact_schedule
def cosine_decay(init_value: Number, decay_steps: Steps, alpha: Number = 0.0) -> Curve:
    r"""Follows half a cosine from `init_value` down to `alpha` times `init_value`.

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

    end_value = init_value * alpha
    return lambda count: between(init_value, end_value, *raised_cosine(count, _count.length(decay_steps, count)))


@exact_schedule
def _cosine_between(init_value: Number, decay_steps: Steps, end_value: Number) -> Curve:
    """`cosine_decay` with its end given as a value."""
    return lambda count: between(init_value, end_value, *raised_cosine(count, _count.length(decay_steps, count)))


ends_with_its_decay(cosine_decay, _cosine_between)
