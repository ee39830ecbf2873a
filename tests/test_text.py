"""An expression is read back as what it makes, and whatever else a text holds ends in one kind of error."""

import pickle
import re
import sys
import threading
import warnings
from fractions import Fraction

import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import optax_decay as od
from optax_decay import _text
from tests.examples import EXAMPLES
from tests.peers.expressions import EXPRESSIONS as PEERS
from tests.test_public import FACTORIES
from tests.texts import EXPRESSIONS

PYTHON = {name: getattr(od, name) for name in od.__all__}


@od.schedule
def sawtooth(peak, period=10, *floors, name="teeth"):
    return lambda count: peak * (1 - count % period / period)


@od.schedule
def ramp(peak, speed=1.0, /, *, shift=0.0):
    return lambda count: peak * count * speed + shift


def refusal(text, **given):
    with pytest.raises(od.ParseError) as caught:
        od.parse(text, **given)
    return str(caught.value)


def read_or_refused(text):
    """A schedule, or a message of three lines."""
    try:
        made, refused = od.parse(text), ""
    except od.ParseError as error:
        made, refused = None, str(error)
    assert isinstance(made, od.Schedule) or re.fullmatch(r"line \d+: .*\n    .*\n {4,}\^", refused)


def read(text):
    """What Python makes of a text, or the error that ends it."""
    try:
        made = eval(f"({text}\n)", PYTHON)
        return made if isinstance(made, od.Schedule) else od.constant(made)
    except (ValueError, TypeError, ArithmeticError) as error:
        return error


def reads_as_python_does(text):
    made = read(text)
    if isinstance(made, Exception):
        refusal(text)
    else:
        assert od.parse(text) == made
        assert od.parse(repr(made)) == made


class TestRoundTrip:
    @pytest.mark.lowest
    @pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "schedule"])
    def test_every_factory_is_read_back(self, name):
        for n in range(3):
            made = EXAMPLES[name].make(od, **EXAMPLES[name].setting(n))
            assert od.parse(repr(made)) == made

    @pytest.mark.parametrize("name", PEERS)
    def test_other_libraries_schedules_are_read_back(self, name):
        made = PEERS[name](od)
        assert od.parse(repr(made)) == made

    @given(EXPRESSIONS)
    @settings(max_examples=400, derandomize=True)
    def test_it_reads_what_python_reads_and_reads_that_back(self, text):
        reads_as_python_does(text)

    @pytest.mark.slow
    @given(EXPRESSIONS)
    @settings(max_examples=5_000)
    def test_so_it_does_5_000_times(self, text):
        reads_as_python_does(text)

    @pytest.mark.parametrize("make", [lambda x: sawtooth(x), lambda x: sawtooth(1, x, x, "a", (), name=x), ramp])
    @pytest.mark.parametrize(
        "value", [np.inf, -np.inf, np.nan, -0.0, 1e-320, 10**30, "it's \"\n\\ é", None, True, [1, (2.0, "x"), []]]
    )
    def test_so_are_ones_of_your_own_whatever_plain_they_are_given(self, make, value):
        made = make(value)
        assert od.parse(repr(made), [sawtooth, ramp]) == made

    def test_so_are_factories_and_any_named_arguments(self):
        @od.schedule
        def anything(*args, **kwargs):
            return lambda count: 1.0

        for made in (anything(od.cosine_decay, foo=1), anything(node=1, self=2, places=3), anything(1, function=None)):
            assert od.parse(repr(made), [anything]) == made

    def test_every_argument_comes_back_in_its_place(self):
        for made in (ramp(1.0, 2.0, shift=3.0), sawtooth(1, 2, 3, name="x"), sawtooth(1, name="x")):
            assert od.parse(repr(made), [sawtooth, ramp]) == made

    def test_values_are_those_of_the_expression(self):
        made = od.parse("0.5 * warmup(cosine_decay(0.2, 100), 10) + 1e-3")
        np.testing.assert_array_equal(
            made(np.arange(200)), (0.5 * od.warmup(od.cosine_decay(0.2, 100), 10) + 1e-3)(np.arange(200))
        )


