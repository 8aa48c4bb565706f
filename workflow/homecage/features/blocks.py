"""A video's stored frames as representations take them: in blocks, or a few from all over it."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from homecage.storage.stores import StoredArray

FRAMES_PER_BLOCK = 1024


def read_blocks(frames: StoredArray) -> Iterator[NDArray[np.uint8]]:
    """Yield stored frames in blocks (t, S, S, 3)."""
    for start in range(0, len(frames), FRAMES_PER_BLOCK):
        yield frames[start : start + FRAMES_PER_BLOCK]


def sample_frames(frames: StoredArray, number: int) -> NDArray[np.uint8]:
    """Return so many frames, or all that there are, evenly spread over a video: (N, S, S, 3)."""
    sampled = np.unique(np.linspace(0, len(frames) - 1, number).round().astype(int))
    return np.concatenate([frames[at : at + 1] for at in sampled.tolist()])
