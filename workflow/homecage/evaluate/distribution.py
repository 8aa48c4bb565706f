"""Count the frames of each behavior in the clipped and the full database."""

from pathlib import Path

import numpy as np
import pandas as pd

from homecage.evaluate.metrics import Codes, Counts, K
from homecage.evaluate.names import ANNOTATOR_1, ANNOTATOR_2, CD, FD, FD_STAR
from homecage.evaluate.sources import check_length, group_by_source
from homecage.storage.frame_tables import encode_behaviors, read_annotation
from homecage.storage.stores import open_store
from homecage.storage.tables import write_tsv
from homecage.study.behaviors import BEHAVIORS, UNLABELED


def count_behaviors(*, clips: list[Path], annotations: list[Path], output: Path) -> None:
    """Write the frames of each behavior in CD, FD and FD*, as annotator 1 labels them.

    CD is every frame of the clipped database, FD every frame annotator 1 labeled, FD* those of them
    that annotator 2 labeled too. A database without frames has no rows.

    Args:
        clips: the folders' stores of clip frames.
        annotations: ``{annotator}/{video}.parquet`` files.
        output: the table ``distribution.tsv``.
    """
    frames = {CD: _count_clips(clips), **_count_annotations(annotations)}
    tables = [
        pd.DataFrame(
            {
                "database": database,
                "behavior": BEHAVIORS,
                "n_frames": counts,
                "share": counts / counts.sum(),
            }
        )
        for database, counts in frames.items()
        if counts.any()
    ]
    write_tsv(output, pd.concat(tables, ignore_index=True))


def _count_clips(clips: list[Path]) -> Counts:
    counts = np.zeros(K, dtype=np.int64)
    for path in clips:
        store = open_store(path, kind="clips")
        behaviors = encode_behaviors(store.attributes["behavior"])
        np.add.at(counts, behaviors.astype(np.intp), store["length"][:])
    return counts


def _count_annotations(annotations: list[Path]) -> dict[str, Counts]:
    annotators = group_by_source(annotations)
    second = annotators.get(ANNOTATOR_2, {})
    counts = {database: np.zeros(K, dtype=np.int64) for database in (FD, FD_STAR)}
    for video, path in annotators.get(ANNOTATOR_1, {}).items():
        codes = read_annotation(path)
        counts[FD] += _count_codes(codes)
        if video in second:
            other = read_annotation(second[video])
            check_length(second[video], len(other), path, len(codes))
            counts[FD_STAR] += _count_codes(codes[other != UNLABELED])
    return counts


def _count_codes(codes: Codes) -> Counts:
    return np.bincount(codes[codes != UNLABELED], minlength=K).astype(np.int64)
