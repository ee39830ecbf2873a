"""What does a schedule cost in a train step?

    python -m benchmarks.train_step

Steps of `optax.adam(schedule)` on a quadratic loss, jitted with the state donated, of 10**2 to 10**8 parameters: called
from Python and, for the small sizes, also in a `lax.scan` of 1000, where no dispatch hides what a step does. Ours and
optax's twins take turns with optax's constant schedule; the same constant compiled once more shows the noise. The rate
that is a plain number keeps no count: what it saves, any schedule costs. All contenders of a size train the same
parameters in turn, so a size needs memory for one set only; without that it is left out. What a schedule adds to the
program is the question of `ahead`.
"""

import functools
import os
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from tqdm import tqdm

from benchmarks import harness, program
from benchmarks.program import B1, B2, EPS, FULL, SMOKE, SMOKE_SCHEDULES, Size
from benchmarks.twins import PEAK, TWINS

# The first count: the last one before restarts of both kinds, a stair, a boundary and the end of a warmup.
BEGIN = 999
# Of the largest distance that a parameter went: Adam's 1 - B2**t loses digits in float32.
TOLERANCE = 3e-4
SEEN = 100
# The parameters, two moments, the target, and two for what a backend does not fuse or reuse.
BYTES = 6 * 4
OURS, OPTAX = "ours", "optax"
CONSTANT, AGAIN, NUMBER = "constant: optax", "constant, compiled again", "a plain number"


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


def contenders(names: Sequence[str]) -> dict[str, tuple[Any, Callable[[Any], Any]]]:
    """Rates as optax takes them, each with another program for the same rates."""
    everyone: dict[str, tuple[Any, Callable[[Any], Any]]] = {}
    for name in names:
        twins = TWINS[name]
        for who in (OURS, OPTAX):
            if who in twins:
                everyone[f"{name}: {who}"] = twins[who], twins.get("by hand", twins[OURS])
    constant = TWINS["constant"]
    return everyone | {AGAIN: (constant[OPTAX], constant[OURS]), NUMBER: (PEAK, constant[OURS])}


def compiled(rate: Any, size: Size, shared: Parameters) -> Callable[[], jax.Array]:
    """Trains the shared parameters; the count of the schedule is the program's own and starts at `BEGIN`."""
    transform, train = program.adam(rate, size.steps)
    start: Any = transform.init(jnp.zeros(()))
    counted = jax.tree.map(lambda count: count + BEGIN, start[1])
    jitted = jax.jit(train, donate_argnums=(0, 1))
    run = jitted.lower(shared.values, (shared.adam, counted), shared.target).compile()

    def call() -> jax.Array:
        nonlocal counted
        shared.values, (shared.adam, counted) = run(shared.values, (shared.adam, counted), shared.target)
        return shared.values

    return call


def check(name: str, expected: Callable[[Any], Any], call: Callable[[], Any], size: Size, shared: Parameters) -> None:
    """The first and the last parameters must have gone where Adam takes them in float64, at the rates of a twin."""
    shared.begin()
    for _ in range(size.checked):
        call()
    counts = jnp.arange(BEGIN, BEGIN + size.checked * size.steps)
    rates = np.asarray(jax.jit(jax.vmap(expected))(counts), np.float64)
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


def room() -> float:
    """Bytes that are free on the device, or on the machine where the device does not tell."""
    stats = jax.devices()[0].memory_stats() or {}
    if "bytes_limit" in stats:
        return stats["bytes_limit"] - stats["bytes_in_use"]
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def measure(size: Size, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Every contender's seconds a step, a number a round."""
    shared, calls = Parameters(size.parameters), {}
    for name, (rate, expected) in tqdm(contenders(names).items(), f"{size}: checks", leave=False, disable=None):
        calls[name] = compiled(rate, size, shared)
        check(name, expected, calls[name], size, shared)
    seconds = harness.interleaved(calls, size.rounds, label=str(size))
    return {name: each / size.steps for name, each in seconds.items()}


def report(size: Size, seconds: dict[str, np.ndarray], names: Sequence[str]) -> dict[str, Any]:
    """Prints and returns ratios and medians; `slower` is whose interval lies above that of the constant to itself."""
    to_constant = {name: harness.ratio(each, seconds[CONSTANT]) for name, each in seconds.items()}
    to_optax = {}
    rows: list[list[Any]] = [["schedule", "ours / constant", "optax / constant", "ours / optax", "slower"]]
    rows += [[name, "", to_constant[name], "", ""] for name in (AGAIN, NUMBER)]
    for name in names:
        each = {who: f"{name}: {who}" for who in (OURS, OPTAX) if f"{name}: {who}" in seconds}
        if OPTAX in each:
            to_optax[name] = harness.ratio(*(seconds[twin] for twin in each.values()))
        slower = " and ".join(who for who, twin in each.items() if to_constant[twin].low > to_constant[AGAIN].high)
        ratios = [to_constant[each[who]] if who in each else "" for who in (OURS, OPTAX)]
        rows.append([name, *ratios, to_optax.get(name, ""), slower])
    medians = {name: float(np.median(each)) for name, each in seconds.items()}
    harness.table(f"{size}: a step at the constant rate takes {1e6 * medians[CONSTANT]:.3g} µs", rows)
    return {
        **size._asdict(),
        "seconds a step, median": medians,
        "time to the constant's: median, low, high": to_constant,
        "ours to optax's: median, low, high": to_optax,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    smoke, out = harness.options("train_step", arguments)
    names = SMOKE_SCHEDULES if smoke else tuple(TWINS)
    answers, left_out = [], []
    for size in SMOKE if smoke else FULL:
        needed, free = BYTES * size.parameters, room()
        if needed > free:
            left_out.append(f"{size}: left out, needs {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free")
            print(f"\n{left_out[-1]}.")
            continue
        answers.append(report(size, measure(size, names), names))
    harness.save("train_step", {"sizes": answers, "left out": left_out}, out)


if __name__ == "__main__":
    main()
