"""Bouts: the runs of frames in which an annotator or a method sees one behavior."""

import numpy as np
from numpy.typing import NDArray

from homecage.storage.frame_tables import UNLABELED, Codes


def find_bouts(codes: Codes) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the starts and stops of the longest runs of one behavior, ``[start, stop)``.

    Unlabeled frames belong to no bout.
    """
    outside = np.int8(UNLABELED - 1)  # Differs from every code, so that both ends are edges.
    edges = np.flatnonzero(np.diff(codes, prepend=outside, append=outside))
    start, stop = edges[:-1], edges[1:]
    labeled = codes[start] != UNLABELED
    return start[labeled], stop[labeled]
