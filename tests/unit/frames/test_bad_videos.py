"""What a file states of itself is held against what was decoded: what is missing does not go unsaid."""

import re
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from tests.unit.frames.conftest import FFMPEG, run_ffmpeg

from homecage.frames.decode import decode
from homecage.frames.options import FramesOptions

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-threads", "1")
FRONT = ("-movflags", "+faststart")
TFF, BFF = ("-vf", "setfield=tff"), ("-vf", "setfield=bff")


def judge(path, **options):
    return decode(path, FramesOptions(size_px=32, **options), take=lambda block: None)


def cut_between_packets(path, n_packets):
    """Keep a file up to the end of a packet; return it."""
    shown = subprocess.run(
        [FFMPEG, "-v", "error", "-i", path, "-c", "copy", "-f", "framecrc", "-"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    sizes = [int(line.split(",")[4]) for line in shown.splitlines() if line[0] != "#"]
    content = path.read_bytes()
    if path.suffix == ".avi":
        start = content.index(b"movi") + 4
        stop = start + sum(8 + size + size % 2 for size in sizes[:n_packets])
    else:
        stop = content.index(b"mdat") + 4 + sum(sizes[:n_packets])
    path.write_bytes(content[:stop])
    return path


def zero_the_tail(path, n_packets):
    size = path.stat().st_size
    cut_between_packets(path, n_packets)
    path.write_bytes(path.read_bytes().ljust(size, b"\0"))
    return path


@pytest.mark.parametrize("codec", [H264, ("-c:v", "mpeg4")], ids=["h264", "mpeg4"])
@pytest.mark.parametrize("n_packets", [1, 11, 29])
def test_an_mp4_cut_between_packets(make_video, codec, n_packets):
    path = cut_between_packets(make_video("a.mp4", arguments=(*codec, *FRONT)), n_packets)
    decoding = judge(path)
    assert decoding.n_frames == n_packets
    last_s = re.escape(f"{(n_packets - 1) * 1001 / 30000:.3f}")
    first, second = decoding.damage[:2]
    assert re.fullmatch(r"cut off: the file has \d+ bytes of the \d+ that it states", first)
    assert re.fullmatch(
        rf"{n_packets} frames could be decoded of 30; the last begins at {last_s} s, by its sample "
        r"table at 0\.968 s",
        second,
    )
    assert (decoding.stated.by, decoding.stated.n_frames) == ("sample table", 30)


def test_an_avi_cut_between_packets(make_video):
    decoding = judge(cut_between_packets(make_video("a.avi", arguments=H264), 17))
    assert decoding.n_frames == 17 and decoding.damage[0].startswith("cut off: the file has ")
    assert "17 frames could be decoded of 30; the last begins at" in decoding.damage[1]


def test_an_avi_with_a_zeroed_tail(make_video):
    decoding = judge(zero_the_tail(make_video("a.avi", arguments=H264), 23))
    assert decoding.n_frames == 23
    assert decoding.damage[0] == (
        "23 frames could be decoded of 30; the last begins at 0.734 s, by its header at 0.968 s"
    )


def test_an_avi_whose_index_is_of_no_use_is_held_against_its_header(make_video):
    path = make_video("a.avi", arguments=H264)
    content = path.read_bytes()
    entries = content.index(b"idx1") + 8
    path.write_bytes(content[:entries].ljust(len(content), b"\0"))
    decoding = judge(path)
    assert decoding.damage == decoding.warnings == () and decoding.n_frames == 30
    assert (decoding.stated.by, decoding.stated.n_frames_header) == ("header", 30)


def test_an_mkv_that_ends_where_a_cluster_does(make_video):
    path = make_video("a.mkv", arguments=(*H264, "-g", "10", "-cluster_time_limit", "300"))
    content = path.read_bytes()
    clusters = [match.start() for match in re.finditer(rb"\x1f\x43\xb6\x75", content)]
    path.write_bytes(content[: clusters[-1]])
    decoding = judge(path)
    assert 0 < decoding.n_frames < 30 and decoding.stated.by == "duration"
    assert re.match(
        rf"{decoding.n_frames} frames could be decoded; the last ends at 0\.\d+ s, by its duration at 1\.00",
        decoding.damage[0],
    )


def test_a_fragmented_mp4_that_is_cut_in_a_fragment(make_video):
    flags = ("-movflags", "frag_keyframe+empty_moov", "-g", "10")
    path = make_video("a.mp4", arguments=(*H264, *flags))
    assert judge(path).damage == judge(path).warnings == ()
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    assert any(sign.startswith("cut off: the file has ") for sign in judge(path).damage)


@pytest.mark.parametrize("n_packs", [4, 6, 8])
def test_an_mpg_cut_late_is_seen_or_held_against_nothing_but_its_own_end(make_video, n_packs):
    path = make_video(n_frames=60, size="160x120")
    size = path.stat().st_size // 2048
    path.write_bytes(path.read_bytes()[: (size - n_packs) * 2048])
    decoding = judge(path)
    assert decoding.damage or decoding.n_frames == 60
    assert (decoding.stated.by, decoding.stated.n_frames) == ("last timestamp", None)


def test_a_program_stream_counts_no_frames_and_is_sound(make_video):
    decoding = judge(make_video(size="320x240"))
    assert decoding.damage == decoding.warnings == () and decoding.n_frames == 30


def test_a_header_that_counts_other_frames_than_there_are(make_video):
    path = make_video("a.avi", arguments=H264)
    content = bytearray(path.read_bytes())
    place = content.index(b"strh") + 8 + 32
    assert struct.unpack_from("<I", content, place) == (30,)
    for n_frames in (25, 40):
        struct.pack_into("<I", content, place, n_frames)
        path.write_bytes(content)
        decoding = judge(path)
        assert decoding.damage == () and decoding.n_frames == 30
        assert decoding.warnings == (f"30 frames could be decoded, its header counts {n_frames}",)
    path = make_video("a.mkv", arguments=(*H264, "-metadata:s:v", "NUMBER_OF_FRAMES=31"))
    decoding = judge(path)
    assert decoding.damage == () and decoding.n_frames == 30
    assert decoding.warnings == ("30 frames could be decoded, its header counts 31",)


def test_an_edit_list_that_hides_frames(make_video, tmp_path):
    whole, path = make_video("whole.mp4", arguments=H264), tmp_path / "part.mp4"
    run_ffmpeg("-ss", "0.35", "-i", whole, "-c", "copy", path)
    decoding = judge(path)
    assert decoding.damage == () and decoding.n_frames < 30
    assert decoding.warnings == (
        f"{decoding.n_frames} frames could be decoded, its sample table has 30; both end together",
    )


def test_gaps_in_an_avi_are_times_without_frames_and_nothing_is_missing(make_video):
    keep = ("-vf", "select='not(between(n,10,12))'", "-fps_mode", "vfr", "-c:v", "mpeg4")
    decoding = judge(make_video("a.avi", rate="25", n_frames=60, arguments=keep))
    assert decoding.damage == () and decoding.n_frames == 60
    assert decoding.warnings == (
        "a gap of 0.160 s in time after frame 9; frames lie 0.04 s apart elsewhere",
    )


def test_two_gaps(make_video):
    keep = ("-vf", "select='not(eq(n,10)+between(n,50,60))'", "-fps_mode", "vfr", "-c:v", "mpeg4")
    decoding = judge(make_video("a.mkv", rate="25", n_frames=60, arguments=keep))
    assert decoding.warnings == (
        "a gap of 0.080 s in time after frame 9 and at 1 more, the longest of 0.480 s after frame 48; "
        "frames lie 0.04 s apart elsewhere",
    )


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".avi"])
def test_a_variable_rate_is_told_with_count_and_times(make_video, suffix):
    keep = ("-vf", "select='lt(n,10)+not(mod(n,3))'", "-fps_mode", "vfr", "-c:v", "mpeg4")
    decoding = judge(make_video(f"mouse{suffix}", rate="25", arguments=keep))
    assert decoding.damage == () and decoding.warnings == (
        "a variable frame rate: 30 frames lie 0.04 to 0.12 s apart; each keeps its own time",
    )
    assert np.allclose(decoding.time_s, np.array([*range(10), *range(12, 70, 3)]) / 25, atol=1e-3)


