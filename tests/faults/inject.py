"""A verb run in a child process that is killed, or finds the disk full, at a chosen moment.

Moments are counted as Python meets them: a file opened for writing, a folder made, a file flushed to
disk, renamed or removed. ffmpeg (C), safetensors, pyarrow and zarrs write without Python: what is
counted are the renames and flushes around them, and the limits on sizes and real full disks, which
the kernel puts on every writer, interrupt them in the middle of a file.
"""

import errno
import os
import resource
import signal
import sys
import traceback
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from homecage.__main__ import main
from homecage.verbs import VERBS
from tests.faults.cases import Case

KINDS = ("kill", "full", "read-only", "cut", "limit", "disk", "mount")
"""killed at a moment; no space, or nothing writable, from a moment on; killed in the middle of a
write (``RLIMIT_FSIZE``); a limit on files' sizes (``ulimit -f``); a full disk; a read-only one."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong, and when: a count of moments, or of bytes."""

    kind: str
    at: int = 0


@dataclass(frozen=True)
class Outcome:
    """How a verb ended: its exit status, negative for a signal, what it said, moments that passed."""

    status: int
    said: str
    moments: int


def warm() -> None:
    """Import all verbs, so that children start with them. No thread is started by that."""
    for place in VERBS.values():
        import_module(place.partition(":")[0])
    import_module("matplotlib.backends.backend_agg")
    import_module("matplotlib.backends.backend_pdf")


def run(case: Case, target: Path, fault: Fault | None = None) -> Outcome:
    """Run a verb to its end, or to its fault, with all that it writes under a folder."""
    said, saying = os.pipe()
    counted, counting = os.pipe()
    if not (child := os.fork()):
        os.close(said)
        os.dup2(saying, 1)
        os.dup2(saying, 2)
        os.chdir(case.project)
        os._exit(_run_here(case.redirect(target), target, fault, counting))
    os.close(saying)
    os.close(counting)
    with open(said, errors="replace") as text:  # noqa: PTH123  # To the end of every process that has it.
        words = text.read()
    _, status = os.waitpid(child, 0)
    with open(counted) as number:  # noqa: PTH123
        moments = int(number.read() or 0)
    return Outcome(os.waitstatus_to_exitcode(status), words, moments)


def _run_here(line: list[str], target: Path, fault: Fault | None, counting: int) -> int:
    os.environ["HOMECAGE_CHECKPOINT_EVERY_S"] = "0"
    moments = Moments(target, fault)
    sys.addaudithook(moments.hear)
    flush = os.fsync

    def fsync(descriptor: int) -> None:
        moments.pass_one(None, "fsync")
        flush(descriptor)

    os.fsync = fsync
    if fault and fault.kind in ("cut", "limit"):
        if fault.kind == "cut":
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (fault.at, resource.RLIM_INFINITY))
    try:
        status = main(line)
    except SystemExit as error:
        status = int(error.code or 0)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(counting, str(moments.passed).encode())
    return status


class Moments:
    """Counts moments under a folder, and lets the fault happen at its own."""

    def __init__(self, target: Path, fault: Fault | None) -> None:
        self._root = f"{target}/"
        self._fault = fault
        self.passed = 0

    def hear(self, event: str, arguments: tuple[object, ...]) -> None:
        """Take an audit event of Python's."""
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                self._meet(path, "open")
        elif event in ("os.mkdir", "os.remove", "os.rmdir", "os.rename", "os.truncate"):
            self._meet(arguments[0], event.removeprefix("os."), relative=arguments[-1] != -1)

    def _meet(self, path: object, event: str, relative: bool = False) -> None:
        if isinstance(path, str | bytes | os.PathLike):
            name = os.fsdecode(path)
            # Below a descriptor, as rmtree removes: of a folder that is ours.
            if name.startswith(self._root) or (relative and "/" not in name):
                self.pass_one(name, event)

    def pass_one(self, name: str | None, event: str) -> None:
        """Count one; kill the process, or refuse, when it is its turn."""
        self.passed += 1
        if self._fault is None or self.passed < self._fault.at:
            return
        if self._fault.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self._fault.kind == "full" and event in ("open", "mkdir", "fsync"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)
        if self._fault.kind == "read-only":
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), name)
