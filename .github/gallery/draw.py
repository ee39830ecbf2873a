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


def _over(template: str, *bases: str) -> list[Panel]:
    return [Panel(template.format(base), base) for base in bases]


DECAYS = [
    Panel("constant(0.1)"),
    Panel("exponential_decay(0.1, 60, 0.5, staircase=True)", "exponential_decay(0.1, 60, 0.5)"),
    Panel("natural_exp_decay(0.1, 60, 0.5, staircase=True)", "natural_exp_decay(0.1, 60, 0.5)"),
    Panel("inverse_time_decay(0.1, 60, 1.0, staircase=True)", "inverse_time_decay(0.1, 60, 1.0)"),
    Panel("polynomial_decay(0.1, 240, 0.01, power=2.0)"),
    Panel("linear_decay(0.1, 240)"),
    Panel("piecewise_constant([80, 160, 240], [0.1, 0.05, 0.02, 0.01])"),
    Panel("piecewise_linear([0, 40, 160, 260], [0.02, 0.1, 0.04, 0.0])"),
    Panel("cosine_decay(0.1, 240, alpha=0.1)"),
    Panel("linear_cosine_decay(0.1, 240, num_periods=3.5, beta=0.0)"),
    Panel("noisy_linear_cosine_decay(0.1, 240, seed=0, initial_variance=0.02)", "linear_cosine_decay(0.1, 240)"),
    Panel("inverse_sqrt_decay(0.1, 20)"),
    Panel("one_minus_sqrt_decay(0.1, 240)"),
    Panel("tanh_decay(0.1, 240)"),
    Panel("rex_decay(0.1, 240)"),
]
CLOCKS = [
    Panel("warm_restarts(cosine_decay(0.1, 60), 60, m_mul=0.8)", "cosine_decay(0.1, 60)"),
    Panel("cyclic(cosine_decay(0.1, 60), 60, rise_steps=30)", "cosine_decay(0.1, 60)"),
    Panel("expanding_cycle(cosine_decay(0.1, 75), 75)", "cosine_decay(0.1, 75)"),
    *_over("delay({}, 60)", "cosine_decay(0.1, 200)"),
    *_over("delay({}, -60)", "cosine_decay(0.1, 240)"),
    *_over("stretch({}, 2)", "cosine_decay(0.1, 120)"),
    *_over("per_step({}, 1000)", "cosine_decay(0.1, 120_000)"),
    *_over("staircase({}, 30)", "cosine_decay(0.1, 240)"),
    *_over("reverse({}, 240)", "rex_decay(0.1, 240)"),
    *_over("clip({}, min_value=0.02, max_value=0.08)", "cosine_decay(0.1, 240)"),
    *_over("cast({}, 'float8_e4m3fn')", "cosine_decay(0.1, 240)"),
    *_over("jitter({}, seed=0, stddev=0.1)", "cosine_decay(0.1, 240)"),
    Panel("scheduled(polynomial_decay, init_value=triangular(0.05, 0.1, 20), decay_steps=240)"),
    *_over("0.5 * {} + 0.02", "cosine_decay(0.1, 240)"),
    Panel("as_schedule(0.05) + 0.5 * cyclic(linear_decay(0.1, 20), 20) * cosine_decay(1.0, 300)"),
    Panel("sawtooth(0.1, 50)"),
]
PHASES = [
    Panel("sequence((0.03, 60), (linear_decay(0.1, 120), 100), cosine_decay(0.06, 140))"),
    *_over("warmup({}, 60)", "cosine_decay(0.1, 200)"),
    Panel("cooldown(0.1, 150, 100)"),
    Panel("cooldown(0.1, 150, 100, shape='cosine')"),
    Panel("cooldown(0.1, 150, 100, shape='one_minus_sqrt')"),
    Panel("warmup(warm_restarts(rex_decay(0.1, 80), 80), 60)"),
    Panel("cooldown(cyclic(linear_decay(0.1, 30, 0.04), 30), 210, 60)"),
    Panel("cosine_decay_restarts(0.1, 40, m_mul=0.8, alpha=0.1)"),
    Panel("triangular(0.01, 0.1, 40)"),
    Panel("triangular2(0.01, 0.1, 40)"),
    Panel("exp_range(0.01, 0.1, 40, 0.995)", "0.01 + 0.09 * exponential_decay(1.0, 1, 0.995)"),
    Panel("one_cycle(0.1, 300)"),
    Panel("warmup_cosine_decay(0.1, 60, 280, end_value=0.01)"),
    Panel("warmup_stable_decay(0.1, 40, 280, 100)"),
    Panel("noam(512, 60, factor=17.5)"),
]
ONCE, AGAIN = "polynomial_decay(0.1, 200, 0.0, power={})", "polynomial_decay(0.1, 75, 0.0, power={}, cycle=True)"
BASES = [
    "constant(0.1)",
    "exponential_decay(0.1, 20, 0.5)",
    "natural_exp_decay(0.1, 20, 0.5)",
    "inverse_time_decay(0.1, 20, 1.0)",
    "polynomial_decay(0.1, 60, 0.0, power=2.0)",
    "linear_decay(0.1, 60)",
    "piecewise_constant([20, 40], [0.1, 0.05, 0.02])",
    "piecewise_linear([0, 30, 60], [0.1, 0.08, 0.0])",
    "cosine_decay(0.1, 60)",
    "linear_cosine_decay(0.1, 60, num_periods=2.5)",
    "noisy_linear_cosine_decay(0.1, 60, 0, initial_variance=0.02)",
    "inverse_sqrt_decay(0.1, 5)",
    "one_minus_sqrt_decay(0.1, 60)",
    "tanh_decay(0.1, 60)",
    "rex_decay(0.1, 60)",
]
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
    places = list(figure.subplots(rows, columns).flat)
    for spare in places[len(family) :]:
        spare.remove()
    for axes, panel in zip(places, family, strict=False):
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


def cycles() -> Figure:
    """Every base in every cycle mode."""
    figure = Figure(figsize=(9.5, 0.5 * len(BASES) + 1), layout=ConstrainedLayoutEngine(rect=(0, 0, 0.955, 1)))
    grid = figure.subplots(len(BASES), len(MODES))
    for row, base in zip(grid, BASES, strict=True):
        for axes, mode in zip(row, MODES.values(), strict=True):
            draw(axes, Panel(mode.format(base)), width=0.8)
        row[0].set_ylabel(base.partition("(")[0], rotation=0, ha="right", va="center", family=MONO, fontsize=6.4)
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
