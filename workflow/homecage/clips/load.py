"""Batches of clips, read as a plan says from stores of frames."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from homecage.errors import StoreError
from homecage.running.prefetch import prefetch
from homecage.storage.frame_tables import encode_behaviors
from homecage.storage.stores import Store, open_store
from homecage.storage.tables import read_tsv


@dataclass(frozen=True)
class Batch:
    """B clips of L frames and what the plan says of them."""

    clips: NDArray[np.uint8]  # (B, L, S, S, 3)
    codes: NDArray[np.int64]  # (B,) of their behaviors
    brightness: NDArray[np.float32]  # (B,) added, of full range 1
    contrast: NDArray[np.float32]  # (B,) factor


class ClipReader:
    """Reads the clips of one side of a plan in any order."""

    def __init__(
        self,
        stores: Sequence[Path],
        plan: Path,
        side: str,
        behaviors: Sequence[str],
        length: int,
        threads: int = 1,
    ) -> None:
        """Open the stores.

        Args:
            stores: frames of clip folders or of videos, which the plan knows by their stems.
            plan: the plan of training and test clips.
            side: ``train`` or ``test``.
            behaviors: the K behaviors in order.
            length: L.
            threads: that read clips at the same time.

        Raises:
            StoreError: the plan is of other stores or behaviors, or a store cannot be read.
        """
        self._stores: dict[str, Store] = {path.stem: _open_frames(path) for path in stores}
        self._length = length
        self._threads = ThreadPoolExecutor(threads)
        table = read_tsv(plan)
        if unknown := set(table["store"]) - self._stores.keys():
            raise StoreError(plan, f"names the store {min(unknown)!r}, which is not given")
        if unknown := set(table["behavior"]) - set(behaviors):
            raise StoreError(
                plan,
                f"names the behavior {min(unknown)!r}, which is none of: {', '.join(behaviors)}",
            )
        table = table[table["side"] == side]
        self.codes = encode_behaviors(table["behavior"], behaviors).astype(np.int64)
        """The behavior of each clip, (N,), by its place in the list."""
        self._of_store = table["store"].tolist()
        self._starts = table["start"].to_numpy(np.int64)
        self._brightness = table["brightness"].to_numpy(np.float32)
        self._contrast = table["contrast"].to_numpy(np.float32)

    def __len__(self) -> int:
        return len(self._starts)

    @property
    def size_px(self) -> int:
        """Height and width of the frames."""
        store = next(iter(self._stores.values()))
        return int(store["frames"].shape[1])

    def describe_stores(self) -> dict[str, Mapping[str, Any]]:
        """Return what each store says of the files that it was made from."""
        return {name: store.attributes for name, store in self._stores.items()}

    def read(self, indices: NDArray[np.int64]) -> Batch:
        """Read the clips at these rows of the side's plan."""
        return Batch(
            np.stack(list(self._threads.map(self._read_clip, indices))),
            self.codes[indices],
            self._brightness[indices],
            self._contrast[indices],
        )

    def _read_clip(self, index: int) -> NDArray[np.uint8]:
        start = self._starts[index]
        return self._stores[self._of_store[index]]["frames"][start : start + self._length]

    def batches(self, order: NDArray[np.int64], size: int) -> Iterator[Batch]:
        """Return batches in this order, the next ones being read while one is used."""
        parts = (order[i : i + size] for i in range(0, len(order), size))
        return prefetch(map(self.read, parts))


def _open_frames(path: Path) -> Store:
    """Open the frames of a video or those of a folder's clips, which also say where each clip lies."""
    return open_store(path, kind="clips" if (path / "offset").exists() else "frames")
