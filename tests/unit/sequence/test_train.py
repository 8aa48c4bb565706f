import os
import signal

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F

from homecage.clips.options import ClipOptions
from homecage.clips.tiling import clip_of_frame, labeled_frames
from homecage.errors import DatasetError, InterruptedTrainingError, StoreError
from homecage.sequence.network import SequenceModel, load_sequence_model, save_sequence_model
from homecage.sequence.options import SequenceOptions
from homecage.sequence.predict import predict_lstm
from homecage.sequence.train import (
    Training,
    read_sequence,
    sequence_loss,
    train_fold,
    weigh_behaviors,
)
from homecage.sequence.windows import Sequence
from homecage.storage.checkpoints import EVERY_S
from homecage.storage.frame_tables import PROBABILITIES, read_predictions, write_annotation
from homecage.storage.stores import ArraySpec, open_store, write_store
from homecage.storage.weights import load_weights, save_weights
from homecage.study.behaviors import UNLABELED

VIDEOS = ["a", "b", "c", "d", "e"]
OPTIONS = SequenceOptions(
    layers=2, units=6, window_clips=10, batch_size=4, epochs=4, validation_videos=1, dropout=0.2
)


def write_features(path, n_frames, seed):
    geometry = ClipOptions()
    n_clips = len(labeled_frames(n_frames, geometry))
    fc6 = np.random.default_rng(seed).random((n_clips, 4)).astype(np.float16)
    with write_store(
        path, kind="features", arrays={"fc6": ArraySpec((4,), "float16", 64, 64)}
    ) as writer:
        writer.append("fc6", fc6)
        writer.attributes["n_frames"] = n_frames
    return path


