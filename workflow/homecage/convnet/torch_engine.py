"""The sharing engine in PyTorch, for a GPU: overlapping clips computed together, each part once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import torch
import torch.nn.functional as F
from torch import Tensor

from homecage.clips.options import ClipGeometry
from homecage.convnet.engine import Engine
from homecage.convnet.network import POOLING, Convnet, pool
from homecage.convnet.sharing import TAPS, Group, Layer, SharingPlan, plan_sharing

Selection = slice | Tensor
"""Which planes, of those in a tensor (planes, C, H, W)."""


@dataclass(frozen=True)
class _Frames:
    """How conv1 makes a group of planes of frames."""

    kernel: Tensor  # those of all its taps, side by side
    inputs: list[Selection]  # the frames of each tap


@dataclass(frozen=True)
class _Planes:
    """How a layer makes planes of those of the layer before."""

    taps: list[tuple[Tensor, slice]]  # the kernel of each tap, and the planes that it is needed of
    groups: list[list[list[tuple[int, Selection]]]]
    """For each group, at each time: the taps that are added up, and which planes' of each."""


class TorchEngine(Engine):
    """Carries a sharing plan out, one layer's planes after the other's, channels last."""

    def __init__(
        self, convnet: Convnet, geometry: ClipGeometry, batch_size: int, precision: torch.dtype
    ) -> None:
        super().__init__(convnet, geometry, batch_size)
        self._precision = precision
        device = convnet.mean.device
        plan = plan_sharing(batch_size, geometry)
        # The plan's numbers lie on the device from now on: to send them with each batch would mean to
        # wait for the batch before.
        self._clips = torch.tensor(plan.clips, device=device)  # (clips, L / 8)
        kernels = [
            [_lay_out(kernel[:, :, tap], precision) for tap in TAPS]
            for kernel, _ in convnet.list_convolutions()
        ]
        self._frames = [_plan_frames(group, kernels[0], device) for group in plan.layers[0]]
        self._planes = [_plan_planes(plan, i, kernels[i], device) for i in range(1, len(kernels))]
        self._biases = [
            bias.to(precision)[:, None, None] for _, bias in convnet.list_convolutions()
        ]
        self._fc6 = [p.detach().to(precision) for p in convnet.fc6.parameters()]

    def activate_fc6(self, scaled: Tensor) -> Tensor:
        """Compute each layer's planes from those of the layer before."""
        x = scaled.transpose(0, 1).to(self._precision)  # (T, C, S, S), channels last in memory
        parts = []
        for group in self._frames:
            # All taps at once: frames have too few channels to share taps.
            stacked = torch.cat([x[frames] for frames in group.inputs], dim=1)
            convolved = F.conv2d(stacked, group.kernel, padding=1)
            parts.append(combine([[convolved]], POOLING[0], self._biases[0]))
        for number, layer in enumerate(self._planes, start=1):
            planes = torch.cat(parts)
            taps = [F.conv2d(planes[needed], kernel, padding=1) for kernel, needed in layer.taps]
            parts = [
                combine(
                    [[taps[tap][own] for tap, own in at_time] for at_time in group],
                    POOLING[number],
                    self._biases[number],
                )
                for group in layer.groups
            ]
        pooled = torch.cat(parts)[self._clips]  # (clips, L / 8, C, S / 32, S / 32)
        pooled = pooled.transpose(1, 2).flatten(1)  # in the order of the plain network
        return F.relu(F.linear(pooled, *self._fc6).float())


def combine(
    parts: Sequence[Sequence[Tensor]], window: tuple[int, int, int], bias: Tensor
) -> Tensor:
    """Make a group's planes (N, C, H / 2, W / 2) of the taps (N, C, H, W) at each time.

    Everything between two layers' convolutions: one passage over memory for a compiler that fuses.

    Args:
        parts: the taps that are added up, for each time that is pooled over.
        window: that of pooling: time, height, width.
        bias: (C, 1, 1); added, as the ReLU is applied, to what is pooled: the same, and cheaper.
    """
    at_times = [reduce(torch.add, taps) for taps in parts]
    return F.relu(pool(reduce(torch.maximum, at_times), window[1:]) + bias)


def _plan_frames(group: Group, kernels: list[Tensor], device: torch.device) -> _Frames:
    inputs = group.list_inputs(0)
    kernel = torch.cat([kernels[tap] for tap in inputs], dim=1)
    return _Frames(kernel, [_select(own, device) for own in inputs.values()])


def _plan_planes(
    plan: SharingPlan, number: int, kernels: list[Tensor], device: torch.device
) -> _Planes:
    needed = [_find_needed(plan.layers[number - 1], tap) for tap in TAPS]
    groups = [
        [
            [
                (tap, _select([plane - needed[tap].start for plane in inputs], device))
                for tap, inputs in group.list_inputs(time).items()
            ]
            for time in range(POOLING[number][0])
        ]
        for group in plan.layers[number]
    ]
    return _Planes(list(zip(kernels, needed, strict=True)), groups)


def _find_needed(layer: Layer, tap: int) -> slice:
    """Return the planes that a tap is needed of, which follow one another."""
    groups = [group for group in layer if tap in group.taps]
    if not groups:
        return slice(0, 0)
    return slice(groups[0].first, groups[-1].first + len(groups[-1].planes))


def _lay_out(kernel: Tensor, precision: torch.dtype) -> Tensor:
    return kernel.to(precision).contiguous(memory_format=torch.channels_last)


def _select(numbers: Sequence[int], device: torch.device) -> Selection:
    """Select planes by number; those at even steps, as most are, without a copy."""
    step = numbers[1] - numbers[0] if len(numbers) > 1 else 1
    stop = numbers[0] + step * len(numbers)
    if step > 0 and list(numbers) == list(range(numbers[0], stop, step)):
        return slice(numbers[0], stop, step)
    return torch.tensor(numbers, device=device)
