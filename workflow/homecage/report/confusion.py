"""Draw confusion matrices side by side: model against human, human against human (Fig. 4)."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from homecage.evaluate.names import CONVNET, FD, FD_STAR, HUMAN, LSTM
from homecage.report.options import ReportOptions
from homecage.report.style import (
    ABSENT,
    GREY,
    TWO_COLUMNS_IN,
    count_in_words,
    draw,
    name_of,
)
from homecage.storage.tables import read_tsv
from homecage.study.behaviors import BEHAVIORS


def plot_confusion(
    *, confusion: Path, data_label: str, options: ReportOptions, png: Path, pdf: Path
) -> None:
    """Draw row-normalized confusion matrices of the LSTM and of annotator 2 on FD*.

    Without a second annotator there is no FD*: then those of the convnet alone and of the LSTM, on
    FD.

    Args:
        confusion: evaluation's ``confusion.tsv``.
        data_label: what the data are, written on the figure.
        options: how figures are drawn.
        png: the picture.
        pdf: the same, as a vector drawing.
    """
    table = read_tsv(confusion)
    twice = HUMAN in set(table["method"])
    frames_of, methods = (FD_STAR, [LSTM, HUMAN]) if twice else (FD, [CONVNET, LSTM])
    methods = [method for method in methods if method in set(table["method"])]
    with draw(
        png,
        pdf,
        width_in=TWO_COLUMNS_IN,
        height_in=3.75,
        data_label=data_label if twice else f"{data_label}; no video is annotated twice",
        dpi=options.dpi,
    ) as figure:
        axes = figure.subplots(1, len(methods), sharey=True, squeeze=False)[0]
        for ax, method in zip(axes, methods, strict=True):
            counts = _matrix(table, method, frames_of)
            image = _draw_matrix(ax, counts)
            ax.set_title(f"{name_of(method)} on {frames_of} ({counts.sum():,} frames)")
            ax.set_xlabel(f"{name_of(method)}")
        axes[0].set_ylabel("annotator 1 (frames)")
        bar = figure.colorbar(image, ax=axes, shrink=0.6, aspect=25, pad=0.01)
        bar.set_label("share of the true behavior's frames")
        bar.outline.set_visible(False)


def _matrix(table: pd.DataFrame, method: str, frames_of: str) -> NDArray[np.int64]:
    rows = table[(table["method"] == method) & (table["frames_of"] == frames_of)]
    square = rows.pivot(index="truth", columns="prediction", values="n_frames")
    order = list(BEHAVIORS)
    counts: NDArray[np.int64] = square.loc[order, order].to_numpy(dtype=np.int64)
    return counts


def _draw_matrix(ax: Axes, counts: NDArray[np.int64]) -> AxesImage:
    support = counts.sum(axis=1)
    share = counts / np.where(support, support, 1)[:, np.newaxis]
    present = np.broadcast_to(support[:, np.newaxis] > 0, counts.shape)
    image = ax.imshow(np.where(present, share, np.nan), cmap="Blues", vmin=0, vmax=1)
    for row, column in np.argwhere(present).tolist():
        value = share[row, column]
        text = "" if value < 0.005 else f"{value:.2f}".replace("0.", ".", 1)
        color = "white" if value > 0.6 else "black"
        ax.text(column, row, text, ha="center", va="center", fontsize=6, color=color)
    for row in np.flatnonzero(support == 0).tolist():
        where = (-0.5, row - 0.5)
        ax.add_patch(
            Rectangle(where, len(counts), 1, facecolor=ABSENT, hatch="////", edgecolor="#CCCCCC")
        )
        ax.text((len(counts) - 1) / 2, row, "n/a", ha="center", va="center", color=GREY)
    labels = [f"{b} ({count_in_words(n)})" for b, n in zip(BEHAVIORS, support, strict=True)]
    ticks = range(len(BEHAVIORS))
    ax.set_yticks(ticks, labels)
    ax.set_xticks(ticks, BEHAVIORS, rotation=45, ha="right", rotation_mode="anchor")
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return image
