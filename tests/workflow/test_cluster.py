"""GPUs on one machine, what jobs ask for, and the plan of a large study."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from homecage.study.folds import plan_folds
from homecage.study.mit import read_mit
from homecage.study.options import FoldOptions
from tests.project import Project, copy_project
from tests.workflow.plans import GPU_RULES, read_jobs
from tests.workflow.test_mit import make_shell, use

N_VIDEOS, N_FOLDS = 1000, 12


@pytest.mark.parametrize(("limit", "told"), [([], "1"), (["gpu=2"], "1"), (["gpu=0"], "0")])
def test_a_limit_of_no_gpus_makes_a_run_on_the_cpu(finished, limit, told):
    arguments = ["--resources", *limit] if limit else []
    shown = finished.run("--dry-run", "--forceall", "--printshellcmds", *arguments).stdout
    assert shown.count(f"HOMECAGE_GPUS={told} python -m homecage") == 1 + 4 + 4
    assert shown.count("HOMECAGE_GPUS=") == 1 + 4 + 4


# A large study is planned once: in a Python that has no torch, and ends when a video is opened.

WATCH = """
import os, sys
def watch(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".mpg"):
        os._exit(9)
sys.addaudithook(watch)
"""


@dataclass(frozen=True)
class Large:
    """A study of empty files, and the words of its plan."""

    data: Path
    environment: dict[str, str]
    shown: str
    returncode: int

    def list_jobs(self, rule: str) -> list[dict[str, str]]:
        """Return the fields of the jobs of a rule."""
        return [fields for name, fields in read_jobs(self.shown) if name == rule]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Large:
    path = tmp_path_factory.mktemp("large")
    data = make_shell(path / "data", [f"video{i:04d}" for i in range(N_VIDEOS)])
    project = copy_project(path / "project")
    watch = path / "watch"
    watch.mkdir()
    (watch / "torch.py").write_text("raise ImportError('not while planning')")
    (watch / "sitecustomize.py").write_text(WATCH)
    environment = os.environ | {"PYTHONPATH": str(watch)}
    snakemake = [Path(sys.executable).with_name("snakemake"), "--dry-run", "--printshellcmds"]
    planned = subprocess.run(
        [*snakemake, *use(data), f"folds={{number: {N_FOLDS}}}"],
        cwd=project.path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Large(data, environment, planned.stdout, planned.returncode)


def test_a_large_study_is_planned_without_torch_and_opens_no_video(large):
    """Each job on a cluster plans twice, and torch takes longer to import than all the rest."""
    video = large.data / "full_database" / "video0000.mpg"
    for code, status in ((f"open({str(video)!r})", 9), ("import torch", 1)):
        ran = subprocess.run(
            [sys.executable, "-c", code], env=large.environment, capture_output=True
        )
        assert ran.returncode == status
    assert large.returncode == 0, large.shown[-3000:]


def test_the_plan_of_a_large_study_grows_with_its_videos_alone(large):
    table = large.shown.rpartition("Job stats:")[2].partition("\n\n")[0].splitlines()[3:]
    counts = {rule: int(count) for rule, count in map(str.split, table)}
    assert counts["train_model"] == N_FOLDS and counts["train_convnet"] == 1
    each = {rule for rule, count in counts.items() if count == N_VIDEOS}
    assert each == {
        *("decode_video", "import_annotation", "extract_fc6", "predict_representation"),
    }
    assert counts["total"] < 5 * N_VIDEOS + 50


def test_every_fold_of_a_large_study_learns_from_all_videos_but_its_own(large):
    everyone = {f"video{i:04d}" for i in range(N_VIDEOS)}
    held_out = []
    for fields in large.list_jobs("train_model"):
        told = fields["Shell command"]
        names = re.search(r"--training (.+) --validation (.+) --features", told)
        training, validation = (set(part.split()) for part in names.groups())
        learned = training | validation
        assert len(validation) == 2 and not training & validation
        for kind in (r"fc6/(video\d{4})\.zarr", r"annotator_1/(video\d{4})\.parquet"):
            assert set(re.findall(kind, told)) == set(re.findall(kind, fields["input"])) == learned
        held_out.append(everyone - learned)
    assert sum(map(len, held_out)) == N_VIDEOS and set.union(*held_out) == everyone
    assert {len(own) for own in held_out} == {N_VIDEOS // N_FOLDS, N_VIDEOS // N_FOLDS + 1}


def test_each_video_of_a_large_study_is_predicted_by_the_model_that_held_it_out(large):
    folds = plan_folds(read_mit(large.data).videos, FoldOptions(number=N_FOLDS), seed=0)
    fold_of = {video: fold.name for fold in folds for video in fold.held_out}
    batches = [
        fields["Shell command"]
        for name, fields in read_jobs(large.shown)
        if name.startswith("predict_model")
    ]
    assert len(batches) == N_VIDEOS / 50
    listed = [
        re.findall(pattern, "\n".join(batches))
        for pattern in (
            r"predictions/lstm-3dcnn/(\w+)\.parquet",
            r"models/lstm-3dcnn/(\w+)/",
            r"fc6/(\w+)\.zarr",
            r"frames/(\w+)\.parquet",
        )
    ]
    videos, folds_, features, times = listed
    assert dict(zip(videos, folds_, strict=True)) == fold_of
    assert videos == features == times and len(videos) == N_VIDEOS


def read_demand(fields: dict[str, str], key: str) -> int:
    """Return what a job asks for."""
    return int(re.search(rf"\b{key}=(\d+)", fields["resources"])[1])


def test_jobs_of_a_large_study_ask_for_finite_amounts_and_each_video_for_its_own(large):
    for rule, fields in read_jobs(large.shown):
        if rule != "all":
            # What takes all videos may ask for much: half an hour of each, as long as nothing is decoded.
            whole = "video=" not in fields.get("wildcards", "")
            assert 0 < read_demand(fields, "mem_mb") < (1_000_000 if whole else 16_000), rule
            assert 0 < read_demand(fields, "runtime") < (20_000 if whole else 120), rule


def test_jobs_ask_for_finite_amounts_before_and_after_decoding(finished, tmp_path):
    fresh = copy_project(tmp_path / "fresh")
    for project in (fresh, finished):
        jobs = read_jobs(project.run("--dry-run", "--forceall").stdout)
        assert {rule for rule, _ in jobs} >= GPU_RULES
        for rule, fields in jobs:
            if rule != "all":
                assert 0 < read_demand(fields, "mem_mb") < 64_000, rule
                assert 0 < read_demand(fields, "runtime") <= 1440, rule


def ask(project: Project) -> dict[str, int]:
    """Return what the first job that trains a model asks for."""
    jobs = read_jobs(project.run("--dry-run", "--forcerun", "train_model").stdout)
    fields = next(fields for rule, fields in jobs if rule == "train_model")
    return {key: read_demand(fields, key) for key in ("mem_mb", "runtime")}


def test_longer_videos_ask_for_more(edited):
    before = ask(edited)
    report = edited.results / "frames" / "sim01day.json"
    found = json.loads(report.read_text())
    found["files"][0]["n_frames"] *= 10_000
    stamp = report.stat()
    report.write_text(json.dumps(found))
    os.utime(report, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    after = ask(edited)
    assert all(after[key] > before[key] for key in before)
