"""The one list of examples: every public factory, its hyperparameters with settings, its hard numbers, its picture.

Decays, combinators and presets, their tests, the gallery and the benchmarks' contenders follow from it. Whoever adds a
factory adds an example here; tests/test_complete.py names the other places.
"""

import inspect
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import numpy as np

import optax_decay as od

# Columns of the settings. Numbers near and far are binary fractions, so that a traced value and a Python float that
# prints as a decimal mean the same.
NEAR, FAR, DECIMALS = range(3), 3, 4

PEAKS, ENDS, SHARES = (0.5, 0.25, 1.5, 0.5, 0.1), (0.125, 0.0625, 0.0, 0.125, 0.01), (0.125, 0.5, 0.25, 0.125, 0.1)
LENGTHS, OTHERS, RISES = (100, 64, 7, 10**8, 33.3), (40, 96, 250, 3, 2.5), (10, 40, 25, 10**6, 3.7)

Given = dict[str, Any]


class Example(NamedTuple):
    """A schedule of a module, the package or the oracle, made from hyperparameters.

    `over` makes a combinator's of any base. `hard` holds numbers that are hard to be accurate for, without the length.
    `pictures` are what the manual's gallery draws.
    """

    factory: str
    make: Callable[..., Any]
    settings: Given
    over: Callable[..., Any] | None = None
    hard: tuple[Given, ...] = ()
    pictures: tuple[str, ...] = ()

    def setting(self, n: int, lengths: Callable[[Any], Any] | None = None) -> Given:
        """The n-th setting of every hyperparameter, steps as they are, or as ints or floats."""
        cast = lengths or (lambda steps: steps)
        column = lambda x: x[n % len(x)]  # noqa: E731
        take = lambda name, x: cast(column(x)) if is_length(name) else column(x)  # noqa: E731
        return {k: tuple(take(k, x) for x in v) if _is_list(v) else take(k, v) for k, v in self.settings.items()}

    def own(self, n: int) -> Given:
        """A combinator's own part of a setting, for `over`."""
        return {name: value for name, value in self.setting(n).items() if name not in _BASE}

    def swept(self, lengths: Callable[[Any], Any] = int) -> Given:
        """All near settings at once: arrays to map over."""
        columns = [self.setting(n, lengths) for n in NEAR]
        stack = lambda *xs: np.array(xs, np.float32 if isinstance(xs[0], float) else np.int32)  # noqa: E731
        return jax.tree.map(stack, *columns)

    def with_(self, **static: Any) -> "Example":
        """The same with arguments that no sweep changes."""
        make, over = self.make, self.over
        return self._replace(
            make=lambda m, **given: make(m, **given, **static),
            over=over and (lambda m, base, **given: over(m, base, **given, **static)),
            hard=(),
            pictures=(),
        )

    def pictured(self, expression: str) -> "Example":
        return self._replace(pictures=(*self.pictures, expression))


_BASE = ("peak", "base_steps")


def is_length(name: str) -> bool:
    return name.endswith(("steps", "boundaries"))


def _is_list(settings: Any) -> bool:
    return isinstance(settings[0], tuple)


def _plain(name: str, *hard: Given, **settings: Any) -> Example:
    return Example(name, lambda m, **given: getattr(m, name)(**given), settings, hard=hard)


def _over(name: str, **settings: Any) -> Example:
    """A combinator; unless it is given a base, over one that is swept as well."""

    def over(m: Any, base: Any, **given: Any) -> Any:
        return getattr(m, name)(base, **given)

    def make(m: Any, peak: Any, base_steps: Any, **given: Any) -> Any:
        return over(m, m.cosine_decay(peak, base_steps, 0.125), **given)

    return Example(name, make, {"peak": PEAKS, "base_steps": LENGTHS, **settings}, over)


def _sequence(m: Any, base: Any, first_steps: Any, second_steps: Any, end: Any) -> Any:
    return m.sequence((end, first_steps), (base, second_steps), m.linear_decay(end, 500, 0.25))


def _shaped(name: str, example: Example) -> Example:
    """A phase with a shape that is a schedule."""

    def over(m: Any, base: Any, **given: Any) -> Any:
        return getattr(m, name)(base, shape=m.polynomial_decay(1, 1, 0, 2), **given)

    def make(m: Any, peak: Any, base_steps: Any, **given: Any) -> Any:
        return over(m, m.cosine_decay(peak, base_steps, 0.125), **given)

    return example._replace(make=make, over=over)


