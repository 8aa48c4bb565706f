"""Files that failed the check and have left the study, for as long as they are what they were.

The check writes them down, and planning leaves them out, before folds are made: so no job of a run sees
another study than the one that was planned.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from homecage.storage.publish import publish
from homecage.study.study import Study


@dataclass(frozen=True)
class Aside:
    """A file that is set aside."""

    path: str
    """Of a video, whose annotations go with it, or of a clip."""
    why: str
    state: Mapping[str, str]
    """What its raw files were, as ``identify_study`` tells."""


def read_aside(path: Path) -> list[Aside]:
    """Return the files that were set aside; none where none ever were."""
    try:
        return [Aside(**found) for found in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return []


def add_aside(path: Path, more: Iterable[Aside]) -> None:
    """Set more files aside, or for another reason."""
    known = {one.path: one for one in (*read_aside(path), *more)}
    text = json.dumps([asdict(one) for one in known.values()], indent=1, ensure_ascii=False)
    with publish(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def set_aside(
    study: Study, now: Mapping[str, str], aside: Iterable[Aside]
) -> tuple[Study, list[Aside]]:
    """Return a study without the files that are set aside and unchanged, and those files.

    Args:
        study: the whole study.
        now: what each of its raw files is now.
        aside: what the check has set aside.
    """
    paths = {
        *(str(video.path) for video in study.videos),
        *(str(clip.path) for folder in study.clip_folders for clip in folder.clips),
    }
    left = [
        one
        for one in aside
        if one.path in paths and all(now.get(part) == was for part, was in one.state.items())
    ]
    gone = {one.path for one in left}
    videos = tuple(video for video in study.videos if str(video.path) not in gone)
    folders = [
        replace(
            folder,
            clips=tuple(clip for clip in folder.clips if str(clip.path) not in gone),
            waits_for=tuple(path for path in folder.waits_for if str(path) not in gone),
        )
        for folder in study.clip_folders
    ]
    folders = [folder for folder in folders if folder.clips]
    return replace(study, videos=videos, clip_folders=tuple(folders)), left


def name_parts(state: Mapping[str, str], *, video: str = "", folder: str = "") -> dict[str, str]:
    """Return what a video and its annotations, or a folder of clips, are."""
    if folder:
        return {f"clips/{folder}": state.get(f"clips/{folder}", "")}
    return {
        part: text
        for part, text in state.items()
        if part == f"frames/{video}"
        or (part.startswith("annotations/") and part.split("/", 2)[2] == video)
    }
