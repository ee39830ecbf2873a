"""Which schedule trains a small network best, and what does a schedule cost in a train step?

    python -m benchmarks.train_digits

Trains a network on scikit-learn's handwritten digits through `optax.chain(optax.trace(0.9),
optax.scale_by_schedule(-lr))`, once for each kind of schedule: from the same weights, on the same minibatches, for the
same number of updates. Only the peak rate is each kind's own: of `PEAKS`, the one with the lowest loss on a validation
split, found with other seeds than those reported. Prints a table and draws every rate above the loss that came of it.
"""

import argparse
import functools
import itertools
import math
import tempfile
import textwrap
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import jax
import jax.numpy as jnp
import matplotlib
import numpy as np
import optax
from jax import lax
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tqdm import tqdm

import optax_decay as od

LAYERS = (64, 32, 10)
MOMENTUM = 0.9
PEAKS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1)
SWEEP_SEEDS = 6
MOST_SEEDS = 64
TRAIN, VALIDATION, TEST = 1077, 360, 360

RESULTS = Path("benchmarks/results")
SUFFIXES = (".svg", ".png", ".pdf")
RATE, LOSS, FAINT, INK = "#c8553d", "#28587b", "#b9c0c7", "#333a40"
STYLE: dict[Any, Any] = {
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 8,
    "lines.linewidth": 1.4,
    "svg.hashsalt": "train_digits",
    "text.color": INK,
    "xtick.color": INK,
    "xtick.major.width": 0.8,
    "ytick.color": INK,
    "ytick.major.width": 0.8,
}

Peak = float | jax.Array
Weights = list[tuple[Any, Any]]
Program = Callable[[], tuple[Weights, jax.Array]]


class Size(NamedTuple):
    """How much work a run is."""

    updates: int
    seeds: int
    batch: int
    rounds: int


FULL = Size(updates=2000, seeds=16, batch=8, rounds=9)
SMOKE = Size(updates=56, seeds=2, batch=8, rounds=2)
OPTIONS = {
    "updates": ("updates of each training", 8, 20_000),
    "seeds": ("trainings of each kind", 2, MOST_SEEDS),
    "batch": ("examples a minibatch", 1, 256),
    "rounds": ("timings of each kind", 1, 100),
}


class Split(NamedTuple):
    """Images as rows of pixels from 0 to 1, and the digits that they show."""

    images: jax.Array
    labels: jax.Array


class Start(NamedTuple):
    """Where a seed's training starts and what it sees: weights, and the examples of each update's minibatch."""

    weights: Weights
    batches: Any


class Result(NamedTuple):
    """What training with one schedule came to: the rate of each update, and an entry a seed of everything else."""

    lr: od.Schedule
    peak: float
    rates: np.ndarray
    losses: np.ndarray
    test_loss: np.ndarray
    test_accuracy: np.ndarray


def part(updates: int, parts: int) -> int:
    """One of equal parts, rounded up: a cycle that should end with the training is not followed by the next one."""
    return math.ceil(updates / parts)


def constant(peak: Peak, updates: int) -> od.Schedule:
    return od.constant(peak)


def exponential(peak: Peak, updates: int) -> od.Schedule:
    return od.exponential_decay(peak, updates, 0.01)


def natural_exponential(peak: Peak, updates: int) -> od.Schedule:
    return od.natural_exp_decay(peak, part(updates, 8), 0.6, staircase=True)