@pytest.mark.parametrize("rate", ["24000/1001", "30000/1001", "120", "240"])
def test_times_in_milliseconds_are_of_one_rate(make_video, rate):
    assert judge(make_video("a.mkv", rate=rate, n_frames=200, arguments=H264)).warnings == ()


@pytest.mark.parametrize("moment", [8, 5])
def test_times_that_repeat_or_run_backward(make_video, moment):
    # A muxer refuses these, so one is written over the timestamp of an mkv's block.
    path = make_video("a.mkv", rate="25", arguments=("-c:v", "mpeg4", "-g", "250"))
    content = bytearray(path.read_bytes())
    place = content.index(struct.pack(">BhB", 0x81, 9 * 40, 0))
    struct.pack_into(">h", content, place + 1, moment * 40)
    path.write_bytes(content)
    decoding = judge(path)
    assert decoding.n_frames == 30 and decoding.damage == ()
    assert decoding.warnings == ("time does not increase after frame 8",)


def test_of_two_video_streams_one_is_chosen(make_video, tmp_path):
    first, second = (make_video(f"{n}.mp4", n_frames=n, arguments=H264) for n in (12, 20))
    both = tmp_path / "both.mkv"
    run_ffmpeg("-i", first, "-i", second, "-map", 0, "-map", 1, "-c", "copy", both)
    assert judge(both).damage == (
        "it has 2 video streams; expected one, or frames.stream to say which (0 to 1)",
    )
    for stream, n_frames in enumerate((12, 20)):
        chosen = judge(both, stream=stream)
        assert chosen.damage == () and chosen.n_frames == n_frames
    assert judge(both, stream=2).damage[0] == (
        "frames.stream asks for its video stream 2, counted from 0; it has 2"
    )


