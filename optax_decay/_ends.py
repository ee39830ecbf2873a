"""Until when a schedule has something to show. Each decay, clock and phase tells it beside the code that decides it."""

import math
from collections.abc import Callable
from typing import Any

from optax_decay._begins import known_steps
from optax_decay._schedule import Schedule, arithmetic
from optax_decay._schedule.factory import wrapped

# How many endless cycles are shown, and how many times the steps in which an endless decay falls.
SEEN = 4
# How many counts of a foreign callable are shown, which does not tell its end.
UNTOLD = 1000

# Tells the end of a factory's schedule from the count at which it is first seen and from its arguments.
TellsEnd = Callable[..., float]
_TELLS_END: dict[Any, TellsEnd] = {}


def tells_end_of(factory: Any) -> Callable[[TellsEnd], TellsEnd]:
    """Registers the function that tells the end of a factory's schedules."""

    def register(tells: TellsEnd) -> TellsEnd:
        _TELLS_END[factory] = tells
        return tells

    return register


def ends_with_its_decay(*factories: Any) -> None:
    """Registers factories of decays that end after `decay_steps`."""
    for factory in factories:
        tells_end_of(factory)(lambda begin, decay_steps, **_: roughly(decay_steps))


def ends_with_its_parts(*factories: Any) -> None:
    """Registers factories of schedules that end when the last of their arguments does."""
    for factory in factories:
        tells_end_of(factory)(lambda begin, **parts: max(seen_until(part, begin) for part in parts.values()))


ends_with_its_parts(wrapped, *arithmetic.OPERATIONS.values())


def has_end_told(factory: Any) -> bool:
    """Whether the end of a factory's schedules is told."""
    return factory in _TELLS_END


def seen_until(base: Any, begin: float = 0.0) -> float:
    """The count until which a base that is seen from `begin` on has something to show; `begin` if it has nothing."""
    if not callable(base):
        return begin
    made = base._definition if isinstance(base, Schedule) else None
    if made is None or made._record.factory not in _TELLS_END:
        return begin + UNTOLD
    return max(begin, _TELLS_END[made._record.factory](begin, **{**made._record.defaults, **made._given}))


def seen_later(base: Any, wait: float, begin: float) -> float:
    """`seen_until` for a base that starts after a wait, or ahead."""
    return wait + seen_until(base, max(begin - wait, 0.0))


def roughly(steps: Any) -> float:
    """A concrete number of steps, as precise as a picture needs."""
    return float(known_steps(steps))


def end_of_cycles(begin: float, first: float, t_mul: Any = 1, cycles: Any = None) -> float:
    """The end of all cycles, or of `SEEN` endless ones. The first takes `first` steps."""
    factor = float(t_mul)
    if cycles is None:
        # A cycle that begins at B takes first + (t_mul - 1) B.
        return begin + (first + (factor - 1) * begin) * sum(factor**n for n in range(SEEN))
    try:
        return first * (cycles if factor == 1 else (factor ** int(cycles) - 1) / (factor - 1))
    except OverflowError:
        return math.inf
