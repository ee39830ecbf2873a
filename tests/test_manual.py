"""The manual's programs run, each page or recipe by itself, and its pages are all listed."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runs import mostly_slow

ROOT = Path(__file__).parent.parent
DOCS = ROOT / ".github" / "docs"
# What a section may use and a machine lack: the recipe is then not run.
OPTIONAL = ("draccus", "fiddle", "gin", "hydra", "ml_collections", "tyro", "yaml")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def programs() -> Iterator[tuple[str, str]]:
    """What is run in one namespace: the blocks of a page, or of a recipe."""
    for page in sorted(DOCS.glob("*.md")):
        text = page.read_text()
        sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:] if page.stem == "recipes" else [text]
        for section in sections:
            title = section.partition("\n")[0] if page.stem == "recipes" else page.stem
            if blocks := BLOCK.findall(section):
                yield title, "\n".join(blocks)


PROGRAMS = dict(programs())
# Others train the same way in the default run.
SLOW = ("Tune a schedule by hypergradient", "Find a rate with a range test")


@pytest.mark.parametrize("title", mostly_slow(PROGRAMS, *(title for title in PROGRAMS if title not in SLOW)))
def test_a_program_of_the_manual_runs(title, tmp_path, monkeypatch):
    for module in OPTIONAL:
        if re.search(rf"^(import|from) .*\b{module}\b", PROGRAMS[title], re.MULTILINE):
            pytest.importorskip(module)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    exec(compile(PROGRAMS[title], title, "exec"), {"__name__": "manual"})


def test_every_recipe_is_a_program():
    sections = re.findall(r"^## (.*)$", (DOCS / "recipes.md").read_text(), re.MULTILINE)
    assert not [title for title in sections if title not in PROGRAMS]
