"""The learning curve: how accuracy grows with what was labeled."""

from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import RootModel

from homecage.evaluate.names import ANNOTATOR_1
from homecage.storage.tables import read_tsv, write_tsv


class Curves(RootModel[dict[str, str]]):
    """The curve that each method is a point of, by the name of the method that learns from all videos."""


class LabeledVideos(RootModel[dict[str, list[list[str]]]]):
    """The videos that each method's models learned from, fold by fold, as training or as validation."""


def measure_learning(
    *, accuracy: Path, time_budget: Path, curves: Curves, videos: LabeledVideos, output: Path
) -> None:
    """Write the accuracy of methods beside the labeled minutes that they learned from.

    Args:
        accuracy: evaluation's ``accuracy.tsv``.
        time_budget: evaluation's ``time_budget.tsv``, which says how much of each video is labeled.
        curves: the methods, and what curve each belongs to.
        videos: what each method's models learned from.
        output: the rows of ``accuracy`` of these methods, by curve and minutes, with two columns more:
            labeled_videos and labeled_min, means over the folds.
    """
    budget = read_tsv(time_budget)
    labeled = budget[budget["scorer"] == ANNOTATOR_1].groupby("video")["seconds"].sum() / 60
    of_method = pd.DataFrame(
        [
            {
                "method": method,
                "curve": curves.root[method],
                "labeled_videos": np.mean([len(fold) for fold in folds]),
                "labeled_min": np.mean([labeled.reindex(fold).sum() for fold in folds]),
            }
            for method, folds in videos.root.items()
        ]
    )
    table = of_method.merge(read_tsv(accuracy), on="method")
    order = ["curve", "frames_of", "level", "average", "labeled_min"]
    write_tsv(output, table.sort_values(order, kind="stable"))
