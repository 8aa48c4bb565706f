"""Words and numbers as small pictures, in the font of the figures."""

from functools import lru_cache

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from homecage.report.style import FONT

Picture = NDArray[np.uint8]
"""(height, width, 3), RGB."""

_DPI = 72  # A point is a pixel.
_LINE = 1.5  # Of the size of the letters.
_DIGIT = 0.66
"""Width of a place in a number, of the size of the letters: no digit moves when another changes."""


def line_px(size_px: int) -> int:
    """Return the height of a line of letters of a size."""
    return round(_LINE * size_px)


@lru_cache(maxsize=1024)
def write_word(text: str, size_px: int, color: str = "#222222") -> Picture:
    """Draw a text on white, as high as a line and as wide as it is."""
    height, most = line_px(size_px), (len(text) + 1) * size_px
    with mpl.rc_context({"font.family": FONT}):
        figure = Figure(figsize=(most / _DPI, height / _DPI), dpi=_DPI)
        canvas = FigureCanvasAgg(figure)
        figure.text(0, 0.3, text, fontsize=size_px, color=color, va="baseline", parse_math=False)
        canvas.draw()  # type: ignore[no-untyped-call]
    drawn: Picture = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    drawn = drawn[:height, :, :3]
    inked = np.flatnonzero((drawn < 255).any(axis=(0, 2)))
    return drawn[:, : inked[-1] + 1 if len(inked) else 1].copy()


def write_number(text: str, size_px: int, color: str = "#222222") -> Picture:
    """Draw a number on white, each of its characters in a place of the same width."""
    width = round(_DIGIT * size_px)
    picture = np.full((line_px(size_px), width * len(text), 3), 255, np.uint8)
    for place, character in enumerate(text):
        put(picture, write_word(character, size_px, color), 0, place * width)
    return picture


def put(picture: Picture, part: Picture, top: int, left: int) -> None:
    """Lay a part into a picture, in place; what does not fit in is cut off."""
    height, width = (max(0, size) for size in (picture.shape[0] - top, picture.shape[1] - left))
    part = part[:height, :width]
    picture[top : top + part.shape[0], left : left + part.shape[1]] = part


def to_color(color: str) -> NDArray[np.uint8]:
    """Return a color, as #RRGGBB or by name, in RGB (3,)."""
    return np.round(255 * np.array(to_rgb(color))).astype(np.uint8)
