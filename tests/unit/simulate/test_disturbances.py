"""What happens to a recording besides the mouse, in the pictures."""

import cv2
import numpy as np
import pytest

from homecage.simulate.disturbances import Bump, sample_bumps, sample_gain
from homecage.simulate.names import video_names
from homecage.simulate.options import SimulationOptions
from homecage.simulate.scene import Camera, paste, planes
from homecage.simulate.session import draw_frames, open_session

OPTIONS = SimulationOptions(seconds=60)
N_FRAMES = 1798


def test_a_camera_is_bumped_now_and_then_and_the_picture_swings_a_while() -> None:
    camera = Camera(1.0, 0.0, (0.0, 0.0))
    bumps = sample_bumps(np.random.default_rng(0), camera, 120_000)
    assert bumps[0] == Bump(0, camera) and 3 <= len(bumps) - 1 <= 20
    assert all(bump.camera != camera for bump in bumps[1:])
    for bump in bumps[1:]:
        assert any(bump.offset(bump.frame)) and not any(bump.offset(bump.frame + 30))


@pytest.mark.parametrize("night", (False, True))
def test_the_light_changes_within_a_session_but_stays_light(night: bool) -> None:
    gains = [sample_gain(np.random.default_rng(seed), night, 5395) for seed in range(20)]
    assert all(0.4 < gain.min() <= gain.max() < 2.2 for gain in gains)
    assert np.median([np.ptp(gain) for gain in gains]) > 0.05


def test_bedding_moves_and_what_was_moved_stays() -> None:
    session = open_session(video_names(OPTIONS)[0], OPTIONS, N_FRAMES)
    moved = [scratch.frame for scratch in session.scratches]
    assert len(moved) > 5
    # A frame is the same whether its session is drawn from the beginning or from it on.
    t = moved[3] + 1
    *_, last = draw_frames(session, t - 300 if t > 300 else 0, t + 1)
    np.testing.assert_array_equal(last, next(draw_frames(session, t, t + 1)))


def test_a_part_is_pasted_where_it_was() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)
    whole = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
    changed = whole.copy()
    changed[:] = 0
    for top in range(0, 240, 80):
        for left in range(0, 320, 64):
            part = np.ascontiguousarray(picture[top : top + 80, left : left + 64])
            paste(changed, cv2.cvtColor(part, cv2.COLOR_BGR2YUV_I420), left, top)
    np.testing.assert_array_equal(changed, whole)
    assert [plane.shape for plane in planes(whole)] == [(240, 320), (120, 160), (120, 160)]
