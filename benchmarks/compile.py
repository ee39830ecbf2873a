"""How long until a schedule can be called, and how much larger does its program get with its number of cycles?

    python -m benchmarks.compile

Builds, traces, lowers and compiles schedules of more and more cycles, boundaries and phases: ours, optax's as far as
they get, and what a competent user writes by hand; each one alone, and then inside a small train step.
"""

import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from tqdm import tqdm

import optax_decay as od
from benchmarks import harness, program
from benchmarks.formulas import cycle
from benchmarks.twins import Function

METHOD = (
    "Before each measurement JAX forgets what it traced and compiled. The contenders take turns, each round in another "
    "order; times are medians over rounds. `build` makes the schedule and is not in the sums. optax's end where the "
    "next size took more than 90 s. Operations are those of the optimized program. Every answer is checked."
)
CYCLE = 1000
COUNTS = np.array([0, 1, 99, 100, 101, 137, 999, 1000, 1500, 4321, 65_537, 7_654_321, 123_456_789, 999_999_937])
STAGES, PLACES = ("trace", "lower", "compile"), ("alone", "in a train step")


class Contender(NamedTuple):
    """A schedule for each size, and the values that it must have at `COUNTS`."""

    build: Callable[[int], Function]
    values: Callable[[int], Any]


Point = tuple[str, str, int]  # A family, a contender, a size.
Found = dict[Point, list[dict[str, Any]]]


def restarted(t_mul: float = 1, steps: int = CYCLE, turn: int = 0) -> Callable[[int], Any]:
    """Values of cosines in cycles of these steps, the last one's end held; up to the turn, they climb."""

    def values(cycles: int) -> Any:
        index, within, length = cycle(np, COUNTS, steps, t_mul)
        p = np.where(index < cycles, abs(within - turn) / (length - turn), 1)
        return 0.05 * (1 + np.cos(np.pi * p))

    return values


def optax_restarts(cycles: int) -> Function:
    same = {"init_value": 0.1, "peak_value": 0.1, "warmup_steps": 0, "decay_steps": CYCLE}
    return optax.sgdr_schedule(itertools.repeat(same, cycles))


def restarts_by_hand(cycles: int) -> Function:
    """The modulo formula."""
    return lambda t: jnp.where(t < cycles * CYCLE, 0.05 * (1 + jnp.cos(jnp.pi * (t % CYCLE) / CYCLE)), 0.0)


def edges(size: int) -> Any:
    return 100 * np.arange(1, size + 1)


def levels(size: int) -> Any:
    """Values that optax's scales, one half and two, give exactly."""
    return 0.1 / (1 + np.arange(size) % 2)


def optax_steps(size: int) -> Function:
    # A boundary itself has the old value with us, as in TensorFlow, and the new one with optax.
    return optax.piecewise_constant_schedule(
        0.1, {b + 1: (0.5, 2.0)[i % 2] for i, b in enumerate(edges(size).tolist())}
    )


def steps_by_hand(size: int) -> Function:
    last, values = edges(size).astype(np.int32), levels(size + 1).astype(np.float32)
    return lambda t: jnp.asarray(values)[jnp.searchsorted(jnp.asarray(last), t)]


def phases(size: int) -> tuple[Any, Any, Any]:
    """The peak of each, its length, and where it begins."""
    lengths = 100 + np.arange(size) % 13
    return 0.1 * (1 + np.arange(size) % 97 / 97), lengths, np.cumsum(lengths) - lengths


def our_phases(size: int) -> Function:
    peaks, lengths, _ = (each.tolist() for each in phases(size))
    *timed, last = ((od.linear_decay(peak, n), n) for peak, n in zip(peaks, lengths, strict=True))
    return od.sequence(*timed, last[0])


def optax_phases(size: int) -> Function:
    peaks, lengths, begins = (each.tolist() for each in phases(size))
    lines = [optax.linear_schedule(peak, 0.0, n) for peak, n in zip(peaks, lengths, strict=True)]
    return optax.join_schedules(lines, begins[1:])


def in_phases(size: int) -> Any:
    peaks, lengths, begins = phases(size)
    i = np.searchsorted(begins, COUNTS, side="right") - 1
    return peaks[i] * (1 - np.minimum((COUNTS - begins[i]) / lengths[i], 1))


def lines_by_hand(size: int) -> Function:
    """A table and a search; it knows that every phase is a line."""
    peaks, lengths, begins = (jnp.asarray(each, kind) for each, kind in zip(phases(size), "fii", strict=True))

    def value(t: Any) -> jax.Array:
        i = jnp.searchsorted(begins, t, side="right") - 1
        return peaks[i] * (1 - jnp.minimum((t - begins[i]) / lengths[i], 1))

    return value


