"""A time is the frame that the video shows nearest to it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.annotations.clock import Clock
from homecage.annotations.reading import Edge
from homecage.annotations.table import CellError


def find(clock, time_s):
    return clock.find_frame(Edge(time_s=time_s))


@given(
    steps_ms=st.lists(st.integers(4, 200), min_size=1, max_size=50),
    late_ms=st.sampled_from([-1, 0, 1]),
)
def test_each_frame_is_found_by_its_own_time_and_by_a_millisecond_more_or_less(steps_ms, late_ms):
    time_s = np.cumsum(steps_ms) / 1000
    clock = Clock(time_s)
    for frame, at_s in enumerate(time_s):
        assert find(clock, round(at_s + late_ms / 1000, 3)) == frame


@pytest.mark.parametrize("rate_fps", [25, 30000 / 1001, 59.94, 247])
def test_frames_of_every_rate_are_found_by_times_of_three_decimals(rate_fps):
    clock = Clock(np.arange(10_000) / rate_fps)
    found = [find(clock, round(frame / rate_fps, 3)) for frame in range(10_001)]
    assert found == list(range(10_001))  # The last one is where the video ends.


def test_of_two_frames_as_near_it_is_the_one_shown():
    assert [find(Clock(np.arange(100) / 25), t) for t in (3.3, 3.301, 3.299)] == [82, 83, 82]


def test_a_time_beyond_the_end_says_how_far():
    clock = Clock(np.arange(100) / 25)
    assert [find(clock, t) for t in (3.99, 4.0, 4.04, 8.0)] == [100, 100, 101, 200]


def test_times_of_frames_may_be_uneven_or_go_back():
    clock = Clock(np.array([0.0, 0.1, 0.5, 0.4, 0.6]))
    assert [find(clock, t) for t in (0.0, 0.2, 0.45, 0.6, 0.7)] == [0, 1, 2, 4, 4]


def test_frames_count_more_than_times():
    clock = Clock(np.arange(100) / 25)
    assert clock.find_frame(Edge(frame=7, time_s=2.0)) == 7
    assert clock.measure_gap(Edge(frame=7, time_s=2.0)) == 43


def test_frames_without_a_time_cannot_be_found_by_it():
    clock = Clock(np.array([0.0, np.nan]))
    assert clock.find_frame(Edge(frame=1)) == 1
    with pytest.raises(CellError, match="frames without a time; expected an annotation in frames"):
        find(clock, 0.0)


@pytest.mark.parametrize("time_s", [[], [0.0], [0.0, 0.0]])
def test_a_video_of_hardly_a_frame(time_s):
    assert find(Clock(np.array(time_s)), 0.0) >= 0
