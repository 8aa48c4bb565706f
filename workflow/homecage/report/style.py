"""The look of every figure: sizes, fonts, names and colors in one place, and how a figure is saved."""

from collections.abc import Container, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from textwrap import wrap
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homecage.evaluate.names import ANNOTATOR_1, ANNOTATOR_2, HUMAN
from homecage.report.options import Titles
from homecage.storage.publish import publish

WIDTH_IN = 7.2
"""Of a figure: two columns of a page."""
CHARACTER_IN = 0.06
"""Mean width of a character of a label."""

FONT = "DejaVu Sans"

GREY = "#666666"
ABSENT: dict[str, Any] = {
    "facecolor": "#EEEEEE",
    "hatch": "////",
    "edgecolor": "#CCCCCC",
    "linewidth": 0,
}
"""How a place is filled where there is nothing to show."""

# From Okabe & Ito (2008), distinct under the common forms of color blindness and in grey.
METHOD_COLORS = ("#56B4E9", "#0072B2", "#009E73", "#CC79A7", "#D55E00", "#F0E442", "#000000")
HUMAN_COLOR = "#E69F00"
METHOD_LINES = ("-", (0, (4, 1.5)), (0, (1, 1)))
"""Of lines of the first methods that have all the colors, of the next ones, and so on."""

_FONT_PT = 7
_RC = {
    "font.family": FONT,
    "font.size": _FONT_PT,
    "axes.labelsize": _FONT_PT,
    "axes.titlesize": _FONT_PT + 1,
    "xtick.labelsize": _FONT_PT,
    "ytick.labelsize": _FONT_PT,
    "legend.fontsize": _FONT_PT,
    "figure.titlesize": _FONT_PT + 1,
    "axes.linewidth": 0.6,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "hatch.linewidth": 0.4,
    "hatch.color": "#AAAAAA",
    "legend.frameon": False,
    "pdf.fonttype": 42,  # Text stays text in the PDF.
}


@contextmanager
def draw(png: Path, pdf: Path, data_label: str, dpi: int) -> Iterator[Figure]:
    """Yield an empty figure in the common style; save it as PNG and PDF when the block ends.

    What the data are is written small in the lower right corner. The same drawing gives the same
    bytes: no date is kept in the files.
    """
    theme: dict[Any, Any] = {**sns.axes_style("ticks"), **sns.plotting_context("paper"), **_RC}
    with mpl.rc_context(theme):
        figure = Figure(figsize=(WIDTH_IN, WIDTH_IN / 2), layout="constrained")
        yield figure
        figure.supxlabel(
            f"data: {data_label}", x=0.995, ha="right", fontsize=_FONT_PT - 2, color=GREY
        )
        for path in (png, pdf):
            with publish(path) as temporary:
                metadata = {"CreationDate": None} if path == pdf else None
                figure.savefig(temporary, dpi=dpi, metadata=metadata)


def name_methods(titles: Titles, found: Container[str]) -> dict[str, str]:
    """Return the methods that a table has, in order and the human last, with what they are called."""
    names = {**titles.root, HUMAN: "human (annotator 2)"}
    return {method: name for method, name in names.items() if method in found}


def name_scorers(titles: Titles, found: Container[str]) -> dict[str, str]:
    """Return the scorers that a table has, with what they are called: the truth, methods, a human."""
    names = {ANNOTATOR_1: "annotator 1 (truth)", **titles.root, ANNOTATOR_2: "annotator 2"}
    return {scorer: name for scorer, name in names.items() if scorer in found}


def color_methods(titles: Titles) -> dict[str, str]:
    """Return each method's color, which is the same in all figures."""
    return {**dict(zip(titles.root, cycle(METHOD_COLORS), strict=False)), HUMAN: HUMAN_COLOR}


def style_methods(titles: Titles) -> dict[str, Any]:
    """Return how each method's line is drawn where colors repeat; the human's is unbroken."""
    rounds = (line for line in cycle(METHOD_LINES) for _ in METHOD_COLORS)
    return {**dict(zip(titles.root, rounds, strict=False)), HUMAN: "-"}


def fit(name: str, width: int = 20) -> str:
    """Break a long name in two at a space, hyphen or underscore; cut what is longer still."""
    parts = wrap(name.replace("_", "_ "), width, max_lines=2, placeholder="…")
    return "\n".join(parts).replace("_ ", "_")


def shorten(name: str, length: int = 20) -> str:
    """Leave out the middle of a long name."""
    half = length // 2
    return name if len(name) <= length else f"{name[:half]}…{name[-half + 1 :]}"


def measure_in(names: list[str]) -> float:
    """Return about how wide the widest line of some labels is, in inches."""
    return CHARACTER_IN * max(len(line) for name in names for line in name.split("\n"))


def clear_frame(ax: Axes) -> None:
    """Remove the upper and right lines of the frame."""
    sns.despine(ax=ax)


def count_in_words(n_frames: float) -> str:
    """Shorten a number of frames to three digits or so: 950, 12.3k, 1.13M."""
    if n_frames < 1_000:
        return f"{n_frames:.0f}"
    if n_frames < 999_500:
        return f"{n_frames / 1_000:.3g}k"
    return f"{n_frames / 1_000_000:.3g}M"


def format_share(share: float) -> str:
    """Write a share of 1 with two digits and no leading zero: .07, 1.00."""
    return f"{share:.2f}".removeprefix("0")
