"""The accuracy table once more, by other means: plain loops over text files and predictions."""

import re
from collections import defaultdict
from pathlib import Path

import pandas as pd

NAMES = {"head": "micromovement"}


def read_text(path: Path, n_frames: int) -> list[str | None]:
    """Read an annotation as one behavior a frame."""
    labels: list[str | None] = [None] * n_frames
    for line in path.read_text().splitlines():
        first, last, name = re.fullmatch(r"frame: (\d+)-(\d+) (\w+)", line).groups()
        for frame in range(int(first) - 1, int(last)):
            labels[frame] = NAMES.get(name, name)
    return labels


def recompute(data: Path, results: Path) -> dict[tuple[str, str, str, str], tuple[float, int]]:
    """Return (accuracy, frames) by method, frames_of, level and average."""
    full = data / "full_database"
    pairs = defaultdict(lambda: defaultdict(list))  # (method, frames_of) -> video -> (truth, said)
    for path in sorted(results.glob("predictions/*/*.parquet")):
        method, video = path.parent.name, path.stem
        said = pd.read_parquet(path)["behavior"].tolist()
        first = read_text(full / "Annotator_group_1" / f"{video}.txt", len(said))
        second_path = full / "Annotator_group_2" / f"{video}.txt"
        second = read_text(second_path, len(said)) if second_path.exists() else [None] * len(said)
        for truth, other, prediction in zip(first, second, said, strict=True):
            if truth is None:
                continue
            if method != "human":
                pairs[method, "FD"][video].append((truth, prediction))
            if other is not None:
                pairs[method, "FD*"][video].append((truth, prediction))
    table = {}
    for (method, frames_of), videos in pairs.items():
        pooled = [pair for own in videos.values() for pair in own]
        for level, score in (("frames", over_frames), ("behaviors", over_behaviors)):
            table[method, frames_of, level, "pooled"] = (score(pooled), len(pooled))
            means = [score(own) for own in videos.values()]
            table[method, frames_of, level, "videos"] = (sum(means) / len(means), len(pooled))
    return table


def over_frames(pairs: list[tuple[str, str]]) -> float:
    """Share of frames that agree."""
    return sum(truth == said for truth, said in pairs) / len(pairs)


def over_behaviors(pairs: list[tuple[str, str]]) -> float:
    """Mean, over the behaviors that occur, of the share of their frames that agree."""
    own = defaultdict(list)
    for truth, said in pairs:
        own[truth].append(truth == said)
    return sum(sum(hits) / len(hits) for hits in own.values()) / len(own)


def check_table(data: Path, results: Path) -> None:
    """Compare evaluation's table with this one, every cell of it."""
    written = pd.read_csv(results / "evaluation" / "accuracy.tsv", sep="\t")
    assert set(written["source"]) == {"measured"}
    expected = recompute(data, results)
    keys = ["method", "frames_of", "level", "average"]
    found = {tuple(row[key] for key in keys): row for _, row in written.iterrows()}
    assert set(found) == set(expected)
    for key, (accuracy, n_frames) in expected.items():
        assert abs(found[key]["accuracy"] - accuracy) < 1e-12, key
        assert found[key]["n_frames"] == n_frames, key
