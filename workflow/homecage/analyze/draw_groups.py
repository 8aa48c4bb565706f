"""Draw the animals of each group: time budgets, bouts, and how far apart the groups are."""

from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from homecage.analyze.compare import WITHIN
from homecage.analyze.options import SIGNIFICANCE
from homecage.analyze.tally import MEASURES
from homecage.report.options import Palette, ReportOptions, Titles
from homecage.report.style import (
    GREY,
    METHOD_COLORS,
    WIDTH_IN,
    clear_frame,
    draw,
    measure_in,
    shorten,
)
from homecage.storage.tables import read_tsv

GROUP_COLORS = METHOD_COLORS[1:6]
"""Of the groups in order; distinct in grey, too, with their markers."""
GROUP_MARKERS = "os^Dv"
_MOST_COLUMNS = 8
_WITHIN_MARK = "≈"
FILLS = {"no": "full", "n/a": "bottom"}
"""How the marker of a difference with a small p is filled, by ``within_error``; open where that is yes."""


def plot_groups(
    *,
    animals: Path,
    groups: Path,
    means: Path,
    palette: Palette,
    titles: Titles,
    data_label: str,
    options: ReportOptions,
    png: Path,
    pdf: Path,
) -> None:
    """Draw each animal's share of time, bouts and their length by group, and under it effect sizes.

    Args:
        animals: the analysis' ``animals.tsv``.
        groups: its ``groups.tsv``.
        means: its ``group_means.tsv``.
        palette: the behaviors, in order.
        titles: the methods, and what they are called.
        data_label: what the data are, written on the figure.
        options: how figures are drawn.
        png: the picture.
        pdf: the same, as a vector drawing.
    """
    each, compared, levels = (read_tsv(path) for path in (animals, groups, means))
    with draw(png, pdf, data_label, options.dpi) as figure:
        draw_groups(figure, each, compared, levels, list(palette.root), titles)


