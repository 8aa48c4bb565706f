"""A video is decoded once: its frames, its times and what was found of it, of one pass."""

import hashlib
import json
import logging

import numpy as np
import pytest
from tests.unit.frames.conftest import run_ffmpeg

from homecage.frames import store
from homecage.frames.decode import Decoding, decode
from homecage.frames.options import FramesOptions
from homecage.frames.rates import choose_frames
from homecage.frames.raw import read_report
from homecage.frames.store import decode_clips, decode_video
from homecage.storage.frame_tables import read_resampling, read_times
from homecage.storage.stores import open_store


class Lab:
    """A video and two clips, and what decoding makes of them."""

    def __init__(self, root, make_video):
        self.video = make_video("raw/é 1.mpg", n_frames=300)
        self.clips = [make_video(f"raw/x_{i}.mpg", n_frames=n) for i, n in enumerate((12, 5))]
        self.frames, self.times, self.report = (
            root / f"out.{s}" for s in ("zarr", "parquet", "json")
        )

    def decode_video(self, **options):
        decode_video(
            video=self.video,
            options=FramesOptions(**({"size_px": 32} | options)),
            frames=self.frames,
            times=self.times,
            report=self.report,
        )
        return open_store(self.frames, kind="frames")

    def decode_clips(self, crops=("none", "none"), **options):
        decode_clips(
            clips=self.clips,
            crops=list(crops),
            options=FramesOptions(**({"size_px": 32} | options)),
            frames=self.frames,
            report=self.report,
        )
        return open_store(self.frames, kind="clips")

    def damage(self):
        return [bool(file.damage) for file in read_report(self.report)]


@pytest.fixture
def lab(tmp_path, make_video):
    return Lab(tmp_path, make_video)


def take_all(path):
    blocks = []
    decoding = decode(path, FramesOptions(size_px=32), take=blocks.append)
    return np.concatenate(blocks), decoding.time_s


def cut_in_half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 - 100])


def hash_files(folder):
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


def test_a_video_its_times_and_what_was_found(lab):
    store = lab.decode_video()
    frames, time_s = take_all(lab.video)
    assert np.array_equal(store["frames"][:], frames) and store["frames"].dtype == np.uint8
    assert set(store.arrays) == {"frames"}
    assert np.array_equal(read_times(lab.times), time_s)
    sha256 = hashlib.sha256(lab.video.read_bytes()).hexdigest()
    (found,) = json.loads(lab.report.read_text(encoding="utf-8"))["files"]
    for rate in ("rate_fps", "steady_fps"):
        assert found.pop(rate) == pytest.approx(30000 / 1001)
    assert found == {
        "path": str(lab.video),
        "size": lab.video.stat().st_size,
        "mtime_ns": lab.video.stat().st_mtime_ns,
        "sha256": sha256,
        "n_frames": 300,
        "width_px": 64,
        "height_px": 48,
        "damage": [],
        "warnings": ["time does not increase after frame 216"],  # As pictures share a packet.
        "n_frames_stated": None,
        "held_against": "last timestamp",
        "shown_fps": None,
        "n_shown": None,
    }
    assert store.attributes["sha256"] == [sha256]
    assert store.attributes["ffmpeg_version"]
    assert "rawvideo" in store.attributes["ffmpeg_arguments"]
    assert str(lab.video.parent) not in str(store.attributes)


def test_a_part_of_the_picture(lab):
    whole = lab.decode_video()["frames"][:]
    decode_video(
        video=lab.video,
        options=FramesOptions(size_px=32),
        crop="8,0,32,24",
        frames=lab.frames,
        times=lab.times,
        report=lab.report,
    )
    part = open_store(lab.frames, kind="frames")
    assert part["frames"].shape == whole.shape and not np.array_equal(part["frames"][:], whole)
    assert "crop=32:24:8:0" in str(part.attributes["ffmpeg_arguments"])


@pytest.mark.parametrize("fps", [25, 40])
def test_a_video_of_another_rate_is_stored_as_it_is_shown_at_the_one_asked_for(lab, fps):
    lab.video = lab.video.with_name("30.mkv")
    run_ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x48:rate=30", "-frames:v", 90, lab.video)
    frames, time_s = take_all(lab.video)
    shown = choose_frames(time_s, fps)
    stored = lab.decode_video(fps=fps)["frames"][:]
    np.testing.assert_array_equal(stored, frames[shown])
    assert len(stored) == len(shown) == {25: 75, 40: 119}[fps]
    np.testing.assert_array_equal(read_times(lab.times), time_s)
    resampling = read_resampling(lab.times)
    np.testing.assert_array_equal(np.repeat(np.arange(90), resampling.n_shown), shown)
    (found,) = read_report(lab.report)
    assert (found.n_frames, found.shown_fps, found.n_shown) == (90, fps, len(shown))
    assert found.steady_fps == pytest.approx(30, abs=0.1)
    lab.video.write_bytes(lab.video.read_bytes()[:-2000])
    assert len(lab.decode_video(fps=fps)["frames"]) == len(shown)  # What stood before.
    assert lab.damage() == [True]


