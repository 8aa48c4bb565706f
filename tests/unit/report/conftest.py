from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from homecage.evaluate.bouts import tabulate_bouts
from homecage.evaluate.comparisons import tabulate_gain
from homecage.evaluate.evaluate import (
    tabulate_accuracy,
    tabulate_behaviors,
    tabulate_confusion,
)
from homecage.evaluate.habits import pool
from homecage.evaluate.options import Comparisons, EvaluationOptions
from homecage.evaluate.queue import Doubts
from homecage.evaluate.review import measure_review
from homecage.evaluate.scores import tabulate_boundaries, tabulate_calibration, tabulate_scores
from homecage.evaluate.tallies import Key, stack, tally
from homecage.report.options import Palette, Titles
from homecage.storage.frame_tables import Prediction
from homecage.storage.tables import read_tsv, write_tsv


@dataclass
class Tables:
    """The tables of an evaluation, with or without a second annotator; shared by all tests."""

    folder: Path
    palette: Palette
    titles: Titles
    paths: dict[str, Path] = field(default_factory=dict)

    @property
    def behaviors(self) -> list[str]:
        return list(self.palette.root)

    def write(self, name: str, table: pd.DataFrame) -> None:
        self.paths[name] = self.folder / f"{name}.tsv"
        write_tsv(self.paths[name], table)

    def read(self, name: str) -> pd.DataFrame:
        return read_tsv(self.paths[name])


def blur(rng: np.random.Generator, codes: np.ndarray, share: float) -> np.ndarray:
    changed = rng.random(len(codes)) < share
    return np.where(changed, rng.choice(codes, len(codes)), codes).astype(np.int8)


def write_tables(
    folder: Path, *, twice: bool, behaviors: list[str], n_frames: int = 600, seed: int = 0
) -> Tables:
    """Write tables of six videos in which the second behavior never occurs."""
    rng = np.random.default_rng(seed)
    colors = [f"#{code:02x}8040" for code in range(len(behaviors))]
    tables = Tables(
        folder,
        Palette(dict(zip(behaviors, colors, strict=True))),
        Titles({"plain": "plain model", "better": "better one"}),
    )
    occurring = [code for code in range(len(behaviors)) if code != 1]
    tallied, bouts, shares, reviews = {}, [], {"better": 0.2, "plain": 0.5}, []
    time_s = np.arange(n_frames) / 30
    for video in VIDEOS:
        truth = np.repeat(rng.choice(occurring, n_frames // 20), 20).astype(np.int8)
        labels = {"annotator_1": truth} | {m: blur(rng, truth, s) for m, s in shares.items()}
        if twice:
            labels["annotator_2"] = blur(rng, truth, 0.1)
        for scorer, codes in labels.items():
            bouts.append(tabulate_bouts(scorer, video, codes, time_s, behaviors))
        del labels["annotator_1"]
        for scorer, codes in labels.items():
            method = "human" if scorer == "annotator_2" else scorer
            sure = rng.uniform(0.4, 1, (n_frames, 1)).astype(np.float32)
            probability = sure * np.eye(len(behaviors), dtype=np.float32)[codes]
            said = Prediction(codes, time_s, probability + (1 - sure) / len(behaviors))
            counts = tally(truth, said, behaviors, with_probability=method != "human")
            for frames_of in ["FD"] * (method != "human") + ["FD*"] * twice:
                tallied.setdefault(Key(method, frames_of, "annotator_1"), {})[video] = counts
            if method != "human":
                doubts = Doubts({method: said}, method, pool([], len(behaviors)), behaviors)
                points = measure_review(doubts, truth)
                reviews += [{"method": method, "video": video} | point for point in points]
    unit_of = {video: unit for unit, video in enumerate(VIDEOS)}
    scored = {key: stack(own, unit_of) for key, own in tallied.items()}
    quick = EvaluationOptions(resamples=200)
    tables.write("accuracy", tabulate_accuracy(scored, "video", quick))
    tables.write("gain", tabulate_gain(scored, Comparisons((("better", "plain"),)), quick))
    tables.write("scores", tabulate_scores(scored, quick))
    points = {"plain": (3.0, 2.0), "better": (9.0, 6.0)}
    learning = tables.read("accuracy").query("method in @points").assign(curve="better")
    learning["labeled_min"], learning["labeled_videos"] = (
        learning["method"].map({method: point[column] for method, point in points.items()})
        for column in (0, 1)
    )
    tables.write("learning", learning.sort_values("labeled_min"))
    tables.write("boundary", tabulate_boundaries(scored, quick))
    tables.write("calibration", tabulate_calibration(scored, quick))
    per_behavior = tabulate_behaviors(scored, behaviors)
    tables.write("per_behavior", per_behavior)
    confusion = tabulate_confusion(scored, behaviors)
    keys = ["method", "frames_of", "truth", "prediction"]
    tables.write("confusion", confusion.groupby(keys, sort=False, as_index=False)["n_frames"].sum())
    tables.write("review", pd.DataFrame(reviews))
    tables.write("bouts", pd.concat(bouts, ignore_index=True))
    support = per_behavior[["behavior", "support"]].iloc[: len(behaviors)]
    rows = [
        {
            "database": database,
            "behavior": behavior,
            "n_frames": n,
            "share": n / (len(VIDEOS) * n_frames),
        }
        for database in (["CD", "FD", "FD*"] if twice else ["CD", "FD"])
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
    for number, fold in enumerate("ab"):
        tables.write(
            f"{fold}/history",
            pd.DataFrame(
                {
                    "epoch": epoch,
                    "train_loss": 1 / epoch + number,
                    "validation_loss": 0.5 + 1 / epoch + number,
                    "validation_accuracy": 0.9 - 0.5 / epoch - 0.1 * number,
                    "best": (epoch == 5 - number).astype(int),
                }
            ),
        )
    return tables


VIDEOS = ('a "long" näme', "20080321162447", *"abcd")
BEHAVIORS = ["dig", "nest building", "rest", "social_sniffing", "walk"]


@pytest.fixture(scope="session", name="write_tables")
def get_write_tables() -> Callable[..., Tables]:
    return write_tables


@pytest.fixture(scope="session")
def tables_twice(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return write_tables(tmp_path_factory.mktemp("twice"), twice=True, behaviors=BEHAVIORS)


@pytest.fixture(scope="session")
def tables_once(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return write_tables(tmp_path_factory.mktemp("once"), twice=False, behaviors=BEHAVIORS)


@pytest.fixture(params=["tables_twice", "tables_once"])
def tables(request: pytest.FixtureRequest) -> Tables:
    found: Tables = request.getfixturevalue(request.param)
    return found
