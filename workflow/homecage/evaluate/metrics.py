"""Scores of a prediction, all of them computed from one confusion matrix.

Letters: T frames, K behaviors. A confusion matrix counts frames: the truth in rows, the prediction
in columns. What cannot be scored is NaN (written ``n/a``), never 0: a behavior absent from the truth
has no recall, and a video without labels no accuracy.
"""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    cohen_kappa_score,
    confusion_matrix,
    f1_score,
    precision_score,
    recall_score,
)

from homecage.evaluate.names import OVER_BEHAVIORS, OVER_FRAMES
from homecage.storage.frame_tables import UNLABELED, Codes

Counts = NDArray[np.int64]
Scores = NDArray[np.float64]


def count_confusion(truth: Codes, prediction: Codes, n_behaviors: int) -> Counts:
    """Count the frames of every pair of true and predicted behavior.

    Frames that either side leaves unlabeled are not counted.

    Args:
        truth: (T,) codes.
        prediction: (T,) codes.
        n_behaviors: K.

    Returns:
        (K, K) frames; rows truth, columns prediction.
    """
    labeled = (truth != UNLABELED) & (prediction != UNLABELED)
    if not labeled.any():
        return np.zeros((n_behaviors, n_behaviors), dtype=np.int64)
    counts: Counts = confusion_matrix(
        truth[labeled], prediction[labeled], labels=np.arange(n_behaviors)
    )
    return counts


def recall(counts: Counts) -> Scores:
    """Return the (K,) shares of each behavior's true frames that were predicted as such."""
    return _score(recall_score, counts)


def score_behaviors(counts: Counts) -> dict[str, Scores | Counts]:
    """Return (K,) recall, precision, F1, kappa and support of each behavior.

    Precision is NaN where the behavior was never predicted; F1 is 2 TP / (2 TP + FP + FN), 0 there.
    Kappa is Cohen's, of this behavior against all others: agreement beyond that of chance. Support is
    the number of true frames.
    """
    return {
        "recall": recall(counts),
        "precision": _score(precision_score, counts),
        "f1": _score(f1_score, counts),
        "kappa": _score_agreement(counts),
        "support": counts.sum(axis=1),
    }


def accuracy_over_frames(counts: Counts) -> float:
    """Return correct / labeled frames; NaN without labeled frames."""
    labeled = int(counts.sum())
    return int(np.trace(counts)) / labeled if labeled else float("nan")


def accuracy_over_behaviors(counts: Counts) -> float:
    """Return the mean recall of the behaviors present in the truth; NaN without labeled frames."""
    return mean_of_defined(recall(counts).tolist())


def mean_of_defined(values: Iterable[float]) -> float:
    """Return the mean of the values that are not NaN; NaN if there are none."""
    defined = [value for value in values if not np.isnan(value)]
    return sum(defined) / len(defined) if defined else float("nan")


ACCURACIES: dict[str, Callable[[Counts], float]] = {
    OVER_BEHAVIORS: accuracy_over_behaviors,
    OVER_FRAMES: accuracy_over_frames,
}
"""The two accuracies of the paper's Table 1, by the names the tables use."""


def _score(score: Callable[..., Scores], counts: Counts) -> Scores:
    """Score each behavior by a function of scikit-learn; NaN where it is absent from the truth."""
    if not counts.any():
        return np.full(len(counts), np.nan)
    truth, prediction = np.indices(counts.shape).reshape(2, -1)  # Every pair of behaviors once:
    scores = score(
        truth,
        prediction,
        labels=np.arange(len(counts)),
        average=None,
        sample_weight=counts.ravel(),  # its frames.
        zero_division=np.nan,
    )
    return np.where(counts.any(axis=1), scores, np.nan)


def _score_agreement(counts: Counts) -> Scores:
    scores = np.full(len(counts), np.nan)
    truth, prediction = np.indices(counts.shape).reshape(2, -1)
    for k in np.flatnonzero(counts.any(axis=1)):
        if counts[k, k] < counts.sum():  # Else there is one behavior only: nothing left to chance.
            scores[k] = cohen_kappa_score(truth == k, prediction == k, sample_weight=counts.ravel())
    return scores
