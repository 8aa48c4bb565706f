"""Describing a whole video once: its fc6 descriptors and the convnet's own probabilities."""

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from homecage.clips.options import ClipOptions
from homecage.clips.tiling import count_clips
from homecage.convnet.network import load_convnet
from homecage.errors import StoreError
from homecage.features.engines import choose_engine
from homecage.features.options import FeatureOptions
from homecage.running.device import choose_device, make_deterministic
from homecage.running.precision import choose_precision, name_precision
from homecage.running.prefetch import prefetch
from homecage.storage.stores import ArraySpec, Store, open_store, write_store
from homecage.storage.weights import hash_file
from homecage.study.behaviors import BEHAVIORS

logger = logging.getLogger(__name__)

FRAMES_PER_BLOCK = 1024  # one shard of the frame store
CLIPS_PER_CHUNK, CLIPS_PER_SHARD = 256, 16_384


def extract_features(
    *,
    frames: Path,
    convnet: Path,
    geometry: ClipOptions,
    options: FeatureOptions,
    threads: int,
    output: Path,
) -> None:
    """Write the feature store of a video: fc6 float16 (C, D), probability float32 (C, K).

    Args:
        frames: the video's frame store.
        convnet: the convnet's weights.
        geometry: length and stride of clips.
        options: how to compute.
        threads: CPU threads.
        output: feature store to write.

    Raises:
        ShortVideoError: the video does not fill one clip.
        StoreError: an input is damaged, or the frames are of another size than the convnet's.
    """
    make_deterministic(threads)
    device = choose_device()
    network = load_convnet(convnet).to(device)
    store = open_store(frames, kind="frames")
    n_frames, size_px = store["frames"].shape[:2]
    if size_px != network.shape.size_px:
        raise StoreError(
            frames, f"frames are {size_px} px, the convnet takes {network.shape.size_px} px"
        )
    n_clips = count_clips(n_frames, geometry)
    descriptor = network.shape.network.descriptor
    arrays = {
        "fc6": ArraySpec((descriptor,), "float16", CLIPS_PER_CHUNK, CLIPS_PER_SHARD),
        "probability": ArraySpec((len(BEHAVIORS),), "float32", CLIPS_PER_CHUNK, CLIPS_PER_SHARD),
    }
    precision = choose_precision(options.precision, device)
    name, engine = choose_engine(network, geometry, options, precision, threads)
    logger.info("%s: %s engine, %s", frames.stem, name, name_precision(precision))
    done = 0
    with write_store(output, kind="features", arrays=arrays) as writer:
        writer.attributes.update(
            convnet_sha256=hash_file(convnet),
            n_frames=n_frames,
            clip=geometry.model_dump(),
            behaviors=list(BEHAVIORS),
            engine=name,
            precision=name_precision(precision),
        )
        for described in engine.describe(prefetch(read_blocks(store))):
            writer.append("fc6", described.fc6.astype(np.float16))
            writer.append("probability", described.probability)
            before, done = done, done + len(described.fc6)
            if before * 10 // n_clips != done * 10 // n_clips:
                logger.info("%s: %d of %d clips", frames.stem, done, n_clips)


def read_blocks(store: Store) -> Iterator[NDArray[np.uint8]]:
    """Yield the frames of a store in blocks (t, S, S, 3)."""
    n_frames = store["frames"].shape[0]
    for start in range(0, n_frames, FRAMES_PER_BLOCK):
        yield store["frames"][start : start + FRAMES_PER_BLOCK]
