"""The copy that browsers play: every frame once, on a clock that never varies."""

import re
import subprocess
from fractions import Fraction
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import pytest
from tests.filming import BITS, BLOCK_PX, film

from homecage.errors import VideoError
from homecage.frames.decode import decode
from homecage.frames.options import FramesOptions
from homecage.storage.frame_tables import write_times
from homecage.viewer.copy import choose_rate, copy_video


def run_ffmpeg(*arguments):
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True).stderr


def copy(video: Path, time_s) -> Path:
    times, output = video.with_suffix(".parquet"), video.parent / "copies" / f"{video.stem}.mp4"
    write_times(times, np.asarray(time_s, float))
    copy_video(video=video, times=times, frames=FramesOptions(), output=output)
    return output


def read_numbers(path: Path) -> list[int]:
    """Return the numbers in the pixels of a video's frames."""
    opened = cv2.VideoCapture(str(path))
    numbers = []
    while (got := opened.read())[0]:
        gray = got[1][20, :, 0]
        bits = [gray[int((bit + 0.5) * BLOCK_PX)] > 127 for bit in range(BITS)]
        numbers.append(sum(2**bit for bit, white in enumerate(bits) if white))
    return numbers


def test_frames_are_those_of_the_table_however_they_were_timed(tmp_path):
    varying = np.cumsum([0, 1, 99, 33, 1, 1, 250, 33, 33, 33]).tolist()
    copied = copy(film(tmp_path / "v.mkv", varying, Fraction(1, 1000)), np.array(varying) / 1000)
    assert read_numbers(copied) == list(range(10))
    shown = run_ffmpeg("-i", copied, "-vf", "showinfo", "-f", "null", "-")
    time_s = [float(found) for found in re.findall(r"pts_time:(\S+)", shown)]
    rate = float(choose_rate(np.array(varying) / 1000))
    np.testing.assert_allclose(time_s, np.arange(10) / rate, atol=1e-5)


def test_the_copy_is_what_every_browser_plays(tmp_path):
    video = tmp_path / "v.avi"
    run_ffmpeg("-f", "lavfi", "-i", "testsrc=s=65x49:r=30000/1001:d=2", "-c:v", "ffv1", video)
    copied = copy(video, np.arange(60) * 1001 / 30000)
    said = run_ffmpeg("-i", copied)
    assert re.search(r"Video: h264 .*, yuv420p\(tv, .* 66x50[ ,]", said)
    assert "29.97 fps" in said and "start: 0.000000" in said and "Audio" not in said
    data = copied.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # It plays before all of it is there.
    shown = run_ffmpeg("-i", copied, "-vf", "showinfo", "-f", "null", "-")
    keys = np.flatnonzero([key == "1" for key in re.findall(r"iskey:(\d)", shown)])
    assert np.diff(keys).max() <= 12  # So that seeking decodes few frames.


def test_a_picture_that_is_turned_is_copied_upright(tmp_path):
    video = tmp_path / "v.mp4"
    run_ffmpeg(
        "-f", "lavfi", "-i", "testsrc=s=64x48:r=25:d=0.4", "-pix_fmt", "yuv420p", tmp_path / "u.mp4"
    )
    run_ffmpeg("-display_rotation", "90", "-i", tmp_path / "u.mp4", "-c", "copy", video)
    said = run_ffmpeg("-i", copy(video, np.arange(10) / 25))
    assert " 48x64" in said and "rotation" not in said


def test_a_video_whose_picture_changes_its_size_keeps_its_frames(tmp_path):
    for size in ("64x48", "96x64"):
        made = tmp_path / f"{size}.ts"
        run_ffmpeg("-f", "lavfi", "-i", f"testsrc=s={size}:r=25:d=0.4", "-c:v", "mpeg2video", made)
    video = tmp_path / "v.ts"
    video.write_bytes((tmp_path / "64x48.ts").read_bytes() + (tmp_path / "96x64.ts").read_bytes())
    time_s = decode(video, FramesOptions(size_px=32), lambda block: None).time_s
    shown = run_ffmpeg("-i", copy(video, time_s), "-vf", "showinfo", "-f", "null", "-")
    copied_s = [float(found) for found in re.findall(r"pts_time:(\S+)", shown)]
    np.testing.assert_allclose(np.diff(copied_s), copied_s[1], atol=1e-4)
    assert len(copied_s) == len(time_s) > 12


@pytest.mark.parametrize("n_frames", [9, 11])
def test_a_video_of_other_frames_than_the_table_is_refused(tmp_path, n_frames):
    video = film(tmp_path / "v.avi", range(10), Fraction(1, 25))
    said = rf"v\.avi: 10 frames were decoded, but .*v\.parquet has {n_frames}; was the video replaced\?"
    with pytest.raises(VideoError, match=said):
        copy(video, np.arange(n_frames) / 25)
    assert not list((tmp_path / "copies").iterdir())


def test_what_is_no_video_is_refused_with_the_decoders_words(tmp_path):
    video = tmp_path / "v.mpg"
    video.write_text("no video")
    with pytest.raises(VideoError, match=r"v\.mpg: no copy could be made of it \(.+\)"):
        copy(video, [0.0, 0.04])
    assert not list((tmp_path / "copies").iterdir())


def test_the_rate_is_one_that_players_play():
    assert choose_rate(np.arange(5) * 60.0) == 1  # A picture a minute.
    assert choose_rate(np.arange(5) / 1000) == 240
    assert choose_rate(np.arange(50) * 1001 / 30000) == Fraction(30000, 1001)
