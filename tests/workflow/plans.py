"""What tests of plans share: changes that are put back, and what they are to make run again.

A plan says how often each rule would run. Those that follow one another stand in groups here.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from tests.project import Project

Plan = dict[str, int]
"""How often each rule runs."""

MIT = ("--config", "dataset={layout: mit, root: data}")
SHEETS = ("--config", "dataset={layout: sheets, root: data}")

DECODING = {"decode_video", "decode_clips"}
OF_SCORES = {
    *("plot_recall", "plot_confusion", "plot_ethogram", "plot_reliability", "plot_boundary"),
    "plot_review",
}
DRAWING = {"plot_distribution", "plot_training"} | OF_SCORES
GPU_RULES = {"train_convnet", "extract_fc6", "train_model"}

SCORES = dict.fromkeys(
    [
        *("evaluate_predictions", "list_bouts", "review_predictions", "export_tables"),
        *("write_accuracy", "write_report", "all"),
        *OF_SCORES,
    ],
    1,
)
"""What follows predictions, annotations or the sheet of the videos, all of which tables and page show."""
AUDIT = {"audit_leakage": 1}
"""What follows pictures and animals."""
COUNTS = {"count_behaviors": 1, "plot_distribution": 1}
"""What follows clips or annotations, whose behaviors are counted."""


def learned(models: int) -> Plan:
    """Return what follows the features and annotations that so many folds learn from."""
    return {"train_model": models, "predict_model": 1, "plot_training": 1} | SCORES


CONVNET = {"train_convnet": 1, "extract_fc6": 4, "predict_representation": 4} | learned(4)
"""What follows the convnet's training clips."""
DECODED = {"import_annotation": 1, "extract_fc6": 1, "predict_representation": 1, **COUNTS}
DECODED |= AUDIT | learned(3)
"""What follows the frames of sim02day: of four folds three learn from it, or stop by it."""
ANNOTATED = {"check_study": 1, "import_annotation": 1, **COUNTS, **learned(3)}
"""What follows annotator 1's annotation of sim02day."""


def copy_run(project: Project, path: Path) -> Project:
    """Copy a project with its results, dates and all."""
    shutil.copytree(project.path, path, symlinks=True)
    return Project(path)


@contextmanager
def restored(*paths: Path) -> Iterator[None]:
    """Put files back as they are now, dates and all; take away those that are not there."""
    kept = {path: (path.read_bytes(), path.stat()) for path in paths if path.exists()}
    try:
        yield
    finally:
        for path in paths:
            path.unlink(missing_ok=True)
            if path in kept:
                content, found = kept[path]
                path.write_bytes(content)
                os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def remove_last_line(path: Path) -> None:
    """Correct an annotation."""
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


def correct(sheet: Path, row: tuple[str, str], column: str, value: str) -> None:
    """Write a value into the cell of a sheet: of a column, in the row that has an entry in another."""
    table = pd.read_csv(sheet, sep="\t", dtype=str, keep_default_na=False)
    (number,) = table.index[table[row[0]] == row[1]]
    assert table.loc[number, column] != value
    table.loc[number, column] = value
    table.to_csv(sheet, sep="\t", index=False)


def read_jobs(shown: str) -> list[tuple[str, dict[str, str]]]:
    """Return (rule, fields) of each job of a dry run."""
    jobs = []
    for text in re.split(r"\n(?:rule|checkpoint) ", shown)[1:]:
        rule, _, rest = text.partition(":\n")
        lines = [line.strip().partition(": ") for line in rest.partition("\n\n")[0].splitlines()]
        jobs.append((rule, {key: value for key, _, value in lines}))
    return jobs


def read_roles(project: Project, role: str) -> dict[str, set[str]]:
    """Return the videos that have a role in each fold, as a run wrote them down."""
    table = pd.read_csv(project.results / "study" / "folds.tsv", sep="\t", dtype=str)
    return {fold: set(own.loc[own["role"] == role, "video"]) for fold, own in table.groupby("fold")}
