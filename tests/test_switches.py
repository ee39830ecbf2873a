"""JAX's own switches: whichever is on, wherever a schedule is made and called, it gives the same and leaves nothing."""

import contextlib
import gc
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import optax_decay as od
from tests.derivatives import Point
from tests.examples import EXAMPLES
from tests.runs import handful, varied
from tests.ways import LAST, around, eager, eager_array, jitted, padded, scanned, together, vmapped

SCALARS = around(0, 7, 20, 40, 60, 100, 2**24 + 1, LAST)
COUNTS = padded(SCALARS)
# Stages, phases and cycles that are powers of two, with the same bits in every program.
STAGES = {
    "exponential_decay": (stairs := od.exponential_decay(1.0, 7, 0.5, staircase=True)),
    "piecewise_constant": od.piecewise_constant([7, 20, 40, 2**24], [1.0, 0.5, 0.25, 0.125, 0.0625]),
    "staircase": od.staircase(stairs, 20),
    "sequence": od.sequence((2, 7), (stairs, 13), (stairs, 20), 4),
    "expanding_cycle": od.expanding_cycle(stairs, 20),
    "warm_restarts": od.warm_restarts(stairs, 20, m_mul=0.5),
    "warm_restarts by 1.5": od.warm_restarts(stairs, 20, t_mul=1.5),
    "warm_restarts by 2": od.warm_restarts(stairs, 20, t_mul=2, m_mul=0.5, cycles=3),
    "cyclic": od.cyclic(stairs, 20, rise_steps=40),
}
# Decays that begin at 0.1 and end at 0.003.
DECAYS = {
    "polynomial_decay": od.polynomial_decay(0.1, 100, 0.003, 2.5),
    "cosine_decay": od.cosine_decay(0.1, 100, 0.03),
    "piecewise_linear": od.piecewise_linear([0, 60, 100], [0.1, 0.2, 0.003]),
    "one_minus_sqrt_decay": od.one_minus_sqrt_decay(0.1, 100, 0.003),
    "rex_decay": od.rex_decay(0.1, 100, 0.003),
    "warmup and cooldown": od.cooldown(od.warmup(0.2, 7, init_value=0.1), 40, 60, end_value=0.003),
}
SWITCHES = {
    "none": contextlib.nullcontext,
    "disable_jit": jax.disable_jit,
    "check_tracer_leaks": jax.check_tracer_leaks,
    "strict promotion": lambda: jax.numpy_dtype_promotion("strict"),
    "x64": lambda: jax.enable_x64(True),
}

NOISY = ("jitter", "noisy_linear_cosine_decay")  # under x64 they draw other numbers

slow = pytest.mark.slow


def made(name):
    return EXAMPLES[name].make(od, **EXAMPLES[name].setting(0))


def made_inside(schedules):
    """The same, of schedules made again at each call: within the trace."""
    return lambda count: together([schedule.replace() for schedule in schedules])(count)


def checkpointed(schedule, counts):
    return jitted(jax.checkpoint(schedule), counts)


CALLS = [
    (jitted, together),
    *(pytest.param(way, together, marks=slow) for way in (eager, eager_array, scanned, vmapped, checkpointed)),
    pytest.param(jitted, made_inside, marks=slow),
]


@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize(("way", "build"), CALLS)
def test_stages_and_end_points_are_the_same_whichever_switch_is_on(switch, way, build):
    with SWITCHES[switch]():
        stages = way(build(STAGES.values()), SCALARS)
        ends = way(build(DECAYS.values()), SCALARS[[0, -1]])
    assert stages.dtype == ends.dtype == (np.float64 if switch == "x64" else np.float32)
    np.testing.assert_array_equal(np.float32(stages), eager_array(together(STAGES.values()), SCALARS))
    np.testing.assert_array_equal(ends.T, len(DECAYS) * [ends.dtype.type([0.1, 0.003])])


def bits(schedule):
    """Its values called with Python ints, and operation by operation on an array."""
    return [eager(schedule, SCALARS), eager_array(schedule, SCALARS)]


