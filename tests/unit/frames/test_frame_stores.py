"""Frame stores hold each video's frames as decoded, and where they come from."""

import hashlib

import numpy as np
import pytest

from homecage.errors import VideoError
from homecage.frames.decode import decode
from homecage.frames.inspect import inspect_videos
from homecage.frames.options import FramesOptions
from homecage.frames.store import decode_clips, decode_video
from homecage.storage.stores import open_store
from homecage.study.options import DatasetOptions


class Lab:
    def __init__(self, root):
        self.root = root
        self.output = root / "out.zarr"

    def decode_video(self, video, *, inspect=True, **options):
        self._decode(decode_video, {"video": video}, inspect, options)
        return open_store(self.output, kind="frames")

    def decode_clips(self, folder, *, inspect=True, **options):
        self._decode(decode_clips, {"folder": folder}, inspect, options)
        return open_store(self.output, kind="clips")

    def _decode(self, verb, which, inspect, options):
        common = {
            "dataset": DatasetOptions(layout="mit", root=self.root),
            "options": FramesOptions(**({"size_px": 32} | options)),
        }
        inspection = self.root / "inspection.json"
        if inspect:
            inspect_videos(**common, **which, output=inspection)
        verb(**common, **which, inspection=inspection, output=self.output)


@pytest.fixture
def lab(tmp_path, make_video):
    make_video("full_database/é 1.mpg", n_frames=300)
    make_video("clipped_database/day/x_w_1.mpg", n_frames=12)
    make_video("clipped_database/day/y_gb_2.mpg", n_frames=5)
    return Lab(tmp_path)


def take_all(path):
    blocks = []
    time_s = decode(path, FramesOptions(size_px=32), take=blocks.append).time_s
    return np.concatenate(blocks), time_s


def test_a_video_and_where_it_comes_from(lab):
    store = lab.decode_video("é 1")
    path = lab.root / "full_database" / "é 1.mpg"
    frames, time_s = take_all(path)
    assert np.array_equal(store["frames"][:], frames) and store["frames"].dtype == np.uint8
    assert np.array_equal(store["time_s"][:], time_s) and store["time_s"].dtype == np.float64
    attributes = store.attributes
    assert attributes["file"] == "é 1.mpg"
    assert attributes["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (attributes["width_px"], attributes["height_px"]) == (64, 48)
    assert attributes["n_frames"] == 300
    assert attributes["rate_fps"] == pytest.approx(30000 / 1001)
    assert attributes["ffmpeg_version"] and "rawvideo" in attributes["ffmpeg_arguments"]
    assert str(lab.root) not in str(attributes)


def test_clips_lie_one_after_the_other(lab):
    store = lab.decode_clips("day")
    assert store.attributes["name"] == ["x_w_1", "y_gb_2"]
    assert store.attributes["behavior"] == ["walk", "groom"]
    assert store["offset"][:].tolist() == [0, 12] and store["length"][:].tolist() == [12, 5]
    assert store["offset"].dtype == np.int64
    assert len(store["frames"]) == len(store["time_s"]) == 17
    for index, name in enumerate(store.attributes["name"]):
        path = lab.root / "clipped_database" / "day" / f"{name}.mpg"
        frames, time_s = take_all(path)
        start, length = store["offset"][index], store["length"][index]
        assert np.array_equal(store["frames"][start : start + length], frames)
        assert np.array_equal(store["time_s"][start : start + length], time_s)
        source = store.attributes["source"][index]
        assert source["file"] == path.name and source["n_frames"] == length
        assert source["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_same_video_gives_the_same_bytes(lab):
    def hash_files():
        lab.decode_video("é 1")
        files = sorted(file for file in lab.output.rglob("*") if file.is_file())
        return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]

    assert hash_files() == hash_files()


def test_the_size_is_an_option(lab):
    assert lab.decode_video("é 1", size_px=64)["frames"].shape == (300, 64, 64, 3)


def cut_in_half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 - 100])


def test_a_damaged_video_is_refused(lab):
    cut_in_half(lab.root / "full_database" / "é 1.mpg")
    with pytest.raises(VideoError, match=r"é 1\.mpg: .*\[(error|warning)\]"):
        lab.decode_video("é 1")
    assert not lab.output.exists()


def test_a_damaged_video_is_decoded_as_far_as_it_goes_on_request(lab, caplog):
    cut_in_half(lab.root / "full_database" / "é 1.mpg")
    store = lab.decode_video("é 1", on_decode_error="warn")
    assert 0 < len(store["frames"]) == len(store["time_s"]) < 300
    assert "going on with" in caplog.text


def test_a_clip_without_frames_has_length_0_on_request(lab):
    (lab.root / "clipped_database" / "day" / "x_w_1.mpg").write_bytes(b"")
    with pytest.raises(VideoError, match="no frame could be decoded"):
        lab.decode_clips("day")
    store = lab.decode_clips("day", on_decode_error="warn")
    assert store["length"][:].tolist() == [0, 5] and len(store["frames"]) == 5


def test_a_video_replaced_after_its_inspection_is_refused(lab, make_video):
    lab.decode_video("é 1")
    make_video("full_database/é 1.mpg", n_frames=200)
    with pytest.raises(VideoError, match="200 frames, 300 when it was inspected"):
        lab.decode_video("é 1", inspect=False)
    assert len(open_store(lab.output, kind="frames")["frames"]) == 300


def test_a_clip_added_after_the_inspection_is_refused(lab, make_video):
    lab.decode_clips("day")
    make_video("clipped_database/day/z_w_3.mpg", n_frames=9)
    with pytest.raises(VideoError, match=r"z_w_3\.mpg: 9 frames, none when it was inspected"):
        lab.decode_clips("day", inspect=False)


def test_real_clips(real_mini, tmp_path):
    lab = Lab(tmp_path)
    for name in ("full_database", "clipped_database"):
        (tmp_path / name).symlink_to(real_mini / name)
    store = lab.decode_clips("bsoidpanel1")
    assert store["length"][:].tolist() == [751, 31, 48, 5, 26, 25, 24, 37, 24, 12, 69]
    assert set(store.attributes["behavior"]) == {"groom", "micromovement", "rear", "rest", "walk"}
