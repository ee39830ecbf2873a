"""Any count: whatever its kind, size and shape, the value is that of the same int, in one type; float64 under x64."""

import itertools
import math
from fractions import Fraction

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import optax_decay as od
from tests import oracle
from tests.derivatives import REFERENCE
from tests.examples import EXAMPLES
from tests.runs import VARIED, few, handful, mostly_slow, varied
from tests.ways import LAST, assert_close, eager, jitted, padded, together

# As int8 and bfloat16 hold them exactly.
SCALARS = np.array([0, 1, 7, 20, 40, 41, 63, 64, 99, 100, 101, 127], np.int32)
SMALL = padded(SCALARS)
INTEGERS, FLOATS = ("int8", "uint8", "int16", "uint16", "int32", "uint32"), ("float16", "bfloat16", "float32")
KINDS, WIDE = (*INTEGERS, *FLOATS), ("int64", "uint64", "float64")  # NumPy has the wide ones, JAX under x64

BEFORE = [
    *(-1, -(2**31), -(10**30), -0.0, -0.5, -1e300, -math.inf, np.int8(-1), np.int64(-(2**63)), np.float64(-3e9)),
    *(jnp.int8(-1), jnp.int32(-(2**31)), jnp.float32(-0.5), jnp.bfloat16(-3e9), jnp.float32(-jnp.inf)),
]
BEYOND = [jnp.int32(LAST), jnp.uint32(2**31), jnp.uint32(2**32 - 1), jnp.float32(1e30), jnp.bfloat16(2**31)]
# Python's and NumPy's have no end.
WITHOUT_END = [
    *(LAST, 2**31, 10**12, 2.0**31, np.uint32(2**32 - 1), np.int64(2**31)),
    *(np.int64(2**63 - 1), np.uint64(2**64 - 1), np.float32(2**31), np.float64(1e15)),
]
# Where the settings begin, end and jump, between, and far out.
FAR = [0, 1, 6, 7, 8, 20, 33, 40, 41, 63, 64, 99, 100, 101, 150, 200, 250, 475, 1000, 4321, 2**24 + 1, 10**8 + 7, LAST]
FARTHER = [2**31, 2**32 + 5, 10**12, 2**53 + 1, 2**60 + 12345, 2**63 - 1]  # for int64
EPOCHS = [0.25, 6.75, 7.5, 20.0625, 33.25, 39.875, 40.5, 63.75, 99.5, 100.5, 250.25, 1000.125]


def example(name, n=0):
    return EXAMPLES[name].make(od, **EXAMPLES[name].setting(n))


def exact(name, n, counts):
    """The oracle's values, at counts beyond the last one too."""
    reference = EXAMPLES[name].make(REFERENCE, **EXAMPLES[name].setting(n))
    return np.array([float(oracle.at(reference, Fraction(t))) for t in counts])


def assert_same(values, want, kind):
    """Bit for bit what an int gives for another integer, next to it for a float."""
    if "float" not in kind:
        np.testing.assert_array_equal(values, want, kind)
    assert_close(values, np.asarray(want, np.float64), 4 * 2.0**-24)


@handful
class TestTheValueIsThatOfTheSameInt:
    @pytest.mark.lowest
    def test_for_arrays_of_any_kind(self, name):
        schedule = example(name)
        values = schedule(jnp.asarray(SMALL))
        for kind in (*KINDS, *WIDE):
            counts = SMALL.astype(jnp.dtype(kind))
            assert_same(schedule(counts), values, kind)
            if kind in KINDS:
                assert_same(schedule(jnp.asarray(counts)), values, kind)

    def test_for_scalars_of_any_kind(self, name):
        schedule = example(name)
        values = np.array([schedule(count) for count in SCALARS.tolist()])
        assert_same([schedule(float(count)) for count in SCALARS], values, "float")
        for kind in (*KINDS, *WIDE):
            counts = [np.asarray(count, jnp.dtype(kind)) for count in SCALARS]
            assert_same([schedule(count) for count in counts], values, kind)
            assert_same([schedule(count[()]) for count in counts], values, kind)
            if kind in KINDS:
                assert_same([schedule(jnp.asarray(count)) for count in counts], values, kind)

    def test_at_0_for_every_count_before(self, name):
        schedule = example(name)
        assert_same([schedule(count) for count in BEFORE], np.full(len(BEFORE), schedule(0)), "float")
        for dtype in (np.int64, np.float64, np.float32):
            counts = np.resize(np.array([-1, -(2**31), -(2**62)], dtype), SMALL.size)
            assert_same(schedule(counts), schedule(np.zeros_like(SMALL)), counts.dtype.name)

    def test_of_the_definition_beyond_jax_integers_for_python_and_numpy(self, name):
        schedule, want = example(name), exact(name, 0, map(int, WITHOUT_END))
        assert_close([schedule(count) for count in WITHOUT_END], want, 2e-6)
        for kind in np.int64, np.float64:
            counts = np.array([LAST, 2**31, 2**32 + 3, 10**12], kind)
            assert_close(schedule(counts), exact(name, 0, map(int, counts)), 2e-6)

    def test_at_the_last_count_for_every_one_beyond_in_jax(self, name):
        schedule = example(name)
        assert_same([schedule(count) for count in BEYOND], np.full(len(BEYOND), schedule(LAST)), "float")
        for counts in (
            jnp.array([LAST, 2**31, 2**32 - 1], jnp.uint32),
            jnp.array([LAST, 2.0**31, jnp.inf], jnp.float32),
        ):
            values = schedule(counts[np.arange(SMALL.size) % 3])
            assert_same(values, schedule(np.full_like(SMALL, LAST)), counts.dtype.name)


