from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from homecage.evaluate.intervals import (
    MOST_EXACT,
    correct_by_holm,
    cut_tails,
    estimate,
    flip_signs,
)
from homecage.evaluate.metrics import divide
from homecage.evaluate.options import LEAST_UNITS, EvaluationOptions

MANY = EvaluationOptions(resamples=20_000)
FEW = EvaluationOptions(resamples=1_000)


def share(counts):
    return divide(counts[..., 0], counts[..., 1])


def of_values(values):
    """Units of one video each, whose mean is estimated."""
    return np.stack([values, np.ones(len(values))], axis=-1)


def test_an_interval_of_a_mean_is_students():
    """Widened, the percentile interval is that of Student's t, which a plain one falls short of."""
    rng = np.random.default_rng(3)
    values = rng.normal(0.6, 0.1, 8)
    found = estimate(share, of_values(values), MANY)
    error = values.std(ddof=1) / np.sqrt(8)
    assert found.value == pytest.approx(values.mean())
    half = stats.t.ppf(0.975, 7) * error
    assert found.high - found.low == pytest.approx(2 * half, rel=0.12)
    plain = np.quantile(rng.choice(values, (20_000, 8)).mean(axis=1), [0.025, 0.975])
    assert found.low < plain[0] and found.high > plain[1]


@pytest.mark.parametrize("n_units", [5, 12, 10_000])
def test_tails_are_those_of_student_for_as_many_units(n_units):
    t = stats.t.ppf(0.975, n_units - 1) * np.sqrt(n_units / (n_units - 1))
    tail = stats.norm.sf(t)
    assert cut_tails(np.linspace(0, 1, 100_001), n_units) == pytest.approx(
        (tail, 1 - tail), abs=1e-6
    )
    assert 0.0005 < tail < 0.02501


def test_intervals_hold_as_often_as_they_say():
    """Of the mean of 12 skewed values: a plain percentile interval holds .90 of the times."""
    rng, hits = np.random.default_rng(0), []
    for _ in range(400):
        found = estimate(share, of_values(rng.beta(8, 2, 12)), FEW)
        hits.append(found.low <= 0.8 <= found.high)
    assert 0.91 < np.mean(hits) < 0.98


def test_units_are_drawn_and_not_frames():
    """The interval is that of the units' counts, however many frames each has."""
    few = np.array([[1, 2], [0, 2], [2, 2], [1, 2], [2, 2], [0, 2]])
    assert estimate(share, few, FEW)[:3] == pytest.approx(estimate(share, 1000 * few, FEW)[:3])


def test_draws_are_the_same_for_all_and_each_time():
    counts = np.random.default_rng(1).integers((0, 9), 18, (9, 2))
    assert estimate(share, counts, FEW) == estimate(share, counts, FEW)
    # A gain of nothing is nothing in every draw.
    both = np.stack([counts, counts], axis=1)
    found = estimate(lambda c: share(c[..., 0, :]) - share(c[..., 1, :]), both, FEW)
    assert found[:3] == (0, 0, 0)


def test_few_units_have_no_interval_and_empty_ones_do_not_count():
    counts = np.array([[1, 2]] * (LEAST_UNITS - 1) + [[0, 0]] * 3)
    found = estimate(share, counts, FEW)
    assert found.value == 0.5 and found.n_units == LEAST_UNITS - 1
    assert np.isnan([found.low, found.high]).all()
    assert estimate(share, np.vstack([counts, [[1, 2]]]), FEW).high == 0.5


def test_nothing_counted_is_no_score():
    assert np.isnan(estimate(share, np.zeros((9, 2)), FEW)[:3]).all()


def test_draws_without_a_score_are_left_out():
    assert cut_tails(np.array([np.nan, 0.3, np.nan, 0.3]), 6) == (0.3, 0.3)
    assert np.isnan(cut_tails(np.array([np.nan]), 6)).all()


DIFFERENCES = st.lists(st.floats(-1, 1), min_size=1, max_size=8).map(np.array)


@given(DIFFERENCES)
def test_sign_flips_are_those_of_all_combinations(differences):
    observed = abs(differences.sum())
    sums = [abs(np.dot(signs, differences)) for signs in product([1, -1], repeat=len(differences))]
    expected = np.mean([one >= observed - 1e-9 for one in sums])
    # Sums that differ by rounding alone are equal.
    close = [one for one in sums if observed - 1e-9 <= one < observed * (1 - 1e-12)]
    if not close:
        assert flip_signs(differences, FEW) == expected


def test_the_least_p_is_two_of_all_combinations():
    assert flip_signs(np.full(6, 0.1), FEW) == 2 / 2**6
    assert flip_signs(np.full(MOST_EXACT, 0.1), FEW) == 2 / 2**MOST_EXACT
    assert flip_signs(np.array([0.1, -0.1]), FEW) == 1
    assert np.isnan(flip_signs(np.array([]), FEW))


def test_more_units_than_can_be_tried_are_tried_at_random():
    rng = np.random.default_rng(0)
    differences = rng.normal(0.3, 1, 40)
    p = flip_signs(differences, MANY)
    z = differences.sum() / np.sqrt((differences**2).sum())
    assert p == pytest.approx(2 * stats.norm.sf(abs(z)), abs=0.02)
    assert flip_signs(np.ones(40), FEW) == 1 / 1_001  # Never 0.


def test_holm_by_hand():
    p = np.array([0.04, 0.01, np.nan, 0.03])
    assert correct_by_holm(p) == pytest.approx([0.06, 0.03, np.nan, 0.06], nan_ok=True)
    assert correct_by_holm(np.array([0.7, 0.6])).tolist() == [1, 1]
    assert correct_by_holm(np.array([0.2])).tolist() == [0.2]
