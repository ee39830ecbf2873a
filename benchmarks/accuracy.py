"""How exact is a schedule: ours, optax's, the formula by hand, and TensorFlow's and Keras's where they are installed?

    python -m benchmarks.accuracy

The worst error in units in the last place of float32, over counts drawn from all of int32, evenly and by their
logarithm, and around many boundaries: all at once in one array, and some one by one in a scan. Then the counts that a
staircase puts in a wrong stage: around every boundary of 800 for the decay_steps 1 to 400, and at every count of int32
for two more. Then the counts in a wrong cycle around restarts. References are integers, float64 and fractions.
"""

import importlib.util
import os
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from math import ceil
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from tqdm import tqdm

import optax_decay as od
from benchmarks import harness
from benchmarks.twins import BOUNDARIES, CYCLE, CYCLES, PEAK, STEPS, TWINS

LAST = 2**31 - 1
TINY = float(np.finfo(np.float32).tiny)
# What is promised on CPU: of every decay in ulp, of compositions in parts of the peak.
MOST_ULP, MOST_OF_PEAK = 4.0, 2e-6
COMPOSITIONS = ("warmup cosine", "restarts", "restarts, t_mul=2")
# A stage of these differs from the next by far more than float32's rounding, and the last of them is far from 0.
RATE, STAGES = 0.9, 800
EVERYWHERE = {1_000: 1 - 2.0**-15, 9_999_991: 0.75}
GROWTHS = {"restarts": Fraction(1), "restarts, t_mul=2": Fraction(2), "restarts, t_mul=1.5": Fraction(3, 2)}
# Where optax's last cycle ends.
REACH = {"restarts": STEPS, "restarts, t_mul=2": CYCLE * (2 ** CYCLES.bit_length() - 1)}

# The values at an array of counts.
Function = Callable[[np.ndarray], np.ndarray]


class Size(NamedTuple):
    """How much work a run is: counts drawn each way and in a scan, decay_steps, counts of everywhere, restarts."""

    twins: tuple[str, ...]
    drawn: int
    scanned: int
    decay_steps: int
    chunk: int
    chunks: int
    restarts: int


FULL = Size(tuple(TWINS), drawn=2**21, scanned=2**15, decay_steps=400, chunk=2**24, chunks=2**7, restarts=2**18)
SMOKE = Size(
    ("stairs", "restarts, t_mul=2"), drawn=2**12, scanned=2**9, decay_steps=2, chunk=2**14, chunks=3, restarts=2**8
)

# The definitions, in float64, of an array of int64 counts.


def waved(left: Any) -> Any:
    """(1 + cos(pi p)) / 2 by what is left, 1 - p, without cancellation."""
    return np.sin(np.pi / 2 * left) ** 2


def left(t: np.ndarray, steps: int) -> np.ndarray:
    return (steps - np.minimum(t, steps)) / steps


def cycle(t: np.ndarray, growth: Fraction) -> tuple[np.ndarray, np.ndarray]:
    """Where the cycle of each count begins, and how long it is."""
    if growth == 1:
        return t // CYCLE * CYCLE, np.full(t.shape, CYCLE)
    begins = list(beginnings(growth))
    index = np.searchsorted([ceil(begin) for begin in begins], t, side="right") - 1
    return np.array(begins, np.float64)[index], CYCLE * float(growth) ** index


def beginnings(growth: Fraction) -> Iterator[Fraction]:
    """Of all the cycles in int32."""
    begin, length = Fraction(0), Fraction(CYCLE)
    while begin <= LAST:
        yield begin
        begin, length = begin + length, length * growth


def restarted(t: np.ndarray, growth: Fraction) -> np.ndarray:
    begin, length = cycle(t, growth)
    return PEAK * waved((begin + length - t) / length)


EXACT: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "constant": lambda t: np.full(t.shape, PEAK),
    "exponential": lambda t: PEAK * 0.96 ** (t / 1000),
    "stairs": lambda t: PEAK * 0.96 ** (t // 1000),
    "linear": lambda t: PEAK * left(t, 10_000),
    "polynomial": lambda t: (PEAK - 0.001) * left(t, 10_000) ** 2 + 0.001,
    "cosine": lambda t: PEAK * (0.99 * waved(left(t, 10_000)) + 0.01),
    "piecewise constant": lambda t: PEAK * 0.5 ** np.searchsorted(BOUNDARIES, t),
    "warmup cosine": lambda t: np.where(t < 1000, PEAK * t / 1000, PEAK * waved(left(np.maximum(t - 1000, 0), 9000))),
    "restarts": lambda t: restarted(t, GROWTHS["restarts"]),
    "restarts, t_mul=2": lambda t: restarted(t, GROWTHS["restarts, t_mul=2"]),
}

