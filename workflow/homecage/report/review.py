"""Draw what a review is worth: accuracy by minutes reviewed, as expected and as it came."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homecage.report.options import Palette, ReportOptions, Titles
from homecage.report.style import GREY, clear_frame, color_methods, draw, fit
from homecage.storage.tables import read_tsv


def plot_review(
    *,
    review: Path,
    method: str,
    palette: Palette,
    titles: Titles,
    data_label: str,
    options: ReportOptions,
    png: Path,
    pdf: Path,
) -> None:
    """Draw a method's accuracy over frames by the share of a video that was reviewed, and how far the
    estimate is off in each video before any review.

    Args:
        review: evaluation's ``review.tsv``.
        method: the one to show.
        palette: the behaviors, of which this figure shows none.
        titles: the methods, and what they are called.
        data_label: what the data are, written on the figure.
        options: how figures are drawn.
        png: the picture.
        pdf: the same, as a vector drawing.
    """
    table = read_tsv(review)
    table = table[(table["method"] == method) & table["actual"].notna()]
    with draw(png, pdf, data_label, options.dpi) as figure:
        draw_review(figure, table, titles.root[method], color_methods(titles)[method])


def draw_review(figure: Figure, table: pd.DataFrame, title: str, color: str) -> None:
    """Draw the mean over videos at each share, and the estimate against the truth of each video."""
    figure.set_figheight(2.9)
    left, right = figure.subplots(1, 2, width_ratios=[1.6, 1])
    _draw_curves(
        left, table.groupby("share")[["minutes", "expected", "actual", "at_random"]].mean(), color
    )
    left.set_title(f"{fit(title, 40)}, reviewed by annotator 1")
    _draw_estimates(right, table[table["share"] == 0], color)
    for ax in (left, right):
        clear_frame(ax)


def _draw_curves(ax: Axes, mean: pd.DataFrame, color: str) -> None:
    share = 100 * mean.index.to_numpy()
    ax.plot(share, mean["actual"], color=color, label="the queue's clips first")
    ax.plot(
        share, mean["expected"], color=color, linestyle=(0, (4, 1.5)), label="the same, as expected"
    )
    ax.plot(share, mean["at_random"], color=GREY, linewidth=1, label="clips anywhere")
    ax.set_xlim(0, 100)
    ax.set_ylim(top=1)
    ax.set_xlabel("% of a video reviewed (minutes, mean of the videos)")
    ticks = [at for at in mean.index if round(100 * at) % 20 == 0]
    ax.set_xticks(
        [100 * at for at in ticks],
        [f"{100 * at:.0f}\n({mean.loc[at, 'minutes']:.3g})" for at in ticks],
    )
    ax.set_ylabel("accuracy over frames")
    ax.legend(loc="lower right")


def _draw_estimates(ax: Axes, before: pd.DataFrame, color: str) -> None:
    off = before["difference"].abs().mean()
    values = before[["expected", "actual"]].to_numpy()
    low = np.floor(20 * np.min(values, initial=1)) / 20 - 0.05
    ax.plot([low, 1], [low, 1], color=GREY, linestyle="--", linewidth=0.7)
    ax.scatter(before["expected"], before["actual"], s=12, color=color, zorder=3)
    ax.set(xlim=(low, 1), ylim=(low, 1), aspect="equal", xlabel="expected", ylabel="actual")
    ax.set_title("each video, before a review")
    ax.text(
        0.04,
        0.96,
        f"off by {100 * off:.1f} points on average",
        transform=ax.transAxes,
        va="top",
        color=GREY,
    )
