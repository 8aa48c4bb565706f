"""Publishing a result: it appears whole, by one rename, or not at all."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def publish(path: Path) -> Iterator[Path]:
    """Yield a unique temporary path beside ``path``; on success flush it and rename it to ``path``.

    The caller makes a file or a directory there. An earlier result is replaced only when the new one
    is complete; after an error it is untouched and the temporary is gone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    token = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
    # The suffix stays last: writers that choose a format by it see the real one.
    temporary = path.with_name(f".{path.stem[:40]}.{token}{path.suffix}")
    try:
        yield temporary
        _flush(temporary)
        if temporary.is_dir() and path.exists():
            # A directory cannot be renamed over another: move the old one aside first.
            replaced = path.with_name(f".{path.stem[:40]}.{token}.replaced")
            path.rename(replaced)
            temporary.rename(path)
            _remove(replaced)
        else:
            temporary.replace(path)
        _flush_entry(path.parent)
    finally:
        _remove(temporary)


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
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
