"""A job ends when the Snakemake that started it is gone.

A Snakemake that is killed leaves its jobs running, and ``snakemake --unlock`` opens the folder to a run
that makes the same files beside them. A verb that is started by hand belongs to no run.
"""

import logging
import os
import signal
import socket
import threading
import time
from pathlib import Path

RUN = "HOMECAGE_RUN"
"""The environment variable in which jobs find their run."""

_POLL_S = 2
_GRACE_S = 30  # From the request to leave to the order.

logger = logging.getLogger(__name__)


def this_run() -> str:
    """Describe this process, for its jobs' ``HOMECAGE_RUN``; empty where the system cannot tell."""
    started = _find_start(os.getpid())
    return f"{_find_place()} {os.getpid()} {started}" if started else ""


def end_with_run() -> None:
    """From now on end this process, as SIGTERM would, when its run is gone.

    A run on another host, as that of a job on a node of a cluster, cannot be seen and is not watched.
    """
    place, _, process = os.environ.get(RUN, "").partition(" ")
    if process and place == _find_place():
        pid, started = process.split()
        threading.Thread(target=_watch, args=(int(pid), started), daemon=True).start()


def _watch(pid: int, started: str) -> None:
    while _find_start(pid) == started:
        time.sleep(_POLL_S)
    logger.warning("the run that this job belongs to is gone (process %d): ending", pid)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_S)
    os.kill(os.getpid(), signal.SIGKILL)


def _find_place() -> str:
    """Name the host and, as a container may have numbers of its own, where processes are counted."""
    return f"{socket.gethostname()}/{Path('/proc/self/ns/pid').readlink()}"


def _find_start(pid: int) -> str | None:
    """Return when a process started, in the kernel's ticks; None where it has ended.

    It tells a process from a later one of the same number.
    """
    try:
        # The name, in parentheses, may have any character.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]  # A zombie has ended.
