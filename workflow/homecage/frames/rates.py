"""Frame rates: when two are the same, and a video shown at another one, by time.

Letters: T frames of the video, N frames as they are shown.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from homecage.frames.judge import measure_steady_rate
from homecage.storage.frame_tables import Resampling

TOLERANCE = 0.01
"""Two rates are the same if they differ by less than this share: 30 and 30000/1001 are, 25 and 24 are not."""


def same_rate(one_fps: float, other_fps: float) -> bool:
    """Whether two rates are the same."""
    return abs(one_fps - other_fps) < TOLERANCE * other_fps


def is_of_other_rate(time_s: NDArray[np.float64], rate_fps: float) -> bool:
    """Whether frames (T,) are of another rate, or of a variable one; of those without times nobody knows."""
    if len(time_s) < 2 or np.isnan(time_s).any():
        return False
    steady_fps = measure_steady_rate(time_s)
    return steady_fps is None or not same_rate(steady_fps, rate_fps)


def resample(time_s: NDArray[np.float64], rate_fps: float) -> tuple[NDArray[np.int64], Resampling]:
    """Return which frame of a video is shown at each tick of another rate, (N,), and how each is shown.

    Args:
        time_s: of the video's frames, (T,); where time goes backward, it stands still.
        rate_fps: of the ticks.
    """
    ordered_s = np.maximum.accumulate(time_s)
    shown = choose_frames(ordered_s, rate_fps)
    n_shown = np.bincount(shown, minlength=len(time_s))
    return shown, Resampling(n_shown, choose_ticks(ordered_s, rate_fps))


def choose_frames(time_s: NDArray[np.float64], rate_fps: float) -> NDArray[np.int64]:
    """Return which frame of a video is shown at each tick of another rate, (N,): the nearest in time.

    Args:
        time_s: of the video's frames, (T,), increasing.
        rate_fps: of the ticks, the first of which is at the first frame.
    """
    return _find_nearest(time_s, _list_ticks(time_s, rate_fps))


def choose_ticks(time_s: NDArray[np.float64], rate_fps: float) -> NDArray[np.int64]:
    """Return the tick that says what each frame of the video shows, (T,): the nearest in time."""
    return _find_nearest(_list_ticks(time_s, rate_fps), time_s)


def pick(
    blocks: Iterable[NDArray[np.uint8]], wanted: NDArray[np.int64]
) -> Iterator[NDArray[np.uint8]]:
    """Yield those frames of a stream of blocks (t, S, S, 3) that are wanted, (N,) in order, some repeated."""
    start = 0
    for block in blocks:
        stop = start + len(block)
        first, last = np.searchsorted(wanted, [start, stop])
        if last > first:
            yield block[wanted[first:last] - start]
        start = stop


def _list_ticks(time_s: NDArray[np.float64], rate_fps: float) -> NDArray[np.float64]:
    n_ticks = int(np.floor((time_s[-1] - time_s[0]) * rate_fps + 1e-6)) + 1
    ticks: NDArray[np.float64] = time_s[0] + np.arange(n_ticks) / rate_fps
    return ticks


def _find_nearest(among: NDArray[np.float64], to: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the place of the entry of one increasing array that is nearest to each of another."""
    middle = (among[1:] + among[:-1]) / 2
    return np.searchsorted(middle, to, side="right")
