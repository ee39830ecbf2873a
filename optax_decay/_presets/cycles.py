"""Named cycles: restarts and triangles."""

# Arguments are annotated as users give them, and arrive bound, as given numbers.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportOperatorIssue=false

from optax_decay._clocks import cyclic, warm_restarts
from optax_decay._decays import cosine_decay, exponential_decay, linear_decay
from optax_decay._schedule import Schedule, exact_schedule
from optax_decay._schedule.kinds import Growth, NonNegative, Number, Positive, Steps


@exact_schedule
def cosine_decay_restarts(
    init_value: Number,
    first_decay_steps: Steps,
    *,
    t_mul: Growth = 2.0,
    m_mul: NonNegative = 1.0,
    alpha: Number = 0.0,
) -> Schedule:
    r"""Restarts `cosine_decay`, with cycles that grow by the factor `t_mul` and are scaled by `m_mul`.

    .. math::
        s(t) = A \left((1 - \alpha)\, m^i\, \frac{1 + \cos(\pi p)}{2} + \alpha\right), \qquad
        p = \frac{t - B_i}{D k^i}

    with :math:`A` = `init_value`, :math:`D` = `first_decay_steps`, :math:`k` = `t_mul`, :math:`m` = `m_mul`,
    :math:`\alpha` = `alpha` and the beginnings :math:`B_i` of `warm_restarts`. It is `warm_restarts` of
    `cosine_decay`, with the baseline :math:`\alpha A`.

    Args:
      init_value: the value at 0 (TensorFlow: `learning_rate`). May be traced.
      first_decay_steps: update steps of the first cycle, positive. May be traced.
      t_mul: each cycle's length divided by that of the one before, at least 1. May be traced.
      m_mul: the factor by which each cycle scales the distance to the floor, zero or positive. May be traced.
      alpha: the floor as a share of `init_value`. May be traced.

    Returns:
      A schedule: TensorFlow's `tf.train.cosine_decay_restarts`.

    Raises:
      ValueError: if `first_decay_steps` is not positive, `t_mul` is below 1, `m_mul` is negative, or a number is not
        finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> print(od.cosine_decay_restarts(0.1, 100, m_mul=0.5)(np.array([0, 100, 300])))
    [0.1   0.05  0.025]

    Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017; TensorFlow,
    `tf.compat.v1.train.cosine_decay_restarts`.
    """
    decay = cosine_decay(init_value, first_decay_steps, alpha)
    return warm_restarts(decay, first_decay_steps, t_mul=t_mul, m_mul=m_mul, baseline=alpha * init_value)


@exact_schedule
def triangular(min_value: Number, max_value: Number, step_size: Steps) -> Schedule:
    r"""Goes straight up and down between two values.

    .. math:: s(t) = l + (u - l)\, (1 - |1 - (t \bmod 2n) / n|)

    with :math:`l` = `min_value`, :math:`u` = `max_value` and :math:`n` = `step_size`. It is `cyclic` of `linear_decay`.

    Args:
      min_value: the value at 0. May be traced.
      max_value: the value at the top. May be traced.
      step_size: update steps up, and as many down, positive. May be traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if `step_size` is not positive, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> print(od.triangular(0.0, 0.1, 100)(np.array([0, 50, 100, 150, 200])))
    [0.   0.05 0.1  0.05 0.  ]

    Source: Smith, "Cyclical Learning Rates for Training Neural Networks", 2017.
    """
    return cyclic(linear_decay(max_value, step_size, min_value), step_size)


@exact_schedule
def triangular2(min_value: Number, max_value: Number, step_size: Steps) -> Schedule:
    r"""Follows `triangular` with an amplitude that halves each cycle.

    .. math:: s(t) = l + (u - l)\, 2^{-i}\, (1 - |1 - (t \bmod 2n) / n|), \qquad i = \lfloor t / 2n \rfloor

    with :math:`l` = `min_value`, :math:`u` = `max_value` and :math:`n` = `step_size`.

    Args:
      min_value: the value at 0. May be traced.
      max_value: the value at the first top. May be traced.
      step_size: update steps up, and as many down, positive. May be traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if `step_size` is not positive, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> print(od.triangular2(0.0, 0.1, 100)(np.array([100, 300, 500])))
    [0.1   0.05  0.025]

    Source: Smith, "Cyclical Learning Rates for Training Neural Networks", 2017.
    """
    return cyclic(linear_decay(max_value, step_size, min_value), step_size, m_mul=0.5, baseline=min_value)


@exact_schedule
def exp_range(min_value: Number, max_value: Number, step_size: Steps, gamma: Positive) -> Schedule:
    r"""Follows `triangular` with an amplitude that shrinks by `gamma` at every step.

    .. math:: s(t) = l + (u - l)\, \gamma^t\, (1 - |1 - (t \bmod 2n) / n|)

    with :math:`l` = `min_value`, :math:`u` = `max_value`, :math:`n` = `step_size` and :math:`\gamma` = `gamma`.

    Args:
      min_value: the value at 0. May be traced.
      max_value: about the value at the first top. May be traced.
      step_size: update steps up, and as many down, positive. May be traced.
      gamma: the amplitude's factor for each step, positive. May be traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if `step_size` or `gamma` is not positive, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> print(od.exp_range(0.0, 0.1, 1, 0.5)(np.array([1, 3])))
    [0.05   0.0125]

    Source: Smith, "Cyclical Learning Rates for Training Neural Networks", 2017.
    """
    return min_value + triangular(0.0, 1.0, step_size) * exponential_decay(max_value - min_value, 1, gamma)
