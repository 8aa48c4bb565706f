"""Bouts that are too short to be believed: they go to a neighbor."""

import heapq

import numpy as np
from numpy.typing import NDArray

from homecage.clips.bouts import find_bouts
from homecage.storage.frame_tables import UNLABELED, Codes

TOLERANCE_S = 0.001
"""A bout is too short if that much is missing. ASSUME: files state times to the millisecond or finer."""


def join_short_bouts(
    codes: Codes,  # (T,)
    probability: NDArray[np.floating],  # (T, K)
    edges_s: NDArray[np.float64],  # (T + 1,)
    min_bout_s: float,
) -> Codes:
    """Return the codes (T,) without bouts that last less than ``min_bout_s``.

    Of all bouts that are too short the shortest goes first, the first of equals. Its frames take the
    behavior of one of the two bouts that touch it: the one whose behavior is the more probable in these
    frames, of equals the longer, then the earlier. Bouts of one behavior that then touch are one, whose
    length counts from now on; and so on until none is too short. A bout that touches no other, between
    unlabeled frames or the ends of the video, stays as it is. Unlabeled frames stay unlabeled.
    """
    start, stop = find_bouts(codes)
    if not len(start):
        return codes
    bouts = _Bouts(codes, probability, edges_s, start, stop)
    shortest = [(bouts.measure_s(bout), bout) for bout in range(len(start))]
    heapq.heapify(shortest)
    while shortest:
        length_s, bout = heapq.heappop(shortest)
        if length_s > min_bout_s - TOLERANCE_S:
            break
        if not bouts.stands[bout] or length_s != bouts.measure_s(bout):
            continue  # It was joined to another, or has grown and stands in the heap again.
        grown = bouts.join(bout)
        if grown is not None:
            heapq.heappush(shortest, (bouts.measure_s(grown), grown))
    joined = np.full_like(codes, UNLABELED)
    for bout in np.flatnonzero(bouts.stands).tolist():
        joined[bouts.start[bout] : bouts.stop[bout]] = bouts.code[bout]
    return joined


class _Bouts:
    """The bouts of a video (B), numbered in order; a joined one's number is that of its first part."""

    def __init__(
        self,
        codes: Codes,
        probability: NDArray[np.floating],
        edges_s: NDArray[np.float64],
        start: NDArray[np.intp],
        stop: NDArray[np.intp],
    ) -> None:
        self.start, self.stop, self.code = start.copy(), stop.copy(), codes[start]
        self.stands = np.ones(len(start), dtype=bool)
        self._edges_s = edges_s
        frames = np.flatnonzero(codes != UNLABELED)
        bout = np.repeat(np.arange(len(start)), stop - start)
        self._probability = np.stack(  # (B, K), summed over the frames of each bout.
            [
                np.bincount(bout, weights=own[frames], minlength=len(start))
                for own in probability.T.astype(np.float64)
            ],
            axis=1,
        )
        # Of the bouts that stand: the ones that end where it starts, and start where it ends; -1: none.
        touches = start[1:] == stop[:-1]
        self._before = np.append(-1, np.where(touches, np.arange(len(start) - 1), -1))
        self._after = np.append(np.where(touches, np.arange(1, len(start)), -1), -1)

    def measure_s(self, bout: int) -> float:
        """Return how long a bout lasts."""
        return float(self._edges_s[self.stop[bout]] - self._edges_s[self.start[bout]])

    def join(self, bout: int) -> int | None:
        """Join a bout to a neighbor; return what they are now, None where it has no neighbor."""
        before, after = int(self._before[bout]), int(self._after[bout])
        neighbors = [one for one in (before, after) if one >= 0]
        if not neighbors:
            return None
        self.code[bout] = self.code[max(neighbors, key=lambda one: self._rank(bout, one))]
        whole = bout
        if after >= 0 and self.code[after] == self.code[bout]:
            self._merge(whole, after)
        if before >= 0 and self.code[before] == self.code[bout]:
            self._merge(before, whole)
            whole = before
        return whole

    def _rank(self, bout: int, neighbor: int) -> tuple[float, float, int]:
        probability = float(self._probability[bout, self.code[neighbor]])
        return probability, self.measure_s(neighbor), -neighbor

    def _merge(self, one: int, other: int) -> None:
        """Let a bout take up the one after it."""
        self.stop[one] = self.stop[other]
        self.stands[other] = False
        self._probability[one] += self._probability[other]
        after = self._after[one] = self._after[other]
        if after >= 0:
            self._before[after] = one
