"""What only the simulator knows of a video: its mouse's mode of motion and place in every frame.

No method reads it; :mod:`homecage.evaluate.ceiling` states from it what a glimpse can tell at best.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from homecage.simulate.cage import Cage
from homecage.simulate.motion import Pose, true_modes, true_pose
from homecage.simulate.options import SimulationOptions
from homecage.simulate.process import (
    HOPPER_REACH_PX,
    SPOUT_REACH_PX,
    cage_of,
    true_bouts,
    x_range,
)
from homecage.storage.tables import write_tsv

NEAR_PX = 14.0
"""How far from where it could drink or gnaw a mouse counts as at the spout or the hopper."""

WALL_PX = 30.0
"""How near to the farthest that it can go a mouse counts as at a wall."""


def simulate_truth(*, video: str, options: SimulationOptions, output: Path) -> None:
    """Write the mode of motion and the place of a full video's mouse in every frame.

    Args:
        video: the video's name.
        options: of the simulation.
        output: a table: frame, mode and place, which is spout, hopper, wall or open.
    """
    bouts = true_bouts(video, options)
    modes = [
        mode
        for segments in true_modes(video, options, bouts)
        for start, stop, mode in segments
        for _ in range(start, stop)
    ]
    places = find_places(true_pose(video, options, bouts), cage_of(video, options))
    table = pd.DataFrame({"frame": np.arange(len(modes)), "mode": modes, "place": places})
    write_tsv(output, table)


def find_places(pose: Pose, cage: Cage) -> NDArray[np.str_]:
    """Return where the mouse is in each frame (T,): what is in its reach, before where it is not."""
    facing = np.where(np.cos(pose.yaw) < 0, -1, 1)
    low, high = np.array([x_range(-1), x_range(1)])[(facing > 0).astype(int)].T
    at_spout = np.abs(pose.x + SPOUT_REACH_PX - cage.spout[1][0]) < NEAR_PX
    at_hopper = np.abs(pose.x + facing * HOPPER_REACH_PX - cage.hopper_mouth[0]) < NEAR_PX
    at_wall = np.minimum(pose.x - low, high - pose.x) < WALL_PX
    return np.select(
        [at_spout & (facing > 0), at_hopper, at_wall], ["spout", "hopper", "wall"], "open"
    )
