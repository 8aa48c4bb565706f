"""The 3-D convnet of Le & Murari: five convolutions, a descriptor layer fc6, fc7 and a softmax.

Of one frame in place of a clip it is a 2-D convnet, a baseline.

Letters: B batch, L frames of a clip, S frame size in pixels, C input channels, D descriptor, K behaviors.
Frames come with as many before them as the network's input is compared with (``frames_before``).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from homecage.convnet.options import NetworkOptions
from homecage.storage.expect import expect
from homecage.storage.weights import load_weights, save_weights

POOLING: tuple[tuple[int, int, int], ...] = (
    (1, 2, 2),
    (2, 2, 2),
    (2, 2, 2),
    (2, 2, 2),
    (1, 2, 2),
)
"""Pooling windows (time, height, width) after conv1 to conv5. Source: paper."""

INPUT_CHANNELS = {"rgb": 3, "gray+difference": 2}

DIFFERENCE_GAIN = 4.0
"""Brings the differences of frames to the order of the grays. Source: our choice."""


@dataclass(frozen=True)
class Shape:
    """Everything that fixes the network's layers; kept with its weights."""

    clip_length: int
    """L; 1: a frame by itself."""
    size_px: int
    behaviors: tuple[str, ...]
    network: NetworkOptions

    @property
    def kernel(self) -> tuple[int, int, int]:
        """Of each convolution: time, height, width. A single frame has no time to convolve over."""
        return (1 if self.clip_length == 1 else 3, 3, 3)

    @property
    def pooling(self) -> tuple[tuple[int, int, int], ...]:
        """Pooling windows after conv1 to conv5."""
        return tuple((min(t, self.clip_length), h, w) for t, h, w in POOLING)


class Convolution(NamedTuple):
    """The trained parameters of one convolution."""

    kernel: Tensor  # (out, in, 3 or 1, 3, 3): time, height, width
    bias: Tensor  # (out,)


