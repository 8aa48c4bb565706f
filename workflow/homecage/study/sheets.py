"""A lab's own files, wherever they lie: listed in ``videos.tsv`` and, if there are clips, ``clips.tsv``."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from homecage.errors import ConfigError, StudyError
from homecage.storage.text import decode_text
from homecage.study.crop import Crop, parse_crop
from homecage.study.files import (
    describe_failure,
    find_problem,
    refuse,
    refuse_control_characters,
    refuse_same_names,
)
from homecage.study.study import ANNOTATORS, Clip, ClipFolder, Study, Video

_OPTIONAL = (*ANNOTATORS, "crop")
_VIDEO_COLUMNS = ("video", "path", *_OPTIONAL)
_TAKEN = (
    "name",
    "fold",
    "role",
    "method",
    "behavior",
)  # Columns of the tables that theirs would join.

Row = tuple[str, dict[str, str]]
"""A line of a sheet: its place, for messages, and its cells by column; one left out is empty."""


def read_sheets(root: Path) -> Study:
    """List the files that the sheets in a folder name; their paths are relative to that folder.

    Raises:
        StudyError: a sheet is missing or malformed, names what is no file, or the same twice.
    """
    sheet = root / "videos.tsv"
    columns, rows = _read_sheet(sheet, required=("video", "path"), optional=_OPTIONAL, more=True)
    if not rows:
        raise StudyError([f"{sheet}: no videos; expected one line per full video"])
    _refuse_names(rows, ("video",))
    refuse_same_names((row["video"], place) for place, row in rows)
    _refuse_missing_files(root, rows, ("path", *ANNOTATORS))
    further = tuple(column for column in columns if column not in _VIDEO_COLUMNS)
    refuse(
        f"{sheet}, line 1: the column {column!r} has a name that results use; rename it"
        for column in further
        if column in _TAKEN
    )
    videos = [
        Video(
            row["video"],
            root / row["path"],
            {annotator: root / row[annotator] for annotator in ANNOTATORS if row[annotator]},
            {column: row[column] for column in further},
            crop,
        )
        for (_, row), crop in zip(rows, _parse_crops(rows), strict=True)
    ]
    return Study(
        title=root.resolve().name,
        videos=tuple(sorted(videos, key=lambda video: video.name)),
        clip_folders=_read_clips(root),
        columns=further,
    )


def _parse_crops(rows: Iterable[Row]) -> list[Crop | None]:
    crops, problems = [], []
    for place, row in rows:
        try:
            crops.append(parse_crop(row["crop"]) if row["crop"] else None)
        except ConfigError as error:
            problems.append(f"{place}: {error}")
    refuse(problems)
    return crops


def _read_clips(root: Path) -> tuple[ClipFolder, ...]:
    sheet = root / "clips.tsv"
    if not sheet.exists():
        return ()
    _, rows = _read_sheet(sheet, required=("path", "behavior"), optional=("clip", "folder", "crop"))
    for _, row in rows:
        row["clip"] = row["clip"] or Path(row["path"]).stem
        row["folder"] = row["folder"] or "clips"
    _refuse_names(rows, ("clip", "folder"))
    refuse_same_names((f"{row['folder']}/{row['clip']}", place) for place, row in rows)
    refuse_same_names((row["path"], place) for place, row in rows)
    _refuse_missing_files(root, rows, ("path",))
    by_folder = defaultdict(list)
    for (_, row), crop in zip(rows, _parse_crops(rows), strict=True):
        clip = Clip(row["clip"], root / row["path"], row["behavior"], crop)
        by_folder[row["folder"]].append(clip)
    folders = []
    for name, clips in sorted(by_folder.items()):
        clips.sort(key=lambda clip: clip.name)
        folders.append(ClipFolder(name, tuple(clips), tuple(clip.path for clip in clips)))
    return tuple(folders)


def _read_sheet(
    sheet: Path, *, required: tuple[str, ...], optional: tuple[str, ...], more: bool = False
) -> tuple[list[str], list[Row]]:
    """Return a sheet's columns and lines; with ``more``, columns of any other name are read, too."""
    columns = f"tab-separated columns {', '.join(required)} and, if wanted, {', '.join(optional)}"
    columns += " and others of your own" if more else ""
    try:
        lines = decode_text(sheet.read_bytes()).splitlines()
    except OSError as error:
        problem = f"{sheet}: {describe_failure(error)}; expected a sheet with {columns}"
        raise StudyError([problem]) from None
    except ValueError as error:
        raise StudyError([f"{sheet}: {error}; expected {columns}"]) from None
    table = [[cell.strip() for cell in line.split("\t")] for line in lines]
    header = table[0] if table else []
    unknown = set(header) - {*required, *optional}
    if (
        not set(required) <= set(header)
        or len(set(header)) < len(header)
        or (unknown and (not more or "" in unknown))
    ):
        hint = next((f" (cells are divided by {c!r})" for c in ";," if c in "".join(header)), "")
        problem = f"{sheet}, line 1: found columns {header}{hint}; expected {columns}"
        raise StudyError([problem])
    rows, problems = [], []
    for number, cells in enumerate(table[1:], start=2):
        if not any(cells):
            continue
        place = f"{sheet}, line {number}"
        row = dict.fromkeys((*required, *optional, *header), "")
        row |= dict(zip(header, cells, strict=False))
        if empty := [column for column in required if not row[column]]:
            problems.append(f"{place}: nothing in column {', '.join(empty)}")
        if len(cells) > len(header):
            problems.append(f"{place}: {len(cells)} cells under {len(header)} columns")
        rows.append((place, row))
    refuse(problems)
    return header, rows


def _refuse_missing_files(root: Path, rows: Iterable[Row], columns: tuple[str, ...]) -> None:
    refuse(
        f"{place}: {problem}: {root / row[column]}"
        for place, row in rows
        for column in columns
        if row[column] and (problem := find_problem(root / row[column]))
    )


def _refuse_names(rows: Iterable[Row], columns: tuple[str, ...]) -> None:
    refuse_control_characters((row[column], place) for place, row in rows for column in columns)
