"""Draw the recall of each behavior, method beside method, as in the paper's Fig. 3."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homecage.evaluate.names import FD, FD_STAR
from homecage.report.options import Palette, ReportOptions, Titles
from homecage.report.style import (
    ABSENT,
    GREY,
    WIDTH_IN,
    clear_frame,
    color_methods,
    count_in_words,
    draw,
    fit,
    format_share,
    measure_in,
    name_methods,
)
from homecage.storage.tables import read_tsv


def plot_recall(
    *,
    per_behavior: Path,
    palette: Palette,
    titles: Titles,
    data_label: str,
    options: ReportOptions,
    png: Path,
    pdf: Path,
) -> None:
    """Draw every method's recall of each behavior, on FD and, where there is one, on FD*.

    Args:
        per_behavior: evaluation's ``per_behavior.tsv``.
        palette: the behaviors.
        titles: the methods, and what they are called.
        data_label: what the data are, written on the figure.
        options: how figures are drawn.
        png: the picture.
        pdf: the same, as a vector drawing.
    """
    with draw(png, pdf, data_label, options.dpi) as figure:
        draw_recall(figure, read_tsv(per_behavior), list(palette.root), titles)


def draw_recall(figure: Figure, table: pd.DataFrame, behaviors: list[str], titles: Titles) -> None:
    """Draw a panel for each set of frames, with a group of bars for each behavior."""
    methods = {
        method: fit(name, 40) for method, name in name_methods(titles, set(table["method"])).items()
    }
    panels = [frames_of for frames_of in (FD, FD_STAR) if frames_of in set(table["frames_of"])]
    figure.set_figheight(0.9 + len(behaviors) * max(0.28, 0.08 + 0.12 * len(methods)))
    axes = figure.subplots(1, len(panels), sharex=True, squeeze=False)[0]
    for ax, frames_of in zip(axes, panels, strict=True):
        rows = table[table["frames_of"] == frames_of]
        _draw_bars(ax, rows, behaviors, methods, color_methods(titles))
        counts = _draw_absent(ax, rows, behaviors)
        names = [
            f"{fit(behavior)} ({count})" for behavior, count in zip(behaviors, counts, strict=True)
        ]
        ax.set_yticks(range(len(behaviors)), names if ax is axes[0] else counts)
        ax.set_title(f"recall on {frames_of}")
        ax.set_ylim(len(behaviors) - 0.5, -0.5)
        ax.set_xlim(0, 1.12)
        ax.set_xticks([0, 0.25, 0.5, 0.75, 1])
        ax.tick_params(axis="y", length=0)
        ax.set_xlabel("share of the true behavior's frames")
        clear_frame(ax)
    columns = max(1, int((WIDTH_IN) / (measure_in(list(methods.values())) + 0.5)))
    handles, labels = axes[-1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=columns)


def _draw_bars(
    ax: Axes,
    table: pd.DataFrame,
    behaviors: list[str],
    methods: dict[str, str],
    colors: dict[str, str],
) -> None:
    own = [method for method in methods if method in set(table["method"])]
    height = 0.8 / len(own)
    for index, method in enumerate(own):
        recall = table[table["method"] == method].set_index("behavior").loc[behaviors, "recall"]
        y = np.arange(len(behaviors)) + (index - (len(own) - 1) / 2) * height
        bars = ax.barh(
            y, recall.fillna(0), 0.92 * height, color=colors[method], label=methods[method]
        )
        values = ["" if np.isnan(value) else format_share(value) for value in recall]
        ax.bar_label(bars, values, padding=1, fontsize=6)


def _draw_absent(ax: Axes, table: pd.DataFrame, behaviors: list[str]) -> list[str]:
    """Hatch what never occurs; return the frames of each behavior in words."""
    support = table.drop_duplicates("behavior").set_index("behavior")["support"].loc[behaviors]
    for row in np.flatnonzero(support == 0).tolist():
        ax.barh(row, 1, 0.8, **ABSENT)
        ax.text(0.5, row, "n/a", ha="center", va="center", color=GREY)
    return [count_in_words(n_frames) for n_frames in support]
