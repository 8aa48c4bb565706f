"""Decoding into a frame store, against ffmpeg decoding and scaling the same video to nothing."""

import subprocess
import tempfile
from itertools import count
from pathlib import Path

from homecage.frames.decode import build_arguments, decode, find_ffmpeg
from homecage.frames.options import FramesOptions
from homecage.frames.store import decode_video
from homecage.simulate.names import video_names
from homecage.simulate.options import SimulationOptions
from homecage.simulate.videos import simulate_video
from tests.bench.compare import Comparison, compare

SIMULATED_S = 20.0
N_LOOPS = 10


def measure_decode(size_px: int = 128) -> Comparison:
    """Compare them on a simulated video: one video, one job."""
    options = FramesOptions(size_px=size_px)
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder, "mouse.mpg")
        _make_video(video)
        names = (f"mouse{i}" for i in count())  # None replaces another.
        return compare(
            "decode",
            lambda: _decode(video, options, Path(folder, next(names))),
            lambda: _decode_to_nothing(video, options),
            work=decode(video, options, take=lambda block: None).n_frames,
            unit="frames/s",
        )


def _decode(video: Path, options: FramesOptions, name: Path) -> None:
    decode_video(
        video=video,
        options=options,
        frames=name.with_suffix(".zarr"),
        times=name.with_suffix(".parquet"),
        report=name.with_suffix(".json"),
    )


def _make_video(path: Path) -> None:
    """Repeat a short simulated video: painting it takes longer than decoding it."""
    options = SimulationOptions(seconds=SIMULATED_S)
    simulate_video(video=video_names(options)[0], options=options, output=path)
    path.write_bytes(path.read_bytes() * N_LOOPS)  # A program stream may follow another.


def _decode_to_nothing(path: Path, options: FramesOptions) -> None:
    """Decode with the project's own arguments, but for where the frames go."""
    arguments = build_arguments(options, video=f"file:{path}", times="/dev/null")
    arguments[arguments.index("rawvideo")] = "null"
    arguments[arguments.index("pipe:1")] = "-"
    pix_fmt = arguments.index("-pix_fmt")
    del arguments[pix_fmt : pix_fmt + 2]
    program, _ = find_ffmpeg(options)
    subprocess.run([program, *arguments], check=True, stderr=subprocess.DEVNULL)
