"""The gallery's pictures are those of its expressions, and the README shows them."""

import importlib.util
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import optax_decay as od
from tests.test_public import ROOT

FOLDER = ROOT / ".github" / "gallery"
DESCRIPTION = "{http://purl.org/dc/elements/1.1/}description"


def script():
    spec = importlib.util.spec_from_file_location("gallery", FOLDER / "draw.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GALLERY = script()


def described(path):
    return ET.parse(path).getroot().find(f".//{DESCRIPTION}").text.splitlines()


@pytest.mark.parametrize("family", GALLERY.FAMILIES)
def test_a_picture_shows_the_scripts_expressions_and_the_readme_shows_the_picture(family):
    assert described(FOLDER / f"{family}.svg") == list(GALLERY.expressions(family))
    assert f"(.github/gallery/{family}.svg)" in (ROOT / "README.md").read_text()


def test_every_expression_is_what_it_says_and_every_base_is_in_every_mode():
    for family in GALLERY.FAMILIES:
        for expression in GALLERY.expressions(family):
            assert isinstance(GALLERY.read(expression), od.Schedule)
    decays = {panel.expression.partition("(")[0] for panel in GALLERY.DECAYS}
    assert set(map(GALLERY.decay_of, GALLERY.BASES)) == decays
    assert len(list(GALLERY.expressions("cycles"))) == len(decays) * len(GALLERY.MODES)


@pytest.mark.parametrize("family", ["powers", pytest.param("phases", marks=pytest.mark.slow)])
def test_the_script_draws_them(family, tmp_path, monkeypatch):
    monkeypatch.setattr(GALLERY, "FAMILIES", {family: GALLERY.FAMILIES[family]})
    GALLERY.main(tmp_path)
    assert described(tmp_path / f"{family}.svg") == list(GALLERY.expressions(family))
    assert Path(tmp_path / f"{family}.svg").stat().st_size < 1 << 20
