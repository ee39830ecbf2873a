"""Ways to evaluate a schedule: each fact is tested in all of them."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def eager(schedule: Callable[[Any], Any], counts: np.ndarray) -> np.ndarray:
    """With Python ints, one by one."""
    return np.array([schedule(int(count)) for count in counts])


def eager_array(schedule: Callable[[Any], Any], counts: np.ndarray) -> np.ndarray:
    return np.asarray(schedule(jnp.asarray(counts)))


def jitted(schedule: Callable[[Any], Any], counts: np.ndarray) -> np.ndarray:
    return np.asarray(jax.jit(schedule)(counts))


def jitted_scalar(schedule: Callable[[Any], Any], counts: np.ndarray) -> np.ndarray:
    compiled = jax.jit(schedule)
    return np.array([compiled(count) for count in counts])


def vmapped(schedule: Callable[[Any], Any], counts: np.ndarray) -> np.ndarray:
    return np.asarray(jax.vmap(schedule)(jnp.asarray(counts)))


def scanned(schedule: Callable[[Any], Any], counts: np.ndarray) -> np.ndarray:
    return np.asarray(jax.jit(lambda ts: jax.lax.scan(lambda _, t: (None, schedule(t)), None, ts)[1])(counts))


WAYS = [eager, eager_array, jitted, jitted_scalar, vmapped, scanned]
LAST = 2**31 - 1


def around(*centres: int) -> np.ndarray:
    """Each of `centres` and the counts beside it, as far as counts go."""
    counts = np.array([centre + beside for centre in centres for beside in (-1, 0, 1)])
    return np.unique(counts.clip(0, LAST)).astype(np.int32)
