"""A training that is told to stop, on the real workflow."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.pause import is_waiting, pause, prepare

MODEL = ("train_model", "models/lstm-3dcnn", "lstm-3dcnn/sim01day")
CONVNET = ("train_convnet", "convnet", "all")


@pytest.mark.parametrize(
    ("rule", "folder", "job", "number"),
    [
        (*MODEL, signal.SIGTERM),
        (*MODEL, signal.SIGUSR1),
        (*MODEL, signal.SIGKILL),
        (*CONVNET, signal.SIGTERM),
    ],
)
def test_a_training_that_is_told_to_stop_goes_on_to_the_same_bytes(
    edited, rule, folder, job, number
):
    model = f"results/{folder}/{job.partition('/')[2]}/model.safetensors".replace("//", "/")
    checkpoints = f"results/checkpoints/{rule}/{job}"
    prepare(edited)
    undisturbed = (edited.path / model).read_bytes()
    (edited.path / model).unlink()
    run = subprocess.Popen(
        [Path(sys.executable).with_name("snakemake"), "--cores", "all", model],
        cwd=edited.path,
        env=os.environ
        | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        | pause([checkpoints]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not is_waiting(edited, checkpoints):
        assert run.poll() is None, "the training ended before it waited"
        time.sleep(0.05)
    for process in psutil.Process(run.pid).children(recursive=True):
        process.send_signal(number)
    assert run.wait() != 0
    assert not (edited.path / model).exists()
    log = edited.results / "logs" / rule / f"{job}.log"
    if number != signal.SIGKILL:
        assert f"stopped by {number.name}" in log.read_text() and "run again" in log.read_text()
    edited.make(model)
    assert "going on from checkpoint" in log.read_text()
    assert (edited.path / model).read_bytes() == undisturbed
    assert not (edited.path / checkpoints).exists()
