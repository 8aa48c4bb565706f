from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from homecage.storage.frame_tables import UNLABELED, write_annotation, write_predictions
from homecage.storage.tables import write_tsv

BEHAVIORS = ["drink", "eat", "groom", "hang", "rest", "walk"]


class Study:
    """Annotation and prediction files of a few videos, as the earlier rooms write them."""

    behaviors = BEHAVIORS

    def __init__(self, root: Path) -> None:
        self.root = root
        self.predictions: list[Path] = []
        self.annotations: list[Path] = []
        self.videos: dict[str, dict[str, str]] = {}

    def describe(self, video: str, **columns: str) -> "Study":
        """Give a video its line in the study's sheet; its name is its key unless said otherwise."""
        self.videos[video] = {"video": video, "name": video} | columns
        return self

    def annotate(self, annotator: str, codes_of: Mapping[str, Any]) -> "Study":
        for video, codes in codes_of.items():
            path = self.root / "annotations" / annotator / f"{video}.parquet"
            write_annotation(path, np.asarray(codes, dtype=np.int8), BEHAVIORS)
            self.annotations.append(path)
        return self

    def predict(self, method: str, codes_of: Mapping[str, Any], fps: float = 10.0) -> "Study":
        for video, codes in codes_of.items():
            codes = np.asarray(codes)
            path = self.root / "predictions" / method / f"{video}.parquet"
            write_predictions(
                path,
                np.arange(len(codes)) / fps,
                np.eye(len(BEHAVIORS), dtype=np.float32)[codes],
                BEHAVIORS,
                method=method,
                video=video,
                labeled=codes != UNLABELED,
            )
            self.predictions.append(path)
        return self

    def told(self) -> dict[str, Any]:
        """Return what every verb that reads predictions is told."""
        for path in self.annotations:
            if path.stem not in self.videos:
                self.describe(path.stem)
        sheet = pd.DataFrame(list(self.videos.values()))
        for column in ("annotator_2", "annotator_1", "path"):
            sheet.insert(2, column, "")
        write_tsv(self.root / "videos.tsv", sheet)
        return {
            "predictions": self.predictions,
            "annotations": self.annotations,
            "videos": self.root / "videos.tsv",
            "behaviors": BEHAVIORS,
        }


@pytest.fixture(scope="session")
def make_study(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Study]:
    return lambda: Study(tmp_path_factory.mktemp("study"))


@pytest.fixture
def study(make_study: Callable[[], Study]) -> Study:
    return make_study()
