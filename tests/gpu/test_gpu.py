"""What needs a GPU; skipped, by name, without one."""

import numpy as np
import pytest
import torch

from homecage.clips.load import Batch
from homecage.clips.options import ClipGeometry
from homecage.convnet.engine import PlainEngine
from homecage.convnet.network import Convnet, Shape, initialize
from homecage.convnet.options import ConvnetOptions, NetworkOptions
from homecage.convnet.torch_engine import TorchEngine
from homecage.convnet.train import Training as ConvnetTraining
from homecage.running.device import choose_device, make_deterministic
from homecage.running.precision import choose_precision
from homecage.sequence.network import SequenceModel
from homecage.sequence.options import SequenceOptions
from homecage.sequence.train import Examples, Training

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")

NETWORK = NetworkOptions(
    channels=(16, 32, 32, 32, 32), descriptor=64, initialization="he", pixel_scale=64
)


@pytest.fixture
def convnet():
    network = Convnet(Shape(8, 64, NETWORK))
    initialize(network, torch.Generator().manual_seed(0))
    network.mean.fill_(120)
    return network.to(choose_device())


def describe(engine, frames):
    return np.concatenate([described.fc6 for described in engine.describe([frames])])


@pytest.mark.parametrize(("precision", "error"), [(torch.float32, 1e-4), (torch.bfloat16, 1e-2)])
def test_the_shared_engine_says_what_the_plain_one_says(convnet, precision, error):
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    frames = np.random.default_rng(0).integers(0, 256, (75, 64, 64, 3), dtype=np.uint8)
    plain = describe(PlainEngine(convnet.eval(), ClipGeometry(), 16), frames)
    shared = describe(TorchEngine(convnet.eval(), ClipGeometry(), 16, precision), frames)
    assert np.linalg.norm(shared - plain) / np.linalg.norm(plain) < error


def test_a_gpu_computes_in_bfloat16_where_it_can():
    expected = torch.bfloat16 if torch.cuda.is_bf16_supported(False) else torch.float32
    assert choose_precision("auto", choose_device()) == expected


def train_convnet():
    make_deterministic(1)
    torch.manual_seed(0)
    network = Convnet(Shape(8, 64, NETWORK))
    initialize(network, torch.Generator().manual_seed(0))
    device = choose_device()
    training = ConvnetTraining(
        network.to(device).train(), ConvnetOptions(), torch.Generator(), torch.bfloat16
    )
    rng = np.random.default_rng(0)
    for _ in range(3):
        training.step(
            Batch(
                rng.integers(0, 256, (8, 8, 64, 64, 3), dtype=np.uint8),
                np.arange(8),
                rng.random(8, dtype=np.float32) / 5,
                np.ones(8, np.float32),
            )
        )
    return [parameter.detach().clone() for parameter in network.parameters()]


def train_fold():
    make_deterministic(1)
    torch.manual_seed(0)
    device = choose_device()
    options = SequenceOptions(batch_size=4)
    network = SequenceModel(64, 32, 3, 0.5, torch.bfloat16).to(device).train()
    training = Training(network, torch.ones(8, device=device), options)
    examples = Examples(
        torch.rand(200, 64, device=device).half(),
        torch.randint(8, (200,), device=device),
        torch.arange(200, device=device).view(8, 25),
    )
    for batch in training.draw_batches(8):
        training.step(examples, batch)
    return [parameter.detach().clone() for parameter in network.parameters()]


@pytest.mark.parametrize("train", [train_convnet, train_fold])
def test_the_same_seed_gives_the_same_bits(train):
    assert all(map(torch.equal, train(), train()))
