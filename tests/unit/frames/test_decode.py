"""Every frame of a sound video comes out once, at its time; damage is seen wherever it can be."""

import random
import subprocess
import textwrap
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from tests.unit.frames.conftest import FFMPEG, run_ffmpeg

from homecage.errors import ConfigError, VideoError
from homecage.frames.decode import BLOCK, Decoding, build_arguments, decode, find_ffmpeg
from homecage.frames.options import FramesOptions
from homecage.frames.raw import split_damage
from homecage.study.crop import parse_crop

OPTIONS = FramesOptions(size_px=32)


def look_through(path, options=OPTIONS):
    """Decode to nothing."""
    return decode(path, options, take=lambda block: None)


def take_all(path, options=OPTIONS):
    blocks = []
    decoding = decode(path, options, take=blocks.append)
    assert all(len(block) <= BLOCK for block in blocks)
    return decoding, np.concatenate(blocks) if blocks else np.empty((0, 32, 32, 3), np.uint8)


def decode_plainly(path, n_frames, size_px=32):
    """The same frames by another way through ffmpeg: one image a frame, in a file."""
    raw = path.with_suffix(".raw")
    scale = f"scale={size_px}:{size_px}:flags=bilinear+bitexact+accurate_rnd"
    run_ffmpeg(
        *("-i", f"file:{path}", "-fps_mode", "passthrough", "-vf", scale, "-pix_fmt", "rgb24"),
        *("-f", "rawvideo", raw),
    )
    return np.fromfile(raw, dtype=np.uint8).reshape(n_frames, size_px, size_px, 3)


def test_a_video_of_the_data_sets_form(make_video):
    path = make_video(n_frames=BLOCK + 3, size="160x120")
    decoding, frames = take_all(path)
    assert frames.shape == (BLOCK + 3, 32, 32, 3) and frames.dtype == np.uint8
    assert np.array_equal(frames, decode_plainly(path, BLOCK + 3))
    assert decoding.n_frames == BLOCK + 3
    assert np.allclose(decoding.time_s, np.arange(BLOCK + 3) * 1001 / 30000, atol=1e-9)
    assert decoding.rate_fps == pytest.approx(30000 / 1001)
    assert (decoding.width_px, decoding.height_px) == (160, 120)
    assert decoding.damage == ()


def test_pictures_that_share_packets_are_no_damage(make_video):
    # Pictures this small lie several in a packet, which states one time: ffmpeg gives two the same.
    n_frames = 259
    path = make_video(n_frames=n_frames, size="64x48")
    decoding, frames = take_all(path)
    assert decoding.damage == () and np.array_equal(frames, decode_plainly(path, n_frames))
    assert np.allclose(decoding.time_s, np.arange(n_frames) * 1001 / 30000, atol=0.034)
    assert decoding.warnings[0].startswith("time does not increase after frame 216")


@pytest.mark.parametrize("n_frames", [1, 5, 8])
def test_short_clips(make_video, n_frames):
    decoding, frames = take_all(make_video(n_frames=n_frames))
    assert decoding.n_frames == len(frames) == n_frames and decoding.damage == ()
    assert (decoding.rate_fps is None) == (n_frames == 1)


@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".mkv", ".mov", ".m4v", ".mpeg"])
def test_other_containers(make_video, suffix):
    path = make_video(f"mouse{suffix}", rate="25")
    decoding, frames = take_all(path)
    assert decoding.damage == () and len(frames) == 30
    assert np.allclose(decoding.time_s, np.arange(30) / 25)


def test_a_variable_rate_gives_no_copies(make_video):
    # Frames 0-9, then every third one.
    keep = "select='lt(n,10)+not(mod(n,3))'"
    path = make_video(
        "mouse.mkv", rate="25", arguments=("-vf", keep, "-fps_mode", "vfr", "-c:v", "mpeg4")
    )
    decoding, frames = take_all(path)
    # The writer keeps 30 frames: 0-9 and the 20 multiples of 3 from 12 on.
    expected = [*range(10), *range(12, 70, 3)]
    assert len(frames) == 30 and decoding.damage == ()
    assert np.allclose(decoding.time_s, np.array(expected) / 25, atol=1e-3)


