"""A picture without a length shows until all has happened: each factory tells when that is."""

import itertools
import math

import jax.numpy as jnp
import numpy as np
import pytest

import optax_decay as od
from optax_decay._begins import begins
from optax_decay._ends import seen_until
from optax_decay._view import counts_shown
from tests.examples import EXAMPLES

BASE = od.linear_decay(0.1, 100)
RESTARTS = od.warm_restarts(BASE, 100)


@pytest.mark.parametrize(
    ("schedule", "until"),
    [
        (BASE, 100),
        (od.cosine_decay(jnp.float32(0.1), jnp.int32(70)), 70),
        (od.piecewise_constant([30, 60], [1, 2, 3]), 60),
        (od.piecewise_linear(jnp.array([-9, 60]), [1, 2]), 60),
        # Four cycles where they have no end, all where they have one.
        (RESTARTS, 400),
        (od.warm_restarts(BASE, 100, cycles=7), 700),
        (od.warm_restarts(BASE, 100, t_mul=2), 1500),
        (od.warm_restarts(BASE, 100, t_mul=0.5, cycles=3), 175),
        (od.cyclic(BASE, 100, rise_steps=20), 480),
        (od.expanding_cycle(BASE, 100), 400),
        (od.polynomial_decay(0.1, 100, cycle=True), 400),
        (od.delay(RESTARTS, -1_000), 400),
        (od.delay(od.warm_restarts(BASE, 100, t_mul=2), -700), 800 * 15),
        # Four of the times in which a decay without an end falls, and four stairs.
        (od.exponential_decay(0.1, 100, math.exp(-0.5)), 800),
        (od.exponential_decay(0.1, 100, math.exp(2)), 200),
        (od.exponential_decay(0.1, 100, 1), 400),
        (od.exponential_decay(0.1, 100, math.exp(-2), staircase=True), 400),
        (od.natural_exp_decay(0.1, 100, -0.5), 800),
        (od.inverse_time_decay(0.1, 100, 0.5), 800),
        (od.inverse_time_decay(0.1, 100, 4, staircase=True), 400),
        (od.inverse_sqrt_decay(0.1, 100), 400),
        (od.noam(512, 4000), 5 * 4000 - 1),
        # Of a callable of one's own nothing is known.
        (od.as_schedule(abs), 1000),
        (od.schedule(lambda: abs)(), 1000),
        (od.schedule(lambda: BASE)(), 100),
        (od.stretch(abs, 391), 391_000),
        # What holds a base.
        (od.delay(BASE, 30), 130),
        (od.stretch(RESTARTS, 2.5), 1000),
        (od.per_step(BASE, 4), 25),
        (od.reverse(BASE, 60), 60),
        (od.staircase(BASE, 30), 130),
        (od.sequence((RESTARTS, 250), (1, 50), BASE), 400),
        (od.sequence((RESTARTS, 250), 1), 250),
        (od.warmup(BASE, 30), 130),
        (od.warmup(0.1, 30), 30),
        (od.cooldown(RESTARTS, 1000, 50), 1050),
        (od.delay(od.warmup(BASE, 30), -10), 120),
        (0.5 * od.clip(RESTARTS, max_value=1) + od.cosine_decay(1, 700), 700),
        (od.scheduled(od.linear_decay, init_value=RESTARTS, decay_steps=od.constant(90), end_value=0), 400),
        (od.scheduled(od.linear_decay, init_value=1, decay_steps=od.linear_decay(900, 9, 1), end_value=0), 900),
        # Nothing happens.
        (od.constant(0.1), 0),
        (od.jitter(0.1, 0, 0.1), 0),
        (0.1, 0),
        # However long.
        (od.cyclic(BASE, 1.5e308), math.inf),
        (od.warm_restarts(BASE, 100, t_mul=2, cycles=10**30), math.inf),
    ],
    ids=str,
)  # fmt: skip
def test_all_has_happened_when_the_rule_says(schedule, until):
    assert seen_until(schedule) == pytest.approx(until, rel=1e-12)


# What goes on after the end, and why.
GOES_ON = {"constant": "nothing happens", "as_schedule": "of a constant", "schedule": "one's own", "jitter": "noise"}
FALLS_FOR_EVER = {"exponential_decay", "natural_exp_decay", "inverse_time_decay", "inverse_sqrt_decay", "noam"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_examples_values_show_that_all_has_happened(name):
    example = EXAMPLES[name]
    schedule = example.make(od, **example.setting(0))
    end = seen_until(schedule)
    cycles = list(itertools.takewhile(lambda step: step < end, begins(schedule, "cycle")))
    if example.factory in GOES_ON:
        return
    before, after = (
        np.array([schedule(math.ceil(part * end)) for part in parts])
        for parts in ((0, 0.3, 0.6, 0.75, 0.8, 0.95), (1, 1.01, 1.7, 2, 30))
    )
    if example.factory in FALLS_FOR_EVER:
        assert len(set(before)) > 3
        fallen = schedule(0 if example.factory != "noam" else 39) / after
        assert (np.maximum(fallen, 1 / fallen) > 2).all()
    elif len(set(after)) > 1:  # it has no end
        assert len(cycles) == 4 or example.factory == "exp_range"
    else:
        assert any(before != after[0])


def test_a_tenth_more_is_shown_in_whole_steps_or_parts_where_they_are_few():
    assert counts_shown([BASE, od.cosine_decay(1, 1000)]) == range(1100)
    assert counts_shown([od.constant(0.1)]) == range(1100)
    assert counts_shown([od.constant(0.1), RESTARTS]) == range(440)
    assert counts_shown([od.warm_restarts(BASE, 1, cycles=10**300)]) == range(2**53)
    for steps in (1.0, 90, 1e-9, 181):
        counts = counts_shown([od.warmup_cosine_decay(0.1, steps / 8, steps)])
        assert 200 <= len(counts) <= 402
        assert counts[-2] < steps + steps / 10 <= counts[-1]
        assert 1 in counts or steps < 1
