"""The sharing plan, against each clip computed by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.clips.options import ClipGeometry
from homecage.convnet.network import POOLING
from homecage.convnet.sharing import PADDING, TAPS, count_convolutions, plan_sharing


def unfold(plan, number, depth):
    """Return what a plane of a layer is made of, down to the frames."""
    if number == PADDING or depth < 0:
        return number
    planes = [plane for group in plan.layers[depth] for plane in group.planes]
    return tuple(
        tuple(unfold(plan, plane, depth - 1) for plane in inputs) for inputs in planes[number]
    )


def unfold_clip(frames):
    """The same of a clip by itself, layer by layer."""
    planes = list(frames)
    for window in POOLING:
        padded = [PADDING, *planes, PADDING]
        times = [tuple(padded[i : i + 3]) for i in range(len(planes))]
        planes = [tuple(times[i : i + window[0]]) for i in range(0, len(times), window[0])]
    return planes


@given(st.sampled_from([8, 16, 24, 40]), st.integers(1, 10), st.integers(1, 9))
def test_each_clip_is_made_of_its_own_frames_in_its_own_padding(length, stride, n_clips):
    geometry = ClipGeometry(length=length, stride=min(stride, length), label_offset=0)
    plan = plan_sharing(n_clips, geometry)
    for clip, planes in enumerate(plan.clips):
        start = clip * geometry.stride
        expected = unfold_clip(range(start, start + length))
        assert [unfold(plan, plane, 4) for plane in planes] == expected


@given(st.sampled_from([8, 16, 40]), st.integers(1, 8), st.integers(1, 9))
def test_nothing_is_computed_twice_or_for_nothing(length, stride, n_clips):
    plan = plan_sharing(n_clips, ClipGeometry(length=length, stride=stride, label_offset=0))
    for depth, layer in enumerate(plan.layers):
        planes = [plane for group in layer for plane in group.planes]
        assert len(set(planes)) == len(planes)
        assert [group.first for group in layer] == [
            sum(len(other.planes) for other in layer[:i]) for i in range(len(layer))
        ]
        if depth + 1 == len(plan.layers):
            continue
        after = [plane for group in plan.layers[depth + 1] for plane in group.planes]
        for tap in TAPS:
            used = {inputs[tap] for plane in after for inputs in plane} - {PADDING}
            offered = {
                group.first + i
                for group in layer
                if tap in group.taps
                for i in range(len(group.planes))
            }
            assert used == offered
            # One convolution over a slice does it.
            assert sorted(used) == list(range(min(used, default=0), max(used, default=-1) + 1))


@given(st.sampled_from([8, 24]), st.integers(1, 8))
def test_padding_is_met_by_all_planes_of_a_group_or_none(length, stride):
    plan = plan_sharing(4, ClipGeometry(length=length, stride=stride, label_offset=0))
    for layer in plan.layers:
        for group in layer:
            for time in range(len(group.planes[0])):
                for tap in TAPS:
                    met = {plane[time][tap] == PADDING for plane in group.planes}
                    assert len(met) == 1
                    assert (tap in group.list_inputs(time)) != met.pop()


def test_the_paper_s_clips_share_more_than_half():
    n_clips = 1000
    counts = count_convolutions(plan_sharing(n_clips, ClipGeometry()))
    assert [count / n_clips for count in counts] == pytest.approx([10, 7, 4, 1], rel=0.01)


def test_clips_that_do_not_overlap_leave_out_the_padding_alone():
    counts = count_convolutions(plan_sharing(5, ClipGeometry(stride=8, label_offset=0)))
    assert counts == [5 * 22, 5 * 10, 5 * 4, 5 * 1]
