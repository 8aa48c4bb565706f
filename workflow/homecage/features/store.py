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
_CHUNK, _SHARD = 256, 16_384  # Clips read at once, and in a file.


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
    convnet_sha256: str | None = None,
) -> Iterator[StoreWriter]:
    """Write a representation's store: append ``x`` and, if it has behaviors, ``probability``.

    Args:
        path: the store.
        representation: its name.
        geometry: of the clips.
        n_frames: T of the video.
        width: D.
        behaviors: the K behaviors in order, where it has probabilities of its own.
        convnet_sha256: hash of the convnet that makes it, if one does.
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
            "convnet_sha256": convnet_sha256,
        }
        yield writer


def read_features(
    path: Path,
    *,
    representation: str,
    geometry: ClipGeometry,
    behaviors: Sequence[str],
    convnet_sha256: str | None,
) -> Features:
    """Open a representation's store; behaviors and convnet are compared where it has any.

    Raises:
        StoreError: it is incomplete, or of another representation, geometry, list of behaviors or
            convnet.
    """
    store = open_store(path, kind=_KIND)
    found = store.attributes
    expect(path, found, representation=representation, geometry=geometry.model_dump())
    for key, told in {"behaviors": behaviors, "convnet_sha256": convnet_sha256}.items():
        if found.get(key) is not None:
            expect(path, found, **{key: told})
    n_frames = found["n_frames"]
    if any(len(array) != count_clips(n_frames, geometry) for array in store.arrays.values()):
        raise StoreError(path, f"has not all clips of its {n_frames} frames")
    return Features(n_frames, store)
