"""Listing a folder's files, and refusing what cannot be listed; nothing is opened.

This runs while the workflow is planned, so it must stay fast for thousands of files.
"""

import errno
import os
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from unicodedata import category

from homecage.errors import ConfigError, StudyError

VIDEO_SUFFIXES = (".mpg", ".mpeg", ".mp4", ".avi", ".mkv", ".mov", ".m4v")

_CONTROL = ("Cc", "Cs", "Zl", "Zp")  # Unicode categories: controls, undecodable bytes, line ends.


def list_files(folder: Path, suffixes: Iterable[str] | None = None) -> list[Path]:
    """Return the files with one of these suffixes, in any case, or with any, by name.

    Raises:
        StudyError: what is no file is named like one of them, or a name has control characters.
    """
    # Hidden files are the droppings of file managers and archivers (._name.mpg), never videos.
    found = [
        entry
        for entry in os.scandir(folder)
        if not entry.name.startswith(".")
        and (suffixes is None or Path(entry.name).suffix.lower() in suffixes)
    ]
    refuse(
        f"{entry.path}: {problem}; expected a file"
        for entry in found
        if (problem := find_problem(Path(entry.path)))
    )
    refuse_control_characters((entry.name, str(folder)) for entry in found)
    return [folder / name for name in sorted(entry.name for entry in found)]


FOLDER, MISSING = "a folder", "no such file"

_FAILURES = {
    errno.ENOENT: MISSING,
    errno.ENOTDIR: MISSING,
    errno.ELOOP: "a loop of links",
    errno.ENAMETOOLONG: "a path too long for this file system",
}


def find_problem(path: Path) -> str:
    """Return why a path leads to no file; an empty text where it does."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        gone = error.errno == errno.ENOENT and path.is_symlink()
        return "a link to nothing" if gone else describe_failure(error)
    if stat.S_ISREG(mode):
        return ""
    return FOLDER if stat.S_ISDIR(mode) else "a device or a pipe"


def refuse_no_folder(path: Path) -> None:
    """Refuse a path at which there is no folder and none can be made.

    Raises:
        ConfigError: says what is there.
    """
    if (found := find_problem(path) or "a file") not in (FOLDER, MISSING):
        raise ConfigError(f"{path}: {found}; expected a folder, a link to one, or nothing")


def describe_failure(error: OSError) -> str:
    """Say why the system refuses a path."""
    return _FAILURES.get(error.errno or 0) or f"cannot be read ({error.strerror})"


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


def find_braces(paths: Iterable[Path | str]) -> Iterator[str]:
    """Return what is wrong with paths that Snakemake cannot carry."""
    for path in paths:
        if set("{}") & set(str(path)):
            yield f"{path}: has braces, which Snakemake takes for wildcards; rename it"


def refuse(problems: Iterable[str]) -> None:
    """Raise all problems at once, if there are any."""
    if found := list(problems):
        raise StudyError(found)
