"""Bundles and annotated videos are planned on request: what they need, and one job a video."""

import re

import pytest

from tests.project import Project, copy_project
from tests.workflow.plans import Plan, read_jobs

VIDEOS = {"sim01day", "sim02day", "sim03night", "sim04day"}
BUNDLE = "results/bundle/lstm-3dcnn.safetensors"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """An experiment of which nothing has run."""
    return copy_project(tmp_path_factory.mktemp("deliver"))


def plan_jobs(project: Project, *arguments: str) -> list[tuple[str, dict[str, str]]]:
    """Return (rule, fields) of each job, with its command."""
    return read_jobs(project.run("--dry-run", "--printshellcmds", *arguments).stdout)


def count(jobs: list[tuple[str, dict[str, str]]]) -> Plan:
    rules = [rule for rule, _ in jobs]
    return {rule: rules.count(rule) for rule in rules}


def find(jobs: list[tuple[str, dict[str, str]]], rule: str, wildcards: str = "") -> dict[str, str]:
    (fields,) = [own for name, own in jobs if name == rule and wildcards in own["wildcards"]]
    return fields


def told(fields: dict[str, str], flag: str) -> set[str]:
    """Return what a job's verb is told by a flag."""
    return set(re.search(rf" --{flag} ?(.*?) (?:--|>)", fields["Shell command"])[1].split())


def test_a_bundles_model_learns_from_all_videos_and_is_settled_by_the_folds(project):
    alone = "results/bundle/3dcnn.safetensors"
    jobs = plan_jobs(project, "--", BUNDLE, alone, BUNDLE.replace(".safetensors", ".md"))
    counts = count(jobs)
    assert counts["train_model"] == 5 and counts["train_convnet"] == 1
    assert counts["make_bundle"] == 2 and counts["describe_bundle"] == 1
    assert told(find(jobs, "make_bundle", "method=3dcnn"), "model") == set()
    whole = find(jobs, "train_model", "fold=all")
    assert told(whole, "training") == VIDEOS and told(whole, "validation") == set()
    folds = {f"results/models/lstm-3dcnn/{video}/model.safetensors" for video in VIDEOS}
    assert told(whole, "folds") == folds <= set(whole["input"].split(", "))
    assert told(find(jobs, "train_model", "fold=sim01day"), "folds") == set()
    made = find(jobs, "make_bundle", "lstm-3dcnn")
    assert told(made, "model") == {"results/models/lstm-3dcnn/all/model.safetensors"}
    assert told(made, "convnet") == {"results/convnet/model.safetensors"}
    assert len(told(made, "clips")) == 2 and len(told(made, "annotations")) == 4


def test_where_folds_have_convnets_a_bundle_has_one_of_all_videos(project):
    jobs = plan_jobs(project, "--config", "convnet={trained_on: fold}", "--", BUNDLE)
    assert count(jobs)["train_convnet"] == 5
    own = find(jobs, "train_convnet", "net=all/")
    assert told(own, "stores") == {f"results/frames/{video}.zarr" for video in VIDEOS}
    made = find(jobs, "make_bundle")
    assert told(made, "convnet") == {"results/convnet/all/model.safetensors"}
    assert told(made, "model") == {"results/models/lstm-3dcnn/all/all/model.safetensors"}
    assert told(made, "clips") == set()


def test_each_video_of_a_folder_is_a_job_on_a_gpu(project, tmp_path):
    folder, bundle = tmp_path / "new videos", tmp_path / "a.safetensors"
    folder.mkdir()
    for path in (bundle, folder / "day 1.mpg", folder / "day2.MP4"):
        path.touch()
    said = f"annotate={{videos: '{folder}', bundle: '{bundle}', resample: true}}"
    jobs = plan_jobs(project, "--profile", "profiles/slurm", "--config", said, "--", "annotated")
    assert count(jobs) == {"annotate": 2, "annotated": 1}
    own = find(jobs, "annotate", "day_1")
    assert "gpu=1" in own["resources"] and "slurm_partition=gpu" in own["resources"]
    assert f"annotate '{folder}/day 1.mpg' --bundle {bundle}" in own["Shell command"]
    assert " --resample " in own["Shell command"]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ([], "annotated: found no videos; say which, and by which bundle: --config annotate="),
        (["annotate={videos: results}"], "annotate: videos need a bundle to be annotated by"),
        (["annotate={videos: none, bundle: x}"], "annotate.videos: found none; expected a folder"),
    ],
)
def test_what_is_not_said_or_not_there_is_named_while_planning(project, config, message):
    arguments = ["--config", *config] if config else []
    ran = project.run("--dry-run", *arguments, "--", "annotated", check=False)
    assert ran.returncode and re.search(message, ran.stdout)


def test_a_method_that_cannot_be_bundled_is_refused_before_it_is_trained(project):
    crf = "methods={crf: {title: CRF, representations: [fc6], model: {kind: crf}}}"
    ran = project.run(
        "--dry-run", "--config", crf, "--", "results/bundle/crf.safetensors", check=False
    )
    assert ran.returncode and "methods.crf has a model of kind crf; expected one of" in ran.stdout
