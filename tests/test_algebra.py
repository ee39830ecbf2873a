"""Every decay under every combinator, and nests of them, against the exact oracle: concrete, traced, in every way."""

from functools import lru_cache

import jax
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import optax_decay as od
from tests import oracle
from tests.examples import COMBINATORS, DECAYS, DECIMALS, EXAMPLES, FAR, MODES, NEAR, PEAKS, is_length
from tests.runs import mostly_slow
from tests.ways import (
    LAST,
    around,
    assert_close,
    assert_near,
    counts_for,
    eager,
    exact_values,
    in_ways,
    jitted,
    padded,
    scanned,
    together,
    vmapped,
)  # fmt: skip

DEFINED = [name for name in DECAYS if hasattr(oracle, EXAMPLES[name].factory)]
COMBINED = [name for name in COMBINATORS if hasattr(oracle, EXAMPLES[name].factory)]
# A traced t_mul that is no whole number is less exact: tests/test_transforms.py sweeps it.
TRACED = [name for name in COMBINED if name not in ("warm_restarts, ever shorter",) and "real" not in name]
QUICK = ["exponential_decay in stairs", "polynomial_decay", "piecewise_constant", "cosine_decay"]


def combined(m, combinator, decay, n):
    base, example = EXAMPLES[decay], EXAMPLES[combinator]
    return example.over(m, base.make(m, **base.setting(n)), **example.own(n))


def lengths(*examples, n):
    given = [value for name in examples for key, value in EXAMPLES[name].setting(n).items() if is_length(key)]
    return [length for value in given for length in (value if isinstance(value, tuple) else [value]) if length > 0]


@lru_cache
def counts_of(combinator, n):
    t_mul = EXAMPLES[combinator].setting(n).get("t_mul", 1.5)
    own = EXAMPLES[combinator].own(n)
    steps = {abs(value) for key, value in own.items() if is_length(key) and value}
    counts = counts_for(*steps, *lengths("cosine_decay", n=n), t_muls=[t_mul] if t_mul > 1 else [], seed=n, many=16)
    # What a clock moves past the last count is held there: a definition goes on.
    fastest = max(own.get("amount", 1), 1 / own.get("factor", 1), 1)
    return counts[(counts.astype(np.int64) - min(own.get("steps", 0), 0)) * fastest <= LAST]


@lru_cache
def wanted(combinator, decay, n):
    return exact_values(combined(oracle, combinator, decay, n), counts_of(combinator, n))


def assert_right(values, combinator, n, decays, subtests, some=slice(None)):
    for decay, got in zip(decays, values, strict=True):
        want = wanted(combinator, decay, n)
        with subtests.test(f"{decay}, setting {n}"):
            assert_close(got, want[some], 2e-6, least=PEAKS[n])


@pytest.mark.parametrize("combinator", mostly_slow(TRACED, "warm_restarts", "cyclic"))
def test_every_decay_under_every_combinator_traced_is_within_2e_6_of_scale(combinator, subtests):
    @jax.jit
    def run(counts, bases, own):
        made = [EXAMPLES[decay].make(od, **bases[decay]) for decay in DEFINED]
        return [EXAMPLES[combinator].over(od, base, **own)(counts) for base in made]

    for n in (*NEAR, FAR):
        counts, bases = counts_of(combinator, n), {decay: EXAMPLES[decay].setting(n) for decay in DEFINED}
        values = run(padded(counts), bases, EXAMPLES[combinator].own(n))
        assert_right([v[: counts.size] for v in values], combinator, n, DEFINED, subtests)


@pytest.mark.parametrize("n", mostly_slow([0, DECIMALS], DECIMALS))
@pytest.mark.parametrize("combinator", COMBINED)
def test_decays_of_every_kind_under_every_combinator_are_within_2e_6_of_scale(combinator, n, subtests):
    schedules = [combined(od, combinator, decay, n) for decay in QUICK]
    counts, some = counts_of(combinator, n), slice(None, None, 9)
    assert_right(jitted(together(schedules), counts).T, combinator, n, QUICK, subtests)
    assert_right([eager(s, counts[some]) for s in schedules], combinator, n, QUICK, subtests, some)


@pytest.mark.slow
@in_ways(jitted, scanned, vmapped, eager)
@pytest.mark.parametrize("n", mostly_slow([0, DECIMALS], DECIMALS))
@pytest.mark.parametrize("combinator", COMBINED)
def test_every_decay_under_every_combinator_is_within_2e_6_of_scale_in_every_way(combinator, n, way, subtests):
    schedules, counts = [combined(od, combinator, decay, n) for decay in DEFINED], counts_of(combinator, n)
    values = [eager(s, counts) for s in schedules] if way is eager else way(together(schedules), counts).T
    assert_right(values, combinator, n, DEFINED, subtests)


FOREIGN = {
    "optax": (lambda: optax.cosine_decay_schedule(0.5, 100), lambda m: m.cosine_decay(0.5, 100)),
    "lambda": (lambda: lambda t: 0.5 / (1 + t / 100), lambda m: m.inverse_time_decay(0.5, 100, 1.0)),
    "number": (lambda: 0.5, lambda m: m.constant(0.5)),
}


