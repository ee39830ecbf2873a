"""Where the phases and cycles of a schedule begin. Each clock and phase tells it beside the code that decides it."""

import heapq
import math
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import count as integers
from itertools import islice, takewhile
from typing import Any, Literal, NamedTuple

import jax

from optax_decay._arithmetic import simplest
from optax_decay._schedule import Schedule, arithmetic
from optax_decay._schedule.factory import wrapped

PhaseOrCycle = Literal["phase", "cycle"]

# At most so many edges are looked at in one base. More could not be told apart, and might take for ever.
MOST_EDGES = 1 << 12


class Edge(NamedTuple):
    """The count at which something begins, or just after which it does."""

    position: Fraction
    after: bool = False

    def step(self) -> int:
        """The first whole count of the phase or cycle that begins."""
        return math.floor(self.position) + 1 if self.after else math.ceil(self.position)

    def moved(self, shift: Fraction, scale: Fraction | int = 1) -> "Edge":
        """The edge under a clock whose base sees (count - shift) / scale. A clock that runs backwards turns it."""
        return Edge(self.position * scale + shift, self.after != (scale < 0))


FIRST_EDGE = Edge(Fraction(0))

# Tells the edges of a factory's schedules, in increasing order, from the kind and the schedule's arguments.
Tells = Callable[..., Iterable[Edge]]
_TELLS: dict[Any, Tells] = {}


def tells_edges_of(factory: Any) -> Callable[[Tells], Tells]:
    """Registers the function that tells the edges of a factory's schedules."""

    def register(tells: Tells) -> Tells:
        _TELLS[factory] = tells
        return tells

    return register


def leaves_count_alone(*factories: Any) -> None:
    """Registers factories whose schedules have the edges of their arguments."""
    for factory in factories:
        tells_edges_of(factory)(lambda kind, **parts: heapq.merge(*(edges(part, kind) for part in parts.values())))


leaves_count_alone(wrapped, *arithmetic.OPERATIONS.values())


def has_edges_told(factory: Any) -> bool:
    """Whether the edges of a factory's schedules are told."""
    return factory in _TELLS


def begins(schedule: Any, kind: PhaseOrCycle, whole: bool = True) -> Iterator[float]:
    """The counts at which phases or cycles begin, whole ones or any, in increasing order.

    A base from outside this package has none that could be seen.
    """
    last = -1
    for edge in islice(edges(schedule, kind), 16 * MOST_EDGES):
        step = edge.step() if whole else float(edge.position)
        if step > last:
            yield step
            last = step


def edges(base: Any, kind: PhaseOrCycle) -> Iterator[Edge]:
    """The edges in a base, in increasing order."""
    if isinstance(base, Schedule):
        made = base._definition
        if made._record.factory in _TELLS:
            yield from _TELLS[made._record.factory](kind, **{**made._record.defaults, **made._given})


def edges_until(end: Edge, base: Any, kind: PhaseOrCycle) -> list[Edge]:
    """The edges in a base before `end`."""
    return list(islice(takewhile(lambda edge: edge < end, edges(base, kind)), MOST_EDGES))


def edges_backwards(inner: list[Edge], length: Fraction, scale: Fraction | int = 1) -> list[Edge]:
    """The edges of a base that runs from `length` back to 0, both included, `scale` times slower."""
    inside = [] if len(inner) == MOST_EDGES else [edge for edge in reversed(inner) if edge > FIRST_EDGE]
    return [FIRST_EDGE, *(edge.moved(length * scale, -scale) for edge in inside)] if inner else []


def horizon_edges(decay_steps: Fraction) -> Iterator[Edge]:
    """The edges of expanding cycles. A horizon moves on just after it is reached."""
    return (Edge((k - 1) * decay_steps, after=k > 1) for k in integers(1))


def known_steps(number: Any) -> Fraction:
    """A concrete number in steps as the fraction that it means."""
    return Fraction(number.item()) if isinstance(number, jax.Array) else simplest(number)
