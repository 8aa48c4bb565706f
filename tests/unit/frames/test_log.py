"""ffmpeg's log is read for what a video is, and for every sign of damage."""

import pytest

from homecage.frames.log import Log

INPUT = "[info] Input #0, {}, from 'file:a':\n[info]   Duration: {}, start: 0.5, bitrate: 3 kb/s\n"
STREAM = (
    "[info]   Stream #0:0[0x1e0]: Video: mpeg1video, yuv420p(tv{}), 320x240 [SAR {}], 29.97 fps\n"
)


def read(text, stream=None):
    return Log(text.splitlines(), stream)


def test_the_log_tells_damage_from_other_news():
    log = read("""\
    [info] Input #0, mpeg, from 'file:a.mpg':
    [info]   Stream #0:0[0x1e0]: Video: mpeg1video, yuv420p(tv), 320x240 [SAR 1:1 DAR 4:3], 29.97 fps
    [info] Stream mapping:
    [vist#0:0/mpeg1video @ 0x556c] [warning] timestamp discontinuity (stream id=480): -1000000
    [in#0/mpeg @ 0x5] [warning] Packet corrupt (stream = 0, dts = 48003).
    [in#0/mpeg @ 0x6] [warning] Packet corrupt (stream = 0, dts = 48003).
    [vf#0:0 @ 0x5] [info] Reconfiguring filter graph because video parameters changed to x, 320x240
    [mpeg1video @ 0x7] [error] ac-tex damaged at 4 9
    [info] Output #0, rawvideo, to 'pipe:1':
    [info]   Stream #0:0: Video: rawvideo (RGB[24] / 0x18424752), rgb24, 128x128, 29.97 fps
    """)
    assert (log.width_px, log.height_px) == (320, 240)
    assert log.damage == [
        "[in#0/mpeg] [warning] Packet corrupt (stream = 0, dts = 48003).",
        "[mpeg1video] [error] ac-tex damaged at 4 9",
    ]
    assert log.unfit == []
    assert log.warnings == [
        "its timestamps jump once; time goes on across the jump as if there was none"
    ]


@pytest.mark.parametrize(
    ("fields", "ratio", "warning"),
    [
        (", progressive", "1:1 DAR 4:3", None),
        ("", "0:1 DAR 0:1", None),
        (", top first", "1:1 DAR 4:3", "interlaced: "),
        (", bottom coded first (swapped)", "1:1 DAR 4:3", "interlaced: "),
        ("", "16:15 DAR 64:45", "its pixels are not square, but 16:15"),
        ("", "1:1 DAR 4:3], SAR 16:15 DAR 64:45 [", "its pixels are not square, but 16:15"),
    ],
)
def test_what_is_unusual_about_a_stream(fields, ratio, warning):
    log = read(INPUT.format("mpeg", "N/A") + STREAM.format(fields, ratio))
    assert len(log.warnings) == (warning is not None) and log.damage == log.unfit == []
    assert warning is None or log.warnings[0].startswith(warning)


@pytest.mark.parametrize(
    ("kind", "duration", "tags", "stated"),
    [
        ("mpeg", "00:00:09.86", "", ("last timestamp", None, 9.86, False)),
        ("matroska,webm", "01:00:09.86", "", ("duration", None, 3609.86, True)),
        ("matroska,webm", "N/A", "", ("nothing", None, None, True)),
        ("matroska,webm", "N/A", "NUMBER_OF_FRAMES: 297", ("header", 297, None, True)),
        ("matroska,webm", "00:01:00.00", "DURATION : 00:00:02.5", ("duration", None, 2.5, True)),
    ],
)
def test_what_the_container_states(kind, duration, tags, stated):
    text = INPUT.format(kind, duration) + STREAM.format("", "1:1") + f"[info]       {tags}\n"
    found = read(text).statement
    assert (found.by, found.n_frames_header, found.end_s, found.certain) == stated


def test_a_duration_beside_other_streams_is_not_the_videos():
    text = INPUT.format("matroska,webm", "00:00:09.86") + STREAM.format("", "1:1")
    assert not read(text + "[info]   Stream #0:1(eng): Audio: aac, 44100 Hz\n").statement.certain
