"""Which engine computes the descriptors."""

import torch

from homecage.clips.options import ClipOptions
from homecage.convnet.engine import Engine, PlainEngine
from homecage.convnet.network import Convnet
from homecage.convnet.openvino_engine import OpenVinoEngine
from homecage.convnet.torch_engine import SharedEngine
from homecage.features.options import FeatureOptions


def choose_engine(
    convnet: Convnet,
    geometry: ClipOptions,
    options: FeatureOptions,
    precision: torch.dtype,
    threads: int,
) -> tuple[str, Engine]:
    """Make the engine that the options name, or the one that suits the device the convnet is on."""
    on_cpu = convnet.mean.device.type == "cpu"
    name = options.engine
    if name == "auto":
        overlapping = geometry.stride < geometry.length
        name = ("openvino" if on_cpu else "shared") if overlapping else "plain"
    if name == "plain":
        return name, PlainEngine(convnet, geometry, options.batch_size, precision)
    if name == "shared":
        return name, SharedEngine(convnet, geometry, options.batch_size, precision)
    return name, OpenVinoEngine(convnet.cpu(), geometry, options.batch_size, precision, threads)
