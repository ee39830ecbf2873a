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
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from tqdm import tqdm

import optax_decay as od
from benchmarks import harness
from benchmarks.twins import CONTENDERS, Contender

# In parts of the largest value; and of the slope, or of the value where that is larger.
MOST_OFF, MOST_OFF_SLOPE = 1e-5, 1e-4
# What is moved by its 1e-6th; a slope so many times the value is that of a jump.
STEP, JUMP = 1e-6, 1e3


def points(peak: Any, first: Any, second: Any, scale: Any) -> tuple[list[Any], list[Any]]:
    return [0, first, second], [peak, peak * scale, peak * scale * scale]


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
}
SMOKE = ("stairs", "a root over 64")


def swept_values(case: Contender, make: Callable[..., Any], name: str, swept: np.ndarray) -> np.ndarray:
    """The values at all counts, a row for each setting, of one compiled program."""
    counts = np.array(sorted(case.times), np.int32)
    # Not all of optax's take an array of counts.
    value = lambda x, t: jnp.asarray(make(**case.numbers | {name: x})(t), jnp.float32)  # noqa: E731
    return np.asarray(jax.jit(jax.vmap(jax.vmap(value, (None, 0)), (0, None)))(swept, counts))


def sweep(case: Contender, make: Callable[..., Any], name: str, swept: np.ndarray) -> str:
    """Whether a sweep is right, how far off it is in parts of its largest value, or the error that it ended in."""
    try:
        values = swept_values(case, make, name, swept)
    except Exception as error:  # whatever a library makes of a tracer
        return type(error).__name__
    exact = [[case.exact(t, **{name: x}) for t in sorted(case.times)] for x in swept.tolist()]
    off = float(np.nan_to_num(np.max(np.abs(values - exact)) / np.max(np.abs(exact)), nan=np.inf))
    return "right" if off <= MOST_OFF else f"off by {off:.2g}"


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
        return make(**case.numbers)(x) if name == "count" else make(**case.numbers | {name: x})(t)

    times = np.array(case.times, np.float32)
    moved = times if name == "count" else np.full(times.shape, case.numbers[name], np.float32)
    gradient = jax.grad(lambda x, t: jnp.asarray(value(x, t), jnp.float32))
    return np.asarray(jax.jit(jax.vmap(gradient))(moved, times.astype(np.int32)), np.float64)


def differentiate(case: Contender, make: Callable[..., Any], name: str) -> str:
    """Whether gradients are right, how many are not, or the error that they ended in."""
    try:
        found = gradients(case, make, name)
    except Exception as error:  # whatever a library makes of a tracer
        return type(error).__name__
    errors = np.array(
        [slope_error(g * unit(case, name, t), *slopes(case, name, t)) for g, t in zip(found, case.times, strict=True)]
    )
    counts = {"NaN or infinite": ~np.isfinite(errors), "off": np.isfinite(errors) & (errors > MOST_OFF_SLOPE)}
    wrong = [f"{n} {what}" for what, which in counts.items() if (n := np.count_nonzero(which))]
    return f"{', '.join(wrong)} of {len(errors)}" if wrong else "right"


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


def measure(case: Contender, make: Callable[..., Any]) -> dict[str, str]:
    """What came of sweeps over and gradients with respect to everything."""
    found = {}
    for name, column in case.sweeps.items():
        for kind in (np.int32, np.float32) if isinstance(column[0], int) else (np.float32,):
            found[f"sweep of {name}, {kind.__name__}"] = sweep(case, make, name, np.array(column, kind))
    return found | {f"gradients of {name}": differentiate(case, make, name) for name in (*case.sweeps, "count")}


def check_definitions(name: str, case: Contender) -> None:
    """Both have the values of the definition when everything is a plain number."""
    for who, make in case.makers().items():
        values = [make(**case.numbers)(int(t)) for t in case.times]
        harness.check(f"{name}, {who}", values, [case.exact(t) for t in case.times], MOST_OFF)


def main(arguments: Sequence[str] | None = None) -> None:
    smoke, out = harness.options("transforms", arguments)
    found = {}
    for name in tqdm(SMOKE if smoke else CASES, desc="schedules", leave=False, disable=None):
        case = CASES[name].short()
        check_definitions(name, case)
        found[name] = {who: measure(case, make) for who, make in case.makers().items() if who != "by hand"}
    rows = [[name, what, *(each[who][what] for who in each)] for name, each in found.items() for what in each["ours"]]
    harness.table("Sweeps in one compiled program, and gradients", [["schedule", "what", "ours", "optax"], *rows])
    failures = {}
    for who in ("ours", "optax"):
        results = [result for each in found.values() for result in each[who].values()]
        failures[who] = f"{sum(result != 'right' for result in results)} of {len(results)}"
    harness.table("Not right", [list(failures), list(failures.values())])
    harness.save("transforms", {"not right": failures, "schedules": found}, out)


if __name__ == "__main__":
    main()
