"""Options of decoding."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from homecage.options import Options


class FramesOptions(Options):
    """How videos become frames."""

    size_px: int = Field(128, ge=32, le=512, multiple_of=32)
    """Height and width of a frame, in pixels: 128 as in the paper, the aspect ratio not kept. The
    convnet halves it five times, hence a multiple of 32."""
    ffmpeg: Path | None = None
    """The ffmpeg program (7.0 or later); none for the one that imageio-ffmpeg carries, which is
    pinned with the other dependencies so that frames are the same everywhere."""
    on_decode_error: Literal["refuse", "warn"] = "refuse"
    """What to do with a damaged video: ``refuse`` it, or ``warn`` and use the frames that could be
    decoded."""
    fps: float | None = Field(None, ge=1, le=1000)
    """The frame rate at which everything is learned from, in frames/s: videos and clips of another one, or of
    a variable one, are resampled in time, by the frame that is nearest. Annotations, predictions and exports
    stay those of the files' own frames. null: as the files are, and files of different rates are refused.
    Source: our choice."""
    stream: int | None = Field(None, ge=0, le=1000)
    """Which of a file's video streams is decoded, counted from 0; null: its only one, and a file with
    several is refused."""
