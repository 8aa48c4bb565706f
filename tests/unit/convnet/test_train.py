import os
import signal

import numpy as np
import pandas as pd
import pytest
import torch
from tests.unit.convnet.conftest import BEHAVIORS, NETWORK, OPTIONS, Inputs

from homecage.clips.load import Batch, ClipReader
from homecage.clips.options import ClipGeometry
from homecage.convnet.network import Convnet, Shape, load_convnet
from homecage.convnet.train import Training, change_light, group_parameters, measure_mean
from homecage.errors import ConfigError, InterruptedTrainingError, StoreError
from homecage.storage.checkpoints import EVERY_S
from homecage.storage.tables import read_tsv, write_tsv
from homecage.storage.weights import load_weights


def test_the_same_seed_gives_the_same_bytes(planned, tmp_path):
    first, again, other = (
        planned.train(tmp_path / name, seed=seed) for name, seed in (("1", 0), ("2", 0), ("3", 1))
    )
    for name in first:
        assert first[name].read_bytes() == again[name].read_bytes()
    assert first["model"].read_bytes() != other["model"].read_bytes()


@pytest.mark.parametrize("n_steps", [1, 3, 7])
def test_a_stopped_training_goes_on_to_the_same_bytes(planned, tmp_path, monkeypatch, n_steps):
    undisturbed = planned.train(tmp_path / "1")
    monkeypatch.setenv(EVERY_S, "1000")
    taken = []

    def step_and_stop(self, batch, step=Training.step):
        step(self, batch)
        taken.append(1)
        if len(taken) % n_steps == 0:  # again and again
            os.kill(os.getpid(), signal.SIGUSR1)

    with monkeypatch.context() as patched:
        patched.setattr(Training, "step", step_and_stop)
        n_stops = 0
        while True:
            torch.manual_seed(n_stops)  # whatever else has used random numbers
            try:
                stopped = planned.train(tmp_path / "2")
                break
            except InterruptedTrainingError:
                n_stops += 1
                assert not (tmp_path / "2" / "model").exists()
    assert n_stops == len(taken) // n_steps > 0
    for name in undisturbed:
        assert undisturbed[name].read_bytes() == stopped[name].read_bytes()
    assert not (tmp_path / "2" / "checkpoints").exists()


def test_the_files_say_what_was_trained_and_how_well(planned, tmp_path):
    outputs = planned.train(tmp_path / "run")
    history = pd.read_csv(outputs["history"], sep="\t")
    assert history["epoch"].tolist() == [1, 2]
    test = pd.read_csv(outputs["test"], sep="\t").set_index("behavior")
    assert list(test.index) == [*BEHAVIORS, "all"]
    assert test.loc["all", "accuracy"] == pytest.approx(history["test_accuracy"].iloc[-1])
    assert test.loc["all", "n_clips"] == test["n_clips"].iloc[:-1].sum() > 0
    assert np.isnan(test.loc["drink", "accuracy"])
    _, metadata = load_weights(outputs["model"])
    assert metadata["trained_on"] == ["folder"]
    assert load_convnet(outputs["model"], ClipGeometry(), BEHAVIORS).shape.network == NETWORK


