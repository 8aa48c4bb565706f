"""Score every method against the annotations: accuracy, its gains, confusion, and all other scores."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from homecage.evaluate import metrics
from homecage.evaluate.comparisons import tabulate_gain
from homecage.evaluate.names import ANNOTATOR_1, OVER_VIDEOS
from homecage.evaluate.options import Comparisons, EvaluationOptions
from homecage.evaluate.published import TABLE_1
from homecage.evaluate.scorers import number_units, read_videos, show_videos
from homecage.evaluate.scores import (
    MEASURES,
    estimate_averages,
    tabulate_boundaries,
    tabulate_calibration,
    tabulate_scores,
)
from homecage.evaluate.tallies import Scored, tally_methods
from homecage.storage.tables import write_tsv


def evaluate_predictions(
    *,
    predictions: list[Path],
    annotations: list[Path],
    videos: Path,
    behaviors: list[str],
    comparisons: Comparisons,
    by: str = "video",
    options: EvaluationOptions,
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
        by: what is drawn as one for the intervals: each video, or those with one entry in a column.
        options: how intervals are made.
        published: whether the rows of the paper's Table 1 stand beside the measured ones: for the
            data set they were published for, and for no other.
        output: a folder for ``accuracy.tsv``, ``accuracy_by_video.tsv``, ``gain.tsv``,
            ``per_behavior.tsv``, ``confusion.tsv``, ``confusion_by_video.tsv``, ``scores.tsv``,
            ``boundary.tsv`` and ``calibration.tsv``.

    Raises:
        ConfigError: a comparison names a method that was not scored.
        HomecageError: there is no truth to score by.
        PredictionError: predictions and annotations do not cover the same videos and frames.
    """
    sheet = read_videos(videos)
    scored = tally_methods(predictions, annotations, number_units(sheet, by), behaviors)
    by_truth = {key: tallies for key, tallies in scored.items() if key.against == ANNOTATOR_1}
    accuracy = tabulate_accuracy(by_truth, by, options)
    confusion = tabulate_confusion(by_truth, behaviors)
    pairs = confusion.groupby(["method", "frames_of", "truth", "prediction"], sort=False)
    tables = {
        "gain": tabulate_gain(by_truth, comparisons, options),
        "accuracy": accuracy,
        "accuracy_by_video": show_videos(tabulate_videos(by_truth), sheet),
        "per_behavior": tabulate_behaviors(by_truth, behaviors),
        "confusion": pairs["n_frames"].sum().reset_index(),
        "confusion_by_video": show_videos(confusion, sheet),
        "scores": tabulate_scores(scored, options),
        "boundary": tabulate_boundaries(scored, options),
        "calibration": tabulate_calibration(scored, options),
    }
    if published == "yes":
        tables["accuracy"] = pd.concat([accuracy, tabulate_published()], ignore_index=True)
    for name, table in tables.items():
        write_tsv(output / f"{name}.tsv", table)


def tabulate_videos(scored: Scored) -> pd.DataFrame:
    """Tabulate accuracy over frames and behaviors in each video."""
    tables = []
    for key, tallies in scored.items():
        counts = tallies.of_videos["confusion"]
        accuracies = {level: score(counts) for level, score in metrics.ACCURACIES.items()}
        tables += [
            {
                "method": key.method,
                "frames_of": key.frames_of,
                "video": video,
                "level": level,
                "accuracy": accuracy[index],
                "n_frames": int(counts[index].sum()),
            }
            for index, video in enumerate(tallies.videos)
            for level, accuracy in accuracies.items()
        ]
    return pd.DataFrame(tables)


def tabulate_accuracy(scored: Scored, by: str, options: EvaluationOptions) -> pd.DataFrame:
    """Tabulate accuracy over frames and behaviors, pooled over videos and as the mean of videos.

    Args:
        scored: the counts.
        by: what is drawn as one for the intervals.
        options: how intervals are made.
    """
    rows: list[dict[str, Any]] = [
        {
            "method": key.method,
            "frames_of": key.frames_of,
            "level": level,
            "average": average,
            "accuracy": found.value,
            "low": found.low,
            "high": found.high,
            "unit": by,
            "n_units": found.n_units,
            "n_frames": int(tallies.of_videos["confusion"].sum()),
            "source": "measured",
        }
        for key, tallies in scored.items()
        for level in metrics.ACCURACIES
        for average, found in estimate_averages(tallies, MEASURES[f"accuracy_{level}"], options)
    ]
    return _count_in_integers(pd.DataFrame(rows))


def tabulate_published() -> pd.DataFrame:
    """Tabulate the published accuracies in the columns of the measured ones."""
    rows = [
        {
            "method": method,
            "frames_of": frames_of,
            "level": level,
            "average": OVER_VIDEOS,
            "accuracy": accuracy,
            "low": np.nan,
            "high": np.nan,
            "unit": "n/a",
            "n_units": pd.NA,
            "n_frames": pd.NA,
            "source": "published",
        }
        for (method, frames_of, level), accuracy in TABLE_1.items()
    ]
    return _count_in_integers(pd.DataFrame(rows))


def tabulate_behaviors(scored: Scored, behaviors: Sequence[str]) -> pd.DataFrame:
    """Tabulate recall, precision, F1, kappa and support of each behavior, pooled over videos."""
    tables = [
        pd.DataFrame(
            {
                "method": key.method,
                "frames_of": key.frames_of,
                "behavior": behaviors,
                **metrics.score_behaviors(tallies.of_videos["confusion"].sum(axis=0)),
            }
        )
        for key, tallies in scored.items()
    ]
    return pd.concat(tables, ignore_index=True)


def tabulate_confusion(scored: Scored, behaviors: Sequence[str]) -> pd.DataFrame:
    """Tabulate the frames of every pair of true and predicted behavior in each video."""
    truth, prediction = np.indices((len(behaviors), len(behaviors))).reshape(2, -1)
    names = np.array(behaviors, dtype=object)
    tables = [
        pd.DataFrame(
            {
                "method": key.method,
                "frames_of": key.frames_of,
                "video": video,
                "truth": names[truth],
                "prediction": names[prediction],
                "n_frames": counts.ravel(),
            }
        )
        for key, tallies in scored.items()
        for video, counts in zip(tallies.videos, tallies.of_videos["confusion"], strict=True)
    ]
    return pd.concat(tables, ignore_index=True)


def _count_in_integers(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype({"n_units": "Int64", "n_frames": "Int64"})
