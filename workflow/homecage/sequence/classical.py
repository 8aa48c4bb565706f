"""What models share that are no networks: numbers on one scale, labeled stretches, and a history of one row.

Letters: C clips, D descriptor, P principal components, N labeled clips, K behaviors.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from torch import Tensor

from homecage.sequence.models import Fitted, Task
from homecage.sequence.sequences import SMALLEST, Sequence
from homecage.storage.frame_tables import UNLABELED


def fit_scale(training: Iterable[Sequence], components: int | None = None) -> dict[str, Tensor]:
    """Find what brings the numbers of labeled training clips to mean 0 and deviation 1.

    Args:
        training: the training videos.
        components: principal components to keep; None: the numbers themselves.

    Returns:
        ``mean`` (D,), ``deviation`` (D,), and with components ``axes`` (D, P), for ``apply_scale``.
    """
    x = np.concatenate([sequence.x[sequence.codes != UNLABELED].numpy() for sequence in training])
    x = x.astype(np.float64)
    deviation = x.std(axis=0)
    deviation[deviation < 1e-6] = 1.0  # It never changes, so it tells nothing.
    scale = {"mean": x.mean(axis=0), "deviation": deviation}
    if components is not None and components < x.shape[1]:
        pca = PCA(components, svd_solver="covariance_eigh").fit((x - scale["mean"]) / deviation)
        scale["axes"] = pca.components_.T / np.sqrt(np.maximum(pca.explained_variance_, 1e-12))
    return {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in scale.items()}


def apply_scale(scale: dict[str, Tensor], x: Tensor) -> NDArray[np.float64]:
    """Return a video's numbers x (C, D) on the scale of the training clips, (C, D) or (C, P)."""
    scaled = (x.double() - scale["mean"]) / scale["deviation"]
    return (scaled @ scale["axes"] if "axes" in scale else scaled).numpy()


def list_labeled(training: Iterable[Sequence]) -> pd.DataFrame:
    """List the labeled stretches of videos: video, start and stop (clips), copies (1)."""
    rows = []
    for sequence in training:
        labeled = np.concatenate([[False], (sequence.codes != UNLABELED).numpy(), [False]])
        edges = np.flatnonzero(labeled[1:] != labeled[:-1]).tolist()
        rows += [(sequence.video, *edge, 1) for edge in zip(edges[::2], edges[1::2], strict=True)]
    return pd.DataFrame(rows, columns=["video", "start", "stop", "copies"])


def measure(
    sequences: Iterable[Sequence], score: Callable[[Tensor], NDArray[np.float32]]
) -> tuple[float, float]:
    """Return the mean log loss and the accuracy over the labeled clips of videos; NaN without any."""
    losses, correct = [], []
    for sequence in sequences:
        labeled = sequence.codes.numpy() != UNLABELED
        probability, codes = score(sequence.x)[labeled], sequence.codes.numpy()[labeled]
        own = probability[np.arange(len(codes)), codes]
        losses.append(-np.log(np.maximum(own, SMALLEST)))
        correct.append(probability.argmax(axis=1) == codes)
    if not losses:
        return math.nan, math.nan
    return float(np.concatenate(losses).mean()), float(np.concatenate(correct).mean())


def tabulate_history(task: Task, score: Callable[[Tensor], NDArray[np.float32]]) -> pd.DataFrame:
    """Return the history of a model that is learned in one pass."""
    validation_loss, validation_accuracy = measure(task.validation, score)
    return pd.DataFrame(
        {
            "epoch": [1],
            "train_loss": [measure(task.training, score)[0]],
            "validation_loss": [validation_loss],
            "validation_accuracy": [validation_accuracy],
            "best": [1],
        }
    )


def describe_fit(
    task: Task,
    learned: dict[str, Tensor],
    shape: dict[str, Any],
    score: Callable[[Tensor], NDArray[np.float32]],
) -> Fitted:
    """Describe what was learned in one pass over the labeled clips."""
    plan = list_labeled(task.training).drop(columns="stop")
    return Fitted(learned, shape, "float64", tabulate_history(task, score), plan)
