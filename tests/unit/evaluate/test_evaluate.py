import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homecage.errors import ConfigError, HomecageError, PredictionError, StoreError
from homecage.evaluate.evaluate import evaluate_predictions
from homecage.evaluate.options import Comparisons, EvaluationOptions
from homecage.evaluate.published import TABLE_1
from homecage.evaluate.scores import MEASURES
from homecage.storage.frame_tables import UNLABELED
from homecage.storage.tables import read_tsv

AWKWARD = '2008 "née" A.b'
GAIN = ("better", "plain")


def evaluate(study, published="no", comparisons=(), **told):
    folder = study.root / "evaluation"
    evaluate_predictions(
        **study.told(),
        comparisons=Comparisons(comparisons),
        options=EvaluationOptions(resamples=200),
        published=published,
        output=folder,
        **told,
    )
    return {path.stem: read_tsv(path) for path in folder.iterdir()}


def accuracy_of(tables, method, frames_of, level, average="pooled"):
    table = tables["accuracy"].set_index(["method", "frames_of", "level", "average"])
    return table.loc[(method, frames_of, level, average), "accuracy"]


@pytest.fixture
def tables(study):
    """Two videos of different length, one of them annotated twice and in part."""
    truth = {AWKWARD: [0, 0, 0, 1, 1, 1, -1, 2], "20080321": [2, 2]}
    human = {AWKWARD: [0, 0, 1, 1, -1, -1, 2, 2]}
    study.annotate("annotator_1", truth).annotate("annotator_2", human)
    study.predict("human", human)
    study.predict("plain", {AWKWARD: [0, 1, 1, 1, 1, 0, 3, 2], "20080321": [2, 5]})
    study.predict("better", {AWKWARD: [0, 0, 1, 1, 1, 1, 3, 2], "20080321": [2, 2]})
    return evaluate(study, comparisons=(GAIN, ("plain", "human")))


def test_accuracy_by_hand(tables):
    assert accuracy_of(tables, "plain", "FD", "frames") == 5 / 9
    assert accuracy_of(tables, "plain", "FD", "behaviors") == pytest.approx(
        (1 / 3 + 2 / 3 + 2 / 3) / 3
    )
    assert accuracy_of(tables, "plain", "FD", "frames", "videos") == (4 / 7 + 1 / 2) / 2
    assert accuracy_of(tables, "better", "FD", "frames") == 8 / 9
    # FD*: frames 0, 1, 2, 3 and 7 of the first video.
    assert accuracy_of(tables, "better", "FD*", "frames") == 4 / 5
    assert accuracy_of(tables, "human", "FD*", "frames") == 4 / 5
    assert accuracy_of(tables, "human", "FD*", "behaviors") == pytest.approx((2 / 3 + 1 + 1) / 3)


def test_accuracy_has_the_columns_and_rows_that_others_rely_on(tables):
    accuracy = tables["accuracy"]
    columns = ["method", "frames_of", "level", "average", "accuracy", "low", "high", "unit"]
    assert list(accuracy.columns) == [*columns, "n_units", "n_frames", "source"]
    assert not accuracy.duplicated(columns[:4]).any()
    n_frames = accuracy.groupby(["method", "frames_of"], sort=False)["n_frames"].unique()
    assert {key: list(n) for key, n in n_frames.items()} == {
        ("plain", "FD"): [9],
        ("plain", "FD*"): [5],
        ("better", "FD"): [9],
        ("better", "FD*"): [5],
        ("human", "FD*"): [5],
    }
    assert set(accuracy["source"]) == {"measured"}


def test_gain_is_the_difference_in_points(tables):
    gain = tables["gain"].set_index(["method", "baseline", "frames_of", "level", "average"])
    points = gain["gain_points"]
    assert points[(*GAIN, "FD", "frames", "pooled")] == pytest.approx(100 * (8 / 9 - 5 / 9))
    assert points[(*GAIN, "FD*", "frames", "pooled")] == pytest.approx(100 * (4 / 5 - 3 / 5))
    assert points["plain", "human", "FD*", "frames", "pooled"] == pytest.approx(-20)
    assert len(points) == 8 + 4  # No human on FD.


