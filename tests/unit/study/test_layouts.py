"""Every layout makes the same study, listed as it lies on the disk, or is refused with what was expected."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from homecage.errors import ConfigError, StudyError
from homecage.simulate.dataset import simulate
from homecage.simulate.options import SimulationOptions
from homecage.storage.tables import read_tsv
from homecage.study import mit
from homecage.study.behaviors import HOME_CAGE, Vocabulary
from homecage.study.crop import Crop
from homecage.study.files import refuse_no_folder
from homecage.study.layouts import make_study
from homecage.study.options import DatasetOptions
from homecage.study.simulated import plan_simulated
from homecage.study.study import Video

VOCABULARY = Vocabulary(behaviors=HOME_CAGE)


def make_files(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def find_mit(root):
    return make_study(DatasetOptions(layout="mit", root=root), SimulationOptions())


def find_sheets(root, videos, clips="path\tbehavior\n"):
    (root / "videos.tsv").write_text(videos, encoding="utf-8")
    if clips:
        (root / "clips.tsv").write_text(clips, encoding="utf-8")
    return make_study(DatasetOptions(layout="sheets", root=root), SimulationOptions())


@pytest.mark.parametrize("nothing", [None, "", "null"])
def test_options_come_as_strings_too(nothing):
    assert DatasetOptions(layout="simulated", root=nothing).root is None


def test_options_that_contradict_each_other_are_refused():
    with pytest.raises(ValidationError, match="'mit' needs root"):
        DatasetOptions(layout="mit", root="null")
    with pytest.raises(ValidationError, match="takes no root"):
        DatasetOptions(layout="simulated", root="somewhere")
    with pytest.raises(ValidationError, match="folder"):
        DatasetOptions(layout="mit", folder="x")


def test_the_mit_layout(tmp_path):
    make_files(
        tmp_path,
        "full_database/b.mpg",
        "full_database/a.mpg",
        "full_database/notes.txt",
        "full_database/Annotator_group_1/a.txt",
        "full_database/Annotator_group_1/b.txt",
        "full_database/Annotator_group_2/a.txt",
        "clipped_database/20080427184842/video5_groom_163.mpg",
        "clipped_database/20080427184842/20080427184842_ha_2.mpg",
        "clipped_database/agouti/agouti_drink_1.mpg",
        "clipped_database/empty/readme.txt",
    )
    found = find_mit(tmp_path)
    assert [video.name for video in found.videos] == ["a", "b"]
    assert found.videos[0].path == tmp_path / "full_database" / "a.mpg"
    full = tmp_path / "full_database"
    assert found.videos[0].annotations == {
        "annotator_1": full / "Annotator_group_1" / "a.txt",
        "annotator_2": full / "Annotator_group_2" / "a.txt",
    }
    assert set(found.videos[1].annotations) == {"annotator_1"}
    assert [folder.name for folder in found.clip_folders] == ["20080427184842", "agouti"]
    labels = [(clip.name, clip.label) for clip in found.clip_folders[0].clips]
    assert labels == [("20080427184842_ha_2", "ha"), ("video5_groom_163", "groom")]
    assert not found.simulated
    assert found.title == tmp_path.name and found.label == f"{tmp_path.name}, 2 videos"


def test_flat_clips_are_one_folder(tmp_path):
    make_files(tmp_path, "full_database/a.mpg", "clipped_database/v_w_1.mpg")
    (folder,) = find_mit(tmp_path).clip_folders
    assert folder.name == "clipped_database" and folder.clips[0].label == "w"


def test_a_clip_of_another_name_has_no_label(tmp_path):
    make_files(tmp_path, "full_database/a.mpg", "clipped_database/clip.mpg")
    assert find_mit(tmp_path).clip_folders[0].clips[0].label == ""


def test_the_mark_of_a_simulation(tmp_path):
    make_files(tmp_path, "full_database/a.mpg", "SIMULATED.txt")
    assert find_mit(tmp_path).simulated


def test_other_containers_and_hidden_files(tmp_path):
    names = ["a.MPG", "b.mpeg", "c.Mp4", "d.avi", "e.mkv", "f.MOV", "g.m4v"]
    make_files(tmp_path / "full_database", *names, "._a.mpg", "h.docx", ".cache/x.mpg")
    make_files(tmp_path / "clipped_database" / ".hidden", "x_w_1.mpg")
    found = find_mit(tmp_path)
    assert [video.path.name for video in found.videos] == names
    assert found.clip_folders == ()


@pytest.mark.parametrize("name", ["with space", "-dash", "%03d", "q'u\"o`te", "é 鼠", "[x]", "a.b"])
def test_odd_names_are_names(tmp_path, name):
    make_files(tmp_path, f"full_database/{name}.mpg", f"full_database/Annotator_group_1/{name}.txt")
    (video,) = find_mit(tmp_path).videos
    assert video.name == name and "annotator_1" in video.annotations


@pytest.mark.parametrize("name", ["line\nbreak", "tab\there", "\x1bescape"])
def test_names_that_would_break_a_table_are_refused(tmp_path, name):
    make_files(tmp_path, f"full_database/{name}.mpg")
    with pytest.raises(StudyError, match=r"full_database: the name .* has a control character"):
        find_mit(tmp_path)


def test_names_that_are_one_on_disk_are_refused_with_both(tmp_path):
    make_files(tmp_path, "full_database/a b.mpg", "full_database/a+b.mpg")
    with pytest.raises(StudyError, match=r"'a b' and 'a\+b' would both be called 'a_b' on disk"):
        find_mit(tmp_path)


def test_a_video_keeps_its_own_name_beside_the_safe_one(tmp_path):
    make_files(tmp_path, "full_database/-a %03d é 鼠.mpg")
    study = find_mit(tmp_path)
    assert study.videos[0].key == "_a__03d_é_鼠"
    lines = study.tabulate_videos().splitlines()
    assert lines[1].split("\t")[:2] == ["_a__03d_é_鼠", "-a %03d é 鼠"]


def test_a_name_with_quotes_is_read_back_from_the_table(tmp_path):
    make_files(tmp_path, 'full_database/"a" b.mpg')
    (tmp_path / "videos.tsv").write_text(find_mit(tmp_path).tabulate_videos(), encoding="utf-8")
    assert read_tsv(tmp_path / "videos.tsv", text=True)["name"].tolist() == ['"a" b']


def test_two_videos_of_one_name_are_refused(tmp_path):
    make_files(tmp_path, "full_database/a.mpg", "full_database/a.avi")
    with pytest.raises(StudyError, match=r"a\.avi and .*a\.mpg: the same name 'a'"):
        find_mit(tmp_path)


@pytest.mark.parametrize("path", ["{x}/full_database/a.mpg", "x/full_database/{a}.mpg"])
def test_a_path_with_braces_is_refused(tmp_path, path):
    make_files(tmp_path, path)
    with pytest.raises(StudyError, match="has braces, which Snakemake takes for wildcards"):
        find_mit(tmp_path / path.partition("/")[0])


def test_a_root_that_is_none(tmp_path):
    with pytest.raises(
        ConfigError, match=r"dataset\.root: .*none: no such file; expected the data set"
    ):
        find_mit(tmp_path / "none")
    make_files(tmp_path, "file")
    with pytest.raises(ConfigError, match="file: a file; expected the data set"):
        find_mit(tmp_path / "file")


def test_an_empty_folder(tmp_path):
    with pytest.raises(StudyError, match="expected a folder full_database"):
        find_mit(tmp_path)
    (tmp_path / "full_database").mkdir()
    with pytest.raises(StudyError, match=r"full_database: no videos; expected files named \*\.mpg"):
        find_mit(tmp_path)


def test_listing_opens_no_video(tmp_path, monkeypatch):
    names = [f"full_database/{k:04d}.mpg" for k in range(300)]
    make_files(tmp_path, *names)
    monkeypatch.setattr("pathlib.Path.open", None)
    assert len(find_mit(tmp_path).videos) == 300


def test_sheets(tmp_path):
    make_files(
        tmp_path, "v/b.mp4", "v/a 1.mp4", "labels/b.txt", "labels/b2.txt", "c/x.avi", "c/y.avi"
    )
    found = find_sheets(
        tmp_path,
        "\ufeffvideo\tpath\tannotator_1\tannotator_2\r\n"
        "second\tv/b.mp4\tlabels/b.txt\tlabels/b2.txt\r\n"
        "\r\n"
        "first\tv/a 1.mp4\r\n",
        "path\tbehavior\tfolder\nc/y.avi\tgroom\tday\nc/x.avi\twalk\t\n",
    )
    assert [video.name for video in found.videos] == ["first", "second"]
    assert found.videos[0].path == tmp_path / "v" / "a 1.mp4"
    assert found.videos[0].annotations == {}
    assert found.videos[1].annotations["annotator_2"] == tmp_path / "labels" / "b2.txt"
    folders = [(folder.name, folder.clips[0].name) for folder in found.clip_folders]
    assert folders == [("clips", "x"), ("day", "y")]
    assert found.clip_folders[1].clips[0].label == "groom"


@pytest.mark.parametrize(
    ("videos", "message"),
    [
        (
            "",
            r"videos\.tsv, line 1: found columns \[\]; expected tab-separated columns video, path",
        ),
        ("video,path\n", r"line 1: found columns \['video,path'\] \(cells are divided by ','\)"),
        ("video;path\n", r"line 1: found columns \['video;path'\] \(cells are divided by ';'\)"),
        ("video\tpath\t\textra\n", "line 1: found columns"),
        ("video\tpath\tfold\na\ta.mp4\t1\n", "the column 'fold' has a name that results use"),
        ("video\tpath\tpath\n", "line 1: found columns"),
        ("video\tpath\n", r"videos\.tsv: no videos"),
        ("video\tpath\na\n", r"videos\.tsv, line 2: nothing in column path"),
        ("video\tpath\na\ta.mp4\textra\n", "line 2: 3 cells under 2 columns"),
        ("video\tpath\na\tb.mp4\n", r"line 2: no such file: .*b\.mp4"),
        ("video\tpath\tannotator_1\na\ta.mp4\ta.txt\n", r"line 2: no such file: .*a\.txt"),
        ("video\tpath\na\ta.mp4\na\ta.mp4\n", r"line 2 and .*line 3: the same name 'a'"),
        ("video\tpath\na\ta.mp4\nb\ta.mp4\n", r"a\.mp4: is both 'a' and 'b'; list each file once"),
        (f"video\tpath\n{'x' * 200}\ta.mp4\n", "is too long for a file"),
    ],
)
def test_a_sheet_with_a_mistake(tmp_path, videos, message):
    make_files(tmp_path, "a.mp4")
    with pytest.raises(StudyError, match=message):
        find_sheets(tmp_path, videos)


def test_a_crop_of_some_videos(tmp_path):
    make_files(tmp_path, "a.mp4", "b.mp4")
    sheet = "video\tpath\tcrop\tanimal\na\ta.mp4\t1, 2,30,40\tM1\nb\tb.mp4\t\tM2\n"
    first, second = find_sheets(tmp_path, sheet).videos
    assert str(first.crop) == "1,2,30,40" and second.crop is None
    assert dict(first.columns) == {"animal": "M1"}  # No column of the lab's own.


def test_a_crop_of_some_clips(tmp_path):
    make_files(tmp_path, "a.mp4", "b.mp4", "c.mp4")
    videos, clips = "video\tpath\na\ta.mp4\n", "path\tbehavior\tcrop\n{}\nc.mp4\twalk\t\n"
    study = find_sheets(tmp_path, videos, clips.format("b.mp4\twalk\t1,2,30,40"))
    assert [clip.crop for clip in study.clip_folders[0].clips] == [Crop(1, 2, 30, 40), None]
    with pytest.raises(StudyError, match=r"clips.tsv, line 2: crop: found '0'; expected x,y,width"):
        find_sheets(tmp_path, videos, clips.format("b.mp4\twalk\t0"))


def test_crops_that_are_none_are_named_together(tmp_path):
    make_files(tmp_path, "a.mp4", "b.mp4")
    with pytest.raises(StudyError) as error:
        find_sheets(tmp_path, "video\tpath\tcrop\na\ta.mp4\t1,2,3\nb\tb.mp4\tleft\n")
    assert "videos.tsv, line 2: crop: found '1,2,3'; expected x,y,width,height" in str(error.value)
    assert "videos.tsv, line 3: crop: found 'left'" in str(error.value)


def test_a_sheet_names_all_its_mistakes(tmp_path):
    with pytest.raises(StudyError, match="2 problems") as error:
        find_sheets(tmp_path, "video\tpath\na\ta.mp4\nb\tb.mp4\n")
    assert "line 2" in str(error.value) and "line 3" in str(error.value)


def test_a_clip_sheet_with_a_mistake(tmp_path):
    make_files(tmp_path, "a.mp4")
    videos = "video\tpath\na\ta.mp4\n"
    with pytest.raises(StudyError, match=r"clips\.tsv, line 3: no such file: .*c\.mp4"):
        find_sheets(tmp_path, videos, "path\tbehavior\na.mp4\twalk\nc.mp4\twalk\n")
    with pytest.raises(StudyError, match=r"clips\.tsv, line 2: nothing in column behavior"):
        find_sheets(tmp_path, videos, "path\tbehavior\na.mp4\t\n")
    with pytest.raises(StudyError, match="the same name 'clips/a'"):
        find_sheets(tmp_path, videos, "path\tbehavior\na.mp4\twalk\na.mp4\trest\n")


def test_a_sheet_that_is_missing_or_no_text(tmp_path):
    with pytest.raises(StudyError, match=r"videos\.tsv: no such file; expected a sheet with"):
        make_study(DatasetOptions(layout="sheets", root=tmp_path), SimulationOptions())
    (tmp_path / "videos.tsv").write_bytes(b"video\tpath\n\xe9\ta.mp4\n")
    with pytest.raises(
        StudyError, match=r"not UTF-8 text .*; expected tab-separated columns video"
    ):
        make_study(DatasetOptions(layout="sheets", root=tmp_path), SimulationOptions())
    (tmp_path / "videos.tsv").write_bytes("video\tpath\n".encode("utf-16"))
    with pytest.raises(StudyError, match=r"videos\.tsv: text in UTF-16, which Excel calls Unicode"):
        make_study(DatasetOptions(layout="sheets", root=tmp_path), SimulationOptions())


def test_the_mit_home_cage_is_known_by_its_videos(tmp_path):
    known = sorted(mit._KNOWN_VIDEOS)
    make_files(tmp_path / "full_database", *(f"{name}.mpg" for name in known))
    assert not find_mit(tmp_path).has_published_scores  # 11 of 12
    make_files(tmp_path / "full_database", "20080429120000.mpg")
    assert find_mit(tmp_path).has_published_scores
    make_files(tmp_path, "SIMULATED.txt")
    assert not find_mit(tmp_path).has_published_scores
    (tmp_path / "SIMULATED.txt").unlink()
    (tmp_path / "full_database" / f"{known[0]}.mpg").rename(
        tmp_path / "full_database" / "other.mpg"
    )
    assert not find_mit(tmp_path).has_published_scores


def test_further_columns_reach_the_table(tmp_path):
    make_files(tmp_path, "a.mp4", "b.mp4")
    study = find_sheets(
        tmp_path, "animal\tvideo\tpath\tlight on\nM1\ta\ta.mp4\tyes\nM2\tb\tb.mp4\n", ""
    )
    assert study.columns == ("animal", "light on")
    assert study.tabulate_videos().splitlines() == [
        "video\tname\tpath\tannotator_1\tannotator_2\tanimal\tlight on",
        f"a\ta\t{tmp_path}/a.mp4\t\t\tM1\tyes",
        f"b\tb\t{tmp_path}/b.mp4\t\t\tM2\t",
    ]


def test_clips_are_optional_in_sheets(tmp_path):
    make_files(tmp_path, "a.mp4")
    assert find_sheets(tmp_path, "video\tpath\na\ta.mp4\n", "").clip_folders == ()


def test_the_table_of_clips_says_what_their_labels_mean(tmp_path):
    make_files(tmp_path, "a.mp4", "c.mp4")
    study = find_sheets(
        tmp_path,
        "video\tpath\na\ta.mp4\n",
        "path\tbehavior\nc.mp4\tGB \n",
    )
    assert (
        study.tabulate_clips(VOCABULARY).splitlines()[1] == f"clips\tc\t{tmp_path}/c.mp4\tGB\tgroom"
    )


def test_the_simulated_study_is_known_before_it_is_made(tmp_path):
    options = SimulationOptions(
        videos=3, seconds=1, videos_annotated_twice=1, clip_folders=1, clips_per_folder=8
    )
    planned = plan_simulated(options, tmp_path / "made")
    simulate(options=options, output=tmp_path / "made")
    found = find_mit(tmp_path / "made")
    # The layout has no place for what is known of each video beside its name.
    assert planned.columns == ("animal", "cage", "session")
    assert all(set(video.columns) == set(planned.columns) for video in planned.videos)
    assert tuple(replace(video, columns={}) for video in planned.videos) == found.videos
    assert planned.notice == found.notice and planned.label == found.label
    (mine,), (theirs,) = planned.clip_folders, found.clip_folders
    assert [clip.path for clip in mine.clips] == [clip.path for clip in theirs.clips]
    meant = [[VOCABULARY.parse(clip.label) for clip in own.clips] for own in (mine, theirs)]
    assert meant[0] == meant[1]


@pytest.mark.parametrize("path", ["full_database/b.mpg", "full_database/Annotator_group_1/b.txt"])
def test_what_is_named_like_a_file_must_be_one(tmp_path, path):
    make_files(tmp_path, "full_database/a.mpg", "full_database/Annotator_group_1/a.txt")
    (tmp_path / path).mkdir()
    with pytest.raises(StudyError, match=r"b\.(mpg|txt): a folder; expected a file"):
        find_mit(tmp_path)
    (tmp_path / path).rmdir()
    (tmp_path / path).symlink_to("nowhere")
    with pytest.raises(StudyError, match=r"b\.(mpg|txt): a link to nothing; expected a file"):
        find_mit(tmp_path)


def make_crooked_paths(root):
    """Make what a path may lead to beside a file; return it with what is said of it."""
    (root / "loop.mp4").symlink_to("loop.mp4")
    (root / "gone.mp4").symlink_to("nowhere")
    (root / "folder.mp4").mkdir()
    os.mkfifo(root / "pipe.mp4")
    return {
        "loop.mp4": "a loop of links",
        "gone.mp4": "a link to nothing",
        "folder.mp4": "a folder",
        "pipe.mp4": "a device or a pipe",
    }


def test_a_path_that_leads_to_no_file_is_refused_with_the_reason(tmp_path):
    said = make_crooked_paths(tmp_path) | {
        f"{'x' * 300}.mp4": "a path too long for this file system"
    }
    rows = "".join(f"{number}\t{path}\n" for number, path in enumerate(said))
    with pytest.raises(StudyError) as caught:
        find_sheets(tmp_path, "video\tpath\n" + rows)
    lines = [line.strip() for line in str(caught.value).splitlines()[1:-1]]
    assert lines == [
        f"- {tmp_path}/videos.tsv, line {number}: {problem}: {tmp_path / path}"
        for number, (path, problem) in enumerate(said.items(), start=2)
    ]


def test_a_listed_file_that_is_none_is_refused_with_the_reason(tmp_path):
    full = tmp_path / "full_database"
    full.mkdir()
    said = make_crooked_paths(full)
    with pytest.raises(StudyError) as caught:
        find_mit(tmp_path)
    assert all(
        f"{full / path}: {problem}; expected a file" in str(caught.value)
        for path, problem in said.items()
    )


def test_a_folder_that_cannot_be_listed_is_refused(tmp_path):
    (tmp_path / "full_database").mkdir()
    (tmp_path / "full_database" / "a.mp4").touch()
    (tmp_path / "clipped_database").mkdir()
    (tmp_path / "clipped_database" / "loop").symlink_to("loop")
    with pytest.raises(StudyError, match=r"loop: a loop of links"):
        find_mit(tmp_path)
    with pytest.raises(ConfigError, match=r"dataset\.root: .*: a path too long"):
        find_mit(tmp_path / ("x" * 300))
    with pytest.raises(ConfigError, match=r"dataset\.root: .*: a loop of links"):
        find_mit(tmp_path / "clipped_database" / "loop")


def test_results_are_a_folder_or_will_be(tmp_path):
    for path in (tmp_path, tmp_path / "results"):
        refuse_no_folder(path)
    (tmp_path / "results").symlink_to("a disk that is not there")
    with pytest.raises(
        ConfigError, match="results: a link to nothing; expected a folder, a link to"
    ):
        refuse_no_folder(tmp_path / "results")
    make_files(tmp_path, "file")
    with pytest.raises(ConfigError, match="file: a file; expected a folder"):
        refuse_no_folder(tmp_path / "file")


CELLS = st.sampled_from(
    [
        *(
            "video",
            "path",
            "animal",
            "annotator_1",
            "crop",
            "behavior",
            "clip",
            "folder",
            "1,2,3,4",
        ),
        *("a", "a.mp4", "b.mp4", "a.txt", "..", "{x}", " ", '"', "\r", "\x1b", "\ufeff", "é" * 99),
    ]
)
SHEET = st.lists(st.lists(CELLS, max_size=4).map("\t".join), max_size=5).map("\n".join)


def under(*heads):
    """Sheets with one of these heads, or with any."""
    headed = (SHEET.map(f"{head}\n{{}}".format) for head in heads)
    return st.one_of(SHEET, *headed).map(str.encode) | st.binary(max_size=40)


@given(under("video\tpath", "video\tpath\tannotator_1\tcrop"))
def test_any_sheet_makes_a_study_or_is_refused(tmp_path_factory, content):
    root = tmp_path_factory.getbasetemp() / "any sheet"
    root.mkdir(exist_ok=True)
    (root / "a.mp4").touch()
    (root / "videos.tsv").write_bytes(content)
    try:
        study = make_study(DatasetOptions(layout="sheets", root=root), SimulationOptions())
    except StudyError as error:
        assert str(root) in str(error) or "name" in str(error)
    else:
        assert [video.path.name for video in study.videos] == ["a.mp4"]


@given(under("path\tbehavior", "path\tbehavior\tclip\tfolder"))
def test_any_sheet_of_clips_belongs_to_a_study_or_is_refused(tmp_path_factory, content):
    root = tmp_path_factory.getbasetemp() / "any clips"
    root.mkdir(exist_ok=True)
    for name in ("a.mp4", "b.mp4"):
        (root / name).touch()
    (root / "videos.tsv").write_text("video\tpath\nb\tb.mp4\n")
    (root / "clips.tsv").write_bytes(content)
    try:
        study = make_study(DatasetOptions(layout="sheets", root=root), SimulationOptions())
    except StudyError as error:
        assert str(root) in str(error) or "name" in str(error)
    else:
        clips = [clip for folder in study.clip_folders for clip in folder.clips]
        assert {clip.path.name for clip in clips} <= {"a.mp4", "b.mp4"}


def test_the_sheet_says_which_of_a_files_annotations_are_meant():
    columns = {
        "subject": "M1",
        "observation": "",
        "annotator_1_name": "Jin",
        "annotator_2_subject": "M2",
    }
    video = Video("day 1", Path("videos/a1.mpg"), {}, columns)
    first, second = video.choose("annotator_1"), video.choose("annotator_2")
    assert first.video == ("day 1", "a1", "a1.mpg") and first.means(" A1 ")
    assert (first.observation, first.subject, first.annotator) == (None, "M1", "Jin")
    assert (second.observation, second.subject, second.annotator) == (None, "M2", None)
    assert second.column_of("annotator") == "annotator_2_name"
