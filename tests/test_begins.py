"""The counts at which phases and cycles begin are those at which the values show it."""

from itertools import islice, takewhile

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import optax_decay as od
from optax_decay._begins import begins
from tests.ways import LAST

BASE = od.linear_decay(0.1, 100)
RESTARTS = od.warm_restarts(BASE, 100)
RAMP = od.warmup(BASE, 30)
RESTARTS_OF_2 = [0, 100, 300, 700, 1500, 3100]


def first(schedule, kind, most=6):
    return list(islice(begins(schedule, kind), most))


@pytest.mark.parametrize(
    ("schedule", "phases", "cycles"),
    [
        (BASE, [], []),
        (od.sequence((1, 10), (2, 0), (3, 2.5), 4), [0, 10, 13], []),
        (od.sequence((RESTARTS, 250), RESTARTS), [0, 250], [0, 100, 200, 250, 350, 450]),
        (od.warmup(BASE, 10), [0, 10], []),
        (od.warmup(RESTARTS, 0), [], [0, 100, 200, 300, 400, 500]),
        (od.cooldown(od.warmup(RESTARTS, 10), 200, 50), [0, 10, 200], [10, 110]),
        (od.warm_restarts(BASE, 100, t_mul=2, cycles=3), [], [0, 100, 300]),
        (od.warm_restarts(BASE, 100, t_mul=1.1), [], [0, 100, 210, 331, 465, 611]),
        (od.warm_restarts(BASE, 10.5, t_mul=jnp.float32(2)), [], [0, 11, 32, 74, 158, 326]),
        (od.warm_restarts(BASE, 100, t_mul=0.5, cycles=4), [], [0, 100, 150, 175]),
        (od.warm_restarts(RAMP, 100, t_mul=2, stretch=False), [0, 30, 100, 130, 300, 330], RESTARTS_OF_2),
        (od.warm_restarts(RESTARTS, 150, t_mul=2, cycles=2, stretch=False), [], [0, 100, 150, 250, 350]),
        (od.warm_restarts(BASE, 150, t_mul=2, stretch=False), [], [0, 150, 450, 1050, 2250, 4650]),
        (od.hold(od.sequence((RESTARTS, 250), 1), 250), [0, 250], [0, 100, 200]),
        (od.hold(od.polynomial_decay(0.1, 100, cycle=True), 100), [], [0]),
        (od.hold(od.warmup(BASE, 10), 0), [0], []),
        (od.warp(od.sequence((1, 25), (2, 11), 3), 100, 2), [0, 50, 60], []),
        (od.warp(od.polynomial_decay(0.1, 36, cycle=True), 100, 2), [], [0, 61, 85]),
        (od.warp(RESTARTS, 1000, 0.5), [], [0, 10, 40, 90, 160, 250]),
        (od.warp(RESTARTS, 1000, jnp.float32(3)), [], [0, 465, 585, 670, 737, 794]),
        (od.warm_restarts(RAMP, 100, t_mul=2, cycles=3), [0, 30, 100, 160, 300, 420], [0, 100, 300]),
        (od.cyclic(BASE, 100, rise_steps=50), [], [0, 150, 300, 450, 600, 750]),
        (od.cyclic(od.sequence((1, 20), 2), 100, rise_steps=50, cycles=2), [0, 41, 70, 150, 191, 220], [0, 150]),
        (od.polynomial_decay(0.1, 100, cycle=True), [], [0, 101, 201, 301, 401, 501]),
        (od.expanding_cycle(od.warmup(BASE, 60), 100), [0, 60, 101, 120, 201, 301], [0, 101, 201, 301, 401, 501]),
        (od.delay(RESTARTS, 30), [], [30, 130, 230, 330, 430, 530]),
        (od.delay(RESTARTS, -130), [], [0, 70, 170, 270, 370, 470]),
        (od.stretch(od.polynomial_decay(0.1, 3, cycle=True), 2.5), [], [0, 8, 16, 23, 31, 38]),
        (od.staircase(RESTARTS, 30), [], [0, 120, 210, 300, 420, 510]),
        (od.reverse(RESTARTS, 250), [], [0, 51, 151]),
        (0.5 * od.clip(RESTARTS, max_value=1) + od.sequence((1, 5), 2), [0, 5], [0, 100, 200, 300, 400, 500]),
        (od.scheduled(od.warm_restarts, base=BASE, cycle_steps=50, cycles=2, m_mul=od.warmup(1, 9)), [0, 9], [0, 50]),
        (od.scheduled(od.warm_restarts, base=BASE, cycle_steps=od.linear_decay(9, 9, 1)), [], []),
        (od.scheduled(od.triangular, min_value=0, max_value=1, step_size=od.linear_decay(9, 9, 1)), [], []),
        (od.scheduled(od.triangular, min_value=0, max_value=BASE, step_size=10), [], [0, 20, 40, 60, 80, 100]),
        (od.scheduled(od.noam, model_size=512, warmup_steps=40, factor=od.warmup(1, 9)), [0, 9, 39], []),
        (od.scheduled(od.noam, model_size=512, warmup_steps=od.constant(40)), [], []),
        (od.scheduled(od.warm_restarts, base=1, cycle_steps=9, m_mul=od.constant(1e300), cycles=2), [], [0, 9]),
        (od.scheduled(od.schedule(lambda period: od.warm_restarts(BASE, period)), period=BASE + 1), [], []),
        (od.warm_restarts(BASE, 100, cycles=10**30), [], [0, 100, 200, 300, 400, 500]),
        (od.delay(RESTARTS, -1_000_000), [], [0, 100, 200, 300, 400, 500]),
        (od.one_cycle(0.1, 100), [0, 30], []),
        (od.noam(512, 40), [0, 39], []),
        (od.schedule(lambda: od.warmup(BASE, 7))(), [0, 7], []),
        (od.schedule(lambda: lambda count: 1.0)(), [], []),
        (od.delay(abs, 5), [], []),
        (0.1, [], []),
    ],
    ids=str,
)  # fmt: skip
def test_they_begin_where_the_definitions_say(schedule, phases, cycles):
    assert first(schedule, "phase") == phases
    assert first(schedule, "cycle") == cycles


