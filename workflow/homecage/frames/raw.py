"""What a raw file is, what decoding found in it, and whether it is still the same file.

The workflow asks while it is planned, for every video and clip: no file is opened that has the size and
the date that it had when it was decoded.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from homecage.errors import StoreError
from homecage.storage.hashing import hash_file
from homecage.storage.publish import publish

MORE_LINES = re.compile(r"and (\d+) more lines like these")
"""The sign of damage that counts those that are left out."""


@dataclass(frozen=True)
class RawFile:
    """A video file as it was decoded: an entry of a report."""

    path: str
    """As it was given."""
    size: int | None
    mtime_ns: int | None
    sha256: str | None
    """None, all three, where the file could not be read."""
    n_frames: int
    width_px: int | None
    height_px: int | None
    rate_fps: float | None
    damage: Sequence[str]
    """Every sign that frames are missing or wrong; empty for a sound file."""
    warnings: Sequence[str] = ()
    """What is unusual about the video, and makes no frame wrong."""
    steady_fps: float | None = None
    """The rate, gaps and repeated times aside; none for a variable one."""
    n_frames_stated: int | None = None
    """The frames that the container lists or counts; none where it does neither."""
    held_against: str = "nothing"
    """What of the container the frames were held against: sample table, index, header, duration, last
    timestamp (of the file as it is, so that a cut between two pictures leaves no trace) or nothing."""
    shown_fps: float | None = None
    """The rate at which its frames are in the store; none where it is the file's own."""
    n_shown: int | None = None
    """How many frames are in the store, at that rate."""

    @property
    def n_stored(self) -> int:
        """The frames in the store."""
        return self.n_frames if self.n_shown is None else self.n_shown


def split_damage(signs: Iterable[str]) -> tuple[list[str], list[str], int]:
    """Return signs of damage that are words for people, lines of the decoder, and how many more it had."""
    words: list[str] = []
    lines: list[str] = []
    n_more = 0
    for sign in signs:
        if match := MORE_LINES.fullmatch(sign):
            n_more += int(match[1])
        else:
            (lines if sign.startswith("[") else words).append(sign)
    return words, lines, n_more


def write_report(path: Path, files: Iterable[RawFile]) -> None:
    """Write what was found in a video, or in each clip of a folder."""
    text = json.dumps({"files": [asdict(file) for file in files]}, indent=1, ensure_ascii=False)
    with publish(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_report(path: Path) -> list[RawFile]:
    """Read what was found in a video, or in each clip of a folder.

    Raises:
        StoreError: there is no such report.
    """
    try:
        return [RawFile(**file) for file in json.loads(path.read_text(encoding="utf-8"))["files"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(path, f"cannot be read as a report of decoding ({error})") from None


def describe_file(path: Path, report: Path) -> dict[str, Any]:
    """Return path, size, mtime_ns and sha256 of a file.

    A file that the last report knows by its content keeps the date of then, by which ``identify`` tells
    it: it is the same, although it was touched.
    """
    try:
        found = path.stat()
        sha256 = hash_file(path)
    except OSError:
        return {"path": str(path), "size": None, "mtime_ns": None, "sha256": None}
    known = _read_known(report).get(str(path))
    same = known is not None and known.sha256 == sha256
    mtime_ns = known.mtime_ns if known is not None and same else found.st_mtime_ns
    return {"path": str(path), "size": found.st_size, "mtime_ns": mtime_ns, "sha256": sha256}


def identify(paths: Iterable[Path], report: Path) -> str:
    """Return a short text that is another one when one of the files is, whatever its date.

    It is made of each file's size and date. A file whose date alone differs from the one that the report
    knows is hashed, and is the same where its content is. Hashes are kept beside the report: a long video
    that was touched is read once, not each time that the workflow is planned.
    """
    known, hashed = _read_known(report), report.with_suffix(".touched.json")
    hashes = _read_hashes(hashed)
    n_hashes = len(hashes)
    texts = [_identify_file(path, known.get(str(path)), hashes) for path in paths]
    if len(hashes) > n_hashes:
        with suppress(OSError), publish(hashed) as temporary:  # Results that cannot be written to.
            temporary.write_text(json.dumps(hashes, indent=1), encoding="utf-8")
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def is_as_decoded(file: RawFile) -> bool:
    """Tell whether a file is still what was decoded, whatever its date."""
    return _identify_file(Path(file.path), file, {}) == f"{file.size} {file.mtime_ns}"


def _identify_file(path: Path, known: RawFile | None, hashes: dict[str, str]) -> str:
    if not os.access(path, os.R_OK):
        return "missing"
    found = path.stat()
    now = f"{found.st_size} {found.st_mtime_ns}"
    if known is None or known.size != found.st_size or known.mtime_ns == found.st_mtime_ns:
        return now
    if (key := f"{path} {now}") not in hashes:
        hashes[key] = hash_file(path)
    return f"{known.size} {known.mtime_ns}" if hashes[key] == known.sha256 else now


def _read_known(report: Path) -> dict[str, RawFile]:
    """Return what a report that may not be there says, by the files' paths."""
    try:
        return {file.path: file for file in read_report(report)}
    except StoreError:
        return {}


def _read_hashes(path: Path) -> dict[str, str]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}
