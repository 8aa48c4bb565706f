"""The cage's geometry, in pixels of the unmoved camera: origin at the top left, y downwards."""

from fractions import Fraction

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

HOPPER = ((178.0, LID_Y), (264.0, LID_Y), (243.0, 118.0), (207.0, 124.0))
"""The wedge of bars that holds the pellets: top left, top right, bottom right, bottom left."""

HOPPER_MOUTH = (216.0, 126.0)
"""Where a mouse gnaws at the pellets."""

SPOUT_BASE, SPOUT_TIP = (204.0, 114.0), (186.0, 147.0)
"""The drinking spout, at the hopper's lower left."""

RISE_PER_DEPTH_PX = FLOOR_FRONT_Y - FLOOR_BACK_Y
