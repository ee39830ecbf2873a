"""What a schedule is: an opaque pure function that prints, compares, pickles and computes."""

import copy
import functools
import gc
import inspect
import pickle
import re
import weakref

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import optax_decay as od
from tests.examples import EXAMPLES
from tests.runs import few
from tests.ways import LAST

SCHEDULES = [
    od.constant(0.1),
    od.exponential_decay(0.1, 1000, 0.96, staircase=True),
    od.polynomial_decay(0.1, 1000, power=2.0),
    od.polynomial_decay(2e-5, 1000, 1e-4),
    od.piecewise_constant([100, 200], [1, 0.5, 0.1]),
    od.noisy_linear_cosine_decay(0.1, 1000, 3, alpha=0.1),
    od.cosine_decay_restarts(0.1, 100, t_mul=1.5),
    od.warm_restarts(od.cyclic(od.linear_decay(0.1, 10), 10, rise_steps=5), 100, cycles=3),
    0.1 * od.cosine_decay(1.0, 100) + 1e-5,
    -(od.constant(1) / (2 - od.linear_decay(0.5, 10))),
    od.as_schedule(0.3) - od.constant(0.1) - (od.constant(0.2) - 0.3),
]


def signature_of(example):
    return inspect.signature(getattr(od, example.factory)).parameters


NAMESPACE = {name: getattr(od, name) for name in od.__all__}


@od.schedule
def sawtooth(peak, period, *, floor=0.0):
    """Falls from `peak` every `period` steps."""

    def value(count):
        return floor + peak * (1 - count % period / period)

    return value


@pytest.mark.parametrize("schedule", SCHEDULES, ids=str)
class TestIdentity:
    def test_repr_is_the_expression_that_makes_it(self, schedule):
        assert eval(repr(schedule), NAMESPACE) == schedule

    def test_a_pickle_and_a_deep_copy_are_equal_and_hash_alike(self, schedule):
        for other in (pickle.loads(pickle.dumps(schedule)), copy.deepcopy(schedule), copy.copy(schedule)):
            assert other == schedule
            assert hash(other) == hash(schedule)
            assert repr(other) == repr(schedule)
            np.testing.assert_array_equal(other(7), schedule(7))

    def test_it_is_one_leaf_without_init_or_update(self, schedule):
        assert jax.tree.leaves({"lr": schedule}) == [schedule]
        assert not hasattr(schedule, "init")
        assert not hasattr(schedule, "update")
        assert callable(schedule)

    def test_jit_takes_it_as_a_function_and_compiles_once_for_equal_ones(self, schedule):
        twin = copy.deepcopy(schedule)
        compiled = jax.jit(lambda s, t: s(t), static_argnums=0)
        assert compiled(schedule, 5) == compiled(twin, 5)
        assert compiled._cache_size() == 1
        np.testing.assert_allclose(jax.jit(schedule)(5), schedule(5), rtol=3e-7)

    def test_in_a_trace_it_adds_only_its_own_operations(self, schedule):
        if "noisy" in repr(schedule):
            return  # jax.random nests a jit of its own
        names = [eqn.primitive.name for eqn in jax.make_jaxpr(schedule)(jnp.int32(3)).eqns]
        assert not {"jit", "pjit", "custom_jvp_call", "pure_callback"} & set(names)


def test_repr_reads_as_it_was_written():
    assert repr(od.polynomial_decay(0.1, 1000, power=2.0)) == "polynomial_decay(0.1, 1000, power=2.0)"
    assert repr(-0.5 * od.constant(2)) == "-0.5 * constant(2)"
    assert repr((od.constant(1) + 2) * od.constant(3)) == "(constant(1) + 2) * constant(3)"
    assert repr(od.constant(1) - (od.constant(2) - 3)) == "constant(1) - (constant(2) - 3)"
    assert repr(sawtooth(0.1, period=4)) == "sawtooth(0.1, 4)"