def test_a_comparison_with_a_method_that_is_not_there_is_refused(study):
    study.annotate("annotator_1", {"a": [0, 1]}).predict("plain", {"a": [0, 1]})
    with pytest.raises(ConfigError, match=r"comparisons: 'better' was not scored; .* of: plain"):
        evaluate(study, comparisons=(GAIN,))


def test_methods_are_listed_as_they_come_and_the_human_last(tables):
    order = ["plain", "better", "human"]
    for name in ("accuracy", "accuracy_by_video", "per_behavior", "confusion"):
        assert list(tables[name]["method"].unique()) == order


def test_accuracy_by_video_is_what_is_averaged(tables):
    by_video = tables["accuracy_by_video"]
    columns = ["method", "frames_of", "video", "level", "accuracy", "n_frames"]
    assert list(by_video.columns) == columns
    rows = by_video.set_index(columns[:4])
    assert rows.loc[("plain", "FD", AWKWARD, "frames"), "accuracy"] == 4 / 7
    assert rows.loc[("plain", "FD", "20080321", "frames")].tolist() == [1 / 2, 2]
    assert ("human", "FD*", "20080321", "frames") not in rows.index


def test_tables_of_videos_show_names_and_the_columns_of_their_lab(study):
    study.describe("v_1", name="v 1", animal="007", cage="").describe("w", animal="8", cage="B")
    study.annotate("annotator_1", {"w": [0, 1], "v_1": [1, 1]})
    tables = evaluate(study.predict("plain", {"w": [0, 1], "v_1": [1, 1]}))
    for name in ("accuracy_by_video", "confusion_by_video"):
        shown = ["method", "frames_of", "video", "animal", "cage"]
        assert list(tables[name].columns[:5]) == shown
        rows = tables[name][shown[2:]].drop_duplicates().fillna("")
        # In the order of the study, whichever that of the files.
        assert rows.to_numpy().tolist() == [["v 1", "007", ""], ["w", "8", "B"]]


def test_a_behavior_absent_from_the_truth_is_not_available(tables, study):
    rows = tables["per_behavior"].set_index(["method", "frames_of", "behavior"])
    absent = rows.loc[("plain", "FD", "hang")]  # Predicted once, never true.
    assert absent["support"] == 0
    assert absent[["recall", "precision", "f1", "kappa"]].isna().all()
    text = (study.root / "evaluation/per_behavior.tsv").read_text(encoding="utf-8")
    assert "plain\tFD\thang\tn/a\tn/a\tn/a\tn/a\t0\n" in text


def recompute(confusion, level):
    """Score a confusion table without the code under test."""
    square = confusion.pivot_table(
        index="truth", columns="prediction", values="n_frames"
    ).to_numpy()
    if level == "frames":
        return np.trace(square) / square.sum() if square.sum() else math.nan
    shares = [row[k] / row.sum() for k, row in enumerate(square) if row.sum()]
    return sum(shares) / len(shares) if shares else math.nan


LENGTH = 12
CODES = st.lists(st.integers(UNLABELED, 5), min_size=LENGTH, max_size=LENGTH)
BEHAVIOR_CODES = st.lists(st.integers(0, 5), min_size=LENGTH, max_size=LENGTH)


@settings(max_examples=15, deadline=None)
@given(truth=st.tuples(CODES, CODES), other=CODES, method=st.tuples(BEHAVIOR_CODES, BEHAVIOR_CODES))
def test_the_tables_agree_with_each_other(make_study, truth, other, method):
    study = make_study()
    study.annotate("annotator_1", {"a": truth[0], "b": truth[1]})
    study.annotate("annotator_2", {"b": other}).predict("human", {"b": other})
    tables = evaluate(study.predict("plain", {"a": method[0], "b": method[1]}))
    by_video = tables["confusion_by_video"]
    for row in tables["accuracy"].itertuples():
        keys = (row.method, row.frames_of)
        confusion = tables["confusion"].set_index(["method", "frames_of"]).loc[[keys]]
        mine = by_video[(by_video["method"] == keys[0]) & (by_video["frames_of"] == keys[1])]
        assert confusion["n_frames"].sum() == mine["n_frames"].sum() == row.n_frames
        if row.average == "pooled":
            expected = recompute(confusion, row.level)
        else:
            videos = [recompute(rows, row.level) for _, rows in mine.groupby("video")]
            videos = [value for value in videos if not math.isnan(value)]
            expected = sum(videos) / len(videos) if videos else math.nan
        assert row.accuracy == pytest.approx(expected, nan_ok=True, abs=1e-12)
    for (method_name, frames_of), rows in tables["per_behavior"].groupby(["method", "frames_of"]):
        confusion = tables["confusion"].set_index(["method", "frames_of"])
        truths = confusion.loc[[(method_name, frames_of)]].groupby("truth")["n_frames"].sum()
        assert rows.set_index("behavior")["support"].to_dict() == truths.to_dict()


