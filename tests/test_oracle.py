"""The oracle itself, against values found by hand."""

import math
from fractions import Fraction
from itertools import islice

import pytest

from tests import oracle


def close(value, expected):
    return math.isclose(float(value), expected, rel_tol=1e-15, abs_tol=0.0)


BY_HAND = [
    ("constant", (0.1,), {}, {0: "0.1", 10**6: "0.1"}),
    ("exponential_decay", (1, 10, 0.5), {}, {0: 1, 10: "1/2", 30: "1/8"}),
    ("exponential_decay", (1, 10, 0.5), {"staircase": True}, {9: 1, 10: "1/2", 29: "1/4"}),
    ("natural_exp_decay", (0.1, 10, 0.5), {"staircase": True}, {0: "0.1", 9: "0.1"}),
    ("inverse_time_decay", (0.1, 10, 0.5), {}, {0: "1/10", 10: "1/15", 20: "1/20"}),
    ("inverse_time_decay", (0.1, 10, 0.5), {"staircase": True}, {9: "1/10", 10: "1/15", 19: "1/15"}),
    ("polynomial_decay", (1.0, 10, 0.2, 2), {}, {0: 1, 5: "2/5", 10: "1/5", 99: "1/5"}),
    ("polynomial_decay", (1.0, 10, 0.0, 0.5), {}, {0: 1, 10: 0}),
    ("polynomial_decay", (1.0, 10), {}, {10: "0.0001"}),
    ("polynomial_decay", (1.0, 10, 0.0), {"cycle": True}, {0: 1, 10: 0, 11: "9/20", 20: 0, 21: "3/10"}),
    ("linear_decay", (1.0, 10), {}, {0: 1, 3: "7/10", 10: 0, 11: 0}),
    ("piecewise_constant", ([10, 20], [3, 2, 1]), {}, {0: 3, 10: 3, 11: 2, 20: 2, 21: 1}),
    ("piecewise_linear", ([10, 20], [3, 1]), {}, {0: 3, 10: 3, 15: 2, 20: 1, 30: 1}),
    ("piecewise_linear", ([10, 20, 20, 30], [3, 1, 7, 9]), {}, {10: 3, 19: "6/5", 20: 7, 25: 8, 30: 9}),
    ("cosine_decay", (1.0, 12), {}, {0: 1, 6: "1/2", 12: 0, 13: 0}),
    ("cosine_decay", (1.0, 12, 0.5), {}, {0: 1, 6: "3/4", 12: "1/2"}),
    ("linear_cosine_decay", (1.0, 12), {"beta": 0.5}, {0: "3/2", 6: "3/4", 12: "1/2"}),
    ("linear_cosine_decay", (1.0, 12), {"num_periods": 2, "beta": 0}, {0: 1, 3: 0, 6: "1/2", 12: 0}),
    ("inverse_sqrt_decay", (1.0, 10), {}, {0: 1, 30: "1/2"}),
    ("one_minus_sqrt_decay", (1.0, 16), {}, {0: 1, 4: "1/2", 9: "1/4", 16: 0}),
    ("rex_decay", (1.0, 10), {}, {0: 1, 5: "2/3", 10: 0}),
    ("cosine_decay_restarts", (1.0, 12), {"m_mul": 0.5}, {0: 1, 6: "1/2", 12: "1/2", 24: "1/4", 36: "1/4"}),
    ("cosine_decay_restarts", (1.0, 1000), {"t_mul": 1.1}, {2100: 1}),
    ("triangular", (1, 3, 10), {}, {0: 1, 5: 2, 10: 3, 20: 1, 30: 3}),
    ("triangular2", (1, 3, 10), {}, {0: 1, 10: 3, 20: 1, 30: 2, 50: "3/2"}),
    ("exp_range", (1, 3, 1, 0.5), {}, {0: 1, 1: 2, 2: 1, 3: "5/4"}),
    ("one_cycle", (1.0, 100), {"div_factor": 4}, {0: "1/4", 15: "5/8", 30: 1, 65: "40001/80000", 100: "1/40000"}),
    ("warmup_cosine_decay", (1.0, 10, 30), {}, {0: 0, 5: "1/2", 10: 1, 20: "1/2", 30: 0}),
    ("warmup_stable_decay", (1.0, 10, 30, 16), {}, {0: 0, 5: "1/2", 10: 1, 14: 1, 18: "3/4", 22: "1/2", 30: 0}),
    ("warmup_stable_decay", (1.0, 10, 30, 16), {"shape": "one_minus_sqrt"}, {14: 1, 18: "1/2", 23: "1/4", 30: 0}),
    ("noam", (4, 9), {}, {0: "1/54", 8: "1/6", 15: "1/8"}),
]


