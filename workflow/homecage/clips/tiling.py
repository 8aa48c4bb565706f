"""How clips tile a video: which frames clip k covers, and which clip speaks for frame t."""

import numpy as np
from numpy.typing import NDArray

from homecage.clips.options import ClipGeometry
from homecage.errors import ShortVideoError


def count_clips(n_frames: int, geometry: ClipGeometry) -> int:
    """Return C, the number of clips of a video of T = ``n_frames`` frames.

    Raises:
        ShortVideoError: the video does not fill one clip.
    """
    if n_frames < geometry.length:
        raise ShortVideoError(n_frames, geometry.length)
    return (n_frames - geometry.length) // geometry.stride + 1


def labeled_frames(n_frames: int, geometry: ClipGeometry) -> NDArray[np.int64]:
    """Return the frame that gives each clip its label, (C,)."""
    return np.arange(count_clips(n_frames, geometry)) * geometry.stride + geometry.label_offset


def clip_of_frame(n_frames: int, geometry: ClipGeometry) -> NDArray[np.int64]:
    """Return the clip that predicts each frame, (T,).

    Clip k predicts the ``stride`` frames from its labeled one on; the first clip also those before,
    the last one also those after: every frame is predicted exactly once.
    """
    last = count_clips(n_frames, geometry) - 1
    return np.clip((np.arange(n_frames) - geometry.label_offset) // geometry.stride, 0, last)


def repeat_first(frames: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    """Put a copy or more of the first frame before the frames: nothing has moved there."""
    return np.concatenate([np.repeat(frames[:1], times, axis=0), frames])
