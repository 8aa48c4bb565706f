"""Accuracy by how far a frame is from the nearest change of behavior."""

import numpy as np
from numpy.typing import NDArray

from homecage.evaluate.metrics import Counts
from homecage.storage.frame_tables import UNLABELED, Codes

EDGES_S = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, np.inf)
"""The bins of distance, in seconds; the last one also holds videos that never change."""


def count_by_distance(truth: Codes, prediction: Codes, edges_s: NDArray[np.float64]) -> Counts:
    """Count correct and labeled frames in each bin of distance from a boundary, (bins, 2).

    A boundary is the moment at which the truth changes from one behavior to another; where it becomes
    unlabeled, or the video begins or ends, nothing is known to change. A frame's distance is that of the
    middle of its time.

    Args:
        truth: (T,) codes.
        prediction: (T,) codes.
        edges_s: (T + 1,), when each frame begins, and when the last one ends.
    """
    known = truth != UNLABELED
    changes = known[1:] & known[:-1] & (truth[1:] != truth[:-1])
    boundaries = np.concatenate([[-np.inf], edges_s[1:-1][changes], [np.inf]])
    middle = (edges_s[:-1] + edges_s[1:])[known] / 2
    after = np.searchsorted(boundaries, middle)
    distance = np.minimum(middle - boundaries[after - 1], boundaries[after] - middle)
    bins = np.clip(np.searchsorted(EDGES_S, distance, side="right") - 1, 0, len(EDGES_S) - 2)
    n_bins = len(EDGES_S) - 1
    hits = (truth == prediction)[known]
    return np.stack(
        [np.bincount(bins[hits], minlength=n_bins), np.bincount(bins, minlength=n_bins)], axis=-1
    )
