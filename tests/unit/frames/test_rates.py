"""Another frame rate: which frames are shown, and which tick speaks for each frame."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.frames.rates import (
    choose_frames,
    choose_ticks,
    is_of_other_rate,
    pick,
    resample,
    same_rate,
)


def test_rates_that_a_camera_rounds_are_the_same():
    assert same_rate(30, 30000 / 1001) and same_rate(25, 25)
    assert not same_rate(25, 24) and not same_rate(60, 30)


def test_half_as_many_and_twice_as_many_frames():
    time_s = np.arange(6) / 50
    assert choose_frames(time_s, 25).tolist() == [0, 2, 4]
    assert choose_frames(np.arange(3) / 10, 30).tolist() == [0, 0, 1, 1, 1, 2, 2]


times = st.lists(st.floats(0.001, 0.2), min_size=1, max_size=60).map(
    lambda gaps: 3.0 + np.cumsum(gaps)
)


@given(times, st.floats(5, 60))
def test_the_nearest_in_time_is_chosen(time_s, rate_fps):
    frames, ticks = choose_frames(time_s, rate_fps), choose_ticks(time_s, rate_fps)
    at_s = time_s[0] + np.arange(len(frames)) / rate_fps
    nearest = np.abs(time_s[None] - at_s[:, None]).min(axis=1)
    np.testing.assert_allclose(np.abs(time_s[frames] - at_s), nearest, atol=1e-9)
    nearest = np.abs(time_s[:, None] - at_s[None]).min(axis=1)
    np.testing.assert_allclose(np.abs(time_s - at_s[ticks]), nearest, atol=1e-9)
    assert (np.diff(frames) >= 0).all() and at_s[-1] <= time_s[-1] + 1e-6


@given(times, st.floats(5, 60))
def test_each_tick_shows_a_frame_and_each_frame_is_spoken_for(time_s, rate_fps):
    shown, resampling = resample(time_s, rate_fps)
    np.testing.assert_array_equal(np.repeat(np.arange(len(time_s)), resampling.n_shown), shown)
    np.testing.assert_array_equal(resampling.shown_as, choose_ticks(time_s, rate_fps))
    assert (np.diff(resampling.shown_as) >= 0).all() and resampling.shown_as[-1] < len(shown)


@given(st.integers(2, 400), st.floats(5, 60))
def test_at_its_own_rate_a_video_is_shown_as_it_is(n_frames, rate_fps):
    time_s = 1.0 + np.arange(n_frames) / rate_fps
    assert not is_of_other_rate(time_s, rate_fps)
    shown, resampling = resample(time_s, rate_fps)
    assert shown.tolist() == resampling.shown_as.tolist() == [*range(n_frames)]


def test_a_variable_rate_is_another_one_and_without_times_none_is_known():
    time_s = np.arange(100) / 25
    assert is_of_other_rate(time_s, 30) and is_of_other_rate(time_s**1.1, 25)
    assert not is_of_other_rate(time_s[:1], 30)
    assert not is_of_other_rate(np.full(100, np.nan), 30)


def test_where_time_goes_backward_it_stands_still():
    shown, resampling = resample(np.array([0, 0.1, 0.05, 0.35]), 10)
    assert shown.tolist() == [0, 2, 2, 3] and resampling.n_shown.tolist() == [1, 0, 2, 1]


@pytest.mark.parametrize("size", [1, 3, 64])
def test_frames_are_picked_from_a_stream(size):
    frames = np.arange(20, dtype=np.uint8).reshape(20, 1, 1, 1)
    wanted = np.array([0, 0, 1, 5, 5, 5, 7, 19])
    blocks = (frames[start : start + size] for start in range(0, 20, size))
    np.testing.assert_array_equal(np.concatenate(list(pick(blocks, wanted))), frames[wanted])
