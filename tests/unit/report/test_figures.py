import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from pydantic import ValidationError

from homecage.errors import ConfigError
from homecage.report.boundary import plot_boundary
from homecage.report.confusion import plot_confusion
from homecage.report.distribution import plot_distribution
from homecage.report.ethogram import choose_stretch, choose_video, plot_ethogram
from homecage.report.learning import plot_learning
from homecage.report.options import ReportOptions, Titles
from homecage.report.recall import plot_recall
from homecage.report.reliability import plot_reliability
from homecage.report.review import plot_review
from homecage.report.style import (
    color_methods,
    count_in_words,
    fit,
    format_share,
    shorten,
    style_methods,
)
from homecage.report.training import plot_training

QUICK = ReportOptions(dpi=60)
LABEL = "simulated home cage"
FIGURES = {
    plot_distribution: ["distribution"],
    plot_recall: ["per_behavior"],
    plot_confusion: ["confusion"],
    plot_ethogram: ["bouts"],
    plot_reliability: ["calibration", "scores"],
    plot_boundary: ["boundary"],
    plot_learning: ["learning"],
    plot_review: ["review"],
    plot_training: [],
}

every_figure = pytest.mark.parametrize("plot", FIGURES, ids=lambda plot: plot.__name__)


def inputs_of(plot, tables):
    inputs = {name: tables.paths[name] for name in FIGURES[plot]}
    if plot is plot_confusion:
        inputs |= {"method": "better", "baseline": "plain"}
    if plot is plot_review:
        inputs |= {"method": "better"}
    if plot is plot_training:
        folds = [tables.paths["a/history"], tables.paths["b/history"]]
        inputs |= {"convnets": [tables.paths["convnet"]], "folds": folds, "method": "better"}
    return inputs | {"palette": tables.palette, "titles": tables.titles, "data_label": LABEL}


@pytest.fixture(scope="session")
def draw(tmp_path_factory):
    """Draw a figure into a folder of its own; return it, with the folder as its ``folder``.

    Most tests look at what is in the figure: its files are left empty then.
    """

    def draw_and_keep(plot, tables, save=False, **changes):
        folder, figures, savefig = tmp_path_factory.mktemp("figures"), [], Figure.savefig

        def keep(figure, path, **how):
            figures.append(figure)
            if save:
                savefig(figure, path, **how)
            else:
                path.touch()

        files = {"png": folder / "figure.png", "pdf": folder / "figure.pdf"}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Figure, "savefig", keep)
            plot(**inputs_of(plot, tables) | {"options": QUICK} | files | changes)
        assert set(folder.iterdir()) == set(files.values())
        figures[0].folder = folder
        return figures[0]

    return draw_and_keep


@pytest.fixture(scope="session")
def drawn(draw, tables_twice):
    return {plot: draw(plot, tables_twice, save=True) for plot in FIGURES}


def panels_of(figure):
    """Return the axes that have a title, by it."""
    return {ax.get_title(loc="left"): ax for ax in figure.axes if ax.get_title(loc="left")}


def bars_of(ax):
    """Return the widths and the colors of horizontal bars, by the bars' name."""
    return {
        container.get_label(): (
            [bar.get_width() for bar in container],
            [to_hex(bar.get_facecolor()) for bar in container],
        )
        for container in ax.containers
    }


@every_figure
def test_a_figure_is_a_png_and_a_pdf_without_a_date(plot, drawn):
    folder = drawn[plot].folder
    png, pdf = (folder / "figure.png").read_bytes(), (folder / "figure.pdf").read_bytes()
    assert png.startswith(b"\x89PNG") and pdf.startswith(b"%PDF")
    assert b"CreationDate" not in pdf


@every_figure
def test_what_the_data_are_is_written_on_the_figure(plot, drawn):
    assert drawn[plot].get_supxlabel() == f"data: {LABEL}"


