"""Which schedule trains a small network best?

    python -m benchmarks.train_digits

Trains a network on scikit-learn's handwritten digits through `optax.sgd(schedule, 0.9)`, once for each kind of
schedule: from the same weights, on the same minibatches, for the same number of updates. Only the peak rate is each
kind's own: of `PEAKS`, the one with the lowest loss on a validation split, found with other seeds than those reported.
Prints a table. Draws every rate above the loss that came of it, and below them what each peak rate that was tried
came to: how much is lost by a rate that is not tuned.
"""

import argparse
import functools
import math
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from tqdm import tqdm

import optax_decay as od
from benchmarks import harness
from benchmarks.digits import Split, Start, Weights, load, logits, loss, starts, train
from benchmarks.pictures import FAINT, LOSS, RATE, draw, draw_rate, log_losses

PEAKS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1)
SUFFIXES = (".svg", ".png", ".pdf")
Peak = float | jax.Array


class Size(NamedTuple):
    """How much work a run is: updates and seeds of each kind's training, examples a minibatch."""

    updates: int
    seeds: int
    batch: int


FULL = Size(updates=2000, seeds=16, batch=8)
SMOKE = Size(updates=56, seeds=2, batch=8)


class Result(NamedTuple):
    """What training with one schedule came to: the rate of each update, and an entry a seed of everything else."""

    lr: od.Schedule
    peak: float
    tried: np.ndarray
    rates: np.ndarray
    losses: np.ndarray
    test_loss: np.ndarray
    test_accuracy: np.ndarray


def part(updates: int, parts: int) -> int:
    """One of equal parts, rounded up: a cycle that should end with the training is not followed by the next one."""
    return math.ceil(updates / parts)


