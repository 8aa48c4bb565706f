"""A column of zeros and ones for each behavior, as DeepEthogram writes labels and SimBA imports them."""

from pathlib import Path

import numpy as np
import pandas as pd

from homecage.deliver.bouts import Scoring, read_scorings
from homecage.deliver.options import ExportOptions
from homecage.storage.frame_tables import UNLABELED
from homecage.storage.publish import publish

BACKGROUND = "background"
"""DeepEthogram's first column: 1 where no behavior is."""
NOT_LABELED = -1
"""DeepEthogram's entry, in every column, of a frame that nobody has labeled."""


def export_one_hot(
    *,
    predictions: list[Path],
    behaviors: list[str],
    method: str,
    options: ExportOptions,
    output: Path,
) -> None:
    """Write ``{video}_labels.csv`` for each video of a method.

    Args:
        predictions: the method's ``{video}.parquet`` files.
        behaviors: the K behaviors in order.
        method: whose predictions they are.
        options: whether short bouts go.
        output: a folder for the files.

    Raises:
        StoreError: a file is damaged or not what its name says.
    """
    for video, scoring in read_scorings(predictions, behaviors, method=method, options=options):
        with publish(output / f"{video}_labels.csv") as temporary:
            encode(scoring).to_csv(temporary, lineterminator="\n")


def encode(scoring: Scoring) -> pd.DataFrame:
    """Return a row for each frame, its number as the index; a behavior called background comes first."""
    columns = [BACKGROUND, *(name for name in scoring.behaviors if name != BACKGROUND)]
    place = np.array([columns.index(name) for name in scoring.behaviors])
    labels = np.zeros((len(scoring.codes), len(columns)), np.int8)
    labeled = np.flatnonzero(scoring.codes != UNLABELED)
    labels[labeled, place[scoring.codes[labeled]]] = 1
    labels[scoring.codes == UNLABELED] = NOT_LABELED
    return pd.DataFrame(labels, columns=columns)
