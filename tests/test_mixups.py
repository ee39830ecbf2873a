"""Mix-ups are refused with the way out, and what only looks like one is taken."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import optax_decay as od

LR = od.cosine_decay(0.1, 100)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # Optax's order, and a value and a length that have changed places.
        ("linear_decay(0.1, 0.01, 1000)", "`decay_steps` is 0.01, .*`end_value` is 1000: the order is init_value"),
        ("polynomial_decay(0.1, 0.001, 1000)", "`decay_steps` is 0.001, .*`end_value` is 1000: the order is"),
        ("exponential_decay(0.1, 0.96, 1000)", "`decay_steps` is 0.96, .*`decay_rate` is 1000: the order is"),
        ("inverse_time_decay(0.1, 0.5, 1000)", "`decay_steps` is 0.5, .*`decay_rate` is 1000: the order is"),
        ("tanh_decay(0.1, 0.01, 1000)", "`decay_steps` is 0.01, .*`end_value` is 1000: the order is"),
        ("cosine_decay(1000, 0.1)", "`decay_steps` is 0.1, .*`init_value` is 1000: the order is"),
        ("cosine_decay(1000.0, 0.1)", r"`decay_steps` is 0.1, .*`init_value` is 1000\.0: the order is"),
        ("one_cycle(1000, 0.1)", "`total_steps` is 0.1, .*`peak_value` is 1000: the order is peak_value, total_steps"),
        ("triangular(0.1, 1000, 0.5)", "`step_size` is 0.5, .*`max_value` is 1000: the order is"),
        # Warm-ups, and rates and scales of any size, of few steps too.
        ("linear_decay(0.0, 0.1, 1000)", "`decay_steps` is 0.1, .*`end_value` is 1000: .* smaller factor of `stretch`"),
        ("linear_decay(1.0, 0.1, 1000)", "`decay_steps` is 0.1, .*`end_value` is 1000: the order is init_value"),
        ("linear_decay(3.0, 0.1, 1000)", "`decay_steps` is 0.1, .*`end_value` is 1000: the order is init_value"),
        ("linear_decay(1.0, 0.5, 1000)", "`decay_steps` is 0.5, .*`end_value` is 1000: the order is init_value"),
        ("linear_decay(0.1, 0.01, 100)", "`decay_steps` is 0.01, .*`end_value` is 100: the order is init_value"),
        ("exponential_decay(0.1, 0.5, 50)", "`decay_steps` is 0.5, .*`decay_rate` is 50: the order is init_value"),
        ("polynomial_decay(0.1, 0.001, 2.0, 1000)", "`decay_steps` is 0.001, .*`power` is 1000: the order is"),
        ("polynomial_decay(1.0, 0.0, 1.0, 1000)", r"got 0\.0, and `power` is 1000: the order is"),
        # So too where the end is 0, which no length may be.
        ("linear_decay(1e-3, 0.0, 10_000)", r"`decay_steps` must be positive, got 0\.0, and `end_value` is 10000: the"),
        ("linear_decay(1.0, 0, 10_000)", "got 0, and `end_value` is 10000: the order is init_value, decay_steps"),
        ("polynomial_decay(0.1, 0, 1000)", "got 0, and `end_value` is 1000: the order is init_value, decay_steps"),
        ("tanh_decay(0.1, 0.0, 1000)", r"got 0\.0, and `end_value` is 1000: the order is init_value, decay_steps"),
        ("linear_decay(0.1, 0, 1.0)", r"`decay_steps` must be positive, got 0\.\n"),
        # TensorFlow's step, left in its place.
        ("cosine_decay(0.1, 5, 1000)", "`alpha` is 1000, a share of `init_value`: .*`global_step`"),
        ("linear_decay(0.1, 5, 1000)", "`end_value` is 1000, and `init_value` 0.1: .*`global_step`.* To rise to 1000,"),
        # A share of the run where steps are wanted.
        ("warmup_cosine_decay(0.1, 0.1, 1000)", "`warmup_steps` is 0.1, .*`total_steps` is 1000: .* is 100 steps"),
        ("warmup_stable_decay(0.1, 0.05, 1000, 200)", "`warmup_steps` is 0.05, .* a share of 0.05 is 50 steps"),
    ],
)  # fmt: skip
def test_numbers_in_the_wrong_places_are_refused(text, words):
    with pytest.raises(ValueError, match=words):
        od.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        # Shares of the run, and epochs.
        "stretch(warmup_cosine_decay(0.1, 0.1, 1.0), 1000)", "warmup_cosine_decay(0.1, 0.5, 90)", "one_cycle(0.1, 0.5)",
        "stretch(warmup_cosine_decay(0.1, 1e-4, 1.0), 1e6)", "stretch(linear_decay(300.0, 0.1), 1000)",
        "exponential_decay(1000.0, 0.5, 0.9)", "one_cycle(1000.0, 1.0)", "stretch(cosine_decay(1000, 1), 0.1 * 500)",
        "stretch(linear_decay(0.5, 0.5, 100.0), 1e4)", "stretch(linear_decay(256, 0.1, 4096), 1e4)",
        "warmup_cosine_decay(1000.0, 0.5, 300)", "warmup(0.1, 0.5)", "piecewise_constant([0.3, 0.6], [1, 2, 3])",
        # Weights, temperatures, batch sizes, a range test.
        "linear_decay(0.0, 100, 1000.0)", "linear_decay(1, 1)", "linear_decay(0.0, 0.5, 1000.0)",
        "linear_decay(256, 0.5, 4096)", "linear_decay(100.0, 1000, 1)", "linear_decay(1, 100, 1000)",
        "polynomial_decay(0.5, 10_000, 100.0)", "exponential_decay(1e-7, 100, 1e8)", "cosine_decay(100.0, 5000, 0.01)",
        "exponential_decay(1000.0, 5000, 0.9)", "noam(512, 4000)", "linear_decay(0.1, 50, 100)",
        "linear_decay(0.01, 5, 100.0)", "linear_decay(1e-3, 0.5, 1.0)", "linear_decay(0.1, 0.05, 10)",
        # A length that means one step.
        "noam(512, 0.9999999999999999)", "cosine_decay(1000, 0.1 + 0.7 + 0.2)",
        # A short phase beside long ones.
        "cyclic(0.1, 10**8, rise_steps=0.5)", "cooldown(0.1, 900, 0.1)", "sequence((0.1, 0.1), (0.2, 900), 0.1)",
        "cosine_decay(0.1, 1000, 2)",
    ],
)  # fmt: skip
def test_real_values_lengths_and_units_are_taken(text):
    assert np.isfinite(od.parse(text)(1))


@pytest.mark.parametrize("kinds", [(jnp.float32, jnp.int32), (np.float32, np.int64), (jnp.bfloat16, jnp.float32)])
def test_numbers_of_jax_and_numpy_are_looked_at(kinds):
    real, whole = kinds
    for make, words in [
        (lambda: od.linear_decay(real(0.1), real(0.01), whole(1000)), "`decay_steps` is 0.01.*`end_value` is 1000"),
        (
            lambda: od.linear_decay(real(0.1), real(0.0), whole(1000)),
            "positive, got 0.0, and `end_value` is 10",
        ),
        (lambda: od.cosine_decay(real(0.1), 5, whole(1000)), "`alpha` is 1000.* a share of `init_value`"),
        (lambda: od.cosine_decay(whole(2000), real(0.1)), "`decay_steps` is 0.1.*`init_value` is 2000"),
        (lambda: od.warmup_cosine_decay(0.1, real(0.1), whole(1000)), "a share of 0.1.* is 100"),
    ]:
        with pytest.raises(ValueError, match=words):
            make()
    assert np.isfinite(od.noam(whole(512), real(1))(0))


def test_traced_numbers_are_not_looked_at():
    assert jax.jit(lambda n: od.linear_decay(0.1, n, 1000.0)(0))(0.01) == np.float32(0.1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cosine_decay(0.1, 100, end_value=1e-3)", "its end is `alpha`, a share of `init_value`"),
        ("exponential_decay(0.1, 100, 0.9, end_value=1e-3)", r"`clip\(\.\.\., min_value=\.\.\.\)`"),
        ("linear_cosine_decay(0.1, 1000, end_value=1e-3)", "its end is `beta`, a share of `init_value`, with the"),
        ("one_cycle(0.1, 1000, end_value=1e-3)", r"its end is peak_value / \(div_factor \* final_div_factor\)"),
        ("piecewise_constant([5], [1, 2], end_value=1)", "its end is the last of `values`"),
        ("warm_restarts(0.1, 10, end_value=1e-3)", "give it to the base, as `alpha` or `end_value`"),
        ("stretch(linear_decay(0.1, 10), 2, end_value=1e-3)", r"or `cooldown\(base, begin, steps, end_value=\.\.\.\)`"),
        ("triangular(0.1, 0.2, 10, end_value=1e-3)", "it goes on between `min_value` and `max_value`"),
        ("linear_decay(0.1, 100, alpha=0.1)", "its end is `end_value`, a value and no share of `init_value`"),
        ("one_cycle(0.1, 1000, alpha=0.1)", r"its end is peak_value / \(div_factor \* final_div_factor\)"),
        ("exponential_decay(0.1, 100, 0.9, alpha=0.1)", r"`clip\(\.\.\., min_value=\.\.\.\)`"),
        ("one_cycle(0.1, 1000, warmup_steps=10)", "its way up is `rise_fraction`, a share of `total_steps`"),
        ("cosine_decay(0.1, 1000, warmup_steps=10)", r"`warmup\(base, steps\)` warms any base up"),
        ("warmup(0.1, warmup_steps=10)", "it is `steps` here"),
        ("cosine_decay(0.1, total_steps=100)", "it is `decay_steps` here"),
        ("exponential_decay(0.1, total_steps=100, decay_rate=0.9)", r"it has no end, and `cooldown\(base, begin, st"),
        ("cosine_decay_restarts(0.1, total_steps=100)", "`first_decay_steps` are those of its first cycle"),
        ("warmup_cosine_decay(0.1, 10, decay_steps=100)", "it is `total_steps` here"),
        ("cosine_decay(0.1, transition_steps=100)", "it is `decay_steps` here"),
        ("cosine_decay(0.1, 100, exponent=2.0)", r"`schedule \*\* exponent`"),
        ("exponential_decay(0.1, 1000, 0.96, True)", "give the others by name, `staircase=True`"),
        ("polynomial_decay(0.1, 1000, 0.01, 1.0, True)", "give the others by name, `cycle=True`"),
        ("cosine_decay_restarts(0.1, 1000, 2.0)", r"give the others by name, `t_mul=2\.0`"),
        ("linear_cosine_decay(0.1, 1000, 0.5)", r"give the others by name, `num_periods=0\.5`"),
        ("exponential_decay(0.1, 5, 1000, 0.96)", "call the schedule with the count, TensorFlow's `global_step`"),
        ("warmup_cosine_decay(0.0, 1e-3, 1000, 10_000)",
         "takes peak_value, warmup_steps, total_steps in this order, got 4 .*: `init_value`, which Optax has first"),
        ("warmup_cosine_decay(0.1, 10, 1000, 0.01)", r"give the others by name, `init_value=0\.01`"),
        ("warmup(100, cosine_decay(0.1, 100))", r"takes the schedule first, warmup\(base, steps\): got 100 for `base`"),
        ("sequence([constant(1), constant(2)], [100])", r"give sequence\(\(a, 100\), b\) for what Optax joins"),
    ],
)  # fmt: skip
def test_an_error_says_what_to_do_instead(text, words):
    with pytest.raises(od.ParseError, match=words):
        od.parse(text)


def test_the_end_that_the_advice_names_is_the_end():
    assert od.linear_cosine_decay(0.1, 1000, beta=0.01)(1000) == np.float32(0.001)
    assert od.one_cycle(0.1, 1000, div_factor=5, final_div_factor=20)(1000) == np.float32(0.001)


@pytest.mark.parametrize(
    "use",
    [
        lambda grads: grads - LR * grads,
        lambda grads: LR * np.asarray(grads),
        lambda grads: optax.scale(-LR).update({"w": grads}, optax.ScaleState()),
        jax.jit(lambda grads: grads - LR * grads),
    ],
)
def test_a_schedule_in_the_place_of_its_value_is_refused(use):
    with pytest.raises(ValueError, match=r"call it with the count, or use optax\.scale_by_schedule"):
        use(jnp.ones(3))


@od.schedule
def returns_nothing(peak):
    pass


@od.schedule
def gives_nothing(peak):
    return lambda count: None


@od.schedule
def gives_three(peak):
    return lambda count: peak * jnp.ones(3)


@od.schedule
def decides(peak):
    return lambda count: peak if count < 5 else 0.0


@pytest.mark.parametrize(
    ("use", "kind", "words"),
    [
        (lambda: returns_nothing(0.1), TypeError, "`returns_nothing` must return a function of the count"),
        (lambda: gives_nothing(0.1)(3), TypeError, "`gives_nothing` must return a number at each count, got None"),
        (
            lambda: gives_three(0.1)(3),
            ValueError,
            r"`gives_three` must return one value .* of shape \(3,\) for a count",
        ),
        (lambda: jax.jit(gives_three(0.1))(3), ValueError, r"`gives_three` must return one value for each count"),
        (lambda: od.sample(decides(0.1), 10), TypeError, r"`decides` decides by the count .*jnp\.where"),
        (lambda: jax.jit(decides(0.1))(3), TypeError, r"`decides` decides by the count .*jnp\.where"),
        (lambda: decides(0.1)(jnp.arange(3)), TypeError, r"`decides` decides by the count .*jnp\.where"),
    ],
)
def test_a_fault_in_a_factory_of_ones_own_is_told_with_its_name(use, kind, words):
    with pytest.raises(kind, match=words):
        use()


def test_plain_python_decides_where_the_count_is_a_number():
    assert decides(0.1)(3) == np.float32(0.1)
    assert decides(0.1)(5) == 0
