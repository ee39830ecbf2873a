"""How long do trainings with many peaks, lengths and decay rates take when one program serves them all?

    python -m benchmarks.sweep

Trains logistic regression on scikit-learn's handwritten digits with 256 exponential decays: each peak with each length
and each decay rate. Ours is built from traced values, so that one program under `jax.vmap` trains them all; beside it a
loop that compiles each training, what can be done with optax's schedules, and the formula written by hand. Each way
has a process of its own, and all must come to the same losses. Prints what takes traced values at all, and a table.
"""

import functools
import itertools
import json
import sys
import time
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

METHOD = (
    "A way's time is from nothing compiled to all the losses: it builds the schedules, traces, compiles and runs. Each "
    "measurement has a fresh process, without a compilation cache, in which a training with a constant rate was run "
    "before; the ways take turns, each round in another order. A loop that compiles each training is timed on some of "
    "the settings, drawn at random, and its time multiplied by the share. `again` is the same sweep over other peaks, "
    "with what is then compiled. The losses of all ways are compared with those of the formula by hand."
)
TOLERANCE = 1e-4
WORKER, TRACED = "--worker", "--traced"

Function = Callable[[Any], Any]
Factory = Callable[[Any, Any, Any], Function]


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

    def some(self, which: np.ndarray) -> "Settings":
        return Settings(*(each[which] for each in self))


class Data(NamedTuple):
    """Images as rows of pixels from 0 to 1, the digits that they show, and the examples of each update's minibatch."""

    images: jax.Array
    labels: jax.Array
    batches: jax.Array


Sweep = Callable[[Settings], jax.Array]


def settings(size: Size) -> Settings:
    peaks = np.geomspace(0.02, 0.5, size.peaks).astype(np.float32)
    lengths = np.linspace(size.updates // 4, size.updates, size.lengths).astype(np.int32)
    rates = np.linspace(0.1, 0.9, size.rates).astype(np.float32)
    every = zip(*itertools.product(peaks, lengths, rates), strict=True)
    return Settings(*(np.array(each) for each in every))


def data(size: Size) -> Data:
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    batches = np.random.default_rng(0).integers(len(labels), size=(size.updates, 32))
    return Data(jnp.asarray(images / 16, jnp.float32), jnp.asarray(labels), jnp.asarray(batches))


def loss(weights: tuple[jax.Array, jax.Array], images: jax.Array, labels: jax.Array) -> jax.Array:
    matrix, offset = weights
    return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(images @ matrix + offset, labels))


def trained(schedule: Function, data: Data) -> jax.Array:
    """The loss over all images after training."""
    transform = optax.sgd(schedule, momentum=0.9)

    def step(carry: tuple[Any, Any], batch: jax.Array) -> tuple[tuple[Any, Any], None]:
        weights, state = carry
        gradient = jax.grad(loss)(weights, data.images[batch], data.labels[batch])
        updates, state = transform.update(gradient, state)
        return (optax.apply_updates(weights, updates), state), None

    weights = jnp.zeros((data.images.shape[1], 10)), jnp.zeros(10)
    (weights, _), _ = lax.scan(step, (weights, transform.init(weights)), data.batches)
    return loss(weights, data.images, data.labels)


def by_hand(peak: Any, steps: Any, rate: Any) -> Function:
    return lambda t: peak * rate ** (t / steps)


def optax_by_halves(peak: Any, steps: Any, rate: Any) -> Function:
    """A decay that halves each step, at counts that make of it any other: only the peak goes through optax's checks."""
    return lambda t: optax.exponential_decay(peak, 1, 0.5)(-jnp.log2(rate) * t / steps)


def one_program(factory: Factory, data: Data) -> Sweep:
    program = jax.jit(jax.vmap(lambda *setting: trained(factory(*setting[:3]), setting[3]), (0, 0, 0, None)))
    return lambda settings: program(*settings, data)


def called_for_each(factory: Factory, data: Data) -> Sweep:
    program = jax.jit(lambda *setting: trained(factory(*setting[:3]), setting[3]))
    return lambda settings: jnp.stack([program(*setting, data) for setting in settings.numbers()])


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


def tabulated(factory: Factory, data: Data) -> Sweep:
    """Every rate of every training is computed first, eagerly; one program looks them up."""
    program = jax.jit(jax.vmap(lambda table, data: trained(lambda t: table[t], data), (0, None)))
    counts = np.arange(len(data.batches))
    return lambda settings: program(jnp.stack([factory(*setting)(counts) for setting in settings.numbers()]), data)


class Way(NamedTuple):
    sweep: Callable[[Factory, Data], Sweep]
    factory: Factory
    programs: str


