"""Where the phases and cycles of a schedule begin, read off how it was made."""

import heapq
import math
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import count as integers
from itertools import islice, takewhile
from typing import Any, Literal, NamedTuple

import jax

from optax_decay import _arithmetic, _clocks, _cycle, _decays, _phases, _values
from optax_decay._count import Count
from optax_decay._schedule import Schedule, arithmetic, at
from optax_decay._schedule.factory import _wrapped
from optax_decay._schedule.record import record_of

Kind = Literal["phase", "cycle"]

# So many are looked at in one base; more could not be told apart, and might take for ever.
_MOST = 1 << 12


class Edge(NamedTuple):
    """The count at which something begins, or just after which it does."""

    at: Fraction
    after: bool = False

    def step(self) -> int:
        """The first whole count in what begins."""
        return math.floor(self.at) + 1 if self.after else math.ceil(self.at)

    def moved(self, shift: Fraction, scale: Fraction | int = 1) -> "Edge":
        """Where a clock has it whose base sees (count - shift) / scale; one that runs backwards turns it."""
        return Edge(self.at * scale + shift, self.after != (scale < 0))


_START = Edge(Fraction(0))


def begins(schedule: Any, kind: Kind) -> Iterator[int]:
    """The whole counts at which phases or cycles begin, increasing: none where there are none.

    A base that is none of this package's has no phases or cycles that could be seen.
    """
    last = -1
    for edge in islice(_edges(schedule, kind), 16 * _MOST):
        step = edge.step()
        if step > last:
            yield step
            last = step


def _edges(base: Any, kind: Kind) -> Iterator[Edge]:
    """Of a base, increasing."""
    if isinstance(base, Schedule):
        made = base._definition
        factory = made._record.factory
        if factory in _OUTLINES:
            yield from _OUTLINES[factory](kind, **{**made._record.defaults, **made._given})
        elif factory in _TIMELESS:
            yield from heapq.merge(*(_edges(part, kind) for part in made._given.values()))


# They leave the count alone, so what begins in their parts begins in them.
_TIMELESS = {
    *(_values.clip, _values.cast, _values.jitter, _wrapped),
    *arithmetic.OPERATIONS.values(),
}

_OUTLINES: dict[Any, Callable[..., Iterable[Edge]]] = {}


def _outlines(factory: Any) -> Callable[[Callable[..., Iterable[Edge]]], None]:
    """Registers what tells the edges of a factory's schedules from their arguments."""
    return lambda outline: _OUTLINES.update({factory: outline})


def _exact(number: Any) -> Fraction:
    return Fraction(number.item()) if isinstance(number, jax.Array) else _arithmetic.simplest(number)


def _until(end: Edge, base: Any, kind: Kind) -> list[Edge]:
    return list(islice(takewhile(lambda edge: edge < end, _edges(base, kind)), _MOST))


def _backwards(edges: list[Edge], length: Fraction, scale: Fraction | int = 1) -> list[Edge]:
    """Of a base that runs from `length` back to 0, both included, `scale` times slower."""
    inside = [] if len(edges) == _MOST else [edge for edge in reversed(edges) if edge > _START]
    return [_START, *(edge.moved(length * scale, -scale) for edge in inside)] if edges else []


def _repeated(kind: Kind, inner: list[Edge], steps: Fraction, t_mul: Any, cycles: Any) -> Iterator[Edge]:
    """Cycles of which the first takes `steps`, and what begins in each."""
    inner = [_START, *inner] if kind == "cycle" else inner
    powers = _cycle.powers(_exact(t_mul), 1) if inner else ()
    for _, power, total in powers if cycles is None else islice(powers, min(int(cycles), 16 * _MOST)):
        # Both are rounded down, by far less than would tell them from the simple ratios that they may be.
        begin, slow = ((x / _cycle.ONE_IN_BITS).limit_denominator(1 << 64) for x in (total * steps, Fraction(power)))
        yield from (edge.moved(begin, slow) for edge in inner)


@_outlines(_clocks.warm_restarts)
def _(kind: Kind, base: Any, cycle_steps: Any, t_mul: Any, cycles: Any, **_: Any) -> Iterator[Edge]:
    steps = _exact(cycle_steps)
    return _repeated(kind, _until(Edge(steps), base, kind), steps, t_mul, cycles)


