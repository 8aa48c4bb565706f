"""The layout of the MIT home-cage data set (Jhuang et al. 2010), as public programs read it."""

import os
from pathlib import Path

from homecage.errors import StudyError
from homecage.simulate.names import ANNOTATOR_FOLDERS, CLIPPED, FULL, MARKER
from homecage.study.files import VIDEO_SUFFIXES, list_files, list_videos, refuse_same_names
from homecage.study.study import Clip, ClipFolder, Study, Video

# The full database has 12 videos; the twelfth's name is not known here.
_N_VIDEOS = 12
_KNOWN_VIDEOS = frozenset(
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


def read_mit(root: Path) -> Study:
    """List a data set in the MIT layout.

    Raises:
        StudyError: a folder is missing or empty, or names are ambiguous.
    """
    full = root / FULL
    if not full.is_dir():
        raise StudyError([f"{root}: expected a folder {FULL} with one file per full video"])
    paths = list_videos(full)
    if not paths:
        raise StudyError([f"{full}: no videos; expected files named *{', *'.join(VIDEO_SUFFIXES)}"])
    texts = {
        annotator: _list_annotations(full / folder)
        for annotator, folder in ANNOTATOR_FOLDERS.items()
    }
    videos = tuple(
        Video(
            path.stem,
            path,
            {annotator: own.pop(path.stem) for annotator, own in texts.items() if path.stem in own},
            {},
        )
        for path in paths
    )
    notice = root / MARKER if (root / MARKER).exists() else None
    names = {video.name for video in videos}
    return Study(
        title="simulated home cage" if notice else root.resolve().name,
        videos=videos,
        clip_folders=_list_clip_folders(root / CLIPPED),
        strays=tuple(path for own in texts.values() for path in own.values()),
        notice=notice,
        has_published_scores=not notice and len(names) == _N_VIDEOS and names >= _KNOWN_VIDEOS,
    )


def _list_annotations(folder: Path) -> dict[str, Path]:
    """Return an annotator's files by the name of the video that they belong to."""
    if not folder.exists():
        return {}
    if not folder.is_dir():
        raise StudyError([f"{folder}: a file; expected a folder of annotations"])
    return {path.stem: path for path in list_files(folder, (".txt",))}


def _list_clip_folders(clipped: Path) -> tuple[ClipFolder, ...]:
    """List the clips of each folder; in some copies of the data set all lie in one, without folders."""
    if not clipped.is_dir():
        return ()
    names = sorted(e.name for e in os.scandir(clipped) if e.is_dir() and not e.name.startswith("."))
    folders = []
    for folder in (clipped, *(clipped / name for name in names)):
        if paths := list_videos(folder):
            clips = tuple(Clip(path.stem, path, _parse_label(path)) for path in paths)
            folders.append(ClipFolder(folder.name, clips, tuple(paths)))
    refuse_same_names((folder.name, str(folder.clips[0].path.parent)) for folder in folders)
    return tuple(sorted(folders, key=lambda folder: folder.name))


def _parse_label(path: Path) -> str:
    """Return the label in ``<video>_<label>_<number>``; a name of another form has none."""
    parts = path.stem.split("_")
    return parts[-2] if len(parts) > 1 else ""
