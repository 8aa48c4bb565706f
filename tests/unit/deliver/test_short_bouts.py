"""The filter of short bouts, against its description written out naively, and its laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.clips.bouts import find_bouts
from homecage.deliver.short_bouts import TOLERANCE_S, join_short_bouts
from homecage.storage.frame_tables import UNLABELED

RUNS = st.lists(st.tuples(st.integers(UNLABELED, 2), st.integers(1, 4)), max_size=9)
SEED = st.integers(0, 2**16)


def make(runs, seed):
    codes = np.array([code for code, n in runs for _ in range(n)], dtype=np.int8)
    draw = np.random.default_rng(seed)
    # Few values, so that there are ties.
    probability = draw.integers(0, 3, size=(len(codes), 3)) / 4
    edges_s = np.append(0, np.cumsum(draw.choice([0.04, 0.08], size=len(codes))))
    return codes, probability, edges_s


def list_bouts(codes):
    return [(int(a), int(b), int(codes[a])) for a, b in zip(*find_bouts(codes), strict=True)]


def join_naively(codes, probability, edges_s, min_bout_s):
    """Do what the description says, one bout at a time, looking at everything anew."""
    codes = codes.copy()
    while True:
        bouts = list_bouts(codes)
        length = {bout: edges_s[bout[1]] - edges_s[bout[0]] for bout in bouts}
        for bout in sorted(bouts, key=lambda bout: (length[bout], bout[0])):
            if length[bout] > min_bout_s - TOLERANCE_S:
                return codes
            start, stop, _ = bout
            near = [one for one in bouts if one[1] == start or one[0] == stop]
            if near:
                sure = {one: round(probability[start:stop, one[2]].sum(), 9) for one in near}
                best = sorted(near, key=lambda one: (-sure[one], -length[one], one[0]))[0]
                codes[start:stop] = best[2]
                break
        else:
            return codes


@given(RUNS, SEED, st.sampled_from([0.04, 0.12, 0.2, 0.24, 10.0]))
def test_it_does_what_its_description_says(runs, seed, min_bout_s):
    codes, probability, edges_s = make(runs, seed)
    joined = join_short_bouts(codes, probability, edges_s, min_bout_s)
    expected = join_naively(codes, probability, edges_s, min_bout_s)
    assert joined.dtype == np.int8
    np.testing.assert_array_equal(joined, expected)


@given(RUNS, SEED, st.floats(0.01, 1))
def test_what_is_left_is_long_enough_or_touches_nothing(runs, seed, min_bout_s):
    codes, probability, edges_s = make(runs, seed)
    joined = join_short_bouts(codes, probability, edges_s, min_bout_s)
    np.testing.assert_array_equal(joined == UNLABELED, codes == UNLABELED)
    bouts = list_bouts(joined)
    for start, stop, _ in bouts:
        short = edges_s[stop] - edges_s[start] <= min_bout_s - TOLERANCE_S
        assert not short or not any(one[1] == start or one[0] == stop for one in bouts)
    # Nobody gets a behavior that no touching bout had: each bout was there, in part at least.
    for start, stop, code in bouts:
        assert (codes[start:stop] == code).any()
    np.testing.assert_array_equal(
        join_short_bouts(joined, probability, edges_s, min_bout_s), joined
    )


def test_the_more_probable_neighbor_takes_a_short_bout():
    codes = np.array([0] * 5 + [1] + [2] * 3, dtype=np.int8)
    edges_s = np.arange(10) / 10
    probability = np.tile([0.2, 0.5, 0.3], (9, 1))
    taken = join_short_bouts(codes, probability, edges_s, 0.2)
    assert taken.tolist() == [0] * 5 + [2] * 4
    probability[5] = [0.4, 0.5, 0.1]
    assert join_short_bouts(codes, probability, edges_s, 0.2).tolist() == [0] * 6 + [2] * 3


def test_of_equally_probable_neighbors_the_longer_takes_it_then_the_earlier():
    edges_s = np.arange(10) / 10
    even = np.full((9, 3), 1 / 3)
    longer = np.array([0] * 3 + [1] + [2] * 5, dtype=np.int8)
    assert join_short_bouts(longer, even, edges_s, 0.2)[3] == 2
    alike = np.array([0] * 4 + [1] + [2] * 4, dtype=np.int8)
    assert join_short_bouts(alike, even, edges_s, 0.2)[4] == 0


@pytest.mark.parametrize("first, rest", [((0, 0.4, 0.6), (0.3, 0.2)), ((0.4, 0, 0.6), (0.1, 0.4))])
def test_what_a_joined_bout_is_probable_to_be_counts_all_of_its_frames(first, rest):
    """Of the first frame by itself or of the others, it would be 0; of all together it is 1."""
    codes = np.repeat(np.array([0, 1, 2, 1], dtype=np.int8), [10, 1, 2, 10])
    probability = np.full((23, 3), 1 / 3)
    probability[10] = first
    probability[11:13] = [*rest, 0.5]
    edges_s = np.arange(24) / 10
    assert join_short_bouts(codes, probability, edges_s, 0.3)[10:13].tolist() == [2, 2, 2]
    assert join_short_bouts(codes, probability, edges_s, 0.35)[10:13].tolist() == [1, 1, 1]


@pytest.mark.parametrize("min_bout_s, kept", [(0.1, True), (0.1005, True), (0.102, False)])
def test_a_bout_of_just_the_length_stays_whatever_the_rounding_of_times(min_bout_s, kept):
    codes = np.repeat(np.array([0, 1, 0], dtype=np.int8), [30, 3, 30])
    edges_s = np.round(np.arange(64) / 30, 3)
    joined = join_short_bouts(codes, np.full((63, 2), 0.5), edges_s, min_bout_s)
    assert (joined == 1).any() == kept
