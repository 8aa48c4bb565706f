"""Draw the training curves of the convnets and of the folds of a method."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from homecage.report.options import Palette, ReportOptions, Titles
from homecage.report.style import METHOD_COLORS, clear_frame, draw, fit
from homecage.storage.tables import read_tsv

Curves = tuple[tuple[int, str, str, str], ...]
"""The row of the figure, the column of a history, what the curve shows, its color."""

_TRAINED, _HELD_OUT = METHOD_COLORS[:2]
_OF_CONVNET: Curves = (
    (0, "train_loss", "training clips", _TRAINED),
    (1, "train_accuracy", "training clips", _TRAINED),
    (1, "test_accuracy", "test clips", _HELD_OUT),
)
_OF_FOLD: Curves = (
    (0, "train_loss", "training windows", _TRAINED),
    (0, "validation_loss", "validation videos", _HELD_OUT),
    (1, "validation_accuracy", "validation videos", _HELD_OUT),
)


def plot_training(
    *,
    convnets: Sequence[Path] = (),
    folds: Sequence[Path] = (),
    method: str,
    palette: Palette,
    titles: Titles,
    data_label: str,
    options: ReportOptions,
    png: Path,
    pdf: Path,
) -> None:
    """Draw loss and accuracy by epoch: of the convnets, and of a method's model in every fold.

    Args:
        convnets: the history of each convnet, of which there may be none: epoch, train_loss, train_accuracy,
            test_accuracy.
        folds: the history of each fold, of which there may be none: epoch, train_loss, validation_loss,
            validation_accuracy, best (1 at the epoch whose weights were kept).
        method: the method that the folds are of.
        palette: the behaviors, of which this figure shows none.
        titles: the methods, and what they are called.
        data_label: what the data are, written on the figure.
        options: how figures are drawn.
        png: the picture.
        pdf: the same, as a vector drawing.
    """
    with draw(png, pdf, data_label, options.dpi) as figure:
        draw_training(
            figure,
            [read_tsv(path) for path in convnets],
            [read_tsv(path) for path in folds],
            titles.root[method],
        )


def draw_training(
    figure: Figure, convnets: list[pd.DataFrame], folds: list[pd.DataFrame], title: str
) -> None:
    """Draw a column of two panels for the convnets and one for the folds of a method."""
    parts = [(convnets, _OF_CONVNET, "convnet"), (folds, _OF_FOLD, title)]
    parts = [(histories, curves, name) for histories, curves, name in parts if histories]
    figure.set_figheight(3.6)
    axes = figure.subplots(2, len(parts), sharex="col", squeeze=False)
    for column, (histories, curves, name) in zip(axes.T, parts, strict=True):
        many = f", {len(histories)} folds" if len(histories) > 1 else ""
        column[0].set_title(f"{fit(name, 40)}{many}")
        for index, history in enumerate(histories):
            _draw_curves(column, history, curves, named=index == 0)
        for ax, label in zip(column, ("loss (cross-entropy)", "accuracy"), strict=True):
            ax.set_ylabel(label)
            ax.set_ylim(0, 1.02 if label == "accuracy" else None)
            ax.margins(x=0.02)
            ax.legend(loc="best")
            clear_frame(ax)
        column[1].set_xlabel("epoch")
        column[1].xaxis.set_major_locator(MaxNLocator(integer=True))


def _draw_curves(
    column: NDArray[np.object_], history: pd.DataFrame, curves: Curves, *, named: bool
) -> None:
    """Draw the curves of one training; one that is named stands in the legend for all of them."""
    for row, name, label, color in curves:
        ax = column[row]
        ax.plot(
            history["epoch"],
            history[name],
            color=color,
            linewidth=0.9,
            label=label if named else "_",
        )
        if "best" in history and color == _HELD_OUT:
            best = history[history["best"] == 1]
            ax.plot(
                best["epoch"],
                best[name],
                "ko",
                ms=2.5,
                zorder=3,
                label="kept epoch" if named else "_",
            )
