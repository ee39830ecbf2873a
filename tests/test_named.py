"""The command line takes numbers by name, and factories of a module of one's own."""

import importlib
import sys
from pathlib import Path

import pytest

from optax_decay.__main__ import main


@pytest.fixture(autouse=True)
def _folder(monkeypatch, tmp_path):
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    importlib.invalidate_caches()
    yield
    sys.modules.pop("rates_of_mine", None)


def refused(capsys, *arguments):
    """The message that a preview of a few steps ends with."""
    with pytest.raises(SystemExit) as ended:
        main(["preview", *arguments, "--steps", "5"])
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_numbers_are_set_by_name(capsys):
    arguments = ["--set", "total=8_000", "--set", "peak=1e-1", "--set", "total=1_000", "--steps", "1000"]
    main(["preview", "warmup(linear_decay(peak, total - 100), 100)", *arguments])
    assert "\nwarmup(linear_decay(0.1, 900), 100)\n   first 0.0 at 0," in capsys.readouterr().out


def test_a_module_of_ones_own_gives_its_factories(capsys):
    Path("rates_of_mine.py").write_text(
        "import optax_decay as od\n"
        "@od.schedule\n"
        "def sawtooth(peak, period):\n"
        "    return lambda count: peak * (1 - count % period / period)\n"
    )
    main(["preview", "2 * warmup(sawtooth(0.1, 4), 8)", "--factories", "rates_of_mine", "--steps", "20"])
    assert "\n2 * warmup(sawtooth(0.1, 4), 8)\n   first 0.0 at 0," in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("1 / 0", "importing it ended in ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "importing it ended in SystemExit: 3"),
        ("import nothing_such", "importing it ended in ModuleNotFoundError: No module named 'nothing_such'"),
        ("x = 1", "the module has none; make one with `optax_decay.schedule`."),
    ],
)
def test_a_module_without_any_is_said_to_be(capsys, source, words):
    Path("rates_of_mine.py").write_text(source)
    message = refused(capsys, "0.1", "--factories", "rates_of_mine")
    assert message == f"optax-decay: error: --factories rates_of_mine: {words}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["t", "--set", "t"], "must be a name and a number, such as total=10_000, got 't'"),
        (["t", "--set", "t=1-"], "must be a name and a number, such as total=10_000"),
        (["t", "--set", "t=nan"], "`t` must be finite, got nan."),
        (["t", "--set", "warmup=1"], "must not have the name of a factory, got 'warmup'"),
        (["totl", "--set", "total=1"], "did you mean `total`?"),
        (["1", "--factories", "nothing.such"], "--factories nothing.such: importing it ended"),
        (["1", "--factories", "./mine"], "--factories ./mine: importing it ended in "),
        (["1", "--factories", "mine.py"], "--factories mine.py: give the module's name, `mine`."),
        (["1", "--factories", "./mine.py"], "--factories ./mine.py: give the module's name, `mine`."),
    ],
)
def test_what_cannot_be_named_is_refused(capsys, arguments, words):
    assert words in refused(capsys, *arguments)
