"""Draws README's first picture, for a light page and a dark one: schedules under the expressions that make them."""

import html
from pathlib import Path

import optax_decay as od

DECAY = "polynomial_decay(0.1, 300, 0.0, power=2.0)"
# `decay` stands for the first in those after it.
EXPRESSIONS = (
    DECAY,
    "warm_restarts(decay, 300, t_mul=2, m_mul=0.8)",
    "warmup(warm_restarts(decay, 300, m_mul=0.8), 100)",
    "cyclic(decay, 300, rise_steps=100, m_mul=0.8)",
)
INKS = {"light": "#1f2328", "dark": "#e6edf3"}
WIDTH, HEIGHT, TITLE = 580, 150, 34  # of a notebook's picture, and of the room above it


def panel(expression: str, x: int, y: int) -> str:
    """An expression above what a notebook shows of it."""
    shown = od.parse(expression.replace("(decay", f"({DECAY}"))._repr_html_()
    assert shown
    picture = shown[shown.index("<svg") :].replace("<svg ", f'<svg x="{x}" y="{y + TITLE}" height="{HEIGHT}" ', 1)
    title = expression if expression != DECAY else f"decay = {DECAY}"
    return (
        f'<text x="{x + 30}" y="{y + 22}" font-size="17" font-family="monospace">{html.escape(title)}</text>{picture}'
    )


def drawn(ink: str) -> str:
    panels = [panel(e, n % 2 * WIDTH, n // 2 * (HEIGHT + TITLE + 14)) for n, e in enumerate(EXPRESSIONS)]
    box = f'viewBox="0 0 {2 * WIDTH} {2 * (HEIGHT + TITLE) + 14}"'
    style = "<style>svg svg text { font-size: 16px } path { stroke-width: 2.2 }</style>"
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box} color="{ink}" fill="{ink}">{style}{"".join(panels)}</svg>\n'


if __name__ == "__main__":
    for page, ink in INKS.items():
        (Path(__file__).parent / f"schedules-{page}.svg").write_text(drawn(ink))
