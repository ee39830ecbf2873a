"""The command line: schedules drawn in the terminal and to files, and the factories that make them."""

import argparse
import contextlib
import csv
import importlib
import inspect
import io
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import jax
import numpy as np

from optax_decay import _text, _view
from optax_decay._begins import PhaseOrCycle, begins
from optax_decay._schedule import Schedule
from optax_decay._schedule.record import record_of

_MOST_COUNTS = 1 << 20
_MOST_LISTED = 8
_ROWS_AT_ONCE = 1 << 20
_HEIGHT = 16
_KINDS: tuple[PhaseOrCycle, ...] = ("phase", "cycle")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a command; bad input ends it with status 2 and one message."""
    if sys.stdout is None:  # closed from the start
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    parser = _parser()
    given = parser.parse_args(arguments)
    if "JAX_PLATFORMS" not in os.environ:  # an accelerator would take longer to start than to be of use
        jax.config.update("jax_platforms", "cpu")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        given.run(given)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        parser.exit(130)
    except (ValueError, TypeError, ArithmeticError, OSError, ImportError, RuntimeError, MemoryError) as error:
        parser.exit(2, f"{parser.prog}: error: {str(error) or type(error).__name__}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="optax-decay", description="Learning-rate schedules, said and seen.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    preview = commands.add_parser("preview", help="draw schedules", description="Draws schedules in the terminal.")
    example = 'such as "warmup(cosine_decay(0.1, 900), 100)"; after -- if it begins with a minus'
    preview.add_argument("expressions", nargs="+", metavar="EXPR", help=example)
    preview.add_argument("--steps", type=_positive, required=True, metavar="N", help="how many update steps to draw")
    number = "a number that the expressions name, such as total=10_000; may be given again"
    preview.add_argument("--set", type=_named_number, action="append", default=[], metavar="NAME=NUMBER", help=number)
    module = "a module of your own, as `import` names it, whose factories the expressions may call"
    preview.add_argument("--factories", metavar="MODULE", help=module)
    preview.add_argument("--out", type=_file, metavar="FILE", help="write a picture (.png, .svg) or values (.csv) too")
    preview.add_argument("--force", action="store_true", help="let --out write over a file")
    preview.add_argument("--log", action="store_true", help="draw values on a logarithmic scale")
    preview.set_defaults(run=_preview)
    commands.add_parser("list", help="list the factories", description="Lists the factories.").set_defaults(run=_list)
    return parser


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if not 0 < number <= _view.MOST_STEPS:
        raise argparse.ArgumentTypeError(f"must be a positive whole number, at most 2**53, got {text!r}")
    return number


def _named_number(text: str) -> tuple[str, int | float]:
    name, _, number = text.partition("=")
    for read in (int, float):
        with contextlib.suppress(ValueError):
            return name.strip(), read(number)
    raise argparse.ArgumentTypeError(f"must be a name and a number, such as total=10_000, got {text!r}")


def _file(text: str) -> Path:
    path = Path(text)
    if path.suffix not in (".png", ".svg", ".csv"):
        raise argparse.ArgumentTypeError(f"must end in .png, .svg or .csv, got {text!r}")
    return path


def _list(given: argparse.Namespace) -> None:
    """Prints every factory with its signature and what it makes."""
    for module, factories in _text.GROUPS.items():
        print(inspect.getdoc(module))
        for name, factory in factories.items():
            parameters = inspect.signature(factory).parameters.values()
            signature = inspect.Signature([p.replace(annotation=p.empty) for p in parameters])
            print(f"  {name}{signature}\n      {(inspect.getdoc(factory) or '').splitlines()[0]}")


class _Seen(NamedTuple):
    """A schedule and what was seen of it."""

    schedule: Schedule
    counts: Any
    values: Any


def _preview(given: argparse.Namespace) -> None:
    """Draws schedules, and writes them to a file where one is asked for."""
    if given.out and given.out.exists() and not given.force:
        raise FileExistsError(f"{given.out} exists; --force writes over it.")
    if given.out and not given.out.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {given.out.parent}.")
    factories = _factories_in(given.factories) if given.factories else {}
    schedules = [_text.parse(expression, factories, values=dict(given.set)) for expression in given.expressions]
    steps = range(given.steps)
    seen = [_look(schedule, steps) for schedule in schedules]
    if given.log and not any((one.values > 0).any() for one in seen):
        raise ValueError("--log needs values above 0.")
    if given.out:
        _write(given.out, schedules, steps, given.log, given.force)
    _draw(seen, steps, given.log)
    for number, one in enumerate(seen, 1):
        print(f"\n{f'{number}  ' if len(seen) > 1 else ''}{one.schedule}")
        for fact in _facts(one, steps):
            print(f"   {fact}")


def _factories_in(module: str) -> dict[str, Any]:
    """The factories that a module of the user's holds, looked for where the command runs too."""
    sys.path.insert(0, os.getcwd())
    try:
        held = vars(importlib.import_module(module))
    except (Exception, SystemExit) as error:
        raise ImportError(f"--factories {module}: importing it ended in {type(error).__name__}: {error}") from None
    factories = {name: value for name, value in held.items() if not name.startswith("_") and record_of(value)}
    if not factories:
        raise ValueError(f"--factories {module}: there is none in it; `optax_decay.schedule` makes one of a function.")
    return factories


