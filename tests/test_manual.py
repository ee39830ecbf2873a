"""The manual's programs run, each page or recipe by itself, and its pages are all listed."""

import json
import re
import runpy
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

import optax_decay as od
from tests.examples import EXAMPLES
from tests.runs import mostly_slow

ROOT = Path(__file__).parent.parent
DOCS = ROOT / ".github" / "docs"
AHEAD = ROOT / "benchmarks" / "results" / "ahead"
# What a section may use and a machine lack: the recipe is then not run.
OPTIONAL = ("chz", "draccus", "fiddle", "gin", "hydra", "ml_collections", "pydantic", "tyro", "yaml")
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
    module = types.ModuleType("manual")
    monkeypatch.setitem(sys.modules, "manual", module)  # where chz looks for what a class's annotations name
    exec(compile(PROGRAMS[title], title, "exec"), vars(module))


def test_every_recipe_is_a_program():
    sections = re.findall(r"^## (.*)$", (DOCS / "recipes.md").read_text(), re.MULTILINE)
    assert not [title for title in sections if title not in PROGRAMS]


def expressions() -> Iterator[str]:
    """What the manual draws: curves of its pages, and the examples' pictures."""
    for page in sorted(DOCS.glob("*.md")):
        for block in re.findall(r"^```\{curve\}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
            yield from (expression.strip() for expression in block.split("\n\n"))
    yield from (expression for example in EXAMPLES.values() for expression in example.pictures)


@pytest.mark.parametrize("page", ["README.md", ".github/docs/choosing.md"])
def test_the_table_of_what_to_choose_holds_expressions_that_are_read(page):
    table = (ROOT / page).read_text().partition("| the expression |")[2].partition("\n\n")[0]
    chosen = re.findall(r"^\| [^|]* \| `(.*?)` \|", table, re.MULTILINE)
    assert len(chosen) == 8
    for expression in chosen:
        assert od.parse(expression, values={"peak": 0.1, "total": 12_345})(100) > 0, expression


def test_everything_that_is_drawn_can_be():
    sawtooth = od.schedule(lambda peak, period: lambda count: peak * (1 - count % period / period))
    for expression in {*expressions()}:
        assert od.parse(expression, {"sawtooth": sawtooth})._repr_html_(), expression


@pytest.mark.parametrize("page", ["light", "dark"])
def test_readmes_picture_shows_the_expressions_that_its_script_names(page):
    script = runpy.run_path(str(ROOT / ".github" / "pictures" / "draw.py"))
    drawn = (ROOT / ".github" / "pictures" / f"schedules-{page}.svg").read_text()
    assert re.findall(r"<text [^>]*monospace[^>]*>([^<]*)<", drawn) == [
        f"decay = {script['DECAY']}", *script["EXPRESSIONS"][1:]
    ]  # fmt: skip
    assert f"schedules-{page}.svg" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("page", ["README.md", *(f".github/docs/{page.name}" for page in sorted(DOCS.glob("*.md")))])
def test_what_a_page_links_to_is_there(page):
    text = (ROOT / page).read_text()
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert ((ROOT / page).parent / target).resolve().exists(), target


@pytest.mark.parametrize("path", sorted(AHEAD.glob("[!p]*.json")), ids=lambda path: path.stem)
def test_the_costs_on_a_machine_are_those_that_were_counted(path):
    kinds = ("exponential", "linear", "cosine", "warmup cosine", "restarts", "restarts, t_mul=2")
    added = json.loads(path.read_text())["sizes"]["1,000,000 parameters, called from Python"]["added"]
    cells = [
        [(added[kind][whose][what]) for what in ("kernels", "operations") for whose in ("ours", "optax")]
        for kind in kinds
    ]
    row = " | ".join("{} / {}; {} / {}".format(*cell) for cell in cells)
    machine = path.stem.upper().partition("_")[0]
    assert re.search(rf"^\| {machine}[^|]* \| {re.escape(row)} \|$", (DOCS / "cost.md").read_text(), re.MULTILINE), row


@pytest.mark.parametrize(
    ("title", "way"),
    [
        ("100,000 evaluations in a scan", "in a scan"),
        ("a jitted scalar call", "jitted scalar"),
        ("an eager call with a Python int", "eager, warm"),
        ("a million counts at once", "a million"),
    ],
)
def test_the_times_on_a_cpu_are_those_that_were_measured(title, way):
    results = json.loads((ROOT / "benchmarks" / "results" / "cpu.json").read_text())["call"][way]
    kinds = ("exponential", "linear", "cosine", "warmup cosine", "restarts")
    [row] = re.findall(rf"^\| {title} \| (.*) \|$", (DOCS / "cost.md").read_text(), re.MULTILINE)
    for kind, shown in zip(kinds, row.split(" | "), strict=True):
        median, decimals = results[kind]["ratios"]["optax"]["median"], len(shown.partition(".")[2])
        assert float(shown) == round(median, decimals), kind


@pytest.mark.parametrize("machine", ["CPU", "H100", "TPU v5e"])
def test_the_readmes_costs_are_those_that_were_counted(machine):
    path = AHEAD / f"{machine.lower().replace(' ', '_')}.json"
    added = json.loads(path.read_text())["sizes"]["1,000,000 parameters, called from Python"]["added"]
    row = re.search(rf"^\| .*\b{machine.split()[-1]}\b.*?\| (.*) \|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    kinds = ("exponential", "linear", "cosine", "warmup cosine", "restarts")
    assert row
    for kind, cell in zip(kinds, row[1].split(" | "), strict=True):
        assert cell == f"{added[kind]['ours']['operations']} / {added[kind]['optax']['operations']}", kind


@pytest.mark.parametrize("path", sorted([*AHEAD.glob("[!cp]*.json")]), ids=lambda path: path.stem)
def test_a_schedule_adds_no_kernel_more_than_optaxs_to_a_program_of_a_gpu_or_tpu(path):
    for size, counted in json.loads(path.read_text())["sizes"].items():
        for kind, added in counted["added"].items():
            if "optax" in added:
                assert added["ours"]["kernels"] <= added["optax"]["kernels"], (size, kind)
