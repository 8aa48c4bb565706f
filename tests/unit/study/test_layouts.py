"""Data sets are listed as they lie on the disk, in both layouts, or refused with what was expected."""

import pytest
from homecage.ingest import dataset as dataset_module
from pydantic import ValidationError

from homecage.errors import ConfigError, DatasetError
from homecage.study.layouts import find_dataset, is_mit_home_cage
from homecage.study.options import DatasetOptions


def make_files(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def find_mit(root):
    return find_dataset(DatasetOptions(layout="mit", root=root))


def find_sheets(root, videos, clips="path\tbehavior\n"):
    (root / "videos.tsv").write_text(videos, encoding="utf-8")
    (root / "clips.tsv").write_text(clips, encoding="utf-8")
    return find_dataset(DatasetOptions(layout="sheets", root=root))


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
    assert found.find_video("b") == found.videos[1]
    assert found.find_clip_folder("agouti") == found.clip_folders[1]
    with pytest.raises(DatasetError, match="no full video 'c'"):
        found.find_video("c")
    with pytest.raises(DatasetError, match="no clip folder 'c'"):
        found.find_clip_folder("c")


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


@pytest.mark.parametrize("name", ["line\nbreak", "tab\there", "back\\slash", "\x1bescape", "{x}"])
def test_names_that_cannot_name_results_are_refused(tmp_path, name):
    make_files(tmp_path, f"full_database/{name}.mpg")
    with pytest.raises(DatasetError, match=r"full_database: the name .* cannot name results"):
        find_mit(tmp_path)


def test_two_videos_of_one_name_are_refused(tmp_path):
    make_files(tmp_path, "full_database/a.mpg", "full_database/a.avi")
    with pytest.raises(DatasetError, match=r"a\.avi and .*a\.mpg: the same name 'a'"):
        find_mit(tmp_path)


def test_a_root_with_braces_is_refused(tmp_path):
    make_files(tmp_path / "{x}", "full_database/a.mpg")
    with pytest.raises(ConfigError, match="has braces, which mark wildcards"):
        find_mit(tmp_path / "{x}")


def test_a_root_that_is_none(tmp_path):
    with pytest.raises(ConfigError, match=r"dataset\.root: .* does not exist"):
        find_mit(tmp_path / "none")
    make_files(tmp_path, "file")
    with pytest.raises(ConfigError, match="is not a folder"):
        find_mit(tmp_path / "file")
    with pytest.raises(ConfigError, match="give the folder"):
        find_dataset(DatasetOptions())


def test_an_empty_folder(tmp_path):
    with pytest.raises(DatasetError, match="expected a folder full_database"):
        find_mit(tmp_path)
    (tmp_path / "full_database").mkdir()
    with pytest.raises(
        DatasetError, match=r"full_database: no videos; expected files named \*\.mpg"
    ):
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
        ("video,path\n", "line 1: found columns"),
        ("video\tpath\tcolour\n", "line 1: found columns"),
        ("video\tpath\tpath\n", "line 1: found columns"),
        ("video\tpath\n", r"videos\.tsv: no videos"),
        ("video\tpath\na\n", r"videos\.tsv, line 2: nothing in column path"),
        ("video\tpath\na\ta.mp4\textra\n", "line 2: 3 cells under 2 columns"),
        ("video\tpath\na\tb.mp4\n", r"line 2: no such file .*b\.mp4"),
        ("video\tpath\tannotator_1\na\ta.mp4\ta.txt\n", r"line 2: no such file .*a\.txt"),
        ("video\tpath\na\ta.mp4\na\ta.mp4\n", r"line 2 and .*line 3: the same name 'a'"),
        ("video\tpath\na/b\ta.mp4\n", "line 2: the name 'a/b' cannot"),
        ("video\tpath\n..\ta.mp4\n", r"line 2: the name '\.\.' cannot"),
    ],
)
def test_a_sheet_with_a_mistake(tmp_path, videos, message):
    make_files(tmp_path, "a.mp4")
    with pytest.raises(DatasetError, match=message):
        find_sheets(tmp_path, videos)


def test_a_sheet_names_all_its_mistakes(tmp_path):
    with pytest.raises(DatasetError, match="2 problems") as error:
        find_sheets(tmp_path, "video\tpath\na\ta.mp4\nb\tb.mp4\n")
    assert "line 2" in str(error.value) and "line 3" in str(error.value)


def test_a_clip_sheet_with_a_mistake(tmp_path):
    make_files(tmp_path, "a.mp4")
    videos = "video\tpath\na\ta.mp4\n"
    with pytest.raises(DatasetError, match=r"clips\.tsv, line 3: no such file .*c\.mp4"):
        find_sheets(tmp_path, videos, "path\tbehavior\na.mp4\twalk\nc.mp4\twalk\n")
    with pytest.raises(DatasetError, match=r"clips\.tsv, line 2: nothing in column behavior"):
        find_sheets(tmp_path, videos, "path\tbehavior\na.mp4\t\n")
    with pytest.raises(DatasetError, match="the same name 'clips/a'"):
        find_sheets(tmp_path, videos, "path\tbehavior\na.mp4\twalk\na.mp4\trest\n")


def test_a_sheet_that_is_missing_or_no_text(tmp_path):
    with pytest.raises(DatasetError, match=r"videos\.tsv: no such file; expected a sheet with"):
        find_dataset(DatasetOptions(layout="sheets", root=tmp_path))
    (tmp_path / "videos.tsv").write_bytes(b"video\tpath\n\xe9\ta.mp4\n")
    with pytest.raises(DatasetError, match="not UTF-8 text"):
        find_dataset(DatasetOptions(layout="sheets", root=tmp_path))


def test_the_mit_home_cage_is_known_by_its_videos(tmp_path):
    known = sorted(dataset_module._MIT_VIDEOS)
    make_files(tmp_path / "full_database", *(f"{name}.mpg" for name in known))
    assert not is_mit_home_cage(find_mit(tmp_path))  # 11 of 12
    make_files(tmp_path / "full_database", "20080429120000.mpg")
    assert is_mit_home_cage(find_mit(tmp_path))
    make_files(tmp_path, "SIMULATED.txt")
    assert not is_mit_home_cage(find_mit(tmp_path))
    (tmp_path / "SIMULATED.txt").unlink()
    (tmp_path / "full_database" / f"{known[0]}.mpg").rename(
        tmp_path / "full_database" / "other.mpg"
    )
    assert not is_mit_home_cage(find_mit(tmp_path))


@pytest.mark.parametrize("path", ["full_database/b.mpg", "full_database/Annotator_group_1/b.txt"])
def test_what_is_named_like_a_file_must_be_one(tmp_path, path):
    make_files(tmp_path, "full_database/a.mpg", "full_database/Annotator_group_1/a.txt")
    (tmp_path / path).mkdir()
    with pytest.raises(DatasetError, match=r"b\.(mpg|txt): a folder; expected a file"):
        find_mit(tmp_path)
    (tmp_path / path).rmdir()
    (tmp_path / path).symlink_to("nowhere")
    with pytest.raises(DatasetError, match=r"b\.(mpg|txt): a link to nothing; expected a file"):
        find_mit(tmp_path)
