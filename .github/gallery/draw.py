"""Draws the gallery: one picture for each family of schedules, from the expressions that make them.

    python .github/gallery/draw.py [FOLDER]

Over 300 update steps; dashed lines show where phases begin, dotted ones where cycles do.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

import optax_decay as od

FOLDER = Path(__file__).parent
sys.path.append(str(FOLDER.parents[1]))
from tests.examples import EXAMPLES, of_rooms  # noqa: E402

STEPS, PEAK = 300, 0.1
INK, FAINT, CURVE = "#333a40", "#b9c0c7", "#28587b"
MONO = "DejaVu Sans Mono"
POWERS = (0.25, 0.5, 1.0, 2.0, 4.0)
STYLE: dict[str, Any] = {
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 8,
    "font.family": "DejaVu Sans",
    "font.size": 7,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
}


@od.schedule
def sawtooth(peak: float, period: float) -> Any:
    """A factory of one's own, as in the README."""
    return lambda count: peak * (1 - count % period / period)


class Panel(NamedTuple):
    """What is seen in one pair of axes: an expression, and perhaps another behind it to compare it with."""

    expression: str
    behind: str = ""


def _pictured(*rooms: str) -> list[Panel]:
    """The pictures of the examples of some rooms of the package."""
    return [Panel(*picture) for name in of_rooms(*rooms) for picture in EXAMPLES[name].pictures]


DECAYS, CLOCKS, PHASES = _pictured("decays"), _pictured("clocks", "values", "schedule"), _pictured("phases", "presets")
ONCE, AGAIN = "polynomial_decay(0.1, 200, 0.0, power={})", "polynomial_decay(0.1, 75, 0.0, power={}, cycle=True)"
# The decays, four times as fast: most have fallen after 60 steps.
BASES = [f"stretch({panel.expression}, 0.25)" for panel in DECAYS]
MODES = {
    "once": "{}",
    "warm_restarts": "warm_restarts({}, 60)",
    "m_mul=0.7": "warm_restarts({}, 60, m_mul=0.7)",
    "t_mul=2": "warm_restarts({}, 60, t_mul=2)",
    "t_mul=0.7, cycles=6": "warm_restarts({}, 60, t_mul=0.7, cycles=6)",
    "cycles=3": "warm_restarts({}, 60, cycles=3)",
    "m_mul=0.7, baseline=0.03": "warm_restarts({}, 60, m_mul=0.7, baseline=0.03)",
    "cyclic": "cyclic({}, 60)",
    "rise_steps=15": "cyclic({}, 60, rise_steps=15)",
    "rise_steps=15, m_mul=0.7": "cyclic({}, 60, rise_steps=15, m_mul=0.7)",
    "rise_steps=15, t_mul=2": "cyclic({}, 60, rise_steps=15, t_mul=2)",
    "cycles=1": "cyclic({}, 60, cycles=1)",
    "expanding_cycle": "expanding_cycle({}, 60)",
}


def read(expression: str) -> od.Schedule:
    return od.parse(expression, [sawtooth])


def draw(axes: Axes, panel: Panel, width: float = 1.4) -> None:
    """The panel's curves, and where phases and cycles begin."""
    if panel.behind:
        axes.plot(od.sample(read(panel.behind), STEPS), color=FAINT, linewidth=width)
    od.plot(read(panel.expression), steps=STEPS, ax=axes)
    curve, *edges = axes.lines[bool(panel.behind) :]
    curve.set(color=CURVE, linewidth=width, solid_joinstyle="round")
    for edge in edges:
        edge.set(color=INK, linewidth=0.5, alpha=0.5)
    axes.legend().remove()
    axes.set(xlabel="", xlim=(0, STEPS), ylim=(-0.004, 1.12 * PEAK), xticks=[], yticks=[])


def wrapped(expression: str, width: int) -> str:
    """An expression broken after commas and before operators."""
    lines = [""]
    for piece in re.findall(r"[^, ]+,? ?", expression):
        lines += [""] if len(lines[-1]) + len(piece) > width else []
        lines[-1] += piece
    return "\n".join(line.strip() for line in lines)


