"""One run at a time makes a file; a run that is killed takes its jobs with it."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.project import TINY, copy_project

LONG = TINY | {"simulation": TINY["simulation"] | {"seconds": 36_000}}
"""An experiment whose first job would take hours."""

VIDEO = "results/dataset/full_database/sim01day.mpg"
NOTICE = "results/dataset/SIMULATED.txt"


@pytest.fixture
def running(tmp_path):
    """A project with a run in the middle of its first job, and the process that runs it."""
    project = copy_project(tmp_path, LONG)
    run = subprocess.Popen(
        [Path(sys.executable).with_name("snakemake"), "--cores", "1", VIDEO],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: list(project.results.glob("dataset/full_database/.*.mpg")))
    jobs = psutil.Process(run.pid).children(recursive=True)
    assert {"bash", "tee", "ffmpeg"} <= {job.name().partition("-")[0] for job in jobs}
    yield project, run, jobs
    for process in (run, *jobs):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    run.wait()


def wait_until(happened):
    for _ in range(1200):
        if happened():
            return
        time.sleep(0.1)
    pytest.fail("waited in vain")


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_second_run_of_the_same_files_is_refused_and_may_look(running):
    project, run, jobs = running
    for target in (VIDEO, "all"):
        refused = project.make(target, check=False)
        assert refused.returncode and "--unlock" in refused.stdout
        assert "Traceback" not in refused.stdout
    for only_looks in ("--dry-run", "--summary"):
        project.run(only_looks)
    project.make(NOTICE)
    assert run.poll() is None and not any(map(is_gone, jobs))


def test_a_killed_run_takes_its_jobs_with_it_and_unlocking_lets_the_next_one_in(running):
    project, run, jobs = running
    run.kill()
    run.wait()
    wait_until(lambda: all(map(is_gone, jobs)))
    assert not list(project.results.glob("dataset/full_database/*"))
    refused = project.make("all", check=False)
    assert refused.returncode and "--unlock" in refused.stdout
    project.run("--unlock")
    project.make(NOTICE)
    assert (project.path / NOTICE).exists()
