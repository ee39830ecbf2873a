"""What does one evaluation of a schedule cost: ours, optax's, the closed form by hand?

    python -m benchmarks.call

A hundred thousand evaluations inside one scan, where the count is carried and the rates are summed as a train step
would use them: the true cost, beyond dispatch, which the empty scan (a constant number) shows. Then a jitted call with
a scalar, eager calls with a Python int, and a million counts at once. Nests have a rival where there is a formula.
What exactness costs is what ours takes beyond the formula by hand, in nanoseconds and as a share of the smallest train
step: one of Adam with 100 parameters, in a scan as well. Last, what importing the package takes beyond optax.
"""

import itertools
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

import optax_decay as od
from benchmarks import harness
from benchmarks.harness import Ratio
from benchmarks.twins import AGREEMENT, CYCLES, MAKERS, PEAK, STEPS, TWINS, Twin

COUNT = 1234
PARAMETERS = 100
Call = Callable[[], Any]
Times = dict[str, np.ndarray]

# The most that ours may take, as a multiple of the rival's time; what to aim for stands in `AIMS`.
TARGETS = {"in a scan": 1.5, "jitted scalar": 1.1, "eager, first": 1.0, "eager, warm": 1.0, "a million": 1.0}
EXPONENTIALS, EXPONENTIAL_TARGET = ("exponential", "stairs"), 2.0
RESTARTS_TARGET = 0.01
AIMS = {"in a scan": 1.0, "eager, first": 0.5, "eager, warm": 0.5}


class Size(NamedTuple):
    """How much work a run is."""

    evaluations: int
    counts: int
    rounds: int
    twins: tuple[str, ...]
    nests: tuple[str, ...]


def by_hand_polynomial_restarts(t: Any) -> Any:
    fallen = 0.099 * (1 - (t - 100) % 1000 / 1000) ** 2 + 0.001
    return jnp.where(t < 100, 0.1 * t / 100, fallen)


NESTS = {
    "warmup(warm_restarts(polynomial_decay))": Twin(
        od.warmup(od.warm_restarts(od.polynomial_decay(0.1, 1000, 0.001, 2.0), 1000), 100),
        None,
        by_hand_polynomial_restarts,
    ),
    "the same, t_mul=2, m_mul=0.8": Twin(
        od.warmup(od.warm_restarts(od.polynomial_decay(0.1, 1000, 0.001, 2.0), 1000, t_mul=2, m_mul=0.8), 100),
        None,
        None,
    ),
    "cyclic(linear_decay)": Twin(
        od.cyclic(od.linear_decay(0.1, 1000, 0.001), 1000),
        None,
        lambda t: 0.001 + 0.099 * (1 - jnp.abs(t % 2000 / 1000 - 1)),
    ),
    "cyclic(cosine_decay), t_mul=1.5": Twin(od.cyclic(od.cosine_decay(0.1, 1000), 1000, t_mul=1.5), None, None),
}
FULL = Size(100_000, 1_000_000, 41, tuple(TWINS), tuple(NESTS))
SMOKE = Size(1_000, 10_000, 3, ("exponential", "cosine", "restarts, t_mul=2"), ("cyclic(linear_decay)",))


def contenders(twin: Twin) -> dict[str, Any]:
    """Those that there are, by name."""
    return {name.replace("_", " "): there for name, there in twin._asdict().items() if there is not None}


def summed(schedule: Callable[[Any], Any], evaluations: int) -> Call:
    """The sum of the rates at 0, 1, 2, ..., one after another in a scan."""

    def step(carry: tuple[Any, Any], _: None) -> tuple[tuple[Any, Any], None]:
        count, total = carry
        return (count + 1, total + schedule(count)), None

    start = jnp.int32(0), jnp.float32(0)
    run = jax.jit(lambda start: lax.scan(step, start, None, length=evaluations)[0][1]).lower(start).compile()
    text = run.as_text() or ""
    if "while(" not in text or f"[{evaluations}]" in text:
        raise SystemExit("The compiler took the evaluations out of their loop: this measures something else.")
    return lambda: run(start)