def _look(schedule: Schedule, steps: range) -> _Seen:
    edges = [edge for kind in _KINDS for edge in _view.edges_within(schedule, kind, steps)]
    counts = _view.looked_at(steps, edges, _MOST_COUNTS)
    return _Seen(schedule, counts, _view.sample(schedule, counts))


def _facts(seen: _Seen, steps: range) -> Iterator[str]:
    least, greatest = _extremes(seen.values)
    places = {"first": 0, "last": -1, "least": least, "greatest": greatest}
    yield ", ".join(f"{name} {seen.values[n]!s} at {seen.counts[n]}" for name, n in places.items())
    if len(seen.counts) < len(steps):
        yield f"of {len(steps)} steps {len(seen.counts)} were looked at"
    for kind in _KINDS:
        found = takewhile(lambda step: step <= steps[-1], begins(seen.schedule, kind))
        first = [str(step) for step in islice(found, _MOST_LISTED + 1)]
        if first:
            more = ["..."] if len(first) > _MOST_LISTED else []
            yield f"{kind}s start at {', '.join(first[:_MOST_LISTED] + more)}"


def _extremes(values: Any) -> tuple[int, int]:
    """The places of the least and the greatest of values that are numbers."""
    real = values.astype(np.float64)
    return int(np.where(np.isnan(real), np.inf, real).argmin()), int(np.where(np.isnan(real), -np.inf, real).argmax())


def _draw(seen: Sequence[_Seen], steps: range, log: bool) -> None:
    """Prints the curves in dots: in colours on a terminal, elsewhere each in its number where there are several."""
    try:
        import plotille
    except ImportError:
        print('To draw in the terminal takes plotille: pip install "optax_decay[plot]".', file=sys.stderr)
        return
    figure: Any = plotille.Figure()
    columns = min(shutil.get_terminal_size().columns, 500)
    figure.width, figure.height = max((columns - 26) // 10, 2) * 10, _HEIGHT
    figure.origin, figure.x_label, figure.y_label = False, "step", "value"
    figure.with_colors = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    figure.x_ticks_fkt = lambda here, _: f"{here:.0f}" if 50 <= len(steps) < 10**9 else f"{here:.4g}"
    figure.y_ticks_fkt = lambda here, _: f"{10**here if log else here:.4g}"
    heights: list[float] = []
    for number, one in enumerate(seen, 1):
        places = _outermost(one.values, 2 * figure.width)
        counts, values = one.counts[places].astype(float), one.values[places].astype(float)
        shown = np.isfinite(values) & ((values > 0) | (not log))
        curve = (np.log10(values[shown]) if log else values[shown]).tolist()
        marker = str(number % 10) if len(seen) > 1 and not figure.with_colors else None
        figure.plot(counts[shown].tolist(), curve, label=str(number), marker=marker)
        heights += curve
    figure.set_x_limits(0, len(steps))
    if min(heights, default=0) < max(heights, default=0):
        figure.set_y_limits(min(heights), max(heights))
    print(figure.show(legend=figure.with_colors and len(seen) > 1))


def _outermost(values: Any, columns: int) -> Any:
    """The places of what a curve shows in that many columns: in each the ends and the extremes."""
    parts = np.array_split(np.arange(len(values)), min(columns, len(values)))
    return np.unique([part[n] for part in parts for n in (0, -1, *_extremes(values[part]))])


def _write(path: Path, schedules: Sequence[Schedule], steps: range, log: bool, force: bool) -> None:
    """Writes values or a picture: whole, or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with partial.open("xb") as file:
            if path.suffix == ".csv":
                _write_values(file, schedules, steps)
            else:
                _draw_picture(file, path.suffix[1:], schedules, steps, log)
        if not force:
            path.open("x").close()  # fails if the file has come to exist
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _write_values(file: BinaryIO, schedules: Sequence[Schedule], steps: range) -> None:
    with io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
        rows = csv.writer(text)
        rows.writerow(["step", *map(repr, schedules)])
        for part in (steps[n : n + _ROWS_AT_ONCE] for n in steps[::_ROWS_AT_ONCE]):
            columns = [_view.sample(schedule, np.arange(part.start, part.stop)) for schedule in schedules]
            rows.writerows(zip(part, *columns, strict=True))


def _draw_picture(file: BinaryIO, kind: str, schedules: Sequence[Schedule], steps: range, log: bool) -> None:
    figure = _view.matplotlib("figure").Figure(figsize=(9, 5), layout="constrained")
    axes = _view.plot(*schedules, steps=len(steps), ax=figure.subplots())
    if log:
        axes.set_yscale("log")
    figure.savefig(file, format=kind, dpi=150)


if __name__ == "__main__":
    main()
