"""What is counted of an animal: of all its videos together, and beside it the method's error."""

import numpy as np
import pytest
from tests.unit.analyze.conftest import BEHAVIORS, Lab

from homecage.analyze.cohort import Cohort, Recording
from homecage.analyze.options import AnalysisOptions
from homecage.errors import PredictionError
from homecage.storage.frame_tables import UNLABELED
from homecage.storage.tables import read_tsv


def cohort_of(*recordings: tuple[str, str, str | None]) -> Cohort:
    return Cohort(
        unit="animal",
        recordings=tuple(
            Recording(video=video, name=f"{video} mpg", animal=animal, group=group)
            for video, animal, group in recordings
        ),
    )


def test_the_videos_of_an_animal_are_one(lab: Lab):
    """A short and a long video: what counts is their seconds, not the mean of their shares."""
    lab.predict("a", np.array([0] * 10), 1.0)
    lab.predict("b", np.array([0] * 10 + [1] * 20), 1.0)
    lab.predict("c", np.array([1] * 5 + [UNLABELED] + [1] * 4), 1.0)
    lab.measure(cohort_of(("a", "m1", "g"), ("c", "m2", None), ("b", "m1", "g")))
    rows = read_tsv(lab.root / "animals.tsv").set_index(["animal", "behavior"])
    drink, eat = rows.loc[("m1", "drink")], rows.loc[("m1", "eat")]
    assert (drink["n_videos"], drink["scored_s"], drink["total_s"]) == (2, 40, 20)
    assert (drink["share"], eat["share"]) == (0.5, 0.5)
    assert (drink["n_bouts"], drink["bouts_per_hour"], drink["mean_s"]) == (2, 180, 10)
    assert np.isnan(rows.loc[("m1", "rest"), "mean_s"])
    assert (rows.loc[("m2", "eat"), "group"], rows.loc[("m2", "eat"), "scored_s"]) == ("n/a", 9)
    assert rows["share_error"].isna().all() and (rows["annotated_s"] == 0).all()
    moves = read_tsv(lab.root / "transitions.tsv")
    assert moves.loc[
        moves["n"] > 0, ["animal", "before", "after", "share"]
    ].to_numpy().tolist() == [["m1", "drink", "eat", 1.0]]
    bouts = read_tsv(lab.root / "bouts.tsv")
    assert bouts["video"].tolist() == ["a mpg", "b mpg", "b mpg", "c mpg", "c mpg"]


def test_the_error_is_of_the_annotated_frames_alone(lab: Lab):
    """Of ten annotated seconds six are said to be drinking and four are: 20 % too much."""
    lab.predict("a", np.array([0] * 6 + [1] * 4 + [2] * 90), 1.0)
    lab.annotate("a", np.array([0] * 4 + [1] * 6 + [UNLABELED] * 90))
    lab.predict("b", np.array([3] * 50), 1.0)
    lab.measure(cohort_of(("a", "m1", "g"), ("b", "m1", "g")))
    rows = read_tsv(lab.root / "animals.tsv").set_index("behavior")
    assert (rows["annotated_s"] == 10).all()
    assert rows["share_error"].tolist() == pytest.approx([0.2, -0.2, 0, 0, 0, 0, 0, 0])
    assert rows.loc["drink", "mean_s_error"] == pytest.approx(2)
    assert rows.loc["drink", "bouts_per_hour_error"] == pytest.approx(0)
    assert np.isnan(rows.loc["groom", "mean_s_error"])


def test_short_bouts_go_if_asked(lab: Lab):
    lab.predict("a", np.array([0] * 20 + [1] + [0] * 20), 1.0)
    lab.measure(cohort_of(("a", "m1", "g")), AnalysisOptions(min_bout_s=3))
    rows = read_tsv(lab.root / "animals.tsv").set_index("behavior")
    assert (rows.loc["drink", "n_bouts"], rows.loc["eat", "n_bouts"]) == (1, 0)


def test_what_does_not_fit_is_refused(lab: Lab):
    lab.predict("a", np.array([0] * 10), 1.0)
    with pytest.raises(
        PredictionError, match=r"b\.parquet: no such prediction, but the sheet lists .* b mpg"
    ):
        lab.measure(cohort_of(("a", "m1", "g"), ("b", "m1", "g")))
    lab.annotate("a", np.array([0] * 9))
    with pytest.raises(PredictionError, match="10 frames, but the annotation"):
        lab.measure(cohort_of(("a", "m1", "g")))
    assert not (lab.root / "animals.tsv").exists()


def test_shares_of_an_animal_are_a_whole(mice: Lab):
    rows = read_tsv(mice.root / "animals.tsv")
    assert rows.groupby("animal")["share"].sum().to_numpy() == pytest.approx(1)
    assert rows.groupby("animal")["share_error"].sum().to_numpy() == pytest.approx(0, abs=1e-9)
    assert len(rows) == 12 * len(BEHAVIORS)
    assert rows["animal"].drop_duplicates().tolist() == [f"m{n:02d}" for n in range(1, 13)]
