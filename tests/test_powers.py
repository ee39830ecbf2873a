"""Powers: right in every way, with the derivatives of the oracle at a base of 0 too, written as Python reads them."""

import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import optax_decay as od
from tests.derivatives import REFERENCE, Point
from tests.examples import LENGTHS, NEAR, PEAKS, Example
from tests.runs import mostly_slow
from tests.ways import (
    LAST,
    WAYS,
    assert_close,
    assert_near,
    counts_for,
    eager,
    eager_array,
    exact_values,
    in_ways,
    jitted,
)  # fmt: skip

LINE = od.linear_decay(0.5, 10)
STEPS = np.array([0, 5, 10, 20], np.int32)


def power(m, base, exponent):
    return base**exponent if m is od else m.power(base, exponent)


def inverse(m, steps, exponent):
    """A (1 + t / n)**-p, as Caffe, Levanter and others have it."""
    return power(m, m.inverse_time_decay(1.0, steps, 1.0), exponent)


# The base goes to 0, where a root has no slope.
TO_POWERS = {
    "to a number": Example(
        "power",
        lambda m, peak, decay_steps, exponent: power(m, m.cosine_decay(peak, decay_steps), exponent),
        {"peak": PEAKS, "decay_steps": LENGTHS, "exponent": (2.0, 0.5, 1.5, 1.0, 0.7)},
    ),
    "of a number": Example(
        "power",
        lambda m, number, peak, decay_steps: power(m, number, m.cosine_decay(peak, decay_steps)),
        {"number": (0.5, 2.0, 1.25, 0.75, 0.9), "peak": PEAKS, "decay_steps": LENGTHS},
    ),
    "to a schedule": Example(
        "power",
        lambda m, peak, decay_steps, other: power(
            m, m.cosine_decay(peak, decay_steps), m.linear_decay(other, 2 * decay_steps, 0.5)
        ),
        {"peak": PEAKS, "decay_steps": LENGTHS, "other": (2.0, 1.25, 0.75)},
    ),
}


@pytest.mark.parametrize("steps", mostly_slow([1, 1000, 10**8], 1000))
@pytest.mark.parametrize("exponent", [0.5, 0.7, 1, 2, 3, 1.75])
@in_ways(eager, jitted, slow=[way for way in WAYS if way not in (eager, jitted)])
def test_an_inverse_time_decay_to_a_power_is_within_2e_6_at_every_count(way, steps, exponent):
    counts = counts_for(steps, many=16)
    want = exact_values(inverse(REFERENCE, steps, exponent), counts)
    values = way(0.3 * inverse(od, steps, exponent), counts)
    assert_near(values, 0.3 * want, 0.3, 4e-7)
    np.testing.assert_allclose(values, 0.3 * want, rtol=2e-6)


@pytest.mark.parametrize("number", [0.999, 1.001, 0.1])
@in_ways(eager, jitted)
def test_a_numbers_power_is_as_precise_as_its_exponent(number, way):
    counts = counts_for(5000, many=16)
    schedule, reference = (power(m, number, m.linear_decay(4000, 5000)) for m in (od, REFERENCE))
    assert_close(way(schedule, counts), exact_values(reference, counts), 6e-7 if number == 0.1 else 2e-6)


@pytest.mark.parametrize("name", TO_POWERS)
def test_one_program_serves_a_sweep_of_what_is_raised_and_to_what(name):
    example, counts = TO_POWERS[name], np.array([-1, 0, 1, 7, 33, 63, 64, 99, 100, 101, 200, 1000, LAST], np.int32)
    swept = jax.jit(jax.vmap(lambda given: example.make(od, **given)(counts)))(example.swept())
    for n in NEAR:
        given = example.setting(n)
        want = exact_values(example.make(REFERENCE, **given), counts.clip(0))
        for values in (
            swept[n],
            eager(example.make(od, **given), counts),
            eager_array(example.make(od, **given), counts),
        ):
            assert_near(values, want, 1.0)


