"""The check of a whole study, before anything is learned from it: all of its problems at once, or none."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from homecage.annotations.mit import read_bouts
from homecage.check.annotations import list_problems
from homecage.check.aside import Aside, add_aside, name_parts
from homecage.check.page import write_page
from homecage.check.verdicts import Verdict, write_verdicts
from homecage.errors import SetAsideError, StudyError, UnknownBehaviorError
from homecage.frames.raw import RawFile, read_report
from homecage.storage.tables import read_tsv, write_tsv
from homecage.study.behaviors import Vocabulary
from homecage.study.study import ANNOTATORS

_COLUMNS = (
    "kind",  # video or clip_folder
    "name",
    "video",  # Its key.
    "n_frames",
    "seconds",
    *(f"n_frames_{annotator}" for annotator in ANNOTATORS),
    "n_clips",
    "n_short_clips",  # Fewer frames than clip_length: left out of training.
    "n_frames_stated",
    "held_against",
    "warnings",
)
_NOT_FURTHER = {*_COLUMNS, "path", *ANNOTATORS}

_SAME_RATE = 0.02
"""Share by which frame rates may differ and be the same: 30 and 30000/1001 are."""

Row = dict[str, str]
"""A line of a sheet."""


def check_study(
    *,
    videos: Path,
    clips: Path,
    reports: list[Path],
    vocabulary: Vocabulary,
    clip_length: int,
    clips_needed: Literal["yes", "no"],
    on_decode_error: Literal["refuse", "warn"],
    stray: list[Path],
    output: Path,
    aside: Path | None = None,
    state: str = "{}",
) -> None:
    """Check a study whole and write a table of what it holds.

    ``videos`` and ``clips`` are the study's sheets, ``reports`` those of decoding, one for each full
    video and clip folder; no video is opened. ``clip_length`` is the frames of a clip as the convnet
    sees it (8 in the paper); ``clips_needed`` whether it is trained on clips; ``stray`` are annotation
    files of no video. The table has a row for each full video and clip folder: frames, seconds, frames
    that each annotator labeled, and the further columns of the sheet; clips, and clips too short to
    train on; what the frames were held against, and all that is unusual or damaged and used
    nevertheless. Beside it, whatever they are, lie the verdicts on all files: ``verdicts.tsv``, and a page
    with pictures, ``index.html``. If there is ``aside``, files that fail are written there, with what they
    are by ``state`` (JSON of ``identify_study``), to be left out when the study is planned again.

    Raises:
        SetAsideError: names every file that leaves the study; no table is written.
        StudyError: names every problem, each with file, line and cause; no table is written.
    """
    video_rows, clip_rows = _read_rows(videos), _read_rows(clips)
    by_report = {report: read_report(report) for report in reports}
    found = {file.path: file for files in by_report.values() for file in files}
    paths = [row["path"] for row in (*video_rows, *clip_rows)]
    check = _Check(
        found,
        vocabulary,
        clip_length,
        refuse_damage=on_decode_error == "refuse",
        videos=frozenset(paths[: len(video_rows)]),
        same_as=find_same_content(found[path] for path in paths if path in found),
    )
    verdicts = [
        Verdict(
            "study",
            "",
            [
                *(check.judge_all_clips(clip_rows) if clips_needed == "yes" else ()),
                *judge_rates(found.values()),
            ],
        ),
        *(
            Verdict(
                "annotation",
                str(path),
                [f"{path}: the annotation of no video; name it like the video it belongs to"],
            )
            for path in stray
        ),
        *(verdict for row in video_rows for verdict in check.judge_video(row)),
        *map(check.judge_clip, clip_rows),
    ]
    write_verdicts(output.with_name("verdicts.tsv"), verdicts)
    write_page(output.with_name("index.html"), verdicts, by_report)
    if problems := [problem for verdict in verdicts for problem in verdict.problems]:
        failed = _list_aside(verdicts, video_rows, clip_rows, json.loads(state))
        if aside is None or failed is None:
            raise StudyError(problems)
        add_aside(aside, failed)
        raise SetAsideError([f"{one.path}: {one.why}" for one in failed])
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


def _list_aside(
    verdicts: list[Verdict], video_rows: list[Row], clip_rows: list[Row], state: dict[str, str]
) -> list[Aside] | None:
    """Return the videos and clips that fail, a video also by its annotation.

    None where something fails that no file is to blame for.
    """
    leaving: dict[str, tuple[str, dict[str, str]]] = {}
    for row in clip_rows:
        leaving[row["path"]] = row["path"], name_parts(state, folder=row["folder"])
    for row in video_rows:
        parts = name_parts(state, video=row["video"])
        leaving |= {row[c]: (row["path"], parts) for c in ("path", *ANNOTATORS) if row[c]}
    failed: dict[str, Aside] = {}
    for verdict in verdicts:
        if verdict.problems:
            if verdict.path not in leaving:
                return None
            path, were = leaving[verdict.path]
            why = verdict.what if verdict.path == path else f"{verdict.path}: {verdict.what}"
            failed.setdefault(path, Aside(path, why, were))
    return list(failed.values())


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
    videos: frozenset[str]
    """The paths of the full videos."""
    same_as: Mapping[str, str]
    """The first file of the same content, by the path of each that is a copy."""

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

    def judge_video(self, row: Row) -> Iterator[Verdict]:
        """Judge a full video and its annotations."""
        path, file = row["path"], self.found.get(row["path"])
        problems = [*self._judge_file(path), *self._find_leak(path)]
        # How long a damaged video was meant to be nobody knows.
        n_frames = None if file is None or self._is_refused(file) else file.n_frames
        if n_frames is not None and n_frames < self.clip_length:
            problems.append(
                f"{path}: {n_frames} frames; expected {self.clip_length} or more, to fill a clip"
            )
        if not row[ANNOTATORS[0]]:
            problems.append(
                f"{path}: no annotation by {ANNOTATORS[0]}, whose labels train and score; expected a "
                f"file named like the video in that annotator's folder, or its path in videos.tsv"
            )
        yield Verdict("video", path, problems, self._list_warnings(path), file)
        for annotator in ANNOTATORS:
            if row[annotator]:
                problems = list_problems(Path(row[annotator]), self.vocabulary, n_frames)
                yield Verdict("annotation", row[annotator], problems)

    def judge_clip(self, row: Row) -> Verdict:
        """Judge a clip."""
        path = row["path"]
        problems = [*self._judge_file(path), *self._find_leak(path)]
        try:
            self.vocabulary.parse(row["label"])
        except UnknownBehaviorError as error:
            problems.append(f"{path}: {error}")
        return Verdict("clip", path, problems, self._list_warnings(path), self.found.get(path))

    def _find_leak(self, path: str) -> Iterator[str]:
        """Tell that a video has another name, too: it would be learned from while it is held out."""
        if (other := self.same_as.get(path)) and self.videos & {path, other}:
            yield (
                f"{path}: has the same content as {other}; list each recording once, or it is learned "
                "from while it is held out"
            )

    def _list_warnings(self, path: str) -> list[str]:
        """Return what is unusual about a file, and damage that is put up with."""
        if (file := self.found.get(path)) is None:
            return []
        found = [*(() if self._is_refused(file) else file.damage), *file.warnings]
        if path in self.same_as and not any(self._find_leak(path)):
            found.append(f"has the same content as {self.same_as[path]}")
        return found

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

    def describe_video(self, row: Row) -> dict[str, Any]:
        """Return a video's line of the table."""
        labeled = {
            f"n_frames_{annotator}": _count_labeled(Path(row[annotator]), self.vocabulary)
            for annotator in ANNOTATORS
            if row[annotator]
        }
        file = self.found[row["path"]]
        return {
            **row,
            "kind": "video",
            **self._measure([row["path"]]),
            **labeled,
            "n_frames_stated": file.n_frames_stated,
            "held_against": file.held_against,
        }

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
        warnings = {path: "; ".join(self._list_warnings(path)) for path in paths}
        if len(paths) > 1:
            warnings = {path: f"{path}: {text}" for path, text in warnings.items() if text}
        return {
            "n_frames": sum(file.n_frames for file in files),
            "seconds": round(seconds, 3),
            "warnings": " ".join("; ".join(warnings.values()).split()),
        }


