"""What failed the check leaves the study until its verdict hangs on something else."""

from dataclasses import replace
from pathlib import Path

import pytest

from homecage.check.aside import Aside, add_aside, identify_judged, read_aside, set_aside
from homecage.study.crop import Crop
from homecage.study.study import Clip, ClipFolder, Study, Video

CLIPS = tuple(Clip(name, Path(f"day/{name}.mpg"), "walk") for name in "xy")
TEXTS = {"annotator_1": Path("a.txt")}
VIDEOS = tuple(Video(n, Path(f"{n}.mpg"), TEXTS if n == "a" else {}, {}) for n in "abc")
FOLDER = ClipFolder("day", CLIPS, tuple(clip.path for clip in CLIPS))
STUDY = Study(title="lab", videos=VIDEOS, clip_folders=(FOLDER,))
RAW = {f"frames/{name}": "1" for name in "abc"} | {
    "annotations/annotator_1/a": "2",
    "annotations/annotator_2/a": "3",
    "clips/day": "4",
}
NOW = identify_judged(STUDY, RAW, ["walk"])
A = Aside("a.mpg", "cut off", {"frames/a": NOW["frames/a"]})
X = Aside("day/x.mpg", "empty", {"clips/day": NOW["clips/day"]})


def with_video(**changed):
    return replace(STUDY, videos=(replace(VIDEOS[0], **changed), *VIDEOS[1:]))


@pytest.mark.parametrize(
    "changed",
    [
        {"study": with_video(crop=Crop(0, 0, 9, 9))},
        {"study": with_video(columns={"annotator_1_name": "B"})},
        {"study": with_video(annotations=TEXTS | {"annotator_2": Path("b.txt")})},
        {"study": with_video(annotations={"annotator_1": Path("b.txt")})},
        {"study": with_video(annotations={})},
        {"study": with_video(corrects=Path())},
        {"raw": RAW | {"frames/a": "9"}},
        {"raw": RAW | {"annotations/annotator_1/a": "9"}},
    ],
)
def test_a_video_is_judged_anew_when_its_file_or_line_is_another(changed):
    told = {"study": STUDY, "raw": RAW, "terms": ["walk"]} | changed
    now = identify_judged(**told)
    study, left = set_aside(told["study"], now, [A, X])
    assert study.videos == told["study"].videos and left == [X]


@pytest.mark.parametrize("changed", [{"label": "rest"}, {"crop": Crop(0, 0, 9, 9)}])
def test_a_clip_is_judged_anew_when_its_line_is_another(changed):
    folder = replace(FOLDER, clips=(replace(CLIPS[0], **changed), CLIPS[1]))
    study = replace(STUDY, clip_folders=(folder,))
    assert set_aside(study, identify_judged(study, RAW, ["walk"]), [A, X])[1] == [A]


def test_all_are_judged_anew_by_other_terms():
    assert set_aside(STUDY, identify_judged(STUDY, RAW, ["walk, rest"]), [A, X]) == (STUDY, [])


def test_a_copy_comes_back_when_the_other_has_gone():
    copy = Aside("b.mpg", "as a.mpg", {part: NOW[part] for part in ("frames/b", "frames/a")})
    assert set_aside(STUDY, NOW, [copy])[1] == [copy]
    alone = replace(STUDY, videos=VIDEOS[1:])
    assert set_aside(alone, identify_judged(alone, RAW, ["walk"]), [copy]) == (alone, [])


def test_what_was_set_aside_by_files_alone_is_judged_anew():
    old = Aside("a.mpg", "cut off", {"frames/a": "1", "annotations/annotator_1/a": "2"})
    assert set_aside(STUDY, NOW, [old]) == (STUDY, [])


def test_files_leave_the_study():
    study, left = set_aside(STUDY, NOW, [A, X, Aside("gone.mpg", "", {})])
    assert [video.name for video in study.videos] == ["b", "c"]
    (folder,) = study.clip_folders
    assert folder.clips == CLIPS[1:] and folder.waits_for == (CLIPS[1].path,)
    assert left == [A, X]
    every = [Aside(str(clip.path), "", {}) for clip in CLIPS]
    assert set_aside(STUDY, NOW, every)[0].clip_folders == ()
    assert set_aside(STUDY, NOW, []) == (STUDY, [])


def test_they_are_written_down_once(tmp_path):
    path = tmp_path / "check" / "aside.json"
    assert read_aside(path) == []
    add_aside(path, [A, X])
    again = Aside("a.mpg", "empty", {"frames/a": "9"})
    add_aside(path, [again])
    assert read_aside(path) == [again, X]
    path.write_text("[{}]")
    assert read_aside(path) == []
