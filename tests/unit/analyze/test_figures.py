"""What is drawn, and what is said where there is nothing to draw."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from tests.unit.analyze.conftest import BEHAVIORS, METHOD, OPTIONS, PALETTE

from homecage.analyze.draw_actogram import find_dark, list_rows, plot_actogram
from homecage.analyze.draw_ethograms import lay_end_to_end, paint, plot_ethograms
from homecage.analyze.draw_groups import format_p, plot_groups
from homecage.analyze.draw_hours import plot_hours
from homecage.analyze.draw_transitions import plot_transitions
from homecage.report.options import Palette, ReportOptions, Titles
from homecage.storage.tables import read_tsv

LAID = {"analysis": OPTIONS.model_copy(update={"actogram_behaviors": ("rest", "walk")})}
FIGURES = {
    plot_groups: {"animals": "animals", "groups": "groups", "means": "group_means"},
    plot_transitions: {"groups": "group_transitions"},
    plot_ethograms: {"bouts": "bouts"},
    plot_actogram: {"bins": "bins"},
    plot_hours: {"by_hour": "by_hour", "rhythms": "rhythms"},
}


@pytest.fixture
def draw(tmp_path, monkeypatch):
    """Draw a figure of a lab's tables and return it; its files are left empty."""

    def draw_and_keep(plot, root, **changes):
        figures = []

        def keep(figure, path, **how):
            figures.append(figure)
            path.touch()

        monkeypatch.setattr(Figure, "savefig", keep)
        plot(
            **{name: root / f"{table}.tsv" for name, table in FIGURES[plot].items()},
            **(LAID if plot in (plot_actogram, plot_hours) else {}) | changes,
            palette=Palette.model_validate(PALETTE),
            titles=Titles.model_validate({METHOD: "TCN"}),
            data_label="made-up mice",
            options=ReportOptions(dpi=60),
            png=tmp_path / "figure.png",
            pdf=tmp_path / "figure.pdf",
        )
        return figures[0]

    return draw_and_keep


def texts_of(figure):
    return [text.get_text() for text in figure.findobj(lambda one: hasattr(one, "get_text"))]


@pytest.mark.parametrize("plot", FIGURES, ids=lambda plot: plot.__name__)
def test_each_figure_names_the_method_and_the_data(plot, draw, mice):
    figure = draw(plot, mice.root)
    figure.draw_without_rendering()
    assert "TCN" in figure.get_suptitle()
    assert figure.get_supxlabel() == "data: made-up mice"


def test_groups_show_each_animal_and_what_is_told(draw, mice):
    figure = draw(plot_groups, mice.root)
    texts = texts_of(figure)
    assert "control (6 animals)" in texts and "treated (6 animals)" in texts
    assert "Hedges' g: treated less control" in texts
    animals = read_tsv(mice.root / "animals.tsv")
    shown = animals[(animals["behavior"] == "groom") & (animals["group"] == "treated")]
    drawn = [
        sorted(line.get_ydata())
        for ax in figure.findobj(lambda one: hasattr(one, "get_lines"))
        for line in ax.get_lines()
        if len(line.get_ydata()) == 6
    ]
    assert sorted(shown["share"]) in drawn


def test_a_p_is_marked_where_the_method_could_not_tell():
    row = pd.Series({"p_corrected": 0.012, "within_error": "yes"})
    assert format_p(row) == "p = 0.01 ≈"
    assert format_p(row.replace({"yes": "no"})) == "p = 0.01"
    assert format_p(pd.Series({"p_corrected": np.nan, "within_error": "n/a"})) == "not tested"