@pytest.mark.parametrize(
    ("arguments", "warning"),
    [
        (("-vf", "setsar=16/15", *H264), "its pixels are not square, but 16:15"),
        ((*TFF, "-c:v", "mpeg2video", "-flags", "+ildct+ilme"), "interlaced: "),
        ((*BFF, "-c:v", "libx264", "-x264-params", "bff=1"), "interlaced: "),
    ],
)
def test_unusual_pictures_go_on_with_a_word(make_video, arguments, warning):
    decoding = judge(make_video("a.mkv", rate="25", arguments=arguments))
    assert decoding.damage == () and decoding.n_frames == 30
    assert len(decoding.warnings) == 1, decoding.warnings
    assert decoding.warnings[0].startswith(warning)


GRAY = 100  # Of full range; 16 + 100 * 219 / 255 of limited range.


@pytest.mark.parametrize(
    ("pixels", "value", "more"),
    [
        ("gray", GRAY, ("-color_range", "pc")),
        ("gray10le", GRAY * 1023 // 255, ("-color_range", "pc")),
        ("yuv420p", 102, ("-color_range", "tv")),
        ("yuv420p", 102, ()),
        ("yuv420p", GRAY, ("-color_range", "pc")),
        ("yuv444p", 102, ("-color_range", "tv")),
        ("yuv420p10le", 102 * 4, ("-color_range", "tv")),
        ("yuv420p10le", GRAY * 1023 // 255, ("-color_range", "pc")),
    ],
)
@pytest.mark.parametrize("size", ["64x48", "65x49"])
def test_gray_is_the_same_gray_in_every_form(tmp_path, pixels, value, more, size):
    width, height = map(int, size.split("x"))
    neutral = 1 << (9 if "10" in pixels else 7)
    of_chroma = {"gray": 0, "yuv4": 2 * width * height}[pixels[:4]]
    if "420" in pixels:
        of_chroma = 2 * ((width + 1) // 2) * ((height + 1) // 2)
    planes = np.concatenate([np.full(width * height, value), np.full(of_chroma, neutral)]).astype(
        "<u2" if "10" in pixels else np.uint8
    )
    raw, path = tmp_path / "a.raw", tmp_path / "a.mkv"
    raw.write_bytes(planes.tobytes() * 9)
    form = ("-f", "rawvideo", "-pix_fmt", pixels, "-s", size, "-r", 25)
    run_ffmpeg(*form, *more, "-i", raw, "-c:v", "ffv1", "-pix_fmt", pixels, *more, path)
    blocks = []
    decoding = decode(path, FramesOptions(size_px=32), take=blocks.append)
    assert decoding.damage == decoding.warnings == ()
    assert (decoding.n_frames, decoding.width_px, decoding.height_px) == (9, width, height)
    assert (
        np.abs(np.concatenate(blocks).astype(int) - GRAY).max() <= 2
    )  # ffmpeg's 4:2:0 to RGB is 2 too dark.


@pytest.mark.parametrize(
    ("content", "damage"),
    [
        (b"", "the file is empty"),
        (
            bytes(np.random.default_rng(0).integers(0, 256, 9000, np.uint8)),
            "it is no video, or of no",
        ),
        (b"#EXTM3U\n#EXTINF:1,\nb.mpg\n#EXT-X-ENDLIST\n", "it is no video, or of no kind"),
        (b"ffconcat version 1.0\nfile b.mpg\n", "it is no video, or of no kind"),
    ],
    ids=["empty", "random", "playlist", "concat"],
)
def test_what_is_no_video_is_called_so(tmp_path, content, damage):
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    assert judge(path).damage[0].startswith(damage)


def test_an_mp4_without_its_table(make_video):
    path = make_video("a.mp4", arguments=H264)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert judge(path).damage[0] == (
        "it has no table of its frames (moov): cut off, or its recording was not ended"
    )


def test_a_file_that_is_not_there(tmp_path):
    assert judge(tmp_path / "a.mp4").damage[0] == "it cannot be opened: No such file or directory"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["a.mp4", "a.avi"])
def test_tables_that_are_damaged_state_less_and_break_nothing(make_video, name, seed):
    path = make_video(name, n_frames=9, arguments=(*H264, *FRONT))
    content = np.frombuffer(path.read_bytes(), np.uint8).copy()
    rng = np.random.default_rng(seed)
    for _ in range(8):
        content[rng.integers(12, 900, 20)] = rng.integers(0, 256, 20)
        Path(path).write_bytes(content.tobytes())
        judge(path)
