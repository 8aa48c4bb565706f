"""The permutation test against scipy's, against all relabelings by hand, and against its laws."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import permutation_test

from homecage.analyze.permutation import find_smallest_p, permute_labels

ALL = 100_000


def split(n_first: int, n_second: int) -> np.ndarray:
    return np.repeat([True, False], [n_first, n_second])


def test_one_measure_is_as_scipy_says():
    rng = np.random.default_rng(1)
    for shift in (0, 1, 3):
        first, second = rng.normal(shift, 1, 5), rng.normal(0, 1, 4)
        expected = permutation_test(
            (first, second),
            lambda a, b, axis: np.abs(a.mean(axis=axis) - b.mean(axis=axis)),
            vectorized=True,
            alternative="greater",
            n_resamples=np.inf,
        ).pvalue
        found = permute_labels(np.concatenate([first, second])[:, None], split(5, 4), ALL)
        assert found.exact
        assert found.p[0] == found.corrected[0] == pytest.approx(expected)


def test_max_t_by_hand():
    """All relabelings, the pooled t of each measure, and the largest of them, one by one."""
    rng = np.random.default_rng(2)
    values = rng.normal(size=(7, 3)) * [1, 10, 100]
    values[:4, 1] += 15

    def t(first):
        a, b = values[list(first)], np.delete(values, list(first), axis=0)
        pooled = (((a - a.mean(0)) ** 2).sum(0) + ((b - b.mean(0)) ** 2).sum(0)) / 5
        return np.abs(a.mean(0) - b.mean(0)) / np.sqrt(pooled * (1 / len(a) + 1 / len(b)))

    all_t = np.array([t(first) for first in combinations(range(7), 4)])
    observed = t(range(4))
    found = permute_labels(values, split(4, 3), ALL)
    assert found.p == pytest.approx((all_t >= observed - 1e-9).mean(axis=0))
    largest = all_t.max(axis=1)[:, None]
    assert found.corrected == pytest.approx((largest >= observed - 1e-9).mean(axis=0))


def test_under_the_null_a_p_is_as_small_as_it_says():
    """Of all labelings of the same animals exactly a share of p has a p of that or less."""
    values = np.random.default_rng(3).normal(size=(6, 2))
    found = [
        permute_labels(values, np.isin(range(6), first), ALL) for first in combinations(range(6), 3)
    ]
    for p in np.array([[*one.p] for one in found]).T:
        for level in (
            np.arange(2, 21, 2) / 20
        ):  # Each labeling and its mirror image have the same p.
            assert (p <= level + 1e-9).mean() == pytest.approx(level)
    smallest = np.array([one.corrected.min() for one in found])
    for level in np.arange(1, 21) / 20:
        assert (smallest <= level + 1e-9).mean() <= level + 1e-9


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1000),
    n_first=st.integers(2, 4),
    n_second=st.integers(2, 4),
    gaps=st.booleans(),
)
def test_which_group_is_first_is_no_matter(seed, n_first, n_second, gaps):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 4, (n_first + n_second, 3)).astype(float)
    if gaps:
        values[rng.random(values.shape) < 0.2] = np.nan
    labels = split(n_first, n_second)
    there, back = permute_labels(values, labels, ALL), permute_labels(values, ~labels, ALL)
    assert there.p == pytest.approx(back.p)
    assert there.corrected == pytest.approx(back.corrected)
    assert (there.corrected >= there.p - 1e-12).all()
    smallest = find_smallest_p(n_first, n_second, most=ALL)
    assert (there.p >= smallest - 1e-12).all()


def test_measures_that_few_animals_have_hide_nothing():
    """Of four animals groups explain nearly all by chance, of sixteen they do not."""
    rng = np.random.default_rng(5)
    values, labels = rng.normal(size=(16, 21)), split(8, 8)
    values[labels, 0] += 4
    for group in (0, 8):
        for measure in range(1, 21):
            values[group + rng.permutation(8)[:6], measure] = np.nan
    found = permute_labels(values, labels, 1000)
    assert found.corrected[0] < 0.05 and (found.corrected[1:] > 0.05).all()
    assert (found.corrected >= found.p).all()


def test_what_two_animals_have_is_no_difference():
    values = np.array([[1.0, 0], [np.nan, 1], [np.nan, 2], [2, 9], [np.nan, 9], [np.nan, 10]])
    found = permute_labels(values, split(3, 3), ALL)
    assert found.corrected.tolist() == [1, pytest.approx(0.1)]


def test_what_never_varies_is_no_difference():
    values = np.column_stack([np.full(8, 0.1), [0, 0, 0, 0, 1, 1, 1, 1]]).astype(float)
    found = permute_labels(values, split(4, 4), ALL)
    assert found.p.tolist() == [1.0, pytest.approx(2 / 70)]


def test_many_relabelings_are_drawn_and_the_observed_one_counts():
    values = np.concatenate([np.zeros(12), np.ones(12)])[:, None]
    found = permute_labels(values, split(12, 12), 999)
    assert not found.exact
    assert found.p[0] == pytest.approx(1 / 1000)
    assert found == permute_labels(values, split(12, 12), 999)
    assert find_smallest_p(12, 12, most=999) == pytest.approx(1 / 1000)


def test_the_smallest_p_of_few_animals():
    assert find_smallest_p(2, 2, most=ALL) == pytest.approx(2 / 6)
    assert find_smallest_p(3, 3, most=ALL) == pytest.approx(0.1)
    assert find_smallest_p(4, 3, most=ALL) == pytest.approx(1 / 35)
    assert find_smallest_p(1, 0, most=ALL) == 1