def test_equality_is_canonical():
    made = od.polynomial_decay(0.1, 1000)
    assert made == od.polynomial_decay(0.1, 1000, 1e-4, 1.0) == od.polynomial_decay(decay_steps=1000, init_value=0.1)
    assert od.piecewise_constant([1, 2], [3, 4, 5]) == od.piecewise_constant((1, 2), (3, 4, 5))
    assert od.constant(np.float64(0.1)) == od.constant(0.1)
    assert made == od.polynomial_decay(0.1, 1000.0)
    assert od.piecewise_constant([1, 2], [3, 4, 5]) == od.piecewise_constant(np.array([1.0, 2.0]), np.array([3, 4, 5]))
    assert od.constant(0.0) != od.constant(-0.0)
    assert od.constant(1) != od.constant(2)
    assert od.constant(1) != 1
    assert sawtooth(0.1, 4) == sawtooth(0.1, 4, floor=0.0)


def test_numpy_arrays_are_the_numbers_that_they_hold():
    made = od.piecewise_linear(np.array([100, 200]), np.array([0.5, 0.25], np.float32))
    assert repr(made) == "piecewise_linear((100, 200), (0.5, 0.25))"
    assert repr(sawtooth(np.ones((1, 2)), [np.int8(3)])) == "sawtooth(((1.0, 1.0),), (3,))"
    rate = jax.jit(lambda schedule, count: schedule(count), static_argnums=0)
    for other in (pickle.loads(pickle.dumps(made)), od.parse(repr(made)), od.piecewise_linear((100, 200), (0.5, 0.25))):
        assert other == made
        assert hash(other) == hash(made)
        assert rate(other, 150) == rate(made, 150)
    assert rate._cache_size() == 1


def test_a_whole_float_is_the_integer_but_minus_zero_is_not_zero():
    for one, other in [
        (od.linear_decay(1, 1000), od.linear_decay(1.0, 1000.0)),
        (od.piecewise_constant([1, 2], [3, 4, 5]), od.piecewise_constant([1.0, 2.0], [3.0, 4.0, 5.0])),
        (od.sequence((1, 100), 2), od.sequence((1.0, 100.0), 2.0)),
        (od.warm_restarts(1, 10, cycles=2), od.warm_restarts(1.0, 10.0, cycles=2.0)),
    ]:
        assert one == other
        assert hash(one) == hash(other)
        assert one(50) == other(50)
    assert repr(od.warm_restarts(1, 10, cycles=2.0)) == "warm_restarts(1, 10, cycles=2)"
    for minus in (-0.0, np.float32(-0.0), [np.array(-0.0)][0]):
        assert od.delay(0.1, minus) != od.delay(0.1, 0.0)
        assert od.piecewise_constant([5], [minus, 1]) != od.piecewise_constant([5], [0, 1])


PLAIN = [name for name, example in EXAMPLES.items() if example.settings.keys() <= set(signature_of(example))]


@pytest.mark.parametrize("name", PLAIN)
def test_another_number_for_any_argument_is_another_schedule_with_another_hash(name):
    given = EXAMPLES[name].setting(0)
    schedule = EXAMPLES[name].make(od, **given)
    for argument, value in given.items():
        is_table = isinstance(value, tuple)
        other = tuple(n + 1 for n in value) if is_table else value + 1 if isinstance(value, int) else 0.75 * value
        changed = schedule.replace(**{argument: other})
        assert changed != schedule, argument
        if not is_table:  # one may be long
            assert hash(changed) != hash(schedule), argument


def test_what_holds_arrays_or_foreign_callables_is_compared_by_identity():
    def foreign(count):
        return 0.1

    for make in (
        lambda: od.constant(jnp.float32(1)),
        lambda: od.as_schedule(foreign),
        lambda: od.warm_restarts(foreign, 5),
    ):
        one, other = make(), make()
        assert one == one
        assert one != other
        assert len({one, other}) == 2


