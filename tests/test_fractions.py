"""A `fractions.Fraction` is an exact number wherever an argument is a number."""

import pickle
from fractions import Fraction

import jax
import numpy as np
import pytest

import optax_decay as od
from tests.examples import EXAMPLES

THIRD = Fraction(1, 3)
COUNTS = np.array([0, 1, 7, 19, 20, 21, 63, 100, 250, 1001])


def with_fractions(setting):
    if isinstance(setting, tuple):
        return tuple(map(with_fractions, setting))
    return Fraction(setting) if isinstance(setting, float) else setting


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "schedule"])
def test_every_factory_takes_fractions_where_it_takes_floats(name):
    # Settings are binary fractions, so both mean the same.
    settings = EXAMPLES[name].setting(0, float)
    fractions = {argument: with_fractions(setting) for argument, setting in settings.items()}
    made, same = (EXAMPLES[name].make(od, **given) for given in (fractions, settings))
    assert made == same
    assert hash(made) == hash(same)
    np.testing.assert_array_equal([made(int(t)) for t in COUNTS[:5]], [same(int(t)) for t in COUNTS[:5]])
    np.testing.assert_array_equal(jax.jit(made)(COUNTS), jax.jit(same)(COUNTS))


@pytest.mark.parametrize(
    "made",
    [
        od.constant(THIRD),
        od.cosine_decay(THIRD, Fraction(100, 3), alpha=-THIRD),
        od.piecewise_constant([THIRD, 7], [THIRD, 2, -THIRD]),
        od.sequence((THIRD, Fraction(10, 3)), (od.linear_decay(1, Fraction(9, 7)), 2), THIRD),
        od.stretch(THIRD * od.linear_decay(1, 10) - THIRD, Fraction(7, 3)),
        od.constant(1) / THIRD / -THIRD,
        od.scheduled(od.cosine_decay, init_value=od.constant(THIRD), decay_steps=Fraction(20, 3)),
        od.as_schedule(THIRD),
    ],
    ids=repr,
)
def test_one_is_written_read_back_and_pickled_exactly(made):
    for same in (od.parse(repr(made)), pickle.loads(pickle.dumps(made))):
        assert same == made
        assert hash(same) == hash(made)
        assert repr(same) == repr(made)
    assert np.isfinite(made(5))
    assert np.isfinite(jax.jit(made)(5))


def test_one_is_equal_to_a_number_of_the_same_exact_value_alone():
    assert od.constant(Fraction(1, 2)) == od.constant(0.5)
    assert repr(od.constant(Fraction(6, 3))) == "constant(2)"
    assert od.constant(THIRD) != od.constant(1 / 3)
    assert od.constant(Fraction(1, 10)) != od.constant(0.1)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: od.constant(Fraction(10**400, 3)), "`value` must be finite"),
        (lambda: od.constant(1).replace(value=Fraction(10**400)), "`value` must be finite"),
        (lambda: od.linear_decay(1, Fraction(-1, 3)), r"`decay_steps` must be positive, got Fraction\(-1, 3\)"),
        (lambda: od.warm_restarts(1, 10, cycles=Fraction(5, 2)), "`cycles` must be a whole number"),
        (lambda: od.parse("constant(Fraction(1, 0))"), "Fraction"),
        (lambda: od.parse("constant(Fraction('1e9'))"), "a ratio of two whole numbers"),
        (lambda: od.parse("constant(Fraction(1, 2.5))"), "a ratio of two whole numbers"),
        (lambda: od.parse("constant(Fraction(numerator=1))"), "a ratio of two whole numbers"),
    ],
)
def test_a_wrong_one_is_named(make, words):
    with pytest.raises((ValueError, TypeError), match=words):
        make()
