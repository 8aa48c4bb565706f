from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from homecage.evaluate.bouts import tabulate_bouts, tabulate_time
from homecage.evaluate.evaluate import (
    tabulate_accuracy,
    tabulate_behaviors,
    tabulate_confusion,
    tabulate_gain,
)
from homecage.evaluate.metrics import count_confusion
from homecage.storage.tables import write_tsv


@dataclass
class Tables:
    """The tables of an evaluation, with or without a second annotator; shared by all tests."""

    folder: Path
    paths: dict[str, Path] = field(default_factory=dict)

    def write(self, name: str, table: pd.DataFrame) -> None:
        self.paths[name] = self.folder / f"{name}.tsv"
        write_tsv(self.paths[name], table)

    def change(self, folder: Path, name: str, table: pd.DataFrame) -> "Tables":
        """Return the same tables but one, which is written to a folder of the test's own."""
        changed = Tables(folder, dict(self.paths))
        changed.write(name, table)
        return changed


def blur(rng: np.random.Generator, codes: np.ndarray, share: float) -> np.ndarray:
    changed = rng.random(len(codes)) < share
    return np.where(changed, rng.choice(codes, len(codes)), codes).astype(np.int8)


def write_tables(folder: Path, *, twice: bool, n_frames: int = 600, seed: int = 0) -> Tables:
    """Write tables of two videos in which three behaviors never occur."""
    rng = np.random.default_rng(seed)
    tables, scored, bouts, shares = Tables(folder), {}, [], {"3dcnn": 0.5, "lstm-3dcnn": 0.2}
    for video in ('a "long" näme', "20080321162447"):
        truth = np.repeat(rng.choice([2, 4, 5, 6, 7], n_frames // 20), 20).astype(np.int8)
        labels = {"annotator_1": truth} | {m: blur(rng, truth, s) for m, s in shares.items()}
        for method in shares:
            counts = count_confusion(truth, labels[method])
            scored.setdefault((method, "FD"), {})[video] = counts
            if twice:
                scored.setdefault((method, "FD*"), {})[video] = counts
        if twice:
            labels["annotator_2"] = blur(rng, truth, 0.1)
            counts = count_confusion(truth, labels["annotator_2"])
            scored.setdefault(("human", "FD*"), {})[video] = counts
        for source, codes in labels.items():
            bouts.append(tabulate_bouts(source, video, codes, np.arange(n_frames) / 30))
    tables.write("accuracy", tabulate_accuracy(scored))
    tables.write("gain", tabulate_gain(tabulate_accuracy(scored)))
    tables.write("per_behavior", tabulate_behaviors(scored))
    confusion = tabulate_confusion(scored)
    keys = ["method", "frames_of", "truth", "prediction"]
    tables.write("confusion", confusion.groupby(keys, sort=False, as_index=False)["n_frames"].sum())
    tables.write("bouts", pd.concat(bouts, ignore_index=True))
    tables.write("time_budget", tabulate_time(pd.concat(bouts, ignore_index=True)))
    support = tabulate_behaviors(scored)[["behavior", "support"]].iloc[:8]
    databases = ["CD", "FD", "FD*"] if twice else ["CD", "FD"]
    rows = [
        {"database": database, "behavior": behavior, "n_frames": n, "share": n / (2 * n_frames)}
        for database in databases
        for behavior, n in support.itertuples(index=False)
    ]
    tables.write("distribution", pd.DataFrame(rows))
    epoch = np.arange(1, 6)
    tables.write(
        "convnet",
        pd.DataFrame(
            {
                "epoch": epoch,
                "train_loss": 2 / epoch,
                "train_accuracy": 1 - 0.5 / epoch,
                "test_accuracy": 0.8 - 0.5 / epoch,
            }
        ),
    )
    for fold in ("a", "b"):
        tables.write(
            f"{fold}/history",
            pd.DataFrame(
                {
                    "epoch": epoch,
                    "train_loss": 1 / epoch,
                    "validation_loss": 0.5 + 1 / epoch,
                    "validation_accuracy": 0.9 - 0.5 / epoch,
                    "best": (epoch == 5).astype(int),
                }
            ),
        )
    return tables


@pytest.fixture(scope="session")
def tables_twice(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return write_tables(tmp_path_factory.mktemp("twice"), twice=True)


@pytest.fixture(scope="session")
def tables_once(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return write_tables(tmp_path_factory.mktemp("once"), twice=False)


@pytest.fixture(params=["tables_twice", "tables_once"])
def tables(request: pytest.FixtureRequest) -> Tables:
    found: Tables = request.getfixturevalue(request.param)
    return found
