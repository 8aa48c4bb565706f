"""The page shows every file with pictures of its own frames, and needs no other file."""

import base64
import re

import cv2
import numpy as np
import pytest

from homecage.check.page import write_page
from homecage.check.verdicts import Verdict
from homecage.frames.raw import RawFile
from homecage.storage.stores import ArraySpec, write_store

FRAME = ArraySpec((32, 32, 3), "uint8", chunk=8, shard=64)


def describe(path, n_frames, **more):
    found = {"width_px": 64, "height_px": 48, "rate_fps": 25.0, "damage": ()}
    identity = {"size": 1, "mtime_ns": 2, "sha256": f"of {path}", "n_frames": n_frames}
    return RawFile(path=path, **identity | found | more)


def store_frames(folder, kind, files, colors):
    with write_store(folder, kind=kind, arrays={"frames": FRAME}) as writer:
        for file, color in zip(files, colors, strict=True):
            writer.append("frames", np.full((file.n_frames, 32, 32, 3), color, np.uint8))
        writer.attributes["sha256"] = [file.sha256 for file in files]


def read_strips(page):
    """Return the pictures by the text before each."""
    strips = {}
    for path, data in re.findall(
        r'alt="frames of ([^"]*)" src="data:image/jpeg;base64,([^"]*)"', page
    ):
        jpeg = np.frombuffer(base64.b64decode(data), np.uint8)
        strips[path] = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)[..., ::-1]
    return strips


@pytest.fixture
def written(tmp_path):
    video, clips = [describe("a.mpg", 20)], [describe("x.mpg", 3), describe("y.mpg", 9)]
    damaged = [describe("<b>.mpg", 5, damage=("no [error] & more",))]
    frames = tmp_path / "frames"
    store_frames(frames / "a.zarr", "frames", video, [(200, 0, 0)])
    store_frames(frames / "b.zarr", "frames", video, [(0, 0, 0)])  # Of the good file before it.
    store_frames(tmp_path / "clips" / "day.zarr", "clips", clips, [(0, 200, 0), (0, 0, 200)])
    reports = {
        frames / "a.json": video,
        frames / "b.json": damaged,
        frames / "c.json": [describe("c.mpg", 0)],
        tmp_path / "clips" / "day.json": clips,
    }
    verdicts = [
        Verdict("study", "", ["no clips"]),
        Verdict("run", "", notes=["the run takes long"]),
        Verdict("video", "a.mpg", [], ["interlaced"], video[0]),
        Verdict("video", "<b>.mpg", ["<b>.mpg: damaged: no [error] & more"], [], damaged[0]),
        *(Verdict("clip", file.path, file=file) for file in clips),
        Verdict("video", "d.mpg", notes=["cut off"], aside=True),
    ]
    write_page(tmp_path / "check" / "index.html", verdicts, reports)
    return (tmp_path / "check" / "index.html").read_text()


def test_every_file_has_a_verdict_in_plain_words_the_worst_first(written):
    rows = re.findall(r'<tr class="(\w+)">.*?<b>(.*?)</b>', written)
    assert rows == [
        *(("error", "the study"), ("error", "&lt;b&gt;.mpg"), ("error", "d.mpg")),
        *(("warning", "a.mpg"), ("ok", "x.mpg"), ("ok", "y.mpg")),
    ]
    assert "<li>damaged: no [error] &amp; more</li>" in written and "<li>interlaced</li>" in written
    assert (
        "5 files: 1 refused, 1 set aside, 1 with warnings, 2 sound. 37 frames, 1 s; decoded, they take 1 MB"
        in written
    )
    assert " of disk. The run takes long." in written
    assert '<td class="verdict">set aside</td><td><b>d.mpg</b>' in written
    assert "<li>cut off</li>" in written
    assert (
        "20 frames, 0.8 s at 25 frames/s, 64 x 48 pixels; the file states no length, so that"
        in written
    )


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (("sample table", 9), "as many frames as the file&#39;s own index lists: 9"),
        (("header", 9), "as many frames as the file&#39;s header counts: 9"),
        (("index", 10), "the file&#39;s own index lists: 10 frames"),
        (("duration", None), "held against the duration that the file states"),
        (("last timestamp", None), "held against the last time that is written in the file"),
    ],
)
def test_what_frames_were_held_against_is_said_in_plain_words(tmp_path, found, told):
    file = describe("a.mpg", 9, held_against=found[0], n_frames_stated=found[1])
    write_page(tmp_path / "index.html", [Verdict("video", "a.mpg", file=file)], {})
    assert f"64 x 48 pixels; {told}" in (tmp_path / "index.html").read_text()


def test_strips_are_of_the_files_own_frames(written):
    strips = read_strips(written)
    assert {path: strip.shape for path, strip in strips.items()} == {
        "a.mpg": (32, 8 * 32, 3),
        "x.mpg": (32, 3 * 32, 3),
        "y.mpg": (32, 8 * 32, 3),
    }
    for channel, path in enumerate(("a.mpg", "x.mpg", "y.mpg")):
        assert np.argmax(strips[path].mean(axis=(0, 1))) == channel


def test_it_is_one_file(written):
    assert not re.search(r'(src|href)="(?!data:)|@import|url\(', written)


def test_thousands_of_sound_clips_are_counted(tmp_path):
    clips = [Verdict("clip", f"{n}.mpg", file=describe(f"{n}.mpg", 9)) for n in range(300)]
    write_page(tmp_path / "index.html", clips, {})
    page = (tmp_path / "index.html").read_text()
    assert page.count("<tr class") == 200 and "And 100 more sound clips." in page
