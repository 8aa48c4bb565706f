"""The animal in a frame: what differs from the background, and the box around it.

Letters: T frames, S frame size in pixels.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

SAMPLE = 256
"""Frames, evenly spaced, whose median is the background."""


def to_gray(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return frames (T, S, S, 3) in gray, (T, S, S)."""
    n_frames, size_px = frames.shape[:2]
    # One tall image: a call for each frame would cost more than what it does.
    gray = cv2.cvtColor(frames.reshape(-1, size_px, 3), cv2.COLOR_RGB2GRAY)
    return np.asarray(gray, np.uint8).reshape(n_frames, size_px, size_px)


@dataclass(frozen=True)
class Background:
    """What a video shows where the animal is not."""

    gray: NDArray[np.uint8]  # (S, S)
    threshold: float
    """Difference in gray levels from which on a pixel is the animal's."""


def find_background(sample: NDArray[np.uint8]) -> Background:
    """Return the median of frames sampled from a video, gray (N, S, S).

    The threshold is Otsu's, of the differences of all samples together: one for a video, so that a frame
    in which little differs is not divided all the same.
    """
    gray = np.median(sample, axis=0).astype(np.uint8)
    difference = cv2.absdiff(sample, np.broadcast_to(gray, sample.shape).copy())
    threshold, _ = cv2.threshold(
        difference.reshape(len(sample), -1), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU
    )
    return Background(gray, max(float(threshold), 1.0))


def find_boxes(frames: NDArray[np.uint8], background: Background) -> NDArray[np.float64]:
    """Return where the animal is in gray frames (T, S, S), as shares of the frame's size.

    The animal is the largest connected piece of what differs from the background.

    Returns:
        (T, 6): centroid x and y, left, top, right and bottom of its box; NaN where nothing differs.
    """
    size_px = frames.shape[1]
    boxes: NDArray[np.float64] = np.full((len(frames), 6), np.nan)
    for box, frame in zip(boxes, frames, strict=True):
        mask = (cv2.absdiff(frame, background.gray) > background.threshold).astype(np.uint8)
        _, _, pieces, centroids = cv2.connectedComponentsWithStats(mask, connectivity=8)
        if len(pieces) > 1:  # The first is what does not differ.
            largest = 1 + int(pieces[1:, cv2.CC_STAT_AREA].argmax())
            left, top, width, height, _ = pieces[largest]
            box[:2] = centroids[largest] + 0.5  # A pixel's middle.
            box[2:] = left, top, left + width, top + height
    boxes /= size_px
    return boxes
