"""Decoding with ffmpeg: every frame once, at its own time, and nothing lost in silence.

ffmpeg exits with status 0 on half a file, so its log is read too: any line of level error, and any
warning of corrupt data, is damage. The timing is passed through, so that a video of variable rate
gives the frames that it has and no copies; the scaling is the bit-exact one, the same on every CPU;
only plain video containers are opened, so that a playlist in disguise reads no other file.
"""

import io
import math
import os
import re
import signal
import subprocess
import time
from array import array
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import ffmpeg
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from homecage.errors import ConfigError, VideoError
from homecage.frames.containers import Statement, read_statement
from homecage.frames.judge import judge_length, judge_times
from homecage.frames.log import Log
from homecage.frames.options import FramesOptions
from homecage.running.prefetch import prefetch
from homecage.study.crop import Crop

BLOCK = 64
"""Frames handed over at a time: the bound of memory."""

_CONTAINERS = "avi,m4v,matroska,mov,mpeg,mpegts,mpegvideo"
_OLDEST_FFMPEG = 7  # -enc_time_base demux, and the words of the log that are read here.

_PAUSE_S = 0.005  # Between two readings of the frames' times.

_TIME = re.compile(r"(-?\d+) (\d+)/(\d+)")
_NO_TIME = -(2**63)


_NOTHING = Statement()


@dataclass(frozen=True)
class Decoding:
    """What one pass over a video file found."""

    time_s: NDArray[np.float64]  # (T,) presentation times, as decoded
    width_px: int | None
    height_px: int | None
    damage: tuple[str, ...]
    """Every sign that frames are missing or wrong; empty for a sound file."""
    warnings: tuple[str, ...] = ()
    """What is unusual about the video, and makes no frame wrong."""
    stated: Statement = _NOTHING
    """What the container states, against which the frames were held."""

    @property
    def n_frames(self) -> int:
        """The frames that were decoded, T."""
        return len(self.time_s)

    @property
    def rate_fps(self) -> float | None:
        """The mean rate of presentation; none for fewer than two frames, or without their times."""
        if self.n_frames < 2 or not self.time_s[-1] > self.time_s[0]:
            return None
        return float((self.n_frames - 1) / (self.time_s[-1] - self.time_s[0]))


def find_ffmpeg(options: FramesOptions) -> tuple[str, str]:
    """Return the ffmpeg program and its version.

    Raises:
        ConfigError: the program cannot be run or is too old.
    """
    return _find_ffmpeg(str(options.ffmpeg or imageio_ffmpeg.get_ffmpeg_exe()))


