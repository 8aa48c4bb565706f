"""How clips tile a video: which frames clip k covers, and which clip speaks for frame t."""

import numpy as np
from numpy.typing import NDArray

from homecage.clips.options import ClipOptions
from homecage.errors import ShortVideoError


def count_clips(n_frames: int, options: ClipOptions) -> int:
    """Return C, the number of clips of a video of T = ``n_frames`` frames.

    Raises:
        ShortVideoError: the video does not fill one clip.
    """
    if n_frames < options.length:
        raise ShortVideoError(n_frames, options.length)
    return (n_frames - options.length) // options.stride + 1


def labeled_frames(n_frames: int, options: ClipOptions) -> NDArray[np.int64]:
    """Return the frame that gives each clip its label, (C,)."""
    return np.arange(count_clips(n_frames, options)) * options.stride + options.label_offset


def clip_of_frame(n_frames: int, options: ClipOptions) -> NDArray[np.int64]:
    """Return the clip that predicts each frame, (T,).

    Clip k predicts the ``stride`` frames from its labeled one on; the first clip also those before,
    the last one also those after: every frame is predicted exactly once.
    """
    last = count_clips(n_frames, options) - 1
    return np.clip((np.arange(n_frames) - options.label_offset) // options.stride, 0, last)
