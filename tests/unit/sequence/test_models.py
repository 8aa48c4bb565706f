import subprocess
import sys
from typing import get_args

import numpy as np
import pytest
import torch

from homecage.sequence.bilstm import Bilstm
from homecage.sequence.lstm import Lstm
from homecage.sequence.models import Task, find_model
from homecage.sequence.options import MODULES, LstmOptions
from homecage.sequence.sequences import Sequence
from homecage.storage.checkpoints import Checkpoints

KINDS = ["lstm", "bilstm"]


def fit(kind, tmp_path, task, **options):
    small = {"layers": 1, "units": 8, "batch_size": 4, "window_clips": 20, "dropout": 0}
    return find_model(kind).fit(
        task, LstmOptions(kind=kind, **small | options), Checkpoints(tmp_path / "checkpoints", "1")
    )


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
    assert sorted(get_args(LstmOptions.model_fields["kind"].annotation)) == sorted(MODULES)
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
    [("lstm", -1, True), ("lstm", 1, False), ("bilstm", -1, True), ("bilstm", 1, True)],
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
