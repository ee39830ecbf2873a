"""Shapes: the share of its start that a phase has left, by the share of its steps that is gone."""

from collections.abc import Callable
from typing import Annotated, Any

from optax_decay import _count
from optax_decay._arithmetic import Given, is_host
from optax_decay._count import Count
from optax_decay._decays import Weights, line, one_minus_sqrt, raised_cosine
from optax_decay._schedule import Schedule, at
from optax_decay._schedule.record import Kind, record_of

_NAMED = {"linear": line, "cosine": raised_cosine, "one_minus_sqrt": one_minus_sqrt}
# These are the same from either end.
_SYMMETRIC = ("linear", "cosine")

# A shape's ends must be so near to 1 and 0. Those of a hyperbolic tangent are near enough.
_NEAR = 0.01


def shape(name: str, value: Any) -> Any:
    """A shape's name, or a schedule of the share that is gone."""
    if isinstance(value, str) and value in _NAMED:
        return value
    if isinstance(value, str):
        raise ValueError(f"`{name}` must be one of {', '.join(_NAMED)}, or a schedule of the share, got {value!r}.")
    if not callable(value) or record_of(value):
        raise TypeError(f"`{name}` must be one of {', '.join(_NAMED)}, or a schedule of the share, got {value!r}.")
    if not (isinstance(value, Schedule) and value._needs_device):
        for share, want in ((0, 1), (1, 0)):
            end = at(value, Count(share))
            if is_host(end) and not abs(end - want) <= _NEAR:
                raise ValueError(f"`{name}` must go from 1 at 0 to 0 at 1, got {value!r}, which is {end!r} at {share}.")
    return value


Shape = Annotated[str | Callable[[Any], Any], Kind(shape)]


def falling(shape: Any, count: Count, steps: Given) -> Weights:
    """The weights of the start and of the end of a phase that takes a shape."""
    length = _count.length(steps, count)
    if isinstance(shape, str):
        return _NAMED[shape](count, length)
    weight = at(shape, _count.slowed(_count.least(count, length.counted), steps))
    return lambda: weight, lambda: 1 - weight


def climbing(shape: Any, count: Count, steps: Given) -> Weights:
    """The weights of the start and of the end of a phase that runs a shape backwards."""
    if isinstance(shape, str) and shape in _SYMMETRIC:
        return falling(shape, count, steps)
    weight, complement = falling(shape, _count.until(count, steps), steps)
    return complement, weight
