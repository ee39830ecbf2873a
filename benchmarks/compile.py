"""How long until a schedule can be called, and how much larger does its program get with its number of cycles?

    python -m benchmarks.compile

Builds, traces, lowers and compiles schedules of more and more cycles, boundaries and phases: ours, optax's as far as
they get, and what a competent user writes by hand; each one alone, and then inside a small train step. Every
measurement has a process of its own, in which a train step with a constant rate has been compiled before, so that
starting JAX is not counted; nothing is cached from one to another. Prints tables and draws compile time against size.
"""

import faulthandler
import itertools
import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from tqdm import tqdm

import optax_decay as od
from benchmarks import harness

STOP, SLOW, LIMIT = 30.0, 10.0, 90.0  # Seconds: no larger size; no second measurement; the end of the process.
METHOD = (
    "Each measurement has a fresh process, without a compilation cache, in which a train step with a constant rate has "
    "been compiled; the schedule is compiled alone first, then inside the train step. The contenders take turns, each "
    "round in another order; times are medians over rounds. `build` makes the schedule and is not in the sums. A rival "
    f"that takes more than {STOP:g} s alone climbs no further, a process ends after {LIMIT:g} s, and what takes more "
    f"than {SLOW:g} s is measured once. Instructions are those of the optimized module, constants aside; equations, "
    "those of the jaxpr and of jaxprs inside it. Every answer is checked."
)
CYCLE = 1000
COUNTS = (0, 1, 99, 100, 101, 137, 999, 1000, 1500, 4321, 65_537, 7_654_321, 123_456_789, 999_999_937)
TOLERANCE = 1e-5
WORKER = "--worker"
STAGES = ("trace", "lower", "compile")
PLACES = ("alone", "in a train step")

Function = Callable[[Any], Any]


class Contender(NamedTuple):
    """A schedule for each size, and the value that it must have at a count."""

    build: Callable[[int], Function]
    value: Callable[[int, int], float]


class Point(NamedTuple):
    """What one process measures."""

    family: str
    who: str
    size: int

    @property
    def ours(self) -> bool:
        return self.who.startswith("ours")


class Size(NamedTuple):
    """How much work a run is; the sizes that the targets compare are each tuple's ends, and `restarts`."""

    cycles: tuple[int, ...]
    boundaries: tuple[int, ...]
    phases: tuple[int, ...]
    restarts: int
    rounds: int


FULL = Size((2, 1, 256, 1024, 10**6), (8, 512, 10**5), (8, 512, 4096), restarts=256, rounds=3)
SMOKE = Size((2, 8), (8, 16), (8, 12), restarts=8, rounds=1)

Measurement = dict[str, Any]
Measurements = dict[Point, list[Measurement]]


def local(t: int, length: int, t_mul: float, cycles: int) -> float:
    """The count within its cycle, in the first cycle's steps; the last cycle's end is held."""
    if t_mul == 1:
        return t % length if t < cycles * length else length
    begin, i = 0.0, 0
    while i < cycles and t >= begin + length * t_mul**i:
        begin, i = begin + length * t_mul**i, i + 1
    return (t - begin) / t_mul**i if i < cycles else length


def cosine(t: float) -> float:
    return 0.05 * (1 + math.cos(math.pi * t / CYCLE))


def restarts(t_mul: float) -> Contender:
    base = od.cosine_decay(0.1, CYCLE)
    return Contender(
        lambda cycles: od.warm_restarts(base, CYCLE, cycles=cycles, t_mul=t_mul),
        lambda cycles, t: cosine(local(t, CYCLE, t_mul, cycles)),
    )


def up_and_down() -> Contender:
    return Contender(
        lambda cycles: od.cyclic(od.cosine_decay(0.1, CYCLE), CYCLE, cycles=cycles),
        lambda cycles, t: cosine(abs(local(t, 2 * CYCLE, 1, cycles) - CYCLE)),
    )


