import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, f1_score

from homecage.evaluate import metrics
from homecage.storage.frame_tables import UNLABELED

K = 4
CODE = st.integers(UNLABELED, K - 1)
PAIRS = st.lists(st.tuples(CODE, CODE), max_size=60)


def codes(values):
    return np.array(values, dtype=np.int8)


def count(truth, prediction):
    return metrics.count_confusion(codes(truth), codes(prediction), K)


def count_pairs(pairs):
    return count([t for t, _ in pairs], [p for _, p in pairs])


def same(found, expected):
    return found == pytest.approx(expected, nan_ok=True, abs=1e-12)


@given(PAIRS)
def test_scores_are_those_of_a_loop_over_frames(pairs):
    counts = count_pairs(pairs)
    scores = metrics.score_behaviors(counts)
    labeled = [(t, p) for t, p in pairs if t != UNLABELED and p != UNLABELED]
    recalls = []
    for k in range(K):
        true = [p == k for t, p in labeled if t == k]
        hits, predicted = sum(true), sum(p == k for _, p in labeled)
        recall = hits / len(true) if true else math.nan
        assert [counts[k, j] for j in range(K)] == [labeled.count((k, j)) for j in range(K)]
        assert scores["support"][k] == len(true)
        assert same(scores["recall"][k], recall)
        precision = hits / predicted if true and predicted else math.nan
        assert same(scores["precision"][k], precision)
        f1 = 2 * hits / (len(true) + predicted) if true else math.nan
        assert same(scores["f1"][k], f1)
        assert same(scores["kappa"][k], agree([(t == k, p == k) for t, p in labeled]))
        recalls += [recall] if true else []
    correct = sum(t == p for t, p in labeled)
    frames = correct / len(labeled) if labeled else math.nan
    behaviors = sum(recalls) / len(recalls) if recalls else math.nan
    assert same(metrics.accuracy_over_frames(counts), frames)
    assert same(metrics.accuracy_over_behaviors(counts), behaviors)


def agree(pairs):
    """Return Cohen's kappa of (truth, said) pairs; NaN where it is never true or nothing is left."""
    n = len(pairs)
    if not any(truth for truth, _ in pairs):
        return math.nan
    observed = sum(truth == said for truth, said in pairs) / n
    true, said = sum(truth for truth, _ in pairs) / n, sum(said for _, said in pairs) / n
    expected = true * said + (1 - true) * (1 - said)
    return (observed - expected) / (1 - expected) if expected < 1 else math.nan


@given(PAIRS, PAIRS)
def test_counts_of_two_videos_add_up_to_the_pooled_ones(first, second):
    pooled = count_pairs(first + second)
    assert np.array_equal(count_pairs(first) + count_pairs(second), pooled)


@given(st.lists(st.integers(0, K - 1), min_size=1, max_size=40))
def test_a_perfect_prediction_scores_one(truth):
    counts = count(truth, truth)
    for accuracy in metrics.ACCURACIES.values():
        assert accuracy(counts) == 1
    scores = metrics.score_behaviors(counts)
    present = scores["support"] > 0
    for name in ("recall", "precision", "f1"):
        assert (scores[name][present] == 1).all()
        assert np.isnan(scores[name][~present]).all()


def test_always_predicting_one_behavior_scores_one_of_k_over_behaviors():
    truth = np.repeat(np.arange(K), np.arange(1, K + 1))
    counts = count(truth, np.full_like(truth, K - 1))
    assert metrics.accuracy_over_behaviors(counts) == 1 / K
    assert metrics.accuracy_over_frames(counts) == K / len(truth)


def test_a_behavior_never_predicted_has_f1_zero_and_no_precision():
    scores = metrics.score_behaviors(count([0, 0, 1], [1, 1, 1]))
    assert scores["recall"][0] == scores["f1"][0] == 0
    assert np.isnan(scores["precision"][0])


def test_a_behavior_absent_from_the_truth_has_no_score_even_if_predicted():
    counts = count([0, 0], [0, 3])
    scores = metrics.score_behaviors(counts)
    assert all(np.isnan(scores[name][3]) for name in ("recall", "precision", "f1", "kappa"))
    assert metrics.accuracy_over_behaviors(counts) == 0.5


def test_no_labeled_frame_has_no_accuracy():
    counts = count([-1, -1], [0, 1])
    for accuracy in metrics.ACCURACIES.values():
        assert math.isnan(accuracy(counts))


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match=r"\(2,\) \(3,\)"):
        count([0, 1], [0, 1, 1])


@given(st.lists(st.tuples(st.integers(0, K - 1), st.integers(0, K - 1)), min_size=1, max_size=60))
def test_kappa_and_macro_f1_are_those_of_scikit_learn(pairs):
    truth, said = zip(*pairs, strict=True)
    counts = count(truth, said)
    expected = cohen_kappa_score(truth, said) if len({*truth, *said}) > 1 else math.nan
    assert same(float(metrics.kappa(counts)), expected)
    occurring = sorted(set(truth))
    expected = f1_score(truth, said, labels=occurring, average="macro", zero_division=0)
    assert same(float(metrics.macro_f1(counts)), expected)


@given(PAIRS)
def test_the_error_of_the_time_budget_is_that_of_the_shares(pairs):
    labeled = [(t, p) for t, p in pairs if t != UNLABELED and p != UNLABELED]
    if not labeled:
        assert math.isnan(metrics.time_budget_error(count_pairs(pairs)))
        return
    wrong = [
        abs(sum(t == k for t, _ in labeled) - sum(p == k for _, p in labeled)) / len(labeled)
        for k in range(K)
    ]
    assert same(float(metrics.time_budget_error(count_pairs(pairs))), sum(wrong) / K)


@given(PAIRS, PAIRS)
def test_many_matrices_are_scored_as_each_by_itself(first, second):
    both = np.stack([count_pairs(first), count_pairs(second)])
    for score in (
        *metrics.ACCURACIES.values(),
        *(metrics.kappa, metrics.macro_f1, metrics.time_budget_error),
    ):
        assert same(score(both), [float(score(counts)) for counts in both])