@pytest.fixture
def study(tmp_path):
    (tmp_path / "features").mkdir()
    save_weights(tmp_path / "convnet.safetensors", {}, {"kind": "convnet", "trained_on": ["clips"]})
    for seed, video in enumerate(VIDEOS):
        n_frames = 90 + 7 * seed
        write_features(tmp_path / "features" / f"{video}.zarr", n_frames, seed)
        codes = (
            np.random.default_rng(seed).integers(-1, 8, n_frames // 10 + 1).repeat(10)[:n_frames]
        )
        write_annotation(tmp_path / "annotations" / f"{video}.parquet", codes.astype(np.int8))
    return tmp_path


def train(study, name, held_out="c", seed=0):
    others = [video for video in VIDEOS if video != held_out]
    outputs = {key: study / name / key for key in ("model", "history", "plan")}
    train_fold(
        held_out=held_out,
        features=[study / "features" / f"{video}.zarr" for video in others],
        annotations=[study / "annotations" / f"{video}.parquet" for video in others],
        convnet=study / "convnet.safetensors",
        geometry=ClipOptions(),
        options=OPTIONS,
        seed=seed,
        threads=1,
        checkpoints=study / name / "checkpoints",
        **outputs,
    )
    return outputs


def test_the_same_seed_gives_the_same_bytes(study):
    first, again, other = train(study, "1"), train(study, "2"), train(study, "3", seed=1)
    for key in first:
        assert first[key].read_bytes() == again[key].read_bytes()
    assert first["model"].read_bytes() != other["model"].read_bytes()


@pytest.mark.parametrize("n_steps", [1, 4])
def test_a_stopped_training_goes_on_to_the_same_bytes(study, monkeypatch, n_steps):
    undisturbed = train(study, "1")
    monkeypatch.setenv(EVERY_S, "1000")
    taken = []

    def step_and_stop(self, examples, batch, step=Training.step):
        step(self, examples, batch)
        taken.append(1)
        if len(taken) % n_steps == 0:  # again and again
            os.kill(os.getpid(), signal.SIGTERM)

    with monkeypatch.context() as patched:
        patched.setattr(Training, "step", step_and_stop)
        n_stops = 0
        while True:
            try:
                stopped = train(study, "2")
                break
            except InterruptedTrainingError:
                n_stops += 1
                assert not (study / "2" / "model").exists()
    assert n_stops == len(taken) // n_steps > 0
    for key in undisturbed:
        assert undisturbed[key].read_bytes() == stopped[key].read_bytes()
    assert not (study / "2" / "checkpoints").exists()


def test_the_held_out_videos_labels_change_no_weight(study):
    before = train(study, "before")
    write_annotation(study / "annotations" / "c.parquet", np.zeros(104, np.int8))
    write_features(study / "features" / "c.zarr", 104, seed=99)
    after = train(study, "after")
    assert before["model"].read_bytes() == after["model"].read_bytes()
    # While a training video's labels do.
    video = load_weights(after["model"])[1]["training"][0]
    n_frames = open_store(study / "features" / f"{video}.zarr", kind="features").attributes[
        "n_frames"
    ]
    write_annotation(study / "annotations" / f"{video}.parquet", np.zeros(n_frames, np.int8))
    assert train(study, "other")["model"].read_bytes() != before["model"].read_bytes()


def test_the_fold_says_what_it_came_from(study):
    outputs = train(study, "run")
    _, metadata = load_weights(outputs["model"])
    assert metadata["held_out"] == "c"
    assert sorted(metadata["training"] + metadata["validation"]) == ["a", "b", "d", "e"]
    assert metadata["convnet_trained_on"] == ["clips"]
    history = pd.read_csv(outputs["history"], sep="\t")
    kept = history.loc[history["best"] == 1, "validation_loss"].item()
    assert kept == history["validation_loss"].min()
    plan = pd.read_csv(outputs["plan"], sep="\t")
    assert set(plan["video"]) == set(metadata["training"])


def test_a_clip_takes_the_label_of_its_fourth_frame(study):
    codes = np.arange(90) % 8
    write_annotation(study / "annotations" / "a.parquet", codes.astype(np.int8))
    sequence = read_sequence(
        study / "features" / "a.zarr", study / "annotations" / "a.parquet", ClipOptions()
    )
    assert sequence.codes.tolist() == [(2 * k + 3) % 8 for k in range(42)]


def test_features_and_annotation_of_different_videos_are_refused(study):
    with pytest.raises(StoreError, match="is not the annotation of a"):
        read_sequence(
            study / "features" / "a.zarr", study / "annotations" / "b.parquet", ClipOptions()
        )


def test_a_fold_without_labels_is_refused(study):
    for path in (study / "annotations").iterdir():
        n_frames = 90 + 7 * VIDEOS.index(path.stem)
        write_annotation(path, np.full(n_frames, UNLABELED, np.int8))
    with pytest.raises(DatasetError, match="fold c: no training video has a labeled clip"):
        train(study, "run")
    assert not (study / "run").exists()


def test_unlabeled_clips_do_not_count_in_the_loss():
    logits = torch.randn(2, 5, 8)
    codes = torch.tensor([[1, 2, UNLABELED, 3, UNLABELED], [0, UNLABELED, 7, 7, 1]])
    labeled = codes != UNLABELED
    expected = F.cross_entropy(logits[labeled], codes[labeled])
    torch.testing.assert_close(sequence_loss(logits, codes, torch.ones(8)), expected)


def test_weights_even_out_behaviors_as_far_as_asked():
    sequences = [
        Sequence("a", torch.zeros(0), np.array([7] * 90 + [0] * 10 + [UNLABELED] * 50)),
        Sequence("b", torch.zeros(0), np.array([7] * 100)),
    ]
    assert weigh_behaviors(sequences, 0).tolist() == [1] * 8
    for power in (0.5, 1):
        weights = weigh_behaviors(sequences, power)
        assert weights[0] / weights[7] == pytest.approx((190 / 10) ** power, rel=1e-6)
        assert 190 * weights[7] + 10 * weights[0] == pytest.approx(200, rel=1e-6)
        assert (weights[1:7] == 1).all()


def test_a_video_is_predicted_in_one_pass_over_every_frame(tmp_path, write_frame_store):
    torch.manual_seed(0)
    model = SequenceModel(descriptor=4, units=6, layers=3, dropout=0.5)
    save_sequence_model(tmp_path / "model.safetensors", model, {})
    frames = write_frame_store(tmp_path / "v.zarr", np.zeros((29, 32, 32, 3), np.uint8))
    features = write_features(tmp_path / "features.zarr", 29, seed=0)
    predict_lstm(
        model=tmp_path / "model.safetensors",
        features=features,
        frames=frames,
        geometry=ClipOptions(),
        threads=1,
        output=tmp_path / "v.parquet",
    )
    fc6 = torch.from_numpy(open_store(features, kind="features")["fc6"][:]).float()
    loaded = load_sequence_model(tmp_path / "model.safetensors")
    with torch.inference_mode():
        expected = F.softmax(loaded(fc6[None])[0], dim=1).numpy()
    predicted = read_predictions(tmp_path / "v.parquet")[list(PROBABILITIES)].to_numpy()
    np.testing.assert_allclose(predicted, expected[clip_of_frame(29, ClipOptions())], rtol=1e-6)
    # Unidirectional: what comes later changes nothing before it.
    later = fc6.clone()
    later[8:] = 0
    with torch.inference_mode():
        changed = F.softmax(loaded(later[None])[0], dim=1).numpy()
    np.testing.assert_allclose(changed[:8], expected[:8], rtol=1e-6)
    assert not np.allclose(changed[8:], expected[8:])
