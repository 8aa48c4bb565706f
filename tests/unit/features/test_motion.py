"""The twelve numbers, on pictures whose numbers are known."""

import numpy as np
import pytest

from homecage.clips.options import ClipGeometry
from homecage.errors import HomecageError, StoreError
from homecage.features import motion
from homecage.features.motion import NAMES, extract_motion
from homecage.features.store import read_features
from homecage.storage.stores import open_store

CAGE = 100
ANIMAL = 40


@pytest.fixture
def measure(tmp_path, write_frame_store):
    """Measure frames (T, S, S, 3)."""

    def run(frames):
        store = write_frame_store(tmp_path / "frames" / "video.zarr", frames)
        x = motion.measure_clips(open_store(store, kind="frames")["frames"], ClipGeometry())
        return dict(zip(NAMES, x.astype(np.float64).T, strict=True))

    return run


def draw_square(tops, lefts, *, size_px=32, side=4):
    """Draw a dark square, at a place in each frame, in an otherwise even cage."""
    frames = np.full((len(tops), size_px, size_px, 3), CAGE, np.uint8)
    for frame, top, left in zip(frames, tops, lefts, strict=True):
        frame[top : top + side, left : left + side] = ANIMAL
    return frames


def test_an_empty_cage_has_no_animal_and_no_change(measure):
    found = measure(np.full((20, 32, 32, 3), CAGE, np.uint8))
    np.testing.assert_allclose(found["mass"], 0)
    np.testing.assert_allclose(found["row"], 0.5)
    np.testing.assert_allclose(found["change"], np.log(0.1), rtol=1e-3)
    assert all(len(column) == 7 for column in found.values())


def test_a_square_is_where_it_is_and_moves_as_it_moves(measure):
    lefts = np.arange(40) % 28
    found = measure(draw_square(np.full(40, 8), lefts))
    clips = slice(0, 8)  # before the square is back at the left
    np.testing.assert_allclose(found["row"], 10 / 32, atol=1e-3)
    expected = (2 * np.arange(8) + 3.5 + 2) / 32  # the middle of the clip, and of the square
    np.testing.assert_allclose(found["column"][clips], expected, atol=1e-3)
    np.testing.assert_allclose(found["column_movement"][clips], 7 / 32, atol=1e-3)
    np.testing.assert_allclose(found["path"][clips], 7 / 32, atol=1e-3)
    np.testing.assert_allclose(found["row_movement"], 0, atol=1e-3)
    np.testing.assert_allclose(found["height"], found["width"], atol=1e-3)
    np.testing.assert_allclose(found["height"], np.sqrt((4**2 - 1) / 12) / 32, atol=1e-3)
    weight = 16 * (CAGE - ANIMAL - motion.NOISE) / (255 * 32 * 32)
    np.testing.assert_allclose(found["mass"], weight, rtol=1e-2)
    # A step uncovers a column of four pixels and covers another; four steps all of them.
    change = np.exp([found["change"][0], found["long_change"][0]]) - 0.1
    np.testing.assert_allclose(change, np.array([8, 32]) * 60 / 1024, rtol=1e-2)


def test_light_that_changes_is_no_animal(measure):
    frames = draw_square(np.full(40, 8), np.arange(40) % 28)
    dimmed = frames - np.linspace(0, 30, 40).astype(np.uint8)[:, None, None, None]
    np.testing.assert_allclose(measure(dimmed)["row"], 10 / 32, atol=1e-2)


def test_larger_frames_say_the_same(measure):
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (20, 32, 32, 3), dtype=np.uint8)
    large = small.repeat(2, axis=1).repeat(2, axis=2)
    for name, column in measure(small).items():
        np.testing.assert_allclose(measure(large)[name], column, rtol=1e-2, atol=1e-3)


def test_blocks_leave_no_trace(measure, monkeypatch, random_frames):
    frames = random_frames(50)
    whole = measure(frames)
    monkeypatch.setattr(motion, "BLOCK", 7)
    for name, column in measure(frames).items():
        np.testing.assert_array_equal(column, whole[name])


def test_numbers_are_written_relative_to_the_video(tmp_path, write_frame_store, random_frames):
    store = write_frame_store(tmp_path / "frames" / "video.zarr", random_frames(200))
    output = tmp_path / "motion" / "video.zarr"
    extract_motion(frames=store, geometry=ClipGeometry(), output=output)
    measured = motion.measure_clips(open_store(store, kind="frames")["frames"], ClipGeometry())
    x = read_features(
        output, representation="motion", geometry=ClipGeometry(), behaviors=[], learned_sha256=[]
    ).x.astype(np.float64)
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(x.std(axis=0), 1, atol=1e-3)
    for related, number in zip(x.T, measured.T, strict=True):
        assert np.corrcoef(related, number)[0, 1] > 0.999


def test_a_number_that_never_changes_says_nothing():
    still = np.full((40, 12), 7.3, np.float32)
    np.testing.assert_array_equal(motion.relate_to_video(still), 0)


def test_a_video_shorter_than_a_clip_is_refused(measure):
    with pytest.raises(HomecageError, match="7 frames"):
        measure(np.zeros((7, 32, 32, 3), np.uint8))


def test_frames_that_are_not_there_are_refused(tmp_path):
    with pytest.raises(StoreError):
        extract_motion(
            frames=tmp_path / "no.zarr", geometry=ClipGeometry(), output=tmp_path / "x.zarr"
        )
