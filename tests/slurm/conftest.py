"""A cluster to test on, and the tiny experiment run on it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.pause import is_waiting, pause, prepare
from tests.project import Project
from tests.slurm.cluster import Cluster, Job, SlurmUnavailableError, wait_until
from tests.workflow.plans import copy_run

N_GPUS = 2


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A one-node Slurm with two stand-in GPUs; skipped, by name, where none can be started."""
    cluster = Cluster(tmp_path_factory.mktemp("slurm"), N_GPUS)
    try:
        cluster.start()
    except SlurmUnavailableError as error:
        pytest.skip(f"Slurm: {error}")
    yield cluster
    cluster.stop()


class SlurmRun:
    """``snakemake --profile slurm`` under way in a project."""

    def __init__(
        self, cluster: Cluster, project: Project, *arguments: str, paused: Iterable[str] = ()
    ) -> None:
        self.project = project
        self.log = project.path / "slurm-run.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *(Path(sys.executable).with_name("snakemake"), "--profile", "slurm"),
                    # A cluster's pace would be 40 s from one look at the jobs to the next; and as
                    # many threads as the local run that results are compared with.
                    *("--slurm-init-seconds-before-status-checks", "2"),
                    *("--max-threads", str(len(os.sched_getaffinity(0)))),
                    *arguments,
                ],
                cwd=project.path,
                env=cluster.environment
                | {"PATH": f"{Path(sys.executable).parent}:{cluster.environment['PATH']}"}
                | pause(paused),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A run in the background of a shell ignores Ctrl-C, and so would all that it starts.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    def wait_for(self, happened: Callable[[], bool]) -> None:
        """Wait for what is to happen in this run; fail with what it said where it has not."""
        wait_until(lambda: happened() or self.process.poll() is not None, patience_s=600)
        if not happened():
            self.process.kill()
            pytest.fail(f"snakemake --profile slurm:\n{self.said[-5000:]}")

    def finish(self) -> str:
        """Wait for the end; return what was said, or fail with it."""
        if self.process.wait():
            pytest.fail(f"snakemake --profile slurm:\n{self.said[-5000:]}")
        return self.said

    def interrupt(self) -> None:
        """Do what Ctrl-C does, and wait for the end."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait()

    @property
    def said(self) -> str:
        """What snakemake has printed so far."""
        return self.log.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Finished:
    """The tiny experiment, run by Slurm from decoded videos to the tables.

    Two folds stopped on the way, both at once: one was killed, one was warned.
    """

    project: Project
    jobs: list[Job]
    devices: dict[str, set[str]]


KILLED, WARNED = FOLDS = ("sim01day", "sim02day")


def checkpoints_of(fold: str) -> str:
    """Name the folder of a fold's checkpoints."""
    return f"results/checkpoints/train_model/lstm-3dcnn/{fold}"


@pytest.fixture(scope="session")
def finished(
    cluster: Cluster, simulated: Project, tmp_path_factory: pytest.TempPathFactory
) -> Finished:
    """Run the tiny experiment through Slurm; what was decoded is there."""
    project = copy_run(simulated, tmp_path_factory.mktemp("through-slurm") / "project")
    prepare(project)
    for learned in ("convnet", "features", "models", "predictions", "evaluation", "figures"):
        shutil.rmtree(project.results / learned)
    tables = [f"results/evaluation/{name}.tsv" for name in ("accuracy", "bouts")]
    run = SlurmRun(cluster, project, *tables, paused=map(checkpoints_of, FOLDS))
    run.wait_for(lambda: all(is_waiting(project, checkpoints_of(fold)) for fold in FOLDS))
    running = {job.name: job for job in cluster.active("RUNNING") if job.rule == "train_model"}
    for fold, stop in ((KILLED, cluster.kill), (WARNED, cluster.warn)):
        (job,) = (job for name, job in running.items() if fold in name)
        stop(job)
    run.finish()
    return Finished(project, cluster.jobs(), cluster.devices())
