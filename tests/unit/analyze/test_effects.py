"""Effect sizes and intervals against scipy, and against what they claim."""

import numpy as np
import pytest
from scipy.stats import nct, ttest_1samp, ttest_ind

from homecage.analyze.effects import estimate_difference, estimate_hedges_g, estimate_mean


@pytest.fixture
def groups():
    rng = np.random.default_rng(4)
    return rng.normal(3, 1, 7), rng.normal(1, 2, 5)


def test_a_mean_has_students_interval(groups):
    found = estimate_mean(groups[0])
    expected = ttest_1samp(groups[0], 0).confidence_interval()
    assert found == pytest.approx((groups[0].mean(), expected.low, expected.high))


def test_a_difference_has_welchs_interval(groups):
    found = estimate_difference(*groups)
    expected = ttest_ind(*groups, equal_var=False).confidence_interval()
    assert found == pytest.approx(
        (groups[0].mean() - groups[1].mean(), expected.low, expected.high)
    )


def test_exchanged_groups_change_the_sign_alone(groups):
    for estimate in (estimate_difference, estimate_hedges_g):
        there, back = estimate(*groups), estimate(*groups[::-1])
        assert there == pytest.approx((-back.value, -back.high, -back.low), abs=1e-9)


def test_hedges_g_by_hand():
    """Means 4 and 2, variance 1, three animals each: d = 2; the correction of 4 degrees is 0.7979."""
    found = estimate_hedges_g(np.array([3.0, 4, 5]), np.array([1.0, 2, 3]))
    assert found.value == pytest.approx(2 * 0.797885, rel=1e-5)


def test_the_ends_of_gs_interval_are_noncentral_ts(groups):
    first, second = groups
    found = estimate_hedges_g(first, second)
    t = ttest_ind(first, second).statistic
    scale = np.sqrt(1 / 7 + 1 / 5)
    assert found.value < t * scale  # It alone is freed from bias.
    for end, tail in ((found.low, 0.975), (found.high, 0.025)):
        assert nct.cdf(t, 10, end / scale) == pytest.approx(tail, abs=1e-3)


def test_what_never_varied_has_no_interval():
    """Of a behavior that none of three animals showed it is not certain that none will."""
    never, always = np.full(3, 0.1), np.full(3, 0.3)
    mean, difference = estimate_mean(never), estimate_difference(always, never)
    assert mean.value == 0.1 and np.isnan([mean.low, mean.high]).all()
    assert difference.value == pytest.approx(0.2)
    assert np.isnan([difference.low, difference.high]).all()
    assert np.isfinite(estimate_difference(always, np.array([0.1, 0.2, 0.1])).low)


def test_few_animals_have_no_interval():
    one, none = np.array([1.0]), np.array([])
    assert np.isnan(estimate_mean(one).low) and np.isnan(estimate_mean(none).value)
    assert np.isnan(estimate_difference(one, np.array([2.0, 3])).low)
    assert np.isnan(estimate_difference(one, none).value)
    assert np.isnan(estimate_hedges_g(one, np.array([2.0, 3])).value)
    assert np.isnan(estimate_hedges_g(np.full(3, 0.1), np.full(3, 0.1)).value)
    assert np.isfinite(estimate_hedges_g(np.array([1.0, 1 + 1e-9, 1]), np.array([2.0, 2, 2])).value)
