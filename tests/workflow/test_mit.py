"""Data sets in the MIT layout: real video, odd names, and the paper's experiment planned."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.project import ROOT, TINY, Project, copy_project
from tests.workflow.recompute import check_table

REAL_MINI = ROOT.parent / "shared" / "data" / "real-mini"

KNOWN_NAMES = [
    *("20080321162447", "20080324115556", "20080324143707A", "20080324143707B"),
    *("20080421153635", "20080422170445", "20080423191834A", "20080424092813"),
    *("20080428161640", "agoutivideo320080229A", "agoutivideo320080229F"),
]


def use(root: Path) -> list[str]:
    return ["--config", f"dataset={{layout: mit, root: {json.dumps(str(root))}}}"]


def read(project: Project, table: str) -> pd.DataFrame:
    return pd.read_csv(project.results / table, sep="\t")


@pytest.mark.skipif(not REAL_MINI.is_dir(), reason=f"no real video at {REAL_MINI}")
def test_real_video_in_k_folds_runs_to_a_right_table(tmp_path):
    project = copy_project(tmp_path, TINY | {"folds": {"number": 4}})
    project.make(*use(REAL_MINI))
    check_table(project.results)
    accuracy = read(project, "evaluation/accuracy.tsv")
    assert set(accuracy["source"]) == {"measured"}
    frames = accuracy.set_index(["method", "frames_of"])["n_frames"]
    assert set(frames["3dcnn", "FD"]) == {2700} and set(frames["human", "FD*"]) == {900}
    behaviors = read(project, "evaluation/per_behavior.tsv").set_index("behavior")
    for absent in ("drink", "eat", "hang"):
        assert behaviors.loc[absent, "recall"].isna().all()
        assert (behaviors.loc[absent, "support"] == 0).all()
    counts = read(project, "convnet/balance.tsv")
    assert counts["stretches"].sum() == 33 and counts["too_short"].sum() == 2
    folds = read(project, "study/folds.tsv")
    held_out = folds[folds["role"] == "held_out"]
    assert sorted(held_out["video"]) == sorted(p.stem for p in REAL_MINI.glob("*/*.mpg"))
    assert set(held_out.groupby("fold").size()) == {3}
    assert {p.parent.name for p in project.results.glob("models/*/*/model.safetensors")} == set(
        held_out["fold"]
    )
    assert "Nothing to be done" in project.make(*use(REAL_MINI)).stdout


def test_odd_names_work_through_every_rule_and_stand_in_the_tables(simulated, tmp_path):
    data = tmp_path / "my data 'set', one"
    simulated_data = simulated.results / "dataset"
    names = {
        "-a %03d 'q\" é 鼠": "_a__03d__q__é_鼠",
        "[a]~(b)": "_a___b_",
        "$HOME;#*,?": "_HOME_____",
    }
    for folder in ("", "Annotator_group_1", "Annotator_group_2"):
        target = data / "full_database" / folder
        target.mkdir(parents=True)
        for old, new in zip(("sim01day", "sim02day", "sim03night"), names, strict=True):
            for path in (simulated_data / "full_database" / folder).glob(f"{old}.*"):
                shutil.copy(path, target / f"{new}{path.suffix}")
    odd_folder = data / "clipped_database" / "-odd, %d 'f"
    shutil.copytree(simulated_data / "clipped_database" / "sim05day", odd_folder)
    shutil.copy(simulated_data / "SIMULATED.txt", data)
    project = copy_project(tmp_path / "project", TINY | {"folds": {"validation": 1}})
    project.make(*use(Path("..") / data.name))
    check_table(project.results)
    assert "imulated" in (project.results / "figures" / "accuracy.md").read_text(encoding="utf-8")
    videos = read(project, "study/videos.tsv")
    assert dict(zip(videos["name"], videos["video"], strict=True)) == names
    assert {p.stem for p in project.results.glob("predictions/*/*")} == set(names.values())
    assert {p.parent.name for p in project.results.glob("models/*/*/model.safetensors")} == set(
        names.values()
    )
    for table in ("bouts", "time_budget", "accuracy_by_video", "confusion_by_video"):
        assert set(read(project, f"evaluation/{table}.tsv")["video"]) == set(names), table
    assert set(read(project, "study/clips.tsv")["folder"]) == {"_odd___d__f"}
    assert "Nothing to be done" in project.make(*use(Path("..") / data.name)).stdout


def make_shell(root: Path, names: list[str]) -> Path:
    """Make a data set of empty files: enough to plan on."""
    for name in names:
        for path in (f"{name}.mpg", f"Annotator_group_1/{name}.txt"):
            (root / "full_database" / path).parent.mkdir(parents=True, exist_ok=True)
            (root / "full_database" / path).touch()
    for folder in ("20080427184842", "agoutivideo320080229"):
        clip = root / "clipped_database" / folder / f"{folder}_groomback_1.mpg"
        clip.parent.mkdir(parents=True)
        clip.touch()
    return root


def test_the_papers_experiment_is_planned_at_full_size(tmp_path):
    data = make_shell(tmp_path / "mit", [*KNOWN_NAMES, "20080500000000"])
    project = copy_project(tmp_path / "project")
    paper = ["--configfile", "config.yaml", "workflow/experiments/paper.yaml"]
    paper += ["--config", f"dataset={{root: {data}}}"]
    plan = project.plan(*paper)
    for rule in ("decode_video", "extract_fc6", "train_model"):
        assert plan[rule] == 12
    assert plan["train_convnet"] == plan["predict_model"] == 1 and plan["decode_clips"] == 2
    assert not any(rule.startswith("simulate") for rule in plan)
    shown = project.run("--dry-run", "--printshellcmds", *paper).stdout
    for value in (
        '"size_px":128',
        '"channels":[64,128,256,256,256],"descriptor":2048,"dropout":0.5,"initialization":"he"',
        '"epochs":15,"batch_size":32,"optimizer":"sgd","learning_rate":0.002',
        '"layers":3,"units":512',
        "--published yes",
    ):
        assert value in shown, value


def test_published_rows_are_for_the_real_data_set_alone(tmp_path):
    project = copy_project(tmp_path / "project")
    almost = make_shell(tmp_path / "almost", [*KNOWN_NAMES[:-1], "other", "another"])
    simulated = make_shell(tmp_path / "simulated", [*KNOWN_NAMES, "20080500000000"])
    (simulated / "SIMULATED.txt").touch()
    for data in (almost, simulated):
        shown = project.run("--dry-run", "--printshellcmds", *use(data)).stdout
        assert "--published no" in shown
