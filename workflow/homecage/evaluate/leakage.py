"""The leakage audit: what is held out and was nevertheless learned from, as far as files can tell.

A clip is sought in every full video, and the liveliest second of every stretch of a full video in all the
others, by what changes from frame to frame: neither light counts nor how a video was encoded. Where the
changes agree, the pictures must too: two mice may walk alike, in two cages. What does not move cannot be
sought.

Letters: T frames, W changes in a row that are compared, Q of them, G grid size.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import RootModel

from homecage.features.motion import to_gray
from homecage.storage.frame_tables import read_resampling, read_times
from homecage.storage.stores import StoredArray, open_store
from homecage.storage.tables import write_tsv
from homecage.study.recordings import find_coincidence

logger = logging.getLogger(__name__)

WINDOW = 24
"""Changes in a row that must agree: about a second. ASSUME: two animals do not move alike for so long."""
LEAST = 8
"""Changes of a clip that is shorter than this are too few to seek."""
SAME = 0.7
"""Correlation of changes from which two may be one recording..."""
SAME_PICTURE = 0.985
"""... and that of their pictures, light aside, from which they are: docs/method.md says what recordings were
seen to reach that have nothing in common, and what one reached that was encoded again."""
NOISE = 2.0
"""A smaller change of a small frame's pixel, in gray levels, is taken for noise."""
MOVING = 0.5
"""Share of a second's frames in which anything must move for it to be sought."""
SHRUNK = 16
"""Frames are averaged down to so many gray pixels in height and width (G)."""
STRETCH = 300
"""Frames of a full video of which the liveliest second is sought in the other videos."""
BLOCK = 4096
"""Frames compared at once."""

COLUMNS = ["kind", "recording", "clip", "video", "correlation", "video_frame", "found"]

Changes = NDArray[np.float32]  # (T - 1, G * G)


class Animals(RootModel[dict[str, str]]):
    """The animal of each video."""


@dataclass(frozen=True)
class Query:
    """A second of a recording, to be found elsewhere."""

    recording: str
    clip: str
    """Its path; empty: it is of a full video."""
    changes: Changes  # (W, G * G)
    picture: NDArray[np.float32]  # (G * G,)


def audit_leakage(*, clips: list[Path], frames: list[Path], animals: Animals, output: Path) -> None:
    """Write what clips and full videos, and full videos among themselves, have in common.

    Args:
        clips: stores of the clipped database, one a folder.
        frames: stores of the full videos; the times of their frames lie beside them.
        animals: the animal of each video, where it is known.
        output: one row a finding. kind: content (the same pictures), name (names or times that coincide),
            animal (filmed in several videos), still (a clip that nothing moves in, or too short: not
            sought); recording: the folder of clips, or the video; clip: its path, if it is one; video:
            where it was found; correlation: of the changes; video_frame: where the same second begins;
            found: what was found, in words.
    """
    queries = [query for store in clips for query in cut_clips(store)]
    seconds = [query for store in frames for query in cut_video(store)]
    sought = [query for query in queries if moves(query)]
    rows = [
        describe(
            query.recording,
            query.clip,
            "still",
            found="nothing moves in it, or it is too short to be sought",
        )
        for query in queries
        if not moves(query)
    ]
    for number, store in enumerate(frames, start=1):
        pixels = open_store(store, kind="frames")["frames"]
        # A pair of videos is compared once.
        later = [query for query in seconds if query.recording > store.stem]
        for query, correlation, place in find_same([*sought, *later], pixels):
            found = "the same pictures"
            named = query.recording, query.clip, "content", store.stem
            rows.append(describe(*named, found, correlation, number_frame(store, place)))
        logger.info("%d of %d videos searched", number, len(frames))
    rows += compare_names([path.stem for path in clips], frames)
    rows += share_animals(animals.root)
    table = pd.DataFrame(rows, columns=COLUMNS)
    # Of a pair of full videos the best match speaks for all.
    best = table.sort_values("correlation", ascending=False, kind="stable")
    best = best.drop_duplicates(["kind", "recording", "clip", "video"]).sort_index()
    write_tsv(output, best)
    logger.info("%d findings: %s", len(best), dict(best["kind"].value_counts()))


def number_frame(store: Path, place: int) -> int:
    """Return the number in its video of a frame of a store, which may be of another rate."""
    resampling = read_resampling(store.with_suffix(".parquet"))
    return place if resampling is None else int(resampling.list_shown()[place])


def describe(
    recording: str,
    clip: str,
    kind: str,
    video: str = "",
    found: str = "",
    correlation: float = np.nan,
    video_frame: float = np.nan,
) -> dict[str, object]:
    """Return a row of the table."""
    return {
        "kind": kind,
        "recording": recording,
        "clip": clip,
        "video": video,
        "correlation": correlation,
        "video_frame": video_frame,
        "found": found,
    }


def moves(query: Query) -> bool:
    """Whether it can be sought."""
    moving = np.linalg.norm(query.changes, axis=1) > 0.99
    return len(query.changes) >= LEAST and bool(moving.mean() >= MOVING)


def cut_clips(store: Path) -> list[Query]:
    """Return the liveliest second of each clip of a folder."""
    opened = open_store(store, kind="clips")
    pixels, offset, length = opened["frames"], opened["offset"][:], opened["length"][:]
    queries = []
    for name, start, count in zip(opened.attributes["path"], offset, length, strict=True):
        queries.append(cut_liveliest(store.stem, name, pixels[int(start) : int(start + count)]))
    return queries


