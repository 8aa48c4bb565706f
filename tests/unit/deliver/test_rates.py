"""Another frame rate: which frames are shown, and which tick speaks for each frame."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.deliver.rates import choose_frames, choose_ticks, pick, same_rate


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


@pytest.mark.parametrize("size", [1, 3, 64])
def test_frames_are_picked_from_a_stream(size):
    frames = np.arange(20, dtype=np.uint8).reshape(20, 1, 1, 1)
    wanted = np.array([0, 0, 1, 5, 5, 5, 7, 19])
    blocks = (frames[start : start + size] for start in range(0, 20, size))
    np.testing.assert_array_equal(np.concatenate(list(pick(blocks, wanted))), frames[wanted])