def adam_steps(steps: int) -> Call:
    """What is left of the parameters after so many steps of Adam towards 0, in a scan as well."""
    transform = optax.adam(1e-3)

    def step(carry: tuple[Any, Any], _: None) -> tuple[tuple[Any, Any], None]:
        parameters, state = carry
        updates, state = transform.update(2 * parameters, state)
        return (optax.apply_updates(parameters, updates), state), None

    run = jax.jit(lambda start: lax.scan(step, start, None, length=steps)[0][0])
    parameters = jnp.linspace(0.5, 1, PARAMETERS)
    start = parameters, transform.init(parameters)
    return lambda: run(start)


def check_against_ours(name: str, twin: Twin) -> None:
    """Every rival has our values: at counts all over the range in one array, and at some of them one by one."""
    agreement = AGREEMENT.get(name, 1e-5)
    near = np.concatenate([np.arange(3), np.arange(999, 1002), np.arange(9999, 10_002), [COUNT, STEPS - 1]])
    counts = np.concatenate([near, np.random.default_rng(0).integers(STEPS, size=1000)]).astype(np.int32)
    expected = np.asarray(jax.jit(twin.ours)(counts))
    for rival, schedule in contenders(twin).items():
        harness.check(f"{name}, {rival}", np.broadcast_to(jax.jit(schedule)(counts), counts.shape), expected, agreement)
        harness.check(f"{name}, {rival}, eager", schedule(COUNT), twin.ours(COUNT), agreement)


def check_sums(name: str, twin: Twin, sums: dict[str, Call], evaluations: int) -> None:
    """A scan has summed what all counts at once have, in the same order and precision."""
    values = np.asarray(jax.jit(twin.ours)(jnp.arange(evaluations)))
    for rival, run in sums.items():
        harness.check(f"{name}, {rival}, in a scan", run(), np.cumsum(values, dtype=np.float32)[-1], 1e-4)


def in_a_scan(twins: dict[str, Twin], size: Size) -> dict[str, Times]:
    """Seconds of an evaluation, the loop around it included; and those of the empty scan and of a step of Adam."""
    adam, steps = adam_steps(size.evaluations), size.evaluations
    if not (np.abs(adam()) < np.linspace(0.5, 1, PARAMETERS)).all():
        raise SystemExit("Adam did not come closer to 0.")
    times = {}
    for name, twin in twins.items():
        sums = {rival: summed(schedule, steps) for rival, schedule in contenders(twin).items()}
        check_sums(name, twin, sums, steps)
        floor = {"empty": summed(lambda _: PEAK, steps), "Adam": adam}
        seconds = harness.interleaved(sums | floor, size.rounds, label=f"{name}, in a scan")
        times[name] = {rival: each / steps for rival, each in seconds.items()}
    return times


def jitted_scalar(twins: dict[str, Twin], size: Size) -> dict[str, Times]:
    times, count = {}, jnp.int32(COUNT)
    for name, twin in twins.items():
        calls = {rival: bound(jax.jit(schedule), count) for rival, schedule in contenders(twin).items()}
        times[name] = harness.interleaved(calls, size.rounds, label=f"{name}, jitted scalar")
    return times


def a_million(twins: dict[str, Twin], size: Size) -> dict[str, Times]:
    times, counts = {}, jnp.arange(size.counts, dtype=jnp.int32) % STEPS
    for name, twin in twins.items():
        calls = {rival: bound(jax.jit(spread(schedule)), counts) for rival, schedule in contenders(twin).items()}
        times[name] = harness.interleaved(calls, size.rounds, label=f"{name}, a million counts")
    return times


