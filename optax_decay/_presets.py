"""Named one-line compositions."""

from optax_decay._check import NonNegative, Number, Positive, Steps
from optax_decay._clocks import warm_restarts
from optax_decay._decays import cosine_decay
from optax_decay._schedule import Schedule, exact_schedule


@exact_schedule
def cosine_decay_restarts(
    init_value: Number,
    first_decay_steps: Steps,
    *,
    t_mul: Positive = 2.0,
    m_mul: NonNegative = 1.0,
    alpha: Number = 0.0,
) -> Schedule:
    r"""`cosine_decay` with warm restarts, each cycle longer by `t_mul` and scaled by `m_mul`.

    .. math::
        s(t) = A \left((1 - \alpha)\, m^i\, \frac{1 + \cos(\pi p)}{2} + \alpha\right), \qquad
        p = \frac{t - B_i}{D k^i}

    with :math:`A` = `init_value`, :math:`D` = `first_decay_steps`, :math:`k` = `t_mul`, :math:`m` = `m_mul`,
    :math:`\alpha` = `alpha` and the beginnings :math:`B_i` of `warm_restarts`: it is `warm_restarts` of
    `cosine_decay`, with the baseline :math:`\alpha A`.

    Args:
      init_value: the value at 0 (TensorFlow: `learning_rate`). May be traced.
      first_decay_steps: update steps of the first cycle, positive. May be traced.
      t_mul: how much longer each cycle is than the one before, at least 1. May be traced.
      m_mul: what each cycle multiplies the distance to the floor by, zero or positive. May be traced.
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
