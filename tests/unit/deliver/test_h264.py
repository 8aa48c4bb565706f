"""The rate of a video that is made of frames that came at any times."""

from fractions import Fraction

import numpy as np
import pytest

from homecage.deliver.h264 import measure_rate


@pytest.mark.parametrize("digits", [3, 6])
@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001), Fraction(15, 2)])
def test_the_rate_is_the_videos_own_however_times_are_rounded(rate, digits):
    assert measure_rate(np.round(np.arange(300) / float(rate), digits)) == rate


def test_frames_without_a_time_or_a_duration_have_a_rate_all_the_same():
    assert measure_rate(np.array([0, 0.5, np.nan, 1.5, 1.0, 2.0])) == Fraction(5, 2)
    assert measure_rate(np.array([3.0])) == measure_rate(np.zeros(4)) == 1
