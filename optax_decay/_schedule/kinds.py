"""The kinds of arguments: each checks a concrete value at once and passes a traced one through.

A factory names the kind of each argument in its signature, `decay_steps: Steps`; the decorator that makes it a factory
applies them. Type checkers see the plain types.
"""

import itertools
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Annotated, Any, TypeGuard

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from optax_decay._arithmetic import Given, Tabulated, given, given_list
from optax_decay._schedule.record import Kind, record_of

Scalar = int | float | Fraction | np.number[Any] | jax.Array
Scalars = Sequence[Scalar] | np.ndarray[Any, Any] | jax.Array
AnyBase = Callable[[Any], Any] | Scalar

Check = Callable[[str, Any], Any]

_LARGEST = sys.float_info.max
# The inverse of a denormal number may be infinite.
_LEAST = sys.float_info.min


def number(name: str, value: Any) -> Any:
    """A finite real number."""
    return _scalar(name, value)[0]


def told(value: Any) -> str:
    """A value for a message. Python writes no whole number of thousands of digits."""
    try:
        return repr(value)
    except ValueError:
        return "a number of thousands of digits"


def _scalar(name: str, value: Any) -> tuple[Any, Any]:
    """The value as a plain number, and that number again for comparisons, or None if it is traced."""
    if type(value) in (int, float) and -_LARGEST <= value <= _LARGEST:
        return value, value
    if isinstance(value, Fraction) and value.denominator == 1:
        value = value.numerator
    if isinstance(value, Tabulated):
        return value, None
    if isinstance(value, jax.Array):
        if not _holds_real_numbers(value):
            raise TypeError(f"`{name}` must be a real number, got {value.dtype}.")
        if value.ndim:
            raise ValueError(f"`{name}` must be a scalar, got an array of shape {value.shape}: sweep with jax.vmap.")
        if isinstance(value, Tracer):
            return value, None
        known = value.item()
    elif is_plain_number(value):
        known = value
    else:
        hint = ": `scheduled` takes schedules as hyperparameters" if callable(value) else ""
        raise TypeError(f"`{name}` must be a number, got {told(value)}{hint}.")
    if abs(known) > _LARGEST or known != known:
        raise ValueError(f"`{name}` must be finite, got {told(value)}.")
    return value, known


def is_plain_number(value: Any) -> TypeGuard[int | float | Fraction]:
    """Whether it is one of Python's real numbers. A bool is not."""
    return isinstance(value, (int, float, Fraction)) and not isinstance(value, bool)


def _holds_real_numbers(array: jax.Array | np.ndarray) -> bool:
    return jnp.issubdtype(array.dtype, jnp.floating) or jnp.issubdtype(array.dtype, jnp.integer)


def _bounded(test: Callable[[Any], bool], words: str) -> Check:
    def check(name: str, value: Any) -> Any:
        value, known = _scalar(name, value)
        if known is not None and not test(known):
            raise ValueError(f"`{name}` must be {words}, got {told(value)}.")
        return value

    return check


positive = _bounded(lambda x: x >= _LEAST, "positive")
non_negative = _bounded(lambda x: x >= _LEAST or x == 0, "zero or positive")


def optional(check: Check) -> Check:
    """What `check` takes, or None."""
    return lambda name, value: None if value is None else check(name, value)


def whole(name: str, value: Any) -> Any:
    """An integer; a float of an integer's value becomes one."""
    value, known = _scalar(name, value)
    if isinstance(known, float) and known.is_integer():
        value = known = int(known)
    if isinstance(known, (float, Fraction)) or (known is None and not jnp.issubdtype(value.dtype, jnp.integer)):
        raise TypeError(f"`{name}` must be a whole number, got {told(value)}.")
    return value


def cycles(name: str, value: Any) -> Any:
    """A positive whole number, or None for no end."""
    return None if value is None else positive(name, whole(name, value))


