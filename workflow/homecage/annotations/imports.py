"""Annotations of the study in the form that every later step reads."""

import logging
from pathlib import Path

import numpy as np

from homecage.annotations.options import AnnotationOptions
from homecage.annotations.read import label_frames, read_annotation_file
from homecage.errors import StoreError
from homecage.storage.frame_tables import (
    UNLABELED,
    read_annotation,
    read_resampling,
    read_times,
    write_annotation,
    write_predictions,
)
from homecage.study.behaviors import Vocabulary
from homecage.study.choice import Choice

logger = logging.getLogger(__name__)


def import_annotation(
    *,
    annotation: Path,
    times: Path,
    vocabulary: Vocabulary,
    options: AnnotationOptions,
    choice: Choice,
    output: Path,
) -> None:
    """Import an annotator's file as one behavior a frame of its video.

    ``times`` is the table of the video's frames, which says how many there are and when each is shown;
    ``options`` say how the file is read; ``choice`` which of its annotations is meant, if it holds several.

    Raises:
        AnnotationError: the file is malformed or reaches beyond the video, or holds several annotations
            and it is not said which is meant.
    """
    time_s, resampling = read_times(times), read_resampling(times)
    found = read_annotation_file(annotation, vocabulary, time_s, options, choice)
    if found.problems:
        raise found.problems[0]
    for warning in found.warnings:
        logger.info("%s: %s", annotation, warning)  # The check has warned of it.
    codes = label_frames(found.bouts, len(time_s), vocabulary, options.without_bout)
    n_shown = None if resampling is None else resampling.n_shown
    write_annotation(output, codes, vocabulary.names, n_shown)


def predict_human(
    *, annotation: Path, times: Path, behaviors: list[str], video: str, output: Path
) -> None:
    """Turn an imported annotation into predictions: what a person would score as a method.

    Raises:
        StoreError: the annotation is not one of this video's frames, or of other behaviors.
    """
    codes, time_s = read_annotation(annotation, behaviors), read_times(times)
    if len(codes) != len(time_s):
        raise StoreError(annotation, f"{len(codes)} frames, but {times} has {len(time_s)}")
    certainty = np.eye(len(behaviors), dtype=np.float32)
    write_predictions(
        output,
        time_s,
        certainty[codes],
        behaviors,
        method="human",
        video=video,
        labeled=codes != UNLABELED,
    )
