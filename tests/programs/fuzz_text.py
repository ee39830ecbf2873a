"""Feeds `parse` bytes that atheris makes up, guided by what they reach: anything but a `ParseError` ends it.

    pip install atheris
    python -m tests.programs.fuzz_text CORPUS_FOLDER -max_total_time=600 -max_len=4096 -timeout=10

Into an empty folder it puts one expression for each factory to begin with.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["optax_decay._text"]):
    from optax_decay import _text

import optax_decay as od
from tests.examples import EXAMPLES


def read_or_refused(data: bytes) -> None:
    text = data.decode("latin-1" if data[:1] > b"\xf7" else "utf-8", errors="surrogateescape")
    try:
        made = od.parse(text)
    except od.ParseError:
        return
    assert isinstance(made, od.Schedule)
    assert _text.parse(repr(made)) == made, text


def main() -> None:
    folder = next((Path(argument) for argument in sys.argv[1:] if not argument.startswith("-")), None)
    if folder and folder.is_dir() and not any(folder.iterdir()):
        for n, example in enumerate(EXAMPLES.values()):
            (folder / f"{n}.txt").write_text(repr(example.make(od, **example.setting(n % 3))))
    atheris.Setup(sys.argv, read_or_refused)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
