"""One run at a time holds a folder; a killed one is known as such."""

import dataclasses
import os
import signal
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.errors import HomecageError
from homecage.running.runlock import Run, find_start, hold, read_holder, this_run

HOLD = """
import sys, time
from pathlib import Path
from homecage.running.runlock import hold, this_run
print(hold(this_run(), Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Another process that holds the folder."""
    lock = tmp_path / "locks" / "homecage.json"
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "None\n"
    yield process, lock
    process.kill()
    process.communicate()


def test_a_second_run_is_refused_and_told_who_holds_the_folder(other):
    process, lock = other
    with pytest.raises(HomecageError, match=rf"in use .* process {process.pid} on .*, since 20"):
        hold(this_run(), lock)
    assert read_holder(lock).pid == process.pid


def test_a_run_that_ends_leaves_the_folder_to_the_next(other):
    process, lock = other
    process.communicate()
    assert read_holder(lock) is None
    assert hold(this_run(), lock) is None


def test_a_killed_run_is_known_and_holds_nothing(other):
    process, lock = other
    process.send_signal(signal.SIGKILL)
    process.communicate()
    holder = read_holder(lock)
    assert holder.pid == process.pid and holder.is_gone()
    assert hold(this_run(), lock) == holder
    assert read_holder(lock).pid == os.getpid()


def test_of_a_run_on_another_host_the_user_decides(tmp_path):
    lock = tmp_path / "homecage.json"
    lock.write_text(dataclasses.replace(this_run(), host="elsewhere", pid=12).dump())
    with pytest.raises(HomecageError, match=r"process 12 on elsewhere.*snakemake --unlock"):
        hold(this_run(), lock)


def test_a_later_process_of_the_same_number_is_another_one():
    run = this_run()
    assert not run.is_gone()
    assert dataclasses.replace(run, started="1").is_gone()
    assert not dataclasses.replace(run, started="1", host="elsewhere").is_gone()


def test_a_process_that_has_ended_has_no_start_even_before_it_is_waited_for():
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert find_start(child.pid) is None
    child.wait()
    assert find_start(child.pid) is None


@given(st.text() | st.just('{"host": 1}') | st.just("[]"))
def test_what_is_no_run_is_none(text):
    assert Run.parse(text) is None


def test_a_run_is_read_as_it_was_written():
    assert Run.parse(this_run().dump()) == this_run()
