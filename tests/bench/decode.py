"""Decoding into a frame store, against ffmpeg decoding and scaling the same video to nothing."""

import subprocess
import tempfile
from itertools import count
from pathlib import Path

from homecage.frames.decode import build_arguments, decode, find_ffmpeg
from homecage.frames.inspect import inspect_videos
from homecage.frames.options import FramesOptions
from homecage.frames.store import decode_video
from homecage.simulate.options import SimulationOptions
from homecage.simulate.videos import simulate_video
from homecage.study.options import DatasetOptions
from tests.bench.compare import Comparison, compare

SIMULATED_S = 20.0
N_LOOPS = 10


def measure_decode(size_px: int = 128) -> Comparison:
    """Compare them on a simulated video, in the data set's form: one video, one job."""
    options = FramesOptions(size_px=size_px)
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder, "full_database", "mouse.mpg")
        video.parent.mkdir()
        _make_video(video)
        dataset = DatasetOptions(layout="mit", root=Path(folder))
        inspection = Path(folder, "inspection.json")
        stores = (Path(folder, f"mouse{i}.zarr") for i in count())  # None replaces another.
        inspect_videos(dataset=dataset, options=options, video="mouse", output=inspection)
        return compare(
            "decode",
            lambda: decode_video(
                dataset=dataset,
                video="mouse",
                inspection=inspection,
                options=options,
                output=next(stores),
            ),
            lambda: _decode_to_nothing(video, options),
            work=decode(video, options).n_frames,
            unit="frames/s",
        )


def _make_video(path: Path) -> None:
    """Repeat a short simulated video: drawing it takes longer than decoding it."""
    simulate_video(video="mouse", options=SimulationOptions(seconds=SIMULATED_S), output=path)
    path.write_bytes(path.read_bytes() * N_LOOPS)  # A program stream may follow another.


def _decode_to_nothing(path: Path, options: FramesOptions) -> None:
    """Decode with the project's own arguments, but for where the frames go."""
    arguments = build_arguments(options, source=f"file:{path}", times="/dev/null")
    arguments[arguments.index("rawvideo")] = "null"
    arguments[arguments.index("pipe:1")] = "-"
    pix_fmt = arguments.index("-pix_fmt")
    del arguments[pix_fmt : pix_fmt + 2]
    program, _ = find_ffmpeg(options)
    subprocess.run([program, *arguments], check=True, stderr=subprocess.DEVNULL)