def test_without_a_second_annotator_there_is_no_fd_star(study):
    study.annotate("annotator_1", {"a": [0, 1]}).predict("plain", {"a": [0, 1]})
    tables = evaluate(study)
    for name in ("accuracy", "per_behavior", "confusion"):
        assert set(tables[name]["frames_of"]) == {"FD"}
    assert tables["gain"].empty


def test_two_annotators_without_a_common_frame_make_no_fd_star(study):
    study.annotate("annotator_1", {"a": [0, -1]}).annotate("annotator_2", {"a": [-1, 1]})
    study.predict("human", {"a": [-1, 1]}).predict("plain", {"a": [0, 1]})
    assert set(evaluate(study)["accuracy"]["frames_of"]) == {"FD"}


def test_a_video_without_labels_does_not_enter_the_mean_over_videos(study):
    study.annotate("annotator_1", {"a": [0, 0], "b": [-1, -1]})
    tables = evaluate(study.predict("plain", {"a": [0, 1], "b": [0, 1]}))
    for level in ("behaviors", "frames"):
        assert accuracy_of(tables, "plain", "FD", level, "videos") == 0.5


def test_published_rows_stand_there_only_when_asked_for_and_are_marked(study):
    study.annotate("annotator_1", {"a": [0, 0]}).predict("plain", {"a": [0, 1]})
    assert set(evaluate(study, "no")["accuracy"]["source"]) == {"measured"}
    accuracy = evaluate(study, "yes")["accuracy"]
    published = accuracy[accuracy["source"] == "published"]
    assert len(published) == len(TABLE_1) == 10
    assert not set(published["method"]) & set(
        accuracy.loc[accuracy["source"] == "measured", "method"]
    )
    assert published[["low", "high", "n_units", "n_frames"]].isna().all(axis=None)
    assert set(published["average"]) == {"videos"}  # The paper averages over videos.
    values = published.set_index(["method", "frames_of", "level"])["accuracy"]
    assert values["lstm-3dcnn (Le & Murari)", "FD", "behaviors"] == 0.765
    assert values["svm-hmm (Jhuang et al.)", "FD*", "frames"] == 0.773
    assert values["human (Jhuang et al.)", "FD*", "frames"] == 0.716


def test_numbers_are_written_to_the_last_digit(study):
    study.annotate("annotator_1", {"a": [0, 0, 0]}).predict("plain", {"a": [0, 1, 1]})
    evaluate(study)
    text = (study.root / "evaluation/accuracy.tsv").read_text(encoding="utf-8")
    line = f"plain\tFD\tframes\tpooled\t{1 / 3!r}\tn/a\tn/a\tvideo\t1\t3\tmeasured\n"
    assert line in text


def test_the_same_files_give_the_same_bytes(tables, study):
    def read():
        return {p.name: p.read_bytes() for p in (study.root / "evaluation").iterdir()}

    before = read()
    study.predictions.sort(key=lambda path: "plain" not in str(path))  # Methods as before.
    study.annotations.reverse()
    evaluate(study, comparisons=(GAIN, ("plain", "human")))
    assert read() == before


def test_a_prediction_of_another_length_is_refused(study):
    study.annotate("annotator_1", {"a b": [0, 1, 1]}).predict("plain", {"a b": [0, 1]})
    with pytest.raises(PredictionError, match=r"plain/a b\.parquet: 2 frames, but .* has 3"):
        evaluate(study)
    assert not (study.root / "evaluation").exists()


def test_a_second_annotation_of_another_length_is_refused(study):
    study.annotate("annotator_1", {"a": [0, 1, 1]}).annotate("annotator_2", {"a": [0]})
    with pytest.raises(PredictionError, match=r"annotator_2/a\.parquet: 1 frames, but .* has 3"):
        evaluate(study.predict("plain", {"a": [0, 1, 1]}))


