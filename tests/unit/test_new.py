"""A folder of videos becomes a study that can be planned, and nothing is overwritten."""

import os
import re
from pathlib import Path

import pytest
import yaml

from homecage.__main__ import main
from homecage.annotations.contents import Amount
from homecage.config import check_config
from homecage.new import write_behaviors
from homecage.study.layouts import make_study

ROOT = Path(__file__).parents[2]


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """Four videos, three of them annotated, in a folder to work in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my videos").mkdir()
    (tmp_path / "labels").mkdir()
    for name in ("a", "b", "c", "d e"):
        (tmp_path / "my videos" / f"{name}.mp4").touch()
    write(tmp_path, "a", "frame: 1-10 walk\nframe: 11-20 sit up/beg\n")
    write(tmp_path, "b", "frame: 1-5 Walk\nframe: 6-7 yes\n")
    write(tmp_path, "d e", "frame: 1-5 walk\n")
    return tmp_path


def write(lab, name, text):
    (lab / "labels" / f"{name}.txt").write_text(text)


def make(*arguments, study="my study", videos="my videos"):
    return main(["new", study, "--videos", videos, *arguments])


def annotations(lab):
    return ["--annotations", *map(str, sorted((lab / "labels").iterdir()))]


def read_lines(path):
    return path.read_text(encoding="utf-8").splitlines()


def plan(study):
    """Make the experiment and the study that planning would make in the study's folder."""
    os.chdir(study)
    experiment = check_config(yaml.safe_load((study / "config.yaml").read_text(encoding="utf-8")))
    return experiment, make_study(experiment.dataset, experiment.simulation)


def test_a_new_study_lists_the_videos_and_what_is_annotated_in_them(lab, capsys):
    assert make(*annotations(lab)) == 0
    assert sorted(path.name for path in (lab / "my study").iterdir()) == [
        "config.yaml",
        "videos.tsv",
    ]
    assert read_lines(lab / "my study" / "videos.tsv") == [
        "video\tpath\tannotator_1",
        f"a\t{lab}/my videos/a.mp4\t{lab}/labels/a.txt",
        f"b\t{lab}/my videos/b.mp4\t{lab}/labels/b.txt",
        f"c\t{lab}/my videos/c.mp4\t",
        f"d e\t{lab}/my videos/d e.mp4\t{lab}/labels/d e.txt",
    ]
    config = read_lines(lab / "my study" / "config.yaml")
    place = config.index("behaviors:")
    assert config[place + 1 : place + 4] == [
        "  - {name: sit up_beg, labels: [sit up/beg]}  # 1 bout, 10 frames",
        "  - {name: walk}  # 3 bouts, 20 frames",
        "  - {name: 'yes'}  # 1 bout, 2 frames",
    ]
    said = capsys.readouterr().out
    assert "my study/videos.tsv: 4 videos, 3 of them annotated" in said
    assert "my study/config.yaml: 3 behaviors\n  sit up/beg: 1 bout, 10 frames" in said
    assert "warning: no annotation was given of c;" in said
    check, run = "homecage check --study 'my study'\n", "--directory 'my study' --cores all\n"
    assert said.index(check) < said.index("snakemake --snakefile ") < said.index(run)
    assert "Traceback" not in said


def test_a_folder_of_annotations_is_the_files_in_it(lab, capsys):
    """Where they lie beside videos and whatever else a folder has."""
    for path in (lab / "labels").iterdir():
        path.rename(lab / "my videos" / path.name)
    for name in ("Thumbs.db", "a.png", "notes.docx"):
        (lab / "my videos" / name).write_bytes(b"\xff")
    (lab / "my videos" / "other day.txt").write_text("frame: 1-9 fly\n")
    (lab / "my videos" / "readme.txt").write_text("what is this?")
    assert make("--annotations", "my videos") == 0
    said = capsys.readouterr().out
    assert "4 videos, 3 of them annotated" in said and "fly:" not in said
    assert "left out (of no video, by their names): my videos/other day.txt\n" in said
    assert "left out (not read as annotations): my videos/readme.txt\n" in said
    assert "notes.docx" not in said and "a.png" not in said