WAYS = {
    "ours, one program": Way(one_program, od.exponential_decay, "1"),
    "ours, one program called for each": Way(called_for_each, od.exponential_decay, "1"),
    "ours, compiled for each": Way(compiled_for_each, od.exponential_decay, "one each"),
    "optax, compiled for each": Way(compiled_for_each, optax.exponential_decay, "one each"),
    "optax, peaks traced": Way(peaks_traced, optax.exponential_decay, "one for each length and rate"),
    "optax, rates tabulated first": Way(tabulated, optax.exponential_decay, "1"),
    "optax, halving at counts rescaled by hand": Way(one_program, optax_by_halves, "1"),
    "by hand": Way(one_program, by_hand, "1"),
}
OURS, LOOP, REFERENCE = "ours, one program", "ours, compiled for each", "by hand"


def injected(name: str) -> Callable[[Any], Any]:
    """The rate of the third update of SGD whose decay's hyperparameters are in its state."""

    @optax.inject_hyperparams
    def factory(init_value: Any = 0.1, transition_steps: Any = 100, decay_rate: Any = 0.5) -> Any:
        return optax.sgd(optax.exponential_decay(init_value, transition_steps, decay_rate))

    def rate(value: Any) -> Any:
        transform, one = factory(**{name: value}), jnp.float32(1)
        update, state = one, transform.init(one)
        for _ in range(3):
            update, state = transform.update(one, state)
        return -jnp.asarray(update)

    return rate


def restarts(steps: Any) -> Function:
    cycle = {"init_value": 0.1, "peak_value": 0.1, "warmup_steps": 0, "decay_steps": steps}
    return optax.sgdr_schedule([cycle] * 4)


# Each with a value: what makes of it ours, and optax's.
TRACEABLE: dict[str, tuple[Any, Callable[[Any], Function], Callable[[Any], Function]]] = {
    "exponential: peak": (
        0.1, lambda v: od.exponential_decay(v, 100, 0.5), lambda v: optax.exponential_decay(v, 100, 0.5)
    ),
    "exponential: length": (
        100, lambda v: od.exponential_decay(0.1, v, 0.5), lambda v: optax.exponential_decay(0.1, v, 0.5)
    ),
    "exponential: decay rate": (
        0.5, lambda v: od.exponential_decay(0.1, 100, v), lambda v: optax.exponential_decay(0.1, 100, v)
    ),
    "polynomial: power": (
        2.0, lambda v: od.polynomial_decay(0.1, 200, 0.0, v), lambda v: optax.polynomial_schedule(0.1, 0.0, v, 200)
    ),
    "polynomial: length": (
        200, lambda v: od.polynomial_decay(0.1, v, 0.0, 2.0), lambda v: optax.polynomial_schedule(0.1, 0.0, 2.0, v)
    ),
    "cosine: length": (200, lambda v: od.cosine_decay(0.1, v), lambda v: optax.cosine_decay_schedule(0.1, v)),
    "warmup: length": (
        50,
        lambda v: od.warmup_cosine_decay(0.1, v, 200),
        lambda v: optax.warmup_cosine_decay_schedule(0.0, 0.1, v, 200),
    ),
    "restarts: length": (100, lambda v: od.cosine_decay_restarts(0.1, v, t_mul=1), restarts),
    "boundaries": (
        100,
        lambda v: od.piecewise_constant([v], [0.1, 0.05]),
        lambda v: optax.piecewise_constant_schedule(0.1, {v: 0.5}),
    ),
}  # fmt: skip
INJECTED = ("init_value", "transition_steps", "decay_rate")


# In a process of its own.


def verdict(rate: Callable[[Any], Any], value: Any) -> str:
    """Whether a rate made from a traced value is that made from the value."""
    expected = np.asarray(rate(value), np.float64)
    try:
        found = jax.jit(rate)(value)
    except Exception as error:
        return type(error).__name__
    return "works" if abs(float(found) - expected) <= 1e-5 * abs(expected) else "wrong"


def traced() -> dict[str, tuple[str, str]]:
    """What becomes of traced values: with ours and with optax's."""
    found = {}
    for name, (value, ours, optaxs) in TRACEABLE.items():
        of_ours, of_optaxs = (
            verdict(lambda v, factory=factory: factory(v)(jnp.int32(137)), value) for factory in (ours, optaxs)
        )
        found[name] = of_ours, of_optaxs
    for name, value in zip(INJECTED, (0.1, 100, 0.5), strict=True):
        found[f"exponential's {name}, inject_hyperparams"] = "", verdict(injected(name), value)
    return found


def seconds_and_losses(sweep: Sweep, settings: Settings) -> tuple[float, list[float]]:
    begin = time.perf_counter()
    losses = jax.block_until_ready(sweep(settings))
    return time.perf_counter() - begin, losses.tolist()


def measure(name: str, size: Size, known: Data) -> dict[str, Any]:
    way, every = WAYS[name], settings(size)
    which = np.arange(len(every.peaks))
    if way.sweep is compiled_for_each:
        which = np.random.default_rng(0).choice(which, size.looped, replace=False)
    some, share = every.some(which), len(every.peaks) / len(which)
    sweep = way.sweep(way.factory, known)
    first, losses = seconds_and_losses(sweep, some)
    again = None
    if way.sweep is not compiled_for_each:
        again, _ = seconds_and_losses(sweep, some._replace(peaks=some.peaks / 2))
    return {"first": first * share, "again": again, "which": which.tolist(), "losses": losses}


