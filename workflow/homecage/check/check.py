"""The check of a whole study, before anything is learned from it: all of its problems at once, or none."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from homecage.check.annotations import list_problems
from homecage.check.learning import find_unlearnable, find_unspoken, has_labeled_clip, read_codes
from homecage.clips.options import ClipGeometry
from homecage.errors import StudyError, UnknownBehaviorError
from homecage.frames.raw import RawFile, read_report
from homecage.storage.frame_tables import UNLABELED, Codes
from homecage.storage.tables import read_tsv, write_tsv
from homecage.study.behaviors import Vocabulary
from homecage.study.study import ANNOTATORS

logger = logging.getLogger(__name__)

_COLUMNS = (
    "kind",  # video or clip_folder
    "name",
    "video",  # Its key.
    "n_frames",
    "seconds",
    *(f"n_frames_{annotator}" for annotator in ANNOTATORS),
    "n_clips",
    "n_short_clips",  # Fewer frames than clip_length: left out of training.
)
_NOT_FURTHER = {*_COLUMNS, "path", *ANNOTATORS}

Row = dict[str, str]
"""A line of a sheet."""


def check_study(
    *,
    videos: Path,
    clips: Path,
    folds: Path,
    reports: list[Path],
    vocabulary: Vocabulary,
    geometry: ClipGeometry,
    clips_needed: Literal["yes", "no"],
    on_decode_error: Literal["refuse", "warn"],
    stray: list[Path],
    output: Path,
) -> None:
    """Check a study whole and write a table of what it holds.

    ``videos``, ``clips`` and ``folds`` are the study's sheets, ``reports`` those of decoding, one for each
    full video and clip folder; no video is opened. ``geometry`` is that of a clip as the convnet sees it
    (8 frames in the paper); ``clips_needed`` whether it is trained on clips; ``stray`` are annotation
    files of no video. The table has a row for each full video and clip folder: frames, seconds, frames
    that each annotator labeled, and the further columns of the sheet; clips, and clips too short to
    train on.

    Raises:
        StudyError: names every problem, each with file, line and cause; nothing is written.
    """
    video_rows, clip_rows = _read_rows(videos), _read_rows(clips)
    found = {file.path: file for report in reports for file in read_report(report)}
    check = _Check(found, vocabulary, geometry.length, refuse_damage=on_decode_error == "refuse")
    problems = [
        *(check.judge_all_clips(clip_rows) if clips_needed == "yes" else ()),
        *(
            f"{path}: the annotation of no video; name it like the video it belongs to"
            for path in stray
        ),
        *(problem for row in video_rows for problem in check.judge_video(row)),
        *(problem for row in clip_rows for problem in check.judge_clip(row)),
    ]
    if problems:
        raise StudyError(problems)
    codes = {row["video"]: check.read_labels(row, ANNOTATORS[0]) for row in video_rows}
    labeled = {video: has_labeled_clip(own, geometry) for video, own in codes.items()}
    if problems := list(find_unlearnable(_read_rows(folds), labeled, geometry)):
        raise StudyError(problems)
    if clips_needed == "yes":
        for warning in check.warn_of_unspoken(codes.values(), clip_rows):
            logger.warning("%s", warning)
    folders = defaultdict(list)
    for row in clip_rows:
        folders[row["folder"]].append(row["path"])
    rows = [
        *map(check.describe_video, video_rows),
        *(check.describe_folder(folder, paths) for folder, paths in folders.items()),
    ]
    further = [column for column in video_rows[0] if column not in _NOT_FURTHER]
    # As objects: counts stay whole numbers beside rows that have none.
    table = pd.DataFrame(rows, columns=[*_COLUMNS, *further], dtype=object)
    write_tsv(output, table.fillna(dict.fromkeys(further, "")))


def _read_rows(sheet: Path) -> list[Row]:
    rows = read_tsv(sheet, text=True).to_dict("records")
    return [{str(column): str(cell) for column, cell in row.items()} for row in rows]


@dataclass(frozen=True)
class _Check:
    """What every line of the sheets is judged by."""

    found: Mapping[str, RawFile]
    """What was found in each file that was decoded, by its path."""
    vocabulary: Vocabulary
    clip_length: int
    refuse_damage: bool

    def judge_all_clips(self, rows: list[Row]) -> Iterator[str]:
        """Return what is wrong if none can be learned from, whatever else is wrong with each."""
        instead = "or let it learn from annotated videos (convnet.trained_on: fold)"
        if not rows:
            yield (
                "no clips; the convnet learns from short videos of one behavior each: add some, "
                f"{instead}"
            )
        elif not any(
            self.found[row["path"]].n_frames >= self.clip_length
            for row in rows
            if row["path"] in self.found and self.vocabulary.find(row["label"])
        ):
            yield (
                f"no clip of a behavior has {self.clip_length} frames, which the convnet needs: add "
                f"longer ones, {instead}"
            )

    def judge_video(self, row: Row) -> Iterator[str]:
        """Return what is wrong with a full video and its annotations."""
        path, file = row["path"], self.found.get(row["path"])
        yield from self._judge_file(path)
        # How long a damaged video was meant to be nobody knows.
        n_frames = None if file is None or self._is_refused(file) else file.n_frames
        if n_frames is not None and n_frames < self.clip_length:
            yield f"{path}: {n_frames} frames; expected {self.clip_length} or more, to fill a clip"
        if not row[ANNOTATORS[0]]:
            yield (
                f"{path}: no annotation by {ANNOTATORS[0]}, whose labels train and score; expected a "
                f"file named like the video in that annotator's folder, or its path in videos.tsv"
            )
        for annotator in ANNOTATORS:
            if row[annotator]:
                yield from list_problems(Path(row[annotator]), self.vocabulary, n_frames)

    def judge_clip(self, row: Row) -> Iterator[str]:
        """Return what is wrong with a clip."""
        yield from self._judge_file(row["path"])
        try:
            self.vocabulary.parse(row["label"])
        except UnknownBehaviorError as error:
            yield f"{row['path']}: {error}"

    def _judge_file(self, path: str) -> Iterator[str]:
        if (file := self.found.get(path)) is None:
            yield f"{path}: was not decoded; run snakemake again"
        elif self._is_refused(file):
            yield (
                f"{path}: damaged, cut off or no video ({file.n_frames} frames could be decoded): "
                f"{'; '.join(file.damage)}"
            )

    def _is_refused(self, file: RawFile) -> bool:
        return self.refuse_damage and bool(file.damage)

    def read_labels(self, row: Row, annotator: str) -> Codes:
        """Return the behavior of each frame (T,) of a video in which nothing is wrong."""
        n_frames = self.found[row["path"]].n_frames
        return read_codes(Path(row[annotator]), self.vocabulary, n_frames)

    def warn_of_unspoken(self, codes: Iterable[Codes], clip_rows: list[Row]) -> Iterator[str]:
        """Return a warning for each behavior that is annotated and that a convnet of clips never sees."""
        names = self.vocabulary.names
        counts = sum(np.bincount(own[own != UNLABELED], minlength=len(names)) for own in codes)
        annotated = dict(zip(names, np.atleast_1d(counts).tolist(), strict=True))
        long_enough = (
            row for row in clip_rows if self.found[row["path"]].n_frames >= self.clip_length
        )
        shown = (self.vocabulary.find(row["label"]) for row in long_enough)
        return find_unspoken(annotated, shown, self.vocabulary)

    def describe_video(self, row: Row) -> dict[str, Any]:
        """Return a video's line of the table."""
        labeled = {
            f"n_frames_{annotator}": int((self.read_labels(row, annotator) != UNLABELED).sum())
            for annotator in ANNOTATORS
            if row[annotator]
        }
        return {**row, "kind": "video", **self._measure([row["path"]]), **labeled}

    def describe_folder(self, folder: str, paths: list[str]) -> dict[str, Any]:
        """Return the line of a folder of clips."""
        lengths = [self.found[path].n_frames for path in paths]
        return {
            "kind": "clip_folder",
            "name": folder,
            "video": "",
            **self._measure(paths),
            "n_clips": len(paths),
            "n_short_clips": sum(length < self.clip_length for length in lengths),
        }

    def _measure(self, paths: list[str]) -> dict[str, Any]:
        files = [self.found[path] for path in paths]
        seconds = sum(file.n_frames / file.rate_fps for file in files if file.rate_fps)
        return {"n_frames": sum(file.n_frames for file in files), "seconds": round(seconds, 3)}
