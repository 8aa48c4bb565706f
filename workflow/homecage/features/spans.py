"""Where the frames lie that a representation may be learned from: those that the convnet's plan trains on.

So what is learned beforehand has seen what the convnet has seen, and no test clip; with a convnet for each
fold, no frame of a video that the fold validates or holds out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from homecage.errors import StoreError
from homecage.storage.stores import Store, StoredArray, open_store
from homecage.storage.tables import read_tsv


@dataclass(frozen=True)
class Span:
    """Consecutive frames [start, stop) of one stretch of one behavior."""

    frames: StoredArray  # of a whole store, (T, S, S, 3)
    behavior: str
    start: int
    stop: int

    def read(self) -> NDArray[np.uint8]:
        """Return its frames, (t, S, S, 3)."""
        return self.frames[self.start : self.stop]


def list_spans(stores: Sequence[Path], plan: Path) -> list[Span]:
    """List the stretches on the training side of a plan.

    Args:
        stores: the frames that the plan names: of clip folders, or of videos.
        plan: the balanced plan of training and test clips.

    Raises:
        StoreError: the plan is of other stores, or a store cannot be read.
    """
    opened = {path.stem: _open(path)["frames"] for path in stores}
    table = read_tsv(plan, text=True)
    table = table[table["side"] == "train"].astype({"start": int, "stop": int})
    if unknown := set(table["store"]) - opened.keys():
        raise StoreError(plan, f"names the store {min(unknown)!r}, which is not given")
    columns = (table[name] for name in ("store", "behavior", "start", "stop"))
    return [Span(opened[store], *row) for store, *row in zip(*columns, strict=True)]


def draw_clips(
    spans: Sequence[Span], number: int, length: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Draw clips of training spans at random, as many of each behavior: (number, length, S, S, 3)."""
    behaviors = sorted({span.behavior for span in spans})
    clips = []
    for behavior in np.resize(behaviors, number):
        own = [span for span in spans if span.behavior == behavior]
        room = np.array([span.stop - span.start - length + 1 for span in own])
        span = own[rng.choice(len(own), p=room / room.sum())]
        start = int(rng.integers(span.start, span.stop - length + 1))
        clips.append(span.frames[start : start + length])
    return np.stack(clips)


def _open(path: Path) -> Store:
    """Open the frames of a video or those of a folder's clips, which also say where each clip lies."""
    return open_store(path, kind="clips" if (path / "offset").exists() else "frames")
