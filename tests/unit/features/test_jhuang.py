"""What is learned of motion, and the store of position, velocity and motion of a video."""

import numpy as np
import pytest
import torch

from homecage.clips.options import ClipGeometry
from homecage.errors import ConfigError, ShortVideoError, StoreError
from homecage.features.jhuang import cut_clips, extract_jhuang
from homecage.features.options import JhuangOptions
from homecage.features.store import read_features
from homecage.features.templates import (
    gray_clips,
    learn_templates,
    load_templates,
    match_c2,
    sample_templates,
)
from homecage.storage.hashing import hash_file

GEOMETRY = ClipGeometry()
OPTIONS = JhuangOptions(wavelength_px=4, speeds_px=(0.5, 1, 1.5), pool_px=4, templates=10)


TRAIN = [("run", 0, 30), ("nap", 30, 60), ("run", 60, 76)]
TEST = [("nap", 76, 90)]


@pytest.fixture
def learn(tmp_path, random_frames, write_clip_store, write_plan):
    """Learn from clips of two behaviors in one folder, of which some frames may be others."""
    plan = write_plan("folder", TRAIN, TEST)

    def run(name="model", seed=0, options=OPTIONS, changed=()):
        frames = random_frames(90)
        frames[[*changed]] = 255 - frames[[*changed]]
        store = tmp_path / name / "folder.zarr"
        write_clip_store(store, [("all", "run", frames)])
        model = tmp_path / name / "model.safetensors"
        told = {"stores": [store], "plan": plan, "geometry": GEOMETRY, "options": options}
        learn_templates(seed=seed, threads=1, model=model, **told)
        return model

    return run


@pytest.fixture
def extract(tmp_path, learn, random_frames, write_frame_store):
    """Describe a video of so many frames."""

    def run(n_frames, size_px=32, options=OPTIONS):
        frames = write_frame_store(
            tmp_path / "frames" / "video.zarr", random_frames(n_frames, 9, size_px)
        )
        output = tmp_path / "features" / "video.zarr"
        told = {"geometry": GEOMETRY, "options": options, "threads": 1}
        extract_jhuang(frames=frames, templates=learn(), output=output, **told)
        return output

    return run


def test_a_video_is_described_whole_whatever_the_blocks(extract, learn, monkeypatch):
    told = {"representation": "jhuang", "geometry": GEOMETRY, "behaviors": ["nap", "run"]}
    told["learned_sha256"] = [hash_file(learn())]
    whole = read_features(extract(61), **told)
    assert whole.n_frames == 61 and whole.x.shape == (27, 15 + 10)
    monkeypatch.setattr("homecage.features.blocks.FRAMES_PER_BLOCK", 7)
    np.testing.assert_array_equal(read_features(extract(61), **told).x, whole.x)
    with pytest.raises(StoreError, match="learned_sha256"):
        read_features(extract(61), **told | {"learned_sha256": ["another"]})


def test_clips_are_cut_as_they_tile_the_video():
    frames = np.arange(13, dtype=np.uint8)[:, None, None].repeat(2, 1).repeat(2, 2)
    clips = cut_clips(frames, GEOMETRY)
    assert clips.shape == (3, 8, 2, 2)
    np.testing.assert_array_equal(clips[:, :, 0, 0], [[*range(s, s + 8)] for s in (0, 2, 4)])
    assert cut_clips(frames[:7], GEOMETRY).shape == (0, 8, 2, 2)


def test_the_same_seed_samples_the_same_templates(learn):
    assert hash_file(learn("a")) == hash_file(learn("b"))
    assert hash_file(learn("a")) != hash_file(learn("c", seed=1))


def test_templates_are_of_training_clips_alone(learn):
    templates = load_templates(learn(), GEOMETRY, OPTIONS).templates
    assert templates.shape == (10, 12, 4, 4)
    np.testing.assert_allclose(templates.flatten(1).norm(dim=1), 1, rtol=1e-5)
    for changed, same in ((range(76, 90, 2), True), (range(30, 60, 2), False)):
        others = load_templates(learn("other", changed=changed), GEOMETRY, OPTIONS).templates
        assert torch.equal(others, templates) == same


def test_a_template_matches_the_clip_it_is_of():
    c1 = torch.rand(6, 12, 9, 9, generator=torch.Generator().manual_seed(0))
    c1 /= c1.unfold(2, 4, 1).unfold(3, 4, 1).flatten(4).norm(dim=(1, 4)).amax()
    templates = sample_templates(c1, OPTIONS, np.random.default_rng(0))
    c2 = match_c2(c1, templates)
    assert c2.shape == (6, 6)
    brute = [
        max(
            float((clip[:, y : y + 4, x : x + 4] * template).sum())
            for y in range(6)
            for x in range(6)
        )
        for clip in c1
        for template in templates
    ]
    np.testing.assert_allclose(c2.flatten(), brute, rtol=1e-5)


def test_templates_are_sampled_where_something_moves():
    c1 = torch.zeros(20, 12, 15, 15)
    c1[:, 3, 6, 7] = 1
    templates = sample_templates(c1, OPTIONS, np.random.default_rng(0))
    assert (templates[:, 3].flatten(1).amax(1) == 1).all()


def test_what_does_not_fit_is_refused(extract, learn, tmp_path):
    with pytest.raises(ConfigError, match=r"template_cells: found 40, but a frame has 15 cells"):
        learn("large", options=OPTIONS.model_copy(update={"template_cells": 40}))
    assert not (tmp_path / "large" / "model.safetensors").exists()
    with pytest.raises(StoreError, match="frames are 64 px, the templates take 32 px"):
        extract(9, size_px=64)
    with pytest.raises(StoreError, match="its options is"):
        extract(9, options=OPTIONS.model_copy(update={"templates": 11}))
    with pytest.raises(ShortVideoError):
        extract(7)
    assert not (tmp_path / "features").exists()


def test_the_feeder_changes_no_template(learn, extract):
    found = extract(20, options=OPTIONS.model_copy(update={"feeder": (0.1, 0.2)}))
    told = {"representation": "jhuang", "geometry": GEOMETRY, "behaviors": ["nap", "run"]}
    assert read_features(found, learned_sha256=[hash_file(learn())], **told).x.shape == (7, 26)


def test_speeds_that_stripes_cannot_show_are_refused():
    with pytest.raises(ValueError, match="speeds below half of the wavelength, 2 pixels"):
        JhuangOptions(wavelength_px=4, speeds_px=(1, 2, 3))


def test_gray_clips_are_their_frames(random_frames):
    clips = random_frames(16, size_px=32).reshape(2, 8, 32, 32, 3)
    assert gray_clips(clips).shape == (2, 8, 32, 32)