def test_another_process_draws_the_same_bytes(drawn, tables_twice, tmp_path):
    commands = []
    for plot in FIGURES:
        command = [plot.__name__.replace("_", "-"), "--options", QUICK.model_dump_json()]
        for name, value in inputs_of(plot, tables_twice).items():
            values = value if isinstance(value, list) else [value]
            texts = [
                v.model_dump_json() if hasattr(v, "model_dump_json") else str(v) for v in values
            ]
            command += [f"--{name.replace('_', '-')}", *texts]
        command += ["--png", str(tmp_path / f"{plot.__name__}.png")]
        command += ["--pdf", str(tmp_path / f"{plot.__name__}.pdf")]
        commands.append(command)
    script = f"from homecage.__main__ import main\nfor c in {commands!r}: assert main(c) == 0"
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment)
    for plot, figure in drawn.items():
        for form in ("png", "pdf"):
            again = (tmp_path / f"{plot.__name__}.{form}").read_bytes()
            assert again == (figure.folder / f"figure.{form}").read_bytes()


def test_the_distribution_is_that_of_its_table(draw, tables):
    figure = draw(plot_distribution, tables)
    table = tables.read("distribution")
    titles = {"CD": "CD, clips", "FD": "FD, annotated", "FD*": "FD*, annotated twice"}
    panels = panels_of(figure)
    assert len(panels) == table["database"].nunique()
    for database, rows in table.groupby("database"):
        ax = panels[f"{titles[database]}\n{rows['n_frames'].sum():,} frames"]
        [(widths, colors)] = bars_of(ax).values()
        assert widths == pytest.approx(100 * rows["share"])
        assert colors == list(tables.palette.root.values())
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == tables.behaviors


def test_recall_is_that_of_its_table(draw, tables):
    table = tables.read("per_behavior")
    panels = panels_of(draw(plot_recall, tables))
    assert set(panels) == {f"recall on {frames_of}" for frames_of in table["frames_of"]}
    names = {**tables.titles.root, "human": "human (annotator 2)"}
    for frames_of, of_frames in table.groupby("frames_of"):
        ax = panels[f"recall on {frames_of}"]
        bars = bars_of(ax)
        texts = {text.get_text() for text in ax.texts}
        for method, rows in of_frames.groupby("method"):
            widths, colors = bars[names[method]]
            assert widths == rows["recall"].fillna(0).tolist()
            assert set(colors) == {to_hex(color_methods(tables.titles)[method])}
            assert texts >= {format_share(value) for value in rows["recall"].dropna()}
        assert "n/a" in texts and rows["recall"].isna().sum() == 1


def test_confusion_is_that_of_its_table_each_row_divided_by_its_frames(draw, tables):
    table = tables.read("confusion")
    twice = "human" in set(table["method"])
    figure = draw(plot_confusion, tables)
    shown = ("better", "human") if twice else ("plain", "better")
    names = {**tables.titles.root, "human": "human (annotator 2)"}
    assert list(panels_of(figure)) == [names[method] for method in shown]
    for ax, method in zip(panels_of(figure).values(), shown, strict=True):
        frames_of = "FD*" if twice else "FD"
        rows = table[(table["method"] == method) & (table["frames_of"] == frames_of)]
        expected = [
            [n / sum(row) if sum(row) else np.nan for n in row]
            for row in np.split(rows["n_frames"].to_numpy(), len(tables.behaviors))
        ]
        assert np.array_equal(ax.images[0].get_array().filled(np.nan), expected, equal_nan=True)
        assert ax.get_xlabel() == f"{rows['n_frames'].sum():,} frames of {frames_of}"
    assert ("no video is annotated twice" in figure.get_supxlabel()) != twice


@pytest.mark.parametrize("baseline", [None, "better"])
def test_confusion_of_one_method_is_drawn_alone(draw, tables_once, baseline):
    figure = draw(plot_confusion, tables_once, baseline=baseline)
    assert list(panels_of(figure)) == ["better one"]


