"""The sharing engine on OpenVINO, for a CPU: the same plan as one compiled graph."""

from functools import reduce

import numpy as np
import openvino as ov
import torch
from openvino import opset13 as ops
from torch import Tensor

from homecage.clips.options import ClipGeometry
from homecage.convnet.engine import Engine
from homecage.convnet.network import POOLING, Convnet, Convolution
from homecage.convnet.sharing import TAPS, Group, Layer, SharingPlan, plan_sharing
from homecage.running.inference import compile_graph


class OpenVinoEngine(Engine):
    """Carries a sharing plan out in a graph that OpenVINO optimizes for the processor it is on."""

    def __init__(
        self,
        convnet: Convnet,
        geometry: ClipGeometry,
        batch_size: int,
        precision: torch.dtype,
        threads: int,
    ) -> None:
        super().__init__(convnet, geometry, batch_size)
        model = build_graph(convnet, plan_sharing(batch_size, geometry))
        self._request = compile_graph(model, precision, threads)

    def activate_fc6(self, scaled: Tensor) -> Tensor:
        """Run the graph once."""
        planes = scaled.transpose(0, 1).contiguous().numpy()  # (T, C, S, S)
        (fc6,) = self._request.infer([planes]).values()
        return torch.from_numpy(fc6.copy())


def build_graph(convnet: Convnet, plan: SharingPlan) -> ov.Model:
    """Build the graph from scaled frames (T, C, S, S) to fc6 after its ReLU, (clips, D)."""
    size_px = convnet.shape.size_px
    convolutions = convnet.list_convolutions()
    n_channels = convolutions[0].kernel.shape[1]
    frames = ops.parameter([plan.n_frames, n_channels, size_px, size_px], np.float32)
    planes = _split(frames.output(0))
    first, *others = plan.layers
    groups = [_convolve_frames(planes, group, convolutions[0]) for group in first]
    for number, layer in enumerate(others, start=1):
        taps = _convolve(groups, plan.layers[number - 1], convolutions[number])
        groups = [_combine(taps, group, convolutions[number], number) for group in layer]
    planes = [plane for group in groups for plane in _split(group)]
    clips = [_join([_unfold(planes[number]) for number in clip], axis=2) for clip in plan.clips]
    pooled = ops.reshape(_join(clips, axis=0), ops.constant([len(clips), -1]), special_zero=False)
    linear = ops.matmul(pooled, _constant(convnet.fc6.weight), False, True)
    fc6 = ops.relu(ops.add(linear, _constant(convnet.fc6.bias)))
    return ov.Model([fc6], [frames], "clips")


def _convolve_frames(frames: list[ov.Output], group: Group, convolution: Convolution) -> ov.Output:
    """Convolve the frames of all taps at once: they have too few channels to share taps."""
    inputs = group.list_inputs(0)
    stacked = [_join([frames[number] for number in own], axis=0) for own in inputs.values()]
    kernel = torch.cat([convolution.kernel[:, :, tap] for tap in inputs], dim=1)
    return _finish(_convolve_plane(_join(stacked, axis=1), kernel), convolution, number=0)


def _convolve(
    groups: list[ov.Output], layer: Layer, convolution: Convolution
) -> list[dict[int, ov.Output]]:
    """Return each tap of the planes that need it, one (1, C, S, S) a plane, by their numbers."""
    taps: list[dict[int, ov.Output]] = [{} for _ in TAPS]
    for planes, group in zip(groups, layer, strict=True):
        for tap in group.taps:
            convolved = _convolve_plane(planes, convolution.kernel[:, :, tap])
            taps[tap] |= dict(enumerate(_split(convolved), start=group.first))
    return taps


def _combine(
    taps: list[dict[int, ov.Output]], group: Group, convolution: Convolution, number: int
) -> ov.Output:
    """Add up the taps of each plane at each time, and pool; planes on their own, to copy nothing."""
    at_times = []
    for time in range(POOLING[number][0]):
        by_tap = [
            [taps[tap][plane] for plane in inputs]
            for tap, inputs in group.list_inputs(time).items()
        ]
        at_times.append([reduce(ops.add, parts) for parts in zip(*by_tap, strict=True)])
    planes = [reduce(ops.maximum, times) for times in zip(*at_times, strict=True)]
    return _finish(_join(planes, axis=0), convolution, number)


def _finish(convolved: ov.Output, convolution: Convolution, number: int) -> ov.Output:
    """Pool in space, then bias and ReLU: in this order the same, and cheaper."""
    window = list(POOLING[number][1:])
    pooled = ops.max_pool(convolved, window, [1, 1], [0, 0], [0, 0], window).output(0)
    return ops.relu(ops.add(pooled, _constant(convolution.bias[None, :, None, None]))).output(0)


def _convolve_plane(planes: ov.Output, kernel: Tensor) -> ov.Output:
    return ops.convolution(planes, _constant(kernel), [1, 1], [1, 1], [1, 1], [1, 1]).output(0)


def _split(planes: ov.Output) -> list[ov.Output]:
    """Split (N, C, S, S) into N planes (1, C, S, S)."""
    n_planes = planes.get_partial_shape()[0].get_length()
    return list(ops.split(planes, ops.constant(0), n_planes).outputs())


def _join(parts: list[ov.Output], axis: int) -> ov.Output:
    return ops.concat(parts, axis).output(0) if len(parts) > 1 else parts[0]


def _unfold(plane: ov.Output) -> ov.Output:
    """(1, C, S, S) -> (1, C, 1, S * S): time between channels and pixels, as in the convnet."""
    _, channels, height, width = plane.get_shape()
    shape = ops.constant([1, channels, 1, height * width])
    return ops.reshape(plane, shape, special_zero=False).output(0)


def _constant(tensor: Tensor) -> ov.Node:
    return ops.constant(np.ascontiguousarray(tensor.detach().numpy()))
