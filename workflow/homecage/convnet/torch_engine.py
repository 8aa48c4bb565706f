"""The sharing engine in PyTorch, for a GPU: overlapping clips computed together, each part once."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from homecage.clips.options import ClipGeometry
from homecage.convnet.engine import Engine
from homecage.convnet.network import POOLING, Convnet
from homecage.convnet.sharing import TAPS, Group, Layer, plan_sharing


class TorchEngine(Engine):
    """Carries a sharing plan out, one layer's planes after the other's, channels last."""

    def __init__(
        self, convnet: Convnet, geometry: ClipGeometry, batch_size: int, precision: torch.dtype
    ) -> None:
        super().__init__(convnet, geometry, batch_size)
        self._precision = precision
        self._plan = plan_sharing(batch_size, geometry)
        device = convnet.mean.device
        self._clips = torch.tensor(self._plan.clips, device=device)  # (C, L / 8)
        self._kernels = [
            [_lay_out(kernel[:, :, tap], precision) for tap in TAPS]
            for kernel, _ in convnet.list_convolutions()
        ]
        self._biases = [
            bias.to(precision)[:, None, None] for _, bias in convnet.list_convolutions()
        ]
        self._fc6 = [p.detach().to(precision) for p in convnet.fc6.parameters()]

    def activate_fc6(self, scaled: Tensor) -> Tensor:
        """Compute each layer's planes from those of the layer before."""
        x = scaled.transpose(0, 1).to(self._precision)  # (T, C, S, S), channels last in memory
        first, *others = self._plan.layers
        planes = torch.cat([self._convolve_frames(x, group) for group in first])
        for number, layer in enumerate(others, start=1):
            taps = self._convolve(planes, self._plan.layers[number - 1], number)
            planes = torch.cat([self._combine(taps, group, number) for group in layer])
        pooled = planes[self._clips].transpose(1, 2).flatten(1)  # in the order of the plain network
        return F.relu(F.linear(pooled, *self._fc6).float())

    def _convolve_frames(self, frames: Tensor, group: Group) -> Tensor:
        """Convolve the frames of all taps at once: they have too few channels to share taps."""
        inputs = group.list_inputs(0)
        stacked = torch.cat([_take(frames, own) for own in inputs.values()], dim=1)
        kernel = torch.cat([self._kernels[0][tap] for tap in inputs], dim=1)
        return self._finish(F.conv2d(stacked, kernel, padding=1), number=0)

    def _convolve(self, planes: Tensor, layer: Layer, number: int) -> list[tuple[Tensor, int]]:
        """Return each tap of the planes that need it, and the number of the first such plane."""
        taps = []
        for tap in TAPS:
            needing = [group for group in layer if tap in group.taps]
            start = needing[0].first if needing else 0
            stop = needing[-1].first + len(needing[-1].planes) if needing else 0
            kernel = self._kernels[number][tap]
            taps.append((F.conv2d(planes[start:stop], kernel, padding=1), start))
        return taps

    def _combine(self, taps: list[tuple[Tensor, int]], group: Group, number: int) -> Tensor:
        """Add up the taps at each time, and pool."""
        at_times = []
        for time in range(POOLING[number][0]):
            parts = [
                _take(taps[tap][0], [plane - taps[tap][1] for plane in inputs])
                for tap, inputs in group.list_inputs(time).items()
            ]
            at_times.append(sum(parts[1:], start=parts[0]))
        pooled = at_times[0] if len(at_times) == 1 else torch.maximum(*at_times)
        return self._finish(pooled, number)

    def _finish(self, convolved: Tensor, number: int) -> Tensor:
        """Pool in space, then bias and ReLU: in this order the same, and cheaper."""
        return F.relu(F.max_pool2d(convolved, POOLING[number][1:]) + self._biases[number])


def _lay_out(kernel: Tensor, precision: torch.dtype) -> Tensor:
    return kernel.to(precision).contiguous(memory_format=torch.channels_last)


def _take(planes: Tensor, numbers: Sequence[int]) -> Tensor:
    """Select planes by number; those at even steps, as most are, without a copy."""
    step = numbers[1] - numbers[0] if len(numbers) > 1 else 1
    stop = numbers[0] + step * len(numbers)
    if step > 0 and list(numbers) == list(range(numbers[0], stop, step)):
        return planes[numbers[0] : stop : step]
    return planes[torch.tensor(numbers, device=planes.device)]
