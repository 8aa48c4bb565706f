"""Which frame of a video a time is, by when the video itself shows its frames."""

import numpy as np
from numpy.typing import NDArray

from homecage.annotations.reading import Edge
from homecage.annotations.table import CellError

_SAME_S = 1e-6
"""Times closer than that are the same one, rounded."""


class Clock:
    """The frames of a video and their times (T,).

    A time is the frame that is shown nearest to it: programs round the times of frames, and a behavior that
    is stopped by another one stops a millisecond before it. The end of the last frame is one more start.
    """

    def __init__(self, time_s: NDArray[np.float64]) -> None:
        """Take the times of all frames, which need be neither even nor in order."""
        self.n_frames = len(time_s)
        self._timed = not np.isnan(time_s).any()
        steps = np.diff(time_s)
        self._period_s = float(np.median(steps[steps > 0])) if (steps > 0).any() else 1.0
        ordered = np.maximum.accumulate(time_s)
        last_s = ordered[-1] if len(ordered) else -self._period_s
        self._starts_s = np.append(ordered, last_s + self._period_s)

    def find_frame(self, edge: Edge) -> int:
        """Return the frame of an edge, which may be beyond the end of the video.

        Raises:
            CellError: the edge is a time, and the video has frames without one.
        """
        if edge.frame is not None:
            return edge.frame
        assert edge.time_s is not None
        if not self._timed:
            raise CellError("the video has frames without a time; expected an annotation in frames")
        return self._find_nearest(edge.time_s) + edge.n_after

    def measure_gap(self, edge: Edge) -> int:
        """Return how many frames an edge's frame lies from its time; 0 where it has not both."""
        if edge.frame is None or edge.time_s is None or not self._timed:
            return 0
        return abs(self._find_nearest(edge.time_s) - edge.frame)

    def _find_nearest(self, time_s: float) -> int:
        later = int(np.searchsorted(self._starts_s, time_s, side="right"))
        if later == len(self._starts_s):
            beyond_s = time_s - float(self._starts_s[-1])
            return self.n_frames + round(beyond_s / self._period_s)
        if later == 0:
            return 0
        before_s, after_s = self._starts_s[later - 1 : later + 1].tolist()
        # Of two that are as near, the one that is shown at that time.
        return later - int(after_s - time_s >= time_s - before_s - _SAME_S)
