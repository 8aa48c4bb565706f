"""A job ends with the run that it belongs to, and only with that one."""

import os
import signal
import subprocess
import sys

import pytest

from homecage.running.watchdog import RUN, this_run

RUNNING = """
import os, sys
from homecage.running.watchdog import this_run
print(this_run(), flush=True)
sys.stdin.read()
"""

WORKING = """
import signal, sys, time
from homecage.running import watchdog
{prepare}
watchdog._POLL_S = 0.05
watchdog.end_with_run()
print("working", flush=True)
while True:  # One call that blocks could begin just after the signal came, and would keep it.
    time.sleep(0.01)
"""
LEAVING = "signal.signal(signal.SIGTERM, lambda *_: sys.exit('asked to leave'))"
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN); watchdog._GRACE_S = 0.05"


def start(code, **environment):
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    return process, process.stdout.readline().strip()


@pytest.fixture
def run():
    """A process that stands for Snakemake, and what it tells its jobs."""
    process, told = start(RUNNING)
    yield process, told
    process.kill()
    process.communicate()


@pytest.fixture
def work():
    """Start a job with what a run tells it; what is still there after the test is ended."""
    jobs = []

    def start_job(told, prepare=LEAVING):
        job, _ = start(WORKING.format(prepare=prepare), **{RUN: told})
        jobs.append(job)
        return job

    yield start_job
    for job in jobs:
        job.kill()
        job.communicate()


def works_on(job):
    try:
        job.wait(0.5)
    except subprocess.TimeoutExpired:
        return True
    return False


@pytest.mark.parametrize("waited_for", [True, False])
def test_a_job_is_asked_to_leave_when_its_run_is_killed(run, work, waited_for):
    process, told = run
    job = work(told)
    assert works_on(job)
    process.kill()
    if waited_for:  # Else the run is a zombie: ended, but not yet gone from the list of processes.
        process.wait()
    job.wait(30)
    assert job.returncode == 1
    assert (
        job.stderr.read()
        == f"the run that this job belongs to is gone (process {process.pid}): ending\nasked to leave\n"
    )


def test_a_job_that_does_not_listen_is_killed(run, work):
    process, told = run
    job = work(told, DEAF)
    process.kill()
    assert job.wait(30) == -signal.SIGKILL


def test_a_later_process_of_the_same_number_is_not_the_run(run, work):
    place, pid, started = run[1].split()
    assert work(f"{place} {pid} {int(started) - 1}").wait(30) == 1


def test_a_run_on_another_host_is_not_watched(work, monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "elsewhere")
    place, pid, _ = this_run().split()
    assert works_on(work(f"{place} {pid} 1"))


def test_a_run_that_is_counted_in_another_container_is_not_watched(run, work):
    place, pid, _ = run[1].split()
    host = place.partition("/")[0]
    assert works_on(work(f"{host} {pid} 1"))


@pytest.mark.parametrize("told", ["", "  "])
def test_a_verb_that_is_started_by_hand_belongs_to_no_run(work, told):
    assert works_on(work(told))