@pytest.mark.parametrize("switch", ["disable_jit", "strict promotion"])
@handful
def test_every_factory_gives_the_same_bits_with_a_switch_as_without(name, switch):
    without = bits(made(name))
    with SWITCHES[switch]():
        schedule = made(name)
        np.testing.assert_array_equal(bits(schedule), without)
        assert isinstance(schedule(3), jax.Array)
        assert jax.eval_shape(schedule, jnp.int32(3)).dtype == np.float32


@handful
def test_x64_may_be_switched_on_and_off_between_calls(name):
    schedule = made(name)
    before = bits(schedule)
    with jax.enable_x64(True):
        wide, inside = bits(schedule), made(name)
        np.testing.assert_array_equal(wide, bits(inside))
    for other in (schedule, inside):
        np.testing.assert_array_equal(bits(other), before)
    assert [values.dtype for values in before] == 2 * [np.float32]
    assert [values.dtype for values in wide] == 2 * [np.float32 if name == "cast" else np.float64]
    if name not in NOISY:
        for values, narrow in zip(wide, before, strict=True):
            np.testing.assert_allclose(narrow, values, rtol=0, atol=2e-6 * abs(values).max())


@varied
def test_no_factory_leaks_a_tracer(name):
    before = made(name)(20)
    with jax.check_tracer_leaks():
        jax.eval_shape(made(name), jnp.int32(20))
        traced = lambda given, count: EXAMPLES[name].make(od, **given)(count)  # noqa: E731
        jax.eval_shape(traced, EXAMPLES[name].setting(0), 20)
    # Nor does a trace leave one where the next call would find it.
    assert made(name)(20) == before


@pytest.mark.parametrize(
    "name",
    ["exponential_decay"]
    + [
        pytest.param(n, marks=slow)
        for n in ("sequence", "polynomial_decay in cycles", "cyclic, t_mul real", "cooldown")
    ],
)
def test_a_checkpoint_changes_no_gradient(name):
    point = Point(EXAMPLES[name], 0)
    numbers = point.columns([6.5, 33.25, 99.5, 333.75])

    def gradients(value):
        return np.array(jax.jit(jax.vmap(jax.grad(value), (0, None)))(numbers, point.others))

    want = gradients(point.ours)
    np.testing.assert_allclose(gradients(jax.checkpoint(point.ours)), want, rtol=1e-6, atol=1e-6 * abs(want).max())


@slow
def test_eight_threads_that_make_and_call_schedules_at_once_get_what_one_gets():
    # Settings that no other test here has: nothing is in a cache yet.
    make = lambda name: EXAMPLES[name].make(od, **EXAMPLES[name].setting(2))  # noqa: E731
    shared, start = {name: make(name) for name in EXAMPLES}, threading.Barrier(8)

    def values(thread):
        order = np.random.default_rng(thread).permutation(list(EXAMPLES)).tolist()
        start.wait()
        with jax.enable_x64(thread % 2 == 1):
            return {name: [shared[name](20), make(name)(20), shared[name](COUNTS)] for name in order}

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool:
            threads = list(pool.map(values, range(8)))
    finally:
        sys.setswitchinterval(interval)
    for thread, got in enumerate(threads):
        with jax.enable_x64(thread % 2 == 1):
            for name, schedule in shared.items():
                for one, want in zip(got[name], [schedule(20), schedule(20), schedule(COUNTS)], strict=True):
                    assert one.dtype == want.dtype
                    np.testing.assert_array_equal(one, want, name)


@pytest.mark.parametrize("compiled", [20, pytest.param(250, marks=slow)])
def test_none_of_1000_schedules_made_called_jitted_and_dropped_stays_alive(compiled):
    alive, names = [], list(EXAMPLES)
    for n in range(1000):
        inner = made(names[n % len(names)])
        schedule = (n + 1) * inner
        schedule(5)
        hash(schedule)
        if n < compiled:
            jax.jit(schedule)(5)
        alive += map(weakref.ref, (inner, schedule))
    del inner, schedule
    gc.collect()
    assert not any(reference() for reference in alive)
