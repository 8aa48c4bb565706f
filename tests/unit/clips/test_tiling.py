import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.clips.options import ClipGeometry
from homecage.clips.tiling import clip_of_frame, count_clips, labeled_frames
from homecage.errors import ShortVideoError

PAPER = ClipGeometry()

geometries = st.builds(
    lambda length, stride, offset: ClipGeometry(
        length=length, stride=stride, label_offset=min(offset, length - stride)
    ),
    st.sampled_from([8, 16]),
    st.integers(1, 8),
    st.integers(0, 7),
)


@given(st.integers(0, 200), geometries)
def test_every_frame_is_predicted_by_exactly_one_clip(extra, geometry):
    n_frames = geometry.length + extra
    n_clips = count_clips(n_frames, geometry)
    clips = clip_of_frame(n_frames, geometry)
    assert clips.shape == (n_frames,)
    for k in range(n_clips):
        own = set(np.flatnonzero(clips == k))
        first = k * geometry.stride + geometry.label_offset
        expected = set(range(first, first + geometry.stride))
        if k == 0:
            expected |= set(range(first))
        if k == n_clips - 1:
            expected |= set(range(first, n_frames))
        assert own == expected & set(range(n_frames))


@given(st.integers(0, 200), geometries)
def test_clips_lie_inside_the_video_and_no_further_one_would(extra, geometry):
    n_frames = geometry.length + extra
    last_start = (count_clips(n_frames, geometry) - 1) * geometry.stride
    assert last_start + geometry.length <= n_frames
    assert last_start + geometry.stride + geometry.length > n_frames


def test_the_papers_geometry():
    # Clip k predicts frames 2k + 3 and 2k + 4.
    assert clip_of_frame(13, PAPER).tolist() == [0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 2, 2]
    assert labeled_frames(13, PAPER).tolist() == [3, 5, 7]
    assert count_clips(8, PAPER) == count_clips(9, PAPER) == 1


def test_a_label_comes_from_a_frame_its_clip_predicts():
    for n_frames in range(8, 60):
        frames = labeled_frames(n_frames, PAPER)
        assert clip_of_frame(n_frames, PAPER)[frames].tolist() == list(range(len(frames)))


def test_a_video_shorter_than_a_clip_is_refused():
    with pytest.raises(ShortVideoError, match="has 7 frames, fewer than the 8 of one clip"):
        count_clips(7, PAPER)


def test_a_label_outside_its_clip_is_refused():
    with pytest.raises(ValueError, match="label_offset 7 \\+ stride 2 must not exceed"):
        ClipGeometry(label_offset=7)