@pytest.mark.parametrize(("name", "args", "kwargs", "values"), BY_HAND, ids=lambda x: str(x).replace(" ", ""))
def test_a_value_found_by_hand_is_met_exactly(name, args, kwargs, values):
    s = getattr(oracle, name)(*args, **kwargs)
    assert {t: s(t) for t in values} == {t: Fraction(v) for t, v in values.items()}


def test_values_that_are_not_rational_are_right_to_the_last_bit_but_one():
    assert close(oracle.natural_exp_decay(0.1, 10, 0.5)(20), 0.1 / math.e)
    assert close(oracle.exponential_decay(1.0, 2, 0.25)(3), 0.125)
    assert close(oracle.polynomial_decay(1.0, 4, 0.0, 0.5)(2), math.sqrt(0.5))
    assert close(oracle.cosine_decay(1.0, 12)(4), 0.75)
    assert close(oracle.cosine_decay(1.0, 12)(8), 0.25)
    assert close(oracle.cosine_decay(2.0, 4)(1), 1 + math.sqrt(0.5))
    assert close(oracle.tanh_decay(2.0, 10)(7), 1.0)
    assert close(oracle.tanh_decay(2.0, 10)(0), 1 + math.tanh(7))
    assert close(oracle.inverse_sqrt_decay(1.0, 1)(1), math.sqrt(0.5))
    assert close(oracle.noam(512, 4000)(3999), 1 / math.sqrt(512 * 4000))


def test_nothing_is_lost_to_cancellation_next_to_an_end():
    # One step before the end of 2**31 - 1: (1 + cos(pi p)) / 2 = sin(pi (1 - p) / 2)**2.
    steps = 2**31 - 1
    assert close(oracle.cosine_decay(1.0, steps)(steps - 1), math.sin(math.pi / 2 / steps) ** 2)
    assert close(1 - oracle.cosine_decay(1.0, steps)(1), math.sin(math.pi / 2 / steps) ** 2)
    assert close(1 - oracle.exponential_decay(1.0, steps, 0.5)(1), -math.expm1(math.log(0.5) / steps))


def test_a_value_beyond_every_float_is_infinite_and_one_below_zero():
    assert oracle.natural_exp_decay(0.1, 1, 1.0)(10**9) == 0
    assert oracle.natural_exp_decay(0.1, 1, -1.0)(10**9) == math.inf
    assert oracle.exponential_decay(0.1, 1, 0.5)(10**9) == 0


@pytest.mark.parametrize("half_turns", range(-8, 9))
def test_the_cosine_of_half_turns_and_sixths_is_exact_or_within_a_bit(half_turns):
    assert oracle.cos_pi(Fraction(half_turns)) == (-1) ** half_turns
    assert oracle.cos_pi(half_turns + Fraction(1, 2)) == 0
    assert close(oracle.cos_pi(half_turns + Fraction(1, 3)), (-1) ** half_turns / 2)


def test_a_float_means_the_decimal_that_it_prints_as():
    assert oracle.exact(1.1) == Fraction(11, 10)
    assert oracle.exact([0.1, 2, 1e-4]) == (Fraction(1, 10), 2, Fraction(1, 10**4))
    assert oracle.exact(True) is True
    assert oracle.exact(None) is None


def test_a_count_that_is_no_exact_number_is_refused():
    with pytest.raises(TypeError, match="exact counts"):
        oracle.linear_decay(1.0, 10)("1")


