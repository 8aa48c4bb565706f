"""Measure the animals: what a method says of all videos of each one, and how far that is wrong."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from homecage.analyze.cohort import Recording, read_cohort
from homecage.analyze.options import AnalysisOptions
from homecage.analyze.tally import MEASURES, nothing, tally, tally_annotated
from homecage.deliver.bouts import Scoring, read_scoring
from homecage.deliver.options import ExportOptions
from homecage.errors import PredictionError
from homecage.evaluate.scorers import check_length
from homecage.storage.frame_tables import read_annotation
from homecage.storage.tables import write_tsv

logger = logging.getLogger(__name__)


def measure_animals(
    *,
    predictions: list[Path],
    annotations: list[Path],
    cohort: Path,
    method: str,
    behaviors: list[str],
    options: AnalysisOptions,
    output: Path,
) -> None:
    """Write each animal's time budget, bouts and transitions, of all of its videos together.

    Where videos are annotated, the method's error stands beside: what it says of the annotated frames, less
    what annotator 1 says of them. The study's predictions are of held-out videos, and so is this error.

    Args:
        predictions: the method's ``{video}.parquet`` files.
        annotations: annotator 1's ``{video}.parquet`` files, of any of the videos.
        cohort: the sheet of the cohort: whose videos they are.
        method: whose predictions they are.
        behaviors: the K behaviors in order.
        options: whether short bouts go.
        output: a folder for ``animals.tsv``, ``transitions.tsv`` and ``bouts.tsv``.

    Raises:
        PredictionError: a video of the cohort has no prediction, or an annotation of another length.
        StoreError: a file is damaged or not what its name says.
    """
    files = {path.stem: path for path in predictions}
    truths = {path.stem: path for path in annotations}
    members = read_cohort(cohort)
    animals, transitions, bouts = [], [], []
    for animal, recordings in members.by_animal.items():
        logger.info("measuring %s", animal)
        head = {
            "method": method,
            "unit": members.unit,
            "animal": animal,
            "group": recordings[0].group or "n/a",
        }
        whole, said, true = (nothing(len(behaviors)) for _ in range(3))
        for recording in recordings:
            path = find_prediction(files, recording)
            scoring = read_recording(path, recording, behaviors, method, options)
            whole += tally(scoring)
            if recording.video in truths:
                truth = read_annotation(truths[recording.video], behaviors)
                check_length(path, len(scoring.codes), truths[recording.video], len(truth))
                own_said, own_true = tally_annotated(scoring, truth)
                said, true = said + own_said, true + own_true
            bouts.append(_put_first(head | {"video": recording.name}, scoring.bouts))
        measured = {
            "n_videos": len(recordings),
            "scored_s": whole.scored_s,
            "behavior": behaviors,
            "n_bouts": whole.n_bouts.astype(int),
            "total_s": whole.total_s,
            **{measure: getattr(whole, measure) for measure in MEASURES},
            "annotated_s": true.scored_s,
            **{f"{one}_error": getattr(said, one) - getattr(true, one) for one in MEASURES},
        }
        animals.append(pd.DataFrame(head | measured))
        error = said.transition_share - true.transition_share
        followed = {
            "before": np.repeat(np.array(behaviors, object), len(behaviors)),
            "after": behaviors * len(behaviors),
            "n": whole.n_transitions.astype(int).ravel(),
            "share": whole.transition_share.ravel(),
            "share_error": error.ravel(),
        }
        transitions.append(pd.DataFrame(head | followed))
    write_tsv(output / "animals.tsv", pd.concat(animals, ignore_index=True))
    write_tsv(output / "transitions.tsv", pd.concat(transitions, ignore_index=True))
    write_tsv(output / "bouts.tsv", pd.concat(bouts, ignore_index=True))


def find_prediction(files: dict[str, Path], recording: Recording) -> Path:
    """Return the file with the predictions of a recording.

    Raises:
        PredictionError: there is none.
    """
    if recording.video not in files:
        beside = next(iter(files.values()), Path())
        raise PredictionError(
            beside.with_name(f"{recording.video}.parquet"),
            f"no such prediction, but the sheet lists the video {recording.name}; expected one of each",
        )
    return files[recording.video]


def read_recording(
    path: Path, recording: Recording, behaviors: list[str], method: str, options: AnalysisOptions
) -> Scoring:
    """Read what a method says of a recording, without short bouts if the options say so."""
    short = ExportOptions(min_bout_s=options.min_bout_s)
    return read_scoring(path, behaviors, method=method, video=recording.video, options=short)


def _put_first(head: dict[str, Any], table: pd.DataFrame) -> pd.DataFrame:
    said = table.copy()
    for place, (column, value) in enumerate(head.items()):
        said.insert(place, column, value)
    return said
