"""Studies and experiments of other kinds: what a lab changes, and how little it writes for that."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from homecage.__main__ import main
from homecage.storage.stores import open_store
from homecage.storage.weights import load_weights, save_weights
from tests.faults.cases import Case, find_jobs
from tests.project import TINY, Project, copy_project
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
WORDS = {
    "groom": "licking",
    "micromovement": "Sniffing",
    "rear": "rearing",
    "walk": "running",
    "rest": "pausing",
}
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
    of_all = per_behavior[per_behavior["frames_of"] == "FD"]
    assert set(of_all.loc[of_all["support"] == 0, "behavior"]) == {"jumping"}
    assert of_all.loc[of_all["behavior"] == "jumping", "recall"].isna().all()
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
    assert plan["train_model"] == 3 and plan["predict_model"] == 1
    shown = in_sheets.run("--dry-run", "--config", SHEETS[1], by_animal).stdout
    assert all(
        f"method=lstm-3dcnn, net=, fold={animal}\n" in shown for animal in ("M1", "M2", "M3")
    )


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
    before = {
        path: path.stat().st_mtime_ns for path in edited.results.glob("models/lstm-3dcnn/*/*")
    }
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

CONVNET = "results/convnet/model.safetensors"
FC6 = "results/features/fc6/sim01day.zarr"
MODEL = "results/models/lstm-3dcnn/sim01day/model.safetensors"
BY_MODEL = "results/predictions/lstm-3dcnn/sim01day.parquet"
BY_CONVNET = "results/predictions/3dcnn/sim01day.parquet"
BY_ANNOTATOR = "results/predictions/human/sim01day.parquet"
SCORES = "results/evaluation/accuracy.tsv"

GEOMETRY = '{"length":8,"stride":2,"label_offset":3}'
COARSE = GEOMETRY.replace("2", "4")


@pytest.fixture(scope="module")
def jobs(simulated: Project) -> dict[str, Case]:
    """The jobs of the finished run by what they make."""
    return {output: job for job in find_jobs(simulated.path) for output in job.outputs}


@pytest.fixture
def refuse(tmp_path, monkeypatch, capsys):
    """Run a job that must refuse; return its one message."""

    def run(job: Case) -> str:
        monkeypatch.chdir(job.project)
        assert main(job.redirect(tmp_path / "written")) == 1
        assert not any(path.is_file() for path in (tmp_path / "written").rglob("*"))
        before, message = capsys.readouterr().err.split(f"homecage {job.verb}: error: ")
        assert "Traceback" not in before + message
        return message

    return run


@pytest.mark.parametrize(
    ("output", "weights", "changed", "blamed", "said"),
    [
        (BY_CONVNET, CONVNET, {"seed": 1}, FC6, "its learned_sha256 is "),
        (MODEL, CONVNET, {"seed": 1}, "results/features/fc6/", "its learned_sha256 is "),
        (BY_MODEL, CONVNET, {"seed": 1}, MODEL, "its learned_sha256 is "),
        (BY_MODEL, MODEL, {"geometry": json.loads(COARSE)}, "", "its geometry is "),
        (BY_MODEL, MODEL, {"behaviors": ["sleep"]}, "", 'its behaviors is ["sleep"]'),
        (BY_MODEL, MODEL, {"representations": ["motion"]}, "", 'its representations is ["motion"]'),
        (BY_MODEL, MODEL, {"training": ["sim01day"]}, "", "has learned from sim01day"),
    ],
)
def test_weights_that_were_made_otherwise_are_refused_by_name(
    jobs, refuse, tmp_path, output, weights, changed, blamed, said
):
    job, other = jobs[output], tmp_path / "other.safetensors"
    tensors, metadata = load_weights(job.project / weights)
    assert set(changed) <= set(metadata)
    save_weights(other, tensors, metadata | changed)
    message = refuse(job.replace(weights, by=other))
    assert message.startswith(blamed or f"{other}: ") and said in message
    assert message.rstrip().endswith("remove it and run snakemake again to have it rebuilt")


@pytest.mark.parametrize(
    ("output", "told", "instead", "blamed", "said"),
    [
        (FC6, "drink", "sleep", CONVNET, "sleep"),
        (FC6, "8", "16", CONVNET, "its clip_length is 8"),
        (BY_CONVNET, GEOMETRY, COARSE, FC6, "its geometry is "),
        (BY_CONVNET, "drink", "sleep", FC6, "its behaviors is "),
        (BY_CONVNET, "fc8", "motion", FC6, 'its representation is "fc6", expected "motion"'),
        (BY_MODEL, "--model-of=lstm-3dcnn", "--model-of=svm", MODEL, 'its method is "lstm-3dcnn"'),
        (MODEL, GEOMETRY, COARSE, "results/features/fc6/", "its geometry is "),
    ],
)
def test_results_that_are_not_what_a_verb_is_told_are_refused_by_name(
    jobs, refuse, output, told, instead, blamed, said
):
    message = refuse(jobs[output].replace(told, by=Path(instead)))
    assert message.startswith(blamed) and said in message


@pytest.mark.parametrize("own", [BY_MODEL, BY_CONVNET, BY_ANNOTATOR])
def test_predictions_of_another_video_are_refused_by_name(jobs, refuse, tmp_path, own):
    job, mixed = jobs[SCORES], tmp_path / own
    mixed.parent.mkdir(parents=True)
    shutil.copy(job.project / own.replace("sim01day", "sim03night"), mixed)
    message = refuse(job.replace(own, by=mixed))
    assert message.startswith(f'{mixed}: its video is "sim03night", expected "sim01day"')


def test_an_annotation_of_another_video_is_refused_by_name(jobs, refuse):
    job = jobs[MODEL]
    *_, last = (a for a in job.arguments if a.startswith("results/annotations/"))
    other = last.replace(Path(last).stem, "sim01day")
    assert refuse(job.replace(last, by=Path(other))).startswith(f"{other}: ")


# 4. How to add a behavior, a layout, a representation, a method

BEHAVIOR = """\
behaviors:
- {name: jump, labels: [j], color: '#AA4499'}
"""

LAYOUT = '''\
"""Videos in one folder, each with its annotation beside it."""

from pathlib import Path

from homecage.study.files import list_videos
from homecage.study.study import Study, Video


def read_flat(root: Path) -> Study:
    """List the videos of a folder."""
    videos = tuple(
        Video(path.stem, path, {"annotator_1": path.with_suffix(".txt")}, {})
        for path in list_videos(root)
    )
    return Study(title=root.resolve().name, videos=videos)
'''

REPRESENTATION = '''\
"""Mean brightness: one number for each clip."""

from pathlib import Path

import numpy as np

from homecage.clips.options import ClipGeometry
from homecage.features.store import write_features
from homecage.storage.stores import open_store


def extract_brightness(*, frames: Path, geometry: ClipGeometry, output: Path) -> None:
    """Write the mean brightness of every clip of a video."""
    pixels = open_store(frames, kind="frames")["frames"]
    of_frame = pixels[:].mean(axis=(1, 2, 3)) / 255  # (T,)
    of_clip = np.lib.stride_tricks.sliding_window_view(of_frame, geometry.length)
    x = of_clip[:: geometry.stride].mean(axis=1, keepdims=True)  # (C, 1)
    with write_features(
        output,
        representation="brightness",
        geometry=geometry,
        n_frames=len(of_frame),
        width=1,
    ) as writer:
        writer.append("x", x.astype(np.float16))
'''

RULE = """

