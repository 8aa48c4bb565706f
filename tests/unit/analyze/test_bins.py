"""Recordings cut into bins of a clock, against counting frame by frame."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.analyze.conftest import BEHAVIORS, Lab

from homecage.analyze.bins import align_bins_s, cut_scoring
from homecage.analyze.cohort import Cohort, Recording
from homecage.analyze.options import AnalysisOptions
from homecage.deliver.bouts import Scoring
from homecage.errors import HomecageError
from homecage.storage.frame_tables import UNLABELED
from homecage.storage.tables import read_tsv

NOON = datetime(2024, 5, 1, 12)


def score(codes, frame_s=1.0) -> Scoring:
    codes = np.asarray(codes, np.int8)
    probability = np.zeros((len(codes), len(BEHAVIORS)), np.float32)
    return Scoring(tuple(BEHAVIORS), codes, probability, frame_s * np.arange(len(codes)))


def cohort_of(*recordings) -> Cohort:
    return Cohort(
        unit="animal",
        recordings=tuple(
            Recording(video=video, name=video, animal=animal, group="g", start=start)
            for video, animal, start in recordings
        ),
    )


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n_frames=st.integers(1, 200),
    begin_s=st.floats(0, 100_000),
    width_s=st.sampled_from([1.0, 7.0, 60.0, 3600.0]),
    frame_s=st.sampled_from([0.04, 1.0, 3.7]),
)
def test_bins_hold_what_frames_hold(seed, n_frames, begin_s, width_s, frame_s):
    """Each frame's time goes to the bins that it is in; together the bins are the whole."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(rng.integers(UNLABELED, 3, n_frames), rng.integers(1, 5, n_frames))[:n_frames]
    scoring = score(codes, frame_s)
    found = cut_scoring(scoring, begin_s, width_s).set_index(["bin", "behavior"])
    expected: dict[tuple[int, str], float] = {}
    edges = begin_s + scoring.edges_s
    for code, begin, end in zip(codes, edges[:-1], edges[1:], strict=True):
        at = begin
        while code != UNLABELED and at < end - 1e-9:
            place = int(np.floor(at / width_s + 1e-9))
            until = min(end, (place + 1) * width_s)
            key = (place, BEHAVIORS[code])
            expected[key] = expected.get(key, 0) + until - at
            at = until
    for key, seconds in expected.items():
        assert found.loc[key, "total_s"] == pytest.approx(seconds, abs=1e-3)
    assert found["total_s"].sum() == pytest.approx(sum(expected.values()), abs=1e-3)
    recorded = found["recorded_s"].groupby(level="bin").first()
    assert recorded.sum() == pytest.approx(edges[-1] - edges[0])
    assert (recorded <= width_s + 1e-6).all()


def test_bins_are_those_of_the_clock():
    assert align_bins_s(50, 130, 60).tolist() == [50, 60, 120, 130]
    assert align_bins_s(60, 120, 60).tolist() == [60, 120]
    assert align_bins_s(60, 120 + 1e-9, 60).tolist() == pytest.approx([60, 120])


def test_the_videos_of_an_animal_are_on_one_clock(lab: Lab):
    """Ten minutes from 12:05, and forty from 13:00: what lies between is not recorded, and no rest."""
    lab.predict("a", np.full(600, 6), 1.0)
    lab.predict("b", np.full(2400, 0), 1.0)
    later = NOON + timedelta(hours=1)
    cohort = cohort_of(("b", "m", later), ("a", "m", NOON + timedelta(minutes=5)))
    lab.bin(cohort, AnalysisOptions(bin_min=30))
    rows = read_tsv(lab.root / "bins.tsv")
    bins = rows[rows["behavior"] == "rest"]
    assert bins["bin"].tolist() == [24, 26, 27]
    assert bins["time"].tolist() == ["2024-05-01T12:00", "2024-05-01T13:00", "2024-05-01T13:30"]
    assert bins["recorded_s"].tolist() == bins["scored_s"].tolist() == [600, 1800, 600]
    assert bins["share"].tolist() == [1, 0, 0]
    hours = read_tsv(lab.root / "by_hour.tsv")
    assert hours["hour"].unique().tolist() == [12, 13]
    assert hours.loc[hours["behavior"] == "drink", "total_s"].tolist() == [0, 2400]


