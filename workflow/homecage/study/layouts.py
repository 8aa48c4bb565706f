"""Which videos, clips and annotation files a data set has: listed, never opened.

This runs while the workflow is planned, so it must stay fast for thousands of videos.
"""

import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from unicodedata import category

from homecage.errors import ConfigError, DatasetError
from homecage.study.options import DatasetOptions

ANNOTATORS: tuple[str, ...] = ("annotator_1", "annotator_2")
"""Annotator 1 trains and scores; annotator 2, where present, is people's agreement (FD*)."""

VIDEO_SUFFIXES: tuple[str, ...] = (".mpg", ".mpeg", ".mp4", ".avi", ".mkv", ".mov", ".m4v")

SIMULATION_MARK = "SIMULATED.txt"
"""The file at the root of a data set that this project made itself."""

_FULL, _CLIPPED = "full_database", "clipped_database"
_CONTROL = ("Cc", "Cs", "Zl", "Zp")  # Unicode categories: controls, undecodable bytes, line ends.
_CLIP_NAMES = ("clip", "folder")
_ANNOTATOR_FOLDERS = {"annotator_1": "Annotator_group_1", "annotator_2": "Annotator_group_2"}

# The full database of Jhuang et al. (2010) has 12 videos; the twelfth's name is not known here.
_MIT_N_VIDEOS = 12
_MIT_VIDEOS = frozenset(
    {
        "20080321162447",
        "20080324115556",
        "20080324143707A",
        "20080324143707B",
        "20080421153635",
        "20080422170445",
        "20080423191834A",
        "20080424092813",
        "20080428161640",
        "agoutivideo320080229A",
        "agoutivideo320080229F",
    }
)


@dataclass(frozen=True)
class Video:
    """A full video and the annotation files it has, by annotator."""

    name: str
    path: Path
    annotations: dict[str, Path]


@dataclass(frozen=True)
class Clip:
    """A short video of one behavior; ``label`` is the data set's spelling of it."""

    name: str
    path: Path
    label: str


@dataclass(frozen=True)
class ClipFolder:
    """Clips that are decoded together, in one store."""

    name: str
    clips: tuple[Clip, ...]


@dataclass(frozen=True)
class Dataset:
    """A data set's videos and clip folders, each sorted by name.

    ``stray_annotations`` are files in an annotator's folder that are named like no video.
    """

    root: Path
    videos: tuple[Video, ...]
    clip_folders: tuple[ClipFolder, ...]
    simulated: bool
    stray_annotations: tuple[Path, ...] = ()

    def find_video(self, name: str) -> Video:
        """Return the full video of that name."""
        for video in self.videos:
            if video.name == name:
                return video
        raise DatasetError([f"{self.root}: no full video {name!r}"])

    def find_clip_folder(self, name: str) -> ClipFolder:
        """Return the clip folder of that name."""
        for folder in self.clip_folders:
            if folder.name == name:
                return folder
        raise DatasetError([f"{self.root}: no clip folder {name!r}"])


def find_dataset(options: DatasetOptions) -> Dataset:
    """List a data set's files.

    Raises:
        ConfigError: the root is not given, missing or not a folder.
        DatasetError: the root does not hold the layout, or names are ambiguous or unusable.
    """
    root = options.root
    if root is None or options.layout == "simulated":
        raise ConfigError("dataset.root: give the folder that holds the data set")
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "does not exist"
        raise ConfigError(f"dataset.root: {root} {what}; expected the data set's folder")
    if set("{}") & set(str(root)):
        raise ConfigError(
            f"dataset.root: {root} has braces, which mark wildcards; rename the folder"
        )
    if options.layout == "mit":
        videos, folders = _list_mit_videos(root), _list_mit_clips(root)
        strays = _list_stray_annotations(root, videos)
    else:
        videos, folders = _read_video_sheet(root), _read_clip_sheet(root)
        strays = []
    return Dataset(
        root=root,
        videos=tuple(sorted(videos, key=lambda video: video.name)),
        clip_folders=tuple(sorted(folders, key=lambda folder: folder.name)),
        simulated=(root / SIMULATION_MARK).exists(),
        stray_annotations=tuple(strays),
    )


