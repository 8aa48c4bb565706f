import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.evaluate import metrics
from homecage.evaluate.metrics import K
from homecage.study.behaviors import UNLABELED

CODE = st.integers(UNLABELED, K - 1)
PAIRS = st.lists(st.tuples(CODE, CODE), max_size=60)


def codes(values):
    return np.array(values, dtype=np.int8)


def count(pairs):
    return metrics.count_confusion(codes([t for t, _ in pairs]), codes([p for _, p in pairs]))


def same(found, expected):
    return found == pytest.approx(expected, nan_ok=True, abs=1e-12)


@given(PAIRS)
def test_scores_are_those_of_a_loop_over_frames(pairs):
    counts = count(pairs)
    labeled = [(t, p) for t, p in pairs if t != UNLABELED and p != UNLABELED]
    recalls = []
    for k in range(K):
        true = [p == k for t, p in labeled if t == k]
        hits, predicted = sum(true), sum(p == k for _, p in labeled)
        recall = hits / len(true) if true else math.nan
        precision = hits / predicted if true and predicted else math.nan
        f1 = 2 * hits / (len(true) + predicted) if true else math.nan
        assert metrics.support(counts)[k] == len(true)
        assert same(metrics.recall(counts)[k], recall)
        assert same(metrics.precision(counts)[k], precision)
        assert same(metrics.f1(counts)[k], f1)
        recalls += [recall] if true else []
    correct = sum(t == p for t, p in labeled)
    frames = correct / len(labeled) if labeled else math.nan
    behaviors = sum(recalls) / len(recalls) if recalls else math.nan
    assert same(metrics.accuracy_over_frames(counts), frames)
    assert same(metrics.accuracy_over_behaviors(counts), behaviors)


@given(PAIRS, PAIRS)
def test_counts_of_two_videos_add_up_to_the_pooled_ones(first, second):
    assert np.array_equal(count(first) + count(second), count(first + second))


@given(st.lists(st.integers(0, K - 1), min_size=1, max_size=40))
def test_a_perfect_prediction_scores_one(truth):
    counts = metrics.count_confusion(codes(truth), codes(truth))
    for accuracy in metrics.LEVELS.values():
        assert accuracy(counts) == 1
    present = metrics.support(counts) > 0
    for score in (metrics.recall, metrics.precision, metrics.f1):
        assert (score(counts)[present] == 1).all()
        assert np.isnan(score(counts)[~present]).all()


def test_always_predicting_one_behavior_scores_one_of_eight_over_behaviors():
    truth = np.repeat(np.arange(K, dtype=np.int8), np.arange(1, K + 1))
    counts = metrics.count_confusion(truth, np.full_like(truth, K - 1))
    assert metrics.accuracy_over_behaviors(counts) == 1 / K
    assert metrics.accuracy_over_frames(counts) == K / len(truth)


def test_a_behavior_never_predicted_has_f1_zero_and_no_precision():
    counts = metrics.count_confusion(codes([0, 0, 1]), codes([1, 1, 1]))
    assert metrics.recall(counts)[0] == metrics.f1(counts)[0] == 0
    assert np.isnan(metrics.precision(counts)[0])


def test_a_behavior_absent_from_the_truth_has_no_score_even_if_predicted():
    counts = metrics.count_confusion(codes([0, 0]), codes([0, 3]))
    for score in (metrics.recall, metrics.precision, metrics.f1):
        assert np.isnan(score(counts)[3])
    assert metrics.accuracy_over_behaviors(counts) == 0.5


def test_no_labeled_frame_has_no_accuracy():
    counts = metrics.count_confusion(codes([-1, -1]), codes([0, 1]))
    for accuracy in metrics.LEVELS.values():
        assert math.isnan(accuracy(counts))


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="truth has 2 frames, prediction has 3"):
        metrics.count_confusion(codes([0, 1]), codes([0, 1, 1]))
