"""Every base under every clock against the exact oracle."""

import decimal
import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import optax_decay as od
from tests import oracle
from tests.conftest import LAST, WAYS, around, eager, jitted, scanned, vmapped
from tests.examples import mostly_slow

BASES = {
    "constant": lambda m: m.constant(0.1),
    "exponential": lambda m: m.exponential_decay(0.1, 100, 0.5),
    "stairs": lambda m: m.exponential_decay(0.1, 30, 0.5, staircase=True),
    "natural": lambda m: m.natural_exp_decay(0.1, 50, 0.7),
    "inverse": lambda m: m.inverse_time_decay(0.1, 40, 0.5),
    "linear": lambda m: m.linear_decay(0.1, 100),
    "square": lambda m: m.polynomial_decay(0.1, 100, 0.01, power=2.0),
    "root": lambda m: m.polynomial_decay(0.1, 100, 0.0, power=0.5),
    "cycle": lambda m: m.polynomial_decay(0.1, 33, 0.001, power=1.5, cycle=True),
    "piecewise": lambda m: m.piecewise_constant([20, 70], [0.1, 0.05, 0.01]),
    "cosine": lambda m: m.cosine_decay(0.1, 100),
    "short": lambda m: m.cosine_decay(0.1, 60, 0.1),
    "waves": lambda m: m.linear_cosine_decay(0.1, 100, num_periods=2.0),
    "restarts": lambda m: m.cosine_decay_restarts(0.1, 25),
}
MODES = {
    "restarts": lambda m, base: m.warm_restarts(base, 100),
    "restarts 2": lambda m, base: m.warm_restarts(base, 100, t_mul=2, m_mul=0.8),
    "restarts 1.5": lambda m, base: m.warm_restarts(base, 100, t_mul=1.5, m_mul=0.9, baseline=0.01),
    "restarts 1.1": lambda m, base: m.warm_restarts(base, 7, t_mul=1.1),
    "restarts of 2.5": lambda m, base: m.warm_restarts(base, 2.5, t_mul=3),
    "three restarts": lambda m, base: m.warm_restarts(base, 40, cycles=3, m_mul=0.5),
    "ever faster": lambda m, base: m.warm_restarts(base, 100, t_mul=0.5, cycles=6),
    "cyclic": lambda m, base: m.cyclic(base, 100),
    "cyclic uneven": lambda m, base: m.cyclic(base, 100, rise_steps=37, m_mul=0.9),
    "cyclic 1.5": lambda m, base: m.cyclic(base, 100, rise_steps=300, t_mul=1.5, baseline=0.02),
    "one cycle": lambda m, base: m.cyclic(base, 100, rise_steps=10, cycles=1),
    "expanding": lambda m, base: m.expanding_cycle(base, 100),
    "expanding 7": lambda m, base: m.expanding_cycle(base, 7),
}
PAIRS = list(itertools.product(BASES, MODES))


