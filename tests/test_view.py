"""A schedule's values as one array, and its picture."""

import gc
import io
import sys
import weakref

import chex
import jax
import jax.numpy as jnp
import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import optax
import pytest

import optax_decay as od
from tests.ways import LAST, eager

LR = od.warmup(od.warm_restarts(od.polynomial_decay(0.1, 1_000, power=2.0), 1_000, t_mul=2, m_mul=0.8), 100)


@pytest.fixture
def ax():
    return matplotlib.figure.Figure().subplots()


def edges(ax, style):
    """Where vertical lines of a style stand."""
    return [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == style]


@pytest.mark.lowest
class TestSample:
    def test_a_number_of_steps_gives_the_counts_below_it(self):
        rates = od.sample(LR, 3500)
        assert type(rates) is np.ndarray
        assert rates.dtype == np.float32
        np.testing.assert_allclose(rates, eager(LR, np.arange(3500)), rtol=5e-7)
        rates[0] = 1.0  # one's own

    @pytest.mark.parametrize(
        "counts",
        [
            [0, 5, 100], (7,), range(0, 300, 100), np.arange(6).reshape(2, 3), np.array([0.5, 99.5]), [-3, 2.5],
            np.array([2**40, LAST]), np.array([2**31 + 0.5, 1e8 + 0.5]), np.uint8([3, 200]), jnp.arange(4),
            jnp.float32([1.5]), [],
        ],
        ids=repr,
    )  # fmt: skip
    def test_any_counts_will_do(self, counts):
        rates = od.sample(LR, counts)
        assert rates.shape == np.shape(counts)
        np.testing.assert_allclose(rates.ravel(), eager_at(LR, np.ravel(counts)), rtol=1e-6)

    def test_any_callable_or_number_will_do(self):
        np.testing.assert_allclose(od.sample(optax.linear_schedule(1.0, 0.0, 4), 5), [1, 0.75, 0.5, 0.25, 0])
        np.testing.assert_array_equal(od.sample(0.5, 3), np.float32([0.5] * 3))
        np.testing.assert_array_equal(od.sample(lambda t: t, 3), np.float32([0, 1, 2]))
        assert od.sample(od.cast(LR, "bfloat16"), 3).dtype == jnp.bfloat16
        assert od.sample(LR, 0).shape == (0,)
        assert od.sample(LR, 2.0).shape == od.sample(LR, np.float32(2.0)).shape == (2,)
        assert od.sample(LR, np.int64(2)).shape == od.sample(LR, jnp.int32(2)).shape == (2,)

    def test_it_is_one_compiled_call_kept_for_the_next(self):
        schedule = od.as_schedule(chex.assert_max_traces(lambda count: 0.1 * count, n=1))
        for _ in range(3):
            od.sample(schedule, 1000)

    def test_it_keeps_no_schedule_alive(self):
        schedule = od.cosine_decay(0.1, 977)
        od.sample(schedule, 10)
        gone = weakref.ref(schedule)
        del schedule
        gc.collect()
        assert gone() is None

    @pytest.mark.parametrize(
        ("steps", "error"),
        [
            (-1, ValueError),
            (10**30, ValueError),
            (np.array(2.5), TypeError),
            (2.5, TypeError),
            (True, TypeError),
            (None, TypeError),
            ("5", TypeError),
            (-1.0, ValueError),
            (np.inf, TypeError),
        ],
    )
    def test_a_bad_number_of_steps_is_refused(self, steps, error):
        with pytest.raises(error, match="`steps` must be"):
            od.sample(LR, steps)

    def test_what_is_no_schedule_is_refused(self):
        with pytest.raises(TypeError, match="`schedule` must be a schedule"):
            od.sample("0.1", 5)
        with pytest.raises(TypeError, match="`sample` works only outside transformations"):
            jax.jit(lambda peak: od.sample(od.constant(peak), 5))(0.1)
        with pytest.raises(TypeError, match="`count` must hold real numbers"):
            od.sample(LR, [True, False])


def test_in_x64_a_sample_is_as_precise():
    with jax.enable_x64(True):
        rates = od.sample(od.cosine_decay(0.1, 100), 60)
    assert rates.dtype == np.float64
    np.testing.assert_allclose(rates[50], 0.05, rtol=1e-14)


def eager_at(schedule, counts):
    return np.array([schedule(count.item()) for count in counts], np.float32)


