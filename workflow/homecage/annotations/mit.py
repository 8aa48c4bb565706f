"""Annotations as people write them: one bout a line, ``frame: 00000001-00000019 micromovement``.

In the file frames count from 1 and both ends belong to the bout; in memory bouts are half-open and
count from 0. Frames that no bout covers are unlabeled.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from homecage.errors import AnnotationError, UnknownBehaviorError
from homecage.storage.publish import publish
from homecage.study.behaviors import BEHAVIORS, UNLABELED, parse_behavior

_LINE = re.compile(r"frames?\s*:\s*([0-9]{1,18})\s*-\s*([0-9]{1,18})\s+(\S.*)", re.IGNORECASE)
_EXPECTED = "expected a line like 'frame: 00000001-00000019 micromovement'"


@dataclass(frozen=True)
class Bout:
    """An uninterrupted stretch of one behavior: frames ``start`` to ``stop - 1``, from 0.

    ``line`` is where its file says so, if it was read from one; it does not make a bout another.
    """

    start: int
    stop: int
    behavior: str
    line: int | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        """Name the bout as its file does."""
        return f"{self.start + 1}-{self.stop} {self.behavior}"


def read_bouts(path: Path) -> list[Bout]:
    """Read an annotation file.

    Raises:
        AnnotationError: the file is missing, empty or not text; a line is malformed, of an unknown
            behavior, ends before it starts, counts from 0, or starts before the bout above it ends.
    """
    bouts, problems = _parse_lines(path)
    if problems:
        raise problems[0]
    return bouts


def read_codes(path: Path, n_frames: int) -> NDArray[np.int8]:
    """Read an annotation file as the code of each frame of its video (T,).

    Raises:
        AnnotationError: as ``read_bouts``, or a bout reaches beyond the video.
    """
    bouts = read_bouts(path)
    if problems := _find_bouts_beyond(path, bouts, n_frames):
        raise problems[0]
    return bouts_to_codes(bouts, n_frames)


def find_problems(path: Path, n_frames: int | None) -> list[AnnotationError]:
    """Return every problem of an annotation file; its video's length may be unknown (None)."""
    try:
        bouts, problems = _parse_lines(path)
    except AnnotationError as error:
        return [error]
    return problems + ([] if n_frames is None else _find_bouts_beyond(path, bouts, n_frames))


def write_bouts(path: Path, bouts: Iterable[Bout]) -> None:
    """Write an annotation file, frames from 1 and both ends inclusive."""
    with publish(path) as temporary:
        temporary.write_text(
            "".join(
                f"frame: {bout.start + 1:08d}-{bout.stop:08d} {bout.behavior}\n" for bout in bouts
            ),
            encoding="utf-8",
        )


def bouts_to_codes(bouts: Iterable[Bout], n_frames: int) -> NDArray[np.int8]:
    """Return each frame's code (T,): its behavior's index in ``BEHAVIORS``, or ``UNLABELED``.

    Raises:
        ValueError: a bout reaches beyond the video's frames.
    """
    codes = np.full(n_frames, UNLABELED, dtype=np.int8)
    for bout in bouts:
        if bout.stop > n_frames:
            raise ValueError(f"the bout {bout} reaches beyond {n_frames} frames")
        codes[bout.start : bout.stop] = BEHAVIORS.index(bout.behavior)
    return codes


def codes_to_bouts(codes: NDArray[np.int8]) -> list[Bout]:
    """Return the bouts of a video from its frames' codes (T,), unlabeled frames left out."""
    changes = np.flatnonzero(np.diff(codes)) + 1
    edges = [0, *changes.tolist(), len(codes)]
    return [
        Bout(start, stop, BEHAVIORS[codes[start]])
        for start, stop in pairwise(edges)
        if stop > start and codes[start] != UNLABELED
    ]


def _parse_lines(path: Path) -> tuple[list[Bout], list[AnnotationError]]:
    """Return the bouts and the problems of a file; a line with a problem gives no bout."""
    bouts: list[Bout] = []
    problems: list[AnnotationError] = []
    for line, text in enumerate(_read_lines(path), start=1):
        if not text.strip():
            continue
        try:
            bout = _parse_line(text.strip(), line)
            if bouts:
                _refuse_disorder(bouts[-1], bout)
        except ValueError as problem:
            problems.append(AnnotationError(path, str(problem), line))
        else:
            bouts.append(bout)
    if not bouts and not problems:
        problems.append(AnnotationError(path, f"the file has no bouts; {_EXPECTED}"))
    return bouts, problems


def _read_lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        problem = f"not UTF-8 text (byte {error.start}); save it as plain UTF-8 text"
        raise AnnotationError(path, problem) from None
    except OSError as error:
        raise AnnotationError(path, f"cannot be read ({error.strerror})") from None


def _parse_line(text: str, line: int) -> Bout:
    match = _LINE.fullmatch(text)
    if match is None:
        raise ValueError(f"found {text[:80]!r}; {_EXPECTED}")
    first, last = int(match[1]), int(match[2])
    if first < 1:
        raise ValueError(f"found {text[:80]!r}; frames count from 1, expected no frame 0")
    if first > last:
        raise ValueError(f"the bout starts at frame {first}, after its end at frame {last}")
    try:
        return Bout(first - 1, last, parse_behavior(match[3]), line)
    except UnknownBehaviorError as error:
        raise ValueError(str(error)) from None


def _refuse_disorder(last: Bout, bout: Bout) -> None:
    if bout.start < last.stop:
        how = "overlaps" if bout.stop > last.start else "comes before"
        raise ValueError(
            f"the bout {bout} {how} the bout {last} of line {last.line}; expected bouts in the "
            "order of time, each frame in one bout only"
        )


def _find_bouts_beyond(path: Path, bouts: Iterable[Bout], n_frames: int) -> list[AnnotationError]:
    return [
        AnnotationError(
            path,
            f"the bout {bout} reaches beyond the video, which has {n_frames} frames; is this the "
            "annotation of another video, or was the video cut short?",
            bout.line,
        )
        for bout in bouts
        if bout.stop > n_frames
    ]
