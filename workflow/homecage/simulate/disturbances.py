"""What happens to a recording besides the mouse: the camera is bumped, the light changes, bedding moves.

Nothing here draws; each is a list of events or a track over the session's frames.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from homecage.simulate.cage import FLOOR_FRONT_Y, RATE_FPS, RISE_PER_DEPTH_PX
from homecage.simulate.motion import Pose, Segment
from homecage.simulate.scene import Camera

# ASSUME: people enter the room every few minutes, touch the rack, switch a lamp; clouds pass.
BUMPS_PER_S = 1 / 400
BUMP_PX, BUMP_DEGREES = 3.0, 0.5
"""Standard deviation of where a bump leaves the camera, from where it was."""

JOLT_PX, JOLT_HZ, JOLT_DECAY_S, JOLT_S = 4.0, 7.0, 0.12, 0.6
"""How the picture swings when the camera is bumped."""

SWITCHES_PER_S = 1 / 150
SWITCH_SPREAD = {"day": 0.16, "night": 0.07}
"""Log standard deviation of what a lamp adds or takes, for as long as it is on."""

SWITCHED_S = (8.0, 90.0)
"""How long, shortest and longest."""

DRIFT_SPREAD, DRIFT_S = 0.035, 12.0
"""Log standard deviation, and seconds from turn to turn, of how the light drifts."""

SCRATCHING = {"forage": 0.6, "gait": 0.5, "step": 0.4}
"""How often bedding moves when the mouse is in these modes of motion."""

SCRATCHED_PX = (14.0, 4.5)
"""Half width and half height of what it moves."""


@dataclass(frozen=True)
class Bump:
    """The camera stands elsewhere from a frame on; until it settles the picture swings."""

    frame: int
    camera: Camera
    swing: tuple[float, float] = (0.0, 0.0)  # pixels

    def offset(self, frame: int) -> tuple[float, float]:
        """Return how far the picture is off at a frame after the bump."""
        after_s = (frame - self.frame) / float(RATE_FPS)
        if not any(self.swing) or not 0 <= after_s < JOLT_S:
            return (0.0, 0.0)
        share = float(np.exp(-after_s / JOLT_DECAY_S) * np.cos(2 * np.pi * JOLT_HZ * after_s))
        return (self.swing[0] * share, self.swing[1] * share)


@dataclass(frozen=True)
class Scratch:
    """Bedding that lies elsewhere from a frame on, in pixels of the cage as it is seen."""

    frame: int
    x: float
    y: float
    source_x: float  # where it came from, in the same row
    shade: float


def sample_bumps(generator: Generator, camera: Camera, n_frames: int) -> list[Bump]:
    """Return where the camera stands: from frame 0 on, and from each bump on."""
    bumps = [Bump(0, camera)]
    count = generator.poisson(BUMPS_PER_S * n_frames / float(RATE_FPS))
    for frame in np.sort(generator.integers(1, max(n_frames, 2), count)).tolist():
        dx, dy, tilt = (generator.normal(0, 1, 3) * [BUMP_PX, BUMP_PX, BUMP_DEGREES]).tolist()
        shift = (camera.shift[0] + dx, camera.shift[1] + dy)
        camera = replace(camera, shift=shift, tilt=camera.tilt + tilt)
        x, y = generator.normal(0, JOLT_PX, 2).tolist()
        bumps.append(Bump(frame, camera, (x, y)))
    return bumps


def sample_gain(generator: Generator, night: bool, n_frames: int) -> NDArray[np.float64]:
    """Return the light (n_frames,) relative to the session's own."""
    seconds = np.arange(n_frames) / float(RATE_FPS)
    turns = np.arange(0, seconds[-1] + 2 * DRIFT_S, DRIFT_S)
    gain = np.interp(seconds, turns, generator.normal(0, DRIFT_SPREAD, len(turns)))
    for start in generator.uniform(0, seconds[-1], generator.poisson(SWITCHES_PER_S * seconds[-1])):
        stop = start + generator.uniform(*SWITCHED_S)
        size = generator.normal(0, SWITCH_SPREAD["night" if night else "day"])
        # Within a fifth of a second: a lamp is switched, a camera adapts.
        gain += size * np.clip(np.minimum(seconds - start, stop - seconds) / 0.2, 0, 1)
    return np.exp(gain)


def sample_scratches(generator: Generator, pose: Pose, modes: list[list[Segment]]) -> list[Scratch]:
    """Return where the mouse moves bedding about, by the way that it moves itself."""
    scratches = []
    for start, stop, mode in (segment for segments in modes for segment in segments):
        if generator.random() < SCRATCHING.get(mode, 0.0):
            frame = int(generator.integers(start, stop))
            side = -1.0 if np.cos(pose.yaw[frame]) < 0 else 1.0
            y = FLOOR_FRONT_Y - pose.depth[frame] * RISE_PER_DEPTH_PX
            scratches.append(
                Scratch(
                    frame,
                    x=float(pose.x[frame] + side * generator.uniform(5.0, 35.0)),
                    y=float(y + generator.normal(0, 2.0)),
                    source_x=float(generator.uniform(40.0, 280.0)),
                    shade=float(np.exp(generator.normal(0, 0.13))),
                )
            )
    return sorted(scratches, key=lambda scratch: scratch.frame)