@few("exponential_decay", "polynomial_decay", "piecewise_constant", "warm_restarts", "sequence", "jitter")
def test_the_value_is_that_of_the_same_int_in_a_compiled_program(name):
    schedule = example(name)
    last = jnp.array([0, LAST, LAST], jnp.int32)
    values, ends = jax.jit(lambda *counts: jax.tree.map(schedule, counts))(
        {kind: SMALL.astype(jnp.dtype(kind)) for kind in KINDS},
        [last, jnp.array([-5, LAST, 3e9], jnp.float32), jnp.array([0, 2**31, 2**32 - 1], jnp.uint32)],
    )
    # Beside each other in one program they may be rounded in other places, by an ulp.
    for kind in KINDS:
        np.testing.assert_array_max_ulp(values[kind], values["int32"], 4 if "float" in kind else 2)
    for end in ends:
        assert_same(end, ends[0], "float")


@few("constant", "exponential_decay", "piecewise_constant", "warm_restarts", "sequence", "as_schedule", "jitter")
def test_arrays_are_taken_elementwise_in_any_shape(name):
    schedule = example(name)
    for counts in (SMALL.reshape(2, 8, 1, 4), SMALL[:0]):
        values = schedule(counts)
        assert values.shape == counts.shape
        np.testing.assert_array_equal(values.ravel(), schedule(SMALL)[: counts.size])


@varied
def test_a_fraction_of_an_epoch_gives_the_definitions_value_there(name):
    schedule, want, epochs = example(name), exact(name, 0, EPOCHS), padded(EPOCHS)
    assert_close([schedule(t) for t in EPOCHS], want, 2e-6)
    assert_close(schedule(epochs)[: len(EPOCHS)], want, 2e-6)
    assert_close(schedule(jnp.asarray(epochs))[: len(EPOCHS)], want, 2e-6)


@varied
def test_a_bool_is_refused(name):
    schedule = example(name)
    for count in (True, np.True_, np.array([True, False]), jnp.array(True), jnp.array([True])):
        for call in (schedule, jax.jit(schedule)) if isinstance(count, jax.Array) else (schedule,):
            with pytest.raises(TypeError, match="`count` must"):
                call(count)


def output_types(names, kinds):
    """What comes out, weak types and all, for counts of every kind, less the shape, which is that of the count."""
    shapes = itertools.cycle([(), (3,), (2, 0, 1)])
    counts = [jax.ShapeDtypeStruct(shape, kind) for shape, kind in zip(shapes, kinds, strict=False)]
    types = set()
    for schedule in map(example, names):
        outputs = jax.eval_shape(lambda counts, s=schedule: [s(count) for count in counts], counts)
        assert [out.shape for out in outputs] == [count.shape for count in counts]
        types |= {(out.dtype, out.weak_type) for out in outputs}
    return types


@pytest.mark.parametrize("kinds", mostly_slow([("uint8", "int32", "bfloat16"), KINDS], ("uint8", "int32", "bfloat16")))
def test_every_schedule_has_the_same_output_type_for_every_kind_of_count(kinds):
    assert output_types(EXAMPLES, kinds) == {(jnp.dtype("float32"), False)}


def test_one_of_every_way_has_the_same_output_type_for_every_kind_of_count():
    assert output_types(VARIED, KINDS) == {(jnp.dtype("float32"), False)}


