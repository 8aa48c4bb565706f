"""The check of a whole study, before anything is learned from it: all of its problems at once, or none."""

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from homecage.annotations.options import AnnotationOptions
from homecage.annotations.read import Annotation, label_frames
from homecage.check.annotations import Annotated, list_problems, read_annotated
from homecage.check.aside import Aside, add_aside, read_aside
from homecage.check.demand import Demand
from homecage.check.files import find_same_content, judge_rates
from homecage.check.learning import find_unlearnable, find_unspoken, has_labeled_clip
from homecage.check.page import write_page
from homecage.check.verdicts import NO_FILES, Kind, Verdict, write_verdicts
from homecage.clips.options import ClipGeometry
from homecage.errors import SetAsideError, StudyError, UnknownBehaviorError
from homecage.frames.raw import RawFile, is_as_decoded, read_report, split_damage
from homecage.storage.frame_tables import UNLABELED, Codes, read_resampling
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
    "n_frames_stated",
    "held_against",
    "warnings",
)
_DAMAGED = "damaged or cut off, as its decoding reports: "
_MOST_LINES = 2  # Of the decoder's own, which few people read.
_NOT_ASKED = Demand()
_NOT_FURTHER = {*_COLUMNS, "path", *ANNOTATORS}

Row = dict[str, str]
"""A line of a sheet."""


