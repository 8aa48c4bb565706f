"""Draw how the behaviors are distributed over the databases, as in the paper's Fig. 1B."""

from pathlib import Path

from homecage.evaluate.names import CD, FD, FD_STAR
from homecage.report.options import ReportOptions
from homecage.report.style import TWO_COLUMNS_IN, clear_frame, draw
from homecage.storage.tables import read_tsv
from homecage.study.behaviors import BEHAVIORS, COLORS

TITLES = {CD: "CD, clips", FD: "FD, annotated", FD_STAR: "FD*, annotated twice"}


def plot_distribution(
    *, distribution: Path, data_label: str, options: ReportOptions, png: Path, pdf: Path
) -> None:
    """Draw each behavior's share of the frames of CD, FD and FD*.

    Args:
        distribution: evaluation's ``distribution.tsv``.
        data_label: what the data are, written on the figure.
        options: how figures are drawn.
        png: the picture.
        pdf: the same, as a vector drawing.
    """
    table = read_tsv(distribution)
    databases = [database for database in TITLES if database in set(table["database"])]
    positions = range(len(BEHAVIORS))
    with draw(
        png,
        pdf,
        width_in=TWO_COLUMNS_IN,
        height_in=2.3,
        data_label=data_label,
        dpi=options.dpi,
    ) as figure:
        axes = figure.subplots(1, len(databases), sharex=True, sharey=True, squeeze=False)[0]
        for ax, database in zip(axes, databases, strict=True):
            rows = table[table["database"] == database].set_index("behavior").loc[list(BEHAVIORS)]
            percent = 100 * rows["share"]
            ax.barh(positions, percent, height=0.75, color=[COLORS[b] for b in BEHAVIORS])
            for position, value in zip(positions, percent, strict=True):
                ax.text(value, position, f" {_format_percent(value)}", va="center")
            ax.set_title(f"{TITLES[database]}\n{rows['n_frames'].sum():,} frames")
            ax.set_xlabel("share of frames (%)")
            clear_frame(ax)
            ax.tick_params(axis="y", length=0)
        axes[0].set_yticks(positions, BEHAVIORS)
        axes[0].invert_yaxis()
        axes[0].set_xlim(0, 1.22 * 100 * table["share"].max())


def _format_percent(percent: float) -> str:
    if percent == 0:
        return "none"
    return f"{percent:.2f}" if percent < 1 else f"{percent:.1f}"
