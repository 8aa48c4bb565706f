"""The check of a whole data set, before any training: all of its problems at once, or none."""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from homecage.annotations.mit import find_problems, read_bouts
from homecage.errors import DatasetError, UnknownBehaviorError
from homecage.storage.publish import publish
from homecage.study.behaviors import parse_behavior
from homecage.study.layouts import ANNOTATORS, ClipFolder, Dataset, Video, find_dataset
from homecage.study.options import DatasetOptions

_MAX_PROBLEMS = 5  # Of one annotation file; one slip can make a problem of every line after it.

_COLUMNS = (
    "kind",  # video or clip_folder
    "name",
    "n_frames",
    "seconds",
    *(f"n_frames_{annotator}" for annotator in ANNOTATORS),
    "n_clips",
    "n_short_clips",  # Fewer frames than clip_length: left out of training.
)

Inspections = dict[tuple[str, str], dict[str, Any]]
"""What was found of each file, by its video or folder and its own name."""


def check_dataset(
    *,
    dataset: DatasetOptions,
    inspections: list[Path],
    clip_length: int = 8,
    validation_videos: int = 1,
    output: Path,
) -> None:
    """Check a data set whole and write a table of what it holds.

    ``inspections`` are the reports of ``inspect-videos``, one for each full video and clip folder;
    ``clip_length`` is the frames of a clip as the convnet sees it (8 in the paper);
    ``validation_videos`` are kept aside in each fold, besides the held-out one. The table has a row
    for each full video and clip folder: frames, seconds, frames that each annotator labeled; clips,
    and clips too short to train on.

    Raises:
        DatasetError: names every problem, each with file, line and cause; nothing is written.
    """
    found = find_dataset(dataset)
    inspected = _read_inspections(inspections)
    problems = [
        *_check_counts(found, inspected, clip_length, validation_videos + 2),
        *(
            f"{path}: the annotation of no video; name it like the video it belongs to"
            for path in found.stray_annotations
        ),
        *(
            problem
            for video in found.videos
            for problem in _check_video(video, inspected, clip_length)
        ),
        *(problem for folder in found.clip_folders for problem in _check_clips(folder, inspected)),
    ]
    if problems:
        raise DatasetError(problems)
    rows = [
        *(_describe_video(video, inspected) for video in found.videos),
        *(_describe_clips(folder, inspected, clip_length) for folder in found.clip_folders),
    ]
    with publish(output) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(
            file, _COLUMNS, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_MINIMAL
        )
        table.writeheader()
        table.writerows(rows)


def refuse_changed_annotations(annotations: Mapping[Path, Path], since: Path) -> None:
    """Refuse annotation files that were changed for the worse since the data set passed its check.

    This runs while the workflow is planned: results that stand are not taken away for a file that
    cannot replace what they came from. Files not changed since are not opened.

    Args:
        annotations: the inspection of its video for each annotation file.
        since: a file as old as the last check that was passed.

    Raises:
        DatasetError: names every problem of the changed files.
    """
    passed = since.stat().st_mtime
    problems = [
        str(problem)
        for path, inspection in annotations.items()
        if path.exists() and path.stat().st_mtime > passed
        for problem in find_problems(path, _read_n_frames(inspection))[:_MAX_PROBLEMS]
    ]
    if problems:
        raise DatasetError(problems)


def _read_n_frames(inspection: Path) -> int | None:
    """Return the frames of an inspected full video; None where it was not inspected yet."""
    if not inspection.exists():
        return None
    (file,) = json.loads(inspection.read_text(encoding="utf-8"))["files"]
    return int(file["n_frames"])


def _read_inspections(paths: list[Path]) -> Inspections:
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    return {
        (report["folder"], file["name"]): file for report in reports for file in report["files"]
    }


def _check_counts(
    dataset: Dataset, inspected: Inspections, clip_length: int, min_videos: int
) -> Iterator[str]:
    if len(dataset.videos) < min_videos:
        yield (
            f"{dataset.root}: {len(dataset.videos)} full videos; holding one out, keeping "
            f"{min_videos - 2} for validation (sequence.validation_videos) and training on the rest "
            f"needs {min_videos} or more"
        )
    lengths = [
        inspected[folder.name, clip.name]["n_frames"]
        for folder in dataset.clip_folders
        for clip in folder.clips
        if (folder.name, clip.name) in inspected
    ]
    if not dataset.clip_folders:
        yield f"{dataset.root}: no clips; expected short videos of one behavior each, to train on"
    elif max(lengths, default=0) < clip_length:
        yield f"{dataset.root}: no clip has {clip_length} frames, which training needs"


def _check_video(video: Video, inspected: Inspections, clip_length: int) -> Iterator[str]:
    inspection = inspected.get(("", video.name))
    yield from _check_file(video.path, inspection)
    # How long a damaged video was meant to be nobody knows.
    whole = inspection is not None and not inspection["problems"]
    n_frames = inspection["n_frames"] if inspection is not None and whole else None
    if n_frames is not None and n_frames < clip_length:
        yield f"{video.path}: {n_frames} frames; expected {clip_length} or more"
    if ANNOTATORS[0] not in video.annotations:
        yield (
            f"{video.path}: no annotation by {ANNOTATORS[0]}, whose labels train and score; expected "
            f"{video.path.parent / 'Annotator_group_1' / video.name}.txt, or a path in videos.tsv"
        )
    for path in video.annotations.values():
        problems = find_problems(path, n_frames)
        yield from map(str, problems[:_MAX_PROBLEMS])
        if len(problems) > _MAX_PROBLEMS:
            yield f"{path}: and {len(problems) - _MAX_PROBLEMS} more lines with problems"


def _check_clips(folder: ClipFolder, inspected: Inspections) -> Iterator[str]:
    for clip in folder.clips:
        yield from _check_file(clip.path, inspected.get((folder.name, clip.name)))
        try:
            parse_behavior(clip.label)
        except UnknownBehaviorError as error:
            yield f"{clip.path}: {error}"


def _check_file(path: Path, inspection: dict[str, Any] | None) -> Iterator[str]:
    if inspection is None:
        yield f"{path}: was not inspected; run snakemake again"
    elif inspection["problems"]:
        found = "; ".join(inspection["problems"])
        yield (
            f"{path}: damaged, cut off or no video ({inspection['n_frames']} frames could be decoded): "
            f"{found}"
        )


def _describe_video(video: Video, inspected: Inspections) -> dict[str, Any]:
    inspection = inspected["", video.name]
    return {
        "kind": "video",
        "name": video.name,
        "n_frames": inspection["n_frames"],
        "seconds": _measure_seconds([inspection]),
    } | {
        f"n_frames_{annotator}": sum(bout.stop - bout.start for bout in read_bouts(path))
        for annotator, path in video.annotations.items()
    }


def _describe_clips(folder: ClipFolder, inspected: Inspections, clip_length: int) -> dict[str, Any]:
    inspections = [inspected[folder.name, clip.name] for clip in folder.clips]
    return {
        "kind": "clip_folder",
        "name": folder.name,
        "n_frames": sum(file["n_frames"] for file in inspections),
        "seconds": _measure_seconds(inspections),
        "n_clips": len(inspections),
        "n_short_clips": sum(file["n_frames"] < clip_length for file in inspections),
    }


def _measure_seconds(inspections: list[dict[str, Any]]) -> str:
    seconds = sum(file["n_frames"] / (file["rate_fps"] or float("inf")) for file in inspections)
    return f"{seconds:.3f}"
