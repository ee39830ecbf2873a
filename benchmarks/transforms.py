"""What do sweeps and gradients do: ours, and optax's?

    python -m benchmarks.transforms

For every schedule that both have and each of its hyperparameters, lengths as ints and as floats: can one compiled
program (`jit` of `vmap`) serve a sweep over it, and are the values those of the definition in float64? Are gradients,
with respect to it and to a count that is a real number, those of the definition by differences in float64: at the
beginning, in the middle, at each corner and beyond the end? At a corner anything between the slopes of both sides is
right, at a jump the slope of either side; a NaN never is, nor an infinity where a side has a finite slope.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from tqdm import tqdm

import optax_decay as od
from benchmarks import harness

# In parts of the largest value; and of the slope, or of the value where that is larger.
MOST_OFF, MOST_OFF_SLOPE = 1e-5, 1e-4
# What is moved by its 1e-6th; a slope so many times the value is that of a jump.
STEP, JUMP = 1e-6, 1e3

Exact = Callable[..., float]


class Setting(NamedTuple):
    """A hyperparameter: its value, and what a sweep replaces that with."""

    value: Any
    swept: tuple[Any, ...]


class Case(NamedTuple):
    """A schedule of ours, optax's twin, and the definition in float64 as a function of the count, all by name."""

    ours: Callable[..., Any]
    optax: Callable[..., Any]
    exact: Exact
    settings: dict[str, Setting]
    times: tuple[float, ...]

    def numbers(self, **changes: Any) -> dict[str, Any]:
        return {name: setting.value for name, setting in self.settings.items()} | changes


def half_wave(p: float) -> float:
    """From 1 down to 0."""
    return math.cos(math.pi / 2 * p) ** 2


def exponential(t: float, peak: float, steps: float, rate: float) -> float:
    return peak * rate ** (t / steps)


def stairs(t: float, peak: float, steps: float, rate: float) -> float:
    return peak * rate ** math.floor(t / steps)


def polynomial(t: float, peak: float, steps: float, end: float, power: float) -> float:
    return (peak - end) * (1 - min(t / steps, 1)) ** power + end


def cosine(t: float, peak: float, steps: float, alpha: float) -> float:
    return peak * ((1 - alpha) * half_wave(min(t / steps, 1)) + alpha)


def piecewise_constant(t: float, peak: float, first: float, second: float, scale: float) -> float:
    """With optax's boundaries, which are ours and one more."""
    return peak * scale ** ((t >= first) + (t >= second))


def piecewise_linear(t: float, peak: float, first: float, second: float, scale: float) -> float:
    return float(np.interp(t, (0, first, second), (peak, peak * scale, peak * scale * scale)))


def warmup_cosine(t: float, start: float, peak: float, warmup: float, steps: float, end: float) -> float:
    if t < warmup:
        return start + (peak - start) * t / warmup
    return end + (peak - end) * half_wave(min((t - warmup) / (steps - warmup), 1))


def one_cycle(t: float, peak: float, steps: float, rise: float, div: float, final: float) -> float:
    top, begin, end = rise * steps, peak / div, peak / (div * final)
    if t < top:
        return peak + (begin - peak) * half_wave(t / top)
    return end + (peak - end) * half_wave(min((t - top) / (steps - top), 1))


def restarts(t: float, peak: float, steps: float, t_mul: float) -> float:
    begin, length = 0.0, steps
    for _ in range(CYCLES - 1):
        if t < begin + length:
            break
        begin, length = begin + length, length * t_mul
    return peak * half_wave(min((t - begin) / length, 1))


def joined(t: float, peak: float, boundary: float, steps: float) -> float:
    return peak if t < boundary else peak * (1 - min((t - boundary) / steps, 1))


CYCLES = 4
PEAKS, ENDS, LENGTHS = (0.5, 0.25, 1.5), (0.125, 0.0625, 0.25), (100, 64, 200)
PEAK, END, LENGTH = Setting(0.5, PEAKS), Setting(0.125, ENDS), Setting(100, LENGTHS)
RATE, SCALE = Setting(0.75, (0.75, 0.5, 1.25)), Setting(0.5, (0.5, 0.25, 0.75))
TIMES = (0, 33, 50, 100, 101, 250)
POINTS = {"peak": PEAK, "first": Setting(40, (40, 50, 10)), "second": Setting(100, (100, 75, 200)), "scale": SCALE}


