"""A training run that is killed at any moment, and started again, goes on as if nothing had happened."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
UPDATES, SAVED_EVERY = 60, 5  # in tests/programs/crash.py


class Life(NamedTuple):
    """What one process logged: the rate of each update, and all that it had trained if it came to the end."""

    rates: dict[int, str]
    end: list[str] | None


def lived(checkpoints: Path, kill_at: int | None = None, linger: float = 0.0) -> Life:
    """A process that trains to the end, or is killed `linger` seconds after an update, perhaps amid a checkpoint."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.programs.crash", str(checkpoints)],
        cwd=ROOT,
        env=os.environ | {"JAX_PLATFORMS": "cpu"},
        stdin=subprocess.DEVNULL if kill_at is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    rates, end = {}, None
    with process:
        for fact in map(json.loads, process.stdout):
            if "end" in fact:
                end = fact["end"]
                continue
            rates[fact["update"]] = fact["rate"]
            if kill_at is not None and fact["update"] == max(kill_at, min(rates)):
                time.sleep(linger)
                os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == (0 if kill_at is None else -signal.SIGKILL)
    return Life(rates, end)


@pytest.mark.slow
@pytest.mark.parametrize("kills", [5])
def test_a_killed_run_applies_the_rates_and_ends_with_the_bits_of_one_never_killed(kills, tmp_path):
    seed = int(os.environ.get("CRASH_SEED", random.randrange(2**32)))
    chance = random.Random(seed)
    # When the third checkpoint begins the first is complete: the last life always has one to resume from.
    updates = [*chance.sample(range(UPDATES - 1), kills - 1), chance.randrange(2 * SAVED_EVERY + 1, UPDATES - 1)]
    moments = [(update, chance.uniform(0, 0.15)) for update in sorted(updates)]
    again = f"{moments}; the same again with CRASH_SEED={seed}"
    with ThreadPoolExecutor() as pool:
        unbroken = pool.submit(lived, tmp_path / "unbroken")
        lives = [lived(tmp_path / "killed", *moment) for moment in moments] + [lived(tmp_path / "killed")]
        rates, end = unbroken.result()
    assert list(rates) == list(range(UPDATES))
    assert len(set(rates.values())) > UPDATES / 2
    for life in lives:
        assert life.rates.items() <= rates.items(), again
    assert set().union(*(life.rates for life in lives)) == set(rates), again
    assert lives[-1].end == end, again
    assert min(lives[-1].rates) > 0, again
