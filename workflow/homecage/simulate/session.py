"""One recording session: a camera, a light, a mouse, and what it did."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from homecage.simulate.anatomy import shape_mouse
from homecage.simulate.cage import FLOOR_BACK_Y, FLOOR_FRONT_Y, HEIGHT_PX, WIDTH_PX
from homecage.simulate.disturbances import (
    SCRATCHED_PX,
    Bump,
    Scratch,
    sample_bumps,
    sample_gain,
    sample_scratches,
)
from homecage.simulate.motion import Pose, true_modes, true_pose
from homecage.simulate.mouse import Coat, draw_mouse, sample_coat, trace_shape, view_shape
from homecage.simulate.names import house, is_night
from homecage.simulate.options import SimulationOptions
from homecage.simulate.process import Bout, cage_of, true_bouts
from homecage.simulate.scene import (
    NOISE_MARGIN_PX,
    Image,
    Noise,
    Scene,
    View,
    draw_scene,
    paste,
    planes,
    sample_camera,
    sample_light,
)
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
    bumps: list[Bump]
    gain: NDArray[np.float64]  # (T,)
    scratches: list[Scratch]
    windows: NDArray[np.int64]  # (T, 2): which part of the bank of noise each frame takes


def open_session(name: str, options: SimulationOptions, n_frames: int) -> Session:
    """Set up a recording of this name and length, ready to be drawn."""
    night, housing, cage = is_night(name), house(name, options), cage_of(name, options)
    bouts = true_bouts(name, options, n_frames)
    pose = true_pose(name, options, bouts)
    pose = pose.mirrored() if cage.mirrored else pose
    generator = named_generator(options, name, "scene")
    camera, light = sample_camera(generator), sample_light(generator, night)
    look = named_generator(options, housing.cage, "look")
    scene = draw_scene(generator, look, cage, light)
    events = named_generator(options, name, "disturbances")
    return Session(
        bouts,
        scene,
        sample_coat(named_generator(options, housing.animal, "coat"), scene),
        pose,
        sample_bumps(events, camera, n_frames),
        sample_gain(events, night, n_frames),
        sample_scratches(events, pose, true_modes(name, options, bouts)),
        events.integers(0, NOISE_MARGIN_PX // 2, (n_frames, 2)) * 2,
    )


def draw_frames(session: Session, start: int, stop: int) -> Iterator[Image]:
    """Yield the pictures of the frames ``[start, stop)`` in I420, (360, 320)."""
    # Threads would gain nothing on pictures this small, and many sessions are drawn side by side.
    cv2.setNumThreads(1)
    edges = [bump.frame for bump in session.bumps[1:] if start < bump.frame < stop]
    for first, last in zip([start, *edges], [*edges, stop], strict=True):
        bump = [bump for bump in session.bumps if bump.frame <= first][-1]
        yield from _draw_view(session, session.scene.see(bump.camera), bump, first, last)


def _draw_view(session: Session, view: View, bump: Bump, start: int, stop: int) -> Iterator[Image]:
    """Yield frames between two bumps of the camera."""
    ahead = [scratch for scratch in session.scratches if scratch.frame < stop]
    for first in range(start, stop, CHUNK_FRAMES):
        last = min(first + CHUNK_FRAMES, stop)
        shape = shape_mouse(session.pose.part(first, last), session.coat.size)
        traced = trace_shape(view_shape(shape, view.matrix))
        for t in range(first, last):
            while ahead and ahead[0].frame <= t:
                _move_bedding(view, ahead.pop(0))
            frame = view.still.copy()
            draw_mouse(frame, traced, t - first, view, session.scene.light.night, session.coat)
            if any(offset := bump.offset(t)):
                _shift(frame, offset)
            _expose(frame, session.gain[t])
            _add_noise(frame, session.scene.noise, session.windows[t])
            yield frame


def _move_bedding(view: View, scratch: Scratch) -> None:
    """Lay bedding from elsewhere in the same row, a little lighter or darker, in place."""
    to = view.matrix @ [scratch.x, scratch.y, 1.0]
    source = view.matrix @ [scratch.source_x, scratch.y, 1.0]
    half_x, half_y = (round(half) for half in SCRATCHED_PX)
    top_row = view.matrix @ [scratch.x, FLOOR_BACK_Y + 9.0, 1.0]
    last_row = view.matrix @ [scratch.x, FLOOR_FRONT_Y, 1.0]
    y = round(float(np.clip(to[1], top_row[1] + half_y, last_row[1] - half_y)))
    x = round(float(np.clip(to[0], 22 + half_x, WIDTH_PX - 22 - half_x)))
    from_x = round(float(np.clip(source[0], 22 + half_x, WIDTH_PX - 22 - half_x)))
    rows = slice(y - half_y, y + half_y)
    old = view.behind[rows, x - half_x : x + half_x].astype(np.float32)
    new = view.behind[rows, from_x - half_x : from_x + half_x] * np.float32(scratch.shade)
    down = np.linspace(-1, 1, 2 * half_y, dtype=np.float32)[:, None]
    along = np.linspace(-1, 1, 2 * half_x, dtype=np.float32)
    cover = np.clip(1.6 * (1 - down * down - along * along), 0, 1)[..., None]
    view.behind[rows, x - half_x : x + half_x] = np.clip(old + cover * (new - old), 0, 255)
    left, top = (x - half_x) & ~1, (y - half_y) & ~1
    right, bottom = (x + half_x + 1) & ~1, (y + half_y + 1) & ~1
    paste(view.still, view.show(view.behind[top:bottom, left:right], left, top), left, top)


def _shift(frame: Image, offset: tuple[float, float]) -> None:
    """Swing the picture, in place."""
    for step, plane in zip((1, 2, 2), planes(frame), strict=True):
        matrix = np.array([[1, 0, offset[0] / step], [0, 1, offset[1] / step]])
        plane[:] = cv2.warpAffine(plane, matrix, plane.shape[::-1], borderMode=cv2.BORDER_REPLICATE)


def _expose(frame: Image, gain: float) -> None:
    """Brighten or darken the picture about black, which is 16, and gray, 128 in chroma; in place."""
    for part, zero in ((frame[:HEIGHT_PX], 16), (frame[HEIGHT_PX:], 128)):
        cv2.convertScaleAbs(part, dst=part, alpha=gain, beta=zero * (1 - gain))


def _add_noise(frame: Image, noise: Noise, window: NDArray[np.int64]) -> None:
    """Add the sensor's noise, in place."""
    for step, plane in zip((1, 2, 2), planes(frame), strict=True):
        bank = noise.luma if step == 1 else noise.chroma
        if bank:
            row, column = (window // step).tolist()
            height, width = plane.shape
            part = (slice(row, row + height), slice(column, column + width))
            cv2.add(plane, bank[0][part], dst=plane)
            cv2.subtract(plane, bank[1][part], dst=plane)
