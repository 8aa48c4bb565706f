"""Draw time budgets by hour, of each animal and the mean of each group, with the rhythms that were fitted."""

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, MultipleLocator

from homecage.analyze.draw_actogram import DARK, DAY_H, find_dark
from homecage.analyze.draw_groups import style_groups
from homecage.analyze.options import AnalysisOptions
from homecage.analyze.rhythms import FIXED, GROUP, SEARCHED
from homecage.report.options import Palette, ReportOptions, Titles
from homecage.report.style import clear_frame, draw, shorten
from homecage.storage.tables import read_tsv

_COLUMNS = 4
_NO_GROUP = "animals"


def plot_hours(
    *,
    by_hour: Path,
    rhythms: Path,
    analysis: AnalysisOptions,
    palette: Palette,
    titles: Titles,
    data_label: str,
    options: ReportOptions,
    png: Path,
    pdf: Path,
) -> None:
    """Draw what each hour of the day shows of each behavior; the hours of a recording where none has a clock.

    Args:
        by_hour: the analysis' ``by_hour.tsv``.
        rhythms: its ``rhythms.tsv``.
        analysis: the light.
        palette: the behaviors, in order.
        titles: the methods, and what they are called.
        data_label: what the data are, written on the figure.
        options: how figures are drawn.
        png: the picture.
        pdf: the same, as a vector drawing.
    """
    hours, fits = read_tsv(by_hour), read_tsv(rhythms)
    with draw(png, pdf, data_label, options.dpi) as figure:
        draw_hours(figure, hours, fits, list(palette.root), analysis, titles)


def draw_hours(
    figure: Figure,
    hours: pd.DataFrame,
    rhythms: pd.DataFrame,
    behaviors: list[str],
    analysis: AnalysisOptions,
    titles: Titles,
) -> None:
    """Draw a panel for each behavior."""
    method = hours["method"].iloc[0]
    clocked = (hours["clock"] == "yes").any()
    left_out = hours.loc[hours["clock"] == "no", "timeline"].nunique() if clocked else 0
    hours = hours[hours["clock"] == ("yes" if clocked else "no")]
    hours = hours.assign(group=hours["group"].where(hours["group"] != "n/a", _NO_GROUP))
    styles = style_groups(hours["group"])
    columns = min(_COLUMNS, len(behaviors))
    rows = -(-len(behaviors) // columns)
    figure.set_figheight(0.9 + 1.45 * rows)
    axes = figure.subplots(rows, columns, sharex=True, squeeze=False)
    for ax in axes.ravel()[len(behaviors) :]:
        ax.set_axis_off()
    for ax, behavior in zip(axes.ravel(), behaviors, strict=False):
        if clocked and analysis.lights_on and analysis.lights_off:
            _shade_dark(ax, analysis.lights_on, analysis.lights_off)
        for group, (color, _) in styles.items():
            own = hours[(hours["behavior"] == behavior) & (hours["group"] == group)]
            _draw_group(ax, own, color)
        of_groups = rhythms[(rhythms["level"] == GROUP) & (rhythms["behavior"] == behavior)]
        if clocked:
            _mark_rhythms(ax, of_groups, styles)
        ax.set_ylim(bottom=0)
        ax.set_title(shorten(behavior, 14), fontsize=7, fontweight="normal")
        ax.yaxis.set_major_locator(MaxNLocator(4))
        ax.set_xlim(0, DAY_H if clocked else hours["hour"].max() + 1)
        if clocked:
            ax.xaxis.set_major_locator(MultipleLocator(6))
        clear_frame(ax)
    for ax in axes[:, 0]:
        ax.set_ylabel("share of time")
    for ax in axes[-1]:
        ax.set_xlabel("time of day (h)" if clocked else "hour of the recording")
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=color, label=shorten(group)) for group, (color, _) in styles.items()
    ]
    if clocked and (rhythms["level"] == GROUP).any():
        handles.append(
            Line2D(
                [],
                [],
                color="#444444",
                marker="v",
                markersize=4,
                label="acrophase, 95 %; above, periods",
            )
        )
    if clocked and analysis.lights_on:
        light = f"lights off, {analysis.lights_off} to {analysis.lights_on}"
        handles.append(Patch(color=DARK, label=light))
    figure.legend(handles=handles, loc="outside lower left", ncols=5)
    told = "" if clocked else "; the sheet says no start"
    more = f"; {left_out} without a start are left out" if left_out else ""
    figure.suptitle(
        f"Hour by hour, by {titles.root.get(method, method)}{told}{more}",
        x=0.01,
        ha="left",
        fontweight="bold",
    )


def _draw_group(ax: Axes, own: pd.DataFrame, color: str) -> None:
    """Draw a thin line for each animal, and a thick one for the mean of those that were recorded then."""
    wide = own.pivot(index="hour", columns="timeline", values="share")
    wide = wide.reindex(range(int(wide.index.max()) + 1))
    for _, shares in wide.items():
        ax.plot(wide.index + 0.5, shares, color=color, linewidth=0.5, alpha=0.35)
    ax.plot(wide.index + 0.5, wide.mean(axis=1), color=color, linewidth=1.6)


def _mark_rhythms(ax: Axes, rhythms: pd.DataFrame, styles: dict[str, tuple[str, str]]) -> None:
    """Mark when groups are at their highest, and write the periods that fit them best above."""
    top = ax.get_ylim()[1]
    fixed = rhythms[rhythms["fit"] == FIXED].dropna(subset="acrophase_h_low")
    for place, row in enumerate(fixed.to_dict("records")):
        _mark_acrophase(ax, row, styles[row["group"]][0], top * (1.06 + 0.07 * place))
    searched = rhythms[rhythms["fit"] == SEARCHED].dropna(subset="period_h")
    for place, row in enumerate(searched[::-1].to_dict("records")):
        ax.annotate(
            f"{row['period_h']:.1f} h",
            (1 - 0.22 * place, 1.03),
            xycoords="axes fraction",
            ha="right",
            fontsize=6,
            color=styles[row["group"]][0],
        )


def _mark_acrophase(ax: Axes, row: Mapping[Hashable, Any], color: str, height: float) -> None:
    peak, low, high = row["acrophase_h"], row["acrophase_h_low"], row["acrophase_h_high"]
    ax.plot(peak, height, "v", color=color, markersize=3.5, clip_on=False)
    for shift in (-DAY_H, 0, DAY_H):  # Over midnight the interval goes on at the other side.
        ends = np.clip([low + shift, high + shift], 0, DAY_H)
        if ends[1] > ends[0]:
            ax.plot(ends, [height, height], color=color, linewidth=1)


def _shade_dark(ax: Axes, lights_on: str, lights_off: str) -> None:
    hour = (np.arange(DAY_H * 60) + 0.5) / 60
    dark = np.append(np.append(False, find_dark(hour, lights_on, lights_off)), False)
    edges = np.flatnonzero(np.diff(dark.astype(int))) / 60
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        ax.axvspan(begin, end, color=DARK, linewidth=0)
