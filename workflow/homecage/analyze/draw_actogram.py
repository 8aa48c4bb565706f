"""Draw actograms: a line a day, or each day beside the next, of what each animal and group does when."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle, StepPatch
from numpy.typing import NDArray

from homecage.analyze.options import AnalysisOptions
from homecage.report.options import Palette, ReportOptions, Titles
from homecage.report.style import draw, shorten
from homecage.storage.tables import read_tsv

DAY_H = 24
DARK = "#DDDDE6"
UNRECORDED = "#F7EFD2"
_MOST_HEIGHT_IN = 40.0
"""Of a figure: animals beyond are in the table."""
_DAY_IN = 0.1
_GAP_DAYS = 1.2
_LEAST_DAYS = 3
_COLUMNS = 8


class Row(NamedTuple):
    """What is drawn of a group or a timeline."""

    name: str
    clocked: bool
    """Whether its days are those of a clock."""
    grids: list[NDArray[np.float64]]
    """Of each behavior, shares (days, bins of a day), NaN where nothing was recorded."""


def plot_actogram(
    *,
    bins: Path,
    analysis: AnalysisOptions,
    palette: Palette,
    titles: Titles,
    data_label: str,
    options: ReportOptions,
    png: Path,
    pdf: Path,
) -> None:
    """Draw an actogram of each behavior for the mean of each group, then for each animal.

    Args:
        bins: the analysis' ``bins.tsv``.
        analysis: the bins, the behaviors, the light, and whether days are plotted twice.
        palette: the behaviors and their colors.
        titles: the methods, and what they are called.
        data_label: what the data are, written on the figure.
        options: how figures are drawn.
        png: the picture.
        pdf: the same, as a vector drawing.
    """
    table = read_tsv(bins)
    behaviors = analysis.actogram_behaviors or tuple(palette.root)
    colors = {behavior: palette.root[behavior] for behavior in behaviors}
    with draw(png, pdf, data_label, options.dpi) as figure:
        draw_actograms(figure, table, colors, analysis, titles)


def draw_actograms(
    figure: Figure,
    bins: pd.DataFrame,
    colors: dict[str, str],
    analysis: AnalysisOptions,
    titles: Titles,
) -> None:
    """Draw a row for each group and each timeline, and a column for each behavior."""
    groups, animals = list_rows(bins, list(colors), DAY_H * 60 // analysis.bin_min)
    blocks = -(-len(colors) // _COLUMNS)
    rows = [*groups, *animals]
    ends = np.cumsum([max(_LEAST_DAYS, len(row.grids[0])) + _GAP_DAYS for row in rows])
    n_shown = max(1, int((ends * blocks * _DAY_IN < _MOST_HEIGHT_IN).sum()))
    left_out, rows, ends = len(rows) - n_shown, rows[:n_shown], ends[:n_shown]
    begins = np.array([0, *ends[:-1]])
    figure.set_figheight(0.7 + blocks * (0.6 + _DAY_IN * float(ends[-1])))
    columns = min(_COLUMNS, len(colors))
    axes = figure.subplots(blocks, columns, squeeze=False).ravel()
    for ax in axes[len(colors) :]:
        ax.set_axis_off()
    for k, (ax, (behavior, color)) in enumerate(zip(axes, colors.items(), strict=False)):
        tops = [_find_top([row.grids[k] for row in of]) for of in (groups, animals)]
        for place, (row, begin) in enumerate(zip(rows, begins, strict=True)):
            shares = row.grids[k] / tops[place >= len(groups)]
            draw_actogram(ax, shares, color, analysis, clocked=row.clocked, begin=float(begin))
        ax.set_ylim(float(ends[-1]), 0)
        middle = [begin + len(row.grids[0]) / 2 for row, begin in zip(rows, begins, strict=True)]
        ax.set_yticks(middle, [row.name for row in rows] if k % columns == 0 else [])
        ax.tick_params(labelsize=6, length=1.5, pad=1)
        ax.tick_params(axis="y", length=0)
        _label_hours(ax, analysis)
        for spine in ax.spines.values():
            spine.set_visible(False)
        scales = zip(("groups", "animals"), tops, (groups, animals), strict=True)
        said = [f"{name} to {top:.2g}" for name, top, some in scales if some]
        ax.set_title(
            "\n".join([shorten(behavior, 14), *said]), fontsize=6, fontweight="normal", loc="center"
        )
    method = bins["method"].iloc[0]
    clocks = {row.clocked for row in rows}
    time = {
        frozenset([True]): "time of day (h)",
        frozenset([False]): "time from the first frame (h): the sheet says no start",
    }.get(
        frozenset(clocks), "time of day (h); where marked *, from the first frame: no start is said"
    )
    figure.text(0.5, 0.005, time, fontsize=7, ha="center", va="bottom")
    more = f"; {left_out} rows more are in bins.tsv" if left_out else ""
    name = titles.root.get(method, method)
    figure.suptitle(
        f"Share of time in bins of {analysis.bin_min} min, by {name}{more}",
        x=0.01,
        ha="left",
        fontweight="bold",
    )
    shades = [Patch(color=UNRECORDED, label="not recorded")]
    if analysis.lights_on and True in clocks:
        light = f"lights off, {analysis.lights_off} to {analysis.lights_on}"
        shades.insert(0, Patch(color=DARK, label=light))
    figure.legend(handles=shades, loc="outside lower left", ncols=2, handlelength=1, handleheight=1)


def list_rows(
    bins: pd.DataFrame, behaviors: list[str], per_day: int
) -> tuple[list[Row], list[Row]]:
    """Return the rows of groups and of timelines.

    A group's is the mean over those of its animals that were recorded then, day by day from each one's first.
    """
    animals: list[Row] = []
    members: dict[str, list[Row]] = {}
    for (timeline, group, clock), own in bins.groupby(["timeline", "group", "clock"], sort=False):
        grids = [_lay_grid(own[own["behavior"] == name], per_day) for name in behaviors]
        clocked = clock == "yes"
        animals.append(Row(shorten(str(timeline), 16) + ("" if clocked else " *"), clocked, grids))
        if clocked and group != "n/a":
            members.setdefault(str(group), []).append(animals[-1])
    groups = [
        Row(
            f"{shorten(group, 14)}\nmean of {len(own)}",
            True,
            [_average([row.grids[k] for row in own]) for k in range(len(behaviors))],
        )
        for group, own in members.items()
        if len(own) > 1
    ]
    return groups, animals


def draw_actogram(
    ax: Axes,
    shares: NDArray[np.float64],  # (days, bins of a day), 0 to 1, NaN where nothing was recorded
    color: str,
    analysis: AnalysisOptions,
    *,
    clocked: bool,
    begin: float = 0.0,
) -> None:
    """Draw one actogram: bars from the line of each day, over the dark hours and what was not recorded."""
    n_days, per_day = shares.shape
    lines = shares
    if analysis.plotted == "double":
        lines = np.hstack([shares, np.vstack([shares[1:], np.full(per_day, np.nan)])])
    width_h = DAY_H / per_day
    edges = np.arange(lines.shape[1] + 1) * width_h
    dark = np.zeros(lines.shape[1], dtype=bool)
    if clocked and analysis.lights_on and analysis.lights_off:
        dark = find_dark(edges[:-1] + width_h / 2, analysis.lights_on, analysis.lights_off)
    for day, line in enumerate(lines):
        base, recorded = begin + day + 1, ~np.isnan(line)
        for where, shade in ((~recorded, UNRECORDED), (recorded & dark, DARK)):
            _fill(ax, edges, where.astype(float), base, shade)
        _fill(ax, edges, 0.92 * np.where(recorded, line, 0.0), base, color)
        (rule,) = ax.plot(edges[[0, -1]], [base, base], color="#999999", linewidth=0.25)
        rule.set_in_layout(False)
    frame = Rectangle(
        (0, begin), float(edges[-1]), n_days, fill=False, edgecolor="#555555", linewidth=0.4
    )
    frame.set_in_layout(False)
    ax.add_patch(frame)
    ax.set_xlim(-0.2, float(edges[-1]) + 0.2)


def find_dark(hour: NDArray[np.float64], lights_on: str, lights_off: str) -> NDArray[np.bool_]:
    """Return at which hours of the clock the light is off; it may go on again before or after midnight."""
    on, off = (int(clock[:2]) + int(clock[3:]) / 60 for clock in (lights_on, lights_off))
    return ((hour - off) % DAY_H) < ((on - off) % DAY_H)


def _fill(
    ax: Axes, edges: NDArray[np.float64], height: NDArray[np.float64], base: float, color: str
) -> None:
    """Fill from the line of a day upward."""
    if height.any():
        steps = StepPatch(
            base - height, edges, baseline=base, fill=True, facecolor=color, linewidth=0
        )
        steps.set_in_layout(False)
        ax.add_artist(steps)  # As a patch of the axes its limits would take longer than drawing it.


def _label_hours(ax: Axes, analysis: AnalysisOptions) -> None:
    ticks = np.arange(0, DAY_H * (2 if analysis.plotted == "double" else 1) + 1, 12)
    ax.set_xticks(ticks, [f"{tick % DAY_H:.0f}" for tick in ticks])


def _find_top(grids: list[NDArray[np.float64]]) -> float:
    """Return the largest share, which fills a line."""
    return max((float(np.nanmax(grid, initial=0)) for grid in grids), default=0.0) or 1.0


def _lay_grid(own: pd.DataFrame, per_day: int) -> NDArray[np.float64]:
    """Return the shares of one behavior by day and bin of the day; days count from the first recorded."""
    place = own["bin"].to_numpy(int)
    place = place - place.min() // per_day * per_day
    grid = np.full((place.max() // per_day + 1, per_day), np.nan)
    grid.ravel()[place] = own["share"].to_numpy()
    return grid


def _average(grids: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the mean over grids of those that have a number."""
    n_days = max(len(grid) for grid in grids)
    total, n = np.zeros((2, n_days, grids[0].shape[1]))
    for grid in grids:
        known = ~np.isnan(grid)
        total[: len(grid)] += np.where(known, grid, 0)
        n[: len(grid)] += known
    mean: NDArray[np.float64] = np.divide(total, n, out=np.full(total.shape, np.nan), where=n > 0)
    return mean
