"""What is wrong with annotation files; the workflow asks while it is planned, too."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from homecage.annotations.mit import find_problems
from homecage.errors import StoreError
from homecage.frames.raw import read_report
from homecage.study.behaviors import Vocabulary

_MAX_PROBLEMS = 5  # Of one file; one slip can make a problem of every line after it.


def find_annotation_problems(annotations: Mapping[Path, Path], vocabulary: Vocabulary) -> list[str]:
    """Return what is wrong with annotation files.

    Args:
        annotations: the report of its video's decoding, which may not be there yet, for each file.
        vocabulary: what labels mean.
    """
    problems = []
    for path, report in annotations.items():
        n_frames = None
        with suppress(StoreError):
            n_frames = sum(file.n_frames for file in read_report(report))
        problems += list_problems(path, vocabulary, n_frames)
    return problems


def list_problems(path: Path, vocabulary: Vocabulary, n_frames: int | None) -> list[str]:
    """Return the first problems of an annotation file and how many more there are."""
    problems = [str(problem) for problem in find_problems(path, vocabulary, n_frames)]
    if (n_more := len(problems) - _MAX_PROBLEMS) > 0:
        problems[_MAX_PROBLEMS:] = [f"{path}: and {n_more} more lines with problems"]
    return problems
