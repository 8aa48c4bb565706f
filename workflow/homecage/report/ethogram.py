"""Draw an ethogram of truth and predictions, and the total time of each behavior (Fig. 5)."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from homecage.errors import ConfigError
from homecage.evaluate.names import ANNOTATOR_1, ANNOTATOR_2
from homecage.report.options import Palette, ReportOptions, Titles
from homecage.report.style import ABSENT, clear_frame, draw, fit, measure_in, name_scorers, shorten
from homecage.storage.tables import read_tsv


def plot_ethogram(
    *,
    bouts: Path,
    palette: Palette,
    titles: Titles,
    data_label: str,
    options: ReportOptions,
    png: Path,
    pdf: Path,
) -> None:
    """Draw a row of colored bouts for each annotator and method over a stretch of one video.

    Beside each row stands the total time of each behavior in this stretch, as in the paper.

    Args:
        bouts: evaluation's ``bouts.tsv``.
        palette: the behaviors and their colors.
        titles: the methods, and what they are called.
        data_label: what the data are, written on the figure.
        options: which video, from where, and for how long.
        png: the picture.
        pdf: the same, as a vector drawing.

    Raises:
        ConfigError: the video asked for was not annotated.
    """
    table = read_tsv(bouts)
    video = options.ethogram_video or choose_video(table)
    table = table[table["video"] == video]
    if ANNOTATOR_1 not in set(table["scorer"]):
        raise ConfigError(
            f"ethogram_video {video!r} was not annotated by annotator 1; choose another video, or "
            "null for the first annotated one"
        )
    stretch = choose_stretch(table, options)
    with draw(png, pdf, data_label, options.dpi) as figure:
        draw_ethogram(figure, table, stretch, palette.root, titles)


def draw_ethogram(
    figure: Figure,
    bouts: pd.DataFrame,
    stretch: tuple[float, float],
    colors: dict[str, str],
    titles: Titles,
) -> None:
    """Draw the bouts of one video in a stretch (from, to, in seconds), and the time they take in it."""
    start_s, stop_s = stretch
    video = shorten(bouts["video"].iloc[0], 44 if len(colors) <= 12 else 24)
    scorers = name_scorers(titles, set(bouts["scorer"]))
    bouts = cut_bouts(bouts, stretch)
    seconds = (
        bouts.assign(seconds=bouts["stop_s"] - bouts["start_s"])
        .pivot_table(index="scorer", columns="behavior", values="seconds", aggfunc="sum")
        .reindex(index=list(scorers), columns=list(colors))
        .fillna(0.0)
    )
    names = [shorten(behavior) for behavior in colors]
    figure.set_figheight(0.6 + 0.62 * len(scorers) + 0.7 * measure_in(names))
    axes = figure.subplots(
        len(scorers),
        2,
        sharex="col",
        sharey="col",
        squeeze=False,
        width_ratios=(2.6, max(1, len(names) / 8)),
    )
    unit = "min" if seconds.to_numpy().max() >= 600 else "s"
    for (strip, bars), (scorer, name) in zip(axes, scorers.items(), strict=True):
        _draw_strip(strip, bouts[bouts["scorer"] == scorer], stretch, colors)
        strip.set_ylabel(fit(name), rotation=0, ha="right", va="center")
        _draw_budget(bars, seconds.loc[[scorer]].to_numpy()[0].tolist(), unit, colors)
    axes[0, 0].set_title(f"{video}, {format_clock(start_s)} to {format_clock(stop_s)}")
    axes[0, 1].set_title(f"in these {format_clock(stop_s - start_s)} ({unit})")
    strip, bars = axes[-1]
    strip.set_xlabel("time in the video (min:s)")
    strip.xaxis.set_major_locator(MultipleLocator(_tick_s(stop_s - start_s)))
    strip.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: format_clock(seconds)))
    bars.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")


def choose_video(bouts: pd.DataFrame) -> str:
    """Choose the first video by name that both annotators labeled, else that annotator 1 did."""
    videos = {scorer: set(rows["video"]) for scorer, rows in bouts.groupby("scorer")}
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
    seen = bouts[bouts["scorer"].isin([ANNOTATOR_1, ANNOTATOR_2])]

    def count_behaviors(start_s: float) -> int:
        inside = (seen["start_s"] < start_s + length_s) & (seen["stop_s"] > start_s)
        return len(seen.loc[inside, ["scorer", "behavior"]].drop_duplicates())

    starts = [index * length_s for index in range(int(end_s // length_s))]
    start_s = max(starts, key=count_behaviors)  # The first of equals.
    return start_s, start_s + length_s


def cut_bouts(bouts: pd.DataFrame, stretch: tuple[float, float]) -> pd.DataFrame:
    """Return the parts of bouts that are in a stretch (from, to, in seconds)."""
    times = bouts[["start_s", "stop_s"]].clip(*stretch)
    return bouts.assign(**times)[times["stop_s"] > times["start_s"]]


def _draw_strip(
    ax: Axes, bouts: pd.DataFrame, stretch: tuple[float, float], colors: dict[str, str]
) -> None:
    ax.set_facecolor("white")
    ax.patch.set(hatch=ABSENT["hatch"], edgecolor=ABSENT["facecolor"])  # Where nothing is labeled.
    for behavior, rows in bouts.groupby("behavior"):
        spans = list(zip(rows["start_s"], rows["stop_s"] - rows["start_s"], strict=True))
        # Without smoothing, neighbors meet without a pale seam.
        ax.broken_barh(spans, (0, 1), color=colors[str(behavior)], linewidth=0, antialiased=False)
    ax.set_xlim(*stretch)
    ax.set_ylim(0, 1)
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)


def _draw_budget(ax: Axes, seconds: list[float], unit: str, colors: dict[str, str]) -> None:
    times = [time / {"s": 1, "min": 60}[unit] for time in seconds]
    bars = ax.bar(range(len(colors)), times, width=0.8, color=list(colors.values()))
    upright = len(colors) > 8  # Narrow bars: numbers do not fit beside each other.
    ax.bar_label(bars, fmt=_format_time, fontsize=6, rotation=90 if upright else 0)
    ax.set_yticks([])
    ax.margins(y=0.45 if upright else 0.25)
    ax.tick_params(axis="x", length=0)
    clear_frame(ax)
    ax.spines["left"].set_visible(False)


def _format_time(time: float) -> str:
    return "0" if time == 0 else f"{time:.1f}" if time < 10 else f"{time:.0f}"


def format_clock(seconds: float) -> str:
    """Write seconds as minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def _tick_s(length_s: float) -> float:
    """Return the smallest round distance between ticks that gives at most seven of them."""
    round_s = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
    return next((tick for tick in round_s if length_s / tick <= 7), 6 * 3600)
