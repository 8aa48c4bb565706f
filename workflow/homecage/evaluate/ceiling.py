"""The ceiling of simulated data: what a rule gets that is told the truth about each clip, but no context.

The rule is told the mouse's true mode of motion at the frame that a clip is labeled by, and where the mouse
is; it answers the behavior that this meant most often in the other videos. A method without context that does
as well has seen all that these two say; one with context may do better.

Letters: C clips, K behaviors, S what the rule can be told.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from homecage.clips.options import ClipGeometry
from homecage.clips.tiling import clip_of_frame, labeled_frames
from homecage.evaluate import metrics
from homecage.evaluate.names import ANNOTATOR_1, FD, OVER_BEHAVIORS
from homecage.evaluate.scorers import check_length, check_videos, group_by_scorer, read_truth
from homecage.storage.frame_tables import UNLABELED, Codes
from homecage.storage.tables import read_tsv, write_tsv

TOLD = {"mode": ["mode"], "mode and place": ["mode", "place"]}
"""What the rule is told: columns of the truth."""

SHRINKAGE = 50.0
"""How many clips' worth of trust the coarser table keeps in what is seldom told.

ASSUME: three seconds of clips, for clips that overlap are nearly one.
"""

Tables = NDArray[np.float64]  # (S, K)


def state_ceiling(
    *,
    truths: list[Path],
    annotations: list[Path],
    behaviors: list[str],
    geometry: ClipGeometry,
    output: Path,
) -> None:
    """Score the rule that is told the truth, learned from all videos but the one it is scored on.

    Over frames it answers the likeliest behavior, over behaviors the likeliest if all were equally
    frequent. It is scored as methods are: a clip's answer is that of its frames, against annotator 1.

    Args:
        truths: ``{video}.tsv`` with the mode and place of each frame.
        annotations: ``annotator_1/{video}.parquet`` and ``annotator_2/{video}.parquet`` files.
        behaviors: the K behaviors in order.
        geometry: how clips tile a video.
        output: a table: told, frames_of, level, average (pooled or of videos), accuracy, n_frames.

    Raises:
        HomecageError: there is no annotation to score by.
        PredictionError: truth and annotation of a video differ in length.
    """
    of_video = {path.stem: path for path in truths}
    annotators = group_by_scorer(annotations, list(of_video))
    check_videos(annotators, {"ceiling": of_video})
    labels = {v: read_truth(annotators, v, behaviors) for v in annotators[ANNOTATOR_1]}
    told = {video: read_tsv(of_video[video]) for video in labels}
    for video, table in told.items():
        annotation = annotators[ANNOTATOR_1][video]
        check_length(of_video[video], len(table), annotation, len(labels[video][FD]))
    rows = []
    for name, columns in TOLD.items():
        keys = {video: _name_cells(table, columns) for video, table in told.items()}
        answers = answer(keys, {v: own[FD] for v, own in labels.items()}, len(behaviors), geometry)
        for level, said in answers.items():
            rows += _score(name, level, said, labels, len(behaviors))
    write_tsv(output, pd.DataFrame(rows))


def answer(
    told: dict[str, list[tuple[str, ...]]],
    labels: dict[str, Codes],
    n_behaviors: int,
    geometry: ClipGeometry,
) -> dict[str, dict[str, Codes]]:
    """Return the rule's answers (T,) for each video, by level: each learned from the other videos.

    Args:
        told: what the rule is told at each frame, from coarse to fine, by video.
        labels: annotator 1's codes (T,), by video.
        n_behaviors: K.
        geometry: how clips tile a video.
    """
    cells = sorted(
        {cell[: n + 1] for own in told.values() for cell in own for n in range(len(cell))}
    )
    number = {cell: index for index, cell in enumerate(cells)}
    counts, clips = {}, {}
    for video, own in told.items():
        at = labeled_frames(len(own), geometry)
        label = labels[video][at]
        clips[video] = np.array([number[own[frame]] for frame in at])
        counts[video] = np.zeros((len(cells), n_behaviors))
        for frame, code in zip(at, label, strict=True):
            if code != UNLABELED:
                for n in range(len(own[frame])):
                    counts[video][number[own[frame][: n + 1]], code] += 1
    total = np.sum(list(counts.values()), axis=0)
    answers: dict[str, dict[str, Codes]] = {level: {} for level in metrics.ACCURACIES}
    for video, own in told.items():
        table, prior = tabulate_posterior(total - counts[video], cells)
        for level in answers:
            balanced = table / np.maximum(prior, 1e-9) if level == OVER_BEHAVIORS else table
            said = balanced.argmax(axis=1).astype(np.int8)[clips[video]]
            answers[level][video] = said[clip_of_frame(len(own), geometry)]
    return answers


def tabulate_posterior(
    counts: Tables, cells: list[tuple[str, ...]]
) -> tuple[Tables, NDArray[np.float64]]:
    """Return each cell's shares of behaviors (S, K), and those of all clips (K,).

    What was seldom or never seen leans on what it is a part of: a place in a mode on the mode, a mode
    on all clips.

    Args:
        counts: (S, K) clips.
        cells: the S cells; (mode,) comes before (mode, place).
    """
    number = {cell: index for index, cell in enumerate(cells)}
    prior = counts[[len(cell) == 1 for cell in cells]].sum(axis=0)
    prior = prior / max(prior.sum(), 1.0)
    table = np.empty_like(counts)
    for index, cell in enumerate(cells):
        coarser = table[number[cell[:-1]]] if len(cell) > 1 else prior
        table[index] = (counts[index] + SHRINKAGE * coarser) / (counts[index].sum() + SHRINKAGE)
    return table, prior


def _name_cells(table: pd.DataFrame, columns: list[str]) -> list[tuple[str, ...]]:
    return list(table[columns].itertuples(index=False, name=None))


def _score(
    told: str,
    level: str,
    said: dict[str, Codes],
    labels: dict[str, dict[str, Codes]],
    n_behaviors: int,
) -> list[dict[str, object]]:
    """Score answers as methods are scored: pooled over the videos, and as the mean of videos."""
    rows: list[dict[str, object]] = []
    accuracy = metrics.ACCURACIES[level]
    for frames_of in dict.fromkeys(name for own in labels.values() for name in own):
        counts = [
            metrics.count_confusion(own[frames_of], said[video], n_behaviors)
            for video, own in labels.items()
            if frames_of in own
        ]
        pooled = np.sum(counts, axis=0)
        averages = {
            "pooled": accuracy(pooled),
            "videos": float(metrics.mean_of_defined(np.array([accuracy(own) for own in counts]))),
        }
        rows += [
            {
                "told": told,
                "frames_of": frames_of,
                "level": level,
                "average": average,
                "accuracy": value,
                "n_frames": int(pooled.sum()),
            }
            for average, value in averages.items()
        ]
    return rows
