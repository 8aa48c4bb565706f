import os
import re
import signal
from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
import torch
from tests.unit.convnet.conftest import AUGMENT, BEHAVIORS, NETWORK, OPTIONS, Inputs

from homecage.clips.load import Batch, ClipReader
from homecage.convnet.augment import draw_alterations
from homecage.convnet.network import Convnet, Shape, load_convnet
from homecage.convnet.options import ConvnetOptions
from homecage.convnet.train import Training, measure_mean
from homecage.errors import ConfigError, InterruptedTrainingError
from homecage.storage.checkpoints import EVERY_S, Checkpoints
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

    def step_and_stop(self, *told, step=Training.step):
        step(self, *told)
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


def make_training(optimizer="sgd", device="cpu"):
    convnet = Convnet(Shape(8, 32, tuple(BEHAVIORS), NETWORK)).to(device).train()
    options = ConvnetOptions(optimizer=optimizer, batch_size=2)
    return Training(convnet, options, n_clips=8, precision=torch.float32)


def take_step(training):
    clips = torch.zeros(2, 9, 32, 32, 3, dtype=torch.uint8)
    alterations = draw_alterations(2, AUGMENT, np.random.default_rng(0))
    training.step(Batch(clips, torch.arange(2)), alterations)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_what_an_optimizer_remembers_keeps_its_layout_in_a_checkpoint(tmp_path, optimizer):
    saved = Checkpoints(tmp_path, "key")
    training = make_training(optimizer)
    take_step(training)
    saved._save(training.capture())
    training = make_training(optimizer)
    training.restore(saved.load())
    take_step(training)
    for weight in (convolution.weight for convolution in training.convnet.convolutions):
        remembered = [x for x in training.optimizer.state[weight].values() if x.ndim]
        assert remembered
        for tensor in [weight, weight.grad, *remembered]:
            assert tensor.is_contiguous(memory_format=torch.channels_last_3d)


def test_a_step_asks_nothing_of_the_device(monkeypatch):
    # A tensor of the meta device has no values: whatever depends on one raises.
    monkeypatch.setattr("homecage.convnet.train.autocast", lambda *told: nullcontext())
    training = make_training(device="meta")
    for group in training.optimizer.param_groups:
        group["fused"] = False  # which is for devices with values; on one it asks nothing either
    take_step(training)


def test_where_a_device_holds_the_frames_the_bytes_are_the_same(planned, tmp_path, monkeypatch):
    monkeypatch.setattr("homecage.convnet.train.has_room", lambda n_bytes, device: False)
    read = planned.train(tmp_path / "1")
    monkeypatch.setattr("homecage.convnet.train.has_room", lambda n_bytes, device: True)
    monkeypatch.setattr(ClipReader, "_read_clip", None)
    held = planned.train(tmp_path / "2")
    for name in read:
        assert read[name].read_bytes() == held[name].read_bytes()


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
    assert load_convnet(outputs["model"], 8, BEHAVIORS).shape.network == NETWORK


def test_a_2d_convnet_learns_from_frames_of_the_same_stretches(planned, tmp_path):
    outputs = planned.train(tmp_path / "run", length=1)
    assert load_convnet(outputs["model"], 1, BEHAVIORS).shape.network == NETWORK
    test = pd.read_csv(outputs["test"], sep="\t").set_index("behavior")
    plan = read_tsv(planned.plan).query("side == 'test'")
    assert test.loc["all", "n_clips"] == (plan["stop"] - plan["start"]).sum()


