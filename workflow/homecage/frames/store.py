"""Decoding once: the store of frames of a video or of a folder of clips, their times, and what was found.

The report is written last: it never says of frames that are not there that they were decoded.
"""

import logging
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homecage.errors import StoreError, VideoError
from homecage.frames.decode import Decoding, build_arguments, decode, find_ffmpeg
from homecage.frames.judge import measure_steady_rate
from homecage.frames.options import FramesOptions
from homecage.frames.rates import is_of_other_rate, pick, resample
from homecage.frames.raw import RawFile, describe_file, split_damage, write_report
from homecage.frames.stream import FrameStream
from homecage.storage.frame_tables import Resampling, read_resampling, read_times, write_times
from homecage.storage.stores import ArraySpec, StoreWriter, open_store, write_store
from homecage.study.crop import Crop, parse_crop

_SHARD = 2**16  # Frames in a file: half an hour and more.
_CHUNK = 8  # Frames read at once, as many as a clip has.
_COUNTS = ArraySpec(shape_tail=(), dtype="int64", chunk=1024, shard=2**20)

logger = logging.getLogger(__name__)


class _EarlierStandError(Exception):
    """A damaged file does not take the place of what was decoded from a sound one."""


def decode_video(
    *,
    video: Path,
    options: FramesOptions,
    crop: str = "",
    frames: Path,
    times: Path,
    report: Path,
) -> None:
    """Decode a full video into its frames, their times, and a report of what was found.

    Of its picture, ``crop`` (x,y,width,height in pixels of the upright frame) is used; all, if empty.
    The store (kind ``frames``) holds ``frames`` uint8 (T, size, size, 3), RGB; where the video is of another
    rate than ``options`` want, (N, size, size, 3), N of its frames as they are shown at that rate, which the
    table of times says, too. Damage fails nothing here, so that the check of the study can name all of it:
    what could be decoded is written. But where damage is refused and there are earlier frames and times, only
    the report is.
    """
    try:
        with write_store(frames, kind="frames", arrays={"frames": _specify(options)}) as writer:
            part = parse_crop(crop) if crop else None
            file, time_s, resampling = _append_file(writer, video, options, report, part)
            if _is_refused([file], options) and _stand(frames, "frames", times):
                raise _EarlierStandError
            writer.attributes |= _describe_making([file], options, part)
        logger.info("%s: %d frames", video, file.n_stored)
        write_times(times, time_s, resampling)
    except _EarlierStandError:
        logger.warning("%s: what was decoded before stands", frames)
    write_report(report, [file])


def decode_clips(
    *,
    clips: list[Path],
    crops: list[str],
    options: FramesOptions,
    frames: Path,
    report: Path,
) -> None:
    """Decode all clips of a folder into one store, and write a report of what was found.

    ``crops`` are the parts of their pictures that are used, as in a full video; none: all of it.
    The store (kind ``clips``) holds ``frames`` uint8 (sum of T, size, size, 3), RGB, of the clips one
    after the other, and ``offset`` and ``length`` int64 (clips,): clip i is
    ``frames[offset[i] : offset[i] + length[i]]``. Its attribute ``path`` lists the clips' files. Damage
    is dealt with as in a full video.
    """
    arrays = {"frames": _specify(options), "offset": _COUNTS, "length": _COUNTS}
    try:
        with write_store(frames, kind="clips", arrays=arrays) as writer:
            files = [
                _append_file(
                    writer, clip, options, report, None if crop == "none" else parse_crop(crop)
                )[0]
                for clip, crop in zip(clips, crops, strict=True)
            ]
            if _is_refused(files, options) and _stand(frames, "clips"):
                raise _EarlierStandError
            length = np.array([file.n_stored for file in files], dtype=np.int64)
            writer.append("offset", np.cumsum(length) - length)
            writer.append("length", length)
            writer.attributes["path"] = [file.path for file in files]
            writer.attributes["crop"] = crops
            writer.attributes |= _describe_making(files, options)
        logger.info("%s: %d clips, %d frames", frames, len(files), length.sum())
    except _EarlierStandError:
        logger.warning("%s: what was decoded before stands", frames)
    write_report(report, files)


def _append_file(
    writer: StoreWriter,
    path: Path,
    options: FramesOptions,
    report: Path,
    crop: Crop | None = None,
) -> tuple[RawFile, NDArray[np.float64], Resampling | None]:
    """Append a file's frames to a store; return what it is, its times (T,), and how it was resampled.

    Raises:
        VideoError: it has changed meanwhile.
    """
    # Before it is decoded: a file that is written to meanwhile is another one at the next planning.
    described = describe_file(path, report)
    append = partial(writer.append, "frames")
    wanted = resampling = None
    if options.fps is not None:
        # A pass of its own: by which frames others are replaced, all times say together.
        time_s = decode(path, options, take=lambda frames: None, crop=crop).time_s
        if is_of_other_rate(time_s, options.fps):
            wanted, resampling = resample(time_s, options.fps)
    if wanted is None:
        decoding = decode(path, options, take=append, crop=crop)
    else:
        stream = FrameStream(path, options, crop)
        for block in pick(stream, wanted):
            append(block)
        decoding = stream.found
        if not np.array_equal(decoding.time_s, time_s):
            raise VideoError(path, "has changed while it was decoded; run snakemake again")
        logger.info("%s: shown at %.6g frames/s, as %d frames", path, options.fps, len(wanted))
    words, *_ = split_damage(decoding.damage)
    for sign in decoding.damage:
        # Where there are words for it, the decoder's own lines stay in the log.
        level = logging.INFO if words and sign not in words else logging.WARNING
        logger.log(level, "%s: %s", path, sign)
    for sign in decoding.warnings:
        logger.warning("%s: %s", path, sign)
    file = describe_decoding(described, decoding)
    if wanted is not None:
        file = replace(file, shown_fps=options.fps, n_shown=len(wanted))
    return file, decoding.time_s, resampling


def describe_decoding(described: dict[str, Any], decoding: Decoding) -> RawFile:
    """Return a file's entry of the report, from what it is and what decoding found."""
    return RawFile(
        **described,
        n_frames=decoding.n_frames,
        width_px=decoding.width_px,
        height_px=decoding.height_px,
        rate_fps=decoding.rate_fps,
        damage=decoding.damage,
        warnings=decoding.warnings,
        steady_fps=measure_steady_rate(decoding.time_s),
        n_frames_stated=decoding.stated.n_frames or decoding.stated.n_frames_header,
        held_against=decoding.stated.by,
    )


def _is_refused(files: list[RawFile], options: FramesOptions) -> bool:
    return options.on_decode_error == "refuse" and any(file.damage for file in files)


def _stand(frames: Path, kind: str, times: Path | None = None) -> bool:
    """Tell whether earlier outputs are there and whole."""
    try:
        n_frames = len(open_store(frames, kind=kind)["frames"])
        if times is None:
            return True
        resampling = read_resampling(times)
        n_shown = len(read_times(times)) if resampling is None else resampling.n_shown.sum()
        return bool(n_shown == n_frames)
    except StoreError:
        return False


def _specify(options: FramesOptions) -> ArraySpec:
    return ArraySpec((options.size_px, options.size_px, 3), "uint8", chunk=_CHUNK, shard=_SHARD)


def _describe_making(
    files: list[RawFile], options: FramesOptions, crop: Crop | None = None
) -> dict[str, Any]:
    _, version = find_ffmpeg(options)
    return {
        "sha256": [file.sha256 for file in files],
        "ffmpeg_version": version,
        "ffmpeg_arguments": build_arguments(options, crop),
    }
