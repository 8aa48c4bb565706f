"""One run at a time in a folder; a run that is killed takes its jobs with it and is known as killed."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.project import TINY, Project, copy_project

LOCK = ".snakemake/locks/homecage.json"
LONG = TINY | {"simulation": TINY["simulation"] | {"seconds": 3600}}
"""An experiment whose first job would take many minutes."""

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
    yield project, run
    run.kill()
    run.wait()


def wait_until(happened):
    for _ in range(1200):
        if happened():
            return
        time.sleep(0.1)
    pytest.fail("waited in vain")


def list_jobs(project: Project) -> list[str]:
    """List the processes that work in the project, but the one that is this test."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == project.path:
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:  # It has ended.
            continue
    return [line for line in found if "simulate-video" in line or "ffmpeg" in line]


def test_a_second_run_is_refused_with_the_name_of_the_first(running):
    project, run = running
    for target in (VIDEO, NOTICE):
        refused = project.run("--cores", "1", target, check=False)
        assert refused.returncode
        assert (
            f"in use by another run: process {run.pid} on {os.uname().nodename}" in refused.stdout
        )
        assert "Traceback" not in refused.stdout
    assert not (project.path / NOTICE).exists()
    for only_looks in (["--dry-run"], ["--summary"], ["--lint"], ["--list"]):
        assert "in use" not in project.run(*only_looks).stdout
    assert run.poll() is None
    assert json.loads((project.path / LOCK).read_text())["pid"] == run.pid


def test_a_killed_run_takes_its_jobs_with_it_and_stands_in_nobodys_way(running):
    project, run = running
    assert list_jobs(project)
    run.kill()
    run.wait()
    wait_until(lambda: not list_jobs(project))
    assert not list(project.results.glob("dataset/full_database/*.mpg"))
    shown = project.make(NOTICE).stdout
    assert f"was killed (process {run.pid} on" in shown
    assert "was killed" not in project.make("--force", NOTICE).stdout


def test_a_folder_held_elsewhere_is_given_back_by_unlock(tmp_path):
    project = copy_project(tmp_path)
    lock = project.path / LOCK
    lock.parent.mkdir(parents=True)
    elsewhere = {"host": "node7", "pid": 12, "started": "1", "since": "2026-01-01 00:00:00"}
    lock.write_text(json.dumps(elsewhere))
    refused = project.make(NOTICE, check=False)
    assert refused.returncode
    assert "process 12 on node7" in refused.stdout and "snakemake --unlock" in refused.stdout
    project.run("--unlock")
    project.make(NOTICE)