def test_replace_makes_it_again():
    schedule = od.warm_restarts(od.cosine_decay(0.1, 100), 100, t_mul=2)
    assert schedule.replace(cycle_steps=50) == od.warm_restarts(od.cosine_decay(0.1, 100), 50, t_mul=2)
    with pytest.raises(TypeError, match="`warm_restarts` has no argument `step`, it has base, cycle_steps"):
        schedule.replace(step=5)
    with pytest.raises(ValueError, match="`cycle_steps` must be positive, got 0"):
        schedule.replace(cycle_steps=0)


@pytest.mark.parametrize(
    ("make", "way"),
    [
        (lambda decay: od.warmup(decay, 10), "warmup`: pass `base=cosine_decay(0.1, 100).replace(decay_steps=200)`."),
        (lambda decay: od.delay(od.hold(decay, 50), 10), "delay`: pass `base=...` with another `cosine_decay`."),
        (lambda decay: od.sequence((decay, 100), 0.1), "sequence`: pass all phases with another `cosine_decay`."),
    ],
)
def test_replace_says_that_an_argument_is_one_of_a_base(make, way):
    message = "`decay_steps` is an argument of cosine_decay(0.1, 100), and `replace` reaches the outermost call only, `"
    with pytest.raises(TypeError, match=re.escape(message + way)):
        make(od.cosine_decay(0.1, 100)).replace(decay_steps=200)


@pytest.mark.parametrize(
    "number", [2, 0.5, np.float64(0.5), np.float32(0.5), np.int32(2), np.array(0.5), jnp.float32(0.5), jnp.asarray(2)]
)
def test_arithmetic_takes_numbers_numpy_and_jax_scalars_on_either_side(number):
    s, x, n = od.exponential_decay(0.2, 10, 0.5), 0.2 * 0.5**0.5, float(number)
    for made, want in [
        (number * s, n * x), (s * number, x * n), (number + s, n + x), (s + number, x + n),
        (number - s, n - x), (s - number, x - n), (number / s, n / x), (s / number, x / n), (-s, -x),
    ]:  # fmt: skip
        assert isinstance(made, od.Schedule)
        for value in (made(5), jax.jit(made)(5)):
            assert value.dtype == jnp.float32
            np.testing.assert_allclose(value, want, rtol=1e-6)


def test_arithmetic_takes_schedules_and_any_callable_and_refuses_the_rest():
    s = od.linear_decay(1.0, 10)
    np.testing.assert_allclose((s * s + optax.constant_schedule(1.0))(5), 1.25)
    np.testing.assert_allclose(((lambda t: t) - s)(np.array([4, 5])), [3.4, 4.5], rtol=1e-6)
    for wrong in (True, "a", None, 1j, [1]):
        with pytest.raises(TypeError):
            s * wrong


def test_dividing_by_zero_gives_an_infinity_everywhere():
    made = 1 / od.linear_decay(1.0, 10)
    assert made(10) == jax.jit(made)(10) == np.inf