rule extract_brightness:
    input:
        frames="results/frames/{video}.zarr",
        checked=until_checked(lambda wildcards: [f"frames/{wildcards.video}"]),
    output:
        directory("results/features/brightness/{video}.zarr"),
    log:
        "results/logs/extract_brightness/{video}.log",
    params:
        geometry=options("geometry"),
        code=code("extract-brightness"),
    shell:
        "python -m homecage extract-brightness --frames {input.frames:q}"
        " --geometry {params.geometry:q} --output {output:q} > {log:q} 2>&1"
"""

MODEL_MODULE = '''\
"""Nearest mean: a clip is scored by how near it is to the mean of each behavior's clips."""

import pandas as pd
import torch

from homecage.sequence.models import Fitted


def fit(task, options, saved):
    """Take the mean of each behavior's clips; of a behavior that never occurs, infinity."""
    x = torch.cat([sequence.x for sequence in task.training]).float()
    codes = torch.cat([sequence.codes for sequence in task.training])
    means = [
        x[codes == k].mean(0) if (codes == k).any() else torch.full(x.shape[1:], torch.inf)
        for k in range(task.n_behaviors)
    ]
    history = pd.DataFrame(
        [dict(epoch=1, train_loss=0.0, validation_loss=0.0, validation_accuracy=0.0, best=1)]
    )
    plan = pd.DataFrame(
        [dict(video=sequence.video, start=0, copies=1) for sequence in task.training]
    )
    shape = {"sharpness": options.sharpness}
    return Fitted({"means": torch.stack(means)}, shape, "float32", history, plan)


def score(tensors, shape, x):
    """Return a softmax of the squared distances (C, K)."""
    distance = (x.float()[:, None] - tensors["means"]).square().sum(-1)
    return (-shape["sharpness"] * distance).softmax(1).numpy()
