"""From poses to shapes: where the mouse's body, head, limbs and tail lie in the picture.

The mouse is a bent chain of spheres in three dimensions, seen by a camera that looks slightly
down; everything is computed for all frames at once. N points along the spine, from rump to neck.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from homecage.simulate.cage import FLOOR_FRONT_Y, LEFT_X, LID_Y, RIGHT_X, RISE_PER_DEPTH_PX
from homecage.simulate.motion import Pose

Array = NDArray[np.float64]

SPINE_PX = 44.0
"""Length of the spine from rump to neck, of a mouse of size 1 at middle depth."""

WIDTHS_PX = np.array([7.0, 12.0, 14.6, 15.6, 15.4, 14.6, 13.4, 12.0, 10.6, 9.4])
"""Radii along the spine; N is their number."""

SKULL_PX = np.array(
    [
        [2.0, 1.6, 9.2], [5.0, 1.2, 9.0], [8.0, 0.6, 8.4], [11.0, -0.2, 7.3],
        [14.0, -1.1, 6.0], [16.6, -1.8, 4.8], [19.0, -2.4, 3.6], [21.0, -2.8, 2.6],
    ]
)  # fmt: skip
"""Along and above the head's axis from the neck, and radius: from the crown to the nose."""

LOOKING_DOWN = 0.30
"""How far a pixel towards the back wall is raised in the picture."""


@dataclass
class Shape:
    """The mouse in T frames, in pixels of the unmoved camera; ``near`` > 0 is turned to the camera."""

    spine: Array  # (T, N, 2)
    radii: Array  # (T, N)
    skull: Array  # (T, S, 2), from the crown to the nose
    skull_radii: Array  # (T, S)
    ears: Array  # (T, 2, 2)
    ear_axes: Array  # (T, 2, 2): width and height
    ear_angle: Array  # (T, 2), degrees
    eyes: Array  # (T, 2, 2)
    near: Array  # (T, 2): of the left and right side of the head
    haunch: Array  # (T, 2, 2)
    feet: Array  # (T, 2, 3, 2): knee, heel, toe
    arms: Array  # (T, 2, 3, 2): shoulder, elbow, paw
    tail: Array  # (T, M, 2)
    away: Array  # (T,): 1 for a head turned straight away from the camera, -1 towards it
    side: Array  # (T,): which limb of each pair is near, +1 or -1
    ground: Array  # (T, 3): shadow's center and half width
    scale: Array  # (T,)


