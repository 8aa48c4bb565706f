from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from homecage.convnet.network import (
    POOLING,
    Convnet,
    Shape,
    convolve,
    initialize,
    load_convnet,
    pool,
    save_convnet,
)
from homecage.convnet.options import NetworkOptions
from homecage.errors import StoreError
from homecage.running.memory import keep_freed_memory
from homecage.storage.weights import save_weights

PAPER = Shape(8, 128, behaviors=tuple("abcdefgh"), network=NetworkOptions())
SMALL = Shape(
    clip_length=8,
    size_px=32,
    behaviors=("rear", "rest", "walk"),
    network=NetworkOptions(channels=(3, 4, 5, 6, 7), descriptor=9, pixel_scale=1),
)


def spoil_memory():
    """Leave NaN in the memory that is handed out next."""
    for size in [2**i for i in range(8, 23)]:
        [torch.full((size,), torch.nan) for _ in range(4)]


@pytest.mark.parametrize("times", [1, 2, 4])
def test_gradients_in_bfloat16_are_those_of_float32(times):
    keep_freed_memory()
    torch.manual_seed(0)
    layer = torch.nn.Conv3d(16, 32, 3, padding=1)
    x = torch.randn(4, 16, times, 8, 8).contiguous(memory_format=torch.channels_last_3d)
    expected = torch.autograd.grad(layer(x).square().sum(), [*layer.parameters()])
    for _ in range(5):
        with torch.autocast("cpu", torch.bfloat16):
            loss = convolve(layer, x).float().square().sum()
        spoil_memory()
        found = torch.autograd.grad(loss, [*layer.parameters()])
        for own, other in zip(found, expected, strict=True):
            assert (own - other).norm() < 0.02 * other.norm()


@pytest.fixture
def small():
    network = Convnet(SMALL)
    initialize(network, torch.Generator().manual_seed(1))
    network.mean.copy_(torch.tensor([90.0, 100.0, 110.0]))
    return network.eval()


def test_the_papers_network_has_this_many_parameters():
    with torch.device("meta"):
        network = Convnet(PAPER)
    # conv1-5, fc6, fc7, fc8, each weights + biases, by hand.
    layers = [
        64 * 3 * 27 + 64,
        128 * 64 * 27 + 128,
        256 * 128 * 27 + 256,
        256 * 256 * 27 + 256,
        256 * 256 * 27 + 256,
        (256 * 1 * 4 * 4) * 2048 + 2048,
        2048 * 2048 + 2048,
        2048 * 8 + 8,
    ]
    assert sum(p.numel() for p in network.parameters()) == sum(layers) == 17_254_408


def test_the_papers_layers_have_these_shapes():
    network = Convnet(PAPER)
    shapes = []
    x = torch.zeros(1, 3, 8, 128, 128)
    for convolution, window in zip(network.convolutions, POOLING, strict=True):
        x = convolution(x)
        shapes.append(tuple(x.shape[1:]))
        x = pool(x, window)
        shapes.append(tuple(x.shape[1:]))
    assert shapes == [
        (64, 8, 128, 128),
        (64, 8, 64, 64),
        (128, 8, 64, 64),
        (128, 4, 32, 32),
        (256, 4, 32, 32),
        (256, 2, 16, 16),
        (256, 2, 16, 16),
        (256, 1, 8, 8),
        (256, 1, 8, 8),
        (256, 1, 4, 4),
    ]
    assert network.fc6.weight.shape == (2048, 4096)
    assert network.fc7.weight.shape == (2048, 2048)
    assert network.fc8.weight.shape == (8, 2048)


def test_forward_equals_a_plain_composition(small):
    clips = torch.randint(0, 256, (4, 8, 32, 32, 3), dtype=torch.uint8)
    w = small.state_dict()
    x = (clips.float() - torch.tensor([90.0, 100.0, 110.0])).permute(0, 4, 1, 2, 3)
    for i in range(5):
        x = F.conv3d(x, w[f"convolutions.{i}.weight"], w[f"convolutions.{i}.bias"], padding=1)
        x = F.relu(x)
        depth = 1 if i in (0, 4) else 2
        x = F.max_pool3d(x, kernel_size=(depth, 2, 2), stride=(depth, 2, 2))
    x = F.relu(F.linear(x.reshape(4, -1), w["fc6.weight"], w["fc6.bias"]))
    fc6 = x
    x = F.relu(F.linear(x, w["fc7.weight"], w["fc7.bias"]))
    x = F.linear(x, w["fc8.weight"], w["fc8.bias"])
    torch.testing.assert_close(small(clips), x)
    torch.testing.assert_close(small.activate_fc6(small.scale(clips)), fc6)
    assert (fc6 > 0).any()