def optax_restarts(cycles: int) -> Function:
    cycle = {"init_value": 0.1, "peak_value": 0.1, "warmup_steps": 0, "decay_steps": CYCLE}
    return optax.sgdr_schedule(itertools.repeat(cycle, cycles))


def restarts_by_hand(cycles: int) -> Function:
    """The modulo formula."""

    def value(t: Any) -> jax.Array:
        return jnp.where(t < cycles * CYCLE, 0.05 * (1 + jnp.cos(jnp.pi * (t % CYCLE) / CYCLE)), 0.0)

    return value


def boundaries(size: int) -> list[int]:
    return [100 * (i + 1) for i in range(size)]


def halved_and_doubled(size: int) -> list[float]:
    """Values that optax's scales, one half and two, give exactly."""
    return [0.1 / (1 + i % 2) for i in range(size)]


def steps() -> Contender:
    return Contender(
        lambda size: od.piecewise_constant(boundaries(size), halved_and_doubled(size + 1)),
        lambda size, t: 0.1 / (1 + min(max(t - 1, 0) // 100, size) % 2),
    )


def lines() -> Contender:
    return Contender(
        lambda size: od.piecewise_linear(boundaries(size), halved_and_doubled(size)),
        lambda size, t: float(np.interp(t, boundaries(size), halved_and_doubled(size))),
    )


def optax_steps(size: int) -> Function:
    # A boundary itself has the old value with us, as in TensorFlow, and the new one with optax.
    return optax.piecewise_constant_schedule(0.1, {b + 1: (0.5, 2.0)[i % 2] for i, b in enumerate(boundaries(size))})


def steps_by_hand(size: int) -> Function:
    edges, values = np.array(boundaries(size), np.int32), np.array(halved_and_doubled(size + 1), np.float32)
    return lambda t: jnp.asarray(values)[jnp.searchsorted(jnp.asarray(edges), t)]


def peaks(size: int) -> list[float]:
    return [0.1 * (1 + i % 97 / 97) for i in range(size)]


def lengths(size: int) -> list[int]:
    return [100 + i % 13 for i in range(size)]


LINES = (od.linear_decay,)
LINES_AND_COSINES = (od.linear_decay, od.cosine_decay)


def phases(kinds: Sequence[Callable[[float, int], od.Schedule]]) -> Contender:
    """The kinds take turns, each phase with a peak and a length of its own."""

    def build(size: int) -> od.Schedule:
        made = zip(itertools.cycle(kinds), peaks(size), lengths(size), strict=False)
        *timed, last = [(kind(peak, length), length) for kind, peak, length in made]
        return od.sequence(*timed, last[0])

    def value(size: int, t: int) -> float:
        i = 0
        while i < size - 1 and t >= 100 + i % 13:
            t, i = t - (100 + i % 13), i + 1
        p = min(t / (100 + i % 13), 1)
        return peaks(size)[i] * (1 - p if kinds[i % len(kinds)] is od.linear_decay else math.cos(math.pi * p / 2) ** 2)

    return Contender(build, value)


def optax_line(peak: float, length: int) -> Function:
    return optax.linear_schedule(peak, 0.0, length)


def optax_phases(kinds: Sequence[Callable[[float, int], Function]]) -> Callable[[int], Function]:
    def build(size: int) -> Function:
        made = zip(itertools.cycle(kinds), peaks(size), lengths(size), strict=False)
        ends = list(itertools.accumulate(lengths(size)))
        return optax.join_schedules([kind(peak, length) for kind, peak, length in made], ends[:-1])

    return build


def phases_by_hand(size: int) -> Function:
    """A table and a search; it knows that every phase is a line."""
    ends = np.cumsum(np.array(lengths(size), np.int32), dtype=np.int32)
    tables = np.array(peaks(size), np.float32), np.array(lengths(size), np.int32), ends - lengths(size)

    def value(t: Any) -> jax.Array:
        i = jnp.searchsorted(jnp.asarray(ends[:-1]), t, side="right")
        peak, length, begin = (jnp.asarray(table)[i] for table in tables)
        return peak * (1 - jnp.minimum((t - begin) / length, 1))

    return value


FAMILIES: dict[str, dict[str, Contender]] = {
    "constant rate": {
        "ours": Contender(lambda _: od.constant(0.1), lambda *_: 0.1),
        "optax": Contender(lambda _: optax.constant_schedule(0.1), lambda *_: 0.1),
    },
    "cycles": {
        "ours": restarts(1),
        "ours, t_mul=2": restarts(2),
        "ours, t_mul=1.5": restarts(1.5),
        "ours, cyclic": up_and_down(),
        "optax sgdr_schedule": Contender(optax_restarts, restarts(1).value),
        "by hand": Contender(restarts_by_hand, restarts(1).value),
    },
    "boundaries": {
        "ours": steps(),
        "ours, piecewise_linear": lines(),
        "optax piecewise_constant_schedule": Contender(optax_steps, steps().value),
        "by hand": Contender(steps_by_hand, steps().value),
    },
    "phases of one kind": {
        "ours": phases(LINES),
        "optax join_schedules": Contender(optax_phases([optax_line]), phases(LINES).value),
        "by hand": Contender(phases_by_hand, phases(LINES).value),
    },
    "phases of two kinds": {
        "ours": phases(LINES_AND_COSINES),
        "optax join_schedules": Contender(
            optax_phases([optax_line, optax.cosine_decay_schedule]), phases(LINES_AND_COSINES).value
        ),
    },
}


def sizes(family: str, size: Size) -> tuple[int, ...]:
    if family.startswith("phases"):
        return size.phases
    return {"constant rate": (1,), "cycles": tuple(sorted(size.cycles)), "boundaries": size.boundaries}[family]


# In a process of its own.


def equations(jaxpr: Any) -> int:
    """Of a jaxpr and of those inside it."""
    inner = jax.tree.leaves([list(equation.params.values()) for equation in jaxpr.eqns])
    return len(jaxpr.eqns) + sum(equations(each) for each in inner if hasattr(each, "eqns"))


def compiled(function: Callable[..., Any], *arguments: Any) -> tuple[Any, Measurement]:
    """What it compiles to, and the seconds that each stage took."""
    times = [time.perf_counter()]
    traced = jax.jit(function).trace(*arguments)
    times.append(time.perf_counter())
    lowered = traced.lower()
    times.append(time.perf_counter())
    program = lowered.compile()
    times.append(time.perf_counter())
    # Constants aside: two of one value are one, so that a schedule of 2 cycles may have fewer of them.
    instructions = sum(" = " in line and " constant(" not in line for line in (program.as_text() or "").splitlines())
    counted = {"equations": equations(traced.jaxpr), "instructions": instructions}
    return program, dict(zip(STAGES, np.diff(times).tolist(), strict=True)) | counted


def train_step(schedule: Function) -> tuple[Callable[..., Any], Any, Any]:
    """A step of SGD on 100 parameters, whose gradient at 0 is -1, and shapes of its arguments."""
    transform = optax.sgd(schedule)
    parameters = jax.ShapeDtypeStruct((100,), jnp.float32)

    def step(parameters: jax.Array, state: Any) -> tuple[jax.Array, Any]:
        gradient = jax.grad(lambda parameters: 0.5 * jnp.sum((parameters - 1) ** 2))(parameters)
        update, state = transform.update(gradient, state)
        return parameters + jnp.asarray(update), state

    return step, parameters, jax.eval_shape(transform.init, parameters)


def rates_in_steps(program: Any, state: Any) -> list[float]:
    """The rates that a compiled train step applies at `COUNTS`."""
    begins = [jax.tree.map(lambda leaf, t=t: jnp.full(leaf.shape, t, leaf.dtype), state) for t in COUNTS]
    return [program(jnp.zeros(100), begin)[0][0].item() for begin in begins]


def measure(point: Point) -> Measurement:
    begin = time.perf_counter()
    schedule = FAMILIES[point.family][point.who].build(point.size)
    build = time.perf_counter() - begin
    alone, cost = compiled(schedule, jax.ShapeDtypeStruct((), jnp.int32))
    step, *shapes = train_step(schedule)
    in_step, cost_in_step = compiled(step, *shapes)
    rates = [np.asarray(alone(np.int32(t))).item() for t in COUNTS]
    return {
        "build": build,
        "alone": cost,
        "in a train step": cost_in_step,
        "rates": {"alone": rates, "in a train step": rates_in_steps(in_step, shapes[1])},
    }


def work(points: Sequence[Sequence[Any]]) -> None:
    faulthandler.dump_traceback_later(LIMIT, exit=True)
    step, *shapes = train_step(lambda _: 0.1)
    compiled(step, *shapes)
    measured = [measure(Point(*point)) for point in points]
    print(json.dumps(measured))


# In the process that starts them; it leaves the device to them.


def measured(points: Sequence[Point]) -> list[Measurement]:
    """Measures in one fresh process, and checks what was measured."""
    found = harness.in_fresh_process("benchmarks.compile", WORKER, json.dumps(points))
    for point, measurement in zip(points, found, strict=True):
        value = FAMILIES[point.family][point.who].value
        expected = [value(point.size, t) for t in COUNTS]
        for place, rates in measurement["rates"].items():
            harness.check(f"{point.family}, {point.who}, {point.size:,}, {place}", rates, expected, TOLERANCE)
    return found


def total(measurement: Measurement, place: str = "alone") -> float:
    return sum(measurement[place][stage] for stage in STAGES)


def out_of_time(failure: SystemExit) -> bool:
    return "Timeout (" in str(failure)


def why(failure: SystemExit) -> str:
    return f"not done in {LIMIT:.0f} s" if out_of_time(failure) else f"failed: {str(failure).splitlines()[-1]}"


def climbed(size: Size, progress: tqdm) -> tuple[Measurements, dict[Point, str]]:
    """Every size of every contender once, as far as it gets; and why it got no further."""
    measurements, stops = {}, {}
    for family, contenders in FAMILIES.items():
        for who in contenders:
            for n in sizes(family, size):
                point = Point(family, who, n)
                progress.set_description(f"{family}: {who}, {n:,}")
                try:
                    measurements[point] = measured([point])
                except SystemExit as failure:
                    # A rival that crashes gets no further; a wrong answer and an error of ours end the benchmark.
                    if "off by" in str(failure) or (point.ours and not out_of_time(failure)):
                        raise
                    stops[point] = why(failure)
                    break
                progress.update()
                if not point.ours and (seconds := total(measurements[point][0])) > STOP:
                    stops[point] = f"took {seconds:.0f} s"
                    break
    return measurements, stops


def experiment(size: Size) -> tuple[Measurements, dict[Point, str]]:
    with tqdm(unit="process", leave=False, disable=None) as progress:
        measurements, stops = climbed(size, progress)
        random = np.random.default_rng(0)
        again = [point for point, (first,) in measurements.items() if total(first) <= SLOW]
        for _ in range(size.rounds - 1):
            for n in random.permutation(len(again)):
                progress.set_description(f"{again[n].family}: {again[n].who}, {again[n].size:,}")
                measurements[again[n]] += measured([again[n]])
                progress.update()
    return measurements, stops


def smoke(size: Size) -> tuple[Measurements, dict[Point, str]]:
    """All in one process, which shares what it traced: not what the times of a full run mean; rivals' largest only."""
    every = [Point(family, who, n) for family in FAMILIES for who in FAMILIES[family] for n in sizes(family, size)]
    points = [point for point in every if point.ours or point.size == max(sizes(point.family, size))]
    return {point: [found] for point, found in zip(points, measured(points), strict=True)}, {}


def totals(measurements: Measurements, point: Point, place: str = "alone") -> np.ndarray:
    return np.array([total(measurement, place) for measurement in measurements[point]])


def ratio(measurements: Measurements, point: Point, rival: Point, place: str = "alone") -> harness.Ratio:
    """The one's time over the other's, of as many rounds as both were measured in."""
    both = zip(totals(measurements, point, place), totals(measurements, rival, place), strict=False)
    return harness.ratio(*np.array(list(both)).T)


def medians(found: Sequence[Measurement]) -> Measurement:
    """The counts, the median times, and how many times there are."""
    costs = {}
    for place in PLACES:
        costs[place] = {name: float(np.median([each[place][name] for each in found])) for name in STAGES}
        costs[place] |= {name: found[0][place][name] for name in ("equations", "instructions")}
    return {"build": float(np.median([each["build"] for each in found])), **costs, "measurements": len(found)}


def table(family: str, measurements: Measurements, stops: dict[Point, str]) -> None:
    head = ("build", *STAGES, "sum", "in a step", "equations", "instructions", "in a step", "sum / ours", "in a step")
    rows: list[Sequence[Any]] = [("", family, *head)]
    for point, found in measurements.items():
        if point.family == family:
            rows.append((point.who, f"{point.size:,}", *costs(medians(found)), *against_ours(measurements, point)))
    harness.table(f"Compiling: {family}; milliseconds, alone and in a train step", rows)
    for point, reason in stops.items():
        if point.family == family:
            print(f"{point.who} stopped at {point.size:,}: {reason}.")


def costs(middle: Measurement) -> list[Any]:
    alone, step = middle["alone"], middle["in a train step"]
    seconds = middle["build"], *(alone[stage] for stage in STAGES), total(middle), total(middle, "in a train step")
    counts = alone["equations"], alone["instructions"], step["instructions"]
    return [f"{1e3 * each:,.0f}" for each in seconds] + [f"{each:,}" for each in counts]


def against_ours(measurements: Measurements, point: Point) -> list[Any]:
    ours = Point(point.family, "ours", point.size)
    if point.ours or ours not in measurements:
        return ["", ""]
    return [ratio(measurements, point, ours, place) for place in PLACES]


class Target(NamedTuple):
    name: str
    wanted: str
    found: str
    met: bool


def same_instructions(measurements: Measurements, name: str, large: Point, small: Point, place: str) -> Target:
    more, fewer = (measurements[point][0][place] for point in (large, small))
    counts = ("instructions", "equations")
    found = "; ".join(f"{more[count]:,} against {fewer[count]:,} {count}" for count in counts)
    return Target(name, "the same instructions", found, all(more[count] == fewer[count] for count in counts))


def at_most_twice(measurements: Measurements, name: str, large: Point, small: Point, place: str) -> Target:
    found = ratio(measurements, large, small, place)
    return Target(name, "<= 2", str(found), found.median <= 2)


def thirty_times(measurements: Measurements, name: str, rival: Point, ours: Point, place: str) -> Target:
    found, by_hand = ratio(measurements, rival, ours, place), ours._replace(who="by hand")
    most = f"; against the formula by hand: {ratio(measurements, rival, by_hand, place)}"
    return Target(name, "30 times", f"{found}{most}", found.median >= 30)


def comparisons(size: Size) -> Iterator[tuple[Callable[..., Target], str, Point, Point]]:
    """The targets: what judges, what of, and the two points that it judges."""
    few, many = min(n for n in size.cycles if n > 1), max(size.cycles)
    for who in FAMILIES["cycles"]:
        if who.startswith("ours"):
            large, small = Point("cycles", who, many), Point("cycles", who, few)
            yield same_instructions, f"{many:,} cycles against {few:,}: {who}", large, small
    for family in ("boundaries", "phases of one kind"):
        few, many = min(sizes(family, size)), max(sizes(family, size))
        for who in FAMILIES[family]:
            if who.startswith("ours"):
                large, small = Point(family, who, many), Point(family, who, few)
                yield at_most_twice, f"{many:,} {family} against {few:,}: {who}", large, small
    optaxs, ours = (Point("cycles", who, size.restarts) for who in ("optax sgdr_schedule", "ours"))
    yield thirty_times, f"`sgdr_schedule` of {size.restarts} cycles against ours", optaxs, ours


def targets(measurements: Measurements, size: Size) -> list[Target]:
    found = []
    for judge, name, one, other in comparisons(size):
        missing = [f"{point.who}, {point.size:,}" for point in (one, other) if point not in measurements]
        for place in PLACES:
            named = f"{name}, {place}"
            if missing:
                found.append(Target(named, "to be measured", f"did not get to {' and '.join(missing)}", False))
            else:
                found.append(judge(measurements, named, one, other, place))
    return found


def picture(measurements: Measurements, stops: dict[Point, str], out: Path) -> Path:
    """Compile time against size, a panel for each family."""
    import matplotlib
    from matplotlib.figure import Figure

    from benchmarks.train_digits import FAINT, INK, LOSS, RATE, STYLE

    path = out / "compile.svg"
    out.mkdir(parents=True, exist_ok=True)
    families = [family for family in FAMILIES if family != "constant rate"]
    style: dict[Any, Any] = STYLE | {"svg.hashsalt": "compile"}
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(14, 4.6), layout="constrained")
        panels = figure.subplots(1, len(families), sharey=True)
        floor = float(np.median(totals(measurements, Point("constant rate", "ours", 1))))
        for axes, family in zip(panels, families, strict=True):
            axes.axhline(floor, color=FAINT, linestyle=":", label="a constant rate")
            for who, dashes in zip(FAMILIES[family], ("-", "--", "-.", ":", "-", "-"), strict=False):
                points = [point for point in measurements if point[:2] == (family, who)]
                seconds = [float(np.median(totals(measurements, point))) for point in points]
                line = {"color": INK} if who == "by hand" else {"color": RATE}
                line = {"color": LOSS, "linestyle": dashes} if who.startswith("ours") else line
                axes.plot([point.size for point in points], seconds, marker=".", label=who, **line)
                for stop in (stop for stop in stops if stop[:2] == (family, who) and points):
                    text, end = f"{stop.size:,}:\n{stops[stop]}", (points[-1].size, seconds[-1])
                    axes.annotate(text, end, (0, 6), textcoords="offset points", ha="center", color=RATE)
            axes.set(xscale="log", yscale="log", xlabel=family)
            axes.margins(y=0.15)
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), frameon=False, ncols=2, fontsize=7)
        panels[0].set_ylabel("seconds to trace, lower and compile")
        figure.savefig(path, metadata={"Date": None})
    return path


def main(arguments: Sequence[str] | None = None) -> None:
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == [WORKER]:
        work(json.loads(given[1]))
        return
    is_smoke, out = harness.options("compile", given)
    size = SMOKE if is_smoke else FULL
    measurements, stops = (smoke if is_smoke else experiment)(size)
    for family in FAMILIES:
        table(family, measurements, stops)
    met = targets(measurements, size)
    harness.table(
        "Compiling schedules: targets",
        [(*Target._fields[:2], "measured", "met"), *((*target[:3], "yes" if target.met else "NO") for target in met)],
    )
    drawn = picture(measurements, stops, out)
    answer = {
        "method": METHOD,
        "rounds": size.rounds,
        "targets": [target._asdict() for target in met],
        "stopped": [{**point._asdict(), "reason": reason} for point, reason in stops.items()],
        "measured": [{**point._asdict(), **medians(found)} for point, found in measurements.items()],
    }
    harness.save("compile", answer, out)
    print(f"\nPicture: {drawn}")


if __name__ == "__main__":
    main()
