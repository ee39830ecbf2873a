"""Sight: a schedule's values as one array, and its picture."""

import importlib
import operator
import textwrap
from collections.abc import Callable, Sequence
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from jax.core import Tracer
from numpy.typing import ArrayLike

from optax_decay import _count
from optax_decay._begins import PhaseOrCycle, begins
from optax_decay._schedule import as_schedule, kinds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AnySchedule = Callable[[Any], Any] | float | np.number[Any] | jax.Array

# A picture is no finer than this, and more edges than that could not be told apart.
_MOST_POINTS = 10_000
MOST_STEPS = 1 << 53
_MOST_EDGES = 100
_LINES: tuple[tuple[PhaseOrCycle, str], ...] = (("phase", "--"), ("cycle", ":"))


def sample(schedule: AnySchedule, steps: int | ArrayLike) -> np.ndarray[Any, Any]:
    """A schedule's values at many counts, from one compiled call.

    Made before a run, they are what it logs: `rates[step]` waits for no device.

    Args:
      schedule: any callable of the count, or a number.
      steps: how many, for the counts 0, 1, ..., `steps` - 1, zero or more; or the counts themselves, of any kind and
        shape that a schedule takes.

    Returns:
      A NumPy array of the counts' shape, of the dtype that the schedule gives.

    Raises:
      ValueError: if `steps` is negative or beyond 2**53.
      TypeError: if `schedule` is neither callable nor a number, `steps` is neither a whole number nor counts, or either
        is traced.

    >>> import optax_decay as od
    >>> od.sample(od.linear_decay(0.1, 4), 5)
    array([0.1  , 0.075, 0.05 , 0.025, 0.   ], dtype=float32)
    """
    counts, rate = _array(counts_of(steps)), as_schedule(kinds.base("schedule", schedule))
    if _count.beyond(counts) is None:
        counts, rate = _count.as_count(counts, device=True), jax.jit(rate)
    rates: Any = rate(counts)
    if isinstance(rates, Tracer):
        raise TypeError("`sample` is for outside of transformations: within one, call the schedule with the counts.")
    return np.array(rates)


def counts_of(steps: Any) -> Any:
    """A range for a number of steps; counts as they are."""
    if np.ndim(steps):
        return steps if isinstance(steps, jax.Array) else np.asarray(steps)
    try:
        number = None if isinstance(steps, bool) else operator.index(steps)
    except TypeError:
        number = None
    if number is None:
        raise TypeError(f"`steps` must be a whole number or counts, got {steps!r}.")
    if not 0 <= number <= MOST_STEPS:
        raise ValueError(f"`steps` must be zero or positive, and at most 2**53, got {steps!r}.")
    return range(number)


def _array(counts: Any) -> Any:
    return np.arange(len(counts)) if isinstance(counts, range) else counts


def plot(
    *schedules: AnySchedule, steps: int | ArrayLike, ax: "Axes | None" = None, labels: Sequence[str] | None = None
) -> "Axes":
    """Draws schedules over the count, with dashed lines where phases begin and dotted ones where cycles do.

    Args:
      *schedules: one or more; each any callable of the count, or a number.
      steps: how many, for the counts 0, 1, ..., `steps` - 1, positive; or the counts themselves, increasing.
      ax: the matplotlib axes to draw on; the current ones, or new ones, if none are given.
      labels: the schedules' names in the legend, as many; the expressions that make them if none are given.

    Returns:
      The axes.

    Raises:
      ImportError: without matplotlib, which the `plot` extra brings.
      ValueError: if there is no schedule or no count, counts do not increase, or the `labels` do not match.
      TypeError: if a schedule is neither callable nor a number, or `steps` is neither a whole number nor counts.

    >>> import matplotlib.figure, optax_decay as od
    >>> ax = matplotlib.figure.Figure().subplots()
    >>> ax = od.plot(od.cosine_decay(0.1, 100), od.triangular(0.0, 0.1, 20), steps=100, ax=ax)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['cosine_decay(0.1, 100)', 'triangular(0.0, 0.1, 20)']
    """
    named = [as_schedule(kinds.base(f"schedules[{n}]", schedule)) for n, schedule in enumerate(schedules)]
    names = [str(schedule) for schedule in named] if labels is None else list(labels)
    counts = counts_of(steps)
    if not named or not len(counts):
        raise ValueError(f"`schedules` and `steps` must not be empty, got {len(named)} and {len(counts)}.")
    if not isinstance(counts, range):
        _count.as_count(counts, device=True)
        if np.ndim(counts) > 1 or not np.all(counts[:-1] <= counts[1:]):
            raise ValueError(f"`steps` must be a number or increasing counts, got {steps!r}.")
    if len(names) != len(named):
        raise ValueError(f"`labels` must be as many as the schedules, got {len(names)} for {len(named)}.")
    axes: Axes = matplotlib("pyplot").gca() if ax is None else ax
    for schedule, name in zip(named, names, strict=True):
        lines = [(edge, line) for kind, line in _LINES for edge in edges_within(schedule, kind, counts)]
        shown = looked_at(counts, [edge for edge, _ in lines], _MOST_POINTS)
        (curve,) = axes.plot(shown, sample(schedule, shown), label=name)
        for edge, line in lines:
            axes.axvline(edge, color=curve.get_color(), linestyle=line, linewidth=0.8, alpha=0.6, zorder=0)
    axes.set_xlabel("update step")
    handles, texts = axes.get_legend_handles_labels()
    # Above the axes, where expressions hide no curve.
    above: Any = {"loc": "lower left", "bbox_to_anchor": (0, 1), "frameon": False, "fontsize": "small"}
    axes.legend(handles, [textwrap.fill(text, 100) for text in texts], **above)
    return axes


def matplotlib(module: str) -> Any:
    """A module of matplotlib's, imported when something is drawn."""
    try:
        return importlib.import_module(f"matplotlib.{module}")
    except ImportError:
        raise ImportError('Pictures need matplotlib: pip install "optax_decay[plot]".') from None


def edges_within(schedule: Any, kind: PhaseOrCycle, counts: Any) -> list[int]:
    """Where phases or cycles begin after the first of the counts: none if they are too many to tell apart."""
    until_last = takewhile(lambda step: step <= counts[-1], begins(schedule, kind))
    edges = list(islice((step for step in until_last if step > counts[0]), _MOST_EDGES + 1))
    return edges if len(edges) <= _MOST_EDGES else []


def looked_at(counts: Any, edges: Sequence[int], most: int) -> Any:
    """The counts; of a range of more than `most` so many, and those at edges."""
    if not isinstance(counts, range) or len(counts) <= most:
        return _array(counts)
    spread = np.linspace(0, len(counts) - 1, most).astype(np.int64)
    return np.unique(np.concatenate([spread, *([edge - 1, edge] for edge in edges)]))
