import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from homecage.errors import ConfigError
from homecage.report.confusion import plot_confusion
from homecage.report.distribution import plot_distribution
from homecage.report.ethogram import choose_stretch, choose_video, plot_ethogram
from homecage.report.options import ReportOptions
from homecage.report.recall import plot_recall
from homecage.report.style import count_in_words
from homecage.report.training import plot_training
from homecage.storage.tables import read_tsv

QUICK = ReportOptions(dpi=60)
LABEL = "simulated home cage"
FIGURES = {
    plot_distribution: ["distribution"],
    plot_recall: ["per_behavior"],
    plot_confusion: ["confusion"],
    plot_ethogram: ["bouts", "time_budget"],
    plot_training: ["convnet"],
}
CHANGES = {
    "distribution": ("share", 0.5),
    "per_behavior": ("recall", 0.123),
    "confusion": ("n_frames", 77),
    "bouts": ("behavior", "drink"),
    "time_budget": ("seconds", 9.9),
    "convnet": ("train_loss", 0.9),
    "a/history": ("validation_loss", 0.9),
}
"""In each table a column, and what to write into the last row that holds something else."""

every_figure = pytest.mark.parametrize("plot", FIGURES, ids=lambda plot: plot.__name__)


def inputs_of(plot, tables):
    inputs = {name: tables.paths[name] for name in FIGURES[plot]}
    if plot is plot_training:
        inputs["folds"] = [tables.paths["a/history"], tables.paths["b/history"]]
    return inputs


@pytest.fixture(scope="session")
def draw(tmp_path_factory):
    """Draw a figure into a folder of its own; return the bytes of the PNG and of the PDF."""

    def draw_and_read(plot, tables, label=LABEL, options=QUICK):
        folder = tmp_path_factory.mktemp("figures")
        png, pdf = folder / "figure.png", folder / "figure.pdf"
        plot(**inputs_of(plot, tables), data_label=label, options=options, png=png, pdf=pdf)
        assert set(folder.iterdir()) == {png, pdf}
        return png.read_bytes(), pdf.read_bytes()

    return draw_and_read


@pytest.fixture(scope="session")
def drawn(draw, tables_twice):
    return {plot: draw(plot, tables_twice) for plot in FIGURES}


@every_figure
def test_a_figure_is_a_png_and_a_pdf_without_a_date(plot, drawn):
    png, pdf = drawn[plot]
    assert png.startswith(b"\x89PNG") and pdf.startswith(b"%PDF")
    assert b"CreationDate" not in pdf


@pytest.mark.parametrize("plot", [plot_distribution, plot_recall, plot_confusion, plot_ethogram])
def test_a_figure_is_drawn_without_a_second_annotator(plot, draw, drawn, tables_once):
    assert draw(plot, tables_once) != drawn[plot]


def test_another_process_draws_the_same_bytes(drawn, tables_twice, tmp_path):
    commands = []
    for plot in FIGURES:
        command = [plot.__name__.replace("_", "-")]
        for name, value in inputs_of(plot, tables_twice).items():
            values = value if isinstance(value, list) else [value]
            command += [f"--{name.replace('_', '-')}", *map(str, values)]
        command += ["--data-label", LABEL, "--options", QUICK.model_dump_json()]
        command += ["--png", str(tmp_path / f"{plot.__name__}.png")]
        command += ["--pdf", str(tmp_path / f"{plot.__name__}.pdf")]
        commands.append(command)
    script = f"from homecage.__main__ import main\nfor c in {commands!r}: assert main(c) == 0"
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment)
    for plot, (png, pdf) in drawn.items():
        assert (tmp_path / f"{plot.__name__}.png").read_bytes() == png
        assert (tmp_path / f"{plot.__name__}.pdf").read_bytes() == pdf


@pytest.mark.parametrize(
    ("plot", "name"),
    [(plot, name) for plot, names in FIGURES.items() for name in names]
    + [(plot_training, "a/history")],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_another_number_in_the_table_is_another_picture(
    plot, name, draw, drawn, tables_twice, tmp_path
):
    table = read_tsv(tables_twice.paths[name])
    column, value = CHANGES[name]
    row = table.index[table[column].ne(value)][-1]
    table.loc[row, column] = value
    png, pdf = draw(plot, tables_twice.change(tmp_path, name, table))
    assert png != drawn[plot][0]
    assert pdf != drawn[plot][1]


def test_what_the_data_are_is_written_on_the_figure(draw, drawn, tables_twice):
    assert draw(plot_recall, tables_twice, label="real")[0] != drawn[plot_recall][0]


def test_the_ethogram_is_of_the_first_video_annotated_twice():
    bouts = pd.DataFrame(
        {
            "source": ["annotator_1", "annotator_1", "annotator_1", "annotator_2", "3dcnn"],
            "video": ["b", "a", "c", "b", "0"],
        }
    )
    assert choose_video(bouts) == "b"
    assert choose_video(bouts[bouts["source"] != "annotator_2"]) == "a"
    with pytest.raises(ConfigError, match="annotator 1 labeled no frame"):
        choose_video(bouts[bouts["source"] == "3dcnn"])


def stretch(rows, **options):
    columns = ["source", "behavior", "start_s", "stop_s"]
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


def test_a_chosen_video_is_drawn(draw, drawn, tables_twice):
    other = ReportOptions(dpi=60, ethogram_video='a "long" näme')
    assert draw(plot_ethogram, tables_twice, options=other) != drawn[plot_ethogram]


def test_training_without_test_clips_or_kept_epoch_is_drawn(draw, drawn, tables_twice, tmp_path):
    tables = tables_twice
    for name, column, value in (("convnet", "test_accuracy", np.nan), ("a/history", "best", 0)):
        table = read_tsv(tables.paths[name]).assign(**{column: value})
        tables = tables.change(tmp_path, name, table)
    assert draw(plot_training, tables) != drawn[plot_training]


def test_a_method_that_is_not_known_is_drawn_too(draw, drawn, tables_twice, tmp_path):
    table = read_tsv(tables_twice.paths["per_behavior"])
    other = table[table["method"] == "3dcnn"].assign(method="mine")
    tables = tables_twice.change(tmp_path, "per_behavior", pd.concat([table, other]))
    assert draw(plot_recall, tables) != drawn[plot_recall]


@pytest.mark.parametrize(
    ("n_frames", "words"),
    [(0, "0"), (999, "999"), (1_000, "1k"), (12_345, "12.3k"), (1_130_000, "1.13M")],
)
def test_numbers_of_frames_are_short(n_frames, words):
    assert count_in_words(n_frames) == words


def test_options_refuse_what_they_do_not_know():
    with pytest.raises(ValidationError, match="ethogram_minute"):
        ReportOptions(ethogram_minute=5)


def test_figures_draw_and_never_recompute():
    """Only evaluation reads predictions and annotations."""
    import homecage.report

    for module in Path(homecage.report.__path__[0]).glob("*.py"):
        assert "homecage.storage.frame_tables" not in module.read_text(encoding="utf-8")
