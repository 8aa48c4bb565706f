"""The choice of the frame store's layout: `python -m tests.bench.frame_store VIDEO...` prints a table each.

The layouts take turns, through zarr's fast pipeline (zarrs). Reading is from memory, not from the disk:
what is compared is the work.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import BloscCodec, ZstdCodec

from homecage.frames.decode import decode
from homecage.frames.options import FramesOptions

SHARD = 1024
N_SHARDS = 2
CLIP = 8
N_CLIPS = 200
ROUNDS = 5
THREADS = 2


@dataclass(frozen=True)
class Layout:
    """A codec and its chunk."""

    name: str
    chunk: int
    codecs: list[Any]

    def write(self, path: Path, frames: NDArray[np.uint8]) -> None:
        with _use(threads=1):
            array = zarr.create_array(
                path,
                shape=(0, *frames.shape[1:]),
                dtype="uint8",
                chunks=(self.chunk, *frames.shape[1:]),
                shards=(SHARD, *frames.shape[1:]),
                compressors=self.codecs,
                overwrite=True,
            )
        for start in range(0, len(frames), SHARD):
            array.append(frames[start : start + SHARD])


LAYOUTS = [
    Layout("raw, unchecked", 8, []),
    Layout("blosc lz4, unchecked", 8, [BloscCodec(cname="lz4", clevel=1)]),
    *(Layout("zstd 1", chunk, [ZstdCodec(level=1, checksum=True)]) for chunk in (4, 8, 16, 64)),
    Layout("zstd 3", 8, [ZstdCodec(level=3, checksum=True)]),
]


def measure_layouts(video: Path) -> None:
    """Print size and speeds of each layout: the medians over the rounds, after one that is left out."""
    frames = _load(video)
    starts = np.random.default_rng(0).integers(0, len(frames) - CLIP, N_CLIPS).tolist()
    print(f"\n{video.name}")
    print(f"codec\tchunk\tsize\twrite, frames/s\tread\tby {THREADS} threads\tclips/s", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, str(i)) for i in range(len(LAYOUTS))]
        rounds = [
            [
                _measure(layout, path, frames, starts)
                for layout, path in zip(LAYOUTS, paths, strict=True)
            ]
            for _ in range(ROUNDS + 1)
        ]
        for layout, path, *speeds in zip(LAYOUTS, paths, *rounds[1:], strict=True):
            size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
            medians = [f"{statistics.median(kind):.0f}" for kind in zip(*speeds, strict=True)]
            print(layout.name, layout.chunk, f"{size / frames.nbytes:.2f}", *medians, sep="\t")


def _load(video: Path) -> NDArray[np.uint8]:
    """Return whole shards of frames, the video's own repeated as often as it takes."""
    blocks: list[NDArray[np.uint8]] = []
    decode(video, FramesOptions(), take=blocks.append)
    frames = np.concatenate(blocks)
    return np.resize(frames, (N_SHARDS * SHARD, *frames.shape[1:]))


def _measure(
    layout: Layout, path: Path, frames: NDArray[np.uint8], starts: list[int]
) -> list[float]:
    """Return the speeds of one round, in the order of the table's columns."""
    shards = range(0, len(frames), SHARD)
    return [
        _time(lambda: layout.write(path, frames), len(frames)),
        _time(lambda: _read(path, shards, SHARD), len(frames)),
        _time(lambda: _read(path, shards, SHARD, THREADS), len(frames)),
        _time(lambda: _read(path, starts, CLIP), len(starts)),
    ]


def _read(path: Path, starts: Iterable[int], length: int, threads: int = 1) -> None:
    with _use(threads):
        array = zarr.open_array(path, mode="r")
    for start in starts:
        array[start : start + length]


def _use(threads: int) -> Any:
    pipeline = {"codec_pipeline.path": "zarrs.ZarrsCodecPipeline", "codec_pipeline.strict": True}
    return zarr.config.set({**pipeline, "threading.max_workers": threads})


def _time(do: Callable[[], object], work: int) -> float:
    started = time.perf_counter()
    do()
    return work / (time.perf_counter() - started)


if __name__ == "__main__":
    for path in sys.argv[1:]:
        measure_layouts(Path(path))
