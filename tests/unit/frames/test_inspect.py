"""An inspection writes down what each file holds, damaged or not."""

import json

import pytest

from homecage.errors import ConfigError
from homecage.frames.inspect import inspect_videos, read_n_frames
from homecage.frames.options import FramesOptions
from homecage.study.options import DatasetOptions


@pytest.fixture
def inspect(tmp_path, make_video):
    make_video("full_database/a.mpg", n_frames=30)
    make_video("clipped_database/day/x_w_1.mpg", n_frames=5)
    cut = make_video("clipped_database/day/x_g_2.mpg", n_frames=30)
    cut.write_bytes(cut.read_bytes()[:5000])

    def run(**arguments):
        options = FramesOptions(size_px=32, on_decode_error=arguments.pop("damaged", "refuse"))
        inspect_videos(
            dataset=DatasetOptions(layout="mit", root=tmp_path),
            options=options,
            output=tmp_path / "found.json",
            **arguments,
        )
        return json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))

    return run


def test_a_video(inspect, tmp_path):
    report = inspect(video="a")
    assert report["video"] == "a" and report["folder"] == ""
    (file,) = report["files"]
    assert file["rate_fps"] == pytest.approx(30000 / 1001)
    assert file | {"rate_fps": None} == {
        "name": "a",
        "file": str(tmp_path / "full_database" / "a.mpg"),
        "n_frames": 30,
        "width_px": 64,
        "height_px": 48,
        "rate_fps": None,
        "problems": [],
        "warnings": [],
    }


def test_clips_damaged_or_not(inspect, tmp_path):
    damaged, sound = inspect(folder="day")["files"]
    assert sound["name"] == "x_w_1" and sound["n_frames"] == 5 and not sound["problems"]
    assert damaged["name"] == "x_g_2" and damaged["n_frames"] < 30
    assert damaged["problems"] and not damaged["warnings"]
    assert read_n_frames(tmp_path / "found.json") == {"x_w_1": 5, "x_g_2": damaged["n_frames"]}


def test_damage_that_is_not_refused_is_a_warning(inspect):
    damaged, _ = inspect(folder="day", damaged="warn")["files"]
    assert damaged["warnings"] and not damaged["problems"]


def test_either_a_video_or_a_folder(inspect):
    for arguments in ({}, {"video": "a", "folder": "day"}):
        with pytest.raises(ConfigError, match="either a video or a folder"):
            inspect(**arguments)
