"""A schedule's picture on matplotlib's axes."""

import importlib
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import ArrayLike

from optax_decay import _count
from optax_decay._begins import PhaseOrCycle
from optax_decay._schedule import Schedule, as_schedule, kinds
from optax_decay._view.values import MOST_POINTS, AnySchedule, counts_of, counts_shown, edges_within, looked_at, sample

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LINES: tuple[tuple[PhaseOrCycle, str], ...] = (("phase", "--"), ("cycle", ":"))


def plot(
    *schedules: AnySchedule,
    steps: "int | ArrayLike | None" = None,
    ax: "Axes | None" = None,
    labels: Sequence[str] | None = None,
) -> "Axes":
    """Draws schedules over the count, with dashed lines where phases begin and dotted ones where cycles do.

    Without `steps` the picture goes on until the last phase begins and the last decay has ended. Endless cycles are
    shown four times. An endless decay is shown for four times the steps in which it falls, and at least four stairs. It
    falls in `decay_steps` over the logarithm of an exponential's `decay_rate`, or over the `decay_rate` of the others,
    or in `timescale`. A constant or a callable of your own is shown for 1,000 steps. The picture adds a tenth to that.

    Args:
      *schedules: one or more; each any callable of the count, or a number.
      steps: the number of steps, positive, for the counts 0, 1, ..., `steps` - 1; or the counts themselves, increasing;
        or None, as above.
      ax: the matplotlib axes to draw on. None means the current ones, or new ones. A figure that has no layout gets
        matplotlib's constrained layout, which has room for the legend.
      labels: a name in the legend for each schedule. None means the expressions that make them.

    Returns:
      The axes.

    Raises:
      ImportError: without matplotlib.
      ValueError: if there is no schedule or no count, counts do not increase, or the `labels` do not match.
      TypeError: if a schedule is neither callable nor a number, or `steps` is neither a whole number nor counts.

    >>> import matplotlib.figure, optax_decay as od
    >>> ax = matplotlib.figure.Figure().subplots()
    >>> ax = od.plot(od.cosine_decay(0.1, 100), od.triangular(0.0, 0.1, 20), ax=ax)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['cosine_decay(0.1, 100)', 'triangular(0.0, 0.1, 20)']
    """
    named = [as_schedule(kinds.base(f"schedules[{n}]", schedule)) for n, schedule in enumerate(schedules)]
    names = [str(schedule) for schedule in named] if labels is None else list(labels)
    if not named:
        raise ValueError("`schedules` must not be empty.")
    counts = counts_shown(named) if steps is None else counts_of(steps)
    if not len(counts):
        raise ValueError(f"`steps` must not be empty, got {steps!r}.")
    if not isinstance(counts, range):
        _count.as_count(counts, device=True)
        if np.ndim(counts) > 1 or not np.all(counts[:-1] <= counts[1:]):
            raise ValueError(f"`steps` must be a number or increasing counts, got {steps!r}.")
    if len(names) != len(named):
        raise ValueError(f"`labels` must have one name for each schedule, got {len(names)} for {len(named)}.")
    axes: Axes = _matplotlib("pyplot").gca() if ax is None else ax
    for schedule, name in zip(named, names, strict=True):
        lines = [(edge, line) for kind, line in _LINES for edge in edges_within(schedule, kind, counts)]
        shown = looked_at(counts, [edge for edge, _ in lines], MOST_POINTS)
        (curve,) = axes.plot(shown, sample(schedule, shown), label=name)
        for edge, line in lines:
            axes.axvline(edge, color=curve.get_color(), linestyle=line, linewidth=0.8, alpha=0.6, zorder=0)
    axes.set_xlabel("update step")
    _add_legend(axes)
    return axes


def _add_legend(axes: Any) -> None:
    """Adds a legend above the axes, where it hides no curve, no wider than the axes and within the figure."""
    handles, texts = axes.get_legend_handles_labels()
    size = _matplotlib("font_manager").FontProperties(size="small").get_size_in_points()
    width = axes.get_position().width * axes.figure.bbox.width / axes.figure.dpi * 72  # points
    # The handle takes four characters' room; a character is 0.6 of its height wide.
    characters = max(int(width / (0.6 * size)) - 4, 20)
    above: Any = {"loc": "lower left", "bbox_to_anchor": (0, 1), "frameon": False, "fontsize": "small"}
    axes.legend(handles, [textwrap.fill(text, characters) for text in texts], **above)
    figure = axes.figure.figure  # the whole figure, if this is a part of it
    if figure.get_layout_engine() is None:
        figure.set_layout_engine("constrained")


def _matplotlib(module: str) -> Any:
    """A module of matplotlib, imported when something is drawn."""
    try:
        return importlib.import_module(f"matplotlib.{module}")
    except ImportError:
        raise ImportError("Pictures need matplotlib: pip install matplotlib.") from None


def drawn_to_file(file: BinaryIO, kind: str, schedules: Sequence[Schedule], counts: Any, log: bool) -> None:
    """Writes a picture, "png" or "svg"."""
    figure = _matplotlib("figure").Figure(figsize=(9, 5))
    axes = plot(*schedules, steps=len(counts) if isinstance(counts, range) else counts, ax=figure.subplots())
    if log:
        axes.set_yscale("log")
    figure.savefig(file, format=kind, dpi=150)
