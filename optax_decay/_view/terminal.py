"""Schedules' picture in a terminal, in dots."""

import os
import shutil
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from optax_decay._view.scale import Scale, drawable, scales
from optax_decay._view.values import outermost

_HEIGHT = 16
_NO_DOTS = "\u2800"
# The first curve has the colour of text. The others are midway between black and white, for any background.
_COLOURS = (None, 166, 32, 133, 35)


def is_coloured() -> bool:
    """Whether curves are told apart by colours: on a terminal, unless NO_COLOR is set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _colour(number: int) -> int | None:
    return _COLOURS[(number - 1) % len(_COLOURS)]


def numbered(number: int) -> str:
    """A curve's number, in its colour."""
    colour = _colour(number)
    return f"\x1b[38;5;{colour}m{number}\x1b[0m" if colour and is_coloured() else str(number)


def drawing(seen: Sequence[tuple[Any, Any]], log: bool) -> str:
    """Draws curves of counts and values as wide as the terminal. Several without colours are drawn in their numbers."""
    curves = [drawable(counts, values, log) for counts, values in seen]
    steps, heights = scales(curves, log)
    marks = heights.ticks(6)
    margin = max(map(len, (*marks, "step"))) + 1
    width = max(min(shutil.get_terminal_size().columns, 500) - margin - 1, 10)
    # Each unit is a dot. The library would leave out what lies at an upper limit, so nothing does.
    across, up = 2 * width, 4 * _HEIGHT
    canvas = _plotille().Canvas(width, _HEIGHT, 0, 0, across, up, mode="byte")
    for number, (counts, values) in enumerate(curves, 1):
        places = outermost(values, across)
        points = list(zip(_dots(steps, counts[places], across), _dots(heights, values[places], up), strict=True))
        marker = str(number % 10) if len(curves) > 1 and not is_coloured() else None
        for point in points if marker or len(points) == 1 else ():
            canvas.point(*point, color=_colour(number), marker=marker)
        for (x, y), (then_x, then_y) in pairwise(points) if not marker else ():
            canvas.line(x, y, then_x, then_y, color=_colour(number))
    rows = canvas.plot("\n").replace(_NO_DOTS, " ").split("\n")
    labels = {_HEIGHT - 1 - _dots(heights, tick, up) // 4: label for label, tick in marks.items()}
    for n, row in enumerate(rows):
        rows[n] = f"{labels.get(n, ''):>{margin - 1}} {'┤' if n in labels else '│'}{row}".rstrip()
    return "\n".join([*rows, *_foot(steps, width, margin)])


def _dots(scale: Scale, numbers: Any, many: int) -> Any:
    """The dots in which numbers lie, of `many` along an axis."""
    return np.rint(scale.shares(numbers) * (many - 1)).astype(int).tolist()


def _foot(steps: Scale, width: int, margin: int) -> tuple[str, str]:
    """The axis of steps, with labels around the ticks as far as they fit."""
    line, below = ["─"] * width, f"{'step':>{margin - 1}}"
    for label, tick in steps.ticks(max(width // 12, 1)).items():
        place = _dots(steps, tick, 2 * width) // 2
        begin = margin + 1 + min(place - len(label) // 2, width - len(label))
        if begin > len(below):
            line[place] = "┬"
            below = below.ljust(begin) + label
    return f"{' ' * margin}└{''.join(line)}", below


def _plotille() -> Any:
    """The library that draws in the terminal, imported when something is drawn."""
    try:
        import plotille
    except ImportError:
        raise ImportError("Pictures in the terminal need plotille: pip install plotille.") from None
    return plotille