class TestLanguage:
    @pytest.mark.parametrize(
        ("text", "made"),
        [
            ("0.1", od.constant(0.1)),
            (" - 2", od.constant(-2)),
            ("0 + 0.000 + 00.5 + 1e007 + 100", od.constant(1e7 + 100.5)),
            ("1e-3 * 10_000 / (4 - 2)", od.constant(1e-3 * 10_000 / 2)),
            (0.1, od.constant(0.1)),
            (3, od.constant(3)),
            ("\n\tcosine_decay (\n 0.1 ,\n  100,\n )\n", od.cosine_decay(0.1, 100)),
            ("cosine_decay(0.1, # the peak\n 100) # (steps\n", od.cosine_decay(0.1, 100)),
            ("0.1\n* constant(1)\r\n+ 2\r- 3", 0.1 * od.constant(1) + 2 - 3),
            ("constant(1) - 2 - 3 * -constant(4)", od.constant(1) - 2 - 3 * -od.constant(4)),
            ("piecewise_constant([10, 20], (1, 2, 3))", od.piecewise_constant([10, 20], [1, 2, 3])),
            ("sequence([0.1, 10], (constant(0.2), 5), 0.3)", od.sequence((0.1, 10), (od.constant(0.2), 5), 0.3)),
            ("polynomial_decay(decay_steps=10, init_value=1, cycle=True)", od.polynomial_decay(1, 10, cycle=True)),
            ("warm_restarts(1, 5, cycles=None)", od.warm_restarts(1, 5)),
            ("cooldown(1, 5, 5, shape='cosine')", od.cooldown(1, 5, 5, shape="cosine")),
            ("scheduled(rex_decay, init_value=constant(1), decay_steps=9)",
             od.scheduled(od.rex_decay, init_value=od.constant(1), decay_steps=9)),
        ],
    )  # fmt: skip
    def test_it_is_pythons_call_syntax(self, text, made):
        assert od.parse(text) == made

    def test_it_knows_every_public_factory(self):
        makers = set(FACTORIES) - {"schedule", "parse", "sample", "plot", "ParseError"}
        assert set(_text.FACTORIES) == makers
        assert all(_text.FACTORIES[name] is getattr(od, name) for name in makers)

    def test_factories_of_your_own_are_known_by_their_names(self):
        assert od.parse("2 * sawtooth(0.1)", [sawtooth]) == 2 * sawtooth(0.1)
        assert od.parse("saw(0.1, period=4)", {"saw": sawtooth}) == sawtooth(0.1, 4)
        assert od.parse("constant(3)", {"constant": sawtooth}) == sawtooth(3)
        foreign = od.parse("0.5 * cosine(0.1, 100)", {"cosine": optax.cosine_decay_schedule})
        np.testing.assert_allclose(foreign(50), 0.025, rtol=1e-6)
        assert "`sawtoth`; did you mean `sawtooth`?" in refusal("sawtoth(1)", factories=[sawtooth])

    def test_whatever_a_factory_of_ones_own_raises_is_refused_in_its_place(self):
        for factory in (optax.piecewise_constant_schedule, max, dict, lambda *args: args[5]):
            assert refusal("f(0.1, (1, 2))", factories={"f": factory}).endswith("\n    ^")
        assert "only when it is called" in refusal("warmup(f, 3)", factories={"f": optax.cosine_decay_schedule})

    @pytest.mark.parametrize("factories", [sawtooth, "sawtooth", 3, [3], {"sawtooth": 3}])
    def test_factories_that_are_none_are_refused(self, factories):
        with pytest.raises(TypeError, match="`factories` must be"):
            od.parse("0.1", factories)

    def test_numbers_in_the_place_of_factories_are_told_theirs(self):
        with pytest.raises(TypeError, match=re.escape("got 100 as total: give numbers as `values={'total': 100}`.")):
            od.parse("cosine_decay(0.1, total)", {"total": 100})

    @pytest.mark.parametrize("text", [b"0.1", None, True, 1j, [0.1], od.constant])
    def test_only_text_is_read(self, text):
        with pytest.raises(TypeError, match="`text` must be a string, a number or a schedule"):
            od.parse(text)

    def test_a_schedule_comes_back_as_it_is(self):
        made = od.warm_restarts(lambda count: 0.1, 5)
        assert od.parse(made) is made


