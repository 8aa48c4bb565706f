"""A convnet of a fold's own, through the verbs that make it: it has seen training videos alone."""

import numpy as np
import pytest
import torch
from tests.unit.convnet.conftest import BEHAVIORS, plan_inputs

from homecage.clips.options import BalanceOptions
from homecage.convnet.options import ConvnetOptions
from homecage.storage.frame_tables import read_annotation, write_annotation
from homecage.storage.stores import StoredArray, open_store
from homecage.storage.weights import load_weights

ROLES = {"a": "training", "b.1": "training", "c": "validation", "d": "held out"}
N_FRAMES = 120
BALANCE = BalanceOptions(clips_per_behavior=6)
OPTIONS = ConvnetOptions(epochs=1, batch_size=8)


@pytest.fixture
def study(tmp_path, write_frame_store, random_frames):
    for seed, video in enumerate(ROLES):
        write_frame_store(tmp_path / "frames" / f"{video}.zarr", random_frames(N_FRAMES, seed))
        write_labels(tmp_path / "annotations" / f"{video}.parquet", seed)
    return tmp_path


def write_labels(path, seed):
    """Write random bouts of 4 to 29 frames, some of them unlabeled."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(-1, len(BEHAVIORS), N_FRAMES).repeat(rng.integers(4, 30, N_FRAMES))
    write_annotation(path, codes[:N_FRAMES], BEHAVIORS)


def plan_fold(study, name):
    videos = [video for video, role in ROLES.items() if role == "training"]
    return plan_inputs(
        study / name / "plan.tsv",
        [study / "frames" / f"{video}.zarr" for video in videos],
        BALANCE,
        annotations=[study / "annotations" / f"{video}.parquet" for video in videos],
    )


def test_no_frame_is_read_outside_bouts_of_training_videos(study, monkeypatch):
    read = []

    def note(array, rows, get=StoredArray.__getitem__):
        read.append((array.store, rows))
        return get(array, rows)

    inputs = plan_fold(study, "fold")
    labels = {
        store.stem: read_annotation(study / "annotations" / f"{store.stem}.parquet", BEHAVIORS)
        for store in inputs.stores
    }
    monkeypatch.setattr(StoredArray, "__getitem__", note)
    inputs.train(study / "fold", options=OPTIONS)
    assert {store for store, _ in read} == set(inputs.stores)
    for store, rows in read:
        own = labels[store.stem][rows]
        assert len(own) >= 8 and own[0] >= 0 and (own == own[0]).all()


def relabel(study, video, _):
    write_labels(study / "annotations" / f"{video}.parquet", seed=9)


def repaint(study, video, write_frame_store):
    path = study / "frames" / f"{video}.zarr"
    write_frame_store(path, 255 - open_store(path, kind="frames")["frames"][:])


@pytest.mark.parametrize("change", [relabel, repaint])
@pytest.mark.parametrize("video", ["a", "c", "d"])
def test_only_training_videos_change_the_weights(study, write_frame_store, change, video):
    first = plan_fold(study, "1").train(study / "1", options=OPTIONS)["model"]
    change(study, video, write_frame_store)
    second = plan_fold(study, "2").train(study / "2", options=OPTIONS)["model"]
    if ROLES[video] == "training":
        weights, others = load_weights(first)[0], load_weights(second)[0]
        assert not all(torch.equal(weights[name], others[name]) for name in weights)
    else:
        assert first.read_bytes() == second.read_bytes()
