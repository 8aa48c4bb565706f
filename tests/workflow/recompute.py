"""The accuracy tables once more, by other means: plain loops over text files and predictions."""

import csv
import math
import random
import re
from collections import defaultdict
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from statistics import NormalDist

import pandas as pd
from scipy import stats

Labels = Mapping[str, str | None]
"""What labels of annotators stand for: None for one that is ignored, itself for one left out."""

MIT: Labels = {"head": "micromovement"}


def read_text(path: Path, n_frames: int, labels: Labels) -> list[str | None]:
    """Read an annotation as one behavior a frame."""
    said: list[str | None] = [None] * n_frames
    for line in path.read_text(encoding="utf-8").splitlines():
        first, last, name = re.fullmatch(r"frame: (\d+)-(\d+) (.+)", line.strip()).groups()
        for frame in range(int(first) - 1, int(last)):
            said[frame] = labels.get(name, name)
    return said


def pair_frames(results: Path, labels: Labels) -> dict[tuple[str, str], dict[str, list]]:
    """Return (truth, prediction) of every frame that counts, by (method, frames_of), then by video."""
    pairs = defaultdict(lambda: defaultdict(list))
    with (results / "study" / "videos.tsv").open(encoding="utf-8", newline="") as file:
        videos = list(csv.DictReader(file, delimiter="\t"))
    for video in videos:
        for path in results.glob(f"predictions/*/{video['video']}.parquet"):
            method, said = path.parent.name, pd.read_parquet(path)["behavior"].tolist()
            first, second = (
                read_text(results.parent / video[annotator], len(said), labels)
                if video[annotator]
                else [None] * len(said)
                for annotator in ("annotator_1", "annotator_2")
            )
            for truth, other, prediction in zip(first, second, said, strict=True):
                if truth is None:
                    continue
                if method != "human":
                    pairs[method, "FD"][video["name"]].append((truth, prediction))
                if other is not None:
                    pairs[method, "FD*"][video["name"]].append((truth, prediction))
    return pairs


def over_frames(pairs: list[tuple[str, str]]) -> float:
    """Share of frames that agree."""
    return sum(truth == said for truth, said in pairs) / len(pairs)


def over_behaviors(pairs: list[tuple[str, str]]) -> float:
    """Mean, over the behaviors that occur, of the share of their frames that agree."""
    own = defaultdict(list)
    for truth, said in pairs:
        own[truth].append(truth == said)
    return sum(sum(hits) / len(hits) for hits in own.values()) / len(own)


LEVELS = {"frames": over_frames, "behaviors": over_behaviors}


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read a table as text."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def check_table(results: Path, labels: Labels = MIT) -> None:
    """Compare evaluation's tables of accuracy and of gains with these, every cell of them.

    Args:
        results: the folder of results; the paths in its ``study/videos.tsv`` begin beside it.
        labels: what labels in annotation files stand for.
    """
    pooled, of_videos = {}, {}
    for (method, frames_of), videos in pair_frames(results, labels).items():
        whole = [pair for own in videos.values() for pair in own]
        for level, score in LEVELS.items():
            scores = {video: score(own) for video, own in videos.items()}
            for video, value in scores.items():
                of_videos[method, frames_of, level, video] = (value, len(videos[video]))
            mean = sum(scores.values()) / len(scores)
            pooled[method, frames_of, level, "pooled"] = (score(whole), len(whole))
            pooled[method, frames_of, level, "videos"] = (mean, len(whole))
    compare(results / "evaluation" / "accuracy.tsv", pooled, "average")
    compare(results / "evaluation" / "accuracy_by_video.tsv", of_videos, "video")
    check_intervals(results, {key: value for key, (value, _) in of_videos.items()})


def check_intervals(results: Path, of_videos: dict[tuple[str, ...], float]) -> None:
    """Compare the intervals of means over videos, and what is said of gains.

    Args:
        results: the folder of results.
        of_videos: the accuracy by method, frames_of, level and video.
    """
    table = read_rows(results / "evaluation" / "accuracy.tsv")
    (by,) = {row["unit"] for row in table}
    group_of = {
        row["name"]: row["name"] if by == "video" else row[by]
        for row in read_rows(results / "study" / "videos.tsv")
    }

    def list_units(key: tuple[str, ...]) -> list[dict[str, float]]:
        units = defaultdict(dict)
        for (*own, video), value in of_videos.items():
            if tuple(own) == key:
                units[group_of[video]][video] = value
        return list(units.values())

    for row in table:
        if row["average"] == "videos":
            units = list_units((row["method"], row["frames_of"], row["level"]))
            check_interval(row, [list(unit.values()) for unit in units], 1)
    gains = [
        row for row in read_rows(results / "evaluation" / "gain.tsv") if row["average"] == "videos"
    ]
    for row in gains:
        better, plain = (
            list_units((row[name], row["frames_of"], row["level"]))
            for name in ("method", "baseline")
        )
        units = [
            [100 * (own[video] - other[video]) for video in own]
            for own, other in zip(better, plain, strict=True)
        ]
        every = [value for unit in units for value in unit]
        assert abs(float(row["gain_points"]) - sum(every) / len(every)) < 1e-9, row
        check_interval(row, units, 100)
        sums = [sum(unit) for unit in units]
        flipped = [
            abs(sum(sign * value for sign, value in zip(signs, sums, strict=True)))
            for signs in product([1, -1], repeat=len(sums))
        ]
        p = sum(one > abs(sum(sums)) - 1e-9 for one in flipped) / len(flipped)
        assert row["test"] == "exact" and abs(float(row["p"]) - p) < 1e-12, row
    for row in gains:
        of_column = [
            float(other["p"])
            for other in gains
            if (other["frames_of"], other["level"]) == (row["frames_of"], row["level"])
        ]
        p = float(row["p"])
        steps = [one * sum(other >= one for other in of_column) for one in of_column if one <= p]
        assert abs(float(row["p_holm"]) - min(1, max(steps))) < 1e-12, row


def check_interval(row: dict[str, str], units: list[list[float]], scale: float) -> None:
    """Compare an interval with one of other draws, which agree but for a tenth of its width."""
    n = len(units)
    assert int(row["n_units"]) == n, row
    if n < 5:
        assert row["low"] == row["high"] == "n/a", row
        return
    draw, means = random.Random(1), []
    for _ in range(10_000):
        values = [value for unit in draw.choices(units, k=n) for value in unit]
        means.append(sum(values) / len(values))
    means.sort()
    tail = NormalDist().cdf(-math.sqrt(n / (n - 1)) * stats.t.ppf(0.975, n - 1))
    low, high = means[round(tail * 10_000)], means[round((1 - tail) * 10_000) - 1]
    near = 0.1 * (high - low) + 1e-9 * scale
    assert abs(float(row["low"]) - low) < near and abs(float(row["high"]) - high) < near, row


def compare(path: Path, expected: dict[tuple[str, ...], tuple[float, int]], by: str) -> None:
    """Compare a table with (accuracy, frames) by method, frames_of, level and what it is by."""
    rows = [row for row in read_rows(path) if row["n_frames"] != "0"]
    assert {row.get("source", "measured") for row in rows} == {"measured"}
    found = {(row["method"], row["frames_of"], row["level"], row[by]): row for row in rows}
    assert len(found) == len(rows) and set(found) == set(expected)
    for key, (accuracy, n_frames) in expected.items():
        assert abs(float(found[key]["accuracy"]) - accuracy) < 1e-12, key
        assert int(found[key]["n_frames"]) == n_frames, key
