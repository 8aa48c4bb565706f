"""The cosinor against waves that are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from homecage.analyze.cosinor import (
    Bins,
    _measure_inflation,
    average_rhythms,
    fit_cosinor,
    search_period,
)


def wave(days, period_h=24.0, peak_h=15.5, width_h=1 / 6, mesor=0.4, amplitude=0.3) -> Bins:
    """Return the exact means of a cosine over bins."""
    edges = np.arange(0, 24 * days + width_h / 2, width_h)
    turn = 2 * np.pi / period_h
    area = np.sin(turn * (edges - peak_h)) / turn
    share = mesor + amplitude * np.diff(area) / width_h
    middle = (edges[1:] + edges[:-1]) / 2
    return Bins(middle, share, np.ones(len(middle)), width_h)


@settings(max_examples=25, deadline=None)
@given(peak=st.floats(0, 23.9), width=st.sampled_from([1 / 6, 1.0, 4.0]), gaps=st.integers(0, 100))
def test_a_wave_is_found_again(peak, width, gaps):
    """Whatever is missing, and however wide bins are: a bin's mean is not its middle."""
    bins = wave(3, peak_h=peak, width_h=width)
    keep = np.random.default_rng(gaps).random(len(bins.share)) > 0.3
    keep[:6] = True
    kept = Bins(bins.middle_h[keep], bins.share[keep], bins.weight[keep], width)
    found = fit_cosinor(kept, 24.0)
    assert found.mesor.value == pytest.approx(0.4, abs=1e-9)
    assert found.amplitude.value == pytest.approx(0.3, abs=1e-9)
    assert abs((found.acrophase_h.value - peak + 12) % 24 - 12) < 1e-6
    assert 0 <= found.acrophase_h.value < 24
    assert found.r2 == pytest.approx(1)


@pytest.mark.parametrize("period", [20.3, 23.4, 24.0, 27.7])
def test_a_period_is_found_again(period):
    found = search_period(wave(4, period_h=period, peak_h=10), 18, 30)
    assert found is not None
    assert found.period_h.value == pytest.approx(period, abs=1e-3)
    assert found.acrophase_h.value == pytest.approx(10, abs=1e-2)


def test_a_period_at_a_bound_is_none():
    assert search_period(wave(4, period_h=40), 18, 30) is None


def noisy(seed, alike=0.0, amplitude=0.3):
    rng = np.random.default_rng(seed)
    bins = wave(3, amplitude=amplitude)
    noise = rng.normal(0, 0.2, len(bins.share))
    for place in range(1, len(noise)):
        noise[place] = alike * noise[place - 1] + np.sqrt(1 - alike**2) * noise[place]
    return bins._replace(share=bins.share + noise)


@pytest.mark.parametrize("alike", [0.0, 0.8])
def test_intervals_hold_the_truth_about_as_often_as_they_say(alike):
    """Of 200 waves in noise, also in noise that lasts for hours: 95 % within 3 standard errors."""
    truth = {"mesor": 0.4, "amplitude": 0.3, "acrophase_h": 15.5}
    held = dict.fromkeys(truth, 0)
    for seed in range(200):
        found = fit_cosinor(noisy(seed, alike), 24.0)
        for name, value in truth.items():
            _, low, high = getattr(found, name)
            held[name] += low <= value <= high
    assert all(181 <= n <= 200 for n in held.values()), held


def test_the_interval_of_a_period_holds_the_truth():
    held = 0
    for seed in range(20):
        found = search_period(noisy(seed), 21, 27)
        assert found is not None
        held += found.period_h.low <= 24 <= found.period_h.high
    assert held >= 16


def test_without_a_rhythm_there_is_no_acrophase_to_tell():
    small = [fit_cosinor(noisy(seed, amplitude=0.0), 24.0) for seed in range(100)]
    p = np.array([one.p for one in small])
    assert 0.005 < (p < 0.05).mean() < 0.12
    assert all(np.isnan(one.acrophase_h.low) for one in small if one.p >= 0.05)
    assert fit_cosinor(noisy(0), 24.0).p < 1e-6


