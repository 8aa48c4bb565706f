"""Interest points, the words that they are, and their counts around each clip."""

import numpy as np
import pytest
import torch

from homecage.clips.options import ClipGeometry
from homecage.clips.tiling import labeled_frames
from homecage.errors import ShortVideoError, StoreError, StudyError
from homecage.features import interest
from homecage.features.cuboids import count_words, extract_cuboids
from homecage.features.interest import Scale, describe, find_maxima, find_points, respond
from homecage.features.options import CuboidOptions
from homecage.features.store import read_features
from homecage.features.vocabulary import learn_vocabulary, load_vocabulary
from homecage.storage.hashing import hash_file
from homecage.storage.stores import open_store

GEOMETRY = ClipGeometry()
SCALE = Scale(sigma_px=1.0, tau=2.0)
PARTS = ("place", "strength", "gradient")
OPTIONS = CuboidOptions(sigma_px=1, tau=2, words=5, components=4, window=11)


def flash(at, n_frames=60, size=32, seed=0):
    """A cage of faint noise with a spot that shows for one frame at each (t, y, x)."""
    rng = np.random.default_rng(seed)
    frames = np.repeat(rng.integers(90, 110, (1, size, size, 1)), n_frames, axis=0).repeat(3, 3)
    for t, y, x in at:
        frames[t, y - 1 : y + 2, x - 1 : x + 2] = 250
    return frames.astype(np.uint8)


@pytest.fixture
def find(tmp_path, write_frame_store):
    """Find the interest points of frames."""

    def run(frames, start=0, stop=None, threshold=1e-3):
        path = write_frame_store(tmp_path / f"{len(list(tmp_path.iterdir()))}.zarr", frames)
        stored = open_store(path, kind="frames")["frames"]
        found = list(find_points(stored, start, stop or len(frames), SCALE, threshold))
        parts = (np.concatenate([getattr(part, key) for part in found]) for key in PARTS)
        return interest.Points(*parts)

    return run


def test_a_flash_is_a_point_at_its_time_and_place(find):
    at = [(20, 10, 12), (41, 22, 8)]
    found = find(flash(at))
    strongest = found.place[np.argsort(found.strength)[-2:]]
    assert sorted(map(tuple, strongest.tolist())) == at


def test_what_stays_is_no_point(find):
    assert len(find(flash([])).place) == 0
    shown = torch.rand(1, 8, 8, generator=torch.Generator().manual_seed(0)).repeat(20, 1, 1)
    assert respond(shown, 2.5).max() < 1e-6


def test_what_comes_and_goes_is_seen_better_than_what_comes():
    series = torch.zeros(2, 40)
    series[0] = torch.cos(4 / 2.5 * torch.arange(40.0))
    series[1, 20:] = 2  # As high a step as the wave is.
    response = respond(series.T.reshape(40, 1, 2), 2.5)
    assert response[20, 0, 0] > 1.5 * response[:, 0, 1].max()


def test_blocks_change_nothing(find, random_frames, monkeypatch):
    frames = random_frames(50)
    whole = find(frames)
    monkeypatch.setattr(interest, "_BLOCK", 9)
    parts = find(frames)
    assert len(whole.place) > 20
    for key in PARTS:
        np.testing.assert_allclose(getattr(parts, key), getattr(whole, key), rtol=1e-5, atol=1e-6)


def test_nothing_outside_of_a_span_is_looked_at(find, random_frames):
    frames = random_frames(50)
    inside = find(frames, 15, 35)
    frames[:15], frames[35:] = 255 - frames[:15], 0
    again = find(frames, 15, 35)
    np.testing.assert_array_equal(inside.place, again.place)
    np.testing.assert_array_equal(inside.gradient, again.gradient)
    assert inside.place[:, 0].min() >= 15 and inside.place[:, 0].max() < 35


def test_maxima_are_those_of_brute_force():
    response = torch.rand(12, 10, 10, generator=torch.Generator().manual_seed(1))
    expected = [
        (t, y, x)
        for t, y, x in np.ndindex(12, 10, 10)
        if response[t, y, x] > 0.5
        and response[t, y, x]
        == response[max(t - 2, 0) : t + 3, max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].max()
    ]
    assert [*map(tuple, find_maxima(response, SCALE, 0.5).tolist())] == expected


