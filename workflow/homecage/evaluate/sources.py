"""Files of annotators and methods: ``{source}/{video}.parquet``, and whether they fit together."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from homecage.errors import PredictionError
from homecage.evaluate.metrics import Codes
from homecage.evaluate.names import order_sources
from homecage.storage.frame_tables import encode_behaviors, read_predictions
from homecage.study.behaviors import UNLABELED


def group_by_source(paths: Iterable[Path]) -> dict[str, dict[str, Path]]:
    """Group ``{source}/{video}.parquet`` files; sources in the tables' order, videos by name.

    Raises:
        PredictionError: two files for the same source and video.
    """
    sources: dict[str, dict[str, Path]] = {}
    for path in sorted(paths, key=lambda path: path.stem):
        videos = sources.setdefault(path.parent.name, {})
        if path.stem in videos:
            raise PredictionError(path, f"the same video is also in {videos[path.stem]}")
        videos[path.stem] = path
    return {source: sources[source] for source in order_sources(sources)}


def read_method(path: Path) -> tuple[Codes, NDArray[np.float64]]:
    """Read a method's (T,) codes, -1 where it says nothing, and the (T,) times in seconds."""
    table = read_predictions(path)
    return encode_behaviors(table["behavior"].tolist()), table["time_s"].to_numpy()


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
