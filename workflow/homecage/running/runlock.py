"""A run of the workflow, and the folder that it holds: one run at a time.

What holds the folder is a lock on a file (``flock``), which the system lifts however the run ends; the
file says who holds it. Where file systems do not carry locks from host to host, what the file says
decides.
"""

import atexit
import fcntl
import json
import os
import socket
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from homecage.errors import HomecageError

LOCK = Path(".snakemake/locks/homecage.json")
"""In the folder that ``snakemake --unlock`` empties."""

_HELD: list[IO[str]] = []  # Open for as long as the process lives: closing one would give it up.


@dataclass(frozen=True)
class Run:
    """A process that carries out the workflow."""

    host: str
    pid: int
    started: str
    """In the kernel's ticks since it started itself: tells it from a later process of that number."""
    since: str
    """By the clock, for people."""

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}"

    def is_here(self) -> bool:
        """Whether it is or was a process of this host."""
        return self.host == socket.gethostname()

    def is_gone(self) -> bool:
        """Whether it has ended for certain; of other hosts' processes nobody knows."""
        return bool(self.started) and self.is_here() and find_start(self.pid) != self.started

    def dump(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, text: str) -> "Run | None":
        """Read it from JSON; None where there is none, or one that is being written."""
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError):
            return None


def this_run() -> Run:
    """Describe this process as a run."""
    now = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
    return Run(socket.gethostname(), os.getpid(), find_start(os.getpid()) or "", now)


def find_start(pid: int) -> str | None:
    """Return when a process started; None where it has ended, even if its parent took no note yet."""
    try:
        # The name, in parentheses, may have any character.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else fields[19]


def read_holder(lock: Path = LOCK) -> Run | None:
    """Return the run that holds the folder, or held it when it was killed; None where nobody knows."""
    try:
        return Run.parse(lock.read_text(encoding="utf-8"))
    except OSError:
        return None


def hold(run: Run, lock: Path = LOCK) -> Run | None:
    """Hold the folder until this process ends; return the run that was killed while it held it.

    Raises:
        HomecageError: another run holds the folder, or held it on a host that cannot be asked.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    file = lock.open("a+", encoding="utf-8")
    locked = _try_lock(file)
    file.seek(0)
    before = Run.parse(file.read())
    if not locked or (before and not before.is_gone()):
        file.close()
        raise HomecageError(_refuse(before))
    _write(file, run.dump())
    _HELD.append(file)
    atexit.register(_write, file, "")
    return before


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass  # A file system without locks: what the file says decides.
    return True


def _write(file: IO[str], text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()


def _refuse(holder: Run | None) -> str:
    folder = Path.cwd()
    if holder is None:
        return f"{folder} is in use by another run that has just started; wait until it ends"
    if holder.is_here():
        return (
            f"{folder} is in use by another run: {holder}; wait until it ends, or stop it with: "
            f"kill {holder.pid}"
        )
    return (
        f"{folder} is in use by another run: {holder}; wait until it ends, or, if you know that it "
        "is no more, type: snakemake --unlock"
    )