@pytest.mark.parametrize("name", TO_POWERS)
@pytest.mark.parametrize("n", mostly_slow(NEAR, 1))
def test_derivatives_are_those_of_the_oracle_and_finite_where_the_base_is_0(name, n):
    point = Point(TO_POWERS[name], n)
    times = [0.0, 0.5, 6.25, 33.25, 63.5, 99.5, 150.0, 333.75]
    gradients = np.array(jax.jit(jax.vmap(jax.grad(point.ours), (0, None)))(point.columns(times), point.others))
    assert np.isfinite(gradients).all()
    for t, gradient in zip(times, gradients.T, strict=True):
        for k in range(gradient.size - (t in (0.0, 150.0))):
            sides = point.slopes(k, t)
            nearest = min(abs(gradient[k] * float(point.unit(k, t)) - side) for side in sides)
            assert nearest <= 5e-6 * max(1, *map(abs, sides)), (t, k)


@pytest.mark.parametrize(
    ("base", "exponent"), [(-2.0, 2), (-2.0, 3), (-2.0, -1), (-2.0, 0.5), (0.0, 2), (0.0, 0), (0.0, -1), (0.0, 0.5),
                           (1e30, 3), (1e-30, -3), (-1e30, 3)]
)  # fmt: skip
@in_ways(jitted, eager, slow=[way for way in WAYS if way not in (jitted, eager)])
def test_what_numpy_gives_is_given_without_an_error(base, exponent, way):
    with np.errstate(all="ignore"):
        want = np.float32(np.float_power(base, exponent))
    for schedule in (
        od.constant(base) ** exponent,
        base ** od.constant(exponent),
        od.as_schedule(base) ** od.constant(exponent),
    ):
        np.testing.assert_allclose(way(schedule, STEPS), np.full(4, want), rtol=1e-6)
    traced = jax.jit(lambda x, y: (od.constant(x) ** y)(3))(jnp.float32(base), jnp.float32(exponent))
    np.testing.assert_allclose(traced, want, rtol=1e-6)


WRITTEN = {
    "s ** 2": LINE**2,
    "-s ** 2": -(LINE**2),
    "(-s) ** 2": (-LINE) ** 2,
    "2 ** -s": 2**-LINE,
    "(-2) ** s": (-2) ** LINE,
    "s ** -0.5": LINE**-0.5,
    "s ** s ** 2": LINE**LINE**2,
    "(s ** s) ** 2": (LINE**LINE) ** 2,
    "2 ** -s ** 2": 2 ** -(LINE**2),
    "2 ** (-s) ** 2": 2 ** (-LINE) ** 2,
    "0.1 * s ** 2": 0.1 * LINE**2,
    "(0.1 * s) ** 2": (0.1 * LINE) ** 2,
    "1 / (1 + s) ** 0.75": 1 / (1 + LINE) ** 0.75,
    "s ** (s / 2)": LINE ** (LINE / 2),
}


@pytest.mark.parametrize("text", WRITTEN)
def test_it_is_written_with_no_more_parentheses_than_python_needs(text):
    made = WRITTEN[text]
    assert repr(made) == text.replace("s", "linear_decay(0.5, 10)")
    assert eval(text, {"s": LINE}) == made
    assert pickle.loads(pickle.dumps(made)) == made


@pytest.mark.parametrize(
    "number", [2, 0.5, np.float64(0.5), np.float32(0.5), np.int32(2), np.array(0.5), jnp.float32(0.5), jnp.asarray(2)]
)
def test_numbers_of_every_kind_stand_on_either_side(number):
    for made, want in ((LINE**number, 0.25 ** float(number)), (number**LINE, float(number) ** 0.25)):
        for value in (made(5), jax.jit(made)(5)):
            assert value.dtype == jnp.float32
            np.testing.assert_allclose(value, want, rtol=1e-6)


@in_ways(eager, jitted)
def test_phases_that_are_powers_are_evaluated_together(way):
    def phases(m):
        return m.sequence(*((inverse(m, 10 + k, 0.3 * k + 0.1), 7) for k in range(5)), 0.5)

    counts = np.arange(40, dtype=np.int32)
    assert_near(way(phases(od), counts), exact_values(phases(REFERENCE), counts), 1.0)


def test_it_adds_one_operation_and_where_the_base_may_rest_at_0_a_choice():
    def operations(schedule):
        program = str(jax.make_jaxpr(schedule)(jnp.int32(3)))
        return program.count(" = ") - program.count("_:")  # what nobody asks for is not computed

    assert operations(LINE**2) == operations(LINE) + 1
    assert operations(LINE**0.5) == operations(LINE) + 5
