"""Constant size: no graph grows with cycles, boundaries or phases, and phases of one factory cost one of them."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import optax_decay as od
from tests import oracle
from tests.ways import LAST, WAYS, assert_near, eager, exact_values, jitted

NUMBERS = range(1, 8)
# Sequences of phases that one factory made, at any nesting, and of several; each takes the module.
PHASES = {
    "lines": lambda m: [(m.linear_decay(0.1 * k, 10 + k, 0.01), 10 + k) for k in NUMBERS],
    "numbers": lambda m: [(0.1 * k, 10.1 + k) for k in NUMBERS],
    "fractions of a step": lambda m: [
        (m.exponential_decay(0.1 * k, 2.3 + k, 0.5, staircase=True), 9.7) for k in NUMBERS
    ],
    "rates": lambda m: [(m.exponential_decay(0.1 * k, 10 + k, 0.9 + 0.001 * k), 3000 + k) for k in NUMBERS],
    "cosines": lambda m: [(m.cosine_decay(0.1 * k, 30 + k, 0.1 * k), 40) for k in NUMBERS],
    "powers": lambda m: [(m.polynomial_decay(0.1 * k, 30 + k, 0.01 * k, 0.5 * k), 25) for k in NUMBERS],
    "two kinds": lambda m: [((m.cosine_decay, m.rex_decay)[k % 2](0.1 * k, 30 + k, 0.01), 25) for k in NUMBERS],
    "cycles": lambda m: [
        (m.cyclic(m.polynomial_decay(0.1 * k, 7, 0.0, 2.0), 7, rise_steps=k, m_mul=0.9, baseline=0.001 * k), 90)
        for k in NUMBERS
    ],
    "growing cycles": lambda m: [
        (m.warm_restarts(m.linear_decay(0.1 * k, 7 + k), 7 + k, t_mul=1.5), 99) for k in NUMBERS
    ],
    "clocks": lambda m: [
        (m.delay(m.stretch(m.staircase(m.tanh_decay(0.1 * k, 30 + k, lower=-5.5 - k), k), 1 + 0.5 * k), k), 99)
        for k in NUMBERS
    ],
    "warmups and cooldowns": lambda m: [
        (m.warmup(m.cooldown(m.rex_decay(0.1 * k, 30 + k), k, 20, end_value=0.1, shape="cosine"), k), 60)
        for k in range(7)
    ],
    "sequences": lambda m: [
        (m.sequence((m.linear_decay(0.1 * k, 7 + k), 3 + k), (m.cosine_decay(0.2 * k, 20), 10.5), 0.1), 50 + k)
        for k in NUMBERS
    ],
    "named": lambda m: [(m.one_cycle(0.1 * k, 80 + k), 90) for k in NUMBERS],
}


WAYS_OF_PHASES = [
    *(pytest.param("lines", way, id=f"lines-{way.__name__}") for way in WAYS),
    *(
        pytest.param(name, way, marks=[] if name in ("sequences", "named") else [pytest.mark.slow])
        for name in PHASES
        for way in (jitted, eager)
        if name != "lines"
    ),
]


@pytest.mark.parametrize(("name", "way"), WAYS_OF_PHASES)
def test_phases_evaluated_together_are_as_accurate_as_each_alone(name, way):
    schedule, reference = (m.sequence(*PHASES[name](m), 0.5) for m in (od, oracle))
    ends = np.cumsum([steps for _, steps in PHASES[name](oracle)])
    counts = np.unique(np.concatenate([np.arange(0, 120), *(ends + k for k in range(-2, 3)), [10**6, LAST]]))
    want = exact_values(reference, counts)
    assert_near(way(schedule, counts.astype(np.int32)), want, abs(want).max(), tolerance=4e-7)


@pytest.mark.parametrize("name", PHASES)
def test_more_phases_of_the_same_kinds_are_the_same_operations(name):
    def operations(times):
        schedule = od.sequence(*PHASES[name](od) * times, 0.5)
        return [equation.primitive for equation in jax.make_jaxpr(schedule)(jnp.int32(3)).eqns]

    assert len(operations(11)) == len(operations(20))


def test_a_phase_that_is_traced_is_evaluated_with_the_others():
    def sequence(m, peaks, lengths):
        return m.sequence(*((m.linear_decay(a, n, 0.01), n) for a, n in zip(peaks, lengths, strict=True)), 0.5)

    peaks, lengths, counts = (0.5, 0.25, 0.125), (10, 25, 7), np.arange(60)
    want = sequence(od, peaks, lengths)(counts)
    for traced in (np.float32(peaks), lengths), (peaks, np.int32(lengths)), (np.float32(peaks), np.float32(lengths)):
        run = jax.jit(lambda a, n: sequence(od, list(a), list(n))(counts))
        np.testing.assert_allclose(run(*traced), want, rtol=0, atol=2e-7)
    program = jax.make_jaxpr(lambda a: sequence(od, list(a), lengths)(3))(np.float32(peaks))
    assert str(program).count("= mul") < 20


def test_a_callable_of_the_users_own_is_a_kind_of_its_own():
    calls = []
    schedule = od.sequence((lambda t: calls.append(t) or 0.1 * t, 5), (lambda t: 0.2 + 0 * t, 5), od.constant(1))
    np.testing.assert_allclose(jax.jit(schedule)(np.array([0, 4, 5, 9, 10])), [0, 0.4, 0.2, 0.2, 1], rtol=1e-6)
    assert len(calls) == 1


CYCLES = {
    "restarts": lambda n: od.warm_restarts(od.cosine_decay(0.1, 10), 10, cycles=n),
    "restarts 2": lambda n: od.warm_restarts(od.cosine_decay(0.1, 10), 10, cycles=n, t_mul=2),
    "restarts 2, not stretched": lambda n: od.warm_restarts(
        od.cosine_decay(0.1, 10), 10, cycles=n, t_mul=2, stretch=False
    ),
    "cyclic 1.5": lambda n: od.cyclic(od.linear_decay(0.1, 10), 10, cycles=n, t_mul=1.5, m_mul=0.9),
}
TABLES = {
    "piecewise_constant": lambda n: od.piecewise_constant(range(n), np.linspace(0, 1, n + 1)),
    "piecewise_linear": lambda n: od.piecewise_linear(range(n), np.linspace(0, 1, n)),
    "fractional boundaries": lambda n: od.piecewise_constant(np.arange(n) + 0.5, np.linspace(0, 1, n + 1)),
}


def size(schedule):
    """Instructions in the compiled program."""
    return jax.jit(schedule).lower(jnp.int32(3)).compile().as_text().count(" = ")


@pytest.mark.parametrize(
    ("name", "few", "many"), [*((n, 2, 10**6) for n in CYCLES), *((n, 100, 10**4) for n in TABLES)]
)
def test_a_compiled_program_does_not_grow_with_cycles_or_boundaries(name, few, many):
    make = (CYCLES | TABLES)[name]
    assert abs(size(make(many)) - size(make(few))) <= 2


@pytest.mark.parametrize(
    "clock",
    [
        lambda base, k: od.staircase(base, 10.5 - 0.37 * k),
        lambda base, k: od.staircase(base, 10.5 + 0.37 * k),
        lambda base, k: od.staircase(base, 0.5 + 0.01 * k),
        lambda base, k: od.staircase(base, math.sqrt(2 + k)),
        lambda base, k: od.staircase(od.delay(base, 0.37), 10.5 + 0.37 * (k % 5)),
        lambda base, k: od.staircase(od.hold(base, 2000.5 - k), 10.5 + 0.37 * (k % 5)),
        lambda base, k: od.cyclic(base, 10.5 + 0.37 * k),
        lambda base, k: od.warm_restarts(base, 100 / 3 + k),
        lambda base, k: od.delay(od.stretch(base, 1.1), 0.37 * k),
        lambda base, k: od.expanding_cycle(base, 33.3 + k),
        lambda base, k: od.expanding_cycle(base, 0.5 + 0.01 * k),
        lambda base, k: od.warp(base, 1000 - k, 1.5),
    ],
    ids=[
        *("shorter stairs", "longer stairs", "stairs below a step", "odd stairs", "delayed stairs", "held stairs"),
        *("cyclic", "warm_restarts", "delay and stretch", "expanding", "expanding below a step", "warp"),
    ],
)
def test_the_program_of_nested_clocks_of_fractional_steps_grows_in_a_straight_line(clock):
    def size(depth):
        nest = od.linear_decay(0.1, 1000)
        for k in range(depth):
            nest = clock(nest, k)
        return jax.jit(lambda count: nest(count)).lower(jnp.int32(3)).compile().as_text().count(" = ")

    assert size(16) < 2.3 * size(8)
