"""What are the rates for? Descents on two surfaces that can be looked at.

    python -m benchmarks.landscape

On a noisy valley a fixed rate stalls at its noise floor and a decayed one goes below it; near a saddle a small fixed
rate stays and a cyclic or restarted one leaves. Five schedules descend both surfaces through `optax.sgd(schedule)`:
2000 updates, 1000 seeds, as `jit` of `vmap` of `scan`, from the same start and with the same noise for all five. Each
update adds independent normal noise to both parts of the gradient, of the surface's own standard deviation. Losses are
those without noise, above the surface's lowest point. A seed has left the saddle when it is half way to a well. Some
seeds of every descent are repeated in NumPy's float64, with rates and gradients by hand. Draws `landscape.svg`.

It illustrates; it ranks nothing. The surfaces, the noise and the rates were chosen, from a few tried, so that both
effects show within 2000 updates. Other choices tell other stories, and so do parts of this one: the small fixed rate,
given four times the updates, ends below all others here; the large one leaves the saddle first; and on the valley every
restart gives back for a while what its decay had won.
"""

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import matplotlib
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
from benchmarks.train_digits import FAINT, INK, LOSS, RATE, STYLE

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


class Kind(NamedTuple):
    """A schedule for a number of updates, and its rate by hand."""

    schedule: Callable[[int], od.Schedule]
    by_hand: Callable[[np.ndarray, int], np.ndarray]