def test_times_off_the_grid_of_the_rate_are_exact(make_video):
    irregular = "settb=1/1000,setpts=N*40+mod(N\\,3)*7"
    timing = ("-fps_mode", "passthrough", "-enc_time_base", "1:1000")
    path = make_video("mouse.mkv", rate="25", arguments=("-vf", irregular, *timing, "-c:v", "ffv1"))
    index = np.arange(30)
    assert np.allclose(look_through(path).time_s, index * 0.04 + index % 3 * 0.007, atol=1e-9)


def test_a_rotation_is_applied_and_the_size_stays(make_video, tmp_path):
    upright = make_video("upright.mp4", arguments=("-c:v", "mpeg4"))
    turned = tmp_path / "turned.mp4"
    run_ffmpeg("-display_rotation", 90, "-i", upright, "-c", "copy", turned)
    decoding, frames = take_all(turned)
    assert decoding.damage == () and frames.shape == (30, 32, 32, 3)
    _, expected = take_all(upright)
    # By a quarter, up to the scaling of a picture that is not square.
    differences = [
        np.abs(frames - np.rot90(expected.astype(float), quarters, axes=(1, 2))).mean()
        for quarters in range(4)
    ]
    assert np.argmin(differences) == 1


def take_cropped(path, crop):
    blocks = []
    decoding = decode(path, OPTIONS, take=blocks.append, crop=parse_crop(crop))
    return decoding, np.concatenate(blocks)


def test_a_crop_is_of_the_upright_picture(make_video, tmp_path):
    # Left half black, right half white; turned, the upper one is white.
    halves = ("-vf", "drawbox=c=black:t=fill,drawbox=x=32:c=white:t=fill", "-c:v", "ffv1")
    flat = make_video("flat.mkv", arguments=halves)
    turned = tmp_path / "turned.mp4"
    run_ffmpeg("-i", flat, "-c:v", "mpeg4", "-q:v", 2, tmp_path / "flat.mp4")
    run_ffmpeg("-display_rotation", 90, "-i", tmp_path / "flat.mp4", "-c", "copy", turned)
    for path, dark, light in (
        (flat, "0,0,31,48", "33,0,31,48"),
        (flat, "3,5,25,7", "39,41,25,7"),
        (turned, "0,36,48,28", "0,0,48,28"),
    ):
        for crop, low, high in ((dark, 0, 20), (light, 235, 256)):
            decoding, frames = take_cropped(path, crop)
            assert decoding.damage == () and frames.shape == (30, 32, 32, 3)
            assert low <= frames.min() <= frames.max() < high, (path.name, crop)
    assert (decoding.width_px, decoding.height_px) == (48, 64)


def test_a_crop_is_exact_where_pixels_share_colors(make_video):
    halves = "format=yuv420p,drawbox=c=black:t=fill,drawbox=x=33:c=white:t=fill"
    path = make_video("a.mkv", arguments=("-vf", halves, "-c:v", "ffv1"))
    for crop, low, high in (("3,5,30,7", 0, 20), ("33,5,31,7", 235, 256)):
        _, frames = take_cropped(path, crop)
        assert low <= frames.min() <= frames.max() < high


def test_a_crop_of_all_is_the_whole(make_video):
    path = make_video(size="65x49", arguments=("-c:v", "ffv1"), name="a.mkv")
    assert np.array_equal(take_cropped(path, "0,0,65,49")[1], take_all(path)[1])


@pytest.mark.parametrize("crop", ["1,0,64,48", "0,1,64,48", "0,0,65,10", "100,100,10,10"])
def test_a_crop_beyond_the_picture(make_video, crop):
    decoding = decode(make_video(), OPTIONS, take=lambda block: None, crop=parse_crop(crop))
    assert decoding.damage[0] == (
        f"the crop {crop} reaches beyond its upright picture of 64x48 pixels"
    )


