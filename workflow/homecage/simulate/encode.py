"""Writing a video as the MIT data set's are: MPEG-1 in an MPEG program stream, without audio."""

from collections.abc import Iterable
from pathlib import Path

import ffmpeg
import imageio_ffmpeg

from homecage.errors import VideoError
from homecage.simulate.cage import HEIGHT_PX, RATE_FPS, WIDTH_PX
from homecage.simulate.scene import Image

QUALITY = 4
"""ffmpeg's -q:v, from 2 (best) to 31; the real videos are compressed about as much."""


def write_mpeg(frames: Iterable[Image], output: Path) -> None:
    """Encode pictures (360, 320), in I420, one after the other, as they come.

    The same pictures give the same bytes: one thread, nothing of the encoder's version or of the
    time in the stream.

    Raises:
        VideoError: ffmpeg failed.
    """
    encoder = (
        ffmpeg.input(
            "pipe:",
            format="rawvideo",
            pix_fmt="yuv420p",
            s=f"{WIDTH_PX}x{HEIGHT_PX}",
            framerate=str(RATE_FPS),
        )
        .output(
            f"file:{output}",
            format="mpeg",
            vcodec="mpeg1video",
            **{"q:v": QUALITY, "fflags": "+bitexact", "flags:v": "+bitexact"},
            threads=1,
        )
        .global_args("-v", "error", "-nostdin")
        .overwrite_output()
        .run_async(cmd=imageio_ffmpeg.get_ffmpeg_exe(), pipe_stdin=True, pipe_stderr=True)
    )
    try:
        for frame in frames:
            encoder.stdin.write(frame)
    except BrokenPipeError:
        pass  # ffmpeg says why on its standard error
    _, message = encoder.communicate()
    if encoder.returncode != 0 or message:
        raise VideoError(output, f"ffmpeg could not write it: {message.decode().strip()}")