KINDS = {
    "large, fixed": Kind(lambda steps: od.constant(PEAK), lambda t, steps: PEAK + 0 * t),
    "small, fixed": Kind(lambda steps: od.constant(SMALL), lambda t, steps: SMALL + 0 * t),
    "decayed": Kind(
        lambda steps: od.exponential_decay(PEAK, steps // 20, 0.5), lambda t, steps: PEAK * 0.5 ** (t / (steps // 20))
    ),
    "decayed and restarted": Kind(
        lambda steps: od.warm_restarts(od.exponential_decay(PEAK, steps // 20, 0.5), steps // 4),
        lambda t, steps: PEAK * 0.5 ** (t % (steps // 4) / (steps // 20)),
    ),
    "cyclic": Kind(
        lambda steps: od.triangular(SMALL, PEAK, steps // 8),
        lambda t, steps: SMALL + (PEAK - SMALL) * (1 - abs(t % (2 * (steps // 8)) / (steps // 8) - 1)),
    ),
}


class Descent(NamedTuple):
    """Positions and heights above the lowest point after each update: a row a seed."""

    positions: np.ndarray
    losses: np.ndarray


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
        position = position - rate * (gradient + noise[:, t])
        positions.append(position)
    return np.stack(positions, axis=1)


def descents(steps: int, seeds: int) -> dict[str, dict[str, Descent]]:
    """Every surface's, of every kind: checked."""
    found: dict[str, dict[str, Descent]] = {name: {} for name in SURFACES}
    normal = np.stack([np.random.default_rng(seed).normal(size=(steps, 2)) for seed in range(seeds)])
    with tqdm(total=len(SURFACES) * len(KINDS), unit="run", leave=False, disable=None) as progress:
        for name, surface in SURFACES.items():
            noise = (surface.noise * normal).astype(np.float32)
            for kind, (schedule, rate) in KINDS.items():
                progress.set_description(f"{name}: {kind}")
                descent = found[name][kind] = descend(surface, schedule(steps), noise)
                expected = by_hand(surface, rate(np.arange(steps), steps), noise[:CHECKED_SEEDS].astype(np.float64))
                harness.check(f"{name}, {kind}", descent.positions[:CHECKED_SEEDS], expected, TOLERANCE)
                progress.update()
    return found


@functools.cache
def curvatures(surface: Surface) -> np.ndarray:
    """Along the two axes of the lowest point."""
    hessian = jax.jit(jax.hessian(lambda position: loss(surface, position)))(jnp.array(surface.lowest))
    return np.linalg.eigvalsh(np.asarray(hessian, np.float64))


def floor(surface: Surface, rate: float) -> float:
    """The mean loss at which a fixed rate stalls where the surface is as good as quadratic."""
    return float(np.sum(rate * surface.noise**2 / (2 * (2 - rate * curvatures(surface)))))


def quartiles(values: np.ndarray) -> list[float]:
    """The median, the lower and the upper quartile; with steps that were never made as infinity."""
    return [float(np.quantile(values, q, method="inverted_cdf")) for q in (0.5, 0.25, 0.75)]


def first(reached: np.ndarray) -> np.ndarray:
    """The updates that each seed took to be where something is reached, infinity where it never was."""
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, np.inf)


def shown(values: list[float], never: str) -> str:
    if np.isinf(values).all():
        return never
    median, low, high = (f"{value:.2g}" if value < 1 else f"{value:.0f}" for value in values)
    return f"{median} ({low} to {high})".replace("inf", never)


def valley_answers(found: dict[str, Descent]) -> dict[str, Any]:
    """Of each kind: the loss at the end, and the updates until it is first below the large fixed rate's floor."""
    fixed = {"large, fixed": PEAK, "small, fixed": SMALL}
    level = floor(VALLEY, PEAK)
    return {
        kind: {
            "final loss": quartiles(descent.losses[:, -1]),
            "mean final loss": float(descent.losses[:, -1].mean()),
            "noise floor in theory": floor(VALLEY, fixed[kind]) if kind in fixed else None,
            "updates to the large rate's floor": quartiles(first(descent.losses < level)),
        }
        for kind, descent in found.items()
    }


def saddle_answers(found: dict[str, Descent]) -> dict[str, Any]:
    """Of each kind: the seeds that left the saddle, the updates that this took, and the loss at the end."""
    answers = {}
    for kind, descent in found.items():
        left = first(np.abs(descent.positions[..., 0]) > LEFT)
        answers[kind] = {
            "share that left": float(np.isfinite(left).mean()),
            "updates to leave": quartiles(left),
            "final loss": quartiles(descent.losses[:, -1]),
        }
    return answers


def picture(found: dict[str, dict[str, Descent]], answers: dict[str, dict[str, Any]], steps: int) -> Figure:
    """A column a kind: its rate, and for each surface some seeds' paths, where more of them ended, and the loss."""
    figure = Figure(figsize=(14, 9.2), layout=ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.05))
    rates, *rows = figure.subplots(5, len(KINDS), sharey="row", height_ratios=(0.8, 1.9, 1.25, 1.9, 1.25))
    for axes, (kind, (schedule, _)) in zip(rates, KINDS.items(), strict=True):
        draw_rate(axes, kind, schedule(steps), steps)
    for name, maps, losses in zip(SURFACES, rows[::2], rows[1::2], strict=True):
        fixed = found[name]["large, fixed"]
        for (kind, descent), above, below in zip(found[name].items(), maps, losses, strict=True):
            draw_map(above, SURFACES[name], descent)
            draw_loss(below, descent, fixed)
            below.text(1, 1, caption(name, answers[name][kind]), transform=below.transAxes, ha="right", va="top")
        maps[0].set_ylabel(f"{name}\n{SURFACES[name].formula}")
        losses[0].set_ylabel("loss")
    rates[0].set_ylabel("rate")
    for axes in rows[-1]:
        axes.set_xlabel("update")
    figure.align_ylabels()
    handles, labels = map(operator.add, *(axes[0].get_legend_handles_labels() for axes in rows[:2]))
    below = "outside lower center"
    figure.legend(handles, labels, loc=below, ncols=len(labels), frameon=False, markerscale=1.5)
    return figure


def caption(name: str, answer: dict[str, Any]) -> str:
    if name == "valley":
        return f"{answer['final loss'][0]:.2g} at the end"
    left, updates = answer["share that left"], answer["updates to leave"][0]
    return f"{100 * left:.0f} % left" + (f", half within {updates:.0f}" if np.isfinite(updates) else "")


def draw_rate(axes: Axes, kind: str, lr: od.Schedule, steps: int) -> None:
    axes.plot(np.asarray(jax.jit(lr)(jnp.arange(steps))), color=RATE, clip_on=False)
    axes.set_ylim(0, 1.1 * PEAK)
    axes.set_yticks([0, PEAK], ["0", f"{PEAK:g}"])
    axes.set_xticks([0, steps // 2, steps])
    axes.set_title(kind, loc="left", fontsize=11, fontweight="bold", pad=20)
    text = axes.text(0, 1.1, repr(lr), family="monospace", fontsize=5.6, transform=axes.transAxes)
    text.set_in_layout(False)


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
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.tick_params(left=False, bottom=False, labelleft=False, labelbottom=False)
    axes.spines[:].set_visible(False)


def draw_loss(axes: Axes, descent: Descent, fixed: Descent) -> None:
    steps = descent.losses.shape[1]
    at = np.arange(0, steps, max(1, steps // 200))
    low, median, high = np.quantile(descent.losses[:, at], (0.25, 0.5, 0.75), axis=0)
    axes.plot(at, np.median(fixed.losses[:, at], axis=0), color=FAINT, label="median with the large, fixed rate")
    axes.plot(at, median, color=LOSS, label="median of all seeds")
    axes.fill_between(at, low, high, color=LOSS, alpha=0.2, linewidth=0, label="middle half of the seeds")
    axes.set_yscale("log")
    axes.minorticks_off()
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xticks([0, steps // 2, steps])


def without_infinity(value: Any) -> Any:
    """For JSON, which knows no infinity: a step that was never made is null."""
    if isinstance(value, dict):
        return {key: without_infinity(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [without_infinity(entry) for entry in value]
    return None if value == np.inf else value


def report(answers: dict[str, dict[str, Any]], steps: int, seeds: int) -> None:
    never = f"more than {steps}"
    rows: list[list[Any]] = [["schedule", "loss at the end", "mean", "floor in theory", "updates to the large's floor"]]
    for kind, answer in answers["valley"].items():
        reached = shown(answer["updates to the large rate's floor"], never)
        known = answer["noise floor in theory"]
        mean = answer["mean final loss"]
        rows.append([kind, shown(answer["final loss"], never), mean, "" if known is None else known, reached])
    harness.table(f"valley, {seeds} seeds, {steps} updates: median (quartiles)", rows)
    rows = [["schedule", "left the saddle", "updates to leave it", "loss at the end"]]
    for kind, answer in answers["saddle"].items():
        left, updates = answer["share that left"], shown(answer["updates to leave"], never)
        rows.append([kind, f"{left:.1%}", updates, shown(answer["final loss"], never)])
    harness.table(f"saddle, {seeds} seeds, {steps} updates: median (quartiles)", rows)


def settings(steps: int, seeds: int) -> dict[str, Any]:
    surfaces = {
        name: {"height": s.formula, "start": s.start, "noise": s.noise, "lowest": s.lowest}
        for name, s in SURFACES.items()
    }
    schedules = {kind: repr(schedule(steps)) for kind, (schedule, _) in KINDS.items()}
    return {"updates": steps, "seeds": seeds, "schedules": schedules, "surfaces": surfaces, "left beyond abs(x)": LEFT}


def main(arguments: Sequence[str] | None = None) -> None:
    smoke, out = harness.options("landscape", arguments)
    steps, seeds = (SMOKE_STEPS, SMOKE_SEEDS) if smoke else (STEPS, SEEDS)
    found = descents(steps, seeds)
    answers = {"valley": valley_answers(found["valley"]), "saddle": saddle_answers(found["saddle"])}
    report(answers, steps, seeds)
    harness.save("landscape", without_infinity({"settings": settings(steps, seeds), **answers}), out)
    path = out / "landscape.svg"
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": "landscape"}):
        picture(found, answers, steps).savefig(path, metadata={"Date": None})
    print(f"\nPicture: {path}")


if __name__ == "__main__":
    main()