def check_study(
    *,
    videos: Path,
    clips: Path,
    folds: Path,
    reports: list[Path],
    times: list[Path],
    vocabulary: Vocabulary,
    annotations: AnnotationOptions,
    geometry: ClipGeometry,
    clips_needed: Literal["yes", "no"],
    on_decode_error: Literal["refuse", "warn"],
    stray: list[Path],
    output: Path,
    corrections: str = "{}",
    aside: Path | None = None,
    state: str = "{}",
    demand: Demand = _NOT_ASKED,
) -> None:
    """Check a study whole and write a table of what it holds.

    ``videos``, ``clips`` and ``folds`` are the study's sheets, ``reports`` those of decoding, one for each
    full video and clip folder, ``times`` the tables of the full videos' frames, each named by its video; no
    video is opened. ``annotations`` says how annotation files are read. ``geometry`` is that of a clip as
    the convnet sees it (8 frames in the paper); ``clips_needed`` whether it is trained on clips; ``stray``
    are annotation files of no video; ``corrections`` (JSON) those that took another one's place, by their
    paths. The table has a row for each full video and clip folder:
    frames, seconds, frames that each annotator labeled, clips, and clips too short to train on, the format
    of the annotations and what to know of how they were read, what the frames were held against, all that
    is unusual or damaged and used nevertheless, and the further columns of the sheet. Beside it, whatever
    they are, lie the verdicts on all files: ``verdicts.tsv``, and a page with pictures, ``index.html``. If
    there is ``aside``, files that fail are written there, with what their verdict hangs on by ``state`` (JSON
    of ``identify_judged``), to be left out when the study is planned again. ``demand`` is what the
    experiment asks of a machine; what the run will take then stands beside the verdicts.

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
        {file.path: report for report, files in by_report.items() for file in files},
        {path.stem: path for path in times},
        vocabulary,
        annotations,
        geometry.length,
        refuse_damage=on_decode_error == "refuse",
        videos=frozenset(paths[: len(video_rows)]),
        same_as=find_same_content(found[path] for path in paths if path in found),
        corrections=json.loads(corrections),
    )
    read = {row["video"]: check.read_annotations(row) for row in video_rows}
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
        *(verdict for row in video_rows for verdict in check.judge_video(row, read[row["video"]])),
        *map(check.judge_clip, clip_rows),
    ]
    codes = {
        row["video"]: check.label(annotation, row["path"])
        for row in video_rows
        if (annotation := read[row["video"]].get(ANNOTATORS[0])) and check.is_sound(row, annotation)
    }
    if not any(verdict.problems for verdict in verdicts):
        labeled = {
            video: has_labeled_clip(check.show(video, own), geometry)
            for video, own in codes.items()
        }
        unlearnable = list(find_unlearnable(_read_rows(folds), labeled, geometry))
        unspoken = []
        if clips_needed == "yes":
            unspoken = list(check.warn_of_unspoken(codes.values(), clip_rows))
        for warning in unspoken:
            logger.warning("%s", warning)
        verdicts[0] = Verdict("study", "", unlearnable, unspoken)
    further: list[Verdict] = list(_tell_aside(aside, json.loads(state)))
    if demand != _NOT_ASKED:
        n_commonest = check.find_commonest(
            codes.values(), clip_rows if clips_needed == "yes" else []
        )
        told = demand.describe(list(map(len, codes.values())), n_commonest, geometry)
        further.append(Verdict("run", "", notes=[told]))
    write_verdicts(output.with_name("verdicts.tsv"), [*verdicts, *further])
    write_page(output.with_name("index.html"), [*verdicts, *further], by_report)
    if problems := [problem for verdict in verdicts for problem in verdict.problems]:
        failed = _list_aside(verdicts, video_rows, clip_rows, json.loads(state), check.same_as)
        if aside is None or failed is None:
            raise StudyError(problems, _say_where(output.parent, [*verdicts, *further]))
        add_aside(aside, failed)
        raise SetAsideError(list(map(str, failed)))
    folders = defaultdict(list)
    for row in clip_rows:
        folders[row["folder"]].append(row["path"])
    rows = [
        *(check.describe_video(row, read[row["video"]], codes[row["video"]]) for row in video_rows),
        *(check.describe_folder(folder, paths) for folder, paths in folders.items()),
    ]
    columns = [column for column in video_rows[0] if column not in _NOT_FURTHER]
    # As objects: counts stay whole numbers beside rows that have none.
    table = pd.DataFrame(rows, columns=[*_COLUMNS, *columns], dtype=object)
    write_tsv(output, table.fillna(dict.fromkeys(columns, "")))


def _say_where(folder: Path, verdicts: list[Verdict]) -> str:
    """Say where all verdicts are, and how many warn of something: those are in no message of a failure."""
    files = [verdict for verdict in verdicts if verdict.kind not in NO_FILES]
    n_warned = sum(bool(verdict.warnings) for verdict in files)
    also = f", {n_warned} of which warn{'s' * (n_warned == 1)} of something," if n_warned else ""
    return (
        f"The verdicts on all {len(files)} files{also} are in {folder / 'verdicts.tsv'}, with pictures in "
        f"{folder / 'index.html'}."
    )


def _list_aside(
    verdicts: list[Verdict],
    video_rows: list[Row],
    clip_rows: list[Row],
    state: Mapping[str, str],
    same_as: Mapping[str, str],
) -> list[Aside] | None:
    """Return the videos and clips that fail, a video also by its annotation.

    None where something fails that no file is to blame for.
    """
    leaving = {row["path"]: (row["path"], f"clips/{row['folder']}") for row in clip_rows}
    for row in video_rows:
        video = row["path"], f"frames/{row['video']}"
        leaving |= {row[column]: video for column in ("path", *ANNOTATORS) if row[column]}
    failed: dict[str, Aside] = {}
    for verdict in verdicts:
        if verdict.problems:
            if verdict.path not in leaving:
                return None
            path, part = leaving[verdict.path]
            blamed = verdict.path if verdict.path != path else ""
            why = replace(verdict, notes=()).what
            # A copy is one only as long as the other is there.
            others = [leaving[same_as[path]][1]] if path in same_as else []
            were = {one: state.get(one, "") for one in (part, *others)}
            failed.setdefault(path, Aside(path, why, were, blamed))
    return list(failed.values())


def _tell_aside(path: Path | None, state: Mapping[str, str]) -> Iterator[Verdict]:
    """Return what earlier checks have set aside, and this one was not shown."""
    for one in read_aside(path) if path else ():
        if one.stands(state):
            of_clip = next(iter(one.state), "").startswith("clips/")
            kind: Kind = "annotation" if one.blamed else "clip" if of_clip else "video"
            yield Verdict(kind, one.blamed or one.path, notes=[one.told], aside=True)


def _read_rows(sheet: Path) -> list[Row]:
    rows = read_tsv(sheet, text=True).to_dict("records")
    return [{str(column): str(cell) for column, cell in row.items()} for row in rows]


@dataclass(frozen=True)
class _Check:
    """What every line of the sheets is judged by."""

    found: Mapping[str, RawFile]
    """What was found in each file that was decoded, by its path."""
    reports: Mapping[str, Path]
    """The report that each of these stands in."""
    times: Mapping[str, Path]
    """The table of each full video's frames."""
    vocabulary: Vocabulary
    options: AnnotationOptions
    clip_length: int
    refuse_damage: bool
    videos: frozenset[str]
    """The paths of the full videos."""
    same_as: Mapping[str, str]
    """The first file of the same content, by the path of each that is a copy."""
    corrections: Mapping[str, str]
    """The annotation whose place a corrected one took, by its path; nothing where there was none."""

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
                make_choice(
                    annotator,
                    row["name"],
                    row["path"],
                    {} if row[annotator] in self.corrections else row,
                ),
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
            self.found[row["path"]].n_stored >= self.clip_length
            for row in rows
            if row["path"] in self.found and self.vocabulary.find(row["label"])
        ):
            yield (
                f"no clip of a behavior has {self.clip_length} frames, which the convnet needs: add "
                f"longer ones, {instead}"
            )

    def judge_video(self, row: Row, annotations: Mapping[str, Annotation]) -> Iterator[Verdict]:
        """Judge a full video and its annotations."""
        path, file = row["path"], self.found.get(row["path"])
        problems = [*self._judge_file(path), *self._find_leak(path)]
        if file and not self._is_refused(file) and file.n_stored < self.clip_length:
            problems.append(
                f"{path}: {file.n_stored} frames{_say_rate(file)}; expected {self.clip_length} or more, to "
                "fill a clip"
            )
        if not row[ANNOTATORS[0]]:
            problems.append(
                f"{path}: no annotation by {ANNOTATORS[0]}, whose labels train and score; expected a "
                f"file named like the video in that annotator's folder, or its path in videos.tsv"
            )
        yield Verdict("video", path, problems, self._list_warnings(path), file)
        for annotator, annotation in annotations.items():
            text = Path(row[annotator])
            yield Verdict(
                "annotation",
                row[annotator],
                list(list_problems(text, annotation)),
                [*annotation.warnings, *self._warn_of_length(annotation, file)],
                notes=[
                    *self._describe_annotation(annotation, path),
                    *self._name_corrected(row[annotator]),
                ],
            )

    def _warn_of_length(self, annotation: Annotation, file: RawFile | None) -> Iterator[str]:
        """Tell that nobody knows whether an annotation is as long as its video, which is damaged."""
        if file is not None and not self._is_refused(file):
            return
        n_labeled = max((bout.stop for bout in annotation.bouts), default=0)
        reach = f"; it labels frames up to {n_labeled - 1} (from 0)" if n_labeled else ""
        decoded = f"only {file.n_frames} frames" if file and file.n_frames else "no frame"
        yield f"could not be held against its video, of which {decoded} could be decoded{reach}"

    def _describe_annotation(self, annotation: Annotation, video: str) -> Iterator[str]:
        """Say of what format a sound annotation is, and how much is in it."""
        if annotation.problems or not annotation.format:
            return
        n_bouts = len(annotation.bouts)
        told = f"{annotation.format}, {n_bouts} bout{'s' * (n_bouts != 1)}"
        if not any(self._judge_file(video)):
            n_labeled = int((self.label(annotation, video) != UNLABELED).sum())
            told += f", {n_labeled} of {self.found[video].n_frames} frames labeled"
        yield told

    def _name_corrected(self, annotation: str) -> Iterator[str]:
        """Say whose place a correction took."""
        if (other := self.corrections.get(annotation)) is not None:
            yield (
                f"a correction, in place of {other}"
                if other
                else "a correction, where there was none"
            )

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
        damage = [] if self._is_refused(file) else list(filter(None, self._tell_damage(file)))
        found = [*damage, *file.warnings]
        if path in self.same_as and not any(self._find_leak(path)):
            found.append(f"has the same content as {self.same_as[path]}")
        return found

    def _judge_file(self, path: str) -> Iterator[str]:
        if (file := self.found.get(path)) is None:
            yield f"{path}: was not decoded; run snakemake again"
        elif not is_as_decoded(file):
            # A decoding that was ended on the way leaves the frames of the file that was there before.
            yield (
                f"{path}: is another file than the one that was decoded; delete {self.reports[path]}, and "
                "run the same command again"
            )
        elif self._is_refused(file):
            words, lines = self._tell_damage(file)
            if lines:
                lines = f"; the decoder's own lines: {lines}" if words else f"{_DAMAGED}{lines}"
            yield (
                f"{path}: cannot be used ({file.n_frames} frames could be decoded): {words}{lines}"
            )

    def _tell_damage(self, file: RawFile) -> tuple[str, str]:
        """Return what damage means, in words, and the first lines that the decoder said of it."""
        words, lines, n_more = split_damage(file.damage)
        shown = lines[:_MOST_LINES]
        if n_more := n_more + len(lines) - len(shown):
            report = self.reports[file.path]
            job = "decode_video" if report.parent.name == "frames" else "decode_clips"
            log = report.parents[1] / "logs" / job / f"{report.stem}.log"
            shown.append(f"and {n_more} more (see {log})")
        return "; ".join(words), "; ".join(shown)

    def _is_refused(self, file: RawFile) -> bool:
        return self.refuse_damage and bool(file.damage)

    def describe_video(
        self, row: Row, annotations: Mapping[str, Annotation], codes: Codes
    ) -> dict[str, Any]:
        """Return a video's line of the table; ``codes`` (T,) are the first annotator's."""
        described: dict[str, Any] = {**row, "kind": "video", **self._measure([row["path"]])}
        for annotator, annotation in annotations.items():
            own = codes if annotator == ANNOTATORS[0] else self.label(annotation, row["path"])
            described[f"n_frames_{annotator}"] = int((own != UNLABELED).sum())
            described[f"format_{annotator}"] = annotation.format
            described[f"warnings_{annotator}"] = "; ".join(annotation.warnings)
        file = self.found[row["path"]]
        stated = {"n_frames_stated": file.n_frames_stated, "held_against": file.held_against}
        return described | stated

    def is_sound(self, row: Row, annotation: Annotation) -> bool:
        """Tell whether nothing is wrong with a video by itself, and with an annotation of it."""
        return not (annotation.problems or any(self._judge_file(row["path"])))

    def label(self, annotation: Annotation, video: str) -> Codes:
        """Return the behavior of each frame (T,) of a video in which nothing is wrong."""
        n_frames, otherwise = self.found[video].n_frames, self.options.without_bout
        return label_frames(annotation.bouts, n_frames, self.vocabulary, otherwise)

    def show(self, video: str, codes: Codes) -> Codes:
        """Return the behaviors (T,) of a video, by its key, as its store of frames has them, (N,)."""
        resampling = read_resampling(self.times[video])
        return codes if resampling is None else np.repeat(codes, resampling.n_shown)

    def warn_of_unspoken(self, codes: Iterable[Codes], clip_rows: list[Row]) -> Iterator[str]:
        """Return a warning for each behavior that is annotated and that a convnet of clips never sees."""
        annotated = dict(zip(self.vocabulary.names, self._count_frames(codes), strict=True))
        long_enough = (
            row for row in clip_rows if self.found[row["path"]].n_stored >= self.clip_length
        )
        shown = (self.vocabulary.find(row["label"]) for row in long_enough)
        return find_unspoken(annotated, shown, self.vocabulary)

    def _count_frames(self, codes: Iterable[Codes]) -> list[int]:
        """Return the frames of each behavior, in the order of the vocabulary."""
        counts = np.zeros(len(self.vocabulary.names), np.int64)
        for own in codes:
            counts += np.bincount(own[own != UNLABELED], minlength=len(counts))
        return counts.tolist()

    def find_commonest(self, codes: Iterable[Codes], clip_rows: list[Row]) -> int:
        """Return the frames of the commonest behavior that a convnet learns from: in clips if there are any,
        else in full videos.
        """
        if not clip_rows:
            return max(self._count_frames(codes))
        shown: Counter[str] = Counter()
        for row in clip_rows:
            file, behavior = self.found.get(row["path"]), self.vocabulary.find(row["label"])
            shown[behavior or ""] += file.n_frames if file and behavior else 0
        return max(shown.values())

    def describe_folder(self, folder: str, paths: list[str]) -> dict[str, Any]:
        """Return the line of a folder of clips."""
        lengths = [self.found[path].n_stored for path in paths]
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


def _say_rate(file: RawFile) -> str:
    return "" if file.shown_fps is None else f" at {file.shown_fps:.4g} frames/s"
