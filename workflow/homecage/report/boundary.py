"""Draw how accurate methods and people are near a change of behavior, and far from it."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homecage.evaluate.names import ANNOTATOR_1, FD, FD_STAR
from homecage.report.options import Palette, ReportOptions, Titles
from homecage.report.style import (
    WIDTH_IN,
    clear_frame,
    color_methods,
    count_in_words,
    draw,
    fit,
    measure_in,
    name_methods,
    style_methods,
)
from homecage.storage.tables import read_tsv

_MOST_BARS = 4
"""Methods in a panel whose intervals are drawn; those of more could not be told apart."""


def plot_boundary(
    *,
    boundary: Path,
    palette: Palette,
    titles: Titles,
    data_label: str,
    options: ReportOptions,
    png: Path,
    pdf: Path,
) -> None:
    """Draw accuracy by distance from a boundary, on FD and, where there is one, on FD*.

    Args:
        boundary: evaluation's ``boundary.tsv``.
        palette: the behaviors, of which this figure shows none.
        titles: the methods, and what they are called.
        data_label: what the data are, written on the figure.
        options: how figures are drawn.
        png: the picture.
        pdf: the same, as a vector drawing.
    """
    table = read_tsv(boundary)
    with draw(png, pdf, data_label, options.dpi) as figure:
        draw_boundary(figure, table[table["against"] == ANNOTATOR_1], titles)


def draw_boundary(figure: Figure, table: pd.DataFrame, titles: Titles) -> None:
    """Draw a panel for each set of frames, with a line for each method."""
    methods = {
        method: fit(name, 40) for method, name in name_methods(titles, set(table["method"])).items()
    }
    panels = [frames_of for frames_of in (FD, FD_STAR) if frames_of in set(table["frames_of"])]
    columns = max(1, int(WIDTH_IN / (measure_in(list(methods.values())) + 0.6)))
    lines = 2 if any("\n" in name for name in methods.values()) else 1
    figure.set_figheight(2.4 + (0.03 + 0.11 * lines) * -(-len(methods) // columns))
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for ax, frames_of in zip(axes, panels, strict=True):
        rows = table[table["frames_of"] == frames_of]
        _draw_lines(ax, rows, methods, titles)
        ax.set_title(f"accuracy on {frames_of}")
        ax.set_xlabel("distance from a change of behavior (s), and frames")
        ax.set_ylim(0, 1)
        clear_frame(ax)
    axes[0].set_ylabel("share of frames that are correct")
    handles, labels = axes[-1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=columns)


def _draw_lines(ax: Axes, table: pd.DataFrame, methods: dict[str, str], titles: Titles) -> None:
    own = [method for method in methods if method in set(table["method"])]
    colors, styles = color_methods(titles), style_methods(titles)
    with_bars = len(own) <= _MOST_BARS
    for index, method in enumerate(own):
        rows = table[table["method"] == method]
        x = np.arange(len(rows)) + 0.06 * (index - (len(own) - 1) / 2) * with_bars
        ax.plot(
            x,
            rows["accuracy"],
            color=colors[method],
            linestyle=styles[method],
            marker="o",
            markersize=2.5,
            linewidth=1,
            label=methods[method],
        )
        if with_bars:
            ax.vlines(x, rows["low"], rows["high"], color=colors[method], linewidth=0.7)
    bins = table[table["method"] == own[0]]
    names = [
        f"{low:g}–{high:g}" if np.isfinite(high) else f"over {low:g}"
        for low, high in zip(bins["from_s"], bins["to_s"], strict=True)
    ]
    counts = [count_in_words(n_frames) for n_frames in bins["n_frames"]]
    ax.set_xticks(
        range(len(bins)), [f"{name}\n{count}" for name, count in zip(names, counts, strict=True)]
    )
    ax.tick_params(axis="x", labelsize="small", length=0)
