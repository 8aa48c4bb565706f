"""What stands under a frame of an overlay video: what is predicted and true there, and around it."""

import math

import numpy as np
from numpy.typing import NDArray

from homecage.deliver.bouts import Scoring
from homecage.deliver.lettering import Picture, line_px, put, to_color, write_number, write_word
from homecage.report.style import ABSENT, GREY, shorten
from homecage.storage.frame_tables import UNLABELED, Codes

_NAME_LENGTH = 16
_BAR = 5
"""The least length of a bar, of the size of the letters."""
_GAP_PX = 4
_ROWS = ("predicted", "true", "probability")


class Panel:
    """The panel of each frame of a video, (height, width, 3).

    From above: the behavior that is predicted, with its probability, and the time; the true one, where it is
    known, and the frame's number; the probability of every behavior, as a bar; and strips of the time around
    the frame, which is in their middle: predicted, true, and all probabilities on top of each other.
    """

    def __init__(
        self,
        scoring: Scoring,
        truth: Codes | None,  # (T,)
        colors: dict[str, str],
        width_px: int,
        window_s: float,
    ) -> None:
        self._scoring, self._truth, self._width = scoring, truth, width_px
        self._names = [shorten(name, _NAME_LENGTH) for name in scoring.behaviors]
        # The last one is of what is unlabeled: -1.
        self._palette = np.stack([*map(to_color, colors.values()), to_color(ABSENT["facecolor"])])
        self._size = int(np.clip(width_px / 50, 11, 26))
        self._line = line_px(self._size)
        labels = [write_word(label, self._size, GREY) for label in _ROWS]
        self._left = max(label.shape[1] for label in labels) + 2 * _GAP_PX
        words = [write_word(name, self._size) for name in self._names]
        self._name_px = max(word.shape[1] for word in words) + 2 * _GAP_PX
        cell_px = self._name_px + _BAR * self._size
        self._n_columns = int(np.clip(width_px // cell_px, 1, 4))
        self._n_rows = math.ceil(len(self._names) / self._n_columns)

        self._bars_top = 2 * self._line + _GAP_PX
        self._strips_top = self._bars_top + self._n_rows * self._line + _GAP_PX
        heights = [self._line, self._line if truth is not None else 0, 3 * self._line]
        tops = self._strips_top + np.cumsum([0, *(height + 2 for height in heights)])
        self._strips = list(zip(tops[:-1].tolist(), heights, strict=True))
        height = int(tops[-1]) + self._line
        self.height_px = height + height % 2

        n_places = width_px - self._left - _GAP_PX
        steps = (np.arange(n_places) + 0.5) / n_places - 0.5
        self._offsets_s = steps * window_s  # (places,), from the middle of the frame
        self._blank = self._draw_blank(labels, window_s)

    def draw(self, frame: int) -> Picture:
        """Draw the panel of a frame."""
        picture = self._blank.copy()
        scoring = self._scoring
        code = int(scoring.codes[frame])
        sure = float(scoring.probability[frame, code]) if code != UNLABELED else None
        self._name(picture, 0, code, sure)
        if self._truth is not None:
            self._name(picture, self._line, int(self._truth[frame]), None)
        self._tell(picture, 0, _clock(float(scoring.edges_s[frame])))
        self._tell(picture, self._line, str(frame))
        self._draw_bars(picture, scoring.probability[frame])
        self._draw_strips(picture, frame)
        return picture

    def _draw_blank(self, labels: list[Picture], window_s: float) -> Picture:
        """Draw what is the same for all frames."""
        picture = np.full((self.height_px, self._width, 3), 255, np.uint8)
        for label, top in zip(labels, (0, self._line), strict=False):
            if top == 0 or self._truth is not None:
                put(picture, label, top, _GAP_PX)
        for label, (top, height) in zip(labels, self._strips, strict=True):
            if height:
                put(picture, label, top + (height - self._line) // 2, _GAP_PX)
        for number, name in enumerate(self._names):
            top, left, _ = self._place_bar(number)
            put(picture, write_word(name, self._size), top, left - self._name_px + _GAP_PX)
        below = self._strips[-1][0] + self._strips[-1][1]
        half = f"{window_s / 2:g} s"
        put(picture, write_word(f"−{half}", self._size, GREY), below, self._left)
        right = write_word(f"+{half}", self._size, GREY)
        put(picture, right, below, self._width - _GAP_PX - right.shape[1])
        return picture

    def _name(self, picture: Picture, top: int, code: int, sure: float | None) -> None:
        """Write a behavior beside its color, and how sure it is."""
        size, left = self._size, self._left
        swatch = picture[top + self._line // 4 : top + self._line // 4 + size, left : left + size]
        swatch[:] = self._palette[code]
        word = write_word("not labeled" if code == UNLABELED else self._names[code], size)
        left += size + _GAP_PX
        put(picture, word, top, left)
        if sure is not None:
            put(picture, write_number(f"{sure:.2f}", size), top, left + word.shape[1] + 2 * _GAP_PX)

    def _tell(self, picture: Picture, top: int, text: str) -> None:
        """Write a number at the right end of a line."""
        number = write_number(text, self._size)
        put(picture, number, top, self._width - _GAP_PX - number.shape[1])

    def _place_bar(self, number: int) -> tuple[int, int, int]:
        """Return the top, the left end and the full length of a behavior's bar."""
        column, row = divmod(number, self._n_rows)
        cell = self._width // self._n_columns
        left = column * cell + self._name_px
        return self._bars_top + row * self._line, left, (column + 1) * cell - left - _GAP_PX

    def _draw_bars(self, picture: Picture, probability: NDArray[np.float32]) -> None:
        for number, share in enumerate(np.nan_to_num(probability).tolist()):
            top, left, length = self._place_bar(number)
            bar = picture[top + self._line // 4 : top + self._line - self._line // 4]
            bar[:, left : left + length] = self._palette[UNLABELED]
            bar[:, left : left + round(length * share)] = self._palette[number]

    def _draw_strips(self, picture: Picture, frame: int) -> None:
        edges_s = self._scoring.edges_s
        at_s = edges_s[frame : frame + 2].mean() + self._offsets_s
        shown = np.searchsorted(edges_s, at_s, side="right") - 1
        outside = (shown < 0) | (shown >= len(self._scoring.codes))
        shown = shown.clip(0, len(self._scoring.codes) - 1)
        right = self._left + len(shown)
        rows = [self._scoring.codes, self._truth]
        for codes, (top, height) in zip(rows, self._strips, strict=False):
            if codes is not None:
                colors = self._palette[codes[shown]]
                colors[outside] = 255
                picture[top : top + height, self._left : right] = colors
        top, height = self._strips[-1]
        reached = np.nan_to_num(self._scoring.probability[shown]).cumsum(axis=1)  # (places, K)
        levels = (np.arange(height, 0, -1) - 0.5) / height  # From above.
        stacked = self._palette[(reached < levels[:, None, None]).sum(axis=2)]
        stacked[:, outside] = 255
        picture[top : top + height, self._left : right] = stacked
        now = self._left + len(shown) // 2
        picture[self._strips[0][0] - 2 : top + height + 2, now : now + max(1, self._size // 8)] = 0


def _clock(seconds: float) -> str:
    """Write a time as 0:00:00.00."""
    hundredths = round(max(0.0, seconds) * 100)
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest // 100:02d}.{rest % 100:02d}"
