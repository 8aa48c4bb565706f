"""The store of a representation: what is known of every clip of a video, and what made it.

Letters: T frames, C clips, D numbers a clip, K behaviors.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from homecage.clips.options import ClipGeometry
from homecage.clips.tiling import count_clips
from homecage.errors import StoreError
from homecage.storage.expect import expect
from homecage.storage.stores import ArraySpec, Store, StoreWriter, open_store, write_store

_KIND = "features"
_CHUNK, _SHARD = 256, 2**18  # Clips read at once, and in a file.


@dataclass(frozen=True)
class Features:
    """A representation of a video; its arrays are read when they are asked for."""

    n_frames: int  # T
    _store: Store

    @property
    def x(self) -> NDArray[np.float16]:
        """What is learned from, (C, D)."""
        return self._store["x"][:]

    @property
    def probability(self) -> NDArray[np.float32] | None:
        """The representation's own probabilities, (C, K), where it has them."""
        return self._store["probability"][:] if "probability" in self._store.arrays else None


@contextmanager
def write_features(
    path: Path,
    *,
    representation: str,
    geometry: ClipGeometry,
    n_frames: int,
    width: int,
    behaviors: Sequence[str] | None = None,
    learned_sha256: Sequence[str] = (),
) -> Iterator[StoreWriter]:
    """Write a representation's store: append ``x`` and, if it has behaviors, ``probability``.

    Args:
        path: the store.
        representation: its name.
        geometry: of the clips.
        n_frames: T of the video.
        width: D.
        behaviors: the K behaviors in order, where it has probabilities of its own.
        learned_sha256: hashes of what was learned before and makes it, as a convnet.
    """
    arrays = {"x": ArraySpec((width,), "float16", _CHUNK, _SHARD)}
    if behaviors is not None:
        arrays["probability"] = ArraySpec((len(behaviors),), "float32", _CHUNK, _SHARD)
    with write_store(path, kind=_KIND, arrays=arrays) as writer:
        writer.attributes |= {
            "representation": representation,
            "geometry": geometry.model_dump(),
            "n_frames": n_frames,
            "behaviors": behaviors,
            "learned_sha256": list(learned_sha256),
        }
        yield writer


def read_features(
    path: Path,
    *,
    representation: str,
    geometry: ClipGeometry,
    behaviors: Sequence[str],
    learned_sha256: Sequence[str],
) -> Features:
    """Open a representation's store; behaviors are compared where it has any.

    Raises:
        StoreError: it is incomplete, of another representation, geometry or list of behaviors, or made
            by something that was learned and is not among these hashes.
    """
    store = open_store(path, kind=_KIND)
    found = store.attributes
    expect(path, found, representation=representation, geometry=geometry.model_dump())
    if found.get("behaviors") is not None:
        expect(path, found, behaviors=behaviors)
    if set(found.get("learned_sha256", [None])) - set(learned_sha256):
        expect(path, found, learned_sha256=list(learned_sha256))
    n_frames = found["n_frames"]
    if any(len(array) != count_clips(n_frames, geometry) for array in store.arrays.values()):
        raise StoreError(path, f"has not all clips of its {n_frames} frames")
    return Features(n_frames, store)
