"""Runs the benchmarks one after another, each in a process of its own, on whatever backend JAX finds.

    python -m benchmarks [--smoke] [--out FOLDER] [questions...]

Goes on when one fails, and ends with an error that names those. What a machine cannot do, it says, and how it could.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
QUESTIONS = ("call", "compile", "train_step", "ahead", "sweep", "accuracy", "landscape", "transforms", "train_digits")


def command(question: str, smoke: bool, out: Path | None) -> list[str]:
    """What runs one; `train_digits` writes a picture where the others write results."""
    line = [sys.executable, "-m", f"benchmarks.{question}", *(["--smoke"] if smoke else [])]
    if out is not None:
        line += ["--out", str(out / "train_digits.svg" if question == "train_digits" else out)]
    return line


def run(questions: Sequence[str], smoke: bool, out: Path | None) -> list[str]:
    """The questions that failed."""
    failed = []
    for n, question in enumerate(questions, 1):
        print(f"\n== {question} ({n} of {len(questions)})", flush=True)
        begin = time.perf_counter()
        code = subprocess.run(command(question, smoke, out), cwd=ROOT).returncode
        print(f"\n== {question}: {time.perf_counter() - begin:.0f} s{', FAILED' if code else ''}", flush=True)
        failed += [question] if code else []
    return failed


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--smoke", action="store_true", help="small sizes, to see that all run; keeps no results")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where results go (benchmarks/results)")
    parser.add_argument("questions", nargs="*", metavar="question", help=f"{', '.join(QUESTIONS)} (default: all)")
    given = parser.parse_args(arguments)
    if unknown := sorted({*given.questions} - {*QUESTIONS}):
        parser.error(f"no such question: {', '.join(unknown)}; there are {', '.join(QUESTIONS)}")
    if given.out is not None:
        given.out = given.out.resolve()
        given.out.mkdir(parents=True, exist_ok=True)
    if failed := run(given.questions or QUESTIONS, given.smoke, given.out):
        raise SystemExit(f"Failed: {', '.join(failed)}.")


if __name__ == "__main__":
    main()