def optax_restarts(peak: Any, steps: Any, t_mul: Any) -> Any:
    return optax.sgdr_schedule(
        {"init_value": peak, "peak_value": peak, "warmup_steps": 0, "decay_steps": steps * t_mul**i}
        for i in range(CYCLES)
    )


POLYNOMIAL = Case(
    lambda peak, steps, end, power: od.polynomial_decay(peak, steps, end, power),
    lambda peak, steps, end, power: optax.polynomial_schedule(peak, end, power, steps),
    polynomial,
    {"peak": PEAK, "steps": LENGTH, "end": END, "power": Setting(2.5, (2.5, 1.0, 3.0))},
    TIMES,
)
ROOT = POLYNOMIAL._replace(settings=POLYNOMIAL.settings | {"power": Setting(0.5, (0.5, 0.25, 0.75))})
CASES = {
    "exponential": Case(
        lambda peak, steps, rate: od.exponential_decay(peak, steps, rate),
        lambda peak, steps, rate: optax.exponential_decay(peak, steps, rate),
        exponential,
        {"peak": PEAK, "steps": LENGTH, "rate": RATE},
        TIMES,
    ),
    "stairs": Case(
        lambda peak, steps, rate: od.exponential_decay(peak, steps, rate, staircase=True),
        lambda peak, steps, rate: optax.exponential_decay(peak, steps, rate, staircase=True),
        stairs,
        {"peak": PEAK, "steps": LENGTH, "rate": RATE},
        (*TIMES, 99, 200, 300),
    ),
    "linear": Case(
        lambda peak, steps, end: od.linear_decay(peak, steps, end),
        lambda peak, steps, end: optax.linear_schedule(peak, end, steps),
        lambda t, peak, steps, end: polynomial(t, peak, steps, end, 1),
        {"peak": PEAK, "steps": LENGTH, "end": END},
        TIMES,
    ),
    "polynomial": POLYNOMIAL,
    # A length whose reciprocal is exact, and one whose is not: compilers multiply by it.
    "a root over 100": ROOT,
    "a root over 64": ROOT._replace(
        settings=ROOT.settings | {"steps": Setting(64, LENGTHS)}, times=(0, 33, 64, 65, 250)
    ),
    "cosine": Case(
        lambda peak, steps, alpha: od.cosine_decay(peak, steps, alpha),
        lambda peak, steps, alpha: optax.cosine_decay_schedule(peak, steps, alpha),
        cosine,
        {"peak": PEAK, "steps": LENGTH, "alpha": END},
        TIMES,
    ),
    "piecewise constant": Case(
        lambda peak, first, second, scale: od.piecewise_constant(
            [first - 1, second - 1], [peak, peak * scale, peak * scale * scale]
        ),
        lambda peak, first, second, scale: optax.piecewise_constant_schedule(peak, {first: scale, second: scale}),
        piecewise_constant,
        POINTS,
        (0, 20, 38, 39, 40, 41, 70, 98, 99, 100, 101, 250),
    ),
    "piecewise linear": Case(
        lambda peak, first, second, scale: od.piecewise_linear(
            [0, first, second], [peak, peak * scale, peak * scale * scale]
        ),
        lambda peak, first, second, scale: optax.piecewise_interpolate_schedule(
            "linear", peak, {first: scale, second: scale}
        ),
        piecewise_linear,
        POINTS,
        (*TIMES, 40, 41),
    ),
    "warmup cosine": Case(
        lambda start, peak, warmup, steps, end: od.warmup_cosine_decay(
            peak, warmup, steps, init_value=start, end_value=end
        ),
        lambda start, peak, warmup, steps, end: optax.warmup_cosine_decay_schedule(start, peak, warmup, steps, end),
        warmup_cosine,
        {"start": Setting(0.0625, (0.0625, 0.0, 0.25)), "peak": PEAK, "warmup": Setting(20, (20, 50, 7))}
        | {"steps": LENGTH, "end": END},
        (*TIMES, 7, 20, 21),
    ),
    "one cycle": Case(
        lambda peak, steps, rise, div, final: od.one_cycle(
            peak, steps, rise_fraction=rise, div_factor=div, final_div_factor=final
        ),
        lambda peak, steps, rise, div, final: optax.cosine_onecycle_schedule(steps, peak, rise, div, final),
        one_cycle,
        {"peak": PEAK, "steps": LENGTH, "rise": Setting(0.25, (0.25, 0.5, 0.75))}
        | {"div": Setting(25.0, (25.0, 8.0, 4.0)), "final": Setting(16.0, (16.0, 4.0, 64.0))},
        (*TIMES, 25, 26),
    ),
    "restarts": Case(
        lambda peak, steps, t_mul: od.warm_restarts(od.cosine_decay(peak, steps), steps, t_mul=t_mul, cycles=CYCLES),
        optax_restarts,
        restarts,
        {"peak": PEAK, "steps": LENGTH, "t_mul": Setting(2.0, (2.0, 1.0, 1.5))},
        (*TIMES, 99, 299, 300, 700, 1499, 1500, 2000),
    ),
    "sequence": Case(
        lambda peak, boundary, steps: od.sequence((peak, boundary), od.linear_decay(peak, steps)),
        lambda peak, boundary, steps: optax.join_schedules(
            [optax.constant_schedule(peak), optax.linear_schedule(peak, 0.0, steps)], [boundary]
        ),
        joined,
        {"peak": PEAK, "boundary": Setting(40, (40, 10, 60)), "steps": LENGTH},
        (*TIMES, 39, 40, 41, 140),
    ),
}
SMOKE = ("stairs", "a root over 64")