class TestPowers:
    @pytest.mark.parametrize(
        "text",
        ["-2 ** 2", "(-2) ** 2", "2 ** -1", "2 ** 3 ** 2", "(2 ** 3) ** 2", "2 ** - 2 ** - 2", "3 * 2 ** 2 / 7",
         "0.5 / 1000 ** 0.5", "-0.5 ** 2 - 1", "4 ** 0.5", "10_000 ** .25", "0 ** 0", "1 ** 10 ** 300", "2.0 ** 1000",
         "2 ** 1000 / 2 ** 999", "(-1) ** (10 ** 30 + 1)", "0 ** 10 ** 100", "1e200 ** -2", "1e999 ** -1",
         "14 ** - 269", "10 ** -400", "-3 ** -1_000_000_000_000"],
    )  # fmt: skip
    def test_of_numbers_are_those_of_python(self, text):
        assert od.parse(text) == od.constant(eval(text))

    def test_of_fractions_are_exact(self):
        assert od.parse("cosine_decay(0.1, Fraction(10, 3) ** 2)") == od.cosine_decay(0.1, Fraction(100, 9))
        assert od.parse("Fraction(1, 3) ** -3 - 2 ** Fraction(2, 1)") == od.constant(23)
        assert od.parse("Fraction(1, 4) ** 0.5") == od.constant(0.5)

    @pytest.mark.parametrize(
        ("text", "place", "words"),
        [
            ("9 ** 9 ** 9", 5, "may exceed 2**1024."),
            ("10 ** 400 + 1", 6, "may exceed 2**1024."),
            ("constant(2 ** 1_000_000_000)", 14, "may exceed 2**1024."),
            ("2 ** 1025", 5, "may exceed 2**1024."),
            ("2 ** Fraction(-1025, 1)", 5, "may exceed 2**1024."),
            ("Fraction(1, 3) ** 700", 18, "may exceed 2**1024."),
            ("Fraction(99, 98) ** 10 ** 100", 20, "may exceed 2**1024."),
            ("2 ** Fraction(10 ** 300, 7)", 5, "may exceed 2**1024."),
            ("2 ** 600 * 3 ** 600", 11, "may exceed 2**1024."),
            ("1e200 ** 2", 9, "the result is beyond the largest float."),
            ("0.5 ** 10 ** 300 ** 2", 13, "may exceed 2**1024."),
            ("(-8) ** 0.5", 8, "no such power of a negative number is real."),
            ("1 + 0 ** -1", 9, "cannot be raised to a negative power."),
            ("2 ** 'a'", 5, "arithmetic takes only numbers and schedules."),
            ("True ** 2", 0, "arithmetic takes only numbers and schedules."),
        ],
    )  # fmt: skip
    def test_no_exponent_costs_time_or_memory(self, text, place, words):
        message, _, caret = refusal(text).split("\n")
        assert words in message
        assert caret == " " * (4 + place) + "^"

    @pytest.mark.parametrize(
        "text",
        ["-s ** 2", "(-s) ** 2", "2 ** -s", "s ** 2 ** 3", "(s ** 2) ** 3", "s ** s", "-2 ** s", "(-2) ** s",
         "s ** -s ** 2", "0.1 * s ** 0.7", "(0.1 * s) ** 0.7", "1 / s ** 2 + 1", "s ** (1 / 2)", "s ** Fraction(1, 2)"],
    )  # fmt: skip
    def test_of_schedules_are_those_of_python(self, text):
        made = eval(text, {"s": od.linear_decay(0.5, 10), "Fraction": Fraction})
        assert od.parse(text.replace("s", "linear_decay(0.5, 10)")) == made
        assert od.parse(repr(made)) == made


NAMED = {"total": 10_000, "peak": np.float32(0.5), "share": Fraction(1, 3), "width": np.int64(512)}


