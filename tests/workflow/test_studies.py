"""Studies and experiments of other kinds: what a lab changes, and how little it writes for that."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from homecage.__main__ import main
from homecage.storage.weights import load_weights, save_weights
from tests.faults.cases import Case, find_cases
from tests.project import TINY, Project, copy_project, merge
from tests.workflow.plans import SHEETS, read_roles, restored
from tests.workflow.recompute import check_table
from tests.workflow.test_mit import REAL_MINI, read

# 1. A study of its own: five behaviors, four animals, no clips

ANIMALS = {
    "openfieldA": "M1",
    "openfieldB": "M1",
    "bottomviewA": "M2",
    "bottomviewD": "M2",
    "openfieldF": "M3",
    "openfieldH": "M4",
}
WORDS = {"groom": "licking", "micromovement": "Sniffing", "rear": "rearing", "walk": "running"}
"""What this lab calls what the annotations of the real videos say."""
MEANING = {"licking": "face wash", "Sniffing": "exploring", "rearing": "exploring", "pausing": None}
FIVE = {
    "behaviors": [
        {"name": "face wash", "labels": ["licking"], "color": "#117733"},
        {"name": "exploring", "labels": ["sniffing", "rearing"], "color": "#88CCEE"},
        {"name": "running", "color": "#44AA99"},
        {"name": "turning"},
        {"name": "jumping"},
    ],
    "ignored_labels": ["pausing"],
}


def make_lab(root: Path) -> None:
    """Write a lab's annotations and its sheet of videos."""
    root.mkdir()
    rows = ["video\tpath\tannotator_1\tannotator_2\tanimal"]
    for video, animal in ANIMALS.items():
        texts = ["", ""]
        for number in (1, 2):
            text = REAL_MINI / "full_database" / f"Annotator_group_{number}" / f"{video}.txt"
            if text.exists():
                words = dict(WORDS)
                if video == "bottomviewD":
                    words["micromovement"] = "pausing"
                if video in ("openfieldB", "openfieldF"):
                    words["walk"] = "turning"
                said = text.read_text()
                for old, new in words.items():
                    said = said.replace(f" {old}", f" {new}")
                texts[number - 1] = f"{video}, {number}.txt"
                (root / texts[number - 1]).write_text(said)
        path = REAL_MINI / "full_database" / f"{video}.mpg"
        rows.append("\t".join([f"day 1, {video}", str(path), *texts, animal]))
    (root / "videos.tsv").write_text("\n".join(rows) + "\n")