class TestFactories:
    def test_a_users_factory_composes_prints_and_compares_like_ours(self):
        schedule = od.warm_restarts(0.5 * sawtooth(0.1, 4), 6)
        assert repr(schedule) == "warm_restarts(0.5 * sawtooth(0.1, 4), 6)"
        assert pickle.loads(pickle.dumps(schedule)) == schedule
        want = 0.5 * 0.1 * (1 - np.arange(20) % 6 % 4 / 4)
        np.testing.assert_allclose(schedule(np.arange(20)), want, rtol=1e-6)
        np.testing.assert_allclose([schedule(t) for t in range(20)], want, rtol=1e-6)

    def test_its_inner_function_gets_an_integer_or_where_there_is_a_part_a_float(self):
        seen = []

        @od.schedule
        def spy():
            return lambda count: seen.append(count) or 0.0

        od.warm_restarts(spy(), 5)(7)
        od.warm_restarts(spy(), 5, t_mul=2)(8)
        od.warm_restarts(spy(), 5, t_mul=1.5)(9)
        assert seen == [2, 1.5, pytest.approx(4 / 1.5)]
        assert [type(count) for count in seen] == [int, float, float]
        jax.eval_shape(od.warm_restarts(spy(), 5), 7)
        assert seen[-1].dtype == jnp.int32

    def test_signature_and_docstring_stay_visible(self):
        assert list(inspect.signature(od.polynomial_decay).parameters) == [
            "init_value", "decay_steps", "end_value", "power", "cycle",
        ]  # fmt: skip
        assert inspect.signature(sawtooth).return_annotation is od.Schedule
        assert sawtooth.__doc__ == "Falls from `peak` every `period` steps."
        assert sawtooth.__name__ == sawtooth(1, 2).__name__ == "sawtooth"

    def test_a_partial_has_the_name_of_the_function_in_it_and_the_arguments_that_are_left(self):
        def wave(peak, period, floor=0.0):
            return lambda count: floor + peak * (count % period)

        for made, written in [
            (od.schedule(functools.partial(wave, 0.5))(4), "wave(4)"),
            (od.schedule(functools.partial(wave, peak=0.5))(period=4), "wave(period=4)"),
            (od.schedule(functools.partial(functools.partial(wave, 0.5), 4, floor=0.0))(), "wave()"),
        ]:
            assert repr(made) == written
            np.testing.assert_allclose(made(7), 1.5)
        named = functools.partial(wave, 0.5)
        named.__name__ = "half"
        assert repr(od.schedule(named)(4)) == "half(4)"

    def test_it_may_return_a_schedule(self):
        @od.schedule
        def twice(peak):
            return 2 * od.linear_decay(peak, 10)

        assert repr(twice(0.1)) == "twice(0.1)"
        np.testing.assert_allclose(twice(0.1)(5), 0.1)

    def test_a_wrong_call_names_the_factory_and_the_argument(self):
        with pytest.raises(TypeError, match="cosine_decay: missing a required argument: 'decay_steps'"):
            od.cosine_decay(0.1)
        with pytest.raises(TypeError, match="`sawtooth` has no argument `peek`; did you mean `peak`"):
            sawtooth(0.1, 4, peek=1)


class TestCounts:
    schedule = od.warm_restarts(od.polynomial_decay(0.1, 10, 0.0, power=2.0), 10, t_mul=2)

    @pytest.mark.parametrize(
        "count",
        [
            7, np.int8(7), np.uint8(7), np.int64(7), np.uint64(7), np.float16(7), np.float32(7), 7.0, np.array(7),
            *(jnp.asarray(7, d) for d in ("int8", "uint8", "int16", "uint16", "int32", "uint32")),
            *(jnp.asarray(7, d) for d in ("float16", "bfloat16", "float32")),
        ],
        ids=lambda c: f"{type(c).__name__}-{getattr(c, 'dtype', '')}",
    )  # fmt: skip
    def test_any_kind_of_count_gives_the_same_strongly_typed_value(self, count):
        for value in (self.schedule(count), jax.jit(self.schedule)(count)):
            assert value.dtype == jnp.float32
            assert not value.weak_type
            assert value.shape == ()
            np.testing.assert_allclose(value, 0.1 * 0.3**2, rtol=3e-7)

    @pytest.mark.parametrize("shape", [(0,), (64,), (2, 0), (2, 8, 1, 4)])
    def test_arrays_are_taken_elementwise_in_any_shape(self, shape):
        counts = np.arange(np.prod(shape, dtype=int)).reshape(shape)
        for schedule in (self.schedule, od.constant(0.1), od.as_schedule(lambda t: 0.1)):
            for value in (schedule(counts), jax.jit(schedule)(counts), schedule(jnp.asarray(counts))):
                assert value.shape == shape
                assert value.dtype == jnp.float32
            np.testing.assert_allclose(value.ravel(), [schedule(int(t)) for t in counts.ravel()], rtol=3e-7)

    @pytest.mark.parametrize(
        "count",
        [True, np.bool_(True), jnp.bool_(True), np.array([True]), jnp.array([True]),
         "a", None, 1j, np.array([1j]), [1, 2], np.array(["a"])],
        ids=repr,
    )  # fmt: skip
    def test_a_bool_and_whatever_is_no_real_number_is_refused_by_name(self, count):
        with pytest.raises(TypeError, match="`count` must"):
            self.schedule(count)

    @few("exponential_decay", "piecewise_constant", "sequence")
    def test_a_count_of_nan_gives_nan_eager_and_jitted(self, name):
        schedule = EXAMPLES[name].make(od, **EXAMPLES[name].setting(0))
        counts = np.array([np.nan, 3.0], np.float32)
        for values in schedule(counts), jax.jit(schedule)(counts):
            assert np.isnan(values).tolist() == [True, False]
        for count in float("nan"), jnp.float32(np.nan):
            assert np.isnan(schedule(count))

    def test_an_integer_cast_of_it_is_the_value_at_0(self):
        whole = od.cast(od.piecewise_constant([10], [1, 4]), "int32")
        assert whole(float("nan")) == jax.jit(whole)(np.float32("nan")) == 1

    def test_a_float_beyond_every_exact_float32_keeps_its_whole_part_on_the_host(self):
        stairs = od.inverse_time_decay(1.0, 2**24 + 1, 1.0, staircase=True)
        assert stairs(2.0**24 + 1) == 0.5
        assert stairs(np.array([2.0**24, 2.0**24 + 1])).tolist() == [1.0, 0.5]


