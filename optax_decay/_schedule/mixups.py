"""Refuses calls that are plainly mix-ups and says the way out. The three rules on the numbers of a call are:

1. *A value and a length have changed places*, or the steps come last as in Optax. All lengths are below one step, and a
   value is a whole number from 50 up. It is at least 250 times the first value, or, where it is the first value or that
   is 0, at least 10,000 times the longest length: `linear_decay(0.1, 0.01, 1000)`, `cosine_decay(1000, 0.1)`.
2. *A step count stands where an end is wanted*, such as TensorFlow's step left in its place. An end is 1000 or more and
   above the steps that lead to it, and the beginning is below 1: `linear_decay(0.1, 5, 1000)`. An end that is a share
   is 100 or more, and needs no such beginning: `cosine_decay(0.1, 5, 1000)`.
3. *A share of the run stands where steps are wanted.* A length is below one step, and below a 2000th of a `total_steps`
   above 1: `warmup_cosine_decay(0.1, 0.1, 1000)`.

The rules look at values, not at types: 1000 is 1000.0, a JAX scalar is its number, and all are read to six digits.
Traced numbers are never refused. Where a length must not be 0, as in `linear_decay(0.1, 0.0, 1000)`, the message names
the order too. To mean a length below one step, count in smaller units, with lengths of 1 or more and a smaller factor
of `stretch`: `stretch(cosine_decay(1000, 1), 0.1 * steps)`.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import jax
from jax.core import Tracer

# What is a count of steps, rather than a value. Weights and temperatures rise less from where they begin.
_FEWEST_STEPS = 50
_TIMES_FIRST = 250
_TIMES_LENGTH = 10_000
_LEAST_END = {"alpha": 100, "end_value": 1000}
_LEAST_SHARE_OF_RUN = Fraction(1, 2000)
_LOOKED_AT = (int, float, Fraction)


def refuse_no_steps(name: str, length: Any, values: Mapping[str, Any], order: Sequence[str]) -> None:
    """Raises `ValueError` for a length of 0 where a value looks like it, as where Optax's order has an end of 0."""
    known = {other: _known(value) for other, value in values.items()}
    large = next((other for other, value in known.items() if value is not None and abs(value) >= _FEWEST_STEPS), None)
    if _known(length) == 0 and large:
        raise ValueError(
            f"`{name}` must be positive, got {_told(length)}, and `{large}` is {_told(values[large])}: the order is "
            f"{', '.join(order)}, and {name} counts update steps."
        ) from None


def refuse(given: Mapping[str, Any], steps: Sequence[str], values: Sequence[str], order: Sequence[str]) -> None:
    """Raises `ValueError` for a mix-up among the numbers of steps and the values of a call, which has this order."""
    if not (_any_between(given, steps, 0, 1) or _any_between(given, _LEAST_END, 1, math.inf)):
        return  # as nearly all calls do
    lengths, others = _read(given, steps), _read(given, values)
    _refuse_changed_places(given, lengths, others, order)
    _refuse_share_of_run(given, lengths)
    _refuse_count_as_end(given, lengths, others, order)


def _known(number: Any) -> Any:
    """A concrete number as a Python number, or None."""
    if type(number) in _LOOKED_AT:
        return number
    is_concrete = isinstance(number, jax.Array) and not isinstance(number, Tracer) and not number.ndim
    return number.item() if is_concrete else None


def _told(number: Any) -> str:
    """A concrete number for a message. A float32 of 0.1 is 0.1."""
    known = _known(number)
    return str(known) if len(str(known)) <= 10 else f"{float(known):.6g}"


def _any_between(given: Mapping[str, Any], names: Iterable[str], low: float, high: float) -> bool:
    for name in names:
        number = _known(given.get(name, low))
        if number is not None and low < abs(number) < high:
            return True
    return False


def _read(given: Mapping[str, Any], names: Iterable[str]) -> dict[str, Fraction]:
    """Concrete numbers to six digits, so that a float32 of 0.1 is 1/10 and a float just below 1 is 1."""
    known = {name: _known(given[name]) for name in names if name in given}
    return {name: Fraction(f"{float(number):.6g}") for name, number in known.items() if number is not None}


def _refuse_changed_places(
    given: Mapping[str, Any], lengths: Mapping[str, Fraction], values: Mapping[str, Fraction], order: Sequence[str]
) -> None:
    longest = max(lengths.values(), default=Fraction(1))
    if longest >= 1 or not values:
        return
    short = max(lengths, key=lambda name: lengths[name])
    first, *_ = values
    for name, value in values.items():
        is_beside = name != first and values[first] != 0
        least = _TIMES_FIRST * abs(values[first]) if is_beside else _TIMES_LENGTH * longest
        if value.denominator == 1 and abs(value) >= max(_FEWEST_STEPS, least):
            raise ValueError(
                f"`{short}` is {_told(given[short])}, less than one update step, and `{name}` is {_told(given[name])}: "
                f"the order is {', '.join(order)}, and {short} counts update steps. To mean a part of an epoch or of "
                "the run, count in smaller units: lengths of 1 or more, and a smaller factor of `stretch`."
            )


def _refuse_count_as_end(
    given: Mapping[str, Any], lengths: Mapping[str, Fraction], values: Mapping[str, Fraction], order: Sequence[str]
) -> None:
    for name in _LEAST_END.keys() & values.keys():
        end, start, is_share = abs(values[name]), abs(values.get("init_value", Fraction(0))), name == "alpha"
        is_count = end >= _LEAST_END[name] and end > max(lengths.values(), default=math.inf)
        if is_count and (is_share or 0 < start < 1):
            given_end = _told(given[name])
            meaning = "a share of `init_value`" if is_share else f"and `init_value` {_told(given['init_value'])}"
            rise = "" if is_share else f" To rise to {given_end}, multiply by it a schedule that rises to 1."
            raise ValueError(
                f"`{name}` is {given_end}, {meaning}: the order is {', '.join(order)}. The steps come before it. "
                f"Call the schedule with the count, TensorFlow's `global_step`.{rise}"
            )


def _refuse_share_of_run(given: Mapping[str, Any], lengths: Mapping[str, Fraction]) -> None:
    total = lengths.get("total_steps", Fraction(0))
    for name, length in lengths.items():
        if 0 < length < 1 < total and length < _LEAST_SHARE_OF_RUN * total:
            share, steps = _told(given[name]), float(length * total)
            raise ValueError(
                f"`{name}` is {share}, less than one update step, and `total_steps` is {_told(given['total_steps'])}: "
                f"a share of {share} is {steps:g} steps. Or give all lengths as shares of the run, and use `stretch`."
            )