@pytest.mark.parametrize("plot", [plot_groups, plot_transitions])
def test_a_difference_is_filled_only_where_it_is_more_than_the_error(draw, mice, tmp_path, plot):
    for name in FIGURES[plot].values():
        table = read_tsv(mice.root / f"{name}.tsv")
        if "within_error" in table:
            within = np.resize(["no", "n/a", "yes"], len(table))
            table = table.assign(within_error=within, p_corrected=0.01)
        table.to_csv(tmp_path / f"{name}.tsv", sep="\t", index=False, na_rep="n/a")
    lines = draw(plot, tmp_path).findobj(lambda one: hasattr(one, "get_fillstyle"))
    marks = [
        one for one in lines if one.get_markersize() in (3.5, 3.6) and len(one.get_xdata()) == 1
    ]
    found = [(one.get_fillstyle(), to_hex(one.get_markerfacecolor()) == "#ffffff") for one in marks]
    n = len(found) / 3
    for expected in (("full", False), ("bottom", False), ("full", True)):
        assert abs(found.count(expected) - n) <= 1


def test_of_few_animals_the_figure_says_why_nothing_is_tested(draw, mice, tmp_path):
    root = tmp_path
    for name in ("animals", "groups", "group_means"):
        table = (mice.root / f"{name}.tsv").read_text()
        (root / f"{name}.tsv").write_text(table)
    groups = read_tsv(root / "groups.tsv")
    groups = groups.assign(test="none", p_corrected=np.nan, note="not tested: 2 and 2 animals")
    groups.to_csv(root / "groups.tsv", sep="\t", index=False, na_rep="n/a")
    texts = texts_of(draw(plot_groups, root))
    assert "Hedges' g: treated less control\nnot tested: 2 and 2 animals" in texts
    animals = read_tsv(root / "animals.tsv").assign(unit="video")
    animals.to_csv(root / "animals.tsv", sep="\t", index=False, na_rep="n/a")
    assert draw(plot_groups, root).get_suptitle().endswith("each video counts as an animal")


def test_ethograms_are_ordered_by_group_with_videos_end_to_end(draw, mice):
    figure = draw(plot_ethograms, mice.root)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["control", "treated"]
    assert [tick.get_text() for tick in figure.axes[1].get_yticklabels()] == [
        f"m{n:02d}" for n in range(7, 13)
    ]
    laid = lay_end_to_end(read_tsv(mice.root / "bouts.tsv"))
    for _, own in laid.groupby("animal"):
        assert (own["start_s"].to_numpy()[1:] >= own["stop_s"].to_numpy()[:-1] - 1e-6).all()


def test_an_ethogram_is_painted_as_bouts_are():
    bouts = pd.DataFrame(
        {
            "video": ["a", "a", "b"],
            "behavior": ["rest", "walk", "rest"],
            "start_s": [1.0, 3, 6],
            "stop_s": [2.0, 4, 7],
        }
    )
    shown = paint(bouts, np.arange(8) + 0.5, PALETTE)
    rest, walk = PALETTE["rest"].lower(), PALETTE["walk"].lower()
    nothing, unsaid = "#ffffff", "#eeeeee"
    expected = [nothing, rest, unsaid, walk, nothing, nothing, rest, nothing]
    assert [to_hex(color) for color in shown] == expected


def test_of_one_group_there_is_nothing_to_compare(draw, mice, tmp_path):
    for name in ("animals", "group_means", "groups", "group_transitions"):
        table = read_tsv(mice.root / f"{name}.tsv")
        table = table[table["group"] == "control"]
        table.to_csv(tmp_path / f"{name}.tsv", sep="\t", index=False, na_rep="n/a")
    for plot in (plot_groups, plot_transitions):
        assert "there are no two groups to compare" in texts_of(draw(plot, tmp_path))


