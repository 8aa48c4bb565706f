"""The representation of Dollar et al. (2005): how many interest points of each kind there are around a clip.

Letters: T frames, C clips, N points, W words.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from homecage.clips.options import ClipGeometry
from homecage.clips.tiling import count_clips, labeled_frames
from homecage.errors import StoreError
from homecage.features.interest import Scale, find_points
from homecage.features.options import CuboidOptions
from homecage.features.store import write_features
from homecage.features.vocabulary import load_vocabulary
from homecage.running.device import make_deterministic
from homecage.running.memory import keep_freed_memory
from homecage.storage.hashing import hash_file
from homecage.storage.stores import open_store


def extract_cuboids(
    *,
    frames: Path,
    vocabulary: Path,
    geometry: ClipGeometry,
    options: CuboidOptions,
    threads: int,
    output: Path,
) -> None:
    """Write the store of a video's words.

    Args:
        frames: the video's frame store.
        vocabulary: the words.
        geometry: length and stride of clips.
        options: the points, and the window in which they are counted.
        threads: CPU threads.
        output: the store to write.

    Raises:
        ShortVideoError: the video does not fill one clip.
        StoreError: an input is damaged, or the words are of other frames, clips or options.
    """
    make_deterministic(threads)
    keep_freed_memory()
    learned = load_vocabulary(vocabulary, geometry, options)
    pixels = open_store(frames, kind="frames", threads=threads)["frames"]
    n_frames, size_px = pixels.shape[:2]
    if size_px != learned.size_px:
        raise StoreError(frames, f"frames are {size_px} px, the words are of {learned.size_px} px")
    count_clips(n_frames, geometry)
    scale = Scale(options.sigma_px, options.tau)
    found = [
        (points.place[:, 0], learned.name(points))
        for points in find_points(pixels, 0, n_frames, scale, learned.threshold)
    ]
    at, words = (np.concatenate(part) for part in zip(*found, strict=True))
    counts = count_words(at, words, len(learned.words), n_frames, geometry, options.window)
    with write_features(
        output,
        representation="cuboids",
        geometry=geometry,
        n_frames=n_frames,
        width=counts.shape[1],
        learned_sha256=[hash_file(vocabulary)],
    ) as writer:
        # A linear model of roots compares histograms by the Hellinger distance. They are not brought to
        # one sum: where nothing moves there are no points, and that tells.
        writer.append("x", np.sqrt(counts).astype(np.float16))


def count_words(
    at: NDArray[np.int64],
    words: NDArray[np.int64],
    n_words: int,
    n_frames: int,
    geometry: ClipGeometry,
    window: int,
) -> NDArray[np.int64]:
    """Count the points of each word around each clip, (C, W).

    Args:
        at: the frame of each point, (N,).
        words: its word, (N,).
        n_words: W.
        n_frames: T.
        geometry: of the clips.
        window: frames, with the clip's labeled one in the middle; at the ends of the video, fewer.
    """
    until = np.zeros((n_frames + 1, n_words), np.int64)  # Points before each frame.
    np.add.at(until, (at + 1, words), 1)
    until = until.cumsum(axis=0)
    first = labeled_frames(n_frames, geometry) - (window - 1) // 2
    return until[np.clip(first + window, 0, n_frames)] - until[np.clip(first, 0, n_frames)]