def panels(family: Sequence[Panel], columns: int = 3) -> Figure:
    """A panel for each schedule, under its expression."""
    rows = -(-len(family) // columns)
    figure = Figure(figsize=(7.5, 1.45 * rows), layout="constrained")
    grid = figure.subplots(rows, columns).flat
    for axes in grid[len(family) :]:
        axes.remove()
    for axes, panel in zip(grid, family, strict=False):
        draw(axes, panel)
        axes.set_title(wrapped(panel.expression, 42), loc="left", family=MONO, fontsize=6.4)
    # The numbers of one panel are those of all.
    figure.axes[0].set(xticks=[0, STEPS], yticks=[0, PEAK], yticklabels=["0", f"{PEAK:g}"])
    return figure


def powers() -> Figure:
    """Polynomials of powers below, at and above 1, once and in cycles that expand."""
    figure = Figure(figsize=(7.5, 2.6), layout="constrained")
    for axes, template in zip(figure.subplots(1, 2), (ONCE, AGAIN), strict=True):
        colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.85, len(POWERS)))
        for power, colour in zip(POWERS, colours, strict=True):
            axes.plot(od.sample(read(template.format(power)), STEPS), color=colour, linewidth=1.4, label=f"{power:g}")
        axes.set(xlim=(0, STEPS), ylim=(-0.002, 1.05 * PEAK), xlabel="update step", yticks=[0, PEAK / 2, PEAK])
        axes.set_title(template.format("..."), loc="left", family=MONO, fontsize=6.4)
    figure.axes[0].legend(title="power", frameon=False, loc="upper right")
    return figure


def decay_of(base: str) -> str:
    """The name of the decay in a base."""
    return base.split("(")[1]


def cycles() -> Figure:
    """Every base in every cycle mode."""
    figure = Figure(figsize=(9.5, 0.5 * len(BASES) + 1), layout=ConstrainedLayoutEngine(rect=(0, 0, 0.955, 1)))
    grid = figure.subplots(len(BASES), len(MODES))
    for row, base in zip(grid, BASES, strict=True):
        for axes, mode in zip(row, MODES.values(), strict=True):
            draw(axes, Panel(mode.format(base)), width=0.8)
        row[0].set_ylabel(decay_of(base), rotation=0, ha="right", va="center", family=MONO, fontsize=6.4)
    for axes, name in zip(grid[0], MODES, strict=True):
        axes.set_title(name.replace(", ", ",\n"), rotation=40, ha="left", x=0.2, family=MONO, fontsize=6.4)
    return figure


FAMILIES = {
    "decays": lambda: panels(DECAYS),
    "powers": powers,
    "cycles": cycles,
    "clocks": lambda: panels(CLOCKS),
    "phases": lambda: panels(PHASES),
}


def expressions(family: str) -> Iterator[str]:
    """What is seen in a family's picture; the picture carries it too, so that it cannot age unseen."""
    if family == "powers":
        yield from (template.format(power) for template in (ONCE, AGAIN) for power in POWERS)
    elif family == "cycles":
        yield from (mode.format(base) for base in BASES for mode in MODES.values())
    else:
        for panel in {"decays": DECAYS, "clocks": CLOCKS, "phases": PHASES}[family]:
            yield from filter(None, panel)


def _shortened(drawn: re.Match[str]) -> str:
    return re.sub(r"(\.\d\d)\d+", r"\1", drawn[0])


def main(folder: Path = FOLDER) -> None:
    for family, picture in FAMILIES.items():
        path = folder / f"{family}.svg"
        with matplotlib.rc_context({**STYLE, "svg.hashsalt": family}):
            picture().savefig(path, metadata={"Date": None, "Description": "\n".join(expressions(family))})
        # Of a curve's points hundredths are finer than any screen.
        path.write_text(re.sub(r'(?<= d=")[^"]+', _shortened, path.read_text()))
        print(path)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
