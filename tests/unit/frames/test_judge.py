"""Times and lengths are judged by what they are, whatever file they are of."""

import numpy as np
import pytest

from homecage.frames.containers import Statement
from homecage.frames.judge import judge_length, judge_times, measure_steady_rate


def times(*moments):
    return np.array(moments, float)


GRID = np.arange(100) / 25


@pytest.mark.parametrize(
    "time_s",
    [GRID, GRID + 7, GRID[:1], GRID[:2], np.round(GRID * 25 / 29.97, 3), GRID + (GRID % 0.08) / 20],
)
def test_regular_times(time_s):
    found = judge_times(time_s)
    assert found.damage == found.warnings == []


@pytest.mark.parametrize(
    ("time_s", "warning"),
    [
        (
            np.delete(GRID, 40),
            "a gap of 0.080 s in time after frame 39; frames lie 0.04 s apart elsewhere",
        ),
        (np.r_[GRID[:50], GRID[50:] + 2], "a gap of 2.040 s in time after frame 49; "),
        (GRID**1.1, "a variable frame rate: 100 frames lie "),
        # No interval differs by much from the others, and half of them are longer.
        (
            np.r_[GRID[:50], 2 + GRID[:50] * 1.08],
            "a variable frame rate: 100 frames lie 0.04 to 0.0432 s",
        ),
        (np.r_[GRID[:50], GRID[49:]], "time does not increase after frame 49"),
        (np.r_[GRID[:50], GRID], "time does not increase after frame 49"),
        (np.r_[GRID[:2], GRID[:2], GRID[:2]], "time does not increase after frame 1 and at 1 more"),
    ],
)
def test_irregular_times(time_s, warning):
    found = judge_times(time_s)
    assert found.damage == [] and len(found.warnings) == 1
    assert found.warnings[0].startswith(warning)


@pytest.mark.parametrize(
    ("time_s", "rate_fps"),
    [
        (GRID, 25),
        (np.round(np.arange(400) / 120, 3), 120),
        (np.r_[GRID[:50], GRID[50:] + 100], 25),  # The mean rate would be 1.
        (np.repeat(GRID[::10], 2) + np.tile([0, 0], 10), None),
        (np.r_[GRID[:10], GRID[9:]], 25),
        (np.r_[GRID[:50], GRID[50:150:3] + 2, GRID[50:] * 3], None),
        (np.r_[GRID[:10], GRID[10] + np.arange(50) * 0.12], None),
        (GRID[:1], None),
        (times(0, np.nan, 1), None),
    ],
)
def test_the_steady_rate(time_s, rate_fps):
    assert measure_steady_rate(time_s) == (rate_fps and pytest.approx(rate_fps, rel=1e-3))


def test_times_that_are_not_there():
    assert judge_times(times()).damage == ["no frame could be decoded"]
    found = judge_times(times(0, np.nan, np.nan, 3))
    assert found.damage == ["2 frames have no presentation time, first frame 1"]


@pytest.mark.parametrize(
    ("stated", "n_bytes", "damage", "warning"),
    [
        (Statement(), 10, None, None),
        (Statement("index", 100, 90, last_s=9.0, n_bytes=20), 10, None, "its header counts 90"),
        (
            Statement("index", 101, last_s=4.0, n_bytes=20),
            10,
            "cut off: the file has 10 bytes of the 20",
            None,
        ),
        (
            Statement("index", 101, last_s=4.0),
            10,
            "100 frames could be decoded of 101; the last begins",
            None,
        ),
        (Statement("index", 101, last_s=3.96), 10, None, "its index has 101; both end together"),
        (
            Statement("header", None, 101, last_s=4.0),
            10,
            "decoded of 101; the last begins at 3.960 s",
            None,
        ),
        (Statement("duration", end_s=4.0), 10, None, None),
        (
            Statement("duration", end_s=4.04),
            10,
            "the last ends at 4.000 s, by its duration at 4.040 s",
            None,
        ),
        (Statement("duration", end_s=4.5, certain=False), 10, None, None),
        (
            Statement("last timestamp", end_s=6, certain=False),
            10,
            None,
            "by its last timestamp at 6.000 s",
        ),
    ],
)
def test_frames_against_what_the_container_states(stated, n_bytes, damage, warning):
    found = judge_length(stated, GRID, n_bytes)
    for signs, expected in ((found.damage, damage), (found.warnings, warning)):
        assert bool(signs) == (expected is not None), signs
        assert expected is None or expected in signs[0]


def test_the_last_frame_may_last_as_long_as_any():
    """Of a variable rate nobody knows how long the last frame was meant to be shown."""
    time_s = np.r_[GRID[:50], GRID[50:] + 1]
    assert judge_length(Statement("duration", end_s=time_s[-1] + 1), time_s, 0).damage == []
