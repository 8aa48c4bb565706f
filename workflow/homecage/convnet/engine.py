"""From a stream of frames to the descriptor and the probabilities of every clip.

Letters: T frames, C clips, S frame size, D descriptor, K behaviors.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from homecage.clips.options import ClipOptions
from homecage.convnet.network import Convnet


@dataclass(frozen=True)
class Descriptions:
    """What the convnet says of some consecutive clips."""

    fc6: NDArray[np.float32]  # (C, D) after ReLU, L2-normalized; a zero vector stays zero
    probability: NDArray[np.float32]  # (C, K)


class Engine(Protocol):
    """Describes all clips of a video, given its frames in blocks of any size, in order."""

    def describe(self, blocks: Iterable[NDArray[np.uint8]]) -> Iterator[Descriptions]:
        """Yield the descriptions of consecutive clips from blocks of frames (t, S, S, 3)."""
        ...


class PlainEngine:
    """The network as it stands, applied to each clip by itself: the reference."""

    def __init__(self, convnet: Convnet, geometry: ClipOptions, batch_size: int) -> None:
        self._convnet = convnet
        self._geometry = geometry
        self._batch_size = batch_size

    def describe(self, blocks: Iterable[NDArray[np.uint8]]) -> Iterator[Descriptions]:
        """Yield the descriptions of consecutive clips, in batches that blocks do not shift."""
        for clips in batch_clips(blocks, self._geometry, self._batch_size):
            yield describe_clips(self._convnet, torch.from_numpy(clips))


def batch_clips(
    blocks: Iterable[NDArray[np.uint8]], geometry: ClipOptions, batch_size: int
) -> Iterator[NDArray[np.uint8]]:
    """Cut a stream of frames into batches of overlapping clips, (B, L, S, S, 3)."""
    length, stride = geometry.length, geometry.stride
    span = (batch_size - 1) * stride + length
    held: NDArray[np.uint8] | None = None
    for block in blocks:
        held = block if held is None else np.concatenate([held, block])
        while len(held) >= span:
            yield _clips_in(held[:span], length, stride)
            held = held[batch_size * stride :]
    if held is not None and len(held) >= length:
        yield _clips_in(held, length, stride)


def _clips_in(frames: NDArray[np.uint8], length: int, stride: int) -> NDArray[np.uint8]:
    windows = np.lib.stride_tricks.sliding_window_view(frames, length, axis=0)[::stride]
    return np.moveaxis(windows, -1, 1).copy()


@torch.inference_mode()
def describe_clips(convnet: Convnet, clips: Tensor) -> Descriptions:
    """Describe clips (B, L, S, S, 3) uint8 with a convnet in evaluation mode."""
    fc6 = convnet.activate_fc6(convnet.scale(clips.to(convnet.mean.device)))
    probability = F.softmax(convnet.score(fc6), dim=1)
    return Descriptions(F.normalize(fc6, dim=1).cpu().numpy(), probability.cpu().numpy())
