"""What a page is told for a review: clips worth a look, and what a corrected annotation is made of."""

import json
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from homecage.deliver.boris import describe_project, make_event
from homecage.deliver.bouts import Scoring
from homecage.deliver.media import locate_video
from homecage.report.options import Palette
from homecage.storage.frame_tables import UNLABELED, Prediction
from homecage.storage.tables import read_tsv

TIME, BEHAVIOR, FRAME = "{time_s}", "{behavior}", "{frame}"
"""What the page puts its own in the place of, in an event of BORIS."""


def describe_review(
    *,
    name: str,
    path: Path,
    method: str,
    said: Prediction,
    rows: list[dict[str, Any]],
    queue: Path,
    review: Path,
    palette: Palette,
    corrections: Path,
) -> dict[str, Any]:
    """Return what a page is told for the review of a video.

    Args:
        name: the video's own name.
        path: the video.
        method: the one that is doubted.
        said: what it says of the video.
        rows: all rows of the page; where they are others, a review begins anew. Reasons call methods
            by their titles.
        queue: the video's clips, by ``review_predictions``.
        review: evaluation's ``review.tsv``.
        palette: the K behaviors in order, and their colors.
        corrections: the study's folder of corrected annotations.
    """
    clips = read_tsv(queue)
    clips = clips[clips["method"] == method]
    before = read_tsv(review)
    before = before[(before["method"] == method) & (before["share"] == 0)].set_index("video")
    others = before["difference"].drop(index=name).abs()
    titles = {row["id"]: row["title"] for row in rows}
    nothing = Scoring(
        tuple(palette.root),
        np.full(len(said.codes), UNLABELED, np.int8),
        said.probability,
        said.time_s,
    )
    project = describe_project(
        nothing,
        name=name,
        media=locate_video(path, corrections),
        description="corrected by hand in a page of homecage",
        palette=palette,
    )
    return {
        "key": sha256(json.dumps(rows).encode()).hexdigest()[:16],
        "clips": [
            [
                start,
                stop,
                round(stop_s - start_s, 3),
                round(gain, 2),
                _entitle(why, titles, palette.root),
            ]
            for start, stop, start_s, stop_s, gain, why in clips[
                ["start", "stop", "start_s", "stop_s", "gain", "why"]
            ].itertuples(index=False)
        ],
        "frames": int((said.codes != UNLABELED).sum()),
        "expected": _number(before.loc[name, "expected_whole"]),
        # How far such an estimate was from the truth in the other videos.
        "off": _number(others.mean()),
        "end_s": round(float(nothing.edges_s[-1]), 6),
        "folder": str(corrections),
        "boris": {"project": project, "event": make_event(TIME, BEHAVIOR, FRAME)},
    }


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else round(float(value), 6)


def _entitle(why: str, titles: Mapping[str, str], behaviors: Iterable[str]) -> str:
    """Put titles in the place of methods in a reason; what also names a behavior stays as it is."""
    known = {**titles, **{behavior: behavior for behavior in behaviors}}
    longest_first = sorted(filter(None, known), key=len, reverse=True)
    if not longest_first:
        return why
    word = "|".join(map(re.escape, longest_first))
    return re.sub(rf"(?<![\w-])(?:{word})(?![\w-])", lambda found: known[found[0]], why)
