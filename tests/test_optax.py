"""Optax, for real: the rate that an optimizer applies, step by step, is the schedule's value at that step."""

from collections.abc import Callable
from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import optax_decay as od

SCHEDULES = {
    "stairs": od.exponential_decay(0.1, 5, 0.9, staircase=True),
    "restarts": od.warmup(od.cosine_decay_restarts(0.1, 7, t_mul=1.5), 3),
    "expanding": od.polynomial_decay(0.1, 6, 0.001, cycle=True),
    "cyclic": 0.5 * od.cyclic(od.linear_decay(0.1, 4), 4),
    "restarts of optax's": od.warm_restarts(optax.cosine_decay_schedule(0.1, 8), 8),
    "warmup to optax's": od.warmup(optax.exponential_decay(0.1, 4, 0.9), 5),
}
# Made with a schedule, and with a number.
OPTIMIZERS = {
    "sgd with momentum": (lambda s: optax.sgd(s, momentum=0.9), lambda r: optax.sgd(r, momentum=0.9)),
    "adamw": (lambda s: optax.adamw(s, weight_decay=0.1), lambda r: optax.adamw(r, weight_decay=0.1)),
    "lion": (optax.lion, optax.lion),
    "chain": (
        lambda s: optax.chain(optax.scale_by_adam(), optax.scale_by_schedule(-s)),
        lambda r: optax.chain(optax.scale_by_adam(), optax.scale(-r)),
    ),
}
CYCLIC = SCHEDULES["cyclic"]
COUNTS = np.arange(20, dtype=np.int32)
ONE, HALF = jnp.ones(2, jnp.float32), jnp.ones(2, jnp.bfloat16)
ONES = {"float32": ONE, "bfloat16": HALF}

Schedule = Callable[[Any], Any]
Step = Callable[[Any, Any], tuple[Any, Any]]


def eager(step: Step, carry: Any) -> Any:
    outputs = []
    for count in jnp.asarray(COUNTS):
        carry, output = step(carry, count)
        outputs.append(output)
    return jax.tree.map(lambda *leaves: np.stack(leaves), *outputs)


def looped(step: Step, carry: Any) -> Any:
    return eager(jax.jit(step), carry)


def scanned(step: Step, carry: Any) -> Any:
    return jax.device_get(jax.lax.scan(step, carry, COUNTS)[1])


slow = pytest.mark.slow
every_schedule = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
both_ways = pytest.mark.parametrize(
    ("way", "schedule"),
    [
        pytest.param(way, s, marks=[] if way is scanned or s is CYCLIC else [slow], id=f"{way.__name__}-{name}")
        for way in (scanned, looped)
        for name, s in SCHEDULES.items()
    ],
)


def on_ones(tx: Any, gradients: Any, *beside: Schedule) -> tuple[Step, Any]:
    """Steps on gradients of one that put out updates, and the schedules `beside` evaluated in the same program."""

    def step(state, count):
        updates, state = tx.update(gradients, state, gradients)
        return state, (updates, *(schedule(count) for schedule in beside))

    return step, tx.init(gradients)


def next_to(tx: Any, fixed: Callable[[Any], Any], schedule: Schedule, params: jax.Array) -> tuple[Step, Any]:
    """Training steps that put out the updates of `tx`, and those of `fixed` made with the schedule's number there."""

    def step(carry, count):
        params, state, twin = carry
        gradients = params * jnp.arange(1, params.size + 1, dtype=params.dtype)
        updates, state = tx.update(gradients, state, params)
        same, twin = fixed(schedule(count).astype(params.dtype)).update(gradients, twin, params)
        return (optax.apply_updates(params, updates), state, twin), (updates, same)

    return step, (params, tx.init(params), fixed(0.0).init(params))


def assert_is_the_schedule(rates: Any, schedule: Schedule) -> None:
    """Within 2 ulp: another program contracts and reorders the same operations otherwise."""
    np.testing.assert_array_max_ulp(rates, np.array([schedule(int(t)) for t in COUNTS]), maxulp=2)


def assert_minus(rates: Any, updates: Any) -> None:
    """What became of gradients of one, bit for bit."""
    np.testing.assert_array_equal(updates, -np.broadcast_to(rates[:, None], updates.shape))


@every_schedule
@pytest.mark.parametrize("way", [eager, looped, scanned], ids=lambda way: way.__name__)
def test_the_rate_sgd_applies_is_the_schedule_at_the_step_in_the_dtype_of_the_update(way, schedule):
    updates, rates = way(*on_ones(optax.sgd(schedule), ONES, schedule))
    for dtype, update in updates.items():
        assert update.dtype == dtype
        assert_minus(rates.astype(dtype), update)
    assert_is_the_schedule(rates, schedule)


