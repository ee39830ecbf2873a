"""Schedules of eight other libraries, each one expression here: `peers/record.py` recorded what they really give."""

import json
import re
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import optax_decay as od
from tests.peers.expressions import EXPRESSIONS
from tests.peers.record import key

RECORDED = json.loads((Path(__file__).parent / "peers" / "values.json").read_text())["cases"]
CASES = {key(case): case for case in RECORDED}
MANUAL = ".github/docs/coming-from.md"


def test_each_recorded_schedule_has_one_expression_and_each_expression_a_record():
    assert len(CASES) == len(RECORDED)
    assert CASES.keys() == EXPRESSIONS.keys()


def test_every_record_has_a_value_for_each_of_its_distinct_counts():
    assert all(len(case["counts"]) == len(case["values"]) for case in RECORDED)
    assert all(case["counts"] == sorted(set(case["counts"])) for case in RECORDED)
    assert np.isfinite([value for case in RECORDED for value in case["values"]]).all()


@pytest.mark.parametrize("name", CASES)
def test_one_expression_gives_what_the_other_library_gives(name):
    case = CASES[name]
    values = np.asarray(jax.jit(EXPRESSIONS[name](od))(jnp.array(case["counts"], jnp.int32)), np.float64)
    expected = np.array(case["values"])
    off = np.abs(values - expected) / np.abs(expected).max()
    worst = int(off.argmax())
    assert off[worst] <= 2e-6, (
        f"{values[worst]} at count {case['counts'][worst]}, where {case['library']} gives {expected[worst]}"
    )


def rows(path: str) -> list[str]:
    """The right cells of a correspondence table."""
    text = (Path(__file__).parent.parent / path).read_text()
    return re.findall(r"^\| \w+ `.*\| `([^|]*)` \|$", text, re.MULTILINE)


@pytest.mark.parametrize("path", [MANUAL, "tests/peers/table.md"])
def test_each_row_of_the_tables_is_a_recorded_schedules_expression(path):
    recorded = {EXPRESSIONS[name](od) for name in CASES}
    namespace = {name: getattr(od, name) for name in od.__all__}
    made = [od.as_schedule(eval(expression, namespace)) for expression in rows(path)]
    assert len(made) >= 55
    assert not [schedule for schedule in made if schedule not in recorded]


def test_the_manual_has_a_row_for_each_recorded_schedule():
    names = {(case["library"], case["schedule"]) for case in RECORDED}
    assert len(rows(MANUAL)) >= len(names) - 1
