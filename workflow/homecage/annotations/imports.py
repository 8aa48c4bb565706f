"""Annotations of the study in the form that every later step reads."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from homecage.annotations.mit import Bout, read_bouts
from homecage.errors import StoreError
from homecage.storage.frame_tables import (
    UNLABELED,
    Codes,
    read_annotation,
    read_times,
    write_annotation,
    write_predictions,
)
from homecage.study.behaviors import Vocabulary


def import_annotation(
    *, annotation: Path, times: Path, vocabulary: Vocabulary, output: Path
) -> None:
    """Import an annotator's text file as one behavior a frame of its video.

    ``times`` is the table of the video's frames, which says how many there are.

    Raises:
        AnnotationError: the file is malformed or reaches beyond the video.
    """
    n_frames = len(read_times(times))
    bouts = read_bouts(annotation, vocabulary, n_frames)
    codes = bouts_to_codes(bouts, n_frames, vocabulary.names)
    write_annotation(output, codes, vocabulary.names)


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


def bouts_to_codes(bouts: Iterable[Bout], n_frames: int, behaviors: Sequence[str]) -> Codes:
    """Return the behavior of each frame (T,) of a video in which no bout reaches beyond its end."""
    codes = np.full(n_frames, UNLABELED, dtype=np.int8)
    for bout in bouts:
        if bout.behavior is not None:
            codes[bout.start : bout.stop] = behaviors.index(bout.behavior)
    return codes