def test_a_video_of_the_rate_asked_for_is_stored_as_it_is(lab):
    stored = lab.decode_video(fps=30)["frames"][:]  # It has 30000/1001.
    np.testing.assert_array_equal(stored, take_all(lab.video)[0])
    (found,) = read_report(lab.report)
    assert read_resampling(lab.times) is None and found.shown_fps is None


def test_clips_of_another_rate_are_stored_as_they_are_shown(lab, make_video):
    lab.clips[1] = make_video("raw/x_9.mkv", n_frames=10, rate=15)
    clips = lab.decode_clips(fps=30)
    assert clips["length"][:].tolist() == [12, 19] and clips["offset"][:].tolist() == [0, 12]
    frames, time_s = take_all(lab.clips[1])
    expected = frames[choose_frames(time_s, 30)]
    np.testing.assert_array_equal(clips["frames"][12:], expected)
    assert [file.n_stored for file in read_report(lab.report)] == [12, 19]


def test_a_part_of_the_pictures_of_some_clips(lab):
    whole = lab.decode_clips()["frames"][:]
    store = lab.decode_clips(crops=["none", "8,0,32,24"])
    assert store.attributes["crop"] == ["none", "8,0,32,24"]
    lab.video = lab.clips[1]
    decode_video(
        video=lab.video,
        options=FramesOptions(size_px=32),
        crop="8,0,32,24",
        frames=lab.frames.with_name("video.zarr"),
        times=lab.times,
        report=lab.report,
    )
    part = open_store(lab.frames.with_name("video.zarr"), kind="frames")["frames"][:]
    np.testing.assert_array_equal(store["frames"][:], np.concatenate([whole[:12], part]))
    assert not np.array_equal(part, whole[12:])


def test_a_file_is_decoded_once(lab, monkeypatch):
    passes = []

    def count(path, *arguments, **more):
        passes.append(path)
        return decode(path, *arguments, **more)

    monkeypatch.setattr(store, "decode", count)
    lab.decode_video()
    lab.decode_clips()
    assert passes == [lab.video, *lab.clips]


def test_clips_lie_one_after_the_other_in_the_order_given(lab):
    lab.clips.reverse()
    store = lab.decode_clips()
    assert store.attributes["path"] == [str(path) for path in lab.clips]
    assert store["offset"][:].tolist() == [0, 5] and store["length"][:].tolist() == [5, 12]
    assert store["offset"].dtype == store["length"].dtype == np.int64
    assert set(store.arrays) == {"frames", "offset", "length"} and len(store["frames"]) == 17
    for path, start, length in zip(lab.clips, store["offset"][:], store["length"][:], strict=True):
        assert np.array_equal(store["frames"][start : start + length], take_all(path)[0])
    found = read_report(lab.report)
    assert [file.path for file in found] == [str(path) for path in lab.clips]
    assert [file.n_frames for file in found] == [5, 12] and lab.damage() == [False, False]


def test_the_same_video_gives_the_same_bytes(lab):
    lab.decode_video()
    first = hash_files(lab.frames), lab.times.read_bytes(), lab.report.read_bytes()
    lab.video.touch()  # It is the file that the last report knows.
    lab.decode_video()
    assert (hash_files(lab.frames), lab.times.read_bytes(), lab.report.read_bytes()) == first


def test_the_size_is_an_option(lab):
    assert lab.decode_video(size_px=64)["frames"].shape == (300, 64, 64, 3)


@pytest.mark.parametrize("on_decode_error", ["refuse", "warn"])
def test_a_damaged_video_is_decoded_as_far_as_it_goes(lab, caplog, on_decode_error):
    cut_in_half(lab.video)
    store = lab.decode_video(on_decode_error=on_decode_error)
    (found,) = read_report(lab.report)
    assert 0 < len(store["frames"]) == len(read_times(lab.times)) == found.n_frames < 300
    assert found.damage and found.damage[0] in caplog.text


