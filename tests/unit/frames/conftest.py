"""Small videos, made with the ffmpeg that decodes them."""

import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()

REAL_MINI = Path(__file__).parents[4] / "shared" / "data" / "real-mini"


def run_ffmpeg(*arguments):
    subprocess.run([FFMPEG, "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True)


@pytest.fixture
def make_video(tmp_path):
    """Make a test picture's video in the MIT data set's form, or another by ffmpeg's arguments."""

    def make(name="mouse.mpg", *, n_frames=30, size="64x48", rate="30000/1001", arguments=()):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        codec = arguments or (("-c:v", "mpeg1video") if path.suffix == ".mpg" else ())
        source = f"testsrc=size={size}:rate={rate}"
        run_ffmpeg(
            *(
                "-f",
                "lavfi",
                "-i",
                source,
                "-frames:v",
                n_frames,
                *codec,
                "-threads",
                1,
                f"file:{path}",
            )
        )
        return path

    return make


@pytest.fixture(scope="session")
def real_mini():
    if not REAL_MINI.is_dir():
        pytest.skip("the real mouse video, shared/data/real-mini, is not here")
    return REAL_MINI
