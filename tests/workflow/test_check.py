"""What the check's columns and options do to a plan; nothing is run."""

import json
import re
import shlex

import pytest

from homecage.check.aside import Aside, add_aside
from tests.project import TINY, Project, copy_project
from tests.workflow.plans import read_jobs

VIDEOS = "abcd"
CROP = "8,0,48,40"


@pytest.fixture
def lab(tmp_path, monkeypatch) -> Project:
    """Four videos in a sheet, one of which is cropped."""
    dataset = {"layout": "sheets", "root": "data"}
    learned = {"folds": {"validation": 1}, "convnet": {"trained_on": "fold"}}
    config = TINY | learned | {"dataset": dataset, "check": {"on_bad_file": "set_aside"}}
    project = copy_project(tmp_path / "project", config)
    data = project.path / "data"
    data.mkdir()
    rows = ["video\tpath\tannotator_1\tcrop"]
    for name in VIDEOS:
        (data / f"{name}.mpg").write_text(f"no video {name}")
        (data / f"{name}.txt").write_text("frame: 1-9 walk\n")
        rows.append(f"{name}\t{name}.mpg\t{name}.txt\t{CROP if name == 'b' else ''}")
    (data / "videos.tsv").write_text("\n".join(rows) + "\n")
    monkeypatch.chdir(project.path)
    return project


def list_decoded(project):
    shown = project.run("--dry-run", "--printshellcmds").stdout
    jobs = [fields for rule, fields in read_jobs(shown) if rule == "decode_video"]
    commands = re.findall(r"--video data/(\w)\.mpg .*? --crop=(\S*) ", shown)
    assert len(jobs) == len(commands)
    return dict(commands), shown


def test_a_crop_is_told_to_its_own_video_alone(lab):
    for name in "pq":
        (lab.path / "data" / f"{name}.mpg").write_text(f"no clip {name}")
    clips = f"path\tbehavior\tcrop\np.mpg\twalk\t\nq.mpg\twalk\t{CROP}\n"
    (lab.path / "data" / "clips.tsv").write_text(clips)
    crops, shown = list_decoded(lab)
    assert crops == {"a": "", "b": CROP, "c": "", "d": ""}
    assert shown.count(CROP) == 2 and f"--clips data/p.mpg data/q.mpg --crops none {CROP} " in shown


def test_what_is_set_aside_is_not_planned_until_it_is_mended(lab):
    data = lab.path / "data"
    shown = list_decoded(lab)[1]
    words = shlex.split(next(line for line in shown.splitlines() if " check-study " in line))
    state = json.loads(words[words.index("--state") + 1])
    left = Aside("data/c.mpg", "cut {off}", {"frames/c": state["frames/c"]})
    add_aside(lab.results / "check" / "aside.json", [left])
    crops, shown = list_decoded(lab)
    assert set(crops) == {"a", "b", "d"}
    assert len(re.findall(r"^rule train_model:", shown, re.MULTILINE)) == 3
    assert (
        "Set aside by an earlier check, unless they are mended:\n  - data/c.mpg: cut {off}" in shown
    )
    (data / "c.txt").write_text("frame: 1-8 walk\n")
    assert set(list_decoded(lab)[0]) == set(VIDEOS)
    (data / "c.txt").write_text("frame: 1-9 walk\n")
    for mended in (
        "ignored_labels=[dozing]",
        "annotations={tolerance_frames: 3}",
        "frames={on_decode_error: warn}",
    ):
        assert lab.plan("--config", mended)["decode_video"] == 4, mended
    stop = ("--config", "check={on_bad_file: stop}")
    assert "decode_video" in lab.plan(*stop) and lab.plan(*stop)["decode_video"] == 4
