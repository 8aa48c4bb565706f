"""Find the bouts of every annotator and method, and the time each behavior takes in each video."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from homecage.clips.bouts import find_bouts
from homecage.errors import PredictionError
from homecage.evaluate.names import HUMAN
from homecage.evaluate.scorers import check_length, group_by_scorer, read_videos, show_videos
from homecage.storage.frame_tables import Codes, read_annotation, read_predictions
from homecage.storage.tables import write_tsv

logger = logging.getLogger(__name__)


def list_bouts(
    *,
    predictions: list[Path],
    annotations: list[Path],
    videos: Path,
    behaviors: list[str],
    output: Path,
) -> None:
    """Write the bouts of every annotator and method, and from them the time budgets of the videos.

    The human method is annotator 2, and listed under that name only.

    Args:
        predictions: ``{method}/{video}.parquet`` files; they bring the frames' times.
        annotations: ``{annotator}/{video}.parquet`` files.
        videos: the study's ``videos.tsv``: names, and columns that the tables show, too.
        behaviors: the K behaviors in order.
        output: a folder for ``bouts.tsv`` and ``time_budget.tsv``.

    Raises:
        PredictionError: an annotated video has no prediction, or another number of frames.
    """
    sheet = read_videos(videos)
    annotators = group_by_scorer(annotations, list(sheet.index))
    methods = group_by_scorer(predictions, list(sheet.index))
    method_of = {video: method for method, files in methods.items() for video in files}
    tables = []
    for annotator, files in sorted(annotators.items()):
        for video, path in files.items():
            if video not in method_of:
                raise PredictionError(path, "annotated, but no method predicts this video")
            codes = read_annotation(path, behaviors)
            method = method_of[video]
            timed = methods[method][video]
            time_s = read_predictions(timed, behaviors, method=method, video=video).time_s
            check_length(timed, len(time_s), path, len(codes))
            tables.append(tabulate_bouts(annotator, video, codes, time_s, behaviors))
    for method in [method for method in methods if method != HUMAN]:
        logger.info("finding the bouts of %s", method)
        for video, path in methods[method].items():
            said = read_predictions(path, behaviors, method=method, video=video)
            tables.append(tabulate_bouts(method, video, said.codes, said.time_s, behaviors))
    bouts = pd.concat(tables, ignore_index=True)
    write_tsv(output / "bouts.tsv", show_videos(bouts, sheet))
    write_tsv(output / "time_budget.tsv", show_videos(tabulate_time(bouts, behaviors), sheet))


def tabulate_bouts(
    scorer: str,
    video: str,
    codes: Codes,  # (T,)
    time_s: NDArray[np.float64],  # (T,)
    behaviors: Sequence[str],
) -> pd.DataFrame:
    """Tabulate a video's bouts; a bout ends when the frame after it is shown."""
    start, stop = find_bouts(codes)
    edges_s = find_edges_s(time_s)
    return pd.DataFrame(
        {
            "scorer": scorer,
            "video": video,
            "behavior": np.array(behaviors, dtype=object)[codes[start]],
            "start": start,
            "stop": stop,
            "start_s": edges_s[start],
            "stop_s": edges_s[stop],
        }
    )


def find_edges_s(time_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (T + 1,) when each frame of a video is first shown, and when the last one ends.

    ASSUME: the last frame is shown for as long as the median frame.
    """
    frame_s = float(np.median(np.diff(time_s))) if len(time_s) > 1 else 0.0
    return np.append(time_s, time_s[-1:] + frame_s)


def tabulate_time(bouts: pd.DataFrame, behaviors: Sequence[str]) -> pd.DataFrame:
    """Tabulate the seconds of each behavior, and their share of the labeled time of the video."""
    keys = ["scorer", "video"]
    seconds = (
        bouts.assign(seconds=bouts["stop_s"] - bouts["start_s"])
        .groupby([*keys, "behavior"], sort=False)["seconds"]
        .sum()
        .unstack()
        .reindex(
            index=pd.MultiIndex.from_frame(bouts[keys].drop_duplicates()),
            columns=pd.Index(behaviors, name="behavior"),
        )
        .fillna(0.0)
    )
    share = seconds.div(seconds.sum(axis=1), axis=0)
    return pd.DataFrame({"seconds": seconds.stack(), "share": share.stack()}).reset_index()
