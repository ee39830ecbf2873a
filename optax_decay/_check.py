"""What an argument may be: each kind checks a concrete value at once and passes a traced one through.

A factory names the kind of each argument in its signature, `decay_steps: Steps`; the decorator that makes it a factory
applies them. Static types see through to the plain types.
"""

import itertools
import math
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

Scalar = int | float | np.number[Any] | jax.Array
Kind = Callable[[str, Any], Any]

_LARGEST = sys.float_info.max


def number(name: str, value: Any) -> Any:
    """A finite real number; a NumPy scalar becomes the Python number that it is."""
    return _scalar(name, value)[0]


def _scalar(name: str, value: Any) -> tuple[Any, int | float | None]:
    """The value, and what can be seen of it now: None if it is traced."""
    if type(value) is float and math.isfinite(value):
        return value, value
    if isinstance(value, (np.generic, np.ndarray)) and value.ndim == 0:
        value = value.item()
    if isinstance(value, jax.Array):
        if not (jnp.issubdtype(value.dtype, jnp.floating) or jnp.issubdtype(value.dtype, jnp.integer)):
            raise TypeError(f"`{name}` must be a real number, got {value.dtype}.")
        if value.ndim:
            raise ValueError(f"`{name}` must be a scalar, got an array of shape {value.shape}: sweep with jax.vmap.")
        if isinstance(value, Tracer):
            return value, None
        seen = value.item()
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        hint = ": `scheduled` takes schedules as hyperparameters" if callable(value) else ""
        raise TypeError(f"`{name}` must be a number, got {value!r}{hint}.")
    else:
        seen = value
    if abs(seen) > _LARGEST or seen != seen:
        raise ValueError(f"`{name}` must be finite, got {value!r}.")
    return value, seen


def _bounded(test: Callable[[Any], bool], words: str) -> Kind:
    def kind(name: str, value: Any) -> Any:
        value, seen = _scalar(name, value)
        if seen is not None and not test(seen):
            raise ValueError(f"`{name}` must be {words}, got {value!r}.")
        return value

    return kind


# Of a denormal number the inverse may be infinite.
_LEAST = sys.float_info.min
positive = _bounded(lambda x: x >= _LEAST, "positive")
growth = _bounded(lambda x: x >= _LEAST, "positive")
non_negative = _bounded(lambda x: x >= _LEAST or x == 0, "zero or positive")


def periods(name: str, value: Any) -> Any:
    """A number that decides how a value is computed."""
    return number(name, value)


def whole(name: str, value: Any) -> Any:
    """An integer."""
    value, seen = _scalar(name, value)
    if isinstance(seen, float) or (seen is None and not jnp.issubdtype(value.dtype, jnp.integer)):
        raise TypeError(f"`{name}` must be a whole number, got {value!r}.")
    return value


def seed(name: str, value: Any) -> Any:
    """An integer of at most 64 bits, as JAX's random keys are made of."""
    value = whole(name, value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError(f"`{name}` must fit into 64 bits, got {value!r}.")
    return value


def cycles(name: str, value: Any) -> Any:
    """A positive whole number, or None for no end."""
    return None if value is None else positive(name, whole(name, value))


def optional_steps(name: str, value: Any) -> Any:
    """A positive number of steps, or None for the default."""
    return None if value is None else positive(name, value)


def optional_number(name: str, value: Any) -> Any:
    """A finite real number, or None."""
    return None if value is None else number(name, value)


def flag(name: str, value: Any) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"`{name}` must be True or False, got {value!r}.")
    return bool(value)


def base(name: str, value: Any) -> Any:
    """Any callable of the count, or a number that stands for a constant."""
    if callable(value):
        if hasattr(value, "_makes_schedules"):
            raise TypeError(f"`{name}` must be a schedule, got the factory {value.__name__}: call it to make one.")
        return value
    try:
        return number(name, value)
    except TypeError:
        raise TypeError(
            f"`{name}` must be a schedule, any callable of the count, or a number, got {value!r}."
        ) from None


def numbers(name: str, value: Any) -> Any:
    """A sequence of finite real numbers, as a tuple; an array of them stays one."""
    if isinstance(value, (np.ndarray, jax.Array)) and value.ndim == 1:
        if not (jnp.issubdtype(value.dtype, jnp.floating) or jnp.issubdtype(value.dtype, jnp.integer)):
            raise TypeError(f"`{name}` must hold real numbers, got {value.dtype}.")
        if not isinstance(value, Tracer) and not np.isfinite(np.asarray(value, np.float64)).all():
            raise ValueError(f"`{name}` must be finite, got {value!r}.")
        return value
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError(f"`{name}` must be a sequence of numbers, got {value!r}.")
    return tuple(number(f"{name}[{i}]", entry) for i, entry in enumerate(value))


def increasing(name: str, value: Any) -> Any:
    """Numbers each greater than the one before."""
    value = numbers(name, value)
    if isinstance(value, Tracer):
        return value
    entries = value if isinstance(value, tuple) else np.asarray(value).tolist()
    seen = [_scalar(name, entry)[1] for entry in entries]
    for before, after in itertools.pairwise(seen):
        if before is not None and after is not None and not before < after:
            raise ValueError(f"`{name}` must increase, got {before!r} before {after!r}.")
    return value


def phases(name: str, value: Any) -> Any:
    """(schedule, steps) pairs and a last schedule."""
    *timed, last = value
    checked = []
    for i, phase in enumerate(timed):
        if not isinstance(phase, Sequence) or isinstance(phase, str) or len(phase) != 2:
            raise TypeError(f"`{name}[{i}]` must be a pair of a schedule and its steps, got {phase!r}.")
        schedule, steps = phase
        checked.append((base(f"{name}[{i}][0]", schedule), non_negative(f"{name}[{i}][1]", steps)))
    if isinstance(last, (tuple, list)):
        raise TypeError(f"`{name}[{len(timed)}]` is the last, which has no end: give it without steps, got {last!r}.")
    return (*checked, base(f"{name}[{len(timed)}]", last))


# The kinds whose numbers a program may take from a table, one for each phase of a sequence.
TABULATED = (number, optional_number, positive, non_negative, optional_steps, base, phases)

Number = Annotated[Scalar, number]
OptionalNumber = Annotated[Scalar | None, optional_number]
Positive = Annotated[Scalar, positive]
Growth = Annotated[Scalar, growth]
Periods = Annotated[Scalar, periods]
NonNegative = Annotated[Scalar, non_negative]
Steps = Annotated[Scalar, positive]
OptionalSteps = Annotated[Scalar | None, optional_steps]
Seed = Annotated[int | jax.Array, seed]
Phases = Annotated[Any, phases]
Cycles = Annotated[int | jax.Array | None, cycles]
Flag = Annotated[bool, flag]
Base = Annotated[Callable[[Any], Any] | Scalar, base]
Numbers = Annotated[Sequence[Scalar] | np.ndarray[Any, Any] | jax.Array, numbers]
Increasing = Annotated[Sequence[Scalar] | np.ndarray[Any, Any] | jax.Array, increasing]
