"""Frames that are handed on as they are decoded, and what a header says of them."""

import threading

import numpy as np
import pytest

from homecage.frames.decode import decode
from homecage.frames.options import FramesOptions
from homecage.frames.stream import FrameStream, Header, parse_header, read_header

SMALL = FramesOptions(size_px=32)


def test_the_stream_is_what_is_decoded(make_video):
    path = make_video(n_frames=150)
    blocks = []
    found = decode(path, SMALL, blocks.append)
    stream = FrameStream(path, SMALL)
    np.testing.assert_array_equal(np.concatenate(list(stream)), np.concatenate(blocks))
    np.testing.assert_array_equal(stream.found.time_s, found.time_s)
    assert (stream.found.width_px, stream.found.damage) == (64, ())


def test_whoever_leaves_ends_the_decoding(make_video):
    threads = threading.active_count()
    frames = iter(FrameStream(make_video(n_frames=600), SMALL))
    next(frames)
    frames.close()
    assert threading.active_count() == threads


def test_a_file_that_is_no_video_is_found_damaged(tmp_path):
    path = tmp_path / "noise.mp4"
    path.write_bytes(b"noise" * 100)
    stream = FrameStream(path, SMALL)
    assert not list(stream) and stream.found.damage
    assert read_header(path, SMALL) == Header(None, None)


@pytest.mark.parametrize(
    ("name", "rate", "told"), [("a.mpg", "25", 25), ("b.mp4", "30000/1001", 29.97)]
)
def test_a_header_says_rate_and_length(make_video, name, rate, told):
    header = read_header(make_video(name, n_frames=50, rate=rate), SMALL)
    assert header.rate_fps == told
    assert header.n_frames == pytest.approx(50, abs=3)


def test_a_cover_picture_has_no_rate():
    log = """[info] Input #0, mov,mp4, from 'Duration: 01:00:00.00':
[info]   Duration: 00:01:02.50, start: 0.000000, bitrate: 65 kb/s
[info]   Stream #0:0[0x0]: Video: png, rgb24(pc), 64x48, 90k tbr, 90k tbn (attached pic)
[info]   Stream #0:1[0x1](und): Video: h264 (High), yuv420p, 64x48, 20 kb/s, 1.2k fps, 30 tbr, 15k tbn
"""
    assert parse_header(log) == Header(62.5, 1200.0)
    assert parse_header(log.replace("1.2k fps, ", "")) == Header(62.5, None)
    assert Header(62.5, 30.0).n_frames == 1875