def test_a_length_means_the_simplest_fraction_within_its_rounding_error():
    lengths = {1.1: "11/10", 100 / 3: "100/3", 0.57 * 100: 57, 0.1 * 3: "3/10", 1 + 2**-52: 1, 2.5: "5/2", 7: 7}
    assert {x: oracle.measured(x) for x in lengths} == {x: Fraction(fraction) for x, fraction in lengths.items()}


def test_a_schedule_holds_its_value_before_0_and_has_no_upper_end():
    s = oracle.linear_decay(1.0, 2**32)
    assert s(-5) == s(0) == 1
    assert s(2**31) == Fraction(1, 2)


def test_the_count_that_a_clock_gives_its_base_is_not_held():
    steps = 2**32
    s = oracle.cyclic(oracle.linear_decay(1.0, steps), steps)
    assert s(0) == 0
    assert s(2**31 - 1) == Fraction(2**31 - 1, steps)


def test_stages_are_floors():
    assert [oracle.stage(t, 49) for t in (0, 48, 49, 97, 98)] == [0, 0, 1, 1, 2]
    assert oracle.stage(2**31 - 2, 0.1) == 10 * (2**31 - 2)


@pytest.mark.parametrize("t_mul", [0.9, 1, 1.1, 1.5, 2, 3])
@pytest.mark.parametrize("cycle_steps", [1, 7, 0.3, 10**6 + 3])
def test_a_beginning_is_in_the_cycle_that_begins_and_the_moment_before_it_is_not(cycle_steps, t_mul):
    for index, begin in enumerate(islice(oracle.beginnings(cycle_steps, t_mul), 1, 60), start=1):
        assert oracle.cycle_index(begin, cycle_steps, t_mul) == index
        assert oracle.cycle_index(begin - Fraction(1, 10**9), cycle_steps, t_mul) == index - 1


def test_beginnings_are_the_sums_of_the_lengths():
    assert list(islice(oracle.beginnings(10, 2), 5)) == [0, 10, 30, 70, 150]
    assert list(islice(oracle.beginnings(10, 1.1), 4)) == [0, 10, 21, Fraction("33.1")]
    assert oracle.cycle_index(2**31 - 1, 1) == 2**31 - 1
    assert oracle.cycle_index(2**31 - 1, 1, 2) == 31
    assert oracle.cycle_index(2**31 - 2, 1, 2) == 30
    assert oracle.cycle_index(100, 10, 0.9) is None


def seen(t):
    """A base that shows the count that it is given."""
    return t


