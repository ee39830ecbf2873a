"""The manual: `python -m sphinx -W .github/docs OUT`.

Pages are MyST; the reference comes from the docstrings, and each factory has curves of its own. A curve is the picture
of a schedule in a notebook, drawn in the colour of the page's text, so that it suits a light page and a dark one.
"""

import inspect
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive

import optax_decay as od

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))
from tests.examples import EXAMPLES, of_rooms  # noqa: E402

project, author, copyright = "optax_decay", "The optax_decay authors", "the optax_decay authors"
version = release = od.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "sphinx.ext.napoleon", "sphinx_copybutton"]
myst_enable_extensions = ["attrs_inline", "colon_fence", "dollarmath"]
myst_heading_anchors = 3
default_role = "code"
autodoc_typehints = "none"
add_module_names = False
toc_object_entries_show_parents = "hide"
copybutton_prompt_text = ">>> "
html_theme = "sphinx_book_theme"
html_title = "optax_decay"
html_static_path = ["static"]
html_css_files = ["manual.css"]
html_show_sourcelink = False
html_theme_options = {
    "repository_url": "https://github.com/optax-decay/optax_decay",
    "use_repository_button": True,
    "use_issues_button": True,
    "show_toc_level": 2,
    "navbar_persistent": [],
}


class Curve(Directive):
    """Schedules, each as its expression and its curve."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        return [figures("\n".join(self.content).split("\n\n"))]


class Gallery(Directive):
    """The pictures of some rooms' examples."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        return [figures(picture for name in of_rooms(*self.arguments[0].split()) for picture in pictures(name))]


@od.schedule
def sawtooth(peak: float, period: float) -> Any:
    """A factory of one's own, as the pages define it."""
    return lambda count: peak * (1 - count % period / period)


def figures(expressions: Iterable[str]) -> nodes.Node:
    """The pictures that a notebook shows of schedules, side by side where there is room."""
    shown = [f"<div>{od.parse(expression, [sawtooth])._repr_html_()}</div>" for expression in expressions]
    return nodes.raw("", f'<div class="curves">{"".join(shown)}</div>', format="html")


def pictures(example: str) -> list[str]:
    return list(EXAMPLES[example].pictures)


def with_curves(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """A docstring whose public names are links, with its factory's curves before its arguments."""
    links = rf"(?<![:`\w])`({'|'.join(od.__all__)})`"
    lines[:] = [re.sub(links, r":py:obj:`~optax_decay.\1`", line) for line in lines]
    # The words before a colon are no type here.
    lines[:] = [line.replace("  A schedule: ", "  A schedule, ") for line in lines]
    short = name.rpartition(".")[2]
    if what != "function" or not any(line == "Args:" for line in lines):
        return
    place = lines.index("Args:")
    curves = [picture for name, example in EXAMPLES.items() if example.factory == short for picture in pictures(name)]
    lines[place:place] = (
        [".. curve::", "", *(line for curve in curves for line in (f"   {curve}", "")), ""] if curves else []
    )


def plain_signature(app: Any, what: str, name: str, thing: Any, options: Any, signature: Any, returned: Any) -> Any:
    """The arguments and their defaults. The text beside each says what it may be."""
    if what != "function":
        return None
    made = inspect.signature(thing)
    bare = [parameter.replace(annotation=parameter.empty) for parameter in made.parameters.values()]
    return str(made.replace(parameters=bare, return_annotation=made.empty)), None


def setup(app: Any) -> None:
    app.add_directive("curve", Curve)
    app.add_directive("gallery", Gallery)
    # Before napoleon reads the sections.
    app.connect("autodoc-process-docstring", with_curves, priority=400)
    app.connect("autodoc-process-signature", plain_signature)
