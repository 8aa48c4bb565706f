"""Bouts, time budgets and transitions as tables: of all videos together, and of each video."""

from pathlib import Path

import numpy as np
import pandas as pd

from homecage.deliver.bouts import Scoring, read_scorings
from homecage.deliver.budget import cut_bins_s, tabulate_budget
from homecage.deliver.options import ExportOptions
from homecage.deliver.transitions import tabulate_transitions
from homecage.evaluate.scorers import group_by_scorer, read_videos, show_videos
from homecage.storage.tables import write_tsv


def export_tables(
    *,
    predictions: list[Path],
    videos: Path,
    behaviors: list[str],
    options: ExportOptions,
    output: Path,
) -> None:
    """Write the bouts, time budgets and transitions of all videos and methods.

    Args:
        predictions: ``{method}/{video}.parquet`` files.
        videos: the study's ``videos.tsv``: names, and columns that the tables show, too.
        behaviors: the K behaviors in order.
        options: the bins, and whether short bouts go.
        output: a folder for ``bouts.tsv``, ``time_budget.tsv``, ``time_budget_by_bin.tsv`` and
            ``transitions.tsv``.

    Raises:
        PredictionError: a file is of no video of the study.
        StoreError: a file is damaged or not what its name says.
    """
    sheet = read_videos(videos)
    tables: dict[str, list[pd.DataFrame]] = {}
    for method, files in group_by_scorer(predictions, list(sheet.index)).items():
        for video, scoring in read_scorings(
            files.values(), behaviors, method=method, options=options
        ):
            for name, table in tabulate(scoring, options).items():
                tables.setdefault(name, []).append(_say_of(table, method, video))
    for name, parts in tables.items():
        whole = pd.concat(parts, ignore_index=True)
        write_tsv(output / f"{name}.tsv", show_videos(whole, sheet))


def export_video_tables(
    *,
    predictions: list[Path],
    videos: Path,
    behaviors: list[str],
    method: str,
    options: ExportOptions,
    output: Path,
) -> None:
    """Write the same tables for each video of a method, as ``{video}.bouts.tsv`` and so on.

    Args:
        predictions: the method's ``{video}.parquet`` files.
        videos: the study's ``videos.tsv``.
        behaviors: the K behaviors in order.
        method: whose predictions they are.
        options: the bins, and whether short bouts go.
        output: a folder for the tables.

    Raises:
        StoreError: a file is damaged or not what its name says.
    """
    sheet = read_videos(videos)
    for video, scoring in read_scorings(predictions, behaviors, method=method, options=options):
        for name, table in tabulate(scoring, options).items():
            shown = show_videos(_say_of(table, method, video), sheet)
            write_tsv(output / f"{video}.{name}.tsv", shown)


def tabulate(scoring: Scoring, options: ExportOptions) -> dict[str, pd.DataFrame]:
    """Return the tables of a video by name."""
    begin_s, end_s = float(scoring.edges_s[0]), float(scoring.edges_s[-1])
    bins_s = cut_bins_s(begin_s, end_s, options.bin_s)
    budget = tabulate_budget(scoring.bouts, scoring.behaviors, np.array([begin_s, end_s]))
    return {
        "bouts": scoring.bouts,
        "time_budget": budget.drop(columns=["bin", "from_s", "to_s"]),
        "time_budget_by_bin": tabulate_budget(scoring.bouts, scoring.behaviors, bins_s),
        "transitions": tabulate_transitions(scoring.bouts, scoring.behaviors),
    }


def _say_of(table: pd.DataFrame, method: str, video: str) -> pd.DataFrame:
    said = table.copy()
    said.insert(0, "method", method)
    said.insert(1, "video", video)
    return said
