"""The run that a job works for: a job whose run is gone ends, and publishes nothing.

A Snakemake that is killed leaves its jobs running, here or on a cluster's nodes, and a later run in the
same folder makes the same files. A verb that is started by hand works for no run.
"""

import logging
import os
import signal
import threading
import time

from homecage.errors import HomecageError
from homecage.running.runlock import Run, read_holder

RUN = "HOMECAGE_RUN"
"""The environment variable that describes the run, which jobs inherit."""

_POLL_S = 2
_GRACE_S = 30  # From the request to leave to the order.

logger = logging.getLogger(__name__)


def find_run() -> Run | None:
    """Return the run that this job works for."""
    return Run.parse(os.environ.get(RUN, ""))


def is_orphan(run: Run | None) -> bool:
    """Whether a job's run is gone: its process has ended, or another run holds the folder."""
    if run is None:
        return False
    holder = read_holder()
    return run.is_gone() or (holder is not None and holder != run and not holder.is_gone())


def refuse_orphan(path: os.PathLike[str]) -> None:
    """Keep a job from publishing when its run is gone: the file is a later run's to make.

    Raises:
        HomecageError: it is gone.
    """
    if is_orphan(run := find_run()):
        raise HomecageError(f"{os.fspath(path)}: not written, because its run is gone ({run})")


def end_with_run() -> None:
    """From now on end this process, as SIGTERM would, when its run is gone."""
    if run := find_run():
        threading.Thread(target=_watch, args=(run,), name="watch", daemon=True).start()


def _watch(run: Run) -> None:
    while not is_orphan(run):
        time.sleep(_POLL_S)
    logger.warning("the run is gone (%s): ending", run)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_S)
    os.kill(os.getpid(), signal.SIGKILL)
