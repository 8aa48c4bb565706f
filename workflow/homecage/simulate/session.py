"""One recording session: a camera, a light, a mouse, and what it did."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from homecage.simulate.anatomy import shape_mouse
from homecage.simulate.motion import Pose, move_mouse
from homecage.simulate.mouse import Coat, draw_mouse, sample_coat, view_shape
from homecage.simulate.names import is_night
from homecage.simulate.options import SimulationOptions
from homecage.simulate.process import Bout, true_bouts
from homecage.simulate.scene import NOISE_MARGIN_PX, Image, Scene, draw_scene
from homecage.simulate.seeds import named_generator

CHUNK_FRAMES = 256
"""Frames whose shapes are held in memory at a time."""


@dataclass(frozen=True)
class Session:
    """A simulated recording: the truth, and all it takes to draw any of its frames."""

    bouts: list[Bout]
    scene: Scene
    coat: Coat
    pose: Pose


def open_session(name: str, options: SimulationOptions, n_frames: int) -> Session:
    """Set up a recording of this name and length, ready to be drawn."""
    bouts = true_bouts(name, options, n_frames)
    generator = named_generator(options, name, "scene")
    scene = draw_scene(generator, is_night(name))
    coat = sample_coat(generator, scene)
    return Session(bouts, scene, coat, true_pose(name, options, bouts))


def true_pose(name: str, options: SimulationOptions, bouts: list[Bout]) -> Pose:
    """Return the pose of a recording's mouse in every frame."""
    return move_mouse(named_generator(options, name, "motion"), bouts)


def draw_frames(session: Session, start: int, stop: int) -> Iterator[Image]:
    """Yield the pictures (H, W, 3), in blue, green, red, of the frames ``[start, stop)``."""
    # Threads would gain nothing on pictures this small, and many sessions are drawn side by side.
    cv2.setNumThreads(1)
    for first in range(start, stop, CHUNK_FRAMES):
        last = min(first + CHUNK_FRAMES, stop)
        shape = shape_mouse(session.pose.part(first, last), session.coat.size)
        shape = view_shape(shape, session.scene.camera.matrix())
        for t in range(first, last):
            frame = session.scene.still.copy()
            draw_mouse(frame, shape, t - first, session.scene, session.coat)
            _add_noise(frame, session.scene, t)
            yield frame


def _add_noise(frame: Image, scene: Scene, t: int) -> None:
    """Add the sensor's noise in place; it depends on the frame's number alone."""
    added, taken = scene.noise
    height, width = frame.shape[:2]
    row, column = np.random.default_rng(t).integers(0, NOISE_MARGIN_PX, 2)
    window = (slice(row, row + height), slice(column, column + width))
    cv2.add(frame, added[window], dst=frame)
    cv2.subtract(frame, taken[window], dst=frame)
