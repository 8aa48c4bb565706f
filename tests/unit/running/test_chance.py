"""The verdict of chance, against the binomial itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.running.chance import stays_at_chance

CHANCES = [1 / 2, 1 / 3, 1 / 8, 1 / 20, 0.7]


@pytest.mark.parametrize("chance", CHANCES)
def test_guessing_is_recognized(chance):
    rng = np.random.default_rng(0)
    verdicts = [stays_at_chance(int(n), 8000, chance) for n in rng.binomial(8000, chance, 1000)]
    assert np.mean(verdicts) > 0.99


@pytest.mark.parametrize("chance", CHANCES)
@pytest.mark.parametrize("n_samples", [1, 8, 100, 1000, 1700, 3000, 8000, 10**6])
def test_a_gain_of_five_points_is_never_taken_for_guessing(chance, n_samples):
    rng = np.random.default_rng(0)
    n_correct = rng.binomial(n_samples, chance + 0.05, 1000)
    assert np.mean([stays_at_chance(int(n), n_samples, chance) for n in n_correct]) < 0.005


@given(st.integers(0, 300), st.integers(2, 10))
def test_of_few_samples_nothing_is_said(n_samples, n_behaviors):
    assert not stays_at_chance(0, n_samples, 1 / n_behaviors)


def test_many_samples_show_a_small_gain():
    assert stays_at_chance(1_001_000, 8_000_000, 1 / 8)
    assert not stays_at_chance(1_004_000, 8_000_000, 1 / 8)