def spread(schedule: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """With one value a count also where all are the same; a jitted function of its own for every contender."""
    return lambda counts: jnp.broadcast_to(schedule(counts), counts.shape)


def bound(call: Callable[[Any], Any], count: Any) -> Call:
    return lambda: call(count)


def eager(twins: dict[str, Twin], size: Size) -> dict[str, dict[str, Times]]:
    """With a Python int: what making a schedule takes, its first call, and any later one (by hand all are alike)."""
    times: dict[str, dict[str, Times]] = {"made": {}, "eager, first": {}, "eager, warm": {}}
    for name, twin in twins.items():
        calls = {(rival, "warm"): bound(schedule, COUNT) for rival, schedule in contenders(twin).items()}
        for rival, make in contenders(MAKERS[name]._replace(by_hand=None)).items():
            calls[rival, "made"], calls[rival, "called"] = fresh(make, lambda lr: lr), fresh(make, lambda lr: lr(COUNT))
        labelled = {" ".join(key): call for key, call in calls.items()}
        seconds = harness.interleaved(labelled, size.rounds, label=f"{name}, eager")
        times["eager, warm"][name] = {rival: seconds[f"{rival} warm"] for rival in contenders(twin)}
        for rival in contenders(twin._replace(by_hand=None)):
            made, called = seconds[f"{rival} made"], seconds[f"{rival} called"]
            times["made"][name] = times["made"].get(name, {}) | {rival: made}
            times["eager, first"][name] = times["eager, first"].get(name, {}) | {rival: called - made}
    return times


def fresh(make: Callable[[Any], Any], use: Callable[[Any], Any]) -> Call:
    """Uses another schedule each time."""
    peaks = itertools.count(1)

    return lambda: use(make(PEAK * (1 + next(peaks) / 2**24)))


# What optax leaves to be collected is not ours to pay for.
IMPORTING = """
import gc, time, optax
gc.collect()
begin = time.perf_counter()
import optax_decay
print(time.perf_counter() - begin)
"""


def importing(rounds: int) -> float:
    """The median of what an import takes beyond optax, in seconds, each in a fresh process; one makes the byte code."""
    command = [sys.executable, "-c", IMPORTING]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(rounds + 1)]
    return float(np.median(np.array(runs[1:], float)))


def ratios(times: Times) -> dict[str, Ratio]:
    """Ours to each rival's."""
    return {rival: harness.ratio(times["ours"], times[rival]) for rival in ("optax", "by hand") if rival in times}


def target(kind: str, name: str, rival: str) -> float | None:
    if rival == "by hand" and kind != "in a scan":
        return None
    if kind == "a million" and name == "restarts":
        return RESTARTS_TARGET
    return EXPONENTIAL_TARGET if kind == "in a scan" and name in EXPONENTIALS else TARGETS.get(kind)


def verdict(median: float, most: float | None) -> str:
    return "" if most is None else f"<= {most:g}: {'met' if median <= most else 'NOT MET'}"


def compared(kind: str, times: dict[str, Times], unit: float) -> tuple[list[list[Any]], dict[str, Any]]:
    """The rows of a table, and the same for the results: each contender's median, ours as a ratio, and the target."""
    rows, answer = [], {}
    for name, each in times.items():
        found = ratios(each)
        medians = {rival: float(np.median(seconds)) for rival, seconds in each.items()}
        row: list[Any] = [name, *(medians[rival] / unit if rival in medians else "" for rival in CONTENDERS)]
        for rival in CONTENDERS[1:]:
            most = target(kind, name, rival) if rival in found else None
            row += [found.get(rival, ""), verdict(found[rival].median, most) if rival in found else ""]
        rows.append(row)
        answer[name] = {
            "seconds": medians,
            "ratios": {rival: ratio._asdict() for rival, ratio in found.items()},
            "targets": {rival: target(kind, name, rival) for rival in found},
        }
    return rows, answer


CONTENDERS = ("ours", "optax", "by hand")
COMPARED = ["ours", "optax", "by hand", "to optax's", "target", "to the one by hand", "target"]


