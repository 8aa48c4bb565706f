import subprocess
import sys
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch

from homecage.errors import ConfigError
from homecage.sequence.bilstm import Bilstm
from homecage.sequence.lstm import Lstm
from homecage.sequence.models import Task, find_model
from homecage.sequence.options import MODULES, AnyModel, ModelOptions
from homecage.sequence.sequences import Sequence
from homecage.storage.checkpoints import Checkpoints

KINDS = ["lstm", "bilstm"]


def fit(kind, tmp_path, task, **options):
    small = {"units": 8, "batch_size": 4, "window_clips": 20, "dropout": 0}
    small |= {"tcn": {"layers": 2, "input_dropout": 0}, "mlp": {}}.get(kind, {"layers": 1})
    model = AnyModel.model_validate({"kind": kind, **small, **options})
    return find_model(kind).fit(task, model.root, Checkpoints(tmp_path / "checkpoints", "1"))


def make_task(shift):
    """Videos of signs (descriptor 1): a clip's label is the sign ``shift`` clips after it."""
    rng = np.random.default_rng(0)
    videos = []
    for video in "abcd":
        signs = rng.choice([-1.0, 1.0], 200)
        x = torch.from_numpy(signs[:, None]).half()
        videos.append(Sequence(video, x, torch.from_numpy((np.roll(signs, -shift) > 0) * 1)))
    return Task(videos[:3], videos[3:], n_behaviors=2, seed=0)


def test_each_kind_has_a_module_that_fits_and_scores():
    options = get_args(get_args(ModelOptions)[0])
    kinds = [kind for one in options for kind in get_args(one.model_fields["kind"].annotation)]
    assert sorted(kinds) == sorted(MODULES)
    for kind in MODULES:
        assert callable(find_model(kind).fit) and callable(find_model(kind).score)


