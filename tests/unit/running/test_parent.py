"""A job ends with its run and publishes nothing without it."""

import dataclasses
import os
import signal
import subprocess
import sys

import pytest

from homecage import parent
from homecage.errors import HomecageError
from homecage.running.runlock import LOCK, find_start, this_run
from homecage.storage.publish import publish

WAIT = """
import signal, sys, time
from homecage import parent
signal.signal(signal.SIGTERM, lambda *_: sys.exit("asked to leave"))
parent._POLL_S = 0.05
parent.end_with_run()
print("started", flush=True)
time.sleep(60)
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A live process that stands for the run this process works for."""
    monkeypatch.chdir(tmp_path)
    process = subprocess.Popen(["sleep", "60"])
    started = find_start(process.pid)
    stand_in = dataclasses.replace(this_run(), pid=process.pid, started=started)
    monkeypatch.setenv(parent.RUN, stand_in.dump())
    yield process
    process.kill()
    process.wait()


def take_over(tmp_path, run):
    (tmp_path / LOCK).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / LOCK).write_text(run.dump())


def test_a_job_of_a_live_run_publishes(tmp_path, run):
    take_over(tmp_path, parent.find_run())
    with publish(tmp_path / "a") as temporary:
        temporary.write_text("whole")
    assert (tmp_path / "a").read_text() == "whole"


def test_a_job_whose_run_was_killed_publishes_nothing(tmp_path, run):
    (tmp_path / "a").write_text("a later run's")
    with (
        pytest.raises(HomecageError, match=f"a: not written, .*process {run.pid} on"),
        publish(tmp_path / "a") as temporary,
    ):
        temporary.write_text("an orphan's")
        run.kill()
        run.wait()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "a later run's"}


def test_a_job_whose_folder_another_run_holds_publishes_nothing(tmp_path, run):
    """As on a node of a cluster, which cannot see the process that was killed elsewhere."""
    mine = dataclasses.replace(parent.find_run(), host="elsewhere")
    assert not parent.is_orphan(mine)
    take_over(tmp_path, this_run())
    assert parent.is_orphan(mine)


def test_what_a_killed_run_left_in_the_lock_is_no_other_run(tmp_path, run):
    take_over(tmp_path, dataclasses.replace(this_run(), started="1"))
    assert not parent.is_orphan(parent.find_run())


def test_a_verb_started_by_hand_works_for_no_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(parent.RUN, raising=False)
    take_over(tmp_path, this_run())
    assert not parent.is_orphan(parent.find_run())


def test_a_job_ends_when_its_run_is_killed(tmp_path, run):
    job = subprocess.Popen(
        [sys.executable, "-c", WAIT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert job.stdout.readline() == "started\n"
    assert job.poll() is None
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    assert "asked to leave" in job.communicate()[1]
    assert job.returncode == 1