def test_the_gradient_is_that_around_the_point():
    t, y, x = np.meshgrid(np.arange(30), np.arange(20), np.arange(20), indexing="ij")
    gray = (2.0 * t + 3 * y - x).astype(np.float32)
    found = describe(gray, np.array([[15, 10, 9]]), SCALE)
    size = 13 * 7 * 7
    assert found.shape == (1, 3 * size)
    np.testing.assert_allclose(found[0].reshape(3, size), np.repeat([[2], [3], [-1]], size, 1))


def test_words_are_counted_around_the_labeled_frame():
    rng = np.random.default_rng(0)
    at, words = rng.integers(0, 40, 100), rng.integers(0, 3, 100)
    counts = count_words(at, words, 3, 40, GEOMETRY, window=11)
    for clip, frame in enumerate(labeled_frames(40, GEOMETRY)):
        near = abs(at - frame) <= 5
        assert counts[clip].tolist() == np.bincount(words[near], minlength=3).tolist()


@pytest.fixture
def learn(tmp_path, random_frames, write_clip_store, write_plan):
    """Learn from one folder's clips, of which some frames may be others."""
    plan = write_plan("folder", [("run", 0, 60), ("nap", 60, 100)], [("nap", 100, 130)])

    def run(name="model", seed=0, options=OPTIONS, changed=()):
        frames = random_frames(130)
        frames[[*changed]] = 255 - frames[[*changed]]
        store = write_clip_store(tmp_path / name / "folder.zarr", [("all", "run", frames)])
        model = tmp_path / name / "model.safetensors"
        told = {"stores": [store], "plan": plan, "geometry": GEOMETRY, "options": options}
        learn_vocabulary(seed=seed, threads=1, model=model, **told)
        return model

    return run


def test_words_are_of_training_clips_alone_and_the_same_for_a_seed(learn):
    def load(*told, **more):
        return load_vocabulary(learn(*told, **more), GEOMETRY, OPTIONS)

    one = load()
    assert one.words.shape == (5, 4)
    assert torch.equal(one.words, load("again", changed=range(101, 130, 2)).words)
    assert not torch.equal(one.words, load("other", changed=range(1, 60, 2)).words)
    assert hash_file(learn("a")) == hash_file(learn("b")) != hash_file(learn("c", seed=1))


@pytest.fixture
def extract(tmp_path, learn, random_frames, write_frame_store):
    def run(n_frames, size_px=32, options=OPTIONS):
        frames = write_frame_store(
            tmp_path / "frames" / "video.zarr", random_frames(n_frames, 9, size_px)
        )
        output = tmp_path / "features" / "video.zarr"
        told = {"geometry": GEOMETRY, "options": options, "threads": 1}
        extract_cuboids(frames=frames, vocabulary=learn(), output=output, **told)
        return output

    return run


def test_a_video_is_described_whole(extract, learn):
    found = read_features(
        extract(61),
        representation="cuboids",
        geometry=GEOMETRY,
        behaviors=["nap", "run"],
        learned_sha256=[hash_file(learn())],
    )
    assert found.n_frames == 61 and found.x.shape == (27, 5)
    counts = found.x.astype(float) ** 2
    np.testing.assert_allclose(counts, counts.round(), atol=0.02)
    assert 3 < counts.sum(1).mean() < 30  # About a point a frame, in windows of 11.


def test_a_video_without_points_has_zeros(tmp_path, learn, write_frame_store):
    frames = write_frame_store(tmp_path / "still.zarr", np.zeros((20, 32, 32, 3), np.uint8))
    output = tmp_path / "out.zarr"
    told = {"geometry": GEOMETRY, "options": OPTIONS, "threads": 1}
    extract_cuboids(frames=frames, vocabulary=learn(), output=output, **told)
    told = {"representation": "cuboids", "geometry": GEOMETRY, "behaviors": []}
    found = read_features(output, learned_sha256=[hash_file(learn())], **told)
    assert found.x.shape == (7, 5) and not found.x.any()


def test_what_does_not_fit_is_refused(extract, learn, tmp_path):
    with pytest.raises(StudyError, match=r"100 interest points, fewer than .*words \(500\)"):
        learn("many", options=OPTIONS.model_copy(update={"words": 500}))
    with pytest.raises(StoreError, match="frames are 64 px, the words are of 32 px"):
        extract(9, size_px=64)
    with pytest.raises(StoreError, match="its options is"):
        extract(9, options=OPTIONS.model_copy(update={"tau": 3.0}))
    with pytest.raises(ShortVideoError):
        extract(7)
    assert not (tmp_path / "features").exists()
