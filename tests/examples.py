"""Every public factory, with the hyperparameters that a sweep changes, three settings of each.

Numbers are binary fractions, so that a traced value and a Python float that prints as a decimal mean the same.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import jax
import numpy as np
import pytest

PEAKS, ENDS, SHARES, LENGTHS = (0.5, 0.25, 1.5), (0.125, 0.0625, 0.0), (0.125, 0.5, 0.25), (100, 64, 7)
OTHERS = (40, 96, 250)


class Example(NamedTuple):
    """A schedule of a module, the package or the oracle, made from hyperparameters; and settings of these."""

    make: Callable[..., Any]
    settings: dict[str, Any]

    def setting(self, n: int, lengths: type = int) -> dict[str, Any]:
        """The n-th setting of every hyperparameter, steps as ints or as floats."""
        take = lambda name, x: lengths(x[n]) if name.endswith(("steps", "boundaries")) else x[n]  # noqa: E731
        return {k: tuple(take(k, x) for x in v) if _is_list(v) else take(k, v) for k, v in self.settings.items()}

    def swept(self, lengths: type = int) -> dict[str, Any]:
        """All settings at once: arrays to map over."""
        columns = [self.setting(n, lengths) for n in range(3)]
        stack = lambda *xs: np.array(xs, np.float32 if isinstance(xs[0], float) else np.int32)  # noqa: E731
        return jax.tree.map(stack, *columns)


def _is_list(settings: Any) -> bool:
    return isinstance(settings[0], tuple)


def _plain(name: str, **settings: Any) -> Example:
    return Example(lambda m, **given: getattr(m, name)(**given), settings)


def _over(name: str, static: dict[str, Any] | None = None, **settings: Any) -> Example:
    """A combinator over a base that is swept as well."""

    def make(m: Any, peak: Any, base_steps: Any, **given: Any) -> Any:
        return getattr(m, name)(m.cosine_decay(peak, base_steps, 0.125), **given, **(static or {}))

    return Example(make, {"peak": PEAKS, "base_steps": LENGTHS, **settings})


def _fixed(example: Example, **static: Any) -> Example:
    return Example(lambda m, **given: example.make(m, **given, **static), example.settings)


_DECAY = {"init_value": PEAKS, "decay_steps": LENGTHS}
_TO_END = {**_DECAY, "end_value": ENDS}
_EXPONENTIAL = _plain("exponential_decay", **_DECAY, decay_rate=(0.5, 0.875, 1.25))
_POLYNOMIAL = _plain("polynomial_decay", **_TO_END, power=(2.5, 1.0, 0.5))
_COSINES = {"num_periods": (0.5, 2.0, 1.25), "alpha": SHARES, "beta": (0.125, 0.0, 0.0625)}
_LISTS = {"boundaries": ((20, 30, 7), (70, 64, 8)), "values": (PEAKS, ENDS, SHARES)}
_CYCLES = {"m_mul": (0.875, 1.0, 0.5), "baseline": ENDS}

EXAMPLES = {
    "constant": _plain("constant", value=PEAKS),
    "exponential_decay": _EXPONENTIAL,
    "exponential_decay in stairs": _fixed(_EXPONENTIAL, staircase=True),
    "natural_exp_decay": _plain("natural_exp_decay", **_DECAY, decay_rate=(0.5, -0.0625, 1.25)),
    "inverse_time_decay": _plain("inverse_time_decay", **_DECAY, decay_rate=(0.5, 0.0, 1.25)),
    "polynomial_decay": _POLYNOMIAL,
    "polynomial_decay in cycles": _fixed(_POLYNOMIAL, cycle=True),
    "linear_decay": _plain("linear_decay", **_TO_END),
    "piecewise_constant": _plain("piecewise_constant", **_LISTS),
    "piecewise_linear": _plain(
        "piecewise_linear", boundaries=(*_LISTS["boundaries"], (300, 201, 1000)), values=_LISTS["values"]
    ),
    "cosine_decay": _plain("cosine_decay", **_DECAY, alpha=SHARES),
    "linear_cosine_decay": _plain("linear_cosine_decay", **_DECAY, **_COSINES),
    "noisy_linear_cosine_decay": _plain(
        "noisy_linear_cosine_decay",
        **_DECAY, **_COSINES, seed=(3, 5, 7), initial_variance=(0.5, 1.0, 0.0), variance_decay=(0.5, 1.0, 0.75),
    ),
    "inverse_sqrt_decay": _plain("inverse_sqrt_decay", init_value=PEAKS, timescale=(100.0, 7.0, 12.5)),
    "one_minus_sqrt_decay": _plain("one_minus_sqrt_decay", **_TO_END),
    "tanh_decay": _plain("tanh_decay", **_TO_END, lower=(-7.0, -2.0, -4.0), upper=(3.0, 2.5, 1.0)),
    "rex_decay": _plain("rex_decay", **_TO_END),
    "warm_restarts": _over("warm_restarts", cycle_steps=OTHERS, **_CYCLES),
    "warm_restarts of growing cycles": _over("warm_restarts", {"t_mul": 1.5}, cycle_steps=OTHERS, **_CYCLES),
    "warm_restarts, t_mul whole": _over("warm_restarts", cycle_steps=OTHERS, t_mul=(2, 1, 3), **_CYCLES),
    "warm_restarts, t_mul real": _over("warm_restarts", cycle_steps=OTHERS, t_mul=(1.0, 1.5, 1.125), **_CYCLES),
    "warm_restarts, ever shorter": _over(
        "warm_restarts", cycle_steps=OTHERS, t_mul=(0.5, 0.75, 0.875), cycles=(6, 5, 40), **_CYCLES
    ),
    "warm_restarts, cycles": _over("warm_restarts", {"t_mul": 2}, cycle_steps=OTHERS, cycles=(2, 1, 3), **_CYCLES),
    "cyclic": _over("cyclic", fall_steps=OTHERS, cycles=(2, 1, 3), **_CYCLES),
    "cyclic, t_mul whole": _over("cyclic", fall_steps=OTHERS, rise_steps=(10, 40, 25), t_mul=(2, 1, 3), **_CYCLES),
    "cyclic, t_mul real": _over(
        "cyclic", fall_steps=OTHERS, rise_steps=(10, 40, 25), t_mul=(1.5, 2.0, 1.125), **_CYCLES
    ),
    "expanding_cycle": _over("expanding_cycle", decay_steps=OTHERS),
    "delay": _over("delay", steps=OTHERS),
    "stretch": _over("stretch", factor=(2.5, 3.0, 0.75)),
    "per_step": _over("per_step", amount=(2.5, 3.0, 0.75)),
    "staircase": _over("staircase", steps=(20, 7, 3)),
    "reverse": _over("reverse", steps=OTHERS),
    "sequence": Example(
        lambda m, peak, first_steps, second_steps, end: m.sequence(
            (peak, first_steps), (m.cosine_decay(peak, second_steps), second_steps), m.linear_decay(peak, 500, end)
        ),
        {"peak": PEAKS, "first_steps": (20, 0, 7), "second_steps": OTHERS, "end": ENDS},
    ),
    "warmup": _over("warmup", steps=(20, 0, 7), init_value=ENDS),
    "cooldown": _over("cooldown", begin=(60, 0, 7), steps=OTHERS, end_value=ENDS),
    "cooldown, cosine": _over("cooldown", {"shape": "cosine"}, begin=(60, 0, 7), steps=OTHERS, end_value=ENDS),
    "clip": _over("clip", min_value=(0.125, 0.0, 0.25), max_value=(0.375, 0.125, 1.0)),
    "cast": _over("cast", {"dtype": "float32"}),
    "jitter": _over("jitter", seed=(3, 5, 7), stddev=(0.125, 0.0, 0.5)),
    "scheduled": Example(
        lambda m, peak, decay_steps, end: m.scheduled(
            m.polynomial_decay, init_value=m.linear_decay(peak, 500), decay_steps=decay_steps, end_value=end
        ),
        {"peak": PEAKS, "decay_steps": LENGTHS, "end": ENDS},
    ),
    "as_schedule": Example(lambda m, peak: m.as_schedule(peak), {"peak": PEAKS}),
    "schedule": Example(
        lambda m, peak, steps: m.schedule(lambda peak, steps: lambda t: peak / (1 + t / steps))(peak, steps),
        {"peak": PEAKS, "steps": LENGTHS},
    ),
    "cosine_decay_restarts": _plain(
        "cosine_decay_restarts",
        init_value=PEAKS, first_decay_steps=LENGTHS, t_mul=(2, 1, 3), m_mul=(0.875, 1.0, 0.5), alpha=SHARES,
    ),
    "triangular": _plain("triangular", min_value=ENDS, max_value=PEAKS, step_size=LENGTHS),
    "triangular2": _plain("triangular2", min_value=ENDS, max_value=PEAKS, step_size=LENGTHS),
    "exp_range": _plain(
        "exp_range", min_value=ENDS, max_value=PEAKS, step_size=LENGTHS, gamma=(1 - 2.0**-10, 1.0, 1 - 2.0**-7)
    ),
    "one_cycle": _plain(
        "one_cycle", peak_value=PEAKS, total_steps=(200, 101, 1000), rise_fraction=(0.25, 0.5, 0.375),
        div_factor=(25.0, 8.0, 2.0), final_div_factor=(1024.0, 1.0, 100.0),
    ),
    "warmup_cosine_decay": _plain(
        "warmup_cosine_decay", peak_value=PEAKS, warmup_steps=(20, 0, 7), total_steps=(200, 101, 1000),
        init_value=SHARES, end_value=ENDS,
    ),
    "warmup_stable_decay": _plain(
        "warmup_stable_decay", peak_value=PEAKS, warmup_steps=(20, 0, 7), total_steps=(200, 101, 1000),
        cooldown_steps=(100, 50, 500), end_value=ENDS,
    ),
    "noam": _plain("noam", model_size=(512, 64, 100), warmup_steps=(40, 4000, 7), factor=PEAKS),
}  # fmt: skip


def mostly_slow(parameters: Iterable[Any], *quick: Any) -> list[Any]:
    """All parameters; those not among the quick ones are left to the slow run."""
    return [pytest.param(p, marks=[] if p in quick else [pytest.mark.slow]) for p in parameters]


def few(*names: str) -> Any:
    """All examples; those not named are left to the slow run."""
    return pytest.mark.parametrize("name", mostly_slow(EXAMPLES, *names))


# One example of every way in which a value comes about.
VARIED = (
    "constant", "exponential_decay", "exponential_decay in stairs", "inverse_time_decay", "polynomial_decay",
    "polynomial_decay in cycles", "piecewise_constant", "piecewise_linear", "cosine_decay",
    "noisy_linear_cosine_decay", "one_minus_sqrt_decay", "warm_restarts", "warm_restarts of growing cycles",
    "cyclic, t_mul real", "stretch", "reverse", "sequence", "warmup", "cooldown", "cast", "jitter", "scheduled",
    "as_schedule",
)  # fmt: skip
varied = few(*VARIED)
# One of every kind, where an example takes a second or more.
handful = few(
    "exponential_decay", "polynomial_decay in cycles", "piecewise_constant", "cosine_decay",
    "warm_restarts of growing cycles", "sequence", "warmup", "scheduled",
)  # fmt: skip
