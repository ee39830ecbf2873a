"""Combinators that change a value: its bounds, its dtype, its noise, the hyperparameters it is made of."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import optax_decay as od
from tests import oracle
from tests.ways import eager, eager_array, exact_values, in_every_way

COUNTS = np.array([0, 1, 250, 499, 500, 999], np.int32)
PEAK = od.cosine_decay(0.1, 1000)
SCHEDULED = od.scheduled(od.polynomial_decay, init_value=PEAK, decay_steps=500, end_value=0.0)


def test_cast_gives_its_dtype_and_nothing_else_does():
    half = od.cast(od.linear_decay(0.1, 10), jnp.bfloat16)
    for value in (half(3), jax.jit(half)(3), half(np.arange(3)), (0.5 * half)(3), od.as_schedule(half)(3)):
        assert value.dtype == jnp.bfloat16
    assert half(np.arange(3)).shape == (3,)
    assert od.as_schedule(lambda t: jnp.bfloat16(0.1))(3).dtype == jnp.float32
    assert repr(half) == "cast(linear_decay(0.1, 10), 'bfloat16')"


HALF = od.cast(od.cosine_decay(0.1, 100), "bfloat16")
COMBINED = {
    "c * 0.1": (HALF * 0.1, "bfloat16"),
    "0.1 + c": (0.1 + HALF, "bfloat16"),
    "2 / c": (2 / HALF, "bfloat16"),
    "c ** 2": (HALF**2, "bfloat16"),
    "c - c": (HALF - od.cast(0.05, "bfloat16"), "bfloat16"),
    "c * weak": (HALF * jnp.asarray(0.5), "bfloat16"),
    "c * schedule": (HALF * od.cosine_decay(0.1, 100), "float32"),
    "c * lambda": (HALF * (lambda count: 0.5), "float32"),
    "c * array": (HALF * jnp.float32(0.5), "float32"),
    "c * float16": (HALF * od.cast(0.5, "float16"), "float32"),
    "sequence with numbers": (od.sequence((0.1, 3), (HALF, 20), 0.3), "bfloat16"),
    "sequence with a schedule": (od.sequence((0.1, 3), (HALF, jnp.int32(20)), od.linear_decay(0.1, 9)), "float32"),
    "warmup": (od.warmup(HALF, 10, init_value=0.01), "bfloat16"),
    "warmup by a shape": (od.warmup(HALF, 10, shape=od.polynomial_decay(1, 1, 0, 2)), "bfloat16"),
    "cooldown": (od.cooldown(HALF, 3, 10, end_value=0.01), "bfloat16"),
    "jitter": (od.jitter(HALF, 0, 0.1), "bfloat16"),
    "clip": (od.clip(HALF, min_value=0.0973), "bfloat16"),
    "restarts": (od.warm_restarts(HALF, 3, m_mul=0.5, baseline=0.01), "bfloat16"),
    "float8": (od.warmup(od.cast(0.1, "float8_e4m3fn"), 10) * 0.5, "float8_e4m3fn"),
    "float16, below its least normal number": (3 * od.cast(1.23e-6, "float16"), "float16"),
    "scheduled": (od.scheduled(od.warmup, base=HALF, steps=od.linear_decay(20, 10, 10)), "bfloat16"),
    "scheduled numbers": (od.scheduled(od.cosine_decay, init_value=HALF, decay_steps=9), "float32"),
    "scheduled traced": (od.scheduled(od.cast, base=0.1 * od.constant(jnp.float32(2)), dtype="float16"), "float16"),
}


@pytest.mark.parametrize(("schedule", "dtype"), COMBINED.values(), ids=COMBINED)
def test_what_combines_casts_has_one_dtype_and_the_same_values_in_every_mode(schedule, dtype):
    with jax.numpy_dtype_promotion("strict"):
        values = [schedule(5), jax.jit(schedule)(5), jax.lax.scan(lambda _, t: (0, schedule(t)), 0, jnp.array([5]))[1]]
    assert [value.dtype for value in values] == [jnp.dtype(dtype)] * 3
    called, jitted, scanned = (float(value.squeeze()) for value in values)
    assert jitted == scanned
    np.testing.assert_allclose(called, jitted, rtol=2e-7)


def test_a_cast_is_rounded_before_what_combines_it():
    half, tenth = od.cast(0.1, "bfloat16"), float(jnp.bfloat16(0.1))
    schedule = od.cast(half, "float32") * od.constant(1.0) - 0.1
    for value in (schedule(5), jax.jit(schedule)(5), jax.grad(lambda t: schedule(t) * t)(1.0)):
        np.testing.assert_allclose(value, tenth - 0.1, rtol=1e-3)


@pytest.mark.parametrize("other", [od.constant(0.1), od.cast(0.1, "float8_e5m2"), od.cast(0.1, "bfloat16")])
def test_8_bit_floats_are_refused_beside_other_dtypes(other):
    with pytest.raises(ValueError, match=r"and float8_e4m3fn have no dtype in common|float8_e5m2 have no dtype"):
        od.cast(0.1, "float8_e4m3fn") * other


def test_a_dtype_of_64_bits_is_refused_where_jax_has_none():
    for dtype in ("float64", "int64", np.uint64):
        with pytest.raises(ValueError, match="`dtype` may have 64 bits only under `jax_enable_x64`, got"):
            od.cast(0.1, dtype)
    with jax.enable_x64(True):
        wide = od.cast(0.1, "float64")
        assert (wide * od.cast(1.0, "float32"))(3) == 0.1
    assert wide(3).dtype == jnp.float32


@pytest.mark.parametrize("dtype", [np.arange(3), jnp.arange(3), jnp.float32(1), np.float32(1), None, HALF])
def test_a_dtype_is_no_array(dtype):
    with pytest.raises(TypeError, match="`dtype` must be a float or integer dtype"):
        od.cast(0.1, dtype)


class TestWholeNumbers:
    @in_every_way
    @pytest.mark.parametrize("dtype", ["int32", "uint8"])
    def test_are_the_nearest_and_of_two_the_greater(self, dtype, way):
        counts = np.arange(22)  # every other value lies halfway between two whole numbers
        schedule, reference = (m.cast(m.linear_decay(5, 20, -5), dtype) for m in (od, oracle))
        values = way(schedule, counts)
        assert values.dtype == jnp.dtype(dtype)
        np.testing.assert_array_equal(values, exact_values(reference, counts))

    @in_every_way
    def test_a_half_rounds_up_however_it_was_computed(self, way):
        # In float32 the tenths lie above and below the halves.
        schedule = od.cast(od.polynomial_decay(0.1, 1000, 100.1, 1.0) - 0.1, "int32")
        counts = np.arange(5, 1000, 10)
        np.testing.assert_array_equal(way(schedule, counts), counts // 10 + 1)

    @pytest.mark.parametrize(
        ("value", "dtype", "want"),
        [
            (3e9, "int32", 2**31 - 1), (-3e9, "int32", -(2**31)), (2.0**31 - 128, "int32", 2**31 - 128),
            (np.inf, "int32", 2**31 - 1), (-np.inf, "int16", -(2**15)), (np.nan, "int32", 0), (np.nan, "uint8", 0),
            (8388609.0, "int32", 8388609), (100_000.25, "int32", 100_000), (-0.5, "int8", 0), (-1.5, "int8", -1),
            (300, "uint8", 255), (-1, "uint8", 0), (2.4999, "int32", 2), (1e30, "uint32", 2**32 - 1),
            (99, "int4", 7),
        ],
    )  # fmt: skip
    def test_are_held_within_their_range_and_0_stands_for_what_is_no_number(self, value, dtype, want):
        for base in (lambda count: value, lambda count: jnp.float32(value) + 0 * count):
            whole = od.cast(base, dtype)
            for got in (whole(3), jax.jit(whole)(3), whole(np.arange(2))[0]):
                assert got.dtype == jnp.dtype(dtype)
                assert not got.weak_type
                assert int(got) == want

    def test_under_x64_are_of_64_bits_too(self):
        with jax.enable_x64(True), jax.debug_nans(True):
            for value, want in [(2.5 + 2**40, 2**40 + 3), (1e300, 2**63 - 1), (-1e300, -(2**63))]:
                whole = od.cast(value, "int64")
                assert whole(3) == jax.jit(whole)(3) == want
                assert whole(3).dtype == jnp.int64

    def test_what_combines_them_gives_floats(self):
        whole = od.cast(od.linear_decay(9.0, 10), "int32")
        for schedule in (0.5 * whole, -whole, od.delay(whole, 1), od.warm_restarts(whole, 5, m_mul=0.5), whole + whole):
            with jax.numpy_dtype_promotion("strict"):
                for value in (schedule(5), jax.jit(schedule)(5), schedule(np.arange(3))):
                    assert value.dtype == jnp.float32
        assert od.warm_restarts(whole, 5, m_mul=0.5)(np.arange(6))[5] == 4.5


@in_every_way
def test_clip_holds_the_value_between_its_bounds(way):
    schedule = od.clip(od.linear_decay(1.0, 10), min_value=0.25, max_value=0.75)
    np.testing.assert_allclose(way(schedule, np.array([0, 5, 10], np.int32)), [0.75, 0.5, 0.25])


def test_jitter_draws_the_same_for_a_count_and_its_fractions():
    schedule = od.jitter(1.0, 7, 0.1)
    assert schedule(5) == schedule(5.75) != schedule(6)
    counts = np.arange(4000)
    values = eager_array(schedule, counts)
    np.testing.assert_allclose(eager(schedule, counts[:5]), values[:5], rtol=3e-7)
    assert abs(values.mean() - 1) < 0.01
    assert abs(values.std() - 0.1) < 0.005


class TestScheduled:
    @in_every_way
    def test_hyperparameters_are_evaluated_at_the_count(self, way):
        want = [float(PEAK(int(t))) * max(1 - t / 500, 0) for t in COUNTS]
        np.testing.assert_allclose(way(SCHEDULED, COUNTS), want, rtol=1e-5, atol=1e-9)

    def test_it_prints_and_is_made_again_as_a_call_of_its_own(self):
        assert repr(SCHEDULED).startswith(
            "scheduled(polynomial_decay, init_value=cosine_decay(0.1, 1000), decay_steps=500"
        )
        assert SCHEDULED.replace(decay_steps=100) == od.scheduled(
            od.polynomial_decay, init_value=PEAK, decay_steps=100, end_value=0.0
        )

    @in_every_way
    def test_any_callable_is_evaluated_where_a_number_belongs(self, way):
        @od.schedule
        def line(start, slope):
            return lambda count: start + slope * count

        rates = {"init_value": optax.linear_schedule(1.0, 0.5, 1000), "decay_steps": lambda t: 1000 + t}
        schedule = od.scheduled(od.linear_decay, **rates) + od.scheduled(line, start=lambda t: 0.5 * t, slope=1)
        want = [(1 - t / 2000) * (1 - t / (1000 + t)) + 1.5 * t for t in COUNTS.astype(float)]
        np.testing.assert_allclose(way(schedule, COUNTS), want, rtol=1e-6)

    def test_what_a_factory_takes_for_itself_is_passed_on(self):
        assert od.scheduled(od.cast, base=PEAK, dtype=jnp.bfloat16)(5).dtype == jnp.bfloat16
        assert od.scheduled(od.delay, base=lambda t: 2 * t, steps=lambda t: 3)(5) == 4

    @pytest.mark.parametrize("count", [0, 5, 10])
    def test_a_base_stays_a_schedule(self, count):
        schedule = od.scheduled(od.warm_restarts, base=od.linear_decay(1.0, 10), cycle_steps=10, m_mul=0.5)
        np.testing.assert_allclose(eager_array(schedule, [count]), [[1, 0.5, 0.5][count // 5]])


def test_seeds_of_64_bits_draw_each_their_own():
    seeds = (-(2**63), -(2**32), -1, 0, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1)
    assert len({float(od.jitter(0.1, seed, 0.1)(3)) for seed in seeds}) == len(seeds)


def test_a_count_of_nan_gives_what_moving_hyperparameters_make_of_it_in_every_mode():
    rate = od.scheduled(od.linear_decay, init_value=od.linear_decay(1.0, 10), decay_steps=5)
    for count in (float("nan"), np.float32("nan"), jnp.float32("nan"), np.array([np.nan])):
        assert np.isnan(rate(count)).all()
        assert np.isnan(jax.jit(rate)(count)).all()


@pytest.mark.parametrize("array", [np.zeros(3), jnp.zeros(3)], ids=["NumPy", "JAX"])
def test_an_array_is_no_dtype_and_no_shape(array):
    with pytest.raises(TypeError, match="`dtype` must be"):
        od.cast(0.1, array)
    with pytest.raises(TypeError, match="`shape` must be"):
        od.warmup(0.1, 10, shape=array)


def test_noise_at_a_count_beyond_every_integer_is_a_number():
    assert np.isfinite(od.stretch(od.jitter(0.1, 0, 0.1), 0.001)(16777217.25))
