"""Draw how the behaviors are distributed over the databases, as in the paper's Fig. 1B."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from homecage.evaluate.names import CD, FD, FD_STAR
from homecage.report.options import Palette, ReportOptions, Titles
from homecage.report.style import clear_frame, draw, fit
from homecage.storage.tables import read_tsv

TITLES = {CD: "CD, clips", FD: "FD, annotated", FD_STAR: "FD*, annotated twice"}


def plot_distribution(
    *,
    distribution: Path,
    palette: Palette,
    titles: Titles,
    data_label: str,
    options: ReportOptions,
    png: Path,
    pdf: Path,
) -> None:
    """Draw each behavior's share of the frames of CD, FD and FD*.

    Args:
        distribution: evaluation's ``distribution.tsv``.
        palette: the behaviors and their colors.
        titles: the methods, of which this figure shows none.
        data_label: what the data are, written on the figure.
        options: how figures are drawn.
        png: the picture.
        pdf: the same, as a vector drawing.
    """
    with draw(png, pdf, data_label, options.dpi) as figure:
        draw_distribution(figure, read_tsv(distribution), palette)


def draw_distribution(figure: Figure, table: pd.DataFrame, palette: Palette) -> None:
    """Draw a panel of bars for each database."""
    databases = [database for database in TITLES if database in set(table["database"])]
    colors = palette.root
    names = [fit(behavior) for behavior in colors]
    line_in = 0.12 if any("\n" in name for name in names) else 0.0
    figure.set_figheight(0.85 + (0.18 + line_in) * len(names))
    axes = figure.subplots(1, len(databases), sharex=True, sharey=True, squeeze=False)[0]
    for ax, database in zip(axes, databases, strict=True):
        rows = table[table["database"] == database].set_index("behavior").loc[list(colors)]
        bars = ax.barh(range(len(names)), 100 * rows["share"], 0.75, color=list(colors.values()))
        ax.bar_label(bars, fmt=_format_percent, padding=2)
        ax.set_title(f"{TITLES[database]}\n{rows['n_frames'].sum():,} frames")
        ax.set_xlabel("share of frames (%)")
        clear_frame(ax)
        ax.tick_params(axis="y", length=0)
    axes[0].set_yticks(range(len(names)), names)
    axes[0].set_ylim(len(names) - 0.5, -0.5)
    axes[0].set_xlim(0, 1.25 * 100 * table["share"].max())


def _format_percent(percent: float) -> str:
    if percent == 0:
        return "none"
    return f"{percent:.2f}" if percent < 1 else f"{percent:.1f}"
