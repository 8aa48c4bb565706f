"""Batches of clips, read from stores of frames, or taken from frames that a device holds."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from homecage.clips.draw import Clips, read_side
from homecage.clips.tiling import repeat_first
from homecage.errors import StoreError
from homecage.running.memory import send
from homecage.running.prefetch import prefetch
from homecage.storage.frame_tables import encode_behaviors
from homecage.storage.stores import Store, open_store

FRAMES_PER_BLOCK = 256


@dataclass(frozen=True)
class Batch:
    """B clips of L frames, each after the frames before it that the convnet looks at."""

    clips: Tensor  # uint8 (B, before + L, S, S, 3), on the CPU or the device that holds the frames
    codes: Tensor  # int64 (B,) of their behaviors, on the CPU


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
        self._held: Tensor | None = None  # the frames of all stretches, one after the other
        begins = np.array([stretch.start for stretch in stretches], np.int64)
        lengths = np.array([stretch.stop for stretch in stretches], np.int64) - begins
        self._n_frames, self._begins = int(lengths.sum()), begins
        self._first_held = lengths.cumsum() - lengths  # of each stretch

    @property
    def size_px(self) -> int:
        """Height and width of the frames."""
        store = next(iter(self._stores.values()))
        return int(store["frames"].shape[1])

    @property
    def n_bytes(self) -> int:
        """What holding the frames takes."""
        return self._n_frames * 3 * self.size_px**2

    @property
    def n_behaviors(self) -> int:
        """The behaviors that there are clips of."""
        return len(set(self._codes.tolist()))

    def describe_stores(self) -> dict[str, Mapping[str, Any]]:
        """Return what each store says of the files that it was made from."""
        return {name: store.attributes for name, store in self._stores.items()}

    def hold(self, device: torch.device) -> None:
        """Send the frames of all stretches to a device, once: clips are then taken from there."""
        shape = (self._n_frames, self.size_px, self.size_px, 3)
        held, n_held = torch.empty(shape, dtype=torch.uint8, device=device), 0
        for block in self.blocks():
            held[n_held : n_held + len(block)] = send(torch.from_numpy(block), device)
            n_held += len(block)
        self._held = held

    def read(self, clips: Clips) -> Batch:
        """Read these clips."""
        codes = torch.from_numpy(self._codes[clips.stretch])
        if self._held is not None:
            rows = send(torch.from_numpy(self._find_held(clips)), self._held.device)
            return Batch(self._held[rows], codes)
        read = self._threads.map(self._read_clip, clips.stretch, clips.start)
        return Batch(torch.from_numpy(np.stack(list(read))), codes)

    def _find_held(self, clips: Clips) -> NDArray[np.int64]:
        """Return where each frame of clips is held, (B, before + L)."""
        starts = clips.start - self._begins[clips.stretch]  # in their stretches
        frames = starts[:, None] + np.arange(-self._before, self._length)
        held: NDArray[np.int64] = self._first_held[clips.stretch][:, None] + frames.clip(0)
        return held

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
