import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from homecage.clips.bouts import find_bouts
from homecage.storage.frame_tables import UNLABELED

CODES = st.lists(st.integers(UNLABELED, 2), max_size=30).map(lambda c: np.array(c, dtype=np.int8))


@given(CODES)
def test_bouts_tile_the_labeled_frames_and_are_as_long_as_can_be(codes):
    painted = np.full_like(codes, UNLABELED)
    start, stop = find_bouts(codes)
    for a, b in zip(start, stop, strict=True):
        assert a < b
        assert (painted[a:b] == UNLABELED).all()
        assert a == 0 or codes[a - 1] != codes[a]
        assert b == len(codes) or codes[b] != codes[a]
        painted[a:b] = codes[a]
    assert np.array_equal(painted, codes)
