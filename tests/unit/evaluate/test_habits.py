import numpy as np
import pytest

from homecage.evaluate.habits import find_odd, observe, pool

BEHAVIORS = ["drink", "eat", "rest"]


def codes_of(*bouts):
    return np.concatenate([np.full(length, code, np.int8) for code, length in bouts])


def seconds(n_frames, fps=10):
    return np.arange(n_frames + 1) / fps


def watch(*bouts):
    codes = codes_of(*bouts)
    return observe(codes, seconds(len(codes)), len(BEHAVIORS))


def test_a_bout_shorter_than_99_of_100_is_odd():
    """Of a hundred the shortest is the usual one, too; of fewer than twenty none is too short."""
    bouts = [(1, 20 + n) if half else (2, 10) for n in range(20) for half in (0, 1)]
    habits = watch(*[(0, 5), (2, 10)] * 19, *bouts)
    assert habits.shortest_s.tolist() == pytest.approx([0, 2.0, 1.0])
    codes = codes_of((1, 19), (2, 10), (1, 20))
    (odd,) = find_odd(codes, seconds(len(codes)), habits, BEHAVIORS)
    assert (odd.start, odd.stop) == (0, 19)
    assert odd.what == "eat for 1.90 s"
    assert odd.but == "all 20 annotated bouts of eat last 2.00 s or longer"
    many = watch(*bouts * 6)
    (odd,) = find_odd(codes, seconds(len(codes)), many, BEHAVIORS)
    assert odd.but == "99 of 100 annotated bouts of eat last 2.00 s or longer"


def test_a_change_that_never_was_seen_puts_the_shorter_bout_in_doubt():
    habits = watch(*[(1, 10), (2, 10)] * 20, (0, 10))
    codes = codes_of((1, 30), (0, 20), (1, 30))
    odd = list(find_odd(codes, seconds(len(codes)), habits, BEHAVIORS))
    # From drink nothing was seen to follow often enough to say that eat never does.
    assert [(one.start, one.stop, one.what) for one in odd] == [(30, 50, "drink right after eat")]
    assert odd[0].but == "none of the 20 annotated changes from eat"


def test_few_changes_tell_nothing_and_a_gap_is_no_change():
    few = watch(*[(1, 10), (2, 10)] * 10)
    codes = codes_of((1, 30), (0, 20))
    assert not list(find_odd(codes, seconds(50), few, BEHAVIORS))
    often = watch(*[(1, 10), (2, 10)] * 30)
    assert not watch((1, 10), (-1, 1), (2, 10)).changes.any()
    apart = codes_of((1, 30), (-1, 1), (0, 20))
    assert not list(find_odd(apart, seconds(51), often, BEHAVIORS))


def test_habits_of_several_videos_are_those_of_all_bouts():
    first, second = watch((0, 4), (1, 6)), watch((1, 8), (0, 2), (1, 3))
    both = pool([first, second], len(BEHAVIORS))
    assert sorted(both.lengths_s[1]) == pytest.approx([0.3, 0.6, 0.8])
    assert both.changes.tolist() == [[0, 2, 0], [1, 0, 0], [0, 0, 0]]


def test_without_annotations_nothing_is_odd():
    codes = codes_of((1, 1), (2, 1), (0, 1))
    assert not list(find_odd(codes, seconds(3), pool([], 3), BEHAVIORS))
