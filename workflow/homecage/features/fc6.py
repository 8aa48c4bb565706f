"""fc6: the convnet's descriptor of every clip of a video, with the convnet's own probabilities.

That of a 2-D convnet is the mean over the frames of a clip.
"""

import logging
from pathlib import Path

import numpy as np
import torch

from homecage.clips.options import ClipGeometry
from homecage.clips.tiling import count_clips
from homecage.convnet.engine import Engine, FrameEngine, PlainEngine
from homecage.convnet.network import Convnet, load_convnet
from homecage.convnet.openvino_engine import OpenVinoEngine
from homecage.convnet.torch_engine import TorchEngine
from homecage.errors import StoreError
from homecage.features.blocks import read_blocks
from homecage.features.options import Fc6Options
from homecage.features.store import write_features
from homecage.running.device import choose_device, make_deterministic
from homecage.running.precision import choose_precision, name_precision
from homecage.running.prefetch import prefetch
from homecage.storage.hashing import hash_file
from homecage.storage.stores import open_store

logger = logging.getLogger(__name__)


def extract_fc6(
    *,
    frames: Path,
    convnet: Path,
    length: int,
    representation: str,
    behaviors: list[str],
    geometry: ClipGeometry,
    options: Fc6Options,
    threads: int,
    output: Path,
) -> None:
    """Write the store of fc6 of a video.

    Args:
        frames: the video's frame store.
        convnet: the convnet's weights.
        length: frames that the convnet looks at: those of a clip, or 1 if it is 2-D.
        representation: what the store is called.
        behaviors: the K behaviors in order.
        geometry: length and stride of clips.
        options: how to compute.
        threads: CPU threads.
        output: the store to write.

    Raises:
        ShortVideoError: the video does not fill one clip.
        StoreError: an input is damaged, the convnet was trained for other clips or behaviors, or the
            frames are of another size than it takes.
    """
    make_deterministic(threads)
    device = choose_device()
    network = load_convnet(convnet, length, behaviors).to(device)
    pixels = open_store(frames, kind="frames", threads=threads)["frames"]
    n_frames, size_px = pixels.shape[:2]
    if size_px != network.shape.size_px:
        raise StoreError(
            frames, f"frames are {size_px} px, the convnet takes {network.shape.size_px} px"
        )
    n_clips = count_clips(n_frames, geometry)
    precision = choose_precision(options.precision, device)
    name, engine = choose_engine(network, geometry, options, precision, threads)
    logger.info("%s: %s engine, %s", frames.stem, name, name_precision(precision))
    done = 0
    with write_features(
        output,
        representation=representation,
        geometry=geometry,
        n_frames=n_frames,
        width=network.shape.network.descriptor,
        behaviors=behaviors,
        learned_sha256=[hash_file(convnet)],
    ) as writer:
        writer.attributes |= {"engine": name, "precision": name_precision(precision)}
        for described in engine.describe(prefetch(read_blocks(pixels))):
            writer.append("x", described.fc6.astype(np.float16))
            writer.append("probability", described.probability)
            before, done = done, done + len(described.fc6)
            if before * 10 // n_clips != done * 10 // n_clips:
                logger.info("%s: %d of %d clips", frames.stem, done, n_clips)


def choose_engine(
    convnet: Convnet,
    geometry: ClipGeometry,
    options: Fc6Options,
    precision: torch.dtype,
    threads: int,
) -> tuple[str, Engine]:
    """Make the engine that the options name, or the one that suits the device the convnet is on."""
    on_cpu = convnet.mean.device.type == "cpu"
    batch_size = options.batch_size or (16 if on_cpu else 64)
    if convnet.shape.clip_length == 1:
        return "frame", FrameEngine(convnet, geometry, batch_size, precision)
    name: str = options.engine
    if name == "auto":
        overlapping = geometry.stride < geometry.length
        name = ("openvino" if on_cpu else "torch") if overlapping else "plain"
    if name == "plain":
        return name, PlainEngine(convnet, geometry, batch_size, precision)
    if name == "torch":
        return name, TorchEngine(convnet, geometry, batch_size, precision)
    return name, OpenVinoEngine(convnet.cpu(), geometry, batch_size, precision, threads)
