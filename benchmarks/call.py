"""What does one evaluation of a schedule cost: ours, optax's, the closed form by hand?

    python -m benchmarks.call

A hundred thousand evaluations inside one scan, where the count is carried and the rates are summed as a train step
would use them: the true cost, beyond dispatch, which the empty scan (a constant number) shows. Then a jitted call with
a scalar, eager calls with a Python int, and a million counts at once. What exactness costs is what ours takes beyond
the formula by hand, in nanoseconds and as a share of the smallest train step: one of Adam with 100 parameters, in a
scan as well. Last, what importing the package takes beyond optax.
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

from benchmarks import harness
from benchmarks.twins import AGREEMENT, CONTENDERS, PEAK, STEPS, TWINS, Function

COUNT, PARAMETERS = 1234, 100
WHO = ("ours", "optax", "by hand")
Call = Callable[[], Any]
Times = dict[str, np.ndarray]
KINDS = (
    "an evaluation in a scan, the loop included",
    "a jitted call with a scalar",
    "making a schedule",
    "the first eager call of a fresh schedule",
    "a later one (by hand some are plain Python)",
    "a million counts at once",
)
SCAN, JITTED, MADE, FIRST, WARM, MILLION = KINDS


class Size(NamedTuple):
    """How much work a run is."""

    evaluations: int
    counts: int
    rounds: int
    names: tuple[str, ...]


FULL = Size(100_000, 1_000_000, 41, tuple(TWINS))
SMOKE = Size(1_000, 10_000, 3, ("exponential", "cosine", "restarts, t_mul=2", "up and down in lines"))


def summed(schedule: Function, evaluations: int) -> Call:
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
    if not (np.abs(run(start)) < parameters).all():
        raise SystemExit("Adam did not come closer to 0.")
    return lambda: run(start)


def check(name: str, size: Size, sums: dict[str, Call]) -> None:
    """Every rival has our values: at counts all over the range in one array, at one of them, and summed in the scan."""
    near = np.concatenate([np.arange(3), np.arange(999, 1002), np.arange(9999, 10_002), [COUNT, STEPS - 1]])
    counts = np.concatenate([near, np.random.default_rng(0).integers(STEPS, size=1000)]).astype(np.int32)
    ours = TWINS[name]["ours"]
    expected, rates = np.asarray(jax.jit(ours)(counts)), np.asarray(jax.jit(ours)(jnp.arange(size.evaluations)))
    for who, schedule in TWINS[name].items():
        values = np.broadcast_to(jax.jit(schedule)(counts), counts.shape)
        harness.check(f"{name}, {who}", values, expected, AGREEMENT)
        harness.check(f"{name}, {who}, eager", schedule(COUNT), ours(COUNT), AGREEMENT)
        harness.check(f"{name}, {who}, {SCAN}", sums[who](), np.cumsum(rates, dtype=np.float32)[-1], 1e-4)


def bound(call: Function, count: Any) -> Call:
    return lambda: call(count)


def spread(schedule: Function) -> Function:
    """With one value a count also where all are the same; a jitted function of its own for every contender."""
    return lambda counts: jnp.broadcast_to(schedule(counts), counts.shape)


def fresh(name: str, who: str, use: Callable[[Function], Any]) -> Call:
    """Uses another schedule each time."""
    contender, tries = CONTENDERS[name], itertools.count(1)
    make, peak = contender.makers()[who], next(iter(contender.numbers))
    return lambda: use(make(**contender.numbers | {peak: PEAK * (1 + next(tries) / 2**24)}))


def measure(name: str, size: Size, adam: Call) -> dict[str, Times]:
    """Seconds of each kind of call; in the scan those of the empty one and of a step of Adam beside them."""
    twins = TWINS[name]
    sums = {who: summed(schedule, size.evaluations) for who, schedule in twins.items()}
    check(name, size, sums)
    count, counts = jnp.int32(COUNT), jnp.arange(size.counts, dtype=jnp.int32) % STEPS
    calls: dict[str, dict[str, Call]] = {
        SCAN: sums | {"empty": summed(lambda _: PEAK, size.evaluations), "Adam": adam},
        JITTED: {who: bound(jax.jit(schedule), count) for who, schedule in twins.items()},
        MADE: {who: fresh(name, who, lambda lr: lr) for who in twins},
        FIRST: {who: fresh(name, who, lambda lr: lr(COUNT)) for who in twins},
        WARM: {who: bound(schedule, COUNT) for who, schedule in twins.items()},
        MILLION: {who: bound(jax.jit(spread(schedule)), counts) for who, schedule in twins.items()},
    }
    times = {kind: harness.interleaved(each, size.rounds, label=f"{name}, {kind}") for kind, each in calls.items()}
    times[SCAN] = {who: seconds / size.evaluations for who, seconds in times[SCAN].items()}
    times[FIRST] = {who: seconds - times[MADE][who] for who, seconds in times[FIRST].items()}
    return times


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


def compared(kind: str, times: dict[str, Times]) -> dict[str, Any]:
    """Prints a table of medians and of ours as a ratio; returns both."""
    answer = {}
    rows: list[list[Any]] = [["schedule", *WHO, "ours / optax", "ours / by hand"]]
    for name, each in times.items():
        medians = {who: float(np.median(each[who])) for who in WHO if who in each}
        ratios = {who: harness.ratio(each["ours"], each[who]) for who in WHO[1:] if who in each}
        shown = [medians[who] * (1e9 if kind == SCAN else 1e6) if who in medians else "" for who in WHO]
        rows.append([name, *shown, *(ratios.get(who, "") for who in WHO[1:])])
        answer[name] = {"seconds": medians, "ratios": {who: ratio._asdict() for who, ratio in ratios.items()}}
    harness.table(f"{kind[0].upper()}{kind[1:]}, {'ns' if kind == SCAN else 'µs'}", rows)
    return answer


def exactness(times: dict[str, Times]) -> dict[str, Any]:
    """What is left of an evaluation without the loop around it, and of ours without the formula by hand."""
    answer, rows = {}, [["schedule", "empty scan", *WHO, "exactness", "a step of Adam", "exactness's share of it"]]
    for name, each in times.items():
        net = {who: float(np.median(each[who] - each["empty"])) for who in WHO if who in each}
        beyond = float(np.median(each["ours"] - each["by hand"])) if "by hand" in each else None
        empty, adam = (float(np.median(each[floor])) for floor in ("empty", "Adam"))
        share = None if beyond is None else beyond / adam
        cells = [empty, *(net.get(who) for who in WHO), beyond, adam]
        shown = ["" if cell is None else f"{1e9 * cell:.3g}" for cell in cells]
        rows.append([name, *shown, "" if share is None else f"{share:.1%}"])
        answer[name] = {"beyond the empty scan": net, "beyond the formula by hand": beyond, "share of Adam": share}
    harness.table("An evaluation beyond the empty scan, and what exactness costs, ns", rows)
    return answer


def main(arguments: Sequence[str] | None = None) -> None:
    smoke, out = harness.options("call", arguments)
    size = SMOKE if smoke else FULL
    adam = adam_steps(size.evaluations)
    measured = {name: measure(name, size, adam) for name in size.names}
    answer = {kind: compared(kind, {name: times[kind] for name, times in measured.items()}) for kind in KINDS}
    answer["exactness"] = exactness({name: times[SCAN] for name, times in measured.items()})
    beyond = importing(min(size.rounds, 9))
    print(f"\nImporting takes {1e3 * beyond:.1f} ms beyond optax.")
    sizes = {"evaluations in a scan": size.evaluations, "counts at once": size.counts, "rounds": size.rounds}
    harness.save("call", {"sizes": sizes, **answer, "import beyond optax": beyond}, out)


if __name__ == "__main__":
    main()