def test_of_single_frames_it_is_a_2d_convnet(tmp_path):
    network = Convnet(replace(SMALL, clip_length=1))
    initialize(network, torch.Generator().manual_seed(1))
    path = tmp_path / "model.safetensors"
    save_convnet(path, network, {})
    network = load_convnet(path, 1, SMALL.behaviors)
    frames = torch.randint(0, 256, (4, 1, 32, 32, 3), dtype=torch.uint8)
    w = network.state_dict()
    x = frames[:, 0].float().permute(0, 3, 1, 2)
    for i in range(5):
        kernel = w[f"convolutions.{i}.weight"][:, :, 0]
        x = F.max_pool2d(F.relu(F.conv2d(x, kernel, w[f"convolutions.{i}.bias"], padding=1)), 2)
    x = F.relu(F.linear(x.flatten(1), w["fc6.weight"], w["fc6.bias"]))
    torch.testing.assert_close(network.activate_fc6(network.scale(frames)), x)
    assert (x > 0).any()
    with pytest.raises(StoreError, match="its clip_length is 1, expected 8"):
        load_convnet(path, 8, SMALL.behaviors)


class OnCuda(torch.Tensor):
    """Takes the path of CUDA tensors."""

    is_cuda = True


@pytest.mark.parametrize("window", sorted({*POOLING, *(window[1:] for window in POOLING)}))
def test_pooling_for_a_gpu_is_pooling(window):
    layout = torch.channels_last_3d if len(window) == 3 else torch.channels_last
    x = torch.randn(2, 3, *(4, 6, 8)[-len(window) :]).contiguous(memory_format=layout)
    x.requires_grad_()
    pooled = [pool(x, window), pool(x.as_subclass(OnCuda), window).as_subclass(torch.Tensor)]
    assert torch.equal(*pooled)
    assert pooled[1].is_contiguous(memory_format=layout)
    weights = torch.randn(pooled[0].shape)
    gradients = [torch.autograd.grad((weights * part).sum(), x)[0] for part in pooled]
    assert torch.equal(*gradients)


def test_on_a_gpu_equal_values_share_the_gradient_evenly():
    x = torch.zeros(1, 1, 2, 2, 2, requires_grad=True)
    pool(x.as_subclass(OnCuda), (2, 2, 2)).sum().backward()
    assert (x.grad == 1 / 8).all()


def test_pixel_scale_divides_what_the_network_sees():
    clips = torch.randint(0, 256, (1, 8, 32, 32, 3), dtype=torch.uint8)
    scaled = Convnet(
        Shape(
            8,
            32,
            ("rest", "walk"),
            NetworkOptions(channels=(1, 1, 1, 1, 1), descriptor=1, pixel_scale=50),
        )
    ).scale(clips)
    torch.testing.assert_close(scaled * 50, clips.permute(0, 4, 1, 2, 3).float())


def test_gray_and_four_times_its_difference_from_the_frame_before():
    network = make_gray()
    network.mean.copy_(torch.tensor([90.0, 100.0, 110.0]))
    clips = torch.randint(0, 256, (2, 9, 32, 32, 3), dtype=torch.uint8)
    gray = clips.double().mean(dim=-1)
    scaled = network.scale(clips)
    assert scaled.shape == (2, 2, 8, 32, 32)
    assert network.convolutions[0].weight.shape[1] == 2
    expected = torch.stack([gray[:, 1:] - 100, 4 * (gray[:, 1:] - gray[:, :-1])], dim=1) / 64
    torch.testing.assert_close(scaled, expected.float(), rtol=1e-5, atol=1e-5)


