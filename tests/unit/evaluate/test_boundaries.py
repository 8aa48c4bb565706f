import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.evaluate.boundaries import EDGES_S, count_by_distance
from homecage.storage.frame_tables import UNLABELED

FRAME_S = 0.07  # No frame's middle lies on the edge of a bin.
RUNS = st.lists(st.tuples(st.integers(UNLABELED, 2), st.integers(1, 90)), max_size=5)


@given(RUNS, st.randoms(use_true_random=False))
def test_counts_are_those_of_a_loop_over_frames(runs, random):
    truth = [code for code, n in runs for _ in range(n)]
    said = [random.choice([0, 1, 2]) for _ in truth]
    expected = [[0, 0] for _ in EDGES_S[1:]]
    changes = [
        i
        for i in range(1, len(truth))
        if UNLABELED not in truth[i - 1 : i + 1] and truth[i - 1] != truth[i]
    ]
    for frame, (true, own) in enumerate(zip(truth, said, strict=True)):
        if true == UNLABELED:
            continue
        distance = min(
            [FRAME_S * abs(frame + 0.5 - change) for change in changes], default=math.inf
        )
        row = max(i for i, low in enumerate(EDGES_S[:-1]) if low <= distance)
        expected[row][0] += true == own
        expected[row][1] += 1
    edges_s = FRAME_S * np.arange(len(truth) + 1)
    found = count_by_distance(np.array(truth, np.int8), np.array(said, np.int8), edges_s)
    assert found.tolist() == expected


@pytest.mark.parametrize("truth", [[0, 0], [0, -1, 1], [-1, -1]])
def test_where_nothing_is_known_to_change_all_frames_are_far(truth):
    truth = np.array(truth, np.int8)
    counts = count_by_distance(truth, truth, np.arange(len(truth) + 1.0))
    n_labeled = int((truth != UNLABELED).sum())
    assert counts[-1].tolist() == [n_labeled, n_labeled]
    assert not counts[:-1].any()
