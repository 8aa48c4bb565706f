"""A video's frames one block after the other as they are decoded, and what its header promises of them."""

import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Full, Queue
from threading import Event

import numpy as np
from numpy.typing import NDArray

from homecage.frames.decode import Decoding, build_arguments, decode, find_ffmpeg
from homecage.frames.log import read_clock
from homecage.frames.options import FramesOptions
from homecage.study.crop import Crop

_AHEAD = 4  # Blocks that wait for whoever uses them.
_LOOK_S = 0.1

_DURATION = re.compile(r"^\[info\] +Duration: ([\d:.]+)", re.MULTILINE)
_RATE = re.compile(
    r"^\[info\] +Stream #0:(?!.*attached pic).*: Video: .*?, ([\d.]+)(k?) fps", re.MULTILINE
)


class _NobodyReadsError(Exception):
    """Whoever wanted the frames has left."""


class FrameStream:
    """The frames of a video file, to be gone through once; nothing is kept of those that are past."""

    def __init__(self, path: Path, options: FramesOptions, crop: Crop | None = None) -> None:
        """Name the file; it is opened when the frames are asked for."""
        self._path, self._options, self._crop = path, options, crop
        self._found: Decoding | None = None

    @property
    def found(self) -> Decoding:
        """What decoding has found; there when the last frame has been read."""
        assert self._found is not None, "the stream has not been read to its end"
        return self._found

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        """Yield blocks of frames (t, size, size, 3).

        Raises:
            VideoError: as ``decode``.
        """
        waiting: Queue[NDArray[np.uint8] | None] = Queue(_AHEAD)
        left = Event()

        def put(block: NDArray[np.uint8] | None) -> None:
            while not left.is_set():
                try:
                    return waiting.put(block, timeout=_LOOK_S)
                except Full:
                    continue
            raise _NobodyReadsError

        def run() -> Decoding:
            try:
                return decode(self._path, self._options, put, crop=self._crop)
            finally:
                if not left.is_set():
                    put(None)

        with ThreadPoolExecutor(1) as thread:
            decoding = thread.submit(run)
            try:
                while (block := waiting.get()) is not None:
                    yield block
                self._found = decoding.result()
            finally:
                left.set()


@dataclass(frozen=True)
class Header:
    """What a container says before anything is decoded, rounded, and not always true; None: nothing."""

    duration_s: float | None
    rate_fps: float | None

    @property
    def n_frames(self) -> int | None:
        """About how many frames there are."""
        if self.duration_s is None or self.rate_fps is None:
            return None
        return round(self.duration_s * self.rate_fps)


def read_header(path: Path, options: FramesOptions) -> Header:
    """Read what the container says of the video; of a file that is none, nothing."""
    program, _ = find_ffmpeg(options)
    arguments = build_arguments(options, video=f"file:{path}")
    only_input = arguments[
        : arguments.index("-i") + 2
    ]  # ffmpeg describes it, and misses an output.
    ran = subprocess.run([program, *only_input], capture_output=True, stdin=subprocess.DEVNULL)
    return parse_header(ran.stderr.decode(errors="replace"))


def parse_header(log: str) -> Header:
    """Read ffmpeg's account of its input."""
    duration, rate = _DURATION.search(log), _RATE.search(log)
    return Header(
        read_clock(duration[1]) if duration else None,
        float(rate[1]) * (1000 if rate[2] else 1) if rate else None,
    )
