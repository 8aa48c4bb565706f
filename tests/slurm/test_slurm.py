"""`snakemake --profile slurm` on a real Slurm of one node with two stand-in GPUs."""

import json
import shutil
from pathlib import Path

import pytest

from homecage.study.names import safe_name
from tests.project import Project
from tests.slurm.cluster import wait_until
from tests.slurm.conftest import SlurmRun, copy_without_results

GPU_RULES = {"train_convnet", "extract_fc6", "train_model"}
ENDLESS = "methods={lstm-3dcnn: {model: {epochs: 1000000, patience: 1000000}}}"


def test_the_table_is_the_local_runs_bit_for_bit(finished, simulated):
    tables = sorted((simulated.results / "evaluation").glob("*.tsv"))
    assert len(tables) >= 8
    for table in tables:
        assert (
            table.read_bytes()
            == (finished.project.results / "evaluation" / table.name).read_bytes()
        )


def test_each_job_that_trains_or_extracts_has_one_gpu_and_its_index(finished):
    jobs = [job for job in finished.jobs if job.rule in GPU_RULES]
    assert {job.rule for job in jobs} == GPU_RULES
    assert {job.gpus for job in jobs} == {1}
    devices = [finished.devices[job.id] for job in jobs]
    assert all(seen in ({"0"}, {"1"}) for seen in devices)
    assert {"0"} in devices and {"1"} in devices


def test_other_jobs_have_no_gpu(finished):
    jobs = [job for job in finished.jobs if job.rule not in GPU_RULES]
    assert {"decode_video", "predict_model", "evaluate_predictions"} <= {job.rule for job in jobs}
    assert {job.gpus for job in jobs} == {0}
    assert all(finished.devices[job.id] == {""} for job in jobs)


def test_folds_train_at_the_same_time_on_two_gpus(finished):
    folds = [job for job in finished.jobs if job.rule == "train_model"]
    assert any(
        one.start < other.end
        and other.start < one.end
        and finished.devices[one.id] != finished.devices[other.id]
        for one in folds
        for other in folds
    )


def test_a_killed_fold_is_submitted_again(finished):
    tries = [job for job in finished.jobs if job.name == finished.killed.name]
    assert [job.state == "COMPLETED" for job in tries] == [False, True]
    first, second = (int(job.memory.removesuffix("M")) for job in tries)
    assert second > first


@pytest.mark.parametrize("interrupt", ["kill", "warn"])
def test_an_interrupted_fold_goes_on_from_its_checkpoint(cluster, finished, tmp_path, interrupt):
    shutil.copytree(finished.project.path, tmp_path / "copy", symlinks=True)
    project = Project(tmp_path / "copy")
    fold = min(path.name for path in (project.results / "models" / "lstm-3dcnn").iterdir())
    model = f"results/models/lstm-3dcnn/{fold}/model.safetensors"
    long = ("--config", "methods={lstm-3dcnn: {model: {epochs: 400, patience: 400}}}")
    run = SlurmRun(cluster, project, model, *long)
    saved = project.results / "checkpoints" / "train_model" / "lstm-3dcnn" / fold
    assert wait_until(lambda: any(saved.glob("*/*.pt")))
    (job,) = (job for job in cluster.active("RUNNING") if job.rule == "train_model")
    getattr(cluster, interrupt)(job)
    run.finish()
    log = project.results / "logs" / "train_model" / "lstm-3dcnn" / f"{fold}.log"
    assert "going on from checkpoint" in log.read_text()
    assert (project.path / model).exists() and not saved.exists()


def test_interrupting_the_run_cancels_its_jobs(cluster, finished, tmp_path):
    shutil.copytree(finished.project.path, tmp_path / "copy", symlinks=True)
    run = SlurmRun(cluster, Project(tmp_path / "copy"), "--config", ENDLESS)
    assert wait_until(lambda: len(cluster.active("RUNNING")) >= 2)
    jobs = {job.id for job in cluster.active()}
    run.interrupt()
    assert wait_until(lambda: not cluster.active())
    states = {job.state for job in cluster.jobs() if job.id in jobs}
    assert states == {"CANCELLED"}


def test_odd_names_reach_the_jobs(cluster, finished, tmp_path):
    """Jobs bear safe names, whatever videos are called; a comma was once too much for Snakemake."""
    data = tmp_path / "my data, 'set'"
    shutil.copytree(finished.project.results / "dataset", data)
    names = ["-a %03d 'q\" é 鼠", "a, b", "[a]~(b)", "$HOME;#*?"]
    full = data / "full_database"
    for old, new in zip(sorted(full.glob("*.mpg")), names, strict=True):
        for path in list(full.rglob(f"{old.stem}.*")):
            path.rename(path.with_name(f"{new}{path.suffix}"))
    project = Project(tmp_path / "project")
    copy_without_results(finished.project, project)
    reports = [f"results/frames/{safe_name(name)}.json" for name in names]
    use = f'dataset={{layout: mit, root: "../{data.name}"}}'
    SlurmRun(cluster, project, *reports, "--config", use).finish()
    for name, report in zip(names, reports, strict=True):
        (file,) = json.loads((project.path / report).read_text(encoding="utf-8"))["files"]
        assert Path(file["path"]).stem == name and not file["damage"]
