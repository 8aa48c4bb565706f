"""Listing a folder's files, and refusing what cannot be listed; nothing is opened.

This runs while the workflow is planned, so it must stay fast for thousands of files.
"""

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from unicodedata import category

from homecage.errors import StudyError

VIDEO_SUFFIXES = (".mpg", ".mpeg", ".mp4", ".avi", ".mkv", ".mov", ".m4v")

_CONTROL = ("Cc", "Cs", "Zl", "Zp")  # Unicode categories: controls, undecodable bytes, line ends.


def list_files(folder: Path, suffixes: Iterable[str]) -> list[Path]:
    """Return the files with one of these suffixes, in any case, by name.

    Raises:
        StudyError: a folder or a dead link is named like one of them, or a name has control characters.
    """
    # Hidden files are the droppings of file managers and archivers (._name.mpg), never videos.
    found = [
        entry
        for entry in os.scandir(folder)
        if not entry.name.startswith(".") and Path(entry.name).suffix.lower() in suffixes
    ]
    refuse(
        f"{entry.path}: {'a folder' if entry.is_dir() else 'a link to nothing'}; expected a file"
        for entry in found
        if not entry.is_file()
    )
    refuse_control_characters((entry.name, str(folder)) for entry in found)
    return [folder / name for name in sorted(entry.name for entry in found)]


def list_videos(folder: Path) -> list[Path]:
    """Return the video files of a folder, by name.

    Raises:
        StudyError: as ``list_files``, or two differ in their suffix only.
    """
    paths = list_files(folder, VIDEO_SUFFIXES)
    refuse_same_names((path.stem, str(path)) for path in paths)
    return paths


def refuse_control_characters(named: Iterable[tuple[str, str]]) -> None:
    """Refuse names, each with its place, that would break the lines of a table."""
    refuse(
        f"{place}: the name {name!r} has a control character or a line break; rename it"
        for name, place in named
        if any(category(character) in _CONTROL for character in name)
    )


def refuse_same_names(named: Iterable[tuple[str, str]]) -> None:
    """Refuse names that stand in two places."""
    places = defaultdict(list)
    for name, place in named:
        places[name].append(place)
    refuse(
        f"{' and '.join(same)}: the same name {name!r}; rename one"
        for name, same in places.items()
        if len(same) > 1
    )


def refuse(problems: Iterable[str]) -> None:
    """Raise all problems at once, if there are any."""
    if found := list(problems):
        raise StudyError(found)
