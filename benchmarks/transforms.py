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
from benchmarks.formulas import wave
from benchmarks.twins import CONTENDERS, Contender

# In parts of the largest value; and of the slope, or of the value where that is larger.
MOST_OFF, MOST_OFF_SLOPE = 1e-5, 1e-4
# What is moved by its 1e-6th; a slope so many times the value is that of a jump.
STEP, JUMP = 1e-6, 1e3


def points(peak: Any, first: Any, second: Any, scale: Any) -> tuple[list[Any], list[Any]]:
    return [0, first, second], [peak, peak * scale, peak * scale * scale]


def one_cycle(
    xp: Any, t: Any, peak_value: Any, total_steps: Any, rise_fraction: Any, div_factor: Any, final_div_factor: Any
) -> Any:
    top, begin = rise_fraction * total_steps, peak_value / div_factor
    end, after = begin / final_div_factor, total_steps - top
    risen = peak_value - (peak_value - begin) * wave(xp, t, top)
    return xp.where(t < top, risen, end + (peak_value - end) * wave(xp, xp.minimum(t - top, after), after))


STEPS_DOWN, POLYNOMIAL = CONTENDERS["piecewise constant"], CONTENDERS["polynomial"]
ROOT = POLYNOMIAL._replace(sweeps=POLYNOMIAL.sweeps | {"power": (0.5, 0.25, 0.75)})
# Those of the list that have numbers to sweep over, and some whose twins take one count at a time.
CASES = {name: contender for name, contender in CONTENDERS.items() if contender.sweeps} | {
    # A length whose reciprocal is exact, and one whose is not: compilers multiply by it.
    "a root over 100": ROOT,
    "a root over 64": ROOT._replace(sweeps=ROOT.sweeps | {"decay_steps": (64, 100, 200)}, times=(0, 33, 64, 65, 250)),
    "piecewise linear": Contender(
        lambda peak, first, second, scale: od.piecewise_linear(*points(peak, first, second, scale)),
        lambda peak, first, second, scale: optax.piecewise_interpolate_schedule(
            "linear", peak, {first: scale, second: scale}
        ),
        lambda xp, t, **numbers: xp.interp(t, *map(xp.asarray, points(**numbers))),
        {},
        STEPS_DOWN.sweeps,
        (0, 33, 40, 41, 50, 100, 101, 250),
    ),
    "one cycle": Contender(
        od.one_cycle,
        lambda peak_value, total_steps, rise_fraction, div_factor, final_div_factor: optax.cosine_onecycle_schedule(
            total_steps, peak_value, rise_fraction, div_factor, final_div_factor
        ),
        one_cycle,
        {},
        {"peak_value": (0.5, 0.25, 1.5), "total_steps": (100, 64, 200), "rise_fraction": (0.25, 0.5, 0.75)}
        | {"div_factor": (25.0, 8.0, 4.0), "final_div_factor": (16.0, 4.0, 64.0)},
        (0, 25, 26, 33, 50, 100, 101, 250),
    ),
}
SMOKE = ("stairs", "a root over 64")


def swept_values(case: Contender, make: Callable[..., Any], name: str, swept: np.ndarray) -> np.ndarray:
    """The values at all counts, a row for each setting, of one compiled program."""
    counts = np.array(sorted(case.times), np.int32)
    # Not all of optax's take an array of counts.
    value = lambda x, t: jnp.asarray(make(**case.numbers | {name: x})(t), jnp.float32)  # noqa: E731
    return np.asarray(jax.jit(jax.vmap(jax.vmap(value, (None, 0)), (0, None)))(swept, counts))


def sweep(case: Contender, make: Callable[..., Any], name: str, swept: np.ndarray) -> float | str:
    """How far off a sweep is, in parts of its largest value, or the error that it ended in."""
    try:
        values = swept_values(case, make, name, swept)
    except Exception as error:  # whatever a library makes of a tracer
        return type(error).__name__
    exact = [[case.exact(t, **{name: x}) for t in sorted(case.times)] for x in swept.tolist()]
    return float(np.nan_to_num(np.max(np.abs(values - exact)) / np.max(np.abs(exact)), nan=np.inf))


def slopes(case: Contender, name: str, t: float) -> tuple[float, float, float]:
    """The derivatives of the definition from below and from above, times what is moved; and the size of the value."""

    def at(moved: float) -> float:
        if name == "count":
            # Before 0 a schedule holds its value at 0.
            return case.exact(max(t + moved, 0.0))
        return case.exact(t, **{name: case.numbers[name] + moved})

    step = STEP * unit(case, name, t)
    here, below, above = at(0), at(-step), at(step)
    return (here - below) / STEP, (above - here) / STEP, max(abs(here), 0.01)


def unit(case: Contender, name: str, t: float) -> float:
    return max(abs(t if name == "count" else case.numbers[name]), 1 / 16)


def gradients(case: Contender, make: Callable[..., Any], name: str) -> np.ndarray:
    """With respect to a hyperparameter, or to the count as a real number, at all times."""

    def value(x: Any, t: Any) -> Any:
        if name == "count":
            return make(**case.numbers)(x)
        return make(**case.numbers | {name: x})(t)

    times = np.array(case.times, np.float32)
    moved = times if name == "count" else np.full(times.shape, case.numbers[name], np.float32)
    whole = times.astype(np.int32)
    gradient = jax.grad(lambda x, t: jnp.asarray(value(x, t), jnp.float32))
    return np.asarray(jax.jit(jax.vmap(gradient))(moved, whole), np.float64)


class Slopes(NamedTuple):
    """What came of gradients: how many there were, the worst error, how many were off, and NaN or infinite."""

    gradients: int
    worst: float
    off: int
    not_finite: int


def differentiate(case: Contender, make: Callable[..., Any], name: str) -> Slopes | str:
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


def measure(case: Contender, make: Callable[..., Any]) -> dict[str, Any]:
    """What came of sweeps over and gradients with respect to everything."""
    sweeps: dict[str, float | str] = {}
    for name, column in case.sweeps.items():
        for kind in (np.int32, np.float32) if isinstance(column[0], int) else (np.float32,):
            label = f"{name}, {'an int' if kind is np.int32 else 'a float'}" if isinstance(column[0], int) else name
            sweeps[label] = sweep(case, make, name, np.array(column, kind))
    return {
        "sweeps": sweeps,
        "gradients": {name: differentiate(case, make, name) for name in (*case.sweeps, "count")},
    }


def shown(found: Any) -> str:
    if isinstance(found, str):
        return found
    if isinstance(found, float):
        return "right" if found <= MOST_OFF else f"off by {found:.2g}"
    wrong = [f"{n} {what}" for n, what in ((found.off, "off"), (found.not_finite, "NaN or infinite")) if n]
    return f"{', '.join(wrong) or 'right'} of {found.gradients}, {found.worst:.1g}"


def check_definitions(name: str, case: Contender) -> None:
    """Both have the values of the definition when everything is a plain number."""
    exact = [case.exact(t) for t in case.times]
    for who, make in case.makers().items():
        values = [make(**case.numbers)(int(t)) for t in case.times]
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
        case = CASES[name].short()
        check_definitions(name, case)
        found[name] = {who: measure(case, make) for who, make in case.makers().items() if who != "by hand"}
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
