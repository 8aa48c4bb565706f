"""How the mouse moves: no jumps, rest is still, walks lead somewhere."""

import itertools
from dataclasses import fields

import numpy as np
import pytest
from numpy.typing import NDArray

from homecage.simulate.anatomy import shape_mouse
from homecage.simulate.motion import Pose, move_mouse, true_modes, true_pose
from homecage.simulate.options import SimulationOptions
from homecage.simulate.process import Bout, true_bouts

# The largest change from one frame to the next: pixels, radians, or shares.
LARGEST_STEP = {
    "x": 9.0, "depth": 0.06, "height": 8.0, "yaw": 0.6, "torso": 0.4, "arch": 0.3, "head": 0.5,
    "turn": 0.5, "bend": 0.4, "paws": 0.25, "reach": 0.25, "paw_x": 16.0, "paw_y": 20.0,
    "gait": 2.5, "stride": 0.4, "breath": 0.9, "tail": 0.6,
}  # fmt: skip


@pytest.fixture(scope="module")
def acted() -> tuple[list[Bout], Pose]:
    options = SimulationOptions(seconds=300.0)
    bouts = true_bouts("sim01day", options)
    return bouts, true_pose("sim01day", options, bouts)


def test_the_pose_never_jumps(acted: tuple[list[Bout], Pose]) -> None:
    for field in fields(Pose):
        track = getattr(acted[1], field.name)
        assert np.isfinite(track).all()
        assert np.abs(np.diff(track)).max() < LARGEST_STEP[field.name], field.name


def test_transitions_take_longer_than_a_frame(acted: tuple[list[Bout], Pose]) -> None:
    # Between four feet and rearing the torso rises or sinks by about a radian, over several frames.
    bouts, pose = acted
    changes = [
        after.start
        for before, after in itertools.pairwise(bouts)
        if "rear" in (before.behavior, after.behavior)
        and {before.behavior, after.behavior} & {"micromovement", "walk"}
    ]
    assert len(changes) >= 10
    rises = np.array([np.ptp(pose.torso[start - 8 : start + 8]) for start in changes])
    steps = np.array(
        [np.abs(np.diff(pose.torso[start - 8 : start + 8])).max() for start in changes]
    )
    assert np.median(rises) > 0.5 and (steps < 0.3 * rises).all()


def test_the_mouse_stays_in_the_cage(acted: tuple[list[Bout], Pose]) -> None:
    shape = shape_mouse(acted[1], size=1.1)
    assert shape.skull[..., 0].min() > 0 and shape.skull[..., 0].max() < 320
    assert shape.skull[..., 1].min() > 50 and shape.spine[..., 1].max() < 225


def test_behaviors_differ_by_motion(acted: tuple[list[Bout], Pose]) -> None:
    bouts, pose = acted
    speed = np.abs(np.diff(pose.x, append=pose.x[-1]))

    def mean(track: NDArray[np.float64], behavior: str) -> float:
        parts = [track[bout.start : bout.stop] for bout in bouts if bout.behavior == behavior]
        return float(np.concatenate(parts).mean())

    assert mean(speed, "walk") > 3 * mean(speed, "micromovement") > 3 * mean(speed, "rest")
    paws = np.abs(np.diff(pose.paw_y, append=0))
    assert mean(paws, "groom") > 1.3 * mean(paws, "eat") > 1.3 * mean(paws, "rest")
    assert mean(pose.height, "hang") > 1.5 * mean(pose.height, "rear")


def test_a_part_of_a_pose_has_the_same_shape(acted: tuple[list[Bout], Pose]) -> None:
    whole, part = shape_mouse(acted[1], 1.0), shape_mouse(acted[1].part(100, 140), 1.0)
    for field in fields(part):
        expected = getattr(whole, field.name)[100:140]
        np.testing.assert_allclose(getattr(part, field.name), expected, atol=1e-9)


def test_the_same_bouts_can_be_acted_out_differently(acted: tuple[list[Bout], Pose]) -> None:
    modes = true_modes("sim01day", SimulationOptions(seconds=300.0), acted[0])
    first = move_mouse(np.random.default_rng(1), acted[0], modes)
    second = move_mouse(np.random.default_rng(2), acted[0], modes)
    assert np.abs(first.head - second.head).max() > 0.1
