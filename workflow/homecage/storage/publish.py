"""Publishing a result: it appears whole, by one rename, or not at all."""

import errno
import os
import re
import shutil
import stat
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def publish(path: Path) -> Iterator[Path]:
    """Yield a unique temporary path beside ``path``; on success flush it and rename it to ``path``.

    The caller makes a file or a directory there; who may read it is the umask's to say. An earlier
    result is replaced only when the new one is complete; after an error it is untouched and the
    temporary is gone. What a killed writer of the same result left is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    name = f"{_begin(path)}{os.getpid()}-{uuid.uuid4().hex[:8]}"
    # The suffix stays last: writers that choose a format by it see the real one.
    temporary = path.with_name(name + path.suffix)
    try:
        yield temporary
        _permit(temporary)
        _flush(temporary)
        if temporary.is_dir() and path.exists():
            # A directory cannot be renamed over another: move the old one aside first.
            replaced = path.with_name(f"{name}.replaced")
            path.rename(replaced)
            try:
                temporary.rename(path)
            except OSError:
                replaced.rename(path)
                raise
            _remove(replaced)
        else:
            temporary.replace(path)
        _flush_entry(path.parent)
    except OSError as error:
        if error.errno in _NO_ROOM and error.filename is None:
            error.filename = str(path)  # A failed write does not say of what.
        raise
    finally:
        _remove(temporary)


def _begin(path: Path) -> str:
    """Begin the names of a result's temporaries: hidden, its own, and short for any name."""
    return f".{path.stem[:40]}.{zlib.crc32(os.fsencode(path.name)):08x}-"


def _sweep(path: Path) -> None:
    """Remove the temporaries of writers that were killed."""
    form = re.compile(rf"{re.escape(_begin(path))}(\d+)-[0-9a-f]{{8}}(\..*)?", re.DOTALL)
    for entry in path.parent.iterdir():
        if (match := form.fullmatch(entry.name)) and not _is_alive(int(match[1])):
            _remove(entry)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # No signal, only the question whether one could be sent.
    except ProcessLookupError:
        return False
    except PermissionError:  # Another user's.
        pass
    return True


def _permit(path: Path) -> None:
    """Let those read and write files whom the umask lets, as safetensors, for one, does not.

    Rights are added and never taken away: a folder's own list of rights may give more than the umask does.
    """
    umask = os.umask(0o077)
    os.umask(umask)
    for file in [path, *path.rglob("*")] if path.is_dir() else [path]:
        mode = stat.S_IMODE(file.stat().st_mode)
        if file.is_file() and (wanted := mode | (0o666 & ~umask)) != mode:
            file.chmod(wanted)


def _flush(path: Path) -> None:
    if path.is_dir():
        for child in path.rglob("*"):
            _flush_entry(child)
    _flush_entry(path)


def _flush_entry(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    """Remove what can be removed; a failure hides no other error."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
