"""Which annotation files are of which videos, by what the files say or by their names."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from unicodedata import normalize

from homecage.annotations.contents import Contents
from homecage.study.files import refuse


def match_annotations(
    videos: Sequence[Path], annotations: Mapping[Path, Contents]
) -> dict[Path, Path]:
    """Return the annotation of each video that has one.

    A file is of the videos that it names. Where it names none of them, it is of the one that it is called
    as, or else of the one whose name its own begins with, before what is neither letter nor digit.

    Raises:
        StudyError: a file is of no video, or may be of several; a video has several files.
    """
    of_video: dict[Path, list[Path]] = defaultdict(list)
    problems = []
    for path, content in annotations.items():
        found = find_videos(videos, path, content)
        if not found:
            problems.append(
                f"{path}: is of no video, by its name; expected that of a video, as "
                f"{videos[0].stem + path.suffix!r}, or one that begins with it: rename it, or leave it out"
            )
        if len(found) > 1 and not _find_named(videos, content.videos):
            listed = " or ".join(video.name for video in found)
            problems.append(f"{path}: may be of {listed}, by its name; rename it as its video")
        for video in found:
            of_video[video].append(path)
    for video, own in of_video.items():
        if len(own) > 1:
            listed = " and ".join(map(str, own))
            problems.append(
                f"{video.name}: may have the annotations {listed}, by their names; name one of them, and "
                "write a second person's into the sheet's column annotator_2"
            )
    refuse(problems)
    return {video: own[0] for video, own in of_video.items()}


def find_videos(videos: Sequence[Path], annotation: Path, content: Contents) -> list[Path]:
    """Return the videos that an annotation may be of: that it names, or else that its own name fits."""
    return _find_named(videos, content.videos) or _find_by_name(videos, annotation)


def _find_named(videos: Iterable[Path], names: Iterable[str]) -> list[Path]:
    wanted = set(map(_fold, names))
    return [video for video in videos if _fold(video.stem) in wanted]


def _find_by_name(videos: Sequence[Path], annotation: Path) -> list[Path]:
    same = [video for video in videos if _fold(video.stem) == _fold(annotation.stem)]
    return same or [video for video in videos if _begins(_fold(annotation.name), _fold(video.stem))]


def _begins(name: str, with_: str) -> bool:
    return name.startswith(with_) and not name[len(with_) :][:1].isalnum()


def _fold(name: str) -> str:
    """Return a name as it is compared: in any case, and with umlauts in either form that systems write."""
    return normalize("NFC", name).casefold()
