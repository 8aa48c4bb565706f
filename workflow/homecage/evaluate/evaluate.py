"""Score every method against the annotations: accuracy, confusion, and scores of each behavior."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from homecage.errors import ConfigError
from homecage.evaluate import metrics
from homecage.evaluate.metrics import Counts
from homecage.evaluate.names import ANNOTATOR_1, FD, FD_STAR, HUMAN
from homecage.evaluate.options import Comparisons
from homecage.evaluate.published import TABLE_1
from homecage.evaluate.scorers import (
    check_coverage,
    check_length,
    check_videos,
    group_by_scorer,
    read_truth,
    read_videos,
    show_videos,
)
from homecage.storage.frame_tables import read_predictions
from homecage.storage.tables import write_tsv

logger = logging.getLogger(__name__)

Scored = dict[tuple[str, str], dict[str, Counts]]
"""Confusion matrices by (method, frames_of), then by video; all else is computed from them."""


def evaluate_predictions(
    *,
    predictions: list[Path],
    annotations: list[Path],
    videos: Path,
    behaviors: list[str],
    comparisons: Comparisons,
    published: Literal["yes", "no"],
    output: Path,
) -> None:
    """Score every method on FD, all frames of annotator 1, and FD*, those annotator 2 has too.

    The human method, annotator 2, is scored on FD* only. Without a second annotator there are no
    FD* rows. Every other method must predict every annotated frame.

    Args:
        predictions: ``{method}/{video}.parquet`` files; the tables list the methods as they come.
        annotations: ``annotator_1/{video}.parquet`` and ``annotator_2/{video}.parquet`` files.
        videos: the study's ``videos.tsv``: names, and columns that tables of videos show, too.
        behaviors: the K behaviors in order.
        comparisons: pairs of a method and the baseline that its gain is measured from.
        published: whether the rows of the paper's Table 1 stand beside the measured ones: for the
            data set they were published for, and for no other.
        output: a folder for ``accuracy.tsv``, ``accuracy_by_video.tsv``, ``gain.tsv``,
            ``per_behavior.tsv``, ``confusion.tsv`` and ``confusion_by_video.tsv``.

    Raises:
        ConfigError: a comparison names a method that was not scored.
        HomecageError: there is no truth to score by.
        PredictionError: predictions and annotations do not cover the same videos and frames.
    """
    sheet = read_videos(videos)
    scored = score_methods(predictions, annotations, list(sheet.index), behaviors)
    by_video = tabulate_videos(scored)
    accuracy = tabulate_accuracy(scored, by_video)
    confusion = tabulate_confusion(scored, behaviors)
    pairs = confusion.groupby(["method", "frames_of", "truth", "prediction"], sort=False)
    tables = {
        "gain": tabulate_gain(accuracy, comparisons),
        "accuracy": accuracy,
        "accuracy_by_video": show_videos(by_video, sheet),
        "per_behavior": tabulate_behaviors(scored, behaviors),
        "confusion": pairs["n_frames"].sum().reset_index(),
        "confusion_by_video": show_videos(confusion, sheet),
    }
    if published == "yes":
        tables["accuracy"] = pd.concat([accuracy, tabulate_published()], ignore_index=True)
    for name, table in tables.items():
        write_tsv(output / f"{name}.tsv", table)


def score_methods(
    predictions: list[Path],
    annotations: list[Path],
    videos: Sequence[str],
    behaviors: Sequence[str],
) -> Scored:
    """Count the confusion of every method on every video; files are read one at a time."""
    annotators = group_by_scorer(annotations, videos)
    methods = group_by_scorer(predictions, videos)
    check_videos(annotators, methods)
    scored: Scored = {(method, frames_of): {} for method in methods for frames_of in (FD, FD_STAR)}
    for video, truth_path in annotators[ANNOTATOR_1].items():
        logger.info("scoring %s", video)
        truth_of = read_truth(annotators, video, behaviors)
        for method in [method for method in methods if video in methods[method]]:
            path = methods[method][video]
            said = read_predictions(path, behaviors, method=method, video=video).codes
            check_length(path, len(said), truth_path, len(truth_of[FD]))
            for frames_of, truth in truth_of.items():
                if method == HUMAN and frames_of == FD:
                    continue
                check_coverage(path, truth, said)
                counts = metrics.count_confusion(truth, said, len(behaviors))
                scored[method, frames_of][video] = counts
    return {key: by_video for key, by_video in scored.items() if by_video}


def tabulate_videos(scored: Scored) -> pd.DataFrame:
    """Tabulate accuracy over frames and behaviors in each video."""
    return pd.DataFrame(
        [
            {
                "method": method,
                "frames_of": frames_of,
                "video": video,
                "level": level,
                "accuracy": accuracy(counts),
                "n_frames": int(counts.sum()),
            }
            for (method, frames_of), by_video in scored.items()
            for video, counts in by_video.items()
            for level, accuracy in metrics.ACCURACIES.items()
        ]
    )


def tabulate_accuracy(scored: Scored, by_video: pd.DataFrame) -> pd.DataFrame:
    """Tabulate accuracy over frames and behaviors, pooled over videos and as the mean of videos.

    Args:
        scored: the confusion matrices.
        by_video: the accuracy in each video.
    """
    of_videos = by_video.groupby(["method", "frames_of", "level"])["accuracy"]
    rows = []
    for (method, frames_of), counts in _pool(scored).items():
        for level, accuracy in metrics.ACCURACIES.items():
            averages = {
                "pooled": accuracy(counts),
                "videos": metrics.mean_of_defined(of_videos.get_group((method, frames_of, level))),
            }
            rows += [
                {
                    "method": method,
                    "frames_of": frames_of,
                    "level": level,
                    "average": average,
                    "accuracy": value,
                    "n_frames": int(counts.sum()),
                    "source": "measured",
                }
                for average, value in averages.items()
            ]
    return pd.DataFrame(rows).astype({"n_frames": "Int64"})


def tabulate_published() -> pd.DataFrame:
    """Tabulate the published accuracies in the columns of the measured ones."""
    rows = [
        {
            "method": method,
            "frames_of": frames_of,
            "level": level,
            "average": "pooled",
            "accuracy": accuracy,
            "n_frames": pd.NA,
            "source": "published",
        }
        for (method, frames_of, level), accuracy in TABLE_1.items()
    ]
    return pd.DataFrame(rows).astype({"n_frames": "Int64"})


def tabulate_gain(accuracy: pd.DataFrame, comparisons: Comparisons) -> pd.DataFrame:
    """Tabulate what methods add to their baselines, in percentage points.

    Raises:
        ConfigError: a comparison names a method that was not scored.
    """
    keys = ["frames_of", "level", "average"]
    columns = ["method", "baseline", *keys, "gain_points"]
    scores = {str(method): rows for method, rows in accuracy.groupby("method", sort=False)}
    tables = []
    for method, baseline in comparisons.root:
        for name in (method, baseline):
            if name not in scores:
                raise ConfigError(
                    f"comparisons: {name!r} was not scored; expected two of: {', '.join(scores)}"
                )
        both = scores[method].merge(scores[baseline], on=keys, suffixes=("", "_of_baseline"))
        gain = 100 * (both["accuracy"] - both["accuracy_of_baseline"])
        tables.append(both.assign(baseline=baseline, gain_points=gain)[columns])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def tabulate_behaviors(scored: Scored, behaviors: Sequence[str]) -> pd.DataFrame:
    """Tabulate recall, precision, F1, kappa and support of each behavior, pooled over videos."""
    tables = [
        pd.DataFrame(
            {
                "method": method,
                "frames_of": frames_of,
                "behavior": behaviors,
                **metrics.score_behaviors(counts),
            }
        )
        for (method, frames_of), counts in _pool(scored).items()
    ]
    return pd.concat(tables, ignore_index=True)


def tabulate_confusion(scored: Scored, behaviors: Sequence[str]) -> pd.DataFrame:
    """Tabulate the frames of every pair of true and predicted behavior in each video."""
    truth, prediction = np.indices((len(behaviors), len(behaviors))).reshape(2, -1)
    names = np.array(behaviors, dtype=object)
    tables = [
        pd.DataFrame(
            {
                "method": method,
                "frames_of": frames_of,
                "video": video,
                "truth": names[truth],
                "prediction": names[prediction],
                "n_frames": counts.ravel(),
            }
        )
        for (method, frames_of), by_video in scored.items()
        for video, counts in by_video.items()
    ]
    return pd.concat(tables, ignore_index=True)


def _pool(scored: Scored) -> dict[tuple[str, str], Counts]:
    return {
        key: np.sum(list(by_video.values()), axis=0, dtype=np.int64)
        for key, by_video in scored.items()
    }
