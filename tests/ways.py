"""Ways to evaluate a schedule, in which each fact is tested, and the counts to do it at."""

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests import oracle

Schedule = Callable[[Any], Any]

LAST = 2**31 - 1
HUGE = float(np.finfo(np.float32).max)
# Arrays of counts come in these sizes alone, so that tests share what was compiled operation by operation.
SIZES = (64, 512, 2048)


def padded(counts: Any) -> np.ndarray:
    """The counts, repeated to the next of a few fixed sizes."""
    counts = np.asarray(counts)
    return np.resize(counts, next((size for size in SIZES if size >= counts.size), counts.size))


def eager(schedule: Schedule, counts: Any) -> np.ndarray:
    """With Python ints, one by one."""
    return np.array([schedule(int(count)) for count in np.asarray(counts)])


def eager_array(schedule: Schedule, counts: Any) -> np.ndarray:
    return np.asarray(schedule(jnp.asarray(padded(counts))))[: len(counts)]


def jitted(schedule: Schedule, counts: Any) -> np.ndarray:
    return np.asarray(jax.jit(schedule)(padded(counts)))[: len(counts)]


def jitted_scalar(schedule: Schedule, counts: Any) -> np.ndarray:
    compiled = jax.jit(schedule)
    return np.array([compiled(count) for count in np.asarray(counts)])


def vmapped(schedule: Schedule, counts: Any) -> np.ndarray:
    return np.asarray(jax.vmap(schedule)(jnp.asarray(padded(counts))))[: len(counts)]


def scanned(schedule: Schedule, counts: Any) -> np.ndarray:
    scan = jax.jit(lambda ts: jax.lax.scan(lambda _, t: (None, schedule(t)), None, ts)[1])
    return np.asarray(scan(padded(counts)))[: len(counts)]


def together(schedules: Iterable[Schedule]) -> Schedule:
    """One function of the count that stacks the schedules' values."""
    made = list(schedules)
    return lambda count: jnp.stack([schedule(count) for schedule in made], axis=-1)


WAYS = (eager, eager_array, jitted, jitted_scalar, vmapped, scanned)


def in_ways(*ways: Callable[..., Any], slow: Iterable[Callable[..., Any]] = ()) -> Any:
    """A test's parameter `way`."""
    marked = [pytest.param(way, marks=pytest.mark.slow) for way in slow]
    return pytest.mark.parametrize("way", [*ways, *marked], ids=lambda way: way.__name__)


in_every_way = in_ways(*WAYS)


def around(*centres: int) -> np.ndarray:
    """Each of `centres` and the counts beside it, as far as counts go."""
    counts = np.array([centre + beside for centre in centres for beside in (-1, 0, 1)])
    return np.unique(counts.clip(0, LAST)).astype(np.int32)


def counts_for(*lengths: float, t_muls: Sequence[float] = (), seed: int = 0, many: int = 24) -> np.ndarray:
    """0 and the last counts; around the boundaries of `lengths`, and of cycles of them that grow; others anywhere.

    `many` says of how many boundaries of each kind, and how many others on a linear and on a logarithmic scale.
    """
    rng = np.random.default_rng(seed)
    multiples = [0, 0.5, 1, 2, 3, 7, *rng.integers(0, 10**5, 3), *rng.integers(0, LAST, 3)]
    boundaries = [int(k * length) for length in lengths for k in multiples]
    begins: set[int] = set()
    for length, t_mul in itertools.product(lengths, t_muls):
        reached = itertools.takewhile(lambda begin: begin < LAST, oracle.beginnings(length, t_mul))
        begins |= {math.ceil(begin) for begin in itertools.islice(reached, 60)}
    some = rng.permutation(sorted(begins))[:many].tolist()
    longest = int(min(2 * max(lengths, default=1), LAST))
    spread = [
        np.arange(8),
        rng.integers(0, longest + 1, many),
        rng.integers(0, LAST, many),
        10 ** rng.uniform(0, 9.33, many),
    ]
    special = around(*(b for b in boundaries if b <= LAST), *some, 2**24, LAST - 1)
    return np.unique(np.concatenate([special, *spread]).clip(0, LAST)).astype(np.int32)


def exact_values(reference: Callable[[Any], Any], counts: Any) -> np.ndarray:
    """The oracle's values in float64."""
    return np.array([as_float(reference(int(count))) for count in counts])


def as_float(exact: Any) -> float:
    try:
        return float(exact)
    except OverflowError:
        return math.inf


def assert_close(values: Any, want: np.ndarray, tolerance: float, least: float = 0.0) -> None:
    """Within `tolerance` of the largest moderate value, or of `least`, and relatively to what grows beyond."""
    if (values := np.asarray(values)).dtype == np.float32:
        want = np.where(abs(want) > HUGE, np.copysign(np.inf, want), want)
    finite = np.isfinite(want)
    np.testing.assert_array_equal(values[~finite], want[~finite])
    values, want = values[finite], want[finite]
    scale = np.maximum(abs(want), max(least, abs(want[abs(want) < 1e3]).max(initial=0.0)) or 1.0)
    np.testing.assert_allclose(values / scale, want / scale, rtol=0, atol=tolerance)


def assert_near(values: Any, want: np.ndarray, scale: float, tolerance: float = 2e-6, label: str = "") -> None:
    """Within `tolerance` of `scale`."""
    np.testing.assert_allclose(np.asarray(values), want, rtol=0, atol=tolerance * scale, err_msg=label)
