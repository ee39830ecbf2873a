"""Named compositions are what their definitions say."""

import jax
import numpy as np
import pytest

import optax_decay as od
from tests import oracle
from tests.examples import DECIMALS, EXAMPLES, NEAR, PRESETS, is_length
from tests.ways import assert_near, counts_for, eager, exact_values, in_ways, jitted, jitted_scalar


@in_ways(jitted, jitted_scalar, eager)
@pytest.mark.parametrize("n", [NEAR[0], DECIMALS])
@pytest.mark.parametrize("name", PRESETS)
def test_a_named_composition_is_its_definition(name, n, way):
    given = EXAMPLES[name].setting(n)
    schedule, reference = (EXAMPLES[name].make(m, **given) for m in (od, oracle))
    lengths = {value for key, value in given.items() if (is_length(key) or key == "step_size") and value}
    counts = counts_for(*lengths, 4000, many=16)
    want = exact_values(reference, counts)
    assert_near(way(schedule, counts), want, abs(want).max())


def test_cosine_decay_restarts_is_its_composition():
    counts = counts_for(100, t_muls=[1.5])
    named = od.cosine_decay_restarts(0.1, 100, t_mul=1.5, m_mul=0.9, alpha=0.1)
    composed = od.warm_restarts(od.cosine_decay(0.1, 100, 0.1), 100, t_mul=1.5, m_mul=0.9, baseline=0.1 * 0.1)
    np.testing.assert_array_equal(jitted(named, counts), jitted(composed, counts))


def test_one_cycle_may_begin_at_its_peak():
    counts = counts_for(100)
    falling = od.cosine_decay(0.1, 100, 1 / 25e4)
    for share in (0, 0.0, np.float32(0)):
        np.testing.assert_array_equal(
            jitted(od.one_cycle(0.1, 100, rise_fraction=share), counts), jitted(falling, counts)
        )
    traced = jax.jit(lambda share, counts: od.one_cycle(0.1, 100, rise_fraction=share)(counts))
    assert_near(traced(0.0, counts), jitted(falling, counts), 0.1)