def is_mit_home_cage(dataset: Dataset) -> bool:
    """Whether this is the full database of Jhuang et al. (2010), by the names of its videos.

    Only beside measurements on it may published accuracies be shown.
    """
    names = {video.name for video in dataset.videos}
    return not dataset.simulated and len(names) == _MIT_N_VIDEOS and names >= _MIT_VIDEOS


def _list_mit_videos(root: Path) -> list[Video]:
    full = root / _FULL
    if not full.is_dir():
        raise DatasetError([f"{root}: expected a folder {_FULL} with one file per full video"])
    paths = _list_video_files(full)
    if not paths:
        expected = f"expected files named *{', *'.join(VIDEO_SUFFIXES)}"
        raise DatasetError([f"{full}: no videos; {expected}"])
    annotations = {
        annotator: _list_annotations(full / folder)
        for annotator, folder in _ANNOTATOR_FOLDERS.items()
    }
    return [
        Video(
            path.stem,
            path,
            {
                annotator: of_video[path.stem]
                for annotator, of_video in annotations.items()
                if path.stem in of_video
            },
        )
        for path in paths
    ]


def _list_stray_annotations(root: Path, videos: Iterable[Video]) -> list[Path]:
    claimed = {path for video in videos for path in video.annotations.values()}
    return [
        path
        for folder in _ANNOTATOR_FOLDERS.values()
        for path in _list_annotations(root / _FULL / folder).values()
        if path not in claimed
    ]


def _list_annotations(folder: Path) -> dict[str, Path]:
    """Return the annotation file of each video an annotator has labeled, by the video's name."""
    if not folder.exists():
        return {}
    if not folder.is_dir():
        raise DatasetError([f"{folder}: a file; expected a folder of annotations"])
    return {path.stem: path for path in _list_files(folder) if path.suffix.lower() == ".txt"}


def _list_mit_clips(root: Path) -> list[ClipFolder]:
    clipped = root / _CLIPPED
    if not clipped.is_dir():
        return []
    names = [entry.name for entry in os.scandir(clipped) if entry.is_dir()]
    folders = [clipped, *(clipped / name for name in names if not name.startswith("."))]
    found = [
        ClipFolder(
            folder.name,
            tuple(Clip(path.stem, path, _parse_label(path)) for path in _list_video_files(folder)),
        )
        for folder in folders
    ]
    found = [folder for folder in found if folder.clips]
    _refuse_unusable_names((folder.name, str(clipped)) for folder in found)
    _refuse_same_names((folder.name, str(folder.clips[0].path.parent)) for folder in found)
    return found


def _parse_label(path: Path) -> str:
    """The label in ``<video>_<label>_<number>``; a name of another form has none."""
    parts = path.stem.split("_")
    return parts[-2] if len(parts) > 1 else ""


def _list_files(folder: Path) -> list[Path]:
    # Hidden files are the droppings of file managers and archivers (._name.mpg), never videos.
    entries = [entry for entry in os.scandir(folder) if not entry.name.startswith(".")]
    _refuse(
        f"{entry.path}: {'a folder' if entry.is_dir() else 'a link to nothing'}; expected a file"
        for entry in entries
        if Path(entry.name).suffix.lower() in (*VIDEO_SUFFIXES, ".txt") and not entry.is_file()
    )
    return [folder / name for name in sorted(e.name for e in entries if e.is_file())]


def _list_video_files(folder: Path) -> list[Path]:
    paths = [path for path in _list_files(folder) if path.suffix.lower() in VIDEO_SUFFIXES]
    _refuse_unusable_names((path.stem, str(path.parent)) for path in paths)
    _refuse_same_names((path.stem, str(path)) for path in paths)
    return paths


