"""Reading and writing tab-separated tables, ``n/a`` where a number is undefined."""

import csv
from pathlib import Path

import pandas as pd

from homecage.errors import StoreError
from homecage.storage.publish import publish

TEXT_COLUMNS = frozenset(
    {
        "after",
        "against",
        "animal",
        "annotator",
        "annotator_1",
        "annotator_2",
        "average",
        "baseline",
        "before",
        "behavior",
        "cage",
        "clip",
        "clock",
        "database",
        "fold",
        "folder",
        "frames_of",
        "group",
        "label",
        "level",
        "measure",
        "method",
        "mode",
        "name",
        "note",
        "other",
        "path",
        "place",
        "prediction",
        "representation",
        "role",
        "scorer",
        "session",
        "side",
        "source",
        "store",
        "stretch",
        "test",
        "time",
        "timeline",
        "told",
        "truth",
        "unit",
        "video",
        "why",
        "within_error",
    }
)
"""Columns that hold text even where it looks like a number, as many videos' names do."""


def write_tsv(path: Path, table: pd.DataFrame) -> None:
    """Write a table, floats to their last digit, so that it appears whole or not at all."""
    with publish(path) as temporary:
        table.to_csv(temporary, sep="\t", index=False, na_rep="n/a", lineterminator="\n")


def read_tsv(path: Path, *, text: bool = False) -> pd.DataFrame:
    """Read a table: ``TEXT_COLUMNS`` as text, every other one as the numbers that were written.

    Args:
        path: the table.
        text: read all columns as text, as in the tables of the study, where a lab adds its own.

    Raises:
        StoreError: there is no such table, or it has not even a header.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            columns = next(csv.reader(file, delimiter="\t"))
    except FileNotFoundError:
        raise StoreError(path, "no such table") from None
    except (StopIteration, UnicodeDecodeError):
        raise StoreError(path, "expected a tab-separated table with a header") from None
    texts = [column for column in columns if text or column in TEXT_COLUMNS]
    return pd.read_csv(
        path,
        sep="\t",
        dtype=dict.fromkeys(texts, str),
        keep_default_na=False,
        na_values={column: ["n/a", "nan", ""] for column in columns if column not in texts},
    )