_DECAY = {"init_value": PEAKS, "decay_steps": LENGTHS}
_TO_END = {**_DECAY, "end_value": ENDS}
_COSINES = {"num_periods": (0.5, 2.0, 1.25), "alpha": SHARES, "beta": (0.125, 0.0, 0.0625)}
_LISTS = {"boundaries": ((20, 30, 7, 5, 2.5), (70, 64, 8, 10**8, 33.3)), "values": (PEAKS, ENDS, SHARES)}
_CYCLES = {"m_mul": (0.875, 1.0, 0.5, 0.875, 0.9), "baseline": ENDS}
_WHOLE, _REAL = (2, 1, 3, 2, 3), (1.5, 1.0, 1.125, 2.0, 1.1)

_EXPONENTIAL = _plain(
    "exponential_decay",
    {"init_value": 0.1, "decay_rate": 0.96},
    {"init_value": 0.3, "decay_rate": 0.001},
    {"init_value": 7.3, "decay_rate": 0.9, "staircase": True},
    {"init_value": 1e-3, "decay_rate": 1.01},
    **_DECAY,
    decay_rate=(0.5, 0.875, 1.25, 0.75, 0.9),
)
_POLYNOMIAL = _plain(
    "polynomial_decay",
    {"init_value": 0.1},
    {"init_value": 0.1, "end_value": 0.01, "power": 2.0},
    {"init_value": 0.1, "end_value": 0.0, "power": 0.5},
    {"init_value": 0.1, "end_value": 1e-3, "power": 1.7},
    {"init_value": 1e-4, "end_value": 0.3, "power": 0.9},
    {"init_value": 1e-4, "end_value": 3.0, "power": 3.0},
    {"init_value": 0.1, "end_value": -0.05, "power": 1.5},
    **_TO_END,
    power=(2.5, 1.0, 0.5, 2.0, 1.5),
)
_RESTARTS = _over("warm_restarts", cycle_steps=OTHERS, **_CYCLES)
_CYCLIC = _over("cyclic", fall_steps=OTHERS, rise_steps=RISES, **_CYCLES)
_WARMUP = _over("warmup", steps=(20, 0, 7, 10**6, 3.7), init_value=ENDS)
_COOLDOWN = _over("cooldown", begin=(60, 0, 7, 10**6, 33.3), steps=OTHERS, end_value=ENDS)

