"""What does a schedule cost in a train step?

    python -m benchmarks.train_step

Steps of `optax.adam(schedule)` on a quadratic loss, jitted with the state donated, of 10**2 to 10**8 parameters: called
from Python and, for the small sizes, also in a `lax.scan` of 1000, where no dispatch hides what a step does. Ours,
optax's twins and a few nests take turns with optax's constant schedule; the same constant compiled once more shows the
noise. The rate that is a plain number keeps no count: what it saves, any schedule costs.

What a schedule adds to the optimized program is counted in its text: kernels, which are the instructions that run by
themselves (a launch on a GPU, a thunk on a CPU); fusions; and instructions, those within fusions too. All contenders of
a size train the same parameters in turn, so a size needs memory for one set only; without that it is left out.
"""

import contextlib
import functools
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from tqdm import tqdm

import optax_decay as od
from benchmarks import harness
from benchmarks.twins import PEAK, TWINS, Twin

B1, B2, EPS = 0.9, 0.999, 1e-8
# The first count: the last one before restarts of both kinds, a stair, a boundary and the end of a warmup.
BEGIN = 999
# Of the largest distance that a parameter went: Adam's 1 - B2**t loses digits in float32.
TOLERANCE = 3e-4
SEEN = 100
# The parameters, two moments, the target, and two for what a backend does not fuse or reuse.
BYTES = 6 * 4
ROOM_WHERE_UNKNOWN = 2**30
OURS, OPTAX = "ours", "optax's"
CONSTANT, AGAIN, NUMBER = "constant: optax's", "constant, compiled again", "a plain number"

COMPUTATION = re.compile(r"(?P<entry>ENTRY )?%?(?P<name>[\w.-]+) .*\{$")
INSTRUCTION = re.compile(r"\s+(ROOT )?%?[\w.-]+ = .*? (?P<operation>[a-z][\w-]*)\(")
NO_KERNEL = ("parameter", "constant", "tuple", "get-tuple-element", "bitcast", "after-all", "call", "conditional")


class Size(NamedTuple):
    """How many parameters, in how many steps a call and calls a check, and for how many rounds it is timed."""

    parameters: int
    steps: int
    checked: int
    rounds: int

    def __str__(self) -> str:
        place = "called from Python" if self.steps == 1 else f"in a scan of {self.steps}"
        return f"{self.parameters:,} parameters, {place}"


FULL = (
    Size(10**2, 1, 20, 100),
    Size(10**2, 1000, 1, 100),
    Size(10**4, 1, 20, 100),
    Size(10**4, 1000, 1, 40),
    Size(10**6, 1, 20, 50),
    Size(10**8, 1, 2, 15),
)
SMOKE = (Size(10**2, 1, 20, 3), Size(10**3, 100, 1, 3))
SMOKE_SCHEDULES = ("constant", "cosine", "restarts, t_mul=2")


def growing_polynomials(cycles: int) -> Callable[[Any], Any]:
    """optax's warmup and restarts of a polynomial, each twice as long and 0.8 as high."""
    parts = [optax.polynomial_schedule(PEAK * 0.8**i, 1e-4 * 0.8**i, 2.0, 1000 * 2**i) for i in range(cycles)]
    begins = [100 + 1000 * (2**i - 1) for i in range(cycles)]
    return optax.join_schedules([optax.linear_schedule(0.0, PEAK, 100), *parts], begins)


SCHEDULES = TWINS | {
    "warmup of polynomial restarts": Twin(
        od.warmup(od.warm_restarts(od.polynomial_decay(PEAK, 1000, power=2.0), 1000, t_mul=2, m_mul=0.8), 100),
        growing_polynomials(9),
        None,
    ),
    "warmup, stable, cooldown": Twin(
        od.warmup_stable_decay(PEAK, 1000, 10_000, 2000, shape="linear"),
        optax.join_schedules(
            [optax.linear_schedule(0.0, PEAK, 1000), lambda t: PEAK, optax.linear_schedule(PEAK, 0.0, 2000)],
            [1000, 8000],
        ),
        None,
    ),
    "clipped, shrinking triangles": Twin(
        od.clip(od.triangular2(0.001, PEAK, 700) * od.inverse_time_decay(1.0, 1000, 0.1), min_value=0.002), None, None
    ),
}


