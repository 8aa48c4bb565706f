"""A copy of a video that browsers play: every frame of the table of times, on a clock that never varies."""

import logging
import subprocess
import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from homecage.deliver.h264 import H264, TO_YUV, measure_rate
from homecage.errors import VideoError
from homecage.frames.decode import describe_input, find_ffmpeg, name_stream
from homecage.frames.options import FramesOptions
from homecage.storage.frame_tables import read_times
from homecage.storage.publish import publish

_SLOWEST, _FASTEST = Fraction(1), Fraction(240)  # What players are sure to play, in frames/s.
_BETWEEN_KEYFRAMES = 12
"""Frames: what is decoded at most to show one."""

logger = logging.getLogger(__name__)


def copy_video(*, video: Path, times: Path, frames: FramesOptions, output: Path) -> None:
    """Copy a video for browsers, in its own resolution, frame by frame.

    Frame n is shown at n / rate of the copy's own clock, whatever its time: so the page finds the frames of
    the tables exactly, at any rate and where times repeat. ``choose_rate`` says the rate.

    Args:
        video: the video file.
        times: when its frames are shown, as it was decoded.
        frames: which ffmpeg it is made with, and of which stream.
        output: the copy, an mp4.

    Raises:
        StoreError: the table of times is damaged.
        VideoError: the video does not have the frames of the table, or ffmpeg failed.
    """
    time_s = read_times(times)
    rate = choose_rate(time_s)
    program, _ = find_ffmpeg(frames)
    with publish(output) as temporary:
        encoder = describe_input(f"file:{video}", "error").output(
            f"file:{temporary}",
            map=name_stream(frames),
            vf=",".join(
                (
                    f"scale=flags=bilinear+accurate_rnd:{TO_YUV}",
                    "pad=w=ceil(iw/2)*2:h=ceil(ih/2)*2",
                    "format=yuv420p",
                    f"settb={1 / rate}",
                    "setpts=N",
                )
            ),
            fps_mode="passthrough",
            enc_time_base=str(1 / rate),
            # Again: filters count from 0 anew where a video changes its size.
            **{"bsf:v": f"setts=ts=N:duration=1:time_base={1 / rate}"},
            g=_BETWEEN_KEYFRAMES,
            bf=0,  # Then frames are stored as they are shown, and the first is at 0.
            map_metadata=-1,
            progress="pipe:1",
            stats_period=5,
            **H264,
        )
        n_frames = _run([program, *encoder.overwrite_output().get_args()], video)
        if n_frames != len(time_s):
            raise VideoError(
                video,
                f"{n_frames} frames were decoded, but {times} has {len(time_s)}; was the video replaced? "
                "run snakemake again",
            )
    logger.info("%s: %d frames", output, n_frames)


def choose_rate(time_s: NDArray[np.float64]) -> Fraction:
    """Return the rate of the copy of a video with these times (T,), in frames/s."""
    return min(max(measure_rate(time_s), _SLOWEST), _FASTEST)


def _run(arguments: list[str], video: Path) -> int:
    """Run ffmpeg; return how many frames it wrote.

    Raises:
        VideoError: it failed.
    """
    n_frames = 0
    with (
        tempfile.TemporaryFile("w+", errors="replace") as log,
        subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                key, _, value = line.partition("=")
                if key == "frame":
                    n_frames = int(value)
            status = process.wait()
        finally:
            process.kill()
        if status:
            log.seek(0)
            said = (log.read().strip().splitlines() or ["it says nothing"])[-1]
            raise VideoError(video, f"no copy could be made of it ({said})")
    return n_frames