def swept_values(case: Case, make: Callable[..., Any], name: str, swept: np.ndarray) -> np.ndarray:
    """The values at all counts, a row for each setting, of one compiled program."""
    counts = np.array(sorted(case.times), np.int32)
    # Not all of optax's take an array of counts.
    value = lambda x, t: jnp.asarray(make(**case.numbers(**{name: x}))(t), jnp.float32)  # noqa: E731
    return np.asarray(jax.jit(jax.vmap(jax.vmap(value, (None, 0)), (0, None)))(swept, counts))


def sweep(case: Case, make: Callable[..., Any], name: str, swept: np.ndarray) -> float | str:
    """How far off a sweep is, in parts of its largest value, or the error that it ended in."""
    try:
        values = swept_values(case, make, name, swept)
    except Exception as error:  # whatever a library makes of a tracer
        return type(error).__name__
    exact = [[case.exact(t, **case.numbers(**{name: x})) for t in sorted(case.times)] for x in swept.tolist()]
    return float(np.nan_to_num(np.max(np.abs(values - exact)) / np.max(np.abs(exact)), nan=np.inf))


def slopes(case: Case, name: str, t: float) -> tuple[float, float, float]:
    """The derivatives of the definition from below and from above, times what is moved; and the size of the value."""

    def at(moved: float) -> float:
        if name == "count":
            # Before 0 a schedule holds its value at 0.
            return case.exact(max(t + moved, 0.0), **case.numbers())
        return case.exact(t, **case.numbers(**{name: case.settings[name].value + moved}))

    step = STEP * unit(case, name, t)
    here, below, above = at(0), at(-step), at(step)
    return (here - below) / STEP, (above - here) / STEP, max(abs(here), 0.01)


def unit(case: Case, name: str, t: float) -> float:
    return max(abs(t if name == "count" else case.settings[name].value), 1 / 16)


def gradients(case: Case, make: Callable[..., Any], name: str) -> np.ndarray:
    """With respect to a hyperparameter, or to the count as a real number, at all times."""

    def value(x: Any, t: Any) -> Any:
        if name == "count":
            return make(**case.numbers())(x)
        return make(**case.numbers(**{name: x}))(t)

    times = np.array(case.times, np.float32)
    moved = times if name == "count" else np.full(times.shape, case.settings[name].value, np.float32)
    whole = times.astype(np.int32)
    gradient = jax.grad(lambda x, t: jnp.asarray(value(x, t), jnp.float32))
    return np.asarray(jax.jit(jax.vmap(gradient))(moved, whole), np.float64)


class Slopes(NamedTuple):
    """What came of gradients: how many there were, the worst error, how many were off, and NaN or infinite."""

    gradients: int
    worst: float
    off: int
    not_finite: int


def differentiate(case: Case, make: Callable[..., Any], name: str) -> Slopes | str:
    """What came of gradients, or the error that they ended in."""
    try:
        found = gradients(case, make, name)
    except Exception as error:  # whatever a library makes of a tracer
        return type(error).__name__
    errors = [
        slope_error(g * unit(case, name, t), *slopes(case, name, t)) for g, t in zip(found, case.times, strict=True)
    ]
    finite = [error for error in errors if math.isfinite(error)]
    off = sum(error > MOST_OFF_SLOPE for error in finite)
    return Slopes(len(errors), max(finite, default=0.0), off, len(errors) - len(finite))