'''

MODEL_OPTIONS = '''\
class NearestMeanOptions(Options):
    """The nearest mean."""

    kind: Literal["nearest-mean"] = "nearest-mean"
    """The model."""
    sharpness: float = Field(1.0, gt=0)
    """How fast a probability falls with the squared distance."""


ModelOptions = Annotated[
    LstmOptions | NearestMeanOptions'''

METHOD = {
    "title": "Brightness",
    "representations": ["brightness"],
    "model": {"kind": "nearest-mean", "sharpness": 50.0},
}


def replace(path: Path, line: str, by: str) -> None:
    """Replace a line, or a part of one, that stands there once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(line) == 1, (path, line)
    path.write_text(text.replace(line, by), encoding="utf-8")


def add_behavior(project: Project) -> None:
    replace(project.path / "config.yaml", "\nbehaviors:\n", f"\n{BEHAVIOR}")


def add_layout(project: Project) -> None:
    study = project.path / "workflow" / "homecage" / "study"
    (study / "flat.py").write_text(LAYOUT)
    layouts, last = study / "layouts.py", "from homecage.study.mit import read_mit\n"
    replace(layouts, last, f"from homecage.study.flat import read_flat\n{last}")
    replace(layouts, '"mit": read_mit,', '"flat": read_flat, "mit": read_mit,')
    replace(study / "options.py", '"mit", "sheets"]', '"mit", "sheets", "flat"]')


def add_representation(project: Project) -> None:
    workflow = project.path / "workflow"
    (workflow / "homecage" / "features" / "brightness.py").write_text(REPRESENTATION)
    replace(
        workflow / "homecage" / "features" / "options.py",
        "REPRESENTATIONS = {",
        'REPRESENTATIONS = {"brightness": Representation("brightness"), ',
    )
    verb = '    "extract-brightness": "homecage.features.brightness:extract_brightness",\n'
    line = '    "extract-fc6": "homecage.features.fc6:extract_fc6",\n'
    replace(workflow / "homecage" / "verbs.py", line, line + verb)
    with (workflow / "rules" / "features.smk").open("a") as rules:
        rules.write(RULE)


def add_method(project: Project) -> None:
    sequence = project.path / "workflow" / "homecage" / "sequence"
    (sequence / "nearest_mean.py").write_text(MODEL_MODULE)
    options = sequence / "options.py"
    replace(options, "ModelOptions = Annotated[\n    LstmOptions", MODEL_OPTIONS)
    line = '    "lstm": "homecage.sequence.lstm",\n'
    replace(options, line, f'{line}    "nearest-mean": "homecage.sequence.nearest_mean",\n')


def test_a_behavior_a_layout_a_representation_and_a_method_are_a_few_lines_each(
    simulated, tmp_path
):
    nulls = dict.fromkeys(["3dcnn", "lstm-3dcnn", "motion-tcn", "tcn", "tcn-behaviors"])
    config = {
        "dataset": {"layout": "flat", "root": "videos"},
        "folds": {"validation": 1},
        "methods": {**nulls, "brightness": METHOD},
        "comparisons": [],
    }
    project = copy_project(tmp_path, TINY | config)
    for add in (add_behavior, add_layout, add_representation, add_method):
        add(project)
    flat, full = project.path / "videos", simulated.results / "dataset" / "full_database"
    flat.mkdir()
    for video in ("sim01day", "sim02day", "sim03night"):
        shutil.copy(full / f"{video}.mpg", flat)
        text = (full / "Annotator_group_1" / f"{video}.txt").read_text()
        (flat / f"{video}.txt").write_text(text.replace(" rest", " J").replace(" walk", " jump"))
    project.make()
    check_table(project.results, {"J": "jump"})
    per_behavior = read(project, "evaluation/per_behavior.tsv")
    assert per_behavior["behavior"][0] == "jump" and per_behavior["support"][0] > 0
    assert set(per_behavior["method"]) == {"brightness"}
    assert not (project.results / "convnet").exists()
    for path in project.results.glob("features/brightness/*.zarr"):
        assert read_mean(project, path.stem) == pytest.approx(mean_of_store(path), abs=1e-3)
    assert len(list(project.results.glob("models/brightness/*/model.safetensors"))) == 3
    assert project.plan() == {}


def read_mean(project: Project, video: str) -> float:
    """Return the mean brightness of a video's first clip."""
    frames = open_store(project.results / "frames" / f"{video}.zarr", kind="frames")["frames"]
    return float(frames[:8].mean() / 255)


def mean_of_store(path: Path) -> float:
    return float(open_store(path, kind="features")["x"][:1].item())
