from dataclasses import replace
from pathlib import Path

import pytest

from homecage.errors import StudyError
from homecage.simulate.options import SimulationOptions
from homecage.study.corrections import correct_study
from homecage.study.layouts import make_study
from homecage.study.options import DatasetOptions
from homecage.study.study import Study, Video

COLUMNS = {"observation": "first", "annotator_1_name": "JB", "animal": "m1"}
STUDY = Study(
    "lab",
    (
        Video("day 1", Path("day 1.mpg"), {"annotator_1": Path("x.txt")}, COLUMNS),
        Video("night.2", Path("night.2.mpg"), {"annotator_2": Path("y.txt")}, COLUMNS),
        Video("night.3", Path("night.3.mpg"), {}, COLUMNS),
    ),
    columns=tuple(COLUMNS),
)


def correct(folder, *names):
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text("start_frame,stop_frame,behavior\n0,5,walk\n")
    return correct_study(STUDY, folder)


def test_without_corrections_the_study_is_what_it_was(tmp_path):
    assert correct_study(STUDY, tmp_path / "corrections") == STUDY
    assert correct(tmp_path / "corrections", ".DS_Store") == STUDY


@pytest.mark.parametrize("name", ["day 1.csv", "day_1.txt", "day 1.boris", "day_1.boris.gz"])
def test_a_correction_takes_the_place_of_annotator_1(tmp_path, name):
    study = correct(tmp_path, name)
    corrected, *others = study.videos
    assert corrected.annotations == {"annotator_1": tmp_path / name}
    assert others == list(STUDY.videos[1:])
    assert study.corrections == {str(tmp_path / name): "x.txt"}
    assert str(tmp_path / name) in study.tabulate_videos()


def test_a_video_without_annotation_gets_one_and_keeps_the_other_annotator(tmp_path):
    study = correct(tmp_path, "night.2.csv")
    path = tmp_path / "night.2.csv"
    assert study.videos[1].annotations == {"annotator_1": path, "annotator_2": Path("y.txt")}
    assert study.corrections == {str(path): ""}


def test_what_the_sheet_names_in_other_files_is_not_looked_for_in_a_correction(tmp_path):
    before, after = STUDY.videos[0], correct(tmp_path, "day 1.csv").videos[0]
    assert before.choose("annotator_1").annotator == "JB"
    assert after.choose("annotator_1").annotator is None
    assert after.choose("annotator_1").observation is None
    assert after.choose("annotator_1").means("day 1")
    assert after.choose("annotator_2").observation == "first"


def test_a_correction_of_no_video_is_refused_with_the_nearest_name(tmp_path):
    with pytest.raises(StudyError) as error:
        correct(tmp_path, "day 2.csv", "nigth.3.boris.gz")
    assert (
        f"{tmp_path / 'day 2.csv'}: corrects no video of the study; the nearest name is 'day 1': rename it"
        " day_1.csv, or take it away"
    ) in str(error.value)
    assert "the nearest name is 'night.3': rename it night.3.boris, or" in str(error.value)


def test_two_corrections_of_one_video_are_refused(tmp_path):
    first, second = tmp_path / "day 1.csv", tmp_path / "day_1.boris"
    with pytest.raises(StudyError) as error:
        correct(tmp_path, first.name, second.name)
    assert f"{first} and {second}: both correct 'day 1'; take one away" in str(error.value)


def test_what_is_no_folder_or_no_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(
        StudyError, match="file: a file; expected a folder of corrected annotations"
    ):
        correct_study(STUDY, tmp_path / "file")
    (tmp_path / "folder" / "day 1").mkdir(parents=True)
    with pytest.raises(StudyError, match="day 1: a folder; expected a file"):
        correct_study(STUDY, tmp_path / "folder")


def test_every_layout_is_corrected_and_the_workflow_makes_no_correction(tmp_path):
    dataset, simulation = DatasetOptions(corrections=tmp_path), SimulationOptions()
    (name, *_) = [video.name for video in make_study(dataset, simulation).videos]
    (tmp_path / f"{name}.csv").touch()
    study = make_study(dataset, simulation)
    assert study.videos[0].annotations["annotator_1"] == tmp_path / f"{name}.csv"
    assert not study.is_made(tmp_path / f"{name}.csv")
    assert study.is_made(study.videos[1].annotations["annotator_1"])
    assert not replace(study, made_here=False).is_made(study.videos[0].path)