class TestNamedNumbers:
    def test_are_read_as_the_plain_numbers_that_they_stand_for(self):
        made = od.parse("warmup(cosine_decay(peak, total - 500), share * total / width)", values=NAMED)
        assert made == od.warmup(od.cosine_decay(0.5, 9_500), Fraction(10_000, 3 * 512))
        assert repr(made) == "warmup(cosine_decay(0.5, 9500), Fraction(625, 96))"
        assert od.parse(repr(made)) == pickle.loads(pickle.dumps(made)) == made
        assert od.parse("-width ** 2", values=NAMED) == od.constant(-(512**2))
        assert od.parse("peak", [sawtooth], values=NAMED) == od.constant(0.5)
        assert od.parse(0.1, values=NAMED) == od.constant(0.1)

    @pytest.mark.parametrize(
        ("text", "place", "words"),
        [
            (
                "cosine_decay(0.1, totl)",
                18,
                "and no number; did you mean `total`? Give a number with `values=` or `--set`.",
            ),
            (
                "cosine_decay(0.1, xyzzy)",
                18,
                "named `xyzzy`, and no number. Give a number with `values=` or `--set`.",
            ),
            ("2 * cosine_deca", 4, "no number; did you mean `cosine_decay`?"),
            ("cosine_decay(0.1, total())", 18, "`total` is a number, and only factories can be called."),
            ("cosine_decay(0.1, -total)", 18, "`decay_steps` must be positive, got -10000."),
            ("total.real", 0, "an attribute is not read."),
        ],
    )
    def test_what_is_named_otherwise_is_refused_in_its_place(self, text, place, words):
        message, _, caret = refusal(text, values=NAMED).split("\n")
        assert words in message
        assert caret == " " * (4 + place) + "^"

    @pytest.mark.parametrize(
        ("values", "error", "words"),
        [
            ({"warmup": 100}, ValueError, "`values` must not have the name of a factory, got 'warmup'."),
            ({"sawtooth": 100}, ValueError, "the name of a factory, got 'sawtooth'."),
            ({"Fraction": 1}, ValueError, "the name of a factory, got 'Fraction'."),
            ({"learning rate": 1}, ValueError, "must have valid Python names, got 'learning rate'."),
            ({"lambda": 1}, ValueError, "must have valid Python names, got 'lambda'."),
            ({5: 1}, ValueError, "must have valid Python names, got 5."),
            ({"total": 10**5000}, ValueError, "`total` must be finite, got a number of thousands of digits."),
            ({"total": [10**5000]}, TypeError, "`values` must be plain numbers, got a number of thousands"),
            ({"total": "10"}, TypeError, "`values` must be plain numbers, got '10' as total."),
            ({"total": True}, TypeError, "`values` must be plain numbers, got True as total."),
            ({"total": jnp.int32(5)}, TypeError, "`values` must be plain numbers, got Array"),
            ({"total": np.nan}, ValueError, "`total` must be finite, got nan."),
            ([("total", 1)], TypeError, "`values` must be a mapping from names to numbers, got [('total', 1)]."),
        ],
    )
    def test_that_are_none_are_refused(self, values, error, words):
        with pytest.raises(error, match=re.escape(words)):
            od.parse("0.1", [sawtooth], values=values)


