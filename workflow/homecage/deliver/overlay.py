"""Overlay videos: each frame of a video over a panel of what was predicted, in H.264.

Frames go through one by one: memory does not grow with the length of the video.
"""

import logging
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import IO

import cv2
import ffmpeg
import numpy as np
from numpy.typing import NDArray

from homecage.deliver.bouts import read_scoring
from homecage.deliver.h264 import H264, TO_YUV, measure_rate
from homecage.deliver.options import ExportOptions
from homecage.deliver.panel import Panel
from homecage.errors import PredictionError, VideoError
from homecage.frames.decode import describe_input, find_ffmpeg, name_stream
from homecage.frames.options import FramesOptions
from homecage.report.options import Palette
from homecage.storage.frame_tables import read_annotation
from homecage.storage.publish import publish

MIN_WIDTH_PX = 320
"""Narrower videos get margins, for the panel to be legible."""
_HEADER = re.compile(rb"YUV4MPEG2 W(\d+) H(\d+) .*\n")
_FRAME = b"FRAME\n"

logger = logging.getLogger(__name__)


def export_overlay(
    *,
    video: Path,
    predictions: Path,
    annotation: Path | None = None,
    palette: Palette,
    method: str,
    frames: FramesOptions,
    options: ExportOptions,
    output: Path,
) -> None:
    """Write a video of every frame, at its size, over what is predicted and true of it.

    The rate is the mean one: where frames come at varying times, the clock in the panel says when each is
    shown.

    Args:
        video: the video file.
        predictions: the method's predictions of it.
        annotation: what is true, frame by frame; none, and predictions stand alone.
        palette: the K behaviors in order, and their colors.
        method: whose predictions they are.
        frames: which ffmpeg it is made with.
        options: whether short bouts go, and how much time the strips show.
        output: the video, an mp4.

    Raises:
        PredictionError: predictions and annotation are not of the same number of frames.
        StoreError: a file is damaged or not what its name says.
        VideoError: the video does not have the frames that were predicted, or ffmpeg failed.
    """
    behaviors = list(palette.root)
    scoring = read_scoring(
        predictions, behaviors, method=method, video=predictions.stem, options=options
    )
    truth = None if annotation is None else read_annotation(annotation, behaviors)
    if truth is not None and len(truth) != len(scoring.codes):
        raise PredictionError(
            predictions,
            f"{len(scoring.codes)} frames, but the annotation {annotation} has {len(truth)}; remove the "
            "two files and run snakemake again",
        )
    program, _ = find_ffmpeg(frames)
    with (
        _decode(program, video, frames) as (pictures, width_px, height_px),
        publish(output) as temporary,
    ):
        panel = Panel(scoring, truth, palette.root, width_px, options.overlay_s)
        size = width_px, height_px + panel.height_px
        with _encode(program, temporary, output, size, measure_rate(scoring.time_s)) as pipe:
            n_frames = 0
            for picture in pictures:
                if n_frames < len(scoring.codes):
                    _write(pipe, picture, panel.draw(n_frames), width_px, height_px)
                n_frames += 1
        if n_frames != len(scoring.codes):
            raise VideoError(
                video,
                f"{n_frames} frames were decoded, but {predictions} has {len(scoring.codes)}; was the "
                "video replaced? run snakemake again",
            )
    logger.info("%s: %d frames", output, n_frames)


@contextmanager
def _decode(
    program: str, video: Path, frames: FramesOptions
) -> Iterator[tuple[Iterator[bytes], int, int]]:
    """Yield the frames of a video in I420, and their width and height: even, upright, of square pixels."""
    widened = f"max(ceil(iw/2)*2\\,{MIN_WIDTH_PX})"
    filters = (
        f"scale=w=round(iw*sar):h=ih:flags=bilinear+accurate_rnd:{TO_YUV}",
        f"pad=w={widened}:h=ceil(ih/2)*2:x=(ow-iw)/2:color=white",
        "setsar=1",
        "format=yuv420p",
    )
    decoder = describe_input(f"file:{video}", "error").output(
        "pipe:1",
        map=name_stream(frames),
        vf=",".join(filters),
        fps_mode="passthrough",
        f="yuv4mpegpipe",
    )
    with _run([program, *decoder.get_args()], stdout=subprocess.PIPE) as (process, log):
        assert process.stdout is not None
        header = _HEADER.fullmatch(process.stdout.readline())
        if header is None:
            process.wait()
            raise VideoError(video, f"no frame could be decoded ({_read(log)})")
        width_px, height_px = int(header[1]), int(header[2])
        yield _read_frames(process.stdout, width_px * height_px * 3 // 2), width_px, height_px


def _read_frames(pipe: IO[bytes], n_bytes: int) -> Iterator[bytes]:
    while pipe.read(len(_FRAME)) == _FRAME:
        picture = pipe.read(n_bytes)
        if len(picture) < n_bytes:
            return
        yield picture


@contextmanager
def _encode(
    program: str, path: Path, output: Path, size: tuple[int, int], rate: Fraction
) -> Iterator[IO[bytes]]:
    """Yield a pipe that takes frames in I420 and makes an H.264 video of them.

    Raises:
        VideoError: ffmpeg could not write it.
    """
    encoder = (
        ffmpeg.input(
            "pipe:0",
            hide_banner=None,
            nostats=None,
            v="error",
            f="rawvideo",
            pix_fmt="yuv420p",
            s=f"{size[0]}x{size[1]}",
            framerate=str(rate),
        )
        .output(f"file:{path}", **H264)
        .overwrite_output()
    )
    with _run([program, *encoder.get_args()], stdin=subprocess.PIPE) as (process, log):
        assert process.stdin is not None
        with suppress(BrokenPipeError):  # ffmpeg says why in its log.
            yield process.stdin
            process.stdin.close()
        if process.wait() or (said := _read(log)):
            raise VideoError(output, f"ffmpeg could not write it: {said or _read(log)}")


@contextmanager
def _run(
    arguments: list[str], stdin: int = subprocess.DEVNULL, stdout: int = subprocess.DEVNULL
) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """Run a program beside this one, and end it with the block; its log is a file, so it never waits."""
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(arguments, stdin=stdin, stdout=stdout, stderr=log) as process,
    ):
        try:
            yield process, log
        finally:
            process.kill()
            if process.stdin is not None:
                with suppress(BrokenPipeError):  # Of what was not yet handed over.
                    process.stdin.close()


def _read(log: IO[bytes]) -> str:
    """Return the last line of a log."""
    log.seek(0)
    return (log.read().decode(errors="replace").strip().splitlines() or [""])[-1]


def _write(
    pipe: IO[bytes], picture: bytes, panel: NDArray[np.uint8], width_px: int, height_px: int
) -> None:
    """Write a frame over its panel, plane by plane."""
    below = cv2.cvtColor(panel, cv2.COLOR_RGB2YUV_I420).tobytes()
    places = [0, 0]
    for n_pixels, n_below in (
        (width_px * height_px, panel.shape[0] * width_px),
        *[(width_px * height_px // 4, panel.shape[0] * width_px // 4)] * 2,
    ):
        pipe.write(picture[places[0] : places[0] + n_pixels])
        pipe.write(below[places[1] : places[1] + n_below])
        places = [places[0] + n_pixels, places[1] + n_below]
