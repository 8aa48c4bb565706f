import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss

from homecage.evaluate.calibration import (
    EDGES,
    calibration_error,
    count_confidence,
    sum_log_loss,
)
from homecage.evaluate.metrics import ratio

K = 3


def draw(seed, n_frames=300):
    rng = np.random.default_rng(seed)
    probability = rng.dirichlet(np.ones(K), n_frames).astype(np.float32)
    return rng.integers(0, K, n_frames).astype(np.int8), probability


@given(st.integers(0, 99))
def test_reliability_and_log_loss_are_those_of_scikit_learn(seed):
    truth, probability = draw(seed)
    confidence, correct = probability.max(axis=1), probability.argmax(axis=1) == truth
    counts = count_confidence(truth, probability)
    seen = counts[counts[:, 0] > 0]
    accuracy, mean = calibration_curve(correct, confidence, n_bins=len(EDGES) - 1)
    assert seen[:, 2] / seen[:, 0] == pytest.approx(accuracy)
    assert seen[:, 1] / seen[:, 0] == pytest.approx(mean)
    exact = probability.astype(float)
    expected = log_loss(truth, exact / exact.sum(axis=1, keepdims=True), labels=range(K))
    assert ratio(sum_log_loss(truth, probability)) == pytest.approx(expected, rel=1e-5)


def test_unlabeled_frames_do_not_count():
    truth, probability = draw(0)
    masked = truth.copy()
    masked[100:] = -1
    for count in (count_confidence, sum_log_loss):
        assert np.allclose(count(masked, probability), count(truth[:100], probability[:100]))
    nothing = np.full(300, -1, np.int8)
    assert np.isnan(calibration_error(count_confidence(nothing, probability)))
    assert np.isnan(ratio(sum_log_loss(nothing, probability)))


def test_by_hand():
    probability = np.array([[0.75, 0.25], [0.25, 0.75], [0.75, 0.25], [1, 0]], np.float32)
    counts = count_confidence(np.array([0, 1, 1, 1], np.int8), probability)
    assert counts[7].tolist() == [3, 2.25, 2] and counts[9].tolist() == [1, 1, 0]
    # .083 off in three frames, 1 in one.
    assert calibration_error(counts) == pytest.approx((0.25 + 1) / 4)


def test_what_was_held_impossible_costs_much_but_not_all():
    loss = ratio(sum_log_loss(np.array([1], np.int8), np.array([[1, 0]], np.float32)))
    assert 15 < loss < 17
