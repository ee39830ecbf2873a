"""How long do trainings with many peaks, lengths and decay rates take when one program serves them all?

    python -m benchmarks.sweep

Trains a small network on scikit-learn's handwritten digits with 256 exponential decays: each peak with each length and
each decay rate. Ours is built from traced values, so that one program under `jax.vmap` trains them all; beside it a
loop that compiles each training, what can be done with optax's schedules, and the formula written by hand. All must
come to the same losses. What takes traced values at all, `transforms` says.
"""

import functools
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
from benchmarks import harness
from benchmarks.digits import Split, Start, load, loss, start, train

METHOD = (
    "A way's time is from nothing traced or compiled to all the losses: it builds the schedules, traces, compiles and "
    "runs; the ways take turns, each round in another order. A loop that compiles each training is timed on some "
    "of the settings, drawn at random, and its time multiplied by the share. `again` is the same sweep over other "
    "peaks, with what is then compiled. The losses of all ways are compared with those of the formula by hand."
)
TOLERANCE = 1e-4

Factory = Callable[[Any, Any, Any], Callable[[Any], Any]]


class Size(NamedTuple):
    """How much work a run is: every peak with every length and rate, of which `looped` are timed in a slow loop."""

    peaks: int
    lengths: int
    rates: int
    looped: int
    updates: int
    rounds: int


FULL = Size(peaks=16, lengths=4, rates=4, looped=16, updates=200, rounds=5)
SMOKE = Size(peaks=2, lengths=1, rates=2, looped=1, updates=8, rounds=1)


class Settings(NamedTuple):
    """An entry a training."""

    peaks: np.ndarray
    steps: np.ndarray
    rates: np.ndarray

    def numbers(self) -> list[tuple[float, int, float]]:
        return list(zip(*(each.tolist() for each in self), strict=True))


Data = tuple[Start, Split]  # Where every training starts, and what it is trained and judged on.
Sweep = Callable[[Settings], jax.Array]


def settings(size: Size) -> Settings:
    peaks = np.geomspace(0.02, 0.5, size.peaks).astype(np.float32)
    lengths = np.linspace(size.updates // 4, size.updates, size.lengths).astype(np.int32)
    rates = np.linspace(0.1, 0.9, size.rates).astype(np.float32)
    return Settings(*map(np.array, zip(*itertools.product(peaks, lengths, rates), strict=True)))


def trained(schedule: Callable[[Any], Any], data: Data) -> jax.Array:
    """The loss over all examples after training."""
    return loss(train(schedule, *data)[0], data[1])


def one_program(factory: Factory, data: Data) -> Sweep:
    program = jax.jit(jax.vmap(lambda *setting: trained(factory(*setting[:3]), setting[3]), (0, 0, 0, None)))
    return lambda settings: program(*settings, data)


def compiled_for_each(factory: Factory, data: Data) -> Sweep:
    """What there is to do without traced values."""

    def sweep(settings: Settings) -> jax.Array:
        schedules = (factory(*setting) for setting in settings.numbers())
        return jnp.stack([jax.jit(functools.partial(trained, schedule))(data) for schedule in schedules])

    return sweep


def peaks_traced(factory: Factory, data: Data) -> Sweep:
    """A program for each length and rate, and all peaks in it."""

    @functools.cache
    def program(steps: int, rate: float) -> Any:
        return jax.jit(jax.vmap(lambda peak, data: trained(factory(peak, steps, rate), data), (0, None)))

    def sweep(settings: Settings) -> jax.Array:
        losses = jnp.zeros(len(settings.peaks))
        for steps, rate in sorted(set(zip(settings.steps.tolist(), settings.rates.tolist(), strict=True))):
            (of_these,) = np.nonzero((settings.steps == steps) & (settings.rates == np.float32(rate)))
            losses = losses.at[of_these].set(program(steps, rate)(settings.peaks[of_these], data))
        return losses

    return sweep


class Way(NamedTuple):
    sweep: Callable[[Factory, Data], Sweep]
    factory: Factory
    programs: str


WAYS = {
    "ours, one program": Way(one_program, od.exponential_decay, "1"),
    "ours, compiled for each": Way(compiled_for_each, od.exponential_decay, "one each"),
    "optax, compiled for each": Way(compiled_for_each, optax.exponential_decay, "one each"),
    "optax, peaks traced": Way(peaks_traced, optax.exponential_decay, "one for each length and rate"),
    "by hand": Way(one_program, lambda peak, steps, rate: lambda t: peak * rate ** (t / steps), "1"),
}
OURS, REFERENCE = "ours, one program", "by hand"


def measure(name: str, size: Size, known: Data) -> dict[str, Any]:
    way, every = WAYS[name], settings(size)
    looped, which = way.sweep is compiled_for_each, np.arange(len(every.peaks))
    if looped:
        which = np.random.default_rng(0).choice(which, size.looped, replace=False)
    jax.clear_caches()
    some, sweep = Settings(*(each[which] for each in every)), way.sweep(way.factory, known)
    times, losses = [time.perf_counter()], None
    for peaks in (some.peaks, some.peaks / 2):
        found = jax.block_until_ready(sweep(some._replace(peaks=peaks)))
        losses = found.tolist() if losses is None else losses
        times.append(time.perf_counter())
    first, again = np.diff(times) * len(every.peaks) / len(which)
    return {"first": first, "again": None if looped else again, "which": which.tolist(), "losses": losses}


def experiment(size: Size) -> dict[str, list[Any]]:
    """Every round's measurements of every way."""
    jax.config.update("jax_enable_compilation_cache", False)
    random = np.random.default_rng(0)
    order = [name for _ in range(size.rounds) for name in random.permutation(list(WAYS)).tolist()]
    found: dict[str, list[Any]] = {name: [] for name in WAYS}
    # Losses of different programs are the same only if products are not rounded to fewer digits, as TPUs and GPUs do.
    with jax.default_matmul_precision("highest"):
        known = start(0, size.updates, 32), load()[0]
        jax.block_until_ready(jax.jit(functools.partial(trained, lambda _: 0.1))(known))
        for name in tqdm(order, leave=False, disable=None):
            found[name].append(measure(name, size, known))
    return found


def check(found: dict[str, list[Any]]) -> None:
    """All ways come to the same losses."""
    expected = np.array(found[REFERENCE][0]["losses"])
    for name, rounds in found.items():
        for once in rounds:
            harness.check(name, once["losses"], expected[once["which"]], TOLERANCE)
    if np.ptp(expected) < 100 * TOLERANCE * expected.max():
        raise SystemExit("The settings make no difference to the losses: this measures something else.")


def main(arguments: Sequence[str] | None = None) -> None:
    is_smoke, out = harness.options("sweep", arguments)
    size = SMOKE if is_smoke else FULL
    check(found := experiment(size))
    first = {name: np.array([once["first"] for once in rounds]) for name, rounds in found.items()}
    seconds = {}
    for name, rounds in found.items():
        again = None if rounds[0]["again"] is None else float(np.median([once["again"] for once in rounds]))
        against = harness.ratio(first[name], first[OURS])
        seconds[name] = {"first": float(np.median(first[name])), "again": again, "over ours": against}
    rows = [(name, WAYS[name].programs, *each.values()) for name, each in seconds.items()]
    every = size.peaks * size.lengths * size.rates
    title = f"A sweep of {every} settings, {size.updates} updates each"
    harness.table(title, [("way", "programs", "seconds", "again (None compiles again)", "seconds / ours"), *rows])
    answer = {"method": METHOD, "size": size._asdict(), "seconds": seconds}
    harness.save("sweep", answer, out)


if __name__ == "__main__":
    main()
