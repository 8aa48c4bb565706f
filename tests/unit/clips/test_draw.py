"""Which clips are taken: for training anew in each epoch and in the plan's proportions, for a test all."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.clips.draw import Side, draw_clips, list_clips
from homecage.clips.stretches import Stretch

LENGTH = 8


@st.composite
def sides(draw):
    stretches, n_clips, start = [], [], 0
    for behavior in draw(st.lists(st.sampled_from("abc"), min_size=1, unique=True)):
        frames = draw(st.lists(st.integers(LENGTH, 40), min_size=1, max_size=5))
        for i, n_frames in enumerate(frames):
            stretches.append(Stretch("s", f"{behavior}{i}", behavior, start, start + n_frames))
            n_clips.append(20 / len(frames))
            start += n_frames
    return Side(stretches, np.array(n_clips))


@given(sides(), st.integers(0, 99))
def test_an_epoch_has_as_many_clips_of_each_behavior_all_inside_their_stretches(side, seed):
    clips = draw_clips(side, LENGTH, np.random.default_rng(seed))
    chosen = [side.stretches[i] for i in clips.stretch]
    counts = Counter(stretch.behavior for stretch in chosen)
    assert counts == dict.fromkeys({stretch.behavior for stretch in side.stretches}, 20)
    for stretch, start in zip(chosen, clips.start, strict=True):
        assert stretch.start <= start <= stretch.stop - LENGTH


def test_stretches_and_starts_come_in_proportion_and_in_no_order():
    stretches = [Stretch("s", "a", "x", 10, 21), Stretch("s", "b", "x", 50, 58)]
    side = Side(stretches, np.array([6000.0, 2000.0]))
    clips = draw_clips(side, LENGTH, np.random.default_rng(0))
    counts = Counter(zip(clips.stretch.tolist(), clips.start.tolist(), strict=True))
    expected = {(0, 10): 1500, (0, 11): 1500, (0, 12): 1500, (0, 13): 1500, (1, 50): 2000}
    assert set(counts) == set(expected)
    for clip, n in expected.items():
        assert counts[clip] == pytest.approx(n, abs=5 * n**0.5)
    assert abs(clips.stretch[:4000].mean() - clips.stretch[4000:].mean()) < 0.05


@given(sides(), st.integers(0, 99))
def test_the_same_numbers_give_the_same_clips_and_others_others(side, seed):
    first, again, other = (
        draw_clips(side, LENGTH, np.random.default_rng([seed, epoch])) for epoch in (0, 0, 1)
    )
    assert np.array_equal(first.start, again.start)
    assert np.array_equal(first.stretch, again.stretch)
    if len(set(first.start)) > 3:
        assert not np.array_equal(first.start, other.start)


@given(sides())
def test_a_test_takes_all_clips_that_fit_side_by_side(side):
    clips = list_clips(side, LENGTH)
    taken = list(zip(clips.stretch.tolist(), clips.start.tolist(), strict=True))
    expected = []
    for i, stretch in enumerate(side.stretches):
        start = stretch.start
        while start + LENGTH <= stretch.stop:
            expected.append((i, start))
            start += LENGTH
    assert taken == expected


def test_where_there_is_no_test_there_are_no_clips():
    assert len(list_clips(Side([], np.zeros(0)), LENGTH)) == 0