@pytest.mark.parametrize(
    "name", ["-a %03d 'q\" é 鼠.mpg", "%d.mpg", "a:b,c;[d]=e.mpg", "{x}$(y)`.mpg"]
)
def test_odd_names(make_video, name):
    decoding, frames = take_all(make_video(name))
    assert decoding.damage == () and len(frames) == 30


@pytest.mark.parametrize("name", ["-i.mpg", "http:x.mpg"])
def test_a_relative_path_is_no_option_and_no_address(make_video, monkeypatch, tmp_path, name):
    make_video(name)
    monkeypatch.chdir(tmp_path)
    assert look_through(Path(name)).n_frames == 30


def test_sound_beside_the_video_is_passed_by(make_video, tmp_path):
    video = make_video("plain.mp4", arguments=("-c:v", "mpeg4"))
    both = tmp_path / "both.mp4"
    sound = ("-f", "lavfi", "-i", "sine=duration=1")
    run_ffmpeg(*sound, "-i", video, "-map", 0, "-map", 1, "-c:v", "copy", "-c:a", "aac", both)
    decoding, frames = take_all(both)
    assert len(frames) == 30 and decoding.damage == ()
    assert (decoding.width_px, decoding.height_px) == (64, 48)


def test_a_cover_picture_is_no_video(tmp_path):
    picture, song = tmp_path / "cover.png", tmp_path / "song.mp4"
    run_ffmpeg("-f", "lavfi", "-i", "color=red:size=16x16", "-frames:v", 1, picture)
    sound = ("-f", "lavfi", "-i", "sine=duration=1", "-map", 0, "-map", 1, "-c:a", "aac")
    run_ffmpeg("-i", picture, *sound, "-c:v", "copy", "-disposition:v", "attached_pic", song)
    decoding = look_through(song)
    assert decoding.n_frames == 0
    assert decoding.damage[0] == "it holds no video, only audio and a still picture"


def test_a_cut_is_found_or_cost_no_frame(make_video):
    path = make_video(n_frames=60, size="160x120")
    whole = path.read_bytes()
    rng = random.Random(0)
    cuts = [rng.randrange(4096, len(whole)) for _ in range(12)]
    cuts += range(4096, len(whole), len(whole) // 12 // 2048 * 2048)
    cut = path.with_name("cut.mpg")
    n_found = 0
    for size in cuts:
        cut.write_bytes(whole[:size])
        decoding = look_through(cut)
        n_found += bool(decoding.damage)
        if (
            size % 2048
        ):  # At a packet's end a cut may fall between two pictures, and cannot be seen.
            assert decoding.damage or decoding.n_frames == 60, size
    assert n_found >= 0.8 * len(cuts)


@pytest.mark.parametrize("name", ["mouse.avi", "mouse.mkv", "mouse.mp4"])
def test_half_a_file_of_another_container(make_video, name):
    path = make_video(name, n_frames=60, arguments=("-c:v", "mpeg4"))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    decoding, frames = take_all(path)
    assert decoding.damage and decoding.n_frames == len(frames) < 60


def test_a_hole_is_found(make_video):
    path = make_video(n_frames=60, size="160x120")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 2048 * 2048
    content[middle + 100 : middle + 1900] = bytes(1800)
    path.write_bytes(content)
    assert any("[error]" in sign for sign in look_through(path).damage)


@pytest.mark.parametrize("content", [b"", b"\0" * 5000, b"not a video", b"\0\0\1\xba" * 600])
def test_what_is_no_video(tmp_path, content):
    path = tmp_path / "mouse.mpg"
    path.write_bytes(content)
    decoding, frames = take_all(path)
    assert decoding.n_frames == len(frames) == 0
    assert decoding.width_px is None and decoding.rate_fps is None
    assert "no frame could be decoded" in decoding.damage


def test_a_missing_file(tmp_path):
    damage = look_through(tmp_path / "none.mpg").damage
    assert any("No such file" in sign for sign in damage)


def test_a_file_of_sound_alone(tmp_path):
    run_ffmpeg("-f", "lavfi", "-i", "sine=duration=1", tmp_path / "sound.avi")
    damage = look_through(tmp_path / "sound.avi").damage
    assert damage == ("it holds no video, only audio", "no frame could be decoded")


@pytest.mark.parametrize("size", ["128x96", "48x64"])
def test_a_change_of_size_on_the_way_is_damage(make_video, tmp_path, size):
    both = tmp_path / "both.mpg"
    parts = [make_video("a.mpg"), make_video("b.mpg", size=size)]
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    decoding, _ = take_all(both)
    assert decoding.damage == (f"the picture's size changes to {size} on the way",)
    assert (decoding.width_px, decoding.height_px) == (64, 48)


@pytest.mark.parametrize(
    "playlist",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile {}\n",
    ],
)
def test_a_playlist_in_disguise_opens_no_other_file(make_video, tmp_path, playlist):
    make_video("secret.mpg")
    (tmp_path / "mouse.mp4").write_text(playlist.format("secret.mpg"))
    decoding = look_through(tmp_path / "mouse.mp4")
    assert decoding.n_frames == 0 and decoding.damage