# TensorFlow's and Keras's, with the modules that have them.

TENSORFLOW: dict[str, Callable[[Any, Any], Any]] = {
    "exponential": lambda train, t: train.exponential_decay(PEAK, t, 1000, 0.96),
    "stairs": lambda train, t: train.exponential_decay(PEAK, t, 1000, 0.96, staircase=True),
    "linear": lambda train, t: train.polynomial_decay(PEAK, t, 10_000, 0.0),
    "polynomial": lambda train, t: train.polynomial_decay(PEAK, t, 10_000, 0.001, 2.0),
    "cosine": lambda train, t: train.cosine_decay(PEAK, t, 10_000, 0.01),
    **{
        name: lambda train, t, growth=growth: train.cosine_decay_restarts(PEAK, t, CYCLE, float(growth))
        for name, growth in GROWTHS.items()
    },
}
KERAS: dict[str, Callable[[Any], Any]] = {
    "exponential": lambda keras: keras.ExponentialDecay(PEAK, 1000, 0.96),
    "stairs": lambda keras: keras.ExponentialDecay(PEAK, 1000, 0.96, staircase=True),
    "linear": lambda keras: keras.PolynomialDecay(PEAK, 10_000, 0.0),
    "polynomial": lambda keras: keras.PolynomialDecay(PEAK, 10_000, 0.001, 2.0),
    "cosine": lambda keras: keras.CosineDecay(PEAK, 10_000, 0.01),
    "piecewise constant": lambda keras: keras.PiecewiseConstantDecay(
        list(BOUNDARIES), [PEAK * 0.5**k for k in range(9)]
    ),
    **{
        name: lambda keras, growth=growth: keras.CosineDecayRestarts(PEAK, CYCLE, float(growth))
        for name, growth in GROWTHS.items()
    },
}


class Peers:
    """The libraries that these schedules come from, as far as they are installed."""

    def __init__(self) -> None:
        self.train = self.keras = None
        if importlib.util.find_spec("tensorflow"):
            self.tensorflow = importlib.import_module("tensorflow")
            self.tensorflow.config.set_visible_devices([], "GPU")
            self.train = self.tensorflow.compat.v1.train
        if importlib.util.find_spec("keras"):
            os.environ.setdefault("KERAS_BACKEND", "tensorflow" if self.train else "jax")
            self.keras = importlib.import_module("keras").optimizers.schedules

    def twins(self, name: str) -> dict[str, Function]:
        """Those that there are of a twin."""
        return self._those(TENSORFLOW.get(name), KERAS.get(name))

    def staircases(self, decay_steps: int) -> dict[str, Function]:
        return self._those(
            lambda train, t: train.exponential_decay(1.0, t, decay_steps, RATE, staircase=True),
            lambda keras: keras.ExponentialDecay(1.0, decay_steps, RATE, staircase=True),
        )

    def _those(self, in_tensorflow: Any, in_keras: Any) -> dict[str, Function]:
        there: dict[str, Function] = {}
        if self.train and in_tensorflow:
            there["TensorFlow"] = lambda t: self._decayed(in_tensorflow, t)
        if self.keras and in_keras:
            schedule = in_keras(self.keras)
            there["Keras"] = lambda t: np.asarray(schedule(t))
        return there

    def _decayed(self, decay: Any, t: np.ndarray) -> np.ndarray:
        decayed = decay(self.train, self.tensorflow.constant(t))
        return np.asarray(decayed() if callable(decayed) else decayed)


def jitted(schedule: Any) -> Function:
    """All counts in one array."""
    compiled = jax.jit(lambda t: jnp.broadcast_to(schedule(t), t.shape))
    return lambda t: np.asarray(compiled(t))


def scanned(schedule: Any) -> Function:
    """One count after another."""
    compiled = jax.jit(lambda counts: lax.map(lambda t: jnp.asarray(schedule(t), jnp.float32), counts))
    return lambda t: np.asarray(compiled(t))


def both_ways(schedule: Any) -> Function:
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


def worst_error(name: str, contender: Function, counts: np.ndarray) -> dict[str, Any]:
    exact = EXACT[name](counts)
    values = contender(counts.astype(np.int32))
    errors = np.nan_to_num(np.abs(values.astype(np.float64) - exact), nan=np.inf)
    ulp = ulp_errors(errors, exact)
    n = int(np.argmax(ulp))
    worst = {"ulp": float(ulp[n]), "of the peak": float(np.max(errors) / PEAK)}
    return worst | {"count": counts[n], "value": values[n], "exact": exact[n], "counts": len(counts)}


