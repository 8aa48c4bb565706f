"""What failed the check leaves the study for as long as it is what it was."""

from pathlib import Path

import pytest

from homecage.check.aside import Aside, add_aside, name_parts, read_aside, set_aside
from homecage.study.study import Clip, ClipFolder, Study, Video

CLIPS = tuple(Clip(name, Path(f"day/{name}.mpg"), "walk") for name in "xy")
STUDY = Study(
    title="lab",
    videos=tuple(Video(name, Path(f"{name}.mpg"), {}, {}) for name in "abc"),
    clip_folders=(ClipFolder("day", CLIPS, tuple(clip.path for clip in CLIPS)),),
)
NOW = {"frames/a": "1", "annotations/annotator_1/a": "2", "frames/b": "3", "clips/day": "4"}
A = Aside("a.mpg", "cut off", name_parts(NOW, video="a"))
X = Aside("day/x.mpg", "empty", name_parts(NOW, folder="day"))


def test_a_video_and_its_annotations_are_told_apart_from_others():
    assert A.state == {"frames/a": "1", "annotations/annotator_1/a": "2"}
    assert X.state == {"clips/day": "4"}


def test_files_leave_the_study():
    study, left = set_aside(STUDY, NOW, [A, X, Aside("gone.mpg", "", {})])
    assert [video.name for video in study.videos] == ["b", "c"]
    (folder,) = study.clip_folders
    assert folder.clips == CLIPS[1:] and folder.waits_for == (CLIPS[1].path,)
    assert left == [A, X]
    every = [Aside(str(clip.path), "", {}) for clip in CLIPS]
    assert set_aside(STUDY, NOW, every)[0].clip_folders == ()
    assert set_aside(STUDY, NOW, []) == (STUDY, [])


@pytest.mark.parametrize("part", A.state)
def test_a_file_that_is_mended_comes_back(part):
    study, left = set_aside(STUDY, NOW | {part: "other"}, [A, X])
    assert study.videos == STUDY.videos and left == [X]


def test_they_are_written_down_once(tmp_path):
    path = tmp_path / "check" / "aside.json"
    assert read_aside(path) == []
    add_aside(path, [A, X])
    again = Aside("a.mpg", "empty", {"frames/a": "9"})
    add_aside(path, [again])
    assert read_aside(path) == [again, X]
    path.write_text("[{}]")
    assert read_aside(path) == []