def test_a_method_that_skips_a_labeled_frame_is_refused(study):
    study.annotate("annotator_1", {"a": [-1, 1, 1]}).predict("plain", {"a": [-1, 1, -1]})
    with pytest.raises(PredictionError, match=r"plain/a\.parquet: frame 2 is annotated but"):
        evaluate(study)


def test_a_method_that_skips_a_video_is_refused(study):
    study.annotate("annotator_1", {"a": [0], "b": [0]}).predict("plain", {"a": [0]})
    with pytest.raises(PredictionError, match=r"plain/b\.parquet: no such prediction"):
        evaluate(study)


def test_the_truth_must_be_there(study):
    study.annotate("annotator_2", {"a": [0]}).predict("plain", {"a": [0]})
    with pytest.raises(HomecageError, match="no annotation is of annotator_1"):
        evaluate(study)


def test_the_same_video_twice_is_refused(study):
    study.annotate("annotator_1", {"a": [0]}).predict("plain", {"a": [0]})
    study.predictions *= 2
    with pytest.raises(PredictionError, match="the same video is also in"):
        evaluate(study)


def test_a_prediction_of_no_video_of_the_study_is_refused(study):
    study.annotate("annotator_1", {"a": [0]}).predict("plain", {"a": [0], "b": [0]})
    with pytest.raises(PredictionError, match=r"plain/b\.parquet: 'b' is no video of the study"):
        evaluate(study)


def test_a_mixed_up_prediction_is_refused(study):
    study.annotate("annotator_1", {"a": [0], "b": [1]}).predict("plain", {"a": [0], "b": [1]})
    a, b = study.predictions
    b.write_bytes(a.read_bytes())
    with pytest.raises(StoreError, match=r'plain/b\.parquet: its video is "a", expected "b"'):
        evaluate(study)


@pytest.mark.parametrize("name", ["na", "nan", "007", "a\tb", 'q"q', '"q" r', " é ", "a/b"])
def test_names_of_videos_survive_the_tables(study, name):
    study.describe("key", name=name).annotate("annotator_1", {"key": [0]})
    tables = evaluate(study.predict("plain", {"key": [0]}))
    assert set(tables["confusion_by_video"]["video"]) == {name}


def test_missing_scores_are_missing_for_any_reader(tables, study):
    table = pd.read_csv(study.root / "evaluation/per_behavior.tsv", sep="\t")
    assert table["recall"].isna().any()
    assert table["recall"].dtype == float


def test_scores_name_everyone_that_is_compared(tables):
    scores = tables["scores"]
    columns = ["method", "frames_of", "against", "measure", "average", "value", "low", "high"]
    assert list(scores.columns) == columns
    assert not scores.duplicated(columns[:5]).any()
    keys = scores[columns[:3]].drop_duplicates().itertuples(index=False, name=None)
    assert set(keys) == {
        *((m, f, "annotator_1") for m in ("plain", "better") for f in ("FD", "FD*")),
        *((m, "FD*", "annotator_2") for m in ("plain", "better")),
        ("human", "FD*", "annotator_1"),
    }
    assert set(tables["boundary"]["method"]) == {"plain", "better", "human"}
    # What a person says has no probability.
    assert set(tables["calibration"]["method"]) == {"plain", "better"}
    of_human = set(scores.loc[scores["method"] == "human", "measure"])
    assert set(MEASURES) - of_human == {"log_loss", "calibration_error"}


def test_scores_by_hand(tables):
    value = tables["scores"].set_index(["method", "frames_of", "against", "measure", "average"])
    value = value["value"].sort_index()
    # Against annotator 2, frames 0 1 2 3 7 of the first video: 0 0 1 1 2.
    assert value["better", "FD*", "annotator_2", "accuracy_frames", "pooled"] == 1
    assert value["plain", "FD*", "annotator_2", "accuracy_frames", "pooled"] == 4 / 5
    # In truth 000 111 - 2 and 22; plain says 0 1111 0 - 2 and 2 5.
    plain = value["plain", "FD", "annotator_1"]
    assert plain["bouts", "pooled"] == 6 and plain["true_bouts", "pooled"] == 4
    assert plain["bouts", "videos"] == 3 and plain["bout_ratio", "pooled"] == 1.5
    assert plain["true_median_bout_s", "videos"] == pytest.approx((0.3 + 0.2) / 2)
    assert "pooled" not in plain["median_bout_s"].index
    assert plain["edit", "pooled"] == 1 - 2 / 6
    # Of 0 (1 of 3), 1 (2 of 5), 2 and 2 (1 of 2).
    assert plain["segment_f1_50", "pooled"] == 2 * 2 / 10
    assert plain["segment_f1_25", "pooled"] == 2 * 4 / 10


