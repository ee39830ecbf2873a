"""Pictures in a terminal and in a notebook: all of a curve is seen, and what is printed is escaped."""

import re
import sys
import xml.etree.ElementTree as ET

import jax
import numpy as np
import pytest

import optax_decay as od
from optax_decay import _view
from optax_decay._view.scale import Scale

SVG = "{http://www.w3.org/2000/svg}"
LR = od.warmup(od.warm_restarts(od.polynomial_decay(0.1, 1_000, power=2.0), 1_000, t_mul=2, m_mul=0.8), 100)
LEVEL = np.full(500, 0.1)
RAMP = np.linspace(0.1, 0.0, 500)


def drawn(monkeypatch, *curves, columns=80, log=False):
    """The rows of a drawing, as wide as that."""
    monkeypatch.setenv("COLUMNS", str(columns))
    return _view.drawing([(np.arange(len(curve)), curve) for curve in curves], log).split("\n")


def dots(rows):
    """Where a drawing has dots: rows of them from the top, without what is beside the axes."""
    cells = np.array([[ord(cell) for cell in row.ljust(max(map(len, rows)))] for row in rows[:16]])
    cells = cells[:, re.search("[┤│]", rows[0]).start() + 1 :]
    bits = np.array([[0, 3], [1, 4], [2, 5], [6, 7]])  # of a cell's dots, as braille numbers them
    shown = np.where(cells >= 0x2800, cells - 0x2800, 0)[:, None, :, None] >> bits[:, None, :] & 1
    return shown.reshape(64, -1).astype(bool)


class TestTerminal:
    @pytest.mark.parametrize("columns", [60, 100, 160])
    @pytest.mark.parametrize(
        "curve",
        [
            RAMP,
            RAMP[::-1],
            LEVEL,
            np.concatenate([RAMP[::-1][::10], LEVEL, RAMP[::5]]),
            np.repeat([0.1, 0.05, 0.01], 100),
            np.resize([0.1, 0.0], 5000),
            -RAMP,
            np.array([0.1, 0.2]),
        ],
        ids=["falls", "climbs", "level", "climbs, level, falls", "stairs", "flickers", "below zero", "two points"],
    )
    def test_every_count_has_its_dots_the_least_and_the_greatest_value_too(self, monkeypatch, columns, curve):
        rows = drawn(monkeypatch, curve, columns=columns)
        assert max(map(len, rows)) == columns
        seen = dots(rows)
        until = round((len(curve) - 1) / len(curve) * (seen.shape[1] - 1))
        assert seen[:, : until + 1].any(axis=0).all()
        if curve.min() < curve.max():
            assert seen[0].any()
            assert seen[-1].any()

    def test_where_it_is_greatest_for_a_time_the_top_is_a_line(self, monkeypatch):
        seen = dots(drawn(monkeypatch, np.concatenate([RAMP[::-1], LEVEL, RAMP])))
        assert seen[0].mean() == pytest.approx(1 / 3, abs=0.05)

    def test_a_value_that_is_no_number_or_none_that_is_one_is_borne(self, monkeypatch):
        assert dots(drawn(monkeypatch, np.array([0.1, np.nan, np.inf, 0.2])))[[0, -1]].any(axis=1).all()
        assert not dots(drawn(monkeypatch, np.array([np.nan, np.inf]))).any()
        assert dots(drawn(monkeypatch, np.array([1e308, -1e308]))).any()
        assert dots(drawn(monkeypatch, np.array([0.0, 1e-3, 1.0]), log=True)).any()

    def test_the_first_curve_has_the_colour_of_text_and_the_others_ones_seen_on_any_ground(self, monkeypatch):
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        monkeypatch.delenv("NO_COLOR", raising=False)
        alone = "\n".join(drawn(monkeypatch, RAMP))
        assert "\x1b" not in alone
        several = "\n".join(drawn(monkeypatch, RAMP, *(share * RAMP for share in (0.1, 0.3, 0.5, 0.7))))
        colours = set(map(int, re.findall(r"\x1b\[38;5;(\d+)m", several)))
        assert len(colours) == 4
        for colour in colours:
            light = luminance(colour)
            assert min(1.05 / (light + 0.05), (light + 0.05) / 0.05) > 2.8  # contrast with white, with black
        monkeypatch.setenv("NO_COLOR", "1")
        assert {"1", "2"} <= set("".join(drawn(monkeypatch, RAMP, RAMP / 2)))

    def test_ticks_are_round_numbers_that_fit(self, monkeypatch):
        *_, line, below = drawn(monkeypatch, np.linspace(0, 3e-4, 16_000), columns=60)
        assert below.split() == ["step", "0", "5000", "10000", "15000"]
        places = [place for place, cell in enumerate(line) if cell == "┬"]
        assert [below[place - 2 : place + 3].strip() for place in places[1:]] == ["5000", "10000", "15000"]
        for least, greatest, labels in [
            (0.0, 0.1, ["0", "0.02", "0.04", "0.06", "0.08", "0.1"]),
            (-2e-5, 1e-5, ["-2e-05", "-1e-05", "0", "1e-05"]),
            (5.0, 5.0, ["5"]),
            (0.0, 2e9, ["0", "500000000", "1e+09", "1.5e+09", "2e+09"]),
        ]:
            assert list(Scale(least, greatest).ticks(6)) == labels
        assert list(Scale(1e-5, 0.1, log=True).ticks(6)) == ["1e-05", "0.0001", "0.001", "0.01", "0.1"]
        assert list(Scale(0.02, 0.1, log=True).ticks(6)) == ["0.02", "0.04", "0.06", "0.08", "0.1"]


