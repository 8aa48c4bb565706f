"""A training that is told to stop, on the real workflow."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from homecage.storage.checkpoints import EVERY_S
from tests.project import Project

FOLD = "sim01day"
MODEL = f"results/sequence/{FOLD}/model.safetensors"
LONG = ("--cores", "2", MODEL, "--config", "sequence={epochs: 400, patience: 400}")


def start(project: Project) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [Path(sys.executable).with_name("snakemake"), *LONG],
        cwd=project.path,
        env=os.environ
        | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", EVERY_S: "0.1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_for_a_checkpoint(project: Project, run: subprocess.Popen[bytes]) -> None:
    saved = project.results / "checkpoints" / "train_fold" / FOLD
    while not any(saved.glob("*/*.safetensors")):
        assert run.poll() is None, "the fold ended before a checkpoint was seen"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def undisturbed(simulated: Project, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The weights of a fold that nobody stopped."""
    project = Project(tmp_path_factory.mktemp("undisturbed") / "project")
    shutil.copytree(simulated.path, project.path, symlinks=True)
    project.run(*LONG)
    return (project.path / MODEL).read_bytes()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1, signal.SIGKILL])
def test_a_fold_that_is_told_to_stop_goes_on_to_the_same_bytes(undisturbed, edited, number):
    run = start(edited)
    wait_for_a_checkpoint(edited, run)
    for process in psutil.Process(run.pid).children(recursive=True):
        process.send_signal(number)
    assert run.wait() != 0
    assert not (edited.path / MODEL).exists()
    log = edited.results / "logs" / "train_fold" / f"{FOLD}.log"
    if number != signal.SIGKILL:
        assert f"stopped by {number.name}" in log.read_text() and "run again" in log.read_text()
    edited.run(*LONG)
    assert "going on from checkpoint" in log.read_text()
    assert (edited.path / MODEL).read_bytes() == undisturbed
    assert not (edited.results / "checkpoints" / "train_fold" / FOLD).exists()
