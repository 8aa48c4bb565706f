"""Annotations as people write them: one bout a line, ``frame: 00000001-00000019 micromovement``.

In the file frames count from 1 and both ends belong to the bout; in memory bouts are half-open and
count from 0. Frames that no bout covers are unlabeled, and so are those of a label that the study ignores.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from homecage.errors import AnnotationError, UnknownBehaviorError
from homecage.study.behaviors import Vocabulary

_LINE = re.compile(r"frames?\s*:\s*([0-9]{1,18})\s*-\s*([0-9]{1,18})\s+(\S.*)", re.IGNORECASE)
_EXPECTED = "expected a line like 'frame: 00000001-00000019 micromovement'"


@dataclass(frozen=True)
class Bout:
    """An uninterrupted stretch of one behavior: frames ``start`` to ``stop - 1``, from 0.

    ``behavior`` is None where the label is one that the study ignores. ``line`` is where its file says
    so, if it was read from one; it does not make a bout another.
    """

    start: int
    stop: int
    behavior: str | None
    line: int | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        """Name the bout as its file does."""
        return f"{self.start + 1}-{self.stop} {self.behavior or '(an ignored label)'}"


def read_bouts(path: Path, vocabulary: Vocabulary, n_frames: int | None = None) -> list[Bout]:
    """Read the annotation file of a video, whose length may be unknown (None).

    Raises:
        AnnotationError: the file is missing, empty or not text; a line is malformed, of an unknown
            behavior, ends before it starts, counts from 0, starts before the bout above it ends, or
            reaches beyond the video.
    """
    bouts, problems = _parse_file(path, vocabulary, n_frames)
    if problems:
        raise problems[0]
    return bouts


def find_problems(
    path: Path, vocabulary: Vocabulary, n_frames: int | None = None
) -> list[AnnotationError]:
    """Return every problem of an annotation file, for each of which ``read_bouts`` would refuse it."""
    try:
        return _parse_file(path, vocabulary, n_frames)[1]
    except AnnotationError as error:
        return [error]


def _parse_file(
    path: Path, vocabulary: Vocabulary, n_frames: int | None
) -> tuple[list[Bout], list[AnnotationError]]:
    """Return the bouts and the problems of a file; a line with a problem gives no bout."""
    bouts: list[Bout] = []
    problems: list[AnnotationError] = []
    for line, text in enumerate(_read_lines(path), start=1):
        if not text.strip():
            continue
        try:
            bout = _parse_line(text.strip(), line, vocabulary)
            if bouts:
                _refuse_disorder(bouts[-1], bout)
        except ValueError as problem:
            problems.append(AnnotationError(path, str(problem), line))
        else:
            bouts.append(bout)
    if not bouts and not problems:
        problems.append(AnnotationError(path, f"the file has no bouts; {_EXPECTED}"))
    if n_frames is not None:
        problems += _find_bouts_beyond(path, bouts, n_frames)
    return bouts, problems


def _read_lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        problem = f"not UTF-8 text (byte {error.start}); save it as plain UTF-8 text"
        raise AnnotationError(path, problem) from None
    except OSError as error:
        raise AnnotationError(path, f"cannot be read ({error.strerror})") from None


def _parse_line(text: str, line: int, vocabulary: Vocabulary) -> Bout:
    match = _LINE.fullmatch(text)
    if match is None:
        raise ValueError(f"found {text[:80]!r}; {_EXPECTED}")
    first, last = int(match[1]), int(match[2])
    if first < 1:
        raise ValueError(f"found {text[:80]!r}; frames count from 1, expected no frame 0")
    if first > last:
        raise ValueError(f"the bout starts at frame {first}, after its end at frame {last}")
    try:
        return Bout(first - 1, last, vocabulary.parse(match[3]), line)
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