def test_one_train_step_serves_every_schedule_without_a_retrace():
    schedules = [s for s in SCHEDULES if "noisy" not in repr(s)]

    @jax.jit
    @chex.assert_max_traces(n=1)
    def step(rate, params):
        return params - rate * params

    for schedule in schedules:
        step(schedule(3), jnp.ones(2))
    assert len({str(jax.eval_shape(s, jnp.int32(0))) for s in schedules}) == 1


def test_nothing_keeps_a_dropped_schedule_alive():
    alive = []
    for n in range(1, 300):
        schedule = 0.5 * od.warm_restarts(od.cosine_decay(0.1, n), n, t_mul=1.5)
        schedule(5)
        hash(schedule)
        if n < 4:
            jax.jit(schedule)(5)
        alive.append(weakref.ref(schedule))
    del schedule
    gc.collect()
    assert not any(ref() for ref in alive)


def test_a_schedule_of_100_000_boundaries_has_a_short_name_for_each_trace():
    schedule = od.piecewise_constant(range(1, 100_001), [0.1] * 100_001)
    assert len(str(schedule)) < 300
    assert eval(repr(schedule), NAMESPACE) == schedule
    assert float(jax.jit(schedule)(5)) == pytest.approx(0.1)


def test_factories_called_under_jit_leak_no_tracer():
    with jax.check_tracer_leaks():

        @jax.jit
        def run(peak, steps, t):
            return [
                s(t)
                for s in (
                    od.exponential_decay(peak, steps, 0.9),
                    od.warm_restarts(od.cosine_decay(peak, steps), steps, t_mul=1.5),
                    od.piecewise_constant([5, 10], [0.1, 0.2, 0.3]),
                    od.cyclic(od.polynomial_decay(peak, steps, 0.0, cycle=True), steps),
                )
            ]

        run(0.1, 10, 3)
    assert float(od.piecewise_constant([5, 10], [0.1, 0.2, 0.3])(jnp.int32(LAST))) == pytest.approx(0.3)


@pytest.mark.lowest
@pytest.mark.parametrize("schedule", SCHEDULES, ids=str)
def test_it_drives_optax(schedule):
    tx = optax.chain(optax.scale_by_adam(), optax.scale_by_schedule(-schedule))
    params = {"w": jnp.ones(3)}

    @jax.jit
    def step(state, _):
        updates, state = tx.update({"w": jnp.ones(3)}, state)
        return state, updates["w"][0]

    _, applied = jax.lax.scan(step, tx.init(params), None, length=4)
    np.testing.assert_allclose(applied, [-schedule(t) for t in range(4)], rtol=2e-5)