def test_an_actogram_lays_each_bin_into_its_day(mice):
    bins = read_tsv(mice.root / "bins.tsv")
    groups, animals = list_rows(bins, BEHAVIORS, 144)
    assert [row.name for row in groups] == ["control\nmean of 6", "treated\nmean of 6"]
    assert [row.name for row in animals] == [f"m{n:02d}" for n in range(1, 13)]
    own = bins[(bins["animal"] == "m03") & (bins["behavior"] == "rest")].set_index("bin")["share"]
    grid = animals[2].grids[BEHAVIORS.index("rest")]
    assert grid.shape == (4, 144)
    for day, place in np.ndindex(*grid.shape):
        expected = own.get(144 * day + place, np.nan)
        assert grid[day, place] == pytest.approx(expected, nan_ok=True)
    assert np.isnan(grid).sum() == 4 * 144 - len(own)  # What was not recorded is no rest.
    stacked = np.stack([row.grids[3][1] for row in animals[:6]])
    recorded = ~np.isnan(stacked).all(axis=0)
    expected = np.nanmean(stacked[:, recorded], axis=0)
    assert groups[0].grids[3][1][recorded] == pytest.approx(expected)


@pytest.mark.parametrize(("plotted", "hours"), [("single", 24), ("double", 48)])
def test_days_are_plotted_once_or_twice(draw, mice, plotted, hours):
    analysis = LAID["analysis"].model_copy(update={"plotted": plotted})
    figure = draw(plot_actogram, mice.root, analysis=analysis)
    ax = figure.axes[0]
    assert ax.get_xticks().max() == hours
    assert [one.get_title(loc="center").partition("\n")[0] for one in figure.axes] == [
        "rest",
        "walk",
    ]
    assert "lights off, 19:00 to 07:00" in texts_of(figure)
    steps = [one for one in ax.patches if isinstance(one, StepPatch)]
    rest = [one for one in steps if to_hex(one.get_facecolor()) == PALETTE["rest"].lower()]
    lines = [one.get_data() for one in rest]  # Of each row in turn, a day after the other.
    assert len(lines[0].edges) == hours * 6 + 1
    if plotted == "double":  # The first day stands beside the second, which is below it.
        first, second = (line.baseline - line.values for line in lines[:2])
        assert first[144:] == pytest.approx(second[:144])


def test_hours_show_the_groups_and_their_periods(draw, mice):
    figure = draw(plot_hours, mice.root)
    rhythms = read_tsv(mice.root / "rhythms.tsv")
    periods = rhythms[(rhythms["level"] == "group") & (rhythms["behavior"] == "rest")]
    periods = periods.loc[periods["fit"] == "searched", "period_h"]
    (rest,) = [ax for ax in figure.axes if ax.get_title(loc="left") == "rest"]
    assert [text.get_text() for text in rest.texts] == [f"{one:.1f} h" for one in periods[::-1]]
    hours = read_tsv(mice.root / "by_hour.tsv")
    own = hours[(hours["behavior"] == "rest") & (hours["group"] == "control")]
    mean = own.groupby("hour")["share"].mean().to_numpy()
    drawn = [line.get_ydata() for line in rest.get_lines() if len(line.get_ydata()) == 24]
    assert any(np.allclose(line, mean) for line in drawn)


def test_the_light_may_be_off_over_midnight_or_by_day():
    hours = np.arange(24) + 0.5
    night = find_dark(hours, "07:00", "19:00")
    assert np.flatnonzero(~night).tolist() == list(range(7, 19))
    assert np.array_equal(find_dark(hours, "19:00", "07:00"), ~night)


def test_without_clocks_figures_say_so(draw, mice, tmp_path):
    for name in ("bins", "by_hour"):
        table = read_tsv(mice.root / f"{name}.tsv").assign(clock="no")
        table.to_csv(tmp_path / f"{name}.tsv", sep="\t", index=False, na_rep="n/a")
    rhythms = read_tsv(mice.root / "rhythms.tsv")
    rhythms.to_csv(tmp_path / "rhythms.tsv", sep="\t", index=False, na_rep="n/a")
    assert "time from the first frame (h): the sheet says no start" in texts_of(
        draw(plot_actogram, tmp_path)
    )
    figure = draw(plot_hours, tmp_path)
    assert "the sheet says no start" in figure.get_suptitle()
    assert "hour of the recording" in texts_of(figure)
    assert not any("lights off" in text for text in texts_of(figure))
