"""A crop is four whole numbers, or is refused with what was expected."""

import pytest

from homecage.errors import ConfigError
from homecage.study.crop import Crop, parse_crop


@pytest.mark.parametrize("text", ["40,0,560,480", " 40 , 0,560 , 480 "])
def test_a_crop(text):
    assert parse_crop(text) == Crop(40, 0, 560, 480)
    assert str(parse_crop(text)) == "40,0,560,480"


@pytest.mark.parametrize(
    "text",
    [
        "40,0,560",
        "40,0,560,480,1",
        "a,0,1,1",
        "-1,0,5,5",
        "0,0,0,5",
        "0,0,5,0",
        "0.5,0,5,5",
        "1e9,0,1,1",
    ],
)
def test_what_is_no_crop(text):
    with pytest.raises(
        ConfigError, match=r"crop: found .*; expected x,y,width,height: whole pixels"
    ):
        parse_crop(text)
