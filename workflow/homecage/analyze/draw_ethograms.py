"""Draw the ethograms of all animals below each other, ordered by group."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from homecage.report.options import Palette, ReportOptions, Titles
from homecage.report.style import ABSENT, WIDTH_IN, draw, measure_in, shorten
from homecage.storage.tables import read_tsv

_GAP = 0.004  # Between videos, of the longest row.
_MOST = 60
"""Animals that are drawn; more are in the table."""


def plot_ethograms(
    *,
    bouts: Path,
    palette: Palette,
    titles: Titles,
    data_label: str,
    options: ReportOptions,
    png: Path,
    pdf: Path,
) -> None:
    """Draw a row of colored bouts for each animal, its videos one after the other.

    Args:
        bouts: the analysis' ``bouts.tsv``.
        palette: the behaviors and their colors.
        titles: the methods, and what they are called.
        data_label: what the data are, written on the figure.
        options: how figures are drawn.
        png: the picture.
        pdf: the same, the bouts as a picture in it.
    """
    table = read_tsv(bouts)
    with draw(png, pdf, data_label, options.dpi) as figure:
        draw_ethograms(figure, table, palette.root, titles)


def draw_ethograms(
    figure: Figure, bouts: pd.DataFrame, colors: dict[str, str], titles: Titles
) -> None:
    """Draw a row for each animal, with its group's name at the first of a group."""
    animals = bouts[["group", "animal"]].drop_duplicates()
    left_out = len(animals) - _MOST
    animals = animals.iloc[:_MOST]
    bouts = lay_end_to_end(bouts[bouts["animal"].isin(animals["animal"])])
    last_s = float(bouts["stop_s"].max())
    unit, unit_s = ("h", 3600) if last_s >= 2 * 3600 else ("min", 60)
    figure.set_figheight(1.0 + 0.2 * len(animals) + 0.08 * animals["group"].nunique())
    groups = {str(group): own for group, own in animals.groupby("group", sort=False)}
    axes = figure.subplots(
        len(groups),
        1,
        sharex=True,
        squeeze=False,
        height_ratios=[len(own) for own in groups.values()],
    )[:, 0]
    for ax, (group, own) in zip(axes, groups.items(), strict=True):
        names = own["animal"].tolist()
        for row, animal in enumerate(names):
            mine = bouts[bouts["animal"] == animal]
            for _, video in mine.groupby("video", sort=False):
                begin, end = video["start_s"].min() / unit_s, video["stop_s"].max() / unit_s
                ax.broken_barh(
                    [(begin, end - begin)],
                    (row - 0.42, 0.84),
                    facecolor=ABSENT["facecolor"],
                    linewidth=0,
                )
            for behavior, shown in mine.groupby("behavior"):
                begin, length = shown["start_s"], shown["stop_s"] - shown["start_s"]
                ax.broken_barh(
                    list(zip(begin / unit_s, length / unit_s, strict=True)),
                    (row - 0.42, 0.84),
                    color=colors[str(behavior)],
                    linewidth=0,
                    antialiased=False,
                    rasterized=True,
                )
        ax.set_ylim(len(names) - 0.5, -0.5)
        ax.set_xlim(0, last_s / unit_s)
        ax.set_yticks(range(len(names)), [shorten(name) for name in names])
        ax.set_title("no group" if group == "n/a" else shorten(group, 40))
        ax.tick_params(axis="y", length=0)
        for side in ("top", "right", "left"):
            ax.spines[side].set_visible(False)
    axes[-1].set_xlabel(f"time recorded, videos one after the other ({unit})")
    handles = [Patch(color=color, label=shorten(name)) for name, color in colors.items()]
    figure.legend(
        handles=handles,
        loc="outside lower left",
        ncols=max(1, int(WIDTH_IN / (measure_in([shorten(name) for name in colors]) + 0.45))),
        handlelength=1,
        handleheight=1,
    )
    method = bouts["method"].iloc[0]
    more = f"; {left_out} more are in bouts.tsv" if left_out > 0 else ""
    figure.suptitle(
        f"Ethograms, by {titles.root.get(method, method)}{more}",
        x=0.01,
        ha="left",
        fontweight="bold",
    )


def lay_end_to_end(bouts: pd.DataFrame) -> pd.DataFrame:
    """Return bouts with the times of each animal's videos one after the other, with a gap between."""
    ends = bouts.groupby(["animal", "video"], sort=False)["stop_s"].max().reset_index()
    longest_s = float(ends.groupby("animal")["stop_s"].sum().max())
    ends["from_s"] = (
        ends.groupby("animal")["stop_s"].cumsum()
        - ends["stop_s"]
        + ends.groupby("animal").cumcount() * _GAP * longest_s
    )
    shift_s = bouts.merge(ends[["animal", "video", "from_s"]], on=["animal", "video"], how="left")
    moved = shift_s["from_s"].to_numpy()
    return bouts.assign(start_s=bouts["start_s"] + moved, stop_s=bouts["stop_s"] + moved)
