"""The package's public face: names, docstrings, README, what importing costs and which way imports run."""

import ast
import doctest
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import optax_decay as od

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "optax_decay").rglob("*.py"))
FACTORIES = [name for name in od.__all__ if inspect.isfunction(getattr(od, name))]
MODULES = [
    *(f"_arithmetic.{room}" for room in ("real", "fractions", "twofold", "elementary")),
    *(f"_arithmetic.{room}" for room in ("given", "tabulated", "traced", "binding", "__init__")),
    *(f"_count.{room}" for room in ("integers", "count", "sums", "lengths", "division", "intake")),
    "_count.progress", "_count.warp", "_count.tables", "_count.__init__",
    "_cycle.doubling", "_cycle.table", "_cycle.closed_form", "_cycle.cycle", "_cycle.__init__",
    "_schedule.mixups", "_schedule.advice", "_schedule.record", "_schedule.kinds", "_schedule.expression",
    "_schedule.protocols", "_schedule.evaluation", "_schedule.factory",
    "_schedule.arithmetic", "_schedule.__init__", "_begins", "_ends", "_groups",
    *(f"_decays.{room}" for room in ("weights", "noise", "endless", "polynomial", "ending", "piecewise", "cosine")),
    "_decays.linear_cosine", "_decays.__init__",
    *(f"_clocks.{room}" for room in ("cycles", "shifts", "turns", "__init__")),
    "_shapes", "_phases", "_values", "_presets.cycles", "_presets.runs", "_presets.__init__",
    "_text.factories", "_text.source", "_text.reading", "_text.__init__",
    *(f"_view.{room}" for room in ("values", "scale", "axes", "notebook", "terminal", "__init__")),
    "__init__", "__main__",
]  # fmt: skip


def test_all_is_sorted_and_complete():
    assert od.__all__ == sorted(od.__all__)
    public = {name for name, value in vars(od).items() if not name.startswith("_") and not inspect.ismodule(value)}
    assert set(od.__all__) == public


@pytest.mark.lowest
@pytest.mark.parametrize("name", od.__all__)
def test_every_docstrings_example_runs(name):
    text = inspect.getdoc(getattr(od, name)) or ""
    test = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    assert test.examples
    printed: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    assert runner.run(test, out=printed.append).failed == 0, "".join(printed)


@pytest.mark.parametrize("name", FACTORIES)
def test_every_docstring_says_what_goes_in_what_comes_out_and_what_is_raised(name):
    text = inspect.getdoc(getattr(od, name)) or ""
    for section in ("Args:", "Returns:", "Raises:", ">>>"):
        assert section in text
    for parameter in inspect.signature(getattr(od, name)).parameters:
        assert re.search(rf"^\s+\**{parameter}:", text, re.MULTILINE), parameter


@pytest.mark.parametrize("name", FACTORIES)
def test_help_shows_each_argument_in_a_line_or_two(name):
    assert not [p for p in inspect.signature(getattr(od, name)).parameters.values() if len(str(p)) > 200]


def imports_of(path: Path) -> set[str]:
    """The package's modules that one of them imports, as MODULES names them."""
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("optax_decay"):
            inside = (node.module or "").partition(".")[2]
            names = [f"{inside}.{alias.name}".lstrip(".") for alias in node.names]
            imported |= {name if is_module(name) else inside for name in names}
    return {f"{name}.__init__" if (ROOT / "optax_decay" / name).is_dir() else name for name in imported}


def is_module(name: str) -> bool:
    path = ROOT / "optax_decay" / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").is_file()


def test_imports_run_one_way():
    found = {".".join(path.relative_to(ROOT / "optax_decay").with_suffix("").parts): path for path in SOURCES}
    assert set(found) == set(MODULES)
    for module, path in found.items():
        later = {other for other in imports_of(path) if MODULES.index(other) >= MODULES.index(module)}
        assert not later, (module, later)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_fits_in_the_head(path):
    assert len(path.read_text().splitlines()) <= 300


def defined(path: Path) -> set[str]:
    """The names that a module defines at its top level."""
    nodes = ast.parse(path.read_text()).body
    functions = {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    targets = [t for node in nodes if isinstance(node, ast.Assign) for t in node.targets]
    targets += [node.target for node in nodes if isinstance(node, ast.AnnAssign)]
    return functions | {target.id for target in targets if isinstance(target, ast.Name)} - {"__all__"}


def test_no_name_stands_for_two_things():
    rooms: dict[str, list[str]] = {}
    for path in SOURCES:
        for name in defined(path):
            rooms.setdefault(name, []).append(str(path.relative_to(ROOT)))
    assert not {name: files for name, files in rooms.items() if len(files) > 1}


def test_importing_it_brings_in_nothing_but_itself_beyond_optax():
    """How long that takes is a question for the benchmarks."""
    program = "import optax, sys; before = set(sys.modules); import optax_decay; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    brought = {name for name in done.stdout.split() if name.partition(".")[0] != "optax_decay"}
    assert brought <= {"fractions", "numpy.typing", "numpy._typing._add_docstring"}, brought


def readme_blocks() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.lowest
def test_every_python_block_of_the_readme_runs():
    namespace: dict[str, object] = {}
    blocks = readme_blocks()
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), namespace)


def test_the_readme_is_short_and_names_every_factory():
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 140
    assert not [name for name in FACTORIES if f"`{name}" not in text]
    for command in (
        'pip install -e ".[bench]" && python -m benchmarks.train_digits',
        'pip install -e ".[test]" && pytest',
    ):
        assert command in text.splitlines()
