"""Draw the recall of each behavior, the convnet alone beside the LSTM, as in the paper's Fig. 3."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from homecage.evaluate.names import FD, FD_STAR, order_sources
from homecage.report.options import ReportOptions
from homecage.report.style import (
    ABSENT,
    GREY,
    TWO_COLUMNS_IN,
    clear_frame,
    colors_of,
    count_in_words,
    draw,
    name_of,
)
from homecage.storage.tables import read_tsv
from homecage.study.behaviors import BEHAVIORS


def plot_recall(
    *, per_behavior: Path, data_label: str, options: ReportOptions, png: Path, pdf: Path
) -> None:
    """Draw every method's recall of each behavior, on FD and, where there is one, on FD*.

    Args:
        per_behavior: evaluation's ``per_behavior.tsv``.
        data_label: what the data are, written on the figure.
        options: how figures are drawn.
        png: the picture.
        pdf: the same, as a vector drawing.
    """
    table = read_tsv(per_behavior)
    panels = [frames_of for frames_of in (FD, FD_STAR) if frames_of in set(table["frames_of"])]
    methods = order_sources(table["method"])
    with draw(
        png,
        pdf,
        width_in=TWO_COLUMNS_IN,
        height_in=0.6 + 1.75 * len(panels),
        data_label=data_label,
        dpi=options.dpi,
    ) as figure:
        axes = figure.subplots(len(panels), 1, sharey=True, squeeze=False)[:, 0]
        for ax, frames_of in zip(axes, panels, strict=True):
            _draw_panel(ax, table[table["frames_of"] == frames_of], colors_of(methods))
            ax.set_title(f"recall on {frames_of}")
        handles, labels = axes[-1].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper right", ncols=len(methods))


def _draw_panel(ax: Axes, table: pd.DataFrame, colors: dict[str, str]) -> None:
    """Draw one group of bars for each behavior; hatched where it never occurs."""
    methods = order_sources(table["method"])
    centers = np.arange(len(BEHAVIORS))
    width = 0.8 / len(methods)
    for index, method in enumerate(methods):
        rows = table[table["method"] == method].set_index("behavior").loc[list(BEHAVIORS)]
        x = centers + (index - (len(methods) - 1) / 2) * width
        recall = rows["recall"]
        ax.bar(x, recall.fillna(0), 0.92 * width, color=colors[method], label=name_of(method))
        for position, value in zip(x, recall, strict=True):
            if not np.isnan(value):
                text = f"{value:.2f}".replace("0.", ".", 1)
                ax.text(position, value + 0.015, text, ha="center", va="bottom", fontsize=6)
    support = table.drop_duplicates("behavior").set_index("behavior")["support"]
    for center, behavior in enumerate(BEHAVIORS):
        if support[behavior] == 0:
            ax.bar(center, 1, 0.8, color=ABSENT, hatch="////", edgecolor="#CCCCCC", linewidth=0)
            ax.text(center, 0.5, "n/a", ha="center", va="center", color=GREY)
    labels = [f"{behavior}\n{count_in_words(support[behavior])} frames" for behavior in BEHAVIORS]
    ax.set_xticks(centers, labels)
    ax.set_xlim(-0.5, len(BEHAVIORS) - 0.5)
    ax.tick_params(axis="x", length=0)
    ax.set_ylim(0, 1.08)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
    ax.set_ylabel("recall")
    clear_frame(ax)
