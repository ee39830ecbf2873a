"""The command line: what it prints, what it writes, and how it ends."""

import csv
import os
import re
import shlex
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import optax_decay as od
from optax_decay import _text
from optax_decay.__main__ import main
from tests.test_public import ROOT

LR = "warmup(warm_restarts(polynomial_decay(0.1, 1_000, power=2.0), 1_000, t_mul=2, m_mul=0.8), 100)"


@pytest.fixture(autouse=True)
def _terminal(monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def handler(request):
    """A signal's handler as a process has it that was started from a shell, not with nohup or in the background."""
    kind = signal.Signals[request.param]
    usual = signal.default_int_handler if kind == signal.SIGINT else signal.SIG_DFL
    before = signal.signal(kind, usual)
    yield usual
    signal.signal(kind, before)


def ends(capsys, *arguments):
    """The status that bad input ends with, and the message."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code, capsys.readouterr().err


class TestPreview:
    def test_it_draws_and_says_what_can_be_said(self, capsys):
        main(["preview", LR, "--steps", "8000"])
        out = capsys.readouterr().out
        drawing, said = out.split("\n\n")
        assert sum(0x2800 < ord(c) < 0x2900 for c in drawing) > 100
        assert max(map(len, drawing.splitlines())) <= 80
        assert drawing.splitlines()[-1].split() == ["step", "0", "2000", "4000", "6000", "8000"]
        assert said.splitlines() == [
            repr(od.parse(LR)),
            "   first 0.0 at 0, last 0.04035022 at 7999, least 0.0 at 0, greatest 0.1 at 100",
            "   phases start at 0, 100",
            "   cycles start at 100, 1100, 3100, 7100",
        ]

    def test_the_manual_shows_what_its_command_says(self, capsys):
        text = (ROOT / ".github" / "docs" / "text.md").read_text()
        command = re.search(r"^optax-decay (.*)$", text, re.MULTILINE)[1]
        main(shlex.split(command))
        said = capsys.readouterr().out.split("\n\n")[1]
        assert f"```text\n{said}```\n" in text

    def test_several_are_told_apart_by_number(self, capsys):
        main(["preview", "cosine_decay(0.1, 900)", "triangular(0.0, 0.1, 20)", "--steps", "1_000"])
        drawing, first, second = capsys.readouterr().out.split("\n\n")
        assert {"1", "2"} <= set("".join(line[6:] for line in drawing.splitlines()[:-2]))
        assert first.startswith("1  cosine_decay(0.1, 900)\n")
        assert second.startswith("2  triangular(0.0, 0.1, 20)\n")
        assert second.endswith("cycles start at 0, 40, 80, 120, 160, 200, 240, 280, ...\n")

    def test_a_logarithmic_scale_leaves_out_what_it_cannot_show(self, capsys):
        main(["preview", "linear_decay(0.1, 50)", "--steps", "101", "--log"])
        out = capsys.readouterr().out
        rows = {line.split()[0]: n for n, line in enumerate(out.splitlines()[:16]) if "┤" in line}
        assert rows == {"0.1": 0, "0.01": 9}  # of 16 rows, from 0.1 down to 0.002
        assert "least 0.0 at 50" in out

    def test_without_steps_it_shows_all_there_is_to_see(self, capsys):
        main(["preview", "linear_decay(0.1, 1000)", "exponential_decay(0.1, 100, 0.5, staircase=True)"])
        assert "   first 0.1 at 0, last 0.0 at 1099, least 0.0 at 1000" in capsys.readouterr().out
        main(["preview", "warmup_cosine_decay(0.1, 0.125, 1.0)", "--out", "shares.csv"])
        out = capsys.readouterr().out
        assert "   phases start at 0.0, 0.125\n" in out
        assert "greatest 0.1 at 0.125\n" in out
        assert Path("shares.csv").read_text().splitlines()[1:3] == ["0.0,0.0", "0.00390625,0.003125"]

    @pytest.mark.parametrize("expression", ["3", "constant(0) / 0", "constant(1) / 0", "cast(0.1, 'bfloat16')"])
    def test_what_hardly_can_be_drawn_is_said(self, capsys, expression):
        main(["preview", expression, "--steps", "1"])
        value = od.parse(expression)(0)
        assert f"first {np.asarray(value)!s} at 0" in capsys.readouterr().out

    def test_billions_of_steps_are_looked_at_in_part_and_it_says_so(self, capsys):
        main(["preview", "warm_restarts(linear_decay(0.1, 900_000_000), 900_000_000)", "--steps", "2_000_000_000"])
        out = capsys.readouterr().out
        assert "1048580 of 2000000000 steps were looked at" in out
        assert re.search(r"least 1.1\d+e-10 at 899999999", out)
        assert "cycles start at 0, 900000000, 1800000000" in out

    def test_values_are_written_as_a_table(self, capsys, monkeypatch):
        monkeypatch.setattr("optax_decay.__main__._ROWS_AT_ONCE", 100)
        main(["preview", LR, "0.5 * constant(1)", "--steps", "250", "--out", "rates.csv"])
        with open("rates.csv", newline="") as file:
            header, *rows = csv.reader(file)
        assert header == ["step", repr(od.parse(LR)), "0.5 * constant(1)"]
        table = np.array(rows, np.float32)
        np.testing.assert_array_equal(table[:, 0], np.arange(250))
        np.testing.assert_array_equal(table[:, 1], od.sample(od.parse(LR), 250))
        np.testing.assert_array_equal(table[:, 2], 0.5)

    @pytest.mark.parametrize("log", [[], ["--log"]])
    def test_pictures_are_written(self, log):
        main(["preview", LR, "--steps", "500", "--out", "lr.svg", *log])
        assert ET.parse("lr.svg").getroot().tag.endswith("svg")
        main(["preview", LR, "--steps", "500", "--out", "lr.png", *log])
        assert Path("lr.png").read_bytes().startswith(b"\x89PNG")

    @pytest.mark.parametrize("name", ["mine.csv", "mine.png", "mine.svg"])
    def test_nothing_is_written_over_unless_forced(self, capsys, name):
        Path(name).write_text("mine")
        status, message = ends(capsys, "preview", "0.1", "--steps", "5", "--out", name)
        assert (status, message) == (2, f"optax-decay: error: {name} exists; --force overwrites it.\n")
        assert Path(name).read_text() == "mine"
        main(["preview", "0.1", "--steps", "5", "--out", name, "--force"])
        assert Path(name).read_bytes() != b"mine"

    def test_it_writes_through_a_symbolic_link(self):
        Path("elsewhere").mkdir()
        for name in ("there.csv", "new.csv"):
            Path(name).symlink_to(Path("elsewhere", name))
        Path("elsewhere", "there.csv").write_text("mine")
        for name in ("there.csv", "new.csv"):
            main(["preview", "0.1", "--steps", "1", "--out", name, "--force"])
            assert Path(name).is_symlink()
            assert Path("elsewhere", name).read_text().splitlines() == ["step,constant(0.1)", "0,0.1"]
        assert len(list(Path("elsewhere").iterdir())) == 2

    @pytest.mark.parametrize(
        ("handler", "status"),
        [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)],
        indirect=["handler"],
    )
    @pytest.mark.parametrize("name", ["mine.csv", "mine.svg"])
    def test_what_ends_in_the_middle_leaves_nothing_behind_and_what_was_there(
        self, capsys, monkeypatch, name, handler, status
    ):
        def interrupted(*_, **__):
            assert len(list(Path().iterdir())) == 2
            os.kill(os.getpid(), status - 128)

        Path(name).write_text("mine")
        monkeypatch.setattr("optax_decay._view.sample", interrupted)
        monkeypatch.setattr("optax_decay._view.axes.sample", interrupted)
        monkeypatch.setattr("optax_decay.__main__._look", lambda schedule, steps: None)
        assert ends(capsys, "preview", "0.1", "--steps", "5", "--out", name, "--force")[0] == status
        assert [path.read_text() for path in Path().iterdir()] == ["mine"]
        assert signal.getsignal(status - 128) == handler

    @pytest.mark.parametrize("handler", ["SIGHUP"], indirect=True)
    def test_a_signal_that_is_ignored_stays_so(self, monkeypatch, handler):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        monkeypatch.setattr("optax_decay.__main__._write_values", lambda *_: os.kill(os.getpid(), signal.SIGHUP))
        main(["preview", "0.1", "--steps", "5", "--out", "lr.csv"])
        assert Path("lr.csv").exists()

    def test_bad_input_writes_nothing(self, capsys):
        assert ends(capsys, "preview", "cosin_decay(1, 2)", "--steps", "5", "--out", "lr.csv")[0] == 2
        assert ends(capsys, "preview", "0", "--log", "--steps", "5", "--out", "lr.svg")[0] == 2
        assert not list(Path().iterdir())

    def test_without_plotille_it_names_it_and_says_the_rest(self, capsys, monkeypatch):
        monkeypatch.setitem(sys.modules, "plotille", None)
        main(["preview", "0.1", "0.2", "--steps", "5"])
        said = capsys.readouterr()
        assert said.err == "Pictures in the terminal need plotille: pip install plotille.\n"
        assert "first 0.1 at 0" in said.out

    def test_without_matplotlib_a_picture_ends_in_its_name(self, capsys, monkeypatch):
        monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
        status, message = ends(capsys, "preview", "0.1", "--steps", "5", "--out", "lr.png")
        assert status == 2
        assert "pip install matplotlib." in message
        assert not Path("lr.png").exists()


class TestList:
    def test_it_shows_every_factory_with_its_signature_and_one_line(self, capsys):
        main(["list"])
        out = capsys.readouterr().out
        assert out.startswith("Decays: curves over the count.\n  ")
        assert "\nClocks: combinators that change the count that a base sees.\n  cyclic(base, fall_steps, *, " in out
        shown = dict(re.findall(r"^  (\w.*\))\n      (\S.{20,})$", out, re.MULTILINE))
        signature = "warm_restarts(base, cycle_steps, *, t_mul=1, m_mul=1.0, cycles=None, baseline=0.0, stretch=True)"
        assert shown[signature] == (
            "Starts any base again in each cycle, `t_mul` times slower and scaled by `m_mul` each time."
        )
        assert [re.match(r"\w+", line)[0] for line in shown] == list(_text.FACTORIES)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "COMMAND"),
        (["draw"], "invalid choice: 'draw'"),
        (["preview"], "EXPR"),
        (["preview", "0.1", "--steps", "0"], "must be a positive whole number, at most 2**53, got '0'"),
        (["preview", "0.1", "--steps", "-5"], "must be a positive whole number, at most 2**53, got '-5'"),
        (["preview", "0.1", "--steps", "1e3"], "must be a positive whole number, at most 2**53, got '1e3'"),
        (["preview", "0.1", "--steps", "5_"], "must be a positive whole number, at most 2**53, got '5_'"),
        (["preview", "0.1", "--steps", str(10**30)], "at most 2**53, got '1000"),
        (["preview", "cast(1, 'longdouble')", "--steps", "5"], "`dtype` must be a float or integer dtype of JAX"),
        (["preview", "warm_restarts(1, 1e-320)", "--steps", "5"], "`cycle_steps` must be positive, got 1e-320."),
        (["preview", "jitter(1, 1_000_000_000_000_000_000_000, 0.1)", "--steps", "5"], "`seed` must fit into 64 bits"),
        (["preview", "0.1", "--steps", "5", "--out", "lr.pdf"], "must end in .png, .svg or .csv, got 'lr.pdf'"),
        (["preview", "0.1", "--steps", "5", "--out", "nowhere/lr.csv"], "there is no folder nowhere."),
        (["preview", "0.1", "--steps", "5", "--out", "nowhere/lr.png"], "there is no folder nowhere."),
        (["preview", "0", "--steps", "5", "--log"], "--log needs values above 0."),
        (["preview", "cosine_decay(0.1, decay_step=9)", "--steps", "5"], "did you mean `decay_steps`?"),
        (["preview", "0.1", "cosine_decay(0.1,", "--steps", "5"], "`(` is never closed."),
        (["preview", "__import__('os')", "--steps", "5"], "no factory is named `__import__`. Give one"),
    ],
)
def test_bad_input_ends_with_status_2_and_a_message(capsys, arguments, words):
    status, message = ends(capsys, *arguments)
    assert status == 2
    assert words in message
    assert "Traceback" not in message


class TestProcess:
    def test_it_runs_where_there_is_no_unicode_and_brings_in_little_beside_jax(self):
        program = (
            "import jax, sys; before = set(sys.modules); import optax_decay.__main__ as m;"
            "brought = {name.partition('.')[0] for name in set(sys.modules) - before};"
            "m.main(['preview', '0.1', '--steps', '5']);"
            "print(*brought, *{'matplotlib', 'optax', 'chex', 'scipy', 'pandas'} & set(sys.modules))"
        )
        environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
        command = [sys.executable, "-W", "error", "-c", program]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr
        *said, brought = done.stdout.splitlines()
        assert any("constant(0.1)" in line for line in said)
        assert set(brought.split()) <= {"_csv", "csv", "fractions", "numpy", "optax_decay"}

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "command", [[sys.executable, "-m", "optax_decay"], [Path(sys.executable).parent / "optax-decay"]]
    )
    def test_both_commands_run(self, command):
        done = subprocess.run(
            [*command, "preview", "0.1", "--steps", "5"], capture_output=True, text=True, encoding="utf-8"
        )
        assert done.returncode == 0, done.stderr
        assert "constant(0.1)" in done.stdout
        done = subprocess.run([*command, "preview", "0.1("], capture_output=True, text=True, encoding="utf-8")
        assert done.returncode == 2

    @pytest.mark.slow
    def test_a_reader_who_leaves_and_no_output_are_borne(self):
        command = [sys.executable, "-W", "error", "-m", "optax_decay"]
        process = subprocess.Popen([*command, "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.close()
        assert process.wait() == 0
        assert process.stderr.read() == b""
        process.stderr.close()
        closed = f"exec {shlex.join(command)} preview 0.1 --steps 5 >&-"
        assert subprocess.run(closed, shell=True, capture_output=True).returncode == 0