def ulps(size: Size, peers: Peers) -> dict[str, dict[str, dict[str, Any]]]:
    """For each twin and contender the worst errors of all counts in an array, and of some in a scan."""
    counts, found = drawn_counts(size), {}
    for name in tqdm(size.twins, desc="ulp", leave=False, disable=None):
        found[name] = {}
        for rival, schedule in TWINS[name]._asdict().items():
            within = counts[counts < REACH[name]] if rival == "optax" and name in REACH else counts
            some = within[:: max(1, len(within) // size.scanned)]
            ways = {"array": worst_error(name, jitted(schedule), within)}
            ways["scan"] = worst_error(name, scanned(schedule), some)
            found[name][rival.replace("_", " ")] = ways
        for rival, values in peers.twins(name).items():
            found[name][rival] = {"array": worst_error(name, values, counts)}
    return found


# Stages.


def staircase_stages(size: Size, peers: Peers) -> dict[str, dict[str, Any]]:
    """For each contender and way: how many decay_steps have a wrong stage, and how many counts around boundaries."""
    found: dict[str, dict[str, Any]] = {}
    for decay_steps in tqdm(range(1, size.decay_steps + 1), desc="stages", leave=False, disable=None):
        boundaries = decay_steps * np.arange(1, STAGES + 1)
        counts = np.unique(boundaries[:, None] + [-1, 0, 1])
        contenders = {
            "ours": both_ways(od.exponential_decay(1.0, decay_steps, RATE, staircase=True)),
            "optax": both_ways(optax.exponential_decay(1.0, decay_steps, RATE, staircase=True)),
            **peers.staircases(decay_steps),
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


def wrong_everywhere(schedule: Any, decay_steps: int, rate: float, size: Size) -> dict[str, int]:
    """How many counts, of all of int32 or of chunks spread over it, have a value nearer to another stage's."""
    stages = jnp.asarray(rate ** np.arange(LAST // decay_steps + 2), jnp.float32)

    @jax.jit
    def wrong(start: jax.Array) -> jax.Array:
        counts = start + jnp.arange(size.chunk, dtype=jnp.int32)
        right, values = counts // decay_steps, schedule(counts)
        off = lambda beside: jnp.abs(values - stages[jnp.maximum(right + beside, 0)])  # noqa: E731
        return jnp.sum(~(off(0) <= jnp.minimum(off(-1), off(1))), dtype=jnp.int32)

    starts = np.linspace(0, LAST + 1 - size.chunk, size.chunks).astype(np.int32)
    progress = tqdm(starts, desc=f"every count, decay_steps {decay_steps}", leave=False, disable=None)
    return {"wrong": sum(int(wrong(start)) for start in progress), "counts": size.chunk * size.chunks}


def everywhere(size: Size) -> dict[str, dict[str, dict[str, int]]]:
    found = {}
    for steps, rate in EVERYWHERE.items():
        contenders = {
            "ours": od.exponential_decay(1.0, steps, rate, staircase=True),
            "optax": optax.exponential_decay(1.0, steps, rate, staircase=True),
            "by hand": lambda t, steps=steps, rate=rate: rate ** (t // steps),
        }
        found[f"{steps}"] = {
            rival: wrong_everywhere(schedule, steps, rate, size) for rival, schedule in contenders.items()
        }
    return found


# Cycles.


def around_restarts(growth: Fraction, restarts: int) -> np.ndarray:
    """The counts of, before and after some restarts, the first of them included."""
    if growth == 1:
        drawn = np.random.default_rng(0).integers(1, LAST // CYCLE, restarts, endpoint=True)
        first = CYCLE * np.concatenate([np.arange(1, CYCLES), drawn])
    else:
        first = np.array([ceil(begin) for begin in beginnings(growth) if begin])
    counts = np.unique(first[:, None] + [-1, 0, 1])
    return counts[counts <= LAST]


def wrong_cycles(size: Size, peers: Peers) -> dict[str, dict[str, dict[str, Any]]]:
    """Counts whose value is off by more than half of the peak: the beginning of a cycle for an end, or the reverse."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for name, growth in GROWTHS.items():
        if name in TWINS and name not in size.twins:
            continue
        counts = around_restarts(growth, size.restarts)
        schedules = (
            TWINS[name]._asdict() if name in TWINS else {"ours": od.cosine_decay_restarts(PEAK, CYCLE, t_mul=1.5)}
        )
        contenders = {rival.replace("_", " "): jitted(schedule) for rival, schedule in schedules.items()}
        found[name] = {}
        for rival, contender in (contenders | peers.twins(name)).items():
            within = counts[counts < REACH[name]] if rival == "optax" else counts
            off = np.abs(contender(within.astype(np.int32)) - restarted(within, growth))
            wrong = within[~(off < PEAK / 2)]
            found[name][rival] = {
                "wrong": len(wrong),
                "counts": len(within),
                "first": int(wrong[0]) if wrong.size else "",
            }
    return found


# Tables.

CONTENDERS = ("ours", "optax", "by hand", "TensorFlow", "Keras")


def ulp_tables(found: dict[str, dict[str, dict[str, Any]]]) -> None:
    there = [rival for rival in CONTENDERS if any(rival in each for each in found.values())]
    for title, unit in (("ulp, where the value is a normal number", "ulp"), ("parts of the peak", "of the peak")):
        rows: list[list[Any]] = [["schedule", *there, "ours in a scan", "optax in a scan"]]
        for name, each in found.items():
            row: list[Any] = [name, *(each[rival]["array"][unit] if rival in each else "" for rival in there)]
            rows.append([*row, *(each[rival]["scan"][unit] for rival in ("ours", "optax"))])
        harness.table(f"Worst error over int32 in {title} (optax's restarts: as far as its cycles go)", rows)


def stage_tables(stages: dict[str, dict[str, Any]], every: dict[str, dict[str, dict[str, int]]], size: Size) -> None:
    rows = [["contender", "decay_steps with a wrong count", "wrong counts", "of", "the first"]]
    rows += [[name, e["decay_steps"], e["wrong"], e["counts"], e["first"]] for name, e in stages.items()]
    harness.table(f"Stages of exponential_decay(staircase=True), decay_steps 1 to {size.decay_steps}", rows)
    rows = [["decay_steps", "contender", "wrong counts", "of"]]
    rows += [[steps, name, e["wrong"], e["counts"]] for steps, each in every.items() for name, e in each.items()]
    harness.table("Stages over int32", rows)


def cycle_table(found: dict[str, dict[str, dict[str, Any]]]) -> None:
    rows = [["schedule", "contender", "counts in a wrong cycle", "of", "the first"]]
    rows += [
        [name, rival, e["wrong"], e["counts"], e["first"]] for name, each in found.items() for rival, e in each.items()
    ]
    harness.table("Cycles, around restarts (optax's: as far as its cycles go)", rows)


def promised(answer: dict[str, Any]) -> dict[str, dict[str, float]]:
    """What ours must keep to, and what was measured."""
    ours = {name: each["ours"].values() for name, each in answer["ulp"].items()}
    ulp = max((way["ulp"] for name, ways in ours.items() if name not in COMPOSITIONS for way in ways), default=0.0)
    wrong = sum(entry["wrong"] for name, entry in answer["stages"].items() if name.startswith("ours"))
    wrong += sum(each["ours"]["wrong"] for kind in ("stages over int32", "cycles") for each in answer[kind].values())
    return {
        "a decay, ulp (on CPU)": {"most": MOST_ULP, "measured": ulp},
        "anything, parts of the peak": {
            "most": MOST_OF_PEAK,
            "measured": max(way["of the peak"] for ways in ours.values() for way in ways),
        },
        "counts in a wrong stage or cycle": {"most": 0, "measured": wrong},
    }


def main(arguments: Sequence[str] | None = None) -> None:
    smoke, out = harness.options("accuracy", arguments)
    size, peers = SMOKE if smoke else FULL, Peers()
    answer: dict[str, Any] = {"sizes": size._asdict(), "ulp": ulps(size, peers)}
    ulp_tables(answer["ulp"])
    answer |= {"stages": staircase_stages(size, peers), "stages over int32": everywhere(size)}
    stage_tables(answer["stages"], answer["stages over int32"], size)
    answer["cycles"] = wrong_cycles(size, peers)
    cycle_table(answer["cycles"])
    answer["ours"] = promised(answer)
    rows: list[list[Any]] = [["ours", "most", "measured", ""]]
    for name, entry in answer["ours"].items():
        rows.append([name, *entry.values(), "met" if entry["measured"] <= entry["most"] else "NOT MET"])
    harness.table("Targets", rows)
    harness.save("accuracy", answer, out)


if __name__ == "__main__":
    main()
