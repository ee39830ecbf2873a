"""What the benchmarks share: interleaved timing, ratios with their intervals, tables and results."""

import argparse
import contextlib
import json
import os
import platform
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from tqdm import tqdm

RESULTS = Path(__file__).parent / "results"
COMPILERS = ("jax", "jaxlib", "optax", "libtpu", "jax-cuda12-plugin", "nvidia-cuda-nvcc-cu12")
METHOD = (
    "Contenders take turns, each round in another order; a contender's turn is as many calls as fill a few "
    "milliseconds, blocked until ready. A ratio is the median over rounds of ours over the rival's in the same round, "
    "with the interval that holds 95 % of bootstrapped medians. Every answer is checked before it is timed."
)


class Ratio(NamedTuple):
    """The median of ours over the rival's, and the interval that holds 95 % of bootstrapped medians."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.3g} ({self.low:.3g} to {self.high:.3g})"


def ratio(ours: np.ndarray, rival: np.ndarray) -> Ratio:
    """Of times measured in the same rounds."""
    pairs = ours / rival
    drawn = np.random.default_rng(0).choice(pairs, (1000, len(pairs)))
    low, high = np.quantile(np.median(drawn, axis=1), (0.025, 0.975))
    return Ratio(float(np.median(pairs)), float(low), float(high))


def interleaved(
    contenders: dict[str, Callable[[], Any]], rounds: int, turn: float = 5e-3, label: str = ""
) -> dict[str, np.ndarray]:
    """Seconds of a call of each contender, one number a round; a turn lasts about `turn` seconds."""
    calls = {}
    for name, call in contenders.items():
        jax.block_until_ready(call())
        calls[name] = max(1, round(turn / max(_seconds(call, 1), 1e-9)))
        calls[name] = max(1, round(turn / max(_seconds(call, calls[name]), 1e-9)))
    seconds = {name: np.empty(rounds) for name in contenders}
    names, order = list(contenders), np.random.default_rng(0)
    for n in tqdm(range(rounds), desc=label, leave=False, disable=None):
        for name in order.permutation(names):
            seconds[name][n] = _seconds(contenders[name], calls[name])
    return seconds


def _seconds(call: Callable[[], Any], calls: int) -> float:
    result, begin = None, time.perf_counter()
    for _ in range(calls):
        result = call()
    jax.block_until_ready(result)
    return (time.perf_counter() - begin) / calls


def check(name: str, answer: Any, expected: Any, tolerance: float) -> None:
    """Ends the benchmark where an answer is off by more than `tolerance` of the largest: wrong answers have no time."""
    answer, expected = np.asarray(answer, np.float64), np.asarray(expected, np.float64)
    error = np.max(np.abs(answer - expected)) / np.max(np.abs(expected))
    if not error <= tolerance:
        raise SystemExit(f"{name}: off by {error:.3g} of the largest value, more than {tolerance:g}.")


def versions(*libraries: str) -> dict[str, str]:
    """Of those that are installed."""
    found = {}
    for library in libraries:
        with contextlib.suppress(PackageNotFoundError):
            found[library] = version(library)
    return found


def backend() -> dict[str, Any]:
    """What a result was measured on, and with."""
    device = jax.devices()[0]
    return {
        "platform": device.platform,
        "device": device.device_kind,
        "devices": jax.device_count(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": versions("optax_decay", "numpy", *COMPILERS),
    }


def table(title: str, rows: Sequence[Sequence[Any]]) -> None:
    """Prints rows under a header row, in columns; numbers to three digits."""
    text = [[f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*text, strict=True)]
    print(f"\n{title}")
    for n, row in enumerate(text):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if not n:
            print("  ".join("-" * width for width in widths))


def save(question: str, answer: dict[str, Any], out: Path) -> None:
    """Puts the answer to a question among the backend's results, in `<out>/<platform>.json`."""
    path = out / f"{jax.devices()[0].platform}.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    results |= {**backend(), "method": METHOD, question: {"measured on": backend()} | answer}
    write(results, path)


def write(results: dict[str, Any], path: Path) -> None:
    """As JSON, what has no parts of its own on one line."""
    text = json.dumps(results, indent=1, default=_plain, allow_nan=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(re.sub(r"[\[{][^\[\]{}]*[\]}]", lambda part: " ".join(part[0].split()), text) + "\n")


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else str(value)


def options(question: str, arguments: Sequence[str] | None = None) -> tuple[bool, Path]:
    """Whether the run is a small one, to see that it works, and the folder for results."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{question}")
    parser.add_argument("--smoke", action="store_true", help="small sizes, to see that it runs; keeps no results")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where results go (benchmarks/results)")
    given = parser.parse_args(arguments)
    return given.smoke, given.out or (Path(tempfile.mkdtemp()) if given.smoke else RESULTS)
