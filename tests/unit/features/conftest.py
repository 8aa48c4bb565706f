"""A plan of training and test clips, as what is learned before a representation finds it."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from homecage.storage.tables import write_tsv

Stretches = list[tuple[str, int, int]]  # behavior, start, stop


@pytest.fixture
def write_plan(tmp_path: Path) -> Callable[..., Path]:
    """Write a plan that takes clips from stretches of a store."""

    def write(store: str, train: Stretches, test: Stretches) -> Path:
        rows = [
            (store, f"{start}-{stop}", behavior, side, start, stop, 1.0)
            for side, stretches in (("train", train), ("test", test))
            for behavior, start, stop in stretches
        ]
        columns = ["store", "stretch", "behavior", "side", "start", "stop", "clips"]
        write_tsv(tmp_path / "plan.tsv", pd.DataFrame(rows, columns=columns))
        return tmp_path / "plan.tsv"

    return write