class TestErrors:
    def test_one_shows_the_line_the_place_and_what_was_wrong(self):
        text = "warmup(\n    cosine_decay(0.1, decay_step=100),  # here\n    10)"
        assert refusal(text) == (
            "line 2: `cosine_decay` has no argument `decay_step`; did you mean `decay_steps`?\n"
            "        cosine_decay(0.1, decay_step=100),  # here\n"
            "                          ^"
        )

    @pytest.mark.parametrize(
        ("text", "place", "words"),
        [
            ("warmup(cosin_decay(0.1, 5), 3)", 7, "named `cosin_decay`; did you mean `cosine_decay`? Give one"),
            ("xyzzy(1)", 0, "named `xyzzy`. Give one of your own with `factories=` or `--factories`."),
            ("cosine_decay(0.1, -5)", 18, "`decay_steps` must be positive, got -5."),
            ("2 * cosine_decay(0.1, decay_steps=0)", 34, "`decay_steps` must be positive, got 0."),
            ("cosine_decay(0.1)", 0, "missing a required argument: 'decay_steps'"),
            ("cosine_decay(1, 2, 3, 4)", 0, "takes init_value, decay_steps, alpha by position, got 4 arguments"),
            ("cosine_decay(0.1, 10,000)", 21, "'000' is not read: a comma ends a number, so write 10_000 or 10000 for"),
            ("cosine_decay(0.1, 1,000,000)", 20, "'000' is not read"),
            ("cosine_decay(0.1, 10,050)", 21, "'050' is not read"),
            ("cosine_decay(1, 2, alpha=3, alpha=4)", 28, "`alpha` is given twice."),
            ("scheduled(rex_decay, init_vale=1, decay_steps=2)", 21, "did you mean `init_value`?"),
            ("piecewise_constant([1, 2], [1, 2])", 27, "`values` must have one entry more"),
            ("sequence((1, 2), (3, -4), 5)", 9, "`phases[1][1]` must be zero or positive, got -4."),
            ("constant('é') + consant(1)", 9, "`value` must be a number, got 'é'."),
            ("clip(1, min_value='é', max_valu=1)", 23, "did you mean `max_value`?"),
            ("od.cosine_decay(1, 2)", 0, "a factory is called by its own name: `cosine_decay(...)`."),
            ("warmup(as_schedule, 3)", 7, "`as_schedule` makes a schedule only when it is called."),
            ("constant(1) +", 13, "invalid syntax."),
            ("one_cycle(0.1, 9, pct_start=1)", 18, "it has peak_value, total_steps, rise_fraction, div_factor,"),
            ("scheduled(factory=rex_decay, self=1, node=2)", 0, "`rex_decay` has no argument `self`, it has init_"),
            ("warmup(cosine_decay, 10)", 7, "`base` must be a schedule, got the factory cosine_decay"),
            ("cosine_decay ** 2", 0, "arithmetic takes only numbers and schedules."),
            ("cosine_decay", 0, "`cosine_decay` makes a schedule only when it is called."),
            ("constant(1),", 0, "a tuple is no schedule."),
            ("'text'", 0, "a str is no schedule."),
            ("None", 0, "a NoneType is no schedule."),
            ("3 + 1 / 0", 8, "division by zero."),
            ("constant(1) * 'a'", 14, "arithmetic takes only numbers and schedules."),
            ("(1,) * 1_000_000_000", 0, "arithmetic takes only numbers and schedules."),
            ("True + 1", 0, "arithmetic takes only numbers and schedules."),
            ("constant(1", 8, "`(` is never closed"),
            ("constant(1))", 11, "`)` closes nothing."),
            ("constant(1]", 10, "does not match"),
            ("", 0, "there is nothing to read."),
            (" # constant(1)", 0, "there is nothing to read."),
        ],
    )  # fmt: skip
    def test_each_points_at_its_place(self, text, place, words):
        message, shown, caret = refusal(text).split("\n")
        assert words in message
        assert shown == f"    {text}"
        assert caret == " " * (4 + place) + "^"

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("constant.__class__", "an attribute"), ("constant(1).replace(value=2)", "only factories can be called"),
            ("().__class__.__bases__[0]", "a subscript"), ("constant(1)[0]", "a subscript"),
            ("constant(1)(2)", "only factories can be called"), ("(lambda: 1)()", "only factories can be called"),
            ("lambda: constant(1)", "a lambda"), ("constant(*[1])", "a star"), ("constant(**{'value': 1})", "a star"),
            ("[constant(x) for x in [1]]", "a comprehension"), ("constant(x for x in [1])", "a comprehension"),
            ("f'{constant(1)}'", "an f-string"), ("constant(x := 1)", "an assignment"),
            ("constant(1) if 1 else 2", "a condition"), ("constant(1 < 2)", "a comparison"), ("{}", "a dictionary"),
            ("{1}", "a set"), 
            ("7 // 2", "`//` is not read: write `/`, a length may be a fraction."),
            ("7 % 2", "`%` is not read: write `/`"), ("constant(+1)", "this"),
            ("not 1", "this operator"), ("1 and 2", "this"), ("await constant(1)", "this"), ("(yield)", "this"),
            ("constant(1j)", "'1j' is not read"), ("constant(b'1')", "b'1'"), ("constant(...)", "Ellipsis"),
            ("__import__('os').system('true')", "only factories can be called"),
            ("__import__('os')", "no factory is named `__import__`"), ("eval('1')", "no factory is named `eval`"),
            ("parse('1')", "no factory is named `parse`"), ("schedule(1)", "no factory is named `schedule`"),
            ("_sum(1, 2)", "no factory is named `_sum`"), ("inf", "no factory is named `inf`"),
            ("import os", "invalid syntax"), ("constant(1); 2", "invalid syntax"),
            ("x = constant(1)", "invalid syntax"),
            ("constant(1)) + (constant(2)", "`)` closes nothing"), ("1if 2 else 3", "'1if' is not read"),
            ("0x10", "'0x10'"), ("'\\d'", "invalid escape"),
            ("constant(1) constant(2)", "invalid syntax"),
            ("a\0b", r"'\x00' is not read"), ("\ud800", r"'\ud800' is not read"),
            ("cast(1, 'a\0')", r"'\x00' is not read"), ("1 # \udc9c", r"'\udc9c' is not read"),
            ("cooldown(1, 2, 3, shape='lin\\\near')", "a string does not end"), ('"""1\n)"""', "a string does not end"),
            ("\ufeff1", "U+FEFF"), ("'a", "a string does not end on its line"), ("9" * 5000, "4300"),
        ],
    )  # fmt: skip
    def test_nothing_else_is_read(self, text, words):
        assert words in refusal(text)

    def test_a_long_line_is_shown_around_its_place(self):
        text = f"piecewise_constant([{', '.join(map(str, range(5000)))}], [1, 2]) + \tconstan(1) + {'1 + ' * 50}1"
        message, shown, caret = refusal(text).split("\n")
        assert len(shown) <= 104
        assert shown[len(caret) - 1 :].startswith("[1, 2])") or "values" in message
        assert all(c.isprintable() for c in shown)

    def test_one_is_a_value_error_that_pickles(self):
        with pytest.raises(ValueError, match="line 1: ") as caught:
            od.parse("nothing(1)")
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def nested(deep, open="-constant(", close=")"):
    return open * deep + "1" + close * deep