def test_a_checkpoint_of_other_code_is_left_alone(planned, tmp_path, monkeypatch):
    monkeypatch.setenv(EVERY_S, "0")
    n_steps = []

    def step_and_stop(self, batch, step=Training.step):
        step(self, batch)
        n_steps.append(self.epoch)
        if len(n_steps) == 3:
            os.kill(os.getpid(), signal.SIGUSR1)

    monkeypatch.setattr(Training, "step", step_and_stop)
    with pytest.raises(InterruptedTrainingError):
        planned.train(tmp_path / "1", code="1")
    n_steps += [None] * 10
    planned.train(tmp_path / "1", code="2")
    n_batches = -(-len(read(planned, "train")) // OPTIONS.batch_size)
    assert n_steps[13:] == [0] * n_batches + [1] * n_batches  # from the beginning


@pytest.mark.parametrize("altered", ["train", "test"])
def test_the_test_clips_choose_nothing(planned, tmp_path, write_clip_store, random_frames, altered):
    first = planned.train(tmp_path / "1")
    plan = read_tsv(planned.plan)
    chosen = set(plan.loc[plan["side"] == altered, "stretch"])
    clips = [(f"c{i}", "walk", random_frames(18 + 5 * i, seed=i)) for i in range(6)]
    changed = [
        (name, "walk", 255 - frames if f"raw/folder/{name}.mpg" in chosen else frames)
        for name, _, frames in clips
    ]
    store = write_clip_store(tmp_path / "altered" / "folder.zarr", changed)
    second = Inputs([store], planned.plan).train(tmp_path / "2")
    same = first["model"].read_bytes() == second["model"].read_bytes()
    assert same == (altered == "test")


def test_the_labels_of_test_clips_choose_nothing(planned, tmp_path):
    first = planned.train(tmp_path / "1")
    plan = read_tsv(planned.plan)
    plan.loc[plan["side"] == "test", "behavior"] = "drink"
    write_tsv(tmp_path / "altered.tsv", plan)
    second = Inputs(planned.stores, tmp_path / "altered.tsv").train(tmp_path / "2")
    weights = [load_weights(outputs["model"])[0] for outputs in (first, second)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert first["test"].read_bytes() != second["test"].read_bytes()


def read(planned, side, behaviors=BEHAVIORS, threads=1):
    return ClipReader(planned.stores, planned.plan, side, behaviors, 8, threads)


def test_the_mean_is_that_of_the_training_clips(planned):
    reader = read(planned, "train")
    clips = np.concatenate([batch.clips for batch in reader.batches(np.arange(len(reader)), 3)])
    expected = clips.reshape(-1, 3).mean(axis=0)
    assert measure_mean(reader, 5).numpy() == pytest.approx(expected, rel=1e-6)


def test_batches_come_in_the_order_asked_for(planned):
    reader = read(planned, "train", threads=3)
    order = np.random.default_rng(0).permutation(len(reader))
    for size in (1, 4, len(reader), len(reader) + 3):
        batches = list(reader.batches(order, size))
        assert [len(b.codes) for b in batches] == [
            min(size, len(order) - i) for i in range(0, len(order), size)
        ]
        whole = reader.read(order)
        assert np.array_equal(np.concatenate([b.clips for b in batches]), whole.clips)


def test_a_plan_of_other_stores_or_behaviors_is_refused(planned):
    with pytest.raises(
        StoreError, match=r"plan\.tsv: names the behavior 'groom', which is none of: rest"
    ):
        read(planned, "train", ["rest", "walk"])
    with pytest.raises(
        StoreError, match=r"plan\.tsv: names the store 'folder', which is not given"
    ):
        ClipReader([], planned.plan, "train", BEHAVIORS, 8)


def test_light_changes_as_the_plan_says():
    clips = np.full((2, 8, 32, 32, 3), 100, np.uint8)
    batch = Batch(clips, np.zeros(2, np.int64), np.float32([0, 0.5]), np.float32([2, 1]))
    changed = change_light(batch, torch.device("cpu"))
    assert changed[0].unique().tolist() == [(100 - 127.5) * 2 + 127.5]
    assert changed[1].unique().tolist() == [100 + 127.5]


def test_biases_do_not_decay_and_learn_twice_as_fast():
    weights, biases = group_parameters(Convnet(Shape(8, 32, tuple(BEHAVIORS), NETWORK)), OPTIONS)
    assert weights["weight_decay"] == 0.005 and biases["weight_decay"] == 0
    assert biases["lr"] == 2 * OPTIONS.learning_rate
    assert len(weights["params"]) == len(biases["params"]) == 8


def test_diverged_training_is_refused_and_writes_nothing(planned, tmp_path):
    wild = OPTIONS.model_copy(update={"learning_rate": 1e30})
    with pytest.raises(ConfigError, match=r"became nan in epoch 1; lower convnet\.learning_rate"):
        planned.train(tmp_path / "run", options=wild)
    assert not (tmp_path / "run").exists()
