"""Schedules of other libraries and codebases, each one expression here: `peers/` recorded what they really give."""

import json
import re
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import optax_decay as od
from tests.peers.cases import key
from tests.peers.expressions import EXPRESSIONS
from tests.peers.texts import TEXTS
from tests.runs import mostly_slow

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


def holds(name, values):
    case = CASES[name]
    expected = np.array(case["values"])
    off = np.abs(np.asarray(values, np.float64) - expected) / np.abs(expected).max()
    worst = int(off.argmax())
    assert off[worst] <= 2e-6, (
        f"{values[worst]} at count {case['counts'][worst]}, where {case['library']} gives {expected[worst]}"
    )


def test_one_expression_in_python_gives_what_the_codebase_gives(subtests):
    for name in TEXTS:
        with subtests.test(name):
            made = EXPRESSIONS[name](od)
            holds(name, [float(made(count)) for count in CASES[name]["counts"]])


@pytest.mark.parametrize("name", mostly_slow(CASES, *(CASES.keys() - TEXTS.keys())))
def test_one_expression_gives_what_the_other_library_gives(name):
    holds(name, jax.jit(EXPRESSIONS[name](od))(jnp.array(CASES[name]["counts"], jnp.int32)))


def rows(path: str) -> list[str]:
    """The right cells of a correspondence table."""
    text = (Path(__file__).parent.parent / path).read_text()
    return re.findall(r"^\| \w+ `.*\| `([^|]*)` \|$", text, re.MULTILINE)


@pytest.mark.parametrize(("path", "least"), [(MANUAL, 80), ("tests/peers/table.md", len(EXPRESSIONS))])
def test_each_row_of_the_tables_is_a_recorded_schedules_expression(path, least):
    recorded = {EXPRESSIONS[name](od) for name in CASES}
    namespace = {name: getattr(od, name) for name in od.__all__}
    made = [od.as_schedule(eval(expression, namespace)) for expression in rows(path)]
    assert len(made) >= least
    assert not [schedule for schedule in made if schedule not in recorded]


def test_the_manual_has_a_row_for_each_schedule_that_was_recorded_first():
    names = {(case["library"], case["schedule"]) for name, case in CASES.items() if name not in TEXTS}
    assert len(rows(MANUAL)) >= len(names) - 1
