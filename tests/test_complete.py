"""Whoever adds a factory is told, by the name of the file, where else it belongs."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import optax_decay as od
from optax_decay import _text
from optax_decay._begins import has_edges_told
from optax_decay._ends import has_end_told
from optax_decay._schedule.record import record_of
from tests.derivatives import REFERENCE
from tests.examples import EXAMPLES, file_of, room

ROOT = Path(__file__).parent.parent
FACTORIES = sorted({*_text.FACTORIES, "schedule"})
# What a sweep cannot change.
STATIC = {"base", "cycle", "dtype", "shape", "staircase", "stretch"}
# They take whatever their own factories and phases do.
OPEN = ("as_schedule", "schedule", "scheduled", "sequence")


def examples(factory: str) -> list[Any]:
    return [example for example in EXAMPLES.values() if example.factory == factory]


def of_room(*rooms: str) -> list[str]:
    return [name for name in FACTORIES if room(name) in rooms]


def written() -> Iterator[Any]:
    """Every factory that the rooms hold."""
    for module in pkgutil.walk_packages(od.__path__, "optax_decay."):
        if not module.name.endswith("__main__"):
            room = importlib.import_module(module.name)
            yield from (value for name, value in vars(room).items() if record_of(value) and not name.startswith("_"))


@pytest.mark.parametrize("factory", sorted({factory.__name__ for factory in written()}))
def test_a_factory_is_public(factory):
    assert factory in od.__all__, f"Export `{factory}` in its room's __init__.py and in optax_decay/__init__.py."


@pytest.mark.parametrize("factory", FACTORIES)
def test_a_factory_has_an_example(factory):
    assert examples(factory), f"Add an example of `{factory}` to tests/examples.py."


@pytest.mark.parametrize("factory", [name for name in FACTORIES if name not in OPEN])
def test_an_example_sweeps_each_hyperparameter(factory):
    swept = set().union(*(example.settings for example in examples(factory)))
    left = set(inspect.signature(getattr(od, factory)).parameters) - STATIC - swept
    assert not left, f"Add settings of {left} to an example of `{factory}` in tests/examples.py."


@pytest.mark.parametrize("factory", [name for name in FACTORIES if name != "schedule"])
def test_a_factory_has_an_exact_definition(factory):
    assert hasattr(REFERENCE, factory), (
        f"Write the definition of `{factory}` in tests/oracle.py, or in tests/derivatives.py if it draws noise."
    )


@pytest.mark.parametrize("factory", of_room("decays"))
def test_a_decay_has_a_case_of_accuracy(factory):
    assert any(example.hard for example in examples(factory)), (
        f"Give an example of `{factory}` in tests/examples.py `hard` numbers."
    )


@pytest.mark.parametrize("factory", of_room("clocks", "phases"))
def test_a_clock_or_phase_tells_where_what_it_makes_begins(factory):
    assert has_edges_told(getattr(od, factory)), (
        f"Say with `tells_edges_of` where the phases and cycles of `{factory}` begin, in {file_of(factory)}."
    )


@pytest.mark.parametrize("factory", of_room("values"))
def test_what_changes_a_value_tells_where_what_is_in_it_begins(factory):
    assert has_edges_told(getattr(od, factory)), (
        f"Name `{factory}` in `leaves_count_alone`, or say with `tells_edges_of` what begins, in {file_of(factory)}."
    )


@pytest.mark.parametrize("factory", [name for name in FACTORIES if name != "schedule"])
def test_a_factory_tells_until_when_there_is_something_to_see(factory):
    for example in examples(factory):
        made = example.make(od, **example.setting(0))
        assert has_end_told(made._definition._record.factory), (
            f"Say with `tells_end_of`, or what calls it, when schedules of `{factory}` end, in {file_of(factory)}."
        )


@pytest.mark.parametrize("factory", FACTORIES)
def test_a_factory_has_its_place_in_the_readme(factory):
    assert f"`{factory}" in (ROOT / "README.md").read_text(), f"Name `{factory}` in README.md."


@pytest.mark.parametrize("factory", FACTORIES)
def test_a_factory_has_a_picture(factory):
    assert any(example.pictures for example in examples(factory)), (
        f"Give an example of `{factory}` in tests/examples.py a picture."
    )


@pytest.mark.parametrize("name", sorted({*od.__all__}))
def test_a_public_name_has_its_place_in_the_reference(name):
    pages = [page.read_text() for page in (ROOT / ".github" / "docs" / "reference").glob("*.md")]
    assert sum(text.count(f":: optax_decay.{name}\n") for text in pages) == 1, (
        f"Name `{name}` in a page of .github/docs/reference."
    )
