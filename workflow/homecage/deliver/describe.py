"""What a bundle's model looks at, clip by clip, as a video's frames come in.

A convnet's descriptors go on as they are computed. ``motion`` is relative to the whole video, so what it
needs of each frame (4 kB of gray, before compression), and the descriptors beside it, wait in a store on disk
until the last frame has come.

Letters: T frames, S frame size, C clips, D descriptor, G grid size of motion, K behaviors.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from homecage.clips.options import ClipGeometry
from homecage.convnet.engine import Descriptions, Engine
from homecage.convnet.network import Convnet
from homecage.features.fc6 import choose_engine
from homecage.features.motion import GRID, measure_clips, relate_to_video, to_gray
from homecage.features.options import Fc6Options
from homecage.running.precision import choose_precision
from homecage.sequence.sequences import show_probability
from homecage.storage.stores import ArraySpec, Store, open_store, write_store

Blocks = Iterable[NDArray[np.uint8]]
"""Frames of a video, (t, S, S, 3) each."""

_CHUNK, _SHARD = 256, 2**16
_AT_ONCE = 4096  # Clips read from the store.


def make_engine(convnet: Convnet, geometry: ClipGeometry, threads: int) -> Engine:
    """Make the engine that suits the device that the convnet is on; it serves one video after another."""
    options = Fc6Options()
    precision = choose_precision(options.precision, convnet.mean.device)
    return choose_engine(convnet, geometry, options, precision, threads)[1]


def describe_clips(
    blocks: Blocks,
    widths: Mapping[str, int],
    geometry: ClipGeometry,
    engine: Engine | None,
    folder: Path,
) -> Iterator[Tensor]:
    """Yield what a model looks at of consecutive clips, float16 (c, D).

    Args:
        blocks: all frames of a video.
        widths: the representations, side by side, and the numbers that each has.
        geometry: of clips.
        engine: of the convnet, where one of them is its.
        folder: for a store, which is left there.

    Raises:
        ShortVideoError: the video does not fill one clip, and motion is looked at.
    """
    if "motion" not in widths:
        assert engine is not None
        for described in engine.describe(blocks):
            yield _join([_show(described, name) for name in widths])
        return
    others = {name: width for name, width in widths.items() if name != "motion"}
    store = _keep(blocks, others, engine, folder / "waiting.zarr")
    motion = relate_to_video(measure_clips(store["gray"], geometry)).astype(np.float16)
    for start in range(0, len(motion), _AT_ONCE):
        rows = slice(start, start + _AT_ONCE)
        yield _join([motion[rows] if name == "motion" else store[name][rows] for name in widths])


def _keep(blocks: Blocks, widths: Mapping[str, int], engine: Engine | None, path: Path) -> Store:
    """Keep gray frames, and what else is looked at, until all are there."""
    specs = {"gray": ArraySpec((GRID, GRID, 1), "float32", _CHUNK, _SHARD)}
    for name, width in widths.items():
        specs[name] = ArraySpec((width,), "float16", _CHUNK, _SHARD)
    with write_store(path, kind="waiting", arrays=specs) as writer:

        def pass_on() -> Iterator[NDArray[np.uint8]]:
            for block in blocks:
                writer.append("gray", to_gray(block)[..., None])
                yield block

        if engine is None:
            for _ in pass_on():
                pass
        else:
            for described in engine.describe(pass_on()):
                for name in widths:
                    writer.append(name, _show(described, name))
    return open_store(path, kind="waiting")


def _show(described: Descriptions, name: str) -> NDArray[np.float16]:
    if name == "fc6":
        return described.fc6.astype(np.float16)
    return show_probability(described.probability)


def _join(parts: list[NDArray[np.float16]]) -> Tensor:
    return torch.from_numpy(np.concatenate(parts, axis=1))
