"""A schedule's picture in a notebook: its expression and its curve, in a few kilobytes."""

import html
from collections.abc import Iterator
from typing import Any

import numpy as np

from optax_decay import _count
from optax_decay._arithmetic import is_host
from optax_decay._begins import PhaseOrCycle
from optax_decay._schedule import Schedule, at
from optax_decay._view.scale import Scale, drawable, scales
from optax_decay._view.values import MOST_POINTS, counts_shown, edges_within, is_crowded, looked_at, outermost, sample

# The size within the margins, where the numbers stand.
_WIDTH, _HEIGHT = 480, 120
_LEFT, _TOP, _RIGHT, _BOTTOM = 70, 10, 30, 20
_DASHES: dict[PhaseOrCycle, str] = {"phase": "5 3", "cycle": "1 3"}
# Midway between black and white, to be seen on any background. All else has the colour of the notebook's text.
_CURVE = "#2f81b7"


def as_html(schedule: Schedule) -> str | None:
    """The expression and the whole curve, or None for a schedule that cannot be drawn."""
    try:
        picture = "".join(_picture(schedule))
    except Exception:  # a user's callable may raise anything, and calling the schedule shows it
        return None
    expression = html.escape(str(schedule))
    return f'<code style="white-space: pre-wrap">{expression}</code><br/>{picture}'


def _picture(schedule: Schedule) -> Iterator[str]:
    seen = counts_shown([schedule])
    lines = [(edge, dashes) for kind, dashes in _DASHES.items() for edge in edges_within(schedule, kind, seen)]
    # One point for two columns, more where cycles come and go between two points.
    most, values = (MOST_POINTS, sample) if is_crowded(schedule, seen) else (_WIDTH // 2, _values)
    counts = looked_at(seen, [edge for edge, _ in lines], most)
    curve = drawable(counts, values(schedule, counts), log=False)
    steps, heights = scales([curve], log=False)
    width, height = _WIDTH + _LEFT + _RIGHT, _HEIGHT + _TOP + _BOTTOM
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
    yield 'style="max-width: 100%" font-size="11" font-family="sans-serif" fill="currentColor">'
    yield f'<path d="M{_LEFT} {_TOP}v{_HEIGHT}h{_WIDTH}" fill="none" stroke="currentColor" stroke-opacity=".4"/>'
    for label, tick in heights.ticks(4).items():
        yield f'<text x="{_LEFT - 6}" y="{_down(heights, tick) + 4:g}" text-anchor="end">{label}</text>'
    for label, tick in steps.ticks(6).items():
        yield f'<text x="{_along(steps, tick):g}" y="{height - 6}" text-anchor="middle">{label}</text>'
    for edge, dashes in lines:
        yield f'<path d="M{_along(steps, edge):g} {_TOP}v{_HEIGHT}" stroke="currentColor" stroke-opacity=".5" '
        yield f'stroke-dasharray="{dashes}"/>'
    places = outermost(curve[1], _WIDTH)
    points = list(zip(_along(steps, curve[0][places]), _down(heights, curve[1][places]), strict=True))
    path = "L".join(f"{x:g} {y:g}" for x, y in _corners(points))
    yield f'<path d="M{path}" fill="none" stroke="{_CURVE}" stroke-width="1.6" stroke-linejoin="round"/></svg>'


def _along(steps: Scale, counts: Any) -> Any:
    return np.round(_LEFT + _WIDTH * steps.shares(counts), 1)


def _down(heights: Scale, values: Any) -> Any:
    return np.round(_TOP + _HEIGHT * (1 - heights.shares(values)), 1)


def _corners(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points without those in the middle of a level line."""
    inner = zip(points, points[1:], points[2:], strict=False)
    return [*points[:1], *(here for before, here, after in inner if not before[1] == here[1] == after[1]), *points[-1:]]


def _values(schedule: Schedule, counts: Any) -> Any:
    """The values, without a compilation where Python computes them."""
    if schedule._needs_device or not is_host(at(schedule, _count.as_count(counts[0].item(), False))):
        return sample(schedule, counts)
    return np.array([at(schedule, _count.as_count(count, False)) for count in counts.tolist()])
