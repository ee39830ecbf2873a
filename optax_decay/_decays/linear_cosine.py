"""Cosines under a falling line, with noise or without."""

# Arguments are annotated as users give them, and arrive bound, as given numbers.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportOperatorIssue=false

from optax_decay import _arithmetic, _count
from optax_decay._arithmetic import Given, Real, Twofold, where
from optax_decay._count import Count
from optax_decay._decays.noise import standard_normal
from optax_decay._decays.weights import bits_for, squared_sine
from optax_decay._ends import ends_with_its_decay
from optax_decay._schedule import Curve, exact_schedule
from optax_decay._schedule.kinds import NonNegative, Number, Periods, Seed, Steps


@exact_schedule
def linear_cosine_decay(
    init_value: Number,
    decay_steps: Steps,
    *,
    num_periods: Periods = 0.5,
    alpha: Number = 0.0,
    beta: Number = 0.001,
) -> Curve:
    r"""Multiplies a raised cosine of `num_periods` periods by a falling line.

    .. math::
        s(t) = A \left((\alpha + 1 - p) \frac{1 + \cos(2 \pi n p)}{2} + \beta\right), \qquad p = \min(t / D, 1)

    with :math:`A` = `init_value`, :math:`D` = `decay_steps`, :math:`n` = `num_periods`, :math:`\alpha` = `alpha` and
    :math:`\beta` = `beta`.

    Args:
      init_value: the scale (TensorFlow: `learning_rate`). May be traced.
      decay_steps: update steps until the end, positive. May be traced.
      num_periods: periods of the cosine in `decay_steps`. May be traced.
      alpha: the number added to the line. May be traced.
      beta: the number added to the product. May be traced.

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
        line = _arithmetic.plus(_count.remaining(count, _count.length(decay_steps, count), beyond=5), alpha.twofold())
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
    r"""Adds noise that fades as training goes on to the line of `linear_cosine_decay`.

    .. math::
        s(t) = A \left((\alpha + 1 - p + \varepsilon_t) \frac{1 + \cos(2 \pi n p)}{2} + \beta\right), \qquad
        \varepsilon_t \sim N\!\left(0, \frac{v_0}{(1 + \min(t, D))^{d}}\right)

    with :math:`p = \min(t / D, 1)`, :math:`A` = `init_value`, :math:`D` = `decay_steps`, :math:`v_0` =
    `initial_variance`, :math:`d` = `variance_decay`, :math:`n` = `num_periods`, :math:`\alpha` = `alpha` and
    :math:`\beta` = `beta`. The noise is drawn from `seed` and the whole part of the count, so the same count always has
    the same value. Counts between two whole numbers share a draw.

    Args:
      init_value: the scale (TensorFlow: `learning_rate`). May be traced.
      decay_steps: update steps until the end, positive. May be traced.
      seed: an integer. TensorFlow draws afresh at each call instead. May be traced.
      initial_variance: the variance of the noise at 0, zero or positive. May be traced.
      variance_decay: how fast the variance falls. May be traced.
      num_periods: periods of the cosine in `decay_steps`. May be traced.
      alpha: the number added to the line. May be traced.
      beta: the number added to the product. May be traced.

    Returns:
      A schedule: TensorFlow's `tf.train.noisy_linear_cosine_decay`, with noise that can be reproduced.

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
        rest = _count.remaining(count, steps, beyond=5)
        now = _count.as_real(_count.least(count, steps.counted))
        deviation = _arithmetic.sqrt(initial_variance.as_float(now)) * _arithmetic.power(
            1 + now, -variance_decay.as_float(now) / 2
        )
        noise = deviation * standard_normal(seed, count)
        line = _arithmetic.plus(_arithmetic.plus(rest, alpha.twofold()), Twofold(noise, 0.0))
        return _waved(line, _raised_cosine(count, decay_steps, num_periods), beta, init_value)

    return value


def _waved(line: Twofold, wave: Real, beta: Given, scale: Given) -> Real:
    """scale (line wave + beta), rounded once instead of four times."""
    raised = _arithmetic.plus(_arithmetic.product(line, Twofold(wave, 0.0)), beta.twofold())
    return _arithmetic.product(raised, scale.twofold()).hi


def _raised_cosine(count: Count, decay_steps: Given, num_periods: Given) -> Real:
    """(1 + cos(2 pi n p)) / 2 = cos(pi n p)**2, from the nearer end of [0, decay_steps]."""
    steps, n = _count.length(decay_steps, count), num_periods.twofold()
    beyond = bits_for(num_periods, limit=4)
    gone, rest = _count.elapsed(count, steps, beyond=beyond), _count.remaining(count, steps, beyond=beyond)
    late = gone.hi > rest.hi
    from_start, from_end = _arithmetic.product(gone, n), _arithmetic.product(rest, n)
    # cos(pi z)**2 = sin(pi y / 2)**2 with y = 1 - 2 abs(z). Here z is n p, or n - n (1 - p), without whole turns.
    early = _from_zero(from_start)
    if num_periods.known is not None and num_periods.known % 1 == 0.5:
        # The curve ends in a zero, and the steps that remain are the distance to it.
        ending = _folded(from_end)
    else:
        ending = _from_zero(_arithmetic.plus(_off_whole(n), _arithmetic.minus(from_end)))
    turns = _arithmetic.select_twofold(late, ending, early)
    return squared_sine(_arithmetic.product(turns, _arithmetic.HALF_PI))


def _from_zero(turns: Twofold) -> Twofold:
    """1 - 2 abs(z), where z is the turns minus the nearest whole number."""
    return _arithmetic.plus(Twofold(1.0, 0.0), _arithmetic.minus(_folded(turns)))


def _folded(turns: Twofold) -> Twofold:
    """2 abs(z), with z as in `_from_zero`."""
    z = _off_whole(turns)
    sign = where(z.hi < 0, -2.0, 2.0)
    return Twofold(sign * z.hi, z.lo if _arithmetic.is_zero(z.lo) else sign * z.lo)


def _off_whole(x: Twofold) -> Twofold:
    """x minus the nearest whole number."""
    return _arithmetic.renormalised(x.hi - _arithmetic.floor(x.hi + 0.5), x.lo)


ends_with_its_decay(linear_cosine_decay, noisy_linear_cosine_decay)