def test_planning_needs_no_pytorch():
    code = (
        "import sys; from homecage.sequence.options import ModelOptions, module_of; "
        "assert module_of('bilstm') == 'homecage.sequence.bilstm'; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("kind", "shift", "learns"),
    [
        *[("lstm", -1, True), ("lstm", 1, False), ("bilstm", -1, True), ("bilstm", 1, True)],
        *[("tcn", -1, True), ("tcn", 1, True), ("mlp", 0, True), ("mlp", -1, False)],
        *[("shuffled-lstm", 0, True), ("shuffled-lstm", -1, False)],
    ],
)
def test_it_learns_what_it_can_see(tmp_path, kind, shift, learns):
    task = make_task(shift)
    fitted = fit(kind, tmp_path, task, learning_rate=0.03, epochs=12)
    accuracy = fitted.history["validation_accuracy"].max()
    assert accuracy > 0.95 if learns else accuracy < 0.65
    held_out = task.validation[0]  # scored by what was kept, as any other video
    probability = find_model(kind).score(fitted.tensors, fitted.shape, held_out.x)
    kept = fitted.history.loc[fitted.history["best"] == 1, "validation_accuracy"].item()
    assert (probability.argmax(1) == held_out.codes.numpy()).mean() == pytest.approx(kept)
    np.testing.assert_allclose(probability.sum(1), 1, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_bidirectional_model_alone_sees_the_future(tmp_path, kind):
    fitted = fit(kind, tmp_path, make_task(0), layers=2, epochs=1)
    x = torch.randn(30, 1).half()
    later = x.clone()
    later[20:] += 1
    before, after = (
        find_model(kind).score(fitted.tensors, fitted.shape, each) for each in (x, later)
    )
    assert (before[20:] != after[20:]).all()
    assert (before[:20] != after[:20]).any() == (kind == "bilstm")
    earlier = x.clone()
    earlier[:10] += 1
    changed = find_model(kind).score(fitted.tensors, fitted.shape, earlier)
    assert (changed[10] != before[10]).all()


@pytest.mark.parametrize("network", [Lstm, Bilstm])
def test_values_are_dropped_after_each_layer_in_training_alone(network):
    torch.manual_seed(0)
    layers = network(descriptor=3, behaviors=2, layers=2, units=50, dropout=0.4)
    seen = []
    for layer in (layers.layers[1], layers.output):
        layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    layers.train()(torch.randn(4, 30, 3))
    dropped = [float((x == 0).float().mean()) for x in seen]
    assert dropped == pytest.approx([0.4, 0.4], abs=0.03)
    seen.clear()
    layers.eval()(torch.randn(4, 30, 3))
    assert all((x != 0).all() for x in seen)


def test_inputs_of_any_unit_are_put_on_one_scale(tmp_path):
    task = make_task(0)
    large = [
        replace(video, x=torch.cat([video.x * 100 + 1000, torch.ones_like(video.x)], dim=1))
        for video in task.training
    ]
    fitted = fit("mlp", tmp_path, Task(large, large[:1], 2, seed=0), learning_rate=0.03, epochs=4)
    assert fitted.history["validation_accuracy"].max() > 0.95
    x = torch.cat([video.x for video in large]).double()
    np.testing.assert_allclose(fitted.tensors["normalize.mean"], x.mean(0), rtol=1e-5)
    expected = [float(x[:, 0].std(correction=0)), 1.0]
    np.testing.assert_allclose(fitted.tensors["normalize.deviation"], expected, rtol=1e-5)


def test_the_prior_is_the_share_of_each_behavior(tmp_path):
    task = make_task(0)
    fitted = fit_plain("prior", tmp_path, task)
    codes = torch.cat([video.codes for video in task.training])
    share = [float((codes == k).double().mean()) for k in range(2)]
    said = find_model("prior").score(fitted.tensors, fitted.shape, task.validation[0].x)
    np.testing.assert_allclose(said, [share] * 200, rtol=1e-5)
    loss = -np.log([share[code] for code in task.validation[0].codes]).mean()
    assert fitted.history["validation_loss"].item() == pytest.approx(loss, rel=1e-5)


def test_what_a_representation_says_is_handed_on(tmp_path):
    task = make_task(0)
    with pytest.raises(ConfigError, match="found 1 numbers a clip"):
        fit_plain("own", tmp_path, task)
    probability = torch.rand(200, 2).softmax(1)
    videos = [replace(video, x=probability.log().half()) for video in task.training]
    fitted = fit_plain("own", tmp_path, Task(videos, videos[:1], 2, seed=0))
    said = find_model("own").score(fitted.tensors, fitted.shape, videos[0].x)
    np.testing.assert_allclose(said, probability, atol=1e-3)
    right = (said.argmax(1) == videos[0].codes.numpy()).mean()
    assert fitted.history["validation_accuracy"].item() == pytest.approx(right)


def test_after_a_refit_the_validation_videos_count_too(tmp_path):
    task = make_task(0)
    opposite = replace(task.validation[0], codes=1 - task.validation[0].codes)
    task = Task([replace(task.validation[0], video="e")], [opposite], 2, seed=0)
    options = {"learning_rate": 0.03, "epochs": 3, "patience": 3}
    fitted = fit("mlp", tmp_path, task, refit=True, **options)
    without = fit("mlp", tmp_path, task, **options)
    assert without.unrefitted is None
    for name, tensor in without.tensors.items():
        assert torch.equal(fitted.unrefitted[name], tensor)
    sure, unsure = (
        find_model("mlp").score(tensors, fitted.shape, opposite.x).max(1).mean()
        for tensors in (fitted.unrefitted, fitted.tensors)
    )
    assert unsure < sure  # of what the two videos call by opposite names
    assert set(fitted.plan["video"]) == {"e", "d"} and set(without.plan["video"]) == {"e"}


def fit_plain(kind, tmp_path, task):
    saved = Checkpoints(tmp_path / "checkpoints", "1")
    return find_model(kind).fit(task, AnyModel.model_validate({"kind": kind}).root, saved)
