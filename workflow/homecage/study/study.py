"""The study: the videos, annotations and clips that an experiment is made of, wherever they came from."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from homecage.errors import StudyError
from homecage.study.behaviors import Vocabulary
from homecage.study.choice import Choice, make_choice
from homecage.study.crop import Crop
from homecage.study.files import find_braces
from homecage.study.names import find_unsafe, safe_name

ANNOTATORS = ("annotator_1", "annotator_2")
"""Annotator 1 trains and scores; annotator 2, where present, is people's agreement (FD*)."""

CORRECTED = ANNOTATORS[0]
"""Whose annotations corrections take the place of."""


@dataclass(frozen=True)
class Video:
    """A full video, the annotation files it has, and what else its lab says of it."""

    name: str
    path: Path
    annotations: Mapping[str, Path]
    """By annotator."""
    columns: Mapping[str, str]
    """Further columns of its line in the sheet: animal, cage, session ..."""
    crop: Crop | None = None
    """The part of its picture that is used; none for all of it."""
    corrects: Path | None = None
    """The annotation whose place a correction has taken, an empty path where there was none; None where
    nothing was corrected."""

    @property
    def key(self) -> str:
        """Its name on disk."""
        return safe_name(self.name)

    def choose(self, annotator: str) -> Choice:
        """Return which of the annotations in an annotator's file are of this video."""
        return make_choice(annotator, self.name, self.path, self.columns_of(annotator))

    def columns_of(self, annotator: str) -> Mapping[str, str]:
        """Return the columns that say it: none of a correction, which is of this video alone."""
        return {} if self.corrects is not None and annotator == CORRECTED else self.columns


@dataclass(frozen=True)
class Clip:
    """A short video of one behavior; ``label`` is its lab's word for it."""

    name: str
    path: Path
    label: str
    crop: Crop | None = None
    """The part of its picture that is used; none for all of it."""


@dataclass(frozen=True)
class ClipFolder:
    """Clips that are decoded together, into one store."""

    name: str
    clips: tuple[Clip, ...]
    waits_for: tuple[Path, ...]
    """What must be there before they are read: the clips, or the folder that they are made in."""

    @property
    def key(self) -> str:
        """Its name on disk."""
        return safe_name(self.name)


@dataclass(frozen=True)
class Study:
    """What an experiment is made of; every layout of files makes one, and nothing later asks which."""

    title: str
    videos: tuple[Video, ...]
    clip_folders: tuple[ClipFolder, ...] = ()
    columns: tuple[str, ...] = ()
    """The further columns, in their order."""
    strays: tuple[Path, ...] = ()
    """Annotation files that belong to no video."""
    notice: Path | None = None
    """The file that says that the data are simulated; none where an animal was filmed."""
    made_here: bool = False
    """Whether the workflow makes the files, but for corrections: they need not be there yet."""
    has_published_scores: bool = False
    """Whether it is the full database of Jhuang et al. (2010), for which papers state accuracies."""

    def __post_init__(self) -> None:
        """Refuse what could not be told apart, or not be carried, by the steps that follow.

        Raises:
            StudyError: names every such video, clip folder and path.
        """
        problems = [
            *find_unsafe([video.name for video in self.videos]),
            *find_unsafe([folder.name for folder in self.clip_folders]),
            *_find_same_files(self.videos),
            *find_braces(self._list_paths()),
        ]
        if problems:
            raise StudyError(problems)

    @property
    def simulated(self) -> bool:
        """Whether no animal was filmed."""
        return self.notice is not None

    @cached_property
    def corrections(self) -> dict[str, str]:
        """The corrected annotations, each with the one whose place it took, if there was any."""
        return {
            str(video.annotations[CORRECTED]): ""
            if video.corrects == Path()
            else str(video.corrects)
            for video in self.videos
            if video.corrects is not None
        }

    @property
    def corrected(self) -> list[str]:
        """The videos, by their keys, whose annotation was corrected; not those that had none before."""
        return [video.key for video in self.videos if video.corrects not in (None, Path())]

    @property
    def label(self) -> str:
        """What figures and tables say that the data are."""
        return f"{self.title}, {len(self.videos)} videos"

    def is_made(self, path: Path) -> bool:
        """Tell whether the workflow makes a file."""
        return self.made_here and str(path) not in self.corrections

    def tabulate_videos(self) -> str:
        """Return the sheet of the videos, tab-separated."""
        head = ("video", "name", "path", *ANNOTATORS, *self.columns)
        return join_lines(
            head,
            *(
                (
                    video.key,
                    video.name,
                    video.path,
                    *(video.annotations.get(annotator, "") for annotator in ANNOTATORS),
                    *(video.columns.get(column, "") for column in self.columns),
                )
                for video in self.videos
            ),
        )

    def tabulate_clips(self, vocabulary: Vocabulary) -> str:
        """Return the sheet of the clips, tab-separated: an ignored or unknown label is no behavior."""
        return join_lines(
            ("folder", "clip", "path", "label", "behavior"),
            *(
                (folder.key, clip.name, clip.path, clip.label, vocabulary.find(clip.label) or "")
                for folder in self.clip_folders
                for clip in folder.clips
            ),
        )

    def _list_paths(self) -> Iterable[Path]:
        for video in self.videos:
            yield from (video.path, *video.annotations.values())
        for folder in self.clip_folders:
            yield from (clip.path for clip in folder.clips)


def _find_same_files(videos: Iterable[Video]) -> Iterable[str]:
    """One file under two names would be learned from in folds that hold it out."""
    first: dict[Path, str] = {}
    for video in videos:
        other = first.setdefault(Path(video.path).absolute(), video.name)
        if other != video.name:
            yield f"{video.path}: is both {other!r} and {video.name!r}; list each file once"


def join_lines(*rows: Iterable[object]) -> str:
    """Return the text of a tab-separated table."""
    text = io.StringIO()
    csv.writer(text, delimiter="\t", lineterminator="\n").writerows(rows)
    return text.getvalue()
