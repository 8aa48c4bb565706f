"""A method's behavior and probabilities of each frame, as tables that anything reads."""

from pathlib import Path

import numpy as np
import pandas as pd

from homecage.deliver.bouts import Scoring, read_scorings
from homecage.deliver.options import ExportOptions
from homecage.storage.publish import publish


def export_frames(
    *,
    predictions: list[Path],
    behaviors: list[str],
    method: str,
    options: ExportOptions,
    output: Path,
) -> None:
    """Write each frame's time, behavior and probabilities as ``{video}.frames.parquet`` and ``.csv``.

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
        table = tabulate_frames(scoring)
        with publish(output / f"{video}.frames.parquet") as temporary:
            table.to_parquet(temporary, index=False)
        with publish(output / f"{video}.frames.csv") as temporary:
            table.to_csv(temporary, index=False, na_rep="n/a", lineterminator="\n")


def tabulate_frames(scoring: Scoring) -> pd.DataFrame:
    """Return a row for each frame: frame, time_s, behavior (null where unlabeled), p_<behavior> ..."""
    names = np.array([*scoring.behaviors, None], dtype=object)  # UNLABELED, -1, is the last.
    return pd.DataFrame(
        {
            "frame": np.arange(len(scoring.codes)),
            "time_s": scoring.time_s,
            "behavior": names[scoring.codes],
        }
        | {
            f"p_{behavior}": scoring.probability[:, k]
            for k, behavior in enumerate(scoring.behaviors)
        }
    )
