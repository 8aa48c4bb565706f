"""Position and velocity of the animal at each clip, after Jhuang et al. (2010).

Letters: T frames, C clips.
"""

import numpy as np
from numpy.typing import NDArray

from homecage.clips.options import ClipGeometry
from homecage.clips.tiling import labeled_frames

NAMES = ("x", "y", "width", "height", "aspect", "left", "top", "right", "bottom")
"""What is known of the animal at a frame: its centroid, its box, the logarithm of height over width, and
the distances of the box from the four sides of the frame, all in shares of the frame's size."""
CHANGING = 5
"""The first of them, whose change over the clip is known too."""


def describe_position(
    boxes: NDArray[np.float64], geometry: ClipGeometry, feeder: tuple[float, float] | None
) -> NDArray[np.float64]:
    """Return position and velocity at each clip, (C, 15), or (C, 16) where there is a feeder.

    Args:
        boxes: where the animal is in each frame, (T, 6), as ``find_boxes`` returns it. A frame without it
            has that of the last frame with it: a mouse that has become background has not left the cage.
        geometry: of the clips.
        feeder: its x and y, in shares of the frame's size, if known.

    Returns:
        ``NAMES`` at the frame that labels the clip; the distance of the centroid from the feeder; the
        change of the first five from the clip's first frame to its last, a frame; the mean speed of the
        centroid.
    """
    x, y, left, top, right, bottom = fill_gaps(boxes).T
    width, height = right - left, bottom - top
    aspect = np.log(height / width)
    at_frames = np.stack([x, y, width, height, aspect, left, top, 1 - right, 1 - bottom], axis=1)
    labeled = labeled_frames(len(boxes), geometry)
    first = labeled - geometry.label_offset
    last = first + geometry.length - 1
    columns = [at_frames[labeled]]
    if feeder is not None:
        columns.append(np.hypot(x - feeder[0], y - feeder[1])[labeled, None])
    columns.append((at_frames[last] - at_frames[first])[:, :CHANGING] / (geometry.length - 1))
    traveled = np.concatenate([[0], np.hypot(np.diff(x), np.diff(y)).cumsum()])
    columns.append((traveled[last] - traveled[first])[:, None] / (geometry.length - 1))
    return np.concatenate(columns, axis=1)


def fill_gaps(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Repeat the last known box (T, 6) where there is none; before the first one, that one.

    A video without any has the whole frame.
    """
    known = ~np.isnan(boxes[:, 0])
    if not known.any():
        return np.tile([0.5, 0.5, 0.0, 0.0, 1.0, 1.0], (len(boxes), 1))
    last_known = np.maximum.accumulate(np.where(known, np.arange(len(boxes)), -1))
    return boxes[np.where(last_known < 0, known.argmax(), last_known)]
