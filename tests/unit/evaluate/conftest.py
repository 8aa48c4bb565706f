from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from homecage.storage.frame_tables import write_annotation, write_predictions
from homecage.study.behaviors import BEHAVIORS, UNLABELED


class Study:
    """Annotation and prediction files of a few videos, as the earlier rooms write them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.predictions: list[Path] = []
        self.annotations: list[Path] = []

    def annotate(self, annotator: str, codes_of: Mapping[str, Any]) -> "Study":
        for video, codes in codes_of.items():
            path = self.root / "annotations" / annotator / f"{video}.parquet"
            write_annotation(path, np.asarray(codes, dtype=np.int8))
            self.annotations.append(path)
        return self

    def predict(self, method: str, codes_of: Mapping[str, Any], fps: float = 10.0) -> "Study":
        for video, codes in codes_of.items():
            codes = np.asarray(codes)
            path = self.root / "predictions" / method / f"{video}.parquet"
            probability = np.eye(len(BEHAVIORS), dtype=np.float32)[codes]
            time_s = np.arange(len(codes)) / fps
            write_predictions(path, time_s, probability, codes != UNLABELED)
            self.predictions.append(path)
        return self


@pytest.fixture(scope="session")
def make_study(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Study]:
    return lambda: Study(tmp_path_factory.mktemp("study"))


@pytest.fixture
def study(make_study: Callable[[], Study]) -> Study:
    return make_study()