def find_same_content(files: Iterable[RawFile]) -> dict[str, str]:
    """Return the first file of the same content, by the path of each that is a copy; no empty ones."""
    first: dict[str, str] = {}
    copies = {}
    for file in files:
        if file.sha256 and file.n_frames:
            other = first.setdefault(file.sha256, file.path)
            if other != file.path:
                copies[file.path] = other
    return copies


def judge_rates(files: Iterable[RawFile]) -> Iterator[str]:
    """Return the rates of a study's videos and clips if they are not one.

    A file of T frames tells its rate to one part in T - 1: so much is one written time. One of a variable
    rate, which is warned of, has none to compare.
    """
    by_rate: dict[float, list[str]] = {}
    for file in sorted(files, key=lambda file: -file.n_frames):
        if (found := file.steady_fps) is None:
            continue
        tolerance = max(_SAME_RATE, 1 / (file.n_frames - 1))
        near = [rate for rate in by_rate if abs(found / rate - 1) <= tolerance]
        by_rate.setdefault(near[0] if near else found, []).append(file.path)
    if len(by_rate) > 1:
        told = (
            f"{rate:.4g} frames/s in {paths[0]}"
            + (f" and {len(paths) - 1} more" if len(paths) > 1 else "")
            for rate, paths in by_rate.items()
        )
        yield (
            f"different frame rates: {'; '.join(told)}; a model counts frames, so all must have one "
            "rate: leave the others out, or convert them and annotate what is converted"
        )


def _count_labeled(annotation: Path, vocabulary: Vocabulary) -> int:
    bouts = read_bouts(annotation, vocabulary)
    return sum(bout.stop - bout.start for bout in bouts if bout.behavior is not None)
