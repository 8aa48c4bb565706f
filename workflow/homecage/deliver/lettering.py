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
_DIGIT, _MARK = 0.68, 0.4
"""Width of a digit's place and of a mark's, of the size of the letters: none moves when another changes."""


def line_px(size_px: int) -> int:
    """Return the height of a line of letters of a size."""
    return round(_LINE * size_px)


@lru_cache(maxsize=1024)
def write_word(text: str, size_px: int, color: str = "#222222") -> Picture:
    """Draw a text on white, as high as a line and as wide as its ink."""
    height, most = line_px(size_px), (len(text) + 1) * size_px
    with mpl.rc_context({"font.family": FONT}):
        figure = Figure(figsize=(most / _DPI, height / _DPI), dpi=_DPI)
        canvas = FigureCanvasAgg(figure)
        figure.text(0, 0.3, text, fontsize=size_px, color=color, va="baseline", parse_math=False)
        canvas.draw()  # type: ignore[no-untyped-call]
    drawn: Picture = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    drawn = drawn[:height, :, :3]
    inked = np.flatnonzero((drawn < 255).any(axis=(0, 2)))
    return drawn[:, inked[0] : inked[-1] + 1].copy() if len(inked) else drawn[:, :size_px].copy()


def write_number(text: str, size_px: int, color: str = "#222222") -> Picture:
    """Draw a number on white, every digit in the middle of a place of the same width."""
    places = []
    for character in text:
        width = round(size_px * (_DIGIT if character.isdigit() else _MARK))
        place = np.full((line_px(size_px), width, 3), 255, np.uint8)
        drawn = write_word(character, size_px, color)
        put(place, drawn, 0, max(0, (width - drawn.shape[1]) // 2))
        places.append(place)
    return np.concatenate(places, axis=1)


def put(picture: Picture, part: Picture, top: int, left: int) -> None:
    """Lay a part into a picture, in place; what does not fit in is cut off."""
    height, width = (max(0, size) for size in (picture.shape[0] - top, picture.shape[1] - left))
    part = part[:height, :width]
    picture[top : top + part.shape[0], left : left + part.shape[1]] = part


def to_color(color: str) -> NDArray[np.uint8]:
    """Return a color, as #RRGGBB or by name, in RGB (3,)."""
    return np.round(255 * np.array(to_rgb(color))).astype(np.uint8)
