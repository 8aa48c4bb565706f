"""A run that is killed: Snakemake's lock stays, its jobs do not."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.project import TINY, Project, copy_project

VIDEO = "results/dataset/full_database/sim01day.mpg"
HOUR = {"simulation": TINY["simulation"] | {"seconds": 3600}}
"""An experiment whose videos would take many minutes each."""

UNWATCHED = """
rule make:
    output: "made.txt"
    shell: "until test -e $RUN; do sleep 0.1; done; echo $RUN > {output}; touch $RUN.done"
"""
"""A rule that waits for a file with its run's name before it writes that name."""


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    path = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.Popen(
        [Path(sys.executable).with_name("snakemake"), "--cores", "1", *arguments],
        cwd=folder,
        env=os.environ | path | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_until(happened: Callable[[], object]) -> None:
    for _ in range(1200):
        if happened():
            return
        time.sleep(0.1)
    pytest.fail("waited in vain")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Project, subprocess.Popen[bytes]]]:
    """A project with a run in the middle of its first job, and the process that runs it."""
    project = copy_project(tmp_path, TINY | HOUR)
    run = start(tmp_path, VIDEO)
    wait_until(lambda: list(project.results.glob("dataset/full_database/.*.mpg")))
    yield project, run
    run.send_signal(signal.SIGTERM)
    run.wait()


def refuse(project: Project) -> str:
    """Start a second run and return what it says."""
    refused = project.run("--cores", "1", VIDEO, check=False)
    assert refused.returncode
    assert "Traceback" not in refused.stdout
    return refused.stdout


def test_a_second_run_is_refused(running):
    project, run = running
    assert "Directory cannot be locked" in refuse(project)
    for only_looks in (["--dry-run"], ["--summary"], ["--lint"], ["--list"]):
        assert "locked" not in project.run(*only_looks).stdout
    assert run.poll() is None


def test_a_killed_run_takes_its_jobs_with_it_and_unlock_gives_the_folder_back(running):
    project, run = running
    jobs = psutil.Process(run.pid).children(recursive=True)
    assert any("simulate-video" in job.cmdline() for job in jobs)
    run.kill()
    run.wait()
    assert psutil.wait_procs(jobs, timeout=60)[1] == []
    assert not list(project.results.rglob("*.mpg"))
    assert "removed with the --unlock argument" in refuse(project)
    project.run("--unlock")
    project.make(VIDEO, "--config", "simulation={seconds: 12}")
    assert (project.path / VIDEO).exists()


def test_with_snakemakes_lock_alone_a_killed_run_would_replace_what_a_later_one_made(tmp_path):
    """Why jobs watch their run; should this fail, Snakemake has learned to, and they need not."""
    (tmp_path / "Snakefile").write_text(UNWATCHED)
    first = start(tmp_path, RUN="first")
    wait_until(lambda: psutil.Process(first.pid).children())
    first.kill()
    first.wait()
    (tmp_path / "second").touch()
    assert start(tmp_path, RUN="second").wait() != 0
    assert start(tmp_path, "--unlock").wait() == 0
    assert start(tmp_path, "--rerun-incomplete", RUN="second").wait() == 0
    assert (tmp_path / "made.txt").read_text() == "second\n"
    (tmp_path / "first").touch()
    wait_until((tmp_path / "first.done").exists)
    assert (tmp_path / "made.txt").read_text() == "first\n"