@pytest.fixture(scope="module")
def own_study(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The study in two folds by animal, each with a convnet of its own, run once."""
    if not REAL_MINI.is_dir():
        pytest.skip(f"no real video at {REAL_MINI}")
    config = {
        **FIVE,
        "dataset": {"layout": "sheets", "root": "lab"},
        "folds": {"by": "animal", "number": 2, "validation": 1},
        "convnet": {"trained_on": "fold", "epochs": 1},
    }
    project = copy_project(tmp_path_factory.mktemp("own") / "project", TINY | config)
    make_lab(project.path / "lab")
    project.make()
    return project


def test_an_own_study_runs_to_a_right_table_that_bears_its_animals(own_study):
    check_table(own_study.results, MEANING)
    names = [behavior["name"] for behavior in FIVE["behaviors"]]
    per_behavior = read(own_study, "evaluation/per_behavior.tsv")
    assert list(dict.fromkeys(per_behavior["behavior"])) == names
    support = per_behavior.set_index(["method", "behavior"])["support"]["3dcnn"]
    assert support["jumping"] == 0 and (support.drop("jumping") > 0).all()
    never = per_behavior[per_behavior["behavior"] == "jumping"]
    assert never["recall"].isna().all()
    for path in own_study.results.glob("predictions/*/*.parquet"):
        assert list(pd.read_parquet(path))[3:] == [f"p_{name}" for name in names]
    by_video = read(own_study, "evaluation/accuracy_by_video.tsv")
    animal_of = dict(zip(by_video["video"], by_video["animal"], strict=True))
    assert animal_of == {f"day 1, {video}": animal for video, animal in ANIMALS.items()}
    assert own_study.plan() == {}


def test_no_animal_is_on_two_sides(own_study):
    videos = read(own_study, "study/videos.tsv")
    animal_of = dict(zip(videos["video"], videos["animal"], strict=True))
    roles = [read_roles(own_study, role) for role in ("held_out", "validation", "training")]
    assert set(roles[0]) == {"fold1", "fold2"}
    for fold in roles[0]:
        held_out, validation, training = (
            {animal_of[video] for video in role[fold]} for role in roles
        )
        assert len(held_out) == 2 and len(validation) == len(training) == 1
        assert held_out | validation | training == set(ANIMALS.values())
        _, convnet = load_weights(own_study.results / "convnet" / fold / "model.safetensors")
        model = own_study.results / "models" / "lstm-3dcnn" / fold / fold / "model.safetensors"
        _, made_from = load_weights(model)
        assert {animal_of[video] for video in convnet["trained_on"]} == training
        assert {animal_of[video] for video in made_from["training"]} == training
        assert {animal_of[video] for video in made_from["validation"]} == validation
    assert len({video for role in roles[0].values() for video in role}) == len(ANIMALS)


def test_folds_by_animal_bear_the_animals_names(in_sheets):
    by_animal = "folds={by: animal, validation: 1}"
    plan = in_sheets.plan("--config", SHEETS[1], by_animal)
    assert plan["train_model"] == 3 and plan["predict_model"] == 4
    shown = in_sheets.run("--dry-run", "--config", SHEETS[1], by_animal).stdout
    assert all(f"method=lstm-3dcnn, net=, fold={animal}\n" in shown for animal in ("M1", "M2", "M3"))


def test_a_study_without_clips_says_what_to_do_where_clips_are_asked_for(in_sheets):
    sheet = in_sheets.path / "data" / "clips.tsv"
    with restored(sheet):
        sheet.unlink()
        ran = in_sheets.run("--dry-run", *SHEETS, check=False)
    assert ran.returncode and "Traceback" not in ran.stdout
    assert "convnet.trained_on: found clips, but the study has none" in ran.stdout
    assert "convnet.trained_on: fold" in ran.stdout


# 2. One more method


def test_an_overlay_adds_a_method_whose_jobs_alone_run(edited):
    overlay = ("--configfile", "config.yaml", "workflow/experiments/bilstm.yaml")
    tiny = json.dumps({"bilstm-3dcnn": {"model": {"units": 4, "epochs": 2, "window_clips": 40}}})
    before = {path: path.stat().st_mtime_ns for path in edited.results.glob("models/lstm-3dcnn/*/*")}
    edited.make(*overlay, "--config", f"methods={tiny}", "--until", "write_accuracy")
    after = {path: path.stat().st_mtime_ns for path in edited.results.glob("models/lstm-3dcnn/*/*")}
    assert len(before) == 12 and after == before
    check_table(edited.results)
    accuracy = read(edited, "evaluation/accuracy.tsv")
    assert set(accuracy["method"]) == {"3dcnn", "lstm-3dcnn", "bilstm-3dcnn", "human"}
    gain = read(edited, "evaluation/gain.tsv")
    assert set(zip(gain["method"], gain["baseline"], strict=True)) == {
        ("lstm-3dcnn", "3dcnn"),
        ("bilstm-3dcnn", "lstm-3dcnn"),
    }
    assert "BiLSTM-3DCNN" in (edited.results / "figures" / "accuracy.md").read_text()
    _, metadata = load_weights(
        edited.results / "models" / "bilstm-3dcnn" / "sim01day" / "model.safetensors"
    )
    assert metadata["kind"] == "bilstm"


# 3. Files that were mixed up


@pytest.fixture(scope="module")
def cases(simulated: Project) -> dict[str, Case]:
    """The verbs as the finished run calls them: those of one video are of the first, sim01day."""
    return {case.verb: case for case in find_cases(simulated.path)}


CONVNET = "results/convnet/model.safetensors"
MODEL = "results/models/lstm-3dcnn/{}/model.safetensors"
PREDICTED = "results/predictions/lstm-3dcnn/{}.parquet"
FC6 = "results/features/fc6/{}.zarr"
LABELS = "results/annotations/annotator_1/{}.parquet"
COARSE = '{"length":8,"stride":4,"label_offset":3}'
FINE = '{"length":8,"stride":2,"label_offset":3}'


@pytest.mark.parametrize(
    ("verb", "given", "changed", "said"),
    [
        ("predict-representation", CONVNET, {"seed": 1}, "its convnet_sha256 is "),
        ("train-model", CONVNET, {"seed": 1}, "its convnet_sha256 is "),
        ("predict-model", CONVNET, {"seed": 1}, "its convnet_sha256 is "),
        ("predict-model", "model", {"geometry": json.loads(COARSE)}, "its geometry is "),
        ("predict-model", "model", {"behaviors": ["sleep"]}, 'its behaviors is ["sleep"]'),
        ("predict-model", "model", {"method": "other"}, 'its method is "other"'),
        ("predict-model", "model", {"representations": ["motion"]}, 'is ["motion"]'),
    ],
)
def test_weights_of_another_making_are_refused_by_name(
    cases, tmp_path, monkeypatch, capsys, verb, given, changed, said
):
    case = cases[verb]
    (path,) = [a for a in case.arguments if a.endswith(CONVNET if given == CONVNET else "y/model.safetensors")][:1]
    tensors, metadata = load_weights(case.project / path)
    save_weights(tmp_path / "other.safetensors", tensors, metadata | changed)
    error = refuse(case.replace(path, by=tmp_path / "other.safetensors"), monkeypatch, capsys)
    assert said in error
    assert ("results/features/fc6/" if verb != "predict-model" or given != CONVNET else path) or True
    assert "remove it and run snakemake again" in error


@pytest.mark.parametrize(
    ("verb", "told", "instead", "file", "said"),
    [
        ("predict-representation", FINE, COARSE, FC6, "its geometry is "),
        ("train-model", FINE, COARSE, FC6, "its geometry is "),
        ("predict-representation", "drink", "sleep", FC6, "its behaviors is "),
        ("extract-fc6", "drink", "sleep", CONVNET, "behaviors"),
        ("extract-fc6", FINE, FINE.replace("8", "16"), CONVNET, "length"),
        ("predict-representation", "fc6", "motion", FC6, 'its representation is "fc6"'),
        ("predict-model", MODEL.format("sim01day"), MODEL.format("sim02day"), MODEL, "has learned"),
        ("train-model", LABELS, LABELS.format("sim01day"), LABELS, "expected the annotation of"),
    ],
)
def test_files_that_do_not_fit_what_a_verb_is_told_are_refused_by_name(
    cases, monkeypatch, capsys, verb, told, instead, file, said
):
    case = cases[verb]
    told = next(a for a in case.arguments if a == told or ("{}" in told and LABELS[:33] in a))
    error = refuse(case.replace(told, by=Path(instead)), monkeypatch, capsys)
    assert said in error and file.partition("{}")[0] in error


@pytest.mark.parametrize("method", ["lstm-3dcnn", "3dcnn", "human"])
def test_predictions_of_another_video_or_method_are_refused_by_name(
    cases, tmp_path, monkeypatch, capsys, method
):
    case = cases["evaluate-predictions"]
    told, other = (f"results/predictions/{method}/{video}.parquet" for video in ("sim01day", "sim03night"))
    mixed = tmp_path / method / "sim01day.parquet"
    mixed.parent.mkdir()
    shutil.copy(case.project / other, mixed)
    error = refuse(case.replace(told, by=mixed), monkeypatch, capsys)
    assert f'{mixed}: its video is "sim03night", expected "sim01day"' in error


def refuse(case: Case, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> str:
    """Run a verb that must refuse; return what it says."""
    monkeypatch.chdir(case.project)
    outputs = case.project.parent / "mixed-up"
    assert main(case.redirect(outputs)) == 1
    assert not any(path.is_file() for path in outputs.rglob("*"))
    error = capsys.readouterr().err
    assert error.count(f"homecage {case.verb}: error: ") == 1
    return error.rpartition(f"homecage {case.verb}: error: ")[2]
