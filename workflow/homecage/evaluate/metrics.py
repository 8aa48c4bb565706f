"""Scores of a prediction, all of them computed from one confusion matrix.

Letters: T frames, K behaviors. A confusion matrix counts frames: the truth in rows, the prediction
in columns. What cannot be scored is NaN (written ``n/a``), never 0: a behavior absent from the truth
has no recall, and a video without labels no accuracy.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from homecage.study.behaviors import BEHAVIORS, UNLABELED

Codes = NDArray[np.int8]
Counts = NDArray[np.int64]
Scores = NDArray[np.float64]

K = len(BEHAVIORS)


def count_confusion(truth: Codes, prediction: Codes) -> Counts:
    """Count the frames of every pair of true and predicted behavior.

    Frames that either side leaves unlabeled are not counted.

    Args:
        truth: (T,) codes, -1 where unlabeled.
        prediction: (T,) codes, -1 where unlabeled.

    Returns:
        (K, K) frames; rows truth, columns prediction.

    Raises:
        ValueError: the two differ in length.
    """
    if len(truth) != len(prediction):
        raise ValueError(f"truth has {len(truth)} frames, prediction has {len(prediction)}")
    labeled = (truth != UNLABELED) & (prediction != UNLABELED)
    pairs = truth[labeled].astype(np.intp) * K + prediction[labeled]  # (N,)
    return np.bincount(pairs, minlength=K * K).reshape(K, K).astype(np.int64)


def support(counts: Counts) -> Counts:
    """Return the (K,) true frames of each behavior."""
    frames: Counts = counts.sum(axis=1)
    return frames


def recall(counts: Counts) -> Scores:
    """Return the (K,) shares of each behavior's true frames that were predicted as such."""
    return _ratio(np.diagonal(counts), support(counts))


def precision(counts: Counts) -> Scores:
    """Return the (K,) shares of each behavior's predicted frames that are truly such.

    NaN where the behavior is absent from the truth or was never predicted.
    """
    predicted = np.where(support(counts) > 0, counts.sum(axis=0), 0)
    return _ratio(np.diagonal(counts), predicted)


def f1(counts: Counts) -> Scores:
    """Return the (K,) harmonic means of precision and recall, 2 TP / (2 TP + FP + FN).

    NaN where the behavior is absent from the truth; 0 where it is present and never predicted.
    """
    total = support(counts) + counts.sum(axis=0)
    return _ratio(2 * np.diagonal(counts), np.where(support(counts) > 0, total, 0))


def accuracy_over_frames(counts: Counts) -> float:
    """Return correct / labeled frames; NaN without labeled frames."""
    labeled = int(counts.sum())
    return int(np.trace(counts)) / labeled if labeled else float("nan")


def accuracy_over_behaviors(counts: Counts) -> float:
    """Return the mean recall of the behaviors present in the truth; NaN without labeled frames."""
    return mean_of_defined(recall(counts).tolist())


def mean_of_defined(values: Sequence[float]) -> float:
    """Return the mean of the values that are not NaN; NaN if there are none."""
    defined = [value for value in values if not np.isnan(value)]
    return sum(defined) / len(defined) if defined else float("nan")


LEVELS: dict[str, Callable[[Counts], float]] = {
    "behaviors": accuracy_over_behaviors,
    "frames": accuracy_over_frames,
}
"""The two accuracies of the paper's Table 1, by the names the tables use."""


def _ratio(numerator: Counts, denominator: Counts) -> Scores:
    ratio = np.full(len(denominator), np.nan)
    np.divide(numerator, denominator, out=ratio, where=denominator > 0)
    return ratio