def test_the_ethogram_has_each_bout_and_the_time_of_each_behavior(draw, tables):
    bouts = tables.read("bouts")
    video = "20080321162447"
    figure = draw(plot_ethogram, tables)
    assert f"{video}, 0:00 to 0:20" in panels_of(figure)
    names = {"annotator_1": "annotator 1 (truth)", **tables.titles.root}
    if "annotator_2" in set(bouts["scorer"]):
        names["annotator_2"] = "annotator 2"
    strips, budgets = figure.axes[::2], figure.axes[1::2]
    assert [strip.get_ylabel() for strip in strips] == list(names.values())
    for scorer, strip, bars in zip(names, strips, budgets, strict=True):
        mine = bouts[(bouts["scorer"] == scorer) & (bouts["video"] == video)]
        drawn = {
            (to_hex(spans.get_facecolor()[0]), *np.round(path.get_extents().intervalx, 6))
            for spans in strip.collections
            for path in spans.get_paths()
        }
        assert drawn == {
            (tables.palette.root[bout.behavior], round(bout.start_s, 6), round(bout.stop_s, 6))
            for bout in mine.itertuples()
        }
        seconds = (mine["stop_s"] - mine["start_s"]).groupby(mine["behavior"]).sum()
        expected = seconds.reindex(tables.behaviors, fill_value=0).tolist()
        assert [bar.get_height() for bar in bars.patches] == pytest.approx(expected)


def test_the_bars_beside_the_ethogram_are_of_the_time_that_it_shows(draw, tables):
    options = ReportOptions(dpi=60, ethogram_minutes=0.1, ethogram_start_s=3)
    figure = draw(plot_ethogram, tables, options=options)
    assert {"20080321162447, 0:03 to 0:09", "in these 0:06 (s)"} <= set(panels_of(figure))
    for bars in figure.axes[1::2]:
        assert sum(bar.get_height() for bar in bars.patches) == pytest.approx(6)


def test_a_review_is_that_of_its_table(draw, tables):
    panels = panels_of(draw(plot_review, tables))
    own = tables.read("review").query("method == 'better'")
    curves = {
        line.get_label(): line for line in panels["better one, reviewed by annotator 1"].lines
    }
    mean = own.groupby("share")["actual"].mean()
    assert curves["the queue's clips first"].get_ydata() == pytest.approx(mean.to_numpy())
    before = panels["each video, before a review"]
    points = np.asarray(before.collections[0].get_offsets())
    assert points == pytest.approx(own.query("share == 0")[["expected", "actual"]].to_numpy())
    off = 100 * own.query("share == 0")["difference"].abs().mean()
    assert before.texts[0].get_text() == f"off by {off:.1f} points on average"


def test_reliability_is_that_of_its_table(draw, tables):
    panels = panels_of(draw(plot_reliability, tables))
    assert list(panels) == list(tables.titles.root.values())  # And no human.
    table, scores = tables.read("calibration"), tables.read("scores")
    for method, title in tables.titles.root.items():
        own = table[(table["method"] == method) & (table["frames_of"] == "FD")]
        share = own["n_frames"] / own["n_frames"].sum()
        assert [bar.get_height() for bar in panels[title].patches] == pytest.approx(share.tolist())
        _, line = panels[title].get_lines()[:2]
        seen = own[share >= 0.005]
        assert np.array_equal(line.get_xydata(), seen[["confidence", "accuracy"]])
        error = scores.set_index(["method", "frames_of", "measure", "average"])["value"]
        value = error[method, "FD", "calibration_error", "pooled"]
        assert [text.get_text() for text in panels[title].texts] == [
            f"calibration error {format_share(value)}"
        ]


