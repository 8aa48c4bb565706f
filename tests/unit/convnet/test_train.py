import os
import signal

import numpy as np
import pandas as pd
import pytest
import torch

from homecage.clips.balance import balance_clips
from homecage.clips.load import Batch, ClipReader
from homecage.clips.options import BalanceOptions, ClipGeometry
from homecage.convnet.network import Convnet, Shape, load_convnet
from homecage.convnet.options import ConvnetOptions, NetworkOptions
from homecage.convnet.train import (
    Training,
    change_light,
    group_parameters,
    measure_mean,
    train_convnet,
)
from homecage.errors import DatasetError, InterruptedTrainingError
from homecage.storage.checkpoints import EVERY_S
from homecage.storage.weights import load_weights
from homecage.study.behaviors import BEHAVIORS

NETWORK = NetworkOptions(
    channels=(2, 2, 2, 2, 2), descriptor=8, initialization="he", pixel_scale=64, dropout=0.1
)
OPTIONS = ConvnetOptions(epochs=2, batch_size=4, learning_rate=0.01)


@pytest.fixture
def planned(tmp_path, write_clip_store, random_frames):
    clips = [
        (f"c{i}", behavior, random_frames(18 + 5 * i, seed=i))
        for i, behavior in enumerate(["walk", "walk", "walk", "rest", "rest", "groom"])
    ]
    store = write_clip_store(tmp_path / "folder.zarr", clips)
    plan = tmp_path / "plan.tsv"
    balance_clips(
        clips=[store],
        geometry=ClipGeometry(),
        options=BalanceOptions(),
        seed=0,
        plan=plan,
        counts=tmp_path / "counts.tsv",
    )
    return store, plan


def train(planned, folder, seed=0, options=OPTIONS):
    store, plan = planned
    outputs = {name: folder / name for name in ("model", "history", "test")}
    train_convnet(
        clips=[store],
        plan=plan,
        geometry=ClipGeometry(),
        network=NETWORK,
        options=options,
        seed=seed,
        threads=2,
        checkpoints=folder / "checkpoints",
        **outputs,
    )
    return outputs


def test_the_same_seed_gives_the_same_bytes(planned, tmp_path):
    first, again, other = (
        train(planned, tmp_path / name, seed) for name, seed in (("1", 0), ("2", 0), ("3", 1))
    )
    for name in first:
        assert first[name].read_bytes() == again[name].read_bytes()
    assert first["model"].read_bytes() != other["model"].read_bytes()


@pytest.mark.parametrize("n_steps", [1, 3, 7])
def test_a_stopped_training_goes_on_to_the_same_bytes(planned, tmp_path, monkeypatch, n_steps):
    undisturbed = train(planned, tmp_path / "1")
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
            torch.manual_seed(n_stops)  # whatever else has drawn numbers
            try:
                stopped = train(planned, tmp_path / "2")
                break
            except InterruptedTrainingError:
                n_stops += 1
                assert not (tmp_path / "2" / "model").exists()
    assert n_stops == len(taken) // n_steps > 0
    for name in undisturbed:
        assert undisturbed[name].read_bytes() == stopped[name].read_bytes()
    assert not (tmp_path / "2" / "checkpoints").exists()


def test_the_files_say_what_was_trained_and_how_well(planned, tmp_path):
    outputs = train(planned, tmp_path / "run")
    history = pd.read_csv(outputs["history"], sep="\t")
    assert history["epoch"].tolist() == [1, 2]
    test = pd.read_csv(outputs["test"], sep="\t").set_index("behavior")
    assert list(test.index) == [*BEHAVIORS, "all"]
    assert test.loc["all", "accuracy"] == pytest.approx(history["test_accuracy"].iloc[-1])
    assert test.loc["all", "n_clips"] == test["n_clips"].iloc[:-1].sum() > 0
    assert np.isnan(test.loc["drink", "accuracy"])
    _, metadata = load_weights(outputs["model"])
    assert metadata["trained_on"] == ["folder"]
    assert load_convnet(outputs["model"]).shape.network == NETWORK


def test_the_test_clips_choose_nothing(planned, tmp_path):
    # Other pixels in every test clip: the same weights.
    store, plan = planned
    first = train(planned, tmp_path / "1")
    table = pd.read_csv(plan, sep="\t")
    train_rows = table["side"] == "train"
    table.loc[~train_rows, "behavior"] = "hang"
    altered = tmp_path / "altered.tsv"
    table.to_csv(altered, sep="\t", index=False)
    second = train((store, altered), tmp_path / "2")
    weights = [load_weights(outputs["model"])[0] for outputs in (first, second)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert first["test"].read_bytes() != second["test"].read_bytes()


def test_the_mean_is_that_of_the_training_clips(planned):
    store, plan = planned
    reader = ClipReader([store], pd.read_csv(plan, sep="\t"), "train", 8)
    clips = np.concatenate([batch.clips for batch in reader.batches(np.arange(len(reader)), 3)])
    expected = clips.reshape(-1, 3).mean(axis=0)
    assert measure_mean(reader, 5).numpy() == pytest.approx(expected, rel=1e-6)


def test_batches_come_in_the_order_asked_for(planned):
    store, plan = planned
    reader = ClipReader([store], pd.read_csv(plan, sep="\t"), "train", 8)
    order = np.random.default_rng(0).permutation(len(reader))
    for size in (1, 4, len(reader), len(reader) + 3):
        batches = list(reader.batches(order, size))
        assert [len(b.behaviors) for b in batches] == [
            min(size, len(order) - i) for i in range(0, len(order), size)
        ]
        whole = reader.read(order)
        assert np.array_equal(np.concatenate([b.clips for b in batches]), whole.clips)


def test_light_changes_as_the_plan_says():
    clips = np.full((2, 8, 32, 32, 3), 100, np.uint8)
    batch = Batch(clips, np.zeros(2, np.int64), np.float32([0, 0.5]), np.float32([2, 1]))
    changed = change_light(batch, torch.device("cpu"))
    assert changed[0].unique().tolist() == [(100 - 127.5) * 2 + 127.5]
    assert changed[1].unique().tolist() == [100 + 127.5]


def test_biases_do_not_decay_and_learn_twice_as_fast():
    weights, biases = group_parameters(Convnet(Shape(8, 32, NETWORK)), OPTIONS)
    assert weights["weight_decay"] == 0.005 and biases["weight_decay"] == 0
    assert biases["lr"] == 2 * OPTIONS.learning_rate
    assert len(weights["params"]) == len(biases["params"]) == 8


def test_diverged_training_is_refused_and_writes_nothing(planned, tmp_path):
    wild = OPTIONS.model_copy(update={"learning_rate": 1e30})
    with pytest.raises(DatasetError, match=r"lower convnet\.learning_rate"):
        train(planned, tmp_path / "run", options=wild)
    assert not (tmp_path / "run").exists()