HOSTILE = {
    "many slow tables": " + ".join(
        f"scheduled(warm_restarts, base=1, cycle_steps=1, t_mul=constant({1.001 + 1e-6 * n!r}))" for n in range(99)
    ),
    "brackets": "(" * 60_000,
    "balanced brackets": nested(20_000, "(", ")"),
    "lists": nested(20_000, "[", "]"),
    "lists a line each": nested(15_000, "[\n", "]"),
    "calls": nested(10_000, "f(", ")"),
    "signs": "-" * 60_000 + "1",
    "nots": "not " * 15_000 + "1",
    "lambdas": "lambda:" * 9_000 + "1",
    "powers": "1**" * 20_000 + "1",
    "a sum": "1" + "+1" * 30_000,
    "a power of powers": "9 ** 9 ** 9 ** 9",
    "powers of fractions": "Fraction(1, 3) ** 640 * Fraction(7, 2) ** 360 + " * 90 + "1",
    "many powers": nested(11, "(3 ** 600 - ", " * 2 ** 999) ** 99"),
    "attributes": "a" + ".a" * 30_000,
    "calls of results": "f" + "()" * 30_000,
    "subscripts": "a" + "[0]" * 20_000,
    "conditions": "1 if 1 else " * 5_000 + "1",
    "quotes": "\"'" * 30_000,
    "escaped quotes": "'" + "\\'" * 32_000,
    "quotes a line each": "'\n" * 30_000,
    "commas": "constant(" + "1," * 32_000 + ")",
    "long numbers": "*".join(["9" * 4_300] * 15),
    "a long hexadecimal number": f"constant(0x{'f' * 65_000})",
    "a long name": "x" * 65_000,
    "a long argument": f"constant({'x' * 65_000}=1)",
    "many arguments": f"constant({', '.join(f'x{n}=1' for n in range(6000))})",
    "a list times a number": "[1] * 1_000_000_000",
    "a string times a number": "'1' * 1_000_000_000",
    "too long": " " * 65_537,
    "too long in bytes": "'" + "é" * 40_000 + "'",
    "format fields": "f'{" * 20_000,
    "unclosed calls": "f(" * 99 + "b=",
    "mistakes deep inside": "f(a=1, b=[" * 49 + "1 2" + "])" * 49,
    "arguments out of order": "f(a=1," * 99 + "b" + ")" * 99,
    "a very slow table": "scheduled(warm_restarts, base=constant(1), cycle_steps=1, t_mul=constant(1.0000001))",
}


