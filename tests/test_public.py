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
FACTORIES = [name for name in od.__all__ if inspect.isfunction(getattr(od, name))]
MODULES = [
    "_real", "_count", "_table", "_cycle", "_check", "_schedule", "_groups",
    "_decays", "_clocks", "_phases", "_values", "_presets", "_text", "_outline", "_view", "__init__", "__main__",
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


def test_imports_run_one_way():
    for module in MODULES:
        tree = ast.parse((ROOT / "optax_decay" / f"{module}.py").read_text())
        imported = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("optax_decay"):
                inner = (node.module or "").partition(".")[2]
                imported |= {inner} if inner else {alias.name for alias in node.names}
        assert all(MODULES.index(other) < MODULES.index(module) for other in imported), (module, imported)
    assert {path.stem for path in (ROOT / "optax_decay").glob("*.py")} == set(MODULES)


def test_importing_it_brings_in_nothing_but_itself_beyond_optax():
    """How long that takes is a question for the benchmarks."""
    program = "import optax, sys; before = set(sys.modules); import optax_decay; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    brought = {name for name in done.stdout.split() if name.partition(".")[0] != "optax_decay"}
    assert brought <= {"fractions", "numpy.typing", "numpy._typing._add_docstring"}, brought


def readme_blocks() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.lowest
def test_every_python_block_of_the_readme_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    blocks = readme_blocks()
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), namespace)
    assert (tmp_path / "lr.png").stat().st_size > 10_000


def test_the_readme_is_short_and_names_every_factory():
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) < 250
    assert not [name for name in FACTORIES if f"`{name}" not in text]
    for command in (
        'pip install -e ".[bench]" && python -m benchmarks.train_digits',
        'pip install -e ".[test]" && pytest',
    ):
        assert command in text.splitlines()
