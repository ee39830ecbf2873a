"""A step of Adam on a quadratic loss, and what an optimized program is made of."""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import lax

B1, B2, EPS = 0.9, 0.999, 1e-8
COMPUTATION = re.compile(r"(?P<entry>ENTRY )?%?(?P<name>[\w.-]+) .*\{$")
INSTRUCTION = re.compile(r"\s+(ROOT )?%?[\w.-]+ = (?P<type>.*?) ?(?P<operation>[a-z][\w-]*)\(")
NOTHING = ("parameter", "constant", "tuple", "get-tuple-element", "bitcast", "after-all")
CALLS = ("call", "while", "conditional")


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


def adam(rate: Any, steps: int) -> tuple[optax.GradientTransformation, Callable[..., Any]]:
    """The transformation, and so many steps of it towards a target."""
    transform = optax.adam(rate, B1, B2, EPS)

    def step(values: jax.Array, state: Any, target: jax.Array) -> tuple[jax.Array, Any]:
        gradient = jax.grad(lambda values: 0.5 * jnp.sum((values - target) ** 2))(values)
        updates, state = transform.update(gradient, state, values)
        return jnp.asarray(optax.apply_updates(values, updates)), state

    def train(values: jax.Array, state: Any, target: jax.Array) -> tuple[jax.Array, Any]:
        if steps == 1:
            return step(values, state, target)
        return lax.scan(lambda carry, _: (step(*carry, target), None), (values, state), length=steps)[0]

    return transform, train


class Instruction(NamedTuple):
    operation: str
    type: str
    line: str


def computations(text: str) -> tuple[dict[str, list[Instruction]], str]:
    """The instructions of each computation of an optimized module, and which one is its entry."""
    found: dict[str, list[Instruction]] = {}
    entry = name = ""
    for line in text.splitlines():
        if head := COMPUTATION.match(line):
            name = head["name"]
            found[name] = []
            entry = name if head["entry"] else entry
        elif name and (instruction := INSTRUCTION.match(line)):
            found[name].append(Instruction(instruction["operation"], instruction["type"], line))
    if not found.get(entry):
        raise SystemExit("The text of the optimized program is not understood: no instructions of an entry in it.")
    return found, entry


def made_of(text: str, scalar_core: bool = False) -> dict[str, int]:
    """What runs by itself, copies apart; fusions; and operations that compute, anywhere.

    A launch on a GPU, a thunk on a CPU; a machine with a scalar core computes scalars in the program itself.
    """
    found, entry = computations(text)
    run = [
        each.operation
        for each in _run(found, entry)
        if not (scalar_core and "[]" in each.type and each.operation != "fusion")
    ]
    operations = [each.operation for instructions in found.values() for each in instructions]
    copies = sum(operation.startswith("copy") for operation in run)
    return {
        "kernels": len(run) - copies,
        "copies": copies,
        "fusions": operations.count("fusion"),
        "operations": sum(each not in (*NOTHING, *CALLS, "fusion") and "copy" not in each for each in operations),
    }


def _run(found: dict[str, list[Instruction]], name: str) -> Iterator[Instruction]:
    """What runs by itself in a computation, and in those that it calls, loops over or chooses from."""
    for each in found[name]:
        if each.operation not in (*NOTHING, *CALLS) and not each.operation.endswith("-done"):
            yield each
        if each.operation in CALLS:
            for inner in re.findall(r"%([\w.-]+)", each.line.partition("), ")[2]):
                yield from _run(found, inner)
