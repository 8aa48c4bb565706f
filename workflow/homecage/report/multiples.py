"""The ethogram of every video, small: a strip for each annotator and method, with how right it is."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from homecage.clips.bouts import find_bouts
from homecage.evaluate.names import (
    ANNOTATOR_1,
    ANNOTATOR_2,
    FD,
    FD_STAR,
    HUMAN,
    OVER_BEHAVIORS,
    OVER_FRAMES,
)
from homecage.report.options import Titles
from homecage.report.style import name_scorers
from homecage.storage.frame_tables import UNLABELED, Codes

WIDTH = 800
"""Places along a strip: each shows the frame in its middle, so a strip is small at any length."""


@dataclass(frozen=True)
class Strip:
    """What an annotator or a method says of a video."""

    name: str
    over_behaviors: float
    """Accuracy against annotator 1; not a number for annotator 1 itself."""
    over_frames: float
    paths: dict[str, str]
    """Of each behavior that is said, the drawing: strokes on a line of ``WIDTH``."""


@dataclass(frozen=True)
class Error:
    """A stretch of a video of which a method says one thing and annotator 1 another."""

    start: int
    stop: int
    """In frames, ``[start, stop)``."""
    start_s: float
    stop_s: float
    """Not a number where frames have no time."""
    said: str
    truth: str


@dataclass(frozen=True)
class Multiple:
    """A video."""

    name: str
    seconds: float
    strips: list[Strip]
    longest: Error | None
    """The longest error of the method that is looked at; none where it makes none."""


def draw_multiples(
    bouts: pd.DataFrame,
    by_video: pd.DataFrame,
    behaviors: list[str],
    titles: Titles,
    method: str,
) -> Iterator[Multiple]:
    """Draw each video that annotator 1 labeled, in the order of the table.

    Args:
        bouts: evaluation's ``bouts.tsv``.
        by_video: evaluation's ``accuracy_by_video.tsv``.
        behaviors: the K behaviors.
        titles: the methods, and what they are called.
        method: whose longest error is sought.
    """
    accuracy = by_video.set_index(["video", "method", "frames_of", "level"])["accuracy"].to_dict()
    for video, own in bouts.groupby("video", sort=False):
        said = {str(scorer): rows for scorer, rows in own.groupby("scorer", sort=False)}
        if ANNOTATOR_1 not in said:
            continue
        n_frames, codes = int(own["stop"].max()), {}
        strips = []
        for scorer, name in name_scorers(titles, said).items():
            codes[scorer] = expand(said[scorer], n_frames, behaviors)
            key = (HUMAN, FD_STAR) if scorer == ANNOTATOR_2 else (scorer, FD)
            over_behaviors, over_frames = (
                accuracy.get((video, *key, level), np.nan)
                for level in (OVER_BEHAVIORS, OVER_FRAMES)
            )
            paths = draw_strip(codes[scorer], behaviors)
            strips.append(Strip(name, over_behaviors, over_frames, paths))
        yield Multiple(
            str(video),
            float(own["stop_s"].max()),
            strips,
            find_longest(codes[ANNOTATOR_1], codes[method], own, behaviors)
            if method in codes
            else None,
        )


def expand(bouts: pd.DataFrame, n_frames: int, behaviors: list[str]) -> Codes:
    """Return the behavior's place in the list for each frame (T,), or ``UNLABELED``."""
    codes = np.full(n_frames, UNLABELED, np.int8)
    place = {behavior: code for code, behavior in enumerate(behaviors)}
    for start, stop, behavior in bouts[["start", "stop", "behavior"]].itertuples(index=False):
        codes[start:stop] = place[behavior]
    return codes


def draw_strip(codes: Codes, behaviors: list[str]) -> dict[str, str]:
    """Return the strokes of each behavior, as the path of an SVG drawing: along y = 0, one unit a place."""
    middles = ((np.arange(WIDTH) + 0.5) * len(codes) / WIDTH).astype(np.intp)
    seen = codes[middles]
    paths: dict[str, list[str]] = {}
    for start, stop in zip(*find_bouts(seen), strict=True):
        paths.setdefault(behaviors[seen[start]], []).append(f"M{start} 0h{stop - start}")
    return {behavior: "".join(paths[behavior]) for behavior in behaviors if behavior in paths}


def find_longest(
    truth: Codes, said: Codes, bouts: pd.DataFrame, behaviors: list[str]
) -> Error | None:
    """Return the longest stretch of one wrong behavior in place of one true one; none where all is right.

    Args:
        truth: of annotator 1.
        said: of a method.
        bouts: those of both, for the times at which they begin and end.
        behaviors: the K behaviors.
    """
    wrong = (truth != said) & (truth != UNLABELED) & (said != UNLABELED)
    # One number for each pair of behaviors: where either changes, another error begins.
    pairs = np.where(wrong, truth.astype(np.int32) * len(behaviors) + said, UNLABELED)
    starts, stops = find_bouts(pairs)
    if not len(starts):
        return None
    longest = int((stops - starts).argmax())
    time_s = dict(zip(bouts["stop"], bouts["stop_s"], strict=True))
    time_s |= dict(zip(bouts["start"], bouts["start_s"], strict=True))
    start, stop = int(starts[longest]), int(stops[longest])
    meant, found = divmod(int(pairs[start]), len(behaviors))
    return Error(
        start, stop, time_s[start], time_s[stop], said=behaviors[found], truth=behaviors[meant]
    )
