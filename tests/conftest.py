"""What every test runs with: a compilation cache in the checkout, and no limit that a slow machine could miss."""

import gc
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

CACHE = Path(__file__).parent.parent / ".cache" / "jax"
LARGEST = 2 << 30  # bytes; what older code compiled to is never used again

# Before JAX is imported, here and in each process that a test starts. Two workers may write one entry at once: who
# reads half of it compiles the program again, and JAX's warning of that is ignored in pyproject.toml.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(CACHE))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")

# Hypothesis fails a test that draws or runs slowly, which a loaded machine makes of any.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What was imported and collected stays: no collection of garbage looks at it again."""
    gc.collect()
    gc.freeze()


def pytest_sessionstart(session: Any) -> None:
    """The first process of a run empties a cache that has grown too large."""
    first = not hasattr(session.config, "workerinput")
    if first and CACHE.exists() and sum(entry.stat().st_size for entry in CACHE.iterdir()) > LARGEST:
        shutil.rmtree(CACHE)
