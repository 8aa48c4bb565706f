"""Batches of clips, read from the clip stores as a plan says."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from homecage.running.prefetch import prefetch
from homecage.storage.stores import Store, open_store
from homecage.study.behaviors import BEHAVIORS


@dataclass(frozen=True)
class Batch:
    """B clips of L frames and what the plan says of them."""

    clips: NDArray[np.uint8]  # (B, L, S, S, 3)
    behaviors: NDArray[np.int64]  # (B,) index in BEHAVIORS
    brightness: NDArray[np.float32]  # (B,) added, of full range 1
    contrast: NDArray[np.float32]  # (B,) factor


class ClipReader:
    """Reads the clips of one side of a plan in any order."""

    def __init__(
        self, stores: list[Path], plan: pd.DataFrame, side: str, length: int, threads: int = 1
    ) -> None:
        self._stores: dict[str, Store] = {
            path.stem: open_store(path, kind="clips") for path in stores
        }
        self._length = length
        self._threads = ThreadPoolExecutor(threads)
        plan = plan[plan["side"] == side]
        self._folders = plan["folder"].astype(str).tolist()
        self._starts = plan["start"].to_numpy(np.int64)
        self._behaviors = plan["behavior"].map(BEHAVIORS.index).to_numpy(np.int64)
        self._brightness = plan["brightness"].to_numpy(np.float32)
        self._contrast = plan["contrast"].to_numpy(np.float32)

    def __len__(self) -> int:
        return len(self._starts)

    @property
    def size_px(self) -> int:
        """Height and width of the frames."""
        store = next(iter(self._stores.values()))
        return int(store["frames"].shape[1])

    def read(self, indices: NDArray[np.int64]) -> Batch:
        """Read the clips at these rows of the side's plan."""
        return Batch(
            np.stack(list(self._threads.map(self._read_clip, indices))),
            self._behaviors[indices],
            self._brightness[indices],
            self._contrast[indices],
        )

    def _read_clip(self, index: int) -> NDArray[np.uint8]:
        start = self._starts[index]
        return self._stores[self._folders[index]]["frames"][start : start + self._length]

    def batches(self, order: NDArray[np.int64], size: int) -> Iterator[Batch]:
        """Return batches in this order, the next ones being read while one is used."""
        parts = (order[i : i + size] for i in range(0, len(order), size))
        return prefetch(map(self.read, parts))
