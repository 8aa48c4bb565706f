"""A video as models see it: the descriptors of its clips, and their labels.

Letters: C clips, D descriptor, T frames.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from homecage.clips.options import ClipGeometry
from homecage.clips.tiling import labeled_frames
from homecage.errors import StoreError
from homecage.features.options import REPRESENTATIONS
from homecage.features.store import Features, read_features
from homecage.storage.frame_tables import UNLABELED, read_shown_annotation

SMALLEST = 1e-6
"""What a smaller probability counts as."""


@dataclass(frozen=True)
class Sequence:
    """The clips of one video."""

    video: str
    x: Tensor  # (C, D) float16
    codes: Tensor  # (C,) a behavior's place in the list of behaviors, or UNLABELED

    @property
    def is_labeled(self) -> bool:
        """Whether any clip has a label."""
        return bool((self.codes != UNLABELED).any())

    def to(self, device: torch.device) -> "Sequence":
        """Return it on a device."""
        return Sequence(self.video, self.x.to(device), self.codes.to(device))

    def hash(self) -> str:
        """Hash descriptors and labels."""
        hashed = hashlib.sha256(self.x.numpy().data)
        hashed.update(self.codes.numpy().data)
        return hashed.hexdigest()


@dataclass(frozen=True)
class Reader:
    """Reads videos, and refuses what was made from something else than it is told here."""

    representations: list[str]
    behaviors: list[str]
    geometry: ClipGeometry
    learned_sha256: list[str]

    def read(self, video: str, features: list[Path], annotation: Path) -> Sequence:
        """Read a video's descriptors and its clips' labels.

        Raises:
            StoreError: as in ``read_descriptors``; or the annotation is of another video.
        """
        x, n_frames = self.read_descriptors(video, features)
        codes = read_shown_annotation(annotation, self.behaviors)
        if annotation.stem != video or len(codes) != n_frames:
            expected = f"expected the annotation of {video} with {n_frames}"
            raise StoreError(annotation, f"has {len(codes)} frames, {expected}")
        labels = codes[labeled_frames(n_frames, self.geometry)].astype(np.int64)
        return Sequence(video, x, torch.from_numpy(labels))

    def read_descriptors(self, video: str, features: list[Path]) -> tuple[Tensor, int]:
        """Return x (C, D) float16, a video's representations side by side, and T.

        Raises:
            StoreError: a store is damaged, of another video, or made from something else.
        """
        parts: list[Features] = []
        for path, representation in zip(features, self.representations, strict=True):
            part = read_features(
                path,
                representation=REPRESENTATIONS[representation].store,
                geometry=self.geometry,
                behaviors=self.behaviors,
                learned_sha256=self.learned_sha256,
            )
            n_frames = parts[0].n_frames if parts else part.n_frames
            if path.stem != video or part.n_frames != n_frames:
                expected = f"expected features of {video} with {n_frames}"
                raise StoreError(path, f"is of {part.n_frames} frames, {expected}")
            parts.append(part)
        x = [
            show(part, REPRESENTATIONS[name].array)
            for part, name in zip(parts, self.representations, strict=True)
        ]
        return torch.from_numpy(np.concatenate(x, axis=1)), n_frames


def show(features: Features, array: str) -> NDArray[np.float16]:
    """Return what a model sees of a representation, (C, D): of probabilities the logarithms."""
    if array == "x":
        return features.x
    probability = features.probability
    assert probability is not None, "a representation that predicts has probabilities"
    return show_probability(probability)


def show_probability(probability: NDArray[np.float32]) -> NDArray[np.float16]:
    """Return what a model sees of probabilities (C, K): their logarithms."""
    return np.log(np.maximum(probability, SMALLEST)).astype(np.float16)
