"""The look of every figure: sizes, fonts and colors in one place, and how a figure is saved."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homecage.evaluate.names import ANNOTATOR_1, ANNOTATOR_2, CONVNET, HUMAN, LSTM
from homecage.storage.publish import publish

ONE_COLUMN_IN = 3.5
TWO_COLUMNS_IN = 7.2

GREY = "#666666"
ABSENT = "#EEEEEE"

NAMES = {
    CONVNET: "3DCNN alone",
    LSTM: "LSTM-3DCNN",
    HUMAN: "human (annotator 2)",
    ANNOTATOR_1: "annotator 1 (truth)",
    ANNOTATOR_2: "annotator 2",
}
"""How figures and tables call a source; one that is not here goes by its own name."""

# From Okabe & Ito (2008), distinct under the common forms of color blindness and in grey.
METHOD_COLORS = {CONVNET: "#56B4E9", LSTM: "#0072B2", HUMAN: "#E69F00"}
OTHER_METHODS = ("#CC79A7", "#009E73", "#D55E00", "#F0E442")

_FONT_PT = 7
_RC = {
    "font.family": "DejaVu Sans",
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
def draw(
    png: Path, pdf: Path, *, width_in: float, height_in: float, data_label: str, dpi: int
) -> Iterator[Figure]:
    """Yield an empty figure in the common style; save it as PNG and PDF when the block ends.

    What the data are is written small in the lower right corner. The same drawing gives the same
    bytes: no date is kept in the files.
    """
    theme: dict[Any, Any] = {**sns.axes_style("ticks"), **sns.plotting_context("paper"), **_RC}
    with mpl.rc_context(theme):
        figure = Figure(figsize=(width_in, height_in), layout="constrained")
        yield figure
        figure.supxlabel(
            f"data: {data_label}", x=0.995, ha="right", fontsize=_FONT_PT - 2, color=GREY
        )
        for path in (png, pdf):
            with publish(path) as temporary:
                metadata = {"CreationDate": None} if path == pdf else None
                figure.savefig(temporary, dpi=dpi, metadata=metadata)


def name_of(source: str) -> str:
    """Return what figures and tables call a source."""
    return NAMES.get(source, source)


def colors_of(methods: list[str]) -> dict[str, str]:
    """Return a color for each method; methods this project does not know take the spare ones."""
    others = [method for method in methods if method not in METHOD_COLORS]
    spare = {m: OTHER_METHODS[i % len(OTHER_METHODS)] for i, m in enumerate(others)}
    return {method: METHOD_COLORS.get(method) or spare[method] for method in methods}


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