def piecewise_constant(peak: Peak, updates: int) -> od.Schedule:
    return od.piecewise_constant([updates // 2, updates * 3 // 4], [peak, peak / 10, peak / 100])


def polynomial(peak: Peak, updates: int) -> od.Schedule:
    return od.polynomial_decay(peak, updates, 0.0, power=2.0)


def polynomial_with_cycle(peak: Peak, updates: int) -> od.Schedule:
    return od.polynomial_decay(peak, part(updates, 4), 0.0, cycle=True)


def warm_restarts(peak: Peak, updates: int) -> od.Schedule:
    first = part(updates, 7)
    return od.warm_restarts(od.cosine_decay(peak, first), first, t_mul=2)


def cyclic(peak: Peak, updates: int) -> od.Schedule:
    fall = part(updates, 8)
    return od.cyclic(od.linear_decay(peak, fall), fall, m_mul=0.6)


KINDS: dict[str, Callable[[Peak, int], od.Schedule]] = {
    "constant": constant,
    "exponential": exponential,
    "natural exponential": natural_exponential,
    "piecewise constant": piecewise_constant,
    "polynomial": polynomial,
    "polynomial, cycle=True": polynomial_with_cycle,
    "warm restarts": warm_restarts,
    "cyclic": cyclic,
}


def load() -> tuple[Split, ...]:
    """The training, validation and test splits: the same every time, and each digit's share the same in all."""
    images, labels = load_digits(return_X_y=True)
    rest, test = train_test_split(np.arange(len(labels)), test_size=TEST, stratify=labels, random_state=0)
    rest, validation = train_test_split(rest, test_size=VALIDATION, stratify=labels[rest], random_state=0)
    return tuple(
        Split(jnp.asarray(images[rows] / 16, jnp.float32), jnp.asarray(labels[rows]))
        for rows in (rest, validation, test)
    )


def start(seed: int, updates: int, batch: int) -> Start:
    random = np.random.default_rng(seed)
    layers = itertools.pairwise(LAYERS)
    weights = [(random.normal(0, math.sqrt(2 / n), (n, m)), np.zeros(m)) for n, m in layers]
    return Start(weights, random.integers(TRAIN, size=(updates, batch)))


def starts(seeds: range, updates: int, batch: int) -> Start:
    """Every seed's start, stacked."""
    each = [start(seed, updates, batch) for seed in seeds]
    return jax.tree.map(lambda *arrays: jnp.asarray(np.stack(arrays)), *each)


def logits(weights: Weights, images: jax.Array) -> jax.Array:
    *hidden, (last, bias) = weights
    for matrix, offset in hidden:
        images = jax.nn.relu(images @ matrix + offset)
    return images @ last + bias


def loss(weights: Weights, split: Split) -> jax.Array:
    return optax.softmax_cross_entropy_with_integer_labels(logits(weights, split.images), split.labels).mean()


@jax.jit
def scores(weights: Weights, split: Split) -> tuple[jax.Array, jax.Array]:
    """Loss and accuracy of each seed's weights."""

    def score(weights: Weights) -> tuple[jax.Array, jax.Array]:
        return loss(weights, split), (logits(weights, split.images).argmax(-1) == split.labels).mean()

    return jax.vmap(score)(weights)


def train(lr: od.Schedule, start: Start, examples: Split) -> tuple[Weights, jax.Array]:
    """The weights after the last update and the loss at each."""
    transform = optax.chain(optax.trace(MOMENTUM), optax.scale_by_schedule(-lr))

    def step(carry: tuple[Any, Any], batch: jax.Array) -> tuple[tuple[Any, Any], jax.Array]:
        weights, state = carry
        value, gradient = jax.value_and_grad(loss)(weights, Split(*(array[batch] for array in examples)))
        update, state = transform.update(gradient, state)
        return (optax.apply_updates(weights, update), state), value

    (weights, _), losses = lax.scan(step, (start.weights, transform.init(start.weights)), start.batches)
    return weights, losses


def best_peak(kind: str, start: Start, examples: Split, validation: Split) -> float:
    """The peak rate with the lowest validation loss: one compiled program trains with all of them, for all seeds."""

    def validation_loss(peak: jax.Array, start: Start) -> jax.Array:
        lr = KINDS[kind](peak, start.batches.shape[0])
        return loss(train(lr, start, examples)[0], validation)

    for_seeds = jax.vmap(validation_loss, (None, 0))
    losses = np.asarray(jax.jit(jax.vmap(for_seeds, (0, None)))(jnp.array(PEAKS), start))
    diverged_last = np.nan_to_num(losses.mean(axis=1), nan=np.inf)
    return PEAKS[int(np.argmin(diverged_last))]


def program(lr: od.Schedule, start: Start, examples: Split) -> Program:
    """Training for all seeds at once, compiled when it is first called."""
    for_seeds = jax.jit(jax.vmap(functools.partial(train, lr), (0, None)))
    return lambda: for_seeds(start, examples)


def applied_rates(lr: od.Schedule, updates: int) -> np.ndarray:
    """The rate of each update as optax applies it, seen on a gradient of 1; it must be the schedule's."""
    transform = optax.scale_by_schedule(-lr)

    def step(state: Any, gradient: jax.Array) -> tuple[Any, Any]:
        update, state = transform.update(gradient, state)
        return state, update

    @jax.jit
    def applied_and_expected(gradients: jax.Array, counts: jax.Array) -> tuple[jax.Array, jax.Array]:
        return -lax.scan(step, transform.init(gradients[0]), gradients)[1], lr(counts)

    rates, expected = map(np.asarray, applied_and_expected(jnp.ones(updates), jnp.arange(updates)))
    np.testing.assert_allclose(rates, expected, rtol=1e-6, atol=2e-6 * expected.max(), err_msg=f"{lr!r}")
    return rates


def measured(lr: od.Schedule, peak: float, train_all: Program, test: Split) -> Result:
    """What training came to, once it is seen to be right."""
    weights, losses = train_all()
    rates = applied_rates(lr, losses.shape[1])
    if not np.isfinite(losses).all():
        raise SystemExit(f"Training with {lr!r} diverged.")
    return Result(lr, peak, rates, np.asarray(losses), *map(np.asarray, scores(weights, test)))


def seconds(train_all: Program) -> float:
    begin = time.perf_counter()
    jax.block_until_ready(train_all())
    return time.perf_counter() - begin


def timed(programs: dict[str, Program], rounds: int, progress: tqdm) -> dict[str, np.ndarray]:
    """The seconds of each kind's trainings: a row a round, the constant rate's beside the kind's own."""
    pairs = {kind: np.empty((rounds, 2)) for kind in programs}
    for i in range(rounds):
        for kind, train_all in programs.items():
            pairs[kind][i] = seconds(programs["constant"]), seconds(train_all)
            progress.update()
    return pairs


def experiment(size: Size) -> tuple[dict[str, Result], dict[str, np.ndarray]]:
    """What training with each kind came to, and what it took."""
    examples, validation, test = load()
    start = starts(range(size.seeds), size.updates, size.batch)
    sweep = starts(range(MOST_SEEDS, MOST_SEEDS + min(SWEEP_SEEDS, size.seeds)), size.updates, size.batch)
    results, programs = {}, {}
    with tqdm(total=len(KINDS) * (2 + size.rounds), unit="run", leave=False) as progress:
        for kind, schedule in KINDS.items():
            progress.set_description(f"{kind}: peak rate")
            peak = best_peak(kind, sweep, examples, validation)
            progress.update()
            progress.set_description(f"{kind}: training")
            lr = schedule(peak, size.updates)
            programs[kind] = program(lr, start, examples)
            results[kind] = measured(lr, peak, programs[kind], test)
            progress.update()
        progress.set_description("step time")
        return results, timed(programs, size.rounds, progress)


def mean_and_spread(values: np.ndarray, digits: int) -> str:
    return f"{values.mean():.{digits}f} ± {values.std(ddof=1):.{digits}f}"


def ratio(pairs: np.ndarray) -> str:
    ratios = pairs[:, 1] / pairs[:, 0]
    lower, median, upper = np.quantile(ratios, (0.25, 0.5, 0.75))
    return f"{median:.2f} ({lower:.2f} to {upper:.2f})"


def table(results: dict[str, Result], pairs: dict[str, np.ndarray]) -> str:
    rows = [("schedule", "peak rate", "test accuracy, %", "test loss", "step time")]
    for kind, result in results.items():
        percent, lost = mean_and_spread(100 * result.test_accuracy, 2), mean_and_spread(result.test_loss, 3)
        rows.append((kind, f"{result.peak:g}", percent, lost, ratio(pairs[kind])))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def notes(size: Size, constant_seconds: np.ndarray) -> str:
    microseconds = 1e6 * float(np.median(constant_seconds)) / size.updates
    return textwrap.fill(
        f"{size.updates} updates on minibatches of {size.batch}; mean ± standard deviation over {size.seeds} seeds, "
        f"{TEST} test images. Step time: its ratio to the constant rate's {microseconds:.0f} µs (all seeds together), "
        f"median and quartiles; the constant row, that rate timed against itself, shows the noise.",
        width=98,
    )


def smoothed(losses: np.ndarray) -> np.ndarray:
    """The mean over seeds as a mean over neighbouring updates; fewer of them at both ends."""
    window = np.ones(max(1, losses.shape[1] // 50))
    return np.convolve(losses.mean(axis=0), window, "same") / np.convolve(np.ones(losses.shape[1]), window, "same")


def picture(results: dict[str, Result]) -> Figure:
    """Every rate above its loss, with the constant rate's loss behind it."""
    figure = Figure(figsize=(14, 8.6), layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.09))
    axes = figure.subplots(4, math.ceil(len(results) / 2), sharex=True, height_ratios=(1, 1.7, 1, 1.7))
    rate_axes, loss_axes = axes[::2].ravel(), axes[1::2].ravel()
    for kind, result, above, below in zip(results, results.values(), rate_axes, loss_axes, strict=True):
        below.sharey(loss_axes[0])
        draw_rate(above, kind, result)
        draw_loss(below, result, results["constant"])
    loss_axes[1].legend(loc="lower left", frameon=False, handlelength=1.5)
    for row, label in zip(axes, 2 * ("rate", "training loss"), strict=True):
        row[0].set_ylabel(label)
    for lowest in axes[-1]:
        lowest.set_xlabel("update")
    return figure


def draw_rate(axes: Axes, kind: str, result: Result) -> None:
    axes.plot(result.rates, color=RATE, clip_on=False)
    axes.set_ylim(0, 1.1 * result.peak)
    axes.set_yticks([0, result.peak], ["0", f"{result.peak:g}"])
    axes.set_title(kind, loc="left", fontsize=11, fontweight="bold", pad=20)
    axes.text(0, 1.08, repr(result.lr), family="monospace", fontsize=6.2, transform=axes.transAxes)


def draw_loss(axes: Axes, result: Result, constant: Result) -> None:
    updates = len(result.rates)
    shown = np.arange(0, updates, max(1, updates // 200))
    axes.plot(shown, smoothed(constant.losses)[shown], color=FAINT, label="with the constant rate")
    axes.plot(shown, smoothed(result.losses)[shown], color=LOSS)
    axes.set_yscale("log")
    axes.minorticks_off()
    axes.yaxis.set_major_formatter("{x:g}")
    axes.tick_params(labelbottom=True)
    percent = mean_and_spread(100 * result.test_accuracy, 1)
    axes.text(1, 0.97, f"test accuracy {percent} %", transform=axes.transAxes, ha="right", va="top")


class Parser(argparse.ArgumentParser):
    """One that ends with a single line where argparse would print its usage too."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def whole(least: int, most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not (text.isdecimal() and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"must be a whole number from {least} to {most}, got {text!r}")
        return int(text)

    return number


def picture_path(text: str) -> Path:
    path = Path(text)
    if path.suffix not in SUFFIXES:
        raise argparse.ArgumentTypeError(f"must end in {', '.join(SUFFIXES)}, got {text!r}")
    return path


def try_to_write(path: Path) -> None:
    """Raises OSError now where drawing the picture would in a minute; leaves no file."""
    if not path.parent.exists():
        path.parent.mkdir()
    if path.exists():
        path.open("ab").close()
    else:
        tempfile.TemporaryFile(dir=path.parent).close()


def options(arguments: Sequence[str] | None) -> tuple[Size, Path]:
    parser = Parser(prog="python -m benchmarks.train_digits", description=(__doc__ or "").partition("\n")[0])
    for name, (text, least, most) in OPTIONS.items():
        text = f"{text}, {least} to {most} (default: {getattr(FULL, name)})"
        parser.add_argument(f"--{name}", type=whole(least, most), metavar="N", help=text)
    parser.add_argument("--out", type=picture_path, metavar="PATH", help=f"the picture ({', '.join(SUFFIXES)})")
    parser.add_argument("--smoke", action="store_true", help="a few updates, to see that it runs; a temporary picture")
    given = parser.parse_args(arguments)
    defaults = SMOKE if given.smoke else FULL
    size = Size(*(getattr(given, name) or default for name, default in defaults._asdict().items()))
    folder = Path(tempfile.gettempdir()) if given.smoke else RESULTS
    out = given.out or folder / "train_digits.svg"
    try:
        try_to_write(out)
    except OSError as error:
        parser.error(f"cannot write {str(out)!r}: {error.strerror}")
    return size, out


def main(arguments: Sequence[str] | None = None) -> None:
    size, out = options(arguments)
    results, pairs = experiment(size)
    print(table(results, pairs), notes(size, pairs["constant"][:, 0]), sep="\n\n")
    with matplotlib.rc_context(STYLE):
        picture(results).savefig(out, metadata={"Date": None} if out.suffix == ".svg" else None)
    print(f"\nPicture: {out}")


if __name__ == "__main__":
    main()
