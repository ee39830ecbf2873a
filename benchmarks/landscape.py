"""What are the rates for? Descents on two surfaces that can be looked at.

    python -m benchmarks.landscape

On a noisy valley a fixed rate stalls at its noise floor and a decayed one goes below it; near a saddle a small fixed
rate stays and a cyclic or restarted one leaves. Five schedules descend both surfaces through `optax.sgd(schedule)`:
2000 updates, 1000 seeds, as `jit` of `vmap` of `scan`, from the same start and with the same noise for all five. Each
update adds independent normal noise to both parts of the gradient, of the surface's own standard deviation. Losses are
those without noise, above the surface's lowest point. A seed has left the saddle when it is half way to a well. Some
seeds of every descent are repeated in NumPy's float64, with rates and gradients by hand. Draws `landscape.svg`.

It illustrates; it ranks nothing. The surfaces, the noise and the rates were chosen, from a few tried, so that both
effects show within 2000 updates. Other choices tell other stories: the small fixed rate, given four times the updates,
ends below all others here; the large one leaves the saddle first.
"""

import itertools
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from tqdm import tqdm

import optax_decay as od
from benchmarks import harness
from benchmarks.pictures import FAINT, INK, LOSS, RATE, draw, draw_rate, log_losses

PEAK, SMALL = 0.1, 0.005
STEPS, SEEDS = 2000, 1000
SMOKE_STEPS, SMOKE_SEEDS = 200, 16
CHECKED_SEEDS, TOLERANCE = 8, 1e-3
# What the picture shows: the ends of so many seeds, and the paths of so many; from an update on, every twentieth of it.
ENDS, PATHS, THINNED_FROM = 150, 3, 100
GROUND = LinearSegmentedColormap.from_list("ground", ["#d5e0e9", "#ffffff"])


class Surface(NamedTuple):
    """A height over the plane, its gradient by hand, its lowest point, and how it is descended and drawn."""

    formula: str
    height: Callable[[Any, Any], Any]
    gradient: Callable[[Any, Any], tuple[Any, Any]]
    lowest: tuple[float, float]
    start: tuple[float, float]
    noise: float
    extent: tuple[float, float, float, float]


VALLEY = Surface(
    "x²/10 + 3/2 (y - x²/4)²",
    lambda x, y: 0.1 * x**2 + 1.5 * (y - 0.25 * x**2) ** 2,
    lambda x, y: (0.2 * x - 1.5 * x * (y - 0.25 * x**2), 3 * (y - 0.25 * x**2)),
    lowest=(0.0, 0.0),
    start=(-3.0, 1.0),
    noise=0.7,
    extent=(-3.3, 2.3, -0.7, 2.2),
)
SADDLE = Surface(
    "x⁴/40 - x²/20 + y²",
    lambda x, y: 0.025 * x**4 - 0.05 * x**2 + y**2,
    lambda x, y: (0.1 * x**3 - 0.1 * x, 2 * y),
    lowest=(1.0, 0.0),
    start=(0.0, 0.8),
    noise=0.1,
    extent=(-1.5, 1.5, -0.4, 0.9),
)
SURFACES = {"valley": VALLEY, "saddle": SADDLE}
# Half way from the saddle to a well.
LEFT = 0.5

