import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.errors import PredictionError
from homecage.evaluate.bouts import list_bouts, tabulate_bouts, tabulate_time
from homecage.storage.frame_tables import UNLABELED
from homecage.storage.tables import read_tsv

BEHAVIORS = ["a", "b", "c", "never"]
CODES = st.lists(st.integers(UNLABELED, 2), max_size=30).map(lambda c: np.array(c, dtype=np.int8))


@given(CODES)
def test_time_budget_is_labeled_frames_times_their_duration(codes):
    bouts = tabulate_bouts("annotator_1", "v", codes, np.arange(len(codes)) / 25, BEHAVIORS)
    budget = tabulate_time(bouts, BEHAVIORS).set_index("behavior")
    if len(bouts) == 0:
        assert budget.empty
        return
    frame_s = 1 / 25 if len(codes) > 1 else 0
    for code, behavior in enumerate(BEHAVIORS):
        seconds = (codes == code).sum() * frame_s
        assert budget.loc[behavior, "seconds"] == pytest.approx(seconds)
    if len(codes) > 1:
        assert budget["share"].sum() == pytest.approx(1)


def test_times_are_those_of_the_frames_at_variable_rate():
    codes = np.array([0, 0, 1, -1], dtype=np.int8)
    bouts = tabulate_bouts("m", "v", codes, np.array([0.5, 0.6, 1.0, 1.1]), BEHAVIORS)
    assert bouts["start_s"].tolist() == [0.5, 1.0]
    assert bouts["stop_s"].tolist() == [1.0, 1.1]


def list_all(study):
    list_bouts(**study.told(), output=study.root / "evaluation")
    return [read_tsv(study.root / "evaluation" / name) for name in ("bouts.tsv", "time_budget.tsv")]


def test_scorers_are_the_annotators_and_the_methods_but_not_the_human_twice(study):
    codes = {"a": [0, 0, 1], "20080321": [2, -1, -1]}
    study.annotate("annotator_1", codes).annotate("annotator_2", {"a": [1, 1, 1]})
    study.predict("human", {"a": [1, 1, 1]})
    study.predict("3dcnn", {"a": [3, 3, 3], "20080321": [4, 5, 5]})
    bouts, budget = list_all(study)
    columns = ["scorer", "video", "behavior", "start", "stop", "start_s", "stop_s"]
    assert list(bouts.columns) == columns
    assert set(bouts["scorer"]) == {"annotator_1", "annotator_2", "3dcnn"}
    first = bouts[(bouts["scorer"] == "annotator_1") & (bouts["video"] == "a")]
    assert first.iloc[:, 2:].to_numpy().tolist() == [
        ["drink", 0, 2, 0.0, 0.2],
        ["eat", 2, 3, 0.2, pytest.approx(0.3)],
    ]
    assert list(budget.columns) == ["scorer", "video", "behavior", "seconds", "share"]
    rows = budget.set_index(["scorer", "video", "behavior"])
    assert len(rows) == 5 * len(study.behaviors)
    assert rows.loc[("annotator_1", "a", "drink"), "share"] == pytest.approx(2 / 3)
    assert rows.loc[("annotator_1", "20080321", "groom"), "seconds"] == pytest.approx(0.1)
    assert rows.loc[("3dcnn", "a", "walk"), "seconds"] == 0


def test_videos_bear_their_own_names_and_the_columns_of_their_lab(study):
    study.describe("b_1", name="b/1", animal="007", group="wild type").annotate(
        "annotator_1", {"b_1": [0, 1]}
    )
    for table in list_all(study.predict("3dcnn", {"b_1": [0, 1]})):
        assert list(table.columns[:5]) == ["scorer", "video", "animal", "group", "behavior"]
        rows = table[["video", "animal", "group"]].drop_duplicates()
        assert rows.to_numpy().tolist() == [["b/1", "007", "wild type"]]


def test_an_annotated_video_that_no_method_predicts_is_refused(study):
    study.annotate("annotator_1", {"a": [0], "b": [0]}).predict("3dcnn", {"a": [0]})
    with pytest.raises(PredictionError, match=r"b\.parquet: annotated, but no method"):
        list_all(study)


def test_unequal_lengths_are_refused(study):
    study.annotate("annotator_1", {"a": [0, 0]}).predict("3dcnn", {"a": [0]})
    with pytest.raises(PredictionError, match=r"1 frames, but the annotation .* has 2"):
        list_all(study)
