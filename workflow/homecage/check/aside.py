"""Files that failed the check and have left the study, until something is other than when they were judged.

The check writes them down, and planning leaves them out, before folds are made: so no job of a run sees
another study than the one that was planned.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
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
    """What is wrong with it, or with ``blamed``."""
    state: Mapping[str, str]
    """What its verdict hung on, as ``identify_judged`` tells: its own part first."""
    blamed: str = ""
    """The annotation that a video left for; empty where the file itself is to blame."""

    def __str__(self) -> str:
        """Name what is to be mended first."""
        return f"{self.blamed or self.path}: {self.told}"

    @property
    def told(self) -> str:
        """Why it left, and with what."""
        return (
            f"{self.why}; its video, {self.path}, left the study with it"
            if self.blamed
            else self.why
        )

    def stands(self, now: Mapping[str, str]) -> bool:
        """Tell whether all is as it was when it was judged."""
        return all(now.get(part) == was for part, was in self.state.items())


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
    """Return a study without the files whose verdict stands, and those files.

    Args:
        study: the whole study.
        now: what verdicts on it hang on, as ``identify_judged`` tells.
        aside: what the check has set aside.
    """
    paths = {
        *(str(video.path) for video in study.videos),
        *(str(clip.path) for folder in study.clip_folders for clip in folder.clips),
    }
    left = [one for one in aside if one.path in paths and one.stands(now)]
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


def identify_judged(study: Study, raw: Mapping[str, str], terms: Sequence[str]) -> dict[str, str]:
    """Tell all that the verdict on each video, and on the clips of each folder, hangs on.

    So one that was set aside is judged anew when anything else may be found of it.

    Args:
        study: the whole study.
        raw: what each of its raw files is now, as ``identify_study`` tells.
        terms: what every file is judged by: the vocabulary, options, the code.

    Returns:
        By ``frames/{video}`` and ``clips/{folder}`` a short text, another one when that changes.
    """
    # As written in the sheet: also what names a file, or says which of its annotations are meant.
    rows: dict[str, list[object]] = {
        f"clips/{folder.key}": [raw[f"clips/{folder.key}"], folder.clips]
        for folder in study.clip_folders
    }
    for video in study.videos:
        annotations = sorted(video.annotations.items())
        texts = [raw[f"annotations/{annotator}/{video.key}"] for annotator, _ in annotations]
        row = [video.name, video.path, annotations, sorted(video.columns.items()), video.crop]
        rows[f"frames/{video.key}"] = [raw[f"frames/{video.key}"], texts, row, video.corrects]
    return {
        part: hashlib.sha256(repr((row, list(terms))).encode()).hexdigest()[:16]
        for part, row in rows.items()
    }