def _read_video_sheet(root: Path) -> list[Video]:
    sheet = root / "videos.tsv"
    rows = _read_sheet(sheet, required=("video", "path"), optional=ANNOTATORS)
    if not rows:
        raise DatasetError([f"{sheet}: no videos; expected one line per full video"])
    _refuse_unusable_names((row["video"], place) for place, row in rows)
    _refuse_same_names((row["video"], place) for place, row in rows)
    _refuse_missing_files(root, rows, ("path", *ANNOTATORS))
    return [
        Video(
            row["video"],
            root / row["path"],
            {annotator: root / row[annotator] for annotator in ANNOTATORS if row[annotator]},
        )
        for _, row in rows
    ]


def _read_clip_sheet(root: Path) -> list[ClipFolder]:
    sheet = root / "clips.tsv"
    rows = _read_sheet(sheet, required=("path", "behavior"), optional=("clip", "folder"))
    for _, row in rows:
        row["clip"] = row["clip"] or Path(row["path"]).stem
        row["folder"] = row["folder"] or "clips"
    _refuse_unusable_names((row[column], place) for place, row in rows for column in _CLIP_NAMES)
    _refuse_same_names((f"{row['folder']}/{row['clip']}", place) for place, row in rows)
    _refuse_missing_files(root, rows, ("path",))
    by_folder = defaultdict(list)
    for _, row in rows:
        by_folder[row["folder"]].append(Clip(row["clip"], root / row["path"], row["behavior"]))
    return [
        ClipFolder(folder, tuple(sorted(clips, key=lambda clip: clip.name)))
        for folder, clips in by_folder.items()
    ]


def _read_sheet(
    sheet: Path, *, required: tuple[str, ...], optional: tuple[str, ...]
) -> list[tuple[str, dict[str, str]]]:
    """Return (place, row) for each line; an optional cell or column left out is ""."""
    columns = f"tab-separated columns {', '.join(required)} and, if wanted, {', '.join(optional)}"
    try:
        lines = sheet.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise DatasetError([f"{sheet}: no such file; expected a sheet with {columns}"]) from None
    except UnicodeDecodeError:
        raise DatasetError([f"{sheet}: not UTF-8 text; expected {columns}"]) from None
    except OSError as error:
        raise DatasetError(
            [f"{sheet}: cannot be read ({error.strerror}); expected {columns}"]
        ) from None
    table = [[cell.strip() for cell in line.split("\t")] for line in lines]
    header = table[0] if table else []
    if not set(required) <= set(header) <= {*required, *optional} or len(set(header)) < len(header):
        raise DatasetError([f"{sheet}, line 1: found columns {header}; expected {columns}"])
    rows, problems = [], []
    for number, cells in enumerate(table[1:], start=2):
        if not any(cells):
            continue
        place = f"{sheet}, line {number}"
        row = dict.fromkeys((*required, *optional), "") | dict(zip(header, cells, strict=False))
        if empty := [column for column in required if not row[column]]:
            problems.append(f"{place}: nothing in column {', '.join(empty)}")
        if len(cells) > len(header):
            problems.append(f"{place}: {len(cells)} cells under {len(header)} columns")
        rows.append((place, row))
    _refuse(problems)
    return rows


def _refuse_missing_files(
    root: Path, rows: Iterable[tuple[str, dict[str, str]]], columns: tuple[str, ...]
) -> None:
    _refuse(
        f"{place}: no such file {root / row[column]}"
        for place, row in rows
        for column in columns
        if row[column] and not (root / row[column]).is_file()
    )


def _refuse_unusable_names(named: Iterable[tuple[str, str]]) -> None:
    # A name becomes a file name of results and the value of a wildcard, which braces would mark.
    _refuse(
        f"{place}: the name {name!r} cannot name results; use one without slashes, braces, line "
        "breaks and other control characters"
        for name, place in named
        if name in (".", "..") or any(c in "/\\{}" or category(c) in _CONTROL for c in name)
    )


def _refuse_same_names(named: Iterable[tuple[str, str]]) -> None:
    places = defaultdict(list)
    for name, place in named:
        places[name].append(place)
    _refuse(
        f"{' and '.join(same)}: the same name {name!r}; rename one"
        for name, same in places.items()
        if len(same) > 1
    )


def _refuse(problems: Iterable[str]) -> None:
    if found := list(problems):
        raise DatasetError(found)
