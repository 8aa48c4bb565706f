"""Draw an ethogram of truth and predictions, and the total time of each behavior (Fig. 5)."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MultipleLocator

from homecage.errors import ConfigError
from homecage.evaluate.names import ANNOTATOR_1, ANNOTATOR_2, order_sources
from homecage.report.options import ReportOptions
from homecage.report.style import ABSENT, TWO_COLUMNS_IN, clear_frame, draw, name_of
from homecage.storage.tables import read_tsv
from homecage.study.behaviors import BEHAVIORS, COLORS


def plot_ethogram(
    *,
    bouts: Path,
    time_budget: Path,
    data_label: str,
    options: ReportOptions,
    png: Path,
    pdf: Path,
) -> None:
    """Draw a row of colored bouts for each annotator and method over a stretch of one video.

    Beside each row stands the total time of each behavior in the whole video.

    Args:
        bouts: evaluation's ``bouts.tsv``.
        time_budget: evaluation's ``time_budget.tsv``.
        data_label: what the data are, written on the figure.
        options: which video, from where, and for how long.
        png: the picture.
        pdf: the same, as a vector drawing.

    Raises:
        ConfigError: the video asked for was not annotated.
    """
    table, budget = read_tsv(bouts), read_tsv(time_budget)
    video = options.ethogram_video or choose_video(table)
    table, budget = table[table["video"] == video], budget[budget["video"] == video]
    if ANNOTATOR_1 not in set(table["source"]):
        raise ConfigError(
            f"ethogram_video {video!r} was not annotated by annotator 1; choose another video, or "
            "null for the first annotated one"
        )
    start_s, stop_s = choose_stretch(table, options)
    sources = order_sources(table["source"])
    with draw(
        png,
        pdf,
        width_in=TWO_COLUMNS_IN,
        height_in=1.15 + 0.62 * len(sources),
        data_label=data_label,
        dpi=options.dpi,
    ) as figure:
        axes = figure.subplots(
            len(sources), 2, sharex="col", sharey="col", squeeze=False, width_ratios=(2.6, 1)
        )
        unit = "min" if budget["seconds"].max() >= 600 else "s"
        for (strip, bars), source in zip(axes, sources, strict=True):
            _draw_strip(strip, table[table["source"] == source], start_s, stop_s)
            label = name_of(source).replace(" (", "\n(")
            strip.set_ylabel(label, rotation=0, ha="right", va="center")
            _draw_budget(bars, budget[budget["source"] == source], unit)
        axes[0, 0].set_title(f"{_shorten(video)}, {_clock(start_s)} to {_clock(stop_s)}")
        axes[0, 1].set_title(f"whole video ({unit})")
        strip, bars = axes[-1]
        strip.set_xlabel("time in the video (min:s)")
        strip.xaxis.set_major_locator(MultipleLocator(_tick_s(stop_s - start_s)))
        strip.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: _clock(seconds)))
        bars.set_xticks(
            range(len(BEHAVIORS)), BEHAVIORS, rotation=45, ha="right", rotation_mode="anchor"
        )


def choose_video(bouts: pd.DataFrame) -> str:
    """Choose the first video by name that both annotators labeled, else that annotator 1 did."""
    videos = {source: set(rows["video"]) for source, rows in bouts.groupby("source")}
    first, second = videos.get(ANNOTATOR_1, set()), videos.get(ANNOTATOR_2, set())
    if not first:
        raise ConfigError("annotator 1 labeled no frame: there is no ethogram to draw")
    return str(min(first & second or first))


def choose_stretch(bouts: pd.DataFrame, options: ReportOptions) -> tuple[float, float]:
    """Choose the seconds of a video that are shown; predictions have no say in it.

    Of the stretches of the wanted length that follow one another from the start, the one in which
    the annotators see the most behaviors; the first of equals.
    """
    length_s, end_s = 60 * options.ethogram_minutes, float(bouts["stop_s"].max())
    if length_s >= end_s:
        return 0.0, end_s
    if options.ethogram_start_s is not None:
        start_s = min(options.ethogram_start_s, end_s - length_s)
        return start_s, start_s + length_s
    seen = bouts[bouts["source"].isin([ANNOTATOR_1, ANNOTATOR_2])]

    def count_behaviors(start_s: float) -> int:
        inside = (seen["start_s"] < start_s + length_s) & (seen["stop_s"] > start_s)
        return len(seen.loc[inside, ["source", "behavior"]].drop_duplicates())

    starts = [index * length_s for index in range(int(end_s // length_s))]
    start_s = max(starts, key=count_behaviors)  # The first of equals.
    return start_s, start_s + length_s


def _draw_strip(ax: Axes, bouts: pd.DataFrame, start_s: float, stop_s: float) -> None:
    ax.set_facecolor("white")
    ax.patch.set(hatch="////", edgecolor=ABSENT)  # Shows where nothing is labeled.
    inside = bouts[(bouts["start_s"] < stop_s) & (bouts["stop_s"] > start_s)]
    for behavior, rows in inside.groupby("behavior"):
        spans = list(zip(rows["start_s"], rows["stop_s"] - rows["start_s"], strict=True))
        # Without smoothing, neighbors meet without a pale seam.
        ax.broken_barh(spans, (0, 1), color=COLORS[str(behavior)], linewidth=0, antialiased=False)
    ax.set_xlim(start_s, stop_s)
    ax.set_ylim(0, 1)
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)


def _draw_budget(ax: Axes, budget: pd.DataFrame, unit: str) -> None:
    seconds = budget.set_index("behavior")["seconds"].loc[list(BEHAVIORS)]
    times = seconds / {"s": 1, "min": 60}[unit]
    positions = range(len(BEHAVIORS))
    ax.bar(positions, times, width=0.8, color=[COLORS[behavior] for behavior in BEHAVIORS])
    for position, time in zip(positions, times, strict=True):
        ax.text(position, time, _format_time(time), ha="center", va="bottom", fontsize=6)
    ax.set_yticks([])
    ax.margins(y=0.25)
    ax.tick_params(axis="x", length=0)
    clear_frame(ax)
    ax.spines["left"].set_visible(False)


def _format_time(time: float) -> str:
    return "0" if time == 0 else f"{time:.1f}" if time < 10 else f"{time:.0f}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def _shorten(video: str, length: int = 44) -> str:
    """Leave out the middle of a long name, so that it fits over the ethogram."""
    half = length // 2
    return video if len(video) <= length else f"{video[:half]}…{video[-half + 1 :]}"


def _tick_s(length_s: float) -> float:
    """Return the smallest round distance between ticks that gives at most seven of them."""
    round_s = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
    return next((tick for tick in round_s if length_s / tick <= 7), 6 * 3600)
