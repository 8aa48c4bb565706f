"""Draw the training curves of the convnet and of all folds."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from homecage.evaluate.names import CONVNET, LSTM
from homecage.report.options import ReportOptions
from homecage.report.style import METHOD_COLORS, TWO_COLUMNS_IN, clear_frame, draw
from homecage.storage.tables import read_tsv

TRAINING: dict[str, Any] = {"color": METHOD_COLORS[CONVNET], "linewidth": 0.9}
HELD_OUT: dict[str, Any] = {"color": METHOD_COLORS[LSTM], "linewidth": 0.9}
KEPT: dict[str, Any] = {
    "color": "black",
    "marker": "o",
    "markersize": 2.5,
    "linestyle": "none",
    "zorder": 3,
}


def plot_training(
    *,
    convnet: Path,
    folds: list[Path],
    data_label: str,
    options: ReportOptions,
    png: Path,
    pdf: Path,
) -> None:
    """Draw loss and accuracy by epoch: the convnet's, and the LSTM's of every fold.

    Args:
        convnet: the convnet's history: epoch, train_loss, train_accuracy, test_accuracy.
        folds: each fold's ``{fold}/history.tsv``: epoch, train_loss, validation_loss,
            validation_accuracy, best (1 at the epoch whose weights were kept).
        data_label: what the data are, written on the figure.
        options: how figures are drawn.
        png: the picture.
        pdf: the same, as a vector drawing.
    """
    histories = [read_tsv(path) for path in sorted(folds, key=lambda path: path.parent.name)]
    with draw(
        png,
        pdf,
        width_in=TWO_COLUMNS_IN,
        height_in=3.6,
        data_label=data_label,
        dpi=options.dpi,
    ) as figure:
        axes = figure.subplots(2, 2, sharex="col")
        _draw_convnet(axes[:, 0], read_tsv(convnet))
        _draw_folds(axes[:, 1], histories)
        for ax in axes.flat:
            clear_frame(ax)
            ax.margins(x=0.02)
            ax.legend(loc="best")
        for ax in axes[0]:
            ax.set_ylabel("loss (cross-entropy)")
            ax.set_ylim(bottom=0)
        for ax in axes[1]:
            ax.set_ylabel("accuracy")
            ax.set_ylim(0, 1.02)
            ax.set_xlabel("epoch")
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def _draw_convnet(axes: NDArray[np.object_], history: pd.DataFrame) -> None:
    loss, accuracy = axes
    loss.set_title("convnet")
    epoch = history["epoch"]
    loss.plot(epoch, history["train_loss"], **TRAINING, label="training clips")
    accuracy.plot(epoch, history["train_accuracy"], **TRAINING, label="training clips")
    accuracy.plot(epoch, history["test_accuracy"], **HELD_OUT, label="test clips")


def _draw_folds(axes: NDArray[np.object_], histories: list[pd.DataFrame]) -> None:
    loss, accuracy = axes
    loss.set_title(f"LSTM, {len(histories)} fold{'s' if len(histories) != 1 else ''}")
    for index, history in enumerate(histories):
        # One entry in the legend stands for the curves of all folds.
        training, held_out, kept = ("training windows", "validation videos", "kept epoch")
        if index:
            training = held_out = kept = "_"
        epoch = history["epoch"]
        loss.plot(epoch, history["train_loss"], **TRAINING, label=training)
        for ax, column in ((loss, "validation_loss"), (accuracy, "validation_accuracy")):
            ax.plot(epoch, history[column], **HELD_OUT, label=held_out)
            best = history[history["best"] == 1]
            ax.plot(best["epoch"], best[column], **KEPT, label=kept)