EXAMPLES = {
    "constant": _plain("constant", {"value": 0.1}, value=PEAKS).pictured("constant(0.1)"),
    "exponential_decay": _EXPONENTIAL.pictured(
        "exponential_decay(0.1, 60, 0.5, staircase=True)"
    ),
    "exponential_decay in stairs": _EXPONENTIAL.with_(staircase=True),
    "natural_exp_decay": _plain(
        "natural_exp_decay",
        {"init_value": 0.1, "decay_rate": 0.5},
        {"init_value": 9.7, "decay_rate": 17.3, "staircase": True},
        **_DECAY,
        decay_rate=(0.5, -0.0625, 1.25, 0.5, 0.7),
    ).pictured("natural_exp_decay(0.1, 60, 0.5, staircase=True)"),
    "inverse_time_decay": (
        _INVERSE := _plain(
            "inverse_time_decay",
            {"init_value": 0.1, "decay_rate": 0.5},
            {"init_value": 0.7, "decay_rate": 30.0, "staircase": True},
            **_DECAY,
            decay_rate=(0.5, 0.0, 1.25, 0.5, 0.7),
        )
    ).pictured("inverse_time_decay(0.1, 60, 1.0, staircase=True)"),
    "inverse_time_decay in stairs": _INVERSE.with_(staircase=True),
    "polynomial_decay": _POLYNOMIAL.pictured("polynomial_decay(0.1, 240, 0.01, power=2.0)"),
    "polynomial_decay in cycles": _POLYNOMIAL.with_(cycle=True),
    "linear_decay": _plain("linear_decay", {"init_value": 0.1}, **_TO_END).pictured("linear_decay(0.1, 240)"),
    "piecewise_constant": _plain(
        "piecewise_constant", {"boundaries": (7, 1000, 3 * 10**8), "values": (0.1, 0.3, -1e-3, 7.3)}, **_LISTS
    ).pictured("piecewise_constant([80, 160, 240], [0.1, 0.05, 0.02, 0.01])"),
    "piecewise_linear": _plain(
        "piecewise_linear",
        {"boundaries": (7, 1000, 3 * 10**8), "values": (0.1, 0.3, 1e-3)},
        {"boundaries": (7, 1000, 1000, 3 * 10**8), "values": (0.1, 0.3, 1e-3, 0.2)},
        boundaries=(*_LISTS["boundaries"], (300, 201, 1000, 10**9, 100.1)),
        values=_LISTS["values"],
    ).pictured("piecewise_linear([0, 40, 160, 260], [0.02, 0.1, 0.04, 0.0])"),
    "cosine_decay": _plain(
        "cosine_decay",
        {"init_value": 0.1},
        {"init_value": 0.3, "alpha": 0.1},
        {"init_value": 1e-3, "alpha": 40.0},
        {"init_value": 0.1, "alpha": -0.5},
        **_DECAY,
        alpha=SHARES,
    ).pictured("cosine_decay(0.1, 240, alpha=0.1)"),
    "linear_cosine_decay": _plain(
        "linear_cosine_decay",
        {"init_value": 0.1},
        {"init_value": 0.1, "num_periods": 2.0, "alpha": 0.1, "beta": 0.0},
        **_DECAY,
        **_COSINES,
    ).pictured("linear_cosine_decay(0.1, 240, num_periods=3.5, beta=0.0)"),
    "noisy_linear_cosine_decay": _plain(
        "noisy_linear_cosine_decay",
        {"init_value": 0.1, "seed": 3, "initial_variance": 0.0},  # noise is drawn, not defined
        **_DECAY,
        **_COSINES,
        seed=(3, 5, 7),
        initial_variance=(0.5, 1.0, 0.0),
        variance_decay=(0.5, 1.0, 0.75),
    ).pictured(
        "noisy_linear_cosine_decay(0.1, 240, seed=0, initial_variance=0.02)"
    ),
    "inverse_sqrt_decay": _plain(
        "inverse_sqrt_decay", {"init_value": 0.1}, init_value=PEAKS, timescale=(100.0, 7.0, 12.5, 1e8, 33.3)
    ).pictured("inverse_sqrt_decay(0.1, 20)"),
    "one_minus_sqrt_decay": _plain(
        "one_minus_sqrt_decay", {"init_value": 0.1}, {"init_value": 1e-3, "end_value": 0.7}, **_TO_END
    ).pictured("one_minus_sqrt_decay(0.1, 240)"),
    "tanh_decay": _plain(
        "tanh_decay",
        {"init_value": 0.1},
        {"init_value": 1e-4, "end_value": 0.3, "lower": -3.0, "upper": 2.0},
        **_TO_END,
        lower=(-7.0, -2.0, -4.0),
        upper=(3.0, 2.5, 1.0),
    ).pictured("tanh_decay(0.1, 240)"),
    "rex_decay": _plain("rex_decay", {"init_value": 0.1}, {"init_value": 1e-3, "end_value": 0.5}, **_TO_END).pictured(
        "rex_decay(0.1, 240)"
    ),
    "warm_restarts": _RESTARTS.pictured(
        "warm_restarts(cosine_decay(0.1, 60), 60, m_mul=0.8)"
    ),
    "warm_restarts of growing cycles": _RESTARTS.with_(t_mul=1.5),
    "warm_restarts, t_mul whole": _over("warm_restarts", cycle_steps=OTHERS, t_mul=_WHOLE, **_CYCLES),
    "warm_restarts, t_mul real": _over("warm_restarts", cycle_steps=OTHERS, t_mul=(1.0, *_REAL[1:]), **_CYCLES),
    "warm_restarts, ever shorter": _over(
        "warm_restarts", cycle_steps=OTHERS, t_mul=(0.5, 0.75, 0.875), cycles=(6, 5, 40), **_CYCLES
    ),
    "warm_restarts, cycles": _over("warm_restarts", cycle_steps=OTHERS, cycles=(2, 1, 3), **_CYCLES).with_(t_mul=2),
    "warm_restarts, not stretched": _RESTARTS.with_(t_mul=1.5, stretch=False).pictured(
        "warm_restarts(warmup(0.1, 30), 40, t_mul=2, stretch=False)"
    ),
    "warm_restarts, not stretched, t_mul whole": _over(
        "warm_restarts", cycle_steps=OTHERS, t_mul=_WHOLE, cycles=(2, 1, 3), **_CYCLES
    ).with_(stretch=False),
    "warm_restarts, not stretched, t_mul real": _over(
        "warm_restarts", cycle_steps=OTHERS, t_mul=(1.0, *_REAL[1:]), cycles=(2, 1, 3), **_CYCLES
    ).with_(stretch=False),
    "cyclic": _CYCLIC.pictured("cyclic(cosine_decay(0.1, 60), 60, rise_steps=30)"),
    "cyclic, as long up as down": _over("cyclic", fall_steps=OTHERS, cycles=(2, 1, 3), **_CYCLES),
    "cyclic, t_mul whole": _over("cyclic", fall_steps=OTHERS, rise_steps=RISES, t_mul=_WHOLE, **_CYCLES),
    "cyclic, t_mul real": _over("cyclic", fall_steps=OTHERS, rise_steps=RISES, t_mul=_REAL, **_CYCLES),
    "expanding_cycle": _over("expanding_cycle", decay_steps=OTHERS).pictured(
        "expanding_cycle(cosine_decay(0.1, 75), 75)"
    ),
    "delay": _over("delay", steps=OTHERS)
    .pictured("delay(cosine_decay(0.1, 200), 60)")
    .pictured("delay(cosine_decay(0.1, 240), -60)"),
    "delay, looking ahead": _over("delay", steps=(-40, -96, -250, -3, -2.5)),
    "hold": _over("hold", steps=(40, 0, 250, 10**6, 33.3)).pictured(
        "hold(cosine_decay(0.1, 240), 120)"
    ),
    "warp": _over("warp", steps=OTHERS, power=(1.5, 2.0, 0.75, 3.0, 2.5)).pictured(
        "warp(cosine_decay(0.1, 240), 240, 2)"
    ),
    "warp, whole": _over("warp", steps=OTHERS).with_(power=3),
    "stretch": _over("stretch", factor=(2.5, 3.0, 0.75, 3.0, 3.7)).pictured(
        "stretch(cosine_decay(0.1, 120), 2)"
    ),
    "per_step": _over("per_step", amount=(2.5, 3.0, 0.75, 3.0, 3.7)).pictured(
        "per_step(cosine_decay(0.1, 480), 2)"
    ),
    "staircase": _over("staircase", steps=(20, 7, 3, 12_345, 2.5)).pictured(
        "staircase(cosine_decay(0.1, 240), 30)"
    ),
    "reverse": _over("reverse", steps=OTHERS).pictured("reverse(rex_decay(0.1, 240), 240)"),
    "sequence": Example(
        "sequence",
        lambda m, peak, base_steps, **given: _sequence(m, m.cosine_decay(peak, base_steps), **given),
        {"peak": PEAKS, "base_steps": LENGTHS, "first_steps": (20, 0, 7, 10**6, 3.7), "second_steps": OTHERS,
         "end": ENDS},
        _sequence,
    ).pictured("sequence((0.03, 60), (linear_decay(0.1, 120), 100), cosine_decay(0.06, 140))"),
    "warmup": _WARMUP
    .pictured("warmup(cosine_decay(0.1, 200), 60)")
    .pictured("warmup(warm_restarts(rex_decay(0.1, 80), 80), 60)"),
    "warmup, cosine": _WARMUP.with_(shape="cosine").pictured("warmup(cosine_decay(0.1, 200), 60, shape='cosine')"),
    "warmup, one_minus_sqrt": _WARMUP.with_(shape="one_minus_sqrt"),
    "warmup, a square": _shaped("warmup", _WARMUP).pictured(
        "warmup(cosine_decay(0.1, 200), 60, shape=polynomial_decay(1, 1, 0, 2))"
    ),
    "cooldown": _COOLDOWN.pictured("cooldown(0.1, 150, 100)").pictured(
        "cooldown(cyclic(linear_decay(0.1, 30, 0.04), 30), 210, 60)"
    ),
    "cooldown, cosine": _COOLDOWN.with_(shape="cosine").pictured("cooldown(0.1, 150, 100, shape='cosine')"),
    "cooldown, one_minus_sqrt": _COOLDOWN.with_(shape="one_minus_sqrt").pictured(
        "cooldown(0.1, 150, 100, shape='one_minus_sqrt')"
    ),
    "cooldown, a square": _shaped("cooldown", _COOLDOWN),
    "clip": _over(
        "clip", min_value=(0.125, 0.0, 0.25, 0.125, 0.03), max_value=(0.375, 0.125, 1.0, 0.375, 0.07)
    ).pictured("clip(cosine_decay(0.1, 240), min_value=0.02, max_value=0.08)"),
    "cast": _over("cast")
    .with_(dtype="float32")
    .pictured("cast(cosine_decay(0.1, 240), 'float8_e4m3fn')"),
    "jitter": _over("jitter", seed=(3, 5, 7), stddev=(0.125, 0.0, 0.5)).pictured(
        "jitter(cosine_decay(0.1, 240), seed=0, stddev=0.1)"
    ),
    "scheduled": Example(
        "scheduled",
        lambda m, peak, decay_steps, end: m.scheduled(
            m.polynomial_decay, init_value=m.linear_decay(peak, 500), decay_steps=decay_steps, end_value=end
        ),
        {"peak": PEAKS, "decay_steps": LENGTHS, "end": ENDS},
    ).pictured("scheduled(polynomial_decay, init_value=triangular(0.05, 0.1, 20), decay_steps=240)"),
    "as_schedule": Example("as_schedule", lambda m, peak: m.as_schedule(peak), {"peak": PEAKS})
    .pictured("0.5 * cosine_decay(0.1, 240) + 0.02")
    .pictured("as_schedule(0.05) + 0.5 * cyclic(linear_decay(0.1, 20), 20) * cosine_decay(1.0, 300)"),
    "schedule": Example(
        "schedule",
        lambda m, peak, steps: m.schedule(lambda peak, steps: lambda t: peak / (1 + t / steps))(peak, steps),
        {"peak": PEAKS, "steps": LENGTHS},
    ).pictured("sawtooth(0.1, 50)"),
    "cosine_decay_restarts": _plain(
        "cosine_decay_restarts",
        init_value=PEAKS, first_decay_steps=LENGTHS, t_mul=_WHOLE, m_mul=(0.875, 1.0, 0.5, 0.875, 0.9), alpha=SHARES,
    ).pictured("cosine_decay_restarts(0.1, 40, m_mul=0.8, alpha=0.1)"),
    "triangular": _plain("triangular", min_value=ENDS, max_value=PEAKS, step_size=LENGTHS).pictured(
        "triangular(0.01, 0.1, 40)"
    ),
    "triangular2": _plain("triangular2", min_value=ENDS, max_value=PEAKS, step_size=LENGTHS).pictured(
        "triangular2(0.01, 0.1, 40)"
    ),
    "exp_range": _plain(
        "exp_range", min_value=ENDS, max_value=PEAKS, step_size=LENGTHS,
        gamma=(1 - 2.0**-10, 1.0, 1 - 2.0**-7, 1 - 2.0**-20, 0.999),
    ).pictured("exp_range(0.01, 0.1, 40, 0.995)"),
    "one_cycle": _plain(
        "one_cycle", peak_value=PEAKS, total_steps=(200, 101, 1000, 10**8, 333),
        rise_fraction=(0.25, 0.0, 0.375, 0.25, 0.3), div_factor=(25.0, 8.0, 2.0), final_div_factor=(1024.0, 1.0, 100.0),
    ).pictured("one_cycle(0.1, 300)"),
    "warmup_cosine_decay": _plain(
        "warmup_cosine_decay", peak_value=PEAKS, warmup_steps=(20, 0, 7, 10**6, 3.7),
        total_steps=(200, 101, 1000, 10**8, 333.3), init_value=SHARES, end_value=ENDS,
    ).pictured("warmup_cosine_decay(0.1, 60, 280, end_value=0.01)"),
    "warmup_stable_decay": _plain(
        "warmup_stable_decay", peak_value=PEAKS, warmup_steps=(20, 0, 7, 10**6, 3.7),
        total_steps=(200, 101, 1000, 10**8, 333.3), cooldown_steps=(100, 50, 500, 10**7, 33.3), init_value=SHARES,
        end_value=ENDS,
    ).pictured("warmup_stable_decay(0.1, 40, 280, 100)"),
    "warmup_stable_decay, one_minus_sqrt": _plain(
        "warmup_stable_decay", peak_value=PEAKS, warmup_steps=(0, 20, 7, 10**6, 3.7),
        total_steps=(200, 101, 1000, 10**8, 333.3), cooldown_steps=(100, 50, 500, 10**7, 33.3), end_value=ENDS,
    ).with_(shape="one_minus_sqrt"),
    "noam": _plain("noam", model_size=(512, 64, 100), warmup_steps=(40, 4000, 7, 10**6, 3.7), factor=PEAKS).pictured(
        "noam(512, 60, factor=17.5)"
    ),
}  # fmt: skip


def room(factory: str) -> str:
    """The module of the package that a factory lives in: `decays`, `clocks`, ..."""
    return file_of(factory).split("/")[1].removesuffix(".py").lstrip("_")


def file_of(factory: str) -> str:
    """The file that a factory is written in."""
    return inspect.unwrap(getattr(od, factory)).__globals__["__name__"].replace(".", "/") + ".py"


def of_rooms(*rooms: str) -> Iterator[str]:
    return (name for name in EXAMPLES if room(EXAMPLES[name].factory) in rooms)


DECAYS = list(of_rooms("decays"))
COMBINATORS = [name for name in EXAMPLES if EXAMPLES[name].over]
# Combinators under which a base runs in cycles.
MODES = [name for name in COMBINATORS if EXAMPLES[name].factory in ("warm_restarts", "cyclic", "expanding_cycle")]
PRESETS = list(of_rooms("presets"))
