"""How exact is a schedule: ours, optax's, and the formula by hand?

    python -m benchmarks.accuracy

The worst error in units in the last place of float32, over counts drawn from all of int32, evenly and by their
logarithm, and around many boundaries: all at once in one array, and some one by one in a scan. Then the counts that a
staircase puts in a wrong stage, around every boundary of 800 for the decay_steps 1 to 400, and the counts in a wrong
cycle around restarts. References are integers, float64 and fractions.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from tqdm import tqdm

import optax_decay as od
from benchmarks import harness
from benchmarks.formulas import cycle
from benchmarks.twins import CONTENDERS as LIST
from benchmarks.twins import CYCLE, CYCLES, PEAK, STEPS, TWINS

LAST = 2**31 - 1
TINY = float(np.finfo(np.float32).tiny)
# A stage of these differs from the next by far more than float32's rounding, and the last of them is far from 0.
RATE, STAGES = 0.9, 800
GROWTHS = {"restarts": 1, "restarts, t_mul=2": 2, "restarts, t_mul=1.5": 1.5}
# Where optax's last cycle ends.
DOUBLED = CYCLE * (2 ** CYCLES.bit_length() - 1)
REACH = {"restarts": STEPS} | dict.fromkeys([name for name in LIST if "t_mul=2" in name], DOUBLED)

Values = Callable[[np.ndarray], np.ndarray]
WITH_FORMULA = tuple(name for name, contender in LIST.items() if contender.formula)


class Size(NamedTuple):
    """How much work a run is: counts drawn each way and in a scan, decay_steps, restarts."""

    twins: tuple[str, ...]
    drawn: int
    scanned: int
    decay_steps: int
    restarts: int


FULL = Size(WITH_FORMULA, drawn=2**21, scanned=2**15, decay_steps=400, restarts=2**18)
SMOKE = Size(("stairs", "restarts, t_mul=2"), drawn=2**12, scanned=2**9, decay_steps=2, restarts=2**8)


def jitted(schedule: Any) -> Values:
    """All counts in one array."""
    compiled = jax.jit(lambda t: jnp.broadcast_to(schedule(t), t.shape))
    return lambda t: np.asarray(compiled(t))


def scanned(schedule: Any) -> Values:
    """One count after another."""
    compiled = jax.jit(lambda counts: lax.map(lambda t: jnp.asarray(schedule(t), jnp.float32), counts))
    return lambda t: np.asarray(compiled(t))


def both_ways(schedule: Any) -> Values:
    """Rows of values: all counts at once, and one by one."""
    compiled = jax.jit(lambda counts: jnp.stack([schedule(counts), lax.map(schedule, counts)]))
    return lambda t: np.asarray(compiled(t))


# Units in the last place.


def drawn_counts(size: Size) -> np.ndarray:
    """From all of int32, evenly and by their logarithm, and around multiples of the lengths that the twins have."""
    rng = np.random.default_rng(0)
    even, logarithmic = rng.integers(LAST, size=size.drawn, endpoint=True), 2 ** rng.uniform(0, 31, size.drawn)
    nearest = [np.round(some / steps) * steps for some in (even, logarithmic) for steps in (1000, 10_000)]
    around = np.concatenate([some[: size.drawn // 8] + beside for some in nearest for beside in (-1, 0, 1)])
    counts = np.concatenate([np.arange(min(size.drawn, 20_000)), even, logarithmic, around, [LAST]])
    return np.unique(counts.clip(0, LAST).astype(np.int64))


def ulp_errors(errors: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """In units in the last place of the exact value; none where float32 has no normal number for that."""
    normal = np.abs(exact) >= TINY
    return np.where(normal, errors / np.spacing(np.where(normal, np.abs(exact), 1).astype(np.float32)), 0)


def worst_error(name: str, contender: Values, counts: np.ndarray) -> dict[str, Any]:
    exact = np.asarray(LIST[name].exact(counts))
    values = contender(counts.astype(np.int32))
    errors = np.nan_to_num(np.abs(values.astype(np.float64) - exact), nan=np.inf)
    ulp = ulp_errors(errors, exact)
    n = int(np.argmax(ulp))
    worst = {"ulp": float(ulp[n]), "of the peak": float(np.max(errors) / PEAK)}
    return worst | {"count": counts[n], "value": values[n], "exact": exact[n], "counts": len(counts)}


def ulps(size: Size) -> dict[str, dict[str, dict[str, Any]]]:
    """For each twin and contender the worst errors of all counts in an array, and of some in a scan."""
    counts, found = drawn_counts(size), {}
    for name in tqdm(size.twins, desc="ulp", leave=False, disable=None):
        found[name] = {}
        for rival, schedule in TWINS[name].items():
            within = counts[counts < REACH.get(name, LAST + 1)] if rival == "optax" else counts
            some = within[:: max(1, len(within) // size.scanned)]
            ways = {"array": worst_error(name, jitted(schedule), within)}
            ways["scan"] = worst_error(name, scanned(schedule), some)
            found[name][rival] = ways
    return found


# Stages.


def staircase_stages(size: Size) -> dict[str, dict[str, Any]]:
    """For each contender and way: how many decay_steps have a wrong stage, and how many counts around boundaries."""
    found: dict[str, dict[str, Any]] = {}
    for decay_steps in tqdm(range(1, size.decay_steps + 1), desc="stages", leave=False, disable=None):
        boundaries = decay_steps * np.arange(1, STAGES + 1)
        counts = np.unique(boundaries[:, None] + [-1, 0, 1])
        contenders = {
            "ours": both_ways(od.exponential_decay(1.0, decay_steps, RATE, staircase=True)),
            "optax": both_ways(optax.exponential_decay(1.0, decay_steps, RATE, staircase=True)),
        }
        for rival, contender in contenders.items():
            stages = np.round(np.log(contender(counts.astype(np.int32)).astype(np.float64)) / np.log(RATE))
            for way, row in zip(("array", "scan"), np.atleast_2d(stages), strict=False):
                wrong = counts[row != counts // decay_steps]
                entry = found.setdefault(f"{rival}, {way}", {"decay_steps": 0, "wrong": 0, "counts": 0, "first": ""})
                entry["first"] = entry["first"] or (f"{wrong[0]} of {decay_steps}" if wrong.size else "")
                entry["decay_steps"] += bool(wrong.size)
                entry["wrong"] += len(wrong)
                entry["counts"] += len(counts)
    return found


# Cycles.


def around_restarts(growth: float, restarts: int) -> np.ndarray:
    """The counts of, before and after some restarts, the first of them included."""
    drawn = np.random.default_rng(0).integers(1, LAST // CYCLE, restarts, endpoint=True)
    some = CYCLE * np.concatenate([np.arange(1, CYCLES), drawn])
    _, within, _ = cycle(np, some, CYCLE, growth)
    counts = np.unique(np.ceil(some - within).astype(np.int64)[:, None] + [-1, 0, 1])
    return counts[(counts >= 0) & (counts <= LAST)]


def wrong_cycles(size: Size) -> dict[str, dict[str, Any]]:
    """Counts whose value is off by more than half of the peak: the beginning of a cycle for an end, or the reverse."""
    found: dict[str, dict[str, Any]] = {}
    for name, growth in GROWTHS.items():
        counts = around_restarts(growth, size.restarts)
        for rival, schedule in TWINS.get(name, {"ours": od.cosine_decay_restarts(PEAK, CYCLE, t_mul=growth)}).items():
            within = counts[counts < REACH[name]] if rival == "optax" else counts
            off = np.abs(jitted(schedule)(within.astype(np.int32)) - LIST["restarts"].exact(within, t_mul=growth))
            wrong = within[~(off < PEAK / 2)]
            first = int(wrong[0]) if wrong.size else ""
            found[f"{rival}, {name}"] = {"wrong": len(wrong), "counts": len(within), "first": first}
    return found


# Tables.

CONTENDERS = ("ours", "optax", "by hand")


def tables(answer: dict[str, Any]) -> None:
    for unit in ("ulp", "of the peak"):
        rows: list[list[Any]] = [["schedule", *CONTENDERS, "ours in a scan", "optax in a scan"]]
        for name, each in answer["ulp"].items():
            row: list[Any] = [each[rival]["array"][unit] if rival in each else "" for rival in CONTENDERS]
            rows.append([name, *row, *(each[rival]["scan"][unit] if rival in each else "" for rival in CONTENDERS[:2])])
        harness.table(f"Worst error over int32, {unit} (optax's restarts: as far as its cycles go)", rows)
    for title in ("stages", "cycles"):
        counted = answer[title]
        head = [title, *next(iter(counted.values()))]
        harness.table(f"Counts in wrong {title}", [head, *([name, *entry.values()] for name, entry in counted.items())])


def main(arguments: Sequence[str] | None = None) -> None:
    smoke, out = harness.options("accuracy", arguments)
    size = SMOKE if smoke else FULL
    answer: dict[str, Any] = {"sizes": size._asdict(), "ulp": ulps(size)}
    answer["stages"] = staircase_stages(size)
    answer["cycles"] = wrong_cycles(size)
    tables(answer)
    harness.save("accuracy", answer, out)


if __name__ == "__main__":
    main()