def test_a_rate_needs_the_times_of_the_first_and_the_last_frame():
    def measure(*time_s):
        return Decoding(np.array(time_s), 4, 3, ()).rate_fps

    assert measure(0.0, 0.04, 0.08) == pytest.approx(25)
    assert measure(0.0, np.nan) is measure(0.1, 0.1) is measure(0.2, 0.1) is None


def test_many_lines_of_damage_are_few_in_the_message(make_video):
    path = make_video(n_frames=60, size="160x120")
    content = bytearray(path.read_bytes())
    rng = random.Random(0)
    for _ in range(400):
        content[rng.randrange(3000, len(content))] ^= 255
    path.write_bytes(content)
    damage = look_through(path).damage
    assert len(damage) <= 8 and any("more lines like these" in sign for sign in damage)
    assert split_damage(damage)[2] > 0  # And is counted by those that show fewer of them.
    assert not any("0x" in sign for sign in damage)  # An address differs from run to run.


def test_the_same_file_gives_the_same_frames_and_damage(make_video):
    path = make_video(n_frames=60, size="160x120")
    path.write_bytes(path.read_bytes()[:20000])
    (first, frames), (second, again) = take_all(path), take_all(path)
    assert first.damage == second.damage and np.array_equal(frames, again)


def write_program(path, body):
    path.write_text("#!/bin/sh\n" + textwrap.dedent(body))
    path.chmod(0o755)
    return path


def test_ffmpeg_ended_by_a_signal_says_nothing_of_the_video(make_video, tmp_path):
    program = write_program(
        tmp_path / "ffmpeg",
        f'[ "$1" = -version ] && exec {FFMPEG} -version\n{FFMPEG} "$@"\nkill -9 $$\n',
    )
    with pytest.raises(VideoError, match=r"mpg: ffmpeg was ended by signal SIGKILL; run snakemake"):
        look_through(make_video(), FramesOptions(size_px=32, ffmpeg=program))


def test_a_frame_lost_between_ffmpeg_and_here_is_damage(make_video, tmp_path):
    program = write_program(
        tmp_path / "ffmpeg",
        f'[ "$1" = -version ] && exec {FFMPEG} -version\n{FFMPEG} "$@" | head -c 50000\n',
    )
    decoding, frames = take_all(make_video(), FramesOptions(size_px=32, ffmpeg=program))
    assert len(frames) == 50000 // (32 * 32 * 3) == 16
    assert any("16 frames came out of ffmpeg" in sign for sign in decoding.damage)


