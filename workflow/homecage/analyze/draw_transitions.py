"""Draw what follows what: the mean transitions of each group, and where two groups differ."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from homecage.analyze.draw_groups import FILLS, fill_marker
from homecage.analyze.options import SIGNIFICANCE
from homecage.report.options import Palette, ReportOptions, Titles
from homecage.report.style import ABSENT, GREY, WIDTH_IN, draw, measure_in, shorten
from homecage.storage.tables import read_tsv

_COLUMNS = 3
_MOST_PAIRS = 6


def plot_transitions(
    *,
    groups: Path,
    palette: Palette,
    titles: Titles,
    data_label: str,
    options: ReportOptions,
    png: Path,
    pdf: Path,
) -> None:
    """Draw the matrix of transitions of each group, the mean over its animals, and those of differences.

    Args:
        groups: the analysis' ``group_transitions.tsv``.
        palette: the behaviors, in order.
        titles: the methods, and what they are called.
        data_label: what the data are, written on the figure.
        options: how figures are drawn.
        png: the picture.
        pdf: the same, as a vector drawing.
    """
    table = read_tsv(groups)
    with draw(png, pdf, data_label, options.dpi) as figure:
        draw_transitions(figure, table, list(palette.root), titles)


def draw_transitions(
    figure: Figure, table: pd.DataFrame, behaviors: list[str], titles: Titles
) -> None:
    """Draw a matrix for each group and for each pair of them, up to six pairs."""
    if table.empty:
        figure.text(0.5, 0.5, "there are no two groups to compare", ha="center")
        return
    means = _list_means(table)
    pairs = list(table[["group", "other"]].drop_duplicates().itertuples(index=False, name=None))
    n_panels = len(means) + min(len(pairs), _MOST_PAIRS)
    columns = min(_COLUMNS, n_panels)
    rows = -(-n_panels // columns)
    names = [shorten(name, 14) for name in behaviors]
    figure.set_figheight(
        1.1 + 0.7 * measure_in(names) + rows * (0.3 + (WIDTH_IN - measure_in(names)) / columns)
    )
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    most = float(np.nanmax([matrix.to_numpy(float) for matrix in means.values()], initial=0.01))
    shares, differences = [], []
    for ax, (group, matrix) in zip(axes, means.items(), strict=False):
        shares.append(_draw_matrix(ax, matrix, behaviors, names, "cividis_r", (0, most)))
        ax.set_title(shorten(group))
    for ax, (group, other) in zip(axes[len(means) :], pairs, strict=False):
        own = table[(table["group"] == group) & (table["other"] == other)]
        reach = float(np.nanmax(np.abs(table["difference"]), initial=0.01))
        matrix = own.pivot(index="before", columns="after", values="difference")
        differences.append(_draw_matrix(ax, matrix, behaviors, names, "PuOr_r", (-reach, reach)))
        ax.set_title(f"{shorten(group)} less {shorten(other)}")
        for row in own.itertuples():
            if row.p_corrected <= SIGNIFICANCE:
                fill = FILLS.get(row.within_error)
                ax.plot(
                    behaviors.index(row.after),
                    behaviors.index(row.before),
                    "o",
                    markersize=3.6,
                    **fill_marker("black", fill) | {"markeredgewidth": 0.6},
                    markeredgecolor="white" if fill == "full" else "black",
                )
    for ax in axes[n_panels:]:
        ax.set_axis_off()
    for place, ax in enumerate(axes[:n_panels]):
        if place % columns:
            ax.set_yticklabels([])
        else:
            ax.set_ylabel("from")
        if place + columns < n_panels:
            ax.set_xticklabels([])
        else:
            ax.set_xlabel("to")
    bars = {"share of the transitions from a behavior": shares, "difference of shares": differences}
    for label, images in bars.items():
        if images:
            bar = figure.colorbar(
                images[0], ax=axes, location="bottom", shrink=0.45, aspect=40, pad=0.03, label=label
            )
            bar.outline.set_visible(False)
    if engine := figure.get_layout_engine():
        engine.set(rect=(0, 0, 1, 1 - 0.2 / figure.get_figheight()))  # type: ignore[call-arg]
    method = table["method"].iloc[0]
    figure.suptitle(
        f"Transitions, by {titles.root.get(method, method)}", x=0.01, ha="left", fontweight="bold"
    )


def _list_means(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the mean shares (from, to) of each group, which stand in the lines of its pairs."""
    parts = [
        table[["group", "before", "after", "mean"]],
        table[["other", "before", "after", "mean_other"]].set_axis(
            ["group", "before", "after", "mean"], axis=1
        ),
    ]
    rows = pd.concat(parts[::-1]).drop_duplicates(["group", "before", "after"])
    return {
        str(group): own.pivot(index="before", columns="after", values="mean")
        for group, own in rows.groupby("group", sort=False)
    }


def _draw_matrix(
    ax: Axes,
    matrix: pd.DataFrame,
    behaviors: list[str],
    names: list[str],
    colors: str,
    limits: tuple[float, float],
) -> AxesImage:
    values = matrix.reindex(index=behaviors, columns=behaviors).to_numpy(float)
    ax.set_facecolor(ABSENT["facecolor"])
    ax.patch.set(hatch=ABSENT["hatch"], edgecolor=ABSENT["edgecolor"])
    image = ax.imshow(values, cmap=colors, vmin=limits[0], vmax=limits[1])
    ax.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(length=0, labelsize=6)
    for spine in ax.spines.values():
        spine.set_edgecolor(GREY)
    return image