KINDS: dict[str, Callable[[Peak, int], od.Schedule]] = {
    "constant": lambda peak, updates: od.constant(peak),
    "exponential": lambda peak, updates: od.exponential_decay(peak, updates, 0.01),
    "natural exponential": lambda peak, updates: od.natural_exp_decay(peak, part(updates, 8), 0.6, staircase=True),
    "piecewise constant": lambda peak, updates: od.piecewise_constant(
        [updates // 2, updates * 3 // 4], [peak, peak / 10, peak / 100]
    ),
    "polynomial": lambda peak, updates: od.polynomial_decay(peak, updates, 0.0, power=2.0),
    "polynomial, cycle=True": lambda peak, updates: od.polynomial_decay(peak, part(updates, 4), 0.0, cycle=True),
    "warm restarts": lambda peak, updates: od.warm_restarts(
        od.cosine_decay(peak, part(updates, 7)), part(updates, 7), t_mul=2
    ),
    "cyclic": lambda peak, updates: od.cyclic(od.linear_decay(peak, part(updates, 8)), part(updates, 8), m_mul=0.6),
}


@jax.jit
def scores(weights: Weights, split: Split) -> tuple[jax.Array, jax.Array]:
    """Loss and accuracy of each seed's weights."""

    def score(weights: Weights) -> tuple[jax.Array, jax.Array]:
        return loss(weights, split), (logits(weights, split.images).argmax(-1) == split.labels).mean()

    return jax.vmap(score)(weights)


def tried_peaks(kind: str, start: Start, examples: Split, validation: Split) -> np.ndarray:
    """The validation loss that each peak rate leads to: one compiled program trains with all of them, for all seeds."""

    def validation_loss(peak: jax.Array, start: Start) -> jax.Array:
        lr = KINDS[kind](peak, start.batches.shape[0])
        return loss(train(lr, start, examples)[0], validation)

    for_seeds = jax.vmap(validation_loss, (None, 0))
    return np.asarray(jax.jit(jax.vmap(for_seeds, (0, None)))(jnp.array(PEAKS), start)).mean(axis=1)


def experiment(size: Size) -> dict[str, Result]:
    """What training with each kind came to."""
    examples, validation, test = load()
    start = starts(range(size.seeds), size.updates, size.batch)
    sweep = starts(range(10**6, 10**6 + min(6, size.seeds)), size.updates, size.batch)
    results = {}
    for kind, schedule in tqdm(KINDS.items(), unit="schedule", leave=False, disable=None):
        tried = tried_peaks(kind, sweep, examples, validation)
        peak = PEAKS[int(np.nanargmin(tried))]
        lr = schedule(peak, size.updates)
        weights, losses = jax.jit(jax.vmap(functools.partial(train, lr), (0, None)))(start, examples)
        if not np.isfinite(np.asarray(losses)).all():
            raise SystemExit(f"Training with {lr!r} diverged.")
        rates = np.asarray(lr(np.arange(size.updates)))
        results[kind] = Result(lr, peak, tried, rates, np.asarray(losses), *map(np.asarray, scores(weights, test)))
    return results


def mean_and_spread(values: np.ndarray, digits: int) -> str:
    return f"{values.mean():.{digits}f} ± {values.std(ddof=1):.{digits}f}"


def report(results: dict[str, Result], size: Size) -> None:
    rows = [("schedule", "peak rate", "test accuracy, %", "test loss")]
    for kind, result in results.items():
        percent, lost = mean_and_spread(100 * result.test_accuracy, 2), mean_and_spread(result.test_loss, 3)
        rows.append((kind, f"{result.peak:g}", percent, lost))
    harness.table(f"{size.updates} updates of {size.batch} examples, {size.seeds} seeds: mean ± deviation", rows)


def smoothed(losses: np.ndarray) -> np.ndarray:
    """The mean over seeds as a mean over neighbouring updates; fewer of them at both ends."""
    window = np.ones(max(1, losses.shape[1] // 50))
    return np.convolve(losses.mean(axis=0), window, "same") / np.convolve(np.ones(losses.shape[1]), window, "same")


def picture(results: dict[str, Result]) -> Figure:
    """Every rate above its loss, with the constant rate's loss behind it; below them, all peaks that were tried."""
    figure = Figure(figsize=(14, 12), layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.09))
    above_all, below_all = np.asarray(figure.subfigures(2, 1, height_ratios=(8.6, 3.4)))
    axes = above_all.subplots(4, math.ceil(len(results) / 2), sharex=True, height_ratios=(1, 1.7, 1, 1.7))
    rate_axes, loss_axes = axes[::2].ravel(), axes[1::2].ravel()
    for kind, result, above, below in zip(results, results.values(), rate_axes, loss_axes, strict=True):
        below.sharey(loss_axes[0])
        draw_rate(above, kind, result.lr, result.rates, result.peak)
        draw_loss(below, result, results["constant"])
    loss_axes[1].legend(loc="lower left", frameon=False, handlelength=1.5)
    for row, label in zip(axes, 2 * ("rate", "training loss"), strict=True):
        row[0].set_ylabel(label)
    above_all.supxlabel("update", fontsize=8)
    draw_tried(below_all.subplots(), results)
    return figure


def draw_tried(axes: Axes, results: dict[str, Result]) -> None:
    """What each peak rate came to: the flatter a line, the less a rate that is not tuned costs."""
    for kind, result in results.items():
        axes.plot(
            PEAKS, result.tried, ".-", label=kind, **{"color": RATE, "linewidth": 3} if kind == "constant" else {}
        )
    axes.set(xscale="log", xlabel="peak rate that was tried", ylabel="validation loss at the end")
    axes.set_title("What an untuned rate costs", loc="left", fontsize=11, fontweight="bold")
    axes.set_xticks(PEAKS, [f"{peak:g}" for peak in PEAKS])
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)


def draw_loss(axes: Axes, result: Result, constant: Result) -> None:
    shown = np.arange(0, updates := len(result.rates), max(1, updates // 200))
    axes.plot(shown, smoothed(constant.losses)[shown], color=FAINT, label="with the constant rate")
    axes.plot(shown, smoothed(result.losses)[shown], color=LOSS)
    log_losses(axes, updates)
    axes.tick_params(labelbottom=True)
    text = f"test accuracy {mean_and_spread(100 * result.test_accuracy, 1)} %"
    axes.text(1, 0.97, text, transform=axes.transAxes, ha="right", va="top")


class Parser(argparse.ArgumentParser):
    """One that ends with a single line where argparse would print its usage too."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def several(text: str) -> int:
    if text.isdecimal() and int(text) > 1:
        return int(text)
    raise argparse.ArgumentTypeError(f"must be a whole number from 2 on, got {text!r}")


def picture_path(text: str) -> Path:
    path = Path(text)
    if path.suffix not in SUFFIXES or not path.parent.is_dir():
        raise argparse.ArgumentTypeError(
            f"must be in a folder that exists and end in {', '.join(SUFFIXES)}, got {text!r}"
        )
    return path


def options(arguments: Sequence[str] | None) -> tuple[Size, Path]:
    parser = Parser(prog="python -m benchmarks.train_digits", description=(__doc__ or "").partition("\n")[0])
    for name, default in FULL._asdict().items():
        parser.add_argument(f"--{name}", type=several, metavar="N", help=f"{default} where not given")
    parser.add_argument("--out", type=picture_path, metavar="PATH", help="the picture; a temporary one where not given")
    parser.add_argument("--smoke", action="store_true", help="a few updates, to see that it runs")
    given = parser.parse_args(arguments)
    defaults = SMOKE if given.smoke else FULL
    size = Size(*(getattr(given, name) or default for name, default in defaults._asdict().items()))
    return size, given.out or Path(tempfile.gettempdir()) / "train_digits.svg"


def main(arguments: Sequence[str] | None = None) -> None:
    size, out = options(arguments)
    report(results := experiment(size), size)
    draw(lambda: picture(results), out)


if __name__ == "__main__":
    main()