# Each phase and each cycle has a value of its own.
LENGTHS = st.one_of(st.integers(12, 90), st.sampled_from([12.5, 33.3, 17.25]))
# What runs backwards turns round inside a phase, not for one count at its edge.
TURNS = st.sampled_from([17.77, 29.13, 53.31, 88.8])
STAGED = st.one_of(
    st.builds(
        lambda n, k: od.warm_restarts(1.1, n, t_mul=k, m_mul=1.0173 + n / 97), LENGTHS, st.sampled_from([1, 1.5, 2])
    ),
    st.builds(lambda n, m: od.sequence((0.7123, n), (0.9371, m), 1.3057), LENGTHS, LENGTHS),
)
NESTS = st.recursive(
    STAGED,
    lambda bases: st.one_of(
        st.builds(
            lambda b, n, k: od.warm_restarts(b, n, t_mul=k, m_mul=1.0391 + n / 71),
            bases,
            LENGTHS,
            st.sampled_from([1, 2]),
        ),
        st.builds(
            lambda b, n, r: od.cyclic(b, n, rise_steps=r, m_mul=1.0717 + n / 53), bases, TURNS, st.none() | TURNS
        ),
        st.builds(lambda b, n: od.sequence((0.6331, n), 0.7219 * b), bases, LENGTHS),
        st.builds(lambda b, n: od.sequence((0.7453 * b, n), 1.9733), bases, LENGTHS),
        st.builds(lambda b, n: od.delay(b, -n), bases, LENGTHS),
        st.builds(lambda b, n: od.hold(b, n), bases, LENGTHS),
        st.builds(od.warp, bases, LENGTHS, st.sampled_from([2, 0.5, 1.5])),
        st.builds(
            # With a summand, so that a factor of its own and one of its base are never the same in another order.
            lambda b, n, k: od.warm_restarts(b + 0.0137, n, t_mul=k, m_mul=1.0573 + n / 67, stretch=False),
            bases,
            LENGTHS,
            st.sampled_from([1.5, 2]),
        ),
        st.builds(od.stretch, bases, st.sampled_from([0.5, 1.5, 3, 0.3])),
        st.builds(od.staircase, bases, st.integers(2, 5)),
        st.builds(od.reverse, bases, TURNS),
        st.builds(lambda b: 0.5 * b, bases),
    ),
    max_leaves=3,
)


def shows_what_begins(schedule):
    values = np.array([schedule(step) for step in range(200)])
    changes = set((np.flatnonzero(values[1:] != values[:-1]) + 1).tolist())
    found = set()
    for kind in ("phase", "cycle"):
        found |= set(takewhile(lambda step: step < 200, begins(schedule, kind)))
    assert found - {0} == changes


@given(NESTS)
@settings(max_examples=60, derandomize=True)
def test_the_values_change_there_and_nowhere_else(schedule):
    shows_what_begins(schedule)


@pytest.mark.slow
@given(NESTS)
@settings(max_examples=400)
def test_the_values_change_there_and_nowhere_else_400_times(schedule):
    shows_what_begins(schedule)


def test_nests_take_no_longer_for_being_deep():
    nest = od.warmup(1, 1)
    for _ in range(40):
        nest = od.cyclic(nest, 1000)
    assert first(nest, "phase", 2) == [0, 1]


@pytest.mark.parametrize(
    "schedule",
    [
        od.warm_restarts(od.warm_restarts(BASE, 1), 10**9),
        od.cyclic(od.warm_restarts(BASE, 1), 10**9),
        od.reverse(od.warm_restarts(BASE, 1), LAST),
        od.stretch(od.warm_restarts(BASE, 1), 1e-9),
        od.delay(od.warm_restarts(BASE, 1), -LAST),
        od.warm_restarts(BASE, 1, t_mul=1.001),
        od.warm_restarts(od.warm_restarts(BASE, 1), 10**9, t_mul=1.001, stretch=False),
        od.warp(od.warm_restarts(BASE, 1), LAST, 1e-9),
        od.warm_restarts(BASE, 1e-30, t_mul=1e30),
        od.warm_restarts(BASE, 1, t_mul=0.999, cycles=10**9),
        od.expanding_cycle(od.warm_restarts(BASE, 1), 10**6),
    ],
    ids=str,
)
def test_however_many_there_are_the_first_are_found_at_once(schedule):
    assert first(schedule, "cycle", 5)[0] == 0
    assert first(schedule, "phase", 5) == []