def exactness(times: dict[str, Times]) -> tuple[list[list[Any]], dict[str, Any]]:
    """What is left of an evaluation without the loop around it, and of ours without the formula by hand."""
    rows, answer = [], {}
    for name, each in times.items():
        adam, empty = np.median(each["Adam"]), each["empty"]
        net = {rival: float(np.median(each[rival] - empty)) for rival in CONTENDERS if rival in each}
        beyond = float(np.median(each["ours"] - each["by hand"])) if "by hand" in each else None
        shares = {"evaluation": net["ours"] / adam, "exactness": None if beyond is None else beyond / adam}
        row: list[Any] = [name, float(np.median(empty)) * 1e9]
        row += [net[rival] * 1e9 if rival in net else "" for rival in CONTENDERS]
        row += ["" if beyond is None else beyond * 1e9, float(adam) * 1e9]
        row += ["" if share is None else f"{share:.1%}" for share in shares.values()]
        rows.append(row)
        answer[name] = {
            "seconds beyond the empty scan": net,
            "seconds beyond the formula by hand": beyond,
            "seconds of the empty scan": float(np.median(empty)),
            "seconds of a step of Adam": float(adam),
            "shares of a step of Adam": shares,
        }
    return rows, answer


def summary(answer: dict[str, Any]) -> list[list[Any]]:
    """For each target the worst ratio that it is about."""
    rows: list[list[Any]] = [["target", "most", "aim", "worst", "where", ""]]
    found: dict[tuple[str, str, float], list[tuple[float, str]]] = {}
    for kind, names in answer.items():
        for name, each in names.items():
            for rival, most in each.get("targets", {}).items():
                if most is not None:
                    found.setdefault((kind, rival, most), []).append((each["ratios"][rival]["median"], name))
    for (kind, rival, most), measured in found.items():
        worst, name = max(measured)
        which = {EXPONENTIAL_TARGET: "exponentials ", RESTARTS_TARGET: f"{CYCLES} restarts "}.get(most, "")
        label = f"{which}{kind}, against {'optax' if rival == 'optax' else 'the formula'}"
        rows.append([label, most, AIMS.get(kind, ""), worst, name, "met" if worst <= most else "NOT MET"])
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    smoke, out = harness.options("call", arguments)
    size = SMOKE if smoke else FULL
    twins, nests = {name: TWINS[name] for name in size.twins}, {name: NESTS[name] for name in size.nests}
    for name, twin in (twins | nests).items():
        check_against_ours(name, twin)
    scans = in_a_scan(twins | nests, size)
    measured = {"in a scan": scans, "jitted scalar": jitted_scalar(twins | nests, size)}
    measured |= eager(twins, size) | {"a million": a_million(twins | nests, size)}
    answer: dict[str, Any] = {}
    for kind, times in measured.items():
        unit, name = (1e-9, "ns") if kind == "in a scan" else (1e-6, "µs")
        rows, answer[kind] = compared(kind, times, unit)
        harness.table(f"{TITLES[kind].format(size=size)}, {name}", [["schedule", *COMPARED], *rows])
    rows, answer["exactness"] = exactness(scans)
    harness.table(f"{TITLES['exactness'].format(size=size)}, ns", [EXACTNESS, *rows])
    harness.table("Targets", summary(answer))
    answer["import beyond optax"] = {"seconds": importing(min(size.rounds, 9))}
    print(f"\nImporting takes {1e3 * answer['import beyond optax']['seconds']:.1f} ms beyond optax.")
    sizes = {"evaluations in a scan": size.evaluations, "counts at once": size.counts, "rounds": size.rounds}
    harness.save("call", {"sizes": sizes, **answer}, out)


TITLES = {
    "in a scan": "An evaluation in a scan of {size.evaluations}, the loop included",
    "jitted scalar": "A jitted call with a scalar",
    "made": "Making a schedule",
    "eager, first": "The first eager call of a fresh schedule, with a Python int",
    "eager, warm": "A later one (by hand some are plain Python, without any array)",
    "a million": "{size.counts} counts at once",
    "exactness": "An evaluation beyond the empty scan, and what exactness costs: ours less the formula by hand",
}
EXACTNESS = ["schedule", "empty scan", *CONTENDERS, "exactness", "step of Adam", "evaluation's share", "exactness's"]


if __name__ == "__main__":
    main()