def luminance(colour):
    """The relative luminance of one of a terminal's 216 mixed colours."""
    levels = [(0, 95, 135, 175, 215, 255)[(colour - 16) // base % 6] / 255 for base in (36, 6, 1)]
    linear = [level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4 for level in levels]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def shown(schedule):
    """What a notebook shows, as elements."""
    return ET.fromstring(f"<div>{schedule._repr_html_()}</div>")


class TestNotebook:
    def test_it_shows_the_expression_and_the_curve_without_matplotlib_and_without_compiling(self, monkeypatch):
        for module in ("matplotlib", "matplotlib.figure", "matplotlib.pyplot"):
            monkeypatch.setitem(sys.modules, module, None)
        monkeypatch.setattr("optax_decay._view.notebook.sample", None)
        assert len(LR._repr_html_()) < 8000
        picture = shown(LR)
        assert picture.find("code").text == repr(LR)
        (*lines, curve) = picture.findall(f".//{SVG}path")
        points = np.array([pair.split() for pair in curve.get("d")[1:].split("L")], float)
        left, right, top, bottom = 70, 550, 10, 130
        np.testing.assert_allclose(points.min(axis=0), [left, top])
        np.testing.assert_allclose(points.max(axis=0)[1], bottom)
        assert points[-1, 0] == pytest.approx(right, abs=1)
        # The warm-up and the cycles of 1000, 2000, 4000 and 8000 steps begin at lines of their own.
        assert len([line for line in lines if line.get("stroke-dasharray")]) == 1 + 5
        texts = [text.text for text in picture.iter(f"{SVG}text")]
        assert texts == ["0", "0.05", "0.1", "0", "5000", "10000", "15000"]

    @pytest.mark.parametrize("name", ["<b>", "a & b", "\"'", "</code><script>alert(1)</script>", "&lt;", "]]>"])
    def test_whatever_a_callable_is_called_it_is_text(self, name):
        class Foreign:
            def __call__(self, count):
                return 0.1 * count

            def __repr__(self):
                return name

        made = 0.5 * od.as_schedule(Foreign())
        picture = shown(made)
        assert picture.find("code").text == f"0.5 * as_schedule({name})"
        assert {child.tag for child in picture} == {"code", "br", f"{SVG}svg"}

        def build(peak):
            return lambda count: peak * 0.9**count

        build.__name__ = name
        assert shown(od.schedule(build)(0.1)).find("code").text == f"{name}(0.1)"

    def test_another_seed_or_length_of_noise_is_shown_without_compiling(self, caplog):
        def made(seed):
            noisy = od.noisy_linear_cosine_decay(0.1, 1000 + seed, seed)
            rising = od.scheduled(od.noam, model_size=512, warmup_steps=40 + seed, factor=od.linear_decay(1.0, 500))
            return noisy, od.jitter(od.linear_decay(0.1, 100 + seed), seed, 0.1), rising

        assert all(schedule._repr_html_() for schedule in made(0))
        with jax.log_compiles():
            assert all(schedule._repr_html_() for schedule in made(1))
            assert "Compiling" not in caplog.text
            od.sample(od.jitter(0.1, 2, 0.1), 100)
            assert "Compiling" in caplog.text

    def test_what_cannot_be_drawn_is_left_to_its_text(self):
        def fails(count):
            raise RuntimeError("no value")

        assert od.as_schedule(fails)._repr_html_() is None
        assert jax.jit(lambda peak: peak + (od.constant(peak)._repr_html_() is None))(1.0) == 2.0

    def test_any_schedule_is_a_curve(self):
        crowded = od.cooldown(od.cyclic(od.linear_decay(0.1, 10), 10), 5000, 1000)
        for schedule in (od.constant(0.1), od.constant(1) / 0, od.cast(0.1, "bfloat16"), od.stretch(LR, 1e-3), crowded):
            assert shown(schedule).findall(f".//{SVG}path")
        curve = shown(crowded).findall(f".//{SVG}path")[-1].get("d")
        assert len(re.findall(r" 10(?=L)", curve)) == 250  # tops: all that there are

    def test_a_long_table_is_shown_in_short(self):
        made = od.piecewise_constant(range(1000), [0.1] * 1001)
        assert "..." in shown(made).find("code").text
        assert len(made._repr_html_()) < 8000


def test_a_schedule_is_still_one_opaque_function_to_jax_and_optax():
    assert jax.tree.leaves({"lr": LR}) == [LR]
    assert not hasattr(LR, "init")
    assert not hasattr(LR, "update")
    assert str(LR) == repr(LR)