COSINE = od.cosine_decay(0.1, CYCLE)
FAMILIES: dict[str, dict[str, Contender]] = {
    "cycles": {
        "ours": Contender(lambda n: od.warm_restarts(COSINE, CYCLE, cycles=n), restarted()),
        "ours, t_mul=2": Contender(lambda n: od.warm_restarts(COSINE, CYCLE, cycles=n, t_mul=2), restarted(2)),
        "ours, t_mul=1.5": Contender(lambda n: od.warm_restarts(COSINE, CYCLE, cycles=n, t_mul=1.5), restarted(1.5)),
        "ours, cyclic": Contender(lambda n: od.cyclic(COSINE, CYCLE, cycles=n), restarted(1, 2 * CYCLE, CYCLE)),
        "optax sgdr_schedule": Contender(optax_restarts, restarted()),
        "by hand": Contender(restarts_by_hand, restarted()),
    },
    "boundaries": {
        "ours": Contender(
            lambda n: od.piecewise_constant(edges(n), levels(n + 1)),
            steps := lambda n: levels(n + 1)[np.searchsorted(edges(n), COUNTS)],
        ),
        "optax piecewise_constant_schedule": Contender(optax_steps, steps),
        "by hand": Contender(steps_by_hand, steps),
    },
    "phases": {
        "ours": Contender(our_phases, in_phases),
        "optax join_schedules": Contender(optax_phases, in_phases),
        "by hand": Contender(lines_by_hand, in_phases),
    },
}
SIZES = dict(zip(FAMILIES, ((1, 2, 256, 1024, 10**6), (8, 512, 10**5), (8, 512, 4096)), strict=True))
SMALL = dict(zip(FAMILIES, ((2, 8), (8, 16), (8, 12)), strict=True))
MOST_OF_OPTAX, ROUNDS = 1024, 3


def compiled(function: Callable[..., Any], *arguments: Any) -> tuple[Any, dict[str, Any]]:
    """What it compiles to, the seconds that each stage took, and the operations."""
    times = [time.perf_counter()]
    stage: Any = jax.jit(function)
    for advance in (lambda jitted: jitted.trace(*arguments), lambda traced: traced.lower(), lambda low: low.compile()):
        stage = advance(stage)
        times.append(time.perf_counter())
    cost = dict(zip(STAGES, np.diff(times).tolist(), strict=True))
    return stage, cost | {"operations": program.made_of(stage.as_text() or "")["operations"]}


def measure(point: Point) -> dict[str, Any]:
    """What a process with nothing traced or compiled takes, checked."""
    family, who, size = point
    jax.clear_caches()
    contender = FAMILIES[family][who]
    begin = time.perf_counter()
    schedule = contender.build(size)
    build = time.perf_counter() - begin
    alone, cost = compiled(schedule, jax.ShapeDtypeStruct((), jnp.int32))
    transform, train = program.adam(schedule, 1)
    shape = jax.ShapeDtypeStruct((100,), jnp.float32)
    _, in_step = compiled(train, shape, jax.eval_shape(transform.init, shape), shape)
    values = np.broadcast_to(contender.values(size), COUNTS.shape)
    harness.check(f"{family}, {who}, {size:,}", [alone(np.int32(t)) for t in COUNTS], values, 1e-5)
    return {"build": build, "alone": cost, "in a train step": in_step}


def seconds(found: Found, point: Point, place: str = "alone") -> np.ndarray:
    return np.array([sum(once[place][stage] for stage in STAGES) for once in found[point]])


def experiment(sizes: dict[str, tuple[int, ...]], rounds: int) -> Found:
    """Every size of every contender as often as there are rounds."""
    every = [(family, who, n) for family, there in FAMILIES.items() for who in there for n in sizes[family]]
    every = [point for point in every if "optax" not in point[1] or point[2] <= MOST_OF_OPTAX]
    found: Found = {point: [] for point in every}
    random = np.random.default_rng(0)
    order: list[Point] = [every[n] for _ in range(rounds) for n in random.permutation(len(every))]
    jax.config.update("jax_enable_compilation_cache", False)
    for point in tqdm([every[0], *order], leave=False, disable=None):
        found[point].append(measure(point))
    del found[every[0]][0]  # The first of all starts JAX.
    return found


def middle(found: Found, point: Point) -> dict[str, Any]:
    """Median times, and what was counted."""
    rounds = found[point]
    costs: dict[str, Any] = {"build": float(np.median([once["build"] for once in rounds]))}
    for place in PLACES:
        medians = {name: float(np.median([once[place][name] for once in rounds])) for name in (*STAGES, "operations")}
        costs[place] = medians | {"sum": float(np.median(seconds(found, point, place)))}
    return costs | {"measurements": len(rounds)}


def main(arguments: Sequence[str] | None = None) -> None:
    is_smoke, out = harness.options("compile", arguments)
    sizes, rounds = (SMALL, 1) if is_smoke else (SIZES, ROUNDS)
    found = experiment(sizes, rounds)
    costs = {point: middle(found, point) for point in found}
    for family in FAMILIES:
        rows: list[list[Any]] = [["", family, "build", *STAGES, "sum", "in a step", "operations", "in a step"]]
        for (_, who, n), cost in ((point, cost) for point, cost in costs.items() if point[0] == family):
            alone, step = (cost[place] for place in PLACES)
            times = (cost["build"], *(alone[stage] for stage in STAGES), alone["sum"], step["sum"])
            shown = (f"{1e3 * each:,.0f}" for each in times)
            rows.append([who, f"{n:,}", *shown, int(alone["operations"]), int(step["operations"])])
        harness.table(f"Compiling: {family}; milliseconds, alone and in a train step", rows)
    named = ("family", "who", "size")
    answer = {
        "method": METHOD,
        "rounds": rounds,
        "measured": [dict(zip(named, point, strict=True)) | cost for point, cost in costs.items()],
    }
    harness.save("compile", answer, out)


if __name__ == "__main__":
    main()
