"""Refuses calls that are plainly mix-ups and says the way out. The three rules on the numbers of a call are:

1. *A value and a length have changed places*, or the steps come last as in Optax. A length is below one step, and a
   value is 100 or more. That value is the only one, or another value is below 1: `linear_decay(0.1, 0.01, 1000)`,
   `cosine_decay(1000, 0.1)`.
2. *A step count stands where an end is wanted*, such as TensorFlow's step left in its place. An end is 100 or more, and
   more than the steps that lead to it, and the beginning is below 1. An end that is a share needs no such beginning:
   `cosine_decay(0.1, 5, 1000)`.
3. *A share of the run stands where steps are wanted.* A length is below one step, and below a 2000th of `total_steps`:
   `warmup_cosine_decay(0.1, 0.1, 1000)`.

The rules look at values, not at types: 1000 is 1000.0. Zeros and traced numbers are never refused. Where a length must
not be 0, as in `linear_decay(0.1, 0.0, 1000)`, the message names the order too. To mean a length below one step, give
all lengths in epochs or in shares of the run, and apply `stretch`.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

_LARGE = 100
_LEAST_SHARE_OF_RUN = Fraction(1, 2000)
_ENDINGS = ("alpha", "end_value")
_LOOKED_AT = (int, float, Fraction)


def refuse_no_steps(name: str, length: Any, values: Mapping[str, Any], order: Sequence[str]) -> None:
    """Raises `ValueError` for a length of 0 where a value looks like it, as where Optax's order has an end of 0."""
    large = next((other for other, value in _looked_at(values).items() if abs(value) >= _LARGE), None)
    if type(length) in _LOOKED_AT and length == 0 and large:
        raise ValueError(
            f"`{name}` must be positive, got {length!r}, and `{large}` is {values[large]!r}: the order is "
            f"{', '.join(order)}, and {name} counts update steps."
        ) from None


def refuse(given: Mapping[str, Any], steps: Sequence[str], values: Sequence[str], order: Sequence[str]) -> None:
    """Raises `ValueError` for a mix-up among the numbers of steps and the values of a call, which has this order."""
    if not (_any_between(given, steps, 0, 1) or _any_between(given, _ENDINGS, 1, math.inf)):
        return  # as nearly all calls do
    lengths, others = (_looked_at({name: given[name] for name in names if name in given}) for names in (steps, values))
    _refuse_changed_places(lengths, others, order)
    _refuse_share_of_run(lengths)
    _refuse_count_as_end(lengths, others, order)


def _any_between(given: Mapping[str, Any], names: Iterable[str], low: float, high: float) -> bool:
    for name in names:
        number = given.get(name, low)
        if type(number) in _LOOKED_AT and low < abs(number) < high:
            return True
    return False


def _looked_at(numbers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: number for name, number in numbers.items() if type(number) in _LOOKED_AT}


def _refuse_changed_places(lengths: Mapping[str, Any], values: Mapping[str, Any], order: Sequence[str]) -> None:
    large = [name for name, value in values.items() if abs(value) >= _LARGE]
    is_alone = len(values) == 1 or any(0 < abs(value) < 1 for value in values.values())
    if large and is_alone and lengths and max(lengths.values()) < 1:
        short = max(lengths, key=lambda name: lengths[name])
        raise ValueError(
            f"`{short}` is {lengths[short]!r}, less than one update step, and `{large[0]}` is {values[large[0]]!r}: "
            f"the order is {', '.join(order)}, and {short} counts update steps. For epochs or shares of the run give "
            "lengths of 1 or more, and use `stretch`."
        )


def _refuse_count_as_end(lengths: Mapping[str, Any], values: Mapping[str, Any], order: Sequence[str]) -> None:
    share, end, start = (values.get(name, 0) for name in (*_ENDINGS, "init_value"))
    name, value = ("alpha", share) if share else ("end_value", end)
    is_count = abs(value) >= _LARGE and abs(value) > max(lengths.values(), default=math.inf)
    if is_count and (share or 0 < abs(start) < 1):
        meaning = "a share of `init_value`" if share else f"and `init_value` {start!r}"
        raise ValueError(
            f"`{name}` is {value!r}, {meaning}: the order is {', '.join(order)}. The steps come before it. "
            "Call the schedule with the count, TensorFlow's `global_step`."
        )


def _refuse_share_of_run(lengths: Mapping[str, Any]) -> None:
    total = lengths.get("total_steps", 0)
    for name, length in lengths.items():
        if 0 < length < 1 and length < _LEAST_SHARE_OF_RUN * Fraction(total):
            raise ValueError(
                f"`{name}` is {length!r}, less than one update step, and `total_steps` is {total!r}: a share of "
                f"{length!r} is {float(length * total):g} steps. Or give all lengths as shares of the run, and use "
                "`stretch`."
            )