def counts_for(mode: str, many: int = 40) -> np.ndarray:
    rng = np.random.default_rng(sum(map(ord, mode)))
    begins = []
    for steps, t_mul in ((100, 1.5), (100, 2), (7, 1.1), (2.5, 3), (400, 1.5)):
        begins += itertools.islice(itertools.takewhile(lambda b: b < LAST, oracle.beginnings(steps, t_mul)), 60)
    some = [math.ceil(b) for b in rng.permutation(np.array(begins, object))[:many]]
    ks = [*range(4), *rng.integers(0, LAST // 100, 6).tolist()]
    special = around(*some, *(k * steps for steps in (7, 100, 137, 200, 400) for k in ks), LAST - 1)
    spread = [rng.integers(0, 1000, many), rng.integers(0, LAST, many), 10 ** rng.uniform(0, 9.33, many)]
    return np.unique(np.concatenate([special, *spread]).clip(0, LAST).astype(np.int32))


def want(function, counts) -> np.ndarray:
    return np.array([float(function(int(t))) for t in counts])


def scale(base: str) -> float:
    """The largest value that the base takes: all of these start there."""
    return float(BASES[base](oracle)(0))


# These are left to the slow run, and to the matrix of test_algebra.
LATER = {"constant", "cycle", "exponential", "inverse", "linear", "natural", "restarts", "short", "square", "waves"}


@pytest.mark.parametrize(
    ("base", "mode"), [pytest.param(*pair, marks=[pytest.mark.slow] if pair[0] in LATER else []) for pair in PAIRS]
)
def test_every_base_in_every_mode_is_within_2e_6_of_its_scale(base, mode):
    schedule, reference = (MODES[mode](m, BASES[base](m)) for m in (od, oracle))
    counts = counts_for(mode)
    exact = want(reference, counts)
    np.testing.assert_allclose(jitted(schedule, counts), exact, rtol=0, atol=2e-6 * scale(base))
    some = slice(None, None, 9)
    np.testing.assert_allclose(eager(schedule, counts[some]), exact[some], rtol=0, atol=2e-6 * scale(base))


@pytest.mark.slow
@pytest.mark.parametrize(("base", "mode"), PAIRS)
def test_every_base_in_every_mode_is_right_in_every_way(base, mode):
    schedule, reference = (MODES[mode](m, BASES[base](m)) for m in (od, oracle))
    counts = counts_for(mode, many=100)
    exact = want(reference, counts)
    for way in (jitted, scanned, vmapped, eager):
        np.testing.assert_allclose(way(schedule, counts), exact, rtol=0, atol=2e-6 * scale(base), err_msg=way.__name__)


FOREIGN = {
    "optax": (lambda: optax.cosine_decay_schedule(0.1, 100), lambda m: m.cosine_decay(0.1, 100)),
    "lambda": (lambda: lambda t: 0.1 / (1 + t / 100), lambda m: m.inverse_time_decay(0.1, 100, 1.0)),
    "number": (lambda: 0.1, lambda m: m.constant(0.1)),
}


@pytest.mark.parametrize("foreign", mostly_slow(FOREIGN, "optax"))
@pytest.mark.parametrize("mode", MODES)
def test_a_foreign_base_means_the_same_up_to_2_to_the_24(foreign, mode):
    make, twin = FOREIGN[foreign]
    schedule, reference = MODES[mode](od, make()), MODES[mode](oracle, twin(oracle))
    counts = counts_for(mode)
    counts = counts[counts <= 2**24]
    exact = want(reference, counts)
    np.testing.assert_allclose(jitted(schedule, counts), exact, rtol=0, atol=2e-7)
    np.testing.assert_allclose(eager(schedule, counts[::9]), exact[::9], rtol=0, atol=2e-7)


def test_a_polynomial_with_cycle_is_its_expanding_cycle():
    counts = counts_for("expanding")
    for power in (0.5, 1.0, 2.0, 2.5):
        decay = od.polynomial_decay(0.1, 100, 0.01, power)
        for way in (jitted, eager):
            np.testing.assert_allclose(
                way(decay.replace(cycle=True), counts), way(od.expanding_cycle(decay, 100), counts), rtol=0, atol=2e-7
            )


def test_cosine_decay_restarts_is_its_composition():
    counts = counts_for("restarts 1.5")
    named = od.cosine_decay_restarts(0.1, 100, t_mul=1.5, m_mul=0.9, alpha=0.1)
    composed = od.warm_restarts(od.cosine_decay(0.1, 100, 0.1), 100, t_mul=1.5, m_mul=0.9, baseline=0.1 * 0.1)
    np.testing.assert_array_equal(jitted(named, counts), jitted(composed, counts))


class TestBoundaries:
    line = od.linear_decay(1.0, 10)

    def test_a_restart_belongs_to_the_cycle_that_begins_and_the_end_is_never_shown(self):
        values = od.warm_restarts(self.line, 10)(np.arange(9, 12))
        np.testing.assert_allclose(values, [0.1, 1.0, 0.9], rtol=1e-6)

    def test_after_the_last_cycle_its_end_is_held(self):
        schedule = od.warm_restarts(self.line + 1, 5, cycles=2, m_mul=0.5)
        np.testing.assert_allclose(schedule(np.array([9, 10, 11, LAST])), [0.8, 0.75, 0.75, 0.75], rtol=1e-6)

    def test_an_expanding_cycle_shows_the_end_at_its_horizon(self):
        values = od.expanding_cycle(self.line, 10)(np.array([9, 10, 11, 20, 21]))
        np.testing.assert_allclose(values, [0.1, 0, 0.45, 0, 0.3], rtol=1e-5, atol=1e-7)

    def test_a_cycle_starts_low_peaks_and_ends_low(self):
        schedule = od.cyclic(self.line, 10, rise_steps=5)
        np.testing.assert_allclose(schedule(np.array([0, 4, 5, 6, 14, 15, 20])), [0, 0.8, 1, 0.9, 0.1, 0, 1], atol=1e-6)

    def test_a_baseline_holds_what_m_mul_shrinks_towards(self):
        for baseline in (0.5, -1.0, 2.0):
            schedule = od.warm_restarts(1.0, 10, m_mul=0.5, baseline=baseline)
            np.testing.assert_allclose(
                schedule(np.array([0, 10, 20])), baseline + (1 - baseline) * np.array([1, 0.5, 0.25]), rtol=1e-6
            )

    def test_m_mul_of_zero_leaves_the_first_cycle_alone(self):
        schedule = od.warm_restarts(self.line, 10, m_mul=0, baseline=0.3)
        for way in WAYS:
            np.testing.assert_allclose(way(schedule, np.array([0, 5, 10, 25], np.int32)), [1, 0.5, 0.3, 0.3], rtol=1e-6)


def test_cycles_far_apart_and_many_are_scaled_precisely():
    schedule = od.warm_restarts(1.0, 1, m_mul=0.9999999)
    counts = np.array([0, 1, 10**6, 10**8, 5 * 10**8], np.int32)
    np.testing.assert_allclose(jitted(schedule, counts), 0.9999999 ** counts.astype(float), rtol=1e-6)


@pytest.mark.parametrize(
    ("t_mul", "steps"),
    [("1.0002", "1"), ("1.0000001", "100.3")]
    + [pytest.param(*pair, marks=pytest.mark.slow) for pair in (("1.00001", "0.5"), ("1.000000001", "7"))],
)
def test_cycles_that_hardly_grow_are_told_apart_however_many_they_are(t_mul, steps):
    schedule = od.warm_restarts(od.linear_decay(1, float(steps)), float(steps), t_mul=float(t_mul))
    counts = np.array([0, 5, 100, 1000, 50_000, 10**6, 123_456_789, LAST - 1], np.int32)
    factor, first, gone = decimal.Decimal(t_mul), decimal.Decimal(steps), []
    with decimal.localcontext() as context:
        context.prec = 60
        for count in map(int, counts):
            index = int((1 + count * (factor - 1) / first).ln() / factor.ln() + decimal.Decimal(1).scaleb(-40))
            gone.append((count - first * (factor**index - 1) / (factor - 1)) / factor**index / first)
    for way in (eager, jitted):
        np.testing.assert_allclose(way(schedule, counts), [float(1 - share) for share in gone], rtol=0, atol=1e-6)


def test_the_program_does_not_grow_with_the_number_of_cycles():
    def operations(cycles, t_mul):
        schedule = od.warm_restarts(od.cosine_decay(0.1, 10), 10, t_mul=t_mul, cycles=cycles)
        return len(jax.make_jaxpr(schedule)(jnp.int32(3)).eqns)

    assert operations(2, 1) == operations(10**6, 1)
    assert operations(5, 2) == operations(20, 2)
