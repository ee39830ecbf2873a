"""The benchmark that trains: bad options end in one readable line."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [["--updates", "0"], ["--seeds", "-1"], ["--out", "p.docx"], ["--out", "missing/folder/p.svg"]]
)
def test_bad_options_end_in_one_readable_line(options):
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.train_digits", *options], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 2
    assert len(run.stderr.strip().splitlines()) == 1
    assert "Traceback" not in run.stderr
    assert not run.stdout
