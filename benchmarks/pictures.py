"""What the pictures share: one style, and how rates and losses are drawn."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

RATE, LOSS, FAINT, INK = "#c8553d", "#28587b", "#b9c0c7", "#333a40"
STYLE: dict[Any, Any] = {
    **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
    **dict.fromkeys(("axes.linewidth", "xtick.major.width", "ytick.major.width"), 0.8),
    **{"axes.edgecolor": FAINT, "axes.spines.right": False, "axes.spines.top": False},
    **{"font.size": 8, "lines.linewidth": 1.4},
}


def draw(make: Callable[[], Figure], path: Path) -> None:
    """Writes the figure that is made, the same each time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    style: dict[Any, Any] = STYLE | {"svg.hashsalt": path.stem}
    with matplotlib.rc_context(style):
        make().savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    print(f"\nPicture: {path}")


def draw_rate(axes: Axes, kind: str, lr: Any, rates: np.ndarray, peak: float) -> None:
    """The rate of each update, under its kind and the expression that makes it."""
    axes.plot(rates, color=RATE, clip_on=False)
    axes.set_ylim(0, 1.1 * peak)
    axes.set_yticks([0, peak], ["0", f"{peak:g}"])
    axes.set_title(kind, loc="left", fontsize=11, fontweight="bold", pad=20)
    text = axes.text(0, 1.09, repr(lr), family="monospace", fontsize=5.8, transform=axes.transAxes)
    text.set_in_layout(False)


def log_losses(axes: Axes, updates: int) -> None:
    axes.set_yscale("log")
    axes.minorticks_off()
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xticks([0, updates // 2, updates])