def test_a_state_of_hours_in_noise_is_no_rhythm():
    """Half of the variance is a state of 3 hours, half is noise of single bins, as of bouts in 10 minutes.

    The correlation of neighbors says nothing of how long it lasts.
    """
    p = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        bins = wave(7, amplitude=0.0)
        n = len(bins.share)
        alike = np.exp(-1 / 18)
        state = lfilter([np.sqrt(1 - alike**2)], [1, -alike], rng.normal(size=n + 200))[200:]
        share = bins.share + 0.05 * np.sqrt(0.5) * (state + rng.normal(size=n))
        p.append(fit_cosinor(bins._replace(share=share), 24.0).p)
    assert np.mean(np.array(p) < 0.05) < 0.12


def test_what_was_not_recorded_is_skipped():
    """Residuals are related by how far apart they were, not by their place in the table."""
    bins = noisy(0, alike=0.9)
    keep = np.arange(len(bins.share)) % 6 == 0  # One bin an hour, of ten minutes.
    kept = bins._replace(
        middle_h=bins.middle_h[keep], share=bins.share[keep], weight=bins.weight[keep]
    )
    hourly = kept._replace(width_h=1.0)
    residuals = np.tile([0.1, -0.1], len(kept.share) // 2)
    assert _measure_inflation(np.abs(residuals), kept) == _measure_inflation(residuals, kept)
    assert _measure_inflation(np.abs(residuals), hourly) > 4


def test_the_best_of_many_periods_is_as_seldom_by_chance_as_it_says():
    p = []
    for seed in range(60):
        share = 0.3 + np.random.default_rng(seed).normal(0, 0.05, 120)
        found = search_period(Bins(np.arange(120) + 0.5, share, np.ones(120), 1.0), 18, 30)
        p.append(found.p if found else 1.0)
    assert np.mean(np.array(p) < 0.05) < 0.1


def test_animals_that_differ_in_one_direction_are_tested_in_it():
    """Two without a wave and one with: their covariance has no inverse, and nothing is sure."""
    linear = np.array([[0.0, 0, 0], [0, 0, 0], [0.5, 0.3, 0.1]])
    assert average_rhythms(linear, 24.0).p > 0.3
    assert average_rhythms(np.tile(linear[2], (3, 1)), 24.0).p == 0


def test_a_bin_counts_as_far_as_it_was_scored():
    bins = wave(2)
    wrong = bins.share.copy()
    wrong[7] = 1.0
    assert fit_cosinor(bins._replace(share=wrong), 24.0).mesor.value != pytest.approx(0.4, abs=1e-6)
    weight = bins.weight.copy()
    weight[7] = 1e-12
    found = fit_cosinor(bins._replace(share=wrong, weight=weight), 24.0)
    assert found.mesor.value == pytest.approx(0.4, abs=1e-6)


def test_the_mean_of_animals_is_the_mean_of_their_cosines():
    linear = np.array([fit_cosinor(wave(2, peak_h=peak), 24.0).linear for peak in (14.0, 15, 16)])
    found = average_rhythms(linear, 24.0)
    assert found.acrophase_h.value == pytest.approx(15)
    turn = 2 * np.pi / 24
    assert found.amplitude.value == pytest.approx(0.3 * (1 + 2 * np.cos(turn)) / 3)
    assert found.acrophase_h.low < 15 < found.acrophase_h.high
    assert found.p < 0.05


def test_animals_over_midnight_average_to_midnight():
    linear = np.array([fit_cosinor(wave(2, peak_h=peak), 24.0).linear for peak in (23.0, 0.5, 1)])
    found = average_rhythms(linear, 24.0)
    assert min(found.acrophase_h.value, 24 - found.acrophase_h.value) < 0.5
