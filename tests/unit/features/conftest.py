"""A plan of training and test clips, as what is learned before a representation finds it."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from homecage.storage.tables import write_tsv

Stretches = list[tuple[str, int, int]]  # behavior, start, stop


@pytest.fixture
def write_plan(tmp_path: Path) -> Callable[..., Path]:
    """Write a plan that cuts stretches of a store into clips of eight frames."""

    def write(store: str, train: Stretches, test: Stretches) -> Path:
        rows = [
            (store, f"{begin}-{stop}", behavior, side, start, 0.0, 1.0)
            for side, stretches in (("train", train), ("test", test))
            for behavior, begin, stop in stretches
            for start in range(begin, stop - 7)
        ]
        columns = ["store", "stretch", "behavior", "side", "start", "brightness", "contrast"]
        write_tsv(tmp_path / "plan.tsv", pd.DataFrame(rows, columns=columns))
        return tmp_path / "plan.tsv"

    return write