class Contender(NamedTuple):
    """A rate as optax takes it, and another program for the same rates."""

    rate: Any
    expected: Callable[[Any], Any]


class Program(NamedTuple):
    """A call that makes the steps of a size, and what the optimized program is made of."""

    call: Callable[[], jax.Array]
    made_of: dict[str, int]


class Parameters:
    """The parameters of a size, what Adam keeps of them, and a target too far away to be reached."""

    def __init__(self, number: int):
        self.target = _target(number)
        self.begin()

    def begin(self) -> None:
        """Zeros; the old arrays go first."""
        self.values = self.adam = None
        self.values = jnp.zeros_like(self.target)
        self.adam = optax.scale_by_adam(B1, B2, EPS).init(self.values)


@functools.partial(jax.jit, static_argnums=0)
def _target(number: int) -> jax.Array:
    index = jnp.arange(number)
    return jnp.where(index % 2, 1e5, -1e5) * (1 + index / number)


def contenders(names: Sequence[str]) -> dict[str, Contender]:
    everyone = {}
    for name in names:
        ours, optaxs, by_hand = SCHEDULES[name]
        everyone[f"{name}: {OURS}"] = Contender(ours, by_hand or optaxs or ours)
        if optaxs is not None:
            everyone[f"{name}: {OPTAX}"] = Contender(optaxs, by_hand or ours)
    again = Contender(optax.constant_schedule(PEAK), SCHEDULES["constant"].ours)
    return everyone | {AGAIN: again, NUMBER: again._replace(rate=PEAK)}


def program(rate: Any, size: Size, shared: Parameters) -> Program:
    """Trains the shared parameters; the count of the schedule is the program's own and starts at `BEGIN`."""
    transform = optax.adam(rate, B1, B2, EPS)

    def step(values: jax.Array, state: Any, target: jax.Array) -> tuple[jax.Array, Any]:
        gradient = jax.grad(lambda values: 0.5 * jnp.sum((values - target) ** 2))(values)
        updates, state = transform.update(gradient, state, values)
        return jnp.asarray(optax.apply_updates(values, updates)), state

    def steps(values: jax.Array, state: Any, target: jax.Array) -> tuple[jax.Array, Any]:
        if size.steps == 1:
            return step(values, state, target)
        return lax.scan(lambda carry, _: (step(*carry, target), None), (values, state), length=size.steps)[0]

    start: Any = transform.init(jnp.zeros(()))
    counted = jax.tree.map(lambda count: count + BEGIN, start[1])
    jitted = jax.jit(steps, donate_argnums=(0, 1))
    compiled = jitted.lower(shared.values, (shared.adam, counted), shared.target).compile()

    def call() -> jax.Array:
        nonlocal counted
        shared.values, (shared.adam, counted) = compiled(shared.values, (shared.adam, counted), shared.target)
        return shared.values

    return Program(call, made_of(compiled.as_text() or ""))


def check(name: str, contender: Contender, call: Callable[[], Any], size: Size, shared: Parameters) -> None:
    """The first and the last parameters must have gone where Adam takes them in float64, at the rates of a twin."""
    shared.begin()
    for _ in range(size.checked):
        call()
    counts = jnp.arange(BEGIN, BEGIN + size.checked * size.steps)
    rates = np.asarray(jax.jit(jax.vmap(contender.expected))(counts), np.float64)
    harness.check(f"{name}, {size}", _ends(shared.values), adam(rates, _ends(shared.target)), TOLERANCE)