def make_gray():
    options = SMALL.network.model_copy(update={"input": "gray+difference", "pixel_scale": 64})
    return Convnet(replace(SMALL, network=options))


def test_the_input_is_kept_with_the_weights(tmp_path):
    network = make_gray()
    initialize(network, torch.Generator().manual_seed(0))
    path = tmp_path / "model.safetensors"
    save_convnet(path, network, {})
    loaded = load_convnet(path, 8, SMALL.behaviors)
    assert loaded.shape == network.shape and loaded.shape.network.frames_before == 1
    clips = torch.randint(0, 256, (2, 9, 32, 32, 3), dtype=torch.uint8)
    torch.testing.assert_close(loaded(clips), network.eval()(clips), rtol=0, atol=0)


def test_c3d_initialization_follows_the_c3d_example():
    network = Convnet(
        Shape(
            8,
            32,
            ("rest", "walk"),
            NetworkOptions(channels=(16, 16, 16, 16, 16), descriptor=128, initialization="c3d"),
        )
    )
    initialize(network, torch.Generator().manual_seed(0))
    for i, layer in enumerate(network.convolutions):
        assert layer.weight.std().item() == pytest.approx(0.01, rel=0.1)
        assert (layer.bias == (0 if i == 0 else 1)).all()
    for layer, width, bias in (
        (network.fc6, 0.005, 1),
        (network.fc7, 0.005, 1),
        (network.fc8, 0.01, 0),
    ):
        assert layer.weight.std().item() == pytest.approx(width, rel=0.1)
        assert (layer.bias == bias).all()


def test_he_initialization_keeps_the_scale():
    network = Convnet(SMALL)
    initialize(network, torch.Generator().manual_seed(0))
    fan_in = 4 * 27
    assert network.convolutions[2].weight.std().item() == pytest.approx(
        (2 / fan_in) ** 0.5, rel=0.1
    )
    assert all((layer.bias == 0).all() for layer in [*network.convolutions, network.fc6])


def test_dropout_only_while_training(small):
    clips = torch.randint(0, 256, (2, 8, 32, 32, 3), dtype=torch.uint8)
    torch.testing.assert_close(small(clips), small(clips), rtol=0, atol=0)
    small.train()
    assert not torch.equal(small(clips), small(clips))


@pytest.mark.parametrize("n_behaviors", [2, 5, 8])
def test_there_is_a_logit_for_each_behavior(n_behaviors):
    behaviors = tuple(f"behavior {i}" for i in range(n_behaviors))
    network = Convnet(replace(SMALL, behaviors=behaviors)).eval()
    assert network(torch.zeros(3, 8, 32, 32, 3, dtype=torch.uint8)).shape == (3, n_behaviors)


def test_weights_survive_the_file_bit_for_bit(small, tmp_path):
    first, second = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    save_convnet(first, small, {"trained_on": ["x"]})
    loaded = load_convnet(first, 8, SMALL.behaviors)
    save_convnet(second, loaded, {"trained_on": ["x"]})
    assert first.read_bytes() == second.read_bytes()
    assert not loaded.training and loaded.shape == SMALL
    for name, tensor in small.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)


def test_a_convnet_of_other_behaviors_or_clips_is_refused(small, tmp_path):
    path = tmp_path / "model.safetensors"
    save_convnet(path, small, {})
    for behaviors in (["rest", "rear", "walk"], ["rear", "rest"]):
        with pytest.raises(StoreError, match=r"its behaviors is \["):
            load_convnet(path, 8, behaviors)
    with pytest.raises(StoreError, match="its clip_length is 8, expected 16"):
        load_convnet(path, 16, SMALL.behaviors)


def test_a_file_that_holds_no_convnet_is_refused(tmp_path):
    path = tmp_path / "model.safetensors"

    def refuses(problem):
        with pytest.raises(StoreError, match=problem):
            load_convnet(path, 8, SMALL.behaviors)

    refuses("cannot be read as weights")
    path.write_bytes(b"\x80\x04not weights")
    refuses("cannot be read as weights")
    save_file({"x": torch.zeros(1)}, path)
    refuses("no homecage metadata")
    save_weights(path, {"x": torch.zeros(1)}, {"kind": "lstm"})
    refuses('its kind is "lstm", expected "convnet"')
