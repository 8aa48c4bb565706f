"""The part of a picture that is used, as a lab's sheet gives it."""

import re
from typing import NamedTuple

from homecage.errors import ConfigError


class Crop(NamedTuple):
    """A rectangle of the upright frame, in pixels; x and y are of its top left corner, from 0."""

    x_px: int
    y_px: int
    width_px: int
    height_px: int

    def __str__(self) -> str:
        return ",".join(map(str, self))


def parse_crop(text: str) -> Crop:
    """Read ``x,y,width,height``.

    Raises:
        ConfigError: it is not four whole numbers, or the rectangle is empty.
    """
    found = re.fullmatch(r"(\d{1,6}) *, *(\d{1,6}) *, *(\d{1,6}) *, *(\d{1,6})", text.strip())
    crop = Crop(*map(int, found.groups())) if found else None
    if crop is None or not crop.width_px or not crop.height_px:
        raise ConfigError(
            f"crop: found {text!r}; expected x,y,width,height: whole pixels of the upright frame, x and y "
            "from 0 at its top left corner, as 40,0,560,480"
        )
    return crop