def test_a_video_is_no_annotation(lab, capsys):
    """As where a shell names all that a folder has."""
    for path in (lab / "labels").iterdir():
        path.rename(lab / "my videos" / path.name)
    (lab / "my videos" / "Thumbs.db").write_bytes(b"\xff")
    (lab / "my videos" / "empty").mkdir()
    listed = sorted(map(str, (lab / "my videos").iterdir()))
    assert make("--annotations", *listed) == 0
    said = capsys.readouterr().out
    assert "4 videos, 3 of them annotated" in said
    assert f"left out (a video is no annotation): {lab}/my videos/a.mp4, " in said
    assert f"left out (not read as annotations): {lab}/my videos/Thumbs.db\n" in said
    assert f"warning: {lab}/my videos/empty: has no file named *.txt, " in said


def test_a_behavior_that_is_nearly_another_is_noted(lab, capsys):
    write(lab, "c", "frame: 1-7 wakl\nframe: 8-9 fly\n")
    assert make(*annotations(lab)) == 0
    assert (
        "warning: wakl (1 bout, 7 frames) is near walk: a slip? Then remove it from my study/config.yaml, "
        "and mend c.txt\n" in capsys.readouterr().out
    )
    config = (lab / "my study" / "config.yaml").read_text()
    assert config.count("a slip?") == 1
    assert (
        "  - {name: wakl}  # 1 bout, 7 frames; near walk: a slip? Then remove this line, and mend c.txt\n"
        in config
    )


def test_frames_of_some_files_and_seconds_of_others_are_told_apart(lab, capsys):
    (lab / "labels" / "c.csv").write_text("behavior,start_s,stop_s\nwalk,0.5,2\n")
    assert make(*annotations(lab)) == 0
    amount = "4 bouts (20 frames in 3 files, 1.5 s in 1 other)\n"
    assert f"  walk: {amount}" in capsys.readouterr().out
    assert f"  - {{name: walk}}  # {amount}" in (lab / "my study" / "config.yaml").read_text()


def test_a_quick_try_is_a_few_lines_that_are_there(lab):
    make(*annotations(lab))
    path = lab / "my study" / "config.yaml"
    text = path.read_text()
    assert "For a first quick try" in text
    path.write_text(re.sub(r"^( *)# (.*  # quick)$", r"\1\2", text, flags=re.M))
    whole, quick = (yaml.safe_load(one) for one in (text, path.read_text()))
    assert quick["folds"] == whole["folds"] | {"number": 4}
    assert quick["convnet"] == whole["convnet"] | {"epochs": 4}
    # As planning does: over the default experiment, whose methods the quick one takes away.
    default = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    left = default["methods"].keys() - quick["methods"].keys()
    assert left == {"3dcnn", "tcn"} and quick["methods"].keys() < default["methods"].keys()
    quick["methods"] = default["methods"] | quick["methods"]
    tried, usual = check_config(default | quick), check_config(default)
    assert [*tried.methods] == ["3dcnn", "tcn"]
    assert tried.convnet.epochs < usual.convnet.epochs
    assert tried.balance.clips_per_behavior < usual.balance.clips_per_behavior


def test_a_new_study_can_be_planned(lab):
    make(*annotations(lab))
    experiment, study = plan(lab / "my study")
    assert [video.name for video in study.videos] == ["a", "b", "c", "d e"]
    assert study.columns == () and study.title == "my study"
    assert experiment.vocabulary.parse("SIT UP/BEG ") == "sit up_beg"
    assert experiment.convnet.trained_on == "fold" and not experiment.needs_clips


def test_what_lies_in_the_study_is_listed_from_there(lab):
    """So that it can be moved as a whole; a file that is there already is no hindrance."""
    (lab / "my study").mkdir()
    (lab / "my videos").rename(lab / "my study" / "videos")
    assert make(*annotations(lab), videos="my study/videos") == 0
    assert read_lines(lab / "my study" / "videos.tsv")[1] == f"a\tvideos/a.mp4\t{lab}/labels/a.txt"
    (lab / "my study").rename(lab / "moved")
    assert len(plan(lab / "moved")[1].videos) == 4