PIECES = [
    *"()[]{},=+-*/.:;@#'\"\\_01xé\0\r\n\f\t …", "**", "9", "//", ":=", "f'", "1e999", "\ud800", "value", "lambda", "if",
    "else", "for", "in", "not", "await", "None", "True", "constant", "sequence", "warmup", "scheduled",
]  # fmt: skip


MOST_CALLS = 1_000_000


class TestHostile:
    def test_it_warns_of_nothing_and_leaves_the_filters_alone(self):
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            before = list(warnings.filters)
            for text in (
                "'\\d'",
                "1if 2 else 3",
                "0x1for",
                "scheduled(cast, base=1, dtype='float64')",
                *HOSTILE.values(),
            ):
                read_or_refused(text)
            assert warnings.filters == before
        assert not [warning for warning in warned if issubclass(warning.category, (SyntaxWarning, DeprecationWarning))]

    def test_from_the_depth_of_a_stack_it_is_read_or_refused(self):
        def deeper():
            read_or_refused(nested(30, "delay(", ", 1)"))
            deeper()

        with pytest.raises(RecursionError):
            deeper()

    @pytest.mark.parametrize("name", HOSTILE)
    def test_a_hostile_text_is_refused_or_read_in_a_bounded_number_of_calls(self, name):
        calls = 0

        def count(frame, event, argument):
            nonlocal calls
            calls += 1

        with warnings.catch_warnings(action="error"):
            sys.setprofile(count)
            try:
                read_or_refused(HOSTILE[name])
            finally:
                sys.setprofile(None)
        # 64 KiB are some tens of thousands of tokens, and a table of cycles is at most 2**14 rows.
        assert calls < MOST_CALLS

    @pytest.mark.parametrize("name", HOSTILE)
    def test_so_it_is_in_a_thread_of_little_stack(self, name):
        before, ended = threading.stack_size(1 << 20), []

        def attempt():
            read_or_refused(HOSTILE[name])
            ended.append(name)

        try:
            thread = threading.Thread(target=attempt)
            thread.start()
            thread.join()
        finally:
            threading.stack_size(before)
        assert ended

    @pytest.mark.parametrize(("open", "close"), [("(", ")"), ("-", ""), ("2 + ", ""), ("delay(", ", 1)")])
    def test_a_hundred_deep_is_read_and_deeper_is_refused(self, open, close):
        assert isinstance(od.parse(nested(100, open, close)), od.Schedule)
        assert "nested deeper than 100." in refusal(nested(101, open, close))

    def test_64_kib_are_read_and_more_are_refused(self):
        text = "constant(1)"
        assert od.parse(text + " " * (65_536 - len(text))) == od.constant(1)
        assert "must not exceed 65536 bytes, got 65537" in refusal(text + " " * (65_537 - len(text)))
        assert "must not exceed 65536 bytes, got 80012" in refusal(f"constant('{'é' * 40_000}')")

    @given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=40).map("".join)))
    @settings(max_examples=1500, derandomize=True)
    def test_any_text_is_read_or_refused_with_its_place(self, text):
        read_or_refused(text)
