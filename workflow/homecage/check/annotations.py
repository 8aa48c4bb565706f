"""What is wrong with annotation files; the workflow asks while it is planned, too."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from homecage.annotations.options import AnnotationOptions
from homecage.annotations.read import Annotation, read_annotation_file
from homecage.errors import StoreError
from homecage.storage.frame_tables import read_times
from homecage.study.behaviors import Vocabulary
from homecage.study.choice import Choice

_MAX_PROBLEMS = 5  # Of one file; one slip can make a problem of every line after it.


@dataclass(frozen=True)
class Annotated:
    """A file of annotations, and the video that it is asked about."""

    path: Path
    times: Path | None
    """The table of the video's frames, which may not be there yet; None where it does not count."""
    choice: Choice


def read_annotated(
    annotated: Annotated, vocabulary: Vocabulary, options: AnnotationOptions
) -> Annotation:
    """Read an annotation as it is imported, but judge its length only where that of its video is known."""
    time_s = None
    if annotated.times is not None:
        with suppress(StoreError):
            time_s = read_times(annotated.times)
    return read_annotation_file(
        annotated.path, vocabulary, time_s, options=options, choice=annotated.choice
    )


def find_annotation_problems(
    annotated: Iterable[Annotated], vocabulary: Vocabulary, options: AnnotationOptions
) -> list[str]:
    """Return what is wrong with annotation files."""
    return [
        problem
        for one in annotated
        for problem in list_problems(one.path, read_annotated(one, vocabulary, options))
    ]


def list_problems(path: Path, annotation: Annotation) -> list[str]:
    """Return the first problems of an annotation file and how many more there are."""
    problems = list(map(str, annotation.problems))
    if (n_more := len(problems) - _MAX_PROBLEMS) > 0:
        problems[_MAX_PROBLEMS:] = [f"{path}: and {n_more} more lines with problems"]
    return problems
