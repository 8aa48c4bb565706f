"""The stores of frames: one for each full video, one for each folder of clips."""

import hashlib
import logging
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from homecage.errors import VideoError
from homecage.frames.decode import Decoding, build_arguments, decode, find_ffmpeg
from homecage.frames.inspect import read_n_frames
from homecage.frames.options import FramesOptions
from homecage.storage.stores import ArraySpec, StoreWriter, write_store
from homecage.study.behaviors import parse_behavior
from homecage.study.layouts import find_dataset
from homecage.study.options import DatasetOptions

_SHARD = 1024  # Frames in a file: 50 MB of them at 128 pixels.
_CHUNK = 8  # Frames read at once, as many as a clip has.
_NUMBERS = ArraySpec(shape_tail=(), dtype="float64", chunk=1024, shard=2**20)
_COUNTS = ArraySpec(shape_tail=(), dtype="int64", chunk=1024, shard=2**20)

logger = logging.getLogger(__name__)


def decode_video(
    *, dataset: DatasetOptions, video: str, inspection: Path, options: FramesOptions, output: Path
) -> None:
    """Decode a full video into its frame store.

    The store (kind ``frames``) holds ``frames`` uint8 (T, size, size, 3), RGB, and ``time_s``
    float64 (T,), the presentation times as decoded. Its attributes name the source file, its
    SHA-256, original size and rate, and ffmpeg's version and arguments.

    Raises:
        VideoError: the video is damaged, or has changed since it was inspected.
    """
    path = find_dataset(dataset).find_video(video).path
    arrays = {"frames": _describe_frames(options), "time_s": _NUMBERS}
    with write_store(output, kind="frames", arrays=arrays) as writer:
        n_frames = read_n_frames(inspection).get(video)
        decoding = _append_video(writer, path, n_frames, options)
        writer.attributes |= _describe_source(path, decoding) | _describe_decoder(options)
    logger.info("%s: %d frames", video, decoding.n_frames)


def decode_clips(
    *, dataset: DatasetOptions, folder: str, inspection: Path, options: FramesOptions, output: Path
) -> None:
    """Decode all clips of a folder into one store.

    The store (kind ``clips``) holds ``frames`` uint8 (sum of T, size, size, 3), RGB, and
    ``time_s`` float64 (sum of T,) of the clips one after the other, and ``offset`` and ``length``
    int64 (clips,): clip i is ``frames[offset[i] : offset[i] + length[i]]``. Its attributes ``name``
    and ``behavior`` are lists, one entry a clip, and ``source`` describes each clip's file.

    Raises:
        VideoError: a clip is damaged, or has changed since it was inspected.
        UnknownBehaviorError: a clip's label stands for no behavior.
    """
    clips = find_dataset(dataset).find_clip_folder(folder).clips
    n_frames = read_n_frames(inspection)
    arrays = {
        "frames": _describe_frames(options),
        "time_s": _NUMBERS,
        "offset": _COUNTS,
        "length": _COUNTS,
    }
    with write_store(output, kind="clips", arrays=arrays) as writer:
        decodings = [
            _append_video(writer, clip.path, n_frames.get(clip.name), options) for clip in clips
        ]
        length = np.array([decoding.n_frames for decoding in decodings], dtype=np.int64)
        writer.append("offset", np.cumsum(length) - length)
        writer.append("length", length)
        writer.attributes |= {
            "name": [clip.name for clip in clips],
            "behavior": [parse_behavior(clip.label) for clip in clips],
            "source": [
                _describe_source(clip.path, decoding)
                for clip, decoding in zip(clips, decodings, strict=True)
            ],
        } | _describe_decoder(options)
    logger.info("%s: %d clips, %d frames", folder, len(clips), length.sum())


def _append_video(
    writer: StoreWriter, path: Path, n_frames: int | None, options: FramesOptions
) -> Decoding:
    """Append a file's frames and times to a store."""
    decoding = decode(path, options, take=partial(writer.append, "frames"))
    if decoding.damage and options.on_decode_error == "refuse":
        raise VideoError(path, "; ".join(decoding.damage))
    for sign in decoding.damage:
        logger.warning("%s: %s; going on with %d frames", path, sign, decoding.n_frames)
    if decoding.n_frames != n_frames:
        raise VideoError(
            path,
            f"{decoding.n_frames} frames, {n_frames or 'none'} when it was inspected; if the file "
            "is another one now, remove the inspection and run snakemake again",
        )
    writer.append("time_s", decoding.time_s)
    return decoding


def _describe_frames(options: FramesOptions) -> ArraySpec:
    return ArraySpec((options.size_px, options.size_px, 3), "uint8", chunk=_CHUNK, shard=_SHARD)


def _describe_source(path: Path, decoding: Decoding) -> dict[str, Any]:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "file": path.name,
        "sha256": sha256,
        "n_frames": decoding.n_frames,
        "width_px": decoding.width_px,
        "height_px": decoding.height_px,
        "rate_fps": decoding.rate_fps,
    }


def _describe_decoder(options: FramesOptions) -> dict[str, Any]:
    _, version = find_ffmpeg(options)
    return {"ffmpeg_version": version, "ffmpeg_arguments": build_arguments(options)}
