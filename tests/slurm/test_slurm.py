"""`snakemake --profile slurm` on a real Slurm of one node with two stand-in GPUs."""

import shutil

import pytest
import yaml

from tests.pause import is_waiting
from tests.project import copy_project
from tests.slurm.cluster import wait_until
from tests.slurm.conftest import FOLDS, KILLED, WARNED, SlurmRun, checkpoints_of
from tests.workflow.plans import GPU_RULES, copy_run


def test_the_tables_are_the_local_runs_bit_for_bit(finished, simulated):
    written = finished.project.results / "evaluation"
    tables = sorted(path.name for path in written.glob("*.tsv"))
    assert {"accuracy.tsv", "gain.tsv", "scores.tsv", "bouts.tsv"} <= set(tables)
    for table in tables:
        local = simulated.results / "evaluation" / table
        assert local.read_bytes() == (written / table).read_bytes()


def test_each_job_that_trains_or_extracts_has_one_gpu_and_its_index(finished):
    jobs = [job for job in finished.jobs if job.rule in GPU_RULES]
    assert {job.rule for job in jobs} == GPU_RULES
    assert {job.gpus for job in jobs} == {1}
    devices = [finished.devices[job.id] for job in jobs]
    assert all(seen in ({"0"}, {"1"}) for seen in devices)
    assert {"0"} in devices and {"1"} in devices


def test_other_jobs_have_no_gpu(finished):
    jobs = [job for job in finished.jobs if job.rule not in GPU_RULES]
    assert {"balance_clips", "predict_model", "evaluate_predictions"} <= {job.rule for job in jobs}
    assert {job.gpus for job in jobs} == {0}
    assert all(finished.devices[job.id] == {""} for job in jobs)


def test_folds_train_at_the_same_time_on_two_gpus(finished):
    first = {}
    for job in finished.jobs:
        if job.rule == "train_model":
            first.setdefault(job.name, job)
    killed, warned = (
        next(job for name, job in first.items() if fold in name) for fold in (KILLED, WARNED)
    )
    assert max(killed.start, warned.start) < min(killed.end, warned.end)
    assert finished.devices[killed.id] != finished.devices[warned.id]


@pytest.mark.parametrize("fold", FOLDS, ids=["killed", "warned"])
def test_a_fold_that_is_stopped_is_submitted_again_and_goes_on(finished, simulated, fold):
    tries = [job for job in finished.jobs if job.rule == "train_model" and fold in job.name]
    assert [job.state == "COMPLETED" for job in tries] == [False, True]
    first, second = (int(job.memory.removesuffix("M")) for job in tries)
    assert second > first
    results = finished.project.results
    log = results / "logs" / "train_model" / "lstm-3dcnn" / f"{fold}.log"
    assert "going on from checkpoint" in log.read_text()
    assert not (finished.project.path / checkpoints_of(fold)).exists()
    model = f"models/lstm-3dcnn/{fold}/model.safetensors"
    assert (results / model).read_bytes() == (simulated.results / model).read_bytes()


def test_interrupting_the_run_cancels_its_jobs(cluster, finished, tmp_path):
    project = copy_run(finished.project, tmp_path / "copy")
    models = [f"results/models/lstm-3dcnn/{fold}/model.safetensors" for fold in FOLDS]
    for model in models:
        (project.path / model).unlink()
    checkpoints = [checkpoints_of(fold) for fold in FOLDS]
    run = SlurmRun(cluster, project, *models, paused=checkpoints)
    run.wait_for(lambda: all(is_waiting(project, folder) for folder in checkpoints))
    jobs = {job.id for job in cluster.active()}
    assert len(jobs) == 2
    run.interrupt()
    assert wait_until(lambda: not cluster.active())
    assert {job.state for job in cluster.jobs() if job.id in jobs} == {"CANCELLED"}


def test_odd_names_and_paths_reach_the_jobs(cluster, simulated, tmp_path):
    data, full = tmp_path / "my data, $HOME `one`", simulated.results / "dataset"
    names = ['-a %03d "q" é 鼠', "one, two", "$HOME;#*?"]
    keys = ["_a__03d__q__é_鼠", "one__two", "_HOME____"]
    for old, new in zip(("sim01day", "sim02day", "sim03night"), names, strict=True):
        for path in full.glob(f"full_database/**/{old}.*"):
            copy = data / path.relative_to(full).with_stem(new)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    shutil.copytree(full / "clipped_database" / "sim05day", data / "clipped_database" / "x, y")
    own = {"dataset": {"layout": "mit", "root": f"../{data.name}"}, "folds": {"validation": 1}}
    project, study = copy_project(tmp_path / "project"), tmp_path / "my study, $HOME `two`"
    study.mkdir()
    (study / "config.yaml").write_text(yaml.safe_dump(own))
    wanted = [f"results/annotations/annotator_1/{key}.parquet" for key in keys]
    wanted.append("results/convnet/plan.tsv")
    SlurmRun(cluster, project, *wanted, "--directory", str(study)).finish()
    for path in wanted:
        assert (study / path).exists()
    assert (study / "results" / "clips" / "x__y.zarr").exists()
    assert not list(project.results.glob("*/"))