class TestPlot:
    def test_it_draws_values_over_counts_and_returns_the_axes(self, ax):
        assert od.plot(LR, steps=500, ax=ax) is ax
        np.testing.assert_array_equal(ax.lines[0].get_xdata(), np.arange(500))
        np.testing.assert_array_equal(ax.lines[0].get_ydata(), od.sample(LR, 500))
        assert ax.get_xlabel() == "update step"

    def test_phases_and_cycles_are_seen_to_begin_in_their_schedules_colour(self, ax):
        od.plot(od.cosine_decay(0.1, 10), LR, od.polynomial_decay(0.1, 900, cycle=True), steps=3500, ax=ax)
        assert edges(ax, "--") == [100]
        assert edges(ax, ":") == [100, 1100, 3100, 901, 1801, 2701]
        colours = [line.get_color() for line in ax.lines if line.get_label()[0] != "_"]
        assert [line.get_color() for line in ax.lines if line.get_linestyle() == ":"] == [colours[1]] * 3 + [
            colours[2]
        ] * 3

    def test_labels_are_the_expressions_unless_they_are_given(self, ax):
        od.plot(LR, 0.1, steps=9, ax=ax)
        texts = [text.get_text() for text in ax.get_legend().get_texts()]
        assert [" ".join(text.split()) for text in texts] == [repr(LR), "as_schedule(0.1)"]
        od.plot(LR, steps=9, ax=ax, labels=["mine"])
        assert [text.get_text() for text in ax.get_legend().get_texts()] == [*texts, "mine"]

    def test_counts_of_ones_own_are_drawn_as_they_are(self, ax):
        od.plot(od.stretch(LR, 10), steps=[50, 50.5, 200.25], ax=ax)
        np.testing.assert_array_equal(ax.lines[0].get_xdata(), [50, 50.5, 200.25])
        assert edges(ax, ":") == []
        od.plot(od.stretch(LR, 0.1), steps=np.arange(5, 200, 5), ax=ax)
        assert edges(ax, ":") == [10, 110]

    def test_without_axes_it_draws_on_the_current_ones(self):
        with plt.rc_context({"backend": "agg"}):
            figure, (_, second) = plt.subplots(1, 2)
            assert od.plot(LR, steps=9) is second
            plt.close(figure)
            assert od.plot(LR, steps=9).figure is plt.gcf()
            plt.close()

    def test_millions_of_steps_take_thousands_of_points_and_miss_no_edge(self, ax):
        schedule = od.warm_restarts(od.linear_decay(0.1, 1_234_567), 1_234_567)
        od.plot(schedule, steps=LAST, ax=ax)
        assert len(ax.lines[0].get_xdata()) < 20_000
        assert edges(ax, ":") == []  # 1739 could not be told apart
        od.plot(schedule, steps=100_000_000, ax=ax, labels=["again"])
        found = edges(ax, ":")
        assert found == list(range(1_234_567, 100_000_000, 1_234_567))
        drawn = dict(zip(*ax.lines[1].get_data(), strict=True))
        assert all(drawn[edge] == np.float32(0.1) and drawn[edge - 1] < 1e-7 for edge in found)

    def test_a_late_part_of_a_run_shows_its_cycles_too(self, ax):
        od.plot(od.warm_restarts(0.1, 100), steps=np.arange(500_050, 500_350), ax=ax)
        assert edges(ax, ":") == [500_100, 500_200, 500_300]

    def test_too_many_cycles_hide_no_phase(self, ax):
        od.plot(od.cooldown(od.warm_restarts(0.1, 2), 5000, 1000), steps=6000, ax=ax)
        assert edges(ax, ":") == []
        assert edges(ax, "--") == [5000]

    def test_without_matplotlib_it_names_it(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
        with pytest.raises(ImportError, match="pip install matplotlib"):
            od.plot(LR, steps=9)

    def test_a_legend_of_long_expressions_is_within_the_picture(self):
        figure = matplotlib.figure.Figure()
        ax = figure.subplots()
        od.plot(*(0.5 * od.clip(LR, min_value=n / 1e4, max_value=0.05) for n in range(5)), ax=ax)
        figure.savefig(io.BytesIO())
        legend = ax.get_legend().get_window_extent()
        assert min(*legend.min, *(figure.bbox.max - legend.max)) >= 0
        assert legend.y0 > ax.bbox.y1
        assert ax.bbox.height > figure.bbox.height / 4

    def test_a_layout_of_ones_own_is_kept(self):
        figure = matplotlib.figure.Figure(layout="tight")
        layout = figure.get_layout_engine()
        od.plot(LR, ax=figure.subplots())
        od.plot(LR, ax=matplotlib.figure.Figure().subfigures(1, 2)[0].subplots())
        assert figure.get_layout_engine() is layout

    def test_without_steps_it_shows_all_there_is_to_see(self, ax):
        od.plot(od.linear_decay(0.1, 1000), od.cosine_decay(0.1, 500), ax=ax)
        np.testing.assert_array_equal(ax.lines[0].get_xdata(), np.arange(1100))
        od.plot(od.warmup_cosine_decay(0.1, 0.1, 1.0), ax=ax)  # shares of a run
        np.testing.assert_allclose(ax.lines[2].get_xdata()[[0, -1]], [0, 1.1], atol=0.004)
        assert edges(ax, "--") == [0.1]

    def test_bad_arguments_are_refused(self, ax):
        for given in ({"steps": 0}, {"steps": []}):
            with pytest.raises(ValueError, match="must not be empty"):
                od.plot(LR, ax=ax, **given)
        with pytest.raises(ValueError, match="must not be empty"):
            od.plot(steps=5, ax=ax)
        with pytest.raises(ValueError, match="`labels` must have one name for each schedule, got 2 for 1"):
            od.plot(LR, steps=5, ax=ax, labels=["a", "b"])
        with pytest.raises(TypeError, match=r"`schedules\[1\]` must be a schedule"):
            od.plot(LR, None, steps=5, ax=ax)
        for steps in ([[1, 2], [3, 4]], [5, 1, 9], [0.0, np.nan]):
            with pytest.raises(ValueError, match="`steps` must be a number or increasing counts"):
                od.plot(LR, steps=steps, ax=ax)
        with pytest.raises(TypeError, match="`count` must hold real numbers"):
            od.plot(LR, steps=["a", "b"], ax=ax)
