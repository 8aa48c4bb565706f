"""A cluster to test on, and the tiny experiment run on it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from homecage.storage.checkpoints import EVERY_S
from tests.project import Project
from tests.slurm.cluster import Cluster, Job, SlurmUnavailableError, wait_until

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

    def __init__(self, cluster: Cluster, project: Project, *arguments: str) -> None:
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
                | {
                    "PATH": f"{Path(sys.executable).parent}:{cluster.environment['PATH']}",
                    EVERY_S: "0.1",
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

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
    """The tiny experiment, run by Slurm from nothing to the table, one fold killed on the way."""

    project: Project
    jobs: list[Job]
    devices: dict[str, set[str]]
    killed: Job


@pytest.fixture(scope="session")
def finished(
    cluster: Cluster, simulated: Project, tmp_path_factory: pytest.TempPathFactory
) -> Finished:
    """Run the tiny experiment through Slurm and kill the first fold that trains."""
    project = Project(tmp_path_factory.mktemp("through-slurm") / "project")
    copy_without_results(simulated, project)
    run = SlurmRun(cluster, project)

    def trains(job: Job) -> bool:
        # The log is there as soon as the verb was called.
        return any(log.stem in job.name for log in project.results.glob("logs/train_model/*/*.log"))

    def folds() -> list[Job]:
        running = cluster.active("RUNNING")
        return [job for job in running if job.rule == "train_model" and trains(job)]

    wait_until(lambda: bool(folds()) or run.process.poll() is not None, patience_s=600)
    if not (training := folds()):
        run.process.kill()
        pytest.fail(f"no fold was trained:\n{run.said[-5000:]}")
    cluster.kill(training[0])
    run.finish()
    return Finished(project, cluster.jobs(), cluster.devices(), training[0])


def copy_without_results(project: Project, copy: Project) -> None:
    """Copy a project as it was before it ran."""
    left_out = shutil.ignore_patterns("results", ".snakemake", "*.log")
    shutil.copytree(project.path, copy.path, symlinks=True, ignore=left_out)