def test_accuracy_near_boundaries_is_that_of_its_table(draw, tables):
    table = tables.read("boundary")
    panels = panels_of(draw(plot_boundary, tables))
    assert set(panels) == {f"accuracy on {frames_of}" for frames_of in table["frames_of"]}
    names = {**tables.titles.root, "human": "human (annotator 2)"}
    for frames_of, rows in table.groupby("frames_of"):
        ax = panels[f"accuracy on {frames_of}"]
        lines = {line.get_label(): line for line in ax.get_lines()}
        assert set(lines) == {names[method] for method in rows["method"]}
        for method, own in rows.groupby("method"):
            accuracy = own["accuracy"].to_numpy()
            assert np.array_equal(lines[names[method]].get_ydata(), accuracy, equal_nan=True)
        labels = [label.get_text().partition("\n")[0] for label in ax.get_xticklabels()]
        assert labels[:2] == ["0–0.1", "0.1–0.25"] and labels[-1] == "over 5"


def test_learning_curves_are_those_of_their_table(draw, tables):
    table = tables.read("learning").query("frames_of == 'FD' and average == 'videos'")
    panels = panels_of(draw(plot_learning, tables))
    for level in ("frames", "behaviors"):
        rows = table[table["level"] == level]
        (line,) = panels[f"accuracy over {level} of FD"].get_lines()
        assert list(line.get_xdata()) == [3, 9] == list(rows["labeled_min"])
        assert list(line.get_ydata()) == list(rows["accuracy"])
        assert line.get_label() == "better one"
        assert [text.get_text() for text in panels[f"accuracy over {level} of FD"].texts] == [
            "2",
            "6",
        ]


def test_many_methods_are_told_apart_by_color_and_line():
    titles = Titles({f"m{index}": "M" for index in range(15)})
    colors, lines = color_methods(titles), style_methods(titles)
    assert len({(colors[method], lines[method]) for method in (*titles.root, "human")}) == 16


def test_training_curves_are_those_of_the_histories(draw, tables_twice):
    panels = panels_of(draw(plot_training, tables_twice))
    assert list(panels) == ["convnet", "better one, 2 folds"]
    folds = [tables_twice.read("a/history"), tables_twice.read("b/history")]
    lines = panels["better one, 2 folds"].get_lines()
    curves = [line for line in lines if line.get_linestyle() == "-"]
    expected = [fold[column] for fold in folds for column in ("train_loss", "validation_loss")]
    assert np.array_equal([line.get_ydata() for line in curves], expected)
    dots = [line.get_xydata().tolist() for line in lines if line.get_linestyle() == "None"]
    best = [fold.loc[fold["best"] == 1, ["epoch", "validation_loss"]] for fold in folds]
    assert dots == [one.to_numpy().tolist() for one in best]
    legend = panels["better one, 2 folds"].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [
        "training windows",
        "validation videos",
        "kept epoch",
    ]


@pytest.mark.parametrize(
    ("missing", "titles"),
    [("convnets", ["better one, 2 folds"]), ("folds", ["convnet"])],
)
def test_training_of_one_kind_is_drawn_alone(draw, tables_twice, missing, titles):
    figure = draw(plot_training, tables_twice, **{missing: []})
    assert list(panels_of(figure)) == titles


def test_training_of_a_convnet_for_each_fold_says_so(draw, tables_twice):
    figure = draw(plot_training, tables_twice, convnets=[tables_twice.paths["convnet"]] * 3)
    assert "convnet, 3 folds" in panels_of(figure)


LONG = "anogenital_investigation of a Partner-from-behind"


@pytest.mark.parametrize("n_behaviors", [2, 12, 20])
@every_figure
def test_every_word_fits_whatever_the_study(plot, n_behaviors, draw, write_tables, tmp_path):
    tables = write_tables(
        tmp_path,
        twice=True,
        behaviors=[f"{code} {LONG[: 9 * (code % 6)]}".strip() for code in range(n_behaviors)],
    )
    tables.titles = Titles({"plain": "a plain model", "better": f"a model for {LONG} ({LONG})"})
    figure = draw(plot, tables)
    figure.draw_without_rendering()
    drawn, page = figure.get_tightbbox(), figure.bbox_inches.padded(0.02)
    assert page.containsx(drawn.x0) and page.containsx(drawn.x1)
    assert page.containsy(drawn.y0) and page.containsy(drawn.y1)