def test_a_weakly_typed_value_of_a_foreign_callable_becomes_a_strongly_typed_one():
    foreign = lambda count: jnp.where(count > 2, 0.1, 0.2)  # noqa: E731
    assert foreign(jnp.int32(3)).weak_type
    for schedule in (od.as_schedule(foreign), od.delay(foreign, 1), 0.5 * od.as_schedule(foreign)):
        for value in (schedule(3), schedule(jnp.int32(3)), jax.jit(schedule)(3), schedule(SMALL)):
            assert not value.weak_type


def test_one_train_step_serves_every_schedule_and_every_kind_of_count_without_a_retrace():
    tx, params = optax.inject_hyperparams(optax.adam)(0.1), jnp.ones(2)
    chex.clear_trace_counter()

    @jax.jit
    @chex.assert_max_traces(n=1)
    def step(rate, params, state):
        state.hyperparams["learning_rate"] = rate
        updates, state = tx.update(params, state)
        return optax.apply_updates(params, updates) - rate * params, state

    for name in EXAMPLES:
        schedule = example(name)
        for count in (3, 3.0, 2**40, np.int64(3), np.float32(3), jnp.uint8(3), jnp.bfloat16(3)):
            step(schedule(count), params, tx.init(params))


class TestUnderX64:
    def tolerance(self, name):
        return 2.0**-23 if name == "cast" else 8 * 2.0**-52  # it is to float32

    @handful
    def test_every_value_is_that_of_the_definition_in_proportion(self, name):
        with jax.enable_x64(True):
            for n in range(3):
                schedule, want = example(name, n), exact(name, n, FAR)
                for values in [schedule(t) for t in FAR], schedule(jnp.asarray(padded(FAR)))[: len(FAR)]:
                    assert_close(values, want, self.tolerance(name))

    @handful
    def test_int64_counts_are_exact(self, name):
        with jax.enable_x64(True):
            want = exact(name, 0, FARTHER)
            near = abs(exact(name, 0, range(0, 200, 9))).max()
            schedule, counts = example(name), padded(np.array(FARTHER))
            for values in schedule(counts)[: len(FARTHER)], list(map(schedule, FARTHER)):
                assert_close([near, *values], np.array([near, *want]), self.tolerance(name))

    @few("exponential_decay", "cosine_decay", "piecewise_linear", "warm_restarts", "sequence")
    def test_traced_hyperparameters_are_float64_too(self, name):
        counts = np.array(FAR)
        with jax.enable_x64(True):
            wide = {jnp.dtype("float32"): jnp.float64, jnp.dtype("int32"): jnp.int64}
            swept = jax.tree.map(lambda x: x.astype(wide[x.dtype]), EXAMPLES[name].swept())
            make = lambda **given: EXAMPLES[name].make(od, **given)  # noqa: E731
            traced = jax.jit(jax.vmap(lambda given: make(**given)(counts)))(swept)
            for n, values in enumerate(traced):
                assert_close(values, exact(name, n, FAR), self.tolerance(name))

    @pytest.mark.slow
    def test_every_schedule_has_the_same_output_type_for_every_kind_of_count(self):
        with jax.enable_x64(True):
            assert output_types(EXAMPLES.keys() - {"cast"}, (*KINDS, *WIDE)) == {(jnp.dtype("float64"), False)}
            assert output_types(["cast"], (*KINDS, *WIDE)) == {(jnp.dtype("float32"), False)}

    def test_values_are_those_in_float32_to_its_precision_and_eager_ones_those_compiled(self):
        counts = np.array([0, 1, 33, 99, 100, 101, 150, 250, 475, 1000, 2**24 + 1, 2**31 - 2], np.int32)
        schedules = [
            od.exponential_decay(0.1, 1000, 0.96),
            od.polynomial_decay(0.1, 10**7, 0.0, 2.5),
            od.cosine_decay(0.1, 10**7),
            od.warm_restarts(od.cosine_decay(0.1, 1000), 1000, t_mul=1.5),
        ]
        single = jitted(together(schedules), counts)
        with jax.enable_x64(True):
            wide = jitted(together(schedules), counts)
            assert wide.dtype == jnp.float64
            np.testing.assert_allclose(single, wide, rtol=0, atol=3e-8)
            np.testing.assert_allclose(wide.T, [eager(schedule, counts) for schedule in schedules], rtol=1e-14)
        assert schedules[0](5).dtype == jnp.float32

    @pytest.mark.parametrize("make", [int, np.int64, jnp.asarray], ids=["int", "NumPy", "JAX"])
    def test_a_boundary_past_2_to_the_32_is_exact(self, make):
        with jax.enable_x64(True):
            stairs, count = od.inverse_time_decay(1.0, 10**12, 1.0, staircase=True), make(10**12 - 1)
            assert stairs(count) == 1.0
            assert stairs(count + 1) == 0.5
