"""Who says what of each frame: the files of annotators and methods, and whether they fit together."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from homecage.errors import HomecageError, PredictionError
from homecage.evaluate.names import ANNOTATOR_1, ANNOTATOR_2, FD, FD_STAR, HUMAN
from homecage.storage.frame_tables import UNLABELED, Codes, read_annotation
from homecage.storage.tables import read_tsv

Files = dict[str, dict[str, Path]]
"""Files by scorer, then by video."""


def read_videos(path: Path) -> pd.DataFrame:
    """Read the study's videos, by key: their own names and the columns that their lab keeps."""
    table = read_tsv(path, text=True).set_index("video")
    return table.drop(columns=["path", ANNOTATOR_1, ANNOTATOR_2])


def number_units(videos: pd.DataFrame, by: str) -> dict[str, int]:
    """Return the number of each video's group: of those with the same entry in a column, or its own.

    Args:
        videos: the study's videos.
        by: ``video``, or the column that folds are made by.
    """
    numbers, _ = pd.factorize(videos["name"] if by == "video" else videos[by])
    return dict(zip(videos.index, numbers.tolist(), strict=True))


def show_videos(table: pd.DataFrame, videos: pd.DataFrame) -> pd.DataFrame:
    """Replace the videos' keys in a table by their names and their lab's columns."""
    columns = list(table.columns)
    at = columns.index("video")
    shown = [*columns[:at], *videos.columns, *columns[at + 1 :]]
    return table.join(videos, on="video")[shown].rename(columns={"name": "video"})


def group_by_scorer(paths: Iterable[Path], videos: Sequence[str]) -> Files:
    """Group ``{scorer}/{video}.parquet`` files by scorer, as they come but the human last.

    Args:
        paths: the files.
        videos: the study's videos in order, which is that of each scorer's files.

    Raises:
        PredictionError: two files for the same scorer and video, or one of no video of the study.
    """
    files: Files = {}
    for path in paths:
        own = files.setdefault(path.parent.name, {})
        if path.stem in own:
            raise PredictionError(path, f"the same video is also in {own[path.stem]}")
        if path.stem not in videos:
            raise PredictionError(path, f"{path.stem!r} is no video of the study")
        own[path.stem] = path
    return {
        scorer: {video: files[scorer][video] for video in videos if video in files[scorer]}
        for scorer in sorted(files, key=lambda scorer: scorer == HUMAN)
    }


def read_truths(
    annotators: Files, video: str, behaviors: Sequence[str]
) -> dict[tuple[str, str], Codes]:
    """Read what is true (T,) of a video, by set of frames and annotator; unlabeled outside the set.

    FD is there by annotator 1; FD* by both, unless no frame was labeled twice.

    Raises:
        PredictionError: the annotators' files differ in length.
    """
    first, second = annotators[ANNOTATOR_1][video], annotators.get(ANNOTATOR_2, {}).get(video)
    truth = read_annotation(first, behaviors)
    truths = {(FD, ANNOTATOR_1): truth}
    if second is not None:
        other = read_annotation(second, behaviors)
        check_length(second, len(other), first, len(truth))
        twice = (truth != UNLABELED) & (other != UNLABELED)
        if twice.any():
            for annotator, codes in ((ANNOTATOR_1, truth), (ANNOTATOR_2, other)):
                truths[FD_STAR, annotator] = np.where(twice, codes, np.int8(UNLABELED))
    return truths


def read_truth(annotators: Files, video: str, behaviors: Sequence[str]) -> dict[str, Codes]:
    """Read what annotator 1 says (T,) of the frames of FD and of FD*, unlabeled elsewhere."""
    truths = read_truths(annotators, video, behaviors)
    return {frames_of: codes for (frames_of, by), codes in truths.items() if by == ANNOTATOR_1}


def check_length(path: Path, found: int, truth: Path, expected: int) -> None:
    """Refuse labels of another length than the truth's.

    Raises:
        PredictionError: the lengths differ.
    """
    if found != expected:
        raise PredictionError(
            path,
            f"{found} frames, but the annotation {truth} has {expected}; both must cover every "
            "frame of the video: remove the two files and run snakemake again",
        )


def check_coverage(path: Path, truth: Codes, prediction: Codes) -> None:
    """Refuse a prediction that skips labeled frames: it would be scored on easier ground.

    Raises:
        PredictionError: a frame labeled in the truth has no prediction.
    """
    skipped = np.flatnonzero((truth != UNLABELED) & (prediction == UNLABELED))
    if len(skipped):
        raise PredictionError(
            path,
            f"frame {skipped[0]} is annotated but has no prediction ({len(skipped)} frames in "
            "all); a method must predict every annotated frame",
        )


def check_videos(annotators: Files, methods: Files) -> None:
    """Refuse a method that skips an annotated video; only the human may.

    Raises:
        HomecageError: annotator 1 labeled no video.
        PredictionError: a video that annotator 1 labeled has no prediction.
    """
    if ANNOTATOR_1 not in annotators:
        raise HomecageError(f"no annotation is of {ANNOTATOR_1}: there is no truth to score by")
    for method, files in methods.items():
        for video, truth in annotators[ANNOTATOR_1].items():
            if video not in files and method != HUMAN:
                raise PredictionError(
                    next(iter(files.values())).with_name(truth.name),
                    f"no such prediction, but annotator 1 labeled the video ({truth}); a method "
                    "must predict every annotated video",
                )