@_outlines(_clocks.cyclic)
def _(kind: Kind, base: Any, fall_steps: Any, rise_steps: Any, t_mul: Any, cycles: Any, **_: Any) -> Iterator[Edge]:
    fall = _exact(fall_steps)
    rise = fall if rise_steps is None else _exact(rise_steps)
    edges = _until(Edge(fall, after=True), base, kind)
    # At the top the base turns round in its first phase: none begins.
    fallen = [edge.moved(rise) for edge in edges if _START < edge < Edge(fall)]
    return _repeated(kind, _backwards(edges, fall, rise / fall) + fallen, rise + fall, t_mul, cycles)


@_outlines(_clocks.expanding_cycle)
def _(kind: Kind, base: Any, decay_steps: Any) -> Iterator[Edge]:
    steps = _exact(decay_steps)
    inner = _until(Edge(steps, after=True), base, kind)
    for k in integers(1) if inner or kind == "cycle" else ():
        yield Edge((k - 1) * steps, after=k > 1)
        yield from (edge.moved(Fraction(0), k) for edge in inner if edge.at * k > (k - 1) * steps)


@_outlines(_decays.polynomial_decay)
def _(kind: Kind, decay_steps: Any, cycle: bool, **_: Any) -> Iterable[Edge]:
    return _OUTLINES[_clocks.expanding_cycle](kind, 0, decay_steps) if cycle else ()


@_outlines(_clocks.delay)
def _(kind: Kind, base: Any, steps: Any) -> Iterator[Edge]:
    return (max(edge.moved(_exact(steps)), _START) for edge in _edges(base, kind))


@_outlines(_clocks.stretch)
def _(kind: Kind, base: Any, factor: Any) -> Iterator[Edge]:
    return (edge.moved(Fraction(0), _exact(factor)) for edge in _edges(base, kind))


@_outlines(_clocks.staircase)
def _(kind: Kind, base: Any, steps: Any) -> Iterator[Edge]:
    stair = _exact(steps)
    return (Edge(stair * edge.moved(Fraction(0), 1 / stair).step()) for edge in _edges(base, kind))


@_outlines(_clocks.reverse)
def _(kind: Kind, base: Any, steps: Any) -> Iterable[Edge]:
    length = _exact(steps)
    return _backwards(_until(Edge(length, after=True), base, kind), length)


@_outlines(_phases.sequence)
def _(kind: Kind, phases: tuple[Any, ...]) -> Iterator[Edge]:
    *timed, last = phases
    begin = Fraction(0)
    for base, steps in timed:
        if steps := _exact(steps):
            yield from _phase(kind, begin, _until(Edge(steps), base, kind))
            begin += steps
    yield from _phase(kind, begin, _edges(last, kind))


@_outlines(_phases.warmup)
def _(kind: Kind, base: Any, steps: Any, **_: Any) -> Iterator[Edge]:
    length = _exact(steps)
    if not length:
        return _edges(base, kind)
    return heapq.merge(_phase(kind, Fraction(0), ()), _phase(kind, length, _edges(base, kind)))


@_outlines(_phases.cooldown)
def _(kind: Kind, base: Any, begin: Any, **_: Any) -> Iterator[Edge]:
    end = _exact(begin)
    return heapq.merge(_phase(kind, Fraction(0), _until(Edge(end, after=True), base, kind)), _phase(kind, end, ()))


def _phase(kind: Kind, begin: Fraction, edges: Iterable[Edge]) -> Iterator[Edge]:
    """A phase that begins there, and what begins in it."""
    if kind == "phase":
        yield Edge(begin)
    yield from (edge.moved(begin) for edge in edges)


@_outlines(_values.scheduled)
def _(kind: Kind, factory: Any, hyperparameters: dict[str, Any]) -> Iterator[Edge]:
    moving = _values.moving_hyperparameters(factory, hyperparameters)
    edges = [_edges(schedule, kind) for schedule in moving.values()]
    # Where a length moves, or what might be one, nothing begins at a count of its own.
    record = record_of(factory)
    if record and record.takes_count and not any(record.kinds[name].is_length for name in moving):
        now = {name: at(schedule, Count(0)) for name, schedule in moving.items()}
        edges.append(_edges(factory(**{**hyperparameters, **now}), kind))
    return heapq.merge(*edges)
