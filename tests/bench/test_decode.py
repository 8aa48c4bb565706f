"""The video of the speed card: made and decoded, at a small size."""

from homecage.frames.options import FramesOptions
from homecage.storage.stores import open_store
from tests.bench import decode


def test_a_simulated_video_is_repeated(tmp_path, monkeypatch):
    monkeypatch.setattr(decode, "SIMULATED_S", 1.0)
    lengths = []
    for n_loops in (1, 3):
        video, stem = tmp_path / f"{n_loops}.mpg", tmp_path / f"{n_loops}"
        decode.make_video(video, n_loops)
        decode.decode_into(stem, video, FramesOptions(size_px=32))
        lengths.append(len(open_store(stem.with_suffix(".zarr"), kind="frames")["frames"]))
    assert lengths[1] == 3 * lengths[0] > 0
