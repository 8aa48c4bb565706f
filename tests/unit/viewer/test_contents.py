"""What a page is told: rows of bouts, probabilities and times, each in its short form."""

import base64
import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.clips.bouts import find_bouts
from homecage.viewer.contents import (
    NOTHING,
    PATTERNS,
    describe_behaviors,
    describe_row,
    encode_probability,
    encode_times,
    link_videos,
    write_script,
)


def unpack(bouts: list[int]) -> list[tuple[int, int, int]]:
    """Return (start, stop, behavior) of each bout, as the page reads them."""
    found, frame = [], 0
    for gap, length, behavior in zip(*[iter(bouts)] * 3, strict=True):
        start, frame = frame + gap, frame + gap + length
        found.append((start, frame, behavior))
    return found


@given(st.lists(st.integers(-1, 3), max_size=60))
def test_a_row_has_the_bouts_of_its_frames(codes):
    codes = np.array(codes, np.int8)
    row = describe_row("net", "A net", "method", codes)
    start, stop = find_bouts(codes)
    assert unpack(row["bouts"]) == list(
        zip(start.tolist(), stop.tolist(), codes[start].tolist(), strict=True)
    )
    assert (row["id"], row["title"], row["kind"]) == ("net", "A net", "method")
    json.dumps(row)


def test_a_probability_is_a_byte_of_its_behaviors_plane():
    p = np.array([[0.0, 1.0], [0.25, 0.75], [np.nan, np.nan]], np.float32)
    coded = np.frombuffer(base64.b64decode(encode_probability(p)), np.uint8).reshape(2, 3)
    np.testing.assert_array_equal(coded, [[0, 64, NOTHING], [254, 190, NOTHING]])


@pytest.mark.parametrize("rate", [Fraction(30), Fraction(30000, 1001)])
def test_times_are_sent_only_where_they_are_not_even(rate):
    even = np.arange(100) / float(rate)
    assert encode_times(even, rate) is None
    assert encode_times(np.round(even, 3), rate) is None  # Matroska keeps milliseconds.
    for uneven in (even + 0.5, np.delete(np.arange(101) / float(rate), 50)):
        coded = encode_times(uneven, rate)
        np.testing.assert_array_equal(np.frombuffer(base64.b64decode(coded), "<f8"), uneven)


def test_a_frame_without_a_time_has_that_of_the_one_before():
    coded = encode_times(np.array([np.nan, 1.0, np.nan, 3.0]), Fraction(1))
    assert np.frombuffer(base64.b64decode(coded), "<f8").tolist() == [0.0, 1.0, 1.0, 3.0]


def test_behaviors_are_told_apart_by_patterns_too():
    colors = {f"b{k}": "#123456" for k in range(len(PATTERNS) + 1)}
    described = describe_behaviors(colors)
    assert [one["pattern"] for one in described] == [*PATTERNS, PATTERNS[0]]
    assert described[1] == {"name": "b1", "color": "#123456", "pattern": PATTERNS[1]}


def test_pages_are_linked_by_addresses_that_browsers_read():
    assert link_videos(["a%1", "été"], ["a/1", "été"]) == [
        ["a/1", "a%251.html"],
        ["été", "%C3%A9t%C3%A9.html"],
    ]


def test_the_script_hands_over_one_value_and_nothing_else():
    script = write_script({"name": "</script>\u2028é"})
    assert script.isascii() and script.startswith("window.homecageData=") and script.endswith(";\n")
    value = json.loads(script.removeprefix("window.homecageData=").removesuffix(";\n"))
    assert value == {"name": "</script>\u2028é"}
    with pytest.raises(ValueError):
        write_script({"time": float("nan")})
