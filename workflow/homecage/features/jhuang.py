"""The representation of Jhuang et al. (2010): position and velocity of the animal, and its motion.

Letters: T frames, C clips, L frames of a clip, S frame size in pixels, M templates.
"""

from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from homecage.clips.options import ClipGeometry
from homecage.clips.tiling import count_clips
from homecage.errors import StoreError
from homecage.features.blocks import read_blocks, sample_frames
from homecage.features.foreground import SAMPLE, find_background, find_boxes, to_gray
from homecage.features.options import JhuangOptions
from homecage.features.position import describe_position
from homecage.features.store import write_features
from homecage.features.templates import load_templates
from homecage.running.device import make_deterministic
from homecage.running.memory import keep_freed_memory
from homecage.running.prefetch import prefetch
from homecage.storage.hashing import hash_file
from homecage.storage.stores import open_store


def extract_jhuang(
    *,
    frames: Path,
    templates: Path,
    geometry: ClipGeometry,
    options: JhuangOptions,
    threads: int,
    output: Path,
) -> None:
    """Write the store of position, velocity and motion features of a video.

    Args:
        frames: the video's frame store.
        templates: what was learned of motion.
        geometry: length and stride of clips.
        options: the filters, the templates, the feeder.
        threads: CPU threads.
        output: the store to write.

    Raises:
        ShortVideoError: the video does not fill one clip.
        StoreError: an input is damaged, or the templates are of other frames, clips or options.
    """
    make_deterministic(threads)
    keep_freed_memory()
    learned = load_templates(templates, geometry, options)
    pixels = open_store(frames, kind="frames", threads=threads)["frames"]
    n_frames, size_px = pixels.shape[:2]
    if size_px != learned.size_px:
        raise StoreError(
            frames, f"frames are {size_px} px, the templates take {learned.size_px} px"
        )
    n_clips = count_clips(n_frames, geometry)
    background = find_background(to_gray(sample_frames(pixels, SAMPLE)))
    boxes, motion = [], []
    held = np.empty((0, size_px, size_px), np.uint8)  # Frames from the next clip's first one on.
    for block in prefetch(map(to_gray, read_blocks(pixels))):
        boxes.append(find_boxes(block, background))
        held = np.concatenate([held, block])
        clips = cut_clips(held, geometry)
        if len(clips):
            motion.append(learned.match(clips))
        held = held[len(clips) * geometry.stride :]
    position = describe_position(np.concatenate(boxes), geometry, options.feeder)
    x = np.concatenate([position, np.concatenate(motion)], axis=1)
    assert len(x) == n_clips
    with write_features(
        output,
        representation="jhuang",
        geometry=geometry,
        n_frames=n_frames,
        width=x.shape[1],
        learned_sha256=[hash_file(templates)],
    ) as writer:
        writer.append("x", x.astype(np.float16))


def cut_clips(frames: NDArray[np.uint8], geometry: ClipGeometry) -> NDArray[np.uint8]:
    """Return the clips that gray frames (T, S, S) fill, (C, L, S, S)."""
    if len(frames) < geometry.length:
        return np.empty((0, geometry.length, *frames.shape[1:]), np.uint8)
    windows = sliding_window_view(frames, geometry.length, axis=0)[:: geometry.stride]
    return windows.transpose(0, 3, 1, 2)