def _ends(array: Any) -> np.ndarray:
    return np.concatenate([array[: SEEN // 2], array[-SEEN // 2 :]]).astype(np.float64)


def adam(rates: np.ndarray, target: np.ndarray) -> np.ndarray:
    values, mean, square = np.zeros_like(target), np.zeros_like(target), np.zeros_like(target)
    for n, rate in enumerate(rates, 1):
        gradient = values - target
        mean = B1 * mean + (1 - B1) * gradient
        square = B2 * square + (1 - B2) * gradient**2
        values = values - rate * (mean / (1 - B1**n)) / (np.sqrt(square / (1 - B2**n)) + EPS)
    return values


def made_of(text: str) -> dict[str, int]:
    """Kernels, fusions and instructions of an optimized HLO module."""
    computations: dict[str, list[tuple[str, str]]] = {}
    entry = name = ""
    for line in text.splitlines():
        if head := COMPUTATION.match(line):
            name = head["name"]
            computations[name] = []
            entry = name if head["entry"] else entry
        elif name and (instruction := INSTRUCTION.match(line)):
            computations[name].append((instruction["operation"], line))
    if not computations.get(entry):
        raise SystemExit("The text of the optimized program is not understood: no instructions of an entry in it.")
    operations = [operation for instructions in computations.values() for operation, _ in instructions]
    return {
        "kernels": sum(1 for _ in _kernels(computations, entry)),
        "fusions": operations.count("fusion"),
        "instructions": len(operations),
    }


def _kernels(computations: dict[str, list[tuple[str, str]]], name: str) -> Iterator[str]:
    """Operations that run by themselves in a computation, and in those that it calls, loops over or chooses from."""
    for operation, line in computations[name]:
        if operation not in NO_KERNEL and not operation.endswith("-done"):
            yield operation
        if operation in ("call", "while", "conditional"):
            attributes = line.partition("), ")[2]
            for inner in re.findall(r"%([\w.-]+)", attributes):
                yield from _kernels(computations, inner)


def room() -> tuple[int, str]:
    """Bytes that are free, and how that is known."""
    stats = jax.devices()[0].memory_stats() or {}
    if "bytes_limit" in stats:
        return stats["bytes_limit"] - stats["bytes_in_use"], "free on the device"
    with contextlib.suppress(OSError, AttributeError):
        available = re.search(r"MemAvailable: +(\d+) kB", Path("/proc/meminfo").read_text())
        if available:
            return 1024 * int(available[1]), "free on the machine"
    return ROOM_WHERE_UNKNOWN, "assumed, for the system does not tell"


class Measured(NamedTuple):
    """A size's answer: every contender's seconds a step, a number a round, and what its program is made of."""

    size: Size
    seconds: dict[str, np.ndarray]
    programs: dict[str, dict[str, int]]

    def ratio(self, name: str, to: str = CONSTANT) -> harness.Ratio:
        return harness.ratio(self.seconds[name], self.seconds[to])

    def added(self, name: str) -> dict[str, int]:
        """What the program has more than the constant's."""
        return {what: number - self.programs[CONSTANT][what] for what, number in self.programs[name].items()}


def measure(size: Size, names: Sequence[str]) -> Measured:
    shared = Parameters(size.parameters)
    programs = {}
    for name, contender in tqdm(contenders(names).items(), desc=f"{size}: checks", leave=False, disable=None):
        programs[name] = program(contender.rate, size, shared)
        check(name, contender, programs[name].call, size, shared)
    calls = {name: program.call for name, program in programs.items()}
    seconds = harness.interleaved(calls, size.rounds, label=str(size))
    return Measured(
        size,
        {name: each / size.steps for name, each in seconds.items()},
        {name: program.made_of for name, program in programs.items()},
    )


def twins(measured: Measured, name: str) -> dict[str, str]:
    """Of a schedule's contenders, those that were measured: ours, and optax's where there is one."""
    each = {whose: f"{name}: {whose}" for whose in (OURS, OPTAX)}
    return {whose: contender for whose, contender in each.items() if contender in measured.seconds}


def times(measured: Measured, names: Sequence[str]) -> list[list[Any]]:
    """Ratios, and whose interval lies above that of the constant against itself."""
    noise = measured.ratio(AGAIN)
    rows: list[list[Any]] = [["schedule", f"{OURS} / constant", f"{OPTAX} / constant", f"{OURS} / {OPTAX}", "slower"]]
    rows += [[name, "", measured.ratio(name), "", ""] for name in (AGAIN, NUMBER)]
    for name in names:
        each = twins(measured, name)
        ratios = {whose: measured.ratio(twin) for whose, twin in each.items() if twin != CONSTANT}
        between = measured.ratio(each[OURS], each[OPTAX]) if OPTAX in each else ""
        slower = " and ".join(whose for whose, ratio in ratios.items() if ratio.low > noise.high)
        rows.append([name, ratios[OURS], ratios.get(OPTAX, ""), between, slower])
    return rows


def additions(measured: Measured, names: Sequence[str]) -> list[list[Any]]:
    """What schedules add, ours and optax's in one cell."""
    kinds = list(measured.programs[CONSTANT])
    rows: list[list[Any]] = [["added to the constant's program", *(f"{kind}: {OURS}, {OPTAX}" for kind in kinds)]]
    for name in names:
        added = [measured.added(twin) for twin in twins(measured, name).values()]
        rows.append([name, *(", ".join(f"{each[kind]:+d}" for each in added) for kind in kinds)])
    return rows


def beyond_optax(measured: Measured, names: Sequence[str]) -> list[str]:
    """Schedules of which ours adds more kernels or more fusions."""
    found = []
    for name in names:
        added = {whose: measured.added(twin) for whose, twin in twins(measured, name).items()}
        if OPTAX in added and any(added[OURS][kind] > added[OPTAX][kind] for kind in ("kernels", "fusions")):
            found.append(name)
    return found


def report(measured: Measured, names: Sequence[str]) -> None:
    microseconds = 1e6 * float(np.median(measured.seconds[CONSTANT]))
    title = f"{measured.size}: a step at the constant rate takes {microseconds:.3g} µs"
    harness.table(title, times(measured, names))
    made = ", ".join(f"{number} {kind}" for kind, number in measured.programs[CONSTANT].items())
    harness.table(f"{measured.size}: the constant's program has {made}", additions(measured, names))
    print(f"Kernels or fusions beyond optax's twin: {', '.join(beyond_optax(measured, names)) or 'none'}.")


def answer(measured: Measured, names: Sequence[str]) -> dict[str, Any]:
    return {
        **measured.size._asdict(),
        "seconds a step, median": {name: float(np.median(each)) for name, each in measured.seconds.items()},
        "time to the constant's: median, low, high": {name: measured.ratio(name) for name in measured.seconds},
        "ours to optax's: median, low, high": {
            name: measured.ratio(*each.values()) for name in names if len(each := twins(measured, name)) == 2
        },
        "programs": measured.programs,
        "kernels or fusions beyond optax's twin": beyond_optax(measured, names),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    smoke, out = harness.options("train_step", arguments)
    names = SMOKE_SCHEDULES if smoke else tuple(SCHEDULES)
    answers, left_out = [], []
    for size in SMOKE if smoke else FULL:
        free, known = room()
        needed = BYTES * size.parameters
        if needed > free:
            left_out.append(f"{size}: left out, needs {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are {known}")
            print(f"\n{left_out[-1]}.")
            continue
        measured = measure(size, names)
        report(measured, names)
        answers.append(answer(measured, names))
    harness.save("train_step", {"sizes": answers, "left out": left_out}, out)


if __name__ == "__main__":
    main()