@pytest.mark.parametrize("words", [[], ["cut off"]])
def test_the_decoders_own_lines_warn_only_where_there_are_no_words(lab, caplog, monkeypatch, words):
    lines = ["[h264] [error] no", "and 3 more lines like these"]

    def find(path, options, *, take, crop):
        none = np.zeros(0)
        return Decoding(none, None, None, (*words, *lines), ("interlaced",))

    monkeypatch.setattr(store, "decode", find)
    with caplog.at_level(logging.INFO):
        lab.decode_video()
    said = {r.message.removeprefix(f"{lab.video}: "): r.levelno for r in caplog.records}
    assert {said[line] for line in lines} == {logging.INFO if words else logging.WARNING}
    assert {said[one] for one in [*words, "interlaced"]} == {logging.WARNING}


def test_what_is_unusual_is_said_and_written_down(lab, make_video, caplog):
    keep = ("-vf", "select='lt(n,10)+not(mod(n,3))'", "-fps_mode", "vfr", "-c:v", "mpeg4")
    lab.video = make_video("a.mp4", rate="25", arguments=keep)
    lab.decode_video()
    (found,) = read_report(lab.report)
    (warning,) = found.warnings
    assert warning.startswith("a variable frame rate: 30 frames") and found.damage == []
    assert f"{lab.video}: {warning}" in caplog.text
    assert (found.n_frames_stated, found.held_against) == (30, "sample table")


def test_a_file_that_is_no_video_has_no_frames(lab):
    lab.video.write_bytes(b"")
    store = lab.decode_video()
    (found,) = read_report(lab.report)
    assert len(store["frames"]) == len(read_times(lab.times)) == found.n_frames == 0
    assert "no frame could be decoded" in found.damage and found.rate_fps is None


def test_a_missing_file_is_damage_too(lab):
    lab.video.unlink()
    lab.decode_video()
    (found,) = read_report(lab.report)
    assert found.damage and found.size is found.mtime_ns is found.sha256 is None


def test_a_refused_video_leaves_what_was_decoded_before(lab, caplog):
    lab.decode_video()
    before = hash_files(lab.frames), lab.times.read_bytes()
    cut_in_half(lab.video)
    lab.decode_video()
    assert (hash_files(lab.frames), lab.times.read_bytes()) == before
    assert lab.damage() == [True] and "what was decoded before stands" in caplog.text
    lab.decode_video(on_decode_error="warn")
    assert len(open_store(lab.frames, kind="frames")["frames"]) < 300
    assert len(read_times(lab.times)) < 300


@pytest.mark.parametrize("broken", ["frames", "times"])
def test_a_refused_video_replaces_what_is_not_whole(lab, broken):
    lab.decode_video()
    if broken == "frames":
        next(file for file in lab.frames.rglob("*") if file.stat().st_size > 10_000).unlink()
    else:
        lab.times.write_bytes(lab.times.read_bytes()[:-10])
    cut_in_half(lab.video)
    store = lab.decode_video()
    assert 0 < len(store["frames"]) == len(read_times(lab.times)) < 300


def test_a_refused_clip_leaves_the_clips_of_before(lab):
    lab.decode_clips()
    before = hash_files(lab.frames)
    lab.clips[0].write_bytes(b"")
    lab.decode_clips()
    assert hash_files(lab.frames) == before and lab.damage() == [True, False]
    store = lab.decode_clips(on_decode_error="warn")
    assert store["length"][:].tolist() == [0, 5] and len(store["frames"]) == 5


@pytest.mark.parametrize("fails", ["write_store", "write_times", "write_report"])
def test_an_interruption_leaves_no_report_of_frames_that_are_not_there(
    lab, make_video, monkeypatch, fails
):
    lab.decode_video()
    report = lab.report.read_bytes()
    make_video("raw/é 1.mpg", n_frames=200)

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(store, fails, stop)
    with pytest.raises(KeyboardInterrupt):
        lab.decode_video()
    assert lab.report.read_bytes() == report
    n_frames = 300 if fails == "write_store" else 200
    assert len(open_store(lab.frames, kind="frames")["frames"]) == n_frames
    assert len(read_times(lab.times)) == (200 if fails == "write_report" else 300)


def test_real_clips(real_mini, tmp_path):
    clips = sorted((real_mini / "clipped_database" / "bsoidpanel1").glob("*.mpg"))
    decode_clips(
        clips=clips,
        crops=["none"] * len(clips),
        options=FramesOptions(size_px=32),
        frames=tmp_path / "day.zarr",
        report=tmp_path / "day.json",
    )
    lengths = open_store(tmp_path / "day.zarr", kind="clips")["length"][:].tolist()
    assert lengths == [751, 31, 48, 5, 26, 25, 24, 37, 24, 12, 69]
    assert not any(file.damage for file in read_report(tmp_path / "day.json"))