def test_videos_that_overlap_at_the_edge_of_a_bin_are_counted_once(lab: Lab):
    """Both are at 13:00, where an hour begins: of what each shows a part, and of both the whole."""
    lab.predict("a", np.full(3630, 0), 1.0)
    lab.predict("b", np.full(3610, 0), 1.0)
    before = NOON + timedelta(minutes=59, seconds=50)
    lab.bin(cohort_of(("a", "m", NOON), ("b", "m", before)), AnalysisOptions(bin_min=60))
    for table in ("bins", "by_hour"):
        rows = read_tsv(lab.root / f"{table}.tsv")
        rows = rows[rows["behavior"] == "drink"]
        assert rows["share"].tolist() == [1, 1]
        assert rows["scored_s"].tolist() == rows["recorded_s"].tolist() == [3610, 3630]


def test_hours_of_the_day_are_of_all_days_together(lab: Lab):
    for day, video in enumerate("ab"):
        lab.predict(video, np.full(1800, day), 1.0)
    cohort = cohort_of(("a", "m", NOON), ("b", "m", NOON + timedelta(days=1)))
    lab.bin(cohort)
    rows = read_tsv(lab.root / "by_hour.tsv").set_index("behavior")
    assert (rows["hour"] == 12).all() and (rows["n_days"] == 2).all()
    assert (rows.loc["drink", "share"], rows.loc["eat", "share"]) == (0.5, 0.5)


def test_without_a_start_time_is_that_of_the_recording(lab: Lab):
    lab.predict("a", np.full(5400, 0), 1.0)
    lab.predict("b", np.full(60, 0), 1.0)
    lab.predict("c", np.full(60, 0), 1.0)
    lab.bin(cohort_of(("a", "m", None), ("b", "n", NOON), ("c", "n", None)))
    rows = read_tsv(lab.root / "by_hour.tsv")
    rows = rows[rows["behavior"] == "drink"]
    assert rows["timeline"].tolist() == ["m", "m", "n", "n, c"]
    assert rows["clock"].tolist() == ["no", "no", "yes", "no"]
    assert rows["hour"].tolist() == [0, 1, 12, 0]
    bins = read_tsv(lab.root / "bins.tsv")
    assert set(bins.loc[bins["clock"] == "no", "time"]) == {"n/a"}


def test_an_animal_in_two_videos_at_once_is_refused(lab: Lab):
    lab.predict("a", np.full(600, 0), 1.0)
    lab.predict("b", np.full(600, 0), 1.0)
    with pytest.raises(
        HomecageError, match="m: found that b starts 300 s before a ends, so one animal"
    ):
        lab.bin(cohort_of(("a", "m", NOON), ("b", "m", NOON + timedelta(minutes=5))))
    lab.bin(cohort_of(("a", "m", NOON), ("b", "m", NOON + timedelta(minutes=9, seconds=30))))
    lab.bin(cohort_of(("a", "m", NOON), ("b", "n", NOON)))


def test_bins_and_hours_are_the_same_time(mice: Lab):
    bins, hours = read_tsv(mice.root / "bins.tsv"), read_tsv(mice.root / "by_hour.tsv")
    animals = read_tsv(mice.root / "animals.tsv")
    keys = ["animal", "behavior"]
    for table in (bins, hours):
        summed = table.groupby(keys)[["total_s", "n_bouts"]].sum()
        whole = animals.set_index(keys)[["total_s", "n_bouts"]].reindex(summed.index)
        assert summed.to_numpy() == pytest.approx(whole.to_numpy())
        assert table.groupby(["animal", "hour" if "hour" in table else "bin"])[
            "share"
        ].sum().to_numpy() == pytest.approx(1)
