"""Reading and writing the tables of evaluation: tab-separated, ``n/a`` where undefined."""

import csv
from pathlib import Path

import pandas as pd

from homecage.storage.publish import publish

TEXT_COLUMNS = frozenset(
    {
        "method",
        "frames_of",
        "level",
        "average",
        "source",
        "video",
        "behavior",
        "truth",
        "prediction",
        "database",
    }
)
"""Columns that hold text even where it looks like a number, as many videos' names do."""


def write_tsv(path: Path, table: pd.DataFrame) -> None:
    """Write a table, floats to their last digit, so that it appears whole or not at all."""
    with publish(path) as temporary:
        table.to_csv(temporary, sep="\t", index=False, na_rep="n/a", lineterminator="\n")


def read_tsv(path: Path) -> pd.DataFrame:
    """Read a table: text columns as text, every other one as the numbers that were written."""
    with path.open(encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file, delimiter="\t"))
    return pd.read_csv(
        path,
        sep="\t",
        dtype={column: str for column in columns if column in TEXT_COLUMNS},
        keep_default_na=False,
        na_values={c: ["n/a", "nan", ""] for c in columns if c not in TEXT_COLUMNS},
    )
