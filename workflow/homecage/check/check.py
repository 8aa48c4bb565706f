"""The check of a whole study, before anything is learned from it: all of its problems at once, or none."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from homecage.annotations.options import AnnotationOptions
from homecage.annotations.read import Annotation, label_frames
from homecage.check.annotations import Annotated, list_problems, read_annotated
from homecage.errors import StudyError, UnknownBehaviorError
from homecage.frames.raw import RawFile, read_report
from homecage.storage.frame_tables import UNLABELED
from homecage.storage.tables import read_tsv, write_tsv
from homecage.study.behaviors import Vocabulary
from homecage.study.choice import make_choice
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
    *(f"format_{annotator}" for annotator in ANNOTATORS),
    *(f"warnings_{annotator}" for annotator in ANNOTATORS),
)
_NOT_FURTHER = {*_COLUMNS, "path", *ANNOTATORS}

Row = dict[str, str]
"""A line of a sheet."""


def check_study(
    *,
    videos: Path,
    clips: Path,
    reports: list[Path],
    times: list[Path],
    vocabulary: Vocabulary,
    annotations: AnnotationOptions,
    clip_length: int,
    clips_needed: Literal["yes", "no"],
    on_decode_error: Literal["refuse", "warn"],
    stray: list[Path],
    output: Path,
) -> None:
    """Check a study whole and write a table of what it holds.

    ``videos`` and ``clips`` are the study's sheets, ``reports`` those of decoding, one for each full
    video and clip folder, ``times`` the tables of the full videos' frames, each named by its video; no
    video is opened. ``annotations`` says how annotation files are read. ``clip_length`` is the frames of
    a clip as the convnet sees it (8 in the paper); ``clips_needed`` whether it is trained on clips;
    ``stray`` are annotation files of no video. The table has a row for each full video and clip folder:
    frames, seconds, frames that each annotator labeled, clips, and clips too short to train on, the format
    of the annotations and what to know of how they were read, and the further columns of the sheet.

    Raises:
        StudyError: names every problem, each with file, line and cause; nothing is written.
    """
    video_rows, clip_rows = _read_rows(videos), _read_rows(clips)
    found = {file.path: file for report in reports for file in read_report(report)}
    check = _Check(
        found,
        {path.stem: path for path in times},
        vocabulary,
        annotations,
        clip_length,
        refuse_damage=on_decode_error == "refuse",
    )
    read = {row["video"]: check.read_annotations(row) for row in video_rows}
    problems = [
        *(check.judge_all_clips(clip_rows) if clips_needed == "yes" else ()),
        *(
            f"{path}: the annotation of no video; name it like the video it belongs to"
            for path in stray
        ),
        *(problem for row in video_rows for problem in check.judge_video(row, read[row["video"]])),
        *(problem for row in clip_rows for problem in check.judge_clip(row)),
    ]
    if problems:
        raise StudyError(problems)
    folders = defaultdict(list)
    for row in clip_rows:
        folders[row["folder"]].append(row["path"])
    rows = [
        *(check.describe_video(row, read[row["video"]]) for row in video_rows),
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
    times: Mapping[str, Path]
    """The table of each full video's frames."""
    vocabulary: Vocabulary
    options: AnnotationOptions
    clip_length: int
    refuse_damage: bool

    def read_annotations(self, row: Row) -> dict[str, Annotation]:
        """Read the annotations of a full video, by annotator, and warn of what to know of them."""
        file = self.found.get(row["path"])
        # How long a damaged video was meant to be nobody knows.
        known = file is not None and not self._is_refused(file)
        found = {}
        for annotator in ANNOTATORS:
            if not row[annotator]:
                continue
            annotated = Annotated(
                Path(row[annotator]),
                self.times.get(row["video"]) if known else None,
                make_choice(annotator, row["name"], row["path"], row),
            )
            found[annotator] = read_annotated(annotated, self.vocabulary, self.options)
            for warning in found[annotator].warnings:
                logger.warning("%s, of %s: %s", row[annotator], row["name"], warning)
        return found

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

    def judge_video(self, row: Row, annotations: Mapping[str, Annotation]) -> Iterator[str]:
        """Return what is wrong with a full video and its annotations."""
        path, file = row["path"], self.found.get(row["path"])
        yield from self._judge_file(path)
        if file and not self._is_refused(file) and file.n_frames < self.clip_length:
            yield f"{path}: {file.n_frames} frames; expected {self.clip_length} or more, to fill a clip"
        if not row[ANNOTATORS[0]]:
            yield (
                f"{path}: no annotation by {ANNOTATORS[0]}, whose labels train and score; expected a "
                f"file named like the video in that annotator's folder, or its path in videos.tsv"
            )
        for annotator, annotation in annotations.items():
            yield from list_problems(Path(row[annotator]), annotation)

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

    def describe_video(self, row: Row, annotations: Mapping[str, Annotation]) -> dict[str, Any]:
        """Return a video's line of the table."""
        described: dict[str, Any] = {**row, "kind": "video", **self._measure([row["path"]])}
        for annotator, annotation in annotations.items():
            described[f"n_frames_{annotator}"] = self._count_labeled(annotation, row["path"])
            described[f"format_{annotator}"] = annotation.format
            described[f"warnings_{annotator}"] = "; ".join(annotation.warnings)
        return described

    def _count_labeled(self, annotation: Annotation, video: str) -> int:
        n_frames, otherwise = self.found[video].n_frames, self.options.without_bout
        codes = label_frames(annotation.bouts, n_frames, self.vocabulary, otherwise)
        return int((codes != UNLABELED).sum())

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
