"""What needs a GPU; skipped, by name, without one."""

from contextlib import contextmanager, nullcontext

import numpy as np
import pytest
import torch

from homecage.clips.load import Batch
from homecage.clips.options import ClipGeometry
from homecage.convnet.augment import draw_alterations
from homecage.convnet.engine import PlainEngine
from homecage.convnet.network import Convnet, Shape, initialize
from homecage.convnet.options import AugmentOptions, ConvnetOptions, NetworkOptions
from homecage.convnet.torch_engine import TorchEngine
from homecage.convnet.train import Training as ConvnetTraining
from homecage.running.device import choose_device, make_deterministic
from homecage.running.precision import choose_precision
from homecage.sequence.lstm import Lstm
from homecage.sequence.options import LstmOptions
from homecage.sequence.training import Training

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")

BEHAVIORS = tuple("abcde")
NETWORK = NetworkOptions(input="gray+difference", channels=(16, 32, 32, 32, 32), descriptor=64)


@pytest.fixture
def convnet():
    network = Convnet(Shape(8, 64, BEHAVIORS, NETWORK))
    initialize(network, torch.Generator().manual_seed(0))
    network.mean.fill_(120)
    return network.to(choose_device())


def describe(engine, frames):
    return np.concatenate([described.fc6 for described in engine.describe([frames])])


@pytest.mark.parametrize(("precision", "error"), [(torch.float32, 1e-4), (torch.bfloat16, 1e-2)])
def test_the_torch_engine_says_what_the_plain_one_says(convnet, precision, error):
    make_deterministic(1)
    frames = np.random.default_rng(0).integers(0, 256, (75, 64, 64, 3), dtype=np.uint8)
    plain = describe(PlainEngine(convnet.eval(), ClipGeometry(), 16), frames)
    found = describe(TorchEngine(convnet.eval(), ClipGeometry(), 16, precision), frames)
    assert np.linalg.norm(found - plain) / np.linalg.norm(plain) < error


def test_a_gpu_computes_in_bfloat16_where_it_can():
    expected = torch.bfloat16 if torch.cuda.is_bf16_supported(False) else torch.float32
    assert choose_precision("auto", choose_device()) == expected


@contextmanager
def no_waiting():
    """Make an error of whatever waits for the GPU."""
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_describing_waits_for_results_alone(convnet):
    frames = np.random.default_rng(0).integers(0, 256, (75, 64, 64, 3), dtype=np.uint8)
    engine = TorchEngine(convnet.eval(), ClipGeometry(), 8, torch.bfloat16)
    with no_waiting():
        found = describe(engine, frames)
    assert np.array_equal(found, describe(engine, frames))


def train_convnet(steps=nullcontext):
    make_deterministic(1)
    torch.manual_seed(0)
    network = Convnet(Shape(8, 64, BEHAVIORS, NETWORK))
    initialize(network, torch.Generator().manual_seed(0))
    device = choose_device()
    training = ConvnetTraining(
        network.to(device).train(), ConvnetOptions(), n_clips=24, precision=torch.bfloat16
    )
    rng = np.random.default_rng(0)
    for _ in range(3):
        clips = torch.from_numpy(rng.integers(0, 256, (8, 9, 64, 64, 3), dtype=np.uint8))
        alterations = draw_alterations(8, AugmentOptions(shift=0.04, zoom=0.05), rng)
        with steps():
            training.step(Batch(clips, torch.arange(8) % len(BEHAVIORS)), alterations)
    return [parameter.detach().clone() for parameter in network.parameters()]


def train_lstm(steps=nullcontext):
    make_deterministic(1)
    torch.manual_seed(0)
    device = choose_device()
    network = Lstm(64, len(BEHAVIORS), layers=3, units=32, dropout=0.5).to(device)
    weights = torch.ones(len(BEHAVIORS), device=device)
    training = Training(network, weights, LstmOptions(), torch.float16)
    for _ in range(3):
        x = torch.rand(4, 25, 64, device=device)
        codes = torch.randint(len(BEHAVIORS), (4, 25), device=device)
        with steps():
            training.step(x, codes)
    return [parameter.detach().clone() for parameter in network.parameters()]


@pytest.mark.parametrize("train", [train_convnet, train_lstm])
def test_the_same_seed_gives_the_same_bits(train):
    assert all(map(torch.equal, train(), train()))


@pytest.mark.parametrize("train", [train_convnet, train_lstm])
def test_a_step_waits_for_nothing(train):
    train(no_waiting)