def cut_video(store: Path) -> list[Query]:
    """Return the liveliest second of each stretch of a full video in which anything moves."""
    pixels = open_store(store, kind="frames")["frames"]
    cut = [
        cut_liveliest(store.stem, "", pixels[start : start + STRETCH])
        for start in range(0, len(pixels), STRETCH)
    ]
    return [query for query in cut if len(query.changes) == WINDOW and moves(query)]


def measure_changes(frames: NDArray[np.uint8]) -> Changes:
    """Return how gray frames differ from those before them, each with a norm of 1 or, if still, less.

    What changes as a whole (light) is taken off. A bump of the camera, which changes everything, counts no
    more than a step of the animal.
    """
    changes = np.diff(shrink(frames), axis=0)
    if len(changes):
        changes -= np.median(changes, axis=1, keepdims=True)
    changes = np.sign(changes) * np.sqrt(np.maximum(np.abs(changes) - NOISE, 0))
    norm = np.linalg.norm(changes, axis=1, keepdims=True)
    related: Changes = (changes / np.maximum(norm, 1)).astype(np.float32)
    return related


def take_picture(frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return what frames show most of the time, less its mean, with a norm of 1: (G * G,)."""
    picture = np.median(shrink(frames), axis=0)
    picture -= picture.mean()
    related: NDArray[np.float32] = picture / np.maximum(np.linalg.norm(picture), 1e-9)
    return related.astype(np.float32)


def shrink(frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return frames as few gray pixels: (T, G * G)."""
    gray = to_gray(frames)
    step = gray.shape[1] // SHRUNK
    small: NDArray[np.float32] = gray.reshape(-1, SHRUNK, step, SHRUNK, step).mean(axis=(2, 4))
    return small.reshape(len(gray), SHRUNK * SHRUNK)


def cut_liveliest(recording: str, clip: str, frames: NDArray[np.uint8]) -> Query:
    """Return the window in which most changes; all, of what is shorter."""
    changes = measure_changes(frames)
    start = 0
    if len(changes) > WINDOW:
        energy = np.square(changes).sum(axis=1)
        start = int(np.convolve(energy, np.ones(WINDOW), "valid").argmax())
    picture = take_picture(frames[start : start + WINDOW + 1])
    # A copy: a view would keep the changes of all frames.
    return Query(recording, clip, changes[start : start + WINDOW].copy(), picture)


def find_same(queries: list[Query], pixels: StoredArray) -> Iterator[tuple[Query, float, int]]:
    """Yield the queries that a video shows, with their correlation and the frame where they begin."""
    by_length: dict[int, list[Query]] = {}
    for query in queries:
        by_length.setdefault(len(query.changes), []).append(query)
    best = {id(query): (0.0, -1) for query in queries}
    for start in range(0, max(len(pixels) - 1, 0), BLOCK):
        changes = measure_changes(pixels[start : start + BLOCK + WINDOW])
        for length, own in by_length.items():
            if len(changes) < length:
                continue
            correlation = correlate(np.stack([query.changes for query in own]), changes)
            places = correlation.argmax(axis=0)
            for query, place, column in zip(own, places, correlation.T, strict=True):
                if column[place] > best[id(query)][0]:
                    best[id(query)] = float(column[place]), start + int(place)
    for query in queries:
        correlation_, place = best[id(query)]
        if correlation_ < SAME:
            continue
        picture = take_picture(pixels[place : place + len(query.changes) + 1])
        if picture @ query.picture >= SAME_PICTURE:
            yield query, correlation_, place


def correlate(queries: NDArray[np.float32], changes: Changes) -> NDArray[np.float32]:
    """Correlate queries (Q, W, G * G) with each W changes in a row: (T - W, Q)."""
    length = queries.shape[1]
    n_places = len(changes) - length + 1
    product = np.zeros((n_places, len(queries)), np.float32)
    for step in range(length):
        product += changes[step : step + n_places] @ queries[:, step].T
    energy = np.convolve(
        np.square(changes.astype(np.float64)).sum(axis=1), np.ones(length), "valid"
    )
    norm = np.sqrt(np.maximum(energy, 1e-9))[:, None] * np.linalg.norm(queries, axis=(1, 2))
    correlation: NDArray[np.float32] = (product / np.maximum(norm, 1e-9)).astype(np.float32)
    return correlation


def compare_names(folders: list[str], frames: list[Path]) -> list[dict[str, object]]:
    """Return what names say of clips and videos, and of two videos."""
    length = {path.stem: _measure_length(path) for path in frames}
    pairs = [(folder, video) for folder in folders for video in length]
    rows = []
    for name, video in [*pairs, *combinations(length, 2)]:
        if found := find_coincidence(
            name, video, max(length[video], length.get(name, timedelta()))
        ):
            rows.append(describe(name, "", "name", video, found))
    return rows


def share_animals(animals: dict[str, str]) -> list[dict[str, object]]:
    """Return the animals that several videos show."""
    rows = []
    for (name, animal), (video, other) in combinations(animals.items(), 2):
        if animal == other:
            rows.append(describe(name, "", "animal", video, f"both show {animal}"))
    return rows


def _measure_length(store: Path) -> timedelta:
    times = read_times(store.with_suffix(".parquet"))
    return timedelta(seconds=float(times[-1] - times[0]))
