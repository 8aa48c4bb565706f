"""Draw how often each method is right when it says how sure it is: reliability diagrams."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homecage.evaluate.names import ANNOTATOR_1, FD, POOLED
from homecage.report.options import Palette, ReportOptions, Titles
from homecage.report.style import (
    GREY,
    WIDTH_IN,
    clear_frame,
    color_methods,
    draw,
    fit,
    format_share,
    name_methods,
)
from homecage.storage.tables import read_tsv

_MOST_BESIDE = 4
"""Panels beside each other."""
_LEAST_SHARE = 0.005
"""Of the frames, in a bin whose accuracy is drawn; that of fewer means little."""
_PALE = {"facecolor": "white", "alpha": 0.7, "linewidth": 0, "pad": 1}


def plot_reliability(
    *,
    calibration: Path,
    scores: Path,
    palette: Palette,
    titles: Titles,
    data_label: str,
    options: ReportOptions,
    png: Path,
    pdf: Path,
) -> None:
    """Draw accuracy against confidence on FD, a panel for each method.

    Args:
        calibration: evaluation's ``calibration.tsv``.
        scores: evaluation's ``scores.tsv``, for the calibration error.
        palette: the behaviors, of which this figure shows none.
        titles: the methods, and what they are called.
        data_label: what the data are, written on the figure.
        options: how figures are drawn.
        png: the picture.
        pdf: the same, as a vector drawing.
    """
    table, errors = (
        own[(own["frames_of"] == FD) & (own["against"] == ANNOTATOR_1)]
        for own in (read_tsv(calibration), read_tsv(scores))
    )
    errors = errors[(errors["measure"] == "calibration_error") & (errors["average"] == POOLED)]
    with draw(png, pdf, data_label, options.dpi) as figure:
        draw_reliability(figure, table, errors.set_index("method")["value"], titles)


def draw_reliability(
    figure: Figure, table: pd.DataFrame, errors: pd.Series, titles: Titles
) -> None:
    """Draw a panel for each method: its accuracy and its share of frames by confidence."""
    methods, colors = name_methods(titles, set(table["method"])), color_methods(titles)
    beside = min(max(len(methods), 2), _MOST_BESIDE)
    n_rows = -(-len(methods) // beside)
    figure.set_size_inches(WIDTH_IN * beside / _MOST_BESIDE, 0.5 + 2.1 * n_rows)
    axes = figure.subplots(n_rows, beside, sharex=True, sharey=True, squeeze=False)
    for ax, (method, name) in zip(axes.flat, methods.items(), strict=False):
        _draw_panel(ax, table[table["method"] == method], colors[method])
        ax.set_title(fit(name, 22))
        error = f"calibration error {format_share(errors[method])}"
        ax.text(
            0.03, 0.96, error, transform=ax.transAxes, va="top", color=GREY, bbox=_PALE, zorder=4
        )
    for index, ax in enumerate(axes.flat):
        ax.set_visible(index < len(methods))
        if index < len(methods) <= index + beside:  # The lowest of its column.
            ax.set_xlabel("confidence")
            ax.tick_params(labelbottom=True)
    for ax in axes[:, 0]:
        ax.set_ylabel("accuracy; grey: share of frames")


def _draw_panel(ax: Axes, rows: pd.DataFrame, color: str) -> None:
    width = rows["to"] - rows["from"]
    share = rows["n_frames"] / rows["n_frames"].sum()
    ax.bar(
        rows["from"], share, width, align="edge", color="#DDDDDD", edgecolor="white", linewidth=0.4
    )
    ax.plot([0, 1], [0, 1], color=GREY, linewidth=0.6, linestyle=(0, (4, 3)))
    seen = rows[share >= _LEAST_SHARE]
    below, above = seen["accuracy"] - seen["low"], seen["high"] - seen["accuracy"]
    # Where there are too few videos for an interval, none is drawn; a skewed one may leave its value.
    bars = np.nan_to_num(np.maximum([below, above], 0))
    ax.errorbar(
        seen["confidence"],
        seen["accuracy"],
        bars,
        color=color,
        marker="o",
        markersize=2.5,
        linewidth=1,
        elinewidth=0.7,
    )
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    ax.set_aspect("equal")
    ax.set_xticks([0, 0.5, 1], ["0", ".5", "1"])
    ax.set_yticks([0, 0.5, 1], ["0", ".5", "1"])
    clear_frame(ax)