def test_the_ethogram_is_of_the_first_video_annotated_twice():
    bouts = pd.DataFrame(
        {
            "scorer": ["annotator_1", "annotator_1", "annotator_1", "annotator_2", "3dcnn"],
            "video": ["b", "a", "c", "b", "0"],
        }
    )
    assert choose_video(bouts) == "b"
    assert choose_video(bouts[bouts["scorer"] != "annotator_2"]) == "a"
    with pytest.raises(ConfigError, match="annotator 1 labeled no frame"):
        choose_video(bouts[bouts["scorer"] == "3dcnn"])


def stretch(rows, **options):
    columns = ["scorer", "behavior", "start_s", "stop_s"]
    return choose_stretch(pd.DataFrame(rows, columns=columns), ReportOptions(**options))


def test_the_ethogram_shows_where_the_annotators_see_most():
    rows = [
        ("annotator_1", "rest", 0, 70),
        ("annotator_1", "walk", 70, 80),
        ("annotator_1", "rear", 80, 185),
        ("3dcnn", "drink", 0, 5),
        ("3dcnn", "eat", 5, 10),
        ("3dcnn", "hang", 10, 185),
    ]
    assert stretch(rows, ethogram_minutes=1) == (60, 120)
    assert stretch(rows, ethogram_minutes=1, ethogram_start_s=10) == (10, 70)
    assert stretch(rows, ethogram_minutes=1, ethogram_start_s=180) == (125, 185)
    assert stretch(rows, ethogram_minutes=10, ethogram_start_s=100) == (0, 185)


def test_an_ethogram_of_an_unknown_video_is_refused(draw, tables_twice):
    options = ReportOptions(ethogram_video="nowhere")
    with pytest.raises(ConfigError, match="ethogram_video 'nowhere' was not annotated"):
        draw(plot_ethogram, tables_twice, options=options)


def test_a_chosen_video_is_drawn(draw, tables_twice):
    options = ReportOptions(dpi=60, ethogram_video='a "long" näme')
    assert 'a "long" näme, 0:00 to 0:20' in panels_of(
        draw(plot_ethogram, tables_twice, options=options)
    )


def test_a_method_has_one_color_in_all_figures_and_the_human_its_own():
    titles = Titles({f"m{index}": "M" for index in range(9)})
    colors = color_methods(titles)
    assert len(set(list(colors.values())[:7])) == 7
    assert list(colors.values()).count(colors["human"]) == 1


@pytest.mark.parametrize(
    ("n_frames", "words"),
    [(0, "0"), (999, "999"), (1_000, "1k"), (12_345, "12.3k"), (1_130_000, "1.13M")],
)
def test_numbers_of_frames_are_short(n_frames, words):
    assert count_in_words(n_frames) == words


@pytest.mark.parametrize(("share", "words"), [(0.066, ".07"), (0.5, ".50"), (0.999, "1.00")])
def test_shares_have_no_leading_zero(share, words):
    assert format_share(share) == words


def test_long_names_are_broken_or_cut():
    assert fit("wall supported rearing") == "wall supported\nrearing"
    assert fit("wall_supported_rearing") == "wall_supported_\nrearing"
    assert fit("micro_movement") == "micro_movement"
    assert fit("a b " * 40).endswith("…")
    assert shorten("x" * 20) == "x" * 20
    assert shorten("a" * 30 + "b" * 30) == "a" * 10 + "…" + "b" * 9


def test_options_refuse_what_they_do_not_know():
    with pytest.raises(ValidationError, match="ethogram_minute"):
        ReportOptions(ethogram_minute=5)


def test_figures_draw_and_never_recompute():
    """Only evaluation reads predictions and annotations."""
    import homecage.report

    for module in Path(homecage.report.__path__[0]).glob("*.py"):
        assert not re.search(r"read_(annotation|predictions)", module.read_text(encoding="utf-8"))
