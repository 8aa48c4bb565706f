"""Which clip speaks for each frame of a video whose store of frames may be of another rate."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from homecage.clips.options import ClipGeometry
from homecage.clips.tiling import clip_of_frame
from homecage.errors import StoreError
from homecage.storage.frame_tables import read_resampling, read_times


def place_clips(
    times: Path, n_frames: int, geometry: ClipGeometry
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return when each frame of a video is shown, and the clip that predicts it, both (T,).

    Args:
        times: the table of the video's frames.
        n_frames: N, the frames that the clips are of.
        geometry: of the clips.

    Raises:
        StoreError: the table is of another number of frames.
    """
    time_s, resampling = read_times(times), read_resampling(times)
    n_shown = len(time_s) if resampling is None else int(resampling.n_shown.sum())
    if n_shown != n_frames:
        raise StoreError(times, f"has {n_shown} frames, the features of {times.stem} {n_frames}")
    clip = clip_of_frame(n_frames, geometry)
    return time_s, clip if resampling is None else clip[resampling.shown_as]
