"""Batches of clips, read from stores of frames."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homecage.clips.draw import Clips, read_side
from homecage.clips.tiling import repeat_first
from homecage.errors import StoreError
from homecage.running.prefetch import prefetch
from homecage.storage.frame_tables import encode_behaviors
from homecage.storage.stores import Store, open_store

FRAMES_PER_BLOCK = 256


@dataclass(frozen=True)
class Batch:
    """B clips of L frames, each after the frames before it that the convnet looks at."""

    clips: NDArray[np.uint8]  # (B, before + L, S, S, 3)
    codes: NDArray[np.int64]  # (B,) of their behaviors


class ClipReader:
    """Reads clips of one side of a plan."""

    def __init__(
        self,
        stores: Sequence[Path],
        plan: Path,
        side: str,
        behaviors: Sequence[str],
        length: int,
        before: int = 0,
        threads: int = 1,
    ) -> None:
        """Open the stores.

        Args:
            stores: frames of clip folders or of videos, which the plan knows by their stems.
            plan: the plan of training and test clips.
            side: ``train`` or ``test``.
            behaviors: the K behaviors in order.
            length: L.
            before: frames to read before each clip. Where its stretch has none, its first frame
                stands for them: no frame of another stretch is read.
            threads: that read clips at the same time.

        Raises:
            StoreError: the plan is of other stores or behaviors, or a store cannot be read.
        """
        self._stores: dict[str, Store] = {path.stem: _open_frames(path) for path in stores}
        self.side = read_side(plan, side, behaviors)
        """The stretches that clips may be of."""
        stretches = self.side.stretches
        if unknown := {stretch.store for stretch in stretches} - self._stores.keys():
            raise StoreError(plan, f"names the store {min(unknown)!r}, which is not given")
        self._codes = encode_behaviors([own.behavior for own in stretches], behaviors).astype(
            np.int64
        )
        self._length, self._before = length, before
        self._threads = ThreadPoolExecutor(threads)

    @property
    def size_px(self) -> int:
        """Height and width of the frames."""
        store = next(iter(self._stores.values()))
        return int(store["frames"].shape[1])

    @property
    def n_behaviors(self) -> int:
        """The behaviors that there are clips of."""
        return len(set(self._codes.tolist()))

    def describe_stores(self) -> dict[str, Mapping[str, Any]]:
        """Return what each store says of the files that it was made from."""
        return {name: store.attributes for name, store in self._stores.items()}

    def read(self, clips: Clips) -> Batch:
        """Read these clips."""
        read = self._threads.map(self._read_clip, clips.stretch, clips.start)
        return Batch(np.stack(list(read)), self._codes[clips.stretch])

    def _read_clip(self, number: int, start: int) -> NDArray[np.uint8]:
        stretch = self.side.stretches[number]
        first = max(start - self._before, stretch.start)
        frames = self._stores[stretch.store]["frames"][first : start + self._length]
        return repeat_first(frames, self._before + self._length - len(frames))

    def batches(self, clips: Clips, size: int) -> Iterator[Batch]:
        """Return batches in the clips' order, the next ones being read while one is used."""
        return prefetch(self.read(clips[i : i + size]) for i in range(0, len(clips), size))

    def blocks(self) -> Iterator[NDArray[np.uint8]]:
        """Return all frames of the stretches, in blocks (t, S, S, 3)."""
        slices = (
            (stretch.store, slice(start, min(start + FRAMES_PER_BLOCK, stretch.stop)))
            for stretch in self.side.stretches
            for start in range(stretch.start, stretch.stop, FRAMES_PER_BLOCK)
        )
        return prefetch(self._stores[store]["frames"][rows] for store, rows in slices)


def _open_frames(path: Path) -> Store:
    """Open the frames of a video or those of a folder's clips, which also say where each clip lies."""
    return open_store(path, kind="clips" if (path / "offset").exists() else "frames")
