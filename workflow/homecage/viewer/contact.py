"""Contact sheets: for each way in which a method errs, a picture of each of its longest errors."""

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import nsmallest
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from homecage.evaluate.bouts import find_edges_s
from homecage.evaluate.scorers import check_length, read_videos
from homecage.pages.pictures import embed_jpeg
from homecage.report.options import Palette, Titles
from homecage.storage.frame_tables import (
    UNLABELED,
    Codes,
    read_annotation,
    read_predictions,
    read_resampling,
)
from homecage.storage.publish import publish
from homecage.storage.stores import open_store
from homecage.viewer.template import render

_MOST = 8
"""Errors of a cell that are shown."""
_JPEG_QUALITY = 80

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Error:
    """Frames [start, stop) of a video that are one behavior and are called another one throughout."""

    video: str
    start: int
    stop: int
    truth: int
    prediction: int
    start_s: float
    seconds: float

    @property
    def middle(self) -> int:
        """The frame that is shown."""
        return (self.start + self.stop - 1) // 2


def draw_contact_sheets(
    *,
    predictions: list[Path],
    annotations: list[Path],
    frames: list[Path],
    times: list[Path],
    videos: Path,
    palette: Palette,
    titles: Titles,
    method: str,
    data_label: str,
    output: Path,
) -> None:
    """Write a page with the confusion matrix of a method, and pictures of the longest errors of each cell.

    Args:
        predictions: the method's ``{video}.parquet`` files.
        annotations: annotator 1's, of the same videos in the same order.
        frames: their stores of frames, in the same order.
        times: their tables of times, in the same order.
        videos: the study's ``videos.tsv``, for the videos' names.
        palette: the K behaviors in order, and their colors.
        titles: what methods are called.
        method: whose errors are shown.
        data_label: what the data are.
        output: the page, one HTML file.

    Raises:
        PredictionError: a prediction and an annotation differ in length.
        StoreError: a file is damaged or not what its name says.
    """
    behaviors = list(palette.root)
    names = read_videos(videos)["name"]
    counts = np.zeros((len(behaviors), len(behaviors)), dtype=np.int64)
    cells: dict[tuple[int, int], list[Error]] = defaultdict(list)
    for path, annotation in zip(predictions, annotations, strict=True):
        said = read_predictions(path, behaviors, method=method, video=path.stem)
        truth = read_annotation(annotation, behaviors)
        check_length(path, len(said.codes), annotation, len(truth))
        both = (truth != UNLABELED) & (said.codes != UNLABELED)
        np.add.at(counts, (truth[both], said.codes[both]), 1)
        edges_s = find_edges_s(np.maximum.accumulate(said.time_s))
        for error in find_errors(path.stem, truth, said.codes, edges_s):
            cells[error.truth, error.prediction].append(error)
    stores = {path.stem: (path, own) for path, own in zip(frames, times, strict=True)}
    shown = [
        {
            "truth": truth,
            "prediction": prediction,
            "frames": int(counts[truth, prediction]),
            "errors": [
                {
                    "picture": _read_picture(*stores[error.video], error.middle),
                    "name": str(names[error.video]),
                    "frame": error.middle,
                    "time_s": error.start_s,
                    "seconds": error.seconds,
                }
                for error in nsmallest(
                    _MOST,
                    cells[truth, prediction],
                    key=lambda one: (-one.seconds, one.video, one.start),
                )
            ],
        }
        for truth, prediction in sorted(cells, key=lambda cell: (-counts[cell], cell))
    ]
    page = render(
        "contact.html.j2",
        title=titles.root[method],
        label=data_label,
        behaviors=behaviors,
        colors=palette.root,
        counts=counts.tolist(),
        shares=(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)).tolist(),
        cells=shown,
    )
    with publish(output) as temporary:
        temporary.write_text(page, encoding="utf-8")
    logger.info("%s: %d cells with errors", output, len(shown))


def find_errors(
    video: str, truth: Codes, said: Codes, edges_s: NDArray[np.float64]
) -> Iterator[Error]:
    """Yield the errors of a video, in order.

    Args:
        video: its key.
        truth: (T,) codes.
        said: (T,) codes of a method.
        edges_s: (T + 1,) when each frame begins, and when the last one ends.
    """
    wrong = (truth != said) & (truth != UNLABELED) & (said != UNLABELED)
    changed = np.flatnonzero((np.diff(truth) != 0) | (np.diff(said) != 0)) + 1
    for start, stop in pairwise([0, *changed.tolist(), len(truth)]):
        if stop > start and wrong[start]:
            start_s, seconds = float(edges_s[start]), float(edges_s[stop] - edges_s[start])
            yield Error(video, start, stop, int(truth[start]), int(said[start]), start_s, seconds)


def _read_picture(store: Path, times: Path, frame: int) -> str:
    """Return a frame of a video, as it was decoded, as an address that holds it."""
    resampling = read_resampling(times)
    if resampling is not None:
        frame = int(resampling.shown_as[frame])
    picture = open_store(store, kind="frames")["frames"][frame]
    return embed_jpeg(picture, _JPEG_QUALITY)
