"""Where the animal is and how it moves, on squares whose place is known."""

import numpy as np
import pytest

from homecage.clips.options import ClipGeometry
from homecage.features.foreground import find_background, find_boxes, to_gray
from homecage.features.position import NAMES, describe_position, fill_gaps

SIZE = 64
GEOMETRY = ClipGeometry()


def draw(places, width=8, height=16, seed=0):
    """Draw a dark rectangle with its top left corner at each place (x, y), on a lit cage with noise."""
    rng = np.random.default_rng(seed)
    cage = rng.integers(120, 200, (SIZE, SIZE))
    frames = np.repeat(cage[None], len(places), axis=0) + rng.integers(
        -2, 3, (len(places), SIZE, SIZE)
    )
    for frame, (x, y) in zip(frames, places, strict=True):
        frame[y : y + height, x : x + width] = 20
    return frames.astype(np.uint8)


def walk(n_frames=40):
    """Walk to the right, a pixel a frame."""
    return [(5 + t, 30) for t in range(n_frames)]


def test_the_box_is_where_the_square_is():
    frames = draw(walk())
    boxes = find_boxes(frames, find_background(frames)) * SIZE
    expected = [(x + 4, y + 8, x, y, x + 8, y + 16) for x, y in walk()]
    np.testing.assert_allclose(boxes, expected, atol=1e-6)


def test_the_largest_piece_is_the_animal():
    frames = draw(walk())
    background = find_background(frames)
    frames[:, 2:4, 50:54] = 255
    boxes = find_boxes(frames, background) * SIZE
    np.testing.assert_allclose(boxes[:, 0], [x + 4 for x, _ in walk()])


def test_one_threshold_serves_the_frames_in_which_nothing_differs():
    frames = draw(walk())
    background = find_background(frames)
    assert np.isnan(find_boxes(background.gray[None], background)).all()


def test_position_and_velocity_of_a_moving_square():
    frames = draw(walk())
    boxes = find_boxes(frames, find_background(frames))
    found = describe_position(boxes, GEOMETRY, feeder=None)
    assert found.shape == (17, 15)
    by_name = dict(zip(NAMES, found[:, : len(NAMES)].T * SIZE, strict=True))
    x = np.array([5 + 2 * clip + 3 for clip in range(17)])  # of the left side, at the labeled frame
    np.testing.assert_allclose(by_name["x"], x + 4)
    np.testing.assert_allclose(by_name["left"], x)
    np.testing.assert_allclose(by_name["right"], SIZE - x - 8)
    np.testing.assert_allclose(by_name["top"], 30)
    np.testing.assert_allclose(by_name["bottom"], SIZE - 46)
    np.testing.assert_allclose(by_name["aspect"] / SIZE, np.log(2))
    changes, speed = found[:, 9:14] * SIZE, found[:, 14] * SIZE
    np.testing.assert_allclose(changes, [[1, 0, 0, 0, 0]] * 17, atol=1e-9)
    np.testing.assert_allclose(speed, 1)


def test_speed_counts_what_goes_to_and_fro():
    boxes = np.tile([0.5, 0.5, 0.4, 0.4, 0.6, 0.6], (8, 1))
    boxes[1::2, 0] += 0.1
    found = describe_position(boxes, GEOMETRY, feeder=None)
    assert found[0, 14] == pytest.approx(0.1)


def test_the_feeder_adds_the_distance_from_it():
    boxes = np.tile([0.5, 0.5, 0.4, 0.4, 0.6, 0.6], (8, 1))
    found = describe_position(boxes, GEOMETRY, feeder=(0.8, 0.9))
    assert found.shape == (1, 16) and found[0, 9] == pytest.approx(0.5)


def test_an_animal_that_has_become_background_stays_where_it_was():
    boxes = np.full((6, 6), np.nan)
    boxes[2], boxes[4] = np.arange(6), np.arange(6) + 1
    filled = fill_gaps(boxes)
    np.testing.assert_array_equal(filled[:4], [np.arange(6)] * 4)
    np.testing.assert_array_equal(filled[4:], [np.arange(6) + 1] * 2)
    assert np.isfinite(describe_position(np.full((9, 6), np.nan), GEOMETRY, None)).all()


def test_gray_is_that_of_each_frame():
    frames = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 3), dtype=np.uint8)
    expected = frames @ np.array([0.299, 0.587, 0.114])
    assert np.abs(to_gray(frames) - expected).max() <= 1
