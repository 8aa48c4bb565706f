"""What a review of each video is worth: the queue of clips to look at, and the accuracy to expect of it.

The estimate is held against what comes of it: annotator 1 reviews each video, whose own annotation nothing
here was learned from.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from homecage.errors import PredictionError
from homecage.evaluate.bouts import find_edges_s
from homecage.evaluate.habits import observe, pool
from homecage.evaluate.names import ANNOTATOR_1, HUMAN
from homecage.evaluate.queue import DoubtfulClip, Doubts
from homecage.evaluate.scorers import check_length, group_by_scorer, read_videos, show_videos
from homecage.storage.frame_tables import UNLABELED, Codes, read_annotation, read_predictions
from homecage.storage.tables import write_tsv

SHARES = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
"""Of a video's length, at which it is told what a review of so much is worth."""
MOST_CLIPS = 150
"""Clips listed of a video and method: five minutes of review."""

QUEUE = ["rank", "start", "stop", "start_s", "stop_s", "gain", "why"]
REVIEW = [
    "share",
    "minutes",
    "n_clips",
    "expected",
    "actual",
    "difference",
    "at_random",
    "expected_whole",
]


def review_predictions(
    *,
    predictions: list[Path],
    annotations: list[Path],
    videos: Path,
    behaviors: list[str],
    queues: Path,
    review: Path,
) -> None:
    """Write which clips of each video are most worth a look, and how accurate it is after so many of them.

    What is implausible in a video is judged by annotator 1's bouts of the others. A clip that was looked at
    counts as right, and takes as long as it plays.

    Args:
        predictions: ``{method}/{video}.parquet`` files of the methods; the human's count for nothing.
        annotations: ``annotator_1/{video}.parquet`` files; a video may have none.
        videos: the study's ``videos.tsv``: names, and columns that the tables show, too.
        behaviors: the K behaviors in order.
        queues: a folder for ``{video}.tsv``: each method's clips, what is most worth a look first.
        review: the table of expected and actual accuracy over frames by minutes reviewed, and that of the
            same minutes spent anywhere.

    Raises:
        PredictionError: a method lacks a video of another one, or two differ in their numbers of frames.
    """
    sheet = read_videos(videos)
    methods = group_by_scorer(predictions, list(sheet.index))
    methods.pop(HUMAN, None)
    truths = group_by_scorer(annotations, list(sheet.index)).get(ANNOTATOR_1, {})
    first = next(iter(methods))
    annotated, habits = {}, {}
    for video, path in truths.items():
        codes = read_annotation(path, behaviors)
        timed = _find(methods, first, video)
        said = read_predictions(timed, behaviors, method=first, video=video)
        check_length(timed, len(said.codes), path, len(codes))
        edges_s = find_edges_s(np.maximum.accumulate(said.time_s))
        annotated[video], habits[video] = codes, observe(codes, edges_s, len(behaviors))
    reviews = []
    for video in methods[first]:
        elsewhere = pool([own for other, own in habits.items() if other != video], len(behaviors))
        by_method = {
            method: read_predictions(
                _find(methods, method, video), behaviors, method=method, video=video
            )
            for method in methods
        }
        for method, own in by_method.items():
            n_frames = len(by_method[first].codes)
            check_length(methods[method][video], len(own.codes), methods[first][video], n_frames)
        queue = []
        for method in methods:
            doubts = Doubts(by_method, method, elsewhere, behaviors)
            clips = doubts.list_clips()[:MOST_CLIPS]
            queue += [{"method": method} | row for row in _list_queue(doubts, clips)]
            points = measure_review(doubts, annotated.get(video))
            reviews += [{"method": method, "video": video} | point for point in points]
        write_tsv(queues / f"{video}.tsv", pd.DataFrame(queue, columns=["method", *QUEUE]))
    table = pd.DataFrame(reviews, columns=["method", "video", *REVIEW])
    order = {method: place for place, method in enumerate(methods)}
    table = table.sort_values("method", key=lambda column: column.map(order), kind="stable")
    write_tsv(review, show_videos(table, sheet))


def measure_review(doubts: Doubts, truth: Codes | None) -> list[dict[str, float]]:
    """Return what is expected of, and what comes of, the review of the first so many clips of a video.

    Both are of the same frames: where some of a video is annotated, these are taken for the whole of it.

    Args:
        doubts: of a method.
        truth: (T,) what the reviewer says; None where nobody knows.
    """
    said = np.isfinite(doubts.right)
    judged = None if truth is None else said & (truth != UNLABELED)
    if judged is not None and not judged.any():
        judged = None
    clips = doubts.list_clips(judged)
    spans = np.array([(clip.start, clip.stop) for clip in clips], dtype=np.intp)
    start, stop = spans.reshape(-1, 2).T
    seconds = np.append(0.0, np.cumsum([clip.seconds for clip in clips]))
    counted = said if judged is None else judged
    wrong = np.where(counted, 1 - doubts.right, 0.0)
    expected = _accuracy_after(start, stop, wrong, counted.sum())
    actual = at_random = np.full(len(seconds), np.nan)
    if judged is not None:
        actual = _accuracy_after(start, stop, judged & (truth != doubts.codes), judged.sum())
        # In expectation, of clips that are drawn by chance.
        at_random = actual[0] + (1 - actual[0]) * seconds / max(seconds[-1], 1e-9)
    counts = [
        int(np.searchsorted(seconds, share * seconds[-1] + 1e-6, side="right")) - 1
        for share in SHARES
    ]
    return [
        {
            "share": share,
            "minutes": seconds[n] / 60,
            "n_clips": n,
            "expected": expected[n],
            "actual": actual[n],
            "difference": expected[n] - actual[n],
            "at_random": at_random[n],
            "expected_whole": doubts.expected_accuracy,
        }
        for share, n in zip(SHARES, counts, strict=True)
    ]


def _accuracy_after(
    start: NDArray[np.intp],
    stop: NDArray[np.intp],
    wrong: NDArray[np.floating | np.bool_],  # (T,)
    n_frames: int,
) -> NDArray[np.float64]:
    """Return the accuracy (clips + 1,) after none of the clips, after one, after two ..."""
    before = np.append(0.0, np.cumsum(wrong))
    mended = np.append(0.0, np.cumsum(before[stop] - before[start]))
    return 1 - (before[-1] - mended) / n_frames if n_frames else np.full(len(mended), np.nan)


def _list_queue(doubts: Doubts, clips: Sequence[DoubtfulClip]) -> list[dict[str, object]]:
    return [
        {
            "rank": rank,
            "start": clip.start,
            "stop": clip.stop,
            "start_s": doubts.edges_s[clip.start],
            "stop_s": doubts.edges_s[clip.stop],
            "gain": clip.gain,
            "why": doubts.explain(clip),
        }
        for rank, clip in enumerate(clips, start=1)
    ]


def _find(methods: Mapping[str, Mapping[str, Path]], method: str, video: str) -> Path:
    if video in methods[method]:
        return methods[method][video]
    some = next(iter(methods[method].values()))
    raise PredictionError(some.with_stem(video), "no such prediction; every method must predict it")