def test_a_checkpoint_of_other_code_is_left_alone(planned, tmp_path, monkeypatch):
    monkeypatch.setenv(EVERY_S, "0")
    n_steps = []

    def step_and_stop(self, *told, step=Training.step):
        step(self, *told)
        n_steps.append(self.epoch)
        if len(n_steps) == 3:
            os.kill(os.getpid(), signal.SIGUSR1)

    monkeypatch.setattr(Training, "step", step_and_stop)
    with pytest.raises(InterruptedTrainingError):
        planned.train(tmp_path / "1", code="1")
    n_steps += [None] * 10
    planned.train(tmp_path / "1", code="2")
    n_clips = read_tsv(planned.plan).query("side == 'train'")["clips"].sum()
    n_batches = -(-round(n_clips) // OPTIONS.batch_size)
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


def test_the_mean_is_that_of_the_training_frames(planned):
    reader = ClipReader(planned.stores, planned.plan, "train", BEHAVIORS, 8)
    frames = np.concatenate(list(reader.blocks()))
    expected = frames.reshape(-1, 3).mean(axis=0)
    assert measure_mean(reader).numpy() == pytest.approx(expected, rel=1e-6)


def test_every_epoch_sees_other_clips_and_alters_them_anew(planned, tmp_path, monkeypatch):
    seen = []

    def note(self, batch, alterations, step=Training.step):
        seen.append((self.epoch, batch.clips, alterations))
        step(self, batch, alterations)

    monkeypatch.setattr(Training, "step", note)
    planned.train(tmp_path / "run")
    first, second = ([part[1:] for part in seen if part[0] == epoch] for epoch in (0, 1))
    assert len(first) == len(second) > 1
    for one, other in zip(first, second, strict=True):
        assert not np.array_equal(one[0], other[0]) and not torch.equal(one[1], other[1])
    assert len(torch.cat([altered for _, altered in first]).unique(dim=0)) == sum(
        len(clips) for clips, _ in first
    )


def test_diverged_training_is_refused_and_writes_nothing(planned, tmp_path):
    wild = OPTIONS.model_copy(update={"learning_rate": 1e30})
    with pytest.raises(ConfigError, match=r"became nan in epoch 1; lower convnet\.learning_rate"):
        planned.train(tmp_path / "run", options=wild)
    assert not (tmp_path / "run").exists()


DEAD = {
    "network": NETWORK.model_copy(update={"initialization": "c3d", "pixel_scale": 1.0}),
    "options": ConvnetOptions(epochs=3, batch_size=4),
}


@pytest.fixture
def demand(monkeypatch):
    """Ask for a gain over chance, of which a larger one needs fewer clips, and for steps."""

    def ask(gain, steps):
        monkeypatch.setattr("homecage.running.chance.GAIN", gain)
        monkeypatch.setattr("homecage.convnet.train.STEPS_TO_LEARN", steps)

    return ask


def plan_clips(inputs, per_behavior):
    """Plan the same stretches again, for so many clips of each of 3 behaviors in an epoch."""
    plan = read_tsv(inputs.plan)
    train = plan["side"] == "train"
    n_clips = plan[train].groupby("behavior")["clips"].transform("sum")
    plan.loc[train, "clips"] *= per_behavior / n_clips
    path = inputs.plan.with_name(f"{per_behavior}.tsv")
    write_tsv(path, plan)
    return Inputs(inputs.stores, path)


@pytest.mark.parametrize(("steps", "epoch"), [(60, 1), (61, 2)])
def test_a_training_that_learns_nothing_ends_and_says_what_to_change(
    planned, tmp_path, demand, steps, epoch
):
    demand(0.2, steps)
    with pytest.raises(ConfigError) as error:
        plan_clips(planned, 80).train(tmp_path / "run", **DEAD)
    assert re.fullmatch(
        rf"the convnet has learned nothing by the end of epoch {epoch}: of its 240 clips it got "
        r"\d\d\.\d% right, and guessing gets 33\.3% \(loss 1\.\d+, of guessing 1\.099\)\. .*"
        r"network\.initialization: he .*network\.pixel_scale.*convnet\.learning_rate.*",
        str(error.value),
    )
    assert not (tmp_path / "run" / "model").exists()


@pytest.mark.parametrize(("gain", "steps"), [(0.05, 60), (0.2, 999)])
def test_of_few_clips_or_steps_it_is_not_said(planned, tmp_path, demand, gain, steps):
    demand(gain, steps)
    assert plan_clips(planned, 80).train(tmp_path / "run", **DEAD)["model"].exists()