CLOCKS = [
    ("warm_restarts", (seen, 10), {}, {0: 0, 9: 9, 10: 0, 25: 5}),
    ("warm_restarts", (seen, 10), {"t_mul": 2}, {9: 9, 10: 0, 15: "5/2", 29: "19/2", 30: 0, 69: "39/4"}),
    ("warm_restarts", (seen, 10), {"t_mul": 1.1}, {20: "100/11", 21: 0, 33: "1200/121"}),
    ("warm_restarts", (seen, 10), {"t_mul": 0.5, "cycles": 2}, {9: 9, 10: 0, 14: 8, 15: 10, 16: 10, 99: 10}),
    ("warm_restarts", (seen, 10), {"m_mul": 0.5, "baseline": 2}, {9: 9, 10: 1, 19: "11/2", 20: "3/2"}),
    ("warm_restarts", (seen, 10), {"m_mul": 0.5, "cycles": 2}, {19: "9/2", 20: 5, 999: 5}),
    ("warm_restarts", (4, 10), {"m_mul": 0.5}, {0: 4, 10: 2}),
    ("warm_restarts", (4, 10), {"m_mul": 1.1, "baseline": 4}, {0: 4, 10**6: 4}),
    ("cyclic", (seen, 10), {}, {0: 10, 1: 9, 10: 0, 11: 1, 19: 9, 20: 10}),
    ("cyclic", (seen, 10), {"rise_steps": 5}, {0: 10, 1: 8, 5: 0, 6: 1, 14: 9, 15: 10}),
    ("cyclic", (seen, 10), {"t_mul": 2, "m_mul": 0.5}, {19: 9, 20: 5, 30: "5/2", 40: 0, 60: "5/2"}),
    ("cyclic", (seen, 10), {"cycles": 1}, {19: 9, 20: 10, 21: 10}),
    ("expanding_cycle", (seen, 10), {}, {0: 0, 9: 9, 10: 10, 11: "11/2", 20: 10, 21: 7}),
    ("warm_restarts", (seen, 10), {"t_mul": 2, "stretch": False}, {9: 9, 10: 0, 29: 19, 30: 0, 69: 39}),
    ("warm_restarts", (seen, 10), {"t_mul": 2, "cycles": 2, "stretch": False}, {10: 0, 29: 19, 30: 20, 99: 20}),
    ("warm_restarts", (seen, 10), {"t_mul": 1.1, "stretch": False}, {20: 10, 21: 0, 33: 12, 34: "9/10"}),
    ("delay", (seen, 10), {}, {0: 0, 10: 0, 11: 1}),
    ("hold", (seen, 10), {}, {0: 0, 10: 10, 11: 10}),
    ("hold", (seen, 2.5), {}, {2: 2, 3: "5/2"}),
    ("warp", (seen, 10, 2), {}, {0: 0, 5: "5/2", 9: "81/10", 10: 10, 11: 10}),
    ("warp", (seen, 100, 0.5), {}, {1: 10, 25: 50, 100: 100}),
    ("power", (seen, 2), {}, {0: 0, 3: 9}),
    ("power", (2, seen), {}, {0: 1, 3: 8}),
    ("delay", (seen, -10), {}, {0: 10, 5: 15}),
    ("stretch", (seen, 4), {}, {0: 0, 3: "3/4", 8: 2}),
    ("staircase", (seen, 4), {}, {3: 0, 4: 4, 11: 8}),
    ("reverse", (seen, 4), {}, {0: 4, 3: 1, 4: 0, 5: 0}),
    ("sequence", ((seen, 3), (7, 0), (7, 2), seen), {}, {0: 0, 2: 2, 3: 7, 4: 7, 5: 0, 8: 3}),
    ("warmup", (lambda t: 4 + t, 8), {}, {0: 0, 4: 2, 8: 4, 9: 5}),
    ("warmup", (lambda t: 4 + t, 0), {}, {0: 4, 3: 7}),
    ("warmup", (4, 8), {"shape": "cosine"}, {0: 0, 4: 2, 8: 4}),
    ("warmup", (4, 16), {"shape": "one_minus_sqrt", "init_value": 8}, {0: 8, 7: 7, 12: 6, 15: 5, 16: 4}),
    ("warmup", (4, 8), {"shape": lambda x: (1 - x) ** 2}, {0: 0, 4: 1, 6: "9/4", 8: 4, 9: 4}),
    ("cooldown", (4, 8, 4), {"shape": lambda x: (1 - x) ** 2, "end_value": 2}, {7: 4, 9: "25/8", 12: 2, 13: 2}),
    ("cooldown", (seen, 8, 4), {}, {7: 7, 8: 8, 9: 6, 12: 0, 13: 0}),
    ("cooldown", (seen, 8, 4), {"shape": "cosine", "end_value": 4}, {8: 8, 10: 6, 12: 4}),
    ("cooldown", (seen, 8, 4), {"shape": "one_minus_sqrt"}, {8: 8, 9: 4, 12: 0}),
    ("clip", (seen,), {"min_value": 2, "max_value": 5}, {0: 2, 3: 3, 9: 5}),
    ("cast", (lambda t: t * Fraction(1, 4) - 1, "int8"), {}, {0: -1, 1: -1, 2: 0, 6: 1, 7: 1, 9: 1, 10: 2, 10**6: 127}),
    ("cast", (lambda t: t * Fraction(1, 4) - 1, "uint8"), {}, {0: 0, 10: 2, 10**6: 255}),
    ("cast", (lambda t: t * Fraction(1, 4) - 1, "float32"), {}, {1: "-3/4"}),
]


@pytest.mark.parametrize(("name", "args", "kwargs", "values"), CLOCKS)
def test_a_clock_or_phase_shows_the_base_the_count_found_by_hand(name, args, kwargs, values):
    s = getattr(oracle, name)(*args, **kwargs)
    assert {t: s(t) for t in values} == {t: Fraction(v) for t, v in values.items()}