@pytest.mark.parametrize("name", ["videos.tsv", "config.yaml", "clips.tsv", "results"])
def test_nothing_is_overwritten(lab, capsys, name):
    (lab / "my study").mkdir()
    (lab / "my study" / name).symlink_to("nowhere")
    assert make() == 1
    assert (
        f"my study/{name}: is there already, and nothing is overwritten" in capsys.readouterr().err
    )
    assert [path.name for path in (lab / "my study").iterdir()] == [name]


def test_a_second_time_is_refused_and_leaves_the_first(lab, capsys):
    make(*annotations(lab))
    before = [path.read_bytes() for path in sorted((lab / "my study").iterdir())]
    assert make() == 1 and "nothing is overwritten" in capsys.readouterr().err
    assert [path.read_bytes() for path in sorted((lab / "my study").iterdir())] == before


def test_an_annotation_that_cannot_be_read_is_listed_and_said(lab, capsys):
    """The check names it again, among all that is wrong."""
    write(lab, "b", "what is this?\n")
    assert make(*annotations(lab)) == 0
    assert f"warning: {lab}/labels/b.txt, line 1: found 'what is this?'" in capsys.readouterr().out
    assert f"{lab}/labels/b.txt" in read_lines(lab / "my study" / "videos.tsv")[2]


def test_without_annotations_no_behavior_is_invented(lab, capsys):
    (lab / "my videos" / "d e.mp4").rename(lab / "my videos" / "inner.mkv")
    (lab / "my videos" / "more").mkdir()
    (lab / "my videos" / "more" / "e.AVI").touch()
    (lab / "my videos" / "c.mp4").unlink()
    assert make() == 0
    config = yaml.safe_load((lab / "my study" / "config.yaml").read_text())
    assert config["behaviors"] == []
    said = capsys.readouterr().out
    assert "warning: 0 behaviors were found; write two or more into config.yaml" in said
    assert "warning: folds: found 3 videos" in said
    assert "warning: my videos/more: has videos that are not listed" in said


@pytest.mark.parametrize(
    ("videos", "arguments", "message"),
    [
        ("nowhere", [], "nowhere: does not exist; expected a folder of videos"),
        ("my videos/a.mp4", [], "a.mp4: is no folder; expected a folder of videos"),
        ("labels", [], "labels: no videos; expected files named *.mpg, "),
        (".", [], "my videos: has videos that are not listed"),
        ("my videos", ["--annotations", "labels/x.txt"], "labels/x.txt: cannot be read (No such"),
        ("my videos", ["--annotations", "notes.txt"], "notes.txt: is of no video, by its name"),
        ("{x}", [], "has braces, which Snakemake takes for wildcards"),
    ],
)
def test_what_cannot_become_a_study_is_refused_and_leaves_nothing(
    lab, capsys, videos, arguments, message
):
    (lab / "notes.txt").write_text("frame: 1-2 walk\n")
    (lab / "{x}").mkdir()
    (lab / "{x}" / "a.mp4").touch()
    assert make(*arguments, videos=videos) == 1
    said = capsys.readouterr().err
    assert said.startswith("homecage new: error: ") and message in said
    assert "earlier results" not in said
    assert not (lab / "my study").exists()


@pytest.mark.parametrize("label", ["-x", "a\tb", ". .", "#", "null", "1", "f: g", "'", "\u9f20"])
def test_any_label_becomes_a_behavior_that_stands_for_it(label):
    labels = {label: Amount(1, 1), "_": Amount(1, 1), "a_b": Amount(1, 1)}
    labels[f"{label}{label}{label}~"] = labels[f"{label}{label}{label}"] = Amount(
        2, 2
    )  # Near ones.
    text = f"behaviors:{write_behaviors(labels)}\n"
    experiment = check_config(yaml.safe_load(text))
    assert len({experiment.vocabulary.parse(known) for known in labels}) == 5
    assert experiment.vocabulary.parse("a_b") == "a_b"
