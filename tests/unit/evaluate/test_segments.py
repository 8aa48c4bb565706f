import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.evaluate.segments import (
    OVERLAPS,
    count_edits,
    count_edits_of,
    count_found,
    edit_score,
    mask_unlabeled,
    measure_bouts,
    segment_f1,
)
from homecage.storage.frame_tables import UNLABELED

K = 3
RUNS = st.lists(st.tuples(st.integers(UNLABELED, K - 1), st.integers(1, 6)), max_size=12)


@st.composite
def labels(draw):
    """Draw truth and prediction of as many frames, in runs, the prediction everywhere."""
    truth = [code for code, n in draw(RUNS) for _ in range(n)]
    said = [abs(code) for code, n in draw(RUNS) for _ in range(n)]
    said = (said + [0] * len(truth))[: len(truth)]
    return codes(truth), codes(said)


def codes(values):
    return np.array(values, dtype=np.int8)


def list_segments(values):
    """List (behavior, set of frames) of each run of labeled frames."""
    segments = []
    for frame, code in enumerate(values):
        if code == UNLABELED:
            continue
        if frame and values[frame - 1] == code:
            segments[-1][1].add(frame)
        else:
            segments.append((code, {frame}))
    return segments


@given(labels())
def test_found_bouts_are_those_of_a_loop_over_all_pairs(both):
    truth, said = both[0], mask_unlabeled(both[1], both[0])
    true, own = list_segments(truth.tolist()), list_segments(said.tolist())
    for row, least in zip(count_found(truth, said).tolist(), OVERLAPS, strict=True):
        hit = set()
        for behavior, frames in own:
            overlaps = [
                len(frames & other) / len(frames | other) if behavior == name else 0
                for name, other in true
            ]
            if overlaps and max(overlaps) >= least:
                hit.add(overlaps.index(max(overlaps)))
        assert row == [len(hit), len(own), len(true)]


def levenshtein(one, other):
    """Count the least edits by the textbook's recursion."""
    rows = [list(range(len(other) + 1))]
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            row.append(min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (a != b)))
        rows.append(row)
    return rows[-1][-1]


SEQUENCE = st.lists(st.integers(0, 2), max_size=12)


@given(SEQUENCE, SEQUENCE)
def test_edits_are_those_of_the_textbook(one, other):
    assert count_edits_of(np.array(one), np.array(other)) == levenshtein(one, other)


@given(labels())
def test_the_truth_itself_scores_one(both):
    truth, _ = both
    expected = 1 if (truth != UNLABELED).any() else np.nan
    for score in (*segment_f1(count_found(truth, truth)), edit_score(count_edits(truth, truth))):
        assert score == pytest.approx(expected, nan_ok=True)


def test_by_hand():
    truth = codes([0] * 10 + [1] * 10)
    said = codes([0] * 4 + [1] * 2 + [0] * 4 + [1] * 10)
    # Two pieces of the first bout, each .4 of it: one is found, the other is one too many.
    assert count_found(truth, said).tolist() == [[2, 4, 2], [2, 4, 2], [1, 4, 2]]
    assert segment_f1(count_found(truth, said)).tolist() == [4 / 6, 4 / 6, 2 / 6]
    assert count_edits(truth, said).tolist() == [2, 4]
    assert edit_score(count_edits(truth, said)) == 0.5


def test_bouts_end_where_the_truth_is_unlabeled():
    truth = codes([0, 0, -1, -1, 0, 0])
    said = mask_unlabeled(codes([0, 0, 1, 0, 0, 1]), truth)
    assert said.tolist() == [0, 0, -1, -1, 0, 1]
    edges_s = np.arange(7) / 10
    measured = measure_bouts(truth, said, edges_s)
    assert measured.tolist() == [[3, pytest.approx(0.1)], [2, pytest.approx(0.2)]]


def test_no_labeled_frame_has_no_bout():
    nothing = codes([-1, -1])
    assert count_found(nothing, nothing).tolist() == [[0, 0, 0]] * 3
    assert np.isnan(segment_f1(count_found(nothing, nothing))).all()
    assert np.isnan(edit_score(count_edits(nothing, nothing)))
    measured = measure_bouts(nothing, nothing, np.arange(3.0))
    assert (measured[:, 0] == 0).all() and np.isnan(measured[:, 1]).all()