KINDS: dict[str, Callable[[int], od.Schedule]] = {
    "large, fixed": lambda steps: od.constant(PEAK),
    "small, fixed": lambda steps: od.constant(SMALL),
    "decayed": lambda steps: od.exponential_decay(PEAK, steps // 20, 0.5),
    "decayed and restarted": lambda steps: od.warm_restarts(od.exponential_decay(PEAK, steps // 20, 0.5), steps // 4),
    "cyclic": lambda steps: od.triangular(SMALL, PEAK, steps // 8),
}


class Descent(NamedTuple):
    """Positions and heights above the lowest point after each update: a row a seed."""

    positions: np.ndarray
    losses: np.ndarray


Descents = dict[str, dict[str, Descent]]  # Every surface's, of every kind.
Answers = dict[str, dict[str, dict[str, Any]]]


def loss(surface: Surface, position: Any) -> Any:
    return surface.height(position[0], position[1]) - surface.height(*surface.lowest)


def descend(surface: Surface, lr: od.Schedule, noise: np.ndarray) -> Descent:
    transform = optax.sgd(lr)

    def step(carry: tuple[jax.Array, Any], noise: jax.Array) -> tuple[tuple[jax.Array, Any], tuple[Any, Any]]:
        position, state = carry
        gradient = jax.grad(lambda position: loss(surface, position))(position)
        update, state = transform.update(gradient + noise, state)
        position = jnp.asarray(optax.apply_updates(position, update))
        return (position, state), (position, loss(surface, position))

    def path(noise: jax.Array) -> tuple[Any, Any]:
        start = jnp.array(surface.start)
        return lax.scan(step, (start, transform.init(start)), noise)[1]

    return Descent(*map(np.asarray, jax.jit(jax.vmap(path))(noise)))


def by_hand(surface: Surface, rates: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """The positions of the same descents in float64."""
    position = np.tile(np.asarray(surface.start), (len(noise), 1))
    positions = []
    for t, rate in enumerate(rates):
        gradient = np.stack(surface.gradient(*position.T), axis=1)
        positions.append(position := position - rate * (gradient + noise[:, t]))
    return np.stack(positions, axis=1)


def descents(steps: int, seeds: int) -> Descents:
    """Of all kinds, checked."""
    found: Descents = {name: {} for name in SURFACES}
    normal = np.stack([np.random.default_rng(seed).normal(size=(steps, 2)) for seed in range(seeds)])
    runs = list(itertools.product(SURFACES.items(), KINDS.items()))
    for (name, surface), (kind, schedule) in tqdm(runs, unit="run", leave=False, disable=None):
        noise = (surface.noise * normal).astype(np.float32)
        descent = found[name][kind] = descend(surface, lr := schedule(steps), noise)
        expected = by_hand(surface, np.asarray(lr(np.arange(steps))), noise[:CHECKED_SEEDS].astype(np.float64))
        harness.check(f"{name}, {kind}", descent.positions[:CHECKED_SEEDS], expected, TOLERANCE)
    return found


def quartiles(values: np.ndarray) -> list[float | None]:
    """The median, the lower and the upper quartile, to three digits; None for what was never reached."""
    found = [float(f"{np.quantile(values, q, method='inverted_cdf'):.3g}") for q in (0.5, 0.25, 0.75)]
    return [value if np.isfinite(value) else None for value in found]


def first(reached: np.ndarray) -> np.ndarray:
    """The updates that each seed took to be where something is reached, infinity where it never was."""
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, np.inf)


def answer(found: Descents) -> Answers:
    """Of each kind the losses at the end, and the updates until it is below the large rate's, or left the saddle."""
    fixed = found["valley"]["large, fixed"].losses
    stalled = float(fixed[:, fixed.shape[1] // 2 :].mean())
    answers: Answers = {name: {} for name in SURFACES}
    for kind, descent in found["valley"].items():
        below = quartiles(first(descent.losses < stalled))
        answers["valley"][kind] = {"final loss": quartiles(descent.losses[:, -1]), "updates to stalled loss": below}
    for kind, descent in found["saddle"].items():
        left = first(np.abs(descent.positions[..., 0]) > LEFT)
        answers["saddle"][kind] = {
            "final loss": quartiles(descent.losses[:, -1]),
            "updates to leave": quartiles(left),
            "share that left": float(np.isfinite(left).mean()),
        }
    return answers


def picture(found: Descents, answers: Answers, steps: int) -> Figure:
    """A column a kind: its rate, and for each surface some seeds' paths, where more of them ended, and the loss."""
    figure = Figure(figsize=(14, 9.2), layout=ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.05))
    rates, *rows = figure.subplots(5, len(KINDS), sharey="row", height_ratios=(0.8, 1.9, 1.25, 1.9, 1.25))
    for axes, (kind, schedule) in zip(rates, KINDS.items(), strict=True):
        draw_rate(axes, kind, lr := schedule(steps), np.asarray(lr(np.arange(steps))), PEAK)
    for name, maps, losses in zip(SURFACES, rows[::2], rows[1::2], strict=True):
        fixed = found[name]["large, fixed"]
        for (kind, descent), above, below in zip(found[name].items(), maps, losses, strict=True):
            draw_map(above, SURFACES[name], descent)
            draw_loss(below, descent, fixed)
            caption = f"{answers[name][kind]['final loss'][0]:.2g} at the end"
            below.text(1, 1, caption, transform=below.transAxes, ha="right", va="top")
        maps[0].set_ylabel(f"{name}\n{SURFACES[name].formula}")
        losses[0].set_ylabel("loss")
    rates[0].set_ylabel("rate")
    for axes in rows[-1]:
        axes.set_xlabel("update")
    handles, labels = map(operator.add, *(axes[0].get_legend_handles_labels() for axes in rows[:2]))
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False, markerscale=1.5)
    return figure


def draw_map(axes: Axes, surface: Surface, descent: Descent) -> None:
    left, right, bottom, top = surface.extent
    x, y = np.meshgrid(np.linspace(left, right, 44), np.linspace(bottom, top, 30))
    height = np.sqrt(loss(surface, (x, y)))
    levels = height.max() * np.linspace(0, 1, 13) ** 1.25
    axes.contourf(x, y, height, levels, cmap=GROUND, rasterized=True)
    axes.contour(x, y, height, levels, colors=FAINT, linewidths=0.4)
    steps = descent.losses.shape[1]
    every = np.r_[0:THINNED_FROM, THINNED_FROM:steps:20]
    for seed, positions in enumerate(descent.positions[:PATHS]):
        path = np.vstack([surface.start, positions[every[every < steps]]])
        axes.plot(*path.T, color=LOSS, linewidth=0.5, alpha=0.5, label=None if seed else f"{PATHS} seeds' paths")
    ends = descent.positions[:ENDS, -1].T
    axes.plot(*ends, ".", color=RATE, markersize=2.6, markeredgewidth=0, zorder=3, label=f"{ENDS} seeds at the end")
    axes.plot(*surface.start, "o", color=INK, markersize=3.5, zorder=4, label="start")
    axes.set(xlim=(left, right), ylim=(bottom, top))
    axes.tick_params(left=False, bottom=False, labelleft=False, labelbottom=False)
    axes.spines[:].set_visible(False)


def draw_loss(axes: Axes, descent: Descent, fixed: Descent) -> None:
    steps = descent.losses.shape[1]
    at = np.arange(0, steps, max(1, steps // 200))
    low, median, high = np.quantile(descent.losses[:, at], (0.25, 0.5, 0.75), axis=0)
    axes.plot(at, np.median(fixed.losses[:, at], axis=0), color=FAINT, label="median with the large, fixed rate")
    axes.plot(at, median, color=LOSS, label="median of all seeds")
    axes.fill_between(at, low, high, color=LOSS, alpha=0.2, linewidth=0, label="middle half of the seeds")
    log_losses(axes, steps)


def main(arguments: Sequence[str] | None = None) -> None:
    smoke, out = harness.options("landscape", arguments)
    steps, seeds = (SMOKE_STEPS, SMOKE_SEEDS) if smoke else (STEPS, SEEDS)
    answers = answer(found := descents(steps, seeds))
    for name, each in answers.items():
        rows = [["schedule", *next(iter(each.values()))], *([kind, *one.values()] for kind, one in each.items())]
        harness.table(f"{name}, {seeds} seeds, {steps} updates: median (quartiles)", rows)
    schedules = {kind: repr(schedule(steps)) for kind, schedule in KINDS.items()}
    surfaces = {name: {"height": s.formula, "start": s.start, "noise": s.noise} for name, s in SURFACES.items()}
    settings = {"updates": steps, "seeds": seeds, "schedules": schedules, "surfaces": surfaces}
    harness.save("landscape", {"settings": settings, **answers}, out)
    draw(lambda: picture(found, answers, steps), out / "landscape.svg")


if __name__ == "__main__":
    main()
