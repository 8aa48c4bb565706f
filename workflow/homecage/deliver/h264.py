"""Video that plays everywhere: H.264 in mp4, and the constant rate that a video of any rate has in it."""

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

QUALITY = 20
"""x264's constant rate factor, from 0 (lossless) to 51."""
_LONGEST_PERIOD = 1001  # The denominator of NTSC's rates.
_ROUNDING = 0.05  # Frames, from the first to the last.

TO_YUV = "out_color_matrix=bt601:out_range=tv"
"""Of ffmpeg's filter scale: pixels of the colors that ``H264`` states."""

H264: dict[str, Any] = {
    "f": "mp4",
    "vcodec": "libx264",
    "preset": "veryfast",
    "crf": QUALITY,
    "pix_fmt": "yuv420p",
    "colorspace": "smpte170m",
    "color_primaries": "smpte170m",
    "color_trc": "smpte170m",
    "color_range": "tv",
    "movflags": "+faststart",  # It plays before all of it is there.
    "threads": 1,
    "fflags": "+bitexact",
    "flags:v": "+bitexact",
}
"""ffmpeg's options of such a video."""


def measure_rate(time_s: NDArray[np.float64]) -> Fraction:
    """Return the mean rate of frames shown at these times (T,), in frames/s; 1 for a single frame.

    Time that runs backward, as in some damaged files, stands still.
    """
    seconds = float(np.ptp(np.fmax.accumulate(time_s))) if len(time_s) else 0.0
    if seconds <= 0:
        return Fraction(1)
    rate = (len(time_s) - 1) / seconds
    # Containers round times: then the rate is the usual one, of a whole number of frames or of NTSC.
    usual = (Fraction(round(rate)), Fraction(round(rate * 1.001) * 1000, 1001))
    nearest = min(usual, key=lambda one: abs(one - rate))
    if nearest and abs(nearest - rate) * seconds < _ROUNDING:
        return nearest
    return Fraction(rate).limit_denominator(_LONGEST_PERIOD)
