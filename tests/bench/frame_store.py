"""The choice of the frame store's layout: `python -m tests.bench.frame_store VIDEO` prints a table.

Each layout is written and read by zarr's fast pipeline, zarrs, but for the first, the project's own.
Reading is from memory, not from the disk: what is compared is the work.
"""

import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import BloscCodec, Crc32cCodec, ZstdCodec

from homecage.frames.decode import decode
from homecage.frames.options import FramesOptions
from homecage.storage.stores import ArraySpec, open_store, write_store

zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"})

SHARD = 1024
N_SHARDS = 4
CLIP = 8
N_CLIPS = 200
ROUNDS = 3
WORKERS = 2
OWN = "own.zarr"

CODECS = {
    "raw": [],
    "blosc lz4": [BloscCodec(cname="lz4", clevel=1)],
    "zstd 1": [ZstdCodec(level=1)],
    "zstd 3": [ZstdCodec(level=3)],
}


def measure_layouts(video: Path) -> None:
    """Print size, write, sequential read and random clip read for each codec and chunk."""
    frames = _load(video)
    print("layout\tsize\twrite, frames/s\tread\tread by 2 workers\trandom clips/s")
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool,
    ):
        own = Path(folder, OWN)
        _print("raw, 8, homecage", own, frames, pool, lambda: _write_own(own, frames))
        for (name, codec), chunk in itertools.product(CODECS.items(), (8, 16, 64)):
            path = Path(folder, f"{name} {chunk}")
            _print(
                f"{name}, {chunk}",
                path,
                frames,
                pool,
                lambda path=path, codec=codec, chunk=chunk: _write(path, frames, codec, chunk),
            )


def _load(video: Path) -> NDArray[np.uint8]:
    """Return whole shards of frames, the video's own repeated as often as it takes."""
    blocks: list[NDArray[np.uint8]] = []
    decode(video, FramesOptions(), take=blocks.append)
    frames = np.concatenate(blocks)
    return np.resize(frames, (N_SHARDS * SHARD, *frames.shape[1:]))


def _print(
    name: str,
    path: Path,
    frames: NDArray[np.uint8],
    pool: ProcessPoolExecutor,
    write: Callable[[], None],
) -> None:
    starts = np.random.default_rng(0).integers(0, len(frames) - CLIP, N_CLIPS).tolist()
    shards = range(0, len(frames), SHARD)
    speeds = [
        (
            _time(write, len(frames)),
            _time(lambda: _read(path, shards, SHARD), len(frames)),
            _time(
                lambda: list(
                    pool.map(_read, [path] * len(shards), [[s] for s in shards], [SHARD] * N_SHARDS)
                ),
                len(frames),
            ),
            _time(lambda: _read(path, starts, CLIP), N_CLIPS),
        )
        for _ in range(ROUNDS + 1)
    ][1:]
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) / frames.nbytes
    columns = [f"{statistics.median(column):.0f}" for column in zip(*speeds, strict=True)]
    print(name, f"{size:.2f}", *columns, sep="\t", flush=True)


def _write_own(path: Path, frames: NDArray[np.uint8]) -> None:
    spec = ArraySpec(frames.shape[1:], "uint8", chunk=CLIP, shard=SHARD)
    with write_store(path, kind="frames", arrays={"frames": spec}) as writer:
        writer.append("frames", frames)


def _write(path: Path, frames: NDArray[np.uint8], codec: list[object], chunk: int) -> None:
    array = zarr.create_array(
        path,
        shape=frames.shape,
        dtype="uint8",
        chunks=(chunk, *frames.shape[1:]),
        shards=(SHARD, *frames.shape[1:]),
        compressors=[*codec, Crc32cCodec()],
        overwrite=True,
    )
    for start in range(0, len(frames), SHARD):
        array[start : start + SHARD] = frames[start : start + SHARD]


def _read(path: Path, starts: list[int], length: int) -> None:
    own = path.name == OWN
    array = open_store(path, kind="frames")["frames"] if own else zarr.open_array(path, mode="r")
    for start in starts:
        array[start : start + length]


def _time(do: Callable[[], object], work: int) -> float:
    started = time.perf_counter()
    do()
    return work / (time.perf_counter() - started)


if __name__ == "__main__":
    measure_layouts(Path(sys.argv[1]))
