"""What is said while videos are annotated."""

import logging

import numpy as np
import pytest

from homecage.deliver import progress


@pytest.mark.parametrize(
    ("others", "left"), [(300, ", about 1 min left"), (None, "")], ids=["known", "unknown"]
)
def test_frames_per_second_and_the_time_left_of_all_videos(monkeypatch, caplog, others, left):
    now_s = iter(range(0, 1000, 6))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now_s))
    caplog.set_level(logging.INFO)
    blocks = [np.zeros((50, 1, 1, 1), np.uint8)] * 2
    followed = progress.Progress([200, others]).follow("a.mpg", blocks, 200)
    assert sum(map(len, followed)) == 100
    # Asked at 0, 6 and 12 s, said at 18 s: 100 frames in 18 s, and 400 to come.
    assert [record.message for record in caplog.records] == [
        f"a.mpg: 100 of about 200 frames, 6 frames/s{left}"
    ]


def test_a_header_that_was_wrong_is_not_repeated(monkeypatch, caplog):
    now_s = iter(range(0, 1000, 10))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now_s))
    caplog.set_level(logging.INFO)
    blocks = [np.zeros((50, 1, 1, 1), np.uint8)]
    list(progress.Progress([20]).follow("a.mpg", blocks, 20))
    assert [record.message for record in caplog.records] == ["a.mpg: 50 frames, 2 frames/s"]