def slope_error(got: float, below: float, above: float, size: float) -> float:
    """How far a gradient is from the slope, or at a corner from between those of both sides, in parts of the larger."""
    finite = [side for side in (below, above) if abs(side) < JUMP * size]
    if math.isnan(got) or (math.isinf(got) and finite):
        return math.inf
    if not finite:
        return 0.0
    least, most = min(finite), max(finite)
    scale = max(size, abs(least), abs(most))
    if most - least <= MOST_OFF_SLOPE * scale:
        # No corner: both sides' mean is the central difference.
        return abs(got - (least + most) / 2) / scale
    return max(least - got, got - most, 0.0) / scale


def measure(case: Case, make: Callable[..., Any]) -> dict[str, Any]:
    """What came of sweeps over and gradients with respect to everything."""
    sweeps: dict[str, float | str] = {}
    for name, setting in case.settings.items():
        for kind in (np.int32, np.float32) if isinstance(setting.value, int) else (np.float32,):
            label = f"{name}, {'an int' if kind is np.int32 else 'a float'}" if isinstance(setting.value, int) else name
            sweeps[label] = sweep(case, make, name, np.array(setting.swept, kind))
    return {
        "sweeps": sweeps,
        "gradients": {name: differentiate(case, make, name) for name in (*case.settings, "count")},
    }


def shown(found: Any) -> str:
    if isinstance(found, str):
        return found
    if isinstance(found, float):
        return "right" if found <= MOST_OFF else f"off by {found:.2g}"
    wrong = [f"{n} {what}" for n, what in ((found.off, "off"), (found.not_finite, "NaN or infinite")) if n]
    return f"{', '.join(wrong) or 'right'} of {found.gradients}, {found.worst:.1g}"


def check_definitions(name: str, case: Case) -> None:
    """Both have the values of the definition when everything is a plain number."""
    exact = [case.exact(t, **case.numbers()) for t in case.times]
    for who, make in (("ours", case.ours), ("optax", case.optax)):
        values = [make(**case.numbers())(int(t)) for t in case.times]
        harness.check(f"{name}, {who}", values, exact, MOST_OFF)


def rows_of(found: dict[str, dict[str, Any]], kind: str) -> list[list[Any]]:
    rows: list[list[Any]] = [["schedule", "with respect to" if kind == "gradients" else "over", "ours", "optax"]]
    for name, each in found.items():
        for over, ours in each["ours"][kind].items():
            rows.append([name, over, shown(ours), shown(each["optax"][kind][over])])
    return rows


def failures(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, int]]:
    """How much there was of each kind, and how much of it failed."""
    counted: dict[str, dict[str, int]] = {}
    for who in ("ours", "optax"):
        sweeps = [result for each in found.values() for result in each[who]["sweeps"].values()]
        results = [result for each in found.values() for result in each[who]["gradients"].values()]
        slopes = [result for result in results if isinstance(result, Slopes)]
        counted[who] = {
            "sweeps": len(sweeps),
            "sweeps that cannot be traced": sum(isinstance(result, str) for result in sweeps),
            "sweeps with wrong values": sum(isinstance(result, float) and result > MOST_OFF for result in sweeps),
            "numbers to differentiate by": len(results),
            "numbers that cannot be traced": len(results) - len(slopes),
            "gradients": sum(result.gradients for result in slopes),
            "gradients that are off": sum(result.off for result in slopes),
            "gradients that are NaN or infinite": sum(result.not_finite for result in slopes),
        }
    return counted


def main(arguments: Sequence[str] | None = None) -> None:
    smoke, out = harness.options("transforms", arguments)
    found = {}
    for name in tqdm(SMOKE if smoke else CASES, desc="schedules", leave=False, disable=None):
        case = CASES[name]
        check_definitions(name, case)
        found[name] = {"ours": measure(case, case.ours), "optax": measure(case, case.optax)}
    harness.table("Sweeps in one compiled program", rows_of(found, "sweeps"))
    harness.table("Gradients, and the worst error of a finite one", rows_of(found, "gradients"))
    counted = failures(found)
    rows = [[what, counted["ours"][what], counted["optax"][what]] for what in counted["ours"]]
    harness.table("Failures", [["", "ours", "optax"], *rows])
    for each in found.values():
        for who in each.values():
            who["gradients"] = {k: v._asdict() if isinstance(v, Slopes) else v for k, v in who["gradients"].items()}
    harness.save("transforms", {"failures": counted, "schedules": found}, out)


if __name__ == "__main__":
    main()