@pytest.mark.parametrize("foreign", mostly_slow(FOREIGN, "optax"))
@pytest.mark.parametrize("combinator", mostly_slow(COMBINED, *MODES))
def test_a_foreign_base_means_the_same_up_to_2_to_the_24(foreign, combinator):
    (make, twin), example = FOREIGN[foreign], EXAMPLES[combinator]
    schedule, reference = (
        example.over(m, base, **example.own(0)) for m, base in ((od, make()), (oracle, twin(oracle)))
    )
    counts = counts_of(combinator, 0)
    counts = counts[counts <= 2**24]
    want = exact_values(reference, counts)
    assert_near(jitted(schedule, counts), want, 0.5)
    assert_near(eager(schedule, counts[::9]), want[::9], 0.5)


BINARY = [1, 2, 3, 7, 10, 50, 100, 1000, 12_345, 2**20 + 1, 10**8, 2.5, 0.5, 10.875]


@st.composite
def drawn(draw, example, traced):
    """Hyperparameters of an example, and the lengths among them."""
    given = example.setting(draw(st.sampled_from(NEAR if traced else [*NEAR, DECIMALS])))
    own = {name: value for name, value in given.items() if is_length(name) and not isinstance(value, tuple)}
    some = st.sampled_from(BINARY if traced else [*BINARY, 97.3, 100 / 3, 1000 / 7, 3128.0853])
    steps = {name: draw(some) * (-1 if value < 0 else 1) for name, value in own.items()}
    return given | steps, list(steps.values())


@st.composite
def nests(draw, depth, traced=False):
    """A function from a module and hyperparameters to a schedule of at most `depth` combinators, the hyperparameters,
    the lengths among them, and how fast it counts."""
    if depth == 0 or not draw(st.integers(0, 4)):
        decay = EXAMPLES[draw(st.sampled_from(DEFINED))]
        given, steps = draw(drawn(decay, traced))
        return (lambda m, given: decay.make(m, **given[0])), [given], steps, 1
    combinator = EXAMPLES[draw(st.sampled_from(TRACED if traced else COMBINED))]
    given, steps = draw(drawn(combinator, traced))
    base, inner_given, inner, speed = draw(nests(depth - 1, traced))
    own = {key: value for key, value in given.items() if key not in ("peak", "base_steps")}
    factor = own.get("amount", 1 / own.get("factor", 1))
    if factor != 1:
        # A part of a step is known to 2**-33 of one: after a billion cycles a root of what is left of one is not right.
        speed = max(speed, 64) * max(factor, 1)
    make = lambda m, given: combinator.over(m, base(m, given[1:]), **given[0])  # noqa: E731
    return make, [own, *inner_given], [*steps, *inner], speed


def counts_of_nest(nest, seed):
    _, _, steps, speed = nest
    counts = counts_for(*map(abs, steps), seed=seed)
    # No count and no number of stages goes beyond the last: what does is held.
    ahead, shortest = -sum(n for n in steps if n < 0), min([1, *map(abs, steps)])
    return counts[(counts.astype(np.int64) + ahead) * speed <= LAST * shortest]


def check_nest(nest, seed, *ways):
    make, given, *_ = nest
    schedule, counts = make(od, given), counts_of_nest(nest, seed)
    want = exact_values(make(oracle, given), counts)
    for way in ways:
        assert_close(way(schedule, counts), want, 2e-6, least=0.5)
    assert_close(eager(schedule, counts[::11]), want[::11], 2e-6, least=0.5)


@given(nest=nests(3), seed=st.integers(0, 2**16))
@settings(max_examples=25, derandomize=True)
def test_hypothesis_finds_no_nest_that_is_off(nest, seed):
    check_nest(nest, seed, jitted)


@pytest.mark.slow
@given(nest=nests(4), seed=st.integers(0, 2**16))
@settings(max_examples=100, derandomize=True)
def test_hypothesis_finds_no_deep_nest_that_is_off_in_any_way(nest, seed):
    check_nest(nest, seed, jitted, vmapped, scanned)


@pytest.mark.slow
@given(nest=nests(3, traced=True), seed=st.integers(0, 2**16))
@settings(max_examples=40, derandomize=True)
def test_hypothesis_finds_no_traced_nest_that_is_off(nest, seed):
    make, given, *_ = nest
    counts = counts_of_nest(nest, seed)
    want = exact_values(make(oracle, given), counts)
    assert_close(jax.jit(lambda given, counts: make(od, given)(counts))(given, counts), want, 2e-6, least=0.5)


@in_ways(jitted, eager)
@pytest.mark.parametrize(
    "nest",
    [
        lambda m: m.warmup(m.warm_restarts(m.sequence((m.linear_decay(0.5, 70), 50), 0.1), 100, t_mul=1.5), 33),
        lambda m: m.stretch(m.exponential_decay(0.5, 11, 0.5, staircase=True), 3),
        lambda m: m.expanding_cycle(m.sequence((m.cosine_decay(0.5, 60), 60), m.rex_decay(0.3, 40)), 100),
        lambda m: m.stretch(m.stretch(m.staircase(m.linear_decay(0.5, 10**6), 7), 3), 7),
    ],
)
def test_exactness_composes(nest, way):
    counts = counts_for(100, 33, t_muls=[1.5])
    ends = [b for b in counts if b < LAST - 40]
    counts = np.unique(np.concatenate([counts, around(*(33 + int(b) for b in ends), 10**9, 33 * 6 * 10**7)]))
    assert_near(way(nest(od), counts), exact_values(nest(oracle), counts), 0.5)
