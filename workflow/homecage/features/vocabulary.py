"""The words of a video: kinds of interest points, learned by clustering what is around them.

Letters: N points, D numbers a point, P principal components, W words.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import PCA
from torch import Tensor

from homecage.clips.options import ClipGeometry
from homecage.errors import StudyError
from homecage.features.interest import Points, Scale, find_points
from homecage.features.options import CuboidOptions
from homecage.features.spans import list_spans
from homecage.running.device import make_deterministic
from homecage.storage.expect import expect
from homecage.storage.hashing import hash_file
from homecage.storage.weights import load_weights, save_weights

logger = logging.getLogger(__name__)

_KIND = "vocabulary"
_LEARNED = {"sigma_px", "tau", "points_per_frame", "components", "words"}
"""The options that a vocabulary depends on."""
_SAMPLE = 10_000  # Points, drawn by seed, that are clustered.
_FAINT = 1e-6  # A response of less is rounding.


def learn_vocabulary(
    *,
    stores: list[Path],
    plan: Path,
    geometry: ClipGeometry,
    options: CuboidOptions,
    seed: int,
    threads: int,
    model: Path,
) -> None:
    """Learn words from the stretches on the training side of a plan; what they are labeled is not looked at.

    Args:
        stores: the frames that the plan names: of clip folders, or of videos.
        plan: the balanced plan of training and test clips.
        geometry: length of a clip.
        options: the points and the words.
        seed: of the points that are clustered, and of the clustering.
        threads: CPU threads.
        model: safetensors file to write.

    Raises:
        StudyError: there are fewer points than words.
        StoreError: the plan is of other stores, or a store cannot be read.
    """
    make_deterministic(threads)
    rng = np.random.default_rng(seed)
    scale = Scale(options.sigma_px, options.tau)
    spans = list_spans(stores, plan)
    found = [
        points
        for span in spans
        for points in find_points(span.frames, span.start, span.stop, scale, _FAINT)
    ]
    n_frames = sum(span.stop - span.start for span in spans)
    strength = np.concatenate([points.strength for points in found])
    wanted = min(round(options.points_per_frame * n_frames), len(strength))
    if wanted < options.words:
        raise StudyError(
            [
                f"the training clips have {wanted} interest points, fewer than features.cuboids.words "
                f"({options.words}); lower it"
            ]
        )
    threshold = float(np.sort(strength)[-wanted])
    gradient = np.concatenate([p.gradient[p.strength >= threshold] for p in found])
    gradient = gradient[rng.permutation(len(gradient))[:_SAMPLE]]
    n_components = min(options.components, *gradient.shape)
    pca = PCA(n_components, svd_solver="randomized", random_state=seed).fit(gradient)
    words = MiniBatchKMeans(options.words, random_state=seed, n_init=3, batch_size=4096)
    words.fit(pca.transform(gradient))
    tensors = {
        "threshold": np.array([threshold]),
        "mean": pca.mean_,
        "axes": pca.components_.T,
        "words": words.cluster_centers_,
    }
    metadata = {
        "kind": _KIND,
        "size_px": spans[0].frames.shape[1],
        "clip_length": geometry.length,
        "options": options.model_dump(mode="json", include=_LEARNED),
        "trained_on": sorted(path.stem for path in stores),
        "plan_sha256": hash_file(plan),
        "seed": seed,
    }
    float32 = {name: torch.from_numpy(np.array(a, np.float32)) for name, a in tensors.items()}
    save_weights(model, float32, metadata)
    logger.info("%d words of %d points from %d stretches", options.words, wanted, len(spans))


@dataclass(frozen=True)
class Vocabulary:
    """What was learned."""

    size_px: int
    threshold: float
    """The least strength of a point."""
    mean: Tensor  # (D,)
    axes: Tensor  # (D, P)
    words: Tensor  # (W, P)

    def name(self, points: Points) -> NDArray[np.int64]:
        """Return the word that is nearest to each point, (N,)."""
        projected = (torch.from_numpy(points.gradient) - self.mean) @ self.axes
        nearest: NDArray[np.int64] = torch.cdist(projected, self.words).argmin(1).numpy()
        return nearest


def load_vocabulary(path: Path, geometry: ClipGeometry, options: CuboidOptions) -> Vocabulary:
    """Read what was learned.

    Raises:
        StoreError: the file is damaged, holds something else, or was learned with other options.
    """
    tensors, made = load_weights(path)
    learned = options.model_dump(mode="json", include=_LEARNED)
    expect(path, made, kind=_KIND, clip_length=geometry.length, options=learned)
    threshold = float(tensors.pop("threshold"))
    return Vocabulary(made["size_px"], threshold, **tensors)
