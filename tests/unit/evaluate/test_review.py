import numpy as np
import pandas as pd
import pytest

from homecage.errors import PredictionError
from homecage.evaluate.habits import pool
from homecage.evaluate.queue import Doubts
from homecage.evaluate.review import SHARES, measure_review, review_predictions
from homecage.storage.frame_tables import UNLABELED, Prediction
from homecage.storage.tables import read_tsv

BEHAVIORS = ["drink", "eat", "rest"]


def simulate(n_frames, seed):
    """Return predictions and truths (T,) of which each is as likely as its probability says."""
    rng = np.random.default_rng(seed)
    probability = rng.dirichlet([0.4] * len(BEHAVIORS), n_frames // 10).repeat(10, axis=0)
    truth = (probability.cumsum(axis=1) < rng.random((n_frames, 1))).sum(axis=1).clip(max=2)
    codes = probability.argmax(axis=1).astype(np.int8)
    said = Prediction(codes, np.arange(n_frames) / 30, probability.astype(np.float32))
    return Doubts({"one": said}, "one", pool([], 3), BEHAVIORS), truth.astype(np.int8)


def test_where_probabilities_are_true_so_is_the_estimate():
    doubts, truth = simulate(100_000, seed=1)
    table = pd.DataFrame(measure_review(doubts, truth))
    assert table["difference"].abs().max() < 0.01
    # And the review was worth something: half of it mends far more than half.
    assert table.loc[0, "actual"] < 0.85
    assert (table["actual"] >= table["at_random"] - 1e-9).all()
    half = table.set_index("share").loc[0.5]
    assert half["actual"] > half["at_random"] + 0.02


def test_expected_accuracy_only_grows_with_minutes_up_to_certainty():
    doubts, truth = simulate(5_000, seed=2)
    table = pd.DataFrame(measure_review(doubts, truth))
    for column in ("minutes", "expected", "actual", "at_random"):
        assert table[column].is_monotonic_increasing, column
    assert table.loc[0, "expected"] == pytest.approx(doubts.expected_accuracy)
    assert table.iloc[-1][["expected", "actual", "at_random"]].tolist() == pytest.approx([1, 1, 1])
    assert table["minutes"].iloc[-1] == pytest.approx(5_000 / 30 / 60)
    assert (table["minutes"] <= table["share"] * 5_000 / 30 / 60 + 1e-6).all()


def test_actual_accuracy_is_of_labeled_frames_counted_one_by_one():
    doubts, truth = simulate(3_000, seed=3)
    truth[::7] = UNLABELED
    clips = doubts.list_clips(truth != UNLABELED)
    for point in measure_review(doubts, truth):
        codes = doubts.codes.copy()
        for clip in clips[: int(point["n_clips"])]:
            codes[clip.start : clip.stop] = truth[clip.start : clip.stop]
        known = truth != UNLABELED
        assert point["actual"] == pytest.approx((codes == truth)[known].mean())


def test_what_is_expected_and_what_comes_are_of_the_same_frames():
    """The second half is doubtful and not annotated: nothing is compared there, nor is time spent on it."""
    doubts, truth = simulate(20_000, seed=5)
    truth[10_000:] = UNLABELED
    doubts.right[10_000:] = 0.3
    table = pd.DataFrame(measure_review(doubts, truth))
    assert table["difference"].abs().max() < 0.03
    assert table.set_index("share").loc[0.2, "actual"] > table.loc[0, "actual"] + 0.05
    assert (table["actual"] >= table["at_random"] - 1e-9).all()
    assert table["minutes"].iloc[-1] == pytest.approx(10_000 / 30 / 60)
    assert table["expected_whole"].tolist() == [doubts.expected_accuracy] * len(SHARES)
    assert doubts.expected_accuracy < table.loc[0, "expected"] - 0.1


def test_where_nothing_that_is_annotated_is_said_there_is_no_comparison():
    doubts, truth = simulate(600, seed=4)
    table = pd.DataFrame(measure_review(doubts, np.full_like(truth, UNLABELED)))
    assert table["expected"].notna().all() and table["actual"].isna().all()


def test_a_video_without_annotation_has_an_estimate_and_no_truth():
    doubts, _ = simulate(600, seed=4)
    table = pd.DataFrame(measure_review(doubts, None))
    assert table["expected"].notna().all()
    assert table[["actual", "difference", "at_random"]].isna().all(axis=None)


@pytest.fixture
def reviewed(study, tmp_path):
    """Three videos, of which one is not annotated, by two methods; in a, short bouts alone are in doubt."""
    codes = {video: np.repeat([0, 1, 4] * 20, 10) for video in "abc"}
    odd = {**codes, "a": np.where(np.arange(600) // 5 == 9, 3, codes["a"])}
    study.annotate("annotator_1", {video: codes[video] for video in "ab"})
    study.predict("plain", codes).predict("better", odd)
    study.describe("a", animal="m1").describe("b", animal="m1").describe("c", animal="m2")
    review_predictions(**study.told(), queues=tmp_path, review=tmp_path / "review.tsv")
    return tmp_path


def test_tables_are_of_every_method_and_video(reviewed):
    review = read_tsv(reviewed / "review.tsv")
    keys = [(method, video) for method in ("plain", "better") for video in "abc"]
    assert list(review.groupby(["method", "video"], sort=False).groups) == keys
    for video in "abc":
        assert list(read_tsv(reviewed / f"{video}.tsv")["method"].unique()) == ["plain", "better"]
    assert set(review["share"]) == set(SHARES)
    assert review.set_index("video").loc["c", "actual"].isna().all()
    assert review.set_index("video").loc["c", "animal"].eq("m2").all()


def test_what_is_in_doubt_comes_first_and_mends_what_was_wrong(reviewed):
    queue = read_tsv(reviewed / "a.tsv").query("method == 'better'")
    first = queue.iloc[0]
    assert first["rank"] == 1 and first["start"] <= 45 and first["stop"] >= 50
    assert first["why"].startswith("better says hang, but plain eat (0.5 s); eat for")
    review = read_tsv(reviewed / "review.tsv").query("method == 'better' and video == 'a'")
    assert review["actual"].iloc[0] == pytest.approx(595 / 600)
    assert (review.query("n_clips > 0")["actual"] == 1).all()


def test_what_is_implausible_in_a_video_is_not_learned_from_its_own_annotation(study, tmp_path):
    """Video a has short bouts; seen from b they are too short, seen from itself they would not be."""
    codes = {"a": np.repeat([0, 1] * 30, 10), "b": np.repeat([0, 1] * 20, 50)}
    study.annotate("annotator_1", codes).predict("plain", codes)
    review_predictions(**study.told(), queues=tmp_path, review=tmp_path / "review.tsv")
    why = {video: read_tsv(tmp_path / f"{video}.tsv")["why"] for video in "ab"}
    assert why["a"].str.contains("last 5.00 s or longer").all()
    assert not why["b"].str.contains("or longer").any()


def test_methods_that_lack_a_video_or_differ_in_length_are_refused(study, tmp_path):
    study.annotate("annotator_1", {"a": [0] * 50, "b": [1] * 50})
    study.predict("plain", {"a": [0] * 50, "b": [1] * 50}).predict("better", {"a": [0] * 50})
    with pytest.raises(
        PredictionError, match=r"b\.parquet: no such prediction; every method must predict"
    ):
        review_predictions(**study.told(), queues=tmp_path, review=tmp_path / "review.tsv")
    study.predict("better", {"b": [1] * 40})
    with pytest.raises(PredictionError, match=r"40 frames, but .*b\.parquet has 50"):
        review_predictions(**study.told(), queues=tmp_path, review=tmp_path / "review.tsv")
    assert not (tmp_path / "review.tsv").exists()
