"""The cage's geometry, in pixels of the unmoved camera: origin at the top left, y downwards."""

from dataclasses import dataclass
from fractions import Fraction

from numpy.random import Generator

WIDTH_PX, HEIGHT_PX = 320, 240
"""Size of a picture of the MIT data set."""

RATE_FPS = Fraction(30000, 1001)
"""Frame rate of the MIT data set."""

LEFT_X, RIGHT_X = 14.0, 306.0
"""Inner faces of the side walls."""

FLOOR_FRONT_Y, FLOOR_BACK_Y = 212.0, 176.0
"""Surface of the bedding at the front and at the back wall."""

LID_Y = 66.0
"""Height of the lid's bars."""

RISE_PER_DEPTH_PX = FLOOR_FRONT_Y - FLOOR_BACK_Y

SHIFT_PX = (-72.0, 18.0)
"""How far to the left or right of where it is drawn here a cage's hopper may hang."""

GAP_PX = (0.0, 34.0)
"""How far from the hopper's flank the spout may hang, in cages where it has a place of its own."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Cage:
    """Where hopper and spout hang.

    Everything is laid out with the spout to the hopper's left. A ``mirrored`` cage is that, seen in a
    mirror: only the camera knows.
    """

    shift: float = 0.0
    gap: float = 0.0
    mirrored: bool = False

    @property
    def hopper(self) -> tuple[Point, Point, Point, Point]:
        """The wedge of bars that holds the pellets: top left, top right, bottom right, bottom left."""
        x = self.shift
        return ((178 + x, LID_Y), (264 + x, LID_Y), (243 + x, 118.0), (207 + x, 124.0))

    @property
    def hopper_mouth(self) -> Point:
        """Where a mouse gnaws at the pellets."""
        return (216.0 + self.shift, 126.0)

    @property
    def spout(self) -> tuple[Point, Point]:
        """The drinking spout: where it leaves its holder, and its tip."""
        x = self.shift - self.gap
        return (204.0 + x, 114.0), (186.0 + x, 147.0)


def sample_cage(generator: Generator, mirrored: bool) -> Cage:
    """Sample a cage; in every second one the spout hangs apart from the hopper."""
    gap = float(generator.uniform(*GAP_PX)) if generator.random() < 0.5 else 0.0
    low, high = SHIFT_PX
    return Cage(float(generator.uniform(low + gap, high)), gap, mirrored)