def seed(name: str, value: Any) -> Any:
    """An integer of at most 64 bits, as JAX's random keys are made of."""
    value = whole(name, value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError(f"`{name}` must fit into 64 bits, got {value!r}.")
    return value


def flag(name: str, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"`{name}` must be True or False, got {value!r}.")
    return bool(value)


def base(name: str, value: Any) -> Any:
    """Any callable of the count, or a number that stands for a constant."""
    if callable(value):
        if record_of(value):
            raise TypeError(f"`{name}` must be a schedule, got the factory {value.__name__}: call it to make one.")
        return value
    try:
        return number(name, value)
    except TypeError:
        raise TypeError(
            f"`{name}` must be a schedule, any callable of the count, or a number, got {value!r}."
        ) from None


def factory(name: str, value: Any) -> Any:
    """A schedule factory."""
    if not record_of(value):
        raise TypeError(f"`{name}` must be a schedule factory, got {value!r}.")
    return value


def numbers(name: str, value: Any) -> Any:
    """A sequence of finite real numbers, as a tuple; a JAX array of them stays one."""
    if isinstance(value, jax.Array) and value.ndim == 1:
        if not _holds_real_numbers(value):
            raise TypeError(f"`{name}` must hold real numbers, got {value.dtype}.")
        if not isinstance(value, Tracer) and not np.isfinite(np.asarray(value, np.float64)).all():
            raise ValueError(f"`{name}` must be finite, got {value!r}.")
        return value
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError(f"`{name}` must be a sequence of numbers, got {value!r}.")
    return tuple(number(f"{name}[{i}]", entry) for i, entry in enumerate(value))


def ordered(name: str, value: Any) -> Any:
    """Numbers none of which is below the one before."""
    value = numbers(name, value)
    if isinstance(value, Tracer):
        return value
    entries = value if isinstance(value, tuple) else np.asarray(value).tolist()
    known = [_scalar(name, entry)[1] for entry in entries]
    for before, after in itertools.pairwise(known):
        if before is not None and after is not None and before > after:
            raise ValueError(f"`{name}` must not decrease, got {before!r} before {after!r}.")
    return value


def phases(name: str, value: Any) -> Any:
    """(schedule, steps) pairs and a last schedule."""
    *timed, last = value
    checked = []
    if timed and isinstance(timed[0], tuple) and timed[0] and all(map(callable, timed[0])):
        raise TypeError(
            f"`{name}` are pairs of a schedule and its steps, and a last schedule: give sequence((a, 100), b) for what "
            f"Optax joins as join_schedules([a, b], [100]); got {timed[0]!r}."
        )
    for i, phase in enumerate(timed):
        if not isinstance(phase, Sequence) or isinstance(phase, str) or len(phase) != 2:
            raise TypeError(
                f"`{name}[{i}]` must be a pair of a schedule and its steps, as in sequence((a, 100), b), got {phase!r}."
            )
        schedule, steps = phase
        checked.append((base(f"{name}[{i}][0]", schedule), non_negative(f"{name}[{i}][1]", steps)))
    if isinstance(last, (tuple, list)):
        raise TypeError(f"`{name}[{len(timed)}]` is the last, which has no end: give it without steps, got {last!r}.")
    return (*checked, base(f"{name}[{len(timed)}]", last))


def bound_base(value: Any) -> Any:
    """A base as factories receive it, where a number becomes a given number."""
    return value if callable(value) else given(value)


def _bound_phases(value: Any) -> Any:
    *timed, last = value
    return (*((bound_base(base), given(steps, in_steps=True)) for base, steps in timed), bound_base(last))


def _bases_of_phases(value: Any) -> tuple[Any, ...]:
    *timed, last = value
    return (*(base for base, _ in timed), last)


def _in_steps(value: Any) -> Given:
    return given(value, in_steps=True)


def _or_none(bind: Callable[[Any], Given]) -> Callable[[Any], Given | None]:
    return lambda value: None if value is None else bind(value)


def _value_kind(check: Check, bind: Callable[[Any], Any] = given, is_tabulated: bool = True) -> Kind:
    return Kind(check, bind, is_tabulated, measures="values")


def _steps_kind(check: Check, bind: Callable[[Any], Any] = _in_steps) -> Kind:
    return Kind(check, bind, is_tabulated=True, is_length=True, measures="steps")


def _ratio_kind(is_tabulated: bool) -> Kind:
    return Kind(positive, _in_steps, is_tabulated, is_length=True)


# Values.
Number = Annotated[Scalar, _value_kind(number)]
OptionalNumber = Annotated[Scalar | None, _value_kind(optional(number), _or_none(given))]
Positive = Annotated[Scalar, _value_kind(positive)]
NonNegative = Annotated[Scalar, _value_kind(non_negative)]
# The program that computes the value depends on this number.
Periods = Annotated[Scalar, _value_kind(number, is_tabulated=False)]

# Measured in steps.
Steps = Annotated[Scalar, _steps_kind(positive)]
OptionalSteps = Annotated[Scalar | None, _steps_kind(optional(positive), _or_none(_in_steps))]
NonNegativeSteps = Annotated[Scalar, _steps_kind(non_negative)]
SignedSteps = Annotated[Scalar, _steps_kind(number)]
Ratio = Annotated[Scalar, _ratio_kind(is_tabulated=True)]
Share = Annotated[Scalar, Kind(non_negative, _in_steps, is_tabulated=True, is_length=True)]
# The table of cycles is made with this number.
Growth = Annotated[Scalar, _ratio_kind(is_tabulated=False)]
Ordered = Annotated[Scalars, Kind(ordered, lambda value: given_list(value, in_steps=True), is_length=True)]

# Other arguments.
Base = Annotated[AnyBase, Kind(base, bound_base, is_tabulated=True, bases=lambda value: (value,))]
Phases = Annotated[Any, Kind(phases, _bound_phases, is_tabulated=True, bases=_bases_of_phases)]
Numbers = Annotated[Scalars, Kind(numbers, given_list)]
Cycles = Annotated[int | jax.Array | None, _value_kind(cycles, _or_none(given), is_tabulated=False)]
Seed = Annotated[int | jax.Array, Kind(seed)]
Flag = Annotated[bool, Kind(flag)]
Factory = Annotated[Any, Kind(factory)]