def draw_groups(
    figure: Figure,
    animals: pd.DataFrame,
    groups: pd.DataFrame,
    means: pd.DataFrame,
    behaviors: list[str],
    titles: Titles,
) -> None:
    """Draw a panel for each measure and behavior, and a panel of effect sizes for each measure."""
    animals = animals[animals["group"] != "n/a"]
    styles = style_groups(animals["group"])
    columns = min(len(behaviors), _MOST_COLUMNS)
    rows = -(-len(behaviors) // columns)
    n_pairs = max(1, len(groups[["group", "other"]].drop_duplicates()))
    height, height_of_effects = (
        1.1 * rows * len(MEASURES),
        0.75 + len(behaviors) * (0.1 + 0.09 * n_pairs),
    )
    figure.set_figheight(0.55 + height + height_of_effects)
    parts = np.asarray(figure.subfigures(2, 1, height_ratios=(height, height_of_effects)))
    axes = parts[0].subplots(rows * len(MEASURES), columns, squeeze=False)
    for ax in axes.ravel():
        ax.set_axis_off()
    for index, (measure, title) in enumerate(MEASURES.items()):
        panels = axes[index * rows : (index + 1) * rows]
        for ax, behavior in zip(panels.ravel(), behaviors, strict=False):
            ax.set_axis_on()
            own = _choose(animals, behavior=behavior)
            level = _choose(means, behavior=behavior, measure=measure)
            compared = _choose(groups, behavior=behavior, measure=measure)
            _draw_animals(ax, own, level, compared, measure, styles)
            if index == 0 or rows > 1:
                ax.set_title(
                    shorten(behavior, 14), fontsize=6.5, fontweight="normal", loc="center", pad=9
                )
        for ax in panels[:, 0]:
            ax.set_ylabel(title)
    _draw_effects(parts[-1], groups, behaviors, styles)
    _draw_legend(figure, animals, styles, titles)


def style_groups(groups: pd.Series) -> dict[str, tuple[str, str]]:
    """Return each group's color and marker."""
    return dict(
        zip(
            dict.fromkeys(groups),
            cycle(zip(GROUP_COLORS, GROUP_MARKERS, strict=True)),
            strict=False,
        )
    )


def _draw_animals(
    ax: Axes,
    animals: pd.DataFrame,
    means: pd.DataFrame,
    compared: pd.DataFrame,
    measure: str,
    styles: dict[str, tuple[str, str]],
) -> None:
    for place, (group, (color, marker)) in enumerate(styles.items()):
        values = np.sort(animals.loc[animals["group"] == group, measure].dropna().to_numpy())
        spread = np.linspace(-0.2, 0.2, len(values)) if len(values) > 1 else np.zeros(len(values))
        # From the middle outward in turns: neighbors in value stand apart.
        order = np.argsort(np.argsort(np.resize([0, 2, 1, 3], len(values)), kind="stable"))
        ax.plot(
            place + spread[order],
            values,
            marker,
            color=color,
            markersize=2.6,
            alpha=0.55,
            markeredgewidth=0,
        )
        level = means[means["group"] == group]
        if len(level) and not level["mean"].isna().all():
            mean, low, high = level[["mean", "low", "high"]].iloc[0]
            ax.plot([place - 0.32, place + 0.32], [mean, mean], color=color, linewidth=1.4)
            if np.isfinite(low):
                ax.plot([place, place], [low, high], color=color, linewidth=0.9)
    ax.set_xlim(-0.6, len(styles) - 0.4)
    ax.set_xticks([])
    ax.yaxis.set_major_locator(MaxNLocator(3, min_n_ticks=2))
    if measure != "mean_s":
        ax.set_ylim(0, 1.05 * ax.get_ylim()[1])
    ax.tick_params(labelsize=6, pad=1.5)
    if len(compared) == 1:
        row = compared.iloc[0]
        ax.annotate(
            format_p(row),
            (0.5, 1.03),
            xycoords="axes fraction",
            ha="center",
            va="bottom",
            fontsize=5.5,
            color="black" if row["p_corrected"] <= SIGNIFICANCE else GREY,
        )
    clear_frame(ax)


def format_p(row: pd.Series) -> str:
    """Write the corrected p of a comparison, with a mark where the method's error is the larger."""
    mark = f" {_WITHIN_MARK}" if row["within_error"] == "yes" else ""
    if np.isnan(row["p_corrected"]):
        return f"not tested{mark}"
    p = row["p_corrected"]
    return (f"p = {p:.2f}" if p >= 0.1 else f"p = {p:.1g}") + mark


def _draw_effects(
    figure: Figure,
    groups: pd.DataFrame,
    behaviors: list[str],
    styles: dict[str, tuple[str, str]],
) -> None:
    axes = figure.subplots(1, len(MEASURES), sharey=True, squeeze=False)[0]
    pairs = list(groups[["group", "other"]].drop_duplicates().itertuples(index=False, name=None))
    offsets = (np.arange(len(pairs)) - (len(pairs) - 1) / 2) * min(0.25, 0.8 / max(1, len(pairs)))
    for ax, (measure, title) in zip(axes, MEASURES.items(), strict=True):
        ax.axvline(0, color=GREY, linewidth=0.6)
        for (group, other), offset in zip(pairs, offsets, strict=True):
            own = _choose(groups, measure=measure, group=group, other=other)
            own = own.set_index("behavior").reindex(behaviors)
            color, marker = styles[group]
            at = np.arange(len(behaviors)) + offset
            line = color if len(pairs) == 1 else styles[other][0]
            ax.hlines(at, own["g_low"], own["g_high"], color=line, linewidth=0.9)
            small = own["p_corrected"] <= SIGNIFICANCE
            fill = own["within_error"].where(small).map(FILLS)
            for x, y, style in zip(own["g"], at, fill, strict=True):
                ax.plot(x, y, marker, markersize=3.5, **fill_marker(color, style))
        ax.set_title(title, fontsize=7)
        ax.set_ylim(len(behaviors) - 0.4, -0.6)
        ax.set_yticks(range(len(behaviors)), [shorten(name) for name in behaviors])
        ax.xaxis.set_major_locator(MaxNLocator(5))
        clear_frame(ax)
    axes[len(axes) // 2].set_xlabel(_name_pairs(pairs) + _say_untested(groups))


def fill_marker(color: str, fill: object) -> dict[str, Any]:
    """Return how a marker is drawn that is filled in one of ``FILLS``, or open."""
    known = fill in FILLS.values()
    return {
        "linestyle": "none",
        "color": color,
        "markeredgewidth": 0.8,
        "fillstyle": fill if known else "full",
        "markerfacecolor": color if known else "white",
        "markerfacecoloralt": "white",
    }


def _name_pairs(pairs: list[tuple[str, str]]) -> str:
    if not pairs:
        return "there are no two groups to compare"
    named = [f"{shorten(group)} less {shorten(other)}" for group, other in pairs]
    told = "; ".join(named) if len(named) <= 3 else "a group less another"
    colors = " (point and line in the color of each)" if len(named) > 1 else ""
    return f"Hedges' g: {told}{colors}"


def _say_untested(groups: pd.DataFrame) -> str:
    """Say why nothing is tested, where nothing is."""
    if groups.empty or (groups["test"] != "none").any():
        return ""
    return "\n" + str(groups["note"].iloc[0]).removesuffix(f"; {WITHIN}")


def _draw_legend(
    figure: Figure, animals: pd.DataFrame, styles: dict[str, tuple[str, str]], titles: Titles
) -> None:
    unit = animals["unit"].iloc[0]
    handles: list[Artist] = []
    for group, (color, marker) in styles.items():
        n = animals.loc[animals["group"] == group, "animal"].nunique()
        label = f"{shorten(group)} ({n} {unit}{'s' if n != 1 else ''})"
        handles.append(
            Line2D([], [], color=color, marker=marker, markersize=4, linestyle="none", label=label)
        )
    small = f"p (corrected) ≤ {SIGNIFICANCE}"
    for within, label in (
        ("no", f"{small}, and more than the method gets wrong"),
        ("n/a", f"{small}, the method's error is not known"),
        ("", "not so"),
    ):
        style = fill_marker(GREY, FILLS.get(within))
        handles.append(Line2D([], [], marker="o", markersize=4, label=label, **style))
    handles.append(Line2D([], [], linestyle="none", marker="$≈$", color=GREY, label=WITHIN))
    method = animals["method"].iloc[0]
    by_video = "" if unit == "animal" else "; each video counts as an animal"
    figure.legend(
        handles=handles,
        loc="outside lower left",
        ncols=max(1, int(WIDTH_IN / (measure_in([str(one.get_label()) for one in handles]) + 0.4))),
        handletextpad=0.3,
        fontsize=6,
    )
    figure.suptitle(
        f"Groups, by {titles.root.get(method, method)}{by_video}",
        x=0.01,
        ha="left",
        fontweight="bold",
    )


def _choose(table: pd.DataFrame, **wanted: str) -> pd.DataFrame:
    """Return the rows that have these entries."""
    chosen = np.ones(len(table), dtype=bool)
    for column, value in wanted.items():
        chosen &= (table[column] == value).to_numpy()
    return table[chosen]
