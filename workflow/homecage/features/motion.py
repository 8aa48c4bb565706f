"""motion: twelve numbers a clip, made by hand, of what moves and of where the animal is.

Nothing is learned for it: it is the control that says what a network must be better than, and the
hand-designed features that the paper's conclusion would combine with deep ones. Each number is kept
relative to what it is over the whole video.

Letters: T frames, C clips, G grid size, D = 12.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from homecage.clips.options import ClipGeometry
from homecage.clips.tiling import count_clips
from homecage.features.store import write_features
from homecage.storage.stores import StoredArray, open_store

GRID = 32
"""Frames are averaged down to so many gray pixels in height and width."""
LONG = 4
"""Frames between the two that are compared for slower movement."""
PERCENTILE = 97
"""Of the change: how fast the fastest part moves, as a tail does; outliers are sensor noise."""
SAMPLE = 301
"""Frames, evenly spread over the video, whose median is the empty cage."""
NOISE = 12.0
"""A difference from the empty cage of fewer gray levels than this is no animal."""
BLOCK = 1024
"""Frames read at once."""

NAMES = (
    *("change", "fast_change", "long_change", "fast_long_change"),
    *("row", "column", "height", "width", "mass"),
    *("row_movement", "column_movement", "path"),
)
"""What the numbers are, before they are related to the video's. Changes are logarithms of gray levels;
places are shares of the frame."""


def extract_motion(*, frames: Path, geometry: ClipGeometry, output: Path) -> None:
    """Write the store of motion of a video.

    Args:
        frames: the video's frame store.
        geometry: length and stride of clips.
        output: the store to write.

    Raises:
        ShortVideoError: the video does not fill one clip.
        StoreError: the frames are damaged.
    """
    pixels = open_store(frames, kind="frames")["frames"]
    x = relate_to_video(measure_clips(pixels, geometry))
    with write_features(
        output,
        representation="motion",
        geometry=geometry,
        n_frames=len(pixels),
        width=len(NAMES),
    ) as writer:
        writer.append("x", x.astype(np.float16))


def measure_clips(pixels: StoredArray, geometry: ClipGeometry) -> NDArray[np.float32]:
    """Return the numbers (C, D) of the clips of a video's frames (T, S, S, 3).

    Raises:
        ShortVideoError: the video does not fill one clip.
    """
    count_clips(len(pixels), geometry)
    cage = find_cage(pixels)
    measured = np.concatenate(list(measure_frames(read_gray(pixels), cage)))
    return summarize_clips(measured, geometry)


def relate_to_video(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Take off each number's mean over the video's clips (C, D) and divide by its deviation.

    What is high, far or much differs from cage to cage; no label is needed to say so. A number that
    never changes becomes 0.
    """
    wide = x.astype(np.float64)
    deviation = wide.std(axis=0)
    related: NDArray[np.float32] = (
        (wide - wide.mean(axis=0)) / np.where(deviation > 1e-6, deviation, 1)
    ).astype(np.float32)
    return related


def find_cage(pixels: StoredArray) -> NDArray[np.float32]:
    """Return the median (G, G) of frames from all over the video: the cage without the animal."""
    sampled = np.unique(np.linspace(0, len(pixels) - 1, SAMPLE).round().astype(int))
    gray = np.concatenate([to_gray(pixels[number : number + 1]) for number in sampled])
    median: NDArray[np.float32] = np.median(gray, axis=0)
    return median


def read_gray(pixels: StoredArray) -> Iterator[NDArray[np.float32]]:
    """Yield the video in blocks of gray frames (t, G, G)."""
    for start in range(0, len(pixels), BLOCK):
        yield to_gray(pixels[start : start + BLOCK])


def to_gray(frames: NDArray[np.uint8 | np.float32]) -> NDArray[np.float32]:
    """Average color and squares of pixels: (t, S, S, 3) -> (t, G, G); S is a multiple of G.

    Gray frames (t, G, G, 1) stay what they are.
    """
    step = frames.shape[1] // GRID
    squares = frames.reshape(len(frames), GRID, step, GRID, step, -1)
    gray: NDArray[np.float32] = squares.mean(axis=(2, 4, 5), dtype=np.float32)
    return gray


def measure_frames(
    blocks: Iterator[NDArray[np.float32]], cage: NDArray[np.float32]
) -> Iterator[NDArray[np.float32]]:
    """Measure each frame (t, 9): the four changes, then where what is not cage lies.

    Args:
        blocks: gray frames in order.
        cage: the frame without the animal.
    """
    before: NDArray[np.float32] | None = None
    for block in blocks:
        if before is None:
            before = np.repeat(block[:1], LONG, axis=0)
        held = np.concatenate([before, block])  # (LONG + t, G, G)
        changes = [
            statistic(np.abs(block - held[LONG - lag : LONG - lag + len(block)]))
            for lag in (1, LONG)
            for statistic in (_mean, _fastest)
        ]
        yield np.column_stack([*(np.log(change + 0.1) for change in changes), locate(block, cage)])
        before = held[-LONG:]


def locate(gray: NDArray[np.float32], cage: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return center (row, column), spread (height, width) and mass (t, 5) of what is not cage.

    Light that changes for the whole frame is no animal: the median difference is taken off.
    """
    difference = gray - cage
    difference -= np.median(difference, axis=(1, 2), keepdims=True)
    weight = np.maximum(np.abs(difference) - NOISE, 0)
    mass = weight.sum(axis=(1, 2))
    place = (np.arange(GRID) + 0.5) / GRID
    total = np.maximum(mass, 1e-6)
    centers, spreads = [], []
    for axis in (2, 1):  # summed over: rows remain, then columns
        profile = weight.sum(axis=axis) / total[:, None]  # (t, G)
        center = np.where(mass > 0, profile @ place, 0.5)
        spread = np.sqrt((profile * (place - center[:, None]) ** 2).sum(axis=1))
        centers.append(center)
        spreads.append(spread)
    mean_level = mass / (255 * GRID * GRID)
    return np.column_stack([*centers, *spreads, mean_level]).astype(np.float32)


def summarize_clips(measured: NDArray[np.float32], geometry: ClipGeometry) -> NDArray[np.float32]:
    """Turn what was measured of frames (T, 9) into what is known of clips (C, D).

    A change counts where both of its frames are in the clip.
    """
    windows = np.lib.stride_tricks.sliding_window_view(measured, geometry.length, axis=0)
    clips = windows[:: geometry.stride]  # (C, 9, L)
    center = clips[:, 4:6]  # (C, 2, L)
    steps = np.diff(center, axis=2)
    return np.column_stack(
        [
            clips[:, 0:2, 1:].mean(axis=2),
            clips[:, 2:4, LONG:].mean(axis=2),
            clips[:, 4:].mean(axis=2),
            center[:, :, -1] - center[:, :, 0],
            np.sqrt((steps**2).sum(axis=1)).sum(axis=1),
        ]
    )


def _mean(change: NDArray[np.float32]) -> NDArray[np.float32]:
    mean: NDArray[np.float32] = change.mean(axis=(1, 2))
    return mean


def _fastest(change: NDArray[np.float32]) -> NDArray[np.float32]:
    flat = change.reshape(len(change), -1)
    place = round(PERCENTILE / 100 * (flat.shape[1] - 1))
    fastest: NDArray[np.float32] = np.partition(flat, place, axis=1)[:, place]
    return fastest
