"""Count the frames of each behavior in the clipped and the full database."""

from pathlib import Path

import numpy as np
import pandas as pd

from homecage.errors import StoreError
from homecage.evaluate.names import ANNOTATOR_1, CD, FD, FD_STAR
from homecage.evaluate.scorers import group_by_scorer, read_truth
from homecage.storage.frame_tables import UNLABELED, encode_behaviors
from homecage.storage.stores import open_store
from homecage.storage.tables import read_tsv, write_tsv


def count_behaviors(
    *,
    clips: list[Path],
    table: Path,
    annotations: list[Path],
    behaviors: list[str],
    output: Path,
) -> None:
    """Write the frames of each behavior in CD, FD and FD*, as annotator 1 labels them.

    CD is every frame of the clipped database, FD every frame annotator 1 labeled, FD* those of them
    that annotator 2 labeled too. A database without frames has no rows.

    Args:
        clips: the folders' stores of clip frames.
        table: the study's ``clips.tsv``: what each clip shows.
        annotations: ``{annotator}/{video}.parquet`` files.
        behaviors: the K behaviors in order.
        output: the table ``distribution.tsv``.

    Raises:
        StoreError: a store holds a clip that the table does not list.
        PredictionError: the annotators' files of a video differ in length.
    """
    n_frames = {
        database: np.zeros(len(behaviors), dtype=np.int64) for database in (CD, FD, FD_STAR)
    }
    behavior_of = read_tsv(table, text=True).set_index("path")["behavior"].to_dict()
    for path in clips:
        store = open_store(path, kind="clips")
        if unlisted := set(store.attributes["path"]) - behavior_of.keys():
            raise StoreError(path, f"holds the clip {min(unlisted)}, which {table} does not list")
        codes = encode_behaviors(
            [behavior_of[clip] or None for clip in store.attributes["path"]], behaviors
        )
        shown = codes != UNLABELED
        np.add.at(n_frames[CD], codes[shown], store["length"][:][shown])
    annotators = group_by_scorer(annotations, sorted({path.stem for path in annotations}))
    for video in annotators.get(ANNOTATOR_1, {}):
        for database, codes in read_truth(annotators, video, behaviors).items():
            n_frames[database] += np.bincount(codes[codes != UNLABELED], minlength=len(behaviors))
    tables = [
        pd.DataFrame(
            {
                "database": database,
                "behavior": behaviors,
                "n_frames": counts,
                "share": counts / counts.sum(),
            }
        )
        for database, counts in n_frames.items()
        if counts.any()
    ]
    write_tsv(output, pd.concat(tables, ignore_index=True))
