"""Draw the learning curve: accuracy by the labeled minutes that methods learned from."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homecage.evaluate.names import FD, OVER_BEHAVIORS, OVER_FRAMES, OVER_VIDEOS
from homecage.report.options import Palette, ReportOptions, Titles
from homecage.report.style import clear_frame, color_methods, draw
from homecage.storage.tables import read_tsv


def plot_learning(
    *,
    learning: Path,
    palette: Palette,
    titles: Titles,
    data_label: str,
    options: ReportOptions,
    png: Path,
    pdf: Path,
) -> None:
    """Draw accuracy on FD over frames and over behaviors, the mean over videos, with intervals.

    Args:
        learning: evaluation's ``learning.tsv``.
        palette: the behaviors, of which this figure shows none.
        titles: the methods, and what they are called.
        data_label: what the data are, written on the figure.
        options: how figures are drawn.
        png: the picture.
        pdf: the same, as a vector drawing.
    """
    table = read_tsv(learning)
    table = table[(table["frames_of"] == FD) & (table["average"] == OVER_VIDEOS)]
    with draw(png, pdf, data_label, options.dpi) as figure:
        draw_learning(figure, table, titles)


def draw_learning(figure: Figure, table: pd.DataFrame, titles: Titles) -> None:
    """Draw a panel for each level, with a line for each curve."""
    figure.set_figheight(2.6)
    axes = figure.subplots(1, 2, sharex=True, sharey=True)
    for ax, level in zip(axes, (OVER_FRAMES, OVER_BEHAVIORS), strict=True):
        _draw_curves(ax, table[table["level"] == level], titles)
        ax.set_title(f"accuracy over {level} of {FD}")
        ax.set_xlabel("labeled minutes that a model learned from")
        clear_frame(ax)
    axes[0].set_ylabel("mean over videos")
    axes[0].set_ylim(0, 1)
    axes[0].set_xlim(left=0)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper left", ncols=2)


def _draw_curves(ax: Axes, table: pd.DataFrame, titles: Titles) -> None:
    colors = color_methods(titles)
    for curve in table["curve"].unique():
        rows = table[table["curve"] == curve]
        color, x, y = colors[curve], rows["labeled_min"], rows["accuracy"]
        ax.plot(x, y, color=color, marker="o", markersize=3, linewidth=1, label=titles.root[curve])
        ax.vlines(x, rows["low"], rows["high"], color=color, linewidth=0.7)
        for minutes, accuracy, n_videos in zip(x, y, rows["labeled_videos"], strict=True):
            ax.annotate(
                f"{n_videos:.3g}",
                (minutes, accuracy),
                (2, 3),
                textcoords="offset points",
                fontsize="x-small",
                color=color,
            )
