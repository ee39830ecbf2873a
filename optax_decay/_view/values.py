"""The values of schedules at many counts, and the counts that a picture shows."""

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from itertools import islice, takewhile
from typing import Any

import jax
import numpy as np
from jax.core import Tracer
from numpy.typing import ArrayLike

from optax_decay import _count
from optax_decay._begins import PhaseOrCycle, begins
from optax_decay._ends import UNTOLD, seen_until
from optax_decay._schedule import Schedule, as_schedule, kinds

AnySchedule = Callable[[Any], Any] | float | np.number[Any] | jax.Array

MOST_STEPS = 1 << 53
# A picture is no finer than this.
MOST_POINTS = 10_000
# More edges could not be told apart.
_MOST_EDGES = 100
# A picture of fewer steps shows parts of a step.
_FEWEST_COUNTS = 200


def sample(schedule: AnySchedule, steps: "int | ArrayLike") -> np.ndarray[Any, Any]:
    """Gives a schedule's values at many counts, from one compiled call.

    Sample before a run and log `rates[step]`, which waits for no device. A compiled train step applies the same rate to
    a few units in the last place. It is often the same bit for bit, but XLA does not promise that, so compare as in the
    second example.

    Args:
      schedule: any callable of the count, or a number.
      steps: the number of steps, zero or more, for the counts 0, 1, ..., `steps` - 1; or the counts themselves, of any
        kind and shape that a schedule takes.

    Returns:
      A NumPy array with the counts' shape and the schedule's dtype.

    Raises:
      ValueError: if `steps` is negative or beyond 2**53.
      TypeError: if `schedule` is neither callable nor a number, `steps` is neither a whole number nor counts, or either
        is traced.

    >>> import optax_decay as od
    >>> od.sample(od.linear_decay(0.1, 4), 5)
    array([0.1  , 0.075, 0.05 , 0.025, 0.   ], dtype=float32)

    >>> import jax, numpy as np
    >>> rate = od.cosine_decay(0.1, 100)
    >>> np.testing.assert_array_almost_equal_nulp(od.sample(rate, 100)[7], np.asarray(jax.jit(rate)(7)), nulp=4)
    """
    counts, rate = _array(counts_of(steps)), as_schedule(kinds.base("schedule", schedule))
    if _count.beyond(counts) is None:
        counts, rate = _count.as_count(counts, device=True), jax.jit(rate)
    rates: Any = rate(counts)
    if isinstance(rates, Tracer):
        raise TypeError("`sample` works only outside transformations: within one, call the schedule with the counts.")
    return np.array(rates)


def counts_of(steps: Any) -> Any:
    """A range for a number of steps; counts as they are."""
    if np.ndim(steps):
        return steps if isinstance(steps, jax.Array) else np.asarray(steps)
    is_whole_float = isinstance(steps, (float, np.floating)) and steps.is_integer()
    whole: Any = int(steps) if is_whole_float else steps
    try:
        number = None if isinstance(steps, bool) else operator.index(whole)
    except TypeError:
        number = None
    if number is None:
        raise TypeError(f"`steps` must be a whole number or counts, got {steps!r}.")
    if not 0 <= number <= MOST_STEPS:
        raise ValueError(f"`steps` must be zero or positive, and at most 2**53, got {kinds.told(steps)}.")
    return range(number)


def counts_shown(schedules: Iterable[Schedule]) -> Any:
    """The counts until the last of some schedules has ended, and a tenth more.

    Few steps are divided into parts, so that a schedule of epochs or of shares of a run is a curve too.
    """
    end = max(map(seen_until, schedules)) or UNTOLD
    last = min(end + end / 10, MOST_STEPS)
    if last >= _FEWEST_COUNTS:
        return range(math.ceil(last))
    part = 2.0 ** math.floor(math.log2(last / _FEWEST_COUNTS))
    return np.arange(0, last + part, part)


def _array(counts: Any) -> Any:
    return np.arange(len(counts)) if isinstance(counts, range) else counts


def edges_within(schedule: Any, kind: PhaseOrCycle, counts: Any) -> list[float]:
    """Where phases or cycles begin after the first of the counts: none if they are too many to tell apart."""
    edges = _first_edges(schedule, kind, counts)
    return edges if len(edges) <= _MOST_EDGES else []


def is_crowded(schedule: Any, counts: Any) -> bool:
    """Whether cycles are too many to tell apart."""
    return len(_first_edges(schedule, "cycle", counts)) > _MOST_EDGES


def _first_edges(schedule: Any, kind: PhaseOrCycle, counts: Any) -> list[float]:
    until_last = takewhile(lambda step: step <= counts[-1], begins(schedule, kind, are_whole(counts)))
    return list(islice((step for step in until_last if step > counts[0]), _MOST_EDGES + 1))


def are_whole(counts: Any) -> bool:
    """Whether the counts are integers."""
    return isinstance(counts, range) or np.issubdtype(counts.dtype, np.integer)


def looked_at(counts: Any, edges: Sequence[float], most: int) -> Any:
    """The counts. A longer range is thinned to `most` counts and those at edges."""
    if not isinstance(counts, range) or len(counts) <= most:
        return _array(counts)
    spread = np.linspace(0, len(counts) - 1, most).astype(np.int64)
    return np.unique(np.concatenate([spread, *(np.array([edge - 1, edge], np.int64) for edge in edges)]))


def places_of_extremes(values: Any) -> tuple[int, int]:
    """The places of the least and the greatest value, without those that are NaN."""
    real = values.astype(np.float64)
    return int(np.where(np.isnan(real), np.inf, real).argmin()), int(np.where(np.isnan(real), -np.inf, real).argmax())


def outermost(values: Any, columns: int) -> Any:
    """The places of the ends and the extremes of a curve in each of so many columns."""
    if len(values) <= columns:
        return np.arange(len(values))
    parts = np.array_split(np.arange(len(values)), columns)
    return np.unique([part[n] for part in parts for n in (0, -1, *places_of_extremes(values[part]))]).astype(int)
