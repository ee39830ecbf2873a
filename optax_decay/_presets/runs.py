"""Named runs, which go up to a peak and down from it once."""

# Arguments are annotated as users give them, and arrive bound, as given numbers.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportOperatorIssue=false

from optax_decay._clocks import delay, reverse
from optax_decay._decays import _cosine_between, cosine_decay, inverse_sqrt_decay
from optax_decay._phases import cooldown, sequence, warmup
from optax_decay._schedule import Schedule, exact_schedule
from optax_decay._schedule.kinds import NonNegativeSteps, Number, Positive, Share, Steps
from optax_decay._shapes import Shape


@exact_schedule
def one_cycle(
    peak_value: Number,
    total_steps: Steps,
    *,
    rise_fraction: Share = 0.3,
    div_factor: Positive = 25.0,
    final_div_factor: Positive = 1e4,
) -> Schedule:
    r"""Goes up to the peak along half a cosine, then along another down to far below the start.

    .. math::
        s(t) = \begin{cases}
        \cos\text{ine from } P / d \text{ to } P & t < r n \\ \cos\text{ine from } P \text{ to } P / (d f) & \text{else}
        \end{cases}

    with :math:`P` = `peak_value`, :math:`n` = `total_steps`, :math:`r` = `rise_fraction`, :math:`d` = `div_factor` and
    :math:`f` = `final_div_factor`.

    Args:
      peak_value: the value at the top. May be traced.
      total_steps: update steps of the way up and down, positive. May be traced.
      rise_fraction: the share of the steps on the way up, at least 0 and below 1. At 0 the schedule begins at the peak.
        May be traced.
      div_factor: the peak divided by the start, positive. May be traced.
      final_div_factor: the start divided by the end, positive. May be traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if a length or a factor is not positive, `rise_fraction` is negative or not below 1, or a number is
        not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> print(od.one_cycle(0.1, 100)(np.array([0, 30])))
    [0.004 0.1  ]

    Source: Smith and Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates",
    2018.
    """
    if rise_fraction.known is not None and rise_fraction.known >= 1:
        raise ValueError(f"`rise_fraction` must be below 1, got {rise_fraction.known!r}.")
    rise = total_steps * rise_fraction
    down = cosine_decay(peak_value, total_steps - rise, 1 / (div_factor * final_div_factor))
    if rise.sign == 0:
        return down
    up = reverse(cosine_decay(peak_value, rise, 1 / div_factor), rise)
    return sequence((up, rise), down)


@exact_schedule
def warmup_cosine_decay(
    peak_value: Number,
    warmup_steps: NonNegativeSteps,
    total_steps: Steps,
    *,
    init_value: Number = 0.0,
    end_value: Number = 0.0,
) -> Schedule:
    r"""Goes up to the peak in a line, then down along half a cosine.

    .. math::
        s(t) = \begin{cases} v_0 + (P - v_0)\, t / w & t < w \\
        E + (P - E) \frac{1 + \cos(\pi p)}{2} & \text{else} \end{cases}, \qquad
        p = \min\left(\frac{t - w}{n - w}, 1\right)

    with :math:`P` = `peak_value`, :math:`w` = `warmup_steps`, :math:`n` = `total_steps`, :math:`v_0` = `init_value` and
    :math:`E` = `end_value`.

    Args:
      peak_value: the value after the warm-up. May be traced.
      warmup_steps: update steps of the line, zero or more. May be traced.
      total_steps: update steps of the whole with the warm-up, and more than `warmup_steps`. May be traced.
      init_value: the value at 0. May be traced.
      end_value: the value at the end and from then on. May be traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if `warmup_steps` is negative, `total_steps` does not exceed it, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> print(od.warmup_cosine_decay(0.1, 10, 110)(np.array([0, 5, 10, 110])))
    [0.   0.05 0.1  0.  ]
    """
    rest = total_steps - warmup_steps
    if rest.sign in (-1, 0):
        raise ValueError(
            f"`total_steps` must exceed `warmup_steps`, got {total_steps.plain!r} and {warmup_steps.plain!r}."
        )
    decay = _cosine_between(peak_value, rest, end_value)
    return warmup(decay, warmup_steps, init_value=init_value)


