"""Corrections: annotation files that take the place of annotator 1's, for as long as they are there."""

from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from homecage.errors import StudyError
from homecage.study.files import FOLDER, MISSING, find_problem, list_files, refuse
from homecage.study.names import safe_name
from homecage.study.study import CORRECTED, Study, Video


def correct_study(study: Study, folder: Path) -> Study:
    """Return a study in which each file of a folder is annotator 1's annotation of the video it is called as.

    A file is of any format that annotations have, and bears a video's name, or its safe one, before its
    suffix. Without the folder the study is what it was.

    Raises:
        StudyError: a file is of no video, or two are of one; the folder is none.
    """
    found = find_problem(folder) or "a file"
    if found == MISSING:
        return study
    if found != FOLDER:
        raise StudyError(
            [f"{folder}: {found}; expected a folder of corrected annotations, or nothing"]
        )
    of_video = _match(study.videos, list_files(folder))
    return replace(
        study,
        videos=tuple(
            _correct(video, of_video[video.key]) if video.key in of_video else video
            for video in study.videos
        ),
    )


def _correct(video: Video, path: Path) -> Video:
    return replace(
        video,
        annotations={**video.annotations, CORRECTED: path},
        corrects=video.annotations.get(CORRECTED, Path()),
    )


def _match(videos: Iterable[Video], paths: Iterable[Path]) -> dict[str, Path]:
    """Return the correction of each video that has one, by the video's key."""
    names = {video.key: video.name for video in videos}
    of_video: dict[str, Path] = {}
    problems = []
    for path in paths:
        stem = path.name.removesuffix(".gz")
        key = safe_name(Path(stem).stem)
        if key not in names:
            nearest = get_close_matches(key, names, n=1, cutoff=0)[0]
            problems.append(
                f"{path}: corrects no video of the study; the nearest name is {names[nearest]!r}: rename it"
                f" {nearest}{Path(stem).suffix}, or take it away"
            )
        elif other := of_video.get(key):
            problems.append(f"{other} and {path}: both correct {names[key]!r}; take one away")
        else:
            of_video[key] = path
    refuse(problems)
    return of_video