@lru_cache
def _find_ffmpeg(program: str) -> tuple[str, str]:
    try:
        run = subprocess.run([program, "-version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ConfigError(f"frames.ffmpeg: {program} cannot be run ({error})") from None
    match = re.match(r"ffmpeg version (\S+)", run.stdout)
    if match is None:
        raise ConfigError(f"frames.ffmpeg: {program} is not ffmpeg")
    release = re.match(r"n?(\d+)\.", match[1])  # A build between releases has none.
    if release and int(release[1]) < _OLDEST_FFMPEG:
        raise ConfigError(
            f"frames.ffmpeg: {program} is version {match[1]}; expected {_OLDEST_FFMPEG}.0 or "
            "later, or null for the one installed with homecage"
        )
    return program, match[1]


def describe_input(video: str, log: str) -> Any:
    """Return a video as ffmpeg's input, of plain containers alone, so that it opens no other file.

    Args:
        video: its address, as ``file:PATH``.
        log: what ffmpeg logs (its option ``-v``).
    """
    return ffmpeg.input(
        video,
        hide_banner=None,
        nostdin=None,
        nostats=None,
        v=log,
        threads=1,  # Videos are decoded side by side, one a core.
        format_whitelist=_CONTAINERS,
        protocol_whitelist="file",
    )


def name_stream(options: FramesOptions) -> str:
    """Return ffmpeg's name of the stream that is decoded, of those of video that are no cover picture."""
    return f"0:V:{options.stream or 0}"


def filter_crop(crop: Crop) -> str:
    """Return ffmpeg's filter that leaves a part of the upright picture: ffmpeg turns it before."""
    x, y, width, height = crop
    return f"crop={width}:{height}:{x}:{y}:exact=1"  # exact: also where pixels share colors.


def build_arguments(
    options: FramesOptions,
    crop: Crop | None = None,
    *,
    video: str = "VIDEO",
    times: str = "TIMES",
) -> list[str]:
    """Return ffmpeg's arguments; without paths they are the description of how frames were made."""
    stream = describe_input(video, "level+info")
    scale = f"scale={options.size_px}:{options.size_px}:flags=bilinear+bitexact+accurate_rnd"
    if crop:
        scale = f"{filter_crop(crop)},{scale}"
    pixels = {"vf": f"{scale},format=rgb24", "f": "rawvideo", "pix_fmt": "rgb24"}
    every_frame = {
        "map": name_stream(options),
        "fps_mode": "passthrough",
        "enc_time_base": "demux",
        "bsf:v": "setts=ts=N",  # The muxer takes times that are not in order for an error of its own.
        "stats_enc_pre": times,
        "stats_enc_pre_fmt": "{pts} {tb}",
    }
    return list(stream.output("pipe:1", **pixels, **every_frame).get_args())


def decode(
    path: Path,
    options: FramesOptions,
    take: Callable[[NDArray[np.uint8]], None],
    crop: Crop | None = None,
) -> Decoding:
    """Decode a video file once, from its first frame to its last, and hold it against what it states.

    ``take`` receives the frames in order, in blocks (up to ``BLOCK``, size, size, 3). A damaged file
    raises nothing: what is wrong with it is in the result.

    Raises:
        VideoError: something ended ffmpeg, which says nothing of the video.
    """
    program, _ = find_ffmpeg(options)
    if path.is_file() and not path.stat().st_size:
        return Decoding(np.empty(0), None, None, ("the file is empty", "no frame could be decoded"))
    times_end, ffmpegs_end = os.pipe()
    arguments = build_arguments(options, crop, video=f"file:{path}", times=f"/dev/fd/{ffmpegs_end}")
    # Log and times are read while ffmpeg writes them: it would stop at a full pipe, and a full disk
    # would cut files off without a word.
    with os.fdopen(times_end, "rb", buffering=0) as times, ThreadPoolExecutor(2) as readers:
        try:
            process = subprocess.Popen(
                [program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[ffmpegs_end],
                env=_build_environment(),
            )
        finally:
            os.close(ffmpegs_end)
        with process:
            assert process.stdout is not None and process.stderr is not None
            lines = io.TextIOWrapper(process.stderr, errors="replace")
            log = readers.submit(Log, lines, options.stream)
            read_times = readers.submit(_read_times, _read_seldom(times))
            try:
                n_taken = _hand_over(process.stdout, options, take)
                process.wait()
            finally:
                process.kill()
            found, time_s = log.result(), read_times.result()
    if process.returncode < 0:
        name = signal.Signals(-process.returncode).name
        raise VideoError(path, f"ffmpeg was ended by signal {name}; run snakemake again")
    damage = [*found.damage, *_judge_exit(process.returncode, [*found.unfit, *found.damage])]
    if n_taken != len(time_s):
        damage.append(f"{n_taken} frames came out of ffmpeg, which counted {len(time_s)}")
    stated = read_statement(path, options.stream or 0) or found.statement
    length, timing = judge_length(stated, time_s, _count_bytes(path)), judge_times(time_s)
    return Decoding(
        time_s,
        found.width_px,
        found.height_px,
        damage=(*found.unfit, *found.judge_crop(crop), *length.damage, *timing.damage, *damage),
        warnings=(*found.warnings, *length.warnings, *timing.warnings),
        stated=stated,
    )


def _count_bytes(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _build_environment() -> dict[str, str]:
    """Return the environment without what would change the log or write another."""
    changing = ("FFREPORT", "AV_LOG_FORCE_COLOR")
    kept = {key: value for key, value in os.environ.items() if key not in changing}
    return kept | {"AV_LOG_FORCE_NOCOLOR": "1"}


def _hand_over(
    pipe: IO[bytes], options: FramesOptions, take: Callable[[NDArray[np.uint8]], None]
) -> int:
    """Pass the frames in a pipe on, block by block; return how many there were.

    A thread reads on meanwhile: ffmpeg stops when nobody does.
    """
    n_frames = 0
    for block in prefetch(_read_blocks(pipe, options.size_px)):
        take(block)
        n_frames += len(block)
    return n_frames


def _read_blocks(pipe: IO[bytes], size_px: int) -> Iterator[NDArray[np.uint8]]:
    """Yield whole frames, (up to ``BLOCK``, size, size, 3)."""
    frame = size_px * size_px * 3
    while True:
        block = np.empty((BLOCK, size_px, size_px, 3), dtype=np.uint8)
        n_frames = pipe.readinto(block) // frame  # type: ignore[attr-defined]
        if not n_frames:
            return
        yield block[:n_frames]


def _read_seldom(pipe: IO[bytes]) -> Iterator[str]:
    """Yield the lines of a pipe, some at a time: to wake for each frame's would cost a tenth of decoding."""
    rest = b""
    while data := pipe.read(2**16):
        *lines, rest = (rest + data).split(b"\n")
        yield from map(bytes.decode, lines)
        time.sleep(_PAUSE_S)


def _read_times(lines: Iterable[str]) -> NDArray[np.float64]:
    """Return the frames' presentation times (T,), NaN for a frame that has none."""
    time_s = array("d")
    for line in lines:
        if match := _TIME.fullmatch(line.strip()):
            ticks, numerator, denominator = map(int, match.groups())
            time_s.append(math.nan if ticks == _NO_TIME else ticks * numerator / denominator)
    return np.array(time_s)


def _judge_exit(status: int, damage: list[str]) -> list[str]:
    if status > 0 and not damage:
        return [f"ffmpeg exited with status {status}"]
    return []
