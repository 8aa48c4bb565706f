"""Draw the ethograms of all animals below each other, ordered by group."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from homecage.report.options import Palette, ReportOptions, Titles
from homecage.report.style import ABSENT, WIDTH_IN, draw, measure_in, shorten
from homecage.storage.tables import read_tsv

_GAP = 0.004  # Between videos, of the longest row.
_PIXELS = 3000
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
        times_s = (np.arange(_PIXELS) + 0.5) / _PIXELS * last_s
        picture = np.stack(
            [paint(bouts[bouts["animal"] == animal], times_s, colors) for animal in names]
        )
        ax.imshow(
            picture,
            extent=(0, last_s / unit_s, len(names) - 0.5, -0.5),
            aspect="auto",
            interpolation="nearest",
        )
        ax.hlines(np.arange(len(names) + 1) - 0.5, 0, last_s / unit_s, color="white", linewidth=2)
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


def paint(
    bouts: pd.DataFrame, times_s: NDArray[np.float64], colors: dict[str, str]
) -> NDArray[np.float64]:
    """Return the colors (N, 3) of what an animal does at so many times.

    A picture takes no longer for a day than for a minute; what is shorter than a pixel could not be seen.
    """
    inside = np.full((len(times_s), 3), 1.0)
    for _, video in bouts.groupby("video", sort=False):
        within = (times_s >= video["start_s"].min()) & (times_s < video["stop_s"].max())
        inside[within] = to_rgb(ABSENT["facecolor"])
    own = bouts.sort_values("start_s")
    place = np.searchsorted(own["start_s"].to_numpy(), times_s, side="right") - 1
    shown = (place >= 0) & (times_s < own["stop_s"].to_numpy()[place])
    inside[shown] = np.array([to_rgb(colors[name]) for name in own["behavior"]])[place[shown]]
    return inside


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
