"""Annotations of the data set in the form that every later step reads."""

from pathlib import Path

import numpy as np

from homecage.annotations.mit import read_codes
from homecage.errors import StoreError
from homecage.storage.frame_tables import read_annotation, write_annotation, write_predictions
from homecage.storage.stores import open_store
from homecage.study.behaviors import BEHAVIORS, UNLABELED


def import_annotation(*, annotation: Path, frames: Path, output: Path) -> None:
    """Import an annotator's text file as one code a frame of its video.

    ``frames`` is the video's frame store, whose decoded frames say how long the video is.

    Raises:
        AnnotationError: the file is malformed or reaches beyond the video.
    """
    n_frames = len(open_store(frames, kind="frames")["frames"])
    write_annotation(output, read_codes(annotation, n_frames))


def predict_human(*, annotation: Path, frames: Path, output: Path) -> None:
    """Turn an imported annotation into predictions: what a person would score as a method.

    Raises:
        StoreError: the annotation is not one of this video's frames.
    """
    codes = read_annotation(annotation)
    time_s = open_store(frames, kind="frames")["time_s"][:]
    if len(codes) != len(time_s):
        raise StoreError(annotation, f"{len(codes)} frames, but {frames} has {len(time_s)}")
    certainty = np.eye(len(BEHAVIORS), dtype=np.float32)
    write_predictions(output, time_s, certainty[codes], labeled=codes != UNLABELED)
