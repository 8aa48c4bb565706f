"""From a stream of frames to the descriptor and the probabilities of every clip.

Letters: T frames, S frame size, C channels of a frame, D descriptor, K behaviors.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from homecage.clips.options import ClipGeometry
from homecage.convnet.network import Convnet
from homecage.running.memory import fetch, reserve_bytes
from homecage.running.precision import autocast
from homecage.running.prefetch import prefetch

CPU = torch.device("cpu")

UNDER_WAY = 2
"""Batches that a GPU still has to compute while the results of one are waited for and used."""


@dataclass(frozen=True)
class Descriptions:
    """What the convnet says of some consecutive clips."""

    fc6: NDArray[np.float32]  # (clips, D) after ReLU, L2-normalized; a zero vector stays zero
    probability: NDArray[np.float32]  # (clips, K)


class Engine(ABC):
    """Describes all clips of a video, given its frames in blocks of any size, from the first on.

    Batches of clips have one size and one place, whatever the blocks are: so the numbers, too, do
    not depend on the blocks.
    """

    def __init__(self, convnet: Convnet, geometry: ClipGeometry, batch_size: int) -> None:
        self._convnet = convnet
        self._geometry = geometry
        self._batch_size = batch_size

    @abstractmethod
    def activate_fc6(self, scaled: Tensor) -> Tensor:
        """Return fc6 after its ReLU, float32 (clips, D), of one batch of clips.

        ``scaled`` (C, T, S, S) is what the convnet sees of the batch's frames, C channels of each:
        T = (batch size - 1) * stride + length.
        """

    @torch.inference_mode()
    def _describe(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        pixels = frames.to(self._convnet.mean.device, non_blocking=True)
        fc6 = self.activate_fc6(self._convnet.scale(pixels[None])[0])
        return F.normalize(fc6, dim=1), F.softmax(self._convnet.score(fc6), dim=1)

    def describe(self, blocks: Iterable[NDArray[np.uint8]]) -> Iterator[Descriptions]:
        """Yield the descriptions of consecutive clips from blocks of frames (t, S, S, 3)."""
        device, n_before = self._convnet.mean.device, self._convnet.shape.network.frames_before
        batches = batch_frames(blocks, self._geometry, self._batch_size, n_before, device)
        under_way: deque[Callable[[], list[NDArray[Any]]]] = deque()
        for frames, n_clips in prefetch(batches):
            under_way.append(fetch([part[:n_clips] for part in self._describe(frames)]))
            if len(under_way) > UNDER_WAY:
                yield Descriptions(*under_way.popleft()())
        for wait in under_way:
            yield Descriptions(*wait())


class PlainEngine(Engine):
    """The network as it stands, applied to each clip by itself: the reference."""

    def __init__(
        self,
        convnet: Convnet,
        geometry: ClipGeometry,
        batch_size: int,
        precision: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(convnet, geometry, batch_size)
        self._precision = precision

    def activate_fc6(self, scaled: Tensor) -> Tensor:
        """Cut the frames into clips and run each through the network."""
        geometry = self._geometry
        windows = scaled.unfold(1, geometry.length, geometry.stride)  # (C, clips, S, S, L)
        clips = windows.permute(1, 0, 4, 2, 3).contiguous(memory_format=torch.channels_last_3d)
        with autocast(self._precision, scaled.device):
            return self._convnet.activate_fc6(clips).float()


class FrameEngine(PlainEngine):
    """A 2-D convnet, applied to each frame by itself: a clip's fc6 is the mean of its frames'."""

    def activate_fc6(self, scaled: Tensor) -> Tensor:
        """Run each frame through the network once, and take the mean over each clip's."""
        frames = scaled.transpose(0, 1)[:, :, None]  # (T, C, 1, S, S)
        with autocast(self._precision, scaled.device):
            fc6 = self._convnet.activate_fc6(frames).float()
        return fc6.unfold(0, self._geometry.length, self._geometry.stride).mean(dim=-1)


def batch_frames(
    blocks: Iterable[NDArray[np.uint8]],
    geometry: ClipGeometry,
    batch_size: int,
    n_before: int = 0,
    device: torch.device = CPU,
) -> Iterator[tuple[Tensor, int]]:
    """Cut a stream into the frames of each batch of clips, with the number of clips in it.

    The frames of a batch, which lie where ``device`` is sent them from, begin ``n_before`` before its
    first clip. There the stream's first frame is repeated, as its last one is to fill the last batch.
    """
    length = n_before + geometry.length
    span = (batch_size - 1) * geometry.stride + length
    n_shared = length - geometry.stride  # frames that two batches share, at their border
    batch, n_filled = None, n_before
    for block in blocks:
        while len(block):
            if batch is None:
                batch = reserve_bytes((span, *block.shape[1:]), device)
                batch.numpy()[:n_before] = block[0]
            part, block = np.split(block, [span - n_filled])
            batch.numpy()[n_filled : n_filled + len(part)] = part
            n_filled += len(part)
            if n_filled == span:
                yield batch, batch_size
                full, batch = batch, reserve_bytes(batch.shape, device)
                batch.numpy()[:n_shared] = full.numpy()[span - n_shared :]
                n_filled = n_shared
    if batch is not None and n_filled >= length:
        batch.numpy()[n_filled:] = batch.numpy()[n_filled - 1]
        yield batch, (n_filled - length) // geometry.stride + 1
