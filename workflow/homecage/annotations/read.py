"""The one door through which annotation files come in, whatever their format."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from homecage.annotations.bouts import Bout, order
from homecage.annotations.choose import ChoiceError, choose
from homecage.annotations.clock import Clock
from homecage.annotations.formats import recognize
from homecage.annotations.judge import Judge
from homecage.annotations.options import AnnotationOptions
from homecage.annotations.source import read_source
from homecage.errors import AnnotationError
from homecage.storage.frame_tables import UNLABELED, Codes
from homecage.study.behaviors import Vocabulary
from homecage.study.choice import Choice


@dataclass(frozen=True)
class Annotation:
    """What an annotator's file says of a video, and what is wrong with it."""

    format: str = ""
    """Its name; empty where the file is of none."""
    bouts: tuple[Bout, ...] = ()
    """Where several hold a frame, the last one counts."""
    warnings: tuple[str, ...] = ()
    """What a person should know of how it was read."""
    problems: tuple[AnnotationError, ...] = ()
    """All of them, in the order of their lines; with one, nothing is to be learned from the file."""


def read_annotation_file(
    path: Path,
    vocabulary: Vocabulary,
    time_s: NDArray[np.float64] | None,
    options: AnnotationOptions,
    choice: Choice,
) -> Annotation:
    """Read the annotation of a video and judge it.

    Args:
        path: the file, of any format in ``formats.py``.
        vocabulary: what labels mean.
        time_s: when each frame (T,) of the video is shown; None where that is not known yet, and then
            nothing is said of what goes by time or of the length.
        options: how it is read.
        choice: which of the file's annotations is meant, where it holds several.
    """
    try:
        source = read_source(path)
        form = recognize(source)
        reading = form.read(source)
    except AnnotationError as error:
        return Annotation(problems=(error,))
    bouts = []
    try:
        chosen = choose(reading, choice)
        clock = None if time_s is None else Clock(time_s)
        bouts = Judge(vocabulary, options, reading, clock).place(chosen)
    except ChoiceError as error:
        of_video = f"for the video {choice.video[0]!r}: " if choice.video else ""
        reading.problems.append((None, f"{of_video}{error}"))
    problems = sorted(reading.problems, key=lambda problem: problem[0] or 0)
    return Annotation(
        form.name,
        tuple(order(bouts, options.priority)),
        tuple(reading.notes),
        tuple(AnnotationError(path, text, line) for line, text in problems),
    )


def label_frames(
    bouts: Iterable[Bout], n_frames: int, vocabulary: Vocabulary, without_bout: str | None = None
) -> Codes:
    """Return the behavior of each frame (T,) of a video in which no bout reaches beyond its end.

    Where several bouts hold a frame, the last of them counts; ``without_bout`` is the behavior of others.
    """
    code_of = {behavior: code for code, behavior in enumerate(vocabulary.names)}
    codes = np.full(n_frames, code_of.get(without_bout or "", UNLABELED), dtype=np.int8)
    for bout in bouts:
        codes[bout.start : bout.stop] = code_of.get(bout.behavior or "", UNLABELED)
    return codes
