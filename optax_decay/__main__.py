"""The command line: schedules drawn in the terminal and to files, and the factories that make them."""

import argparse
import contextlib
import csv
import importlib
import inspect
import io
import os
import signal
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
_KINDS: tuple[PhaseOrCycle, ...] = ("phase", "cycle")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a command; bad input ends it with status 2 and one message."""
    if sys.stdout is None:  # closed from the start
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    parser = _parser()
    given = parser.parse_args(arguments)
    if "JAX_PLATFORMS" not in os.environ:  # an accelerator takes longer to start than it saves
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
    parser = argparse.ArgumentParser(prog="optax-decay", description="Draws and lists learning-rate schedules.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    preview = commands.add_parser("preview", help="draw schedules", description="Draws schedules in the terminal.")
    example = 'such as "warmup(cosine_decay(0.1, 900), 100)"; put -- before one that begins with a minus'
    preview.add_argument("expressions", nargs="+", metavar="EXPR", help=example)
    until = "how many update steps to draw; by default until all schedules have ended, and a tenth more"
    preview.add_argument("--steps", type=_positive, metavar="N", help=until)
    number = "a number for a name in the expressions, such as total=10_000; may be repeated"
    preview.add_argument("--set", type=_named_number, action="append", default=[], metavar="NAME=NUMBER", help=number)
    module = "a module of your own, as `import` names it, whose factories the expressions may call"
    preview.add_argument("--factories", metavar="MODULE", help=module)
    preview.add_argument("--out", type=_file, metavar="FILE", help="also write a picture (.png, .svg) or values (.csv)")
    preview.add_argument("--force", action="store_true", help="let --out overwrite a file")
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
        raise FileExistsError(f"{given.out} exists; --force overwrites it.")
    if given.out and not given.out.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {given.out.parent}.")
    factories = _factories_in(given.factories) if given.factories else {}
    schedules = [_text.parse(expression, factories, values=dict(given.set)) for expression in given.expressions]
    steps = range(given.steps) if given.steps else _view.counts_shown(schedules)
    seen = [_look(schedule, steps) for schedule in schedules]
    if given.log and not any((one.values > 0).any() for one in seen):
        raise ValueError("--log needs values above 0.")
    if given.out:
        _write(given.out.resolve(), schedules, steps, given.log, given.force)
    try:
        print(_view.drawing([(one.counts, one.values) for one in seen], given.log))
    except ImportError as error:
        print(error, file=sys.stderr)
    for number, one in enumerate(seen, 1):
        print(f"\n{f'{_view.numbered(number)}  ' if len(seen) > 1 else ''}{one.schedule}")
        for fact in _facts(one, steps):
            print(f"   {fact}")


def _factories_in(module: str) -> dict[str, Any]:
    """The factories in a user's module, which may also lie where the command runs."""
    if module.endswith(".py"):
        raise ValueError(f"--factories {module}: give the module's name, `{Path(module).stem}`.")
    sys.path.insert(0, os.getcwd())
    try:
        held = vars(importlib.import_module(module))
    except (Exception, SystemExit) as error:
        raise ImportError(f"--factories {module}: importing it ended in {type(error).__name__}: {error}") from None
    factories = {name: value for name, value in held.items() if not name.startswith("_") and record_of(value)}
    if not factories:
        raise ValueError(f"--factories {module}: the module has none; make one with `optax_decay.schedule`.")
    return factories


def _look(schedule: Schedule, steps: Any) -> _Seen:
    edges = [edge for kind in _KINDS for edge in _view.edges_within(schedule, kind, steps)]
    counts = _view.looked_at(steps, edges, _MOST_COUNTS)
    return _Seen(schedule, counts, _view.sample(schedule, counts))


def _facts(seen: _Seen, steps: Any) -> Iterator[str]:
    least, greatest = _view.places_of_extremes(seen.values)
    places = {"first": 0, "last": -1, "least": least, "greatest": greatest}
    yield ", ".join(f"{name} {seen.values[n]!s} at {seen.counts[n]}" for name, n in places.items())
    if len(seen.counts) < len(steps):
        yield f"{len(seen.counts)} of {len(steps)} steps were looked at"
    for kind in _KINDS:
        found = takewhile(lambda step: step <= steps[-1], begins(seen.schedule, kind, _view.are_whole(steps)))
        first = [str(step) for step in islice(found, _MOST_LISTED + 1)]
        if first:
            more = ["..."] if len(first) > _MOST_LISTED else []
            yield f"{kind}s start at {', '.join(first[:_MOST_LISTED] + more)}"


def _write(path: Path, schedules: Sequence[Schedule], steps: Any, log: bool, force: bool) -> None:
    """Writes values or a picture, whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    # Unless they are ignored, as under nohup, these signals end the program so that it removes the partial file.
    ends = [kind for kind in (signal.SIGTERM, getattr(signal, "SIGHUP", None)) if kind]
    before = {kind: signal.signal(kind, _end) for kind in ends if signal.getsignal(kind) == signal.SIG_DFL}
    try:
        with partial.open("xb") as file:
            if path.suffix == ".csv":
                _write_values(file, schedules, steps)
            else:
                _view.drawn_to_file(file, path.suffix[1:], schedules, steps, log)
        if not force:
            path.open("x").close()  # fails if the file has come to exist
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _end(kind: int, _: Any) -> None:
    raise SystemExit(128 + kind)


def _write_values(file: BinaryIO, schedules: Sequence[Schedule], steps: Any) -> None:
    with io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
        rows = csv.writer(text)
        rows.writerow(["step", *map(repr, schedules)])
        for n in range(0, len(steps), _ROWS_AT_ONCE):
            part = np.asarray(steps[n : n + _ROWS_AT_ONCE])
            rows.writerows(zip(part, *(_view.sample(schedule, part) for schedule in schedules), strict=True))


if __name__ == "__main__":
    main()