@exact_schedule
def warmup_stable_decay(
    peak_value: Number,
    warmup_steps: NonNegativeSteps,
    total_steps: Steps,
    cooldown_steps: NonNegativeSteps,
    *,
    init_value: Number = 0.0,
    end_value: Number = 0.0,
    shape: Shape = "linear",
) -> Schedule:
    r"""Goes up to the peak in a line, stays there, and cools down at the end.

    .. math:: s(t) = \text{cooldown}(\text{warmup}(P, w, v_0),\; n - c,\; c,\; E)

    with :math:`P` = `peak_value`, :math:`w` = `warmup_steps`, :math:`n` = `total_steps`, :math:`c` = `cooldown_steps`,
    :math:`v_0` = `init_value` and :math:`E` = `end_value`.

    Args:
      peak_value: the value after the warm-up. May be traced.
      warmup_steps: update steps of the line, zero or more. May be traced.
      total_steps: update steps of the whole, with warm-up and cooldown. May be traced.
      cooldown_steps: update steps of the cooldown, zero or more. May be traced.
      init_value: the value at 0. May be traced.
      end_value: the value at the end and from then on. May be traced.
      shape: the cooldown's shape: "linear", "cosine" or "one_minus_sqrt", or any schedule of the share of
        `cooldown_steps` gone, from 1 at 0 to 0 at 1.

    Returns:
      A schedule.

    Raises:
      ValueError: if a number of steps is negative, warm-up and cooldown exceed `total_steps`, `shape` is another name
        or has other ends, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import numpy as np, optax_decay as od
    >>> print(od.warmup_stable_decay(0.1, 10, 100, 20)(np.array([5, 10, 80, 90, 100])))
    [0.05 0.1  0.1  0.05 0.  ]

    Source: Hu et al., "MiniCPM: Unveiling the Potential of Small Language Models with Scalable Training Strategies",
    2024.
    """
    begin = total_steps - cooldown_steps
    if (begin - warmup_steps).sign == -1:
        raise ValueError(
            "`warmup_steps` and `cooldown_steps` must not exceed `total_steps`, "
            f"got {warmup_steps.plain!r}, {cooldown_steps.plain!r} and {total_steps.plain!r}."
        )
    return cooldown(
        warmup(peak_value, warmup_steps, init_value=init_value),
        begin,
        cooldown_steps,
        end_value=end_value,
        shape=shape,
    )


@exact_schedule
def noam(model_size: Positive, warmup_steps: Steps, *, factor: Number = 1.0) -> Schedule:
    r"""Goes up in a line, then down as an inverse square root of the count, as for the Transformer.

    .. math:: s(t) = f\, d^{-1/2} \min\left((t + 1)^{-1/2},\; (t + 1)\, w^{-3/2}\right)

    with :math:`d` = `model_size`, :math:`w` = `warmup_steps` and :math:`f` = `factor`.

    Args:
      model_size: the width of the model, positive. May be traced.
      warmup_steps: update steps of the line, positive. May be traced.
      factor: a scale. May be traced.

    Returns:
      A schedule.

    Raises:
      ValueError: if `model_size` or `warmup_steps` is not positive, or a number is not finite.
      TypeError: if an argument is of the wrong kind.

    >>> import optax_decay as od
    >>> print(od.noam(100, 25)(99))
    0.01

    Source: Vaswani et al., "Attention Is All You Need", 2017.
    """
    decay = inverse_sqrt_decay(factor / model_size.sqrt(), 1)
    return delay(warmup(delay(decay, 1 - warmup_steps), warmup_steps), -1)