def work(size: Size, names: Sequence[str]) -> dict[str, Any]:
    # Losses of different programs are the same only if products are not rounded to fewer digits, as TPUs and GPUs do.
    with jax.default_matmul_precision("highest"):
        known = data(size)
        jax.block_until_ready(jax.jit(functools.partial(trained, lambda _: 0.1))(known))
        return {name: traced() if name == TRACED else measure(name, size, known) for name in names}


# In the process that starts them; it leaves the device to them.


def measured(size: Size, names: Sequence[str]) -> dict[str, Any]:
    return harness.in_fresh_process("benchmarks.sweep", WORKER, json.dumps(size), *names)


def experiment(size: Size) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    """Every round's measurements of every way, and what takes traced values."""
    found = {name: [] for name in WAYS}
    random = np.random.default_rng(0)
    with tqdm(total=len(WAYS) * size.rounds + 1, unit="process", leave=False, disable=None) as progress:
        takes = measured(size, [TRACED])[TRACED]
        progress.update()
        for _ in range(size.rounds):
            for name in random.permutation(list(WAYS)).tolist():
                progress.set_description(name)
                found[name] += measured(size, [name]).values()
                progress.update()
    return found, takes


def smoke(size: Size) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    """All in one process, which shares what it traced: not what the times of a full run mean."""
    found = measured(size, [TRACED, *WAYS])
    takes = found.pop(TRACED)
    return {name: [once] for name, once in found.items()}, takes


def check(found: dict[str, list[Any]], takes: dict[str, Any]) -> None:
    """All ways come to the same losses, and ours takes every traced value."""
    expected = np.array(found[REFERENCE][0]["losses"])
    for name, rounds in found.items():
        for once in rounds:
            harness.check(name, once["losses"], expected[once["which"]], TOLERANCE)
    if np.ptp(expected) < 100 * TOLERANCE * expected.max():
        raise SystemExit("The settings make no difference to the losses: this measures something else.")
    refused = [name for name, (ours, _) in takes.items() if ours not in ("works", "")]
    if refused:
        raise SystemExit(f"Ours does not take traced values: {', '.join(refused)}.")


def times(rounds: Sequence[dict[str, Any]], name: str) -> np.ndarray:
    return np.array([once[name] for once in rounds])


def median(rounds: Sequence[dict[str, Any]], name: str) -> float | None:
    return None if rounds[0][name] is None else float(np.median(times(rounds, name)))


def rows(found: dict[str, list[Any]], size: Size) -> list[Sequence[Any]]:
    made: list[Sequence[Any]] = [("way", "programs", "seconds", "again", "seconds / ours", "")]
    every = size.peaks * size.lengths * size.rates
    for name, rounds in found.items():
        looped = WAYS[name].sweep is compiled_for_each
        note = f"{size.looped} of {every} timed, times {every / size.looped:g}" if looped else ""
        first, again = (median(rounds, when) for when in ("first", "again"))
        against = "" if name == OURS else harness.ratio(times(rounds, "first"), times(found[OURS], "first"))
        made.append((name, WAYS[name].programs, first, "compiles again" if again is None else again, against, note))
    return made


def main(arguments: Sequence[str] | None = None) -> None:
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == [WORKER]:
        print(json.dumps(work(Size(*json.loads(given[1])), given[2:])))
        return
    is_smoke, out = harness.options("sweep", given)
    size = SMOKE if is_smoke else FULL
    found, takes = (smoke if is_smoke else experiment)(size)
    check(found, takes)
    every = size.peaks * size.lengths * size.rates
    harness.table(
        "Under jit, a rate made from a traced value",
        [("value", "ours", "optax")] + [(name, *verdicts) for name, verdicts in takes.items()],
    )
    harness.table(f"A sweep of {every} settings, {size.updates} updates each", rows(found, size))
    against = harness.ratio(times(found[LOOP], "first"), times(found[OURS], "first"))
    target = {
        "name": f"a sweep of {every} settings against a loop that compiles each",
        "wanted": "50 times",
        "measured": str(against),
        "met": "yes" if against.median >= 50 else "NO",
    }
    harness.table("A sweep: targets", [list(target), list(target.values())])
    answer = {
        "method": METHOD,
        "size": size._asdict(),
        "takes traced values": {name: dict(zip(("ours", "optax"), each, strict=True)) for name, each in takes.items()},
        "seconds": {
            name: {when: median(rounds, when) for when in ("first", "again")}
            | {"over ours": harness.ratio(times(rounds, "first"), times(found[OURS], "first"))._asdict()}
            for name, rounds in found.items()
        },
        "targets": [target],
    }
    harness.save("sweep", answer, out)


if __name__ == "__main__":
    main()