@both_ways
@pytest.mark.parametrize("params", [ONE, pytest.param(HALF, marks=slow)], ids=ONES)
@pytest.mark.parametrize(("scheduled", "fixed"), OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_the_schedule_does_at_each_step_what_its_number_there_does(scheduled, fixed, params, way, schedule):
    updates, same = way(*next_to(scheduled(schedule), fixed, schedule, params))
    assert updates.dtype == params.dtype
    np.testing.assert_array_equal(updates, same)


class TestInjectHyperparams:
    @both_ways
    def test_the_rate_read_back_is_the_one_applied_and_the_schedule_at_the_step(self, way, schedule):
        tx = optax.inject_hyperparams(optax.sgd)(schedule)

        def step(state, count):
            updates, state = tx.update(ONE, state)
            return state, (updates, state.hyperparams["learning_rate"], schedule(count))

        updates, logged, rates = way(step, tx.init(ONE))
        np.testing.assert_array_equal(logged, rates)
        assert_minus(logged, updates)
        assert_is_the_schedule(logged, schedule)

    @both_ways
    def test_momentum_is_the_schedule_at_the_step(self, way, schedule):
        tx = optax.inject_hyperparams(optax.sgd)(0.1, momentum=schedule)
        updates, same = way(*next_to(tx, lambda momentum: optax.sgd(0.1, momentum), schedule, ONE))
        np.testing.assert_array_equal(updates, same)

    @both_ways
    def test_weight_decay_is_the_schedule_at_the_step(self, way, schedule):
        tx = optax.inject_hyperparams(optax.adamw)(1.0, weight_decay=schedule)

        def step(state, count):
            updates, state = tx.update(jnp.zeros(2), state, ONE)
            return state, (updates, schedule(count))

        updates, decays = way(step, tx.init(ONE))
        assert_minus(decays, updates)

    def test_each_hyperparameter_follows_a_schedule_of_its_own(self):
        schedules = {"learning_rate": CYCLIC, "b1": 1 - CYCLIC, "weight_decay": SCHEDULES["expanding"]}
        tx = optax.inject_hyperparams(optax.adamw)(**schedules)

        def step(state, count):
            _, state = tx.update(ONE, state, ONE)
            return state, (state.hyperparams, {name: schedule(count) for name, schedule in schedules.items()})

        logged, values = scanned(step, tx.init(ONE))
        for name, schedule in schedules.items():
            np.testing.assert_array_equal(logged[name], values[name])
            assert_is_the_schedule(logged[name], schedule)

    def test_other_numbers_in_the_schedule_do_not_retrace_the_train_step(self):
        @optax.inject_hyperparams
        def restarted(peak, steps, t_mul):
            return optax.sgd(od.warm_restarts(od.cosine_decay(peak, steps), steps, t_mul=t_mul))

        tx = restarted(peak=0.1, steps=jnp.int32(7), t_mul=2.0)
        chex.clear_trace_counter()

        @jax.jit
        @chex.assert_max_traces(n=1)
        def step(state):
            return tx.update(ONE, state)

        for peak, steps, t_mul in [(0.1, 7, 2.0), (0.2, 5, 1.5)]:
            state = tx.init(ONE)
            state.hyperparams.update(peak=jnp.float32(peak), steps=jnp.int32(steps), t_mul=jnp.float32(t_mul))
            schedule = od.warm_restarts(od.cosine_decay(peak, steps), steps, t_mul=t_mul)
            for count in range(12):
                updates, state = step(state)
                np.testing.assert_allclose(updates, -np.full(2, schedule(count)), rtol=0, atol=2e-7)


@both_ways
def test_multi_steps_counts_updates_applied_not_mini_batches(way, schedule):
    tx = optax.MultiSteps(optax.sgd(schedule), every_k_schedule=3)
    updates, rates = way(*on_ones(tx, ONES, lambda count: schedule(count // 3)))
    for dtype, update in updates.items():
        assert update.dtype == dtype
        assert_minus(np.where(COUNTS % 3 == 2, rates, 0).astype(dtype), update)
    assert_is_the_schedule(rates, lambda count: schedule(count // 3))


@pytest.mark.parametrize("way", [scanned, pytest.param(looped, marks=slow)], ids=lambda way: way.__name__)
def test_multi_transform_gives_each_group_its_own_schedule(way):
    labels = {name: name for name in SCHEDULES}
    tx = optax.multi_transform({name: optax.sgd(s) for name, s in SCHEDULES.items()}, labels)
    updates, *rates = way(*on_ones(tx, dict.fromkeys(SCHEDULES, ONES), *SCHEDULES.values()))
    for (name, schedule), rate in zip(SCHEDULES.items(), rates, strict=True):
        for dtype, update in updates[name].items():
            assert_minus(rate.astype(dtype), update)
        assert_is_the_schedule(rate, schedule)


@both_ways
def test_join_schedules_of_ours_applies_each_from_its_boundary_as_sequence_does(way, schedule):
    joined = optax.join_schedules([CYCLIC, schedule], [7])
    updates, rates = way(*on_ones(optax.sgd(joined), ONE, joined))
    assert_minus(rates, updates)
    assert_is_the_schedule(rates, lambda count: CYCLIC(count) if count < 7 else schedule(count - 7))
    assert_is_the_schedule(rates, od.sequence((CYCLIC, 7), schedule))


def test_multi_steps_trains_on_growing_batches_by_whole_numbers():
    every = od.cast(od.piecewise_constant([3], [1, 4]), "int32")
    tx = optax.MultiSteps(optax.sgd(0.1), every_k_schedule=every)

    def step(carry, _):
        params, state = carry
        updates, state = tx.update(params, state, params)
        return (optax.apply_updates(params, updates), state), params[0]

    values = scanned(step, (ONE, tx.init(ONE)))
    # After the mini-batches 0, 1, 2 and 3, of one each, and after 7, 11 and 15.
    np.testing.assert_allclose(values, 0.9 ** np.searchsorted([0, 1, 2, 3, 7, 11, 15], COUNTS), rtol=1e-6)


class TestBfloat16ParametersInScan:
    """Optax casts a scheduled rate to the update; a scheduled hyperparameter, and an update by hand, want `cast`."""

    CAST = od.cast(CYCLIC, "bfloat16")
    REFUSED = "carry input and carry output must have equal types"

    @staticmethod
    def trained(tx: Any) -> Any:
        """The updates of training steps in a scan, which refuses parameters or a state that change their dtype."""

        def step(carry, _):
            params, state = carry
            updates, state = tx.update(params, state, params)
            return (optax.apply_updates(params, updates), state), updates

        return scanned(step, (HALF, tx.init(HALF)))

    @pytest.mark.parametrize(
        ("scheduled", "fixed"),
        [
            (optax.sgd, optax.sgd),
            *OPTIMIZERS.values(),
            (lambda s: optax.MultiSteps(optax.adamw(s), 1), optax.adamw),
            (lambda s: optax.multi_transform({"all": optax.adamw(s)}, "all"), optax.adamw),
        ],
        ids=["sgd", *OPTIMIZERS, "MultiSteps", "multi_transform"],
    )
    def test_work_as_they_are(self, scheduled, fixed):
        updates, same = scanned(*next_to(scheduled(CYCLIC), fixed, CYCLIC, HALF))
        assert updates.dtype == jnp.bfloat16
        np.testing.assert_array_equal(updates, same)

    @pytest.mark.parametrize(
        "make",
        [
            optax.inject_hyperparams(optax.sgd),
            optax.inject_hyperparams(optax.adamw),
            optax.inject_hyperparams(optax.lion),
            lambda s: optax.inject_hyperparams(optax.adamw)(0.1, weight_decay=s),
            lambda s: optax.MultiSteps(optax.inject_hyperparams(optax.adamw)(s), 2),
        ],
        ids=["sgd", "adamw", "lion", "weight_decay", "MultiSteps"],
    )
    def test_get_float32_updates_from_inject_hyperparams_and_bfloat16_ones_with_cast(self, make):
        assert self.trained(make(CYCLIC)).dtype == jnp.float32
        assert self.trained(make(self.CAST)).dtype == jnp.bfloat16

    def test_train_by_a_cast_and_what_is_made_of_it_under_inject_hyperparams(self):
        make = optax.inject_hyperparams(optax.adamw, static_args=("b1", "b2", "eps"))
        updates = self.trained(make(self.CAST, weight_decay=0.1 * self.CAST))
        assert updates.dtype == jnp.bfloat16
        assert np.isfinite(updates.astype(np.float32)).all()

    def test_get_the_rate_from_inject_hyperparams_in_float32_and_with_cast_in_bfloat16(self):
        for schedule, dtype in (CYCLIC, jnp.float32), (self.CAST, jnp.bfloat16):
            updates, rates = scanned(*on_ones(optax.inject_hyperparams(optax.sgd)(schedule), HALF, CYCLIC))
            assert_minus(rates.astype(dtype), updates)

    @pytest.mark.parametrize(
        "make",
        [
            lambda s: optax.inject_hyperparams(optax.sgd)(0.1, momentum=s),
            lambda s: optax.inject_hyperparams(optax.adamw)(0.1, b1=s),
        ],
        ids=["momentum", "b1"],
    )
    def test_want_cast_where_a_scheduled_hyperparameter_enters_the_state(self, make):
        with pytest.raises(TypeError, match=self.REFUSED):
            self.trained(make(CYCLIC))
        assert self.trained(make(self.CAST)).dtype == jnp.bfloat16

    def test_want_cast_in_an_update_written_by_hand_which_is_then_that_of_sgd(self):
        def beside_sgd(rate):
            tx = optax.sgd(CYCLIC)

            def step(carry, count):
                by_hand, params, state = carry
                by_hand = by_hand - rate(count) * by_hand
                updates, state = tx.update(params, state)
                params = optax.apply_updates(params, updates)
                return (by_hand, params, state), (by_hand, params)

            return step, (HALF, HALF, tx.init(HALF))

        with pytest.raises(TypeError, match=self.REFUSED):
            scanned(*beside_sgd(CYCLIC))
        np.testing.assert_array_equal(*scanned(*beside_sgd(self.CAST)))
