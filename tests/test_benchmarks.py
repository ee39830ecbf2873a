"""The benchmarks: a small run of each answers its question, so that none rots."""

import json
import subprocess
import sys
from pathlib import Path

import jax
import pytest

import benchmarks.__main__ as benchmarks

ROOT = Path(__file__).parent.parent
# `train_digits` draws a picture instead, `ahead` keeps a file a target.
QUESTIONS = [question for question in benchmarks.QUESTIONS if question not in ("train_digits", "ahead")]


def test_every_question_has_a_script_and_every_script_a_question():
    sources = {path.stem: path.read_text() for path in (ROOT / "benchmarks").glob("*.py") if "__" not in path.stem}
    assert {name for name, source in sources.items() if "def main(" in source} == {*benchmarks.QUESTIONS}


def test_the_benchmarks_stay_a_small_room():
    lines = {path.stem: len(path.read_text().splitlines()) for path in (ROOT / "benchmarks").glob("*.py")}
    assert max(lines.values()) <= 250, lines
    assert sum(lines.values()) <= 2_600, lines


@pytest.mark.slow
def test_a_small_run_of_all_writes_their_answers_with_the_device_and_the_versions_and_draws_a_picture(
    tmp_path, subtests
):
    command = [sys.executable, "-m", "benchmarks", "--smoke", "--out", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    results = json.loads((tmp_path / f"{jax.default_backend()}.json").read_text())
    assert results["method"]
    for question in QUESTIONS:
        with subtests.test(question):
            for measured_on in results, results[question]["measured on"]:
                assert measured_on["device"] == jax.devices()[0].device_kind
                assert {"optax_decay", "jax", "optax", "numpy"} <= {*measured_on["versions"]}
            printed = run.stdout.partition(f"== {question} (")[2].partition(f"== {question}:")[0]
            assert len(printed.splitlines()) > 4
    for name in ("constant", "natural exponential", "polynomial, cycle=True", "warm restarts", "cyclic"):
        assert name in run.stdout
    assert json.loads((tmp_path / "ahead" / "cpu.json").read_text())["versions"]["jax"] == jax.__version__
    assert (tmp_path / "train_digits.svg").read_text().lstrip().startswith("<?xml")


def commands(monkeypatch, *failing):
    """What would be run, as `main` is called: those `failing` fail."""
    ran = []

    def instead(command, cwd):
        ran.append(command[2:])
        return subprocess.CompletedProcess(command, int(command[2].removeprefix("benchmarks.") in failing))

    monkeypatch.setattr(benchmarks.subprocess, "run", instead)
    return ran


def test_all_run_in_order_and_a_failure_is_named_at_the_end(monkeypatch, tmp_path, capsys):
    ran = commands(monkeypatch, "compile", "accuracy")
    with pytest.raises(SystemExit, match=r"^Failed: compile, accuracy\.$"):
        benchmarks.main(["--smoke", "--out", str(tmp_path / "new")])
    assert [command[0] for command in ran] == [f"benchmarks.{question}" for question in benchmarks.QUESTIONS]
    assert ran[0][1:] == ["--smoke", "--out", str(tmp_path / "new")]
    assert ran[-1][1:] == ["--smoke", "--out", str(tmp_path / "new" / "train_digits.svg")]
    assert capsys.readouterr().out.count("FAILED") == 2


def test_only_those_asked_for_run(monkeypatch):
    ran = commands(monkeypatch)
    benchmarks.main(["sweep", "call"])
    assert ran == [["benchmarks.sweep"], ["benchmarks.call"]]


def test_an_unknown_question_ends_with_those_that_there_are(monkeypatch, capsys):
    ran = commands(monkeypatch)
    with pytest.raises(SystemExit) as ended:
        benchmarks.main(["cal"])
    assert ended.value.code == 2
    assert "no such question: cal; there are call, compile" in capsys.readouterr().err
    assert not ran
