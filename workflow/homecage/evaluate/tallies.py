"""What is counted of each method on each video, once; every score is computed from these counts."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from homecage.evaluate.boundaries import count_by_distance
from homecage.evaluate.bouts import find_edges_s
from homecage.evaluate.calibration import count_confidence, sum_log_loss
from homecage.evaluate.intervals import sum_units
from homecage.evaluate.metrics import count_confusion
from homecage.evaluate.names import ANNOTATOR_1, ANNOTATOR_2, FD, FD_STAR, HUMAN
from homecage.evaluate.scorers import (
    Files,
    check_coverage,
    check_length,
    check_videos,
    group_by_scorer,
    read_truths,
)
from homecage.evaluate.segments import (
    count_edits,
    count_found,
    mask_unlabeled,
    measure_bouts,
)
from homecage.storage.frame_tables import Codes, Prediction, read_predictions

logger = logging.getLogger(__name__)

Tally = dict[str, NDArray[Any]]
"""The counts of one video, by their name: ``confusion`` (K, K), ``found`` (3, 3) and so on."""


class Key(NamedTuple):
    """Who is scored, on which frames, and who says what is true there."""

    method: str
    frames_of: str
    against: str


@dataclass(frozen=True)
class Tallies:
    """The counts of several videos, in the study's order."""

    videos: tuple[str, ...]
    units: NDArray[np.intp]
    """(V,) the group of each video that is drawn as one, numbered from 0 in the whole study."""
    of_videos: Mapping[str, NDArray[Any]]
    """(V, shape) counts, by their name."""

    def sum_units(self, counts: NDArray[Any]) -> NDArray[Any]:
        """Sum (V, shape) counts of videos to (units, shape)."""
        return sum_units(counts, self.units)


Scored = dict[Key, Tallies]


def tally_methods(
    predictions: Sequence[Path],
    annotations: Sequence[Path],
    unit_of: Mapping[str, int],
    behaviors: Sequence[str],
) -> Scored:
    """Count every method on every video; files are read one at a time, and each once.

    The human, annotator 2, is scored against annotator 1 on FD* only, and tells no probabilities.

    Args:
        predictions: ``{method}/{video}.parquet`` files.
        annotations: ``{annotator}/{video}.parquet`` files.
        unit_of: the study's videos in order, each with the number of its group.
        behaviors: the K behaviors in order.
    """
    annotators = group_by_scorer(annotations, list(unit_of))
    methods = group_by_scorer(predictions, list(unit_of))
    check_videos(annotators, methods)
    tallied: dict[Key, dict[str, Tally]] = {
        Key(method, *truth): {}
        for method in methods
        for truth in ((FD, ANNOTATOR_1), (FD_STAR, ANNOTATOR_1), (FD_STAR, ANNOTATOR_2))
    }
    for video, path in annotators[ANNOTATOR_1].items():
        logger.info("scoring %s", video)
        for key, tally in _tally_video(annotators, methods, video, path, behaviors):
            tallied[key][video] = tally
    return {key: stack(own, unit_of) for key, own in tallied.items() if own}


def stack(tally_of: Mapping[str, Tally], unit_of: Mapping[str, int]) -> Tallies:
    """Put the tallies of several videos together."""
    names = next(iter(tally_of.values()))
    return Tallies(
        videos=tuple(tally_of),
        units=np.array([unit_of[video] for video in tally_of], dtype=np.intp),
        of_videos={name: np.stack([own[name] for own in tally_of.values()]) for name in names},
    )


def tally(
    truth: Codes, said: Prediction, behaviors: Sequence[str], *, with_probability: bool
) -> Tally:
    """Count all that scores are computed from, on the frames that (T,) ``truth`` labels."""
    edges_s = find_edges_s(said.time_s)
    codes = mask_unlabeled(said.codes, truth)
    counts: Tally = {
        "confusion": count_confusion(truth, codes, len(behaviors)),
        "found": count_found(truth, codes),
        "edits": count_edits(truth, codes),
        "bouts": measure_bouts(truth, codes, edges_s),
        "distance": count_by_distance(truth, codes, edges_s),
    }
    if with_probability:
        counts["confidence"] = count_confidence(truth, said.probability)
        counts["log_loss"] = sum_log_loss(truth, said.probability)
    return counts


def _tally_video(
    annotators: Files, methods: Files, video: str, truth_path: Path, behaviors: Sequence[str]
) -> list[tuple[Key, Tally]]:
    truths = read_truths(annotators, video, behaviors)
    tallies = []
    for method in [method for method in methods if video in methods[method]]:
        path = methods[method][video]
        said = read_predictions(path, behaviors, method=method, video=video)
        check_length(path, len(said.codes), truth_path, len(truths[FD, ANNOTATOR_1]))
        for (frames_of, against), truth in truths.items():
            if method == HUMAN and (frames_of == FD or against == ANNOTATOR_2):
                continue
            check_coverage(path, truth, said.codes)
            counts = tally(truth, said, behaviors, with_probability=method != HUMAN)
            tallies.append((Key(method, frames_of, against), counts))
    return tallies
