"""Draw confusion matrices beside each other: model against human, human against human (Fig. 4)."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from homecage.evaluate.names import FD, FD_STAR, HUMAN
from homecage.report.options import Palette, ReportOptions, Titles
from homecage.report.style import (
    ABSENT,
    GREY,
    WIDTH_IN,
    count_in_words,
    draw,
    fit,
    format_share,
    measure_in,
    name_methods,
    shorten,
)
from homecage.storage.tables import read_tsv

MOST_BESIDE = 12
"""Behaviors in matrices that stand beside each other; larger ones stand below each other."""


def plot_confusion(
    *,
    confusion: Path,
    method: str,
    baseline: str | None = None,
    palette: Palette,
    titles: Titles,
    data_label: str,
    options: ReportOptions,
    png: Path,
    pdf: Path,
) -> None:
    """Draw row-normalized confusion matrices of a method and of annotator 2 on FD*.

    Without a second annotator there is no FD*: then those of the baseline, if there is one, and of
    the method, on FD.

    Args:
        confusion: evaluation's ``confusion.tsv``.
        method: the method that is shown.
        baseline: the method beside it where no video is annotated twice.
        palette: the behaviors.
        titles: the methods, and what they are called.
        data_label: what the data are, written on the figure.
        options: how figures are drawn.
        png: the picture.
        pdf: the same, as a vector drawing.
    """
    table = read_tsv(confusion)
    if HUMAN in set(table["method"]):
        frames_of, shown = FD_STAR, [method, HUMAN]
    else:
        frames_of = FD
        shown = [method] if baseline in (None, method) else [baseline, method]
        data_label = f"{data_label}; no video is annotated twice"
    table = table[(table["frames_of"] == frames_of) & table["method"].isin(shown)]
    with draw(png, pdf, data_label, options.dpi) as figure:
        draw_confusion(figure, table, shown, list(palette.root), titles)


def draw_confusion(
    figure: Figure,
    table: pd.DataFrame,
    methods: list[str],
    behaviors: list[str],
    titles: Titles,
) -> None:
    """Draw a matrix for each method, all of them of the same frames."""
    beside = len(behaviors) <= MOST_BESIDE
    names, short = [fit(b) for b in behaviors], [shorten(b) for b in behaviors]
    label_in = measure_in(names)
    room_in = (WIDTH_IN - label_in - 1.2) / (len(methods) if beside else 1)
    side_in = min(room_in, max(2.6, 0.25 * len(behaviors)))
    n_rows = 1 if beside else len(methods)
    figure.set_figheight(n_rows * (side_in + 0.5) + 0.7 * measure_in(short) + 0.4)
    axes = figure.subplots(n_rows, len(methods) // n_rows, sharex=True, sharey=True, squeeze=False)
    for ax, method in zip(axes.flat, methods, strict=True):
        rows = table[table["method"] == method]
        square = rows.pivot(index="truth", columns="prediction", values="n_frames")
        counts = square.loc[behaviors, behaviors].to_numpy(dtype=np.int64)
        image = _draw_matrix(ax, counts)
        name = name_methods(titles, methods)[method]
        frames_of = rows["frames_of"].iloc[0]
        ax.set_title(fit(name, 34))
        ax.set_xlabel(f"{counts.sum():,} frames of {frames_of}")
        support = [count_in_words(n_frames) for n_frames in counts.sum(axis=1)]
        labels = [f"{name} ({count})" for name, count in zip(names, support, strict=True)]
        ax.set_yticks(range(len(names)), labels)
        ax.set_xticks(range(len(names)), short, rotation=45, ha="right", rotation_mode="anchor")
    for ax in axes[:, 0]:
        ax.set_ylabel("annotator 1 (frames)")
    bar = figure.colorbar(image, ax=axes, shrink=0.6, aspect=25, pad=0.01)
    bar.set_label("share of the true behavior's frames")
    bar.outline.set_visible(False)


def _draw_matrix(ax: Axes, counts: NDArray[np.int64]) -> AxesImage:
    """Draw the shares of each row (K, K); hatched where the behavior never occurs."""
    support = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, support, out=np.full(counts.shape, np.nan), where=support > 0)
    image = ax.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.argwhere(share >= 0.005).tolist():
        value = share[row, column]
        color = "white" if value > 0.6 else "black"
        ax.text(column, row, format_share(value), ha="center", va="center", fontsize=6, color=color)
    for row in np.flatnonzero(support == 0).tolist():
        ax.add_patch(Rectangle((-0.5, row - 0.5), len(counts), 1, **ABSENT))
        ax.text((len(counts) - 1) / 2, row, "n/a", ha="center", va="center", color=GREY)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return image