def shape_mouse(pose: Pose, size: float) -> Shape:
    """Return the outline of a mouse of a relative size in every frame."""
    n_points = len(WIDTHS_PX)
    along = np.linspace(0, 1, n_points)
    scale = size * (1.07 - 0.14 * pose.depth)  # (T,)
    floor = FLOOR_FRONT_Y - pose.depth * RISE_PER_DEPTH_PX

    pitch = pose.torso[:, None] + pose.arch[:, None] * (1 - 2 * along)  # (T, N)
    yaw = pose.yaw[:, None] + pose.bend[:, None] * (along - 0.3) * 1.2
    steps = _direction(pitch, yaw) * (SPINE_PX / (n_points - 1))  # (T, N, 3)
    spine = np.cumsum(steps, axis=1) - steps[:, :3].sum(axis=1, keepdims=True)  # hips at point 2
    spine[..., 1] += pose.height[:, None]
    radii = WIDTHS_PX * (1 + 0.018 * pose.breath[:, None] * np.sin(np.pi * along))
    radii = radii * (1 + 0.10 * np.clip(pose.arch, 0, 1)[:, None] * np.sin(np.pi * along))
    # No sphere sinks into the bedding.
    spine[..., 1] = np.maximum(spine[..., 1], radii * 0.86)

    head_pitch = pitch[:, -1] + pose.head
    head_yaw = yaw[:, -1] + pose.turn
    forward = _direction(head_pitch, head_yaw)  # (T, 3)
    upward = _direction(head_pitch + np.pi / 2, head_yaw)
    across = np.stack([-np.sin(head_yaw), np.zeros_like(head_yaw), np.cos(head_yaw)], axis=-1)
    neck = spine[:, -1]
    skull = neck[:, None] + forward[:, None] * SKULL_PX[:, :1] + upward[:, None] * SKULL_PX[:, 1:2]
    sides = np.array([-1.0, 1.0])[:, None]  # (2, 1): towards the camera for a mouse facing right
    ears = skull[:, :1] + upward[:, None] * 8.6 + forward[:, None] * 0.5
    ears = ears + across[:, None] * sides * 7.2
    eyes = skull[:, 3:4] + upward[:, None] * 3.2 - forward[:, None] * 0.3
    eyes = eyes + across[:, None] * sides * 6.4
    near = -across[:, None, 2] * sides[:, 0] + 0.0  # (T, 2)

    body_across = np.stack([-np.sin(pose.yaw), np.zeros_like(pose.yaw), np.cos(pose.yaw)], axis=-1)
    body_forward = _direction(np.zeros_like(pose.yaw), pose.yaw)
    cycle = pose.gait[:, None] + np.array([0.0, np.pi])
    swing = np.sin(cycle) * pose.stride[:, None]
    raised = np.clip(np.cos(cycle), 0, 1) * pose.stride[:, None]

    haunch = spine[:, 2:3] + body_across[:, None] * sides * 7.0
    haunch = haunch - np.array([0.0, 1.0, 0.0]) * 3.0
    dangling = np.clip((pose.height[:, None] - 20.0) / 15.0, 0, 1)
    heel = haunch + body_forward[:, None] * (swing * 8.0 - 1.0)[..., None]
    heel[..., 1] = np.maximum(haunch[..., 1] - 17.0, 1.8 + 2.5 * raised)
    toe = heel + body_forward[:, None] * (9.5 - 4.0 * dangling)[..., None]
    toe[..., 1] = np.maximum(heel[..., 1] - 5.0 * dangling, 1.2 + 2.0 * raised)
    knee = 0.5 * (haunch + heel) + body_forward[:, None] * 6.0
    knee[..., 1] = np.maximum(knee[..., 1], 4.0)

    chest = spine[:, -3]
    shoulder = chest[:, None] + body_across[:, None] * sides * 5.5
    on_floor = shoulder + body_forward[:, None] * (5.0 - swing * 8.0)[..., None]
    lifted = np.maximum(shoulder[..., 1] - 15.0, 1.6)
    raised_fore = np.clip(-np.cos(cycle), 0, 1) * pose.stride[:, None]
    on_floor[..., 1] = lifted + 2.5 * raised_fore
    at_mouth = skull[:, -1:] - forward[:, None] * 2.5 - upward[:, None] * 3.5
    at_mouth = at_mouth + across[:, None] * sides * 3.0
    rubbing = np.stack([pose.paw_x, pose.paw_y], axis=-1)  # (T, 2): along and across the face
    at_mouth = at_mouth + (forward * rubbing[:, :1] + upward * rubbing[:, 1:])[:, None]
    bars = FLOOR_FRONT_Y - LID_Y - 0.5 * RISE_PER_DEPTH_PX
    stretched = neck[:, None] + across[:, None] * sides * 5.0 + np.array([0.0, 22.0, 0.0])
    stretched = stretched + body_forward[:, None] * np.array([3.0, 9.0])[:, None]
    stretched[..., 1] = np.minimum(stretched[..., 1], bars / scale[:, None])
    lead = pose.paws[:, None, None]
    paw = on_floor * (1 - lead) + at_mouth * lead
    lead = pose.reach[:, None, None]
    paw = paw * (1 - lead) + stretched * lead
    elbow = 0.5 * (shoulder + paw) - body_forward[:, None] * 2.0
    elbow[..., 1] -= 2.0

    tail = _tail(pose, spine[:, 0], body_forward, body_across)

    def project(points: Array) -> Array:
        """Project points relative to the mouse's place on the floor: (T, ..., 3) to (T, ..., 2)."""
        shape = (-1,) + (1,) * (points.ndim - 2)
        x = pose.x.reshape(shape) + scale.reshape(shape) * points[..., 0]
        rise = points[..., 1] + LOOKING_DOWN * points[..., 2]
        y = floor.reshape(shape) - scale.reshape(shape) * rise
        return np.stack([x, y], axis=-1)

    tail_seen = project(tail)
    tail_seen[..., 0] = np.clip(tail_seen[..., 0], LEFT_X + 5, RIGHT_X - 5)  # it bends at the wall
    flat = across[:, None, 0] * sides[:, 0]  # (T, 2): how far an ear's face turns in the picture
    ear_axes = np.stack([2.2 + 3.2 * np.abs(flat), np.full_like(near, 5.6)], axis=-1)
    tilt = np.degrees(np.arctan2(upward[:, 0], upward[:, 1]))
    ear_angle = np.stack([tilt, tilt], axis=-1) + 14.0 * flat
    middle = spine[:, 3:7].mean(axis=1)
    length = np.ptp(spine[..., 0], axis=1)
    ground = np.stack(
        [
            pose.x + scale * middle[:, 0],
            floor - scale * LOOKING_DOWN * middle[:, 2],
            scale * (0.5 * length + 12.0),
        ],
        axis=-1,
    )
    return Shape(
        spine=project(spine),
        radii=radii * scale[:, None],
        skull=project(skull),
        skull_radii=SKULL_PX[:, 2] * scale[:, None],
        ears=project(ears),
        ear_axes=ear_axes * scale[:, None, None],
        ear_angle=ear_angle,
        eyes=project(eyes),
        near=near,
        haunch=project(haunch),
        feet=project(np.stack([knee, heel, toe], axis=2)),
        arms=project(np.stack([shoulder, elbow, paw], axis=2)),
        tail=tail_seen,
        away=forward[:, 2],
        side=np.where(np.cos(pose.yaw) >= 0, -1.0, 1.0),
        ground=ground,
        scale=scale,
    )


def _direction(pitch: Array, yaw: Array) -> Array:
    """Return unit vectors (..., 3): right, up, away from the camera."""
    return np.stack(
        [np.cos(pitch) * np.cos(yaw), np.sin(pitch), np.cos(pitch) * np.sin(yaw)], axis=-1
    )


def _tail(pose: Pose, rump: Array, forward: Array, across: Array) -> Array:
    """Return the tail's points (T, M, 3): from the rump down to the floor and along it."""
    along = np.linspace(0, 1, 12)
    curve = 0.9 * pose.tail[:, None] * along**1.5 * 26.0
    wave = 5.0 * np.sin(4.0 * along - 0.5 * pose.gait[:, None]) * pose.stride[:, None] * along
    back = -forward[:, None] * (62.0 * along)[:, None]
    points = rump[:, None] + back + across[:, None] * (curve + wave)[..., None]
    drop = np.exp(-6.0 * along)
    hanging = np.clip((rump[:, None, 1] - 20.0) / 15.0, 0, 1)
    low = 1.5 * (1 - hanging) + hanging * (rump[:, None, 1] - 50.0 * along)
    points[..., 1] = np.maximum(low + (rump[:, None, 1] - low) * drop, 1.5)
    points[..., 0] = rump[:, None, 0] + (points[..., 0] - rump[:, None, 0]) * (1 - 0.6 * hanging)
    return points
