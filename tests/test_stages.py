"""Every count is in the right stage or cycle: staircases, expanding cycles and restarts, however they are called."""

import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import optax_decay as od
from tests import oracle
from tests.runs import mostly_slow
from tests.ways import LAST, SIZES, around, eager, eager_array, in_ways, jitted

T_MULS = [1, 1.1, 1.5, 2, 3]
LARGE = [2**24 - 1, 2**24 + 1, 10**8, 3 * 10**8 + 1]


def schedules(steps, t_muls=T_MULS):
    """Schedules in which a wrong stage or cycle shows: the value jumps by its own size there."""
    saw = od.linear_decay(1.0, steps)
    return [
        od.inverse_time_decay(1.0, steps, 1.0, staircase=True),
        od.exponential_decay(1.0, steps, 0.5, staircase=True),
        od.natural_exp_decay(1.0, steps, 0.5, staircase=True),
        od.polynomial_decay(1.0, steps, 0.0, cycle=True),
        *(od.warm_restarts(saw, steps, t_mul=t_mul) for t_mul in t_muls),
    ]


def expected(steps: int, counts: np.ndarray, t_muls=T_MULS) -> np.ndarray:
    """What `schedules` give, from integers and the oracle's exact beginnings."""
    t, stage = counts.astype(np.float64), (counts.astype(np.int64) // steps).astype(np.float64)
    horizon = np.maximum(-(-counts.astype(np.int64) // steps), 1).astype(np.float64) * steps
    rows = [1 / (1 + stage), 0.5**stage, np.exp(-0.5 * stage), 1 - t / horizon]
    for t_mul in t_muls:
        if t_mul == 1:
            rows.append(1 - (counts.astype(np.int64) % steps) / steps)
            continue
        begins = list(itertools.takewhile(lambda b: b <= LAST, oracle.beginnings(steps, t_mul)))
        index = np.searchsorted([math.ceil(b) for b in begins], counts, side="right") - 1
        lengths = steps * float(t_mul) ** index
        since = [float(int(t) - begins[i]) for t, i in zip(counts, index, strict=True)]
        rows.append(1 - np.array(since) / lengths)
    return np.array(rows)


def boundaries(steps: int, seed: int = 0) -> np.ndarray:
    """k D - 1, k D, k D + 1, and the same around the beginnings of growing cycles: first, last, and some between."""
    rng, last = np.random.default_rng(seed), LAST // steps
    ks = {*range(min(9, last) + 1), max(last - 1, 0), last, *rng.integers(0, last + 1, 9).tolist()}
    begins = [
        math.ceil(begin)
        for t_mul in T_MULS[1:]
        for begin in itertools.takewhile(lambda b: b <= LAST, oracle.beginnings(steps, t_mul))
    ]
    return around(*(k * steps for k in ks), *begins)


def assert_right(values: np.ndarray, steps: int, counts: np.ndarray, t_muls=T_MULS) -> None:
    want = expected(steps, counts, t_muls)
    np.testing.assert_allclose(values, want, rtol=0, atol=2e-6, err_msg=f"decay_steps={steps}")


@pytest.mark.parametrize("first", mostly_slow(range(1, 401, 50), 1, 351))
def test_no_count_is_in_a_wrong_stage_for_decay_steps_up_to_400_traced_and_eager(first):
    run = jax.jit(lambda counts, steps: jnp.stack([s(counts) for s in schedules(steps)]))
    for steps in range(first, first + 50):
        counts = boundaries(steps)
        assert_right(run(np.resize(counts, SIZES[-1]), steps)[:, : counts.size], steps, counts)
        some = counts[:: max(1, counts.size // 12)]
        assert_right(np.array([eager(s, some) for s in schedules(steps)]), steps, some)


def assert_right_compiled(steps: int, counts: np.ndarray, t_muls=T_MULS) -> None:
    """On arrays and scanned, with decay_steps a constant that XLA may divide by as it likes."""
    made = schedules(steps, t_muls)

    @jax.jit
    def run(counts):
        scan = jax.lax.scan(lambda _, t: (None, jnp.stack([s(t) for s in made])), None, counts)[1]
        return jnp.stack([s(counts) for s in made]), scan.T

    for values in run(counts):
        assert_right(values, steps, counts, t_muls)


@pytest.mark.parametrize(
    "steps",
    [
        *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 41, 49, *LARGE)),
        pytest.param(7, marks=pytest.mark.lowest),
    ],
)
def test_no_count_is_in_a_wrong_stage_when_decay_steps_is_a_constant_of_the_program(steps):
    counts = boundaries(steps)
    assert_right_compiled(steps, counts)
    for schedule, values in zip(schedules(steps), expected(steps, counts), strict=True):
        np.testing.assert_allclose(eager_array(schedule, counts), values, rtol=0, atol=2e-6)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1, 401, 25))
def test_no_count_is_in_a_wrong_stage_for_any_constant_decay_steps_up_to_400(first):
    for steps in range(first, first + 25):
        # A table of growing cycles compiles slowly, and no constant divides there: every twentieth will do.
        assert_right_compiled(steps, boundaries(steps, seed=steps), T_MULS if steps % 20 == 0 else [1])


@pytest.mark.parametrize("steps", [1, 7, 100, 2**24 + 1])
@in_ways(jitted, eager)
def test_a_restart_that_a_base_sees_is_exact_through_two_clocks(steps, way):
    inner = od.exponential_decay(1.0, steps, 0.5, staircase=True)
    schedule = od.warm_restarts(inner, 4 * steps, t_mul=1.5)
    reference = oracle.warm_restarts(oracle.exponential_decay(1.0, steps, 0.5, staircase=True), 4 * steps, t_mul=1.5)
    stairs = [math.ceil(4 * steps + 1.5 * steps * k) for k in range(5)]
    counts = around(*stairs, 4 * steps, 10 * steps, 19 * steps)
    want = [float(reference(int(t))) for t in counts]
    np.testing.assert_allclose(way(schedule, counts), want, rtol=1e-6)


@pytest.mark.parametrize("t_mul", [1.0001, 1.001])
def test_cycles_too_many_for_a_table_are_found_by_the_estimate_and_its_correction(t_mul):
    schedule = od.warm_restarts(od.linear_decay(1.0, 1), 1, t_mul=t_mul)
    counts = np.array([0, 1, 2, 3, 1000, 10**6, 10**9, LAST], np.int32)
    values = np.asarray(jax.jit(schedule)(counts))
    assert np.isfinite(values).all()
    assert ((values >= 0) & (values <= 1)).all()
