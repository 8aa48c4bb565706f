"""Score every method against the annotations: accuracy, confusion, and scores of each behavior."""

import logging
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from homecage.errors import HomecageError, PredictionError
from homecage.evaluate import metrics
from homecage.evaluate.metrics import Codes, Counts
from homecage.evaluate.names import ANNOTATOR_1, ANNOTATOR_2, CONVNET, FD, FD_STAR, HUMAN, LSTM
from homecage.evaluate.published import TABLE_1
from homecage.evaluate.sources import check_coverage, check_length, group_by_source, read_method
from homecage.storage.frame_tables import read_annotation
from homecage.storage.tables import write_tsv
from homecage.study.behaviors import BEHAVIORS, UNLABELED

log = logging.getLogger(__name__)

Scored = dict[tuple[str, str], dict[str, Counts]]
"""Confusion matrices by (method, frames_of), then by video; all else is computed from them."""


def evaluate_predictions(
    *,
    predictions: list[Path],
    annotations: list[Path],
    published: Literal["yes", "no"],
    output: Path,
) -> None:
    """Score every method on FD, all frames of annotator 1, and FD*, those annotator 2 has too.

    The human method, annotator 2, is scored on FD* only. Without a second annotator there are no
    FD* rows. Every other method must predict every annotated frame.

    Args:
        predictions: ``{method}/{video}.parquet`` files.
        annotations: ``annotator_1/{video}.parquet`` and ``annotator_2/{video}.parquet`` files.
        published: whether the rows of the paper's Table 1 stand beside the measured ones: for the
            data set they were published for, and for no other.
        output: a folder for ``accuracy.tsv``, ``gain.tsv``, ``per_behavior.tsv``, ``confusion.tsv``
            and ``confusion_by_video.tsv``.

    Raises:
        PredictionError: predictions and annotations do not cover the same videos and frames.
    """
    scored = score_methods(predictions, annotations)
    accuracy = tabulate_accuracy(scored)
    write_tsv(output / "gain.tsv", tabulate_gain(accuracy))
    if published == "yes":
        accuracy = pd.concat([accuracy, tabulate_published()], ignore_index=True)
    write_tsv(output / "accuracy.tsv", accuracy)
    write_tsv(output / "per_behavior.tsv", tabulate_behaviors(scored))
    by_video = tabulate_confusion(scored)
    keys = ["method", "frames_of", "truth", "prediction"]
    pooled = by_video.groupby(keys, sort=False)["n_frames"].sum().reset_index()
    write_tsv(output / "confusion.tsv", pooled)
    write_tsv(output / "confusion_by_video.tsv", by_video)


def score_methods(predictions: list[Path], annotations: list[Path]) -> Scored:
    """Count the confusion of every method on every video; files are read one at a time."""
    annotators, methods = group_by_source(annotations), group_by_source(predictions)
    first, second = annotators.get(ANNOTATOR_1, {}), annotators.get(ANNOTATOR_2, {})
    if not first:
        raise HomecageError(f"none of the {len(annotations)} annotations is of {ANNOTATOR_1}")
    _check_videos(first, methods)
    scored: Scored = {}
    for video, truth_path in first.items():
        log.info("scoring %s", video)
        truth = read_annotation(truth_path)
        truth_of = {FD: truth}
        if video in second:
            truth_twice = _keep_labeled_twice(truth, truth_path, second[video])
            if np.any(truth_twice != UNLABELED):
                truth_of[FD_STAR] = truth_twice
        for method, videos in methods.items():
            if video not in videos:
                continue
            prediction, _ = read_method(videos[video])
            check_length(videos[video], len(prediction), truth_path, len(truth))
            for frames_of, labels in truth_of.items():
                if method == HUMAN and frames_of == FD:
                    continue
                check_coverage(videos[video], labels, prediction)
                counts = metrics.count_confusion(labels, prediction)
                scored.setdefault((method, frames_of), {})[video] = counts
    order = [(method, frames_of) for method in methods for frames_of in (FD, FD_STAR)]
    return {key: scored[key] for key in order if key in scored}


def tabulate_accuracy(scored: Scored) -> pd.DataFrame:
    """Tabulate accuracy over frames and behaviors, pooled over videos and as the mean of videos."""
    rows = []
    for (method, frames_of), by_video in scored.items():
        pooled = _pool(by_video)
        for level, accuracy in metrics.LEVELS.items():
            averages = {
                "pooled": accuracy(pooled),
                "videos": metrics.mean_of_defined([accuracy(c) for c in by_video.values()]),
            }
            rows += [
                {
                    "method": method,
                    "frames_of": frames_of,
                    "level": level,
                    "average": average,
                    "accuracy": value,
                    "n_frames": int(pooled.sum()),
                    "source": "measured",
                }
                for average, value in averages.items()
            ]
    columns = ["method", "frames_of", "level", "average", "accuracy", "n_frames", "source"]
    return pd.DataFrame(rows, columns=columns).astype({"n_frames": "Int64"})


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


def tabulate_gain(accuracy: pd.DataFrame) -> pd.DataFrame:
    """Tabulate what the LSTM adds to the convnet alone, in percentage points."""
    keys = ["frames_of", "level", "average"]
    by_method = {
        method: rows.set_index(keys)["accuracy"]
        for method, rows in accuracy.groupby("method", sort=False)
    }
    if not {CONVNET, LSTM} <= by_method.keys():
        return pd.DataFrame(columns=[*keys, "gain_points"])
    gain = 100 * (by_method[LSTM] - by_method[CONVNET])
    return gain.rename("gain_points").reset_index()


def tabulate_behaviors(scored: Scored) -> pd.DataFrame:
    """Tabulate recall, precision, F1 and support of each behavior, pooled over videos."""
    tables = []
    for (method, frames_of), by_video in scored.items():
        counts = _pool(by_video)
        scores = {
            "method": method,
            "frames_of": frames_of,
            "behavior": BEHAVIORS,
            "recall": metrics.recall(counts),
            "precision": metrics.precision(counts),
            "f1": metrics.f1(counts),
            "support": metrics.support(counts),
        }
        tables.append(pd.DataFrame(scores))
    return pd.concat(tables, ignore_index=True)


def tabulate_confusion(scored: Scored) -> pd.DataFrame:
    """Tabulate the frames of every pair of true and predicted behavior in each video."""
    truth, prediction = np.divmod(np.arange(metrics.K**2), metrics.K)
    names = np.array(BEHAVIORS, dtype=object)
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


def _pool(by_video: dict[str, Counts]) -> Counts:
    pooled: Counts = np.sum(list(by_video.values()), axis=0, dtype=np.int64)
    return pooled


def _keep_labeled_twice(truth: Codes, truth_path: Path, second_path: Path) -> Codes:
    """Return the truth where annotator 2 labeled the frame too, unlabeled elsewhere: FD*."""
    second = read_annotation(second_path)
    check_length(second_path, len(second), truth_path, len(truth))
    return np.where(second != UNLABELED, truth, np.int8(UNLABELED))


def _check_videos(truth: dict[str, Path], methods: dict[str, dict[str, Path]]) -> None:
    """Refuse a method that skips an annotated video; only the human may."""
    for method, videos in methods.items():
        skipped = [video for video in truth if video not in videos]
        if skipped and method != HUMAN:
            raise PredictionError(
                next(iter(videos.values())).with_name(f"{skipped[0]}.parquet"),
                f"no such prediction, but annotator 1 labeled the video ({truth[skipped[0]]}); "
                "a method must predict every annotated video",
            )
