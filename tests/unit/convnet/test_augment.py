"""Altering clips, against what it means for single pixels."""

import numpy as np
import pytest
import torch

from homecage.convnet.augment import alter, draw_alterations
from homecage.convnet.options import AugmentOptions

OPTIONS = AugmentOptions(brightness=0.1, contrast=0.3, shift=0.04, zoom=0.05)


def make_clips(n_clips, size_px=32):
    shape = (n_clips, 9, size_px, size_px, 3)
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))


def place(down=0.0, right=0.0, size=1.0, side=1.0):
    return torch.tensor([[0, 1, down, right, size, side]])


def test_alterations_fill_their_ranges_evenly():
    drawn = draw_alterations(20_000, OPTIONS, np.random.default_rng(0)).numpy()
    middle, largest = [0, 1, 0, 0, 1, 1], [0.1, 0.3, 0.04, 0.04, 0.05, 0]
    np.testing.assert_allclose(drawn.mean(axis=0), middle, atol=0.005)
    np.testing.assert_allclose(drawn.std(axis=0), np.array(largest) / 3**0.5, rtol=0.02)
    assert (abs(drawn - middle) <= np.array(largest) + 1e-6).all()


def test_light():
    clips = torch.full((2, 8, 32, 32, 3), 100, dtype=torch.uint8)
    changed = alter(clips, torch.tensor([[0, 2, 0, 0, 1, 1], [0.5, 1, 0, 0, 1, 1]]))
    assert changed[0].unique().tolist() == [(100 - 127.5) * 2 + 127.5]
    assert changed[1].unique().tolist() == [100 + 127.5]
    assert alter(clips, torch.tensor([[1.0, 1, 0, 0, 1, 1]] * 2)).unique().tolist() == [255]


def test_what_is_not_altered_stays_bit_for_bit():
    clips = make_clips(3)
    nothing = AugmentOptions(brightness=0, contrast=0)
    same = alter(clips, draw_alterations(3, nothing, np.random.default_rng(0)))
    assert torch.equal(same, clips.float())


@pytest.mark.parametrize(("down", "right"), [(2, 0), (0, 3), (-1, 4)])
def test_a_shift_by_whole_pixels_moves_pixels_and_repeats_the_edge(down, right):
    clips = make_clips(1)
    moved = alter(clips, place(down / 32, right / 32))
    rows = (torch.arange(32) - down).clamp(0, 31)
    columns = (torch.arange(32) - right).clamp(0, 31)
    expected = clips[:, :, rows][:, :, :, columns].float()
    torch.testing.assert_close(moved, expected, atol=0.01, rtol=0)


def test_a_larger_size_enlarges_about_the_middle():
    ramp = torch.arange(32.0).view(1, 1, 1, 32, 1).expand(1, 9, 32, 32, 3) * 4
    enlarged = alter(ramp, place(size=1.25))
    middle = 15.5 * 4
    torch.testing.assert_close(enlarged, middle + (ramp - middle) / 1.25)


def test_a_mirrored_clip_is_shifted_after():
    clips = make_clips(1)
    flipped = clips.flip(3).float()
    torch.testing.assert_close(alter(clips, place(side=-1.0)), flipped, atol=0.01, rtol=0)
    moved = alter(clips, place(right=3 / 32, side=-1.0))
    expected = flipped[:, :, :, (torch.arange(32) - 3).clamp(0, 31)]
    torch.testing.assert_close(moved, expected, atol=0.01, rtol=0)


def test_half_of_the_presentations_are_mirrored_where_it_is_asked_for():
    options = AugmentOptions(mirror=True)
    side = draw_alterations(10_000, options, np.random.default_rng(0))[:, 5]
    assert set(side.tolist()) == {-1, 1} and abs(side.mean()) < 0.05


def test_each_clip_is_altered_by_itself_and_as_a_whole():
    clips = make_clips(4)
    alterations = draw_alterations(4, OPTIONS, np.random.default_rng(1))
    together = alter(clips, alterations)
    for i in range(4):
        alone = alter(clips[i : i + 1], alterations[i : i + 1])
        torch.testing.assert_close(alone[0], together[i])
    still = make_clips(1)[:, :1].expand(1, 9, -1, -1, -1)
    altered = alter(still, alterations[:1])
    assert (altered == altered[:, :1]).all()  # what does not move still does not