def test_the_same_number_is_the_same_in_every_table(tables):
    scores = tables["scores"][tables["scores"]["against"] == "annotator_1"]
    scores = scores.set_index(["measure", "method", "frames_of", "average"]).sort_index()
    accuracy = tables["accuracy"].set_index(["level", "method", "frames_of", "average"])
    accuracy = accuracy.sort_index()
    for level in ("frames", "behaviors"):
        own = scores.loc[f"accuracy_{level}", "value"]
        assert own.equals(accuracy.loc[level, "accuracy"].rename("value").loc[own.index])
    for name in ("boundary", "calibration"):
        table = tables[name].assign(hits=lambda t: t["n_frames"] * t["accuracy"])
        sums = table[table["against"] == "annotator_1"].groupby(["method", "frames_of"]).sum()
        for key, row in sums.iterrows():
            assert row["n_frames"] == accuracy.loc[("frames", *key, "pooled"), "n_frames"]
            share = accuracy.loc[("frames", *key, "pooled"), "accuracy"]
            assert row["hits"] / row["n_frames"] == pytest.approx(share)


@pytest.fixture
def six(study):
    """Six videos of three animals; the better method is right more often in all but one."""
    truth = {f"v{i}": [0, 0, 1, 1] for i in range(6)}
    for i in range(6):
        study.describe(f"v{i}", animal=f"M{i // 2}")
    study.annotate("annotator_1", truth)
    study.predict("plain", {video: [0, 1, 0, 0] for video in truth})
    better = {f"v{i}": [0, 0, 1, int(i > 2)] for i in range(6)}
    return study.predict("better", better | {"v0": [1, 1, 0, 0]})


def test_a_gain_is_tested_on_the_differences_of_videos(six):
    gain = evaluate(six, comparisons=(GAIN,))["gain"]
    rows = gain.set_index(["frames_of", "level", "average"])
    row = rows.loc[("FD", "frames", "videos")]
    # -1/4, 1/2, 1/2, 3/4, 3/4, 3/4: only without the minus is a sum as large, and their mirror images.
    assert row["gain_points"] == pytest.approx(50)
    assert (row["n_units"], row["p"], row["test"]) == (6, 4 / 2**6, "exact")
    assert -25 <= row["low"] < row["gain_points"] < row["high"] <= 75
    assert np.isnan(rows.loc[("FD", "frames", "pooled"), "p"])
    assert rows.loc[("FD", "frames", "pooled"), "low"] == pytest.approx(row["low"])


def test_gains_are_corrected_for_all_of_their_column(six):
    alone = evaluate(six, comparisons=(GAIN,))["gain"]
    both = evaluate(six, comparisons=(GAIN, GAIN[::-1]))["gain"]
    assert (alone["p_holm"].dropna() == alone["p"].dropna()).all()
    assert both["p_holm"].dropna().to_numpy() == pytest.approx(
        np.minimum(1, 2 * both["p"].dropna().to_numpy())
    )


def test_groups_that_folds_keep_together_are_drawn_together(six):
    tables = evaluate(six, comparisons=(GAIN,), by="animal")
    assert set(tables["accuracy"]["unit"]) == {"animal"}
    assert set(tables["accuracy"]["n_units"]) == {3}
    assert tables["accuracy"]["low"].isna().all()  # Three are too few.
    videos = tables["gain"][tables["gain"]["average"] == "videos"]
    assert set(videos["n_units"]) == {3} and set(videos["p"]) == {2 / 2**3}
    assert videos["low"].isna().all()
    apart = evaluate(six)
    assert apart["accuracy"]["low"].notna().all()
    assert (apart["accuracy"]["accuracy"] == tables["accuracy"]["accuracy"]).all()
