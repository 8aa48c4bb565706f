"""A lab's cohort as earlier rooms write it: twelve mice in two groups, three days, lights on at seven."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from homecage.analyze.animals import measure_animals
from homecage.analyze.bins import bin_recordings
from homecage.analyze.cohort import Cohort, Recording
from homecage.analyze.compare import compare_groups
from homecage.analyze.options import AnalysisOptions
from homecage.analyze.rhythms import fit_rhythms
from homecage.storage.frame_tables import UNLABELED, write_annotation, write_predictions

PALETTE = {
    "drink": "#332288",
    "eat": "#88CCEE",
    "groom": "#44AA99",
    "hang": "#117733",
    "micromovement": "#999933",
    "rear": "#DDCC77",
    "rest": "#CC6677",
    "walk": "#882255",
}
BEHAVIORS = list(PALETTE)
REST = BEHAVIORS.index("rest")
METHOD = "tcn"
OPTIONS = AnalysisOptions(lights_on="07:00", lights_off="19:00")


@dataclass
class Lab:
    """Predictions of a method, partial annotations, and whose they are."""

    root: Path
    behaviors: list[str]

    def path(self, video: str) -> Path:
        return self.root / "predictions" / METHOD / f"{video}.parquet"

    def predict(self, video: str, codes: np.ndarray, frame_s: float) -> Path:
        codes = np.asarray(codes, np.int8)
        probability = np.full((len(codes), len(self.behaviors)), 0.1, np.float32)
        probability[np.arange(len(codes)), codes.clip(0)] = 0.9
        write_predictions(
            self.path(video),
            frame_s * np.arange(len(codes)),
            probability,
            self.behaviors,
            method=METHOD,
            video=video,
            labeled=codes != UNLABELED,
        )
        return self.path(video)

    def annotate(self, video: str, codes: np.ndarray) -> Path:
        path = self.root / "annotations" / "annotator_1" / f"{video}.parquet"
        write_annotation(path, np.asarray(codes, np.int8), self.behaviors)
        return path

    def write(self, cohort: Cohort) -> Path:
        path = self.root / "cohort.tsv"
        path.write_text(cohort.tabulate())
        return path

    def measure(self, cohort: Cohort, options: AnalysisOptions = OPTIONS) -> None:
        measure_animals(
            predictions=sorted(self.path("x").parent.glob("*.parquet")),
            annotations=sorted((self.root / "annotations" / "annotator_1").glob("*.parquet")),
            cohort=self.write(cohort),
            method=METHOD,
            behaviors=self.behaviors,
            options=options,
            output=self.root,
        )

    def compare(self, options: AnalysisOptions = OPTIONS) -> None:
        compare_groups(
            animals=self.root / "animals.tsv",
            transitions=self.root / "transitions.tsv",
            options=options,
            groups=self.root / "groups.tsv",
            means=self.root / "group_means.tsv",
            of_transitions=self.root / "group_transitions.tsv",
        )

    def bin(self, cohort: Cohort, options: AnalysisOptions = OPTIONS) -> None:
        bin_recordings(
            predictions=sorted(self.path("x").parent.glob("*.parquet")),
            cohort=self.write(cohort),
            method=METHOD,
            behaviors=self.behaviors,
            options=options,
            bins=self.root / "bins.tsv",
            by_hour=self.root / "by_hour.tsv",
        )

    def fit(self, options: AnalysisOptions = OPTIONS) -> None:
        fit_rhythms(bins=self.root / "bins.tsv", options=options, output=self.root / "rhythms.tsv")


def act(rng: np.random.Generator, hour: np.ndarray, period_h: float, groomer: bool) -> np.ndarray:
    """Return behaviors (T,) of a mouse that rests by day and keeps at what it does for a while."""
    awake = 0.5 - 0.38 * np.cos(2 * np.pi * (hour - 13.5) / period_h)
    active = [0.05, 0.2, 0.32 if groomer else 0.15, 0.1, 0.25, 0.1, 0.2]
    others = [k for k in range(len(BEHAVIORS)) if k != REST]
    fresh = np.where(
        rng.random(len(hour)) < awake,
        rng.choice(others, len(hour), p=np.array(active) / sum(active)),
        REST,
    )
    changes = rng.random(len(hour)) < 0.25
    changes[0] = True
    return fresh[np.maximum.accumulate(np.where(changes, np.arange(len(hour)), 0))].astype(np.int8)


def make_cohort_of_mice(
    lab: Lab, *, animals: int = 12, days: float = 3, frame_s: float = 40.0, seed: int = 0
) -> Cohort:
    """Write a cohort: each mouse in videos of twelve hours, with an hour's gap and half an hour annotated."""
    rng = np.random.default_rng(seed)
    begin = datetime(2024, 5, 1, 18, 30)
    recordings = []
    for number in range(animals):
        group = "control" if number < animals // 2 else "treated"
        period_h = 24.0 if group == "control" else 23.4
        groomer = group == "treated"
        shift_h = rng.normal(0, 0.7)
        for part in range(int(2 * days)):
            start = begin + timedelta(hours=12 * part, minutes=7 * number)
            length_h = 11.0 if (number + part) % 9 == 4 else 12.0
            hour = (start - datetime(2024, 5, 1)).total_seconds() / 3600 + np.arange(
                0, length_h, frame_s / 3600
            )
            codes = act(rng, hour - shift_h, period_h, groomer)
            video = f"m{number + 1:02d}_{part}"
            wrong = rng.random(len(codes)) < 0.06
            said = np.where(wrong, rng.integers(0, len(BEHAVIORS), len(codes)), codes)
            lab.predict(video, said, frame_s)
            if part == 0:
                truth = np.full(len(codes), UNLABELED, np.int8)
                truth[: int(3600 / frame_s)] = codes[: int(3600 / frame_s)]
                lab.annotate(video, truth)
            recordings.append(
                Recording(
                    video=video,
                    name=video,
                    animal=f"m{number + 1:02d}",
                    group=group,
                    start=start,
                )
            )
    return Cohort(unit="animal", recordings=tuple(recordings))


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path, BEHAVIORS)


@pytest.fixture(scope="session")
def mice(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """All tables of the twelve mice."""
    lab = Lab(tmp_path_factory.mktemp("mice"), BEHAVIORS)
    cohort = make_cohort_of_mice(lab)
    lab.measure(cohort)
    lab.compare()
    lab.bin(cohort)
    lab.fit()
    return lab
