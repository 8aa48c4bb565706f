"""One run at a time makes a file; a run that is killed takes its jobs with it."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.project import SHOWN, TINY, copy_project

LONG = TINY | {"simulation": TINY["simulation"] | {"seconds": 36_000}}
"""An experiment whose first job would take hours."""

VIDEO = "results/dataset/full_database/sim01day.mpg"
NOTICE = "results/dataset/SIMULATED.txt"

UNWATCHED = """
rule make:
    output: "made.txt"
    shell:
        "touch $RUN.begun; until test -e $RUN; do sleep 0.1; done; "
        "echo $RUN > {output}; touch $RUN.done"
"""
"""A job that watches no run: it waits for a file of its run's name and then writes that name."""


def start(folder, *arguments, shown=subprocess.DEVNULL, **environment):
    path = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.Popen(
        [Path(sys.executable).with_name("snakemake"), "--cores", "1", *arguments],
        cwd=folder,
        env=os.environ | path | environment,
        stdout=shown,
        stderr=shown,
        # A run in the background of a shell ignores Ctrl-C, and so would all that it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        process_group=0,
    )


@pytest.fixture
def running(tmp_path):
    """A project with a run in the middle of its first job, and the process that runs it."""
    project = copy_project(tmp_path, LONG)
    with (tmp_path / SHOWN).open("wb") as shown:
        run = start(tmp_path, VIDEO, shown=shown)
    wait_until(lambda: list(project.results.glob("dataset/full_database/.*.mpg")))
    jobs = psutil.Process(run.pid).children(recursive=True)
    assert {"bash", "ffmpeg"} <= {job.name().partition("-")[0] for job in jobs}
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


def test_an_interrupted_run_says_so_last(running):
    project, run, jobs = running
    os.killpg(run.pid, signal.SIGINT)
    assert run.wait() != 0
    wait_until(lambda: all(map(is_gone, jobs)))
    shown = (project.path / SHOWN).read_text()
    assert shown.splitlines()[-1] == (
        "Not finished: it was interrupted. What was made before is kept; the same command goes on."
    )
    assert "Terminating processes on user request" in shown and "failed" not in shown


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


def test_snakemakes_lock_alone_lets_a_killed_run_replace_what_a_later_one_made(tmp_path):
    """Why jobs watch their run. Should this fail, Snakemake has learned to end them itself."""
    (tmp_path / "Snakefile").write_text(UNWATCHED)
    made = tmp_path / "made.txt"
    killed = start(tmp_path, RUN="killed")
    wait_until((tmp_path / "killed.begun").exists)
    killed.kill()
    killed.wait()
    (tmp_path / "later").touch()
    assert start(tmp_path, RUN="later").wait() != 0
    assert start(tmp_path, "--unlock").wait() == 0
    assert start(tmp_path, "--rerun-incomplete", RUN="later").wait() == 0
    assert made.read_text() == "later\n"
    (tmp_path / "killed").touch()
    wait_until((tmp_path / "killed.done").exists)
    assert made.read_text() == "killed\n"