class Convnet(nn.Module):
    """Scores a clip and describes it.

    At the paper's size (8 frames of 128x128, K = 8) it has 17,254,408 parameters.
    """

    mean: Tensor  # (3,) channel mean of the training clips, in pixel values

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        options = shape.network
        widths = (INPUT_CHANNELS[options.input], *options.channels)
        self.convolutions = nn.ModuleList(
            nn.Conv3d(widths[i], widths[i + 1], shape.kernel, padding=(shape.kernel[0] // 2, 1, 1))
            for i in range(5)
        )
        depth = shape.clip_length // math.prod(time for time, *_ in shape.pooling)
        n_pooled = options.channels[-1] * depth * (shape.size_px // 32) ** 2
        self.fc6 = nn.Linear(n_pooled, options.descriptor)
        self.fc7 = nn.Linear(options.descriptor, options.descriptor)
        self.fc8 = nn.Linear(options.descriptor, len(shape.behaviors))
        self.register_buffer("mean", torch.zeros(3))
        # The layout in memory that clips come in; convolutions are faster in it.
        nn.utils.convert_conv3d_weight_memory_format(self, torch.channels_last_3d)

    def list_convolutions(self) -> list[Convolution]:
        """Return conv1 to conv5, for engines that compute them otherwise."""
        return [Convolution(*(p.detach() for p in c.parameters())) for c in self.convolutions]

    def scale(self, clips: Tensor) -> Tensor:
        """Return what the network sees of pixels: (B, before + L, S, S, 3) -> (B, C, L, S, S).

        The difference of a frame from the one before it belongs to the frame, whichever clip it is
        in: so clips that overlap share it.
        """
        scaled = (clips.to(self.mean.dtype) - self.mean) / self.shape.network.pixel_scale
        if self.shape.network.input == "gray+difference":
            gray = scaled.mean(dim=-1)
            difference = DIFFERENCE_GAIN * gray.diff(dim=1)
            scaled = torch.stack([gray[:, 1:], difference], dim=-1)
        return scaled.permute(0, 4, 1, 2, 3)

    def activate_fc6(self, scaled: Tensor) -> Tensor:
        """Return fc6 after its ReLU, (B, D), from scaled clips (B, C, L, S, S)."""
        x = scaled
        for convolution, window in zip(self.convolutions, self.shape.pooling, strict=True):
            # Pooled first: the same numbers, and the ReLU has four to eight times less to do.
            x = F.relu(pool(convolve(convolution, x), window))  # (B, C, L', S/2, S/2)
        return F.relu(self.fc6(x.flatten(1)))

    def score(self, fc6: Tensor) -> Tensor:
        """Return the behaviors' logits, (B, K), from fc6 (B, D)."""
        rate = self.shape.network.dropout
        x = F.dropout(fc6, rate, self.training)
        x = F.dropout(F.relu(self.fc7(x)), rate, self.training)
        logits: Tensor = self.fc8(x)
        return logits

    def forward(self, clips: Tensor) -> Tensor:
        """Return logits (B, K) from the pixels of clips (B, before + L, S, S, 3)."""
        return self.score(self.activate_fc6(self.scale(clips)))


def convolve(convolution: nn.Module, x: Tensor) -> Tensor:
    """Convolve (B, C, T, H, W), padded with zeros, in space and time: (B, C', T, H, W).

    Of two times, the zeros before and after are laid by hand: padding them itself, oneDNN (3.12, in
    bfloat16 on AVX-512 without AMX) reads memory that nobody wrote for the gradient of the kernel.
    """
    if x.shape[2] != 2:
        return convolution(x)  # type: ignore[no-any-return]
    kernel, bias = convolution.parameters()
    padded = F.pad(x.permute(0, 2, 3, 4, 1), (0, 0, 0, 0, 0, 0, 1, 1))  # channels stay last
    return F.conv3d(padded.permute(0, 4, 1, 2, 3), kernel, bias, padding=(0, 1, 1))


def pool(x: Tensor, window: tuple[int, ...]) -> Tensor:
    """Max pooling over windows that do not overlap: (B, C, T, H, W) -> (B, C, T/t, H/h, W/w).

    Or of planes, (B, C, H, W). On CUDA it is the maximum over a view that folds each window into
    dimensions of its own: there the backward pass of ``max_pool3d`` is not deterministic, and
    ``max_pool2d`` writes down the place of each maximum. Channels are last in memory before and after.
    """
    if not x.is_cuda:
        return F.max_pool3d(x, window) if len(window) == 3 else F.max_pool2d(x, window)
    x = x.movedim(1, -1)
    for dimension in range(len(window), 0, -1):  # the last first: those before keep their numbers
        x = x.unflatten(dimension, (-1, window[dimension - 1]))
    return x.amax([2 * dimension for dimension in range(1, len(window) + 1)]).movedim(-1, 1)


def initialize(network: Convnet, generator: torch.Generator) -> None:
    """Set random initial weights.

    He: Gaussian of width sqrt(2 / fan in), biases 0. The C3D UCF101 training example: Gaussian of
    width 0.01 in convolutions and fc8, 0.005 in fc6 and fc7; biases 0 in conv1 and fc8, 1 elsewhere.
    """
    layers = [*network.convolutions, network.fc6, network.fc7, network.fc8]
    for layer in layers:
        if network.shape.network.initialization == "he":
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
            nn.init.zeros_(layer.bias)
        else:
            width = 0.005 if layer in (network.fc6, network.fc7) else 0.01
            nn.init.normal_(layer.weight, std=width, generator=generator)
            bias = 0.0 if layer in (network.convolutions[0], network.fc8) else 1.0
            nn.init.constant_(layer.bias, bias)


def save_convnet(path: Path, network: Convnet, metadata: Mapping[str, Any]) -> None:
    """Publish a convnet's weights with its shape and what trained it."""
    shape = network.shape
    made = {
        "kind": "convnet",
        "clip_length": shape.clip_length,
        "size_px": shape.size_px,
        "behaviors": shape.behaviors,
        "network": shape.network.model_dump(),
    }
    save_weights(path, network.state_dict(), {**made, **metadata})


def load_convnet(path: Path, length: int, behaviors: Sequence[str]) -> Convnet:
    """Rebuild a convnet of clips of so many frames from its file, in evaluation mode.

    Raises:
        StoreError: the file is damaged, holds something else, or a convnet of other clips or behaviors.
    """
    tensors, made = load_weights(path)
    expect(path, made, kind="convnet", clip_length=length, behaviors=behaviors)
    options = NetworkOptions(**made["network"])
    network = Convnet(Shape(length, made["size_px"], tuple(behaviors), options))
    network.load_state_dict(tensors)
    return network.eval()
