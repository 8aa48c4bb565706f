from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from homecage.storage.frame_tables import UNLABELED, write_predictions

BEHAVIORS = ("drink", "rear", "rest", "never")


def make_probability(codes: Sequence[int], seed: int = 0) -> np.ndarray:
    """Return probabilities (T, K) of which that of each code is the largest."""
    codes = np.asarray(codes)
    p = np.random.default_rng(seed).dirichlet(np.ones(len(BEHAVIORS)), size=len(codes))
    p = p.reshape(len(codes), len(BEHAVIORS)).astype(np.float32)
    own, best = codes.clip(0), p.argmax(axis=1)
    each = np.arange(len(codes))
    p[each, own], p[each, best] = p[each, best], p[each, own]
    return p


class Lab:
    """Predictions of a method, and the sheet of the videos, as earlier rooms write them."""

    method = "net"
    behaviors = BEHAVIORS

    def __init__(self, root: Path) -> None:
        self.root = root
        self.rows: list[dict[str, str]] = []

    def predict(
        self, video: str, codes: Sequence[int], time_s: Any = None, **columns: str
    ) -> "Lab":
        codes = np.asarray(codes, np.int64)
        times = np.arange(len(codes)) / 25 if time_s is None else np.asarray(time_s, float)
        write_predictions(
            self.path(video),
            times,
            make_probability(codes),
            BEHAVIORS,
            method=self.method,
            video=video,
            labeled=codes != UNLABELED,
        )
        self.rows.append({"video": video, "name": video, "path": f"data/{video}.mpg"} | columns)
        return self

    def path(self, video: str) -> Path:
        return self.root / "predictions" / self.method / f"{video}.parquet"

    @property
    def predictions(self) -> list[Path]:
        return [self.path(row["video"]) for row in self.rows]

    @property
    def sheet(self) -> Path:
        table = pd.DataFrame(self.rows).fillna("")
        for annotator in ("annotator_2", "annotator_1"):
            table.insert(3, annotator, "")
        path = self.root / "videos.tsv"
        table.to_csv(path, sep="\t", index=False)
        return path


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.chdir(tmp_path)
    return Lab(Path("results"))