def test_ffmpeg_ends_when_its_frames_are_not_wanted(make_video, tmp_path):
    pid = tmp_path / "pid"
    program = write_program(
        tmp_path / "ffmpeg",
        f'[ "$1" = -version ] && exec {FFMPEG} -version\necho $$ > {pid}\nexec {FFMPEG} "$@"\n',
    )

    def refuse(block):
        raise ZeroDivisionError

    path = make_video(n_frames=2 * BLOCK)
    with pytest.raises(ZeroDivisionError):
        decode(path, FramesOptions(size_px=64, ffmpeg=program), take=refuse)
    gone = subprocess.run(["kill", "-0", pid.read_text().strip()], capture_output=True)
    assert gone.returncode != 0


def test_ffmpeg_is_not_waited_for_when_its_frames_are_not_wanted(make_video, tmp_path):
    program = write_program(
        tmp_path / "ffmpeg",
        f"""\
        [ "$1" = -version ] && exec {FFMPEG} -version
        {FFMPEG} "$@"
        sleep 2
        touch {tmp_path}/waited
        """,
    )

    def refuse(block):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        decode(
            make_video(n_frames=2 * BLOCK), FramesOptions(size_px=32, ffmpeg=program), take=refuse
        )
    assert not (tmp_path / "waited").exists()


def test_a_log_longer_than_a_pipe_does_not_stop_decoding(make_video, tmp_path):
    program = write_program(
        tmp_path / "ffmpeg",
        f"""\
        [ "$1" = -version ] && exec {FFMPEG} -version
        head -c 1000000 /dev/zero | tr '\\0' x >&2
        exec {FFMPEG} "$@"
        """,
    )
    assert look_through(make_video(), FramesOptions(size_px=32, ffmpeg=program)).n_frames == 30


def test_the_environment_does_not_change_the_log(make_video, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FFREPORT", "file=report.log:level=32")
    monkeypatch.setenv("AV_LOG_FORCE_COLOR", "1")
    path = make_video()
    path.write_bytes(path.read_bytes()[:5000])
    (tmp_path / "report.log").unlink(missing_ok=True)  # make_video's own
    decoding = look_through(path)
    assert decoding.damage and not any("\x1b" in sign for sign in decoding.damage)
    assert decoding.width_px == 64 and not (tmp_path / "report.log").exists()


def test_another_ffmpeg_must_be_one_that_does(tmp_path):
    program, version = find_ffmpeg(OPTIONS)
    assert program == FFMPEG and version
    with pytest.raises(ConfigError, match=r"frames\.ffmpeg: .*none cannot be run"):
        find_ffmpeg(FramesOptions(ffmpeg=tmp_path / "none"))
    with pytest.raises(ConfigError, match="is not ffmpeg"):
        find_ffmpeg(FramesOptions(ffmpeg=write_program(tmp_path / "other", "echo hello")))
    old = write_program(tmp_path / "old", "echo ffmpeg version 4.4.2-0ubuntu0 Copyright")
    with pytest.raises(ConfigError, match=r"is version 4\.4\.2-0ubuntu0; expected 7\.0 or later"):
        find_ffmpeg(FramesOptions(ffmpeg=old))


def test_the_arguments_hold_no_paths():
    arguments = build_arguments(FramesOptions(size_px=96))
    assert not any("/" in argument for argument in arguments)
    assert "scale=96:96:flags=bilinear+bitexact+accurate_rnd,format=rgb24" in arguments


def test_memory_does_not_grow_with_the_video(make_video):
    peaks = []
    for n_frames in (2 * BLOCK, 6 * BLOCK):
        path = make_video(n_frames=n_frames)
        tracemalloc.start()
        look_through(path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + BLOCK * 32 * 32 * 3  # Of which the longer has 4 more.


def test_real_video_is_sound(real_mini):
    for path in sorted((real_mini / "full_database").glob("*.mpg"))[:3]:
        decoding = look_through(path)
        assert decoding.n_frames == 225 and decoding.damage == ()
        assert decoding.rate_fps == pytest.approx(30000 / 1001)
