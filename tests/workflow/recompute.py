"""The accuracy tables once more, by other means: plain loops over text files and predictions."""

import csv
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

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


def check_table(results: Path, labels: Labels = MIT) -> None:
    """Compare evaluation's tables of accuracy with these, every cell of them.

    Args:
        results: the folder of results; the paths in its ``study/videos.tsv`` begin beside it.
        labels: what labels in annotation files stand for.
    """
    pooled, of_videos = {}, {}
    for (method, frames_of), videos in pair_frames(results, labels).items():
        whole = [pair for own in videos.values() for pair in own]
        for level, score in (("frames", over_frames), ("behaviors", over_behaviors)):
            scores = {video: score(own) for video, own in videos.items()}
            for video, value in scores.items():
                of_videos[method, frames_of, level, video] = (value, len(videos[video]))
            mean = sum(scores.values()) / len(scores)
            pooled[method, frames_of, level, "pooled"] = (score(whole), len(whole))
            pooled[method, frames_of, level, "videos"] = (mean, len(whole))
    compare(results / "evaluation" / "accuracy.tsv", pooled, "average")
    compare(results / "evaluation" / "accuracy_by_video.tsv", of_videos, "video")


def compare(path: Path, expected: dict[tuple[str, ...], tuple[float, int]], by: str) -> None:
    """Compare a table with (accuracy, frames) by method, frames_of, level and what it is by."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["n_frames"] != "0"]
    assert {row.get("source", "measured") for row in rows} == {"measured"}
    found = {(row["method"], row["frames_of"], row["level"], row[by]): row for row in rows}
    assert len(found) == len(rows) and set(found) == set(expected)
    for key, (accuracy, n_frames) in expected.items():
        assert abs(float(found[key]["accuracy"]) - accuracy) < 1e-12, key
        assert int(found[key]["n_frames"]) == n_frames, key
