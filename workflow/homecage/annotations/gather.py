"""The annotations that are meant by the files and folders that a person names."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from homecage.annotations.contents import Contents, read_contents
from homecage.annotations.match import find_videos, match_annotations
from homecage.errors import AnnotationError
from homecage.study.files import VIDEO_SUFFIXES, list_files

SUFFIXES = (".txt", ".csv", ".tsv", ".boris", ".json", ".annot", ".gz")
"""Of the files that are taken from a folder; one that is named itself may be called anything."""

_MOST_LISTED = 10


@dataclass(frozen=True)
class Gathered:
    """The annotations that were found."""

    contents: tuple[Contents, ...]
    """Of those that could be read."""
    of_video: dict[Path, Path]
    """The annotation of each video that has one."""
    warnings: tuple[str, ...]
    """What could not be read, and what was left out."""


def gather_annotations(videos: Sequence[Path], paths: Iterable[Path]) -> Gathered:
    """Read the named files, and those of the named folders, and find the video of each.

    A video is no annotation. A file is left out, with a warning, that a folder has and that is of no video,
    or that cannot be read and is of no video, or of one that another file is read of.

    Raises:
        AnnotationError: a file is not there.
        StudyError: it is not clear of which video a file is.
    """
    paths = tuple(paths)
    folders = [path for path in paths if path.is_dir()]
    listed = {folder: list_files(folder, SUFFIXES) for folder in folders}
    within = {path for files in listed.values() for path in files}
    named = [path for path in paths if path not in listed and not _is_video(path)]
    contents, unread = _read_all(dict.fromkeys([*named, *sorted(within)]))
    of = {
        path: find_videos(videos, path, contents.get(path, Contents({})))
        for path in (*contents, *unread)
    }
    read = {video for path in contents for video in of[path]}
    strange = [path for path in contents if not of[path] and path in within.difference(named)]
    useless = [path for path in unread if not set(of[path]) - read]
    kept = {path: content for path, content in contents.items() if path not in strange}
    broken = {path: error for path, error in unread.items() if path not in useless}
    warnings = [
        *(
            f"{folder}: has no file named *{', *'.join(SUFFIXES)}"
            for folder in folders
            if not listed[folder]
        ),
        *map(str, broken.values()),
        *_leave_out(filter(_is_video, paths), "a video is no annotation"),
        *_leave_out(strange, "of no video, by their names"),
        *_leave_out(useless, "not read as annotations"),
    ]
    matched = match_annotations(videos, kept | dict.fromkeys(broken, Contents({})))
    return Gathered(tuple(kept.values()), matched, tuple(warnings))


def _is_video(path: Path) -> bool:
    return path.suffix.lower() in VIDEO_SUFFIXES and not path.is_dir()


def _leave_out(paths: Iterable[Path], why: str) -> Iterator[str]:
    if names := list(map(str, paths)):
        more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
        yield f"left out ({why}): {', '.join(names[:_MOST_LISTED])}{more}"


def _read_all(paths: Iterable[Path]) -> tuple[dict[Path, Contents], dict[Path, AnnotationError]]:
    """Return what the files hold, and what is wrong with those that are there and cannot be read."""
    contents, unread = {}, {}
    for path in paths:
        try:
            contents[path] = read_contents(path)
        except AnnotationError as error:
            if not path.is_file():
                raise
            unread[path] = error
    return contents, unread
